#include "connections.h"

#include <algorithm>
#include <iterator>
#include <set>

namespace prw::sender_suite {

ConnectionUse use_of_connections(const std::vector<Delivery>& deliveries) {
    ConnectionUse out;
    std::set<std::uint64_t> connections;
    std::vector<std::int64_t> ends;  // of answers, after each of which a connection is idle
    for (const auto& delivery : deliveries) {
        connections.insert(delivery.connection);
        if (delivery.status != 0) ends.push_back(delivery.response_end_us);
    }
    std::sort(ends.begin(), ends.end());
    for (const auto& delivery : deliveries) {
        const auto after = std::upper_bound(ends.begin(), ends.end(), delivery.first_byte_us);
        if (after != ends.begin() && delivery.first_byte_us - *std::prev(after) <= kIdleUs) ++out.chances;
    }
    out.requests = deliveries.size();
    out.connections = connections.size();
    return out;
}

}  // namespace prw::sender_suite
