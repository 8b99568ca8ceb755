/// Whether a connection outlives an error that came over it.
#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <vector>

#include "checks/connections.h"
#include "checks/steps.h"
#include "outage.h"

namespace prw::sender_suite {
namespace {

std::vector<const Delivery*> in_order(const std::vector<Delivery>& deliveries) {
    std::vector<const Delivery*> out;
    for (const auto& delivery : deliveries) out.push_back(&delivery);
    std::stable_sort(out.begin(), out.end(),
                     [](const Delivery* a, const Delivery* b) { return a->first_byte_us < b->first_byte_us; });
    return out;
}

bool idle_before(const Delivery& earlier, const Delivery& later) {
    const auto idle = later.first_byte_us - earlier.response_end_us;
    return earlier.status != 0 && idle >= 0 && idle <= kIdleUs;
}

bool share_data(const Observation& observation, const Delivery& a, const std::set<ObservedSample>& data) {
    return std::any_of(a.samples.begin(), a.samples.end(), [&](const ObservedSample& sample) {
        return !dictated(observation, sample) && data.contains(sample);
    });
}

/// What came after refused requests: one over the same connection, or a new one for each retry.
void judge_after_errors(const ScenarioRecord& record, suite::CheckOutcome& out) {
    constexpr std::uint64_t kTelling = 3;
    constexpr std::size_t kLookedAt = 500;  // a sender in a tight loop has shown by then what it does
    auto all = in_order(record.deliveries());
    all.resize(std::min(all.size(), kLookedAt));
    std::map<std::uint64_t, std::size_t> last_use;  // by connection
    std::vector<bool> opens;                        // by request
    for (std::size_t i = 0; i < all.size(); ++i) {
        opens.push_back(!last_use.contains(all[i]->connection));
        last_use[all[i]->connection] = i;
    }
    std::uint64_t kept = 0, opened = 0, ordinary_kept = 0, ordinary_opened = 0;
    std::vector<std::uint64_t> shown;
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto& delivery = *all[i];
        if (delivery.status == 0) continue;
        const bool error = delivery.status >= 500;
        std::set<ObservedSample> data(delivery.samples.begin(), delivery.samples.end());
        // After an error its retry, after an ordinary answer whatever comes next.
        const auto next = std::find_if(all.begin() + static_cast<std::ptrdiff_t>(i) + 1, all.end(), [&](const auto* d) {
            return idle_before(delivery, *d) && (!error || share_data(record.observation, *d, data));
        });
        if (next == all.end()) continue;
        const bool again = last_use[delivery.connection] > i;
        const bool fresh = opens[static_cast<std::size_t>(next - all.begin())];
        if (again)
            ++(error ? kept : ordinary_kept);
        else if (fresh)
            ++(error ? opened : ordinary_opened);
        if (error && !again && fresh) shown.push_back((*next)->id);
    }
    evidence(out, "errors", kept + opened);
    evidence(out, "connections kept after one", kept);
    evidence(out, "retries over a new one", opened);
    if (kept > 0)
        return pass(out, count_text(kept, "connection was", "connections were") + " used again after an error of " +
                             std::to_string(kErrorPage / 1024) + " KiB");
    if (opened < kTelling)
        return undecided(out, std::to_string(kTelling) + " retries that follow an error within " +
                                  seconds_text(kIdleUs) + " were needed to tell, " + std::to_string(opened) + " came");
    if (ordinary_kept == 0 && ordinary_opened > 0)
        return undecided(out,
                         "connections are not kept after ordinary answers either, which sender/connection/reuse "
                         "reports");
    for (const auto exchange : shown)
        add_finding(out, {}, "request " + std::to_string(exchange) + " repeats refused data over a new connection",
                    exchange);
    miss(out, "retries over the connection that brought the error",
         "each of " + count_text(opened, "retry", "retries") + " came over a new connection, as where the body of an " +
             "error is not read to its end");
}

constexpr std::array kChecks = {
    BehaviourCheck{
        .id = "sender/connection/reuse-after-errors",
        .clauses = {"ext.http.error-body-read"},
        .summary = "A connection is used again after an error with a body of some kilobytes.",
        .judge = judge_after_errors,
        .fix = "Read the body of every answer to its end, up to a limit, before the connection goes back to the pool.",
    },
};

}  // namespace

std::span<const BehaviourCheck> connection_checks() { return kChecks; }

}  // namespace prw::sender_suite
