// What is the same for every role, with a suite that is not the one of senders; and that the one of senders is a suite.
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_suite.h"
#include "prw/report/reports.h"
#include "prw/sender_suite/sender_suite.h"
#include "prw/suite/evidence.h"
#include "prw/suite/expectations.h"
#include "prw/suite/selection.h"
#include "support.h"

namespace prw::suite {
namespace {

using prw::testing::TempDir;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;
using testing_support::FakeSuite;
using testing_support::kCounts;
using testing_support::kEmptyBody;
using testing_support::kV1;
using testing_support::kV2;

SelectionOptions options(std::vector<std::string> run = {}) {
    SelectionOptions out;
    out.run = std::move(run);
    out.messages = {kV1, kV2};
    return out;
}

std::string refusal(const FakeSuite& fake, const SelectionOptions& options) {
    const auto selection = Selection::make(fake.suite, options);
    return selection ? "selected" : selection.error().text();
}

TEST(SuiteOfAnyRole, IsSelectedFromByItsOwnIds) {
    const FakeSuite fake;
    const auto all = Selection::make(fake.suite, options());
    ASSERT_TRUE(all) << all.error().text();
    EXPECT_TRUE(all->everything());
    EXPECT_THAT(all->scenarios(), ElementsAre("writes"));
    const auto counts = Selection::make(fake.suite, options({"written/*"}));
    ASSERT_TRUE(counts) << counts.error().text();
    ASSERT_EQ(counts->rows().size(), 1U);
    EXPECT_EQ(counts->rows()[0].check->id, kCounts);
    EXPECT_THAT(counts->rows()[0].messages, ElementsAre(kV2)) << "its clause is of 2.0";

    EXPECT_THAT(refusal(fake, options({"written/sample-count"})), HasSubstr("did you mean \"" + std::string(kCounts)));
    EXPECT_THAT(refusal(fake, options({"sender/labels/sorted"})), HasSubstr("no check matches"));
    auto other = options();
    other.scenarios = {"steady"};
    EXPECT_THAT(refusal(fake, other), HasSubstr("unknown scenario \"steady\"; known: writes"));
}

TEST(SuiteOfAnyRole, ReportsItsBrokenTargetWhateverWasSelected) {
    const FakeSuite fake;
    const auto counts = Selection::make(fake.suite, options({"written"}));
    ASSERT_TRUE(counts);
    EXPECT_TRUE(counts->includes(FakeSuite::outcome("receiver/target/runs", kV2, Verdict::kError)));
    EXPECT_FALSE(counts->includes(FakeSuite::outcome("sender/target/runs", kV2, Verdict::kError)));
    EXPECT_FALSE(counts->includes(FakeSuite::outcome(kEmptyBody, kV2, Verdict::kFail)));
}

TEST(SuiteOfAnyRole, HasACoverage) {
    const FakeSuite fake;
    RunOptions run;
    run.messages = {kV1, kV2};
    run.scenarios = {"writes"};
    auto results = FakeSuite::played(run, Verdict::kPass);
    EXPECT_TRUE(Selection::make(fake.suite, options())->coverage(results, run.messages, {"why"}).whole());

    const auto part = Selection::make(fake.suite, options({"written"}))->coverage(results, run.messages, {"--run"});
    EXPECT_THAT(part.checks,
                ElementsAre(std::pair(std::string(kEmptyBody), kV1), std::pair(std::string(kEmptyBody), kV2)));
    EXPECT_THAT(part.because, ElementsAre("--run"));

    results.scenarios[1].ended = false;
    results.checks.clear();
    const auto cut = Selection::make(fake.suite, options())->coverage(results, run.messages, {});
    EXPECT_THAT(cut.scenarios, ElementsAre(std::pair(std::string("writes"), kV2)));
    EXPECT_THAT(cut.checks, ElementsAre(std::pair(std::string(kCounts), kV2), std::pair(std::string(kEmptyBody), kV2)));
}

TEST(SuiteOfAnyRole, KnowsItsExpectations) {
    const FakeSuite fake;
    const auto parse = [&](const std::string& check) {
        return parse_expectations(fake.suite, "version: 1\nexpected:\n  - check: " + check + "\n", "known.yaml");
    };
    EXPECT_THAT(parse("sender/labels/sorted").error().text(), HasSubstr("known.yaml:3: no check has the id"));
    EXPECT_THAT(parse("receiver/written/sample-count").error().text(),
                HasSubstr("did you mean \"" + std::string(kCounts)));
    const auto file = parse(kCounts);
    ASSERT_TRUE(file) << file.error().text();
    RunOptions run;
    run.messages = {kV2};
    run.scenarios = {"writes"};
    auto results = FakeSuite::played(run, Verdict::kFail);
    apply_expectations(*file, results, "2026-12-01");
    ASSERT_TRUE(results.checks[0].expectation);
    EXPECT_EQ(results.checks[0].expectation->state, ExpectationState::kMet);
    EXPECT_THAT(update_expectations({}, results).text, HasSubstr("# prw test receiver --expect FILE;"));
}

TEST(SuiteOfAnyRole, IsReportedOnInEveryFormat) {
    const FakeSuite fake;
    RunOptions run;
    run.target.name = "my-store";
    run.messages = {kV1, kV2};
    run.scenarios = {"writes"};
    auto results = FakeSuite::played(run, Verdict::kFail);
    for (auto& check : results.checks) check.clauses = fake.suite.find_check(check.id)->clauses;
    results.checks.push_back(FakeSuite::outcome("receiver/target/runs", kV2, Verdict::kError));
    results.unjudged = fake.suite.unjudged;
    results.coverage = Selection::make(fake.suite, options())->coverage(results, run.messages, {});
    conclude(results);
    EXPECT_EQ(results.learn_more, "prw explain " + std::string(kCounts));
    for (int i = 0; i < report::kReportFormats; ++i) {
        const auto format = static_cast<report::ReportFormat>(i);
        const auto text = report::render(results, format);
        EXPECT_THAT(text, Not(HasSubstr("sender/"))) << name_of(format);
        EXPECT_THAT(text, Not(HasSubstr("test sender"))) << name_of(format);
        EXPECT_THAT(text, HasSubstr("receiver")) << name_of(format);
    }
    EXPECT_THAT(report::render(results, report::ReportFormat::kText), HasSubstr("prw test receiver"));
    const auto back = report::results_from_json(report::to_json(results));
    ASSERT_TRUE(back) << back.error().text();
    EXPECT_EQ(back->role, "receiver");

    const auto page = report::render_html(results);
    EXPECT_THAT(page, AllOf(HasSubstr("Every sentence on receivers,"), HasSubstr("that the receiver makes use of"),
                            HasSubstr("<code>prw2.written.samples-header</code>"), HasSubstr("a permission</span>")));
    EXPECT_THAT(page, Not(HasSubstr("<code>prw1.labels.sorted</code>"))) << "a clause on senders";
}

/// A capture of `count` requests with credentials of the test and of a user in turn.
std::string capture_in(const TempDir& dir, std::size_t count) {
    const auto path = dir.file("requests.prwcap");
    auto writer = exchange::CaptureWriter::open(path);
    EXPECT_TRUE(writer) << writer.error().text();
    for (std::size_t id = 1; id <= count; ++id) {
        exchange::Exchange exchange;
        exchange.id = id;
        exchange.raw_head =
            "POST / HTTP/1.1\r\nAuthorization: Bearer " + std::string(id % 2 == 0 ? "given" : "s3cr3t") + "\r\n\r\n";
        exchange.raw_body = "body " + std::to_string(id);
        exchange.received_unix_ms = 1'760'000'000'000;
        EXPECT_TRUE((*writer)->append(exchange));
    }
    EXPECT_TRUE((*writer)->close());
    return path;
}

/// Its judge fails the counts where it sees three exchanges and a context that says so.
void judge_by_three(FakeSuite& fake) {
    fake.suite.judge = [](const Check& check, const Capsule& capsule, std::span<const exchange::Exchange> exchanges) {
        const bool bad = exchanges.size() >= 3 && capsule.context == "full, and no JSON";
        auto out = FakeSuite::outcome(check.id.c_str(), capsule.message, bad ? Verdict::kFail : Verdict::kInconclusive);
        return Result<std::vector<CheckOutcome>>(std::vector{std::move(out)});
    };
}

TEST(EvidenceOfAnyRole, IsTheSmallestThatLeadsToTheVerdict) {
    const TempDir dir;
    FakeSuite fake;
    judge_by_three(fake);
    const auto capture = capture_in(dir, 6);
    std::vector<CheckOutcome> checks = {FakeSuite::outcome(kCounts, kV2, Verdict::kFail),
                                        FakeSuite::outcome(kEmptyBody, kV2, Verdict::kPass)};
    checks[0].exchanges = {2};
    std::vector<std::string> asked;
    const auto of = [&](const CheckOutcome& check, const CapsuleLimits&) -> std::optional<Evidence> {
        asked.push_back(check.id);
        return Evidence{.capture = capture,
                        .target = "my-store",
                        .choices = {{{2}}, {{2, 1, 4}}, {{2}, true}},
                        .contexts = {"cut", "full, and no JSON"},
                        .known_credentials = {"Bearer given"}};
    };
    const auto written = write_capsules(fake.suite, checks, of, dir.file("out"), "test");
    ASSERT_TRUE(written) << written.error().text();
    EXPECT_THAT(asked, ElementsAre(kCounts)) << "what passed needs no evidence";
    EXPECT_EQ(checks[0].capsule, "capsules/receiver--written--samples-count-2.0.prwcap");
    EXPECT_THAT(checks[1].capsule, IsEmpty());
    const auto path = dir.file("out/") + checks[0].capsule;
    const auto reader = exchange::CaptureReader::open(path);
    ASSERT_TRUE(reader) << reader.error().text();
    std::vector<std::uint64_t> ids;
    ASSERT_TRUE((*reader)->for_each([&](const exchange::Exchange& exchange) {
        ids.push_back(exchange.id);
        EXPECT_THAT(exchange.raw_head, HasSubstr(exchange.id % 2 == 0 ? "Bearer given" : "Bearer xxxxxx"));
        return true;
    }));
    EXPECT_THAT(ids, ElementsAre(1, 2, 4));
    const auto read = read_capsule((*reader)->info(), path);
    ASSERT_TRUE(read) << read.error().text();
    const auto& capsule = *read;
    ASSERT_TRUE(capsule);
    EXPECT_EQ(capsule->context, "full, and no JSON");
    EXPECT_EQ(capsule->target, "my-store");
    EXPECT_EQ(capsule->left_out, 3U);
    EXPECT_TRUE(capsule->rejudges);
    const auto again = judge_again(fake.suite, path);
    ASSERT_TRUE(again) << again.error().text();
    EXPECT_EQ(again->is, Rejudgement::kStillFailing);
    EXPECT_THAT(judge_again(sender_suite::sender_suite(), path).error().text(),
                HasSubstr("this prw has no check " + std::string(kCounts)));
}

TEST(EvidenceOfAnyRole, SaysWhenItDoesNotLeadToTheVerdict) {
    const TempDir dir;
    FakeSuite fake;
    judge_by_three(fake);
    const auto capture = capture_in(dir, 2);
    std::vector<CheckOutcome> checks = {FakeSuite::outcome(kCounts, kV2, Verdict::kFail)};
    const auto of = [&](const CheckOutcome&, const CapsuleLimits&) {
        return std::optional(Evidence{.capture = capture,
                                      .target = {},
                                      .choices = {{{1}, true}},
                                      .contexts = {"full, and no JSON"},
                                      .known_credentials = {}});
    };
    ASSERT_TRUE(write_capsules(fake.suite, checks, of, dir.file("out"), "test"));
    const auto reader = exchange::CaptureReader::open(dir.file("out/") + checks[0].capsule);
    ASSERT_TRUE(reader) << reader.error().text();
    EXPECT_EQ((*reader)->info().exchanges, 2U);
    const auto capsule = read_capsule((*reader)->info(), "out");
    ASSERT_TRUE(capsule && *capsule);
    EXPECT_FALSE((*capsule)->rejudges);
}

TEST(SuiteOfSenders, IsComplete) {
    const auto& suite = sender_suite::sender_suite();
    EXPECT_EQ(suite.role, "sender");
    EXPECT_EQ(suite.scenarios.front().name, "steady");
    EXPECT_NE(suite.find_check(target_check_id(suite.role)), nullptr);
    for (const auto& check : suite.checks) {
        EXPECT_THAT(check.id, StartsWith(suite.role + "/"));
        EXPECT_NE(suite.find_scenario(check.scenario), nullptr) << check.id << " in " << check.scenario;
        EXPECT_TRUE(suite.check_scenario_names(check.scenarios)) << check.id;
        EXPECT_TRUE(suite.judges(check, kV1) || suite.judges(check, kV2)) << check.id;
    }
    EXPECT_TRUE(suite.missing && suite.prepare && suite.judge && suite.check_options);
    Target target;
    target.source = "/nowhere/at-all.om";
    const auto prepared = suite.prepare(target);
    ASSERT_FALSE(prepared);
    EXPECT_THAT(prepared.error().text(), HasSubstr("/nowhere/at-all.om"));
}

}  // namespace
}  // namespace prw::suite
