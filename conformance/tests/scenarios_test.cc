// Every check on behaviour has a sender that makes it fail, and the one without a fault passes them all.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "prw/conformance/evidence.h"
#include "prw/conformance/runner.h"
#include "support.h"

namespace prw::conformance {
namespace {

using proto::ProtobufMessage;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;

Target double_of(const std::string& mode) {
    Target target;
    target.name = mode;
    target.protocols = {ProtobufMessage::kV1, ProtobufMessage::kV2};
    target.exec = {PRW_BAD_SENDER, "--mode", mode};
    target.features = {{"exemplars", {true, true}},
                       {"metadata", {false, true}},
                       {"stale_markers", {true, true}},
                       {"native_histograms", {true, true}},
                       {"start_timestamps", {false, true}}};
    target.grace = std::chrono::milliseconds(300);
    target.settle = std::chrono::seconds(10);
    target.variants["header"].env = {{"BAD_SENDER_HEADER", "${PRW_HEADER_NAME}: ${PRW_HEADER_VALUE}"}};
    target.variants["basic-auth"].env = {{"BAD_SENDER_BASIC", "${PRW_USERNAME}:${PRW_PASSWORD}"}};
    target.variants["bearer-token"].env = {{"BAD_SENDER_BEARER", "${PRW_BEARER_TOKEN}"}};
    target.variants["short-timeout"].env = {{"BAD_SENDER_TIMEOUT", "${PRW_TIMEOUT_SECONDS}"}};
    target.origin = "test";
    return target;
}

struct Played {
    ScenarioRecord record;
    std::map<std::string, CheckOutcome> checks;
};

/// Each failure leaves a capsule that is judged again to the same verdict.
void expect_evidence(const Played& played, const std::string& out) {
    std::vector<CheckOutcome> checks;
    for (const auto& [id, check] : played.checks) checks.push_back(check);
    const auto written = write_capsules(checks, {&played.record, 1}, out, "test");
    EXPECT_TRUE(written) << written.error().text();
    for (const auto& check : checks) {
        if ((check.verdict != Verdict::kFail && check.verdict != Verdict::kWarn) || played.record.deliveries().empty())
            continue;
        const auto again = judge_again((std::filesystem::path(out) / check.capsule).string());
        ASSERT_TRUE(again) << check.id << ": " << again.error().text();
        EXPECT_EQ(name_of(again->is), "STILL FAILING") << check.id << " was " << name_of(check.verdict) << ", is "
                                                       << name_of(again->now.verdict) << ": " << again->now.reason;
        EXPECT_TRUE(again->capsule.rejudges) << check.id;
    }
}

Played play_double(const std::string& scenario, ProtobufMessage message, Target target) {
    const prw::testing::TempDir dir;
    RunOptions options;
    options.target = std::move(target);
    options.out = dir.path().string();
    options.timeout = std::chrono::seconds(40);
    Played out;
    out.record = run_scenario(options, scenario, message);
    for (auto& check : judge(out.record)) out.checks[check.id] = check;
    const ScenarioRecord* records[] = {&out.record};
    for (auto& check : judge_rules(records, judged_message(out.record))) out.checks[check.id] = check;
    expect_evidence(out, options.out);
    return out;
}

std::string list_of_faults(const Played& played) {
    std::string out;
    for (const auto& [id, check] : played.checks) {
        if (check.verdict >= Verdict::kWarn)
            out += id + ": " + std::string(name_of(check.verdict)) + ": " + check.reason + "\n";
    }
    return out + played.record.problem;
}

struct Row {
    const char* mode;
    const char* scenario;
    ProtobufMessage message;
    const char* check;
    Verdict verdict;
    /// Other checks that the same fault breaks by its nature; anything else is a false alarm.
    std::vector<std::string> also = {};
};

constexpr auto kV1 = ProtobufMessage::kV1;
constexpr auto kV2 = ProtobufMessage::kV2;

const std::vector<Row>& rows() {
    static const std::vector<Row> kRows = {
        {"drop-sample", "steady", kV1, "sender/fidelity/every-sample-bit-exact", Verdict::kFail},
        {"altered", "steady", kV2, "sender/fidelity/every-sample-bit-exact", Verdict::kFail},
        {"unsigned-zero", "steady", kV1, "sender/fidelity/negative-zero", Verdict::kWarn},
        {"stale-for-nan", "steady", kV1, "sender/fidelity/every-sample-bit-exact", Verdict::kFail},
        {"resend", "steady", kV1, "sender/fidelity/no-duplicates", Verdict::kFail},
        {"constant", "steady", kV1, "sender/fidelity/no-duplicates", Verdict::kFail},
        {"drop-label",
         "steady",
         kV1,
         "sender/labels/complete-set",
         Verdict::kFail,
         {"sender/fidelity/every-sample-bit-exact", "sender/fidelity/exemplars"}},
        {"labels-once",
         "steady",
         kV2,
         "sender/labels/complete-set",
         Verdict::kFail,
         {"sender/labels/job-instance-consistent"}},
        {"job-on-some", "steady", kV1, "sender/labels/job-instance-consistent", Verdict::kWarn},
        {"reorder",
         "steady",
         kV1,
         "sender/ordering/per-series",
         Verdict::kFail,
         {"sender/fidelity/every-sample-bit-exact"}},
        {"seconds",
         "steady",
         kV1,
         "sender/ordering/unique-timestamps",
         Verdict::kFail,
         {"sender/fidelity/every-sample-bit-exact", "sender/fidelity/no-duplicates", "sender/samples/timestamp-unit",
          "sender/fidelity/native-histograms"}},
        {"new-connections", "steady", kV1, "sender/connection/reuse", Verdict::kWarn},
        {"other-message", "steady", kV2, "sender/negotiation/message-as-asked", Verdict::kFail},
        {"no-exemplars", "steady", kV2, "sender/exemplars/provided", Verdict::kWarn},
        {"altered-histogram", "steady", kV1, "sender/fidelity/native-histograms", Verdict::kFail},
        {"altered-histogram", "steady", kV2, "sender/fidelity/native-histograms", Verdict::kFail},
        {"cumulative-custom-buckets",
         "steady",
         kV2,
         "sender/fidelity/custom-buckets",
         Verdict::kFail,
         {"sender/histograms/count-equals-buckets"}},
        {"hint-no", "steady", kV2, "sender/fidelity/reset-hints", Verdict::kWarn},
        {"exemplars-without-value", "steady", kV1, "sender/fidelity/exemplars", Verdict::kFail},
        {"exemplars-without-value", "steady", kV2, "sender/fidelity/exemplars", Verdict::kFail},
        {"own-starts", "steady", kV2, "sender/fidelity/start-timestamps", Verdict::kWarn},
        {"escaped-help", "steady", kV2, "sender/fidelity/metadata", Verdict::kWarn},
        {"drop-one-of-many", "large-scrape", kV1, "sender/fidelity/large-scrape", Verdict::kFail},
        {"resend", "large-scrape", kV2, "sender/fidelity/large-scrape", Verdict::kFail},
        {"unsorted", "steady", kV1, "sender/labels/sorted", Verdict::kFail},
        {"no-retry", "5xx-then-success", kV1, "sender/retry/on-5xx", Verdict::kFail},
        {"no-retry", "5xx-then-success", kV2, "sender/retry/on-5xx", Verdict::kFail},
        {"no-retry-501",
         "5xx-then-success",
         kV1,
         "sender/retry/no-loss-after-recovery",
         Verdict::kWarn,
         {"sender/retry/on-5xx"}},
        {"retry-twice",
         "5xx-then-success",
         kV1,
         "sender/retry/no-loss-after-recovery",
         Verdict::kWarn,
         {"sender/retry/on-5xx"}},
        {"hot-loop", "5xx-then-success", kV1, "sender/retry/backoff", Verdict::kFail},
        {"fixed-interval", "5xx-then-success", kV2, "sender/retry/backoff", Verdict::kWarn},
        {"restamp",
         "5xx-then-success",
         kV1,
         "sender/retry/same-data",
         Verdict::kFail,
         {"sender/retry/no-loss-after-recovery"}},
        {"alter-on-retry",
         "5xx-then-success",
         kV2,
         "sender/retry/same-data",
         Verdict::kFail,
         {"sender/retry/on-5xx", "sender/retry/no-loss-after-recovery"}},
        {"side-queue",
         "5xx-then-success",
         kV1,
         "sender/retry/order-kept",
         Verdict::kFail,
         {"sender/retry/newer-data-waits", "sender/retry/backoff"}},
        {"side-queue",
         "5xx-then-success",
         kV2,
         "sender/retry/newer-data-waits",
         Verdict::kWarn,
         {"sender/retry/order-kept", "sender/retry/backoff"}},
        {"retry-4xx", "4xx", kV1, "sender/retry/not-on-4xx", Verdict::kFail},
        {"retry-4xx", "4xx", kV2, "sender/retry/not-on-4xx", Verdict::kFail},
        {"stop-on-4xx", "4xx", kV1, "sender/retry/continues-after-4xx", Verdict::kWarn},
        {"no-stale",
         "series-disappears",
         kV1,
         "sender/stale/marker-on-disappearance",
         Verdict::kFail,
         {"sender/stale/all-series-of-target"}},
        {"mangle-stale",
         "series-disappears",
         kV2,
         "sender/stale/marker-on-disappearance",
         Verdict::kFail,
         {"sender/stale/all-series-of-target", "sender/samples/stale-marker-bits", "sender/samples/canonical-nan"}},
        {"no-stale-on-failure", "series-disappears", kV1, "sender/stale/all-series-of-target", Verdict::kFail},
        {"stale-on-failure-but-buckets", "series-disappears", kV2, "sender/stale/all-series-of-target", Verdict::kWarn},
        {"stale-for-nan", "series-disappears", kV1, "sender/stale/none-for-live-series", Verdict::kFail},
        {"stale-for-explicit", "series-disappears", kV1, "sender/stale/none-for-explicit-timestamps", Verdict::kWarn},
        {"stays-away", "series-disappears", kV2, "sender/stale/back-after-marker", Verdict::kFail},
        {"give-up-on-error",
         "transport-faults",
         kV1,
         "sender/transport/broken-connection",
         Verdict::kWarn,
         {"sender/transport/broken-response", "sender/transport/stalled-response"}},
        {"hot-loop", "transport-faults", kV1, "sender/transport/backoff", Verdict::kWarn},
        {"cut-is-success", "transport-faults", kV2, "sender/transport/broken-response", Verdict::kWarn},
        {"big-body-is-final", "transport-faults", kV1, "sender/transport/large-error-body", Verdict::kFail},
        {"wait-for-ever", "transport-faults", kV2, "sender/transport/stalled-response", Verdict::kWarn},
        {"close-is-failure", "transport-faults", kV1, "sender/transport/unusual-success", Verdict::kWarn},
        {"give-up-on-error", "refused-at-start", kV2, "sender/transport/refused-at-start", Verdict::kWarn},
        {"redirect-get", "redirects", kV1, "sender/redirect/not-by-get", Verdict::kWarn},
        {"redirect-empty", "redirects", kV1, "sender/redirect/same-request", Verdict::kWarn},
        {"drop-query", "configuration", kV1, "sender/url/path-and-query", Verdict::kFail},
        {"no-custom-header", "configuration", kV2, "sender/headers/custom-arrives", Verdict::kWarn},
        {"header-override",
         "configuration",
         kV1,
         "sender/headers/reserved-kept",
         Verdict::kFail,
         {"sender/negotiation/content-encoding-snappy", "sender/negotiation/media-type"}},
        {"header-doubles",
         "configuration",
         kV2,
         "sender/headers/reserved-kept",
         Verdict::kFail,
         {"sender/headers/reserved-once"}},
        {"no-auth", "configuration", kV1, "sender/auth/basic", Verdict::kWarn, {"sender/auth/bearer"}},
        {"no-auth", "configuration", kV2, "sender/auth/bearer", Verdict::kWarn, {"sender/auth/basic"}},
        {"repeat-markers", "series-disappears", kV1, "sender/stale/single-marker", Verdict::kWarn},
    };
    return kRows;
}

void PrintTo(const Row& row, std::ostream* out) { *out << row.mode << " in " << row.scenario; }

class Doubles : public ::testing::TestWithParam<Row> {};

TEST_P(Doubles, AreCaughtAndNothingElseIsSaid) {
    const auto& row = GetParam();
    const auto played = play_double(row.scenario, row.message, double_of(row.mode));
    const auto found = played.checks.find(row.check);
    ASSERT_NE(found, played.checks.end()) << list_of_faults(played);
    EXPECT_EQ(name_of(found->second.verdict), name_of(row.verdict)) << found->second.reason << "\n"
                                                                    << list_of_faults(played);
    EXPECT_NE(found->second.got, "");
    EXPECT_NE(found->second.want, "");
    EXPECT_FALSE(found->second.clauses.empty());
    for (const auto& [id, check] : played.checks) {
        if (id == row.check || check.verdict < Verdict::kWarn) continue;
        EXPECT_NE(std::find(row.also.begin(), row.also.end(), id), row.also.end())
            << id << " is a false alarm: " << check.reason;
    }
}

std::string row_name(const ::testing::TestParamInfo<Row>& info) {
    std::string out = std::string(info.param.mode) + "-" + info.param.scenario +
                      (info.param.message == kV1 ? "V1" : "V2") + std::to_string(info.index);
    std::string clean;
    for (const char c : out) {
        if (std::isalnum(static_cast<unsigned char>(c)) != 0) clean += c;
    }
    return clean;
}
INSTANTIATE_TEST_SUITE_P(Table, Doubles, ::testing::ValuesIn(rows()), row_name);

TEST(Doubles, EveryCheckOnBehaviourHasOne) {
    std::set<std::string> caught = {"sender/target/runs"};  // Runner.CrashWhileSending…
    for (const auto& row : rows()) caught.insert(row.check);
    std::set<std::string> known;
    for (const auto& check : all_checks()) {
        if (check.rule.empty()) known.insert(check.id);
    }
    EXPECT_THAT(caught, IsSupersetOf(known));
}

struct Setting {
    const char* scenario;
    ProtobufMessage message;
};
void PrintTo(const Setting& setting, std::ostream* out) {
    *out << setting.scenario << " with " << proto::short_name(setting.message);
}

class WithoutFault : public ::testing::TestWithParam<Setting> {};

TEST_P(WithoutFault, EveryCheckOfTheScenarioPasses) {
    const auto [scenario, message] = GetParam();
    const auto played = play_double(scenario, message, double_of("good"));
    EXPECT_EQ(played.record.problem, "");
    for (const auto& check : all_checks()) {
        if (!check.rule.empty() || check.scenario != scenario) continue;
        const auto found = played.checks.find(check.id);
        if (found == played.checks.end()) continue;  // says nothing about this message
        const bool right = found->second.verdict == Verdict::kPass || found->second.verdict == Verdict::kNotApplicable;
        EXPECT_TRUE(right) << check.id << " is " << name_of(found->second.verdict) << ": " << found->second.reason;
    }
    EXPECT_EQ(list_of_faults(played), "");
}

std::vector<Setting> settings() {
    std::vector<Setting> out;
    for (const auto& info : all_scenarios()) {
        for (const auto message : {kV1, kV2}) out.push_back({info.name.data(), message});
    }
    return out;
}
INSTANTIATE_TEST_SUITE_P(Table, WithoutFault, ::testing::ValuesIn(settings()));

TEST(NullSenders, AreNeverGreen) {
    struct Null {
        const char* mode;
        Verdict verdict;
        const char* reason;
    };
    for (const auto& null : {Null{"silent", Verdict::kInconclusive, "no request arrived"},
                             Null{"exit-with-0", Verdict::kInconclusive, "exited with 0 without sending anything"},
                             Null{"exit-with-3", Verdict::kError,
                                  "exited with 3 before it sent anything; its last output: bad_sender: exit-with-3"}}) {
        auto target = double_of(null.mode);
        target.settle = std::chrono::seconds(1);
        for (const auto& scenario : all_scenarios()) {
            SCOPED_TRACE(std::string(null.mode) + " in " + std::string(scenario.name));
            const auto played = play_double(std::string(scenario.name), kV1, target);
            EXPECT_THAT(played.record.problem, HasSubstr(null.reason));
            for (const auto& [id, check] : played.checks) {
                if (check.verdict == Verdict::kNotApplicable) continue;
                EXPECT_EQ(name_of(check.verdict), name_of(null.verdict)) << id << ": " << check.reason;
            }
        }
    }
}

TEST(NullSenders, ConcludeWithFour) {
    const prw::testing::TempDir dir;
    for (const char* mode : {"silent", "exit-with-0", "exit-with-3"}) {
        RunOptions options;
        options.target = double_of(mode);
        options.target.settle = std::chrono::milliseconds(500);
        options.out = dir.file(mode);
        auto results = run_sender_tests(options);
        ASSERT_TRUE(results) << results.error().text();
        conclude(*results, false);
        EXPECT_EQ(results->exit_code, 4) << mode;
        EXPECT_TRUE(results->complete);
        EXPECT_EQ(results->scenarios.size(), 2 * all_scenarios().size());
    }
}

TEST(Runner, CrashWhileSendingIsAnErrorAndWhatWasSeenStaysJudged) {
    const prw::testing::TempDir dir;
    RunOptions options;
    options.target = double_of("crash");
    options.scenarios = {"steady"};
    options.messages = {kV1};
    options.out = dir.path().string();
    auto results = run_sender_tests(options);
    ASSERT_TRUE(results) << results.error().text();
    conclude(*results, false);
    EXPECT_EQ(results->exit_code, 4);
    const auto broken = std::find_if(results->checks.begin(), results->checks.end(),
                                     [](const auto& check) { return check.id == "sender/target/runs"; });
    ASSERT_NE(broken, results->checks.end());
    EXPECT_EQ(name_of(broken->verdict), "error");
    EXPECT_THAT(broken->reason, HasSubstr("was killed by signal 6"));
}

TEST(Runner, TargetThatDoesNotStartIsAnErrorWithPlaceAndCause) {
    auto target = double_of("good");
    target.exec = {"/nonexistent/agent"};
    const auto played = play_double("steady", kV1, target);
    EXPECT_THAT(played.record.problem, HasSubstr("/nonexistent/agent"));
    for (const auto& [id, check] : played.checks)
        EXPECT_TRUE(check.verdict == Verdict::kError || check.verdict == Verdict::kNotApplicable) << id;
}

TEST(Runner, DeafTargetIsKilledAndStillJudged) {
    const auto played = play_double("4xx", kV1, double_of("deaf"));
    EXPECT_EQ(list_of_faults(played), "");
    EXPECT_EQ(played.checks.at("sender/retry/not-on-4xx").verdict, Verdict::kPass);
}

TEST(Runner, InterruptionLeavesPartialResultsThatSaySo) {
    const prw::testing::TempDir dir;
    std::atomic<bool> stop{false};
    RunOptions options;
    options.target = double_of("good");
    options.out = dir.path().string();
    options.stop = &stop;
    options.jobs = 2;
    options.progress = [&](const Progress& progress) {
        if (progress.requests > 0) stop = true;
    };
    auto results = run_sender_tests(options);
    ASSERT_TRUE(results) << results.error().text();
    conclude(*results, false);
    EXPECT_FALSE(results->complete);
    EXPECT_EQ(results->exit_code, 4);
    EXPECT_EQ(results->scenarios.size(), 2 * all_scenarios().size());
}

TEST(Runner, UnknownScenarioAndMessageAreUsageErrors) {
    RunOptions options;
    options.target = double_of("good");
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

TEST(Runner, CommandThatScrapesIsJudgedLikeAScraper) {
    auto target = command_target({PRW_BAD_SENDER, "--mode", "no-stale"});
    const auto played = play_double("series-disappears", kV1, target);
    EXPECT_EQ(name_of(played.checks.at("sender/stale/marker-on-disappearance").verdict), "fail");
}

TEST(Runner, StdinHoldsOneScrape) {
    auto target = double_of("good");
    target.input = Input::kStdin;
    target.exec = {"sh", "-c", "cat > input; grep -c prw_scrape_generation input; cp input \"$PRW_TMPDIR/../input\""};
    target.settle = std::chrono::seconds(5);
    const prw::testing::TempDir dir;
    RunOptions options;
    options.target = target;
    options.out = dir.path().string();
    const auto record = run_scenario(options, "steady", kV1);
    EXPECT_EQ(record.generations.size(), 1U);
    EXPECT_THAT(record.problem, HasSubstr("exited with 0 without sending anything"));
    EXPECT_THAT(prw::testing::read_file(dir.file("steady-1.0/input")), HasSubstr("prw_scrape_generation 1\n"));
}

TEST(Runner, SecretsAreNotShown) {
    EXPECT_EQ(redact_command({"agent", "--url", "http://u:hush@h/p", "--password", "hush", "--token=hush", "-H",
                              "Authorization: Bearer hush", "a b"}),
              "agent --url http://u:xxxxx@h/p --password xxxxx --token=xxxxx -H Authorization:xxxxx 'a b'");
}

}  // namespace
}  // namespace prw::conformance
