/// Fakes at the seams: a clock that jumps, a network that answers from a list.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "prw/proto/snappy_block.h"
#include "prw/sender/remote_write.h"

namespace prw::sender::testing_support {

/// Waiting takes no time: it moves the clock. Waits are recorded.
class VirtualClock final : public Clock {
public:
    [[nodiscard]] SteadyTime now() const override {
        const std::lock_guard lock(mutex_);
        return SteadyTime() + elapsed_;
    }
    [[nodiscard]] std::int64_t wall_ms() const override {
        const std::lock_guard lock(mutex_);
        return wall_start_ + elapsed_.count();
    }
    bool wait_until(std::unique_lock<std::mutex>&, std::condition_variable&, SteadyTime deadline,
                    const std::function<bool()>& done) override {
        if (done()) return true;
        const std::lock_guard lock(mutex_);
        const auto until = std::chrono::duration_cast<Milliseconds>(deadline - SteadyTime());
        waits.push_back(std::max(until - elapsed_, Milliseconds(0)));
        elapsed_ = std::max(elapsed_, until);
        return false;
    }
    void advance(Milliseconds by) {
        const std::lock_guard lock(mutex_);
        elapsed_ += by;
    }
    void set_wall(std::int64_t ms) { wall_start_ = ms - elapsed_.count(); }
    std::vector<Milliseconds> waits;

private:
    mutable std::mutex mutex_;
    Milliseconds elapsed_{0};
    std::int64_t wall_start_ = 1'700'000'000'000;
};

inline http::ClientResponse answer(int status, http::HeaderList headers = {}, std::string body = {}) {
    http::ClientResponse response;
    response.status = status;
    response.headers = std::move(headers);
    response.body = std::move(body);
    return response;
}

inline http::HeaderList written(int samples, int histograms = 0, int exemplars = 0) {
    return {{"X-Prometheus-Remote-Write-Samples-Written", std::to_string(samples)},
            {"x-prometheus-remote-write-histograms-written", std::to_string(histograms)},
            {"X-Prometheus-Remote-Write-Exemplars-Written", std::to_string(exemplars)}};
}

struct SentRequest {
    std::string url, body;
    http::HeaderList headers;
    [[nodiscard]] std::string header(std::string_view name) const {
        for (const auto& [key, value] : headers)
            if (key == name) return value;
        return "(none)";
    }
};

/// Answers from `replies`, the last one for ever; a fail() reply is a transport error.
class FakeTransport final : public Transport {
public:
    explicit FakeTransport(std::vector<Result<http::ClientResponse>> replies) : replies_(std::move(replies)) {}
    Result<http::ClientResponse> post(const http::Url& url, const http::HeaderList& headers,
                                      std::string_view body) override {
        sent.push_back({url.scheme + "://" + url.host_header() + url.target, std::string(body), headers});
        if (on_post) on_post();
        const auto reply = replies_[std::min(sent.size(), replies_.size()) - 1];
        return reply;
    }
    void cancel() override {}
    std::vector<SentRequest> sent;
    std::function<void()> on_post;

private:
    std::vector<Result<http::ClientResponse>> replies_;
};

inline Result<http::ClientResponse> no_answer() { return fail(ErrorCode::kConnection, "connection refused"); }

inline proto::Series sample(std::string name, double value, std::int64_t timestamp, proto::Labels labels = {}) {
    proto::Series series;
    series.labels = std::move(labels);
    series.labels.emplace_back("__name__", std::move(name));
    std::sort(series.labels.begin(), series.labels.end());
    series.samples.push_back({proto::to_bits(value), timestamp, 0});
    return series;
}

/// What a body says.
inline proto::WriteRequest decoded(std::string_view body, proto::ProtobufMessage message) {
    proto::PaddedBuffer buffer;
    const auto done = proto::uncompress_snappy(body, proto::kDefaultMaxUncompressed, buffer);
    EXPECT_TRUE(done) << (done ? "" : done.error().text());
    proto::RequestView view;
    if (done) proto::decode(buffer.view(), message, view);
    EXPECT_FALSE(view.malformed);
    EXPECT_TRUE(view.issues.empty());
    return proto::to_model(view);
}

}  // namespace prw::sender::testing_support
