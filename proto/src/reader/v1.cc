// prometheus.WriteRequest.
#include <algorithm>

#include "reader/walker.h"

namespace prw::proto::reader {

namespace {

constexpr FieldName kRequest[] = {{1, "timeseries"}, {2, {}}, {3, "metadata"}};
constexpr FieldName kSeries[] = {{1, "labels"}, {2, "samples"}, {3, "exemplars"}, {4, "histograms"}};
constexpr FieldName kLabel[] = {{1, "name"}, {2, "value"}};
constexpr FieldName kExemplar[] = {{1, "labels"}, {2, "value"}, {3, "timestamp"}};
constexpr FieldName kMetadata[] = {{1, "type"}, {2, "metric_family_name"}, {4, "help"}, {5, "unit"}};

bool walk_label(Walker& walker, std::string_view payload, const Scope& parent, LabelGrouper& labels,
                std::size_t group) {
    Scope scope(kLabel, payload, &parent);
    LabelView label;
    label.range = walker.range(payload);
    label.name_range = label.value_range = {label.range.offset, 0};
    while (scope.more()) {
        if (!walker.next(scope)) return false;
        switch (scope.tag) {
            case bytes_tag(1):
                if (!walker.text(scope, label.name)) return false;
                label.name_range = walker.range(label.name);
                walker.once(scope, 1);
                break;
            case bytes_tag(2):
                if (!walker.text(scope, label.value)) return false;
                label.value_range = walker.range(label.value);
                walker.once(scope, 2);
                break;
            default:
                if (!walker.unexpected(scope)) return false;
        }
    }
    if (!walker.charge()) return false;
    labels.append(group, label);
    return true;
}

bool walk_exemplar(Walker& walker, std::string_view payload, const Scope& parent, LabelGrouper& labels) {
    Scope scope(kExemplar, payload, &parent);
    ExemplarView exemplar;
    exemplar.range = walker.range(payload);
    exemplar.timestamp_range = {exemplar.range.offset, 0};
    exemplar.labels.first = static_cast<std::uint32_t>(walker.out().labels.size());
    std::string_view inner;
    ByteRange ignored;
    std::uint64_t value = 0;
    while (scope.more()) {
        if (!walker.next(scope)) return false;
        switch (scope.tag) {
            case bytes_tag(1):
                scope.element = exemplar.labels.count;
                if (!walker.bytes(scope, inner) || !walk_label(walker, inner, scope, labels, kOfExemplars))
                    return false;
                ++exemplar.labels.count;
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
    walker.out().exemplars.push_back(exemplar);
    return true;
}

bool series_fields(Walker& walker, Scope& scope, SeriesView& series, LabelGrouper& labels) {
    std::string_view inner;
    while (scope.more()) {
        if (!walker.next(scope)) return false;
        switch (scope.tag) {
            case bytes_tag(1):
                scope.element = labels.count(kOfSeries);
                if (!walker.bytes(scope, inner) || !walk_label(walker, inner, scope, labels, kOfSeries)) return false;
                break;
            case bytes_tag(2):
                scope.element = series.samples.count;
                if (!walker.bytes(scope, inner) || !walk_sample(walker, inner, scope, ProtobufMessage::kV1))
                    return false;
                ++series.samples.count;
                break;
            case bytes_tag(3):
                scope.element = series.exemplars.count;
                if (!walker.bytes(scope, inner) || !walk_exemplar(walker, inner, scope, labels)) return false;
                ++series.exemplars.count;
                break;
            case bytes_tag(4):
                scope.element = series.histograms.count;
                if (!walker.bytes(scope, inner) || !walk_histogram(walker, inner, scope, ProtobufMessage::kV1))
                    return false;
                ++series.histograms.count;
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
    const bool whole = series_fields(walker, scope, series, labels);
    finish_labels(labels, out, series);
    out.series.push_back(series);
    walker.leave_series();
    return whole;
}

bool walk_metadata(Walker& walker, std::string_view payload, const Scope& parent) {
    Scope scope(kMetadata, payload, &parent);
    MetadataView metadata;
    metadata.range = walker.range(payload);
    ByteRange ignored;
    std::uint64_t value = 0;
    while (scope.more()) {
        if (!walker.next(scope)) return false;
        switch (scope.tag) {
            case varint_tag(1):
                if (!walker.varint(scope, value, ignored)) return false;
                metadata.type = static_cast<std::uint32_t>(value);
                walker.once(scope, 1);
                break;
            case bytes_tag(2):
                if (!walker.text(scope, metadata.family)) return false;
                walker.once(scope, 2);
                break;
            case bytes_tag(4):
                if (!walker.text(scope, metadata.help)) return false;
                walker.once(scope, 4);
                break;
            case bytes_tag(5):
                if (!walker.text(scope, metadata.unit)) return false;
                walker.once(scope, 5);
                break;
            default:
                if (!walker.unexpected(scope)) return false;
        }
    }
    if (!walker.charge()) return false;
    walker.out().metadata.push_back(metadata);
    return true;
}

}  // namespace

bool walk_v1(Walker& walker, std::string_view bytes) {
    Scope scope(kRequest, bytes);
    std::string_view inner;
    while (scope.more()) {
        if (!walker.next(scope)) return false;
        switch (scope.tag) {
            case bytes_tag(1):
                scope.element = static_cast<std::uint32_t>(walker.out().series.size());
                if (!walker.bytes(scope, inner) || !walk_series(walker, inner, scope)) return false;
                break;
            case bytes_tag(3):
                scope.element = static_cast<std::uint32_t>(walker.out().metadata.size());
                if (!walker.bytes(scope, inner) || !walk_metadata(walker, inner, scope)) return false;
                break;
            default:
                if (!walker.unexpected(scope)) return false;
        }
    }
    return true;
}

}  // namespace prw::proto::reader
