#include <algorithm>

#include "scenarios/scenario.h"

namespace prw::conformance {

namespace {

/// For 1.0 once 2.0 was refused.
constexpr auto kForFallback = 12s;
constexpr unsigned kRounds = 8;
/// For 1.0 where 2.0 comes again and again.
constexpr Patience kGoesOn{1s, 1};

}  // namespace

void play_unsupported(Stage& stage) {
    Stage::Opening opening;
    opening.only_1x = true;
    opening.keep_heads = true;
    if (!stage.open_with(std::move(opening))) return;
    const auto count = [&](auto fits) {
        const auto& all = stage.observation().deliveries();
        return std::count_if(all.begin(), all.end(), fits);
    };
    Overdue gone_on(stage, kGoesOn);
    Silence silent(stage, kSilence);
    (void)stage.wait({stage.record().target.settle + kForFallback, kRounds}, [&] {
        const auto refused = count([](const Delivery& d) { return d.status == 415; });
        const auto accepted = count([](const Delivery& d) { return d.acknowledged() && !d.samples.empty(); });
        if (refused == 0) return false;
        return accepted >= 4 || gone_on(accepted == 0 && refused >= 4) ||
               silent(stage.observation().deliveries().size());
    });
}

}  // namespace prw::conformance
