/// Which scraped samples arrived. Shared by the judge and by the scenario, which waits for them.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "prw/conformance/observation.h"

namespace prw::conformance {

/// How long a sender may send nothing before what it scrapes meanwhile counts as lost. It may flush as rarely as its
/// first request was late.
[[nodiscard]] inline std::int64_t longest_silence_us(std::int64_t first_request_us) {
    return 8'000'000 + 2 * first_request_us;
}
inline constexpr std::ptrdiff_t kScrapesInSilence = 5;

struct FidelityFault {
    std::uint64_t generation = 0;
    ServedSample served;
    std::optional<ObservedSample> instead;  ///< what arrived in its place; nullopt: nothing
};

struct Fidelity {
    std::uint64_t first = 0;      ///< first generation of which anything arrived; 0: none
    std::uint64_t last_seen = 0;  ///< last one
    std::uint64_t last = 0;       ///< last one judged
    std::uint64_t expected = 0, found = 0;
    std::vector<FidelityFault> faults;
    std::vector<FidelityFault> signs;  ///< -0 that arrived as 0: counted as found, and judged by a check of its own
    std::uint64_t negative_zeros = 0;  ///< expected samples with the value -0
};

/// Judges the acknowledged samples of generations first … min(first + count - 1, limit), without series whose labels
/// were changed on the way.
[[nodiscard]] Fidelity compare_with_source(const Observation& observation, const std::vector<Generation>& generations,
                                           std::uint64_t count, std::uint64_t limit);

}  // namespace prw::conformance
