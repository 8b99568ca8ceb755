/// A receiver on a free port, and clients for it.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "prw/http/client.h"
#include "prw/receiver/receiver.h"
#include "request_builder.h"

namespace prw::testing {

/// No wait in these tests takes longer.
inline constexpr std::chrono::milliseconds kDeadline{20000};

class RunningReceiver {
public:
    explicit RunningReceiver(receiver::ReceiverOptions options = {},
                             std::function<void(const exchange::Exchange&)> observer = {})
        : receiver_(with_clock(std::move(options))) {
        if (observer) receiver_.on_exchange(std::move(observer));
        const auto started = receiver_.start();
        EXPECT_TRUE(started) << started.error().text();
    }
    receiver::Receiver* operator->() { return &receiver_; }

    [[nodiscard]] http::Client client() const {
        auto url = http::parse_url(receiver_.url());
        EXPECT_TRUE(url);
        http::ClientOptions options;
        options.timeout = kDeadline;
        return http::Client(*url, options);
    }
    /// On a connection of its own; status 0 when no response came.
    [[nodiscard]] http::ClientResponse send(const std::string& bytes) const {
        auto one = client();
        auto response = one.raw(bytes);
        return response ? std::move(*response) : http::ClientResponse{};
    }
    [[nodiscard]] http::ClientResponse send(const RequestBuilder& builder) const {
        const auto request = builder.build();
        return send(request.head + request.body);
    }
    [[nodiscard]] http::ClientResponse get(const std::string& target) const {
        return send("GET " + target + " HTTP/1.1\r\nHost: x\r\n\r\n");
    }
    [[nodiscard]] http::ClientResponse put(const std::string& target, const std::string& body) const {
        return send("PUT " + target + " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) +
                    "\r\n\r\n" + body);
    }
    /// Waits until that many exchanges are there.
    [[nodiscard]] std::vector<std::shared_ptr<const exchange::Exchange>> exchanges(std::size_t least) {
        EXPECT_TRUE(receiver_.wait(kDeadline, [&](const auto& now) { return now.size() >= least; }))
            << "wanted " << least << " exchanges";
        return receiver_.exchanges();
    }

private:
    static receiver::ReceiverOptions with_clock(receiver::ReceiverOptions options) {
        if (options.check.now_ms == 0) options.check.now_ms = kNowMs;
        return options;
    }
    receiver::Receiver receiver_;
};

inline receiver::Script short_script(std::string_view text) {
    auto script = receiver::parse_script_short(text);
    EXPECT_TRUE(script) << script.error().text();
    return script ? std::move(*script) : receiver::Script{};
}

/// "POST …" with Transfer-Encoding: chunked in two chunks.
inline std::string chunked(const RequestBuilder& builder) {
    const auto request = RequestBuilder(builder).append("Transfer-Encoding", "chunked").build();
    std::ostringstream out;
    const auto half = request.body.size() / 2;
    out << request.head << std::hex << half << "\r\n"
        << request.body.substr(0, half) << "\r\n"
        << request.body.size() - half << "\r\n"
        << request.body.substr(half) << "\r\n0\r\n\r\n";
    return out.str();
}

/// Bytes of memory that the process has touched and holds.
inline std::size_t resident_bytes() {
    std::size_t size = 0;
    std::size_t resident = 0;
    std::ifstream("/proc/self/statm") >> size >> resident;
    return resident * 4096;
}

}  // namespace prw::testing
