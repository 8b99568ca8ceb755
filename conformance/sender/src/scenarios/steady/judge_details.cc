/// What comes along with the samples of a scrape: exemplars, start timestamps, metadata.
#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "checks/fidelity.h"
#include "prw/base/units.h"
#include "prw/proto/model.h"
#include "steady.h"

namespace prw::sender_suite {
namespace {

std::string exemplar_text(const LabelPairs& labels, std::uint64_t value_bits) {
    std::string out = "{";
    for (const auto& [name, value] : labels) {
        if (out.size() > 1) out += ",";
        out.append(name).append("=\"").append(value).append("\"");
    }
    return out + "} " + proto::value_text(value_bits);
}

LabelPairs sorted(LabelPairs labels) {
    std::sort(labels.begin(), labels.end());
    return labels;
}

/// An exemplar that was served, for any series of its family: senders differ in the bucket to which they attach it.
struct OfferedExemplar {
    std::uint64_t generation = 0;
    std::uint32_t source = 0;
    std::uint64_t value_bits = 0;
    std::optional<std::int64_t> timestamp_ms;
    Exposition format = Exposition::kText;
    bool arrived = false;

    [[nodiscard]] bool is(const ObservedExemplar& exemplar) const {
        return value_bits == exemplar.value_bits &&
               (!timestamp_ms || same_time(*timestamp_ms, exemplar.timestamp, format));
    }
};

void judge_exemplars(const ScenarioRecord& record, suite::CheckOutcome& out) {
    const auto& observation = record.observation;
    const auto& sources = observation.sources();
    std::map<std::pair<std::uint32_t, LabelPairs>, std::vector<OfferedExemplar>> offered;  // by family and labels
    for (const auto& generation : record.generations) {
        if (!generation.complete) continue;
        for (const auto& [source, exemplar] : generation.exemplars)
            offered[{sources[source].family, sorted(exemplar.labels)}].push_back(
                {generation.number, source, exemplar.value_bits, exemplar.timestamp_ms, generation.format});
    }
    std::uint64_t arrived = 0, altered = 0;
    for (const auto& delivery : record.deliveries()) {
        if (!delivery.acknowledged()) continue;
        for (const auto& exemplar : delivery.exemplar_list) {
            const auto source = observation.series()[exemplar.series].source;
            if (source == kNoSource) continue;
            ++arrived;
            const auto found = offered.find({sources[source].family, sorted(exemplar.labels)});
            bool known = false;
            if (found != offered.end()) {
                // One that is exposed in every scrape is sent once: it is all of them.
                for (auto& each : found->second) {
                    if (each.is(exemplar)) each.arrived = known = true;
                }
            }
            if (known) continue;
            ++altered;
            std::string text = exemplar_text(exemplar.labels, exemplar.value_bits) + " at " +
                               base::dated(exemplar.timestamp) + " arrived";
            if (found == offered.end()) {
                text += "; no exemplar with these labels was served for this metric";
            } else {
                const auto& first = found->second.front();
                text += "; " + proto::value_text(first.value_bits) +
                        (first.timestamp_ms ? " at " + std::to_string(*first.timestamp_ms) : std::string()) +
                        " was served";
            }
            add_finding(out, observation.series()[exemplar.series].text, text, delivery.id);
        }
    }
    evidence(out, "exemplars arrived", arrived);
    if (offered.empty()) return undecided(out, "the target scraped text 0.0.4, which has no exemplars");
    if (arrived == 0) return undecided(out, "no exemplar arrived");
    if (altered > 0)
        return miss(out, "exemplars with the labels, the value and the timestamp with which they were exposed",
                    count_text(altered, "exemplar") + " of " + std::to_string(arrived) + " arrived otherwise");

    // What did not come, in the scrapes whose samples did.
    const auto compared = compare_with_source(record);
    struct Kind {
        std::uint64_t expected = 0, found = 0;
    };
    Kind plain, native;
    for (const auto& [key, list] : offered) {
        for (const auto& each : list) {
            if (each.generation < compared.first || each.generation > compared.last) continue;
            auto& kind = sources[each.source].native ? native : plain;
            ++kind.expected;
            kind.found += each.arrived ? 1U : 0U;
        }
    }
    for (const auto& [key, list] : offered) {
        for (const auto& each : list) {
            const auto& kind = sources[each.source].native ? native : plain;
            const bool judged = each.generation >= compared.first && each.generation <= compared.last &&
                                kind.found > 0 && kind.found < kind.expected;
            if (judged && !each.arrived)
                add_finding(out, sources[each.source].text(),
                            "scrape " + std::to_string(each.generation) + " served " +
                                exemplar_text(key.second, each.value_bits) + ", which did not arrive");
        }
    }
    evidence(out, "exemplars served", plain.expected + native.expected);
    const auto lost = [](const Kind& kind) { return kind.found > 0 ? kind.expected - kind.found : 0; };
    if (lost(plain) + lost(native) > 0)
        return warn(out, "every exemplar that was scraped",
                    std::to_string(lost(plain) + lost(native)) + " of " +
                        count_text(plain.expected + native.expected, "exemplar") + " did not arrive");
    const auto found = plain.found + native.found;
    std::string reason = count_text(found > 0 ? found : arrived, "exemplar") + " arrived as served";
    const auto none_of = [](const Kind& kind) { return kind.expected > 0 && kind.found == 0; };
    if (none_of(native)) reason += "; of native histograms none was sent";
    if (none_of(plain)) reason += "; of counters and buckets none was sent";
    pass(out, reason);
}

void judge_starts(const ScenarioRecord& record, suite::CheckOutcome& out) {
    const auto& observation = record.observation;
    const auto by_time = generations_by_time(record);
    std::map<const Generation*, std::map<std::uint32_t, std::int64_t>> served;  // by source
    bool offered = false;
    for (const auto& [time, generation] : by_time) {
        auto& starts = served[generation];
        for (const auto& sample : generation->samples)
            if (sample.start_timestamp_ms != 0) starts[sample.series] = sample.start_timestamp_ms;
        for (const auto& histogram : generation->histograms)
            if (histogram.value.start_timestamp != 0) starts[histogram.series] = histogram.value.start_timestamp;
        offered = offered || !starts.empty();
    }
    struct Missing {
        std::uint32_t series;
        std::uint64_t exchange;
    };
    std::vector<Missing> absent;
    std::uint64_t right = 0, wrong = 0;
    for (const auto& delivery : record.deliveries()) {
        if (!delivery.acknowledged() || delivery.message != proto::ProtobufMessage::kV2) continue;
        for (std::size_t i = 0; i < delivery.samples.size(); ++i) {
            const auto& sample = delivery.samples[i];
            const auto source = observation.series()[sample.series].source;
            const auto generation = by_time.find(sample.timestamp);
            if (source == kNoSource || sample.bits == proto::kStaleNanBits || generation == by_time.end()) continue;
            const auto& starts = served[generation->second];
            const auto wanted = starts.find(source);
            if (wanted == starts.end()) continue;
            const auto got = i < delivery.start_timestamps.size() ? delivery.start_timestamps[i] : 0;
            if (got == 0) {
                absent.push_back({sample.series, delivery.id});
            } else if (same_time(wanted->second, got, generation->second->format)) {
                ++right;
            } else {
                ++wrong;
                add_finding(out, observation.series()[sample.series].text,
                            "scrape " + std::to_string(generation->second->number) + " exposed the start " +
                                std::to_string(wanted->second) + ", " + std::to_string(got) + " arrived",
                            delivery.id);
            }
        }
    }
    evidence(out, "start timestamps", right + wrong);
    evidence(out, "without", absent.size());
    if (!offered) return undecided(out, "the target scraped text 0.0.4, which has no start timestamps");
    if (right + wrong + absent.size() == 0) return undecided(out, "no sample that has a start timestamp arrived");
    if (right + wrong == 0 && record.target.feature("start_timestamps", judged_message(record)) != true)
        return inform(out, "start timestamps were offered, none was sent");
    if (absent.empty() && wrong == 0)
        return pass(out, count_text(right, "sample") + " and histograms arrived with the start that was exposed");
    for (const auto& each : absent)
        add_finding(out, observation.series()[each.series].text, "arrived without the start timestamp that was exposed",
                    each.exchange);
    std::string got;
    if (wrong > 0) got = count_text(wrong, "sample") + " with another start";
    if (!absent.empty()) add_word(got, count_text(absent.size(), "sample") + " without the start that was exposed");
    miss(out, "the start timestamps that were exposed", got);
}

/// Numbers of MetricType that a sender can make of the type in that format; 0: not told.
std::uint32_t type_in(const FamilyIdentity& family, Exposition format) {
    // The other formats know no info and no stateset: there they are gauges.
    if (format != Exposition::kOpenMetrics && (family.type == "info" || family.type == "stateset"))
        return static_cast<std::uint32_t>(proto::MetricType::kGauge);
    for (std::uint32_t i = 1; i <= static_cast<std::uint32_t>(proto::MetricType::kStateset); ++i)
        if (proto::name_of(static_cast<proto::MetricType>(i)) == family.type) return i;
    return 0;
}

std::string type_text(std::uint32_t type) { return std::string(proto::name_of(static_cast<proto::MetricType>(type))); }

std::string shown(const std::string& text) {
    std::string out = "\"";
    for (const char c : text) out += c == '\n' ? std::string("\\n") : std::string(1, c);
    return out + "\"";
}

/// What is known of one family, and what was said of it.
class FamilyWord {
public:
    FamilyWord(const FamilyIdentity& family, const std::set<Exposition>& formats) : family_(family) {
        for (const auto format : formats) {
            types_.insert(type_in(family, format));
            unit_exposed_ = unit_exposed_ && format != Exposition::kText;
        }
        unit_exposed_ = unit_exposed_ && !family.unit.empty();
    }

    /// Each is a problem: what was said that is not so.
    [[nodiscard]] std::vector<std::string> wrong(const ObservedMetadata& said) const {
        std::vector<std::string> out;
        if (said.type != 0 && !types_.contains(0) && !types_.contains(said.type))
            out.push_back("is a " + type_text(*types_.begin()) + ", and arrived as a " + type_text(said.type));
        if (!said.help.empty() && said.help != family_.help)
            out.push_back("the help " + shown(family_.help) + " arrived as " + shown(said.help));
        // A unit that nobody exposed may come from the name.
        if (!said.unit.empty() && unit_exposed_ && said.unit != family_.unit)
            out.push_back("the unit " + shown(family_.unit) + " arrived as " + shown(said.unit));
        return out;
    }
    /// What was exposed and is missing in all that was said.
    [[nodiscard]] std::string missing(bool type, bool help, bool unit) const {
        std::string out;
        const auto add = [&](const char* what) { add_word(out, what); };
        if (!type && !types_.contains(0)) add("type");
        if (!help && !family_.help.empty()) add("help");
        if (!unit && unit_exposed_) add("unit");
        return out;
    }

private:
    const FamilyIdentity& family_;
    std::set<std::uint32_t> types_;
    bool unit_exposed_ = true;
};

void judge_metadata(const ScenarioRecord& record, suite::CheckOutcome& out) {
    const auto& observation = record.observation;
    const auto message = judged_message(record);
    std::set<Exposition> formats;
    for (const auto& generation : record.generations)
        if (generation.complete && !generation.failed) formats.insert(generation.format);
    std::map<std::string, std::size_t> by_name;  // as 1.0 names families
    std::vector<FamilyWord> words;
    for (const auto& family : record.families) {
        for (const char* suffix : {"", "_total", "_info"}) by_name.try_emplace(family.name + suffix, words.size());
        words.emplace_back(family, formats);
    }
    struct Said {
        bool type = false, help = false, unit = false;
        std::uint32_t series = 0;
    };
    std::map<std::size_t, Said> said;
    std::uint64_t entries = 0, faults = 0;
    for (const auto& each : observation.metadata()) {
        if (each.message != message) continue;
        std::size_t family = words.size();
        if (message == proto::ProtobufMessage::kV1) {
            if (const auto found = by_name.find(each.family); found != by_name.end()) family = found->second;
        } else if (const auto source = observation.series()[each.series].source; source != kNoSource) {
            family = observation.sources()[source].family;
        }
        if (family >= words.size()) continue;
        ++entries;
        auto& entry = said[family];
        entry.type = entry.type || each.type != 0;
        entry.help = entry.help || !each.help.empty();
        entry.unit = entry.unit || !each.unit.empty();
        for (auto& problem : words[family].wrong(each)) {
            ++faults;
            add_finding(out, record.families[family].name, std::move(problem), each.exchange);
        }
    }
    evidence(out, "families", said.size());
    evidence(out, "statements", entries);
    if (said.empty()) {
        // The lack itself is told by the rule on each request; it may only have been too early.
        const bool promised = record.target.feature("metadata", message) == true;
        return undecided(out, std::string("no metadata of a scraped family arrived") +
                                  (promised ? ", which the profile promises; sender/metadata/type-provided tells what "
                                              "lacks it"
                                            : ""));
    }
    if (faults > 0)
        return miss(out, "type, help and unit as they were exposed, without the escapes of the format",
                    count_text(faults, "statement") + " about " + count_text(said.size(), "family", "families") +
                        " are not what was exposed");
    // 1.0 does not ask for metadata at all.
    std::uint64_t without = 0;
    if (message == proto::ProtobufMessage::kV2) {
        for (std::uint32_t i = 0; i < observation.series().size(); ++i) {
            const auto source = observation.series()[i].source;
            if (source != kNoSource) said.try_emplace(observation.sources()[source].family);
        }
        for (const auto& [family, entry] : said) {
            const auto missing = words[family].missing(entry.type, entry.help, entry.unit);
            if (missing.empty()) continue;
            ++without;
            add_finding(out, record.families[family].name, "was exposed with and arrived without: " + missing, 0,
                        "Keep " + missing + " of each family from the scrape, and send them with every series of it.");
        }
    }
    if (without > 0)
        return miss(out, "type, help and unit as they were exposed",
                    count_text(without, "family", "families") + " of " + std::to_string(said.size()) +
                        " arrived without a part of them");
    pass(out, "type, help and unit of " + count_text(said.size(), "family", "families") + " arrived as exposed");
}

/// In a request a sample stands for the exemplars of its series, in whichever order the entries are.
void judge_samples_first(const ScenarioRecord& record, suite::CheckOutcome& out) {
    const auto& observation = record.observation;
    std::set<std::uint32_t> known, ahead;
    std::uint64_t exemplars = 0;
    for (const auto& delivery : record.deliveries()) {
        for (const auto& sample : delivery.samples) known.insert(sample.series);
        for (const auto& exemplar : delivery.exemplar_list) {
            ++exemplars;
            if (known.contains(exemplar.series) || !ahead.insert(exemplar.series).second) continue;
            add_finding(
                out, observation.series()[exemplar.series].text,
                "has an exemplar in request " + std::to_string(delivery.id) + ", and no sample in it or before it",
                delivery.id);
        }
    }
    evidence(out, "exemplars", exemplars);
    if (exemplars == 0) return undecided(out, "no exemplar was sent");
    if (ahead.empty())
        return pass(out,
                    "each of " + count_text(exemplars, "exemplar") + " came with a sample of its series, or after one");
    miss(out, "the first sample of a series before its first exemplar",
         count_text(ahead.size(), "series", "series") + " began with an exemplar");
}

// Of 1.0, in which exemplars and metadata are practice, the clauses on practice say what they are to be.

constexpr std::array kChecks = {
    BehaviourCheck{
        .id = "sender/fidelity/exemplars",
        .clauses = {"prw2.exemplars.value", "prw2.exemplars.timestamp", "prw2.timeseries.exemplars-provided",
                    "ext.samples.value-bit-exact"},
        .summary = "Exemplars arrive with the labels, the value and the timestamp that they were exposed with.",
        .needs = Needs::kSource,
        .feature = "exemplars",
        .judge = judge_exemplars,
        .fix = "Copy labels, value and timestamp of the exemplar; where it has no timestamp, take that of its sample.",
    },
    BehaviourCheck{
        .id = "sender/ordering/samples-before-exemplars",
        .clauses = {"ext.ordering.samples-before-exemplars"},
        .summary = "The first sample of a series comes before its first exemplar, or with it.",
        .feature = "exemplars",
        .judge = judge_samples_first,
        .fix = "Send an exemplar with the sample that it belongs to; a receiver does not know the series otherwise.",
    },
    BehaviourCheck{
        .id = "sender/fidelity/start-timestamps",
        .clauses = {"prw2.samples.start-timestamp-counters", "prw2.samples.start-timestamp-histograms",
                    "ext.samples.start-not-backwards", "ext.samples.counter-decrease-needs-new-start"},
        .summary = "Counters and histograms carry the start timestamp that was exposed, a new one after each reset.",
        .needs = Needs::kSource,
        .feature = "start_timestamps",
        .judge = judge_starts,
        .fix = "Take the start timestamp from _created or from the protobuf format, anew in every scrape.",
    },
    BehaviourCheck{
        .id = "sender/fidelity/metadata",
        .clauses = {"prw2.timeseries.metadata-type-provided", "prw2.timeseries.metadata-help-provided",
                    "prw2.timeseries.metadata-unit-provided", "ext.proto.v1-extension-shape"},
        .summary = "Type, help and unit arrive as they were exposed, without the escapes of the format.",
        .needs = Needs::kSource,
        .feature = "metadata",
        .judge = judge_metadata,
        .fix = "In HELP, \\\\ stands for a backslash, \\n for a line feed and, in OpenMetrics, \\\" for a quote; TYPE "
               "and UNIT go along unchanged.",
    },
};

}  // namespace

std::span<const BehaviourCheck> detail_checks() { return kChecks; }

}  // namespace prw::sender_suite
