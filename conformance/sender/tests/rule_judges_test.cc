// What all requests of a run tell that one of them does not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "prw/proto/model.h"
#include "prw/proto/snappy_block.h"
#include "prw/rules/check.h"
#include "prw/sender_suite/checks.h"

namespace prw::sender_suite {
namespace {

using proto::MetricType;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::int64_t kNow = 1'760'000'000'000;

struct Sent {
    const char* metric;
    MetricType type;
    std::uint64_t bits = proto::to_bits(1);
    const char* help = "";
};

/// The verdict of a rule over these 2.0 requests, each with the series given.
std::string verdict(const std::string& rule, const std::vector<std::vector<Sent>>& requests) {
    ScenarioRecord record;
    record.scenario = "steady";
    record.asked = proto::ProtobufMessage::kV2;
    record.target.input = suite::Input::kNone;
    record.started = true;
    std::uint64_t id = 0;
    for (const auto& sent : requests) {
        proto::WriteRequest request;
        for (const auto& each : sent) {
            proto::Series series;
            series.labels = {{"__name__", each.metric}};
            series.samples = {{each.bits, kNow, 0}};
            series.metadata.type = each.type;
            series.metadata.help = each.help;
            request.series.push_back(std::move(series));
        }
        exchange::Exchange exchange;
        exchange.id = ++id;
        exchange.raw_body = proto::compress_snappy(proto::encode(request, record.asked));
        exchange.raw_head =
            "POST /api/v1/write HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: made/1.0\r\nContent-Encoding: snappy\r\n"
            "Content-Type: application/x-protobuf;proto=io.prometheus.write.v2.Request\r\n"
            "X-Prometheus-Remote-Write-Version: 2.0.0\r\nContent-Length: " +
            std::to_string(exchange.raw_body.size()) + "\r\n\r\n";
        exchange.status = 204;
        exchange.response_sent = true;
        rules::CheckOptions options;
        options.now_ms = kNow;
        exchange.check = rules::check(exchange.raw_head, exchange.payload(), options);
        record.observation.add(exchange);
    }
    const ScenarioRecord* const records[] = {&record};
    for (const auto& check : judge_rules(records, record.asked)) {
        if (check.id == "sender/" + rule) return std::string(name_of(check.verdict)) + ": " + check.reason;
    }
    return "no check of " + rule;
}

TEST(RetryAttempt, SaysWhatItTakesForARetry) {
    // Who batches anew before each attempt retries, too; other checks see that by the data.
    EXPECT_EQ(verdict("headers/retry-attempt", {{{"jobs_total", MetricType::kCounter}}}),
              "inconclusive: no retry of the same bytes or with Retry-Attempt was sent");
}

TEST(MetadataType, IsMissingOnlyWhereTheSourceHasOne) {
    constexpr auto kRule = "metadata/type-provided";
    const Sent counter = {"jobs_total", MetricType::kCounter}, no_type = {"jobs_total", MetricType::kUnspecified},
               untyped = {"odd", MetricType::kUnspecified};
    // None at all, in small requests or large.
    EXPECT_THAT(verdict(kRule, {{no_type, untyped}}), StartsWith("warn"));
    EXPECT_THAT(verdict(kRule, {{no_type}, {untyped}}), StartsWith("warn"));
    // The source leaves one untyped: seen beside typed ones, or alone in its request.
    EXPECT_THAT(verdict(kRule, {{counter, untyped}}), StartsWith("info"));
    EXPECT_THAT(verdict(kRule, {{counter}, {untyped}}), AllOf(StartsWith("info"), HasSubstr("odd")));
    EXPECT_THAT(verdict(kRule, {{untyped}, {counter}}), StartsWith("info"));
    // So does a sender whose help texts show that it sends metadata.
    const Sent unknown = {"odd", MetricType::kUnspecified, proto::to_bits(1), "What it is."};
    EXPECT_THAT(verdict(kRule, {{unknown}}), StartsWith("info"));
    EXPECT_THAT(verdict(kRule, {{unknown}, {untyped}}), StartsWith("info"));
    EXPECT_THAT(verdict(kRule, {{unknown}, {{"odd", MetricType::kGauge}}}), StartsWith("info"));
    EXPECT_THAT(verdict(kRule, {{untyped}, {{"odd", MetricType::kGauge}}}), StartsWith("warn"));
    // What has a type at one time has it at any; a marker may come without.
    EXPECT_THAT(verdict(kRule, {{no_type}, {counter}}), StartsWith("warn"));
    EXPECT_THAT(verdict(kRule, {{no_type, untyped}, {counter}}), StartsWith("warn"));
    const Sent marker = {"jobs_total", MetricType::kUnspecified, proto::kStaleNanBits};
    EXPECT_THAT(verdict(kRule, {{counter}, {marker}}), StartsWith("pass"));
    EXPECT_THAT(verdict(kRule, {{counter}, {marker, untyped}}), StartsWith("info"));
}

// A configuration that sets reserved headers on purpose is judged by sender/headers/reserved-kept alone.
TEST(Rules, LeaveWhatATrialProvokesToItsOwnCheck) {
    const auto verdict_to = [](const std::string& target, const std::string& trial) {
        ScenarioRecord record;
        record.scenario = "configuration";
        record.target.input = suite::Input::kNone;
        record.started = true;
        record.observation.leave_to_trial(trial);
        proto::WriteRequest request;
        request.series.emplace_back().labels = {{"__name__", "m"}};
        request.series.back().samples = {{proto::to_bits(1), kNow, 0}};
        std::uint64_t id = 0;
        for (const auto& path : {std::string("/api/v1/write"), target}) {
            exchange::Exchange exchange;
            exchange.id = ++id;
            exchange.raw_body = proto::compress_snappy(proto::encode(request, record.asked));
            exchange.raw_head = "POST " + path +
                                " HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: made/1.0\r\nContent-Encoding: snappy\r\n"
                                "Content-Type: " +
                                (id == 1 ? "application/x-protobuf" : "text/plain") +
                                "\r\nX-Prometheus-Remote-Write-Version: 0.1.0\r\nContent-Length: " +
                                std::to_string(exchange.raw_body.size()) + "\r\n\r\n";
            exchange.status = 204;
            exchange.response_sent = true;
            exchange.check = rules::check(exchange.raw_head, exchange.payload());
            record.observation.add(exchange);
        }
        const ScenarioRecord* const records[] = {&record};
        for (const auto& check : judge_rules(records, record.asked)) {
            if (check.id == "sender/negotiation/media-type")
                return std::string(name_of(check.verdict)) + ": " + check.reason;
        }
        return std::string("none");
    };
    EXPECT_THAT(verdict_to("/trial/write", "/trial/write"), StartsWith("pass: 1 well-formed Content-Type"));
    EXPECT_THAT(verdict_to("/trial/write/api/v1/write?a=b", "/trial/write"), StartsWith("pass"));
    EXPECT_THAT(verdict_to("/trial/writer", "/trial/write"), StartsWith("fail"));
}

}  // namespace
}  // namespace prw::sender_suite
