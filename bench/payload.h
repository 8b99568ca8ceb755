/// Deterministic request bodies that look like the field's: series of Kubernetes targets or of node exporters, in
/// scrape order or shuffled, in both messages. Clean under every rule. Written by hand here, so that no code under
/// measurement makes its own input.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "prw/proto/types.h"

namespace prw::bench {

enum class Shape : std::uint8_t {
    kKubernetes,    ///< ten labels a series, about 284 B a series in 1.0
    kNodeExporter,  ///< about six labels a series, as vmagent or Prometheus send it
};

struct PayloadOptions {
    proto::ProtobufMessage message = proto::ProtobufMessage::kV1;
    Shape shape = Shape::kKubernetes;
    std::size_t series_per_request = 2000;
    std::size_t active_series =
        40000;               ///< requests rotate over these, so that nothing is replayed from the nearest cache
    std::size_t rounds = 2;  ///< scrapes; each one sends every active series once
    bool shuffled = false;   ///< series order permuted anew in each round
    std::int64_t now_ms = 1'800'000'000'000;  ///< receiver's clock; samples are a little older
};

struct Payload {
    std::vector<std::string> messages;  ///< serialised protobuf
    std::vector<std::string> bodies;    ///< the same, as snappy blocks
    std::uint64_t series = 0, labels = 0, raw_bytes = 0, wire_bytes = 0;
    std::int64_t now_ms = 0;
};

[[nodiscard]] Payload make_payload(const PayloadOptions& options);

/// The head that belongs to such a body; a conforming sender's.
[[nodiscard]] std::string make_head(proto::ProtobufMessage message, std::size_t body_size);

}  // namespace prw::bench
