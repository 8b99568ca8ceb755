/// One program in one scenario: a sender is run, judged, and what shows a kill is judged again.
#include <algorithm>
#include <set>

#include "lookup.h"
#include "proof.h"
#include "prw/sender_suite/checks.h"
#include "prw/sender_suite/runner.h"
#include "prw/sender_suite/sender_suite.h"
#include "sender_play.h"

namespace prw::self_test {

namespace {

/// Requests that must have come before a scenario that cannot go on is ended.
constexpr std::size_t kEnoughRequests = 3;

suite::Target target_of(const SelfTestAttempt& attempt) {
    const auto& job = attempt.job;
    if (job.kind == SubjectKind::kNull) return find_row(attempt.catalogue.nulls, job.subject)->target;
    suite::Target target = attempt.options.reference;
    if (job.kind == SubjectKind::kReference) return target;
    target.name = job.subject;
    target.exec.insert(target.exec.end(), {"--mutate", job.subject});
    return target;
}

/// True once the rule that a mutant is for has fired and the scenario has nothing that it could go on with.
std::function<bool(const sender_suite::Observation&)> enough_for(const SelfTestAttempt& attempt) {
    const auto& job = attempt.job;
    if (job.kind != SubjectKind::kMutant) return {};
    const auto* check =
        sender_suite::sender_suite().find_check(find_row(attempt.catalogue.mutants, job.subject)->check);
    if (check == nullptr || check->rule.empty()) return {};
    return [name = check->rule](const sender_suite::Observation& seen) {
        const auto& all = seen.deliveries();
        if (all.size() < kEnoughRequests) return false;
        const bool samples = std::any_of(all.begin(), all.end(), [](const auto& d) { return !d.samples.empty(); });
        return !samples && std::any_of(seen.rule_counts().begin(), seen.rule_counts().end(),
                                       [&](const auto& count) { return count.first.first == name; });
    };
}

/// Why the capsule of a kill does not lead to the same verdict; empty: it does.
std::string problem_of_evidence(std::vector<suite::CheckOutcome> checks, const sender_suite::ScenarioRecord& record,
                                const std::string& tool_version) {
    if (checks.empty() || record.deliveries().empty()) return {};
    if (auto written = sender_suite::write_capsules(checks, {&record, 1}, record.directory, tool_version); !written)
        return written.error().text();
    return problem_of_capsules(sender_suite::sender_suite(), checks, record.directory);
}

}  // namespace

SelfTestRun play_sender(const SelfTestAttempt& attempt) {
    const auto& job = attempt.job;
    sender_suite::SenderRunOptions options;
    options.target = target_of(attempt);
    options.out = attempt.folder;
    options.timeout = attempt.options.timeout;
    options.tool_version = attempt.options.tool_version;
    options.stop = attempt.options.stop;
    options.enough = enough_for(attempt);
    const auto record = sender_suite::run_scenario(options, job.scenario, job.message, attempt.seen);
    SelfTestRun run;
    run.job = job;
    run.folder = record.directory;
    run.duration_ms = record.duration_ms;
    run.problem = record.problem;
    run.broke = record.target_broke;
    if (record.interrupted) run.attempts = 0;
    const auto note = [&run](const suite::CheckOutcome& check, bool rule) {
        run.said[check.id] = said_by(check, rule);
    };
    // What the mutant is meant to break, to be proven by its capsule alone.
    std::vector<suite::CheckOutcome> shown;
    const auto meant = job.kind == SubjectKind::kMutant ? find_row(attempt.catalogue.mutants, job.subject)->check : "";
    const auto keep = [&](const suite::CheckOutcome& check) {
        if (check.id == meant && accuses(check.verdict)) shown.push_back(check);
    };
    for (const auto& check : sender_suite::judge(record)) {
        note(check, false);
        keep(check);
    }
    const sender_suite::ScenarioRecord* records[] = {&record};
    // A sender may send the other message, too: what its requests break counts all the same.
    std::set<proto::ProtobufMessage> messages;
    for (const auto& delivery : record.deliveries()) messages.insert(delivery.message);
    messages.erase(sender_suite::judged_message(record));
    for (const auto& check : sender_suite::judge_rules(records, sender_suite::judged_message(record))) {
        note(check, true);
        keep(check);
    }
    for (const auto message : messages) {
        for (const auto& check : sender_suite::judge_rules(records, message)) {
            const auto known = run.said.find(check.id);
            const bool worse = known != run.said.end() && known->second.verdict < check.verdict;
            if (known == run.said.end() || (accuses(check.verdict) && worse)) note(check, true);
        }
    }
    if (!record.interrupted) run.evidence = problem_of_evidence(std::move(shown), record, options.tool_version);
    say_whether_it_ran(run, sender_suite::sender_suite());
    return run;
}

}  // namespace prw::self_test
