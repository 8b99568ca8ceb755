// The body as bytes: there at all, one snappy block, of bearable size.
#include <array>

#include "context.h"
#include "prw/proto/bytes_text.h"
#include "quote.h"
#include "request_state.h"

namespace prw::receiver::rules {

namespace {

using proto::BodyKind;
using proto::SnappyError;
using Clauses = std::string_view[];

constexpr Clauses kEmptyClauses = {"prw1.protocol.body-carries-request", "prw2.protocol.body-carries-message",
                                   "ext.http.body-not-empty"};
constexpr Rule kEmpty{
    "compression/body-not-empty", kEmptyClauses, Severity::kFail, "The HTTP body is not empty.",
    "Send nothing when there is nothing to send; an empty message in snappy's block format is the single byte 00."};

constexpr Clauses kCarriesClauses = {"prw1.protocol.body-carries-request", "prw2.protocol.body-carries-message"};
constexpr Rule kCarries{
    "compression/body-is-message", kCarriesClauses, Severity::kFail,
    "The compressed message itself is the HTTP body, not a part of a form or an encoded text.",
    "Put the bytes of the snappy block into the body, without multipart, form or base64 around them."};

constexpr Clauses kSnappyClauses = {"prw1.body.snappy", "prw2.protocol.snappy"};
constexpr Rule kSnappy{"compression/snappy", kSnappyClauses, Severity::kFail, "The body is compressed with snappy.",
                       "Compress the serialised message with snappy's block format (in Go: snappy.Encode)."};

constexpr Clauses kRawClauses = {"prw1.body.snappy", "prw2.protocol.compressed-after-serialising",
                                 "prw2.protocol.snappy"};
constexpr Rule kRaw{"compression/whole-message", kRawClauses, Severity::kFail,
                    "The serialised message is compressed, as a whole.",
                    "Serialise first, then compress the result as one snappy block."};

constexpr Clauses kTwiceClauses = {"prw1.body.protobuf", "prw2.protocol.compressed-after-serialising"};
constexpr Rule kTwice{"compression/once", kTwiceClauses, Severity::kFail, "The message is compressed once.",
                      "Find the second compression; often both the client library and your code compress."};

constexpr Clauses kFramedClauses = {"prw1.body.no-snappy-framed", "prw2.protocol.no-snappy-framed"};
constexpr Rule kFramed{
    "compression/snappy-framed", kFramedClauses, Severity::kFail, "Snappy's framing (stream) format is not used.",
    "Use the block format: in Go snappy.Encode instead of snappy.NewBufferedWriter, in Java Snappy.compress, in Python "
    "snappy.compress, in Rust snap::raw::Encoder."};

constexpr Clauses kBlockClauses = {"prw1.body.snappy-block", "prw2.protocol.snappy-block"};
constexpr Rule kBlock{"compression/snappy-block", kBlockClauses, Severity::kFail,
                      "The body is one well-formed snappy block.",
                      "Write the raw block format: the length as a varint, then literals and copies, nothing around "
                      "it. In Java use Snappy.compress, "
                      "not SnappyOutputStream."};

constexpr Clauses kLengthClauses = {"ext.snappy.length-exact", "prw1.body.snappy-block", "prw2.protocol.snappy-block"};
constexpr Rule kLength{"compression/length-exact", kLengthClauses, Severity::kFail,
                       "The length in the snappy preamble is what the elements decode to.",
                       "Write the uncompressed length into the preamble, and send the whole block."};

constexpr Clauses kTrailingClauses = {"ext.snappy.no-trailing-bytes", "prw1.body.snappy-block",
                                      "prw2.protocol.snappy-block"};
constexpr Rule kTrailing{"compression/trailing-bytes", kTrailingClauses, Severity::kFail,
                         "Nothing follows the last snappy element.",
                         "Send only as many bytes as the compressor returned, not its whole output buffer."};

constexpr Clauses kS2Clauses = {"ext.snappy.no-s2-extensions", "prw1.body.snappy-block", "prw2.protocol.snappy-block"};
constexpr Rule kS2{"compression/s2", kS2Clauses, Severity::kFail,
                   "The block holds only snappy's elements, not S2's repeat offsets.",
                   "Call s2.EncodeSnappy instead of s2.Encode."};

constexpr Clauses kSizeClauses = {"ext.snappy.decoded-size-limit"};
constexpr Rule kSize{
    "compression/decoded-size", kSizeClauses, Severity::kWarn, "The uncompressed message stays below 32 MiB.",
    "Send fewer series per request (2,000 to 10,000 is usual): receivers answer 400 or 413, and the data is lost."};

constexpr std::array<const Rule*, 11> kRules{&kEmpty, &kCarries, &kSnappy,   &kRaw, &kTwice, &kFramed,
                                             &kBlock, &kLength,  &kTrailing, &kS2,  &kSize};

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
    if (c.v1() && c.head != nullptr && c.head->value("User-Agent").starts_with("Prometheus/"))
        draft.fix =
            "Known of Prometheus when sample_age_limit drops every sample of a batch that it retries; raise or unset "
            "sample_age_limit.";
    c.report.add(kEmpty, std::move(draft));
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

/// The kind's name as it stands in "The body is …".
std::string a_kind(BodyKind kind) {
    const auto name = std::string(proto::name_of(kind));
    switch (kind) {
        case BodyKind::kSnappyJava:
        case BodyKind::kSnappyHadoop:
        case BodyKind::kSnappyBlock:
        case BodyKind::kSnappyTwice:
        case BodyKind::kRemoteRead:
            return "a " + name;
        default:
            return name;
    }
}

/// A form around the message, or a text that decodes to it; empty if neither.
std::string wrapping_of(const Context& c) {
    if (c.body.starts_with("--") && c.body.substr(0, 1024).find("\r\nContent-") != std::string_view::npos)
        return "a multipart form";
    if (c.content_type != nullptr && c.content_type->media_type == "application/x-www-form-urlencoded")
        return "a URL-encoded form";
    constexpr std::size_t kMost = 8U << 20U;
    if (c.body.empty() || c.body.size() > kMost) return {};
    const auto is_message = [](const std::optional<std::string>& bytes) {
        if (!bytes || bytes->empty()) return false;
        const auto kind = proto::recognise_body(*bytes);
        return kind == BodyKind::kSnappyBlock || kind == BodyKind::kRawProtobufV1 || kind == BodyKind::kRawProtobufV2;
    };
    if (is_message(proto::decode_hex(c.body))) return "hexadecimal text";
    return is_message(proto::decode_base64(c.body)) ? "base64 text" : "";
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
        default:
            if (const auto wrapping = wrapping_of(c); !wrapping.empty()) {
                c.report.add(kCarries,
                             draft_of("The body is " + wrapping + "; wanted the compressed message itself", start));
            } else {
                c.report.add(kSnappy, draft_of("The body is " + a_kind(kind) + "; wanted one snappy block", start));
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
    if (c.kind == RequestKind::kProbe || c.state == nullptr) return;
    if (c.state->uncompressed || c.state->over_limit) check_size(c);
    if (c.state->uncompressed) {
        const auto kind = c.state->message_kind;
        if (kind == BodyKind::kSnappyBlock || kind == BodyKind::kSnappyFramed || kind == BodyKind::kSnappyJava ||
            kind == BodyKind::kSnappyTwice || kind == BodyKind::kGzip || kind == BodyKind::kZstd)
            c.report.add(kTwice,
                         draft_of("Inside the snappy block there is " +
                                      (kind == BodyKind::kSnappyBlock ? std::string("another one") : a_kind(kind)) +
                                      "; wanted the message, compressed once",
                                  start_of(c.body, 16)));
        return;
    }
    if (c.head != nullptr || c.state->head_error || c.state->body_alone) {
        if (c.body.empty()) {
            report_empty(c);
        } else {
            report_not_a_block(c);
        }
    }
}

}  // namespace

constinit const Family kCompression{"compression", kRules, {}, run};

}  // namespace prw::receiver::rules
