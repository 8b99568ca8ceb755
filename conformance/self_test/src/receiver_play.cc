/// One receiver in one scenario: the mock receiver is started in this process, written to, judged, and what shows a
/// kill is judged again.
#include <filesystem>

#include "lookup.h"
#include "prw/receiver/mutants.h"
#include "prw/receiver/receiver.h"
#include "prw/receiver_suite/receiver_suite.h"
#include "prw/receiver_suite/record.h"
#include "prw/suite/evidence.h"
#include "receiver_play.h"

namespace prw::self_test {
namespace fs = std::filesystem;

namespace {

/// What a receiver that never answers is given; the others answer at once.
constexpr std::chrono::milliseconds kHangsFor{300};

/// Why the capsule of a kill does not lead to the same verdict; empty: it does.
std::string problem_of_evidence(std::vector<suite::CheckOutcome> checks, const receiver_suite::GroupRecord& record,
                                const std::string& tool_version) {
    if (checks.empty()) return {};
    if (auto done = receiver_suite::write_capsules(checks, {&record, 1}, record.directory, tool_version); !done)
        return done.error().text();
    for (const auto& check : checks) {
        if (check.capsule.empty()) return "there is none";
        const auto again =
            suite::judge_again(receiver_suite::receiver_suite(), (fs::path(record.directory) / check.capsule).string());
        if (!again) return again.error().text();
        if (again->is != suite::Rejudgement::kStillFailing)
            return "says " + std::string(name_of(check.verdict)) + ", its capsule says " +
                   std::string(name_of(again->now.verdict)) + ": " + again->now.reason;
    }
    return {};
}

}  // namespace

SelfTestRun play_receiver(const SelfTestAttempt& attempt) {
    const auto& job = attempt.job;
    SelfTestRun run;
    run.job = job;
    receiver::ReceiverOptions options;
    if (job.kind != SubjectKind::kReference) {
        auto mutation = receiver::Mutation::of({&job.subject, 1});
        if (!mutation) {
            run.problem = mutation.error().text();
            return run;
        }
        options.mutation = std::move(*mutation);
    }
    receiver::Receiver mock(std::move(options));
    if (auto started = mock.start(); !started) {
        run.problem = started.error().text();
        return run;
    }
    suite::RunOptions suite_run;
    suite_run.target.name = job.subject;
    suite_run.target.role = receiver_suite::kRole;
    suite_run.target.url = mock.url();
    suite_run.target.input = suite::Input::kUnknown;
    suite_run.target.message_given = true;
    suite_run.target.patience = attempt.options.reference.patience;
    suite_run.out = attempt.folder;
    suite_run.timeout = attempt.options.timeout;
    const auto* null = find_row(attempt.catalogue.nulls, job.subject);
    if (null != nullptr && null->sends == SelfTestCatalogue::Null::Sends::kNothing) suite_run.timeout = kHangsFor;
    suite_run.tool_version = attempt.options.tool_version;
    suite_run.stop = attempt.options.stop;
    const auto record = receiver_suite::run_group(suite_run, job.scenario, job.message, {});
    mock.stop();
    std::uint64_t samples = 0;
    for (const auto& reply : record.replies) samples += reply.sent.samples;
    attempt.seen(record.replies.size(), samples);

    run.folder = record.directory;
    run.duration_ms = record.duration_ms;
    run.problem = record.problem;
    run.broke = record.broke;
    if (record.interrupted) run.attempts = 0;
    const auto meant = job.kind == SubjectKind::kMutant ? find_row(attempt.catalogue.mutants, job.subject)->check : "";
    std::vector<suite::CheckOutcome> shown;
    for (const auto& check : receiver_suite::judge(record)) {
        const bool soft = check.level != proto::Level::kMust && check.level != proto::Level::kMustNot;
        run.said[check.id] = {check.verdict, check.reason, false, soft};
        const bool accuses = check.verdict == suite::Verdict::kWarn || check.verdict == suite::Verdict::kFail;
        if (check.id == meant && accuses) shown.push_back(check);
    }
    if (!record.interrupted) run.evidence = problem_of_evidence(std::move(shown), record, suite_run.tool_version);
    const auto runs = suite::target_check_id(receiver_suite::kRole);
    if (record.broke)
        run.said[runs] = {suite::Verdict::kError, record.problem, false, false};
    else if (record.problem.empty() && job.kind == SubjectKind::kReference)
        run.said[runs] = {suite::Verdict::kPass, {}, false, false};
    return run;
}

}  // namespace prw::self_test
