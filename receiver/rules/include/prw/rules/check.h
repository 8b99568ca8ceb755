/// The validator: one call, no server. <prw/check.h> begins with an example.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "prw/base/error.h"
#include "prw/proto/body.h"
#include "prw/proto/protocol.h"
#include "prw/proto/snappy_block.h"
#include "prw/proto/types.h"
#include "prw/proto/view.h"
#include "prw/rules/finding.h"

namespace prw::rules {

struct CheckOptions {
    std::int64_t now_ms = 0;  ///< receiver's clock, ms since the epoch; 0: the system's at the time of the call
    std::size_t max_uncompressed = proto::kDefaultMaxUncompressed;  ///< bytes
    std::size_t findings_per_rule =
        5;  ///< detailed ones a request; further ones are added to `count` of the rule's first
    /// The path and query that the sender was told to use; empty: any will do. Query may be left out.
    std::string expected_target;
    /// Host and port of the URL that the sender was told to use, "127.0.0.1:9201"; several, with blanks between them,
    /// where it was told several. Empty: any will do.
    std::string expected_host;
    /// True when the harness answers as a 1.x receiver, so that 2.0's "towards 1.x receivers" clauses apply.
    bool peer_is_1x = false;
};

/// What kind of request it is, decided by method, Content-Type and body, never by the version header.
enum class RequestKind : std::uint8_t {
    kWriteV1,
    kWriteV2,
    kProbe,    ///< GET/HEAD/OPTIONS without body: not a write
    kForeign,  ///< another media type or coding: 415
};

/// What the request carries (ElementCounts) is true where `decoded` is; 0 elsewhere.
struct CheckResult : proto::ElementCounts {
    RequestKind kind = RequestKind::kForeign;
    std::optional<proto::ProtobufMessage> declared;  ///< by Content-Type
    std::optional<proto::ProtobufMessage> actual;    ///< what the bytes are, when they decode to something
    bool decoded = false;                            ///< decompressed and well-formed
    SubjectCounts subjects;             ///< what the rules looked at; that of `Rule::subject` is > 0 where one judged
    std::uint64_t rejected_series = 0;  ///< series with a finding of severity fail
    std::uint64_t uncompressed_size = 0;
    std::vector<Finding> findings;  ///< ordered by place
    /// The HTTP status a conforming receiver gives: 204, 400, 405, 413, 415.
    int status = 204;
    /// By the bytes, else as declared, else 1.0.
    [[nodiscard]] proto::ProtobufMessage message() const {
        return actual.value_or(declared.value_or(proto::ProtobufMessage::kV1));
    }
    [[nodiscard]] Severity worst() const;  ///< kInfo when there are no findings
    [[nodiscard]] bool conforming() const { return worst() != Severity::kFail; }
};

/// Reusable scratch memory (decompression buffer, decoded view): a Checker allocates nothing per series once warm. Not
/// thread-safe; one per worker.
class Checker {
public:
    explicit Checker(CheckOptions options = {});
    ~Checker();
    Checker(Checker&&) noexcept;
    Checker& operator=(Checker&&) noexcept;

    /// `head` is the raw head (request line through blank line), `body` the message body (dechunked). Never fails:
    /// whatever is wrong with the bytes is a finding.
    [[nodiscard]] CheckResult check(std::string_view head, std::string_view body);
    /// For who has no head: judges only a body, compressed as it is sent, that holds (or should hold) `message`.
    [[nodiscard]] CheckResult check_body(std::string_view body, proto::ProtobufMessage message);
    /// Judges only a decompressed message.
    [[nodiscard]] CheckResult check_message(std::string_view bytes, proto::ProtobufMessage message);
    /// The decoded view of the last request; empty if it did not decode. Valid until the next call. Decodes on first
    /// use.
    [[nodiscard]] const proto::RequestView& view();
    /// Gives away the message of the last request, decoded where the rules or view() had to: nullptr if it did not
    /// decompress. The next request finds no scratch memory of it, and view() is empty until then.
    [[nodiscard]] std::shared_ptr<const proto::Body> take_body();
    [[nodiscard]] CheckOptions& options();
    /// How many messages were accepted without decoding them, since the checker was made.
    [[nodiscard]] std::uint64_t accepted_fast() const;

private:
    [[nodiscard]] CheckResult judge(std::string_view head, std::string_view body, bool judges_head);

    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// One-off conveniences.
[[nodiscard]] CheckResult check(std::string_view head, std::string_view body, const CheckOptions& options = {});
[[nodiscard]] CheckResult check_body(std::string_view body, proto::ProtobufMessage message,
                                     const CheckOptions& options = {});

}  // namespace prw::rules
