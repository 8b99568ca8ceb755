/// TLS in front of a plain server on loopback: takes connections, shakes hands, and passes bytes on in both directions
/// as they come. The server behind it stays faithful to the wire and knows nothing of it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "prw/base/error.h"

namespace prw::http {

struct TlsFrontOptions {
    std::string certificate_file, key_file;  ///< PEM
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;                 ///< 0: any free port
    std::string behind_host = "127.0.0.1";  ///< the plain server
    std::uint16_t behind_port = 0;
    std::size_t max_connections = 256;  ///< further ones wait in the backlog
};

class TlsFront {
public:
    explicit TlsFront(TlsFrontOptions options);
    ~TlsFront();  ///< stop()
    TlsFront(const TlsFront&) = delete;
    TlsFront& operator=(const TlsFront&) = delete;

    /// kIo for the port, kInvalidArgument for certificate and key.
    [[nodiscard]] Result<void> start();
    void stop();  ///< Closes all connections. Idempotent.
    [[nodiscard]] std::uint16_t port() const;
    [[nodiscard]] std::string url(std::string_view path = "/") const;  ///< "https://127.0.0.1:PORT/"
    /// Handshakes that succeeded, and those that did not (a client that does not trust the CA, or speaks no TLS).
    [[nodiscard]] std::uint64_t handshakes() const;
    [[nodiscard]] std::uint64_t failed_handshakes() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace prw::http
