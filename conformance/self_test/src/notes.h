/// What the catalogue of mutants does not say: what else a mutant breaks, where it shows, and what nothing can kill.
/// Internal to conformance.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "prw/suite/results.h"

namespace prw::self_test {

struct MutantNote {
    std::string_view mutant;
    std::vector<std::string_view> also = {};  ///< checks that the same fault breaks by its nature
    std::string_view scenario = {};           ///< where it shows, if not in the check's
    suite::Verdict v1_says = suite::Verdict::kPass,
                   v2_says = suite::Verdict::kPass;  ///< what the check says, if not its worst
};
[[nodiscard]] std::span<const MutantNote> mutant_notes();

struct CheckNote {
    std::string_view check;
    std::string_view scenario = {};  ///< that provokes a request rule, if not steady
    std::string_view exempt = {};    ///< why no mutant can kill it
    std::string_view unseen = {};    ///< why the reference never gets a pass from it
};
[[nodiscard]] std::span<const CheckNote> check_notes();

}  // namespace prw::self_test
