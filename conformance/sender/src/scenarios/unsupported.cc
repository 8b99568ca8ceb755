/// A sender of 2.0 and a receiver that knows 1.0 only: it drops, or it falls back altogether.
#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <vector>

#include "all.h"
#include "checks/habits.h"
#include "checks/ledger.h"
#include "checks/table.h"
#include "prw/proto/http_head.h"
#include "prw/proto/protocol.h"
#include "scenario.h"

namespace prw::sender_suite {
namespace {

/// For a few refusals of 2.0, and for four requests in 1.0 after them, of a program that has begun.
constexpr Patience kForFallback{12s, 8};
/// For 1.0 where 2.0 comes again and again.
constexpr Patience kGoesOn{1s, 1};

void play(Stage& stage) {
    Stage::Opening opening;
    opening.only_1x = true;
    opening.keep_heads = true;
    if (!stage.open_with(std::move(opening))) return;
    const auto count = [&](auto fits) {
        const auto& all = stage.observation().deliveries();
        return std::count_if(all.begin(), all.end(), fits);
    };
    Overdue gone_on(stage, kGoesOn);
    Silence silent(stage, kSilence);
    (void)stage.wait(after_start(stage, kForFallback), [&] {
        const auto refused = count([](const Delivery& d) { return d.status == 415; });
        const auto accepted = count([](const Delivery& d) { return d.acknowledged() && !d.samples.empty(); });
        if (refused == 0) return false;
        return accepted >= 4 || gone_on(accepted == 0 && refused >= 4) ||
               silent(stage.observation().deliveries().size());
    });
}

constexpr auto kV1 = proto::ProtobufMessage::kV1;
constexpr auto kV2 = proto::ProtobufMessage::kV2;

bool of_v2(const Delivery& delivery) { return delivery.declared == kV2; }
bool unsupported(const Delivery& delivery) { return delivery.status == 415 && of_v2(delivery); }

/// The first request in 2.0 with samples that was answered 415.
const Delivery* first_refused(const ScenarioRecord& record) {
    for (const auto& delivery : record.deliveries()) {
        if (unsupported(delivery) && !delivery.samples.empty()) return &delivery;
    }
    return nullptr;
}

bool none_refused(const Delivery* first, suite::CheckOutcome& out) {
    if (first != nullptr) return false;
    undecided(out, "no request in 2.0 with samples was answered 415");
    return true;
}

/// Requests after the first 415 that say they are 1.0, whatever is in them.
std::vector<const Delivery*> fallen_back(const ScenarioRecord& record, const Delivery& first) {
    std::vector<const Delivery*> out;
    for (const auto& delivery : record.deliveries()) {
        if (delivery.first_byte_us >= first.response_end_us && delivery.declared == kV1) out.push_back(&delivery);
    }
    return out;
}

void judge_not_repeated(const ScenarioRecord& record, suite::CheckOutcome& out) {
    if (none_refused(first_refused(record), out)) return;
    std::set<ObservedSample> refused;
    std::uint64_t repeated = 0, requests = 0;
    // Data with timestamps of its own may be repeated by design, beside other data.
    const bool own_data = record.target.input == suite::Input::kNone || !record.scraped();
    for (const auto& delivery : record.deliveries()) {
        if (!of_v2(delivery)) continue;
        const bool whole = std::all_of(delivery.samples.begin(), delivery.samples.end(),
                                       [&](const ObservedSample& sample) { return refused.contains(sample); });
        for (const auto& sample : delivery.samples) {
            if (dictated(record.observation, sample) || !refused.contains(sample) || (own_data && !whole)) continue;
            ++repeated;
            add_finding(out, record.observation.series()[sample.series].text,
                        sample_text(record.observation, sample) +
                            " was answered 415 and came again in 2.0 in request " + std::to_string(delivery.id),
                        delivery.id, "After a 415 drop the batch, or send it as prometheus.WriteRequest.");
        }
        if (!unsupported(delivery)) continue;
        ++requests;
        refused.insert(delivery.samples.begin(), delivery.samples.end());
    }
    evidence(out, "requests answered 415", requests);
    evidence(out, "sent again in 2.0", repeated);
    if (repeated > 0)
        return miss(out, "what is answered 415 is not sent again as it was",
                    count_text(repeated, "sample") + " came again in 2.0");
    if (record.deliveries().size() < 2 && !record.exited)
        return undecided(out, "nothing followed in which a repeat could have been seen");
    pass(out, "nothing that was answered 415 came again in 2.0");
}

/// What is wrong with a request that says it is 1.0; empty: nothing.
std::string half_done(const Delivery& delivery) {
    if (!delivery.decoded || delivery.message != kV1) return "its body is no WriteRequest";
    const auto head = proto::parse_request_head(delivery.head);
    const auto version = head ? head->value(proto::header::kVersion) : std::string_view();
    if (version.empty() || version == proto::kVersionV1) return {};  // its absence is another rule's
    return "its version header is still " + std::string(version);
}

void judge_complete(const ScenarioRecord& record, suite::CheckOutcome& out) {
    const auto* first = first_refused(record);
    if (none_refused(first, out)) return;
    const auto fallen = fallen_back(record, *first);
    if (fallen.empty()) {
        if (record.deliveries().size() < 2) return undecided(out, "nothing followed the 415; " + ending_text(record));
        return not_applicable(out, "the sender does not fall back to 1.0, as it need not");
    }
    const std::string fix = "Change message, Content-Type and version header together, once for all later requests.";
    std::uint64_t half = 0, back = 0;
    std::string what;
    for (const auto* delivery : fallen) {
        const auto wrong = half_done(*delivery);
        if (wrong.empty()) continue;
        ++half;
        if (what.empty()) what = wrong;
        add_finding(out, {}, "request " + std::to_string(delivery->id) + " says that it is 1.0; " + wrong, delivery->id,
                    fix);
    }
    for (const auto& delivery : record.deliveries()) {
        if (!of_v2(delivery) || delivery.first_byte_us < fallen.front()->response_end_us) continue;
        ++back;
        add_finding(out, {},
                    "request " + std::to_string(delivery.id) + " is in 2.0 again, after request " +
                        std::to_string(fallen.front()->id) + " had gone over to 1.0",
                    delivery.id, fix);
    }
    evidence(out, "requests in 1.0", fallen.size());
    evidence(out, "requests in 2.0 again", back);
    const std::string want = "message, Content-Type and version header of 1.0, from the fallback on";
    if (half > 0) return miss(out, want, count_text(half, "request") + " of 1.0 in part only: " + what);
    if (back > 0) return miss(out, want, count_text(back, "request") + " in 2.0 again");
    if (fallen.size() < 2) return undecided(out, "one request in 1.0 does not show that the sender stays with it");
    pass(out, "all " + count_text(fallen.size(), "request") + " since the fallback are 1.0 altogether");
}

void judge_same_data(const ScenarioRecord& record, suite::CheckOutcome& out) {
    const auto* first = first_refused(record);
    if (none_refused(first, out)) return;
    const auto fallen = fallen_back(record, *first);
    if (fallen.empty()) return not_applicable(out, "the sender does not fall back to 1.0, as it need not");
    std::set<ObservedSample> later;
    for (const auto* delivery : fallen) later.insert(delivery->samples.begin(), delivery->samples.end());
    std::uint64_t all = 0, missing = 0;
    std::vector<ObservedSample> lost;
    for (const auto& sample : first->samples) {
        // A native histogram has another shape in each message.
        if (sample.histogram || dictated(record.observation, sample)) continue;
        ++all;
        if (later.contains(sample)) continue;
        ++missing;
        if (lost.size() < 3) lost.push_back(sample);
    }
    evidence(out, "samples answered 415", all);
    evidence(out, "of them sent in 1.0", all - missing);
    if (all == 0) return undecided(out, "the request that was answered 415 had no samples to compare");
    if (missing == 0) return pass(out, "all " + count_text(all, "sample") + " came again in 1.0, bit for bit");
    if (missing == all) return inform(out, "the request that was answered 415 was dropped; later data came in 1.0");
    for (const auto& sample : lost)
        add_finding(out, record.observation.series()[sample.series].text,
                    sample_text(record.observation, sample) + " was answered 415 and is not in what came in 1.0",
                    fallen.front()->id, "Encode the same samples anew.");
    miss(out, "the same samples in 1.0",
         std::to_string(missing) + " of " + count_text(all, "sample") + " are missing in 1.0");
}

/// 1.0 has no Written headers, so that their absence says nothing.
void judge_none_needed(const ScenarioRecord& record, suite::CheckOutcome& out) {
    const auto* first = first_refused(record);
    if (none_refused(first, out)) return;
    const auto fallen = fallen_back(record, *first);
    Acknowledged accepted;
    std::uint64_t requests = 0, repeated = 0;
    for (const auto* delivery : fallen) {
        for (const auto& sample : delivery->samples) {
            const auto earlier = accepted.before(sample, *delivery);
            if (earlier == 0 || time_stands(record.observation, sample.series)) continue;
            ++repeated;
            add_finding(out, record.observation.series()[sample.series].text,
                        sample_text(record.observation, sample) + " was accepted in 1.0 in request " +
                            std::to_string(earlier) + " and came again in request " + std::to_string(delivery->id),
                        delivery->id, "Look for Written headers only after requests of 2.0.");
        }
        accepted.add(*delivery);
        requests += delivery->acknowledged() ? 1U : 0U;
    }
    evidence(out, "requests accepted in 1.0", requests);
    evidence(out, "samples sent again", repeated);
    if (fallen.empty()) return not_applicable(out, "the sender does not fall back to 1.0, as it need not");
    if (requests < 2) return undecided(out, "one request in 1.0 does not show whether its data comes again");
    if (repeated > 0)
        return miss(out, "1.0 taken for delivered without Written headers",
                    count_text(repeated, "sample") + " came again after a 2xx without Written headers");
    pass(out, "what was accepted in 1.0, without Written headers, did not come again");
}

constexpr std::array kChecks = {
    BehaviourCheck{
        .id = "sender/negotiation/415-not-repeated",
        .clauses = {"prw2.invalid.no-retry-4xx", "prw2.invalid.retry-415-other-format"},
        .summary = "What was answered with 415 is not sent again in the same message.",
        .judge = judge_not_repeated,
        .fix = "After 415 send the data in another format, or drop it; the same request will be refused again.",
    },
    BehaviourCheck{
        .id = "sender/negotiation/fallback-complete",
        .clauses = {"ext.negotiation.fallback-complete", "prw2.compat.auto-fallback-415"},
        .summary = "After falling back to 1.0, message, Content-Type and version header change together and stay.",
        .feature = "fallback_on_415",
        .judge = judge_complete,
        .fix = "After a fallback set Content-Type, X-Prometheus-Remote-Write-Version and the body to 1.0 together.",
    },
    BehaviourCheck{
        .id = "sender/negotiation/fallback-same-data",
        .clauses = {"ext.retry.same-data"},
        .summary = "What was answered with 415 comes again in 1.0 with the same samples.",
        .feature = "fallback_on_415",
        .judge = judge_same_data,
        .fix = "Keep a batch until it is answered, and encode the same samples anew for the fallback.",
    },
    BehaviourCheck{
        .id = "sender/written/none-needed-for-v1",
        .clauses = {"prw2.written.no-zero-assumption-for-v1"},
        .summary = "After falling back to 1.0, a 2xx without Written headers is a success.",
        .feature = "fallback_on_415",
        .judge = judge_none_needed,
        .fix = "Look for the Written headers only in answers to messages of 2.0; in 1.0 any 2xx is success.",
    },
};

}  // namespace

Scenario unsupported_scenario() {
    return {
        .name = kUnsupported,
        .summary = "The receiver knows 1.0 only and answers 415 to 2.0.",
        .seconds = 4,
        .play = play,
        .checks = {kChecks},
        .v1 = false,
    };
}

}  // namespace prw::sender_suite
