#include "prw/exchange/exchange.h"

#include <algorithm>

#include "prw/proto/http_head.h"

namespace prw::exchange {

std::string Exchange::payload() const {
    if (!chunked) return raw_body;
    auto body = proto::dechunk(raw_body);
    return body ? std::move(*body) : std::string();  // a body that was cut off: see read_status
}

std::shared_ptr<const proto::Body> Exchange::body() const {
    if (!check.decoded) return nullptr;
    // Bytes that fit no message may have been decoded as another than the one that was declared.
    if (auto held = decoded.lock(); held && held->message() == check.message()) return held;
    const std::string dechunked = chunked ? payload() : std::string();
    const std::string_view compressed = chunked ? dechunked : raw_body;
    // It has been decompressed within the checker's limit; a second one could only lose it. Three bytes of a block
    // yield 64 at most, so that a file cannot claim whatever it likes.
    constexpr std::uint64_t kMostGrowth = 22;
    const auto limit = std::min<std::uint64_t>(check.uncompressed_size, kMostGrowth * compressed.size());
    auto own = proto::Body::uncompress(compressed, check.message(), limit);
    return own ? *std::move(own) : nullptr;
}

}  // namespace prw::exchange
