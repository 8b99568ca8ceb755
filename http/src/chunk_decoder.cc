#include "chunk_decoder.h"

#include <algorithm>
#include <charconv>
#include <system_error>

#include "prw/proto/http_head.h"

namespace prw::http {

namespace {
constexpr std::size_t kMaxLine = 4096;  // chunk extensions are never this long
constexpr std::size_t kMaxTrailers = 64U << 10U;
}  // namespace

void ChunkDecoder::malformed(std::string_view cause) {
    state_ = State::kMalformed;
    problem_ = "byte " + std::to_string(line_at_) + " of the chunked body: " + std::string(cause);
}

void ChunkDecoder::line_complete() {
    if (line_.ends_with('\r')) line_.pop_back();
    if (part_ == Part::kDataEnd) {
        if (!line_.empty()) return malformed("chunk does not end in a line break");
        part_ = Part::kSizeLine;
    } else if (part_ == Part::kTrailer) {
        if (line_.empty()) state_ = State::kDone;
    } else {
        const auto digits = proto::trim_ows(std::string_view(line_).substr(0, line_.find(';')));
        const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), left_, 16);
        if (digits.empty() || error != std::errc{} || stop != digits.data() + digits.size())
            return malformed("chunk size is not a hexadecimal number");
        part_ = left_ == 0 ? Part::kTrailer : Part::kData;
    }
    line_.clear();
}

std::size_t ChunkDecoder::feed(std::string_view wire, std::string& out) {
    std::size_t at = 0;
    while (at < wire.size() && state_ == State::kMore) {
        if (part_ == Part::kData) {
            const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, wire.size() - at));
            out.append(wire.substr(at, size));
            at += size;
            offset_ += size;
            left_ -= size;
            if (left_ == 0) part_ = Part::kDataEnd;
            continue;
        }
        if (line_.empty()) line_at_ = offset_;
        const char c = wire[at++];
        ++offset_;
        if (part_ == Part::kTrailer && ++trailer_size_ > kMaxTrailers) {
            malformed("more than 65536 bytes of trailers");
        } else if (c == '\n') {
            line_complete();
        } else if (part_ == Part::kDataEnd && (c != '\r' || !line_.empty())) {
            malformed("chunk does not end in a line break");
        } else if (line_.size() >= kMaxLine) {
            malformed("a line of the framing is longer than 4096 bytes");
        } else {
            line_.push_back(c);
        }
    }
    return at;
}

}  // namespace prw::http
