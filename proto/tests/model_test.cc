// The model, its encodings, and values as text.
#include "prw/proto/model.h"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support.h"

namespace prw::proto {

// Comparison by bits: NaN equals itself, 0 differs from -0.
static bool same(double a, double b) { return to_bits(a) == to_bits(b); }
static bool same(const std::vector<double>& a, const std::vector<double>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](double x, double y) { return same(x, y); });
}
static bool same(const std::variant<std::uint64_t, double>& a, const std::variant<std::uint64_t, double>& b) {
    if (a.index() != b.index()) return false;
    return a.index() == 0 ? std::get<0>(a) == std::get<0>(b) : same(std::get<1>(a), std::get<1>(b));
}
static bool operator==(const BucketSpan& a, const BucketSpan& b) {
    return a.offset == b.offset && a.length == b.length;
}

namespace {

constexpr auto kV1 = ProtobufMessage::kV1;
constexpr auto kV2 = ProtobufMessage::kV2;
constexpr std::uint64_t kSignallingNan = 0x7ff0000000000001ULL;
constexpr std::uint64_t kNegativeNan = 0xfff8000000000123ULL;

Histogram integer_histogram() {
    Histogram h;
    h.count = std::uint64_t{12};
    h.zero_count = std::uint64_t{2};
    h.sum_bits = to_bits(18.4);
    h.schema = -4;
    h.zero_threshold = 0.001;
    h.reset_hint = 2;
    h.positive_spans = {{0, 1}, {5, 2}};
    h.negative_spans = {{-3, 2}};
    h.positive_deltas = {1, -1, std::numeric_limits<std::int64_t>::max()};
    h.negative_deltas = {std::numeric_limits<std::int64_t>::min(), 0};
    h.timestamp = 1700000000000;
    h.start_timestamp = 1600000000000;
    return h;
}

Histogram float_histogram() {
    Histogram h;
    h.count = from_bits(kStaleNanBits);
    h.zero_count = 0.0;
    h.sum_bits = kStaleNanBits;
    h.schema = -53;
    h.positive_counts = {1, from_bits(kSignallingNan), -0.0};
    h.negative_counts = {2.5};
    h.custom_values = {0, 1, std::numeric_limits<double>::infinity()};
    h.reset_hint = 3;
    h.timestamp = -1;
    return h;
}

WriteRequest everything() {
    WriteRequest r;
    Series s;
    s.labels = {{"__name__", "a_metric"}, {"job", ""}, {"\xc3\xa4.b", "\xf0\x9f\x98\x80"}, {"job", "a_metric"}};
    for (const auto bits :
         {to_bits(0), to_bits(-0.0), to_bits(1.5), kStaleNanBits, kNormalNanBits, kMangledStaleNanBits, kSignallingNan,
          kNegativeNan, to_bits(std::numeric_limits<double>::infinity()),
          to_bits(std::numeric_limits<double>::denorm_min())})
        s.samples.push_back({bits, 1700000000000, 1600000000000});
    s.samples.push_back({to_bits(1), std::numeric_limits<std::int64_t>::min(), -1});
    s.histograms = {integer_histogram(), float_histogram()};
    s.exemplars = {{{{"trace_id", "x"}, {"span", ""}}, kNegativeNan, 5}, {{}, 0, 0}};
    s.metadata = {MetricType::kHistogram, "", "Help.", "seconds"};
    r.series.push_back(s);
    r.series.emplace_back();
    r.series.push_back({{{"__name__", "b"}}, {{to_bits(1), 1, 0}}, {}, {}, {static_cast<MetricType>(77), "", "", ""}});
    r.metadata = {{MetricType::kCounter, "a_metric", "Help.", "seconds"}, {MetricType::kUnspecified, "", "", ""}};
    return r;
}

void expect_same(const Histogram& a, const Histogram& b, bool v2) {
    EXPECT_TRUE(same(a.count, b.count));
    EXPECT_TRUE(same(a.zero_count, b.zero_count));
    EXPECT_EQ(a.sum_bits, b.sum_bits);
    EXPECT_EQ(a.schema, b.schema);
    EXPECT_TRUE(same(a.zero_threshold, b.zero_threshold));
    EXPECT_EQ(a.reset_hint, b.reset_hint);
    EXPECT_EQ(a.positive_spans, b.positive_spans);
    EXPECT_EQ(a.negative_spans, b.negative_spans);
    EXPECT_EQ(a.positive_deltas, b.positive_deltas);
    EXPECT_EQ(a.negative_deltas, b.negative_deltas);
    EXPECT_TRUE(same(a.positive_counts, b.positive_counts));
    EXPECT_TRUE(same(a.negative_counts, b.negative_counts));
    EXPECT_TRUE(same(a.custom_values, b.custom_values));
    EXPECT_EQ(a.timestamp, b.timestamp);
    EXPECT_EQ(v2 ? a.start_timestamp : 0, b.start_timestamp);
}

void expect_same(const Metadata& a, const Metadata& b, bool family) {
    EXPECT_EQ(a.type, b.type);
    EXPECT_EQ(family ? a.family : "", b.family);
    EXPECT_EQ(a.help, b.help);
    EXPECT_EQ(a.unit, b.unit);
}

class RoundTrip : public ::testing::TestWithParam<ProtobufMessage> {};

TEST_P(RoundTrip, KeepsEveryField) {
    const bool v2 = GetParam() == kV2;
    const auto sent = everything();
    const auto bytes = encode(sent, GetParam());
    EXPECT_TRUE(libprotobuf_accepts(bytes, GetParam()));
    RequestView view;
    decode(bytes, GetParam(), view);
    EXPECT_FALSE(view.malformed);
    EXPECT_TRUE(view.issues.empty());
    const auto got = to_model(view);
    ASSERT_EQ(got.series.size(), sent.series.size());
    for (std::size_t i = 0; i < sent.series.size(); ++i) {
        SCOPED_TRACE(i);
        const auto& a = sent.series[i];
        const auto& b = got.series[i];
        EXPECT_EQ(a.labels, b.labels);
        ASSERT_EQ(a.samples.size(), b.samples.size());
        for (std::size_t k = 0; k < a.samples.size(); ++k) {
            EXPECT_EQ(a.samples[k].value_bits, b.samples[k].value_bits);
            EXPECT_EQ(a.samples[k].timestamp, b.samples[k].timestamp);
            EXPECT_EQ(v2 ? a.samples[k].start_timestamp : 0, b.samples[k].start_timestamp);
        }
        ASSERT_EQ(a.histograms.size(), b.histograms.size());
        for (std::size_t k = 0; k < a.histograms.size(); ++k) expect_same(a.histograms[k], b.histograms[k], v2);
        ASSERT_EQ(a.exemplars.size(), b.exemplars.size());
        for (std::size_t k = 0; k < a.exemplars.size(); ++k) {
            EXPECT_EQ(a.exemplars[k].labels, b.exemplars[k].labels);
            EXPECT_EQ(a.exemplars[k].value_bits, b.exemplars[k].value_bits);
            EXPECT_EQ(a.exemplars[k].timestamp, b.exemplars[k].timestamp);
        }
        expect_same(v2 ? a.metadata : Metadata{}, b.metadata, false);
    }
    ASSERT_EQ(got.metadata.size(), v2 ? 0U : sent.metadata.size());
    for (std::size_t i = 0; i < got.metadata.size(); ++i) expect_same(sent.metadata[i], got.metadata[i], true);
    EXPECT_EQ(encode(got, GetParam()), encode(got, GetParam()));
}

INSTANTIATE_TEST_SUITE_P(BothMessages, RoundTrip, ::testing::Values(kV1, kV2),
                         [](const auto& param) { return std::string(param.param == kV1 ? "V1" : "V2"); });

TEST(EncodeV2, InternsSymbolsWithTheEmptyOneFirst) {
    WriteRequest r;
    r.series.push_back({{{"a", "b"}, {"b", "a"}, {"c", ""}}, {}, {}, {}, {}});
    r.series.push_back({{{"a", "c"}}, {}, {}, {}, {MetricType::kGauge, "", "b", "u"}});
    const auto bytes = encode(r, kV2);
    RequestView view;
    decode(bytes, kV2, view);
    std::vector<std::string_view> symbols;
    for (const auto& s : view.symbols) symbols.push_back(s.text);
    EXPECT_THAT(symbols, ::testing::ElementsAre("", "a", "b", "c", "u"));
    EXPECT_EQ(view.metadata[0].help_ref, 2U);
    EXPECT_EQ(view.metadata[0].unit_ref, 4U);
}

TEST(Encode, WritesInvalidUtf8AndPrintsNothing) {
    WriteRequest r;
    r.series.push_back({{{"a", "\xff"}}, {}, {}, {}, {}});
    ::testing::internal::CaptureStderr();
    for (const auto message : {kV1, kV2}) {
        RequestView view;
        const auto bytes = encode(r, message);
        decode(bytes, message, view);
        EXPECT_EQ(view.labels_of(view.series[0])[0].value, "\xff");
        EXPECT_EQ(view.issues.at(0).kind, WireIssue::Kind::kInvalidUtf8);
    }
    EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

TEST(EncodeV2, EmptyRequestHasTheEmptySymbol) { EXPECT_EQ(encode({}, kV2), std::string("\x22\x00", 2)); }
TEST(EncodeV1, EmptyRequestIsEmpty) { EXPECT_EQ(encode({}, kV1), ""); }

TEST(ToModel, SurvivesReferencesOutOfRange) {
    const auto message = testing::unhex("2a 06 0a 04 00 05 06 07");
    RequestView view;
    decode(message, kV2, view);
    const auto model = to_model(view);
    ASSERT_EQ(model.series.size(), 1U);
    EXPECT_THAT(model.series[0].labels, ::testing::ElementsAre(::testing::Pair("", ""), ::testing::Pair("", "")));
}

TEST(ValueText, ReadsBackToTheSameBits) {
    struct Case {
        std::uint64_t bits;
        std::string_view text;
    };
    const Case kCases[] = {
        {to_bits(0), "0"},
        {to_bits(-0.0), "-0"},
        {to_bits(1), "1"},
        {to_bits(0.1), "0.1"},
        {to_bits(1e21), "1e+21"},
        {to_bits(-1.5e-7), "-1.5e-07"},
        {to_bits(1700000000000), "1.7e+12"},
        {to_bits(1700000000123), "1700000000123"},
        {to_bits(std::numeric_limits<double>::max()), "1.7976931348623157e+308"},
        {to_bits(std::numeric_limits<double>::denorm_min()), "5e-324"},
        {to_bits(std::numeric_limits<double>::infinity()), "+Inf"},
        {to_bits(-std::numeric_limits<double>::infinity()), "-Inf"},
        {kNormalNanBits, "NaN"},
        {kMangledStaleNanBits, "NaN"},
        {kSignallingNan, "NaN"},
        {kNegativeNan, "NaN"},
        {kStaleNanBits, "StaleNaN"},
    };
    for (const auto& c : kCases) {
        EXPECT_EQ(value_text(c.bits), c.text);
        if (!std::isnan(from_bits(c.bits))) {
            EXPECT_EQ(to_bits(std::strtod(value_text(c.bits).c_str(), nullptr)), c.bits);
        }
    }
}

TEST(ToJson, RendersWithTheSchemasNames) {
    WriteRequest r;
    r.series.push_back({{{"__name__", "up"}}, {{to_bits(1.5), 7, 3}}, {}, {}, {MetricType::kGauge, "", "", ""}});
    EXPECT_EQ(
        to_json(encode(r, kV1), kV1).value(),
        R"({"timeseries":[{"labels":[{"name":"__name__","value":"up"}],"samples":[{"value":1.5,"timestamp":"7"}]}]})");
    EXPECT_EQ(
        to_json(encode(r, kV2), kV2).value(),
        R"({"symbols":["","__name__","up"],"timeseries":[{"labels_refs":[1,2],"samples":[{"value":1.5,"timestamp":"7","start_timestamp":"3"}],"metadata":{"type":"METRIC_TYPE_GAUGE"}}]})");
    EXPECT_EQ(to_json("", kV1).value(), "{}");
}

TEST(ToJson, RefusesWhatDoesNotParse) {
    for (const auto* bytes : {"\x0a\x05", "\x22\x01\xff"}) {
        const auto json = to_json(bytes, kV2);
        ASSERT_FALSE(json);
        EXPECT_EQ(json.error().code, ErrorCode::kMalformed);
        EXPECT_EQ(json.error().text(), "the bytes do not parse as io.prometheus.write.v2.Request");
    }
}

TEST(Referee, ChecksUtf8AndPrintsNothing) {
    ::testing::internal::CaptureStderr();
    EXPECT_FALSE(libprotobuf_accepts("\x22\x01\xff", kV2));
    EXPECT_TRUE(libprotobuf_accepts("\x22\x02\xc3\xa4", kV2));
    EXPECT_TRUE(libprotobuf_accepts("", kV1));
    EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace prw::proto
