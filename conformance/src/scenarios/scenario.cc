#include "scenarios/scenario.h"

#include <algorithm>
#include <array>

#include "checks/fate.h"
#include "checks/steps.h"
#include "checks/table.h"
#include "prw/base/nearest.h"
#include "prw/base/text.h"

namespace prw::conformance {
namespace {

constexpr std::array kTable = {
    Scenario{
        kSteady,
        "The receiver accepts everything; the scrape target exposes all types, native histograms, exemplars, start "
        "timestamps and values at the edges.",
        5, play_steady},
    Scenario{kOutage,
             "The receiver answers 503 from the first request on, later 500, 501, 502 and 504 to one batch each, and "
             "accepts everything else.",
             6, play_outage},
    Scenario{kLongOutage, "The receiver answers 503 for ten seconds, then accepts everything.", 13, play_long_outage},
    Scenario{
        kRefusal,
        "Requests are answered 400, 403, 404, 408, 409, 413, 422, in 1.0 also 415, and 401 twice to one batch, later "
        "everything is accepted.",
        6, play_refusal},
    Scenario{kRetryAfterScenario,
             "Requests are answered 503 and 429 with Retry-After in seconds, as a date and as nonsense, and with texts "
             "that contradict the status.",
             17, play_retry_after},
    Scenario{kSuccesses, "Requests are answered 200, 202 and 204, with bodies and headers that invite to conclusions.",
             5, play_successes},
    Scenario{kNotWritten, "One request of 2.0 is answered 204 without Written headers.", 4, play_not_written, false,
             true},
    Scenario{kUnsupported, "The receiver knows 1.0 only and answers 415 to 2.0.", 4, play_unsupported, false, true},
    Scenario{kSlow, "The receiver takes more than a second for each answer.", 6, play_slow},
    Scenario{kDisappearance, "Series vanish from the scrape target and come back, then the whole target fails.", 8,
             play_disappearance},
    Scenario{kTransport,
             "Requests meet closed and reset connections, cut, broken, huge, slow and missing answers, one after the "
             "other; each is followed by an ordinary answer.",
             9, play_transport},
    Scenario{kRefused, "The receiver refuses connections until the program has run for a while.", 5, play_refused},
    Scenario{kRedirects, "Requests are answered 301, 302, 303, 307 and 308 with a Location that accepts everything.", 6,
             play_redirects},
    Scenario{kConfiguration,
             "The program is configured with a path and a query, a further header, credentials, and with headers that "
             "the protocol reserves.",
             7, play_configuration, true, true, default_families, false},
    Scenario{kLargeScrape, "The receiver accepts everything; the scrape target exposes 10,000 series.", 5, play_large,
             true, true, large_families},
};

}  // namespace

std::span<const Scenario> scenarios() { return kTable; }

const Scenario* find_scenario(std::string_view name) {
    const auto found = std::find_if(kTable.begin(), kTable.end(), [&](const Scenario& s) { return s.name == name; });
    return found != kTable.end() ? &*found : nullptr;
}

Result<void> check_scenario_names(const std::vector<std::string>& names) {
    std::vector<std::string> known;
    for (const auto& each : kTable) known.emplace_back(each.name);
    for (const auto& name : names) {
        if (find_scenario(name) != nullptr) continue;
        return fail(ErrorCode::kInvalidArgument, "unknown scenario \"" + name + "\"" +
                                                     base::did_you_mean(name, known, base::Quotes::kDouble, ";") +
                                                     " known: " + base::joined(known));
    }
    return {};
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
    bool may_rename = stage.record().target.input == Input::kScrape;
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
    const bool scrapes = stage.record().target.input == Input::kScrape;
    stage.answer(script_of(answers, scrapes ? kCarrier : std::string_view()));
    await_effects(stage, answers, deadline);
}

bool open_and_provoke(Stage& stage, const std::vector<Provocation>& answers, Patience deadline) {
    const bool scrapes = stage.record().target.input == Input::kScrape;
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

bool first_samples(Stage& stage) {
    return stage.wait({stage.record().target.settle, 1}, [&] { return any_samples(stage.observation()); }) ==
           Waited::kDone;
}

}  // namespace prw::conformance
