/// What a scraping sender scrapes: a small HTTP target that exposes a table of series and remembers what it served, so
/// that every sample can be looked for on the other side, bit for bit.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "prw/proto/error.h"

namespace prw::conformance {

using LabelPairs = std::vector<std::pair<std::string, std::string>>;

/// One row of the table. Generations count scrapes from 1.
struct SourceSeries {
    std::string metric;  ///< the sample's name, with suffix
    LabelPairs labels = {};
    std::string constant = {};        ///< served as written in every generation: "NaN", "-0", "9007199254740993"
    double start = 0, step = 0;       ///< otherwise start + generation × step
    bool vanishes = false;            ///< left out while set_vanished(true)
    bool explicit_timestamp = false;  ///< served with one fixed timestamp
    bool exemplar = false;            ///< OpenMetrics: served with an exemplar
};

struct SourceFamily {
    std::string name, type, help;  ///< type as in the text format; counters without _total
    std::vector<SourceSeries> series;
};

/// Counters, gauges, histogram, summary, untyped, special values, awkward label values, series that can vanish.
[[nodiscard]] std::vector<SourceFamily> default_families();

/// A series as served, in the order of the table.
struct SourceIdentity {
    std::string metric;
    LabelPairs labels;           ///< without __name__
    bool unique_values = false;  ///< every generation has another value
    bool vanishes = false, explicit_timestamp = false, exemplar = false;
    [[nodiscard]] std::string text() const;  ///< metric{a="b"}
};

struct ServedSample {
    std::uint32_t series = 0;  ///< index in identities()
    std::uint64_t bits = 0;    ///< of the nearest double to the text served
    bool nan = false;          ///< "NaN" has no bits of its own: any NaN but the stale marker will do
};

struct Generation {
    std::uint64_t number = 0;
    std::int64_t unix_ms = 0;  ///< when it was asked for
    bool failed = false;       ///< answered 503
    bool openmetrics = false;
    bool complete = false;  ///< the whole response went out
    bool vanished = false;  ///< the vanishing series were left out
    std::vector<ServedSample> samples;
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
    [[nodiscard]] std::vector<Generation> generations() const;
    [[nodiscard]] std::uint64_t scrapes() const;  ///< number of the last generation
    /// The next generation as text, recorded as served: for senders that read stdin.
    [[nodiscard]] std::string take(bool openmetrics);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// What the Accept header prefers: OpenMetrics 1.0 or the text format 0.0.4.
[[nodiscard]] bool prefers_openmetrics(std::string_view accept);

}  // namespace prw::conformance
