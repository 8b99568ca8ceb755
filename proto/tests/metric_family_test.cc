// The protobuf exposition: what is written comes back, and what is broken is refused with its place.
#include "prw/proto/metric_family.h"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "prw/proto/view.h"
#include "wire_bytes.h"

namespace prw::proto {
namespace {

using prw::testing::bytes;
using prw::testing::number;
using prw::testing::pair;
using prw::testing::raw64;
using prw::testing::real;
using prw::testing::tag;
using prw::testing::varint;
using prw::testing::zigzag;

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr std::uint64_t kSignallingNan = 0x7ff0000000000001ULL;

// Everything of a model as text, values by their bits.

std::string text(const ExposedExemplar& from);
std::string text(const ExposedBucket& from);
std::string text(const ExposedQuantile& from);
std::string text(const Histogram& from);
std::string text(std::uint64_t bits) {
    char out[20];
    std::snprintf(out, sizeof out, "%016llx", static_cast<unsigned long long>(bits));
    return out;
}
std::string text(double value) { return text(to_bits(value)); }
std::string text(std::int64_t value) { return std::to_string(value); }
std::string text(const BucketSpan& span) { return std::to_string(span.offset) + "+" + std::to_string(span.length); }
std::string text(const std::variant<std::uint64_t, double>& count) {
    if (const auto* whole = std::get_if<std::uint64_t>(&count)) return std::to_string(*whole);
    return "float " + text(std::get<double>(count));
}
template <typename T>
std::string text(const std::vector<T>& list) {
    std::string out = "[";
    for (const auto& each : list) out += text(each) + " ";
    return out + "]";
}
template <typename T>
std::string text(const std::optional<T>& value) {
    return value ? text(*value) : "none";
}
std::string text(const Labels& labels) {
    std::string out = "{";
    for (const auto& [name, value] : labels) out += name + "=" + value + ",";
    return out + "}";
}
std::string text(const ExposedExemplar& from) {
    return "exemplar" + text(from.labels) + text(from.value_bits) + "@" + text(from.timestamp_ms);
}
std::string text(const ExposedBucket& from) {
    return text(from.upper_bound_bits) + ":" + text(from.cumulative_count) + text(from.exemplar);
}
std::string text(const ExposedQuantile& from) { return text(from.quantile_bits) + ":" + text(from.value_bits); }
std::string text(const Histogram& from) {
    return "native count=" + text(from.count) + " zero=" + text(from.zero_count) + " sum=" + text(from.sum_bits) +
           " schema=" + std::to_string(from.schema) + " threshold=" + text(from.zero_threshold) +
           " hint=" + std::to_string(from.reset_hint) + " spans=" + text(from.positive_spans) +
           text(from.negative_spans) + " deltas=" + text(from.positive_deltas) + text(from.negative_deltas) +
           " counts=" + text(from.positive_counts) + text(from.negative_counts) +
           " custom=" + text(from.custom_values) + " @" + text(from.timestamp) + " start=" + text(from.start_timestamp);
}
std::string text(const ExposedMetric& from) {
    return text(from.labels) + "@" + text(from.timestamp_ms) + " start=" + text(from.start_timestamp_ms) +
           " value=" + text(from.value_bits) + text(from.exemplar) + " count=" + text(from.count) +
           " sum=" + text(from.sum_bits) + " quantiles=" + text(from.quantiles) + " buckets=" + text(from.buckets) +
           " native=" + text(from.native) + " exemplars=" + text(from.exemplars);
}
std::vector<std::string> text(const std::vector<ExposedFamily>& families) {
    std::vector<std::string> out;
    for (const auto& family : families) {
        out.push_back(family.name + "|" + family.help + "|" + family.unit + "|" +
                      std::to_string(static_cast<int>(family.type)));
        for (const auto& metric : family.metrics) out.push_back(text(metric));
    }
    return out;
}

std::vector<ExposedFamily> decoded(std::string_view bytes) {
    auto families = decode_metric_families(bytes);
    if (!families) ADD_FAILURE() << families.error().text();
    return families ? std::move(*families) : std::vector<ExposedFamily>{};
}

void expect_round_trip(const std::vector<ExposedFamily>& families) {
    EXPECT_EQ(text(decoded(encode_metric_families(families))), text(families));
}

ExposedMetric metric(Labels labels, double value = 0) {
    ExposedMetric out;
    out.labels = std::move(labels);
    out.value_bits = to_bits(value);
    return out;
}

Histogram integer_histogram() {
    Histogram out;
    out.count = std::numeric_limits<std::uint64_t>::max();
    out.zero_count = std::uint64_t{2};
    out.sum_bits = to_bits(-18.4);
    out.schema = -4;
    out.zero_threshold = 0.001;
    out.positive_spans = {{-7, 1}, {5, 2}};
    out.negative_spans = {{3, 2}};
    out.positive_deltas = {1, -1, std::numeric_limits<std::int64_t>::max()};
    out.negative_deltas = {std::numeric_limits<std::int64_t>::min(), 0};
    return out;
}

Histogram float_histogram() {
    Histogram out;
    out.count = 2.5;
    out.zero_count = 0.0;
    out.sum_bits = kSignallingNan;
    out.schema = 8;
    out.positive_spans = {{0, 2}};
    out.negative_spans = {{1, 1}};
    out.positive_counts = {0.25, -0.0};
    out.negative_counts = {std::numeric_limits<double>::denorm_min()};
    return out;
}

ExposedExemplar exemplar(std::optional<std::int64_t> timestamp_ms) {
    return {{{"trace_id", "KOO5S4vxi0o"}, {"a", ""}}, to_bits(0.67), timestamp_ms};
}

TEST(MetricFamily, RoundTripOfValues) {
    ExposedFamily counter{"requests_total", "Requests, \"all\".\n", "requests", ExposedType::kCounter, {}};
    auto& rich = counter.metrics.emplace_back(metric({{"z", "1"}, {"a", "\xc3\xa4\xf0\x9f\x98\x80"}, {"", ""}}, 5));
    rich.timestamp_ms = -1;
    rich.start_timestamp_ms = 1'600'000'000'123;
    rich.exemplar = exemplar(1'700'000'000'999);
    counter.metrics.push_back(metric({}, -0.0));
    ExposedFamily gauge{"temperature", "", "", ExposedType::kGauge, {}};
    for (const auto bits : {kNormalNanBits, kStaleNanBits, kSignallingNan, to_bits(kInf), to_bits(-kInf),
                            to_bits(std::numeric_limits<double>::denorm_min()), to_bits(9007199254740993.0)}) {
        gauge.metrics.push_back(metric({{"bits", text(bits)}}));
        gauge.metrics.back().value_bits = bits;
    }
    gauge.metrics.back().timestamp_ms = 0;
    for (const auto edge : {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()}) {
        counter.metrics.push_back(metric({{"edge", text(edge)}}));
        counter.metrics.back().timestamp_ms = edge;
        counter.metrics.back().start_timestamp_ms = edge;
    }
    ExposedFamily untyped{"it", "h", "", ExposedType::kUntyped, {metric({{"a", "b"}}, 1)}};
    const ExposedFamily without_metrics{"none", "h", "u", ExposedType::kGauge, {}};
    expect_round_trip({counter, gauge, untyped, without_metrics});
}

TEST(MetricFamily, RoundTripOfSummariesAndClassicHistograms) {
    ExposedFamily summary{"rpc_seconds", "h", "seconds", ExposedType::kSummary, {}};
    auto& s = summary.metrics.emplace_back(metric({{"a", "b"}}));
    s.count = 9;
    s.sum_bits = to_bits(3.5);
    s.quantiles = {{to_bits(0.5), to_bits(0.25)}, {to_bits(0.99), kNormalNanBits}};
    s.start_timestamp_ms = 0;
    ExposedFamily histogram{"latency_seconds", "h", "seconds", ExposedType::kHistogram, {}};
    auto& h = histogram.metrics.emplace_back(metric({{"a", "b"}}));
    h.count = 2;
    h.sum_bits = to_bits(7.25);
    h.buckets = {{to_bits(0.1), 1, exemplar(std::nullopt)}, {to_bits(kInf), 2, exemplar(5)}};
    h.start_timestamp_ms = -1'500;
    ExposedFamily gauges{"queue", "h", "", ExposedType::kGaugeHistogram, {}};
    auto& g = gauges.metrics.emplace_back(metric({}));
    g.count = 2.5;
    g.sum_bits = to_bits(-1);
    g.buckets = {{to_bits(-1), 0.5, {}}, {to_bits(1), 2.5, {}}};
    expect_round_trip({summary, histogram, gauges});
}

TEST(MetricFamily, RoundTripOfNativeHistograms) {
    ExposedFamily family{"native_seconds", "h", "seconds", ExposedType::kHistogram, {}};
    for (const auto& native : {integer_histogram(), float_histogram(), Histogram{}}) {
        auto& each = family.metrics.emplace_back(metric({{"n", std::to_string(family.metrics.size())}}));
        each.native = native;
        each.count =
            native.count.index() == 0 ? static_cast<double>(std::get<0>(native.count)) : std::get<1>(native.count);
        each.sum_bits = native.sum_bits;
        each.exemplars = {exemplar(1), exemplar(std::nullopt)};
        each.start_timestamp_ms = 1'600'000'000'000;
    }
    family.metrics[0].buckets = {{to_bits(1), 1, exemplar(7)}};  // classic and native at once
    auto& empty_float = family.metrics.emplace_back(metric({{"n", "empty float"}}));
    empty_float.native.emplace().count = 0.0;
    empty_float.native->zero_count = 0.0;
    expect_round_trip({family});
    family.type = ExposedType::kGaugeHistogram;
    expect_round_trip({family});
}

TEST(MetricFamily, EmptyNativeHistogramGoesOutWithAnEmptySpan) {
    ExposedFamily family{"h", "", "", ExposedType::kHistogram, {metric({})}};
    family.metrics[0].native.emplace();
    const std::string span = bytes(12, number(1, 0) + number(2, 0));
    EXPECT_THAT(encode_metric_families({family}), ::testing::HasSubstr(span));
    family.metrics[0].native->zero_threshold = 1e-128;  // tells enough
    EXPECT_THAT(encode_metric_families({family}), ::testing::Not(::testing::HasSubstr(span)));
    family.metrics[0].native.reset();
    EXPECT_THAT(encode_metric_families({family}), ::testing::Not(::testing::HasSubstr(span)));
}

TEST(MetricFamily, NoFamilies) {
    EXPECT_EQ(encode_metric_families({}), "");
    EXPECT_TRUE(decoded("").empty());
}

// Bytes by hand, so that a wrong field number would show.

std::string delimited(const std::string& message) { return varint(message.size()) + message; }
std::string family_bytes(std::uint64_t type, const std::string& metric) {
    return delimited(bytes(1, "a") + number(3, type) + bytes(4, metric));
}
std::string time(std::uint64_t seconds, std::uint64_t nanos) { return number(1, seconds) + number(2, nanos); }

TEST(MetricFamily, ReadsAndWritesTheNumbersOfTheFormat) {
    const std::string sample_exemplar = bytes(1, pair("t", "x")) + real(2, 0.5) + bytes(3, time(3, 4'000'000));
    const std::string counter = delimited(
        bytes(1, "c_total") + bytes(2, "help") + number(3, 0) +
        bytes(4, bytes(1, pair("a", "b")) +
                     bytes(3, real(1, 5) + bytes(2, sample_exemplar) + bytes(3, time(1, 2'000'000))) + number(6, 77)) +
        bytes(5, "unit"));
    const std::string gauge = family_bytes(1, bytes(2, real(1, 6)));
    const std::string summary = family_bytes(
        2, bytes(4, number(1, 9) + real(2, 3) + bytes(3, real(1, 0.5) + real(2, 0.25)) + bytes(4, time(1, 0))));
    const std::string untyped = family_bytes(3, bytes(5, real(1, 7)));
    const std::string buckets = bytes(3, number(1, 2) + real(2, 0.5) + bytes(3, sample_exemplar));
    const std::string negative = bytes(9, number(1, zigzag(-2)) + number(2, 1)) + bytes(10, varint(zigzag(4)));
    const std::string positive =
        bytes(12, number(1, zigzag(3)) + number(2, 2)) + bytes(13, varint(zigzag(1)) + varint(zigzag(-1)));
    const std::string histogram = family_bytes(
        4, bytes(7, number(1, 5) + real(2, 1.5) + buckets + number(5, zigzag(-1)) + real(6, 0.25) + number(7, 0) +
                        negative + positive + bytes(15, time(1, 0)) + bytes(16, sample_exemplar)));
    const std::string all = counter + gauge + summary + untyped + histogram;
    const auto families = decoded(all);
    EXPECT_THAT(text(families),
                ::testing::ElementsAre(
                    "c_total|help|unit|0",
                    "{a=b,}@77 start=1002 value=4014000000000000exemplar{t=x,}3fe0000000000000@3004 "
                    "count=0000000000000000 sum=0000000000000000 quantiles=[] buckets=[] native=none exemplars=[]",
                    "a|||1",
                    "{}@none start=none value=4018000000000000none count=0000000000000000 sum=0000000000000000 "
                    "quantiles=[] buckets=[] native=none exemplars=[]",
                    "a|||2",
                    "{}@none start=1000 value=0000000000000000none count=4022000000000000 sum=4008000000000000 "
                    "quantiles=[3fe0000000000000:3fd0000000000000 ] buckets=[] native=none exemplars=[]",
                    "a|||3",
                    "{}@none start=none value=401c000000000000none count=0000000000000000 sum=0000000000000000 "
                    "quantiles=[] buckets=[] native=none exemplars=[]",
                    "a|||4",
                    "{}@none start=1000 value=0000000000000000none count=4014000000000000 sum=3ff8000000000000 "
                    "quantiles=[] buckets=[3fe0000000000000:4000000000000000exemplar{t=x,}3fe0000000000000@3004 ] "
                    "native=native count=5 zero=0 sum=3ff8000000000000 schema=-1 threshold=3fd0000000000000 hint=0 "
                    "spans=[3+2 ][-2+1 ] deltas=[1 -1 ][4 ] counts=[][] custom=[] @0 start=0 "
                    "exemplars=[exemplar{t=x,}3fe0000000000000@3004 ]"));
    // libprotobuf writes fields in the order of their numbers, as is done above.
    const auto again = encode_metric_families(families);
    EXPECT_EQ(again.substr(0, counter.size() + gauge.size()), counter + gauge);
    EXPECT_EQ(text(decoded(again)), text(families));
}

TEST(MetricFamily, ReadsUnpackedBucketsAndFloats) {
    const auto span = [](std::uint32_t field, std::uint64_t length) {
        return bytes(field, number(1, 0) + number(2, length));
    };
    const std::string integers =
        family_bytes(4, bytes(7, number(1, 3) + real(2, 1) + span(12, 2) + number(13, zigzag(1)) +
                                     number(13, zigzag(1)) + span(9, 1) + number(10, 0)));
    const std::string floats = family_bytes(
        5, bytes(7, real(4, 3.5) + real(2, 1) + real(8, 0.5) + span(12, 2) + real(14, 1) + real(14, 2) + span(9, 1) +
                        bytes(11, raw64(0.0)) + bytes(3, real(2, 1) + real(4, 2.5) + number(1, 9))));
    const auto families = decoded(integers + floats);
    ASSERT_EQ(families.size(), 2U);
    const Histogram& integer = families[0].metrics[0].native.value();
    EXPECT_EQ(std::get<std::uint64_t>(integer.count), 3U);
    EXPECT_THAT(integer.positive_deltas, ::testing::ElementsAre(1, 1));
    EXPECT_THAT(integer.negative_deltas, ::testing::ElementsAre(0));
    const Histogram& real_valued = families[1].metrics[0].native.value();
    EXPECT_EQ(std::get<double>(real_valued.count), 3.5);
    EXPECT_EQ(std::get<double>(real_valued.zero_count), 0.5);
    EXPECT_THAT(real_valued.positive_counts, ::testing::ElementsAre(1, 2));
    EXPECT_THAT(real_valued.negative_counts, ::testing::ElementsAre(0));
    EXPECT_EQ(families[1].metrics[0].count, 3.5);
    EXPECT_EQ(families[1].metrics[0].buckets[0].cumulative_count, 2.5) << "the float wins over the integer";
}

struct Native {
    const char* name;
    std::string histogram;
    bool native;
};

TEST(MetricFamily, TellsNativeHistogramsFromClassicOnes) {
    const Native cases[] = {
        {"nothing", number(1, 0) + real(2, 0), false},
        {"classic buckets", bytes(3, number(1, 1) + real(2, 1)), false},
        {"a schema alone", number(5, zigzag(3)), false},
        {"an empty span", bytes(12, ""), true},
        {"an empty negative span", bytes(9, ""), true},
        {"a zero threshold", real(6, 1e-128), true},
        {"a zero threshold of 0", real(6, 0), false},
        {"a zero count", number(7, 1), true},
        {"a zero count of 0", number(7, 0), false},
        {"a float zero count", real(8, 0.5), true},
    };
    for (const auto& each : cases) {
        const auto families = decoded(family_bytes(4, bytes(7, each.histogram)));
        ASSERT_EQ(families.size(), 1U) << each.name;
        EXPECT_EQ(families[0].metrics[0].native.has_value(), each.native) << each.name;
    }
}

TEST(MetricFamily, TextMayBeAnyBytes) {
    const auto families = decoded(delimited(bytes(1, "\xff") + bytes(2, "\xfe") + number(3, 1) + bytes(5, "\xfd") +
                                            bytes(4, bytes(1, pair("\xfc", "\xfb")) + bytes(2, real(1, 1)))));
    EXPECT_EQ(text(families)[0], "\xff|\xfe|\xfd|1");
    EXPECT_EQ(families[0].metrics[0].labels, (Labels{{"\xfc", "\xfb"}}));
    expect_round_trip(families);
}

struct Malformed {
    const char* name;
    std::string input;
    const char* error;
};

class MetricFamilyRefuses : public ::testing::TestWithParam<Malformed> {};

TEST_P(MetricFamilyRefuses, WithThePlace) {
    const auto result = decode_metric_families(GetParam().input);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::kMalformed);
    EXPECT_EQ(result.error().text(), GetParam().error);
}

const std::string kGood = family_bytes(1, bytes(2, real(1, 6)));  // 1 + 18 bytes
const std::string kTenContinued(10, '\x80');

INSTANTIATE_TEST_SUITE_P(
    MetricFamily, MetricFamilyRefuses,
    ::testing::Values(
        Malformed{"TruncatedLength", kGood + "\x80", "byte 19: the length of a metric family is cut off"},
        Malformed{"LongLength", kGood + kTenContinued + std::string(1, '\0'),
                  "byte 19: the length of a metric family has more than 10 bytes"},
        Malformed{"TruncatedMessage", kGood + kGood.substr(0, 18),
                  "byte 19: a metric family of 18 bytes is announced, but only 17 follow"},
        Malformed{"LengthTooLong", "\x13" + kGood.substr(1),
                  "byte 0: a metric family of 19 bytes is announced, but only 18 follow"},
        Malformed{"LengthTooShort", "\x11" + kGood.substr(1),
                  "byte 0: the 17 bytes are no io.prometheus.client.MetricFamily"},
        Malformed{"HugeLength", std::string(9, '\xff') + "\x01" + kGood,
                  "byte 0: a metric family of 18446744073709551615 bytes is announced, but only 19 follow"},
        Malformed{"NotProtobuf", delimited("# TYPE a gauge"),
                  "byte 0: the 14 bytes are no io.prometheus.client.MetricFamily"},
        Malformed{"NoName", kGood + delimited(number(3, 1)), "byte 19: a metric family has no name"},
        Malformed{"EmptyName", delimited(bytes(1, "") + number(3, 1)), "byte 0: a metric family has no name"},
        Malformed{"EmptyMessage", std::string(1, '\0'), "byte 0: a metric family has no name"},
        Malformed{"UnknownType", family_bytes(6, ""), "byte 0: metric family \"a\" has the unknown type 6"},
        Malformed{"NegativeType", family_bytes(~std::uint64_t{0}, ""),
                  "byte 0: metric family \"a\" has the unknown type -1"},
        Malformed{"OtherValue", family_bytes(0, bytes(2, real(1, 6))),
                  "byte 0: metric 1 of metric family \"a\" has no counter"},
        Malformed{"NoHistogram", family_bytes(5, ""), "byte 0: metric 1 of metric family \"a\" has no histogram"},
        Malformed{"StartOutOfRange",
                  family_bytes(0, bytes(3, real(1, 1) + bytes(3, number(1, std::uint64_t{1} << 62U)))),
                  "byte 0: metric 1 of metric family \"a\" has a time beyond the range of int64 milliseconds"},
        Malformed{"ExemplarOutOfRange",
                  family_bytes(4, bytes(7, bytes(16, bytes(3, number(1, std::uint64_t{1} << 63U))))),
                  "byte 0: metric 1 of metric family \"a\" has a time beyond the range of int64 milliseconds"}),
    [](const auto& tested) { return tested.param.name; });

TEST(MetricFamily, EveryCutIsRefusedButTheLast) {
    for (std::size_t size = 1; size < kGood.size(); ++size)
        EXPECT_FALSE(decode_metric_families(std::string_view(kGood).substr(0, size))) << size;
    EXPECT_EQ(decoded(kGood).size(), 1U);
}

}  // namespace
}  // namespace prw::proto
