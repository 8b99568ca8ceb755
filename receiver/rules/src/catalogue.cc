#include "catalogue.h"

#include <algorithm>
#include <array>

namespace prw::rules {

std::span<const Family* const> request_families() {
    static constexpr std::array<const Family*, 3> kFamilies{&kHeaders, &kNegotiation, &kCompression};
    return kFamilies;
}

std::span<const Family* const> message_families() {
    static constexpr std::array<const Family*, 7> kFamilies{&kSymbols,    &kSeries,    &kLabels,  &kSamples,
                                                            &kHistograms, &kExemplars, &kMetadata};
    return kFamilies;
}

namespace {

template <typename Visit>
void for_each_family(Visit visit) {
    for (const auto* family : request_families()) visit(*family);
    visit(kWire);
    for (const auto* family : message_families()) visit(*family);
}

}  // namespace

std::string_view name_of(Severity severity) { return kSeverityNames.name_of(severity); }

std::span<const Rule* const> all_rules() {
    static const auto kRules = [] {
        std::vector<const Rule*> out;
        for_each_family([&](const Family& f) { out.insert(out.end(), f.rules.begin(), f.rules.end()); });
        return out;
    }();
    return kRules;
}

const Rule* find_rule(std::string_view id) {
    const auto all = all_rules();
    const auto found = std::find_if(all.begin(), all.end(), [&](const Rule* rule) { return rule->id == id; });
    return found == all.end() ? nullptr : *found;
}

std::span<const UncoveredClause> uncovered_clauses() {
    static const auto kUncovered = [] {
        std::vector<UncoveredClause> out;
        for_each_family([&](const Family& f) { out.insert(out.end(), f.uncovered.begin(), f.uncovered.end()); });
        return out;
    }();
    return kUncovered;
}

}  // namespace prw::rules
