#include "cases/data.h"

#include <algorithm>

namespace prw::receiver_suite {
namespace {

constexpr std::int64_t kMinute = 60'000;

proto::Series typed(const Setting& setting, const proto::Labels& labels, proto::MetricType type) {
    proto::Series out;
    out.labels = labels;
    out.labels.emplace_back("__name__", setting.metric);
    out.labels.emplace_back("run", setting.run);
    std::sort(out.labels.begin(), out.labels.end());
    out.metadata = {type, setting.metric, "Written by the conformance suite.", ""};
    return out;
}

}  // namespace

proto::Series gauge(const Setting& setting, const proto::Labels& labels) {
    return typed(setting, labels, proto::MetricType::kGauge);
}

proto::Series gauge_of(const Setting& setting, std::uint64_t bits, const proto::Labels& labels) {
    auto out = gauge(setting, labels);
    out.samples.push_back({bits, setting.now_ms, 0});
    return out;
}

proto::Series counter(const Setting& setting) {
    auto out = typed(setting, {}, proto::MetricType::kCounter);
    out.samples.push_back({proto::to_bits(7), setting.now_ms, setting.now_ms - kMinute});
    return out;
}

proto::Series histogram(const Setting& setting) {
    auto out = typed(setting, {}, proto::MetricType::kHistogram);
    auto& of = out.histograms.emplace_back();
    of.timestamp = setting.now_ms;
    of.start_timestamp = setting.now_ms - kMinute;
    of.count = std::uint64_t{4};
    of.zero_count = std::uint64_t{1};
    of.zero_threshold = 0.001;
    of.sum_bits = proto::to_bits(4.5);
    of.positive_spans = {{0, 2}};
    of.positive_deltas = {1, 1};
    return out;
}

proto::WriteRequest many(const Setting& setting, unsigned count) {
    proto::WriteRequest out;
    out.series.reserve(count);
    for (unsigned i = 0; i < count; ++i)
        out.series.push_back(gauge_of(setting, proto::to_bits(i), {{"number", std::to_string(i)}}));
    return out;
}

proto::WriteRequest request_of(proto::Series series) {
    proto::WriteRequest out;
    out.series.push_back(std::move(series));
    return out;
}

proto::WriteRequest one_sample(const Setting& setting) { return request_of(gauge_of(setting, proto::to_bits(1.5))); }

}  // namespace prw::receiver_suite
