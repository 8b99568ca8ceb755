/// Names of the answers that scenarios give on purpose, by which judges find the requests that met them.
#pragma once

#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "prw/proto/types.h"

namespace prw::sender_suite {

// 4xx
/// Those that 4xx answers to a sender that was asked for this message; for 2.0 there is a scenario about 415.
[[nodiscard]] inline std::vector<int> refusal_statuses(proto::ProtobufMessage asked) {
    std::vector<int> out = {400, 403, 404, 408, 409, 413, 422};
    if (asked == proto::ProtobufMessage::kV1) out.push_back(415);
    return out;
}
[[nodiscard]] inline std::string refusal_step(int status) { return "refuse with " + std::to_string(status); }
inline constexpr std::string_view kStepAsksForRetry = "400 that asks for a retry",
                                  kStepPartial400 = "400 with Written counts", kStepUnauthorized = "401";

// 5xx
inline constexpr std::array kOutageStatuses = {500, 501, 502, 503, 504};
/// For the first attempt with a batch alone.
[[nodiscard]] inline std::string batch_step(int status) { return "refuse a batch with " + std::to_string(status); }
/// Bytes of the text of an error in an outage: as many as a page of a proxy has. Who leaves it unread loses the
/// connection.
inline constexpr std::size_t kErrorPage = 8192;

// retry-after
inline constexpr std::string_view kStepSeconds = "503 with Retry-After in seconds",
                                  kStepMoreSeconds = "503 with Retry-After in more seconds", kStepPlain503 = "503",
                                  kStepDate = "503 with Retry-After as a date",
                                  kStepOddWord = "503 with Retry-After: soon",
                                  kStepPastDate = "503 with Retry-After in the past",
                                  kStepSaysPermanent = "503 that calls itself permanent",
                                  kStepPartial503 = "503 with Written counts", kStepLimited = "429",
                                  kStepLimitedWait = "429 with Retry-After";
/// Before, between and after the others, so that a back-off that grows meanwhile shows.
inline constexpr std::array kStepsPlain503 = {kStepPlain503, std::string_view("a second 503"),
                                              std::string_view("a third 503")};
inline constexpr std::array kStepsPastDate = {kStepPastDate,
                                              std::string_view("a second 503 with Retry-After in the past"),
                                              std::string_view("a third 503 with Retry-After in the past")};
/// Longer than what senders wait by themselves; two, so that a wait can be seen to follow.
inline constexpr std::chrono::seconds kRetryAfter(2), kRetryAfterMore(4), kRetryAfterDate(4), kRetryAfterLimited(3);

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

}  // namespace prw::sender_suite
