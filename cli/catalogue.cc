#include "catalogue.h"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "prw/receiver_suite/receiver_suite.h"
#include "prw/rules/finding.h"
#include "prw/sender_suite/sender_suite.h"

namespace prw::cli {

std::span<const suite::Suite* const> suites() {
    static const std::array<const suite::Suite*, 2> kSuites = {&sender_suite::sender_suite(),
                                                               &receiver_suite::receiver_suite()};
    return kSuites;
}

const suite::Suite* suite_of_role(std::string_view role) {
    const auto all = suites();
    const auto found = std::find_if(all.begin(), all.end(), [&](const auto* suite) { return suite->role == role; });
    return found != all.end() ? *found : nullptr;
}

const suite::Suite& suite_of_check(std::string_view id) {
    const auto* suite = suite_of_role(id.substr(0, id.find('/')));
    return suite != nullptr ? *suite : *suites().front();
}

const suite::Check* find_check(std::string_view id) { return suite_of_check(id).find_check(id); }

Coverage coverage_of(const proto::Clause& clause) {
    Coverage out;
    for (const auto* rule : rules::all_rules())
        if (std::find(rule->clauses.begin(), rule->clauses.end(), clause.id) != rule->clauses.end())
            out.rules.emplace_back(rule->id);
    for (const auto* suite : suites())
        for (const auto& check : suite->checks)
            if (std::find(check.clauses.begin(), check.clauses.end(), clause.id) != check.clauses.end())
                out.checks.emplace_back(check.id);
    if (!out.rules.empty() || !out.checks.empty()) return out;
    for (const auto& uncovered : rules::uncovered_clauses())
        if (uncovered.clause == clause.id) out.reason = uncovered.reason;
    for (const auto* suite : suites())
        for (const auto& unjudged : suite->unjudged)
            if (unjudged.clause == clause.id) out.reason = unjudged.reason;
    if (!out.reason.empty()) return out;
    if (clause.observable == proto::Observable::kNo) {
        out.reason = "cannot be observed from outside";
    } else if (clause.party != proto::Party::kBoth && suite_of_role(name_of(clause.party)) == nullptr) {
        out.reason =
            "on " + std::string(name_of(clause.party)) + "s; this version judges " + suites().front()->role + "s only";
    } else {
        out.reason = "not judged yet: needs a scenario that this version does not have";
    }
    return out;
}

nlohmann::ordered_json check_json(const suite::Check& check, const std::vector<proto::ProtobufMessage>& messages) {
    nlohmann::ordered_json out = {{"id", check.id},
                                  {"level", proto::name_of(check.level)},
                                  {"scenario", check.scenario},
                                  {"clauses", check.clauses},
                                  {"summary", check.summary}};
    out["protobuf_messages"] = nlohmann::ordered_json::array();
    for (const auto message : messages)
        if (suite_of_check(check.id).judges(check, message))
            out["protobuf_messages"].push_back(proto::short_name(message));
    return out;
}

}  // namespace prw::cli
