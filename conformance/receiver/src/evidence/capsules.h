/// Capsules of the suite of receivers, and the way back. Internal.
#pragma once

#include <span>
#include <vector>

#include "prw/receiver_suite/record.h"
#include "prw/suite/capsule.h"

namespace prw::receiver_suite {

/// As Suite::judge.
[[nodiscard]] Result<std::vector<suite::CheckOutcome>> judge_capsule(const suite::Check& check,
                                                                     const suite::Capsule& capsule,
                                                                     std::span<const exchange::Exchange> exchanges);

}  // namespace prw::receiver_suite
