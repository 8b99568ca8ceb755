#include <algorithm>

#include "checks/staleness.h"
#include "scenarios/scenario.h"

namespace prw::conformance {

namespace {

/// For what the next few scrapes bring.
constexpr Patience kForScrapes{15s, 6};
/// For markers that are missing after as many scrapes as should have brought them.
constexpr Patience kMissing{4s, 2};

}  // namespace

void play_disappearance(Stage& stage) {
    if (!stage.open({})) return;
    if (!first_samples(stage) || stage.record().target.input == Input::kStdin) return;
    // A program that does not scrape has nothing to lose.
    if (!stage.may_scrape() && stage.wait(kShowsScraping, [&] { return stage.may_scrape(); }) != Waited::kDone) return;
    const auto arrived_after = [&](std::uint64_t generation, std::uint64_t count) {
        const auto times = generation_times(stage.observation(), stage.generations());
        return static_cast<std::uint64_t>(std::count_if(times.begin(), times.end(),
                                                        [&](const auto& t) { return t.first >= generation; })) >= count;
    };
    if (stage.wait(kForScrapes, [&] { return arrived_after(1, 2); }) != Waited::kDone) return;
    // Who delivers rarely is given the time that it takes.
    const auto lag = stage.look(
        [&](const Observation& seen) { return 2 * Stage::Milliseconds(longest_delay_ms(seen, stage.generations())); });

    const auto later = [lag](Patience patience) {
        patience.usual += lag;
        return patience;
    };

    stage.source().set_vanished(true);
    const auto all_marked = [&](bool failed) {
        const auto gap = find_gap(stage.observation(), stage.generations(), failed);
        if (!gap) return false;
        // Of two scrapes at least: all that the program sends has arrived before, and what it does not send has no end.
        const auto ends = ends_of_series(stage.observation(), *gap, !failed);
        return !ends.empty() &&
               std::all_of(ends.begin(), ends.end(), [](const EndOfSeries& e) { return !e.markers.empty(); });
    };
    const auto gone = [&](bool failed) {
        const auto all = stage.generations();
        return std::count_if(all.begin(), all.end(), [&](const Generation& g) {
            return g.complete && (failed ? g.failed : g.vanished && !g.failed);
        });
    };
    // Three scrapes without them, so that repeated markers show.
    Overdue missing(stage, later(kMissing));
    if (stage.wait(later(kForScrapes), [&] {
            return gone(false) >= 3 && (all_marked(false) || missing(gone(false) >= 4));
        }) != Waited::kDone)
        return;

    const auto back = stage.scrapes() + 1;
    stage.source().set_vanished(false);
    if (stage.wait(later(kForScrapes), [&] { return arrived_after(back + 1, 1); }) != Waited::kDone) return;

    stage.source().set_failing(true);
    Overdue still_missing(stage, later(kMissing));
    (void)stage.wait(later(kForScrapes),
                     [&] { return gone(true) >= 1 && (all_marked(true) || still_missing(gone(true) >= 3)); });
}

}  // namespace prw::conformance
