/// One batch through the reference sender and its mutants, without a network.
#pragma once

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "delivery_support.h"
#include "prw/mutants/mutants.h"
#include "prw/proto/http_head.h"
#include "prw/sender/target.h"

namespace prw::mutants::testing_support {

using namespace sender::testing_support;

struct WireRequest {
    std::string head, body;
};

/// Takes what goes to the network apart again, and answers from a list, the last one for ever.
class Recorder final : public sender::Transport {
public:
    Recorder(std::vector<WireRequest>& sent, std::vector<Result<http::ClientResponse>> replies)
        : sent_(sent), replies_(std::move(replies)) {}
    Result<http::ClientResponse> post(const http::Url& url, const http::HeaderList& headers,
                                      std::string_view body) override {
        // As http::Client writes it.
        std::string head = "POST " + url.target + " HTTP/1.1\r\nHost: " + url.host_header() + "\r\n";
        for (const auto& [name, value] : headers) head += name + ": " + value + "\r\n";
        head += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
        return keep({std::move(head), std::string(body)});
    }
    Result<http::ClientResponse> raw(const http::Url&, std::string_view bytes) override {
        const std::size_t end = bytes.find("\r\n\r\n") + 4;
        WireRequest request{std::string(bytes.substr(0, end)), std::string(bytes.substr(end))};
        if (const auto head = proto::parse_request_head(request.head))
            if (auto body = proto::body_of(*head, bytes.substr(end))) request.body = std::move(*body);
        return keep(std::move(request));
    }
    void cancel() override {}

private:
    Result<http::ClientResponse> keep(WireRequest request) {
        sent_.push_back(std::move(request));
        return replies_[std::min(sent_.size(), replies_.size()) - 1];
    }
    std::vector<WireRequest>& sent_;
    std::vector<Result<http::ClientResponse>> replies_;
};

inline Mutation mutation_of(const std::vector<std::string>& ids) {
    auto mutation = Mutation::of(ids);
    EXPECT_TRUE(mutation) << (mutation ? "" : mutation.error().text());
    return mutation ? std::move(*mutation) : Mutation();
}

/// Labels, values of all kinds, metadata, exemplars, native histograms, a stale marker.
inline std::vector<proto::Series> rich_batch(std::int64_t now) {
    constexpr std::string_view kText =
        "# TYPE http_requests counter\n# HELP http_requests Requests.\n"
        "http_requests_total{code=\"200\",method=\"GET\",Zone=\"z\"} 15 # {trace_id=\"KOO5S4vxi0o\"} 0.67\n"
        "http_requests_created{code=\"200\",method=\"GET\",Zone=\"z\"} 1600000000.5\n"
        "# TYPE sent_bytes counter\n# HELP sent_bytes Bytes.\nsent_bytes_total 1000\n"
        "# TYPE latency_seconds histogram\n# UNIT latency_seconds seconds\n# HELP latency_seconds Time.\n"
        "latency_seconds_bucket{le=\"0.1\"} 1\nlatency_seconds_bucket{le=\"+Inf\"} 2\n"
        "latency_seconds_count 2\nlatency_seconds_sum 7.25\n"
        "# TYPE rpc_seconds summary\n# HELP rpc_seconds Calls.\nrpc_seconds{quantile=\"0.5\"} NaN\n"
        "rpc_seconds_count 0\nrpc_seconds_sum 0\n"
        "# TYPE temperature gauge\n# HELP temperature T.\ntemperature{room=\"a\"} -0.0\ntemperature{room=\"b\"} +Inf\n"
        "# EOF\n";
    constexpr std::string_view kNative =
        R"({"metrics":[{"name":"native_seconds","type":"histogram","help":"h","unit":"seconds","series":[
  {"labels":{"k":"int"},"start_timestamp_ms":1600000000000,"histogram":{"count":6,"sum":12.5,"schema":3,"zero_threshold":1e-128,"zero_count":1,
     "positive":{"spans":[{"offset":-2,"length":2},{"offset":1,"length":1}],"deltas":[1,1,-1]},"negative":{"spans":[{"offset":0,"length":1}],"deltas":[1]}}},
  {"labels":{"k":"custom"},"histogram":{"count":3,"sum":4,"schema":-53,"custom_values":[1,2],"positive":{"spans":[{"offset":0,"length":3}],"deltas":[1,0,0]}}}]},
  {"name":"gone","type":"gauge","help":"g","series":[{"value":"StaleNaN"}]}]})";
    const auto text = sender::parse_exposition(kText, sender::InputFormat::kOpenMetrics);
    const auto native = sender::parse_exposition(kNative, sender::InputFormat::kJson);
    EXPECT_TRUE(text) << (text ? "" : text.error().text());
    EXPECT_TRUE(native) << (native ? "" : native.error().text());
    if (!text || !native) return {};
    const proto::Labels labels = {{"instance", "host:1"}, {"job", "rich"}};
    sender::ScrapedTarget scraped({.target_labels = labels}), file({.target_labels = labels});
    auto points = scraped.ingest(*text, now);
    for (auto& series : file.ingest(*native, now)) points.push_back(std::move(series));
    return points;
}

/// A sender whose batches are delivered one after the other, in virtual time.
class Sending {
public:
    Sending(const Mutation& mutation, proto::ProtobufMessage message,
            std::vector<Result<http::ClientResponse>> replies = {}, sender::RemoteWriteOptions options = {})
        : options_(std::move(options)) {
        options_.url = *http::parse_url("http://receiver:9201/api/v1/write");
        options_.message = message;
        sender::QueueOptions queue;
        mutation.tune(options_, queue);
        session_.emplace(options_.message);
        if (replies.empty()) replies = {answer(204, written(1))};
        const auto factory = mutation.transports(
            [this, replies] {
                ++connections;
                return std::make_unique<Recorder>(sent, replies);
            },
            clock);
        transport_ = factory();
        sink = mutation.sink([this](std::vector<proto::Series> points) {
            const std::size_t count = points.size();
            deliveries.push_back(writer_->deliver(points));
            return count;
        });
        writer_.emplace(options_, *session_, *transport_, clock, mutation.random()(), sender::Log{});
    }

    VirtualClock clock;
    sender::Scraper::Sink sink;  ///< takes one scrape
    std::vector<WireRequest> sent;
    std::vector<sender::BatchResult> deliveries;
    std::size_t connections = 0;

private:
    sender::RemoteWriteOptions options_;
    std::optional<sender::Session> session_;
    std::unique_ptr<sender::Transport> transport_;
    std::optional<sender::RemoteWriter> writer_;
};

/// What differs between two requests, each kind once.
inline std::set<std::string> differences(const proto::WriteRequest& a, const proto::WriteRequest& b) {
    std::set<std::string> out;
    const auto note = [&](bool same, const char* what) {
        if (!same) out.insert(what);
    };
    if (a.series.size() != b.series.size()) out.insert(a.series.size() < b.series.size() ? "+series" : "-series");
    if (a.metadata.size() != b.metadata.size()) out.insert("+metadata");
    for (std::size_t i = 0; i < std::min(a.series.size(), b.series.size()); ++i) {
        const auto &x = a.series[i], &y = b.series[i];
        note(x.labels == y.labels, "labels");
        note(x.samples.size() == y.samples.size(), "samples");
        for (std::size_t j = 0; j < std::min(x.samples.size(), y.samples.size()); ++j) {
            note(x.samples[j].value_bits == y.samples[j].value_bits, "value");
            note(x.samples[j].timestamp == y.samples[j].timestamp, "timestamp");
            note(x.samples[j].start_timestamp == y.samples[j].start_timestamp, "start");
        }
        note(x.exemplars.size() == y.exemplars.size(), "exemplars");
        for (std::size_t j = 0; j < std::min(x.exemplars.size(), y.exemplars.size()); ++j)
            note(x.exemplars[j].labels == y.exemplars[j].labels && x.exemplars[j].timestamp == y.exemplars[j].timestamp,
                 "exemplar");
        note(x.histograms.size() == y.histograms.size(), "histograms");
        for (std::size_t j = 0; j < std::min(x.histograms.size(), y.histograms.size()); ++j) {
            proto::WriteRequest one, other;
            one.series.emplace_back().histograms.push_back(x.histograms[j]);
            other.series.emplace_back().histograms.push_back(y.histograms[j]);
            note(encode(one, proto::ProtobufMessage::kV2) == encode(other, proto::ProtobufMessage::kV2), "histogram");
        }
        note(x.metadata.type == y.metadata.type, "type");
        note(x.metadata.help == y.metadata.help, "help");
        note(x.metadata.unit == y.metadata.unit, "unit");
    }
    return out;
}

/// {"undecodable"} when one of the bodies is no message.
inline std::set<std::string> differences(const std::string& a, const std::string& b, proto::ProtobufMessage message) {
    proto::WriteRequest decoded[2];
    for (const auto& [body, out] : {std::pair{&a, &decoded[0]}, {&b, &decoded[1]}}) {
        proto::PaddedBuffer buffer;
        proto::RequestView view;
        if (!proto::uncompress_snappy(*body, 64U << 20U, buffer)) return {"undecodable"};
        proto::decode(buffer.view(), message, view);
        if (view.malformed) return {"undecodable"};
        *out = proto::to_model(view);
    }
    return differences(decoded[0], decoded[1]);
}

}  // namespace prw::mutants::testing_support
