/// TLS against a server of a few lines, with certificates made here.
#include <gtest/gtest.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <thread>

#include "harness.h"
#include "support.h"

namespace prw::http {
namespace {

struct Key {
    EVP_PKEY* key = EVP_EC_gen("P-256");
    Key() = default;
    Key(const Key&) = delete;
    Key& operator=(const Key&) = delete;
    ~Key() { EVP_PKEY_free(key); }
};

/// Signed by `issuer`'s key; a CA when `names` is empty.
X509* make_certificate(const char* subject, const Key& key, const char* issuer, const Key& issuer_key,
                       const std::string& names) {
    static std::atomic<long> serial{1};
    X509* certificate = X509_new();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key.key);
    const auto set_name = [](X509_NAME* name, const char* text) {
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(text), -1, -1, 0);
    };
    set_name(X509_get_subject_name(certificate), subject);
    X509_NAME* issuer_name = X509_NAME_new();
    set_name(issuer_name, issuer);
    X509_set_issuer_name(certificate, issuer_name);
    X509_NAME_free(issuer_name);
    const auto extend = [&](int nid, const char* value) {
        X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value);
        X509_add_ext(certificate, extension, -1);
        X509_EXTENSION_free(extension);
    };
    extend(NID_basic_constraints, names.empty() ? "critical,CA:TRUE" : "critical,CA:FALSE");
    if (!names.empty()) extend(NID_subject_alt_name, names.c_str());
    X509_sign(certificate, issuer_key.key, EVP_sha256());
    return certificate;
}

class TlsServer {
public:
    TlsServer(const std::string& names, int max_version = TLS1_3_VERSION) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
        Key ca_key;
        Key key;
        X509* ca = make_certificate("prw test CA", ca_key, "prw test CA", ca_key, "");
        X509* own = make_certificate("server", key, "prw test CA", ca_key, names);
        BIO* memory = BIO_new(BIO_s_mem());
        PEM_write_bio_X509(memory, ca);
        char* text = nullptr;
        const auto size = BIO_get_mem_data(memory, &text);
        testing::write_file(ca_file(), {text, static_cast<std::size_t>(size)});
        BIO_free(memory);
        context_ = SSL_CTX_new(TLS_server_method());
        SSL_CTX_set_max_proto_version(context_, max_version);
        SSL_CTX_set_min_proto_version(context_, TLS1_VERSION);
        SSL_CTX_set_security_level(context_, 0);
        SSL_CTX_use_certificate(context_, own);
        SSL_CTX_use_PrivateKey(context_, key.key);
        SSL_CTX_set_tlsext_servername_callback(
            context_, +[](SSL* ssl, int*, void* self) {
                const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
                const std::lock_guard lock(static_cast<TlsServer*>(self)->mutex_);
                static_cast<TlsServer*>(self)->sni_ = name == nullptr ? "" : name;
                return SSL_TLSEXT_ERR_OK;
            });
        SSL_CTX_set_tlsext_servername_arg(context_, this);
        X509_free(ca);
        X509_free(own);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t length = sizeof address;
        if (::bind(fd_, reinterpret_cast<sockaddr*>(&address), length) != 0 || ::listen(fd_, 8) != 0)
            throw std::runtime_error("listen");
        ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &length);
        port_ = ntohs(address.sin_port);
        thread_ = std::jthread([this] { serve(); });
    }
    ~TlsServer() {
        ::shutdown(fd_, SHUT_RDWR);
        thread_.join();
        ::close(fd_);
        SSL_CTX_free(context_);
    }
    TlsServer(const TlsServer&) = delete;
    TlsServer& operator=(const TlsServer&) = delete;
    [[nodiscard]] std::string ca_file() const { return directory_.file("ca.pem"); }
    [[nodiscard]] Url url(const std::string& host) const {
        return *parse_url("https://" + host + ":" + std::to_string(port_) + "/");
    }
    [[nodiscard]] std::string sni() {
        const std::lock_guard lock(mutex_);
        return sni_;
    }

private:
    /// Reads heads without bodies and answers each, one connection at a time.
    void serve() const {
        for (int fd = ::accept(fd_, nullptr, nullptr); fd >= 0; fd = ::accept(fd_, nullptr, nullptr)) {
            SSL* ssl = SSL_new(context_);
            SSL_set_fd(ssl, fd);
            std::string head;
            char c = 0;
            if (SSL_accept(ssl) == 1) {
                while (SSL_read(ssl, &c, 1) == 1) {
                    head.push_back(c);
                    if (!head.ends_with("\r\n\r\n")) continue;
                    const std::string body(100000, 'y');
                    const auto answer =
                        "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
                    SSL_write(ssl, answer.data(), static_cast<int>(answer.size()));
                    head.clear();
                }
            }
            SSL_free(ssl);
            ::close(fd);
        }
    }
    testing::TempDir directory_;
    SSL_CTX* context_ = nullptr;
    int fd_;
    std::uint16_t port_ = 0;
    std::mutex mutex_;
    std::string sni_;
    std::jthread thread_;
};

TEST(Tls, VerifiesChainAndNameAndKeepsTheConnection) {
    TlsServer server("DNS:localhost");
    Client client(server.url("localhost"), {.ca_file = server.ca_file()});
    for (int i = 0; i < 3; ++i) {
        const auto answer = client.request("GET", {}, {});
        ASSERT_TRUE(answer) << answer.error().text();
        EXPECT_EQ(answer->body.size(), 100000U);
        EXPECT_EQ(answer->reused_connection, i > 0);
    }
    EXPECT_EQ(server.sni(), "localhost");
}

TEST(Tls, VerifiesAddresses) {
    TlsServer server("IP:127.0.0.1");
    EXPECT_TRUE(get(server.url("127.0.0.1"), {}, {.ca_file = server.ca_file()}));
    EXPECT_EQ(server.sni(), "");
}

void expect_tls_failure(const Url& url, const ClientOptions& options, std::string_view cause) {
    Client client(url, options);
    const auto answer = client.request("GET", {}, {});
    ASSERT_FALSE(answer);
    EXPECT_EQ(name_of(client.last_failure()), name_of(ClientFailure::kTls));
    EXPECT_NE(answer.error().cause.find(cause), std::string::npos) << answer.error().cause;
}

TEST(Tls, RefusesAnotherName) {
    TlsServer server("DNS:other.example");
    expect_tls_failure(server.url("localhost"), {.ca_file = server.ca_file()},
                       "certificate of localhost: hostname mismatch");
}

TEST(Tls, RefusesAnUnknownAuthorityUnlessToldToSkip) {
    TlsServer server("DNS:localhost");
    expect_tls_failure(server.url("localhost"), {}, "certificate of localhost: ");
    EXPECT_TRUE(get(server.url("localhost"), {}, {.insecure_skip_verify = true}));
}

TEST(Tls, RefusesVersionsBefore12) {
    TlsServer server("DNS:localhost", TLS1_1_VERSION);
    expect_tls_failure(server.url("localhost"), {.ca_file = server.ca_file()}, "protocol version");
}

TEST(Tls, NamesAMissingAuthorityFile) {
    TlsServer server("DNS:localhost");
    expect_tls_failure(server.url("localhost"), {.ca_file = "/nonexistent/ca.pem"},
                       "cannot load CA certificates from /nonexistent/ca.pem");
}

TEST(Tls, AgainstAPlainServer) {
    TestServer server;
    auto url = server.url();
    url.scheme = "https";
    expect_tls_failure(url, {}, "wrong version number");
}

}  // namespace
}  // namespace prw::http
