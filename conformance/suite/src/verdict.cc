#include <algorithm>
#include <array>

#include "prw/suite/exit_code.h"
#include "prw/suite/results.h"

namespace prw::suite {

std::string_view name_of(Verdict verdict) { return kVerdictNames.name_of(verdict); }
std::string_view name_of(ExpectationState state) { return kExpectationStateNames.name_of(state); }
std::string_view name_of(FailOn gate) { return kFailOnNames.name_of(gate); }

namespace {

bool entry_broken(const CheckOutcome& check) { return check.expectation && !check.expectation->problem.empty(); }

/// Something was judged, on evidence. Warnings and observations are evidence as well: where nothing else was selected,
/// they are the verdict. But beside checks that nothing can be said of they are not enough for a green run.
bool anything_judged(const Results& results) {
    const auto any = [&](auto&& is) { return std::any_of(results.checks.begin(), results.checks.end(), is); };
    if (any([](const auto& c) { return c.verdict == Verdict::kPass || c.excused(); })) return true;
    const auto noted = [](const CheckOutcome& c) { return c.verdict == Verdict::kWarn || c.verdict == Verdict::kInfo; };
    if (!any(noted)) return false;
    return !any([&](const auto& open) {
        return open.verdict == Verdict::kInconclusive &&
               !any([&](const auto& c) { return noted(c) && c.id == open.id; });
    });
}

/// Asked for a message that it did not send, while it sent the other: what was judged is not what was asked.
bool other_than_asked(const Results& results) {
    return !results.sent.empty() && std::any_of(results.asked.begin(), results.asked.end(), [&](auto message) {
        return std::find(results.sent.begin(), results.sent.end(), message) == results.sent.end();
    });
}

std::string learn_more(const Results& results) {
    const CheckOutcome* worst = nullptr;
    for (const auto& check : results.checks) {
        if ((check.verdict != Verdict::kFail && check.verdict != Verdict::kWarn) || check.excused()) continue;
        if (worst == nullptr || check.verdict > worst->verdict) worst = &check;
    }
    return worst != nullptr ? "prw explain " + worst->id : std::string();
}

}  // namespace

std::string target_check_id(std::string_view role) { return std::string(role) + "/target/runs"; }

int exit_code_of(const CheckOutcome& check, FailOn fail_on) {
    const bool counted = fail_on != FailOn::kNone;
    if (counted && entry_broken(check)) return kNonConforming;
    if (check.excused()) return kNotApplicable;
    switch (check.verdict) {
        case Verdict::kFail:
            return counted ? kNonConforming : kConforms;
        case Verdict::kWarn:
            return fail_on == FailOn::kShould || fail_on == FailOn::kMay ? kLint : kConforms;
        case Verdict::kInfo:
            return fail_on == FailOn::kMay ? kLint : kConforms;
        case Verdict::kPass:
            return kConforms;
        case Verdict::kNotApplicable:
            return kNotApplicable;
        default:
            return kInconclusive;
    }
}

void conclude(Results& results) {
    const auto any = [&](Verdict v) {
        return std::any_of(results.checks.begin(), results.checks.end(),
                           [&](const auto& c) { return c.verdict == v && !c.excused(); });
    };
    const bool judged = anything_judged(results) && !other_than_asked(results);
    const bool stale = std::any_of(results.checks.begin(), results.checks.end(), entry_broken);
    // A broken MUST stays broken when something else could not be judged: 1 before 4.
    if (any(Verdict::kFail) || stale) {
        results.verdict = Verdict::kFail;
        results.exit_code = results.fail_on == FailOn::kNone ? kConforms : kNonConforming;
    } else if (any(Verdict::kError)) {
        results.verdict = Verdict::kError;
        results.exit_code = kInconclusive;
    } else if (!results.complete || !results.problem.empty() || !judged) {
        results.verdict = Verdict::kInconclusive;  // never green when nothing was judged, or not all of it
        results.exit_code = kInconclusive;
    } else if (results.fail_on >= FailOn::kShould && any(Verdict::kWarn)) {
        results.verdict = Verdict::kWarn;
        results.exit_code = kLint;
    } else if (results.fail_on == FailOn::kMay && any(Verdict::kInfo)) {
        results.verdict = Verdict::kInfo;
        results.exit_code = kLint;
    } else if (any(Verdict::kPass) || !(any(Verdict::kWarn) || any(Verdict::kInfo))) {
        results.verdict = Verdict::kPass;
        results.exit_code = kConforms;
    } else {  // nothing but what does not count
        results.verdict = any(Verdict::kWarn) ? Verdict::kWarn : Verdict::kInfo;
        results.exit_code = kConforms;
    }
    results.learn_more = learn_more(results);
}

}  // namespace prw::suite
