// What a scrape hands on: samples, label sets, stale markers.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "data.h"

namespace prw::mutants {

namespace {

using Points = std::vector<proto::Series>;

constexpr std::uint64_t kNegativeZero = 0x8000000000000000ULL;

std::string_view name_of(const proto::Series& series) { return label(series, "__name__"); }
bool untyped(const proto::Series& series) { return series.metadata.type == proto::MetricType::kUnspecified; }

/// A deviation that remembers nothing.
template <void (*Edit)(Points&, std::uint64_t scrape, bool failed)>
std::unique_ptr<PointEditor> plain() {
    class Plain final : public PointEditor {
        void edit(Points& points, std::uint64_t scrape, bool failed) override { Edit(points, scrape, failed); }
    };
    return std::make_unique<Plain>();
}

/// One that looks at each sample on its own.
template <void (*Edit)(const proto::Series&, proto::Sample&)>
void each_sample(Points& points, std::uint64_t, bool) {
    for (auto& series : points)
        for (auto& sample : series.samples) Edit(series, sample);
}

void drop_label(proto::Series& series, std::string_view name) {
    std::erase_if(series.labels, [&](const auto& entry) { return entry.first == name; });
}

/// At the third scrape and every fifth after it: one series without type, or else the first one.
void drop_a_sample(Points& points, std::uint64_t scrape, bool failed) {
    if (failed || scrape % 5 != 3 || points.empty()) return;
    const auto chosen = std::find_if(points.begin(), points.end(), untyped);
    points.erase(chosen != points.end() ? chosen : points.begin());
}

/// What falls into each bucket alone, in the place of all up to its bound.
void per_bucket(Points& points, std::uint64_t, bool) {
    double below = 0;
    std::string name;
    for (auto& series : points) {
        const auto metric = name_of(series);
        if (!metric.ends_with("_bucket") || series.samples.empty() || is_stale(series)) continue;
        if (metric != name) below = 0;
        name = metric;
        auto& bits = series.samples.front().value_bits;
        const double all = proto::from_bits(bits);
        bits = proto::to_bits(all - below);
        below = all;
    }
}

/// Goes on marking what has ended.
class RepeatMarkers final : public PointEditor {
    void edit(Points& points, std::uint64_t, bool) override {
        std::int64_t now = 0;
        for (const auto& series : points) {
            if (!is_stale(series)) gone_.erase(series.labels);
            if (!series.samples.empty()) now = std::max(now, series.samples.front().timestamp);
        }
        Points again;
        for (auto& [labels, series] : gone_) {
            series.samples.front().timestamp = now;
            again.push_back(series);
        }
        for (const auto& series : points)
            if (is_stale(series)) gone_.insert_or_assign(series.labels, series);
        std::move(again.begin(), again.end(), std::back_inserter(points));
    }
    std::map<proto::Labels, proto::Series> gone_;
};

/// Holds the first samples of series with exemplars back until the fourth scrape, which no batch has in common with the
/// first.
class ExemplarsAhead final : public PointEditor {
    void edit(Points& points, std::uint64_t scrape, bool) override {
        if (scrape == 4) {
            points.insert(points.begin(), std::make_move_iterator(held_.begin()), std::make_move_iterator(held_.end()));
            held_.clear();
        }
        if (scrape >= 4) return;
        for (auto& series : points) {
            if (series.exemplars.empty() || series.samples.empty()) continue;
            held_.push_back(series);
            held_.back().exemplars.clear();
            series.samples.clear();
        }
    }
    Points held_;
};

/// Marks the end of a series at its last sample.
class MarksLastSample final : public PointEditor {
    void edit(Points& points, std::uint64_t, bool) override {
        for (auto& series : points) {
            if (series.samples.empty()) continue;
            auto& timestamp = series.samples.front().timestamp;
            if (is_stale(series)) {
                if (const auto found = last_.find(series.labels); found != last_.end()) timestamp = found->second;
            } else {
                last_[series.labels] = timestamp;
            }
        }
    }
    std::map<proto::Labels, std::int64_t> last_;
};

/// Never sends again what was marked stale once.
class NoReturn final : public PointEditor {
    void edit(Points& points, std::uint64_t, bool) override {
        std::erase_if(points,
                      [&](const proto::Series& series) { return !is_stale(series) && gone_.contains(series.labels); });
        for (const auto& series : points)
            if (is_stale(series)) gone_.insert(series.labels);
    }
    std::set<proto::Labels> gone_;
};

/// Marks whatever a scrape does not bring again. The reference marks all but series whose timestamps the source
/// dictates, and those it does not repeat.
class MarksExplicitTimestamps final : public PointEditor {
    void edit(Points& points, std::uint64_t, bool) override {
        std::int64_t now = 0;
        std::map<proto::Labels, proto::Series> live;
        std::set<proto::Labels> here;
        for (const auto& series : points) {
            here.insert(series.labels);
            if (series.samples.empty()) continue;
            now = std::max(now, series.samples.front().timestamp);
            if (!is_stale(series)) live.emplace(series.labels, series);
        }
        for (auto& [labels, series] : std::exchange(before_, std::move(live))) {
            if (here.contains(labels)) continue;
            series.samples.front() = {proto::kStaleNanBits, now, 0};
            points.push_back(series);
        }
    }
    std::map<proto::Labels, proto::Series> before_;
};

void raw_help(Points& points, std::uint64_t, bool) {
    for (auto& series : points) {
        auto& help = series.metadata.help;
        for (std::size_t at = 0; (at = help.find('\n', at)) != std::string::npos; at += 2) help.replace(at, 1, "\\n");
    }
}

/// Makes custom buckets of classic histograms, with one observation too many in the first.
void custom_buckets(Points& points, std::uint64_t, bool) {
    struct Classic {
        proto::Series series;
        std::vector<std::pair<double, double>> buckets;  // bound, cumulative
        std::uint64_t sum_bits = 0;
        std::int64_t timestamp = 0;
    };
    std::map<proto::Labels, Classic> found;
    const auto base_labels = [](const proto::Series& series, std::string_view suffix) {
        proto::Labels labels = series.labels;
        std::erase_if(labels, [](const auto& entry) { return entry.first == "le"; });
        for (auto& [name, value] : labels)
            if (name == "__name__") value.resize(value.size() - suffix.size());
        return labels;
    };
    for (const auto& series : points) {
        if (!name_of(series).ends_with("_bucket") || series.samples.empty() || is_stale(series)) continue;
        const std::string le(label(series, "le"));
        auto& classic = found[base_labels(series, "_bucket")];
        classic.series = series;
        classic.timestamp = series.samples.front().timestamp;
        classic.buckets.emplace_back(le == "+Inf" ? HUGE_VAL : std::strtod(le.c_str(), nullptr),
                                     proto::from_bits(series.samples.front().value_bits));
    }
    std::erase_if(points, [&](const proto::Series& series) {
        for (const std::string_view suffix : {"_bucket", "_count", "_sum"}) {
            if (!name_of(series).ends_with(suffix) || is_stale(series) || series.samples.empty()) continue;
            const auto classic = found.find(base_labels(series, suffix));
            if (classic == found.end()) continue;
            if (suffix == "_sum") classic->second.sum_bits = series.samples.front().value_bits;
            return true;
        }
        return false;
    });
    for (auto& [labels, classic] : found) {
        std::sort(classic.buckets.begin(), classic.buckets.end());
        proto::Histogram histogram;
        histogram.schema = -53;
        histogram.sum_bits = classic.sum_bits;
        histogram.timestamp = classic.timestamp;
        histogram.positive_spans = {{0, static_cast<std::uint32_t>(classic.buckets.size())}};
        double below = -1;  // the one too many
        std::int64_t before = 0;
        for (const auto& [bound, cumulative] : classic.buckets) {
            const auto count = static_cast<std::int64_t>(cumulative - below);
            below = cumulative;
            histogram.positive_deltas.push_back(count - before);
            before = count;
            if (std::isfinite(bound)) histogram.custom_values.push_back(bound);
        }
        histogram.count = static_cast<std::uint64_t>(classic.buckets.back().second) + 1;
        proto::Series series = classic.series;
        series.labels = labels;
        series.samples.clear();
        series.exemplars.clear();
        series.histograms = {std::move(histogram)};
        points.push_back(std::move(series));
    }
}

// clang-format off
constexpr Row kRows[] = {
    // samples
    {{"scrape/drops-a-sample", "Loses one sample of every fifth scrape.", "sender/fidelity/every-sample-bit-exact"},
     {.points = plain<drop_a_sample>}},
    {{"scrape/alters-values", "Adds one unit in the last place to series that end in bytes_total.",
      "sender/fidelity/every-sample-bit-exact"},
     {.points = plain<each_sample<[](const proto::Series& series, proto::Sample& sample) {
          if (name_of(series).ends_with("bytes_total") && sample.value_bits != proto::kStaleNanBits)
              sample.value_bits += 1;
      }>>}},
    {{"scrape/per-bucket", "Sends what falls into each classic bucket alone.",
      "sender/samples/classic-histograms-cumulative"},
     {.points = plain<per_bucket>}},
    {{"scrape/unsigned-zero", "Sends -0 as 0.", "sender/fidelity/negative-zero"},
     {.points = plain<each_sample<[](const proto::Series&, proto::Sample& sample) {
          if (sample.value_bits == kNegativeZero) sample.value_bits = 0;
      }>>}},
    {{"scrape/timestamps-in-whole-seconds", "Cuts timestamps to whole seconds, so that scrapes collide.",
      "sender/ordering/unique-timestamps"},
     {.points = plain<each_sample<[](const proto::Series&, proto::Sample& sample) {
          sample.timestamp = sample.timestamp / 1000 * 1000;
      }>>}},
    {{"scrape/no-exemplars", "Leaves exemplars out.", "sender/exemplars/provided", false, true},
     {.points = plain<[](Points& points, std::uint64_t, bool) {
          for (auto& series : points) series.exemplars.clear();
      }>}},

    {{"scrape/alters-exemplars", "Adds one unit in the last place to exemplars.",
      "sender/fidelity/exemplars", false, true},
     {.points = plain<[](Points& points, std::uint64_t, bool) {
          for (auto& series : points)
              for (auto& exemplar : series.exemplars) exemplar.value_bits += 1;
      }>}},
    {{"scrape/exemplars-ahead", "Sends the first exemplars of a series before its first sample.",
      "sender/ordering/samples-before-exemplars", false, true},
     {.points = []() -> std::unique_ptr<PointEditor> { return std::make_unique<ExemplarsAhead>(); }}},
    {{"scrape/early-start", "Sends start timestamps one millisecond early.",
      "sender/fidelity/start-timestamps", false, true},
     {.points = plain<[](Points& points, std::uint64_t, bool) {
          for (auto& series : points) {
              for (auto& sample : series.samples) sample.start_timestamp -= sample.start_timestamp != 0 ? 1 : 0;
              for (auto& histogram : series.histograms)
                  histogram.start_timestamp -= histogram.start_timestamp != 0 ? 1 : 0;
          }
      }>}},
    {{"scrape/raw-help", "Sends the line breaks of help texts as the text formats escape them.",
      "sender/fidelity/metadata", false, true},
     {.points = plain<raw_help>}},
    {{"scrape/first-5000", "Sends the first 5,000 series of a scrape.", "sender/fidelity/large-scrape"},
     {.points = plain<[](Points& points, std::uint64_t, bool) {
          if (5000 < points.size()) points.resize(5000);
      }>}},
    {{"scrape/alters-histograms", "Adds one to the sums of native histograms.",
      "sender/fidelity/native-histograms", false, true},
     {.points = plain<[](Points& points, std::uint64_t, bool) {
          for (auto& series : points)
              for (auto& histogram : series.histograms)
                  histogram.sum_bits = proto::to_bits(proto::from_bits(histogram.sum_bits) + 1);
      }>}},
    {{"scrape/hint-no", "Says of every native histogram that no count fell.",
      "sender/fidelity/reset-hints", false, true},
     {.points = plain<[](Points& points, std::uint64_t, bool) {
          constexpr std::uint32_t kNo = 2;
          for (auto& series : points)
              for (auto& histogram : series.histograms) histogram.reset_hint = kNo;
      }>}},
    {{"scrape/hint-yes", "Says of every native histogram that it was reset.",
      "sender/fidelity/reset-hints", false, true},
     {.points = plain<[](Points& points, std::uint64_t, bool) {
          constexpr std::uint32_t kYes = 1, kGauge = 3;
          for (auto& series : points)
              for (auto& histogram : series.histograms)
                  if (histogram.reset_hint != kGauge) histogram.reset_hint = kYes;
      }>}},
    {{"scrape/custom-buckets", "Makes custom buckets of classic histograms, and counts one observation too many.",
      "sender/fidelity/custom-buckets", false, true},
     {.points = plain<custom_buckets>}},

    // label sets
    {{"scrape/drops-a-label", "Loses the label method.", "sender/labels/complete-set"},
     {.points = plain<[](Points& points, std::uint64_t, bool) {
          for (auto& series : points) drop_label(series, "method");
      }>}},
    {{"scrape/renames-a-metric", "Sends prw_build_info as prw_build.", "sender/fidelity/every-sample-bit-exact"},
     {.points = plain<[](Points& points, std::uint64_t, bool) {
          for (auto& series : points)
              for (auto& label : series.labels)
                  if (label.first == "__name__" && label.second == "prw_build_info") label.second = "prw_build";
      }>}},
    {{"scrape/labels-once", "Sends the label job with the first scrape only.", "sender/labels/complete-set"},
     {.points = plain<[](Points& points, std::uint64_t scrape, bool) {
          for (auto& series : points)
              if (scrape != 1) drop_label(series, "job");
      }>}},
    {{"scrape/job-on-some", "Leaves the label job away from metrics without type.",
      "sender/labels/job-instance-consistent"},
     {.points = plain<[](Points& points, std::uint64_t, bool) {
          for (auto& series : points)
              if (untyped(series)) drop_label(series, "job");
      }>}},

    // staleness
    {{"stale/none", "Sends no stale markers.", "sender/stale/marker-on-disappearance"},
     {.points = plain<[](Points& points, std::uint64_t, bool) { std::erase_if(points, is_stale); }>}},
    {{"stale/mangled", "Sends stale markers with the quiet bit set, as arithmetic leaves them.",
      "sender/stale/marker-on-disappearance"},
     {.points = plain<each_sample<[](const proto::Series&, proto::Sample& sample) {
          if (sample.value_bits == proto::kStaleNanBits) sample.value_bits = proto::kMangledStaleNanBits;
      }>>}},
    {{"stale/at-last-sample", "Gives a stale marker the time of the last sample.",
      "sender/stale/marker-on-disappearance"},
     {.points = []() -> std::unique_ptr<PointEditor> { return std::make_unique<MarksLastSample>(); }}},
    {{"stale/plain-nan", "Sends an ordinary NaN for the end of a series.", "sender/stale/marker-on-disappearance"},
     {.points = plain<each_sample<[](const proto::Series&, proto::Sample& sample) {
          if (sample.value_bits == proto::kStaleNanBits) sample.value_bits = proto::kNormalNanBits;
      }>>}},
    {{"stale/none-on-failure", "Sends no stale markers when a scrape fails.", "sender/stale/all-series-of-target"},
     {.points = plain<[](Points& points, std::uint64_t, bool failed) {
          if (failed) std::erase_if(points, is_stale);
      }>}},
    {{"stale/not-for-buckets", "Sends no stale markers for buckets when a scrape fails.",
      "sender/stale/all-series-of-target"},
     {.points = plain<[](Points& points, std::uint64_t, bool failed) {
          if (failed)
              std::erase_if(points, [](const auto& s) { return is_stale(s) && name_of(s).ends_with("_bucket"); });
      }>}},
    {{"stale/for-nan", "Sends the stale marker for every NaN.", "sender/stale/none-for-live-series"},
     {.points = plain<each_sample<[](const proto::Series&, proto::Sample& sample) {
          if (sample.value_bits == proto::kNormalNanBits) sample.value_bits = proto::kStaleNanBits;
      }>>}},
    {{"stale/no-return", "Never sends a series again that was marked stale once.", "sender/stale/back-after-marker"},
     {.points = []() -> std::unique_ptr<PointEditor> { return std::make_unique<NoReturn>(); }}},
    {{"stale/explicit-timestamps", "Marks the end of series whose timestamps the source dictates.",
      "sender/stale/none-for-explicit-timestamps"},
     {.points = []() -> std::unique_ptr<PointEditor> { return std::make_unique<MarksExplicitTimestamps>(); }}},
    {{"stale/repeated", "Goes on sending stale markers at every scrape.", "sender/stale/single-marker"},
     {.points = []() -> std::unique_ptr<PointEditor> { return std::make_unique<RepeatMarkers>(); }}},
};
// clang-format on

}  // namespace

std::span<const Row> scrape_rows() { return kRows; }

}  // namespace prw::mutants
