// `prw test sender` as its user runs it: output, files and exit codes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <set>

#include "prw/conformance/checks.h"
#include "prw/conformance/process.h"
#include "prw/conformance/results.h"
#include "prw/http/client.h"
#include "support.h"

namespace prw::conformance {
namespace {

using namespace std::chrono_literals;
using prw::testing::read_file;
using prw::testing::TempDir;
using prw::testing::write_file;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class Command : public ::testing::Test {
protected:
    std::unique_ptr<Process> start(std::vector<std::string> arguments,
                                   std::vector<std::pair<std::string, std::string>> env = {}) {
        ProcessOptions options;
        options.argv = {PRW_PROGRAM, "test", "sender", "--out", out_folder};
        options.argv.insert(options.argv.end(), arguments.begin(), arguments.end());
        options.env = std::move(env);
        options.log_path = dir.file("output");
        options.work_dir = dir.path().string();
        auto process = Process::start(options);
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
    [[nodiscard]] std::string last_line() const {
        auto text = output();
        if (!text.empty() && text.back() == '\n') text.pop_back();
        return text.substr(text.rfind('\n') + 1);
    }
    [[nodiscard]] Results results() const {
        auto out = results_from_json(read_file(dir.file("out/results.json")));
        EXPECT_TRUE(out) << out.error().text();
        return out ? *out : Results{};
    }
    static std::set<std::string> ids(const Results& results, Verdict verdict) {
        std::set<std::string> out;
        for (const auto& check : results.checks) {
            if (check.verdict == verdict) out.insert(check.id + " " + std::string(proto::short_name(check.message)));
        }
        return out;
    }
    TempDir dir;
    std::string out_folder = dir.file("out");
};

TEST_F(Command, ReferenceConformsUnderBothMessages) {
    EXPECT_EQ(run({}), 0) << output();
    const auto seen = results();
    EXPECT_TRUE(seen.complete);
    EXPECT_EQ(seen.verdict, Verdict::kPass);
    EXPECT_EQ(seen.scenarios.size(), 2 * all_scenarios().size());
    EXPECT_THAT(ids(seen, Verdict::kFail), ElementsAre());
    EXPECT_THAT(ids(seen, Verdict::kWarn), ElementsAre());
    EXPECT_THAT(ids(seen, Verdict::kError), ElementsAre());
    for (const auto& check : seen.checks) {
        if (check.id.starts_with("sender/retry/") || check.id.starts_with("sender/stale/") ||
            check.id.starts_with("sender/fidelity/")) {
            EXPECT_EQ(name_of(check.verdict), "pass")
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

TEST_F(Command, SeedCaseNamesTheMissingRetryAndTheVersionAndNothingElse) {
    EXPECT_EQ(run({"--", std::string(PRW_SOURCE_DIR) + "/tests/peers/seed_sender.py"}), 1) << output();
    const auto seen = results();
    EXPECT_THAT(ids(seen, Verdict::kFail), ElementsAre("sender/retry/on-5xx 1.0"));
    EXPECT_THAT(ids(seen, Verdict::kWarn), ElementsAre("sender/headers/user-agent-version 1.0"));
    EXPECT_THAT(ids(seen, Verdict::kError), ElementsAre());
    for (const auto& check : seen.checks) {
        if (check.id != "sender/retry/on-5xx") continue;
        EXPECT_EQ(check.level, proto::Level::kMust);
        EXPECT_FALSE(check.capsule.empty());
        EXPECT_EQ(check.exchanges.size(), 1U);
    }
    EXPECT_EQ(seen.learn_more, "prw explain sender/retry/on-5xx");
    EXPECT_THAT(last_line(), AllOf(HasSubstr("FAIL"), HasSubstr("exit 1")));
}

TEST_F(Command, WarningsCountWhereAskedTo) {
    const std::vector<std::string> sender = {"--", PRW_BAD_SENDER, "--mode", "new-connections"};
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
             {{"--protobuf-message", "3.0"}, "1.0 or 2.0, not \"3.0\""},
             {{"--timeout", "soon"}, "--timeout"},
             {{"--attach", "--", "x"}, "--attach starts nothing"},
             {{"--profile", "reference", "--", "x"}, "not both"},
             {{"--target", "x"}, "no target \"x\""}}) {
        EXPECT_EQ(run(row.arguments), 2) << row.says;
        EXPECT_THAT(output(), HasSubstr(row.says));
    }
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
                              "the target exited with 3 before it sent anything; its last output:\\s+no config"));
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
                   "echo \"pwd=$(pwd) message=$PRW_PROTOBUF_MESSAGE check=$PRW_CHECK_ID\"; test -d \"$PRW_TMPDIR\" && "
                   "echo tmp; echo \"$PRW_REMOTE_WRITE_URL $PRW_SCRAPE_URL $PRW_SCRAPE_HOSTPORT\""}),
              4);
    const auto log = read_file(dir.file("out/steady-1.0/target.log"));
    EXPECT_THAT(log, HasSubstr("pwd=" + std::filesystem::canonical(dir.path()).string() +
                               " message=1.0 check=steady\ntmp\nhttp://127.0.0.1:"));
    EXPECT_TRUE(std::filesystem::is_directory(dir.file("out/steady-1.0/work")));
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
    EXPECT_TRUE(ids(results(), Verdict::kFail).contains("sender/labels/sorted 1.0"));
    EXPECT_TRUE(results().complete);
}

}  // namespace
}  // namespace prw::conformance
