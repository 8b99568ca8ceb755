/// Refusals with 4xx: the refused data is dropped, whatever the text says, later data goes on.
#include <algorithm>
#include <array>
#include <set>

#include "all.h"
#include "checks/fate.h"
#include "checks/habits.h"
#include "checks/ledger.h"
#include "checks/steps.h"
#include "checks/table.h"
#include "scenario.h"

namespace prw::sender_suite {
namespace {

/// Each refusal takes new data, and two requests more show that the refused data does not come again.
constexpr Patience kForAll{50s, 16};
/// For a second attempt after a 401, which may be a repeat with other credentials.
constexpr Patience kUnauthorizedDue{3s, 1};

void play(Stage& stage) {
    const bool v2 = stage.record().asked == proto::ProtobufMessage::kV2;
    std::vector<Provocation> refusals;
    for (const int status : refusal_statuses(stage.record().asked))
        refusals.push_back({refusal(refusal_step(status), status), kRetryDue});
    refusals.push_back({refusal(kStepAsksForRetry, 400, "overloaded, please retry later"), kRetryDue});
    if (v2) {
        auto partial = refusal(kStepPartial400, 400, "a part of the request was written");
        partial.headers = proto::format_written({.samples = 1});
        refusals.push_back({std::move(partial), kRetryDue});
    }
    // To one batch twice: one repeat with other credentials is HTTP's own way. The repeat may take its time.
    auto unauthorized = refusal(kStepUnauthorized, 401);
    unauthorized.times = 2;
    unauthorized.batch = receiver::Batch::kOne;
    refusals.push_back({std::move(unauthorized), kUnauthorizedDue});
    // A receiver that has taken 2.0 once gives no reason to change to 1.0.
    if (open_and_provoke(stage, refusals, kForAll)) stage.accept_everything();
}

/// The first attempt with a datum after the answer to its refusal. A request that was under way already when the
/// answer went out is no answer to it. After a 415 it may come in the other message, and after a 400: receivers of 1.0
/// know no 415.
const Attempt* next_attempt(const RefusedDatum& datum) {
    const auto& first = datum.attempts.front();
    const auto later = std::find_if(datum.attempts.begin() + 1, datum.attempts.end(), [&](const Attempt& a) {
        const bool negotiates = first.status == 400 || first.status == 415;
        return a.first_byte_us >= first.response_end_us && (!negotiates || a.message == first.message);
    });
    return later == datum.attempts.end() ? nullptr : &*later;
}

/// Something came in which the data could have come again, or nothing more will.
bool had_its_chance(const ScenarioRecord& record, const Fate& fate) {
    const auto& all = record.deliveries();
    return record.exited || std::any_of(all.begin(), all.end(), [&](const Delivery& d) {
               return !d.samples.empty() && d.first_byte_us >= fate.end_us;
           });
}

bool of_its_own(std::string_view step) {
    return step == kStepAsksForRetry || step == kStepPartial400 || step == kStepUnauthorized;
}

/// Data whose first refusal was one of the plain ones.
std::vector<RefusedDatum> plainly_refused(const Observation& observation) {
    auto data = refused_data(observation, 400, 499);
    std::erase_if(data, [](const RefusedDatum& datum) { return of_its_own(datum.attempts.front().step); });
    return data;
}

/// Such a sender repeats whatever is refused: what is odd about a refusal makes no difference to it.
bool repeats_after_400(const Observation& observation) {
    const auto plain = plainly_refused(observation);
    return std::any_of(plain.begin(), plain.end(), [](const RefusedDatum& datum) {
        return datum.attempts.front().status == 400 && next_attempt(datum) != nullptr;
    });
}

void judge_no_retry(const ScenarioRecord& record, suite::CheckOutcome& out) {
    const auto& observation = record.observation;
    const auto data = plainly_refused(observation);
    if (data.empty()) return undecided(out, "no request with samples was answered 4xx");
    std::uint64_t repeated = 0;
    std::set<std::uint64_t> requests, again;
    std::set<int> statuses, repeated_after;
    for (const auto& datum : data) {
        const auto& first = datum.attempts.front();
        requests.insert(first.exchange);
        statuses.insert(first.status);
        const auto* later = next_attempt(datum);
        if (later == nullptr) continue;
        ++repeated;
        again.insert(later->exchange);
        repeated_after.insert(first.status);
        add_finding(out, observation.series()[datum.sample.series].text,
                    sample_text(observation, datum.sample) + " was answered " + std::to_string(first.status) +
                        " in request " + std::to_string(first.exchange) + " and sent again in request " +
                        std::to_string(later->exchange),
                    later->exchange, "Drop a batch that was answered 4xx (429 apart) and go on with the next one.");
    }
    evidence(out, "refused requests", requests.size());
    evidence(out, "refused samples", data.size());
    evidence(out, "sent again", repeated);
    if (repeated == 0) {
        // Each status for itself: a sender may well tell one from another.
        std::set<int> judged, unmet, open;
        for (const int status : refusal_statuses(record.asked)) {
            const auto fate = fate_of(observation, refusal_step(status));
            (!fate.hit ? unmet : had_its_chance(record, fate) ? judged : open).insert(status);
        }
        evidence(out, "statuses judged", judged.size());
        const std::string seen = "none of " + count_text(data.size(), "sample") + " that were answered " +
                                 list_of(statuses) + " came again" + without_habitual(observation);
        if (judged.empty()) return undecided(out, "the run ended before a retry could have been seen");
        if (unmet.empty() && open.empty()) return pass(out, seen);
        std::string rest = "judged for " + list_of(judged);
        if (!unmet.empty()) rest += "; " + list_of(unmet) + " met no data";
        if (!open.empty()) rest += "; nothing followed " + list_of(open);
        // Who has no more data to send has shown what he does.
        if (record.exited) return pass(out, seen + " (" + rest + "; the program " + *record.exited + ")");
        return undecided(out, seen + ", but not each status had its turn: " + rest);
    }
    if (repeats_accepted(observation)) {
        out.findings.clear();
        return undecided(
            out, "the sender repeats data that was answered 2xx, too, so that a retry cannot be told from a habit");
    }
    miss(out, "data that is answered with a 4xx is not sent again",
         count_text(repeated, "sample") + " came again after " + list_of(repeated_after) + ", in " +
             count_text(again.size(), "request") + without_habitual(observation));
}

/// Of one refusal with something about it that must not matter: its data does not come again.
void judge_one_refusal(const ScenarioRecord& record, std::string_view step, const std::string& want,
                       const std::string& fix, suite::CheckOutcome& out) {
    const auto fate = fate_of(record.observation, step);
    if (!fate.hit) return undecided(out, "no request with samples was answered with a " + std::string(step));
    evidence(out, "refused samples", fate.samples);
    if (fate.again == 0) {
        if (fate.later == 0 && !record.exited)
            return undecided(out, "nothing followed in which a retry could have been seen");
        return pass(out, "none of " + count_text(fate.samples, "sample") + " came again after a " + std::string(step));
    }
    if (repeats_after_400(record.observation) || repeats_accepted(record.observation))
        return undecided(out, "the sender repeats refused data in any case, which sender/retry/not-on-4xx reports");
    add_finding(out, record.observation.series()[fate.series].text,
                "request " + std::to_string(fate.exchange) + " was answered with a " + std::string(step) +
                    "; its data came again in request " + std::to_string(fate.again_exchange),
                fate.again_exchange, fix);
    miss(out, want, count_text(fate.again, "sample") + " came again after a " + std::string(step));
}

void judge_text_of_4xx(const ScenarioRecord& record, suite::CheckOutcome& out) {
    judge_one_refusal(record, kStepAsksForRetry, "a decision by the status alone, whatever the text says",
                      "Decide by the status; log the text.", out);
}

void judge_partial_400(const ScenarioRecord& record, suite::CheckOutcome& out) {
    judge_one_refusal(record, kStepPartial400,
                      "data that is answered with 400 is not sent again, if part of it was written",
                      "Drop a batch that was answered 400; use the Written headers to count what was lost.", out);
}

void judge_once_after_401(const ScenarioRecord& record, suite::CheckOutcome& out) {
    const auto& observation = record.observation;
    std::uint64_t refused = 0, repeated = 0, too_often = 0;
    for (const auto& datum : refused_data(observation, 401, 401)) {
        const auto& attempts = datum.attempts;
        if (attempts.front().step != kStepUnauthorized) continue;
        ++refused;
        if (datum.retried()) ++repeated;
        if (attempts.size() < 3 || attempts[1].status != 401) continue;
        ++too_often;
        add_finding(out, observation.series()[datum.sample.series].text,
                    sample_text(observation, datum.sample) + " was sent " + std::to_string(attempts.size()) +
                        " times, although it was answered 401 twice",
                    attempts[2].exchange, "After a 401 renew the credentials and repeat once; then drop the batch.");
    }
    if (refused == 0) return undecided(out, "no request with samples was answered 401");
    evidence(out, "refused samples", refused);
    evidence(out, "repeated once", repeated - too_often);
    if (too_often == 0) {
        const auto fate = fate_of(observation, kStepUnauthorized);
        if (fate.hit && !had_its_chance(record, fate))
            return undecided(out, "nothing followed in which a further attempt could have been seen");
        return pass(out, repeated == 0 ? "none of " + count_text(refused, "sample") + " came again after a 401"
                                       : "what was answered 401 came again once, as with renewed credentials");
    }
    if (repeats_accepted(observation)) {
        out.findings.clear();
        return undecided(
            out, "the sender repeats data that was answered 2xx, too, so that a retry cannot be told from a habit");
    }
    miss(out, "at most one repeat of data that was answered 401",
         count_text(too_often, "sample") + " came again after the second 401");
}

void judge_logs_error(const ScenarioRecord& record, suite::CheckOutcome& out) {
    if (refused_data(record.observation, 400, 499).empty())
        return undecided(out, "no request with samples was answered 4xx");
    if (record.logged_error_text) return pass(out, "the text of the refusal is in the program's output");
    if (!record.wrote_log)
        return undecided(out, "the program wrote nothing to stdout or stderr; a log elsewhere is not looked at");
    miss(out, "the receiver's text in the sender's log",
         "\"" + std::string(kErrorMarker) + "\", with which each refusal begins, is nowhere in the program's output");
}

/// One refusal by a receiver that has taken 2.0 before is no reason to go on in 1.0.
void judge_stays(const ScenarioRecord& record, suite::CheckOutcome& out) {
    const auto v1 = proto::ProtobufMessage::kV1, v2 = proto::ProtobufMessage::kV2;
    bool taken = false;
    const Delivery* refused = nullptr;
    std::uint64_t stayed = 0, changed = 0;
    for (const auto& delivery : record.deliveries()) {
        if (delivery.samples.empty()) continue;
        if (refused == nullptr) {
            taken = taken || (delivery.message == v2 && delivery.acknowledged());
            if (taken && delivery.message == v2 && delivery.status / 100 == 4) refused = &delivery;
            continue;
        }
        if (delivery.message == v1) {
            ++changed;
            add_finding(out, {},
                        "request " + std::to_string(delivery.id) + " is a WriteRequest of 1.0, after request " +
                            std::to_string(refused->id) + " in 2.0 was answered " + std::to_string(refused->status) +
                            "; the receiver had accepted 2.0 before",
                        delivery.id, "Fall back to 1.0 after 415, or when the very first request is refused.");
        } else {
            ++stayed;
        }
    }
    if (refused == nullptr) return undecided(out, "no request in 2.0 was refused after one was accepted");
    evidence(out, "later requests in 2.0", stayed);
    evidence(out, "later requests in 1.0", changed);
    if (changed > 0)
        return miss(out, "2.0 towards a receiver that has accepted it",
                    count_text(changed, "request") + " in 1.0 after a " + std::to_string(refused->status));
    if (stayed == 0) return undecided(out, "nothing followed the refusal; " + ending_text(record));
    pass(out, "all " + count_text(stayed, "later request") + " stayed with 2.0");
}

void judge_continues(const ScenarioRecord& record, suite::CheckOutcome& out) {
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
    if (record.exited_cleanly || (record.exited && record.target.input == suite::Input::kUnknown))
        return not_applicable(out, "the program ended by itself; there was nothing more to send");
    if (!record.scraped()) return undecided(out, "nothing says that there was more data to send");
    add_finding(out, {}, "nothing was sent after request " + std::to_string(first) + ", which was answered 4xx", first,
                "Drop the refused batch; do not stop sending.");
    miss(out, "later data after a refusal",
         "no new data within the time that the scenario waits; " + ending_text(record));
}

constexpr std::array kChecks = {
    BehaviourCheck{
        .id = "sender/retry/not-on-4xx",
        .clauses = {"prw1.retries.no-retry-4xx", "prw2.invalid.no-retry-4xx", "prw2.unsupported.sender-expects-400"},
        .summary = "Data that was answered with 400, 403, 404, 408, 409, 413, 422 or, in 1.0, 415 is not sent again.",
        .judge = judge_no_retry,
        .fix = "Drop a batch that was answered 4xx (429 apart) and go on with the next one.",
    },
    BehaviourCheck{
        .id = "sender/retry/once-after-401",
        .clauses = {"prw1.retries.no-retry-4xx", "prw2.invalid.no-retry-4xx"},
        .summary = "Data that was answered with 401 is sent again at most once.",
        .judge = judge_once_after_401,
        .fix = "After a 401 renew the credentials and repeat once; then drop the batch.",
    },
    BehaviourCheck{
        .id = "sender/retry/not-on-partial-write",
        .clauses = {"prw2.invalid.no-retry-4xx"},
        .summary =
            "Data that was answered with 400 is not sent again, if Written headers say that part of it was written.",
        .judge = judge_partial_400,
        .fix = "Drop a batch that was answered 400, whatever the Written headers say was taken of it.",
    },
    BehaviourCheck{
        .id = "sender/retry/continues-after-4xx",
        .clauses = {"ext.retry.continues-after-4xx"},
        .summary = "After a permanent refusal later data is still sent.",
        .judge = judge_continues,
        .fix = "Let go of the refused batch alone; the queue goes on with the next one.",
    },
    BehaviourCheck{
        .id = "sender/response/text-of-4xx",
        .clauses = {"prw1.labels.sender-not-interpret-error", "prw2.response.sender-not-interpret-error"},
        .summary = "A 400 is permanent, if its text asks for a retry.",
        .judge = judge_text_of_4xx,
        .fix = "Decide by the status code alone; the text is for the log.",
    },
    BehaviourCheck{
        .id = "sender/response/logs-error",
        .clauses = {"prw1.labels.sender-logs-error", "prw2.response.sender-logs-error"},
        .summary = "The text of a refusal is in the sender's log.",
        .judge = judge_logs_error,
        .fix = "Write the first kilobyte of a refusal's text to the log as it is.",
    },
    BehaviourCheck{
        .id = "sender/negotiation/stays-after-4xx",
        .clauses = {"prw2.protocol.v1-message-only-for-compat"},
        .summary = "One odd refusal does not make the sender go back to 1.0.",
        .judge = judge_stays,
        .fix = "Fall back to 1.0 on 415 alone.",
    },
};

}  // namespace

Scenario refusal_scenario() {
    return {
        .name = "4xx",
        .summary =
            "Requests are answered 400, 403, 404, 408, 409, 413, 422, in 1.0 also 415, and 401 twice to one batch, "
            "later everything is accepted.",
        .seconds = 6,
        .play = play,
        .checks = {kChecks},
    };
}

}  // namespace prw::sender_suite
