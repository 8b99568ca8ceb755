/// Native histograms: what is in them, custom buckets made of classic ones, and what their reset hints say.
#include <algorithm>
#include <array>
#include <map>
#include <string>

#include "checks/fidelity.h"
#include "checks/histograms.h"
#include "prw/base/units.h"
#include "steady.h"

namespace prw::sender_suite {
namespace {

constexpr std::string_view kFeature = "native_histograms";
constexpr std::uint32_t kReset = 1, kNoReset = 2, kGauge = 3;  // Histogram.ResetHint
/// Histograms behind the first of a series that must all claim a reset without one, before it is no accident: a reset
/// that is outrun by new observations shows in no count.
constexpr std::uint64_t kClaims = 3;

bool offered(const ScenarioRecord& record) {
    return std::any_of(record.generations.begin(), record.generations.end(),
                       [](const Generation& g) { return g.complete && !g.histograms.empty(); });
}

/// Puts the faults into the outcome and ends the judgement.
void finish(const ScenarioRecord& record, const HistogramFidelity& compared, const Fidelity& all,
            const std::string& one, const std::string& many, suite::CheckOutcome& out) {
    evidence(out, "histograms", compared.expected);
    evidence(out, "arrived", compared.found);
    if (compared.expected == 0)
        return undecided(out, "no complete scrape lies between the first and the last one delivered");
    const std::string scrapes = count_text(all.last - all.first + 1, "scrape");
    if (compared.faults.empty())
        return pass(out, "all " + count_text(compared.expected, one, many) + " of " + scrapes + " arrived as served");
    std::uint64_t altered = 0;
    for (const auto& fault : compared.faults) {
        altered += fault.difference.empty() ? 0U : 1U;
        add_finding(out, record.observation.sources()[fault.source].text(),
                    "scrape " + std::to_string(fault.generation) + ": " +
                        (fault.difference.empty() ? "no histogram arrived" : fault.difference),
                    fault.exchange);
    }
    std::string got = std::to_string(compared.faults.size()) + " of " + count_text(compared.expected, one, many) +
                      " of " + scrapes + " did not arrive as served";
    if (altered > 0) got += ", " + std::to_string(altered) + " of them with other contents";
    miss(out, "every " + one + " of every scrape, with all that it holds", got);
}

void judge_native(const ScenarioRecord& record, suite::CheckOutcome& out) {
    const auto compared = compare_with_source(record);
    if (!offered(record))
        return undecided(out, "the target scraped text, which has no native histograms; the protobuf format has");
    const auto& faults = compared.native.faults;
    if (compared.native.expected > 0 && compared.native.found == 0 &&
        std::all_of(faults.begin(), faults.end(), [](const HistogramFault& f) { return f.difference.empty(); })) {
        evidence(out, "histograms", compared.native.expected);
        if (record.target.feature(kFeature, judged_message(record)) == true)
            return miss(out, "the native histograms that were scraped", "none arrived");
        return inform(out, "native histograms were offered, none was sent");
    }
    finish(record, compared.native, compared, "native histogram", "native histograms", out);
}

void judge_custom(const ScenarioRecord& record, suite::CheckOutcome& out) {
    const auto compared = compare_with_source(record);
    if (compared.first == 0) return nothing_arrived(record, out);
    if (compared.custom.expected == 0)
        return not_applicable(out, "the target made no custom buckets of the classic histograms that it scraped");
    finish(record, compared.custom, compared, "histogram with custom buckets", "histograms with custom buckets", out);
}

void judge_hints(const ScenarioRecord& record, suite::CheckOutcome& out) {
    const auto& observation = record.observation;
    struct Entry {
        const proto::Histogram* histogram;
        std::uint64_t exchange;
    };
    std::map<std::uint32_t, std::map<std::int64_t, Entry>> sequences;  // by series and time
    for (const auto& delivery : record.deliveries()) {
        for (const auto& sample : delivery.samples)
            if (const auto* histogram = observation.histogram(sample))
                sequences[sample.series].try_emplace(sample.timestamp, Entry{histogram, delivery.id});
    }
    std::uint64_t histograms = 0, resets = 0, gauges = 0, faults = 0;
    for (const auto& [series, sequence] : sequences) {
        const auto source = observation.series()[series].source;
        const auto family = source == kNoSource ? record.families.size() : observation.sources()[source].family;
        const bool known = family < record.families.size();
        const bool gauge = known && record.families[family].type == "gaugehistogram";
        const proto::Histogram* before = nullptr;
        std::uint64_t claims = 0, behind_first = 0;
        for (const auto& [timestamp, entry] : sequence) {
            ++histograms;
            const auto& now = *entry.histogram;
            const bool less = before != nullptr && fell(*before, now);
            if (before != nullptr) {
                ++behind_first;
                const bool anew = less || before->start_timestamp != now.start_timestamp;
                claims += now.reset_hint == kReset && !anew ? 1U : 0U;
            }
            before = entry.histogram;
            gauges += gauge ? 1U : 0U;
            std::string problem;
            if (gauge && now.reset_hint != kGauge) {
                problem = "a gauge histogram without the hint GAUGE: its falling counts would be taken for resets";
            } else if (known && !gauge && now.reset_hint == kGauge) {
                problem = "the hint GAUGE on a histogram that counts: its resets would go unnoticed";
            } else if (!gauge && now.reset_hint != kGauge) {
                resets += less ? 1U : 0U;
                if (less && now.reset_hint == kNoReset)
                    problem = "the hint NO, though counts are lower than those of the histogram before";
            }
            if (problem.empty()) continue;
            ++faults;
            add_finding(out, observation.series()[series].text, problem + " (at " + base::dated(timestamp) + ")",
                        entry.exchange);
        }
        if (claims >= kClaims && claims == behind_first) {
            ++faults;
            add_finding(out, observation.series()[series].text,
                        "the hint YES on each of " + count_text(claims, "histogram") +
                            ", though no count fell and no start changed",
                        sequence.rbegin()->second.exchange);
        }
    }
    evidence(out, "histograms", histograms);
    evidence(out, "resets", resets);
    evidence(out, "of gauges", gauges);
    if (histograms == 0) return undecided(out, "no native histogram arrived");
    if (faults > 0)
        return miss(out, "reset hints that are true, or none", count_text(faults, "histogram") + " with another hint");
    if (resets + gauges == 0) return undecided(out, "no histogram was reset, and none is a gauge");
    pass(out, count_text(resets, "reset") + " and " + count_text(gauges, "gauge histogram") + " in " +
                  count_text(histograms, "histogram") + ", no hint is wrong");
}

// Practice, as for samples: what the specification says of histograms is about their form.

constexpr std::array kChecks = {
    BehaviourCheck{
        .id = "sender/fidelity/native-histograms",
        .clauses = {"ext.samples.value-bit-exact"},
        .summary =
            "Every native histogram that was scraped arrives, with its schema, count, sum, zero bucket and buckets.",
        .needs = Needs::kSource,
        .feature = kFeature,
        .judge = judge_native,
        .fix = "Copy what was scraped: the schema, the counts as integers or floats, the zero threshold; spans may be "
               "merged.",
    },
    BehaviourCheck{
        .id = "sender/fidelity/custom-buckets",
        .clauses = {"ext.samples.value-bit-exact"},
        .summary = "Custom buckets made of a classic histogram have its bounds and counts.",
        .needs = Needs::kSource,
        .feature = kFeature,
        .judge = judge_custom,
        .fix = "The bounds are those of le without +Inf; each bucket is its cumulative count less that of the bound "
               "before.",
    },
    BehaviourCheck{
        .id = "sender/fidelity/reset-hints",
        .clauses = {"ext.histogram.reset-hint-truthful"},
        .summary =
            "Reset hints are true: NO only where no count fell, YES not on each, GAUGE on gauge histograms and on no "
            "others.",
        .feature = kFeature,
        .judge = judge_hints,
        .fix = "Send UNKNOWN unless you have compared with the histogram before; send GAUGE for what was scraped as a "
               "gauge histogram.",
    },
};

}  // namespace

std::span<const BehaviourCheck> histogram_checks() { return kChecks; }

}  // namespace prw::sender_suite
