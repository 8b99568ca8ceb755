// Evidence as its user gets it: a run leaves capsules, and `prw replay` makes something of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "prw/http/client.h"
#include "prw/report/reports.h"
#include "prw/suite/evidence.h"
#include "prw/suite/process.h"
#include "prw/suite/results.h"
#include "senders.h"
#include "support.h"

namespace prw::sender_suite {
namespace {

using namespace std::chrono_literals;
using prw::testing::read_file;
using prw::testing::TempDir;
using ::testing::AllOf;
using ::testing::HasSubstr;

class EvidenceCommand : public ::testing::Test {
protected:
    std::unique_ptr<suite::Process> start(std::vector<std::string> arguments, const std::string& log) {
        suite::ProcessOptions options;
        options.argv = {PRW_PROGRAM};
        options.argv.insert(options.argv.end(), arguments.begin(), arguments.end());
        options.log_path = dir_.file(log);
        options.work_dir = dir_.path().string();
        std::filesystem::remove(options.log_path);
        auto process = suite::Process::start(options);
        EXPECT_TRUE(process) << process.error().text();
        return process ? std::move(*process) : nullptr;
    }
    int run(std::vector<std::string> arguments) {
        auto process = start(std::move(arguments), "output");
        const auto status = process->wait(110s);
        EXPECT_TRUE(status) << "did not end";
        return status && !status->signalled ? status->code : -1;
    }
    [[nodiscard]] std::string output() const { return read_file(dir_.file("output")); }
    TempDir dir_;
};

TEST_F(EvidenceCommand, EachFailureIsJudgedAgainSentAgainAndMadeATest) {
    std::vector<std::string> arguments = {
        "test", "sender", "--out", "out", "--scenario", "steady", "--protobuf-message", "1.0", "--"};
    for (auto& word : testing_support::sender_argv("labels/unsorted")) arguments.push_back(std::move(word));
    ASSERT_EQ(run(arguments), 1) << output();
    const auto results = report::results_from_json(read_file(dir_.file("out/results.json")));
    ASSERT_TRUE(results) << results.error().text();
    std::size_t failures = 0;
    for (const auto& check : results->checks) {
        if (check.verdict != suite::Verdict::kFail && check.verdict != suite::Verdict::kWarn) continue;
        ++failures;
        ASSERT_THAT(check.capsule, ::testing::StartsWith("capsules/")) << check.id;
        EXPECT_EQ(run({"replay", "out/" + check.capsule, "--judge"}), 1) << output();
        EXPECT_THAT(output(), HasSubstr("STILL FAILING: " + check.id));
    }
    EXPECT_GE(failures, 1U);

    const std::string capsule = "out/capsules/sender--labels--sorted-1.0.prwcap";
    EXPECT_EQ(run({"inspect", capsule}), 1);
    EXPECT_THAT(output(), HasSubstr("capsule  sender/labels/sorted  fail"));
    EXPECT_EQ(run({"replay", capsule, "--emit", "gtest"}), 0);
    EXPECT_THAT(output(), HasSubstr("TEST(SenderLabelsSorted, Exchange"));

    auto receiver = start({"receive", "--web.listen-address", "127.0.0.1:0", "--address-file", "address"}, "receiver");
    std::string address;
    for (const auto end = std::chrono::steady_clock::now() + 20s;
         address.empty() && std::chrono::steady_clock::now() < end && !receiver->wait(10ms);) {
        if (std::filesystem::exists(dir_.file("address"))) address = read_file(dir_.file("address"));
    }
    ASSERT_NE(address, "") << read_file(dir_.file("receiver"));
    while (address.ends_with('\n')) address.pop_back();
    EXPECT_EQ(run({"replay", capsule, "http://" + address + "/api/v1/write"}), 0) << output();
    EXPECT_THAT(output(), AllOf(HasSubstr("recorded 204 → 400"), HasSubstr("FIXED"),
                                HasSubstr("what was sent still breaks labels/sorted"), HasSubstr("exit 0")));
    (void)receiver->stop();
    EXPECT_EQ(run({"replay", capsule, "http://" + address + "/api/v1/write", "--timeout", "5s"}), 4) << output();
}

}  // namespace
}  // namespace prw::sender_suite
