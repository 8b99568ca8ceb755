#include "scenarios/configuration.h"

#include <algorithm>

#include "scenarios/scenario.h"

namespace prw::conformance {
namespace {

/// For an accepted request once there was one, which a refusal for want of credentials may precede.
constexpr Patience kAccepted{2s, 1};
/// For the first request of a further start, which the first start has shown to be quick.
constexpr auto kLongestStart = 10s;

/// Answers 401 on this path until the credentials come: some clients wait to be asked.
void demand(receiver::Script& script, std::string_view target, std::string_view credentials, std::string_view scheme) {
    receiver::ScriptStep step;
    step.name = "with credentials";
    step.path = path_of(target);
    step.own_answer = true;
    step.header = {{"Authorization", std::string(credentials)}};
    script.steps.push_back(step);
    step.name = "without credentials";
    step.header.clear();
    step.own_answer = false;
    step.status = 401;
    step.headers = {{"WWW-Authenticate", std::string(scheme) + " realm=\"prw\""}};
    step.body = "credentials are wanted\n";
    script.steps.push_back(std::move(step));
}

std::vector<Trial>& trials_of(Stage& stage) { return stage.record().notes<ConfigurationNotes>().trials; }

/// How the program that was started last ended, if it has.
void note_end(Stage& stage) {
    auto& trial = trials_of(stage).back();
    if (const auto end = stage.exited()) {
        trial.exited = end->text();
        trial.exited_cleanly = end->success();
    }
}

/// Waits until the program has sent to its URL, with credentials when it is asked for them, or ended, or had its time.
void watch(Stage& stage, Patience patience) {
    const auto path = std::string(path_of(trials_of(stage).back().target));
    const bool asks = !trials_of(stage).back().credentials.empty();
    Overdue refused(stage, kAccepted);
    const auto sent = [&] {
        bool any = false, accepted = false;
        for (const auto& delivery : stage.observation().deliveries()) {
            if (path_of(delivery.target) != path) continue;
            any = true;
            accepted = accepted || delivery.acknowledged();
        }
        return asks ? accepted || refused(any) : any;
    };
    (void)stage.wait(
        patience, [&] { return sent() || stage.exited().has_value(); }, false);
    note_end(stage);
}

}  // namespace

void play_configuration(Stage& stage) {
    auto& record = stage.record();
    auto& trials = trials_of(stage);
    const auto has = [&](std::string_view variant) { return record.target.variants.contains(std::string(variant)); };
    Trial first;
    first.target = kConfiguredTarget;
    Stage::Opening opening;
    opening.target = kConfiguredTarget;
    opening.other_targets = true;
    opening.keep_heads = true;
    if (has(kVariantHeader)) {
        first.variants.emplace_back(kVariantHeader);
        first.header = kCustomHeader;
        first.value = kCustomValue;
    }
    if (has(kVariantBasicAuth)) demand(opening.script, kBasicTarget, kBasicCredentials, "Basic");
    const std::string bearer = "Bearer " + std::string(kTestToken);
    if (has(kVariantBearer)) demand(opening.script, kBearerTarget, bearer, "Bearer");
    opening.variants = first.variants;
    trials.push_back(std::move(first));
    if (!stage.open_with(std::move(opening))) return;
    // Without more starts the program may end as it likes; otherwise its end must not end the receiver.
    const bool more = has(kVariantHeader) || has(kVariantTls) || has(kVariantBasicAuth) || has(kVariantBearer);
    Overdue shown(stage, kAccepted);
    const auto accepted = [&] {
        const auto& all = stage.observation().deliveries();
        return shown(any_samples(stage.observation())) || (more && stage.exited().has_value()) ||
               std::any_of(all.begin(), all.end(),
                           [](const Delivery& d) { return d.acknowledged() && !d.samples.empty(); });
    };
    if (stage.wait({record.target.settle, 1}, accepted, !more) != Waited::kDone) return;
    note_end(stage);
    if (!stage.look([](const Observation& seen) { return any_samples(seen); })) return;

    const Patience patience{std::min<Stage::Milliseconds>(record.target.settle, kLongestStart), 1};
    // One thing at a time: what goes wrong only beside something else must not be told of the one alone.
    const auto authenticate = [&](std::string_view variant, std::string_view target, std::string_view credentials) {
        if (!has(variant)) return;
        Trial trial;
        trial.target = target;
        trial.variants = {std::string(variant)};
        trial.credentials = credentials;
        trials.push_back(std::move(trial));
        if (stage.restart(std::string(target), trials.back().variants, {})) watch(stage, patience);
    };
    authenticate(kVariantBasicAuth, kBasicTarget, kBasicCredentials);
    authenticate(kVariantBearer, kBearerTarget, bearer);
    if (has(kVariantTls)) {
        Trial trial;
        trial.target = kTlsTarget;
        trial.variants = {std::string(kVariantTls)};
        trials.push_back(std::move(trial));
        if (stage.restart(std::string(kTlsTarget), trials.back().variants, {})) watch(stage, patience);
        trials.back().failed_handshakes = stage.failed_handshakes();
    }
    if (has(kVariantHeader)) {
        for (const auto& reserved : kReservedHeaders) {
            Trial trial;
            trial.target = reserved.target;
            trial.variants = {std::string(kVariantHeader)};
            trial.header = reserved.name;
            trial.value = reserved.value;
            trial.provokes = true;
            stage.leave_to_trial(trial.target);
            trials.push_back(std::move(trial));
            if (stage.restart(std::string(reserved.target), trials.back().variants,
                              {{"PRW_HEADER_NAME", std::string(reserved.name)},
                               {"PRW_HEADER_VALUE", std::string(reserved.value)}}))
                watch(stage, patience);
        }
    }
}

}  // namespace prw::conformance
