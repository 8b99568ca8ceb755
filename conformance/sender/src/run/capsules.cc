/// Capsules of the suite of senders: which exchanges and which context show what a check found, and the way back.
#include <algorithm>
#include <filesystem>
#include <set>

#include <nlohmann/json.hpp>

#include "capsules.h"
#include "checks/table.h"
#include "evidence/context.h"
#include "prw/sender_suite/runner.h"
#include "prw/sender_suite/sender_suite.h"

namespace prw::sender_suite {
namespace fs = std::filesystem;

namespace {

/// How far around the exchanges that show a failure to look.
enum class Reach : std::uint8_t {
    kShown,    ///< they alone: enough for a rule on one request
    kRelated,  ///< and all attempts with the same data, and their neighbours
    kAll,      ///< and all others of the scenario
};
constexpr std::size_t kNeighboursBefore = 1, kNeighboursAfter = 10;
/// Sources that tell the time of a scrape, when not all can be kept.
constexpr std::size_t kClocks = 20;
constexpr std::size_t kFullContext = 8;  ///< times CapsuleLimits::served_samples, when a smaller one does not do

bool judges_a_rule(const suite::CheckOutcome& outcome) {
    const auto* check = sender_suite().find_check(outcome.id);
    return check != nullptr && !check->rule.empty();
}

/// The record that the outcome's exchanges are from. Several may have played the scenario.
const ScenarioRecord* record_of(const suite::CheckOutcome& check, std::span<const ScenarioRecord> records) {
    const ScenarioRecord* best = nullptr;
    for (const auto& record : records) {
        if (record.scenario != check.scenario || record.capture.empty() ||
            (judged_message(record) != check.message && record.asked != check.message))
            continue;
        const auto& findings = record.observation.findings();
        const bool shows = check.exchanges.empty() ||
                           std::any_of(findings.begin(), findings.end(),
                                       [&](const Observation::SeenFinding& seen) {
                                           return seen.exchange == check.exchanges.front() &&
                                                  rule_check_id(seen.finding.rule) == check.id;
                                       }) ||
                           (!judges_a_rule(check) && judged_message(record) == check.message);
        if (shows) return &record;
        if (best == nullptr) best = &record;
    }
    return best;
}

/// Ids in order of their worth: what comes first is kept first.
std::vector<std::uint64_t> candidates(const ScenarioRecord& record, const suite::CheckOutcome& check, Reach reach) {
    std::vector<std::uint64_t> out = check.exchanges;
    std::set<std::uint64_t> chosen(out.begin(), out.end());
    const auto add = [&](std::uint64_t id) {
        if (chosen.insert(id).second) out.push_back(id);
    };
    if (reach == Reach::kShown) return out;
    const auto& deliveries = record.deliveries();
    std::set<std::pair<std::uint32_t, std::int64_t>> data;
    for (const auto& delivery : deliveries) {
        if (!chosen.contains(delivery.id)) continue;
        for (const auto& sample : delivery.samples) data.emplace(sample.series, sample.timestamp);
    }
    for (const auto& delivery : deliveries) {
        if (std::any_of(delivery.samples.begin(), delivery.samples.end(), [&](const ObservedSample& sample) {
                return data.contains({sample.series, sample.timestamp});
            }))
            add(delivery.id);
    }
    const auto related = chosen;
    for (std::size_t i = 0; i < deliveries.size(); ++i) {
        if (!related.contains(deliveries[i].id)) continue;
        for (std::size_t n = i - std::min(i, kNeighboursBefore); n < i; ++n) add(deliveries[n].id);
        for (std::size_t n = i + 1; n < deliveries.size() && n <= i + kNeighboursAfter; ++n) add(deliveries[n].id);
    }
    return out;
}

/// Sources that the findings are about, and some that tell the time of each scrape.
std::vector<bool> essential_sources(const ScenarioRecord& record, const suite::CheckOutcome& check) {
    const auto& sources = record.observation.sources();
    std::set<std::string_view> series;
    for (const auto& finding : check.findings) series.insert(finding.series);
    std::vector<bool> kept(sources.size());
    std::size_t clocks = 0;
    for (std::size_t i = 0; i < sources.size(); ++i) {
        kept[i] = series.contains(sources[i].text()) ||
                  (sources[i].unique_values && !sources[i].explicit_timestamp && clocks < kClocks);
        if (kept[i] && sources[i].unique_values) ++clocks;
    }
    for (const auto& observed : record.observation.series())
        if (observed.source != kNoSource && series.contains(observed.text)) kept[observed.source] = true;
    return kept;
}

std::size_t served_samples(const ScenarioRecord& record) {
    std::size_t out = 0;
    for (const auto& generation : record.generations)
        out += generation.samples.size() + generation.histograms.size() + generation.exemplars.size();
    return out;
}

suite::Evidence evidence_of(const suite::CheckOutcome& check, const ScenarioRecord& record,
                            const suite::CapsuleLimits& limits) {
    suite::Evidence out;
    out.capture = (fs::path(record.directory) / record.capture).string();
    out.target = record.target.name;
    if (const auto* notes = record.held.get()) out.known_credentials = notes->credentials();
    if (judges_a_rule(check)) out.choices.push_back({candidates(record, check, Reach::kShown)});
    if (!check.exchanges.empty()) out.choices.push_back({candidates(record, check, Reach::kRelated)});
    out.choices.push_back({candidates(record, check, Reach::kAll), true});
    const auto served = served_samples(record);
    if (served > limits.served_samples) out.contexts.push_back(context_json(record, essential_sources(record, check)));
    if (served <= limits.served_samples * (out.contexts.empty() ? 1 : kFullContext))
        out.contexts.push_back(context_json(record));
    return out;
}

}  // namespace

Result<void> write_capsules(std::vector<suite::CheckOutcome>& checks, std::span<const ScenarioRecord> records,
                            const std::string& out, const std::string& tool_version,
                            const suite::CapsuleLimits& limits) {
    const auto of = [&](const suite::CheckOutcome& check,
                        const suite::CapsuleLimits& most) -> std::optional<suite::Evidence> {
        const auto* record = record_of(check, records);
        if (record == nullptr || record->deliveries().empty()) return std::nullopt;
        return evidence_of(check, *record, most);
    };
    return suite::write_capsules(sender_suite(), checks, of, out, tool_version, limits);
}

rules::CheckOptions capsule_check_options(const suite::Capsule& capsule) {
    rules::CheckOptions out;
    const auto context = nlohmann::ordered_json::parse(capsule.context, nullptr, false);
    if (context.is_object() && context.contains("expected_target") && context["expected_target"].is_string())
        out.expected_target = context["expected_target"].get<std::string>();
    if (context.is_object() && context.contains("expected_host") && context["expected_host"].is_string())
        out.expected_host = context["expected_host"].get<std::string>();
    if (context.is_object() && context.contains("peer_is_1x") && context["peer_is_1x"].is_boolean())
        out.peer_is_1x = context["peer_is_1x"].get<bool>();
    return out;
}

Result<std::vector<suite::CheckOutcome>> judge_capsule(const suite::Check& check, const suite::Capsule& capsule,
                                                       std::span<const exchange::Exchange> exchanges) {
    auto record = record_from_context(capsule.context);
    if (!record) return tl::unexpected<Error>(record.error());
    rules::CheckOptions options;
    options.expected_target = record->expected_target;
    options.expected_host = record->expected_host;
    options.peer_is_1x = record->peer_is_1x;
    rules::Checker checker(std::move(options));
    for (const auto& original : exchanges) {
        exchange::Exchange exchange = original;
        std::shared_ptr<const proto::Body> body;
        if (exchange.read_status == proto::ReadStatus::kComplete) {
            checker.options().now_ms = exchange.received_unix_ms;
            exchange.check = checker.check(exchange.raw_head, exchange.payload());
            exchange.decoded = body = checker.take_body();
        }
        record->observation.add(exchange);
    }
    const ScenarioRecord* const records[] = {&*record};
    return check.rule.empty() ? judge(*record, check.id) : judge_rules(records, capsule.message);
}

}  // namespace prw::sender_suite
