/// What the judges of every role share: the words with which a check's outcome is settled.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "prw/proto/clauses.h"
#include "prw/suite/results.h"

namespace prw::suite {

/// Those of the clauses that say something about this message.
[[nodiscard]] std::vector<std::string> clauses_for(std::span<const std::string_view> all,
                                                   proto::ProtobufMessage message);
/// Of the first; SHOULD where there is none.
[[nodiscard]] proto::Level level_of(const std::vector<std::string>& clauses);
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
