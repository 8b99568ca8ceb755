#include "scenarios/scenario.h"

#include <algorithm>
#include <array>

#include "checks/table.h"
#include "prw/proto/nearest.h"

namespace prw::conformance {
namespace {

constexpr std::array kTable = {
    Scenario{
        kSteady,
        "The receiver accepts everything; the scrape target exposes all types, native histograms, exemplars, start "
        "timestamps and values at the edges.",
        5, play_steady},
    Scenario{kOutage,
             "The receiver answers 503, 500, 502, 501 and 503 again from the first request on, later accepts "
             "everything.",
             6, play_outage},
    Scenario{kRefusal, "The receiver answers 400 from the first request on, later accepts everything.", 4,
             play_refusal},
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
             7, play_configuration},
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
        const auto near = proto::nearest(name, known);
        std::string list;
        for (const auto& word : known) list += (list.empty() ? "" : ", ") + word;
        return fail(ErrorCode::kInvalidArgument, "unknown scenario \"" + name + "\"" +
                                                     (near.empty() ? ";" : "; did you mean \"" + near + "\"?") +
                                                     " known: " + list);
    }
    return {};
}

receiver::Script refusals(std::initializer_list<int> first, int then) {
    receiver::Script script;
    for (const int status : first) {
        receiver::ScriptStep step;
        step.name = "refuse with " + std::to_string(status);
        step.times = 1;
        step.status = status;
        step.body = "refused on purpose\n";
        script.steps.push_back(std::move(step));
    }
    receiver::ScriptStep step;
    step.name = "refuse with " + std::to_string(then);
    step.status = then;
    step.body = "refused on purpose\n";
    script.steps.push_back(std::move(step));
    return script;
}

bool any_samples(const Stage& stage) {
    const auto& all = stage.observation().deliveries();
    return std::any_of(all.begin(), all.end(), [](const Delivery& d) { return !d.samples.empty(); });
}

std::uint64_t requests_with_samples(const Stage& stage) {
    const auto& all = stage.observation().deliveries();
    return static_cast<std::uint64_t>(
        std::count_if(all.begin(), all.end(), [](const Delivery& d) { return !d.samples.empty(); }));
}

bool first_samples(Stage& stage) {
    return stage.wait(stage.record().target.settle, [&] { return any_samples(stage); }) == Waited::kDone;
}

}  // namespace prw::conformance
