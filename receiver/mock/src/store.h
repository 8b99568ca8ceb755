/// What accepted requests brought, in memory and bounded, to be read back: the receiver's answer says that it was
/// written, and here is what was. Internal; thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <list>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "prw/base/error.h"
#include "prw/proto/model.h"
#include "prw/proto/view.h"
#include "selector.h"

namespace prw::receiver {

/// Both inclusive, ms.
struct TimeRange {
    std::int64_t from = std::numeric_limits<std::int64_t>::min();
    std::int64_t to = std::numeric_limits<std::int64_t>::max();
};

class Store {
public:
    explicit Store(std::size_t max_bytes) : max_bytes_(max_bytes) {}

    /// All of a request. Labels are sorted, and those with an empty value left out, which is the same as not being
    /// there; of two values of one time the last one stays.
    void add(const proto::RequestView& view);

    enum class Wanted : std::uint8_t { kLabels, kSamples, kExemplars };  ///< beside labels: histograms with samples
    /// Copies of what matches, by labels; with kLabels, those that have a sample or histogram in the range, else those
    /// that have what is wanted in it. Samples and histograms are by time. Takes the bytes of the copies, as the store
    /// counts them, from `budget`; kTooLarge when they are more.
    [[nodiscard]] Result<std::vector<proto::Series>> select(const Matchers& matchers, TimeRange range, Wanted wanted,
                                                            std::size_t& budget) const;
    /// By family; the last one that came for it.
    [[nodiscard]] std::map<std::string, proto::Metadata> metadata() const;

    struct Totals {
        std::size_t series = 0, samples = 0, histograms = 0, exemplars = 0, families = 0, bytes = 0;
        std::uint64_t dropped_series = 0;  ///< to make room
        std::uint64_t dropped_values = 0;  ///< the oldest ones of a series that is larger than all there is
        std::uint64_t dropped_families = 0;
    };
    [[nodiscard]] Totals totals() const;
    [[nodiscard]] std::size_t max_bytes() const { return max_bytes_; }

private:
    struct Value {
        std::uint64_t bits = 0;
        std::int64_t start_timestamp = 0;
    };
    /// The same exemplar comes again with each retry.
    struct ByTime {
        using is_transparent = void;
        bool operator()(const proto::Exemplar& a, const proto::Exemplar& b) const;
        bool operator()(const proto::Exemplar& a, std::int64_t time) const { return a.timestamp < time; }
        bool operator()(std::int64_t time, const proto::Exemplar& b) const { return time < b.timestamp; }
    };
    using Age = std::list<const proto::Labels*>;
    struct Entry {
        std::map<std::int64_t, Value> samples;
        std::map<std::int64_t, proto::Histogram> histograms;
        std::set<proto::Exemplar, ByTime> exemplars;
        std::size_t bytes = 0;
        Age::iterator age;
    };
    using AllSeries = std::map<proto::Labels, Entry>;
    using Families = std::map<std::string, proto::Metadata>;

    void add_series(const proto::RequestView& view, const proto::SeriesView& from);
    void add_metadata(const proto::MetadataView& from, std::string family);
    /// Drops what is oldest until there is room; `writing` is the last to go.
    void make_room(AllSeries::iterator writing);
    void drop(AllSeries::iterator series);
    void drop_oldest_value(Entry& series);
    void grow(Entry& series, std::size_t bytes);
    void shrink(Entry& series, std::size_t bytes);

    const std::size_t max_bytes_;
    mutable std::mutex mutex_;
    AllSeries series_;
    Age age_;  ///< the one that has got nothing for longest first
    Families families_;
    std::list<Families::iterator> families_age_;
    std::size_t bytes_ = 0, families_bytes_ = 0;
    Totals totals_;  ///< what is counted as it happens
};

}  // namespace prw::receiver
