/// Outages: 503 for a while, and one batch for each of the other 5xx.
#include <algorithm>
#include <vector>

#include "checks/ledger.h"
#include "checks/steps.h"
#include "outage.h"
#include "scenarios/all.h"
#include "scenarios/scenario.h"

namespace prw::sender_suite {
namespace {

/// The long outage, whatever the sender's pace: longer than a few steps of a back-off.
constexpr Patience kOutageLasts{10s, 0};
/// Refusals of one datum that show a back-off.
constexpr std::size_t kAttempts = 4;
/// For those attempts; a sender whose back-off is longer shows it after the outage.
constexpr Patience kForAttempts{6s, 3};
/// For a batch of its own for each of the other statuses.
constexpr Patience kForBatches{15s, 6};
/// For what was refused, once requests are accepted again: Prometheus waits 5 s at most, others 30 s.
constexpr Patience kRecovery{25s, 6};
/// For a retry of what is missing, while newer data is accepted.
constexpr Patience kGivenUp{6s, 2};

void play(Stage& stage) {
    // Who may have no more than one batch shows by it what it can; the others get a batch for each status below.
    const bool many = stage.record().target.input == suite::Input::kScrape;
    const auto attempts = many ? kAttempts : kOutageStatuses.size();
    if (!stage.open(many ? refusals({}, 503) : refusals({503, 501, 500, 504, 502}, 503))) return;
    if (!first_samples(stage)) return;
    const auto scrapes = stage.scrapes();
    Overdue shown(stage, kUnderWay), blocked(stage, kHeldBack);
    // Long enough for a few attempts and for newer data to wait behind them, if the sender scrapes meanwhile.
    (void)stage.wait(kForAttempts, [&] {
        const auto data = refused_data(stage.observation(), 500, 599);
        const bool tried =
            std::any_of(data.begin(), data.end(), [&](const RefusedDatum& d) { return d.attempts.size() >= attempts; });
        return shown(tried && (!stage.may_scrape() || stage.scrapes() >= scrapes + 2)) || blocked(tried);
    });
    std::vector<Provocation> refused;
    for (const int status : kOutageStatuses)
        if (status != 503) refused.push_back({refusal(batch_step(status), status), kRetryDue});
    provoke(stage, refused, kForBatches);
    stage.accept_everything();
    const auto accepted = [&] {
        const auto& all = stage.observation().deliveries();
        return std::count_if(all.begin(), all.end(),
                             [](const Delivery& d) { return d.acknowledged() && !d.samples.empty(); });
    };
    Overdue settled(stage, kUnderWay), given_up(stage, kGivenUp);
    Silence silent(stage, kSilence);
    (void)stage.wait(kRecovery, [&] {
        const auto data = refused_data(stage.observation(), 500, 599);
        const bool all = std::all_of(data.begin(), data.end(), [](const RefusedDatum& d) { return d.acknowledged(); });
        const bool none_again =
            std::none_of(data.begin(), data.end(), [](const RefusedDatum& d) { return d.retried(); });
        // A sender that goes on with new data only has had its chance.
        if (given_up(!all && accepted() >= 3 && (none_again || accepted() >= 12))) return true;
        const bool may_be_done = stage.record().target.input == suite::Input::kUnknown && !stage.may_scrape();
        if (silent(stage.observation().deliveries().size(), !all && may_be_done)) return true;
        return settled(all && (accepted() >= 3 || !stage.may_scrape()));
    });
}

void play_long_outage(Stage& stage) {
    if (!stage.open(refusals({}, 503))) return;
    if (!first_samples(stage)) return;
    const auto turn = stage.elapsed() + kOutageLasts.usual;
    if (stage.wait(kOutageLasts, [&] { return stage.elapsed() >= turn; }) == Waited::kInterrupted) return;
    stage.accept_everything();
    const auto at_turn = stage.requests();
    Overdue settled(stage, kUnderWay), given_up(stage, kGivenUp);
    Silence silent(stage, kSilence);
    (void)stage.wait(kRecovery, [&] {
        const auto& all = stage.observation().deliveries();
        const auto data = refused_data(stage.observation(), 500, 599);
        const bool arrived =
            std::all_of(data.begin(), data.end(), [](const RefusedDatum& d) { return d.acknowledged(); });
        const auto accepted = std::count_if(all.begin() + static_cast<std::ptrdiff_t>(at_turn), all.end(),
                                            [](const Delivery& d) { return d.acknowledged() && !d.samples.empty(); });
        return settled(arrived && (accepted >= 3 || !stage.may_scrape())) || given_up(!arrived && accepted >= 3) ||
               silent(all.size());
    });
}

}  // namespace

Scenario outage_scenario() {
    return {
        .name = kOutage,
        .summary =
            "The receiver answers 503 from the first request on, later 500, 501, 502 and 504 to one batch each, and "
            "accepts everything else.",
        .seconds = 6,
        .play = play,
        .checks = {retry_checks(), connection_checks()},
    };
}

Scenario long_outage_scenario() {
    return {
        .name = "10s-outage",
        .summary = "The receiver answers 503 for ten seconds, then accepts everything.",
        .seconds = 13,
        .play = play_long_outage,
        .checks = {long_outage_checks()},
    };
}

}  // namespace prw::sender_suite
