// The body as bytes: there at all, one snappy block, of bearable size.
#include <algorithm>
#include <array>

#include "context.h"
#include "prw/base/bytes_text.h"
#include "prw/proto/protocol.h"
#include "quote.h"
#include "request_state.h"

namespace prw::rules {

namespace {

using proto::BodyKind;
using proto::SnappyError;

constexpr Rule kEmpty{
    .id = "compression/body-not-empty",
    .clauses = {"prw1.protocol.body-carries-request", "prw2.protocol.body-carries-message", "ext.http.body-not-empty"},
    .subject = Subject::kBlock,
    .severity = Severity::kFail,
    .summary = "The HTTP body is not empty.",
    .fix =
        "Send nothing when there is nothing to send; an empty message in snappy's block format is the single byte 00.",
};

constexpr Rule kCarries{
    .id = "compression/body-is-message",
    .clauses = {"prw1.protocol.body-carries-request", "prw2.protocol.body-carries-message"},
    .subject = Subject::kBlock,
    .severity = Severity::kFail,
    .summary = "The compressed message itself is the HTTP body, not a part of a form or an encoded text.",
    .fix = "Put the bytes of the snappy block into the body, without multipart, form or base64 around them.",
};

constexpr Rule kSnappy{
    .id = "compression/snappy",
    .clauses = {"prw1.body.snappy", "prw2.protocol.snappy"},
    .subject = Subject::kBlock,
    .severity = Severity::kFail,
    .summary = "The body is compressed with snappy.",
    .fix = "Compress the serialised message with snappy's block format (in Go: snappy.Encode).",
};

constexpr Rule kRaw{
    .id = "compression/whole-message",
    .clauses = {"prw1.body.snappy", "prw2.protocol.compressed-after-serialising", "prw2.protocol.snappy"},
    .subject = Subject::kBlock,
    .severity = Severity::kFail,
    .summary = "The serialised message is compressed, as a whole.",
    .fix = "Serialise first, then compress the result as one snappy block.",
};

constexpr Rule kTwice{
    .id = "compression/once",
    .clauses = {"prw1.body.protobuf", "prw2.protocol.compressed-after-serialising"},
    .subject = Subject::kBlock,
    .severity = Severity::kFail,
    .summary = "The message is compressed once.",
    .fix = "Find the second compression; often both the client library and your code compress.",
};

constexpr Rule kFramed{
    .id = "compression/snappy-framed",
    .clauses = {"prw1.body.no-snappy-framed", "prw2.protocol.no-snappy-framed"},
    .subject = Subject::kBlock,
    .severity = Severity::kFail,
    .summary = "Snappy's framing (stream) format is not used.",
    .fix =
        "Use the block format: in Go snappy.Encode instead of snappy.NewBufferedWriter, in Java Snappy.compress, in "
        "Python "
        "snappy.compress, in Rust snap::raw::Encoder.",
};

constexpr Rule kBlock{
    .id = "compression/snappy-block",
    .clauses = {"prw1.body.snappy-block", "prw2.protocol.snappy-block"},
    .subject = Subject::kBlock,
    .severity = Severity::kFail,
    .summary = "The body is one well-formed snappy block.",
    .fix =
        "Write the raw block format: the length as a varint, then literals and copies, nothing around "
        "it. In Java use Snappy.compress, "
        "not SnappyOutputStream.",
};

constexpr Rule kLength{
    .id = "compression/length-exact",
    .clauses = {"ext.snappy.length-exact", "prw1.body.snappy-block", "prw2.protocol.snappy-block"},
    .subject = Subject::kBlock,
    .severity = Severity::kFail,
    .summary = "The length in the snappy preamble is what the elements decode to.",
    .fix = "Write the uncompressed length into the preamble, and send the whole block.",
};

constexpr Rule kMinimal{
    .id = "compression/length-minimal",
    .clauses = {"ext.snappy.length-minimal"},
    .subject = Subject::kBlock,
    .severity = Severity::kInfo,
    .summary = "The length in the snappy preamble has no bytes that say nothing.",
    .fix = "Write the length as a varint of as few bytes as it needs; every decoder is tested with that.",
};

constexpr Rule kTrailing{
    .id = "compression/trailing-bytes",
    .clauses = {"ext.snappy.no-trailing-bytes", "prw1.body.snappy-block", "prw2.protocol.snappy-block"},
    .subject = Subject::kBlock,
    .severity = Severity::kFail,
    .summary = "Nothing follows the last snappy element.",
    .fix = "Send only as many bytes as the compressor returned, not its whole output buffer.",
};

constexpr Rule kS2{
    .id = "compression/s2",
    .clauses = {"ext.snappy.no-s2-extensions", "prw1.body.snappy-block", "prw2.protocol.snappy-block"},
    .subject = Subject::kBlock,
    .severity = Severity::kFail,
    .summary = "The block holds only snappy's elements, not S2's repeat offsets.",
    .fix = "Call s2.EncodeSnappy instead of s2.Encode.",
};

constexpr Rule kSize{
    .id = "compression/decoded-size",
    .clauses = {"ext.snappy.decoded-size-limit"},
    .subject = Subject::kBlock,
    .severity = Severity::kWarn,
    .summary = "The uncompressed message stays below 32 MiB.",
    .fix =
        "Send fewer series per request (2,000 to 10,000 is usual): receivers answer 400 or 413, and the data is lost.",
};

constexpr std::array<const Rule*, 12> kRules{&kEmpty, &kCarries, &kSnappy,  &kRaw,      &kTwice, &kFramed,
                                             &kBlock, &kLength,  &kMinimal, &kTrailing, &kS2,    &kSize};

proto::ByteRange start_of(std::string_view body, std::uint32_t size) {
    return {0, static_cast<std::uint32_t>(std::min<std::size_t>(body.size(), size))};
}

Draft draft_of(std::string message, proto::ByteRange range) {
    Draft draft;
    draft.message = std::move(message);
    draft.field = "body";
    draft.body = range;
    return draft;
}

void report_empty(const Context& c) {
    Draft draft;
    draft.message = "The HTTP body is zero bytes long, not even an empty snappy block (00)";
    draft.field = "body";
    if (c.v1() && c.head != nullptr && c.head->value(proto::header::kUserAgent).starts_with("Prometheus/"))
        draft.fix =
            "Known of Prometheus when sample_age_limit drops every sample of a batch that it retries; raise or unset "
            "sample_age_limit.";
    c.report.add(kEmpty, std::move(draft));
}

/// A varint may end in zero groups: the same number, in more bytes than it needs.
void check_preamble(const Context& c) {
    std::uint32_t size = 0;
    while (size < c.body.size() && (static_cast<unsigned char>(c.body[size]) & 0x80U) != 0) ++size;
    if (size == 0 || size >= c.body.size() || c.body[size] != '\0') return;
    c.report.add(kMinimal, draft_of("The snappy preamble says " + bytes_text(c.state->uncompressed_size) + " in " +
                                        std::to_string(size + 1) + " bytes, the last of which says nothing",
                                    start_of(c.body, size + 1)));
}

void check_size(const Context& c) {
    const auto& s = *c.state;
    const auto limit = c.options.max_uncompressed;
    if (s.over_limit) {
        auto draft = draft_of("The message claims " + bytes_text(s.uncompressed_size) +
                                  " uncompressed, more than this receiver's limit of " + bytes_text(limit) +
                                  "; it was not decompressed",
                              start_of(c.body, 5));
        if (s.uncompressed_size < proto::kDefaultMaxUncompressed) draft.severity = Severity::kInfo;
        c.report.add(kSize, std::move(draft));
    } else if (s.uncompressed_size >= proto::kDefaultMaxUncompressed) {
        c.report.add(kSize, draft_of("The uncompressed message has " + bytes_text(s.uncompressed_size) +
                                         "; wanted less than 32 MiB",
                                     start_of(c.body, 5)));
    }
}

/// Of a body that is neither protobuf nor a block: how it becomes one. Never an advice that ends in compressing what is
/// no message, or what is compressed already.
std::string way_to_message(BodyKind kind) {
    switch (kind) {
        case BodyKind::kJson:
        case BodyKind::kJsonMapping:
        case BodyKind::kText:
            return "Serialise the request as protobuf in the binary encoding (SerializeToString, proto.Marshal), then "
                   "compress the result with snappy's block format.";
        case BodyKind::kInflux:
            return "Remote Write takes protobuf, not lines: use the sender's Prometheus Remote Write output, or make "
                   "each line a series, serialise as protobuf, and compress that with snappy's block format.";
        case BodyKind::kExposition:
            return "Remote Write takes protobuf, not what a scrape answers: parse it into series, serialise these as "
                   "protobuf, and compress that with snappy's block format.";
        case BodyKind::kOtlp:
        case BodyKind::kRemoteRead:
            return "Point the sender of the other protocol at its own endpoint, or use a remote-write exporter.";
        case BodyKind::kUnknown:
            return {};
        default:
            return "Compress the serialised message with snappy's block format (in Go: snappy.Encode) instead of " +
                   std::string(proto::name_of(kind)) + ", not on top of it.";
    }
}

/// A URL-encoded form by its bytes: name=value pairs of the characters that such a form has.
bool is_form(std::string_view text) {
    // Padding of base64 is no value.
    if (text.empty() || text.back() == '=' || text.find('=') == std::string_view::npos) return false;
    for (std::size_t at = 0; at <= text.size();) {
        const auto end = std::min(text.find('&', at), text.size());
        const auto pair = text.substr(at, end - at);
        const auto equals = pair.find('=');
        if (equals == 0 || equals == std::string_view::npos) return false;
        at = end + 1;
    }
    return std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("*-._~+%=&").find(c) != std::string_view::npos;
    });
}

/// A form around the message, or a text that decodes to it; empty if neither.
std::string wrapping_of(const Context& c) {
    if (c.body.starts_with("--") && c.body.substr(0, 1024).find("\r\nContent-") != std::string_view::npos)
        return "a multipart form";
    constexpr std::size_t kMost = 8U << 20U;
    if (c.body.empty() || c.body.size() > kMost) return {};
    const auto is_message = [](const std::optional<std::string>& bytes) {
        if (!bytes || bytes->empty()) return false;
        const auto kind = proto::recognise_body(*bytes);
        return kind == BodyKind::kSnappyBlock || kind == BodyKind::kRawProtobufV1 || kind == BodyKind::kRawProtobufV2;
    };
    if (is_message(base::decode_hex(c.body))) return "hexadecimal text";
    if (is_message(base::decode_base64(c.body))) return "base64 text";
    return is_form(c.body) ? "a URL-encoded form" : "";
}

void report_snappy_failure(const Context& c) {
    const auto& failure = c.state->snappy;
    const auto place = " at byte " + std::to_string(failure.where.offset);
    switch (failure.error) {
        case SnappyError::kNone:
        case SnappyError::kTooLarge:
        case SnappyError::kEmptyBody:
            break;
        case SnappyError::kTooMuchOutput:
            if (failure.trailing) {
                c.report.add(
                    kTrailing,
                    draft_of(
                        "The snappy block ends after " + bytes_text(failure.claimed) + " of output, but " +
                            bytes_text(c.body.size() - std::min<std::size_t>(failure.where.offset, c.body.size())) +
                            " follow" + place,
                        {failure.where.offset, static_cast<std::uint32_t>(c.body.size()) - failure.where.offset}));
            } else {
                c.report.add(kLength, draft_of("The snappy preamble says " + bytes_text(failure.claimed) +
                                                   ", the element" + place + " goes beyond that",
                                               failure.where));
            }
            break;
        case SnappyError::kTooLittleOutput:
            c.report.add(kLength, draft_of("The snappy preamble says " + bytes_text(failure.claimed) +
                                               ", the elements decode to " + bytes_text(failure.produced),
                                           start_of(c.body, 5)));
            break;
        case SnappyError::kBadOffset:
            if (failure.s2_repeat) {
                c.report.add(
                    kS2, draft_of("The copy" + place + " has offset 0: S2's repeat code, which snappy does not know",
                                  failure.where));
                break;
            }
            [[fallthrough]];
        case SnappyError::kTruncatedPreamble:
        case SnappyError::kOversizedPreamble:
        case SnappyError::kTruncatedElement:
            c.report.add(kBlock,
                         draft_of("The body is a broken snappy block: " + std::string(proto::name_of(failure.error)) +
                                      place + ", after " + bytes_text(failure.produced) + " of output",
                                  failure.where));
            break;
    }
}

void report_not_a_block(const Context& c) {
    const auto kind = c.state->body_kind;
    const auto start = start_of(c.body, 16);
    switch (kind) {
        case BodyKind::kSnappyFramed:
            c.report.add(kFramed, draft_of("The body is in snappy's framing format (it starts with the stream "
                                           "identifier); wanted the block format",
                                           start_of(c.body, 10)));
            return;
        case BodyKind::kSnappyJava:
        case BodyKind::kSnappyHadoop:
            c.report.add(kBlock, draft_of("The body is " + a_kind(kind) + "; wanted one snappy block", start));
            return;
        case BodyKind::kRawProtobufV1:
        case BodyKind::kRawProtobufV2:
            c.report.add(
                kRaw,
                draft_of("The body is " + a_kind(kind) + "; wanted it compressed with snappy, as a whole", start));
            return;
        case BodyKind::kS2:
            if (!c.state->snappy.s2_repeat) {
                c.report.add(kS2, draft_of("The body is " + a_kind(kind) + "; wanted one snappy block", start));
                return;
            }
            break;
        case BodyKind::kEmpty:
        case BodyKind::kSnappyBlock:
        case BodyKind::kSnappyTwice:
        case BodyKind::kUnknown:
            break;
        case BodyKind::kGrpc: {
            auto draft =
                draft_of("The body is a gRPC frame, five bytes before what it holds; wanted one snappy block", start);
            draft.fix =
                "Remote Write is a plain POST, not a call of gRPC: serialise the message, compress it with snappy's "
                "block "
                "format, and send that without the frame.";
            c.report.add(kCarries, std::move(draft));
            return;
        }
        default:
            if (const auto wrapping = wrapping_of(c); !wrapping.empty()) {
                c.report.add(kCarries,
                             draft_of("The body is " + wrapping + "; wanted the compressed message itself", start));
            } else {
                auto draft = draft_of("The body is " + a_kind(kind) +
                                          (proto::is_text(kind) ? ", neither protobuf nor compressed" : "") +
                                          "; wanted one snappy block",
                                      start);
                draft.fix = way_to_message(kind);
                c.report.add(kSnappy, std::move(draft));
            }
            return;
    }
    if (const auto wrapping = wrapping_of(c); !wrapping.empty()) {
        c.report.add(kCarries, draft_of("The body is " + wrapping + "; wanted the compressed message itself", start));
        return;
    }
    report_snappy_failure(c);
}

void run(const Context& c) {
    if (c.kind == RequestKind::kProbe || c.state == nullptr || c.state->other_protocol) return;
    if (c.state->uncompressed || c.state->over_limit) check_size(c);
    if (c.state->uncompressed) {
        c.saw(Subject::kBlock);
        check_preamble(c);
        const auto kind = c.state->message_kind;
        if (compressed_again(kind))
            c.report.add(kTwice,
                         draft_of("Inside the snappy block there is " +
                                      (kind == BodyKind::kSnappyBlock ? std::string("another one") : a_kind(kind)) +
                                      "; wanted the message, compressed once",
                                  start_of(c.body, 16)));
        return;
    }
    if (c.head != nullptr || c.state->head_error || c.state->body_alone) {
        if (c.body.empty()) {
            // Without a length there is no body to speak of: headers/length-announced.
            const bool announced = c.head == nullptr || c.head->find(proto::header::kContentLength) != nullptr ||
                                   c.head->find(proto::header::kTransferEncoding) != nullptr;
            if (announced) report_empty(c);
        } else {
            report_not_a_block(c);
        }
    }
}

}  // namespace

std::string a_kind(BodyKind kind) {
    const auto name = std::string(proto::name_of(kind));
    switch (kind) {
        case BodyKind::kSnappyJava:
        case BodyKind::kSnappyHadoop:
        case BodyKind::kSnappyBlock:
        case BodyKind::kSnappyTwice:
        case BodyKind::kGrpc:
        case BodyKind::kRemoteRead:
            return "a " + name;
        default:
            return name;
    }
}

bool compressed_again(BodyKind kind) {
    switch (kind) {
        case BodyKind::kSnappyBlock:
        case BodyKind::kSnappyFramed:
        case BodyKind::kSnappyJava:
        case BodyKind::kSnappyTwice:
            return true;
        default:
            // The mark of zlib is too short to judge by.
            return proto::is_other_compression(kind) && kind != BodyKind::kZlib;
    }
}

constinit const Family kCompression{"compression", kRules, {}, run};

}  // namespace prw::rules
