/// The exchanges that show what a check found: request, decoded series, response.
#pragma once

#include <string>

#include "commands.h"
#include "prw/suite/results.h"

namespace prw::cli {

/// For each check that failed or warned, from its capsule under `folder`; a few exchanges of each.
void print_trace(const suite::Results& results, const std::string& folder, Io& io);

}  // namespace prw::cli
