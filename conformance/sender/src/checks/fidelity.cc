#include "fidelity.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "histograms.h"
#include "prw/proto/model.h"

namespace prw::sender_suite {
namespace {

constexpr std::uint64_t kNegativeZero = 0x8000000000000000ULL;

/// Encoders that leave out a value when it compares equal to 0, as gogoproto's do, lose the sign of -0.
bool lost_sign(const ServedSample& served, const ObservedSample& got) {
    return !got.histogram && served.bits == kNegativeZero && got.bits == 0;
}

bool same_value(const ServedSample& served, const ObservedSample& got) {
    if (got.histogram) return false;
    if (!served.nan) return served.bits == got.bits;
    return got.bits != proto::kStaleNanBits && std::isnan(proto::from_bits(got.bits));
}

/// By source: true where it never came as itself, while its metric came under as many label sets that are no source's.
/// Then labels were changed on the way, which sender/labels/complete-set reports; the samples are neither lost nor
/// altered.
std::vector<bool> relabelled(const Observation& observation) {
    const auto& sources = observation.sources();
    auto out = came_as_itself(observation);
    out.flip();
    std::map<std::string_view, std::size_t> unknown;
    std::map<std::string_view, std::size_t> missing;
    for (const auto& series : observation.series())
        if (series.source == kNoSource) ++unknown[series.metric];
    for (std::size_t i = 0; i < sources.size(); ++i) missing[sources[i].metric] += out[i] ? 1U : 0U;
    for (std::size_t i = 0; i < sources.size(); ++i) {
        const auto found = unknown.find(sources[i].metric);
        if (found == unknown.end() || found->second < missing[sources[i].metric]) out[i] = false;
    }
    return out;
}

/// The sender's time for a scrape, or, where no sample told it, anything between its neighbours'.
struct Interval {
    std::int64_t lower = std::numeric_limits<std::int64_t>::min(), upper = std::numeric_limits<std::int64_t>::max();
    std::optional<std::int64_t> own;

    Interval(const std::map<std::uint64_t, std::int64_t>& times, std::uint64_t generation) {
        if (const auto found = times.find(generation); found != times.end()) own = found->second;
        const auto before = times.lower_bound(generation);
        if (before != times.begin()) lower = std::prev(before)->second;
        if (const auto after = times.upper_bound(generation); after != times.end()) upper = after->second;
    }
};

/// What was acknowledged of each source, by timestamp.
class Arrivals {
public:
    explicit Arrivals(const Observation& observation)
        : observation_(observation),
          of_source_(observation.sources().size()),
          came_(came_as_itself(observation)),
          custom_(observation.sources().size()) {
        const auto& sources = observation.sources();
        for (const auto& delivery : observation.deliveries()) {
            if (!delivery.acknowledged()) continue;
            for (const auto& sample : delivery.samples) {
                const auto source = observation.series()[sample.series].source;
                if (source == kNoSource) continue;
                of_source_[source].emplace(sample.timestamp, Arrived{sample, delivery.id});
                if (sample.histogram && sources[source].custom_buckets) custom_[source] = any_custom_ = true;
            }
        }
        if (any_custom_) becomes_ = custom_sources(sources);
    }

    [[nodiscard]] bool any_converted() const { return any_custom_; }
    [[nodiscard]] bool has_custom(std::uint32_t source) const { return custom_[source]; }
    /// A classic series in the place of which custom buckets arrived.
    [[nodiscard]] bool converted(std::uint32_t source) const {
        return any_custom_ && becomes_[source] != kNoSource && custom_[becomes_[source]];
    }

    void compare(const Generation& generation, const ServedSample& served, const Interval& interval,
                 Fidelity& out) const {
        const auto& samples = of_source_[served.series];
        std::optional<ObservedSample> instead;
        for (auto it = samples.upper_bound(interval.lower); it != samples.end() && it->first < interval.upper; ++it) {
            const auto& sample = it->second.sample;
            if (same_value(served, sample) || lost_sign(served, sample)) {
                if (lost_sign(served, sample)) out.signs.push_back({generation.number, served, sample});
                ++out.found;
                return;
            }
            if (interval.own == it->first) instead = sample;
        }
        out.faults.push_back({generation.number, served, instead, !came_[served.series]});
    }

    /// With the exposed timestamp, or with that of a scrape where the sender gives all samples its own.
    void compare_dictated(const Generation& generation, const ServedSample& served,
                          const std::map<std::uint64_t, std::int64_t>& times, Fidelity& out) const {
        constexpr std::int64_t kOld = 3'600'000;  // ms: a sender may leave out what is older
        std::optional<ObservedSample> instead;
        for (const auto& [timestamp, arrived] : of_source_[served.series]) {
            const bool of_scrape = std::any_of(times.begin(), times.end(),
                                               [&, at = timestamp](const auto& known) { return known.second == at; });
            const bool right = of_scrape || same_time(served.timestamp_ms, timestamp, generation.format);
            if (right && same_value(served, arrived.sample)) {
                ++out.expected;
                ++out.found;
                return;
            }
            if (arrived.sample.bits != proto::kStaleNanBits) instead = arrived.sample;
        }
        if (!instead && served.timestamp_ms < generation.unix_ms - kOld) return;
        ++out.expected;
        out.faults.push_back({generation.number, served, instead, !came_[served.series]});
    }

    void compare(std::uint64_t generation, std::uint32_t source, const proto::Histogram& served,
                 const Interval& interval, HistogramFidelity& out) const {
        ++out.expected;
        HistogramFault fault{generation, source, {}, 0};
        const auto& samples = of_source_[source];
        for (auto it = samples.upper_bound(interval.lower); it != samples.end() && it->first < interval.upper; ++it) {
            const auto* got = observation_.histogram(it->second.sample);
            auto differs =
                got != nullptr ? difference(served, *got) : std::string("a sample in the place of a histogram arrived");
            if (differs.empty()) {
                ++out.found;
                return;
            }
            if (interval.own && *interval.own != it->first) continue;
            fault.difference = std::move(differs);
            fault.exchange = it->second.exchange;
        }
        out.faults.push_back(std::move(fault));
    }

private:
    struct Arrived {
        ObservedSample sample;
        std::uint64_t exchange = 0;
    };
    const Observation& observation_;
    std::vector<std::multimap<std::int64_t, Arrived>> of_source_;
    std::vector<bool> came_;    ///< by source: came_as_itself()
    std::vector<bool> custom_;  ///< by the source of custom buckets: they arrived
    std::vector<std::uint32_t> becomes_;
    bool any_custom_ = false;
};

}  // namespace

std::vector<bool> came_as_itself(const Observation& observation) {
    std::vector<bool> out(observation.sources().size());
    for (const auto& series : observation.series())
        if (series.source != kNoSource) out[series.source] = true;
    return out;
}

std::int64_t longest_silence_us(const std::vector<Delivery>& deliveries) {
    constexpr std::int64_t kUsual = 8'000'000;
    auto longest = deliveries.front().first_byte_us;
    for (std::size_t i = 1; i < deliveries.size(); ++i)
        longest = std::max(longest, deliveries[i].first_byte_us - deliveries[i - 1].response_end_us);
    return kUsual + 2 * longest;
}

Fidelity compare_with_source(const Observation& observation, const std::vector<Generation>& generations,
                             std::uint64_t count, std::uint64_t limit) {
    Fidelity out;
    const auto times = generation_times(observation, generations);
    if (times.empty()) return out;
    out.first = times.begin()->first;
    out.last_seen = times.rbegin()->first;
    out.last = std::min({out.first + count - 1, out.last_seen, limit});
    const Arrivals arrivals(observation);
    std::vector<bool> dictated_seen(observation.sources().size());
    const auto moved = relabelled(observation);
    for (const auto& generation : generations) {
        if (generation.number < out.first || generation.number > out.last || !generation.complete || generation.failed)
            continue;
        const Interval interval(times, generation.number);
        for (const auto& served : generation.samples) {
            if (moved[served.series]) continue;
            if (arrivals.converted(served.series)) continue;
            if (observation.sources()[served.series].explicit_timestamp) {
                if (!dictated_seen[served.series]) arrivals.compare_dictated(generation, served, times, out);
                dictated_seen[served.series] = true;
                continue;
            }
            ++out.expected;
            out.negative_zeros += !served.nan && served.bits == kNegativeZero ? 1U : 0U;
            arrivals.compare(generation, served, interval, out);
        }
        for (const auto& served : generation.histograms)
            arrivals.compare(generation.number, served.series, served.value, interval, out.native);
        if (!arrivals.any_converted()) continue;
        for (const auto& [source, histogram] : as_custom_buckets(observation.sources(), generation))
            if (arrivals.has_custom(source))
                arrivals.compare(generation.number, source, histogram, interval, out.custom);
    }
    return out;
}

std::uint64_t window_of(const ScenarioRecord& record) {
    return std::max<std::uint64_t>(record.notes<FidelityNotes>().window, 1);
}

Fidelity compare_with_source(const ScenarioRecord& record) {
    const auto times = generation_times(record.observation, record.generations);
    if (times.empty()) return {};
    const auto first = times.begin()->first, last = times.rbegin()->first;
    // Unless the program ended in its own time.
    const auto limit = record.exited_cleanly || last == first ? last : last - 1;
    return compare_with_source(record.observation, record.generations, window_of(record), limit);
}

std::map<std::int64_t, const Generation*> generations_by_time(const ScenarioRecord& record) {
    const auto times = generation_times(record.observation, record.generations);
    std::map<std::int64_t, const Generation*> out;
    for (const auto& generation : record.generations)
        if (const auto found = times.find(generation.number); found != times.end()) out[found->second] = &generation;
    return out;
}

}  // namespace prw::sender_suite
