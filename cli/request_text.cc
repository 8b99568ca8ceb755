#include "request_text.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>

#include "prw/base/bytes_text.h"
#include "prw/base/text.h"
#include "prw/base/units.h"
#include "prw/proto/credentials.h"
#include "prw/proto/model.h"
#include "prw/proto/snappy_block.h"
#include "prw/rules/text.h"

namespace prw::cli {

using Json = nlohmann::ordered_json;

namespace {

using base::timestamp_text;
using rules::printable;

std::string count_text(proto::HistogramView::Count kind, std::uint64_t value) {
    using Count = proto::HistogramView::Count;
    if (kind == Count::kAbsent) return "absent";
    return kind == Count::kInteger ? std::to_string(value) : proto::value_text(value);
}

std::string buckets_text(const proto::RequestView& view, const proto::HistogramView& h, bool positive) {
    const auto spans = view.of(view.spans, positive ? h.positive_spans : h.negative_spans);
    const auto deltas = view.of(view.deltas, positive ? h.positive_deltas : h.negative_deltas);
    const auto counts = view.of(view.doubles, positive ? h.positive_counts : h.negative_counts);
    if (spans.empty() && deltas.empty() && counts.empty()) return "";
    std::string out = positive ? " positive [" : " negative [";
    for (const auto& span : spans)
        out += (out.back() == '[' ? "" : " ") + std::to_string(span.offset) + "+" + std::to_string(span.length);
    out += "]";
    std::int64_t absolute = 0;
    for (const auto delta : deltas) {
        absolute = static_cast<std::int64_t>(static_cast<std::uint64_t>(absolute) +
                                             static_cast<std::uint64_t>(delta));  // hostile deltas may wrap
        out += " " + std::to_string(absolute);
    }
    for (const auto value : counts) out += " " + proto::value_text(proto::to_bits(value));
    return out;
}

void print_series(std::ostream& out, const proto::RequestView& view, const proto::SeriesView& series) {
    out << "  " << proto::series_text(view.labels_of(series)) << "\n";
    for (const auto& s : view.samples_of(series)) {
        out << "    " << proto::value_text(s.value_bits) << "  @ " << timestamp_text(s.timestamp);
        if (s.start_timestamp != 0) out << "  start " << timestamp_text(s.start_timestamp);
        out << "\n";
    }
    for (const auto& h : view.histograms_of(series)) {
        out << "    histogram schema " << h.schema << " count " << count_text(h.count_kind, h.count) << " sum "
            << proto::value_text(h.sum_bits) << " zero " << count_text(h.zero_count_kind, h.zero_count)
            << buckets_text(view, h, true) << buckets_text(view, h, false) << "  @ " << timestamp_text(h.timestamp)
            << "\n";
    }
    for (const auto& e : view.exemplars_of(series))
        out << "    exemplar " << proto::series_text(view.of(view.labels, e.labels)) << " "
            << proto::value_text(e.value_bits) << "  @ " << timestamp_text(e.timestamp) << "\n";
    if (series.metadata != proto::kNoRef) {
        const auto& m = view.metadata[series.metadata];
        out << "    " << proto::name_of(static_cast<proto::MetricType>(m.type));
        if (!m.unit.empty()) out << ", unit " << printable(m.unit);
        if (!m.help.empty()) out << ", help: " << printable(m.help);
        out << "\n";
    }
}

Json labels_json(std::span<const proto::LabelView> labels) {
    Json out = Json::array();  // pairs, not an object: names may repeat, and order is part of the protocol
    for (const auto& label : labels) out.push_back({label.name, label.value});
    return out;
}

Json value_json(std::uint64_t bits) { return {{"value", proto::value_text(bits)}, {"bits", rules::bits_text(bits)}}; }

}  // namespace

std::string shown_head(std::string_view raw_head, bool credentials) {
    std::string out(raw_head);
    if (!credentials) proto::redact_credentials(out);
    return out;
}

void print_head(std::ostream& out, std::string_view raw_head) {
    while (!raw_head.empty()) {
        const auto end = raw_head.find('\n');
        auto line = raw_head.substr(0, end);
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (!line.empty()) out << "  " << printable(line, 8192) << "\n";
        if (end == std::string_view::npos) break;
        raw_head.remove_prefix(end + 1);
    }
}

bool has_label_with(const proto::RequestView& view, const proto::SeriesView& series, std::string_view text) {
    const auto holds = [&](std::string_view whole) {
        return std::search(whole.begin(), whole.end(), text.begin(), text.end(),
                           [&](char a, char b) { return base::lower(a) == base::lower(b); }) != whole.end();
    };
    const auto labels = view.labels_of(series);
    return std::any_of(labels.begin(), labels.end(),
                       [&](const proto::LabelView& label) { return holds(label.name) || holds(label.value); });
}

bool has_series_with(const proto::RequestView& view, std::string_view text) {
    return std::any_of(view.series.begin(), view.series.end(),
                       [&](const proto::SeriesView& series) { return has_label_with(view, series, text); });
}

void print_hex(std::ostream& out, std::string_view bytes, std::size_t limit) {
    const auto shown = bytes.substr(0, limit);
    for (std::size_t at = 0; at < shown.size(); at += 16) {
        std::string line = "  " + base::hex_number(at, 8) + " ";
        for (std::size_t i = at; i < at + 16; ++i) {
            if (i == at + 8) line += ' ';
            if (i >= shown.size()) {
                line += "   ";
                continue;
            }
            line += ' ';
            base::append_hex(line, shown[i]);
        }
        line += "  ";
        for (const char c : shown.substr(at, 16)) line += c >= 0x20 && c < 0x7f ? c : '.';
        out << line << "\n";
    }
    if (shown.size() < bytes.size()) out << "  … and " << bytes.size() - shown.size() << " bytes more\n";
}

void print_body(std::ostream& out, std::string_view body, const rules::CheckResult& check,
                const proto::RequestView& view, const RequestTextOptions& options) {
    const auto kind = proto::recognise_body(body);
    out << "body  " << body.size() << " bytes, " << proto::name_of(kind);
    if (kind == proto::BodyKind::kSnappyBlock && !body.empty())
        out << ", " << check.uncompressed_size << " bytes uncompressed";
    out << "\n";
    if (options.hex) print_hex(out, body);
    if (view.bytes.empty() && !check.decoded) return;
    if (options.hex) {
        out << "message, uncompressed\n";
        print_hex(out, view.bytes);
    }
    out << proto::full_name(view.message) << (view.malformed ? " (malformed; what could be read)" : "") << "  "
        << view.series.size() << " series, " << view.samples.size() << " samples, " << view.histograms.size()
        << " histograms, " << view.exemplars.size() << " exemplars, " << view.metadata.size() << " metadata";
    if (view.message == proto::ProtobufMessage::kV2) out << ", " << view.symbols.size() << " symbols";
    out << "\n";
    std::size_t shown = 0, wanted = 0;
    for (const auto& series : view.series) {
        if (!options.search.empty() && !has_label_with(view, series, options.search)) continue;
        if (++wanted > options.max_series && options.max_series != 0) continue;
        ++shown;
        print_series(out, view, series);
    }
    if (shown < wanted) out << "  … and " << wanted - shown << " series more (--max-series 0 shows all)\n";
    if (!options.search.empty())
        out << "  " << wanted << " of " << view.series.size() << " series have \"" << printable(options.search)
            << "\"\n";
    if (view.message == proto::ProtobufMessage::kV1)
        for (const auto& m : view.metadata)
            out << "  metadata " << printable(m.family) << " " << proto::name_of(static_cast<proto::MetricType>(m.type))
                << (m.help.empty() ? "" : ", help: " + printable(m.help)) << "\n";
}

Json head_json(std::string_view raw_head) {
    Json out;
    const auto head = proto::parse_request_head(raw_head);
    if (!head) {
        out["error"] = head.error().text();
        return out;
    }
    out["method"] = head->method;
    out["target"] = head->target;
    out["version"] = head->version;
    out["headers"] = Json::array();
    for (const auto& field : head->fields) out["headers"].push_back({field.name, field.value});
    return out;
}

Json counts_json(const rules::CheckResult& c) {
    return {{"series", c.series},       {"samples", c.samples},   {"histograms", c.histograms},
            {"exemplars", c.exemplars}, {"metadata", c.metadata}, {"rejected_series", c.rejected_series}};
}

Json series_json(const proto::RequestView& view) {
    using Count = proto::HistogramView::Count;
    Json all = Json::array();
    for (const auto& series : view.series) {
        Json out;
        out["labels"] = labels_json(view.labels_of(series));
        out["samples"] = Json::array();
        for (const auto& s : view.samples_of(series)) {
            Json sample = value_json(s.value_bits);
            sample["timestamp"] = s.timestamp;
            if (s.start_timestamp != 0) sample["start_timestamp"] = s.start_timestamp;
            out["samples"].push_back(std::move(sample));
        }
        for (const auto& h : view.histograms_of(series)) {
            Json histogram;
            histogram["timestamp"] = h.timestamp;
            if (h.start_timestamp != 0) histogram["start_timestamp"] = h.start_timestamp;
            histogram["schema"] = h.schema;
            histogram["count"] = count_text(h.count_kind, h.count);
            histogram["kind"] = h.count_kind == Count::kFloat ? "float" : "integer";
            histogram["zero_count"] = count_text(h.zero_count_kind, h.zero_count);
            histogram["zero_threshold"] = proto::value_text(proto::to_bits(h.zero_threshold));
            histogram["sum"] = value_json(h.sum_bits);
            for (const bool positive : {true, false}) {
                const std::string sign = positive ? "positive" : "negative";
                for (const auto& span : view.of(view.spans, positive ? h.positive_spans : h.negative_spans))
                    histogram[sign + "_spans"].push_back({span.offset, span.length});
                for (const auto delta : view.of(view.deltas, positive ? h.positive_deltas : h.negative_deltas))
                    histogram[sign + "_deltas"].push_back(delta);
                for (const auto value : view.of(view.doubles, positive ? h.positive_counts : h.negative_counts))
                    histogram[sign + "_counts"].push_back(proto::value_text(proto::to_bits(value)));
            }
            for (const auto value : view.of(view.doubles, h.custom_values))
                histogram["custom_values"].push_back(proto::value_text(proto::to_bits(value)));
            out["histograms"].push_back(std::move(histogram));
        }
        for (const auto& e : view.exemplars_of(series)) {
            Json exemplar = value_json(e.value_bits);
            exemplar["labels"] = labels_json(view.of(view.labels, e.labels));
            exemplar["timestamp"] = e.timestamp;
            out["exemplars"].push_back(std::move(exemplar));
        }
        if (series.metadata != proto::kNoRef) {
            const auto& m = view.metadata[series.metadata];
            out["metadata"] = {
                {"type", proto::name_of(static_cast<proto::MetricType>(m.type))}, {"help", m.help}, {"unit", m.unit}};
        }
        all.push_back(std::move(out));
    }
    return all;
}

}  // namespace prw::cli
