/// An exchange for people, short enough for a report. Internal to conformance.
#pragma once

#include "prw/exchange/exchange.h"
#include "prw/rules/check.h"
#include "prw/suite/results.h"

namespace prw::suite {

/// `exchange` must hold no credentials any more.
[[nodiscard]] Excerpt excerpt_of(const exchange::Exchange& exchange, rules::Checker& checker);

}  // namespace prw::suite
