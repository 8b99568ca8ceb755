/// What is checked, as tables, and the judges. A judge sees a ScenarioRecord and nothing else.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "prw/conformance/observation.h"
#include "prw/conformance/results.h"
#include "prw/proto/clauses.h"

namespace prw::conformance {

struct ScenarioInfo {
    std::string_view name;     ///< "steady", "5xx-then-success", "series-disappears"
    std::string_view summary;  ///< what the receiver and the scrape target do
};
[[nodiscard]] std::span<const ScenarioInfo> all_scenarios();

struct Check {
    std::string id;        ///< "sender/retry/on-5xx"
    std::string scenario;  ///< the one that provokes it; rules are applied to the requests of all of them
    proto::Level level = proto::Level::kMust;  ///< of the first clause
    std::vector<std::string> clauses;
    std::string summary;
    std::string fix;                       ///< of a check on behaviour, where all its findings have the same
    std::string rule;                      ///< the request rule that it reports; empty for checks on behaviour
    [[nodiscard]] bool extension() const;  ///< no sentence of the specification is behind it
};
/// Every check of this version, behaviour first, then the request rules.
[[nodiscard]] const std::vector<Check>& all_checks();

/// Clauses on senders that a sequence or a configuration might show and that no check judges, with the reason.
[[nodiscard]] std::span<const receiver::UncoveredClause> unjudged_clauses();

/// The protobuf message that a record is judged under: the one asked for, or what a program that cannot be asked sends.
[[nodiscard]] proto::ProtobufMessage judged_message(const ScenarioRecord& record);
/// The checks of the record's scenario, or of these only the one with the id `only`.
[[nodiscard]] std::vector<CheckOutcome> judge(const ScenarioRecord& record, std::string_view only = {});
/// The request rules over everything sent in these records (all judged under `message`); and that the target runs, if
/// nothing that it sent could be read and no rule says why.
[[nodiscard]] std::vector<CheckOutcome> judge_rules(std::span<const ScenarioRecord* const> records,
                                                    proto::ProtobufMessage message);

}  // namespace prw::conformance
