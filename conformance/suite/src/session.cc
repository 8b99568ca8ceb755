#include "prw/suite/session.h"

#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include "prw/base/text.h"
#include "prw/suite/command_text.h"

namespace prw::suite {
namespace fs = std::filesystem;

namespace {

std::string folder_of(unsigned repetition) { return "repeat-" + std::to_string(repetition); }

/// Paths of a run in a folder of its own, as they are from the folder above.
void place_in(const std::string& folder, Results& results) {
    const auto place = [&](std::string& path) {
        if (!path.empty()) path.insert(0, folder + "/");
    };
    for (auto& check : results.checks) place(check.capsule);
    for (auto& scenario : results.scenarios) {
        place(scenario.capture);
        place(scenario.target_log);
    }
}

}  // namespace

Session::Session(const Suite& suite, SessionOptions options, SessionEvents events)
    : suite_(suite), options_(std::move(options)), events_(std::move(events)) {
    options_.run.stop = &stop_;
    options_.run.why_stopped = [this] { return why_stopped(); };
    options_.run.progress = events_.progress;
}

Result<void> Session::plan() {
    auto prepared = suite_.prepare(options_.run.target);
    if (!prepared) return tl::unexpected<Error>(prepared.error());
    if (auto done = select(); !done) return done;
    if (auto done = read_expectations(); !done) return done;
    run_ = std::move(*prepared);
    return {};
}

Result<void> Session::select() {
    auto& run = options_.run;
    auto wanted = options_.select;
    const bool narrowed = !wanted.run.empty() || !wanted.levels.empty() || wanted.failed;
    // Where only one scenario can be played, it is the one that disturbs nothing.
    if (run.target.attach && wanted.scenarios.empty() && !narrowed)
        wanted.scenarios = {std::string(suite_.scenarios.front().name)};
    wanted.messages = asked_ = run.messages.empty() ? run.target.protocols : run.messages;
    auto selection = Selection::make(suite_, wanted);
    if (!selection) return tl::unexpected<Error>(selection.error());
    selection_ = std::move(*selection);
    run.scenarios = selection_.scenarios();
    if (run.target.attach && run.scenarios.size() > 1)
        return fail(ErrorCode::kInvalidArgument, "--attach plays one scenario at a time, and these checks need " +
                                                     base::joined(run.scenarios) + ": choose one with --scenario");
    if (selection_.everything()) return {};
    // Only the messages that a selected check says something about.
    std::set<proto::ProtobufMessage> needed;
    for (const auto& row : selection_.rows()) needed.insert(row.messages.begin(), row.messages.end());
    run.messages.assign(needed.begin(), needed.end());
    return {};
}

Result<void> Session::read_expectations() {
    if (options_.expect.empty()) return {};
    std::error_code error;
    if (options_.update_expect && !fs::exists(options_.expect, error)) {
        expectations_.path = options_.expect;
        return {};
    }
    auto loaded = load_expectations(suite_, options_.expect);
    if (!loaded) return tl::unexpected<Error>(loaded.error());
    expectations_ = std::move(*loaded);
    return {};
}

SessionResult Session::run() {
    if (!run_) {
        if (auto planned = plan(); !planned) return refuse(planned.error().text(), kUsage);
    }
    const auto& target = options_.run.target;
    const auto missing = suite_.missing(target);
    if (!missing) return refuse(missing.error().text(), kUsage);
    if (!missing->empty()) {
        return refuse("target " + target.name + " (" + target.origin + ") cannot be started: " + *missing,
                      options_.skip_exit_code ? kNotApplicable : kInconclusive);
    }
    // Should this process be killed, nobody takes the reports of an earlier session for this one's.
    (void)write(unfinished("the run did not come to its end"), false);
    auto results = run_within_budget();
    if (!results)
        return refuse(results.error().text(),
                      results.error().code == ErrorCode::kInvalidArgument ? kUsage : kInternalError);
    return finish(std::move(*results));
}

SessionResult Session::refuse(const std::string& problem, ExitCode code) {
    tell_problem(problem);
    SessionResult out;
    out.results = unfinished(problem);
    out.results.exit_code = code;
    out.written = write(out.results, code != kInternalError);
    return out;
}

Results Session::unfinished(const std::string& problem) const {
    const auto& run = options_.run;
    Results out;
    out.role = suite_.role;
    out.tool_version = run.tool_version;
    out.command_line = run.command_line;
    out.target.name = run.target.name;
    out.target.profile = run.target.origin;
    out.target.command = redact_command(run.target.exec);
    out.target.file = options_.target_file;
    out.fail_on = options_.select.fail_on;
    out.unjudged = suite_.unjudged;
    out.problem = problem;
    conclude(out);
    return out;
}

std::string Session::why_stopped() const {
    return over_budget_ ? "the budget of " + options_.budget_text + " was used up" : "the run was interrupted";
}

Result<Results> Session::run_within_budget() {
    std::jthread timer;
    if (options_.budget.count() > 0) {
        timer = std::jthread([this](const std::stop_token& ended) {
            std::mutex mutex;
            std::unique_lock lock(mutex);
            std::condition_variable_any never;
            (void)never.wait_for(lock, ended, options_.budget, [] { return false; });
            if (ended.stop_requested() || stop_) return;
            over_budget_ = true;
            stop_ = true;
        });
    }
    auto results = run_all();
    timer = {};
    if (!results) return results;
    if (stop_ && !options_.run.target.attach && results->problem.empty()) results->problem = why_stopped();
    if (results->complete) results->problem.clear();
    return results;
}

Result<Results> Session::run_all() {
    const unsigned most = options_.until_fail != 0 ? options_.until_fail : options_.repeat;
    std::vector<Results> all;
    bool failed = false;
    for (unsigned i = 1; i <= most && !failed && (i == 1 || !stop_); ++i) {
        auto run = options_.run;
        if (most > 1) run.out = (fs::path(run.out) / folder_of(i)).string();
        if (run.seed) *run.seed += i - 1;
        auto results = run_(run);
        if (!results) return results;
        if (most > 1) place_in(folder_of(i), *results);
        if (most > 1 && events_.repeated) events_.repeated(i, most);
        failed = options_.until_fail != 0 && !right(*results);
        all.push_back(std::move(*results));
    }
    const auto runs = static_cast<unsigned>(all.size());
    if (options_.until_fail != 0)
        note(failed ? "repetition " + std::to_string(runs) + " of at most " + std::to_string(most) +
                          " is not right; it is in " + (fs::path(options_.run.out) / folder_of(runs)).string()
                    : std::to_string(runs) + " repetitions, all of them right");
    auto merged = runs == 1 ? Result<Results>(std::move(all.front())) : merge(std::move(all));
    if (!merged) return merged;
    merged->repeat = runs;
    merged->seed = options_.run.seed;
    merged->complete = merged->complete && (runs == most || failed);
    return merged;
}

/// Whether the exit code of these results alone would be 0.
bool Session::right(Results results) const {
    selection_.apply(results);
    results.fail_on = options_.select.fail_on;
    if (!options_.expect.empty()) apply_expectations(expectations_, results, today_utc());
    conclude(results);
    return results.exit_code == kConforms;
}

SessionResult Session::finish(Results results) {
    selection_.apply(results);
    results.fail_on = options_.select.fail_on;
    results.target.file = options_.target_file;
    results.unjudged = suite_.unjudged;
    results.coverage = selection_.coverage(results, asked_, options_.because);
    bool saved = true;
    if (!options_.expect.empty()) {
        const auto today = today_utc();
        apply_expectations(expectations_, results, today);
        if (options_.update_expect) saved = update(results, today);
    }
    conclude(results);
    const bool judged = std::any_of(results.checks.begin(), results.checks.end(),
                                    [](const auto& check) { return check.verdict != Verdict::kNotApplicable; });
    if (options_.skip_exit_code && !judged) results.exit_code = kNotApplicable;
    if (!saved) results.exit_code = kInternalError;
    results.rerun = rerun(results);

    SessionResult out;
    out.ran = true;
    out.written = write(results, true);
    if (options_.write && !out.written) results.exit_code = kInternalError;
    out.results = std::move(results);
    return out;
}

/// Writes the file of known failures as it holds for these results. False: it was not written.
bool Session::update(Results& results, const std::string& today) {
    const auto next = update_expectations(expectations_, results);
    auto parsed = parse_expectations(suite_, next.text, options_.expect);
    if (!parsed) {
        tell_problem("--update-expect would have broken the file: " + parsed.error().text());
        return false;
    }
    if (const auto saved = save_expectations(options_.expect, next.text); !saved) {
        tell_problem(saved.error().text());
        return false;
    }
    note("wrote " + options_.expect + ": " + std::to_string(next.added) + " added, " + std::to_string(next.removed) +
         " removed, " + std::to_string(next.changed) + " changed");
    apply_expectations(*parsed, results, today);
    return true;
}

/// The command line for just what is not right; empty when that is all, or nothing.
std::string Session::rerun(const Results& results) const {
    std::set<std::string> wrong, all;
    for (const auto& check : results.checks) {
        all.insert(check.id);
        const int code = exit_code_of(check, results.fail_on);
        if (suite_.find_check(check.id) != nullptr && (code == kNonConforming || code == kLint)) wrong.insert(check.id);
    }
    if (wrong.empty() || wrong == all || !options_.rerun) return {};
    return options_.rerun({wrong.begin(), wrong.end()});
}

bool Session::write(const Results& results, bool say) {
    if (!options_.write) return false;
    const auto done = options_.write(results);
    if (!done && say) tell_problem(done.error().text());
    return done.has_value();
}

void Session::note(const std::string& text) const {
    if (events_.note) events_.note(text);
}

void Session::tell_problem(const std::string& text) const {
    if (events_.problem) events_.problem(text);
}

}  // namespace prw::suite
