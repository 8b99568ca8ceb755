/// `prw report`: renders, merges and compares results files, and answers for a single check.
#include <CLI/CLI.hpp>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "catalogue.h"
#include "commands.h"
#include "prw/base/nearest.h"
#include "prw/report/reports.h"
#include "prw/rules/text.h"
#include "report_options.h"

namespace prw::cli {

namespace {

using suite::FailOn;
using suite::Results;

struct Options {
    std::vector<std::string> files, reports;
    std::string format, check, message, fail_on, colour = "auto";
    bool compare = false, verbose = false, skip_inconclusive = false;
};

int refuse(Io& io, const std::string& text, int code = kUsage) {
    io.err << "prw report: " << text << "\n";
    return code;
}

int usage_or_io(const Error& error) { return error.code == ErrorCode::kInternal ? kInternalError : kUsage; }

/// The first of these that was seen: 5, 2, 1, 4, 3, 0; 77 only where there is nothing else.
int worst(const std::vector<int>& codes) {
    for (const int code : {5, 2, 1, 4, 3, 0})
        if (std::find(codes.begin(), codes.end(), code) != codes.end()) return code;
    return kNotApplicable;
}

void print_check(const suite::CheckOutcome& check, Io& io) {
    report::TerminalStyle style;
    style.width = io.width;
    style.program = program_name();
    std::string out = check.id + "  " + std::string(proto::short_name(check.message)) + "  " +
                      std::string(proto::name_of(check.level)) + "  " + report::describe(check) + "\n";
    rules::append_field(out, "checks", check.summary, io.width);
    io.out << out << report::details(check, style);
}

/// What a check that is not in the results means: an id that does not exist is a mistake, a run that was cut short says
/// nothing, and otherwise it was not selected or does not apply to the message.
int absent(const Options& options, const Results& results, Io& io) {
    std::vector<std::string> known;
    if (const auto* suite = suite_of_role(results.role))
        for (const auto& check : suite->checks) known.push_back(check.id);
    for (const auto& check : results.checks) known.push_back(check.id);
    if (std::find(known.begin(), known.end(), options.check) == known.end()) {
        return refuse(io, "no check has the id \"" + options.check + "\"" +
                              base::did_you_mean(options.check, known, base::Quotes::kNone));
    }
    const std::string under = options.message.empty() ? "" : " under message " + options.message;
    if (!results.problem.empty() || !results.complete) {
        io.out << options.check << " was not judged" << under << ": "
               << (results.problem.empty() ? "the run was broken off" : results.problem) << "\n";
        return options.skip_inconclusive ? kNotApplicable : kInconclusive;
    }
    io.out << options.check << " was not judged" << under
           << ": it was not selected, or says nothing about what the target was asked to send\n";
    return kNotApplicable;
}

int report_check(const Options& options, const Results& results, Io& io) {
    std::vector<int> codes;
    for (const auto& check : results.checks) {
        if (check.id != options.check) continue;
        if (!options.message.empty() && proto::short_name(check.message) != options.message) continue;
        print_check(check, io);
        int code = suite::exit_code_of(check, results.fail_on);
        if (code == kInconclusive && options.skip_inconclusive && check.verdict == suite::Verdict::kInconclusive)
            code = kNotApplicable;
        codes.push_back(code);
    }
    return codes.empty() ? absent(options, results, io) : worst(codes);
}

int run_report(Options options, Io& io) {
    if (!options.message.empty()) {
        proto::ProtobufMessage message{};
        if (!proto::parse_protobuf_message(options.message, message))
            return refuse(io, "--protobuf-message is 1.0 or 2.0, not \"" + options.message + "\"");
        options.message = proto::short_name(message);
    }
    std::optional<FailOn> gate;
    if (!options.fail_on.empty()) gate = parse_fail_on(options.fail_on);
    std::vector<report::ReportFile> files;
    for (const auto& text : options.reports) {
        auto file = report::parse_report_file(text, ".");
        if (!file) return refuse(io, "--report: " + file.error().text());
        files.push_back(std::move(*file));
    }
    std::optional<report::ReportFormat> format;
    if (!options.format.empty()) {
        const auto parsed = report::parse_report_format(options.format);
        if (!parsed) return refuse(io, "--format: " + parsed.error().text());
        format = *parsed;
    }

    const std::string here = ".";
    std::vector<Results> all;
    for (const auto& path : options.files) {
        auto results = report::read_results(path);
        if (!results) return refuse(io, results.error().text(), usage_or_io(results.error()));
        if (const auto* suite = suite_of_role(results->role)) results->unjudged = suite->unjudged;
        // From now on as they are typed where the user stands; a whole path stays one, for whoever stands elsewhere.
        std::error_code ignored;
        const std::filesystem::path file(path);
        const auto folder = std::filesystem::is_directory(file, ignored) ? file : file.parent_path();
        report::move_paths(*results, folder.string(), file.is_absolute() ? "" : here);
        all.push_back(std::move(*results));
    }
    if (options.compare) {
        if (all.size() != 2) return refuse(io, "--compare takes two results files, the older one first");
        const auto comparison = report::compare(all[0], all[1]);
        io.out << report::render_comparison(comparison);
        return comparison.exit_code(gate.value_or(all[1].fail_on));
    }

    const bool one = all.size() == 1;
    auto merged = suite::merge(std::move(all));
    if (!merged) return refuse(io, merged.error().text());
    Results results = std::move(*merged);
    if (gate) results.fail_on = *gate;
    // One file keeps its verdict, so that a run that broke off says so for ever; the rest is judged anew.
    if (!one || gate) {
        const int before = results.exit_code;
        suite::conclude(results);
        if (one && (before == kUsage || before == kInternalError)) results.exit_code = before;
    }
    if (!options.check.empty()) return report_check(options, results, io);

    int code = results.exit_code;
    if (!files.empty()) {
        if (const auto done = report::write_reports(results, files, here); !done)
            return refuse(io, done.error().text(), kInternalError);
    }
    if (format && *format != report::ReportFormat::kText) {
        io.out << report::render(results, *format);
    } else if (format || files.empty()) {
        report::TerminalStyle style;
        style.colour = wants_colour(options.colour, io);
        style.width = io.width;
        style.verbose = options.verbose;
        style.program = program_name();
        io.out << report::render_terminal(results, style);
    }
    return code;
}

}  // namespace

void add_report(CLI::App& app, Io& io, int& exit_code) {
    auto* sub = app.add_subcommand("report", "Render, merge and compare results files; look up one check");
    auto options = std::make_shared<Options>();
    sub->add_option("results", options->files, "results.json, or the folder that holds it; several are merged")
        ->required();
    sub->add_option("--format", options->format,
                    "Print as text, json, ndjson, html, junit, markdown, tap, sarif, github or badge (default: text)");
    sub->add_option("--report", options->reports, "FORMAT[=PATH]: write to a file, repeatable")
        ->allow_extra_args(false);
    sub->add_flag("--compare", options->compare, "OLD NEW: what broke, what is fixed; exit 1 on new failures");
    sub->add_option("--check", options->check, "Only this check; its verdict is the exit code");
    sub->add_option("--protobuf-message,--protobuf_message", options->message,
                    "With --check: 1.0 or 2.0 (default: both)");
    sub->add_flag("--skip-inconclusive", options->skip_inconclusive,
                  "With --check: 77 instead of 4 when the situation never arose");
    add_fail_on(*sub, options->fail_on)->default_str("that of the run");
    sub->add_flag("-v,--verbose", options->verbose, "Show every check");
    add_colour(*sub, options->colour);
    sub->footer(
        "Exit code: that of the run; with --check 0 right, 1 fail, 3 where --fail-on counts it, 4 inconclusive,\n"
        "77 not applicable, not selected or a known failure; with --compare 1 new failures, 4 less was judged.\n\n"
        "Examples:\n"
        "  prw report .prw/last                              the last run on the terminal\n"
        "  prw report .prw/last --format markdown            as text for a comment\n"
        "  prw report a/results.json b/results.json --report junit=all.xml --report html=all.html\n"
        "  prw report --compare main.json .prw/last\n"
        "  prw report .prw/last --check sender/labels/sorted --protobuf-message 2.0");
    sub->callback([options, &io, &exit_code] { exit_code = run_report(*options, io); });
}

}  // namespace prw::cli
