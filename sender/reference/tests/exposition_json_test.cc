#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exposition_support.h"

namespace prw::sender {
namespace {

using testing_support::parsed;
using testing_support::shown;

TEST(Json, RichInput) {
    const Scrape scrape = parsed(R"({
      "labels": {"dc": "north", "a": "common"},
      "metrics": [
        {"name": "c_total", "type": "counter", "help": "h", "unit": "",
         "series": [{"labels": {"a": "own", "empty": ""}, "value": 9007199254740993, "timestamp_ms": 10, "start_timestamp_ms": 0,
                     "exemplars": [{"labels": {"trace_id": "x"}, "value": 1, "timestamp_ms": 9}]}]},
        {"name": "g", "series": [{"value": -0}, {"labels": {"x": "1"}, "value": "NaN"}, {"labels": {"x": "2"}, "value": "-Inf"},
                                 {"labels": {"x": "3"}, "value": "StaleNaN"}, {"labels": {"x": "\u00e9\ud83d\ude00\n"}, "value": 5e-324}]},
        {"name": "h", "type": "histogram", "series": [{"name": "h_bucket", "labels": {"le": "+Inf"}, "value": 1}]}
      ]})",
                                 InputFormat::kJson);
    EXPECT_THAT(
        shown(scrape),
        ::testing::ElementsAre(
            "c_total{a=\"own\",dc=\"north\"} 4340000000000000 @10 start=1 # {trace_id=\"x\"} 3ff0000000000000 @9",
            "g{a=\"common\",dc=\"north\"} 8000000000000000", "g{a=\"common\",dc=\"north\",x=\"1\"} 7ff8000000000001",
            "g{a=\"common\",dc=\"north\",x=\"2\"} fff0000000000000",
            "g{a=\"common\",dc=\"north\",x=\"3\"} 7ff0000000000002",
            "g{a=\"common\",dc=\"north\",x=\"\xc3\xa9\xf0\x9f\x98\x80 \"} 0000000000000001",
            "h_bucket{a=\"common\",dc=\"north\",le=\"+Inf\"} 3ff0000000000000"));
    EXPECT_TRUE(scrape.families[2].points[0].cumulative);
}

TEST(Json, NativeHistograms) {
    const Scrape scrape = parsed(R"({"metrics":[{"name":"h","type":"histogram","series":[
        {"histogram":{"count":6,"sum":12.5,"schema":3,"zero_threshold":1e-128,"zero_count":1,"reset_hint":"no",
          "positive":{"spans":[{"offset":-2,"length":2},{"offset":1,"length":1}],"deltas":[1,1,-1]},"negative":{"spans":[{"offset":0,"length":1}],"deltas":[1]}}},
        {"labels":{"k":"float"},"histogram":{"count":2.5,"sum":"NaN","schema":0,"positive":{"spans":[{"offset":0,"length":1}],"counts":[2.5]}}},
        {"labels":{"k":"custom"},"histogram":{"count":3,"sum":4,"schema":-53,"custom_values":[1,2],"positive":{"spans":[{"offset":0,"length":3}],"deltas":[1,0,0]}}}
        ]}]})",
                                 InputFormat::kJson);
    ASSERT_EQ(scrape.points(), 3U);
    const proto::Histogram& first = *scrape.families[0].points[0].histogram;
    EXPECT_EQ(std::get<std::uint64_t>(first.count), 6U);
    EXPECT_EQ(first.positive_spans[0].offset, -2);
    EXPECT_THAT(first.positive_deltas, ::testing::ElementsAre(1, 1, -1));
    EXPECT_EQ(first.reset_hint, 2U);
    const proto::Histogram& second = *scrape.families[0].points[1].histogram;
    EXPECT_EQ(std::get<double>(second.count), 2.5);
    EXPECT_EQ(std::get<double>(second.zero_count), 0);
    EXPECT_TRUE(scrape.families[0].points[2].cumulative);
}

struct Refused {
    const char* name;
    std::string input;
    std::string error;
};

std::string series(const std::string& text) { return R"({"metrics":[{"name":"a","series":[)" + text + "]}]}"; }
std::string histogram(const std::string& text) { return series(R"({"histogram":)" + text + "}"); }

class JsonRefuses : public ::testing::TestWithParam<Refused> {};

TEST_P(JsonRefuses, WithPlaceAndCause) {
    const auto result = parse_exposition(GetParam().input, InputFormat::kJson, {.source = "in"});
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().text(), GetParam().error);
    EXPECT_EQ(result.error().code, ErrorCode::kInvalidArgument);
}

INSTANTIATE_TEST_SUITE_P(
    Json, JsonRefuses,
    ::testing::Values(
        Refused{"Empty", "", "in:1:1: not JSON: unexpected end of input; expected '[', '{', or a literal"},
        Refused{"Truncated", "{\"metrics\": [\n  {",
                "in:2:4: not JSON: unexpected end of input; expected string literal"},
        Refused{"Trailing", "{\"metrics\":[]} x",
                R"(in:1:16: not JSON: invalid literal; last read: '"metrics":[]} x'; expected end of input)"},
        Refused{"NotAnObject", "[]", "in:1:1: the input must be an object, got an array"},
        Refused{"NoMetrics", "{}", "in:1:1: the key \"metrics\" is missing"},
        Refused{"UnknownKey", "{\"metrics\":[],\n \"metric\":1}",
                "in:2:11: unknown key \"metric\", known are metrics, labels"},
        Refused{"KeyTwice", R"({"metrics":[],"metrics":[]})", "in:1:15: the key \"metrics\" occurs twice"},
        Refused{"NoName", R"({"metrics":[{}]})", "in:1:13: a metric needs a \"name\""},
        Refused{"BadType", R"({"metrics":[{"name":"a","type":"meter"}]})",
                "in:1:32: unknown type \"meter\"; known: counter, gauge, histogram, gaugehistogram, summary, info, "
                "stateset, unknown"},
        Refused{"NoValue", series("{}"), "in:1:35: a series has either a \"value\" or a \"histogram\""},
        Refused{"ValueWord", series(R"({"value":"one"})"),
                "in:1:44: \"value\" must be a number or \"NaN\", \"+Inf\", \"-Inf\": not a number"},
        Refused{"ValueNull", series(R"({"value":null})"),
                "in:1:44: \"value\" must be a number or \"NaN\", \"+Inf\", \"-Inf\": not a number"},
        Refused{"TimestampFloat", series(R"({"value":1,"timestamp_ms":1.5})"),
                "in:1:61: \"timestamp_ms\" must be a whole number"},
        Refused{"LabelNumber", series(R"({"value":1,"labels":{"a":1}})"),
                "in:1:60: the value of label \"a\" must be a string, got a number"},
        Refused{"NameLabel", series(R"({"value":1,"labels":{"__name__":"b"}})"),
                "in:1:67: __name__ cannot be given as a label; use \"name\""},
        Refused{"ForeignName", series(R"({"value":1,"name":"b"})"),
                "in:1:53: a series' \"name\" starts with the name of its metric, a"},
        Refused{"LeadingZero", series(R"({"value":01})"), "in:1:46: not JSON: unexpected number literal; expected '}'"},
        Refused{
            "Surrogate", "\"\\ud800\"",
            R"(in:1:8: not JSON: invalid string: surrogate U+D800..U+DBFF must be followed by U+DC00..U+DFFF; last read: '"\ud800"')"},
        Refused{"InvalidUtf8", "\"\xff\"",
                R"(in:1:2: not JSON: invalid string: ill-formed UTF-8 byte; last read: '"\xff')"},
        Refused{
            "Control", "\"\n\"",
            R"(in:1:2: not JSON: invalid string: control character U+000A (LF) must be escaped to \u000A or \n; last read: '"<U+000A>')"},
        Refused{"TooLarge", series("{\n\"value\":1e999}"), "in:2:13: number overflow parsing '1e999'"},
        Refused{"LongToken", "\"" + std::string(1000, 'a') + "\n\"",
                "in:1:1002: not JSON: invalid string: control character U+000A (LF) must be escaped to \\u000A or \\n; "
                "last read: '\"" +
                    std::string(108, 'a') + "…"},
        Refused{"Deep", std::string(100, '['), "in:1:34: JSON nested deeper than 32 levels"},
        Refused{"HistogramSchema", histogram(R"({"count":0,"sum":0,"schema":9})"),
                "in:1:48: the histogram is not sound: schema 9 is neither within -4..8 nor -53"},
        Refused{"HistogramCount", histogram(R"({"count":5,"sum":0,"zero_count":1})"),
                "in:1:48: the histogram is not sound: count is 5, but zero_count and buckets add up to 1"},
        Refused{"HistogramSpans",
                histogram(R"({"count":1,"sum":0,"positive":{"spans":[{"offset":0,"length":2}],"deltas":[1]}})"),
                "in:1:48: the histogram is not sound: positive: the spans cover 2 buckets, but 1 values are given"},
        Refused{"HistogramNegativeBucket",
                histogram(R"({"count":1,"sum":0,"positive":{"spans":[{"offset":0,"length":2}],"deltas":[1,-2]}})"),
                "in:1:48: the histogram is not sound: positive: the deltas make a bucket's count negative"},
        Refused{
            "HistogramOverflow",
            histogram(
                R"({"count":1,"sum":0,"positive":{"spans":[{"offset":0,"length":2}],"deltas":[9223372036854775807,1]}})"),
            "in:1:48: the histogram is not sound: positive: the deltas make a bucket's count negative"},
        Refused{"HistogramMixed", histogram(R"({"count":1,"sum":0,"float":true,"positive":{"spans":[],"deltas":[1]}})"),
                "in:1:48: a float histogram has \"counts\", not \"deltas\""},
        Refused{"HistogramCustom", histogram(R"({"count":0,"sum":0,"schema":-53,"custom_values":[2,1]})"),
                "in:1:48: the histogram is not sound: custom_values increase strictly"}),
    [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace prw::sender
