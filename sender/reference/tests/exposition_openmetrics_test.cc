#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exposition_support.h"

namespace prw::sender {
namespace {

using proto::MetricType;
using testing_support::parsed;
using testing_support::shown;

TEST(OpenMetrics, RichExposition) {
    const Scrape scrape = parsed(
        "# TYPE req_seconds histogram\n# UNIT req_seconds seconds\n# HELP req_seconds Time \\\"spent\\\".\n"
        "req_seconds_bucket{le=\"0.1\"} 8 # {} 0.054\n"
        "req_seconds_bucket{le=\"+Inf\"} 11 # {trace_id=\"KOO5S4vxi0o\"} 0.67 1520879607.789\n"
        "req_seconds_count 11\nreq_seconds_sum 3.5\nreq_seconds_created 1520430000.123\n"
        "# TYPE c counter\nc_total{a=\"1\"} 5 1520879607.5\nc_created{a=\"1\"} 0\n"
        "# TYPE build info\nbuild_info{v=\"1\"} 1\n# TYPE st stateset\nst{st=\"a\"} 1\n"
        "# TYPE gh gaugehistogram\ngh_bucket{le=\"+Inf\"} 3\ngh_gcount 3\ngh_gsum 4\n# TYPE u unknown\nu 1\n# EOF\n",
        InputFormat::kOpenMetrics);
    EXPECT_THAT(shown(scrape),
                ::testing::ElementsAre(
                    "req_seconds_bucket{le=\"0.1\"} 4020000000000000 start=1520430000123 #  3faba5e353f7ced9",
                    "req_seconds_bucket{le=\"+Inf\"} 4026000000000000 start=1520430000123 # "
                    "{trace_id=\"KOO5S4vxi0o\"} 3fe570a3d70a3d71 @1520879607789",
                    "req_seconds_count 4026000000000000 start=1520430000123",
                    "req_seconds_sum 400c000000000000 start=1520430000123",
                    "c_total{a=\"1\"} 4014000000000000 @1520879607500 start=1",  // a true 0 is sent as 1
                    "build_info{v=\"1\"} 3ff0000000000000", "st{st=\"a\"} 3ff0000000000000",
                    "gh_bucket{le=\"+Inf\"} 4008000000000000", "gh_gcount 4008000000000000", "gh_gsum 4010000000000000",
                    "u 3ff0000000000000"));
    ASSERT_EQ(scrape.families.size(), 6U);
    EXPECT_EQ(scrape.families[0].unit, "seconds");
    EXPECT_EQ(scrape.families[0].help, "Time \"spent\".");
    const MetricType types[] = {MetricType::kHistogram, MetricType::kCounter,        MetricType::kInfo,
                                MetricType::kStateset,  MetricType::kGaugeHistogram, MetricType::kUnspecified};
    for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(scrape.families[i].type, types[i]) << i;
}

TEST(OpenMetrics, CreatedBelongsToTheSeriesWithTheSameLabels) {
    const Scrape scrape = parsed(
        "# TYPE c counter\nc_created{a=\"1\"} 1\nc_created{a=\"2\"} 2\nc_total{a=\"2\"} 1\nc_total{a=\"3\"} 1\n# EOF\n",
        InputFormat::kOpenMetrics);
    EXPECT_THAT(shown(scrape), ::testing::ElementsAre("c_total{a=\"2\"} 3ff0000000000000 start=2000",
                                                      "c_total{a=\"3\"} 3ff0000000000000"));
}

TEST(OpenMetrics, QuantilesHaveNoStart) {
    const Scrape scrape = parsed("# TYPE s summary\ns{quantile=\"0.5\"} 1\ns_count 2\ns_sum 3\ns_created 4\n# EOF\n",
                                 InputFormat::kOpenMetrics);
    EXPECT_THAT(shown(scrape),
                ::testing::ElementsAre("s{quantile=\"0.5\"} 3ff0000000000000", "s_count 4000000000000000 start=4000",
                                       "s_sum 4008000000000000 start=4000"));
}

TEST(OpenMetrics, CreatedOfAGaugeIsAnOrdinarySeries) {
    const Scrape scrape = parsed("# TYPE g gauge\ng 1\ng_created 4\n# EOF\n", InputFormat::kOpenMetrics);
    EXPECT_EQ(scrape.points(), 2U);
}

TEST(OpenMetrics, TimestampsAreRoundedToMilliseconds) {
    const Scrape scrape =
        parsed("a 1 1520879607.789\nb 1 1.0005\nc 1 1.001\nd 1 -0.5\ne 1 1e3\n# EOF\n", InputFormat::kOpenMetrics);
    std::vector<std::int64_t> times;
    for (const Family& family : scrape.families) times.push_back(*family.points[0].timestamp_ms);
    EXPECT_THAT(times, ::testing::ElementsAre(1520879607789, ::testing::AnyOf(1000, 1001), 1001, -500, 1000000));
}

TEST(OpenMetrics, ExemplarOverTheLimitIsLeftOut) {
    const std::string label(127, 'x');  // with the name 128: just allowed
    EXPECT_EQ(parsed("a_total 1 # {a=\"" + label + "\"} 1\n# EOF\n", InputFormat::kOpenMetrics)
                  .families[0]
                  .points[0]
                  .exemplars.size(),
              1U);
    const std::string umlauts = [] {
        std::string out;
        for (int i = 0; i < 127; ++i) out += "\xc3\xa4";  // 254 bytes, 127 characters
        return out;
    }();
    EXPECT_EQ(parsed("a_total 1 # {a=\"" + umlauts + "\"} 1\n# EOF\n", InputFormat::kOpenMetrics)
                  .families[0]
                  .points[0]
                  .exemplars.size(),
              1U);
    const Scrape scrape = parsed("a_total 1 # {a=\"" + label + "x\"} 1\n# EOF\n", InputFormat::kOpenMetrics);
    EXPECT_TRUE(scrape.families[0].points[0].exemplars.empty());
    EXPECT_THAT(scrape.notes,
                ::testing::ElementsAre(
                    "in:1:11: the exemplar is left out: its labels have 129 characters, at most 128 are allowed"));
}

struct Refused {
    const char* name;
    const char* input;
    const char* error;
};

class OpenMetricsRefuses : public ::testing::TestWithParam<Refused> {};

TEST_P(OpenMetricsRefuses, WithPlaceAndCause) {
    const auto result = parse_exposition(GetParam().input, InputFormat::kOpenMetrics, {.source = "in"});
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().text(), GetParam().error);
}

INSTANTIATE_TEST_SUITE_P(
    OpenMetrics, OpenMetricsRefuses,
    ::testing::Values(
        Refused{"NoEof", "a 1\n",
                "in:2:1: OpenMetrics input must end in a line \"# EOF\", but the input ends here (truncated?)"},
        Refused{"Empty", "",
                "in:1:1: OpenMetrics input must end in a line \"# EOF\", but the input ends here (truncated?)"},
        Refused{"AfterEof", "# EOF\na 1\n", "in:2:1: nothing may follow \"# EOF\""},
        Refused{"BlankLine", "a 1\n\n# EOF\n", "in:2:1: OpenMetrics has no blank lines"},
        Refused{"TwoBlanks", "a  1\n# EOF\n", "in:1:3: OpenMetrics separates by a single space, got more blanks"},
        Refused{"Tab", "a\t1\n# EOF\n", "in:1:2: OpenMetrics separates by a single space, got a tab"},
        Refused{"TrailingBlank", "a 1 \n# EOF\n", "in:1:4: an OpenMetrics line cannot end in a blank"},
        Refused{"LeadingBlank", " a 1\n# EOF\n", "in:1:1: an OpenMetrics line cannot start with a blank"},
        Refused{"Comment", "# a comment\n# EOF\n",
                "in:1:3: OpenMetrics knows the keywords HELP, TYPE, UNIT and EOF, got \"a\""},
        Refused{"BlankInBraces", "a{ x=\"1\"} 1\n# EOF\n",
                "in:1:3: a label name cannot start with ' '; quote names outside [a-zA-Z_]"},
        Refused{"Untyped", "# TYPE a untyped\n# EOF\n",
                "in:1:10: unknown type \"untyped\", wanted one of counter, gauge, histogram, summary, unknown, "
                "gaugehistogram, info, stateset"},
        Refused{"UnitNotSuffix", "# UNIT a_bytes seconds\n# EOF\n",
                "in:1:16: the unit \"seconds\" must be the suffix of the metric name \"a_bytes\""},
        Refused{"NanTimestamp", "a 1 NaN\n# EOF\n", "in:1:5: the timestamp is not a finite number of seconds"},
        Refused{"BadTimestamp", "a 1 x\n# EOF\n", "in:1:5: timestamp \"x\": not a number"},
        Refused{"BadCreated", "# TYPE a counter\na_created NaN\n# EOF\n",
                "in:2:11: _created is not a finite number of seconds"},
        Refused{"ExemplarWithoutLabels", "a_total 1 # 5\n# EOF\n",
                "in:1:13: the exemplar's labels start with '{', got '5'"},
        Refused{"ExemplarWithoutValue", "a_total 1 # {}\n# EOF\n", "in:1:15: the exemplar's value is missing"},
        Refused{"ExemplarSurplus", "a_total 1 # {} 1 2 3\n# EOF\n", "in:1:19: unexpected \" 3\" after the exemplar"},
        Refused{"ExemplarLabelTwice", "a_total 1 # {a=\"1\",a=\"2\"} 1\n# EOF\n",
                "in:1:20: the label \"a\" is given twice"}),
    [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace prw::sender
