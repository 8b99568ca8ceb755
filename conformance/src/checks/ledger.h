/// What became of refused data. Shared by the judges of the retry scenarios and by the scenarios, which wait for it.
#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include "prw/conformance/observation.h"

namespace prw::conformance {

struct Attempt {
    std::uint64_t exchange = 0;
    int status = 0;
    std::int64_t first_byte_us = 0, response_end_us = 0;
    proto::ProtobufMessage message = proto::ProtobufMessage::kV1;
    std::string_view step;  ///< of the script that answered; lives as long as the observation
};

/// One datum that was refused at least once, with all its attempts in order.
struct RefusedDatum {
    ObservedSample sample;
    std::vector<Attempt> attempts;
    std::int64_t restamped_us = 0;  ///< when its value came again under another timestamp; 0: never
    std::uint64_t restamped_exchange = 0;
    [[nodiscard]] bool retried() const { return attempts.size() > 1; }
    [[nodiscard]] bool acknowledged() const;
};

/// True when data that had been accepted without ado came again: a retry cannot be told from such a habit.
[[nodiscard]] bool repeats_accepted(const Observation& observation);

/// Data refused with a status in [lowest, highest], without series whose timestamps the source dictates.
[[nodiscard]] std::vector<RefusedDatum> refused_data(const Observation& observation, int lowest, int highest);

}  // namespace prw::conformance
