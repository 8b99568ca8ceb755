#include "scrape/exposition.h"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdlib>

namespace prw::conformance {
namespace {

std::string number(double value) {
    std::array<char, 64> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
    return {buffer.data(), end.ptr};
}

void escape(std::string& out, std::string_view text, bool quote) {
    for (const char c : text) {
        if (c == '\\')
            out += "\\\\";
        else if (c == '\n')
            out += "\\n";
        else if (c == '"' && quote)
            out += "\\\"";
        else
            out += c;
    }
}

void append_labels(std::string& out, const LabelPairs& labels) {
    if (labels.empty()) return;
    out += '{';
    for (std::size_t i = 0; i < labels.size(); ++i) {
        if (i > 0) out += ',';
        out += labels[i].first + "=\"";
        escape(out, labels[i].second, true);
        out += '"';
    }
    out += '}';
}

/// 1700000000123 → "1700000000.123"
std::string seconds(std::int64_t ms) {
    std::string fraction = std::to_string(ms % 1000);
    fraction.insert(0, 3 - fraction.size(), '0');
    return std::to_string(ms / 1000) + "." + fraction;
}

std::string exemplar_text(std::uint64_t generation, std::size_t row) {
    // Below every bucket's bound, so that it fits in any of them.
    return " # {trace_id=\"" + std::to_string(generation) + "-" + std::to_string(row) + "\"} " +
           number(0.125 + static_cast<double>(generation) / 65536);
}

}  // namespace

std::string value_text_of(const SourceSeries& series, std::uint64_t generation) {
    return series.constant.empty() ? number(series.start + series.step * static_cast<double>(generation))
                                   : series.constant;
}

std::string render_exposition(const std::vector<SourceFamily>& families, const RenderOptions& options,
                              std::vector<ServedSample>& samples) {
    std::string out;
    std::uint32_t row = 0;
    for (const auto& family : families) {
        bool head_written = false;
        for (const auto& series : family.series) {
            const std::uint32_t index = row++;
            if (options.vanished && series.vanishes) continue;
            if (!head_written) {
                head_written = true;
                const bool suffix = family.type == "counter" && !options.openmetrics;
                const std::string name = family.name + (suffix ? "_total" : "");
                const std::string type = options.openmetrics && family.type == "untyped" ? "unknown" : family.type;
                out += "# HELP " + name + " ";
                escape(out, family.help, options.openmetrics);
                out += "\n# TYPE " + name + " " + type + "\n";
            }
            const std::string value = value_text_of(series, options.generation);
            out += series.metric;
            append_labels(out, series.labels);
            out += " " + value;
            if (series.explicit_timestamp) {
                out += " " + (options.openmetrics ? seconds(options.explicit_unix_ms)
                                                  : std::to_string(options.explicit_unix_ms));
            }
            if (series.exemplar && options.openmetrics) out += exemplar_text(options.generation, index);
            out += '\n';
            const double parsed = std::strtod(value.c_str(), nullptr);
            samples.push_back({index, std::bit_cast<std::uint64_t>(parsed), std::isnan(parsed)});
        }
    }
    if (options.openmetrics) out += "# EOF\n";
    return out;
}

}  // namespace prw::conformance
