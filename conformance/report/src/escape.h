/// Text of a peer on its way into a report. A series name may hold anything; none of it may become markup, a control
/// code or a broken file. Internal.
#pragma once

#include <string>
#include <string_view>

#include "prw/base/escape.h"

namespace prw::report {

/// Well-formed UTF-8 without control characters but line feed and tab; each other byte becomes `\xNN`.
[[nodiscard]] std::string clean(std::string_view text);
/// clean(), for text and attributes of XML 1.0 and HTML.
[[nodiscard]] std::string escape_markup(std::string_view text);
/// clean(), on one line, with everything escaped that Markdown would take for markup; fit for a cell of a table.
[[nodiscard]] std::string escape_markdown(std::string_view text);
using base::cut;
using base::one_line;

}  // namespace prw::report
