#include "checks/fate.h"
#include "checks/steps.h"
#include "prw/proto/units.h"
#include "scenarios/scenario.h"

namespace prw::conformance {

namespace {

/// For a retry while newer data is accepted: longer than a back-off that begins at a second; after a wait that the
/// receiver asks for, two or three seconds more than that.
constexpr Patience kAgain{3s, 1}, kAgainAfterSeconds{kRetryAfter + 2s, 1}, kAgainAfterDate{kRetryAfterDate + 3s, 1},
    kAgainAfterLimited{kRetryAfterLimited + 1s, 1};
/// Each answer takes new data, and waits for its retry.
constexpr Patience kForAll{40s, 14}, kForOne{15s, 5};

}  // namespace

void play_retry_after(Stage& stage) {
    const auto seconds = [](std::chrono::seconds wait) { return std::to_string(wait.count()); };
    std::vector<Provocation> unavailable;
    const auto add = [&](receiver::ScriptStep step, Patience patience = kAgain) {
        unavailable.push_back({std::move(step), patience});
    };
    auto step = refusal(kStepSeconds, 503);
    step.headers = {{"Retry-After", seconds(kRetryAfter)}};
    add(step, kAgainAfterSeconds);
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
    add(step, kAgainAfterDate);

    if (!open_and_provoke(stage, unavailable, kForAll)) return;

    // Several times, so that there are delays to see.
    auto limited = refusal(kStepLimited, 429);
    limited.attempt.reset();
    limited.times = 3;
    provoke(stage, {{limited, kRetryDue}}, kForOne);
    if (!stage.look([](const Observation& seen) { return fate_of(seen, kStepLimited).hit; })) return;
    auto wait = refusal(kStepLimitedWait, 429);
    wait.headers = {{"Retry-After", seconds(kRetryAfterLimited)}};
    provoke(stage, {{wait, kAgainAfterLimited}}, kForOne);
}

}  // namespace prw::conformance
