#include "prw/sender_suite/sender_suite.h"

#include "capsules.h"
#include "checks/table.h"
#include "prw/sender_suite/runner.h"
#include "scenarios/scenario.h"

namespace prw::sender_suite {
namespace {

Result<suite::Run> prepare(const suite::Target& target) {
    std::vector<SourceFamily> source;
    if (!target.source.empty()) {
        auto loaded = load_source(target.source);
        if (!loaded) return tl::unexpected<Error>(loaded.error());
        source = std::move(*loaded);
    }
    return suite::Run([source = std::move(source)](const suite::RunOptions& options) {
        SenderRunOptions run;
        static_cast<suite::RunOptions&>(run) = options;
        run.target.source.clear();
        run.source = source;
        return run_sender_tests(run);
    });
}

suite::Suite make_suite() {
    suite::Suite out;
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

const suite::Suite& sender_suite() {
    static const suite::Suite kSuite = make_suite();
    return kSuite;
}

}  // namespace prw::sender_suite
