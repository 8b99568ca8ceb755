/// The outcome of a run: what results.json holds and every report is rendered from. JSON Schema:
/// docs/results.schema.json.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "prw/proto/clauses.h"
#include "prw/proto/error.h"
#include "prw/proto/types.h"
#include "prw/receiver/finding.h"

namespace prw::conformance {

enum class Verdict : std::uint8_t {
    kPass,           ///< judged on evidence and found right
    kInfo,           ///< an observed policy or an unused MAY
    kNotApplicable,  ///< the profile says so, with the reason
    kInconclusive,   ///< the situation never arose
    kWarn,           ///< a SHOULD is missed, or a known deviation
    kFail,           ///< a MUST is broken
    kError,          ///< the harness or the target broke
};
[[nodiscard]] std::string_view name_of(
    Verdict verdict);  ///< "pass", "info", "not-applicable", "inconclusive", "warn", "fail", "error"

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
    std::vector<receiver::Finding> findings;
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
};

struct Results {
    std::string tool_version;
    std::string role = "sender";
    bool complete = false;  ///< false: interrupted or broken off, reports say so
    Verdict verdict = Verdict::kInconclusive;
    int exit_code = 5;
    struct Target {
        std::string name, version, profile, user_agent, command;
    } target;
    std::string command_line;  ///< to reproduce, secrets redacted
    std::string learn_more;    ///< e.g. "prw explain sender/labels/sorted"
    std::string started;       ///< ISO 8601 UTC
    std::int64_t duration_ms = 0;
    std::vector<CheckOutcome> checks;
    std::vector<ScenarioOutcome> scenarios;
};

/// Worst verdict at or above the gate → run verdict and exit code: 0 conforms · 1 fail · 3 only warnings, when
/// `count_warnings` · 4 inconclusive (nothing arrived, target broke) · 5 internal.
void conclude(Results& results, bool count_warnings);

[[nodiscard]] std::string to_json(const Results& results);  ///< pretty-printed, stable key order
[[nodiscard]] Result<Results> results_from_json(std::string_view json);
[[nodiscard]] std::string render_html(const Results& results);  ///< one self-contained file
struct TerminalStyle {
    bool colour = false;
    int width = 80;
    bool verbose = false;  ///< every check, not only those that are not passed
    std::string report;    ///< path of the HTML report, named in the last lines; empty: not named
    std::string next;      ///< what to try next, e.g. the same command with one's own sender; empty: not said
};
[[nodiscard]] std::string render_terminal(const Results& results, const TerminalStyle& style);
/// Writes DIR/results.json and DIR/report.html, each by temporary file and rename. kIo with path.
[[nodiscard]] Result<void> write_reports(const Results& results, const std::string& dir);

}  // namespace prw::conformance
