/// A small HTTP/1.1 server that is faithful to the wire: it hands over every byte of head and body as it arrived,
/// answers exactly what it is told to, and can misbehave below HTTP. Made for tests; a thread per connection, bounded.
///
/// cpp-httplib does not fit here: it decodes, sorts and drops header values, undoes codings, cannot limit chunked
/// bodies, loses pipelined requests and never shows the socket (ARCHITECTURE.md, "Why an HTTP server of our own").
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "prw/base/enum_table.h"
#include "prw/base/error.h"
#include "prw/proto/http_head.h"

namespace prw::http {

using SteadyTime = std::chrono::steady_clock::time_point;
using SystemTime = std::chrono::system_clock::time_point;
using Milliseconds = std::chrono::milliseconds;

using proto::ReadStatus;

struct Request {
    std::string raw_head;  ///< verbatim, through the blank line (or what came of it)
    std::string raw_body;  ///< verbatim, chunk framing included, up to the limit; longer than Content-Length says where
                           ///< more followed that is no request
    std::string body;      ///< the body proper: dechunked; empty when it equals raw_body (see payload())
    bool chunked = false;
    ReadStatus status = ReadStatus::kComplete;
    std::string problem;                    ///< place and cause when status is not kComplete
    std::string peer;                       ///< "127.0.0.1:54321"
    std::uint64_t connection = 0;           ///< 1, 2, … in order of acceptance
    std::uint64_t index_on_connection = 0;  ///< 0 for the first request of a connection
    SystemTime received_at;                 ///< wall clock when the first byte of the head came
    SteadyTime first_byte, last_byte;       ///< of this request
    [[nodiscard]] std::string_view payload() const {
        return chunked ? std::string_view(body) : std::string_view(raw_body);
    }
};

/// What to do to the connection instead of, or while, answering.
enum class Fault : std::uint8_t {
    kNone,
    kCloseBeforeResponse,  ///< FIN without a byte
    kResetBeforeResponse,  ///< RST without a byte
    kCutResponse,  ///< Content-Length is announced, half of the body is sent, then FIN; without a body the head is cut
    kGarbage,      ///< bytes that are not HTTP
    kStall,        ///< never answers; keeps the connection until the client or stop() closes it
    kDribble,      ///< one byte per dribble_interval
};
// clang-format off
inline constexpr auto kFaultNames = base::enum_table<Fault>("fault", {
    {Fault::kNone,                "none"},
    {Fault::kCloseBeforeResponse, "close"},
    {Fault::kResetBeforeResponse, "reset"},
    {Fault::kCutResponse,         "cut"},
    {Fault::kGarbage,             "garbage"},
    {Fault::kStall,               "stall"},
    {Fault::kDribble,             "dribble"},
});
// clang-format on
[[nodiscard]] std::string_view name_of(Fault fault);

struct Response {
    int status = 204;
    std::string reason;  ///< empty: the registered phrase
    std::vector<std::pair<std::string, std::string>>
        headers;  ///< sent in this order; Content-Length and Connection are added as needed
    std::string body;
    bool close = false;     ///< answer with Connection: close and close
    bool interim = false;   ///< 100 Continue first, asked for or not
    Milliseconds delay{0};  ///< before the first byte
    Fault fault = Fault::kNone;
    Milliseconds dribble_interval{10};
    std::shared_ptr<void>
        attachment;  ///< never sent: lets a handler hand something to the completion of the same request
};

struct ServerOptions {
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;             ///< 0: any free port
    std::size_t max_head = 64U << 10U;  ///< bytes
    std::size_t max_fields = 256;
    std::size_t max_body = 64U << 20U;  ///< bytes on the wire, framing included
    std::size_t max_drain =
        256U << 20U;  ///< bytes read and dropped after a refusal so that the client sees the answer, not a reset
    Milliseconds head_timeout{10000}, body_timeout{10000}, idle_timeout{120000};
    std::size_t max_connections = 1024;  ///< further ones wait in the backlog
    /// Asked when the head is there: after how many bytes of the body the connection is reset; nullopt: read on. The
    /// handler sees the request as kResetOnPurpose. On the connection's thread.
    std::function<std::optional<std::size_t>(const Request&)> reset_in_body = {};
};

/// Called on the connection's thread, concurrently. For a request that could not be read (status != kComplete) the
/// returned response is sent if the connection still stands, and the connection is closed after it.
using Handler = std::function<Response(const Request&)>;
/// Called after the response was written, or could not be. `sent` is false when the client was gone or a fault kept the
/// response back.
using Completion =
    std::function<void(const Request&, const Response&, SteadyTime response_start, SteadyTime response_end, bool sent)>;
/// Called after the delay, right before the first byte of the response or the fault. What a client does because of a
/// response happens after this call, which gives exchanges an order. Completion follows always.
using Starting = std::function<void(const Request&, const Response&)>;

class Server {
public:
    /// The handler decides; completion and starting (may be empty) observe. An exception from the handler answers 500.
    Server(ServerOptions options, Handler handler, Completion completion = {}, Starting starting = {});
    ~Server();  ///< stop()
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Binds and listens; returns once connections are accepted. kIo with address and errno text; kInUse where another
    /// program has the port.
    [[nodiscard]] Result<void> start();
    /// Binds, so that the port is known and nobody else's, but refuses connections until start().
    [[nodiscard]] Result<void> reserve();
    [[nodiscard]] bool reserved() const;  ///< and not started yet
    [[nodiscard]] std::uint16_t port() const;
    [[nodiscard]] std::string address() const;  ///< "127.0.0.1:9201"
    /// "http://127.0.0.1:9201/"; a wildcard address becomes loopback.
    [[nodiscard]] std::string url(std::string_view path = "/") const;

    /// Stops accepting, closes idle and stalled connections at once, waits up to `grace` for requests in progress, then
    /// closes the rest. Returns when no thread of the server runs any more. Idempotent. Not from a handler. A stopped
    /// server does not start again.
    void stop(Milliseconds grace = Milliseconds(2000));
    [[nodiscard]] std::uint64_t connections_accepted() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

[[nodiscard]] std::string_view reason_phrase(int status);

}  // namespace prw::http
