/// Which requests came over which connections. Internal to conformance.
#pragma once

#include <cstdint>
#include <vector>

#include "prw/sender_suite/observation.h"

namespace prw::sender_suite {

/// A client may close a connection that was idle for longer; common time-outs begin at 4 or 5 s.
inline constexpr std::int64_t kIdleUs = 3'500'000;

struct ConnectionUse {
    std::uint64_t requests = 0, connections = 0;
    std::uint64_t chances = 0;  ///< requests for which there was a connection that had just become idle
};
[[nodiscard]] ConnectionUse use_of_connections(const std::vector<Delivery>& deliveries);

}  // namespace prw::sender_suite
