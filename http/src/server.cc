#include "prw/http/server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>

#include "bind.h"
#include "connection.h"
#include "socket.h"

namespace prw::http {

namespace {

constexpr Milliseconds kExhaustedPause{
    50};  // out of descriptors or threads: try again when a connection ends, or after this

}  // namespace

struct Server::Impl {
    ServerOptions options;
    Handler handler;
    Completion completion;
    Starting starting;
    Event stop_event, abort_event, wake;
    ServerContext context{options, handler, completion, starting, stop_event, abort_event};
    base::Descriptor listener;
    sockaddr_storage bound{};
    std::atomic<std::uint64_t> accepted{0};
    std::thread acceptor;
    std::mutex stopping;  ///< held by the one who stops

    std::mutex mutex;  ///< guards the two below
    std::condition_variable changed;
    std::map<std::uint64_t, std::thread> running;
    std::vector<std::thread> finished;  ///< to be joined

    Impl(ServerOptions o, Handler h, Completion c, Starting s)
        : options(std::move(o)), handler(std::move(h)), completion(std::move(c)), starting(std::move(s)) {}

    void accept_loop();
    [[nodiscard]] bool accept_one();
    void serve(base::Descriptor fd, const sockaddr_storage& address);
    void join_finished();
};

void Server::Impl::join_finished() {
    std::vector<std::thread> threads;
    {
        const std::lock_guard lock(mutex);
        threads.swap(finished);
    }
    for (auto& thread : threads) thread.join();
}

void Server::Impl::serve(base::Descriptor fd, const sockaddr_storage& address) {
    const int on = 1;
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const auto id = ++accepted;
    // The lock keeps the thread from looking for itself before it is in the map.
    const std::lock_guard lock(mutex);
    running.emplace(id, std::thread([this, id, peer = address_text(address), owned = std::move(fd)]() mutable {
                        Connection(std::move(owned), std::move(peer), id, context).run();
                        const std::lock_guard inner(mutex);
                        const auto self = running.find(id);
                        finished.push_back(std::move(self->second));
                        running.erase(self);
                        wake.raise();
                        changed.notify_all();
                    }));
}

bool Server::Impl::accept_one() {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    base::Descriptor fd(
        ::accept4(listener.get(), reinterpret_cast<sockaddr*>(&address), &size, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!fd.valid()) return errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM;
    try {
        serve(std::move(fd), address);
    } catch (const std::system_error&) {
        return false;  // no thread to be had; the connection was closed
    }
    return true;
}

void Server::Impl::accept_loop() {
    std::optional<SteadyTime> exhausted_until;
    for (;;) {
        wake.lower();
        join_finished();
        if (stop_event.raised()) return;
        bool room = false;
        {
            const std::lock_guard lock(mutex);
            room = running.size() < options.max_connections;
        }
        const int fd = room && !exhausted_until ? listener.get() : -1;
        const auto waited = wait_for(fd, POLLIN, exhausted_until, &wake, &stop_event);
        if (waited == Wait::kReady && fd >= 0) {
            if (!accept_one()) exhausted_until = Clock::now() + kExhaustedPause;
        } else {
            exhausted_until.reset();
        }
    }
}

Server::Server(ServerOptions options, Handler handler, Completion completion, Starting starting)
    : impl_(
          std::make_unique<Impl>(std::move(options), std::move(handler), std::move(completion), std::move(starting))) {}

Server::~Server() { stop(); }

Result<void> Server::reserve() {
    auto& self = *impl_;
    auto listener = bind_to(self.options.host, self.options.port, self.bound);
    if (!listener) return tl::unexpected<Error>(listener.error());
    self.listener = std::move(*listener);
    return {};
}

bool Server::reserved() const { return impl_->listener.valid() && !impl_->acceptor.joinable(); }

Result<void> Server::start() {
    auto& self = *impl_;
    if (self.acceptor.joinable() || self.stop_event.raised())
        return fail(ErrorCode::kInvalidArgument, "the server was started before", address());
    if (!self.stop_event.valid() || !self.abort_event.valid() || !self.wake.valid())
        return fail(ErrorCode::kIo, "cannot create an event", self.options.host, errno_text(errno));
    if (!self.listener.valid()) {
        if (auto bound = reserve(); !bound) return bound;
    }
    if (::listen(self.listener.get(), SOMAXCONN) != 0) {
        const auto cause = errno_text(errno);
        const auto where = address();
        self.listener.reset();
        return fail(ErrorCode::kIo, "cannot listen", where, cause);
    }
    try {
        self.acceptor = std::thread([&self] { self.accept_loop(); });
    } catch (const std::system_error& error) {
        self.listener.reset();
        return fail(ErrorCode::kIo, "cannot start a thread", self.options.host, error.what());
    }
    return {};
}

std::uint16_t Server::port() const { return port_of(impl_->bound); }

std::string Server::address() const { return port_of(impl_->bound) == 0 ? std::string() : address_text(impl_->bound); }

std::string Server::url(std::string_view path) const {
    auto host = address();
    if (host.starts_with("0.0.0.0:")) host.replace(0, 7, "127.0.0.1");
    if (host.starts_with("[::]:")) host.replace(0, 4, "[::1]");
    return "http://" + host + std::string(path);
}

void Server::stop(Milliseconds grace) {
    auto& self = *impl_;
    const std::lock_guard stopping(self.stopping);
    self.stop_event.raise();
    if (self.acceptor.joinable()) self.acceptor.join();
    self.listener.reset();
    {
        std::unique_lock lock(self.mutex);
        self.changed.wait_for(lock, grace, [&self] { return self.running.empty(); });
        if (!self.running.empty()) self.abort_event.raise();
        self.changed.wait(lock, [&self] { return self.running.empty(); });
    }
    self.join_finished();
}

std::uint64_t Server::connections_accepted() const { return impl_->accepted.load(); }

}  // namespace prw::http
