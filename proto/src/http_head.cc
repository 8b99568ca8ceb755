#include "prw/proto/http_head.h"

#include <algorithm>
#include <charconv>
#include <string>

#include "prw/base/text.h"
#include "prw/proto/protocol.h"

namespace prw::proto {

namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }

bool token_char(char c) {
    constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || digit(c) || kMarks.find(c) != std::string_view::npos;
}

}  // namespace

bool is_token(std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), token_char); }

std::string_view trim_ows(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

const HeaderField* RequestHead::find(std::string_view name) const {
    const auto found =
        std::find_if(fields.begin(), fields.end(), [&](const HeaderField& f) { return base::iequals(f.name, name); });
    return found == fields.end() ? nullptr : &*found;
}

std::size_t RequestHead::count(std::string_view name) const {
    return static_cast<std::size_t>(
        std::count_if(fields.begin(), fields.end(), [&](const HeaderField& f) { return base::iequals(f.name, name); }));
}

std::string_view RequestHead::value(std::string_view name) const {
    const auto* field = find(name);
    return field == nullptr ? std::string_view{} : field->value;
}

std::string_view RequestHead::path() const { return target.substr(0, target.find('?')); }

std::string_view RequestHead::query() const {
    const auto mark = target.find('?');
    return mark == std::string_view::npos ? std::string_view{} : target.substr(mark + 1);
}

std::string_view name_of(ReadStatus status) {
    switch (status) {
        case ReadStatus::kComplete:
            return "complete";
        case ReadStatus::kMalformedHead:
            return "malformed head";
        case ReadStatus::kHeadTooLarge:
            return "head too large";
        case ReadStatus::kBodyTooLarge:
            return "body too large";
        case ReadStatus::kMalformedChunk:
            return "malformed chunk";
        case ReadStatus::kBadLength:
            return "bad length";
        case ReadStatus::kUnsupportedTransferCoding:
            return "unsupported transfer coding";
        case ReadStatus::kHeadTimeout:
            return "head timeout";
        case ReadStatus::kBodyTimeout:
            return "body timeout";
        case ReadStatus::kClosedInHead:
            return "closed in head";
        case ReadStatus::kClosedInBody:
            return "closed in body";
        case ReadStatus::kResetOnPurpose:
            return "reset on purpose";
    }
    return "unknown";
}

Result<RequestHead> parse_request_head(std::string_view raw, ByteRange* fault) {
    RequestHead head;
    std::size_t line_number = 0;
    ByteRange range;  // of the line
    const auto refuse = [&](std::string what) {
        if (fault != nullptr) *fault = range;
        return fail(ErrorCode::kMalformed, std::move(what), "line " + std::to_string(line_number));
    };
    for (std::size_t at = 0;;) {
        ++line_number;
        const auto end = raw.find('\n', at);
        auto line = raw.substr(at, end - at);
        if (line.ends_with('\r')) line.remove_suffix(1);
        range = {static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(line.size())};
        if (end == std::string_view::npos) return refuse("the head ends without a blank line");
        at = end + 1;

        if (line_number == 1) {
            const auto first = line.find(' ');
            const auto last = line.rfind(' ');
            if (first == std::string_view::npos || first == last)
                return refuse("the request line is not METHOD SP target SP HTTP/x.y");
            head.method = line.substr(0, first);
            head.target = line.substr(first + 1, last - first - 1);
            head.version = line.substr(last + 1);
            if (!is_token(head.method)) return refuse("the method is not a token");
            if (head.target.empty() || head.target.find(' ') != std::string_view::npos)
                return refuse("the request target is empty or contains a blank");
            if (head.version.size() != 8 || !head.version.starts_with("HTTP/") || !digit(head.version[5]) ||
                head.version[6] != '.' || !digit(head.version[7]))
                return refuse("the protocol version is not HTTP/x.y");
            continue;
        }
        if (line.empty()) {
            head.raw = raw.substr(0, at);
            return head;
        }
        if (line.front() == ' ' || line.front() == '\t')
            return refuse("a header field continues on a second line (obsolete line folding)");
        const auto colon = line.find(':');
        if (colon == std::string_view::npos) return refuse("a header field has no colon");
        const auto name = line.substr(0, colon);
        if (!is_token(name)) return refuse("the name of a header field is not a token");
        const auto value = trim_ows(line.substr(colon + 1));
        const auto value_at = value.empty() ? range.end() : static_cast<std::uint32_t>(value.data() - raw.data());
        head.fields.push_back({name, value, range, {value_at, static_cast<std::uint32_t>(value.size())}});
    }
}

Result<std::string> dechunk(std::string_view wire) {
    std::string body;
    std::size_t at = 0;
    const auto place = [&] { return "byte " + std::to_string(at); };
    for (;;) {
        const auto end = wire.find('\n', at);
        if (end == std::string_view::npos) return fail(ErrorCode::kMalformed, "chunk size line is incomplete", place());
        auto line = wire.substr(at, end - at);
        if (line.ends_with('\r')) line.remove_suffix(1);
        line = trim_ows(line.substr(0, line.find(';')));
        std::uint64_t size = 0;
        const auto [stop, error] = std::from_chars(line.data(), line.data() + line.size(), size, 16);
        if (line.empty() || error != std::errc{} || stop != line.data() + line.size())
            return fail(ErrorCode::kMalformed, "chunk size is not a hexadecimal number", place());
        at = end + 1;
        if (size == 0) {
            // Trailer fields up to an empty line.
            for (;;) {
                const auto stop_at = wire.find('\n', at);
                if (stop_at == std::string_view::npos)
                    return fail(ErrorCode::kMalformed, "the last chunk is not followed by an empty line", place());
                const auto trailer = wire.substr(at, stop_at - at);
                at = stop_at + 1;
                if (trailer.empty() || trailer == "\r") return body;
            }
        }
        if (size > wire.size() - at) return fail(ErrorCode::kMalformed, "chunk is shorter than its size says", place());
        body.append(wire.substr(at, size));
        at += size;
        if (wire.substr(at, 2) == "\r\n") {
            at += 2;
        } else if (wire.substr(at, 1) == "\n") {
            at += 1;
        } else {
            return fail(ErrorCode::kMalformed, "chunk does not end in a line break", place());
        }
    }
}

Result<std::string> body_of(const RequestHead& head, std::string_view wire) {
    // Chunked is the last coding of the last field, if it is there at all (RFC 9112 6.1).
    std::string_view codings;
    for (const auto& field : head.fields)
        if (base::iequals(field.name, header::kTransferEncoding)) codings = field.value;
    const auto comma = codings.rfind(',');
    const auto last = trim_ows(comma == std::string_view::npos ? codings : codings.substr(comma + 1));
    if (base::iequals(last, "chunked")) return dechunk(wire);
    return std::string(wire);
}

}  // namespace prw::proto
