/// The suite that tests receivers: cases are written to a URL, and what is answered is judged.
#pragma once

#include "prw/suite/suite.h"

namespace prw::receiver_suite {

inline constexpr const char* kRole = "receiver";

[[nodiscard]] const suite::Suite& receiver_suite();

}  // namespace prw::receiver_suite
