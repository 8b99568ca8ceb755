#include <algorithm>

#include "checks/fate.h"
#include "checks/redirects.h"
#include "scenarios/scenario.h"

namespace prw::conformance {
namespace {

/// Each redirect takes new data, and two requests more show what became of it.
constexpr Patience kForAll{35s, 12}, kForOwn{25s, 12};

receiver::Script redirects(bool scrapes) {
    receiver::Script script;
    receiver::ScriptStep there;
    there.name = "redirected";
    there.path = kRedirectedPath;
    there.probes = true;  // as a page behind a login would
    there.status = 200;
    there.body = "ok\n";
    script.steps.push_back(there);
    for (const auto status : kRedirectStatuses) {
        receiver::ScriptStep step;
        step.name = redirect_step(status);
        step.times = 1;
        step.status = status;
        step.headers = {{"Location", redirect_target(status)}};
        step.series = true;
        if (scrapes) step.metric = kCarrier;
        script.steps.push_back(step);
    }
    return script;
}

}  // namespace

void play_redirects(Stage& stage) {
    const bool scrapes = stage.record().target.input == Input::kScrape;
    Stage::Opening opening;
    opening.script = redirects(scrapes);
    opening.other_targets = true;
    if (!stage.open_with(std::move(opening))) return;
    if (!first_samples(stage)) return;
    Silence silent(stage, kSilence);
    (void)stage.wait(scrapes ? kForAll : kForOwn, [&] {
        const auto& observation = stage.observation();
        const bool shown = std::all_of(kRedirectStatuses.begin(), kRedirectStatuses.end(), [&](int status) {
            const auto fate = fate_of(observation, redirect_step(status));
            return fate.hit && (fate.later >= 2 || (fate.acknowledged >= fate.samples && fate.later >= 1));
        });
        if (shown) return true;
        return silent(observation.deliveries().size());
    });
}

}  // namespace prw::conformance
