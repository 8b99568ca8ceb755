#include <gtest/gtest.h>

#include <csignal>
#include <latch>
#include <thread>

#include "harness.h"

namespace prw::http {
namespace {

using namespace std::chrono_literals;

/// Sends fixed bytes to each connection after a request head came, then closes.
class RawServer {
public:
    explicit RawServer(std::string answer, bool read_first = true)
        : answer_(std::move(answer)), read_first_(read_first), fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        if (::bind(fd_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(fd_, 8) != 0)
            throw std::runtime_error("listen");
        ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
        port_ = ntohs(address.sin_port);
        thread_ = std::jthread([this] { serve(); });
    }
    ~RawServer() {
        ::shutdown(fd_, SHUT_RDWR);
        thread_.join();
        ::close(fd_);
    }
    RawServer(const RawServer&) = delete;
    RawServer& operator=(const RawServer&) = delete;
    [[nodiscard]] Url url() const { return *parse_url("http://127.0.0.1:" + std::to_string(port_) + "/"); }

private:
    void serve() const {
        for (int fd = ::accept(fd_, nullptr, nullptr); fd >= 0; fd = ::accept(fd_, nullptr, nullptr)) {
            std::string head;
            char c = 0;
            while (read_first_ && !head.ends_with("\r\n\r\n") && ::recv(fd, &c, 1, 0) == 1) head.push_back(c);
            ::send(fd, answer_.data(), answer_.size(), MSG_NOSIGNAL);
            ::shutdown(fd, SHUT_WR);
            while (::recv(fd, &c, 1, 0) == 1) {}
            ::close(fd);
        }
    }
    std::string answer_;
    bool read_first_;
    int fd_;
    std::uint16_t port_ = 0;
    std::jthread thread_;
};

TEST(ClientReads, EveryFraming) {
    struct Row {
        const char* wire;
        int status;
        const char* body;
    };
    const Row rows[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", 200, "abc"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\nT: x\r\n\r\n", 200, "abc"},
        {"HTTP/1.1 200 OK\r\n\r\nabc", 200, "abc"},
        {"HTTP/1.0 200 OK\r\n\r\n", 200, ""},
        {"HTTP/1.1 204 No Content\r\n\r\n", 204, ""},
        {"HTTP/1.1 204\r\n\r\n", 204, ""},
        {"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", 304, ""},
        {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nA: b\r\n\r\nHTTP/1.1 202 "
         "Accepted\r\nContent-Length: 0\r\n\r\n",
         202, ""},
        {"HTTP/1.1 400 Bad Request\nContent-Length: 1\n\nx", 400, "x"},
    };
    for (const auto& row : rows) {
        SCOPED_TRACE(row.wire);
        RawServer server(row.wire);
        const auto answer = get(server.url());
        ASSERT_TRUE(answer) << answer.error().text();
        EXPECT_EQ(answer->status, row.status);
        EXPECT_EQ(answer->body, row.body);
    }
}

TEST(ClientReads, HeadersInOrder) {
    RawServer server("HTTP/1.1 503 Busy Now\r\nb:  1 \r\nA:\r\nB: 2\r\nContent-Length: 0\r\n\r\n");
    const auto answer = get(server.url());
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->reason, "Busy Now");
    EXPECT_EQ(answer->headers, (HeaderList{{"b", "1"}, {"A", ""}, {"B", "2"}, {"Content-Length", "0"}}));
    EXPECT_EQ(*answer->header("B"), "1");
    EXPECT_EQ(answer->header("c"), nullptr);
}

TEST(ClientReads, CutsALongBody) {
    TestServer server({}, [](const Request&) {
        Response r;
        r.status = 200;
        r.body.assign(100000, 'x');
        return r;
    });
    Client client(server.url(), {.max_response = 1000});
    for (int i = 0; i < 2; ++i) {
        const auto answer = client.request("GET", {}, {});
        ASSERT_TRUE(answer) << answer.error().text();
        EXPECT_EQ(answer->body.size(), 1000U);
        EXPECT_FALSE(answer->reused_connection);
    }
}

TEST(ClientFails, WithTheReasonFromRawAnswers) {
    const std::pair<std::string, ClientFailure> rows[] = {
        {"", ClientFailure::kClosedBeforeResponse},
        {"HTTP/1.1 200 OK\r\nConte", ClientFailure::kTruncatedResponse},
        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", ClientFailure::kTruncatedResponse},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc", ClientFailure::kTruncatedResponse},
        {"SSH-2.0-OpenSSH_9.2\r\n", ClientFailure::kMalformedResponse},
        {"HTTP/1.1 abc OK\r\n\r\n", ClientFailure::kMalformedResponse},
        {"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", ClientFailure::kMalformedResponse},
        {"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", ClientFailure::kMalformedResponse},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", ClientFailure::kMalformedResponse},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", ClientFailure::kMalformedResponse},
        {"HTTP/1.1 200 OK\r\nX: " + std::string(70000, 'x') + "\r\n\r\n", ClientFailure::kTooLarge},
    };
    for (const auto& [wire, failure] : rows) {
        SCOPED_TRACE(wire.substr(0, 60));
        RawServer server(wire);
        Client client(server.url());
        const auto answer = client.request("POST", {}, "x");
        ASSERT_FALSE(answer);
        EXPECT_EQ(name_of(client.last_failure()), name_of(failure)) << answer.error().text();
        EXPECT_NE(answer.error().cause.find(name_of(failure)), std::string::npos) << answer.error().cause;
        EXPECT_EQ(answer.error().code, failure == ClientFailure::kClosedBeforeResponse ? ErrorCode::kReset
                                       : failure == ClientFailure::kTooLarge           ? ErrorCode::kTooLarge
                                                                                       : ErrorCode::kMalformed);
        EXPECT_EQ(answer.error().where, server.url().redacted());
    }
}

TEST(ClientFails, WithTheReasonOfEachFault) {
    struct Row {
        Fault fault;
        ClientFailure failure;
        int status;
        ErrorCode code = ErrorCode::kInternal;
    };
    const Row rows[] = {
        {Fault::kCloseBeforeResponse, ClientFailure::kClosedBeforeResponse, 204, ErrorCode::kReset},
        {Fault::kResetBeforeResponse, ClientFailure::kReset, 204, ErrorCode::kReset},
        {Fault::kCutResponse, ClientFailure::kTruncatedResponse, 200, ErrorCode::kMalformed},
        {Fault::kCutResponse, ClientFailure::kTruncatedResponse, 204, ErrorCode::kMalformed},
        {Fault::kGarbage, ClientFailure::kMalformedResponse, 204, ErrorCode::kMalformed},
        {Fault::kStall, ClientFailure::kResponseTimeout, 204, ErrorCode::kTimeout},
        {Fault::kDribble, ClientFailure::kNone, 200},
    };
    for (const auto& row : rows) {
        SCOPED_TRACE(name_of(row.fault));
        TestServer server({}, [&](const Request&) {
            Response response;
            response.status = row.status;
            response.body = row.status == 200 ? "0123456789" : "";
            response.fault = row.fault;
            response.dribble_interval = 1ms;
            return response;
        });
        Client client(server.url(), {.timeout = row.fault == Fault::kStall ? 100ms : 20000ms});
        const auto answer = client.request("POST", {}, "x");
        EXPECT_EQ(name_of(client.last_failure()), name_of(row.failure)) << (answer ? "" : answer.error().text());
        EXPECT_EQ(answer.has_value(), row.failure == ClientFailure::kNone);
        if (!answer) {
            EXPECT_EQ(answer.error().code, row.code);
        }
        if (answer) {
            EXPECT_EQ(answer->body, "0123456789");
        }
        const auto seen = server.seen(1);
        ASSERT_EQ(seen.size(), 1U);
        EXPECT_EQ(seen[0].sent, row.fault == Fault::kDribble);
    }
}

TEST(ClientFails, ToConnect) {
    std::uint16_t port = 0;
    {
        TestServer gone;
        port = gone->port();
    }
    Client refused(*parse_url("http://127.0.0.1:" + std::to_string(port)));
    const auto answer = refused.request("GET", {}, {});
    ASSERT_FALSE(answer);
    EXPECT_EQ(refused.last_failure(), ClientFailure::kRefused);
    EXPECT_EQ(answer.error().code, ErrorCode::kRefused);
    EXPECT_EQ(answer.error().cause, "connection refused: Connection refused");

    Client unknown(*parse_url("http://no-such-host.invalid/"));
    ASSERT_FALSE(unknown.request("GET", {}, {}));
    EXPECT_EQ(unknown.last_failure(), ClientFailure::kResolve);
}

TEST(ClientFails, ToConnectInTime) {
    // A listener whose backlog is full drops further attempts.
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), size), 0);
    ASSERT_EQ(::listen(fd, 0), 0);
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    const auto port = ntohs(address.sin_port);
    const Socket fills(port);
    Client client(*parse_url("http://127.0.0.1:" + std::to_string(port)), {.connect_timeout = 100ms, .timeout = 100ms});
    ASSERT_FALSE(client.request("GET", {}, {}));
    EXPECT_EQ(name_of(client.last_failure()), name_of(ClientFailure::kConnectTimeout));
    ::close(fd);
}

TEST(ClientWrites, WhatItIsTold) {
    TestServer server;
    auto url = server.url("/w?x=1");
    url.user = "me";
    url.password = "secret";
    Client client(url);
    ASSERT_TRUE(client.request("POST", {{"x-B", "2"}, {"A", ""}}, "abc"));
    ASSERT_TRUE(
        client.request("POST", {{"host", "other"}, {"Authorization", "Bearer t"}, {"content-length", "1"}}, "a"));
    ASSERT_TRUE(client.request("POST", "/else", {{"Authorization", "x"}}, ""));
    ASSERT_TRUE(client.request("GET", {{"Authorization", "x"}}, ""));
    const auto seen = server.seen(4);
    const auto host = server.url().host_header();
    EXPECT_EQ(seen.at(0).request.raw_head,
              "POST /w?x=1 HTTP/1.1\r\nHost: " + host +
                  "\r\nx-B: 2\r\nA: \r\nAuthorization: Basic bWU6c2VjcmV0\r\nContent-Length: 3\r\n\r\n");
    EXPECT_EQ(seen.at(1).request.raw_head,
              "POST /w?x=1 HTTP/1.1\r\nhost: other\r\nAuthorization: Bearer t\r\ncontent-length: 1\r\n\r\n");
    EXPECT_EQ(seen.at(2).request.raw_head,
              "POST /else HTTP/1.1\r\nHost: " + host + "\r\nAuthorization: x\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(seen.at(3).request.raw_head, "GET /w?x=1 HTTP/1.1\r\nHost: " + host + "\r\nAuthorization: x\r\n\r\n");
}

TEST(ClientWrites, LargeBodiesBothWays) {
    TestServer server({}, [](const Request& r) {
        Response out;
        out.status = 200;
        out.body = r.raw_body;
        return out;
    });
    std::string body(8U << 20U, 'x');
    for (std::size_t i = 0; i < body.size(); i += 97) body[i] = static_cast<char>(i % 251);
    Client client(server.url(), {.max_response = 16U << 20U});
    const auto answer = client.request("POST", {}, body);
    ASSERT_TRUE(answer) << answer.error().text();
    EXPECT_TRUE(answer->body == body);
}

TEST(ClientWrites, SeesAnAnswerThatComesBeforeItHasWrittenAll) {
    ServerOptions options;
    options.max_body = 1000;
    options.max_drain = 0;
    TestServer server(options, [](const Request&) {
        Response r;
        r.status = 413;
        r.body = "too large";
        return r;
    });
    Client client(server.url());
    const auto answer = client.request("POST", {}, std::string(64U << 20U, 'x'));
    ASSERT_TRUE(answer) << answer.error().text();
    EXPECT_EQ(answer->status, 413);
}

TEST(ClientKeeps, RetriesOnceWhenTheKeptConnectionIsStale) {
    // The server closes after each answer without saying so.
    RawServer server("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    Client client(server.url());
    for (int i = 0; i < 5; ++i) {
        const auto answer = client.request("POST", {}, "x");
        ASSERT_TRUE(answer) << i << ": " << answer.error().text();
        EXPECT_FALSE(i > 0 && answer->reused_connection);
    }
}

TEST(ClientKeeps, DoesNotRepeatOnAFreshConnection) {
    TestServer server({}, [](const Request&) {
        Response r;
        r.fault = Fault::kCloseBeforeResponse;
        return r;
    });
    Client client(server.url());
    ASSERT_FALSE(client.request("POST", {}, "x"));
    EXPECT_EQ(server->connections_accepted(), 1U);
}

TEST(ClientCancels, FromAnotherThreadAndStaysUsable) {
    std::latch inside(1);
    TestServer server({}, [&](const Request& request) {
        Response response;
        if (request.raw_body == "stall") {
            inside.count_down();
            response.fault = Fault::kStall;
        }
        return response;
    });
    Client client(server.url(), {.timeout = 1h});
    std::jthread canceller([&] {
        inside.wait();
        client.cancel();
    });
    const auto answer = client.request("POST", {}, "stall");
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::kConnection);
    EXPECT_EQ(client.last_failure(), ClientFailure::kCancelled);
    EXPECT_TRUE(client.request("POST", {}, "x"));
}

TEST(ClientSignals, NeverRaisesSigpipe) {
    // With the default disposition a SIGPIPE would end this process.
    const auto old = std::signal(SIGPIPE, SIG_DFL);
    ServerOptions options;
    options.max_body = 10;
    options.max_drain = 0;
    TestServer server(options, [](const Request&) {
        Response r;
        r.fault = Fault::kResetBeforeResponse;
        return r;
    });
    Client client(server.url());
    for (int i = 0; i < 5; ++i) EXPECT_FALSE(client.request("POST", {}, std::string(8U << 20U, 'x')));
    std::signal(SIGPIPE, old);
}

}  // namespace
}  // namespace prw::http
