/// Workflow commands of GitHub Actions: printed in a step, each becomes an annotation.
/// https://docs.github.com/actions/using-workflows/workflow-commands-for-github-actions
#include "escape.h"
#include "prw/report/reports.h"
#include "view.h"

namespace prw::report {

namespace {

/// The runner takes a command to the end of its line, and undoes these. A property ends at `,`, its list at `:`.
std::string escaped(std::string_view text, bool property) {
    std::string out;
    for (const char c : clean(text)) {
        switch (c) {
            case '%':
                out += "%25";
                break;
            case '\r':
                out += "%0D";
                break;
            case '\n':
                out += "%0A";
                break;
            case ':':
                out += property ? "%3A" : ":";
                break;
            case ',':
                out += property ? "%2C" : ",";
                break;
            default:
                out += c;
        }
    }
    return out;
}

std::string command(std::string_view name, const suite::Results& results, const std::string& title,
                    const std::string& text) {
    constexpr std::size_t kLongest = 4000;
    std::string out = "::" + std::string(name) + " ";
    if (const auto place = place_of(results); !place.path.empty())
        out += "file=" + escaped(place.path, true) + ",line=" + std::to_string(place.line) + ",";
    return out + "title=" + escaped(title, true) + "::" + escaped(cut(text, kLongest), false) + "\n";
}

std::string text_of(const suite::CheckOutcome& check) {
    std::string out;
    if (!check.want.empty()) out = "wanted " + check.want + "; got ";
    out += got_of(check);
    if (!check.findings.empty() && !check.findings.front().fix.empty()) out += "\n" + check.findings.front().fix;
    return out + "\nprw explain " + check.id;
}

}  // namespace

std::string render_github(const suite::Results& results) {
    std::string out;
    const auto add = [&](const suite::CheckOutcome& check) {
        const auto title =
            "prw: " + check.id + " (" + std::string(proto::short_name(check.message)) + ", " + level_text(check) + ")";
        if (check.expectation && !check.expectation->problem.empty()) {
            out += command("error", results, title, check.expectation->problem + "\n" + check.expectation->edit);
        } else if (!check.excused() && is_problem(check.verdict)) {
            out +=
                command(check.verdict == suite::Verdict::kWarn ? "warning" : "error", results, title, text_of(check));
        }
    };
    // The runner shows ten of each kind: what is worse comes first.
    for (const auto verdict :
         {suite::Verdict::kFail, suite::Verdict::kError, suite::Verdict::kWarn, suite::Verdict::kPass,
          suite::Verdict::kInfo, suite::Verdict::kInconclusive, suite::Verdict::kNotApplicable})
        for (const auto& check : results.checks)
            if (check.verdict == verdict) add(check);
    const auto gap = run_gap(results);
    std::string verdict = upper(name_of(results.verdict)) + " " + results.target.name + " " + sentence(results);
    if (!gap.empty() && verdict.find(gap) == std::string::npos) verdict += ": " + gap;
    return out + command(gap.empty() ? "notice" : "error", results, "prw: Remote Write " + results.role, verdict);
}

}  // namespace prw::report
