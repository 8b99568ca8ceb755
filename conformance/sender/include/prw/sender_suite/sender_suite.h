/// The suite that tests senders.
#pragma once

#include "prw/suite/suite.h"

namespace prw::sender_suite {

[[nodiscard]] const suite::Suite& sender_suite();

}  // namespace prw::sender_suite
