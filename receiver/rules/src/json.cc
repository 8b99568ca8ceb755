#include "prw/rules/json.h"

#include <nlohmann/json.hpp>

#include "prw/base/escape.h"

namespace prw::rules {

using Json = nlohmann::ordered_json;

namespace {

void put_range(Json& out, const char* key, const std::optional<proto::ByteRange>& range) {
    if (range) out[key] = {range->offset, range->size};
}

std::optional<proto::ByteRange> take_range(const Json& in, const char* key) {
    const auto found = in.find(key);
    if (found == in.end()) return std::nullopt;
    return proto::ByteRange{found->at(0).get<std::uint32_t>(), found->at(1).get<std::uint32_t>()};
}

/// One character as JSON's \uNNNN.
std::string ascii_json(const std::string& character) {
    const auto quoted = Json(character).dump(-1, ' ', true, Json::error_handler_t::replace);
    return quoted.substr(1, quoted.size() - 2);
}

}  // namespace

Json to_json(const Finding& f) {
    Json out;
    out["rule"] = f.rule;
    out["clauses"] = f.clauses;
    out["level"] = proto::name_of(f.level);
    out["severity"] = name_of(f.severity);
    out["extension"] = f.extension;
    out["message"] = f.message;
    out["series"] = f.series;
    out["field"] = f.field;
    put_range(out, "protobuf_bytes", f.protobuf_bytes);
    put_range(out, "body_bytes", f.body_bytes);
    put_range(out, "head_bytes", f.head_bytes);
    out["evidence"] = f.evidence;
    out["fix"] = f.fix;
    out["count"] = f.count;
    return out;
}

Json to_json(const std::vector<Finding>& findings) {
    Json out = Json::array();
    for (const auto& finding : findings) out.push_back(to_json(finding));
    return out;
}

Result<Finding> finding_from_json(const Json& in) {
    try {
        Finding f;
        f.rule = in.at("rule").get<std::string>();
        f.clauses = in.at("clauses").get<std::vector<std::string>>();
        f.level = proto::kLevelNames.at(in.at("level").get<std::string>());
        f.severity = kSeverityNames.at(in.at("severity").get<std::string>());
        f.extension = in.at("extension").get<bool>();
        f.message = in.at("message").get<std::string>();
        f.series = in.at("series").get<std::string>();
        f.field = in.at("field").get<std::string>();
        f.protobuf_bytes = take_range(in, "protobuf_bytes");
        f.body_bytes = take_range(in, "body_bytes");
        f.head_bytes = take_range(in, "head_bytes");
        f.evidence = in.at("evidence").get<std::string>();
        f.fix = in.at("fix").get<std::string>();
        f.count = in.at("count").get<std::uint64_t>();
        return f;
    } catch (const std::exception& error) {
        return fail(ErrorCode::kMalformed, "not a finding", {}, error.what());
    }
}

std::string dump(const Json& json, int indent) {
    const auto text = json.dump(indent, ' ', false, Json::error_handler_t::replace);
    // What is not ASCII is in strings, where an escape means the same.
    std::string out;
    std::size_t done = 0;
    for (std::size_t at = 0; at < text.size();) {
        if ((static_cast<unsigned char>(text[at]) & 0x80U) == 0) {
            ++at;
            continue;
        }
        const auto next = base::character_at(text, at);
        if (!next.shown) {
            out.append(text, done, at - done);
            out += ascii_json(text.substr(at, next.size));
            done = at + next.size;
        }
        at += next.size;
    }
    return out.append(text, done);
}

}  // namespace prw::rules
