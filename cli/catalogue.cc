#include "catalogue.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "prw/conformance/checks.h"
#include "prw/conformance/selection.h"
#include "prw/receiver/finding.h"

namespace prw::cli {

Coverage coverage_of(const proto::Clause& clause) {
    Coverage out;
    for (const auto* rule : receiver::all_rules())
        if (std::find(rule->clauses.begin(), rule->clauses.end(), clause.id) != rule->clauses.end())
            out.rules.emplace_back(rule->id);
    for (const auto& check : conformance::all_checks())
        if (std::find(check.clauses.begin(), check.clauses.end(), clause.id) != check.clauses.end())
            out.checks.emplace_back(check.id);
    if (!out.rules.empty() || !out.checks.empty()) return out;
    for (const auto& uncovered : receiver::uncovered_clauses())
        if (uncovered.clause == clause.id) out.reason = uncovered.reason;
    for (const auto& unjudged : conformance::unjudged_clauses())
        if (unjudged.clause == clause.id) out.reason = unjudged.reason;
    if (!out.reason.empty()) return out;
    if (clause.observable == proto::Observable::kNo) {
        out.reason = "cannot be observed from outside";
    } else if (clause.party == proto::Party::kReceiver) {
        out.reason = "on receivers; this version judges senders only";
    } else {
        out.reason = "not judged yet: needs a scenario that this version does not have";
    }
    return out;
}

nlohmann::ordered_json check_json(const conformance::Check& check,
                                  const std::vector<proto::ProtobufMessage>& messages) {
    nlohmann::ordered_json out = {{"id", check.id},
                                  {"level", proto::name_of(check.level)},
                                  {"scenario", check.scenario},
                                  {"clauses", check.clauses},
                                  {"summary", check.summary}};
    out["protobuf_messages"] = nlohmann::ordered_json::array();
    for (const auto message : messages)
        if (conformance::judged_under(check, message)) out["protobuf_messages"].push_back(proto::short_name(message));
    return out;
}

}  // namespace prw::cli
