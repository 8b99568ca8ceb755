#include "checks/steps.h"
#include "scenarios/scenario.h"

namespace prw::conformance {

namespace {

/// For kSlowRequests and the answers to them.
constexpr Patience kForAll{20s, 6};

}  // namespace

void play_slow(Stage& stage) {
    receiver::Script script;
    receiver::ScriptStep step;
    step.name = kStepSlow;
    step.own_answer = true;
    step.delay = kSlowAnswer;
    script.steps.push_back(std::move(step));
    if (!stage.open(std::move(script))) return;
    if (!first_samples(stage)) return;
    Silence silent(stage, kSilence);
    (void)stage.wait(kForAll, [&] {
        const auto requests = requests_with_samples(stage.observation());
        return requests >= kSlowRequests || silent(requests);
    });
}

}  // namespace prw::conformance
