#include "request_reader.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <optional>
#include <system_error>
#include <utility>

#include "chunk_decoder.h"
#include "prw/base/text.h"
#include "prw/proto/protocol.h"

namespace prw::http {

namespace {

namespace header = proto::header;

constexpr std::size_t kScratch = 32U << 10U;
constexpr std::size_t kFirstReserve = 256U << 10U;  // an announced length is only believed as bytes arrive
constexpr Milliseconds kDrainPause{2000};
constexpr Milliseconds kDrainTime{30000};

std::string bytes(std::uint64_t count) { return base::count_text(count, "byte"); }
std::string after(std::uint64_t got) { return "after " + bytes(got); }
std::string milliseconds(Milliseconds time) { return std::to_string(time.count()) + " ms"; }

void refuse(Request& out, ReadStatus status, std::string problem) {
    out.status = status;
    out.problem = std::move(problem);
}

/// Calls `visit` with every comma-separated element of every field of that name.
template <typename Visit>
void for_each_element(const proto::RequestHead& head, std::string_view name, Visit visit) {
    for (const auto& field : head.fields) {
        if (!base::iequals(field.name, name)) continue;
        std::string_view rest = field.value;
        for (;;) {
            const auto comma = rest.find(',');
            visit(proto::trim_ows(rest.substr(0, comma)));
            if (comma == std::string_view::npos) break;
            rest.remove_prefix(comma + 1);
        }
    }
}

/// True when no request begins like this, however it goes on.
bool no_request(std::string_view bytes) {
    while (!bytes.empty() && (bytes.front() == '\r' || bytes.front() == '\n')) bytes.remove_prefix(1);
    const auto end = bytes.find('\n');
    auto line = bytes.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    const auto blank = line.find(' ');
    const auto method = line.substr(0, blank);
    if (!method.empty() && !proto::is_token(method)) return true;
    if (end == std::string_view::npos)
        return std::any_of(line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
    return line.size() < 9 || !line.substr(line.size() - 9).starts_with(" HTTP/");
}

/// Methods whose requests have no body unless they say so.
bool bodiless(std::string_view method) {
    return method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "DELETE" || method == "TRACE";
}

}  // namespace

RequestReader::RequestReader(int fd, const ServerOptions& options, const Event& stop, const Event& abort)
    : fd_(fd), options_(options), stop_(stop), abort_(abort), scratch_(new char[kScratch]) {}

RequestReader::Got RequestReader::receive(std::size_t most, SteadyTime deadline, const Event* stop) {
    for (;;) {
        switch (wait_for(fd_, POLLIN, deadline, &abort_, stop)) {
            case Wait::kReady:
                break;
            case Wait::kTimeout:
                return Got::kTimeout;
            case Wait::kEvent:
                cause_ = "the server was stopped";
                if (abort_.raised()) gone_ = true;
                return Got::kEvent;
        }
        const auto got = ::recv(fd_, scratch_.get(), std::min(most, kScratch), 0);
        if (got > 0) {
            fresh_ = {scratch_.get(), static_cast<std::size_t>(got)};
            last_receive_ = Clock::now();
            last_receive_wall_ = std::chrono::system_clock::now();
            return Got::kBytes;
        }
        if (got == 0) {
            cause_ = "the client closed the connection";
            return Got::kEnd;
        }
        if (errno == EAGAIN || errno == EINTR) continue;
        cause_ = errno_text(errno);
        gone_ = true;
        return Got::kBroken;
    }
}

bool RequestReader::read(Request& out) {
    gone_ = unfinished_ = false;
    keep_alive_ = old_version_ = is_head_ = surplus_ = false;
    if (!first_bytes(out)) return false;
    out.last_byte = last_receive_;
    reset_after_.reset();
    const bool may_be_body = std::exchange(body_unannounced_, false);
    if (may_be_body && no_request(buffer_)) {
        unfinished_ = true;  // not a request of its own: the one before has been answered for it
        return false;
    }
    if (read_head(out) && parse(out)) {
        if (options_.reset_in_body) reset_after_ = options_.reset_in_body(out);
        read_body(out);
    }
    unfinished_ = surplus_ || out.status != ReadStatus::kComplete;
    if (unfinished_) keep_alive_ = false;
    out.last_byte = last_receive_;
    return true;
}

void RequestReader::skip_blank_lines() {
    // RFC 9112 2.2: an empty line before the request line is ignored.
    std::size_t at = 0;
    for (;;) {
        if (buffer_.compare(at, 2, "\r\n") == 0) {
            at += 2;
        } else if (buffer_.compare(at, 1, "\n") == 0) {
            at += 1;
        } else {
            break;
        }
    }
    buffer_.erase(0, at);
}

bool RequestReader::first_bytes(Request& out) {
    skip_blank_lines();
    const auto deadline = in(options_.idle_timeout);
    while (buffer_.empty() || buffer_ == "\r") {
        if (receive(kScratch, deadline, &stop_) != Got::kBytes) return false;
        buffer_.append(fresh_);
        skip_blank_lines();
    }
    out.first_byte = last_receive_;
    out.received_at = last_receive_wall_;
    scanned_ = 0;
    return true;
}

std::size_t RequestReader::head_end() {
    for (;;) {
        const auto end = buffer_.find('\n', scanned_);
        if (end == std::string::npos) return 0;
        const auto line = std::string_view(buffer_).substr(scanned_, end - scanned_);
        scanned_ = end + 1;
        if (line.empty() || line == "\r") return scanned_;
    }
}

bool RequestReader::read_head(Request& out) {
    const auto take = [&](std::size_t size) {
        out.raw_head = buffer_.substr(0, size);
        buffer_.erase(0, size);
    };
    // From now, not from the first byte: a pipelined one may have waited here for a delayed answer to the request
    // before.
    const auto deadline = in(options_.head_timeout);
    // Bytes that cannot begin a method will not turn into a request: no need to wait for a blank line.
    if (!proto::is_token(std::string_view(buffer_).substr(0, 1))) {
        const bool tls = buffer_.starts_with("\x16\x03") || buffer_ == "\x16";
        refuse(out, ReadStatus::kMalformedHead,
               tls ? "line 1: a TLS handshake on a port that speaks plain HTTP"
                   : "line 1: the request does not begin with a method");
        take(std::min(buffer_.size(), options_.max_head));
        return false;
    }
    for (;;) {
        const auto end = head_end();
        if (end > options_.max_head || (end == 0 && buffer_.size() > options_.max_head)) {
            refuse(out, ReadStatus::kHeadTooLarge, "the head is larger than " + bytes(options_.max_head));
            take(options_.max_head);
            return false;
        }
        if (end != 0) {
            take(end);
            return true;
        }
        const auto got = receive(kScratch, deadline, nullptr);
        if (got == Got::kBytes) {
            buffer_.append(fresh_);
            continue;
        }
        take(buffer_.size());
        if (got == Got::kTimeout) {
            refuse(out, ReadStatus::kHeadTimeout,
                   "the head was not complete within " + milliseconds(options_.head_timeout) + ", " +
                       after(out.raw_head.size()));
        } else {
            refuse(out, ReadStatus::kClosedInHead, cause_ + " within the head, " + after(out.raw_head.size()));
        }
        return false;
    }
}

bool RequestReader::parse(Request& out) {
    const auto parsed = proto::parse_request_head(out.raw_head);
    if (!parsed) {
        refuse(out, ReadStatus::kMalformedHead, parsed.error().text());
        return false;
    }
    const auto& head = *parsed;
    is_head_ = head.method == "HEAD";
    if (!head.version.starts_with("HTTP/1.")) {
        refuse(out, ReadStatus::kMalformedHead,
               (head.method == "PRI" ? "line 1: an HTTP/2 preface: " : "line 1: ") + std::string(head.version) +
                   " is not served here, only HTTP/1.1 and HTTP/1.0");
        return false;
    }
    if (head.fields.size() > options_.max_fields) {
        refuse(out, ReadStatus::kHeadTooLarge,
               "the head has " + std::to_string(head.fields.size()) + " fields, more than " +
                   std::to_string(options_.max_fields));
        return false;
    }
    old_version_ = head.version == "HTTP/1.0";
    bool close = false;
    bool keep = false;
    for_each_element(head, header::kConnection, [&](std::string_view option) {
        close |= base::iequals(option, "close");
        keep |= base::iequals(option, "keep-alive");
    });
    keep_alive_ = !close && (keep || !old_version_);
    expect_continue_ = !old_version_ && base::iequals(head.value("Expect"), "100-continue");

    const bool coded = head.count(header::kTransferEncoding) > 0;
    const bool sized = head.count(header::kContentLength) > 0;
    chunked_ = false;
    length_ = 0;
    if (coded && sized) {
        refuse(out, ReadStatus::kBadLength, "both Content-Length and Transfer-Encoding are given");
        return false;
    }
    if (coded && old_version_) {
        refuse(out, ReadStatus::kBadLength, "Transfer-Encoding in an HTTP/1.0 request");
        return false;
    }
    if (coded) {
        if (head.count(header::kTransferEncoding) != 1 ||
            !base::iequals(head.value(header::kTransferEncoding), "chunked")) {
            refuse(out, ReadStatus::kUnsupportedTransferCoding,
                   "Transfer-Encoding is '" + std::string(head.value(header::kTransferEncoding)) +
                       "', only chunked is supported");
            return false;
        }
        chunked_ = out.chunked = true;
        return true;
    }
    std::optional<std::uint64_t> length;
    for_each_element(head, header::kContentLength, [&](std::string_view text) {
        std::uint64_t value = 0;
        const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (text.empty() || error != std::errc{} || stop != text.data() + text.size()) {
            refuse(out, ReadStatus::kBadLength, "Content-Length is '" + std::string(text) + "', not a number of bytes");
        } else if (length && *length != value) {
            refuse(out, ReadStatus::kBadLength,
                   "Content-Length is given twice, " + std::to_string(*length) + " and " + std::to_string(value));
        }
        length = value;
    });
    length_ = length.value_or(0);
    body_unannounced_ = !sized && !bodiless(head.method);
    return out.status == ReadStatus::kComplete;
}

bool RequestReader::send_continue() {
    // A client that has begun to send does not wait for the go-ahead.
    if (!expect_continue_ || !buffer_.empty()) return true;
    return ::send(fd_, kContinue.data(), kContinue.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(kContinue.size());
}

void RequestReader::read_body(Request& out) {
    if (reset_after_) {
        // The end is near: no go-ahead, no chunks.
        length_ = chunked_ ? 0 : std::min<std::uint64_t>(length_, *reset_after_);
        if (length_ > 0) read_sized(out, length_);
        gone_ = true;
        refuse(out, ReadStatus::kResetOnPurpose, "the connection was reset on purpose, " + after(out.raw_body.size()));
    } else if (chunked_) {
        [[maybe_unused]] const bool sent = send_continue();  // a broken connection shows in the next receive
        read_chunked(out);
    } else if (length_ > 0) {
        read_sized(out, length_);
        if (out.status == ReadStatus::kComplete) read_surplus(out);
    } else if (body_unannounced_ && no_request(buffer_) && !buffer_.empty()) {
        keep_alive_ = false;
        surplus_ = true;
    }
}

/// What follows an announced body, is there already and is no request belongs to it: the length is too short. The
/// framing is lost then, so the connection ends with the answer.
void RequestReader::read_surplus(Request& out) {
    if (buffer_.empty()) {
        const auto peeked = ::recv(fd_, scratch_.get(), kScratch, MSG_PEEK | MSG_DONTWAIT);
        if (peeked <= 0 || !no_request({scratch_.get(), static_cast<std::size_t>(peeked)})) return;
        const auto got = ::recv(fd_, scratch_.get(), static_cast<std::size_t>(peeked), MSG_DONTWAIT);
        if (got <= 0) return;
        buffer_.assign(scratch_.get(), static_cast<std::size_t>(got));
    }
    if (!no_request(buffer_)) return;
    out.raw_body.append(buffer_, 0, options_.max_body - std::min(options_.max_body, out.raw_body.size()));
    buffer_.clear();
    keep_alive_ = false;
    surplus_ = true;
}

void RequestReader::read_sized(Request& out, std::uint64_t length) {
    const bool too_large = length > options_.max_body;
    if (too_large) {
        refuse(out, ReadStatus::kBodyTooLarge,
               "Content-Length announces " + bytes(length) + ", the limit is " + bytes(options_.max_body));
        if (expect_continue_ && buffer_.empty()) return;
    } else {
        [[maybe_unused]] const bool sent = send_continue();
    }
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(length, options_.max_body));
    const auto buffered = std::min(buffer_.size(), wanted);
    out.raw_body.reserve(std::min(wanted, kFirstReserve));
    out.raw_body.assign(buffer_, 0, buffered);
    buffer_.erase(0, buffered);
    while (out.raw_body.size() < wanted) {
        const auto got = receive(wanted - out.raw_body.size(), in(options_.body_timeout), nullptr);
        if (got == Got::kBytes) {
            out.raw_body.append(fresh_);
            continue;
        }
        if (too_large) return;
        const auto so_far = after(out.raw_body.size()) + " of " + std::to_string(length);
        if (got == Got::kTimeout) {
            refuse(out, ReadStatus::kBodyTimeout,
                   "no byte of the body came for " + milliseconds(options_.body_timeout) + ", " + so_far);
        } else {
            refuse(out, ReadStatus::kClosedInBody, cause_ + " within the body, " + so_far);
        }
        return;
    }
}

void RequestReader::read_chunked(Request& out) {
    ChunkDecoder decoder;
    std::string pending = std::exchange(buffer_, {});
    std::string_view input = pending;
    for (;;) {
        const auto room = options_.max_body - out.raw_body.size();
        const auto used = decoder.feed(input.substr(0, room), out.body);
        out.raw_body.append(input.substr(0, used));
        if (decoder.state() == ChunkDecoder::State::kDone) {
            buffer_.assign(input.substr(used));
            return;
        }
        if (decoder.state() == ChunkDecoder::State::kMalformed) {
            // The rest of what came belongs to the evidence.
            out.raw_body.append(input.substr(used, options_.max_body - out.raw_body.size()));
            return refuse(out, ReadStatus::kMalformedChunk, decoder.problem());
        }
        if (input.size() > room)
            return refuse(out, ReadStatus::kBodyTooLarge,
                          "the chunked body is larger than " + bytes(options_.max_body));
        const auto got = receive(kScratch, in(options_.body_timeout), nullptr);
        if (got == Got::kBytes) {
            input = fresh_;
            continue;
        }
        if (got == Got::kTimeout)
            return refuse(out, ReadStatus::kBodyTimeout,
                          "no byte of the chunked body came for " + milliseconds(options_.body_timeout) + ", " +
                              after(out.raw_body.size()));
        return refuse(out, ReadStatus::kClosedInBody,
                      cause_ + " within the chunked body, " + after(out.raw_body.size()));
    }
}

void RequestReader::drain() {
    std::uint64_t dropped = buffer_.size();
    buffer_.clear();
    const auto end = in(kDrainTime);
    while (dropped <= options_.max_drain) {
        if (receive(kScratch, std::min(end, in(kDrainPause)), &stop_) != Got::kBytes) return;
        dropped += fresh_.size();
    }
}

}  // namespace prw::http
