/// Known failures that have to go on failing until they are fixed: docs/expectations.md.
///
/// ```yaml
/// version: 1
/// expected:
///   - check: sender/retry/on-5xx          # an exact id, so that nothing new can hide behind it
///     protobuf_message: "1.0"             # optional: only under this message
///     verdict: fail                       # fail (default) or warn
///     message: "requests came again"      # optional: part of what was got; numbers may differ
///     reason: retries are not written yet # optional
///     issue: https://example.org/12       # optional
///     expires: 2027-03-01                 # optional: the last day on which it counts
/// ```
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "prw/base/error.h"
#include "prw/suite/results.h"
#include "prw/suite/suite.h"

namespace prw::suite {

struct Expectation {
    std::string check;
    std::optional<proto::ProtobufMessage> message;  ///< nullopt: under both
    Verdict verdict = Verdict::kFail;               ///< kFail or kWarn
    std::string text;                               ///< `message` in the file
    std::string reason, issue, expires;
    std::size_t first_line = 0, last_line = 0;  ///< in the file, from 1, without comments around it
};

struct Expectations {
    std::string path;
    std::string source;  ///< the file as it is
    std::vector<Expectation> entries;
};

/// kInvalidArgument with file:line for an unknown key or a check that the suite has not (with the nearest known one), a
/// date that is none, or an entry that is given twice.
[[nodiscard]] Result<Expectations> parse_expectations(const Suite& suite, std::string_view yaml,
                                                      const std::string& path);
[[nodiscard]] Result<Expectations> load_expectations(const Suite& suite, const std::string& path);

/// Notes in each outcome how it stands to its entry. Entries without an outcome (not selected, another message) say
/// nothing. `today` is "YYYY-MM-DD". Before conclude().
void apply_expectations(const Expectations& expectations, Results& results, std::string_view today);
[[nodiscard]] std::string today_utc();

/// The file that holds for these results (after apply_expectations): entries that hold stay as they are, with their
/// comments and in their order; stale ones go, changed ones are adapted, new failures are added at the end. An expired
/// entry stays: a date is for people to move.
struct ExpectationsUpdate {
    std::string text;
    std::size_t added = 0, removed = 0, changed = 0;
};
[[nodiscard]] ExpectationsUpdate update_expectations(const Expectations& expectations, const Results& results);
/// By temporary file and rename. kIo with path.
[[nodiscard]] Result<void> save_expectations(const std::string& path, const std::string& text);

}  // namespace prw::suite
