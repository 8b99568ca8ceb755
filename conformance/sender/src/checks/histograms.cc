#include "histograms.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "scrape/exposition.h"

namespace prw::sender_suite {
namespace {

constexpr std::int32_t kCustomSchema = -53;

double number(const std::variant<std::uint64_t, double>& value) {
    return std::visit([](auto n) { return static_cast<double>(n); }, value);
}
bool floats(const proto::Histogram& histogram) { return std::holds_alternative<double>(histogram.count); }

std::string text(double value) { return proto::value_text(proto::to_bits(value)); }

/// As many as there are both buckets and places for them: what does not fit is a finding of a rule.
std::map<std::int64_t, double> spread(const std::vector<proto::BucketSpan>& spans, const std::vector<double>& counts) {
    std::map<std::int64_t, double> out;
    std::size_t next = 0;
    std::int64_t index = 0;
    for (const auto& span : spans) {
        index += span.offset;
        for (std::uint32_t i = 0; i < span.length && next < counts.size(); ++i, ++index) {
            const double count = counts[next++];
            if (std::fpclassify(count) != FP_ZERO) out[index] = count;
        }
    }
    return out;
}

std::vector<double> absolute(const std::vector<std::int64_t>& deltas) {
    std::vector<double> out;
    out.reserve(deltas.size());
    std::uint64_t count = 0;  // wraps around where a sender sends nonsense
    for (const auto delta : deltas) {
        count += static_cast<std::uint64_t>(delta);
        out.push_back(static_cast<double>(static_cast<std::int64_t>(count)));
    }
    return out;
}

std::string differing(const std::string& what, const std::string& served, const std::string& got) {
    return what + " " + served + " was served, " + got + " arrived";
}

/// Bits count: -0 in the place of 0 is another value, NaN is NaN.
bool same(double a, double b) { return proto::to_bits(a) == proto::to_bits(b) || (std::isnan(a) && std::isnan(b)); }

std::string bucket_difference(const std::string& sign, const std::map<std::int64_t, double>& served,
                              const std::map<std::int64_t, double>& got) {
    auto s = served.begin();
    auto g = got.begin();
    while (s != served.end() || g != got.end()) {
        const bool only_served = g == got.end() || (s != served.end() && s->first < g->first);
        const bool only_got = s == served.end() || (g != got.end() && g->first < s->first);
        const auto index = only_got ? g->first : s->first;
        const double left = only_got ? 0 : s->second;
        const double right = only_served ? 0 : g->second;
        if (only_served || only_got || !same(left, right))
            return differing("in the " + sign + " bucket " + std::to_string(index), text(left), text(right));
        ++s;
        ++g;
    }
    return {};
}

const std::string* label_of(const SourceIdentity& source, std::string_view name) {
    for (const auto& [key, value] : source.labels)
        if (key == name) return &value;
    return nullptr;
}

std::optional<double> bound_of(const SourceIdentity& source) {
    const auto* text = label_of(source, "le");
    return text == nullptr ? std::nullopt : number_of(*text);
}

}  // namespace

Buckets buckets_of(const proto::Histogram& histogram) {
    Buckets out;
    out.zero = number(histogram.zero_count);
    out.count = number(histogram.count);
    const bool f = floats(histogram);
    out.positive =
        spread(histogram.positive_spans, f ? histogram.positive_counts : absolute(histogram.positive_deltas));
    out.negative =
        spread(histogram.negative_spans, f ? histogram.negative_counts : absolute(histogram.negative_deltas));
    return out;
}

std::string difference(const proto::Histogram& served, const proto::Histogram& got) {
    if (served.schema != got.schema)
        return differing("schema", std::to_string(served.schema), std::to_string(got.schema));
    if (floats(served) != floats(got))
        return std::string("a histogram with ") + (floats(served) ? "float" : "integer") +
               " counts was served, one with " + (floats(got) ? "float" : "integer") + " counts arrived";
    const auto left = buckets_of(served), right = buckets_of(got);
    if (!same(left.count, right.count)) return differing("the count", text(left.count), text(right.count));
    const double sum = proto::from_bits(served.sum_bits), got_sum = proto::from_bits(got.sum_bits);
    if (!same(sum, got_sum)) return differing("the sum", text(sum), text(got_sum));
    if (!same(served.zero_threshold, got.zero_threshold))
        return differing("the zero threshold", text(served.zero_threshold), text(got.zero_threshold));
    if (!same(left.zero, right.zero)) return differing("the zero bucket", text(left.zero), text(right.zero));
    if (served.custom_values.size() != got.custom_values.size())
        return std::to_string(served.custom_values.size()) + " bounds were served, " +
               std::to_string(got.custom_values.size()) + " arrived";
    for (std::size_t i = 0; i < served.custom_values.size(); ++i)
        if (!same(served.custom_values[i], got.custom_values[i]))
            return differing("the bound", text(served.custom_values[i]), text(got.custom_values[i]));
    if (auto positive = bucket_difference("positive", left.positive, right.positive); !positive.empty())
        return positive;
    return bucket_difference("negative", left.negative, right.negative);
}

bool fell(const proto::Histogram& before, const proto::Histogram& now) {
    const auto old = buckets_of(before), fresh = buckets_of(now);
    if (fresh.count < old.count) return true;
    if (before.schema != now.schema || before.custom_values != now.custom_values ||
        !same(before.zero_threshold, now.zero_threshold))
        return false;
    if (fresh.zero < old.zero) return true;
    const auto lower = [](const auto& from, const auto& to) {
        return std::any_of(from.begin(), from.end(), [&](const auto& bucket) {
            const auto found = to.find(bucket.first);
            return (found == to.end() ? 0 : found->second) < bucket.second;
        });
    };
    return lower(old.positive, fresh.positive) || lower(old.negative, fresh.negative);
}

std::vector<std::uint32_t> custom_sources(const std::vector<SourceIdentity>& sources) {
    std::map<std::pair<std::uint32_t, LabelPairs>, std::uint32_t> becomes;
    for (std::uint32_t i = 0; i < sources.size(); ++i)
        if (sources[i].custom_buckets) becomes[{sources[i].family, sources[i].labels}] = i;
    std::vector<std::uint32_t> out(sources.size(), kNoSource);
    if (becomes.empty()) return out;
    for (std::uint32_t i = 0; i < sources.size(); ++i) {
        if (sources[i].custom_buckets || sources[i].native) continue;
        auto labels = sources[i].labels;
        std::erase_if(labels, [](const auto& label) { return label.first == "le"; });
        if (const auto found = becomes.find({sources[i].family, labels}); found != becomes.end())
            out[i] = found->second;
    }
    return out;
}

std::map<std::uint32_t, proto::Histogram> as_custom_buckets(const std::vector<SourceIdentity>& sources,
                                                            const Generation& generation) {
    const auto becomes = custom_sources(sources);
    struct Classic {
        std::map<double, double> cumulative;  // by bound
        std::optional<double> count;
        std::uint64_t sum_bits = 0;
    };
    std::map<std::uint32_t, Classic> classic;
    for (const auto& sample : generation.samples) {
        if (becomes[sample.series] == kNoSource) continue;
        auto& histogram = classic[becomes[sample.series]];
        const double value = proto::from_bits(sample.bits);
        if (const auto bound = bound_of(sources[sample.series]))
            histogram.cumulative[*bound] = value;
        else if (sources[sample.series].metric.ends_with("_count"))
            histogram.count = value;
        else
            histogram.sum_bits = sample.bits;
    }
    std::map<std::uint32_t, proto::Histogram> out;
    for (const auto& [source, histogram] : classic) {
        if (!histogram.count) continue;
        proto::Histogram made;
        made.schema = kCustomSchema;
        made.count = static_cast<std::uint64_t>(*histogram.count);
        made.sum_bits = histogram.sum_bits;
        std::int64_t below = 0, last = 0;
        for (const auto& [bound, cumulative] : histogram.cumulative) {
            if (!std::isinf(bound)) made.custom_values.push_back(bound);
            const auto own = static_cast<std::int64_t>(cumulative) - below;
            made.positive_deltas.push_back(own - last);
            below = static_cast<std::int64_t>(cumulative);
            last = own;
        }
        made.positive_spans = {{0, static_cast<std::uint32_t>(made.positive_deltas.size())}};
        out[source] = std::move(made);
    }
    return out;
}

}  // namespace prw::sender_suite
