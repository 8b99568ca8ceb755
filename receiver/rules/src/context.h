/// What a rule sees, and how it reports. Internal to receiver/rules.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "prw/proto/content_type.h"
#include "prw/proto/http_head.h"
#include "prw/proto/protocol.h"
#include "prw/proto/snappy_block.h"
#include "prw/proto/view.h"
#include "prw/rules/check.h"
#include "prw/rules/finding.h"
#include "prw/rules/rule_ids.h"

namespace prw::rules {

/// What a rule knows about one occurrence. The reporter adds clauses, level, severity, fix, series text, body range and
/// evidence.
struct Draft {
    std::string message;  ///< one sentence: wanted and got
    std::string field = {};
    std::optional<proto::ByteRange> protobuf = {};
    std::optional<proto::ByteRange> body = {};  ///< only when the fault is in the body itself (framing, compression)
    std::optional<proto::ByteRange> head = {};
    std::uint32_t series = proto::kNoRef;   ///< index in RequestView::series
    std::optional<Severity> severity = {};  ///< milder than the default (a known deviation, a policy)
    std::string fix = {};                   ///< instead of the rule's
    std::string evidence = {};              ///< instead of the bytes at the range
    std::uint64_t count = 1;                ///< occurrences that this draft stands for
    bool any_version = false;  ///< keep the clauses of the other version as well (negotiation between the two)
};

/// Collects findings of one request, bounded. A finding's clauses are the rule's clauses that apply to the request's
/// message (proto::applies); its severity is what the first clause's level means
/// (MUST → fail, SHOULD → warn, MAY → info), never above the rule's, or the draft's if milder. A rule without a clause
/// for the request's message reports nothing.
///
/// Details are bounded per rule and severity, so that many warnings of a rule never hide its first failure. A rule that
/// lowers the severity of some drafts passes that severity to wants() and count() too.
class Reporter {
public:
    /// False once the rule has all its detailed findings (or no clause for this message): then call count() and build
    /// no strings.
    [[nodiscard]] bool wants(const Rule& rule, std::optional<Severity> severity = {}) const;
    /// Beyond the bound the draft is only counted.
    void add(const Rule& rule, Draft draft);
    /// One more occurrence of a rule that no longer wants details; `series` marks that series as rejected when the rule
    /// fails.
    void count(const Rule& rule, std::uint32_t series = proto::kNoRef, std::optional<Severity> severity = {},
               std::uint64_t times = 1);

    struct Impl;
    explicit Reporter(Impl& impl) : impl_(impl) {}

private:
    Impl& impl_;
};

struct RequestState;

/// Everything there is to know about the request when rules run. Rules on head and body run always, wire rules on every
/// message that decompressed (view.malformed may be true: what was read before the fault is there), rules on the
/// message only when it is well-formed.
struct Context {
    const CheckOptions& options;
    std::int64_t now_ms;
    RequestKind kind;
    proto::ProtobufMessage message;  ///< the schema that the message rules use
    std::string_view raw_head;
    const proto::RequestHead* head;          ///< nullptr when it did not parse, or check_message() was called
    const proto::ContentType* content_type;  ///< nullptr when absent or unparsable
    std::string_view body;                   ///< dechunked, compressed
    const proto::RequestView* view;          ///< nullptr when the body did not decompress
    Reporter& report;
    SubjectCounts& subjects;              ///< each family counts what its rules look at
    const RequestState* state = nullptr;  ///< what the checker found on the way; for the request families only
    void saw(Subject subject, std::uint64_t count = 1) const { subjects[subject] += count; }
    [[nodiscard]] bool v1() const { return message == proto::ProtobufMessage::kV1; }
    [[nodiscard]] bool v2() const { return message == proto::ProtobufMessage::kV2; }
};

/// A family of rules: its table, the clauses it cannot show, and the function that runs it.
struct Family {
    std::string_view name;
    std::span<const Rule* const> rules;
    std::span<const UncoveredClause> uncovered;
    void (*run)(const Context&);
};

// Request families (request_*.cc): head, negotiation, compression, wire shape.
extern const Family kHeaders, kNegotiation, kCompression, kWire;
// Message families (message_*.cc).
extern const Family kLabels, kSymbols, kSamples, kHistograms, kExemplars, kMetadata, kSeries;

/// Fast accept (fast.cc): true only if every message and wire rule would find nothing in `bytes` under these options;
/// false when anything at all is unusual. Fills the counts when true. `bytes` must be followed by
/// PaddedBuffer::kPadding readable bytes. Allocates nothing once warm.
struct FastCounts : proto::ElementCounts {
    SubjectCounts subjects;  ///< as the families count them
};
class FastAccept {
public:
    FastAccept();
    ~FastAccept();
    [[nodiscard]] bool accept(std::string_view bytes, proto::ProtobufMessage message, std::int64_t now_ms,
                              FastCounts& counts);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace prw::rules
