/// The front against our own client and server, with certificates made here.
#include <gtest/gtest.h>

#include <thread>
#include <tuple>

#include "harness.h"
#include "prw/http/certificates.h"
#include "prw/http/tls_front.h"
#include "support.h"

namespace prw::http {
namespace {

/// A server that answers with what it got, and TLS in front of it.
class Fronted {
public:
    explicit Fronted(Handler handler) : server_({}, std::move(handler)) {
        if (auto started = server_.start(); !started) throw std::runtime_error(started.error().text());
        const auto made = make_test_certificates(dir_.path().string());
        if (!made) throw std::runtime_error(made.error().text());
        certificates_ = *made;
        TlsFrontOptions options;
        options.certificate_file = certificates_.certificate_file;
        options.key_file = certificates_.key_file;
        options.behind_port = server_.port();
        front_ = std::make_unique<TlsFront>(options);
        if (auto started = front_->start(); !started) throw std::runtime_error(started.error().text());
    }
    [[nodiscard]] Client client(bool trusting = true) const {
        ClientOptions options;
        if (trusting) options.ca_file = certificates_.ca_file;
        return Client(*parse_url(front_->url("/write?a=b")), options);
    }
    [[nodiscard]] TlsFront& front() { return *front_; }
    [[nodiscard]] const TestCertificates& certificates() const { return certificates_; }

private:
    testing::TempDir dir_;
    TestCertificates certificates_;
    Server server_;
    std::unique_ptr<TlsFront> front_;
};

Response echo(const Request& request) {
    Response response;
    response.status = 200;
    response.body = std::string(request.payload());
    return response;
}

TEST(TlsFront, PassesRequestsAndAnswersOnOverKeptConnections) {
    Fronted fronted(echo);
    auto client = fronted.client();
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{16384}, std::size_t{900'000}}) {
        const std::string body(size, 'x');
        const auto answer = client.request("POST", {{"Content-Length", std::to_string(size)}}, body);
        ASSERT_TRUE(answer) << answer.error().text();
        EXPECT_EQ(answer->status, 200);
        EXPECT_TRUE(answer->body == body) << size;
    }
    EXPECT_EQ(fronted.front().handshakes(), 1U);
    EXPECT_EQ(fronted.front().failed_handshakes(), 0U);
}

TEST(TlsFront, WhoDoesNotTrustTheCaIsCounted) {
    Fronted fronted(echo);
    auto client = fronted.client(false);
    const auto answer = client.request("GET", {}, {});
    ASSERT_FALSE(answer);
    EXPECT_NE(answer.error().text().find("certificate"), std::string::npos) << answer.error().text();
    fronted.front().stop();
    EXPECT_EQ(fronted.front().handshakes(), 0U);
    EXPECT_EQ(fronted.front().failed_handshakes(), 1U);
}

TEST(TlsFront, ClosedConnectionsAreClosedOnTheOtherSide) {
    Fronted fronted([](const Request&) {
        Response response;
        response.fault = Fault::kCloseBeforeResponse;
        return response;
    });
    EXPECT_FALSE(fronted.client().request("GET", {}, {}));
}

TEST(TlsFront, StopsWhileAnAnswerIsAwaited) {
    Fronted fronted([](const Request&) {
        Response response;
        response.fault = Fault::kStall;
        return response;
    });
    std::jthread waiting(
        [client = std::make_shared<Client>(fronted.client())] { EXPECT_FALSE(client->request("GET", {}, {})); });
    while (fronted.front().handshakes() == 0) std::this_thread::yield();
    fronted.front().stop();
}

TEST(TlsFront, SaysWhichFileIsWrong) {
    const testing::TempDir dir;
    testing::write_file(dir.file("key"), "no key");
    const auto made = make_test_certificates(dir.path().string());
    ASSERT_TRUE(made) << made.error().text();
    for (const auto& [certificate, key, named] : {std::tuple{made->certificate_file, dir.file("key"), "key"},
                                                  std::tuple{dir.file("none"), made->key_file, "none"},
                                                  std::tuple{made->ca_file, made->key_file, "server.key"}}) {
        TlsFrontOptions options;
        options.certificate_file = certificate;
        options.key_file = key;
        TlsFront front(options);
        const auto started = front.start();
        ASSERT_FALSE(started) << named;
        EXPECT_NE(started.error().where.find(named), std::string::npos) << started.error().text();
    }
}

TEST(Certificates, NeedAFolder) {
    const auto made = make_test_certificates("/nonexistent");
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, ErrorCode::kIo);
}

}  // namespace
}  // namespace prw::http
