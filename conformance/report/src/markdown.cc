/// Markdown as GitHub shows it: verdict, tally, failures with evidence, the whole matrix folded away.
#include <algorithm>

#include "escape.h"
#include "prw/report/reports.h"
#include "prw/rules/text.h"
#include "view.h"

namespace prw::report {

namespace {

constexpr std::size_t kDetailed = 25;          ///< failures told in full; all are in the matrix
constexpr std::size_t kMaxBytes = 900 * 1000;  ///< a step summary holds 1 MiB, shared with the step's other output

std::string code(std::string_view text) { return "<code>" + escape_markdown(text) + "</code>"; }

void row(std::string& out, std::string_view key, const std::string& value) {
    if (!value.empty()) out += "| " + std::string(key) + " | " + value + " |\n";
}

void detail(std::string& out, const suite::CheckOutcome& check) {
    out += "### " + std::string(name_of(check.verdict)) + ": " + code(check.id) + " (" +
           std::string(proto::short_name(check.message)) + ", " + level_text(check) + ")\n\n| | |\n|---|---|\n";
    if (!check.clauses.empty()) {
        if (const auto* clause = proto::find_clause(check.clauses.front()))
            row(out, "clause",
                escape_markdown(clause->summary) + " [" + escape_markdown(clause->id) + "](" +
                    std::string(clause->url) + ")");
    }
    row(out, "wanted", escape_markdown(check.want));
    row(out, "got", escape_markdown(cut(got_of(check), 2000)));
    row(out, "why", escape_markdown(softened_text(check)));
    if (!check.runs.empty()) row(out, "flaky", escape_markdown(runs_text(check)));
    if (!check.findings.empty()) {
        const auto& finding = check.findings.front();
        if (finding.message != check.got) row(out, "finding", escape_markdown(cut(finding.message, 2000)));
        row(out, "series", finding.series.empty() ? "" : code(cut(finding.series, 1000)));
        row(out, "place", escape_markdown(rules::place_text(finding)));
        row(out, "fix", escape_markdown(finding.fix));
    }
    row(out, "seen in", escape_markdown(evidence_text(check)));
    if (check.expectation) {
        row(out, "expectation",
            escape_markdown(check.expectation->problem.empty() ? "known: " + expectation_text(*check.expectation)
                                                               : check.expectation->problem));
        row(out, "edit", escape_markdown(check.expectation->edit));
    }
    row(out, "learn more", code("prw explain " + check.id));
    out += "\n";
    if (!check.findings.empty() && !check.findings.front().evidence.empty()) {
        // Indented, not fenced: nothing in it can end the block.
        std::string text = clean(cut(check.findings.front().evidence, 4000));
        out += "    ";
        for (const char c : text) out += c == '\n' ? std::string("\n    ") : std::string(1, c);
        out += "\n\n";
    }
}

void matrix(std::string& out, const suite::Results& results) {
    const auto messages = messages_of(results);
    out += "<details><summary>All checks</summary>\n\n| check | level |";
    for (const auto message : messages) out += " " + std::string(proto::short_name(message)) + " |";
    out += "\n|---|---|";
    for (std::size_t i = 0; i < messages.size(); ++i) out += "---|";
    out += "\n";
    for (const auto& group : groups(results)) {
        std::vector<std::string> done;
        for (const auto* check : group.checks) {
            if (std::find(done.begin(), done.end(), check->id) != done.end()) continue;
            done.push_back(check->id);
            out += "| " + code(check->id) + " | " + std::string(rules::level_word(check->level, check->extension));
            for (const auto message : messages) {
                out += " | ";
                bool any = false;
                for (const auto* other : group.checks) {
                    if (other->id != check->id || other->message != message) continue;
                    out += (any ? ", " : "") + verdict_text(*other);
                    any = true;
                }
                if (!any) out += "–";
            }
            out += " |\n";
        }
    }
    out += "\n</details>\n";
}

}  // namespace

std::string render_markdown(const suite::Results& results) {
    std::string out = "## Remote Write " + results.role + ": " + escape_markdown(results.target.name) + "\n\n**" +
                      upper(name_of(results.verdict)) + "** " + escape_markdown(sentence(results)) + "\n\n";
    if (const auto gap = run_gap(results); !gap.empty())
        out += "> **Incomplete.** " + escape_markdown(gap) + ". What is missing here was not judged.\n\n";
    if (is_part(results))
        out += "> **In part.** Tested: " + escape_markdown(share_text(results)) +
               (because_text(results).empty() ? "" : " (" + code(because_text(results)) + ")") +
               (results.coverage->checks.empty() ? "" : ". Not tested: " + escape_markdown(left_out_text(results, 0))) +
               ".\n\n";
    if (const auto note = message_note(results); !note.empty()) out += escape_markdown(note) + "\n\n";
    const auto counts = count(results);
    std::string head = "|", line = "|", cells = "|";
    for (const auto verdict :
         {suite::Verdict::kFail, suite::Verdict::kWarn, suite::Verdict::kPass, suite::Verdict::kInfo,
          suite::Verdict::kInconclusive, suite::Verdict::kNotApplicable, suite::Verdict::kError}) {
        head += " " + std::string(name_of(verdict)) + " |";
        line += "---|";
        cells += " " + std::to_string(counts[verdict]) + " |";
    }
    if (counts.expected != 0) {
        head += " expected failures |";
        line += "---|";
        cells += " " + std::to_string(counts.expected) + " |";
    }
    out += head + "\n" + line + "\n" + cells + "\n\n";

    std::size_t told = 0, left = 0;
    for (const bool excused : {false, true}) {
        for (const auto verdict :
             {suite::Verdict::kFail, suite::Verdict::kError, suite::Verdict::kWarn, suite::Verdict::kPass,
              suite::Verdict::kInfo, suite::Verdict::kInconclusive, suite::Verdict::kNotApplicable}) {
            for (const auto& check : results.checks) {
                const bool shown = is_problem(verdict) || (check.expectation && !check.expectation->problem.empty());
                if (check.verdict != verdict || check.excused() != excused || !shown) continue;
                if (told >= kDetailed || out.size() > kMaxBytes / 2) {
                    ++left;
                    continue;
                }
                ++told;
                detail(out, check);
            }
        }
    }
    if (left != 0) out += "… and " + std::to_string(left) + " more, in the matrix below and in report.html.\n\n";
    std::string table;
    matrix(table, results);
    if (out.size() + table.size() < kMaxBytes)
        out += table;
    else
        out += "The matrix of all checks is too large for this page; report.html has it.\n";
    out += "\n";
    if (!results.rerun.empty()) out += "Run again what failed: " + code(results.rerun) + "\n\n";
    if (!results.command_line.empty()) out += "Run it again: " + code(results.command_line) + "\n\n";
    out += "prw " + escape_markdown(results.tool_version) + ", exit code " + std::to_string(results.exit_code) + "\n";
    return out;
}

}  // namespace prw::report
