/// What covers a clause: rules, checks, or the reason why nothing can. `list`, `explain` and their tests read it.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "prw/conformance/checks.h"
#include "prw/proto/clauses.h"

namespace prw::cli {

struct Coverage {
    std::vector<std::string> rules, checks;
    std::string reason;  ///< why nothing covers it; empty when something does
};
/// A check with the messages, of these, that it says something about.
[[nodiscard]] nlohmann::ordered_json check_json(const conformance::Check& check,
                                                const std::vector<proto::ProtobufMessage>& messages);
[[nodiscard]] Coverage coverage_of(const proto::Clause& clause);

}  // namespace prw::cli
