// The judges of what answers mean, on observations made by hand: what fails, what just does not, what never arose.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <set>

#include "checks/steps.h"
#include "story.h"

namespace prw::sender_suite {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using testing_support::Data;
using testing_support::Story;

constexpr auto kV1 = proto::ProtobufMessage::kV1;
constexpr auto kV2 = proto::ProtobufMessage::kV2;

// 4xx

constexpr auto kNoRetry = "sender/retry/not-on-4xx";
constexpr auto kOnce = "sender/retry/once-after-401";
constexpr auto kText4xx = "sender/response/text-of-4xx";
constexpr auto kPartial400 = "sender/retry/not-on-partial-write";
constexpr auto kLogs = "sender/response/logs-error";
constexpr auto kStays = "sender/negotiation/stays-after-4xx";

Story refused(int status, std::string_view step) {
    Story story("4xx", suite::Input::kScrape);
    story.request(204, "", {{"m", 1}}).request(status, step, {{"m", 2}});
    return story;
}

TEST(NotOn4xx, NamesTheStatusesAfterWhichDataCameAgain) {
    Story story("4xx", suite::Input::kScrape);
    story.request(400, refusal_step(400), {{"m", 1}})
        .request(403, refusal_step(403), {{"m", 2}})
        .request(204, "", {{"m", 2}})
        .request(404, refusal_step(404), {{"m", 3}})
        .request(204, "", {{"m", 4}});
    EXPECT_THAT(story.verdict(kNoRetry), StartsWith("fail: 1 sample came again after 403, in 1 request"));
}

/// All the statuses of the scenario but these, each on a batch of its own, and newer data.
Story& others_refused(Story& story, const std::set<int>& but = {}) {
    std::int64_t at = 1000;
    for (const int status : refusal_statuses(story.record().asked))
        if (!but.contains(status)) story.request(status, refusal_step(status), {{"m", ++at}});
    return story.request(204, "", {{"m", ++at}});
}

TEST(NotOn4xx, AnotherMessageAfter400Or415IsNoRetryButAfter403ItIs) {
    for (const auto& [status, verdict] : {std::pair{400, "pass"}, std::pair{415, "pass"}, std::pair{403, "fail"}}) {
        Story story("4xx", suite::Input::kScrape);
        others_refused(story, {status}).request(status, refusal_step(status), {{"m", 1}});
        story.in(kV2).request(204, "", {{"m", 1}}).request(204, "", {{"m", 2}});
        EXPECT_THAT(story.verdict(kNoRetry), StartsWith(verdict)) << status;
    }
}

TEST(NotOn4xx, EachStatusNeedsABatchOfItsOwn) {
    Story all("4xx", suite::Input::kScrape);
    EXPECT_THAT(others_refused(all).verdict(kNoRetry),
                StartsWith("pass: none of 8 samples that were answered 400, 403, 404, 408, 409, 413, 415, 422"));
    Story some("4xx", suite::Input::kScrape);
    others_refused(some, {404, 422}).request(404, refusal_step(404), {}).request(422, refusal_step(422), {});
    EXPECT_THAT(
        some.verdict(kNoRetry),
        AllOf(StartsWith("inconclusive"), HasSubstr("judged for 400, 403, 408, 409, 413, 415; 404, 422 met no data")));
    EXPECT_THAT(some.ended("exited with 0", true).verdict(kNoRetry),
                AllOf(StartsWith("pass"), HasSubstr("404, 422 met no data; the program exited with 0")));
    Story last("4xx", suite::Input::kScrape);
    others_refused(last, {422}).request(422, refusal_step(422), {{"m", 1}});
    EXPECT_THAT(last.verdict(kNoRetry), AllOf(StartsWith("inconclusive"), HasSubstr("nothing followed 422")));
    last.request(400, kStepAsksForRetry, {{"m", 2}});
    EXPECT_THAT(last.verdict(kNoRetry), StartsWith("pass")) << "a further refusal follows as well as anything";
}

TEST(NotOn4xx, UnsupportedMediaTypeBelongsTo1AsThereIsAScenarioFor2) {
    Story repeats("4xx", suite::Input::kScrape);
    others_refused(repeats, {415}).request(415, refusal_step(415), {{"m", 1}}).request(204, "", {{"m", 1}});
    EXPECT_THAT(repeats.verdict(kNoRetry), StartsWith("fail: 1 sample came again after 415"));
    Story v2("4xx", suite::Input::kScrape);
    EXPECT_THAT(others_refused(v2.asked_for_2()).verdict(kNoRetry),
                AllOf(StartsWith("pass: none of 7 samples"), Not(HasSubstr("415"))));
}

TEST(NotOn4xx, RefusalsWithSomethingOddAboutThemAreJudgedElsewhere) {
    auto story = refused(400, kStepAsksForRetry);
    story.request(204, "", {{"m", 2}}).request(204, "", {{"m", 3}});
    EXPECT_THAT(story.verdict(kNoRetry), StartsWith("inconclusive"));
    EXPECT_THAT(story.verdict(kText4xx), StartsWith("fail: 1 sample came again after a 400 that asks for a retry"));
}

TEST(NotOn4xx, HabitOfRepeatingIsNoRetry) {
    Story story("4xx");
    story.request(400, refusal_step(400), {{"m", 1}}).request(204, "", {{"m", 1}}).request(204, "", {{"m", 1}});
    EXPECT_THAT(story.verdict(kNoRetry), StartsWith("inconclusive"));
}

TEST(OddRefusals, WhoRepeatsAfterEvery400DoesNotReadTexts) {
    Story story("4xx", suite::Input::kScrape);
    story.request(400, refusal_step(400), {{"m", 1}})
        .request(204, "", {{"m", 1}})
        .request(400, kStepAsksForRetry, {{"m", 2}})
        .request(204, "", {{"m", 2}})
        .request(204, "", {{"m", 3}});
    EXPECT_THAT(story.verdict(kNoRetry), StartsWith("fail"));
    EXPECT_THAT(story.verdict(kText4xx), StartsWith("inconclusive"));
}

TEST(OddRefusals, DroppedDataPassesOnceLaterDataFollowed) {
    auto story = refused(400, kStepAsksForRetry);
    EXPECT_THAT(story.verdict(kText4xx), StartsWith("inconclusive"));
    story.request(204, "", {{"m", 3}});
    EXPECT_THAT(story.verdict(kText4xx), StartsWith("pass"));
    auto partial = refused(400, kStepPartial400);
    partial.asked_for_2().request(204, "", {{"m", 3}});
    EXPECT_THAT(partial.verdict(kPartial400), StartsWith("pass"));
    partial.request(204, "", {{"m", 2}});
    EXPECT_THAT(partial.verdict(kPartial400), StartsWith("fail"));
}

TEST(OnceAfter401, OneRepeatIsAllowedAndASecondIsNot) {
    auto story = refused(401, kStepUnauthorized);
    story.request(401, kStepUnauthorized, {{"m", 2}}).request(204, "", {{"m", 3}});
    EXPECT_THAT(story.verdict(kOnce), StartsWith("pass: what was answered 401 came again once"));
    story.request(204, "", {{"m", 2}});
    EXPECT_THAT(story.verdict(kOnce), StartsWith("fail: 1 sample came again after the second 401"));
    EXPECT_THAT(story.verdict(kNoRetry), StartsWith("inconclusive"));
}

TEST(OnceAfter401, IsJudgedByTheBatchWhateverElseIsRepeated) {
    // Two batches, one 401 each: neither shows what a second one does.
    auto apart = refused(401, kStepUnauthorized);
    apart.request(401, kStepUnauthorized, {{"m", 3}}).request(204, "", {{"m", 2}}).request(204, "", {{"m", 3}});
    apart.request(204, "", {{"m", 4}});
    EXPECT_THAT(apart.verdict(kOnce), StartsWith("pass: what was answered 401 came again once"));
    // Who repeats after 400, too, breaks this as well.
    Story all("4xx", suite::Input::kScrape);
    all.request(400, refusal_step(400), {{"m", 1}}).request(204, "", {{"m", 1}});
    for (int i = 0; i < 2; ++i) all.request(401, kStepUnauthorized, {{"m", 2}});
    all.request(204, "", {{"m", 2}, {"m", 3}}).request(204, "", {{"m", 4}});
    EXPECT_THAT(all.verdict(kOnce), StartsWith("fail: 1 sample came again after the second 401"));
    Story habit("4xx");
    habit.request(204, "", {{"m", 2}}).request(204, "", {{"m", 2}});
    for (int i = 0; i < 2; ++i) habit.request(401, kStepUnauthorized, {{"m", 5}});
    habit.request(204, "", {{"m", 5}});
    EXPECT_THAT(habit.verdict(kOnce), StartsWith("inconclusive"));
}

TEST(OnceAfter401, NeedsSomethingThatFollowed) {
    auto story = refused(401, kStepUnauthorized);
    EXPECT_THAT(story.verdict(kOnce), StartsWith("inconclusive"));
    story.request(204, "", {{"m", 3}});
    EXPECT_THAT(story.verdict(kOnce), StartsWith("pass: none of 1 sample came again"));
}

TEST(LogsError, NeedsTheTextOrALogWithoutIt) {
    auto story = refused(400, refusal_step(400));
    EXPECT_THAT(story.verdict(kLogs), StartsWith("inconclusive"));
    story.record().wrote_log = true;
    EXPECT_THAT(story.verdict(kLogs), StartsWith("warn"));
    story.record().logged_error_text = true;
    EXPECT_THAT(story.verdict(kLogs), StartsWith("pass"));
}

TEST(StaysAfter4xx, FallbackIsRightOnlyBefore2WasAccepted) {
    Story never("4xx", suite::Input::kScrape);
    never.asked_for_2().request(400, refusal_step(400), {{"m", 1}});
    never.in(kV1).request(204, "", {{"m", 1}}).request(204, "", {{"m", 2}});
    EXPECT_THAT(never.verdict(kStays), StartsWith("inconclusive"));

    Story changed("4xx", suite::Input::kScrape);
    changed.asked_for_2().request(204, "", {{"m", 1}}).request(400, refusal_step(400), {{"m", 2}});
    EXPECT_THAT(changed.verdict(kStays), StartsWith("inconclusive"));
    Story stayed = changed;
    stayed.request(204, "", {{"m", 3}});
    EXPECT_THAT(stayed.verdict(kStays), StartsWith("pass"));
    changed.in(kV1).request(204, "", {{"m", 3}});
    EXPECT_THAT(changed.verdict(kStays), StartsWith("warn: 1 request in 1.0 after a 400"));
}

// Retry-After and 429

constexpr auto kSeconds = "sender/retry/retry-after-seconds";
constexpr auto kDate = "sender/retry/retry-after-date";
constexpr auto kWait429 = "sender/retry/retry-after-on-429";

/// What a sender waits after each kind of answer, in seconds; plain: the three 503 without Retry-After in turn.
struct Waits {
    double two = 2, four = 4, date = 4.5;
    std::array<double, 3> plain = {0.03, 0.05, 0.04};
};

Story paced(const Waits& waits) {
    Story story("retry-after");
    std::int64_t at = 0;
    const auto add = [&](std::string_view step, double seconds) {
        story.request(503, step, {{"m", ++at}})
            .after(static_cast<std::int64_t>(seconds * 1e6))
            .request(204, "", {{"m", at}});
    };
    add(kStepsPlain503[0], waits.plain[0]);
    add(kStepSeconds, waits.two);
    add(kStepsPlain503[1], waits.plain[1]);
    add(kStepMoreSeconds, waits.four);
    add(kStepDate, waits.date);
    add(kStepsPlain503[2], waits.plain[2]);
    return story;
}

TEST(RetryAfter, WaitIsComparedWithTheWaitWithoutIt) {
    struct Row {
        const char* sender;
        Waits waits;
        const char* seconds;
        const char* date;
    };
    const Row rows[] = {
        {"waits as told", {}, "pass", "pass"},
        {"adds a second of jitter at most", {2.9, 4.1, 5.3, {0.4, 1.0, 0.1}}, "pass", "pass"},
        {"is early by a tick", {1.96, 3.96, 3.96}, "pass", "pass"},
        {"is early by more", {1.9, 3.9, 3.9}, "warn", "warn"},
        {"takes no notice", {0.03, 0.06, 0.05}, "warn", "warn"},
        {"waits one second, always", {1, 1, 1, {1, 1, 1}}, "warn", "warn"},
        {"waits two seconds, always", {2, 2, 2, {2, 2, 2}}, "warn", "warn"},
        {"waits three seconds, always", {3, 3, 3, {3, 3, 3}}, "warn", "warn"},
        {"waits five seconds, always", {5, 5, 5, {5, 5, 5}}, "inconclusive", "inconclusive"},
        {"doubles its back-off meanwhile", {2.1, 8.4, 16, {1, 4.2, 32}}, "inconclusive", "inconclusive"},
        {"waits anything", {2.7, 4.1, 4.2, {0.2, 3.6, 1}}, "inconclusive", "inconclusive"},
        {"waits longer after the shorter one", {4.4, 4.1, 4.5}, "inconclusive", "pass"},
        {"knows seconds only", {2, 4, 0.04}, "pass", "warn"},
    };
    for (const auto& row : rows) {
        const auto story = paced(row.waits);
        EXPECT_THAT(story.verdict(kSeconds), StartsWith(row.seconds)) << row.sender;
        EXPECT_THAT(story.verdict(kDate), StartsWith(row.date)) << row.sender;
    }
    EXPECT_THAT(paced({}).verdict(kSeconds),
                HasSubstr("the data came again after 2.0 s and 4.0 s, told to wait 2 s and 4 s; without Retry-After "
                          "after 50 ms at most"));
}

TEST(RetryAfter, WithoutTheComparisonNothingIsEarned) {
    Story story("retry-after");
    story.request(503, kStepSeconds, {{"m", 1}}).after(2'000'000).request(204, "", {{"m", 1}});
    EXPECT_THAT(story.verdict(kSeconds),
                StartsWith("inconclusive: no request with samples was answered with a 503 with "
                           "Retry-After in more seconds"));
    story.request(503, kStepMoreSeconds, {{"m", 2}}).after(4'000'000).request(204, "", {{"m", 2}});
    EXPECT_THAT(story.verdict(kSeconds), HasSubstr("was not to be seen"));
    story.request(503, kStepPlain503, {{"m", 3}}).request(204, "", {{"m", 3}});
    EXPECT_THAT(story.verdict(kSeconds), StartsWith("pass"));
}

TEST(RetryAfter, OtherDataNeedNotWait) {
    Story story("retry-after");
    story.request(503, kStepPlain503, {{"m", 0}}).request(204, "", {{"m", 0}});
    story.request(503, kStepSeconds, {{"m", 1}})
        .request(204, "", {{"n", 1}})
        .after(2'000'000)
        .request(204, "", {{"m", 1}});
    story.request(503, kStepMoreSeconds, {{"m", 2}})
        .request(204, "", {{"n", 2}})
        .after(4'000'000)
        .request(204, "", {{"m", 2}});
    EXPECT_THAT(story.verdict(kSeconds), StartsWith("pass"));
}

TEST(RetryAfter, DataThatNeverCameAgainIsAnotherChecksMatter) {
    Story story("retry-after");
    story.request(503, kStepSeconds, {{"m", 1}}).request(204, "", {{"m", 2}});
    EXPECT_THAT(story.verdict(kSeconds), StartsWith("inconclusive"));
}

TEST(OddRetryAfter, InThePastIsNoReasonToComeBackAtOnce) {
    const auto verdict = [](std::array<std::int64_t, 3> past_us, std::int64_t plain_us) {
        Story story("retry-after");
        std::int64_t at = 0;
        const auto add = [&](std::string_view step, std::int64_t gap_us) {
            story.request(503, step, {{"m", ++at}}).after(gap_us).request(204, "", {{"m", at}});
        };
        add(kStepOddWord, plain_us);
        for (std::size_t i = 0; i < 3; ++i) {
            add(kStepsPastDate.at(i), past_us.at(i));
            add(kStepsPlain503.at(i), plain_us);
        }
        return story.verdict("sender/retry/odd-retry-after");
    };
    EXPECT_THAT(verdict({900, 1'200, 4'900}, 50'000),
                StartsWith("warn: the data came again at once after each of 3 503s with a Retry-After in the past"));
    EXPECT_THAT(verdict({900, 14'900, 4'900}, 50'000), StartsWith("warn")) << "a busy machine prolongs one";
    for (const auto& past : {std::array<std::int64_t, 3>{900, 1'200, 15'100}, {900, 5'100, 5'100}})
        EXPECT_THAT(verdict(past, 50'000), StartsWith("pass")) << "full jitter may be next to nothing";
    EXPECT_THAT(verdict({900, 900, 900}, 14'900), StartsWith("pass")) << "a short wait in any case";
    EXPECT_THAT(verdict({900, 900, 900}, 900), StartsWith("pass")) << "no back-off at all is another check's matter";
}

struct Still {
    const char* check;
    std::string_view step;
};

TEST(Misleading5xx, IsRetriedLikeAnyOther) {
    for (const auto& still :
         {Still{"sender/retry/odd-retry-after", kStepOddWord}, Still{"sender/retry/odd-retry-after", kStepPastDate},
          Still{"sender/retry/odd-retry-after", kStepsPastDate[2]},
          Still{"sender/response/text-of-5xx", kStepSaysPermanent},
          Still{"sender/retry/partial-write", kStepPartial503}}) {
        Story story("retry-after");
        story.asked_for_2().request(503, still.step, {{"m", 1}, {"n", 1}});
        EXPECT_THAT(story.verdict(still.check), StartsWith("inconclusive")) << still.step;
        Story lost = story, half = story;
        story.request(204, "", {{"m", 1}}).request(204, "", {{"n", 1}});
        EXPECT_THAT(story.verdict(still.check), StartsWith("pass")) << still.step;
        lost.request(204, "", {{"m", 2}});
        EXPECT_THAT(lost.verdict(still.check), StartsWith("fail: 2 samples never came again")) << still.step;
        half.request(204, "", {{"m", 1}, {"m", 2}});
        // The rest of a request that was written in part is what a sender must not send alone.
        EXPECT_THAT(half.verdict(still.check),
                    StartsWith(still.step == kStepPartial503 ? "fail: 1 sample never came again"
                                                             : "inconclusive: 1 of 2 samples (50.0 %) came again"))
            << still.step;
    }
}

TEST(Misleading5xx, WhoNeverRetriesDoesNotReadTexts) {
    Story story("retry-after");
    story.request(503, kStepPlain503, {{"m", 1}}).request(503, kStepSaysPermanent, {{"m", 2}});
    story.request(204, "", {{"m", 3}});
    EXPECT_THAT(story.verdict("sender/response/text-of-5xx"), StartsWith("inconclusive"));
}

TEST(On429, BothWaysAreAllowed) {
    Story drops("retry-after");
    drops.request(429, kStepLimited, {{"m", 1}}).request(204, "", {{"m", 2}});
    drops.request(429, kStepLimitedWait, {{"m", 3}}).request(204, "", {{"m", 4}});
    EXPECT_THAT(drops.verdict("sender/retry/on-429"), StartsWith("info: what is answered 429 is dropped"));
    EXPECT_THAT(drops.verdict("sender/retry/backoff-on-429"), StartsWith("not-applicable"));
    EXPECT_THAT(drops.verdict("sender/retry/retry-after-on-429"), StartsWith("not-applicable"));

    Story retries("retry-after");
    retries.request(429, kStepLimited, {{"m", 1}}).request(429, kStepLimited, {{"m", 1}});
    retries.request(204, "", {{"m", 1}}).request(429, kStepLimitedWait, {{"m", 2}});
    retries.after(3'000'000).request(204, "", {{"m", 2}});
    for (const auto* check : {"sender/retry/on-429", "sender/retry/backoff-on-429", "sender/retry/retry-after-on-429"})
        EXPECT_THAT(retries.verdict(check), StartsWith("pass")) << check;
}

TEST(On429, HammeringIsNoBackoff) {
    const auto with_gap = [](std::int64_t gap_us, int retries) {
        Story story("retry-after");
        story.request(429, kStepLimited, {{"m", 1}});
        for (int i = 0; i < retries; ++i) story.after(gap_us).request(429, kStepLimited, {{"m", 1}});
        return story.verdict("sender/retry/backoff-on-429");
    };
    EXPECT_THAT(with_gap(9'000, 2), StartsWith("fail"));
    EXPECT_THAT(with_gap(9'000, 1), StartsWith("warn"));
    EXPECT_THAT(with_gap(11'000, 2), StartsWith("pass"));
    EXPECT_THAT(with_gap(30'000, 0), StartsWith("not-applicable"));
}

TEST(On429, RetriedWithoutTheWait) {
    Story story("retry-after");
    story.request(429, kStepLimitedWait, {{"m", 2}}).after(2'900'000).request(204, "", {{"m", 2}});
    EXPECT_THAT(story.verdict(kWait429), StartsWith("warn"));
}

TEST(On429, WaitIsComparedWithThoseWithoutRetryAfter) {
    const auto verdict = [](std::int64_t own_us) {
        Story story("retry-after");
        story.request(429, kStepLimited, {{"m", 1}}).after(30'000).request(429, kStepLimited, {{"m", 1}});
        story.after(own_us).request(204, "", {{"m", 1}}).request(429, kStepLimitedWait, {{"m", 2}});
        story.after(3'100'000).request(204, "", {{"m", 2}});
        return story.verdict(kWait429);
    };
    EXPECT_THAT(verdict(60'000), StartsWith("pass"));
    EXPECT_THAT(verdict(2'400'000), StartsWith("pass"));
    EXPECT_THAT(verdict(2'600'000), StartsWith("inconclusive"));
}

// 2xx

TEST(NotOn2xx, DataIsDoneWith) {
    for (const auto step : {kStepPlain200, kStep202, kStep204}) {
        Story story("2xx");
        story.request(204, step, {{"m", 1}});
        EXPECT_THAT(story.verdict("sender/retry/not-on-2xx"), StartsWith("inconclusive")) << step;
        story.request(204, "", {{"m", 2}});
        EXPECT_THAT(story.verdict("sender/retry/not-on-2xx"), StartsWith("pass")) << step;
        story.request(204, "", {{"m", 1}});
        EXPECT_THAT(story.verdict("sender/retry/not-on-2xx"),
                    StartsWith("fail: 1 sample came again after " + std::string(step)));
    }
}

TEST(NotOn2xx, HabitShowsWhereNothingWasOdd) {
    Story story("2xx");
    story.request(202, kStep202, {{"m", 1}}).request(204, "", {{"m", 1}}).request(204, "", {{"m", 1}});
    EXPECT_THAT(story.verdict("sender/retry/not-on-2xx"), StartsWith("inconclusive"));
}

TEST(IgnoresBody, OnlyTheBodyMakesTheDifference) {
    Story story("2xx");
    story.request(200, kStepErrorIn200, {{"m", 1}}).request(204, "", {{"m", 1}}).request(204, "", {{"m", 2}});
    EXPECT_THAT(story.verdict("sender/response/ignores-body"), StartsWith("fail"));
    story.request(200, kStepPlain200, {{"m", 3}}).request(204, "", {{"m", 3}});
    EXPECT_THAT(story.verdict("sender/response/ignores-body"), StartsWith("inconclusive"));
}

TEST(IncompleteCounts, RepeatingIsAPolicy) {
    Story story("2xx");
    story.asked_for_2().request(204, kStepWrittenZero, {{"m", 1}}).request(204, "", {{"m", 2}});
    EXPECT_THAT(story.verdict("sender/written/incomplete-counts"), StartsWith("pass"));
    story.request(204, "", {{"m", 1}});
    EXPECT_THAT(story.verdict("sender/written/incomplete-counts"), StartsWith("info"));
}

TEST(NoVersionInference, TheMessageStays) {
    Story story("2xx");
    story.asked_for_2().request(204, kStepOtherVersion, {{"m", 1}});
    EXPECT_THAT(story.verdict("sender/negotiation/no-version-inference"), StartsWith("inconclusive"));
    story.request(204, "", {{"m", 2}});
    EXPECT_THAT(story.verdict("sender/negotiation/no-version-inference"), StartsWith("pass"));
    story.in(kV1).request(204, "", {{"m", 3}});
    EXPECT_THAT(story.verdict("sender/negotiation/no-version-inference"), StartsWith("fail"));
}

TEST(MissingMeans415, AnySignOfHavingNoticedWillDo) {
    constexpr auto kCheck = "sender/written/missing-means-415";
    Story story("2xx-without-written");
    story.asked_for_2().request(204, kStepNotWritten, {{"m", 1}}).request(204, "", {{"m", 2}});
    EXPECT_THAT(story.verdict(kCheck), StartsWith("inconclusive"));
    story.record().wrote_log = true;
    EXPECT_THAT(story.verdict(kCheck), StartsWith("warn"));
    Story logged = story, again = story, fell_back = story;
    logged.record().logged_written = true;
    EXPECT_THAT(logged.verdict(kCheck), StartsWith("pass"));
    again.request(204, "", {{"m", 1}});
    EXPECT_THAT(again.verdict(kCheck), StartsWith("info"));
    fell_back.in(kV1).request(204, "", {{"m", 1}});
    EXPECT_THAT(fell_back.verdict(kCheck), StartsWith("pass"));
}

// 415

constexpr auto kNotRepeated = "sender/negotiation/415-not-repeated";
constexpr auto kComplete = "sender/negotiation/fallback-complete";
constexpr auto kSame = "sender/negotiation/fallback-same-data";

Story unsupported(const Data& data = {{"m", 1}, {"n", 1}}) {
    Story story("415", suite::Input::kScrape);
    story.asked_for_2().request(415, "", data);
    return story;
}

TEST(Fallback, NoneIsAllowedAndRepeatingIsNot) {
    auto story = unsupported();
    story.request(415, "", {{"m", 2}, {"n", 2}});
    EXPECT_THAT(story.verdict(kNotRepeated), StartsWith("pass"));
    EXPECT_THAT(story.verdict(kComplete), StartsWith("not-applicable"));
    EXPECT_THAT(story.verdict(kSame), StartsWith("not-applicable"));
    story.request(415, "", {{"m", 1}});
    EXPECT_THAT(story.verdict(kNotRepeated), StartsWith("fail: 1 sample came again in 2.0"));
}

TEST(Fallback, OwnDataMayRepeatSomeSamplesByDesign) {
    Story story("415");
    story.asked_for_2().request(415, "", {{"m", 1}, {"n", 1}}).request(415, "", {{"m", 1}, {"n", 2}});
    EXPECT_THAT(story.verdict(kNotRepeated), StartsWith("pass"));
    story.request(415, "", {{"m", 1}, {"n", 2}});
    EXPECT_THAT(story.verdict(kNotRepeated), StartsWith("fail"));
}

TEST(Fallback, IsCompleteWithMessageTypeAndVersion) {
    constexpr auto kHead = [](const char* version) {
        return "POST /w HTTP/1.1\r\nX-Prometheus-Remote-Write-Version: " + std::string(version) + "\r\n\r\n";
    };
    auto complete = unsupported();
    complete.in(kV1).sent(204, "/w", kHead("0.1.0"), {{"m", 1}, {"n", 1}});
    EXPECT_THAT(complete.verdict(kComplete), StartsWith("inconclusive"));
    complete.sent(204, "/w", kHead("0.1.0"), {{"m", 2}});
    EXPECT_THAT(complete.verdict(kNotRepeated), StartsWith("pass"));
    EXPECT_THAT(complete.verdict(kComplete), StartsWith("pass"));
    EXPECT_THAT(complete.verdict(kSame), StartsWith("pass"));

    auto version = unsupported();
    version.in(kV1).sent(204, "/w", kHead("2.0.0"), {{"m", 1}}).sent(204, "/w", kHead("2.0.0"), {{"m", 2}});
    EXPECT_THAT(version.verdict(kComplete), HasSubstr("its version header is still 2.0.0"));
    auto body = unsupported();
    body.in(kV2, kV1).sent(415, "/w", kHead("0.1.0"), {{"m", 3}});
    EXPECT_THAT(body.verdict(kComplete), HasSubstr("its body is no WriteRequest"));
    complete.in(kV2).request(415, "", {{"m", 4}});
    EXPECT_THAT(complete.verdict(kComplete), StartsWith("warn: 1 request in 2.0 again"));
}

TEST(Fallback, KeepsOrDropsTheRefusedDataButNotHalfOfIt) {
    auto dropped = unsupported();
    dropped.in(kV1).request(204, "", {{"m", 2}, {"n", 2}});
    EXPECT_THAT(dropped.verdict(kSame), StartsWith("info"));
    auto half = unsupported();
    half.in(kV1).request(204, "", {{"m", 1}});
    EXPECT_THAT(half.verdict(kSame), StartsWith("fail: 1 of 2 samples are missing in 1.0"));
}

TEST(NoneNeededForV1, WhatWasAcceptedIn1DoesNotComeAgain) {
    constexpr auto kCheck = "sender/written/none-needed-for-v1";
    auto story = unsupported();
    EXPECT_THAT(story.verdict(kCheck), StartsWith("not-applicable"));
    story.in(kV1).request(204, "", {{"m", 1}});
    EXPECT_THAT(story.verdict(kCheck), StartsWith("inconclusive"));
    story.request(204, "", {{"m", 2}});
    EXPECT_THAT(story.verdict(kCheck), StartsWith("pass"));
    story.request(204, "", {{"m", 1}});
    EXPECT_THAT(story.verdict(kCheck), StartsWith("fail: 1 sample came again"));
}

// Slow answers

constexpr auto kOneAtATime = "sender/ordering/one-request-at-a-time";

TEST(OneRequestAtATime, SameSeriesInFlightIsTheFault) {
    Story story("slow-receiver");
    story.request(204, kStepSlow, {{"m", 1}}, 1'000'000).request(204, kStepSlow, {{"m", 2}}, 1'000'000);
    EXPECT_THAT(story.verdict(kOneAtATime), StartsWith("pass"));
    story.after(-500'000).request(204, kStepSlow, {{"m", 3}}, 1'000'000);
    EXPECT_THAT(story.verdict(kOneAtATime), StartsWith("fail: 1 request came while another"));
}

TEST(OneRequestAtATime, OtherSeriesAndOwnRepeatsAreNone) {
    Story story("slow-receiver");
    story.request(204, kStepSlow, {{"m", 1}}, 1'000'000).after(-500'000).request(204, kStepSlow, {{"n", 2}}, 1'000'000);
    story.after(-500'000).request(204, kStepSlow, {{"n", 2}}, 1'000'000);
    EXPECT_THAT(story.verdict(kOneAtATime), StartsWith("pass"));
    EXPECT_THAT(story.verdict(kOneAtATime), HasSubstr("with other series did, as they may"));
    // Given up by the sender, and sent again with more.
    story.request(0, kStepSlow, {{"m", 3}}, 1'000'000)
        .after(-500'000)
        .request(204, kStepSlow, {{"m", 3}, {"m", 4}}, 1000);
    EXPECT_THAT(story.verdict(kOneAtATime), StartsWith("pass"));
}

TEST(OneRequestAtATime, NeedsSlowAnswers) {
    Story story("slow-receiver");
    story.request(204, kStepSlow, {{"m", 1}}).request(204, "", {{"m", 2}});
    EXPECT_THAT(story.verdict(kOneAtATime), StartsWith("inconclusive"));
}

// Classic histograms

TEST(ClassicHistograms, AreCumulativeAndEndInTheCount) {
    struct Child {
        const char* suffix;
        const char* le;
        double value;
    };
    const auto verdict = [](std::initializer_list<Child> children, bool apart = false) {
        Story story("steady");
        ScenarioRecord& record = story.record();
        Delivery delivery;
        std::uint64_t id = 0;
        const auto send = [&] {
            delivery.id = ++id;
            delivery.decoded = true;
            delivery.status = 204;
            record.observation.add(std::exchange(delivery, {}));
        };
        for (const auto& child : children) {
            LabelPairs labels = {{"job", "j"}};
            if (*child.le != 0) labels.emplace_back("le", child.le);
            const auto series = record.observation.intern(std::string("h") + child.suffix, labels);
            delivery.samples.push_back({series, 1000, proto::to_bits(child.value), false});
            if (apart) send();
        }
        if (!apart) send();
        return story.verdict("sender/samples/classic-histograms-cumulative");
    };
    EXPECT_THAT(verdict({{"_bucket", "1.0", 2}, {"_bucket", "+Inf", 5}, {"_count", "", 5}}), StartsWith("pass"));
    EXPECT_THAT(verdict({{"_bucket", "+Inf", 5}, {"_bucket", "10", 5}, {"_bucket", "9", 4}}, true), StartsWith("pass"));
    EXPECT_THAT(verdict({{"_bucket", "1.0", 2}, {"_bucket", "+Inf", 1}, {"_count", "", 1}}), StartsWith("warn"));
    EXPECT_THAT(verdict({{"_bucket", "1.0", 2}, {"_bucket", "+Inf", 5}, {"_count", "", 6}}, true), StartsWith("warn"));
    EXPECT_THAT(verdict({{"_bucket", "+Inf", 5}, {"_count", "", 6}}), StartsWith("inconclusive"));
    const double stale = proto::from_bits(proto::kStaleNanBits);
    EXPECT_THAT(verdict({{"_bucket", "1.0", 2}, {"_bucket", "2.0", 3}, {"_bucket", "+Inf", stale}}),
                StartsWith("pass"));
}

// Silence

TEST(Fidelity, WhoScrapesOnAndSendsNothingMoreHasLostWhatItScraped) {
    const auto silent_for = [](std::int64_t us) {
        Story story("steady", suite::Input::kScrape);
        story.scrape(1).arrived(1).scrape(2).arrived(2);
        for (std::uint64_t number = 3; number < 9; ++number) story.scrape(number);
        story.record().stop_us = story.record().deliveries().back().response_end_us + us;
        return story.verdict("sender/fidelity/every-sample-bit-exact");
    };
    EXPECT_THAT(silent_for(9'000'000), StartsWith("fail: the sender went on scraping and stopped sending"));
    EXPECT_THAT(silent_for(7'000'000), StartsWith("pass"));
}

TEST(Asked, WhatWasSentInTheOtherMessageIsNoEvidenceForTheOneThatWasAskedFor) {
    struct Row {
        suite::Input input;
        bool given;
        std::optional<proto::ProtobufMessage> sent, declared;
        proto::ProtobufMessage judged;
        suite::Verdict retry;
    };
    for (const auto& row :
         std::vector<Row>{{suite::Input::kNone, false, kV2, kV2, kV2, suite::Verdict::kPass},
                          {suite::Input::kNone, false, kV1, kV1, kV2, suite::Verdict::kInconclusive},
                          {suite::Input::kUnknown, true, kV1, kV1, kV2, suite::Verdict::kInconclusive},
                          {suite::Input::kUnknown, true, kV2, kV2, kV2, suite::Verdict::kPass},
                          {suite::Input::kUnknown, false, kV1, kV1, kV1, suite::Verdict::kPass},
                          // Says what was asked, and is malformed in this: a matter of its rule.
                          {suite::Input::kNone, false, kV1, kV2, kV2, suite::Verdict::kPass}}) {
        Story story("5xx-then-success", row.input);
        story.record().target.message_given = row.given;
        story.asked_for_2().in(*row.sent, row.declared);
        story.request(503, "", {{"m", 1}}).request(204, "", {{"m", 1}}).request(204, "", {{"m", 2}});
        const auto retry = story.verdict("sender/retry/on-5xx");
        if (row.retry == suite::Verdict::kInconclusive)
            EXPECT_EQ(retry, "inconclusive: asked for 2.0, the sender sent nothing but the other message");
        else
            EXPECT_THAT(retry, StartsWith("pass: "));
        EXPECT_EQ(judged_message(story.record()), row.judged);

        Story steady("steady", row.input);
        steady.record().target.message_given = row.given;
        steady.asked_for_2().in(*row.sent, row.declared);
        steady.request(204, "", {{"m", 1}}).request(204, "", {{"m", 2}});
        const auto asked = steady.verdict("sender/negotiation/message-as-asked");
        const bool told = row.input != suite::Input::kUnknown || row.given;
        EXPECT_THAT(asked, StartsWith(!told ? "not-applicable: " : row.sent == kV2 ? "pass: " : "fail: "));
    }
}

}  // namespace
}  // namespace prw::sender_suite
