/// One table of cases for each group. Internal.
#pragma once

#include <span>

#include "prw/receiver_suite/cases.h"

namespace prw::receiver_suite {

[[nodiscard]] std::span<const Case> valid_cases();
[[nodiscard]] std::span<const Case> unsupported_cases();
[[nodiscard]] std::span<const Case> malformed_cases();
[[nodiscard]] std::span<const Case> invalid_cases();
[[nodiscard]] std::span<const Case> policy_cases();
[[nodiscard]] std::span<const Case> mixed_cases();
[[nodiscard]] std::span<const Case> recovery_cases();

}  // namespace prw::receiver_suite
