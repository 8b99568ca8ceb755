/// How often a sender brings new data, and how long it is waited for. Internal to conformance.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "prw/sender_suite/observation.h"

namespace prw::sender_suite {

/// How long to wait for something: `usual`, or as long as the sender takes to bring new data so many times, whichever
/// is longer; and all of it as often as the user's patience says. Of no rounds: what has nothing to do with its pace.
struct Patience {
    std::chrono::milliseconds usual{0};
    unsigned rounds = 1;
};

/// The longest time of a scenario where the user does not say.
inline constexpr Patience kTimeLimit{std::chrono::seconds(60), 60};

/// Measures how often new data comes: the time from one request with data newer than all before to the next one.
class CadenceMeter {
public:
    void add(const Delivery& delivery, const Observation& observation);
    /// The next interval has another reason than the sender's pace.
    void disturb() { undisturbed_ = false; }
    /// The usual interval, us; nullopt before there were two such requests.
    [[nodiscard]] std::optional<std::int64_t> interval_us() const { return median(intervals_); }
    [[nodiscard]] std::size_t intervals() const { return intervals_.size(); }

    [[nodiscard]] static std::optional<std::int64_t> median(std::vector<std::int64_t> of);

private:
    std::optional<std::int64_t> newest_ms_, last_us_;
    bool undisturbed_ = false;  ///< nothing since the last new data that makes a sender hold back what it has
    std::vector<std::int64_t> intervals_;
};
/// Of all that arrived, for judges.
[[nodiscard]] std::optional<std::int64_t> cadence_us(const Observation& observation);

/// What the scenarios of one run learn of their target: each runs alone, and the first to know tells the others.
struct SharedCadence {
    std::atomic<std::int64_t> us{0};  ///< 0: not known yet
    void learn(std::int64_t value) {
        auto known = us.load();
        while (value > known && !us.compare_exchange_weak(known, value)) {}
    }
};

/// The pace of one sender in one scenario. Not thread-safe.
class Pace {
public:
    /// `settle`: how long until a first request may take, and so what lies between two, as long as only one is known.
    Pace(double patience, std::chrono::milliseconds settle, SharedCadence* shared)
        : patience_(patience), settle_(settle), shared_(shared) {}
    void request(const Delivery& delivery, const Observation& observation);
    void scrape(std::chrono::steady_clock::time_point now);
    /// The program is started anew: what lies between two of its starts is no interval.
    void restarted() {
        requests_.disturb();
        last_scrape_.reset();
    }

    /// nullopt as long as neither this scenario nor another knows.
    [[nodiscard]] std::optional<std::chrono::microseconds> cadence() const;
    /// Longer than `wait.usual` for a slow sender, and when the user has more patience.
    [[nodiscard]] std::chrono::milliseconds of(Patience wait) const;
    [[nodiscard]] double patience() const { return patience_; }

private:
    double patience_;
    std::chrono::milliseconds settle_;
    SharedCadence* shared_;
    CadenceMeter requests_;
    std::optional<std::chrono::steady_clock::time_point> last_scrape_;
    std::vector<std::int64_t> scrapes_;
};

}  // namespace prw::sender_suite
