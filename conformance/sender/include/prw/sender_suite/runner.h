/// Runs a sender through the scenarios: per protobuf message and scenario one receiver, one scrape target and one
/// program, all on ports of their own, several at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "prw/base/error.h"
#include "prw/sender_suite/checks.h"
#include "prw/sender_suite/observation.h"
#include "prw/suite/evidence.h"
#include "prw/suite/suite.h"

namespace prw::sender_suite {

struct SharedCadence;

/// What only the suite of senders has.
struct SenderRunOptions : suite::RunOptions {
    std::vector<SourceFamily> source;                ///< further series to scrape, beside those of target.source
    std::function<bool(const Observation&)> enough;  ///< true ends a scenario early; asked whenever something happened
    SharedCadence* cadence = nullptr;                ///< what the scenarios of a run learn of the target's pace
};

/// What must be there and is not, as one sentence with the package where it is known; empty when all is there.
/// kInvalidArgument for an unset variable.
[[nodiscard]] Result<std::string> missing_requirement(const suite::Target& target);

/// kInvalidArgument for an unknown scenario or a message that the target cannot send; kIo when `out` cannot be written.
/// A target that breaks is no error here: it is in the results. Does not conclude() nor write reports.
[[nodiscard]] Result<suite::Results> run_sender_tests(const SenderRunOptions& options);

/// Runs one scenario. Exposed for tests.
[[nodiscard]] ScenarioRecord run_scenario(
    const SenderRunOptions& options, const std::string& scenario, proto::ProtobufMessage message,
    const std::function<void(std::uint64_t requests, std::uint64_t samples)>& received = {});

/// Capsules (evidence.h) of what judge() and judge_rules() found. `records` are those that the checks were judged from;
/// their captures must be closed.
[[nodiscard]] Result<void> write_capsules(std::vector<suite::CheckOutcome>& checks,
                                          std::span<const ScenarioRecord> records, const std::string& out,
                                          const std::string& tool_version, const suite::CapsuleLimits& limits = {});

}  // namespace prw::sender_suite
