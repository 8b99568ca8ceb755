// Senders that do not send, or not what they should: no suite may call one of them conforming.
#include "transports.h"

namespace prw::mutants {

namespace {

class Silent final : public Between {
    using Between::Between;
    Answer send(Outgoing request) override { return accepted(request); }
};

/// Until it was answered for good.
class SendsOnce final : public Between {
    using Between::Between;
    Answer send(Outgoing request) override {
        if (done_) return accepted(request);
        Answer answer = pass(request);
        done_ = answer && answer->status < 500;
        return answer;
    }
    bool done_ = false;
};

class Constant final : public Between {
    using Between::Between;
    Answer send(Outgoing request) override {
        if (first_.body.empty()) {
            first_ = request;
            proto::WriteRequest data;
            proto::Series& series = data.series.emplace_back();
            series.labels = {{"__name__", "constant"}, {"a", "b"}};
            series.metadata = {proto::MetricType::kGauge, "constant", "Always the same.", ""};
            series.samples.push_back({proto::to_bits(1), 1'700'000'000'000, 0});
            first_.body = encode_body(data, request.message());
        }
        request.body = first_.body;
        return pass(request);
    }
    Outgoing first_;
};

constexpr std::string_view kRuns = "sender/target/runs", kNone = {};

// clang-format off
constexpr Row kRows[] = {
    {{"null/silent", "Scrapes and sends nothing.", kNone}, {.wrap = wrapped<Silent>}},
    {{"null/exits-at-once", "Ends with exit code 0 before it sends anything.", kNone},
     {.process = ProcessMutant::kExitsAtOnce}},
    {{"null/fails-at-once", "Ends with exit code 3 before it sends anything.", kRuns},
     {.process = ProcessMutant::kFailsAtOnce}},
    {{"null/crashes", "Aborts at the third scrape.", kRuns}, {.process = ProcessMutant::kCrashes}},
    {{"null/ignores-url", "Sends to port 9 of 127.0.0.1, whatever it was told.", kNone},
     {.wrap = requests<[](Outgoing& request, sender::Clock&) {
          request.url.scheme = "http";
          request.url.host = "127.0.0.1";
          request.url.port = 9;
      }>}},
    {{"null/garbage", "Sends a line of text in the place of each body, under heads that are right.",
      "sender/compression/snappy"},
     {.body = [](std::string& body, const std::string&) { body = "nothing to see here\n"; }}},
    {{"null/sends-once", "Sends one batch and never another.", "sender/fidelity/every-sample-bit-exact"},
     {.wrap = wrapped<SendsOnce>}},
    {{"null/constant", "Sends the same sample in every request, whatever it scraped.",
      "sender/fidelity/no-duplicates", true, false},
     {.wrap = wrapped<Constant>}},
};
// clang-format on

}  // namespace

std::span<const Row> null_rows() { return kRows; }

}  // namespace prw::mutants
