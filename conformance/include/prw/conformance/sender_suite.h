/// The suite that tests senders.
#pragma once

#include "prw/conformance/suite.h"

namespace prw::conformance {

[[nodiscard]] const Suite& sender_suite();

}  // namespace prw::conformance
