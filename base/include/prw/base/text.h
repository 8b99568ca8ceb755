/// Small pieces of text that more than one room writes: counts, lists, quotes. What is foreign goes through escape.h.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "prw/base/escape.h"

namespace prw::base {

// ---- Letters of ASCII, whatever the locale ----

[[nodiscard]] constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
[[nodiscard]] constexpr bool alphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
[[nodiscard]] std::string lower(std::string_view text);
/// Equal but for the case of letters: "Content-TYPE" and "content-type", not "[" and "{".
[[nodiscard]] bool iequals(std::string_view a, std::string_view b);

// ---- Counts and lists ----

/// "1 sample", "3 samples"; "2 entries" where `many` is not `one` and an s.
[[nodiscard]] std::string count_text(std::uint64_t count, std::string_view one, std::string_view many = {});

/// Adds to "a, b".
void add_word(std::string& list, std::string_view word, std::string_view separator = ", ");
/// "a, b, c".
template <typename Words>
[[nodiscard]] std::string joined(const Words& words, std::string_view separator = ", ") {
    std::string out;
    bool first = true;
    for (const auto& word : words) {
        if (!first) out += separator;
        out += word;
        first = false;
    }
    return out;
}

// ---- Quotes, one for each syntax ----

/// "…" as labels have it, for a message: what may not be shown escaped, `"` and `\` behind a `\`, cut as escaped()
/// does.
[[nodiscard]] std::string quoted(std::string_view text, std::size_t max = kUncut);
/// A word of a POSIX shell; in '…' only where it has to be.
[[nodiscard]] std::string shell_word(std::string_view word);
/// A double-quoted scalar of YAML. `text` has no controls but tabs and line breaks.
[[nodiscard]] std::string yaml_quoted(std::string_view text);
/// For the path of a URL (RFC 3986): all but unreserved characters and '/' as %XX.
[[nodiscard]] std::string percent_encoded(std::string_view text);
/// %XX of either case decoded; a '%' without two digits stays.
[[nodiscard]] std::string percent_decoded(std::string_view text);

}  // namespace prw::base
