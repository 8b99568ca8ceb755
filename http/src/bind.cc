#include "bind.h"

#include <netdb.h>
#include <netinet/in.h>

#include <cerrno>

namespace prw::http {

namespace {

struct AddressList {
    addrinfo* first = nullptr;
    AddressList() = default;
    AddressList(const AddressList&) = delete;
    AddressList& operator=(const AddressList&) = delete;
    ~AddressList() {
        if (first != nullptr) ::freeaddrinfo(first);
    }
};

std::string bare_host(std::string host) {
    if (host.size() >= 2 && host.front() == '[' && host.back() == ']') return host.substr(1, host.size() - 2);
    return host;
}

Result<base::Descriptor> bound_socket(const std::string& host, std::uint16_t port) {
    const std::string bare = bare_host(host);
    const bool v6 = bare.find(':') != std::string::npos;
    const std::string where = (v6 ? "[" + bare + "]" : bare) + ":" + std::to_string(port);
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
    AddressList list;
    const int found =
        ::getaddrinfo(bare.empty() ? nullptr : bare.c_str(), std::to_string(port).c_str(), &hints, &list.first);
    if (found != 0) return fail(ErrorCode::kIo, "cannot listen", where, ::gai_strerror(found));
    int error = EADDRNOTAVAIL;
    for (const auto* entry = list.first; entry != nullptr; entry = entry->ai_next) {
        base::Descriptor fd(
            ::socket(entry->ai_family, entry->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, entry->ai_protocol));
        // SO_REUSEADDR lets a restart bind while old connections are in TIME_WAIT. Not SO_REUSEPORT: two servers on one
        // port are an error.
        const int on = 1;
        if (fd.valid() && ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
            ::bind(fd.get(), entry->ai_addr, entry->ai_addrlen) == 0)
            return fd;
        error = errno;
    }
    return fail(error == EADDRINUSE ? ErrorCode::kInUse : ErrorCode::kIo, "cannot listen", where, errno_text(error));
}

}  // namespace

Result<base::Descriptor> bind_to(const std::string& host, std::uint16_t port, sockaddr_storage& bound) {
    auto socket = bound_socket(host, port);
    if (!socket) return socket;
    socklen_t size = sizeof bound;
    if (::getsockname(socket->get(), reinterpret_cast<sockaddr*>(&bound), &size) != 0)
        return fail(ErrorCode::kIo, "cannot tell the port", host, errno_text(errno));
    return socket;
}

std::uint16_t port_of(const sockaddr_storage& address) {
    if (address.ss_family == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
    if (address.ss_family == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
    return 0;
}

}  // namespace prw::http
