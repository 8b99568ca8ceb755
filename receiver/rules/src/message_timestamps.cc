/// Units and plausibility of timestamps of samples, histograms and exemplars. Judged by magnitude, never by closeness
/// to now: old data is legal.
#include "message_util.h"
#include "prw/rules/limits.h"

namespace prw::rules {

namespace timestamps {

constinit const Rule kUnit{
    .id = "samples/timestamp-unit",
    .clauses = {"prw1.protocol.timestamp-unit-ms", "prw2.message.timestamp-unit-ms",
                "ext.samples.timestamp-plausible-unit"},
    .subject = Subject::kPoint,
    .severity = Severity::kFail,
    .summary = "Timestamps of samples and histograms count milliseconds.",
    .fix = "Convert timestamps to milliseconds since the Unix epoch before encoding.",
};

constinit const Rule kPlausible{
    .id = "samples/timestamp-plausible",
    .clauses = {"ext.samples.timestamp-plausible-unit"},
    .subject = Subject::kPoint,
    .severity = Severity::kWarn,
    .summary = "Timestamps of samples and histograms lie between 1973 and 5138.",
    .fix = "Set the timestamp of every sample, in milliseconds since the Unix epoch.",
};

constinit const Rule kExemplarUnit{
    .id = "exemplars/timestamp-unit",
    .clauses = {"prw2.message.timestamp-unit-ms", "ext.exemplars.timestamp-plausible"},
    .subject = Subject::kExemplar,
    .severity = Severity::kFail,
    .summary = "Timestamps of exemplars count milliseconds.",
    .fix = "Convert exemplar timestamps to milliseconds; OpenMetrics writes them in seconds.",
};

constinit const Rule kExemplarPlausible{
    .id = "exemplars/timestamp-plausible",
    .clauses = {"ext.exemplars.timestamp-plausible"},
    .subject = Subject::kExemplar,
    .severity = Severity::kWarn,
    .summary = "Timestamps of exemplars lie between 1973 and 5138.",
    .fix = "Set the timestamp of every exemplar, in milliseconds since the Unix epoch.",
};

constinit const Rule kExemplarTimestamp{
    .id = "exemplars/timestamp-present",
    .clauses = {"prw2.exemplars.timestamp"},
    .subject = Subject::kExemplar,
    .severity = Severity::kFail,
    .summary = "Every exemplar has a timestamp.",
    .fix = "Where the source gave the exemplar no timestamp, use the scrape's or the sample's.",
};

constinit const Rule kFuture{
    .id = "samples/timestamp-not-future",
    .clauses = {"ext.samples.timestamp-not-future"},
    .subject = Subject::kTimestamp,
    .severity = Severity::kWarn,
    .summary = "Timestamps lie at most ten minutes ahead of the receiver's clock.",
    .fix = "Send UTC, and check the clock of the machine; Prometheus refuses samples from the future.",
};

constinit const Rule kStartUnit{
    .id = "samples/start-timestamp-unit",
    .clauses = {"prw2.message.timestamp-unit-ms", "ext.samples.start-plausible-unit"},
    .subject = Subject::kStartTimestamp,
    .severity = Severity::kFail,
    .summary = "start_timestamp counts milliseconds.",
    .fix = "Convert start timestamps to milliseconds; OpenMetrics' _created is in seconds.",
};

constinit const Rule kStartPlausible{
    .id = "samples/start-timestamp-plausible",
    .clauses = {"ext.samples.start-plausible-unit"},
    .subject = Subject::kStartTimestamp,
    .severity = Severity::kWarn,
    .summary = "start_timestamp is unset (0), 1, -1, or lies between 1973 and 5138.",
    .fix = "Leave start_timestamp at 0 when the start is not known.",
};

constinit const Rule kStartAfter{
    .id = "samples/start-not-after-timestamp",
    .clauses = {"ext.samples.start-not-after-timestamp"},
    .subject = Subject::kStartTimestamp,
    .severity = Severity::kFail,
    .summary = "start_timestamp is not later than the sample's timestamp (a note where they are equal).",
    .fix = "Set start_timestamp to when counting began, not to when the sample is sent; leave it at 0 when unknown.",
};

}  // namespace timestamps

namespace {

using namespace timestamps;

constexpr std::int64_t kGoZeroTime = -62'135'596'800'000;  // time.Time{}.UnixMilli()

constexpr bool plausible(std::int64_t t) { return t >= limits::kFirstTimestamp && t <= limits::kLastTimestamp; }

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
    explicit TimestampRules(const Context& c) : c_(c), view_(*c.view), latest_(c.now_ms + limits::kFuture) {}

    void run() {
        for (std::uint32_t i = 0; i < view_.series.size(); ++i) {
            const auto& series = view_.series[i];
            const auto samples = view_.samples_of(series);
            c_.saw(Subject::kPoint, samples.size() + series.histograms.count);
            c_.saw(Subject::kTimestamp, samples.size() + series.histograms.count + series.exemplars.count);
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
        c_.saw(Subject::kStartTimestamp);
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

}  // namespace prw::rules
