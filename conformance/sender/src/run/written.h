/// Whether a program's log shows that it noticed a success without Written headers. Internal to conformance.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace prw::sender_suite {

/// True when some line speaks of what was written, in words of failure, or of an unsupported message. What prw itself
/// handed to the program (`handed`: paths, URLs, values, texts) is no word of the program's, wherever it repeats it.
[[nodiscard]] bool speaks_of_written(std::string_view log, const std::vector<std::string>& handed);

}  // namespace prw::sender_suite
