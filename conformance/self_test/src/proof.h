/// What the plays of every role share. Internal to conformance.
#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "prw/self_test/self_test.h"
#include "prw/suite/evidence.h"
#include "prw/suite/judgement.h"

namespace prw::self_test {

/// A verdict that accuses a target.
inline bool accuses(suite::Verdict verdict) {
    return verdict == suite::Verdict::kWarn || verdict == suite::Verdict::kFail;
}

/// Why the capsules of kills, written below `folder`, do not lead to the same verdicts; empty: they do.
inline std::string problem_of_capsules(const suite::Suite& suite, std::span<const suite::CheckOutcome> checks,
                                       const std::filesystem::path& folder) {
    for (const auto& check : checks) {
        if (check.capsule.empty()) return "there is none";
        const auto again = suite::judge_again(suite, (folder / check.capsule).string());
        if (!again) return again.error().text();
        if (again->is != suite::Rejudgement::kStillFailing)
            return "says " + std::string(name_of(check.verdict)) + ", its capsule says " +
                   std::string(name_of(again->now.verdict)) + ": " + again->now.reason;
    }
    return {};
}

/// As it stands in a run.
inline SelfTestRun::Said said_by(const suite::CheckOutcome& check, bool rule) {
    return {check.verdict, check.reason, rule, suite::soft(check.level)};
}

/// Only what broke is reported; of the reference it proves that nothing did.
inline void say_whether_it_ran(SelfTestRun& run, const suite::Suite& suite) {
    const auto id = suite::target_check_id(suite.role);
    if (run.broke)
        run.said[id] = {suite::Verdict::kError, run.problem, false, false};
    else if (run.problem.empty() && run.job.kind == SubjectKind::kReference)
        run.said[id] = {suite::Verdict::kPass, {}, false, false};
}

}  // namespace prw::self_test
