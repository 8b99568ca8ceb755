/// The checks of the undisturbed run, one group a file. Internal to the scenario.
#pragma once

#include <span>

#include "checks/table.h"

namespace prw::sender_suite {

[[nodiscard]] std::span<const BehaviourCheck> sample_checks();
[[nodiscard]] std::span<const BehaviourCheck> series_checks();
[[nodiscard]] std::span<const BehaviourCheck> request_checks();
[[nodiscard]] std::span<const BehaviourCheck> histogram_checks();
[[nodiscard]] std::span<const BehaviourCheck> detail_checks();
[[nodiscard]] std::span<const BehaviourCheck> classic_checks();

}  // namespace prw::sender_suite
