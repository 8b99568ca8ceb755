/// What happens in each scenario: waits for events, each with a deadline, and turns of the receiver and of the scrape
/// target in between.
#include <algorithm>
#include <limits>
#include <set>

#include "checks/fidelity.h"
#include "checks/ledger.h"
#include "checks/staleness.h"
#include "checks/table.h"
#include "run/stage.h"

namespace prw::conformance {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// Generations that must arrive in full in the steady scenario.
constexpr std::uint64_t kWindow = 5;
/// Further generations after which a sample that has not come is not waited for any longer.
constexpr std::uint64_t kOverdue = 3;
/// Requests that a sender of its own data is given to show itself.
constexpr std::uint64_t kOwnRequests = 3;
/// Refusals of one datum that show a back-off.
constexpr std::size_t kAttempts = 4;

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

/// Waits for the first request with samples.
bool first_samples(Stage& stage) {
    return stage.wait(stage.record().target.settle, [&] { return any_samples(stage); }) == Waited::kDone;
}

/// A condition that has held for a while, without anything else happening meanwhile.
class Overdue {
public:
    explicit Overdue(Stage::Milliseconds patience) : patience_(patience) {}
    bool operator()(bool condition) {
        if (!condition) {
            since_.reset();
            return false;
        }
        if (!since_) since_ = Clock::now();
        return Clock::now() - *since_ >= patience_;
    }

private:
    Stage::Milliseconds patience_;
    std::optional<Clock::time_point> since_;
};

void steady(Stage& stage) {
    auto& record = stage.record();
    const std::uint64_t window = record.target.input == Input::kStdin ? 1 : kWindow;  // stdin holds one scrape
    record.window = window;
    if (record.target.attach) {
        (void)stage.wait(24h, [] { return false; });
        return;
    }
    if (!first_samples(stage)) return;
    const auto wanted = [&](std::string_view feature, auto count) {
        if (record.target.feature(feature, record.asked) != true) return true;
        const auto& all = stage.observation().deliveries();
        return std::any_of(all.begin(), all.end(), [&](const Delivery& d) { return count(d) > 0; });
    };
    Overdue late(2s), features_late(6s), own_late(6s);
    (void)stage.wait(40s, [&] {
        if (!stage.may_scrape()) {
            const auto requests = requests_with_samples(stage);
            return requests >= kOwnRequests || (record.target.input == Input::kUnknown && own_late(true));
        }
        if (stage.scrapes() == 0) return own_late(requests_with_samples(stage) >= kOwnRequests);
        const auto compared = compare_with_source(stage.observation(), stage.generations(), window,
                                                  std::numeric_limits<std::uint64_t>::max());
        if (compared.first == 0) return own_late(stage.scrapes() >= window + kOverdue);
        const bool complete = compared.last_seen >= compared.first + window - 1 && compared.faults.empty();
        if (late(compared.last_seen >= compared.first + window + kOverdue)) return true;
        const bool shown = stage.observation().deliveries().size() >= 4 &&
                           wanted("exemplars", [](const Delivery& d) { return d.exemplars; }) &&
                           wanted("metadata", [](const Delivery& d) { return d.metadata; });
        return complete && (shown || features_late(complete));
    });
}

void outage(Stage& stage) {
    if (!first_samples(stage)) return;
    const auto scrapes = stage.scrapes();
    Overdue shown(300ms), blocked(1500ms);
    // Long enough for a few attempts and for newer data to wait behind them, if the sender scrapes meanwhile.
    (void)stage.wait(6s, [&] {
        const auto data = refused_data(stage.observation(), 500, 599);
        const bool tried =
            std::any_of(data.begin(), data.end(), [](const RefusedDatum& d) { return d.attempts.size() >= kAttempts; });
        return shown(tried && (!stage.may_scrape() || stage.scrapes() >= scrapes + 2)) || blocked(tried);
    });
    stage.accept_everything();
    const auto accepted = [&] {
        const auto& all = stage.observation().deliveries();
        return std::count_if(all.begin(), all.end(),
                             [](const Delivery& d) { return d.acknowledged() && !d.samples.empty(); });
    };
    Overdue settled(300ms), given_up(6s), silent(8s);
    std::size_t seen = 0;
    (void)stage.wait(25s, [&] {
        const auto data = refused_data(stage.observation(), 500, 599);
        const bool all = std::all_of(data.begin(), data.end(), [](const RefusedDatum& d) { return d.acknowledged(); });
        const bool none_again =
            std::none_of(data.begin(), data.end(), [](const RefusedDatum& d) { return d.retried(); });
        const auto now = stage.observation().deliveries().size();
        if (now != seen) {
            seen = now;
            (void)silent(false);
        }
        // A sender that goes on with new data only has had its chance.
        if (given_up(!all && accepted() >= 3 && (none_again || accepted() >= 12))) return true;
        if (silent(!all && stage.record().target.input == Input::kUnknown && !stage.may_scrape())) return true;
        return settled(all && (accepted() >= 3 || !stage.may_scrape()));
    });
}

void refusal(Stage& stage) {
    if (!first_samples(stage)) return;
    const auto scrapes = stage.scrapes();
    const auto scraping = stage.may_scrape();
    Overdue shown(scraping ? 1500ms : 3000ms);
    (void)stage.wait(8s, [&] {
        const auto data = refused_data(stage.observation(), 400, 499);
        const bool repeated =
            std::any_of(data.begin(), data.end(), [](const RefusedDatum& d) { return d.attempts.size() >= kAttempts; });
        return repeated || shown(!stage.may_scrape() || stage.scrapes() >= scrapes + 3);
    });
    stage.accept_everything();
    const auto before = [&] {
        const std::size_t count = stage.observation().deliveries().size();
        return count;
    };
    std::size_t at_turn = 0;
    bool noted = false;
    (void)stage.wait(scraping ? 10s : 4s, [&] {
        if (!noted) {
            noted = true;
            at_turn = before();
        }
        const auto& all = stage.observation().deliveries();
        const auto fresh =
            std::count_if(all.begin() + static_cast<std::ptrdiff_t>(std::min(at_turn, all.size())), all.end(),
                          [](const Delivery& d) { return d.acknowledged() && !d.samples.empty(); });
        return fresh >= 2;
    });
}

void disappearance(Stage& stage) {
    const auto& sources = stage.observation().sources();
    if (!first_samples(stage) || stage.record().target.input == Input::kStdin) return;
    // A program that does not scrape has nothing to lose.
    if (!stage.may_scrape() && stage.wait(6s, [&] { return stage.may_scrape(); }) != Waited::kDone) return;
    const auto arrived_after = [&](std::uint64_t generation, std::uint64_t count) {
        const auto times = generation_times(stage.observation(), stage.generations());
        return static_cast<std::uint64_t>(std::count_if(times.begin(), times.end(),
                                                        [&](const auto& t) { return t.first >= generation; })) >= count;
    };
    if (stage.wait(15s, [&] { return arrived_after(1, 2); }) != Waited::kDone) return;

    stage.source().set_vanished(true);
    const auto vanishing = static_cast<std::size_t>(
        std::count_if(sources.begin(), sources.end(), [](const SourceIdentity& s) { return s.vanishes; }));
    const auto all_marked = [&](bool failed, std::size_t expected) {
        const auto gap = find_gap(stage.observation(), stage.generations(), failed);
        if (!gap) return false;
        const auto ends = ends_of_series(stage.observation(), *gap, !failed);
        return ends.size() >= expected &&
               std::all_of(ends.begin(), ends.end(), [](const EndOfSeries& e) { return !e.markers.empty(); });
    };
    const auto gone = [&](bool failed) {
        const auto all = stage.generations();
        return std::count_if(all.begin(), all.end(), [&](const Generation& g) {
            return g.complete && (failed ? g.failed : g.vanished && !g.failed);
        });
    };
    // Three scrapes without them, so that repeated markers show.
    Overdue missing(4s);
    if (stage.wait(15s, [&] {
            return gone(false) >= 3 && (all_marked(false, vanishing) || missing(gone(false) >= 4));
        }) != Waited::kDone)
        return;

    const auto back = stage.scrapes() + 1;
    stage.source().set_vanished(false);
    if (stage.wait(15s, [&] { return arrived_after(back + 1, 1); }) != Waited::kDone) return;

    stage.source().set_failing(true);
    Overdue still_missing(4s);
    const auto plain = static_cast<std::size_t>(
        std::count_if(sources.begin(), sources.end(), [](const SourceIdentity& s) { return !s.explicit_timestamp; }));
    (void)stage.wait(15s,
                     [&] { return gone(true) >= 1 && (all_marked(true, plain) || still_missing(gone(true) >= 3)); });
}

}  // namespace

void play(Stage& stage) {
    const std::string_view name = stage.record().scenario;
    receiver::Script script;
    if (name == kOutage) script = refusals({503, 500, 502, 501}, 503);
    if (name == kRefusal) script = refusals({}, 400);
    if (!stage.open(std::move(script))) return;
    if (name == kSteady) steady(stage);
    if (name == kOutage) outage(stage);
    if (name == kRefusal) refusal(stage);
    if (name == kDisappearance) disappearance(stage);
}

}  // namespace prw::conformance
