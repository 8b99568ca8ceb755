#include "query_json.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <vector>

#include "prw/rules/json.h"

namespace prw::receiver {

namespace {

/// 2^53: from here on every double is whole.
constexpr double kWhole = 9007199254740992.0;
constexpr std::int32_t kCustomBuckets = -53;
/// What Prometheus knows; a schema beyond has no bounds that could be told.
constexpr std::int32_t kLeastSchema = -4, kMostSchema = 8;

struct Bucket {
    std::int64_t index = 0;
    double count = 0;
};

double as_double(const std::variant<std::uint64_t, double>& count) {
    return std::visit([](auto n) { return static_cast<double>(n); }, count);
}

/// Spans and their counts, which go up from one to the next in integer histograms. Ends where either does.
std::vector<Bucket> buckets_of(const std::vector<proto::BucketSpan>& spans, const std::vector<std::int64_t>& deltas,
                               const std::vector<double>& counts, bool floats) {
    std::vector<Bucket> out;
    const auto size = floats ? counts.size() : deltas.size();
    out.reserve(size);
    std::int64_t index = 0;
    std::uint64_t sum = 0;  // unsigned: what is nonsense may overflow
    for (const auto& span : spans) {
        index += span.offset;
        for (std::uint32_t i = 0; i < span.length; ++i, ++index) {
            if (out.size() == size) return out;
            if (!floats) sum += static_cast<std::uint64_t>(deltas[out.size()]);
            out.push_back({index, floats ? counts[out.size()] : static_cast<double>(static_cast<std::int64_t>(sum))});
        }
    }
    return out;
}

/// The upper bound of a positive bucket.
double bound(std::int64_t index, const proto::Histogram& h) {
    if (h.schema == kCustomBuckets) {
        if (index < 0) return -std::numeric_limits<double>::infinity();
        if (index >= static_cast<std::int64_t>(h.custom_values.size())) return std::numeric_limits<double>::infinity();
        return h.custom_values[static_cast<std::size_t>(index)];
    }
    const auto exponent = [](std::int64_t e) { return static_cast<int>(std::clamp<std::int64_t>(e, -3000, 3000)); };
    if (h.schema <= 0) {
        const auto power = index * (std::int64_t{1} << -h.schema);
        // 2^1024 is no double; what is above all others ends with the largest one.
        return power == 1024 ? std::numeric_limits<double>::max() : std::ldexp(1.0, exponent(power));
    }
    const std::int64_t in_octave = std::int64_t{1} << h.schema;
    const auto fraction = index & (in_octave - 1);
    const auto power = index >> h.schema;
    if (fraction == 0 && power == 1024) return std::numeric_limits<double>::max();
    return std::ldexp(std::exp2(static_cast<double>(fraction) / static_cast<double>(in_octave)), exponent(power));
}

class BucketWriter {
public:
    explicit BucketWriter(std::string& out) : out_(out) {}
    void put(double lower, double upper, bool with_lower, bool with_upper, double count) {
        if (count == 0) return;
        out_ += any_ ? ",[" : ",\"buckets\":[[";
        any_ = true;
        out_ += with_lower ? (with_upper ? "3," : "1,") : (with_upper ? "0," : "2,");
        put_value(out_, lower);
        out_ += ',';
        put_value(out_, upper);
        out_ += ',';
        put_value(out_, count);
        out_ += ']';
    }
    void end() {
        if (any_) out_ += ']';
    }

private:
    std::string& out_;
    bool any_ = false;
};

}  // namespace

void put_string(std::string& out, std::string_view text) {
    out += rules::dump(nlohmann::ordered_json(std::string(text)), -1);
}

void put_labels(std::string& out, const proto::Labels& labels) {
    out += '{';
    for (const auto& [name, value] : labels) {
        if (&name != &labels.front().first) out += ',';
        put_string(out, name);
        out += ':';
        put_string(out, value);
    }
    out += '}';
}

void put_time(std::string& out, std::int64_t ms) {
    auto rest = static_cast<std::uint64_t>(ms);
    if (ms < 0) {
        out += '-';
        rest = 0 - rest;
    }
    out += std::to_string(rest / 1000);
    if (rest %= 1000; rest == 0) return;
    out += '.';
    out += std::to_string(1000 + rest).substr(1);
}

void put_value(std::string& out, double value) {
    out += '"';
    if (std::isnan(value)) {
        out += "NaN";
    } else if (std::isinf(value)) {
        out += value > 0 ? "+Inf" : "-Inf";
    } else {
        const auto size = std::fabs(value);
        const bool plain = size == 0 || (size >= 1e-6 && size < 1e21);
        std::array<char, 32> text{};
        const auto write = [&](std::chars_format format) {
            return std::string_view(text.data(),
                                    std::to_chars(text.data(), text.data() + text.size(), value, format).ptr);
        };
        if (plain && size >= kWhole) {
            // Where doubles have gaps of more than one, zeros follow the digits that tell it from its neighbours.
            const auto digits = write(std::chars_format::scientific);
            const auto exponent = digits.find('e');
            int zeros = 0;
            std::from_chars(digits.data() + exponent + 2, digits.data() + digits.size(), zeros);
            const auto point = digits.find('.');
            if (point < exponent) zeros -= static_cast<int>(exponent - point - 1);
            for (const char c : digits.substr(0, exponent))
                if (c != '.') out += c;
            out.append(static_cast<std::size_t>(std::max(zeros, 0)), '0');
        } else {
            out += write(plain ? std::chars_format::fixed : std::chars_format::scientific);
        }
    }
    out += '"';
}

void put_histogram(std::string& out, const proto::Histogram& h) {
    const bool floats = std::holds_alternative<double>(h.count);
    out += "{\"count\":";
    put_value(out, as_double(h.count));
    out += ",\"sum\":";
    put_value(out, proto::from_bits(h.sum_bits));
    BucketWriter buckets(out);
    const bool custom = h.schema == kCustomBuckets;
    const bool known = custom || (h.schema >= kLeastSchema && h.schema <= kMostSchema);
    if (known && !custom) {
        auto negative = buckets_of(h.negative_spans, h.negative_deltas, h.negative_counts, floats);
        std::reverse(negative.begin(), negative.end());
        for (const auto& each : negative) {
            const double lower = -bound(each.index, h);
            double upper = -bound(each.index - 1, h);
            if (upper < 0 && upper > -h.zero_threshold) upper = -h.zero_threshold;
            buckets.put(lower, upper, true, false, each.count);
        }
    }
    if (const double zero = as_double(h.zero_count); zero > 0 && !custom)
        buckets.put(-h.zero_threshold, h.zero_threshold, true, true, zero);
    if (known) {
        for (const auto& each : buckets_of(h.positive_spans, h.positive_deltas, h.positive_counts, floats)) {
            double lower = bound(each.index - 1, h);
            if (!custom && lower > 0 && lower < h.zero_threshold) lower = h.zero_threshold;
            buckets.put(lower, bound(each.index, h), custom && each.index == 0, true, each.count);
        }
    }
    buckets.end();
    out += '}';
}

}  // namespace prw::receiver
