/// Moves a request in time, so that what was captured once can be sent again today. Bytes in, bytes out: everything but
/// the timestamps stays as it was written, down to field order, unknown fields and varints that are longer than need
/// be.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "prw/base/error.h"
#include "prw/proto/view.h"

namespace prw::proto {

/// The newest timestamp (ms) of samples and histograms, or of exemplars where there are neither; nullopt when there is
/// none but 0, which means that it was never set.
[[nodiscard]] std::optional<std::int64_t> newest_timestamp(const RequestView& view);

/// Adds `by_ms` to each timestamp of samples, histograms and exemplars and to each start timestamp. A timestamp of 0
/// (not set), and one that would leave the range of int64, stays. Values stay bit for bit, stale markers among them.
/// kMalformed for bytes that are not well-formed protobuf; kTooLarge when the result would exceed protobuf's 2 GiB.
[[nodiscard]] Result<std::string> shift_timestamps(std::string_view message, ProtobufMessage kind, std::int64_t by_ms);

/// The shifted timestamp, by the same rules.
[[nodiscard]] std::int64_t shift_timestamp(std::int64_t timestamp, std::int64_t by_ms);

}  // namespace prw::proto
