// The judges of connections on observations made by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "story.h"

namespace prw::sender_suite {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using testing_support::Story;

constexpr auto kReuse = "sender/connection/reuse";
constexpr auto kAfterErrors = "sender/connection/reuse-after-errors";
constexpr std::int64_t kSecond = 1'000'000;

/// Requests with new data, each over a connection of its own.
Story opening_one_each(int requests, std::int64_t gap_us) {
    Story story("steady");
    for (int i = 1; i <= requests; ++i)
        story.on(static_cast<std::uint64_t>(i)).after(gap_us).request(204, "", {{"m", i}});
    return story;
}

TEST(ConnectionReuse, TwoRequestsOverOneConnectionAreEnough) {
    Story story("steady");
    story.request(204, "", {{"m", 1}}).after(10 * kSecond).request(204, "", {{"m", 2}});
    EXPECT_THAT(story.verdict(kReuse), StartsWith("pass: 2 requests over 1 connection"));
}

TEST(ConnectionReuse, AConnectionForEachRequestIsToldFromFourOn) {
    EXPECT_THAT(opening_one_each(3, kSecond).verdict(kReuse),
                StartsWith("inconclusive: 4 requests were needed to tell, 3 came"));
    EXPECT_THAT(opening_one_each(4, kSecond).verdict(kReuse), StartsWith("warn: each of 4 requests"));
}

TEST(ConnectionReuse, IdleConnectionsMayBeClosed) {
    EXPECT_THAT(opening_one_each(8, 10 * kSecond).verdict(kReuse),
                StartsWith("info: each of 8 requests came over a connection of its own, and they are so far apart"));
}

TEST(ConnectionReuse, RequestsAtTheSameTimeNeedConnectionsOfTheirOwn) {
    Story story("steady");
    for (int i = 1; i <= 4; ++i)
        story.on(static_cast<std::uint64_t>(i))
            .after(i == 1 ? 0 : -2 * kSecond)
            .request(204, "", {{"m", i}}, 2 * kSecond + 1);
    EXPECT_THAT(story.verdict(kReuse), StartsWith("info"));
}

TEST(ConnectionReuse, SaysWhatMorePatienceWouldShow) {
    auto story = opening_one_each(3, 10 * kSecond);
    EXPECT_THAT(story.verdict(kReuse), ::testing::EndsWith("3 came"));
    story.record().gave_up = true;
    story.record().duration_ms = 60'400;
    EXPECT_THAT(story.verdict(kReuse),
                ::testing::EndsWith("3 came in 60 s, with new data every 10.0 s; --patience 2 waits longer"));
    story.record().target.patience = 2;
    EXPECT_THAT(story.verdict(kReuse), HasSubstr("--patience 4 waits longer"));
}

/// One batch that is refused so often and then accepted; each attempt over a new connection, or all over one.
Story retries(int refused, bool anew, std::int64_t gap_us = kSecond) {
    Story story("5xx-then-success");
    for (int i = 1; i <= refused; ++i)
        story.on(anew ? static_cast<std::uint64_t>(i) : 1).after(gap_us).request(503, "", {{"m", 1}});
    story.on(anew ? static_cast<std::uint64_t>(refused) + 1 : 1).after(gap_us).request(204, "", {{"m", 1}});
    return story;
}

TEST(ReuseAfterErrors, AConnectionForEachRetryIsToldFromThreeOn) {
    EXPECT_THAT(retries(2, true).verdict(kAfterErrors), StartsWith("inconclusive: 3 retries"));
    EXPECT_THAT(retries(3, true).verdict(kAfterErrors), StartsWith("warn: each of 3 retries"));
    EXPECT_THAT(retries(1, false).verdict(kAfterErrors), StartsWith("pass"));
}

TEST(ReuseAfterErrors, OtherRetriesThanQuickOnesSayNothing) {
    EXPECT_THAT(retries(6, true, 10 * kSecond).verdict(kAfterErrors), StartsWith("inconclusive"));
}

TEST(ReuseAfterErrors, ARetryFromAPoolOfConnectionsIsNone) {
    Story story("5xx-then-success");
    story.on(1).request(204, "", {{"m", 1}}).on(2).request(204, "", {{"m", 2}});
    for (std::uint64_t i = 0; i < 8; ++i) story.on(1 + i % 2).request(503, "", {{"m", 9}});
    EXPECT_THAT(story.verdict(kAfterErrors), StartsWith("pass"));
}

TEST(ReuseAfterErrors, WhoKeepsNoConnectionIsToldSoOnce) {
    auto story = retries(4, true);
    for (std::uint64_t i = 10; i < 14; ++i) story.on(i).request(204, "", {{"m", static_cast<std::int64_t>(i)}});
    EXPECT_THAT(story.verdict(kAfterErrors),
                HasSubstr("not kept after ordinary answers either, which sender/connection/reuse reports"));
}

TEST(ReuseAfterErrors, WhoKeepsThemAfterOrdinaryAnswersAloneIsTold) {
    auto story = retries(4, true);
    for (int i = 10; i < 14; ++i) story.request(204, "", {{"m", i}});
    EXPECT_THAT(story.verdict(kAfterErrors), StartsWith("warn: each of 4 retries"));
}

}  // namespace
}  // namespace prw::sender_suite
