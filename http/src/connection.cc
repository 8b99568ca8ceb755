#include "connection.h"
#include "prw/base/text.h"
#include "prw/proto/protocol.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <utility>

namespace prw::http {

namespace {

bool has_body(int status) { return status >= 200 && status != 204 && status != 304; }

}  // namespace

Connection::Connection(base::Descriptor fd, std::string peer, std::uint64_t id, const ServerContext& context)
    : fd_(std::move(fd)),
      peer_(std::move(peer)),
      id_(id),
      context_(context),
      reader_(fd_.get(), context.options, context.stop, context.abort) {}

void Connection::run() {
    for (std::uint64_t index = 0;; ++index) {
        Request request;
        request.peer = peer_;
        request.connection = id_;
        request.index_on_connection = index;
        if (!reader_.read(request)) break;
        reset_ = reader_.to_reset();
        if (!exchange(request)) break;
    }
    close();
}

bool Connection::exchange(Request& request) {
    const Response response = decide(request);
    bool keep = reader_.keep_alive() && !response.close && !context_.stop.raised();
    const bool standing = !reader_.gone() && pause(response);
    // A stalled exchange has no response: it starts, and ends, when the connection does.
    const bool early_start = response.fault != Fault::kStall;
    if (early_start && context_.starting) context_.starting(request, response);
    const auto start = Clock::now();
    bool sent = false;
    if (!standing) {
        keep = false;
    } else if (response.fault == Fault::kNone || response.fault == Fault::kDribble) {
        sent = answer(response, keep);
    } else {
        sent = misbehave(response, keep);
    }
    if (!early_start && context_.starting) context_.starting(request, response);
    if (context_.completion) context_.completion(request, response, start, Clock::now(), sent);
    return keep && sent;
}

Response Connection::decide(const Request& request) const {
    Response response;
    try {
        return context_.handler(request);
    } catch (const std::exception& error) {
        response.body = std::string("internal error: ") + error.what() + "\n";
    } catch (...) {
        response.body = "internal error\n";
    }
    response.status = 500;
    response.headers = {{proto::header::kContentType, proto::kPlainText}};
    response.close = true;
    return response;
}

bool Connection::pause(const Response& response) const {
    if (response.delay.count() <= 0) return true;
    return wait_for(fd_.get(), 0, Clock::now() + response.delay, &context_.abort) == Wait::kTimeout;
}

std::string Connection::bytes_of(const Response& response, bool& keep) const {
    const bool body = has_body(response.status);
    bool length_given = false;
    bool connection_given = false;
    std::string out = "HTTP/1.1 " + std::to_string(response.status) + " ";
    out += response.reason.empty() ? reason_phrase(response.status) : std::string_view(response.reason);
    out += "\r\n";
    for (const auto& [name, value] : response.headers) {
        out += name + ": " + value + "\r\n";
        if (base::iequals(name, proto::header::kContentLength)) {
            length_given = true;
            if (value != std::to_string(response.body.size())) keep = false;  // told to lie: the framing is lost
        } else if (base::iequals(name, proto::header::kTransferEncoding)) {
            length_given = true;
        } else if (base::iequals(name, proto::header::kConnection)) {
            connection_given = true;
            if (base::iequals(value, "close")) keep = false;
        }
    }
    if (body && !length_given) out += "Content-Length: " + std::to_string(response.body.size()) + "\r\n";
    if (!connection_given) {
        if (!keep) {
            out += "Connection: close\r\n";
        } else if (reader_.old_version()) {
            out += "Connection: keep-alive\r\n";
        }
    }
    out += "\r\n";
    if (body && !reader_.is_head()) out += response.body;
    return out;
}

bool Connection::answer(const Response& response, bool& keep) {
    auto bytes = bytes_of(response, keep);
    if (response.interim && !reader_.old_version()) bytes.insert(0, kContinue);
    const bool half_closed = peer_closed(fd_.get());
    bool sent = response.fault == Fault::kDribble ? dribble(bytes, response.dribble_interval) : send(bytes);
    // To a client that has closed, the kernel takes the bytes and learns from the reset that nobody wanted them.
    if (sent && half_closed && broken(fd_.get())) sent = false;
    return sent;
}

bool Connection::misbehave(const Response& response, bool& keep) {
    switch (response.fault) {
        case Fault::kNone:
        case Fault::kDribble:
        case Fault::kCloseBeforeResponse:
            break;
        case Fault::kResetBeforeResponse:
            reset_ = true;
            break;
        case Fault::kCutResponse: {
            auto bytes = bytes_of(response, keep);
            const bool body = has_body(response.status) && !response.body.empty() && !reader_.is_head();
            bytes.resize(body ? bytes.size() - (response.body.size() + 1) / 2 : bytes.size() / 2);
            send(bytes);
            break;
        }
        case Fault::kGarbage: {
            using namespace std::string_view_literals;
            send("\x00\x17prw: these bytes are not HTTP \xff\xfe\x80\r\n\r\n"sv);
            break;
        }
        case Fault::kStall: {
            [[maybe_unused]] const auto over =
                wait_for(fd_.get(), POLLRDHUP, std::nullopt, &context_.abort, &context_.stop);
            break;
        }
    }
    keep = false;
    return false;
}

bool Connection::send(std::string_view bytes) const {
    while (!bytes.empty()) {
        const auto done = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (done >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(done));
        } else if (errno == EAGAIN) {
            if (wait_for(fd_.get(), POLLOUT, Clock::now() + context_.options.body_timeout, &context_.abort) !=
                Wait::kReady)
                return false;
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

bool Connection::dribble(std::string_view bytes, Milliseconds interval) const {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (!send(bytes.substr(i, 1))) return false;
        if (i + 1 < bytes.size() && wait_for(fd_.get(), 0, Clock::now() + interval, &context_.abort) != Wait::kTimeout)
            return false;
    }
    return true;
}

void Connection::close() {
    if (reset_) {
        reset_on_close(fd_.get());
    } else if (!reader_.gone()) {
        // Closing with unread bytes makes the kernel send RST, which can overtake our answer: say that we are done, and
        // read on for a while.
        ::shutdown(fd_.get(), SHUT_WR);
        int unread = 0;
        const bool more = reader_.unfinished() || (::ioctl(fd_.get(), FIONREAD, &unread) == 0 && unread > 0);
        if (more) reader_.drain();
    }
    fd_.reset();
}

}  // namespace prw::http
