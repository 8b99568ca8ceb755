/// Samples of an undisturbed run: each arrives, as it was served, and once.
#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "checks/fidelity.h"
#include "checks/habits.h"
#include "checks/ledger.h"
#include "prw/base/units.h"
#include "steady.h"

namespace prw::sender_suite {
namespace {

std::string served_text(const ServedSample& served) {
    auto out = served.nan ? std::string("NaN") : proto::value_text(served.bits);
    return served.timestamp_ms == 0 ? out : out + " at " + std::to_string(served.timestamp_ms);
}

std::string arrived_text(const FidelityFault& fault) {
    auto out = fault.instead->histogram ? std::string("a histogram") : proto::value_text(fault.instead->bits);
    return fault.served.timestamp_ms == 0 ? out : out + " at " + base::dated(fault.instead->timestamp);
}

/// Scrapes that were served since the sender fell silent; 0: it did not, or not for long enough to tell.
std::uint64_t scraped_in_silence(const ScenarioRecord& record, std::uint64_t last_seen) {
    if (record.exited || record.stop_us == 0 || record.target.input != suite::Input::kScrape) return 0;
    const auto& all = record.deliveries();
    if (record.stop_us - all.back().response_end_us < longest_silence_us(all)) return 0;
    const auto count = std::count_if(record.generations.begin(), record.generations.end(), [&](const Generation& g) {
        return g.complete && !g.failed && g.number > last_seen;
    });
    return count < kScrapesInSilence ? 0 : static_cast<std::uint64_t>(count);
}

/// The name under which a scraped series came that never came under its own; empty: under none. It has its labels and
/// one of the values that were served; a series without labels needs values that no other has.
class Renamed {
public:
    explicit Renamed(const ScenarioRecord& record) : observation_(record.observation) {
        std::set<std::string_view> own;
        for (const auto& source : observation_.sources()) own.insert(source.metric);
        const auto& series = observation_.series();
        for (const auto& delivery : record.deliveries()) {
            for (const auto& sample : delivery.samples) {
                const auto& each = series[sample.series];
                if (each.source == kNoSource && !own.contains(each.metric) && !sample.histogram)
                    values_[sample.series].insert(sample.bits);
            }
        }
    }
    [[nodiscard]] std::string name_of(const ServedSample& served) const {
        const auto& source = observation_.sources()[served.series];
        if (source.labels.empty() && !source.unique_values) return {};
        for (const auto& [series, bits] : values_) {
            const auto& got = observation_.series()[series];
            const bool all = std::all_of(source.labels.begin(), source.labels.end(), [&](const auto& label) {
                return std::find(got.labels.begin(), got.labels.end(), label) != got.labels.end();
            });
            if (all && bits.contains(served.bits)) return got.metric;
        }
        return {};
    }

private:
    const Observation& observation_;
    std::map<std::uint32_t, std::set<std::uint64_t>> values_;  ///< of series that are no source's
};

void judge_fidelity(const ScenarioRecord& record, suite::CheckOutcome& out) {
    const auto& observation = record.observation;
    const auto compared = compare_with_source(record);
    if (compared.first == 0) {
        // Nothing that only we could have served came through: the names or the values are others.
        const bool any = std::any_of(observation.series().begin(), observation.series().end(),
                                     [](const ObservedSeries& s) { return s.source != kNoSource; });
        if (any)
            return miss(out, "the scraped values",
                        "series with the scraped names arrived, none of them with a value that was served");
        return nothing_arrived(record, out);
    }
    evidence(out, "generations", compared.last - compared.first + 1);
    evidence(out, "samples", compared.expected);
    evidence(out, "arrived", compared.found);
    if (const auto lost = scraped_in_silence(record, compared.last_seen); lost > 0) {
        add_finding(out, {},
                    "scrape " + std::to_string(compared.last_seen) + " was the last of which anything arrived; " +
                        std::to_string(lost) + " later ones were served, and nothing was sent any more",
                    record.deliveries().back().id);
        return miss(out, "every sample of every scrape", "the sender went on scraping and stopped sending");
    }
    if (compared.expected == 0)
        return undecided(out, "no complete scrape lies between the first and the last one delivered");
    if (compared.faults.empty()) {
        return pass(out, "all " + count_text(compared.expected, "sample") + " of " +
                             count_text(compared.last - compared.first + 1, "scrape") + " arrived, bit for bit");
    }
    std::uint64_t altered = 0, samples_renamed = 0;
    std::map<std::uint32_t, std::uint64_t> never_came;  // scrapes by source
    std::map<std::uint32_t, std::string> renamed;
    const Renamed names(record);
    for (const auto& fault : compared.faults) {
        const auto& source = observation.sources()[fault.served.series];
        if (fault.never_came) {
            if (auto name = names.name_of(fault.served); !name.empty())
                renamed.try_emplace(fault.served.series, std::move(name));
            ++never_came[fault.served.series];
            continue;
        }
        altered += fault.instead ? 1U : 0U;
        add_finding(out, source.text(),
                    "scrape " + std::to_string(fault.generation) + " served " + served_text(fault.served) + ", " +
                        (fault.instead ? arrived_text(fault) + " arrived" : "nothing arrived"));
    }
    for (const auto& [source, name] : renamed) {
        samples_renamed += never_came[source];
        never_came.erase(source);
    }
    for (const auto& [source, samples] : never_came) {
        add_finding(out, observation.sources()[source].text(),
                    "nothing of " + count_text(samples, "scrape") + " arrived under this name and these labels", 0,
                    "Send every series that was scraped, under the name that it has there.");
    }
    if (samples_renamed == compared.faults.size()) {
        for (const auto& [source, name] : renamed)
            add_finding(out, observation.sources()[source].text(),
                        "came as " + name + ", with the same labels and values", 0,
                        "Where this is on purpose, say `relabels: true` in the profile; else keep the name.");
        const auto got =
            count_text(renamed.size(), "series", "series") + " under another name, the same in every request";
        if (record.target.relabels) return inform(out, got);
        return warn(out, "every scraped series under its name", got);
    }
    std::string got = std::to_string(compared.faults.size() - samples_renamed) + " of " +
                      count_text(compared.expected, "sample") + " did not arrive as served";
    if (!never_came.empty()) got += "; nothing came of " + count_text(never_came.size(), "series", "series");
    if (altered > 0) got += ", " + std::to_string(altered) + " of them with another value";
    miss(out, "every sample of every scrape, bit for bit", got);
}

/// Apart from the other values: senders that most receivers are used to lose it, and it compares equal.
void judge_negative_zero(const ScenarioRecord& record, suite::CheckOutcome& out) {
    const auto all = compare_with_source(record.observation, record.generations, window_of(record),
                                         std::numeric_limits<std::uint64_t>::max());
    evidence(out, "samples with -0", all.negative_zeros);
    if (all.negative_zeros == 0) return undecided(out, "no -0 was scraped");
    if (all.signs.empty())
        return pass(out, count_text(all.negative_zeros, "sample") + " with -0, each arrived with its sign");
    for (const auto& fault : all.signs) {
        add_finding(
            out, record.observation.sources()[fault.served.series].text(),
            "scrape " + std::to_string(fault.generation) + " served -0, 0 arrived", 0,
            "Leave the value field out for the bits 0x0000000000000000 only; a comparison with 0 also drops -0.");
    }
    warn(out, "-0 with its sign bit", "0 in the place of -0, as encoders send that compare the value with 0");
}

void judge_duplicates(const ScenarioRecord& record, suite::CheckOutcome& out) {
    const auto& observation = record.observation;
    Acknowledged acknowledged;
    std::uint64_t repeats = 0, whole = 0, samples = 0, requests = 0;
    const bool own_data = record.target.input == suite::Input::kNone || !record.scraped();
    for (const auto& delivery : record.deliveries()) {
        std::uint64_t seen = 0, counted = 0;
        std::uint64_t shown = 0;
        std::string text, series;
        for (const auto& sample : delivery.samples) {
            // A constant with its first timestamp is sent anew, not sent again.
            if (time_stands(observation, sample.series)) continue;
            ++counted;
            const auto earlier = acknowledged.before(sample, delivery);
            if (earlier == 0) continue;
            ++seen;
            if (shown == 0) {
                shown = earlier;
                series = observation.series()[sample.series].text;
                text = sample_text(observation, sample) + " came in request " + std::to_string(earlier) +
                       ", which was answered 2xx, and again in request " + std::to_string(delivery.id);
            }
        }
        requests += counted > 0 ? 1U : 0U;
        samples += counted;
        if (seen > 0) {
            repeats += seen;
            whole += seen == counted ? 1U : 0U;
            add_finding(out, series, text, delivery.id,
                        "Take a batch off the queue when its request was answered with any 2xx, 204 included.");
        }
        acknowledged.add(delivery);
    }
    evidence(out, "requests", requests);
    evidence(out, "samples", samples);
    if (requests < 2) return undecided(out, "only one request with samples arrived; a repeat needs a second one");
    if (repeats == 0)
        return pass(out, "none of " + count_text(samples, "sample") + " came again after its request was answered 2xx" +
                             without_habitual(observation));
    const std::string got = count_text(repeats, "sample") + " came again after a 2xx";
    if (own_data && whole == 0) {
        // Data with timestamps of its own may be repeated by design; whole requests are not.
        out.findings.clear();
        return inform(out, got + ", none of the requests as a whole");
    }
    evidence(out, "repeated requests", whole);
    miss(out, "no sample again once its request was answered 2xx",
         got + (whole > 0 ? "; " + count_text(whole, "request") + " held nothing else" : ""));
}

constexpr std::array kChecks = {
    BehaviourCheck{
        .id = "sender/fidelity/every-sample-bit-exact",
        .clauses = {"ext.samples.value-bit-exact"},
        .summary = "Every sample that was scraped arrives, with the same bits.",
        .needs = Needs::kSource,
        .judge = judge_fidelity,
        .fix = "Copy the bits of the value and the timestamp that the scrape has, or its own; take no detour through "
               "text.",
    },
    BehaviourCheck{
        .id = "sender/fidelity/negative-zero",
        .clauses = {"ext.samples.value-bit-exact"},
        .summary = "The sign of -0 arrives.",
        .needs = Needs::kSource,
        .judge = judge_negative_zero,
        .fix = "Keep the sign of zero: write the eight bytes of the double as they are.",
    },
    BehaviourCheck{
        .id = "sender/fidelity/no-duplicates",
        .clauses = {"prw1.retries.no-retry-2xx"},
        .summary = "What was answered with 2xx is not sent again.",
        .judge = judge_duplicates,
        .fix = "Send each sample once; send it again only when it was not acknowledged.",
    },
};

}  // namespace

std::span<const BehaviourCheck> sample_checks() { return kChecks; }

}  // namespace prw::sender_suite
