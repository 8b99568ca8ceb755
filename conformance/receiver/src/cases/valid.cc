/// Requests in which nothing is wrong.
#include <algorithm>
#include <cmath>
#include <limits>

#include "cases/data.h"
#include "cases/rows.h"
#include "prw/mutants/wire_edit.h"

namespace prw::receiver_suite {
namespace {

namespace wire = mutants::wire;
using enum Fate;
using proto::ProtobufMessage;
constexpr auto kV1 = ProtobufMessage::kV1;

// Numbers of fields.
constexpr std::uint32_t kSymbols = 4, kLabelRefs = 1, kSamples = 2, kTimestamp = 2, kMetadata = 5, kHelpRef = 3,
                        kUnitRef = 4, kUnknown = 99;
constexpr std::uint32_t series_of(ProtobufMessage message) { return message == kV1 ? 1 : 5; }

using Field = wire::Field;
/// The opposite of what encoders write, but for the order of the elements of a list, which means something.
bool reverse_fields(wire::Message& of) {
    std::stable_sort(of.fields.begin(), of.fields.end(),
                     [](const Field& a, const Field& b) { return a.number > b.number; });
    return false;
}

bool add_unknown(wire::Message& of) {
    of.add(kUnknown, wire::kVarint, wire::varint(7));
    of.add(kUnknown + 1, wire::kBytes, "of a later version");
    of.add(kUnknown + 2, wire::kFixed64, wire::fixed64(7));
    return false;
}

void fields_in_reverse(std::string& bytes, ProtobufMessage message) {
    wire::edit(bytes, {series_of(message), kSamples}, reverse_fields);
    wire::edit(bytes, {series_of(message)}, reverse_fields);
}

void series_before_symbols(std::string& bytes, ProtobufMessage) { wire::edit(bytes, {}, reverse_fields); }

/// Label references one by one.
void unpacked_refs(std::string& bytes, ProtobufMessage) {
    wire::edit(bytes, {series_of(ProtobufMessage::kV2)}, [](wire::Message& series) {
        const auto* packed = series.find(kLabelRefs);
        if (packed == nullptr) return false;
        const auto refs = wire::unpacked(packed->data);
        series.remove(kLabelRefs);
        for (const auto ref : refs) series.add(kLabelRefs, wire::kVarint, wire::varint(ref));
        return false;
    });
}

/// Label references in two runs, the second behind everything else.
void split_refs(std::string& bytes, ProtobufMessage) {
    wire::edit(bytes, {series_of(ProtobufMessage::kV2)}, [](wire::Message& series) {
        auto* packed = series.find(kLabelRefs);
        if (packed == nullptr) return false;
        const auto refs = wire::unpacked(packed->data);
        const auto half = refs.begin() + static_cast<std::ptrdiff_t>(refs.size() / 2);
        packed->data = wire::packed({refs.begin(), half});
        series.add(kLabelRefs, wire::kBytes, wire::packed({half, refs.end()}));
        return false;
    });
}

/// Of a field that occurs once the last one counts.
void timestamp_twice(std::string& bytes, ProtobufMessage message) {
    wire::edit(bytes, {series_of(message), kSamples}, [](wire::Message& sample) {
        sample.fields.insert(sample.fields.begin(), {kTimestamp, wire::kVarint, wire::varint(1)});
        return false;
    });
}

void unknown_in_request(std::string& bytes, ProtobufMessage) { wire::edit(bytes, {}, add_unknown); }
void unknown_in_series(std::string& bytes, ProtobufMessage message) {
    wire::edit(bytes, {series_of(message)}, add_unknown);
}
void unknown_in_samples(std::string& bytes, ProtobufMessage message) {
    wire::edit(bytes, {series_of(message), kSamples}, add_unknown);
}

/// Symbols behind the first in reverse, and one that nothing refers to.
void symbols_in_reverse(std::string& bytes, ProtobufMessage) {
    std::uint64_t last = 0;
    wire::edit(bytes, {}, [&last](wire::Message& request) {
        std::vector<Field> symbols, others;
        for (auto& field : request.fields) (field.number == kSymbols ? symbols : others).push_back(std::move(field));
        last = symbols.size() - 1;
        std::reverse(symbols.begin() + 1, symbols.end());
        symbols.push_back({kSymbols, wire::kBytes, "nobody refers to this"});
        request.fields = std::move(symbols);
        request.fields.insert(request.fields.end(), others.begin(), others.end());
        return false;
    });
    const auto moved = [&last](std::uint64_t ref) { return ref == 0 ? 0 : last + 1 - ref; };
    const auto series = series_of(ProtobufMessage::kV2);
    wire::edit(bytes, {series}, [&moved](wire::Message& of) {
        auto* packed = of.find(kLabelRefs);
        if (packed == nullptr) return false;
        auto refs = wire::unpacked(packed->data);
        for (auto& ref : refs) ref = moved(ref);
        packed->data = wire::packed(refs);
        return false;
    });
    wire::edit(bytes, {series, kMetadata}, [&moved](wire::Message& of) {
        for (auto& field : of.fields)
            if (field.number == kHelpRef || field.number == kUnitRef)
                field.data = wire::varint(moved(wire::value_of(field.data)));
        return false;
    });
}

std::string& field(Draft& draft, std::string_view name) {
    const auto found =
        std::find_if(draft.fields.begin(), draft.fields.end(), [&](const auto& each) { return each.first == name; });
    return found != draft.fields.end() ? found->second : draft.fields.emplace_back(name, "").second;
}

void without_version(Draft& draft, ProtobufMessage) {
    std::erase_if(draft.fields, [](const auto& each) { return each.first == proto::header::kVersion; });
}
template <const char* const* kText>
void with_version(Draft& draft, ProtobufMessage) {
    field(draft, proto::header::kVersion) = *kText;
}
constexpr const char *kVersion010 = "0.1.0", *kVersion012 = "0.1.2", *kVersion100 = "1.0.0", *kVersion20 = "2.0",
                     *kVersion210 = "2.1.0";

template <const char* const* kText>
void with_type(Draft& draft, ProtobufMessage) {
    field(draft, proto::header::kContentType) = *kText;
}
constexpr const char *kTypeBlank = "application/x-protobuf; proto=io.prometheus.write.v2.Request",
                     *kTypeQuoted = "application/x-protobuf;proto=\"io.prometheus.write.v2.Request\"",
                     *kTypeCase = "Application/X-Protobuf;Proto=io.prometheus.write.v2.Request",
                     *kTypeV1 = "application/x-protobuf;proto=prometheus.WriteRequest",
                     *kTypeV1Case = "Application/X-Protobuf";

void chunked(Draft& draft, ProtobufMessage) { draft.chunked = true; }
void small_chunks(Draft& draft, ProtobufMessage) {
    draft.chunked = true;
    draft.chunk = 1;
}
void more_headers(Draft& draft, ProtobufMessage) {
    draft.fields.emplace_back("X-Scope-OrgID", "prw");
    draft.fields.emplace_back(proto::header::kRetryAttempt, "3");
    draft.fields.emplace_back("Accept-Encoding", "gzip");
}
void lower_case_headers(Draft& draft, ProtobufMessage) {
    for (auto& each : draft.fields)
        std::transform(each.first.begin(), each.first.end(), each.first.begin(),
                       [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
}

proto::WriteRequest empty_request(const Setting&) { return {}; }
proto::WriteRequest ten_series(const Setting& setting) { return many(setting, 10); }
proto::WriteRequest thousand_series(const Setting& setting) { return many(setting, 1000); }
proto::WriteRequest ten_thousand_series(const Setting& setting) { return many(setting, 10'000); }
proto::WriteRequest ten_samples(const Setting& setting) {
    auto out = gauge(setting);
    for (int i = 9; i >= 0; --i) out.samples.push_back({proto::to_bits(i), setting.now_ms - i * 1000, 0});
    return request_of(std::move(out));
}
proto::WriteRequest with_labels(const Setting& setting, proto::Labels labels) {
    return request_of(gauge_of(setting, proto::to_bits(1.5), labels));
}
proto::WriteRequest odd_names(const Setting& setting) {
    return with_labels(setting, {{"A", "upper case sorts before __name__"}, {"_0", "and an underscore with a digit"}});
}
proto::WriteRequest odd_values(const Setting& setting) {
    return with_labels(setting, {{"quoted", "\"\\\n"}, {"utf8", "é 中 \U0001f600"}});
}
proto::WriteRequest counter_request(const Setting& setting) { return request_of(counter(setting)); }
proto::WriteRequest counter_without_start(const Setting& setting) {
    auto out = counter(setting);
    out.samples.front().start_timestamp = 0;
    return request_of(std::move(out));
}
template <std::uint64_t kBits>
proto::WriteRequest value(const Setting& setting) {
    return request_of(gauge_of(setting, kBits));
}
constexpr std::uint64_t bits(double value) { return std::bit_cast<std::uint64_t>(value); }
constexpr double kInfinity = std::numeric_limits<double>::infinity();

proto::WriteRequest integer_histogram(const Setting& setting) { return request_of(histogram(setting)); }
proto::WriteRequest float_histogram(const Setting& setting) {
    auto out = histogram(setting);
    auto& of = out.histograms.front();
    of.count = 4.0;
    of.zero_count = 1.0;
    of.positive_deltas.clear();
    of.positive_counts = {1, 2};
    return request_of(std::move(out));
}
proto::WriteRequest spans_with_gaps(const Setting& setting) {
    auto out = histogram(setting);
    auto& of = out.histograms.front();
    of.count = std::uint64_t{10};
    of.positive_spans = {{-2, 2}, {3, 1}};
    of.positive_deltas = {1, 1, -1};
    of.negative_spans = {{0, 1}, {4, 2}};
    of.negative_deltas = {1, 1, 0};
    return request_of(std::move(out));
}
proto::WriteRequest empty_histogram(const Setting& setting) {
    auto out = histogram(setting);
    auto& of = out.histograms.front();
    of.count = of.zero_count = std::uint64_t{0};
    of.sum_bits = 0;
    of.positive_spans.clear();
    of.positive_deltas.clear();
    return request_of(std::move(out));
}
proto::WriteRequest stale_histogram(const Setting& setting) {
    auto out = empty_histogram(setting);
    out.series.front().histograms.front().sum_bits = proto::kStaleNanBits;
    return out;
}
proto::WriteRequest custom_histogram(const Setting& setting) {
    auto out = histogram(setting);
    auto& of = out.histograms.front();
    of.schema = -53;
    of.count = std::uint64_t{3};
    of.zero_count = std::uint64_t{0};
    of.zero_threshold = 0;
    of.positive_spans = {{0, 3}};
    of.positive_deltas = {1, 0, 0};
    of.custom_values = {1, 2};
    return request_of(std::move(out));
}
proto::WriteRequest counter_with_exemplar(const Setting& setting) {
    auto out = counter(setting);
    out.exemplars.push_back({{{"trace_id", "4bf92f3577b34da6"}}, proto::to_bits(0.5), setting.now_ms});
    return request_of(std::move(out));
}
proto::WriteRequest metadata_only(const Setting& setting) {
    proto::WriteRequest out;
    out.metadata.push_back({proto::MetricType::kCounter, setting.metric, "Metadata without series.", ""});
    return out;
}
proto::WriteRequest with_metadata(const Setting& setting) {
    auto out = one_sample(setting);
    auto& of = out.series.front().metadata;
    of.help = "A help text with \\ and\na line break, and é.";
    of.unit = "seconds";
    if (setting.message == kV1) out.metadata.push_back(of);
    return out;
}

// clang-format off
const Case kRows[] = {
    {.id = "valid/one-sample", .summary = "One sample of one series."},
    {.id = "valid/ten-series", .summary = "Ten series with a sample each.", .data = ten_series},
    {.id = "valid/thousand-series", .summary = "1,000 series with a sample each.", .data = thousand_series},
    {.id = "valid/ten-thousand-series", .summary = "10,000 series with a sample each.", .data = ten_thousand_series},
    {.id = "valid/ten-samples", .summary = "Ten samples of one series, in order of time.", .data = ten_samples},
    {.id = "valid/empty", .summary = "A request without series, which 1.0 senders may send.", .v2 = false, .data = empty_request},
    {.id = "valid/odd-label-names", .summary = "Labels that sort before and behind __name__.", .data = odd_names},
    {.id = "valid/odd-label-values", .summary = "Label values with quotes, line breaks and UTF-8.", .data = odd_values},
    {.id = "valid/counter", .summary = "A counter; in 2.0 with its start timestamp.", .data = counter_request},
    {.id = "valid/start-not-set", .summary = "A counter of 2.0 whose start timestamp is 0: not set.", .v1 = false, .data = counter_without_start},
    {.id = "valid/chunked", .summary = "A body in chunks.", .edit = chunked},
    {.id = "valid/one-byte-chunks", .summary = "A body in chunks of one byte.", .edit = small_chunks},
    {.id = "valid/more-headers", .summary = "Headers that say nothing to a receiver, Retry-Attempt among them.", .edit = more_headers},
    {.id = "valid/lower-case-headers", .summary = "Names of header fields in lower case.", .edit = lower_case_headers},
    {.id = "values/zero", .summary = "The value 0, which protobuf leaves out.", .data = value<bits(0.0)>},
    {.id = "values/negative-zero", .summary = "The value -0.", .data = value<bits(-0.0)>},
    {.id = "values/infinity", .summary = "The value +Inf.", .data = value<bits(kInfinity)>},
    {.id = "values/negative-infinity", .summary = "The value -Inf.", .data = value<bits(-kInfinity)>},
    {.id = "values/nan", .summary = "NaN as Prometheus writes it.", .data = value<proto::kNormalNanBits>},
    {.id = "values/stale-marker", .summary = "A stale marker.", .data = value<proto::kStaleNanBits>},
    {.id = "values/subnormal", .summary = "The smallest number above 0.", .data = value<1>},
    {.id = "values/above-2-53", .summary = "2^53 + 2, whose last bit a float32 or a text of 15 digits loses.", .data = value<bits(9007199254740994.0)>},
    {.id = "encoding/fields-in-reverse", .summary = "The fields of series and samples in descending order.", .data = ten_series, .encode = fields_in_reverse},
    {.id = "encoding/series-before-symbols", .summary = "The symbols table behind the series.", .v1 = false, .data = ten_series, .encode = series_before_symbols},
    {.id = "encoding/unpacked-references", .summary = "References to labels one by one.", .v1 = false, .data = ten_series, .encode = unpacked_refs},
    {.id = "encoding/split-references", .summary = "References to labels in two packed runs.", .v1 = false, .data = ten_series, .encode = split_refs},
    {.id = "encoding/timestamp-twice", .summary = "A timestamp twice, of which the last counts.", .encode = timestamp_twice},
    {.id = "unknown-field/in-request", .summary = "Unknown fields of every wire type in the request.", .encode = unknown_in_request},
    {.id = "unknown-field/in-series", .summary = "The same in a series.", .encode = unknown_in_series},
    {.id = "unknown-field/in-sample", .summary = "The same in a sample.", .encode = unknown_in_samples},
    {.id = "version/absent", .summary = "No version header.", .edit = without_version},
    {.id = "version/0.1.0", .summary = "A 2.0 message with version 0.1.0.", .v1 = false, .edit = with_version<&kVersion010>},
    {.id = "version/0.1.2", .summary = "Version 0.1.2.", .v2 = false, .edit = with_version<&kVersion012>},
    {.id = "version/1.0.0", .summary = "Version 1.0.0.", .v2 = false, .edit = with_version<&kVersion100>},
    {.id = "version/2.0", .summary = "Version 2.0.", .v1 = false, .edit = with_version<&kVersion20>},
    {.id = "version/2.1.0", .summary = "Version 2.1.0, of a sender of tomorrow.", .v1 = false, .edit = with_version<&kVersion210>},
    {.id = "content-type/blank", .summary = "A blank before the parameter of Content-Type.", .v1 = false, .edit = with_type<&kTypeBlank>},
    {.id = "content-type/quoted", .summary = "The value of the parameter in quotes.", .v1 = false, .edit = with_type<&kTypeQuoted>},
    {.id = "content-type/capitals", .summary = "Media type and parameter name with capital letters.", .v1 = false, .edit = with_type<&kTypeCase>},
    {.id = "content-type/v1-named", .summary = "The 1.0 message with its name in Content-Type, as 2.0 has it.", .fate = kChoice, .v2 = false, .edit = with_type<&kTypeV1>},
    {.id = "content-type/v1-capitals", .summary = "The 1.0 media type with capital letters.", .fate = kChoice, .v2 = false, .edit = with_type<&kTypeV1Case>},
    {.id = "symbols/in-reverse", .summary = "Symbols in another order, and one that nothing refers to.", .v1 = false, .data = ten_series, .encode = symbols_in_reverse},
    {.id = "repeat/same-request", .summary = "A request twice, byte for byte, as after a lost answer.", .data = ten_series, .times = 2},
    {.id = "histogram/integer", .summary = "A native histogram with integer buckets.", .fate = kOptional, .data = integer_histogram},
    {.id = "histogram/float", .summary = "One with float buckets.", .fate = kOptional, .data = float_histogram},
    {.id = "histogram/gaps", .summary = "Positive and negative buckets in several spans with gaps.", .fate = kOptional, .data = spans_with_gaps},
    {.id = "histogram/empty", .summary = "One without observations.", .fate = kOptional, .data = empty_histogram},
    {.id = "histogram/stale", .summary = "The stale marker as the sum of a histogram.", .fate = kOptional, .data = stale_histogram},
    {.id = "histogram/custom-buckets", .summary = "One with custom buckets.", .fate = kOptional, .v1 = false, .data = custom_histogram},
    {.id = "exemplar/on-counter", .summary = "A counter with an exemplar.", .fate = kOptional, .data = counter_with_exemplar},
    {.id = "metadata/alone", .summary = "Metadata without series, as Prometheus sends it every minute.", .fate = kOptional, .v2 = false, .data = metadata_only},
    {.id = "metadata/with-series", .summary = "Type, help with escapes, and unit.", .fate = kOptional, .data = with_metadata},
};
// clang-format on

}  // namespace

std::span<const Case> valid_cases() { return kRows; }

}  // namespace prw::receiver_suite
