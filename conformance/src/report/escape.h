/// Text of a peer on its way into a report. A series name may hold anything; none of it may become markup, a control
/// code or a broken file. Internal.
#pragma once

#include <string>
#include <string_view>

namespace prw::conformance::report {

/// Well-formed UTF-8 without control characters but line feed and tab; each other byte becomes `\xNN`.
[[nodiscard]] std::string clean(std::string_view text);
/// clean(), for text and attributes of XML 1.0 and HTML.
[[nodiscard]] std::string escape_markup(std::string_view text);
/// clean(), on one line, with everything escaped that Markdown would take for markup; fit for a cell of a table.
[[nodiscard]] std::string escape_markdown(std::string_view text);
/// clean(), on one line.
[[nodiscard]] std::string one_line(std::string_view text);
/// At most `max` bytes, cut between characters and ended by "…".
[[nodiscard]] std::string cut(std::string text, std::size_t max);

}  // namespace prw::conformance::report
