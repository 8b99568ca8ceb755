#include "prw/proto/model.h"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <memory>

#include <google/protobuf/arena.h>
#include <google/protobuf/stubs/logging.h>
#include <google/protobuf/util/json_util.h>

#include "remote_write_v1.pb.h"
#include "remote_write_v2.pb.h"

namespace prw::proto {

namespace {

Labels copy_labels(std::span<const LabelView> from) {
    Labels out;
    out.reserve(from.size());
    for (const auto& label : from) out.emplace_back(label.name, label.value);
    return out;
}

template <typename T>
std::vector<T> copy(const RequestView& view, const std::vector<T>& all, Slice slice) {
    const auto part = view.of(all, slice);
    return {part.begin(), part.end()};
}

std::vector<BucketSpan> copy_spans(const RequestView& view, Slice slice) {
    std::vector<BucketSpan> out;
    out.reserve(slice.count);
    for (const auto& span : view.of(view.spans, slice)) out.push_back({span.offset, span.length});
    return out;
}

std::variant<std::uint64_t, double> number(HistogramView::Count kind, std::uint64_t value) {
    if (kind == HistogramView::Count::kFloat) return std::bit_cast<double>(value);
    return value;
}

Metadata copy_metadata(const MetadataView& from) {
    return {static_cast<MetricType>(from.type), std::string(from.family), std::string(from.help),
            std::string(from.unit)};
}

/// Parses with libprotobuf and hands the message to `use`. False if it does not parse; nothing is printed.
template <typename Use>
bool with_message(std::string_view bytes, ProtobufMessage message, Use&& use) {
    if (bytes.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) return false;
    const google::protobuf::LogSilencer quiet;  // libprotobuf reports invalid UTF-8 on stderr
    google::protobuf::Arena arena;
    google::protobuf::Message* parsed = nullptr;
    if (message == ProtobufMessage::kV1) {
        parsed = google::protobuf::Arena::CreateMessage<prometheus::WriteRequest>(&arena);
    } else {
        parsed = google::protobuf::Arena::CreateMessage<io::prometheus::write::v2::Request>(&arena);
    }
    if (!parsed->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return false;
    use(*parsed);
    return true;
}

}  // namespace

Histogram to_model(const RequestView& view, const HistogramView& from) {
    Histogram out;
    out.count = number(from.count_kind, from.count);
    out.zero_count = number(from.zero_count_kind, from.zero_count);
    out.sum_bits = from.sum_bits;
    out.schema = from.schema;
    out.zero_threshold = from.zero_threshold;
    out.reset_hint = from.reset_hint;
    out.positive_spans = copy_spans(view, from.positive_spans);
    out.negative_spans = copy_spans(view, from.negative_spans);
    out.positive_deltas = copy(view, view.deltas, from.positive_deltas);
    out.negative_deltas = copy(view, view.deltas, from.negative_deltas);
    out.positive_counts = copy(view, view.doubles, from.positive_counts);
    out.negative_counts = copy(view, view.doubles, from.negative_counts);
    out.custom_values = copy(view, view.doubles, from.custom_values);
    out.timestamp = from.timestamp;
    out.start_timestamp = from.start_timestamp;
    return out;
}

WriteRequest to_model(const RequestView& view) {
    WriteRequest out;
    out.series.reserve(view.series.size());
    for (const auto& from : view.series) {
        auto& series = out.series.emplace_back();
        series.labels = copy_labels(view.labels_of(from));
        for (const auto& sample : view.samples_of(from))
            series.samples.push_back({sample.value_bits, sample.timestamp, sample.start_timestamp});
        for (const auto& histogram : view.histograms_of(from)) series.histograms.push_back(to_model(view, histogram));
        for (const auto& exemplar : view.exemplars_of(from))
            series.exemplars.push_back(
                {copy_labels(view.of(view.labels, exemplar.labels)), exemplar.value_bits, exemplar.timestamp});
        if (from.metadata != kNoRef) series.metadata = copy_metadata(view.metadata[from.metadata]);
    }
    if (view.message == ProtobufMessage::kV1)
        for (const auto& metadata : view.metadata) out.metadata.push_back(copy_metadata(metadata));
    return out;
}

std::uint64_t to_bits(double value) { return std::bit_cast<std::uint64_t>(value); }
double from_bits(std::uint64_t bits) { return std::bit_cast<double>(bits); }

std::string value_text(std::uint64_t bits) {
    if (bits == kStaleNanBits) return "StaleNaN";
    const double value = from_bits(bits);
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
    return {text.data(), end};
}

Result<std::string> to_json(std::string_view bytes, ProtobufMessage message) {
    std::string json;
    bool rendered = false;
    const bool parsed = with_message(bytes, message, [&](const google::protobuf::Message& request) {
        google::protobuf::util::JsonPrintOptions options;
        options.preserve_proto_field_names = true;
        rendered = google::protobuf::util::MessageToJsonString(request, &json, options).ok();
    });
    if (!parsed) return fail(ErrorCode::kMalformed, "the bytes do not parse as " + std::string(full_name(message)));
    if (!rendered) return fail(ErrorCode::kInternal, "cannot render " + std::string(full_name(message)) + " as JSON");
    return json;
}

bool libprotobuf_accepts(std::string_view bytes, ProtobufMessage message) {
    return with_message(bytes, message, [](const google::protobuf::Message&) {});
}

}  // namespace prw::proto
