/// What covers a clause: rules, checks, or the reason why nothing can. `list`, `explain` and their tests read it.
#pragma once

#include <string>
#include <vector>

#include "prw/proto/clauses.h"

namespace prw::cli {

struct Coverage {
    std::vector<std::string> rules, checks;
    std::string reason;  ///< why nothing covers it; empty when something does
};
[[nodiscard]] Coverage coverage_of(const proto::Clause& clause);

}  // namespace prw::cli
