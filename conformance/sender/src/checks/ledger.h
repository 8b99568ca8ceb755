/// What became of refused data. Shared by the judges of the retry scenarios and by the scenarios, which wait for it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "prw/sender_suite/observation.h"

namespace prw::sender_suite {

/// Below this two attempts are as close as a loop without any wait on a busy machine; the shortest back-off in the
/// field starts at 30 ms.
inline constexpr std::int64_t kNoDelayUs = 10'000;

/// What came in the place of a sample that did not come again as it was.
struct Changed {
    std::uint64_t exchange = 0;  ///< that brought it
    ObservedSample sample;
    bool labels = false;  ///< the same value under other labels; else another value of the same series and time
};
/// Of samples, each with the exchange that first brought it: what later ones brought in their place.
[[nodiscard]] std::map<ObservedSample, Changed> changed_later(const Observation& observation,
                                                              const std::map<ObservedSample, std::uint64_t>& missing);

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
    std::optional<Changed> changed;  ///< of one that came again neither as it was nor restamped: by find_changed()
    [[nodiscard]] bool retried() const { return attempts.size() > 1; }
    [[nodiscard]] bool acknowledged() const;
};

struct Retry {
    Attempt from, to;
};
/// From each attempt that was answered with a status in [lowest, highest] to the next one with any of the same data, by
/// exchange of the former.
[[nodiscard]] std::map<std::uint64_t, Retry> retries_of(const std::vector<RefusedDatum>& data, int lowest, int highest);

/// What has been acknowledged so far.
class Acknowledged {
public:
    /// The request that was answered 2xx for this sample before `delivery` began; 0: none. One that was under way when
    /// the answer went out is no answer to it.
    [[nodiscard]] std::uint64_t before(const ObservedSample& sample, const Delivery& delivery) const;
    /// Does nothing for one that was not acknowledged.
    void add(const Delivery& delivery);

private:
    struct First {
        std::uint64_t exchange;
        std::int64_t end_us;
    };
    std::map<ObservedSample, First> first_;
};

/// True when nearly all data that had been accepted without ado came again: a retry cannot be told from such a habit.
/// Where some series alone do so, dictated() leaves them out.
[[nodiscard]] bool repeats_accepted(const Observation& observation);

/// Data refused with a status in [lowest, highest], without series that come again by right or by habit.
[[nodiscard]] std::vector<RefusedDatum> refused_data(const Observation& observation, int lowest, int highest);
void find_changed(const Observation& observation, std::vector<RefusedDatum>& data);

}  // namespace prw::sender_suite
