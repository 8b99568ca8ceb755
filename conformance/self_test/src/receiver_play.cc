/// One receiver in one scenario: the mock receiver is started in this process, written to, judged, and what shows a
/// kill is judged again.
#include "receiver_play.h"
#include "lookup.h"
#include "proof.h"
#include "prw/receiver/mutants.h"
#include "prw/receiver/receiver.h"
#include "prw/receiver_suite/receiver_suite.h"
#include "prw/receiver_suite/record.h"

namespace prw::self_test {
namespace {

/// What a receiver that never answers is given; the others answer at once.
constexpr std::chrono::milliseconds kHangsFor{300};

/// Why the capsule of a kill does not lead to the same verdict; empty: it does.
std::string problem_of_evidence(std::vector<suite::CheckOutcome> checks, const receiver_suite::GroupRecord& record,
                                const std::string& tool_version) {
    if (checks.empty()) return {};
    if (auto done = receiver_suite::write_capsules(checks, {&record, 1}, record.directory, tool_version); !done)
        return done.error().text();
    return problem_of_capsules(receiver_suite::receiver_suite(), checks, record.directory);
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
        run.said[check.id] = said_by(check, false);
        if (check.id == meant && accuses(check.verdict)) shown.push_back(check);
    }
    if (!record.interrupted) run.evidence = problem_of_evidence(std::move(shown), record, suite_run.tool_version);
    say_whether_it_ran(run, receiver_suite::receiver_suite());
    return run;
}

}  // namespace prw::self_test
