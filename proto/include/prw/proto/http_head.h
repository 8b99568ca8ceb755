/// The head of an HTTP request exactly as it came over the socket: nothing decoded, sorted, merged or dropped.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "prw/base/error.h"
#include "prw/proto/types.h"

namespace prw::proto {

struct HeaderField {
    std::string_view name;   ///< as sent; compare with base::iequals()
    std::string_view value;  ///< as sent, without the optional blanks around it (RFC 9110 5.5)
    ByteRange range;         ///< the whole line, without CRLF, in the head
    ByteRange value_range;   ///< the value in the head
};

/// Views into the bytes given to parse_request_head(); those must outlive it.
struct RequestHead {
    std::string_view raw;      ///< request line to the blank line, inclusive
    std::string_view method;   ///< as sent
    std::string_view target;   ///< as sent, with query, not decoded
    std::string_view version;  ///< "HTTP/1.1"
    std::vector<HeaderField> fields;

    [[nodiscard]] const HeaderField* find(
        std::string_view name) const;  ///< the first one, case-insensitively; nullptr if absent
    [[nodiscard]] std::size_t count(std::string_view name) const;
    [[nodiscard]] std::string_view value(std::string_view name) const;  ///< of the first one; empty if absent
    [[nodiscard]] std::string_view path() const;                        ///< target up to '?'
    [[nodiscard]] std::string_view query() const;                       ///< after '?', empty if there is none
};

/// How reading a request ended. Captures hold the numbers.
enum class ReadStatus : std::uint8_t {
    kComplete,
    kMalformedHead,   ///< request line or field that does not parse; `problem` says where
    kHeadTooLarge,    ///< more than max_head bytes (431) or max_fields fields
    kBodyTooLarge,    ///< more than max_body bytes (413); drained up to max_drain, the kept part is max_body bytes long
    kMalformedChunk,  ///< chunked framing broken (400)
    kBadLength,  ///< Content-Length not a number, repeated with different values, or together with Transfer-Encoding
                 ///< (400)
    kUnsupportedTransferCoding,  ///< Transfer-Encoding other than chunked (501)
    kHeadTimeout,                ///< head not complete within head_timeout (408)
    kBodyTimeout,                ///< no body byte for body_timeout (408)
    kClosedInHead,               ///< the client vanished after some bytes of the head
    kClosedInBody,               ///< the client vanished before the body was complete
    kResetOnPurpose,             ///< the server reset the connection within the body, as it was told to
};
[[nodiscard]] std::string_view name_of(ReadStatus status);

/// Parses "METHOD SP target SP HTTP/x.y CRLF *(field CRLF) CRLF". Bare LF line ends are accepted as RFC 9112 2.2
/// allows. Errors (kMalformed) say line and cause; `fault`, where given, is that line without its end.
[[nodiscard]] Result<RequestHead> parse_request_head(std::string_view raw, ByteRange* fault = nullptr);

/// Undoes Transfer-Encoding: chunked (RFC 9112 7.1), trailers discarded. `wire` must be the complete chunked body.
[[nodiscard]] Result<std::string> dechunk(std::string_view wire);
/// The message body of a request from its head and the bytes that followed it: dechunked when the head says chunked,
/// else verbatim.
[[nodiscard]] Result<std::string> body_of(const RequestHead& head, std::string_view wire);

[[nodiscard]] bool is_token(std::string_view text);              ///< RFC 9110 5.6.2; false for ""
[[nodiscard]] std::string_view trim_ows(std::string_view text);  ///< strips SP and HTAB at both ends

}  // namespace prw::proto
