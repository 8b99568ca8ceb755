/// `prw self-test`: proves on this machine that every check can fail.
#include <CLI/CLI.hpp>

#include <atomic>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "commands.h"
#include "progress_line.h"
#include "prw/base/text.h"
#include "prw/base/units.h"
#include "prw/proto/model.h"
#include "prw/self_test/self_test.h"
#include "prw/suite/command_text.h"
#include "report_options.h"
#include "signals.h"
#include "version.h"

namespace prw::cli {

namespace {

struct Options {
    std::vector<std::string> select, messages, parties;
    unsigned jobs = 0;
    std::string out, json, timeout = "60s", colour = "auto";
    double patience = 1;
    bool list = false, quiet = false;
};

int refuse(Io& io, const std::string& text, int code = kUsage) {
    io.err << "prw self-test: " << text << "\n";
    return code;
}

std::string again(const Options& options) {
    std::vector<std::string> words = {"prw", "self-test"};
    const auto add = [&words](const char* flag, const std::string& value) {
        words.emplace_back(flag);
        words.push_back(value);
    };
    for (const auto& party : options.parties) add("--party", party);
    for (const auto& pattern : options.select) add("--run", pattern);
    for (const auto& message : options.messages) add("--protobuf-message", message);
    if (options.jobs != 0) add("-j", std::to_string(options.jobs));
    if (!options.out.empty()) add("--out", options.out);
    if (options.timeout != "60s") add("--timeout", options.timeout);
    if (options.patience != 1) add("--patience", proto::value_text(proto::to_bits(options.patience)));
    return suite::redact_command(words);
}

void list(const self_test::SelfTestCatalogue& catalogue, const std::vector<self_test::SelfTestJob>& jobs, Io& io) {
    const auto planned = [&](const std::string& subject) {
        std::string out;
        for (const auto& job : jobs) {
            if (job.subject != subject) continue;
            const auto one = job.scenario + " (" + std::string(proto::short_name(job.message)) + ")";
            base::add_word(out, one);
        }
        return out;
    };
    const auto show = [&](const std::string& id, const std::string& summary, const std::string& check) {
        const auto runs = planned(id);
        if (runs.empty()) return;
        io.out << id << "\n    " << summary << "\n";
        if (!check.empty()) io.out << "    killed by " << check << "\n";
        io.out << "    in " << runs << "\n";
    };
    show("reference", "The reference " + catalogue.role + " without a deviation: no check may fire.", {});
    for (const auto& null : catalogue.nulls) show(null.id, null.summary, {});
    for (const auto& mutant : catalogue.mutants) show(mutant.id, mutant.summary, mutant.check);
    io.out << base::count_text(jobs.size(), "run") << "\n";
}

/// The self-test of one party, with the patterns that are about it.
struct Part {
    self_test::SelfTestCatalogue catalogue;
    std::vector<std::string> select;
    std::vector<self_test::SelfTestJob> jobs;
};

/// Those of the parties that were asked for; a pattern counts for those that it fits, and has to fit one.
Result<std::vector<Part>> parts_of(const Options& options, const self_test::SelfTestOptions& run) {
    std::vector<Part> parts;
    for (auto&& catalogue : {self_test::sender_self_test(), self_test::receiver_self_test()}) {
        const auto& asked = options.parties;
        if (asked.empty() || std::find(asked.begin(), asked.end(), catalogue.role) != asked.end())
            parts.push_back({catalogue, {}, {}});
    }
    for (const auto& pattern : options.select) {
        std::optional<Error> why;
        bool fits = false;
        for (auto& part : parts) {
            auto one = run;
            one.select = {pattern};
            if (const auto jobs = self_test::plan_self_test(part.catalogue, one)) {
                part.select.push_back(pattern);
                fits = true;
            } else if (!why || pattern.starts_with(part.catalogue.role + "/")) {
                why = jobs.error();
            }
        }
        if (!fits) return tl::unexpected<Error>(*why);
    }
    if (!options.select.empty()) std::erase_if(parts, [](const Part& part) { return part.select.empty(); });
    for (auto& part : parts) {
        auto one = run;
        one.select = part.select;
        auto jobs = self_test::plan_self_test(part.catalogue, one);
        if (!jobs) return tl::unexpected<Error>(jobs.error());
        part.jobs = std::move(*jobs);
    }
    return parts;
}

int self_test(const Options& options, Io& io) {
    self_test::SelfTestOptions run;
    run.reference = suite::reference_target();
    run.jobs = options.jobs;
    run.out = options.out;
    run.tool_version = PRW_VERSION;
    run.command_line = again(options);
    for (const auto& word : options.messages) {
        proto::ProtobufMessage message{};
        if (!proto::parse_protobuf_message(word, message))
            return refuse(io, "--protobuf-message is 1.0 or 2.0, not \"" + word + "\"");
        if (std::find(run.messages.begin(), run.messages.end(), message) == run.messages.end())
            run.messages.push_back(message);
    }
    const auto timeout = base::parse_duration(options.timeout);
    if (!timeout) return refuse(io, "--timeout: " + timeout.error().text());
    if (timeout->count() <= 0) return refuse(io, "--timeout must be more than 0");
    run.timeout = *timeout;
    run.reference.patience = options.patience;
    auto parts = parts_of(options, run);
    if (!parts) return refuse(io, parts.error().text());
    if (options.list) {
        for (const auto& part : *parts) list(part.catalogue, part.jobs, io);
        return kConforms;
    }

    // With `--json -` standard output is the JSON and nothing else.
    std::ostream& text = options.json == "-" ? io.err : io.out;
    ProgressLine line(io, text, "runs", options.quiet);
    run.progress = [&line](suite::Progress progress) {
        progress.finished.clear();  // a line for each of a thousand runs is too many
        line.show(progress);
    };
    StopSignals signals;
    std::atomic<bool> stop{false};
    run.stop = &stop;
    std::jthread watcher([&] {
        if (signals.wait() != 0) stop = true;
    });
    report::TerminalStyle style;
    style.colour = wants_colour(options.colour, io);
    style.width = io.width;
    std::vector<self_test::SelfTestMatrix> matrices;
    int code = kConforms;
    std::optional<Error> problem;
    for (const auto& part : *parts) {
        run.select = part.select;
        if (!options.out.empty() && parts->size() > 1) run.out = options.out + "/" + part.catalogue.role;
        auto matrix = self_test::run_self_test(part.catalogue, run);
        line.clear();
        if (!matrix) {
            problem = matrix.error();
            break;
        }
        std::string report = self_test::render_self_test(*matrix, style);
        if (options.quiet) {
            const auto summary = report.find("\nSummary");
            if (summary != std::string::npos) report.erase(0, summary + 1);
        }
        text << report << std::flush;
        code = std::max(code, matrix->exit_code());
        matrices.push_back(std::move(*matrix));
    }
    signals.stop();
    watcher.join();
    if (problem)
        return refuse(io, problem->text(), problem->code == ErrorCode::kInvalidArgument ? kUsage : kInternalError);
    if (options.json == "-") {
        io.out << self_test::to_json(matrices) << std::flush;
    } else if (!options.json.empty()) {
        std::ofstream file(options.json, std::ios::binary | std::ios::trunc);
        file << self_test::to_json(matrices);
        file.close();
        if (!file) return refuse(io, options.json + ": cannot write the JSON", kInternalError);
    }
    return code;
}

}  // namespace

void add_self_test(CLI::App& app, Io& io, int& exit_code) {
    auto* sub = app.add_subcommand("self-test",
                                   "Prove that every check can fail: our sender and our receiver, their mutants and "
                                   "null programs under all checks");
    auto options = std::make_shared<Options>();
    sub->add_option("--run", options->select,
                    "Only these mutants, checks, null senders and receivers, or 'reference': an id or a pattern with "
                    "*, ? and [...]; "
                    "repeatable")
        ->allow_extra_args(false);
    sub->add_option("--party", options->parties, "sender or receiver (default: both)")
        ->check(CLI::IsMember({"sender", "receiver"}))
        ->allow_extra_args(false);
    sub->add_option("--protobuf-message,--protobuf_message", options->messages, "1.0 or 2.0 (default: both)")
        ->allow_extra_args(false);
    sub->add_option("-j,--jobs", options->jobs, "Runs at a time (default: six a core; they mostly wait)")
        ->check(CLI::Range(1U, 256U));
    sub->add_option("--out", options->out, "Folder in which runs that went wrong leave their captures and logs");
    sub->add_option("--json", options->json, "Write the matrices as JSON to this file; - is standard output");
    sub->add_option("--timeout", options->timeout, "Longest time of one run")->capture_default_str();
    sub->add_option("--patience", options->patience, "Wait so many times as long for everything: for busy machines")
        ->check(CLI::Range(suite::kLeastPatience, suite::kMostPatience))
        ->capture_default_str();
    sub->add_flag("--list", options->list, "Only say what would be run");
    sub->add_flag("-q,--quiet", options->quiet, "Only the summary");
    add_colour(*sub, options->colour);
    sub->footer(
        "A mutant is our own sender or receiver with one deliberate deviation (prw send --mutate ID, prw receive "
        "--mutate\n"
        "ID). A matrix, one for each party, is proven\n"
        "when every check kills a mutant, every mutant is killed by the check meant for it and trips no other,\n"
        "the reference trips none, and no null program conforms.\n\n"
        "Exit codes: 0 proven, 1 a gap or an alarm, or broken off, 2 usage, 5 internal\n\n"
        "Examples:\n"
        "  prw self-test                                     everything, as CI does\n"
        "  prw self-test --party receiver                    one suite\n"
        "  prw self-test --run 'sender/retry/*'              the mutants meant for some checks\n"
        "  prw self-test --run labels/unsorted --out shown   one mutant; leaves its capture if it survives\n"
        "  prw self-test --run reference --run 'null/*'      what must not fire, what must not conform\n"
        "  prw self-test --json matrix.json -q               for a script\n"
        "  prw self-test --list --run 'labels/*'             what would be run");
    sub->callback([options, &io, &exit_code] { exit_code = self_test(*options, io); });
}

}  // namespace prw::cli
