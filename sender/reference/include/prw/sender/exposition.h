/// Input of the sender: Prometheus text 0.0.4, OpenMetrics 1.0 text, the delimited protobuf exposition and our JSON
/// form (docs/send-input.md), all read into one neutral model. Errors are kInvalidArgument with the place in `where`:
/// "SOURCE:LINE:COLUMN" (columns count bytes from 1), of protobuf "SOURCE, byte N" or "SOURCE, metric N of FAMILY".
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "prw/base/enum_table.h"
#include "prw/base/error.h"
#include "prw/proto/model.h"
#include "prw/proto/types.h"

namespace prw::sender {

enum class InputFormat : std::uint8_t { kAuto, kText, kOpenMetrics, kJson, kProtobuf };
// clang-format off
inline constexpr auto kInputFormatNames = base::enum_table<InputFormat>("input format", {
    {InputFormat::kAuto,        "auto"},
    {InputFormat::kText,        "text"},
    {InputFormat::kOpenMetrics, "openmetrics"},
    {InputFormat::kJson,        "json"},
    {InputFormat::kProtobuf,    "protobuf"},
});
// clang-format on
[[nodiscard]] std::string_view name_of(InputFormat format);

struct PointExemplar {
    proto::Labels labels;  ///< sorted; at most 128 code points in all
    std::uint64_t value_bits = 0;
    std::optional<std::int64_t> timestamp_ms;
};

/// One sample as the source wrote it.
struct Point {
    proto::Labels labels;                       ///< with __name__, sorted by name, without empty values
    std::uint64_t value_bits = 0;               ///< any NaN of the source is proto::kNormalNanBits
    std::optional<proto::Histogram> histogram;  ///< native histogram (protobuf, JSON); then value_bits is unused
    std::optional<std::int64_t> timestamp_ms;
    std::int64_t start_timestamp_ms = 0;  ///< as the source says it; 0: it says nothing (a true 0 is kept as 1)
    bool cumulative =
        false;  ///< follows counter semantics: counters; _bucket, _count and _sum; native histograms that are no gauges
    std::vector<PointExemplar> exemplars;

    [[nodiscard]] std::string_view name() const;
};

struct Family {
    std::string name;
    proto::MetricType type = proto::MetricType::kUnspecified;
    std::string help, unit;
    std::vector<Point> points;  ///< in the order of the source
};

struct Scrape {
    std::vector<Family> families;    ///< only those with points
    std::vector<std::string> notes;  ///< what was left out and why, with place; at most kMaxNotes
    std::size_t duplicates =
        0;  ///< samples left out because series and timestamp had occurred before; the first one is kept
    static constexpr std::size_t kMaxNotes = 20;
    [[nodiscard]] std::size_t points() const;
};

struct ParseOptions {
    std::string source = "input";      ///< file name or URL for messages
    std::size_t max_line = 1U << 20U;  ///< bytes; text formats
    /// Protobuf: false takes the classic part of a histogram that has both, for 1.0, which cannot carry the native one.
    bool native_histograms = true;
};

/// `format` kAuto goes by detect_format(). O(size); memory is a small multiple of the input, so bound the input.
[[nodiscard]] Result<Scrape> parse_exposition(std::string_view input, InputFormat format,
                                              const ParseOptions& options = {});

/// By content: protobuf when it starts with a delimited metric family, JSON when it starts with an object whose first
/// key is followed by a colon, OpenMetrics when the last line is "# EOF", else text.
[[nodiscard]] InputFormat detect_format(std::string_view input);

/// Scraping asks for protobuf first, as Prometheus does to get native histograms, then for OpenMetrics, and takes text
/// 0.0.4.
inline constexpr std::string_view kScrapeAccept =
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.7,"
    "application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
/// What to ask for when the answer will be read as this format; kScrapeAccept for kAuto.
[[nodiscard]] std::string_view accept_for(InputFormat format);
/// Which parser a response's Content-Type asks for; an empty one means text. kUnsupported for anything else, e.g.
/// text/html, or protobuf with another message or encoding than the delimited MetricFamily.
[[nodiscard]] Result<InputFormat> format_of_content_type(std::string_view content_type);

/// A float as the text formats write it: decimal, or [+-]Inf(inity), NaN in any case. Every NaN becomes kNormalNanBits.
/// Hexadecimal floats and underscores are refused, as by Prometheus. nullopt with the cause in `why`.
[[nodiscard]] std::optional<std::uint64_t> parse_value(std::string_view text, std::string& why);

/// One string per label set, for maps and hashing.
[[nodiscard]] std::string series_key(const proto::Labels& labels);
/// `metric{a="b"}` for messages, at most `max` bytes.
[[nodiscard]] std::string series_name(const proto::Labels& labels, std::size_t max = 200);

}  // namespace prw::sender
