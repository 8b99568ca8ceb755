#include <algorithm>

#include "checks/fate.h"
#include "checks/steps.h"
#include "scenarios/scenario.h"

namespace prw::conformance {

namespace {

/// Each refusal takes new data, and two requests more show that the refused data does not come again.
constexpr Patience kForAll{30s, 14}, kForTwo{10s, 5};

}  // namespace

void play_refusal(Stage& stage) {
    const bool v2 = stage.record().asked == proto::ProtobufMessage::kV2;
    std::vector<Provocation> refusals;
    for (const int status : kRefusalStatuses) refusals.push_back({refusal(refusal_step(status), status), kRetryDue});
    refusals.push_back({refusal(kStepAsksForRetry, 400, "overloaded, please retry later"), kRetryDue});
    if (v2) {
        auto partial = refusal(kStepPartial400, 400, "a part of the request was written");
        partial.headers = {{"X-Prometheus-Remote-Write-Samples-Written", "1"},
                           {"X-Prometheus-Remote-Write-Histograms-Written", "0"},
                           {"X-Prometheus-Remote-Write-Exemplars-Written", "0"}};
        refusals.push_back({std::move(partial), kRetryDue});
    }
    // A receiver that has taken 2.0 once gives no reason to change to 1.0.
    if (!open_and_provoke(stage, refusals, kForAll)) return;

    // Twice: one repeat with other credentials is HTTP's own way. Not asked of a sender that has stopped.
    const auto all_met = stage.look([&](const Observation& seen) {
        return std::all_of(refusals.begin(), refusals.end(),
                           [&](const Provocation& each) { return fate_of(seen, each.step.name).hit; });
    });
    if (all_met) {
        auto unauthorized = refusal(kStepUnauthorized, 401);
        unauthorized.times = 2;
        unauthorized.attempt.reset();
        provoke(stage, {{std::move(unauthorized), kRetryDue}}, kForTwo);
    }
    stage.accept_everything();
}

}  // namespace prw::conformance
