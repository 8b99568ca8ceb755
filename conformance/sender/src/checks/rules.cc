/// The request rules as checks: all findings of one rule over everything that was sent, and a pass only where the
/// situation arose.
#include <algorithm>
#include <cstdint>

#include "prw/proto/model.h"
#include "prw/rules/finding.h"
#include "prw/rules/rule_ids.h"
#include "table.h"

namespace prw::sender_suite {
namespace {

constexpr std::size_t kFindings = 5;

using rules::Subject;

struct Sent {
    std::uint64_t requests = 0;
    rules::SubjectCounts subjects;
};

Sent sum(std::span<const ScenarioRecord* const> records, proto::ProtobufMessage message) {
    Sent out;
    for (const auto* record : records) {
        const auto& all = record->deliveries();
        out.requests += static_cast<std::uint64_t>(std::count_if(
            all.begin(), all.end(), [&](const Delivery& d) { return d.message == message && !d.provoked; }));
        out.subjects += record->observation.subjects(message);
    }
    return out;
}

constexpr std::string_view kNativeHistograms = "native_histograms";

/// What a sender may rightly lack: the feature by which a profile says so.
std::string_view feature_of(Subject subject) {
    switch (subject) {
        case Subject::kHistogram:
        case Subject::kIntegerHistogram:
        case Subject::kFloatHistogram:
        case Subject::kExponentialHistogram:
        case Subject::kCustomHistogram:
        case Subject::kCountingHistogram:
        case Subject::kZeroCount:
        case Subject::kFloatCount:
        case Subject::kHistogramCount:
        case Subject::kNanHistogram:
        case Subject::kBucketList:
        case Subject::kBucket:
        case Subject::kIntegerBucket:
        case Subject::kFloatBucket:
        case Subject::kSpan:
        case Subject::kNextSpan:
        case Subject::kCustomSpan:
        case Subject::kCustomValue:
        case Subject::kNextCustomValue:
        case Subject::kTypedHistogram:
            return kNativeHistograms;
        case Subject::kExemplarSeries:
        case Subject::kExemplar:
        case Subject::kNextExemplar:
        case Subject::kBucketExemplar:
        case Subject::kExemplarLabel:
        case Subject::kLongExemplarLabelSet:
        case Subject::kTraceLabel:
            return "exemplars";
        case Subject::kMetadata:
        case Subject::kDescribedSeries:
        case Subject::kHelp:
        case Subject::kTypedName:
        case Subject::kNextDescription:
        case Subject::kHistogramSeries:
        case Subject::kCounterSample:
        case Subject::kStartableSample:
            return "metadata";
        case Subject::kStartTimestamp:
        case Subject::kNextStart:
            return "start_timestamps";
        default:
            return {};
    }
}

bool histograms_offered(std::span<const ScenarioRecord* const> records) {
    return std::any_of(records.begin(), records.end(), [](const ScenarioRecord* record) {
        return std::any_of(record->generations.begin(), record->generations.end(),
                           [](const Generation& g) { return g.complete && !g.histograms.empty(); });
    });
}

/// Puts the findings of one rule into the outcome, the worst first, from the record that shows the worst.
std::uint64_t collect(const rules::Rule& rule, std::span<const ScenarioRecord* const> records,
                      proto::ProtobufMessage message, suite::CheckOutcome& out, rules::Severity& worst) {
    std::uint64_t total = 0, requests = 0;
    const ScenarioRecord* shown = nullptr;
    for (const auto* record : records) {
        const auto count = record->observation.rule_counts().find({std::string(rule.id), message});
        if (count == record->observation.rule_counts().end()) continue;
        total += count->second.findings;
        requests += count->second.requests;
        auto severity = rules::Severity::kInfo;
        for (const auto& seen : record->observation.findings()) {
            if (seen.finding.rule == rule.id && seen.message == message)
                severity = std::max(severity, seen.finding.severity);
        }
        if (shown == nullptr || severity > worst) {
            shown = record;
            worst = severity;
        }
    }
    if (shown == nullptr) return 0;
    std::vector<const Observation::SeenFinding*> list;
    for (const auto& seen : shown->observation.findings()) {
        if (seen.finding.rule == rule.id && seen.message == message) list.push_back(&seen);
    }
    std::stable_sort(list.begin(), list.end(),
                     [](const auto* a, const auto* b) { return a->finding.severity > b->finding.severity; });
    for (const auto* seen : list) {
        if (out.findings.size() >= kFindings) break;
        out.findings.push_back(seen->finding);
        if (std::find(out.exchanges.begin(), out.exchanges.end(), seen->exchange) == out.exchanges.end())
            out.exchanges.push_back(seen->exchange);
    }
    // One number for the reader: the first finding stands for all that are not listed.
    std::uint64_t listed = 0;
    for (const auto& finding : out.findings) listed += finding.count;
    if (!out.findings.empty() && total > listed) out.findings.front().count += total - listed;
    out.scenario = shown->scenario;
    evidence(out, "findings", total);
    evidence(out, "requests concerned", requests);
    return total;
}

/// True when every metric that was found without a type never has one, from a sender that sends metadata: then the
/// source states none. A request with little in it does not show that.
bool untyped_at_source(std::span<const ScenarioRecord* const> records) {
    bool any = false;
    for (const auto* record : records) {
        const auto& typed = record->observation.metric_types().typed;
        any = any || !typed.empty() || record->observation.metric_types().described;
        for (const auto* other : records) {
            const auto& untyped = other->observation.metric_types().untyped;
            if (std::any_of(untyped.begin(), untyped.end(), [&](const auto& name) { return typed.contains(name); }))
                return false;
        }
    }
    return any;
}

suite::CheckOutcome nothing_readable(std::uint64_t requests, proto::ProtobufMessage message) {
    suite::CheckOutcome out;
    out.id = kTargetRuns;
    out.message = message;
    out.verdict = suite::Verdict::kError;
    out.extension = true;
    out.summary = kTargetRunsSummary;
    out.want = "messages that can be read, with data";
    out.got = "none in " + count_text(requests, "request");
    out.reason = "no message with data could be read in " + count_text(requests, "request");
    out.scenario = kSteady;
    evidence(out, "requests", requests);
    return out;
}

}  // namespace

std::vector<suite::CheckOutcome> judge_rules(std::span<const ScenarioRecord* const> records,
                                             proto::ProtobufMessage message) {
    std::vector<suite::CheckOutcome> out;
    const Sent sent = sum(records, message);
    const bool interrupted =
        std::any_of(records.begin(), records.end(), [](const ScenarioRecord* r) { return r->interrupted; });
    const suite::Target* target = records.empty() ? nullptr : &records.front()->target;
    for (const auto* rule : rules::all_rules()) {
        const bool of_fallbacks = rule->subject == Subject::kFallbackVersion || rule->subject == Subject::kFallbackType;
        suite::CheckOutcome outcome;
        outcome.clauses = clauses_for(rule->clauses, message);
        outcome.message = message;
        auto worst = rules::Severity::kInfo;
        const auto findings = collect(*rule, records, message, outcome, worst);
        if (findings > 0 && rule->id == rules::rule_id::kTypeProvided && untyped_at_source(records)) {
            worst = rules::Severity::kInfo;
            for (auto& finding : outcome.findings) finding.severity = worst;
        }
        if (outcome.clauses.empty() && findings == 0) continue;
        if (outcome.clauses.empty()) outcome.clauses = outcome.findings.front().clauses;
        outcome.id = rule_check_id(rule->id);
        outcome.summary = rule->summary;
        if (outcome.scenario.empty()) outcome.scenario = kSteady;
        const auto* clause = outcome.clauses.empty() ? nullptr : proto::find_clause(outcome.clauses.front());
        if (clause != nullptr) outcome.level = clause->level;
        outcome.extension = proto::all_extensions(outcome.clauses);
        const auto subject = name_of(rule->subject);
        const auto seen = sent.subjects[rule->subject];
        evidence(outcome, "requests", sent.requests);
        if (rule->subject != Subject::kRequest) evidence(outcome, std::string(subject.many), seen);
        if (findings > 0) {
            const auto& first = outcome.findings.front();
            outcome.verdict = worst == rules::Severity::kFail   ? suite::Verdict::kFail
                              : worst == rules::Severity::kWarn ? suite::Verdict::kWarn
                                                                : suite::Verdict::kInfo;
            outcome.reason = first.message;
            outcome.want = rule->summary;
            outcome.got = first.message;
        } else if (sent.requests == 0) {
            const bool broke =
                std::all_of(records.begin(), records.end(), [](const ScenarioRecord* r) { return r->target_broke; });
            if (broke && !records.empty()) {
                outcome.verdict = suite::Verdict::kError;
                outcome.reason = records.front()->problem;
            } else {
                undecided(outcome, records.empty() || records.front()->problem.empty()
                                       ? "no request with this message arrived"
                                       : records.front()->problem);
            }
        } else if (of_fallbacks && seen == 0) {
            not_applicable(outcome, std::any_of(records.begin(), records.end(),
                                                [](const ScenarioRecord* r) { return r->peer_is_1x; })
                                        ? "the sender of 2.0 does not fall back to 1.0"
                                        : "the sender was not asked for 2.0, from which it might fall back");
        } else if (seen == 0) {
            const auto feature = feature_of(rule->subject);
            if (target != nullptr && !feature.empty() && target->feature(feature, message) == false) {
                not_applicable(outcome,
                               "the profile says that the target does not have the feature " + std::string(feature));
            } else if (feature == kNativeHistograms && target != nullptr && target->input == suite::Input::kScrape &&
                       !histograms_offered(records)) {
                not_applicable(outcome, "the target scraped text, which has no native histograms");
            } else {
                undecided(outcome, "no " + std::string(subject.one) + " was sent");
            }
        } else {
            pass(outcome, count_text(seen, subject.one, subject.many) + ", none wrong" +
                              (interrupted ? " before the run was interrupted" : ""));
        }
        out.push_back(std::move(outcome));
    }
    // Heads alone are no evidence of a sender: where nothing else was looked at, no run may end well.
    const bool failed = std::any_of(out.begin(), out.end(),
                                    [](const suite::CheckOutcome& o) { return o.verdict == suite::Verdict::kFail; });
    if (sent.requests > 0 && sent.subjects[Subject::kMessage] == 0 && !failed)
        out.push_back(nothing_readable(sent.requests, message));
    return out;
}

}  // namespace prw::sender_suite
