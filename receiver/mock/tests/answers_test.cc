#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "prw/base/text.h"
#include "prw/base/units.h"
#include "running_receiver.h"
#include "support.h"

namespace prw::receiver {
namespace {

using proto::ProtobufMessage;
using prw::testing::RequestBuilder;
using prw::testing::RunningReceiver;
using prw::testing::unhex;
using ::testing::HasSubstr;
using ::testing::Not;

proto::Series unsorted() {
    return prw::testing::valid_series({{"zone", "a"}, {"__name__", "shop_temperature_celsius"}});
}

/// Two samples, one histogram, one exemplar of each kind of series.
proto::WriteRequest rich() {
    proto::WriteRequest request = prw::testing::valid_write_request();
    auto series = prw::testing::valid_series({{"__name__", "shop_latency_seconds"}, {"job", "shop"}});
    series.samples.clear();
    proto::Histogram histogram;
    histogram.count = std::uint64_t{3};
    histogram.zero_count = std::uint64_t{1};
    histogram.sum_bits = proto::to_bits(2.5);
    histogram.zero_threshold = 1e-128;
    histogram.positive_spans = {{0, 2}};
    histogram.positive_deltas = {1, 0};
    histogram.timestamp = prw::testing::kNowMs;
    series.histograms = {histogram};
    series.exemplars = {{{{"trace_id", "abc"}}, proto::to_bits(0.5), prw::testing::kNowMs}};
    series.metadata = {proto::MetricType::kHistogram, "", "Latency.", "seconds"};
    request.series.push_back(series);
    return request;
}

std::string bytes_of(const RequestBuilder& builder) {
    const auto request = builder.build();
    return request.head + request.body;
}

/// "a b c": the Written headers, "-" for one that is absent.
std::string written(const http::ClientResponse& response) {
    std::string out;
    for (const char* kind : {"Samples", "Histograms", "Exemplars"}) {
        const auto* value = response.header("X-Prometheus-Remote-Write-" + std::string(kind) + "-Written");
        out += (out.empty() ? "" : " ") + (value != nullptr ? *value : std::string("-"));
    }
    return out;
}

struct Row {
    const char* name;
    std::string request;
    int status;
    const char* written;  ///< "- - -": no such headers
    std::vector<std::string> texts;
};

void expect_rows(const RunningReceiver& receiver, const std::vector<Row>& rows) {
    for (const auto& row : rows) {
        const auto response = receiver.send(row.request);
        EXPECT_EQ(response.status, row.status) << row.name << ": " << response.body;
        EXPECT_EQ(written(response), row.written) << row.name;
        for (const auto& text : row.texts) EXPECT_THAT(response.body, HasSubstr(text)) << row.name;
        if (response.status == 204) {
            EXPECT_EQ(response.body, "") << row.name;
            EXPECT_EQ(response.header("Content-Length"), nullptr) << row.name;
        } else {
            ASSERT_NE(response.header("Content-Type"), nullptr) << row.name;
            EXPECT_EQ(*response.header("Content-Type"), "text/plain; charset=utf-8") << row.name;
            EXPECT_NE(response.body, "") << row.name;
        }
        EXPECT_LE(response.body.size(), ReceiverOptions{}.max_error_body) << row.name;
    }
}

TEST(Answers, ConformingReceiver) {
    const RunningReceiver receiver;
    const RequestBuilder v1;
    const RequestBuilder v2(ProtobufMessage::kV2);
    const auto with = [](RequestBuilder b, const char* name, const char* value) {
        return bytes_of(b.header(name, value));
    };
    const std::string many_bad = [] {
        proto::WriteRequest request;
        for (int i = 0; i < 2000; ++i) request.series.push_back(unsorted());
        return bytes_of(RequestBuilder(ProtobufMessage::kV2).request(request));
    }();
    expect_rows(
        receiver,
        {
            {"1.0", bytes_of(v1), 204, "- - -", {}},
            {"1.0 empty", bytes_of(RequestBuilder(v1).request({})), 204, "- - -", {}},
            {"2.0", bytes_of(v2), 204, "2 0 0", {}},
            {"2.0 with histogram and exemplar", bytes_of(RequestBuilder(v2).request(rich())), 204, "2 1 1", {}},
            {"1.0 with histogram and exemplar", bytes_of(RequestBuilder(v1).request(rich())), 204, "- - -", {}},
            {"1.0 chunked", prw::testing::chunked(v1), 204, "- - -", {}},
            {"2.0 chunked", prw::testing::chunked(v2), 204, "2 0 0", {}},
            {"any path", bytes_of(RequestBuilder(v1).target("/somewhere?else=1")), 204, "- - -", {}},
            {"1.0 unsorted",
             bytes_of(RequestBuilder(v1).series(unsorted())),
             400,
             "- - -",
             {"1 of 1 series rejected", "labels/sorted: ", "shop_temperature_celsius{"}},
            {"2.0 unsorted",
             bytes_of(RequestBuilder(v2).series(unsorted())),
             400,
             "0 0 0",
             {"1 of 1 series rejected", "labels/sorted: ", "shop_temperature_celsius{"}},
            {"2.0 many unsorted", many_bad, 400, "0 0 0", {"2000 of 2000 series rejected"}},
            {"foreign type", with(v1, "Content-Type", "application/json"), 415, "- - -", {"application/json"}},
            {"foreign message",
             with(v2, "Content-Type", "application/x-protobuf;proto=acme.Request"),
             415,
             "- - -",
             {"acme.Request"}},
            {"gzip 1.0", with(v1, "Content-Encoding", "gzip"), 415, "- - -", {"gzip"}},
            {"gzip 2.0", with(v2, "Content-Encoding", "gzip"), 415, "- - -", {"gzip"}},
            {"GET", "GET /api/v1/write HTTP/1.1\r\nHost: x\r\n\r\n", 405, "- - -", {"POST"}},
            {"PUT", bytes_of(RequestBuilder(v1).method("PUT")), 405, "- - -", {"POST"}},
            {"malformed head", "POST\r\n\r\n", 400, "- - -", {"line 1"}},
            {"chunked and broken",
             bytes_of(RequestBuilder(v1).append("Transfer-Encoding", "chunked").body("zz\r\n")),
             400,
             "- - -",
             {"chunk"}},
            {"not snappy", bytes_of(RequestBuilder(v1).body("hello")), 400, "- - -", {"snappy"}},
            {"truncated protobuf, 2.0", bytes_of(RequestBuilder(v2).protobuf(unhex("2a 05 0a"))), 400, "0 0 0", {}},
        });
}

TEST(Answers, MethodsOtherThanPostAreToldWhatIsAllowed) {
    const RunningReceiver receiver;
    for (const char* method : {"GET", "PUT", "DELETE", "OPTIONS"}) {
        const auto response = receiver.send(std::string(method) + " /write HTTP/1.1\r\nHost: x\r\n\r\n");
        EXPECT_EQ(response.status, 405) << method;
        ASSERT_NE(response.header("Allow"), nullptr) << method;
        EXPECT_EQ(*response.header("Allow"), "POST") << method;
    }
}

TEST(Answers, WhatMakesAHeadUnreadableIsAFinding) {
    RunningReceiver receiver;
    const auto with = [&](const std::string& line) { return receiver.send("POST /write HTTP/1.1\r\n" + line); };
    EXPECT_EQ(with("Host: x\r\nno colon\r\n\r\n").status, 400);
    EXPECT_EQ(with("Host: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n").status, 400);
    EXPECT_EQ(with("Host: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc").status, 400);
    (void)with("Content-Type: application/x-protobuf;proto=io.prometheus.write.v2.Request\r\nno colon\r\n\r\n");
    const auto exchanges = receiver.exchanges(4);
    EXPECT_EQ(exchanges[3]->check.declared, ProtobufMessage::kV2);
    ASSERT_EQ(exchanges[0]->check.findings.size(), 1U);
    EXPECT_EQ(exchanges[0]->check.findings[0].rule, "headers/well-formed");
    EXPECT_EQ(exchanges[0]->check.status, 400);
    ASSERT_EQ(exchanges[1]->check.findings.size(), 1U);
    EXPECT_EQ(exchanges[1]->check.findings[0].rule, "headers/length-with-chunked");
    EXPECT_EQ(exchanges[0]->check.declared, std::nullopt);
    EXPECT_TRUE(exchanges[2]->check.findings.empty());  // no rule is about that; the server's answer says it
}

TEST(Answers, BodiesBeyondTheLimitAreRefusedAndTheReceiverGoesOn) {
    ReceiverOptions options;
    options.server.max_body = 1000;
    RunningReceiver receiver(options);
    const auto sized = receiver.send(RequestBuilder().body(std::string(100000, 'x')));
    EXPECT_EQ(sized.status, 413);
    EXPECT_THAT(sized.body, HasSubstr("1000"));
    EXPECT_EQ(receiver.send(prw::testing::chunked(RequestBuilder().body(std::string(100000, 'x')))).status, 413);
    EXPECT_EQ(receiver.send(RequestBuilder()).status, 204);
    const auto exchanges = receiver.exchanges(3);
    EXPECT_EQ(exchanges[0]->read_status, proto::ReadStatus::kBodyTooLarge);
    EXPECT_EQ(exchanges[0]->raw_body.size(), 1000U);
    EXPECT_EQ(exchanges[1]->read_status, proto::ReadStatus::kBodyTooLarge);
    EXPECT_LE(exchanges[1]->raw_body.size(), 1000U);
    EXPECT_EQ(exchanges[2]->status, 204);
}

TEST(Answers, LyingLengthsAreNotAllocated) {
    const RunningReceiver receiver;
    EXPECT_EQ(receiver.send(RequestBuilder()).status, 204);
    const auto before = prw::testing::resident_bytes();
    for (const auto message : {ProtobufMessage::kV1, ProtobufMessage::kV2}) {
        // Five bytes that claim 4 GiB.
        const auto response = receiver.send(RequestBuilder(message).body(unhex("ff ff ff ff 0f")));
        EXPECT_EQ(response.status, 413) << response.body;
        EXPECT_THAT(response.body, HasSubstr("4294967295"));
    }
    EXPECT_LT(prw::testing::resident_bytes(), before + (64U << 20U));
}

TEST(Answers, MessagesBeyondTheLimitAreRefused) {
    ReceiverOptions options;
    options.check.max_uncompressed = 100000;
    const RunningReceiver receiver(options);
    const auto response = receiver.send(RequestBuilder().protobuf(std::string(100001, '\0')));
    EXPECT_EQ(response.status, 413) << response.body;
    EXPECT_THAT(response.body, HasSubstr("100001"));
}

TEST(Answers, ErrorTextsAreBoundedAndStayUtf8) {
    for (const std::size_t bound : {40U, 41U, 42U, 43U, 200U}) {
        ReceiverOptions options;
        options.max_error_body = bound;
        const RunningReceiver receiver(options);
        const auto response =
            receiver.send(RequestBuilder().series(prw::testing::valid_series({{"zone", "äöü€€€"}, {"__name__", "ä"}})));
        EXPECT_EQ(response.status, 400);
        EXPECT_LE(response.body.size(), bound);
        EXPECT_GT(response.body.size(), bound - 8);
        EXPECT_THAT(response.body, ::testing::EndsWith("…\n"));
        // No lead byte without its continuation before the ellipsis.
        const auto cut = response.body.substr(0, response.body.size() - 4);
        EXPECT_LT(static_cast<unsigned char>(cut.back()), 0x80U) << bound;
    }
}

TEST(Answers, AcceptModeTakesWhateverDecodes) {
    ReceiverOptions options;
    options.on_violation = OnViolation::kAccept;
    RunningReceiver receiver(options);
    expect_rows(receiver,
                {
                    {"1.0", bytes_of(RequestBuilder().series(unsorted())), 204, "- - -", {}},
                    {"2.0", bytes_of(RequestBuilder(ProtobufMessage::kV2).series(unsorted())), 204, "1 0 0", {}},
                    {"2.0 that says nothing of it",
                     bytes_of(RequestBuilder(ProtobufMessage::kV2).series(unsorted()).remove("Content-Type")),
                     204,
                     "1 0 0",
                     {}},
                    {"not snappy", bytes_of(RequestBuilder().body("hello")), 400, "- - -", {"snappy"}},
                    {"foreign type",
                     bytes_of(RequestBuilder().header("Content-Type", "application/json").body("{}")),
                     415,
                     "- - -",
                     {}},
                });
    EXPECT_FALSE(receiver.exchanges(1)[0]->check.conforming()) << "the finding stays";
    receiver->set_on_violation(OnViolation::kReject);
    EXPECT_EQ(receiver.send(RequestBuilder().series(unsorted())).status, 400);
}

TEST(Answers, AReceiverOf1xRefuses2x) {
    ReceiverOptions options;
    options.only_1x = true;
    options.script = prw::testing::short_script("204x1");
    options.script.steps[0].message = ProtobufMessage::kV2;
    const RunningReceiver receiver(options);
    expect_rows(receiver,
                {
                    {"scripted", bytes_of(RequestBuilder(ProtobufMessage::kV2)), 204, "- - -", {}},
                    {"2.0", bytes_of(RequestBuilder(ProtobufMessage::kV2)), 415, "- - -", {"prometheus.WriteRequest"}},
                    {"1.0", bytes_of(RequestBuilder()), 204, "- - -", {}},
                });
}

TEST(Answers, HeadersOfOneRequestCannotFlood) {
    const RunningReceiver receiver;
    std::string many = "POST /w HTTP/1.1\r\nHost: x\r\n";
    for (int i = 0; i < 1000; ++i) many += "A" + std::to_string(i) + ": b\r\n";
    EXPECT_EQ(receiver.send(many + "\r\n").status, 431);
    EXPECT_EQ(receiver.send("POST /w HTTP/1.1\r\nHost: x\r\nA: " + std::string(1U << 20U, 'a') + "\r\n\r\n").status,
              431);
}

// Scripts

TEST(ScriptedAnswers, StepsThenTheReceiversOwn) {
    ReceiverOptions options;
    options.script = prw::testing::short_script("503x2:retry-after=1:body=later");
    RunningReceiver receiver(options);
    auto client = receiver.client();
    const auto bytes = bytes_of(RequestBuilder());
    for (int i = 0; i < 2; ++i) {
        const auto response = client.raw(bytes);
        ASSERT_TRUE(response) << response.error().text();
        EXPECT_EQ(response->status, 503);
        ASSERT_NE(response->header("Retry-After"), nullptr);
        EXPECT_EQ(*response->header("Retry-After"), "1");
        EXPECT_EQ(response->body, "later");
    }
    const auto own = client.raw(bytes);
    ASSERT_TRUE(own);
    EXPECT_EQ(own->status, 204);
    EXPECT_TRUE(own->reused_connection);
    const auto exchanges = receiver.exchanges(3);
    EXPECT_EQ(exchanges[0]->scripted, "step 1");
    EXPECT_EQ(exchanges[0]->response_body, "later");
    EXPECT_EQ(exchanges[2]->scripted, "");
}

TEST(ScriptedAnswers, SuccessHasTrueWrittenHeadersUnlessToldOtherwise) {
    auto script = parse_script(R"(
version: 1
steps:
  - {times: 1, status: 200}
  - {times: 1, status: 200, written_headers: false}
  - {times: 1, status: 200, headers: {x-prometheus-remote-write-samples-written: "7"}}
  - {times: 1, delay: 1ms, headers: {X-Prometheus-Remote-Write-Samples-Written: "8"}}
  - {times: 1, delay: 1ms, written_headers: false}
  - {times: 1, status: 503}
)");
    ASSERT_TRUE(script) << script.error().text();
    ReceiverOptions options;
    options.script = *script;
    const RunningReceiver receiver(options);
    for (const char* wanted : {"2 1 1", "- - -", "7 1 1", "8 1 1", "- - -", "- - -", "2 1 1"}) {
        const auto response = receiver.send(RequestBuilder(ProtobufMessage::kV2).request(rich()));
        EXPECT_EQ(written(response), wanted);
        const auto named = std::count_if(response.headers.begin(), response.headers.end(), [](const auto& h) {
            return h.first.size() > 30 && base::iequals(h.first, "X-Prometheus-Remote-Write-Samples-Written");
        });
        EXPECT_LE(named, 1);
    }
}

TEST(ScriptedAnswers, RetryAfterDateIsNotBeforeTheTimeAskedFor) {
    ReceiverOptions options;
    options.script = prw::testing::short_script("503:retry-after-date=90s");
    const RunningReceiver receiver(options);
    const auto now = [] { return std::chrono::system_clock::now().time_since_epoch() / std::chrono::seconds(1); };
    const auto before = now();
    const auto response = receiver.send(RequestBuilder());
    const auto after = now();
    const auto* value = response.header("Retry-After");
    ASSERT_NE(value, nullptr);
    std::set<std::string> possible;
    for (auto at = before + 90; at <= after + 91; ++at) possible.insert(base::http_date(at * 1000));
    EXPECT_TRUE(possible.contains(*value)) << *value;
}

TEST(ScriptedAnswers, ProbesDoNotUseThemUp) {
    ReceiverOptions options;
    options.script = prw::testing::short_script("503x1");
    const RunningReceiver receiver(options);
    EXPECT_EQ(receiver.get("/write").status, 405);
    EXPECT_EQ(receiver.send(RequestBuilder()).status, 503);
    EXPECT_EQ(receiver.send(RequestBuilder()).status, 204);
}

TEST(ScriptedAnswers, DelayIsBeforeTheFirstByte) {
    ReceiverOptions options;
    options.script = prw::testing::short_script("204x1:delay=50ms");
    RunningReceiver receiver(options);
    EXPECT_EQ(receiver.send(RequestBuilder()).status, 204);
    const auto e = receiver.exchanges(1)[0];
    EXPECT_GE(e->response_start_us - e->last_byte_us, 50000);
}

TEST(ScriptedAnswers, FaultsAreRecorded) {
    struct Case {
        const char* script;
        const char* fault;
        bool answered;
    };
    for (const auto& [script, fault, answered] :
         {Case{"close", "close", false}, Case{"reset", "reset", false}, Case{"garbage", "garbage", false},
          Case{"cut", "cut", true}, Case{"dribble", "dribble", true}}) {
        ReceiverOptions options;
        options.script = prw::testing::short_script(std::string(script) + "x1");
        RunningReceiver receiver(options);
        const auto first = receiver.send(RequestBuilder());
        EXPECT_EQ(first.status, std::string_view(script) == "dribble" ? 204 : 0) << script;
        (void)receiver.exchanges(1);  // the last byte of a dribble is read before it is recorded
        EXPECT_EQ(receiver.send(RequestBuilder()).status, 204) << script;
        const auto exchanges = receiver.exchanges(2);
        EXPECT_THAT(exchanges[0]->fault, HasSubstr(fault)) << script;
        EXPECT_EQ(exchanges[0]->status, answered ? 204 : 0) << script;
        EXPECT_EQ(exchanges[1]->fault, "");
    }
}

}  // namespace
}  // namespace prw::receiver
