#include <mutex>
#include <utility>

#include "prw/sender/remote_write.h"

namespace prw::sender {

namespace {

/// Keeps one connection, to the origin that was used last.
class HttpTransport final : public Transport {
public:
    explicit HttpTransport(http::ClientOptions options) : options_(std::move(options)) {}

    Result<http::ClientResponse> post(const http::Url& url, const http::HeaderList& headers,
                                      std::string_view body) override {
        return client_for(url).request("POST", url.target, headers, body);
    }

    Result<http::ClientResponse> raw(const http::Url& url, std::string_view bytes) override {
        return client_for(url).raw(bytes);
    }

    void cancel() override {
        const std::lock_guard lock(mutex_);
        if (client_) client_->cancel();
    }

private:
    http::Client& client_for(const http::Url& url) {
        const std::string origin = url.scheme + "://" + url.host + ":" + std::to_string(url.port);
        const std::lock_guard lock(mutex_);
        if (!client_ || origin != origin_) {
            client_ = std::make_unique<http::Client>(url, options_);
            origin_ = origin;
        }
        return *client_;
    }

    http::ClientOptions options_;
    std::mutex mutex_;  // client_ against cancel(); only post() replaces it
    std::unique_ptr<http::Client> client_;
    std::string origin_;
};

}  // namespace

Result<http::ClientResponse> Transport::raw(const http::Url& url, std::string_view) {
    return fail(ErrorCode::kUnsupported, "this transport does not send raw bytes", url.redacted());
}

std::unique_ptr<Transport> make_http_transport(const http::ClientOptions& options) {
    return std::make_unique<HttpTransport>(options);
}

}  // namespace prw::sender
