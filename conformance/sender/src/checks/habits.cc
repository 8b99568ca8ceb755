#include "habits.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <utility>

#include "fidelity.h"
#include "table.h"

namespace prw::sender_suite {
namespace {

/// Of nine series in ten and more it is the sender that repeats.
constexpr std::size_t kAllButOneIn = 10;
/// A time stands still for at least so many requests to each timestamp, and shows it so often.
constexpr std::uint64_t kRequestsToATime = 3, kStandstills = 2;
/// Beside data that nobody has accepted yet, so much more new data than repeated data shows that no retry is under way.
constexpr std::uint64_t kNewToOld = 2;
/// Loss comes in bursts: more than one standard deviation above the usual is ordinary, three are not.
constexpr double kDeviations = 3;

struct Pair {
    std::uint32_t series;
    std::int64_t timestamp;
    friend bool operator==(const Pair&, const Pair&) = default;
};
struct PairHash {
    std::size_t operator()(const Pair& pair) const {
        return std::hash<std::int64_t>()(pair.timestamp) * 0x9e3779b97f4a7c15ULL + pair.series;
    }
};
struct SampleHash {
    std::size_t operator()(const ObservedSample& sample) const {
        return PairHash()({sample.series, sample.timestamp}) ^ (sample.bits * 0xff51afd7ed558ccdULL);
    }
};

struct OfSeries {
    std::uint64_t requests = 0, times = 0, standstills = 0;
    std::int64_t newest = 0;
    std::uint64_t seen_new = 0, seen_again = 0;  ///< counts of everything when it last came
    std::uint64_t in_request = 0, again = 0;     ///< the last request with it, and what came again in that
    bool accepted = false, repeats = false, went_back = false;
};

std::string per_mille_text(std::uint64_t part, std::uint64_t all) {
    const auto per_mille = all == 0 ? 0 : (part * 1000 + all / 2) / all;
    return std::to_string(per_mille / 10) + "." + std::to_string(per_mille % 10) + " %";
}

bool explicit_time(const Observation& observation, std::uint32_t series) {
    const auto source = observation.series()[series].source;
    return source != kNoSource && observation.sources()[source].explicit_timestamp;
}

std::vector<OfSeries> follow(const Observation& observation) {
    std::vector<OfSeries> out(observation.series().size());
    // When what was accepted without ado was answered; of pairs whether any value was.
    std::unordered_map<ObservedSample, std::int64_t, SampleHash> accepted;
    std::unordered_map<Pair, bool, PairHash> pairs;
    std::vector<Pair> old;  // of one request
    std::uint64_t all_new = 0, all_again = 0;
    for (const auto& delivery : observation.deliveries()) {
        // An answer on purpose is no ordinary acceptance, whatever its status.
        const bool ordinary = delivery.acknowledged() && delivery.step.empty();
        old.clear();
        for (const auto& sample : delivery.samples) {
            if (explicit_time(observation, sample.series)) continue;
            auto& series = out[sample.series];
            if (series.in_request != delivery.id) {
                series.in_request = delivery.id;
                series.again = 0;
                ++series.requests;
            }
            if (const auto found = accepted.find(sample);
                found != accepted.end() && delivery.first_byte_us >= found->second)
                series.repeats = true;
            const Pair pair{sample.series, sample.timestamp};
            const auto [known, first] = pairs.try_emplace(pair, false);
            if (first) {
                series.went_back = series.went_back || (series.times > 0 && sample.timestamp < series.newest);
                series.newest = series.times == 0 ? sample.timestamp : std::max(series.newest, sample.timestamp);
                // What is there for the first time does not show that time goes on.
                if (++series.times > 1) ++all_new;
            } else {
                ++series.again;
                ++all_again;
                old.push_back(pair);
            }
        }
        for (const auto& pair : old) {
            auto& series = out[pair.series];
            const auto since_new = all_new - series.seen_new;
            const auto since_again = all_again - series.seen_again - series.again;
            if (pair.timestamp != series.newest) {
                series.went_back = true;
            } else if (since_new > 0 && (pairs[pair] || since_new >= kNewToOld * since_again)) {
                ++series.standstills;
            }
        }
        for (const auto& sample : delivery.samples) {
            if (explicit_time(observation, sample.series)) continue;
            auto& series = out[sample.series];
            series.seen_new = all_new;
            series.seen_again = all_again;
            if (!ordinary) continue;
            series.accepted = true;
            accepted.try_emplace(sample, delivery.response_end_us);
            pairs[{sample.series, sample.timestamp}] = true;
        }
    }
    return out;
}

}  // namespace

Habits habits_of(const Observation& observation) {
    const auto all = follow(observation);
    const auto& known = observation.known();
    Habits out;
    out.repeats.resize(all.size());
    out.fixed.resize(all.size());
    std::size_t accepted = 0, repeating = 0;
    for (std::uint32_t i = 0; i < all.size(); ++i) {
        const auto& series = all[i];
        out.fixed[i] = !series.went_back && series.standstills >= kStandstills &&
                       series.requests >= kRequestsToATime * series.times;
        out.repeats[i] = series.repeats;
        bool known_to_repeat = false;
        if (!known.fixed.empty() || !known.repeating.empty()) {
            const auto name = observation.name_of_habit(i);
            out.fixed[i] = out.fixed[i] || known.fixed.contains(name);
            known_to_repeat = known.repeating.contains(name);
            out.repeats[i] = out.repeats[i] || known_to_repeat;
        }
        if (!series.accepted || out.fixed[i] || known_to_repeat) continue;
        ++accepted;
        repeating += out.repeats[i] ? 1U : 0U;
    }
    out.repeats_all = known.repeats_all || (repeating > 0 && (accepted - repeating) * kAllButOneIn <= accepted);
    return out;
}

Baseline known_altogether(const Observation& observation) {
    Baseline out = observation.known();
    const auto& habits = observation.habits();
    out.repeats_all = habits.repeats_all;
    for (std::uint32_t i = 0; i < habits.fixed.size(); ++i) {
        if (habits.fixed[i]) out.fixed.insert(observation.name_of_habit(i));
        // Where all series repeat, their names say nothing more.
        if (habits.repeats[i] && !habits.repeats_all) out.repeating.insert(observation.name_of_habit(i));
    }
    return out;
}

Baseline baseline_of(const ScenarioRecord& record) {
    Baseline out = known_altogether(record.observation);
    out.scenario = record.scenario;
    const auto& sources = record.observation.sources();
    const auto came = came_as_itself(record.observation);
    if (!record.scraped()) return out;
    for (std::size_t i = 0; i < sources.size(); ++i)
        if (!came[i]) out.absent.insert(sources[i].text());
    const auto compared = compare_with_source(record);
    out.expected = compared.expected;
    for (const auto& fault : compared.faults) {
        if (fault.never_came)
            --out.expected;
        else if (!fault.instead)
            ++out.lost;
    }
    return out;
}

UsualLoss usual_loss(const ScenarioRecord& record) {
    const auto& known = record.observation.known();
    return {known.expected, known.lost, known.scenario};
}

bool as_usual(const UsualLoss& usual, std::uint64_t lost, std::uint64_t all) {
    if (usual.lost == 0 || usual.expected == 0 || all == 0) return false;
    const auto many = static_cast<double>(all), seen = static_cast<double>(usual.expected);
    const double rate = std::min(1.0, static_cast<double>(usual.lost) / seen);
    const double deviation = std::sqrt(many * rate * (1 - rate) * (1 + many / seen));
    return static_cast<double>(lost) <= many * rate + kDeviations * deviation + 1;
}

std::string usual_text(const UsualLoss& usual) {
    return per_mille_text(usual.lost, usual.expected) + " are lost in scenario " + usual.scenario +
           ", too, which sender/fidelity/every-sample-bit-exact reports";
}

bool time_stands(const Observation& observation, std::uint32_t series) {
    return explicit_time(observation, series) || observation.habits().fixed[series];
}

std::string without_habitual(const Observation& observation) {
    const auto& habits = observation.habits();
    std::uint64_t count = 0;
    for (std::uint32_t i = 0; i < habits.fixed.size(); ++i) count += habits.comes_again(i) ? 1U : 0U;
    return count == 0 ? std::string()
                      : "; without " + count_text(count, "series", "series") + " whose samples come again by habit";
}

std::string share_text(std::uint64_t part, std::uint64_t all) {
    return std::to_string(part) + " of " + count_text(all, "sample") + " (" + per_mille_text(part, all) + ")";
}

}  // namespace prw::sender_suite
