#include "prw/receiver/exchange.h"

#include "prw/proto/http_head.h"

namespace prw::receiver {

std::string Exchange::payload() const {
    if (!chunked) return raw_body;
    auto body = proto::dechunk(raw_body);
    return body ? std::move(*body) : std::string();  // a body that was cut off: see read_status
}

}  // namespace prw::receiver
