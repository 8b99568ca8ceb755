// The checker as a whole: kinds, statuses, which message, limits, reuse.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstring>
#include <ctime>
#include <random>

#include "finding_text.h"
#include "prw/proto/snappy_block.h"
#include "prw/rules/check.h"
#include "request_builder.h"
#include "support.h"

namespace prw::testing {
namespace {

using proto::ProtobufMessage;
using rules::check;
using rules::check_body;
using rules::Checker;
using rules::CheckResult;
using rules::RequestKind;
using rules::Severity;

constexpr auto kV1 = ProtobufMessage::kV1, kV2 = ProtobufMessage::kV2;

CheckResult judge(const BuiltRequest& request) { return check(request.head, request.body, test_options()); }

std::uint64_t total(const CheckResult& result, std::string_view rule) {
    std::uint64_t out = 0;
    for (const auto& f : result.findings)
        if (f.rule == rule) out += f.count;
    return out;
}

/// Timestamps as fixed64: each series fails.
std::string broken_series(std::size_t count) {
    std::string out;
    for (std::size_t i = 0; i < count; ++i) {
        const auto labels = Wire()
                                .bytes(1, Wire().bytes(1, "__name__").bytes(2, "a"))
                                .bytes(1, Wire().bytes(1, "i").bytes(2, std::to_string(i)));
        out += Wire()
                   .bytes(1, Wire(labels).bytes(2, Wire().real(1, 1).fixed64(2, static_cast<std::uint64_t>(kNowMs))))
                   .str();
    }
    return out;
}

TEST(Checker, ValidRequestsHaveNoFindings) {
    for (const auto message : {kV1, kV2}) {
        const auto result = judge(RequestBuilder(message).build());
        EXPECT_EQ(render(result.findings), "") << proto::short_name(message);
        EXPECT_EQ(result.kind, message == kV1 ? RequestKind::kWriteV1 : RequestKind::kWriteV2);
        EXPECT_EQ(result.declared, message);
        EXPECT_EQ(result.actual, message);
        EXPECT_TRUE(result.decoded);
        EXPECT_EQ(result.status, 204);
        EXPECT_EQ(result.series, 2U);
        EXPECT_EQ(result.samples, 2U);
        EXPECT_EQ(result.rejected_series, 0U);
        EXPECT_EQ(result.uncompressed_size, RequestBuilder(message).message_bytes().size());
        EXPECT_EQ(result.worst(), Severity::kInfo);
        EXPECT_TRUE(result.conforming());
    }
}

TEST(Checker, ABodyAloneIsJudgedWithoutAHead) {
    for (const auto message : {kV1, kV2}) {
        const auto request = RequestBuilder(message).build();
        const auto result = check_body(request.body, message, test_options());
        EXPECT_EQ(render(result.findings), "") << proto::short_name(message);
        EXPECT_EQ(result.series, 2U);
        EXPECT_TRUE(result.decoded);
        EXPECT_EQ(result.status, 204);
    }
    struct Row {
        std::string body;
        ProtobufMessage message;
        const char* rule;
    };
    const auto v1 = RequestBuilder(kV1).build().body;
    for (const auto& [body, message, rule] :
         {Row{"", kV1, "compression/body-not-empty"}, Row{"hello, this is plain text", kV1, "compression/snappy"},
          Row{RequestBuilder(kV1).message_bytes(), kV1, "compression/whole-message"},
          Row{v1, kV2, "wire/message-matches-content-type"},
          Row{proto::compress_snappy(v1), kV1, "compression/once"}}) {
        const auto result = check_body(body, message, test_options());
        EXPECT_GT(total(result, rule), 0U) << rule << "\n" << render(result.findings);
        EXPECT_EQ(result.status, 400) << rule;
        for (const auto& finding : result.findings) {
            EXPECT_FALSE(finding.head_bytes) << finding.rule;
            EXPECT_FALSE(finding.rule.starts_with("headers/")) << finding.rule;
            EXPECT_FALSE(finding.rule.starts_with("negotiation/")) << finding.rule;
        }
    }
}

TEST(Checker, GivesItsBodyAwayAndJudgesOn) {
    for (const auto message : {kV1, kV2}) {
        const auto clean = RequestBuilder(message).build();
        const auto odd = RequestBuilder(message).series(valid_series({{"job", "b"}, {"__name__", "up"}})).build();
        Checker checker(test_options());
        EXPECT_EQ(checker.take_body(), nullptr) << "nothing was judged yet";
        for (const auto* request : {&clean, &odd, &clean, &odd}) {
            const auto result = checker.check(request->head, request->body);
            const auto body = checker.take_body();
            ASSERT_NE(body, nullptr);
            EXPECT_EQ(body->message(), message);
            EXPECT_EQ(body->bytes().size(), result.uncompressed_size);
            EXPECT_EQ(body->view().series.size(), result.series);
            EXPECT_EQ(checker.take_body(), nullptr) << "it is gone";
            EXPECT_TRUE(checker.view().series.empty());
            EXPECT_EQ(result.findings.empty(), request == &clean);
        }
        EXPECT_EQ(checker.check(clean.head, "no block").decoded, false);
        EXPECT_EQ(checker.take_body(), nullptr);
    }
}

TEST(Checker, FindingsNeverQuoteCredentials) {
    const auto result =
        check("POST /w?token=hush HTTP/1.1\r\nAuthorization: hush\x01hush\r\nX y: a\r\n\r\n", "", test_options());
    EXPECT_FALSE(result.findings.empty());
    EXPECT_EQ(render(result.findings).find("hush"), std::string::npos) << render(result.findings);
    for (const auto& finding : result.findings) EXPECT_EQ(finding.evidence.find("hush"), std::string::npos);
}

TEST(Checker, KindsAndStatuses) {
    const auto v1 = [] { return RequestBuilder(kV1); };
    struct Case {
        std::string name;
        BuiltRequest request;
        RequestKind kind;
        int status;
    };
    const std::vector<Case> cases{
        {"1.0", v1().build(), RequestKind::kWriteV1, 204},
        {"2.0 whatever the version header says",
         RequestBuilder(kV2).header("X-Prometheus-Remote-Write-Version", "0.1.0").build(), RequestKind::kWriteV2, 204},
        {"1.0 whatever the version header says", v1().header("X-Prometheus-Remote-Write-Version", "2.0.0").build(),
         RequestKind::kWriteV1, 204},
        {"empty 1.0 message", v1().protobuf("").build(), RequestKind::kWriteV1, 204},
        {"no Content-Type means 1.0", v1().remove("Content-Type").build(), RequestKind::kWriteV1, 400},
        {"GET probe", v1().method("GET").body("").build(), RequestKind::kProbe, 405},
        {"OPTIONS probe", v1().method("OPTIONS").body("").build(), RequestKind::kProbe, 405},
        {"DELETE is no probe", v1().method("DELETE").body("").build(), RequestKind::kWriteV1, 405},
        {"PUT", v1().method("PUT").build(), RequestKind::kWriteV1, 405},
        {"foreign type", v1().header("Content-Type", "application/json").body("{}").build(), RequestKind::kForeign,
         415},
        {"foreign coding", v1().header("Content-Encoding", "gzip").build(), RequestKind::kForeign, 415},
        {"coding in upper case is snappy", v1().header("Content-Encoding", "SNAPPY").build(), RequestKind::kWriteV1,
         204},
        {"over the limit", v1().body(unhex("ff ff ff ff 0f")).build(), RequestKind::kWriteV1, 413},
        {"not snappy", v1().body("hello").build(), RequestKind::kWriteV1, 400},
        {"no head", {"", v1().build().body}, RequestKind::kForeign, 400},
    };
    for (const auto& c : cases) {
        const auto result = judge(c.request);
        EXPECT_EQ(static_cast<int>(result.kind), static_cast<int>(c.kind)) << c.name;
        EXPECT_EQ(result.status, c.status) << c.name << "\n" << render(result.findings);
        EXPECT_EQ(result.conforming(), result.status == 204 || result.kind == RequestKind::kProbe) << c.name;
    }
}

TEST(Checker, ProbeIsNotJudgedAsAWrite) {
    const auto result =
        judge(RequestBuilder(kV1).method("GET").body("").remove("User-Agent").remove("Content-Type").build());
    ASSERT_EQ(result.findings.size(), 1U) << render(result.findings);
    EXPECT_EQ(result.findings[0].severity, Severity::kInfo);
}

TEST(Checker, WrongContentTypeStillShowsTheActualMessage) {
    const auto v2 = RequestBuilder(kV2);
    auto result = judge(RequestBuilder(kV1).protobuf(v2.message_bytes()).build());
    EXPECT_EQ(result.declared, kV1);
    EXPECT_EQ(result.actual, kV2);
    EXPECT_EQ(result.kind, RequestKind::kWriteV1);
    EXPECT_EQ(result.series, 2U);
    EXPECT_TRUE(result.decoded);
    EXPECT_EQ(result.status, 400);
    ASSERT_FALSE(result.findings.empty());
    const auto* finding = find_finding(result, "wire/message-matches-content-type");
    ASSERT_NE(finding, nullptr) << render(result.findings);
    EXPECT_NE(
        finding->message.find("The body is io.prometheus.write.v2.Request; Content-Type says prometheus.WriteRequest"),
        std::string::npos)
        << finding->message;
    EXPECT_TRUE(finding->head_bytes && finding->protobuf_bytes && finding->body_bytes);
    // No consequences beside it.
    EXPECT_EQ(find_finding(result, "wire/no-unknown-fields"), nullptr) << render(result.findings);

    result = judge(
        RequestBuilder(kV1).header("Content-Type", "application/octet-stream").protobuf(v2.message_bytes()).build());
    EXPECT_EQ(result.declared, std::nullopt);
    EXPECT_EQ(result.actual, kV2);
    EXPECT_EQ(result.status, 415);
    EXPECT_EQ(result.series, 2U);
}

TEST(Checker, ForeignMessageIsNamedAndNotTakenApart) {
    const auto otlp = Wire().bytes(1, Wire().bytes(2, Wire().bytes(2, Wire().bytes(1, "http.requests")))).str();
    const auto result = judge(RequestBuilder(kV1).protobuf(otlp).build());
    ASSERT_EQ(result.findings.size(), 1U) << render(result.findings);
    EXPECT_NE(result.findings[0].message.find("OTLP"), std::string::npos);
    EXPECT_EQ(result.actual, std::nullopt);
}

TEST(Checker, ViewIsThatOfTheLastRequest) {
    Checker checker(test_options());
    EXPECT_TRUE(checker.view().series.empty());
    auto request = RequestBuilder(kV2).build();
    (void)checker.check(request.head, request.body);
    ASSERT_EQ(checker.view().series.size(), 2U);
    EXPECT_EQ(checker.view().message, kV2);
    EXPECT_EQ(proto::series_text(checker.view().labels_of(checker.view().series[1])),
              R"(shop_temperature_celsius{instance="b:1", job="shop"})");
    request = RequestBuilder(kV2).body("garbage").build();
    (void)checker.check(request.head, request.body);
    EXPECT_TRUE(checker.view().series.empty());
    request = RequestBuilder(kV2).method("GET").body("").build();
    (void)checker.check(request.head, request.body);
    EXPECT_TRUE(checker.view().series.empty());
}

TEST(Checker, ReuseDoesNotChangeVerdicts) {
    Checker checker(test_options());
    std::vector<BuiltRequest> requests{RequestBuilder(kV1).build(),
                                       RequestBuilder(kV1).body("x").build(),
                                       RequestBuilder(kV2).build(),
                                       RequestBuilder(kV1).protobuf(broken_series(40)).build(),
                                       {"", ""}};
    for (const auto& fixture : all_fixtures()) requests.push_back({fixture.head, fixture.body});
    for (int round = 0; round < 2; ++round) {
        for (const auto& request : requests) {
            const auto once = check(request.head, request.body, test_options());
            const auto again = checker.check(request.head, request.body);
            EXPECT_EQ(render(again.findings), render(once.findings));
            EXPECT_EQ(again.status, once.status);
            EXPECT_EQ(again.rejected_series, once.rejected_series);
            EXPECT_EQ(again.series, once.series);
        }
    }
}

TEST(Checker, MessageAloneIsJudgedLikeInARequest) {
    Checker checker(test_options());
    auto result = checker.check_message(RequestBuilder(kV2).message_bytes(), kV2);
    EXPECT_EQ(render(result.findings), "");
    EXPECT_EQ(result.status, 204);
    EXPECT_EQ(checker.view().series.size(), 2U);
    result = checker.check_message(RequestBuilder(kV2).message_bytes(), kV1);
    EXPECT_NE(find_finding(result, "wire/message-matches-content-type"), nullptr);
    result = checker.check_message(proto::compress_snappy(RequestBuilder(kV1).message_bytes()), kV1);
    EXPECT_NE(find_finding(result, "wire/binary-protobuf"), nullptr) << render(result.findings);
    result = checker.check_message(broken_series(3), kV1);
    EXPECT_EQ(result.rejected_series, 3U);
    EXPECT_EQ(result.status, 400);
    checker.options().max_uncompressed = 10;
    result = checker.check_message(broken_series(3), kV1);
    EXPECT_EQ(result.status, 413);
    EXPECT_NE(find_finding(result, "compression/decoded-size"), nullptr);
}

TEST(Checker, FindingsPerRuleAreBoundedAndCountsAddUp) {
    auto options = test_options();
    for (const std::size_t bound : {1U, 5U, 1000U}) {
        options.findings_per_rule = bound;
        const auto request = RequestBuilder(kV1).protobuf(broken_series(50)).build();
        const auto result = check(request.head, request.body, options);
        const auto details = std::count_if(result.findings.begin(), result.findings.end(),
                                           [](const auto& f) { return f.rule == "wire/timestamp-int64"; });
        EXPECT_EQ(static_cast<std::size_t>(details), std::min<std::size_t>(bound, 50));
        EXPECT_EQ(total(result, "wire/timestamp-int64"), 50U);
        EXPECT_EQ(result.rejected_series, 50U);
        EXPECT_EQ(find_finding(result, "wire/timestamp-int64")->series, R"(a{i="0"})");
        EXPECT_EQ(find_finding(result, "wire/timestamp-int64")->field, "timeseries[0].samples[0].timestamp");
    }
}

TEST(Checker, FaultsBeyondTheWalksBoundAreCounted) {
    Wire message;
    for (int i = 0; i < 25000; ++i) message.varint(900, 1);
    const auto result = judge(RequestBuilder(kV1).protobuf(message).build());
    EXPECT_EQ(total(result, "wire/no-unknown-fields"), 25000U);
}

TEST(Checker, ClaimOf4GiBAllocatesNothing) {
    const auto peak = [] {
        rusage usage{};
        getrusage(RUSAGE_SELF, &usage);
        return usage.ru_maxrss / 1024;  // MiB
    };
    const auto before = peak();
    Checker checker(test_options());
    checker.options().max_uncompressed = proto::kDefaultMaxUncompressed;
    const auto request = RequestBuilder(kV1).body(unhex("ff ff ff ff 0f")).build();
    const auto result = checker.check(request.head, request.body);
    EXPECT_EQ(result.status, 413);
    EXPECT_EQ(result.uncompressed_size, 0xffffffffU);
    EXPECT_FALSE(result.decoded);
    EXPECT_LT(peak() - before, 16);
}

TEST(Checker, HugeBodiesTakeBoundedTime) {
    constexpr std::size_t kSize = 100'000'000;
    std::string random(kSize, '\0');
    std::mt19937_64 generator(1);
    for (std::size_t i = 0; i + 8 <= kSize; i += 8) {
        const auto word = generator();
        std::memcpy(random.data() + i, &word, 8);
    }
    const std::vector<std::string> bodies{random, std::string(kSize, '\0'), std::string(kSize, '\x0a'),
                                          std::string(kSize, '\x80'), std::string(kSize, 'x')};
    Checker checker(test_options());
    for (const auto& body : bodies) {
        const auto started = std::clock();  // CPU time: a busy machine does not fail the test
        const auto result = checker.check(RequestBuilder(kV1).body("").remove("Content-Length").build().head, body);
        EXPECT_LT((std::clock() - started) / CLOCKS_PER_SEC, 10);
        EXPECT_FALSE(result.conforming());
        EXPECT_LT(result.findings.size(), 20U);
        EXPECT_LT(render(result.findings).size(), 10000U);
    }
}

TEST(Checker, MillionsOfTinyElementsAreRefused) {
    std::string message;
    for (std::size_t i = 0; i < 8'000'000; ++i) message += std::string_view("\x0a\x00", 2);
    const auto request = RequestBuilder(kV1).protobuf(message).build();
    Checker checker(test_options());
    const auto result = checker.check(request.head, request.body);
    EXPECT_EQ(result.status, 413);
    EXPECT_FALSE(result.decoded);
    EXPECT_NE(find_finding(result, "wire/batch-size"), nullptr);
    const auto small = RequestBuilder(kV1).build();
    EXPECT_EQ(checker.check(small.head, small.body).status, 204);
}

TEST(Checker, AClockFromTheEndsOfTimeIsBorne) {
    for (const auto now : {INT64_MIN, INT64_MIN + 1, std::int64_t{-1}, INT64_MAX - 1, INT64_MAX}) {
        rules::CheckOptions options;
        options.now_ms = now;
        for (const auto message : {ProtobufMessage::kV1, ProtobufMessage::kV2}) {
            for (const auto timestamp : {INT64_MIN, std::int64_t{100'000'000'000'000}, INT64_MAX}) {
                auto request = valid_write_request();
                request.series[0].samples[0].timestamp = timestamp;
                const auto built = RequestBuilder(message).request(request).build();
                const auto result = rules::check(built.head, built.body, options);
                EXPECT_TRUE(result.decoded) << now << " " << timestamp;
                EXPECT_EQ(result.samples, 2U);
            }
        }
    }
}

/// What a fix must not end in: compressing what is no message, or what is compressed already.
TEST(Checker, TheAdviceSolvesTheCauseWhateverTheHeadersClaim) {
    const auto message = RequestBuilder().message_bytes();
    const auto block = proto::compress_snappy(message);
    struct Row {
        std::string what, body, says;
    };
    const std::vector<Row> rows = {
        {"JSON", "{\"a\": 1}", "serialise the request as protobuf"},
        {"text", "hello, world", "serialise the request as protobuf"},
        {"lines", "cpu v=1", "serialise the request as protobuf"},
        {"JSON in a block", proto::compress_snappy("{\"a\": 1}"), "serialise the request as protobuf"},
        {"a block", block, "The body is one snappy block already"},
        {"gzip", unhex("1f 8b 08 00 00 00 00 00 00 03 ab 56 4a 2c 2d c9 00 85"), "not on top of it"},
        {"a message", message, "Compress the message with snappy's block format"},
    };
    for (const auto& row : rows) {
        for (const auto* coding : {"gzip", "zstd", "identity", ""}) {
            auto builder = RequestBuilder().body(row.body);
            if (*coding == '\0') builder.remove("Content-Encoding");
            if (*coding != '\0') builder.header("Content-Encoding", coding);
            const auto built = builder.build();
            const auto result = rules::check(built.head, built.body, test_options());
            const auto found = std::find_if(result.findings.begin(), result.findings.end(), [](const auto& f) {
                return f.rule.starts_with("negotiation/content-encoding");
            });
            ASSERT_NE(found, result.findings.end()) << row.what;
            EXPECT_THAT(found->fix, ::testing::HasSubstr(row.says)) << row.what << " as " << coding;
        }
    }
}

TEST(Checker, SecretsStayOutOfFindings) {
    auto options = test_options();
    options.expected_target = "/w?token=expected-secret";
    const auto valid =
        RequestBuilder(kV1).target("/w?token=sent-secret").append("Authorization", "Bearer header-secret").build();
    auto folded = valid, no_colon = valid, no_version = valid;
    folded.head.replace(folded.head.find("header-secret"), 6, "x\r\n header-secret");
    no_colon.head.replace(no_colon.head.find("Authorization:"), 14, "Authorization");
    no_version.head.replace(no_version.head.find(" HTTP/1.1"), 9, "");
    for (const auto& request : {valid, folded, no_colon, no_version}) {
        const auto text = render(check(request.head, request.body, options).findings);
        EXPECT_FALSE(text.empty());
        EXPECT_EQ(text.find("secret"), std::string::npos) << text;
    }
}

}  // namespace
}  // namespace prw::testing
