/// `prw test sender`: starts a sender under test, or waits for one, and says what is wrong with it.
#include <CLI/CLI.hpp>

#include <poll.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "catalogue.h"
#include "commands.h"
#include "progress_line.h"
#include "prw/base/text.h"
#include "prw/base/units.h"
#include "prw/conformance/expectations.h"
#include "prw/conformance/process.h"
#include "prw/conformance/reports.h"
#include "prw/conformance/runner.h"
#include "prw/conformance/selection.h"
#include "prw/proto/model.h"
#include "prw/receiver/json.h"
#include "report_options.h"
#include "signals.h"
#include "trace.h"
#include "version.h"

namespace prw::cli {

namespace {

using conformance::Verdict;

/// An attached sender is waited for as long as its user likes.
constexpr std::chrono::hours kLongest(24);
/// Checks that a command line lists one by one.
constexpr std::size_t kListed = 8;
constexpr std::chrono::milliseconds kPoll(50);

struct Options {
    std::string profile = "reference", target;
    bool profile_given = false;
    bool attach = false;
    std::string listen_for, listen;
    std::vector<std::string> messages, scenarios, command;
    std::string out = ".prw/last";
    bool out_given = false;
    std::vector<std::string> run, skip, levels, reports;
    bool failed = false, list = false, list_json = false, update_expect = false, trace = false, debugger = false;
    std::string expect, budget, source;
    unsigned repeat = 1, until_fail = 0;
    std::vector<std::string> without;
    std::optional<std::uint64_t> seed;
    unsigned jobs = 0;
    std::string timeout;
    std::optional<double> patience;
    bool keep = false, verbose = false, quiet = false, skip_exit_code = false;
    std::string fail_on = "must", colour = "auto";
};

/// The command line that does the same again; with `only`, just for these checks. What --failed stands for changes with
/// each run, so that it is written out.
std::string again(const Options& options, const std::vector<std::string>& only = {}) {
    std::vector<std::string> words = {"prw", "test", "sender"};
    const auto add = [&words](const char* flag, const std::string& value) {
        words.emplace_back(flag);
        words.push_back(value);
    };
    if (options.profile_given) add("--profile", options.profile);
    if (!options.target.empty()) add("--target", options.target);
    if (options.attach) words.emplace_back("--attach");
    if (!options.listen.empty()) add("--listen", options.listen);
    if (!options.listen_for.empty()) add("--for", options.listen_for);
    for (const auto& message : options.messages) add("--protobuf-message", message);
    for (const auto& scenario : options.scenarios) add("--scenario", scenario);
    if (!only.empty()) {
        for (const auto& id : only) add("--run", id);
    } else {
        for (const auto& pattern : options.run) add("--run", pattern);
        for (const auto& pattern : options.skip) add("--skip", pattern);
        for (const auto& level : options.levels) add("--level", level);
    }
    if (!options.source.empty()) add("--source", options.source);
    for (const auto& name : options.without) add("--without", name);
    if (!options.expect.empty()) add("--expect", options.expect);
    if (options.repeat != 1) add("--repeat", std::to_string(options.repeat));
    if (options.until_fail != 0) add("--until-fail", std::to_string(options.until_fail));
    if (options.seed) add("--seed", std::to_string(*options.seed));
    if (!options.budget.empty()) add("--budget", options.budget);
    if (!options.timeout.empty()) add("--timeout", options.timeout);
    if (options.patience) add("--patience", proto::value_text(proto::to_bits(*options.patience)));
    if (options.fail_on != "must") add("--fail-on", options.fail_on);
    if (options.out != ".prw/last") add("--out", options.out);
    if (!options.command.empty()) words.emplace_back("--");
    words.insert(words.end(), options.command.begin(), options.command.end());
    return conformance::redact_command(words);
}

/// A command to try next, and what it takes. Nothing that leads a correct sender to a verdict that it does not deserve:
/// 2.0 is proposed only to a program whose command line passes on what it is asked for.
struct Next {
    std::string command, note;
};

Next what_next(const Options& options, const conformance::Results& results) {
    if (!options.profile_given && options.command.empty() && !options.attach)
        return {"prw test sender -- ./my-sender", "its environment has PRW_REMOTE_WRITE_URL and PRW_SCRAPE_URL"};
    if (results.exit_code != 0) return {};
    if (results.coverage && !results.coverage->whole()) {
        if (options.attach)
            return {"prw init sender",
                    "writes a profile, with which prw starts the sender itself and plays every scenario"};
        Options whole;
        whole.profile = options.profile;
        whole.profile_given = options.profile_given;
        whole.target = options.target;
        whole.messages = options.messages;
        whole.source = options.source;
        whole.command = options.command;
        return {again(whole), "the whole suite"};
    }
    const auto asks = [](const std::string& word) { return word.find("PRW_PROTOBUF_MESSAGE") != std::string::npos; };
    if (!options.command.empty() && options.messages.empty() &&
        std::any_of(options.command.begin(), options.command.end(), asks)) {
        Options both = options;
        both.messages = {"1.0", "2.0"};
        return {again(both), "asks for 2.0 as well; a sender that then sends 1.0 does not conform"};
    }
    return {};
}

/// The file below the current folder that the command names first: the program, or the script that it runs.
std::string file_of(const std::vector<std::string>& command) {
    for (const auto& word : command) {
        const std::filesystem::path path(word);
        std::error_code error;
        if (word.starts_with("-") || path.is_absolute() || !std::filesystem::is_regular_file(path, error)) continue;
        const auto plain = path.lexically_normal().string();
        // The first word without a slash is looked up in PATH, whatever lies here.
        if (!plain.starts_with("..") && (&word != &command.front() || word.find('/') != std::string::npos))
            return plain;
    }
    return {};
}

Result<conformance::Target> choose_target(const Options& options) {
    if (options.attach) {
        conformance::Target target;
        target.name = "attached sender";
        target.origin = "--attach";
        target.attach = true;
        target.input = conformance::Input::kUnknown;
        target.protocols = {proto::ProtobufMessage::kV1};
        target.message_given = !options.messages.empty();
        target.settle = kLongest;  // it comes when its user has pointed it here
        return target;
    }
    if (!options.command.empty()) {
        auto target = conformance::command_target(options.command);
        target.message_given = !options.messages.empty();
        return target;
    }
    return conformance::find_target(options.profile, options.target);
}

/// What `--failed` and the reports are about, and what became of it, from the first flag to the exit code.
class SenderTest {
public:
    SenderTest(const Options& options, Io& io) : options_(options), io_(io) {}

    int run() {
        for (const auto& text : options_.reports) {
            auto file = conformance::parse_report_file(text, options_.out);
            if (!file) return refuse("--report: " + file.error().text());
            files_.push_back(std::move(*file));
        }
        if (const auto problem = prepare(); !problem.empty()) return refuse(problem);
        if (options_.list) return list();
        const auto missing = conformance::missing_requirement(run_.target);
        if (!missing) return refuse(missing.error().text());
        if (!missing->empty()) {
            return refuse("target " + run_.target.name + " (" + run_.target.origin + ") cannot be started: " + *missing,
                          options_.skip_exit_code ? kNotApplicable : kInconclusive);
        }
        // Should this process be killed, nobody takes the reports of an earlier run for this one's.
        (void)write(unfinished("the run did not come to its end"));
        auto results = repeat();
        if (!results)
            return refuse(results.error().text(),
                          results.error().code == ErrorCode::kInvalidArgument ? kUsage : kInternalError);
        return finish(std::move(*results));
    }

private:
    int refuse(const std::string& text, int code = kUsage) {
        io_.err << "prw test sender: " << text << "\n";
        // A slip on the command line must not cost the list that --failed reads; a named place is written all the same.
        auto results = unfinished(text);
        results.exit_code = code;
        if (code != kUsage || (options_.out_given && !options_.failed)) {
            if (const auto done = write(results); !done && code != kInternalError)
                io_.err << "prw test sender: " << done.error().text() << "\n";
        } else {
            (void)conformance::write_reports(results, files_, options_.out);
        }
        return code;
    }

    /// Results of a run that did not take place.
    conformance::Results unfinished(const std::string& problem) {
        conformance::Results results;
        results.tool_version = PRW_VERSION;
        results.command_line = again(options_);
        results.target.name = run_.target.name.empty() ? options_.profile : run_.target.name;
        results.target.profile = run_.target.origin;
        results.target.command = conformance::redact_command(run_.target.exec);
        results.target.file = file_of(options_.command);
        results.fail_on = parse_fail_on(options_.fail_on);
        results.problem = problem;
        conformance::conclude(results);
        return results;
    }

    Result<void> write(const conformance::Results& results) {
        auto all = conformance::default_reports(options_.out);
        all.insert(all.end(), files_.begin(), files_.end());
        auto done = conformance::write_reports(results, all, options_.out);
        if (done && !options_.out_given) {  // nobody commits .prw/last by accident
            std::ofstream(std::filesystem::path(options_.out) / ".gitignore") << "*\n";
        }
        return done;
    }

    /// Empty, or what is wrong with the command line.
    std::string prepare() {
        if (options_.attach && (options_.profile_given || !options_.command.empty()))
            return "--attach starts nothing: give it neither --profile nor a command";
        if (options_.profile_given && !options_.command.empty())
            return "give either --profile or a command after --, not both";
        if (!options_.attach && !options_.listen_for.empty()) return "--for goes with --attach";
        if (options_.attach && options_.repeat != 1) return "--repeat does not go with --attach";
        if (options_.until_fail != 0 && (options_.attach || options_.repeat != 1))
            return std::string("--until-fail does not go with ") + (options_.attach ? "--attach" : "--repeat");
        if (!options_.attach && !options_.listen.empty()) return "--listen goes with --attach";
        if (options_.attach && options_.messages.size() > 1)
            return "--attach judges one message at a time: give --protobuf-message once";
        if (options_.attach && options_.debugger) return "--wait-for-debugger needs a program that prw starts";
        if (options_.list_json && !options_.list) return "--json goes with --list";
        if (options_.update_expect && options_.expect.empty()) return "--update-expect needs --expect FILE";
        auto target = choose_target(options_);
        if (!target) return target.error().text();
        if (target->role != "sender")
            return target->origin + ": target " + target->name + " has the role " + target->role +
                   "; this version tests senders";
        run_.target = std::move(*target);
        if (auto checked = conformance::check_odd_inputs(options_.without); !checked)
            return "--" + checked.error().text();
        run_.target.without.insert(run_.target.without.end(), options_.without.begin(), options_.without.end());
        if (!options_.source.empty()) run_.target.source = options_.source;
        if (!run_.target.source.empty()) {
            auto source = conformance::load_source(std::exchange(run_.target.source, {}));
            if (!source) return source.error().text();
            run_.source = std::move(*source);
        }
        for (const auto& word : options_.messages) {
            proto::ProtobufMessage message{};
            if (!proto::parse_protobuf_message(word, message))
                return "--protobuf-message is 1.0 or 2.0, not \"" + word + "\"";
            run_.messages.push_back(message);
        }
        run_.out = options_.out;
        run_.jobs = options_.jobs;
        run_.keep_work_dirs = options_.keep;
        run_.tool_version = PRW_VERSION;
        run_.command_line = again(options_);
        if (!options_.timeout.empty()) {
            const auto timeout = base::parse_duration(options_.timeout);
            if (!timeout) return "--timeout: " + timeout.error().text();
            if (timeout->count() <= 0) return "--timeout must be more than 0";
            run_.timeout = *timeout;
        }
        if (options_.patience) run_.target.patience = *options_.patience;
        if (!options_.listen_for.empty()) {
            const auto listen = base::parse_duration(options_.listen_for);
            if (!listen) return "--for: " + listen.error().text();
            run_.attach_for = *listen;
        }
        if (!options_.listen.empty()) {
            const auto address = base::parse_host_port(options_.listen);
            if (!address) return "--listen: " + address.error().text();
            run_.listen_host = address->host;
            run_.listen_port = address->port;
        }
        if (options_.debugger) run_.jobs = 1;  // one program at a time to look at
        if (!options_.budget.empty()) {
            const auto budget = base::parse_duration(options_.budget);
            if (!budget) return "--budget: " + budget.error().text();
            if (budget->count() <= 0) return "--budget must be more than 0";
            budget_ = *budget;
        }
        if (auto problem = select(); !problem.empty()) return problem;
        if (!options_.expect.empty()) {
            std::error_code error;
            if (options_.update_expect && !std::filesystem::exists(options_.expect, error)) {
                expectations_.path = options_.expect;
            } else {
                auto loaded = conformance::load_expectations(options_.expect);
                if (!loaded) return loaded.error().text();
                expectations_ = std::move(*loaded);
            }
        }
        return {};
    }

    std::string select() {
        conformance::SelectionOptions wanted;
        wanted.run = options_.run;
        wanted.skip = options_.skip;
        wanted.levels = options_.levels;
        wanted.scenarios = options_.scenarios;
        const bool narrowed = !options_.run.empty() || !options_.levels.empty() || options_.failed;
        if (options_.attach && wanted.scenarios.empty() && !narrowed) wanted.scenarios = {"steady"};
        wanted.fail_on = parse_fail_on(options_.fail_on);
        wanted.messages = run_.messages.empty() ? run_.target.protocols : run_.messages;
        asked_ = wanted.messages;
        wanted.failed = options_.failed;
        if (options_.failed) {
            auto last = conformance::read_results(options_.out);
            if (!last) return "--failed: " + last.error().text();
            wanted.last = std::move(*last);
        }
        auto selection = conformance::Selection::make(wanted);
        if (!selection) return selection.error().text();
        selection_ = std::move(*selection);
        run_.scenarios = selection_.scenarios();
        if (options_.attach && run_.scenarios.size() > 1) {
            return "--attach plays one scenario at a time, and these checks need " + base::joined(run_.scenarios) +
                   ": choose one with --scenario";
        }
        if (!selection_.everything()) {
            // Only the messages that a selected check says something about.
            std::set<proto::ProtobufMessage> needed;
            for (const auto& row : selection_.rows()) needed.insert(row.messages.begin(), row.messages.end());
            run_.messages.assign(needed.begin(), needed.end());
        }
        return {};
    }

    int list() {
        if (options_.list_json) {
            auto array = nlohmann::ordered_json::array();
            for (const auto& row : selection_.rows()) array.push_back(check_json(*row.check, row.messages));
            io_.out << receiver::dump(array) << "\n";
            return kConforms;
        }
        for (const auto& row : selection_.rows()) {
            std::string messages;
            for (const auto message : row.messages)
                messages += (messages.empty() ? "" : ",") + std::string(proto::short_name(message));
            io_.out << row.check->id << "  " << proto::name_of(row.level) << "  " << messages << "  "
                    << (row.check->rule.empty() ? row.check->scenario : "every scenario") << "\n";
        }
        io_.out << selection_.rows().size() << " checks in " << selection_.scenarios().size() << " scenarios:";
        for (const auto& scenario : selection_.scenarios()) io_.out << " " << scenario;
        io_.out << "; nothing was run\n";
        return kConforms;
    }

    Result<conformance::Results> repeat() {
        ProgressLine line(io_, io_.out, "scenarios", options_.quiet);
        run_.progress = [&line](const conformance::Progress& progress) { line.show(progress); };
        run_.listening = [this](const std::string& write_url, const std::string& scrape_url) {
            io_.out << "scenario              " << run_.scenarios.front() << "\npoint a sender at     " << write_url
                    << "\nand let it scrape     " << scrape_url
                    << "   (so that every sample can be compared; optional)\n"
                    << "Ctrl-C ends and judges.\n"
                    << std::flush;
        };
        std::atomic<bool> stop{false}, over_budget{false};
        run_.stop = &stop;
        run_.why_stopped = [&] {
            return over_budget ? "the budget of " + options_.budget + " was used up" : "the run was interrupted";
        };
        if (options_.debugger)
            run_.stopped = [&](const std::string& scenario, int pid) { wait_for_debugger(scenario, pid, stop, line); };
        StopSignals signals;
        std::atomic<bool> done{false};
        std::jthread watcher([&] {
            if (signals.wait(budget_) == 0) {
                if (done) return;
                over_budget = true;
            }
            stop = true;
        });
        auto results = runs(stop, line);
        done = true;
        signals.stop();
        watcher.join();
        line.clear();
        if (results && stop && !options_.attach && results->problem.empty()) results->problem = run_.why_stopped();
        if (results && results->complete) results->problem.clear();
        return results;
    }

    /// All repetitions, each in a folder of its own when there are several.
    Result<conformance::Results> runs(const std::atomic<bool>& stop, ProgressLine& line) {
        std::vector<conformance::Results> all;
        const unsigned most = options_.until_fail != 0 ? options_.until_fail : options_.repeat;
        bool failed = false;
        for (unsigned i = 1; i <= most && !failed && (i == 1 || !stop); ++i) {
            const std::string folder = most == 1 ? "" : "repeat-" + std::to_string(i);
            run_.out = folder.empty() ? options_.out : (std::filesystem::path(options_.out) / folder).string();
            if (options_.seed) {
                run_.seed = *options_.seed + (i - 1);
                ::setenv("PRW_SEED", std::to_string(*run_.seed).c_str(), 1);  // before any thread of this run starts
            }
            auto results = conformance::run_sender_tests(run_);
            if (!results) return results;
            if (!folder.empty()) {
                const auto place = [&](std::string& path) {
                    if (!path.empty()) path.insert(0, folder + "/");
                };
                for (auto& check : results->checks) place(check.capsule);
                for (auto& scenario : results->scenarios) {
                    place(scenario.capture);
                    place(scenario.target_log);
                }
                line.clear();
            }
            failed = options_.until_fail != 0 && !right(*results);
            all.push_back(std::move(*results));
        }
        const auto runs = static_cast<unsigned>(all.size());
        const bool all_run = runs == most || failed;
        if (options_.until_fail != 0)
            told_ = (failed ? "repetition " + std::to_string(runs) + " of at most " + std::to_string(most) +
                                  " is not right; it is in " +
                                  (std::filesystem::path(options_.out) / ("repeat-" + std::to_string(runs))).string()
                            : std::to_string(runs) + " repetitions, all of them right") +
                    "\n\n";
        auto merged =
            all.size() == 1 ? Result<conformance::Results>(std::move(all.front())) : conformance::merge(std::move(all));
        if (merged) {
            merged->repeat = runs;
            merged->seed = options_.seed;
            merged->complete = merged->complete && all_run;
        }
        return merged;
    }

    /// Whether the exit code of these results alone would be 0.
    bool right(conformance::Results results) const {
        selection_.apply(results);
        results.fail_on = parse_fail_on(options_.fail_on);
        if (!options_.expect.empty()) conformance::apply_expectations(expectations_, results, conformance::today_utc());
        conformance::conclude(results);
        return results.exit_code == 0;
    }

    /// Until the user has attached a debugger, pressed Enter, or sent SIGCONT.
    void wait_for_debugger(const std::string& scenario, int pid, const std::atomic<bool>& stop, ProgressLine& line) {
        const auto id = std::to_string(pid);
        line.clear();
        io_.out << scenario << ": process " << pid << " waits, before the program's first instruction\n"
                << "  gdb -p " << id << "     then \"catch exec\" and \"continue\", to be in the program itself\n"
                << "  kill -CONT " << id << (io_.in_fd >= 0 ? "   or Enter, to go on\n" : "   to go on\n")
                << std::flush;
        pollfd key{io_.in_fd, POLLIN, 0};  // an fd of -1 is never ready
        while (!stop && conformance::process_state(pid) == 'T') {
            if (::poll(&key, 1, static_cast<int>(kPoll.count())) <= 0) continue;
            char byte = 0;
            if (::read(io_.in_fd, &byte, 1) != 1) key.fd = -1;
            if (byte == '\n') return;
        }
    }

    /// What made the run one of a part.
    [[nodiscard]] std::vector<std::string> because() const {
        std::vector<std::string> out;
        const auto add = [&out](const char* flag, const std::vector<std::string>& values) {
            for (const auto& value : values) out.push_back(std::string(flag) + " " + value);
        };
        if (options_.attach) out.emplace_back("--attach");
        add("--scenario", options_.scenarios);
        add("--run", options_.run);
        add("--skip", options_.skip);
        add("--level", options_.levels);
        if (options_.failed) out.emplace_back("--failed");
        return out;
    }

    /// The command line for just what is not right; empty when that is all, or nothing.
    [[nodiscard]] std::string rerun(const conformance::Results& results) const {
        std::set<std::string> wrong, all;
        for (const auto& check : results.checks) {
            all.insert(check.id);
            const int code = conformance::exit_code_of(check, results.fail_on);
            const bool known = std::any_of(conformance::all_checks().begin(), conformance::all_checks().end(),
                                           [&](const auto& each) { return each.id == check.id; });
            if (known && (code == 1 || code == 3)) wrong.insert(check.id);
        }
        if (wrong.empty() || wrong == all) return {};
        if (wrong.size() <= kListed) return again(options_, {wrong.begin(), wrong.end()});
        // Too many for a line. It reads the results that this run leaves.
        auto line = again(options_);
        const std::string front = "prw test sender";
        return line.insert(front.size(), " --failed");
    }

    int finish(conformance::Results results) {
        selection_.apply(results);
        results.fail_on = parse_fail_on(options_.fail_on);
        results.target.file = file_of(options_.command);
        results.coverage = selection_.coverage(results, asked_, because());
        std::string updated;
        int failed_to_save = 0;
        if (!options_.expect.empty()) {
            const auto today = conformance::today_utc();
            conformance::apply_expectations(expectations_, results, today);
            if (options_.update_expect) failed_to_save = update(results, today, updated);
        }
        conformance::conclude(results);
        const bool judged = std::any_of(results.checks.begin(), results.checks.end(),
                                        [](const auto& check) { return check.verdict != Verdict::kNotApplicable; });
        if (options_.skip_exit_code && !judged) results.exit_code = kNotApplicable;
        if (failed_to_save != 0) results.exit_code = failed_to_save;
        results.rerun = rerun(results);

        auto written = write(results);
        if (const char* summary = std::getenv("GITHUB_STEP_SUMMARY"); summary != nullptr && summary[0] != '\0') {
            if (auto done = conformance::append_markdown(results, summary); !done && written) written = std::move(done);
        }
        if (!written) results.exit_code = kInternalError;
        if (options_.trace) print_trace(results, options_.out, io_);
        conformance::TerminalStyle style;
        style.colour = wants_colour(options_.colour, io_);
        style.width = io_.width;
        style.verbose = options_.verbose;
        if (written) style.report = (std::filesystem::path(options_.out) / "report.html").string();
        style.folder = options_.out;
        style.program = program_name();
        auto next = what_next(options_, results);
        style.next = std::move(next.command);
        style.next_note = std::move(next.note);
        std::string text = conformance::render_terminal(results, style);
        if (options_.quiet) {
            const auto summary = text.find("\nSummary");
            if (summary != std::string::npos) text.erase(0, summary + 1);
        }
        io_.out << told_ << updated << text << std::flush;
        if (!written) io_.err << "prw test sender: " << written.error().text() << "\n";
        return results.exit_code;
    }

    int update(conformance::Results& results, const std::string& today, std::string& told) {
        const auto next = conformance::update_expectations(expectations_, results);
        auto parsed = conformance::parse_expectations(next.text, options_.expect);
        if (!parsed) {
            io_.err << "prw test sender: --update-expect would have broken the file: " << parsed.error().text() << "\n";
            return kInternalError;
        }
        if (const auto saved = conformance::save_expectations(options_.expect, next.text); !saved) {
            io_.err << "prw test sender: " << saved.error().text() << "\n";
            return kInternalError;
        }
        told = "wrote " + options_.expect + ": " + std::to_string(next.added) + " added, " +
               std::to_string(next.removed) + " removed, " + std::to_string(next.changed) + " changed\n\n";
        conformance::apply_expectations(*parsed, results, today);
        return 0;
    }

    const Options& options_;
    Io& io_;
    conformance::RunOptions run_;
    conformance::Selection selection_;
    conformance::Expectations expectations_;
    std::vector<conformance::ReportFile> files_;
    std::chrono::milliseconds budget_{0};
    std::vector<proto::ProtobufMessage> asked_;  ///< before anything was selected
    std::string told_;                           ///< before the report
};

}  // namespace

void add_test(CLI::App& app, Io& io, int& exit_code) {
    auto* test = app.add_subcommand("test", "Test a program that speaks Remote Write");
    test->require_subcommand(1);
    auto* sub = test->add_subcommand(
        "sender", "Start a sender in several scenarios, judge all that it sends, and write a report");
    auto options = std::make_shared<Options>();
    auto* profile = sub->add_option("--profile", options->profile, "Name of a shipped profile, or a YAML file")
                        ->capture_default_str();
    sub->add_option("--target", options->target, "Target of a profile that holds several");
    sub->add_flag("--attach", options->attach, "Start nothing: print a URL and judge what comes");
    sub->add_option("--for", options->listen_for,
                    "With --attach: how long to listen, e.g. 30s (default: until Ctrl-C)");
    sub->add_option("--listen", options->listen,
                    "With --attach: HOST:PORT where requests are taken (default: any free port of 127.0.0.1)");
    sub->add_option("--protobuf-message,--protobuf_message", options->messages,
                    "1.0 or 2.0, repeatable (default: what the profile says; 1.0 for a command)")
        ->allow_extra_args(false);
    sub->add_option("--scenario", options->scenarios,
                    "Only this scenario, repeatable: steady, large-scrape, 5xx-then-success, 4xx, …")
        ->allow_extra_args(false);
    auto* out = sub->add_option("--out", options->out, "Folder for results.json, report.html, captures and logs")
                    ->capture_default_str();
    const auto repeatable = [sub](const char* name, std::vector<std::string>& into, const char* text) {
        sub->add_option(name, into, text)->allow_extra_args(false);
    };
    repeatable("--run", options->run, "Only checks whose id matches: * in a segment, ** across, or the front of an id");
    repeatable("--skip", options->skip, "Not these; for known failures --expect is better: it notices when they pass");
    repeatable("--level", options->levels, "Only must, should or may, repeatable or with commas");
    sub->add_flag("--failed", options->failed, "Only what failed in the last run in --out");
    sub->add_flag("--list", options->list, "Say what would be run, and run nothing");
    sub->add_flag("--json", options->list_json, "With --list: as JSON");
    sub->add_option("--source", options->source,
                    "File of further series for the target to scrape: OpenMetrics, text or JSON (docs/profiles.md)");
    repeatable("--without", options->without,
               "Do not offer this for scraping, as the target cannot take it: subnormal, colons, … (docs/profiles.md)");
    sub->add_option("--expect", options->expect, "YAML file of known failures that have to go on failing");
    sub->add_flag("--update-expect", options->update_expect,
                  "Write the file of --expect so that it holds for this run");
    repeatable("--report", options->reports,
               "FORMAT[=PATH]: text, markdown, tap, sarif, github, ndjson, badge, … (docs/reports.md)");
    sub->add_option("--repeat", options->repeat, "Run everything N times; verdicts that differ are flaky")
        ->check(CLI::Range(1U, 1000U))
        ->capture_default_str();
    sub->add_option("--until-fail", options->until_fail, "Run everything until it is not right, at most N times")
        ->check(CLI::Range(1U, 1000U));
    sub->add_flag("--wait-for-debugger", options->debugger,
                  "Start each program stopped, print its process id, and wait for a debugger, SIGCONT or Enter");
    sub->add_option("--seed", options->seed,
                    "Shuffle the order of the scenarios; PRW_SEED in the environment of the target");
    sub->add_option("--budget", options->budget,
                    "Longest time of the whole run, e.g. 2m; what does not fit is inconclusive");
    sub->add_flag("--trace", options->trace, "Print the exchanges of each check that is not right");
    sub->add_option("-j,--jobs", options->jobs, "Scenarios at a time (default: five a core)")
        ->check(CLI::Range(1U, 64U));
    sub->add_option(
        "--timeout", options->timeout,
        "Longest time of one scenario (default: 60s; more for a target that sends less than once a second)");
    sub->add_option("--patience", options->patience,
                    "Wait so many times as long for everything, e.g. 4 (default: what the profile says, or 1)")
        ->check(CLI::Range(conformance::kLeastPatience, conformance::kMostPatience));
    sub->add_flag("--keep", options->keep, "Keep the work directories of the target");
    add_fail_on(*sub, options->fail_on)->capture_default_str();
    sub->add_flag("-v,--verbose", options->verbose, "Show every check");
    sub->add_flag("-q,--quiet", options->quiet, "Only the summary");
    add_colour(*sub, options->colour);
    sub->add_flag("--skip-exit-code", options->skip_exit_code,
                  "77 when the target is not on this machine or nothing applies (for ctest)");
    sub->add_option("command", options->command,
                    "After --: the sender and its arguments; the URLs are in its environment");
    sub->footer(
        "Environment of the command: PRW_REMOTE_WRITE_URL, PRW_SCRAPE_URL, PRW_SCRAPE_HOSTPORT,\n"
        "PRW_PROTOBUF_MESSAGE, PRW_SCENARIO, PRW_TMPDIR\n\n"
        "Examples:\n"
        "  prw test sender                                   the reference sender, with nothing else installed\n"
        "  prw test sender -- ./my-sender --flag             your own, once per scenario\n"
        "  prw test sender -- sh -c './my-sender --url \"$PRW_REMOTE_WRITE_URL\"'\n"
        "  prw test sender --profile prometheus              a shipped profile\n"
        "  prw test sender --profile ./my-agent.yaml --protobuf-message 2.0\n"
        "  prw test sender --attach --for 30s                a sender that runs already\n"
        "  prw test sender --attach --listen 127.0.0.1:9201 --scenario 5xx-then-success\n"
        "  prw test sender --run 'retry/**' --trace -- ./my-sender\n"
        "  prw test sender --expect known.yaml --report sarif=prw.sarif -- ./my-sender\n"
        "  prw test sender --failed -- ./my-sender           again, only what failed\n"
        "  prw test sender --until-fail 20 --run 'retry/**' -- ./my-sender\n"
        "  prw test sender --wait-for-debugger --scenario 4xx -- ./my-sender");
    sub->callback([options, profile, out, &io, &exit_code] {
        options->profile_given = profile->count() > 0;
        options->out_given = out->count() > 0;
        exit_code = SenderTest(*options, io).run();
    });
}

}  // namespace prw::cli
