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
        // The names in use.
        {"POST / HTTP/1.1\r\nDD-API-KEY: abc\r\nX-Vault-Token: abc\r\nX-Amz-Security-Token:abc\r\nPrivate-Token: "
         "abc\r\n\r\n",
         "POST / HTTP/1.1\r\nDD-API-KEY: xxx\r\nX-Vault-Token: xxx\r\nX-Amz-Security-Token:xxx\r\nPrivate-Token: "
         "xxx\r\n\r\n"},
        {"POST / HTTP/1.1\r\nX-Auth-Key: abc\r\nset-cookie: a=b; Path=/\r\nX-Honeycomb-Team: abc\r\n\r\n",
         "POST / HTTP/1.1\r\nX-Auth-Key: xxx\r\nset-cookie: xxxxxxxxxxx\r\nX-Honeycomb-Team: xxx\r\n\r\n"},
        {"POST / HTTP/1.1\r\nX-Forwarded-Auth: Bearer abc\r\n\r\n",
         "POST / HTTP/1.1\r\nX-Forwarded-Auth: Bearer xxx\r\n\r\n"},
        // Heads that do not parse.
        {"POST / HTTP/1.1\r\nno colon\r\nAuthorization: Bearer abc\r\n\r\n",
         "POST / HTTP/1.1\r\nno colon\r\nAuthorization: Bearer xxx\r\n\r\n"},
        {"POST / HTTP/1.1\r\nAuthorization : Bearer abc\r\nCookie abc\r\n",
         "POST / HTTP/1.1\r\nAuthorization : Bearer xxx\r\nCookie xxx\r\n"},
        {"POST / HTTP/1.1\r\nAuthorization: Bearer\r\n  abc\r\n\tdef\r\nX-B: c\r\n d\r\n\r\n",
         "POST / HTTP/1.1\r\nAuthorization: xxxxxx\r\n  xxx\r\n\txxx\r\nX-B: c\r\n d\r\n\r\n"},
        {"POST / HTTP/1.1\nCookie: ab\rX-Api-Key: cd", "POST / HTTP/1.1\nCookie: xx\rX-Api-Key: xx"},
        {"Authorization: abc", "Authorization: xxx"},
        // Places in URLs.
        {"POST /w?tenant=a&token=abc&api%5Fkey=abc&x=1 HTTP/1.1\r\n\r\n",
         "POST /w?tenant=a&token=xxx&api%5Fkey=xxx&x=1 HTTP/1.1\r\n\r\n"},
        {"POST http://me:abc@h/w?sig=abc#key=abc HTTP/1.1\r\nReferer: https://abc@h/?X-Amz-Signature=abc\r\n\r\n",
         "POST http://me:xxx@h/w?sig=xxx#key=xxx HTTP/1.1\r\nReferer: https://xxx@h/?X-Amz-Signature=xxx\r\n\r\n"},
        // InfluxDB's.
        {"POST /api/v1/prom/write?db=d&u=me&p=abc HTTP/1.1\r\n\r\n",
         "POST /api/v1/prom/write?db=d&u=me&p=xxx HTTP/1.1\r\n\r\n"},
        {"POST /tokens/key?keyspace=a&since=token HTTP/1.1\r\nContent-Type: application/x-protobuf;proto=a.b\r\n\r\n",
         "POST /tokens/key?keyspace=a&since=token HTTP/1.1\r\nContent-Type: application/x-protobuf;proto=a.b\r\n\r\n"},
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

TEST(RedactUrls, HidesPasswordsAndParameters) {
    const std::pair<const char*, const char*> rows[] = {
        {"http://me:abc@h:81/x?a=b", "http://me:xxxxx@h:81/x?a=b"},
        {"cannot reach https://ghp_abc@h/x: refused", "cannot reach https://xxxxx@h/x: refused"},
        {"http://h/x?access_token=abcdefgh&b=c", "http://h/x?access_token=xxxxx&b=c"},
        {"'http://h/?password=abc' and 'http://h/?key=abc'", "'http://h/?password=xxxxx' and 'http://h/?key=xxxxx'"},
        {"http://h/a@b:c", "http://h/a@b:c"},
        {"http://h/?token=", "http://h/?token="},
        {"", ""},
    };
    for (const auto& [before, after] : rows) EXPECT_EQ(redact_urls(before), after);
}

TEST(RedactHeaderValue, HidesWhatTheNameOrTheSchemeSays) {
    EXPECT_EQ(redact_header_value("authorization", "Basic YTpi"), "Basic xxxxx");
    EXPECT_EQ(redact_header_value("Set-Cookie", "a=b; Path=/"), "xxxxx");
    EXPECT_EQ(redact_header_value("X-Upstream", "Bearer abc"), "Bearer xxxxx");
    EXPECT_EQ(redact_header_value("Location", "http://h/?token=abc"), "http://h/?token=xxxxx");
    EXPECT_EQ(redact_header_value("X-Scope-OrgID", "team"), "team");
}

TEST(RedactCommand, HidesSecretsAndNothingElse) {
    struct Row {
        std::vector<std::string> words, shown;
    };
    const Row rows[] = {
        {{"mysql", "-phush", "-p", "hush"}, {"mysql", "-pxxxxx", "-p", "xxxxx"}},
        {{"agent", "-p9090", "-p", "9090", "-port=1", "-promscrape.config=a"},
         {"agent", "-p9090", "-p", "9090", "-port=1", "-promscrape.config=a"}},
        {{"agent", "--header=X-Api-Key:hush", "--header=X-Scope-OrgID:team"},
         {"agent", "--header=X-Api-Key:xxxxx", "--header=X-Scope-OrgID:team"}},
        {{"agent", "--header=Authorization: Bearer hush", "--next"},
         {"agent", "--header=Authorization:xxxxx", "--next"}},
        {{"curl", "-u", "me:hush", "-H", "DD-API-KEY: hush", "-HX-Vault-Token: hush", "http://h/?sig=hush"},
         {"curl", "-u", "me:xxxxx", "-H", "DD-API-KEY:xxxxx", "-HX-Vault-Token:xxxxx", "http://h/?sig=xxxxx"}},
        {{"agent", "--user=me:hush", "--remote.password", "hush", "--remote.token", "$TOKEN"},
         {"agent", "--user=me:xxxxx", "--remote.password", "xxxxx", "--remote.token", "$TOKEN"}},
        {{"agent", "--password-file", "/etc/pw", "--token-file=/etc/t", "--tls.key", "/etc/a.key",
          "--license.key=hush"},
         {"agent", "--password-file", "/etc/pw", "--token-file=/etc/t", "--tls.key", "/etc/a.key",
          "--license.key=xxxxx"}},
        {{"env", "PGPASSWORD=hush", "X=1", "agent", "--set=auth.password=hush"},
         {"env", "PGPASSWORD=xxxxx", "X=1", "agent", "--set=auth.password=xxxxx"}},
        {{"agent", "--url=http://me:hush@h/p?token=hush&a=b"}, {"agent", "--url=http://me:xxxxx@h/p?token=xxxxx&a=b"}},
        // What comes behind a secret in a line for a shell stays.
        {{"sh", "-c", "TOKEN=hush exec agent --password hush --level debug; curl -H 'Authorization: Bearer hush' $URL"},
         {"sh", "-c", "TOKEN=xxxxx exec agent --password xxxxx --level debug; curl -H 'Authorization:xxxxx' $URL"}},
        {{"sh", "-c", "agent --header=\"X-Api-Key: hush\" --x=\"$TOKEN\" | tee a:b"},
         {"sh", "-c", "agent --header=\"X-Api-Key:xxxxx\" --x=\"$TOKEN\" | tee a:b"}},
        {{"sh", "-c", "prw send \"$PRW_REMOTE_WRITE_URL\" -"}, {"sh", "-c", "prw send \"$PRW_REMOTE_WRITE_URL\" -"}},
    };
    for (const auto& row : rows) EXPECT_EQ(redact_command_words(row.words), row.shown);
}

}  // namespace
}  // namespace prw::proto
