#include <cmath>
#include <limits>

#include "message_cases.h"

namespace prw::testing {

namespace {

using proto::Histogram;
using proto::MetricType;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

/// 3, 4 and 2 observations in buckets, one in the zero bucket.
Histogram integer() {
    Histogram h;
    h.count = std::uint64_t{10};
    h.zero_count = std::uint64_t{1};
    h.sum_bits = proto::to_bits(25);
    h.schema = 3;
    h.zero_threshold = 1e-9;
    h.positive_spans = {{0, 2}, {1, 1}};
    h.positive_deltas = {3, 1, -2};
    h.timestamp = kNowMs;
    h.start_timestamp = kNowMs - 60'000;
    return h;
}

Histogram floating() {
    auto h = integer();
    h.count = 10.0;
    h.zero_count = 1.0;
    h.positive_deltas.clear();
    h.positive_counts = {3, 4, 2};
    return h;
}

Histogram custom() {
    auto h = integer();
    h.count = std::uint64_t{9};
    h.zero_count = std::uint64_t{0};
    h.schema = -53;
    h.zero_threshold = 0;
    h.positive_spans = {{0, 3}};
    h.custom_values = {1, 2};
    return h;
}

using Edit = std::function<void(Histogram&)>;

Change one(Histogram h, const Edit& edit = {}, MetricType type = MetricType::kHistogram) {
    if (edit) edit(h);
    return [h = std::move(h), type](proto::WriteRequest& r) {
        r.series.resize(1);
        r.series[0].samples.clear();
        r.series[0].histograms = {h};
        r.series[0].metadata.type = type;
    };
}

/// A histogram without count, which the model cannot say.
Wire countless(bool populated) {
    Wire w;
    w.varint(4, zigzag(3));
    if (populated) w.bytes(11, Wire().varint(1, 0).varint(2, 1)).packed(12, {zigzag(1)});
    return w.varint(15, static_cast<std::uint64_t>(kNowMs));
}
/// The only histogram of the request with these fields before or behind its own, as another encoder may write them.
std::string with_more_in_histogram(const std::string& bytes, ProtobufMessage message, const Wire& more,
                                   bool before_own) {
    proto::RequestView view;
    proto::decode(bytes, message, view);
    const auto range = view.histograms.at(0).range;
    const auto own = bytes.substr(range.offset, range.size);
    const auto histogram = before_own ? more.str() + own : own + more.str();
    const bool v1 = message == ProtobufMessage::kV1;
    const auto series = view.series.at(0).range;
    // Everything before the histogram's tag and size, and everything behind it, stays.
    const auto before = [](proto::ByteRange payload) { return payload.offset - (payload.size < 0x80 ? 2U : 3U); };
    const auto head = bytes.substr(series.offset, before(range) - series.offset);
    const auto tail = bytes.substr(range.end(), series.end() - range.end());
    return bytes.substr(0, before(series)) +
           Wire().bytes(v1 ? 1 : 5, Wire().raw(head).bytes(v1 ? 4 : 3, histogram).raw(tail)).str() +
           bytes.substr(series.end());
}

std::string v1(const Wire& h) {
    return Wire().bytes(1, Wire().bytes(1, Wire().bytes(1, "__name__").bytes(2, "m")).bytes(4, h)).str();
}
std::string v2(const Wire& h) {
    return V2Bytes()
        .symbols({"", "__name__", "m", "Help."})
        .series(Wire()
                    .packed(1, {1, 2})
                    .bytes(3, Wire().raw(h.str()).varint(17, static_cast<std::uint64_t>(kNowMs - 1)))
                    .bytes(5, Wire().varint(1, 3).varint(3, 3)))
        .str();
}

}  // namespace

std::vector<MessageCase> histogram_cases() {
    using enum Severity;
    Cases c;
    const auto schema = [](std::int32_t n) { return [n](Histogram& h) { h.schema = n; }; };

    for (const auto& [bad, good] :
         std::initializer_list<std::pair<std::int32_t, std::int32_t>>{{9, 8}, {20, 0}, {-5, -4}}) {
        c.v2("histograms/schema", "schema " + std::to_string(bad), kFail, one(integer(), schema(bad)),
             one(integer(), schema(good)));
        c.v1("histograms/v1-schema", "schema " + std::to_string(bad), kFail, one(integer(), schema(bad)),
             one(integer(), schema(good)))
            .field("timeseries[0].histograms[0].schema");
    }
    c.v2("histograms/schema", "next to custom buckets", kFail, one(custom(), schema(-52)), one(custom()));

    c.raw("histograms/count-present", "buckets without count", ProtobufMessage::kV1, kFail, v1(countless(true)),
          v1(Wire().varint(1, 1).raw(countless(true).str())));
    c.raw("histograms/count-present", "buckets without count", ProtobufMessage::kV2, kFail, v2(countless(true)),
          v2(Wire().varint(1, 1).raw(countless(true).str())));
    c.raw("histograms/count-present", "nothing at all", ProtobufMessage::kV1, kWarn, v1(countless(false)),
          v1(Wire().varint(1, 0).raw(countless(false).str())));
    c.raw("histograms/count-present", "nothing at all", ProtobufMessage::kV2, kWarn, v2(countless(false)),
          v2(Wire().varint(1, 0).raw(countless(false).str())));

    c.both("histograms/kind-consistent", "count_float with zero_count_int", kFail,
           one(floating(), [](Histogram& h) { h.zero_count = std::uint64_t{1}; }), one(floating()));
    c.both("histograms/kind-consistent", "count_int with zero_count_float", kFail,
           one(integer(),
               [](Histogram& h) {
                   h.zero_count = 0.0;
                   h.count = std::uint64_t{9};
               }),
           one(integer()));

    // Both members of a oneof, in any order and with buckets of either kind: what was meant cannot be told.
    for (const auto& make : {integer(), floating()}) {
        const bool is_float = std::holds_alternative<double>(make.count);
        for (const bool zero : {false, true}) {
            const auto number = zero ? 6U : 1U;
            for (const bool before : {false, true}) {
                const auto other = is_float ? Wire().varint(number, 1) : Wire().real(number + 1, 1);
                const auto name = std::string(is_float ? "float " : "integer ") + (zero ? "zero_count" : "count") +
                                  (before ? " behind the other" : " before the other");
                for (const auto message : {ProtobufMessage::kV1, ProtobufMessage::kV2}) {
                    const auto good = changed(message, one(make));
                    c.raw("histograms/kind-consistent", "both members: " + name, message, kFail,
                          with_more_in_histogram(good, message, other, before), good)
                        .field(std::string("timeseries[0].histograms[0].") + (zero ? "zero_count" : "count"));
                }
            }
        }
    }

    const auto float_count = [](double n) { return [n](Histogram& h) { h.count = n; }; };
    const auto float_zero = [](double n) { return [n](Histogram& h) { h.zero_count = n; }; };
    c.both("histograms/float-counts-nonnegative", "a negative count", kFail, one(floating(), float_count(-1)),
           one(floating(), float_count(0)));
    c.both("histograms/float-counts-nonnegative", "a negative zero count", kFail, one(floating(), float_zero(-0.5)),
           one(floating(), float_zero(-0.0)));
    c.both("histograms/float-counts-nonnegative", "NaN", kWarn, one(floating(), float_count(kNan)),
           one(floating(), float_count(1e300)));
    c.both("histograms/float-counts-nonnegative", "infinity", kWarn, one(floating(), float_zero(kInf)),
           one(floating(), float_zero(0.5)));
    const auto float_bucket = [](double n) { return [n](Histogram& h) { h.positive_counts[1] = n; }; };
    c.both("histograms/float-buckets-nonnegative", "a negative bucket", kFail, one(floating(), float_bucket(-1)),
           one(floating(), float_bucket(0)))
        .field("timeseries[0].histograms[0].positive_counts[1]");
    c.both("histograms/float-buckets-nonnegative", "NaN", kWarn, one(floating(), float_bucket(kNan)),
           one(floating(), float_bucket(4.25)));

    const auto threshold = [](double n) { return [n](Histogram& h) { h.zero_threshold = n; }; };
    for (const double bad : {-1.0, kNan, kInf}) {
        c.both("histograms/zero-threshold", "zero_threshold " + proto::value_text(proto::to_bits(bad)), kFail,
               one(integer(), threshold(bad)), one(integer(), threshold(0)));
    }

    // Kind of buckets.
    const auto swap_lists = [](Histogram& h) {
        for (const auto d : h.positive_deltas) h.positive_counts.push_back(static_cast<double>(d));
        h.positive_deltas.clear();
    };
    const auto deltas_in_float = [](Histogram& h) {
        h.positive_counts.clear();
        h.positive_deltas = {3, 1, -2};
    };
    c.v2("histograms/deltas-for-integer", "count_int with counts", kFail, one(integer(), swap_lists), one(integer()))
        .field("timeseries[0].histograms[0].positive_counts");
    c.v2("histograms/counts-for-float", "count_float with deltas", kFail, one(floating(), deltas_in_float),
         one(floating()));
    c.v1("histograms/v1-buckets-of-kind", "count_int with counts", kWarn, one(integer(), swap_lists), one(integer()));
    c.v1("histograms/v1-buckets-of-kind", "count_float with deltas", kWarn, one(floating(), deltas_in_float),
         one(floating()));

    // Float histograms add up but for rounding.
    const auto float_total = [](double n, std::uint64_t sum = proto::to_bits(25)) {
        return [=](Histogram& h) {
            h.count = n;
            h.sum_bits = sum;
        };
    };
    c.both("histograms/float-count-near-buckets", "99 of 10", kWarn, one(floating(), float_total(99)),
           one(floating(), float_total(10.000001)))
        .field("timeseries[0].histograms[0].count_float");
    c.both("histograms/float-count-near-buckets", "too few", kWarn, one(floating(), float_total(9.99)),
           one(floating(), float_total(9.999999)));
    c.both("histograms/float-count-near-buckets", "NaN among the observations, and too few", kWarn,
           one(floating(), float_total(9, proto::kNormalNanBits)),
           one(floating(), float_total(12, proto::kNormalNanBits)));

    // A marker is a marker, whatever else is in it.
    const auto stale = [](Histogram& h) { h.sum_bits = proto::kStaleNanBits; };
    const auto emptied = [](Histogram& h) {
        h = Histogram{.timestamp = kNowMs};
        h.sum_bits = proto::kStaleNanBits;
    };
    c.both("histograms/stale-marker-empty", "integer observations under the marker", kWarn, one(integer(), stale),
           one(integer(), emptied))
        .field("timeseries[0].histograms[0].sum");
    c.both("histograms/stale-marker-empty", "float observations under the marker", kWarn, one(floating(), stale),
           one(floating(), [](Histogram& h) { h.sum_bits = proto::kNormalNanBits; }));

    // Spans.
    c.both("histograms/spans-match-buckets", "a trailing bucket dropped", kFail,
           one(integer(),
               [](Histogram& h) {
                   h.positive_deltas.pop_back();
                   h.count = std::uint64_t{8};
               }),
           one(integer(), [](Histogram& h) {
               h.positive_deltas.pop_back();
               h.positive_spans.pop_back();
               h.count = std::uint64_t{8};
           }));
    c.both("histograms/spans-match-buckets", "buckets without spans", kFail,
           one(floating(), [](Histogram& h) { h.positive_spans.clear(); }), one(floating()));
    c.both("histograms/spans-match-buckets", "a negative span without buckets", kFail,
           one(integer(),
               [](Histogram& h) {
                   h.negative_spans = {{0, 1}};
               }),
           one(integer(), [](Histogram& h) {
               h.negative_spans = {{0, 1}};
               h.negative_deltas = {0};
           }));
    c.both("histograms/span-offset", "the second span before the first", kFail,
           one(integer(), [](Histogram& h) { h.positive_spans[1].offset = -1; }),
           one(integer(), [](Histogram& h) { h.positive_spans[0].offset = -100; }))
        .field("timeseries[0].histograms[0].positive_spans[1]");
    c.both("histograms/no-op-spans", "a span of length 0", kInfo,
           one(integer(),
               [](Histogram& h) {
                   h.positive_spans = {{0, 2}, {1, 0}, {1, 1}};
               }),
           one(integer()));
    c.both("histograms/no-op-spans", "a span without gap", kInfo,
           one(integer(), [](Histogram& h) { h.positive_spans[1].offset = 0; }), one(integer(), [](Histogram& h) {
               h = integer();
               h.positive_spans = {{0, 0}};  // as expositions of empty histograms have it
               h.positive_deltas.clear();
               h.count = std::uint64_t{1};
           }));
    // The +Inf bucket has index 1024 * 2^schema + 1.
    for (const auto& [n, limit] :
         std::initializer_list<std::pair<std::int32_t, std::int32_t>>{{8, 262145}, {0, 1025}, {-4, 65}}) {
        const auto at = [n = n](std::int32_t index) {
            return [=](Histogram& h) {
                h.schema = n;
                h.positive_spans = {{index - 2, 3}};
            };
        };
        c.both("histograms/bucket-index", "beyond the overflow bucket at schema " + std::to_string(n), kFail,
               one(integer(), at(limit + 1)), one(integer(), at(limit)));
    }
    // The smallest double is 2^-1074.
    for (const auto& [n, limit] :
         std::initializer_list<std::pair<std::int32_t, std::int32_t>>{{8, -274944}, {0, -1074}, {-4, -67}}) {
        const auto at = [n = n](std::int32_t index) {
            return [=](Histogram& h) {
                h.schema = n;
                h.positive_spans = {{index, 3}};
            };
        };
        c.both("histograms/bucket-index", "below the smallest number at schema " + std::to_string(n), kFail,
               one(integer(), at(limit - 1)), one(integer(), at(limit)));
    }
    c.both("histograms/bucket-index", "a float bucket below zero", kFail,
           one(floating(),
               [](Histogram& h) {
                   h.negative_spans = {{9000, 1}};
                   h.negative_counts = {1};
                   h.count = 11.0;
               }),
           one(floating(), [](Histogram& h) {
               h.negative_spans = {{9000, 1}};
               h.negative_counts = {0};  // not populated
           }));

    // Sums.
    const auto deltas = [](std::vector<std::int64_t> d, std::uint64_t count) {
        return [=](Histogram& h) {
            h.positive_deltas = d;
            h.count = count;
        };
    };
    c.both("histograms/bucket-counts-nonnegative", "deltas that fall below zero", kFail,
           one(integer(), deltas({3, -4, 1}, 3)), one(integer(), deltas({3, -3, 1}, 5)))
        .field("timeseries[0].histograms[0].positive_deltas[1]");
    c.both("histograms/bucket-counts-nonnegative", "deltas that overflow", kFail,
           one(integer(), deltas({INT64_MAX, 1, 0}, 3)),
           one(integer(), deltas({INT64_MAX, -INT64_MAX, 0}, 1ULL + INT64_MAX)));
    c.both("histograms/delta-encoding", "absolute counts", kFail, one(integer(), deltas({3, 4, 2}, 10)),
           one(integer(), deltas({3, 1, -2}, 10)));
    c.both("histograms/count-equals-buckets", "one too few", kFail, one(integer(), deltas({3, 1, -2}, 9)),
           one(integer(), deltas({3, 1, -2}, 10)))
        .field("timeseries[0].histograms[0].count_int");
    c.both("histograms/count-equals-buckets", "one too many", kFail, one(integer(), deltas({3, 1, -2}, 11)),
           one(floating(), [](Histogram& h) { h.count = 10.5; }));  // a float histogram is no integer one
    const auto nan_sum = [&](std::uint64_t count, std::uint64_t sum) {
        return [=](Histogram& h) {
            h.count = count;
            h.sum_bits = sum;
        };
    };
    c.both("histograms/count-covers-buckets", "NaN sum and too small a count", kFail,
           one(integer(), nan_sum(9, proto::kNormalNanBits)), one(integer(), nan_sum(11, proto::kNormalNanBits)));
    c.both("histograms/count-covers-buckets", "a stale marker is no histogram", kFail,
           one(integer(), nan_sum(9, proto::kNormalNanBits)), one(integer(), nan_sum(9, proto::kStaleNanBits)));

    // Custom buckets; in 1.0 they are a fault as such (wire/v1-custom-buckets).
    const auto bounds = [](std::vector<double> values) { return [=](Histogram& h) { h.custom_values = values; }; };
    c.both("histograms/exponential-no-custom-values", "schema 3 with bounds", kFail, one(integer(), bounds({1})),
           one(integer()))
        .also({"wire/v1-custom-buckets"});
    c.v2("histograms/custom-values-increasing", "descending", kFail, one(custom(), bounds({2, 1})),
         one(custom(), bounds({1, 2})));
    c.v2("histograms/custom-values-increasing", "equal", kFail, one(custom(), bounds({1, 1})),
         one(custom(), bounds({-1, 1})));
    c.v2("histograms/custom-no-negative-buckets", "a negative span", kFail,
         one(custom(),
             [](Histogram& h) {
                 h.negative_spans = {{0, 1}};
                 h.negative_deltas = {1};
                 h.count = std::uint64_t{10};
             }),
         one(custom()));
    c.v2("histograms/custom-no-zero-bucket", "a zero count", kFail,
         one(custom(),
             [](Histogram& h) {
                 h.zero_count = std::uint64_t{1};
                 h.count = std::uint64_t{10};
             }),
         one(custom()))
        .field("timeseries[0].histograms[0].zero_count");
    c.v2("histograms/custom-no-zero-bucket", "a zero threshold", kFail, one(custom(), threshold(0.001)),
         one(custom(), threshold(0)))
        .field("timeseries[0].histograms[0].zero_threshold");
    c.v2("histograms/custom-no-inf-bound", "+Inf listed", kFail, one(custom(), bounds({1, kInf})),
         one(custom(), bounds({1, 1e308})));
    c.v2("histograms/custom-bounds-finite", "NaN", kFail, one(custom(), bounds({1, kNan})),
         one(custom(), bounds({1, 2})));
    c.v2("histograms/custom-bounds-finite", "-Inf first", kInfo, one(custom(), bounds({-kInf, 1})),
         one(custom(), bounds({-1e308, 1})));
    c.v2("histograms/custom-spans-within-bounds", "one bucket too many", kFail, one(custom(), bounds({1})),
         one(custom(), bounds({1, 2})));
    c.v2("histograms/custom-spans-within-bounds", "a negative offset", kFail,
         one(custom(), [](Histogram& h) { h.positive_spans[0].offset = -1; }), one(custom()));

    const auto no_start = [](std::uint32_t hint) {
        return [=](Histogram& h) {
            h.start_timestamp = 0;
            h.reset_hint = hint;
        };
    };
    c.v2("histograms/start-timestamp", "no start", kInfo, one(integer(), no_start(0)), one(integer()));
    c.v2("histograms/start-timestamp", "no start, unlike a gauge", kInfo, one(integer(), no_start(0)),
         one(integer(), no_start(3), MetricType::kGaugeHistogram));

    c.v2("metadata/type-matches-payload", "a native histogram typed counter", kWarn,
         one(integer(), {}, MetricType::kCounter), one(integer(), {}, MetricType::kHistogram));
    c.v2("metadata/type-matches-payload", "the hint GAUGE typed histogram", kWarn, one(integer(), no_start(3)),
         one(integer(), no_start(3), MetricType::kGaugeHistogram));
    c.v2("metadata/type-matches-payload", "a gauge histogram without the hint", kInfo,
         one(integer(), no_start(0), MetricType::kGaugeHistogram),
         one(integer(), no_start(3), MetricType::kGaugeHistogram));

    // Rules on samples that look at histograms as well.
    const auto sum = [](std::uint64_t bits) { return [bits](Histogram& h) { h.sum_bits = bits; }; };
    c.both("samples/stale-marker-bits", "a histogram's sum", kFail, one(integer(), sum(proto::kMangledStaleNanBits)),
           one(integer(), sum(proto::kStaleNanBits)))
        .field("timeseries[0].histograms[0].sum");
    const auto time = [](std::int64_t t) { return [t](Histogram& h) { h.timestamp = t; }; };
    c.both("samples/timestamp-unit", "a histogram's seconds", kFail, one(integer(), time(kNowMs / 1000)),
           one(integer(), time(kNowMs)))
        .field("timeseries[0].histograms[0].timestamp");
    c.both("samples/timestamp-not-future", "a histogram", kWarn, one(integer(), time(kNowMs + 600'001)),
           one(integer(), time(kNowMs + 600'000)));
    c.v2("samples/start-timestamp-unit", "a histogram's seconds", kFail,
         one(integer(), [](Histogram& h) { h.start_timestamp = kNowMs / 1000; }), one(integer()));

    const auto two = [](Histogram first, Histogram second) {
        return [=](proto::WriteRequest& r) {
            one(first)(r);
            r.series[0].histograms.push_back(second);
        };
    };
    auto later = integer();
    ++later.timestamp;
    auto other = integer();
    other.sum_bits = proto::to_bits(26);
    c.both("samples/order-within-request", "histograms newest first", kFail, two(later, integer()),
           two(integer(), later));
    c.both("samples/unique-timestamps", "two histograms at once", kFail, two(integer(), other), two(integer(), later));
    c.both("samples/repeated-identical", "one histogram twice", kInfo, two(integer(), integer()),
           two(integer(), later));
    c.v1(
        "samples/unique-timestamps", "a float and a histogram at once, in one entry", kFail,
        [](proto::WriteRequest& r) {
            one(integer())(r);
            r.series[0].samples = {sample(1)};
        },
        [](proto::WriteRequest& r) {
            one(integer())(r);
            r.series[0].samples = {sample(1, kNowMs - 1),
                                   sample(1, kNowMs + 1)};  // around the histogram: the lists have no order
        });
    return c.take();
}

}  // namespace prw::testing
