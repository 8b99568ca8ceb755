/// The reference sender against our own rules: nothing to warn about, in either message.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "prw/proto/metric_family.h"
#include "prw/rules/check.h"
#include "prw/sender/queue.h"
#include "prw/sender/scraper.h"
#include "receiver_support.h"

namespace prw::sender {
namespace {

using proto::ProtobufMessage;
using testing_support::MiniReceiver;
using testing_support::Received;
using testing_support::status;

constexpr Milliseconds kLong{60'000};

std::string rich_openmetrics(int round, bool with_extra) {
    const std::string n = std::to_string(round);
    const std::string trace = "# {trace_id=\"KOO5S4vxi0o" + n + "\",span_id=\"a\"} 0.67";
    std::string out =
        "# TYPE http_requests counter\n# HELP http_requests Requests, \\\"all\\\" of them.\n"
        "http_requests_total{code=\"200\",path=\"/a\\\\b\",Zone=\"z\"} " +
        n + "5 " + trace +
        "\nhttp_requests_created{code=\"200\",path=\"/a\\\\b\",Zone=\"z\"} 1600000000.5\n"
        "http_requests_total{code=\"500\",path=\"\",job=\"own\",instance=\"other\"} 3\n"
        "# TYPE latency_seconds histogram\n# UNIT latency_seconds seconds\n# HELP latency_seconds Time.\n"
        "latency_seconds_bucket{le=\"0.1\"} 1\nlatency_seconds_bucket{le=\"1.0\"} " +
        n + "1 " + trace + " 1600000001." + n + "\nlatency_seconds_bucket{le=\"+Inf\"} " + n +
        "2\n"
        "latency_seconds_count " +
        n +
        "2\nlatency_seconds_sum 7.25\nlatency_seconds_created 1600000000\n"
        "# TYPE rpc_seconds summary\n# UNIT rpc_seconds seconds\nrpc_seconds{quantile=\"0.5\"} "
        "0.25\nrpc_seconds{quantile=\"0.99\"} NaN\nrpc_seconds_count 9\nrpc_seconds_sum 3\n"
        "# TYPE temperature gauge\n# HELP temperature T.\ntemperature{room=\"\xc3\xa9\xf0\x9f\x98\x80\"} "
        "-0\ntemperature{room=\"b\"} +Inf\ntemperature{room=\"c\"} 5e-324\n"
        "# TYPE build info\nbuild_info{version=\"1.2.3\"} 1\n# TYPE mode stateset\nmode{mode=\"on\"} "
        "1\nmode{mode=\"off\"} 0\n"
        "# TYPE queue gaugehistogram\nqueue_bucket{le=\"+Inf\"} 3\nqueue_gcount 3\nqueue_gsum 4\n"
        "# TYPE dated gauge\ndated 1 16000000" +
        n + "0.5\n";
    if (with_extra) out += "# TYPE extra gauge\nextra{a=\"1\"} 1\nextra{a=\"2\"} 2\n";
    return out + "# EOF\n";
}

std::string rich_text(int round) {
    return "# HELP go_gc_total GCs.\n# TYPE go_gc_total counter\ngo_gc_total " + std::to_string(round) +
           "\n# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds 1.6e9\n# TYPE h "
           "histogram\nh_bucket{le=\"5\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_sum 1\nh_count 2\n"
           "# TYPE reset_total counter\nreset_total " +
           std::to_string(10 - round) + "\n";
}

/// A target that changes: series go, scrapes fail, formats alternate.
class ChangingTarget final : public Fetcher {
public:
    Result<Fetched> fetch() override {
        const int round = ++round_;
        if (round == 4) return fail(ErrorCode::kConnection, "refused");
        if (round >= 6) return Fetched{rich_text(round), "text/plain; version=0.0.4"};
        return Fetched{rich_openmetrics(round, round < 3),
                       "application/openmetrics-text; version=1.0.0; charset=utf-8"};
    }
    void cancel() override {}

private:
    int round_ = 0;
};

constexpr std::string_view kNative =
    R"({"metrics":[{"name":"native_seconds","type":"histogram","help":"h","unit":"seconds","series":[
  {"labels":{"k":"int"},"start_timestamp_ms":1600000000000,"histogram":{"count":6,"sum":12.5,"schema":3,"zero_threshold":1e-128,"zero_count":1,
     "positive":{"spans":[{"offset":-2,"length":2},{"offset":1,"length":1}],"deltas":[1,1,-1]},"negative":{"spans":[{"offset":0,"length":1}],"deltas":[1]}},
   "exemplars":[{"labels":{"trace_id":"x"},"value":1}]},
  {"labels":{"k":"float"},"histogram":{"count":2.5,"sum":4,"schema":0,"positive":{"spans":[{"offset":0,"length":1}],"counts":[2.5]}}},
  {"labels":{"k":"custom"},"histogram":{"count":3,"sum":4,"schema":-53,"custom_values":[1,2],"positive":{"spans":[{"offset":0,"length":3}],"deltas":[1,0,0]}}}]},
  {"name":"levels","type":"gaugehistogram","series":[{"histogram":{"count":1,"sum":1,"reset_hint":"gauge","zero_count":1}}]},
  {"name":"gone","type":"gauge","series":[{"value":"StaleNaN"}]}]})";

void expect_clean(const std::vector<Received>& all, ProtobufMessage message) {
    rules::CheckOptions options;
    options.expected_target = "/api/v1/write";
    rules::Checker checker(options);
    ASSERT_FALSE(all.empty());
    std::string foreign = all.front().head;  // the judge is awake
    foreign.replace(foreign.find("Content-Encoding: snappy"), 24, "Content-Encoding: gzip");
    EXPECT_EQ(checker.check(foreign, all.front().body).worst(), rules::Severity::kFail);
    for (const Received& each : all) {
        const auto result = checker.check(each.head, each.body);
        EXPECT_TRUE(result.decoded);
        EXPECT_EQ(result.declared, message);
        EXPECT_EQ(result.status, 204);
        for (const auto& finding : result.findings) {
            EXPECT_EQ(finding.severity, rules::Severity::kInfo)
                << finding.rule << " (" << name_of(finding.severity) << "): " << finding.message << " | "
                << finding.series << " | " << finding.field;
        }
    }
}

class CleanUnderOurOwnRules : public ::testing::TestWithParam<ProtobufMessage> {};

TEST_P(CleanUnderOurOwnRules, ScrapesMarkersRetriesAndHistograms) {
    MiniReceiver receiver([](std::size_t number) -> std::optional<http::Response> {
        if (number % 3 == 1) return status(503);
        return std::nullopt;
    });
    SystemClock clock;
    RemoteWriteOptions remote;
    remote.url = receiver.url();
    remote.message = GetParam();
    remote.min_backoff = remote.max_backoff = Milliseconds(1);
    remote.headers = {{"X-Scope-OrgID", "team-a"}};
    Queue queue({.shards = 2, .batch_size = 20, .flush_interval = Milliseconds(1)}, remote, clock);
    ScrapeOptions scrape;
    scrape.url = *http::parse_url("http://target:1/metrics");
    scrape.interval = Milliseconds(2);
    scrape.count = 8;
    Scraper scraper(
        scrape, {.target_labels = target_labels(scrape.url, "rich", ""), .external_labels = {{"dc", "north"}}}, clock,
        [&](auto points) { return queue.push(std::move(points)); }, {}, std::make_unique<ChangingTarget>());
    scraper.run();
    ScrapedTarget file;
    const auto native = parse_exposition(kNative, InputFormat::kJson);
    ASSERT_TRUE(native) << native.error().text();
    auto points = file.ingest(*native, clock.wall_ms());
    const std::size_t given = points.size();
    EXPECT_EQ(queue.push(std::move(points)), given);
    queue.finish(kLong);
    const SendStats stats = queue.stats();
    EXPECT_EQ(stats.rejected + stats.failed + stats.unsent, 0U);
    EXPECT_EQ(stats.acknowledged + stats.left_out, stats.pushed);
    EXPECT_EQ(stats.left_out, GetParam() == ProtobufMessage::kV1 ? 4U : 0U);
    EXPECT_EQ(stats.exemplars_sent > 0, GetParam() == ProtobufMessage::kV2);
    EXPECT_GT(stats.retries, 0U);
    EXPECT_GT(scraper.stats().target.stale_markers, 10U);
    expect_clean(receiver.received(), GetParam());
}

/// What only protobuf exposes, and series that go.
std::string rich_protobuf(int round) {
    using proto::ExposedType;
    const auto exemplar = [&](std::int64_t timestamp_ms) {
        return proto::ExposedExemplar{{{"trace_id", "KOO5S4vxi0o" + std::to_string(round)}},
                                      proto::to_bits(0.67),
                                      1'700'000'000'000 + 10 * round + timestamp_ms};
    };
    const auto family = [](ExposedType type, std::string name, std::string unit = "") {
        return proto::ExposedFamily{std::move(name), "Help, \"quoted\".", std::move(unit), type, {}};
    };
    const auto metric = [](const char* kind) {
        proto::ExposedMetric out;
        out.labels = {{"kind", kind}, {"empty", ""}, {"Zone", "\xc3\xa9\xf0\x9f\x98\x80"}};
        out.start_timestamp_ms = 1'600'000'000'500;
        return out;
    };
    const auto count = static_cast<std::uint64_t>(round);
    auto counter = family(ExposedType::kCounter, "requests_total");
    counter.metrics.push_back(metric("c"));
    counter.metrics[0].value_bits = proto::to_bits(round);
    counter.metrics[0].exemplar = exemplar(0);
    auto gauge = family(ExposedType::kGauge, "temperature");
    gauge.metrics.push_back(metric("g"));
    gauge.metrics[0].value_bits = proto::kStaleNanBits;  // goes out as an ordinary NaN
    auto summary = family(ExposedType::kSummary, "rpc_seconds", "seconds");
    summary.metrics.push_back(metric("s"));
    summary.metrics[0].count = round;
    summary.metrics[0].quantiles = {{proto::to_bits(0.5), proto::kNormalNanBits}};

    auto histogram = family(ExposedType::kHistogram, "latency_seconds", "seconds");
    auto& both = histogram.metrics.emplace_back(metric("both"));
    both.count = round;
    both.buckets = {{proto::to_bits(1), static_cast<double>(round), exemplar(1)}};
    auto& integers = both.native.emplace();
    integers.count = count + 3;
    integers.zero_count = std::uint64_t{1};
    integers.sum_bits = proto::to_bits(1.5);
    integers.zero_threshold = 1e-128;
    integers.positive_spans = {{-2, 1}, {0, 0}, {0, 1}};
    integers.positive_deltas = {1, round - 1};
    integers.negative_spans = {{3, 1}};
    integers.negative_deltas = {1};
    both.exemplars = {exemplar(2), exemplar(1), exemplar(2)};
    histogram.metrics.push_back(metric("empty"));
    histogram.metrics.back().native.emplace();
    if (round < 3) {
        auto& floats = histogram.metrics.emplace_back(metric("float")).native.emplace();
        floats.count = 2.5;
        floats.zero_count = 0.5;
        floats.positive_spans = {{0, 1}};
        floats.positive_counts = {2};
        auto& classic = histogram.metrics.emplace_back(metric("classic"));
        classic.count = round;
        classic.buckets = {{proto::to_bits(0.25), 1, {}}};
    }
    auto levels = family(ExposedType::kGaugeHistogram, "levels");
    auto& level = levels.metrics.emplace_back(metric("native"));
    level.native.emplace().count = std::uint64_t{1};
    level.native->zero_count = std::uint64_t{1};
    levels.metrics.push_back(metric("classic"));
    levels.metrics.back().count = 3;
    return proto::encode_metric_families({counter, gauge, summary, histogram, levels});
}

class ProtobufTarget final : public Fetcher {
public:
    Result<Fetched> fetch() override {
        if (++round_ == 4) return fail(ErrorCode::kConnection, "refused");
        return Fetched{rich_protobuf(round_), std::string(proto::kMetricFamilyContentType)};
    }
    void cancel() override {}

private:
    int round_ = 0;
};

TEST_P(CleanUnderOurOwnRules, ProtobufScrapes) {
    const bool v2 = GetParam() == ProtobufMessage::kV2;
    MiniReceiver receiver;
    SystemClock clock;
    RemoteWriteOptions remote;
    remote.url = receiver.url();
    remote.message = GetParam();
    Queue queue({.shards = 2, .batch_size = 20, .flush_interval = Milliseconds(1)}, remote, clock);
    ScrapeOptions scrape;
    scrape.url = *http::parse_url("http://target:1/metrics");
    scrape.interval = Milliseconds(2);
    scrape.count = 6;
    scrape.native_histograms = v2;
    std::vector<std::string> log;
    Scraper scraper(
        scrape, {.target_labels = target_labels(scrape.url, "rich", "")}, clock,
        [&](auto points) { return queue.push(std::move(points)); },
        [&](LogLevel level, const std::string& text) {
            if (level >= LogLevel::kWarn) log.push_back(text);
        },
        std::make_unique<ProtobufTarget>());
    scraper.run();
    queue.finish(kLong);
    EXPECT_THAT(log, ::testing::ElementsAre("scrape failed: refused"));
    const SendStats stats = queue.stats();
    EXPECT_EQ(stats.rejected + stats.failed + stats.unsent, 0U);
    EXPECT_EQ(stats.acknowledged + stats.left_out, stats.pushed);
    EXPECT_EQ(stats.left_out, v2 ? 0U : 12U);        // in 1.0, what is native alone: 2 in 5 scrapes, 1 in 2
    EXPECT_EQ(stats.exemplars_sent, v2 ? 15U : 0U);  // 1 and 2 in 5 scrapes
    EXPECT_GT(scraper.stats().target.stale_markers, 10U);
    expect_clean(receiver.received(), GetParam());
    std::set<std::string> natives;
    for (const auto& each : receiver.received())
        for (const auto& series : each.request.series)
            if (!series.histograms.empty()) natives.insert(series_name(series.labels));
    EXPECT_EQ(natives.size(), v2 ? 4U : 0U);
}

INSTANTIATE_TEST_SUITE_P(Messages, CleanUnderOurOwnRules, ::testing::Values(ProtobufMessage::kV1, ProtobufMessage::kV2),
                         [](const auto& tested) { return tested.param == ProtobufMessage::kV1 ? "V1" : "V2"; });

TEST(CleanAfterFallback, HeadersAndBodyAgree) {
    MiniReceiver receiver(
        [](std::size_t number) -> std::optional<http::Response> { return status(number == 0 ? 415 : 204); });
    SystemClock clock;
    RemoteWriteOptions remote;
    remote.url = receiver.url();
    remote.message = ProtobufMessage::kV2;
    remote.fallback = true;
    Queue queue({.batch_size = 10}, remote, clock);
    ScrapedTarget target;
    const auto scrape = parse_exposition(rich_openmetrics(1, true), InputFormat::kOpenMetrics);
    ASSERT_TRUE(scrape);
    (void)queue.push(target.ingest(*scrape, clock.wall_ms()));
    queue.finish(kLong);
    auto all = receiver.received();
    ASSERT_GT(all.size(), 2U);
    expect_clean({all[0]}, ProtobufMessage::kV2);
    all.erase(all.begin());
    expect_clean(all, ProtobufMessage::kV1);
}

}  // namespace
}  // namespace prw::sender
