#include "families.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "prw/proto/protocol.h"

namespace prw::sender {

using proto::MetricType;

std::string_view Point::name() const {
    for (const auto& [name, value] : labels)
        if (name == "__name__") return value;
    return {};
}

std::size_t Scrape::points() const {
    std::size_t count = 0;
    for (const Family& family : families) count += family.points.size();
    return count;
}

std::string series_key(const proto::Labels& labels) {
    std::string key;
    for (const auto& [name, value] : labels) {  // 0xff occurs in no UTF-8 text
        key += name;
        key += '\xff';
        key += value;
        key += '\xff';
    }
    return key;
}

std::string group_key(const proto::Labels& labels) {
    std::string key;
    for (const auto& [name, value] : labels) {
        if (name == "__name__" || name == "le" || name == "quantile") continue;
        key += name;
        key += '\xff';
        key += value;
        key += '\xff';
    }
    return key;
}

std::string series_name(const proto::Labels& labels, std::size_t max) {
    std::string text;
    std::string braces;
    for (const auto& [name, value] : labels) {
        if (name == "__name__") {
            text = value;
            continue;
        }
        braces += braces.empty() ? "{" : ",";
        braces += name + "=\"";
        for (const char c : value) {
            if (c == '"' || c == '\\') braces += '\\';
            braces += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
        }
        braces += '"';
        if (braces.size() > max) break;
    }
    if (!braces.empty()) text += braces + "}";
    if (text.size() <= max) return text;
    std::size_t cut = max;
    while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xc0U) == 0x80U) --cut;
    return text.substr(0, cut) + "…";
}

std::optional<std::int64_t> seconds_to_ms(std::uint64_t value_bits) {
    const double ms = proto::from_bits(value_bits) * 1000.0;
    if (!std::isfinite(ms) || std::abs(ms) > 9e18) return std::nullopt;
    return static_cast<std::int64_t>(std::llround(ms));
}

std::string exemplar_problem(const proto::Labels& labels) {
    constexpr auto kMost = proto::limits::kExemplarCharacters;
    std::size_t count = 0;
    for (const auto& [name, value] : labels)
        for (const std::string* text : {&name, &value})
            count += static_cast<std::size_t>(std::count_if(
                text->begin(), text->end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
    if (count <= kMost) return {};
    return fmt::format("the exemplar is left out: its labels have {} characters, at most {} are allowed", count, kMost);
}

namespace {

struct Suffix {
    std::string_view text;
    std::vector<MetricType> types;
};

const std::vector<Suffix>& suffixes() {
    static const std::vector<Suffix> kSuffixes{
        {"_bucket", {MetricType::kHistogram, MetricType::kGaugeHistogram}},
        {"_count", {MetricType::kHistogram, MetricType::kSummary}},
        {"_sum", {MetricType::kHistogram, MetricType::kSummary}},
        {"_gcount", {MetricType::kGaugeHistogram}},
        {"_gsum", {MetricType::kGaugeHistogram}},
        {"_total", {MetricType::kCounter}},
        {"_created", {MetricType::kCounter, MetricType::kHistogram, MetricType::kSummary}},
        {"_info", {MetricType::kInfo}},
    };
    return kSuffixes;
}

bool contains(const std::vector<MetricType>& types, MetricType type) {
    return std::find(types.begin(), types.end(), type) != types.end();
}

}  // namespace

bool is_cumulative(std::string_view sample_name, std::string_view family_name, MetricType type) {
    const bool member = sample_name.starts_with(family_name);
    const std::string_view suffix = member ? sample_name.substr(family_name.size()) : std::string_view();
    switch (type) {
        case MetricType::kCounter:
            return true;
        case MetricType::kHistogram:
            return suffix == "_bucket" || suffix == "_count" || suffix == "_sum";
        case MetricType::kSummary:
            return suffix == "_count" || suffix == "_sum";
        default:
            return false;
    }
}

FamilyBuilder::Entry& FamilyBuilder::entry(std::string_view name) {
    const auto [found, inserted] = by_name_.try_emplace(std::string(name), entries_.size());
    if (inserted) {
        entries_.emplace_back();
        entries_.back().family.name = std::string(name);
    }
    return entries_[found->second];
}

Family& FamilyBuilder::family(std::string_view name) { return entry(name).family; }

const MetricType* FamilyBuilder::declared_type(std::string_view name) const {
    const auto found = by_name_.find(std::string(name));
    if (found == by_name_.end() || !entries_[found->second].typed) return nullptr;
    return &entries_[found->second].family.type;
}

void FamilyBuilder::declare_type(std::string_view name, MetricType type) {
    Entry& target = entry(name);
    target.family.type = type;
    target.typed = true;
}

FamilyBuilder::Entry* FamilyBuilder::entry_for_sample(std::string_view sample_name) {
    if (const auto exact = by_name_.find(std::string(sample_name)); exact != by_name_.end())
        return &entries_[exact->second];
    for (const Suffix& suffix : suffixes()) {
        if (!sample_name.ends_with(suffix.text)) continue;
        const auto found = by_name_.find(std::string(sample_name.substr(0, sample_name.size() - suffix.text.size())));
        if (found == by_name_.end()) continue;
        Entry& candidate = entries_[found->second];
        if (suffix.text == "_created" && !created_series_) continue;
        if (contains(suffix.types, candidate.family.type)) return &candidate;
    }
    return nullptr;
}

Family* FamilyBuilder::find_for_sample(std::string_view sample_name) {
    Entry* found = entry_for_sample(sample_name);
    return found == nullptr ? nullptr : &found->family;
}

void FamilyBuilder::note(std::string text) {
    if (scrape_.notes.size() < Scrape::kMaxNotes) scrape_.notes.push_back(std::move(text));
}

FamilyBuilder::Added FamilyBuilder::add(Point point, std::string_view place) {
    const std::string_view name = point.name();
    Entry* found = entry_for_sample(name);
    Entry& target = found != nullptr ? *found : entry(name);
    if (created_series_ && name.size() == target.family.name.size() + 8 && name.starts_with(target.family.name) &&
        name.ends_with("_created")) {
        const auto created = seconds_to_ms(point.value_bits);
        if (!created) return Added::kBadCreated;
        target.created.try_emplace(group_key(point.labels),
                                   *created == 0 ? 1 : *created);  // prw2.samples.start-epoch-substitute
        return Added::kCreated;
    }
    return file(target, std::move(point), place);
}

FamilyBuilder::Added FamilyBuilder::add_to(std::string_view family, Point point, std::string_view place) {
    return file(entry(family), std::move(point), place);
}

FamilyBuilder::Added FamilyBuilder::file(Entry& target, Point point, std::string_view place) {
    std::string key = series_key(point.labels);
    if (point.timestamp_ms) key += std::to_string(*point.timestamp_ms);
    if (!seen_.insert(std::move(key)).second) {
        ++scrape_.duplicates;
        note(std::string(place) + ": " + series_name(point.labels) +
             " occurs a second time with the same timestamp; the first value is kept");
        return Added::kDuplicate;
    }
    target.family.points.push_back(std::move(point));
    return Added::kPoint;
}

Scrape FamilyBuilder::finish() {
    for (Entry& each : entries_) {
        if (each.family.points.empty()) continue;
        for (Point& point : each.family.points) {
            point.cumulative = point.histogram
                                   ? each.family.type != MetricType::kGaugeHistogram && point.histogram->reset_hint != 3
                                   : is_cumulative(point.name(), each.family.name, each.family.type);
            if (!point.cumulative || point.start_timestamp_ms != 0 || each.created.empty()) continue;
            if (const auto created = each.created.find(group_key(point.labels)); created != each.created.end())
                point.start_timestamp_ms = created->second;
        }
        scrape_.families.push_back(std::move(each.family));
    }
    return std::move(scrape_);
}

}  // namespace prw::sender
