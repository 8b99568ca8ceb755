#include <algorithm>

#include "scenarios/scenario.h"

namespace prw::conformance {

using namespace std::chrono_literals;

void play_refused(Stage& stage) {
    auto& record = stage.record();
    record.refused = true;
    Stage::Opening opening;
    opening.refuse = true;
    if (!stage.open_with(std::move(opening))) return;
    // Long enough to have tried: three scrapes, or what a sender that waits for its data to be taken needs for one.
    const bool scrapes = record.target.input == Input::kScrape;
    Overdue blocked(1500ms), unseen(2s);
    const auto waited = stage.wait(scrapes ? record.target.settle : 3s, [&] {
        const auto served = stage.scrapes();
        if (!scrapes && unseen(served == 0 || record.target.input == Input::kStdin)) return true;
        return served >= 3 || blocked(served >= 1);
    });
    const auto until = record.refused_until = stage.scrapes();
    if (waited == Waited::kInterrupted || waited == Waited::kExited || (scrapes && until == 0)) return;
    if (!stage.open_port()) return;
    if (until == 0) return (void)first_samples(stage);
    Overdue late(2s);
    (void)stage.wait(25s, [&] {
        const auto times = generation_times(stage.observation(), stage.generations());
        const auto old = static_cast<std::uint64_t>(
            std::count_if(times.begin(), times.end(), [&](const auto& t) { return t.first <= until; }));
        const bool newer = !times.empty() && times.rbegin()->first > until;
        const bool more = record.target.input == Input::kScrape;
        return (old >= until && (newer || !more)) || late(newer);
    });
}

}  // namespace prw::conformance
