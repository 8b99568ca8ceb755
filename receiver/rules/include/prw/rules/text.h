/// Findings as text for people: the same fields in the terminal report, `prw inspect` and `prw receive`. No control
/// codes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "prw/rules/finding.h"

namespace prw::rules {

/// As a width: text of any length stays on its line, so that a command can be pasted.
inline constexpr int kUnwrapped = 0;

/// Appends "    key     text", wrapped at blanks to `width` columns with a hanging indent. Line breaks in `text` are
/// kept, lines that start with a blank (a hex dump with its carets) are never wrapped, and the rest is printable().
/// Appends nothing when `text` is empty.
void append_field(std::string& out, std::string_view key, std::string_view text, int width = 80);

/// "field timeseries[0].labels[1], protobuf byte 120 to 128, body byte 98": where it is; empty if unknown.
[[nodiscard]] std::string place_text(const Finding& finding);

/// Appends series, place, bytes and fix, each as a field; not the message.
void append_finding_fields(std::string& out, const Finding& finding, int width = 80);

/// One finding with everything known of it:
/// "  x labels/sorted   MUST   prw1.labels.sorted (480 times)", then message, series, place, bytes and fix.
[[nodiscard]] std::string finding_text(const Finding& finding, int width = 80);

/// "MUST", "SHOULD NOT", …; "practice" for what the specification does not say.
[[nodiscard]] std::string_view level_word(proto::Level level, bool extension);
/// The same for a line of its own: "practice, not in the specification (SHOULD)".
[[nodiscard]] std::string level_text(proto::Level level, bool extension);

/// 'x', '!' or '~': carries the severity without colour.
[[nodiscard]] char mark_of(Severity severity);

/// What a terminal would obey, what hides, and what is not UTF-8 as \xNN (base::escaped()), cut at `max` bytes with
/// "…": nothing that a peer sent may move the cursor.
[[nodiscard]] std::string printable(std::string_view text, std::size_t max = 200);

/// The bits of a value as "0x7ff0000000000002": what tells NaNs apart.
[[nodiscard]] std::string bits_text(std::uint64_t bits);

}  // namespace prw::rules
