/// What became of the data of requests that were not answered in the usual way. Shared by judges and scenarios.
#pragma once

#include <cstdint>
#include <string_view>

#include "prw/sender_suite/observation.h"

namespace prw::sender_suite {

// Steps of the scripts of transport-faults, by which judges find the requests.
inline constexpr std::string_view kStepClose = "close", kStepReset = "reset", kStepCutHead = "204 cut in its head",
                                  kStepGarbage = "garbage", kStepCutBody = "503 cut in its body",
                                  kStepLargeBody = "503 with 1 MiB", kStepDribble = "204 byte by byte",
                                  kStepInterim = "204 after 100 Continue",
                                  kStepConnectionClose = "204 with Connection: close", kStepStall = "no answer",
                                  kStepUsual = "as usual";

/// The data of the first request that a step answered.
struct Fate {
    bool hit = false;  ///< there was such a request, with samples whose time the sender chooses
    std::uint64_t exchange = 0;
    std::int64_t first_byte_us = 0, start_us = 0, end_us = 0;  ///< start and end of the response
    std::uint64_t samples = 0;
    /// Of them in later requests that began after this one ended and did not meet the same step.
    std::uint64_t again = 0;
    std::uint64_t survived = 0;        ///< of them again, or acknowledged in a request that was under way meanwhile
    std::uint64_t acknowledged = 0;    ///< of them in other requests that were answered 2xx
    std::uint64_t again_exchange = 0;  ///< the first of those requests; 0: none
    std::int64_t again_us = 0;         ///< its first byte
    std::uint64_t later = 0;           ///< acknowledged requests after it with other samples
    std::uint64_t changed = 0;         ///< of those that did not survive, came under other labels or with other values
    std::uint32_t series = 0;          ///< one of those that did not come again, or else any
    [[nodiscard]] bool complete() const { return survived >= samples; }
    /// The batch came again, if not all that was in it: a sender that drops a batch drops the whole.
    [[nodiscard]] bool mostly() const { return survived * 2 > samples; }
    /// Nothing of it came again, in whatever form. Neither this nor mostly(): too little came to tell.
    [[nodiscard]] bool dropped() const { return survived == 0 && changed == 0; }
};
[[nodiscard]] Fate fate_of(const Observation& observation, std::string_view step);

}  // namespace prw::sender_suite
