/// An exchange for people, short enough for a report. Internal to conformance.
#pragma once

#include "prw/conformance/results.h"
#include "prw/receiver/check.h"
#include "prw/receiver/exchange.h"

namespace prw::conformance {

/// `exchange` must hold no credentials any more.
[[nodiscard]] Excerpt excerpt_of(const receiver::Exchange& exchange, receiver::Checker& checker);

}  // namespace prw::conformance
