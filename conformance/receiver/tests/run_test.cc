// Runs over real sockets: against our own receiver, against nobody, and against one that knows 1.0 only.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "prw/receiver/receiver.h"
#include "prw/receiver_suite/receiver_suite.h"
#include "prw/receiver_suite/record.h"
#include "prw/suite/evidence.h"
#include "support.h"

namespace prw::receiver_suite {
namespace {

using suite::Verdict;
using ::testing::HasSubstr;
constexpr auto kV1 = proto::ProtobufMessage::kV1;
constexpr auto kV2 = proto::ProtobufMessage::kV2;

suite::RunOptions options_for(const std::string& url, const std::string& out) {
    suite::RunOptions run;
    run.target.name = "under test";
    run.target.role = kRole;
    run.target.url = url;
    run.target.input = suite::Input::kUnknown;
    run.target.protocols = {kV1, kV2};
    run.out = out;
    run.timeout = std::chrono::seconds(60);
    return run;
}

suite::Results run(const suite::RunOptions& options) {
    auto results = run_receiver_tests(options);
    EXPECT_TRUE(results) << results.error().text();
    if (!results) return {};
    suite::conclude(*results);
    return std::move(*results);
}

const suite::CheckOutcome* find(const suite::Results& results, std::string_view id, proto::ProtobufMessage message) {
    for (const auto& check : results.checks)
        if (check.id == id && check.message == message) return &check;
    return nullptr;
}

TEST(ReceiverRun, OurOwnReceiverConforms) {
    prw::testing::TempDir folder;
    receiver::Receiver mock;
    ASSERT_TRUE(mock.start());
    const auto results = run(options_for(mock.url(), folder.path().string()));
    for (const auto& check : results.checks)
        EXPECT_THAT(check.verdict, ::testing::AnyOf(Verdict::kPass, Verdict::kInfo, Verdict::kNotApplicable))
            << check.id << ": " << check.reason;
    EXPECT_EQ(results.exit_code, 0) << results.problem;
    EXPECT_EQ(results.sent.size(), 2U);
    EXPECT_TRUE(results.complete);
}

TEST(ReceiverRun, NobodyThereIsInconclusive) {
    prw::testing::TempDir folder;
    receiver::Receiver mock;
    ASSERT_TRUE(mock.reserve());
    const auto results = run(options_for(mock.url(), folder.path().string()));
    EXPECT_EQ(results.exit_code, 4);
    const auto* runs = find(results, "receiver/target/runs", kV1);
    ASSERT_NE(runs, nullptr);
    EXPECT_EQ(runs->verdict, Verdict::kError);
    EXPECT_THAT(runs->reason, HasSubstr("refused"));
    for (const auto& check : results.checks) EXPECT_NE(check.verdict, Verdict::kPass) << check.id;
}

TEST(ReceiverRun, OneThatKnows10OnlyConformsToThat) {
    prw::testing::TempDir folder;
    receiver::ReceiverOptions old;
    old.only_1x = true;
    receiver::Receiver mock(old);
    ASSERT_TRUE(mock.start());
    auto options = options_for(mock.url(), folder.path().string());
    const auto results = run(options);
    EXPECT_EQ(results.exit_code, 0) << results.problem;
    ASSERT_NE(find(results, "receiver/accepts/samples", kV2), nullptr);
    EXPECT_EQ(find(results, "receiver/accepts/samples", kV2)->verdict, Verdict::kNotApplicable);
    EXPECT_EQ(find(results, "receiver/accepts/samples", kV1)->verdict, Verdict::kPass);
    // Asked for 2.0 by name, it is judged by it.
    options.messages = {kV2};
    options.target.message_given = true;
    const auto asked = run(options);
    EXPECT_EQ(asked.exit_code, 1);
    EXPECT_EQ(find(asked, "receiver/accepts/samples", kV2)->verdict, Verdict::kFail);
}

TEST(ReceiverRun, AFailureLeavesACapsuleThatFailsAgain) {
    prw::testing::TempDir folder;
    receiver::Receiver mock;
    ASSERT_TRUE(mock.start());
    receiver::ScriptStep step;
    step.status = 500;
    step.body = "out of luck";
    mock.set_script({{step}});
    auto options = options_for(mock.url(), folder.path().string());
    options.messages = {kV1};
    const auto results = run(options);
    EXPECT_EQ(results.exit_code, 1);
    const auto* check = find(results, "receiver/malformed/is-4xx", kV1);
    ASSERT_NE(check, nullptr);
    EXPECT_EQ(check->verdict, Verdict::kFail);
    EXPECT_THAT(check->reason, HasSubstr("500: out of luck"));
    ASSERT_THAT(check->capsule, HasSubstr("capsules/"));
    const auto again = suite::judge_again(receiver_suite(), (folder.path() / check->capsule).string());
    ASSERT_TRUE(again) << again.error().text();
    EXPECT_EQ(again->is, suite::Rejudgement::kStillFailing);
    EXPECT_EQ(again->now.reason, check->reason);
}

TEST(ReceiverRun, CredentialsArriveAndStayOutOfCaptures) {
    prw::testing::TempDir folder;
    receiver::Receiver mock;
    ASSERT_TRUE(mock.start());
    auto url = mock.url();
    url.insert(url.find("//") + 2, "user:hush@");
    auto options = options_for(url, folder.path().string());
    options.target.headers = {{"X-Api-Key", "quiet"}};
    options.messages = {kV1};
    options.scenarios = {"malformed"};
    const auto results = run(options);
    const auto sent = mock.exchanges();
    ASSERT_FALSE(sent.empty());
    EXPECT_THAT(sent.front()->raw_head, HasSubstr("\r\nAuthorization: Basic dXNlcjpodXNo\r\n"));
    EXPECT_THAT(sent.front()->raw_head, HasSubstr("\r\nX-Api-Key: quiet\r\n"));
    EXPECT_THAT(results.target.command, ::testing::Not(HasSubstr("hush")));
    for (const auto& file : std::filesystem::recursive_directory_iterator(folder.path())) {
        if (!file.is_regular_file()) continue;
        const auto text = prw::testing::read_file(file.path());
        EXPECT_THAT(text, ::testing::Not(HasSubstr("dXNlcjpodXNo"))) << file.path();
        EXPECT_THAT(text, ::testing::Not(HasSubstr("quiet"))) << file.path();
    }
}

TEST(ReceiverRun, AnUnknownScenarioAndABadUrlAreRefused) {
    prw::testing::TempDir folder;
    auto options = options_for("http://127.0.0.1:1/", folder.path().string());
    options.scenarios = {"vaild"};
    const auto unknown = run_receiver_tests(options);
    ASSERT_FALSE(unknown);
    EXPECT_THAT(unknown.error().text(), HasSubstr("valid"));
    options.scenarios.clear();
    options.target.url = "ftp://127.0.0.1/";
    EXPECT_FALSE(run_receiver_tests(options));
}

}  // namespace
}  // namespace prw::receiver_suite
