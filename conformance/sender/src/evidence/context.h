/// What the judges see besides the exchanges, as JSON in a capsule and back. Internal to conformance.
///
/// A member of ScenarioRecord, Generation or SourceIdentity that a judge reads belongs into its members() here, one of
/// a scenario's notes into that beside them. Forgetting one does not go unnoticed: a capsule is judged again before it
/// is written, and says so when the verdict differs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "prw/base/error.h"
#include "prw/sender_suite/observation.h"

namespace prw::sender_suite {

/// `kept`: which sources to write; the others are left out together with what was served of them. Empty: all.
[[nodiscard]] std::string context_json(const ScenarioRecord& record, const std::vector<bool>& kept = {});

/// A record without exchanges: its observation knows the sources only. kMalformed says what is missing or wrong.
[[nodiscard]] Result<ScenarioRecord> record_from_context(std::string_view json);

}  // namespace prw::sender_suite
