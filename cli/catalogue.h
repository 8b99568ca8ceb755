/// The suites that there are, and what covers a clause: rules, checks, or the reason why nothing can. `list`, `explain`
/// and their tests read it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "prw/proto/clauses.h"
#include "prw/suite/suite.h"

namespace prw::cli {

[[nodiscard]] std::span<const suite::Suite* const> suites();
/// By the role of the target; nullptr: this version cannot test it.
[[nodiscard]] const suite::Suite* suite_of_role(std::string_view role);
/// By the role that a check's id begins with, in case there is no such check; the first suite for what has none.
[[nodiscard]] const suite::Suite& suite_of_check(std::string_view id);
/// In whichever suite; nullptr: there is none.
[[nodiscard]] const suite::Check* find_check(std::string_view id);

struct Coverage {
    std::vector<std::string> rules, checks;
    std::string reason;  ///< why nothing covers it; empty when something does
};
/// A check with the messages, of these, that it says something about.
[[nodiscard]] nlohmann::ordered_json check_json(const suite::Check& check,
                                                const std::vector<proto::ProtobufMessage>& messages);
[[nodiscard]] Coverage coverage_of(const proto::Clause& clause);

}  // namespace prw::cli
