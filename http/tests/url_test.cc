#include <gtest/gtest.h>

#include "prw/http/client.h"

namespace prw::http {
namespace {

TEST(Url, Parses) {
    struct Row {
        const char* text;
        const char* scheme;
        const char* host;
        unsigned port;
        const char* target;
        const char* header;
    };
    const Row rows[] = {
        {"http://localhost:9201/api/v1/write", "http", "localhost", 9201, "/api/v1/write", "localhost:9201"},
        {"http://localhost", "http", "localhost", 80, "/", "localhost"},
        {"https://example.org", "https", "example.org", 443, "/", "example.org"},
        {"https://example.org:80/", "https", "example.org", 80, "/", "example.org:80"},
        {"HTTP://h/x?a=%20b&c=d#frag", "http", "h", 80, "/x?a=%20b&c=d", "h"},
        {"http://h?q", "http", "h", 80, "/?q", "h"},
        {"http://[::1]:9201/w", "http", "::1", 9201, "/w", "[::1]:9201"},
        {"http://[fe80::1]", "http", "fe80::1", 80, "/", "[fe80::1]"},
        {"http://h:/x", "http", "h", 80, "/x", "h"},
    };
    for (const auto& row : rows) {
        SCOPED_TRACE(row.text);
        const auto url = parse_url(row.text);
        ASSERT_TRUE(url) << url.error().text();
        EXPECT_EQ(url->scheme, row.scheme);
        EXPECT_EQ(url->host, row.host);
        EXPECT_EQ(url->port, row.port);
        EXPECT_EQ(url->target, row.target);
        EXPECT_EQ(url->host_header(), row.header);
    }
}

TEST(Url, HidesThePassword) {
    const auto url = parse_url("http://me%40home:s%3Acret@h:81/x");
    ASSERT_TRUE(url);
    EXPECT_EQ(url->user, "me@home");
    EXPECT_EQ(url->password, "s:cret");
    EXPECT_EQ(url->redacted(), "http://me@home:xxxxx@h:81/x");
}

TEST(Url, RefusesWithTheOffendingPart) {
    const std::pair<const char*, const char*> rows[] = {
        {"", "a URL begins with http:// or https://"},
        {"localhost:9201", "a URL begins with http:// or https://"},
        {"ftp://h/", "the scheme is neither http nor https ('ftp')"},
        {"http://", "the host is missing"},
        {"http:///x", "the host is missing"},
        {"http://h:99999/", "the port is not a number from 1 to 65535 ('99999')"},
        {"http://h:0/", "the port is not a number from 1 to 65535 ('0')"},
        {"http://h:12x/", "('12x')"},
        {"http://[::1/", "no closing bracket"},
        {"http://[::1]9/", "only a port may follow"},
        {"http://[h]/", "do not hold an IPv6 address"},
        {"http://a b/", "a character that is not allowed"},
        {"http://h/a b", "must not contain blanks"},
        {"http://h/a\r\nX: y", "must not contain blanks"},
    };
    for (const auto& [text, message] : rows) {
        SCOPED_TRACE(text);
        const auto url = parse_url(text);
        ASSERT_FALSE(url);
        EXPECT_EQ(url.error().code, ErrorCode::kInvalidArgument);
        EXPECT_NE(url.error().text().find(message), std::string::npos) << url.error().text();
    }
}

}  // namespace
}  // namespace prw::http
