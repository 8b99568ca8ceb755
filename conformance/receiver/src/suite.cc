#include "checks/table.h"
#include "evidence/capsules.h"
#include "prw/receiver_suite/receiver_suite.h"

namespace prw::receiver_suite {
namespace {

suite::Suite make_suite() {
    suite::Suite out;
    out.role = kRole;
    for (const auto& group : groups()) out.scenarios.push_back({group.name, group.summary, 1, true, true});
    out.checks = all_checks();
    out.unjudged.assign(unjudged_clauses().begin(), unjudged_clauses().end());
    out.missing = [](const suite::Target&) { return Result<std::string>(std::string()); };
    out.prepare = [](const suite::Target&) -> Result<suite::Run> { return suite::Run(run_receiver_tests); };
    out.judge = judge_capsule;
    out.check_options = [](const suite::Capsule&) { return rules::CheckOptions(); };
    return out;
}

}  // namespace

const suite::Suite& receiver_suite() {
    static const suite::Suite kSuite = make_suite();
    return kSuite;
}

}  // namespace prw::receiver_suite
