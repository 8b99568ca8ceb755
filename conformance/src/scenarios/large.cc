#include <limits>

#include "checks/fidelity.h"
#include "scenarios/scenario.h"

namespace prw::conformance {

namespace {

/// For a scrape as a whole and for the one after it.
constexpr Patience kForTwo{40s, 5};
/// For the rest of the first once two more have come.
constexpr Patience kLate{3s, 1};

}  // namespace

void play_large(Stage& stage) {
    if (!stage.open({})) return;
    stage.record().notes<FidelityNotes>().window = 1;
    if (!first_samples(stage)) return;
    if (!stage.may_scrape() && stage.wait(kShowsScraping, [&] { return stage.may_scrape(); }) != Waited::kDone) return;
    const bool once = stage.record().target.input == Input::kStdin;
    Overdue late(stage, kLate);
    (void)stage.wait(kForTwo, [&] {
        const auto compared =
            compare_with_source(stage.observation(), stage.generations(), 1, std::numeric_limits<std::uint64_t>::max());
        if (compared.first == 0) return false;
        // What comes twice comes with the next scrape at the latest.
        const bool next = once || compared.last_seen > compared.first;
        return (next && compared.faults.empty()) || late(compared.last_seen > compared.first + 1);
    });
}

}  // namespace prw::conformance
