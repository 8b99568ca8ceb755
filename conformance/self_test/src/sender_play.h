/// SelfTestCatalogue::play of sender_self_test(). Internal to conformance.
#pragma once

#include "prw/self_test/self_test.h"

namespace prw::self_test {

[[nodiscard]] SelfTestRun play_sender(const SelfTestAttempt& attempt);

}  // namespace prw::self_test
