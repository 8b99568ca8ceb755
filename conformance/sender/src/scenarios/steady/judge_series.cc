/// Series of an undisturbed run: whole label sets, and samples in order.
#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "prw/base/units.h"
#include "steady.h"

namespace prw::sender_suite {
namespace {

/// What became of a scraped label set on the way: "code is missing; method="GET" came as verb="GET"".
std::string changes_of(const SourceIdentity& source, const ObservedSeries& series) {
    std::string out;
    for (const auto& [name, value] : source.labels) {
        if (value.empty()) continue;
        const auto same_name = std::find_if(series.labels.begin(), series.labels.end(),
                                            [&, &wanted = name](const auto& l) { return l.first == wanted; });
        if (same_name != series.labels.end()) {
            if (same_name->second != value)
                add_word(out, name + "=\"" + value + "\" came as " + name + "=\"" + same_name->second + "\"", "; ");
            continue;
        }
        const auto renamed =
            std::find_if(series.labels.begin(), series.labels.end(), [&, &wanted = value](const auto& l) {
                return l.second == wanted && std::none_of(source.labels.begin(), source.labels.end(),
                                                          [&](const auto& own) { return own.first == l.first; });
            });
        if (renamed != series.labels.end())
            add_word(out, name + "=\"" + value + "\" came as " + renamed->first + "=\"" + value + "\"", "; ");
        else
            add_word(out, name + " is missing", "; ");
    }
    return out;
}

/// The scraped series that an unknown label set most likely is; of equals the first that nothing came of as it is.
std::uint32_t likely_source(const std::vector<SourceIdentity>& sources, const ObservedSeries& series,
                            const std::vector<bool>& taken) {
    std::uint32_t best = kNoSource;
    std::pair<bool, std::size_t> most{false, 0};  // free, labels alike
    for (std::uint32_t i = 0; i < sources.size(); ++i) {
        if (sources[i].metric != series.metric) continue;
        const auto alike = std::count_if(series.labels.begin(), series.labels.end(), [&](const auto& label) {
            return std::find(sources[i].labels.begin(), sources[i].labels.end(), label) != sources[i].labels.end();
        });
        const std::pair score{!taken[i], static_cast<std::size_t>(alike)};
        if (best == kNoSource || score > most) {
            best = i;
            most = score;
        }
    }
    return best;
}

/// What a series is called may be changed on the way by right (relabelling); a label set that is not the same in every
/// request, or that lacks labels in some, only the writing can explain.
void judge_complete_set(const ScenarioRecord& record, suite::CheckOutcome& out) {
    const auto& observation = record.observation;
    const auto& sources = observation.sources();
    std::map<std::uint32_t, std::vector<std::uint32_t>> forms;  // source → the label sets that it came under
    std::vector<bool> taken(sources.size());
    std::vector<std::pair<std::uint32_t, std::uint32_t>> spelled;  // series → source, with a number written otherwise
    for (std::uint32_t i = 0; i < observation.series().size(); ++i) {
        const auto& series = observation.series()[i];
        if (series.source == kNoSource) continue;
        forms[series.source].push_back(i);
        taken[series.source] = true;
        for (const auto& label : sources[series.source].labels) {
            const bool number = label.first == "le" || label.first == "quantile";
            if (number && std::find(series.labels.begin(), series.labels.end(), label) == series.labels.end())
                spelled.emplace_back(i, series.source);
        }
    }
    std::vector<std::pair<std::uint32_t, std::uint32_t>> changed;  // series → source
    for (std::uint32_t i = 0; i < observation.series().size(); ++i) {
        const auto& series = observation.series()[i];
        if (series.source != kNoSource) continue;
        const auto source = likely_source(sources, series, taken);
        if (source == kNoSource) continue;
        forms[source].push_back(i);
        if (!taken[source]) changed.emplace_back(i, source);
        taken[source] = true;
    }
    std::uint64_t judged = 0, faults = 0;
    for (const auto& [source, list] : forms) {
        judged += list.size();
        if (list.size() < 2) continue;
        ++faults;
        const auto changes = changes_of(sources[source], observation.series()[list[1]]);
        add_finding(out, observation.series()[list[1]].text,
                    "one scraped series arrived under " + std::to_string(list.size()) + " label sets, also as " +
                        observation.series()[list[0]].text + (changes.empty() ? "" : ": " + changes),
                    0, "Send every label with every TimeSeries; nothing carries over from an earlier request.");
    }
    evidence(out, "series", judged);
    if (judged == 0) return nothing_arrived(record, out);
    if (faults > 0)
        return miss(out, "each series with all its labels, in every request",
                    count_text(faults, "series", "series") + " under label sets that are not complete or not constant");
    if (!changed.empty()) {
        for (const auto& [series, source] : changed)
            add_finding(out, observation.series()[series].text,
                        changes_of(sources[source], observation.series()[series]), 0,
                        "Where this is on purpose, say `relabels: true` in the profile; else send labels as they were "
                        "scraped.");
        const std::string got = count_text(changed.size(), "series", "series") + " of " + std::to_string(judged) +
                                " with changed labels, the same in every request, as relabelling does";
        if (record.target.relabels) return inform(out, got);
        return warn(out, "each series with the labels that were scraped", got);
    }
    if (!spelled.empty()) {
        for (const auto& [series, source] : spelled)
            add_finding(out, observation.series()[series].text,
                        changes_of(sources[source], observation.series()[series]));
        return inform(
            out, count_text(spelled.size(), "series", "series") +
                     " with a number written in another way than it was scraped: the same bound, and another series "
                     "for who compares texts");
    }
    pass(out,
         count_text(judged, "scraped series", "scraped series") + " arrived with all labels, always with the same");
}

void judge_job_instance(const ScenarioRecord& record, suite::CheckOutcome& out) {
    std::set<std::string> kinds;
    std::map<std::string, std::string> example;
    std::uint64_t judged = 0;
    for (const auto& series : record.observation.series()) {
        if (series.source == kNoSource) continue;
        const auto& own = record.observation.sources()[series.source].labels;
        if (std::any_of(own.begin(), own.end(),
                        [](const auto& l) { return l.first == "job" || l.first == "instance"; }))
            continue;
        std::string kind;
        for (const auto& [name, value] : series.labels) {
            if (name == "job" || name == "instance") kind += name + "=\"" + value + "\" ";
        }
        ++judged;
        kinds.insert(kind);
        example.try_emplace(kind, series.text);
    }
    evidence(out, "series", judged);
    if (judged == 0) return nothing_arrived(record, out);
    if (kinds.size() == 1)
        return pass(out, kinds.begin()->empty()
                             ? "none of " + count_text(judged, "series", "series") + " has job or instance"
                             : "all " + count_text(judged, "series", "series") + " have " + *kinds.begin());
    for (const auto& [kind, series] : example)
        add_finding(out, series, kind.empty() ? "has neither job nor instance" : "has " + kind);
    miss(out, "job and instance on all series of a target, or on none",
         std::to_string(kinds.size()) + " different combinations of job and instance");
}

/// Across requests: what was acknowledged is never followed by something older of the same series.
void judge_order(const ScenarioRecord& record, suite::CheckOutcome& out) {
    const auto& observation = record.observation;
    struct Last {
        std::int64_t timestamp;
        std::uint64_t exchange;
    };
    std::unordered_map<std::uint32_t, Last> last;
    std::set<ObservedSample> seen;
    std::uint64_t pairs = 0, faults = 0;
    for (const auto& delivery : record.deliveries()) {
        for (const auto& sample : delivery.samples) {
            const auto found = last.find(sample.series);
            if (found != last.end()) {
                ++pairs;
                // The same datum again is a repeat, not disorder.
                if (sample.timestamp < found->second.timestamp && !seen.contains(sample)) {
                    ++faults;
                    add_finding(out, observation.series()[sample.series].text,
                                "timestamp " + base::dated(sample.timestamp) + " in request " +
                                    std::to_string(delivery.id) + " after " + base::dated(found->second.timestamp) +
                                    " in request " + std::to_string(found->second.exchange),
                                delivery.id,
                                "Keep all samples of a series on one queue, and send that queue's batches one after "
                                "the other.");
                }
            }
            seen.insert(sample);
            if (!delivery.acknowledged()) continue;
            auto& entry = last.try_emplace(sample.series, Last{sample.timestamp, delivery.id}).first->second;
            if (sample.timestamp > entry.timestamp) entry = {sample.timestamp, delivery.id};
        }
    }
    evidence(out, "series", observation.series().size());
    evidence(out, "pairs of samples", pairs);
    if (pairs == 0) return undecided(out, "no series had more than one sample");
    if (faults == 0) return pass(out, "all " + count_text(pairs, "pair") + " of successive samples are in order");
    miss(out, "timestamps of a series that never go back",
         count_text(faults, "sample") + " older than one of the same series that had been acknowledged");
}

void judge_unique_timestamps(const ScenarioRecord& record, suite::CheckOutcome& out) {
    const auto& observation = record.observation;
    std::map<std::pair<std::uint32_t, std::int64_t>, std::pair<ObservedSample, std::uint64_t>> values;
    std::uint64_t samples = 0, faults = 0;
    for (const auto& delivery : record.deliveries()) {
        for (const auto& sample : delivery.samples) {
            ++samples;
            const auto [entry, added] = values.try_emplace({sample.series, sample.timestamp}, sample, delivery.id);
            if (added || entry->second.first == sample) continue;
            ++faults;
            add_finding(out, observation.series()[sample.series].text,
                        "two values at " + base::dated(sample.timestamp) + ": " +
                            sample_text(observation, entry->second.first) + " in request " +
                            std::to_string(entry->second.second) + ", " + sample_text(observation, sample) +
                            " in request " + std::to_string(delivery.id),
                        delivery.id);
        }
    }
    evidence(out, "samples", samples);
    if (samples < 2) return undecided(out, "only one sample arrived");
    if (faults == 0) return pass(out, count_text(samples, "sample") + ", no series has two values at one timestamp");
    miss(out, "one value for a timestamp of a series",
         count_text(faults, "sample") + " with another value at the same timestamp");
}

constexpr std::array kChecks = {
    BehaviourCheck{
        .id = "sender/labels/complete-set",
        .clauses = {"prw1.labels.complete-set", "prw2.labels.complete-set"},
        .summary = "Every series carries all its labels in every request.",
        .needs = Needs::kSource,
        .judge = judge_complete_set,
        .fix = "Send every label of a series with every sample.",
    },
    BehaviourCheck{
        .id = "sender/labels/job-instance-consistent",
        .clauses = {"ext.labels.job-instance-consistent"},
        .summary = "job and instance are on all series of a scraped target, or on none.",
        .needs = Needs::kSource,
        .judge = judge_job_instance,
        .fix = "Give all series of one target the same job and instance.",
    },
    BehaviourCheck{
        .id = "sender/ordering/per-series",
        .clauses = {"prw1.ordering.per-series-timestamp-order", "prw2.samples.timestamp-order",
                    "prw1.scope.sharding-order", "prw2.scope.sharding-order"},
        .summary = "Samples of one series leave the sender in the order of their timestamps, across requests too.",
        .judge = judge_order,
        .fix = "Send the samples of a series in the order of their timestamps, from one queue.",
    },
    BehaviourCheck{
        .id = "sender/ordering/unique-timestamps",
        .clauses = {"ext.samples.unique-timestamps"},
        .summary = "A series never has two values for one timestamp.",
        .judge = judge_unique_timestamps,
        .fix = "Send one value for each series and timestamp; two sources of one series need a label that tells them "
               "apart.",
    },
};

}  // namespace

std::span<const BehaviourCheck> series_checks() { return kChecks; }

}  // namespace prw::sender_suite
