/// Which scraped samples arrived. Shared by the judge and by the scenario, which waits for them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "evidence/members.h"
#include "prw/sender_suite/observation.h"

namespace prw::sender_suite {

/// Of scenarios that compare what arrived with what was served.
struct FidelityNotes : NotesOf<FidelityNotes> {
    std::uint64_t window = 0;  ///< how many generations were waited for; 0: it was stopped before it waited for any
};
void members(auto&& visit, MaybeConst<FidelityNotes> auto& notes) { visit("window", notes.window); }

/// How long a sender may send nothing before what it scrapes meanwhile counts as lost: it may flush as rarely as its
/// first request was late, or as it did so far. There are deliveries.
[[nodiscard]] std::int64_t longest_silence_us(const std::vector<Delivery>& deliveries);
inline constexpr std::ptrdiff_t kScrapesInSilence = 5;

struct FidelityFault {
    std::uint64_t generation = 0;
    ServedSample served;
    std::optional<ObservedSample> instead;  ///< what arrived in its place; nullopt: nothing
    /// Nothing of the series came in any request, whatever the answer: it has another name or other labels on the way,
    /// or is left out as a whole.
    bool never_came = false;
};

struct HistogramFault {
    std::uint64_t generation = 0;
    std::uint32_t source = 0;
    std::string difference;      ///< of the one that arrived in its place; empty: nothing arrived
    std::uint64_t exchange = 0;  ///< that brought it; 0: none did
};

struct HistogramFidelity {
    std::uint64_t expected = 0, found = 0;
    std::vector<HistogramFault> faults;
};

struct Fidelity {
    std::uint64_t first = 0;      ///< first generation of which anything arrived; 0: none
    std::uint64_t last_seen = 0;  ///< last one
    std::uint64_t last = 0;       ///< last one judged
    std::uint64_t expected = 0, found = 0;
    std::vector<FidelityFault> faults;
    std::vector<FidelityFault> signs;  ///< -0 that arrived as 0: counted as found, and judged by a check of its own
    std::uint64_t negative_zeros = 0;  ///< expected samples with the value -0
    HistogramFidelity native;
    /// Classic histograms that the sender made custom buckets of. Their classic series are not expected then.
    HistogramFidelity custom;
};

/// By source: true where something of it came, under its name and labels, whatever the answer.
[[nodiscard]] std::vector<bool> came_as_itself(const Observation& observation);

/// Judges the acknowledged samples of generations first … min(first + count - 1, limit), without series whose labels
/// were changed on the way. Samples with explicit timestamps are expected once, whenever they came.
[[nodiscard]] Fidelity compare_with_source(const Observation& observation, const std::vector<Generation>& generations,
                                           std::uint64_t count, std::uint64_t limit);
/// As many generations as the scenario waited for, one at least.
[[nodiscard]] std::uint64_t window_of(const ScenarioRecord& record);
/// Of a scenario that is over: of as many generations as it waited for, but for the last one delivered, which the stop
/// may have cut off.
[[nodiscard]] Fidelity compare_with_source(const ScenarioRecord& record);

/// The time at which each generation with a known one was scraped, the other way round: by timestamp.
[[nodiscard]] std::map<std::int64_t, const Generation*> generations_by_time(const ScenarioRecord& record);

/// True when the sender's timestamp is the one that was exposed. Formats with seconds leave the last millisecond to
/// rounding.
[[nodiscard]] inline bool same_time(std::int64_t served_ms, std::int64_t got_ms, Exposition format) {
    const auto slack = format == Exposition::kOpenMetrics ? 1 : 0;
    return got_ms >= served_ms - slack && got_ms <= served_ms + slack;
}

}  // namespace prw::sender_suite
