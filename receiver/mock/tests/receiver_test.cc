#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>
#include <thread>

#include "running_receiver.h"

namespace prw::receiver {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using prw::testing::kDeadline;
using prw::testing::RequestBuilder;
using prw::testing::RunningReceiver;
using prw::testing::short_script;
using ::testing::HasSubstr;
using Clock = std::chrono::steady_clock;

/// A request whose bytes tell it from all others.
std::string numbered(int client, int number) {
    const auto request =
        RequestBuilder()
            .header("X-Client", std::to_string(client))
            .header("X-Number", std::to_string(number))
            .series(prw::testing::valid_series(
                {{"__name__", "up"}, {"client", std::to_string(client)}, {"number", std::to_string(number)}}))
            .build();
    return request.head + request.body;
}

/// A bare connection that can vanish.
class Socket {
public:
    explicit Socket(const Receiver& receiver) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
        const auto address = receiver.address();
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(address.find(':') + 1))));
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
    }
    ~Socket() { close(); }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    void send(const std::string& bytes) const {
        EXPECT_EQ(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
    }
    void close() {
        if (fd_ >= 0) ::close(fd_);
        fd_ = -1;
    }

private:
    int fd_;
};

TEST(Receiver, SixteenClientsAreObservedInOrderByteForByte) {
    constexpr int kClients = 16;
    constexpr int kRequests = 50;
    std::vector<exchange::Exchange> observed;
    std::atomic<int> inside{0};
    std::atomic<bool> overlapped{false};
    {
        RunningReceiver receiver({}, [&](const exchange::Exchange& e) {
            if (++inside != 1) overlapped = true;
            observed.push_back(e);
            --inside;
        });
        std::atomic<int> failed{0};
        {
            std::vector<std::jthread> clients;
            for (int c = 0; c < kClients; ++c)
                clients.emplace_back([&, c] {
                    auto client = receiver.client();
                    for (int i = 0; i < kRequests; ++i) {
                        const auto response = client.raw(numbered(c, i));
                        if (!response || response->status != 204) ++failed;
                    }
                });
        }
        EXPECT_EQ(failed, 0);
        receiver->stop();
        EXPECT_EQ(receiver->count(), static_cast<std::uint64_t>(kClients * kRequests));
    }
    EXPECT_FALSE(overlapped);
    ASSERT_EQ(observed.size(), static_cast<std::size_t>(kClients * kRequests));
    std::map<std::string, int> next;
    for (std::size_t i = 0; i < observed.size(); ++i) {
        const auto& e = observed[i];
        EXPECT_EQ(e.id, i + 1);
        const auto head = proto::parse_request_head(e.raw_head);
        ASSERT_TRUE(head);
        const std::string client(head->value("X-Client"));
        const int number = std::stoi(std::string(head->value("X-Number")));
        EXPECT_EQ(number, next[client]++) << "requests of one connection keep their order";
        EXPECT_EQ(e.raw_head + e.raw_body, numbered(std::stoi(client), number));
        EXPECT_EQ(e.index_on_connection, static_cast<std::uint64_t>(number));
        EXPECT_TRUE(e.response_sent);
        EXPECT_LE(e.first_byte_us, e.last_byte_us);
        EXPECT_LE(e.last_byte_us, e.response_start_us);
        EXPECT_LE(e.response_start_us, e.response_end_us);
    }
}

TEST(Receiver, WhatAResponseCausesComesAfterItAlsoOnOtherConnections) {
    RunningReceiver receiver;
    for (int i = 0; i < 100; ++i) ASSERT_EQ(receiver.send(numbered(0, i)).status, 204);
    const auto exchanges = receiver.exchanges(100);
    for (std::size_t i = 0; i < exchanges.size(); ++i) {
        EXPECT_EQ(exchanges[i]->id, i + 1);
        EXPECT_THAT(exchanges[i]->raw_head, HasSubstr("X-Number: " + std::to_string(i) + "\r\n"));
    }
}

TEST(Receiver, HandsOnWhatTheCheckerDecodedUntilTheObserverReturns) {
    for (const bool hands_on : {false, true}) {
        for (const bool clean : {false, true}) {
            ReceiverOptions options;
            options.hand_on_bodies = hands_on;
            options.on_violation = OnViolation::kAccept;
            bool same = false;
            std::size_t series = 0;
            exchange::Exchange copy;
            RunningReceiver receiver(options, [&](const exchange::Exchange& e) {
                const auto first = e.body(), second = e.body();
                same = first == second;
                series = first ? first->view().series.size() : 0;
                copy = e;
            });
            auto builder = RequestBuilder();
            if (!clean) builder.series(prw::testing::valid_series({{"job", "b"}, {"__name__", "up"}}));  // not sorted
            EXPECT_EQ(receiver.send(builder).status, 204);
            receiver->stop();
            EXPECT_EQ(same, hands_on) << "one that was decoded once, or twice";
            EXPECT_GT(series, 0U);
            EXPECT_EQ(series, receiver->exchanges().at(0)->check.series);
            EXPECT_EQ(receiver->exchanges().at(0)->check.findings.empty(), clean);
            EXPECT_TRUE(receiver->exchanges().at(0)->decoded.expired());
            EXPECT_TRUE(copy.decoded.expired()) << "a copy does not hold on to it";
            const auto later = copy.body();
            ASSERT_NE(later, nullptr) << "decoded anew";
            EXPECT_EQ(later->view().series.size(), series);
        }
    }
}

TEST(Receiver, ABodyThatDoesNotDecodeIsNotThere) {
    ReceiverOptions options;
    options.hand_on_bodies = true;
    RunningReceiver receiver(options);
    const auto request = RequestBuilder().build();
    EXPECT_EQ(receiver.send(request.head + std::string(request.body.size(), 'x')).status, 400);
    EXPECT_EQ(receiver.exchanges(1).at(0)->body(), nullptr);
}

TEST(Receiver, ASlowObserverDoesNotHoldBackResponses) {
    std::promise<void> go;
    auto gate = go.get_future().share();
    std::vector<std::uint64_t> ids;
    RunningReceiver receiver({}, [&](const exchange::Exchange& e) {
        gate.wait_for(kDeadline);
        ids.push_back(e.id);
    });
    auto client = receiver.client();
    for (int i = 0; i < 20; ++i) {
        const auto response = client.raw(numbered(0, i));
        ASSERT_TRUE(response) << response.error().text();
    }
    EXPECT_EQ(receiver.get("/-/ready").status, 200);
    go.set_value();
    receiver->stop();
    EXPECT_EQ(ids.size(), 20U);
    EXPECT_TRUE(std::is_sorted(ids.begin(), ids.end()));
}

TEST(Receiver, AStuckObserverBoundsMemoryByHoldingRequests) {
    std::promise<void> go;
    auto gate = go.get_future().share();
    ReceiverOptions options;
    options.max_pending_bytes = 1U << 20U;
    RunningReceiver receiver(options, [&](const exchange::Exchange&) { gate.wait_for(kDeadline); });
    const auto big = RequestBuilder().body(std::string(300000, 'x')).build();
    http::ClientOptions impatient;
    impatient.timeout = 1s;
    http::Client client(*http::parse_url(receiver->url()), impatient);
    for (int i = 0; i < 4; ++i) {
        const auto response = client.raw(big.head + big.body);
        ASSERT_TRUE(response) << response.error().text();
        EXPECT_EQ(response->status, 400);
    }
    // The connection that brought the fourth waits, and so does its next request; the control API answers.
    EXPECT_FALSE(client.raw(big.head + big.body));
    EXPECT_EQ(client.last_failure(), http::ClientFailure::kResponseTimeout);
    EXPECT_EQ(receiver.get("/metrics").status, 200);
    go.set_value();
    EXPECT_EQ(receiver.send(big.head + big.body).status, 400);
    EXPECT_GE(receiver.exchanges(5).size(), 5U);
}

TEST(Receiver, StalledAndDribbledResponsesDoNotHoldBackOthers) {
    for (const char* fault : {"stall", "dribble"}) {
        ReceiverOptions options;
        options.script = short_script(std::string(fault) + "x1");
        options.script.steps[0].headers = {{"X-Long", std::string(20000, 'x')}};  // dribbled for minutes
        std::vector<std::uint64_t> ids;
        RunningReceiver receiver(options, [&](const exchange::Exchange& e) { ids.push_back(e.id); });
        const Socket stalled(*receiver.operator->());
        stalled.send(numbered(0, 0));
        // The script's status tells that the first request has reached its step.
        while (receiver.get("/api/v1/script").body.find("\"used\": 1") == std::string::npos) {}
        for (int i = 1; i <= 5; ++i) ASSERT_EQ(receiver.send(numbered(1, i)).status, 204) << fault;
        EXPECT_EQ(receiver.exchanges(5).size(), 5U) << fault;
        const auto start = Clock::now();
        receiver->stop();
        EXPECT_LT(Clock::now() - start, 4s) << fault;
        ASSERT_EQ(ids.size(), 6U) << fault;
        EXPECT_TRUE(std::is_sorted(ids.begin(), ids.end())) << fault << ::testing::PrintToString(ids);
        const auto last = receiver->exchanges().back();
        EXPECT_EQ(last->fault, fault);
        EXPECT_FALSE(last->response_sent);
    }
}

TEST(Receiver, StopsAtOnceWithManyStalledAndIdleClients) {
    ReceiverOptions options;
    options.script = short_script("stall");
    RunningReceiver receiver(options);
    std::vector<std::unique_ptr<Socket>> sockets;
    for (int i = 0; i < 20; ++i) {
        sockets.push_back(std::make_unique<Socket>(*receiver.operator->()));
        if (i % 2 == 0) sockets.back()->send(numbered(0, i));
    }
    while (receiver.get("/api/v1/script").body.find("\"used\": 10") == std::string::npos) {}
    const auto start = Clock::now();
    receiver->stop();
    EXPECT_LT(Clock::now() - start, 1s);
    EXPECT_EQ(receiver->count(), 10U) << "stalled requests are recorded, too";
    receiver->stop();
}

/// A raw request with one change to its head.
std::string with(std::string_view from, std::string_view to) {
    auto bytes = numbered(0, 0);
    bytes.replace(bytes.find(from), from.size(), to);
    return bytes;
}

TEST(Receiver, AnswersBrokenHeadsAsServersMust) {
    struct Row {
        std::string bytes, rule;
    };
    const std::vector<Row> rows = {
        {with("Host: ", "X-Host: "), "headers/host"},
        {with("Host: ", "Host: a\r\nHost: "), "headers/host"},
        {with("Host: ", std::string("X: a\0b\r\nHost: ", 14)), "headers/value-clean"},
        {with("Host: ", "X: a\rb\r\nHost: "), "headers/value-clean"},
        {with("Content-Length", "X-Length"), "headers/length-announced"},
        {with("Content-Length: ", "Content-Length: 1\r\nX: "), "headers/content-length"},
    };
    for (const auto& row : rows) {
        RunningReceiver receiver;
        EXPECT_EQ(receiver.send(row.bytes).status, 400) << row.bytes;
        EXPECT_EQ(receiver.send(numbered(0, 1)).status, 204);
        // Nothing else comes of it: bytes of a body are no request of their own.
        const auto exchanges = receiver.exchanges(2);
        ASSERT_EQ(exchanges.size(), 2U) << row.bytes;
        ASSERT_EQ(exchanges[0]->check.findings.size(), 1U) << row.bytes;
        EXPECT_EQ(exchanges[0]->check.findings[0].rule, row.rule) << row.bytes;
    }
}

TEST(Receiver, ComparesHostWithTheOneThatItWasTold) {
    RunningReceiver receiver;
    const auto findings = [&](std::size_t index) {
        std::string out;
        for (const auto& finding : receiver.exchanges(index + 1)[index]->check.findings) out += finding.rule + " ";
        return out;
    };
    EXPECT_EQ(receiver.send(numbered(0, 0)).status, 204);
    EXPECT_EQ(findings(0), "");
    receiver->expect_host("example.org:9090");
    EXPECT_EQ(receiver.send(numbered(0, 1)).status, 204);
    EXPECT_EQ(findings(1), "headers/host-as-url ");
}

TEST(Receiver, AClientThatVanishesIsRecorded) {
    RunningReceiver receiver;
    const auto bytes = numbered(0, 0);
    {
        const Socket in_body(*receiver.operator->());
        in_body.send(bytes.substr(0, bytes.size() - 5));
    }
    auto exchanges = receiver.exchanges(1);
    EXPECT_EQ(exchanges[0]->read_status, proto::ReadStatus::kClosedInBody);
    EXPECT_EQ(exchanges[0]->status, 0);
    EXPECT_FALSE(exchanges[0]->response_sent);
    EXPECT_EQ(exchanges[0]->raw_head + exchanges[0]->raw_body, bytes.substr(0, bytes.size() - 5));
    EXPECT_THAT(exchanges[0]->problem, HasSubstr("closed"));
    {
        const Socket in_head(*receiver.operator->());
        in_head.send("POST /w HT");
    }
    exchanges = receiver.exchanges(2);
    EXPECT_EQ(exchanges[1]->read_status, proto::ReadStatus::kClosedInHead);
    EXPECT_EQ(exchanges[1]->raw_head, "POST /w HT");
    EXPECT_EQ(receiver.send(numbered(0, 1)).status, 204);
}

TEST(Receiver, KeepsWithinItsBounds) {
    ReceiverOptions by_count;
    by_count.keep_exchanges = 10;
    RunningReceiver few(by_count);
    for (int i = 0; i < 30; ++i) ASSERT_EQ(few.send(numbered(0, i)).status, 204);
    ASSERT_TRUE(few->wait(kDeadline, [](const auto& now) { return !now.empty() && now.back()->id == 30; }));
    EXPECT_EQ(few->exchanges().size(), 10U);
    EXPECT_EQ(few->exchanges().front()->id, 21U);
    EXPECT_EQ(few->count(), 30U);

    ReceiverOptions by_bytes;
    by_bytes.keep_bytes = 1U << 20U;
    RunningReceiver small(by_bytes);
    const auto big = RequestBuilder().body(std::string(300000, 'x'));
    for (int i = 0; i < 10; ++i) ASSERT_EQ(small.send(big).status, 400);
    ASSERT_TRUE(small->wait(kDeadline, [](const auto& now) { return !now.empty() && now.back()->id == 10; }));
    EXPECT_EQ(small->exchanges().size(), 3U);
}

TEST(Receiver, WaitEndsWithTheConditionOrTheDeadline) {
    RunningReceiver receiver;
    EXPECT_FALSE(receiver->wait(20ms, [](const auto& now) { return !now.empty(); }));
    EXPECT_TRUE(receiver->wait(0ms, [](const auto& now) { return now.empty(); }));
    std::jthread later([&] { EXPECT_EQ(receiver.send(numbered(0, 0)).status, 204); });
    EXPECT_TRUE(receiver->wait(kDeadline, [](const auto& now) { return now.size() == 1; }));
}

TEST(Receiver, ScriptsAnswerProbesOnlyWhereTheySaySo) {
    ReceiverOptions options;
    ScriptStep page;
    page.path = "/page";
    page.probes = true;
    page.status = 200;
    ScriptStep refuse;
    refuse.status = 503;
    options.script.steps = {page, refuse};
    RunningReceiver receiver(options);
    EXPECT_EQ(receiver.get("/page").status, 200);
    EXPECT_EQ(receiver.get("/other").status, 405);
    EXPECT_EQ(receiver.send(RequestBuilder()).status, 503);
}

TEST(Receiver, ScriptsMayLeaveWhatIsNoMessageToTheReceiver) {
    for (const bool needs_message : {false, true}) {
        ReceiverOptions options;
        options.script_needs_message = needs_message;
        options.on_violation = OnViolation::kAccept;
        options.script = prw::testing::short_script("503");
        RunningReceiver receiver(options);
        const auto foreign = RequestBuilder().header("Content-Encoding", "zstd").body("\x28\xb5\x2f\xfd anything");
        EXPECT_EQ(receiver.send(foreign).status, needs_message ? 415 : 503);
        EXPECT_EQ(receiver.send(RequestBuilder().body("no snappy")).status, needs_message ? 400 : 503);
        EXPECT_EQ(receiver.send(RequestBuilder().header("Content-Type", "text/plain")).status, 503)
            << "the bytes are a message, whatever the head says";
        EXPECT_EQ(receiver.send(RequestBuilder()).status, 503);
    }
}

TEST(Receiver, ReservedAddressIsTheOneThatItStartsOn) {
    Receiver receiver;
    ASSERT_TRUE(receiver.reserve());
    EXPECT_FALSE(receiver.reserve());
    const auto address = receiver.address();
    ASSERT_TRUE(receiver.start());
    EXPECT_EQ(receiver.address(), address);
}

TEST(Receiver, StartsOnceAndNamesAPortInUse) {
    RunningReceiver receiver;
    const auto again = receiver->start();
    ASSERT_FALSE(again);
    EXPECT_THAT(again.error().text(), HasSubstr("runs already"));
    const auto address = receiver->address();
    ReceiverOptions options;
    options.server.port = static_cast<std::uint16_t>(std::stoi(address.substr(address.find(':') + 1)));
    Receiver second(options);
    const auto started = second.start();
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().text(), address + ": cannot listen (Address already in use)");
}

// Control API

TEST(ControlApi, PagesAnswer) {
    RunningReceiver receiver;
    ASSERT_EQ(receiver.send(numbered(3, 4)).status, 204);
    ASSERT_EQ(
        receiver.send(RequestBuilder().series(prw::testing::valid_series({{"b", "1"}, {"__name__", "up"}}))).status,
        400);
    ASSERT_EQ(receiver.exchanges(2).size(), 2U);
    EXPECT_EQ(receiver.get("/-/ready").body, "ready\n");
    EXPECT_EQ(receiver.get("/-/healthy").body, "healthy\n");
    EXPECT_EQ(receiver.send("HEAD /-/ready HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").status, 200);
    const auto metrics = receiver.get("/metrics").body;
    EXPECT_THAT(metrics, HasSubstr("prw_receiver_requests_total{message=\"1.0\",status=\"204\"} 1"));
    EXPECT_THAT(metrics, HasSubstr("prw_receiver_findings_total{rule=\"labels/sorted\",severity=\"fail\"} 1"));
    EXPECT_THAT(metrics, HasSubstr("prw_receiver_requests_in_flight 0"));
    const auto status = json::parse(receiver.get("/api/v1/status").body);
    EXPECT_EQ(status.at("requests"), 2);
    EXPECT_EQ(status.at("kept"), 2);
    const auto requests = json::parse(receiver.get("/api/v1/requests").body);
    ASSERT_EQ(requests.size(), 2U);
    EXPECT_EQ(requests[0].at("user_agent"), "acme-agent/1.2.3");
    EXPECT_EQ(requests[1].at("worst"), "fail");
    EXPECT_EQ(json::parse(receiver.get("/api/v1/requests?after=1").body).size(), 1U);
    EXPECT_EQ(json::parse(receiver.get("/api/v1/requests?limit=1").body)[0].at("id"), 1);
    EXPECT_EQ(json::parse(receiver.get("/api/v1/requests/2").body).at("findings")[0].at("rule"), "labels/sorted");
    EXPECT_EQ(receiver.get("/api/v1/requests/1/raw").body, numbered(3, 4));
    for (const char* none :
         {"/api/v1/requests/3", "/api/v1/requests/", "/api/v1/requests/x", "/api/v1/requests/1x/raw"})
        EXPECT_EQ(receiver.get(none).status, 404) << none;
    EXPECT_EQ(receiver->count(), 2U) << "the API's own requests are no exchanges";
}

TEST(ControlApi, TellsABrowserWhatItIs) {
    RunningReceiver receiver;
    const auto open = [&](const std::string& fields, const std::string& line = "GET / HTTP/1.1") {
        return receiver.send(line + "\r\n" + fields + "Connection: close\r\n\r\n");
    };
    const auto page = open("Host: 127.0.0.1:9201\r\nAccept: text/html,application/xhtml+xml,*/*;q=0.8\r\n");
    EXPECT_EQ(page.status, 200);
    EXPECT_THAT(page.body, HasSubstr("- url: http://127.0.0.1:9201/api/v1/write"));
    EXPECT_EQ(receiver->count(), 0U);
    const auto hostile = open("Host: <script>\r\nAccept: text/html\r\n");
    EXPECT_THAT(hostile.body, ::testing::Not(HasSubstr("<script>")));
    // For a sender "/" may be where it writes: its probe is one.
    EXPECT_EQ(open("Host: x\r\n").status, 405);
    EXPECT_EQ(open("Host: x\r\nAccept: */*\r\n").status, 405);
    EXPECT_EQ(open("Host: x\r\nAccept: text/html\r\n", "GET /api/v1/write HTTP/1.1").status, 405);
}

TEST(ControlApi, ScriptsComeAndGoWhileRunning) {
    const RunningReceiver receiver;
    EXPECT_EQ(receiver.put("/api/v1/script", "503x1,429\n").status, 204);
    EXPECT_EQ(receiver.send(numbered(0, 0)).status, 503);
    EXPECT_EQ(receiver.send(numbered(0, 0)).status, 429);
    const auto steps = json::parse(receiver.get("/api/v1/script").body);
    ASSERT_EQ(steps.size(), 2U);
    EXPECT_EQ(steps[0].at("used"), 1);
    EXPECT_EQ(steps[1].at("times"), nullptr);
    EXPECT_EQ(receiver.put("/api/v1/script", "version: 1\nsteps:\n  - status: 418\n").status, 204);
    EXPECT_EQ(receiver.send(numbered(0, 0)).status, 418);
    const auto bad = receiver.put("/api/v1/script", "version: 1\nsteps:\n  - statu: 418\n");
    EXPECT_EQ(bad.status, 400);
    EXPECT_EQ(bad.body, "body:3: unknown key \"statu\" in a step; did you mean \"status\"?\n");
    EXPECT_EQ(receiver.send(numbered(0, 0)).status, 418) << "a bad script changes nothing";
    EXPECT_EQ(receiver.send("DELETE /api/v1/script HTTP/1.1\r\nHost: x\r\n\r\n").status, 204);
    EXPECT_EQ(receiver.send(numbered(0, 0)).status, 204);
    EXPECT_EQ(json::parse(receiver.get("/api/v1/script").body).size(), 0U);
}

TEST(ControlApi, CanBeSwitchedOff) {
    ReceiverOptions options;
    options.control_api = false;
    RunningReceiver receiver(options);
    EXPECT_EQ(receiver.get("/-/ready").status, 405);
    EXPECT_EQ(receiver.put("/api/v1/script", "503").status, 405);
    EXPECT_EQ(receiver.exchanges(2).size(), 2U);
}

TEST(ControlApi, ScriptsMayChangeUnderLoad) {
    const RunningReceiver receiver;
    std::atomic<int> odd{0};
    {
        std::vector<std::jthread> clients;
        for (int c = 0; c < 4; ++c)
            clients.emplace_back([&, c] {
                auto client = receiver.client();
                for (int i = 0; i < 50; ++i) {
                    const auto response = client.raw(numbered(c, i));
                    if (!response || (response->status != 204 && response->status != 503)) ++odd;
                }
            });
        for (int i = 0; i < 30; ++i)
            EXPECT_EQ(receiver
                          .put("/api/v1/script",
                               i % 2 == 0 ? "version: 1\nsteps: [{when: {metric: up}, status: 503}]" : "204")
                          .status,
                      204);
    }
    EXPECT_EQ(odd, 0);
}

}  // namespace
}  // namespace prw::receiver
