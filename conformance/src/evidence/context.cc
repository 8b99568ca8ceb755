#include "evidence/context.h"

#include <charconv>

#include <nlohmann/json.hpp>

#include "prw/receiver/json.h"

namespace prw::conformance {
namespace {

using Json = nlohmann::ordered_json;

Json labels_json(const LabelPairs& labels) {
    Json out = Json::array();
    for (const auto& [name, value] : labels) out.push_back({name, value});
    return out;
}

std::string hex_bits(std::uint64_t bits) {
    char text[16];
    const auto end = std::to_chars(text, text + sizeof text, bits, 16).ptr;
    return {text, end};
}

std::uint64_t bits_of(const std::string& hex) {
    std::uint64_t bits = 0;
    const auto [end, error] = std::from_chars(hex.data(), hex.data() + hex.size(), bits, 16);
    if (error != std::errc() || end != hex.data() + hex.size()) throw std::invalid_argument("bits \"" + hex + "\"");
    return bits;
}

/// A served sample is [series, bits in hex], with a third element for "NaN", which has no bits of its own.
Json sample_json(const ServedSample& sample, std::uint32_t series) {
    Json out = {series, hex_bits(sample.bits)};
    if (sample.nan) out.push_back(true);
    return out;
}

Input input_of(const std::string& name) {
    for (const auto input : {Input::kScrape, Input::kNone, Input::kStdin, Input::kUnknown})
        if (name_of(input) == name) return input;
    throw std::invalid_argument("input \"" + name + "\"");
}

ScenarioRecord read(const Json& in) {
    ScenarioRecord out;
    out.scenario = in.at("scenario").get<std::string>();
    if (!proto::parse_protobuf_message(in.at("asked").get<std::string>(), out.asked))
        throw std::invalid_argument("asked is no protobuf message");
    const auto& target = in.at("target");
    out.target.name = target.at("name").get<std::string>();
    out.target.input = input_of(target.at("input").get<std::string>());
    out.target.attach = target.at("attach").get<bool>();
    for (const auto& [name, support] : target.at("features").items())
        out.target.features[name] = {support.at("1.0").get<bool>(), support.at("2.0").get<bool>()};
    out.started = in.at("started").get<bool>();
    out.problem = in.at("problem").get<std::string>();
    out.target_broke = in.at("target_broke").get<bool>();
    if (!in.at("exited").is_null()) out.exited = in.at("exited").get<std::string>();
    out.exited_cleanly = in.at("exited_cleanly").get<bool>();
    out.interrupted = in.at("interrupted").get<bool>();
    out.stop_us = in.at("stop_us").get<std::int64_t>();
    out.outage_end_us = in.at("outage_end_us").get<std::int64_t>();
    out.window = in.at("window").get<std::uint64_t>();
    out.duration_ms = in.at("duration_ms").get<std::int64_t>();

    std::vector<SourceIdentity> sources;
    for (const auto& each : in.at("sources")) {
        SourceIdentity source;
        source.metric = each.at("metric").get<std::string>();
        for (const auto& label : each.at("labels"))
            source.labels.emplace_back(label.at(0).get<std::string>(), label.at(1).get<std::string>());
        source.unique_values = each.value("unique_values", false);
        source.vanishes = each.value("vanishes", false);
        source.explicit_timestamp = each.value("explicit_timestamp", false);
        source.exemplar = each.value("exemplar", false);
        sources.push_back(std::move(source));
    }
    for (const auto& each : in.at("generations")) {
        Generation generation;
        generation.number = each.at("number").get<std::uint64_t>();
        generation.unix_ms = each.at("unix_ms").get<std::int64_t>();
        generation.failed = each.value("failed", false);
        generation.openmetrics = each.value("openmetrics", false);
        generation.complete = each.value("complete", false);
        generation.vanished = each.value("vanished", false);
        for (const auto& sample : each.at("samples")) {
            const auto series = sample.at(0).get<std::uint32_t>();
            if (series >= sources.size()) throw std::out_of_range("a served sample of a source that is not there");
            generation.samples.push_back({series, bits_of(sample.at(1).get<std::string>()), sample.size() > 2});
        }
        out.generations.push_back(std::move(generation));
    }
    out.observation = Observation(std::move(sources));
    return out;
}

}  // namespace

std::string expected_target(const ScenarioRecord& record) {
    return record.target.attach || record.target.input == Input::kUnknown ? std::string() : "/api/v1/write";
}

std::string context_json(const ScenarioRecord& record, const std::vector<bool>& kept) {
    const auto keeps = [&](std::size_t i) { return i >= kept.size() || kept[i]; };
    Json out;
    out["format"] = 1;
    out["scenario"] = record.scenario;
    out["asked"] = proto::short_name(record.asked);
    out["expected_target"] = expected_target(record);
    Json features = Json::object();
    for (const auto& [name, support] : record.target.features)
        features[name] = {{"1.0", support.v1}, {"2.0", support.v2}};
    out["target"] = {{"name", record.target.name},
                     {"input", name_of(record.target.input)},
                     {"attach", record.target.attach},
                     {"features", std::move(features)}};
    out["started"] = record.started;
    out["problem"] = record.problem;
    out["target_broke"] = record.target_broke;
    out["exited"] = record.exited ? Json(*record.exited) : Json(nullptr);
    out["exited_cleanly"] = record.exited_cleanly;
    out["interrupted"] = record.interrupted;
    out["stop_us"] = record.stop_us;
    out["outage_end_us"] = record.outage_end_us;
    out["window"] = record.window;
    out["duration_ms"] = record.duration_ms;

    const auto& sources = record.observation.sources();
    std::vector<std::uint32_t> renumbered(sources.size());
    Json list = Json::array();
    for (std::size_t i = 0; i < sources.size(); ++i) {
        if (!keeps(i)) continue;
        renumbered[i] = static_cast<std::uint32_t>(list.size());
        Json row = {{"metric", sources[i].metric}, {"labels", labels_json(sources[i].labels)}};
        const std::pair<const char*, bool> flags[] = {{"unique_values", sources[i].unique_values},
                                                      {"vanishes", sources[i].vanishes},
                                                      {"explicit_timestamp", sources[i].explicit_timestamp},
                                                      {"exemplar", sources[i].exemplar}};
        for (const auto& [name, set] : flags)
            if (set) row[name] = true;
        list.push_back(std::move(row));
    }
    out["sources"] = std::move(list);
    Json generations = Json::array();
    for (const auto& generation : record.generations) {
        Json row = {{"number", generation.number}, {"unix_ms", generation.unix_ms}};
        const std::pair<const char*, bool> flags[] = {{"failed", generation.failed},
                                                      {"openmetrics", generation.openmetrics},
                                                      {"complete", generation.complete},
                                                      {"vanished", generation.vanished}};
        for (const auto& [name, set] : flags)
            if (set) row[name] = true;
        Json samples = Json::array();
        for (const auto& sample : generation.samples)
            if (keeps(sample.series)) samples.push_back(sample_json(sample, renumbered[sample.series]));
        row["samples"] = std::move(samples);
        generations.push_back(std::move(row));
    }
    out["generations"] = std::move(generations);
    return receiver::dump(out, -1);
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

}  // namespace prw::conformance
