#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "prw/sender_suite/sender_suite.h"
#include "prw/suite/selection.h"

namespace prw::suite {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr auto kV1 = proto::ProtobufMessage::kV1;
constexpr auto kV2 = proto::ProtobufMessage::kV2;

SelectionOptions options() {
    SelectionOptions out;
    out.messages = {kV1, kV2};
    return out;
}

std::vector<std::string> ids(const Selection& selection) {
    std::vector<std::string> out;
    for (const auto& row : selection.rows()) out.push_back(row.check->id);
    return out;
}

TEST(Pattern, StarsStayInASegmentAndTwoStarsDoNot) {
    struct Row {
        const char *pattern, *id;
        bool matches;
    };
    for (const auto& row : std::vector<Row>{{"sender/labels/sorted", "sender/labels/sorted", true},
                                            {"sender/labels/*", "sender/labels/sorted", true},
                                            {"sender/*", "sender/labels", true},
                                            {"sender/*/sorted", "sender/labels/sorted", true},
                                            {"sender/s*d", "sender/labels/sorted", false},
                                            {"sender/**", "sender/labels/sorted", true},
                                            {"**/sorted", "sender/labels/sorted", true},
                                            {"sender/labels", "sender/labels/sorted", true},
                                            {"sender/labels/", "sender/labels/sorted", true},
                                            {"sender/label", "sender/labels/sorted", false},
                                            {"labels/sorted", "sender/labels/sorted", true},
                                            {"labels", "sender/labels/sorted", true},
                                            {"sender/labels/sorte?", "sender/labels/sorted", true},
                                            {"sender?labels/sorted", "sender/labels/sorted", false},
                                            {"sender/labels/sorted/x", "sender/labels/sorted", false}})
        EXPECT_EQ(pattern_matches(row.pattern, row.id), row.matches) << row.pattern << " " << row.id;
}

TEST(Select, NothingSaidIsEverything) {
    const auto all = Selection::make(sender_suite::sender_suite(), options());
    ASSERT_TRUE(all);
    EXPECT_TRUE(all->everything());
    EXPECT_EQ(all->scenarios().size(), sender_suite::sender_suite().scenarios.size());
}

TEST(Select, OnlyTheScenariosThatTheChecksNeed) {
    auto o = options();
    o.run = {"sender/retry/on-5xx"};
    const auto one = Selection::make(sender_suite::sender_suite(), o);
    ASSERT_TRUE(one) << one.error().text();
    EXPECT_THAT(one->scenarios(), ElementsAre("5xx-then-success"));
    EXPECT_THAT(ids(*one), ElementsAre("sender/retry/on-5xx"));
    o.run = {"labels/sorted"};
    EXPECT_THAT(Selection::make(sender_suite::sender_suite(), o)->scenarios(), ElementsAre("steady"));
    o.run = {"headers/retry-attempt"};
    EXPECT_THAT(Selection::make(sender_suite::sender_suite(), o)->scenarios(), Contains("5xx-then-success"))
        << "says nothing until a request is refused";
}

TEST(Select, OrderAndMixingOfPatternsDoNotMatter) {
    auto a = options(), b = options();
    a.run = {"sender/labels/**", "sender/retry/on-5xx"};
    b.run = {"sender/retry/on-5xx", "sender/labels/**"};
    EXPECT_EQ(ids(*Selection::make(sender_suite::sender_suite(), a)),
              ids(*Selection::make(sender_suite::sender_suite(), b)));
    a.skip = {"sender/labels/sorted"};
    EXPECT_THAT(ids(*Selection::make(sender_suite::sender_suite(), a)), Not(Contains("sender/labels/sorted")));
}

TEST(Select, WhatMatchesNothingIsAnErrorWithTheNearest) {
    auto o = options();
    o.run = {"sender/labels/sortet"};
    EXPECT_THAT(Selection::make(sender_suite::sender_suite(), o).error().text(),
                HasSubstr("--run: no check matches \"sender/labels/sortet\"; did you "
                          "mean \"sender/labels/sorted\"?"));
    o.run = {"lables/sorted"};
    EXPECT_THAT(Selection::make(sender_suite::sender_suite(), o).error().text(),
                HasSubstr("did you mean \"sender/labels/sorted\"?"));
    o.run = {"sender/labels/sorted", "sender/lables/**"};
    EXPECT_THAT(Selection::make(sender_suite::sender_suite(), o).error().text(),
                HasSubstr("did you mean \"sender/labels/**\"?"))
        << "one good pattern does not hide a bad one";
    o.run.clear();
    o.skip = {"sender/nothing/of/this/kind"};
    EXPECT_THAT(Selection::make(sender_suite::sender_suite(), o).error().text(), HasSubstr("--skip: no check matches"));
    o.skip.clear();
    o.levels = {"must,shuold"};
    EXPECT_THAT(Selection::make(sender_suite::sender_suite(), o).error().text(), HasSubstr("not \"shuold\""));
    o.levels.clear();
    o.scenarios = {"4x"};
    EXPECT_THAT(Selection::make(sender_suite::sender_suite(), o).error().text(), HasSubstr("did you mean \"4xx\"?"));
}

TEST(Select, EmptySelectionIsAnError) {
    auto o = options();
    o.run = {"sender/labels/sorted"};
    o.skip = {"sender/labels/**"};
    EXPECT_THAT(Selection::make(sender_suite::sender_suite(), o).error().text(),
                HasSubstr("the selection is empty: no check is left (the nearest to "
                          "--run is sender/labels/sorted"));
    o.skip.clear();
    o.levels = {"may"};
    EXPECT_THAT(Selection::make(sender_suite::sender_suite(), o).error().text(), HasSubstr("the selection is empty"));
}

TEST(Select, LevelsAreThoseOfTheMessage) {
    auto o = options();
    o.levels = {"should", "may"};
    const auto soft = Selection::make(sender_suite::sender_suite(), o);
    ASSERT_TRUE(soft);
    for (const auto& row : soft->rows())
        for (const auto message : row.messages) {
            EXPECT_NE(level_under(*row.check, message), proto::Level::kMust) << row.check->id;
            EXPECT_NE(level_under(*row.check, message), proto::Level::kMustNot) << row.check->id;
        }
}

CheckOutcome outcome(const char* id, proto::ProtobufMessage message, Verdict verdict, const char* scenario = "steady") {
    CheckOutcome out;
    out.id = id;
    out.message = message;
    out.verdict = verdict;
    out.scenario = scenario;
    return out;
}

TEST(Select, FailedIsWhatFailedUnderTheMessageItFailedUnder) {
    auto o = options();
    o.failed = true;
    o.last.checks = {outcome("sender/labels/sorted", kV1, Verdict::kPass),
                     outcome("sender/labels/sorted", kV2, Verdict::kFail),
                     outcome("sender/headers/user-agent", kV1, Verdict::kWarn)};
    const auto again = Selection::make(sender_suite::sender_suite(), o);
    ASSERT_TRUE(again) << again.error().text();
    EXPECT_THAT(ids(*again), ElementsAre("sender/labels/sorted"));
    EXPECT_THAT(again->rows().front().messages, ElementsAre(kV2));

    Results results;
    results.checks = {
        outcome("sender/labels/sorted", kV1, Verdict::kFail), outcome("sender/labels/sorted", kV2, Verdict::kPass),
        outcome("sender/samples/stale", kV2, Verdict::kFail), outcome("sender/target/runs", kV2, Verdict::kError)};
    again->apply(results);
    ASSERT_EQ(results.checks.size(), 2U);
    EXPECT_EQ(results.checks[0].message, kV2);
    EXPECT_EQ(results.checks[1].id, "sender/target/runs") << "a broken target is always reported";

    o.last.checks.resize(1);
    EXPECT_THAT(Selection::make(sender_suite::sender_suite(), o).error().text(),
                HasSubstr("nothing failed in the last run"));
    o.last.checks.clear();
    o.last.problem = "x is not here";
    EXPECT_THAT(Selection::make(sender_suite::sender_suite(), o).error().text(),
                HasSubstr("the last run judged nothing: x is not here"));
}

/// Results of a run with this selection, in which every scenario was played to its end and every check passed.
Results run_of(const Selection& selection, const std::vector<proto::ProtobufMessage>& messages) {
    Results out;
    out.complete = true;
    out.asked = out.sent = messages;
    for (const auto& name : selection.scenarios()) {
        for (const auto message : messages) {
            out.scenarios.emplace_back();
            out.scenarios.back().name = name;
            out.scenarios.back().message = message;
        }
    }
    for (const auto& row : selection.rows())
        for (const auto message : row.messages)
            out.checks.push_back(outcome(row.check->id.c_str(), message, Verdict::kPass, row.check->scenario.c_str()));
    return out;
}

TEST(Coverage, OfEverythingIsWholeAndOfASelectionIsNot) {
    struct Row {
        std::vector<std::string> run, skip, levels, scenarios;
        std::vector<std::string> left_out, tried;  ///< ids
    };
    const std::vector<Row> rows = {
        {{}, {}, {}, {}, {}, {"sender/labels/sorted", "sender/retry/on-5xx"}},
        {{}, {}, {}, {"steady"}, {"sender/retry/on-5xx"}, {"sender/labels/sorted", "sender/connection/reuse"}},
        {{"labels"}, {}, {}, {}, {"sender/retry/on-5xx", "sender/connection/reuse"}, {"sender/labels/sorted"}},
        {{}, {"sender/labels/sorted"}, {}, {}, {"sender/labels/sorted"}, {"sender/retry/on-5xx"}},
        {{}, {}, {"must"}, {}, {"sender/connection/reuse"}, {"sender/labels/sorted", "sender/retry/on-5xx"}},
        {{}, {}, {}, {"4xx"}, {"sender/connection/reuse"}, {"sender/labels/sorted", "sender/retry/not-on-4xx"}}};
    for (const auto& messages : {std::vector{kV1}, std::vector{kV2}, std::vector{kV1, kV2}}) {
        for (const auto& row : rows) {
            auto o = options();
            o.messages = messages;
            o.run = row.run;
            o.skip = row.skip;
            o.levels = row.levels;
            o.scenarios = row.scenarios;
            const auto selection = Selection::make(sender_suite::sender_suite(), o);
            ASSERT_TRUE(selection) << selection.error().text();
            const auto coverage = selection->coverage(run_of(*selection, messages), messages, {"why"});
            EXPECT_EQ(coverage.whole(), row.left_out.empty());
            EXPECT_EQ(coverage.because.empty(), row.left_out.empty());
            for (const auto message : messages) {
                for (const auto& id : row.left_out) EXPECT_THAT(coverage.checks, Contains(std::pair(id, message)));
                for (const auto& id : row.tried) EXPECT_THAT(coverage.checks, Not(Contains(std::pair(id, message))));
            }
        }
    }
}

TEST(Coverage, ScenarioThatWasCutShortLeavesOutWhatIsOpenInIt) {
    const auto all = Selection::make(sender_suite::sender_suite(), options());
    ASSERT_TRUE(all);
    auto results = run_of(*all, {kV1, kV2});
    results.complete = false;
    results.problem = "the budget of 30s was used up";
    for (auto& scenario : results.scenarios) scenario.ended = scenario.name != "4xx";
    for (auto& check : results.checks)
        if (check.id == "sender/retry/not-on-4xx") check.verdict = Verdict::kInconclusive;
    const auto coverage = all->coverage(results, {kV1, kV2}, {});
    EXPECT_THAT(coverage.checks, ElementsAre(std::pair(std::string("sender/retry/not-on-4xx"), kV1),
                                             std::pair(std::string("sender/retry/not-on-4xx"), kV2)));
    EXPECT_THAT(coverage.scenarios,
                ElementsAre(std::pair(std::string("4xx"), kV1), std::pair(std::string("4xx"), kV2)));
    EXPECT_THAT(coverage.because, ElementsAre("the budget of 30s was used up"));
}

TEST(Coverage, SenderThatChoseIsMeasuredByWhatItSent) {
    auto o = options();
    o.messages = {kV1};
    const auto all = Selection::make(sender_suite::sender_suite(), o);
    ASSERT_TRUE(all);
    auto results = run_of(*all, {kV1});
    results.asked.clear();
    EXPECT_TRUE(all->coverage(results, {kV1}, {}).whole());
    results.sent = {kV2};
    EXPECT_THAT(all->coverage(results, {kV1}, {}).checks, ElementsAre()) << "nothing of 2.0 was deselected";
}

TEST(Select, CheckIsUnderMessagesThatItsScenarioPlays) {
    for (const auto& check : sender_suite::sender_suite().checks) {
        if (check.id == "sender/written/missing-means-415") {
            EXPECT_FALSE(sender_suite::sender_suite().judges(check, kV1)) << "its scenario has 2.0 only";
            EXPECT_TRUE(sender_suite::sender_suite().judges(check, kV2));
        }
    }
}

}  // namespace
}  // namespace prw::suite
