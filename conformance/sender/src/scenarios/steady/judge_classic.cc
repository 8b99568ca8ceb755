/// Classic histograms, whose children may come in several requests.
#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <vector>

#include "prw/proto/model.h"
#include "scrape/exposition.h"
#include "steady.h"

namespace prw::sender_suite {
namespace {

struct Bucket {
    double bound, count;
    std::uint32_t series;
    std::uint64_t exchange;
};

/// One histogram at one time.
struct Classic {
    std::vector<Bucket> buckets;
    std::optional<double> count;
};

using Key = std::pair<std::pair<std::string, LabelPairs>, std::int64_t>;  ///< name and labels without le, timestamp

std::map<Key, Classic> histograms_of(const Observation& observation) {
    constexpr std::string_view kBucket = "_bucket", kCount = "_count";
    std::map<Key, Classic> out;
    for (const auto& delivery : observation.deliveries()) {
        for (const auto& sample : delivery.samples) {
            const double value = proto::from_bits(sample.bits);
            if (sample.histogram || std::isnan(value)) continue;  // a marker ends the series
            const auto& series = observation.series()[sample.series];
            const bool bucket = series.metric.ends_with(kBucket);
            if (!bucket && !series.metric.ends_with(kCount)) continue;
            Key key;
            key.first.first = series.metric.substr(0, series.metric.size() - (bucket ? kBucket : kCount).size());
            key.first.second = series.labels;
            key.second = sample.timestamp;
            if (!bucket) {
                out[key].count = value;
                continue;
            }
            auto& labels = key.first.second;
            const auto le = std::find_if(labels.begin(), labels.end(), [](const auto& l) { return l.first == "le"; });
            if (le == labels.end()) continue;
            const auto bound = number_of(le->second);
            labels.erase(le);
            if (bound) out[key].buckets.push_back({*bound, value, sample.series, delivery.id});
        }
    }
    return out;
}

void judge_cumulative(const ScenarioRecord& record, suite::CheckOutcome& out) {
    const auto& observation = record.observation;
    const std::string fix = "Let each bucket count all observations up to its bound, and +Inf all that there are.";
    std::uint64_t judged = 0, wrong = 0;
    for (auto& [key, histogram] : histograms_of(observation)) {
        auto& buckets = histogram.buckets;
        if (buckets.size() < 2) continue;
        ++judged;
        std::sort(buckets.begin(), buckets.end(), [](const Bucket& a, const Bucket& b) { return a.bound < b.bound; });
        const auto falls = std::adjacent_find(buckets.begin(), buckets.end(), [](const Bucket& a, const Bucket& b) {
            return a.bound < b.bound && b.count < a.count;
        });
        const auto& last = buckets.back();
        if (falls != buckets.end()) {
            ++wrong;
            const auto& next = *std::next(falls);
            add_finding(out, observation.series()[next.series].text,
                        "holds " + proto::value_text(proto::to_bits(next.count)) + " at " + std::to_string(key.second) +
                            ", the bucket below it " + proto::value_text(proto::to_bits(falls->count)),
                        next.exchange, fix);
        } else if (std::isinf(last.bound) && histogram.count && *histogram.count != last.count) {
            ++wrong;
            add_finding(out, observation.series()[last.series].text,
                        "holds " + proto::value_text(proto::to_bits(last.count)) + " at " + std::to_string(key.second) +
                            ", _count " + proto::value_text(proto::to_bits(*histogram.count)),
                        last.exchange, fix);
        }
    }
    evidence(out, "histograms", judged);
    if (judged == 0) return undecided(out, "no classic histogram with two buckets at one time was sent");
    if (wrong == 0) return pass(out, "the buckets of " + count_text(judged, "histogram") + " are cumulative");
    miss(out, "bucket counts that do not fall with growing le, and +Inf equal to _count",
         count_text(wrong, "histogram") + " of " + std::to_string(judged) + " otherwise");
}

constexpr std::array kChecks = {
    BehaviourCheck{
        .id = "sender/samples/classic-histograms-cumulative",
        .clauses = {"ext.samples.classic-histogram-cumulative"},
        .summary = "The buckets of a classic histogram are cumulative, and +Inf equals _count.",
        .judge = judge_cumulative,
        .fix = "Encode all buckets of one observation at one time, from one snapshot, so that each bucket counts what "
               "the smaller ones count.",
    },
};

}  // namespace

std::span<const BehaviourCheck> classic_checks() { return kChecks; }

}  // namespace prw::sender_suite
