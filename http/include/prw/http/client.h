/// A small HTTP/1.1 client that sends exactly the bytes it is given and knows why an attempt failed. One connection,
/// kept alive. http and https (OpenSSL; verifies host name and chain). Not thread-safe: one client per worker.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "prw/base/error.h"
#include "prw/proto/protocol.h"

namespace prw::http {

struct Url {
    std::string scheme = "http";  ///< "http" or "https"
    std::string user, password;   ///< from userinfo, percent-decoded; empty if absent
    std::string host;             ///< without brackets for IPv6
    std::uint16_t port = 80;
    std::string target = "/";                       ///< path and query exactly as given; "/" when empty
    [[nodiscard]] std::string host_header() const;  ///< host[:port if not the scheme's default]
    [[nodiscard]] std::string redacted() const;     ///< for messages: xxxxx for what is secret in it
};
/// kInvalidArgument with the offending part. Only http and https.
[[nodiscard]] Result<Url> parse_url(std::string_view text);

using HeaderList = proto::HeaderFields;

struct ClientResponse {
    int status = 0;
    std::string version, reason;
    HeaderList headers;  ///< in order, as sent
    std::string body;    ///< dechunked; cut at ClientOptions::max_response
    bool reused_connection = false;
    /// First value, case-insensitive; nullptr if absent.
    [[nodiscard]] const std::string* header(std::string_view name) const;
};

/// Why an exchange failed; also in Error::cause as text.
enum class ClientFailure : std::uint8_t {
    kNone,
    kResolve,
    kRefused,
    kConnectTimeout,
    kTls,
    kWrite,
    kReset,
    kClosedBeforeResponse,
    kResponseTimeout,
    kTruncatedResponse,
    kMalformedResponse,
    kTooLarge,
    kCancelled,
};
[[nodiscard]] std::string_view name_of(ClientFailure failure);

struct ClientOptions {
    std::chrono::milliseconds connect_timeout{5000};
    std::chrono::milliseconds timeout{30000};  ///< whole exchange after the connection stands
    std::size_t max_response = 1U << 20U;      ///< bytes of body kept
    std::string ca_file;                       ///< PEM; empty: the system's
    bool insecure_skip_verify = false;
};

class Client {
public:
    explicit Client(Url url, ClientOptions options = {});
    ~Client();
    Client(Client&&) noexcept;
    Client& operator=(Client&&) noexcept;

    /// Sends one request. Headers go out in the given order and spelling after Host; Content-Length is added when a
    /// body is given and the list has neither Content-Length nor Transfer-Encoding. A request on a kept connection that
    /// the server had closed meanwhile is sent once more on a new one, if no byte of the response came. Authorization:
    /// Basic is added for a URL with userinfo, and Host left out when the list has one of its own.
    [[nodiscard]] Result<ClientResponse> request(std::string_view method, const HeaderList& headers,
                                                 std::string_view body);
    /// Same with another target than the URL's.
    [[nodiscard]] Result<ClientResponse> request(std::string_view method, std::string_view target,
                                                 const HeaderList& headers, std::string_view body);
    /// Sends these bytes and nothing else, then reads a response. For replays and for tests of servers. With no bytes
    /// it reads the next response on the kept connection (to a pipelined request).
    [[nodiscard]] Result<ClientResponse> raw(std::string_view bytes);
    [[nodiscard]] ClientFailure last_failure() const;
    /// From another thread: makes the request in progress, or else the next one, return kConnection soon (so that no
    /// cancellation is lost between two requests). The client stays usable.
    void cancel();
    void close();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// One GET, for scraping and polling.
[[nodiscard]] Result<ClientResponse> get(const Url& url, const HeaderList& headers = {},
                                         const ClientOptions& options = {});

}  // namespace prw::http
