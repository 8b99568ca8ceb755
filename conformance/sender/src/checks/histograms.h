/// What native histograms hold, apart from how their buckets are laid out in spans.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "prw/proto/model.h"
#include "prw/sender_suite/observation.h"

namespace prw::sender_suite {

/// Counts by index, the empty ones left out: spans may be merged and split on the way.
struct Buckets {
    std::map<std::int64_t, double> positive, negative;
    double zero = 0, count = 0;
};
[[nodiscard]] Buckets buckets_of(const proto::Histogram& histogram);

/// The first thing in which they differ, "schema 3 was served, 2 arrived"; empty when they hold the same. Timestamps
/// and reset hint are not looked at, and sums that are both NaN are the same.
[[nodiscard]] std::string difference(const proto::Histogram& served, const proto::Histogram& got);

/// True when a count is lower than it was: the histogram was reset in between. Buckets are compared under one schema.
[[nodiscard]] bool fell(const proto::Histogram& before, const proto::Histogram& now);

/// For each source of a classic histogram the one that it becomes where the sender makes custom buckets of it;
/// kNoSource for all others.
[[nodiscard]] std::vector<std::uint32_t> custom_sources(const std::vector<SourceIdentity>& sources);

/// The classic histograms of one generation as custom buckets, by the source that they become.
[[nodiscard]] std::map<std::uint32_t, proto::Histogram> as_custom_buckets(const std::vector<SourceIdentity>& sources,
                                                                          const Generation& generation);

}  // namespace prw::sender_suite
