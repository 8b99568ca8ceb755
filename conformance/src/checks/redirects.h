/// How the redirects scenario names things, for its judge.
#pragma once

#include <array>
#include <string>

namespace prw::conformance {

inline constexpr std::array kRedirectStatuses = {301, 302, 303, 307, 308};
inline constexpr const char* kRedirectedPath = "/prw/redirected";
[[nodiscard]] inline std::string redirect_step(int status) { return "redirect with " + std::to_string(status); }
[[nodiscard]] inline std::string redirect_target(int status) {
    return std::string(kRedirectedPath) + "?from=" + std::to_string(status);
}

}  // namespace prw::conformance
