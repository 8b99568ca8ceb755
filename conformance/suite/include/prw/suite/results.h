/// The outcome of a run, for either role: what results.json holds and every report is rendered from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "prw/base/enum_table.h"
#include "prw/base/error.h"
#include "prw/proto/clauses.h"
#include "prw/proto/types.h"
#include "prw/rules/finding.h"

namespace prw::suite {

enum class Verdict : std::uint8_t {
    kPass,           ///< judged on evidence and found right
    kInfo,           ///< an observed policy or an unused MAY
    kNotApplicable,  ///< the profile says so, with the reason
    kInconclusive,   ///< the situation never arose
    kWarn,           ///< a SHOULD is missed, or a known deviation
    kFail,           ///< a MUST is broken
    kError,          ///< the harness or the target broke
};
// clang-format off
inline constexpr auto kVerdictNames = base::enum_table<Verdict>("verdict", {
    {Verdict::kPass,          "pass"},
    {Verdict::kInfo,          "info"},
    {Verdict::kNotApplicable, "not-applicable"},
    {Verdict::kInconclusive,  "inconclusive"},
    {Verdict::kWarn,          "warn"},
    {Verdict::kFail,          "fail"},
    {Verdict::kError,         "error"},
});
// clang-format on
[[nodiscard]] std::string_view name_of(Verdict verdict);

/// How an outcome stands to the file of known failures (docs/expectations.md).
enum class ExpectationState : std::uint8_t {
    kMet,      ///< listed, and failed as listed: does not count against the target
    kStale,    ///< listed, but it does not fail any more
    kChanged,  ///< listed, but it fails worse or otherwise
    kExpired,  ///< listed, and the date is over
    kOpen,     ///< listed, and this run could not tell
};
// clang-format off
inline constexpr auto kExpectationStateNames = base::enum_table<ExpectationState>("state of an expectation", {
    {ExpectationState::kMet,     "met"},
    {ExpectationState::kStale,   "stale"},
    {ExpectationState::kChanged, "changed"},
    {ExpectationState::kExpired, "expired"},
    {ExpectationState::kOpen,    "open"},
});
// clang-format on
[[nodiscard]] std::string_view name_of(ExpectationState state);
struct ExpectationNote {
    ExpectationState state = ExpectationState::kOpen;
    std::string reason, issue, expires;  ///< as in the file
    std::string origin;                  ///< "known.yaml:12"
    std::string problem;                 ///< what is wrong with the entry; empty when nothing is
    std::string edit;                    ///< the change to the file that makes it true again
};

/// One exchange as a reader of a report sees it: cut, and without credentials.
struct Excerpt {
    std::uint64_t exchange = 0;
    std::string request;   ///< request line and fields, one a line
    std::string body;      ///< what the body is, and the first series in it
    std::string response;  ///< status, fields and text
};

struct CheckOutcome {
    std::string id;                                                ///< "sender/labels/sorted"
    proto::ProtobufMessage message = proto::ProtobufMessage::kV1;  ///< a check judged under both has two outcomes
    proto::Level level = proto::Level::kMust;
    Verdict verdict = Verdict::kInconclusive;
    std::vector<std::string> clauses;
    bool extension = false;  ///< not a sentence of the specification
    std::string summary;     ///< what is checked, one sentence
    std::string reason;      ///< one sentence: what was seen, or why there is no verdict
    std::string want, got;   ///< for a failure
    std::string scenario;
    std::vector<std::pair<std::string, std::int64_t>> evidence;  ///< "requests" → 12, "series" → 480, …
    std::int64_t duration_ms = 0;
    /// Path, relative to the report's folder, of the capsule of a failure or warning (evidence.h), else of the
    /// scenario's capture; empty if none.
    std::string capsule;
    std::vector<std::uint64_t> exchanges;  ///< ids in the capsule that show it
    std::vector<rules::Finding> findings;
    std::vector<Excerpt> trace;                  ///< of the first of `exchanges`, for a failure or warning
    std::optional<ExpectationNote> expectation;  ///< when it is listed as a known failure
    std::vector<Verdict> runs;                   ///< the verdict of each repetition; empty unless they differ
    /// A known failure that failed as listed: shown, and not counted.
    [[nodiscard]] bool excused() const { return expectation && expectation->state == ExpectationState::kMet; }
};

struct ScenarioOutcome {
    std::string name;
    proto::ProtobufMessage message = proto::ProtobufMessage::kV1;
    std::string summary;
    std::int64_t duration_ms = 0;
    std::uint64_t requests = 0, series = 0, samples = 0;
    std::string capture;     ///< relative path
    std::string target_log;  ///< relative path of the target's stdout and stderr
    std::string problem;     ///< target did not start, crashed, never sent, …; empty when all went well
    std::string detail;  ///< of the first scenario with a problem: what else was seen of the target, its last output
    bool ended = true;   ///< played to its end; false: the run was over before
};

/// What of the suite a run did not try, of what there is for the messages that were judged. Empty lists: it tried all.
struct Coverage {
    std::vector<std::string> because;  ///< "--scenario steady", "the budget of 30s was used up"
    using Missing = std::vector<std::pair<std::string, proto::ProtobufMessage>>;
    Missing scenarios;  ///< names of those that were not played to their end
    Missing checks;     ///< ids of those that were not selected, or whose scenario was not played
    [[nodiscard]] bool whole() const { return scenarios.empty() && checks.empty(); }
};

/// From which level on a check that is not right decides the exit code.
enum class FailOn : std::uint8_t { kNone, kMust, kShould, kMay };
inline constexpr auto kFailOnNames = base::enum_table<FailOn>(
    "gate", {{FailOn::kNone, "none"}, {FailOn::kMust, "must"}, {FailOn::kShould, "should"}, {FailOn::kMay, "may"}});
[[nodiscard]] std::string_view name_of(FailOn gate);

struct Results {
    std::string tool_version;
    std::string role;       ///< of the target: "sender"
    bool complete = false;  ///< false: interrupted or broken off, reports say so
    Verdict verdict = Verdict::kInconclusive;
    int exit_code = 5;
    FailOn fail_on = FailOn::kMust;
    std::string problem;  ///< why nothing was run, or not all of it; empty when all went well
    struct Target {
        std::string name, version, profile, user_agent, command;
        std::string file;  ///< that stands for it in a repository, where the command names one: "tools/my_sender.py"
        std::vector<std::string> without;  ///< what was not offered to it, as it cannot take it: odd_inputs()
    } target;
    std::vector<proto::ProtobufMessage> asked;  ///< what it was told to send; empty: nobody said, so that what it sent
                                                ///< is what was judged
    std::vector<proto::ProtobufMessage> sent;   ///< what it sent and could be decoded
    std::optional<Coverage> coverage;           ///< nullopt: not known, or nothing was run
    std::string expectations;                   ///< path of the file of known failures; empty without one
    unsigned repeat = 1;                        ///< how often everything was run
    std::optional<std::uint64_t> seed;
    std::string command_line;  ///< to reproduce, secrets redacted
    std::string rerun;         ///< the same for just the checks that are not right; empty when all are, or all fail
    std::string learn_more;    ///< e.g. "prw explain sender/labels/sorted"
    std::string started;       ///< ISO 8601 UTC
    std::int64_t duration_ms = 0;
    std::vector<CheckOutcome> checks;
    std::vector<ScenarioOutcome> scenarios;
    /// Clauses that nothing judges, with the reason: Suite::unjudged, and so not in results.json.
    std::vector<rules::UncoveredClause> unjudged;
};

/// The id under which every suite reports that the target broke. It is no check that can be left out: what a broken
/// target did not show is nobody's pass.
[[nodiscard]] std::string target_check_id(std::string_view role);

/// Worst verdict at or above the gate → run verdict, exit code and what to read next: 0 conforms · 1 a MUST is broken
/// or an expectation does not hold · 3 less than that, where `fail_on` counts it · 4 inconclusive (nothing arrived,
/// target broke) · 5 internal.
void conclude(Results& results);
inline void conclude(Results& results, bool count_warnings) {
    results.fail_on = count_warnings ? FailOn::kShould : FailOn::kMust;
    conclude(results);
}
/// The exit code of one check under `fail_on`: 0 right, 1 fail or an expectation that does not hold, 3 where the gate
/// counts it, 4 inconclusive or error, 77 not applicable or a known failure.
[[nodiscard]] int exit_code_of(const CheckOutcome& check, FailOn fail_on);

/// One results from several runs of one target: the union of the checks; of one that was judged several times the worse
/// verdict stands, evidence before none (fail, error, warn, pass, info, inconclusive, not-applicable), and `runs` keeps
/// all of them where they differ. kInvalidArgument when targets differ or there is nothing to merge. Not concluded.
[[nodiscard]] Result<Results> merge(std::vector<Results> parts);

}  // namespace prw::suite
