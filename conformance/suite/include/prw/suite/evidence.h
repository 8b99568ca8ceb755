/// Evidence: each failed check leaves a capsule, a small `.prwcap` with the exchanges that show it and with all that
/// its judge needs to come to the same verdict again, without the program that sent them. docs/replay.md.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "prw/base/error.h"
#include "prw/exchange/exchange.h"
#include "prw/suite/capsule.h"
#include "prw/suite/results.h"
#include "prw/suite/suite.h"

namespace prw::suite {

/// What a capsule may hold. The exchanges that show the failure come first, one of them always.
struct CapsuleLimits {
    std::size_t exchanges = 300;
    std::size_t bytes = 4U << 20U;        ///< of heads and bodies
    std::size_t served_samples = 50'000;  ///< in a context, of what was offered for scraping
};

/// What a role hands over of one outcome.
struct Evidence {
    std::string capture;  ///< path of the capture that holds its exchanges; closed
    std::string target;   ///< name of the program under test
    /// Ids in the order of their worth. With `and_others` come all others of the capture behind them.
    struct Choice {
        std::vector<std::uint64_t> exchanges;
        bool and_others = false;
    };
    std::vector<Choice> choices;        ///< the smallest first
    std::vector<std::string> contexts;  ///< what else the judge saw, for Suite::judge alone; the smallest first
    /// That the test itself gave the target: the only ones that stay in the heads.
    std::vector<std::string> known_credentials;
};
/// nullopt: there is nothing to show.
using EvidenceOf = std::function<std::optional<Evidence>(const CheckOutcome&, const CapsuleLimits&)>;

/// Writes OUT/capsules/CHECK-MESSAGE.prwcap for each check that failed or warned, with the slashes of the id as "--",
/// and names it in CheckOutcome::capsule (relative to `out`). Capsules of an earlier run are removed. Of contexts and
/// choices the first pair is taken that Suite::judge comes to the same verdict from. A capsule that cannot be written
/// is an error in the result (the first one; the others are written all the same), and leaves the outcome as it is.
[[nodiscard]] Result<void> write_capsules(const Suite& suite, std::vector<CheckOutcome>& checks, const EvidenceOf& of,
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
    Capsule capsule;
    CheckOutcome now;
    Rejudgement is = Rejudgement::kChanged;
};

/// Judges a capsule again with the suite as it is now. kInvalidArgument when it has not the check; else the errors of
/// Suite::judge.
[[nodiscard]] Result<Rejudged> judge_again(const Suite& suite, const Capsule& capsule,
                                           std::span<const exchange::Exchange> exchanges);
/// The same for a file; its errors are those of CaptureReader, and kInvalidArgument for a capture that is no capsule.
[[nodiscard]] Result<Rejudged> judge_again(const Suite& suite, const std::string& path);

}  // namespace prw::suite
