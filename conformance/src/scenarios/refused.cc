#include "scenarios/refused.h"

#include <algorithm>

#include "scenarios/scenario.h"

namespace prw::conformance {

namespace {

/// Until a program that does not scrape has tried to connect, and until one shows that it does.
constexpr Patience kTries{3s, 1}, kUnseen{2s, 1};
/// For what was scraped while nobody listened; a back-off may have grown meanwhile.
constexpr Patience kRecovery{25s, 6};
/// For it once newer data has come.
constexpr Patience kLate{2s, 1};

}  // namespace

void play_refused(Stage& stage) {
    auto& record = stage.record();
    Stage::Opening opening;
    opening.refuse = true;
    if (!stage.open_with(std::move(opening))) return;
    // Long enough to have tried: three scrapes, or what a sender that waits for its data to be taken needs for one.
    const bool scrapes = record.target.input == Input::kScrape;
    Overdue blocked(stage, kHeldBack), unseen(stage, kUnseen);
    const auto waited = stage.wait(scrapes ? Patience{record.target.settle, 4} : kTries, [&] {
        const auto served = stage.scrapes();
        if (!scrapes && unseen(served == 0 || record.target.input == Input::kStdin)) return true;
        return served >= 3 || blocked(served >= 1);
    });
    const auto until = record.notes<RefusedNotes>().until = stage.scrapes();
    if (waited == Waited::kInterrupted || waited == Waited::kExited || (scrapes && until == 0)) return;
    if (!stage.open_port()) return;
    if (until == 0) return (void)first_samples(stage);
    Overdue late(stage, kLate);
    (void)stage.wait(kRecovery, [&] {
        const auto times = generation_times(stage.observation(), stage.generations());
        const auto old = static_cast<std::uint64_t>(
            std::count_if(times.begin(), times.end(), [&](const auto& t) { return t.first <= until; }));
        const bool newer = !times.empty() && times.rbegin()->first > until;
        const bool more = record.target.input == Input::kScrape;
        return (old >= until && (newer || !more)) || late(newer);
    });
}

}  // namespace prw::conformance
