/// Values of samples: stale markers, NaN, counters. Values are compared by bits, never by arithmetic.
#include <algorithm>

#include "message_util.h"
#include "prw/proto/model.h"

namespace prw::receiver::rules {
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
                                  &order::kExemplarOrder};

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
        start_.report(c_, kStart, index, draft, c_.options.known_source ? Severity::kWarn : Severity::kInfo);
    }

    const Context& c_;
    const proto::RequestView& view_;
    Types types_;
    Aggregate start_;
};

void run_samples(const Context& c) {
    SampleRules(c).run();
    run_timestamps(c);
    run_order(c);
}

}  // namespace

constinit const Family kSamples{"samples", kRules, kUncovered, run_samples};

}  // namespace prw::receiver::rules
