#include "checks/staleness.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "prw/proto/model.h"

namespace prw::conformance {

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

std::vector<EndOfSeries> ends_of_series(const Observation& observation, const Gap& gap, bool vanishing_only) {
    std::vector<std::optional<EndOfSeries>> ends(observation.sources().size());
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

}  // namespace prw::conformance
