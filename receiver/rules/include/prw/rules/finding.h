/// One struct for a finding, from the rule to the row of a table.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "prw/base/enum_table.h"
#include "prw/proto/clauses.h"
#include "prw/proto/types.h"

namespace prw::rules {

/// What a finding means for the verdict. Not the clause's level: a MUST may be reported as `warn` (a known deviation),
/// and policies as `info`.
enum class Severity : std::uint8_t { kInfo, kWarn, kFail };
inline constexpr auto kSeverityNames = base::enum_table<Severity>(
    "severity", {{Severity::kInfo, "info"}, {Severity::kWarn, "warn"}, {Severity::kFail, "fail"}});
[[nodiscard]] std::string_view name_of(Severity severity);  ///< "info", "warn", "fail"

struct Finding {
    std::string rule;                  ///< "labels/sorted"
    std::vector<std::string> clauses;  ///< "prw1.labels.sorted"; the first one is the one judged, the rest say the same
    proto::Level level = proto::Level::kMust;  ///< of the first clause
    Severity severity = Severity::kFail;
    bool extension = false;                          ///< only "ext." clauses: not a sentence of the specification
    std::string message;                             ///< what was wanted and what came, one sentence
    std::string series;                              ///< proto::series_text, empty when not about a series
    std::string field;                               ///< "timeseries[3].labels[2].name", "Content-Type", ""
    std::optional<proto::ByteRange> protobuf_bytes;  ///< in the decompressed message
    std::optional<proto::ByteRange> body_bytes;      ///< in the (compressed) body
    std::optional<proto::ByteRange> head_bytes;      ///< in the raw head
    std::string evidence;                            ///< hex or text of the offending bytes, bounded
    std::string fix;                                 ///< how to fix it
    std::uint64_t count = 1;                         ///< occurrences in this request that this finding stands for
};

/// What a rule looks at. A check of a rule passes only where some of it was seen, and says how much: "nothing wrong" is
/// worth as much as what was looked at. Counted by the rules' families as they walk, and by the fast path alike.
enum class Subject : std::uint8_t {
    // Heads.
    kHead,     ///< anything that came as a request head
    kRequest,  ///< a write request whose head could be read
    kKnownTarget,
    kKnownHost,
    kUserAgent,
    kVersionHeader,
    kReservedHeader,
    kContentLength,
    kContentType,
    kMediaType,
    kMessageName,
    kMessageType,
    kContentEncoding,
    kContentCoding,
    kSnappyCoding,
    kFallbackVersion,
    kFallbackType,
    kRetry,
    // Bodies. What is neither block nor message is no subject of theirs: its finding says so, and nothing passes on it.
    kBlock,    ///< a body that decompresses
    kMessage,  ///< a block that holds a well-formed message that is not empty
    // What stands in a message. Where it does not decode, nothing of it was looked at.
    kString,
    kEnumValue,
    kExtension,
    kSymbol,
    kSeries,
    kLabelSet,
    kLongLabelSet,
    kLabel,
    kMetricName,
    kClassicBucket,
    kLeSeries,
    kQuantile,
    kExemplarSeries,
    kSample,
    kPoint,
    kNextPoint,
    kNan,
    kOrdinaryNan,
    kCounterSample,
    kStartableSample,
    kTimestamp,
    kStartTimestamp,
    kNextStart,
    kHistogram,
    kIntegerHistogram,
    kFloatHistogram,
    kExponentialHistogram,
    kCustomHistogram,
    kCountingHistogram,
    kZeroCount,
    kFloatCount,
    kHistogramCount,
    kNanHistogram,
    kBucketList,
    kBucket,
    kIntegerBucket,
    kFloatBucket,
    kSpan,
    kNextSpan,
    kCustomSpan,
    kCustomValue,
    kNextCustomValue,
    kExemplar,
    kNextExemplar,
    kBucketExemplar,
    kExemplarLabel,
    kLongExemplarLabelSet,
    kTraceLabel,
    kMetadata,
    kTypableSeries,
    kDescribedSeries,
    kHelp,
    kTypedName,
    kNextDescription,
    kTypedHistogram,
    kHistogramSeries,
};
inline constexpr std::size_t kSubjects = static_cast<std::size_t>(Subject::kHistogramSeries) + 1;

/// "start timestamp", "start timestamps".
struct SubjectName {
    std::string_view one, many;
};
[[nodiscard]] SubjectName name_of(Subject subject);
/// True for what a request shows whatever its body is.
[[nodiscard]] constexpr bool of_head(Subject subject) { return subject < Subject::kBlock; }

/// How much of each was seen.
class SubjectCounts {
public:
    [[nodiscard]] std::uint64_t& operator[](Subject subject) { return counts_[static_cast<std::size_t>(subject)]; }
    [[nodiscard]] std::uint64_t operator[](Subject subject) const { return counts_[static_cast<std::size_t>(subject)]; }
    SubjectCounts& operator+=(const SubjectCounts& other);
    friend bool operator==(const SubjectCounts&, const SubjectCounts&) = default;

private:
    std::array<std::uint64_t, kSubjects> counts_{};
};

/// The clauses of a rule, in its row.
class ClauseList {
public:
    constexpr ClauseList(std::initializer_list<std::string_view> ids) {
        for (const auto id : ids) ids_.at(size_++) = id;
    }
    [[nodiscard]] constexpr const std::string_view* begin() const { return ids_.data(); }
    [[nodiscard]] constexpr const std::string_view* end() const { return ids_.data() + size_; }
    [[nodiscard]] constexpr std::size_t size() const { return size_; }
    [[nodiscard]] constexpr bool empty() const { return size_ == 0; }
    [[nodiscard]] constexpr std::string_view front() const { return ids_.front(); }
    [[nodiscard]] constexpr operator std::span<const std::string_view>() const { return {begin(), end()}; }

private:
    static constexpr std::size_t kMost = 4;
    std::array<std::string_view, kMost> ids_{};
    std::size_t size_ = 0;
};

/// A rule as data: `prw list`, `prw explain` and the coverage test read it.
struct Rule {
    std::string_view id;
    ClauseList clauses;  ///< the first one that applies to the message is the one judged
    Subject subject;
    Severity severity;         ///< the usual one; a finding may be milder, never more severe
    std::string_view summary;  ///< what it checks, one sentence
    std::string_view fix;      ///< default for Finding::fix
};

/// All request rules in a fixed order.
[[nodiscard]] std::span<const Rule* const> all_rules();
[[nodiscard]] const Rule* find_rule(std::string_view id);

/// Clauses on senders with observable "request" that no single request can show, each with the reason.
struct UncoveredClause {
    std::string_view clause;
    std::string_view reason;
};
[[nodiscard]] std::span<const UncoveredClause> uncovered_clauses();

}  // namespace prw::rules
