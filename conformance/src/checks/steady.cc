/// Checks on an undisturbed run: fidelity, order, label sets, connections.
#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <unordered_map>

#include "checks/connections.h"
#include "checks/fidelity.h"
#include "checks/habits.h"
#include "checks/ledger.h"
#include "checks/table.h"
#include "prw/base/units.h"
#include "prw/proto/model.h"

namespace prw::conformance {
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
    if (record.exited || record.stop_us == 0 || record.target.input != Input::kScrape) return 0;
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

void judge_fidelity(const ScenarioRecord& record, CheckOutcome& out) {
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
void judge_negative_zero(const ScenarioRecord& record, CheckOutcome& out) {
    const auto all = compare_with_source(record.observation, record.generations, record.window == 0 ? 1 : record.window,
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

void judge_duplicates(const ScenarioRecord& record, CheckOutcome& out) {
    const auto& observation = record.observation;
    Acknowledged acknowledged;
    std::uint64_t repeats = 0, whole = 0, samples = 0, requests = 0;
    const bool own_data = record.target.input == Input::kNone || !record.scraped();
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
void judge_complete_set(const ScenarioRecord& record, CheckOutcome& out) {
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

void judge_job_instance(const ScenarioRecord& record, CheckOutcome& out) {
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
void judge_order(const ScenarioRecord& record, CheckOutcome& out) {
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

void judge_unique_timestamps(const ScenarioRecord& record, CheckOutcome& out) {
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

void judge_connections(const ScenarioRecord& record, CheckOutcome& out) {
    constexpr std::uint64_t kTelling = 4;
    const auto use = use_of_connections(record.deliveries());
    evidence(out, "requests", use.requests);
    evidence(out, "connections", use.connections);
    // One that came back is enough: who closes them all has none to come back to.
    if (use.connections < use.requests)
        return pass(out, count_text(use.requests, "request") + " over " + count_text(use.connections, "connection"));
    const std::string got = "each of " + count_text(use.requests, "request") + " came over a connection of its own";
    if (use.requests < kTelling)
        return undecided(
            out, std::to_string(kTelling) + " requests were needed to tell, " + std::to_string(use.requests) + " came");
    if (use.chances + 1 < kTelling)
        return inform(out, got + ", and they are so far apart that an idle connection may be closed meanwhile");
    out.exchanges.push_back(record.deliveries().front().id);
    miss(out, "connections that are kept for further requests", got);
}

void judge_message(const ScenarioRecord& record, CheckOutcome& out) {
    std::uint64_t right = 0, other = 0, shown = 0;
    for (const auto& delivery : record.deliveries()) {
        if (delivery.status == 415) break;  // a reason to change
        if (!delivery.decoded) continue;
        if (delivery.message == record.asked)
            ++right;
        else {
            ++other;
            shown = delivery.id;
        }
    }
    const std::string asked(proto::full_name(record.asked));
    evidence(out, "requests", right + other);
    if (!record.target.told_message())
        return not_applicable(out,
                              "nobody said which message it was to send, so that what it sends is judged; "
                              "--protobuf-message asks for one");
    if (right + other == 0) return undecided(out, "no request before the first 415 could be decoded");
    if (other == 0) return pass(out, "every request carries " + asked);
    out.exchanges.push_back(shown);
    const std::string got =
        count_text(other, "request") + " of " + std::to_string(right + other) + " with the other message";
    miss(out, "requests that carry " + asked + ", as the sender was told by PRW_PROTOBUF_MESSAGE or its configuration",
         got);
}

void judge_exemplars(const ScenarioRecord& record, CheckOutcome& out) {
    const bool offered = std::any_of(record.generations.begin(), record.generations.end(),
                                     [](const Generation& g) { return g.complete && !g.exemplars.empty(); });
    std::uint64_t exemplars = 0;
    for (const auto& delivery : record.deliveries()) exemplars += delivery.exemplars;
    evidence(out, "exemplars", exemplars);
    if (exemplars > 0) return pass(out, count_text(exemplars, "exemplar") + " arrived");
    if (!offered) return undecided(out, "the target scraped text 0.0.4, which has no exemplars");
    if (record.target.feature("exemplars", judged_message(record)) == true)
        return miss(out, "the exemplars that were scraped", "none arrived");
    inform(out, "exemplars were offered, none was sent");
}

constexpr std::string_view kFidelityClauses[] = {"ext.samples.value-bit-exact"};
constexpr std::string_view kDuplicateClauses[] = {"prw1.retries.no-retry-2xx"};
constexpr std::string_view kCompleteClauses[] = {"prw1.labels.complete-set", "prw2.labels.complete-set"};
constexpr std::string_view kJobClauses[] = {"ext.labels.job-instance-consistent"};
constexpr std::string_view kOrderClauses[] = {"prw1.ordering.per-series-timestamp-order",
                                              "prw2.samples.timestamp-order", "prw1.scope.sharding-order",
                                              "prw2.scope.sharding-order"};
constexpr std::string_view kUniqueClauses[] = {"ext.samples.unique-timestamps"};
constexpr std::string_view kConnectionClauses[] = {"ext.http.keep-alive"};
constexpr std::string_view kMessageClauses[] = {"prw2.protocol.sender-supports-v2",
                                                "prw1.protocol.body-carries-request"};
constexpr std::string_view kExemplarClauses[] = {"prw2.timeseries.exemplars-provided"};

constexpr std::array<BehaviourCheck, 10> kChecks = {{
    {"sender/fidelity/every-sample-bit-exact",
     kSteady,
     kFidelityClauses,
     "Every sample that was scraped arrives, with the same bits.",
     Needs::kSource,
     {},
     judge_fidelity,
     "Copy the bits of the value and the timestamp that the scrape has, or its own; take no detour through text."},
    {"sender/fidelity/negative-zero",
     kSteady,
     kFidelityClauses,
     "The sign of -0 arrives.",
     Needs::kSource,
     {},
     judge_negative_zero,
     "Keep the sign of zero: write the eight bytes of the double as they are."},
    {"sender/fidelity/no-duplicates",
     kSteady,
     kDuplicateClauses,
     "What was answered with 2xx is not sent again.",
     Needs::kSamples,
     {},
     judge_duplicates,
     "Send each sample once; send it again only when it was not acknowledged."},
    {"sender/labels/complete-set",
     kSteady,
     kCompleteClauses,
     "Every series carries all its labels in every request.",
     Needs::kSource,
     {},
     judge_complete_set,
     "Send every label of a series with every sample."},
    {"sender/labels/job-instance-consistent",
     kSteady,
     kJobClauses,
     "job and instance are on all series of a scraped target, or on none.",
     Needs::kSource,
     {},
     judge_job_instance,
     "Give all series of one target the same job and instance."},
    {"sender/ordering/per-series",
     kSteady,
     kOrderClauses,
     "Samples of one series leave the sender in the order of their timestamps, across requests too.",
     Needs::kSamples,
     {},
     judge_order,
     "Send the samples of a series in the order of their timestamps, from one queue."},
    {"sender/ordering/unique-timestamps",
     kSteady,
     kUniqueClauses,
     "A series never has two values for one timestamp.",
     Needs::kSamples,
     {},
     judge_unique_timestamps,
     "Send one value for each series and timestamp; two sources of one series need a label that tells them apart."},
    {"sender/connection/reuse",
     kSteady,
     kConnectionClauses,
     "Connections are kept and used again.",
     Needs::kSamples,
     {},
     judge_connections,
     "Keep the connection open, and read each response to its end before the next request."},
    {kMessageAsAsked,
     kSteady,
     kMessageClauses,
     "The sender sends the protobuf message that it was told to send.",
     Needs::kSamples,
     {},
     judge_message,
     "Send the protobuf message that is configured, and say so in Content-Type."},
    {"sender/exemplars/provided", kSteady, kExemplarClauses, "Exemplars that were scraped are sent.", Needs::kSource,
     "exemplars", judge_exemplars, "Send the exemplars of the source along with their series."},
}};

}  // namespace

std::span<const BehaviourCheck> steady_checks() { return kChecks; }

}  // namespace prw::conformance
