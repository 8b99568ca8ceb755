#include "checks/fate.h"
#include "checks/steps.h"
#include "prw/base/units.h"
#include "scenarios/scenario.h"

namespace prw::conformance {

namespace {

/// For a retry while newer data is accepted: longer than a back-off that begins at a second.
constexpr Patience kAgain{3s, 1};
/// On top of the wait that the receiver asks for.
constexpr auto kMargin = 2s;
/// Each answer takes new data, and waits for its retry.
constexpr Patience kForAll{45s, 14}, kForOne{15s, 5};

}  // namespace

void play_retry_after(Stage& stage) {
    std::vector<Provocation> unavailable;
    const auto add = [&](receiver::ScriptStep step, Patience patience = kAgain) {
        unavailable.push_back({std::move(step), patience});
    };
    const auto in_seconds = [&](std::string_view name, int status, std::chrono::seconds wait) {
        auto step = refusal(name, status);
        step.headers = {{"Retry-After", std::to_string(wait.count())}};
        return Provocation{std::move(step), Patience{wait + kMargin, 1}};
    };
    const auto past = [&](std::size_t which) {
        auto step = refusal(kStepsPastDate.at(which), 503);
        step.headers = {{"Retry-After", base::http_date(0)}};
        add(std::move(step));
    };
    // What the others are compared with stands at the begin, in the middle and at the end.
    add(refusal(kStepsPlain503[0], 503));
    unavailable.push_back(in_seconds(kStepSeconds, 503, kRetryAfter));
    past(0);
    auto step = refusal(kStepOddWord, 503);
    step.headers = {{"Retry-After", "soon"}};
    add(std::move(step));
    past(1);
    add(refusal(kStepsPlain503[1], 503));
    unavailable.push_back(in_seconds(kStepMoreSeconds, 503, kRetryAfterMore));
    past(2);
    add(refusal(kStepSaysPermanent, 503, "permanent failure: out of order sample, do not retry"));
    if (stage.record().asked == proto::ProtobufMessage::kV2) {
        step = refusal(kStepPartial503, 503, "a part of the request was written");
        step.headers = {{"X-Prometheus-Remote-Write-Samples-Written", "1"},
                        {"X-Prometheus-Remote-Write-Histograms-Written", "0"},
                        {"X-Prometheus-Remote-Write-Exemplars-Written", "0"}};
        add(std::move(step));
    }
    step = refusal(kStepDate, 503);
    step.retry_after_date = kRetryAfterDate;
    add(std::move(step), Patience{kRetryAfterDate + kMargin + 1s, 1});
    add(refusal(kStepsPlain503[2], 503));

    if (!open_and_provoke(stage, unavailable, kForAll)) return;

    // One batch several times, so that there are delays to see.
    auto limited = refusal(kStepLimited, 429);
    limited.batch = receiver::Batch::kOne;
    limited.times = 3;
    provoke(stage, {{std::move(limited), kRetryDue}}, kForOne);
    if (!stage.look([](const Observation& seen) { return fate_of(seen, kStepLimited).hit; })) return;
    provoke(stage, {in_seconds(kStepLimitedWait, 429, kRetryAfterLimited)}, kForOne);
}

}  // namespace prw::conformance
