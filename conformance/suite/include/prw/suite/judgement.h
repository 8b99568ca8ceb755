/// What the judges of every role share: the words with which a check's outcome is settled.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "prw/proto/clauses.h"
#include "prw/suite/results.h"
#include "prw/suite/suite.h"

namespace prw::suite {

/// Those of the clauses that say something about this message.
[[nodiscard]] std::vector<std::string> clauses_for(std::span<const std::string_view> all,
                                                   proto::ProtobufMessage message);
/// Of the first; SHOULD where there is none.
[[nodiscard]] proto::Level level_of(const std::vector<std::string>& clauses);
/// A check on behaviour as a suite lists it.
[[nodiscard]] Check check_row(std::string_view id, std::string_view scenario, std::span<const std::string_view> clauses,
                              std::string_view summary, std::string_view fix);
/// What is to be judged of it; nullopt where none of the clauses says anything about this message.
[[nodiscard]] std::optional<CheckOutcome> open_outcome(std::string_view id, std::string_view scenario,
                                                       std::span<const std::string_view> clauses,
                                                       std::string_view summary, proto::ProtobufMessage message);
/// Not a MUST.
[[nodiscard]] bool soft(proto::Level level);

// Ways to end a judgement.
void pass(CheckOutcome& out, std::string reason);
void inform(CheckOutcome& out, std::string reason);
void undecided(CheckOutcome& out, std::string reason);
void not_applicable(CheckOutcome& out, std::string reason);
/// `want` and `got` also make the reason. Level SHOULD is a warning, MUST a failure.
void miss(CheckOutcome& out, std::string want, std::string got);
void warn(CheckOutcome& out, std::string want, std::string got);
void evidence(CheckOutcome& out, std::string name, std::uint64_t count);
/// Adds a finding about a series, and the exchange that shows it; a few are kept, the rest is counted in the first.
void add_finding(CheckOutcome& out, const std::string& series, std::string message, std::uint64_t exchange = 0,
                 std::string fix = {});

}  // namespace prw::suite
