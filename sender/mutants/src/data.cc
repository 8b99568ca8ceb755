#include "data.h"

#include <algorithm>
#include <functional>
#include <string>

#include "prw/sender/exposition.h"

namespace prw::mutants {

namespace {

constexpr std::int64_t kMinute = 60'000;

/// Where additions go when the batch has no time to give them.
proto::Series& nowhere() {
    thread_local proto::Series series;
    series = {};
    return series;
}

/// Tells the batches of one scrape from one another, so that what is added to both is no repeat. The same for a retry.
std::string part_of(const proto::WriteRequest& request) {
    const auto series = sender::series_name(request.series.front().labels, std::string::npos);
    return std::to_string(std::hash<std::string>()(series) % 100'000);
}

proto::Series& add_series(proto::WriteRequest& request, std::string name, proto::Labels labels,
                          proto::MetricType type) {
    if (!time_of(request)) return nowhere();
    labels.emplace_back("part", part_of(request));
    proto::Series& series = request.series.emplace_back();
    series.labels = std::move(labels);
    series.labels.emplace_back("__name__", name);
    std::sort(series.labels.begin(), series.labels.end());
    series.metadata = {type, std::move(name), "A series of the mutant.", ""};
    return series;
}

proto::Histogram& add_native(proto::WriteRequest& request) {
    const auto time = time_of(request).value_or(0);
    proto::Series& series = add_series(request, "prw_mutant_native", {}, proto::MetricType::kHistogram);
    proto::Histogram& out = series.histograms.emplace_back();
    out.timestamp = time;
    out.start_timestamp = time - kMinute;
    out.sum_bits = proto::to_bits(4.5);
    out.zero_threshold = 0.001;
    out.positive_spans = {{0, 2}};
    return out;
}

}  // namespace

std::string_view label(const proto::Series& series, std::string_view name) {
    for (const auto& [key, value] : series.labels)
        if (key == name) return value;
    return {};
}

bool is_stale(const proto::Series& series) {
    return !series.samples.empty() && series.samples.front().value_bits == proto::kStaleNanBits;
}

proto::Series* live_series(proto::WriteRequest& request) {
    const auto found = std::find_if(request.series.begin(), request.series.end(), [](const proto::Series& series) {
        return !series.samples.empty() && !is_stale(series) && series.labels.size() > 1;
    });
    return found != request.series.end() ? &*found : nullptr;
}

std::optional<std::int64_t> time_of(const proto::WriteRequest& request) {
    std::optional<std::int64_t> out;
    for (const auto& series : request.series) {
        for (const auto& each : series.samples) out = std::max(out.value_or(each.timestamp), each.timestamp);
        for (const auto& each : series.histograms) out = std::max(out.value_or(each.timestamp), each.timestamp);
    }
    return out;
}

proto::Series& add_gauge(proto::WriteRequest& request, std::string name, proto::Labels labels) {
    const auto time = time_of(request).value_or(0);
    proto::Series& series = add_series(request, std::move(name), std::move(labels), proto::MetricType::kGauge);
    series.samples.push_back({proto::to_bits(1.5), time, 0});
    return series;
}

proto::Series& add_counter(proto::WriteRequest& request, ProtobufMessage message) {
    const auto time = time_of(request).value_or(0);
    proto::Series& series = add_series(request, "prw_mutant_total", {}, proto::MetricType::kCounter);
    series.samples.push_back({proto::to_bits(7), time, time - kMinute});
    if (message == ProtobufMessage::kV1) {
        request.metadata.push_back(series.metadata);
        request.metadata.back().family = "prw_mutant_total";
    }
    return series;
}

proto::Exemplar& add_exemplar(proto::WriteRequest& request, ProtobufMessage message) {
    const auto time = time_of(request).value_or(0);
    return add_counter(request, message)
        .exemplars.emplace_back(proto::Exemplar{{{"trace_id", "4bf92f3577b34da6"}}, proto::to_bits(0.5), time});
}

proto::Histogram& add_histogram(proto::WriteRequest& request) {
    proto::Histogram& out = add_native(request);
    out.count = std::uint64_t{4};
    out.zero_count = std::uint64_t{1};
    out.positive_deltas = {1, 1};
    return out;
}

proto::Histogram& add_float_histogram(proto::WriteRequest& request) {
    proto::Histogram& out = add_native(request);
    out.count = 4.0;
    out.zero_count = 1.0;
    out.positive_counts = {1, 2};
    return out;
}

proto::Histogram& add_custom_histogram(proto::WriteRequest& request) {
    proto::Histogram& out = add_native(request);
    out.schema = -53;
    out.count = std::uint64_t{3};
    out.zero_count = std::uint64_t{0};
    out.zero_threshold = 0;
    out.positive_spans = {{0, 3}};
    out.positive_deltas = {1, 0, 0};
    out.custom_values = {1, 2};
    return out;
}

}  // namespace prw::mutants
