#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <latch>
#include <thread>

#include "harness.h"

namespace prw::http {
namespace {

using namespace std::chrono_literals;

Response text(int status, std::string body) {
    Response response;
    response.status = status;
    response.body = std::move(body);
    return response;
}

Response echo(const Request& request) { return text(200, std::string(request.payload())); }

ServerOptions tight() {
    ServerOptions options;
    options.max_head = 512;
    options.max_fields = 8;
    options.max_body = 64;
    options.head_timeout = options.body_timeout = 50ms;
    return options;
}

std::string status_line(const std::string& answer) { return answer.substr(0, answer.find("\r\n")); }

TEST(ServerReads, EveryStatusFromRawBytes) {
    struct Row {
        const char* name;
        std::string bytes;
        ReadStatus status;
        const char* problem;
        std::string kept_body;
    };
    const std::string post = "POST /w HTTP/1.1\r\nHost: h\r\n";
    const Row rows[] = {
        {"complete", post + "Content-Length: 3\r\n\r\nabc", ReadStatus::kComplete, "", "abc"},
        {"bare line feeds", "POST /w HTTP/1.1\nContent-Length: 3\n\nabc", ReadStatus::kComplete, "", "abc"},
        {"blank line first", "\r\n" + post + "\r\n", ReadStatus::kComplete, "", ""},
        {"equal lengths", post + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", ReadStatus::kComplete, "", "abc"},
        {"at the limit", post + "Content-Length: 64\r\n\r\n" + std::string(64, 'x'), ReadStatus::kComplete, "",
         std::string(64, 'x')},
        {"no request line", "hello\r\n\r\n", ReadStatus::kMalformedHead,
         "line 1: the request line is not METHOD SP target SP HTTP/x.y", ""},
        {"field without colon", "POST /w HTTP/1.1\r\nHost h\r\n\r\n", ReadStatus::kMalformedHead,
         "line 2: a header field has no colon", ""},
        {"folded field", post + "X: a\r\n b\r\n\r\n", ReadStatus::kMalformedHead, "line 4: a header field continues",
         ""},
        {"TLS", std::string("\x16\x03\x01\x02\x00", 5), ReadStatus::kMalformedHead,
         "line 1: a TLS handshake on a port that speaks plain HTTP", ""},
        {"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", ReadStatus::kMalformedHead,
         "an HTTP/2 preface: HTTP/2.0 is not served here", ""},
        {"long line", "POST /" + std::string(600, 'x'), ReadStatus::kHeadTooLarge, "the head is larger than 512 bytes",
         ""},
        {"many fields", "POST /w HTTP/1.1\r\nA:\r\nA:\r\nA:\r\nA:\r\nA:\r\nA:\r\nA:\r\nA:\r\nA:\r\n\r\n",
         ReadStatus::kHeadTooLarge, "the head has 9 fields, more than 8", ""},
        {"announced too much", post + "Content-Length: 65\r\n\r\n" + std::string(65, 'x'), ReadStatus::kBodyTooLarge,
         "Content-Length announces 65 bytes, the limit is 64 bytes", std::string(64, 'x')},
        {"chunked too much", post + "Transfer-Encoding: chunked\r\n\r\n46\r\n" + std::string(70, 'x') + "\r\n0\r\n\r\n",
         ReadStatus::kBodyTooLarge, "the chunked body is larger than 64 bytes", "46\r\n" + std::string(60, 'x')},
        {"chunk size", post + "Transfer-Encoding: chunked\r\n\r\nzz\r\nabc", ReadStatus::kMalformedChunk,
         "byte 0 of the chunked body: chunk size is not a hexadecimal number", "zz\r\nabc"},
        {"length not a number", post + "Content-Length: zzz\r\n\r\n", ReadStatus::kBadLength, "Content-Length is 'zzz'",
         ""},
        {"negative length", post + "Content-Length: -1\r\n\r\n", ReadStatus::kBadLength, "Content-Length is '-1'", ""},
        {"empty length", post + "Content-Length:\r\n\r\n", ReadStatus::kBadLength, "Content-Length is ''", ""},
        {"different lengths", post + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", ReadStatus::kBadLength,
         "given twice, 3 and 4", ""},
        {"length and chunked", post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", ReadStatus::kBadLength,
         "both", ""},
        {"chunked in 1.0", "POST /w HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", ReadStatus::kBadLength, "HTTP/1.0",
         ""},
        {"gzip coding", post + "Transfer-Encoding: gzip, chunked\r\n\r\n", ReadStatus::kUnsupportedTransferCoding,
         "'gzip, chunked'", ""},
        {"head never ends", post, ReadStatus::kHeadTimeout, "the head was not complete within 50 ms, after 27 bytes",
         ""},
        {"body never comes", post + "Content-Length: 9\r\n\r\nabc", ReadStatus::kBodyTimeout,
         "no byte of the body came for 50 ms, after 3 bytes of 9", "abc"},
        {"chunk never comes", post + "Transfer-Encoding: chunked\r\n\r\n5\r\nab", ReadStatus::kBodyTimeout,
         "no byte of the chunked body", "5\r\nab"},
    };
    for (const auto& row : rows) {
        SCOPED_TRACE(row.name);
        TestServer server(tight(), [](const Request& r) {
            return text(r.status == ReadStatus::kComplete ? 200 : 400, r.problem + "!");
        });
        Client client(server.url());
        const auto answer = client.raw(row.bytes);
        ASSERT_TRUE(answer) << answer.error().text();
        const auto seen = server.seen(1);
        ASSERT_EQ(seen.size(), 1U);
        const auto& request = seen[0].request;
        EXPECT_EQ(name_of(request.status), name_of(row.status)) << request.problem;
        EXPECT_TRUE(request.problem.find(row.problem) != std::string::npos &&
                    request.problem.empty() == (*row.problem == '\0'))
            << request.problem;
        EXPECT_EQ(request.raw_body, row.kept_body);
        EXPECT_EQ(answer->body, request.problem + "!");
        EXPECT_TRUE(seen[0].sent);
        EXPECT_EQ(answer->header("Connection") != nullptr, row.status != ReadStatus::kComplete);
    }
}

TEST(ServerReads, VanishingClients) {
    struct Row {
        const char* bytes;
        ReadStatus status;
        const char* problem;
    };
    const Row rows[] = {
        {"POST /w HTT", ReadStatus::kClosedInHead, "within the head, after 11 bytes"},
        {"POST /w HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc", ReadStatus::kClosedInBody,
         "within the body, after 3 bytes of 10"},
        {"POST /w HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", ReadStatus::kClosedInBody,
         "within the chunked body, after 5 bytes"},
    };
    for (const auto& row : rows) {
        for (const bool reset : {false, true}) {
            SCOPED_TRACE(row.bytes + std::string(reset ? " reset" : " close"));
            TestServer server;
            {
                Socket socket(server->port());
                socket.send(row.bytes);
                if (reset) {
                    // A reset throws away what was not read yet: let the server read it first.
                    while (server->connections_accepted() == 0) std::this_thread::yield();
                    socket.reset();
                } else {
                    socket.close();
                }
            }
            if (reset) {
                // How far the server came before the reset is a race; what counts is that it serves on.
                EXPECT_TRUE(Client(server.url()).request("POST", {}, "x"));
                continue;
            }
            const auto seen = server.seen(1);
            ASSERT_EQ(seen.size(), 1U);
            EXPECT_EQ(name_of(seen[0].request.status), name_of(row.status));
            EXPECT_NE(seen[0].request.problem.find(row.problem), std::string::npos) << seen[0].request.problem;
        }
    }
}

TEST(ServerReads, HalfClosedClientStillGetsTheAnswer) {
    TestServer server({}, [](const Request& request) { return text(400, request.problem); });
    Socket socket(server->port());
    socket.send("POST /w HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc");
    socket.finish();
    EXPECT_EQ(status_line(socket.read_all()), "HTTP/1.1 400 Bad Request");
}

TEST(ServerReads, KeepsEveryByte) {
    TestServer server({}, echo);
    const std::string head =
        "post /a%41?x=%zz HTTP/1.1\r\nhost:h\r\nX-B:  two \r\nx-a:\r\nX-B: \xff\r\nTransfer-Encoding: Chunked\r\n\r\n";
    const std::string body = "3;a=b\r\nabc\r\n02\r\nde\r\n0\r\nX-Trailer: t\r\n\r\n";
    Client client(server.url());
    const auto answer = client.raw(head + body);
    ASSERT_TRUE(answer) << answer.error().text();
    EXPECT_EQ(answer->body, "abcde");
    const auto seen = server.seen(1);
    ASSERT_EQ(seen.size(), 1U);
    EXPECT_EQ(seen[0].request.raw_head, head);
    EXPECT_EQ(seen[0].request.raw_body, body);
    EXPECT_TRUE(seen[0].request.chunked);
    EXPECT_EQ(seen[0].request.payload(), "abcde");
    EXPECT_TRUE(seen[0].request.peer.starts_with("127.0.0.1:"));
    EXPECT_LE(seen[0].request.first_byte, seen[0].request.last_byte);
}

TEST(ServerReads, PipelinedRequestsInOrder) {
    TestServer server({}, echo);
    Client client(server.url());
    const auto one = [](std::string body) {
        return "POST / HTTP/1.1\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    };
    const auto first =
        client.raw(one("a") + one("bb") + "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nccc\r\n0\r\n\r\n" +
                   one("dddd"));
    ASSERT_TRUE(first);
    EXPECT_EQ(first->body, "a");
    for (const char* body : {"bb", "ccc", "dddd"}) {
        const auto next = client.raw("");
        ASSERT_TRUE(next) << next.error().text();
        EXPECT_EQ(next->body, body);
        EXPECT_TRUE(next->reused_connection);
    }
    EXPECT_EQ(server->connections_accepted(), 1U);
    EXPECT_EQ(server.seen(4)[3].request.index_on_connection, 3U);
}

TEST(ServerReads, BytesBehindAnAnnouncedBodyBelongToItUnlessTheyAreARequest) {
    const std::string head = "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\n";
    struct Row {
        std::string bytes, body;
        std::size_t requests;
    };
    const std::vector<Row> rows = {
        {head + "abc\x01\x02\x03", "abc\x01\x02\x03", 1},
        {head + "abcdefg\r\n\x12\r\n\r\n", "abcdefg\r\n\x12\r\n\r\n", 1},
        {head + "abcde f\x01", "abcde f\x01", 1},
        {head + "abc" + "\r\n" + head + "def", "abc", 2},
        {head + "abc" + head + "def", "abc", 2},
    };
    for (const auto& row : rows) {
        TestServer server;
        Socket socket(server->port());
        socket.send(row.bytes);
        socket.finish();
        (void)socket.read_all();
        const auto seen = server.seen(row.requests);
        ASSERT_EQ(seen.size(), row.requests) << row.bytes;
        EXPECT_EQ(seen[0].request.raw_body, row.body);
        EXPECT_EQ(seen[0].status, 204);
    }
}

TEST(ServerReads, ABodyWithoutAnnouncedLengthIsNoSecondRequest) {
    for (const char* body : {"\x2e\xb4\x0a\x2c", "abc def\r\n\r\n", ""}) {
        TestServer server;
        Socket socket(server->port());
        socket.send(std::string("POST / HTTP/1.1\r\n\r\n") + body);
        socket.finish();
        EXPECT_THAT(socket.read_all(), ::testing::StartsWith("HTTP/1.1 204"));
        // Whatever comes of a connection is complete before the next one's request is.
        EXPECT_TRUE(Client(server.url()).request("GET", {}, ""));
        const auto seen = server.seen(2);
        ASSERT_EQ(seen.size(), 2U) << body;
        EXPECT_EQ(seen[0].request.status, ReadStatus::kComplete);
        EXPECT_EQ(seen[0].request.raw_body, "");
        EXPECT_THAT(seen[1].request.raw_head, ::testing::StartsWith("GET"));
    }
}

TEST(ServerReads, PipelinedHeadIsNotChargedForTheDelayBefore) {
    ServerOptions options;
    options.head_timeout = 1s;
    TestServer server(options, [](const Request& request) {
        Response response;
        response.delay = request.index_on_connection == 0 ? 1100ms : 0ms;
        return response;
    });
    Socket socket(server->port());
    socket.send("POST /1 HTTP/1.1\r\n\r\nPOST /2 HT");
    ASSERT_EQ(status_line(socket.read_until("\r\n\r\n")), "HTTP/1.1 204 No Content");
    socket.send("TP/1.1\r\n\r\n");
    EXPECT_EQ(status_line(socket.read_until("\r\n\r\n")), "HTTP/1.1 204 No Content");
    EXPECT_EQ(server.seen(2)[1].request.status, ReadStatus::kComplete);
}

TEST(ServerReads, ContinuesWhenAskedTo) {
    TestServer server({}, echo);
    Socket socket(server->port());
    socket.send("POST / HTTP/1.1\r\nContent-Length: 3\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(socket.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    socket.send("abc");
    EXPECT_EQ(socket.read_all(), "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc");
}

TEST(ServerAnswers, AfterAContinueThatNobodyAskedFor) {
    TestServer server({}, [](const Request&) {
        Response response;
        response.status = 200;
        response.body = "ok";
        response.interim = true;
        return response;
    });
    Client client(server.url());
    const auto answer = client.request("POST", {}, "x");
    ASSERT_TRUE(answer) << answer.error().text();
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->body, "ok");
}

TEST(ServerReads, ResetsOnPurposeBeforeOrWithinTheBody) {
    for (const std::size_t after : {0U, 3U}) {
        ServerOptions options;
        options.reset_in_body = [after](const Request& request) -> std::optional<std::size_t> {
            if (request.raw_head.starts_with("POST /spare")) return std::nullopt;
            return after;
        };
        TestServer server(options);
        Client client(server.url());
        EXPECT_FALSE(client.request("POST", {}, "0123456789"));
        EXPECT_TRUE(client.request("POST", "/spare", {}, "0123456789"));
        const auto seen = server.seen(2);
        EXPECT_EQ(seen.front().request.status, ReadStatus::kResetOnPurpose);
        EXPECT_EQ(seen.front().request.raw_body.size(), after);
        EXPECT_TRUE(seen.front().request.problem.starts_with("the connection was reset on purpose, "))
            << seen.front().request.problem;
        EXPECT_FALSE(seen.front().sent);
        EXPECT_TRUE(seen.back().sent);
    }
}

TEST(ServerStarts, ReservedPortRefusesUntilItIsStarted) {
    Server server({}, [](const Request&) { return Response{}; });
    ASSERT_TRUE(server.reserve());
    EXPECT_TRUE(server.reserved());
    const auto url = *parse_url(server.url());
    Client client(url);
    EXPECT_FALSE(client.request("POST", {}, "x"));
    EXPECT_EQ(client.last_failure(), ClientFailure::kRefused);
    ASSERT_TRUE(server.start());
    EXPECT_FALSE(server.reserved());
    EXPECT_EQ(parse_url(server.url())->port, url.port);
    EXPECT_TRUE(client.request("POST", {}, "x"));
}

TEST(ServerReads, RefusesInsteadOfContinuing) {
    TestServer server(tight(), [](const Request&) { return text(413, "no"); });
    Socket socket(server->port());
    socket.send("POST / HTTP/1.1\r\nContent-Length: 65\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(status_line(socket.read_until("\r\n")), "HTTP/1.1 413 Content Too Large");
}

TEST(ServerReads, ClientSeesTheRefusalOfABodyFarAboveTheLimit) {
    ServerOptions options;
    options.max_body = 1000;
    TestServer server(options, [](const Request&) { return text(413, "no"); });
    // Blocking write of everything, then read: what curl and python do. Without draining this ends in a reset.
    Socket socket(server->port());
    const std::string body(16U << 20U, 'x');
    socket.send("POST / HTTP/1.1\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n");
    socket.send(body);
    socket.finish();
    EXPECT_EQ(socket.read_all(), "HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
    EXPECT_EQ(server.seen(1)[0].request.raw_body.size(), 1000U);
}

TEST(ServerReads, EndlessBodyIsCutOff) {
    ServerOptions options;
    options.max_body = 1000;
    options.max_drain = 100000;
    TestServer server(options, [](const Request&) { return text(413, "no"); });
    Socket socket(server->port());
    socket.send("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n");
    const std::string block(64U << 10U, 'x');
    int blocks = 0;
    while (blocks < 10000 && socket.send(block)) ++blocks;
    EXPECT_LT(blocks, 10000) << "the server went on reading";
    EXPECT_EQ(server.seen(1)[0].request.raw_body.size(), 1000U);
}

TEST(ServerKeepsConnections, ThousandRequestsOnOne) {
    TestServer server({}, echo);
    Client client(server.url());
    for (int i = 0; i < 1000; ++i) {
        const auto answer = client.request("POST", {{"X-Number", std::to_string(i)}}, std::to_string(i));
        ASSERT_TRUE(answer) << answer.error().text();
        ASSERT_EQ(answer->body, std::to_string(i));
        ASSERT_EQ(answer->reused_connection, i > 0);
    }
    EXPECT_EQ(server->connections_accepted(), 1U);
}

TEST(ServerKeepsConnections, ByVersionAndHeader) {
    struct Row {
        const char* request;
        bool kept;
        const char* connection;
    };
    const Row rows[] = {
        {"GET / HTTP/1.1\r\n\r\n", true, nullptr},
        {"GET / HTTP/1.1\r\nConnection: Close\r\n\r\n", false, "close"},
        {"GET / HTTP/1.1\r\nConnection: TE, close\r\n\r\n", false, "close"},
        {"GET / HTTP/1.0\r\n\r\n", false, "close"},
        {"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true, "keep-alive"},
    };
    for (const auto& row : rows) {
        SCOPED_TRACE(row.request);
        TestServer server({}, [](const Request&) { return text(200, "x"); });
        Client client(server.url());
        for (int i = 0; i < 2; ++i) {
            const auto answer = client.raw(row.request);
            ASSERT_TRUE(answer) << answer.error().text();
            const auto* connection = answer->header("Connection");
            EXPECT_EQ(connection == nullptr ? "" : *connection, row.connection == nullptr ? "" : row.connection);
        }
        EXPECT_EQ(server->connections_accepted(), row.kept ? 1U : 2U);
    }
}

TEST(ServerAnswers, FramesByStatusAndMethod) {
    struct Row {
        const char* method;
        int status;
        const char* body;
        const char* answer;
    };
    const Row rows[] = {
        {"POST", 204, "", "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"},
        {"POST", 204, "not sent", "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"},
        {"POST", 304, "", "HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n"},
        {"POST", 200, "", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"},
        {"POST", 599, "x", "HTTP/1.1 599 Unassigned\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx"},
        {"HEAD", 200, "body", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\n"},
    };
    for (const auto& row : rows) {
        SCOPED_TRACE(row.answer);
        TestServer server({}, [&](const Request&) { return text(row.status, row.body); });
        Socket socket(server->port());
        socket.send(row.method + std::string(" / HTTP/1.1\r\nConnection: close\r\n\r\n"));
        EXPECT_EQ(socket.read_all(), row.answer);
    }
}

TEST(ServerAnswers, ExactlyTheHeadersItIsTold) {
    TestServer server({}, [](const Request&) {
        auto response = text(503, "later");
        response.reason = "Tired";
        response.headers = {{"b", "1"}, {"A", ""}, {"b", "2"}, {"Content-Length", "5"}};
        response.close = true;
        return response;
    });
    Socket socket(server->port());
    socket.send("GET / HTTP/1.1\r\n\r\n");
    EXPECT_EQ(socket.read_all(),
              "HTTP/1.1 503 Tired\r\nb: 1\r\nA: \r\nb: 2\r\nContent-Length: 5\r\nConnection: close\r\n\r\nlater");
}

TEST(ServerAnswers, InternalErrorWhenTheHandlerThrows) {
    TestServer server({}, [](const Request&) -> Response { throw std::runtime_error("broken"); });
    const auto answer = get(server.url());
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 500);
    EXPECT_EQ(answer->body, "internal error: broken\n");
}

TEST(ServerAnswers, HandsTheAttachmentToTheCompletion) {
    std::string got;
    std::atomic<int> started{0};
    {
        Server server(
            {},
            [](const Request&) {
                Response r;
                r.attachment = std::make_shared<std::string>("mine");
                return r;
            },
            [&](const Request&, const Response& r, SteadyTime, SteadyTime, bool) {
                got = *std::static_pointer_cast<std::string>(r.attachment);
            },
            [&](const Request&, const Response&) { ++started; });
        ASSERT_TRUE(server.start());
        ASSERT_TRUE(get(*parse_url(server.url())));
        server.stop();
    }
    EXPECT_EQ(got, "mine");
    EXPECT_EQ(started, 1);
}

TEST(ServerConcurrency, SixtyConnectionsAtOnce) {
    constexpr int kClients = 60;
    std::latch all(kClients);
    TestServer server({}, [&](const Request& request) {
        if (request.index_on_connection == 0)
            all.arrive_and_wait();  // proves that 60 requests are in progress at the same time
        return echo(request);
    });
    std::atomic<int> good{0};
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < kClients; ++i)
            threads.emplace_back([&, i] {
                Client client(server.url());
                for (int k = 0; k < 20; ++k) {
                    const auto body = std::to_string(i) + "/" + std::to_string(k);
                    const auto answer = client.request("POST", {}, body);
                    if (answer && answer->body == body) ++good;
                }
            });
    }
    EXPECT_EQ(good, kClients * 20);
    EXPECT_EQ(server.seen(kClients * 20).size(), static_cast<std::size_t>(kClients * 20));
}

TEST(ServerConcurrency, IdleConnectionsDoNotBlock) {
    TestServer server;
    std::vector<Socket> idle;
    for (int i = 0; i < 100; ++i) idle.emplace_back(server->port());
    Client client(server.url(), {.timeout = 10s});
    EXPECT_TRUE(client.request("POST", {}, "x"));
}

TEST(ServerConcurrency, FurtherConnectionsWaitInTheBacklog) {
    ServerOptions options;
    options.max_connections = 2;
    TestServer server(options);
    std::vector<Socket> sockets;
    for (int i = 0; i < 3; ++i) {
        sockets.emplace_back(server->port());
        sockets.back().send("POST / HTTP/1.1\r\n\r\n");
    }
    EXPECT_EQ(status_line(sockets[0].read_until("\r\n\r\n")), "HTTP/1.1 204 No Content");
    EXPECT_EQ(status_line(sockets[1].read_until("\r\n\r\n")), "HTTP/1.1 204 No Content");
    EXPECT_EQ(server->connections_accepted(), 2U);
    sockets[0].close();
    EXPECT_EQ(status_line(sockets[2].read_until("\r\n\r\n")), "HTTP/1.1 204 No Content");
}

TEST(ServerConcurrency, SurvivesRunningOutOfDescriptors) {
#ifdef __SANITIZE_ADDRESS__
    GTEST_SKIP() << "UBSan's vptr check opens a pipe, and calls it a wrong type when it cannot";
#endif
    TestServer server;
    std::vector<Socket> sockets;
    sockets.emplace_back(server->port());  // created before there are none left
    sockets.emplace_back(server->port());
    std::vector<int> hoard;
    rlimit old{};
    ::getrlimit(RLIMIT_NOFILE, &old);
    rlimit low = old;
    low.rlim_cur = 256;
    ::setrlimit(RLIMIT_NOFILE, &low);
    for (int fd = ::dup(0); fd >= 0; fd = ::dup(0)) hoard.push_back(fd);
    // The sockets exist on both sides or wait in the backlog; new ones cannot be accepted now.
    ::close(hoard.back());
    hoard.pop_back();
    {
        Socket waiting(server->port());  // takes the last descriptor: the server has none to accept it with
        waiting.send("POST / HTTP/1.1\r\n\r\n");
        for (const int fd : hoard) ::close(fd);
        ::setrlimit(RLIMIT_NOFILE, &old);
        EXPECT_EQ(status_line(waiting.read_until("\r\n\r\n")), "HTTP/1.1 204 No Content");
    }
    for (auto& socket : sockets) {
        socket.send("POST / HTTP/1.1\r\n\r\n");
        EXPECT_EQ(status_line(socket.read_until("\r\n\r\n")), "HTTP/1.1 204 No Content");
    }
}

TEST(ServerStarts, PortInUseIsAnErrorWithTheAddress) {
    TestServer first;
    ServerOptions options;
    options.port = first->port();
    Server second(options, [](const Request&) { return Response{}; });
    const auto started = second.start();
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().code, ErrorCode::kInUse);
    EXPECT_EQ(started.error().text(), first->address() + ": cannot listen (Address already in use)");
}

TEST(ServerStarts, AddressesThatCannotBe) {
    for (const char* host : {"192.0.2.1", "no-such-host.invalid"}) {
        ServerOptions options;
        options.host = host;
        Server server(options, [](const Request&) { return Response{}; });
        const auto started = server.start();
        ASSERT_FALSE(started) << host;
        EXPECT_NE(started.error().text().find(host), std::string::npos) << started.error().text();
    }
}

TEST(ServerStarts, OnIpv6AndWildcard) {
    for (const char* host : {"::1", "[::1]", "0.0.0.0", "localhost", ""}) {
        SCOPED_TRACE(host);
        ServerOptions options;
        options.host = host;
        Server server(options, echo);
        const auto started = server.start();
        if (!started && std::string_view(host).find(':') != std::string_view::npos) continue;  // a machine without IPv6
        ASSERT_TRUE(started) << started.error().text();
        const auto url = parse_url(server.url());
        ASSERT_TRUE(url) << server.url();
        EXPECT_TRUE(get(*url));
    }
}

TEST(ServerStarts, AgainOnTheSamePort) {
    std::uint16_t port = 0;
    for (int i = 0; i < 3; ++i) {
        ServerOptions options;
        options.port = port;
        TestServer server(options);
        port = server->port();
        EXPECT_TRUE(Client(server.url()).request("POST", {}, "x"));
    }
}

/// stop() on another thread, so that a hang fails the test instead of the run.
bool stops(Server& server, std::chrono::milliseconds grace) {
    std::mutex mutex;
    std::condition_variable changed;
    bool done = false;
    std::jthread thread([&] {
        server.stop(grace);
        const std::lock_guard lock(mutex);
        done = true;
        changed.notify_all();
    });
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, kDeadline, [&] { return done; });
}

TEST(ServerStops, WithIdleStalledAndHalfSentConnections) {
    TestServer server({}, [](const Request& request) {
        Response response;
        if (request.raw_head.starts_with("STALL")) response.fault = Fault::kStall;
        if (request.raw_head.starts_with("DELAY")) response.delay = 1h;
        return response;
    });
    std::vector<Socket> sockets;
    for (const char* bytes : {"", "POST / HTTP/1.1\r\n\r\n", "STALL / HTTP/1.1\r\n\r\n", "POST / HT",
                              "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nab", "DELAY / HTTP/1.1\r\n\r\n"}) {
        sockets.emplace_back(server->port());
        sockets.back().send(bytes);
    }
    ASSERT_EQ(server.seen(1).size(), 1U);
    EXPECT_TRUE(stops(*server, 100ms));
    EXPECT_TRUE(stops(*server, 100ms));
    for (auto& socket : sockets) EXPECT_EQ(socket.read_all().find("<timeout>"), std::string::npos);
}

TEST(ServerStops, IdleConnectionsNeedNoGrace) {
    TestServer server;
    Socket fresh(server->port());
    Socket kept(server->port());
    kept.send("POST / HTTP/1.1\r\n\r\n");
    ASSERT_EQ(server.seen(1).size(), 1U);
    const auto start = std::chrono::steady_clock::now();
    EXPECT_TRUE(stops(*server, 1h));
    EXPECT_LT(std::chrono::steady_clock::now() - start, kDeadline);
}

TEST(ServerStops, AnswersWhatIsInProgress) {
    std::latch inside(1);
    std::latch go(1);
    TestServer server({}, [&](const Request&) {
        inside.count_down();
        go.wait();
        return text(200, "done");
    });
    Socket socket(server->port());
    socket.send("POST / HTTP/1.1\r\n\r\n");
    inside.wait();
    std::jthread stopper([&] { server->stop(1h); });
    go.count_down();
    const auto answer = socket.read_all();
    EXPECT_TRUE(answer.ends_with("done")) << answer;
}

}  // namespace
}  // namespace prw::http
