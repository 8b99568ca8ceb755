#pragma once

#include <string>

#include "prw/proto/model.h"

namespace prw::sender {

/// What keeps a native histogram from being sent, one sentence; empty when it is sound (schema, spans, counts, custom
/// bounds).
[[nodiscard]] std::string histogram_problem(const proto::Histogram& histogram);

}  // namespace prw::sender
