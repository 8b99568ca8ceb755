/// Requests as a plain sender of 1.0 makes them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "prw/proto/model.h"
#include "prw/proto/snappy_block.h"

namespace prw::testing {

struct Posted {
    proto::Labels labels;
    std::vector<double> values;
};

inline std::string body_of(const std::vector<Posted>& all) {
    proto::WriteRequest request;
    std::int64_t timestamp = 1'700'000'000'000;
    for (const auto& [labels, values] : all) {
        auto& series = request.series.emplace_back();
        series.labels = labels;
        for (const auto value : values) series.samples.push_back({proto::to_bits(value), timestamp++, 0});
    }
    return proto::compress_snappy(proto::encode(request, proto::ProtobufMessage::kV1));
}

inline std::vector<std::pair<std::string, std::string>> fields() {
    return {{"Content-Type", "application/x-protobuf"},
            {"Content-Encoding", "snappy"},
            {"X-Prometheus-Remote-Write-Version", "0.1.0"},
            {"User-Agent", "testing/1.0"}};
}

/// Head and body, for the matchers.
inline std::pair<std::string, std::string> bytes_of(const std::vector<Posted>& all) {
    auto body = body_of(all);
    std::string head = "POST /api/v1/write HTTP/1.1\r\nHost: 127.0.0.1:9201\r\n";
    for (const auto& [name, value] : fields()) head += name + ": " + value + "\r\n";
    head += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
    return {std::move(head), std::move(body)};
}

}  // namespace prw::testing
