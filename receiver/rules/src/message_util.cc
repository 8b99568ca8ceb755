#include "message_util.h"
#include "hash.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "prw/base/units.h"
#include "prw/proto/model.h"

namespace prw::rules {

std::string cat(std::initializer_list<std::string_view> parts) {
    std::size_t size = 0;
    for (const auto part : parts) size += part.size();
    std::string out;
    out.reserve(size);
    for (const auto part : parts) out += part;
    return out;
}

std::string num(std::int64_t value) { return std::to_string(value); }
std::string unum(std::uint64_t value) { return std::to_string(value); }
std::string real(double value) { return proto::value_text(proto::to_bits(value)); }

std::string date_text(std::int64_t ms) { return base::calendar_text(ms).value_or(num(ms)); }

std::string moment(std::int64_t ms) {
    const auto date = date_text(ms), number = num(ms);
    return date == number ? number : cat({number, " (", date, ")"});
}

std::string series_path(std::uint32_t series) { return cat({"timeseries[", unum(series), "]"}); }

std::string element_path(std::uint32_t series, std::string_view array, std::size_t index, std::string_view field) {
    return cat({"timeseries[", unum(series), "].", array, "[", unum(index), "]", field.empty() ? "" : ".", field});
}

std::string label_path(const Context& c, std::string_view owner, std::size_t label, bool value) {
    if (c.v2()) return cat({owner, ".labels_refs[", unum(2 * label + (value ? 1 : 0)), "]"});
    return cat({owner, ".labels[", unum(label), value ? "].value" : "].name"});
}

const proto::LabelView* metric_label(const proto::RequestView& view, const proto::SeriesView& series) {
    for (const auto& label : view.labels_of(series)) {
        if (label.name == "__name__") return &label;
    }
    return nullptr;
}

std::string_view metric_name(const proto::RequestView& view, const proto::SeriesView& series) {
    const auto* label = metric_label(view, series);
    return label == nullptr ? std::string_view{} : label->value;
}

std::optional<double> parse_float(std::string_view text) {
    if (text.empty()) return std::nullopt;
    bool negative = false;
    if (text.front() == '+' || text.front() == '-') {
        negative = text.front() == '-';
        text.remove_prefix(1);
    }
    // from_chars takes "nan" and a second sign; the first character of a number or of "inf" rules both out.
    if (text.empty()) return std::nullopt;
    const char first = text.front();
    const bool digit = (first >= '0' && first <= '9') || first == '.';
    if (!digit && first != 'i' && first != 'I') return std::nullopt;
    auto format = std::chars_format::general;
    if (text.size() > 2 && first == '0' && (text[1] == 'x' || text[1] == 'X')) {
        if (text.find_first_of("pP") == std::string_view::npos) return std::nullopt;
        text.remove_prefix(2);
        format = std::chars_format::hex;
    }
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, format);
    if (end != text.data() + text.size()) return std::nullopt;
    // Underflow reads as zero, overflow is an error in Go as well.
    if (error == std::errc::result_out_of_range && text.find("e-") == std::string_view::npos &&
        text.find("E-") == std::string_view::npos) {
        return std::nullopt;
    }
    if (error == std::errc::invalid_argument) return std::nullopt;
    return negative ? -value : value;
}

proto::MetricType Types::of(const proto::SeriesView& series, std::string_view name) {
    using proto::MetricType;
    if (view_.message == proto::ProtobufMessage::kV2) {
        if (series.metadata == proto::kNoRef) return MetricType::kUnspecified;
        const auto type = view_.metadata[series.metadata].type;
        return type <= static_cast<std::uint32_t>(MetricType::kStateset) ? static_cast<MetricType>(type)
                                                                         : MetricType::kUnspecified;
    }
    if (view_.metadata.empty() || name.empty()) return MetricType::kUnspecified;
    if (!built_) {
        built_ = true;
        families_.reserve(view_.metadata.size());
        for (const auto& m : view_.metadata) {
            if (m.type != 0 && m.type <= static_cast<std::uint32_t>(MetricType::kStateset)) {
                families_.emplace_back(m.family, static_cast<MetricType>(m.type));
            }
        }
        std::sort(families_.begin(), families_.end());
    }
    const auto find = [&](std::string_view family) {
        const auto at = std::lower_bound(families_.begin(), families_.end(), family,
                                         [](const auto& f, std::string_view n) { return f.first < n; });
        if (at == families_.end() || at->first != family) return MetricType::kUnspecified;
        // Two targets may expose one family with different types: then nothing is known.
        const auto next = at + 1;
        for (auto other = next; other != families_.end() && other->first == family; ++other) {
            if (other->second != at->second) return MetricType::kUnspecified;
        }
        return at->second;
    };
    if (const auto type = find(name); type != MetricType::kUnspecified) return type;
    for (const std::string_view suffix : {"_total", "_bucket", "_count", "_sum"}) {
        if (name.size() > suffix.size() && name.ends_with(suffix))
            return find(name.substr(0, name.size() - suffix.size()));
    }
    return MetricType::kUnspecified;
}

bool is_cumulative(proto::MetricType type, std::string_view name) {
    using proto::MetricType;
    switch (type) {
        case MetricType::kCounter:
            return !name.ends_with("_created");
        case MetricType::kHistogram:
            return name.ends_with("_bucket") || name.ends_with("_count");
        case MetricType::kSummary:
            return name.ends_with("_count");
        default:
            return false;
    }
}

bool series_of_histogram(std::string_view name) {
    constexpr std::string_view kSuffixes[] = {"_bucket", "_count", "_sum", "_created", "_gcount", "_gsum"};
    return std::any_of(std::begin(kSuffixes), std::end(kSuffixes),
                       [&](std::string_view suffix) { return name.ends_with(suffix); });
}

bool find_duplicate_symbols(const proto::RequestView& view, std::vector<std::uint32_t>& first_of) {
    const auto count = static_cast<std::uint32_t>(view.symbols.size());
    std::size_t capacity = 16;
    while (capacity < 2ULL * count) capacity *= 2;
    std::vector<std::uint32_t> slots(capacity, proto::kNoRef);
    first_of.resize(count);
    bool duplicates = false;
    for (std::uint32_t i = 0; i < count; ++i) {
        const auto text = view.symbols[i].text;
        std::size_t slot = XXH3_64bits(text.data(), text.size()) & (capacity - 1);
        while (slots[slot] != proto::kNoRef && view.symbols[slots[slot]].text != text)
            slot = (slot + 1) & (capacity - 1);
        if (slots[slot] == proto::kNoRef) slots[slot] = i;
        first_of[i] = slots[slot];
        duplicates |= first_of[i] != i;
    }
    return duplicates;
}

}  // namespace prw::rules
