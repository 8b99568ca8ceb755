#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "catalogue.h"
#include "commands.h"
#include "prw/mutants/mutants.h"
#include "prw/receiver/mutants.h"
#include "prw/receiver_suite/cases.h"
#include "prw/rules/json.h"
#include "prw/rules/text.h"

namespace prw::cli {

namespace {

using Json = nlohmann::ordered_json;

struct Options {
    std::string what = "clauses";
    std::string party;
    bool json = false;
    bool uncovered = false;
};

Json messages_of(const proto::Clause& clause) {
    Json out = Json::array();
    for (const auto message : {proto::ProtobufMessage::kV1, proto::ProtobufMessage::kV2})
        if (proto::applies(clause, message)) out.push_back(proto::short_name(message));
    return out;
}

void list_clauses(const Options& options, Io& io) {
    Json array = Json::array();
    for (const auto& clause : proto::clauses()) {
        if (!options.party.empty() && clause.party != proto::Party::kBoth && name_of(clause.party) != options.party)
            continue;
        const auto covered = coverage_of(clause);
        if (options.uncovered && (!covered.rules.empty() || !covered.checks.empty())) continue;
        if (options.json) {
            array.push_back({{"id", clause.id},
                             {"level", name_of(clause.level)},
                             {"party", name_of(clause.party)},
                             {"observable", name_of(clause.observable)},
                             {"messages", messages_of(clause)},
                             {"summary", clause.summary},
                             {"url", clause.url},
                             {"rules", covered.rules},
                             {"checks", covered.checks},
                             {"reason", covered.reason}});
            continue;
        }
        io.out << clause.id << "  " << rules::level_word(clause.level, clause.extension()) << "  "
               << name_of(clause.party) << "\n    " << clause.summary << "\n    ";
        if (covered.rules.empty() && covered.checks.empty()) {
            io.out << "not covered: " << covered.reason;
        } else {
            io.out << "covered by";
            for (const auto& rule : covered.rules) io.out << " " << rule;
            for (const auto& check : covered.checks) io.out << " " << check;
        }
        io.out << "\n";
    }
    if (options.json) io.out << rules::dump(array) << "\n";
}

void list_rules(const Options& options, Io& io) {
    Json array = Json::array();
    for (const auto* rule : rules::all_rules()) {
        if (options.json) {
            array.push_back({{"id", rule->id},
                             {"severity", name_of(rule->severity)},
                             {"clauses", std::vector<std::string>(rule->clauses.begin(), rule->clauses.end())},
                             {"subject", name_of(rule->subject).many},
                             {"summary", rule->summary},
                             {"fix", rule->fix}});
            continue;
        }
        io.out << rule->id << "  " << name_of(rule->severity) << "\n    " << rule->summary << "\n";
    }
    if (options.json) io.out << rules::dump(array) << "\n";
}

std::vector<const suite::Suite*> suites_of(const Options& options) {
    std::vector<const suite::Suite*> out;
    for (const auto* suite : suites())
        if (options.party.empty() || suite->role == options.party) out.push_back(suite);
    return out;
}

void list_checks(const Options& options, Io& io) {
    Json array = Json::array();
    for (const auto* suite : suites_of(options)) {
        for (const auto& check : suite->checks) {
            if (options.json) {
                array.push_back(check_json(check, {proto::ProtobufMessage::kV1, proto::ProtobufMessage::kV2}));
                continue;
            }
            io.out << check.id << "  " << rules::level_word(check.level, check.extension()) << "  " << check.scenario
                   << "\n    " << check.summary << "\n";
        }
    }
    if (options.json) io.out << rules::dump(array) << "\n";
}

void list_scenarios(const Options& options, Io& io) {
    Json array = Json::array();
    for (const auto* suite : suites_of(options)) {
        for (const auto& scenario : suite->scenarios) {
            if (options.json)
                array.push_back({{"name", scenario.name}, {"summary", scenario.summary}, {"party", suite->role}});
            else
                io.out << scenario.name << "\n    " << scenario.summary << "\n";
        }
    }
    if (options.json) io.out << rules::dump(array) << "\n";
}

std::string_view messages_of(bool v1, bool v2) { return v1 && v2 ? "1.0, 2.0" : v1 ? "1.0" : "2.0"; }

void list_cases(const Options& options, Io& io) {
    Json array = Json::array();
    for (const auto& group : receiver_suite::groups()) {
        for (const auto& row : group.cases) {
            const auto wanted = receiver_suite::wanted_text(row.fate);
            if (options.json) {
                Json messages = Json::array();
                for (const auto message : {proto::ProtobufMessage::kV1, proto::ProtobufMessage::kV2})
                    if (row.in(message)) messages.push_back(proto::short_name(message));
                array.push_back({{"id", row.id},
                                 {"scenario", group.name},
                                 {"protobuf_messages", std::move(messages)},
                                 {"wanted", wanted},
                                 {"mutant", row.mutant},
                                 {"summary", row.summary}});
                continue;
            }
            io.out << row.id << "  " << group.name << "  " << messages_of(row.v1, row.v2) << "  " << wanted
                   << (row.mutant.empty() ? "" : "  as mutant ") << row.mutant << "\n    " << row.summary << "\n";
        }
    }
    if (options.json) io.out << rules::dump(array) << "\n";
}

/// `unkillable`: what stands where a check would, for those that none can kill.
template <typename Mutants>
void list_mutants_of(proto::Party party, const Mutants& all, std::string_view unkillable, Json* array, Io& io) {
    for (const auto& mutant : all) {
        if (array == nullptr) {
            io.out << mutant.id << "  " << messages_of(mutant.v1, mutant.v2) << "  "
                   << (mutant.check.empty() ? unkillable : mutant.check) << "\n    " << mutant.summary << "\n";
            continue;
        }
        Json messages = Json::array();
        if (mutant.v1) messages.push_back("1.0");
        if (mutant.v2) messages.push_back("2.0");
        array->push_back({{"id", mutant.id},
                          {"party", name_of(party)},
                          {"summary", mutant.summary},
                          {"check", mutant.check},
                          {"protobuf_messages", std::move(messages)}});
    }
}

void list_mutants(const Options& options, Io& io) {
    Json array = Json::array();
    const auto list = [&](proto::Party party, const auto& all, std::string_view unkillable) {
        if (options.party.empty() || options.party == name_of(party))
            list_mutants_of(party, all, unkillable, options.json ? &array : nullptr, io);
    };
    list(proto::Party::kSender, mutants::all_mutants(), "");
    list(proto::Party::kSender, mutants::null_senders(), "(nothing arrives)");
    list(proto::Party::kReceiver, receiver::all_mutants(), "");
    list(proto::Party::kReceiver, receiver::null_receivers(), "(one answer or none)");
    if (options.json) io.out << rules::dump(array) << "\n";
}

}  // namespace

void add_list(CLI::App& app, Io& io, int& exit_code) {
    auto* sub = app.add_subcommand("list", "What prw knows: clauses, rules, checks, scenarios, cases, mutants");
    auto options = std::make_shared<Options>();
    sub->add_option("what", options->what, "clauses, rules, checks, scenarios, cases or mutants")
        ->check(CLI::IsMember({"clauses", "rules", "checks", "scenarios", "cases", "mutants"}))
        ->capture_default_str();
    sub->add_option("--party", options->party, "Only clauses on this party, or its checks, scenarios and mutants")
        ->check(CLI::IsMember({"sender", "receiver"}));
    sub->add_flag("--uncovered", options->uncovered, "Only clauses that nothing covers, with the reason");
    sub->add_flag("--json", options->json, "As JSON");
    sub->footer(
        "Examples:\n  prw list clauses --party sender\n  prw list clauses --uncovered\n  prw list rules --json | jq -r "
        "'.[].id'\n  prw list mutants --party receiver\n"
        "  prw list cases                                    what prw test receiver writes");
    sub->callback([options, &io, &exit_code] {
        if (options->what == "clauses") list_clauses(*options, io);
        if (options->what == "rules") list_rules(*options, io);
        if (options->what == "checks") list_checks(*options, io);
        if (options->what == "scenarios") list_scenarios(*options, io);
        if (options->what == "cases") list_cases(*options, io);
        if (options->what == "mutants") list_mutants(*options, io);
        exit_code = kConforms;
    });
}

}  // namespace prw::cli
