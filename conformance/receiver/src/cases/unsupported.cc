/// Types, codings and methods that no receiver of Remote Write takes.
#include "cases/rows.h"
#include "prw/base/text.h"

namespace prw::receiver_suite {
namespace {

using enum Fate;
using proto::ProtobufMessage;

void set(Draft& draft, std::string_view name, std::string_view value) {
    for (auto& each : draft.fields)
        if (base::iequals(each.first, name)) each.second = value;
}

template <const char* const* kText>
void type(Draft& draft, ProtobufMessage) {
    set(draft, proto::header::kContentType, *kText);
}
constexpr const char
    *kText = "text/plain",
    *kJson = "application/json", *kOctets = "application/octet-stream",
    *kUnknownMessage = "application/x-protobuf;proto=io.prometheus.write.v9.Request",
    *kOpenTelemetry =
        "application/x-protobuf;proto=opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest";

template <const char* const* kText>
void coding(Draft& draft, ProtobufMessage) {
    set(draft, proto::header::kContentEncoding, *kText);
}
constexpr const char *kGzip = "gzip", *kZstd = "zstd", *kIdentity = "identity", *kUnknownCoding = "x-prw-unknown";

template <const char* const* kMethod>
void method(Draft& draft, ProtobufMessage) {
    draft.method = *kMethod;
}
/// Without a body, as a probe or a health check has it.
template <const char* const* kMethod>
void probe(Draft& draft, ProtobufMessage) {
    draft.method = *kMethod;
    draft.body.clear();
    draft.fields.clear();
}
constexpr const char *kGet = "GET", *kHead = "HEAD", *kPut = "PUT", *kDelete = "DELETE";

// clang-format off
const Case kRows[] = {
    {.id = "content-type/text", .summary = "text/plain.", .fate = kUnsupported, .v1 = false, .edit = type<&kText>},
    {.id = "content-type/json", .summary = "application/json.", .fate = kUnsupported, .v1 = false, .edit = type<&kJson>},
    {.id = "content-type/octet-stream", .summary = "application/octet-stream.", .fate = kUnsupported, .v1 = false, .edit = type<&kOctets>},
    {.id = "content-type/unknown-message", .summary = "A message of a version that there is not.", .fate = kUnsupported, .v1 = false, .edit = type<&kUnknownMessage>},
    {.id = "content-type/opentelemetry", .summary = "The name of OpenTelemetry's message.", .fate = kUnsupported, .v1 = false, .edit = type<&kOpenTelemetry>},
    {.id = "content-encoding/gzip", .summary = "A body that calls itself gzip.", .fate = kUnsupported, .v1 = false, .edit = coding<&kGzip>},
    {.id = "content-encoding/zstd", .summary = "A body that calls itself zstd.", .fate = kUnsupported, .v1 = false, .edit = coding<&kZstd>},
    {.id = "content-encoding/identity", .summary = "A body that calls itself uncompressed.", .fate = kUnsupported, .v1 = false, .edit = coding<&kIdentity>},
    {.id = "content-encoding/unknown", .summary = "A coding that nobody knows.", .fate = kUnsupported, .v1 = false, .edit = coding<&kUnknownCoding>},
    {.id = "method/get", .summary = "GET without a body.", .fate = kNotPost, .edit = probe<&kGet>},
    {.id = "method/head", .summary = "HEAD.", .fate = kNotPost, .edit = probe<&kHead>},
    {.id = "method/put", .summary = "PUT of a good request.", .fate = kNotPost, .edit = method<&kPut>},
    {.id = "method/delete", .summary = "DELETE with a good request.", .fate = kNotPost, .edit = method<&kDelete>},
};
// clang-format on

}  // namespace

std::span<const Case> unsupported_cases() { return kRows; }

}  // namespace prw::receiver_suite
