// Exemplars, on a counter of the mutant's own.
#include "data.h"

namespace prw::mutants {

namespace {

constexpr Mutant only_v2(std::string_view id, std::string_view summary, std::string_view check) {
    return {id, summary, check, false, true};
}

// clang-format off
constexpr Row kRows[] = {
    {only_v2("exemplars/unsorted", "Sends an exemplar with unsorted labels.", "sender/exemplars/labels-sorted"),
     {.data = [](proto::WriteRequest& request, ProtobufMessage message) {
          add_exemplar(request, message).labels = {{"trace_id", "a"}, {"span_id", "b"}};
      }}},
    {{"exemplars/too-long", "Sends an exemplar whose labels have 200 characters.", "sender/exemplars/label-set-length"},
     {.data = [](proto::WriteRequest& request, ProtobufMessage message) {
          add_exemplar(request, message).labels.front().second = std::string(192, 'x');
      }}},
    {{"exemplars/empty-label", "Sends an exemplar with a label without value.",
      "sender/exemplars/labels-unique-nonempty"},
     {.data = [](proto::WriteRequest& request, ProtobufMessage message) {
          add_exemplar(request, message).labels = {{"span_id", ""}, {"trace_id", "a"}};
      }}},
    {{"exemplars/above-bucket", "Sends an exemplar above the bound of its bucket.",
      "sender/exemplars/value-within-bucket"},
     {.data = [](proto::WriteRequest& request, ProtobufMessage message) {
          add_exemplar(request, message).value_bits = proto::to_bits(7);
          auto& series = request.series.back();
          series.labels = {{"__name__", "prw_mutant_bucket"}, {"le", "0.5"}};
          series.metadata.type = proto::MetricType::kHistogram;
          if (message == ProtobufMessage::kV1) request.metadata.pop_back();
      }}},
    {only_v2("exemplars/trace-id-spelling", "Names the trace of an exemplar traceID.",
      "sender/exemplars/trace-id-name"),
     {.data = [](proto::WriteRequest& request, ProtobufMessage message) {
          add_exemplar(request, message).labels.front().first = "traceID";
      }}},
    {{"exemplars/stale", "Sends an exemplar with the stale marker as its value.", "sender/exemplars/no-stale-pattern"},
     {.data = [](proto::WriteRequest& request, ProtobufMessage message) {
          add_exemplar(request, message).value_bits = proto::kStaleNanBits;
      }}},
    {{"exemplars/timestamp-in-seconds", "Sends the timestamp of an exemplar in seconds.",
      "sender/exemplars/timestamp-unit"},
     {.data = [](proto::WriteRequest& request, ProtobufMessage message) {
          add_exemplar(request, message).timestamp /= 1000;
      }}},
    {{"exemplars/timestamp-implausible", "Sends an exemplar of 1970.", "sender/exemplars/timestamp-plausible"},
     {.data = [](proto::WriteRequest& request, ProtobufMessage message) {
          add_exemplar(request, message).timestamp = 5000;
      }}},
    {only_v2("exemplars/no-timestamp", "Sends an exemplar without timestamp.", "sender/exemplars/timestamp-present"),
     {.data = [](proto::WriteRequest& request, ProtobufMessage message) {
          add_exemplar(request, message).timestamp = 0;
      }}},
    {{"exemplars/newest-first", "Sends the newer of two exemplars first.", "sender/exemplars/order-within-request"},
     {.data = [](proto::WriteRequest& request, ProtobufMessage message) {
          auto older = add_exemplar(request, message);
          --older.timestamp;
          request.series.back().exemplars.push_back(older);
      }}},
};
// clang-format on

}  // namespace

std::span<const Row> exemplar_rows() { return kRows; }

}  // namespace prw::mutants
