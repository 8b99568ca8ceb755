// The encoded message: what no encoder that is generated from the schema would write.
#include "data.h"
#include "prw/mutants/wire_edit.h"
#include "prw/proto/protocol.h"

namespace prw::mutants {

namespace {

using wire::Message;

constexpr auto kV1 = ProtobufMessage::kV1;
constexpr std::uint32_t kNobodys = 99;  // a field number that no message of the schemas has

constexpr std::uint32_t series_field(ProtobufMessage message) { return message == kV1 ? 1 : 5; }

void append(std::string& bytes, std::uint32_t field, std::uint8_t type, std::string data) {
    wire::edit(bytes, {}, [&](Message& message) {
        message.add(field, type, std::move(data));
        return true;
    });
}

/// In the first sample that has a value and a timestamp on the wire.
void in_sample(std::string& bytes, ProtobufMessage message, void (*change)(Message& sample)) {
    wire::edit(bytes, {series_field(message), 2}, [&](Message& sample) {
        if (sample.find(1) == nullptr || sample.find(2) == nullptr) return false;
        change(sample);
        return true;
    });
}

void in_series(std::string& bytes, ProtobufMessage message, void (*change)(Message& series)) {
    wire::edit(bytes, {series_field(message)}, [&](Message& series) {
        if (series.find(2) == nullptr) return false;  // without samples
        change(series);
        return true;
    });
}

void other_message(std::string& bytes, ProtobufMessage message) {
    proto::RequestView view;
    proto::decode(bytes, message, view);
    bytes = proto::encode(proto::to_model(view), message == kV1 ? ProtobufMessage::kV2 : kV1);
}

std::string length_delimited(std::uint32_t field, const std::string& data) {
    Message message;
    message.add(field, wire::kBytes, data);
    return message.bytes();
}

/// ExportMetricsServiceRequest with one metric that has a name and nothing else.
std::string otlp() {
    const std::string metric = length_delimited(1, "prw_mutant");
    return length_delimited(1, length_delimited(2, length_delimited(2, metric)));
}

// clang-format off
constexpr Row kRows[] = {
    // another thing than the message
    {{"wire/other-message", "Puts the message of the other version into the body.",
      "sender/wire/message-matches-content-type"},
     {.bytes = other_message}},
    {{"wire/json", "Sends the message in protobuf's JSON mapping.", "sender/wire/binary-protobuf"},
     {.bytes = [](std::string& bytes, ProtobufMessage message) {
          if (auto json = proto::to_json(bytes, message)) bytes = std::move(*json);
      }}},
    {{"wire/otlp", "Sends an OTLP request.", "sender/wire/known-message"},
     {.bytes = [](std::string& bytes, ProtobufMessage) { bytes = otlp(); }}},
    {{"wire/length-prefix", "Writes the message's length before it.", "sender/wire/one-message"},
     {.bytes = [](std::string& bytes, ProtobufMessage) { bytes.insert(0, wire::varint(bytes.size())); }}},
    {{"wire/cut", "Leaves out the last byte of the message.", "sender/wire/well-formed"},
     {.bytes = [](std::string& bytes, ProtobufMessage) { bytes.pop_back(); }}},
    {{"wire/trailing-garbage", "Sends the byte ff behind the message.", "sender/wire/well-formed"},
     {.bytes = [](std::string& bytes, ProtobufMessage) { bytes += '\xff'; }}},

    // fields
    {{"wire/group", "Ends the message with an empty group.", "sender/wire/no-groups"},
     {.bytes = [](std::string& bytes, ProtobufMessage) {
          append(bytes, kNobodys, wire::kGroup, {});
          append(bytes, kNobodys, wire::kEndGroup, {});
      }}},
    {{"wire/timestamp-fixed64", "Writes the timestamp of a sample as fixed64.", "sender/wire/timestamp-int64"},
     {.bytes = [](std::string& bytes, ProtobufMessage message) {
          in_sample(bytes, message, [](Message& sample) {
              auto& field = *sample.find(2);
              field = {2, wire::kFixed64, wire::fixed64(wire::value_of(field.data))};
          });
      }}},
    {{"wire/value-float", "Writes the value of a sample as a 32-bit float.", "sender/wire/value-float64"},
     {.bytes = [](std::string& bytes, ProtobufMessage message) {
          in_sample(bytes, message, [](Message& sample) {
              *sample.find(1) = {1, wire::kFixed32, wire::fixed32(0x3f800000U)};
          });
      }}},
    {{"wire/samples-varint", "Adds a number where a series has its samples.", "sender/wire/wire-types"},
     {.bytes = [](std::string& bytes, ProtobufMessage message) {
          in_series(bytes, message, [](Message& series) { series.add(2, wire::kVarint, wire::varint(1)); });
      }}},
    {{"wire/unknown-field", "Adds a field that the schema does not have.", "sender/wire/no-unknown-fields"},
     {.bytes = [](std::string& bytes, ProtobufMessage) { append(bytes, kNobodys, wire::kVarint, wire::varint(1)); }}},
    {{"wire/value-twice", "Writes the value of a sample twice.", "sender/wire/singular-once"},
     {.bytes = [](std::string& bytes, ProtobufMessage message) {
          in_sample(bytes, message, [](Message& sample) { sample.fields.push_back(*sample.find(1)); });
      }}},

    // reserved ones
    {{"wire/field-2", "Writes Cortex' source field into WriteRequest.", "sender/wire/reserved-field-2", true, false},
     {.bytes = [](std::string& bytes, ProtobufMessage) { append(bytes, 2, wire::kVarint, wire::varint(1)); }}},
    {{"wire/field-3", "Writes a number into field 3 of WriteRequest.", "sender/wire/reserved-field-3", true, false},
     {.bytes = [](std::string& bytes, ProtobufMessage) { append(bytes, 3, wire::kVarint, wire::varint(1)); }}},
    {{"wire/fields-1-to-3", "Writes field 1, which is that of the 1.0 message, into Request.",
      "sender/wire/reserved-fields-1-3", false, true},
     {.bytes = [](std::string& bytes, ProtobufMessage) { append(bytes, 1, wire::kBytes, {}); }}},
    {{"wire/created-timestamp", "Writes created_timestamp into a series, as drafts up to rc.3 did.",
      "sender/wire/reserved-field-6", false, true},
     {.bytes = [](std::string& bytes, ProtobufMessage message) {
          in_series(bytes, message,
                    [](Message& series) { series.add(6, wire::kVarint, wire::varint(1'600'000'000'000)); });
      }}},

    // what 1.0 has beyond its schema
    {{"wire/v1-metadata", "Adds metadata in field 3 of WriteRequest, as Prometheus does.",
      "sender/wire/v1-metadata", true, false},
     {.data = [](proto::WriteRequest& request, ProtobufMessage) {
          request.metadata.push_back({proto::MetricType::kGauge, "prw_mutant", "A family of the mutant.", ""});
      }}},
    {{"wire/v1-exemplars", "Sends an exemplar over 1.0, as Prometheus does.", "sender/wire/v1-extensions", true, false},
     {.data = [](proto::WriteRequest& request, ProtobufMessage message) {
          (void)add_exemplar(request, message);
          request.metadata.pop_back();
      }}},
    {{"wire/v1-extension-shape", "Sends an exemplar over 1.0 with a field that Prometheus' has not.",
      "sender/wire/v1-extension-shape", true, false},
     {.bytes = [](std::string& bytes, ProtobufMessage message) {
          in_series(bytes, message, [](Message& series) {
              Message exemplar;
              exemplar.add(2, wire::kFixed64, wire::fixed64(proto::to_bits(0.5)));
              exemplar.add(3, wire::kVarint, wire::varint(1'600'000'000'000));
              exemplar.add(9, wire::kVarint, wire::varint(1));
              series.add(3, wire::kBytes, exemplar.bytes());
          });
      }}},
    {{"wire/v1-custom-buckets", "Sends a histogram with custom buckets over 1.0.",
      "sender/wire/v1-custom-buckets", true, false},
     {.data = [](proto::WriteRequest& request, ProtobufMessage) { (void)add_custom_histogram(request); }}},

    // values
    {{"wire/metric-type-9", "Sends 9 as a metric type.", "sender/wire/enum-in-range"},
     {.data = [](proto::WriteRequest& request, ProtobufMessage message) {
          auto& series = add_gauge(request, "prw_mutant");
          series.metadata.type = static_cast<proto::MetricType>(9);
          if (message == kV1) request.metadata.push_back(series.metadata);
      }}},
    {{"wire/help-not-utf8", "Sends a help text that is not UTF-8.", "sender/wire/strings-utf8"},
     {.data = [](proto::WriteRequest& request, ProtobufMessage message) {
          auto& series = add_gauge(request, "prw_mutant");
          series.metadata.help = "caf\xe9";
          if (message == kV1) request.metadata.push_back(series.metadata);
      }}},
    {{"wire/batch-too-large", "Sends 10,001 series more in each request.", "sender/wire/batch-size"},
     {.data = [](proto::WriteRequest& request, ProtobufMessage) {
          for (std::size_t i = 0; i <= proto::limits::kSeries; ++i) (void)add_gauge(request, "prw_mutant", {{"n", std::to_string(i)}});
      }}},
};
// clang-format on

}  // namespace

std::span<const Row> wire_rows() { return kRows; }

}  // namespace prw::mutants
