/// How long to wait before the next attempt.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "prw/sender/clock.h"

namespace prw::sender {

/// Exponential backoff with jitter: the n-th delay is drawn from [d/2, d], d = min(minimum * 2^n, maximum).
class Backoff {
public:
    Backoff(Milliseconds minimum, Milliseconds maximum, Random random);
    [[nodiscard]] Milliseconds next();
    /// After a success the next failure starts from the minimum again.
    void reset();

private:
    Milliseconds minimum_, maximum_, current_;
    Random random_;
};

/// No Retry-After is honoured for longer than this: a typing error at the receiver must not silence a sender for a
/// year.
inline constexpr Milliseconds kMaxRetryAfter{3'600'000};

/// Retry-After of RFC 9110 10.2.3: delta-seconds, or an HTTP-date in any of its three forms, taken relative to
/// `now_ms`. Whatever is neither, and dates that have passed, count as absent.
[[nodiscard]] std::optional<Milliseconds> parse_retry_after(std::string_view value, std::int64_t now_ms);

/// An HTTP-date (RFC 9110 5.6.7: IMF-fixdate, RFC 850, asctime) as ms since the epoch.
[[nodiscard]] std::optional<std::int64_t> parse_http_date(std::string_view value);

}  // namespace prw::sender
