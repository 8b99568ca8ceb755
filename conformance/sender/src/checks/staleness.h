/// Where series ended and which markers came. Shared by the judges and by the scenario, which waits for them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "prw/sender_suite/observation.h"

namespace prw::sender_suite {

/// A run of generations in which something was missing.
struct Gap {
    std::uint64_t last_live = 0;  ///< generation before it
    std::uint64_t first = 0, last = 0;
    std::optional<std::uint64_t> back;  ///< first live generation after it
    std::int64_t after_ms = 0;          ///< the sender's time of last_live: markers are later than this
    std::int64_t before_ms = 0;         ///< and earlier than the return (INT64_MAX: no return)
};

/// The phase in which the vanishing series were left out, or the one in which the target failed; nullopt when it did
/// not happen.
[[nodiscard]] std::optional<Gap> vanished_gap(const ScenarioRecord& record);
[[nodiscard]] std::optional<Gap> failed_gap(const ScenarioRecord& record);
/// Same from parts, for use while the scenario runs.
[[nodiscard]] std::optional<Gap> find_gap(const Observation& observation, const std::vector<Generation>& generations,
                                          bool failed);

struct EndOfSeries {
    std::uint32_t source = 0;
    std::uint32_t series = 0;               ///< as observed
    std::uint64_t samples = 0;              ///< ordinary ones before the gap
    std::vector<ObservedSample> markers;    ///< exact ones within the gap, by timestamp, each once
    std::optional<ObservedSample> mangled;  ///< another NaN that came instead
    std::optional<ObservedSample> at_last;  ///< a marker with the timestamp of the last ordinary sample
    std::uint64_t exchange = 0;             ///< of the last sample seen
};
/// For each scraped series that was there before the gap (explicit timestamps left out) what came within it.
/// `vanishing_only`: only series that vanish.
[[nodiscard]] std::vector<EndOfSeries> ends_of_series(const Observation& observation, const Gap& gap,
                                                      bool vanishing_only);

/// Whether data of the gap can have arrived: something the sender timed later did, or it had longer than it took from
/// any scrape before to its delivery. `why_not` then says that it had not.
[[nodiscard]] bool had_time_to_tell(const ScenarioRecord& record, const Gap& gap, std::string& why_not);
/// The longest time from a scrape to the arrival of its data, beyond that of the quickest (ms).
[[nodiscard]] std::int64_t longest_delay_ms(const Observation& observation, const std::vector<Generation>& generations);

/// Whether a generation held the series.
[[nodiscard]] bool serves(const Generation& generation, std::uint32_t source);

}  // namespace prw::sender_suite
