/// Reads one request after the other from a connection, verbatim and within limits. Keeps what was pipelined behind a
/// request for the next one.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "prw/http/server.h"
#include "socket.h"

namespace prw::http {

/// What tells a client to go on, and what it has to skip when it did not ask.
inline constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

class RequestReader {
public:
    /// `stop` ends waiting for a next request, `abort` ends everything. All must outlive the reader.
    RequestReader(int fd, const ServerOptions& options, const Event& stop, const Event& abort);

    /// False when the connection ended between two requests: closed by the peer, idle for too long, or told to stop.
    /// Otherwise `out` holds a request, complete or with the status that says why not.
    [[nodiscard]] bool read(Request& out);

    // About the request read last.
    [[nodiscard]] bool keep_alive() const { return keep_alive_; }    ///< by version and Connection header
    [[nodiscard]] bool old_version() const { return old_version_; }  ///< HTTP/1.0
    [[nodiscard]] bool is_head() const { return is_head_; }
    [[nodiscard]] bool gone() const { return gone_; }  ///< the connection broke or was aborted: nobody reads an answer
    [[nodiscard]] bool unfinished() const {
        return unfinished_;
    }  ///< it was refused before its end: more of it may be under way

    [[nodiscard]] bool to_reset() const { return reset_after_.has_value(); }  ///< the test wants a reset, not an answer

    /// Reads and drops what the peer still sends, until it closes, max_drain is reached, it pauses too long, or abort.
    void drain();

private:
    enum class Got { kBytes, kEnd, kBroken, kTimeout, kEvent };
    Got receive(std::size_t most, SteadyTime deadline, const Event* stop);
    bool first_bytes(Request& out);
    bool read_head(Request& out);
    bool parse(Request& out);
    void read_body(Request& out);
    void read_sized(Request& out, std::uint64_t length);
    void read_chunked(Request& out);
    void read_surplus(Request& out);
    bool send_continue();
    void skip_blank_lines();
    [[nodiscard]] std::size_t head_end();
    [[nodiscard]] SteadyTime in(Milliseconds time) const { return Clock::now() + time; }

    int fd_;
    const ServerOptions& options_;
    const Event& stop_;
    const Event& abort_;
    std::unique_ptr<char[]> scratch_;
    std::string_view fresh_;   ///< what receive() brought, in scratch_
    std::string buffer_;       ///< received and not yet consumed
    std::size_t scanned_ = 0;  ///< buffer_ has no end of head before this line start
    SteadyTime last_receive_;
    SystemTime last_receive_wall_;
    std::string cause_;  ///< why the peer is gone
    // Framing of the current request.
    bool chunked_ = false, expect_continue_ = false;
    std::uint64_t length_ = 0;
    /// The request before may have a body for which no length was announced: bytes that are no request are that.
    bool body_unannounced_ = false;
    std::optional<std::size_t> reset_after_;  ///< bytes of the body
    bool keep_alive_ = false, old_version_ = false, is_head_ = false, gone_ = false, unfinished_ = false;
    bool surplus_ = false;  ///< bytes followed the body that are no request
};

}  // namespace prw::http
