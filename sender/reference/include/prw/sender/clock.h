/// Time and chance, passed in so that tests run in virtual time and with known numbers.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <random>

namespace prw::sender {

using Milliseconds = std::chrono::milliseconds;
using SteadyTime = std::chrono::steady_clock::time_point;

/// Thread-safe.
class Clock {
public:
    virtual ~Clock() = default;
    /// For intervals and deadlines.
    [[nodiscard]] virtual SteadyTime now() const = 0;
    /// For timestamps: ms since the Unix epoch.
    [[nodiscard]] virtual std::int64_t wall_ms() const = 0;
    /// Waits on `changed` until `done()` holds or `deadline` has passed. `lock` is held when done() is called and on
    /// return. Returns done().
    virtual bool wait_until(std::unique_lock<std::mutex>& lock, std::condition_variable& changed, SteadyTime deadline,
                            const std::function<bool()>& done) = 0;
};

/// The machine's clocks.
class SystemClock final : public Clock {
public:
    [[nodiscard]] SteadyTime now() const override;
    [[nodiscard]] std::int64_t wall_ms() const override;
    bool wait_until(std::unique_lock<std::mutex>& lock, std::condition_variable& changed, SteadyTime deadline,
                    const std::function<bool()>& done) override;
};

/// Uniform in [0, 1). Called by one thread at a time.
using Random = std::function<double()>;
/// Seeded from the system.
[[nodiscard]] Random system_random();

}  // namespace prw::sender
