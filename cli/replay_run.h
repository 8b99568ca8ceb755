/// Sends the exchanges of a capture to a receiver and compares its answers. What `prw replay FILE URL` does.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "commands.h"
#include "prw/exchange/capture.h"
#include "prw/exchange/filter.h"
#include "prw/http/client.h"
#include "prw/proto/protocol.h"
#include "prw/suite/capsule.h"
#include "replay_request.h"

namespace prw::cli {

enum class Rebase : std::uint8_t {
    kNone,
    kNow,    ///< the newest sample of all becomes now
    kClock,  ///< the moment of the newest request becomes now: ages stay as they were
    kBy,
};

struct ReplayOptions {
    ReplayRequestOptions request;  ///< shift_ms is set by run_replay
    Rebase rebase = Rebase::kNow;
    std::int64_t by_ms = 0;
    std::chrono::milliseconds gap{0};
    double speed = 0;  ///< factor on the recorded pace; 0: as fast as it goes
    http::ClientOptions client;
    std::vector<std::uint64_t> exchanges;  ///< empty: all
    std::optional<exchange::Filter> filter;
    std::optional<suite::Capsule> capsule;  ///< what the file is the proof of
    bool verbose = false;
};

/// Returns the exit code.
int run_replay(const std::string& file, exchange::CaptureReader& reader, const ReplayOptions& options, Io& io);

/// Check, clauses, what was wanted and what came, as `inspect` and `replay` show a capsule on top.
void append_capsule(std::string& out, const suite::Capsule& capsule, int width);

/// What an answer is worth.
struct ReplayAnswer {
    int status = 0;                ///< 0: none
    std::string failure;           ///< why there was none
    std::optional<bool> confirms;  ///< Written headers: nullopt when they do not matter, else whether they are true
    std::string written;           ///< "written 3 samples, 0 histograms, no exemplars header", when they are not
};
[[nodiscard]] ReplayAnswer read_answer(int status, const proto::HeaderFields& headers, const rules::CheckResult& sent);
/// True when a conforming receiver could have answered a request judged like this.
[[nodiscard]] bool as_wanted(const ReplayAnswer& answer, const rules::CheckResult& sent);

}  // namespace prw::cli
