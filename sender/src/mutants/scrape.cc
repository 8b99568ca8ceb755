// What a scrape hands on: samples, label sets, stale markers.
#include <algorithm>
#include <map>

#include "mutants/data.h"

namespace prw::sender::mutants {

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
            if (series.samples.empty()) continue;
            now = std::max(now, series.samples.front().timestamp);
            if (!is_stale(series)) gone_.erase(series.labels);
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

    // label sets
    {{"scrape/drops-a-label", "Loses the label method.", "sender/labels/complete-set"},
     {.points = plain<[](Points& points, std::uint64_t, bool) {
          for (auto& series : points) drop_label(series, "method");
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
    {{"stale/repeated", "Goes on sending stale markers at every scrape.", "sender/stale/single-marker"},
     {.points = []() -> std::unique_ptr<PointEditor> { return std::make_unique<RepeatMarkers>(); }}},
};

}  // namespace

std::span<const Row> scrape_rows() { return kRows; }

}  // namespace prw::sender::mutants
