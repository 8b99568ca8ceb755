/// Values of flags with units, the way Prometheus writes them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "prw/base/error.h"

namespace prw::base {

/// "500ms", "1.5s", "1m30s", "2h", "0"; a bare number other than 0 is refused, so that nobody has to guess the unit.
[[nodiscard]] Result<std::chrono::milliseconds> parse_duration(std::string_view text);
/// "4096", "64KiB", "32MiB", "1GiB", also KB/MB/GB (powers of 1000).
[[nodiscard]] Result<std::uint64_t> parse_size(std::string_view text);
/// "HOST:PORT", "[::1]:PORT", ":PORT" (all of 127.0.0.1).
struct HostPort {
    std::string host;
    std::uint16_t port = 0;
};
[[nodiscard]] Result<HostPort> parse_host_port(std::string_view text);

/// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 5.6.7); fractions of a second are cut.
[[nodiscard]] std::string http_date(std::int64_t unix_ms);

/// "412 ms", "3.8 s"; what is less than a tenth of a second is cut.
[[nodiscard]] std::string duration_text(std::int64_t ms);
/// "2.1 s"; the same, for what is always told in seconds.
[[nodiscard]] std::string seconds_text(std::int64_t us);

/// "2026-01-02T03:04:05.678Z" in the years 0 to 9999; nullopt for what a calendar does not print.
[[nodiscard]] std::optional<std::string> calendar_text(std::int64_t unix_ms);
/// The time of day, to the second: "2026-01-02T03:04:05Z".
[[nodiscard]] std::string utc_now();
/// "2026-01-02T03:04:05.678Z" from 1970 to 9999, else the number with its unit.
[[nodiscard]] std::string timestamp_text(std::int64_t unix_ms);
/// A timestamp as it was sent, with its date beside it: "1767323045678 (2026-01-02T03:04:05.678Z)". Below 1e11 the date
/// would be of the seventies and mean nothing, so there is none.
[[nodiscard]] std::string dated(std::int64_t unix_ms);

}  // namespace prw::base
