/// Checks on behaviour as rows, which stand in the file of the scenario that provokes it, and what judges share.
/// Internal to conformance.
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>

#include "prw/base/text.h"
#include "prw/base/units.h"
#include "prw/rules/finding.h"
#include "prw/sender_suite/checks.h"
#include "prw/suite/judgement.h"

namespace prw::sender_suite {

/// What must be so before a check can be judged.
enum class Needs : std::uint8_t {
    kSamples,  ///< a request that decodes, with samples
    kSource,   ///< and the program scraped (or read) what we offered
    kScrape,   ///< the program scraped (or read); whether it sent anything is the judge's question
};

struct BehaviourCheck {
    std::string_view id;
    rules::ClauseList clauses;  ///< those that apply to the message judged count
    std::string_view summary;
    Needs needs = Needs::kSamples;
    std::string_view feature = {};  ///< not applicable when the profile says that the target does not have it
    void (*judge)(const ScenarioRecord&, suite::CheckOutcome&) = nullptr;
    std::string_view fix = {};  ///< of findings that do not say their own
};

inline constexpr std::string_view kRole = "sender";

// Scenarios that others speak of.
inline constexpr std::string_view kSteady = "steady";
inline constexpr std::string_view kOutage = "5xx-then-success";
inline constexpr std::string_view kUnsupported = "415";

inline constexpr std::string_view kMessageAsAsked = "sender/negotiation/message-as-asked";
/// Reported only when it is not so: what a broken target did not show is nobody's pass.
inline constexpr std::string_view kTargetRuns = "sender/target/runs";
inline constexpr std::string_view kTargetRunsSummary =
    "The target starts, sends in every scenario, and does not crash.";

// What sender_suite() is made of.
/// Every check, behaviour first, then the request rules.
[[nodiscard]] const std::vector<suite::Check>& all_checks();
[[nodiscard]] std::span<const rules::UncoveredClause> unjudged_clauses();
/// The id of the check that reports a request rule.
[[nodiscard]] std::string rule_check_id(std::string_view rule);

/// Undecided, as nothing of what was scraped came under its name: with what became of the scrapes.
void nothing_arrived(const ScenarioRecord& record, suite::CheckOutcome& out);

using base::add_word;
using base::count_text;
using base::seconds_text;
using suite::clauses_for;
/// "500, 503"
[[nodiscard]] std::string list_of(const std::set<int>& statuses);
/// "prw_requests_total{…} = 12 at 1700000000000"
[[nodiscard]] std::string sample_text(const Observation& observation, const ObservedSample& sample);
/// True for series that come again and again by right, as the source dictates their timestamps, or by habit
/// (Habits::comes_again): none of their samples tells a retry.
[[nodiscard]] bool dictated(const Observation& observation, const ObservedSample& sample);
[[nodiscard]] std::string ending_text(
    const ScenarioRecord& record);  ///< "the program exited with 0", "the program went on running"
/// A program that ended by itself once it had sent what it was started with.
[[nodiscard]] bool one_shot(const ScenarioRecord& record);

}  // namespace prw::sender_suite
