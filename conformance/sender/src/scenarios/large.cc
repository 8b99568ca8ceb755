/// One scrape of many series.
#include <algorithm>
#include <array>
#include <limits>

#include "all.h"
#include "checks/fidelity.h"
#include "checks/habits.h"
#include "checks/ledger.h"
#include "checks/table.h"
#include "scenario.h"

namespace prw::sender_suite {
namespace {

/// For a scrape as a whole and for the one after it.
constexpr Patience kForTwo{40s, 5};
/// For the rest of the first once two more have come.
constexpr Patience kLate{3s, 1};
/// Whoever sent of the scrape so shortly before the end was not done with it, us.
constexpr std::int64_t kStillComing = 1'000'000;

void play(Stage& stage) {
    if (!stage.open({})) return;
    stage.record().notes<FidelityNotes>().window = 1;
    if (!first_samples(stage)) return;
    if (!stage.may_scrape() && stage.wait(kShowsScraping, [&] { return stage.may_scrape(); }) != Waited::kDone) return;
    const bool once = stage.record().target.input == suite::Input::kStdin;
    Overdue late(stage, kLate);
    std::uint64_t found = 0;
    (void)stage.wait(kForTwo, [&] {
        const auto compared =
            compare_with_source(stage.observation(), stage.generations(), 1, std::numeric_limits<std::uint64_t>::max());
        if (compared.first == 0) return false;
        // What comes twice comes with the next scrape at the latest.
        const bool next = once || compared.last_seen > compared.first;
        // As long as more of it comes, it is on its way.
        const bool more = compared.found > found;
        found = compared.found;
        return (next && compared.faults.empty()) || late(compared.last_seen > compared.first + 1 && !more);
    });
}

void judge_large(const ScenarioRecord& record, suite::CheckOutcome& out) {
    const auto& observation = record.observation;
    const auto compared = compare_with_source(record);
    if (compared.first == 0) return nothing_arrived(record, out);
    evidence(out, "samples", compared.expected);
    evidence(out, "arrived", compared.found);
    if (compared.expected == 0) return undecided(out, "the scrape was not served as a whole");
    const auto times = generation_times(observation, record.generations);
    const auto time = times.at(compared.first);
    // What came once more after it had been acknowledged.
    Acknowledged acknowledged;
    std::uint64_t requests = 0, again = 0;
    std::int64_t last_us = 0;
    for (const auto& delivery : record.deliveries()) {
        std::uint64_t of_scrape = 0;
        for (const auto& sample : delivery.samples) {
            const auto source = observation.series()[sample.series].source;
            if (source == kNoSource || sample.timestamp != time) continue;
            ++of_scrape;
            if (acknowledged.before(sample, delivery) != 0) {
                ++again;
                add_finding(out, observation.series()[sample.series].text,
                            "came again in request " + std::to_string(delivery.id) + ", after it was answered 2xx",
                            delivery.id);
            }
        }
        acknowledged.add(delivery);
        if (of_scrape == 0) continue;
        ++requests;
        last_us = delivery.first_byte_us;
    }
    evidence(out, "requests", requests);
    for (const auto& fault : compared.faults)
        add_finding(out, observation.sources()[fault.served.series].text(),
                    fault.instead ? "arrived with another value" : "did not arrive");
    if (compared.faults.empty() && again == 0)
        return pass(out, "all " + count_text(compared.expected, "sample") + " of one scrape arrived once, in " +
                             count_text(requests, "request"));
    if (const auto usual = usual_loss(record);
        again == 0 && as_usual(usual, compared.faults.size(), compared.expected)) {
        out.findings.clear();
        return undecided(out, share_text(compared.faults.size(), compared.expected) +
                                  " of one scrape did not arrive; " + usual_text(usual));
    }
    const bool only_missing = again == 0 && std::none_of(compared.faults.begin(), compared.faults.end(),
                                                         [](const auto& fault) { return fault.instead.has_value(); });
    if (only_missing && record.stop_us != 0 && record.stop_us - last_us < kStillComing) {
        out.findings.clear();
        return undecided(out, share_text(compared.faults.size(), compared.expected) +
                                  " of one scrape had not arrived in the end, and more of it was still coming");
    }
    std::string got;
    if (!compared.faults.empty())
        got = std::to_string(compared.faults.size()) + " of " + count_text(compared.expected, "sample") +
              " did not arrive as served";
    if (again > 0) got += (got.empty() ? "" : "; ") + count_text(again, "sample") + " came again after a 2xx";
    miss(out, "every sample of a scrape with many series, once", got);
}

constexpr std::array kChecks = {
    BehaviourCheck{
        .id = "sender/fidelity/large-scrape",
        .clauses = {"ext.samples.value-bit-exact", "prw1.retries.no-retry-2xx"},
        .summary = "Of a scrape with 10,000 series each sample arrives exactly once.",
        .needs = Needs::kSource,
        .judge = judge_large,
        .fix =
            "Cut a scrape into as many requests as it needs; where the queue is full, wait instead of leaving samples "
            "out.",
    },
};

}  // namespace

Scenario large_scenario() {
    return {
        .name = "large-scrape",
        .summary = "The receiver accepts everything; the scrape target exposes 10,000 series.",
        .seconds = 5,
        .play = play,
        .checks = {kChecks},
        .notes = make_notes<FidelityNotes>,
        .families = large_families,
    };
}

}  // namespace prw::sender_suite
