// How often a sender brings new data, and how long scenarios wait for a slow one.
#include "run/pace.h"

#include <gtest/gtest.h>

#include "story.h"

namespace prw::sender_suite {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using testing_support::Story;

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kAnswered = 100;  // us that a request of a story takes

TEST(Cadence, IsTheUsualIntervalBetweenRequestsWithNewData) {
    Story story("steady");
    story.request(204, "", {{"m", 1}});
    EXPECT_EQ(cadence_us(story.record().observation), std::nullopt) << "one request has no interval";
    for (int i = 2; i <= 6; ++i) story.after(10 * kSecond).request(204, "", {{"m", i}});
    story.after(30 * kSecond).request(204, "", {{"m", 7}});  // one was late
    EXPECT_EQ(cadence_us(story.record().observation), 10 * kSecond + kAnswered);
}

TEST(Cadence, PartsOfOneFlushAreNoRounds) {
    Story story("steady");
    for (int round = 0; round < 3; ++round) {
        story.after(5 * kSecond);
        for (int part = 0; part < 10; ++part) {
            story.request(204, "", {{"m", 100 * round + part}});
            story.after(10'000);
        }
    }
    EXPECT_EQ(cadence_us(story.record().observation), 5 * kSecond + kAnswered);
}

struct Disturbance {
    const char* name;
    int status;
    std::int64_t lasts_us;
};

TEST(Cadence, WhatARefusalOrALateAnswerHeldBackSaysNothing) {
    for (const auto& row : {Disturbance{"server error", 503, kAnswered}, Disturbance{"limit", 429, kAnswered},
                            Disturbance{"no answer", 0, kAnswered}, Disturbance{"late answer", 204, 2 * kSecond}}) {
        Story story("5xx-then-success");
        story.request(204, "", {{"m", 1}}).after(kSecond).request(row.status, "", {{"m", 2}}, row.lasts_us);
        story.after(20 * kSecond).request(204, "", {{"m", 2}}).request(204, "", {{"m", 3}});
        EXPECT_EQ(cadence_us(story.record().observation), kSecond + kAnswered) << row.name;
    }
    Story dropped("4xx");
    dropped.request(400, "", {{"m", 1}}).after(kSecond).request(400, "", {{"m", 2}});
    EXPECT_EQ(cadence_us(dropped.record().observation), kSecond + kAnswered) << "new data follows at its own time";
}

TEST(Cadence, RepeatsAndDictatedTimesAreNoNewData) {
    Story story("steady");
    story.request(204, "", {{"m", 1}, {"up_since", 1}});
    for (int i = 2; i < 9; ++i) story.after(kSecond).request(204, "", {{"m", 1}, {"up_since", i}});
    EXPECT_EQ(cadence_us(story.record().observation), std::nullopt);
}

TEST(Pace, SlowSendersAreGivenMoreTime) {
    struct Row {
        std::int64_t cadence_us;
        double patience;
        Patience wait;
        milliseconds lasts;
    };
    for (const auto& row : {
             Row{250'000, 1, {20s, 10}, 20s},    // a fast one is not waited for any longer than usual
             Row{1'000'000, 1, {20s, 10}, 20s},  //
             Row{10'000'000, 1, {20s, 10}, 100s},
             Row{10'000'000, 1, {1s, 1}, 10s},
             Row{10'000'000, 1, {300ms, 0}, 300ms},
             Row{250'000, 4, {20s, 10}, 80s},
             Row{10'000'000, 2, {20s, 10}, 200s},
             Row{3'600'000'000, 1, {1s, 1}, 120s},  // a sender that has fallen silent is not waited for for ever
             Row{10'000'000, 1, kTimeLimit, 600s},
         }) {
        SharedCadence shared;
        shared.learn(row.cadence_us);
        EXPECT_EQ(Pace(row.patience, 15s, &shared).of(row.wait), row.lasts) << row.cadence_us << " " << row.patience;
    }
}

TEST(Pace, UntilItIsKnownASecondRequestMayTakeAsLongAsTheFirst) {
    const Pace pace(2, 15s, nullptr);
    EXPECT_EQ(pace.cadence(), std::nullopt);
    EXPECT_EQ(pace.of({8s, 3}), 30s);
    EXPECT_EQ(pace.of({1s, 1}), 2s) << "what needs no second request does not wait for one";
}

TEST(Pace, IsToldToTheOtherScenariosByTheFirstThatKnows) {
    SharedCadence shared;
    Pace first(1, 15s, &shared), second(1, 15s, &shared);
    Story story("steady");
    for (int i = 1; i <= 3; ++i) story.after(10 * kSecond).request(204, "", {{"m", i}});
    for (const auto& delivery : story.record().deliveries()) {
        EXPECT_EQ(second.cadence(), std::nullopt);
        first.request(delivery, story.record().observation);
    }
    EXPECT_EQ(second.cadence(), std::chrono::microseconds(10 * kSecond + kAnswered));
}

TEST(Pace, ScrapesTellItAsWell) {
    Pace pace(1, 15s, nullptr);
    const std::chrono::steady_clock::time_point start;
    pace.scrape(start);
    pace.scrape(start + 10s);
    EXPECT_EQ(pace.cadence(), 10s);
    pace.restarted();
    pace.scrape(start + 100s);
    EXPECT_EQ(pace.cadence(), 10s) << "the program did not run all that time";
}

}  // namespace
}  // namespace prw::sender_suite
