/// Scripted responses: which answer a request gets, by attempt, by time, by condition. Read from YAML (`--respond
/// FILE`, docs/scripts.md), from the short form on the command line (`--respond '503x2,204'`), and over the control
/// API.
///
/// ```yaml
/// version: 1
/// steps:                      # the first step that applies answers; when none does, the receiver answers by itself
///   - times: 2                # applies to this many requests, then is used up (default: for ever)
///     status: 503
///     headers: {Retry-After: "1"}
///     body: "overloaded"
///     delay: 100ms
///     retry_after_date: 2s    # Retry-After: the HTTP date at least so long after the answer
///   - when: {message: "2.0", attempt: 1, path: /x, header: {X-Scope-OrgID: a}, metric: up, series: true, batch: new}
///     after: 5s               # since the first request · until: 15s
///     status: 415
///   - fault: reset            # close | reset | cut | garbage | stall | dribble
/// ```
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "prw/base/error.h"
#include "prw/http/server.h"
#include "prw/proto/types.h"

namespace prw::receiver {

/// Which data a step answers. Batches are told by what is in them, not by their bytes: a request is a batch once more
/// when at least half of the samples of the smaller of the two are the same (series, timestamp and value), so that
/// another encoding, newer data beside the old and one sample that is in every request do not mislead. A request
/// without samples is no batch.
enum class Batch : std::uint8_t {
    kAny,
    kNew,  ///< that no step of the script has answered before
    kOne,  ///< the step's first request is a new batch, all its further ones bring that batch again
};

struct ScriptStep {
    std::string name;                    ///< shown in the exchange; "step 1" by default
    std::optional<std::uint64_t> times;  ///< nullopt: for ever
    // Conditions; all given ones must hold.
    std::optional<proto::ProtobufMessage> message;
    std::optional<std::uint64_t> attempt;       ///< 1: first time that this body is seen, 2: its first repeat, …
    std::string path;                           ///< equal to the target's path
    std::map<std::string, std::string> header;  ///< equal values, names case-insensitive
    std::string metric;                         ///< some series in the request has this __name__
    /// true: some series in the request has a sample or a histogram; false: none has, as where there is only metadata
    std::optional<bool> series;
    Batch batch = Batch::kAny;
    std::optional<std::chrono::milliseconds> after, until;  ///< since the first request to the write endpoint
    bool probes = false;                                    ///< answers GET and HEAD as well, which no other step does
    // Answer.
    bool own_answer =
        false;  ///< status not given: the receiver answers by itself (delay, fault and headers still apply)
    int status = 204;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    std::chrono::milliseconds delay{0};
    /// Retry-After as the date that is so long after the answer, up to a second later: dates have whole seconds.
    std::optional<std::chrono::milliseconds> retry_after_date;
    http::Fault fault = http::Fault::kNone;
    std::chrono::milliseconds dribble_interval{10};
    bool interim = false;         ///< 100 Continue first
    bool written_headers = true;  ///< 2xx to 2.0 get the true Written headers unless false or given in `headers`
};

struct Script {
    std::vector<ScriptStep> steps;
    [[nodiscard]] bool empty() const { return steps.empty(); }
};

/// YAML as above. kInvalidArgument with file:line, the key and the nearest known key.
[[nodiscard]] Result<Script> parse_script(std::string_view yaml, std::string_view file_name = "script");
/// Every key that a script may hold, on any level; docs/scripts.md tells them all.
[[nodiscard]] std::vector<std::string_view> script_keys();
/// Short form: comma-separated `STATUS[xN][:key=value…]` or `reset|close|stall|garbage|cut|dribble[xN]`,
/// e.g. `503x2:retry-after=1:delay=100ms,204`. The last element without xN goes on for ever.
[[nodiscard]] Result<Script> parse_script_short(std::string_view text);

}  // namespace prw::receiver
