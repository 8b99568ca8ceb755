/// The JSON form of findings: the same in results.json, `prw inspect --json` and the control API.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "prw/base/error.h"
#include "prw/rules/finding.h"

namespace prw::rules {

/// {"rule", "clauses", "level", "severity", "extension", "message", "series", "field", "protobuf_bytes": [offset,
/// size], "body_bytes", "head_bytes",
///  "evidence", "fix", "count"}; ranges that do not exist are left out. Keys keep this order.
[[nodiscard]] nlohmann::ordered_json to_json(const Finding& finding);
[[nodiscard]] nlohmann::ordered_json to_json(const std::vector<Finding>& findings);
/// kMalformed with the key that is missing or of the wrong type.
[[nodiscard]] Result<Finding> finding_from_json(const nlohmann::ordered_json& json);

/// With two blanks of indent; bytes that are not UTF-8 become U+FFFD; what a terminal would obey is written \uNNNN.
[[nodiscard]] std::string dump(const nlohmann::ordered_json& json, int indent = 2);

}  // namespace prw::rules
