/// Remote Read, by which what a receiver has stored is read back bit for bit: prometheus.ReadRequest and ReadResponse
/// as models. The bytes are not compressed here; on the wire both are snappy blocks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "prw/base/error.h"
#include "prw/proto/model.h"

namespace prw::proto {

/// Where Prometheus serves it.
inline constexpr const char* kReadPath = "/api/v1/read";
inline constexpr const char* kReadVersionHeader = "X-Prometheus-Remote-Read-Version";
inline constexpr const char* kReadVersion = "0.1.0";

struct LabelMatcher {
    /// As the wire numbers them.
    enum class Type : std::uint8_t { kEqual, kNotEqual, kRegex, kNotRegex };
    Type type = Type::kEqual;
    std::string name, value;
};

struct ReadQuery {
    std::int64_t start_ms = 0, end_ms = 0;  ///< both inclusive
    std::vector<LabelMatcher> matchers;     ///< all must hold
};

struct ReadRequest {
    std::vector<ReadQuery> queries;
    bool takes_samples = true;  ///< accepted_response_types has SAMPLES, or is empty
};

/// One for each query, in order. Series have labels, samples and histograms only.
using ReadResults = std::vector<std::vector<Series>>;

[[nodiscard]] std::string encode_read_request(const ReadRequest& request);
/// kMalformed; a type of matcher that is not known is one, too. Memory is a multiple of the input, so bound the input.
[[nodiscard]] Result<ReadRequest> decode_read_request(std::string_view bytes);

[[nodiscard]] std::string encode_read_response(const ReadResults& results);
/// kMalformed, or kTooLarge where a result has more elements than DecodeLimits allows.
[[nodiscard]] Result<ReadResults> decode_read_response(std::string_view bytes);

}  // namespace prw::proto
