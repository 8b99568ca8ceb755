// Values, timestamps and order of samples, on a series of the mutant's own.
#include "data.h"

namespace prw::mutants {

namespace {

proto::Sample& add_sample(proto::WriteRequest& request) { return add_gauge(request, "prw_mutant").samples.front(); }
proto::Sample& add_count(proto::WriteRequest& request, ProtobufMessage message) {
    return add_counter(request, message).samples.front();
}

constexpr Mutant only_v2(std::string_view id, std::string_view summary, std::string_view check) {
    return {id, summary, check, false, true};
}

// clang-format off
constexpr Row kRows[] = {
    // values
    {{"samples/stale-marker-swapped", "Writes a stale marker in the wrong byte order.",
      "sender/samples/stale-marker-bits"},
     {.data = [](proto::WriteRequest& request, ProtobufMessage) {
          add_sample(request).value_bits = 0x020000000000f07fULL;
      }}},
    {{"samples/signalling-nan", "Sends a signalling NaN that is no stale marker.", "sender/samples/canonical-nan"},
     {.data = [](proto::WriteRequest& request, ProtobufMessage) {
          add_sample(request).value_bits = 0x7ff0000000000001ULL;
      }}},
    {{"samples/negative-counter", "Sends a counter with a negative value.", "sender/samples/counter-not-negative"},
     {.data = [](proto::WriteRequest& request, ProtobufMessage message) {
          add_count(request, message).value_bits = proto::to_bits(-1);
      }}},
    {{"samples/nan-counter", "Sends a counter that is NaN.", "sender/samples/counter-not-nan"},
     {.data = [](proto::WriteRequest& request, ProtobufMessage message) {
          add_count(request, message).value_bits = proto::kNormalNanBits;
      }}},
    {only_v2("samples/no-start-timestamp", "Sends a counter without start timestamp.",
      "sender/samples/counter-start-timestamp"),
     {.data = [](proto::WriteRequest& request, ProtobufMessage message) {
          add_count(request, message).start_timestamp = 0;
      }}},

    {{"samples/buckets-fall", "Sends a histogram whose buckets fall with growing le.",
      "sender/samples/classic-cumulative"},
     {.data = [](proto::WriteRequest& request, ProtobufMessage) {
          for (const char* le : {"1", "2"}) {
              auto& bucket = add_gauge(request, "prw_mutant_bucket", {{"le", le}});
              bucket.metadata.type = proto::MetricType::kHistogram;
              if (*le == '2') bucket.samples.front().value_bits = proto::to_bits(0.5);
          }
      }}},

    // timestamps
    {{"samples/timestamp-in-seconds", "Sends a timestamp in seconds.", "sender/samples/timestamp-unit"},
     {.data = [](proto::WriteRequest& request, ProtobufMessage) { add_sample(request).timestamp /= 1000; }}},
    {{"samples/timestamp-in-microseconds", "Sends a timestamp in microseconds.", "sender/samples/timestamp-unit"},
     {.data = [](proto::WriteRequest& request, ProtobufMessage) { add_sample(request).timestamp *= 1000; }}},
    {{"samples/timestamp-zero", "Sends a sample whose timestamp was never set.", "sender/samples/timestamp-plausible"},
     {.data = [](proto::WriteRequest& request, ProtobufMessage) { add_sample(request).timestamp = 0; }}},
    {{"samples/timestamp-in-future", "Sends a sample of the day after tomorrow.",
      "sender/samples/timestamp-not-future"},
     {.data = [](proto::WriteRequest& request, ProtobufMessage) { add_sample(request).timestamp += 172'800'000; }}},
    {only_v2("samples/start-in-seconds", "Sends a start timestamp in seconds.", "sender/samples/start-timestamp-unit"),
     {.data = [](proto::WriteRequest& request, ProtobufMessage message) {
          add_count(request, message).start_timestamp /= 1000;
      }}},
    {only_v2("samples/start-implausible", "Sends a start timestamp of 1970.",
      "sender/samples/start-timestamp-plausible"),
     {.data = [](proto::WriteRequest& request, ProtobufMessage message) {
          add_count(request, message).start_timestamp = 5000;
      }}},
    {only_v2("samples/start-goes-back", "Sends two samples of a counter, the later with the earlier start.",
      "sender/samples/start-not-backwards"),
     {.data = [](proto::WriteRequest& request, ProtobufMessage message) {
          auto& samples = add_counter(request, message).samples;
          samples.push_back(samples.front());
          --samples.front().timestamp;
          --samples.back().start_timestamp;
      }}},
    {only_v2("samples/start-after-sample", "Sends a start timestamp later than the sample.",
      "sender/samples/start-not-after-timestamp"),
     {.data = [](proto::WriteRequest& request, ProtobufMessage message) {
          auto& sample = add_count(request, message);
          sample.start_timestamp = sample.timestamp + 1;
      }}},

    // order
    {{"samples/newest-first", "Sends the newer of two samples first.", "sender/samples/order-within-request"},
     {.data = [](proto::WriteRequest& request, ProtobufMessage) {
          auto& samples = add_gauge(request, "prw_mutant").samples;
          samples.push_back(samples.front());
          --samples.back().timestamp;
      }}},
    {{"samples/two-values", "Sends two values for one timestamp.", "sender/samples/unique-timestamps"},
     {.data = [](proto::WriteRequest& request, ProtobufMessage) {
          auto& samples = add_gauge(request, "prw_mutant").samples;
          samples.push_back(samples.front());
          samples.back().value_bits = proto::to_bits(2);
      }}},
    {{"samples/repeated", "Sends a sample twice in one request.", "sender/samples/repeated-identical"},
     {.data = [](proto::WriteRequest& request, ProtobufMessage) {
          auto& samples = add_gauge(request, "prw_mutant").samples;
          samples.push_back(samples.front());
      }}},
};
// clang-format on

}  // namespace

std::span<const Row> sample_rows() { return kRows; }

}  // namespace prw::mutants
