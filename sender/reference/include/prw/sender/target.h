/// From scrapes to series: target and external labels, timestamps, staleness, start timestamps, order. One object a
/// target; not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "prw/proto/model.h"
#include "prw/sender/exposition.h"

namespace prw::sender {

struct TargetOptions {
    /// job and instance. A scraped label of the same name is kept as exported_NAME (honor_labels: false).
    proto::Labels target_labels;
    /// Added where a series has no label of that name.
    proto::Labels external_labels;
    /// report() is used: series of the source that would collide with it are left out.
    bool reports = false;
};

struct TargetStats {
    std::uint64_t samples = 0;  ///< handed on, without stale markers and report series
    std::uint64_t stale_markers = 0;
    std::uint64_t repeated = 0;           ///< explicit timestamps that had been sent before with the same value
    std::uint64_t out_of_order = 0;       ///< left out: not newer than the last sample of their series
    std::uint64_t shadowed = 0;           ///< left out in favour of report()
    std::uint64_t exemplars_skipped = 0;  ///< not newer than the last one of their series
};

/// How the start timestamp of cumulative series is found: the source's own; else
/// process_start_time_seconds of the same scrape; else the time of the last scrape that did not have the series yet;
/// else one millisecond before the first sample. When a counter goes down, its new start lies between the two samples.
/// A start is always earlier than the first sample it applies to, unless the source says otherwise.
class ScrapedTarget {
public:
    explicit ScrapedTarget(TargetOptions options = {});

    /// A successful scrape (or file). Every series of the result has one sample or histogram. In time order per series.
    /// Series without explicit timestamps that the last scrape had and this one has not get a stale marker at
    /// `timestamp_ms`.
    [[nodiscard]] std::vector<proto::Series> ingest(const Scrape& scrape, std::int64_t timestamp_ms);
    /// A failed scrape: a stale marker for every live series without explicit timestamps.
    [[nodiscard]] std::vector<proto::Series> fail(std::int64_t timestamp_ms);
    /// up, scrape_duration_seconds and scrape_samples_scraped.
    [[nodiscard]] std::vector<proto::Series> report(bool up, double duration_seconds, std::size_t samples,
                                                    std::int64_t timestamp_ms) const;

    [[nodiscard]] const TargetStats& stats() const { return stats_; }
    /// The labels of a series once target and external labels are applied.
    [[nodiscard]] proto::Labels final_labels(const proto::Labels& scraped) const;

private:
    struct SeriesState {
        proto::Labels labels;
        proto::Metadata metadata;
        bool present = false;  ///< in the last scrape, without explicit timestamp: gets a marker when it goes away
        bool sent = false;
        std::int64_t last_timestamp = 0;
        std::uint64_t last_bits = 0;
        double last_count = 0;     ///< what must not go down, for resets
        std::uint64_t scrape = 0;  ///< number of the last scrape that had it
        proto::Exemplar last_exemplar;
        bool has_exemplar = false;
    };
    struct GroupState {
        std::int64_t start = 0, current = 0, previous = 0;  ///< ms; current and previous are times of samples
        bool seen = false;
        std::uint64_t scrape = 0;
    };
    struct Entry;

    void mark_stale(std::int64_t timestamp_ms, std::vector<proto::Series>& out);
    [[nodiscard]] std::vector<Entry> sorted_entries(const Scrape& scrape, std::int64_t timestamp_ms);
    void find_resets(std::vector<Entry>& entries);
    [[nodiscard]] std::int64_t start_of(const Entry& entry, std::int64_t process_start);
    [[nodiscard]] std::vector<proto::Exemplar> exemplars_of(const Entry& entry);
    void forget_old();

    TargetOptions options_;
    TargetStats stats_;
    std::unordered_map<std::string, SeriesState> series_;
    std::unordered_map<std::string, GroupState> groups_;
    std::uint64_t scrapes_ = 0;
    std::int64_t last_ingest_ = 0;
    bool ingested_ = false;
};

}  // namespace prw::sender
