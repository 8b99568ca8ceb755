/// One connection of the server: reads a request, lets the handler decide, answers or misbehaves as told, until the
/// connection ends.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "prw/http/server.h"
#include "request_reader.h"
#include "socket.h"

namespace prw::http {

/// What the connections of a server share. Outlives them.
struct ServerContext {
    const ServerOptions& options;
    const Handler& handler;
    const Completion& completion;
    const Starting& starting;
    const Event& stop;   ///< no new requests, no waiting
    const Event& abort;  ///< close now
};

class Connection {
public:
    Connection(base::Descriptor fd, std::string peer, std::uint64_t id, const ServerContext& context);
    /// On a thread of its own; returns when the connection is closed.
    void run();

private:
    [[nodiscard]] bool exchange(Request& request);  ///< false: close
    [[nodiscard]] Response decide(const Request& request) const;
    [[nodiscard]] bool pause(const Response& response) const;  ///< false: the connection broke meanwhile
    bool answer(const Response& response, bool& keep);         ///< whether the response was sent
    bool misbehave(const Response& response, bool& keep);
    [[nodiscard]] std::string bytes_of(const Response& response, bool& keep) const;
    bool send(std::string_view bytes) const;
    bool dribble(std::string_view bytes, Milliseconds interval) const;
    void close();

    base::Descriptor fd_;
    std::string peer_;
    std::uint64_t id_;
    const ServerContext& context_;
    RequestReader reader_;
    bool reset_ = false;
};

}  // namespace prw::http
