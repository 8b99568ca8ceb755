/// Units and plausibility of timestamps of samples, histograms and exemplars. Judged by magnitude, never by closeness
/// to now: old data is legal.
#include "message_util.h"

namespace prw::receiver::rules {

namespace timestamps {

constexpr std::string_view kUnitClauses[] = {"prw1.protocol.timestamp-unit-ms", "prw2.message.timestamp-unit-ms",
                                             "ext.samples.timestamp-plausible-unit"};
constinit const Rule kUnit{"samples/timestamp-unit", kUnitClauses, Severity::kFail,
                           "Timestamps of samples and histograms count milliseconds.",
                           "Convert timestamps to milliseconds since the Unix epoch before encoding."};

constexpr std::string_view kPlausibleClauses[] = {"ext.samples.timestamp-plausible-unit"};
constinit const Rule kPlausible{"samples/timestamp-plausible", kPlausibleClauses, Severity::kWarn,
                                "Timestamps of samples and histograms lie between 1973 and 5138.",
                                "Set the timestamp of every sample, in milliseconds since the Unix epoch."};

constexpr std::string_view kExemplarUnitClauses[] = {"prw2.message.timestamp-unit-ms",
                                                     "ext.exemplars.timestamp-plausible"};
constinit const Rule kExemplarUnit{"exemplars/timestamp-unit", kExemplarUnitClauses, Severity::kFail,
                                   "Timestamps of exemplars count milliseconds.",
                                   "Convert exemplar timestamps to milliseconds; OpenMetrics writes them in seconds."};

constexpr std::string_view kExemplarPlausibleClauses[] = {"ext.exemplars.timestamp-plausible"};
constinit const Rule kExemplarPlausible{"exemplars/timestamp-plausible", kExemplarPlausibleClauses, Severity::kWarn,
                                        "Timestamps of exemplars lie between 1973 and 5138.",
                                        "Set the timestamp of every exemplar, in milliseconds since the Unix epoch."};

constexpr std::string_view kExemplarTimestampClauses[] = {"prw2.exemplars.timestamp"};
constinit const Rule kExemplarTimestamp{
    "exemplars/timestamp-present", kExemplarTimestampClauses, Severity::kFail, "Every exemplar has a timestamp.",
    "Where the source gave the exemplar no timestamp, use the scrape's or the sample's."};

constexpr std::string_view kFutureClauses[] = {"ext.samples.timestamp-not-future"};
constinit const Rule kFuture{
    "samples/timestamp-not-future", kFutureClauses, Severity::kWarn,
    "Timestamps lie at most ten minutes ahead of the receiver's clock.",
    "Send UTC, and check the clock of the machine; Prometheus refuses samples from the future."};

constexpr std::string_view kStartUnitClauses[] = {"prw2.message.timestamp-unit-ms", "ext.samples.start-plausible-unit"};
constinit const Rule kStartUnit{"samples/start-timestamp-unit", kStartUnitClauses, Severity::kFail,
                                "start_timestamp counts milliseconds.",
                                "Convert start timestamps to milliseconds; OpenMetrics' _created is in seconds."};

constexpr std::string_view kStartPlausibleClauses[] = {"ext.samples.start-plausible-unit"};
constinit const Rule kStartPlausible{"samples/start-timestamp-plausible", kStartPlausibleClauses, Severity::kWarn,
                                     "start_timestamp is unset (0), 1, -1, or lies between 1973 and 5138.",
                                     "Leave start_timestamp at 0 when the start is not known."};

constexpr std::string_view kStartAfterClauses[] = {"ext.samples.start-not-after-timestamp"};
constinit const Rule kStartAfter{
    "samples/start-not-after-timestamp", kStartAfterClauses, Severity::kFail,
    "start_timestamp is not later than the sample's timestamp (a note where they are equal).",
    "Set start_timestamp to when counting began, not to when the sample is sent; leave it at 0 when unknown."};

}  // namespace timestamps

namespace {

using namespace timestamps;

constexpr std::int64_t kFirstPlausible = 100'000'000'000;     // 1973-03-03 in ms; as seconds the year 5138
constexpr std::int64_t kLastPlausible = 100'000'000'000'000;  // 5138-11-16 in ms; as microseconds 1973
constexpr std::int64_t kFutureTolerance = 600'000;            // Prometheus' own bound
constexpr std::int64_t kGoZeroTime = -62'135'596'800'000;     // time.Time{}.UnixMilli()

constexpr bool plausible(std::int64_t t) { return t >= kFirstPlausible && t <= kLastPlausible; }

/// Another unit in which the number is a date from 2001 to 2103.
struct Unit {
    std::string_view name;
    std::int64_t as_ms;
};
std::optional<Unit> other_unit(std::int64_t t) {
    constexpr std::int64_t kFrom = 1'000'000'000, kTo = 4'200'000'000;
    if (t >= kFrom && t < kTo) return Unit{"seconds", t * 1000};
    if (t >= kFrom * 1'000'000 && t < kTo * 1'000'000) return Unit{"microseconds", t / 1000};
    if (t >= kFrom * 1'000'000'000 && t / 1'000'000'000 < kTo) return Unit{"nanoseconds", t / 1'000'000};
    return std::nullopt;
}

class TimestampRules {
public:
    explicit TimestampRules(const Context& c) : c_(c), view_(*c.view), latest_(c.now_ms + kFutureTolerance) {}

    void run() {
        for (std::uint32_t i = 0; i < view_.series.size(); ++i) {
            const auto& series = view_.series[i];
            const auto samples = view_.samples_of(series);
            for (std::size_t j = 0; j < samples.size(); ++j) {
                const auto& s = samples[j];
                if (!fine(s.timestamp)) point(i, "samples", j, s.timestamp, pick(s.timestamp_range, s.range));
                if (s.start_timestamp != 0)
                    start(i, "samples", j, s.start_timestamp, s.timestamp, pick(s.start_range, s.range));
            }
            const auto histograms = view_.histograms_of(series);
            for (std::size_t j = 0; j < histograms.size(); ++j) {
                const auto& h = histograms[j];
                if (!fine(h.timestamp)) point(i, "histograms", j, h.timestamp, pick(h.timestamp_range, h.range));
                if (h.start_timestamp != 0)
                    start(i, "histograms", j, h.start_timestamp, h.timestamp, pick(h.start_range, h.range));
            }
            const auto exemplars = view_.exemplars_of(series);
            for (std::size_t j = 0; j < exemplars.size(); ++j) {
                if (!fine(exemplars[j].timestamp)) exemplar(i, j, exemplars[j]);
            }
        }
    }

private:
    [[nodiscard]] bool fine(std::int64_t t) const { return plausible(t) && t <= latest_; }
    [[nodiscard]] static proto::ByteRange pick(proto::ByteRange field, proto::ByteRange whole) {
        return field.size != 0 ? field : whole;
    }

    void point(std::uint32_t series, std::string_view array, std::size_t j, std::int64_t t, proto::ByteRange range) {
        if (plausible(t)) {
            future(series, array, j, t, range);
        } else if (other_unit(t)) {
            wrong_unit(kUnit, series, array, j, "timestamp", t, range);
        } else {
            implausible(kPlausible, series, array, j, "timestamp", t, range);
        }
    }

    void exemplar(std::uint32_t series, std::size_t j, const proto::ExemplarView& e) {
        const auto t = e.timestamp;
        const auto range = pick(e.timestamp_range, e.range);
        if (plausible(t)) {
            future(series, "exemplars", j, t, range);
        } else if (other_unit(t)) {
            wrong_unit(kExemplarUnit, series, "exemplars", j, "timestamp", t, range);
        } else if (t == 0 && c_.v2()) {
            report(c_, kExemplarTimestamp, series, [&] {
                return Draft{.message =
                                 "The exemplar has no timestamp (0 and absent are the same on the wire); wanted "
                                 "milliseconds since the epoch",
                             .field = element_path(series, "exemplars", j, "timestamp"),
                             .protobuf = range};
            });
        } else {
            implausible(kExemplarPlausible, series, "exemplars", j, "timestamp", t, range);
        }
    }

    void start(std::uint32_t series, std::string_view array, std::size_t j, std::int64_t begin, std::int64_t t,
               proto::ByteRange range) {
        // 1 and -1 stand for a start at the epoch itself.
        const bool epoch = begin == 1 || begin == -1;
        if (!epoch && !plausible(begin)) {
            if (other_unit(begin)) {
                wrong_unit(kStartUnit, series, array, j, "start_timestamp", begin, range);
            } else {
                implausible(kStartPlausible, series, array, j, "start_timestamp", begin, range);
            }
            return;
        }
        if (epoch || !plausible(t) || begin < t) return;
        const bool equal = begin == t;
        const auto draft = [&] {
            return Draft{
                .message =
                    equal ? cat({"start_timestamp and timestamp are both ", moment(t), ", so the start says nothing"})
                          : cat({"start_timestamp ", moment(begin), " is later than the timestamp ", moment(t)}),
                .field = element_path(series, array, j, "start_timestamp"),
                .protobuf = range};
        };
        report(c_, kStartAfter, series, draft, equal ? Severity::kInfo : Severity::kFail);
    }

    void wrong_unit(const Rule& rule, std::uint32_t series, std::string_view array, std::size_t j,
                    std::string_view field, std::int64_t t, proto::ByteRange range) {
        report(c_, rule, series, [&] {
            const auto unit = *other_unit(t);
            return Draft{.message = cat({"Wanted milliseconds, got ", num(t), ", which looks like ", unit.name, " (",
                                         date_text(unit.as_ms), "); as milliseconds it is ", date_text(t)}),
                         .field = element_path(series, array, j, field),
                         .protobuf = range};
        });
    }

    void implausible(const Rule& rule, std::uint32_t series, std::string_view array, std::size_t j,
                     std::string_view field, std::int64_t t, proto::ByteRange range) {
        report(c_, rule, series, [&] {
            std::string_view hint;
            if (t == 0) hint = ": probably never set";
            if (t == kGoZeroTime) hint = ": the zero value of Go's time.Time";
            return Draft{.message = cat({"Wanted milliseconds since the epoch, got ", moment(t), hint}),
                         .field = element_path(series, array, j, field),
                         .protobuf = range};
        });
    }

    void future(std::uint32_t series, std::string_view array, std::size_t j, std::int64_t t, proto::ByteRange range) {
        report(c_, kFuture, series, [&] {
            constexpr std::int64_t kDay = 86'400'000;
            const bool zigzag = t / 2 > c_.now_ms - kDay && t / 2 < c_.now_ms + kDay;
            return Draft{
                .message = cat({"Timestamp ", moment(t), " is ", num((t - c_.now_ms) / 1000),
                                " s ahead of the receiver's clock; wanted at most 600 s",
                                zigzag ? ". It is twice the present time: encode it as int64, not as sint64" : ""}),
                .field = element_path(series, array, j, "timestamp"),
                .protobuf = range};
        });
    }

    const Context& c_;
    const proto::RequestView& view_;
    std::int64_t latest_;
};

}  // namespace

void run_timestamps(const Context& c) { TimestampRules(c).run(); }

}  // namespace prw::receiver::rules
