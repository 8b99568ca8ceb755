// Request line and headers. The body stays as it is.
#include <algorithm>

#include "prw/proto/protocol.h"
#include "row.h"

namespace prw::mutants {

namespace {

namespace header = proto::header;

constexpr auto kV1 = ProtobufMessage::kV1;

constexpr Mutant only_v1(std::string_view id, std::string_view summary, std::string_view check) {
    return {id, summary, check, true, false};
}
constexpr Mutant only_v2(std::string_view id, std::string_view summary, std::string_view check) {
    return {id, summary, check, false, true};
}

void twice(Head& head, std::string_view name) { head.fields.emplace_back(std::string(name), head[name]); }

// clang-format off
constexpr Row kRows[] = {
    // request line
    {{"head/put", "Sends PUT instead of POST.", "sender/headers/post-method"},
     {.head = [](Head& head, ProtobufMessage) { head.method = "PUT"; }}},
    {{"head/path-appended", "Appends a path of its own to that of the URL.", "sender/headers/url-path"},
     {.head = [](Head& head, ProtobufMessage) {
          head.target.insert(std::min(head.target.find('?'), head.target.size()), "/api/v1/write");
      }}},
    {{"head/path-fixed", "Ignores the path of the URL and sends to /receive.", "sender/headers/url-path"},
     {.head = [](Head& head, ProtobufMessage) { head.target = "/receive"; }}},
    {{"head/line-without-colon", "Adds a header line that has no colon.", "sender/headers/well-formed"},
     {.head = [](Head& head, ProtobufMessage) { head.extra_line = "X-Prw-Mutant"; }}},

    // where to, and how much
    {{"head/no-host", "Leaves Host out.", "sender/headers/host"},
     {.head = [](Head& head, ProtobufMessage) { head.remove(header::kHost); }}},
    {{"head/host-twice", "Sends Host on two lines.", "sender/headers/host"},
     {.head = [](Head& head, ProtobufMessage) { twice(head, header::kHost); }}},
    {{"head/host-of-tenant", "Sends the name of a tenant as Host.", "sender/headers/host-as-url"},
     {.head = [](Head& head, ProtobufMessage) { head[header::kHost] = "tenant-a"; }}},
    {{"head/no-length", "Sends the body without announcing its length.", "sender/headers/length-announced"},
     {.head = [](Head& head, ProtobufMessage) { head.remove(header::kContentLength); }}},

    // who sends
    {{"head/no-user-agent", "Leaves User-Agent out.", "sender/headers/user-agent"},
     {.head = [](Head& head, ProtobufMessage) { head.remove(header::kUserAgent); }}},
    {{"head/user-agent-empty", "Sends an empty User-Agent.", "sender/headers/user-agent"},
     {.head = [](Head& head, ProtobufMessage) { head[header::kUserAgent].clear(); }}},
    {{"head/user-agent-without-version", "Names itself without a version.", "sender/headers/user-agent-version"},
     {.head = [](Head& head, ProtobufMessage) { head[header::kUserAgent] = "prw"; }}},
    {{"head/user-agent-free-text", "Writes the version behind a blank instead of a slash.",
      "sender/headers/user-agent-grammar"},
     {.head = [](Head& head, ProtobufMessage) { head[header::kUserAgent] = "prw v1.2.3"; }}},
    {{"head/user-agent-of-library", "Leaves the User-Agent of an HTTP library.", "sender/headers/user-agent-library"},
     {.head = [](Head& head, ProtobufMessage) { head[header::kUserAgent] = "Go-http-client/1.1"; }}},
    {{"head/user-agent-not-ascii", "Has a letter beyond ASCII in User-Agent.", "sender/headers/value-clean"},
     {.head = [](Head& head, ProtobufMessage) { head[header::kUserAgent] = "prw/1.2.3 (caf\xc3\xa9)"; }}},
    {{"head/nul-in-a-header", "Has a NUL byte in a header of its own.", "sender/headers/value-clean"},
     {.head = [](Head& head, ProtobufMessage) { head.extra_line = std::string("X-Prw-Mutant: a\0b", 17); }}},

    // version
    {{"head/no-version", "Leaves X-Prometheus-Remote-Write-Version out.", "sender/headers/version-present"},
     {.head = [](Head& head, ProtobufMessage) { head.remove(header::kVersion); }}},
    {only_v1("head/version-0-1-2", "Sends 0.1.2 as the version of a 1.0 message.", "sender/headers/version-0-1-0"),
     {.head = [](Head& head, ProtobufMessage) { head[header::kVersion] = "0.1.2"; }}},
    {only_v1("head/version-2-with-v1", "Sends 2.0.0 as the version of a 1.0 message.",
      "sender/negotiation/v1-by-2x-sender"),
     {.head = [](Head& head, ProtobufMessage) { head[header::kVersion] = proto::kVersionV2; }}},
    {only_v2("head/version-with-letter", "Sends v2 as the version of a 2.0 message.", "sender/headers/version-format"),
     {.head = [](Head& head, ProtobufMessage) { head[header::kVersion] = "v2"; }}},
    {only_v2("head/version-1-with-v2", "Sends 0.1.0 as the version of a 2.0 message.", "sender/headers/version-newest"),
     {.head = [](Head& head, ProtobufMessage) { head[header::kVersion] = proto::kVersionV1; }}},

    // several, too many
    {{"head/content-type-twice", "Sends Content-Type on two lines.", "sender/headers/reserved-once"},
     {.head = [](Head& head, ProtobufMessage) { twice(head, header::kContentType); }}},
    {{"head/length-with-chunked", "Sends the body chunked and Content-Length with it.",
      "sender/headers/length-with-chunked"},
     {.head = [](Head& head, ProtobufMessage) {
          head[header::kTransferEncoding] = "chunked";
          head.chunked = true;
      }}},
    {{"head/expect-continue", "Announces that it waits for 100 Continue.", "sender/headers/expect-continue"},
     {.head = [](Head& head, ProtobufMessage) { head["Expect"] = "100-continue"; }}},
    {{"head/always-a-retry", "Calls every request a retry.", "sender/headers/retry-attempt"},
     {.head = [](Head& head, ProtobufMessage) { head[header::kRetryAttempt] = "1"; }}},

    // Content-Type
    {{"head/no-content-type", "Leaves Content-Type out.", "sender/negotiation/content-type-present"},
     {.head = [](Head& head, ProtobufMessage) { head.remove(header::kContentType); }}},
    {{"head/content-type-syntax", "Has a parameter of Content-Type without a value.",
      "sender/negotiation/content-type-syntax"},
     {.head = [](Head& head, ProtobufMessage) { head[header::kContentType] += ";proto"; }}},
    {{"head/media-type", "Sends application/vnd.google.protobuf.", "sender/negotiation/media-type"},
     {.head = [](Head& head, ProtobufMessage) { head[header::kContentType] = "application/vnd.google.protobuf"; }}},
    {{"head/message-name", "Names a message that does not exist.", "sender/negotiation/message-name"},
     {.head = [](Head& head, ProtobufMessage message) {
          head[header::kContentType] = std::string("application/x-protobuf;proto=") +
                                 (message == kV1 ? "prometheus.v1.WriteRequest" : "io.prometheus.write.v2.Write");
      }}},
    {{"head/content-type-charset", "Adds a charset to Content-Type.", "sender/negotiation/content-type-parameters"},
     {.head = [](Head& head, ProtobufMessage) { head[header::kContentType] += ";charset=utf-8"; }}},
    {{"head/content-type-spelling", "Spells Content-Type in upper case (1.0) or with a blank (2.0).",
      "sender/negotiation/content-type-spelling"},
     {.head = [](Head& head, ProtobufMessage message) {
          head[header::kContentType] = message == kV1 ? "Application/X-Protobuf"
                                                : "application/x-protobuf; proto=io.prometheus.write.v2.Request";
      }}},
    {only_v1("head/proto-parameter-v1", "Names the 1.0 message in Content-Type as 2.0 does.",
      "sender/negotiation/proto-parameter-v1"),
     {.head = [](Head& head, ProtobufMessage) {
          head[header::kContentType] = "application/x-protobuf;proto=prometheus.WriteRequest";
      }}},

    // Content-Encoding
    {{"head/no-content-encoding", "Leaves Content-Encoding out.", "sender/negotiation/content-encoding-present"},
     {.head = [](Head& head, ProtobufMessage) { head.remove(header::kContentEncoding); }}},
    {{"head/content-encoding-syntax", "Adds a parameter to Content-Encoding.",
      "sender/negotiation/content-encoding-syntax"},
     {.head = [](Head& head, ProtobufMessage) { head[header::kContentEncoding] = "snappy;q=1"; }}},
    {{"head/content-encoding-lies", "Calls the snappy block gzip.", "sender/negotiation/content-encoding-snappy"},
     {.head = [](Head& head, ProtobufMessage) { head[header::kContentEncoding] = "gzip"; }}},
    {{"head/content-encoding-spelling", "Spells Content-Encoding with a capital letter.",
      "sender/negotiation/content-encoding-spelling"},
     {.head = [](Head& head, ProtobufMessage) { head[header::kContentEncoding] = "Snappy"; }}},
};
// clang-format on

}  // namespace

std::span<const Row> head_rows() { return kRows; }

}  // namespace prw::mutants
