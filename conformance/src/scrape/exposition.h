/// Rendering of one scrape. Internal to conformance.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "prw/conformance/scrape_target.h"

namespace prw::conformance {

/// Value text of a series in a generation.
[[nodiscard]] std::string value_text_of(const SourceSeries& series, std::uint64_t generation);

struct RenderOptions {
    bool openmetrics = false;
    bool vanished = false;
    std::uint64_t generation = 1;
    std::int64_t explicit_unix_ms = 0;  ///< for series with an explicit timestamp
};
/// Text of the exposition; `samples` gets what it holds, numbered through the whole table.
[[nodiscard]] std::string render_exposition(const std::vector<SourceFamily>& families, const RenderOptions& options,
                                            std::vector<ServedSample>& samples);

}  // namespace prw::conformance
