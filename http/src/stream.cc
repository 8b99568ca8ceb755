#include "stream.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <cerrno>

namespace prw::http {

namespace {

// OpenSSL's socket BIO calls write(), which raises SIGPIPE; this one calls send(MSG_NOSIGNAL).
int fd_of(BIO* bio) { return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio))); }

int bio_write(BIO* bio, const char* bytes, int size) {
    BIO_clear_retry_flags(bio);
    const auto done = ::send(fd_of(bio), bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL);
    if (done < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(bio);
    return static_cast<int>(done);
}

int bio_read(BIO* bio, char* into, int size) {
    BIO_clear_retry_flags(bio);
    const auto got = ::recv(fd_of(bio), into, static_cast<std::size_t>(size), 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
    if (got == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
    return static_cast<int>(got);
}

long bio_control(BIO* bio, int command, long, void*) {
    if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO* socket_bio(int fd) {
    struct Method {
        BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket without SIGPIPE");
        Method() {
            if (method == nullptr) return;
            BIO_meth_set_write(method, bio_write);
            BIO_meth_set_read(method, bio_read);
            BIO_meth_set_ctrl(method, bio_control);
        }
        ~Method() { BIO_meth_free(method); }
        Method(const Method&) = delete;
        Method& operator=(const Method&) = delete;
    };
    static const Method method;
    BIO* bio = method.method == nullptr ? nullptr : BIO_new(method.method);
    if (bio == nullptr) return nullptr;
    BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(fd)));
    BIO_set_init(bio, 1);
    return bio;
}

std::string openssl_text() {
    const auto code = ERR_get_error();
    ERR_clear_error();
    if (code == 0) return "unknown error";
    if (const char* reason = ERR_reason_error_string(code); reason != nullptr) return reason;
    std::array<char, 256> text{};
    ERR_error_string_n(code, text.data(), text.size());
    return text.data();
}

bool refuse(StreamFailure& failure, ClientFailure why, std::string cause) {
    failure = {why, std::move(cause)};
    return false;
}

bool is_ip(const std::string& host) {
    std::array<unsigned char, sizeof(in6_addr)> address{};
    return ::inet_pton(AF_INET, host.c_str(), address.data()) == 1 ||
           ::inet_pton(AF_INET6, host.c_str(), address.data()) == 1;
}

}  // namespace

TlsContext::~TlsContext() { SSL_CTX_free(context_); }

bool TlsContext::prepare(const ClientOptions& options, StreamFailure& failure) {
    if (context_ != nullptr) return true;
    ERR_clear_error();
    SSL_CTX* context = SSL_CTX_new(TLS_client_method());
    if (context == nullptr) return refuse(failure, ClientFailure::kTls, openssl_text());
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    const int loaded = options.ca_file.empty() ? SSL_CTX_set_default_verify_paths(context)
                                               : SSL_CTX_load_verify_file(context, options.ca_file.c_str());
    if (loaded != 1) {
        SSL_CTX_free(context);
        return refuse(failure, ClientFailure::kTls,
                      "cannot load CA certificates" + (options.ca_file.empty() ? "" : " from " + options.ca_file) +
                          ": " + openssl_text());
    }
    SSL_CTX_set_verify(context, options.insecure_skip_verify ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, nullptr);
    context_ = context;
    return true;
}

Stream::~Stream() { close(); }

void Stream::close() {
    if (ssl_ != nullptr) {
        ERR_clear_error();
        if (SSL_is_init_finished(ssl_) != 0)
            SSL_shutdown(ssl_);  // one attempt to say goodbye; the socket does not block
        SSL_free(ssl_);
        ERR_clear_error();
        ssl_ = nullptr;
    }
    fd_.reset();
}

bool Stream::connect(const Url& url, Clock::time_point deadline, const Event& cancel, StreamFailure& failure) {
    close();
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV;
    addrinfo* list = nullptr;
    if (const int found = ::getaddrinfo(url.host.c_str(), std::to_string(url.port).c_str(), &hints, &list); found != 0)
        return refuse(failure, ClientFailure::kResolve, ::gai_strerror(found));
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(list, ::freeaddrinfo);
    refuse(failure, ClientFailure::kResolve, "the name has no addresses");
    for (const auto* entry = list; entry != nullptr; entry = entry->ai_next) {
        base::Descriptor fd(
            ::socket(entry->ai_family, entry->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, entry->ai_protocol));
        int error = fd.valid() ? 0 : errno;
        if (fd.valid() && ::connect(fd.get(), entry->ai_addr, entry->ai_addrlen) != 0) error = errno;
        if (error == EINPROGRESS) {
            switch (wait_for(fd.get(), POLLOUT, deadline, &cancel)) {
                case Wait::kTimeout:
                    return refuse(failure, ClientFailure::kConnectTimeout, "no answer to the attempt to connect");
                case Wait::kEvent:
                    return refuse(failure, ClientFailure::kCancelled, "");
                case Wait::kReady:
                    break;
            }
            socklen_t size = sizeof error;
            if (::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
        }
        if (error == 0) {
            const int on = 1;
            ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            fd_ = std::move(fd);
            failure = {};
            return true;
        }
        refuse(failure, error == ETIMEDOUT ? ClientFailure::kConnectTimeout : ClientFailure::kRefused,
               errno_text(error));
    }
    return false;
}

bool Stream::start_session(ssl_ctx_st* context, StreamFailure& failure) {
    ERR_clear_error();
    ssl_ = SSL_new(context);
    BIO* bio = ssl_ == nullptr ? nullptr : socket_bio(fd_.get());
    if (bio == nullptr) return refuse(failure, ClientFailure::kTls, openssl_text());
    SSL_set_bio(ssl_, bio, bio);
    return true;
}

bool Stream::handshake(int (*step)(ssl_st*), const std::string& peer, Clock::time_point deadline, const Event& cancel,
                       StreamFailure& failure) {
    for (;;) {
        ERR_clear_error();
        errno = 0;
        const int result = step(ssl_);
        if (result == 1) return true;
        const int saved = errno;
        const int error = SSL_get_error(ssl_, result);
        if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
            const auto verified = SSL_get_verify_result(ssl_);
            std::string cause;
            if (verified != X509_V_OK) {
                cause = "certificate of " + peer + ": " + X509_verify_cert_error_string(verified);
            } else if (error == SSL_ERROR_SYSCALL) {
                cause = saved == 0 ? "the peer closed the connection during the handshake" : errno_text(saved);
            } else {
                cause = openssl_text();
            }
            return refuse(failure, ClientFailure::kTls, std::move(cause));
        }
        switch (wait_for(fd_.get(), error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, deadline, &cancel)) {
            case Wait::kReady:
                break;
            case Wait::kTimeout:
                return refuse(failure, ClientFailure::kConnectTimeout, "the TLS handshake did not finish");
            case Wait::kEvent:
                return refuse(failure, ClientFailure::kCancelled, "");
        }
    }
}

bool Stream::start_tls(const Url& url, const ClientOptions& options, TlsContext& context, Clock::time_point deadline,
                       const Event& cancel, StreamFailure& failure) {
    if (!context.prepare(options, failure) || !start_session(context.get(), failure)) return false;
    if (is_ip(url.host)) {
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_), url.host.c_str());
    } else {
        SSL_set_tlsext_host_name(ssl_, url.host.c_str());
        SSL_set1_host(ssl_, url.host.c_str());
    }
    return handshake(SSL_connect, url.host, deadline, cancel, failure);
}

void Stream::adopt(base::Descriptor fd) {
    close();
    fd_ = std::move(fd);
}

bool Stream::accept_tls(ssl_ctx_st* context, Clock::time_point deadline, const Event& cancel, StreamFailure& failure) {
    return start_session(context, failure) && handshake(SSL_accept, "the client", deadline, cancel, failure);
}

void Stream::end_writing() {
    if (ssl_ != nullptr) {
        ERR_clear_error();
        SSL_shutdown(ssl_);
        ERR_clear_error();
        return;
    }
    ::shutdown(fd_.get(), SHUT_WR);
}

Stream::Io Stream::tls_result(int result, std::string& cause) {
    const int saved = errno;
    switch (SSL_get_error(ssl_, result)) {
        case SSL_ERROR_WANT_READ:
            return Io::kWantRead;
        case SSL_ERROR_WANT_WRITE:
            return Io::kWantWrite;
        case SSL_ERROR_ZERO_RETURN:
            return Io::kEnd;
        case SSL_ERROR_SYSCALL:
            cause = errno_text(saved);
            return saved == ECONNRESET || saved == EPIPE ? Io::kReset : Io::kError;
        default:
            // A peer that closes without close_notify: OpenSSL 3 reports it as an error of the protocol, for HTTP it is
            // an end like any other.
            if (ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
                ERR_clear_error();
                return Io::kEnd;
            }
            cause = openssl_text();
            return Io::kError;
    }
}

Stream::Io Stream::read(char* into, std::size_t size, std::size_t& count, std::string& cause) {
    count = 0;
    if (ssl_ != nullptr) {
        ERR_clear_error();
        errno = 0;
        const int result = SSL_read_ex(ssl_, into, size, &count);
        return result == 1 ? Io::kDone : tls_result(result, cause);
    }
    const auto got = ::recv(fd_.get(), into, size, 0);
    if (got > 0) {
        count = static_cast<std::size_t>(got);
        return Io::kDone;
    }
    if (got == 0) return Io::kEnd;
    if (errno == EAGAIN || errno == EINTR) return Io::kWantRead;
    cause = errno_text(errno);
    return errno == ECONNRESET || errno == EPIPE ? Io::kReset : Io::kError;
}

Stream::Io Stream::write(std::string_view bytes, std::size_t& count, std::string& cause) {
    count = 0;
    if (ssl_ != nullptr) {
        ERR_clear_error();
        errno = 0;
        const int result = SSL_write_ex(ssl_, bytes.data(), bytes.size(), &count);
        return result == 1 ? Io::kDone : tls_result(result, cause);
    }
    const auto done = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (done >= 0) {
        count = static_cast<std::size_t>(done);
        return Io::kDone;
    }
    if (errno == EAGAIN || errno == EINTR) return Io::kWantWrite;
    cause = errno_text(errno);
    return errno == ECONNRESET || errno == EPIPE ? Io::kReset : Io::kError;
}

bool Stream::stale() const {
    char byte = 0;
    const auto got = ::recv(fd_.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (got == 0) return true;
    if (got < 0) return errno != EAGAIN && errno != EINTR;
    return ssl_ == nullptr;  // bytes that nobody asked for; under TLS they may be session tickets
}

}  // namespace prw::http
