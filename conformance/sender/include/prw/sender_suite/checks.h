/// The judges of the suite that tests senders. A judge sees a ScenarioRecord and nothing else.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "prw/sender_suite/observation.h"
#include "prw/suite/suite.h"

namespace prw::sender_suite {

/// The protobuf message that a record is judged under: the one asked for, or what a program that cannot be asked sends.
[[nodiscard]] proto::ProtobufMessage judged_message(const ScenarioRecord& record);
/// The checks of the record's scenario, or of these only the one with the id `only`.
[[nodiscard]] std::vector<suite::CheckOutcome> judge(const ScenarioRecord& record, std::string_view only = {});
/// The request rules over everything sent in these records (all judged under `message`); and that the target runs, if
/// nothing that it sent could be read and no rule says why.
[[nodiscard]] std::vector<suite::CheckOutcome> judge_rules(std::span<const ScenarioRecord* const> records,
                                                           proto::ProtobufMessage message);

}  // namespace prw::sender_suite
