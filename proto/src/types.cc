#include "prw/proto/types.h"

namespace prw::proto {

std::string_view full_name(ProtobufMessage message) {
    return message == ProtobufMessage::kV1 ? "prometheus.WriteRequest" : "io.prometheus.write.v2.Request";
}

std::string_view short_name(ProtobufMessage message) { return message == ProtobufMessage::kV1 ? "1.0" : "2.0"; }

bool parse_protobuf_message(std::string_view text, ProtobufMessage& out) {
    for (const auto message : {ProtobufMessage::kV1, ProtobufMessage::kV2}) {
        if (text == full_name(message) || text == short_name(message)) {
            out = message;
            return true;
        }
    }
    return false;
}

std::string_view name_of(MetricType type) { return kMetricTypeNames.name_of(type); }

}  // namespace prw::proto
