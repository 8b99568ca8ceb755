/// Exemplars: their labels and values. Their timestamps are judged in message_timestamps.cc, their references in
/// message_symbols.cc.
#include <algorithm>

#include "message_util.h"
#include "prw/proto/model.h"
#include "prw/rules/limits.h"

namespace prw::rules {
namespace {

using proto::LabelView;

constexpr Rule kSorted{
    .id = "exemplars/labels-sorted",
    .clauses = {"prw2.message.exemplar-labels-sorted"},
    .subject = Subject::kLongExemplarLabelSet,
    .severity = Severity::kWarn,
    .summary = "Exemplar labels are in the byte order of their names.",
    .fix = "Sort exemplar labels by the bytes of their names before encoding, as those of the series.",
};

constexpr Rule kLength{
    .id = "exemplars/label-set-length",
    .clauses = {"ext.exemplars.label-set-length"},
    .subject = Subject::kExemplarLabel,
    .severity = Severity::kFail,
    .summary = "Names and values of an exemplar's labels have at most 128 characters together.",
    .fix =
        "Keep trace_id and span_id only; Prometheus drops an exemplar with more than 128 characters and "
        "still answers 204.",
};
static_assert(limits::kExemplarCharacters == 128, "summary and fix say it");

constexpr Rule kUnique{
    .id = "exemplars/labels-unique-nonempty",
    .clauses = {"ext.exemplars.labels-unique-nonempty"},
    .subject = Subject::kExemplarLabel,
    .severity = Severity::kWarn,
    .summary = "Exemplar label names are unique, and neither names nor values are empty.",
    .fix = "Drop exemplar labels that are empty, for example span_id where there is no span, and repeated ones.",
};

constexpr Rule kWithin{
    .id = "exemplars/value-within-bucket",
    .clauses = {"ext.exemplars.value-within-bucket"},
    .subject = Subject::kBucketExemplar,
    .severity = Severity::kWarn,
    .summary = "An exemplar on a classic bucket is not above the bucket's le.",
    .fix = "Attach each exemplar to the bucket that its observation fell into.",
};

constexpr Rule kTraceId{
    .id = "exemplars/trace-id-name",
    .clauses = {"prw2.exemplars.trace-id-name"},
    .subject = Subject::kTraceLabel,
    .severity = Severity::kWarn,
    .summary = "A trace is referenced by the label trace_id.",
    .fix = "Name the label trace_id if it refers to a trace; tools look for that name.",
};

constexpr Rule kStale{
    .id = "exemplars/no-stale-pattern",
    .clauses = {"prw1.stale.pattern-exclusive", "prw2.stale.pattern-exclusive"},
    .subject = Subject::kExemplar,
    .severity = Severity::kFail,
    .summary = "The value of an exemplar is not the stale marker.",
    .fix = "Send no exemplar with a stale marker; an exemplar is an observation.",
};

constexpr const Rule* kRules[] = {&kSorted, &kLength, &kUnique, &kWithin, &kTraceId, &kStale};

constexpr UncoveredClause kUncovered[] = {
    {"prw2.exemplars.value",
     "an absent value and 0 are the same in proto3: only a source whose values are known shows that one is missing"},
    {"prw2.exemplars.labels-optional", "a permission: exemplars may have labels or none, there is nothing to violate"},
};

/// Code points: every byte but continuation bytes.
std::size_t characters(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char ch) { return (static_cast<unsigned char>(ch) & 0xC0U) != 0x80U; }));
}

/// "traceID", "traceid", "trace-id", "TraceId": spellings of trace_id other than the recommended one.
bool other_trace_id(std::string_view name) {
    if (name == "trace_id" || name.size() < 7 || name.size() > 10) return false;
    std::size_t matched = 0;
    constexpr std::string_view kLetters = "traceid";
    for (const char ch : name) {
        if (ch == '_' || ch == '-' || ch == '.') continue;
        const char lower = ch >= 'A' && ch <= 'Z' ? static_cast<char>(ch + ('a' - 'A')) : ch;
        if (matched == kLetters.size() || lower != kLetters[matched]) return false;
        ++matched;
    }
    return matched == kLetters.size();
}

class ExemplarRules {
public:
    explicit ExemplarRules(const Context& c) : c_(c), view_(*c.view) {}

    void run() {
        if (view_.exemplars.empty()) return;
        for (std::uint32_t i = 0; i < view_.series.size(); ++i) {
            const auto& series = view_.series[i];
            if (series.exemplars.count == 0) continue;
            const auto bound = bucket_bound(series);
            const auto exemplars = view_.exemplars_of(series);
            for (std::size_t j = 0; j < exemplars.size(); ++j) {
                const auto& exemplar = exemplars[j];
                c_.saw(Subject::kExemplar);
                if (bound && !is_stale(exemplar.value_bits)) c_.saw(Subject::kBucketExemplar);
                labels(i, j, exemplar);
                if (is_stale(exemplar.value_bits)) {
                    report(c_, kStale, i, [&] {
                        return Draft{.message =
                                         "The value of the exemplar is the stale marker 0x7ff0000000000002; wanted an "
                                         "observed value",
                                     .field = element_path(i, "exemplars", j, "value"),
                                     .protobuf = exemplar.range};
                    });
                } else if (bound && proto::from_bits(exemplar.value_bits) > *bound) {
                    report(c_, kWithin, i, [&] {
                        return Draft{
                            .message = cat({"The exemplar's value ", proto::value_text(exemplar.value_bits),
                                            " is above the bucket's le=", real(*bound), "; wanted at most that"}),
                            .field = element_path(i, "exemplars", j, "value"),
                            .protobuf = exemplar.range};
                    });
                }
            }
        }
    }

private:
    [[nodiscard]] std::optional<double> bucket_bound(const proto::SeriesView& series) const {
        if (!metric_name(view_, series).ends_with("_bucket")) return std::nullopt;
        for (const auto& label : view_.labels_of(series)) {
            if (label.name == "le") return parse_float(label.value);
        }
        return std::nullopt;
    }

    void labels(std::uint32_t series, std::size_t index, const proto::ExemplarView& exemplar) {
        const auto all = view_.of(view_.labels, exemplar.labels);
        c_.saw(Subject::kExemplarLabel, all.size());
        if (all.size() > 1) c_.saw(Subject::kLongExemplarLabelSet);
        std::size_t length = 0;
        bool sorted = true, repeated = false;
        for (std::size_t j = 0; j < all.size(); ++j) {
            const auto& label = all[j];
            length += characters(label.name) + characters(label.value);
            const bool valued = label.value_in_range && !lacks_value(exemplar.odd_refs, j, all.size());
            if (label.name_in_range && label.name.empty()) {
                unique(series, index, j, label, false, [&] {
                    return cat({"Exemplar label ", unum(j), " has an empty name"});
                });
            } else if (valued && label.value.empty()) {
                unique(series, index, j, label, true, [&] {
                    return cat({"Exemplar label ", quoted(label.name), " has an empty value"});
                });
            }
            if (j > 0 && !label.name.empty() && !all[j - 1].name.empty()) {
                const int order = all[j - 1].name.compare(label.name);
                if (order == 0) {
                    repeated = true;
                    repeat(series, index, j, label);
                }
                if (order > 0 && sorted) {
                    sorted = false;
                    unsorted(series, index, j, all[j - 1], label);
                }
            }
            const bool other = other_trace_id(label.name);
            if (other || label.name == "trace_id") c_.saw(Subject::kTraceLabel);
            if (c_.v2() && other) trace_id(series, index, j, label);
        }
        if (!sorted && !repeated) repeats_among_unsorted(series, index, all);
        if (length > limits::kExemplarCharacters) {
            report(c_, kLength, series, [&] {
                return Draft{
                    .message = cat({"Names and values of the exemplar's labels have ", unum(length),
                                    " characters together; wanted at most ", unum(limits::kExemplarCharacters)}),
                    .field = element_path(series, "exemplars", index),
                    .protobuf = exemplar.range};
            });
        }
    }

    [[nodiscard]] std::string path(std::uint32_t series, std::size_t index, std::size_t label, bool value) const {
        return label_path(c_, element_path(series, "exemplars", index), label, value);
    }

    void unique(std::uint32_t series, std::size_t index, std::size_t j, const LabelView& label, bool value,
                auto&& what) {
        report(c_, kUnique, series, [&] {
            return Draft{.message = cat({what(), "; wanted unique names, and no empty names or values"}),
                         .field = path(series, index, j, value),
                         .protobuf = value ? value_range(label) : name_range(label)};
        });
    }

    void repeat(std::uint32_t series, std::size_t index, std::size_t j, const LabelView& label) {
        unique(series, index, j, label, false, [&] {
            return cat({"Exemplar label name ", quoted(label.name), " occurs more than once"});
        });
    }

    void repeats_among_unsorted(std::uint32_t series, std::size_t index, std::span<const LabelView> all) {
        order_.clear();
        for (std::uint32_t j = 0; j < all.size(); ++j) {
            if (!all[j].name.empty()) order_.push_back(j);
        }
        std::sort(order_.begin(), order_.end(), [&](std::uint32_t a, std::uint32_t b) {
            const int order = all[a].name.compare(all[b].name);
            return order != 0 ? order < 0 : a < b;
        });
        for (std::size_t k = 1; k < order_.size(); ++k) {
            if (all[order_[k]].name == all[order_[k - 1]].name) repeat(series, index, order_[k], all[order_[k]]);
        }
    }

    void unsorted(std::uint32_t series, std::size_t index, std::size_t j, const LabelView& previous,
                  const LabelView& label) {
        // 1.0 says nothing about exemplars at all.
        if (c_.v1()) return;
        report(c_, kSorted, series, [&] {
            return Draft{.message = cat({"Exemplar labels are not sorted by name: ", quoted(label.name),
                                         " comes after ", quoted(previous.name), "; wanted byte order"}),
                         .field = path(series, index, j, false),
                         .protobuf = name_range(label)};
        });
    }

    void trace_id(std::uint32_t series, std::size_t index, std::size_t j, const LabelView& label) {
        // A sender forwards the names that its source chose; only where the source is ours is the sender to blame.
        const auto draft = [&] {
            return Draft{.message = cat({"Exemplar label ", quoted(label.name),
                                         " looks like a trace reference; wanted the name \"trace_id\""}),
                         .field = path(series, index, j, false),
                         .protobuf = name_range(label)};
        };
        report(c_, kTraceId, series, draft, Severity::kInfo);
    }

    const Context& c_;
    const proto::RequestView& view_;
    std::vector<std::uint32_t> order_;  ///< scratch
};

void run_exemplars(const Context& c) { ExemplarRules(c).run(); }

}  // namespace

constinit const Family kExemplars{"exemplars", kRules, kUncovered, run_exemplars};

}  // namespace prw::rules
