/// Findings of many requests said once: what kind it is, how often it came, in how many requests, and where first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "prw/rules/finding.h"

namespace prw::rules {

/// Findings of one rule and severity about one kind of place, e.g. `timeseries[].labels[].name`.
struct FindingKind {
    Finding first;               ///< as it came
    std::uint64_t first_id = 0;  ///< the request that it came in; 0: there is only one, without number
    std::uint64_t times = 0, requests = 0;
    std::uint64_t last_id = 0;

    /// "480 times in 12 requests, first in #3"; "480 times"; "" for once in a single request.
    [[nodiscard]] std::string seen() const;
};

/// Bounded: beyond a thousand kinds of places, the rule alone tells findings apart.
class FindingTally {
public:
    /// The findings of one request; ids come in order, those of one request at once. Returns how many kinds are new:
    /// the last ones of kinds().
    std::size_t add(std::uint64_t id, std::span<const Finding> findings);

    /// In the order in which they came.
    [[nodiscard]] const std::vector<FindingKind>& kinds() const { return kinds_; }
    /// Worst first; within a severity as they came.
    [[nodiscard]] std::vector<const FindingKind*> worst_first() const;
    /// The kind that a finding belongs to; nullptr when none like it was added.
    [[nodiscard]] const FindingKind* find(const Finding& finding) const;
    [[nodiscard]] std::uint64_t requests() const { return requests_; }       ///< with findings or without
    [[nodiscard]] std::uint64_t with_findings() const { return affected_; }  ///< requests that have some

private:
    using Key = std::tuple<std::string, Severity, std::string>;
    std::vector<FindingKind> kinds_;
    std::map<Key, std::size_t> index_;
    std::uint64_t requests_ = 0, affected_ = 0;
};

/// "timeseries[3].labels[2].name" → "timeseries[].labels[].name".
[[nodiscard]] std::string shape_of(std::string_view field);

/// As finding_text(), for a kind: what was seen as a field of its own, with the first place.
[[nodiscard]] std::string kind_text(const FindingKind& kind, int width = 80);

}  // namespace prw::rules
