/// A suite: what programs of one role are tested by, and what only that role can do. Selection, coverage, expectations,
/// evidence, reports and sessions are the same for every role and take a Suite; none of them knows which roles there
/// are.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "prw/base/error.h"
#include "prw/exchange/exchange.h"
#include "prw/proto/clauses.h"
#include "prw/rules/check.h"
#include "prw/suite/capsule.h"
#include "prw/suite/profile.h"
#include "prw/suite/results.h"

namespace prw::suite {

struct ScenarioInfo {
    std::string_view name;      ///< "steady", "5xx-then-success", "series-disappears"
    std::string_view summary;   ///< what the target meets in it
    unsigned seconds = 0;       ///< that it takes about
    bool v1 = true, v2 = true;  ///< the messages that it says something about
    [[nodiscard]] bool plays(proto::ProtobufMessage message) const {
        return message == proto::ProtobufMessage::kV1 ? v1 : v2;
    }
};

struct Check {
    std::string id;        ///< "sender/retry/on-5xx"
    std::string scenario;  ///< the one that provokes it; rules are applied to the requests of all of them
    proto::Level level = proto::Level::kMust;  ///< of the first clause
    std::vector<std::string> clauses;
    std::string summary;
    std::string fix;                       ///< of a check on behaviour, where all its findings have the same
    std::string rule;                      ///< the request rule that it reports; empty for checks on behaviour
    std::vector<std::string> scenarios;    ///< further ones, without which a rule has nothing to look at
    [[nodiscard]] bool extension() const;  ///< no sentence of the specification is behind it
};

struct Progress {
    std::size_t done = 0, total = 0;          ///< scenarios
    std::uint64_t requests = 0, samples = 0;  ///< seen so far
    std::vector<std::string> running;         ///< "steady (1.0)"
    std::string finished;                     ///< the scenario that has just ended; empty for a mere tick
    std::chrono::milliseconds elapsed{0};
    std::chrono::milliseconds cadence{0};  ///< how often the target sends new data; 0: not known
    std::chrono::milliseconds limit{0};    ///< the longest time of one scenario, at that pace
};

/// One run of a suite's scenarios.
struct RunOptions {
    Target target;
    std::vector<proto::ProtobufMessage> messages;  ///< empty: what the target says
    std::vector<std::string> scenarios;            ///< empty: all
    std::string out = ".prw/last";                 ///< captures, logs and work directories go here, a folder a scenario
    unsigned jobs = 0;                             ///< scenarios at a time; 0: as many as are best
    /// The longest time of one scenario; nullopt: as the suite finds right for the target's pace.
    std::optional<std::chrono::milliseconds> timeout;
    std::chrono::milliseconds attach_for{0};  ///< --attach: how long to listen; 0: until `stop`
    std::string listen_host = "127.0.0.1";    ///< --attach: where the receiver listens
    std::uint16_t listen_port = 0;            ///< --attach: 0: any free one
    bool keep_work_dirs = false;
    std::string tool_version, command_line;
    std::optional<std::uint64_t> seed;         ///< shuffles the order of the scenarios; PRW_SEED of the target
    const std::atomic<bool>* stop = nullptr;   ///< set to end the run early; looked at ten times a second
    std::function<std::string()> why_stopped;  ///< when `stop` is set; empty: interrupted
    std::function<void(const Progress&)>
        progress;  ///< about every 500 ms and after each scenario, never from two threads at once
    std::function<void(const std::string& write_url, const std::string& scrape_url)> listening;  ///< --attach
    /// Where set, the program is stopped before its first instruction, and goes on once this has returned. Time during
    /// which it is stopped counts for no deadline.
    std::function<void(const std::string& scenario, int pid)> stopped;
};
/// kInvalidArgument for what the target cannot do; kIo when `out` cannot be written. A target that breaks is no error:
/// it is in the results, which are not concluded, nor reported.
using Run = std::function<Result<Results>(const RunOptions&)>;

/// All members but `unjudged` have to be set. A suite outlives what was made from it.
struct Suite {
    std::string role;                     ///< "sender": every check's id begins with it
    std::vector<ScenarioInfo> scenarios;  ///< in the order of reports; the first disturbs nothing
    std::vector<Check> checks;            ///< in the order of reports
    /// Clauses that no check judges although some sequence or configuration might show them, with the reason.
    std::vector<rules::UncoveredClause> unjudged;

    /// What must be there to start the target and is not, as one sentence; empty when all is there. kInvalidArgument
    /// for a mistake in its profile that would show only later.
    std::function<Result<std::string>(const Target&)> missing;
    /// Reads what the target is to be fed, once for all runs that follow. kInvalidArgument with FILE:LINE.
    std::function<Result<Run>(const Target&)> prepare;
    /// Judges the check from a capsule: its exchanges, as they were, and its context, which nobody else reads.
    /// kMalformed when the context is damaged, kUnsupported when it is from a newer version.
    std::function<Result<std::vector<CheckOutcome>>(const Check&, const Capsule&, std::span<const exchange::Exchange>)>
        judge;
    /// The options under which the requests of a capsule were checked, but for the clock.
    std::function<rules::CheckOptions(const Capsule&)> check_options;

    [[nodiscard]] const Check* find_check(std::string_view id) const;              ///< nullptr: there is none
    [[nodiscard]] const ScenarioInfo* find_scenario(std::string_view name) const;  ///< nullptr: there is none
    /// kInvalidArgument with the first unknown name, the nearest known one and all that there are.
    [[nodiscard]] Result<void> check_scenario_names(const std::vector<std::string>& names) const;
    /// Whether the check says anything about requests with this message.
    [[nodiscard]] bool judges(const Check& check, proto::ProtobufMessage message) const;
};

/// Of the first clause that says something about this message.
[[nodiscard]] proto::Level level_under(const Check& check, proto::ProtobufMessage message);

}  // namespace prw::suite
