#include "checks/table.h"

#include <algorithm>

#include "prw/base/escape.h"
#include "prw/base/text.h"

namespace prw::receiver_suite {
namespace {

constexpr std::size_t kMostText = 160;  // bytes of an answer that a report shows
constexpr std::size_t kListed = 3;      // cases that a sentence names

/// True when there is nothing left to judge; the outcome says why.
bool settled(const GroupRecord& record, suite::CheckOutcome& out) {
    if (!record.not_spoken.empty()) {
        not_applicable(out, record.not_spoken);
        return true;
    }
    if (record.interrupted) {
        undecided(out, record.problem + " before this could be judged");
        return true;
    }
    const bool any =
        std::any_of(record.replies.begin(), record.replies.end(), [](const Reply& r) { return r.answered(); });
    if (any) return false;
    undecided(out, record.problem.empty() ? "no request was answered" : record.problem);
    return true;
}

}  // namespace

const std::vector<suite::Check>& all_checks() {
    static const std::vector<suite::Check> kChecks = [] {
        std::vector<suite::Check> out;
        for (const auto& check : answer_checks())
            out.push_back(suite::check_row(check.id, check.group, check.clauses, check.summary, check.fix));
        suite::Check runs;
        runs.id = kTargetRuns;
        runs.scenario = groups().front().name;
        runs.summary = kTargetRunsSummary;
        runs.fix = "Is the URL right, and does the receiver run? Its own log says why it stopped answering.";
        out.push_back(std::move(runs));
        return out;
    }();
    return kChecks;
}

std::vector<suite::CheckOutcome> judge(const GroupRecord& record, std::string_view only) {
    std::vector<suite::CheckOutcome> out;
    for (const auto& check : answer_checks()) {
        if (check.group != record.group || (!only.empty() && check.id != only)) continue;
        auto outcome = suite::open_outcome(check.id, record.group, check.clauses, check.summary, record.message);
        if (!outcome) continue;
        outcome->duration_ms = record.duration_ms;
        if (!settled(record, *outcome)) check.judge(record, *outcome);
        for (auto& finding : outcome->findings)
            if (finding.fix.empty()) finding.fix = check.fix;
        out.push_back(std::move(*outcome));
    }
    return out;
}

bool begins(const Reply& reply, std::string_view prefix) { return reply.id.starts_with(prefix); }

Replies answers_to(const GroupRecord& record, std::initializer_list<std::string_view> prefixes) {
    Replies out;
    for (const auto& reply : record.replies) {
        const bool meant =
            std::any_of(prefixes.begin(), prefixes.end(), [&](auto prefix) { return begins(reply, prefix); });
        if (meant && reply.answered() && !reply.good) out.push_back(&reply);
    }
    return out;
}

std::string answer_text(const Reply& reply) {
    std::string out = std::to_string(reply.status);
    if (reply.body.empty()) return out + " without a text";
    return out + ": " + base::cut(base::one_line(reply.body), kMostText);
}

void each_right(suite::CheckOutcome& out, const Replies& replies, const Question& question, const Wrong& wrong) {
    if (replies.empty()) return undecided(out, "there are no " + std::string(question.subject));
    evidence(out, std::string(question.subject), replies.size());
    std::string got;
    std::size_t bad = 0;
    std::vector<std::string_view> named;
    for (const auto* reply : replies) {
        const auto problem = wrong(*reply);
        if (problem.empty()) continue;
        ++bad;
        // A case that is sent many times is told once.
        if (std::find(named.begin(), named.end(), reply->id) != named.end()) continue;
        named.push_back(reply->id);
        const auto* row = find_case(reply->id);
        const std::string about = reply->id + " (" + std::string(row != nullptr ? row->summary : "") + ")";
        if (named.size() <= kListed) got += (got.empty() ? "" : "; ") + reply->id + " " + problem;
        add_finding(out, {}, about + " " + problem, reply->exchange);
    }
    if (bad == 0) return pass(out, base::count_text(replies.size(), "answer") + ", " + std::string(question.right));
    if (named.size() > kListed) got += "; and " + base::count_text(named.size() - kListed, "case") + " more";
    miss(out, std::string(question.want),
         std::to_string(bad) + " of " + base::count_text(replies.size(), "answer") + ": " + got);
}

}  // namespace prw::receiver_suite
