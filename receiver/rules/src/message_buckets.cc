/// Spans, buckets and custom bounds of native histograms.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "message_util.h"
#include "prw/base/text.h"
#include "prw/proto/model.h"

namespace prw::rules {

namespace buckets {

constinit const Rule kDeltas{
    .id = "histograms/deltas-for-integer",
    .clauses = {"prw2.histogram.deltas-for-integer"},
    .subject = Subject::kIntegerHistogram,
    .severity = Severity::kFail,
    .summary = "Integer histograms (count_int) fill the *_deltas lists, never *_counts.",
    .fix = "Write integer buckets as differences into *_deltas, or set count_float for a float histogram.",
};

constinit const Rule kCounts{
    .id = "histograms/counts-for-float",
    .clauses = {"prw2.histogram.counts-for-float"},
    .subject = Subject::kFloatHistogram,
    .severity = Severity::kFail,
    .summary = "Float histograms (count_float) fill the *_counts lists, never *_deltas.",
    .fix = "Write absolute float buckets into *_counts, or set count_int for an integer histogram.",
};

constinit const Rule kV1Kind{
    .id = "histograms/v1-buckets-of-kind",
    .clauses = {"ext.proto.v1-extension-shape"},
    .subject = Subject::kHistogram,
    .severity = Severity::kWarn,
    .summary = "In 1.0, integer histograms fill *_deltas and float histograms *_counts, as Prometheus does.",
    .fix = "Fill *_deltas with count_int, and *_counts with count_float.",
};

constinit const Rule kSpans{
    .id = "histograms/spans-match-buckets",
    .clauses = {"ext.histogram.spans-match-buckets"},
    .subject = Subject::kBucketList,
    .severity = Severity::kFail,
    .summary = "For each sign the lengths of the spans add up to the number of bucket values.",
    .fix = "Shorten the last span when you drop trailing buckets; one bucket value for each unit of span length.",
};

constinit const Rule kOffset{
    .id = "histograms/span-offset",
    .clauses = {"ext.histogram.span-offset-nonnegative"},
    .subject = Subject::kNextSpan,
    .severity = Severity::kFail,
    .summary = "Only the first span has a negative offset.",
    .fix = "Emit spans in ascending order; an offset is the gap after the previous span.",
};

constinit const Rule kNegative{
    .id = "histograms/bucket-counts-nonnegative",
    .clauses = {"ext.histogram.bucket-counts-nonnegative"},
    .subject = Subject::kIntegerBucket,
    .severity = Severity::kFail,
    .summary = "The counts that integer deltas add up to are not negative.",
    .fix = "Write each delta as the difference to the preceding bucket of the same sign, over all spans.",
};

constinit const Rule kFloatNegative{
    .id = "histograms/float-buckets-nonnegative",
    .clauses = {"ext.histogram.float-counts-nonnegative", "ext.histogram.bucket-counts-nonnegative"},
    .subject = Subject::kFloatBucket,
    .severity = Severity::kFail,
    .summary = "The buckets of a float histogram are not negative (a warning for NaN and infinity).",
    .fix = "Do not send the difference of two histograms as a histogram.",
};

constinit const Rule kDeltaEncoding{
    .id = "histograms/delta-encoding",
    .clauses = {"prw2.histogram.delta-encoding", "ext.histogram.count-equals-buckets"},
    .subject = Subject::kHistogramCount,
    .severity = Severity::kFail,
    .summary = "Integer buckets are differences to the preceding bucket, not absolute counts.",
    .fix = "Write the first bucket as it is and every further one minus the one before.",
};

constinit const Rule kEqual{
    .id = "histograms/count-equals-buckets",
    .clauses = {"ext.histogram.count-equals-buckets"},
    .subject = Subject::kHistogramCount,
    .severity = Severity::kFail,
    .summary = "The count of an integer histogram is the sum of its zero bucket and all other buckets.",
    .fix = "Read count and buckets under one lock, or compute the count from the buckets.",
};

constinit const Rule kNear{
    .id = "histograms/float-count-near-buckets",
    .clauses = {"ext.histogram.float-count-near-buckets"},
    .subject = Subject::kFloatHistogram,
    .severity = Severity::kWarn,
    .summary =
        "The count of a float histogram is about the sum of its zero bucket and all other buckets (with a NaN "
        "sum, not much below it).",
    .fix =
        "Scale count, zero bucket and buckets alike; receivers take quantiles from the buckets, and rates from the "
        "count.",
};

constinit const Rule kCovers{
    .id = "histograms/count-covers-buckets",
    .clauses = {"ext.histogram.count-covers-buckets"},
    .subject = Subject::kNanHistogram,
    .severity = Severity::kFail,
    .summary =
        "Where NaN was observed (the sum is NaN), the count of an integer histogram is at least the sum of its "
        "buckets.",
    .fix = "Count NaN observations in count, and in no bucket.",
};

constinit const Rule kIndex{
    .id = "histograms/bucket-index",
    .clauses = {"ext.histogram.bucket-index-in-range"},
    .subject = Subject::kBucket,
    .severity = Severity::kFail,
    .summary =
        "No populated bucket lies beyond the overflow bucket of the schema, or below the smallest number that a double "
        "holds.",
    .fix = "Check that the offsets belong to the schema that is sent, also after scaling down.",
};

constinit const Rule kNoOpSpan{
    .id = "histograms/no-op-spans",
    .clauses = {"ext.histogram.no-zero-length-spans"},
    .subject = Subject::kSpan,
    .severity = Severity::kInfo,
    .summary = "There are no spans of length zero, and none that follow the previous one without a gap.",
    .fix = "Harmless; merge neighbouring spans to save bytes.",
};

constinit const Rule kNoCustomValues{
    .id = "histograms/exponential-no-custom-values",
    .clauses = {"ext.histogram.exponential-no-custom-values"},
    .subject = Subject::kExponentialHistogram,
    .severity = Severity::kFail,
    .summary = "Histograms with schema -4 to 8 have no custom_values.",
    .fix = "Fill custom_values for schema -53 only.",
};

constinit const Rule kIncreasing{
    .id = "histograms/custom-values-increasing",
    .clauses = {"prw2.histogram.custom-values-increasing"},
    .subject = Subject::kNextCustomValue,
    .severity = Severity::kFail,
    .summary = "The custom bounds (schema -53) are strictly increasing.",
    .fix = "Sort custom_values ascending and drop equal bounds, together with their buckets.",
};

constinit const Rule kNoNegative{
    .id = "histograms/custom-no-negative-buckets",
    .clauses = {"prw2.histogram.custom-no-negative-buckets"},
    .subject = Subject::kCustomHistogram,
    .severity = Severity::kFail,
    .summary = "With custom buckets (schema -53) negative spans and buckets are unused.",
    .fix = "Put buckets below zero into positive_spans as well: custom bounds may be negative.",
};

constinit const Rule kNoInf{
    .id = "histograms/custom-no-inf-bound",
    .clauses = {"prw2.histogram.custom-no-inf-bound", "ext.histogram.custom-bounds-finite"},
    .subject = Subject::kCustomValue,
    .severity = Severity::kFail,
    .summary = "custom_values do not list +Inf; that bucket is implicit.",
    .fix = "Leave the last bound, +Inf, out of custom_values; its bucket comes after the last bound.",
};

constinit const Rule kBoundsFinite{
    .id = "histograms/custom-bounds-finite",
    .clauses = {"ext.histogram.custom-bounds-finite"},
    .subject = Subject::kCustomValue,
    .severity = Severity::kFail,
    .summary = "custom_values contain no NaN (a note for -Inf as the first).",
    .fix = "Drop bounds that are not finite numbers where classic buckets are converted.",
};

constinit const Rule kCustomSpans{
    .id = "histograms/custom-spans-within-bounds",
    .clauses = {"ext.histogram.custom-spans-within-bounds"},
    .subject = Subject::kCustomSpan,
    .severity = Severity::kFail,
    .summary = "With custom buckets the spans lie within the len(custom_values)+1 buckets, and no offset is negative.",
    .fix = "Compute spans from the bounds that are sent; the first bucket has index 0.",
};

}  // namespace buckets

namespace {

using namespace buckets;
using Count = proto::HistogramView::Count;

/// One sign of one histogram.
struct Side {
    std::string_view name;  ///< "positive"
    std::span<const proto::SpanView> spans;
    std::span<const std::int64_t> deltas;
    std::span<const double> counts;
};

/// A sum that remembers that it left the range of its type.
struct Sum {
    std::uint64_t value = 0;
    bool overflow = false;
    void add(std::uint64_t more) { overflow |= __builtin_add_overflow(value, more, &value); }
};

class BucketRules {
public:
    BucketRules(const Context& c, std::uint32_t series, std::size_t index, const proto::HistogramView& h)
        : c_(c), view_(*c.view), series_(series), index_(index), h_(h) {
        sides_[0] = {"positive", view_.of(view_.spans, h.positive_spans), view_.of(view_.deltas, h.positive_deltas),
                     view_.of(view_.doubles, h.positive_counts)};
        sides_[1] = {"negative", view_.of(view_.spans, h.negative_spans), view_.of(view_.deltas, h.negative_deltas),
                     view_.of(view_.doubles, h.negative_counts)};
        // Without a count, the buckets themselves tell the kind.
        const bool has_deltas = !sides_[0].deltas.empty() || !sides_[1].deltas.empty();
        const bool has_counts = !sides_[0].counts.empty() || !sides_[1].counts.empty();
        is_float_ = h.count_kind == Count::kFloat || (h.count_kind == Count::kAbsent && has_counts && !has_deltas);
        foreign_ = is_float_ ? has_deltas : has_counts;
    }

    void run() {
        c_.saw(is_float_ ? Subject::kFloatHistogram : Subject::kIntegerHistogram);
        if (exponential()) c_.saw(Subject::kExponentialHistogram);
        custom_values();
        if (foreign_) {
            other_kind();
            return;  // what spans and sums would say follows from this
        }
        bool sums = true;
        for (const auto& side : sides_) {
            spans(side);
            sums &= is_float_ ? float_buckets(side) : integer_buckets(side);
        }
        if (sums && !is_float_ && h_.count_kind == Count::kInteger) total();
        if (sums && is_float_ && h_.count_kind == Count::kFloat) float_total();
    }

private:
    void say(const Rule& rule, std::string_view field, auto&& message, std::optional<Severity> severity = {}) {
        const auto draft = [&] {
            return Draft{.message = message(),
                         .field = element_path(series_, "histograms", index_, field),
                         .protobuf = h_.range};
        };
        report(c_, rule, series_, draft, severity);
    }
    [[nodiscard]] static std::string list(const Side& side, std::string_view what) {
        return cat({side.name, "_", what});
    }
    [[nodiscard]] bool custom() const { return h_.schema == -53; }
    [[nodiscard]] bool exponential() const { return h_.schema >= -4 && h_.schema <= 8; }

    void other_kind() {
        const Rule& rule = c_.v1() ? kV1Kind : is_float_ ? kCounts : kDeltas;
        const auto& side = (is_float_ ? sides_[0].deltas.empty() : sides_[0].counts.empty()) ? sides_[1] : sides_[0];
        say(rule, list(side, is_float_ ? "deltas" : "counts"), [&] {
            return is_float_ ? cat({"count_float is set, yet ", list(side, "deltas"), " has ",
                                    base::count_text(side.deltas.size(), "value"), ", which receivers ignore; wanted ",
                                    list(side, "counts")})
                             : cat({"count_int is set, yet ", list(side, "counts"), " has ",
                                    base::count_text(side.counts.size(), "value"), ", which receivers ignore; wanted ",
                                    list(side, "deltas")});
        });
    }

    void spans(const Side& side) {
        const std::size_t values = is_float_ ? side.counts.size() : side.deltas.size();
        if (side.spans.empty() && values == 0) return;
        c_.saw(Subject::kBucketList);
        c_.saw(Subject::kSpan, side.spans.size());
        if (!custom() && side.spans.size() > 1) c_.saw(Subject::kNextSpan, side.spans.size() - 1);
        std::uint64_t length = 0;
        for (const auto& span : side.spans) length += span.length;
        if (length != values) {
            say(kSpans, list(side, "spans"), [&] {
                return cat({"The ", side.name, " spans cover ", base::count_text(length, "bucket"), ", ",
                            list(side, is_float_ ? "counts" : "deltas"), " has ", base::count_text(values, "value"),
                            "; wanted as many"});
            });
        }
        for (std::size_t k = 1; k < side.spans.size() && !custom(); ++k) {
            if (side.spans[k].offset >= 0) continue;
            span(kOffset, side, k, [&] {
                return cat({"Span ", unum(k), " has offset ", num(side.spans[k].offset),
                            "; wanted a gap that is not negative after the first span"});
            });
        }
        no_op_spans(side);
        if (exponential()) bucket_index(side, values);
    }

    void span(const Rule& rule, const Side& side, std::size_t k, auto&& message) {
        report(c_, rule, series_, [&] {
            return Draft{
                .message = message(),
                .field = cat({element_path(series_, "histograms", index_, list(side, "spans")), "[", unum(k), "]"}),
                .protobuf = side.spans[k].range};
        });
    }

    void no_op_spans(const Side& side) {
        // Expositions of empty histograms carry one such span on purpose.
        if (side.spans.size() == 1 && side.spans[0].length == 0 && side.spans[0].offset == 0) return;
        for (std::size_t k = 0; k < side.spans.size(); ++k) {
            const auto& s = side.spans[k];
            if (s.length != 0 && (k == 0 || s.offset != 0)) continue;
            span(kNoOpSpan, side, k, [&] {
                return s.length == 0 ? cat({"Span ", unum(k), " has length 0"})
                                     : cat({"Span ", unum(k), " has offset 0, so it continues the span before it"});
            });
        }
    }

    /// The +Inf bucket of schema n has index 1024 * 2^n + 1; the smallest double, 2^-1074, is the upper bound of bucket
    /// -1074 * 2^n (rounded up).
    void bucket_index(const Side& side, std::size_t values) {
        c_.saw(Subject::kBucket, values);
        const auto scaled = [&](std::int64_t exponent) {
            return h_.schema >= 0 ? exponent * (std::int64_t{1} << h_.schema)
                                  : exponent / (std::int64_t{1} << -h_.schema);
        };
        const std::int64_t limit = scaled(1024) + 1, lowest = scaled(-1074);
        std::int64_t next = 0;  // index of the next bucket
        std::int64_t count = 0;
        std::size_t bucket = 0;
        for (std::size_t k = 0; k < side.spans.size(); ++k) {
            next += side.spans[k].offset;
            const std::int64_t end = next + side.spans[k].length;
            for (; next < end && bucket < values; ++next, ++bucket) {
                bool populated = false;
                if (is_float_) {
                    populated = side.counts[bucket] != 0;
                } else {
                    if (__builtin_add_overflow(count, side.deltas[bucket], &count)) return;
                    populated = count != 0;
                }
                if (!populated || (next >= lowest && next <= limit)) continue;
                span(kIndex, side, k, [&] {
                    return cat({"A ", side.name, " bucket with observations has index ", num(next),
                                next < lowest ? ", below the smallest number that a double holds; wanted at least "
                                              : "; wanted at most ",
                                num(next < lowest ? lowest : limit), " at schema ", num(h_.schema)});
                });
                return;
            }
            next = end;
        }
    }

    /// False when the sum of the buckets cannot be told.
    bool integer_buckets(const Side& side) {
        c_.saw(Subject::kIntegerBucket, side.deltas.size());
        std::int64_t count = 0;
        for (std::size_t k = 0; k < side.deltas.size(); ++k) {
            const std::int64_t before = count;
            const bool overflow = __builtin_add_overflow(count, side.deltas[k], &count);
            if (overflow || count < 0) {
                say(kNegative, cat({list(side, "deltas"), "[", unum(k), "]"}), [&] {
                    return cat(
                        {list(side, "deltas"), "[", unum(k), "] is ", num(side.deltas[k]), " after a bucket of ",
                         num(before),
                         overflow ? ", which does not fit 64 bits" : cat({", which makes the count ", num(count)}),
                         "; wanted counts that are not negative"});
                });
                return false;
            }
            buckets_.add(static_cast<std::uint64_t>(count));
            if (side.deltas[k] >= 0) {
                absolute_.add(static_cast<std::uint64_t>(side.deltas[k]));
            } else {
                falls_ = true;
            }
        }
        values_ += side.deltas.size();
        return true;
    }

    bool float_buckets(const Side& side) {
        c_.saw(Subject::kFloatBucket, side.counts.size());
        for (std::size_t k = 0; k < side.counts.size(); ++k) {
            if (side.counts[k] >= 0 && std::isfinite(side.counts[k])) continue;
            const auto field = cat({list(side, "counts"), "[", unum(k), "]"});
            const bool negative = side.counts[k] < 0;
            const auto message = [&] {
                return cat({field, " is ", real(side.counts[k]),
                            negative ? "; wanted a number that is not negative" : "; wanted a finite number"});
            };
            say(kFloatNegative, field, message, negative ? Severity::kFail : Severity::kWarn);
            return false;
        }
        return true;
    }

    void total() {
        c_.saw(is_nan_bits(h_.sum_bits) ? Subject::kNanHistogram : Subject::kHistogramCount);
        const std::uint64_t zero = h_.zero_count_kind == Count::kInteger ? h_.zero_count : 0;
        buckets_.add(zero);
        absolute_.add(zero);
        const bool equal = !buckets_.overflow && buckets_.value == h_.count;
        const bool absolute = !falls_ && values_ >= 2 && !absolute_.overflow && absolute_.value == h_.count;
        const auto sum = [&] {
            return buckets_.overflow ? std::string("more than 64 bits hold") : unum(buckets_.value);
        };
        if (is_nan_bits(h_.sum_bits)) {
            if (!buckets_.overflow && buckets_.value <= h_.count) return;
            say(kCovers, "count_int", [&] {
                return cat({"count_int is ", unum(h_.count), ", zero bucket and buckets hold ", sum(),
                            "; with a NaN sum wanted at least as many"});
            });
        } else if (!equal && absolute) {
            say(kDeltaEncoding, "positive_deltas", [&] {
                return cat({"The deltas add up to ", sum(), " observations, count_int is ", unum(h_.count),
                            ", which the values give when read as absolute counts; wanted differences to the preceding "
                            "bucket"});
            });
        } else if (!equal) {
            say(kEqual, "count_int", [&] {
                return cat({"count_int is ", unum(h_.count), ", zero bucket and buckets hold ", sum(),
                            "; wanted the same number"});
            });
        }
    }

    /// Float counts come of divisions and sums, so that only what rounding cannot explain is one.
    void float_total() {
        if (h_.zero_count_kind == Count::kInteger) return;  // histograms/kind-consistent
        constexpr double kTolerance = 1e-6;
        const double count = proto::from_bits(h_.count);
        const double zero = h_.zero_count_kind == Count::kFloat ? proto::from_bits(h_.zero_count) : 0;
        double sum = zero;
        for (const auto& side : sides_) sum = std::accumulate(side.counts.begin(), side.counts.end(), sum);
        // Negative and infinite numbers have findings of their own.
        if (!std::isfinite(count) || count < 0 || !std::isfinite(sum) || zero < 0) return;
        const double room = kTolerance * std::max(count, sum);
        if (sum - count <= room && (count - sum <= room || is_nan_bits(h_.sum_bits))) return;
        say(kNear, "count_float", [&] {
            return cat({"count_float is ", real(count), ", zero bucket and buckets hold ", real(sum),
                        is_nan_bits(h_.sum_bits) ? "; with a NaN sum wanted not more" : "; wanted about the same"});
        });
    }

    void custom_values() {
        const auto bounds = view_.of(view_.doubles, h_.custom_values);
        if (!custom()) {
            if (!bounds.empty() && exponential()) {
                say(kNoCustomValues, "custom_values", [&] {
                    return cat({"A histogram of schema ", num(h_.schema), " has ", unum(bounds.size()),
                                " of custom_values; wanted none"});
                });
            }
            return;
        }
        c_.saw(Subject::kCustomValue, bounds.size());
        if (bounds.size() > 1) c_.saw(Subject::kNextCustomValue, bounds.size() - 1);
        c_.saw(Subject::kCustomSpan, sides_[0].spans.size());
        for (std::size_t k = 0; k < bounds.size(); ++k) bound(bounds, k);
        if (c_.v2() && (!sides_[1].spans.empty() || !sides_[1].deltas.empty() || !sides_[1].counts.empty())) {
            say(kNoNegative, "negative_spans", [&] {
                return cat({"A histogram with custom buckets has ",
                            base::count_text(sides_[1].spans.size(), "negative span"), " and ",
                            base::count_text(sides_[1].deltas.size() + sides_[1].counts.size(), "negative bucket"),
                            "; wanted none"});
            });
        }
        std::int64_t end = 0;
        for (std::size_t k = 0; k < sides_[0].spans.size(); ++k) {
            const auto& s = sides_[0].spans[k];
            end += static_cast<std::int64_t>(s.offset) + s.length;
            const bool outside = end > static_cast<std::int64_t>(bounds.size()) + 1;
            if (s.offset >= 0 && !outside) continue;
            span(kCustomSpans, sides_[0], k, [&] {
                return s.offset < 0 ? cat({"Span ", unum(k), " of a histogram with custom buckets has offset ",
                                           num(s.offset), "; wanted none below 0"})
                                    : cat({"Span ", unum(k), " ends at bucket ", num(end), ", yet with ",
                                           base::count_text(bounds.size(), "bound"), " there are only ",
                                           base::count_text(bounds.size() + 1, "bucket")});
            });
            break;
        }
    }

    void bound(std::span<const double> bounds, std::size_t k) {
        const double value = bounds[k];
        const auto field = [&] { return cat({"custom_values[", unum(k), "]"}); };
        if (std::isnan(value)) {
            say(kBoundsFinite, field(), [&] { return cat({field(), " is NaN; wanted a number"}); });
            return;
        }
        if (value == std::numeric_limits<double>::infinity()) {
            say(kNoInf, field(), [&] {
                return cat({field(), " is +Inf; wanted finite bounds only, the bucket up to +Inf is implicit"});
            });
        } else if (k == 0 && std::isinf(value)) {
            say(
                kBoundsFinite, field(),
                [&] {
                    return cat({field(), " is -Inf; receivers take it, yet its bucket holds nothing"});
                },
                Severity::kInfo);
        }
        if (c_.v2() && k > 0 && value <= bounds[k - 1]) {
            say(kIncreasing, field(), [&] {
                return cat({field(), " is ", real(value), " after ", real(bounds[k - 1]),
                            "; wanted strictly increasing bounds"});
            });
        }
    }

    const Context& c_;
    const proto::RequestView& view_;
    std::uint32_t series_;
    std::size_t index_;
    const proto::HistogramView& h_;
    std::array<Side, 2> sides_;
    bool is_float_ = false, foreign_ = false;
    Sum buckets_, absolute_;  ///< as the deltas mean it, and as if they were absolute counts
    bool falls_ = false;      ///< some delta is negative
    std::size_t values_ = 0;
};

}  // namespace

void run_buckets(const Context& c, std::uint32_t series, std::size_t index, const proto::HistogramView& h) {
    BucketRules(c, series, index, h).run();
}

}  // namespace prw::rules
