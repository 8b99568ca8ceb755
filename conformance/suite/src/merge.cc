/// Several results into one.
#include <algorithm>
#include <array>

#include "prw/suite/results.h"

namespace prw::suite {

namespace {

/// Which verdict stands when a check was judged more than once: the worse one, and evidence before none.
int weight(Verdict verdict) {
    static constexpr std::array kOrder = {Verdict::kNotApplicable, Verdict::kInconclusive, Verdict::kInfo,
                                          Verdict::kPass,          Verdict::kWarn,         Verdict::kError,
                                          Verdict::kFail};
    return static_cast<int>(std::find(kOrder.begin(), kOrder.end(), verdict) - kOrder.begin());
}

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
            const auto known = std::find_if(out.checks.begin(), out.checks.end(), [&](const CheckOutcome& c) {
                return c.id == check.id && c.message == check.message;
            });
            if (known == out.checks.end()) {
                out.checks.push_back(std::move(check));
                seen.push_back(verdicts);
                continue;
            }
            const auto at = static_cast<std::size_t>(known - out.checks.begin());
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

}  // namespace prw::suite
