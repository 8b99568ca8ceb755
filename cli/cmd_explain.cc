#include <CLI/CLI.hpp>

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "catalogue.h"
#include "commands.h"
#include "prw/base/nearest.h"
#include "prw/base/text.h"
#include "prw/mutants/mutants.h"
#include "prw/receiver/mutants.h"
#include "prw/rules/finding.h"
#include "prw/rules/text.h"

namespace prw::cli {

namespace {

void field(Io& io, std::string_view key, std::string_view text) {
    std::string out;
    rules::append_field(out, key, text, io.width);
    io.out << out;
}

/// Ids of the mutants that these checks are meant to catch.
std::string mutants_for(std::span<const std::string> checks) {
    std::vector<std::string> out;
    const auto add = [&](const auto& all) {
        for (const auto& mutant : all)
            if (std::find(checks.begin(), checks.end(), mutant.check) != checks.end()) out.emplace_back(mutant.id);
    };
    add(mutants::all_mutants());
    add(receiver::all_mutants());
    return base::joined(out);
}

void explain_clause(const proto::Clause& clause, Io& io) {
    io.out << clause.id << "  " << rules::level_text(clause.level, clause.extension()) << "\n";
    field(io, "says", clause.summary);
    field(io, "on", name_of(clause.party));
    field(io, "in", clause.v1 && clause.v2 ? "1.0 and 2.0" : clause.v1 ? "1.0" : "2.0");
    field(io, "section", clause.section);
    field(io, "link", clause.url);
    field(io, "broken", clause.violation);
    field(io, "notes", clause.notes);
    const auto covered = coverage_of(clause);
    field(io, "rules", base::joined(covered.rules));
    field(io, "checks", base::joined(covered.checks));
    field(io, "mutants", mutants_for(covered.checks));
    field(io, "gap", covered.reason);
}

void explain_clauses(std::span<const std::string_view> ids, Io& io) {
    for (const auto id : ids) {
        if (const auto* clause = proto::find_clause(id)) {
            io.out << "\n";
            explain_clause(*clause, io);
        }
    }
}

void explain_rule(const rules::Rule& rule, Io& io) {
    io.out << rule.id << "  rule on one request\n";
    field(io, "checks", rule.summary);
    field(io, "subject", name_of(rule.subject).many);
    field(io, "means", std::string(name_of(rule.severity)) + ", or milder where the clause's level says so");
    field(io, "fix", rule.fix);
    explain_clauses(rule.clauses, io);
}

/// `unkillable`: why no check kills it; `attempt`: the command line but for its id.
template <typename Mutant>
void explain_mutant(const Mutant& mutant, std::string_view command, std::string_view unkillable,
                    std::string_view attempt, Io& io) {
    io.out << mutant.id << "  mutant of " << command << "\n";
    field(io, "does", mutant.summary);
    field(io, "in", mutant.v1 && mutant.v2 ? "1.0 and 2.0" : mutant.v1 ? "1.0" : "2.0");
    field(
        io, "killed",
        "by " + (mutant.check.empty() ? "no check: " + std::string(unkillable) + ", and no run may call that conforming"
                                      : std::string(mutant.check)));
    field(io, "try", std::string(attempt) + " --mutate " + std::string(mutant.id));
    if (const auto* check = find_check(mutant.check)) {
        const std::vector<std::string_view> ids(check->clauses.begin(), check->clauses.end());
        explain_clauses(ids, io);
    }
}

/// By its id, or by the id without its role.
const suite::Check* check_of(const std::string& id) {
    for (const auto* suite : suites())
        for (const auto& check : suite->checks)
            if (check.id == id || check.id.ends_with("/" + id)) return &check;
    return nullptr;
}

void explain_check(const suite::Check& check, Io& io) {
    io.out << check.id << "  " << rules::level_text(check.level, check.extension()) << "\n";
    field(io, "checks", check.summary);
    field(io, "scene", check.rule.empty() ? check.scenario : "every scenario");
    field(io, "mutants", mutants_for({&check.id, 1}));
    const auto* rule = rules::find_rule(check.rule);
    field(io, "fix", rule != nullptr ? rule->fix : std::string_view(check.fix));
    field(io, "shown",
          "when it fails, prw test " + suite_of_check(check.id).role +
              " leaves a capsule under OUT/capsules/: prw inspect shows it, prw replay --judge judges it again, prw "
              "replay --emit gtest makes it a test");
    const std::vector<std::string_view> ids(check.clauses.begin(), check.clauses.end());
    explain_clauses(ids, io);
}

}  // namespace

void add_explain(CLI::App& app, Io& io, int& exit_code) {
    auto* sub =
        app.add_subcommand("explain", "What a check, rule, clause or mutant means, what breaks it and how to fix it");
    auto id = std::make_shared<std::string>();
    sub->add_option("id", *id, "Id of a check, rule, clause or mutant")->required();
    sub->footer(
        "Examples:\n  prw explain sender/labels/sorted\n  prw explain labels/sorted\n  prw explain "
        "prw2.symbols.first-empty\n  prw explain delivery/side-queue");
    sub->callback([id, &io, &exit_code] {
        exit_code = kConforms;
        if (const auto* clause = proto::find_clause(*id)) return explain_clause(*clause, io);
        if (const auto* rule = rules::find_rule(*id)) return explain_rule(*rule, io);
        if (const auto* mutant = mutants::find_mutant(*id))
            return explain_mutant(*mutant, "prw send", "nothing arrives", "prw send URL metrics.txt", io);
        if (const auto* mutant = receiver::find_mutant(*id))
            return explain_mutant(*mutant, "prw receive", "it answers everything alike, or nothing", "prw receive", io);
        if (const auto* check = check_of(*id)) return explain_check(*check, io);

        std::vector<std::string_view> known;
        for (const auto& clause : proto::clauses()) known.push_back(clause.id);
        for (const auto* rule : rules::all_rules()) known.push_back(rule->id);
        for (const auto* suite : suites())
            for (const auto& check : suite->checks) known.push_back(check.id);
        for (const auto& mutant : mutants::all_mutants()) known.push_back(mutant.id);
        for (const auto& mutant : receiver::all_mutants()) known.push_back(mutant.id);
        io.err << "prw explain: nothing has the id \"" << rules::printable(*id) << "\""
               << base::did_you_mean(base::nearest_ids(*id, known)) << "\n";
        exit_code = kUsage;
    });
}

}  // namespace prw::cli
