#include "scenario.h"

#include <algorithm>
#include <array>

#include "all.h"
#include "checks/fate.h"
#include "checks/steps.h"
#include "checks/table.h"

namespace prw::sender_suite {

std::span<const Scenario> scenarios() {
    static const std::array kAll = {
        steady_scenario(),      outage_scenario(),        long_outage_scenario(), refusal_scenario(),
        retry_after_scenario(), successes_scenario(),     not_written_scenario(), unsupported_scenario(),
        slow_scenario(),        disappearance_scenario(), transport_scenario(),   refused_scenario(),
        redirects_scenario(),   configuration_scenario(), large_scenario(),
    };
    return kAll;
}

const Scenario* find_scenario(std::string_view name) {
    const auto all = scenarios();
    const auto found = std::find_if(all.begin(), all.end(), [&](const Scenario& s) { return s.name == name; });
    return found != all.end() ? &*found : nullptr;
}

receiver::ScriptStep refusal(std::string_view name, int status, std::string_view text) {
    receiver::ScriptStep step;
    step.name = name;
    step.times = 1;
    step.batch = receiver::Batch::kNew;
    step.status = status;
    step.body = std::string(kErrorMarker) + ": " + std::string(text.empty() ? "refused on purpose" : text) + "\n";
    return step;
}

namespace {

receiver::Script script_of(const std::vector<Provocation>& answers, std::string_view metric) {
    receiver::Script out;
    for (const auto& answer : answers) {
        out.steps.push_back(answer.step);
        out.steps.back().metric = metric;
        out.steps.back().series = true;
    }
    return out;
}

void await_effects(Stage& stage, const std::vector<Provocation>& answers, Patience deadline) {
    bool may_rename = stage.record().target.input == suite::Input::kScrape;
    const auto count = [&] { return stage.observation().deliveries().size(); };
    const auto at_turn = stage.requests();
    const auto scrapes_at_turn = stage.scrapes();
    Silence silent(stage, may_rename ? kSilenceOfScraper : kSilence);
    std::vector<Overdue> waited;
    for (const auto& answer : answers) waited.emplace_back(stage, answer.patience);
    (void)stage.wait(deadline, [&] {
        bool all = true, any = false;
        for (std::size_t i = 0; i < answers.size(); ++i) {
            const auto fate = fate_of(stage.observation(), answers[i].step.name);
            any = any || fate.hit;
            // Whatever else came had its chance to be this data again.
            const bool shown = fate.hit && (fate.acknowledged >= fate.samples || waited[i](fate.later >= 2));
            all = all && shown;
        }
        if (all) return true;
        if (!any && may_rename && count() >= at_turn + kRenamed &&
            stage.scrapes() >= scrapes_at_turn + kScrapesRenamed) {
            may_rename = false;
            stage.answer(script_of(answers, {}));
        }
        return silent(count());
    });
}

}  // namespace

void provoke(Stage& stage, const std::vector<Provocation>& answers, Patience deadline) {
    const bool scrapes = stage.record().target.input == suite::Input::kScrape;
    stage.answer(script_of(answers, scrapes ? kCarrier : std::string_view()));
    await_effects(stage, answers, deadline);
}

bool open_and_provoke(Stage& stage, const std::vector<Provocation>& answers, Patience deadline) {
    const bool scrapes = stage.record().target.input == suite::Input::kScrape;
    if (!stage.open(scrapes ? receiver::Script() : script_of(answers, {}))) return false;
    if (!first_samples(stage)) return false;
    if (scrapes)
        provoke(stage, answers, deadline);
    else
        await_effects(stage, answers, deadline);
    return true;
}

receiver::Script refusals(std::initializer_list<int> first, int then) {
    receiver::Script script;
    std::string page = std::string(kErrorMarker) + ": refused on purpose\n";
    page.resize(kErrorPage, '.');
    for (const int status : first) {
        receiver::ScriptStep step;
        step.name = "refuse with " + std::to_string(status);
        step.times = 1;
        step.status = status;
        step.body = page;
        script.steps.push_back(std::move(step));
    }
    receiver::ScriptStep step;
    step.name = "refuse with " + std::to_string(then);
    step.status = then;
    step.body = std::move(page);
    script.steps.push_back(std::move(step));
    return script;
}

bool any_samples(const Observation& observation) {
    const auto& all = observation.deliveries();
    return std::any_of(all.begin(), all.end(), [](const Delivery& d) { return !d.samples.empty(); });
}

std::uint64_t requests_with_samples(const Observation& observation) {
    const auto& all = observation.deliveries();
    return static_cast<std::uint64_t>(
        std::count_if(all.begin(), all.end(), [](const Delivery& d) { return !d.samples.empty(); }));
}

Patience after_start(Stage& stage, Patience more) {
    more.usual += stage.record().target.settle;
    return more;
}

bool first_samples(Stage& stage) {
    return stage.wait(after_start(stage, kBegins), [&] { return any_samples(stage.observation()); }) == Waited::kDone;
}

}  // namespace prw::sender_suite
