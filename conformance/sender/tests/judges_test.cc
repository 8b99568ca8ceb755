// Traps: what a naive checker gets wrong, on observations made by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "checks/fidelity.h"
#include "checks/steps.h"
#include "prw/proto/model.h"
#include "prw/sender_suite/checks.h"
#include "prw/sender_suite/sender_suite.h"
#include "scenarios/refused.h"

namespace prw::sender_suite {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

/// Writes a record request by request; time goes on by 50 ms each.
class Story {
public:
    explicit Story(std::string scenario) {
        record_.scenario = std::move(scenario);
        record_.target.input = suite::Input::kNone;
        record_.started = true;
        record_.observation = Observation({{.metric = "up_since", .labels = {}, .explicit_timestamp = true},
                                           {.metric = "known", .labels = {{"a", "b"}}, .unique_values = true}});
    }
    struct Datum {
        const char* metric;
        std::int64_t timestamp;
        double value;
    };
    Story& request(int status, std::initializer_list<Datum> data, std::int64_t gap_us = 50'000) {
        Delivery delivery;
        delivery.id = ++id_;
        delivery.decoded = true;
        delivery.status = status;
        if (status / 100 == 4) delivery.step = refusal_step(status);
        delivery.connection = 1;
        time_us_ += gap_us;
        delivery.first_byte_us = time_us_;
        delivery.response_end_us = time_us_ += 100;
        for (const auto& datum : data) {
            const auto series = record_.observation.intern(datum.metric, {{"x", "y"}});
            delivery.samples.push_back({series, datum.timestamp, proto::to_bits(datum.value), false});
        }
        record_.observation.add(std::move(delivery));
        return *this;
    }
    /// Each status that 4xx answers with, on a batch of its own, and newer data.
    Story& each_refused() {
        std::int64_t at = 1000;
        for (const int status : refusal_statuses(record_.asked)) request(status, {{"m", ++at, 1}});
        return request(204, {{"m", ++at, 1}});
    }
    Story& ended(const char* how, bool cleanly) {
        record_.exited = how;
        record_.exited_cleanly = cleanly;
        return *this;
    }
    ScenarioRecord& record() { return record_; }
    [[nodiscard]] suite::CheckOutcome verdict(const std::string& id) const {
        for (auto& check : judge(record_)) {
            if (check.id == id) return check;
        }
        ADD_FAILURE() << "no check " << id;
        return {};
    }

private:
    ScenarioRecord record_;
    std::uint64_t id_ = 0;
    std::int64_t time_us_ = 0;
};

std::string said(const suite::CheckOutcome& check) { return std::string(name_of(check.verdict)) + ": " + check.reason; }

TEST(Traps, ResendOfUnacknowledgedDataIsNeitherDisorderNorDuplicate) {
    Story story("steady");
    story.request(204, {{"m", 1, 1}}).request(0, {{"m", 2, 2}}).request(204, {{"m", 2, 2}}).request(204, {{"m", 3, 3}});
    EXPECT_THAT(said(story.verdict("sender/ordering/per-series")), StartsWith("pass: "));
    EXPECT_THAT(said(story.verdict("sender/fidelity/no-duplicates")), StartsWith("pass: "));
}

TEST(Traps, DifferentSeriesHaveNoOrderAmongThem) {
    Story story("steady");
    story.request(204, {{"m", 5, 1}}).request(204, {{"n", 2, 2}}).request(204, {{"m", 6, 1}, {"n", 3, 1}});
    EXPECT_THAT(said(story.verdict("sender/ordering/per-series")), StartsWith("pass: "));
}

TEST(Traps, ExplicitTimestampsComeAgainByRight) {
    Story story("steady");
    story.request(204, {{"up_since", 5, 1}, {"m", 1, 1}}).request(204, {{"up_since", 5, 1}, {"m", 2, 1}});
    EXPECT_THAT(said(story.verdict("sender/fidelity/no-duplicates")), StartsWith("pass: "));
    Story refused("4xx");
    refused.request(400, {{"up_since", 5, 1}, {"m", 1, 1}})
        .request(400, {{"up_since", 5, 1}, {"m", 2, 1}})
        .request(204, {{"m", 3, 1}})
        .each_refused();
    EXPECT_THAT(said(refused.verdict("sender/retry/not-on-4xx")), StartsWith("pass: "));
}

TEST(Traps, SomeRepeatedSamplesOfOwnDataAreAPolicy) {
    Story story("steady");
    story.request(204, {{"m", 1, 1}, {"n", 1, 1}}).request(204, {{"m", 1, 1}, {"n", 2, 1}});
    EXPECT_THAT(said(story.verdict("sender/fidelity/no-duplicates")), HasSubstr("info"));
}

TEST(Traps, RequestsWithoutSamplesAreNoRetries) {
    Story story("4xx");
    story.request(400, {{"m", 1, 1}}).request(400, {}).request(400, {}).request(204, {{"m", 2, 1}}).each_refused();
    EXPECT_THAT(said(story.verdict("sender/retry/not-on-4xx")), StartsWith("pass: "));
}

TEST(Traps, RetryIsTheSameDataWhateverTheBatch) {
    Story story("5xx-then-success");
    story.request(503, {{"m", 1, 1}, {"n", 1, 1}})
        .request(500, {{"m", 1, 1}}, 30'000)
        .request(204, {{"n", 1, 1}}, 60'000)
        .request(204, {{"m", 1, 1}}, 60'000)
        .request(204, {{"m", 2, 2}, {"n", 2, 2}});
    for (const auto* id :
         {"sender/retry/on-5xx", "sender/retry/backoff", "sender/retry/same-data", "sender/retry/order-kept",
          "sender/retry/newer-data-waits", "sender/retry/no-loss-after-recovery"}) {
        EXPECT_THAT(said(story.verdict(id)), StartsWith("pass: ")) << id;
    }
}

TEST(Traps, RetryWhileTheFirstAnswerIsUnderWayIsNoneAfter4xx) {
    Story story("4xx");
    story.request(400, {{"m", 1, 1}}).request(400, {{"m", 1, 1}}, -50).request(204, {{"m", 2, 2}}).each_refused();
    EXPECT_THAT(said(story.verdict("sender/retry/not-on-4xx")), StartsWith("pass: "));
}

TEST(Traps, OneQuickRetryIsAWarningOnly) {
    Story story("5xx-then-success");
    story.request(503, {{"m", 1, 1}}).request(204, {{"m", 1, 1}}, 200).request(204, {{"m", 2, 1}});
    EXPECT_THAT(said(story.verdict("sender/retry/backoff")), HasSubstr("warn"));
}

TEST(Traps, FixedIntervalIsSeenThroughTheDelaysOfABusyMachine) {
    const auto chain = [](std::initializer_list<std::int64_t> gaps_us) {
        Story story("5xx-then-success");
        story.request(503, {{"m", 1, 1}});
        for (const auto gap : gaps_us) story.request(503, {{"m", 1, 1}}, gap);
        story.request(204, {{"m", 1, 1}}, 100'000).request(204, {{"m", 2, 1}});
        return said(story.verdict("sender/retry/backoff"));
    };
    EXPECT_THAT(chain({100'000, 100'000, 101'000}), HasSubstr("warn"));
    // Two of nine were late because the machine was busy.
    EXPECT_THAT(chain({100'000, 147'000, 101'000, 104'000, 102'000, 180'000, 100'000, 103'000}), HasSubstr("warn"));
    // Three of nine: the quarter is exceeded.
    EXPECT_THAT(chain({100'000, 147'000, 101'000, 140'000, 102'000, 180'000, 100'000, 103'000}), StartsWith("pass: "));
    // A jittered delay at its limit, and one that grows.
    EXPECT_THAT(chain({100'000, 60'000, 88'000, 75'000, 52'000, 97'000, 66'000, 81'000}), StartsWith("pass: "));
    EXPECT_THAT(chain({30'000, 60'000, 120'000}), StartsWith("pass: "));
}

TEST(Traps, SenderThatRepeatsByHabitCannotBeJudgedOnRetries) {
    Story story("4xx");
    story.request(400, {{"m", 1, 1}}).request(204, {{"m", 1, 1}}).request(204, {{"m", 1, 1}});
    EXPECT_THAT(said(story.verdict("sender/retry/not-on-4xx")), HasSubstr("inconclusive"));
}

TEST(Traps, ProgramThatEndsByItselfOwesNothingMore) {
    Story story("4xx");
    story.request(400, {{"m", 1, 1}}).ended("exited with 0", true);
    EXPECT_THAT(said(story.verdict("sender/retry/not-on-4xx")), StartsWith("pass: "));
    EXPECT_THAT(said(story.verdict("sender/retry/continues-after-4xx")), HasSubstr("not-applicable"));
}

TEST(SeedCase, NamesTheMissingRetryAndNothingElse) {
    Story outage("5xx-then-success");
    outage.record().target.input = suite::Input::kUnknown;
    outage.request(503, {{"test_metric", 1, 1}}).ended("exited with 0", true);
    const auto retry = outage.verdict("sender/retry/on-5xx");
    EXPECT_EQ(retry.verdict, suite::Verdict::kFail);
    EXPECT_EQ(retry.level, proto::Level::kMust);
    EXPECT_EQ(retry.got, "1 sample of 1 never came again after a 503; the program exited with 0");
    for (const auto& check : judge(outage.record())) {
        if (check.id == retry.id) continue;
        EXPECT_TRUE(check.verdict == suite::Verdict::kInconclusive || check.verdict == suite::Verdict::kNotApplicable)
            << check.id << " " << said(check);
    }
    Story steady("steady");
    steady.record().target.input = suite::Input::kUnknown;
    steady.request(204, {{"test_metric", 1, 1}}).ended("exited with 0", true);
    for (const auto& check : judge(steady.record()))
        EXPECT_LT(check.verdict, suite::Verdict::kWarn) << check.id << " " << said(check);
}

TEST(Catalogue, ReasonsAreGivenForClausesThatExistAndThatNoCheckNames) {
    for (const auto& unjudged : sender_suite().unjudged) {
        EXPECT_NE(proto::find_clause(unjudged.clause), nullptr) << unjudged.clause;
        EXPECT_FALSE(unjudged.reason.empty()) << unjudged.clause;
        for (const auto& check : sender_suite().checks)
            EXPECT_EQ(std::count(check.clauses.begin(), check.clauses.end(), unjudged.clause), 0)
                << check.id << " judges " << unjudged.clause;
    }
}

TEST(Catalogue, ChecksNameClausesThatExist) {
    std::set<std::string> ids;
    for (const auto& check : sender_suite().checks) {
        EXPECT_TRUE(ids.insert(check.id).second) << check.id << " occurs twice";
        EXPECT_EQ(check.clauses.empty(), check.id == "sender/target/runs") << check.id;
        EXPECT_FALSE(check.summary.empty()) << check.id;
        for (const auto& clause : check.clauses)
            EXPECT_NE(proto::find_clause(clause), nullptr) << check.id << " names " << clause;
        EXPECT_NE(sender_suite().find_scenario(check.scenario), nullptr) << check.id << " in " << check.scenario;
    }
}

/// Three scrapes of generation, m{a="1"} and m{a="2"}, all of which arrived, the latter two with these labels; without,
/// not at all. Of scrape `gap` neither came.
std::string verdict_on_labels(const std::string& scenario, const std::string& check,
                              const std::vector<LabelPairs>& arrived, std::uint64_t gap = 0, bool relabels = false) {
    ScenarioRecord record;
    record.target.relabels = relabels;
    record.scenario = scenario;
    record.target.input = suite::Input::kScrape;
    record.started = true;
    record.notes<RefusedNotes>().until = 2;
    record.observation = Observation({{.metric = "generation", .labels = {}, .unique_values = true},
                                      {.metric = "m", .labels = {{"a", "1"}}, .unique_values = true},
                                      {.metric = "m", .labels = {{"a", "2"}}, .unique_values = true}});
    for (std::uint64_t number = 1; number <= 3; ++number) {
        const auto value = static_cast<double>(number);
        const auto timestamp = static_cast<std::int64_t>(number) * 1000;
        Generation generation;
        generation.number = number;
        generation.complete = true;
        generation.samples = {
            {0, proto::to_bits(value)}, {1, proto::to_bits(10 * value)}, {2, proto::to_bits(20 * value)}};
        Delivery delivery;
        delivery.decoded = true;
        const auto add = [&](const char* metric, const LabelPairs& labels, std::uint64_t bits) {
            delivery.samples.push_back({record.observation.intern(metric, labels), timestamp, bits, false});
        };
        add("generation", {}, generation.samples[0].bits);
        for (std::size_t i = 0; number != gap && i < arrived.size(); ++i)
            add("m", arrived[i], generation.samples[i + 1].bits);
        record.generations.push_back(std::move(generation));
        // The first is refused, and comes again.
        for (const int status :
             number == 1 && scenario == "5xx-then-success" ? std::vector{503, 204} : std::vector{204}) {
            delivery.id = record.observation.deliveries().size() + 1;
            delivery.status = status;
            delivery.first_byte_us = static_cast<std::int64_t>(delivery.id) * 50'000;
            delivery.response_end_us = delivery.first_byte_us + 100;
            record.observation.add(delivery);
        }
    }
    for (auto& outcome : judge(record)) {
        if (outcome.id == check) return said(outcome);
    }
    return "no check " + check;
}

TEST(Fidelity, ChangedLabelsAreNoLoss) {
    const LabelPairs one = {{"a", "1"}}, two = {{"a", "2"}}, changed = {{"key_a", "2"}}, without = {};
    for (const auto& [scenario, check] :
         std::vector<std::pair<std::string, std::string>>{{"steady", "sender/fidelity/every-sample-bit-exact"},
                                                          {"5xx-then-success", "sender/retry/no-loss-after-recovery"},
                                                          {"refused-at-start", "sender/transport/refused-at-start"}}) {
        EXPECT_THAT(verdict_on_labels(scenario, check, {one, two}), StartsWith("pass: ")) << check;
        EXPECT_THAT(verdict_on_labels(scenario, check, {one, changed}), StartsWith("pass: ")) << check;
        // A series that is missing; or two that are, of which one came under other labels. What no refused request
        // held, either, was not lost by the refusal, nor what later scrapes did not bring.
        const bool refused = scenario != "steady";
        EXPECT_EQ(verdict_on_labels(scenario, check, {one}).find("pass") == 0, refused) << check;
        EXPECT_EQ(verdict_on_labels(scenario, check, {without, without}).find("pass") == 0, refused) << check;
    }
    EXPECT_THAT(verdict_on_labels("5xx-then-success", "sender/retry/no-loss-after-recovery", {one, two}, 2),
                HasSubstr("2 samples scraped during the outage never arrived"));
    constexpr auto kComplete = "sender/labels/complete-set";
    EXPECT_THAT(verdict_on_labels("steady", kComplete, {one, two}), StartsWith("pass: "));
    // Two label sets of one series, and one that is the same in every request, as relabelling makes it.
    EXPECT_THAT(verdict_on_labels("steady", kComplete, {one, {{"a", "1"}, {"b", "2"}}}), HasSubstr("fail"));
    EXPECT_THAT(verdict_on_labels("steady", kComplete, {one, changed}),
                AllOf(StartsWith("warn"), HasSubstr("1 series of 3 with changed labels")));
    EXPECT_THAT(verdict_on_labels("steady", kComplete, {one, changed}, 0, true), StartsWith("info"));
}

/// Scrapes of n{q="0.9"} = 10, 20, 30 that arrived as that series; nothing came of it otherwise.
suite::CheckOutcome outcome_on_names(const std::string& check, const std::string& metric, const LabelPairs& labels,
                                     double offset = 0) {
    ScenarioRecord record;
    record.scenario = "steady";
    record.target.input = suite::Input::kScrape;
    record.started = true;
    record.observation = Observation({{.metric = "generation", .labels = {}, .unique_values = true},
                                      {.metric = "n", .labels = {{"quantile", "0.9"}}, .unique_values = true}});
    record.notes<FidelityNotes>().window = 3;
    for (std::uint64_t number = 1; number <= 4; ++number) {
        const auto value = static_cast<double>(number);
        Generation generation;
        generation.number = number;
        generation.complete = true;
        generation.samples = {{0, proto::to_bits(value)}, {1, proto::to_bits(10 * value)}};
        Delivery delivery;
        delivery.id = number;
        delivery.decoded = true;
        delivery.status = 204;
        delivery.first_byte_us = static_cast<std::int64_t>(number) * 50'000;
        delivery.response_end_us = delivery.first_byte_us + 100;
        const auto timestamp = static_cast<std::int64_t>(number) * 1000;
        delivery.samples = {
            {record.observation.intern("generation", {}), timestamp, generation.samples[0].bits, false},
            {record.observation.intern(metric, labels), timestamp, proto::to_bits(10 * value + offset), false}};
        record.generations.push_back(std::move(generation));
        record.observation.add(std::move(delivery));
    }
    for (auto& outcome : judge(record)) {
        if (outcome.id == check) return outcome;
    }
    return {};
}

TEST(Fidelity, AnotherNameIsAWarningAndALossIsNot) {
    constexpr auto kCheck = "sender/fidelity/every-sample-bit-exact";
    const LabelPairs labels = {{"quantile", "0.9"}};
    EXPECT_EQ(outcome_on_names(kCheck, "n", labels).verdict, suite::Verdict::kPass);
    const auto renamed = outcome_on_names(kCheck, "renamed", labels);
    EXPECT_EQ(renamed.verdict, suite::Verdict::kWarn);
    ASSERT_EQ(renamed.findings.size(), 1U);
    EXPECT_EQ(renamed.findings[0].message, "came as renamed, with the same labels and values");
    EXPECT_EQ(renamed.findings[0].severity, rules::Severity::kWarn);
    // Other values under another name are another series: what was scraped is lost.
    const auto lost = outcome_on_names(kCheck, "renamed", labels, 0.5);
    EXPECT_EQ(lost.verdict, suite::Verdict::kFail);
    EXPECT_EQ(lost.findings[0].severity, rules::Severity::kFail);
}

TEST(CompleteSet, ANumberMayBeWrittenInAnotherWay) {
    constexpr auto kCheck = "sender/labels/complete-set";
    for (const auto* same : {"0.90000000000000002", "9e-1"}) {
        const auto outcome = outcome_on_names(kCheck, "n", {{"quantile", same}});
        EXPECT_EQ(outcome.verdict, suite::Verdict::kInfo) << same;
        EXPECT_THAT(outcome.reason, HasSubstr("the same bound")) << same;
        EXPECT_EQ(outcome_on_names("sender/fidelity/every-sample-bit-exact", "n", {{"quantile", same}}).verdict,
                  suite::Verdict::kPass);
    }
    EXPECT_EQ(outcome_on_names(kCheck, "n", {{"quantile", "0.91"}}).verdict, suite::Verdict::kWarn);
    EXPECT_EQ(outcome_on_names(kCheck, "n", {{"quantile", "0.9"}}).verdict, suite::Verdict::kPass);
}

/// A profile says what a target can do, not what it may.
TEST(Features, NoProfileSwitchesOffAMust) {
    for (const auto message : {proto::ProtobufMessage::kV1, proto::ProtobufMessage::kV2}) {
        ScenarioRecord record;
        record.scenario = "series-disappears";
        record.asked = message;
        record.started = true;
        record.target.input = suite::Input::kScrape;
        record.target.features["stale_markers"] = {};
        record.target.features["exemplars"] = {};
        Delivery delivery;
        delivery.id = 1;
        delivery.message = message;
        delivery.decoded = true;
        delivery.status = 204;
        record.observation = Observation({{.metric = "generation", .labels = {}, .unique_values = true}});
        delivery.samples = {{record.observation.intern("generation", {}), 1000, proto::to_bits(1), false}};
        record.observation.add(std::move(delivery));
        record.generations.resize(1);
        for (const auto& outcome : judge(record)) {
            const bool denied = outcome.verdict == suite::Verdict::kNotApplicable;
            if (outcome.id == "sender/stale/marker-on-disappearance") {
                EXPECT_FALSE(denied) << outcome.reason;
            } else if (outcome.id == "sender/stale/single-marker") {
                EXPECT_TRUE(denied) << outcome.reason;
            }
        }
    }
}

}  // namespace
}  // namespace prw::sender_suite
