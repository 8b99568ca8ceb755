#include "socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <limits>
#include <system_error>

namespace prw::http {

Event::Event() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

void Event::raise() const {
    const std::uint64_t one = 1;
    // Fails only when the counter is about to overflow, and then the event is raised already.
    [[maybe_unused]] const auto written = ::write(fd_.get(), &one, sizeof one);
}

void Event::lower() const {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto got = ::read(fd_.get(), &count, sizeof count);
}

bool Event::raised() const {
    pollfd entry{fd_.get(), POLLIN, 0};
    return ::poll(&entry, 1, 0) > 0;
}

Wait wait_for(int fd, short events, std::optional<Clock::time_point> deadline, const Event* first,
              const Event* second) {
    std::array<pollfd, 3> entries{};
    nfds_t count = 0;
    const auto add = [&](int descriptor, short wanted) { entries.at(count++) = {descriptor, wanted, 0}; };
    if (first != nullptr) add(first->fd(), POLLIN);
    if (second != nullptr) add(second->fd(), POLLIN);
    const nfds_t event_count = count;
    if (fd >= 0) add(fd, events);
    for (;;) {
        int timeout = -1;
        if (deadline) {
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline - Clock::now()).count();
            timeout = static_cast<int>(std::clamp<std::int64_t>(left, 0, std::numeric_limits<int>::max()));
        }
        const int ready = ::poll(entries.data(), count, timeout);
        if (ready < 0 && errno == EINTR) continue;
        if (ready < 0) return Wait::kReady;  // the operation that follows fails and says why
        for (nfds_t i = 0; i < event_count; ++i)
            if (entries.at(i).revents != 0) return Wait::kEvent;
        if (ready == 0) return Wait::kTimeout;
        return Wait::kReady;
    }
}

std::string errno_text(int error) { return std::generic_category().message(error); }

std::string address_text(const sockaddr_storage& address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (address.ss_family == AF_INET6) {
        const auto& in6 = reinterpret_cast<const sockaddr_in6&>(address);
        ::inet_ntop(AF_INET6, &in6.sin6_addr, text.data(), text.size());
        return "[" + std::string(text.data()) + "]:" + std::to_string(ntohs(in6.sin6_port));
    }
    if (address.ss_family == AF_INET) {
        const auto& in4 = reinterpret_cast<const sockaddr_in&>(address);
        ::inet_ntop(AF_INET, &in4.sin_addr, text.data(), text.size());
        return std::string(text.data()) + ":" + std::to_string(ntohs(in4.sin_port));
    }
    return "unknown";
}

namespace {

bool polled(int fd, short events) {
    pollfd entry{fd, events, 0};
    return ::poll(&entry, 1, 0) > 0;
}

}  // namespace

bool peer_closed(int fd) { return polled(fd, POLLRDHUP); }

bool broken(int fd) { return polled(fd, 0); }

void reset_on_close(int fd) {
    const linger now{1, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

}  // namespace prw::http
