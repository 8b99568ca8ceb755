/// One results file in, every form of report out. docs/reports.md says what each form makes of each verdict.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "prw/base/error.h"
#include "prw/conformance/results.h"

namespace prw::conformance {

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

[[nodiscard]] std::string render(const Results& results, ReportFormat format);
[[nodiscard]] std::string render_junit(const Results& results);
[[nodiscard]] std::string render_markdown(const Results& results);
[[nodiscard]] std::string render_tap(const Results& results);
[[nodiscard]] std::string render_sarif(const Results& results);
[[nodiscard]] std::string render_badge(const Results& results);
[[nodiscard]] std::string render_ndjson(const Results& results);
[[nodiscard]] std::string render_github(const Results& results);

/// "fail (expected)": the verdict as words, with what a bare one would hide.
[[nodiscard]] std::string describe(const CheckOutcome& check);
/// Clause, want, got, findings, expectation and what to do next, as the terminal report shows them.
[[nodiscard]] std::string details(const CheckOutcome& check, const TerminalStyle& style = {});

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
[[nodiscard]] Result<void> write_reports(const Results& results, const std::vector<ReportFile>& files,
                                         const std::string& folder);
/// Paths of captures and logs, so far relative to the folder `from`, made relative to `to`; absolute where that is
/// empty.
void move_paths(Results& results, const std::string& from, const std::string& to);
/// Appends the Markdown report: $GITHUB_STEP_SUMMARY is shared with other steps.
[[nodiscard]] Result<void> append_markdown(const Results& results, const std::string& path);

/// kIo, or kMalformed with the path and what is wrong.
[[nodiscard]] Result<Results> read_results(const std::string& path);

/// One results from several runs of one target: the union of the checks; of one that was judged several times the worse
/// verdict stands, evidence before none (fail, error, warn, pass, info, inconclusive, not-applicable), and `runs` keeps
/// all of them where they differ. kInvalidArgument when targets differ or there is nothing to merge. Not concluded.
[[nodiscard]] Result<Results> merge(std::vector<Results> parts);

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
    [[nodiscard]] int exit_code(FailOn fail_on) const;
};
[[nodiscard]] Comparison compare(const Results& before, const Results& after);
[[nodiscard]] std::string render_comparison(const Comparison& comparison);

}  // namespace prw::conformance
