/// The families in the order in which they run.
#pragma once

#include <span>

#include "context.h"

namespace prw::rules {

[[nodiscard]] std::span<const Family* const> request_families();  ///< headers, negotiation, compression
[[nodiscard]] std::span<const Family* const>
message_families();  ///< everything but the wire's shape (kWire), which runs before them

}  // namespace prw::rules
