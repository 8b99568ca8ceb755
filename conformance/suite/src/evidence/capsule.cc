/// A capsule's meaning as texts, and back.
#include "prw/suite/capsule.h"

#include <charconv>
#include <string_view>
#include <system_error>
#include <utility>

#include <nlohmann/json.hpp>

#include "prw/base/text.h"
#include "prw/rules/json.h"

namespace prw::suite {
namespace {

constexpr const char *kMessage = "protobuf_message", *kClauses = "clauses", *kExchanges = "exchanges",
                     *kLeftOut = "left_out", *kRejudges = "rejudges", *kFindings = "findings";

/// What is a text in both.
constexpr std::pair<const char*, std::string Capsule::*> kTexts[] = {
    {"check_id", &Capsule::check},  {"scenario", &Capsule::scenario}, {"level", &Capsule::level},
    {"verdict", &Capsule::verdict}, {"summary", &Capsule::summary},   {"reason", &Capsule::reason},
    {"want", &Capsule::want},       {"got", &Capsule::got},           {"fix", &Capsule::fix},
    {"target", &Capsule::target},   {"context", &Capsule::context},
};

std::vector<std::string> words_in(std::string_view text) {
    std::vector<std::string> out;
    while (!text.empty()) {
        const auto end = text.find(' ');
        out.emplace_back(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return out;
}

bool read_number(std::string_view text, std::uint64_t& out) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

exchange::CapsuleTexts texts_of(const Capsule& capsule) {
    exchange::CapsuleTexts out;
    for (const auto& [name, member] : kTexts) out[name] = capsule.*member;
    out[kMessage] = proto::short_name(capsule.message);
    out[kClauses] = base::joined(capsule.clauses, " ");
    auto& exchanges = out[kExchanges];
    for (const auto id : capsule.exchanges) exchanges += (exchanges.empty() ? "" : " ") + std::to_string(id);
    out[kLeftOut] = std::to_string(capsule.left_out);
    out[kRejudges] = capsule.rejudges ? "1" : "0";
    out[kFindings] = rules::dump(rules::to_json(capsule.findings), -1);
    return out;
}

Result<std::optional<Capsule>> read_capsule(const exchange::CaptureInfo& info, const std::string& path) {
    const auto& texts = info.capsule;
    if (texts.empty()) return std::nullopt;
    const auto damaged = [&](std::string what) {
        return fail(ErrorCode::kMalformed, "the capsule's description is damaged", path, std::move(what));
    };
    for (const char* name : {kMessage, kClauses, kExchanges, kLeftOut, kRejudges, kFindings})
        if (!texts.contains(name)) return damaged("it has no " + std::string(name));
    Capsule out;
    for (const auto& [name, member] : kTexts) {
        const auto found = texts.find(name);
        if (found == texts.end()) return damaged("it has no " + std::string(name));
        out.*member = found->second;
    }
    const auto& message = texts.at(kMessage);
    if (!proto::parse_protobuf_message(message, out.message)) return damaged("protobuf_message is \"" + message + "\"");
    out.clauses = words_in(texts.at(kClauses));
    for (const auto& word : words_in(texts.at(kExchanges))) {
        std::uint64_t id = 0;
        if (!read_number(word, id)) return damaged("exchanges holds \"" + word + "\"");
        out.exchanges.push_back(id);
    }
    if (!read_number(texts.at(kLeftOut), out.left_out)) return damaged("left_out is \"" + texts.at(kLeftOut) + "\"");
    out.rejudges = texts.at(kRejudges) != "0";
    const auto findings = nlohmann::ordered_json::parse(texts.at(kFindings), nullptr, false);
    if (!findings.is_array()) return damaged("findings is no JSON array");
    for (const auto& each : findings) {
        auto finding = rules::finding_from_json(each);
        if (!finding) return damaged("findings: " + finding.error().text());
        out.findings.push_back(std::move(*finding));
    }
    return out;
}

}  // namespace prw::suite
