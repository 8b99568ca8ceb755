#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "prw/proto/metric_family.h"
#include "prw/sender/scraper.h"
#include "receiver_support.h"

namespace prw::sender {
namespace {

using ::testing::ElementsAre;
using testing_support::VirtualClock;

/// What a target says, scrape by scrape; the last reply for ever.
class FakeFetcher final : public Fetcher {
public:
    FakeFetcher(VirtualClock& clock, std::vector<Result<Fetched>> replies, Milliseconds duration = Milliseconds(0))
        : clock_(clock), replies_(std::move(replies)), duration_(duration) {}
    Result<Fetched> fetch() override {
        clock_.advance(duration_);
        return replies_[std::min(next_++, replies_.size() - 1)];
    }
    void cancel() override {}

private:
    VirtualClock& clock_;
    std::vector<Result<Fetched>> replies_;
    std::size_t next_ = 0;
    Milliseconds duration_;
};

struct Collected {
    std::vector<std::vector<std::string>> scrapes;  ///< lines without the scrape's own duration
    Scraper::Sink sink() {
        return [this](std::vector<proto::Series> points) {
            auto& lines = scrapes.emplace_back();
            for (const auto& point : points) {
                const std::string name = series_name(point.labels);
                if (name.starts_with("scrape_duration_seconds")) continue;
                const auto& sample = point.samples.at(0);
                lines.push_back(
                    name + " " +
                    (sample.value_bits == proto::kStaleNanBits ? "stale" : proto::value_text(sample.value_bits)) +
                    " @" + std::to_string(sample.timestamp - 1'700'000'000'000));
            }
            return points.size();
        };
    }
};

std::vector<proto::ExposedFamily> one_gauge(std::string name, double value) {
    std::vector<proto::ExposedFamily> out(1);
    out[0].name = std::move(name);
    out[0].type = proto::ExposedType::kGauge;
    out[0].metrics.emplace_back().value_bits = proto::to_bits(value);
    return out;
}

ScrapeOptions options(std::uint64_t count) {
    ScrapeOptions out;
    out.url = *http::parse_url("http://target:1234/metrics");
    out.interval = Milliseconds(1000);
    out.count = count;
    return out;
}

TEST(Scraper, FirstScrapeAtOnceThenOnTheGridWithMarkersAndReports) {
    VirtualClock clock;
    Collected collected;
    auto fetcher = std::make_unique<FakeFetcher>(
        clock,
        std::vector<Result<Fetched>>{Fetched{"a 1\nb 2\n", "text/plain"}, Fetched{"a 1\n", ""},
                                     fail(ErrorCode::kConnection, "refused"), Fetched{"a 1", ""}},
        Milliseconds(100));
    Scraper scraper(options(4), {.target_labels = {{"job", "j"}}}, clock, collected.sink(), {}, std::move(fetcher));
    scraper.run();
    EXPECT_THAT(collected.scrapes,
                ElementsAre(ElementsAre("a{job=\"j\"} 1 @0", "b{job=\"j\"} 2 @0",
                                        "scrape_samples_scraped{job=\"j\"} 2 @0", "up{job=\"j\"} 1 @0"),
                            ElementsAre("a{job=\"j\"} 1 @1000", "b{job=\"j\"} stale @1000",
                                        "scrape_samples_scraped{job=\"j\"} 1 @1000", "up{job=\"j\"} 1 @1000"),
                            ElementsAre("a{job=\"j\"} stale @2000", "scrape_samples_scraped{job=\"j\"} 0 @2000",
                                        "up{job=\"j\"} 0 @2000"),
                            ElementsAre("a{job=\"j\"} 1 @3000", "scrape_samples_scraped{job=\"j\"} 1 @3000",
                                        "up{job=\"j\"} 1 @3000")));
    EXPECT_EQ(scraper.stats().failures, 1U);
    EXPECT_EQ(scraper.stats().target.stale_markers, 2U);
}

TEST(Scraper, NoMarkersAtItsOwnEnd) {
    VirtualClock clock;
    Collected collected;
    Scraper scraper(options(1), {}, clock, collected.sink(), {},
                    std::make_unique<FakeFetcher>(clock, std::vector<Result<Fetched>>{Fetched{"a 1\n", ""}}));
    scraper.run();
    scraper.stop();
    EXPECT_THAT(collected.scrapes, ElementsAre(ElementsAre("a 1 @0", "scrape_samples_scraped 1 @0", "up 1 @0")));
}

TEST(Scraper, WhatCannotBeParsedIsAFailedScrape) {
    const std::vector<Fetched> bad{
        {"a x\n", "text/plain"}, {"a 1\n", "application/openmetrics-text; version=1.0.0"}, {"<html>", "text/html"}};
    for (const Fetched& each : bad) {
        VirtualClock clock;
        Collected collected;
        std::vector<std::string> log;
        Scraper scraper(
            options(2), {}, clock, collected.sink(), [&](LogLevel, const std::string& text) { log.push_back(text); },
            std::make_unique<FakeFetcher>(clock, std::vector<Result<Fetched>>{each}));
        scraper.run();
        EXPECT_THAT(collected.scrapes[0], ElementsAre("scrape_samples_scraped 0 @0", "up 0 @0"));
        ASSERT_EQ(log.size(), 1U);  // the same failure again is not news
        EXPECT_THAT(log[0], ::testing::StartsWith("scrape failed: "));
    }
}

TEST(Scraper, MissedIntervalsAreSkippedNotCaughtUp) {
    VirtualClock clock;
    Collected collected;
    Scraper scraper(
        options(3), {}, clock, collected.sink(), {},
        std::make_unique<FakeFetcher>(clock, std::vector<Result<Fetched>>{Fetched{"a 1\n", ""}}, Milliseconds(2500)));
    scraper.run();
    std::vector<std::string> first;
    for (const auto& lines : collected.scrapes) first.push_back(lines.front());
    EXPECT_THAT(first, ElementsAre("a 1 @0", "a 1 @3000", "a 1 @6000"));
    EXPECT_EQ(scraper.stats().missed, 6U);
}

TEST(Scraper, TimestampsIncreaseEvenIfTheWallClockStepsBack) {
    VirtualClock clock;
    Collected collected;
    Scraper scraper(options(1), {}, clock, collected.sink(), {},
                    std::make_unique<FakeFetcher>(clock, std::vector<Result<Fetched>>{Fetched{"a 1\n", ""}}));
    scraper.scrape_once();
    clock.set_wall(1'600'000'000'000);
    scraper.scrape_once();
    EXPECT_EQ(collected.scrapes[1].front(), "a 1 @1");
}

TEST(Scraper, NegotiatesOverHttp) {
    std::mutex mutex;
    std::vector<std::string> heads;
    http::Server target({}, [&](const http::Request& request) {
        const std::lock_guard lock(mutex);
        heads.push_back(request.raw_head);
        http::Response response;
        response.status = 200;
        if (heads.size() == 1) {
            response.headers = {{"Content-Type", "application/openmetrics-text; version=1.0.0; charset=utf-8"}};
            response.body = "a 1\n# EOF\n";
        } else if (heads.size() == 2) {
            response.headers = {{"Content-Type", "text/plain; version=0.0.4"}};
            response.body = "a  2\n";
        } else if (heads.size() == 3) {
            response.headers = {{"Content-Type", std::string(proto::kMetricFamilyContentType)}};
            response.body = proto::encode_metric_families(one_gauge("a", 3));
        } else if (heads.size() == 4) {
            response.headers = {{"Content-Type",
                                 "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; "
                                 "encoding=compact-text"}};
            response.body = proto::encode_metric_families(one_gauge("a", 4));
        } else {
            response.status = 500;
        }
        return response;
    });
    ASSERT_TRUE(target.start());
    VirtualClock clock;
    Collected collected;
    ScrapeOptions scrape = options(5);
    scrape.url = *http::parse_url(target.url("/metrics?x=1"));
    scrape.timeout = scrape.interval;
    Scraper scraper(scrape, {}, clock, collected.sink());
    scraper.run();
    ASSERT_EQ(collected.scrapes.size(), 5U);
    EXPECT_EQ(collected.scrapes[0].front(), "a 1 @0");
    EXPECT_EQ(collected.scrapes[1].front(), "a 2 @1000");
    EXPECT_EQ(collected.scrapes[2].front(), "a 3 @2000");
    EXPECT_EQ(collected.scrapes[3].front(), "a stale @3000");  // not the delimited encoding: a failed scrape
    EXPECT_EQ(collected.scrapes[4].back(), "up 0 @4000");
    EXPECT_THAT(heads[0], ::testing::StartsWith("GET /metrics?x=1 HTTP/1.1\r\n"));
    EXPECT_THAT(heads[0],
                ::testing::HasSubstr("\r\nAccept: "
                                     "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;"
                                     "encoding=delimited;q=0.7,application/openmetrics-text;version=1.0.0;q=0.6,"
                                     "text/plain;version=0.0.4;q=0.5,*/*;q=0.1\r\n"));
    EXPECT_THAT(heads[0], ::testing::HasSubstr("\r\nX-Prometheus-Scrape-Timeout-Seconds: 1.0"));
}

/// A server that answers every scrape with `body`, and what comes of scraping it.
struct OverHttp {
    std::string body = "a 1\n";
    std::function<void()> asked = [] {};
    std::string head;  ///< of the last scrape
    VirtualClock clock;
    Collected collected;

    ScrapeStats scrape(ScrapeOptions how) {
        http::Server target({}, [this](const http::Request& request) {
            head = request.raw_head;
            asked();
            http::Response response;
            response.status = 200;
            response.body = body;
            return response;
        });
        EXPECT_TRUE(target.start());
        how.url = *http::parse_url(target.url("/"));
        Scraper scraper(how, {}, clock, collected.sink());
        scraper.run();
        target.stop(http::Milliseconds(0));
        return scraper.stats();
    }
};

TEST(Scraper, MayTakeLongerThanTheInterval) {
    OverHttp target;
    target.asked = [&] { target.clock.advance(Milliseconds(2500)); };
    ScrapeOptions scrape = options(3);
    scrape.timeout = Milliseconds(5000);
    const auto stats = target.scrape(scrape);
    EXPECT_THAT(target.head, ::testing::HasSubstr("\r\nX-Prometheus-Scrape-Timeout-Seconds: 5.0"));
    ASSERT_EQ(target.collected.scrapes.size(), 3U);
    EXPECT_EQ(target.collected.scrapes[1].front(), "a 1 @3000") << "the ticks at 1000 and 2000 are left out";
    EXPECT_EQ(stats.missed, 6U);
}

TEST(Scraper, AsksForTheFormatItIsTold) {
    OverHttp target;
    ScrapeOptions scrape = options(1);
    scrape.format = InputFormat::kText;
    target.scrape(scrape);
    EXPECT_THAT(target.head, ::testing::HasSubstr("\r\nAccept: text/plain;version=0.0.4,*/*;q=0.1\r\n"));
    EXPECT_EQ(target.collected.scrapes.at(0).front(), "a 1 @0");
}

TEST(Scraper, TakesTheClassicPartWhereNativeHistogramsAreNotWanted) {
    std::vector<proto::ExposedFamily> histogram(1);
    histogram[0].name = "h";
    histogram[0].type = proto::ExposedType::kHistogram;
    auto& metric = histogram[0].metrics.emplace_back();
    metric.native.emplace();
    metric.buckets.emplace_back();
    const Fetched answer{proto::encode_metric_families(histogram), std::string(proto::kMetricFamilyContentType)};
    for (const bool native : {true, false}) {
        VirtualClock clock;
        std::size_t histograms = 0, points = 0;
        ScrapeOptions scrape = options(1);
        scrape.native_histograms = native;
        const auto sink = [&](std::vector<proto::Series> all) {
            for (const auto& each : all) histograms += each.histograms.size();
            return points = all.size();
        };
        Scraper scraper(scrape, {}, clock, sink, {},
                        std::make_unique<FakeFetcher>(clock, std::vector<Result<Fetched>>{answer}));
        scraper.run();
        EXPECT_EQ(histograms, native ? 1U : 0U);
        EXPECT_EQ(points, native ? 4U : 7U);
    }
}

TEST(Scraper, AnExpositionOverTheLimitFails) {
    OverHttp target;
    target.body = "a 1\nb 2\n";
    ScrapeOptions scrape = options(1);
    scrape.max_body = 7;
    target.scrape(scrape);
    EXPECT_THAT(target.collected.scrapes[0], ElementsAre("scrape_samples_scraped 0 @0", "up 0 @0"));
}

TEST(Scraper, StopEndsAScrapeThatHangsWithoutAReport) {
    std::promise<void> asked;
    http::Server target({}, [&](const http::Request&) {
        asked.set_value();
        http::Response response;
        response.fault = http::Fault::kStall;
        return response;
    });
    ASSERT_TRUE(target.start());
    SystemClock clock;
    Collected collected;
    ScrapeOptions scrape = options(5);
    scrape.url = *http::parse_url(target.url("/"));
    scrape.interval = scrape.timeout = Milliseconds(60'000);
    Scraper scraper(scrape, {}, clock, collected.sink());
    auto running = std::async(std::launch::async, [&] { scraper.run(); });
    ASSERT_EQ(asked.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
    scraper.stop();
    ASSERT_EQ(running.wait_for(std::chrono::seconds(20)), std::future_status::ready);
    EXPECT_TRUE(collected.scrapes.empty());
}

TEST(TargetLabels, InstanceIsHostAndPort) {
    EXPECT_THAT(target_labels(*http::parse_url("http://h/metrics"), "j", ""),
                ElementsAre(std::pair<std::string, std::string>("instance", "h:80"),
                            std::pair<std::string, std::string>("job", "j")));
    EXPECT_EQ(target_labels(*http::parse_url("http://[::1]:9/"), "j", "")[0].second, "[::1]:9");
    EXPECT_EQ(target_labels(*http::parse_url("http://h/"), "j", "me")[0].second, "me");
}

}  // namespace
}  // namespace prw::sender
