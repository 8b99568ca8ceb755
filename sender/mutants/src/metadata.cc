// Type, help and unit.
#include "data.h"

namespace prw::mutants {

namespace {

constexpr Mutant only_v2(std::string_view id, std::string_view summary, std::string_view check) {
    return {id, summary, check, false, true};
}

// clang-format off
constexpr Row kRows[] = {
    {only_v2("metadata/none", "Sends no metadata at all.", "sender/metadata/type-provided"),
     {.data = [](proto::WriteRequest& request, ProtobufMessage) {
          for (auto& series : request.series) series.metadata = {};
      }}},
    {only_v2("metadata/no-help", "Sends no help texts.", "sender/metadata/help-provided"),
     {.data = [](proto::WriteRequest& request, ProtobufMessage) {
          for (auto& series : request.series) series.metadata.help.clear();
      }}},
    {only_v2("metadata/help-is-name", "Sends a metric's name as its help text.", "sender/metadata/help-not-name"),
     {.data = [](proto::WriteRequest& request, ProtobufMessage) {
          add_gauge(request, "prw_mutant").metadata.help = "prw_mutant";
      }}},
    {only_v2("metadata/unit-none", "Sends \"none\" as the unit of a metric without unit.",
      "sender/metadata/unit-no-placeholder"),
     {.data = [](proto::WriteRequest& request, ProtobufMessage) {
          add_gauge(request, "prw_mutant").metadata.unit = "none";
      }}},
    {only_v2("metadata/total-is-gauge", "Calls a series that ends in _total a gauge.",
      "sender/metadata/type-guidelines"),
     {.data = [](proto::WriteRequest& request, ProtobufMessage) { (void)add_gauge(request, "prw_mutant_total"); }}},
    {only_v2("metadata/two-types", "Gives two series of one metric different types.",
      "sender/metadata/consistent-per-family"),
     {.data = [](proto::WriteRequest& request, ProtobufMessage) {
          (void)add_gauge(request, "prw_mutant", {{"n", "1"}});
          add_gauge(request, "prw_mutant", {{"n", "2"}}).metadata.type = proto::MetricType::kSummary;
      }}},
    {only_v2("metadata/histogram-is-gauge", "Calls a native histogram a gauge.",
      "sender/metadata/type-matches-payload"),
     {.data = [](proto::WriteRequest& request, ProtobufMessage) {
          (void)add_histogram(request);
          request.series.back().metadata.type = proto::MetricType::kGauge;
      }}},
    {only_v2("metadata/gauge-is-histogram", "Calls a float gauge a histogram.",
      "sender/metadata/histogram-series-name"),
     {.data = [](proto::WriteRequest& request, ProtobufMessage) {
          add_gauge(request, "prw_mutant").metadata.type = proto::MetricType::kHistogram;
      }}},
    {{"metadata/v1-two-types", "Gives one metric family of 1.0 two types.",
      "sender/metadata/consistent-per-family", true, false},
     {.data = [](proto::WriteRequest& request, ProtobufMessage) {
          request.metadata.push_back({proto::MetricType::kGauge, "prw_mutant", "A family of the mutant.", ""});
          request.metadata.push_back({proto::MetricType::kCounter, "prw_mutant", "A family of the mutant.", ""});
      }}},
    {{"metadata/v1-series-as-family", "Names a series of a histogram as the family in the metadata of 1.0.",
      "sender/metadata/v1-family-name", true, false},
     {.data = [](proto::WriteRequest& request, ProtobufMessage) {
          (void)add_gauge(request, "prw_mutant_sum");
          request.metadata.push_back(
              {proto::MetricType::kHistogram, "prw_mutant_sum", "A family of the mutant.", ""});
      }}},
    {{"metadata/no-family-name", "Sends a metadata entry of 1.0 without the family's name.",
      "sender/metadata/v1-family-name", true, false},
     {.data = [](proto::WriteRequest& request, ProtobufMessage) {
          request.metadata.push_back({proto::MetricType::kGauge, "", "A family of the mutant.", ""});
      }}},
};
// clang-format on

}  // namespace

std::span<const Row> metadata_rows() { return kRows; }

}  // namespace prw::mutants
