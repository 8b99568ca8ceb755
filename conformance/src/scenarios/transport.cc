#include "scenarios/transport.h"

#include <algorithm>
#include <array>
#include <limits>

#include "checks/fate.h"
#include "checks/fidelity.h"
#include "scenarios/scenario.h"

namespace prw::conformance {
namespace {

constexpr std::size_t kLargeBody = 1U << 20U;
/// For a request to reset within its body, and for what was scraped meanwhile.
constexpr Patience kForReset{8s, 3};
/// For it once three newer scrapes have come.
constexpr Patience kLate{3s, 1};
/// Each fault takes new data, and is followed by a retry and by an ordinary answer.
constexpr Patience kForAll{45s, 40}, kForOwn{25s, 40};

receiver::ScriptStep ordinary(std::string_view name) {
    receiver::ScriptStep step;
    step.name = name;
    step.own_answer = true;
    step.times = 1;
    return step;
}

/// Each failure is followed by an ordinary answer, which takes the data if it comes again, so that the odd successes
/// meet first attempts.
receiver::Script faults(std::string_view metric, bool stall, proto::ProtobufMessage message) {
    receiver::Script script;
    const auto add = [&](std::string_view name, http::Fault fault = http::Fault::kNone) -> receiver::ScriptStep& {
        script.steps.push_back(ordinary(name));
        script.steps.back().fault = fault;
        script.steps.back().metric = metric;
        script.steps.back().series = true;
        return script.steps.back();
    };
    const auto refuse = [](receiver::ScriptStep& step, std::size_t size) {
        step.own_answer = false;
        step.status = 503;
        step.body = std::string(size, '.') + "\n";
    };
    // Twice, so that there are delays to see; more would take a sender that doubles them from 2 s too long.
    add(kStepClose, http::Fault::kCloseBeforeResponse).times = 2;
    add(kStepUsual);
    // About 300 ms; an answer to 2.0 is longer.
    add(kStepDribble, http::Fault::kDribble).dribble_interval = message == proto::ProtobufMessage::kV1 ? 10ms : 2ms;
    add(kStepReset, http::Fault::kResetBeforeResponse);
    add(kStepUsual);
    add(kStepInterim).interim = true;
    add(kStepCutHead, http::Fault::kCutResponse);
    add(kStepUsual);
    add(kStepConnectionClose).headers = {{"Connection", "close"}};
    add(kStepGarbage, http::Fault::kGarbage);
    add(kStepUsual);
    refuse(add(kStepCutBody, http::Fault::kCutResponse), 200);
    add(kStepUsual);
    refuse(add(kStepLargeBody), kLargeBody);
    add(kStepUsual);
    if (stall) add(kStepStall, http::Fault::kStall);
    return script;
}

constexpr std::array kRefusing = {kStepClose, kStepReset, kStepCutHead, kStepGarbage, kStepCutBody, kStepLargeBody};
constexpr std::array kAccepting = {kStepDribble, kStepInterim, kStepConnectionClose};

/// Connections that are reset before and within the body. What was in such a request is not known, so that only a
/// scraping sender shows whether it came again.
void reset_in_body(Stage& stage) {
    const auto resets = [&] {
        const auto& all = stage.observation().deliveries();
        return std::count_if(all.begin(), all.end(), [](const Delivery& d) { return d.step == kResetInBody; });
    };
    for (const auto after : {0, 64}) {
        const auto before = stage.look([&](const Observation&) { return resets(); });
        stage.reset_next(static_cast<std::size_t>(after));
        if (stage.wait(kForReset, [&] { return resets() > before; }) != Waited::kDone) return;
    }
    const auto until = stage.record().notes<TransportNotes>().reset_until = stage.scrapes();
    Overdue late(stage, kLate);
    (void)stage.wait(kForReset, [&] {
        const auto times = generation_times(stage.observation(), stage.generations());
        return late(!times.empty() && times.rbegin()->first > until + 3) ||
               std::any_of(times.begin(), times.end(), [&](const auto& t) { return t.first > until; });
    });
}

}  // namespace

void play_transport(Stage& stage) {
    const auto& target = stage.record().target;
    const bool stall = target.variants.contains(std::string(kVariantTimeout));
    const bool scrapes = target.input == Input::kScrape;
    Stage::Opening opening;
    opening.variants = {std::string(kVariantTimeout)};
    // A sender of its own data may send but once.
    if (!scrapes) opening.script = faults({}, stall, stage.record().asked);
    if (!stage.open_with(std::move(opening))) return;
    if (!first_samples(stage)) return;
    std::string_view carrier;
    if (scrapes) {
        reset_in_body(stage);
        carrier = kCarrier;
        stage.answer(faults(carrier, stall, stage.record().asked));
    }
    const auto count = [&] { return stage.observation().deliveries().size(); };
    const auto at_turn = stage.requests();
    const auto scrapes_at_turn = stage.scrapes();
    // Also longer than the time-out that a stall runs into.
    Silence silent(stage, kSilenceOfScraper);
    (void)stage.wait(scrapes ? kForAll : kForOwn, [&] {
        const auto& observation = stage.observation();
        std::size_t open = 0, hit = 0, lost = 0;
        for (const auto& step : kRefusing) {
            const auto fate = fate_of(observation, step);
            hit += fate.hit ? 1U : 0U;
            open += fate.hit && (fate.acknowledged >= fate.samples || fate.later >= 3) ? 0U : 1U;
            lost += fate.hit && fate.survived == 0 && fate.later > 0 ? 1U : 0U;
        }
        for (const auto& step : kAccepting) {
            const auto fate = fate_of(observation, step);
            hit += fate.hit ? 1U : 0U;
            open += fate.hit && fate.later >= 1 ? 0U : 1U;
        }
        if (stall) {
            const auto fate = fate_of(observation, kStepStall);
            open += fate.hit && (fate.acknowledged >= fate.samples || fate.later >= 3) ? 0U : 1U;
        }
        if (open == 0) return true;
        if (!scrapes && lost >= 3) return true;  // it has shown what it does
        if (hit == 0 && !carrier.empty() && count() >= at_turn + kRenamed &&
            stage.scrapes() >= scrapes_at_turn + kScrapesRenamed) {
            carrier = {};
            stage.answer(faults(carrier, stall, stage.record().asked));
        }
        return silent(count());
    });
}

}  // namespace prw::conformance
