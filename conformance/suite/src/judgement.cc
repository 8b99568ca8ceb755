#include "prw/suite/judgement.h"

#include <algorithm>

namespace prw::suite {
namespace {

constexpr std::size_t kFindings = 5;

/// A finding is no worse than the verdict that it is a part of.
void at_most(CheckOutcome& out, rules::Severity severity) {
    for (auto& finding : out.findings) finding.severity = std::min(finding.severity, severity);
}

}  // namespace

std::vector<std::string> clauses_for(std::span<const std::string_view> all, proto::ProtobufMessage message) {
    std::vector<std::string> out;
    for (const auto id : all) {
        if (proto::applies(id, message)) out.emplace_back(id);
    }
    return out;
}

proto::Level level_of(const std::vector<std::string>& clauses) {
    const auto* clause = clauses.empty() ? nullptr : proto::find_clause(clauses.front());
    return clause != nullptr ? clause->level : proto::Level::kShould;
}

Check check_row(std::string_view id, std::string_view scenario, std::span<const std::string_view> clauses,
                std::string_view summary, std::string_view fix) {
    Check out;
    out.id = id;
    out.scenario = scenario;
    out.clauses.assign(clauses.begin(), clauses.end());
    out.level = level_of(out.clauses);
    out.summary = summary;
    out.fix = fix;
    return out;
}

std::optional<CheckOutcome> open_outcome(std::string_view id, std::string_view scenario,
                                         std::span<const std::string_view> clauses, std::string_view summary,
                                         proto::ProtobufMessage message) {
    CheckOutcome out;
    out.clauses = clauses_for(clauses, message);
    if (out.clauses.empty()) return std::nullopt;
    out.id = id;
    out.message = message;
    out.level = level_of(out.clauses);
    out.extension = proto::all_extensions(out.clauses);
    out.summary = summary;
    out.scenario = scenario;
    return out;
}

bool soft(proto::Level level) {
    return level == proto::Level::kShould || level == proto::Level::kShouldNot || level == proto::Level::kMay;
}

void pass(CheckOutcome& out, std::string reason) {
    out.verdict = Verdict::kPass;
    out.reason = std::move(reason);
}
void inform(CheckOutcome& out, std::string reason) {
    out.verdict = Verdict::kInfo;
    out.reason = std::move(reason);
    at_most(out, rules::Severity::kInfo);
}
void undecided(CheckOutcome& out, std::string reason) {
    out.verdict = Verdict::kInconclusive;
    out.reason = std::move(reason);
}
void not_applicable(CheckOutcome& out, std::string reason) {
    out.verdict = Verdict::kNotApplicable;
    out.reason = std::move(reason);
}
void warn(CheckOutcome& out, std::string want, std::string got) {
    out.verdict = Verdict::kWarn;
    out.reason = got;
    out.want = std::move(want);
    out.got = std::move(got);
    at_most(out, rules::Severity::kWarn);
}
void miss(CheckOutcome& out, std::string want, std::string got) {
    out.verdict = soft(out.level) ? Verdict::kWarn : Verdict::kFail;
    out.reason = got;
    out.want = std::move(want);
    out.got = std::move(got);
}
void evidence(CheckOutcome& out, std::string name, std::uint64_t count) {
    out.evidence.emplace_back(std::move(name), static_cast<std::int64_t>(count));
}

void add_finding(CheckOutcome& out, const std::string& series, std::string message, std::uint64_t exchange,
                 std::string fix) {
    if (exchange != 0 && out.exchanges.size() < kFindings &&
        std::find(out.exchanges.begin(), out.exchanges.end(), exchange) == out.exchanges.end()) {
        out.exchanges.push_back(exchange);
    }
    if (out.findings.size() >= kFindings) {
        ++out.findings.front().count;
        return;
    }
    rules::Finding finding;
    finding.rule = out.id;
    finding.clauses = out.clauses;
    finding.level = out.level;
    finding.severity = soft(out.level) ? rules::Severity::kWarn : rules::Severity::kFail;
    finding.extension = out.extension;
    finding.message = std::move(message);
    finding.series = series;
    finding.fix = std::move(fix);
    out.findings.push_back(std::move(finding));
}

}  // namespace prw::suite
