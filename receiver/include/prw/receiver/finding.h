/// One struct for a finding, from the rule to the row of a table.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "prw/proto/clauses.h"
#include "prw/proto/types.h"

namespace prw::receiver {

/// What a finding means for the verdict. Not the clause's level: a MUST may be reported as `warn` (a known deviation),
/// and policies as `info`.
enum class Severity : std::uint8_t { kInfo, kWarn, kFail };
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

/// A rule as data: `prw list`, `prw explain` and the coverage test read it.
struct Rule {
    std::string_view id;
    std::span<const std::string_view> clauses;
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

}  // namespace prw::receiver
