#include "checks/fate.h"
#include "checks/steps.h"
#include "prw/proto/units.h"
#include "scenarios/scenario.h"

namespace prw::conformance {

using namespace std::chrono_literals;

void play_retry_after(Stage& stage) {
    const auto seconds = [](std::chrono::seconds wait) { return std::to_string(wait.count()); };
    std::vector<Provocation> unavailable;
    const auto add = [&](receiver::ScriptStep step, Stage::Milliseconds patience = 3s) {
        unavailable.push_back({std::move(step), patience});
    };
    auto step = refusal(kStepSeconds, 503);
    step.headers = {{"Retry-After", seconds(kRetryAfter)}};
    add(step, 4s);
    add(refusal(kStepPlain503, 503));  // what the others are compared with
    step = refusal(kStepOddWord, 503);
    step.headers = {{"Retry-After", "soon"}};
    add(step);
    step = refusal(kStepPastDate, 503);
    step.headers = {{"Retry-After", proto::http_date(0)}};
    add(step);
    add(refusal(kStepSaysPermanent, 503, "permanent failure: out of order sample, do not retry"));
    if (stage.record().asked == proto::ProtobufMessage::kV2) {
        step = refusal(kStepPartial503, 503, "a part of the request was written");
        step.headers = {{"X-Prometheus-Remote-Write-Samples-Written", "1"},
                        {"X-Prometheus-Remote-Write-Histograms-Written", "0"},
                        {"X-Prometheus-Remote-Write-Exemplars-Written", "0"}};
        add(step);
    }
    step = refusal(kStepDate, 503);
    step.retry_after_date = kRetryAfterDate;
    add(step, 5s);

    if (!open_and_provoke(stage, unavailable, 40s)) return;

    // Several times, so that there are delays to see.
    auto limited = refusal(kStepLimited, 429);
    limited.attempt.reset();
    limited.times = 3;
    provoke(stage, {{limited, 1s}}, 15s);
    if (!stage.look([](const Observation& seen) { return fate_of(seen, kStepLimited).hit; })) return;
    auto wait = refusal(kStepLimitedWait, 429);
    wait.headers = {{"Retry-After", seconds(kRetryAfterLimited)}};
    provoke(stage, {{wait, 2s}}, 15s);
}

}  // namespace prw::conformance
