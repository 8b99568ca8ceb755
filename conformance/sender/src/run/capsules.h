/// The way back from a capsule to a verdict, for sender_suite(). Internal to conformance.
#pragma once

#include <span>
#include <vector>

#include "prw/suite/suite.h"

namespace prw::sender_suite {

/// Suite::check_options.
[[nodiscard]] rules::CheckOptions capsule_check_options(const suite::Capsule& capsule);
/// Suite::judge: the rules over every exchange, with the clock of the day of its capture, then the judge of the check.
[[nodiscard]] Result<std::vector<suite::CheckOutcome>> judge_capsule(const suite::Check& check,
                                                                     const suite::Capsule& capsule,
                                                                     std::span<const exchange::Exchange> exchanges);

}  // namespace prw::sender_suite
