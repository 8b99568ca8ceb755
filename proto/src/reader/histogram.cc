// Sample and Histogram: the messages whose fields both schemas number alike.
#include <algorithm>
#include <bit>

#include "reader/walker.h"

namespace prw::proto::reader {

namespace {

constexpr FieldName kSampleV1[] = {{1, "value"}, {2, "timestamp"}};
constexpr FieldName kSampleV2[] = {{1, "value"}, {2, "timestamp"}, {3, "start_timestamp"}};
constexpr FieldName kSpan[] = {{1, "offset"}, {2, "length"}};
constexpr FieldName kHistogramV2[] = {{1, "count_int"},        {2, "count_float"},     {3, "sum"},
                                      {4, "schema"},           {5, "zero_threshold"},  {6, "zero_count_int"},
                                      {7, "zero_count_float"}, {8, "negative_spans"},  {9, "negative_deltas"},
                                      {10, "negative_counts"}, {11, "positive_spans"}, {12, "positive_deltas"},
                                      {13, "positive_counts"}, {14, "reset_hint"},     {15, "timestamp"},
                                      {16, "custom_values"},   {17, "start_timestamp"}};
constexpr Schema kHistogramV1 = Schema(kHistogramV2).first(16);

/// Groups within the flat arrays.
constexpr std::size_t kPositive = 0, kNegative = 1, kCustom = 2;

bool walk_span(Walker& walker, std::string_view payload, const Scope& parent, SpanView& span) {
    Scope scope(kSpan, payload, &parent);
    span.range = walker.range(payload);
    ByteRange ignored;
    std::uint64_t value = 0;
    while (scope.more()) {
        if (!walker.next(scope)) return false;
        switch (scope.tag) {
            case varint_tag(1):
                if (!walker.varint(scope, value, ignored)) return false;
                span.offset = wire::zigzag32(value);
                walker.once(scope, 1);
                break;
            case varint_tag(2):
                if (!walker.varint(scope, value, ignored)) return false;
                span.length = static_cast<std::uint32_t>(value);
                walker.once(scope, 2);
                break;
            default:
                if (!walker.unexpected(scope)) return false;
        }
    }
    return true;
}

/// One Histogram message with the arrays that it fills.
class HistogramWalk {
public:
    HistogramWalk(Walker& walker, std::string_view payload, const Scope& parent, ProtobufMessage message)
        : walker_(walker),
          v2_(message == ProtobufMessage::kV2),
          scope_(v2_ ? Schema(kHistogramV2) : kHistogramV1, payload, &parent),
          spans_(walker.out().spans),
          deltas_(walker.out().deltas),
          doubles_(walker.out().doubles) {
        view_.range = walker.range(payload);
        view_.timestamp_range = view_.schema_range = view_.count_range = view_.start_range = {view_.range.offset, 0};
    }

    bool run() {
        while (scope_.more())
            if (!walker_.next(scope_) || !field()) return false;
        spans_.finish();
        deltas_.finish();
        doubles_.finish();
        view_.positive_spans = spans_.slice(kPositive);
        view_.negative_spans = spans_.slice(kNegative);
        view_.positive_deltas = deltas_.slice(kPositive);
        view_.negative_deltas = deltas_.slice(kNegative);
        view_.positive_counts = doubles_.slice(kPositive);
        view_.negative_counts = doubles_.slice(kNegative);
        view_.custom_values = doubles_.slice(kCustom);
        walker_.out().histograms.push_back(view_);
        return true;
    }

private:
    bool field() {
        ByteRange ignored;
        std::uint64_t value = 0;
        switch (scope_.tag) {
            case varint_tag(1):
                return number(view_.count, view_.count_range, view_.count_kind, view_.both_counts,
                              HistogramView::Count::kInteger, 1);
            case fixed_tag(2):
                return number(view_.count, view_.count_range, view_.count_kind, view_.both_counts,
                              HistogramView::Count::kFloat, 1);
            case fixed_tag(3):
                if (!walker_.fixed64(scope_, view_.sum_bits, ignored)) return false;
                walker_.once(scope_, 3);
                return true;
            case varint_tag(4):
                if (!walker_.varint(scope_, value, view_.schema_range)) return false;
                view_.schema = wire::zigzag32(value);
                walker_.once(scope_, 4);
                return true;
            case fixed_tag(5):
                if (!walker_.fixed64(scope_, value, ignored)) return false;
                view_.zero_threshold = std::bit_cast<double>(value);
                walker_.once(scope_, 5);
                return true;
            case varint_tag(6):
                return number(view_.zero_count, ignored, view_.zero_count_kind, view_.both_zero_counts,
                              HistogramView::Count::kInteger, 6);
            case fixed_tag(7):
                return number(view_.zero_count, ignored, view_.zero_count_kind, view_.both_zero_counts,
                              HistogramView::Count::kFloat, 6);
            case bytes_tag(8):
                return span(kNegative);
            case varint_tag(9):
            case bytes_tag(9):
                return deltas(kNegative);
            case fixed_tag(10):
            case bytes_tag(10):
                return doubles(kNegative);
            case bytes_tag(11):
                return span(kPositive);
            case varint_tag(12):
            case bytes_tag(12):
                return deltas(kPositive);
            case fixed_tag(13):
            case bytes_tag(13):
                return doubles(kPositive);
            case varint_tag(14):
                if (!walker_.varint(scope_, value, ignored)) return false;
                view_.reset_hint = static_cast<std::uint32_t>(value);
                walker_.once(scope_, 14);
                return true;
            case varint_tag(15):
                return time(view_.timestamp, view_.timestamp_range, 15);
            case fixed_tag(16):
            case bytes_tag(16):
                return doubles(kCustom);
            case varint_tag(17):
                if (v2_) return time(view_.start_timestamp, view_.start_range, 17);
                break;
            default:
                break;
        }
        return walker_.unexpected(scope_);
    }

    /// A member of a oneof: integer or float by its tag.
    bool number(std::uint64_t& value, ByteRange& range, HistogramView::Count& kind, bool& both, HistogramView::Count is,
                std::uint32_t bit) {
        const bool read = is == HistogramView::Count::kInteger ? walker_.varint(scope_, value, range)
                                                               : walker_.fixed64(scope_, value, range);
        if (!read) return false;
        if (kind != HistogramView::Count::kAbsent && kind != is) {
            both = true;
        } else {
            walker_.once(scope_, bit);
        }
        kind = is;
        return true;
    }

    bool time(std::int64_t& ms, ByteRange& range, std::uint32_t bit) {
        std::uint64_t value = 0;
        if (!walker_.varint(scope_, value, range)) return false;
        ms = static_cast<std::int64_t>(value);
        walker_.once(scope_, bit);
        return true;
    }

    bool span(std::size_t group) {
        std::string_view payload;
        scope_.element = spans_.count(group);
        SpanView span;
        if (!walker_.bytes(scope_, payload) || !walk_span(walker_, payload, scope_, span) || !walker_.charge())
            return false;
        spans_.append(group, span);
        return true;
    }

    bool deltas(std::size_t group) {
        const auto add = [&](std::uint64_t value, ByteRange) {
            if (!walker_.charge()) return false;
            deltas_.append(group, wire::zigzag64(value));
            return true;
        };
        if ((scope_.tag & 7U) == wire::kBytes) return walker_.packed_varints(scope_, add);
        std::uint64_t value = 0;
        ByteRange range;
        return walker_.varint(scope_, value, range) && add(value, range);
    }

    bool doubles(std::size_t group) {
        const auto add = [&](std::uint64_t bits) {
            if (!walker_.charge()) return false;
            doubles_.append(group, std::bit_cast<double>(bits));
            return true;
        };
        if ((scope_.tag & 7U) == wire::kBytes) return walker_.packed_doubles(scope_, add);
        std::uint64_t bits = 0;
        ByteRange range;
        return walker_.fixed64(scope_, bits, range) && add(bits);
    }

    Walker& walker_;
    bool v2_;
    Scope scope_;
    HistogramView view_;
    Grouper<SpanView, 2> spans_;
    Grouper<std::int64_t, 2> deltas_;
    Grouper<double, 3> doubles_;
};

}  // namespace

bool walk_sample(Walker& walker, std::string_view payload, const Scope& parent, ProtobufMessage message) {
    const bool v2 = message == ProtobufMessage::kV2;
    Scope scope(v2 ? Schema(kSampleV2) : Schema(kSampleV1), payload, &parent);
    SampleView sample;
    sample.range = walker.range(payload);
    sample.value_range = sample.timestamp_range = sample.start_range = {sample.range.offset, 0};
    std::uint64_t value = 0;
    while (scope.more()) {
        if (!walker.next(scope)) return false;
        switch (scope.tag) {
            case fixed_tag(1):
                if (!walker.fixed64(scope, sample.value_bits, sample.value_range)) return false;
                walker.once(scope, 1);
                continue;
            case varint_tag(2):
                if (!walker.varint(scope, value, sample.timestamp_range)) return false;
                sample.timestamp = static_cast<std::int64_t>(value);
                walker.once(scope, 2);
                continue;
            case varint_tag(3):
                if (!v2) break;
                if (!walker.varint(scope, value, sample.start_range)) return false;
                sample.start_timestamp = static_cast<std::int64_t>(value);
                walker.once(scope, 3);
                continue;
            default:
                break;
        }
        if (!walker.unexpected(scope)) return false;
    }
    if (!walker.charge()) return false;
    walker.out().samples.push_back(sample);
    return true;
}

bool walk_histogram(Walker& walker, std::string_view payload, const Scope& parent, ProtobufMessage message) {
    return walker.charge() && HistogramWalk(walker, payload, parent, message).run();
}

}  // namespace prw::proto::reader
