/// Evidence: each failed check leaves a capsule, a small `.prwcap` with the exchanges that show it and with all that
/// its judge needs to come to the same verdict again, without the program that sent them. docs/replay.md.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "prw/base/error.h"
#include "prw/conformance/observation.h"
#include "prw/conformance/results.h"
#include "prw/receiver/capture.h"

namespace prw::conformance {

/// What a capsule may hold. The exchanges that show the failure come first, one of them always.
struct CapsuleLimits {
    std::size_t exchanges = 300;
    std::size_t bytes = 4U << 20U;        ///< of heads and bodies
    std::size_t served_samples = 50'000;  ///< of what was offered for scraping
};

/// Writes OUT/capsules/CHECK-MESSAGE.prwcap for each check that failed or warned, with the slashes of the id as "--",
/// and names it in CheckOutcome::capsule (relative to `out`). Capsules of an earlier run are removed. `records` are
/// those that the checks were judged from; their captures must be closed. A capsule that cannot be written is an error
/// in the result (the first one; the others are written all the same), and the check then names the scenario's capture.
[[nodiscard]] Result<void> write_capsules(std::vector<CheckOutcome>& checks, std::span<const ScenarioRecord> records,
                                          const std::string& out, const std::string& tool_version,
                                          const CapsuleLimits& limits = {});

/// How a verdict compares with the one in the capsule.
enum class Rejudgement : std::uint8_t {
    kFixed,         ///< what failed is found no more
    kStillFailing,  ///< the same verdict
    kChanged,       ///< another verdict, neither good nor the same
};
[[nodiscard]] std::string_view name_of(Rejudgement rejudgement);  ///< "FIXED", "STILL FAILING", "CHANGED"

struct Rejudged {
    receiver::Capsule capsule;
    CheckOutcome now;
    Rejudgement is = Rejudgement::kChanged;
};

/// Judges a capsule again: this prw's rules over every exchange (with the clock of the day of its capture), then this
/// prw's judge of the check. kInvalidArgument when the check is unknown or `capsule` has no context to judge from.
[[nodiscard]] Result<Rejudged> judge_again(const receiver::Capsule& capsule,
                                           std::span<const receiver::Exchange> exchanges);
/// The same for a file; its errors are those of CaptureReader, and kInvalidArgument for a capture that is no capsule.
[[nodiscard]] Result<Rejudged> judge_again(const std::string& path);

/// The options under which the requests of a capsule were judged, but for the clock.
[[nodiscard]] receiver::CheckOptions check_options(const receiver::Capsule& capsule);

}  // namespace prw::conformance
