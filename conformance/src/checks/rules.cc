/// The request rules as checks: all findings of one rule over everything that was sent, and a pass only where the
/// situation arose.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "checks/table.h"
#include "prw/proto/model.h"
#include "prw/receiver/finding.h"

namespace prw::conformance {
namespace {

constexpr std::size_t kFindings = 5;
constexpr std::string_view kTypeRule = "metadata/type-provided";

/// What must have been sent for a rule to have had anything to look at.
enum class Arises : std::uint8_t {
    kRequest,
    kSeries,
    kSamples,
    kHistograms,
    kExemplars,
    kMetadata,
    kNan,
    kBuckets,
    kQuantiles,
    kRetry,
    kTowards1x  ///< a fallback: what the receiver accepted
};

struct Situation {
    std::string_view prefix;
    Arises arises;
    std::string_view missing;
};
/// The first row whose prefix fits decides.
constexpr std::array<Situation, 22> kSituations = {{
    {"headers/version-1x-receiver", Arises::kTowards1x, "no request in 1.0 was sent to a receiver of 1.0"},
    {"negotiation/content-type-1x-receiver", Arises::kTowards1x, "no request in 1.0 was sent to a receiver of 1.0"},
    {"headers/retry-attempt", Arises::kRetry, "no request was refused"},
    {"labels/le-float", Arises::kBuckets, "no series with the suffix _bucket was sent"},
    {"labels/quantile-float", Arises::kQuantiles, "no series with a label quantile was sent"},
    {"samples/stale-marker-bits", Arises::kNan, "no NaN was sent"},
    {"samples/canonical-nan", Arises::kNan, "no NaN was sent"},
    {"samples/counter-", Arises::kMetadata, "no metadata was sent that tells counters"},
    {"symbols/exemplar-", Arises::kExemplars, "no exemplar was sent"},
    {"symbols/metadata-", Arises::kMetadata, "no metadata was sent"},
    {"wire/v1-metadata", Arises::kMetadata, "no metadata was sent"},
    {"wire/v1-extension-shape", Arises::kMetadata, "no metadata was sent"},
    {"wire/v1-custom-buckets", Arises::kHistograms, "no native histogram was sent"},
    {"wire/timestamp", Arises::kSamples, "no sample was sent"},
    {"wire/value", Arises::kSamples, "no sample was sent"},
    {"labels/", Arises::kSeries, "no series was sent"},
    {"symbols/", Arises::kSeries, "no series was sent"},
    {"samples/", Arises::kSamples, "no sample was sent"},
    {"series/", Arises::kSeries, "no series was sent"},
    {"histograms/", Arises::kHistograms, "no native histogram was sent"},
    {"exemplars/", Arises::kExemplars, "no exemplar was sent"},
    {"metadata/", Arises::kMetadata, "no metadata was sent"},
}};

struct Sent {
    std::uint64_t requests = 0, decoded = 0, series = 0, samples = 0, histograms = 0, exemplars = 0, metadata = 0,
                  nans = 0, buckets = 0, quantiles = 0, refused = 0, towards_1x = 0;
};

Sent sum(std::span<const ScenarioRecord* const> records, proto::ProtobufMessage message) {
    Sent out;
    for (const auto* record : records) {
        for (const auto& delivery : record->deliveries()) {
            if (delivery.message != message || delivery.provoked) continue;
            ++out.requests;
            out.decoded += delivery.decoded ? 1U : 0U;
            out.series += delivery.series;
            out.exemplars += delivery.exemplars;
            out.metadata += delivery.metadata;
            out.histograms += delivery.histograms;
            out.towards_1x += record->peer_is_1x && delivery.message == proto::ProtobufMessage::kV1 ? 1U : 0U;
            out.refused += delivery.status >= 500 ? 1U : 0U;
            for (const auto& sample : delivery.samples) {
                out.samples += sample.histogram ? 0U : 1U;
                const auto& series = record->observation.series()[sample.series];
                out.nans += !sample.histogram && std::isnan(proto::from_bits(sample.bits)) ? 1U : 0U;
                out.buckets += series.metric.ends_with("_bucket") ? 1U : 0U;
                out.quantiles += std::any_of(series.labels.begin(), series.labels.end(),
                                             [](const auto& l) { return l.first == "quantile"; })
                                     ? 1U
                                     : 0U;
            }
        }
    }
    return out;
}

std::uint64_t amount(const Sent& sent, Arises arises) {
    switch (arises) {
        case Arises::kRequest:
            return sent.requests;
        case Arises::kSeries:
            return sent.series;
        case Arises::kSamples:
            return sent.samples;
        case Arises::kHistograms:
            return sent.histograms;
        case Arises::kExemplars:
            return sent.exemplars;
        case Arises::kMetadata:
            return sent.metadata;
        case Arises::kNan:
            return sent.nans;
        case Arises::kBuckets:
            return sent.buckets;
        case Arises::kQuantiles:
            return sent.quantiles;
        case Arises::kRetry:
            return sent.refused;
        case Arises::kTowards1x:
            return sent.towards_1x;
    }
    return 0;
}

std::string_view feature_of(Arises arises) {
    if (arises == Arises::kHistograms) return "native_histograms";
    if (arises == Arises::kExemplars) return "exemplars";
    if (arises == Arises::kMetadata) return "metadata";
    return {};
}

bool histograms_offered(std::span<const ScenarioRecord* const> records) {
    return std::any_of(records.begin(), records.end(), [](const ScenarioRecord* record) {
        return std::any_of(record->generations.begin(), record->generations.end(),
                           [](const Generation& g) { return g.complete && !g.histograms.empty(); });
    });
}

/// The rule's clauses under this message; empty when the rule says nothing about it.
std::vector<std::string> rule_clauses(const receiver::Rule& rule, proto::ProtobufMessage message) {
    const std::string_view own = message == proto::ProtobufMessage::kV1 ? "prw1." : "prw2.";
    bool any_spec = false, any_own = false;
    for (const auto id : rule.clauses) {
        any_spec = any_spec || id.starts_with("prw");
        any_own = any_own || id.starts_with(own);
    }
    std::vector<std::string> out;
    if (any_spec && !any_own) return out;
    if (!any_spec && message == proto::ProtobufMessage::kV1 && rule.id.starts_with("symbols/")) return out;
    for (const auto id : rule.clauses) {
        if (id.starts_with(own) || id.starts_with("ext.")) out.emplace_back(id);
    }
    return out;
}

const Situation* situation_of(std::string_view rule) {
    const auto* found = std::find_if(kSituations.begin(), kSituations.end(),
                                     [&](const Situation& s) { return rule.starts_with(s.prefix); });
    return found == kSituations.end() ? nullptr : found;
}

/// Puts the findings of one rule into the outcome, the worst first, from the record that shows the worst.
std::uint64_t collect(const receiver::Rule& rule, std::span<const ScenarioRecord* const> records,
                      proto::ProtobufMessage message, CheckOutcome& out, receiver::Severity& worst) {
    std::uint64_t total = 0, requests = 0;
    const ScenarioRecord* shown = nullptr;
    for (const auto* record : records) {
        const auto count = record->observation.rule_counts().find({std::string(rule.id), message});
        if (count == record->observation.rule_counts().end()) continue;
        total += count->second.findings;
        requests += count->second.requests;
        auto severity = receiver::Severity::kInfo;
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

/// True when every metric that was found without a type never has one, from a sender that states the types of others:
/// then the source states none. A request with little in it does not show that.
bool untyped_at_source(std::span<const ScenarioRecord* const> records) {
    bool any = false;
    for (const auto* record : records) {
        const auto& typed = record->observation.metric_types().typed;
        any = any || !typed.empty();
        for (const auto* other : records) {
            const auto& untyped = other->observation.metric_types().untyped;
            if (std::any_of(untyped.begin(), untyped.end(), [&](const auto& name) { return typed.contains(name); }))
                return false;
        }
    }
    return any;
}

}  // namespace

std::vector<CheckOutcome> judge_rules(std::span<const ScenarioRecord* const> records, proto::ProtobufMessage message) {
    std::vector<CheckOutcome> out;
    const Sent sent = sum(records, message);
    const bool interrupted =
        std::any_of(records.begin(), records.end(), [](const ScenarioRecord* r) { return r->interrupted; });
    const Target* target = records.empty() ? nullptr : &records.front()->target;
    for (const auto* rule : receiver::all_rules()) {
        const auto* situation = situation_of(rule->id);
        const auto arises = situation != nullptr ? situation->arises : Arises::kRequest;
        // 1.0 requests of senders of 2.0: a matter of both, reported where the requests are.
        const bool of_fallbacks = arises == Arises::kTowards1x;
        if (of_fallbacks && message == proto::ProtobufMessage::kV2) continue;
        CheckOutcome outcome;
        outcome.clauses = of_fallbacks ? std::vector<std::string>(rule->clauses.begin(), rule->clauses.end())
                                       : rule_clauses(*rule, message);
        outcome.message = message;
        auto worst = receiver::Severity::kInfo;
        const auto findings = collect(*rule, records, message, outcome, worst);
        if (findings > 0 && rule->id == kTypeRule && untyped_at_source(records)) {
            worst = receiver::Severity::kInfo;
            for (auto& finding : outcome.findings) finding.severity = worst;
        }
        if (outcome.clauses.empty() && findings == 0) continue;
        if (outcome.clauses.empty()) outcome.clauses = outcome.findings.front().clauses;
        outcome.id = "sender/" + std::string(rule->id);
        outcome.summary = rule->summary;
        if (outcome.scenario.empty()) outcome.scenario = kSteady;
        const auto* clause = outcome.clauses.empty() ? nullptr : proto::find_clause(outcome.clauses.front());
        if (clause != nullptr) outcome.level = clause->level;
        outcome.extension = std::all_of(outcome.clauses.begin(), outcome.clauses.end(),
                                        [](const std::string& id) { return id.starts_with("ext."); });
        const auto seen = amount(sent, arises);
        evidence(outcome, "requests", sent.requests);
        evidence(outcome, "series", sent.series);
        if (findings > 0) {
            const auto& first = outcome.findings.front();
            outcome.verdict = worst == receiver::Severity::kFail   ? Verdict::kFail
                              : worst == receiver::Severity::kWarn ? Verdict::kWarn
                                                                   : Verdict::kInfo;
            outcome.reason = first.message;
            outcome.want = rule->summary;
            outcome.got = first.message;
        } else if (sent.requests == 0) {
            const bool broke =
                std::all_of(records.begin(), records.end(), [](const ScenarioRecord* r) { return r->target_broke; });
            if (broke && !records.empty()) {
                outcome.verdict = Verdict::kError;
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
            const auto feature = feature_of(arises);
            if (target != nullptr && !feature.empty() && target->feature(feature, message) == false) {
                not_applicable(outcome,
                               "the profile says that the target does not have the feature " + std::string(feature));
            } else if (arises == Arises::kHistograms && target != nullptr && target->input == Input::kScrape &&
                       !histograms_offered(records)) {
                not_applicable(outcome, "the target scraped text, which has no native histograms");
            } else {
                undecided(outcome, situation != nullptr ? std::string(situation->missing) : "no request arrived");
            }
        } else if (sent.decoded == 0 && arises != Arises::kRequest) {
            undecided(outcome, "no request could be decoded");
        } else {
            pass(outcome, "nothing to find in " + count_text(sent.requests, "request") +
                              (interrupted ? " before the run was interrupted" : ""));
        }
        out.push_back(std::move(outcome));
    }
    return out;
}

}  // namespace prw::conformance
