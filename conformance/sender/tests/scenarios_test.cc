// Runs from start to end, with programs that conform, do nothing, break, or do not stop.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "prw/sender_suite/checks.h"
#include "prw/sender_suite/runner.h"
#include "prw/sender_suite/sender_suite.h"
#include "prw/suite/command_text.h"
#include "prw/suite/evidence.h"
#include "senders.h"
#include "support.h"

namespace prw::sender_suite {
namespace {

using proto::ProtobufMessage;
using ::testing::HasSubstr;
using testing_support::sender_argv;
using testing_support::sender_command;
using testing_support::sender_target;

struct Played {
    ScenarioRecord record;
    std::map<std::string, suite::CheckOutcome> checks;
};

Played play(const std::string& scenario, ProtobufMessage message, suite::Target target) {
    const prw::testing::TempDir dir;
    SenderRunOptions options;
    options.target = std::move(target);
    options.out = dir.path().string();
    options.timeout = std::chrono::seconds(40);
    Played out;
    out.record = run_scenario(options, scenario, message);
    for (auto& check : judge(out.record)) out.checks[check.id] = check;
    const ScenarioRecord* records[] = {&out.record};
    for (auto& check : judge_rules(records, judged_message(out.record))) out.checks[check.id] = check;
    return out;
}

std::string list_of_faults(const Played& played) {
    std::string out;
    for (const auto& [id, check] : played.checks) {
        if (check.verdict >= suite::Verdict::kWarn)
            out += id + ": " + std::string(name_of(check.verdict)) + ": " + check.reason + "\n";
    }
    return out + played.record.problem;
}

constexpr auto kV1 = ProtobufMessage::kV1;
constexpr auto kV2 = ProtobufMessage::kV2;

// That each check can fail, and fails where it should and nowhere else, is shown by prw self-test.
TEST(Reference, ConformsInEveryScenario) {
    const prw::testing::TempDir dir;
    SenderRunOptions options;
    options.target = sender_target();
    options.out = dir.path().string();
    auto results = run_sender_tests(options);
    ASSERT_TRUE(results) << results.error().text();
    suite::conclude(*results, false);
    EXPECT_EQ(results->exit_code, 0);
    std::set<std::string> played;
    for (const auto& scenario : results->scenarios) {
        played.insert(scenario.name);
        EXPECT_EQ(scenario.problem, "") << scenario.name;
    }
    EXPECT_EQ(played.size(), sender_suite().scenarios.size());
    for (const auto& check : results->checks)
        EXPECT_LT(check.verdict, suite::Verdict::kWarn) << check.id << ": " << check.reason;
}

TEST(Baseline, LossThatIsThereInAnyCaseIsBlamedOnce) {
    const prw::testing::TempDir dir;
    SenderRunOptions options;
    options.target = sender_target("delivery/loses-in-merges");
    options.scenarios = {"steady", "5xx-then-success", "retry-after", "transport-faults", "refused-at-start"};
    options.messages = {kV1};
    options.out = dir.path().string();
    auto results = run_sender_tests(options);
    ASSERT_TRUE(results) << results.error().text();
    std::map<std::string, const suite::CheckOutcome*> checks;
    for (const auto& check : results->checks) {
        checks[check.id] = &check;
        if (check.id != "sender/fidelity/every-sample-bit-exact") {
            EXPECT_LT(check.verdict, suite::Verdict::kWarn) << check.id << ": " << check.reason;
        }
    }
    EXPECT_EQ(checks.at("sender/fidelity/every-sample-bit-exact")->verdict, suite::Verdict::kFail);
    EXPECT_EQ(checks.at("sender/retry/on-5xx")->verdict, suite::Verdict::kPass)
        << checks.at("sender/retry/on-5xx")->reason;
    const auto told =
        std::count_if(results->checks.begin(), results->checks.end(), [](const suite::CheckOutcome& check) {
            return check.reason.find("are lost in scenario steady, too") != std::string::npos;
        });
    EXPECT_GT(told, 0);
}

TEST(NullSenders, AreNeverGreenAndConcludeWithFour) {
    struct Null {
        const char* mutant;
        suite::Verdict verdict;
        const char* reason;
    };
    const prw::testing::TempDir dir;
    for (const auto& null :
         {Null{"null/silent", suite::Verdict::kInconclusive, "no request arrived"},
          Null{"null/exits-at-once", suite::Verdict::kInconclusive, "exited with 0 without sending anything"},
          Null{"null/fails-at-once", suite::Verdict::kError, "exited with 3 before it sent anything"}}) {
        SCOPED_TRACE(null.mutant);
        SenderRunOptions options;
        options.target = sender_target(null.mutant);
        options.target.settle = std::chrono::seconds(5);  // ten at a time, instrumented, take more than one to start
        options.out = dir.file(std::string(null.mutant).substr(5));
        auto results = run_sender_tests(options);
        ASSERT_TRUE(results) << results.error().text();
        suite::conclude(*results, false);
        EXPECT_EQ(results->exit_code, 4);
        EXPECT_TRUE(results->complete);
        for (const auto& scenario : results->scenarios) {
            // Where nobody listened, not to have sent is what is judged.
            if (scenario.name == "refused-at-start" && null.verdict != suite::Verdict::kError) continue;
            EXPECT_THAT(scenario.problem, HasSubstr(null.reason)) << scenario.name;
        }
        for (const auto& check : results->checks) {
            if (check.verdict == suite::Verdict::kNotApplicable || check.scenario == "refused-at-start") continue;
            EXPECT_EQ(name_of(check.verdict), name_of(null.verdict)) << check.id << ": " << check.reason;
        }
    }
}

TEST(Runner, TargetThatNeverSendsIsNotWaitedForInEveryScenario) {
    const prw::testing::TempDir dir;
    SenderRunOptions options;
    options.target = sender_target("null/silent");
    options.target.settle = std::chrono::seconds(1);
    options.out = dir.path().string();
    options.jobs = 3;
    auto results = run_sender_tests(options);
    ASSERT_TRUE(results) << results.error().text();
    const auto not_run = std::count_if(results->scenarios.begin(), results->scenarios.end(), [](const auto& scenario) {
        return scenario.problem.starts_with("not run, as no request arrived");
    });
    EXPECT_GE(not_run, static_cast<std::ptrdiff_t>(results->scenarios.size()) - 5);
    EXPECT_TRUE(results->complete);
    for (const auto& check : results->checks) EXPECT_NE(check.verdict, suite::Verdict::kPass) << check.id;
    // What is the same everywhere is told once.
    EXPECT_EQ(std::count_if(results->scenarios.begin(), results->scenarios.end(),
                            [](const auto& scenario) { return !scenario.detail.empty(); }),
              1);
}

TEST(Runner, SilenceInOneScenarioDoesNotCostTheOthers) {
    auto target = sender_target();
    target.exec = {"sh", "-c", "test \"$PRW_SCENARIO\" = 4xx && exec tail -f /dev/null; exec " + sender_command()};
    target.settle = std::chrono::seconds(2);
    const prw::testing::TempDir dir;
    SenderRunOptions options;
    options.target = std::move(target);
    options.out = dir.path().string();
    options.scenarios = {"steady", "4xx", "2xx"};
    options.messages = {kV1};
    options.jobs = 2;
    auto results = run_sender_tests(options);
    ASSERT_TRUE(results) << results.error().text();
    for (const auto& scenario : results->scenarios) {
        if (scenario.name == "4xx")
            EXPECT_THAT(scenario.problem, HasSubstr("no request arrived within 2 s"));
        else
            EXPECT_EQ(scenario.problem, "") << scenario.name;
    }
}

TEST(Runner, SilentTargetIsToldByWhatItDidAndSaidBeforeItWasStopped) {
    auto target = suite::command_target({"sh", "-c",
                                         "trap 'echo goodbye; exit 0' TERM; echo cannot find the URL; "
                                         "while :; do tail -f /dev/null & wait; done"});
    target.settle = std::chrono::seconds(1);
    const prw::testing::TempDir dir;
    SenderRunOptions options;
    options.target = std::move(target);
    options.out = dir.path().string();
    options.scenarios = {"steady", "4xx"};
    auto results = run_sender_tests(options);
    ASSERT_TRUE(results) << results.error().text();
    ASSERT_EQ(results->scenarios.size(), 2U);
    for (const auto& scenario : results->scenarios)
        EXPECT_EQ(scenario.problem, "no request arrived within 1 s, and no scrape of PRW_SCRAPE_URL either");
    const auto& detail = results->scenarios.front().detail;
    EXPECT_THAT(detail, HasSubstr("its last output: cannot find the URL"));
    EXPECT_THAT(detail, ::testing::Not(HasSubstr("goodbye")));
    EXPECT_THAT(detail, HasSubstr("--url \"$PRW_REMOTE_WRITE_URL\"'"));
    EXPECT_EQ(results->scenarios.back().detail, "");
}

TEST(Runner, TargetThatScrapesAndSendsNothingIsToldSo) {
    auto target = sender_target("null/ignores-url");
    target.settle = std::chrono::seconds(2);
    const auto played = play("steady", kV1, target);
    EXPECT_THAT(played.record.problem, HasSubstr("though it scraped"));
}

TEST(Runner, CrashInEveryScenarioIsOneErrorThatNamesThem) {
    const prw::testing::TempDir dir;
    SenderRunOptions options;
    options.target = sender_target("null/fails-at-once");
    options.out = dir.path().string();
    options.scenarios = {"steady", "4xx", "2xx"};
    options.messages = {kV1};
    auto results = run_sender_tests(options);
    ASSERT_TRUE(results) << results.error().text();
    std::vector<std::string> told;
    for (const auto& check : results->checks)
        if (check.id == "sender/target/runs") told.push_back(check.reason);
    EXPECT_THAT(told, ::testing::ElementsAre(
                          HasSubstr("3 scenarios (steady, 4xx, 2xx): the target exited with 3 before it sent")));
}

TEST(Runner, CrashWhileSendingIsAnErrorAndWhatWasSeenStaysJudged) {
    const prw::testing::TempDir dir;
    SenderRunOptions options;
    options.target = sender_target();
    options.target.exec = {"sh", "-c", sender_command({}, "--scrapes 3") + "; kill -ABRT $$"};
    options.scenarios = {"steady"};
    options.messages = {kV1};
    options.out = dir.path().string();
    auto results = run_sender_tests(options);
    ASSERT_TRUE(results) << results.error().text();
    suite::conclude(*results, false);
    EXPECT_EQ(results->exit_code, 4);
    const auto broken = std::find_if(results->checks.begin(), results->checks.end(),
                                     [](const auto& check) { return check.id == "sender/target/runs"; });
    ASSERT_NE(broken, results->checks.end());
    EXPECT_EQ(name_of(broken->verdict), "error");
    EXPECT_THAT(broken->reason, HasSubstr("was killed by signal 6"));
}

TEST(Runner, TargetThatDoesNotStartIsAnErrorWithPlaceAndCause) {
    auto target = sender_target();
    target.exec = {"/nonexistent/agent"};
    const auto played = play("steady", kV1, target);
    EXPECT_THAT(played.record.problem, HasSubstr("/nonexistent/agent"));
    for (const auto& [id, check] : played.checks)
        EXPECT_TRUE(check.verdict == suite::Verdict::kError || check.verdict == suite::Verdict::kNotApplicable) << id;
}

TEST(Runner, DeafTargetIsKilledAndStillJudged) {
    auto target = sender_target();
    target.exec = {"sh", "-c", "trap '' TERM; " + sender_command() + "; tail -f /dev/null"};
    const auto played = play("4xx", kV1, target);
    EXPECT_EQ(list_of_faults(played), "");
    EXPECT_EQ(played.checks.at("sender/retry/not-on-4xx").verdict, suite::Verdict::kPass);
}

TEST(Runner, InterruptionLeavesPartialResultsThatSaySo) {
    const prw::testing::TempDir dir;
    std::atomic<bool> stop{false};
    SenderRunOptions options;
    options.target = sender_target();
    options.out = dir.path().string();
    options.stop = &stop;
    options.jobs = 2;
    options.progress = [&](const suite::Progress& progress) {
        if (progress.requests > 0) stop = true;
    };
    auto results = run_sender_tests(options);
    ASSERT_TRUE(results) << results.error().text();
    suite::conclude(*results, false);
    EXPECT_FALSE(results->complete);
    EXPECT_EQ(results->exit_code, 4);
    EXPECT_GT(results->scenarios.size(), sender_suite().scenarios.size());
}

TEST(Runner, UnknownScenarioAndMessageAreUsageErrors) {
    SenderRunOptions options;
    options.target = sender_target();
    options.scenarios = {"stedy"};
    auto results = run_sender_tests(options);
    ASSERT_FALSE(results);
    EXPECT_EQ(results.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(results.error().what, HasSubstr("did you mean \"steady\""));
    options.scenarios.clear();
    options.target.protocols = {kV1};
    options.messages = {kV2};
    results = run_sender_tests(options);
    ASSERT_FALSE(results);
    EXPECT_THAT(results.error().what, HasSubstr("cannot be asked to send 2.0"));
}

// Refused by 5xx alone it would never begin, and no retry could be judged.
TEST(Runner, SenderThatTriesAnotherCodingFirstFallsBackInEachScenario) {
    for (const auto& [scenario, check] : {std::pair{"5xx-then-success", "sender/retry/on-5xx"},
                                          std::pair{"10s-outage", "sender/outage/nothing-lost"}}) {
        const auto played = play(scenario, kV1, sender_target("fallback/gzip-first"));
        EXPECT_EQ(name_of(played.checks.at(check).verdict), "pass") << played.checks.at(check).reason;
        EXPECT_EQ(name_of(played.checks.at("sender/negotiation/content-encoding-snappy").verdict), "fail");
    }
}

TEST(Runner, FoldersOfTheRunInTheLogAreNoSignOfMissingWrittenHeaders) {
    auto target = sender_target();
    target.exec = {
        "sh", "-c",
        "echo \"no rules in $PRW_TMPDIR/rules.yml, error\"; exec " + sender_command("written/trusts-2xx-without")};
    const auto played = play("2xx-without-written", kV2, target);
    EXPECT_EQ(name_of(played.checks.at("sender/written/missing-means-415").verdict), "warn");
}

TEST(Runner, WhatReservedHeadersDoIsJudgedOnce) {
    const auto played = play("configuration", kV1, sender_target("config/reserved-headers"));
    EXPECT_EQ(list_of_faults(played).substr(0, 36), "sender/headers/reserved-kept: fail: ");
    EXPECT_EQ(list_of_faults(played).find('\n'), list_of_faults(played).size() - 1) << list_of_faults(played);
}

TEST(Runner, CommandThatScrapesIsJudgedLikeAScraper) {
    auto target = suite::command_target(sender_argv("stale/none"));
    const auto played = play("series-disappears", kV1, target);
    EXPECT_EQ(name_of(played.checks.at("sender/stale/marker-on-disappearance").verdict), "fail");
}

TEST(Runner, StdinHoldsOneScrape) {
    auto target = sender_target();
    target.input = suite::Input::kStdin;
    target.exec = {"sh", "-c", "cat > input; grep -c prw_scrape_generation input; cp input \"$PRW_TMPDIR/../input\""};
    target.settle = std::chrono::seconds(5);
    const prw::testing::TempDir dir;
    SenderRunOptions options;
    options.target = target;
    options.out = dir.path().string();
    const auto record = run_scenario(options, "steady", kV1);
    EXPECT_EQ(record.generations.size(), 1U);
    EXPECT_THAT(record.problem, HasSubstr("exited with 0 without sending anything"));
    EXPECT_THAT(prw::testing::read_file(dir.file("steady-1.0/input")), HasSubstr("prw_scrape_generation 1\n"));
}

TEST(Runner, SecretsAreNotShownAndTheRestStays) {
    struct Row {
        std::vector<std::string> argv;
        const char* shown;
    };
    for (const auto& row : std::vector<Row>{
             {{"agent", "--url", "http://u:hush@h/p", "--password", "hush", "--token=hush", "-H",
               "Authorization: Bearer hush", "a b"},
              "agent --url http://u:xxxxx@h/p --password xxxxx --token=xxxxx -H Authorization:xxxxx 'a b'"},
             {{"agent", "--header=Authorization: Bearer hush", "--next"}, "agent --header=Authorization:xxxxx --next"},
             {{"agent", "--token-file", "/etc/t", "--password_file=p"}, "agent --token-file /etc/t --password_file=p"},
             {{"agent", "--url=https://h/p?token=hush&x=1"}, "agent '--url=https://h/p?token=xxxxx&x=1'"},
             {{"agent", "--url", "http://token-service:80/p"}, "agent --url http://token-service:80/p"},
             // Only words that are secrets go; without the others nobody could run the line again.
             {{"sh", "-c", "API_TOKEN=hush ./my-sender --url \"$PRW_REMOTE_WRITE_URL\" --flag"},
              "sh -c 'API_TOKEN=xxxxx ./my-sender --url \"$PRW_REMOTE_WRITE_URL\" --flag'"},
             {{"/bin/bash", "-ec", "cd x && ./s --password 'hu sh' --password=hush;./t"},
              "/bin/bash -ec 'cd x && ./s --password '\\''xxxxx'\\'' --password=xxxxx;./t'"},
             {{"sh", "-c", "./s --password \"$PASSWORD\" -H \"Authorization: Bearer hush\" -v"},
              "sh -c './s --password \"$PASSWORD\" -H \"Authorization:xxxxx\" -v'"},
             {{"sh", "-c", "echo \"it's\" http://u:hush@h/"}, "sh -c 'echo \"it'\\''s\" http://u:xxxxx@h/'"},
             {{"agent", "$URL", "${x}"}, "agent '$URL' '${x}'"},
             {{"python3", "-c", "token=1"}, "python3 -c token=xxxxx"}}) {
        EXPECT_EQ(suite::redact_command(row.argv), row.shown);
        EXPECT_THAT(suite::redact_command(row.argv), ::testing::Not(HasSubstr("hush")));
    }
}

}  // namespace
}  // namespace prw::sender_suite
