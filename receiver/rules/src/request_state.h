/// What the checker found out about a request before the rules run. Only the request families look at it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "prw/base/error.h"
#include "prw/proto/snappy_block.h"
#include "prw/proto/types.h"

namespace prw::rules {

/// A Content-Encoding value, judged.
struct ContentCoding {
    enum class Kind : std::uint8_t {
        kAbsent,   ///< no header, or an empty one
        kSnappy,   ///< exactly "snappy"
        kSpelled,  ///< "Snappy": equal by RFC 9110, refused by exact comparisons
        kSyntax,   ///< not a list of tokens
        kOther,    ///< another coding, or a list of several
    };
    Kind kind = Kind::kAbsent;
    std::string problem = {};  ///< for kSyntax
    [[nodiscard]] bool foreign() const { return kind == Kind::kSyntax || kind == Kind::kOther; }
};
[[nodiscard]] ContentCoding parse_content_coding(std::string_view value);

/// The kind's name as it stands in "The body is …".
[[nodiscard]] std::string a_kind(proto::BodyKind kind);
/// Inside a snappy block: another compression.
[[nodiscard]] bool compressed_again(proto::BodyKind kind);

struct RequestState {
    std::optional<Error> head_error, content_type_error;
    proto::ByteRange head_fault;  ///< the line that head_error is about
    bool other_protocol = false;  ///< the head is that of another HTTP than 1.x: what follows it is none of ours
    bool foreign_type = false;    ///< Content-Type is there and names neither message
    ContentCoding coding;
    bool body_alone = false;  ///< there is no head
    std::optional<proto::ProtobufMessage> declared, actual;
    // Compression.
    bool uncompressed = false;
    std::uint64_t uncompressed_size = 0;
    bool over_limit = false;      ///< the claimed size exceeds the limit; nothing was decompressed
    proto::SnappyFailure snappy;  ///< when it did not decompress
    proto::BodyKind body_kind = proto::BodyKind::kSnappyBlock;  ///< when it did not decompress: what the body is
    // Message.
    proto::BodyKind message_kind =
        proto::BodyKind::kUnknown;   ///< when the bytes are neither message as they should be: what they look like
    std::string framing = {};        ///< "length-delimited messages", "a gRPC frame": what stands around the message
    bool too_many_elements = false;  ///< the walk gave up: more series, labels and samples than one request may have
    bool newer_protocol = false;     ///< the version header names something newer than 2.0

    /// What the sender put together: the body, or what is in the block. kSnappyBlock for one with a message inside.
    [[nodiscard]] proto::BodyKind contents() const {
        if (!uncompressed) return over_limit ? proto::BodyKind::kSnappyBlock : body_kind;
        return message_kind == proto::BodyKind::kUnknown ? proto::BodyKind::kSnappyBlock : message_kind;
    }
};

}  // namespace prw::rules
