#include "prw/sender/clock.h"

#include <memory>

namespace prw::sender {

SteadyTime SystemClock::now() const { return std::chrono::steady_clock::now(); }

std::int64_t SystemClock::wall_ms() const {
    const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<Milliseconds>(since_epoch).count();
}

bool SystemClock::wait_until(std::unique_lock<std::mutex>& lock, std::condition_variable& changed, SteadyTime deadline,
                             const std::function<bool()>& done) {
    return changed.wait_until(lock, deadline, done);
}

Random system_random() {
    auto engine = std::make_shared<std::mt19937_64>(std::random_device{}());
    return [engine] { return std::uniform_real_distribution<double>(0.0, 1.0)(*engine); };
}

}  // namespace prw::sender
