// Sessions without a command line, of a suite that says what it is told to say.
#include "prw/suite/session.h"

#include <filesystem>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_suite.h"
#include "prw/report/reports.h"
#include "support.h"

namespace prw::suite {
namespace {

using prw::testing::read_file;
using prw::testing::TempDir;
using prw::testing::write_file;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using testing_support::FakeSuite;
using testing_support::kCounts;
using testing_support::kEmptyBody;
using testing_support::kV1;
using testing_support::kV2;

class SessionOfAnyRole : public ::testing::Test {
protected:
    SessionOfAnyRole() {
        options_.run.target.name = "my-store";
        options_.run.target.role = "receiver";
        options_.run.target.origin = "my-store.yaml:4";
        options_.run.target.protocols = {kV1, kV2};
        options_.run.out = dir_.file("out");
        options_.run.command_line = "prw test receiver";
        options_.rerun = [](const std::vector<std::string>& ids) {
            std::string out = "again";
            for (const auto& id : ids) out += " " + id;
            return out;
        };
        options_.write = [this](const Results& results) {
            written_.push_back(results);
            return report::write_reports(results, options_.run.out);
        };
    }

    SessionEvents events() {
        SessionEvents out;
        out.note = [this](const std::string& text) { notes_.push_back(text); };
        out.problem = [this](const std::string& text) { problems_.push_back(text); };
        out.repeated = [this](unsigned done, unsigned of) { repeated_.emplace_back(done, of); };
        return out;
    }
    SessionResult run() { return Session(fake_.suite, options_, events()).run(); }
    /// The verdict of the counts in each run, one after the other; the last one from then on.
    void say(std::vector<Verdict> verdicts) {
        fake_.results = [this, verdicts = std::move(verdicts)](const RunOptions& options) {
            return FakeSuite::played(options, verdicts.at(std::min(fake_.runs.size(), verdicts.size()) - 1));
        };
    }

    TempDir dir_;
    FakeSuite fake_;
    SessionOptions options_;
    std::vector<Results> written_;
    std::vector<std::string> notes_, problems_;
    std::vector<std::pair<unsigned, unsigned>> repeated_;
};

TEST_F(SessionOfAnyRole, RunsConcludesAndWrites) {
    say({Verdict::kFail});
    const auto end = run();
    EXPECT_TRUE(end.ran);
    EXPECT_TRUE(end.written);
    EXPECT_EQ(end.results.exit_code, kNonConforming);
    EXPECT_EQ(end.results.verdict, Verdict::kFail);
    EXPECT_EQ(end.results.rerun, "again " + std::string(kCounts));
    EXPECT_THAT(end.results.unjudged, SizeIs(1));
    ASSERT_TRUE(end.results.coverage);
    EXPECT_TRUE(end.results.coverage->whole());
    ASSERT_EQ(fake_.runs.size(), 1U);
    EXPECT_THAT(fake_.runs[0].scenarios, ElementsAre("writes"));
    EXPECT_EQ(fake_.runs[0].out, dir_.file("out"));
    ASSERT_EQ(written_.size(), 2U);
    EXPECT_EQ(written_[0].problem, "the run did not come to its end") << "for the case that this process is killed";
    EXPECT_EQ(written_[0].exit_code, kInconclusive);
    EXPECT_EQ(written_[0].role, "receiver");
    const auto read = report::read_results(dir_.file("out"));
    ASSERT_TRUE(read) << read.error().text();
    EXPECT_EQ(read->exit_code, kNonConforming);
    EXPECT_THAT(problems_, IsEmpty());
}

TEST_F(SessionOfAnyRole, PlanRunsAndWritesNothing) {
    options_.select.run = {"written"};
    Session session(fake_.suite, options_, events());
    ASSERT_TRUE(session.plan());
    EXPECT_THAT(session.selection().rows(), SizeIs(1));
    EXPECT_THAT(fake_.runs, IsEmpty());
    EXPECT_THAT(written_, IsEmpty());
    const auto end = session.run();
    ASSERT_EQ(fake_.runs.size(), 1U);
    EXPECT_THAT(fake_.runs[0].messages, ElementsAre(kV2)) << "nothing selected says anything of 1.0";
    EXPECT_THAT(end.results.checks, SizeIs(1)) << "what was not selected is not reported";
    EXPECT_THAT(end.results.coverage->checks, SizeIs(2));
}

TEST_F(SessionOfAnyRole, RefusesAnEmptySelection) {
    options_.select.run = {"written"};
    options_.select.skip = {"written/**"};
    const auto end = run();
    EXPECT_FALSE(end.ran);
    EXPECT_EQ(end.results.exit_code, kUsage);
    EXPECT_THAT(end.results.problem, HasSubstr("the selection is empty"));
    EXPECT_THAT(problems_, ElementsAre(end.results.problem));
    EXPECT_THAT(fake_.runs, IsEmpty());
}

TEST_F(SessionOfAnyRole, RepeatsInFoldersOfTheirOwn) {
    say({Verdict::kPass, Verdict::kFail, Verdict::kPass});
    options_.repeat = 3;
    options_.run.seed = 7;
    const auto end = run();
    ASSERT_EQ(fake_.runs.size(), 3U);
    EXPECT_EQ(fake_.runs[2].out, dir_.file("out/repeat-3"));
    EXPECT_EQ(fake_.runs[2].seed, 9U) << "another order each time";
    EXPECT_EQ(end.results.seed, 7U);
    EXPECT_EQ(end.results.repeat, 3U);
    EXPECT_EQ(end.results.exit_code, kNonConforming) << "the worst verdict stands";
    EXPECT_TRUE(end.results.complete);
    EXPECT_EQ(end.results.scenarios.back().capture, "repeat-3/writes.prwcap");
    EXPECT_THAT(repeated_, ElementsAre(std::pair(1U, 3U), std::pair(2U, 3U), std::pair(3U, 3U)));
    for (const auto& check : end.results.checks)
        EXPECT_THAT(check.runs, SizeIs(check.id == kCounts ? 3 : 0)) << "flaky, and said so";
}

TEST_F(SessionOfAnyRole, RunsUntilItIsNotRight) {
    say({Verdict::kPass, Verdict::kPass, Verdict::kFail});
    options_.until_fail = 9;
    auto end = run();
    EXPECT_EQ(fake_.runs.size(), 3U);
    EXPECT_EQ(end.results.repeat, 3U);
    EXPECT_TRUE(end.results.complete);
    EXPECT_EQ(end.results.exit_code, kNonConforming);
    EXPECT_THAT(notes_, ElementsAre("repetition 3 of at most 9 is not right; it is in " + dir_.file("out/repeat-3")));

    fake_.runs.clear();
    notes_.clear();
    say({Verdict::kPass});
    options_.until_fail = 2;
    end = run();
    EXPECT_EQ(fake_.runs.size(), 2U);
    EXPECT_EQ(end.results.exit_code, kConforms);
    EXPECT_THAT(notes_, ElementsAre("2 repetitions, all of them right"));
}

TEST_F(SessionOfAnyRole, WhatIsNotSelectedDoesNotEndTheRepetition) {
    say({Verdict::kFail});
    options_.until_fail = 2;
    options_.select.skip = {"written"};
    EXPECT_EQ(run().results.exit_code, kConforms);
    EXPECT_EQ(fake_.runs.size(), 2U);
}

/// A run that lasts until it is told to stop.
Result<Results> until_stopped(const RunOptions& options) {
    while (!options.stop->load()) std::this_thread::yield();
    auto out = FakeSuite::played(options, Verdict::kInconclusive);
    out.complete = false;
    for (auto& scenario : out.scenarios) scenario.ended = false;
    return out;
}

TEST_F(SessionOfAnyRole, EndsWithItsBudget) {
    fake_.results = until_stopped;
    options_.repeat = 5;
    options_.budget = std::chrono::milliseconds(20);
    options_.budget_text = "20ms";
    const auto end = run();
    EXPECT_EQ(fake_.runs.size(), 1U) << "no further repetition begins";
    EXPECT_EQ(end.results.problem, "the budget of 20ms was used up");
    EXPECT_FALSE(end.results.complete);
    EXPECT_EQ(end.results.exit_code, kInconclusive);
    EXPECT_THAT(end.results.coverage->because, ElementsAre("the budget of 20ms was used up"));
}

TEST_F(SessionOfAnyRole, BudgetThatIsNotUsedUpIsNoMatter) {
    options_.budget = std::chrono::hours(1);
    options_.budget_text = "1h";
    const auto end = run();  // and does not wait for it
    EXPECT_EQ(end.results.exit_code, kConforms);
    EXPECT_THAT(end.results.problem, IsEmpty());
}

TEST_F(SessionOfAnyRole, CanBeCancelledFromAnotherThread) {
    fake_.results = until_stopped;
    Session session(fake_.suite, options_, events());
    std::jthread user([&] { session.cancel(); });
    const auto end = session.run();
    EXPECT_EQ(end.results.problem, "the run was interrupted");
    EXPECT_EQ(end.results.exit_code, kInconclusive);
    EXPECT_TRUE(end.written) << "what was judged until then is not lost";
}

TEST_F(SessionOfAnyRole, PassesProgressOn) {
    fake_.results = [](const RunOptions& options) {
        Progress progress;
        progress.total = 7;
        options.progress(progress);
        return FakeSuite::played(options, Verdict::kPass);
    };
    std::size_t total = 0;
    auto all = events();
    all.progress = [&](const Progress& progress) { total = progress.total; };
    EXPECT_TRUE(Session(fake_.suite, options_, all).run().ran);
    EXPECT_EQ(total, 7U);
}

TEST_F(SessionOfAnyRole, HoldsResultsAgainstKnownFailures) {
    const auto known = dir_.file("known.yaml");
    write_file(known, "version: 1\nexpected:\n  - check: " + std::string(kCounts) + "\n");
    options_.expect = known;
    say({Verdict::kFail});
    auto end = run();
    EXPECT_EQ(end.results.exit_code, kConforms);
    EXPECT_EQ(end.results.expectations, known);

    say({Verdict::kPass});
    end = run();
    EXPECT_EQ(end.results.exit_code, kNonConforming) << "a stale entry counts";

    write_file(known, "version: 1\nexpected:\n  - check: sender/labels/sorted\n");
    end = run();
    EXPECT_FALSE(end.ran);
    EXPECT_EQ(end.results.exit_code, kUsage);
    EXPECT_THAT(end.results.problem, HasSubstr("known.yaml:3"));
}

TEST_F(SessionOfAnyRole, WritesTheKnownFailuresThatHold) {
    const auto known = dir_.file("known.yaml");
    options_.expect = known;
    options_.update_expect = true;
    say({Verdict::kFail});
    auto end = run();
    EXPECT_EQ(end.results.exit_code, kConforms);
    EXPECT_THAT(notes_, ElementsAre("wrote " + known + ": 1 added, 0 removed, 0 changed"));
    EXPECT_THAT(read_file(known), HasSubstr("- check: " + std::string(kCounts)));

    options_.expect = dir_.file("no-folder/known.yaml");
    write_file(dir_.file("no-folder"), "a file");
    end = run();
    EXPECT_TRUE(end.ran);
    EXPECT_EQ(end.results.exit_code, kInternalError);
    ASSERT_THAT(problems_, SizeIs(1));
    EXPECT_THAT(problems_[0], HasSubstr("no-folder"));
}

TEST_F(SessionOfAnyRole, ResultsThatCannotBeWrittenAreAnInternalError) {
    write_file(dir_.file("file"), "");
    options_.run.out = dir_.file("file/under");
    const auto end = run();
    EXPECT_TRUE(end.ran);
    EXPECT_FALSE(end.written);
    EXPECT_EQ(end.results.exit_code, kInternalError);
    ASSERT_THAT(problems_, SizeIs(1)) << "and once only, though it was tried before the run, too";
    EXPECT_THAT(problems_[0], HasSubstr(dir_.file("file/under")));
}

TEST_F(SessionOfAnyRole, WithoutAWriterNothingIsWrittenAndNothingWrong) {
    options_.write = nullptr;
    const auto end = run();
    EXPECT_FALSE(end.written);
    EXPECT_EQ(end.results.exit_code, kConforms);
}

TEST_F(SessionOfAnyRole, TargetThatIsNotHereIsInconclusiveOrSkipped) {
    fake_.missing = "my-store is not on this machine";
    auto end = run();
    EXPECT_FALSE(end.ran);
    EXPECT_EQ(end.results.exit_code, kInconclusive);
    EXPECT_EQ(end.results.problem,
              "target my-store (my-store.yaml:4) cannot be started: my-store is not on this machine");
    EXPECT_TRUE(end.written);
    options_.skip_exit_code = true;
    EXPECT_EQ(run().results.exit_code, kNotApplicable);
    EXPECT_THAT(fake_.runs, IsEmpty());
}

TEST_F(SessionOfAnyRole, SaysWhyARunCouldNotTakePlace) {
    for (const auto code : {ErrorCode::kInvalidArgument, ErrorCode::kIo}) {
        fake_.results = [&](const RunOptions&) -> Result<Results> { return fail(code, "no such message"); };
        problems_.clear();
        const auto end = run();
        EXPECT_FALSE(end.ran);
        EXPECT_EQ(end.results.exit_code, code == ErrorCode::kIo ? kInternalError : kUsage);
        EXPECT_THAT(problems_, ElementsAre("no such message"));
    }
}

TEST_F(SessionOfAnyRole, NothingThatAppliesIsSkippedWhereThatIsAskedFor) {
    options_.select.run = {kEmptyBody};
    fake_.results = [](const RunOptions& options) {
        auto out = FakeSuite::played(options, Verdict::kPass);
        for (auto& check : out.checks) check.verdict = Verdict::kNotApplicable;
        return out;
    };
    EXPECT_EQ(run().results.exit_code, kInconclusive);
    options_.skip_exit_code = true;
    EXPECT_EQ(run().results.exit_code, kNotApplicable);
}

TEST_F(SessionOfAnyRole, WhatFailedLastIsRunAgain) {
    say({Verdict::kFail});
    options_.select.last = run().results;
    options_.select.failed = true;
    say({Verdict::kPass});
    const auto end = run();
    EXPECT_THAT(end.results.checks, SizeIs(1));
    EXPECT_EQ(end.results.checks[0].id, kCounts);
    EXPECT_EQ(end.results.exit_code, kConforms);
    EXPECT_THAT(end.results.rerun, IsEmpty()) << "nothing is wrong any more";
}

}  // namespace
}  // namespace prw::suite
