#pragma once

#include <string>

#include "prw/base/error.h"

namespace prw::sender {

/// The first line of a small file, without blanks around it; refused when empty or not fit for a header.
[[nodiscard]] Result<std::string> read_token_file(const std::string& path);

}  // namespace prw::sender
