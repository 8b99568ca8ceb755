/// Names of the answers that scenarios give on purpose, by which judges find the requests that met them.
#pragma once

#include <array>
#include <chrono>
#include <string>
#include <string_view>

namespace prw::conformance {

// 4xx
inline constexpr std::array kRefusalStatuses = {400, 403, 404, 408, 409, 413, 422};
[[nodiscard]] inline std::string refusal_step(int status) { return "refuse with " + std::to_string(status); }
inline constexpr std::string_view kStepAsksForRetry = "400 that asks for a retry",
                                  kStepPartial400 = "400 with Written counts", kStepUnauthorized = "401";

/// Bytes of the text of an error in an outage: as many as a page of a proxy has. Who leaves it unread loses the
/// connection.
inline constexpr std::size_t kErrorPage = 8192;

// retry-after
inline constexpr std::string_view kStepSeconds = "503 with Retry-After in seconds", kStepPlain503 = "503",
                                  kStepDate = "503 with Retry-After as a date",
                                  kStepOddWord = "503 with Retry-After: soon",
                                  kStepPastDate = "503 with Retry-After in the past",
                                  kStepSaysPermanent = "503 that calls itself permanent",
                                  kStepPartial503 = "503 with Written counts", kStepLimited = "429",
                                  kStepLimitedWait = "429 with Retry-After";
inline constexpr std::chrono::seconds kRetryAfter(2), kRetryAfterDate(2), kRetryAfterLimited(1);

// 2xx
inline constexpr std::string_view kStepErrorIn200 = "200 with an error in its body", kStepPlain200 = "200",
                                  kStep202 = "202", kStep204 = "204", kStepOtherVersion = "204 naming another version",
                                  kStepWrittenZero = "204 with Written counts of zero",
                                  kStepWrittenPart = "204 with a Written count of one",
                                  kStepWrittenOdd = "204 with a Written count that is no number",
                                  kStepNotWritten = "204 without Written headers";

// slow-receiver: longer than a scraping sender takes to have newer data.
inline constexpr std::string_view kStepSlow = "slow answer";
inline constexpr std::chrono::milliseconds kSlowAnswer(1300);
inline constexpr std::uint64_t kSlowRequests = 4;

// 415: everything that the receiver answers by itself.

}  // namespace prw::conformance
