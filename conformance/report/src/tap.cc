/// Test Anything Protocol, version 13: one line a check and message, diagnostics as YAML.
#include "escape.h"
#include "prw/base/text.h"
#include "prw/report/reports.h"
#include "view.h"

namespace prw::report {

namespace {

/// In a description or directive: one line, with `#` and `\` escaped.
std::string tap(std::string_view text) {
    std::string out;
    for (const char c : one_line(text)) {
        if (c == '#' || c == '\\') out += '\\';
        out += c;
    }
    return out;
}

void diagnostics(std::string& out, const suite::CheckOutcome& check) {
    const auto add = [&out](std::string_view key, std::string_view value) {
        if (!value.empty()) out += "  " + std::string(key) + ": " + base::yaml_quoted(clean(value)) + "\n";
    };
    out += "  ---\n";
    add("level", level_text(check));
    add("verdict", name_of(check.verdict));
    if (!check.clauses.empty()) {
        add("clause", check.clauses.front());
        if (const auto* clause = proto::find_clause(check.clauses.front())) {
            add("says", clause->summary);
            add("link", clause->url);
        }
    }
    add("want", check.want);
    add("got", got_of(check));
    if (!check.findings.empty()) {
        add("finding", check.findings.front().message);
        add("series", check.findings.front().series);
        add("field", check.findings.front().field);
        add("fix", check.findings.front().fix);
    }
    if (!check.runs.empty()) add("runs", runs_text(check));
    if (check.expectation) {
        add("expectation", check.expectation->problem);
        add("edit", check.expectation->edit);
    }
    add("capture", check.capsule);
    out += "  ...\n";
}

}  // namespace

std::string render_tap(const suite::Results& results) {
    const auto gap = run_gap(results);
    std::string out = "TAP version 13\n1.." + std::to_string(results.checks.size()) + "\n";
    out += "# " + tap("prw " + results.tool_version + ": " + results.role + " " + results.target.name) + "\n";
    if (const auto part = part_text(results); !part.empty()) out += "# " + tap(part) + "\n";
    std::size_t number = 0;
    for (const auto& check : results.checks) {
        const int code = suite::exit_code_of(check, results.fail_on);
        const bool broken_entry =
            check.expectation && !check.expectation->problem.empty() && results.fail_on != suite::FailOn::kNone;
        const bool ok = !(code == 1 || code == 3 || check.verdict == suite::Verdict::kError || check.excused());
        out += std::string(ok ? "ok " : "not ok ") + std::to_string(++number) + " - " + tap(check.id) + " " +
               std::string(proto::short_name(check.message));
        if (broken_entry) {
            // Neither skipped nor to do: the list of known failures has to be edited.
        } else if (check.excused()) {
            out += " # TODO expected: " + tap(expectation_text(*check.expectation));
        } else if (check.verdict == suite::Verdict::kNotApplicable || check.verdict == suite::Verdict::kInconclusive) {
            out += " # SKIP " + std::string(name_of(check.verdict)) + ": " + tap(check.reason);
        }
        out += "\n";
        if (!ok) {
            diagnostics(out, check);
        } else if (check.verdict == suite::Verdict::kWarn) {
            out += "# " + std::string(check.extension ? "practice" : proto::name_of(check.level)) +
                   " missed: " + tap(got_of(check)) + "\n";
        }
    }
    if (!gap.empty()) out += "Bail out! " + tap(gap) + "\n";
    return out;
}

}  // namespace prw::report
