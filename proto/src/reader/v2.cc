// io.prometheus.write.v2.Request. Symbols may follow the series that refer to them, so references are looked up after
// the walk.
#include <algorithm>

#include "reader/walker.h"

namespace prw::proto::reader {

namespace {

constexpr FieldName kRequest[] = {{1, {}}, {2, {}}, {3, {}}, {4, "symbols"}, {5, "timeseries"}};
constexpr FieldName kSeries[] = {{1, "labels_refs"}, {2, "samples"},  {3, "histograms"},
                                 {4, "exemplars"},   {5, "metadata"}, {6, {}}};
constexpr FieldName kExemplar[] = {{1, "labels_refs"}, {2, "value"}, {3, "timestamp"}};
constexpr FieldName kMetadata[] = {{1, "type"}, {3, "help_ref"}, {4, "unit_ref"}};

/// One list of references; every second one completes a label.
class References {
public:
    References(LabelGrouper& labels, std::size_t group) : labels_(labels), group_(group) {}

    bool read(Walker& walker, Scope& scope) {
        const auto add = [&](std::uint64_t value, ByteRange range) {
            return append(walker, static_cast<std::uint32_t>(value), range);
        };
        if ((scope.tag & 7U) == wire::kBytes) return walker.packed_varints(scope, add);
        std::uint64_t value = 0;
        ByteRange range;
        return walker.varint(scope, value, range) && add(value, range);
    }
    [[nodiscard]] bool odd() const { return odd_; }
    [[nodiscard]] std::uint32_t labels() const { return count_; }

private:
    bool append(Walker& walker, std::uint32_t ref, ByteRange range) {
        if (odd_) {
            auto& label = labels_.last(group_);
            label.value_ref = ref;
            label.value_range = range;
            label.range.size = range.end() - label.range.offset;
        } else {
            if (!walker.charge()) return false;
            LabelView label;
            label.name_ref = ref;
            label.range = label.name_range = range;
            label.value_range = {range.end(), 0};
            labels_.append(group_, label);
            ++count_;
        }
        odd_ = !odd_;
        return true;
    }

    LabelGrouper& labels_;
    std::size_t group_;
    std::uint32_t count_ = 0;
    bool odd_ = false;
};

bool walk_exemplar(Walker& walker, std::string_view payload, const Scope& parent, LabelGrouper& labels) {
    Scope scope(kExemplar, payload, &parent);
    ExemplarView exemplar;
    exemplar.range = walker.range(payload);
    exemplar.timestamp_range = {exemplar.range.offset, 0};
    exemplar.labels.first = static_cast<std::uint32_t>(walker.out().labels.size());
    References references(labels, kOfExemplars);
    ByteRange ignored;
    std::uint64_t value = 0;
    while (scope.more()) {
        if (!walker.next(scope)) return false;
        switch (scope.tag) {
            case varint_tag(1):
            case bytes_tag(1):
                if (!references.read(walker, scope)) return false;
                break;
            case fixed_tag(2):
                if (!walker.fixed64(scope, exemplar.value_bits, ignored)) return false;
                walker.once(scope, 2);
                break;
            case varint_tag(3):
                if (!walker.varint(scope, value, exemplar.timestamp_range)) return false;
                exemplar.timestamp = static_cast<std::int64_t>(value);
                walker.once(scope, 3);
                break;
            default:
                if (!walker.unexpected(scope)) return false;
        }
    }
    if (!walker.charge()) return false;
    exemplar.labels.count = references.labels();
    exemplar.odd_refs = references.odd();
    walker.out().exemplars.push_back(exemplar);
    return true;
}

/// Merges into `metadata`, as protobuf does when a sub-message comes again.
bool walk_metadata(Walker& walker, std::string_view payload, const Scope& parent, MetadataView& metadata) {
    Scope scope(kMetadata, payload, &parent);
    metadata.range = walker.range(payload);
    ByteRange ignored;
    std::uint64_t value = 0;
    const auto read = [&](std::uint32_t& target, std::uint32_t bit) {
        if (!walker.varint(scope, value, ignored)) return false;
        target = static_cast<std::uint32_t>(value);
        walker.once(scope, bit);
        return true;
    };
    while (scope.more()) {
        if (!walker.next(scope)) return false;
        bool whole = true;
        switch (scope.tag) {
            case varint_tag(1):
                whole = read(metadata.type, 1);
                break;
            case varint_tag(3):
                whole = read(metadata.help_ref, 3);
                break;
            case varint_tag(4):
                whole = read(metadata.unit_ref, 4);
                break;
            default:
                whole = walker.unexpected(scope);
        }
        if (!whole) return false;
    }
    return true;
}

bool series_metadata(Walker& walker, Scope& scope, SeriesView& series) {
    auto& all = walker.out().metadata;
    std::string_view inner;
    if (!walker.bytes(scope, inner)) return false;
    MetadataView merged = series.metadata == kNoRef ? MetadataView{} : all[series.metadata];
    if (!walk_metadata(walker, inner, scope, merged)) return false;
    if (series.metadata == kNoRef) {
        if (!walker.charge()) return false;
        series.metadata = static_cast<std::uint32_t>(all.size());
        all.emplace_back();
    }
    all[series.metadata] = merged;
    walker.once(scope, 5);
    return true;
}

bool series_fields(Walker& walker, Scope& scope, SeriesView& series, LabelGrouper& labels, References& references) {
    std::string_view inner;
    while (scope.more()) {
        if (!walker.next(scope)) return false;
        switch (scope.tag) {
            case varint_tag(1):
            case bytes_tag(1):
                if (!references.read(walker, scope)) return false;
                break;
            case bytes_tag(2):
                scope.element = series.samples.count;
                if (!walker.bytes(scope, inner) || !walk_sample(walker, inner, scope, ProtobufMessage::kV2))
                    return false;
                ++series.samples.count;
                break;
            case bytes_tag(3):
                scope.element = series.histograms.count;
                if (!walker.bytes(scope, inner) || !walk_histogram(walker, inner, scope, ProtobufMessage::kV2))
                    return false;
                ++series.histograms.count;
                break;
            case bytes_tag(4):
                scope.element = series.exemplars.count;
                if (!walker.bytes(scope, inner) || !walk_exemplar(walker, inner, scope, labels)) return false;
                ++series.exemplars.count;
                break;
            case bytes_tag(5):
                if (!series_metadata(walker, scope, series)) return false;
                break;
            default:
                if (!walker.unexpected(scope)) return false;
        }
    }
    return true;
}

bool walk_series(Walker& walker, std::string_view payload, const Scope& parent) {
    if (!walker.charge()) return false;
    auto& out = walker.out();
    Scope scope(kSeries, payload, &parent);
    SeriesView series;
    series.range = walker.range(payload);
    series.samples.first = static_cast<std::uint32_t>(out.samples.size());
    series.histograms.first = static_cast<std::uint32_t>(out.histograms.size());
    series.exemplars.first = static_cast<std::uint32_t>(out.exemplars.size());
    walker.enter_series(static_cast<std::uint32_t>(out.series.size()));
    LabelGrouper labels(out.labels);
    References references(labels, kOfSeries);
    const bool whole = series_fields(walker, scope, series, labels, references);
    series.odd_refs = references.odd();
    finish_labels(labels, out, series);
    out.series.push_back(series);
    walker.leave_series();
    return whole;
}

}  // namespace

bool walk_v2(Walker& walker, std::string_view bytes) {
    Scope scope(kRequest, bytes);
    std::string_view inner;
    auto& out = walker.out();
    while (scope.more()) {
        if (!walker.next(scope)) return false;
        switch (scope.tag) {
            case bytes_tag(4):
                scope.element = static_cast<std::uint32_t>(out.symbols.size());
                if (!walker.text(scope, inner) || !walker.charge()) return false;
                out.symbols.push_back({inner, walker.range(inner)});
                break;
            case bytes_tag(5):
                scope.element = static_cast<std::uint32_t>(out.series.size());
                if (!walker.bytes(scope, inner) || !walk_series(walker, inner, scope)) return false;
                break;
            default:
                if (!walker.unexpected(scope)) return false;
        }
    }
    return true;
}

void resolve_references(RequestView& view) {
    const auto& symbols = view.symbols;
    const auto look_up = [&](std::uint32_t ref, std::string_view& text) {
        const bool known = ref < symbols.size();
        if (known) text = symbols[ref].text;
        return known;
    };
    for (auto& label : view.labels) {
        label.name_in_range = look_up(label.name_ref, label.name);
        // The value that an odd list lacks is no reference at all.
        label.value_in_range = label.value_range.size == 0 || look_up(label.value_ref, label.value);
    }
    for (auto& metadata : view.metadata) {
        metadata.help_in_range = look_up(metadata.help_ref, metadata.help);
        metadata.unit_in_range = look_up(metadata.unit_ref, metadata.unit);
    }
}

}  // namespace prw::proto::reader
