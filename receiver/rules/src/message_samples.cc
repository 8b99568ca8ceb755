/// Values of samples: stale markers, NaN, counters. Values are compared by bits, never by arithmetic.
#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "message_util.h"
#include "prw/proto/model.h"

namespace prw::rules {
namespace {

using proto::MetricType;

constexpr Rule kStale{
    .id = "samples/stale-marker-bits",
    .clauses = {"prw1.stale.nan-pattern", "prw2.stale.nan-pattern"},
    .subject = Subject::kNan,
    .severity = Severity::kFail,
    .summary = "A stale marker is exactly the bits 0x7ff0000000000002.",
    .fix = "Carry the stale marker as 64 bits (memcpy, bit cast); arithmetic, float32, text and JSON change it.",
};

constexpr Rule kCanonical{
    .id = "samples/canonical-nan",
    .clauses = {"ext.samples.canonical-nan"},
    .subject = Subject::kOrdinaryNan,
    .severity = Severity::kWarn,
    .summary = "A NaN that is no stale marker is a quiet NaN.",
    .fix = "Send ordinary NaN as 0x7ff8000000000001 (Prometheus) or any other quiet NaN.",
};

constexpr Rule kNegative{
    .id = "samples/counter-not-negative",
    .clauses = {"ext.samples.counter-not-negative"},
    .subject = Subject::kCounterSample,
    .severity = Severity::kWarn,
    .summary = "Counters, and the _count and _bucket series of histograms and summaries, are not negative.",
    .fix =
        "Send the cumulative value of a counter, not the difference since the last one; type a value "
        "that can fall as a gauge.",
};

constexpr Rule kCounterNan{
    .id = "samples/counter-not-nan",
    .clauses = {"ext.samples.counter-not-nan"},
    .subject = Subject::kCounterSample,
    .severity = Severity::kWarn,
    .summary =
        "Counters, and the _count and _bucket series of histograms and summaries, are not NaN, apart from stale "
        "markers.",
    .fix =
        "Leave the sample out when a counter cannot be read, or send the stale marker 0x7ff0000000000002 when it is "
        "gone.",
};

constexpr Rule kStart{
    .id = "samples/counter-start-timestamp",
    .clauses = {"prw2.samples.start-timestamp-counters"},
    .subject = Subject::kStartableSample,
    .severity = Severity::kWarn,
    .summary = "Samples of counters carry start_timestamp.",
    .fix =
        "Set start_timestamp to when the counter began (OpenMetrics _created, process start) if that is "
        "known; Prometheus needs "
        "--enable-feature=st-storage.",
};

constexpr Rule kCumulative{
    .id = "samples/classic-cumulative",
    .clauses = {"ext.samples.classic-histogram-cumulative"},
    .subject = Subject::kClassicBucket,
    .severity = Severity::kWarn,
    .summary = "Classic buckets that stand side by side do not fall with growing le, and +Inf is equal to _count.",
    .fix = "Let each bucket count all observations up to its bound, and +Inf all that there are.",
};

constexpr const Rule* kRules[] = {&kStale,
                                  &kCanonical,
                                  &kNegative,
                                  &kCounterNan,
                                  &kStart,
                                  &timestamps::kUnit,
                                  &timestamps::kPlausible,
                                  &timestamps::kExemplarUnit,
                                  &timestamps::kExemplarPlausible,
                                  &timestamps::kExemplarTimestamp,
                                  &timestamps::kFuture,
                                  &timestamps::kStartUnit,
                                  &timestamps::kStartPlausible,
                                  &timestamps::kStartAfter,
                                  &order::kOrder,
                                  &order::kUnique,
                                  &order::kRepeated,
                                  &order::kDistinct,
                                  &order::kExemplarOrder,
                                  &order::kStartBack,
                                  &kCumulative};

constexpr UncoveredClause kUncovered[] = {
    {"ext.samples.value-bit-exact", "needs the source's values: the request alone does not show what they were"},
    {"prw2.samples.start-epoch-substitute",
     "0 means unset on the wire: only a source that is known to have started at 0 ms shows the fault"},
};

constexpr std::uint64_t kSign = 1ULL << 63U;
constexpr std::uint64_t kExponent = 0x7ffULL << 52U;
constexpr std::uint64_t kQuiet = 1ULL << 51U;
/// The marker's bytes in the other order.
constexpr std::uint64_t kSwappedStaleNanBits = 0x020000000000f07fULL;

/// What became of a stale marker; empty when the bits are no trace of one.
std::string_view mangled_stale(std::uint64_t bits) {
    if (bits == proto::kMangledStaleNanBits)
        return "the stale marker after floating-point arithmetic, which sets the quiet bit";
    if ((bits ^ kSign) == proto::kStaleNanBits || (bits ^ kSign) == proto::kMangledStaleNanBits)
        return "the stale marker with its sign bit set";
    if (bits == kSwappedStaleNanBits)
        return "the stale marker in the wrong byte order; doubles are little-endian on the wire";
    return {};
}

class SampleRules {
public:
    explicit SampleRules(const Context& c) : c_(c), view_(*c.view), types_(view_) {}

    void run() {
        for (std::uint32_t i = 0; i < view_.series.size(); ++i) {
            const auto& series = view_.series[i];
            const auto samples = view_.samples_of(series);
            std::uint64_t markers = 0;
            for (std::size_t j = 0; j < samples.size(); ++j) {
                const auto bits = samples[j].value_bits;
                // NaN, infinities and negative numbers; and the byte-swapped marker, which is a tiny positive number.
                if ((bits & kExponent) == kExponent || bits >= kSign || bits == kSwappedStaleNanBits)
                    unusual(i, series, j, samples[j]);
                markers += is_stale(bits) ? 1U : 0U;
            }
            c_.saw(Subject::kSample, samples.size());
            if (markers != samples.size() && cumulative(series))
                c_.saw(Subject::kCounterSample, samples.size() - markers);
            if (c_.v2()) counter_start(i, series, samples, samples.size() - markers);
            const auto histograms = view_.histograms_of(series);
            for (std::size_t j = 0; j < histograms.size(); ++j) {
                const auto bits = histograms[j].sum_bits;
                if (is_nan_bits(bits) || bits == kSwappedStaleNanBits)
                    nan(i, "histograms", j, bits, histograms[j].range, "sum");
            }
        }
    }

private:
    /// True when the bits are a fault of their own.
    bool nan(std::uint32_t series, std::string_view array, std::size_t j, std::uint64_t bits, proto::ByteRange range,
             std::string_view field) {
        c_.saw(Subject::kNan);
        if (is_stale(bits)) return true;
        if (const auto cause = mangled_stale(bits); !cause.empty()) {
            report(c_, kStale, series, [&] {
                return Draft{.message = cat({"Wanted the stale marker 0x7ff0000000000002 or an ordinary number, got ",
                                             bits_text(bits), ": ", cause}),
                             .field = element_path(series, array, j, field),
                             .protobuf = range};
            });
            return true;
        }
        c_.saw(Subject::kOrdinaryNan);
        if ((bits & kQuiet) == 0) {
            report(c_, kCanonical, series, [&] {
                return Draft{.message = cat({"The value is the signalling NaN ", bits_text(bits),
                                             "; wanted a quiet NaN such as 0x7ff8000000000001, "
                                             "or the stale marker 0x7ff0000000000002"}),
                             .field = element_path(series, array, j, field),
                             .protobuf = range};
            });
        }
        return false;
    }

    void unusual(std::uint32_t index, const proto::SeriesView& series, std::size_t j, const proto::SampleView& sample) {
        const auto bits = sample.value_bits;
        const auto range = sample.value_range.size != 0 ? sample.value_range : sample.range;
        if (is_nan_bits(bits) || bits == kSwappedStaleNanBits) {
            if (nan(index, "samples", j, bits, range, "value")) return;
            if (!cumulative(series)) return;
            report(c_, kCounterNan, index, [&] {
                return Draft{.message = cat({"A ", kind(series), " is NaN (", bits_text(bits), "); wanted a number"}),
                             .field = element_path(index, "samples", j, "value"),
                             .protobuf = range};
            });
            return;
        }
        const bool negative = bits > kSign;  // -0.0 is not less than zero
        if (!negative || !cumulative(series)) return;
        report(c_, kNegative, index, [&] {
            return Draft{.message = cat({"A ", kind(series), " is ", real(proto::from_bits(bits)),
                                         "; wanted a value that is not negative"}),
                         .field = element_path(index, "samples", j, "value"),
                         .protobuf = range};
        });
    }

    [[nodiscard]] bool cumulative(const proto::SeriesView& series) {
        if (c_.v1() && view_.metadata.empty()) return false;
        const auto name = metric_name(view_, series);
        return is_cumulative(types_.of(series, name), name);
    }
    [[nodiscard]] std::string_view kind(const proto::SeriesView& series) {
        const auto type = types_.of(series, metric_name(view_, series));
        if (type == MetricType::kCounter) return "counter";
        return type == MetricType::kSummary ? "count of a summary" : "count of a classic histogram";
    }

    void counter_start(std::uint32_t index, const proto::SeriesView& series, std::span<const proto::SampleView> samples,
                       std::uint64_t values) {
        if (series.metadata == proto::kNoRef ||
            view_.metadata[series.metadata].type != static_cast<std::uint32_t>(MetricType::kCounter) ||
            metric_name(view_, series).ends_with("_created"))
            return;
        c_.saw(Subject::kStartableSample, values);
        // A stale marker has no start.
        const auto missing = std::find_if(samples.begin(), samples.end(), [](const auto& s) {
            return s.start_timestamp == 0 && !is_stale(s.value_bits);
        });
        if (missing == samples.end()) return;
        const auto draft = [&] {
            return Draft{
                .message =
                    "A sample of a counter has no start_timestamp; wanted when the counter began, if the source tells",
                .field = element_path(index, "samples", static_cast<std::size_t>(missing - samples.begin()),
                                      "start_timestamp"),
                .protobuf = missing->range};
        };
        start_.report(c_, kStart, index, draft, Severity::kInfo);
    }

    const Context& c_;
    const proto::RequestView& view_;
    Types types_;
    Aggregate start_;
};

/// Classic histograms, as far as one request shows them: neighbours in it, and the +Inf bucket and _count that come
/// next. A histogram may be spread over requests; whole ones are a matter of the sequence.
class ClassicRules {
public:
    explicit ClassicRules(const Context& c) : c_(c), view_(*c.view) {}

    void run() {
        std::optional<Seen> before;
        for (std::uint32_t i = 0; i < view_.series.size(); ++i) {
            const auto now = look(i);
            const auto left = std::exchange(before, std::nullopt);
            if (!now) continue;
            if (now->is_count) {
                pair(*now, inf_, count_);
                continue;
            }
            before = now;
            if (left) neighbours(*left, *now);
            if (now->bound == std::numeric_limits<double>::infinity()) pair(*now, count_, inf_);
        }
    }

private:
    struct Seen {
        std::uint32_t series = 0;
        std::string_view base = {};  ///< the name without _bucket or _count
        double bound = 0, value = 0;
        bool is_count = false;
    };

    /// What a series is; nothing for one that is neither, or ends.
    [[nodiscard]] std::optional<Seen> look(std::uint32_t index) const {
        const auto& series = view_.series[index];
        const auto samples = view_.samples_of(series);
        const auto name = metric_name(view_, series);
        const bool bucket = name.ends_with("_bucket");
        if (!bucket && !name.ends_with("_count")) return std::nullopt;
        if (samples.empty() || is_nan_bits(samples.back().value_bits)) return std::nullopt;
        Seen out{.series = index, .value = proto::from_bits(samples.back().value_bits)};
        const auto labels = view_.labels_of(series);
        const auto le = std::find_if(labels.begin(), labels.end(), [](const auto& l) { return l.name == "le"; });
        if (bucket && le != labels.end()) {
            const auto bound = parse_float(le->value);
            if (!bound) return std::nullopt;
            out.base = name.substr(0, name.size() - std::string_view("_bucket").size());
            out.bound = *bound;
            return out.base.empty() ? std::nullopt : std::optional(out);
        }
        if (bucket || le != labels.end()) return std::nullopt;
        out.base = name.substr(0, name.size() - std::string_view("_count").size());
        out.is_count = true;
        return out.base.empty() ? std::nullopt : std::optional(out);
    }

    /// The same histogram at the same time, by all labels but le and the name.
    [[nodiscard]] bool same(const Seen& a, const Seen& b) const {
        const auto& left = view_.series[a.series];
        const auto& right = view_.series[b.series];
        const auto x = view_.samples_of(left), y = view_.samples_of(right);
        if (a.base != b.base || x.size() != 1 || y.size() != 1 || x[0].timestamp != y[0].timestamp) return false;
        const auto skip = [](std::span<const proto::LabelView> labels, std::size_t at) {
            while (at < labels.size() && (labels[at].name == "le" || labels[at].name == "__name__")) ++at;
            return at;
        };
        const auto l = view_.labels_of(left), r = view_.labels_of(right);
        std::size_t i = skip(l, 0), j = skip(r, 0);
        for (; i < l.size() && j < r.size(); i = skip(l, i + 1), j = skip(r, j + 1))
            if (l[i].name != r[j].name || l[i].value != r[j].value) return false;
        return i == l.size() && j == r.size();
    }

    void neighbours(const Seen& left, const Seen& right) {
        const auto& low = left.bound < right.bound ? left : right;
        const auto& high = left.bound < right.bound ? right : left;
        if (low.bound == high.bound || high.value >= low.value || !same(low, high)) return;
        say(right, [&] {
            return cat({"The bucket le=", real(high.bound), " holds ", real(high.value), ", the one below it, le=",
                        real(low.bound), ", ", real(low.value), "; wanted counts that do not fall"});
        });
    }

    /// Of the +Inf bucket and the count of one name, whichever comes first waits for the other.
    void pair(const Seen& now, std::optional<Seen>& other, std::optional<Seen>& own) {
        if (!other || other->base != now.base) {
            own = now;
            return;
        }
        const auto waited = *std::exchange(other, std::nullopt);
        own.reset();
        if (waited.value == now.value || !same(waited, now)) return;
        const auto& inf = now.is_count ? waited : now;
        const auto& count = now.is_count ? now : waited;
        say(now, [&] {
            return cat({"The bucket le=+Inf holds ", real(inf.value), ", ", quoted(cat({now.base, "_count"})), " ",
                        real(count.value), "; wanted the same number"});
        });
    }

    void say(const Seen& seen, auto&& message) {
        report(c_, kCumulative, seen.series, [&] {
            return Draft{.message = message(),
                         .field = element_path(seen.series, "samples", 0, "value"),
                         .protobuf = view_.samples_of(view_.series[seen.series]).front().range};
        });
    }

    const Context& c_;
    const proto::RequestView& view_;
    std::optional<Seen> inf_, count_;
};

void run_samples(const Context& c) {
    SampleRules(c).run();
    ClassicRules(c).run();
    run_timestamps(c);
    run_order(c);
}

}  // namespace

constinit const Family kSamples{"samples", kRules, kUncovered, run_samples};

}  // namespace prw::rules
