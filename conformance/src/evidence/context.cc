#include "evidence/context.h"

#include <charconv>
#include <concepts>
#include <optional>

#include <nlohmann/json.hpp>

#include "prw/receiver/json.h"

namespace prw::conformance {
namespace {

using Json = nlohmann::ordered_json;

// One list of members for each struct, for both ways: visit(key, member). A new member is one line. What has its
// default value is left out, and what is not there keeps it, so that older capsules stay readable.

template <typename Visit>
void members(Visit&& visit, auto& record) requires
    std::same_as<std::remove_const_t<std::remove_reference_t<decltype(record)>>, ScenarioRecord> {
    visit("started", record.started);
    visit("problem", record.problem);
    visit("target_broke", record.target_broke);
    visit("exited", record.exited);
    visit("exited_cleanly", record.exited_cleanly);
    visit("interrupted", record.interrupted);
    visit("stop_us", record.stop_us);
    visit("outage_end_us", record.outage_end_us);
    visit("refused", record.refused);
    visit("refused_until", record.refused_until);
    visit("reset_until", record.reset_until);
    visit("window", record.window);
    visit("peer_is_1x", record.peer_is_1x);
    visit("wrote_log", record.wrote_log);
    visit("logged_error_text", record.logged_error_text);
    visit("logged_written", record.logged_written);
    visit("duration_ms", record.duration_ms);
    visit("expected_target", record.expected_target);
}

template <typename Visit>
void members(Visit&& visit,
             auto& trial) requires std::same_as<std::remove_const_t<std::remove_reference_t<decltype(trial)>>, Trial> {
    visit("target", trial.target);
    visit("variants", trial.variants);
    visit("header", trial.header);
    visit("value", trial.value);
    visit("credentials", trial.credentials);  // those of the test, which are no secret
    visit("failed_handshakes", trial.failed_handshakes);
    visit("exited", trial.exited);
    visit("exited_cleanly", trial.exited_cleanly);
}

template <typename Visit>
void members(Visit&& visit, auto& target) requires
    std::same_as<std::remove_const_t<std::remove_reference_t<decltype(target)>>, Target> {
    visit("name", target.name);
    visit("attach", target.attach);
}

template <typename Visit>
void members(Visit&& visit, auto& support) requires
    std::same_as<std::remove_const_t<std::remove_reference_t<decltype(support)>>, Target::Support> {
    visit("1.0", support.v1);
    visit("2.0", support.v2);
}

template <typename Visit>
void members(Visit&& visit, auto& source) requires
    std::same_as<std::remove_const_t<std::remove_reference_t<decltype(source)>>, SourceIdentity> {
    visit("metric", source.metric);
    visit("labels", source.labels);
    visit("unique_values", source.unique_values);
    visit("vanishes", source.vanishes);
    visit("explicit_timestamp", source.explicit_timestamp);
    visit("exemplar", source.exemplar);
}

/// Without the samples, which are written compactly.
template <typename Visit>
void members(Visit&& visit, auto& generation) requires
    std::same_as<std::remove_const_t<std::remove_reference_t<decltype(generation)>>, Generation> {
    visit("number", generation.number);
    visit("unix_ms", generation.unix_ms);
    visit("failed", generation.failed);
    visit("openmetrics", generation.openmetrics);
    visit("complete", generation.complete);
    visit("vanished", generation.vanished);
}

class Writer {
public:
    explicit Writer(Json& out) : out_(out) {}
    template <typename T>
    void operator()(const char* key, const T& value) {
        if (value != T{}) out_[key] = value;
    }
    void operator()(const char* key, const std::optional<std::string>& value) {
        if (value) out_[key] = *value;
    }

private:
    Json& out_;
};

/// Throws what nlohmann_json throws; record_from_context catches it.
class Reader {
public:
    explicit Reader(const Json& in) : in_(in) {}
    template <typename T>
    void operator()(const char* key, T& value) {
        if (const auto found = in_.find(key); found != in_.end()) found->get_to(value);
    }
    void operator()(const char* key, std::optional<std::string>& value) {
        if (const auto found = in_.find(key); found != in_.end()) value = found->get<std::string>();
    }

private:
    const Json& in_;
};

template <typename T>
Json written(const T& value) {
    Json out = Json::object();
    members(Writer(out), value);
    return out;
}

template <typename T>
T read_as(const Json& in) {
    T out;
    members(Reader(in), out);
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
    auto out = read_as<ScenarioRecord>(in);
    out.scenario = in.at("scenario").get<std::string>();
    if (!proto::parse_protobuf_message(in.at("asked").get<std::string>(), out.asked))
        throw std::invalid_argument("asked is no protobuf message");
    const auto& target = in.at("target");
    out.target = read_as<Target>(target);
    out.target.input = input_of(target.at("input").get<std::string>());
    for (const auto& [name, support] : target.at("features").items())
        out.target.features[name] = read_as<Target::Support>(support);
    // Judges ask only whether the profile has a variant.
    for (const auto& name : target.value("variants", std::vector<std::string>())) out.target.variants[name] = {};
    for (const auto& each : in.value("trials", Json::array())) out.trials.push_back(read_as<Trial>(each));

    std::vector<SourceIdentity> sources;
    for (const auto& each : in.at("sources")) sources.push_back(read_as<SourceIdentity>(each));
    for (const auto& each : in.at("generations")) {
        auto generation = read_as<Generation>(each);
        for (const auto& sample : each.at("samples")) {
            const auto series = sample.at(0).get<std::uint32_t>();
            if (series >= sources.size()) throw std::out_of_range("a served sample of a source that is not there");
            generation.samples.push_back({series, bits_of(sample.at(1).get<std::string>()), sample.size() > 2});
        }
        out.generations.push_back(std::move(generation));
    }
    out.observation = Observation(std::move(sources));
    out.observation.keep_heads();
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
    for (const auto& trial : record.trials) out["trials"].push_back(written(trial));

    const auto& sources = record.observation.sources();
    std::vector<std::uint32_t> renumbered(sources.size());
    Json list = Json::array();
    for (std::size_t i = 0; i < sources.size(); ++i) {
        if (!keeps(i)) continue;
        renumbered[i] = static_cast<std::uint32_t>(list.size());
        list.push_back(written(sources[i]));
    }
    out["sources"] = std::move(list);
    Json generations = Json::array();
    for (const auto& generation : record.generations) {
        auto row = written(generation);
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
