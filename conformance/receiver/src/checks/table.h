/// Checks as rows. Internal.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "prw/receiver_suite/receiver_suite.h"
#include "prw/receiver_suite/record.h"
#include "prw/rules/finding.h"
#include "prw/suite/judgement.h"

namespace prw::receiver_suite {

struct AnswerCheck {
    std::string_view id;
    std::string_view group;     ///< whose cases it looks at
    rules::ClauseList clauses;  ///< those that apply to the message judged count
    std::string_view summary;
    void (*judge)(const GroupRecord&, suite::CheckOutcome&) = nullptr;
    std::string_view fix = {};
};
[[nodiscard]] std::span<const AnswerCheck> answer_checks();

/// Reported only when it is not so.
inline constexpr std::string_view kTargetRuns = "receiver/target/runs";
inline constexpr std::string_view kTargetRunsSummary = "The receiver answers every request.";

/// Every check, in the order of reports.
[[nodiscard]] const std::vector<suite::Check>& all_checks();
[[nodiscard]] std::span<const rules::UncoveredClause> unjudged_clauses();

using Replies = std::vector<const Reply*>;
/// Those with an answer to cases whose id begins so, without the good ones behind them.
[[nodiscard]] Replies answers_to(const GroupRecord& record, std::initializer_list<std::string_view> prefixes);
[[nodiscard]] bool begins(const Reply& reply, std::string_view prefix);

/// "400: labels are not sorted", cut.
[[nodiscard]] std::string answer_text(const Reply& reply);

/// What a judge says of replies: `wrong` says what is wrong with one, or nothing. Passes with the number of those that
/// it looked at; with none it stays undecided.
struct Question {
    std::string_view subject;  ///< "answers to good requests"
    std::string_view right;    ///< "all 2xx"
    std::string_view want;     ///< of a failure
};
using Wrong = std::function<std::string(const Reply&)>;
void each_right(suite::CheckOutcome& out, const Replies& replies, const Question& question, const Wrong& wrong);

}  // namespace prw::receiver_suite
