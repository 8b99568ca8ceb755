#include "prw/proto/clauses.h"

#include <algorithm>
#include <array>
#include <vector>

namespace prw::proto {

namespace {

using namespace std::string_view_literals;

constexpr Clause kClauses[] = {
#include "clauses_data.inc"
};

}  // namespace

std::span<const Clause> clauses() { return kClauses; }

const Clause* find_clause(std::string_view id) {
    const auto* found =
        std::find_if(std::begin(kClauses), std::end(kClauses), [&](const Clause& c) { return c.id == id; });
    return found == std::end(kClauses) ? nullptr : found;
}

bool applies(const Clause& clause, ProtobufMessage message) {
    return message == ProtobufMessage::kV1 ? clause.v1 : clause.v2;
}

bool applies(std::string_view id, ProtobufMessage message) {
    const auto* clause = find_clause(id);
    return clause != nullptr && applies(*clause, message);
}

bool all_extensions(std::span<const std::string> ids) {
    return std::all_of(ids.begin(), ids.end(), [](const std::string& id) {
        const auto* clause = find_clause(id);
        return clause != nullptr && clause->extension();
    });
}

std::string_view name_of(Level level) { return kLevelNames.name_of(level); }

std::string_view name_of(Party party) {
    constexpr std::array kNames{"sender"sv, "receiver"sv, "both"sv};
    return kNames.at(static_cast<std::size_t>(party));
}

std::string_view name_of(Observable observable) {
    constexpr std::array kNames{"request"sv, "sequence"sv, "response"sv, "readback"sv, "config"sv, "no"sv};
    return kNames.at(static_cast<std::size_t>(observable));
}

}  // namespace prw::proto
