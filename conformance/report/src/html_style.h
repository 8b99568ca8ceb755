#pragma once

#include <string_view>

namespace prw::report {

/// The report's style sheet: light and dark by the reader's preference, print, no external resource.
extern const std::string_view kStyle;

}  // namespace prw::report
