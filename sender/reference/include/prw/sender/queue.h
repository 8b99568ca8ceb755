/// Shards between whoever makes samples and the receiver: batching, back-pressure, per-series order, flush on shutdown.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "prw/sender/remote_write.h"

namespace prw::sender {

struct QueueOptions {
    std::size_t shards =
        1;  ///< a series always goes to the same one, and each has one request in flight: order per series is kept
    std::size_t batch_size = 2000;        ///< data points (samples and histograms) a request at most
    std::size_t batch_bytes = 4U << 20U;  ///< a batch ends early when its strings and samples take this much
    Milliseconds flush_interval{1000};    ///< a batch that does not fill up is sent after this long
    std::size_t capacity = 10000;  ///< data points waiting in a shard; push() waits for room. At least batch_size
};

/// What became of the data points. Every one pushed is in exactly one of: acknowledged, rejected, failed, unsent,
/// left_out, or still waiting.
struct SendStats {
    std::uint64_t requests = 0;  ///< attempts, retries included
    std::uint64_t answers = 0;   ///< HTTP responses received
    std::uint64_t retries = 0;   ///< attempts after the first one of a request
    std::uint64_t pushed = 0;    ///< data points handed to push()
    std::uint64_t sent = 0;      ///< data points of batches that were tried at least once
    std::uint64_t retried = 0;   ///< data points of batches that needed more than one attempt
    std::uint64_t acknowledged = 0;
    std::uint64_t rejected = 0;  ///< refused for good
    std::uint64_t failed = 0;    ///< retries used up
    std::uint64_t unsent = 0;    ///< not delivered before the deadline of the shutdown
    std::uint64_t left_out = 0;  ///< native histograms that 1.0 has no place for
    std::uint64_t exemplars_sent = 0, exemplars_left_out = 0;
    std::uint64_t written_mismatches = 0;  ///< 2xx answers whose Written counts differ from what was sent
    std::uint64_t not_written = 0;         ///< data points and exemplars that those answers leave unconfirmed
    bool fell_back = false;
    std::string last_error;
    [[nodiscard]] bool all_acknowledged() const {
        return rejected + failed + unsent + left_out == 0 && written_mismatches == 0;
    }
};

class Queue {
public:
    /// Starts the shards. `clock` must outlive the queue.
    Queue(QueueOptions options, RemoteWriteOptions remote, Clock& clock, Log log = {}, TransportFactory transport = {},
          std::function<Random()> random = system_random);
    ~Queue();  ///< finish() without time
    Queue(const Queue&) = delete;
    Queue& operator=(const Queue&) = delete;

    /// Each series holds exactly one sample or histogram. Waits while the shard is full. Returns how many were taken:
    /// fewer than given only when the queue is being finished or release() was called meanwhile.
    std::size_t push(std::vector<proto::Series> points);
    /// From another thread: makes a waiting push() return, and later ones not wait.
    void release();
    /// Sends what is waiting, with retries, until `deadline` has passed; then cancels. Idempotent.
    void finish(Milliseconds deadline);
    /// From another thread: makes a finish() in progress stop waiting.
    void abort();
    [[nodiscard]] SendStats stats() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace prw::sender
