/// `prw test sender`: starts a sender under test, or waits for one, and says what is wrong with it.
#include <CLI/CLI.hpp>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "commands.h"
#include "prw/conformance/results.h"
#include "prw/conformance/runner.h"
#include "prw/proto/units.h"
#include "report_options.h"
#include "signals.h"
#include "version.h"

namespace prw::cli {

namespace {

using conformance::Verdict;

struct Options {
    std::string profile = "reference", target;
    bool profile_given = false;
    bool attach = false;
    std::string listen_for;
    std::vector<std::string> messages, scenarios, command;
    std::string out = ".prw/last";
    unsigned jobs = 0;
    std::string timeout = "60s";
    bool keep = false, verbose = false, quiet = false, skip_exit_code = false;
    std::string fail_on = "must", colour = "auto";
};

int refuse(Io& io, const std::string& text, int code = kUsage) {
    io.err << "prw test sender: " << text << "\n";
    return code;
}

std::string again(const Options& options) {
    std::vector<std::string> words = {"prw", "test", "sender"};
    const auto add = [&words](const char* flag, const std::string& value) {
        words.emplace_back(flag);
        words.push_back(value);
    };
    if (options.profile_given) add("--profile", options.profile);
    if (!options.target.empty()) add("--target", options.target);
    if (options.attach) words.emplace_back("--attach");
    if (!options.listen_for.empty()) add("--for", options.listen_for);
    for (const auto& message : options.messages) add("--protobuf-message", message);
    for (const auto& scenario : options.scenarios) add("--scenario", scenario);
    if (options.timeout != "60s") add("--timeout", options.timeout);
    if (options.fail_on != "must") add("--fail-on", options.fail_on);
    if (options.out != ".prw/last") add("--out", options.out);
    if (!options.command.empty()) words.emplace_back("--");
    words.insert(words.end(), options.command.begin(), options.command.end());
    return conformance::redact_command(words);
}

/// One line that rewrites itself on a terminal; elsewhere a line for each scenario that ended, and one every ten
/// seconds.
class ProgressLine {
public:
    ProgressLine(Io& io, bool quiet) : io_(io), quiet_(quiet) {}
    ~ProgressLine() { clear(); }
    ProgressLine(const ProgressLine&) = delete;
    ProgressLine& operator=(const ProgressLine&) = delete;

    void show(const conformance::Progress& progress) {
        if (quiet_ || progress.elapsed < std::chrono::seconds(1)) return;
        std::string text = std::to_string(progress.done) + " of " + std::to_string(progress.total) + " scenarios, " +
                           std::to_string(progress.requests) + " requests, " + std::to_string(progress.samples) +
                           " samples, " + std::to_string(progress.elapsed.count() / 1000) + " s";
        if (io_.out_is_terminal) {
            if (!progress.running.empty())
                text += "  " + progress.running.front() + (progress.running.size() > 1 ? ", …" : "");
            const auto room = static_cast<std::size_t>(std::max(20, io_.width - 1));
            if (text.size() > room) text.resize(room);
            io_.out << "\r\x1b[K" << text << std::flush;
            shown_ = true;
        } else if (!progress.finished.empty()) {
            io_.out << progress.finished << " done; " << text << "\n" << std::flush;
            last_ = progress.elapsed;
        } else if (progress.elapsed - last_ >= std::chrono::seconds(10)) {
            io_.out << text << "\n" << std::flush;
            last_ = progress.elapsed;
        }
    }
    void clear() {
        if (shown_) io_.out << "\r\x1b[K" << std::flush;
        shown_ = false;
    }

private:
    Io& io_;
    bool quiet_;
    bool shown_ = false;
    std::chrono::milliseconds last_{0};
};

std::string what_next(const Options& options, const conformance::Results& results) {
    if (!options.profile_given && options.command.empty() && !options.attach) {
        return "prw test sender -- ./my-sender …   (it finds PRW_REMOTE_WRITE_URL and PRW_SCRAPE_URL in its "
               "environment)";
    }
    if (!options.command.empty() && options.messages.empty() && results.verdict == Verdict::kPass) {
        return "prw test sender --protobuf-message 2.0 -- …   (if it can send 2.0 when PRW_PROTOBUF_MESSAGE says so)";
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
        return target;
    }
    if (!options.command.empty()) return conformance::command_target(options.command);
    return conformance::find_target(options.profile, options.target);
}

int test_sender(const Options& options, Io& io) {
    if (options.attach && (options.profile_given || !options.command.empty()))
        return refuse(io, "--attach starts nothing: give it neither --profile nor a command");
    if (options.profile_given && !options.command.empty())
        return refuse(io, "give either --profile or a command after --, not both");
    if (!options.attach && !options.listen_for.empty()) return refuse(io, "--for goes with --attach");

    conformance::RunOptions run;
    auto target = choose_target(options);
    if (!target) return refuse(io, target.error().text());
    if (target->role != "sender")
        return refuse(io, target->origin + ": target " + target->name + " has the role " + target->role +
                              "; this version tests senders");
    run.target = std::move(*target);
    for (const auto& word : options.messages) {
        proto::ProtobufMessage message{};
        if (!proto::parse_protobuf_message(word, message))
            return refuse(io, "--protobuf-message is 1.0 or 2.0, not \"" + word + "\"");
        run.messages.push_back(message);
    }
    run.scenarios = options.scenarios;
    run.out = options.out;
    run.jobs = options.jobs;
    run.keep_work_dirs = options.keep;
    run.tool_version = PRW_VERSION;
    run.command_line = again(options);
    const auto timeout = proto::parse_duration(options.timeout);
    if (!timeout) return refuse(io, "--timeout: " + timeout.error().text());
    if (timeout->count() <= 0) return refuse(io, "--timeout must be more than 0");
    run.timeout = *timeout;
    if (!options.listen_for.empty()) {
        const auto listen = proto::parse_duration(options.listen_for);
        if (!listen) return refuse(io, "--for: " + listen.error().text());
        run.attach_for = *listen;
    }
    const auto missing = conformance::missing_requirement(run.target);
    if (!missing) return refuse(io, missing.error().text());
    if (!missing->empty()) {
        return refuse(io, "target " + run.target.name + " (" + run.target.origin + ") cannot be started: " + *missing,
                      options.skip_exit_code ? kNotApplicable : kInconclusive);
    }

    ProgressLine line(io, options.quiet);
    run.progress = [&line](const conformance::Progress& progress) { line.show(progress); };
    run.listening = [&io](const std::string& write_url, const std::string& scrape_url) {
        io.out << "point a sender at     " << write_url << "\nand let it scrape     " << scrape_url
               << "   (so that every sample can be compared; optional)\n"
               << "Ctrl-C ends and judges.\n"
               << std::flush;
    };
    StopSignals signals;
    std::atomic<bool> stop{false};
    run.stop = &stop;
    std::jthread watcher([&] {
        if (signals.wait() != 0) stop = true;
    });
    auto results = conformance::run_sender_tests(run);
    signals.stop();
    watcher.join();
    line.clear();
    if (!results)
        return refuse(io, results.error().text(),
                      results.error().code == ErrorCode::kInvalidArgument ? kUsage : kInternalError);
    results->fail_on = parse_fail_on(options.fail_on);
    conformance::conclude(*results);
    const bool judged = std::any_of(results->checks.begin(), results->checks.end(),
                                    [](const auto& check) { return check.verdict != Verdict::kNotApplicable; });
    if (options.skip_exit_code && !judged) results->exit_code = kNotApplicable;

    const auto written = conformance::write_reports(*results, options.out);
    if (!written) results->exit_code = kInternalError;
    conformance::TerminalStyle style;
    style.colour = wants_colour(options.colour, io);
    style.width = io.width;
    style.verbose = options.verbose;
    if (written) style.report = (std::filesystem::path(options.out) / "report.html").string();
    style.next = what_next(options, *results);
    std::string text = conformance::render_terminal(*results, style);
    if (options.quiet) {
        const auto summary = text.find("\nSummary");
        if (summary != std::string::npos) text.erase(0, summary + 1);
    }
    io.out << text << std::flush;
    if (!written) return refuse(io, written.error().text(), kInternalError);
    return results->exit_code;
}

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
    sub->add_option("--protobuf-message,--protobuf_message", options->messages,
                    "1.0 or 2.0, repeatable (default: what the profile says; 1.0 for a command)")
        ->allow_extra_args(false);
    sub->add_option("--scenario", options->scenarios,
                    "Only this scenario, repeatable: steady, 5xx-then-success, 4xx, series-disappears")
        ->allow_extra_args(false);
    sub->add_option("--out", options->out, "Folder for results.json, report.html, captures and logs")
        ->capture_default_str();
    sub->add_option("-j,--jobs", options->jobs, "Scenarios at a time (default: two a core)")
        ->check(CLI::Range(1U, 64U));
    sub->add_option("--timeout", options->timeout, "Longest time of one scenario")->capture_default_str();
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
        "PRW_PROTOBUF_MESSAGE, PRW_TMPDIR, PRW_CHECK_ID\n\n"
        "Examples:\n"
        "  prw test sender                                   the reference sender, with nothing else installed\n"
        "  prw test sender -- ./my-sender --flag             your own, once per scenario\n"
        "  prw test sender -- sh -c './my-sender --url \"$PRW_REMOTE_WRITE_URL\"'\n"
        "  prw test sender --profile prometheus              a shipped profile\n"
        "  prw test sender --profile ./my-agent.yaml --protobuf-message 2.0\n"
        "  prw test sender --attach --for 30s                a sender that runs already");
    sub->callback([options, profile, &io, &exit_code] {
        options->profile_given = profile->count() > 0;
        exit_code = test_sender(*options, io);
    });
}

}  // namespace prw::cli
