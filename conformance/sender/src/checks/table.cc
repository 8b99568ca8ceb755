#include "table.h"

#include <algorithm>

#include "prw/base/units.h"
#include "prw/proto/model.h"
#include "prw/rules/finding.h"
#include "prw/rules/rule_ids.h"
#include "run/pace.h"
#include "scenarios/scenario.h"

namespace prw::sender_suite {
namespace {

/// Looks at nothing until a request is refused.
constexpr std::int64_t kSlowUs = 1'000'000;  // of a cadence, us

/// True when the profile's word decides. What a MUST asks for is no feature to be without: such a deviation belongs
/// into a file of expectations.
bool without_feature(const ScenarioRecord& record, std::string_view feature, proto::Level level) {
    if (feature.empty() || record.target.feature(feature, judged_message(record)) != false) return false;
    const auto& names = suite::feature_names();
    const auto known = std::find_if(names.begin(), names.end(), [&](const auto& each) { return each.name == feature; });
    return suite::soft(level) || known == names.end() || known->optional;
}

template <typename Visit>
void for_each_check(const Scenario& scenario, Visit visit) {
    for (const auto& group : scenario.checks)
        for (const auto& check : group) visit(check);
}

/// The sender was told to send one message, and sent nothing but the other. What it did then says nothing about the
/// one.
bool only_the_other(const ScenarioRecord& record) {
    if (!record.target.told_message()) return false;
    bool any = false;
    for (const auto& delivery : record.deliveries()) {
        if (delivery.message == record.asked || delivery.declared == record.asked) return false;
        any = any || delivery.decoded;
    }
    return any;
}

/// True when there is nothing left to judge; the outcome says why.
bool settled(const ScenarioRecord& record, const Scenario& scenario, const BehaviourCheck& check,
             suite::CheckOutcome& out) {
    if (without_feature(record, check.feature, out.level)) {
        not_applicable(out, "the profile says that the target does not have the feature " + std::string(check.feature));
        return true;
    }
    const bool own_data = record.target.input == suite::Input::kNone ||
                          (record.target.input == suite::Input::kUnknown && !record.scraped());
    if (check.needs != Needs::kSamples && own_data && !record.deliveries().empty()) {
        not_applicable(out, "the target sends data of its own and did not scrape what we offered");
        return true;
    }
    if (scenario.rereads && record.target.input == suite::Input::kStdin) {
        not_applicable(out, "the target reads its input once, so that nothing can disappear from it");
        return true;
    }
    if (check.needs == Needs::kScrape && record.scraped() && !record.target_broke) return false;
    if (record.deliveries().empty()) {
        if (record.target_broke) {
            out.verdict = suite::Verdict::kError;
            out.reason = record.problem;
        } else {
            undecided(out, record.problem.empty() ? "no request arrived" : record.problem);
        }
        return true;
    }
    if (check.id != kMessageAsAsked && only_the_other(record)) {
        undecided(out, "asked for " + std::string(proto::short_name(record.asked)) +
                           ", the sender sent nothing but the other message");
        return true;
    }
    const bool samples = std::any_of(record.deliveries().begin(), record.deliveries().end(),
                                     [](const Delivery& d) { return !d.samples.empty(); });
    if (!samples) {
        undecided(out, "no request with samples arrived that could be decoded");
        return true;
    }
    if (check.needs == Needs::kSource && !record.scraped()) {
        undecided(out, "the target never scraped what we offered");
        return true;
    }
    return false;
}

/// What might decide a check that was given up; empty where waiting has not been the matter.
std::string more_patience_text(const ScenarioRecord& record) {
    if (!record.gave_up || record.interrupted || record.deliveries().empty()) return {};
    std::string out = " in " + std::to_string((record.duration_ms + 500) / 1000) + " s";
    if (const auto cadence = cadence_us(record.observation); cadence && *cadence >= kSlowUs)
        out += ", with new data every " + seconds_text(*cadence);
    return out + "; --patience " + proto::value_text(proto::to_bits(record.target.patience * 2)) + " waits longer";
}

}  // namespace

std::string rule_check_id(std::string_view rule) { return std::string(kRole) + "/" + std::string(rule); }

const std::vector<suite::Check>& all_checks() {
    static const std::vector<suite::Check> kChecks = [] {
        std::vector<suite::Check> out;
        for (const auto& scenario : scenarios()) {
            for_each_check(scenario, [&](const BehaviourCheck& check) {
                out.push_back(suite::check_row(check.id, scenario.name, check.clauses, check.summary, check.fix));
            });
        }
        suite::Check runs;
        runs.id = kTargetRuns;
        runs.scenario = kSteady;
        runs.summary = kTargetRunsSummary;
        runs.fix = "What the target printed is in its log, which the report names: it says why the target ended.";
        out.push_back(std::move(runs));
        for (const auto* rule : rules::all_rules()) {
            suite::Check row;
            row.id = rule_check_id(rule->id);
            row.scenario = kSteady;
            row.clauses.assign(rule->clauses.begin(), rule->clauses.end());
            row.level = suite::level_of(row.clauses);
            row.summary = rule->summary;
            row.rule = rule->id;
            if (rule->id == rules::rule_id::kRetryAttempt) row.scenarios = {std::string(kOutage)};
            out.push_back(std::move(row));
        }
        return out;
    }();
    return kChecks;
}

proto::ProtobufMessage judged_message(const ScenarioRecord& record) {
    if (record.target.told_message()) return record.asked;
    for (const auto& delivery : record.deliveries()) {
        if (delivery.decoded) return delivery.message;
    }
    return record.asked;
}

std::vector<suite::CheckOutcome> judge(const ScenarioRecord& record, std::string_view only) {
    std::vector<suite::CheckOutcome> out;
    const auto* scenario = find_scenario(record.scenario);
    if (scenario == nullptr) return out;
    const auto message = judged_message(record);
    for_each_check(*scenario, [&](const BehaviourCheck& check) {
        if (!only.empty() && check.id != only) return;
        auto opened = suite::open_outcome(check.id, record.scenario, check.clauses, check.summary, message);
        if (!opened) return;
        auto& outcome = *opened;
        outcome.duration_ms = record.duration_ms;
        if (!settled(record, *scenario, check, outcome)) check.judge(record, outcome);
        for (auto& finding : outcome.findings)
            if (finding.fix.empty()) finding.fix = check.fix;
        if (outcome.verdict == suite::Verdict::kInconclusive) outcome.reason += more_patience_text(record);
        // What is not there may only mean that we stopped looking.
        if (record.interrupted && outcome.verdict != suite::Verdict::kNotApplicable) {
            outcome.verdict = suite::Verdict::kInconclusive;
            outcome.reason = record.problem + " before this could be judged";
            outcome.findings.clear();
        }
        out.push_back(std::move(outcome));
    });
    return out;
}

void nothing_arrived(const ScenarioRecord& record, suite::CheckOutcome& out) {
    std::string reason = "no scraped series arrived under its name";
    const auto whole = std::count_if(record.generations.begin(), record.generations.end(),
                                     [](const Generation& g) { return g.complete && !g.failed; });
    if (whole == 0)
        reason += ": none of " + count_text(record.generations.size(), "scrape") +
                  " was read to its end; is the time allowed for one too short?";
    undecided(out, std::move(reason));
}

std::string list_of(const std::set<int>& statuses) {
    std::string out;
    for (const int status : statuses) add_word(out, std::to_string(status));
    return out;
}

std::string sample_text(const Observation& observation, const ObservedSample& sample) {
    const auto& series = observation.series()[sample.series].text;
    return series + " = " + (sample.histogram ? "a histogram" : proto::value_text(sample.bits)) + " at " +
           base::dated(sample.timestamp);
}

bool dictated(const Observation& observation, const ObservedSample& sample) {
    const auto source = observation.series()[sample.series].source;
    return (source != kNoSource && observation.sources()[source].explicit_timestamp) ||
           observation.habits().comes_again(sample.series);
}

std::string ending_text(const ScenarioRecord& record) {
    return record.exited ? "the program " + *record.exited : std::string("the program went on running");
}

bool one_shot(const ScenarioRecord& record) { return record.exited && record.target.input != suite::Input::kScrape; }

}  // namespace prw::sender_suite
