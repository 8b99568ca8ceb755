#include "prw/proto/credentials.h"

#include <gtest/gtest.h>

namespace prw::proto {
namespace {

TEST(RedactCredentials, KeepsLengthAndScheme) {
    struct Row {
        const char *before, *after;
    };
    const Row rows[] = {
        {"POST / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer abc.def\r\nX-B: c\r\n\r\n",
         "POST / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer xxxxxxx\r\nX-B: c\r\n\r\n"},
        {"POST / HTTP/1.1\r\nauthorization:abc\r\n\r\n", "POST / HTTP/1.1\r\nauthorization:xxx\r\n\r\n"},
        {"POST / HTTP/1.1\r\nCookie: a=b; c=d\r\nx-api-key: k1\r\nX-API-KEY: k2\r\n\r\n",
         "POST / HTTP/1.1\r\nCookie: xxxxxxxx\r\nx-api-key: xx\r\nX-API-KEY: xx\r\n\r\n"},
        {"POST / HTTP/1.1\r\nX-Scope-OrgID: team\r\n\r\n", "POST / HTTP/1.1\r\nX-Scope-OrgID: team\r\n\r\n"},
        {"no head at all", "no head at all"},
    };
    for (const auto& row : rows) {
        std::string head = row.before;
        redact_credentials(head);
        EXPECT_EQ(head, row.after);
    }
}

TEST(RedactCredentials, KeepsWhatIsKnown) {
    const std::string before = "POST / HTTP/1.1\r\nAuthorization: Basic YTpi\r\nAuthorization: Basic YTpj\r\n\r\n";
    std::string head = before;
    const std::string known[] = {"Basic YTpi"};
    redact_credentials(head, known);
    EXPECT_EQ(head, "POST / HTTP/1.1\r\nAuthorization: Basic YTpi\r\nAuthorization: Basic xxxx\r\n\r\n");
}

}  // namespace
}  // namespace prw::proto
