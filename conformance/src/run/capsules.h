/// The way back from a capsule to a verdict, for sender_suite(). Internal to conformance.
#pragma once

#include <span>
#include <vector>

#include "prw/conformance/suite.h"

namespace prw::conformance {

/// Suite::check_options.
[[nodiscard]] receiver::CheckOptions capsule_check_options(const Capsule& capsule);
/// Suite::judge: the rules over every exchange, with the clock of the day of its capture, then the judge of the check.
[[nodiscard]] Result<std::vector<CheckOutcome>> judge_capsule(const Check& check, const Capsule& capsule,
                                                              std::span<const receiver::Exchange> exchanges);

}  // namespace prw::conformance
