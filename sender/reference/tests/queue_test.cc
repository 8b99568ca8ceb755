#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <random>

#include "prw/sender/queue.h"
#include "prw/sender/target.h"
#include "receiver_support.h"

namespace prw::sender {
namespace {

using testing_support::acknowledged;
using testing_support::MiniReceiver;
using testing_support::Received;
using testing_support::sample;
using testing_support::status;

constexpr Milliseconds kLong{60'000};

RemoteWriteOptions remote_to(const http::Url& url, proto::ProtobufMessage message = proto::ProtobufMessage::kV1) {
    RemoteWriteOptions options;
    options.url = url;
    options.message = message;
    options.min_backoff = Milliseconds(1);
    options.max_backoff = Milliseconds(4);
    return options;
}

std::vector<proto::Series> round_of(std::size_t series, std::int64_t timestamp) {
    std::vector<proto::Series> out;
    for (std::size_t i = 0; i < series; ++i)
        out.push_back(sample("m", static_cast<double>(timestamp), timestamp, {{"i", std::to_string(i)}}));
    return out;
}

TEST(Queue, BatchesAreBoundedAndTheRestIsFlushed) {
    MiniReceiver receiver;
    SystemClock clock;
    Queue queue({.batch_size = 10, .flush_interval = kLong}, remote_to(receiver.url()), clock);
    EXPECT_EQ(queue.push(round_of(25, 1)), 25U);
    queue.finish(kLong);
    std::vector<std::size_t> sizes;
    for (const Received& each : receiver.received()) sizes.push_back(each.request.series.size());
    EXPECT_THAT(sizes, ::testing::ElementsAre(10, 10, 5));
    const SendStats stats = queue.stats();
    EXPECT_EQ(stats.acknowledged, 25U);
    EXPECT_EQ(stats.requests, 3U);
    EXPECT_TRUE(stats.all_acknowledged());
}

TEST(Queue, LargeLabelsEndABatchEarly) {
    MiniReceiver receiver;
    SystemClock clock;
    Queue queue({.batch_size = 100, .batch_bytes = 3000, .flush_interval = kLong}, remote_to(receiver.url()), clock);
    std::vector<proto::Series> points;
    for (int i = 0; i < 5; ++i)
        points.push_back(sample("m", 1, 1, {{"i", std::to_string(i)}, {"x", std::string(1000, 'x')}}));
    (void)queue.push(std::move(points));
    queue.finish(kLong);
    EXPECT_EQ(receiver.received().size(), 3U);
    EXPECT_EQ(queue.stats().acknowledged, 5U);
}

TEST(Queue, ABatchThatDoesNotFillUpIsSentAfterTheFlushInterval) {
    MiniReceiver receiver;
    SystemClock clock;
    Queue queue({.flush_interval = Milliseconds(5)}, remote_to(receiver.url()), clock);
    (void)queue.push(round_of(3, 1));
    EXPECT_TRUE(receiver.wait_for(1));
}

TEST(Queue, ConnectionsAreKept) {
    MiniReceiver receiver;
    SystemClock clock;
    Queue queue({.batch_size = 1}, remote_to(receiver.url()), clock);
    (void)queue.push(round_of(20, 1));
    queue.finish(kLong);
    for (const Received& each : receiver.received()) EXPECT_EQ(each.connection, 1U);
}

/// Every series arrives completely and in order over several shards although a third of the answers ask for a retry.
TEST(Ordering, PerSeriesOverShardsUnderRetries) {
    std::mutex mutex;
    std::mt19937 random(7);
    MiniReceiver receiver([&](std::size_t) -> std::optional<http::Response> {
        const std::lock_guard lock(mutex);
        if (random() % 3 == 0) return status(503);
        return std::nullopt;
    });
    SystemClock clock;
    Queue queue({.shards = 4, .batch_size = 7, .flush_interval = Milliseconds(1), .capacity = 50},
                remote_to(receiver.url(), proto::ProtobufMessage::kV2), clock);
    constexpr std::size_t kSeries = 30;
    constexpr std::int64_t kRounds = 40;
    for (std::int64_t round = 1; round <= kRounds; ++round) ASSERT_EQ(queue.push(round_of(kSeries, round)), kSeries);
    queue.finish(kLong);
    EXPECT_TRUE(queue.stats().all_acknowledged());
    EXPECT_GT(queue.stats().retries, 0U);
    const auto all = receiver.received();
    const auto series = acknowledged(all);
    ASSERT_EQ(series.size(), kSeries);
    for (const auto& [name, samples] : series) {
        ASSERT_EQ(samples.size(), static_cast<std::size_t>(kRounds)) << name;
        for (std::size_t i = 0; i < samples.size(); ++i)
            EXPECT_EQ(samples[i].timestamp, static_cast<std::int64_t>(i) + 1) << name;
    }
    // No two requests in flight hold the same series.
    for (std::size_t a = 0; a < all.size(); ++a) {
        for (std::size_t b = a + 1; b < all.size(); ++b) {
            if (all[a].end < all[b].begin || all[b].end < all[a].begin) continue;
            for (const auto& x : all[a].request.series)
                for (const auto& y : all[b].request.series) EXPECT_NE(x.labels, y.labels);
        }
    }
}

TEST(Queue, LaterDataIsSentAfterARejection) {
    MiniReceiver receiver([](std::size_t number) -> std::optional<http::Response> {
        if (number == 0) return status(400);
        return std::nullopt;
    });
    SystemClock clock;
    Queue queue({.batch_size = 5}, remote_to(receiver.url()), clock);
    (void)queue.push(round_of(10, 1));
    queue.finish(kLong);
    const SendStats stats = queue.stats();
    EXPECT_EQ(stats.rejected, 5U);
    EXPECT_EQ(stats.acknowledged, 5U);
    EXPECT_FALSE(stats.all_acknowledged());
    EXPECT_EQ(receiver.received().size(), 2U);
}

TEST(Queue, TransportFaultsAreRetriedUntilTheyPass) {
    MiniReceiver receiver([](std::size_t number) -> std::optional<http::Response> {
        static constexpr http::Fault kFaults[] = {http::Fault::kCloseBeforeResponse, http::Fault::kResetBeforeResponse,
                                                  http::Fault::kCutResponse, http::Fault::kGarbage};
        if (number >= std::size(kFaults)) return std::nullopt;
        http::Response response;
        response.status = 200;
        response.body = "some text that is cut";
        response.fault = kFaults[number];
        return response;
    });
    SystemClock clock;
    Queue queue({}, remote_to(receiver.url()), clock);
    (void)queue.push(round_of(1, 1));
    queue.finish(kLong);
    EXPECT_EQ(queue.stats().acknowledged, 1U);
    EXPECT_GE(receiver.received().size(), 5U);
}

TEST(Queue, AReceiverThatNeverAnswersTimesOutAndIsTriedAgain) {
    MiniReceiver receiver([](std::size_t number) -> std::optional<http::Response> {
        if (number > 0) return std::nullopt;
        http::Response response;
        response.fault = http::Fault::kStall;
        return response;
    });
    SystemClock clock;
    auto options = remote_to(receiver.url());
    options.client.timeout = Milliseconds(50);
    Queue queue({}, options, clock);
    (void)queue.push(round_of(1, 1));
    queue.finish(kLong);
    EXPECT_EQ(queue.stats().acknowledged, 1U);
}

TEST(Queue, PushWaitsForRoom) {
    std::promise<void> open;
    const auto opened = open.get_future().share();
    MiniReceiver receiver([opened](std::size_t) -> std::optional<http::Response> {
        opened.wait_for(std::chrono::seconds(20));
        return std::nullopt;
    });
    SystemClock clock;
    Queue queue({.batch_size = 1, .capacity = 3}, remote_to(receiver.url()), clock);
    auto pushing = std::async(std::launch::async, [&] { return queue.push(round_of(10, 1)); });
    ASSERT_EQ(pushing.wait_for(std::chrono::milliseconds(50)),
              std::future_status::timeout);  // nothing is answered, so nothing moves
    open.set_value();
    EXPECT_EQ(pushing.get(), 10U);
    queue.finish(kLong);
    EXPECT_EQ(queue.stats().acknowledged, 10U);
}

TEST(Queue, ReleaseEndsAWaitingPush) {
    MiniReceiver receiver([](std::size_t) -> std::optional<http::Response> { return status(503); });
    SystemClock clock;
    Queue queue({.batch_size = 1, .capacity = 2}, remote_to(receiver.url()), clock);
    auto pushing = std::async(std::launch::async, [&] { return queue.push(round_of(10, 1)); });
    ASSERT_TRUE(receiver.wait_for(2));
    queue.release();
    const std::size_t taken = pushing.get();
    EXPECT_LT(taken, 10U);
    queue.finish(Milliseconds(0));
    EXPECT_EQ(queue.stats().pushed, taken);
    EXPECT_EQ(queue.stats().unsent, taken);
}

TEST(Queue, FinishKeepsItsDeadlineAndCountsWhatIsLost) {
    MiniReceiver receiver([](std::size_t) -> std::optional<http::Response> { return status(500); });
    SystemClock clock;
    auto options = remote_to(receiver.url());
    options.max_backoff = options.min_backoff = Milliseconds(3'600'000);  // only cancelling ends this wait
    Queue queue({.shards = 2, .batch_size = 2}, options, clock);
    (void)queue.push(round_of(9, 1));
    ASSERT_TRUE(receiver.wait_for(2));
    queue.finish(Milliseconds(10));
    EXPECT_EQ(queue.stats().unsent, 9U);
    EXPECT_FALSE(queue.stats().all_acknowledged());
    EXPECT_EQ(queue.push(round_of(1, 2)), 0U);
}

TEST(Queue, FinishCancelsARequestThatHangs) {
    MiniReceiver receiver([](std::size_t) -> std::optional<http::Response> {
        http::Response response;
        response.fault = http::Fault::kStall;
        return response;
    });
    SystemClock clock;
    Queue queue({.flush_interval = Milliseconds(1)}, remote_to(receiver.url()), clock);
    (void)queue.push(round_of(2, 1));
    ASSERT_TRUE(receiver.wait_for(1));
    const auto begin = std::chrono::steady_clock::now();
    queue.finish(Milliseconds(10));
    EXPECT_LT(std::chrono::steady_clock::now() - begin,
              std::chrono::seconds(10));  // the request's own time-out is 30 s
    EXPECT_EQ(queue.stats().unsent, 2U);
}

TEST(Queue, NobodyListens) {
    http::Url url;
    {
        MiniReceiver receiver;
        url = receiver.url();
    }
    SystemClock clock;
    auto options = remote_to(url);
    options.max_retries = 2;
    Queue queue({}, options, clock);
    (void)queue.push(round_of(2, 1));
    queue.finish(kLong);
    EXPECT_EQ(queue.stats().answers, 0U);
    EXPECT_EQ(queue.stats().failed, 2U);
    EXPECT_NE(queue.stats().last_error, "");
}

TEST(Queue, FallbackIsSharedByTheShards) {
    MiniReceiver old(
        [](std::size_t number) -> std::optional<http::Response> { return status(number == 0 ? 415 : 204); });
    SystemClock clock;
    auto options = remote_to(old.url(), proto::ProtobufMessage::kV2);
    options.fallback = true;
    Queue queue({.batch_size = 5}, options, clock);
    (void)queue.push(round_of(20, 1));
    queue.finish(kLong);
    const auto all = old.received();
    ASSERT_EQ(all.size(), 5U);
    EXPECT_EQ(all[0].message, proto::ProtobufMessage::kV2);
    for (std::size_t i = 1; i < all.size(); ++i) EXPECT_EQ(all[i].message, proto::ProtobufMessage::kV1);
    EXPECT_EQ(queue.stats().acknowledged, 20U);
    EXPECT_TRUE(queue.stats().fell_back);
    EXPECT_EQ(queue.stats().retries, 0U);
}

/// Values reach the wire bit for bit, whatever they are.
TEST(BitExact, FromTextToTheWire) {
    const std::string input =
        "v{k=\"0\"} 0\nv{k=\"-0\"} -0\nv{k=\"inf\"} +Inf\nv{k=\"-inf\"} -Inf\nv{k=\"nan\"} NaN\nv{k=\"sub\"} "
        "5e-324\nv{k=\"-sub\"} -2.2250738585072011e-308\n"
        "v{k=\"odd\"} 9007199254740993\nv{k=\"big\"} 9007199254740994\nv{k=\"max\"} "
        "1.7976931348623157e308\nv{k=\"17\"} 0.30000000000000004\nv{k=\"third\"} 0.1\n";
    const std::map<std::string, std::uint64_t> wanted{
        {"v{k=\"0\"}", 0x0},
        {"v{k=\"-0\"}", 0x8000000000000000},
        {"v{k=\"inf\"}", 0x7ff0000000000000},
        {"v{k=\"-inf\"}", 0xfff0000000000000},
        {"v{k=\"nan\"}", 0x7ff8000000000001},
        {"v{k=\"sub\"}", 0x1},
        {"v{k=\"-sub\"}", 0x800fffffffffffff},
        {"v{k=\"odd\"}", 0x4340000000000000},
        {"v{k=\"big\"}", 0x4340000000000001},
        {"v{k=\"max\"}", 0x7fefffffffffffff},
        {"v{k=\"17\"}", 0x3fd3333333333334},
        {"v{k=\"third\"}", 0x3fb999999999999a},
    };
    for (const auto message : {proto::ProtobufMessage::kV1, proto::ProtobufMessage::kV2}) {
        MiniReceiver receiver;
        SystemClock clock;
        Queue queue({.shards = 3}, remote_to(receiver.url(), message), clock);
        ScrapedTarget target;
        const auto scrape = parse_exposition(input, InputFormat::kText);
        ASSERT_TRUE(scrape);
        (void)queue.push(target.ingest(*scrape, 1'700'000'000'000));
        (void)queue.push(target.fail(1'700'000'001'000));
        queue.finish(kLong);
        const auto got = acknowledged(receiver.received());
        ASSERT_EQ(got.size(), wanted.size());
        for (const auto& [name, bits] : wanted) {
            ASSERT_EQ(got.at(name).size(), 2U) << name;
            EXPECT_EQ(got.at(name)[0].value_bits, bits) << name;
            EXPECT_EQ(got.at(name)[1].value_bits, 0x7ff0000000000002U) << name;
        }
    }
}

}  // namespace
}  // namespace prw::sender
