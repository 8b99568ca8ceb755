#include "evidence/context.h"

#include <charconv>
#include <utility>
#include <variant>

#include <nlohmann/json.hpp>

#include "checks/habits.h"
#include "evidence/members.h"
#include "prw/base/bytes_text.h"
#include "prw/rules/json.h"
#include "scenarios/scenario.h"

namespace prw::sender_suite {

template <typename Visit>
void members(Visit&& visit, MaybeConst<ScenarioRecord> auto& record) {
    visit("started", record.started);
    visit("problem", record.problem);
    visit("target_broke", record.target_broke);
    visit("exited", record.exited);
    visit("exited_cleanly", record.exited_cleanly);
    visit("interrupted", record.interrupted);
    visit("gave_up", record.gave_up);
    visit("stop_us", record.stop_us);
    visit("peer_is_1x", record.peer_is_1x);
    visit("wrote_log", record.wrote_log);
    visit("logged_error_text", record.logged_error_text);
    visit("logged_written", record.logged_written);
    visit("duration_ms", record.duration_ms);
    visit("expected_target", record.expected_target);
    visit("expected_host", record.expected_host);
}

template <typename Visit>
void members(Visit&& visit, MaybeConst<suite::Target> auto& target) {
    visit("name", target.name);
    visit("attach", target.attach);
    visit("patience", target.patience);
    visit("message_given", target.message_given);
    visit("relabels", target.relabels);
}

template <typename Visit>
void members(Visit&& visit, MaybeConst<suite::Target::Support> auto& support) {
    visit("1.0", support.v1);
    visit("2.0", support.v2);
}

template <typename Visit>
void members(Visit&& visit, MaybeConst<SourceIdentity> auto& source) {
    visit("metric", source.metric);
    visit("labels", source.labels);
    visit("unique_values", source.unique_values);
    visit("vanishes", source.vanishes);
    visit("explicit_timestamp", source.explicit_timestamp);
    visit("exemplar", source.exemplar);
    visit("native", source.native);
    visit("custom_buckets", source.custom_buckets);
    visit("family", source.family);
}

template <typename Visit>
void members(Visit&& visit, MaybeConst<FamilyIdentity> auto& family) {
    visit("name", family.name);
    visit("type", family.type);
    visit("help", family.help);
    visit("unit", family.unit);
}

template <typename Visit>
void members(Visit&& visit, MaybeConst<Baseline> auto& baseline) {
    visit("scenario", baseline.scenario);
    visit("repeats_all", baseline.repeats_all);
    visit("repeating", baseline.repeating);
    visit("fixed", baseline.fixed);
    visit("absent", baseline.absent);
    visit("expected", baseline.expected);
    visit("lost", baseline.lost);
}

/// Without the format, which has a name, and without what was served, which is written compactly.
template <typename Visit>
void members(Visit&& visit, MaybeConst<Generation> auto& generation) {
    visit("number", generation.number);
    visit("unix_ms", generation.unix_ms);
    visit("failed", generation.failed);
    visit("complete", generation.complete);
    visit("vanished", generation.vanished);
}

namespace {

using Json = nlohmann::ordered_json;

std::uint64_t bits_of(const std::string& hex) {
    const auto bits = base::parse_hex_number(hex);
    if (!bits) throw std::invalid_argument("bits \"" + hex + "\"");
    return *bits;
}

std::string hex_double(double value) { return base::hex_number(proto::to_bits(value)); }
double double_of(const Json& hex) { return proto::from_bits(bits_of(hex.get<std::string>())); }

/// A served sample is [series, bits in hex], then, as far as they are not false or 0: whether it is "NaN", which has no
/// bits of its own; start timestamp; explicit timestamp.
Json sample_json(const ServedSample& sample, std::uint32_t series) {
    Json out = {series, base::hex_number(sample.bits)};
    const bool times = sample.start_timestamp_ms != 0 || sample.timestamp_ms != 0;
    if (sample.nan || times) out.push_back(sample.nan);
    if (times) out.push_back(sample.start_timestamp_ms);
    if (sample.timestamp_ms != 0) out.push_back(sample.timestamp_ms);
    return out;
}

ServedSample read_sample(const Json& in) {
    ServedSample out;
    out.series = in.at(0).get<std::uint32_t>();
    out.bits = bits_of(in.at(1).get<std::string>());
    if (in.size() > 2) out.nan = in.at(2).get<bool>();
    if (in.size() > 3) out.start_timestamp_ms = in.at(3).get<std::int64_t>();
    if (in.size() > 4) out.timestamp_ms = in.at(4).get<std::int64_t>();
    return out;
}

/// One side of a histogram: spans as [offset, length]…, then deltas as numbers or counts as bits in hex.
Json buckets_json(const std::vector<proto::BucketSpan>& spans, const std::vector<std::int64_t>& deltas,
                  const std::vector<double>& counts) {
    Json out = {{"spans", Json::array()}};
    for (const auto& span : spans) out["spans"].push_back({span.offset, span.length});
    if (!deltas.empty()) out["deltas"] = deltas;
    for (const auto count : counts) out["counts"].push_back(hex_double(count));
    return out;
}

void read_buckets(const Json& in, std::vector<proto::BucketSpan>& spans, std::vector<std::int64_t>& deltas,
                  std::vector<double>& counts) {
    for (const auto& span : in.at("spans"))
        spans.push_back({span.at(0).get<std::int32_t>(), span.at(1).get<std::uint32_t>()});
    deltas = in.value("deltas", std::vector<std::int64_t>());
    for (const auto& count : in.value("counts", Json::array())) counts.push_back(double_of(count));
}

using Count = std::variant<std::uint64_t, double>;
Json count_json(const Count& count) {
    if (const auto* whole = std::get_if<std::uint64_t>(&count)) return *whole;
    return hex_double(std::get<double>(count));
}
Count read_count(const Json& in) {
    if (in.is_string()) return double_of(in);
    return in.get<std::uint64_t>();
}

Json histogram_json(const proto::Histogram& histogram, std::uint32_t series) {
    Json out = {{"series", series},
                {"count", count_json(histogram.count)},
                {"sum", base::hex_number(histogram.sum_bits)},
                {"schema", histogram.schema},
                {"zero_threshold", hex_double(histogram.zero_threshold)},
                {"zero_count", count_json(histogram.zero_count)},
                {"reset_hint", histogram.reset_hint},
                {"start_timestamp", histogram.start_timestamp}};
    out["positive"] = buckets_json(histogram.positive_spans, histogram.positive_deltas, histogram.positive_counts);
    out["negative"] = buckets_json(histogram.negative_spans, histogram.negative_deltas, histogram.negative_counts);
    return out;
}

ServedHistogram read_histogram(const Json& in) {
    ServedHistogram out;
    out.series = in.at("series").get<std::uint32_t>();
    auto& value = out.value;
    value.count = read_count(in.at("count"));
    value.sum_bits = bits_of(in.at("sum").get<std::string>());
    value.schema = in.at("schema").get<std::int32_t>();
    value.zero_threshold = double_of(in.at("zero_threshold"));
    value.zero_count = read_count(in.at("zero_count"));
    value.reset_hint = in.at("reset_hint").get<std::uint32_t>();
    value.start_timestamp = in.at("start_timestamp").get<std::int64_t>();
    read_buckets(in.at("positive"), value.positive_spans, value.positive_deltas, value.positive_counts);
    read_buckets(in.at("negative"), value.negative_spans, value.negative_deltas, value.negative_counts);
    return out;
}

Json exemplar_json(const proto::ExposedExemplar& exemplar, std::uint32_t series) {
    Json out = {{"series", series}, {"labels", exemplar.labels}, {"value", base::hex_number(exemplar.value_bits)}};
    if (exemplar.timestamp_ms) out["timestamp"] = *exemplar.timestamp_ms;
    return out;
}

ServedExemplar read_exemplar(const Json& in) {
    ServedExemplar out;
    out.series = in.at("series").get<std::uint32_t>();
    out.exemplar.labels = in.at("labels").get<LabelPairs>();
    out.exemplar.value_bits = bits_of(in.at("value").get<std::string>());
    if (in.contains("timestamp")) out.exemplar.timestamp_ms = in.at("timestamp").get<std::int64_t>();
    return out;
}

Exposition format_of(const std::string& name) {
    for (const auto format : {Exposition::kText, Exposition::kOpenMetrics, Exposition::kProtobuf})
        if (name_of(format) == name) return format;
    throw std::invalid_argument("format \"" + name + "\"");
}

suite::Input input_of(const std::string& name) {
    for (const auto input : {suite::Input::kScrape, suite::Input::kNone, suite::Input::kStdin, suite::Input::kUnknown})
        if (name_of(input) == name) return input;
    throw std::invalid_argument("input \"" + name + "\"");
}

ScenarioRecord read(const Json& in) {
    auto out = read_as<ScenarioRecord>(in);
    out.scenario = in.at("scenario").get<std::string>();
    if (!proto::parse_protobuf_message(in.at("asked").get<std::string>(), out.asked))
        throw std::invalid_argument("asked is no protobuf message");
    const auto& target = in.at("target");
    out.target = read_as<suite::Target>(target);
    out.target.input = input_of(target.at("input").get<std::string>());
    for (const auto& [name, support] : target.at("features").items())
        out.target.features[name] = read_as<suite::Target::Support>(support);
    // Judges ask only whether the profile has a variant.
    for (const auto& name : target.value("variants", std::vector<std::string>())) out.target.variants[name] = {};

    std::vector<SourceIdentity> sources;
    for (const auto& each : in.at("sources")) sources.push_back(read_as<SourceIdentity>(each));
    for (const auto& each : in.value("families", Json::array())) out.families.push_back(read_as<FamilyIdentity>(each));
    for (const auto& each : in.at("generations")) {
        auto generation = read_as<Generation>(each);
        const auto known = [&](auto served) {
            if (served.series >= sources.size())
                throw std::out_of_range("a served sample of a source that is not there");
            return served;
        };
        generation.format = format_of(each.value("format", std::string(name_of(Exposition::kText))));
        for (const auto& served : each.at("samples")) generation.samples.push_back(known(read_sample(served)));
        for (const auto& served : each.value("histograms", Json::array()))
            generation.histograms.push_back(known(read_histogram(served)));
        for (const auto& served : each.value("exemplars", Json::array()))
            generation.exemplars.push_back(known(read_exemplar(served)));
        out.generations.push_back(std::move(generation));
    }
    out.observation = Observation(std::move(sources));
    if (in.contains("baseline")) out.observation.know(read_as<Baseline>(in["baseline"]));
    out.observation.keep_heads();
    if (const auto* scenario = find_scenario(out.scenario); scenario != nullptr && scenario->notes != nullptr) {
        auto notes = scenario->notes();
        MemberReader reader(in);
        notes->read(reader);
        notes->prepare(out.observation);
        out.held = HeldNotes(std::move(notes));
    }
    return out;
}

}  // namespace

std::string context_json(const ScenarioRecord& record, const std::vector<bool>& kept) {
    const auto keeps = [&](std::size_t i) { return i >= kept.size() || kept[i]; };
    Json out;
    out["format"] = 1;
    out["scenario"] = record.scenario;
    out["asked"] = proto::short_name(record.asked);
    auto& target = out["target"] = written(record.target);
    target["input"] = name_of(record.target.input);
    target["features"] = Json::object();
    for (const auto& [name, support] : record.target.features) target["features"][name] = written(support);
    for (const auto& [name, variant] : record.target.variants) target["variants"].push_back(name);
    out.update(written(record));
    if (const auto* notes = record.held.get(); notes != nullptr) {
        MemberWriter writer(out);
        notes->write(writer);
    }

    if (auto baseline = written(known_altogether(record.observation)); !baseline.empty())
        out["baseline"] = std::move(baseline);
    const auto& sources = record.observation.sources();
    std::vector<std::uint32_t> renumbered(sources.size());
    Json list = Json::array();
    for (std::size_t i = 0; i < sources.size(); ++i) {
        if (!keeps(i)) continue;
        renumbered[i] = static_cast<std::uint32_t>(list.size());
        list.push_back(written(sources[i]));
    }
    out["sources"] = std::move(list);
    for (const auto& family : record.families) out["families"].push_back(written(family));
    Json generations = Json::array();
    for (const auto& generation : record.generations) {
        auto row = written(generation);
        Json samples = Json::array();
        for (const auto& sample : generation.samples)
            if (keeps(sample.series)) samples.push_back(sample_json(sample, renumbered[sample.series]));
        row["format"] = name_of(generation.format);
        row["samples"] = std::move(samples);
        for (const auto& [series, histogram] : generation.histograms)
            if (keeps(series)) row["histograms"].push_back(histogram_json(histogram, renumbered[series]));
        for (const auto& [series, exemplar] : generation.exemplars)
            if (keeps(series)) row["exemplars"].push_back(exemplar_json(exemplar, renumbered[series]));
        generations.push_back(std::move(row));
    }
    out["generations"] = std::move(generations);
    return rules::dump(out, -1);
}

Result<ScenarioRecord> record_from_context(std::string_view json) {
    const auto parsed = Json::parse(json, nullptr, false);
    if (!parsed.is_object()) return fail(ErrorCode::kMalformed, "the capsule's context is no JSON object");
    try {
        if (parsed.at("format").get<int>() != 1)
            return fail(ErrorCode::kUnsupported, "the capsule's context was written by a newer prw");
        return read(parsed);
    } catch (const std::exception& error) {
        return fail(ErrorCode::kMalformed, "the capsule's context is damaged", {}, error.what());
    }
}

}  // namespace prw::sender_suite
