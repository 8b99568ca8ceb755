/// Snappy's block format with limits, and the way back from a protobuf byte to the compressed bytes that produced it.
/// The format: varint length preamble, then literal and copy elements (google/snappy format_description.txt).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "prw/base/error.h"
#include "prw/proto/types.h"

namespace prw::proto {

/// Default bound on the decompressed size: the 32 MiB that Prometheus 3 and VictoriaMetrics apply.
inline constexpr std::size_t kDefaultMaxUncompressed = 32U << 20U;

/// A buffer that keeps its capacity between requests and ends in kPadding readable zero bytes,
/// so that the fast walk may load words past the end. Not zero-filled otherwise.
class PaddedBuffer {
public:
    static constexpr std::size_t kPadding = 64;
    /// Makes room for `size` bytes plus padding; contents are undefined, the padding is zero. Never shrinks.
    char* resize(std::size_t size);
    [[nodiscard]] const char* data() const { return data_.get(); }
    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] std::string_view view() const { return {data_.get(), size_}; }

private:
    std::unique_ptr<char[]> data_;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
};

/// What a body that is not a snappy block looks like; used to say so by name.
enum class BodyKind : std::uint8_t {
    kSnappyBlock,
    kEmpty,
    kSnappyFramed,
    kSnappyJava,
    kSnappyHadoop,
    kSnappyTwice,
    kS2,
    kGzip,
    kZlib,
    kZstd,
    kBrotli,
    kLz4,
    kRawProtobufV1,
    kRawProtobufV2,
    kJson,
    kJsonMapping,  ///< JSON with the fields of one of the messages
    kInflux,       ///< lines of Influx' protocol
    kExposition,   ///< what a scrape answers, as text
    kText,
    kGrpc,  ///< frames of gRPC, with protobuf or something compressed in the first
    kOtlp,
    kRemoteRead,
    kUnknown,
};
[[nodiscard]] std::string_view name_of(BodyKind kind);   ///< "snappy framed format", "gzip", "JSON", …
[[nodiscard]] bool is_text(BodyKind kind);               ///< JSON, lines or other text: not protobuf, not compressed
[[nodiscard]] bool is_other_compression(BodyKind kind);  ///< compressed, and not by snappy: gzip, zstd, LZ4, …

/// Why a block is refused. One value per malformation, so that each has a test of its own.
enum class SnappyError : std::uint8_t {
    kNone,
    kEmptyBody,          ///< zero bytes: not even a preamble
    kTruncatedPreamble,  ///< the varint runs off the end
    kOversizedPreamble,  ///< more than 32 bits
    kTooLarge,           ///< claims more than the limit; nothing was allocated
    kTruncatedElement,   ///< an element's header or literal runs off the end
    kBadOffset,          ///< a copy reaches before the start, or has offset 0 (S2's repeat code among them)
    kTooMuchOutput,      ///< elements produce more than the preamble says
    kTooLittleOutput,    ///< elements end before the preamble's length is reached
};
[[nodiscard]] std::string_view name_of(SnappyError error);

struct SnappyFailure {
    SnappyError error = SnappyError::kNone;
    std::uint64_t claimed = 0;   ///< length from the preamble, if it could be read
    std::uint64_t produced = 0;  ///< bytes produced before the failure
    ByteRange where;             ///< the offending element in the compressed body
    bool s2_repeat = false;      ///< the offending element is a copy with offset 0, which only S2 writes
    bool trailing = false;       ///< output was complete; the offending element and what follows are surplus
};

/// Decompresses with libsnappy after checking the claimed length against `limit`. O(size). On success `out` holds the
/// message. On failure returns kMalformed or kTooLarge whose text names the place; call diagnose_snappy() for the
/// structure.
[[nodiscard]] Result<void> uncompress_snappy(std::string_view body, std::size_t limit, PaddedBuffer& out);

/// Walks the elements without producing output and says what is wrong with the block. kNone exactly when libsnappy
/// accepts the body (and the claim is within `limit`), so an element that libsnappy reads as an empty literal (length
/// ff ff ff ff) is no fault.
[[nodiscard]] SnappyFailure diagnose_snappy(std::string_view body, std::size_t limit = kDefaultMaxUncompressed);

/// Names what a body really is (framed snappy, gzip, double compression, JSON, OTLP, remote read, …). A block is looked
/// into: OTLP, remote read or another block inside are named; anything else leaves it kSnappyBlock. kBrotli is never
/// returned: the format has no mark of its own. Bounded: work is linear in the sizes before and after decompression,
/// memory is kDefaultMaxUncompressed twice at most.
[[nodiscard]] BodyKind recognise_body(std::string_view body);

[[nodiscard]] std::string compress_snappy(std::string_view message);

/// Maps ranges of the decompressed message to ranges of the compressed body.
class SnappyMap {
public:
    /// `body` must be a valid block.
    [[nodiscard]] static Result<SnappyMap> build(std::string_view body);
    /// `body` is the payload of a literal (without its tag) or the whole copy element.
    struct Element {
        ByteRange message;
        ByteRange body;
        bool copy = false;
        std::uint32_t copy_offset = 0;
    };
    /// Elements in message order, without gaps.
    [[nodiscard]] const std::vector<Element>& elements() const { return elements_; }
    /// The smallest range of the body whose elements produced `message_range`. Inside a literal it is exact to the
    /// byte; for a copy it is the copy element itself. O(log n).
    [[nodiscard]] ByteRange body_range(ByteRange message_range) const;

private:
    std::vector<Element> elements_;
};

}  // namespace prw::proto
