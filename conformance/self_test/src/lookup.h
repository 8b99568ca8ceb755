/// Rows of the catalogue by id. Internal to conformance.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "prw/self_test/self_test.h"

namespace prw::self_test {

inline std::string_view key_of(const SelfTestCatalogue::Scenario& row) { return row.name; }
template <typename Row>
std::string_view key_of(const Row& row) {
    return row.id;
}

/// nullptr when there is none.
template <typename Row>
const Row* find_row(const std::vector<Row>& rows, std::string_view key) {
    const auto found = std::find_if(rows.begin(), rows.end(), [&](const Row& row) { return key_of(row) == key; });
    return found != rows.end() ? &*found : nullptr;
}

/// Where a mutant is run; empty when its check is unknown.
inline std::string scenario_of(const SelfTestCatalogue& catalogue, const SelfTestCatalogue::Mutant& mutant) {
    if (!mutant.scenario.empty()) return mutant.scenario;
    const auto* check = find_row(catalogue.checks, mutant.check);
    return check != nullptr ? check->scenario : std::string();
}

}  // namespace prw::self_test
