/// One results file in, every form of report out. docs/reports.md says what each form makes of each verdict.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "prw/base/error.h"
#include "prw/suite/results.h"

namespace prw::report {

enum class ReportFormat : std::uint8_t {
    kText,      ///< the terminal report without control codes
    kJson,      ///< results.json, docs/results.schema.json
    kHtml,      ///< one self-contained page
    kJunit,     ///< JUnit XML as Jenkins and GitLab read it
    kMarkdown,  ///< for $GITHUB_STEP_SUMMARY and comments, at most 900 kB
    kTap,       ///< Test Anything Protocol 13
    kSarif,     ///< SARIF 2.1.0
    kBadge,     ///< JSON of a shields.io endpoint
    kNdjson,    ///< a line of JSON for each check, and one for the run
    kGithub,    ///< workflow commands of GitHub Actions: annotations
};
inline constexpr int kReportFormats = 10;
[[nodiscard]] std::string_view name_of(ReportFormat format);       ///< "text", "json", "html", "junit", …
[[nodiscard]] std::string_view file_name_of(ReportFormat format);  ///< "results.json", "junit.xml", "summary.md", …
/// kInvalidArgument with the nearest known word.
[[nodiscard]] Result<ReportFormat> parse_report_format(std::string_view word);

[[nodiscard]] std::string render(const suite::Results& results, ReportFormat format);
/// Pretty-printed, in a stable order of keys. JSON Schema: docs/results.schema.json.
[[nodiscard]] std::string to_json(const suite::Results& results);
[[nodiscard]] Result<suite::Results> results_from_json(std::string_view json);
[[nodiscard]] std::string render_html(const suite::Results& results);  ///< one self-contained file
struct TerminalStyle {
    bool colour = false;
    int width = 80;
    bool verbose = false;         ///< every check, not only those that are not passed
    std::string report;           ///< path of the HTML report, named in the last lines; empty: not named
    std::string folder;           ///< that paths in the results are relative to; empty: the current one
    std::string next;             ///< a command to try next, e.g. the same with one's own sender; empty: not said
    std::string next_note;        ///< why, or what it takes
    std::string program = "prw";  ///< how prw is called from here
};
[[nodiscard]] std::string render_terminal(const suite::Results& results, const TerminalStyle& style);
[[nodiscard]] std::string render_junit(const suite::Results& results);
[[nodiscard]] std::string render_markdown(const suite::Results& results);
[[nodiscard]] std::string render_tap(const suite::Results& results);
[[nodiscard]] std::string render_sarif(const suite::Results& results);
[[nodiscard]] std::string render_badge(const suite::Results& results);
[[nodiscard]] std::string render_ndjson(const suite::Results& results);
[[nodiscard]] std::string render_github(const suite::Results& results);

/// "fail (expected)": the verdict as words, with what a bare one would hide.
[[nodiscard]] std::string describe(const suite::CheckOutcome& check);
/// Clause, want, got, findings, expectation and what to do next, as the terminal report shows them.
[[nodiscard]] std::string details(const suite::CheckOutcome& check, const TerminalStyle& style = {});

struct ReportFile {
    ReportFormat format = ReportFormat::kJson;
    std::string path;
};
/// "FORMAT" or "FORMAT=PATH"; without a path it is the format's file name under `dir`. kInvalidArgument otherwise.
[[nodiscard]] Result<ReportFile> parse_report_file(std::string_view text, const std::string& dir);
/// results.json, junit.xml and report.html in `dir`.
[[nodiscard]] std::vector<ReportFile> default_reports(const std::string& dir);
/// Each by temporary file and rename, folders made as needed; goes on after one that cannot be written, and returns the
/// first error (kIo with path). `folder` is what paths in the results are relative to; in each file they are relative
/// to that.
[[nodiscard]] Result<void> write_reports(const suite::Results& results, const std::vector<ReportFile>& files,
                                         const std::string& folder);
/// Writes DIR/results.json, DIR/junit.xml and DIR/report.html, each by temporary file and rename; goes on after one
/// that cannot be written. kIo with the path of the first.
[[nodiscard]] Result<void> write_reports(const suite::Results& results, const std::string& dir);
/// Paths of captures and logs, so far relative to the folder `from`, made relative to `to`; absolute where that is
/// empty.
void move_paths(suite::Results& results, const std::string& from, const std::string& to);
/// Appends the Markdown report: $GITHUB_STEP_SUMMARY is shared with other steps.
[[nodiscard]] Result<void> append_markdown(const suite::Results& results, const std::string& path);

/// kIo, or kMalformed with the path and what is wrong.
[[nodiscard]] Result<suite::Results> read_results(const std::string& path);

/// What is different between two results of one kind.
struct Comparison {
    struct Row {
        std::string id;
        proto::ProtobufMessage message = proto::ProtobufMessage::kV1;
        std::string before, after;  ///< verdicts as words; empty: not there
        std::string reason;         ///< why, in the new results
    };
    std::vector<Row> broken;         ///< fails now, and did not: a regression
    std::vector<Row> fixed;          ///< failed, and is right now
    std::vector<Row> still_failing;  ///< fails in both
    std::vector<Row> warnings;       ///< warns now, and was right
    std::vector<Row> cleared;        ///< warned, and is right now
    std::vector<Row> unjudged;       ///< was judged, and is inconclusive, broken or missing now
    std::vector<Row> added;          ///< in the new results only, and not failing
    bool incomplete = false;         ///< the new run was
    /// 1 regressions · 3 new warnings, where `fail_on` counts them · 4 less was judged than before · 0.
    [[nodiscard]] int exit_code(suite::FailOn fail_on) const;
};
[[nodiscard]] Comparison compare(const suite::Results& before, const suite::Results& after);
[[nodiscard]] std::string render_comparison(const Comparison& comparison);

}  // namespace prw::report
