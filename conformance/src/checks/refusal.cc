/// Checks on what a sender does after 4xx: the refused data is dropped, later data goes on.
#include <algorithm>
#include <set>

#include "checks/ledger.h"
#include "checks/table.h"

namespace prw::conformance {
namespace {

void judge_no_retry(const ScenarioRecord& record, CheckOutcome& out) {
    const auto& observation = record.observation;
    const auto data = refused_data(observation, 400, 499);
    if (data.empty()) return undecided(out, "no request with samples was answered 4xx");
    // A sender that repeats what was accepted, too, repeats by habit: a retry cannot be told from it.
    std::set<ObservedSample> accepted;
    std::uint64_t habit = 0;
    for (const auto& delivery : record.deliveries()) {
        for (const auto& sample : delivery.samples) {
            if (dictated(observation, sample)) continue;
            if (accepted.contains(sample)) ++habit;
        }
        if (!delivery.acknowledged()) continue;
        for (const auto& sample : delivery.samples) accepted.insert(sample);
    }
    std::uint64_t repeated = 0, judged = 0;
    std::set<std::uint64_t> requests, again;
    for (const auto& datum : data) {
        const auto& first = datum.attempts.front();
        requests.insert(first.exchange);
        ++judged;
        // A request that was under way already when the answer went out is no answer to it.
        const auto later = std::find_if(datum.attempts.begin() + 1, datum.attempts.end(),
                                        [&](const Attempt& a) { return a.first_byte_us >= first.response_end_us; });
        if (later == datum.attempts.end()) continue;
        ++repeated;
        again.insert(later->exchange);
        add_finding(out, observation.series()[datum.sample.series].text,
                    sample_text(observation, datum.sample) + " was answered " + std::to_string(first.status) +
                        " in request " + std::to_string(first.exchange) + " and sent again in request " +
                        std::to_string(later->exchange),
                    later->exchange, "Drop a batch that was answered 4xx (429 apart) and go on with the next one.");
    }
    evidence(out, "refused requests", requests.size());
    evidence(out, "refused samples", judged);
    evidence(out, "sent again", repeated);
    if (repeated == 0) {
        const bool chance = record.exited.has_value() || record.deliveries().size() > requests.size() ||
                            requests.size() > 1 || record.outage_end_us > 0;
        if (!chance) return undecided(out, "the run ended before a retry could have been seen");
        return pass(out, "none of " + count_text(judged, "sample") + " that were answered 4xx came again");
    }
    if (habit > 0) {
        out.findings.clear();
        return undecided(
            out, "the sender repeats data that was answered 2xx, too, so that a retry cannot be told from a habit");
    }
    miss(out, "data that is answered with a 4xx is not sent again",
         count_text(repeated, "sample") + " came again after a 4xx, in " + count_text(again.size(), "request"));
}

void judge_continues(const ScenarioRecord& record, CheckOutcome& out) {
    const auto& observation = record.observation;
    const auto data = refused_data(observation, 400, 499);
    if (data.empty()) return undecided(out, "no request with samples was answered 4xx");
    std::set<ObservedSample> refused_first;
    const auto first = data.front().attempts.front().exchange;
    std::uint64_t later = 0;
    for (const auto& delivery : record.deliveries()) {
        const bool fresh = std::any_of(delivery.samples.begin(), delivery.samples.end(),
                                       [&](const ObservedSample& s) { return !refused_first.contains(s); });
        if (delivery.id > first && fresh) ++later;
        for (const auto& sample : delivery.samples) refused_first.insert(sample);
    }
    evidence(out, "later requests with new data", later);
    if (later > 0) return pass(out, count_text(later, "later request") + " brought new data");
    if (record.exited_cleanly || (record.exited && record.target.input == Input::kUnknown))
        return not_applicable(out, "the program ended by itself; there was nothing more to send");
    if (!record.scraped()) return undecided(out, "nothing says that there was more data to send");
    add_finding(out, {}, "nothing was sent after request " + std::to_string(first) + ", which was answered 4xx", first,
                "Drop the refused batch; do not stop sending.");
    miss(out, "later data after a refusal",
         "no new data within the time that the scenario waits; " + ending_text(record));
}

constexpr std::string_view kNoRetryClauses[] = {"prw1.retries.no-retry-4xx", "prw2.invalid.no-retry-4xx"};
constexpr std::string_view kContinueClauses[] = {"ext.retry.continues-after-4xx"};

constexpr std::array<BehaviourCheck, 2> kChecks = {{
    {"sender/retry/not-on-4xx",
     kRefusal,
     kNoRetryClauses,
     "Data that was answered with 400 is not sent again.",
     Needs::kSamples,
     {},
     judge_no_retry},
    {"sender/retry/continues-after-4xx",
     kRefusal,
     kContinueClauses,
     "After a permanent refusal later data is still sent.",
     Needs::kSamples,
     {},
     judge_continues},
}};

}  // namespace

std::span<const BehaviourCheck> refusal_checks() { return kChecks; }

}  // namespace prw::conformance
