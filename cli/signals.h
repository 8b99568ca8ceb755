/// Waiting for SIGINT or SIGTERM, or for the program's own wish to stop, on one descriptor: no handler, no flag to
/// poll.
#pragma once

#include <chrono>

#include <signal.h>

namespace prw::cli {

/// Blocks both signals for this thread and all threads started while it lives; construct it before starting any.
class StopSignals {
public:
    StopSignals();
    ~StopSignals();
    StopSignals(const StopSignals&) = delete;
    StopSignals& operator=(const StopSignals&) = delete;

    /// From any thread: makes wait() return.
    void stop();
    /// Until a signal, stop(), or `limit` (0: for ever). Returns the signal's number, 0 otherwise.
    int wait(std::chrono::milliseconds limit = std::chrono::milliseconds(0));
    /// Readable once a signal is pending; for poll().
    [[nodiscard]] int signal_fd() const { return signal_fd_; }

private:
    sigset_t previous_{};
    int signal_fd_ = -1;
    int stop_fd_ = -1;
};

}  // namespace prw::cli
