// `prw test sender` as its user runs it: output, files and exit codes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <set>

#include "prw/http/client.h"
#include "prw/report/reports.h"
#include "prw/sender_suite/checks.h"
#include "prw/sender_suite/sender_suite.h"
#include "prw/suite/process.h"
#include "prw/suite/results.h"
#include "senders.h"
#include "support.h"

namespace prw::sender_suite {
namespace {

using namespace std::chrono_literals;
using prw::testing::read_file;
using prw::testing::TempDir;
using prw::testing::write_file;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using testing_support::sender_argv;
using testing_support::sender_command;

class Command : public ::testing::Test {
protected:
    std::unique_ptr<suite::Process> start(std::vector<std::string> arguments,
                                          std::vector<std::pair<std::string, std::string>> env = {}) {
        suite::ProcessOptions options;
        options.argv = {PRW_PROGRAM, "test", "sender", "--out", out_folder};
        options.argv.insert(options.argv.end(), arguments.begin(), arguments.end());
        options.env = std::move(env);
        options.log_path = dir.file("output");
        options.work_dir = dir.path().string();
        auto process = suite::Process::start(options);
        EXPECT_TRUE(process) << process.error().text();
        return process ? std::move(*process) : nullptr;
    }
    int run(std::vector<std::string> arguments, std::vector<std::pair<std::string, std::string>> env = {}) {
        std::filesystem::remove(dir.file("output"));
        auto process = start(std::move(arguments), std::move(env));
        const auto status = process->wait(110s);
        EXPECT_TRUE(status) << "did not end";
        return status && !status->signalled ? status->code : -1;
    }
    [[nodiscard]] std::string output() const { return read_file(dir.file("output")); }
    /// Where it is too long for the terminal it goes on below, behind blanks; here it is one line again.
    [[nodiscard]] std::string last_line() const {
        auto text = output();
        if (!text.empty() && text.back() == '\n') text.pop_back();
        auto begin = text.size();
        do begin = text.rfind('\n', begin - 1);
        while (begin != std::string::npos && begin != 0 && text[begin + 1] == ' ');
        std::string out;
        for (const char c : text.substr(begin + 1)) {
            if (c != '\n' && c != ' ')
                out += c;
            else if (!out.empty() && out.back() != ' ')
                out += ' ';
        }
        return out;
    }
    [[nodiscard]] suite::Results results() const {
        auto out = report::results_from_json(read_file(dir.file("out/results.json")));
        EXPECT_TRUE(out) << out.error().text();
        return out ? *out : suite::Results{};
    }
    static std::set<std::string> ids(const suite::Results& results, suite::Verdict verdict) {
        std::set<std::string> out;
        for (const auto& check : results.checks) {
            if (check.verdict == verdict) out.insert(check.id + " " + std::string(proto::short_name(check.message)));
        }
        return out;
    }
    TempDir dir;
    std::string out_folder = dir.file("out");
};

TEST_F(Command, ScrapesSeriesOfYourOwn) {
    write_file(dir.file("own.om"), "# TYPE my_gauge gauge\nmy_gauge{a=\"b\"} 0.1\n# EOF\n");
    EXPECT_EQ(run({"--source", "own.om", "--scenario", "steady", "--protobuf-message", "2.0"}), 0) << output();
    const auto seen = results();
    EXPECT_THAT(seen.command_line, HasSubstr("--source own.om"));
    auto inspect =
        suite::Process::start({.argv = {PRW_PROGRAM, "inspect", "--max-series", "0", "out/steady-2.0/requests.prwcap"},
                               .work_dir = dir.path().string(),
                               .log_path = dir.file("inspected")});
    ASSERT_TRUE(inspect) << inspect.error().text();
    ASSERT_TRUE((*inspect)->wait(30s));
    EXPECT_THAT(read_file(dir.file("inspected")), HasSubstr("my_gauge{a=\"b\""));
    // Nothing is run when the file is wrong.
    write_file(dir.file("own.om"), "# TYPE my_gauge gauge\nmy_gauge{a=\"b} 0.1\n# EOF\n");
    EXPECT_EQ(run({"--source", "own.om"}), 2);
    EXPECT_THAT(output(), HasSubstr("own.om:2:"));
    EXPECT_EQ(run({"--source", "none.om"}), 2);
    EXPECT_THAT(output(), HasSubstr("none.om: cannot read the file of series"));
}

TEST_F(Command, ReferenceConformsUnderBothMessages) {
    EXPECT_EQ(run({}), 0) << output();
    const auto seen = results();
    EXPECT_TRUE(seen.complete);
    EXPECT_EQ(seen.verdict, suite::Verdict::kPass);
    ASSERT_TRUE(seen.coverage);
    EXPECT_THAT(seen.coverage->checks, ElementsAre()) << "a whole run is none of a part";
    EXPECT_THAT(seen.coverage->scenarios, ElementsAre());
    EXPECT_GT(seen.scenarios.size(), sender_suite().scenarios.size());
    EXPECT_THAT(ids(seen, suite::Verdict::kFail), ElementsAre());
    EXPECT_THAT(ids(seen, suite::Verdict::kWarn), ElementsAre());
    EXPECT_THAT(ids(seen, suite::Verdict::kError), ElementsAre());
    // 1.0 has neither of these, and nobody asks the reference for custom buckets.
    const std::set<std::string> only_v2 = {"sender/fidelity/native-histograms", "sender/fidelity/reset-hints",
                                           "sender/fidelity/exemplars", "sender/fidelity/start-timestamps",
                                           "sender/fidelity/metadata"};
    for (const auto& check : seen.checks) {
        if (check.id.starts_with("sender/retry/") || check.id.starts_with("sender/stale/") ||
            check.id.starts_with("sender/fidelity/")) {
            const bool none = check.id == "sender/fidelity/custom-buckets" ||
                              (check.message == proto::ProtobufMessage::kV1 && only_v2.contains(check.id));
            EXPECT_EQ(name_of(check.verdict), none ? "not-applicable" : "pass")
                << check.id << " " << proto::short_name(check.message) << ": " << check.reason;
        }
    }
    for (const auto& scenario : seen.scenarios) {
        EXPECT_EQ(scenario.problem, "");
        EXPECT_GT(scenario.requests, 0U);
        EXPECT_TRUE(std::filesystem::exists(dir.path() / "out" / scenario.capture)) << scenario.capture;
        EXPECT_TRUE(std::filesystem::exists(dir.path() / "out" / scenario.target_log)) << scenario.target_log;
    }
    EXPECT_TRUE(std::filesystem::exists(dir.file("out/report.html")));
    EXPECT_FALSE(std::filesystem::exists(dir.file("out/steady-1.0/work")))
        << "work directories are kept with --keep only";
    EXPECT_THAT(last_line(), AllOf(HasSubstr("PASS"), HasSubstr("exit 0")));
    EXPECT_THAT(output(), HasSubstr("prw test sender -- ./my-sender"));
    EXPECT_THAT(output(), Not(HasSubstr("\x1b"))) << "not a terminal: no control codes";
}

TEST_F(Command, SeedCaseNamesTheMissingRetryAndTheVersionAndNothingThatIsNotSo) {
    EXPECT_EQ(run({"--", prw::testing::source_dir().string() + "/tests/peers/seed_sender.py"}), 1) << output();
    const auto seen = results();
    EXPECT_THAT(ids(seen, suite::Verdict::kFail), ElementsAre("sender/retry/on-5xx 1.0"));
    // It prints the status of the answer, and not its text.
    EXPECT_THAT(ids(seen, suite::Verdict::kWarn),
                ElementsAre("sender/headers/user-agent-version 1.0", "sender/response/logs-error 1.0"));
    EXPECT_THAT(ids(seen, suite::Verdict::kError), ElementsAre());
    for (const auto& check : seen.checks) {
        if (check.id != "sender/retry/on-5xx") continue;
        EXPECT_EQ(check.level, proto::Level::kMust);
        EXPECT_FALSE(check.capsule.empty());
        EXPECT_EQ(check.exchanges.size(), 1U);
    }
    EXPECT_EQ(seen.learn_more, "prw explain sender/retry/on-5xx");
    EXPECT_THAT(last_line(), AllOf(HasSubstr("FAIL"), HasSubstr("exit 1")));
}

TEST_F(Command, WhatWasAskedIsWhatIsJudged) {
    const std::string as_asked = "sender/negotiation/message-as-asked";
    struct Row {
        std::vector<std::string> flags;
        const char* mutant;
        int exit_code;
        std::set<std::string> fails, passes;  ///< of these, all
        const char* says;
    };
    for (const auto& row : std::vector<Row>{
             {{"--protobuf-message", "2.0"}, "fallback/always-v1", 1, {as_asked + " 2.0"}, {}, "message-as-asked"},
             {{"--protobuf-message", "1.0"}, "fallback/always-v2", 1, {as_asked + " 1.0"}, {}, "message-as-asked"},
             {{"--protobuf-message", "1.0", "--protobuf-message", "2.0"},
              "fallback/always-v1",
              1,
              {as_asked + " 2.0"},
              {as_asked + " 1.0"},
              "message-as-asked"},
             {{"--protobuf-message", "1.0", "--protobuf-message", "2.0"},
              "",
              0,
              {},
              {as_asked + " 1.0", as_asked + " 2.0"},
              "conforms in what was tested"},
             {{"--protobuf-message", "2.0", "--run", "labels/sorted"},
              "fallback/always-v1",
              4,
              {},
              {},
              "no verdict: asked for 2.0, it sent nothing but 1.0"},
             {{},
              "fallback/always-v2",
              0,
              {},
              {},
              "no message was asked for: what it sent, 2.0, is what was judged"}}) {
        auto arguments = row.flags;
        arguments.insert(arguments.end(), {"--scenario", "steady", "--"});
        const auto sender = sender_argv(row.mutant);
        arguments.insert(arguments.end(), sender.begin(), sender.end());
        EXPECT_EQ(run(arguments), row.exit_code) << row.says << output();
        EXPECT_THAT(output(), HasSubstr(row.says));
        const auto seen = results();
        EXPECT_EQ(ids(seen, suite::Verdict::kFail), row.fails) << row.says;
        const auto passed = ids(seen, suite::Verdict::kPass);
        for (const auto& id : row.passes) EXPECT_TRUE(passed.contains(id)) << id;
        EXPECT_FALSE(std::any_of(passed.begin(), passed.end(), [&](const std::string& id) {
            return row.exit_code != 0 && id.ends_with(" 2.0") && std::string(row.mutant).ends_with("v1");
        })) << "1.0 is no evidence for 2.0";
    }
}

TEST_F(Command, OneCheckThatOnlyWarnsIsItsVerdict) {
    const auto seed = prw::testing::source_dir().string() + "/tests/peers/seed_sender.py";
    EXPECT_EQ(run({"--run", "headers/user-agent-version", "--", seed}), 0) << output();
    EXPECT_EQ(name_of(results().verdict), "warn");
    EXPECT_THAT(last_line(), AllOf(HasSubstr("WARN"), HasSubstr("exit 0")));
    EXPECT_EQ(run({"--run", "headers/user-agent-version", "--fail-on", "should", "--", seed}), 3) << output();
}

TEST_F(Command, NextAndAgainAreCommandsThatLeadOn) {
    const auto seed = prw::testing::source_dir().string() + "/tests/peers/seed_sender.py";
    EXPECT_EQ(run({"--scenario", "5xx-then-success", "--", seed}), 1) << output();
    EXPECT_THAT(results().rerun,
                HasSubstr("prw test sender --scenario 5xx-then-success --run sender/retry/on-5xx --out "));
    EXPECT_THAT(output(), HasSubstr("failing   "));
    EXPECT_THAT(output(), Not(HasSubstr("next      "))) << "first what failed";

    auto sender = sender_argv();
    sender.insert(sender.begin(), {"--run", "labels/sorted", "--"});
    EXPECT_EQ(run(sender), 0) << output();
    EXPECT_EQ(results().rerun, "");
    EXPECT_THAT(output(), HasSubstr("prw test sender -- sh -c 'exec "));
    EXPECT_THAT(output(), HasSubstr("the whole suite"));
}

TEST_F(Command, RepeatsUntilItFailsAndNoLonger) {
    auto bad = sender_argv("delivery/new-connections");
    bad.insert(bad.begin(), {"--run", "connection/reuse", "--fail-on", "should", "--until-fail", "3", "--"});
    EXPECT_EQ(run(bad), 3) << output();
    EXPECT_THAT(output(), HasSubstr("repetition 1 of at most 3 is not right"));
    EXPECT_EQ(results().repeat, 1U);
    EXPECT_TRUE(results().complete);
    EXPECT_TRUE(std::filesystem::exists(dir.file("out/" + results().checks.at(0).capsule)));
    auto good = sender_argv();
    good.insert(good.begin(), {"--run", "connection/reuse", "--until-fail", "2", "--"});
    EXPECT_EQ(run(good), 0) << output();
    EXPECT_THAT(output(), HasSubstr("2 repetitions, all of them right"));
    EXPECT_EQ(results().repeat, 2U);
}

TEST_F(Command, WaitsForADebuggerWithTheProgramStopped) {
    auto arguments = sender_argv();
    arguments.insert(arguments.begin(), {"--wait-for-debugger", "--run", "labels/sorted", "--"});
    auto process = start(arguments);
    const auto end = std::chrono::steady_clock::now() + 60s;
    int pid = 0;
    while (pid == 0 && std::chrono::steady_clock::now() < end) {
        ASSERT_FALSE(process->wait(10ms)) << output();
        const auto text = output();
        const auto at = text.find("steady (1.0): process ");
        if (text.find("kill -CONT") != std::string::npos) pid = std::stoi(text.substr(at + 22));
    }
    ASSERT_GT(pid, 0) << output();
    EXPECT_EQ(suite::process_state(pid), 'T');
    ASSERT_EQ(::kill(pid, SIGCONT), 0);
    const auto status = process->wait(90s);
    ASSERT_TRUE(status);
    EXPECT_EQ(status->code, 0) << output();
}

TEST_F(Command, WarningsCountWhereAskedTo) {
    auto sender = sender_argv("delivery/new-connections");
    sender.insert(sender.begin(), "--");
    auto with = [&](std::vector<std::string> flags) {
        flags.insert(flags.end(), sender.begin(), sender.end());
        return run(flags);
    };
    EXPECT_EQ(with({"--scenario", "steady"}), 0) << output();
    EXPECT_EQ(with({"--scenario", "steady", "--fail-on", "should", "-q"}), 3) << output();
    EXPECT_THAT(output(), ::testing::StartsWith("Summary"));
}

TEST_F(Command, UsageErrorsAreTwoAndSayWhatThereIs) {
    write_file(dir.file("bad.yaml"), "version: 1\ntargets:\n  - name: a\n    rolle: sender\n");
    write_file(dir.file("unset.yaml"),
               "version: 1\ntargets:\n  - name: a\n    role: sender\n    start: {exec: [sh, \"${PRW_NEVER_SET}\"]}\n");
    struct Row {
        std::vector<std::string> arguments;
        const char* says;
    };
    for (const auto& row : std::vector<Row>{
             {{"--profile", "referense"}, "did you mean \"reference\"? known: "},
             {{"--profile", "nowhere.yaml"}, "nowhere.yaml: cannot read the profile"},
             {{"--profile", "bad.yaml"}, "bad.yaml:4: unknown key \"rolle\" in a target; did you mean \"role\"?"},
             {{"--profile", "unset.yaml"}, "variable ${PRW_NEVER_SET} is not set"},
             {{"--scenario", "4x"}, "did you mean \"4xx\"?"},
             {{"--run", "sender/labels/sortet"}, "did you mean \"sender/labels/sorted\"?"},
             {{"--run", "labels/sorted", "--skip", "labels/**"}, "the selection is empty"},
             {{"--report", "junti"}, "did you mean \"junit\"?"},
             {{"--update-expect"}, "--update-expect needs --expect FILE"},
             {{"--expect", "nowhere.yaml"}, "nowhere.yaml: cannot read the file of known failures"},
             {{"--budget", "soon"}, "--budget"},
             {{"--fail-on", "sometimes"}, "--fail-on"},
             {{"--failed"}, "--failed: "},
             {{"--protobuf-message", "3.0"}, "1.0 or 2.0, not \"3.0\""},
             {{"--timeout", "soon"}, "--timeout"},
             {{"--patience", "much"}, "--patience"},
             {{"--patience", "0"}, "--patience"},
             {{"--attach", "--", "x"}, "--attach starts nothing"},
             {{"--attach", "--scenario", "configuration"}, "it cannot be played with a sender that runs already"},
             {{"--attach", "--scenario", "4xx", "--scenario", "steady"}, "--attach plays one scenario at a time"},
             {{"--attach", "--run", "retry/**"}, "--attach plays one scenario at a time, and these checks need "},
             {{"--attach", "--protobuf-message", "1.0", "--protobuf-message", "2.0"}, "one message at a time"},
             {{"--attach", "--listen", "nowhere"}, "--listen: not an address"},
             {{"--attach", "--wait-for-debugger"}, "--wait-for-debugger needs a program that prw starts"},
             {{"--listen", "127.0.0.1:0"}, "--listen goes with --attach"},
             {{"--until-fail", "2", "--repeat", "2"}, "--until-fail does not go with --repeat"},
             {{"--json"}, "--json goes with --list"},
             {{"--profile", "reference", "--", "x"}, "not both"},
             {{"--target", "x"}, "no target \"x\""}}) {
        EXPECT_EQ(run(row.arguments), 2) << row.says;
        EXPECT_THAT(output(), HasSubstr(row.says));
    }
}

TEST_F(Command, SelectionRunsOnlyWhatItNeedsAndReportsOnlyThat) {
    EXPECT_EQ(run({"--run", "retry/on-5xx", "--protobuf-message", "1.0", "--report", "tap", "--report",
                   "sarif=" + dir.file("deep/down.sarif")}),
              0)
        << output();
    const auto seen = results();
    EXPECT_EQ(seen.scenarios.size(), 1U);
    ASSERT_EQ(seen.checks.size(), 1U);
    EXPECT_EQ(seen.checks[0].id, "sender/retry/on-5xx");
    EXPECT_THAT(read_file(dir.file("out/results.tap")), HasSubstr("\nok 1 - sender/retry/on-5xx 1.0\n"));
    EXPECT_THAT(read_file(dir.file("out/junit.xml")), HasSubstr("tests=\"1\" failures=\"0\""));
    EXPECT_THAT(read_file(dir.file("deep/down.sarif")), HasSubstr("\"executionSuccessful\": true"));

    EXPECT_EQ(run({"--failed"}), 2) << "nothing failed";
    EXPECT_THAT(output(), HasSubstr("nothing failed in the last run"));
    EXPECT_EQ(results().checks.size(), 1U) << "a slip does not cost the last results";

    EXPECT_EQ(run({"--list", "--run", "retry/**", "--protobuf-message", "2.0"}), 0);
    EXPECT_THAT(output(), HasSubstr("sender/retry/on-5xx  MUST  2.0  5xx-then-success\n"));
    EXPECT_THAT(output(), HasSubstr("nothing was run"));
    EXPECT_EQ(results().checks.size(), 1U);
}

TEST_F(Command, KnownFailuresAreExpectedUntilTheyAreFixed) {
    auto bad = sender_argv("delivery/new-connections");
    bad.insert(bad.begin(), "--");
    const auto with = [&](std::vector<std::string> flags, const std::vector<std::string>& target) {
        flags.insert(flags.end(), {"--scenario", "steady", "--fail-on", "should", "--expect", "known.yaml"});
        flags.insert(flags.end(), target.begin(), target.end());
        return run(flags);
    };
    EXPECT_EQ(with({}, bad), 2) << "no such file";
    EXPECT_EQ(with({"--update-expect"}, bad), 0) << output();
    EXPECT_THAT(output(), HasSubstr("wrote known.yaml: "));
    EXPECT_EQ(with({}, bad), 0) << output();
    EXPECT_THAT(output(), HasSubstr("warn (expected)"));
    EXPECT_THAT(last_line(), HasSubstr("known failure"));
    EXPECT_EQ(with({"--protobuf-message", "1.0"}, {}), 1) << output();
    EXPECT_THAT(output(), HasSubstr("remove the entry"));
    EXPECT_EQ(with({"--update-expect", "--protobuf-message", "1.0"}, {}), 0) << output();
    EXPECT_THAT(read_file(dir.file("known.yaml")), HasSubstr("expected: []"));
}

TEST_F(Command, BudgetEndsTheRunAndSaysSo) {
    EXPECT_EQ(run({"--budget", "1s", "-j", "1"}), 4) << output();
    const auto seen = results();
    EXPECT_FALSE(seen.complete);
    EXPECT_EQ(seen.problem, "the budget of 1s was used up");
    EXPECT_TRUE(std::any_of(seen.checks.begin(), seen.checks.end(), [](const auto& check) {
        return check.reason.find("the budget of 1s was used up") != std::string::npos;
    }));
    ASSERT_TRUE(seen.coverage);
    EXPECT_FALSE(seen.coverage->whole());
    EXPECT_THAT(last_line(), HasSubstr("no verdict: the budget of 1s was used up before it was complete"));
    EXPECT_THAT(output(), Not(HasSubstr("broken off")));
    EXPECT_THAT(read_file(dir.file("out/junit.xml")), HasSubstr("the budget of 1s was used up"));
}

TEST_F(Command, RepetitionsAreMergedAndSeeded) {
    EXPECT_EQ(run({"--run", "labels/sorted", "--protobuf-message", "1.0", "--repeat", "2", "--seed", "7", "--", "sh",
                   "-c", "echo seed=$PRW_SEED; exec " + sender_command()}),
              0)
        << output();
    const auto seen = results();
    EXPECT_EQ(seen.repeat, 2U);
    EXPECT_EQ(seen.seed, 7U);
    EXPECT_EQ(seen.checks.size(), 1U);
    ASSERT_EQ(seen.scenarios.size(), 2U);
    EXPECT_THAT(read_file(dir.file("out/" + seen.scenarios[0].target_log)), HasSubstr("seed=7"));
    EXPECT_THAT(read_file(dir.file("out/" + seen.scenarios[1].target_log)), HasSubstr("seed=8"));
}

TEST_F(Command, EveryWayOutLeavesReportsThatSayWhy) {
    const auto summary = dir.file("summary.md");
    write_file(dir.file("a.yaml"),
               "version: 1\ntargets:\n  - name: a\n    role: sender\n    requires: [vmagent-is-not-here]\n    start: "
               "{exec: [sh]}\n");
    EXPECT_EQ(run({"--profile", "a.yaml", "--report", "markdown"}), 4);
    EXPECT_THAT(results().problem, HasSubstr("vmagent-is-not-here is not on this machine"));
    EXPECT_THAT(read_file(dir.file("out/junit.xml")), HasSubstr("<error type=\"incomplete\""));
    EXPECT_THAT(read_file(dir.file("out/report.html")), HasSubstr("This run is incomplete"));
    EXPECT_THAT(read_file(dir.file("out/summary.md")), HasSubstr("**Incomplete.**"));

    EXPECT_EQ(run({"--profile", "referense", "--report", "tap=bad.tap"}), 2);
    EXPECT_THAT(read_file(dir.file("bad.tap")), HasSubstr("Bail out! "));
    EXPECT_EQ(results().exit_code, 2);

    EXPECT_EQ(run({"--scenario", "steady", "--", "true"}, {{"GITHUB_STEP_SUMMARY", summary}}), 4);
    EXPECT_THAT(read_file(summary), HasSubstr("**INCONCLUSIVE**"));
}

TEST_F(Command, TraceShowsTheExchangesOfAFailure) {
    EXPECT_EQ(run({"--run", "retry/on-5xx", "--trace", "--",
                   prw::testing::source_dir().string() + "/tests/peers/seed_sender.py"}),
              1);
    EXPECT_THAT(output(), HasSubstr("--- sender/retry/on-5xx 1.0 fail\nexchange 1 "));
    EXPECT_THAT(output(), HasSubstr("response 503 after "));
    EXPECT_THAT(output(), HasSubstr("POST /"));
}

TEST_F(Command, ProgramThatIsNotThereIsFourOrSkipped) {
    write_file(dir.file("a.yaml"),
               "version: 1\ntargets:\n  - name: a\n    role: sender\n    requires: [vmagent-is-not-here]\n    start: "
               "{exec: [sh]}\n");
    EXPECT_EQ(run({"--profile", "a.yaml"}), 4);
    EXPECT_THAT(output(),
                HasSubstr("target a (a.yaml:3) cannot be started: vmagent-is-not-here is not on this machine"));
    EXPECT_EQ(run({"--profile", "a.yaml", "--skip-exit-code"}), 77);
}

TEST_F(Command, SilentAndCrashingCommandsAreFour) {
    EXPECT_EQ(run({"--scenario", "steady", "--", "true"}), 4);
    EXPECT_THAT(last_line(), HasSubstr("INCONCLUSIVE"));
    EXPECT_EQ(run({"--scenario", "steady", "--", "sh", "-c", "echo no config; exit 3"}), 4);
    EXPECT_THAT(output(), ::testing::ContainsRegex(
                              "the target exited with 3 before it sent anything\\s+seen +its last output: no config"));
    EXPECT_THAT(last_line(), HasSubstr("exit 4"));
}

TEST_F(Command, FolderThatCannotBeWrittenIsFive) {
    write_file(dir.file("file"), "x");
    out_folder = dir.file("file/sub");
    EXPECT_EQ(run({"--scenario", "steady", "--", "true"}), 5) << output();
    EXPECT_THAT(output(), HasSubstr("file/sub: cannot create the folder for results"));
}

TEST_F(Command, CommandRunsWhereTheUserStandsAndFindsItsEnvironment) {
    EXPECT_EQ(run({"--scenario", "steady", "--keep", "--", "sh", "-c",
                   "echo \"pwd=$(pwd) message=$PRW_PROTOBUF_MESSAGE scenario=$PRW_SCENARIO check=$PRW_CHECK_ID\"; test "
                   "-d \"$PRW_TMPDIR\" && "
                   "echo tmp; echo \"$PRW_REMOTE_WRITE_URL $PRW_SCRAPE_URL $PRW_SCRAPE_HOSTPORT\""}),
              4);
    const auto log = read_file(dir.file("out/steady-1.0/target.log"));
    EXPECT_THAT(log, HasSubstr("pwd=" + std::filesystem::canonical(dir.path()).string() +
                               " message=1.0 scenario=steady check=steady\ntmp\nhttp://127.0.0.1:"));
    EXPECT_TRUE(std::filesystem::is_directory(dir.file("out/steady-1.0/work")));
}

TEST_F(Command, ProfileThatInitWroteRuns) {
    struct Row {
        std::string flag, program;
    };
    const std::string send = std::string("exec ") + PRW_PROGRAM + " send --flush-interval 200ms ";
    for (const auto& row : std::vector<Row>{
             {"--scrape", send + "--scrape \"$PRW_SCRAPE_URL\" --interval 200ms \"$PRW_REMOTE_WRITE_URL\""},
             {"--push", "echo 'jobs_total 1' | " + send + "\"$PRW_REMOTE_WRITE_URL\""},
             {"--stdin", send + "\"$PRW_REMOTE_WRITE_URL\""}}) {
        const auto profile = dir.file("my-sender.yaml");
        suite::ProcessOptions init;
        init.argv = {PRW_PROGRAM, "init", "sender", row.flag, "--force", "--output", profile};
        init.log_path = dir.file("init-output");
        auto process = suite::Process::start(init);
        ASSERT_TRUE(process) << process.error().text();
        const auto status = (*process)->wait(20s);
        ASSERT_TRUE(status && status->success()) << read_file(init.log_path);
        write_file(dir.file("my-sender"), "#!/bin/sh\n" + row.program + "\n");
        std::filesystem::permissions(dir.file("my-sender"), std::filesystem::perms::owner_all);

        EXPECT_EQ(run({"--profile", profile, "--scenario", "steady", "-q"}), 0) << row.flag << output();
        const auto seen = results();
        EXPECT_EQ(seen.target.name, "my-sender");
        EXPECT_GT(ids(seen, suite::Verdict::kPass).count("sender/labels/sorted 1.0"), 0U) << row.flag;
        EXPECT_EQ(ids(seen, suite::Verdict::kPass).count("sender/fidelity/every-sample-bit-exact 1.0"),
                  row.flag == "--push" ? 0U : 1U)
            << row.flag;
    }
}

TEST_F(Command, InterruptionWritesWhatThereIs) {
    auto process = start({});
    const auto end = std::chrono::steady_clock::now() + 60s;
    // The first capture stands: scenarios are under way.
    while (!std::filesystem::exists(dir.file("out/series-disappears-1.0/requests.prwcap")) &&
           std::chrono::steady_clock::now() < end)
        ASSERT_FALSE(process->wait(10ms)) << output();
    ASSERT_EQ(::kill(process->pid(), SIGINT), 0);
    const auto status = process->wait(60s);
    ASSERT_TRUE(status);
    EXPECT_EQ(status->code, 4) << output();
    EXPECT_FALSE(results().complete);
    EXPECT_THAT(output(), HasSubstr("INCOMPLETE"));
}

TEST_F(Command, AttachJudgesWhatComes) {
    auto process = start({"--attach", "--for", "4s"});
    const auto end = std::chrono::steady_clock::now() + 30s;
    std::string url;
    while (url.empty() && std::chrono::steady_clock::now() < end) {
        ASSERT_FALSE(process->wait(10ms)) << output();
        const auto text = output();
        const auto at = text.find("http://");
        if (text.find("Ctrl-C") != std::string::npos) url = text.substr(at, text.find('\n', at) - at);
    }
    const auto fixture = prw::testing::fixture("kube-eventer-1.3-1.0/000");
    http::Client client(*http::parse_url(url));
    const auto answer = client.request("POST",
                                       {{"Content-Type", "application/x-protobuf"},
                                        {"Content-Encoding", "snappy"},
                                        {"User-Agent", "kube-eventer"},
                                        {"X-Prometheus-Remote-Write-Version", "0.1.0"}},
                                       fixture.body);
    ASSERT_TRUE(answer) << answer.error().text();
    EXPECT_EQ(answer->status, 204);
    const auto status = process->wait(60s);
    ASSERT_TRUE(status);
    EXPECT_EQ(status->code, 1) << output();
    EXPECT_TRUE(ids(results(), suite::Verdict::kFail).contains("sender/labels/sorted 1.0"));
    EXPECT_TRUE(results().complete);
    EXPECT_THAT(last_line(), HasSubstr("tested: 1 of "));
}

TEST_F(Command, AttachPlaysTheScenarioThatIsAskedFor) {
    auto process = start({"--attach", "--listen", "127.0.0.1:0", "--run", "retry/on-5xx", "--for", "90s"});
    const auto end = std::chrono::steady_clock::now() + 30s;
    std::string text;
    while (text.find("Ctrl-C") == std::string::npos && std::chrono::steady_clock::now() < end) {
        ASSERT_FALSE(process->wait(10ms)) << output();
        text = output();
    }
    EXPECT_THAT(text, HasSubstr("scenario              5xx-then-success\n"));
    const auto url_after = [&](std::string_view words) {
        const auto at = text.find("http://", text.find(words));
        return text.substr(at, text.find_first_of(" \n", at) - at);
    };
    auto sender = suite::Process::start({.argv = sender_argv(),
                                         .env = {{"PRW_REMOTE_WRITE_URL", url_after("point a sender at")},
                                                 {"PRW_SCRAPE_URL", url_after("let it scrape")},
                                                 {"PRW_PROTOBUF_MESSAGE", "1.0"}}});
    ASSERT_TRUE(sender) << sender.error().text();
    const auto status = process->wait(100s);
    ASSERT_TRUE(status);
    EXPECT_EQ(status->code, 0) << output();
    EXPECT_EQ(ids(results(), suite::Verdict::kPass), (std::set<std::string>{"sender/retry/on-5xx 1.0"}));
    EXPECT_EQ(results().scenarios.at(0).name, "5xx-then-success");
}

}  // namespace
}  // namespace prw::sender_suite
