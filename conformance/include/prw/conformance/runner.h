/// Runs a sender through the scenarios: per protobuf message and scenario one receiver, one scrape target and one
/// program, all on ports of their own, several at a time.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "prw/base/error.h"
#include "prw/conformance/checks.h"
#include "prw/conformance/profile.h"
#include "prw/conformance/results.h"

namespace prw::conformance {

struct SharedCadence;

struct Progress {
    std::size_t done = 0, total = 0;          ///< scenarios
    std::uint64_t requests = 0, samples = 0;  ///< received so far
    std::vector<std::string> running;         ///< "steady (1.0)"
    std::string finished;                     ///< the scenario that has just ended; empty for a mere tick
    std::chrono::milliseconds elapsed{0};
    std::chrono::milliseconds cadence{0};  ///< how often the target sends new data; 0: not known
    std::chrono::milliseconds limit{0};    ///< the longest time of one scenario, at that pace
};

struct RunOptions {
    Target target;
    std::vector<proto::ProtobufMessage> messages;  ///< empty: what the target says
    std::vector<std::string> scenarios;            ///< empty: all
    std::string out = ".prw/last";                 ///< captures, logs and work directories go here, a folder a scenario
    std::vector<SourceFamily> source;              ///< further series to scrape, beside those of target.source
    unsigned jobs = 0;                             ///< scenarios at a time; 0: two a core
    /// The longest time of one scenario; nullopt: a minute, and more for a sender that is slower than once a second.
    std::optional<std::chrono::milliseconds> timeout;
    std::chrono::milliseconds attach_for{0};  ///< --attach: how long to listen; 0: until `stop`
    std::string listen_host = "127.0.0.1";    ///< --attach: where the receiver listens
    std::uint16_t listen_port = 0;            ///< --attach: 0: any free one
    bool keep_work_dirs = false;
    std::string tool_version, command_line;
    std::function<bool(const Observation&)> enough;  ///< true ends a scenario early; asked whenever something happened
    SharedCadence* cadence = nullptr;                ///< what the scenarios of a run learn of the target's pace
    const std::atomic<bool>* stop = nullptr;         ///< set to end the run early; looked at ten times a second
    std::function<void(const Progress&)>
        progress;  ///< about every 500 ms and after each scenario, never from two threads at once
    std::function<void(const std::string& write_url, const std::string& scrape_url)> listening;  ///< --attach
    /// Where set, the program is stopped before its first instruction, and goes on once this has returned. Time during
    /// which it is stopped counts for no deadline.
    std::function<void(const std::string& scenario, int pid)> stopped;
    std::optional<std::uint64_t> seed;  ///< shuffles the order of the scenarios
    std::function<std::string()>
        why_stopped;  ///< when `stop` is set: "the budget of 30s was used up"; empty: interrupted
};

/// What must be there and is not, as one sentence with the package where it is known; empty when all is there.
/// kInvalidArgument for an unset variable.
[[nodiscard]] Result<std::string> missing_requirement(const Target& target);

/// kInvalidArgument for an unknown scenario or a message that the target cannot send; kIo when `out` cannot be written.
/// A target that breaks is no error here: it is in the results. Does not conclude() nor write reports.
[[nodiscard]] Result<Results> run_sender_tests(const RunOptions& options);

/// Runs one scenario. Exposed for tests.
[[nodiscard]] ScenarioRecord run_scenario(
    const RunOptions& options, const std::string& scenario, proto::ProtobufMessage message,
    const std::function<void(std::uint64_t requests, std::uint64_t samples)>& received = {});

/// Passwords in URLs and values of arguments that look like secrets are replaced, also within the line of a `sh -c`;
/// what is not secret stays as it is. Quoted for a shell.
[[nodiscard]] std::string redact_command(const std::vector<std::string>& argv);

}  // namespace prw::conformance
