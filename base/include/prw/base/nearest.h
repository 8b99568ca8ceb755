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

}  // namespace prw::base
