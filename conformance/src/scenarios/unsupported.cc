#include <algorithm>

#include "scenarios/scenario.h"

namespace prw::conformance {

using namespace std::chrono_literals;

void play_unsupported(Stage& stage) {
    Stage::Opening opening;
    opening.only_1x = true;
    opening.keep_heads = true;
    if (!stage.open_with(std::move(opening))) return;
    const auto count = [&](auto fits) {
        const auto& all = stage.observation().deliveries();
        return std::count_if(all.begin(), all.end(), fits);
    };
    Overdue gone_on(1s);
    Silence silent(8s);
    (void)stage.wait(stage.record().target.settle + 12s, [&] {
        const auto refused = count([](const Delivery& d) { return d.status == 415; });
        const auto accepted = count([](const Delivery& d) { return d.acknowledged() && !d.samples.empty(); });
        if (refused == 0) return false;
        return accepted >= 4 || gone_on(accepted == 0 && refused >= 4) ||
               silent(stage.observation().deliveries().size());
    });
}

}  // namespace prw::conformance
