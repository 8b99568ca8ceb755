// Content-Type and Content-Encoding: what the sender says that the body is.
#include <algorithm>
#include <array>

#include "context.h"
#include "prw/base/text.h"
#include "prw/proto/protocol.h"
#include "quote.h"
#include "request_state.h"

namespace prw::rules {

namespace {

namespace header = proto::header;

using proto::HeaderField;
using proto::ProtobufMessage;

constexpr Rule kTypePresent{
    .id = "negotiation/content-type-present",
    .clauses = {"prw1.headers.content-type", "prw2.headers.content-type-present"},
    .subject = Subject::kRequest,
    .severity = Severity::kFail,
    .summary = "Each request carries Content-Type.",
    .fix =
        "Send 'Content-Type: application/x-protobuf' with 1.0 messages and "
        "'application/x-protobuf;proto=io.prometheus.write.v2.Request' with 2.0 messages.",
};

constexpr Rule kTypeSyntax{
    .id = rule_id::kContentTypeSyntax,
    .clauses = {"prw1.headers.content-type", "prw2.content-type.rfc9110", "ext.http.content-type-parameter-syntax"},
    .subject = Subject::kContentType,
    .severity = Severity::kFail,
    .summary = "Content-Type follows RFC 9110: type/subtype, then ';name=value' without blanks around '='.",
    .fix =
        "Spell the value byte for byte as in the specification: "
        "'application/x-protobuf;proto=io.prometheus.write.v2.Request'.",
};

constexpr Rule kMediaType{
    .id = rule_id::kMediaType,
    .clauses = {"prw1.headers.content-type", "prw2.content-type.media-type"},
    .subject = Subject::kMediaType,
    .severity = Severity::kFail,
    .summary = "The media type is application/x-protobuf.",
    .fix = "Send 'Content-Type: application/x-protobuf' (with ';proto=…' for 2.0).",
};

constexpr Rule kMessageName{
    .id = rule_id::kMessageName,
    .clauses = {"prw2.content-type.supported-values", "prw1.headers.content-type"},
    .subject = Subject::kMessageName,
    .severity = Severity::kFail,
    .summary = "The proto parameter names prometheus.WriteRequest or io.prometheus.write.v2.Request.",
    .fix = "Name the message that is in the body by its full name, in this spelling.",
};

constexpr Rule kParameters{
    .id = "negotiation/content-type-parameters",
    .clauses = {"prw1.headers.content-type", "prw2.content-type.supported-values"},
    .subject = Subject::kMessageType,
    .severity = Severity::kWarn,
    .summary = "Content-Type has no parameter but one proto.",
    .fix = "Leave out every parameter but proto (protobuf has no charset).",
};

constexpr Rule kTypeSpelling{
    .id = "negotiation/content-type-spelling",
    .clauses = {"ext.http.content-type-canonical-spelling"},
    .subject = Subject::kMessageType,
    .severity = Severity::kWarn,
    .summary = "Content-Type is spelled byte for byte as in the specification.",
    .fix = "Spell it in lower case, without blanks, quotes or a trailing ';': receivers compare bytes.",
};

constexpr Rule kProtoParameter{
    .id = "negotiation/proto-parameter-v1",
    .clauses = {"prw1.headers.content-type", "prw2.content-type.proto-param-optional"},
    .subject = Subject::kMessageType,
    .severity = Severity::kInfo,
    .summary = "A 1.0 message whose Content-Type names it with the proto parameter of 2.0.",
    .fix = "Nothing to fix towards 2.x receivers; towards 1.x receivers leave the parameter out.",
};

constexpr Rule kType1x{
    .id = "negotiation/content-type-1x-receiver",
    .clauses = {"prw2.content-type.1x-receiver", "prw1.headers.content-type"},
    .subject = Subject::kFallbackType,
    .severity = Severity::kWarn,
    .summary = "Towards a 1.x receiver Content-Type is the bare application/x-protobuf.",
    .fix =
        "After falling back to prometheus.WriteRequest, send 'Content-Type: application/x-protobuf' "
        "without the parameter.",
};

constexpr Rule kV1By2x{
    .id = "negotiation/v1-by-2x-sender",
    .clauses = {"prw2.content-type.v2-otherwise"},
    .subject = Subject::kRequest,
    .severity = Severity::kInfo,
    .summary = "A sender that announces protocol 2.x sends prometheus.WriteRequest.",
    .fix =
        "Towards 2.x receivers prefer io.prometheus.write.v2.Request; towards 1.x receivers the version "
        "header must be 0.1.0.",
};

constexpr Rule kCodingPresent{
    .id = "negotiation/content-encoding-present",
    .clauses = {"prw1.headers.content-encoding", "prw2.headers.content-encoding-present"},
    .subject = Subject::kRequest,
    .severity = Severity::kFail,
    .summary = "Each request carries Content-Encoding.",
    .fix = "Send 'Content-Encoding: snappy' on every request, retries included.",
};

constexpr Rule kCodingSyntax{
    .id = rule_id::kContentEncodingSyntax,
    .clauses = {"prw1.headers.content-encoding", "prw2.content-encoding.rfc9110"},
    .subject = Subject::kContentEncoding,
    .severity = Severity::kFail,
    .summary = "Content-Encoding is a list of tokens, without parameters.",
    .fix = "Send 'Content-Encoding: snappy'.",
};

constexpr Rule kCoding{
    .id = rule_id::kContentEncodingSnappy,
    .clauses = {"prw1.headers.content-encoding", "prw2.content-encoding.snappy"},
    .subject = Subject::kContentCoding,
    .severity = Severity::kFail,
    .summary = "Content-Encoding is snappy, once.",
    .fix = "Compress the message once with snappy's block format and send 'Content-Encoding: snappy'.",
};

constexpr Rule kCodingSpelling{
    .id = "negotiation/content-encoding-spelling",
    .clauses = {"prw1.headers.content-encoding", "prw2.content-encoding.snappy"},
    .subject = Subject::kSnappyCoding,
    .severity = Severity::kWarn,
    .summary = "Content-Encoding is spelled in lower case.",
    .fix = "Send 'snappy' in lower case: equal by RFC 9110, but receivers compare bytes and answer 415.",
};

constexpr std::array<const Rule*, 13> kRules{
    &kTypePresent, &kTypeSyntax, &kMediaType,     &kMessageName,  &kParameters, &kTypeSpelling,  &kProtoParameter,
    &kType1x,      &kV1By2x,     &kCodingPresent, &kCodingSyntax, &kCoding,     &kCodingSpelling};

constexpr std::array<UncoveredClause, 1> kUncovered{{
    {"prw2.protocol.v2-message-preferred",
     "a single 1.0 message may be a fallback, the user's choice or all that the sender knows: only the receiver's "
     "earlier answers tell"},
}};

Draft draft_of(const HeaderField& field, std::string_view name, std::string message) {
    Draft draft;
    draft.message = std::move(message);
    draft.field = name;
    draft.head = field.range;
    return draft;
}

/// What comes before any header when the body is no message, so that nobody labels or compresses JSON or text.
std::string message_first(const Context& c) {
    const auto kind = c.state->contents();
    if (!proto::is_text(kind)) return {};
    return "First serialise the request as protobuf (the body is " + a_kind(kind) + " now)";
}

std::string type_fix(const Context& c) {
    auto first = message_first(c);
    return first.empty() ? first
                         : first + ", then send 'Content-Type: application/x-protobuf' (with ';proto=…' for 2.0).";
}

/// How body and Content-Encoding come together, by what the body is; empty where the rule's own advice fits.
std::string coding_fix(const Context& c) {
    const auto kind = c.state->contents();
    if (auto first = message_first(c); !first.empty())
        return first + ", then compress it with snappy's block format and send 'Content-Encoding: snappy'.";
    if (c.state->over_limit || (c.state->uncompressed && !compressed_again(c.state->message_kind)))
        return "The body is one snappy block already: send 'Content-Encoding: snappy'.";
    if (proto::is_other_compression(kind))
        return "Compress the message with snappy's block format instead of " + std::string(proto::name_of(kind)) +
               ", not on top of it, and send 'Content-Encoding: snappy'.";
    if (kind == proto::BodyKind::kRawProtobufV1 || kind == proto::BodyKind::kRawProtobufV2)
        return "Compress the message with snappy's block format and send 'Content-Encoding: snappy'.";
    return {};
}

/// What Prometheus and those who copied its parser do with a spelling that is only equal by RFC 9110.
std::string spelling_consequence(const proto::ContentType& type, std::string_view value, ProtobufMessage declared) {
    const bool splits_cleanly =
        value.starts_with(std::string(proto::kMediaType) + ";") && !type.trailing_semicolon &&
        std::none_of(type.parameters.begin(), type.parameters.end(), [](const auto& p) { return p.quoted; });
    if (!splits_cleanly) return "Prometheus compares bytes and answers 415";
    if (declared == ProtobufMessage::kV2)
        return "Prometheus overlooks the parameter, reads the 2.0 message as 1.0, answers 204 and the data is lost";
    return "Prometheus overlooks the parameter";
}

void check_content_type(const Context& c) {
    const auto* field = c.head->find(header::kContentType);
    if (field == nullptr || field->value.empty()) {
        Draft draft;
        draft.message = field == nullptr ? "The Content-Type header is missing" : "The Content-Type header is empty";
        draft.field = header::kContentType;
        if (field != nullptr) draft.head = field->range;
        draft.fix = type_fix(c);
        c.report.add(kTypePresent, std::move(draft));
        return;
    }
    c.saw(Subject::kContentType);
    const auto shown = quote(field->value, 120);
    if (c.content_type == nullptr) {
        const auto cause = c.state->content_type_error ? c.state->content_type_error->text() : std::string("malformed");
        c.report.add(kTypeSyntax, draft_of(*field, header::kContentType,
                                           "Content-Type " + shown + " does not follow RFC 9110: " + cause));
        return;
    }
    c.saw(Subject::kMediaType);
    const auto& type = *c.content_type;
    if (type.media_type != proto::kMediaType) {
        auto draft = draft_of(*field, header::kContentType,
                              "Content-Type is " + shown + "; wanted the media type application/x-protobuf");
        draft.fix = type_fix(c);
        c.report.add(kMediaType, std::move(draft));
        return;
    }
    c.saw(Subject::kMessageName);
    const auto* name = type.parameter("proto");
    if (!c.state->declared) {
        auto draft = draft_of(*field, header::kContentType,
                              "The proto parameter is " + quote(name == nullptr ? "" : *name) +
                                  "; wanted prometheus.WriteRequest or io.prometheus.write.v2.Request");
        draft.any_version = true;
        c.report.add(kMessageName, std::move(draft));
        return;
    }
    c.saw(Subject::kMessageType);
    const auto declared = *c.state->declared;
    if (declared == ProtobufMessage::kV1 && c.options.peer_is_1x) c.saw(Subject::kFallbackType);
    if (type.parameters.size() > (name == nullptr ? 0U : 1U)) {
        const auto extra = std::find_if(type.parameters.begin(), type.parameters.end(),
                                        [&](const auto& p) { return &p.value != name; });
        c.report.add(kParameters,
                     draft_of(*field, header::kContentType,
                              "Content-Type has the parameter " + quote(extra->name) + "; wanted none but one proto"));
    } else {
        const std::string canonical = proto::kMediaType + (name == nullptr ? std::string() : ";proto=" + *name);
        if (field->value != canonical)
            c.report.add(kTypeSpelling,
                         draft_of(*field, header::kContentType,
                                  "Content-Type is spelled " + shown + "; wanted " + quote(canonical, 120) + ": " +
                                      spelling_consequence(type, field->value, declared)));
    }
    if (declared == ProtobufMessage::kV1 && name != nullptr) {
        auto draft = draft_of(
            *field, header::kContentType,
            c.options.peer_is_1x
                ? "Content-Type is " + shown + "; wanted the bare application/x-protobuf towards a 1.x receiver"
                : "The proto parameter is 2.0's; a strictly 1.0 receiver knows only the bare application/x-protobuf");
        draft.any_version = true;
        c.report.add(c.options.peer_is_1x ? kType1x : kProtoParameter, std::move(draft));
    }
}

/// A WriteRequest under a 2.x version header: legal towards 2.x receivers, worth a word.
void check_v1_by_2x(const Context& c) {
    if (!c.v1() || c.options.peer_is_1x || c.state->declared != ProtobufMessage::kV1) return;
    const auto* field = c.head->find(header::kVersion);
    if (field == nullptr || !(field->value.starts_with("2.") || c.state->newer_protocol)) return;
    if (field->value.find_first_not_of("0123456789.") != std::string_view::npos) return;
    auto draft = draft_of(*field, header::kVersion,
                          "The sender announces protocol " + printable(field->value, 20) +
                              " and sends prometheus.WriteRequest, as it may towards a 2.x receiver");
    draft.any_version = true;
    c.report.add(kV1By2x, std::move(draft));
}

void check_content_encoding(const Context& c) {
    using Kind = ContentCoding::Kind;
    const auto* field = c.head->find(header::kContentEncoding);
    const auto& coding = c.state->coding;
    if (field == nullptr || coding.kind == Kind::kAbsent) {
        Draft draft;
        draft.message =
            field == nullptr ? "The Content-Encoding header is missing" : "The Content-Encoding header is empty";
        draft.field = header::kContentEncoding;
        if (field != nullptr) draft.head = field->range;
        draft.fix = coding_fix(c);
        c.report.add(kCodingPresent, std::move(draft));
        return;
    }
    c.saw(Subject::kContentEncoding);
    if (coding.kind != Kind::kSyntax) c.saw(Subject::kContentCoding);
    if (!coding.foreign()) c.saw(Subject::kSnappyCoding);
    if (coding.kind == Kind::kSnappy) return;
    const auto shown = quote(field->value);
    if (coding.kind == Kind::kSpelled) {
        c.report.add(kCodingSpelling, draft_of(*field, header::kContentEncoding,
                                               "Content-Encoding is spelled " + shown + "; wanted 'snappy'"));
    } else if (coding.kind == Kind::kSyntax) {
        c.report.add(kCodingSyntax,
                     draft_of(*field, header::kContentEncoding,
                              "Content-Encoding " + shown + " does not follow RFC 9110: " + coding.problem));
    } else {
        const bool list = field->value.find(',') != std::string_view::npos;
        auto draft = draft_of(*field, header::kContentEncoding,
                              "Content-Encoding is " + shown + "; wanted snappy" +
                                  (list ? " once (a list means that the body is encoded several times)" : ""));
        draft.fix = coding_fix(c);
        c.report.add(kCoding, std::move(draft));
    }
}

void run(const Context& c) {
    if (c.head == nullptr || c.kind == RequestKind::kProbe) return;
    check_content_encoding(c);
    check_content_type(c);
    check_v1_by_2x(c);
}

}  // namespace

ContentCoding parse_content_coding(std::string_view value) {
    using Kind = ContentCoding::Kind;
    if (value.empty()) return {Kind::kAbsent};
    std::size_t codings = 0;
    bool snappy = true;
    for (std::size_t at = 0; at <= value.size();) {
        const auto end = std::min(value.find(',', at), value.size());
        const auto coding = proto::trim_ows(value.substr(at, end - at));
        if (coding.empty()) return {Kind::kSyntax, "an empty list element"};
        if (!proto::is_token(coding)) return {Kind::kSyntax, quote(coding, 40) + " is not a token"};
        snappy = snappy && base::iequals(coding, proto::kSnappy);
        ++codings;
        at = end + 1;
    }
    if (!snappy || codings != 1) return {Kind::kOther};
    return {value == proto::kSnappy ? Kind::kSnappy : Kind::kSpelled};
}

constinit const Family kNegotiation{"negotiation", kRules, kUncovered, run};

}  // namespace prw::rules
