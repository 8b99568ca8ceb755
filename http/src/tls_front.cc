#include "prw/http/tls_front.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <list>
#include <mutex>
#include <system_error>
#include <thread>

#include "bind.h"
#include "prw/http/client.h"
#include "stream.h"

namespace prw::http {

namespace {

constexpr std::chrono::seconds kHandshakeTime(10), kConnectTime(5);

using Context = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;

Result<Context> server_context(const TlsFrontOptions& options) {
    ERR_clear_error();
    Context context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
    const auto refused = [&](const std::string& file) {
        const char* reason = ERR_reason_error_string(ERR_get_error());
        return fail(ErrorCode::kInvalidArgument, "cannot use the file for TLS", file,
                    reason != nullptr ? reason : "unknown error");
    };
    if (!context) return refused({});
    SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
    SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    if (SSL_CTX_use_certificate_chain_file(context.get(), options.certificate_file.c_str()) != 1)
        return refused(options.certificate_file);
    if (SSL_CTX_use_PrivateKey_file(context.get(), options.key_file.c_str(), SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(context.get()) != 1)
        return refused(options.key_file);
    return context;
}

/// Bytes on their way from one end to the other.
class Pipe {
public:
    Pipe(Stream& from, Stream& to) : from_(from), to_(to) {}

    /// Moves what can be moved now. False when the connection is over.
    bool move() {
        wants_read_ = wants_write_ = 0;
        for (;;) {
            if (begin_ == end_ && !ended_) {
                std::string cause;
                std::size_t count = 0;
                switch (from_.read(buffer_.data(), buffer_.size(), count, cause)) {
                    case Stream::Io::kDone:
                        begin_ = 0;
                        end_ = count;
                        break;
                    case Stream::Io::kEnd:
                        ended_ = true;
                        to_.end_writing();
                        return true;
                    case Stream::Io::kWantRead:
                        wants_read_ = POLLIN;
                        return true;
                    case Stream::Io::kWantWrite:
                        wants_read_ = POLLOUT;
                        return true;
                    default:
                        return false;
                }
            }
            if (begin_ == end_) return true;
            std::string cause;
            std::size_t count = 0;
            switch (to_.write({buffer_.data() + begin_, end_ - begin_}, count, cause)) {
                case Stream::Io::kDone:
                    begin_ += count;
                    break;
                case Stream::Io::kWantRead:
                    wants_write_ = POLLIN;
                    return true;
                case Stream::Io::kWantWrite:
                    wants_write_ = POLLOUT;
                    return true;
                default:
                    return false;
            }
        }
    }
    [[nodiscard]] bool ended() const { return ended_ && begin_ == end_; }
    [[nodiscard]] short events_at_source() const { return wants_read_; }
    [[nodiscard]] short events_at_sink() const { return wants_write_; }

private:
    Stream &from_, &to_;
    std::array<char, 16384> buffer_{};
    std::size_t begin_ = 0, end_ = 0;
    bool ended_ = false;
    short wants_read_ = 0, wants_write_ = 0;
};

void relay(Stream& outside, Stream& inside, const Event& stop) {
    Pipe in(outside, inside), out(inside, outside);
    for (;;) {
        if (!in.move() || !out.move()) return;
        // Whoever answered and closed has said everything.
        if (out.ended()) return;
        std::array<pollfd, 3> waiting = {{
            {outside.fd(), static_cast<short>(in.events_at_source() | out.events_at_sink()), 0},
            {inside.fd(), static_cast<short>(in.events_at_sink() | out.events_at_source()), 0},
            {stop.fd(), POLLIN, 0},
        }};
        // A side that is not waited for must not wake us by having hung up.
        for (auto& each : waiting)
            if (each.events == 0) each.fd = -1;
        while (::poll(waiting.data(), waiting.size(), -1) < 0) {
            if (errno != EINTR) return;
        }
        if (stop.raised()) return;
    }
}

}  // namespace

struct TlsFront::Impl {
    TlsFrontOptions options;
    Context context{nullptr, SSL_CTX_free};
    base::Descriptor listener;
    std::uint16_t port = 0;
    Event stop_event, wake;
    std::atomic<std::uint64_t> handshakes{0}, failed{0};
    std::thread acceptor;

    struct Worker {
        std::thread thread;
        bool done = false;
    };
    std::mutex mutex;  ///< guards workers
    std::list<Worker> workers;

    void serve(base::Descriptor fd) {
        Stream outside, inside;
        StreamFailure failure;
        outside.adopt(std::move(fd));
        if (!outside.accept_tls(context.get(), Clock::now() + kHandshakeTime, stop_event, failure)) {
            ++failed;
            return;
        }
        ++handshakes;
        Url url;
        url.host = options.behind_host;
        url.port = options.behind_port;
        if (inside.connect(url, Clock::now() + kConnectTime, stop_event, failure)) relay(outside, inside, stop_event);
    }

    std::size_t join_finished() {
        std::list<Worker> over;
        std::size_t left = 0;
        {
            const std::lock_guard lock(mutex);
            for (auto it = workers.begin(); it != workers.end();) {
                const auto next = std::next(it);
                if (it->done) over.splice(over.end(), workers, it);
                it = next;
            }
            left = workers.size();
        }
        for (auto& worker : over) worker.thread.join();
        return left;
    }

    void accept_loop() {
        for (;;) {
            wake.lower();
            const bool room = join_finished() < options.max_connections;
            if (stop_event.raised()) return;
            if (wait_for(room ? listener.get() : -1, POLLIN, std::nullopt, &wake, &stop_event) != Wait::kReady)
                continue;
            base::Descriptor fd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
            if (!fd.valid()) continue;
            const int on = 1;
            ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            const std::lock_guard lock(mutex);
            auto& worker = workers.emplace_back();
            try {
                worker.thread = std::thread([this, &worker, owned = std::move(fd)]() mutable {
                    serve(std::move(owned));
                    const std::lock_guard inner(mutex);
                    worker.done = true;
                    wake.raise();
                });
            } catch (const std::system_error&) {
                workers.pop_back();  // no thread to be had; the connection was closed
            }
        }
    }
};

TlsFront::TlsFront(TlsFrontOptions options) : impl_(std::make_unique<Impl>()) { impl_->options = std::move(options); }

TlsFront::~TlsFront() { stop(); }

Result<void> TlsFront::start() {
    auto& self = *impl_;
    auto context = server_context(self.options);
    if (!context) return tl::unexpected<Error>(context.error());
    self.context = std::move(*context);
    sockaddr_storage bound{};
    auto listener = bind_to(self.options.host, self.options.port, bound);
    if (!listener) return tl::unexpected<Error>(listener.error());
    if (::listen(listener->get(), SOMAXCONN) != 0)
        return fail(ErrorCode::kIo, "cannot listen", address_text(bound), errno_text(errno));
    self.listener = std::move(*listener);
    self.port = port_of(bound);
    try {
        self.acceptor = std::thread([&self] { self.accept_loop(); });
    } catch (const std::system_error& error) {
        self.listener.reset();
        return fail(ErrorCode::kIo, "cannot start a thread", self.options.host, error.what());
    }
    return {};
}

void TlsFront::stop() {
    auto& self = *impl_;
    self.stop_event.raise();
    if (self.acceptor.joinable()) self.acceptor.join();
    self.listener.reset();
    std::list<Impl::Worker> left;
    {
        const std::lock_guard lock(self.mutex);
        left.swap(self.workers);
    }
    for (auto& worker : left) worker.thread.join();
}

std::uint16_t TlsFront::port() const { return impl_->port; }
std::string TlsFront::url(std::string_view path) const {
    return "https://" + impl_->options.host + ":" + std::to_string(impl_->port) + std::string(path);
}
std::uint64_t TlsFront::handshakes() const { return impl_->handshakes.load(); }
std::uint64_t TlsFront::failed_handshakes() const { return impl_->failed.load(); }

}  // namespace prw::http
