/// A receiver that refuses connections at first: what was taken meanwhile arrives later.
#include "refused.h"

#include <algorithm>
#include <array>
#include <set>
#include <string>

#include "all.h"
#include "checks/fidelity.h"
#include "checks/habits.h"
#include "checks/table.h"
#include "scenario.h"

namespace prw::sender_suite {
namespace {

/// Until a program that does not scrape has tried to connect, and until one shows that it does.
constexpr Patience kTries{3s, 1}, kUnseen{2s, 1};
/// For three scrapes of one that does, and a round to spare, on top of what it is given to begin.
constexpr Patience kForScrapes{0ms, 4};
/// For what was scraped while nobody listened; a back-off may have grown meanwhile.
constexpr Patience kRecovery{25s, 6};
/// For it once newer data has come.
constexpr Patience kLate{2s, 1};

void play(Stage& stage) {
    auto& record = stage.record();
    Stage::Opening opening;
    opening.refuse = true;
    if (!stage.open_with(std::move(opening))) return;
    // Long enough to have tried: three scrapes, or what a sender that waits for its data to be taken needs for one.
    const bool scrapes = record.target.input == suite::Input::kScrape;
    Overdue blocked(stage, kHeldBack), unseen(stage, kUnseen);
    const auto waited = stage.wait(scrapes ? after_start(stage, kForScrapes) : kTries, [&] {
        const auto served = stage.scrapes();
        if (!scrapes && unseen(served == 0 || record.target.input == suite::Input::kStdin)) return true;
        return served >= 3 || blocked(served >= 1);
    });
    const auto until = record.notes<RefusedNotes>().until = stage.scrapes();
    if (waited == Waited::kInterrupted || waited == Waited::kExited || (scrapes && until == 0)) return;
    if (!stage.open_port()) return;
    if (until == 0) return (void)first_samples(stage);
    Overdue late(stage, kLate);
    (void)stage.wait(kRecovery, [&] {
        const auto times = generation_times(stage.observation(), stage.generations());
        const auto old = static_cast<std::uint64_t>(
            std::count_if(times.begin(), times.end(), [&](const auto& t) { return t.first <= until; }));
        const bool newer = !times.empty() && times.rbegin()->first > until;
        const bool more = record.target.input == suite::Input::kScrape;
        return (old >= until && (newer || !more)) || late(newer);
    });
}

void judge_refused(const ScenarioRecord& record, suite::CheckOutcome& out) {
    const auto until = record.notes<RefusedNotes>().until;
    evidence(out, "scrapes while connections were refused", until);
    if (until == 0) {
        return undecided(out, "nothing was scraped while connections were refused");
    }
    const std::string want = "data that was taken while connections were refused, once they are accepted";
    if (record.deliveries().empty()) {
        if (one_shot(record))
            return undecided(out, ending_text(record) + " while connections were refused; its exit code is its report");
        add_finding(out, {}, "nothing was sent although " + count_text(until, "scrape") + " had been made", 0,
                    "Treat a refused connection like a 5xx: keep the data, wait, try again.");
        return miss(out, want,
                    record.exited ? ending_text(record) + " while connections were refused"
                                  : "nothing came once connections were accepted");
    }
    const auto times = generation_times(record.observation, record.generations);
    if (times.empty()) return nothing_arrived(record, out);
    std::uint64_t served = 0, lost = 0;
    for (const auto& generation : record.generations) {
        if (!generation.complete || generation.failed || generation.number > until) continue;
        ++served;
        if (times.contains(generation.number)) continue;
        ++lost;
        add_finding(out, {},
                    "nothing of scrape " + std::to_string(generation.number) +
                        " arrived; it was made while connections "
                        "were refused",
                    record.deliveries().front().id,
                    "Treat a refused connection like a 5xx: keep the data, wait, try again.");
    }
    const auto compared = compare_with_source(record.observation, record.generations, until, until);
    // What comes in no scenario, or here not in later scrapes either, was not lost by the refusal.
    const auto& known = record.observation.known();
    std::set<std::uint32_t> absent;
    std::uint64_t partly = 0, never_came = 0, left_out = 0;
    for (const auto& fault : compared.faults) {
        if (fault.instead || !times.contains(fault.generation)) continue;
        const bool usual = known.scenario.empty()
                               ? times.rbegin()->first > until
                               : known.absent.contains(record.observation.sources()[fault.served.series].text());
        if (fault.never_came && usual) {
            absent.insert(fault.served.series);
            ++left_out;
            continue;
        }
        ++partly;
        never_came += fault.never_came ? 1U : 0U;
        add_finding(out, record.observation.sources()[fault.served.series].text(),
                    "what scrape " + std::to_string(fault.generation) + " served never arrived");
    }
    evidence(out, "scrapes that arrived", served - lost);
    if (served == 0) return undecided(out, "no scrape was completed while connections were refused");
    if (lost > 0)
        return miss(out, want,
                    std::to_string(lost) + " of " + count_text(served, "scrape") +
                        " made while connections were refused never arrived");
    const auto without = absent.empty() ? std::string()
                                        : "; without " + count_text(absent.size(), "series", "series") +
                                              " of which nothing came otherwise either";
    const auto judged = compared.expected - left_out;
    if (const auto usual = usual_loss(record); partly > 0 && as_usual(usual, partly, judged)) {
        out.findings.clear();
        return undecided(out, share_text(partly, judged) + " taken while connections were refused never arrived; " +
                                  usual_text(usual));
    }
    if (partly > 0)
        return miss(out, want,
                    count_text(partly, "sample") + " taken while connections were refused never arrived" +
                        (never_came == partly ? ", nor did anything of these series later" : ""));
    pass(out, "all of " + count_text(served, "scrape") + " made while connections were refused arrived" + without);
}

constexpr std::array kChecks = {
    BehaviourCheck{
        .id = "sender/transport/refused-at-start",
        .clauses = {"ext.http.transport-error-retried"},
        .summary = "Data that was taken while the receiver refused connections arrives later.",
        .needs = Needs::kScrape,
        .judge = judge_refused,
        .fix = "Keep what was taken while the port is closed, and send it when it opens.",
    },
};

}  // namespace

Scenario refused_scenario() {
    return {
        .name = "refused-at-start",
        .summary = "The receiver refuses connections until the program has run for a while.",
        .seconds = 5,
        .play = play,
        .checks = {kChecks},
        .notes = make_notes<RefusedNotes>,
        .listens = false,
    };
}

}  // namespace prw::sender_suite
