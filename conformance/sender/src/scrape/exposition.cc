/// What one scrape holds, and the two text formats.
#include "exposition.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "prw/base/bytes_text.h"

namespace prw::sender_suite {
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

std::string exemplar_text(const proto::ExposedExemplar& exemplar) {
    std::string out = " # ";
    if (exemplar.labels.empty()) out += "{}";
    append_labels(out, exemplar.labels);
    out += " " + proto::value_text(exemplar.value_bits);
    return exemplar.timestamp_ms ? out + " " + seconds(*exemplar.timestamp_ms) : out;
}

std::uint64_t age_of(const SourceSeries& series, std::uint64_t generation) {
    return series.resets_every == 0 ? generation : generation % series.resets_every;
}

/// With a trace id as tracing has them.
proto::ExposedExemplar exemplar_of(double value, std::uint64_t generation, std::uint32_t row, bool older = false) {
    return {{{"trace_id",
              base::hex_number(generation, 16) + base::hex_number(2 * std::uint64_t{row} + (older ? 2 : 1), 16)}},
            proto::to_bits(value + static_cast<double>(generation) / 65536),
            std::nullopt};
}

class Scene {
public:
    Scene(const RenderOptions& options, const Generation& generation) : options_(options), generation_(generation) {}

    [[nodiscard]] ServedRow row(const SourceFamily& family, const SourceSeries& series, std::uint32_t index) const {
        ServedRow out;
        out.series = &series;
        out.index = index;
        const auto age = static_cast<double>(age_of(series, generation_.number));
        out.start_timestamp_ms = start_of(family, series);
        if (series.native) {
            out.histogram = grown(*series.native, series.step * age);
            out.histogram->start_timestamp = out.start_timestamp_ms;
            out.histogram->reset_hint = family.type == "gaugehistogram" ? 3 : 0;
        } else {
            out.value = series.constant.empty() ? number(series.start + series.step * age) : series.constant;
            out.bits = proto::to_bits(std::strtod(out.value.c_str(), nullptr));
            if (std::isnan(proto::from_bits(out.bits))) out.bits = proto::kNormalNanBits;
        }
        if (series.explicit_timestamp)
            out.timestamp_ms = series.timestamp_ms != 0 ? series.timestamp_ms : options_.explicit_ms;
        out.exemplars = series.constant_exemplars;
        if (!series.exemplar) return out;
        out.exemplars.push_back(exemplar_of(series.exemplar_value, generation_.number, index));
        // Observed since the last scrape.
        if (series.timed_exemplar) out.exemplars.back().timestamp_ms = asked_ms(generation_.number - 1);
        if (!series.native) return out;
        // The older one comes second: a native histogram has them by bucket.
        out.exemplars.back().timestamp_ms = asked_ms(generation_.number - 1) + 1;
        out.exemplars.push_back(exemplar_of(series.exemplar_value, generation_.number, index, true));
        out.exemplars.back().timestamp_ms = asked_ms(generation_.number - 1);
        return out;
    }

private:
    /// When that generation was asked for; of what lies before the first one, when the target was made.
    [[nodiscard]] std::int64_t asked_ms(std::uint64_t number) const {
        return number == 0 || number > options_.earlier_ms.size() ? options_.created_ms
                                                                  : options_.earlier_ms[number - 1];
    }
    [[nodiscard]] std::int64_t start_of(const SourceFamily& family, const SourceSeries& series) const {
        if (generation_.format == Exposition::kText) return 0;
        if (series.start_timestamp_ms != 0 || !family.created || !cumulative(family, series))
            return series.start_timestamp_ms;
        // A reset lies between the generation that shows it and the one before.
        const auto reset = generation_.number - age_of(series, generation_.number);
        return series.resets_every == 0 || reset == 0 ? options_.created_ms : asked_ms(reset - 1);
    }

    const RenderOptions& options_;
    const Generation& generation_;
};

void record(const ServedFamily& family, Generation& generation) {
    const auto also_native = [&](const ServedRow& row) {
        return std::any_of(family.rows.begin(), family.rows.end(), [&](const ServedRow& other) {
            return other.histogram && group_of(*family.family, *other.series) == group_of(*family.family, *row.series);
        });
    };
    for (const auto& row : family.rows) {
        if (!row.histogram && also_native(row)) continue;
        if (row.histogram)
            generation.histograms.push_back({row.index, *row.histogram});
        else
            generation.samples.push_back({row.index, row.bits, std::isnan(proto::from_bits(row.bits)),
                                          row.start_timestamp_ms, row.timestamp_ms});
        if (generation.format == Exposition::kText) continue;
        for (const auto& exemplar : row.exemplars) generation.exemplars.push_back({row.index, exemplar});
    }
}

/// The name that the head of a family has, and its type, in this format.
std::pair<std::string, std::string> head_of(const SourceFamily& family, bool openmetrics) {
    if (openmetrics) return {family.name, family.type == "untyped" ? "unknown" : family.type};
    if (family.type == "counter") return {family.name + "_total", family.type};
    if (family.type == "info") return {family.name + "_info", "gauge"};
    return {family.name, family.type == "stateset" ? "gauge" : family.type};
}

/// The start timestamp behind the last series of its group.
void append_created(std::string& out, const ServedFamily& family, std::size_t at) {
    const auto group_at = [&](std::size_t i) { return group_of(*family.family, *family.rows[i].series); };
    const auto group = group_at(at);
    if (at + 1 < family.rows.size() && group_at(at + 1) == group) return;
    // A quantile has none, though its summary has.
    for (std::size_t i = at + 1; i-- > 0 && group_at(i) == group;) {
        if (family.rows[i].start_timestamp_ms == 0) continue;
        out += family.family->name + "_created";
        append_labels(out, group);
        out += " " + seconds(family.rows[i].start_timestamp_ms) + "\n";
        return;
    }
}

}  // namespace

LabelPairs group_of(const SourceFamily& family, const SourceSeries& series) {
    LabelPairs out = series.labels;
    if (family.type == "histogram") std::erase_if(out, [](const auto& label) { return label.first == "le"; });
    if (family.type == "summary") std::erase_if(out, [](const auto& label) { return label.first == "quantile"; });
    return out;
}

bool cumulative(const SourceFamily& family, const SourceSeries& series) {
    if (family.type == "counter" || family.type == "histogram") return true;
    return family.type == "summary" && series.metric != family.name;
}

std::optional<double> number_of(std::string_view text) {
    if (text.starts_with('+')) text.remove_prefix(1);
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

proto::Histogram grown(proto::Histogram histogram, double by) {
    if (std::fpclassify(by) == FP_ZERO) return histogram;
    const bool floats = std::holds_alternative<double>(histogram.count);
    std::size_t buckets = 1;  // the zero bucket
    for (auto* deltas : {&histogram.positive_deltas, &histogram.negative_deltas}) {
        buckets += deltas->size();
        // Each is relative to the one before.
        if (!deltas->empty()) deltas->front() += static_cast<std::int64_t>(by);
    }
    for (auto* counts : {&histogram.positive_counts, &histogram.negative_counts}) {
        buckets += counts->size();
        for (auto& count : *counts) count += by;
    }
    const double all = by * static_cast<double>(buckets);
    const auto add = [floats](auto& number, double more) {
        if (floats)
            number = std::get<double>(number) + more;
        else
            number = std::get<std::uint64_t>(number) + static_cast<std::uint64_t>(more);
    };
    add(histogram.count, all);
    add(histogram.zero_count, by);
    histogram.sum_bits = proto::to_bits(proto::from_bits(histogram.sum_bits) + all / 2);
    return histogram;
}

std::string render_exposition(const std::vector<SourceFamily>& families, const RenderOptions& options,
                              Generation& generation) {
    const Scene scene(options, generation);
    std::vector<ServedFamily> served;
    std::uint32_t index = 0;
    for (const auto& family : families) {
        ServedFamily out{&family, {}};
        for (const auto& series : family.series) {
            const auto at = index++;
            if (generation.vanished && series.vanishes) continue;
            if (series.native && generation.format != Exposition::kProtobuf) continue;
            out.rows.push_back(scene.row(family, series, at));
        }
        if (!out.rows.empty()) served.push_back(std::move(out));
    }
    for (const auto& family : served) record(family, generation);
    return generation.format == Exposition::kProtobuf
               ? write_protobuf(served)
               : write_text(served, generation.format == Exposition::kOpenMetrics);
}

std::string write_text(const std::vector<ServedFamily>& families, bool openmetrics) {
    std::string out;
    for (const auto& family : families) {
        const auto [name, type] = head_of(*family.family, openmetrics);
        out += "# HELP " + name + " ";
        escape(out, family.family->help, openmetrics);
        out += "\n# TYPE " + name + " " + type + "\n";
        if (openmetrics && !family.family->unit.empty()) out += "# UNIT " + name + " " + family.family->unit + "\n";
        const bool created =
            openmetrics && std::any_of(family.rows.begin(), family.rows.end(),
                                       [](const ServedRow& row) { return row.start_timestamp_ms != 0; });
        for (std::size_t i = 0; i < family.rows.size(); ++i) {
            const auto& row = family.rows[i];
            out += row.series->metric;
            append_labels(out, row.series->labels);
            out += " " + row.value;
            if (row.timestamp_ms != 0)
                out += " " + (openmetrics ? seconds(row.timestamp_ms) : std::to_string(row.timestamp_ms));
            if (openmetrics && !row.exemplars.empty()) out += exemplar_text(row.exemplars.front());
            out += '\n';
            if (created) append_created(out, family, i);
        }
    }
    if (openmetrics) out += "# EOF\n";
    return out;
}

}  // namespace prw::sender_suite
