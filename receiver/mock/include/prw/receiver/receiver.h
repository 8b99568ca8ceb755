/// The mock receiver: serves any path, judges every request, answers as a conforming receiver or as scripted, keeps and
/// hands out exchanges.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "prw/base/error.h"
#include "prw/exchange/exchange.h"
#include "prw/receiver/mutants.h"
#include "prw/receiver/script.h"
#include "prw/rules/check.h"

namespace prw::receiver {

enum class OnViolation : std::uint8_t {
    kReject,  ///< 400 for findings of severity fail, as a conforming receiver does
    kAccept,  ///< 2xx for whatever decodes, so that the verdict does not change the sender's behaviour
};

struct ReceiverOptions {
    http::ServerOptions server;
    rules::CheckOptions check;
    OnViolation on_violation = OnViolation::kReject;
    Mutation mutation;  ///< deviates on purpose in the receiver's own answers, never in scripted ones
    Script script;      ///< empty: always the receiver's own answer
    /// The script answers what decodes as a message (and probes), and nothing else: what comes in a foreign coding or
    /// type is told so by the receiver itself, so that a sender with more than one way can go over to another.
    bool script_needs_message = false;
    bool only_1x = false;  ///< answers as a 1.0 receiver: 2.0 content is refused with 415, no Written headers
    std::size_t max_error_body = 4096;   ///< bytes of the 400 text
    std::size_t keep_exchanges = 10000;  ///< in memory, oldest dropped first
    std::size_t keep_bytes = 256U << 20U;
    /// The observer wants Exchange::body(): it gets what the checker decompressed and decoded, instead of doing both
    /// again; dropped when it has returned. Costs the checker its scratch memory, so that only who looks at bodies
    /// should ask for it.
    bool hand_on_bodies = false;
    std::size_t max_pending_bytes =
        4U << 20U;  ///< of exchanges that wait for the observer; beyond that, connections wait with them
    bool control_api =
        true;  ///< /-/ready, /-/healthy, /metrics, /api/v1/… on the same port (GET, and PUT and DELETE for the script)
    /// Keeps what decoded writes brought that were answered with 2xx, and serves it: Prometheus' /api/v1/query,
    /// query_range, series, labels, query_exemplars and metadata, and remote read on /api/v1/read (docs/inspect.md).
    /// Bytes in memory; beyond that, series that got nothing for longest are dropped first. 0: stores nothing, and
    /// requests to these paths are writes or probes as on any other. Needs the control API.
    std::size_t store_bytes = 0;
};

class Receiver {
public:
    explicit Receiver(ReceiverOptions options = {});
    ~Receiver();
    Receiver(const Receiver&) = delete;
    Receiver& operator=(const Receiver&) = delete;

    [[nodiscard]] Result<void> start();
    /// The address is known from now on, but connections are refused until start().
    [[nodiscard]] Result<void> reserve();
    void stop();
    [[nodiscard]] std::string address() const;  ///< HOST:PORT
    [[nodiscard]] std::string url(std::string_view path = "/api/v1/write") const;

    /// Called for every exchange that is a request to the write endpoint (whatever happened to it), after its response,
    /// in id order, one at a time, on a thread of the receiver. When it falls behind by much, requests wait. stop()
    /// returns after the last call, so it must not be called from here. Set before start().
    void on_exchange(std::function<void(const exchange::Exchange&)> observer);

    void set_script(Script script);  ///< while running; attempt counters start anew
    void set_on_violation(OnViolation mode);
    /// CheckOptions::expected_host of the requests to come: the address is known only now.
    void expect_host(std::string host);

    /// Snapshot of what is kept.
    [[nodiscard]] std::vector<std::shared_ptr<const exchange::Exchange>> exchanges() const;
    [[nodiscard]] std::uint64_t count() const;  ///< all so far, also dropped ones
    /// Waits until `done` holds for the exchanges so far (called with each new one) or the deadline passes. Returns
    /// whether it held.
    bool wait(std::chrono::milliseconds deadline,
              const std::function<bool(const std::vector<std::shared_ptr<const exchange::Exchange>>&)>& done);
    /// Steady-clock µs since start(), the time base of Exchange.
    [[nodiscard]] std::int64_t now_us() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace prw::receiver
