/// Text that came from outside, on its way to a terminal or a report: nothing in it may move the cursor, ring, turn the
/// direction of writing or hide.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace prw::base {

/// One character of a text: how many bytes it has (1 for a byte that is not UTF-8), and whether it may be shown as it
/// is. Controls (C0, DEL, C1), bidirectional overrides and marks, characters without width, line and paragraph
/// separators and tags may not.
struct Character {
    std::size_t size = 1;
    bool shown = false;
};
/// The character at `at`, which is less than text.size().
[[nodiscard]] Character character_at(std::string_view text, std::size_t at);

/// Appends one character that may not be shown: \n, or \xNN for each of its bytes.
void append_escape(std::string& out, std::string_view character);

inline constexpr std::size_t kUncut = static_cast<std::size_t>(-1);

/// `text` with all that may not be shown escaped, but for the controls in `keep`; cut at a character within `max` bytes
/// of it with "…".
[[nodiscard]] std::string escaped(std::string_view text, std::size_t max = kUncut, std::string_view keep = {});
/// All that may not be shown escaped, and line feeds and tabs as blanks: fit for one line.
[[nodiscard]] std::string one_line(std::string_view text);
/// At most `max` bytes, cut between characters and ended by "…".
[[nodiscard]] std::string cut(std::string text, std::size_t max);

}  // namespace prw::base
