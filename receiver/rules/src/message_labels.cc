/// Label sets of series: names, values, order. Clauses *.labels.*, and 2.0's "labels_refs must be provided".
#include <algorithm>

#include "message_util.h"
#include "prw/rules/limits.h"

namespace prw::rules {
namespace {

using proto::LabelView;
using proto::MetricType;

constexpr Rule kNotEmpty{
    .id = "labels/set-not-empty",
    .clauses = {"prw2.timeseries.labels-refs-provided", "ext.labels.label-set-not-empty"},
    .subject = Subject::kSeries,
    .severity = Severity::kFail,
    .summary = "Every series has labels.",
    .fix = "Do not send a series without labels; give it at least __name__.",
};

constexpr Rule kMetricName{
    .id = rule_id::kMetricNamePresent,
    .clauses = {"prw1.labels.metric-name-present", "prw2.labels.metric-name-present"},
    .subject = Subject::kLabelSet,
    .severity = Severity::kWarn,
    .summary = "The label set has a __name__.",
    .fix = "Put the metric name into the label __name__; Prometheus drops or refuses series without it.",
};

constexpr Rule kNoRepeat{
    .id = rule_id::kNoRepeatedNames,
    .clauses = {"prw1.labels.no-repeated-names", "prw2.labels.no-repeated-names"},
    .subject = Subject::kLongLabelSet,
    .severity = Severity::kFail,
    .summary = "No label name occurs twice in one label set.",
    .fix =
        "Merge labels by name before encoding, after adding external labels and after replacing characters in names.",
};

constexpr Rule kSorted{
    .id = rule_id::kLabelsSorted,
    .clauses = {"prw1.labels.sorted", "prw2.labels.sorted"},
    .subject = Subject::kLongLabelSet,
    .severity = Severity::kFail,
    .summary = "Labels are in the byte order of their names.",
    .fix =
        "Sort labels by the bytes of their names before encoding; upper-case sorts before underscore, "
        "so __name__ is not always first.",
};

constexpr Rule kEmptyName{
    .id = rule_id::kNoEmptyName,
    .clauses = {"prw1.labels.no-empty-name", "prw2.labels.no-empty-name"},
    .subject = Subject::kLabel,
    .severity = Severity::kFail,
    .summary = "No label has an empty name.",
    .fix = "Drop labels without a name before encoding; in 2.0 a name reference 0 is the empty string.",
};

constexpr Rule kEmptyValue{
    .id = rule_id::kNoEmptyValue,
    .clauses = {"prw1.labels.no-empty-value", "prw2.labels.no-empty-value"},
    .subject = Subject::kLabel,
    .severity = Severity::kFail,
    .summary = "No label has an empty value.",
    .fix = "Drop labels with an empty value before encoding: an empty label and an absent one are the same series.",
};

constexpr Rule kMetricPattern{
    .id = rule_id::kMetricNamePattern,
    .clauses = {"prw1.labels.metric-name-regex", "prw2.labels.metric-name-regex"},
    .subject = Subject::kMetricName,
    .severity = Severity::kFail,
    .summary = "The metric name matches [a-zA-Z_:][a-zA-Z0-9_:]*.",
    .fix = "Replace other characters in metric names, for example by underscores.",
};

constexpr Rule kLabelPattern{
    .id = rule_id::kLabelNamePattern,
    .clauses = {"prw1.labels.label-name-regex", "prw2.labels.label-name-regex"},
    .subject = Subject::kLabel,
    .severity = Severity::kFail,
    .summary = "Label names match [a-zA-Z_][a-zA-Z0-9_]*.",
    .fix = "Replace other characters in label names, for example by underscores; a colon is for metric names only.",
};

/// 1.0 has no other names; 2.0 advises against them, and names may be any UTF-8.
constexpr std::string_view kPatternFixV2 =
    "Nothing to fix where all receivers take UTF-8 names; others want other characters replaced, for example by "
    "underscores.";

constexpr Rule kUtf8{
    .id = rule_id::kLabelsUtf8,
    .clauses = {"prw1.labels.value-valid-utf8", "prw2.labels.utf8"},
    .subject = Subject::kLabel,
    .severity = Severity::kFail,
    .summary = "Names and values of labels are valid UTF-8.",
    .fix = "Convert text to UTF-8 where it enters your program, or replace broken bytes by U+FFFD.",
};

constexpr Rule kReserved{
    .id = "labels/no-reserved-prefix",
    .clauses = {"prw1.labels.dunder-not-used", "prw2.labels.dunder-not-used"},
    .subject = Subject::kLabel,
    .severity = Severity::kWarn,
    .summary = "Label names do not start with two underscores, apart from the system's own.",
    .fix = "Drop or rename internal labels (__meta_*, __address__ and the like) before sending.",
};

constexpr Rule kLe{
    .id = "labels/le-float",
    .clauses = {"ext.labels.le-parses-float"},
    .subject = Subject::kClassicBucket,
    .severity = Severity::kFail,
    .summary =
        "On the _bucket series of a histogram, le is a number (a warning where the series is not known to be one).",
    .fix =
        "Write le as a decimal number with a point, \"+Inf\" for the last bucket; choose another label name if this is "
        "no "
        "histogram.",
};

constexpr Rule kLeName{
    .id = "labels/le-on-bucket",
    .clauses = {"ext.labels.le-on-bucket"},
    .subject = Subject::kLeSeries,
    .severity = Severity::kWarn,
    .summary = "The buckets of a classic histogram are called NAME_bucket.",
    .fix =
        "Append _bucket to the name of the series that carry le, as _count and _sum are appended to those beside them.",
};

constexpr Rule kQuantile{
    .id = "labels/quantile-float",
    .clauses = {"ext.labels.quantile-parses-float"},
    .subject = Subject::kQuantile,
    .severity = Severity::kFail,
    .summary = "On the series of a summary, quantile is a number from 0 to 1 (a warning where the type is not known).",
    .fix =
        "Write quantile as a decimal number from 0 to 1, for example \"0.99\"; choose another label name if this is no "
        "summary.",
};

constexpr Rule kSize{
    .id = rule_id::kLabelSize,
    .clauses = {"ext.labels.size-sane"},
    .subject = Subject::kLabelSet,
    .severity = Severity::kWarn,
    .summary =
        "At most 40 labels a series, names of at most 1024 and values of at most 4096 bytes (a note from "
        "30 labels and 2048 bytes on).",
    .fix = "Shorten or drop the label; receivers truncate it or refuse the series.",
};
static_assert(limits::kLabels == 40 && limits::kLabelName == 1024 && limits::kLabelValue == 4096 &&
                  limits::kUsualLabels == 30 && limits::kUsualLabelValue == 2048,
              "the summary says these");

constexpr const Rule* kRules[] = {&kNotEmpty,   &kMetricName,    &kSorted,       &kNoRepeat, &kEmptyName,
                                  &kEmptyValue, &kMetricPattern, &kLabelPattern, &kUtf8,     &kReserved,
                                  &kLe,         &kLeName,        &kQuantile,     &kSize};

constexpr UncoveredClause kUncovered[] = {
    {"prw1.labels.value-any-utf8", "a permission: any Unicode text is a legal value, there is nothing to violate"},
};

/// What is known of a 2.0 symbol, found out at its first use in that role.
enum Flag : std::uint8_t {
    kNameKnown = 1,
    kNameOk = 2,  ///< as a label name: pattern, prefix and length are beyond reproach
    kMetricKnown = 4,
    kMetricOk = 8,  ///< as a metric name
};

bool is_system_name(std::string_view name) { return name == "__name__" || name == "__type__" || name == "__unit__"; }

bool name_ok(std::string_view name) {
    return name.size() <= limits::kLabelName && proto::legacy_label_name(name) &&
           (!name.starts_with("__") || is_system_name(name));
}

class LabelRules {
public:
    explicit LabelRules(const Context& c) : c_(c), view_(*c.view), types_(view_) {
        if (c.v2()) flags_.assign(view_.symbols.size(), 0);
        // The reader has validated every string already; only when it met broken ones does it pay to look again.
        check_utf8_ = view_.issues_dropped != 0 ||
                      std::any_of(view_.issues.begin(), view_.issues.end(), [](const proto::WireIssue& issue) {
                          return issue.kind == proto::WireIssue::Kind::kInvalidUtf8;
                      });
    }

    void run() {
        for (std::uint32_t i = 0; i < view_.series.size(); ++i) series(i, view_.series[i]);
    }

private:
    void series(std::uint32_t index, const proto::SeriesView& series) {
        const auto labels = view_.labels_of(series);
        c_.saw(Subject::kSeries);
        if (labels.empty()) {
            report(c_, kNotEmpty, index, [&] {
                return Draft{
                    .message = cat({series_path(index),
                                    " has no labels; a series is identified by its labels, so at least one is needed"}),
                    .field = series_path(index),
                    .protobuf = series.range};
            });
            return;
        }
        c_.saw(Subject::kLabelSet);
        c_.saw(Subject::kLabel, labels.size());
        if (labels.size() > 1) c_.saw(Subject::kLongLabelSet);
        if (labels.size() > limits::kUsualLabels) label_count(index, series, labels.size());

        const bool odd = series.odd_refs;
        if (!repeats_clean_names(labels)) {
            clean_ = {};
            if (names(index, series, labels) && !odd) clean_ = labels;
        }
        const auto pick = [&](std::size_t at) { return at < labels.size() ? &labels[at] : nullptr; };
        const LabelView* metric = pick(metric_);
        const LabelView* le = pick(le_);
        const LabelView* quantile = pick(quantile_);
        for (std::size_t j = 0; j < labels.size(); ++j) {
            const auto& label = labels[j];
            if (!label.value_in_range || lacks_value(odd, j, labels.size())) continue;
            if (label.value.empty()) {
                empty_value(index, j, label);
            } else if (label.value.size() > limits::kUsualLabelValue) {
                value_size(index, j, label);
            }
        }
        if (metric != nullptr && !metric->value.empty()) {
            c_.saw(Subject::kMetricName);
            metric_pattern(index, metric_, *metric);
        }
        if (check_utf8_) {
            for (std::size_t j = 0; j < labels.size(); ++j) utf8(index, j, labels[j]);
        }
        if (metric != nullptr && le != nullptr) {
            c_.saw(Subject::kLeSeries);
            if (metric->value.ends_with("_bucket")) {
                c_.saw(Subject::kClassicBucket);
                bucket_bound(index, series, labels, *metric, *le);
            } else {
                bucket_name(index, series, labels, *metric, *le);
            }
        }
        if (metric != nullptr && quantile != nullptr) {
            c_.saw(Subject::kQuantile);
            summary_quantile(index, series, labels, *metric, *quantile);
        }
    }

    /// Series of one metric have the same names: true when these are those of the last series about whose names there
    /// was nothing to say.
    [[nodiscard]] bool repeats_clean_names(std::span<const LabelView> labels) const {
        if (labels.size() != clean_.size()) return false;
        for (std::size_t j = 0; j < labels.size(); ++j) {
            if (c_.v2() ? labels[j].name_ref != clean_[j].name_ref : labels[j].name != clean_[j].name) return false;
        }
        return true;
    }

    /// Judges the names and notes where __name__, le and quantile are. True when there was nothing to say.
    bool names(std::uint32_t index, const proto::SeriesView& series, std::span<const LabelView> labels) {
        metric_ = le_ = quantile_ = kNone;
        const LabelView* previous = nullptr;
        std::size_t previous_index = 0;
        bool clean = true, sorted = true, repeated = false, in_range = true;
        for (std::size_t j = 0; j < labels.size(); ++j) {
            const auto& label = labels[j];
            if (!label.name_in_range) {
                in_range = clean = false;
                continue;
            }
            if (label.name.empty()) {
                clean = false;
                empty_name(index, j, label);
                continue;
            }
            if (previous != nullptr) {
                const int order = previous->name.compare(label.name);
                if (order == 0) {
                    repeated = true;
                    repeat(index, j, previous_index, label);
                } else if (order > 0 && sorted) {
                    sorted = false;
                    unsorted(index, j, *previous, label);
                }
            }
            previous = &label;
            previous_index = j;
            if (label.name == "__name__") {
                metric_ = j;
                continue;
            }
            if (!label_name(index, j, label)) clean = false;
            if (label.name == "le") le_ = j;
            if (label.name == "quantile") quantile_ = j;
        }
        // Neighbours tell about repeats only while the names are sorted.
        if (!sorted && !repeated) repeats_among_unsorted(index, labels);
        if (metric_ == kNone && in_range) {
            clean = false;
            report(c_, kMetricName, index, [&] {
                return Draft{.message = cat({"The label set has no __name__; wanted the metric name there, got only ",
                                             quoted(labels.front().name), labels.size() > 1 ? " and others" : ""}),
                             .field = series_path(index),
                             .protobuf = series.range};
            });
        }
        return clean && sorted && !repeated;
    }

    void empty_name(std::uint32_t index, std::size_t j, const LabelView& label) {
        report(c_, kEmptyName, index, [&] {
            return Draft{.message = cat({"Label ", unum(j), " has an empty name (its value is ", quoted(label.value),
                                         "); wanted a name or no label"}),
                         .field = path(index, j, false),
                         .protobuf = name_range(label)};
        });
    }

    void empty_value(std::uint32_t index, std::size_t j, const LabelView& label) {
        report(c_, kEmptyValue, index, [&] {
            return Draft{
                .message = cat({"Label ", quoted(label.name), " has an empty value; wanted a value or no label"}),
                .field = path(index, j, true),
                .protobuf = value_range(label)};
        });
    }

    void repeat(std::uint32_t index, std::size_t j, std::size_t first, const LabelView& label) {
        report(c_, kNoRepeat, index, [&] {
            return Draft{.message = cat({"Label name ", quoted(label.name), " occurs more than once (labels ",
                                         unum(first), " and ", unum(j), "); wanted every name once"}),
                         .field = path(index, j, false),
                         .protobuf = name_range(label)};
        });
    }

    void unsorted(std::uint32_t index, std::size_t j, const LabelView& previous, const LabelView& label) {
        report(c_, kSorted, index, [&] {
            return Draft{.message = cat({"Labels are not sorted by name: ", quoted(label.name), " comes after ",
                                         quoted(previous.name), "; wanted byte order, ", quoted(label.name), " first"}),
                         .field = path(index, j, false),
                         .protobuf = name_range(label)};
        });
    }

    void repeats_among_unsorted(std::uint32_t index, std::span<const LabelView> labels) {
        order_.clear();
        for (std::uint32_t j = 0; j < labels.size(); ++j) {
            if (labels[j].name_in_range && !labels[j].name.empty()) order_.push_back(j);
        }
        std::sort(order_.begin(), order_.end(), [&](std::uint32_t a, std::uint32_t b) {
            const int order = labels[a].name.compare(labels[b].name);
            return order != 0 ? order < 0 : a < b;
        });
        for (std::size_t k = 1; k < order_.size(); ++k) {
            if (labels[order_[k]].name == labels[order_[k - 1]].name)
                repeat(index, order_[k], order_[k - 1], labels[order_[k]]);
        }
    }

    void metric_pattern(std::uint32_t index, std::size_t j, const LabelView& label) {
        if (cached(label.value_ref, kMetricKnown, kMetricOk, [&] { return proto::legacy_metric_name(label.value); }))
            return;
        // Broken UTF-8 has a rule of its own.
        if (proto::legacy_metric_name(label.value) || !proto::valid_utf8(label.value)) return;
        report(c_, kMetricPattern, index, [&] {
            return Draft{
                .message = cat({"Metric name ", quoted(label.value), " does not match [a-zA-Z_:][a-zA-Z0-9_:]*",
                                c_.v1() ? ", and 1.0 allows nothing else" : ""}),
                .field = path(index, j, true),
                .protobuf = value_range(label),
                .fix = std::string(c_.v1() ? "" : kPatternFixV2)};
        });
    }

    /// True when the name itself is beyond reproach.
    bool label_name(std::uint32_t index, std::size_t j, const LabelView& label) {
        if (cached(label.name_ref, kNameKnown, kNameOk, [&] { return name_ok(label.name); })) return true;
        if (!proto::legacy_label_name(label.name) && (c_.v1() || proto::valid_utf8(label.name))) {
            report(c_, kLabelPattern, index, [&] {
                return Draft{
                    .message = cat({"Label name ", quoted(label.name), " does not match [a-zA-Z_][a-zA-Z0-9_]*"}),
                    .field = path(index, j, false),
                    .protobuf = name_range(label),
                    .fix = std::string(c_.v1() ? "" : kPatternFixV2)};
            });
        }
        if (label.name == "__replica__") {
            const auto draft = [&] {
                return Draft{.message = cat({"Label \"__replica__\" (value ", quoted(label.value),
                                             ") starts with two underscores; receivers that deduplicate pairs of "
                                             "senders expect it, others store it"}),
                             .field = path(index, j, false),
                             .protobuf = name_range(label),
                             .fix = "Nothing to do if the receiver deduplicates by __replica__ (Mimir, Cortex)."};
            };
            report(c_, kReserved, index, draft, Severity::kInfo);
        } else if (label.name.starts_with("__") && !is_system_name(label.name)) {
            report(c_, kReserved, index, [&] {
                return Draft{
                    .message = cat({"Label name ", quoted(label.name),
                                    " starts with two underscores, which are reserved for internal use (value ",
                                    quoted(label.value), ")"}),
                    .field = path(index, j, false),
                    .protobuf = name_range(label)};
            });
        }
        if (label.name.size() > limits::kLabelName) {
            report(c_, kSize, index, [&] {
                return Draft{.message = cat({"Label name ", quoted(label.name, 40), " is ", unum(label.name.size()),
                                             " bytes long; wanted at most ", unum(limits::kLabelName)}),
                             .field = path(index, j, false),
                             .protobuf = name_range(label)};
            });
        }
        return false;
    }

    void utf8(std::uint32_t index, std::size_t j, const LabelView& label) {
        const bool bad_value = !proto::valid_utf8(label.value);
        // 1.0's sentence is about values; a broken name breaks the pattern of names there.
        const bool bad_name = c_.v2() && !proto::valid_utf8(label.name);
        if (!bad_value && !bad_name) return;
        report(c_, kUtf8, index, [&] {
            return Draft{.message = bad_name ? cat({"Label name ", quoted(label.name), " is not valid UTF-8"})
                                             : cat({"Value ", quoted(label.value), " of label ", quoted(label.name),
                                                    " is not valid UTF-8"}),
                         .field = path(index, j, !bad_name),
                         .protobuf = bad_name ? name_range(label) : value_range(label)};
        });
    }

    void label_count(std::uint32_t index, const proto::SeriesView& series, std::size_t count) {
        const bool many = count > limits::kLabels;
        const auto draft = [&] {
            return Draft{
                .message =
                    cat({"The series has ", unum(count), " labels; ",
                         many ? cat({"wanted at most ", unum(limits::kLabels)})
                              : cat({"Mimir and Cortex take at most ", unum(limits::kUsualLabels), " by default"})}),
                .field = series_path(index),
                .protobuf = series.range};
        };
        report(c_, kSize, index, draft, many ? Severity::kWarn : Severity::kInfo);
    }

    void value_size(std::uint32_t index, std::size_t j, const LabelView& label) {
        const bool long_one = label.value.size() > limits::kLabelValue;
        const auto draft = [&] {
            return Draft{
                .message =
                    cat({"The value of label ", quoted(label.name), " is ", unum(label.value.size()), " bytes long; ",
                         long_one
                             ? cat({"wanted at most ", unum(limits::kLabelValue)})
                             : cat({"Mimir and Cortex take at most ", unum(limits::kUsualLabelValue), " by default"})}),
                .field = path(index, j, true),
                .protobuf = value_range(label)};
        };
        report(c_, kSize, index, draft, long_one ? Severity::kWarn : Severity::kInfo);
    }

    void bucket_bound(std::uint32_t index, const proto::SeriesView& series, std::span<const LabelView> labels,
                      const LabelView& metric, const LabelView& le) {
        if (le.value.empty() || parse_float(le.value)) return;
        const auto type = types_.of(series, metric.value);
        const bool known = type == MetricType::kHistogram || type == MetricType::kGaugeHistogram;
        if (!known && type != MetricType::kUnspecified) return;  // a gauge or counter that happens to be called so
        const auto base = metric.value.substr(0, metric.value.size() - std::string_view("_bucket").size());
        const bool histogram = known || has_siblings(base);
        const auto draft = [&] {
            return Draft{
                .message = cat(
                    {"Label le=", quoted(le.value), " of ", quoted(metric.value), " is not a number",
                     histogram ? "" : " (no type and no _count or _sum beside it confirm that this is a histogram)"}),
                .field = path(index, static_cast<std::size_t>(&le - labels.data()), true),
                .protobuf = value_range(le)};
        };
        report(c_, kLe, index, draft, histogram ? Severity::kFail : Severity::kWarn);
    }

    void summary_quantile(std::uint32_t index, const proto::SeriesView& series, std::span<const LabelView> labels,
                          const LabelView& metric, const LabelView& quantile) {
        const auto value = parse_float(quantile.value);
        if (quantile.value.empty() || (value && *value >= 0 && *value <= 1)) return;
        const auto type = types_.of(series, metric.value);
        const bool summary = type == MetricType::kSummary;
        if (!summary && type != MetricType::kUnspecified) return;  // the label is free on other types
        const auto draft = [&] {
            return Draft{.message = cat({"Label quantile=", quoted(quantile.value), " of ", quoted(metric.value),
                                         " is not a number from 0 to 1"}),
                         .field = path(index, static_cast<std::size_t>(&quantile - labels.data()), true),
                         .protobuf = value_range(quantile)};
        };
        report(c_, kQuantile, index, draft, summary ? Severity::kFail : Severity::kWarn);
    }

    /// A number as le beside NAME_count or NAME_sum: a histogram's bucket under the name of the histogram.
    void bucket_name(std::uint32_t index, const proto::SeriesView& series, std::span<const LabelView> labels,
                     const LabelView& metric, const LabelView& le) {
        if (metric.value.empty() || !parse_float(le.value)) return;
        const auto type = types_.of(series, metric.value);
        if (type != MetricType::kUnspecified && type != MetricType::kHistogram && type != MetricType::kGaugeHistogram)
            return;
        if (!has_siblings(metric.value)) return;
        report(c_, kLeName, index, [&] {
            return Draft{
                .message = cat({"A series with le=", quoted(le.value), " is called ", quoted(metric.value),
                                ", beside its _count or _sum; wanted ", quoted(cat({metric.value, "_bucket"}))}),
                .field = path(index, static_cast<std::size_t>(&metric - labels.data()), true),
                .protobuf = value_range(metric)};
        });
    }

    /// True when the request also has BASE_count or BASE_sum. The names are collected at the first call only.
    bool has_siblings(std::string_view base) {
        if (!names_built_) {
            names_built_ = true;
            names_.reserve(view_.series.size());
            for (const auto& series : view_.series) names_.push_back(metric_name(view_, series));
            std::sort(names_.begin(), names_.end());
        }
        for (const std::string_view suffix : {"_count", "_sum"}) {
            sibling_.assign(base);
            sibling_ += suffix;
            if (std::binary_search(names_.begin(), names_.end(), std::string_view(sibling_))) return true;
        }
        return false;
    }

    /// 2.0: the answer of `ask` for a symbol, asked once. 1.0: always false, so that the caller asks itself.
    template <typename Ask>
    bool cached(std::uint32_t ref, std::uint8_t known, std::uint8_t ok, Ask&& ask) {
        if (ref >= flags_.size()) return ask();
        auto& flags = flags_[ref];
        if ((flags & known) == 0) flags = static_cast<std::uint8_t>(flags | known | (ask() ? ok : 0));
        return (flags & ok) != 0;
    }

    [[nodiscard]] std::string path(std::uint32_t index, std::size_t label, bool value) const {
        return label_path(c_, series_path(index), label, value);
    }

    static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

    const Context& c_;
    const proto::RequestView& view_;
    Types types_;
    std::span<const LabelView> clean_;  ///< the last labels with nothing to say about their names
    std::size_t metric_ = kNone, le_ = kNone, quantile_ = kNone;  ///< where these labels are
    bool check_utf8_ = false;
    std::vector<std::uint8_t> flags_;   ///< 2.0, by symbol
    std::vector<std::uint32_t> order_;  ///< scratch
    bool names_built_ = false;
    std::vector<std::string_view> names_;  ///< sorted
    std::string sibling_;                  ///< scratch
};

void run_labels(const Context& c) { LabelRules(c).run(); }

}  // namespace

constinit const Family kLabels{"labels", kRules, kUncovered, run_labels};

}  // namespace prw::rules
