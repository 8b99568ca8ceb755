/// A server with a recording handler, and a bare socket for what no client would do.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "prw/http/client.h"
#include "prw/http/server.h"

namespace prw::http {

inline constexpr std::chrono::seconds kDeadline{20};

struct Seen {
    Request request;
    int status = 0;
    bool sent = false;
};

/// Answers 204, or what `respond` says, and keeps every exchange.
class TestServer {
public:
    explicit TestServer(ServerOptions options = {}, Handler respond = {})
        : server_(
              std::move(options), respond ? std::move(respond) : [](const Request&) { return Response{}; },
              [this](const Request& request, const Response& response, SteadyTime, SteadyTime, bool sent) {
                  const std::lock_guard lock(mutex_);
                  seen_.push_back({request, response.status, sent});
                  changed_.notify_all();
              }) {
        if (const auto started = server_.start(); !started) throw std::runtime_error(started.error().text());
    }
    ~TestServer() { server_.stop(); }
    Server& operator*() { return server_; }
    Server* operator->() { return &server_; }
    [[nodiscard]] Url url(std::string_view path = "/write") const { return *parse_url(server_.url(path)); }
    /// Waits until `count` exchanges are complete.
    std::vector<Seen> seen(std::size_t count) {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, kDeadline, [&] { return seen_.size() >= count; });
        return seen_;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Seen> seen_;
    Server server_;
};

/// A blocking connection to loopback.
class Socket {
public:
    explicit Socket(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const timeval limit{20, 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
            throw std::runtime_error("connect");
    }
    ~Socket() { close(); }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Socket& operator=(Socket&&) = delete;
    /// Whether the connection still takes bytes.
    bool send(std::string_view bytes) const {
        return ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
    }
    void finish() const { ::shutdown(fd_, SHUT_WR); }
    /// Until the peer closes; "<reset>" at the end when it did so with RST, "<timeout>" when it did not.
    [[nodiscard]] std::string read_all() const {
        std::string out;
        for (;;) {
            char buffer[4096];
            const auto got = ::recv(fd_, buffer, sizeof buffer, 0);
            if (got == 0) return out;
            if (got < 0) return out + (errno == ECONNRESET ? "<reset>" : "<timeout>");
            out.append(buffer, static_cast<std::size_t>(got));
        }
    }
    /// Until `end` has come.
    [[nodiscard]] std::string read_until(std::string_view end) const {
        std::string out;
        while (out.find(end) == std::string::npos) {
            char c = 0;
            if (::recv(fd_, &c, 1, 0) != 1) return out + "<end>";
            out.push_back(c);
        }
        return out;
    }
    void close() {
        if (fd_ >= 0) ::close(fd_);
        fd_ = -1;
    }
    void reset() {
        const linger now{1, 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        close();
    }

private:
    int fd_;
};

}  // namespace prw::http
