/// A receiver of a few lines over http::Server: keeps what comes, answers as told.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "delivery_support.h"
#include "prw/http/server.h"
#include "prw/sender/exposition.h"

namespace prw::sender::testing_support {

struct Received {
    std::string head, body;
    proto::ProtobufMessage message = proto::ProtobufMessage::kV1;
    proto::WriteRequest request;
    http::SteadyTime begin, end;
    int status = 0;
    std::uint64_t connection = 0;
};

class MiniReceiver {
public:
    /// Called with the number of the request (from 0); nullopt: a conforming answer.
    using Script = std::function<std::optional<http::Response>(std::size_t)>;

    explicit MiniReceiver(Script script = {})
        : script_(std::move(script)), server_({}, [this](const http::Request& r) { return handle(r); }) {
        const auto started = server_.start();
        EXPECT_TRUE(started) << (started ? "" : started.error().text());
    }
    [[nodiscard]] http::Url url() const { return *http::parse_url(server_.url("/api/v1/write")); }
    [[nodiscard]] std::vector<Received> received() {
        const std::lock_guard lock(mutex_);
        return received_;
    }
    bool wait_for(std::size_t requests, std::chrono::milliseconds deadline = std::chrono::seconds(20)) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, deadline, [&] { return received_.size() >= requests; });
    }
    void stop() { server_.stop(http::Milliseconds(0)); }

private:
    http::Response handle(const http::Request& raw) {
        Received item;
        item.head = raw.raw_head;
        item.body = std::string(raw.payload());
        item.begin = raw.first_byte;
        item.connection = raw.connection;
        if (item.head.find("proto=io.prometheus.write.v2.Request") != std::string::npos)
            item.message = proto::ProtobufMessage::kV2;
        item.request = decoded(item.body, item.message);
        std::size_t number = 0;
        {
            const std::lock_guard lock(mutex_);
            number = count_++;
        }
        http::Response response;
        if (item.message == proto::ProtobufMessage::kV2) {
            std::size_t samples = 0, histograms = 0, exemplars = 0;
            for (const auto& series : item.request.series) {
                samples += series.samples.size();
                histograms += series.histograms.size();
                exemplars += series.exemplars.size();
            }
            response.headers =
                written(static_cast<int>(samples), static_cast<int>(histograms), static_cast<int>(exemplars));
        }
        if (script_)
            if (auto scripted = script_(number)) response = std::move(*scripted);
        item.status = response.fault == http::Fault::kNone ? response.status : 0;
        item.end = std::chrono::steady_clock::now();
        {
            const std::lock_guard lock(mutex_);
            received_.push_back(std::move(item));
        }
        changed_.notify_all();
        return response;
    }

    Script script_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t count_ = 0;
    std::vector<Received> received_;
    http::Server server_;  // last: its threads use the rest
};

inline http::Response status(int code) {
    http::Response response;
    response.status = code;
    return response;
}

/// Acknowledged samples by series, in the order of arrival.
inline std::map<std::string, std::vector<proto::Sample>> acknowledged(const std::vector<Received>& all) {
    std::map<std::string, std::vector<proto::Sample>> out;
    for (const Received& each : all) {
        if (each.status < 200 || each.status > 299) continue;
        for (const auto& series : each.request.series)
            for (const auto& sample : series.samples) out[series_name(series.labels, 10000)].push_back(sample);
    }
    return out;
}

}  // namespace prw::sender::testing_support
