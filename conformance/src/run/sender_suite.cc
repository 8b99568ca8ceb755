#include "prw/conformance/sender_suite.h"

#include "checks/table.h"
#include "prw/conformance/runner.h"
#include "run/capsules.h"
#include "scenarios/scenario.h"

namespace prw::conformance {
namespace {

Result<Run> prepare(const Target& target) {
    std::vector<SourceFamily> source;
    if (!target.source.empty()) {
        auto loaded = load_source(target.source);
        if (!loaded) return tl::unexpected<Error>(loaded.error());
        source = std::move(*loaded);
    }
    return Run([source = std::move(source)](const RunOptions& options) {
        SenderRunOptions run;
        static_cast<RunOptions&>(run) = options;
        run.target.source.clear();
        run.source = source;
        return run_sender_tests(run);
    });
}

Suite make_suite() {
    Suite out;
    out.role = kRole;
    for (const auto& each : scenarios())
        out.scenarios.push_back({each.name, each.summary, each.seconds, each.v1, each.v2});
    out.checks = all_checks();
    out.unjudged.assign(unjudged_clauses().begin(), unjudged_clauses().end());
    out.missing = missing_requirement;
    out.prepare = prepare;
    out.judge = judge_capsule;
    out.check_options = capsule_check_options;
    return out;
}

}  // namespace

const Suite& sender_suite() {
    static const Suite kSuite = make_suite();
    return kSuite;
}

}  // namespace prw::conformance
