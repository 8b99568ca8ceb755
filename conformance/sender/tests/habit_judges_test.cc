// Habits and baselines: what a sender does without being provoked is no answer to a provocation, and hides none.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "checks/fate.h"
#include "checks/fidelity.h"
#include "checks/habits.h"
#include "checks/steps.h"
#include "evidence/context.h"
#include "story.h"

namespace prw::sender_suite {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using testing_support::Data;
using testing_support::Story;

constexpr auto kNoRetry = "sender/retry/not-on-4xx";
constexpr auto kOn5xx = "sender/retry/on-5xx";
constexpr auto kSameData = "sender/retry/same-data";
constexpr auto kOrderKept = "sender/retry/order-kept";
constexpr auto kNoLoss = "sender/retry/no-loss-after-recovery";
constexpr auto kDuplicates = "sender/fidelity/no-duplicates";
constexpr auto kMarker = "sender/stale/marker-on-disappearance";
constexpr auto kLive = "sender/stale/none-for-live-series";
constexpr auto kAllOfTarget = "sender/stale/all-series-of-target";

/// A constant with its first timestamp, beside m at this time.
Data with_constant(std::int64_t time) { return {{"build_info", 1}, {"m", time}}; }

struct Refusal {
    const char* check;
    int status;
    std::string step;
    int repeats = 1;  ///< that are a fault
};
const Refusal kRefusals[] = {{kNoRetry, 400, refusal_step(400)},
                             {kNoRetry, 422, refusal_step(422)},
                             {"sender/retry/once-after-401", 401, std::string(kStepUnauthorized), 2},
                             {"sender/response/text-of-4xx", 400, std::string(kStepAsksForRetry)},
                             {"sender/retry/not-on-partial-write", 400, std::string(kStepPartial400)}};

TEST(Habits, SeriesThatComesAgainByHabitHidesNoRetry) {
    for (const auto& each : kRefusals) {
        Story story("4xx");
        story.asked_for_2();
        for (std::int64_t time = 1; time < 4; ++time) story.request(204, "", with_constant(time));
        Story dropped = story;
        story.request(each.status, each.step, with_constant(4));
        for (int i = 1; i < each.repeats; ++i) story.request(each.status, each.step, with_constant(4));
        story.request(204, "", with_constant(4));
        story.request(204, "", with_constant(5));
        EXPECT_THAT(story.verdict(each.check), StartsWith("fail")) << each.status;
        dropped.request(each.status, each.step, with_constant(4)).request(204, "", with_constant(5));
        dropped.ended("exited with 0", true);
        EXPECT_THAT(dropped.verdict(each.check), StartsWith("pass")) << each.status;
    }
}

TEST(Habits, PushSenderThatRetriesEverythingFailsForAllItsConstants) {
    Story story("4xx");
    story.request(400, refusal_step(400), with_constant(1)).request(204, "", with_constant(1));
    story.request(403, refusal_step(403), with_constant(2)).request(204, "", with_constant(2));
    story.request(204, "", with_constant(3)).request(204, "", with_constant(4));
    EXPECT_THAT(story.verdict(kNoRetry), AllOf(StartsWith("fail: 2 samples came again after 400, 403"),
                                               HasSubstr("without 1 series whose samples come again by habit")));
}

TEST(Habits, TimeThatStandsStillShowsWhereNothingIsAccepted) {
    Story story("4xx");
    for (const auto status : {400, 403, 404})
        story.request(status, refusal_step(status), with_constant(status)).request(204, "", {{"n", status}});
    story.ended("exited with 0", true);
    EXPECT_THAT(story.verdict(kNoRetry), StartsWith("pass"));
}

TEST(Habits, RetryWhileOtherDataIsRetriedIsNone) {
    Story story("4xx");
    for (const auto status : {400, 403, 404, 408}) story.request(status, refusal_step(status), {{"m", 1}, {"n", 1}});
    story.request(204, "", {{"m", 2}, {"n", 2}});
    EXPECT_THAT(story.verdict(kNoRetry), StartsWith("fail"));
}

TEST(Habits, KnownFromTheSteadyScenarioAreKnownInTheOthers) {
    const auto said = [](bool known) {
        Story story("4xx");
        if (known) story.record().observation.know({.scenario = "steady", .repeating = {"build_info"}});
        story.request(400, refusal_step(400), with_constant(1)).request(204, "", {{"build_info", 1}});
        story.ended("exited with 0", true);
        return story.verdict(kNoRetry);
    };
    EXPECT_THAT(said(true), StartsWith("pass"));
    EXPECT_THAT(said(false), StartsWith("fail"));
}

TEST(Habits, OfAScrapingSenderAreNoRepeatsAfter2xxOr415) {
    Story steady("steady", suite::Input::kScrape);
    steady.scrape(1).arrived(1);
    for (std::int64_t time = 1; time < 6; ++time) steady.request(204, "", with_constant(time));
    EXPECT_THAT(steady.verdict(kDuplicates), StartsWith("pass"));
    steady.request(204, "", with_constant(5));
    EXPECT_THAT(steady.verdict(kDuplicates), StartsWith("fail: 1 sample came again"));

    Story unsupported("415", suite::Input::kScrape);
    unsupported.asked_for_2().scrape(1).arrived(1, 415);
    for (std::int64_t time = 1; time < 5; ++time) unsupported.request(415, "", with_constant(time));
    constexpr auto kNotRepeated = "sender/negotiation/415-not-repeated";
    EXPECT_THAT(unsupported.verdict(kNotRepeated), StartsWith("pass"));
    unsupported.request(415, "", with_constant(4));
    EXPECT_THAT(unsupported.verdict(kNotRepeated), StartsWith("fail: 1 sample came again in 2.0"));
}

TEST(Habits, AreNoSignThatMissingWrittenHeadersWereNoticed) {
    Story story("2xx-without-written", suite::Input::kScrape);
    story.asked_for_2().request(204, "", with_constant(1)).request(204, kStepNotWritten, with_constant(2));
    story.request(204, "", with_constant(3)).request(204, "", with_constant(4));
    story.record().wrote_log = true;
    EXPECT_THAT(story.verdict("sender/written/missing-means-415"), StartsWith("warn"));
}

TEST(Habits, WhoSendsEverythingTwiceHasNoneThatExcuseIt) {
    Story story("steady", suite::Input::kScrape);
    story.scrape(1).arrived(1);
    for (std::int64_t time = 1; time < 5; ++time)
        story.request(204, "", with_constant(time)).request(204, "", with_constant(time));
    EXPECT_THAT(story.verdict(kDuplicates), StartsWith("fail: 4 samples came again"));
}

// Each status

TEST(On5xx, EachStatusIsJudgedForItself) {
    for (const int status : kOutageStatuses) {
        Story story("5xx-then-success");
        std::int64_t time = 0;
        for (const int answered : kOutageStatuses) {
            ++time;
            story.request(answered, batch_step(answered), {{"m", time}, {"n", time}});
            if (answered != status) story.request(204, "", {{"m", time}, {"n", time}});
        }
        Story all = story;
        story.request(204, "", {{"m", 9}});
        EXPECT_THAT(story.verdict(kOn5xx),
                    StartsWith("fail: 2 samples of 2 never came again after a " + std::to_string(status) + ", while"));
        EXPECT_THAT(story.verdict(kSameData), StartsWith("pass"));
        EXPECT_THAT(story.verdict(kNoLoss), StartsWith("inconclusive"));
        time = status - 499;
        all.request(204, "", {{"m", time}, {"n", time}}).request(204, "", {{"m", 9}});
        EXPECT_THAT(all.verdict(kOn5xx),
                    StartsWith("pass: all 10 samples that were answered 500, 501, 502, 503, 504 were sent again"));
    }
}

TEST(On5xx, LimitToAttemptsIsNoStatus) {
    Story story("5xx-then-success");
    story.request(503, "", {{"m", 1}}).request(501, "", {{"m", 1}}).request(500, "", {{"m", 1}});
    story.request(204, "", {{"m", 2}});
    EXPECT_THAT(story.verdict(kOn5xx), AllOf(StartsWith("pass"), HasSubstr("501, 503"), HasSubstr("no data met 500")));
}

// Part of a batch

Data batch(std::int64_t time, std::size_t from = 0) {
    static const char* const kNames[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"};
    Data out;
    for (const auto* name : kNames) out.push_back({name, time});
    out.erase(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(from));
    return out;
}

TEST(PartOfABatch, IsBlamedOnceWithItsShare) {
    Story story("5xx-then-success");
    story.request(503, "", batch(1)).request(204, "", batch(1, 1)).request(204, "", batch(2));
    EXPECT_THAT(story.verdict(kSameData),
                StartsWith("fail: part of the retried batch is missing: 1 of 10 samples (10.0 %)"));
    EXPECT_THAT(story.verdict(kOn5xx), StartsWith("pass: 9 of 10 samples (90.0 %)"));
    EXPECT_THAT(story.verdict(kNoLoss), StartsWith("inconclusive: 1 of 10 samples (10.0 %)"));
    for (const auto& [scenario, check, step] :
         {std::tuple{"retry-after", "sender/response/text-of-5xx", kStepSaysPermanent},
          {"retry-after", "sender/retry/odd-retry-after", kStepOddWord},
          {"transport-faults", "sender/transport/large-error-body", kStepLargeBody},
          {"transport-faults", "sender/transport/broken-connection", kStepReset},
          {"transport-faults", "sender/transport/broken-response", kStepCutBody}}) {
        const auto came = [&, scenario = scenario, check = check, step = step](std::size_t without) {
            Story told(scenario);
            told.request(503, step, batch(1));
            if (without < 10) told.request(204, "", batch(1, without));
            told.request(204, "", batch(2));
            return told.verdict(check);
        };
        EXPECT_THAT(came(0), StartsWith("pass")) << check;
        EXPECT_THAT(came(1), AllOf(StartsWith("pass"), HasSubstr("1 of 10 samples (10.0 %)"))) << check;
        EXPECT_THAT(came(8), StartsWith("inconclusive: 2 of 10 samples (20.0 %) came again")) << check;
        EXPECT_THAT(came(10), Not(AnyOf(StartsWith("pass"), StartsWith("inconclusive")))) << check;
    }
}

TEST(PartOfABatch, OfWhichLittleComesAgainIsNoRetry) {
    Story story("5xx-then-success");
    story.request(503, "", batch(1)).request(204, "", batch(1, 8)).request(204, "", batch(2));
    EXPECT_THAT(story.verdict(kOn5xx), StartsWith("fail: 8 samples of 10 never came again after a 503"));
    EXPECT_THAT(story.verdict(kSameData), StartsWith("pass"));
}

TEST(PartOfABatch, ThatIsLostInAnyCaseIsTheBaseline) {
    const auto told = [](std::uint64_t lost) {
        Story story("5xx-then-success");
        story.record().observation.know({.scenario = "steady", .expected = 400, .lost = lost});
        story.request(503, "", batch(1)).request(204, "", batch(1, 1)).request(204, "", batch(2));
        return story;
    };
    EXPECT_THAT(told(20).verdict(kSameData), AllOf(StartsWith("pass: 9 samples came again unchanged"),
                                                   HasSubstr("5.0 % are lost in scenario steady, too, which "
                                                             "sender/fidelity/every-sample-bit-exact reports")));
    EXPECT_THAT(told(0).verdict(kSameData), StartsWith("fail"));
}

/// Sources m{a="1"} … m{a="9"}, as they arrive with a label job of the sender.
class Labelled {
public:
    Labelled() {
        record.scenario = "5xx-then-success";
        record.target.input = suite::Input::kScrape;
        record.started = true;
        std::vector<SourceIdentity> sources;
        for (char a = '1'; a <= '9'; ++a) sources.push_back({.metric = "m", .labels = {{"a", std::string(1, a)}}});
        record.observation = Observation(std::move(sources));
        record.generations.emplace_back();
    }
    Labelled& request(int status, std::int64_t time, const char* job, char last = '9', std::string_view step = {}) {
        Delivery delivery;
        delivery.id = record.deliveries().size() + 1;
        delivery.decoded = true;
        delivery.status = status;
        delivery.step = std::string(step);
        delivery.first_byte_us = static_cast<std::int64_t>(delivery.id) * 50'000;
        delivery.response_end_us = delivery.first_byte_us + 100;
        for (char a = '1'; a <= last; ++a)
            delivery.samples.push_back(
                {record.observation.intern("m", {{"a", std::string(1, a)}, {"job", job}}), time, proto::to_bits(1)});
        record.observation.add(std::move(delivery));
        return *this;
    }
    std::string verdict(std::string_view id) {
        for (const auto& check : judge(record, id)) return std::string(name_of(check.verdict)) + ": " + check.reason;
        return "none";
    }
    ScenarioRecord record;
};

TEST(PartOfABatch, ThatCameUnderOtherLabelsIsNotTheSameData) {
    Labelled changed;
    changed.request(503, 1, "j").request(204, 1, "k").request(204, 2, "j");
    EXPECT_THAT(changed.verdict(kSameData),
                StartsWith("fail: 9 of 9 samples (100.0 %) of the retried batch came under other labels"));
    EXPECT_THAT(changed.verdict(kOn5xx), StartsWith("inconclusive: what came again after a 503 has other labels"));
    EXPECT_THAT(changed.verdict(kNoLoss), StartsWith("inconclusive"));
    Labelled same;
    same.request(503, 1, "j").request(204, 1, "j").request(204, 2, "j");
    EXPECT_THAT(same.verdict(kSameData), StartsWith("pass"));
    // Equal values of other series are none of it.
    Labelled others;
    others.request(503, 1, "j", '1').request(204, 2, "j").request(204, 3, "j");
    EXPECT_THAT(others.verdict(kOn5xx), StartsWith("fail"));

    Labelled text;
    text.record.scenario = "retry-after";
    text.request(503, 1, "j", '9', kStepSaysPermanent).request(204, 1, "k").request(204, 2, "j");
    EXPECT_THAT(text.verdict("sender/response/text-of-5xx"),
                AllOf(StartsWith("inconclusive"), HasSubstr("9 with other labels or values")));
}

// Order

TEST(OrderKept, JudgesOnlyWhatARetryChanged) {
    const auto told = [](const std::vector<std::pair<int, Data>>& requests) {
        Story story("5xx-then-success");
        for (const auto& [status, data] : requests) story.request(status, "", data);
        return story.verdict(kOrderKept);
    };
    EXPECT_THAT(told({{503, {{"m", 1}}}, {204, {{"m", 2}}}, {204, {{"m", 1}}}}),
                StartsWith("fail: 1 sample delivered after newer ones"));
    // Out of order within a request, without or with a retry; at the first attempt; beside the retry.
    EXPECT_THAT(told({{503, {{"m", 1}}}, {204, {{"n", 5}, {"n", 4}}}}), StartsWith("inconclusive: no retry succeeded"));
    EXPECT_THAT(told({{503, {{"m", 2}, {"m", 1}}}, {204, {{"m", 2}, {"m", 1}}}, {204, {{"m", 3}}}}),
                StartsWith("pass"));
    EXPECT_THAT(told({{204, {{"m", 2}}}, {503, {{"m", 1}}}, {204, {{"m", 1}}}, {204, {{"m", 3}}}}), StartsWith("pass"));
    EXPECT_THAT(told({{503, {{"m", 1}}}, {204, {{"m", 1}}}, {204, {{"n", 5}}}, {204, {{"n", 4}, {"m", 2}}}}),
                StartsWith("pass"));
}

// Series that end

struct Ending {
    std::int64_t marker = 0;      ///< time of the marker of m; 0: none comes
    bool failing = false;         ///< the whole target fails, in the place of m that vanishes
    std::int64_t stop_ms = 5000;  ///< when the program is stopped
    std::int64_t every_ms = 100;  ///< how long scrapes wait until they are delivered together
    bool later = true;            ///< something later arrives
};

/// Scrapes each 100 ms from 1000 on of generation and m; from 1500 on m is missing, or all is.
ScenarioRecord ending(const Ending& told) {
    ScenarioRecord record;
    record.scenario = "series-disappears";
    record.target.input = suite::Input::kScrape;
    record.started = true;
    record.stop_us = told.stop_ms * 1000;
    record.observation = Observation({{.metric = "generation", .labels = {}, .unique_values = true},
                                      {.metric = "m", .labels = {}, .vanishes = true}});
    Delivery delivery;
    std::int64_t due = 1000 + told.every_ms;
    const auto flush = [&](std::int64_t now_ms) {
        if (delivery.samples.empty()) return;
        delivery.id = record.deliveries().size() + 1;
        delivery.decoded = true;
        delivery.status = 204;
        delivery.first_byte_us = now_ms * 1000;
        delivery.response_end_us = delivery.first_byte_us + 100;
        record.observation.add(std::exchange(delivery, {}));
    };
    for (std::uint64_t number = 1; number <= 9; ++number) {
        const auto time = static_cast<std::int64_t>(900 + number * 100);
        Generation generation;
        generation.number = number;
        generation.complete = true;
        generation.unix_ms = time;
        const bool gone = number > 5;
        generation.failed = gone && told.failing;
        generation.vanished = gone && !told.failing;
        if (!generation.failed) generation.samples.push_back({0, proto::to_bits(static_cast<double>(number))});
        if (!gone) generation.samples.push_back({1, proto::to_bits(7)});
        if (time > due) {
            flush(due);
            due += told.every_ms;
        }
        const bool silent = gone && !told.later;
        if (!generation.failed && !silent)
            delivery.samples.push_back({record.observation.intern("generation", {}), time,
                                        proto::to_bits(static_cast<double>(number)), false});
        const auto m = record.observation.intern("m", {});
        if (!gone) delivery.samples.push_back({m, time, proto::to_bits(7), false});
        if (number == 6 && told.marker != 0) delivery.samples.push_back({m, told.marker, proto::kStaleNanBits, false});
        record.generations.push_back(std::move(generation));
    }
    flush(due);
    return record;
}

std::string said(const ScenarioRecord& record, std::string_view id) {
    for (const auto& check : judge(record, id)) {
        auto out = std::string(name_of(check.verdict)) + ": " + check.reason;
        for (const auto& finding : check.findings) out += " | " + finding.message;
        return out;
    }
    return "none";
}

TEST(StaleMarker, WithTheTimeOfTheLastSampleIsOneFinding) {
    EXPECT_THAT(said(ending({.marker = 1500}), kMarker), StartsWith("pass"));
    EXPECT_THAT(said(ending({.marker = 1500}), kLive), StartsWith("pass"));
    const auto at_last = ending({.marker = 1400});
    EXPECT_THAT(said(at_last, kMarker),
                AllOf(StartsWith("fail"), HasSubstr("| the marker repeats the time of the last sample, 1400"),
                      Not(HasSubstr("without a stale marker"))));
    EXPECT_THAT(said(at_last, kLive), StartsWith("pass"));
    // Earlier than that, it is a marker of a series that lives.
    EXPECT_THAT(said(ending({.marker = 1300}), kMarker), HasSubstr("ended without a stale marker"));
    EXPECT_THAT(said(ending({.marker = 1300}), kLive), StartsWith("fail"));
}

TEST(StaleMarker, ThatCannotHaveArrivedIsNotMissed) {
    // Nothing later came, and the run ended before it could have.
    EXPECT_THAT(said(ending({.failing = true, .stop_ms = 2000, .every_ms = 500, .later = false}), kAllOfTarget),
                StartsWith("inconclusive: nothing that is later than the last good scrape had arrived"));
    EXPECT_THAT(said(ending({.failing = true, .stop_ms = 9000, .every_ms = 500, .later = false}), kAllOfTarget),
                StartsWith("fail"));
    EXPECT_THAT(said(ending({.stop_ms = 2000, .every_ms = 500, .later = false}), kMarker), StartsWith("inconclusive"));
    EXPECT_THAT(said(ending({.stop_ms = 2000}), kMarker), StartsWith("fail"));
}

// The baseline itself

TEST(Baseline, IsWhatTheSteadyScenarioShows) {
    Story story("steady", suite::Input::kScrape);
    story.record().notes<FidelityNotes>().window = 5;
    for (std::uint64_t number = 1; number < 6; ++number) {
        story.scrape(number);
        if (number != 3) story.arrived(number);
        story.request(204, "", with_constant(static_cast<std::int64_t>(number)));
    }
    const auto baseline = baseline_of(story.record());
    EXPECT_EQ(baseline.scenario, "steady");
    EXPECT_THAT(baseline.fixed, ElementsAre("build_info"));
    EXPECT_THAT(baseline.absent, ElementsAre("up_since"));
    EXPECT_EQ(baseline.expected, 4U);  // but for the last scrape, which the stop may have cut off
    EXPECT_EQ(baseline.lost, 1U);
    EXPECT_FALSE(baseline.repeats_all);
}

TEST(Baseline, GoesIntoCapsulesTogetherWithHabitsOfTheScenario) {
    Story story("4xx");
    Baseline known{.scenario = "steady", .repeating = {"x"}, .fixed = {"y"}, .absent = {"z"}, .expected = 9, .lost = 2};
    story.record().observation.know(known);
    for (std::int64_t time = 1; time < 5; ++time) story.request(204, "", with_constant(time));
    const auto again = record_from_context(context_json(story.record(), {}));
    ASSERT_TRUE(again);
    const auto& read = again->observation.known();
    EXPECT_EQ(read.scenario, "steady");
    EXPECT_THAT(read.repeating, ElementsAre("build_info", "x"));
    EXPECT_THAT(read.fixed, ElementsAre("build_info", "y"));
    EXPECT_THAT(read.absent, ElementsAre("z"));
    EXPECT_EQ(read.expected, 9U);
    EXPECT_EQ(read.lost, 2U);
}

TEST(Baseline, ChanceIsNoMoreThanUsualAndATenfoldIs) {
    const UsualLoss usual{.expected = 400, .lost = 8, .scenario = "steady"};
    EXPECT_TRUE(as_usual(usual, 12, 480));
    EXPECT_FALSE(as_usual(usual, 96, 480));
    EXPECT_FALSE(as_usual({.expected = 400, .lost = 0, .scenario = {}}, 1, 480));
}

}  // namespace
}  // namespace prw::sender_suite
