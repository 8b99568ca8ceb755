/// The delimited protobuf exposition as Prometheus reads it: one io.prometheus.client.MetricFamily becomes the same
/// series as its text would, native histograms apart, which have no text.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include "families.h"
#include "histogram_check.h"
#include "prw/proto/metric_family.h"
#include "prw/proto/view.h"
#include "text_parser.h"

namespace prw::sender {

using proto::ExposedExemplar;
using proto::ExposedFamily;
using proto::ExposedMetric;
using proto::ExposedType;
using proto::MetricType;

namespace {

constexpr std::uint32_t kGaugeHint = 3;

/// A bound or quantile as a label: shortest digits, an exponent where it is below -4 or above 5, else always a point.
/// As Prometheus spells them, so that series have the same labels whichever way they are scraped.
std::string float_label(std::uint64_t bits) {
    const double value = proto::from_bits(bits);
    if (value == 0) return "0.0";  // -0, too
    if (!std::isfinite(value)) return proto::value_text(std::isnan(value) ? proto::kNormalNanBits : bits);
    std::array<char, 32> buffer{};
    char* const first = buffer.data();
    char* const last = first + buffer.size();
    std::string text(first, std::to_chars(first, last, value, std::chars_format::scientific).ptr);
    const std::size_t sign = text.find('e') + 1;
    int exponent = 0;
    (void)std::from_chars(text.data() + sign + 1, text.data() + text.size(), exponent);
    if (text[sign] == '-' ? exponent > 4 : exponent > 5) return text;
    text.assign(first, std::to_chars(first, last, value, std::chars_format::fixed).ptr);
    return text.find('.') == std::string::npos ? text + ".0" : text;
}

std::uint64_t canonical(std::uint64_t bits) {
    return std::isnan(proto::from_bits(bits)) ? proto::kNormalNanBits : bits;
}

MetricType type_of(ExposedType type) {
    switch (type) {
        case ExposedType::kCounter:
            return MetricType::kCounter;
        case ExposedType::kGauge:
            return MetricType::kGauge;
        case ExposedType::kSummary:
            return MetricType::kSummary;
        case ExposedType::kUntyped:
            return MetricType::kUnspecified;
        case ExposedType::kHistogram:
            return MetricType::kHistogram;
        case ExposedType::kGaugeHistogram:
            return MetricType::kGaugeHistogram;
    }
    return MetricType::kUnspecified;
}

/// Without spans of length zero, and with neighbouring ones as one; the buckets are the same.
void merge_spans(std::vector<proto::BucketSpan>& spans) {
    std::vector<proto::BucketSpan> merged;
    std::int64_t gap = 0;
    for (const proto::BucketSpan& span : spans) {
        gap += span.offset;
        if (span.length == 0) continue;
        if (gap > std::numeric_limits<std::int32_t>::max()) return;  // no schema has such a bucket; left as it came
        if (!merged.empty() && gap == 0)
            merged.back().length += span.length;
        else
            merged.push_back({static_cast<std::int32_t>(gap), span.length});
        gap = 0;
    }
    spans = std::move(merged);
}

class ProtobufExposition {
public:
    explicit ProtobufExposition(const ParseOptions& options) : options_(options), families_(false) {}

    Result<Scrape> run(const std::vector<ExposedFamily>& families) {
        for (const ExposedFamily& each : families) {
            ++family_number_;
            if (!family(each)) return tl::unexpected<Error>(std::move(error_));
        }
        return families_.finish();
    }

private:
    /// Returns false so that callers can write `return refuse(…)`.
    bool refuse(std::string what) {
        error_ = Error{ErrorCode::kInvalidArgument, std::move(what), place_, {}};
        return false;
    }

    bool family(const ExposedFamily& from) {
        place_ = options_.source + ", metric family " + std::to_string(family_number_);
        if (!proto::valid_utf8(from.name)) return refuse("the metric name is not valid UTF-8");
        place_ += " (" + from.name + ")";
        if (!proto::valid_utf8(from.help)) return refuse("the help text is not valid UTF-8");
        if (!proto::valid_utf8(from.unit)) return refuse("the unit is not valid UTF-8");
        std::string_view base = from.name;
        if (from.type == ExposedType::kCounter && base.ends_with("_total")) base.remove_suffix(6);
        if (!from.unit.empty() && !base.ends_with("_" + from.unit))
            return refuse("the unit \"" + from.unit + "\" must be the suffix of the metric name");
        const MetricType type = type_of(from.type);
        if (const MetricType* earlier = families_.declared_type(from.name); earlier != nullptr && *earlier != type)
            return refuse("the type is " + std::string(proto::name_of(type)) + " here, but was given as " +
                          std::string(proto::name_of(*earlier)) + " before");
        families_.declare_type(from.name, type);
        Family& target = families_.family(from.name);
        if (target.help.empty()) target.help = from.help;
        if (target.unit.empty()) target.unit = from.unit;
        for (std::size_t i = 0; i < from.metrics.size(); ++i) {
            place_ = options_.source + ", metric " + std::to_string(i + 1) + " of " + from.name;
            if (!metric(from, from.metrics[i])) return false;
        }
        return true;
    }

    /// `reserved`: the label that the series of a summary or classic histogram get themselves.
    bool labels(const proto::Labels& from, std::string_view reserved, proto::Labels& to) {
        for (const auto& [name, value] : from) {
            if (name.empty()) return refuse("a label name is empty");
            if (!proto::valid_utf8(name)) return refuse("a label name is not valid UTF-8");
            if (name == "__name__")
                return refuse("__name__ cannot be given as a label; it is the name of the metric family");
            if (name == reserved) return refuse("the label \"" + name + "\" is taken by the series themselves");
            if (!proto::valid_utf8(value)) return refuse("the value of label \"" + name + "\" is not valid UTF-8");
        }
        to = from;
        std::sort(to.begin(), to.end());
        const auto twice =
            std::adjacent_find(to.begin(), to.end(), [](const auto& a, const auto& b) { return a.first == b.first; });
        if (twice != to.end()) return refuse("the label \"" + twice->first + "\" is given twice");
        std::erase_if(to, [](const auto& label) { return label.second.empty(); });  // the same as no label
        return true;
    }

    bool metric(const ExposedFamily& family, const ExposedMetric& from) {
        const bool histogram = family.type == ExposedType::kHistogram || family.type == ExposedType::kGaugeHistogram;
        const bool native = from.native && (options_.native_histograms || from.buckets.empty());
        const bool classic = histogram && !native;
        const std::string_view reserved = classic ? "le" : family.type == ExposedType::kSummary ? "quantile" : "";
        family_ = &family;
        metric_ = &from;
        labels_.clear();
        if (!labels(from.labels, reserved, labels_)) return false;
        if (native) return native_histogram();
        if (classic) return classic_histogram();
        if (family.type == ExposedType::kSummary) {
            summary();
            return true;
        }
        Point point = series("");
        point.value_bits = canonical(from.value_bits);
        if (family.type == ExposedType::kCounter) point.start_timestamp_ms = start();
        if (from.exemplar && !exemplar(*from.exemplar, point)) return false;
        add(std::move(point));
        return true;
    }

    /// 0: the source says nothing.
    [[nodiscard]] std::int64_t start() const {
        if (!metric_->start_timestamp_ms) return 0;
        return *metric_->start_timestamp_ms == 0 ? 1 : *metric_->start_timestamp_ms;  // a true 0 is sent as 1
    }

    /// A series of the metric, without value.
    [[nodiscard]] Point series(std::string_view suffix, std::string_view label = {}, std::string value = {}) const {
        Point point;
        point.labels = labels_;
        point.labels.emplace_back("__name__", family_->name + std::string(suffix));
        if (!label.empty()) point.labels.emplace_back(label, std::move(value));
        std::sort(point.labels.begin(), point.labels.end());
        point.timestamp_ms = metric_->timestamp_ms;
        return point;
    }

    void add(Point point) { (void)families_.add_to(family_->name, std::move(point), place_); }

    void add_value(Point point, std::uint64_t bits, bool cumulative) {
        point.value_bits = canonical(bits);
        if (cumulative) point.start_timestamp_ms = start();
        add(std::move(point));
    }

    void summary() {
        add_value(series("_count"), proto::to_bits(metric_->count), true);
        add_value(series("_sum"), metric_->sum_bits, true);
        for (const auto& each : metric_->quantiles)
            add_value(series("", "quantile", float_label(each.quantile_bits)), each.value_bits, false);
    }

    bool classic_histogram() {
        const bool cumulative = family_->type == ExposedType::kHistogram;
        add_value(series("_count"), proto::to_bits(metric_->count), cumulative);
        add_value(series("_sum"), metric_->sum_bits, cumulative);
        const std::uint64_t infinity = proto::to_bits(std::numeric_limits<double>::infinity());
        bool has_infinity = false;
        for (const auto& each : metric_->buckets) {
            has_infinity |= each.upper_bound_bits == infinity;
            Point point = series("_bucket", "le", float_label(each.upper_bound_bits));
            if (each.exemplar && !exemplar(*each.exemplar, point)) return false;
            add_value(std::move(point), proto::to_bits(each.cumulative_count), cumulative);
        }
        if (!has_infinity)
            add_value(series("_bucket", "le", float_label(infinity)), proto::to_bits(metric_->count), cumulative);
        return true;
    }

    /// Preferred to the classic buckets that may be beside it, as by Prometheus.
    bool native_histogram() {
        Point point = series("");
        proto::Histogram& histogram = point.histogram.emplace(*metric_->native);
        if (const std::string problem = histogram_problem(histogram); !problem.empty())
            return refuse("the histogram is not sound: " + problem);
        histogram.sum_bits = canonical(histogram.sum_bits);
        merge_spans(histogram.positive_spans);
        merge_spans(histogram.negative_spans);
        if (family_->type == ExposedType::kGaugeHistogram)
            histogram.reset_hint = kGaugeHint;
        else
            point.start_timestamp_ms = start();
        if (!native_exemplars(point)) return false;
        add(std::move(point));
        return true;
    }

    /// Its own ones, else those of its classic buckets.
    bool native_exemplars(Point& point) {
        std::size_t without_time = 0;
        const auto take = [&](const ExposedExemplar& from) {
            without_time += !from.timestamp_ms;
            return !from.timestamp_ms || exemplar(from, point);
        };
        for (const ExposedExemplar& each : metric_->exemplars)
            if (!take(each)) return false;
        if (metric_->exemplars.empty())
            for (const auto& bucket : metric_->buckets)
                if (bucket.exemplar && !take(*bucket.exemplar)) return false;
        if (without_time > 0)  // nothing would tell whether the next scrape has the same one or another
            families_.note(place_ + ": exemplars of a native histogram without timestamp are left out: " +
                           std::to_string(without_time));
        return true;
    }

    bool exemplar(const ExposedExemplar& from, Point& point) {
        PointExemplar out;
        if (!labels(from.labels, {}, out.labels)) return false;
        if (const auto problem = exemplar_problem(out.labels); !problem.empty()) {
            families_.note(place_ + ": " + problem);
            return true;
        }
        out.value_bits = canonical(from.value_bits);
        out.timestamp_ms = from.timestamp_ms;
        point.exemplars.push_back(std::move(out));
        return true;
    }

    const ParseOptions& options_;
    FamilyBuilder families_;
    std::size_t family_number_ = 0;
    const ExposedFamily* family_ = nullptr;
    const ExposedMetric* metric_ = nullptr;
    proto::Labels labels_;  ///< of the metric
    std::string place_;
    Error error_;
};

}  // namespace

Result<Scrape> parse_protobuf(std::string_view input, const ParseOptions& options) {
    const auto families = proto::decode_metric_families(input);
    if (!families)
        return fail(ErrorCode::kInvalidArgument, families.error().what, options.source + ", " + families.error().where);
    return ProtobufExposition(options).run(*families);
}

}  // namespace prw::sender
