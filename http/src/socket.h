/// Sockets with deadlines, shared by server and client. Everything is non-blocking; waiting is poll() on the socket and
/// on events.
#pragma once

#include <sys/socket.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "prw/base/descriptor.h"
#include "prw/base/error.h"

namespace prw::http {

using Clock = std::chrono::steady_clock;

/// An eventfd: raised by one thread, polled by others. Stays raised until lowered.
class Event {
public:
    Event();
    void raise() const;
    void lower() const;
    [[nodiscard]] bool raised() const;
    [[nodiscard]] int fd() const { return fd_.get(); }
    [[nodiscard]] bool valid() const { return fd_.valid(); }

private:
    base::Descriptor fd_;
};

enum class Wait { kReady, kTimeout, kEvent };
/// Waits for `events` (POLLIN, POLLOUT, …) on fd; errors and hang-ups count as ready, and the next operation names
/// them. An event that is raised wins over readiness. No deadline: for ever. fd may be -1 to wait for the events only;
/// nullptr events are left out.
[[nodiscard]] Wait wait_for(int fd, short events, std::optional<Clock::time_point> deadline,
                            const Event* first = nullptr, const Event* second = nullptr);

/// The system's text for an errno value.
[[nodiscard]] std::string errno_text(int error);
/// "127.0.0.1:80" or "[::1]:80".
[[nodiscard]] std::string address_text(const sockaddr_storage& address);
/// The peer has closed its sending side, or the connection is broken.
[[nodiscard]] bool peer_closed(int fd);
/// The connection is broken in both directions (reset, or closed by the peer and told so).
[[nodiscard]] bool broken(int fd);
/// Makes the next close() send RST.
void reset_on_close(int fd);

}  // namespace prw::http
