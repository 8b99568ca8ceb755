/// Files that a reader never sees half of.
#pragma once

#include <filesystem>
#include <string>

#include "prw/base/error.h"

namespace prw::base {

/// By temporary file and rename; makes the folder. kIo with path.
[[nodiscard]] Result<void> write_whole(const std::filesystem::path& path, const std::string& contents);

}  // namespace prw::base
