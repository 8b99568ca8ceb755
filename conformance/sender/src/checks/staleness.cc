#include "staleness.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "habits.h"
#include "prw/proto/model.h"
#include "table.h"

namespace prw::sender_suite {

std::optional<Gap> find_gap(const Observation& observation, const std::vector<Generation>& generations, bool failed) {
    const auto inside = [&](const Generation& g) { return failed ? g.failed : g.vanished && !g.failed; };
    const auto first = std::find_if(generations.begin(), generations.end(), inside);
    if (first == generations.end() || first == generations.begin()) return std::nullopt;
    const auto times = generation_times(observation, generations);
    const auto time_of = [&](const Generation& g) {
        const auto found = times.find(g.number);
        return found != times.end() ? found->second : g.unix_ms;
    };
    Gap gap;
    gap.first = first->number;
    gap.last_live = std::prev(first)->number;
    gap.after_ms = time_of(*std::prev(first));
    gap.before_ms = std::numeric_limits<std::int64_t>::max();
    gap.last = gap.first;
    for (auto it = first; it != generations.end(); ++it) {
        if (inside(*it)) {
            gap.last = it->number;
            continue;
        }
        if (it->failed) break;
        gap.back = it->number;
        gap.before_ms = time_of(*it);
        break;
    }
    return gap;
}

std::optional<Gap> vanished_gap(const ScenarioRecord& record) {
    return find_gap(record.observation, record.generations, false);
}
std::optional<Gap> failed_gap(const ScenarioRecord& record) {
    return find_gap(record.observation, record.generations, true);
}

namespace {

/// By generation, how long after its scrape the first of it came: µs of the receiver's clock less ms of the scrape
/// target's, so that only differences mean something.
std::map<std::uint64_t, std::int64_t> delays(const Observation& observation,
                                             const std::vector<Generation>& generations) {
    std::map<std::int64_t, std::int64_t> first_us;  // by timestamp
    for (const auto& delivery : observation.deliveries())
        for (const auto& sample : delivery.samples) first_us.try_emplace(sample.timestamp, delivery.first_byte_us);
    const auto times = generation_times(observation, generations);
    std::map<std::uint64_t, std::int64_t> out;
    for (const auto& generation : generations) {
        const auto time = times.find(generation.number);
        if (time == times.end() || !first_us.contains(time->second)) continue;
        out[generation.number] = first_us[time->second] / 1000 - generation.unix_ms;
    }
    return out;
}

}  // namespace

std::int64_t longest_delay_ms(const Observation& observation, const std::vector<Generation>& generations) {
    const auto all = delays(observation, generations);
    if (all.empty()) return 0;
    const auto by_delay = [](const auto& a, const auto& b) { return a.second < b.second; };
    const auto [quickest, slowest] = std::minmax_element(all.begin(), all.end(), by_delay);
    return slowest->second - quickest->second;
}

bool had_time_to_tell(const ScenarioRecord& record, const Gap& gap, std::string& why_not) {
    constexpr std::int64_t kLeeway = 1000;  // ms
    const auto& observation = record.observation;
    const auto& generations = record.generations;
    for (const auto& delivery : observation.deliveries()) {
        if (record.stop_us != 0 && delivery.first_byte_us >= record.stop_us) continue;
        for (const auto& sample : delivery.samples) {
            if (time_stands(observation, sample.series)) continue;
            if (delivery.acknowledged() && sample.timestamp > gap.after_ms) return true;
        }
    }
    const auto first = std::find_if(generations.begin(), generations.end(),
                                    [&](const Generation& g) { return g.number == gap.first; });
    const auto all = delays(observation, generations);
    if (first == generations.end() || all.empty() || record.stop_us == 0) return true;
    const auto longest = longest_delay_ms(observation, generations);
    const auto quickest =
        std::min_element(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
    const auto had = record.stop_us / 1000 - first->unix_ms - quickest->second;
    if (had > 2 * longest + kLeeway) return true;
    why_not = "nothing that is later than the last good scrape had arrived: the sender delivers up to " +
              seconds_text(longest * 1000) + " after a scrape, and the run ended " +
              seconds_text(std::max<std::int64_t>(had, 0) * 1000) + " after the first one without the series";
    return false;
}

std::vector<EndOfSeries> ends_of_series(const Observation& observation, const Gap& gap, bool vanishing_only) {
    std::vector<std::optional<EndOfSeries>> ends(observation.sources().size());
    struct Before {
        std::int64_t last = std::numeric_limits<std::int64_t>::min();   // of ordinary samples
        std::vector<std::pair<ObservedSample, std::uint64_t>> markers;  // with the exchange
    };
    std::vector<Before> before(ends.size());
    for (const auto& delivery : observation.deliveries()) {
        if (!delivery.acknowledged()) continue;
        for (const auto& sample : delivery.samples) {
            const auto source = observation.series()[sample.series].source;
            if (source == kNoSource || sample.timestamp >= gap.before_ms) continue;
            const auto& identity = observation.sources()[source];
            if (identity.explicit_timestamp || (vanishing_only && !identity.vanishes)) continue;
            auto& end = ends[source];
            if (!end) {
                end.emplace();
                end->source = source;
            }
            end->series = sample.series;
            // The end of a native histogram is marked by a sample or by a histogram (ext.stale.histogram-marker-form).
            const bool marker = sample.bits == proto::kStaleNanBits;
            if (sample.timestamp <= gap.after_ms) {
                end->samples += marker ? 0U : 1U;
                if (marker)
                    before[source].markers.emplace_back(sample, delivery.id);
                else
                    before[source].last = std::max(before[source].last, sample.timestamp);
            } else if (marker) {
                if (std::find(end->markers.begin(), end->markers.end(), sample) == end->markers.end())
                    end->markers.push_back(sample);
                end->exchange = delivery.id;
            } else if (!sample.histogram && std::isnan(proto::from_bits(sample.bits))) {
                end->mangled = sample;
                end->exchange = delivery.id;
            }
        }
    }
    for (auto& end : ends) {
        if (!end || !end->markers.empty()) continue;
        for (const auto& [marker, exchange] : before[end->source].markers) {
            if (marker.timestamp != before[end->source].last) continue;
            end->at_last = marker;
            end->exchange = exchange;
        }
    }
    std::vector<EndOfSeries> out;
    for (auto& end : ends) {
        if (end && end->samples > 0) out.push_back(std::move(*end));
    }
    return out;
}

bool serves(const Generation& generation, std::uint32_t source) {
    const auto is = [&](const auto& served) { return served.series == source; };
    return std::any_of(generation.samples.begin(), generation.samples.end(), is) ||
           std::any_of(generation.histograms.begin(), generation.histograms.end(), is);
}

}  // namespace prw::sender_suite
