/// A decoded request: zero-copy views with byte offsets, in flat arrays that are reused between requests, so that
/// decoding allocates nothing per series once warm. Both messages share this shape; what only one of them has says so.
///
/// All ByteRange values count bytes in the decompressed message: those of messages and strings cover the payload
/// without tag and length; of an absent field they have size 0 and the offset of its message. String views point into
/// it and live as long as it does.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "prw/proto/types.h"

namespace prw::proto {

/// [first, first+count) in one of RequestView's arrays.
struct Slice {
    std::uint32_t first = 0;
    std::uint32_t count = 0;
};

/// 2.0 only: marks a reference that points outside the symbols table.
inline constexpr std::uint32_t kNoRef = 0xffffffffU;

struct LabelView {
    std::string_view name, value;       ///< resolved; empty when a 2.0 reference is out of range
    ByteRange range;                    ///< 1.0: the Label message · 2.0: the two references
    ByteRange name_range, value_range;  ///< 1.0: the string's bytes (size 0 when absent) · 2.0: the reference varint
    std::uint32_t name_ref = kNoRef, value_ref = kNoRef;  ///< 2.0: as sent, even when out of range
    /// 2.0: the references point into symbols. For the value that an odd list lacks: true, with value_ref kNoRef and an
    /// empty value_range.
    bool name_in_range = true, value_in_range = true;
};

struct SampleView {
    std::uint64_t value_bits = 0;                         ///< IEEE-754 bits, never touched by arithmetic
    std::int64_t timestamp = 0;                           ///< ms
    std::int64_t start_timestamp = 0;                     ///< ms, 2.0 only; 0 means unset
    ByteRange range;                                      ///< the Sample message
    ByteRange value_range, timestamp_range, start_range;  ///< the fields' payloads; size 0 when absent (proto3 default)
};

struct SpanView {
    std::int32_t offset = 0;
    std::uint32_t length = 0;
    ByteRange range;
};

struct HistogramView {
    enum class Count : std::uint8_t { kAbsent, kInteger, kFloat };
    Count count_kind = Count::kAbsent, zero_count_kind = Count::kAbsent;
    /// Both members of the oneof are on the wire; the last one is what counts.
    bool both_counts = false, both_zero_counts = false;
    std::uint64_t count = 0, zero_count = 0;  ///< the integer, or the bits of the double, as the kind says
    std::uint64_t sum_bits = 0;
    std::int32_t schema = 0;
    double zero_threshold = 0;
    std::uint32_t reset_hint = 0;  ///< 0 unknown, 1 yes, 2 no, 3 gauge; other numbers as sent
    std::int64_t timestamp = 0, start_timestamp = 0;
    Slice positive_spans, negative_spans;                   ///< in RequestView::spans
    Slice positive_deltas, negative_deltas;                 ///< in RequestView::deltas
    Slice positive_counts, negative_counts, custom_values;  ///< in RequestView::doubles
    ByteRange range;                                        ///< the Histogram message
    ByteRange timestamp_range, schema_range, count_range, start_range;
};

struct ExemplarView {
    Slice labels;  ///< in RequestView::labels
    bool odd_refs =
        false;  ///< 2.0: labels_refs has an odd number of elements (the last one is in `labels` without value)
    std::uint64_t value_bits = 0;
    std::int64_t timestamp = 0;
    ByteRange range, timestamp_range;
};

struct MetadataView {
    std::uint32_t type = 0;                    ///< as sent; may be out of MetricType's range
    std::string_view family;                   ///< 1.0 only
    std::string_view help, unit;               ///< resolved
    std::uint32_t help_ref = 0, unit_ref = 0;  ///< 2.0: as sent
    bool help_in_range = true, unit_in_range = true;
    ByteRange range;  ///< of a merged message: its last occurrence
};

struct SeriesView {
    Slice labels;  ///< in RequestView::labels
    Slice samples, histograms, exemplars;
    std::uint32_t metadata = kNoRef;  ///< 2.0: index in RequestView::metadata; kNoRef when absent
    bool odd_refs =
        false;        ///< 2.0: labels_refs has an odd number of elements (the last one is in `labels` without value)
    ByteRange range;  ///< the TimeSeries message
};

struct SymbolView {
    std::string_view text;
    ByteRange range;
};

/// What the walk met that the schema does not describe or the wire format forbids. Rules turn these into findings.
struct WireIssue {
    enum class Kind : std::uint8_t {
        kTruncated,       ///< a field or length runs past the end of its message; the walk stops there
        kOverlongVarint,  ///< more than ten bytes (a tag or length: more than five), or a length of 2 GiB and more
        kFieldNumberZero,
        kBadWireType,    ///< wire types 6, 7, a group that does not end, an end without a group, or nesting deeper than
                         ///< 100
        kGroup,          ///< wire type 3/4: deprecated, well-formed, not in the schema
        kWrongWireType,  ///< a known field with another wire type (a group too) than its declared one; skipped as
                         ///< unknown
        kUnknownField,
        kReservedField,   ///< WriteRequest 2, Request 1-3, v2 TimeSeries 6
        kDuplicateField,  ///< a singular field for the second time (last one wins, sub-messages merge)
        kInvalidUtf8,     ///< a string field that is not UTF-8
    };
    Kind kind;
    std::string path;         ///< "timeseries[3].labels[2].name", "timeseries[0].field 9"
    std::uint32_t field = 0;  ///< field number
    std::uint8_t wire_type = 0;
    ByteRange range;  ///< tag and payload in the message; where malformed: the tag and what there is of the payload
    std::uint32_t series = kNoRef;  ///< index in RequestView::series when inside one
    bool malformed() const { return kind <= Kind::kBadWireType; }
};
[[nodiscard]] std::string_view name_of(WireIssue::Kind kind);

struct RequestView {
    ProtobufMessage message = ProtobufMessage::kV1;
    std::string_view bytes;  ///< the decompressed message
    std::vector<SeriesView> series;
    std::vector<LabelView> labels;
    std::vector<SampleView> samples;
    std::vector<HistogramView> histograms;
    std::vector<ExemplarView> exemplars;
    std::vector<MetadataView> metadata;  ///< 1.0: WriteRequest.metadata · 2.0: of the series
    std::vector<SymbolView> symbols;     ///< 2.0 only
    std::vector<SpanView> spans;
    std::vector<std::int64_t> deltas;
    std::vector<double> doubles;
    std::vector<WireIssue> issues;  ///< bounded by DecodeLimits::max_issues
    std::uint64_t issues_dropped = 0;
    bool malformed =
        false;  ///< the message is not well-formed protobuf; the elements that were complete before the fault are kept
    bool over_limit =
        false;  ///< DecodeLimits::max_elements was reached; the walk stopped there and `malformed` was not decided

    void clear();  ///< empties, keeps capacity
    template <typename T>
    [[nodiscard]] std::span<const T> of(const std::vector<T>& all, Slice s) const {
        return {all.data() + s.first, s.count};
    }
    [[nodiscard]] std::span<const LabelView> labels_of(const SeriesView& s) const { return of(labels, s.labels); }
    [[nodiscard]] std::span<const SampleView> samples_of(const SeriesView& s) const { return of(samples, s.samples); }
    [[nodiscard]] std::span<const HistogramView> histograms_of(const SeriesView& s) const {
        return of(histograms, s.histograms);
    }
    [[nodiscard]] std::span<const ExemplarView> exemplars_of(const SeriesView& s) const {
        return of(exemplars, s.exemplars);
    }
};

struct DecodeLimits {
    std::size_t max_issues = 1000;  ///< further ones are counted in issues_dropped
    /// Elements of all arrays together: two bytes of a message can be an element of 72 bytes. The default holds memory
    /// under 300 MB.
    std::size_t max_elements = 4'000'000;
};

/// Walks the message once. Accepts everything proto3 accepts (any field order, packed or not, non-minimal varints,
/// unknown fields, merged sub-messages) and exactly that: `malformed` agrees with libprotobuf's verdict (except UTF-8,
/// see below). Invalid UTF-8 is an issue, not a malformation. O(size); no allocation once `out` has grown.
void decode(std::string_view bytes, ProtobufMessage message, RequestView& out, const DecodeLimits& limits = {});

/// `metric{a="b"}` as Prometheus writes it; names that need it are quoted; control bytes and invalid UTF-8 escaped; cut
/// at `max` bytes.
[[nodiscard]] std::string series_text(std::span<const LabelView> labels, std::size_t max = 512);

/// True if well-formed UTF-8 (no surrogates, no overlong forms, NUL allowed).
[[nodiscard]] bool valid_utf8(std::string_view text);
/// [a-zA-Z_:][a-zA-Z0-9_:]* and [a-zA-Z_][a-zA-Z0-9_]*, anchored at both ends.
[[nodiscard]] bool legacy_metric_name(std::string_view text);
[[nodiscard]] bool legacy_label_name(std::string_view text);

}  // namespace prw::proto
