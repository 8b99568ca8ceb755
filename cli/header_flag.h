/// `--header 'NAME: VALUE'`, as every command takes it.
#pragma once

#include <string>
#include <utility>

#include "prw/base/error.h"

namespace prw::cli {

/// Name and value, without the blanks before it; whether they may be sent is for the command to say. kInvalidArgument
/// without a colon.
[[nodiscard]] inline Result<std::pair<std::string, std::string>> parse_header_flag(const std::string& text) {
    const auto colon = text.find(':');
    if (colon == std::string::npos)
        return fail(ErrorCode::kInvalidArgument, "--header is 'NAME: VALUE', got \"" + text + "\"");
    const auto value = text.find_first_not_of(" \t", colon + 1);
    return std::pair(text.substr(0, colon), value == std::string::npos ? std::string() : text.substr(value));
}

}  // namespace prw::cli
