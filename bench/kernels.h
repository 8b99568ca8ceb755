/// What is measured: each kernel does one thing to one request of a payload.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "payload.h"

namespace prw::bench {

struct Kernel {
    std::string_view name;
    const Payload* payload;
    /// Handles request number `i`; false when the result is not what a clean request must give.
    std::function<bool(std::size_t i)> run;
};

/// Kernels over one payload, which must outlive them. Scratch memory is kept between requests, as a server's worker
/// would.
[[nodiscard]] Kernel snappy_kernel(const Payload& payload);  ///< S: snappy::RawUncompress into a reused buffer
[[nodiscard]] Kernel memcpy_kernel(
    const Payload& payload);  ///< the floor below which a result is a fault of the benchmark
[[nodiscard]] Kernel libprotobuf_kernel(const Payload& payload,
                                        proto::ProtobufMessage message);  ///< arena parse, not decompressed, no rule
[[nodiscard]] Kernel walk_kernel(const Payload& payload,
                                 proto::ProtobufMessage message);  ///< FastAccept on decompressed bytes
[[nodiscard]] Kernel accept_kernel(const Payload& payload,
                                   proto::ProtobufMessage message);  ///< decompress + FastAccept
[[nodiscard]] Kernel check_kernel(const Payload& payload,
                                  proto::ProtobufMessage message);  ///< Checker::check(head, body): the goal
[[nodiscard]] Kernel slow_kernel(const Payload& payload,
                                 proto::ProtobufMessage message);  ///< decompress + decode + every message rule

/// CPU time of this thread in nanoseconds.
[[nodiscard]] double thread_cpu_ns();

}  // namespace prw::bench
