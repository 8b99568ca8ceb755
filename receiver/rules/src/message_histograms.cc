/// Native histograms: kind, counts, schema, zero bucket, start. What is inside spans and buckets is in
/// message_buckets.cc. A histogram whose sum is the stale marker is a marker: all its other fields are ignored.
#include <cmath>

#include "message_util.h"
#include "prw/proto/model.h"

namespace prw::rules {
namespace {

using Count = proto::HistogramView::Count;

constexpr Rule kSchema{
    .id = "histograms/schema",
    .clauses = {"prw2.histogram.schema-valid"},
    .subject = Subject::kHistogram,
    .severity = Severity::kFail,
    .summary = "The schema is -53 or lies within -4 and 8.",
    .fix = "Scale exponential histograms down to schema 8 or less before sending; -53 is for custom buckets.",
};

constexpr Rule kSchemaV1{
    .id = "histograms/v1-schema",
    .clauses = {"ext.histogram.v1-schema-range"},
    .subject = Subject::kHistogram,
    .severity = Severity::kFail,
    .summary = "In 1.0 the schema lies within -4 and 8.",
    .fix = "Scale exponential histograms down to schema 8 or less before sending.",
};

constexpr Rule kCount{
    .id = "histograms/count-present",
    .clauses = {"ext.histogram.count-present"},
    .subject = Subject::kHistogram,
    .severity = Severity::kFail,
    .summary = "One of count_int and count_float is set (a warning in an empty histogram).",
    .fix = "Set the member of the oneof that fits the buckets, also when it is zero.",
};

constexpr Rule kKind{
    .id = "histograms/kind-consistent",
    .clauses = {"ext.histogram.kind-consistent"},
    .subject = Subject::kZeroCount,
    .severity = Severity::kFail,
    .summary = "count and zero_count are both integers or both floats, and each is set once.",
    .fix = "Set count_int and zero_count_int, or count_float and zero_count_float, as the buckets are.",
};

constexpr Rule kFloat{
    .id = "histograms/float-counts-nonnegative",
    .clauses = {"ext.histogram.float-counts-nonnegative"},
    .subject = Subject::kFloatCount,
    .severity = Severity::kFail,
    .summary = "count and zero_count of a float histogram are not negative (a warning for NaN and infinity).",
    .fix = "Do not send the difference of two histograms as a histogram.",
};

constexpr Rule kZeroThreshold{
    .id = "histograms/zero-threshold",
    .clauses = {"ext.histogram.zero-threshold-valid"},
    .subject = Subject::kHistogram,
    .severity = Severity::kFail,
    .summary = "zero_threshold is a finite number, not negative.",
    .fix = "Leave zero_threshold at 0 when there is none.",
};

constexpr Rule kCustomZero{
    .id = "histograms/custom-no-zero-bucket",
    .clauses = {"prw2.histogram.custom-no-zero-bucket"},
    .subject = Subject::kCustomHistogram,
    .severity = Severity::kFail,
    .summary = "With custom buckets (schema -53) zero_count and zero_threshold are zero.",
    .fix = "Count observations around zero in a custom bucket; leave zero_count and zero_threshold at zero.",
};

constexpr Rule kMarker{
    .id = "histograms/stale-marker-empty",
    .clauses = {"prw1.stale.pattern-exclusive", "prw2.stale.pattern-exclusive"},
    .subject = Subject::kHistogram,
    .severity = Severity::kWarn,
    .summary = "A histogram whose sum is the stale marker holds no observations.",
    .fix =
        "Use the stale marker only where the series ends, in a histogram that is empty; send an ordinary NaN, "
        "0x7ff8000000000001, as the sum of one with NaN among its observations.",
};

constexpr Rule kStart{
    .id = "histograms/start-timestamp",
    .clauses = {"prw2.samples.start-timestamp-histograms"},
    .subject = Subject::kCountingHistogram,
    .severity = Severity::kWarn,
    .summary = "Histograms that count, not gauges, carry start_timestamp.",
    .fix =
        "Set start_timestamp to when the histogram began, if that is known; Prometheus needs "
        "--enable-feature=st-storage.",
};

constexpr const Rule* kRules[] = {
    &kSchema,
    &kSchemaV1,
    &kCount,
    &kKind,
    &kFloat,
    &kZeroThreshold,
    &kCustomZero,
    &kStart,
    &kMarker,
    &buckets::kDeltas,
    &buckets::kCounts,
    &buckets::kV1Kind,
    &buckets::kSpans,
    &buckets::kOffset,
    &buckets::kNegative,
    &buckets::kFloatNegative,
    &buckets::kDeltaEncoding,
    &buckets::kEqual,
    &buckets::kNear,
    &buckets::kCovers,
    &buckets::kIndex,
    &buckets::kNoOpSpan,
    &buckets::kNoCustomValues,
    &buckets::kIncreasing,
    &buckets::kNoNegative,
    &buckets::kNoInf,
    &buckets::kBoundsFinite,
    &buckets::kCustomSpans,
};

constexpr UncoveredClause kUncovered[] = {
    {"ext.stale.histogram-marker-form",
     "a permission: both forms of the marker are accepted, there is nothing to violate"},
};

class HistogramRules {
public:
    explicit HistogramRules(const Context& c) : c_(c), view_(*c.view) {}

    void run() {
        for (std::uint32_t i = 0; i < view_.series.size(); ++i) {
            const auto& series = view_.series[i];
            if (series.histograms.count == 0) continue;
            const auto histograms = view_.histograms_of(series);
            for (std::size_t j = 0; j < histograms.size(); ++j) {
                const auto& h = histograms[j];
                if (is_stale(h.sum_bits)) {
                    marker(i, j, h);
                    continue;
                }
                c_.saw(Subject::kHistogram);
                if (h.schema == -53) c_.saw(Subject::kCustomHistogram);
                schema(i, j, h);
                // Which of the two was meant decides about everything else that is said of counts.
                if (!both_members(i, j, h)) {
                    count(i, j, h);
                    zero(i, j, h);
                    run_buckets(c_, i, j, h);
                }
                if (c_.v2()) start(i, series, j, h);
            }
        }
    }

private:
    void say(const Rule& rule, std::uint32_t series, std::size_t j, std::string_view field, proto::ByteRange range,
             auto&& message, std::optional<Severity> severity = {}) {
        const auto draft = [&] {
            return Draft{
                .message = message(), .field = element_path(series, "histograms", j, field), .protobuf = range};
        };
        report(c_, rule, series, draft, severity);
    }

    void schema(std::uint32_t series, std::size_t j, const proto::HistogramView& h) {
        // Custom buckets in 1.0 are a matter of the message, ext.proto.v1-no-custom-buckets.
        if (h.schema == -53 || (h.schema >= -4 && h.schema <= 8)) return;
        const auto range = h.schema_range.size != 0 ? h.schema_range : h.range;
        report(c_, c_.v2() ? kSchema : kSchemaV1, series, [&] {
            return Draft{.message = cat({"Schema ", num(h.schema), " is not one that receivers know; wanted -4 to 8",
                                         c_.v2() ? ", or -53 for custom buckets" : ""}),
                         .field = element_path(series, "histograms", j, "schema"),
                         .protobuf = range,
                         .fix = h.schema < -4 ? "Schema -4 is the coarsest that receivers know, and buckets cannot be "
                                                "split afterwards: limit the scaling down to -4 and allow for more "
                                                "buckets, or count into custom or classic buckets."
                                              : ""};
        });
    }

    void marker(std::uint32_t series, std::size_t j, const proto::HistogramView& h) {
        const auto counted_ones = h.count_kind == Count::kFloat ? proto::from_bits(h.count) != 0
                                                                : h.count_kind == Count::kInteger && h.count != 0;
        const auto deltas = view_.of(view_.deltas, h.positive_deltas), more = view_.of(view_.deltas, h.negative_deltas);
        const auto zero = [](std::int64_t delta) { return delta == 0; };
        const bool buckets =
            !std::all_of(deltas.begin(), deltas.end(), zero) || !std::all_of(more.begin(), more.end(), zero);
        if (!counted_ones && !buckets) return;
        c_.saw(Subject::kHistogram);
        say(kMarker, series, j, "sum", h.range, [&] {
            return cat({"The sum is the stale marker, yet the histogram has ",
                        counted_ones
                            ? cat({"the count ",
                                   h.count_kind == Count::kFloat ? real(proto::from_bits(h.count)) : unum(h.count)})
                            : std::string("populated buckets"),
                        ": receivers take it for a marker, and its observations are lost"});
        });
    }

    /// True when a oneof has both members on the wire: the finding is the same in whichever order they come.
    bool both_members(std::uint32_t series, std::size_t j, const proto::HistogramView& h) {
        const auto both = [&](std::string_view name, proto::ByteRange range) {
            say(kKind, series, j, name, range.size != 0 ? range : h.range, [&] {
                return cat({name, "_int and ", name, "_float are both set; one of them is meant"});
            });
        };
        if (h.both_counts || h.both_zero_counts) c_.saw(Subject::kZeroCount);
        if (h.both_counts) both("count", h.count_range);
        if (h.both_zero_counts) both("zero_count", {});
        return h.both_counts || h.both_zero_counts;
    }

    void count(std::uint32_t series, std::size_t j, const proto::HistogramView& h) {
        if (h.count_kind == Count::kAbsent) {
            const bool zero_bucket =
                h.zero_count_kind == Count::kFloat ? proto::from_bits(h.zero_count) != 0 : h.zero_count != 0;
            const bool empty = !zero_bucket && h.positive_deltas.count == 0 && h.negative_deltas.count == 0 &&
                               h.positive_counts.count == 0 && h.negative_counts.count == 0;
            const auto message = [&] {
                return cat(
                    {"Neither count_int nor count_float is set, so receivers read an integer histogram with count 0",
                     empty ? "" : "; wanted the number of observations"});
            };
            say(kCount, series, j, "count", h.range, message, empty ? Severity::kWarn : Severity::kFail);
            return;
        }
        if (h.zero_count_kind != Count::kAbsent) c_.saw(Subject::kZeroCount);
        if (h.zero_count_kind != Count::kAbsent && h.zero_count_kind != h.count_kind) {
            const bool integer = h.count_kind == Count::kInteger;
            say(kKind, series, j, "zero_count", h.range, [&] {
                return cat(
                    {integer ? "count_int is set with zero_count_float" : "count_float is set with zero_count_int",
                     "; receivers read the zero count as 0; wanted both integers or both floats"});
            });
        }
        if (h.count_kind == Count::kFloat) {
            float_count(series, j, "count_float", proto::from_bits(h.count),
                        h.count_range.size != 0 ? h.count_range : h.range);
        }
        if (h.zero_count_kind == Count::kFloat)
            float_count(series, j, "zero_count_float", proto::from_bits(h.zero_count), h.range);
    }

    void float_count(std::uint32_t series, std::size_t j, std::string_view field, double value,
                     proto::ByteRange range) {
        c_.saw(Subject::kFloatCount);
        if (std::isfinite(value) && value >= 0) return;
        const bool negative = value < 0;
        const auto message = [&] {
            return cat({field, " is ", real(value),
                        negative ? "; wanted a number that is not negative" : "; wanted a finite number"});
        };
        say(kFloat, series, j, field, range, message, negative ? Severity::kFail : Severity::kWarn);
    }

    void zero(std::uint32_t series, std::size_t j, const proto::HistogramView& h) {
        if (!std::isfinite(h.zero_threshold) || h.zero_threshold < 0) {
            say(kZeroThreshold, series, j, "zero_threshold", h.range, [&] {
                return cat(
                    {"zero_threshold is ", real(h.zero_threshold), "; wanted a finite number that is not negative"});
            });
        }
        if (c_.v1() || h.schema != -53) return;
        // An explicit zero is fine: members of a oneof are sent even when zero.
        const bool counted =
            h.zero_count_kind == Count::kFloat ? proto::from_bits(h.zero_count) != 0 : h.zero_count != 0;
        if (!counted && h.zero_threshold == 0) return;
        say(kCustomZero, series, j, counted ? "zero_count" : "zero_threshold", h.range, [&] {
            return cat(
                {"A histogram with custom buckets has ",
                 counted ? cat({"zero_count ", h.zero_count_kind == Count::kFloat ? real(proto::from_bits(h.zero_count))
                                                                                  : unum(h.zero_count)})
                         : cat({"zero_threshold ", real(h.zero_threshold)}),
                 "; wanted 0, schema -53 has no zero bucket"});
        });
    }

    void start(std::uint32_t index, const proto::SeriesView& series, std::size_t j, const proto::HistogramView& h) {
        constexpr std::uint32_t kGaugeHint = 3;
        if (h.reset_hint == kGaugeHint) return;
        if (series.metadata != proto::kNoRef &&
            view_.metadata[series.metadata].type == static_cast<std::uint32_t>(proto::MetricType::kGaugeHistogram)) {
            return;
        }
        c_.saw(Subject::kCountingHistogram);
        if (h.start_timestamp != 0) return;
        const auto draft = [&] {
            return Draft{
                .message = "A histogram that counts has no start_timestamp; wanted when it began, if the source tells",
                .field = element_path(index, "histograms", j, "start_timestamp"),
                .protobuf = h.range};
        };
        start_.report(c_, kStart, index, draft, Severity::kInfo);
    }

    const Context& c_;
    const proto::RequestView& view_;
    Aggregate start_;
};

void run_histograms(const Context& c) { HistogramRules(c).run(); }

}  // namespace

constinit const Family kHistograms{"histograms", kRules, kUncovered, run_histograms};

}  // namespace prw::rules
