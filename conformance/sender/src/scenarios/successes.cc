/// What a sender makes of 2xx and of Written headers: data that was answered 2xx is done with.
#include <algorithm>
#include <array>
#include <string>

#include "all.h"
#include "checks/fate.h"
#include "checks/ledger.h"
#include "checks/steps.h"
#include "checks/table.h"
#include "prw/proto/protocol.h"
#include "scenario.h"

namespace prw::sender_suite {
namespace {

receiver::ScriptStep success(std::string_view name, int status) {
    receiver::ScriptStep step;
    step.name = name;
    step.times = 1;
    step.batch = receiver::Batch::kNew;
    step.status = status;
    return step;
}

/// Each answer takes new data, and two requests more show that it does not come again.
constexpr Patience kForAll{30s, 14}, kForOne{15s, 5};

void play(Stage& stage) {
    const bool v2 = stage.record().asked == proto::ProtobufMessage::kV2;
    std::vector<Provocation> answers;
    const auto add = [&](receiver::ScriptStep step) { answers.push_back({std::move(step), kRetryDue}); };
    auto step = success(kStepErrorIn200, 200);
    step.body = "error: nothing was written, please retry later\n";
    add(step);
    add(success(kStep202, 202));
    add(success(kStepPlain200, 200));
    add(success(kStep204, 204));
    if (v2) {
        step = success(kStepOtherVersion, 204);
        step.headers = {{proto::header::kVersion, proto::kVersionV1}};
        add(step);
        const auto counted = [&](std::string_view name, const char* samples) {
            step = success(name, 204);
            step.headers = proto::format_written({});
            step.headers.front().second = samples;
            add(step);
        };
        counted(kStepWrittenZero, "0");
        counted(kStepWrittenPart, "1");
        counted(kStepWrittenOdd, "many");
    }
    (void)open_and_provoke(stage, answers, kForAll);
}

// By itself: a sender may rightly go on in 1.0 after it, and log the like only once.
void play_not_written(Stage& stage) {
    auto step = success(kStepNotWritten, 204);
    step.written_headers = false;
    (void)open_and_provoke(stage, {{step, kRetryDue}}, kForOne);
}

struct Sent {
    std::string met, again;  ///< steps
    std::uint64_t samples = 0, repeated = 0;
    bool open = false;  ///< nothing followed
};

/// Adds a finding for each step whose data came again.
template <std::size_t N>
Sent after_steps(const ScenarioRecord& record, const std::array<std::string_view, N>& steps, const std::string& fix,
                 suite::CheckOutcome& out) {
    Sent sent;
    for (const auto step : steps) {
        const auto fate = fate_of(record.observation, step);
        if (!fate.hit) continue;
        if (fate.again == 0 && fate.later == 0 && !record.exited) {
            sent.open = true;
            continue;
        }
        add_word(sent.met, step);
        sent.samples += fate.samples;
        if (fate.again == 0) continue;
        add_word(sent.again, step);
        sent.repeated += fate.again;
        add_finding(out, record.observation.series()[fate.series].text,
                    "request " + std::to_string(fate.exchange) + " was answered " + std::string(step) +
                        "; its data came again in request " + std::to_string(fate.again_exchange),
                    fate.again_exchange, fix);
    }
    evidence(out, "samples", sent.samples);
    evidence(out, "sent again", sent.repeated);
    return sent;
}

/// True when there is nothing to conclude; the outcome says why.
bool unclear(const ScenarioRecord& record, const Sent& sent, suite::CheckOutcome& out) {
    if (sent.met.empty()) {
        undecided(out, sent.open ? "nothing followed in which a repeat could have been seen"
                                 : "no request with samples was answered so");
        return true;
    }
    if (sent.repeated == 0 || !repeats_accepted(record.observation)) return false;
    out.findings.clear();
    undecided(out, "the sender repeats accepted data in any case");
    return true;
}

constexpr const char* kTakeAsDone = "Take every 2xx for a success, whichever it is.";

void judge_not_on_2xx(const ScenarioRecord& record, suite::CheckOutcome& out) {
    const auto sent = after_steps(record, std::array{kStepPlain200, kStep202, kStep204}, kTakeAsDone, out);
    if (unclear(record, sent, out)) return;
    if (sent.repeated == 0) return pass(out, "nothing that was answered " + sent.met + " came again");
    miss(out, "data that is answered with a 2xx is not sent again",
         count_text(sent.repeated, "sample") + " came again after " + sent.again);
}

void judge_ignores_body(const ScenarioRecord& record, suite::CheckOutcome& out) {
    const auto sent = after_steps(record, std::array{kStepErrorIn200}, kTakeAsDone, out);
    if (unclear(record, sent, out)) return;
    if (sent.repeated == 0) return pass(out, "the body of a 200 that speaks of an error changed nothing");
    const auto plain = fate_of(record.observation, kStepPlain200);
    if (plain.hit && plain.again > 0) {
        out.findings.clear();
        return undecided(out, "data that was answered 200 without a body came again, too");
    }
    miss(out, "the body of a 2xx ignored", count_text(sent.repeated, "sample") + " came again after a " + sent.again);
}

void judge_incomplete_counts(const ScenarioRecord& record, suite::CheckOutcome& out) {
    const auto sent = after_steps(record, std::array{kStepWrittenZero, kStepWrittenPart, kStepWrittenOdd},
                                  "Log and count what a 2xx says was not written; do not send it again.", out);
    if (unclear(record, sent, out)) return;
    if (sent.repeated == 0) return pass(out, "nothing that was answered " + sent.met + " came again");
    inform(out, count_text(sent.repeated, "sample") + " came again after " + sent.again +
                    ": the sender trusts the counts more than the status");
}

/// A 2xx without any Written header is to be treated like a 415: as a failure, perhaps with a change to 1.0.
void judge_missing_means_415(const ScenarioRecord& record, suite::CheckOutcome& out) {
    const auto fate = fate_of(record.observation, kStepNotWritten);
    if (!fate.hit) return undecided(out, "no request with samples was answered without Written headers");
    evidence(out, "samples", fate.samples);
    evidence(out, "sent again", fate.again);
    const auto& all = record.deliveries();
    const bool fell_back = std::any_of(all.begin(), all.end(), [&](const Delivery& d) {
        return d.message == proto::ProtobufMessage::kV1 && d.first_byte_us >= fate.end_us;
    });
    if (fell_back) return pass(out, "the sender went on in 1.0, as after a 415");
    if (fate.again > 0)
        return inform(out, "the data came again in 2.0: the 2xx was taken for a failure, if not for a 415");
    if (record.logged_written) return pass(out, "the sender's log speaks of it as a failure");
    if (!record.wrote_log)
        return undecided(out, "the data did not come again, and the program wrote no log that would tell more");
    add_finding(out, record.observation.series()[fate.series].text,
                "request " + std::to_string(fate.exchange) +
                    " was answered 204 without any Written header, as a receiver of 1.0 does that took it for an empty "
                    "request; neither log nor later requests show that the sender noticed",
                fate.exchange,
                "Treat a 2xx to 2.0 without Written headers like a 415: log it, count the data as failed, or go on in "
                "1.0.");
    miss(out, "a 2xx without Written headers taken for a failure", "the data counts as delivered");
}

void judge_no_inference(const ScenarioRecord& record, suite::CheckOutcome& out) {
    const auto fate = fate_of(record.observation, kStepOtherVersion);
    if (!fate.hit) return undecided(out, "no request with samples met a response that names another version");
    std::uint64_t stayed = 0;
    const Delivery* changed = nullptr;
    for (const auto& delivery : record.deliveries()) {
        if (delivery.first_byte_us < fate.end_us || delivery.samples.empty()) continue;
        if (delivery.message == judged_message(record))
            ++stayed;
        else if (changed == nullptr)
            changed = &delivery;
    }
    evidence(out, "later requests with the same message", stayed);
    if (changed != nullptr) {
        add_finding(out, {},
                    "request " + std::to_string(changed->id) + " is in another message, after request " +
                        std::to_string(fate.exchange) +
                        " was answered 204 with X-Prometheus-Remote-Write-Version: 0.1.0",
                    changed->id, "Change the message by configuration or after a 415, not by headers of a response.");
        return miss(out, "no conclusion from response headers", "the sender changed to another message after them");
    }
    if (stayed == 0) return undecided(out, "nothing followed that would show a change");
    pass(out, "all " + count_text(stayed, "later request") + " stayed with the message");
}

constexpr std::array kChecks = {
    BehaviourCheck{
        .id = "sender/retry/not-on-2xx",
        .clauses = {"prw1.retries.no-retry-2xx"},
        .summary = "Data that was answered with 200, 202 or 204 is not sent again.",
        .judge = judge_not_on_2xx,
        .fix = "Take every 2xx for success, whatever its body says, and let go of the batch.",
    },
    BehaviourCheck{
        .id = "sender/response/ignores-body",
        .clauses = {"prw1.response.sender-ignores-body", "prw2.response.sender-ignores-body"},
        .summary = "A 200 is a success, if its body speaks of an error.",
        .judge = judge_ignores_body,
        .fix = "Decide by the status code alone; read the body for the log at most.",
    },
    BehaviourCheck{
        .id = "sender/negotiation/no-version-inference",
        .clauses = {"prw2.written.no-version-inference"},
        .summary = "The version that a response names does not change the message.",
        .judge = judge_no_inference,
        .fix = "Choose the message by configuration and by 415, not by headers of the answer.",
    },
    BehaviourCheck{
        .id = "sender/written/incomplete-counts",
        .clauses = {"prw2.written.sender-may-detect-broken"},
        .summary = "Whether a 2xx with Written counts that do not add up makes the sender repeat the data.",
        .judge = judge_incomplete_counts,
        .fix = "Compare the Written counts with what was sent, and log what is missing; do not send it again.",
    },
};

constexpr std::array kNotWrittenChecks = {
    BehaviourCheck{
        .id = "sender/written/missing-means-415",
        .clauses = {"prw2.written.no-headers-means-415"},
        .summary = "A 2xx to 2.0 without Written headers is taken for a failure.",
        .judge = judge_missing_means_415,
        .fix =
            "Take a 2xx without Written headers as an answer of a receiver that did not understand 2.0: log the data "
            "as failed, or fall back to 1.0.",
    },
};

}  // namespace

Scenario successes_scenario() {
    return {
        .name = "2xx",
        .summary = "Requests are answered 200, 202 and 204, with bodies and headers that invite to conclusions.",
        .seconds = 5,
        .play = play,
        .checks = {kChecks},
    };
}

Scenario not_written_scenario() {
    return {
        .name = "2xx-without-written",
        .summary = "One request of 2.0 is answered 204 without Written headers.",
        .seconds = 4,
        .play = play_not_written,
        .checks = {kNotWrittenChecks},
        .v1 = false,
    };
}

}  // namespace prw::sender_suite
