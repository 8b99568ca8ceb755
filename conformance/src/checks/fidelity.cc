#include "checks/fidelity.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string_view>

#include "prw/proto/model.h"

namespace prw::conformance {
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
    std::vector<bool> out(sources.size(), true);
    std::map<std::string_view, std::size_t> unknown;
    std::map<std::string_view, std::size_t> missing;
    for (const auto& series : observation.series()) {
        if (series.source != kNoSource)
            out[series.source] = false;
        else
            ++unknown[series.metric];
    }
    for (std::size_t i = 0; i < sources.size(); ++i) missing[sources[i].metric] += out[i] ? 1U : 0U;
    for (std::size_t i = 0; i < sources.size(); ++i) {
        const auto found = unknown.find(sources[i].metric);
        if (found == unknown.end() || found->second < missing[sources[i].metric]) out[i] = false;
    }
    return out;
}

}  // namespace

Fidelity compare_with_source(const Observation& observation, const std::vector<Generation>& generations,
                             std::uint64_t count, std::uint64_t limit) {
    Fidelity out;
    const auto times = generation_times(observation, generations);
    if (times.empty()) return out;
    out.first = times.begin()->first;
    out.last_seen = times.rbegin()->first;
    out.last = std::min({out.first + count - 1, out.last_seen, limit});

    // Acknowledged samples of each source series by timestamp.
    std::vector<std::multimap<std::int64_t, ObservedSample>> arrived(observation.sources().size());
    for (const auto& delivery : observation.deliveries()) {
        if (!delivery.acknowledged()) continue;
        for (const auto& sample : delivery.samples) {
            const auto source = observation.series()[sample.series].source;
            if (source != kNoSource) arrived[source].emplace(sample.timestamp, sample);
        }
    }
    const auto moved = relabelled(observation);
    for (const auto& generation : generations) {
        if (generation.number < out.first || generation.number > out.last || !generation.complete || generation.failed)
            continue;
        // The sender's time for this scrape, or, where no sample told it, anything between its neighbours'.
        const auto own = times.find(generation.number);
        const auto before = times.lower_bound(generation.number);
        const std::int64_t lower =
            before == times.begin() ? std::numeric_limits<std::int64_t>::min() : std::prev(before)->second;
        const auto after = times.upper_bound(generation.number);
        const std::int64_t upper = after == times.end() ? std::numeric_limits<std::int64_t>::max() : after->second;
        for (const auto& served : generation.samples) {
            if (observation.sources()[served.series].explicit_timestamp || moved[served.series]) continue;
            ++out.expected;
            out.negative_zeros += !served.nan && served.bits == kNegativeZero ? 1U : 0U;
            const auto& samples = arrived[served.series];
            bool found = false;
            std::optional<ObservedSample> instead;
            for (auto it = samples.upper_bound(lower); it != samples.end() && it->first < upper; ++it) {
                if (same_value(served, it->second) || lost_sign(served, it->second)) {
                    found = true;
                    if (lost_sign(served, it->second)) out.signs.push_back({generation.number, served, it->second});
                    break;
                }
                if (own != times.end() && it->first == own->second) instead = it->second;
            }
            if (found)
                ++out.found;
            else
                out.faults.push_back({generation.number, served, instead});
        }
    }
    return out;
}

}  // namespace prw::conformance
