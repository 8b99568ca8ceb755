/// A JSON document that remembers where everything stood and keeps numbers as text: -0 and 2^53+1 must reach
/// parse_value() unharmed, and every complaint must name line and column.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "prw/base/error.h"

namespace prw::sender {

struct JsonValue {
    enum class Kind : std::uint8_t { kNull, kBool, kNumber, kString, kArray, kObject };
    Kind kind = Kind::kNull;
    bool boolean = false;
    std::string text;  ///< a string's contents, a number's literal
    std::vector<JsonValue> items;
    std::vector<std::pair<std::string, JsonValue>> members;  ///< in order; keys are unique
    std::uint32_t line = 1, column = 1;

    [[nodiscard]] const JsonValue* find(std::string_view key) const;
    [[nodiscard]] std::string_view kind_name() const;
};

/// RFC 8259, nested at most 32 deep. Errors have "SOURCE:LINE:COLUMN" in `where`. O(size).
[[nodiscard]] Result<JsonValue> read_json(std::string_view input, std::string_view source);

}  // namespace prw::sender
