#include "signals.h"

#include <poll.h>
#include <pthread.h>
#include <algorithm>
#include <cstdint>

#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace prw::cli {

StopSignals::StopSignals() {
    sigset_t wanted;
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGINT);
    sigaddset(&wanted, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &wanted, &previous_);
    signal_fd_ = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
    stop_fd_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

StopSignals::~StopSignals() {
    close(signal_fd_);
    close(stop_fd_);
    pthread_sigmask(SIG_SETMASK, &previous_, nullptr);
}

void StopSignals::stop() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = write(stop_fd_, &one, sizeof one);
}

int StopSignals::wait(std::chrono::milliseconds limit) {
    pollfd fds[] = {{signal_fd_, POLLIN, 0}, {stop_fd_, POLLIN, 0}};
    const auto deadline = std::chrono::steady_clock::now() + limit;
    for (;;) {
        int timeout = -1;
        if (limit.count() > 0) {
            const auto left =
                std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now())
                    .count();
            if (left <= 0) return 0;
            timeout = static_cast<int>(std::min<long long>(left, 1 << 30));
        }
        if (poll(fds, 2, timeout) <= 0) continue;
        if (fds[1].revents != 0) return 0;
        signalfd_siginfo info{};
        if (read(signal_fd_, &info, sizeof info) == static_cast<ssize_t>(sizeof info))
            return static_cast<int>(info.ssi_signo);
    }
}

}  // namespace prw::cli
