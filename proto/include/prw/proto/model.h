/// An owned, protocol-neutral model of what one request carries, and its encodings. The reference sender builds these;
/// libprotobuf does the encoding, so that our reader and our writer are independent of one another.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "prw/base/error.h"
#include "prw/proto/types.h"
#include "prw/proto/view.h"

namespace prw::proto {

using Labels = std::vector<std::pair<std::string, std::string>>;  ///< sorted by name unless a mutant says otherwise

struct Sample {
    std::uint64_t value_bits = 0;
    std::int64_t timestamp = 0;        ///< ms
    std::int64_t start_timestamp = 0;  ///< ms; dropped in 1.0
};

struct BucketSpan {
    std::int32_t offset = 0;
    std::uint32_t length = 0;
};

struct Histogram {
    std::variant<std::uint64_t, double> count = std::uint64_t{0};
    std::variant<std::uint64_t, double> zero_count = std::uint64_t{0};
    std::uint64_t sum_bits = 0;
    std::int32_t schema = 0;
    double zero_threshold = 0;
    std::uint32_t reset_hint = 0;
    std::vector<BucketSpan> positive_spans, negative_spans;
    std::vector<std::int64_t> positive_deltas, negative_deltas;  ///< integer histograms
    std::vector<double> positive_counts, negative_counts;        ///< float histograms
    std::vector<double> custom_values;
    std::int64_t timestamp = 0, start_timestamp = 0;
};

struct Exemplar {
    Labels labels;
    std::uint64_t value_bits = 0;
    std::int64_t timestamp = 0;
};

struct Metadata {
    MetricType type = MetricType::kUnspecified;
    std::string family;  ///< used by 1.0 only
    std::string help, unit;
};

struct Series {
    Labels labels;
    std::vector<Sample> samples;
    std::vector<Histogram> histograms;
    std::vector<Exemplar> exemplars;
    Metadata metadata;  ///< 2.0: sent with the series
};

struct WriteRequest {
    std::vector<Series> series;
    std::vector<Metadata> metadata;  ///< 1.0: WriteRequest.metadata (field 3, Prometheus' extension)
};

/// Serialised protobuf, not compressed. 2.0 interns strings with "" first.
[[nodiscard]] std::string encode(const WriteRequest& request, ProtobufMessage message);

/// Copies a decoded request (all series, label order kept). Symbols are resolved.
[[nodiscard]] WriteRequest to_model(const RequestView& view);
/// One of its histograms alone.
[[nodiscard]] Histogram to_model(const RequestView& view, const HistogramView& from);

[[nodiscard]] std::uint64_t to_bits(double value);
[[nodiscard]] double from_bits(std::uint64_t bits);
/// Shortest text that reads back to the same bits; "NaN", "+Inf", "-Inf", "StaleNaN" (exact marker).
[[nodiscard]] std::string value_text(std::uint64_t bits);

/// libprotobuf's JSON rendering of a serialised message (for `inspect --json`); kMalformed if it does not parse.
[[nodiscard]] Result<std::string> to_json(std::string_view bytes, ProtobufMessage message);
/// libprotobuf's own verdict; the independent referee of tests and fuzzers. The schema declares strings as `string`.
[[nodiscard]] bool libprotobuf_accepts(std::string_view bytes, ProtobufMessage message);

}  // namespace prw::proto
