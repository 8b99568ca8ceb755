#include "suite_test.h"

#include <poll.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "catalogue.h"
#include "commands.h"
#include "header_flag.h"
#include "progress_line.h"
#include "prw/base/units.h"
#include "prw/http/client.h"
#include "prw/proto/model.h"
#include "prw/report/reports.h"
#include "prw/rules/json.h"
#include "prw/sender/remote_write.h"
#include "prw/suite/command_text.h"
#include "prw/suite/process.h"
#include "prw/suite/session.h"
#include "report_options.h"
#include "signals.h"
#include "trace.h"
#include "version.h"

namespace prw::cli {

namespace {

/// An attached sender is waited for as long as its user likes.
constexpr std::chrono::hours kLongest(24);
/// Checks that a command line lists one by one.
constexpr std::size_t kListed = 8;
constexpr std::chrono::milliseconds kPoll(50);

/// The command line that does the same again; with `only`, just for these checks. What --failed stands for changes with
/// each run, so that it is written out.
std::string again(const TestOptions& options, const std::string& role, const std::vector<std::string>& only = {}) {
    std::vector<std::string> words = {"prw", "test", role};
    const auto add = [&words](const char* flag, const std::string& value) {
        words.emplace_back(flag);
        words.push_back(value);
    };
    if (options.profile_given) add("--profile", options.profile);
    if (!options.target.empty()) add("--target", options.target);
    if (!options.url.empty()) words.push_back(options.url);
    for (const auto& header : options.headers) add("--header", header);
    if (!options.ca_file.empty()) add("--ca-file", options.ca_file);
    if (options.insecure) words.emplace_back("--insecure");
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
    return suite::redact_command(words);
}

/// A command to try next, and what it takes. Nothing that leads a correct sender to a verdict that it does not deserve:
/// 2.0 is proposed only to a program whose command line passes on what it is asked for.
struct Next {
    std::string command, note;
};

Next what_next(const TestOptions& options, const suite::Results& results) {
    const auto& role = results.role;
    if (!options.url.empty()) {
        if (results.exit_code != 0 || !results.coverage || results.coverage->whole()) return {};
        TestOptions whole;
        whole.url = options.url;
        whole.headers = options.headers;
        whole.ca_file = options.ca_file;
        whole.insecure = options.insecure;
        return {again(whole, role), "the whole suite"};
    }
    if (!options.profile_given && options.command.empty() && !options.attach)
        return {"prw test sender -- ./my-sender", "its environment has PRW_REMOTE_WRITE_URL and PRW_SCRAPE_URL"};
    if (results.exit_code != 0) return {};
    if (results.coverage && !results.coverage->whole()) {
        if (options.attach)
            return {"prw init sender",
                    "writes a profile, with which prw starts the sender itself and plays every scenario"};
        TestOptions whole;
        whole.profile = options.profile;
        whole.profile_given = options.profile_given;
        whole.target = options.target;
        whole.messages = options.messages;
        whole.source = options.source;
        whole.command = options.command;
        return {again(whole, role), "the whole suite"};
    }
    const auto asks = [](const std::string& word) { return word.find("PRW_PROTOBUF_MESSAGE") != std::string::npos; };
    if (!options.command.empty() && options.messages.empty() &&
        std::any_of(options.command.begin(), options.command.end(), asks)) {
        TestOptions both = options;
        both.messages = {"1.0", "2.0"};
        return {again(both, role), "asks for 2.0 as well; a sender that then sends 1.0 does not conform"};
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

Result<suite::Target> url_target(const TestOptions& options) {
    const auto url = http::parse_url(options.url);
    if (!url) return tl::unexpected<Error>(url.error());
    suite::Target target;
    target.name = url->host_header();
    target.role = "receiver";
    target.origin = "command line";
    target.input = suite::Input::kUnknown;
    target.protocols = {proto::ProtobufMessage::kV1, proto::ProtobufMessage::kV2};
    target.message_given = !options.messages.empty();
    target.url = options.url;
    target.ca_file = options.ca_file;
    target.insecure_skip_verify = options.insecure;
    for (const auto& text : options.headers) {
        auto header = parse_header_flag(text);
        if (!header) return tl::unexpected<Error>(header.error());
        if (const auto checked = sender::check_header(header->first, header->second); !checked)
            return tl::unexpected<Error>(checked.error());
        target.headers.push_back(std::move(*header));
    }
    return target;
}

Result<suite::Target> choose_target(const TestOptions& options) {
    if (!options.url.empty()) return url_target(options);
    if (options.attach) {
        suite::Target target;
        target.name = "attached sender";
        target.origin = "--attach";
        target.attach = true;
        target.input = suite::Input::kUnknown;
        target.protocols = {proto::ProtobufMessage::kV1};
        target.message_given = !options.messages.empty();
        target.settle = kLongest;  // it comes when its user has pointed it here
        return target;
    }
    if (!options.command.empty()) {
        auto target = suite::command_target(options.command);
        target.message_given = !options.messages.empty();
        return target;
    }
    return suite::find_target(options.profile, options.target);
}

/// Flags into a session, and what the session says onto the terminal.
class SuiteTest {
public:
    SuiteTest(const suite::Suite& suite, const TestOptions& options, Io& io)
        : suite_(suite), options_(options), io_(io), line_(io, io.out, "scenarios", options.quiet) {}

    int run() {
        // Until it is known better.
        session_.run.target.name = options_.url.empty() ? options_.profile : "receiver";
        session_.run.tool_version = PRW_VERSION;
        session_.run.command_line = again(options_, suite_.role);
        session_.select.fail_on = parse_fail_on(options_.fail_on);
        session_.target_file = file_of(options_.command);
        session_.write = [this](const suite::Results& results) { return write(results); };
        for (const auto& text : options_.reports) {
            auto file = report::parse_report_file(text, options_.out);
            if (!file) return refuse("--report: " + file.error().text());
            files_.push_back(std::move(*file));
        }
        if (const auto problem = prepare(); !problem.empty()) return refuse(problem);
        suite::Session session(suite_, session_, events());
        current_ = &session;
        if (const auto planned = session.plan(); !planned) return end(session.refuse(planned.error().text(), kUsage));
        if (options_.list) return list(session.selection());
        StopSignals signals;
        std::jthread watcher([&] {
            if (signals.wait() != 0) session.cancel();
        });
        auto result = session.run();
        signals.stop();
        watcher.join();
        return end(std::move(result));
    }

private:
    suite::SessionEvents events() {
        suite::SessionEvents out;
        out.progress = [this](const suite::Progress& progress) { line_.show(progress); };
        out.repeated = [this](unsigned, unsigned) { line_.clear(); };
        out.note = [this](const std::string& text) { notes_ += text + "\n\n"; };
        out.problem = [this](const std::string& text) { problems_ += "prw test " + suite_.role + ": " + text + "\n"; };
        return out;
    }

    int refuse(const std::string& problem) {
        return end(suite::Session(suite_, session_, events()).refuse(problem, kUsage));
    }

    /// A slip on the command line must not cost the list that --failed reads; a named place is written all the same.
    Result<void> write(const suite::Results& results) {
        if (results.exit_code == kUsage && (!options_.out_given || options_.failed)) {
            (void)report::write_reports(results, files_, options_.out);
            return {};
        }
        auto all = report::default_reports(options_.out);
        all.insert(all.end(), files_.begin(), files_.end());
        auto done = report::write_reports(results, all, options_.out);
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
        if (auto problem = choose(); !problem.empty()) return problem;
        if (auto problem = set_limits(); !problem.empty()) return problem;
        auto& run = session_.run;
        run.out = options_.out;
        run.seed = options_.seed;
        run.jobs = options_.debugger ? 1 : options_.jobs;  // one program at a time to look at
        run.keep_work_dirs = options_.keep;
        run.listening = [this](const std::string& write_url, const std::string& scrape_url) {
            io_.out << "scenario              " << current_->selection().scenarios().front()
                    << "\npoint a sender at     " << write_url << "\nand let it scrape     " << scrape_url
                    << "   (so that every sample can be compared; optional)\n"
                    << "Ctrl-C ends and judges.\n"
                    << std::flush;
        };
        if (options_.debugger)
            run.stopped = [this](const std::string& scenario, int pid) { wait_for_debugger(scenario, pid); };
        session_.because = because();
        session_.repeat = options_.repeat;
        session_.until_fail = options_.until_fail;
        session_.expect = options_.expect;
        session_.update_expect = options_.update_expect;
        session_.skip_exit_code = options_.skip_exit_code;
        session_.rerun = [this](const std::vector<std::string>& ids) { return rerun(ids); };
        auto& select = session_.select;
        select.run = options_.run;
        select.skip = options_.skip;
        select.levels = options_.levels;
        select.scenarios = options_.scenarios;
        select.failed = options_.failed;
        if (!options_.failed) return {};
        auto last = report::read_results(options_.out);
        if (!last) return "--failed: " + last.error().text();
        select.last = std::move(*last);
        return {};
    }

    /// The target, and what it is asked for and fed.
    std::string choose() {
        auto target = choose_target(options_);
        if (!target) return target.error().text();
        if (target->role != suite_.role)
            return target->origin + ": target " + target->name + " has the role " + target->role +
                   "; this version tests " + suite_.role + "s";
        auto& run = session_.run;
        run.target = std::move(*target);
        if (auto checked = suite::check_odd_inputs(options_.without); !checked) return "--" + checked.error().text();
        run.target.without.insert(run.target.without.end(), options_.without.begin(), options_.without.end());
        if (!options_.source.empty()) run.target.source = options_.source;
        if (options_.patience) run.target.patience = *options_.patience;
        for (const auto& word : options_.messages) {
            proto::ProtobufMessage message{};
            if (!proto::parse_protobuf_message(word, message))
                return "--protobuf-message is 1.0 or 2.0, not \"" + word + "\"";
            run.messages.push_back(message);
        }
        return {};
    }

    std::string set_limits() {
        auto& run = session_.run;
        if (!options_.timeout.empty()) {
            const auto timeout = base::parse_duration(options_.timeout);
            if (!timeout) return "--timeout: " + timeout.error().text();
            if (timeout->count() <= 0) return "--timeout must be more than 0";
            run.timeout = *timeout;
        }
        if (!options_.listen_for.empty()) {
            const auto listen = base::parse_duration(options_.listen_for);
            if (!listen) return "--for: " + listen.error().text();
            run.attach_for = *listen;
        }
        if (!options_.listen.empty()) {
            const auto address = base::parse_host_port(options_.listen);
            if (!address) return "--listen: " + address.error().text();
            run.listen_host = address->host;
            run.listen_port = address->port;
        }
        if (!options_.budget.empty()) {
            const auto budget = base::parse_duration(options_.budget);
            if (!budget) return "--budget: " + budget.error().text();
            if (budget->count() <= 0) return "--budget must be more than 0";
            session_.budget = *budget;
            session_.budget_text = options_.budget;
        }
        return {};
    }

    int list(const suite::Selection& selection) {
        if (options_.list_json) {
            auto array = nlohmann::ordered_json::array();
            for (const auto& row : selection.rows()) array.push_back(check_json(*row.check, row.messages));
            io_.out << rules::dump(array) << "\n";
            return kConforms;
        }
        for (const auto& row : selection.rows()) {
            std::string messages;
            for (const auto message : row.messages)
                messages += (messages.empty() ? "" : ",") + std::string(proto::short_name(message));
            io_.out << row.check->id << "  " << proto::name_of(row.level) << "  " << messages << "  "
                    << (row.check->rule.empty() ? row.check->scenario : "every scenario") << "\n";
        }
        io_.out << selection.rows().size() << " checks in " << selection.scenarios().size() << " scenarios:";
        for (const auto& scenario : selection.scenarios()) io_.out << " " << scenario;
        io_.out << "; nothing was run\n";
        return kConforms;
    }

    /// Until the user has attached a debugger, pressed Enter, or sent SIGCONT.
    void wait_for_debugger(const std::string& scenario, int pid) {
        const auto id = std::to_string(pid);
        line_.clear();
        io_.out << scenario << ": process " << pid << " waits, before the program's first instruction\n"
                << "  gdb -p " << id << "     then \"catch exec\" and \"continue\", to be in the program itself\n"
                << "  kill -CONT " << id << (io_.in_fd >= 0 ? "   or Enter, to go on\n" : "   to go on\n")
                << std::flush;
        pollfd key{io_.in_fd, POLLIN, 0};  // an fd of -1 is never ready
        while (!current_->stopped() && suite::process_state(pid) == 'T') {
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

    [[nodiscard]] std::string rerun(const std::vector<std::string>& ids) const {
        if (ids.size() <= kListed) return again(options_, suite_.role, ids);
        // Too many for a line. It reads the results that this run leaves.
        auto line = again(options_, suite_.role);
        return line.insert(line.find(" " + suite_.role) + 1 + suite_.role.size(), " --failed");
    }

    int end(suite::SessionResult result) {
        line_.clear();
        if (result.ran) show(result);
        io_.err << problems_;
        return result.results.exit_code;
    }

    void show(suite::SessionResult& result) {
        auto& results = result.results;
        if (const char* summary = std::getenv("GITHUB_STEP_SUMMARY"); summary != nullptr && summary[0] != '\0') {
            if (auto done = report::append_markdown(results, summary); !done) {
                if (result.written) problems_ += "prw test " + suite_.role + ": " + done.error().text() + "\n";
                result.written = false;
                results.exit_code = kInternalError;
            }
        }
        if (options_.trace) print_trace(results, options_.out, io_);
        report::TerminalStyle style;
        style.colour = wants_colour(options_.colour, io_);
        style.width = io_.width;
        style.verbose = options_.verbose;
        if (result.written) style.report = (std::filesystem::path(options_.out) / "report.html").string();
        style.folder = options_.out;
        style.program = program_name();
        auto next = what_next(options_, results);
        style.next = std::move(next.command);
        style.next_note = std::move(next.note);
        std::string text = report::render_terminal(results, style);
        if (options_.quiet) {
            const auto summary = text.find("\nSummary");
            if (summary != std::string::npos) text.erase(0, summary + 1);
        }
        io_.out << notes_ << text << std::flush;
    }

    const suite::Suite& suite_;
    const TestOptions& options_;
    Io& io_;
    ProgressLine line_;
    suite::SessionOptions session_;
    suite::Session* current_ = nullptr;
    std::vector<report::ReportFile> files_;
    std::string notes_, problems_;
};

}  // namespace

int run_suite_test(const suite::Suite& suite, const TestOptions& options, Io& io) {
    return SuiteTest(suite, options, io).run();
}

}  // namespace prw::cli
