/// The fixed words and numbers of the protocol, each in this place only: header names, versions, media types, the
/// Written counts, and the limits that more than one room goes by.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "prw/proto/types.h"

namespace prw::proto {

/// Names and values of header fields in order; names are compared with base::iequals().
using HeaderFields = std::vector<std::pair<std::string, std::string>>;

/// Names of header fields as the specifications spell them. C strings: they become a string or a view where they are
/// used.
namespace header {
// Of HTTP.
inline constexpr const char* kAuthorization = "Authorization";
inline constexpr const char* kConnection = "Connection";
inline constexpr const char* kContentEncoding = "Content-Encoding";
inline constexpr const char* kContentLength = "Content-Length";
inline constexpr const char* kContentType = "Content-Type";
inline constexpr const char* kHost = "Host";
inline constexpr const char* kRetryAfter = "Retry-After";
inline constexpr const char* kTransferEncoding = "Transfer-Encoding";
inline constexpr const char* kUserAgent = "User-Agent";
// Of Remote Write, and of its senders.
inline constexpr const char* kVersion = "X-Prometheus-Remote-Write-Version";
inline constexpr const char* kSamplesWritten = "X-Prometheus-Remote-Write-Samples-Written";
inline constexpr const char* kHistogramsWritten = "X-Prometheus-Remote-Write-Histograms-Written";
inline constexpr const char* kExemplarsWritten = "X-Prometheus-Remote-Write-Exemplars-Written";
inline constexpr const char* kRetryAttempt = "Retry-Attempt";  ///< Prometheus' own
}  // namespace header

/// Values of the version header.
inline constexpr const char* kVersionV1 = "0.1.0";
inline constexpr const char* kVersionV2 = "2.0.0";
[[nodiscard]] constexpr const char* version_of(ProtobufMessage message) {
    return message == ProtobufMessage::kV1 ? kVersionV1 : kVersionV2;
}

/// Values of Content-Type: the media type, whose parameter `proto` names the message (full_name()).
inline constexpr const char* kMediaType = "application/x-protobuf";
inline constexpr const char* kContentTypeV1 = kMediaType;
inline constexpr const char* kContentTypeV2 = "application/x-protobuf;proto=io.prometheus.write.v2.Request";
[[nodiscard]] constexpr const char* content_type_of(ProtobufMessage message) {
    return message == ProtobufMessage::kV1 ? kContentTypeV1 : kContentTypeV2;
}
/// What a receiver that wants text says of its own answers.
inline constexpr const char* kPlainText = "text/plain; charset=utf-8";

/// The only value of Content-Encoding.
inline constexpr const char* kSnappy = "snappy";

/// What a request carries of the three kinds that the Written headers speak of, or what an answer confirms of them.
struct WrittenCounts {
    std::uint64_t samples = 0;  ///< floats, stale markers included
    std::uint64_t histograms = 0, exemplars = 0;
    [[nodiscard]] std::uint64_t data_points() const { return samples + histograms; }
    WrittenCounts& operator+=(const WrittenCounts& other);
    friend bool operator==(const WrittenCounts&, const WrittenCounts&) = default;
};

/// What a request carries of every kind.
struct ElementCounts : WrittenCounts {
    std::uint64_t series = 0, metadata = 0;
};

/// One of the three headers, in the order of the specification.
struct WrittenHeader {
    const char* name;                     ///< of the field
    std::string_view kind;                ///< "Samples"
    std::uint64_t WrittenCounts::*count;  ///< what it tells
};
inline constexpr std::array<WrittenHeader, 3> kWrittenHeaders = {{
    {header::kSamplesWritten, "Samples", &WrittenCounts::samples},
    {header::kHistogramsWritten, "Histograms", &WrittenCounts::histograms},
    {header::kExemplarsWritten, "Exemplars", &WrittenCounts::exemplars},
}};

/// The value of the first field of that name; nullptr if there is none.
[[nodiscard]] const std::string* find_header(const HeaderFields& fields, std::string_view name);
/// What an answer confirms: nullopt where none of the three headers holds a number; one that is missing or odd beside
/// others counts as zero (prw2.written).
[[nodiscard]] std::optional<WrittenCounts> parse_written(const HeaderFields& fields);
/// The three headers.
[[nodiscard]] HeaderFields format_written(const WrittenCounts& counts);

/// Numbers that senders keep to and receivers go by.
namespace limits {
/// Series in one request: more is worth a word (ext.batching.reasonable-size).
inline constexpr std::size_t kSeries = 10'000;
/// Code points of all labels of an exemplar together (OpenMetrics; ext.exemplars.label-set-length).
inline constexpr std::size_t kExemplarCharacters = 128;
/// Bytes of a label's value: Mimir and Cortex take that much by default, and more is worth a note
/// (ext.labels.size-sane).
inline constexpr std::size_t kUsualLabelValue = 2048;
}  // namespace limits

}  // namespace prw::proto
