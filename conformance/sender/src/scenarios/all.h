/// The rows of all scenarios. Each is in the file or folder of its name, with its steps, its judges and its checks.
/// Internal to conformance.
#pragma once

#include "scenario.h"

namespace prw::sender_suite {

[[nodiscard]] Scenario steady_scenario();
[[nodiscard]] Scenario outage_scenario();
[[nodiscard]] Scenario long_outage_scenario();
[[nodiscard]] Scenario refusal_scenario();
[[nodiscard]] Scenario retry_after_scenario();
[[nodiscard]] Scenario successes_scenario();
[[nodiscard]] Scenario not_written_scenario();
[[nodiscard]] Scenario unsupported_scenario();
[[nodiscard]] Scenario slow_scenario();
[[nodiscard]] Scenario disappearance_scenario();
[[nodiscard]] Scenario transport_scenario();
[[nodiscard]] Scenario refused_scenario();
[[nodiscard]] Scenario redirects_scenario();
[[nodiscard]] Scenario configuration_scenario();
[[nodiscard]] Scenario large_scenario();

}  // namespace prw::sender_suite
