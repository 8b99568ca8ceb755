/// What the terminal and the HTML report both need: grouping, counting, sentences. Internal.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "prw/base/text.h"
#include "prw/base/units.h"
#include "prw/suite/results.h"

namespace prw::report {

/// Second segment of a check id: "labels" of "sender/labels/sorted".
[[nodiscard]] std::string_view group_of(std::string_view id);
/// "labels" → "Labels".
[[nodiscard]] std::string title_of(std::string_view group);

struct VerdictCounts {
    std::map<suite::Verdict, std::size_t> of;
    std::size_t expected = 0;  ///< known failures that failed as listed; not in `of`
    std::size_t broken = 0;    ///< expectations that do not hold; their outcomes are in `of`
    [[nodiscard]] std::size_t operator[](suite::Verdict v) const {
        const auto found = of.find(v);
        return found == of.end() ? 0 : found->second;
    }
    [[nodiscard]] std::size_t total() const;
};
[[nodiscard]] VerdictCounts count(const suite::Results& results);

/// Checks in report order: groups as they first occur, within a group as given.
struct Group {
    std::string name;
    std::vector<const suite::CheckOutcome*> checks;
};
[[nodiscard]] std::vector<Group> groups(const suite::Results& results);

/// What kept scenarios from being carried out, each once, with all the scenarios that it concerns.
struct Trouble {
    std::string problem, detail;
    std::vector<const suite::ScenarioOutcome*> scenarios;
    /// "scenario steady (1.0)", "3 scenarios: steady (1.0), 4xx (1.0, 2.0)".
    [[nodiscard]] std::string where() const;
};
[[nodiscard]] std::vector<Trouble> troubles(const suite::Results& results);

/// True for what a reader has to look at: fail, error, warn.
[[nodiscard]] bool is_problem(suite::Verdict verdict);
/// What came, or why there is no verdict.
[[nodiscard]] const std::string& got_of(const suite::CheckOutcome& check);
/// The verdict as words, with what a bare one would hide: "fail (expected)", "fail (flaky)", "pass (listed as
/// failing)".
[[nodiscard]] std::string verdict_text(const suite::CheckOutcome& check);
/// "MUST", or that it is no sentence of the specification.
[[nodiscard]] std::string level_text(const suite::CheckOutcome& check);
/// "retries are not written yet, https://…/12, until 2027-03-01".
[[nodiscard]] std::string expectation_text(const suite::ExpectationNote& note);
/// "pass 2 times, fail once".
[[nodiscard]] std::string runs_text(const suite::CheckOutcome& check);
/// What a group of checks is about, in the words of a user: "retries" for "retry".
[[nodiscard]] std::string subject_of(std::string_view group);
/// Whether the results are known to be of a part of the suite.
[[nodiscard]] bool is_part(const suite::Results& results);
/// What share of the suite was tried: "1 of 15 scenarios, 90 of 165 checks".
[[nodiscard]] std::string share_text(const suite::Results& results);
/// What was not: "retries, stale markers and 4 more", or with `max` 0 all of it with the numbers of checks; ids where
/// there are but a few.
[[nodiscard]] std::string left_out_text(const suite::Results& results, std::size_t max);
/// Why only a part: "--scenario steady, the budget of 30s was used up".
[[nodiscard]] std::string because_text(const suite::Results& results);
/// All of that in one sentence; empty when everything was tried, or it is not known.
[[nodiscard]] std::string part_text(const suite::Results& results);
/// Played scenarios, each counted once however often it was played.
[[nodiscard]] std::size_t scenario_count(const suite::Results& results);
/// That nobody asked for the message that was judged; empty when somebody did.
[[nodiscard]] std::string message_note(const suite::Results& results);
/// The place in a repository that stands for the target: its line in the profile, or its file. Empty where none is
/// known.
struct SourcePlace {
    std::string path;
    int line = 1;
};
[[nodiscard]] SourcePlace place_of(const suite::Results& results);
/// Why the results do not speak for the whole run; empty when they do.
[[nodiscard]] std::string run_gap(const suite::Results& results);
/// All that is known of a failure as lines of "key: text", for formats that take plain text.
[[nodiscard]] std::string plain_details(const suite::CheckOutcome& check);
/// "fail" → "FAIL".
[[nodiscard]] std::string upper(std::string_view word);
/// The verdict of the run as one sentence: "does not conform: 2 checks of a MUST fail".
[[nodiscard]] std::string sentence(const suite::Results& results);
/// "not offered, as the target cannot take it: subnormal, colons"; empty when all was offered.
[[nodiscard]] std::string not_offered_text(const suite::Results& results);
/// The messages that there are outcomes for.
[[nodiscard]] std::vector<proto::ProtobufMessage> messages_of(const suite::Results& results);
/// Which specifications were tested: "Remote Write 1.0 and 2.0-rc.4".
[[nodiscard]] std::string specifications(const suite::Results& results);
/// What a verdict means for a target of this role, for the legend.
[[nodiscard]] std::string meaning_of(suite::Verdict verdict, std::string_view role);
/// One character that carries the verdict without colour.
[[nodiscard]] char mark_of(suite::Verdict verdict);
using base::count_text;
using base::duration_text;
/// One number of evidence: "12 requests", "1 refused request", "100 ms wait".
[[nodiscard]] std::string counted(std::string_view name, std::int64_t value);
/// "12 requests, 480 series".
[[nodiscard]] std::string evidence_text(const suite::CheckOutcome& check);
/// Why what a MUST demands is only warned about; empty where nothing has to be explained.
[[nodiscard]] std::string softened_text(const suite::CheckOutcome& check);
/// What makes the exit code other than 0.
[[nodiscard]] std::string gate_text(suite::FailOn gate);
/// Checks that could not be judged, by reason, the commonest first.
struct UnjudgedReason {
    std::string reason;
    std::vector<const suite::CheckOutcome*> checks;
};
[[nodiscard]] std::vector<UnjudgedReason> unjudged_reasons(const suite::Results& results);

}  // namespace prw::report
