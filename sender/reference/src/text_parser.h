#pragma once

#include <string_view>

#include "prw/sender/exposition.h"

namespace prw::sender {

[[nodiscard]] Result<Scrape> parse_text(std::string_view input, bool openmetrics, const ParseOptions& options);
[[nodiscard]] Result<Scrape> parse_json(std::string_view input, const ParseOptions& options);
[[nodiscard]] Result<Scrape> parse_protobuf(std::string_view input, const ParseOptions& options);

}  // namespace prw::sender
