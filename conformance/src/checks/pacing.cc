/// Checks on Retry-After and 429, and on 5xx whose headers or texts mislead.
#include <algorithm>
#include <array>
#include <vector>

#include "checks/fate.h"
#include "checks/ledger.h"
#include "checks/steps.h"
#include "checks/table.h"

namespace prw::conformance {
namespace {

/// A sender's clock begins when it has read the answer, at the earliest when we begin to write it: on a busy machine we
/// may have written it long before we note that. Timers may be early by a tick.
constexpr std::int64_t kSlackUs = 50'000;
/// Dates have whole seconds, and clocks differ.
constexpr std::int64_t kDateSlackUs = 1'000'000;

std::string wait_text(std::int64_t us) {
    return us < 1'000'000 ? std::to_string(std::max<std::int64_t>(us, 0) / 1000) + " ms" : seconds_text(us);
}

void judge_wait(const ScenarioRecord& record, std::string_view step, std::chrono::seconds told, std::int64_t slack_us,
                CheckOutcome& out) {
    const auto fate = fate_of(record.observation, step);
    if (!fate.hit) return undecided(out, "no request with samples was answered with a " + std::string(step));
    if (fate.again_exchange == 0) return undecided(out, "the data did not come again after a " + std::string(step));
    const std::int64_t waited = fate.again_us - fate.start_us;
    const std::int64_t least = std::chrono::microseconds(told).count() - slack_us;
    evidence(out, "wait, ms", static_cast<std::uint64_t>(std::max<std::int64_t>(waited, 0) / 1000));
    const std::string seen = "the data came again after " + wait_text(waited);
    if (waited >= least) return pass(out, seen + ", told to wait " + std::to_string(told.count()) + " s");
    add_finding(out, record.observation.series()[fate.series].text,
                "request " + std::to_string(fate.exchange) + " was answered with a " + std::string(step) + " (" +
                    std::to_string(told.count()) + " s); " + seen + " in request " +
                    std::to_string(fate.again_exchange),
                fate.again_exchange,
                "Wait for the longer of Retry-After and your own back-off before the batch is tried again.");
    miss(out, "no attempt before the time that Retry-After names", seen);
}

void judge_seconds(const ScenarioRecord& record, CheckOutcome& out) {
    judge_wait(record, kStepSeconds, kRetryAfter, kSlackUs, out);
}
void judge_date(const ScenarioRecord& record, CheckOutcome& out) {
    judge_wait(record, kStepDate, kRetryAfterDate, kDateSlackUs, out);
}

/// A sender that does not retry 429 at all has said so in sender/retry/on-429.
bool drops_429(const ScenarioRecord& record, std::string_view step, CheckOutcome& out) {
    const auto fate = fate_of(record.observation, step);
    if (!fate.hit || fate.again > 0 || fate.later == 0) return false;
    const auto before = refused_data(record.observation, 429, 429);
    if (std::any_of(before.begin(), before.end(), [](const RefusedDatum& datum) { return datum.retried(); }))
        return false;
    not_applicable(out, "the sender drops what is answered 429, as it may");
    return true;
}

void judge_wait_on_429(const ScenarioRecord& record, CheckOutcome& out) {
    if (drops_429(record, kStepLimitedWait, out)) return;
    judge_wait(record, kStepLimitedWait, kRetryAfterLimited, kSlackUs, out);
}

/// Data that was answered 429 without Retry-After, with its attempts.
std::vector<RefusedDatum> limited(const Observation& observation) {
    auto data = refused_data(observation, 429, 429);
    std::erase_if(data, [](const RefusedDatum& datum) { return datum.attempts.front().step != kStepLimited; });
    return data;
}

void judge_429(const ScenarioRecord& record, CheckOutcome& out) {
    const auto data = limited(record.observation);
    if (data.empty()) return undecided(out, "no request with samples was answered 429");
    const auto retried = static_cast<std::uint64_t>(
        std::count_if(data.begin(), data.end(), [](const RefusedDatum& datum) { return datum.retried(); }));
    evidence(out, "refused samples", data.size());
    evidence(out, "sent again", retried);
    if (retried > 0) return pass(out, "what is answered 429 is sent again");
    inform(out, "what is answered 429 is dropped, as it may be: a receiver that limits its rate loses this data");
}

void judge_backoff_on_429(const ScenarioRecord& record, CheckOutcome& out) {
    const auto data = limited(record.observation);
    if (data.empty()) return undecided(out, "no request with samples was answered 429");
    const auto retries = retries_of(data, 429, 429);
    evidence(out, "retries", retries.size());
    if (retries.empty()) return not_applicable(out, "the sender drops what is answered 429, as it may");
    std::string listed;
    bool at_once = true;
    for (const auto& [exchange, retry] : retries) {
        const auto delay = retry.to.first_byte_us - retry.from.response_end_us;
        add_word(listed, std::to_string(delay / 1000) + " ms");
        at_once = at_once && delay < kNoDelayUs;
    }
    if (!at_once) return pass(out, "retries came after " + listed);
    add_finding(out, {}, "retries follow the 429 at once: after " + listed, retries.begin()->second.to.exchange,
                "Wait before each further attempt, longer each time.");
    const std::string want = "delays between attempts that a back-off algorithm sets";
    if (retries.size() >= 2) return miss(out, want, "retries after " + listed);
    warn(out, want, "one retry after " + listed);  // too few to call it a loop
}

/// Of 5xx with something about them that must not matter: the data comes again.
template <std::size_t N>
void judge_still_retried(const ScenarioRecord& record, const std::array<std::string_view, N>& steps,
                         const std::string& want, const std::string& fix, CheckOutcome& out) {
    std::string met, lost;
    std::uint64_t samples = 0, missing = 0;
    bool open = false;
    for (const auto step : steps) {
        const auto fate = fate_of(record.observation, step);
        if (!fate.hit) continue;
        // What never came may only not have come yet.
        if (!fate.complete() && fate.later == 0) {
            open = true;
            continue;
        }
        samples += fate.samples;
        add_word(met, step, "; ");
        if (fate.complete()) continue;
        missing += fate.samples - fate.survived;
        add_word(lost, step, "; ");
        add_finding(out, record.observation.series()[fate.series].text,
                    "request " + std::to_string(fate.exchange) + " was answered with a " + std::string(step) + "; " +
                        std::to_string(fate.samples - fate.survived) + " of " + count_text(fate.samples, "sample") +
                        " never came again",
                    fate.exchange, fix);
    }
    evidence(out, "refused samples", samples);
    if (const auto plain = fate_of(record.observation, kStepPlain503);
        plain.hit && !plain.complete() && !lost.empty()) {
        out.findings.clear();
        return undecided(out,
                         "the sender does not repeat what is answered 503 in any case, which sender/retry/on-5xx "
                         "reports");
    }
    if (!lost.empty()) return miss(out, want, count_text(missing, "sample") + " never came again after a " + lost);
    if (met.empty())
        return undecided(out, open ? "the data did not come again before the end of the run; " + ending_text(record)
                                   : "no request with samples was answered so");
    pass(out, "the data came again after a " + met);
}

void judge_odd(const ScenarioRecord& record, CheckOutcome& out) {
    judge_still_retried(record, std::array{kStepOddWord, kStepPastDate},
                        "a retry after a 5xx, whatever Retry-After holds",
                        "Ignore a Retry-After that cannot be read or lies in the past, and back off as usual.", out);
}
void judge_text_of_5xx(const ScenarioRecord& record, CheckOutcome& out) {
    judge_still_retried(record, std::array{kStepSaysPermanent},
                        "a decision by the status alone, whatever the text says", "Decide by the status; log the text.",
                        out);
}
void judge_partial_503(const ScenarioRecord& record, CheckOutcome& out) {
    judge_still_retried(record, std::array{kStepPartial503}, "the whole request again after a 5xx",
                        "Repeat the identical request: the receiver copes with what it has written already.", out);
}

constexpr std::string_view kAfterClauses[] = {"ext.http.retry-after-honoured", "prw2.retries.handle-retry-after"};
constexpr std::string_view kRetryClauses[] = {"prw1.retries.retry-5xx", "prw2.retries.retry-5xx"};
constexpr std::string_view kTextClauses[] = {"prw1.labels.sender-not-interpret-error",
                                             "prw2.response.sender-not-interpret-error"};
constexpr std::string_view kPartialClauses[] = {"prw2.retries.retry-5xx", "prw2.partial-retry.sender-same-request"};
constexpr std::string_view k429Clauses[] = {"prw1.retries.retry-429", "prw2.retries.retry-429"};
constexpr std::string_view kBackoffClauses[] = {"prw1.retries.backoff", "prw2.retries.backoff"};

constexpr BehaviourCheck row(std::string_view id, std::span<const std::string_view> clauses, std::string_view summary,
                             void (*judge)(const ScenarioRecord&, CheckOutcome&), std::string_view fix) {
    return {id, kRetryAfterScenario, clauses, summary, Needs::kSamples, {}, judge, fix};
}

constexpr std::array kChecks = {
    row("sender/retry/retry-after-seconds", kAfterClauses,
        "After a 503 with Retry-After in seconds the data waits at least that long.", judge_seconds,
        "Read Retry-After as seconds, and wait at least so long before the batch is sent again."),
    row("sender/retry/retry-after-date", kAfterClauses,
        "After a 503 with Retry-After as a date the data waits until then, give or take a second.", judge_date,
        "Read Retry-After as an HTTP date, too, and wait until then."),
    row("sender/retry/odd-retry-after", kRetryClauses,
        "A Retry-After that cannot be read, or lies in the past, does not keep data from being sent again.", judge_odd,
        "Ignore a Retry-After that cannot be read or has passed, and wait as without one."),
    row("sender/response/text-of-5xx", kTextClauses, "A 503 is retried, if its text calls it permanent.",
        judge_text_of_5xx, "Decide by the status code alone; the text is for the log."),
    row("sender/retry/partial-write", kPartialClauses,
        "A 503 is retried, if Written headers say that part of the request was written.", judge_partial_503,
        "After a 503 send the whole batch again, whatever the Written headers say."),
    row("sender/retry/on-429", k429Clauses, "Whether data that is answered with 429 is sent again.", judge_429,
        "Nothing has to be fixed: whether 429 is sent again is the sender's choice. Say in its documentation which it "
        "is."),
    row("sender/retry/backoff-on-429", kBackoffClauses, "Attempts after 429 are spaced out by a back-off.",
        judge_backoff_on_429, "Wait before each attempt after 429 as after a 5xx, longer from one to the next."),
    row("sender/retry/retry-after-on-429", kAfterClauses, "Where 429 is retried, its Retry-After is waited for.",
        judge_wait_on_429, "Wait for Retry-After after 429 as after 503."),
};

}  // namespace

std::span<const BehaviourCheck> pacing_checks() { return kChecks; }

}  // namespace prw::conformance
