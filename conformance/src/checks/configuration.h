/// How the configuration scenario configures the program, for its judges.
#pragma once

#include <array>
#include <string_view>

namespace prw::conformance {

inline constexpr std::string_view kConfiguredTarget = "/prw/configured/write?tenant=a&zone=b";
inline constexpr std::string_view kBasicTarget = "/prw/basic/write";
inline constexpr std::string_view kBearerTarget = "/prw/bearer/write";
inline constexpr std::string_view kTlsTarget = "/prw/tls/write";
inline constexpr std::string_view kCustomHeader = "X-Prw-Test", kCustomValue = "prw";
/// Of kTestUser and kTestPassword.
inline constexpr std::string_view kBasicCredentials = "Basic cHJ3LXVzZXI6cHJ3LXdvcmQ=";

struct ReservedHeader {
    std::string_view name, value;  ///< the name in some spelling, a value that the sender would never send by itself
    std::string_view target;       ///< path of the start that tries it
};
/// The four that both versions name.
inline constexpr std::array<ReservedHeader, 4> kReservedHeaders = {{
    {"Content-Encoding", "identity", "/prw/reserved-1/write"},
    {"content-type", "text/plain", "/prw/reserved-2/write"},
    {"X-PROMETHEUS-REMOTE-WRITE-VERSION", "9.9.9", "/prw/reserved-3/write"},
    {"User-agent", "prw-override/1.0", "/prw/reserved-4/write"},
}};

/// The path of a request target.
[[nodiscard]] inline std::string_view path_of(std::string_view target) { return target.substr(0, target.find('?')); }

}  // namespace prw::conformance
