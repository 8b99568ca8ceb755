#include <algorithm>
#include <unordered_map>
#include <utility>

#include "prw/base/bytes_text.h"
#include "prw/proto/snappy_block.h"
#include "prw/sender/exposition.h"
#include "prw/sender/remote_write.h"

namespace prw::sender {

using proto::ProtobufMessage;

namespace {

/// Decodes one code point of valid UTF-8 and moves on.
std::uint32_t next_code_point(std::string_view text, std::size_t& pos) {
    const auto lead = static_cast<unsigned char>(text[pos++]);
    std::uint32_t code = lead;
    int more = 0;
    if (lead >= 0xf0) {
        code = lead & 0x07U;
        more = 3;
    } else if (lead >= 0xe0) {
        code = lead & 0x0fU;
        more = 2;
    } else if (lead >= 0xc0) {
        code = lead & 0x1fU;
        more = 1;
    }
    for (; more > 0 && pos < text.size(); --more) code = code << 6U | (static_cast<unsigned char>(text[pos++]) & 0x3fU);
    return code;
}

bool legacy(std::string_view name, bool metric) {
    return metric ? proto::legacy_metric_name(name) : proto::legacy_label_name(name);
}

/// True if a name had to be changed.
bool escape_labels(proto::Labels& labels) {
    bool changed = false;
    for (auto& [name, value] : labels) {
        if (name == "__name__" && !legacy(value, true)) {
            value = escape_name(value, true);
            changed = true;
        }
        if (!legacy(name, false)) {
            name = escape_name(name, false);
            changed = true;
        }
    }
    if (changed) std::sort(labels.begin(), labels.end());
    return changed;
}

proto::WrittenCounts counts_of(const proto::Series& series) {
    return {series.samples.size(), series.histograms.size(), series.exemplars.size()};
}

}  // namespace

std::string escape_name(std::string_view name, bool metric) {
    if (legacy(name, metric)) return std::string(name);
    std::string out = "U__";
    for (std::size_t pos = 0; pos < name.size();) {
        const bool first = pos == 0;
        const std::uint32_t code = next_code_point(name, pos);
        const bool letter = code < 0x80 && legacy(std::string(first ? "" : "a") + static_cast<char>(code), metric);
        if (code == '_') {
            out += "__";
        } else if (letter) {
            out += static_cast<char>(code);
        } else {
            out += "_" + base::hex_number(code) + "_";
        }
    }
    return out;
}

EncodedRequest encode_request(const std::vector<proto::Series>& batch, ProtobufMessage message) {
    const bool v1 = message == ProtobufMessage::kV1;
    EncodedRequest out;
    proto::WriteRequest request;
    std::unordered_map<std::string, std::size_t> index;  // series and kind of sample → place in the request
    for (const proto::Series& point : batch) {
        proto::WrittenCounts counts = counts_of(point);
        if (v1) {
            out.left_out.exemplars += std::exchange(counts.exemplars, 0);
            out.left_out.histograms += std::exchange(counts.histograms, 0);
            if (counts.samples == 0) continue;
        }
        const bool native = counts.histograms > 0;
        const auto [found, is_new] =
            index.try_emplace(series_key(point.labels) + (native ? 'h' : 'f'), request.series.size());
        if (is_new) {
            request.series.emplace_back().labels = point.labels;
            if (v1 && escape_labels(request.series.back().labels)) ++out.renamed;
        }
        proto::Series& series = request.series[found->second];
        series.samples.insert(series.samples.end(), point.samples.begin(), point.samples.end());
        if (!v1) {
            series.histograms.insert(series.histograms.end(), point.histograms.begin(), point.histograms.end());
            series.exemplars.insert(series.exemplars.end(), point.exemplars.begin(), point.exemplars.end());
            series.metadata = point.metadata;
        }
        out.counts += counts;
    }
    out.body = proto::compress_snappy(proto::encode(request, message));
    return out;
}

}  // namespace prw::sender
