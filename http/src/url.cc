#include <algorithm>
#include <charconv>
#include <system_error>

#include "prw/base/text.h"
#include "prw/http/client.h"
#include "prw/proto/credentials.h"
#include "prw/proto/http_head.h"

namespace prw::http {

namespace {

std::uint16_t default_port(std::string_view scheme) { return scheme == "https" ? 443 : 80; }

tl::unexpected<Error> bad(std::string what, std::string_view part) {
    return fail(ErrorCode::kInvalidArgument, std::move(what), "URL", "'" + proto::redact_urls(part) + "'");
}

bool host_char(char c) {
    return c > ' ' && c < 0x7f && std::string_view("/?#@[]\\\"<>^`{|}").find(c) == std::string_view::npos;
}

Result<std::uint16_t> parse_port(std::string_view text) {
    unsigned value = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || stop != text.data() + text.size() || value == 0 || value > 65535)
        return bad("the port is not a number from 1 to 65535", text);
    return static_cast<std::uint16_t>(value);
}

}  // namespace

std::string Url::host_header() const {
    std::string out = host.find(':') == std::string::npos ? host : "[" + host + "]";
    if (port != default_port(scheme)) out += ":" + std::to_string(port);
    return out;
}

std::string Url::redacted() const {
    std::string out = scheme + "://";
    // A user without a password may be a token.
    if (!user.empty() || !password.empty()) out += (password.empty() ? "" : user + ":") + "xxxxx@";
    return out + host_header() + proto::redact_urls(target);
}

Result<Url> parse_url(std::string_view text) {
    Url url;
    const auto colon = text.find("://");
    if (colon == std::string_view::npos)
        return bad("a URL begins with http:// or https://", proto::redact_urls("://" + std::string(text)).substr(3));
    const auto scheme = text.substr(0, colon);
    if (base::iequals(scheme, "http")) {
        url.scheme = "http";
    } else if (base::iequals(scheme, "https")) {
        url.scheme = "https";
    } else {
        return bad("the scheme is neither http nor https", scheme);
    }
    url.port = default_port(url.scheme);

    auto rest = text.substr(colon + 3);
    rest = rest.substr(0, rest.find('#'));
    const auto path = rest.find_first_of("/?");
    auto authority = rest.substr(0, path);
    if (path != std::string_view::npos) {
        url.target = rest.substr(path);
        if (url.target.front() == '?') url.target.insert(0, "/");
    }
    const auto unprintable = [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f; };
    if (std::any_of(url.target.begin(), url.target.end(), unprintable))
        return bad("path and query must not contain blanks or control characters", url.target);

    if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
        const auto userinfo = authority.substr(0, at);
        const auto split = userinfo.find(':');
        url.user = base::percent_decoded(userinfo.substr(0, split));
        if (split != std::string_view::npos) url.password = base::percent_decoded(userinfo.substr(split + 1));
        authority.remove_prefix(at + 1);
    }
    std::string_view port;
    bool port_given = false;
    if (authority.starts_with('[')) {
        const auto close = authority.find(']');
        if (close == std::string_view::npos) return bad("the IPv6 address has no closing bracket", authority);
        url.host = authority.substr(1, close - 1);
        const auto tail = authority.substr(close + 1);
        if (!tail.empty() && tail.front() != ':') return bad("only a port may follow the IPv6 address", tail);
        port_given = !tail.empty();
        if (port_given) port = tail.substr(1);
        if (url.host.find(':') == std::string::npos) return bad("the brackets do not hold an IPv6 address", url.host);
    } else {
        const auto split = authority.find(':');
        url.host = authority.substr(0, split);
        port_given = split != std::string_view::npos;
        if (port_given) port = authority.substr(split + 1);
    }
    if (url.host.empty()) return bad("the host is missing", text);
    if (!std::all_of(url.host.begin(), url.host.end(), host_char))
        return bad("the host contains a character that is not allowed", url.host);
    if (port_given && !port.empty()) {
        const auto number = parse_port(port);
        if (!number) return tl::unexpected<Error>(number.error());
        url.port = *number;
    }
    return url;
}

}  // namespace prw::http
