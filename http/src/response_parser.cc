#include "response_parser.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <system_error>
#include <utility>

#include "prw/base/text.h"
#include "prw/proto/http_head.h"
#include "prw/proto/protocol.h"

namespace prw::http {

namespace {
constexpr std::size_t kMaxHead = 64U << 10U;
}

const std::string* ClientResponse::header(std::string_view name) const { return proto::find_header(headers, name); }

void ResponseParser::stop(State state, std::string problem) {
    state_ = state;
    problem_ = std::move(problem);
    reusable_ = false;
}

std::size_t ResponseParser::feed(std::string_view bytes) {
    std::size_t used = 0;
    while (used < bytes.size() && state_ == State::kMore) {
        started_ = true;
        if (part_ == Part::kHead) {
            if (head_byte(bytes[used++])) head_complete();
        } else {
            used += feed_body(bytes.substr(used));
        }
    }
    return used;
}

bool ResponseParser::head_byte(char c) {
    head_.push_back(c);
    constexpr std::string_view kStart = "HTTP/1.";
    if (const auto known = std::min(head_.size(), kStart.size()); head_.compare(0, known, kStart, 0, known) != 0) {
        stop(State::kMalformed, "the response does not begin with HTTP/1.");
        return false;
    }
    if (head_.size() > kMaxHead) {
        stop(State::kTooLarge, "the head of the response is larger than 65536 bytes");
        return false;
    }
    if (c != '\n') return false;
    const auto line = std::string_view(head_).substr(line_start_);
    line_start_ = head_.size();
    return line == "\n" || line == "\r\n";
}

bool ResponseParser::parse_status_line(std::string_view line) {
    // HTTP-version SP status-code SP [reason]; the last blank is often missing when there is no reason.
    if (line.size() < 12 || line[8] != ' ' || (line.size() > 12 && line[12] != ' ')) return false;
    const auto digits = line.substr(9, 3);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), response_.status);
    if (error != std::errc{} || end != digits.data() + digits.size() || response_.status < 100) return false;
    response_.version = line.substr(0, 8);
    response_.reason = line.size() > 13 ? line.substr(13) : std::string_view{};
    return true;
}

void ResponseParser::head_complete() {
    std::string_view rest = head_;
    for (std::size_t number = 1;; ++number) {
        const auto end = rest.find('\n');
        auto line = rest.substr(0, end);
        rest.remove_prefix(end + 1);
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty()) break;
        const auto place = "line " + std::to_string(number) + " of the response: ";
        if (number == 1) {
            if (!parse_status_line(line)) return stop(State::kMalformed, place + "not 'HTTP/1.x NNN reason'");
            continue;
        }
        const auto colon = line.find(':');
        if (colon == std::string_view::npos || !proto::is_token(line.substr(0, colon)))
            return stop(State::kMalformed, place + "not a header field");
        response_.headers.emplace_back(line.substr(0, colon), proto::trim_ows(line.substr(colon + 1)));
    }
    if (response_.status < 200 && response_.status != 101) {
        head_.clear();
        line_start_ = 0;
        response_ = {};
        return;
    }
    choose_framing();
}

void ResponseParser::choose_framing() {
    if (const auto* connection = response_.header(proto::header::kConnection); connection != nullptr) {
        if (base::iequals(*connection, "close")) reusable_ = false;
        if (response_.version == "HTTP/1.0" && !base::iequals(*connection, "keep-alive")) reusable_ = false;
    } else if (response_.version == "HTTP/1.0") {
        reusable_ = false;
    }
    if (response_.status == 101) reusable_ = false;
    if (to_head_ || response_.status == 101 || response_.status == 204 || response_.status == 304) {
        state_ = State::kDone;
        return;
    }
    if (const auto* coding = response_.header(proto::header::kTransferEncoding); coding != nullptr) {
        if (!base::iequals(*coding, "chunked"))
            return stop(State::kMalformed, "Transfer-Encoding is '" + *coding + "', only chunked is supported");
        part_ = Part::kChunked;
        return;
    }
    if (const auto* length = response_.header(proto::header::kContentLength); length != nullptr) {
        const auto* last = length->data() + length->size();
        const auto [end, error] = std::from_chars(length->data(), last, left_);
        if (length->empty() || error != std::errc{} || end != last)
            return stop(State::kMalformed,
                        "Content-Length of the response is '" + *length + "', not a number of bytes");
        part_ = Part::kSized;
        if (left_ == 0) state_ = State::kDone;
        return;
    }
    part_ = Part::kUntilClose;
    reusable_ = false;
}

std::size_t ResponseParser::feed_body(std::string_view bytes) {
    std::size_t used = bytes.size();
    if (part_ == Part::kChunked) {
        used = chunks_.feed(bytes, response_.body);
        if (chunks_.state() == ChunkDecoder::State::kDone) state_ = State::kDone;
        if (chunks_.state() == ChunkDecoder::State::kMalformed) stop(State::kMalformed, chunks_.problem());
    } else {
        if (part_ == Part::kSized) used = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
        response_.body.append(bytes.substr(0, used));
        left_ -= part_ == Part::kSized ? used : 0;
        if (part_ == Part::kSized && left_ == 0) state_ = State::kDone;
    }
    if (response_.body.size() > max_body_) {
        response_.body.resize(max_body_);
        reusable_ = false;
        state_ = State::kDone;
    }
    return used;
}

void ResponseParser::end() {
    reusable_ = false;
    if (state_ != State::kMore) return;
    if (part_ == Part::kUntilClose) {
        state_ = State::kDone;
    } else {
        stop(State::kTruncated, part_ == Part::kHead ? "the connection ended within the head of the response, after " +
                                                           std::to_string(head_.size()) + " bytes"
                                                     : "the connection ended within the body of the response, after " +
                                                           std::to_string(response_.body.size()) + " bytes");
    }
}

}  // namespace prw::http
