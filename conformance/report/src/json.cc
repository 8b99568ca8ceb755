#include <nlohmann/json.hpp>

#include <algorithm>

#include "prw/report/reports.h"
#include "prw/rules/json.h"
#include "view.h"

namespace prw::report {

using Json = nlohmann::ordered_json;

namespace {

constexpr int kSchemaVersion = 2;
/// Without what a run left out, and what was asked and sent. Still read.
constexpr int kFirstSchemaVersion = 1;

Json messages_json(const std::vector<proto::ProtobufMessage>& messages) {
    Json out = Json::array();
    for (const auto message : messages) out.push_back(proto::short_name(message));
    return out;
}

/// {"1.0": [names], "2.0": [names]}: without a message under which nothing is missing.
Json missing_json(const suite::Coverage::Missing& missing) {
    Json out = Json::object();
    for (const auto message : {proto::ProtobufMessage::kV1, proto::ProtobufMessage::kV2})
        for (const auto& [name, under] : missing)
            if (under == message) out[std::string(proto::short_name(message))].push_back(name);
    return out;
}

Json check_json(const suite::CheckOutcome& c) {
    Json out;
    out["id"] = c.id;
    out["protobuf_message"] = proto::short_name(c.message);
    out["level"] = proto::name_of(c.level);
    out["verdict"] = name_of(c.verdict);
    out["clauses"] = c.clauses;
    out["extension"] = c.extension;
    out["summary"] = c.summary;
    out["reason"] = c.reason;
    out["want"] = c.want;
    out["got"] = c.got;
    out["scenario"] = c.scenario;
    out["evidence"] = Json::object();
    for (const auto& [name, value] : c.evidence) out["evidence"][name] = value;
    out["duration_ms"] = c.duration_ms;
    out["capsule"] = c.capsule;
    out["exchanges"] = c.exchanges;
    out["findings"] = rules::to_json(c.findings);
    if (!c.trace.empty()) {
        out["trace"] = Json::array();
        for (const auto& e : c.trace)
            out["trace"].push_back(
                {{"exchange", e.exchange}, {"request", e.request}, {"body", e.body}, {"response", e.response}});
    }
    if (c.expectation) {
        const auto& e = *c.expectation;
        out["expectation"] = {
            {"state", name_of(e.state)}, {"reason", e.reason},   {"issue", e.issue}, {"expires", e.expires},
            {"origin", e.origin},        {"problem", e.problem}, {"edit", e.edit}};
    }
    if (!c.runs.empty()) {
        out["runs"] = Json::array();
        for (const auto verdict : c.runs) out["runs"].push_back(name_of(verdict));
    }
    return out;
}

Json scenario_json(const suite::ScenarioOutcome& s) {
    Json out;
    out["name"] = s.name;
    out["protobuf_message"] = proto::short_name(s.message);
    out["summary"] = s.summary;
    out["duration_ms"] = s.duration_ms;
    out["requests"] = s.requests;
    out["series"] = s.series;
    out["samples"] = s.samples;
    out["capture"] = s.capture;
    out["target_log"] = s.target_log;
    out["problem"] = s.problem;
    if (!s.detail.empty()) out["detail"] = s.detail;
    if (!s.ended) out["ended"] = false;
    return out;
}

proto::ProtobufMessage message_by_name(const std::string& name) {
    proto::ProtobufMessage out{};
    if (!proto::parse_protobuf_message(name, out))
        throw std::invalid_argument("unknown protobuf_message \"" + name + "\"");
    return out;
}

suite::Coverage::Missing missing_from(const Json& in) {
    suite::Coverage::Missing out;
    for (const auto& [message, names] : in.items())
        for (const auto& name : names) out.emplace_back(name.get<std::string>(), message_by_name(message));
    return out;
}

suite::CheckOutcome check_from(const Json& in) {
    suite::CheckOutcome c;
    c.id = in.at("id");
    c.message = message_by_name(in.at("protobuf_message"));
    c.level = proto::kLevelNames.at(in.at("level").get<std::string>());
    c.verdict = suite::kVerdictNames.at(in.at("verdict").get<std::string>());
    c.clauses = in.at("clauses").get<std::vector<std::string>>();
    c.extension = in.at("extension");
    c.summary = in.at("summary");
    c.reason = in.at("reason");
    c.want = in.at("want");
    c.got = in.at("got");
    c.scenario = in.at("scenario");
    for (const auto& [name, value] : in.at("evidence").items())
        c.evidence.emplace_back(name, value.get<std::int64_t>());
    c.duration_ms = in.at("duration_ms");
    c.capsule = in.at("capsule");
    c.exchanges = in.at("exchanges").get<std::vector<std::uint64_t>>();
    for (const auto& item : in.at("findings")) {
        auto finding = rules::finding_from_json(item);
        if (!finding) throw std::invalid_argument(finding.error().text());
        c.findings.push_back(std::move(*finding));
    }
    if (const auto trace = in.find("trace"); trace != in.end()) {
        for (const auto& item : *trace)
            c.trace.push_back({item.at("exchange"), item.at("request"), item.at("body"), item.at("response")});
    }
    if (const auto note = in.find("expectation"); note != in.end()) {
        suite::ExpectationNote e;
        e.state = suite::kExpectationStateNames.at(note->at("state").get<std::string>());
        e.reason = note->at("reason");
        e.issue = note->at("issue");
        e.expires = note->at("expires");
        e.origin = note->at("origin");
        e.problem = note->at("problem");
        e.edit = note->at("edit");
        c.expectation = std::move(e);
    }
    if (const auto runs = in.find("runs"); runs != in.end()) {
        for (const auto& verdict : *runs) c.runs.push_back(suite::kVerdictNames.at(verdict.get<std::string>()));
    }
    return c;
}

suite::ScenarioOutcome scenario_from(const Json& in) {
    suite::ScenarioOutcome s;
    s.name = in.at("name");
    s.message = message_by_name(in.at("protobuf_message"));
    s.summary = in.at("summary");
    s.duration_ms = in.at("duration_ms");
    s.requests = in.at("requests");
    s.series = in.at("series");
    s.samples = in.at("samples");
    s.capture = in.at("capture");
    s.target_log = in.at("target_log");
    s.problem = in.at("problem");
    s.detail = in.value("detail", "");
    s.ended = in.value("ended", true);
    return s;
}

/// All but scenarios and checks.
Json run_json(const suite::Results& r) {
    Json out;
    out["schema_version"] = kSchemaVersion;
    out["tool"] = {{"name", "prw"}, {"version", r.tool_version}};
    out["role"] = r.role;
    out["complete"] = r.complete;
    out["verdict"] = name_of(r.verdict);
    out["exit_code"] = r.exit_code;
    out["fail_on"] = name_of(r.fail_on);
    if (!r.problem.empty()) out["problem"] = r.problem;
    if (!r.expectations.empty()) out["expectations"] = r.expectations;
    if (r.repeat != 1) out["repeat"] = r.repeat;
    if (r.seed) out["seed"] = *r.seed;
    out["target"] = {{"name", r.target.name},
                     {"version", r.target.version},
                     {"profile", r.target.profile},
                     {"user_agent", r.target.user_agent},
                     {"command", r.target.command}};
    if (!r.target.without.empty()) out["target"]["without"] = r.target.without;
    if (!r.target.file.empty()) out["target"]["file"] = r.target.file;
    out["asked"] = messages_json(r.asked);
    out["sent"] = messages_json(r.sent);
    if (r.coverage) {
        out["coverage"] = {{"whole", r.coverage->whole()}};
        if (!r.coverage->whole()) {
            out["coverage"]["tested"] = share_text(r);
            out["coverage"]["because"] = r.coverage->because;
            out["coverage"]["scenarios_left_out"] = missing_json(r.coverage->scenarios);
            out["coverage"]["checks_left_out"] = missing_json(r.coverage->checks);
        }
    }
    out["specification"] = {{"1.0", "1.0"}, {"2.0", "2.0-rc.4"}};
    out["command_line"] = r.command_line;
    if (!r.rerun.empty()) out["rerun"] = r.rerun;
    out["learn_more"] = r.learn_more;
    out["started"] = r.started;
    out["duration_ms"] = r.duration_ms;
    return out;
}

/// What a parser says of a file, without its own bookkeeping.
std::string plain(std::string_view what) {
    if (what.starts_with("[json.exception")) what.remove_prefix(std::min(what.size(), what.find("] ") + 2));
    if (what.starts_with("parse error ")) what.remove_prefix(std::string_view("parse error ").size());
    return std::string(what);
}

}  // namespace

std::string to_json(const suite::Results& r) {
    auto out = run_json(r);
    out["scenarios"] = Json::array();
    for (const auto& scenario : r.scenarios) out["scenarios"].push_back(scenario_json(scenario));
    out["checks"] = Json::array();
    for (const auto& check : r.checks) out["checks"].push_back(check_json(check));
    return rules::dump(out) + "\n";
}

std::string render_ndjson(const suite::Results& r) {
    std::string out;
    const auto line = [&out](const char* type, const Json& json) {
        Json typed = {{"type", type}};
        typed.update(json);
        out += rules::dump(typed, -1) + "\n";
    };
    for (const auto& scenario : r.scenarios) line("scenario", scenario_json(scenario));
    for (const auto& check : r.checks) line("check", check_json(check));
    line("run", run_json(r));
    return out;
}

Result<suite::Results> results_from_json(std::string_view text) {
    const auto none = [](std::string why) {
        return fail(ErrorCode::kMalformed, "not a results.json of prw: " + std::move(why));
    };
    if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return none("it is empty");
    try {
        const auto in = Json::parse(text);
        if (!in.is_object() || !in.contains("schema_version")) return none("it is JSON, but has no schema_version");
        const int version = in.at("schema_version");
        if (version < kFirstSchemaVersion || version > kSchemaVersion)
            return fail(ErrorCode::kUnsupported, "results of schema_version " + std::to_string(version) +
                                                     "; this prw reads " + std::to_string(kSchemaVersion));
        suite::Results r;
        r.tool_version = in.at("tool").at("version");
        r.role = in.at("role");
        r.complete = in.at("complete");
        r.verdict = suite::kVerdictNames.at(in.at("verdict").get<std::string>());
        r.exit_code = in.at("exit_code");
        if (const auto gate = in.find("fail_on"); gate != in.end())
            r.fail_on = suite::kFailOnNames.at(gate->get<std::string>());
        r.problem = in.value("problem", "");
        r.expectations = in.value("expectations", "");
        r.repeat = in.value("repeat", 1U);
        if (const auto seed = in.find("seed"); seed != in.end()) r.seed = seed->get<std::uint64_t>();
        const auto& target = in.at("target");
        r.target = {target.at("name"),
                    target.at("version"),
                    target.at("profile"),
                    target.at("user_agent"),
                    target.at("command"),
                    target.value("file", ""),
                    target.value("without", std::vector<std::string>())};
        for (const auto& word : in.value("asked", Json::array())) r.asked.push_back(message_by_name(word));
        for (const auto& word : in.value("sent", Json::array())) r.sent.push_back(message_by_name(word));
        if (const auto coverage = in.find("coverage"); coverage != in.end()) {
            r.coverage.emplace();
            r.coverage->because = coverage->value("because", std::vector<std::string>());
            r.coverage->scenarios = missing_from(coverage->value("scenarios_left_out", Json::object()));
            r.coverage->checks = missing_from(coverage->value("checks_left_out", Json::object()));
        }
        r.command_line = in.at("command_line");
        r.rerun = in.value("rerun", "");
        r.learn_more = in.at("learn_more");
        r.started = in.at("started");
        r.duration_ms = in.at("duration_ms");
        for (const auto& item : in.at("scenarios")) r.scenarios.push_back(scenario_from(item));
        for (const auto& item : in.at("checks")) r.checks.push_back(check_from(item));
        return r;
    } catch (const Json::parse_error& error) {
        return none("it is no JSON (" + plain(error.what()) + ")");
    } catch (const std::exception& error) {
        return none(plain(error.what()));
    }
}

}  // namespace prw::report
