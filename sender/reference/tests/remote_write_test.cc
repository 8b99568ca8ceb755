#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "delivery_support.h"
#include "prw/sender/exposition.h"
#include "support.h"

namespace prw::sender {
namespace {

using proto::ProtobufMessage;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing_support::answer;
using testing_support::decoded;
using testing_support::FakeTransport;
using testing_support::no_answer;
using testing_support::sample;
using testing_support::VirtualClock;
using testing_support::written;

http::Url url(std::string_view text = "http://127.0.0.1:9201/api/v1/write") {
    auto parsed = http::parse_url(text);
    EXPECT_TRUE(parsed);
    return *parsed;
}

/// One writer with everything around it.
struct Bench {
    explicit Bench(std::vector<Result<http::ClientResponse>> replies, ProtobufMessage message = ProtobufMessage::kV1,
                   double chance = 0.5)
        : session(message), transport(std::move(replies)), random([chance] { return chance; }) {
        options.url = url();
        options.message = message;
    }
    BatchResult deliver(std::vector<proto::Series> batch = {sample("a", 1, 1000)}) {
        if (!writer)
            writer.emplace(options, session, transport, clock, random,
                           [this](LogLevel, const std::string& text) { log.push_back(text); });
        return writer->deliver(batch);
    }
    RemoteWriteOptions options;
    Session session;
    FakeTransport transport;
    VirtualClock clock;
    Random random;
    std::vector<std::string> log;
    std::optional<RemoteWriter> writer;
};

TEST(Headers, InOrderAndExactForBothMessages) {
    Bench v1({answer(204)});
    EXPECT_EQ(v1.deliver().outcome, Outcome::kAccepted);
    EXPECT_THAT(v1.transport.sent[0].headers,
                ElementsAre(std::pair<std::string, std::string>("User-Agent", default_user_agent()),
                            std::pair<std::string, std::string>("Content-Encoding", "snappy"),
                            std::pair<std::string, std::string>("Content-Type", "application/x-protobuf"),
                            std::pair<std::string, std::string>("X-Prometheus-Remote-Write-Version", "0.1.0")));
    Bench v2({answer(204, written(1))}, ProtobufMessage::kV2);
    EXPECT_EQ(v2.deliver().outcome, Outcome::kAccepted);
    EXPECT_EQ(v2.transport.sent[0].header("Content-Type"),
              "application/x-protobuf;proto=io.prometheus.write.v2.Request");
    EXPECT_EQ(v2.transport.sent[0].header("X-Prometheus-Remote-Write-Version"), "2.0.0");
    EXPECT_EQ(v2.transport.sent[0].header("Retry-Attempt"), "(none)");
    EXPECT_THAT(default_user_agent(), ::testing::MatchesRegex("prw/[0-9.]+"));
}

TEST(Headers, ReservedOnesAreRefused) {
    for (const char* name : {"Content-Encoding", "content-type", "X-Prometheus-Remote-Write-Version", "USER-AGENT",
                             "Content-Length", "Host", "Transfer-Encoding", "Connection", "Retry-Attempt"}) {
        const auto result = check_header(name, "x");
        ASSERT_FALSE(result) << name;
        EXPECT_EQ(result.error().code, ErrorCode::kInvalidArgument);
        EXPECT_THAT(result.error().text(), HasSubstr(std::string("the header ") + name + " is reserved"));
    }
    EXPECT_TRUE(check_header("X-Scope-OrgID", "team a"));
    EXPECT_FALSE(check_header("X Scope", "a"));
    EXPECT_FALSE(check_header("", "a"));
    EXPECT_FALSE(check_header("X-A", "a\r\nX-B: b"));
    EXPECT_FALSE(check_header("X-A", "\xc3\xa9"));
}

TEST(Headers, CustomOnesFollowTheOwn) {
    Bench bench({answer(204)});
    bench.options.headers = {{"X-Scope-OrgID", "a"}};
    (void)bench.deliver();
    EXPECT_EQ(bench.transport.sent[0].headers.back(), (std::pair<std::string, std::string>("X-Scope-OrgID", "a")));
}

TEST(Credentials, BasicFromTheUrl) {
    Bench bench({answer(204)});
    bench.options.url = url("http://Aladdin:open%20sesame@127.0.0.1:1/x");
    (void)bench.deliver();
    EXPECT_EQ(bench.transport.sent[0].header("Authorization"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
}

TEST(Credentials, BearerTokenIsReadAgain) {
    const prw::testing::TempDir dir;
    prw::testing::write_file(dir.file("token"), "first\n");
    Bench bench({answer(204)});
    bench.options.bearer_token_file = dir.file("token");
    ASSERT_TRUE(check_options(bench.options));
    (void)bench.deliver();
    prw::testing::write_file(dir.file("token"), "second");
    (void)bench.deliver();
    EXPECT_EQ(bench.transport.sent[0].header("Authorization"), "Bearer first");
    EXPECT_EQ(bench.transport.sent[1].header("Authorization"), "Bearer second");
    bench.options.bearer_token_file = dir.file("missing");
    EXPECT_THAT(check_options(bench.options).error().text(), HasSubstr("cannot read the token file"));
}

TEST(Credentials, TwoKindsAreRefused) {
    RemoteWriteOptions options;
    options.url = url("http://u:p@h/");
    options.headers = {{"authorization", "x"}};
    EXPECT_THAT(check_options(options).error().text(), HasSubstr("credentials are given twice"));
}

TEST(Retries, FiveHundredsAreRetriedWithTheSameBytesAndAnAttemptHeader) {
    for (const int status : {500, 501, 502, 503, 504, 599}) {
        SCOPED_TRACE(status);
        Bench bench({answer(status), answer(status), answer(204)});
        const BatchResult done = bench.deliver();
        EXPECT_EQ(done.outcome, Outcome::kAccepted);
        EXPECT_EQ(done.attempts, 3U);
        ASSERT_EQ(bench.transport.sent.size(), 3U);
        EXPECT_EQ(bench.transport.sent[0].header("Retry-Attempt"), "(none)");
        EXPECT_EQ(bench.transport.sent[1].header("Retry-Attempt"), "1");
        EXPECT_EQ(bench.transport.sent[2].header("Retry-Attempt"), "2");
        EXPECT_EQ(bench.transport.sent[0].body, bench.transport.sent[1].body);
        EXPECT_EQ(bench.transport.sent[0].body, bench.transport.sent[2].body);
    }
}

TEST(Retries, TransportErrorsAreRetried) {
    Bench bench({no_answer(), no_answer(), answer(200)});
    const BatchResult done = bench.deliver();
    EXPECT_EQ(done.outcome, Outcome::kAccepted);
    EXPECT_EQ(done.answers, 1U);
}

TEST(Retries, NoFourHundredIsRetried) {
    for (int status = 400; status < 500; ++status) {
        SCOPED_TRACE(status);
        Bench bench({answer(status, {{"Retry-After", "1"}}, "please retry"), answer(204)});
        const BatchResult done = bench.deliver();
        EXPECT_EQ(done.outcome, Outcome::kRejected);
        EXPECT_EQ(bench.transport.sent.size(), 1U);
        EXPECT_EQ(done.status, status);
        EXPECT_THAT(done.error, HasSubstr("the receiver answered " + std::to_string(status) + ": please retry"));
    }
}

TEST(Retries, TooManyRequestsByChoice) {
    Bench bench({answer(429), answer(204)});
    bench.options.retry_on_429 = true;
    EXPECT_EQ(bench.deliver().outcome, Outcome::kAccepted);
    EXPECT_EQ(bench.transport.sent.size(), 2U);
}

TEST(Retries, NoTwoHundredIsRetriedWhateverTheBodySays) {
    for (const int status : {200, 201, 202, 204, 299}) {
        Bench bench({answer(status, {}, "error: out of order, retry")});
        EXPECT_EQ(bench.deliver().outcome, Outcome::kAccepted);
        EXPECT_EQ(bench.transport.sent.size(), 1U);
    }
}

TEST(Retries, BackoffDoublesFrom30MillisecondsTo5SecondsWithJitter) {
    for (const double chance : {0.0, 0.5, 0.999999}) {
        std::vector<Result<http::ClientResponse>> replies(12, answer(503));
        replies.push_back(answer(204));
        Bench bench(std::move(replies), ProtobufMessage::kV1, chance);
        EXPECT_EQ(bench.deliver().outcome, Outcome::kAccepted);
        ASSERT_EQ(bench.clock.waits.size(), 12U);
        std::int64_t d = 30;
        for (const Milliseconds wait : bench.clock.waits) {
            EXPECT_GE(wait.count(), d / 2);
            EXPECT_LE(wait.count(), d);
            d = std::min<std::int64_t>(d * 2, 5000);
        }
        EXPECT_EQ(bench.clock.waits.back().count() > 4900, chance > 0.9);
    }
}

TEST(Retries, BackoffStartsAnewAfterSuccess) {
    Bench bench({answer(503), answer(503), answer(503), answer(204), answer(503), answer(204)}, ProtobufMessage::kV1,
                0);
    (void)bench.deliver();
    (void)bench.deliver();
    EXPECT_THAT(bench.clock.waits, ElementsAre(Milliseconds(15), Milliseconds(30), Milliseconds(60), Milliseconds(15)));
}

TEST(RetryAfter, IsTheLeastWait) {
    struct Row {
        const char* value;
        std::int64_t at_least, at_most;
    };
    // The virtual clock stands at 2023-11-14T22:13:20Z.
    const Row rows[] = {{"2", 2000, 2000},
                        {"Tue, 14 Nov 2023 22:13:25 GMT", 5000, 5000},
                        {"Tuesday, 14-Nov-23 22:13:25 GMT", 5000, 5000},
                        {"Tue Nov 14 22:13:25 2023", 5000, 5000},
                        {"0", 15, 30},
                        {"soon", 15, 30},
                        {"-5", 15, 30},
                        {"1.5", 15, 30},
                        {"Tue, 14 Nov 2023 22:13:00 GMT", 15, 30},
                        {"Tue, 31 Feb 2023 22:13:00 GMT", 15, 30},
                        {"99999999999999999999", 3'600'000, 3'600'000}};
    for (const Row& row : rows) {
        SCOPED_TRACE(row.value);
        Bench bench({answer(503, {{"Retry-After", row.value}}), answer(204)});
        EXPECT_EQ(bench.deliver().outcome, Outcome::kAccepted);
        ASSERT_EQ(bench.clock.waits.size(), 1U);
        EXPECT_GE(bench.clock.waits[0].count(), row.at_least);
        EXPECT_LE(bench.clock.waits[0].count(), row.at_most);
    }
}

TEST(Retries, BoundedByNumber) {
    Bench bench({answer(500)});
    bench.options.max_retries = 3;
    const BatchResult done = bench.deliver();
    EXPECT_EQ(done.outcome, Outcome::kGaveUp);
    EXPECT_EQ(done.attempts, 4U);
    EXPECT_EQ(done.error, "the receiver answered 500; gave up after 4 attempts");
}

TEST(Retries, BoundedByTimeSinceTheFirstFailure) {
    Bench bench({no_answer()});
    bench.options.retry_for = Milliseconds(10'000);
    EXPECT_EQ(bench.deliver().outcome, Outcome::kGaveUp);
    EXPECT_LE(bench.clock.now() - SteadyTime(), Milliseconds(10'000));
    EXPECT_GE(bench.clock.now() - SteadyTime(), Milliseconds(5'000));
    const BatchResult next =
        bench.deliver();  // the receiver has been away for too long: one more attempt, not ten more seconds
    EXPECT_EQ(next.outcome, Outcome::kGaveUp);
    EXPECT_LE(next.attempts, 2U);
}

TEST(Retries, EndWhenCancelled) {
    Bench bench({answer(503)});
    bench.transport.on_post = [&] {
        if (bench.transport.sent.size() == 3) bench.session.cancel();
    };
    const BatchResult done = bench.deliver();
    EXPECT_EQ(done.outcome, Outcome::kCancelled);
    EXPECT_EQ(done.attempts, 3U);
}

TEST(Redirects, OnlyThoseThatKeepMethodAndBody) {
    for (const int status : {307, 308}) {
        Bench bench({answer(status, {{"Location", "/other?x=1"}}), answer(204)});
        EXPECT_EQ(bench.deliver().outcome, Outcome::kAccepted);
        ASSERT_EQ(bench.transport.sent.size(), 2U);
        EXPECT_EQ(bench.transport.sent[1].url, "http://127.0.0.1:9201/other?x=1");
        EXPECT_EQ(bench.transport.sent[1].body, bench.transport.sent[0].body);
        EXPECT_EQ(bench.transport.sent[1].headers, bench.transport.sent[0].headers);
    }
    for (const int status : {300, 301, 302, 303, 304}) {
        Bench bench({answer(status, {{"Location", "/other"}}), answer(204)});
        const BatchResult done = bench.deliver();
        EXPECT_EQ(done.outcome, Outcome::kRejected);
        EXPECT_EQ(bench.transport.sent.size(), 1U);
        EXPECT_THAT(done.error, HasSubstr("a redirect is followed only for 307 and 308"));
    }
}

TEST(Redirects, Bounded) {
    Bench bench({answer(307, {{"Location", "/again"}})});
    const BatchResult done = bench.deliver();
    EXPECT_EQ(done.outcome, Outcome::kRejected);
    EXPECT_EQ(bench.transport.sent.size(), 4U);
    EXPECT_EQ(done.error, "more than 3 redirects, the last one to http://127.0.0.1:9201/again");
}

TEST(Redirects, ToAnotherOriginDropCredentials) {
    Bench bench({answer(307, {{"Location", "http://elsewhere:9/"}}), answer(204)});
    bench.options.url = url("http://u:p@127.0.0.1:9201/");
    EXPECT_EQ(bench.deliver().outcome, Outcome::kAccepted);
    EXPECT_NE(bench.transport.sent[0].header("Authorization"), "(none)");
    EXPECT_EQ(bench.transport.sent[1].header("Authorization"), "(none)");
    EXPECT_EQ(bench.transport.sent[1].url, "http://elsewhere:9/");
}

TEST(Fallback, On415HeadersAndBodyChangeTogetherAndStayChanged) {
    Bench bench({answer(415), answer(204), answer(204)}, ProtobufMessage::kV2);
    bench.options.fallback = true;
    const BatchResult first = bench.deliver();
    EXPECT_EQ(first.outcome, Outcome::kAccepted);
    EXPECT_TRUE(first.fell_back);
    EXPECT_EQ(first.message, ProtobufMessage::kV1);
    (void)bench.deliver();
    ASSERT_EQ(bench.transport.sent.size(), 3U);
    for (const std::size_t i : {1U, 2U}) {
        EXPECT_EQ(bench.transport.sent[i].header("Content-Type"), "application/x-protobuf");
        EXPECT_EQ(bench.transport.sent[i].header("X-Prometheus-Remote-Write-Version"), "0.1.0");
        EXPECT_EQ(bench.transport.sent[i].header("Retry-Attempt"), "(none)");
        EXPECT_EQ(decoded(bench.transport.sent[i].body, ProtobufMessage::kV1).series.size(), 1U);
    }
    EXPECT_THAT(bench.log,
                ElementsAre("the receiver answered 415; falling back to prometheus.WriteRequest (1.0) from here on"));
}

TEST(Fallback, OffByDefault) {
    Bench bench({answer(415), answer(204)}, ProtobufMessage::kV2);
    EXPECT_EQ(bench.deliver().outcome, Outcome::kRejected);
    EXPECT_EQ(bench.transport.sent.size(), 1U);
}

TEST(Fallback, NoneFrom10) {
    Bench bench({answer(415), answer(204)});
    bench.options.fallback = true;
    EXPECT_EQ(bench.deliver().outcome, Outcome::kRejected);
    EXPECT_EQ(bench.transport.sent.size(), 1U);
}

TEST(Written, TwoHundredWithoutHeadersCountsAs415) {
    Bench bench({answer(204)}, ProtobufMessage::kV2);
    const BatchResult done = bench.deliver();
    EXPECT_EQ(done.outcome, Outcome::kRejected);
    EXPECT_THAT(done.error, HasSubstr("treated as 415"));
    EXPECT_EQ(bench.transport.sent.size(), 1U);
    Bench falling({answer(204), answer(204)}, ProtobufMessage::kV2);
    falling.options.fallback = true;
    EXPECT_EQ(falling.deliver().outcome, Outcome::kAccepted);
    EXPECT_EQ(falling.transport.sent[1].header("Content-Type"), "application/x-protobuf");
}

TEST(Written, CountsAreCompared) {
    Bench equal({answer(200, written(2))}, ProtobufMessage::kV2);
    const std::vector<proto::Series> two{sample("a", 1, 1), sample("b", 1, 1)};
    EXPECT_FALSE(equal.deliver(two).written_mismatch());
    Bench less({answer(200, written(1))}, ProtobufMessage::kV2);
    const BatchResult done = less.deliver(two);
    EXPECT_TRUE(done.written_mismatch());
    EXPECT_EQ(done.outcome, Outcome::kAccepted);  // reported, not sent again
    EXPECT_EQ(less.transport.sent.size(), 1U);
    Bench partly({answer(200, {{"X-Prometheus-Remote-Write-Samples-Written", "2"}})}, ProtobufMessage::kV2);
    EXPECT_FALSE(partly.deliver(two).written_mismatch());
    Bench garbage({answer(200, {{"X-Prometheus-Remote-Write-Samples-Written", "two"}})}, ProtobufMessage::kV2);
    EXPECT_EQ(garbage.deliver(two).outcome, Outcome::kRejected);
}

TEST(Encoding, PointsOfASeriesAreMergedInOrder) {
    for (const auto message : {ProtobufMessage::kV1, ProtobufMessage::kV2}) {
        const auto request = encode_request({sample("a", 1, 1), sample("b", 2, 1), sample("a", 3, 2)}, message);
        const auto model = decoded(request.body, message);
        ASSERT_EQ(model.series.size(), 2U);
        EXPECT_EQ(model.series[0].samples.size(), 2U);
        EXPECT_EQ(model.series[0].samples[1].timestamp, 2);
        EXPECT_EQ(request.counts.samples, 3U);
    }
}

proto::Series native(std::int64_t timestamp) {
    proto::Series series = sample("h", 0, 0);
    series.samples.clear();
    series.histograms.emplace_back().timestamp = timestamp;
    series.exemplars.push_back({{{"trace_id", "x"}}, proto::to_bits(1), timestamp});
    return series;
}

TEST(Encoding, FloatsAndHistogramsOfASeriesAreSeparate) {
    const auto request = encode_request({native(1), native(2), sample("h", 0, 3)}, ProtobufMessage::kV2);
    const auto model = decoded(request.body, ProtobufMessage::kV2);
    ASSERT_EQ(model.series.size(), 2U);
    EXPECT_EQ(model.series[0].histograms.size(), 2U);
    EXPECT_EQ(model.series[0].exemplars.size(), 2U);
    EXPECT_EQ(model.series[1].samples.size(), 1U);
    EXPECT_EQ(request.counts, (proto::WrittenCounts{1, 2, 2}));
}

TEST(Encoding, WhatBelongsTo20IsLeftOutOf10) {
    const auto request = encode_request({native(1), sample("a", 1, 1)}, ProtobufMessage::kV1);
    const auto model = decoded(request.body, ProtobufMessage::kV1);
    ASSERT_EQ(model.series.size(), 1U);
    EXPECT_TRUE(model.metadata.empty());
    EXPECT_EQ(request.left_out, (proto::WrittenCounts{0, 1, 1}));
    EXPECT_TRUE(encode_request({native(1)}, ProtobufMessage::kV1).empty());
    Bench bench({answer(204)});
    EXPECT_EQ(bench.deliver({native(1)}).outcome, Outcome::kNothing);
    EXPECT_TRUE(bench.transport.sent.empty());
}

TEST(Encoding, Utf8NamesAreEscapedFor10Only) {
    const std::vector<proto::Series> batch{sample("my.name", 1, 1, {{"Z", "1"}, {"a.b", "2"}})};
    const auto v1 = encode_request(batch, ProtobufMessage::kV1);
    EXPECT_EQ(v1.renamed, 1U);
    EXPECT_EQ(series_name(decoded(v1.body, ProtobufMessage::kV1).series[0].labels),
              "U__my_2e_name{U__a_2e_b=\"2\",Z=\"1\"}");
    EXPECT_EQ(
        series_name(decoded(encode_request(batch, ProtobufMessage::kV2).body, ProtobufMessage::kV2).series[0].labels),
        "my.name{Z=\"1\",a.b=\"2\"}");
    EXPECT_EQ(escape_name("a:b_c", true), "a:b_c");
    EXPECT_EQ(escape_name("a:b_c", false), "U__a_3a_b__c");
    EXPECT_EQ(escape_name("1\xf0\x9f\x98\x80", true), "U___31__1f600_");
}

TEST(Backoff, IsNeverZero) {
    Backoff backoff(Milliseconds(0), Milliseconds(0), [] { return 0.0; });
    EXPECT_EQ(backoff.next(), Milliseconds(1));
}

}  // namespace
}  // namespace prw::sender
