/// What a sender does after 5xx: it tries again, not at once, with the same data, in order, until nothing is lost.
#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "checks/fidelity.h"
#include "checks/habits.h"
#include "checks/ledger.h"
#include "checks/steps.h"
#include "outage.h"
#include "prw/base/units.h"
#include "prw/proto/model.h"

namespace prw::sender_suite {
namespace {

/// Delays within a fifth of one another are a fixed interval.
constexpr double kFixedSpread = 1.2;
/// From so many delays on, a quarter of them may be longer: a busy machine prolongs some, and shortens none.
constexpr std::size_t kManyDelays = 8;

std::string ms_text(std::int64_t us) { return std::to_string(us / 1000) + "." + std::to_string(us / 100 % 10) + " ms"; }

bool nothing_refused(const std::vector<RefusedDatum>& data, suite::CheckOutcome& out) {
    if (!data.empty()) return false;
    undecided(out, "no request with samples was answered 5xx");
    return true;
}

/// Data whose first refusal was the one in this request.
struct Batch {
    int status = 0;
    std::uint64_t exchange = 0, samples = 0;
    std::uint64_t again = 0;    ///< of them as they were, or with another timestamp
    std::uint64_t changed = 0;  ///< with another value or under other labels
    std::uint32_t missing = 0;  ///< a series of which nothing came again
    /// A sender that drops a batch drops the whole; what is missing in one that it kept is another fault.
    [[nodiscard]] bool kept() const { return (again + changed) * 2 > samples; }
};
std::map<std::uint64_t, Batch> batches_of(const std::vector<RefusedDatum>& data) {
    std::map<std::uint64_t, Batch> out;
    for (const auto& datum : data) {
        const auto& first = datum.attempts.front();
        auto& batch = out[first.exchange];
        batch.status = first.status;
        batch.exchange = first.exchange;
        ++batch.samples;
        if (datum.retried() || datum.restamped_us != 0)
            ++batch.again;
        else if (datum.changed)
            ++batch.changed;
        else
            batch.missing = datum.sample.series;
    }
    return out;
}

/// Each status for itself, by the data that met it first. What came after further refusals of the same data may be a
/// limit to attempts, so that it counts for a status and never against it.
void judge_retry(const ScenarioRecord& record, suite::CheckOutcome& out) {
    auto data = refused_data(record.observation, 500, 599);
    if (nothing_refused(data, out)) return;
    find_changed(record.observation, data);
    struct OfStatus {
        std::uint64_t samples = 0, again = 0, changed = 0;
        const Batch* lost = nullptr;  ///< one of which too little came again
    };
    std::map<int, OfStatus> by_status;
    const auto batches = batches_of(data);
    std::uint64_t again = 0;
    for (const auto& [exchange, batch] : batches) {
        auto& status = by_status[batch.status];
        status.samples += batch.samples;
        status.again += batch.again;
        status.changed += batch.changed;
        again += batch.again + batch.changed;
        if (!batch.kept() && status.lost == nullptr) status.lost = &batch;
    }
    std::set<int> retried, lost, changed;
    std::uint64_t of_lost = 0, missing = 0;
    for (const auto& [number, status] : by_status) {
        if (status.again * 2 > status.samples) {
            retried.insert(number);
        } else if ((status.again + status.changed) * 2 > status.samples) {
            changed.insert(number);
        } else {
            lost.insert(number);
            of_lost += status.samples;
            missing += status.samples - status.again - status.changed;
            add_finding(out, record.observation.series()[status.lost->missing].text,
                        "request " + std::to_string(status.lost->exchange) + " was answered " + std::to_string(number) +
                            "; " + std::to_string(status.lost->samples - status.lost->again - status.lost->changed) +
                            " of " + count_text(status.lost->samples, "sample") + " in it never came again",
                        status.lost->exchange,
                        "Keep a batch until it is answered 2xx or 4xx; after any 5xx wait and send it again.");
        }
    }
    for (const auto& [exchange, retry] : retries_of(data, 500, 599))
        if (!by_status.contains(retry.from.status)) retried.insert(retry.from.status);
    evidence(out, "refused requests", batches.size());
    evidence(out, "refused samples", data.size());
    evidence(out, "sent again", again);
    evidence(out, "statuses", by_status.size());
    if (!lost.empty())
        return miss(out, "data that is answered with a 5xx is sent again",
                    count_text(missing, "sample") + " of " + std::to_string(of_lost) + " never came again after a " +
                        list_of(lost) +
                        (retried.empty() ? std::string() : ", while " + list_of(retried) + " are retried") + "; " +
                        ending_text(record));
    if (!changed.empty())
        return undecided(out, "what came again after a " + list_of(changed) +
                                  " has other labels or values, which sender/retry/same-data reports");
    std::set<int> open;
    for (const int status : kOutageStatuses)
        if (!retried.contains(status)) open.insert(status);
    const auto all = again == data.size() ? "all " + count_text(data.size(), "sample") : share_text(again, data.size());
    pass(out, all + " that were answered " + list_of(retried) + " were sent again" +
                  (again < data.size() ? "; what is missing is for sender/retry/same-data" : "") +
                  (open.empty() ? std::string() : "; no data met " + list_of(open)));
}

void judge_backoff(const ScenarioRecord& record, suite::CheckOutcome& out) {
    const auto data = refused_data(record.observation, 500, 599);
    if (nothing_refused(data, out)) return;
    const auto steps = retries_of(data, 500, 599);
    std::vector<std::int64_t> delays;
    std::string listed;
    for (const auto& [exchange, step] : steps) {
        delays.push_back(step.to.first_byte_us - step.from.response_end_us);
        if (delays.size() <= 8) add_word(listed, ms_text(delays.back()));
    }
    evidence(out, "retries", delays.size());
    if (delays.empty()) return undecided(out, "no retry was seen");
    const std::size_t count = delays.size();
    std::sort(delays.begin(), delays.end());
    const auto shortest = delays.front(), longest = delays.back();
    // In a long chain a few delays are long because the machine was busy: nine in ten count.
    const auto usual_longest = delays[std::min(count - 1, count * 9 / 10)];
    evidence(out, "shortest delay, µs", static_cast<std::uint64_t>(shortest));
    evidence(out, "longest delay, µs", static_cast<std::uint64_t>(longest));
    const std::string seen =
        count_text(delays.size(), "retry", "retries") + " after " + listed + (delays.size() > 8 ? ", …" : "");
    const std::string want = "delays between attempts that a back-off algorithm sets";
    if (usual_longest < kNoDelayUs) {
        add_finding(out, {}, "retries follow the refusal at once: " + seen, steps.begin()->second.to.exchange,
                    "Wait before each further attempt, longer each time, with some jitter and an upper limit.");
        if (delays.size() >= 3) return miss(out, want, seen);
        return warn(out, want, seen);  // too few to call it a loop
    }
    const auto alike = delays[count < kManyDelays ? count - 1 : count - 1 - count / 4];
    if (count >= 4 && static_cast<double>(alike) < kFixedSpread * static_cast<double>(shortest)) {
        add_finding(out, {},
                    (alike == longest ? "all delays are the same: " : "nearly all delays are the same: ") + seen,
                    steps.begin()->second.to.exchange,
                    "Let the delay grow, so that an overloaded receiver gets room to recover.");
        return warn(out, want, seen);
    }
    pass(out, seen);
}

/// Of batches that came again, what is in them: timestamps, values, label sets, all of it.
void judge_same_data(const ScenarioRecord& record, suite::CheckOutcome& out) {
    const auto& observation = record.observation;
    auto data = refused_data(observation, 500, 599);
    if (nothing_refused(data, out)) return;
    find_changed(observation, data);
    const auto batches = batches_of(data);
    std::map<std::pair<std::uint32_t, std::int64_t>, const RefusedDatum*> by_time;
    for (const auto& datum : data) by_time.try_emplace({datum.sample.series, datum.sample.timestamp}, &datum);
    std::uint64_t of_kept = 0, retried = 0, restamped = 0, altered = 0, relabelled = 0, missing = 0;
    const std::string fix = "Send the very batch again that was refused: keep it as it is until it is accepted.";
    for (const auto& datum : data) {
        const auto& batch = batches.at(datum.attempts.front().exchange);
        const auto text = sample_text(observation, datum.sample);
        const auto& series = observation.series()[datum.sample.series].text;
        of_kept += batch.kept() ? 1U : 0U;
        if (datum.retried()) {
            ++retried;
        } else if (datum.restamped_us != 0) {
            ++restamped;
            add_finding(out, series, text + " came again with another timestamp", datum.restamped_exchange,
                        "Keep the time with the sample when it is taken; do not read the clock when sending.");
        } else if (datum.changed && datum.changed->labels) {
            ++relabelled;
            add_finding(out, series, text + " came again as " + observation.series()[datum.changed->sample.series].text,
                        datum.changed->exchange, fix);
        } else if (!datum.changed && batch.kept()) {
            ++missing;
            add_finding(out, series,
                        text + " was refused in request " + std::to_string(batch.exchange) +
                            " and never came again, while most of that request did",
                        batch.exchange, fix);
        }
    }
    for (const auto& delivery : record.deliveries()) {
        for (const auto& sample : delivery.samples) {
            const auto found = by_time.find({sample.series, sample.timestamp});
            if (found == by_time.end() || found->second->sample == sample ||
                delivery.id <= found->second->attempts.front().exchange)
                continue;
            ++altered;
            add_finding(
                out, observation.series()[sample.series].text,
                sample_text(observation, found->second->sample) + " came again as " + sample_text(observation, sample),
                delivery.id);
        }
    }
    evidence(out, "sent again", retried);
    evidence(out, "missing", missing);
    std::string got;
    const auto add = [&](std::uint64_t count, const std::string& text) {
        if (count > 0) add_word(got, text, "; ");
    };
    add(restamped, std::to_string(restamped) + " with another timestamp");
    add(altered, std::to_string(altered) + " with another value");
    add(relabelled, share_text(relabelled, of_kept) + " of the retried batch came under other labels");
    const auto usual = usual_loss(record);
    const bool usually_lost = as_usual(usual, missing, of_kept);
    if (!usually_lost) add(missing, "part of the retried batch is missing: " + share_text(missing, of_kept));
    if (!got.empty())
        return miss(out, "a retry with the timestamps, values and labels of the first attempt, whole", got);
    out.findings.clear();
    out.exchanges.clear();
    if (retried == 0) return undecided(out, "no retry was seen");
    pass(out, count_text(retried, "sample") + " came again unchanged" +
                  (missing == 0 ? std::string()
                                : "; " + share_text(missing, of_kept) + " did not come again; " + usual_text(usual)));
}

/// In what was acknowledged, retried data is not overtaken by newer data of its series. What was out of order at the
/// first attempt, or within one request, is not the retry's doing: other checks report it.
void judge_order_kept(const ScenarioRecord& record, suite::CheckOutcome& out) {
    const auto& observation = record.observation;
    struct Last {
        std::int64_t timestamp;
        std::uint64_t exchange;
    };
    std::unordered_map<std::uint32_t, Last> last;
    std::set<ObservedSample> acknowledged;
    const auto data = refused_data(observation, 500, 599);
    if (nothing_refused(data, out)) return;
    std::set<std::uint32_t> retried_series;
    std::map<ObservedSample, std::uint64_t> first_tried;
    for (const auto& datum : data) {
        if (!datum.retried() || !datum.acknowledged()) continue;
        retried_series.insert(datum.sample.series);
        first_tried[datum.sample] = datum.attempts.front().exchange;
    }
    if (retried_series.empty()) return undecided(out, "no retry succeeded");
    std::uint64_t faults = 0, followed = 0;
    for (const auto& delivery : record.deliveries()) {
        if (!delivery.acknowledged()) continue;
        for (const auto& sample : delivery.samples) {
            if (!acknowledged.insert(sample).second) continue;
            auto [entry, added] = last.try_emplace(sample.series, Last{sample.timestamp, delivery.id});
            if (added) continue;
            if (retried_series.contains(sample.series)) ++followed;
            if (sample.timestamp >= entry->second.timestamp) {
                entry->second = {sample.timestamp, delivery.id};
                continue;
            }
            const auto tried = first_tried.find(sample);
            if (tried == first_tried.end() || tried->second >= entry->second.exchange ||
                entry->second.exchange == delivery.id)
                continue;
            ++faults;
            add_finding(out, observation.series()[sample.series].text,
                        sample_text(observation, sample) + ", refused in request " + std::to_string(tried->second) +
                            ", was acknowledged in request " + std::to_string(delivery.id) + ", after " +
                            base::dated(entry->second.timestamp) + " of the same series in request " +
                            std::to_string(entry->second.exchange),
                        delivery.id,
                        "Hold newer samples of a series back while an older batch of it is being retried.");
        }
    }
    evidence(out, "series retried", retried_series.size());
    if (faults > 0)
        return miss(out, "retried data before newer data of the same series",
                    count_text(faults, "sample") + " delivered after newer ones of the same series");
    if (followed == 0) return undecided(out, "no newer data followed what was retried");
    pass(out,
         "what was retried arrived before newer data of its " + count_text(retried_series.size(), "series", "series"));
}

/// While a datum is being retried, nothing newer of its series is tried.
void judge_newer_waits(const ScenarioRecord& record, suite::CheckOutcome& out) {
    const auto& observation = record.observation;
    const auto data = refused_data(observation, 500, 599);
    if (nothing_refused(data, out)) return;
    // The time in which each datum was pending: from its first refusal to its last attempt.
    std::map<std::uint32_t, std::vector<const RefusedDatum*>> pending;
    for (const auto& datum : data) {
        if (datum.retried()) pending[datum.sample.series].push_back(&datum);
    }
    if (pending.empty()) return undecided(out, "no retry was seen");
    std::uint64_t faults = 0;
    for (const auto& delivery : record.deliveries()) {
        for (const auto& sample : delivery.samples) {
            const auto found = pending.find(sample.series);
            if (found == pending.end()) continue;
            for (const auto* datum : found->second) {
                if (sample.timestamp <= datum->sample.timestamp || delivery.id <= datum->attempts.front().exchange ||
                    delivery.id >= datum->attempts.back().exchange)
                    continue;
                // In one request with the older datum it does not overtake it.
                const bool together = std::any_of(datum->attempts.begin(), datum->attempts.end(),
                                                  [&](const Attempt& a) { return a.exchange == delivery.id; });
                if (together) continue;
                ++faults;
                add_finding(out, observation.series()[sample.series].text,
                            sample_text(observation, sample) + " was sent while " +
                                base::dated(datum->sample.timestamp) + " of the same series was still being retried",
                            delivery.id);
                break;
            }
        }
    }
    evidence(out, "series retried", pending.size());
    if (faults > 0)
        return miss(out, "newer samples of a series held back while older ones are retried",
                    count_text(faults, "newer sample") + " sent in between");
    pass(out, "nothing newer was sent in between for " + count_text(pending.size(), "series", "series"));
}

void judge_no_loss(const ScenarioRecord& record, suite::CheckOutcome& out) {
    const auto& observation = record.observation;
    const auto data = refused_data(observation, 500, 599);
    if (nothing_refused(data, out)) return;
    if (std::none_of(data.begin(), data.end(), [](const RefusedDatum& datum) { return datum.retried(); })) {
        return undecided(out, "nothing that was refused came again at all, which sender/retry/on-5xx reports");
    }
    // What did not come again at all is reported there, where that check is judged.
    const bool elsewhere = record.scenario == kOutage;
    std::uint64_t lost = 0, dropped = 0;
    for (const auto& datum : data) {
        if (datum.acknowledged() || datum.restamped_us != 0) continue;
        if (elsewhere && !datum.retried()) {
            ++dropped;
            continue;
        }
        ++lost;
        add_finding(out, observation.series()[datum.sample.series].text,
                    sample_text(observation, datum.sample) + " was refused and never accepted",
                    datum.attempts.back().exchange);
    }
    std::uint64_t unsent = 0, compared_samples = 0;
    if (record.scraped() && lost + dropped == 0) {
        // What was scraped during the outage and never left the sender is lost as well.
        const auto times = generation_times(observation, record.generations);
        if (times.size() > 2) {
            const auto compared =
                compare_with_source(observation, record.generations, times.rbegin()->first - times.begin()->first + 1,
                                    times.rbegin()->first - 1);
            compared_samples = compared.expected;
            for (const auto& fault : compared.faults) {
                // Altered; or in no request at all, refused or not. sender/fidelity/every-sample-bit-exact reports
                // both.
                if (fault.instead || fault.never_came) continue;
                ++unsent;
                add_finding(out, observation.sources()[fault.served.series].text(),
                            "what scrape " + std::to_string(fault.generation) + " served never arrived");
            }
        }
    }
    evidence(out, "refused samples", data.size());
    evidence(out, "lost", lost + unsent);
    const auto usual = usual_loss(record);
    if (lost + unsent > 0 && as_usual(usual, lost + unsent, lost > 0 ? data.size() : compared_samples)) {
        out.findings.clear();
        out.exchanges.clear();
        return undecided(out, share_text(lost + unsent, lost > 0 ? data.size() : compared_samples) +
                                  " never arrived; " + usual_text(usual));
    }
    if (lost + unsent == 0 && dropped > 0)
        return undecided(out, share_text(dropped, data.size()) +
                                  " that were refused never came again, which sender/retry/on-5xx or same-data "
                                  "reports; the others arrived");
    if (lost + unsent == 0)
        return pass(out, "all " + count_text(data.size(), "refused sample") + " arrived after the outage");
    miss(out, "every sample of the outage, once the receiver accepts again",
         (lost > 0 ? count_text(lost, "refused sample") + " of " + std::to_string(data.size())
                   : count_text(unsent, "sample") + " scraped during the outage") +
             " never arrived; " + ending_text(record));
}

constexpr std::array kChecks = {
    BehaviourCheck{
        .id = "sender/retry/on-5xx",
        .clauses = {"prw1.retries.retry-5xx", "prw2.retries.retry-5xx"},
        .summary = "Data that was answered with a 5xx is sent again.",
        .judge = judge_retry,
        .fix = "Keep a batch until it is answered 2xx or 4xx; after any 5xx wait and send it again.",
    },
    BehaviourCheck{
        .id = "sender/retry/backoff",
        .clauses = {"prw1.retries.backoff", "prw2.retries.backoff"},
        .summary = "Attempts are spaced out by a back-off.",
        .judge = judge_backoff,
        .fix = "Wait before each attempt, longer from one to the next up to a limit, with some jitter.",
    },
    BehaviourCheck{
        .id = "sender/retry/same-data",
        .clauses = {"ext.retry.same-data"},
        .summary = "A retry repeats the timestamps and values of the first attempt.",
        .judge = judge_same_data,
        .fix = "Send the batch again as it was: the same series, timestamps and values.",
    },
    BehaviourCheck{
        .id = "sender/retry/order-kept",
        .clauses = {"prw1.ordering.per-series-timestamp-order", "prw2.samples.timestamp-order"},
        .summary = "Retried data arrives before newer data of the same series.",
        .judge = judge_order_kept,
        .fix = "Do not let newer samples of a series overtake those that wait for a retry.",
    },
    BehaviourCheck{
        .id = "sender/retry/newer-data-waits",
        .clauses = {"ext.retry.newer-data-waits"},
        .summary = "While data is retried, newer samples of its series are held back.",
        .judge = judge_newer_waits,
        .fix = "Hold back later samples of a series until the earlier ones are answered.",
    },
    BehaviourCheck{
        .id = "sender/retry/no-loss-after-recovery",
        .clauses = {"ext.retry.no-loss-after-recovery"},
        .summary = "After a short outage nothing is missing.",
        .judge = judge_no_loss,
        .fix = "Keep what is refused with a 5xx in a queue that is large enough for the outage, and send it when the "
               "receiver is back.",
    },
};

constexpr std::array kLongOutageChecks = {
    BehaviourCheck{
        .id = "sender/outage/nothing-lost",
        .clauses = {"ext.retry.no-loss-after-recovery"},
        .summary = "After an outage of ten seconds nothing is missing.",
        .judge = judge_no_loss,
        .fix = "Keep data while the receiver is away, and send it all, oldest first, when it is back.",
    },
    BehaviourCheck{
        .id = "sender/outage/order-kept",
        .clauses = {"prw1.ordering.per-series-timestamp-order", "prw2.samples.timestamp-order"},
        .summary = "What waited for ten seconds arrives in order.",
        .judge = judge_order_kept,
        .fix = "Send what was kept during an outage in the order of its timestamps, before newer samples of the same "
               "series.",
    },
};

}  // namespace

std::span<const BehaviourCheck> retry_checks() { return kChecks; }
std::span<const BehaviourCheck> long_outage_checks() { return kLongOutageChecks; }

}  // namespace prw::sender_suite
