#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "prw/base/nearest.h"
#include "prw/base/text.h"
#include "prw/report/reports.h"

namespace prw::report {

namespace {

struct Format {
    std::string_view name, file;
    std::string (*render)(const suite::Results&);
};
std::string as_text(const suite::Results& results) { return render_terminal(results, {.verbose = true}); }
constexpr std::array<Format, kReportFormats> kFormats = {{{"text", "report.txt", as_text},
                                                          {"json", "results.json", to_json},
                                                          {"html", "report.html", render_html},
                                                          {"junit", "junit.xml", render_junit},
                                                          {"markdown", "summary.md", render_markdown},
                                                          {"tap", "results.tap", render_tap},
                                                          {"sarif", "results.sarif", render_sarif},
                                                          {"badge", "badge.json", render_badge},
                                                          {"ndjson", "results.ndjson", render_ndjson},
                                                          {"github", "annotations.txt", render_github}}};
const Format& row(ReportFormat format) { return kFormats.at(static_cast<std::size_t>(format)); }

}  // namespace

std::string_view name_of(ReportFormat format) { return row(format).name; }
std::string_view file_name_of(ReportFormat format) { return row(format).file; }
std::string render(const suite::Results& results, ReportFormat format) { return row(format).render(results); }

Result<ReportFormat> parse_report_format(std::string_view word) {
    std::vector<std::string> known;
    for (const auto& format : kFormats) known.emplace_back(format.name);
    const auto found = std::find(known.begin(), known.end(), word);
    if (found != known.end()) return static_cast<ReportFormat>(found - known.begin());
    return fail(ErrorCode::kInvalidArgument, "unknown report format \"" + std::string(word) + "\"" +
                                                 base::did_you_mean(word, known, base::Quotes::kDouble, ";") +
                                                 " known: " + base::joined(known));
}

Result<ReportFile> parse_report_file(std::string_view text, const std::string& dir) {
    const auto equals = text.find('=');
    const auto format = parse_report_format(text.substr(0, equals));
    if (!format) return tl::unexpected<Error>(format.error());
    ReportFile out{*format, {}};
    if (equals == std::string_view::npos) {
        out.path = (std::filesystem::path(dir) / file_name_of(*format)).string();
    } else {
        out.path = text.substr(equals + 1);
        if (out.path.empty()) return fail(ErrorCode::kInvalidArgument, "no path after \"" + std::string(text) + "\"");
        if (out.path == "-")
            return fail(ErrorCode::kInvalidArgument, "reports go to files; prw report FILE --format " +
                                                         std::string(name_of(*format)) + " prints one");
    }
    return out;
}

std::vector<ReportFile> default_reports(const std::string& dir) {
    std::vector<ReportFile> out;
    for (const auto format : {ReportFormat::kJson, ReportFormat::kJunit, ReportFormat::kHtml})
        out.push_back({format, (std::filesystem::path(dir) / file_name_of(format)).string()});
    return out;
}

Result<suite::Results> read_results(const std::string& path) {
    std::error_code error;
    if (std::filesystem::is_directory(path, error)) {
        const auto inside = std::filesystem::path(path) / file_name_of(ReportFormat::kJson);
        if (std::filesystem::exists(inside, error)) return read_results(inside.string());
        return fail(ErrorCode::kIo, "holds no results.json", path);
    }
    std::ifstream file(path, std::ios::binary);
    if (!file) return fail(ErrorCode::kIo, "cannot read the results", path);
    std::ostringstream text;
    text << file.rdbuf();
    auto results = results_from_json(text.str());
    if (!results) {
        Error cause = results.error();
        cause.where = path;
        return tl::unexpected<Error>(std::move(cause));
    }
    return results;
}

}  // namespace prw::report
