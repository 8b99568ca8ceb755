// Label sets of series. Most add a series of their own, so that all others stay what they are.
#include <algorithm>

#include "data.h"

namespace prw::mutants {

namespace {

/// Adds a gauge with one label of this name and value, in sorted place.
void add_labelled(proto::WriteRequest& request, std::string name, std::string value) {
    (void)add_gauge(request, "prw_mutant", {{std::move(name), std::move(value)}});
}

// clang-format off
constexpr Row kRows[] = {
    {{"labels/unsorted", "Swaps the first and the last label of every series.", "sender/labels/sorted"},
     {.data = [](proto::WriteRequest& request, ProtobufMessage) {
          for (auto& series : request.series)
              if (series.labels.size() > 1) std::swap(series.labels.front(), series.labels.back());
      }}},
    {{"labels/name-first", "Puts __name__ before labels that sort before it.", "sender/labels/sorted"},
     {.data = [](proto::WriteRequest& request, ProtobufMessage) {
          auto& labels = add_gauge(request, "prw_mutant", {{"Zone", "a"}}).labels;
          std::swap(labels.front(), labels.back());
      }}},
    {{"labels/none", "Adds a series without labels.", "sender/labels/set-not-empty"},
     {.data = [](proto::WriteRequest& request, ProtobufMessage) { add_gauge(request, "prw_mutant").labels.clear(); }}},
    {{"labels/no-metric-name", "Adds a series without __name__.", "sender/labels/metric-name-present"},
     {.data = [](proto::WriteRequest& request, ProtobufMessage) {
          add_gauge(request, "prw_mutant").labels = {{"a", "b"}};
      }}},
    {{"labels/repeated-name", "Adds a series with one label name twice.", "sender/labels/no-repeated-names"},
     {.data = [](proto::WriteRequest& request, ProtobufMessage) {
          (void)add_gauge(request, "prw_mutant", {{"a", "1"}, {"a", "2"}});
      }}},
    {{"labels/empty-name", "Adds a series with a label without name.", "sender/labels/no-empty-name"},
     {.data = [](proto::WriteRequest& request, ProtobufMessage) { add_labelled(request, "", "x"); }}},
    {{"labels/empty-value", "Adds a series with a label without value.", "sender/labels/no-empty-value"},
     {.data = [](proto::WriteRequest& request, ProtobufMessage) { add_labelled(request, "a", ""); }}},
    {{"labels/metric-name-with-dot", "Adds a series named prw.mutant.", "sender/labels/metric-name-pattern"},
     {.data = [](proto::WriteRequest& request, ProtobufMessage) { (void)add_gauge(request, "prw.mutant"); }}},
    {{"labels/name-with-colon", "Adds a series with a label named a:b.", "sender/labels/label-name-pattern"},
     {.data = [](proto::WriteRequest& request, ProtobufMessage) { add_labelled(request, "a:b", "x"); }}},
    {{"labels/name-starts-with-digit", "Adds a series with a label named 0.", "sender/labels/label-name-pattern"},
     {.data = [](proto::WriteRequest& request, ProtobufMessage) { add_labelled(request, "0", "x"); }}},
    {{"labels/not-utf8", "Adds a series with a label value in Latin-1.", "sender/labels/valid-utf8"},
     {.data = [](proto::WriteRequest& request, ProtobufMessage) { add_labelled(request, "a", "caf\xe9"); }}},
    {{"labels/meta-label", "Adds a series with the internal label __meta_pod.", "sender/labels/no-reserved-prefix"},
     {.data = [](proto::WriteRequest& request, ProtobufMessage) { add_labelled(request, "__meta_pod", "x"); }}},
    {{"labels/le-not-a-number", "Adds a histogram with a bucket le=\"low\".", "sender/labels/le-float"},
     {.data = [](proto::WriteRequest& request, ProtobufMessage) {
          add_gauge(request, "prw_mutant_count").metadata.type = proto::MetricType::kHistogram;
          add_gauge(request, "prw_mutant_bucket", {{"le", "low"}}).metadata.type = proto::MetricType::kHistogram;
      }}},
    {{"labels/le-without-bucket", "Adds a histogram whose buckets are called like itself.",
      "sender/labels/le-on-bucket"},
     {.data = [](proto::WriteRequest& request, ProtobufMessage) {
          add_gauge(request, "prw_mutant_count").metadata.type = proto::MetricType::kHistogram;
          add_gauge(request, "prw_mutant", {{"le", "1"}}).metadata.type = proto::MetricType::kHistogram;
      }}},
    {{"labels/quantile-not-a-number", "Adds a summary with quantile=\"high\".", "sender/labels/quantile-float"},
     {.data = [](proto::WriteRequest& request, ProtobufMessage) {
          add_gauge(request, "prw_mutant", {{"quantile", "high"}}).metadata.type = proto::MetricType::kSummary;
      }}},
    {{"labels/too-long", "Adds a series with a label value of 5,000 bytes.", "sender/labels/size-sane"},
     {.data = [](proto::WriteRequest& request, ProtobufMessage) {
          add_labelled(request, "a", std::string(5000, 'x'));
      }}},
    {{"labels/too-many", "Adds a series with 45 labels.", "sender/labels/size-sane"},
     {.data = [](proto::WriteRequest& request, ProtobufMessage) {
          proto::Labels labels;
          for (int i = 0; i < 44; ++i) labels.emplace_back("label_" + std::to_string(i), "x");
          (void)add_gauge(request, "prw_mutant", std::move(labels));
      }}},

    // what a series of 2.0 has to hold
    {{"series/empty", "Adds a series with neither sample nor histogram.",
      "sender/series/has-sample-or-histogram", false, true},
     {.data = [](proto::WriteRequest& request, ProtobufMessage) { add_gauge(request, "prw_mutant").samples.clear(); }}},
    {{"series/exemplars-only", "Adds a series that holds an exemplar only.",
      "sender/series/not-exemplars-only", false, true},
     {.data = [](proto::WriteRequest& request, ProtobufMessage message) {
          (void)add_exemplar(request, message);
          request.series.back().samples.clear();
      }}},
    {{"series/mixed", "Adds a series that holds a sample and a histogram.",
      "sender/series/not-samples-and-histograms", false, true},
     {.data = [](proto::WriteRequest& request, ProtobufMessage) {
          auto& histogram = add_histogram(request);
          request.series.back().samples.push_back(
              {proto::to_bits(1), histogram.timestamp - 1, histogram.start_timestamp});
      }}},
    {{"series/split", "Splits the samples of a series over two TimeSeries.", "sender/series/distinct", false, true},
     {.data = [](proto::WriteRequest& request, ProtobufMessage) {
          auto& first = add_gauge(request, "prw_mutant");
          auto second = first;
          --first.samples.front().timestamp;
          request.series.push_back(std::move(second));
      }}},
};
// clang-format on

}  // namespace

std::span<const Row> label_rows() { return kRows; }

}  // namespace prw::mutants
