/// Slow answers: which requests are in flight at the same time.
#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <vector>

#include "all.h"
#include "checks/steps.h"
#include "checks/table.h"
#include "scenario.h"

namespace prw::sender_suite {
namespace {

/// For kSlowRequests and the answers to them.
constexpr Patience kForAll{20s, 6};

void play(Stage& stage) {
    receiver::Script script;
    receiver::ScriptStep step;
    step.name = kStepSlow;
    step.own_answer = true;
    step.delay = kSlowAnswer;
    script.steps.push_back(std::move(step));
    if (!stage.open(std::move(script))) return;
    if (!first_samples(stage)) return;
    Silence silent(stage, kSilence);
    (void)stage.wait(kForAll, [&] {
        const auto requests = requests_with_samples(stage.observation());
        return requests >= kSlowRequests || silent(requests);
    });
}

using Data = std::set<std::pair<std::int64_t, std::uint64_t>>;  ///< timestamps and values of one series

/// Two requests of the same series at once: which is stored first is luck, even where they arrive in order.
void judge_one_at_a_time(const ScenarioRecord& record, suite::CheckOutcome& out) {
    const auto& observation = record.observation;
    struct Flight {
        const Delivery* delivery;
        Data data;
    };
    std::map<std::uint32_t, Flight> last;  // by series: the request that ends last so far
    std::set<std::pair<std::uint64_t, std::uint64_t>> pairs;
    std::uint64_t slow = 0, same_series = 0, other_series = 0;
    std::vector<const Delivery*> in_order;
    for (const auto& delivery : record.deliveries()) {
        // One that was broken off by the sender's time-out is followed by its own repeat.
        if (delivery.status == 0 || delivery.samples.empty()) continue;
        in_order.push_back(&delivery);
        slow += delivery.step == kStepSlow ? 1U : 0U;
    }
    std::sort(in_order.begin(), in_order.end(),
              [](const Delivery* a, const Delivery* b) { return a->first_byte_us < b->first_byte_us; });
    std::int64_t busy_until = 0;
    for (const auto* delivery : in_order) {
        std::map<std::uint32_t, Data> data;
        for (const auto& sample : delivery->samples) {
            if (!dictated(observation, sample)) data[sample.series].insert({sample.timestamp, sample.bits});
        }
        bool shared = false;
        for (auto& [series, samples] : data) {
            const auto found = last.find(series);
            const bool at_once =
                found != last.end() && delivery->first_byte_us < found->second.delivery->response_end_us;
            if (at_once && found->second.data != samples) {
                shared = true;
                const auto earlier = found->second.delivery->id;
                if (pairs.insert({earlier, delivery->id}).second)
                    add_finding(out, observation.series()[series].text,
                                "request " + std::to_string(delivery->id) + " came while request " +
                                    std::to_string(earlier) + " was not answered yet",
                                delivery->id,
                                "Give each series to one worker, which waits for the answer before it sends more.");
            }
            if (!at_once || delivery->response_end_us > found->second.delivery->response_end_us)
                last.insert_or_assign(series, Flight{delivery, std::move(samples)});
        }
        if (delivery->first_byte_us < busy_until) ++(shared ? same_series : other_series);
        busy_until = std::max(busy_until, delivery->response_end_us);
    }
    evidence(out, "slow requests", slow);
    evidence(out, "in flight with the same series", same_series);
    evidence(out, "in flight with other series", other_series);
    if (same_series > 0)
        return miss(out, "one request at a time for each series",
                    count_text(same_series, "request") + " came while another with the same series was in flight");
    if (slow < 2) return undecided(out, "fewer than two requests met a slow answer; " + ending_text(record));
    pass(out, "none of " + count_text(in_order.size(), "request") +
                  " came while another with the same series was in flight" +
                  (other_series > 0 ? "; " + count_text(other_series, "request") + " with other series did, as they may"
                                    : ""));
}

constexpr std::array kChecks = {
    BehaviourCheck{
        .id = "sender/ordering/one-request-at-a-time",
        .clauses = {"ext.ordering.no-concurrent-same-series"},
        .summary = "Two requests in flight at the same time never hold the same series.",
        .judge = judge_one_at_a_time,
        .fix = "Give each series to one queue, and send the next request of a queue only after the answer to the last "
               "one.",
    },
};

}  // namespace

Scenario slow_scenario() {
    return {
        .name = "slow-receiver",
        .summary = "The receiver takes more than a second for each answer.",
        .seconds = 6,
        .play = play,
        .checks = {kChecks},
    };
}

}  // namespace prw::sender_suite
