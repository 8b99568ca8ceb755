#include <algorithm>
#include <filesystem>

#include "escape.h"
#include "prw/base/text.h"
#include "prw/report/console.h"
#include "prw/report/reports.h"
#include "prw/rules/text.h"
#include "prw/suite/command_text.h"
#include "view.h"

namespace prw::report {

namespace {

constexpr int kWidest = 120;
constexpr std::size_t kScreen = 24;  ///< lines of the smallest terminal in use

Tone tone_of(suite::Verdict verdict) {
    switch (verdict) {
        case suite::Verdict::kPass:
            return Tone::kGood;
        case suite::Verdict::kWarn:
            return Tone::kCaution;
        case suite::Verdict::kFail:
        case suite::Verdict::kError:
            return Tone::kBad;
        default:
            return Tone::kQuiet;
    }
}

std::string clause_text(const suite::CheckOutcome& check) {
    std::string out;
    for (const auto& id : check.clauses) {
        const auto* clause = proto::find_clause(id);
        if (clause == nullptr) continue;
        if (!out.empty()) out += '\n';
        out += std::string(clause->id) + ": " + std::string(clause->summary) + "\n" + std::string(clause->url);
        break;  // the first one is the one judged; `prw explain` has the rest
    }
    return out;
}

/// Paths in results are relative to their folder; on the terminal they have to work from here.
std::string from_here(const std::string& path, const TerminalStyle& style) {
    return style.folder.empty() || path.empty()
               ? path
               : (std::filesystem::path(style.folder) / path).lexically_normal().string();
}

/// "prw explain ID", as it can be typed here.
std::string typed(const std::string& command, const TerminalStyle& style) {
    return command.starts_with("prw ") ? style.program + command.substr(3) : command;
}

void expectation(Console& out, const suite::CheckOutcome& check) {
    if (!check.expectation) return;
    const auto& note = *check.expectation;
    out.field("known", expectation_text(note));
    out.field("entry", note.problem.empty() ? note.origin : note.origin + ": " + note.problem);
    out.field("edit", note.edit);
}

void detail(Console& out, const suite::CheckOutcome& check, const TerminalStyle& style) {
    out.field("clause", clause_text(check));
    out.field("want", check.want);
    out.field("got", got_of(check));
    out.field("why", softened_text(check));
    if (!check.findings.empty()) {
        const auto& f = check.findings.front();
        if (check.got.empty() || f.message != check.got) out.field("finding", f.message);
        out.fields(f);
    }
    out.field("seen", evidence_text(check));
    if (!check.runs.empty()) out.field("flaky", runs_text(check));
    expectation(out, check);
    out.command("next", typed("prw explain " + check.id, style));
    if (!check.capsule.empty())
        out.command("", typed("prw inspect " + base::shell_word(from_here(check.capsule, style)), style));
}

bool detailed(suite::Verdict v) { return v == suite::Verdict::kFail || v == suite::Verdict::kWarn; }

void check_line(Console& out, const suite::CheckOutcome& check) {
    std::string tail = std::string(proto::short_name(check.message)) + "  " +
                       std::string(rules::level_word(check.level, check.extension)) + "  " + verdict_text(check);
    out.spread(std::string("  ") + mark_of(check.verdict) + " " + check.id, tail, tone_of(check.verdict));
}

std::size_t lines_of(std::string_view text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

void header(Console& out, const suite::Results& results) {
    std::vector<std::string> title = {one_line(results.target.name)};
    if (!results.target.user_agent.empty() && results.target.user_agent != results.target.name)
        title.push_back(one_line(results.target.user_agent));
    const std::string command = "prw test " + results.role + "   ";
    out.words(command, Tone::kPlain, title, command.size(), 3);
    std::uint64_t requests = 0;
    std::uint64_t samples = 0;
    for (const auto& scenario : results.scenarios) {
        requests += scenario.requests;
        samples += scenario.samples;
    }
    out.words({}, Tone::kPlain,
              {specifications(results), count_text(scenario_count(results), "scenario"),
               count_text(results.checks.size(), "check"),
               count_text(requests, "request") + ", " + count_text(samples, "sample")},
              0, 3);
    if (const auto note = message_note(results); !note.empty()) out.paragraph({}, note, 0);
    if (!results.target.without.empty()) out.paragraph({}, not_offered_text(results), 0);
    if (!results.problem.empty()) {
        out.line();
        out.field("problem", results.problem);
    }
}

/// Never counts against the target, and is not lost among what does.
void observed(Console& out, const suite::Results& results) {
    bool any = false;
    for (const auto& check : results.checks) {
        if (check.verdict != suite::Verdict::kInfo || check.expectation || !check.runs.empty()) continue;
        if (!any) {
            out.line();
            out.line("Observed");
        }
        any = true;
        check_line(out, check);
        out.field("", check.reason);
    }
}

/// What could not be judged, by reason: a check that never had its situation is no pass.
void unjudged(Console& out, const suite::Results& results) {
    constexpr std::size_t kReasons = 12;  // --verbose has all
    const auto reasons = unjudged_reasons(results);
    if (reasons.empty()) return;
    std::size_t all = 0, told = 0;
    for (const auto& each : reasons) all += each.checks.size();
    out.line();
    out.line("Could not be judged (" + std::to_string(all) + ")");
    for (std::size_t i = 0; i < std::min(reasons.size(), kReasons); ++i) {
        const auto& checks = reasons[i].checks;
        told += checks.size();
        const auto number = std::to_string(checks.size());
        const auto first = checks.front()->id.substr(checks.front()->id.find('/') + 1);
        out.paragraph(std::string("  ") + mark_of(suite::Verdict::kInconclusive) +
                          std::string(4 - std::min<std::size_t>(3, number.size()), ' ') + number,
                      one_line(reasons[i].reason) + " (" + first + (checks.size() > 1 ? ", …" : "") + ")", 9);
    }
    if (reasons.size() > kReasons)
        out.paragraph("         ",
                      count_text(all - told, "more check") + " for " +
                          count_text(reasons.size() - kReasons, "further reason") + ": --verbose, or the report",
                      9);
}

/// A target that breaks in the same way in each scenario is told of once.
void broken_scenarios(Console& out, const suite::Results& results, const TerminalStyle& style) {
    for (const auto& trouble : troubles(results)) {
        out.line();
        const auto where = trouble.where();
        const auto colon = trouble.scenarios.size() == 1 ? std::string::npos : where.find(':');
        out.line(
            out.paint(std::string("  ") + mark_of(suite::Verdict::kError) + " " + where.substr(0, colon), Tone::kBad));
        if (colon != std::string::npos) out.field("where", where.substr(colon + 2));
        out.field("problem", trouble.problem);
        out.field("seen", trouble.detail);
        out.field("log", from_here(trouble.scenarios.front()->target_log, style));
    }
}

/// By subject: what is not right in full, known failures and flaky ones in short; with --verbose everything.
void checks(Console& out, const suite::Results& results, const TerminalStyle& style) {
    for (const auto& group : groups(results)) {
        const auto shown = std::any_of(group.checks.begin(), group.checks.end(), [&](const auto* c) {
            return style.verbose || detailed(c->verdict) || c->expectation || !c->runs.empty();
        });
        if (!shown) continue;
        std::size_t judged = 0;
        std::size_t right = 0;
        for (const auto* check : group.checks) {
            judged +=
                check->verdict != suite::Verdict::kNotApplicable && check->verdict != suite::Verdict::kInconclusive
                    ? 1U
                    : 0U;
            right += check->verdict == suite::Verdict::kPass || check->verdict == suite::Verdict::kInfo ? 1U : 0U;
        }
        out.line();
        const std::string tally = std::to_string(right) + " of " + std::to_string(judged) + " judged are right";
        out.spread(title_of(group.name), tally);
        for (const auto* check : group.checks) {
            if (detailed(check->verdict) && (!check->excused() || style.verbose)) {
                check_line(out, *check);
                detail(out, *check, style);
            } else if (check->expectation || !check->runs.empty()) {
                check_line(out, *check);
                out.field(check->excused() ? "got" : "", got_of(*check));
                if (!check->runs.empty()) out.field("flaky", runs_text(*check));
                expectation(out, *check);
            } else if (style.verbose) {  // errors are told by their scenario
                check_line(out, *check);
                if (check->verdict != suite::Verdict::kPass) out.field("", check->reason);
            }
        }
    }
}

/// What scrolled away is named once more, so that the last screen says all that matters: at most `room` lines.
void heads(Console& out, const suite::Results& results, std::size_t room) {
    std::vector<const suite::CheckOutcome*> problems;
    for (const auto verdict : {suite::Verdict::kFail, suite::Verdict::kWarn})
        for (const auto& check : results.checks)
            if (check.verdict == verdict && !check.excused()) problems.push_back(&check);
    for (const auto& check : results.checks)
        if (check.expectation && !check.expectation->problem.empty() && !detailed(check.verdict))
            problems.push_back(&check);
    if (problems.empty()) return;
    out.line();
    out.line("Not right (details above)");
    const auto shown = problems.size() <= room ? problems.size() : room - 1;
    for (std::size_t i = 0; i < shown; ++i) check_line(out, *problems[i]);
    if (shown < problems.size()) out.line("  … and " + std::to_string(problems.size() - shown) + " more");
}

/// Summary, what to type, verdict.
void ending(Console& out, const suite::Results& results, const TerminalStyle& style) {
    const auto counts = count(results);
    out.line();
    std::vector<std::string> summary;
    for (const auto verdict :
         {suite::Verdict::kPass, suite::Verdict::kFail, suite::Verdict::kWarn, suite::Verdict::kInfo,
          suite::Verdict::kInconclusive, suite::Verdict::kNotApplicable, suite::Verdict::kError}) {
        if (counts[verdict] == 0 && verdict != suite::Verdict::kPass && verdict != suite::Verdict::kFail) continue;
        summary.push_back(std::string(name_of(verdict)) + " " + std::to_string(counts[verdict]));
    }
    if (counts.expected != 0) summary.push_back("expected " + std::to_string(counts.expected));
    out.words("Summary   ", Tone::kPlain, summary, 10, 3);
    if (!results.complete)
        out.paragraph("INCOMPLETE   ",
                      one_line(results.problem.empty() ? "the run was broken off" : results.problem) +
                          "; what is missing here was not judged",
                      10);
    if (is_part(results)) {
        const auto why = because_text(results);
        out.paragraph("tested    ", one_line(share_text(results) + (why.empty() ? "" : " (" + why + ")")), 10);
        if (const auto rest = left_out_text(results, 0); !rest.empty()) out.paragraph("left out  ", rest, 10);
    }
    if (!style.report.empty()) out.line("report    " + style.report);
    if (!results.rerun.empty()) out.line("failing   " + one_line(typed(results.rerun, style)));
    if (!results.command_line.empty()) out.line("again     " + one_line(typed(results.command_line, style)));
    if (!results.learn_more.empty()) out.line("explain   " + typed(results.learn_more, style));
    if (!style.next.empty()) out.line("next      " + one_line(typed(style.next, style)));
    if (!style.next_note.empty()) out.paragraph({}, style.next_note, 10);
    const std::string lead = upper(name_of(results.verdict)) + "   ";
    auto words = split(one_line(results.target.name) + " " + sentence(results));
    words.push_back("  " + duration_text(results.duration_ms));
    words.push_back("  exit " + std::to_string(results.exit_code));
    out.words(lead, tone_of(results.verdict), words, lead.size());
}

}  // namespace

std::string describe(const suite::CheckOutcome& check) { return verdict_text(check); }

std::string details(const suite::CheckOutcome& check, const TerminalStyle& style) {
    Console out(style, kWidest);
    detail(out, check, style);
    return out.take();
}

std::string render_terminal(const suite::Results& results, const TerminalStyle& style) {
    Console out(style, kWidest), middle(style, kWidest), tail(style, kWidest);
    header(out, results);
    if (!style.verbose) {
        observed(out, results);
        unjudged(out, results);
    }
    broken_scenarios(out, results, style);
    checks(middle, results, style);
    ending(tail, results, style);
    const auto details = middle.take(), last = tail.take();
    // The prompt takes a line of the screen, the list of heads a blank one and its title.
    constexpr std::size_t kFewest = 4;
    if (lines_of(details) + lines_of(last) >= kScreen) {
        const auto used = lines_of(last) + 3;
        heads(middle, results, used + kFewest < kScreen ? kScreen - used : kFewest);
    }
    return out.take() + details + middle.take() + last;
}

}  // namespace prw::report
