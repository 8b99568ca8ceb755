/// Rendering of one scrape. Internal to conformance.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "prw/sender_suite/scrape_target.h"

namespace prw::sender_suite {

struct RenderOptions {
    std::int64_t created_ms = 0;               ///< when the target was made
    std::int64_t explicit_ms = 0;              ///< for series with an explicit timestamp
    std::span<const std::int64_t> earlier_ms;  ///< when each generation before this one was asked for
};
/// The exposition in generation.format. Of `generation` number, format and vanished are read, and samples, histograms
/// and exemplars filled with what it holds, numbered through the whole table.
[[nodiscard]] std::string render_exposition(const std::vector<SourceFamily>& families, const RenderOptions& options,
                                            Generation& generation);

/// One series as it is served in one generation.
struct ServedRow {
    const SourceSeries* series = nullptr;
    std::uint32_t index = 0;
    std::string value;                          ///< as text; empty for native histograms
    std::uint64_t bits = 0;                     ///< of the value
    std::optional<proto::Histogram> histogram;  ///< as served
    std::int64_t timestamp_ms = 0;              ///< explicit; 0: none
    std::int64_t start_timestamp_ms = 0;        ///< 0: none
    std::vector<proto::ExposedExemplar> exemplars;
};
struct ServedFamily {
    const SourceFamily* family = nullptr;
    std::vector<ServedRow> rows;
};
/// Families with their rows to bytes. The texts leave native histograms out.
[[nodiscard]] std::string write_text(const std::vector<ServedFamily>& families, bool openmetrics);
[[nodiscard]] std::string write_protobuf(const std::vector<ServedFamily>& families);

/// What the series of one histogram or summary have in common: labels without le and quantile; else all labels.
[[nodiscard]] LabelPairs group_of(const SourceFamily& family, const SourceSeries& series);
/// Whether the row follows counter semantics, so that it has a start timestamp where the family has.
[[nodiscard]] bool cumulative(const SourceFamily& family, const SourceSeries& series);
/// A decimal number as the formats write it, +Inf included; nullopt for anything else.
[[nodiscard]] std::optional<double> number_of(std::string_view text);
/// What of the histogram grows with the generations, added.
[[nodiscard]] proto::Histogram grown(proto::Histogram histogram, double by);

}  // namespace prw::sender_suite
