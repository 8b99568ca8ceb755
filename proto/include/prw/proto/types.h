/// Vocabulary of the wire, shared by every room.
#pragma once

#include <cstdint>
#include <string_view>

#include "prw/base/enum_table.h"

namespace prw::proto {

/// The two protobuf messages of the protocol, always told apart by Content-Type and never by the version header.
enum class ProtobufMessage : std::uint8_t {
    kV1,  ///< prometheus.WriteRequest (Remote Write 1.0)
    kV2,  ///< io.prometheus.write.v2.Request (Remote Write 2.0-rc.4)
};

/// "prometheus.WriteRequest" or "io.prometheus.write.v2.Request".
[[nodiscard]] std::string_view full_name(ProtobufMessage message);
/// "1.0" or "2.0": the word used in flags, reports and results.json.
[[nodiscard]] std::string_view short_name(ProtobufMessage message);
/// Accepts the short and the full name. Returns false and leaves `out` alone otherwise.
[[nodiscard]] bool parse_protobuf_message(std::string_view text, ProtobufMessage& out);

/// Half-open byte range [offset, offset+size). What it counts in (head, body, decompressed message) is said where it is
/// used.
struct ByteRange {
    std::uint32_t offset = 0;
    std::uint32_t size = 0;
    [[nodiscard]] std::uint32_t end() const { return offset + size; }
    friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

/// The staleness marker, prw1.stale.nan-pattern. Compare bits, never values.
inline constexpr std::uint64_t kStaleNanBits = 0x7ff0000000000002ULL;
/// Prometheus' ordinary NaN.
inline constexpr std::uint64_t kNormalNanBits = 0x7ff8000000000001ULL;
/// What a staleness marker becomes when it passes through floating-point arithmetic (the quiet bit gets set).
inline constexpr std::uint64_t kMangledStaleNanBits = 0x7ff8000000000002ULL;

/// `MetricMetadata.MetricType` of 1.0 and `Metadata.MetricType` of 2.0: the numbers coincide.
enum class MetricType : std::uint32_t {
    kUnspecified = 0,
    kCounter = 1,
    kGauge = 2,
    kHistogram = 3,
    kGaugeHistogram = 4,
    kSummary = 5,
    kInfo = 6,
    kStateset = 7,
};
/// "counter", "gauge", "histogram", "gaugehistogram", "summary", "info", "stateset"; "unknown" for 0 and out of range.
// clang-format off
inline constexpr auto kMetricTypeNames = base::enum_table<MetricType>("type", {
    {MetricType::kCounter,        "counter"},
    {MetricType::kGauge,          "gauge"},
    {MetricType::kHistogram,      "histogram"},
    {MetricType::kGaugeHistogram, "gaugehistogram"},
    {MetricType::kSummary,        "summary"},
    {MetricType::kInfo,           "info"},
    {MetricType::kStateset,       "stateset"},
    {MetricType::kUnspecified,    "unknown"},
});
// clang-format on
[[nodiscard]] std::string_view name_of(MetricType type);

}  // namespace prw::proto
