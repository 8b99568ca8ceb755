#include "prw/suite/suite.h"

#include <algorithm>

#include "prw/base/nearest.h"
#include "prw/base/text.h"

namespace prw::suite {

bool Check::extension() const { return proto::all_extensions(clauses); }

const Check* Suite::find_check(std::string_view id) const {
    const auto found = std::find_if(checks.begin(), checks.end(), [&](const Check& check) { return check.id == id; });
    return found != checks.end() ? &*found : nullptr;
}

const ScenarioInfo* Suite::find_scenario(std::string_view name) const {
    const auto found =
        std::find_if(scenarios.begin(), scenarios.end(), [&](const ScenarioInfo& each) { return each.name == name; });
    return found != scenarios.end() ? &*found : nullptr;
}

Result<void> Suite::check_scenario_names(const std::vector<std::string>& names) const {
    for (const auto& name : names) {
        if (find_scenario(name) != nullptr) continue;
        std::vector<std::string> known;
        for (const auto& each : scenarios) known.emplace_back(each.name);
        return fail(ErrorCode::kInvalidArgument, "unknown scenario \"" + name + "\"" +
                                                     base::did_you_mean(name, known, base::Quotes::kDouble, ";") +
                                                     " known: " + base::joined(known));
    }
    return {};
}

bool Suite::judges(const Check& check, proto::ProtobufMessage message) const {
    const auto* scenario = check.rule.empty() ? find_scenario(check.scenario) : nullptr;
    if (scenario != nullptr && !scenario->plays(message)) return false;
    return check.clauses.empty() || std::any_of(check.clauses.begin(), check.clauses.end(),
                                                [&](const auto& id) { return proto::applies(id, message); });
}

proto::Level level_under(const Check& check, proto::ProtobufMessage message) {
    for (const auto& id : check.clauses) {
        const auto* clause = proto::find_clause(id);
        if (clause != nullptr && proto::applies(*clause, message)) return clause->level;
    }
    return check.level;
}

}  // namespace prw::suite
