/// Credentials in the head of a request: what must not leave the machine with a file that is made to be shared.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace prw::proto {

/// Authorization, Proxy-Authorization, Cookie and the names in use for keys and tokens; case-insensitive.
[[nodiscard]] bool carries_credentials(std::string_view header_name);

/// Overwrites the values of such fields with 'x', as long as they were, so that byte ranges in the head stay true. The
/// scheme ("Basic", "Bearer") stays, and so does a value that is `known`, which is none of the user's. A head that does
/// not parse is left as it is.
void redact_credentials(std::string& raw_head, std::span<const std::string> known = {});

}  // namespace prw::proto
