/// What a sender does without being provoked, learnt from a record, and what that means for other records.
#pragma once

#include <cstdint>
#include <string>

#include "prw/sender_suite/observation.h"

namespace prw::sender_suite {

/// From what came so far, and from what is known of other scenarios.
[[nodiscard]] Habits habits_of(const Observation& observation);

/// What an undisturbed scenario shows, for the records of the others.
[[nodiscard]] Baseline baseline_of(const ScenarioRecord& record);
/// What is known of other scenarios, and the habits that this one shows, so that a part of it is judged like the whole.
[[nodiscard]] Baseline known_altogether(const Observation& observation);

/// The share of scraped samples that gets lost without any provocation, as far as another scenario showed it: what is
/// lost in a scenario cannot be excused by itself.
struct UsualLoss {
    std::uint64_t expected = 0, lost = 0;
    std::string scenario;
};
[[nodiscard]] UsualLoss usual_loss(const ScenarioRecord& record);
/// Whether to lose `lost` of `all` is no more than that, but for chance.
[[nodiscard]] bool as_usual(const UsualLoss& usual, std::uint64_t lost, std::uint64_t all);
/// "2.1 % are lost in scenario steady, too, which sender/fidelity/every-sample-bit-exact reports"
[[nodiscard]] std::string usual_text(const UsualLoss& usual);

/// True for series whose timestamps the source dictates, and for those whose time stands still of itself.
[[nodiscard]] bool time_stands(const Observation& observation, std::uint32_t series);
/// "; without 2 series whose samples come again by habit"; empty where there is none.
[[nodiscard]] std::string without_habitual(const Observation& observation);

/// "12 of 480 samples (2.5 %)"
[[nodiscard]] std::string share_text(std::uint64_t part, std::uint64_t all);

}  // namespace prw::sender_suite
