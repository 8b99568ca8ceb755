/// SelfTestCatalogue::play of sender_self_test(). Internal to conformance.
#pragma once

#include "prw/conformance/self_test.h"

namespace prw::conformance {

[[nodiscard]] SelfTestRun play_sender(const SelfTestAttempt& attempt);

}  // namespace prw::conformance
