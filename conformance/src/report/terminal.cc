#include <algorithm>
#include <filesystem>

#include "console.h"
#include "escape.h"
#include "prw/conformance/reports.h"
#include "prw/conformance/runner.h"
#include "view.h"

namespace prw::conformance {

using namespace report;

namespace {

constexpr int kWidest = 120;

Tone tone_of(Verdict verdict) {
    switch (verdict) {
        case Verdict::kPass:
            return Tone::kGood;
        case Verdict::kWarn:
            return Tone::kCaution;
        case Verdict::kFail:
        case Verdict::kError:
            return Tone::kBad;
        default:
            return Tone::kQuiet;
    }
}

std::string clause_text(const CheckOutcome& check) {
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

void expectation(Console& out, const CheckOutcome& check) {
    if (!check.expectation) return;
    const auto& note = *check.expectation;
    out.field("known", expectation_text(note));
    out.field("entry", note.problem.empty() ? note.origin : note.origin + ": " + note.problem);
    out.field("edit", note.edit);
}

void detail(Console& out, const CheckOutcome& check, const TerminalStyle& style) {
    out.field("clause", clause_text(check));
    out.field("want", check.want);
    out.field("got", check.got.empty() ? check.reason : check.got);
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
        out.command("", typed("prw inspect " + shell_word(from_here(check.capsule, style)), style));
}

bool detailed(Verdict v) { return v == Verdict::kFail || v == Verdict::kWarn; }

void check_line(Console& out, const CheckOutcome& check) {
    std::string tail = std::string(proto::short_name(check.message)) + "  " +
                       std::string(check.extension ? "practice" : proto::name_of(check.level)) + "  " +
                       verdict_text(check);
    out.spread(std::string("  ") + mark_of(check.verdict) + " " + check.id, tail, tone_of(check.verdict));
}

/// What could not be judged, by reason: a check that never had its situation is no pass.
void unjudged(Console& out, const Results& results) {
    constexpr std::size_t kReasons = 12;  // --verbose has all
    std::vector<std::pair<std::string, std::vector<const CheckOutcome*>>> reasons;
    for (const auto& check : results.checks) {
        if (check.verdict != Verdict::kInconclusive) continue;
        auto at = std::find_if(reasons.begin(), reasons.end(), [&](const auto& r) { return r.first == check.reason; });
        if (at == reasons.end()) at = reasons.insert(reasons.end(), {check.reason, {}});
        at->second.push_back(&check);
    }
    if (reasons.empty()) return;
    out.line();
    out.line("Could not be judged");
    for (std::size_t i = 0; i < std::min(reasons.size(), kReasons); ++i) {
        const auto& checks = reasons[i].second;
        const auto more = checks.size() > 1 ? " and " + std::to_string(checks.size() - 1) + " more" : std::string();
        out.spread(std::string("  ") + mark_of(Verdict::kInconclusive) + " " + checks.front()->id + more,
                   more.empty() ? std::string(proto::short_name(checks.front()->message)) : std::string(),
                   tone_of(Verdict::kInconclusive));
        out.field("", reasons[i].first);
    }
    if (reasons.size() > kReasons)
        out.line("  " + std::to_string(reasons.size() - kReasons) + " further reasons: --verbose, or the report");
}

}  // namespace

std::string describe(const CheckOutcome& check) { return verdict_text(check); }

std::string details(const CheckOutcome& check, const TerminalStyle& style) {
    Console out(style, kWidest);
    detail(out, check, style);
    return out.take();
}

std::string render_terminal(const Results& results, const TerminalStyle& style) {
    Console out(style, kWidest);
    std::string title = "prw test " + results.role + "   " + results.target.name;
    if (!results.target.user_agent.empty() && results.target.user_agent != results.target.name)
        title += "   " + results.target.user_agent;
    out.line(one_line(title));
    std::uint64_t requests = 0;
    std::uint64_t samples = 0;
    for (const auto& scenario : results.scenarios) {
        requests += scenario.requests;
        samples += scenario.samples;
    }
    out.line(specifications(results) + "   " + plural(scenario_count(results), "scenario", "scenarios") + "   " +
             plural(results.checks.size(), "check", "checks") + "   " + plural(requests, "request", "requests") + ", " +
             plural(samples, "sample", "samples"));
    if (const auto note = message_note(results); !note.empty()) out.line(note);

    if (!results.target.without.empty()) out.field("", not_offered_text(results));

    if (!results.problem.empty()) {
        out.line();
        out.field("problem", results.problem);
    }
    for (const auto& trouble : troubles(results)) {
        out.line();
        const auto where = trouble.where();
        const auto colon = trouble.scenarios.size() == 1 ? std::string::npos : where.find(':');
        out.line(out.paint("  E " + where.substr(0, colon), Tone::kBad));
        if (colon != std::string::npos) out.field("where", where.substr(colon + 2));
        out.field("problem", trouble.problem);
        if (!trouble.detail.empty()) out.field("seen", trouble.detail);
        if (const auto& log = trouble.scenarios.front()->target_log; !log.empty())
            out.field("log", from_here(log, style));
    }

    for (const auto& group : groups(results)) {
        const auto shown = std::any_of(group.checks.begin(), group.checks.end(), [&](const auto* c) {
            return style.verbose || detailed(c->verdict) || c->verdict == Verdict::kInfo || c->expectation ||
                   !c->runs.empty();
        });
        if (!shown) continue;
        std::size_t judged = 0;
        std::size_t right = 0;
        for (const auto* check : group.checks) {
            judged += check->verdict != Verdict::kNotApplicable && check->verdict != Verdict::kInconclusive ? 1U : 0U;
            right += check->verdict == Verdict::kPass || check->verdict == Verdict::kInfo ? 1U : 0U;
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
            } else if (style.verbose || check->verdict == Verdict::kInfo) {  // errors are told by their scenario
                check_line(out, *check);
                if (check->verdict != Verdict::kPass) out.field("", check->reason);
            }
        }
    }

    if (!style.verbose) unjudged(out, results);

    const auto counts = count(results);
    out.line();
    std::string summary = "Summary   ";
    for (const auto verdict : {Verdict::kPass, Verdict::kFail, Verdict::kWarn, Verdict::kInfo, Verdict::kInconclusive,
                               Verdict::kNotApplicable, Verdict::kError}) {
        if (counts[verdict] == 0 && verdict != Verdict::kPass && verdict != Verdict::kFail) continue;
        summary += std::string(name_of(verdict)) + " " + std::to_string(counts[verdict]) + "   ";
    }
    if (counts.expected != 0) summary += "expected " + std::to_string(counts.expected) + "   ";
    out.line(summary.substr(0, summary.size() - 3));
    if (!results.complete)
        out.line("INCOMPLETE   " + one_line(results.problem.empty() ? "the run was broken off" : results.problem) +
                 "; what is missing here was not judged");
    const auto listed = [&out](std::string lead, const std::string& text) {
        std::vector<std::string> words;
        for (std::size_t at = 0, end = 0; end != std::string::npos; at = end + 1) {
            end = text.find(' ', at);
            words.push_back(text.substr(at, end == std::string::npos ? end : end - at));
        }
        out.words(std::move(lead), Tone::kPlain, words, 10);
    };
    if (is_part(results)) {
        const auto why = because_text(results);
        listed("tested    ", one_line(share_text(results) + (why.empty() ? "" : " (" + why + ")")));
        if (const auto rest = left_out_text(results, 0); !rest.empty()) listed("left out  ", rest);
    }
    if (!style.report.empty()) out.line("report    " + style.report);
    if (!results.rerun.empty()) out.line("failing   " + one_line(typed(results.rerun, style)));
    if (!results.command_line.empty()) out.line("again     " + one_line(typed(results.command_line, style)));
    if (!results.learn_more.empty()) out.line("explain   " + typed(results.learn_more, style));
    if (!style.next.empty()) out.line("next      " + one_line(typed(style.next, style)));
    if (!style.next_note.empty()) listed("          ", style.next_note);
    out.line(out.paint(upper(name_of(results.verdict)), tone_of(results.verdict)) + "   " +
             one_line(results.target.name) + " " + sentence(results) + "   " + duration_text(results.duration_ms) +
             "   exit " + std::to_string(results.exit_code));
    return out.take();
}

}  // namespace prw::conformance
