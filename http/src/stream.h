/// One end of a connection: plain TCP or TLS, with deadlines and cancellation.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "prw/http/client.h"
#include "socket.h"

struct ssl_ctx_st;
struct ssl_st;

namespace prw::http {

/// What stopped an operation, and the system's or OpenSSL's words for it.
struct StreamFailure {
    ClientFailure failure = ClientFailure::kNone;
    std::string cause;
};

/// Holds the settings of TLS for a client's connections.
class TlsContext {
public:
    TlsContext() = default;
    ~TlsContext();
    TlsContext(const TlsContext&) = delete;
    TlsContext& operator=(const TlsContext&) = delete;
    /// Loads the trust anchors on first use.
    [[nodiscard]] bool prepare(const ClientOptions& options, StreamFailure& failure);
    [[nodiscard]] ssl_ctx_st* get() const { return context_; }

private:
    ssl_ctx_st* context_ = nullptr;
};

class Stream {
public:
    Stream() = default;
    ~Stream();
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;

    /// Resolves and connects; each address gets what is left of the time. The name lookup itself cannot be interrupted.
    [[nodiscard]] bool connect(const Url& url, Clock::time_point deadline, const Event& cancel, StreamFailure& failure);
    [[nodiscard]] bool start_tls(const Url& url, const ClientOptions& options, TlsContext& context,
                                 Clock::time_point deadline, const Event& cancel, StreamFailure& failure);

    /// The server's end of a connection that was accepted; the descriptor does not block.
    void adopt(base::Descriptor fd);
    [[nodiscard]] bool accept_tls(ssl_ctx_st* context, Clock::time_point deadline, const Event& cancel,
                                  StreamFailure& failure);

    enum class Io { kDone, kEnd, kWantRead, kWantWrite, kReset, kError };
    /// One attempt without waiting. `count` is what was moved.
    Io read(char* into, std::size_t size, std::size_t& count, std::string& cause);
    Io write(std::string_view bytes, std::size_t& count, std::string& cause);

    [[nodiscard]] bool open() const { return fd_.valid(); }
    [[nodiscard]] int fd() const { return fd_.get(); }
    /// Nothing more will be written; what the peer writes can still be read.
    void end_writing();
    /// A kept connection that the peer has closed meanwhile, as far as can be seen without reading.
    [[nodiscard]] bool stale() const;
    void close();

private:
    Io tls_result(int result, std::string& cause);
    [[nodiscard]] bool start_session(ssl_ctx_st* context, StreamFailure& failure);
    [[nodiscard]] bool handshake(int (*step)(ssl_st*), const std::string& peer, Clock::time_point deadline,
                                 const Event& cancel, StreamFailure& failure);
    base::Descriptor fd_;
    ssl_st* ssl_ = nullptr;
};

}  // namespace prw::http
