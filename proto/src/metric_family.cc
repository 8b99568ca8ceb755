// The protobuf exposition, by libprotobuf; the lengths between its messages are ours.
#include "prw/proto/metric_family.h"

#include <cmath>
#include <iterator>
#include <limits>
#include <utility>

#include "metric_family.pb.h"
#include "wire.h"

namespace prw::proto {

namespace {

namespace client = io::prometheus::client;
using google::protobuf::Timestamp;

constexpr std::int64_t kMsPerSecond = 1000;
constexpr std::int32_t kNanosPerMs = 1'000'000;

/// How the format tells a native histogram, which may have classic buckets as well.
bool is_native(const client::Histogram& from) {
    return from.positive_span_size() > 0 || from.negative_span_size() > 0 || from.zero_threshold() > 0 ||
           from.zero_count() > 0 || from.zero_count_float() > 0;
}

// Model → bytes.

void write_time(std::int64_t ms, Timestamp& to) {
    std::int64_t seconds = ms / kMsPerSecond;
    std::int64_t rest = ms % kMsPerSecond;
    if (rest < 0) {  // nanoseconds count forward, before 1970, too
        rest += kMsPerSecond;
        --seconds;
    }
    to.set_seconds(seconds);
    to.set_nanos(static_cast<std::int32_t>(rest) * kNanosPerMs);
}

template <typename Target>
void write_labels(const Labels& from, Target& to) {
    for (const auto& [name, value] : from) {
        auto& label = *to.add_label();
        label.set_name(name);
        label.set_value(value);
    }
}

void write_exemplar(const ExposedExemplar& from, client::Exemplar& to) {
    write_labels(from.labels, to);
    to.set_value(from_bits(from.value_bits));
    if (from.timestamp_ms) write_time(*from.timestamp_ms, *to.mutable_timestamp());
}

bool is_whole(double count) { return count >= 0 && count < 0x1p64 && std::trunc(count) == count; }

/// A whole count is written as one; the float beside it would win where it is > 0.
template <typename SetInteger, typename SetFloat>
void write_count(double count, SetInteger set_integer, SetFloat set_float) {
    if (is_whole(count)) {
        set_integer(static_cast<std::uint64_t>(count));
    } else {
        set_float(count);
    }
}

template <typename SetInteger, typename SetFloat>
void write_count(const std::variant<std::uint64_t, double>& count, SetInteger set_integer, SetFloat set_float) {
    if (const auto* whole = std::get_if<std::uint64_t>(&count)) {
        set_integer(*whole);
    } else {
        set_float(std::get<double>(count));
    }
}

template <typename Spans>
void write_spans(const std::vector<BucketSpan>& from, Spans& to) {
    for (const auto& each : from) {
        auto& span = *to.Add();
        span.set_offset(each.offset);
        span.set_length(each.length);
    }
}

void write_native(const Histogram& from, client::Histogram& to) {
    write_count(
        from.count, [&](auto n) { to.set_sample_count(n); }, [&](auto n) { to.set_sample_count_float(n); });
    write_count(
        from.zero_count, [&](auto n) { to.set_zero_count(n); }, [&](auto n) { to.set_zero_count_float(n); });
    to.set_sample_sum(from_bits(from.sum_bits));
    to.set_schema(from.schema);
    to.set_zero_threshold(from.zero_threshold);
    write_spans(from.positive_spans, *to.mutable_positive_span());
    write_spans(from.negative_spans, *to.mutable_negative_span());
    to.mutable_positive_delta()->Add(from.positive_deltas.begin(), from.positive_deltas.end());
    to.mutable_negative_delta()->Add(from.negative_deltas.begin(), from.negative_deltas.end());
    to.mutable_positive_count()->Add(from.positive_counts.begin(), from.positive_counts.end());
    to.mutable_negative_count()->Add(from.negative_counts.begin(), from.negative_counts.end());
    if (is_native(to)) return;
    auto& span = *to.add_positive_span();
    span.set_offset(0);
    span.set_length(0);
}

void write_histogram(const ExposedMetric& from, client::Histogram& to) {
    if (from.native) {
        write_native(*from.native, to);
    } else {
        write_count(
            from.count, [&](auto n) { to.set_sample_count(n); }, [&](auto n) { to.set_sample_count_float(n); });
        to.set_sample_sum(from_bits(from.sum_bits));
    }
    for (const auto& each : from.buckets) {
        auto& bucket = *to.add_bucket();
        bucket.set_upper_bound(from_bits(each.upper_bound_bits));
        write_count(
            each.cumulative_count, [&](auto n) { bucket.set_cumulative_count(n); },
            [&](auto n) { bucket.set_cumulative_count_float(n); });
        if (each.exemplar) write_exemplar(*each.exemplar, *bucket.mutable_exemplar());
    }
    for (const auto& each : from.exemplars) write_exemplar(each, *to.add_exemplars());
    if (from.start_timestamp_ms) write_time(*from.start_timestamp_ms, *to.mutable_start_timestamp());
}

void write_metric(const ExposedMetric& from, ExposedType type, client::Metric& to) {
    write_labels(from.labels, to);
    if (from.timestamp_ms) to.set_timestamp_ms(*from.timestamp_ms);
    switch (type) {
        case ExposedType::kCounter: {
            auto& counter = *to.mutable_counter();
            counter.set_value(from_bits(from.value_bits));
            if (from.exemplar) write_exemplar(*from.exemplar, *counter.mutable_exemplar());
            if (from.start_timestamp_ms) write_time(*from.start_timestamp_ms, *counter.mutable_start_timestamp());
            break;
        }
        case ExposedType::kGauge:
            to.mutable_gauge()->set_value(from_bits(from.value_bits));
            break;
        case ExposedType::kUntyped:
            to.mutable_untyped()->set_value(from_bits(from.value_bits));
            break;
        case ExposedType::kSummary: {
            auto& summary = *to.mutable_summary();
            // The format has no float here.
            summary.set_sample_count(is_whole(from.count) ? static_cast<std::uint64_t>(from.count) : 0);
            summary.set_sample_sum(from_bits(from.sum_bits));
            for (const auto& each : from.quantiles) {
                auto& quantile = *summary.add_quantile();
                quantile.set_quantile(from_bits(each.quantile_bits));
                quantile.set_value(from_bits(each.value_bits));
            }
            if (from.start_timestamp_ms) write_time(*from.start_timestamp_ms, *summary.mutable_start_timestamp());
            break;
        }
        case ExposedType::kHistogram:
        case ExposedType::kGaugeHistogram:
            write_histogram(from, *to.mutable_histogram());
            break;
    }
}

// Bytes → model. Readers return what is wrong, or nothing.

constexpr std::string_view kTimeRange = "has a time beyond the range of int64 milliseconds";

std::string_view read_time(const Timestamp& from, std::optional<std::int64_t>& to) {
    // Before 1970 the seconds are rounded down: the last ones of the range would overflow before the rest is added.
    const std::int64_t borrowed = from.seconds() < 0 ? 1 : 0;
    std::int64_t ms = 0;
    if (__builtin_mul_overflow(from.seconds() + borrowed, kMsPerSecond, &ms) ||
        __builtin_add_overflow(ms, from.nanos() / kNanosPerMs - borrowed * kMsPerSecond, &ms))
        return kTimeRange;
    to = ms;
    return {};
}

template <typename Source>
std::string_view read_start(const Source& from, std::optional<std::int64_t>& to) {
    return from.has_start_timestamp() ? read_time(from.start_timestamp(), to) : std::string_view();
}

template <typename Source>
void read_labels(const Source& from, Labels& to) {
    to.reserve(static_cast<std::size_t>(from.label_size()));
    for (const auto& label : from.label()) to.emplace_back(label.name(), label.value());
}

std::string_view read_exemplar(const client::Exemplar& from, ExposedExemplar& to) {
    read_labels(from, to.labels);
    to.value_bits = to_bits(from.value());
    return from.has_timestamp() ? read_time(from.timestamp(), to.timestamp_ms) : std::string_view();
}

double read_count(double as_float, std::uint64_t as_integer) {
    return as_float > 0 ? as_float : static_cast<double>(as_integer);
}

template <typename Spans>
void read_spans(const Spans& from, std::vector<BucketSpan>& to) {
    to.reserve(static_cast<std::size_t>(from.size()));
    for (const auto& span : from) to.push_back({span.offset(), span.length()});
}

void read_native(const client::Histogram& from, Histogram& to) {
    to.sum_bits = to_bits(from.sample_sum());
    to.schema = from.schema();
    to.zero_threshold = from.zero_threshold();
    read_spans(from.positive_span(), to.positive_spans);
    read_spans(from.negative_span(), to.negative_spans);
    const bool no_op = to.negative_spans.empty() && to.positive_spans.size() == 1 && to.positive_spans[0].length == 0 &&
                       to.positive_spans[0].offset == 0;
    if (no_op) to.positive_spans.clear();
    // A float that is zero says something only where there is no integer beside it.
    const bool is_float = from.sample_count_float() > 0 || from.zero_count_float() > 0 ||
                          (from.has_sample_count_float() && !from.has_sample_count());
    if (is_float) {
        to.count = from.sample_count_float();
        to.zero_count = from.zero_count_float();
        to.positive_counts.assign(from.positive_count().begin(), from.positive_count().end());
        to.negative_counts.assign(from.negative_count().begin(), from.negative_count().end());
    } else {
        to.count = std::uint64_t{from.sample_count()};
        to.zero_count = std::uint64_t{from.zero_count()};
        to.positive_deltas.assign(from.positive_delta().begin(), from.positive_delta().end());
        to.negative_deltas.assign(from.negative_delta().begin(), from.negative_delta().end());
    }
}

std::string_view read_histogram(const client::Histogram& from, ExposedMetric& to) {
    to.count = read_count(from.sample_count_float(), from.sample_count());
    to.sum_bits = to_bits(from.sample_sum());
    to.buckets.reserve(static_cast<std::size_t>(from.bucket_size()));
    for (const auto& each : from.bucket()) {
        auto& bucket = to.buckets.emplace_back();
        bucket.upper_bound_bits = to_bits(each.upper_bound());
        bucket.cumulative_count = read_count(each.cumulative_count_float(), each.cumulative_count());
        if (!each.has_exemplar()) continue;
        if (const auto wrong = read_exemplar(each.exemplar(), bucket.exemplar.emplace()); !wrong.empty()) return wrong;
    }
    to.exemplars.reserve(static_cast<std::size_t>(from.exemplars_size()));
    for (const auto& each : from.exemplars())
        if (const auto wrong = read_exemplar(each, to.exemplars.emplace_back()); !wrong.empty()) return wrong;
    if (is_native(from)) read_native(from, to.native.emplace());
    return read_start(from, to.start_timestamp_ms);
}

std::string_view read_metric(const client::Metric& from, ExposedType type, ExposedMetric& to) {
    read_labels(from, to.labels);
    if (from.has_timestamp_ms()) to.timestamp_ms = from.timestamp_ms();
    switch (type) {
        case ExposedType::kCounter:
            if (!from.has_counter()) return "has no counter";
            to.value_bits = to_bits(from.counter().value());
            if (from.counter().has_exemplar())
                if (const auto wrong = read_exemplar(from.counter().exemplar(), to.exemplar.emplace()); !wrong.empty())
                    return wrong;
            return read_start(from.counter(), to.start_timestamp_ms);
        case ExposedType::kGauge:
            if (!from.has_gauge()) return "has no gauge";
            to.value_bits = to_bits(from.gauge().value());
            return {};
        case ExposedType::kUntyped:
            if (!from.has_untyped()) return "has no untyped";
            to.value_bits = to_bits(from.untyped().value());
            return {};
        case ExposedType::kSummary:
            if (!from.has_summary()) return "has no summary";
            to.count = static_cast<double>(from.summary().sample_count());
            to.sum_bits = to_bits(from.summary().sample_sum());
            to.quantiles.reserve(static_cast<std::size_t>(from.summary().quantile_size()));
            for (const auto& each : from.summary().quantile())
                to.quantiles.push_back({to_bits(each.quantile()), to_bits(each.value())});
            return read_start(from.summary(), to.start_timestamp_ms);
        case ExposedType::kHistogram:
        case ExposedType::kGaugeHistogram:
            if (!from.has_histogram()) return "has no histogram";
            return read_histogram(from.histogram(), to);
    }
    return {};
}

std::string read_family(const client::MetricFamily& from, ExposedFamily& to) {
    if (from.name().empty()) return "a metric family has no name";
    const std::string named = valid_utf8(from.name()) ? "metric family \"" + from.name() + "\"" : "a metric family";
    if (from.type() < client::COUNTER || from.type() > client::GAUGE_HISTOGRAM)
        return named + " has the unknown type " + std::to_string(from.type());
    to.name = from.name();
    to.help = from.help();
    to.unit = from.unit();
    to.type = static_cast<ExposedType>(from.type());
    to.metrics.reserve(static_cast<std::size_t>(from.metric_size()));
    for (const auto& each : from.metric())
        if (const auto wrong = read_metric(each, to.type, to.metrics.emplace_back()); !wrong.empty())
            return "metric " + std::to_string(to.metrics.size()) + " of " + named + " " + std::string(wrong);
    return {};
}

}  // namespace

std::string encode_metric_families(const std::vector<ExposedFamily>& families) {
    std::string out;
    for (const auto& from : families) {
        client::MetricFamily family;
        family.set_name(from.name);
        if (!from.help.empty()) family.set_help(from.help);
        family.set_type(static_cast<client::MetricType>(from.type));
        if (!from.unit.empty()) family.set_unit(from.unit);
        for (const auto& metric : from.metrics) write_metric(metric, from.type, *family.add_metric());
        protozero::write_varint(std::back_inserter(out), family.ByteSizeLong());
        family.AppendToString(&out);
    }
    return out;
}

Result<std::vector<ExposedFamily>> decode_metric_families(std::string_view bytes) {
    std::vector<ExposedFamily> out;
    client::MetricFamily family;
    const char* at = bytes.data();
    const char* const end = at + bytes.size();
    while (at != end) {
        const auto start = at - bytes.data();
        const auto refuse = [&](std::string what) {
            return fail(ErrorCode::kMalformed, std::move(what), "byte " + std::to_string(start));
        };
        std::uint64_t length = 0;
        if (const auto fault = wire::read_varint(at, end, length); fault != wire::Fault::kNone)
            return refuse(fault == wire::Fault::kTruncated ? "the length of a metric family is cut off"
                                                           : "the length of a metric family has more than 10 bytes");
        const auto left = static_cast<std::uint64_t>(end - at);
        if (length > left)
            return refuse("a metric family of " + std::to_string(length) + " bytes is announced, but only " +
                          std::to_string(left) + " follow");
        if (length > static_cast<std::uint64_t>(std::numeric_limits<int>::max()) ||
            !family.ParseFromArray(at, static_cast<int>(length)))
            return refuse("the " + std::to_string(length) + " bytes are no io.prometheus.client.MetricFamily");
        at += length;
        if (auto wrong = read_family(family, out.emplace_back()); !wrong.empty()) return refuse(std::move(wrong));
    }
    return out;
}

bool looks_like_metric_families(std::string_view bytes) {
    const char* at = bytes.data();
    const char* end = at + bytes.size();
    std::uint64_t length = 0;
    if (wire::read_varint(at, end, length) != wire::Fault::kNone || length > static_cast<std::uint64_t>(end - at))
        return false;
    end = at + length;
    // To text, the tag of the name is the end of a line of one character: blank, or the start of a comment. The name is
    // then a metric name at the start of a line, after blanks perhaps, and the tag after it cannot follow one.
    constexpr char kNameTag = '\x0a';
    constexpr std::string_view kOtherTags = "\x12\x18\x22\x2a";
    constexpr std::string_view kNotInNames = " \t\r\n#{}\"";
    std::uint32_t size = 0;
    if (at == end || *at++ != kNameTag || wire::read_length(at, end, size) != wire::Fault::kNone) return false;
    const std::string_view name(at, size);
    at += size;
    if (at == end || kOtherTags.find(*at) == std::string_view::npos) return false;
    if (!valid_utf8(name) || name.find_first_of(kNotInNames) != std::string_view::npos) return false;
    const auto families = decode_metric_families(bytes.substr(0, static_cast<std::size_t>(end - bytes.data())));
    return families && !families->front().metrics.empty();
}

}  // namespace prw::proto
