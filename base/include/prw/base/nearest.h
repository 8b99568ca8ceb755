/// "Did you mean": the known word nearest to a mistyped one.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace prw::base {

/// Levenshtein distance in bytes. O(a·b) time, O(b) memory.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

/// The candidate with the least distance, the first of equals; empty when the best is farther than a third of the
/// word's length plus one.
template <typename Words>
[[nodiscard]] std::string nearest(std::string_view word, const Words& candidates) {
    std::string best;
    std::size_t least = word.size() / 3 + 2;
    for (const auto& candidate : candidates) {
        const std::string_view text(candidate);
        if (const auto distance = edit_distance(word, text); distance < least) {
            least = distance;
            best = std::string(text);
        }
    }
    return best;
}

/// For ids of segments ("retry/on-5xx", "prw1.labels.sorted"): what a person may have meant by `word`, at most `most`,
/// the likeliest first: ids that hold all its segments in order, and those a typing mistake away.
[[nodiscard]] std::vector<std::string> nearest_ids(std::string_view word, std::span<const std::string_view> ids,
                                                   std::size_t most = 3);
/// "; did you mean a, b or c?", or nothing.
[[nodiscard]] std::string did_you_mean(const std::vector<std::string>& words);

/// Whether the word that is proposed stands in quotes: keys and names that a text is quoted around do, ids and flags
/// do not.
enum class Quotes : bool { kNone, kDouble };
/// "; did you mean \"a\"?" with the candidate that is nearest to `word`; `otherwise` where none is near.
template <typename Words>
[[nodiscard]] std::string did_you_mean(std::string_view word, const Words& candidates, Quotes quotes,
                                       std::string_view otherwise = {}) {
    const auto near = nearest(word, candidates);
    if (near.empty()) return std::string(otherwise);
    return did_you_mean({quotes == Quotes::kDouble ? "\"" + near + "\"" : near});
}

}  // namespace prw::base
