/// The checks of the outages, one group a file. Internal to the scenario.
#pragma once

#include <span>

#include "checks/table.h"

namespace prw::sender_suite {

[[nodiscard]] std::span<const BehaviourCheck> retry_checks();
[[nodiscard]] std::span<const BehaviourCheck> long_outage_checks();
[[nodiscard]] std::span<const BehaviourCheck> connection_checks();

}  // namespace prw::sender_suite
