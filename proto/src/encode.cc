// Model → bytes, by libprotobuf.
#include <algorithm>
#include <string_view>
#include <unordered_map>

#include <google/protobuf/stubs/logging.h>

#include "prw/proto/model.h"
#include "remote_write_v1.pb.h"
#include "remote_write_v2.pb.h"

namespace prw::proto {

namespace {

namespace v1 = prometheus;
namespace v2 = io::prometheus::write::v2;

/// Copies what both Histogram messages share.
template <typename Target>
void fill_histogram(const Histogram& from, Target& to) {
    if (const auto* count = std::get_if<double>(&from.count)) {
        to.set_count_float(*count);
    } else {
        to.set_count_int(std::get<std::uint64_t>(from.count));
    }
    if (const auto* count = std::get_if<double>(&from.zero_count)) {
        to.set_zero_count_float(*count);
    } else {
        to.set_zero_count_int(std::get<std::uint64_t>(from.zero_count));
    }
    to.set_sum(from_bits(from.sum_bits));
    to.set_schema(from.schema);
    to.set_zero_threshold(from.zero_threshold);
    to.set_reset_hint(static_cast<typename Target::ResetHint>(from.reset_hint));
    const auto spans = [](const std::vector<BucketSpan>& source, auto add) {
        for (const auto& span : source) {
            auto* target = add();
            target->set_offset(span.offset);
            target->set_length(span.length);
        }
    };
    spans(from.positive_spans, [&] { return to.add_positive_spans(); });
    spans(from.negative_spans, [&] { return to.add_negative_spans(); });
    to.mutable_positive_deltas()->Add(from.positive_deltas.begin(), from.positive_deltas.end());
    to.mutable_negative_deltas()->Add(from.negative_deltas.begin(), from.negative_deltas.end());
    to.mutable_positive_counts()->Add(from.positive_counts.begin(), from.positive_counts.end());
    to.mutable_negative_counts()->Add(from.negative_counts.begin(), from.negative_counts.end());
    to.mutable_custom_values()->Add(from.custom_values.begin(), from.custom_values.end());
    to.set_timestamp(from.timestamp);
}

template <typename Target>
void add_labels(const Labels& from, Target& to) {
    for (const auto& [name, value] : from) {
        auto* label = to.add_labels();
        label->set_name(name);
        label->set_value(value);
    }
}

std::string encode_v1(const WriteRequest& request) {
    v1::WriteRequest out;
    for (const auto& from : request.series) {
        auto& series = *out.add_timeseries();
        add_labels(from.labels, series);
        for (const auto& sample : from.samples) {
            auto& target = *series.add_samples();
            target.set_value(from_bits(sample.value_bits));
            target.set_timestamp(sample.timestamp);
        }
        for (const auto& exemplar : from.exemplars) {
            auto& target = *series.add_exemplars();
            add_labels(exemplar.labels, target);
            target.set_value(from_bits(exemplar.value_bits));
            target.set_timestamp(exemplar.timestamp);
        }
        for (const auto& histogram : from.histograms) fill_histogram(histogram, *series.add_histograms());
    }
    for (const auto& from : request.metadata) {
        auto& metadata = *out.add_metadata();
        metadata.set_type(static_cast<v1::MetricMetadata::MetricType>(from.type));
        metadata.set_metric_family_name(from.family);
        metadata.set_help(from.help);
        metadata.set_unit(from.unit);
    }
    return out.SerializeAsString();
}

/// Interns strings in the order of first use, "" first.
class Symbols {
public:
    explicit Symbols(v2::Request& out) : out_(out) { (void)ref(""); }
    std::uint32_t ref(std::string_view text) {
        const auto [at, added] = refs_.try_emplace(text, static_cast<std::uint32_t>(refs_.size()));
        if (added) out_.add_symbols(text.data(), text.size());
        return at->second;
    }

private:
    v2::Request& out_;
    std::unordered_map<std::string_view, std::uint32_t> refs_;  ///< views into the model, which outlives the encoding
};

std::string encode_v2(const WriteRequest& request) {
    v2::Request out;
    Symbols symbols(out);
    const auto add_refs = [&](const Labels& from, auto& to) {
        for (const auto& [name, value] : from) {
            to.add_labels_refs(symbols.ref(name));
            to.add_labels_refs(symbols.ref(value));
        }
    };
    for (const auto& from : request.series) {
        auto& series = *out.add_timeseries();
        add_refs(from.labels, series);
        for (const auto& sample : from.samples) {
            auto& target = *series.add_samples();
            target.set_value(from_bits(sample.value_bits));
            target.set_timestamp(sample.timestamp);
            target.set_start_timestamp(sample.start_timestamp);
        }
        for (const auto& histogram : from.histograms) {
            auto& target = *series.add_histograms();
            fill_histogram(histogram, target);
            target.set_start_timestamp(histogram.start_timestamp);
        }
        for (const auto& exemplar : from.exemplars) {
            auto& target = *series.add_exemplars();
            add_refs(exemplar.labels, target);
            target.set_value(from_bits(exemplar.value_bits));
            target.set_timestamp(exemplar.timestamp);
        }
        const auto& metadata = from.metadata;
        if (metadata.type == MetricType::kUnspecified && metadata.help.empty() && metadata.unit.empty()) continue;
        auto& target = *series.mutable_metadata();
        target.set_type(static_cast<v2::Metadata::MetricType>(metadata.type));
        target.set_help_ref(symbols.ref(metadata.help));
        target.set_unit_ref(symbols.ref(metadata.unit));
    }
    return out.SerializeAsString();
}

}  // namespace

std::string encode(const WriteRequest& request, ProtobufMessage message) {
    const google::protobuf::LogSilencer quiet;  // libprotobuf writes invalid UTF-8, as asked, but complains on stderr
    return message == ProtobufMessage::kV1 ? encode_v1(request) : encode_v2(request);
}

}  // namespace prw::proto
