/// The delimited protobuf exposition: the same series as Prometheus makes of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "exposition_support.h"
#include "prw/proto/metric_family.h"

namespace prw::sender {
namespace {

using proto::ExposedExemplar;
using proto::ExposedFamily;
using proto::ExposedMetric;
using proto::ExposedType;
using proto::MetricType;
using proto::to_bits;
using ::testing::ElementsAre;
using testing_support::parsed;
using testing_support::shown;

constexpr double kInf = std::numeric_limits<double>::infinity();

ExposedMetric metric(proto::Labels labels, double value = 0) {
    ExposedMetric out;
    out.labels = std::move(labels);
    out.value_bits = to_bits(value);
    return out;
}

ExposedFamily family(ExposedType type, std::string name, std::vector<ExposedMetric> metrics) {
    return {std::move(name), "", "", type, std::move(metrics)};
}

ExposedExemplar exemplar(std::string trace, double value, std::optional<std::int64_t> timestamp_ms) {
    return {{{"trace_id", std::move(trace)}}, to_bits(value), timestamp_ms};
}

Scrape scrape_of(const std::vector<ExposedFamily>& families) {
    return parsed(proto::encode_metric_families(families), InputFormat::kProtobuf);
}

ExposedMetric classic_histogram() {
    ExposedMetric out = metric({{"path", "/"}});
    out.count = 11;
    out.sum_bits = to_bits(3.5);
    out.buckets = {{to_bits(0.25), 8, exemplar("a", 0.054, std::nullopt)}, {to_bits(1), 9, exemplar("b", 0.67, 789)}};
    out.start_timestamp_ms = 1'520'430'000'123;
    return out;
}

/// 6 observations: one in the zero bucket, (1, 2, 1) above and 1 below.
proto::Histogram integer_histogram() {
    proto::Histogram out;
    out.count = std::uint64_t{6};
    out.zero_count = std::uint64_t{1};
    out.sum_bits = to_bits(12.5);
    out.schema = 3;
    out.zero_threshold = 1e-128;
    out.positive_spans = {{-2, 2}, {1, 1}};
    out.positive_deltas = {1, 1, -1};
    out.negative_spans = {{0, 1}};
    out.negative_deltas = {1};
    return out;
}

ExposedMetric native_histogram(proto::Histogram native) {
    ExposedMetric out = metric({});
    out.native = std::move(native);
    return out;
}

/// The only point of a family `h` with this one metric.
Point native_point(const ExposedMetric& from, ExposedType type = ExposedType::kHistogram) {
    const Scrape scrape = scrape_of({family(type, "h", {from})});
    EXPECT_EQ(scrape.points(), 1U);
    if (scrape.points() != 1) return {};
    EXPECT_TRUE(scrape.families[0].points[0].histogram);
    return scrape.families[0].points[0];
}

TEST(Protobuf, RichExposition) {
    ExposedFamily counter =
        family(ExposedType::kCounter, "sent_bytes_total", {metric({{"b", "2"}, {"a", "1"}, {"e", ""}}, 5)});
    counter.help = "Bytes, \"all\".\n";
    counter.unit = "bytes";
    counter.metrics[0].exemplar = exemplar("KOO5S4vxi0o", 0.67, 1'520'879'607'789);
    counter.metrics[0].start_timestamp_ms = 0;
    counter.metrics[0].timestamp_ms = 77;
    ExposedFamily summary = family(ExposedType::kSummary, "rpc_seconds", {metric({{"a", "b"}})});
    summary.unit = "seconds";
    summary.metrics[0].count = 9;
    summary.metrics[0].sum_bits = to_bits(3);
    summary.metrics[0].quantiles = {{to_bits(0.5), to_bits(0.25)}, {to_bits(1), to_bits(std::nan(""))}};
    summary.metrics[0].start_timestamp_ms = 4000;
    ExposedFamily gauges = family(ExposedType::kGaugeHistogram, "queue", {metric({})});
    gauges.metrics[0].count = 2.5;
    gauges.metrics[0].sum_bits = to_bits(-1);
    gauges.metrics[0].buckets = {{to_bits(-1), 0.5, {}}, {to_bits(kInf), 2.5, {}}};
    gauges.metrics[0].start_timestamp_ms = 4000;
    const Scrape scrape =
        scrape_of({counter, family(ExposedType::kGauge, "temperature", {metric({{"r", "\xc3\xa9"}}, -0.0)}),
                   family(ExposedType::kUntyped, "any.thing", {metric({}, 1)}), summary,
                   family(ExposedType::kHistogram, "latency", {classic_histogram()}), gauges,
                   family(ExposedType::kGauge, "without_metrics", {})});
    EXPECT_THAT(
        shown(scrape),
        ElementsAre(
            "sent_bytes_total{a=\"1\",b=\"2\"} 4014000000000000 @77 start=1 # {trace_id=\"KOO5S4vxi0o\"} "
            "3fe570a3d70a3d71 "
            "@1520879607789",  // a true 0 is sent as 1
            "temperature{r=\"\xc3\xa9\"} 8000000000000000", "any.thing 3ff0000000000000",
            "rpc_seconds_count{a=\"b\"} 4022000000000000 start=4000",
            "rpc_seconds_sum{a=\"b\"} 4008000000000000 start=4000",
            "rpc_seconds{a=\"b\",quantile=\"0.5\"} 3fd0000000000000",
            "rpc_seconds{a=\"b\",quantile=\"1.0\"} 7ff8000000000001",
            "latency_count{path=\"/\"} 4026000000000000 start=1520430000123",
            "latency_sum{path=\"/\"} 400c000000000000 start=1520430000123",
            "latency_bucket{le=\"0.25\",path=\"/\"} 4020000000000000 start=1520430000123 # {trace_id=\"a\"} "
            "3faba5e353f7ced9",
            "latency_bucket{le=\"1.0\",path=\"/\"} 4022000000000000 start=1520430000123 # {trace_id=\"b\"} "
            "3fe570a3d70a3d71 @789",
            "latency_bucket{le=\"+Inf\",path=\"/\"} 4026000000000000 start=1520430000123",  // as all observations
            "queue_count 4004000000000000", "queue_sum bff0000000000000", "queue_bucket{le=\"-1.0\"} 3fe0000000000000",
            "queue_bucket{le=\"+Inf\"} 4004000000000000"));
    ASSERT_EQ(scrape.families.size(), 6U);
    const MetricType types[] = {MetricType::kCounter, MetricType::kGauge,     MetricType::kUnspecified,
                                MetricType::kSummary, MetricType::kHistogram, MetricType::kGaugeHistogram};
    const char* const names[] = {"sent_bytes_total", "temperature", "any.thing", "rpc_seconds", "latency", "queue"};
    for (std::size_t i = 0; i < 6; ++i) {
        EXPECT_EQ(scrape.families[i].type, types[i]) << i;
        EXPECT_EQ(scrape.families[i].name, names[i]);
        for (const Point& point : scrape.families[i].points)
            EXPECT_EQ(point.cumulative, point.start_timestamp_ms != 0) << series_name(point.labels);
    }
    EXPECT_EQ(scrape.families[0].help, "Bytes, \"all\".\n");
    EXPECT_EQ(scrape.families[0].unit, "bytes");
    EXPECT_EQ(scrape.families[3].unit, "seconds");
    EXPECT_THAT(scrape.notes, ::testing::IsEmpty());
}

TEST(Protobuf, BoundsAreSpelledAsPrometheusDoes) {
    const std::pair<double, const char*> cases[] = {{0, "0.0"},
                                                    {-0.0, "0.0"},
                                                    {1, "1.0"},
                                                    {-1, "-1.0"},
                                                    {0.25, "0.25"},
                                                    {100000, "100000.0"},
                                                    {123456, "123456.0"},
                                                    {999999.5, "999999.5"},
                                                    {1e6, "1e+06"},
                                                    {1234567, "1.234567e+06"},
                                                    {0.0001, "0.0001"},
                                                    {0.00012345, "0.00012345"},
                                                    {0.00001, "1e-05"},
                                                    {-2.5e-7, "-2.5e-07"},
                                                    {0.1 + 0.2, "0.30000000000000004"},
                                                    {1e100, "1e+100"},
                                                    {5e-324, "5e-324"},
                                                    {kInf, "+Inf"},
                                                    {-kInf, "-Inf"},
                                                    {std::nan(""), "NaN"}};
    for (const auto& [bound, text] : cases) {
        ExposedMetric one = metric({});
        one.buckets = {{to_bits(bound), 0, {}}};
        const Scrape scrape = scrape_of({family(ExposedType::kHistogram, "h", {one})});
        const proto::Labels& labels = scrape.families.at(0).points.at(2).labels;
        EXPECT_EQ(labels, (proto::Labels{{"__name__", "h_bucket"}, {"le", text}}));
        EXPECT_EQ(scrape.points(), bound == kInf ? 3U : 4U) << text;
    }
}

TEST(Protobuf, HistogramWithoutBucketsHasTheInfiniteOne) {
    EXPECT_THAT(
        shown(scrape_of({family(ExposedType::kHistogram, "h", {metric({})})})),
        ElementsAre("h_count 0000000000000000", "h_sum 0000000000000000", "h_bucket{le=\"+Inf\"} 0000000000000000"));
}

TEST(Protobuf, NativeHistogramOfIntegers) {
    ExposedMetric from = native_histogram(integer_histogram());
    from.labels = {{"le", "a label like any other here"}};
    from.timestamp_ms = 9;
    from.start_timestamp_ms = 8;
    from.buckets = {{to_bits(1), 3, {}}};  // the classic part is not needed
    const Point point = native_point(from);
    EXPECT_EQ(series_name(point.labels), "h{le=\"a label like any other here\"}");
    EXPECT_EQ(point.timestamp_ms, 9);
    EXPECT_EQ(point.start_timestamp_ms, 8);
    EXPECT_TRUE(point.cumulative);
    const proto::Histogram& h = *point.histogram;
    EXPECT_EQ(std::get<std::uint64_t>(h.count), 6U);
    EXPECT_EQ(std::get<std::uint64_t>(h.zero_count), 1U);
    EXPECT_EQ(h.sum_bits, to_bits(12.5));
    EXPECT_EQ(h.schema, 3);
    EXPECT_EQ(h.zero_threshold, 1e-128);
    EXPECT_EQ(h.reset_hint, 0U);
    ASSERT_EQ(h.positive_spans.size(), 2U);
    EXPECT_EQ(h.positive_spans[0].offset, -2);
    EXPECT_THAT(h.positive_deltas, ElementsAre(1, 1, -1));
    EXPECT_THAT(h.negative_deltas, ElementsAre(1));
}

TEST(Protobuf, NativeHistogramOfFloatsAndGauges) {
    proto::Histogram h;
    h.count = 2.5;
    h.zero_count = 0.5;
    h.sum_bits = proto::kStaleNanBits;
    h.positive_spans = {{0, 1}};
    h.positive_counts = {2};
    ExposedMetric from = native_histogram(h);
    from.start_timestamp_ms = 8;
    const Point counting = native_point(from);
    EXPECT_EQ(std::get<double>(counting.histogram->count), 2.5);
    EXPECT_EQ(std::get<double>(counting.histogram->zero_count), 0.5);
    EXPECT_EQ(counting.histogram->sum_bits, proto::kNormalNanBits) << "a source cannot expose a stale marker";
    EXPECT_THAT(counting.histogram->positive_counts, ElementsAre(2));
    EXPECT_TRUE(counting.cumulative);
    const Point gauge = native_point(from, ExposedType::kGaugeHistogram);
    EXPECT_EQ(gauge.histogram->reset_hint, 3U);
    EXPECT_EQ(gauge.start_timestamp_ms, 0);
    EXPECT_FALSE(gauge.cumulative);
}

TEST(Protobuf, EmptyNativeHistogramIsKnownByItsSpan) {
    const Point point = native_point(native_histogram({}));
    EXPECT_EQ(std::get<std::uint64_t>(point.histogram->count), 0U);
    EXPECT_TRUE(point.histogram->positive_spans.empty());
}

TEST(Protobuf, SpansWithoutBucketsAndWithoutGapsAreMerged) {
    proto::Histogram h;
    h.count = std::uint64_t{4};
    h.positive_spans = {{-3, 0}, {2, 1}, {0, 1}, {2, 0}, {3, 2}, {1, 0}};
    h.positive_deltas = {1, 0, 0, 0};
    const Point point = native_point(native_histogram(h));
    std::vector<std::pair<int, unsigned>> spans;
    for (const auto& span : point.histogram->positive_spans) spans.emplace_back(span.offset, span.length);
    EXPECT_THAT(spans, ElementsAre(std::pair(-1, 2U), std::pair(5, 2U)));
    EXPECT_THAT(point.histogram->positive_deltas, ElementsAre(1, 0, 0, 0));
}

TEST(Protobuf, ClassicPartWhereNativeHistogramsAreNotWanted) {
    ExposedMetric both = native_histogram(integer_histogram());
    both.buckets = {{to_bits(1), 3, {}}};
    const std::string input = proto::encode_metric_families(
        {family(ExposedType::kHistogram, "both", {both}),
         family(ExposedType::kHistogram, "native", {native_histogram(integer_histogram())})});
    const auto scrape = parse_exposition(input, InputFormat::kProtobuf, {.native_histograms = false});
    ASSERT_TRUE(scrape) << scrape.error().text();
    ASSERT_EQ(scrape->families.size(), 2U);
    std::vector<std::string> names;
    for (const Point& point : scrape->families[0].points) names.push_back(series_name(point.labels));
    EXPECT_THAT(names, ElementsAre("both_count", "both_sum", "both_bucket{le=\"1.0\"}", "both_bucket{le=\"+Inf\"}"));
    EXPECT_TRUE(scrape->families[1].points.at(0).histogram) << "there is nothing else to take";
}

TEST(Protobuf, ExemplarsOfNativeHistograms) {
    ExposedMetric from = native_histogram(integer_histogram());
    from.buckets = {{to_bits(1), 3, exemplar("bucket", 1, 5)}, {to_bits(2), 3, exemplar("bucket without", 1, {})}};
    from.exemplars = {exemplar("a", 1, 5), exemplar("without", 1, std::nullopt), exemplar("b", 2, 5)};
    std::vector<std::string> traces;
    const auto collect = [&](const Scrape& scrape) {
        traces.clear();
        for (const PointExemplar& each : scrape.families.at(0).points.at(0).exemplars)
            traces.push_back(each.labels.at(0).second + "@" + std::to_string(each.timestamp_ms.value_or(-1)));
    };
    const Scrape own = scrape_of({family(ExposedType::kHistogram, "h", {from})});
    collect(own);
    EXPECT_THAT(traces, ElementsAre("a@5", "b@5"));
    EXPECT_THAT(own.notes, ElementsAre("in, metric 1 of h: exemplars of a native histogram without timestamp are left "
                                       "out: 1"));
    from.exemplars.clear();
    const Scrape of_buckets = scrape_of({family(ExposedType::kHistogram, "h", {from})});
    collect(of_buckets);
    EXPECT_THAT(traces, ElementsAre("bucket@5"));
    EXPECT_EQ(of_buckets.notes.size(), 1U);
}

TEST(Protobuf, ExemplarOverTheLimitIsLeftOut) {
    const auto with = [](std::size_t length) {
        ExposedMetric one = metric({}, 1);
        one.exemplar = exemplar(std::string(length, 'x'), 1, 5);
        return scrape_of({family(ExposedType::kCounter, "a_total", {one})});
    };
    EXPECT_EQ(with(120).families[0].points[0].exemplars.size(), 1U);  // with the name 128: just allowed
    const Scrape scrape = with(121);
    EXPECT_TRUE(scrape.families[0].points[0].exemplars.empty());
    EXPECT_THAT(scrape.notes, ElementsAre("in, metric 1 of a_total: the exemplar is left out: its labels have 129 "
                                          "characters, at most 128 are allowed"));
}

TEST(Protobuf, SeriesThatOccursTwiceKeepsItsFirstValue) {
    ExposedMetric later = metric({{"a", "1"}}, 3);
    later.timestamp_ms = 5;
    const Scrape scrape =
        scrape_of({family(ExposedType::kGauge, "g", {metric({{"a", "1"}}, 1), metric({{"a", "1"}}, 2), later}),
                   family(ExposedType::kGauge, "g", {metric({{"a", "1"}}, 4), metric({{"a", "2"}}, 5)})});
    EXPECT_THAT(shown(scrape), ElementsAre("g{a=\"1\"} 3ff0000000000000", "g{a=\"1\"} 4008000000000000 @5",
                                           "g{a=\"2\"} 4014000000000000"));
    EXPECT_EQ(scrape.duplicates, 2U);
    EXPECT_THAT(scrape.notes, ElementsAre("in, metric 2 of g: g{a=\"1\"} occurs a second time with the same timestamp; "
                                          "the first value is kept",
                                          "in, metric 1 of g: g{a=\"1\"} occurs a second time with the same timestamp; "
                                          "the first value is kept"));
}

// The text formats find the family of h_count by its name; here it is known.
TEST(Protobuf, MembersBelongToTheirFamilyWhateverElseIsNamedLikeThem) {
    const Scrape scrape = scrape_of({family(ExposedType::kGauge, "h_count", {metric({{"a", "1"}}, 1)}),
                                     family(ExposedType::kHistogram, "h", {metric({})})});
    ASSERT_EQ(scrape.families.size(), 2U);
    EXPECT_EQ(scrape.families[0].points.size(), 1U);
    EXPECT_EQ(scrape.families[1].points.size(), 3U);
}

struct Refused {
    const char* name;
    std::vector<ExposedFamily> input;
    const char* error;
};

class ProtobufRefuses : public ::testing::TestWithParam<Refused> {};

TEST_P(ProtobufRefuses, WithPlaceAndCause) {
    const auto result =
        parse_exposition(proto::encode_metric_families(GetParam().input), InputFormat::kProtobuf, {.source = "in"});
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().text(), GetParam().error);
    EXPECT_EQ(result.error().code, ErrorCode::kInvalidArgument);
}

std::vector<ExposedFamily> gauge(proto::Labels labels) {
    return {family(ExposedType::kGauge, "g", {metric({{"first", "1"}}), metric(std::move(labels))})};
}

std::vector<ExposedFamily> with_unit(ExposedType type, const char* name, const char* unit) {
    ExposedFamily out = family(type, name, {metric({})});
    out.unit = unit;
    return {out};
}

std::vector<ExposedFamily> with_help(const char* help) {
    ExposedFamily out = family(ExposedType::kGauge, "g", {metric({})});
    out.help = help;
    return {out};
}

std::vector<ExposedFamily> broken_histogram(void (*break_it)(proto::Histogram&)) {
    proto::Histogram h = integer_histogram();
    break_it(h);
    return {family(ExposedType::kHistogram, "h", {native_histogram(h)})};
}

std::vector<ExposedFamily> bad_exemplar(proto::Labels labels) {
    ExposedMetric one = metric({}, 1);
    one.exemplar.emplace().labels = std::move(labels);
    return {family(ExposedType::kCounter, "c_total", {one})};
}

INSTANTIATE_TEST_SUITE_P(
    Protobuf, ProtobufRefuses,
    ::testing::Values(
        Refused{"NoName", {family(ExposedType::kGauge, "", {metric({})})}, "in, byte 0: a metric family has no name"},
        Refused{"NameNotUtf8",
                {family(ExposedType::kGauge, "a", {}), family(ExposedType::kGauge, "\xff", {metric({})})},
                "in, metric family 2: the metric name is not valid UTF-8"},
        Refused{"HelpNotUtf8", with_help("\xff"), "in, metric family 1 (g): the help text is not valid UTF-8"},
        Refused{"UnitNotUtf8", with_unit(ExposedType::kGauge, "g", "\xff"),
                "in, metric family 1 (g): the unit is not valid UTF-8"},
        Refused{"UnitNotSuffix", with_unit(ExposedType::kGauge, "a_bytes", "seconds"),
                "in, metric family 1 (a_bytes): the unit \"seconds\" must be the suffix of the metric name"},
        Refused{"UnitAfterTotal", with_unit(ExposedType::kGauge, "a_seconds_total", "seconds"),
                "in, metric family 1 (a_seconds_total): the unit \"seconds\" must be the suffix of the metric name"},
        Refused{"TypeChanges",
                {family(ExposedType::kGauge, "g", {}), family(ExposedType::kCounter, "g", {metric({})})},
                "in, metric family 2 (g): the type is counter here, but was given as gauge before"},
        Refused{"LabelWithoutName", gauge({{"", "1"}}), "in, metric 2 of g: a label name is empty"},
        Refused{"LabelNameNotUtf8", gauge({{"\xc3", "1"}}), "in, metric 2 of g: a label name is not valid UTF-8"},
        Refused{"LabelValueNotUtf8", gauge({{"a", "\xc3"}}),
                "in, metric 2 of g: the value of label \"a\" is not valid UTF-8"},
        Refused{"NameAsLabel", gauge({{"__name__", "b"}}),
                "in, metric 2 of g: __name__ cannot be given as a label; it is the name of the metric family"},
        Refused{"LabelTwice", gauge({{"a", "1"}, {"b", ""}, {"a", ""}}),
                "in, metric 2 of g: the label \"a\" is given twice"},
        Refused{"BoundAsLabel",
                {family(ExposedType::kHistogram, "h", {metric({{"le", "1"}})})},
                "in, metric 1 of h: the label \"le\" is taken by the series themselves"},
        Refused{"QuantileAsLabel",
                {family(ExposedType::kSummary, "s", {metric({{"quantile", "1"}})})},
                "in, metric 1 of s: the label \"quantile\" is taken by the series themselves"},
        Refused{"ExemplarLabelTwice", bad_exemplar({{"a", "1"}, {"a", "2"}}),
                "in, metric 1 of c_total: the label \"a\" is given twice"},
        Refused{"ExemplarNotUtf8", bad_exemplar({{"a", "\xff"}}),
                "in, metric 1 of c_total: the value of label \"a\" is not valid UTF-8"},
        Refused{"HistogramSchema", broken_histogram([](auto& h) { h.schema = 9; }),
                "in, metric 1 of h: the histogram is not sound: schema 9 is neither within -4..8 nor -53"},
        Refused{"HistogramCustom", broken_histogram([](auto& h) { h.schema = -53; }),
                "in, metric 1 of h: the histogram is not sound: schema -53 has no negative buckets"},
        Refused{"HistogramCount", broken_histogram([](auto& h) { h.count = std::uint64_t{5}; }),
                "in, metric 1 of h: the histogram is not sound: count is 5, but zero_count and buckets add up to 6"},
        Refused{"HistogramSpans", broken_histogram([](auto& h) { h.positive_spans[1].length = 2; }),
                "in, metric 1 of h: the histogram is not sound: positive: the spans cover 4 buckets, but 3 values are "
                "given"},
        Refused{"HistogramOffset", broken_histogram([](auto& h) { h.positive_spans[1].offset = -1; }),
                "in, metric 1 of h: the histogram is not sound: positive: only the first span may have a negative "
                "offset"}),
    [](const auto& tested) { return tested.param.name; });

TEST(Protobuf, TruncatedInputIsRefused) {
    const std::string whole = proto::encode_metric_families(gauge({}));
    const auto result = parse_exposition(whole.substr(0, whole.size() - 1), InputFormat::kProtobuf, {.source = "in"});
    ASSERT_FALSE(result);
    EXPECT_THAT(result.error().text(), ::testing::StartsWith("in, byte 0: a metric family of "));
    EXPECT_EQ(result.error().code, ErrorCode::kInvalidArgument);
}

TEST(Protobuf, DetectedByContent) {
    for (const ExposedType type : {ExposedType::kCounter, ExposedType::kGauge, ExposedType::kUntyped,
                                   ExposedType::kSummary, ExposedType::kHistogram, ExposedType::kGaugeHistogram})
        EXPECT_EQ(detect_format(proto::encode_metric_families({family(type, "a", {metric({})})})),
                  InputFormat::kProtobuf);
    // Lengths that are characters: '\n' is impossible, ' ' '#' '[' '{' are not.
    for (const std::size_t wanted : {' ', '#', '[', '{'}) {
        ExposedFamily one = family(ExposedType::kGauge, "a", {metric({}, 1)});
        const std::size_t bare = proto::encode_metric_families({one}).size() - 1;
        one.help = std::string(wanted - bare - 2, 'h');
        const std::string input = proto::encode_metric_families({one});
        ASSERT_EQ(static_cast<std::size_t>(input[0]), wanted);
        EXPECT_EQ(detect_format(input), InputFormat::kProtobuf);
        EXPECT_EQ(detect_format(input + "\n# EOF\n"), InputFormat::kProtobuf);
        EXPECT_NE(detect_format(input.substr(0, input.size() - 1)), InputFormat::kProtobuf) << "cut off";
    }
    EXPECT_NE(detect_format(proto::encode_metric_families({family(ExposedType::kGauge, "a", {})})),
              InputFormat::kProtobuf)
        << "nothing in it";
}

/// Protobuf throughout: length 35 is '#', the tag of the name a line feed, the length of the name a tab.
std::string message_that_starts_like_text(const std::string& name_of_nine) {
    const std::string type = "\x18\x01", metric_tag = "\"\x14",
                      gauge_value =
                          "\x12\x09\x09"
                          "aaaaaaaa",
                      unknown_field =
                          "z\x07"
                          "bbbbbbb";
    return "#\n\t" + name_of_nine + type + metric_tag + gauge_value + unknown_field;
}

TEST(Protobuf, TextIsNeverTakenForIt) {
    const std::string no_text = message_that_starts_like_text("abcdefghi");
    ASSERT_TRUE(parse_exposition(no_text, InputFormat::kProtobuf));
    EXPECT_FALSE(parse_exposition(no_text, InputFormat::kText));
    EXPECT_EQ(detect_format(no_text), InputFormat::kProtobuf);
    // A comment may hold whatever it likes: both parsers are content with this.
    const std::string comment = message_that_starts_like_text("# comment");
    ASSERT_TRUE(parse_exposition(comment, InputFormat::kProtobuf));
    ASSERT_TRUE(parse_exposition(comment, InputFormat::kText));
    EXPECT_EQ(detect_format(comment), InputFormat::kText);
    EXPECT_EQ(detect_format("\n\n\n\n\n\n\n\n\n\n\n\n"), InputFormat::kText);
    EXPECT_EQ(detect_format("#\n\tabcdefghi 1\nabcdefghijklmnopqrstuvwxyz 1\n"), InputFormat::kText);
}

TEST(Protobuf, ChosenByContentType) {
    for (const char* type :
         {"application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited",
          "application/"
          "vnd.google.protobuf;proto=\"io.prometheus.client.MetricFamily\";encoding=delimited;escaping=values",
          "Application/Vnd.Google.Protobuf"}) {
        const auto format = format_of_content_type(type);
        ASSERT_TRUE(format) << format.error().text();
        EXPECT_EQ(*format, InputFormat::kProtobuf) << type;
    }
    const std::pair<const char*, const char*> refused[] = {
        {"application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=text",
         "the scrape's Content-Type has encoding=text, wanted delimited"},
        {"application/vnd.google.protobuf; proto=prometheus.WriteRequest; encoding=delimited",
         "the scrape's Content-Type has proto=prometheus.WriteRequest, wanted io.prometheus.client.MetricFamily"}};
    for (const auto& [type, error] : refused) {
        const auto format = format_of_content_type(type);
        ASSERT_FALSE(format);
        EXPECT_EQ(format.error().code, ErrorCode::kUnsupported);
        EXPECT_EQ(format.error().text(), error);
    }
}

TEST(Protobuf, AsksForTheFormatThatIsRead) {
    EXPECT_EQ(accept_for(InputFormat::kAuto), kScrapeAccept);
    EXPECT_THAT(std::string(kScrapeAccept), ::testing::StartsWith("application/vnd.google.protobuf;"));
    for (const auto format :
         {InputFormat::kText, InputFormat::kOpenMetrics, InputFormat::kJson, InputFormat::kProtobuf}) {
        const std::string_view accept = accept_for(format);
        const auto read = format_of_content_type(accept.substr(0, accept.find(',')));
        ASSERT_TRUE(read) << read.error().text();
        EXPECT_EQ(*read, format);
        EXPECT_EQ(kInputFormatNames.find(name_of(format)), format);
    }
}

}  // namespace
}  // namespace prw::sender
