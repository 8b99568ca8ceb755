#include "pace.h"

#include <algorithm>
#include <cmath>

#include "checks/table.h"

namespace prw::sender_suite {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

/// Requests that follow each other faster are parts of one flush, or come from a sender that never waits.
constexpr std::int64_t kOneFlushUs = 50'000;
/// An answer that took longer was late on purpose, or the machine was busy: the sender had to wait for it.
constexpr std::int64_t kPromptUs = 500'000;
/// Intervals that are kept; the cadence is known well before that.
constexpr std::size_t kIntervals = 64;
/// From so many intervals on a scenario tells the others.
constexpr std::size_t kCertain = 2;
/// No sender is waited for as if it were slower: an interval of a sender that has fallen silent is none.
constexpr microseconds kSlowest = std::chrono::minutes(2);

/// What makes a sender hold back newer data and send the same once more, or wait.
bool disturbs(const Delivery& delivery) {
    const bool refused_for_good = delivery.status >= 400 && delivery.status < 500 && delivery.status != 429;
    return !(delivery.acknowledged() || refused_for_good) ||
           delivery.response_end_us - delivery.first_byte_us > kPromptUs;
}

}  // namespace

void CadenceMeter::add(const Delivery& delivery, const Observation& observation) {
    std::optional<std::int64_t> newest;
    for (const auto& sample : delivery.samples) {
        if (!dictated(observation, sample)) newest = std::max(newest.value_or(sample.timestamp), sample.timestamp);
    }
    if (newest && (!newest_ms_ || *newest > *newest_ms_)) {
        const auto interval = delivery.first_byte_us - last_us_.value_or(delivery.first_byte_us);
        if (last_us_ && undisturbed_ && interval >= kOneFlushUs && intervals_.size() < kIntervals)
            intervals_.push_back(interval);
        newest_ms_ = newest;
        last_us_ = delivery.first_byte_us;
        undisturbed_ = true;
    }
    undisturbed_ = undisturbed_ && !disturbs(delivery);
}

std::optional<std::int64_t> CadenceMeter::median(std::vector<std::int64_t> of) {
    if (of.empty()) return std::nullopt;
    const auto middle = of.begin() + static_cast<std::ptrdiff_t>(of.size() / 2);  // of two the longer
    std::nth_element(of.begin(), middle, of.end());
    return *middle;
}

std::optional<std::int64_t> cadence_us(const Observation& observation) {
    CadenceMeter meter;
    for (const auto& delivery : observation.deliveries()) meter.add(delivery, observation);
    return meter.interval_us();
}

void Pace::request(const Delivery& delivery, const Observation& observation) {
    const auto before = requests_.intervals();
    requests_.add(delivery, observation);
    if (shared_ != nullptr && requests_.intervals() > before && requests_.intervals() >= kCertain)
        shared_->learn(*requests_.interval_us());
}

void Pace::scrape(std::chrono::steady_clock::time_point now) {
    if (last_scrape_ && scrapes_.size() < kIntervals)
        scrapes_.push_back(std::chrono::duration_cast<microseconds>(now - *last_scrape_).count());
    last_scrape_ = now;
    if (shared_ != nullptr && scrapes_.size() >= kCertain) shared_->learn(*CadenceMeter::median(scrapes_));
}

std::optional<microseconds> Pace::cadence() const {
    auto longest = std::max(requests_.interval_us(), CadenceMeter::median(scrapes_));
    // Who scrapes often may still send rarely.
    if (const auto others = shared_ != nullptr ? shared_->us.load() : 0; !requests_.interval_us() && others > 0)
        longest = std::max(longest, std::optional(others));
    if (!longest) return std::nullopt;
    return std::min(microseconds(*longest), kSlowest);
}

milliseconds Pace::of(Patience wait) const {
    const auto known = cadence();
    const auto rounds = known              ? std::chrono::duration_cast<milliseconds>(*known * wait.rounds)
                        : wait.rounds >= 2 ? settle_
                                           : milliseconds(0);
    return milliseconds(std::llround(static_cast<double>(std::max(wait.usual, rounds).count()) * patience_));
}

}  // namespace prw::sender_suite
