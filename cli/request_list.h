/// A capture at a glance: one line a request.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>

#include "prw/exchange/exchange.h"

namespace prw::cli {

/// Above the rows of this width.
[[nodiscard]] std::string list_header(int width);
/// id, time, sender, message, status, series, samples, bytes on the wire and decoded, worst finding. The last one is
/// cut to `width` columns; rules::kUnwrapped: never.
[[nodiscard]] std::string list_row(const exchange::Exchange& exchange, const rules::CheckResult& check, int width);
[[nodiscard]] nlohmann::ordered_json list_json(const exchange::Exchange& exchange, const rules::CheckResult& check);

}  // namespace prw::cli
