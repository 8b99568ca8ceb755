/// What follows from the runs. Nothing here knows how they came about.
#include <algorithm>
#include <array>
#include <set>
#include <tuple>

#include "lookup.h"
#include "proof.h"
#include "prw/self_test/self_test.h"

namespace prw::self_test {
namespace {

using Kind = SelfTestProblem::Kind;
using Sends = SelfTestCatalogue::Null::Sends;

/// What the check has to say of the mutant: its worst, bounded by the clause's level under this message.
suite::Verdict expected_of(const SelfTestRun& run, const SelfTestCatalogue::Mutant& mutant,
                           const SelfTestCatalogue::Check& check) {
    const auto noted = run.job.message == proto::ProtobufMessage::kV1 ? mutant.v1_says : mutant.v2_says;
    if (noted != suite::Verdict::kPass) return noted;
    const auto said = run.said.find(check.id);
    const bool soft = said != run.said.end() && said->second.soft;
    return soft && check.full == suite::Verdict::kFail ? suite::Verdict::kWarn : check.full;
}

const SelfTestRun::Said* said_of(const SelfTestRun& run, const std::string& check) {
    const auto found = run.said.find(check);
    return found != run.said.end() ? &found->second : nullptr;
}

bool kills(const SelfTestRun& run, const SelfTestCatalogue::Mutant& mutant, const SelfTestCatalogue::Check& check) {
    const auto* said = said_of(run, check.id);
    return said != nullptr && said->verdict == expected_of(run, mutant, check);
}

SelfTestProblem about(const SelfTestRun& run, Kind kind, std::string check, std::string text) {
    return {kind,
            run.job.subject,
            std::move(check),
            run.job.scenario,
            std::string(proto::short_name(run.job.message)),
            std::move(text),
            run.folder};
}

std::string says(const SelfTestRun::Said& said) {
    return "says " + std::string(name_of(said.verdict)) + (said.reason.empty() ? "" : ": " + said.reason);
}

void judge_mutant(const SelfTestCatalogue& catalogue, const SelfTestRun& run, std::vector<SelfTestProblem>& out) {
    const auto* mutant = find_row(catalogue.mutants, run.job.subject);
    const auto* check = mutant != nullptr ? find_row(catalogue.checks, mutant->check) : nullptr;
    if (check == nullptr) return;
    const auto* said = said_of(run, check->id);
    const auto expected = expected_of(run, *mutant, *check);
    if (worth_repeating(catalogue, run)) {
        out.push_back(about(run, Kind::kNotJudged, check->id, said != nullptr ? says(*said) : run.problem));
    } else if (said == nullptr) {
        out.push_back(about(run, Kind::kSurvived, check->id, "says nothing about this message"));
    } else if (said->verdict != expected) {
        const bool fired = accuses(said->verdict) || said->verdict == suite::Verdict::kInfo;
        out.push_back(
            about(run, fired ? Kind::kOtherVerdict : Kind::kSurvived, check->id,
                  (fired ? "should say " + std::string(name_of(expected)) + ", " : std::string()) + says(*said)));
    }
    if (!run.evidence.empty()) out.push_back(about(run, Kind::kEvidence, check->id, run.evidence));
    for (const auto& [id, other] : run.said) {
        if (id == check->id || !accuses(other.verdict)) continue;
        if (std::find(mutant->also.begin(), mutant->also.end(), id) != mutant->also.end()) continue;
        out.push_back(about(run, Kind::kFalseAlarm, id, says(other)));
    }
    const bool meant_to = check->id == suite::target_check_id(catalogue.role);
    if (run.broke && !meant_to && !worth_repeating(catalogue, run))
        out.push_back(about(run, Kind::kNotJudged, {}, run.problem));
}

void judge_reference(const SelfTestRun& run, std::vector<SelfTestProblem>& out) {
    bool blamed = false;
    for (const auto& [id, said] : run.said) {
        if (accuses(said.verdict)) {
            out.push_back(about(run, Kind::kAlarm, id, says(said)));
        } else if (said.verdict == suite::Verdict::kError ||
                   (!said.rule && said.verdict == suite::Verdict::kInconclusive)) {
            blamed = true;
            out.push_back(about(run, Kind::kNotJudged, id, says(said)));
        }
    }
    if (!run.problem.empty() && !blamed) out.push_back(about(run, Kind::kNotJudged, {}, run.problem));
}

/// What the catalogue gets wrong by itself.
void judge_catalogue(const SelfTestCatalogue& catalogue, const SelfTestMatrix& matrix,
                     std::vector<SelfTestProblem>& out) {
    const auto add = [&out](const std::string& subject, const std::string& check, std::string text) {
        out.push_back({Kind::kCatalogue, subject, check, {}, {}, std::move(text), {}});
    };
    for (const auto& mutant : catalogue.mutants) {
        if (find_row(catalogue.checks, mutant.check) == nullptr)
            add(mutant.id, mutant.check, "is meant to be killed by a check that there is not");
        else if (find_row(catalogue.scenarios, scenario_of(catalogue, mutant)) == nullptr)
            add(mutant.id, mutant.check,
                "is to be run in a scenario that there is not: " + scenario_of(catalogue, mutant));
        for (const auto& id : mutant.also) {
            if (find_row(catalogue.checks, id) == nullptr)
                add(mutant.id, id, "breaks by its nature a check that there is not");
        }
    }
    for (const auto& line : matrix.checks) {
        if (!line.exempt.empty() && !line.kills.empty())
            add({}, line.id,
                "is said to be beyond any mutant (" + line.exempt + "), yet " + line.kills.front().mutant +
                    " is killed by it");
        if (!line.unseen.empty() && line.reference_passes > 0)
            add({}, line.id, "is said to have nothing to judge in the reference (" + line.unseen + "), yet it passes");
    }
}

void add_kill(SelfTestMatrix::CheckLine& line, const SelfTestRun& run, suite::Verdict verdict, bool meant) {
    auto found = std::find_if(line.kills.begin(), line.kills.end(),
                              [&](const auto& kill) { return kill.mutant == run.job.subject; });
    if (found == line.kills.end()) found = line.kills.insert(line.kills.end(), {run.job.subject});
    found->meant = meant;
    (run.job.message == proto::ProtobufMessage::kV1 ? found->v1 : found->v2) = verdict;
}

SelfTestMatrix::CheckLine check_line(const SelfTestCatalogue& catalogue, const SelfTestCatalogue::Check& check,
                                     const std::vector<SelfTestRun>& runs) {
    SelfTestMatrix::CheckLine line;
    line.id = check.id;
    line.summary = check.summary;
    line.scenario = check.scenario;
    line.exempt = check.exempt;
    line.unseen = check.unseen;
    for (const auto& run : runs) {
        const auto* said = said_of(run, check.id);
        if (run.job.kind == SubjectKind::kReference) {
            if (said != nullptr && (said->verdict == suite::Verdict::kPass || said->verdict == suite::Verdict::kInfo))
                ++line.reference_passes;
            continue;
        }
        const auto* mutant =
            run.job.kind == SubjectKind::kMutant ? find_row(catalogue.mutants, run.job.subject) : nullptr;
        if (mutant == nullptr) continue;
        const bool meant = mutant->check == check.id;
        line.meant += meant ? 1U : 0U;
        const bool killed =
            meant ? kills(run, *mutant, check)
                  : said != nullptr && accuses(said->verdict) &&
                        std::find(mutant->also.begin(), mutant->also.end(), check.id) != mutant->also.end();
        if (!killed) continue;
        line.killed += meant ? 1U : 0U;
        add_kill(line, run, said->verdict, meant);
    }
    std::stable_sort(line.kills.begin(), line.kills.end(),
                     [](const auto& a, const auto& b) { return a.meant && !b.meant; });
    return line;
}

SelfTestMatrix::NullLine null_line(const SelfTestCatalogue& catalogue, const SelfTestCatalogue::Null& null,
                                   const std::vector<SelfTestRun>& runs, std::vector<SelfTestProblem>& problems) {
    SelfTestMatrix::NullLine line;
    line.id = null.id;
    line.summary = null.summary;
    suite::Results results;
    results.complete = true;
    std::set<std::pair<std::string, proto::ProtobufMessage>> passed, judged;
    for (const auto& run : runs) {
        if (run.job.kind != SubjectKind::kNull || run.job.subject != null.id) continue;
        for (const auto& [id, said] : run.said) {
            if (said.verdict == suite::Verdict::kNotApplicable) continue;
            results.checks.emplace_back();
            results.checks.back().id = id;
            results.checks.back().verdict = said.verdict;
            judged.emplace(id, run.job.message);
            if (said.verdict != suite::Verdict::kPass) continue;
            passed.emplace(id, run.job.message);
            if (null.sends == Sends::kNothing)
                problems.push_back(about(run, Kind::kNullConforms, id, "passes although nothing was sent"));
            const auto* check = find_row(catalogue.checks, id);
            if (null.sends == Sends::kHeads && (check == nullptr || !check->of_heads))
                problems.push_back(about(run, Kind::kNullConforms, id, "passes although nothing but heads was sent"));
        }
    }
    suite::conclude(results, false);
    line.verdict = results.verdict;
    line.exit_code = results.exit_code;
    line.passed = passed.size();
    line.judged = judged.size();
    if (line.exit_code == 0)
        problems.push_back(
            {Kind::kNullConforms, null.id, {}, {}, {}, "conforms: prw test " + catalogue.role + " would say so", {}});
    return line;
}

}  // namespace

std::string_view name_of(SelfTestProblem::Kind kind) {
    static constexpr std::array<std::string_view, 10> kNames = {
        "survived",      "other-verdict", "no-kill",    "alarm",   "false-alarm",
        "null-conforms", "evidence",      "not-judged", "no-pass", "catalogue"};
    return kNames.at(static_cast<std::size_t>(kind));
}

bool worth_repeating(const SelfTestCatalogue& catalogue, const SelfTestRun& run) {
    if (run.job.kind == SubjectKind::kNull) return false;
    if (run.job.kind == SubjectKind::kMutant) {
        const auto* mutant = find_row(catalogue.mutants, run.job.subject);
        const auto* check = mutant != nullptr ? find_row(catalogue.checks, mutant->check) : nullptr;
        if (check == nullptr || kills(run, *mutant, *check)) return false;
        const auto* said = said_of(run, check->id);
        if (said == nullptr) return !run.problem.empty();
        return said->verdict == suite::Verdict::kInconclusive || said->verdict == suite::Verdict::kError;
    }
    return !run.problem.empty() || std::any_of(run.said.begin(), run.said.end(), [](const auto& entry) {
        return entry.second.verdict == suite::Verdict::kError ||
               (!entry.second.rule && entry.second.verdict == suite::Verdict::kInconclusive);
    });
}

std::vector<SelfTestProblem> problems_of(const SelfTestCatalogue& catalogue, const SelfTestRun& run) {
    std::vector<SelfTestProblem> out;
    if (run.job.kind == SubjectKind::kReference) judge_reference(run, out);
    if (run.job.kind == SubjectKind::kMutant) judge_mutant(catalogue, run, out);
    return out;
}

SelfTestMatrix matrix_of(const SelfTestCatalogue& catalogue, std::vector<SelfTestRun> runs, bool selected) {
    SelfTestMatrix matrix;
    matrix.role = catalogue.role;
    matrix.selected = selected;
    matrix.complete = true;
    const auto add = [&matrix](std::vector<SelfTestProblem> more) {
        matrix.problems.insert(matrix.problems.end(), more.begin(), more.end());
    };
    for (const auto& run : runs) {
        add(problems_of(catalogue, run));
        matrix.retried += run.attempts > 1 ? 1U : 0U;
    }
    for (const auto& check : catalogue.checks) {
        auto line = check_line(catalogue, check, runs);
        if (selected && line.meant == 0) continue;
        if (!selected && line.kills.empty() && line.exempt.empty()) {
            const bool any = std::any_of(catalogue.mutants.begin(), catalogue.mutants.end(),
                                         [&](const auto& mutant) { return mutant.check == check.id; });
            add({{Kind::kNoKill, {}, line.id, {}, {}, any ? "none of its mutants is killed" : "has no mutant", {}}});
        }
        if (!selected && line.reference_passes == 0 && line.unseen.empty())
            add({{Kind::kNoPass, {}, line.id, {}, {}, "never had anything to judge in the reference", {}}});
        matrix.checks.push_back(std::move(line));
    }
    for (const auto& mutant : catalogue.mutants) {
        SelfTestMatrix::MutantLine line{mutant.id, mutant.summary, mutant.check, scenario_of(catalogue, mutant)};
        const auto* check = find_row(catalogue.checks, mutant.check);
        for (const auto& run : runs) {
            if (run.job.kind != SubjectKind::kMutant || run.job.subject != mutant.id) continue;
            ++line.planned;
            if (check != nullptr && kills(run, mutant, *check)) ++line.killed;
        }
        if (line.planned == 0 && selected) continue;
        if (line.planned == 0 && check != nullptr && find_row(catalogue.scenarios, line.scenario) != nullptr)
            add({{Kind::kSurvived, line.id, line.check, line.scenario, {}, "was run under no message", {}}});
        matrix.mutants.push_back(std::move(line));
    }
    for (const auto& null : catalogue.nulls) {
        if (std::none_of(runs.begin(), runs.end(), [&](const auto& run) {
                return run.job.kind == SubjectKind::kNull && run.job.subject == null.id;
            }))
            continue;
        matrix.nulls.push_back(null_line(catalogue, null, runs, matrix.problems));
    }
    // A kill by "info" proves nothing where the reference gets the same.
    for (const auto& run : runs) {
        if (run.job.kind != SubjectKind::kMutant) continue;
        const auto* mutant = find_row(catalogue.mutants, run.job.subject);
        const auto* said = mutant != nullptr ? said_of(run, mutant->check) : nullptr;
        if (said == nullptr || said->verdict != suite::Verdict::kInfo) continue;
        for (const auto& other : runs) {
            if (other.job.kind != SubjectKind::kReference || other.job.scenario != run.job.scenario ||
                other.job.message != run.job.message)
                continue;
            const auto* same = said_of(other, mutant->check);
            if (same != nullptr && same->verdict == suite::Verdict::kInfo)
                add({about(run, Kind::kSurvived, mutant->check, "says info of the reference, too: " + same->reason)});
        }
    }
    std::vector<SelfTestProblem> wrong;
    if (!selected) judge_catalogue(catalogue, matrix, wrong);
    add(std::move(wrong));
    std::stable_sort(matrix.problems.begin(), matrix.problems.end(),
                     [](const auto& a, const auto& b) { return a.kind < b.kind; });
    matrix.runs = std::move(runs);
    return matrix;
}

}  // namespace prw::self_test
