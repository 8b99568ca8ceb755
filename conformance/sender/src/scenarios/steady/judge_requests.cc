/// Requests of an undisturbed run: over which connections, in which message, and whether exemplars are in them.
#include <algorithm>
#include <array>
#include <string>

#include "checks/connections.h"
#include "steady.h"

namespace prw::sender_suite {
namespace {

void judge_connections(const ScenarioRecord& record, suite::CheckOutcome& out) {
    constexpr std::uint64_t kTelling = 4;
    const auto use = use_of_connections(record.deliveries());
    evidence(out, "requests", use.requests);
    evidence(out, "connections", use.connections);
    // One that came back is enough: who closes them all has none to come back to.
    if (use.connections < use.requests)
        return pass(out, count_text(use.requests, "request") + " over " + count_text(use.connections, "connection"));
    const std::string got = "each of " + count_text(use.requests, "request") + " came over a connection of its own";
    if (use.requests < kTelling)
        return undecided(
            out, std::to_string(kTelling) + " requests were needed to tell, " + std::to_string(use.requests) + " came");
    if (use.chances + 1 < kTelling)
        return inform(out, got + ", and they are so far apart that an idle connection may be closed meanwhile");
    out.exchanges.push_back(record.deliveries().front().id);
    miss(out, "connections that are kept for further requests", got);
}

void judge_message(const ScenarioRecord& record, suite::CheckOutcome& out) {
    std::uint64_t right = 0, other = 0, shown = 0;
    for (const auto& delivery : record.deliveries()) {
        if (delivery.status == 415) break;  // a reason to change
        if (!delivery.decoded) continue;
        if (delivery.message == record.asked)
            ++right;
        else {
            ++other;
            shown = delivery.id;
        }
    }
    const std::string asked(proto::full_name(record.asked));
    evidence(out, "requests", right + other);
    if (!record.target.told_message())
        return not_applicable(out,
                              "nobody said which message it was to send, so that what it sends is judged; "
                              "--protobuf-message asks for one");
    if (right + other == 0) return undecided(out, "no request before the first 415 could be decoded");
    if (other == 0) return pass(out, "every request carries " + asked);
    out.exchanges.push_back(shown);
    const std::string got =
        count_text(other, "request") + " of " + std::to_string(right + other) + " with the other message";
    miss(out, "requests that carry " + asked + ", as the sender was told by PRW_PROTOBUF_MESSAGE or its configuration",
         got);
}

void judge_exemplars(const ScenarioRecord& record, suite::CheckOutcome& out) {
    const bool offered = std::any_of(record.generations.begin(), record.generations.end(),
                                     [](const Generation& g) { return g.complete && !g.exemplars.empty(); });
    std::uint64_t exemplars = 0;
    for (const auto& delivery : record.deliveries()) exemplars += delivery.exemplars;
    evidence(out, "exemplars", exemplars);
    if (exemplars > 0) return pass(out, count_text(exemplars, "exemplar") + " arrived");
    if (!offered) return undecided(out, "the target scraped text 0.0.4, which has no exemplars");
    if (record.target.feature("exemplars", judged_message(record)) == true)
        return miss(out, "the exemplars that were scraped", "none arrived");
    inform(out, "exemplars were offered, none was sent");
}

constexpr std::array kChecks = {
    BehaviourCheck{
        .id = "sender/connection/reuse",
        .clauses = {"ext.http.keep-alive"},
        .summary = "Connections are kept and used again.",
        .judge = judge_connections,
        .fix = "Keep the connection open, and read each response to its end before the next request.",
    },
    BehaviourCheck{
        .id = kMessageAsAsked,
        .clauses = {"prw2.protocol.sender-supports-v2", "prw1.protocol.body-carries-request"},
        .summary = "The sender sends the protobuf message that it was told to send.",
        .judge = judge_message,
        .fix = "Send the protobuf message that is configured, and say so in Content-Type.",
    },
    BehaviourCheck{
        .id = "sender/exemplars/provided",
        .clauses = {"prw2.timeseries.exemplars-provided"},
        .summary = "Exemplars that were scraped are sent.",
        .needs = Needs::kSource,
        .feature = "exemplars",
        .judge = judge_exemplars,
        .fix = "Send the exemplars of the source along with their series.",
    },
};

}  // namespace

std::span<const BehaviourCheck> request_checks() { return kChecks; }

}  // namespace prw::sender_suite
