/// Connections that fail: an exchange without a usable answer leaves the data undelivered, a strange but complete
/// answer does not.
#include "transport.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <set>
#include <vector>

#include "all.h"
#include "checks/fate.h"
#include "checks/fidelity.h"
#include "checks/habits.h"
#include "checks/ledger.h"
#include "checks/table.h"
#include "prw/proto/protocol.h"
#include "prw/suite/profile.h"
#include "scenario.h"

namespace prw::sender_suite {
namespace {

constexpr std::size_t kLargeBody = 1U << 20U;
/// For a request to reset within its body, and for what was scraped meanwhile.
constexpr Patience kForReset{8s, 3};
/// For it once three newer scrapes have come.
constexpr Patience kLate{3s, 1};
/// Each fault takes new data, and is followed by a retry and by an ordinary answer; data of its own a sender may soon
/// have no more of.
constexpr Patience kForAll{45s, 40}, kForOwn{25s, 40};

receiver::ScriptStep ordinary(std::string_view name) {
    receiver::ScriptStep step;
    step.name = name;
    step.own_answer = true;
    step.times = 1;
    return step;
}

/// Each failure is followed by an ordinary answer, which takes the data if it comes again, so that the odd successes
/// meet first attempts.
receiver::Script faults(std::string_view metric, bool stall, proto::ProtobufMessage message) {
    receiver::Script script;
    const auto add = [&](std::string_view name, http::Fault fault = http::Fault::kNone) -> receiver::ScriptStep& {
        script.steps.push_back(ordinary(name));
        script.steps.back().fault = fault;
        script.steps.back().metric = metric;
        script.steps.back().series = true;
        return script.steps.back();
    };
    const auto refuse = [](receiver::ScriptStep& step, std::size_t size) {
        step.own_answer = false;
        step.status = 503;
        step.body = std::string(size, '.') + "\n";
    };
    // Twice, so that there are delays to see; more would take a sender that doubles them from 2 s too long.
    add(kStepClose, http::Fault::kCloseBeforeResponse).times = 2;
    add(kStepUsual);
    // About 300 ms; an answer to 2.0 is longer.
    add(kStepDribble, http::Fault::kDribble).dribble_interval = message == proto::ProtobufMessage::kV1 ? 10ms : 2ms;
    add(kStepReset, http::Fault::kResetBeforeResponse);
    add(kStepUsual);
    add(kStepInterim).interim = true;
    add(kStepCutHead, http::Fault::kCutResponse);
    add(kStepUsual);
    add(kStepConnectionClose).headers = {{proto::header::kConnection, "close"}};
    add(kStepGarbage, http::Fault::kGarbage);
    add(kStepUsual);
    refuse(add(kStepCutBody, http::Fault::kCutResponse), 200);
    add(kStepUsual);
    refuse(add(kStepLargeBody), kLargeBody);
    add(kStepUsual);
    if (stall) add(kStepStall, http::Fault::kStall);
    return script;
}

constexpr std::array kRefusing = {kStepClose, kStepReset, kStepCutHead, kStepGarbage, kStepCutBody, kStepLargeBody};
constexpr std::array kAccepting = {kStepDribble, kStepInterim, kStepConnectionClose};

/// Connections that are reset before and within the body. What was in such a request is not known, so that only a
/// scraping sender shows whether it came again.
void reset_in_body(Stage& stage) {
    const auto resets = [&] {
        const auto& all = stage.observation().deliveries();
        return std::count_if(all.begin(), all.end(), [](const Delivery& d) { return d.step == kResetInBody; });
    };
    for (const auto after : {0, 64}) {
        const auto before = stage.look([&](const Observation&) { return resets(); });
        stage.reset_next(static_cast<std::size_t>(after));
        if (stage.wait(kForReset, [&] { return resets() > before; }) != Waited::kDone) return;
    }
    const auto until = stage.record().notes<TransportNotes>().reset_until = stage.scrapes();
    Overdue late(stage, kLate);
    (void)stage.wait(kForReset, [&] {
        const auto times = generation_times(stage.observation(), stage.generations());
        return late(!times.empty() && times.rbegin()->first > until + 3) ||
               std::any_of(times.begin(), times.end(), [&](const auto& t) { return t.first > until; });
    });
}

void play(Stage& stage) {
    const auto& target = stage.record().target;
    const bool stall = target.variants.contains(std::string(suite::kVariantTimeout));
    const bool scrapes = target.input == suite::Input::kScrape;
    Stage::Opening opening;
    opening.variants = {std::string(suite::kVariantTimeout)};
    // A sender of its own data may send but once.
    if (!scrapes) opening.script = faults({}, stall, stage.record().asked);
    if (!stage.open_with(std::move(opening))) return;
    if (!first_samples(stage)) return;
    std::string_view carrier;
    if (scrapes) {
        reset_in_body(stage);
        carrier = kCarrier;
        stage.answer(faults(carrier, stall, stage.record().asked));
    }
    const auto count = [&] { return stage.observation().deliveries().size(); };
    const auto at_turn = stage.requests();
    const auto scrapes_at_turn = stage.scrapes();
    // Also longer than the time-out that a stall runs into.
    Silence silent(stage, kSilenceOfScraper);
    (void)stage.wait(scrapes ? kForAll : kForOwn, [&] {
        const auto& observation = stage.observation();
        std::size_t open = 0, hit = 0, lost = 0;
        for (const auto& step : kRefusing) {
            const auto fate = fate_of(observation, step);
            hit += fate.hit ? 1U : 0U;
            open += fate.hit && (fate.acknowledged >= fate.samples || fate.later >= 3) ? 0U : 1U;
            lost += fate.hit && fate.survived == 0 && fate.later > 0 ? 1U : 0U;
        }
        for (const auto& step : kAccepting) {
            const auto fate = fate_of(observation, step);
            hit += fate.hit ? 1U : 0U;
            open += fate.hit && fate.later >= 1 ? 0U : 1U;
        }
        if (stall) {
            const auto fate = fate_of(observation, kStepStall);
            open += fate.hit && (fate.acknowledged >= fate.samples || fate.later >= 3) ? 0U : 1U;
        }
        if (open == 0) return true;
        if (!scrapes && lost >= 3) return true;  // it has shown what it does
        if (hit == 0 && !carrier.empty() && count() >= at_turn + kRenamed &&
            stage.scrapes() >= scrapes_at_turn + kScrapesRenamed) {
            carrier = {};
            stage.answer(faults(carrier, stall, stage.record().asked));
        }
        return silent(count());
    });
}

/// A request whose answer took longer may have run into the sender's own time-out, on a busy machine.
constexpr std::int64_t kSlowUs = 1'500'000;
/// With full jitter a delay is anything from nothing to its bound, so that two of 30 ms and 60 ms at most are both
/// shorter than that in one of 18 runs, four in one of 160, five in one of 500.
constexpr std::size_t kTellingDelays = 4;

/// Scrapes of the time in which connections were reset within a body of which nothing arrived.
std::vector<std::uint64_t> lost_in_resets(const ScenarioRecord& record) {
    std::vector<std::uint64_t> out;
    const auto times = generation_times(record.observation, record.generations);
    if (times.empty()) return out;
    for (const auto& generation : record.generations) {
        if (!generation.complete || generation.failed || generation.number < times.begin()->first ||
            generation.number > std::min(record.notes<TransportNotes>().reset_until, times.rbegin()->first))
            continue;
        if (!times.contains(generation.number)) out.push_back(generation.number);
    }
    return out;
}

struct Tally {
    std::size_t met = 0, lost = 0, open = 0;
    std::string met_text, lost_text;
    std::string unclear;                     ///< of what too little came again to tell
    std::uint64_t samples = 0, missing = 0;  ///< in what came again
};

/// One failed exchange after the other: its data has to come again.
void count_failure(const ScenarioRecord& record, std::string_view step, suite::CheckOutcome& out, Tally& tally) {
    const auto fate = fate_of(record.observation, step);
    if (!fate.hit) return;
    evidence(out, "samples hit by " + std::string(step), fate.samples);
    if (fate.mostly()) {
        ++tally.met;
        tally.samples += fate.samples;
        tally.missing += fate.samples - fate.survived;
        add_word(tally.met_text, step);
        return;
    }
    // What never came may only not have come yet.
    const bool over = fate.later > 0 || (record.target.input == suite::Input::kScrape && !record.exited_cleanly);
    if (!over || one_shot(record)) {
        ++tally.open;
        return;
    }
    if (!fate.dropped()) {
        tally.unclear = share_text(fate.survived, fate.samples) + " came again after " + std::string(step) +
                        (fate.changed > 0 ? ", " + std::to_string(fate.changed) + " with other labels or values" : "");
        return;
    }
    ++tally.met;
    ++tally.lost;
    add_word(tally.lost_text, step);
    add_finding(out, record.observation.series()[fate.series].text,
                std::to_string(fate.samples - fate.survived) + " of " + count_text(fate.samples, "sample") +
                    " in request " + std::to_string(fate.exchange) + " (" + std::string(step) +
                    ") never came again; the receiver has not acknowledged them",
                fate.exchange,
                "Treat an exchange without a complete answer like a 5xx: keep the batch, wait, send it again.");
}

void conclude_failures(const ScenarioRecord& record, const Tally& tally, suite::CheckOutcome& out,
                       const std::string& want) {
    if (tally.lost > 0) return miss(out, want, "the data was not sent again after: " + tally.lost_text);
    if (!tally.unclear.empty())
        return undecided(out, tally.unclear + ": too little to tell whether the batch was kept");
    if (tally.met > 0)
        return pass(out, "the data came again after each of: " + tally.met_text +
                             (tally.missing > 0 ? ", but for " + share_text(tally.missing, tally.samples) : ""));
    if (tally.open > 0)
        return undecided(out, "the data did not come again before the end of the run; " + ending_text(record));
    undecided(out, "no request with samples met the fault");
}

void judge_broken_connection(const ScenarioRecord& record, suite::CheckOutcome& out) {
    Tally tally;
    count_failure(record, kStepClose, out, tally);
    count_failure(record, kStepReset, out, tally);
    const auto& all = record.deliveries();
    const auto resets = std::count_if(all.begin(), all.end(), [](const Delivery& d) { return d.step == kResetInBody; });
    if (resets > 0 && record.scraped() && record.notes<TransportNotes>().reset_until > 0) {
        const auto lost = lost_in_resets(record);
        evidence(out, "connections reset in the body", static_cast<std::uint64_t>(resets));
        ++tally.met;
        add_word(lost.empty() ? tally.met_text : tally.lost_text, kResetInBody);
        if (!lost.empty()) {
            ++tally.lost;
            const auto hit =
                std::find_if(all.begin(), all.end(), [](const Delivery& d) { return d.step == kResetInBody; });
            add_finding(out, {},
                        "what scrape " + std::to_string(lost.front()) +
                            " served never arrived; connections were reset within the body at that time",
                        hit->id);
        }
    }
    conclude_failures(record, tally, out, "data again whose connection was closed or reset before an answer");
}

/// The first data that was closed upon: the delays until each further attempt with it. Then the delays after other
/// failed connections.
void judge_backoff(const ScenarioRecord& record, suite::CheckOutcome& out) {
    std::set<ObservedSample> data;
    const Delivery* last = nullptr;
    std::vector<std::int64_t> delays;
    std::uint64_t shown = 0;
    for (const auto& delivery : record.deliveries()) {
        const bool closed = delivery.step == kStepClose;
        if (data.empty() && closed) {
            for (const auto& sample : delivery.samples) {
                if (!dictated(record.observation, sample)) data.insert(sample);
            }
            last = &delivery;
            continue;
        }
        const bool same = std::any_of(delivery.samples.begin(), delivery.samples.end(),
                                      [&](const ObservedSample& s) { return data.contains(s); });
        if (!same) continue;
        delays.push_back(delivery.first_byte_us - last->response_end_us);
        shown = delivery.id;
        last = &delivery;
        if (!closed) break;
    }
    evidence(out, "attempts after a closed connection", delays.size());
    // One at once is what HTTP clients do by themselves when a kept connection turns out to be closed.
    if (delays.size() < 2) return undecided(out, "fewer than two further attempts with the same data were seen");
    for (const auto step : {kStepReset, kStepCutHead, kStepGarbage}) {
        const auto fate = fate_of(record.observation, step);
        if (fate.again_exchange != 0) delays.push_back(fate.again_us - fate.end_us);
    }
    evidence(out, "attempts after a failed connection", delays.size());
    const auto longest = *std::max_element(delays.begin(), delays.end());
    const auto text = "the longest of " + count_text(delays.size(), "delay") + " was " +
                      std::to_string(longest / 1000) + "." + std::to_string(longest / 100 % 10) + " ms";
    if (longest >= kNoDelayUs) return pass(out, text);
    if (delays.size() < kTellingDelays)
        return undecided(out, text + "; so few may be short by chance, where a back-off has full jitter");
    add_finding(out, {}, "attempts follow the failure at once: " + text, shown,
                "Wait before each further attempt, as after a 5xx.");
    miss(out, "delays between attempts that a back-off sets", text);
}

void judge_broken_response(const ScenarioRecord& record, suite::CheckOutcome& out) {
    Tally tally;
    for (const auto& step : {kStepCutHead, kStepGarbage, kStepCutBody}) count_failure(record, step, out, tally);
    conclude_failures(record, tally, out, "data again whose answer was cut or was no HTTP");
}

void judge_large_body(const ScenarioRecord& record, suite::CheckOutcome& out) {
    Tally tally;
    count_failure(record, kStepLargeBody, out, tally);
    conclude_failures(record, tally, out, "data again that was answered 503, however long the text of the error");
}

void judge_stall(const ScenarioRecord& record, suite::CheckOutcome& out) {
    if (!record.target.variants.contains(std::string(suite::kVariantTimeout)))
        return not_applicable(out, "nothing says how to set a short time-out (variant " +
                                       std::string(suite::kVariantTimeout) + " of the profile)");
    const auto fate = fate_of(record.observation, kStepStall);
    if (!fate.hit) return undecided(out, "no request with samples was left without an answer");
    const auto waited = fate.end_us - fate.first_byte_us;
    evidence(out, "ms until the sender gave up", static_cast<std::uint64_t>(waited / 1000));
    const std::string want = "a request that is given up after the configured time-out, and its data again";
    if (fate.mostly())
        return pass(out, "given up after " + seconds_text(waited) + ", and the data came again" +
                             (fate.complete() ? std::string()
                                              : ", but for " + share_text(fate.samples - fate.survived, fate.samples)));
    if (one_shot(record)) return undecided(out, "the data did not come again; " + ending_text(record));
    if (!fate.dropped())
        return undecided(out, share_text(fate.survived, fate.samples) + " came again: too little to tell");
    if (record.stop_us > 0 && fate.end_us >= record.stop_us) {
        add_finding(out, record.observation.series()[fate.series].text,
                    "request " + std::to_string(fate.exchange) +
                        " waited for its answer until the program was stopped, " +
                        seconds_text(record.stop_us - fate.first_byte_us),
                    fate.exchange, "Set a time-out for the whole exchange, and treat its end like a 5xx.");
        return miss(
            out, want,
            "the sender waited for " + seconds_text(record.stop_us - fate.first_byte_us) + ", until it was stopped");
    }
    add_finding(out, record.observation.series()[fate.series].text,
                "the data of request " + std::to_string(fate.exchange) + " was given up after " + seconds_text(waited) +
                    " and never came again",
                fate.exchange, "After a time-out wait and send the batch again.");
    miss(out, want, "given up after " + seconds_text(waited) + ", and the data never came again");
}

void judge_unusual_success(const ScenarioRecord& record, suite::CheckOutcome& out) {
    // A sender that repeats what was accepted in the usual way repeats by habit.
    const auto habit = fate_of(record.observation, kStepUsual);
    Tally tally;
    for (const auto& step : {kStepDribble, kStepInterim, kStepConnectionClose}) {
        const auto fate = fate_of(record.observation, step);
        if (!fate.hit) continue;
        evidence(out, "samples answered " + std::string(step), fate.samples);
        if (fate.again == 0 && fate.later == 0) {
            ++tally.open;
        } else if (fate.again == 0) {
            ++tally.met;
            add_word(tally.met_text, step);
        } else if (fate.end_us - fate.first_byte_us > kSlowUs) {
            ++tally.open;  // it took so long that the sender may have given up by right
        } else {
            ++tally.lost;
            add_word(tally.lost_text, step);
            add_finding(out, record.observation.series()[fate.series].text,
                        count_text(fate.again, "sample") + " of request " + std::to_string(fate.exchange) + " (" +
                            std::string(step) + ") came again in request " + std::to_string(fate.again_exchange),
                        fate.again_exchange,
                        "Skip 1xx responses, read on until the answer is complete, and take any 2xx for success.");
        }
    }
    if (tally.lost > 0 && habit.again > 0) {
        out.findings.clear();
        return undecided(out, "the sender repeats data that was answered in the usual way, too");
    }
    if (tally.lost > 0)
        return miss(out, "data that is not sent again once it was answered 2xx, in whatever way",
                    "the data came again after: " + tally.lost_text);
    if (tally.met > 0)
        return pass(out, "later data followed, and nothing came again, after each of: " + tally.met_text);
    undecided(out, tally.open > 0 ? "nothing followed that would show how the answer was taken"
                                  : "no request with samples got such an answer");
}

constexpr std::array kChecks = {
    BehaviourCheck{
        .id = "sender/transport/broken-connection",
        .clauses = {"ext.http.transport-error-retried"},
        .summary = "Data whose connection was closed or reset, before, within or after the body, is sent again.",
        .judge = judge_broken_connection,
        .fix = "Take a connection that breaks before the answer as a 5xx: keep the batch, wait, send it again.",
    },
    BehaviourCheck{
        .id = "sender/transport/backoff",
        .clauses = {"ext.http.transport-error-retried"},
        .summary = "Attempts after a failed connection are spaced out.",
        .judge = judge_backoff,
        .fix = "Wait before trying again after a broken connection, too.",
    },
    BehaviourCheck{
        .id = "sender/transport/broken-response",
        .clauses = {"ext.http.transport-error-retried"},
        .summary = "Data whose answer was cut off or was no HTTP is sent again.",
        .judge = judge_broken_response,
        .fix = "Take an answer that cannot be read as no answer: keep the batch, wait, send it again.",
    },
    BehaviourCheck{
        .id = "sender/transport/large-error-body",
        .clauses = {"prw1.retries.retry-5xx", "prw2.retries.retry-5xx"},
        .summary = "Data that was answered 503 with a body of 1 MiB is sent again.",
        .judge = judge_large_body,
        .fix = "Read a bounded part of an error's body, and go on by the status code.",
    },
    BehaviourCheck{
        .id = "sender/transport/stalled-response",
        .clauses = {"ext.http.timeout-bounded"},
        .summary = "A request that is never answered runs into a time-out, and its data is sent again.",
        .judge = judge_stall,
        .fix = "Give up on an answer after a time-out, and send the batch again.",
    },
    BehaviourCheck{
        .id = "sender/transport/unusual-success",
        .clauses = {"ext.http.response-as-framed"},
        .summary = "A 204 that comes byte by byte, after a 100 Continue or with Connection: close is a success.",
        .judge = judge_unusual_success,
        .fix = "Read interim answers, odd spacing and slow bodies as HTTP has them; a 2xx at the end is success.",
    },
};

}  // namespace

Scenario transport_scenario() {
    return {
        .name = "transport-faults",
        .summary =
            "Requests meet closed and reset connections, cut, broken, huge, slow and missing answers, one after the "
            "other; each is followed by an ordinary answer.",
        .seconds = 9,
        .play = play,
        .checks = {kChecks},
        .notes = make_notes<TransportNotes>,
    };
}

}  // namespace prw::sender_suite
