/// Numbers from which on rules have something to say. The rules, the fast path (which accepts nothing beyond them) and
/// whoever prepares input share them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "prw/proto/protocol.h"

namespace prw::rules::limits {

// Those that senders know of as well.
using proto::limits::kExemplarCharacters;
using proto::limits::kSeries;
using proto::limits::kUsualLabelValue;

// ext.labels.size-sane. The most that a widespread receiver takes by default is a warning, what Mimir and Cortex take
// by default a note.
inline constexpr std::size_t kLabels = 40, kUsualLabels = 30;
inline constexpr std::size_t kLabelName = 1024;   ///< bytes
inline constexpr std::size_t kLabelValue = 4096;  ///< bytes

// Timestamps in milliseconds.
inline constexpr std::int64_t kFirstTimestamp = 100'000'000'000;     ///< 1973-03-03; as seconds the year 5138
inline constexpr std::int64_t kLastTimestamp = 100'000'000'000'000;  ///< 5138-11-16; as microseconds 1973
inline constexpr std::int64_t kFuture = 600'000;  ///< ahead of the receiver's clock; Prometheus' own bound

}  // namespace prw::rules::limits
