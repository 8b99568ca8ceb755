/// SelfTestCatalogue::play of receiver_self_test(). Internal to conformance.
#pragma once

#include "prw/self_test/self_test.h"

namespace prw::self_test {

[[nodiscard]] SelfTestRun play_receiver(const SelfTestAttempt& attempt);

}  // namespace prw::self_test
