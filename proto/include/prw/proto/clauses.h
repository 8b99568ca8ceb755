/// The clause catalogue: every normative sentence of both specifications (and the "ext." ones that practice adds) as
/// data, compiled in from clauses/clauses.json.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "prw/base/enum_table.h"
#include "prw/proto/types.h"

namespace prw::proto {

enum class Level : std::uint8_t { kMust, kMustNot, kShould, kShouldNot, kMay };
enum class Party : std::uint8_t { kSender, kReceiver, kBoth };
/// What has to be watched to judge the clause.
enum class Observable : std::uint8_t { kRequest, kSequence, kResponse, kReadback, kConfig, kNo };

struct Clause {
    std::string_view id;  ///< "prw1.labels.sorted", "prw2.symbols.first-empty", "ext.http.user-agent-version"
    Level level;
    Party party;
    Observable observable;
    bool v1, v2;  ///< which messages it is about: see applies()
    std::string_view section, url, summary, violation, notes;
    /// True for clauses that neither specification states ("ext."): they are reported apart from the specification's
    /// own.
    [[nodiscard]] bool extension() const { return id.starts_with("ext."); }
};

/// All clauses in catalogue order; lives as long as the program.
[[nodiscard]] std::span<const Clause> clauses();
/// nullptr when there is no such clause.
[[nodiscard]] const Clause* find_clause(std::string_view id);

/// True when the clause says something about requests with this message. The one place that knows: most clauses of a
/// specification are about its own message, practice ("ext.") may be about either or about one alone.
[[nodiscard]] bool applies(const Clause& clause, ProtobufMessage message);
/// False where there is no such clause.
[[nodiscard]] bool applies(std::string_view clause, ProtobufMessage message);

/// True when neither specification states any of these: what they show is reported as an extension.
[[nodiscard]] bool all_extensions(std::span<const std::string> clauses);

/// "MUST", "MUST NOT", "SHOULD", "SHOULD NOT", "MAY".
// clang-format off
inline constexpr auto kLevelNames = base::enum_table<Level>("level", {
    {Level::kMust,      "MUST"},
    {Level::kMustNot,   "MUST NOT"},
    {Level::kShould,    "SHOULD"},
    {Level::kShouldNot, "SHOULD NOT"},
    {Level::kMay,       "MAY"},
});
// clang-format on
[[nodiscard]] std::string_view name_of(Level level);
[[nodiscard]] std::string_view name_of(Party party);
[[nodiscard]] std::string_view name_of(Observable observable);

}  // namespace prw::proto
