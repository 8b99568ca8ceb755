/// Checks on behaviour as rows: id, scenario, clauses, and the judge. Internal to conformance.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

#include "prw/base/text.h"
#include "prw/base/units.h"
#include "prw/conformance/checks.h"

namespace prw::conformance {

/// What must be so before a check can be judged.
enum class Needs : std::uint8_t {
    kSamples,  ///< a request that decodes, with samples
    kSource,   ///< and the program scraped (or read) what we offered
    kScrape,   ///< the program scraped (or read); whether it sent anything is the judge's question
};

struct BehaviourCheck {
    std::string_view id, scenario;
    std::span<const std::string_view> clauses;  ///< those that apply to the message judged count
    std::string_view summary;
    Needs needs = Needs::kSamples;
    std::string_view feature;  ///< not applicable when the profile says that the target does not have it
    void (*judge)(const ScenarioRecord&, CheckOutcome&);
    std::string_view fix = {};  ///< of findings that do not say their own
};

[[nodiscard]] std::span<const BehaviourCheck> steady_checks();
[[nodiscard]] std::span<const BehaviourCheck> retry_checks();
[[nodiscard]] std::span<const BehaviourCheck> connection_checks();
[[nodiscard]] std::span<const BehaviourCheck> refusal_checks();
[[nodiscard]] std::span<const BehaviourCheck> stale_checks();
[[nodiscard]] std::span<const BehaviourCheck> histogram_checks();
[[nodiscard]] std::span<const BehaviourCheck> detail_checks();
[[nodiscard]] std::span<const BehaviourCheck> large_checks();
[[nodiscard]] std::span<const BehaviourCheck> transport_checks();
[[nodiscard]] std::span<const BehaviourCheck> redirect_checks();
[[nodiscard]] std::span<const BehaviourCheck> configuration_checks();
[[nodiscard]] std::span<const BehaviourCheck> classic_checks();
[[nodiscard]] std::span<const BehaviourCheck> concurrency_checks();
[[nodiscard]] std::span<const BehaviourCheck> response_checks();
[[nodiscard]] std::span<const BehaviourCheck> pacing_checks();
[[nodiscard]] std::span<const BehaviourCheck> negotiation_checks();

inline constexpr std::string_view kSteady = "steady";
inline constexpr std::string_view kOutage = "5xx-then-success";
inline constexpr std::string_view kRefusal = "4xx";
inline constexpr std::string_view kDisappearance = "series-disappears";
inline constexpr std::string_view kTransport = "transport-faults";
inline constexpr std::string_view kRefused = "refused-at-start";
inline constexpr std::string_view kRedirects = "redirects";
inline constexpr std::string_view kConfiguration = "configuration";
inline constexpr std::string_view kLongOutage = "10s-outage";
inline constexpr std::string_view kRetryAfterScenario = "retry-after";
inline constexpr std::string_view kSuccesses = "2xx";
inline constexpr std::string_view kSlow = "slow-receiver";
inline constexpr std::string_view kNotWritten = "2xx-without-written";
inline constexpr std::string_view kUnsupported = "415";
inline constexpr std::string_view kLargeScrape = "large-scrape";

inline constexpr std::string_view kMessageAsAsked = "sender/negotiation/message-as-asked";
/// Reported only when it is not so: what a broken target did not show is nobody's pass.
inline constexpr std::string_view kTargetRuns = "sender/target/runs";
inline constexpr std::string_view kTargetRunsSummary =
    "The target starts, sends in every scenario, and does not crash.";

/// Those of the clauses that say something about this message.
[[nodiscard]] std::vector<std::string> clauses_for(std::span<const std::string_view> all,
                                                   proto::ProtobufMessage message);

// Ways to end a judgement.
void pass(CheckOutcome& out, std::string reason);
void inform(CheckOutcome& out, std::string reason);
void undecided(CheckOutcome& out, std::string reason);
/// Undecided, as nothing of what was scraped came under its name: with what became of the scrapes.
void nothing_arrived(const ScenarioRecord& record, CheckOutcome& out);
void not_applicable(CheckOutcome& out, std::string reason);
/// `want` and `got` also make the reason. Level SHOULD is a warning, MUST a failure.
void miss(CheckOutcome& out, std::string want, std::string got);
void warn(CheckOutcome& out, std::string want, std::string got);
void evidence(CheckOutcome& out, std::string name, std::uint64_t count);
/// Adds a finding about a series, and the exchange that shows it; a few are kept, the rest is counted in the first.
void add_finding(CheckOutcome& out, const std::string& series, std::string message, std::uint64_t exchange = 0,
                 std::string fix = {});

using base::add_word;
using base::count_text;
using base::seconds_text;
/// "prw_requests_total{…} = 12 at 1700000000000"
[[nodiscard]] std::string sample_text(const Observation& observation, const ObservedSample& sample);
/// True for series that come again and again by right, as the source dictates their timestamps, or by habit
/// (Habits::comes_again): none of their samples tells a retry.
[[nodiscard]] bool dictated(const Observation& observation, const ObservedSample& sample);
[[nodiscard]] std::string ending_text(
    const ScenarioRecord& record);  ///< "the program exited with 0", "the program went on running"

}  // namespace prw::conformance
