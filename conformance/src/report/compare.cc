/// Several results into one, and what is different between two.
#include <algorithm>
#include <array>

#include "prw/conformance/reports.h"
#include "view.h"

namespace prw::conformance {

using namespace report;

namespace {

/// Which verdict stands when a check was judged more than once: the worse one, and evidence before none.
int weight(Verdict verdict) {
    static constexpr std::array kOrder = {Verdict::kNotApplicable, Verdict::kInconclusive, Verdict::kInfo,
                                          Verdict::kPass,          Verdict::kWarn,         Verdict::kError,
                                          Verdict::kFail};
    return static_cast<int>(std::find(kOrder.begin(), kOrder.end(), verdict) - kOrder.begin());
}

const CheckOutcome* find(const Results& results, const CheckOutcome& like) {
    const auto found = std::find_if(results.checks.begin(), results.checks.end(), [&](const CheckOutcome& c) {
        return c.id == like.id && c.message == like.message;
    });
    return found != results.checks.end() ? &*found : nullptr;
}

bool judged(Verdict verdict) {
    return verdict == Verdict::kPass || verdict == Verdict::kInfo || verdict == Verdict::kWarn ||
           verdict == Verdict::kFail;
}

}  // namespace

namespace {

void merge_messages(std::vector<proto::ProtobufMessage>& into, const std::vector<proto::ProtobufMessage>& from) {
    for (const auto message : from)
        if (std::find(into.begin(), into.end(), message) == into.end()) into.push_back(message);
    std::sort(into.begin(), into.end());
}

/// What none of the parts tried. Not known where it is not known of one of them.
std::optional<Coverage> merged_coverage(const std::vector<Results>& parts) {
    Coverage out;
    const auto has = [](const Coverage::Missing& list, const auto& item) {
        return std::find(list.begin(), list.end(), item) != list.end();
    };
    for (const auto& part : parts) {
        if (!part.coverage) return std::nullopt;
        for (const auto& item : part.coverage->checks) {
            const bool tried = std::any_of(parts.begin(), parts.end(), [&](const Results& other) {
                return !has(other.coverage->checks, item) &&
                       std::any_of(other.checks.begin(), other.checks.end(), [&](const CheckOutcome& check) {
                           return check.id == item.first && check.message == item.second;
                       });
            });
            if (!tried && !has(out.checks, item)) out.checks.push_back(item);
        }
        for (const auto& item : part.coverage->scenarios) {
            const bool played = std::any_of(parts.begin(), parts.end(), [&](const Results& other) {
                return std::any_of(
                    other.scenarios.begin(), other.scenarios.end(), [&](const ScenarioOutcome& scenario) {
                        return scenario.ended && scenario.name == item.first && scenario.message == item.second;
                    });
            });
            if (!played && !has(out.scenarios, item)) out.scenarios.push_back(item);
        }
    }
    if (out.whole()) return out;
    for (const auto& part : parts)
        for (const auto& why : part.coverage->because)
            if (std::find(out.because.begin(), out.because.end(), why) == out.because.end()) out.because.push_back(why);
    return out;
}

}  // namespace

Result<Results> merge(std::vector<Results> parts) {
    if (parts.empty()) return fail(ErrorCode::kInvalidArgument, "there are no results to merge");
    auto coverage = merged_coverage(parts);
    Results out = std::move(parts.front());
    std::vector<std::vector<Verdict>> seen;
    for (const auto& check : out.checks)
        seen.push_back(check.runs.empty() ? std::vector<Verdict>{check.verdict} : check.runs);
    for (std::size_t i = 1; i < parts.size(); ++i) {
        auto& part = parts[i];
        if (part.target.name != out.target.name || part.role != out.role)
            return fail(ErrorCode::kInvalidArgument, "results of different targets cannot become one: " + out.role +
                                                         " " + out.target.name + " and " + part.role + " " +
                                                         part.target.name + " (--compare sets them side by side)");
        for (auto& check : part.checks) {
            const auto verdicts = check.runs.empty() ? std::vector<Verdict>{check.verdict} : check.runs;
            const auto* known = find(out, check);
            if (known == nullptr) {
                out.checks.push_back(std::move(check));
                seen.push_back(verdicts);
                continue;
            }
            const auto at = static_cast<std::size_t>(known - out.checks.data());
            seen[at].insert(seen[at].end(), verdicts.begin(), verdicts.end());
            if (weight(check.verdict) > weight(known->verdict)) out.checks[at] = std::move(check);
        }
        merge_messages(out.asked, part.asked);
        merge_messages(out.sent, part.sent);
        for (auto& scenario : part.scenarios) out.scenarios.push_back(std::move(scenario));
        out.complete = out.complete && part.complete;
        if (out.problem.empty()) out.problem = std::move(part.problem);
        if (out.target.user_agent.empty()) out.target.user_agent = std::move(part.target.user_agent);
        if (out.expectations.empty()) out.expectations = std::move(part.expectations);
        out.duration_ms += part.duration_ms;
        out.started = std::min(out.started, part.started);
        out.fail_on = std::max(out.fail_on, part.fail_on);
    }
    out.coverage = std::move(coverage);
    for (std::size_t i = 0; i < out.checks.size(); ++i) {
        auto& runs = out.checks[i].runs;
        runs.clear();
        if (std::any_of(seen[i].begin(), seen[i].end(), [&](Verdict v) { return v != seen[i].front(); }))
            runs = std::move(seen[i]);
    }
    std::stable_sort(out.checks.begin(), out.checks.end(),
                     [](const CheckOutcome& a, const CheckOutcome& b) { return a.message < b.message; });
    return out;
}

Comparison compare(const Results& before, const Results& after) {
    Comparison out;
    out.incomplete = !after.complete || !after.problem.empty();
    for (const auto& now : after.checks) {
        const auto* then = find(before, now);
        const Comparison::Row row{now.id, now.message, then == nullptr ? "" : std::string(name_of(then->verdict)),
                                  std::string(name_of(now.verdict)),
                                  is_problem(now.verdict) ? got_of(now) : now.reason};
        const bool failed = then != nullptr && then->verdict == Verdict::kFail;
        if (now.verdict == Verdict::kFail) {
            (failed ? out.still_failing : out.broken).push_back(row);
        } else if (failed && judged(now.verdict)) {
            out.fixed.push_back(row);
        } else if (then != nullptr && judged(then->verdict) && !judged(now.verdict)) {
            out.unjudged.push_back(row);
        } else if (then != nullptr && then->verdict == Verdict::kWarn && now.verdict != Verdict::kWarn) {
            out.cleared.push_back(row);
        } else if (now.verdict == Verdict::kWarn && (then == nullptr || then->verdict != Verdict::kWarn)) {
            out.warnings.push_back(row);
        } else if (then == nullptr) {
            out.added.push_back(row);
        }
    }
    const auto why = because_text(after);
    for (const auto& then : before.checks) {
        if (find(after, then) == nullptr && judged(then.verdict))
            out.unjudged.push_back({then.id, then.message, std::string(name_of(then.verdict)), "",
                                    why.empty() ? "not in the new results" : "not in the new results: " + why});
    }
    return out;
}

int Comparison::exit_code(FailOn fail_on) const {
    if (!broken.empty() && fail_on != FailOn::kNone) return 1;
    if (incomplete || !unjudged.empty()) return 4;
    if (!warnings.empty() && fail_on >= FailOn::kShould) return 3;
    return 0;
}

std::string render_comparison(const Comparison& comparison) {
    std::string out;
    const auto list = [&out](std::string_view title, char mark, const std::vector<Comparison::Row>& rows, bool why) {
        if (rows.empty()) return;
        out += std::string(title) + " (" + std::to_string(rows.size()) + ")\n";
        for (const auto& row : rows) {
            out += std::string("  ") + mark + " " + row.id + " " + std::string(proto::short_name(row.message)) + "   " +
                   (row.before.empty() ? "not there" : row.before) + " -> " +
                   (row.after.empty() ? "missing" : row.after) + "\n";
            if (why && !row.reason.empty()) out += "      " + row.reason + "\n";
        }
        out += "\n";
    };
    list("New failures", 'x', comparison.broken, true);
    list("New warnings", '!', comparison.warnings, true);
    list("No longer judged", '?', comparison.unjudged, true);
    list("Still failing", 'x', comparison.still_failing, false);
    list("Fixed", '+', comparison.fixed, false);
    list("Cleared warnings", '+', comparison.cleared, false);
    list("New checks", '+', comparison.added, false);
    if (comparison.incomplete) out += "INCOMPLETE   the new run was broken off; what is missing was not judged\n";
    out += count_text(comparison.broken.size(), "new failure") + ", " + std::to_string(comparison.fixed.size()) +
           " fixed, " + std::to_string(comparison.still_failing.size()) + " still failing, " +
           count_text(comparison.warnings.size(), "new warning") + ", " + std::to_string(comparison.cleared.size()) +
           " cleared, " + std::to_string(comparison.unjudged.size()) + " no longer judged, " +
           count_text(comparison.added.size(), "new check") + "\n";
    return out;
}

}  // namespace prw::conformance
