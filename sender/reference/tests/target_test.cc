#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exposition_support.h"
#include "prw/proto/metric_family.h"
#include "prw/sender/target.h"

namespace prw::sender {
namespace {

using testing_support::hex_bits;
using testing_support::parsed;

/// `name{labels} bits @timestamp start=…`
std::vector<std::string> lines(const std::vector<proto::Series>& all) {
    std::vector<std::string> out;
    for (const proto::Series& series : all) {
        EXPECT_EQ(series.samples.size() + series.histograms.size(), 1U);
        std::string text = series_name(series.labels);
        for (const auto& sample : series.samples) {
            text += " " + (sample.value_bits == proto::kStaleNanBits ? "stale" : proto::value_text(sample.value_bits)) +
                    " @" + std::to_string(sample.timestamp);
            if (sample.start_timestamp != 0) text += " start=" + std::to_string(sample.start_timestamp);
        }
        for (const auto& exemplar : series.exemplars)
            text += " # " + proto::value_text(exemplar.value_bits) + " @" + std::to_string(exemplar.timestamp);
        out.push_back(text);
    }
    return out;
}

Scrape text(std::string_view input) { return parsed(input, InputFormat::kText); }
Scrape openmetrics(const std::string& input) { return parsed(input + "# EOF\n", InputFormat::kOpenMetrics); }

TEST(TargetLabels, ScrapedLabelsAreKeptUnderAnotherName) {
    const ScrapedTarget target({.target_labels = {{"job", "j"}, {"instance", "i"}},
                                .external_labels = {{"dc", "north"}, {"job", "external"}, {"none", ""}}});
    EXPECT_EQ(series_name(target.final_labels({{"__name__", "a"}, {"exported_job", "y"}, {"job", "x"}})),
              "a{dc=\"north\",exported_exported_job=\"x\",exported_job=\"y\",instance=\"i\",job=\"j\"}");
    EXPECT_EQ(series_name(target.final_labels({{"Zone", "z"}, {"__name__", "a"}, {"dc", "own"}})),
              "a{Zone=\"z\",dc=\"own\",instance=\"i\",job=\"j\"}");
}

TEST(StaleMarkers, SeriesThatDisappearsIsMarkedOnce) {
    ScrapedTarget target;
    EXPECT_THAT(lines(target.ingest(text("a 1\nb 2\nc 3\n"), 1000)),
                ::testing::ElementsAre("a 1 @1000", "b 2 @1000", "c 3 @1000"));
    EXPECT_THAT(lines(target.ingest(text("b 2\n"), 2000)),
                ::testing::ElementsAre("b 2 @2000", "a stale @2000", "c stale @2000"));
    EXPECT_THAT(lines(target.ingest(text("b 2\n"), 3000)), ::testing::ElementsAre("b 2 @3000"));
    EXPECT_THAT(lines(target.ingest(text("a 5\nb 2\n"), 4000)), ::testing::ElementsAre("a 5 @4000", "b 2 @4000"));
    EXPECT_EQ(target.stats().stale_markers, 2U);
}

TEST(StaleMarkers, ExactBits) {
    ScrapedTarget target;
    (void)target.ingest(text("a 1\n"), 1000);
    EXPECT_EQ(target.ingest(text(""), 2000).at(0).samples.at(0).value_bits, 0x7ff0000000000002U);
}

TEST(StaleMarkers, AllSeriesWhenTheScrapeFails) {
    ScrapedTarget target;
    (void)target.ingest(text("# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1\nh_count 1\na 1\n"), 1000);
    EXPECT_THAT(lines(target.fail(2000)),
                ::testing::ElementsAre("a stale @2000", "h_bucket{le=\"+Inf\"} stale @2000", "h_count stale @2000"));
    EXPECT_THAT(lines(target.fail(3000)), ::testing::IsEmpty());
}

TEST(StaleMarkers, NoneForExplicitTimestamps) {
    ScrapedTarget target;
    (void)target.ingest(text("a 1 500\nb 2\n"), 1000);
    EXPECT_THAT(lines(target.ingest(text("b 2\n"), 2000)), ::testing::ElementsAre("b 2 @2000"));
    EXPECT_THAT(lines(target.fail(3000)), ::testing::ElementsAre("b stale @3000"));
}

TEST(StaleMarkers, FloatMarkerForANativeHistogram) {
    ScrapedTarget target;
    (void)target.ingest(
        parsed(R"({"metrics":[{"name":"h","type":"histogram","series":[{"histogram":{"count":0,"sum":0}}]}]})",
               InputFormat::kJson),
        1000);
    const auto marker = target.fail(2000);
    ASSERT_EQ(marker.size(), 1U);
    EXPECT_EQ(marker[0].samples.at(0).value_bits, proto::kStaleNanBits);
    EXPECT_EQ(marker[0].metadata.type, proto::MetricType::kHistogram);
}

TEST(StaleMarkers, EverySeriesOfAHistogramThatDisappears) {
    const auto histograms = [](bool native, bool classic) {
        std::vector<proto::ExposedFamily> all = {{"g", "", "", proto::ExposedType::kGauge, {{}}}};
        if (native) {
            auto& family = all.emplace_back();
            family.name = "n";
            family.type = proto::ExposedType::kHistogram;
            family.metrics.emplace_back().native.emplace();
        }
        if (classic) all.push_back({"c", "", "", proto::ExposedType::kHistogram, {{}}});
        return parsed(proto::encode_metric_families(all), InputFormat::kProtobuf);
    };
    ScrapedTarget target;
    EXPECT_EQ(target.ingest(histograms(true, true), 1000).size(), 5U);
    EXPECT_THAT(lines(target.ingest(histograms(false, true), 2000)), ::testing::Contains("n stale @2000"));
    // It comes back as what it was, and goes for good.
    EXPECT_EQ(target.ingest(histograms(true, true), 3000).at(1).histograms.size(), 1U);
    EXPECT_THAT(lines(target.ingest(histograms(false, false), 4000)),
                ::testing::ElementsAre("g 0 @4000", "c_bucket{le=\"+Inf\"} stale @4000", "c_count stale @4000",
                                       "c_sum stale @4000", "n stale @4000"));
    EXPECT_EQ(target.stats().stale_markers, 5U);
}

TEST(Timestamps, ExplicitOnesAreSentOnceAndInOrder) {
    ScrapedTarget target;
    EXPECT_THAT(lines(target.ingest(text("a 2 200\na 1 100\n"), 1000)), ::testing::ElementsAre("a 1 @100", "a 2 @200"));
    EXPECT_THAT(lines(target.ingest(text("a 2 200\n"), 2000)), ::testing::IsEmpty());
    EXPECT_EQ(target.stats().repeated, 1U);
    EXPECT_THAT(lines(target.ingest(text("a 9 150\n"), 3000)), ::testing::IsEmpty());
    EXPECT_EQ(target.stats().out_of_order, 1U);
    EXPECT_THAT(lines(target.ingest(text("a 9 300\n"), 3000)), ::testing::ElementsAre("a 9 @300"));
}

TEST(StartTimestamps, FromCreated) {
    ScrapedTarget target;
    EXPECT_THAT(
        lines(target.ingest(openmetrics("# TYPE c counter\nc_total 5\nc_created 0.5\n# TYPE g gauge\ng 1\n"), 1000)),
        ::testing::ElementsAre("c_total 5 @1000 start=500", "g 1 @1000"));
}

TEST(StartTimestamps, ACreatedTimeInTheFutureIsNotUsed) {
    ScrapedTarget target;
    EXPECT_THAT(lines(target.ingest(openmetrics("# TYPE c counter\nc_total 5\nc_created 7\n"), 1000)),
                ::testing::ElementsAre("c_total 5 @1000 start=999"));
}

TEST(StartTimestamps, FromTheProcessStart) {
    ScrapedTarget target;
    const char* const input = "# TYPE c counter\nc 5\nprocess_start_time_seconds 0.25\n";
    EXPECT_THAT(lines(target.ingest(text(input), 1000)),
                ::testing::ElementsAre("c 5 @1000 start=250", "process_start_time_seconds 0.25 @1000"));
    EXPECT_THAT(lines(target.ingest(text("# TYPE c counter\nc 6\nprocess_start_time_seconds 1.5\n"), 2000)),
                ::testing::ElementsAre("c 6 @2000 start=1500", "process_start_time_seconds 1.5 @2000"));
}

TEST(StartTimestamps, JustBeforeTheFirstSampleOrTheLastScrapeWithoutTheSeries) {
    ScrapedTarget target;
    EXPECT_THAT(lines(target.ingest(text("# TYPE c counter\nc 5\n"), 1000)),
                ::testing::ElementsAre("c 5 @1000 start=999"));
    EXPECT_THAT(lines(target.ingest(text("# TYPE c counter\nc 6\nc{new=\"1\"} 1\n"), 2000)),
                ::testing::ElementsAre("c 6 @2000 start=999", "c{new=\"1\"} 1 @2000 start=1000"));
}

TEST(StartTimestamps, ResetLiesBetweenTheSamples) {
    ScrapedTarget target;
    (void)target.ingest(text("# TYPE c counter\nc 5\n"), 1000);
    EXPECT_THAT(lines(target.ingest(text("# TYPE c counter\nc 2\n"), 2000)),
                ::testing::ElementsAre("c 2 @2000 start=1001"));
    EXPECT_THAT(lines(target.ingest(text("# TYPE c counter\nc 3\n"), 3000)),
                ::testing::ElementsAre("c 3 @3000 start=1001"));
}

TEST(StartTimestamps, ResetOfOneBucketMovesTheWholeHistogram) {
    ScrapedTarget target;
    const auto input = [](int bucket, int count, int sum) {
        return text("# TYPE h histogram\nh_sum " + std::to_string(sum) + "\nh_bucket{le=\"1\"} " +
                    std::to_string(bucket) + "\nh_bucket{le=\"+Inf\"} " + std::to_string(count) + "\nh_count " +
                    std::to_string(count) + "\n");
    };
    (void)target.ingest(input(5, 6, 1), 1000);
    // A sum that falls (negative observations) is no reset.
    EXPECT_THAT(lines(target.ingest(input(5, 7, -3), 2000)), ::testing::Each(::testing::HasSubstr("start=999")));
    EXPECT_THAT(lines(target.ingest(input(1, 8, -3), 3000)), ::testing::Each(::testing::HasSubstr("start=2001")));
}

TEST(StartTimestamps, SurviveAFailedScrape) {
    ScrapedTarget target;
    (void)target.ingest(text("# TYPE c counter\nc 5\n"), 1000);
    (void)target.fail(2000);
    EXPECT_THAT(lines(target.ingest(text("# TYPE c counter\nc 6\n"), 3000)),
                ::testing::ElementsAre("c 6 @3000 start=999"));
}

TEST(StartTimestamps, OnSeveralSamplesOfOneFile) {
    ScrapedTarget target;
    EXPECT_THAT(
        lines(target.ingest(text("# TYPE c counter\nc 1 100\nc 5 200\nc 2 300\nc 3 400\n"), 1000)),
        ::testing::ElementsAre("c 1 @100 start=99", "c 5 @200 start=99", "c 2 @300 start=201", "c 3 @400 start=201"));
}

TEST(Exemplars, RepeatedAndOlderOnesAreNotSentAgain) {
    ScrapedTarget target;
    EXPECT_THAT(
        lines(target.ingest(openmetrics("# TYPE c counter\nc_total 5 # {a=\"1\"} 1 0.5\nc_created 0.1\n"), 1000)),
        ::testing::ElementsAre("c_total 5 @1000 start=100 # 1 @500"));
    EXPECT_THAT(
        lines(target.ingest(openmetrics("# TYPE c counter\nc_total 6 # {a=\"1\"} 1 0.5\nc_created 0.1\n"), 2000)),
        ::testing::ElementsAre("c_total 6 @2000 start=100"));
    EXPECT_THAT(
        lines(target.ingest(openmetrics("# TYPE c counter\nc_total 7 # {a=\"2\"} 2 0.4\nc_created 0.1\n"), 3000)),
        ::testing::ElementsAre("c_total 7 @3000 start=100"));
    EXPECT_THAT(lines(target.ingest(openmetrics("# TYPE c counter\nc_total 8 # {a=\"2\"} 2\nc_created 0.1\n"), 4000)),
                ::testing::ElementsAre("c_total 8 @4000 start=100 # 2 @4000"));
    EXPECT_THAT(lines(target.ingest(openmetrics("# TYPE c counter\nc_total 9 # {a=\"2\"} 2\nc_created 0.1\n"), 5000)),
                ::testing::ElementsAre("c_total 9 @5000 start=100"));
    EXPECT_EQ(target.stats().exemplars_skipped, 3U);
}

TEST(Exemplars, OfANativeHistogramAreSentOnceThoughEachScrapeShowsThemAll) {
    ScrapedTarget target;
    const auto scrape = [](std::vector<std::pair<double, std::int64_t>> exemplars) {
        std::vector<proto::ExposedFamily> all(1);
        all[0].name = "h";
        all[0].type = proto::ExposedType::kHistogram;
        auto& metric = all[0].metrics.emplace_back();
        metric.native.emplace();
        metric.start_timestamp_ms = 1;
        for (const auto& [value, timestamp] : exemplars)
            metric.exemplars.push_back({{{"trace_id", "x"}}, proto::to_bits(value), timestamp});
        return parsed(proto::encode_metric_families(all), InputFormat::kProtobuf);
    };
    EXPECT_THAT(lines(target.ingest(scrape({{3, 200}, {2, 200}, {1, 100}}), 1000)),
                ::testing::ElementsAre("h # 1 @100 # 2 @200 # 3 @200"));
    EXPECT_THAT(lines(target.ingest(scrape({{3, 200}, {2, 200}, {1, 100}}), 2000)), ::testing::ElementsAre("h"));
    EXPECT_THAT(lines(target.ingest(scrape({{3, 200}, {5, 201}, {4, 200}}), 3000)),
                ::testing::ElementsAre("h # 4 @200 # 5 @201"));
    EXPECT_EQ(target.stats().exemplars_skipped, 4U);
}

TEST(Report, GaugesWithTargetLabels) {
    ScrapedTarget target({.target_labels = {{"job", "j"}}, .reports = true});
    EXPECT_THAT(lines(target.report(true, 0.5, 7, 1000)),
                ::testing::ElementsAre("scrape_duration_seconds{job=\"j\"} 0.5 @1000",
                                       "scrape_samples_scraped{job=\"j\"} 7 @1000", "up{job=\"j\"} 1 @1000"));
    EXPECT_EQ(target.report(false, 0, 0, 1)[2].metadata.type, proto::MetricType::kGauge);
    EXPECT_THAT(lines(target.ingest(text("up 5\nup{x=\"1\"} 5\n"), 1000)),
                ::testing::ElementsAre("up{job=\"j\",x=\"1\"} 5 @1000"));
    EXPECT_EQ(target.stats().shadowed, 1U);
}

}  // namespace
}  // namespace prw::sender
