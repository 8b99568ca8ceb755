/// Order, repeats and distinctness of the series of one message. Senders such as Prometheus write one TimeSeries per
/// sample, so everything is judged per label set, over the whole message, in message order.
#include <algorithm>

#include "hash.h"
#include "message_util.h"
#include "prw/proto/model.h"
#include "prw/rules/limits.h"

namespace prw::rules {

namespace order {

constinit const Rule kOrder{
    .id = rule_id::kSampleOrder,
    .clauses = {"prw1.ordering.per-series-timestamp-order", "prw2.samples.timestamp-order",
                "ext.ordering.order-within-message"},
    .subject = Subject::kNextPoint,
    .severity = Severity::kFail,
    .summary = "Samples and histograms of one label set are in the order of their timestamps within the request.",
    .fix = "Sort each series' samples by timestamp, oldest first, and keep one series in one queue or worker.",
};

constinit const Rule kUnique{
    .id = rule_id::kUniqueTimestamps,
    .clauses = {"ext.samples.unique-timestamps"},
    .subject = Subject::kNextPoint,
    .severity = Severity::kFail,
    .summary = "One label set has no two different values at one timestamp.",
    .fix =
        "Give different series different labels, do not truncate timestamps to seconds, and send one value per "
        "timestamp.",
};
constinit const Rule kRepeated{
    .id = "samples/repeated-identical",
    .clauses = {"ext.samples.unique-timestamps"},
    .subject = Subject::kNextPoint,
    .severity = Severity::kInfo,
    .summary = "No sample is repeated bit for bit within the request.",
    .fix = "Harmless; sending each sample once saves bytes.",
};

constinit const Rule kDistinct{
    .id = "series/distinct",
    .clauses = {"prw2.message.distinct-series"},
    .subject = Subject::kSeries,
    .severity = Severity::kInfo,
    .summary = "No two TimeSeries have the same labels, metadata and kind of payload.",
    .fix =
        "Put samples of one series into one TimeSeries; harmless otherwise, Prometheus writes one TimeSeries per "
        "sample.",
};

constinit const Rule kExemplarOrder{
    .id = "exemplars/order-within-request",
    .clauses = {"ext.ordering.exemplars-ascending"},
    .subject = Subject::kNextExemplar,
    .severity = Severity::kWarn,
    .summary = "Exemplars of one label set are in the order of their timestamps within the request.",
    .fix = "Sort each series' exemplars by timestamp; Prometheus refuses one that is older than the last.",
};

constinit const Rule kStartBack{
    .id = "samples/start-not-backwards",
    .clauses = {"ext.samples.start-not-backwards"},
    .subject = Subject::kNextStart,
    .severity = Severity::kWarn,
    .summary = "Within one label set start_timestamp does not go back while timestamps go on.",
    .fix =
        "Keep the start of each series with its value; two processes that write one series need labels that tell them "
        "apart.",
};

}  // namespace order

namespace {

using namespace order;

enum class Kind : std::uint8_t { kNone, kSample, kHistogram };

/// The last point of a label set, and where it was.
struct Last {
    std::int64_t timestamp = 0;
    std::uint64_t bits = 0;  ///< of a sample
    std::uint32_t series = 0, index = 0;
    Kind kind = Kind::kNone;
    std::int64_t start = 0;  ///< its start timestamp, 0 when unset
};

struct LabelSet {
    std::uint64_t hash = 0;
    std::uint32_t first = 0;    ///< the entry that introduced it
    std::uint8_t payloads = 0;  ///< kinds of payload seen so far
    bool has_exemplar = false;
    std::int64_t exemplar_timestamp = 0;
    Last last;
    std::int64_t start = 0;  ///< the last start timestamp that was set
};

/// Kinds of payload of an entry, as bits.
constexpr std::uint8_t kHasSamples = 1, kHasHistograms = 2, kHasNeither = 4;

class OrderRules {
public:
    explicit OrderRules(const Context& c) : c_(c), view_(*c.view) {}

    void run() {
        if (view_.series.empty()) return;
        if (c_.v2() && !find_duplicate_symbols(view_, first_of_)) first_of_.clear();
        std::size_t capacity = 16;
        while (capacity < 2 * view_.series.size()) capacity *= 2;
        slots_.assign(capacity, proto::kNoRef);
        sets_.reserve(view_.series.size());
        for (std::uint32_t i = 0; i < view_.series.size(); ++i) {
            // Series without labels are reported as such; they are not one series.
            if (view_.series[i].labels.count == 0) continue;
            const auto [set, known] = find(i);
            if (known && c_.v2()) distinct(i, *set);
            set->payloads = static_cast<std::uint8_t>(set->payloads | payload_of(view_.series[i]));
            points(i, *set);
            exemplars(i, *set);
        }
    }

private:
    static std::uint8_t payload_of(const proto::SeriesView& s) {
        if (s.samples.count != 0) return kHasSamples;
        if (s.histograms.count != 0) return kHasHistograms;
        return kHasNeither;
    }

    /// 2.0: labels are equal when their references are, after duplicates in the table are mapped to the first.
    [[nodiscard]] std::uint64_t pair_of(const proto::LabelView& l) const {
        const auto canonical = [&](std::uint32_t ref) { return ref < first_of_.size() ? first_of_[ref] : ref; };
        return (static_cast<std::uint64_t>(canonical(l.name_ref)) << 32U) | canonical(l.value_ref);
    }
    [[nodiscard]] bool same(const proto::LabelView& a, const proto::LabelView& b) const {
        return c_.v2() ? pair_of(a) == pair_of(b) : a.name == b.name && a.value == b.value;
    }

    static std::uint64_t mix(std::uint64_t h) {
        h = (h ^ (h >> 32U)) * 0x9e3779b97f4a7c15ULL;
        return h ^ (h >> 29U);
    }

    /// The same for every order of labels: senders that do not sort them need not keep an order either.
    [[nodiscard]] std::uint64_t hash_of(std::span<const proto::LabelView> labels) const {
        std::uint64_t hash = labels.size();
        for (const auto& label : labels) {
            hash += c_.v2() ? mix(pair_of(label) * 0xff51afd7ed558ccdULL)
                            : mix(XXH3_64bits_withSeed(label.value.data(), label.value.size(),
                                                       XXH3_64bits(label.name.data(), label.name.size())));
        }
        return mix(hash);
    }

    [[nodiscard]] bool equal(std::uint32_t a, std::uint32_t b) {
        const auto left = view_.labels_of(view_.series[a]), right = view_.labels_of(view_.series[b]);
        if (left.size() != right.size()) return false;
        std::size_t i = 0;
        while (i < left.size() && same(left[i], right[i])) ++i;
        if (i == left.size()) return true;
        // Another order, or a difference: compare the sorted label sets.
        const auto sorted = [&](std::span<const proto::LabelView> labels, std::vector<const proto::LabelView*>& out) {
            out.clear();
            for (const auto& label : labels) out.push_back(&label);
            std::sort(out.begin(), out.end(), [&](const proto::LabelView* x, const proto::LabelView* y) {
                if (c_.v2()) return pair_of(*x) < pair_of(*y);
                return x->name != y->name ? x->name < y->name : x->value < y->value;
            });
        };
        sorted(left, left_);
        sorted(right, right_);
        return std::equal(left_.begin(), left_.end(), right_.begin(),
                          [&](const auto* x, const auto* y) { return same(*x, *y); });
    }

    std::pair<LabelSet*, bool> find(std::uint32_t index) {
        const auto hash = hash_of(view_.labels_of(view_.series[index]));
        std::size_t slot = hash & (slots_.size() - 1);
        for (; slots_[slot] != proto::kNoRef; slot = (slot + 1) & (slots_.size() - 1)) {
            auto& set = sets_[slots_[slot]];
            if (set.hash == hash && equal(set.first, index)) return {&set, true};
        }
        slots_[slot] = static_cast<std::uint32_t>(sets_.size());
        sets_.push_back({.hash = hash, .first = index});
        return {&sets_.back(), false};
    }

    void distinct(std::uint32_t index, const LabelSet& set) {
        const auto& series = view_.series[index];
        const auto payload = payload_of(series);
        // Entries without samples are reported as such; the schema itself names exemplars as a reason to repeat a
        // series.
        if (payload > kHasHistograms || (set.payloads & payload) == 0 ||
            !same_metadata(series, view_.series[set.first]))
            return;
        distinct_.report(c_, kDistinct, index, [&] {
            return Draft{.message = cat({series_path(index), " has the labels, metadata and kind of payload of ",
                                         series_path(set.first), "; wanted distinct series"}),
                         .field = series_path(index),
                         .protobuf = series.range};
        });
    }

    [[nodiscard]] bool same_metadata(const proto::SeriesView& a, const proto::SeriesView& b) const {
        const proto::MetadataView none;
        const auto& left = a.metadata == proto::kNoRef ? none : view_.metadata[a.metadata];
        const auto& right = b.metadata == proto::kNoRef ? none : view_.metadata[b.metadata];
        return left.type == right.type && left.help == right.help && left.unit == right.unit;
    }

    void points(std::uint32_t index, LabelSet& set) {
        const auto& series = view_.series[index];
        const auto samples = view_.samples_of(series);
        const auto histograms = view_.histograms_of(series);
        if (!samples.empty() && !histograms.empty()) {
            merged(index, set, samples, histograms);
            return;
        }
        for (std::uint32_t j = 0; j < samples.size(); ++j) step(set, sample_at(index, j, samples[j]));
        for (std::uint32_t j = 0; j < histograms.size(); ++j) step(set, histogram_at(index, j, histograms[j]));
    }

    /// The two lists of one entry (1.0 only, 2.0 forbids it) have no order among each other: walk them as a merge does.
    void merged(std::uint32_t index, LabelSet& set, std::span<const proto::SampleView> samples,
                std::span<const proto::HistogramView> histograms) {
        std::uint32_t i = 0, j = 0;
        while (i < samples.size() || j < histograms.size()) {
            const bool sample_next =
                j == histograms.size() || (i < samples.size() && samples[i].timestamp <= histograms[j].timestamp);
            if (sample_next) {
                step(set, sample_at(index, i, samples[i]));
                ++i;
            } else {
                step(set, histogram_at(index, j, histograms[j]));
                ++j;
            }
        }
    }

    static Last sample_at(std::uint32_t series, std::uint32_t j, const proto::SampleView& s) {
        return {s.timestamp, s.value_bits, series, j, Kind::kSample, s.start_timestamp};
    }
    static Last histogram_at(std::uint32_t series, std::uint32_t j, const proto::HistogramView& h) {
        return {h.timestamp, h.sum_bits, series, j, Kind::kHistogram, h.start_timestamp};
    }

    void step(LabelSet& set, const Last& now) {
        const Last before = set.last;
        if (before.kind != Kind::kNone) c_.saw(Subject::kNextPoint);
        if (before.kind == Kind::kNone || now.timestamp > before.timestamp) {
            set.last = now;
            start(set, now);
            return;
        }
        if (now.timestamp < before.timestamp) {
            report(c_, kOrder, now.series, [&] {
                return Draft{
                    .message = cat({"Timestamp ", moment(now.timestamp), " comes after ", moment(before.timestamp),
                                    " of the same series, ", place(before), "; wanted oldest first"}),
                    .field = place(now, "timestamp"),
                    .protobuf = range(now)};
            });
            return;
        }
        set.last = now;
        if (identical(before, now)) {
            repeated_.report(c_, kRepeated, now.series, [&] {
                return Draft{.message = cat({"The ", now.kind == Kind::kSample ? "sample" : "histogram", " at ",
                                             moment(now.timestamp), " repeats ", place(before), " bit for bit"}),
                             .field = place(now),
                             .protobuf = range(now)};
            });
            return;
        }
        report(c_, kUnique, now.series, [&] {
            return Draft{.message = cat({"Two values at timestamp ", moment(now.timestamp), ": ", text(before), " (",
                                         place(before), ") and ", text(now), "; wanted one value per timestamp"}),
                         .field = place(now),
                         .protobuf = range(now)};
        });
    }

    /// What is in another unit has a finding of its own; unset says nothing.
    void start(LabelSet& set, const Last& now) {
        if (now.start < limits::kFirstTimestamp || now.start > limits::kLastTimestamp) return;
        if (set.start != 0) {
            c_.saw(Subject::kNextStart);
            if (now.start < set.start) {
                report(c_, kStartBack, now.series, [&] {
                    return Draft{
                        .message = cat({"start_timestamp ", moment(now.start), " comes after ", moment(set.start),
                                        " of the same series; wanted one that stays, or "
                                        "goes on where counting began anew"}),
                        .field = place(now, "start_timestamp"),
                        .protobuf = range(now)};
                });
            }
        }
        set.start = now.start;
    }

    [[nodiscard]] std::string text(const Last& p) const {
        return p.kind == Kind::kHistogram ? "a histogram" : real(proto::from_bits(p.bits));
    }
    [[nodiscard]] static std::string place(const Last& p, std::string_view field = {}) {
        return element_path(p.series, p.kind == Kind::kSample ? "samples" : "histograms", p.index, field);
    }
    [[nodiscard]] proto::ByteRange range(const Last& p) const {
        const auto& series = view_.series[p.series];
        return p.kind == Kind::kSample ? view_.samples_of(series)[p.index].range
                                       : view_.histograms_of(series)[p.index].range;
    }
    [[nodiscard]] bool identical(const Last& a, const Last& b) const {
        if (a.kind != b.kind || a.bits != b.bits) return false;
        if (a.kind == Kind::kSample) return true;
        const auto bytes = [&](const Last& p) {
            const auto r = range(p);
            return view_.bytes.substr(std::min<std::size_t>(r.offset, view_.bytes.size()), r.size);
        };
        return bytes(a) == bytes(b) || is_stale(a.bits);
    }

    void exemplars(std::uint32_t index, LabelSet& set) {
        const auto all = view_.exemplars_of(view_.series[index]);
        for (std::size_t j = 0; j < all.size(); ++j) {
            const auto t = all[j].timestamp;
            if (set.has_exemplar) c_.saw(Subject::kNextExemplar);
            if (set.has_exemplar && t < set.exemplar_timestamp) {
                report(c_, kExemplarOrder, index, [&] {
                    return Draft{
                        .message = cat({"Exemplar timestamp ", moment(t), " comes after ",
                                        moment(set.exemplar_timestamp), " of the same series; wanted oldest first"}),
                        .field = element_path(index, "exemplars", j, "timestamp"),
                        .protobuf = all[j].range};
                });
                continue;
            }
            set.has_exemplar = true;
            set.exemplar_timestamp = t;
        }
    }

    const Context& c_;
    const proto::RequestView& view_;
    std::vector<std::uint32_t> slots_;
    std::vector<LabelSet> sets_;
    std::vector<std::uint32_t> first_of_;                ///< 2.0, only when the table has duplicates
    std::vector<const proto::LabelView*> left_, right_;  ///< scratch
    Aggregate distinct_, repeated_;
};

}  // namespace

void run_order(const Context& c) { OrderRules(c).run(); }

}  // namespace prw::rules
