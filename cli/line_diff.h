/// What differs between two texts, line by line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace prw::cli {

struct DiffLine {
    char mark = ' ';  ///< ' ' in both, '-' only in the first, '+' only in the second
    std::string_view text;
};

/// Every line of both texts, which must outlive it. Bounded in memory: beyond some millions of comparisons between two
/// lines that are in both, what stands between them counts as replaced.
[[nodiscard]] std::vector<DiffLine> diff_lines(std::string_view a, std::string_view b);

/// Only what differs, with `context` lines around it; "…" stands for what is left out. Empty when nothing differs.
[[nodiscard]] std::string diff_text(std::string_view a, std::string_view b, std::size_t context = 3);

}  // namespace prw::cli
