/// The protobuf exposition: io.prometheus.client.MetricFamily messages, each after its length as a varint. What the
/// wire can say, as a model: the scrape target writes it, the reference sender reads it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "prw/base/error.h"
#include "prw/proto/model.h"

namespace prw::proto {

/// As the wire numbers them.
enum class ExposedType : std::uint8_t { kCounter, kGauge, kSummary, kUntyped, kHistogram, kGaugeHistogram };

struct ExposedExemplar {
    Labels labels;  ///< in the order of the wire
    std::uint64_t value_bits = 0;
    std::optional<std::int64_t> timestamp_ms;
};

struct ExposedBucket {
    std::uint64_t upper_bound_bits = 0;
    double cumulative_count = 0;
    std::optional<ExposedExemplar> exemplar;
};

struct ExposedQuantile {
    std::uint64_t quantile_bits = 0, value_bits = 0;
};

/// One metric of a family; which fields it uses follows from the family's type.
struct ExposedMetric {
    Labels labels;  ///< without __name__, in the order of the wire
    std::optional<std::int64_t> timestamp_ms;
    std::optional<std::int64_t> start_timestamp_ms;  ///< counters, summaries, histograms

    std::uint64_t value_bits = 0;             ///< counter, gauge, untyped
    std::optional<ExposedExemplar> exemplar;  ///< counter

    double count = 0;                        ///< summary, classic histogram; the native one has its own
    std::uint64_t sum_bits = 0;              ///< summary, classic histogram
    std::vector<ExposedQuantile> quantiles;  ///< summary
    std::vector<ExposedBucket> buckets;      ///< classic histogram, as served; empty for one that is native alone
    std::optional<Histogram> native;         ///< with schema; timestamps and hint are unset
    std::vector<ExposedExemplar> exemplars;  ///< of the native histogram
};

struct ExposedFamily {
    std::string name;  ///< of counters with _total
    std::string help, unit;
    ExposedType type = ExposedType::kUntyped;
    std::vector<ExposedMetric> metrics;
};

inline constexpr std::string_view kMetricFamilyContentType =
    "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited";

/// All families, delimited. A native histogram without observations and without zero threshold goes out with an empty
/// span, by which readers know it from a classic one without buckets.
[[nodiscard]] std::string encode_metric_families(const std::vector<ExposedFamily>& families);

/// kMalformed with "byte N", where the length of the message starts, in `where`: a length or a message is broken, a
/// family has no name or an unknown type, a metric lacks what its type demands, or a time is beyond int64 milliseconds.
/// Text may be any bytes: nothing checks that it is UTF-8. A histogram is native when it has a span, a zero threshold
/// or a zero count, and float when it says so; the empty span of one without observations is left out. O(size); memory
/// is a multiple of the input, so bound the input.
[[nodiscard]] Result<std::vector<ExposedFamily>> decode_metric_families(std::string_view bytes);

/// Whether the bytes start with a delimited metric family that has metrics, its name first. Never true for a text
/// exposition or JSON that is valid; false, too, when the name has blanks, quotes, braces or '#'.
[[nodiscard]] bool looks_like_metric_families(std::string_view bytes);

}  // namespace prw::proto
