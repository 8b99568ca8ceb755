#include <algorithm>

#include "checks/ledger.h"
#include "scenarios/scenario.h"

namespace prw::conformance {
namespace {

/// Attempts with one datum that are no mistake any more.
constexpr std::size_t kAttempts = 4;

}  // namespace

using namespace std::chrono_literals;

void play_refusal(Stage& stage) {
    if (!stage.open(refusals({}, 400))) return;
    if (!first_samples(stage)) return;
    const auto scrapes = stage.scrapes();
    const auto scraping = stage.may_scrape();
    Overdue shown(scraping ? 1500ms : 3000ms);
    (void)stage.wait(8s, [&] {
        const auto data = refused_data(stage.observation(), 400, 499);
        const bool repeated =
            std::any_of(data.begin(), data.end(), [](const RefusedDatum& d) { return d.attempts.size() >= kAttempts; });
        return repeated || shown(!stage.may_scrape() || stage.scrapes() >= scrapes + 3);
    });
    stage.accept_everything();
    std::optional<std::size_t> at_turn;
    (void)stage.wait(scraping ? 10s : 4s, [&] {
        const auto& all = stage.observation().deliveries();
        if (!at_turn) at_turn = all.size();
        const auto fresh = std::count_if(all.begin() + static_cast<std::ptrdiff_t>(*at_turn), all.end(),
                                         [](const Delivery& d) { return d.acknowledged() && !d.samples.empty(); });
        return fresh >= 2;
    });
}

}  // namespace prw::conformance
