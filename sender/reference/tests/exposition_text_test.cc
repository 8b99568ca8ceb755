#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exposition_support.h"

namespace prw::sender {
namespace {

using proto::MetricType;
using testing_support::parsed;
using testing_support::shown;

struct Accepted {
    const char* name;
    const char* input;
    std::vector<std::string> points;
};

class TextAccepts : public ::testing::TestWithParam<Accepted> {};

TEST_P(TextAccepts, Points) { EXPECT_EQ(shown(parsed(GetParam().input, InputFormat::kText)), GetParam().points); }

INSTANTIATE_TEST_SUITE_P(
    Text, TextAccepts,
    ::testing::Values(
        Accepted{"Bare", "a 1\n", {"a 3ff0000000000000"}},
        Accepted{"LastLineWithoutLineFeed", "a 1", {"a 3ff0000000000000"}},
        Accepted{"BlanksAndTabs",
                 "  a\t{ x = \"1\" , y=\"2\" }\t 2   1234  \n\n \t\n",
                 {"a{x=\"1\",y=\"2\"} 4000000000000000 @1234"}},
        Accepted{"ValueRightAfterBrace", "a{x=\"1\"}2\n", {"a{x=\"1\"} 4000000000000000"}},
        Accepted{"TrailingComma", "a{x=\"1\",} 2\n", {"a{x=\"1\"} 4000000000000000"}},
        Accepted{"EmptyBraces", "a{} 2\n", {"a 4000000000000000"}},
        Accepted{"LabelsAreSorted", "a{z=\"1\",B=\"2\",b=\"3\"} 2\n", {"a{B=\"2\",b=\"3\",z=\"1\"} 4000000000000000"}},
        Accepted{"EmptyLabelValueIsNoLabel", "a{x=\"\",y=\"1\"} 2\n", {"a{y=\"1\"} 4000000000000000"}},
        Accepted{"ColonsInName", "job:a:rate5m 2\n", {"job:a:rate5m 4000000000000000"}},
        Accepted{"QuotedName", "{\"my.name\",\"a.b\"=\"1\"} 2\n", {"my.name{a.b=\"1\"} 4000000000000000"}},
        Accepted{"Utf8Value",
                 "a{x=\"\xc3\xa9\xf0\x9f\x98\x80\"} 2\n",
                 {"a{x=\"\xc3\xa9\xf0\x9f\x98\x80\"} 4000000000000000"}},
        Accepted{"NegativeTimestamp", "a 2 -5\n", {"a 4000000000000000 @-5"}},
        Accepted{"Comment", "# some comment\n#another\na 2\n", {"a 4000000000000000"}},
        Accepted{"EofIsAComment", "a 2\n# EOF\n", {"a 4000000000000000"}}, Accepted{"Empty", "", {}},
        Accepted{"SameSeriesAtTwoTimes", "a 1 10\na 2 20\n", {"a 3ff0000000000000 @10", "a 4000000000000000 @20"}}),
    [](const auto& tested) { return tested.param.name; });

struct Refused {
    const char* name;
    const char* input;
    const char* error;
};

class TextRefuses : public ::testing::TestWithParam<Refused> {};

TEST_P(TextRefuses, WithPlaceAndCause) {
    const auto result = parse_exposition(GetParam().input, InputFormat::kText, {.source = "in"});
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().text(), GetParam().error);
    EXPECT_EQ(result.error().code, ErrorCode::kInvalidArgument);
}

INSTANTIATE_TEST_SUITE_P(
    Text, TextRefuses,
    ::testing::Values(
        Refused{"NoValue", "a 1\nb\n", "in:2:2: the value is missing"},
        Refused{"NoValueAfterLabels", "b{x=\"1\"} \n", "in:1:10: the value is missing"},
        Refused{"BadValue", "a x\n", "in:1:3: value \"x\": not a number"},
        Refused{"HexFloat", "a 0x1p3\n", "in:1:3: value \"0x1p3\": hexadecimal floats are not part of the format"},
        Refused{"Underscore", "a 1_000\n", "in:1:3: value \"1_000\": underscores are not allowed in numbers"},
        Refused{"TooLarge", "a 1e999\n", "in:1:3: value \"1e999\": the number is too large for a float64"},
        Refused{"SignedNan", "a -NaN\n", "in:1:3: value \"-NaN\": NaN has no sign"},
        Refused{"FloatTimestamp", "a 1 1.5\n", "in:1:5: timestamp \"1.5\": not a whole number of milliseconds"},
        Refused{"Surplus", "a 1 2 3\n", "in:1:7: unexpected \"3\" at the end of the line"},
        Refused{"ExemplarInText", "a 1 # {x=\"1\"} 1\n",
                R"(in:1:5: unexpected "# {x=\"1\"} 1" at the end of the line)"},
        Refused{"DashInName", "my-name 1\n",
                "in:1:3: a metric name cannot contain '-'; quote names outside [a-zA-Z0-9_:] as {\"name\"}"},
        Refused{"DigitFirst", "1a 1\n",
                "in:1:1: a metric name cannot start with '1'; quote names outside [a-zA-Z_:] as {\"name\"}"},
        Refused{"UnclosedQuote", "a{x=\"1} 1\n", "in:1:5: the label value has no closing quote on this line"},
        Refused{"UnclosedBrace", "a{x=\"1\"\n", "in:1:8: ',' or '}' is wanted after a label, got the end of the line"},
        Refused{"UnquotedValue", "a{x=1} 1\n", "in:1:5: a label value starts with '\"', got '1'"},
        Refused{"NoEquals", "a{x} 1\n", "in:1:4: '=' is wanted after the label name, got '}'"},
        Refused{"ColonInLabel", "a{x:y=\"1\"} 1\n", "in:1:4: '=' is wanted after the label name, got ':'"},
        Refused{"LabelTwice", "a{x=\"1\",x=\"2\"} 1\n", "in:1:9: the label \"x\" is given twice"},
        Refused{"NameAsLabel", "a{__name__=\"b\"} 1\n",
                "in:1:3: __name__ cannot be given as a label; it is the metric name"},
        Refused{"NoName", "{x=\"1\"} 1\n", "in:1:1: the metric name is missing"},
        Refused{"InvalidUtf8", "a{x=\"\xff\"} 1\n", "in:1:6: the label value is not valid UTF-8"},
        Refused{"HelpInvalidUtf8", "# HELP a \xff\n", "in:1:10: the help text is not valid UTF-8"},
        Refused{"CarriageReturn", "a 1\r\n",
                "in:1:4: lines end in a line feed alone, got carriage return and line feed"},
        Refused{"UnknownType", "# TYPE a stateset\n",
                "in:1:10: unknown type \"stateset\", wanted one of counter, gauge, histogram, summary, untyped"},
        Refused{"TypeChanges", "# TYPE a counter\n# TYPE a gauge\n",
                "in:2:10: the type of a is gauge here, but was given as counter before"},
        Refused{"Html", "<html>\n",
                "in:1:1: a metric name cannot start with '<'; quote names outside [a-zA-Z_:] as {\"name\"}"}),
    [](const auto& tested) { return tested.param.name; });

TEST(TextParser, EscapesInLabelValuesAndHelp) {
    const Scrape scrape =
        parsed("# HELP a one\\ntwo \\\\ \\\"three\\\" \\x\n# TYPE a gauge\na{p=\"C:\\\\d\\n\\\"q\\\" \\x\"} 1\n",
               InputFormat::kText);
    ASSERT_EQ(scrape.families.size(), 1U);
    EXPECT_EQ(scrape.families[0].help, "one\ntwo \\ \\\"three\\\" \\x");
    EXPECT_EQ(scrape.families[0].points[0].labels[1].second, "C:\\d\n\"q\" \\x");
    EXPECT_EQ(scrape.families[0].type, MetricType::kGauge);
}

TEST(TextParser, MembersOfHistogramsAndSummariesBelongToTheirFamily) {
    const Scrape scrape = parsed(
        "# TYPE h histogram\n# HELP h help\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\n# TYPE s "
        "summary\ns{quantile=\"0.5\"} 1\ns_sum 1\ns_count 1\n"
        "# TYPE c counter\nc 1\nh_other 1\nc_count 1\n",
        InputFormat::kText);
    ASSERT_EQ(scrape.families.size(), 5U);
    EXPECT_EQ(scrape.families[0].points.size(), 3U);
    EXPECT_EQ(scrape.families[1].points.size(), 3U);
    const auto cumulative = [](const Family& family) {
        std::vector<bool> out;
        for (const Point& point : family.points) out.push_back(point.cumulative);
        return out;
    };
    EXPECT_THAT(cumulative(scrape.families[0]), ::testing::ElementsAre(true, true, true));
    EXPECT_THAT(cumulative(scrape.families[1]), ::testing::ElementsAre(false, true, true));
    EXPECT_THAT(cumulative(scrape.families[2]), ::testing::ElementsAre(true));
    EXPECT_EQ(scrape.families[3].name, "h_other");
    EXPECT_EQ(scrape.families[3].type, MetricType::kUnspecified);
}

TEST(TextParser, CreatedSeriesOfTextStaysASeries) {
    const Scrape scrape =
        parsed("# TYPE c counter\nc_total 1\n# TYPE c_created gauge\nc_created 5\n", InputFormat::kText);
    EXPECT_EQ(scrape.points(), 2U);
}

TEST(TextParser, DuplicateSeriesKeepsTheFirstAndSaysSo) {
    const Scrape scrape = parsed("a{x=\"1\"} 1\na{x=\"1\"} 2\n", InputFormat::kText);
    EXPECT_EQ(shown(scrape), (std::vector<std::string>{"a{x=\"1\"} 3ff0000000000000"}));
    EXPECT_EQ(scrape.duplicates, 1U);
    EXPECT_THAT(scrape.notes,
                ::testing::ElementsAre(
                    "in:2:1: a{x=\"1\"} occurs a second time with the same timestamp; the first value is kept"));
}

TEST(TextParser, LineLengthIsBounded) {
    const auto result = parse_exposition("a 1\nb{x=\"" + std::string(100, 'x') + "\"} 1\n", InputFormat::kText,
                                         {.source = "in", .max_line = 50});
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().text(), "in:2:1: the line is longer than 50 bytes");
}

struct ValueCase {
    const char* text;
    std::uint64_t bits;
};

TEST(Values, BitsAreExact) {
    const ValueCase cases[] = {
        {"0", 0},
        {"-0", 0x8000000000000000},
        {"+1", 0x3ff0000000000000},
        {"1.", 0x3ff0000000000000},
        {".5", 0x3fe0000000000000},
        {"9007199254740993", 0x4340000000000000},
        {"9007199254740992", 0x4340000000000000},
        {"9007199254740994", 0x4340000000000001},
        {"0.1", 0x3fb999999999999a},
        {"1.7976931348623157e308", 0x7fefffffffffffff},
        {"5e-324", 1},
        {"-5e-324", 0x8000000000000001},
        {"2.2250738585072011e-308", 0x000fffffffffffff},
        {"1e-400", 0},
        {"-1e-400", 0x8000000000000000},
        {"0e99999", 0},
        {"1e-99999999999999999999", 0},
        {"+Inf", 0x7ff0000000000000},
        {"Inf", 0x7ff0000000000000},
        {"-inf", 0xfff0000000000000},
        {"Infinity", 0x7ff0000000000000},
        {"NaN", 0x7ff8000000000001},
        {"nan", 0x7ff8000000000001},
        {"0.30000000000000004", 0x3fd3333333333334},
        {"1e3", 0x408f400000000000},
        {"1E+3", 0x408f400000000000},
    };
    for (const ValueCase& each : cases) {
        SCOPED_TRACE(each.text);
        std::string why;
        const auto bits = parse_value(each.text, why);
        ASSERT_TRUE(bits) << why;
        EXPECT_EQ(*bits, each.bits);
    }
}

TEST(Values, WhatIsRefused) {
    for (const char* text : {"", "+", "-", ".", "e5", "1e", "1e+", "--1", "+-1", "1 ", " 1", "1,5", "0x10", "infinit",
                             "nan(1)", "1e400", "123456e304", "1f", "NaNs"}) {
        SCOPED_TRACE(text);
        std::string why;
        EXPECT_FALSE(parse_value(text, why));
        EXPECT_FALSE(why.empty());
    }
}

TEST(Formats, DetectedByContent) {
    EXPECT_EQ(detect_format("a 1\n"), InputFormat::kText);
    EXPECT_EQ(detect_format(""), InputFormat::kText);
    EXPECT_EQ(detect_format("a 1\n# EOF\n"), InputFormat::kOpenMetrics);
    EXPECT_EQ(detect_format("a 1\n# EOF"), InputFormat::kOpenMetrics);
    EXPECT_EQ(detect_format(" {\n \"metrics\": []}"), InputFormat::kJson);
    EXPECT_EQ(detect_format("{}"), InputFormat::kJson);
    EXPECT_EQ(detect_format("{\"my.name\"} 1\n"), InputFormat::kText);
    EXPECT_EQ(detect_format("{\"my.name\",a=\"b\"} 1\n# EOF\n"), InputFormat::kOpenMetrics);
    EXPECT_EQ(detect_format("{\"a"), InputFormat::kText);
}

TEST(Formats, ChosenByContentType) {
    EXPECT_EQ(*format_of_content_type("application/openmetrics-text; version=1.0.0; charset=utf-8"),
              InputFormat::kOpenMetrics);
    EXPECT_EQ(*format_of_content_type("text/plain; version=0.0.4"), InputFormat::kText);
    EXPECT_EQ(*format_of_content_type(""), InputFormat::kText);
    const auto html = format_of_content_type("text/html");
    ASSERT_FALSE(html);
    EXPECT_EQ(html.error().text(),
              "the scrape's Content-Type is text/html, wanted application/vnd.google.protobuf, "
              "application/openmetrics-text, text/plain or application/json");
}

}  // namespace
}  // namespace prw::sender
