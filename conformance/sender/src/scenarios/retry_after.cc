/// Retry-After and 429, and 5xx whose headers or texts mislead.
#include <algorithm>
#include <array>
#include <initializer_list>
#include <vector>

#include "all.h"
#include "checks/fate.h"
#include "checks/habits.h"
#include "checks/ledger.h"
#include "checks/steps.h"
#include "checks/table.h"
#include "prw/base/units.h"
#include "prw/proto/protocol.h"
#include "scenario.h"

namespace prw::sender_suite {
namespace {

/// For a retry while newer data is accepted: longer than a back-off that begins at a second.
constexpr Patience kAgain{3s, 1};
/// For a retry once the time is over that the receiver asks for.
constexpr Patience kPutOff{2s, 1};
/// A date has whole seconds, and so lies up to one later than asked for.
constexpr auto kWholeSecond = 1s;
/// Each answer takes new data, and waits for its retry.
constexpr Patience kForAll{45s, 14}, kForOne{15s, 5};

Patience put_off(std::chrono::seconds wait) {
    auto out = kPutOff;
    out.usual += wait;
    return out;
}

void play(Stage& stage) {
    std::vector<Provocation> unavailable;
    const auto add = [&](receiver::ScriptStep step, Patience patience = kAgain) {
        unavailable.push_back({std::move(step), patience});
    };
    const auto in_seconds = [&](std::string_view name, int status, std::chrono::seconds wait) {
        auto step = refusal(name, status);
        step.headers = {{proto::header::kRetryAfter, std::to_string(wait.count())}};
        return Provocation{std::move(step), put_off(wait)};
    };
    const auto past = [&](std::size_t which) {
        auto step = refusal(kStepsPastDate.at(which), 503);
        step.headers = {{proto::header::kRetryAfter, base::http_date(0)}};
        add(std::move(step));
    };
    // What the others are compared with stands at the begin, in the middle and at the end.
    add(refusal(kStepsPlain503[0], 503));
    unavailable.push_back(in_seconds(kStepSeconds, 503, kRetryAfter));
    past(0);
    auto step = refusal(kStepOddWord, 503);
    step.headers = {{proto::header::kRetryAfter, "soon"}};
    add(std::move(step));
    past(1);
    add(refusal(kStepsPlain503[1], 503));
    unavailable.push_back(in_seconds(kStepMoreSeconds, 503, kRetryAfterMore));
    past(2);
    add(refusal(kStepSaysPermanent, 503, "permanent failure: out of order sample, do not retry"));
    if (stage.record().asked == proto::ProtobufMessage::kV2) {
        step = refusal(kStepPartial503, 503, "a part of the request was written");
        step.headers = proto::format_written({.samples = 1});
        add(std::move(step));
    }
    step = refusal(kStepDate, 503);
    step.retry_after_date = kRetryAfterDate;
    add(std::move(step), put_off(kRetryAfterDate + kWholeSecond));
    add(refusal(kStepsPlain503[2], 503));

    if (!open_and_provoke(stage, unavailable, kForAll)) return;

    // One batch several times, so that there are delays to see.
    auto limited = refusal(kStepLimited, 429);
    limited.batch = receiver::Batch::kOne;
    limited.times = 3;
    provoke(stage, {{std::move(limited), kRetryDue}}, kForOne);
    if (!stage.look([](const Observation& seen) { return fate_of(seen, kStepLimited).hit; })) return;
    provoke(stage, {in_seconds(kStepLimitedWait, 429, kRetryAfterLimited)}, kForOne);
}

/// A sender's clock begins when it has read the answer, at the earliest when we begin to write it: on a busy machine we
/// may have written it long before we note that. Timers may be early by a tick.
constexpr std::int64_t kSlackUs = 50'000;
/// So much sooner a sender must come again by itself than Retry-After asks, for the wait to be Retry-After's doing.
constexpr std::int64_t kClearlyUs = 500'000;
/// What is sooner than this after the answer did not wait; no back-off in the field begins with less.
constexpr std::int64_t kAtOnceUs = 5'000;
/// So long a busy machine may take for what does not wait: seen are 13 ms, between two of less than 5.
constexpr std::int64_t kSoonUs = 15'000;

std::string wait_text(std::int64_t us) {
    return us < 1'000'000 ? std::to_string(std::max<std::int64_t>(us, 0) / 1000) + " ms" : seconds_text(us);
}

struct Told {
    std::string_view step;
    std::chrono::seconds wait;
};

/// The waits that the sender was told, in growing order, against what it waits by itself. Whoever comes again too soon
/// has not heeded Retry-After; whoever does not has done so only where the wait follows what was told, and would have
/// ended sooner without.
void judge_waits(const ScenarioRecord& record, std::initializer_list<Told> told, const std::vector<std::int64_t>& own,
                 suite::CheckOutcome& out) {
    std::string seen, asked, missing;
    std::int64_t previous = 0, highest = 0;
    bool follows = true;
    for (const auto& [step, wait] : told) {
        const auto fate = fate_of(record.observation, step);
        if (!fate.hit || fate.again_exchange == 0) {
            missing = fate.hit ? "the data did not come again after a " + std::string(step)
                               : "no request with samples was answered with a " + std::string(step);
            continue;
        }
        const std::int64_t waited = fate.again_us - fate.start_us;
        const std::int64_t wanted = std::chrono::microseconds(wait).count();
        evidence(out, "wait, ms", static_cast<std::uint64_t>(std::max<std::int64_t>(waited, 0) / 1000));
        add_word(seen, wait_text(waited), " and ");
        add_word(asked, std::to_string(wait.count()) + " s", " and ");
        follows = follows && waited > previous;
        previous = waited;
        highest = wanted;
        if (waited >= wanted - kSlackUs) continue;
        add_finding(out, record.observation.series()[fate.series].text,
                    "request " + std::to_string(fate.exchange) + " was answered with a " + std::string(step) + " (" +
                        std::to_string(wait.count()) + " s); the data came again after " + wait_text(waited) +
                        " in request " + std::to_string(fate.again_exchange),
                    fate.again_exchange,
                    "Wait for the longer of Retry-After and your own back-off before the batch is tried again.");
    }
    const std::string waits = "the data came again after " + seen + ", told to wait " + asked;
    if (!out.findings.empty()) return miss(out, "no attempt before the time that Retry-After names", waits);
    if (!missing.empty()) return undecided(out, missing);
    if (own.empty())
        return undecided(out, waits + "; how long the sender waits without Retry-After was not to be seen");
    const auto longest = *std::max_element(own.begin(), own.end());
    evidence(out, "longest wait without Retry-After, ms",
             static_cast<std::uint64_t>(std::max<std::int64_t>(longest, 0) / 1000));
    if (longest + kClearlyUs > highest)
        return undecided(out, waits + "; but without Retry-After it took up to " + wait_text(longest) + ", too");
    if (!follows) return undecided(out, waits + "; the wait does not follow what was told");
    pass(out, waits + "; without Retry-After after " + wait_text(longest) + " at most");
}

/// What the sender waits by itself after a 503.
std::vector<std::int64_t> own_waits(const Observation& observation) {
    std::vector<std::int64_t> out;
    const auto add = [&](std::string_view step) {
        const auto fate = fate_of(observation, step);
        if (fate.hit && fate.again_exchange != 0) out.push_back(fate.again_us - fate.start_us);
    };
    for (const auto step : kStepsPlain503) add(step);
    add(kStepSaysPermanent);
    add(kStepPartial503);
    return out;
}

void judge_seconds(const ScenarioRecord& record, suite::CheckOutcome& out) {
    judge_waits(record, {{kStepSeconds, kRetryAfter}, {kStepMoreSeconds, kRetryAfterMore}},
                own_waits(record.observation), out);
}
/// The date lies up to a second later than asked for, as dates have whole seconds: who rounds has waited long enough.
void judge_date(const ScenarioRecord& record, suite::CheckOutcome& out) {
    judge_waits(record, {{kStepDate, kRetryAfterDate}}, own_waits(record.observation), out);
}

/// A sender that does not retry 429 at all has said so in sender/retry/on-429.
bool drops_429(const ScenarioRecord& record, std::string_view step, suite::CheckOutcome& out) {
    const auto fate = fate_of(record.observation, step);
    if (!fate.hit || fate.again > 0 || fate.later == 0) return false;
    const auto before = refused_data(record.observation, 429, 429);
    if (std::any_of(before.begin(), before.end(), [](const RefusedDatum& datum) { return datum.retried(); }))
        return false;
    not_applicable(out, "the sender drops what is answered 429, as it may");
    return true;
}

/// Data that was answered 429 without Retry-After, with its attempts.
std::vector<RefusedDatum> limited(const Observation& observation) {
    auto data = refused_data(observation, 429, 429);
    std::erase_if(data, [](const RefusedDatum& datum) { return datum.attempts.front().step != kStepLimited; });
    return data;
}

void judge_wait_on_429(const ScenarioRecord& record, suite::CheckOutcome& out) {
    if (drops_429(record, kStepLimitedWait, out)) return;
    std::vector<std::int64_t> own;
    for (const auto& [exchange, retry] : retries_of(limited(record.observation), 429, 429))
        own.push_back(retry.to.first_byte_us - retry.from.response_end_us);
    judge_waits(record, {{kStepLimitedWait, kRetryAfterLimited}}, own, out);
}

void judge_429(const ScenarioRecord& record, suite::CheckOutcome& out) {
    const auto data = limited(record.observation);
    if (data.empty()) return undecided(out, "no request with samples was answered 429");
    const auto retried = static_cast<std::uint64_t>(
        std::count_if(data.begin(), data.end(), [](const RefusedDatum& datum) { return datum.retried(); }));
    evidence(out, "refused samples", data.size());
    evidence(out, "sent again", retried);
    if (retried > 0) return pass(out, "what is answered 429 is sent again");
    inform(out, "what is answered 429 is dropped, as it may be: a receiver that limits its rate loses this data");
}

void judge_backoff_on_429(const ScenarioRecord& record, suite::CheckOutcome& out) {
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

/// Of 5xx with something about them that must not matter: the batch comes again. What is missing in it is another
/// check's matter (sender/retry/same-data), unless it is asked for `whole`.
template <std::size_t N>
void judge_still_retried(const ScenarioRecord& record, const std::array<std::string_view, N>& steps,
                         const std::string& want, const std::string& fix, suite::CheckOutcome& out,
                         bool whole = false) {
    std::string met, lost, unclear;
    std::uint64_t samples = 0, missing = 0, apart = 0;
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
        if (!whole && fate.mostly()) {
            apart += fate.samples - fate.survived;
            continue;
        }
        if (!whole && !fate.dropped()) {
            unclear = share_text(fate.survived, fate.samples) + " came again after a " + std::string(step) +
                      (fate.changed > 0 ? ", " + std::to_string(fate.changed) + " with other labels or values" : "");
            continue;
        }
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
        plain.hit && !(whole ? plain.complete() : plain.mostly()) && !lost.empty()) {
        out.findings.clear();
        return undecided(out,
                         "the sender does not repeat what is answered 503 in any case, which sender/retry/on-5xx "
                         "reports");
    }
    if (!lost.empty()) return miss(out, want, count_text(missing, "sample") + " never came again after a " + lost);
    if (met.empty())
        return undecided(out, open ? "the data did not come again before the end of the run; " + ending_text(record)
                                   : "no request with samples was answered so");
    if (!unclear.empty()) return undecided(out, unclear + ": too little to tell whether the batch was kept");
    evidence(out, "missing in what came again", apart);
    pass(out, "the data came again after a " + met +
                  (apart > 0 ? ", but for " + share_text(apart, samples) + ", which sender/retry/same-data reports"
                             : std::string()));
}

/// The first retry after each of these answers that there was one of.
template <std::size_t N>
std::vector<Fate> retries_after(const Observation& observation, const std::array<std::string_view, N>& steps) {
    std::vector<Fate> out;
    for (const auto step : steps) {
        auto fate = fate_of(observation, step);
        if (fate.hit && fate.again_exchange != 0) out.push_back(fate);
    }
    return out;
}

std::size_t sooner_than(std::int64_t bound_us, const std::vector<Fate>& retries) {
    return static_cast<std::size_t>(std::count_if(
        retries.begin(), retries.end(), [&](const Fate& fate) { return fate.again_us - fate.end_us < bound_us; }));
}

void judge_odd(const ScenarioRecord& record, suite::CheckOutcome& out) {
    const char* const fix = "Ignore a Retry-After that cannot be read or lies in the past, and back off as usual.";
    judge_still_retried(record, std::array{kStepOddWord, kStepsPastDate[0], kStepsPastDate[1], kStepsPastDate[2]},
                        "a retry after a 5xx, whatever Retry-After holds", fix, out);
    if (out.verdict != suite::Verdict::kPass) return;
    // Three times, since a back-off with full jitter may be next to nothing once, or twice; where there is none in any
    // case, that is sender/retry/backoff's matter.
    const auto at_once = retries_after(record.observation, kStepsPastDate);
    const auto usual = retries_after(record.observation, kStepsPlain503);
    const bool all = at_once.size() == kStepsPastDate.size() && sooner_than(kSoonUs, at_once) == at_once.size() &&
                     sooner_than(kAtOnceUs, at_once) + 1 >= at_once.size();
    if (!all || usual.size() < 2 || sooner_than(kSoonUs, usual) > 0) return;
    for (const auto& fate : at_once)
        add_finding(out, record.observation.series()[fate.series].text,
                    "request " + std::to_string(fate.exchange) +
                        " was answered 503 with a Retry-After in the past; its data came again at once, in request " +
                        std::to_string(fate.again_exchange),
                    fate.again_exchange, fix);
    warn(out, "a back-off, if Retry-After lies in the past",
         "the data came again at once after each of " + count_text(at_once.size(), "503") +
             " with a Retry-After in the past");
}
void judge_text_of_5xx(const ScenarioRecord& record, suite::CheckOutcome& out) {
    judge_still_retried(record, std::array{kStepSaysPermanent},
                        "a decision by the status alone, whatever the text says", "Decide by the status; log the text.",
                        out);
}
void judge_partial_503(const ScenarioRecord& record, suite::CheckOutcome& out) {
    judge_still_retried(record, std::array{kStepPartial503}, "the whole request again after a 5xx",
                        "Repeat the identical request: the receiver copes with what it has written already.", out,
                        true);
}

constexpr std::array kChecks = {
    BehaviourCheck{
        .id = "sender/retry/retry-after-seconds",
        .clauses = {"ext.http.retry-after-honoured", "prw2.retries.handle-retry-after"},
        .summary =
            "After a 503 with Retry-After in seconds the data waits at least that long, and longer than without.",
        .judge = judge_seconds,
        .fix = "Read Retry-After as seconds, and wait at least so long before the batch is sent again.",
    },
    BehaviourCheck{
        .id = "sender/retry/retry-after-date",
        .clauses = {"ext.http.retry-after-honoured", "prw2.retries.handle-retry-after"},
        .summary = "After a 503 with Retry-After as a date the data waits until then, and longer than without.",
        .judge = judge_date,
        .fix = "Read Retry-After as an HTTP date, too, and wait until then.",
    },
    BehaviourCheck{
        .id = "sender/retry/odd-retry-after",
        .clauses = {"prw1.retries.retry-5xx", "prw2.retries.retry-5xx"},
        .summary = "A Retry-After that cannot be read, or lies in the past, changes nothing about retry and back-off.",
        .judge = judge_odd,
        .fix = "Ignore a Retry-After that cannot be read or has passed, and wait as without one.",
    },
    BehaviourCheck{
        .id = "sender/response/text-of-5xx",
        .clauses = {"prw1.labels.sender-not-interpret-error", "prw2.response.sender-not-interpret-error"},
        .summary = "A 503 is retried, if its text calls it permanent.",
        .judge = judge_text_of_5xx,
        .fix = "Decide by the status code alone; the text is for the log.",
    },
    BehaviourCheck{
        .id = "sender/retry/partial-write",
        .clauses = {"prw2.retries.retry-5xx", "prw2.partial-retry.sender-same-request"},
        .summary = "A 503 is retried, if Written headers say that part of the request was written.",
        .judge = judge_partial_503,
        .fix = "After a 503 send the whole batch again, whatever the Written headers say.",
    },
    BehaviourCheck{
        .id = "sender/retry/on-429",
        .clauses = {"prw1.retries.retry-429", "prw2.retries.retry-429"},
        .summary = "Whether data that is answered with 429 is sent again.",
        .judge = judge_429,
        .fix = "Nothing has to be fixed: whether 429 is sent again is the sender's choice. Say in its documentation "
               "which it is.",
    },
    BehaviourCheck{
        .id = "sender/retry/backoff-on-429",
        .clauses = {"prw1.retries.backoff", "prw2.retries.backoff"},
        .summary = "Attempts after 429 are spaced out by a back-off.",
        .judge = judge_backoff_on_429,
        .fix = "Wait before each attempt after 429 as after a 5xx, longer from one to the next.",
    },
    BehaviourCheck{
        .id = "sender/retry/retry-after-on-429",
        .clauses = {"ext.http.retry-after-honoured", "prw2.retries.handle-retry-after"},
        .summary = "Where 429 is retried, its Retry-After is waited for.",
        .judge = judge_wait_on_429,
        .fix = "Wait for Retry-After after 429 as after 503.",
    },
};

}  // namespace

Scenario retry_after_scenario() {
    return {
        .name = "retry-after",
        .summary =
            "Requests are answered 503 and 429 with Retry-After in seconds, as a date and as nonsense, and with texts "
            "that contradict the status.",
        .seconds = 17,
        .play = play,
        .checks = {kChecks},
    };
}

}  // namespace prw::sender_suite
