#include <nlohmann/json.hpp>

#include "prw/rules/json.h"
#include "prw/self_test/self_test.h"

namespace prw::self_test {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kSchemaVersion = 2;

Json problem_json(const SelfTestProblem& problem) {
    Json out;
    out["kind"] = name_of(problem.kind);
    out["subject"] = problem.subject;
    out["check"] = problem.check;
    out["scenario"] = problem.scenario;
    out["protobuf_message"] = problem.message;
    out["text"] = problem.text;
    out["folder"] = problem.folder;
    return out;
}

Json check_json(const SelfTestMatrix::CheckLine& check) {
    Json out;
    out["id"] = check.id;
    out["summary"] = check.summary;
    out["scenario"] = check.scenario;
    out["killed"] = check.killed;
    out["meant"] = check.meant;
    out["kills"] = Json::array();
    for (const auto& kill : check.kills) {
        Json row = {{"mutant", kill.mutant}, {"meant", kill.meant}};
        if (kill.v1 != suite::Verdict::kPass) row["1.0"] = name_of(kill.v1);
        if (kill.v2 != suite::Verdict::kPass) row["2.0"] = name_of(kill.v2);
        out["kills"].push_back(std::move(row));
    }
    out["reference_passes"] = check.reference_passes;
    out["exempt"] = check.exempt;
    out["unseen"] = check.unseen;
    return out;
}

/// What a run was for, and everything in it that is not a pass.
Json run_json(const SelfTestRun& run) {
    Json out;
    out["kind"] = name_of(run.job.kind);
    out["subject"] = run.job.subject;
    out["scenario"] = run.job.scenario;
    out["protobuf_message"] = proto::short_name(run.job.message);
    out["attempts"] = run.attempts;
    out["duration_ms"] = run.duration_ms;
    out["problem"] = run.problem;
    std::size_t passed = 0;
    out["verdicts"] = Json::object();
    for (const auto& [id, said] : run.said) {
        if (said.verdict == suite::Verdict::kPass)
            ++passed;
        else
            out["verdicts"][id] = name_of(said.verdict);
    }
    out["passed"] = passed;
    return out;
}

Json matrix_json(const SelfTestMatrix& matrix) {
    Json out;
    out["schema_version"] = kSchemaVersion;
    out["party"] = matrix.role;
    out["tool"] = {{"name", "prw"}, {"version", matrix.tool_version}};
    out["command_line"] = matrix.command_line;
    out["proven"] = matrix.proven();
    out["complete"] = matrix.complete;
    out["selected"] = matrix.selected;
    out["exit_code"] = matrix.exit_code();
    out["jobs"] = matrix.jobs;
    out["duration_ms"] = matrix.duration_ms;
    out["retried"] = matrix.retried;
    out["problems"] = Json::array();
    for (const auto& problem : matrix.problems) out["problems"].push_back(problem_json(problem));
    out["checks"] = Json::array();
    for (const auto& check : matrix.checks) out["checks"].push_back(check_json(check));
    out["mutants"] = Json::array();
    for (const auto& mutant : matrix.mutants) {
        out["mutants"].push_back({{"id", mutant.id},
                                  {"summary", mutant.summary},
                                  {"check", mutant.check},
                                  {"scenario", mutant.scenario},
                                  {"planned", mutant.planned},
                                  {"killed", mutant.killed}});
    }
    auto& nulls = out["nulls"] = Json::array();
    for (const auto& null : matrix.nulls) {
        nulls.push_back({{"id", null.id},
                         {"summary", null.summary},
                         {"verdict", name_of(null.verdict)},
                         {"exit_code", null.exit_code},
                         {"passed", null.passed},
                         {"judged", null.judged}});
    }
    out["runs"] = Json::array();
    for (const auto& run : matrix.runs) out["runs"].push_back(run_json(run));
    return out;
}

}  // namespace

std::string to_json(std::span<const SelfTestMatrix> matrices) {
    auto out = Json::array();
    for (const auto& matrix : matrices) out.push_back(matrix_json(matrix));
    return rules::dump(out) + "\n";
}

}  // namespace prw::self_test
