#include <algorithm>
#include <array>
#include <map>

#include "prw/base/text.h"
#include "prw/base/units.h"
#include "prw/report/console.h"
#include "prw/rules/text.h"
#include "prw/self_test/self_test.h"

namespace prw::self_test {

using base::count_text;
using base::duration_text;
using report::Console;
using report::Tone;

namespace {

using Kind = SelfTestProblem::Kind;

/// Of each kind that many are shown in full; the JSON has them all.
constexpr std::size_t kShown = 40;
/// The matrix has long rows.
constexpr int kWidest = 160;

std::string title_of(Kind kind, const std::string& role) {
    const std::array<std::string, 10> titles = {
        "Mutants that survive: the check meant for them does not fire",
        "Mutants that are caught with another verdict than they should",
        "Checks that no mutant has been killed by",
        "Alarms on the reference " + role,
        "False alarms: checks that fire on a mutant which does not break what they judge",
        "Null " + role + "s that get away with it",
        "Kills whose capsule does not lead to the same verdict",
        "Runs without a verdict, twice",
        "Checks that the reference " + role + " never passes",
        "The tables contradict themselves"};
    return titles.at(static_cast<std::size_t>(kind));
}

std::string share(std::size_t part, std::size_t whole) {
    const auto tenths = whole == 0 ? 1000U : part * 1000 / whole;
    return std::to_string(part) + " of " + std::to_string(whole) + " (" + std::to_string(tenths / 10) + "." +
           std::to_string(tenths % 10) + " %)";
}

std::string place_of(const SelfTestProblem& problem) {
    std::string out = problem.subject.empty() ? problem.check : problem.subject;
    if (!problem.scenario.empty()) out += "   " + problem.scenario;
    if (!problem.message.empty()) out += "   " + problem.message;
    return out;
}

void problems(Console& out, const SelfTestMatrix& matrix) {
    for (std::size_t begin = 0; begin < matrix.problems.size();) {
        const auto kind = matrix.problems[begin].kind;
        std::size_t end = begin;
        while (end < matrix.problems.size() && matrix.problems[end].kind == kind) ++end;
        out.line();
        out.line(out.paint(title_of(kind, matrix.role) + " (" + std::to_string(end - begin) + ")", Tone::kBad));
        for (std::size_t i = begin; i < std::min(end, begin + kShown); ++i) {
            const auto& problem = matrix.problems[i];
            out.line("  x " + place_of(problem));
            if (!problem.subject.empty()) out.field("check", problem.check);
            out.field("seen", rules::printable(problem.text, 600));
            out.field("capture", problem.folder);
        }
        if (end - begin > kShown)
            out.line("  … and " + std::to_string(end - begin - kShown) + " more (--json has all)");
        begin = end;
    }
}

std::string kill_text(const SelfTestMatrix::Kill& kill) {
    std::string out = (kill.meant ? "" : "+") + kill.mutant;
    if (kill.v1 == suite::Verdict::kPass) out += "(2.0)";
    if (kill.v2 == suite::Verdict::kPass) out += "(1.0)";
    return out;
}

void table(Console& out, const SelfTestMatrix& matrix) {
    std::size_t longest = 0;
    for (const auto& check : matrix.checks) longest = std::max(longest, check.id.size());
    const std::size_t column = std::min(longest + 5, out.width() / 2);
    out.line();
    out.line("Kill matrix: check, kills of the mutants meant for it (each message counts), the mutants");
    for (const auto& check : matrix.checks) {
        const bool exempt = !check.exempt.empty();
        const char mark = exempt ? '-' : check.proven() ? '+' : 'x';
        std::string head = std::string("  ") + mark + " " + check.id;
        head.resize(std::max(head.size() + 1, column), ' ');
        head += std::to_string(check.killed) + "/" + std::to_string(check.meant) + "  ";
        std::vector<std::string> names;
        for (const auto& kill : check.kills) names.push_back(kill_text(kill));
        if (names.empty()) names.push_back(exempt ? "beyond any mutant, see below" : "no kill");
        out.words(head, exempt || check.proven() ? Tone::kGood : Tone::kBad, names, column + 7);
    }
    if (std::any_of(matrix.checks.begin(), matrix.checks.end(), [](const auto& check) {
            return std::any_of(check.kills.begin(), check.kills.end(), [](const auto& kill) { return !kill.meant; });
        }))
        out.line("  + before a name: meant for another check, and breaks this one by its nature");
}

void exemptions(Console& out, const SelfTestMatrix& matrix) {
    const auto list = [&](std::string_view title, auto reason) {
        bool any = false;
        for (const auto& check : matrix.checks) {
            if (reason(check).empty()) continue;
            if (!any) {
                out.line();
                out.line(title);
                any = true;
            }
            out.line("  - " + check.id);
            out.field("because", reason(check));
        }
    };
    list("Checks that no mutant can be killed by",
         [](const auto& check) -> const std::string& { return check.exempt; });
    list("Checks that have nothing to judge in the reference " + matrix.role,
         [](const auto& check) -> const std::string& { return check.unseen; });
}

void nulls(Console& out, const SelfTestMatrix& matrix) {
    if (matrix.nulls.empty()) return;
    out.line();
    out.line("Null " + matrix.role + "s: what prw test " + matrix.role +
             " says of them, and how many checks they pass");
    for (const auto& null : matrix.nulls) {
        std::string line = "  " + null.id;
        line.resize(std::max<std::size_t>(line.size() + 1, 26), ' ');
        std::string verdict(name_of(null.verdict));
        verdict.resize(std::max<std::size_t>(verdict.size(), 12), ' ');
        line += verdict + "  exit " + std::to_string(null.exit_code) + "   passes " + std::to_string(null.passed) +
                " of " + std::to_string(null.judged) + "   " + null.summary;
        out.line(line);
    }
}

std::string next_step(const SelfTestMatrix& matrix) {
    for (const auto& problem : matrix.problems) {
        const auto& what = problem.subject.empty() ? problem.check : problem.subject;
        if (problem.kind == Kind::kNoKill)
            return "add a mutant that breaks what " + what + " judges: prw explain " + what;
        if (problem.kind == Kind::kNoPass) continue;
        if (problem.kind == Kind::kCatalogue) continue;
        return "prw self-test --run '" + what + "' --out .prw/self-test";
    }
    return {};
}

}  // namespace

std::string render_self_test(const SelfTestMatrix& matrix, const report::TerminalStyle& style) {
    Console out(style, kWidest);
    out.line("prw self-test   the reference " + matrix.role + ", " + count_text(matrix.mutants.size(), "mutant") +
             ", " + count_text(matrix.nulls.size(), "null " + matrix.role) + "   " +
             count_text(matrix.checks.size(), "check") + "   " + count_text(matrix.runs.size(), "run"));
    problems(out, matrix);
    table(out, matrix);
    exemptions(out, matrix);
    nulls(out, matrix);

    std::size_t killed = 0, mutants = 0, proven = 0, exempt = 0, cells = 0, reference = 0;
    for (const auto& mutant : matrix.mutants) {
        ++mutants;
        killed += mutant.planned > 0 && mutant.killed == mutant.planned ? 1U : 0U;
        cells += mutant.planned;
    }
    for (const auto& check : matrix.checks) {
        exempt += check.exempt.empty() ? 0U : 1U;
        proven += check.exempt.empty() && !check.kills.empty() ? 1U : 0U;
    }
    std::map<Kind, std::size_t> of;
    for (const auto& problem : matrix.problems) ++of[problem.kind];
    for (const auto& run : matrix.runs) reference += run.job.kind == SubjectKind::kReference ? 1U : 0U;
    out.line();
    out.line("Summary");
    out.field("mutants",
              share(killed, mutants) + " killed by the check meant for them, in " + count_text(cells, "run"));
    out.field("checks", share(proven, matrix.checks.size() - exempt) + " killed a mutant" +
                            (exempt > 0 ? ", " + std::to_string(exempt) + " beyond any mutant" : ""));
    out.field("reference", count_text(of[Kind::kAlarm], "alarm") + " in " + count_text(reference, "run"));
    out.field("others", count_text(of[Kind::kFalseAlarm], "false alarm") + " of checks that they do not break");
    if (!matrix.nulls.empty()) {
        const auto green = std::count_if(matrix.nulls.begin(), matrix.nulls.end(),
                                         [](const auto& null) { return null.exit_code == 0; });
        out.field("null", std::to_string(green) + " of " + std::to_string(matrix.nulls.size()) + " conform");
    }
    if (matrix.retried > 0)
        out.field("again", count_text(matrix.retried, "run was", "runs were") + " inconclusive at first and repeated");
    if (matrix.selected && matrix.complete) out.field("part", "only a part was asked for; the rest was not looked at");
    if (!matrix.complete) out.field("part", "INCOMPLETE: broken off before everything had run");
    out.command("repeat", matrix.command_line);
    out.field("next", next_step(matrix));
    const std::string verdict = matrix.proven()    ? matrix.selected
                                                         ? "PROVEN   what was selected can fail, and only where it should"
                                                         : "PROVEN   every check can fail, and only where it should"
                                : !matrix.complete ? "INCOMPLETE"
                                                   : "GAPS   " + count_text(matrix.problems.size(), "problem");
    out.line(out.paint(verdict, matrix.proven() ? Tone::kGood : Tone::kBad) + "   " +
             duration_text(matrix.duration_ms) + "   exit " + std::to_string(matrix.exit_code()));
    return out.take();
}

}  // namespace prw::self_test
