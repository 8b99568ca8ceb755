/// What a run left out.
#include <algorithm>

#include "prw/suite/selection.h"

namespace prw::suite {
namespace {

using Messages = std::vector<proto::ProtobufMessage>;

/// Under which messages the suite counts: those that the target was asked to send, or else those that it sent.
Messages counted(const Results& results, const Messages& messages) {
    return results.asked.empty() && !results.sent.empty() ? results.sent : messages;
}

/// A sender that was told nothing may have been judged under another message than was put down for the scenario.
bool ended(const Results& results, std::string_view scenario, proto::ProtobufMessage message) {
    return std::any_of(results.scenarios.begin(), results.scenarios.end(), [&](const auto& played) {
        return played.name == scenario && played.ended && (results.asked.empty() || played.message == message);
    });
}

bool undecided_there(const Results& results, const std::string& id, proto::ProtobufMessage message) {
    const auto said = std::find_if(results.checks.begin(), results.checks.end(),
                                   [&](const auto& c) { return c.id == id && c.message == message; });
    return said == results.checks.end() || said->verdict == Verdict::kInconclusive;
}

}  // namespace

bool Selection::selected(const Check& check, proto::ProtobufMessage message) const {
    const auto is_played = [&](std::string_view scenario) {
        return std::find(scenarios_.begin(), scenarios_.end(), scenario) != scenarios_.end();
    };
    if (check.rule.empty() && !is_played(check.scenario)) return false;
    if (everything_) return true;
    if (!ids_.contains(check.id)) return false;
    if (!levels_.empty() && !levels_.contains(level_under(check, message))) return false;
    return !pairs_only_ || pairs_.contains({check.id, message});
}

Coverage Selection::coverage(const Results& results, const Messages& messages, std::vector<std::string> because) const {
    Coverage out;
    const auto of_target = target_check_id(suite_->role);
    for (const auto message : counted(results, messages)) {
        bool any_ended = false;
        for (const auto& scenario : suite_->scenarios) {
            if (!scenario.plays(message)) continue;
            const bool to_its_end = ended(results, scenario.name, message);
            any_ended = any_ended || to_its_end;
            if (!to_its_end) out.scenarios.emplace_back(scenario.name, message);
        }
        for (const auto& check : suite_->checks) {
            if (check.id == of_target || !suite_->judges(check, message)) continue;
            // A rule looks at the requests of whatever was played.
            const bool was_played = check.rule.empty() ? ended(results, check.scenario, message) : any_ended;
            if (!selected(check, message) || (!was_played && undecided_there(results, check.id, message)))
                out.checks.emplace_back(check.id, message);
        }
    }
    if (out.whole()) return out;
    out.because = std::move(because);
    if (!results.complete && !results.problem.empty()) out.because.push_back(results.problem);
    return out;
}

}  // namespace prw::suite
