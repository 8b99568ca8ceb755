#include "histogram_check.h"

#include <cmath>
#include <cstdint>
#include <vector>

namespace prw::sender {

namespace {

using proto::BucketSpan;
constexpr std::int32_t kCustomBuckets = -53;

std::string check_spans(const std::vector<BucketSpan>& spans, std::size_t buckets, const std::string& sign) {
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < spans.size(); ++i) {
        if (i > 0 && spans[i].offset < 0) return sign + ": only the first span may have a negative offset";
        total += spans[i].length;
    }
    if (total == buckets) return {};
    return sign + ": the spans cover " + std::to_string(total) + " buckets, but " + std::to_string(buckets) +
           " values are given";
}

/// Adds up the accumulated deltas.
std::string sum_deltas(const std::vector<std::int64_t>& deltas, std::uint64_t& total, const std::string& sign) {
    std::int64_t bucket = 0;
    for (const std::int64_t delta : deltas) {
        if (__builtin_add_overflow(bucket, delta, &bucket) || bucket < 0)
            return sign + ": the deltas make a bucket's count negative";
        if (__builtin_add_overflow(total, static_cast<std::uint64_t>(bucket), &total))
            return sign + ": the bucket counts overflow";
    }
    return {};
}

bool negative_or_nan(double value) { return !(value >= 0); }

std::string check_float(const proto::Histogram& h) {
    for (const auto* count : {std::get_if<double>(&h.count), std::get_if<double>(&h.zero_count)})
        if (count == nullptr || negative_or_nan(*count))
            return "count and zero_count of a float histogram are numbers that are not negative";
    for (const auto* list : {&h.positive_counts, &h.negative_counts})
        for (const double value : *list)
            if (negative_or_nan(value)) return "a bucket's count is negative or NaN";
    return {};
}

std::string check_integer(const proto::Histogram& h) {
    const auto* count = std::get_if<std::uint64_t>(&h.count);
    const auto* zero = std::get_if<std::uint64_t>(&h.zero_count);
    if (count == nullptr || zero == nullptr)
        return "count and zero_count of an integer histogram are whole numbers that are not negative";
    std::uint64_t total = *zero;
    if (auto problem = sum_deltas(h.positive_deltas, total, "positive"); !problem.empty()) return problem;
    if (auto problem = sum_deltas(h.negative_deltas, total, "negative"); !problem.empty()) return problem;
    const bool nan_sum = std::isnan(proto::from_bits(h.sum_bits));  // NaN observations count, but fall in no bucket
    if (nan_sum ? *count < total : *count != total)
        return "count is " + std::to_string(*count) + ", but zero_count and buckets add up to " + std::to_string(total);
    return {};
}

std::string check_custom(const proto::Histogram& h) {
    if (!h.negative_spans.empty() || !h.negative_deltas.empty() || !h.negative_counts.empty())
        return "schema -53 has no negative buckets";
    const auto* zero = std::get_if<std::uint64_t>(&h.zero_count);
    const auto* zero_float = std::get_if<double>(&h.zero_count);
    if ((zero != nullptr && *zero != 0) || (zero_float != nullptr && *zero_float != 0) || h.zero_threshold != 0)
        return "schema -53 has no zero bucket";
    for (std::size_t i = 0; i < h.custom_values.size(); ++i) {
        if (!std::isfinite(h.custom_values[i])) return "custom_values are finite; +Inf is implied";
        if (i > 0 && !(h.custom_values[i - 1] < h.custom_values[i])) return "custom_values increase strictly";
    }
    std::uint64_t reach = 0;
    for (const BucketSpan& span : h.positive_spans) {
        if (span.offset < 0) return "schema -53 has no negative span offsets";
        reach += static_cast<std::uint64_t>(span.offset) + span.length;
    }
    if (reach > h.custom_values.size() + 1) return "the spans reach beyond the last of the custom_values";
    return {};
}

}  // namespace

std::string histogram_problem(const proto::Histogram& h) {
    const bool custom = h.schema == kCustomBuckets;
    if (!custom && (h.schema < -4 || h.schema > 8))
        return "schema " + std::to_string(h.schema) + " is neither within -4..8 nor -53";
    if (!custom && !h.custom_values.empty()) return "custom_values belong to schema -53 only";
    if (!std::isfinite(h.zero_threshold) || h.zero_threshold < 0)
        return "zero_threshold is a finite number that is not negative";
    const bool is_float = std::holds_alternative<double>(h.count);
    if (auto problem =
            check_spans(h.positive_spans, is_float ? h.positive_counts.size() : h.positive_deltas.size(), "positive");
        !problem.empty())
        return problem;
    if (auto problem =
            check_spans(h.negative_spans, is_float ? h.negative_counts.size() : h.negative_deltas.size(), "negative");
        !problem.empty())
        return problem;
    if (custom)
        if (auto problem = check_custom(h); !problem.empty()) return problem;
    return is_float ? check_float(h) : check_integer(h);
}

}  // namespace prw::sender
