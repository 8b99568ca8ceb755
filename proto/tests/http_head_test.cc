// RFC 9112 and the field syntax of RFC 9110.
#include "prw/proto/http_head.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "prw/base/text.h"
#include "support.h"

namespace prw::proto {
namespace {

using namespace std::string_view_literals;

std::string_view at(std::string_view raw, ByteRange range) { return raw.substr(range.offset, range.size); }

TEST(RequestHead, IsReadAsSent) {
    constexpr auto kRaw =
        "POST /api/v1/write?a=b%20c&d HTTP/1.1\r\nHost: x:1\r\nX-Empty:\r\nx-Odd:\t a  b \t\r\n\r\nBODY"sv;
    const auto head = parse_request_head(kRaw);
    ASSERT_TRUE(head) << head.error().text();
    EXPECT_EQ(head->method, "POST");
    EXPECT_EQ(head->target, "/api/v1/write?a=b%20c&d");
    EXPECT_EQ(head->path(), "/api/v1/write");
    EXPECT_EQ(head->query(), "a=b%20c&d");
    EXPECT_EQ(head->version, "HTTP/1.1");
    EXPECT_EQ(head->raw, kRaw.substr(0, kRaw.size() - 4)) << "the head ends with its blank line";
    ASSERT_EQ(head->fields.size(), 3U);
    EXPECT_EQ(head->fields[2].name, "x-Odd");
    EXPECT_EQ(head->fields[2].value, "a  b");
    EXPECT_EQ(at(kRaw, head->fields[0].range), "Host: x:1");
    EXPECT_EQ(at(kRaw, head->fields[0].value_range), "x:1");
    EXPECT_EQ(at(kRaw, head->fields[1].range), "X-Empty:");
    EXPECT_EQ(head->fields[1].value_range, (ByteRange{head->fields[1].range.end(), 0}));
    EXPECT_EQ(at(kRaw, head->fields[2].range), "x-Odd:\t a  b \t");
    EXPECT_EQ(at(kRaw, head->fields[2].value_range), "a  b");
}

TEST(RequestHead, FindsFieldsIgnoringCase) {
    const auto head = parse_request_head("POST / HTTP/1.1\r\nA: 1\r\na: 2\r\nB: 3\r\n\r\n");
    ASSERT_TRUE(head);
    EXPECT_EQ(head->value("a"), "1");
    EXPECT_EQ(head->count("A"), 2U);
    EXPECT_EQ(head->find("b"), &head->fields[2]);
    EXPECT_EQ(head->find("c"), nullptr);
    EXPECT_EQ(head->value("c"), "");
    EXPECT_EQ(head->query(), "");
}

TEST(RequestHead, AcceptsBareLineFeeds) {
    const auto head = parse_request_head("POST / HTTP/1.0\nA: 1\n\n");
    ASSERT_TRUE(head) << head.error().text();
    EXPECT_EQ(head->value("A"), "1");
    EXPECT_EQ(head->fields[0].range, (ByteRange{16, 4}));
}

TEST(RequestHead, RefusesWithLineAndCause) {
    struct Case {
        std::string_view raw;
        std::string_view error;
    };
    constexpr Case kCases[] = {
        {"", "line 1: the head ends without a blank line"},
        {"POST / HTTP/1.1", "line 1: the head ends without a blank line"},
        {"POST / HTTP/1.1\r\n", "line 2: the head ends without a blank line"},
        {"POST / HTTP/1.1\r\nA: 1\r\n", "line 3: the head ends without a blank line"},
        {"\r\n\r\n", "line 1: the request line is not METHOD SP target SP HTTP/x.y"},
        {"POST /\r\n\r\n", "line 1: the request line is not METHOD SP target SP HTTP/x.y"},
        {"PO(ST / HTTP/1.1\r\n\r\n", "line 1: the method is not a token"},
        {" / HTTP/1.1\r\n\r\n", "line 1: the method is not a token"},
        {"POST  HTTP/1.1\r\n\r\n", "line 1: the request target is empty or contains a blank"},
        {"POST /a b HTTP/1.1\r\n\r\n", "line 1: the request target is empty or contains a blank"},
        {"POST / HTTP/11\r\n\r\n", "line 1: the protocol version is not HTTP/x.y"},
        {"POST / http/1.1\r\n\r\n", "line 1: the protocol version is not HTTP/x.y"},
        {"POST / HTTP/x.y\r\n\r\n", "line 1: the protocol version is not HTTP/x.y"},
        {"POST / HTTP/1.10\r\n\r\n", "line 1: the protocol version is not HTTP/x.y"},
        {"POST / HTTP/1.1\r\nA: 1\r\n b\r\n\r\n",
         "line 3: a header field continues on a second line (obsolete line folding)"},
        {"POST / HTTP/1.1\r\nA 1\r\n\r\n", "line 2: a header field has no colon"},
        {"POST / HTTP/1.1\r\nA : 1\r\n\r\n", "line 2: the name of a header field is not a token"},
        {"POST / HTTP/1.1\r\n: 1\r\n\r\n", "line 2: the name of a header field is not a token"},
    };
    for (const auto& c : kCases) {
        SCOPED_TRACE(c.raw);
        const auto head = parse_request_head(c.raw);
        ASSERT_FALSE(head);
        EXPECT_EQ(head.error().code, ErrorCode::kMalformed);
        EXPECT_EQ(head.error().text(), c.error);
    }
}

TEST(RequestHead, ReadsEveryFixture) {
    for (const auto& f : testing::all_fixtures()) {
        SCOPED_TRACE(f.name);
        const auto head = parse_request_head(f.head);
        ASSERT_TRUE(head) << head.error().text();
        EXPECT_EQ(head->method, "POST");
        EXPECT_EQ(head->raw, f.head);
    }
}

TEST(Chunked, IsUndone) {
    struct Case {
        std::string_view wire;
        std::string_view body;
    };
    constexpr Case kCases[] = {
        {"0\r\n\r\n", ""},
        {"3\r\nabc\r\n0\r\n\r\n", "abc"},
        {"3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n", "abc0123456789"},
        {"0000000003\r\n\r\n\n\r\n0\r\n\r\n", "\r\n\n"},
        {"3;name=\"v\"\r\nabc\r\n0;x\r\n\r\n", "abc"},
        {"3 \t;x\r\nabc\r\n0\r\n\r\n", "abc"},
        {"3\nabc\n0\n\n", "abc"},
        {"1\r\na\r\n0\r\nX-Trailer: 1\r\nY: 2\r\n\r\n", "a"},
    };
    for (const auto& c : kCases) {
        SCOPED_TRACE(c.wire);
        const auto body = dechunk(c.wire);
        ASSERT_TRUE(body) << body.error().text();
        EXPECT_EQ(*body, c.body);
    }
}

TEST(Chunked, RefusesWithPlaceAndCause) {
    struct Case {
        std::string_view wire;
        std::string_view error;
    };
    constexpr Case kCases[] = {
        {"", "byte 0: chunk size line is incomplete"},
        {"3", "byte 0: chunk size line is incomplete"},
        {"\r\n", "byte 0: chunk size is not a hexadecimal number"},
        {"x\r\n", "byte 0: chunk size is not a hexadecimal number"},
        {"-1\r\n", "byte 0: chunk size is not a hexadecimal number"},
        {"0x3\r\nabc\r\n0\r\n\r\n", "byte 0: chunk size is not a hexadecimal number"},
        {"fffffffffffffffff\r\n", "byte 0: chunk size is not a hexadecimal number"},
        {"ffffffffffffffff\r\nabc", "byte 18: chunk is shorter than its size says"},
        {"4\r\nabc", "byte 3: chunk is shorter than its size says"},
        {"3\r\nabcd\r\n0\r\n\r\n", "byte 6: chunk does not end in a line break"},
        {"3\r\nabc", "byte 6: chunk does not end in a line break"},
        {"3\r\nabc\r\n", "byte 8: chunk size line is incomplete"},
        {"3\r\nabc\r\n0\r\n", "byte 11: the last chunk is not followed by an empty line"},
        {"0\r\nX: 1\r\n", "byte 9: the last chunk is not followed by an empty line"},
    };
    for (const auto& c : kCases) {
        SCOPED_TRACE(c.wire);
        const auto body = dechunk(c.wire);
        ASSERT_FALSE(body);
        EXPECT_EQ(body.error().code, ErrorCode::kMalformed);
        EXPECT_EQ(body.error().text(), c.error);
    }
}

TEST(Chunked, IsUndoneOnlyWhenItIsTheLastCoding) {
    struct Case {
        std::string_view fields;
        bool chunked;
    };
    constexpr Case kCases[] = {
        {"", false},
        {"Transfer-Encoding: chunked\r\n", true},
        {"transfer-encoding: Chunked\r\n", true},
        {"Transfer-Encoding: gzip, chunked\r\n", true},
        {"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", true},
        {"Transfer-Encoding: chunked, gzip\r\n", false},
        {"Transfer-Encoding: identity\r\n", false},
        {"X-Transfer-Encoding: chunked\r\n", false},
    };
    for (const auto& c : kCases) {
        SCOPED_TRACE(c.fields);
        const auto raw = "POST / HTTP/1.1\r\n" + std::string(c.fields) + "\r\n";
        const auto head = parse_request_head(raw);
        ASSERT_TRUE(head);
        EXPECT_EQ(body_of(*head, "1\r\na\r\n0\r\n\r\n").value(), c.chunked ? "a" : "1\r\na\r\n0\r\n\r\n");
    }
}

TEST(HeaderText, TokensAndBlanks) {
    EXPECT_TRUE(is_token("X-Prometheus_1!"));
    EXPECT_FALSE(is_token(""));
    EXPECT_FALSE(is_token("a b"));
    EXPECT_FALSE(is_token("a:"));
    EXPECT_FALSE(is_token("\xc3\xa4"));
    EXPECT_EQ(trim_ows(" \ta b\t "), "a b");
    EXPECT_EQ(trim_ows(" \t"), "");
    EXPECT_EQ(trim_ows("\ra\n"), "\ra\n");
    EXPECT_TRUE(base::iequals("Content-TYPE", "content-type"));
    EXPECT_FALSE(base::iequals("a", "aa"));
    EXPECT_FALSE(base::iequals("[", "{")) << "only letters have two cases";
}

}  // namespace
}  // namespace prw::proto
