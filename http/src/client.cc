#include "prw/http/client.h"

#include <poll.h>

#include <algorithm>
#include <array>

#include "prw/base/bytes_text.h"
#include "prw/base/text.h"
#include "prw/proto/http_head.h"
#include "prw/proto/protocol.h"
#include "response_parser.h"
#include "stream.h"

namespace prw::http {

namespace {

using Failure = ClientFailure;

bool lists(const HeaderList& headers, std::string_view name) {
    return std::any_of(headers.begin(), headers.end(),
                       [&](const auto& field) { return base::iequals(field.first, name); });
}

ErrorCode code_of(Failure failure) {
    switch (failure) {
        case Failure::kConnectTimeout:
        case Failure::kResponseTimeout:
            return ErrorCode::kTimeout;
        case Failure::kRefused:
            return ErrorCode::kRefused;
        case Failure::kWrite:
        case Failure::kReset:
        case Failure::kClosedBeforeResponse:
            return ErrorCode::kReset;
        case Failure::kTruncatedResponse:
        case Failure::kMalformedResponse:
            return ErrorCode::kMalformed;
        case Failure::kTooLarge:
            return ErrorCode::kTooLarge;
        default:
            return ErrorCode::kConnection;
    }
}

}  // namespace

struct Client::Impl {
    Url url;
    ClientOptions options;
    Event cancelled;
    TlsContext tls;
    Stream stream;
    std::string leftover;  ///< received behind the last response
    Failure last = Failure::kNone;

    Impl(Url u, ClientOptions o) : url(std::move(u)), options(std::move(o)) {}

    [[nodiscard]] std::string serialise(std::string_view method, std::string_view target, const HeaderList& headers,
                                        std::string_view body) const;
    Result<ClientResponse> exchange(std::string_view bytes, bool to_head, bool keep_leftover);
    bool open(StreamFailure& failure);
    bool transfer(std::string_view bytes, ResponseParser& parser, StreamFailure& failure);
    bool receive(ResponseParser& parser, StreamFailure& failure, bool& wants_write);
    void close() {
        stream.close();
        leftover.clear();
    }
};

std::string Client::Impl::serialise(std::string_view method, std::string_view target, const HeaderList& headers,
                                    std::string_view body) const {
    std::string out;
    out.reserve(512 + body.size());
    out.append(method).append(" ").append(target).append(" HTTP/1.1\r\n");
    if (!lists(headers, proto::header::kHost)) out.append("Host: ").append(url.host_header()).append("\r\n");
    for (const auto& [name, value] : headers) out.append(name).append(": ").append(value).append("\r\n");
    if (!url.user.empty() && !lists(headers, proto::header::kAuthorization))
        out.append("Authorization: ").append(base::basic_credentials(url.user, url.password)).append("\r\n");
    const bool expects_body = method == "POST" || method == "PUT" || method == "PATCH";
    if ((!body.empty() || expects_body) && !lists(headers, proto::header::kContentLength) &&
        !lists(headers, proto::header::kTransferEncoding))
        out.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
    return out.append("\r\n").append(body);
}

bool Client::Impl::open(StreamFailure& failure) {
    close();
    const auto deadline = Clock::now() + options.connect_timeout;
    if (!stream.connect(url, deadline, cancelled, failure)) return false;
    return url.scheme != "https" || stream.start_tls(url, options, tls, deadline, cancelled, failure);
}

/// Reads what is there. False when the exchange cannot go on.
bool Client::Impl::receive(ResponseParser& parser, StreamFailure& failure, bool& wants_write) {
    std::array<char, 16384> buffer;
    wants_write = false;
    while (parser.state() == ResponseParser::State::kMore) {
        std::size_t count = 0;
        std::string cause;
        switch (stream.read(buffer.data(), buffer.size(), count, cause)) {
            case Stream::Io::kDone: {
                const std::string_view fresh(buffer.data(), count);
                leftover.assign(fresh.substr(parser.feed(fresh)));
                break;
            }
            case Stream::Io::kWantRead:
                return true;
            case Stream::Io::kWantWrite:
                wants_write = true;
                return true;
            case Stream::Io::kEnd:
                if (!parser.started()) {
                    failure = {Failure::kClosedBeforeResponse, "the server closed the connection without an answer"};
                    return false;
                }
                parser.end();
                break;
            case Stream::Io::kReset:
                failure = {Failure::kReset, std::move(cause)};
                return false;
            case Stream::Io::kError:
                failure = {url.scheme == "https" ? Failure::kTls : Failure::kReset, std::move(cause)};
                return false;
        }
    }
    return true;
}

/// Writes the request and reads the response, which may come before the whole request was written.
bool Client::Impl::transfer(std::string_view bytes, ResponseParser& parser, StreamFailure& failure) {
    const auto deadline = Clock::now() + options.timeout;
    bool tls_write = false;  // the TLS layer has to write before it can read
    bool writable = true;
    while (parser.state() == ResponseParser::State::kMore) {
        bool tls_read = false;
        if (writable && !bytes.empty()) {
            std::size_t count = 0;
            std::string cause;
            switch (stream.write(bytes, count, cause)) {
                case Stream::Io::kDone:
                    bytes.remove_prefix(count);
                    continue;
                case Stream::Io::kWantWrite:
                    break;
                case Stream::Io::kWantRead:
                    tls_read = true;
                    break;
                case Stream::Io::kEnd:
                case Stream::Io::kReset:
                case Stream::Io::kError:
                    // The server does not take the rest; perhaps it has said why.
                    bytes = {};
                    failure = {cause.empty() ? Failure::kClosedBeforeResponse : Failure::kWrite, std::move(cause)};
                    break;
            }
        }
        const bool write_failed = failure.failure != Failure::kNone;
        StreamFailure reading;
        if (!receive(parser, reading, tls_write)) {
            const bool reset = reading.failure == Failure::kReset;
            if (!write_failed || reset) failure = std::move(reading);
            if (write_failed && !reset) failure.failure = Failure::kWrite;
            return false;
        }
        if (parser.state() != ResponseParser::State::kMore) break;
        const auto events = static_cast<short>(POLLIN | ((!bytes.empty() && !tls_read) || tls_write ? POLLOUT : 0));
        switch (wait_for(stream.fd(), events, deadline, &cancelled)) {
            case Wait::kReady:
                writable = true;
                break;
            case Wait::kTimeout:
                failure = {
                    bytes.empty() ? Failure::kResponseTimeout : Failure::kWrite,
                    (bytes.empty() ? "no complete response within " : "the request could not be written within ") +
                        std::to_string(options.timeout.count()) + " ms"};
                return false;
            case Wait::kEvent:
                failure = {Failure::kCancelled, ""};
                return false;
        }
    }
    failure = {};
    switch (parser.state()) {
        case ResponseParser::State::kTruncated:
            failure = {Failure::kTruncatedResponse, parser.problem()};
            break;
        case ResponseParser::State::kMalformed:
            failure = {Failure::kMalformedResponse, parser.problem()};
            break;
        case ResponseParser::State::kTooLarge:
            failure = {Failure::kTooLarge, parser.problem()};
            break;
        default:
            if (!bytes.empty()) parser.end();  // answered early: the connection is in the middle of a request
            return true;
    }
    return false;
}

Result<ClientResponse> Client::Impl::exchange(std::string_view bytes, bool to_head, bool keep_leftover) {
    StreamFailure failure;
    bool done = false;
    bool reused = false;
    for (int attempt = 0; attempt < 2 && !done; ++attempt) {
        failure = {};
        reused = stream.open() && (keep_leftover || (leftover.empty() && !stream.stale()));
        if (!reused && !open(failure)) break;
        ResponseParser parser(to_head, options.max_response);
        if (!leftover.empty()) leftover.erase(0, parser.feed(leftover));
        done = transfer(bytes, parser, failure);
        if (done) {
            if (!parser.reusable()) close();
            last = Failure::kNone;
            auto response = std::move(parser.response());
            response.reused_connection = reused;
            return response;
        }
        close();
        // The server closed the kept connection while the request was under way to it: it has not seen the request.
        const bool stale = reused && !parser.started() && !bytes.empty() &&
                           (failure.failure == Failure::kClosedBeforeResponse || failure.failure == Failure::kReset ||
                            failure.failure == Failure::kWrite);
        if (!stale || cancelled.raised()) break;
    }
    close();
    if (failure.failure == Failure::kCancelled) cancelled.lower();
    last = failure.failure;
    std::string cause(name_of(last));
    if (!failure.cause.empty()) cause += ": " + failure.cause;
    return fail(code_of(last), "request failed", url.redacted(), std::move(cause));
}

Client::Client(Url url, ClientOptions options) : impl_(std::make_unique<Impl>(std::move(url), std::move(options))) {}
Client::~Client() = default;
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;

Result<ClientResponse> Client::request(std::string_view method, const HeaderList& headers, std::string_view body) {
    return request(method, impl_->url.target, headers, body);
}

Result<ClientResponse> Client::request(std::string_view method, std::string_view target, const HeaderList& headers,
                                       std::string_view body) {
    return impl_->exchange(impl_->serialise(method, target, headers, body), method == "HEAD", false);
}

Result<ClientResponse> Client::raw(std::string_view bytes) {
    return impl_->exchange(bytes, bytes.starts_with("HEAD "), true);
}

ClientFailure Client::last_failure() const { return impl_->last; }

void Client::cancel() { impl_->cancelled.raise(); }

void Client::close() { impl_->close(); }

Result<ClientResponse> get(const Url& url, const HeaderList& headers, const ClientOptions& options) {
    Client client(url, options);
    return client.request("GET", headers, {});
}

}  // namespace prw::http
