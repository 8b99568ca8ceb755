/// What the message rules share: reporting without cost when nothing is wanted, field paths, bounded text, names and
/// types of series.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "context.h"
#include "prw/base/text.h"
#include "prw/rules/text.h"
#include "quote.h"

namespace prw::rules {

/// `draft()` builds the strings and is called only while the rule still wants details. `severity`: this occurrence is
/// milder than the rule.
template <typename MakeDraft>
void report(const Context& c, const Rule& rule, std::uint32_t series, MakeDraft&& draft,
            std::optional<Severity> severity = {}) {
    if (!c.report.wants(rule, severity)) {
        c.report.count(rule, series, severity);
        return;
    }
    Draft made = std::forward<MakeDraft>(draft)();
    made.series = series;
    made.severity = severity;
    c.report.add(rule, std::move(made));
}

/// For observations that concern most series of a request alike: the first one in detail, the rest as its count.
class Aggregate {
public:
    template <typename MakeDraft>
    void report(const Context& c, const Rule& rule, std::uint32_t series, MakeDraft&& draft,
                std::optional<Severity> severity = {}) {
        if (seen_) {
            c.report.count(rule, series, severity);
            return;
        }
        seen_ = true;
        rules::report(c, rule, series, std::forward<MakeDraft>(draft), severity);
    }

private:
    bool seen_ = false;
};

// ---- Text ----

[[nodiscard]] std::string cat(std::initializer_list<std::string_view> parts);
/// In double quotes, as a label's value in text; bounded.
[[nodiscard]] inline std::string quoted(std::string_view text, std::size_t max = 80) { return base::quoted(text, max); }
[[nodiscard]] std::string num(std::int64_t value);
[[nodiscard]] std::string unum(std::uint64_t value);
[[nodiscard]] std::string real(double value);
/// "2026-01-01T00:00:00.000Z"; the number alone when it is no date that a calendar prints.
[[nodiscard]] std::string date_text(std::int64_t ms);
/// "1767225600000 (2026-01-01T00:00:00.000Z)"
[[nodiscard]] std::string moment(std::int64_t ms);
/// "timeseries[3]"
[[nodiscard]] std::string series_path(std::uint32_t series);
/// "timeseries[3].samples[0].timestamp"; `field` may be empty.
[[nodiscard]] std::string element_path(std::uint32_t series, std::string_view array, std::size_t index,
                                       std::string_view field = {});
/// 1.0: "timeseries[3].labels[2].name" · 2.0: "timeseries[3].labels_refs[4]".
[[nodiscard]] std::string label_path(const Context& c, std::string_view owner, std::size_t label, bool value);

// ---- Labels ----

/// The name's bytes, or the whole label where the name is absent on the wire.
[[nodiscard]] inline proto::ByteRange name_range(const proto::LabelView& l) {
    return l.name_range.size != 0 ? l.name_range : l.range;
}
[[nodiscard]] inline proto::ByteRange value_range(const proto::LabelView& l) {
    return l.value_range.size != 0 ? l.value_range : l.range;
}

/// The label `__name__`; nullptr when there is none.
[[nodiscard]] const proto::LabelView* metric_label(const proto::RequestView& view, const proto::SeriesView& series);
/// The metric's name; empty when there is none.
[[nodiscard]] std::string_view metric_name(const proto::RequestView& view, const proto::SeriesView& series);
/// True when the last label of an odd list has no value reference at all.
[[nodiscard]] inline bool lacks_value(bool odd_refs, std::size_t label, std::size_t count) {
    return odd_refs && label + 1 == count;
}
/// A float as Go's strconv.ParseFloat reads it, except NaN: that is no bound and no quantile.
[[nodiscard]] std::optional<double> parse_float(std::string_view text);

// ---- Types ----

/// The metric type of a series: 2.0 from its metadata, 1.0 from the request's metadata entries, by family.
class Types {
public:
    explicit Types(const proto::RequestView& view) : view_(view) {}
    [[nodiscard]] proto::MetricType of(const proto::SeriesView& series, std::string_view name);

private:
    const proto::RequestView& view_;
    bool built_ = false;
    std::vector<std::pair<std::string_view, proto::MetricType>> families_;  ///< 1.0, sorted; built on first use
};

/// True for values that only grow: counters, and the _count and _bucket series of histograms and summaries.
[[nodiscard]] bool is_cumulative(proto::MetricType type, std::string_view name);

/// True for the names that the float series of a histogram have: NAME_bucket, NAME_count, NAME_sum and their like.
[[nodiscard]] bool series_of_histogram(std::string_view name);

// ---- Values ----

[[nodiscard]] constexpr bool is_nan_bits(std::uint64_t bits) {
    return (bits & 0x7fffffffffffffffULL) > 0x7ff0000000000000ULL;
}
[[nodiscard]] constexpr bool is_stale(std::uint64_t bits) { return bits == proto::kStaleNanBits; }

/// Fills `first_of[i]` with the lowest index of a symbol equal to symbols[i]; false when all differ (then `first_of` is
/// the identity).
bool find_duplicate_symbols(const proto::RequestView& view, std::vector<std::uint32_t>& first_of);

// ---- Parts of families that live in files of their own: their rules, for the family's table, and what runs them ----

namespace order {
extern const Rule kOrder, kUnique, kRepeated, kDistinct, kExemplarOrder, kStartBack;
}
void run_order(const Context& c);

namespace timestamps {
extern const Rule kUnit, kPlausible, kExemplarUnit, kExemplarPlausible, kExemplarTimestamp, kFuture, kStartUnit,
    kStartPlausible, kStartAfter;
}
void run_timestamps(const Context& c);

namespace buckets {
extern const Rule kDeltas, kCounts, kV1Kind, kSpans, kOffset, kNegative, kFloatNegative, kDeltaEncoding, kEqual, kNear,
    kCovers, kIndex, kNoOpSpan, kNoCustomValues, kIncreasing, kNoNegative, kNoInf, kBoundsFinite, kCustomSpans;
}
void run_buckets(const Context& c, std::uint32_t series, std::size_t index, const proto::HistogramView& h);

}  // namespace prw::rules
