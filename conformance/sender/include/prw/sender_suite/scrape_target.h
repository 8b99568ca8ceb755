/// What a scraping sender scrapes: a small HTTP target that exposes a table of series and remembers what it served, so
/// that every sample can be looked for on the other side, bit for bit.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "prw/base/error.h"
#include "prw/proto/metric_family.h"
#include "prw/proto/model.h"

namespace prw::sender_suite {

using LabelPairs = std::vector<std::pair<std::string, std::string>>;

/// The formats that are served.
enum class Exposition : std::uint8_t {
    kText,         ///< 0.0.4
    kOpenMetrics,  ///< 1.0: also exemplars, created timestamps, units, the types info and stateset
    kProtobuf,     ///< delimited io.prometheus.client.MetricFamily: also native histograms
};
[[nodiscard]] std::string_view name_of(Exposition format);          ///< "text", "openmetrics", "protobuf"
[[nodiscard]] std::string_view content_type_of(Exposition format);  ///< as a response says it
/// What an Accept header asks for, as Prometheus' client libraries see it: the named format with the highest q (of
/// equals the first); text where none of the three is named, as with */*. q=0 means not this one.
[[nodiscard]] Exposition negotiate(std::string_view accept);

/// One row of the table. Generations count scrapes from 1.
struct SourceSeries {
    std::string metric;  ///< the sample's name, with suffix; of a native histogram the family's
    LabelPairs labels = {};
    std::string constant = {};            ///< served as written in every generation: "NaN", "-0", "9007199254740993"
    double start = 0, step = 0;           ///< otherwise start + age × step
    bool vanishes = false;                ///< left out while set_vanished(true)
    bool explicit_timestamp = false;      ///< served with one fixed timestamp
    bool exemplar = false;                ///< every generation has an exemplar of its own
    bool timed_exemplar = false;          ///< and that has a timestamp
    double exemplar_value = 0.125;        ///< of the exemplar, and a bit more with every generation
    std::uint64_t resets_every = 0;       ///< the age is generation % this; 0: the generation
    std::int64_t timestamp_ms = 0;        ///< the explicit one; 0: the time of the first scrape
    std::int64_t start_timestamp_ms = 0;  ///< where the family does not make it; 0: none
    std::vector<proto::ExposedExemplar> constant_exemplars = {};
    /// At age 0; each bucket, the zero bucket included, grows by `step` a generation. Its count and its sum (by half of
    /// that) go along. Protobuf only.
    std::optional<proto::Histogram> native = {};
};

struct SourceFamily {
    std::string name, type,
        help;  ///< type as in OpenMetrics, or "untyped"; counters without _total, info without _info
    std::vector<SourceSeries> series;  ///< those of one histogram or summary one after the other
    std::string unit = {};
    bool created = false;  ///< has start timestamps: when the target was made, or the last reset
};

/// Counters, gauges, classic and native histograms, summaries, info, stateset, untyped, special values, awkward label
/// values, exemplars, start timestamps, series that can vanish.
[[nodiscard]] std::vector<SourceFamily> default_families();
/// 10,000 gauges.
[[nodiscard]] std::vector<SourceFamily> large_families();
/// The families without what `names` (odd_inputs() of profile.h) say; a family that is left without series goes.
[[nodiscard]] std::vector<SourceFamily> leave_out(std::vector<SourceFamily> families,
                                                  const std::vector<std::string>& names);
/// The series of a file in any format that `prw send` reads (docs/send-input.md), as constant ones. kInvalidArgument
/// with FILE:LINE for what does not parse, for what one of the three formats cannot serve, and for a metric that
/// default_families() has.
[[nodiscard]] Result<std::vector<SourceFamily>> load_source(const std::string& path);
[[nodiscard]] Result<std::vector<SourceFamily>> parse_source(std::string_view text, const std::string& file_name);

/// A family of the table.
struct FamilyIdentity {
    std::string name, type, help, unit;  ///< as in SourceFamily
    friend bool operator==(const FamilyIdentity&, const FamilyIdentity&) = default;
};

/// A series as served, in the order of the table.
struct SourceIdentity {
    std::string metric;
    LabelPairs labels;           ///< without __name__, without those whose value is empty
    bool unique_values = false;  ///< every generation has another value
    bool vanishes = false, explicit_timestamp = false, exemplar = false;
    bool native = false;          ///< a native histogram
    bool custom_buckets = false;  ///< never served: what a classic histogram is once the sender has converted it
    std::uint32_t family = 0;     ///< index in the families
    [[nodiscard]] std::string text() const;  ///< metric{a="b"}
};

struct ServedSample {
    std::uint32_t series = 0;             ///< index in identities()
    std::uint64_t bits = 0;               ///< of the nearest double to the text served
    bool nan = false;                     ///< "NaN" has no bits of its own: any NaN but the stale marker will do
    std::int64_t start_timestamp_ms = 0;  ///< as served; 0: none
    std::int64_t timestamp_ms = 0;        ///< the explicit one; 0: none
};

struct ServedHistogram {
    std::uint32_t series = 0;
    proto::Histogram value;  ///< start_timestamp as served; reset_hint 3 for gauge histograms; timestamp unused
};

struct ServedExemplar {
    std::uint32_t series = 0;
    proto::ExposedExemplar exemplar;
};

struct Generation {
    std::uint64_t number = 0;
    std::int64_t unix_ms = 0;  ///< when it was asked for
    bool failed = false;       ///< answered 503
    bool complete = false;     ///< the whole response went out
    bool vanished = false;     ///< the vanishing series were left out
    Exposition format = Exposition::kText;
    /// Without the classic series of a histogram that was served with native buckets, too: the sender takes what it
    /// wants of the two.
    std::vector<ServedSample> samples;
    std::vector<ServedHistogram> histograms;
    std::vector<ServedExemplar> exemplars;
};

class ScrapeTarget {
public:
    explicit ScrapeTarget(std::vector<SourceFamily> families = default_families());
    ~ScrapeTarget();
    ScrapeTarget(const ScrapeTarget&) = delete;
    ScrapeTarget& operator=(const ScrapeTarget&) = delete;

    [[nodiscard]] Result<void> start();  ///< 127.0.0.1, any free port
    void stop();
    [[nodiscard]] std::string url() const;       ///< http://127.0.0.1:PORT/metrics
    [[nodiscard]] std::string hostport() const;  ///< 127.0.0.1:PORT

    /// Called after each scrape, from the connection's thread. Set before start().
    void on_scrape(std::function<void()> observer);
    void set_vanished(bool vanished);
    void set_failing(bool failing);

    [[nodiscard]] const std::vector<SourceIdentity>& identities() const;
    [[nodiscard]] const std::vector<FamilyIdentity>& families() const;
    [[nodiscard]] std::vector<Generation> generations() const;
    [[nodiscard]] std::uint64_t scrapes() const;  ///< number of the last generation
    /// The next generation, recorded as served: for senders that read stdin.
    [[nodiscard]] std::string take(Exposition format);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace prw::sender_suite
