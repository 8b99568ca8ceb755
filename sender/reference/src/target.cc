#include "prw/sender/target.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <unordered_set>
#include <utility>

#include "families.h"

namespace prw::sender {

namespace {

/// Scrapes after which a series that stayed away is forgotten (its last timestamp and start are needed if it comes
/// back).
constexpr std::uint64_t kRememberScrapes = 1000;

bool has_label(const proto::Labels& labels, std::string_view name) {
    return std::any_of(labels.begin(), labels.end(), [&](const auto& label) { return label.first == name; });
}

/// process_start_time_seconds without labels of its own, in ms; 0 when absent.
std::int64_t process_start_of(const Scrape& scrape) {
    for (const Family& family : scrape.families) {
        if (family.name != "process_start_time_seconds") continue;
        for (const Point& point : family.points) {
            const auto ms = seconds_to_ms(point.value_bits);
            if (point.labels.size() == 1 && !point.histogram && ms && *ms > 0) return *ms;
        }
    }
    return 0;
}

/// A series of the source that the sender's own report about the scrape stands in for.
bool is_report(const Point& point) {
    const std::string_view name = point.name();
    return point.labels.size() == 1 &&
           (name == "up" || name == "scrape_duration_seconds" || name == "scrape_samples_scraped");
}

/// The part of a cumulative sample that never goes down without a reset; NaN when there is none (a sum falls with
/// negative observations).
double monotonic_part(const Point& point) {
    if (!point.cumulative) return std::nan("");
    if (point.histogram)
        return std::visit([](auto count) { return static_cast<double>(count); }, point.histogram->count);
    if (point.name().ends_with("_sum")) return std::nan("");
    return proto::from_bits(point.value_bits);
}

}  // namespace

struct ScrapedTarget::Entry {
    const Family* family = nullptr;
    const Point* point = nullptr;
    proto::Labels labels;
    std::string key, group;
    std::int64_t timestamp = 0;
    bool explicit_timestamp = false;
    bool reset = false;  ///< a series of its group went down at this timestamp
};

ScrapedTarget::ScrapedTarget(TargetOptions options) : options_(std::move(options)) {
    std::sort(options_.target_labels.begin(), options_.target_labels.end());
    std::sort(options_.external_labels.begin(), options_.external_labels.end());
    for (proto::Labels* labels : {&options_.target_labels, &options_.external_labels})
        std::erase_if(*labels, [](const auto& label) { return label.second.empty(); });
}

proto::Labels ScrapedTarget::final_labels(const proto::Labels& scraped) const {
    proto::Labels labels = scraped;
    for (const auto& [name, value] : options_.target_labels) {
        const auto conflict = std::find_if(labels.begin(), labels.end(),
                                           [&name = name](const auto& label) { return label.first == name; });
        if (conflict == labels.end()) continue;
        std::string renamed = "exported_" + name;
        while (has_label(labels, renamed) || has_label(options_.target_labels, renamed)) renamed.insert(0, "exported_");
        conflict->first = std::move(renamed);
    }
    labels.insert(labels.end(), options_.target_labels.begin(), options_.target_labels.end());
    for (const auto& label : options_.external_labels)
        if (!has_label(labels, label.first)) labels.push_back(label);
    std::sort(labels.begin(), labels.end());
    return labels;
}

std::vector<ScrapedTarget::Entry> ScrapedTarget::sorted_entries(const Scrape& scrape, std::int64_t timestamp_ms) {
    std::vector<Entry> entries;
    entries.reserve(scrape.points());
    for (const Family& family : scrape.families) {
        for (const Point& point : family.points) {
            if (options_.reports && is_report(point)) {
                ++stats_.shadowed;
                continue;
            }
            Entry entry;
            entry.family = &family;
            entry.point = &point;
            entry.labels = final_labels(point.labels);
            entry.key = series_key(entry.labels);
            if (point.cumulative) entry.group = family.name + '\xff' + group_key(entry.labels);
            entry.timestamp = point.timestamp_ms.value_or(timestamp_ms);
            entry.explicit_timestamp = point.timestamp_ms.has_value();
            entries.push_back(std::move(entry));
        }
    }
    std::stable_sort(entries.begin(), entries.end(),
                     [](const Entry& a, const Entry& b) { return a.timestamp < b.timestamp; });
    return entries;
}

void ScrapedTarget::find_resets(std::vector<Entry>& entries) {
    std::unordered_map<std::string_view, double> latest;
    std::unordered_set<std::string> resets;
    const auto reset_key = [](const Entry& entry) { return entry.group + '\xff' + std::to_string(entry.timestamp); };
    for (const Entry& entry : entries) {
        const double now = monotonic_part(*entry.point);
        if (std::isnan(now)) continue;
        const auto known = series_.find(entry.key);
        const auto [before, first] =
            latest.try_emplace(entry.key, known != series_.end() ? known->second.last_count : std::nan(""));
        if (now < before->second) resets.insert(reset_key(entry));
        before->second = now;
    }
    if (resets.empty()) return;
    for (Entry& entry : entries) entry.reset = entry.point->cumulative && resets.contains(reset_key(entry));
}

std::int64_t ScrapedTarget::start_of(const Entry& entry, std::int64_t process_start) {
    if (!entry.point->cumulative)
        return entry.point->start_timestamp_ms <= entry.timestamp ? entry.point->start_timestamp_ms : 0;
    GroupState& group = groups_[entry.group];
    group.scrape = scrapes_;
    if (!group.seen) {
        group.seen = true;
        group.current = group.previous = entry.timestamp;
        const std::int64_t unseen_until = ingested_ ? last_ingest_ : entry.timestamp - 1;
        group.start = std::min(process_start > 0 && process_start < entry.timestamp ? process_start : unseen_until,
                               entry.timestamp - 1);
        if (group.start == 0) group.start = -1;
    } else if (entry.timestamp > group.current) {
        group.previous = std::exchange(group.current, entry.timestamp);
        const bool restarted = process_start > group.previous && process_start < entry.timestamp;
        if (restarted)
            group.start = process_start;
        else if (entry.reset)
            group.start = std::min(group.previous + 1, std::max(group.previous, entry.timestamp - 1));
    }
    const std::int64_t given = entry.point->start_timestamp_ms;
    if (given != 0 && given <= entry.timestamp) return given;
    return group.start < entry.timestamp ? group.start : 0;  // an explicit timestamp from before the series' reset
}

std::vector<proto::Exemplar> ScrapedTarget::exemplars_of(const Entry& entry) {
    std::vector<proto::Exemplar> out;
    for (const PointExemplar& each : entry.point->exemplars)
        out.push_back({each.labels, each.value_bits, each.timestamp_ms.value_or(entry.timestamp)});
    // A native histogram shows its exemplars scrape after scrape, several of them with the same timestamp: only a total
    // order tells the new ones from the last one that was sent.
    const auto rank = [](const proto::Exemplar& each) {
        return std::tie(each.timestamp, each.value_bits, each.labels);
    };
    std::sort(out.begin(), out.end(), [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
    SeriesState& state = series_[entry.key];
    std::erase_if(out, [&](const proto::Exemplar& each) {
        const proto::Exemplar& last = state.last_exemplar;
        const bool same = state.has_exemplar && last.labels == each.labels && last.value_bits == each.value_bits;
        const bool explicit_time = std::any_of(entry.point->exemplars.begin(), entry.point->exemplars.end(),
                                               [&](const auto& given) { return given.timestamp_ms == each.timestamp; });
        const bool skip = state.has_exemplar && (rank(each) <= rank(last) || (same && !explicit_time));
        if (skip) {
            ++stats_.exemplars_skipped;
        } else {
            state.last_exemplar = each;
            state.has_exemplar = true;
        }
        return skip;
    });
    return out;
}

std::vector<proto::Series> ScrapedTarget::ingest(const Scrape& scrape, std::int64_t timestamp_ms) {
    ++scrapes_;
    std::vector<Entry> entries = sorted_entries(scrape, timestamp_ms);
    find_resets(entries);
    const std::int64_t process_start = process_start_of(scrape);
    std::vector<proto::Series> out;
    out.reserve(entries.size());
    for (Entry& entry : entries) {
        const Point& point = *entry.point;
        const std::int64_t start = start_of(entry, process_start);
        SeriesState& state = series_[entry.key];
        state.scrape = scrapes_;
        state.present = !entry.explicit_timestamp;
        if (state.sent && entry.timestamp <= state.last_timestamp) {
            const bool same =
                entry.timestamp == state.last_timestamp && !point.histogram && point.value_bits == state.last_bits;
            ++(same ? stats_.repeated : stats_.out_of_order);
            continue;
        }
        if (!state.sent) state.labels = entry.labels;
        state.sent = true;
        state.last_timestamp = entry.timestamp;
        state.last_bits = point.value_bits;
        if (const double count = monotonic_part(point); !std::isnan(count)) state.last_count = count;
        state.metadata = {entry.family->type, entry.family->name, entry.family->help, entry.family->unit};
        proto::Series& series = out.emplace_back();
        series.exemplars = exemplars_of(entry);
        series.labels = std::move(entry.labels);
        series.metadata = state.metadata;
        if (point.histogram) {
            proto::Histogram histogram = *point.histogram;
            histogram.timestamp = entry.timestamp;
            histogram.start_timestamp = start;
            series.histograms.push_back(std::move(histogram));
        } else {
            const bool stale = point.value_bits == proto::kStaleNanBits;
            series.samples.push_back({point.value_bits, entry.timestamp, stale ? 0 : start});
        }
        ++stats_.samples;
    }
    mark_stale(timestamp_ms, out);
    last_ingest_ = timestamp_ms;
    ingested_ = true;
    forget_old();
    return out;
}

std::vector<proto::Series> ScrapedTarget::fail(std::int64_t timestamp_ms) {
    ++scrapes_;
    std::vector<proto::Series> out;
    mark_stale(timestamp_ms, out);
    return out;
}

void ScrapedTarget::mark_stale(std::int64_t timestamp_ms, std::vector<proto::Series>& out) {
    const std::size_t first = out.size();
    for (auto& [key, state] : series_) {
        if (!state.present || state.scrape == scrapes_) continue;
        state.present = false;
        if (timestamp_ms <= state.last_timestamp) continue;
        state.last_timestamp = timestamp_ms;
        state.last_bits = proto::kStaleNanBits;
        proto::Series& marker = out.emplace_back();
        marker.labels = state.labels;
        marker.metadata = state.metadata;
        marker.samples.push_back({proto::kStaleNanBits, timestamp_ms, 0});
        ++stats_.stale_markers;
    }
    std::sort(out.begin() + static_cast<std::ptrdiff_t>(first), out.end(),
              [](const auto& a, const auto& b) { return a.labels < b.labels; });
}

void ScrapedTarget::forget_old() {
    if (scrapes_ % 64 != 0) return;
    const auto old = [&](const auto& item) { return item.second.scrape + kRememberScrapes < scrapes_; };
    std::erase_if(series_, old);
    std::erase_if(groups_, old);
}

std::vector<proto::Series> ScrapedTarget::report(bool up, double duration_seconds, std::size_t samples,
                                                 std::int64_t timestamp_ms) const {
    std::vector<proto::Series> out;
    const auto add = [&](const char* name, const char* help, const char* unit, double value) {
        proto::Series& series = out.emplace_back();
        series.labels = final_labels({{"__name__", name}});
        series.metadata = {proto::MetricType::kGauge, name, help, unit};
        series.samples.push_back({proto::to_bits(value), timestamp_ms, 0});
    };
    add("scrape_duration_seconds", "How long the scrape took.", "seconds", duration_seconds);
    add("scrape_samples_scraped", "Samples that the target exposed.", "", static_cast<double>(samples));
    add("up", "1 when the last scrape succeeded, 0 when it failed.", "", up ? 1 : 0);
    return out;
}

}  // namespace prw::sender
