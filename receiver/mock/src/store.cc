#include "store.h"

#include <algorithm>
#include <tuple>

namespace prw::receiver {

namespace {

using proto::Labels;

/// Bytes that a node of a map or list takes beside what it holds, with the allocator's own.
constexpr std::size_t kNode = 48;
constexpr std::size_t kSample = kNode + 3 * sizeof(std::int64_t);
/// Metadata may take that part of the room.
constexpr std::size_t kFamiliesShare = 8;

std::size_t size_of(const std::string& text) { return sizeof text + (text.size() > 15 ? text.size() + 16 : 0); }

std::size_t size_of(const Labels& labels) {
    std::size_t size = sizeof labels;
    for (const auto& [name, value] : labels) size += size_of(name) + size_of(value);
    return size;
}

std::size_t size_of(const proto::Histogram& h) {
    const auto elements = h.positive_deltas.size() + h.negative_deltas.size() + h.positive_counts.size() +
                          h.negative_counts.size() + h.custom_values.size() + h.positive_spans.size() +
                          h.negative_spans.size();
    return kNode + sizeof h + elements * sizeof(double);
}

std::size_t size_of(const proto::Exemplar& e) { return kNode + sizeof e + size_of(e.labels); }

std::size_t size_of(const std::string& family, const proto::Metadata& m) {
    return 2 * kNode + sizeof m + size_of(family) + size_of(m.family) + size_of(m.help) + size_of(m.unit);
}

Labels labels_of(std::span<const proto::LabelView> from) {
    Labels out;
    for (const auto& label : from)
        if (!label.value.empty()) out.emplace_back(label.name, label.value);
    std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    return out;
}

/// The family of a series that has its metadata with it (2.0).
std::string family_of(std::string_view name, std::uint32_t type) {
    const auto strip = [&](std::initializer_list<std::string_view> suffixes) {
        for (const auto suffix : suffixes)
            if (name.size() > suffix.size() && name.ends_with(suffix))
                return name.substr(0, name.size() - suffix.size());
        return name;
    };
    switch (static_cast<proto::MetricType>(type)) {
        case proto::MetricType::kHistogram:
            return std::string(strip({"_bucket", "_count", "_sum"}));
        case proto::MetricType::kGaugeHistogram:
            return std::string(strip({"_bucket", "_gcount", "_gsum"}));
        case proto::MetricType::kSummary:
            return std::string(strip({"_count", "_sum"}));
        default:
            return std::string(name);
    }
}

}  // namespace

bool Store::ByTime::operator()(const proto::Exemplar& a, const proto::Exemplar& b) const {
    return std::tie(a.timestamp, a.value_bits, a.labels) < std::tie(b.timestamp, b.value_bits, b.labels);
}

void Store::add(const proto::RequestView& view) {
    const std::lock_guard lock(mutex_);
    for (const auto& from : view.series) {
        if (from.samples.count + from.histograms.count + from.exemplars.count != 0) add_series(view, from);
        if (from.metadata == proto::kNoRef) continue;
        const auto labels = view.labels_of(from);
        const auto name =
            std::find_if(labels.begin(), labels.end(), [](const auto& l) { return l.name == "__name__"; });
        const auto& metadata = view.metadata[from.metadata];
        if (name != labels.end()) add_metadata(metadata, family_of(name->value, metadata.type));
    }
    if (view.message == proto::ProtobufMessage::kV1)
        for (const auto& each : view.metadata) add_metadata(each, std::string(each.family));
}

void Store::add_series(const proto::RequestView& view, const proto::SeriesView& from) {
    const auto [at, is_new] = series_.try_emplace(labels_of(view.labels_of(from)));
    auto& series = at->second;
    if (is_new) {
        series.age = age_.insert(age_.end(), &at->first);
        grow(series, 2 * kNode + sizeof(Entry) + size_of(at->first));
    } else {
        age_.splice(age_.end(), age_, series.age);
    }
    for (const auto& sample : view.samples_of(from)) {
        const auto before = series.samples.size();
        series.samples.insert_or_assign(series.samples.end(), sample.timestamp,
                                        Value{sample.value_bits, sample.start_timestamp});
        if (series.samples.size() == before) continue;
        grow(series, kSample);
        make_room(at);
    }
    for (const auto& histogram : view.histograms_of(from)) {
        auto copy = to_model(view, histogram);
        const auto size = size_of(copy);
        if (const auto old = series.histograms.find(copy.timestamp); old != series.histograms.end())
            shrink(series, size_of(old->second));
        series.histograms.insert_or_assign(copy.timestamp, std::move(copy));
        grow(series, size);
        make_room(at);
    }
    for (const auto& exemplar : view.exemplars_of(from)) {
        const auto [stored, added] = series.exemplars.insert(
            {labels_of(view.of(view.labels, exemplar.labels)), exemplar.value_bits, exemplar.timestamp});
        if (!added) continue;
        grow(series, size_of(*stored));
        make_room(at);
    }
    // Where even the last value had to go, an empty series would be all that is left.
    if (series.samples.empty() && series.histograms.empty() && series.exemplars.empty()) {
        ++totals_.dropped_series;
        drop(at);
    }
}

void Store::add_metadata(const proto::MetadataView& from, std::string family) {
    const auto type = static_cast<proto::MetricType>(from.type);
    // 2.0 has the message with every series, also where nothing is known.
    if (family.empty() || (type == proto::MetricType::kUnspecified && from.help.empty() && from.unit.empty())) return;
    proto::Metadata metadata{type, family, std::string(from.help), std::string(from.unit)};
    const auto [at, is_new] = families_.try_emplace(std::move(family));
    if (is_new) {
        families_age_.push_back(at);
    } else {
        families_bytes_ -= size_of(at->first, at->second);
    }
    at->second = std::move(metadata);
    families_bytes_ += size_of(at->first, at->second);
    while (families_bytes_ > max_bytes_ / kFamiliesShare && !families_age_.empty()) {
        const auto oldest = families_age_.front();
        families_age_.pop_front();
        families_bytes_ -= size_of(oldest->first, oldest->second);
        families_.erase(oldest);
        ++totals_.dropped_families;
    }
}

void Store::grow(Entry& series, std::size_t bytes) {
    series.bytes += bytes;
    bytes_ += bytes;
}

void Store::shrink(Entry& series, std::size_t bytes) {
    series.bytes -= bytes;
    bytes_ -= bytes;
}

void Store::drop(AllSeries::iterator series) {
    bytes_ -= series->second.bytes;
    age_.erase(series->second.age);
    series_.erase(series);
}

void Store::drop_oldest_value(Entry& series) {
    constexpr auto kNever = std::numeric_limits<std::int64_t>::max();
    const auto sample = series.samples.empty() ? kNever : series.samples.begin()->first;
    const auto histogram = series.histograms.empty() ? kNever : series.histograms.begin()->first;
    const auto exemplar = series.exemplars.empty() ? kNever : series.exemplars.begin()->timestamp;
    ++totals_.dropped_values;
    if (!series.samples.empty() && sample <= histogram && sample <= exemplar) {
        shrink(series, kSample);
        series.samples.erase(series.samples.begin());
    } else if (!series.histograms.empty() && histogram <= exemplar) {
        shrink(series, size_of(series.histograms.begin()->second));
        series.histograms.erase(series.histograms.begin());
    } else {
        shrink(series, size_of(*series.exemplars.begin()));
        series.exemplars.erase(series.exemplars.begin());
    }
}

void Store::make_room(AllSeries::iterator writing) {
    while (bytes_ > max_bytes_) {
        if (age_.front() != &writing->first) {
            ++totals_.dropped_series;
            drop(series_.find(*age_.front()));
            continue;
        }
        auto& series = writing->second;
        if (series.samples.empty() && series.histograms.empty() && series.exemplars.empty()) return;
        drop_oldest_value(series);
    }
}

Result<std::vector<proto::Series>> Store::select(const Matchers& matchers, TimeRange range, Wanted wanted,
                                                 std::size_t& budget) const {
    std::vector<proto::Series> out;
    if (range.from > range.to) return out;
    const std::lock_guard lock(mutex_);
    const auto spend = [&](std::size_t bytes) {
        if (bytes > budget) return false;
        budget -= bytes;
        return true;
    };
    const auto too_large = [] {
        return fail(ErrorCode::kTooLarge, "the answer is larger than all that this receiver may store; ask for less");
    };
    for (const auto& [labels, entry] : series_) {
        const auto samples = entry.samples.lower_bound(range.from);
        const auto histograms = entry.histograms.lower_bound(range.from);
        const bool has_samples = samples != entry.samples.end() && samples->first <= range.to;
        const bool has_histograms = histograms != entry.histograms.end() && histograms->first <= range.to;
        const auto exemplars = entry.exemplars.lower_bound(range.from);
        const bool has_exemplars = exemplars != entry.exemplars.end() && exemplars->timestamp <= range.to;
        if (!(wanted == Wanted::kExemplars ? has_exemplars : has_samples || has_histograms)) continue;
        if (!matches(matchers, labels)) continue;
        proto::Series series;
        if (!spend(sizeof series + size_of(labels))) return too_large();
        series.labels = labels;
        if (wanted == Wanted::kSamples) {
            for (auto at = samples; at != entry.samples.end() && at->first <= range.to; ++at) {
                if (!spend(sizeof(proto::Sample))) return too_large();
                series.samples.push_back({at->second.bits, at->first, at->second.start_timestamp});
            }
            for (auto at = histograms; at != entry.histograms.end() && at->first <= range.to; ++at) {
                if (!spend(size_of(at->second))) return too_large();
                series.histograms.push_back(at->second);
            }
        } else if (wanted == Wanted::kExemplars) {
            for (auto at = exemplars; at != entry.exemplars.end() && at->timestamp <= range.to; ++at) {
                if (!spend(size_of(*at))) return too_large();
                series.exemplars.push_back(*at);
            }
        }
        out.push_back(std::move(series));
    }
    return out;
}

std::map<std::string, proto::Metadata> Store::metadata() const {
    const std::lock_guard lock(mutex_);
    return families_;
}

Store::Totals Store::totals() const {
    const std::lock_guard lock(mutex_);
    auto out = totals_;
    out.series = series_.size();
    out.families = families_.size();
    out.bytes = bytes_ + families_bytes_;
    for (const auto& [labels, entry] : series_) {
        out.samples += entry.samples.size();
        out.histograms += entry.histograms.size();
        out.exemplars += entry.exemplars.size();
    }
    return out;
}

}  // namespace prw::receiver
