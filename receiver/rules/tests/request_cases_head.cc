#include "request_cases.h"

namespace prw::testing {

namespace {

using proto::ProtobufMessage;
using rules::CheckOptions;
using rules::Severity;

constexpr auto kV1 = ProtobufMessage::kV1, kV2 = ProtobufMessage::kV2;
constexpr auto kVersion = "X-Prometheus-Remote-Write-Version";

RequestBuilder v1() { return RequestBuilder(kV1); }
RequestBuilder v2() { return RequestBuilder(kV2); }

BuiltRequest with_head(const BuiltRequest& request, std::string_view from, std::string_view to) {
    BuiltRequest out = request;
    out.head.replace(out.head.find(from), from.size(), to);
    return out;
}

void towards_1x(CheckOptions& options) { options.peer_is_1x = true; }
std::function<void(CheckOptions&)> target(std::string expected) {
    return [expected](CheckOptions& options) { options.expected_target = expected; };
}

std::function<void(CheckOptions&)> host(std::string expected) {
    return [expected](CheckOptions& options) { options.expected_host = expected; };
}

constexpr auto kFail = Severity::kFail, kWarn = Severity::kWarn, kInfo = Severity::kInfo;

}  // namespace

std::vector<RequestCase> header_cases() {
    const auto valid1 = v1().build(), valid2 = v2().build();
    const std::string v2_type(proto::kContentTypeV2);
    return {
        // The head as such.
        {"HeadWithoutColon", "headers/well-formed", "prw1.protocol.http-post", kFail, 400,
         with_head(valid1, "Host:", "Host"), valid1},
        {"HeadFolded", "headers/well-formed", "prw1.protocol.http-post", kFail, 400,
         with_head(valid1, "acme-agent/1.2.3", "acme-agent/1.2.3\r\n (folded)"),
         with_head(valid1, "acme-agent/1.2.3", "acme-agent/1.2.3 (not folded)")},
        {"RequestLineIncomplete", "headers/well-formed", "prw1.protocol.http-post", kFail, 400,
         with_head(valid1, " HTTP/1.1", ""), valid1},
        {"Http2Preface",
         "headers/well-formed",
         "prw1.protocol.http-post",
         kFail,
         400,
         {"PRI * HTTP/2.0\r\n\r\n", "SM\r\n\r\n"},
         valid1},
        {"Http09", "headers/well-formed", "prw2.protocol.http-post", kFail, 400,
         with_head(valid2, "HTTP/1.1", "HTTP/0.9"), with_head(valid2, "HTTP/1.1", "HTTP/1.0")},
        // Method.
        {"MethodPut", "headers/post-method", "prw1.protocol.http-post", kFail, 405, v1().method("PUT").build(), valid1},
        {"MethodPutV2", "headers/post-method", "prw2.protocol.http-post", kFail, 405, v2().method("PUT").build(),
         valid2},
        {"MethodLowerCase", "headers/post-method", "prw1.protocol.http-post", kFail, 405, v1().method("post").build(),
         valid1},
        {"MethodGetWithBody", "headers/post-method", "prw1.protocol.http-post", kFail, 405, v1().method("GET").build(),
         valid1},
        {"MethodGetWithoutBodyIsProbe", "headers/post-method", "prw1.protocol.http-post", kInfo, 405,
         v1().method("GET").body("").build(), valid1},
        {"MethodHeadIsProbe", "headers/post-method", "prw1.protocol.http-post", kInfo, 405,
         v1().method("HEAD").body("").build(), valid1},
        // Target.
        {"PathAppended", "headers/url-path", "prw1.protocol.provided-url-path", kFail, 400,
         v1().target("/push/api/v1/write").build(), v1().target("/push").build(), target("/push")},
        {"PathIgnored", "headers/url-path", "prw2.protocol.provided-url-path", kFail, 400,
         v2().target("/api/v2/write").build(), v2().target("http://127.0.0.1:9201/api/v1/write?x=1").build(),
         target("/api/v1/write")},
        {"PathEscapesAreEqual", "headers/url-path", "prw1.protocol.provided-url-path", kFail, 400,
         v1().target("/a%2fb").build(), v1().target("/%7Euser/%c3%a9").build(), target("/~user/%C3%A9")},
        {"QueryLost", "headers/url-path", "prw1.protocol.provided-url-path", kWarn, 204, v1().target("/w?a=1").build(),
         v1().target("/w?b=secret&a=1").build(), target("/w?a=1&b=secret")},
        // Host.
        {"HostMissing", "headers/host", "ext.http.host-once", kFail, 400, v1().remove("Host").build(),
         v1().remove("Host").http_version("HTTP/1.0").build()},
        {"HostTwice", "headers/host", "ext.http.host-once", kFail, 400, v2().append("host", "127.0.0.1:9201").build(),
         valid2},
        {"HostNoHost", "headers/host", "ext.http.host-once", kFail, 400, v1().header("Host", "http://a/b").build(),
         v1().header("Host", "[2001:db8::1]:9201").build()},
        {"HostOther", "headers/host-as-url", "ext.http.host-as-url", kWarn, 204,
         v1().header("Host", "tenant-a").build(), v1().header("Host", "LOCALHOST:9201").build(),
         host("127.0.0.1:9201")},
        {"HostWithoutPort", "headers/host-as-url", "ext.http.host-as-url", kWarn, 204,
         v2().header("Host", "127.0.0.1").build(), v2().header("Host", "127.0.0.1:8080").build(),
         host("127.0.0.1:9201 127.0.0.1:8080")},
        {"HostEmpty", "headers/host-as-url", "ext.http.host-as-url", kWarn, 204, v2().header("Host", "").build(),
         v2().header("Host", "example.org").build(), host("example.org:80")},
        // Length.
        {"LengthNotAnnounced", "headers/length-announced", "ext.http.length-announced", kFail, 400,
         v1().remove("Content-Length").body("").build(), v1().body("").build()},
        {"LengthNotAnnouncedV2", "headers/length-announced", "ext.http.length-announced", kFail, 400,
         v2().remove("Content-Length").body("").build(), v2().append("Transfer-Encoding", "chunked").body("").build()},
        // User-Agent.
        {"UserAgentMissing", "headers/user-agent", "prw1.headers.user-agent", kFail, 400,
         v1().remove("User-Agent").build(), v1().header("User-Agent", "a").build()},
        {"UserAgentMissingV2", "headers/user-agent", "prw2.headers.user-agent-present", kFail, 400,
         v2().remove("user-agent").build(), v2().header("user-agent", "a").build()},
        {"UserAgentEmpty", "headers/user-agent", "prw1.headers.user-agent", kFail, 400,
         v1().header("User-Agent", "").build(), v1().header("User-Agent", "/").build()},
        {"UserAgentWithoutVersion", "headers/user-agent-version", "prw1.headers.user-agent", kWarn, 204,
         v1().header("User-Agent", "vmagent").build(), v1().header("User-Agent", "vmagent/1").build()},
        {"UserAgentWithoutVersionV2", "headers/user-agent-version", "ext.http.user-agent-version", kWarn, 204,
         v2().header("User-Agent", "vmagent").build(), v2().header("User-Agent", "vmagent/v1.79.5-tags").build()},
        {"UserAgentVersionEmpty", "headers/user-agent-version", "prw1.headers.user-agent", kWarn, 204,
         v1().header("User-Agent", "Prometheus/").build(), v1().header("User-Agent", "Prometheus/2.42.0+ds").build()},
        {"UserAgentVersionUnknown", "headers/user-agent-version", "prw1.headers.user-agent", kWarn, 204,
         v1().header("User-Agent", "Telegraf/unknown Go/1.26").build(),
         v1().header("User-Agent", "Telegraf/1.39.0 Go/1.26").build()},
        {"UserAgentVersionElsewhereIsGrammar", "headers/user-agent-grammar", "ext.http.user-agent-token-form", kWarn,
         204, v1().header("User-Agent", "My Agent v1.2").build(), v1().header("User-Agent", "My-Agent/v1.2").build()},
        {"UserAgentVersionEmptyGrammar", "headers/user-agent-grammar", "ext.http.user-agent-token-form", kWarn, 204,
         v1().header("User-Agent", "Prometheus/").build(), v1().header("User-Agent", "Prometheus").build()},
        {"UserAgentUnterminated", "headers/user-agent-grammar", "prw2.user-agent.rfc9110", kWarn, 204,
         v2().header("User-Agent", "acme/1.2 (beta").build(),
         v2().header("User-Agent", "acme/1.2 (beta (x \\) y)) lib/2").build()},
        {"UserAgentSlash", "headers/user-agent-grammar", "prw2.user-agent.rfc9110", kWarn, 204,
         v2().header("User-Agent", "/1.2").build(), v2().header("User-Agent", "a/1.2").build()},
        {"UserAgentComma", "headers/user-agent-grammar", "prw2.user-agent.rfc9110", kWarn, 204,
         v2().header("User-Agent", "acme/1.2, go").build(), v2().header("User-Agent", "acme/1.2 go").build()},
        {"UserAgentOfLibrary", "headers/user-agent-library", "ext.http.user-agent-library-default", kWarn, 204,
         v1().header("User-Agent", "Go-http-client/1.1").build(),
         v1().header("User-Agent", "acme/1.0 Go-http-client/1.1").build()},
        {"UserAgentOfAiohttp", "headers/user-agent-library", "ext.http.user-agent-library-default", kWarn, 204,
         v1().header("User-Agent", "Python/3.11 aiohttp/3.8").build(),
         v1().header("User-Agent", "acme/3.11 aiohttp/3.8").build()},
        // Version.
        {"VersionMissing", "headers/version-present", "prw1.compat.sender-version-header", kFail, 204,
         v1().remove(kVersion).build(), v1().header("x-prometheus-remote-write-version", "0.1.0").build()},
        {"VersionMissingV2", "headers/version-present", "prw2.headers.version-present", kFail, 204,
         v2().remove(kVersion).build(), valid2},
        {"VersionEmpty", "headers/version-present", "prw1.compat.sender-version-header", kFail, 204,
         v1().header(kVersion, "").build(), valid1},
        {"VersionOnePointZero", "headers/version-0-1-0", "prw1.headers.version", kFail, 204,
         v1().header(kVersion, "1.0.0").build(), valid1},
        {"VersionOfProduct", "headers/version-0-1-0", "prw1.headers.version", kFail, 204,
         v1().header(kVersion, "v2.27.3-dirty").build(), v1().header(kVersion, "2.0.0").build()},
        {"VersionTowards1x", "headers/version-1x-receiver", "prw2.version.1x-receiver", kFail, 204,
         v1().header(kVersion, "2.0.0").build(), valid1, towards_1x},
        {"VersionTowards1xFirstTry", "headers/version-1x-receiver", "prw2.version.1x-receiver", kFail, 204,
         v1().header(kVersion, "1.0").build(), valid2, towards_1x},
        {"VersionFormat", "headers/version-format", "prw2.version.format", kWarn, 204,
         v2().header(kVersion, "v1.27.3-dirty").build(), v2().header(kVersion, "2.0").build()},
        {"VersionFormatOneNumber", "headers/version-format", "prw2.version.format", kWarn, 204,
         v2().header(kVersion, "2").build(), v2().header(kVersion, "2.1.3").build()},
        {"VersionFormatFourNumbers", "headers/version-format", "prw2.version.format", kWarn, 204,
         v2().header(kVersion, "2.0.0.1").build(), valid2},
        {"VersionFormatTrailingDot", "headers/version-format", "prw2.version.format", kWarn, 204,
         v2().header(kVersion, "2.0.").build(), valid2},
        {"VersionOldWithV2", "headers/version-newest", "prw2.version.newest-otherwise", kWarn, 204,
         v2().header(kVersion, "0.1.0").build(), v2().header(kVersion, "3.0").build()},
        // Any header.
        {"ContentTypeTwice", "headers/reserved-once", "ext.http.reserved-headers-once", kFail, 400,
         v1().append("content-type", "application/x-protobuf").build(),
         v1().append("X-Scope-OrgID", "a").append("X-Scope-OrgID", "b").build()},
        {"UserAgentTwice", "headers/reserved-once", "ext.http.reserved-headers-once", kFail, 400,
         v2().append("User-Agent", "curl").build(), valid2},
        {"ControlCharacter", "headers/value-clean", "ext.http.header-value-clean", kFail, 400,
         v1().header("User-Agent", "acme/1.2\x01").build(), v1().header("User-Agent", "acme/1.2 \t").build()},
        {"NulInAnyHeader", "headers/value-clean", "ext.http.header-value-clean", kFail, 400,
         v1().append("X-Other", std::string("a\0b", 3)).build(), v1().append("X-Other", "a\tb").build()},
        {"BareReturnInAnyHeader", "headers/value-clean", "ext.http.header-value-clean", kFail, 400,
         v2().append("Authorization", "Bearer a\rb").build(), v2().append("Authorization", "Bearer ab").build()},
        {"NonAscii", "headers/value-clean", "ext.http.header-value-clean", kFail, 400,
         v1().header("User-Agent", "acm\xc3\xa9/1.2").build(), v1().append("X-Other", "acm\xc3\xa9").build()},
        {"LineFeedInValue", "headers/value-clean", "ext.http.header-value-clean", kFail, 400,
         with_head(valid1, "acme-agent/1.2.3\r\n", "acme-agent/1.2.3\n"), valid1},
        {"ContentLengthOfUncompressed", "headers/content-length", "ext.http.content-length-matches", kFail, 400,
         v1().append("Content-Length", "5000").build(), v1().remove("Content-Length").build()},
        {"ContentLengthNoNumber", "headers/content-length", "ext.http.content-length-matches", kFail, 400,
         v1().append("Content-Length", "12x").build(), valid1},
        {"LengthAndChunked", "headers/length-with-chunked", "ext.http.no-length-with-chunked", kFail, 400,
         v1().append("Transfer-Encoding", "chunked").append("Content-Length", "10").build(),
         v1().append("Transfer-Encoding", "chunked").build()},
        {"Expect", "headers/expect-continue", "ext.http.expect-continue-tolerated", kInfo, 204,
         v1().append("Expect", "100-continue").build(), valid1},
        {"RetryAttempt", "headers/retry-attempt", "ext.retry.attempt-header", kInfo, 204,
         v1().append("Retry-Attempt", "2").build(), valid1},
        // Content-Type.
        {"TypeMissing", "negotiation/content-type-present", "prw1.headers.content-type", kFail, 400,
         v1().remove("Content-Type").build(), valid1},
        {"TypeMissingV2", "negotiation/content-type-present", "prw2.headers.content-type-present", kFail, 400,
         v2().remove("Content-Type").build(), valid2},
        {"TypeEmpty", "negotiation/content-type-present", "prw1.headers.content-type", kFail, 400,
         v1().header("Content-Type", "").build(), valid1},
        {"TypeBlanksAroundEquals", "negotiation/content-type-syntax", "prw2.content-type.rfc9110", kFail, 415,
         v2().header("Content-Type", "application/x-protobuf;proto = io.prometheus.write.v2.Request").build(),
         v2().header("Content-Type", "application/x-protobuf ; proto=io.prometheus.write.v2.Request").build()},
        {"TypeComma", "negotiation/content-type-syntax", "prw2.content-type.rfc9110", kFail, 415,
         v2().header("Content-Type", "application/x-protobuf,proto=io.prometheus.write.v2.Request").build(), valid2},
        {"TypeNotAType", "negotiation/content-type-syntax", "prw1.headers.content-type", kFail, 415,
         v1().header("Content-Type", "protobuf").build(), valid1},
        {"MediaTypeGoogle", "negotiation/media-type", "prw1.headers.content-type", kFail, 415,
         v1().header("Content-Type", "application/vnd.google.protobuf").build(),
         v1().header("Content-Type", "Application/X-Protobuf").build()},
        {"MediaTypeShort", "negotiation/media-type", "prw2.content-type.media-type", kFail, 415,
         v2().header("Content-Type", "application/protobuf;proto=io.prometheus.write.v2.Request").build(), valid2},
        {"MessageNameUnknown", "negotiation/message-name", "prw2.content-type.supported-values", kFail, 415,
         v1().header("Content-Type", "application/x-protobuf;proto=prometheus.WriteRequestV2").build(),
         v1().header("Content-Type", "application/x-protobuf;proto=\"prometheus.WriteRequest\"").build()},
        {"TypeCharset", "negotiation/content-type-parameters", "prw1.headers.content-type", kWarn, 204,
         v1().header("Content-Type", "application/x-protobuf; charset=utf-8").build(),
         v1().header("Content-Type", "application/x-protobuf;").build()},
        {"TypeProtoTwice", "negotiation/content-type-parameters", "prw2.content-type.supported-values", kWarn, 204,
         v2().header("Content-Type", v2_type + ";proto=prometheus.WriteRequest").build(), valid2},
        {"SpellingBlank", "negotiation/content-type-spelling", "ext.http.content-type-canonical-spelling", kWarn, 204,
         v2().header("Content-Type", "application/x-protobuf; proto=io.prometheus.write.v2.Request").build(), valid2},
        {"SpellingQuotes", "negotiation/content-type-spelling", "ext.http.content-type-canonical-spelling", kWarn, 204,
         v2().header("Content-Type", "application/x-protobuf;proto=\"io.prometheus.write.v2.Request\"").build(),
         valid2},
        {"SpellingTrailingSemicolon", "negotiation/content-type-spelling", "ext.http.content-type-canonical-spelling",
         kWarn, 204, v1().header("Content-Type", "application/x-protobuf;").build(), valid1},
        {"SpellingUpperCase", "negotiation/content-type-spelling", "ext.http.content-type-canonical-spelling", kWarn,
         204, v1().header("Content-Type", "Application/x-protobuf").build(), valid1},
        {"ProtoParameterWithV1", "negotiation/proto-parameter-v1", "prw1.headers.content-type", kInfo, 204,
         v1().header("Content-Type", "application/x-protobuf;proto=prometheus.WriteRequest").build(), valid1},
        {"ProtoParameterTowards1x", "negotiation/content-type-1x-receiver", "prw2.content-type.1x-receiver", kWarn, 204,
         v1().header("Content-Type", "application/x-protobuf;proto=prometheus.WriteRequest").build(), valid2,
         towards_1x},
        {"V1By2xSender", "negotiation/v1-by-2x-sender", "prw2.content-type.v2-otherwise", kInfo, 204,
         v1().header(kVersion, "2.0.0").build(), valid2},
        // Content-Encoding.
        {"EncodingMissing", "negotiation/content-encoding-present", "prw1.headers.content-encoding", kFail, 400,
         v1().remove("Content-Encoding").build(), valid1},
        {"EncodingMissingV2", "negotiation/content-encoding-present", "prw2.headers.content-encoding-present", kFail,
         400, v2().remove("Content-Encoding").build(), valid2},
        {"EncodingWithParameter", "negotiation/content-encoding-syntax", "prw2.content-encoding.rfc9110", kFail, 415,
         v2().header("Content-Encoding", "snappy;level=1").build(), valid2},
        {"EncodingEmptyElement", "negotiation/content-encoding-syntax", "prw1.headers.content-encoding", kFail, 415,
         v1().header("Content-Encoding", "snappy,").build(), valid1},
        {"EncodingOther", "negotiation/content-encoding-snappy", "prw2.content-encoding.snappy", kFail, 415,
         v2().header("Content-Encoding", "x-snappy-framed").build(), v2().header("Content-Encoding", "Snappy").build()},
        {"EncodingZstd", "negotiation/content-encoding-snappy", "prw1.headers.content-encoding", kFail, 415,
         v1().header("Content-Encoding", "zstd").build(), valid1},
        {"EncodingTwice", "negotiation/content-encoding-snappy", "prw1.headers.content-encoding", kFail, 415,
         v1().header("Content-Encoding", "snappy, snappy").build(), valid1},
        {"EncodingSpelling", "negotiation/content-encoding-spelling", "prw1.headers.content-encoding", kWarn, 204,
         v1().header("Content-Encoding", "Snappy").build(), valid1},
    };
}

}  // namespace prw::testing
