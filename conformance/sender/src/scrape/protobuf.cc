/// The protobuf exposition: rows put together to metrics.
#include <algorithm>
#include <utility>

#include "exposition.h"

namespace prw::sender_suite {
namespace {

proto::ExposedType type_of(const SourceFamily& family) {
    constexpr std::pair<std::string_view, proto::ExposedType> kTypes[] = {
        {"counter", proto::ExposedType::kCounter}, {"histogram", proto::ExposedType::kHistogram},
        {"summary", proto::ExposedType::kSummary}, {"gaugehistogram", proto::ExposedType::kGaugeHistogram},
        {"untyped", proto::ExposedType::kUntyped},
    };
    for (const auto& [name, type] : kTypes)
        if (family.type == name) return type;
    return proto::ExposedType::kGauge;  // info and stateset, which the format does not know, are gauges to it
}

/// As in the text format: that is what the format was made for.
std::string name_of(const SourceFamily& family) {
    if (family.type == "counter") return family.name + "_total";
    return family.type == "info" ? family.name + "_info" : family.name;
}

std::string_view label_of(const SourceSeries& series, std::string_view name) {
    for (const auto& [key, value] : series.labels)
        if (key == name) return value;
    return {};
}

bool has_parts(const SourceFamily& family) { return family.type == "histogram" || family.type == "summary"; }

/// A row becomes a part of the metric of its group, or the metric itself.
void add_row(const SourceFamily& family, const ServedRow& row, proto::ExposedMetric& metric) {
    if (row.timestamp_ms != 0) metric.timestamp_ms = row.timestamp_ms;
    if (row.start_timestamp_ms != 0) metric.start_timestamp_ms = row.start_timestamp_ms;
    if (row.histogram) {
        metric.native = row.histogram;
        metric.native->reset_hint = 0;
        metric.native->start_timestamp = 0;
        metric.exemplars = row.exemplars;
        return;
    }
    const auto& name = row.series->metric;
    const auto exemplar =
        row.exemplars.empty() ? std::optional<proto::ExposedExemplar>() : std::optional(row.exemplars.front());
    const double value = proto::from_bits(row.bits);
    if (has_parts(family) && name == family.name + "_count") {
        metric.count = value;
    } else if (has_parts(family) && name == family.name + "_sum") {
        metric.sum_bits = row.bits;
    } else if (family.type == "histogram") {
        const auto bound = number_of(label_of(*row.series, "le")).value_or(0);
        metric.buckets.push_back({proto::to_bits(bound), value, exemplar});
    } else if (family.type == "summary") {
        const auto quantile = number_of(label_of(*row.series, "quantile")).value_or(0);
        metric.quantiles.push_back({proto::to_bits(quantile), row.bits});
    } else {
        metric.value_bits = row.bits;
        metric.exemplar = exemplar;
    }
}

}  // namespace

std::string write_protobuf(const std::vector<ServedFamily>& families) {
    std::vector<proto::ExposedFamily> out;
    out.reserve(families.size());
    for (const auto& served : families) {
        const auto& family = *served.family;
        proto::ExposedFamily exposed{name_of(family), family.help, family.unit, type_of(family), {}};
        for (const auto& row : served.rows) {
            auto labels = group_of(family, *row.series);
            if (!has_parts(family) || exposed.metrics.empty() || exposed.metrics.back().labels != labels) {
                exposed.metrics.emplace_back();
                exposed.metrics.back().labels = std::move(labels);
            }
            add_row(family, row, exposed.metrics.back());
        }
        out.push_back(std::move(exposed));
    }
    return proto::encode_metric_families(out);
}

}  // namespace prw::sender_suite
