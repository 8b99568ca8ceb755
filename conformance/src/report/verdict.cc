#include <algorithm>
#include <array>

#include "prw/conformance/results.h"

namespace prw::conformance {

std::string_view name_of(Verdict verdict) {
    using namespace std::string_view_literals;
    constexpr std::array kNames{"pass"sv, "info"sv, "not-applicable"sv, "inconclusive"sv,
                                "warn"sv, "fail"sv, "error"sv};
    return kNames.at(static_cast<std::size_t>(verdict));
}

void conclude(Results& results, bool count_warnings) {
    const auto any = [&](Verdict v) {
        return std::any_of(results.checks.begin(), results.checks.end(), [&](const auto& c) { return c.verdict == v; });
    };
    // A broken MUST stays broken when something else could not be judged: 1 before 4.
    if (any(Verdict::kFail)) {
        results.verdict = Verdict::kFail;
        results.exit_code = 1;
    } else if (any(Verdict::kError)) {
        results.verdict = Verdict::kError;
        results.exit_code = 4;
    } else if (!results.complete || !any(Verdict::kPass)) {
        results.verdict = Verdict::kInconclusive;  // never green when nothing was judged, or not all of it
        results.exit_code = 4;
    } else if (count_warnings && any(Verdict::kWarn)) {
        results.verdict = Verdict::kWarn;
        results.exit_code = 3;
    } else {
        results.verdict = Verdict::kPass;
        results.exit_code = 0;
    }
}

}  // namespace prw::conformance
