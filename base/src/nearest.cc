#include "prw/base/nearest.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace prw::base {

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const auto change = diagonal + (a[i - 1] == b[j - 1] ? 0U : 1U);
            diagonal = row[j];
            row[j] = std::min({change, row[j] + 1, row[j - 1] + 1});
        }
    }
    return row[b.size()];
}

namespace {

std::vector<std::string_view> segments(std::string_view id) {
    std::vector<std::string_view> out;
    for (std::size_t from = 0; from <= id.size();) {
        const auto end = std::min(id.find_first_of("/.", from), id.size());
        if (end > from) out.push_back(id.substr(from, end - from));
        from = end + 1;
    }
    return out;
}

/// All of `word`'s segments, the last one as the front of a segment or behind a hyphen: "5xx" of "on-5xx".
bool holds(std::string_view id, const std::vector<std::string_view>& wanted) {
    std::size_t found = 0;
    for (const auto segment : segments(id)) {
        if (found == wanted.size()) break;
        const auto word = wanted[found];
        const auto at = segment.find(word);
        const bool last = found + 1 == wanted.size();
        if (at == 0 || (last && at != std::string_view::npos && segment[at - 1] == '-')) ++found;
    }
    return found == wanted.size();
}

}  // namespace

std::vector<std::string> nearest_ids(std::string_view word, std::span<const std::string_view> ids, std::size_t most) {
    struct Candidate {
        std::size_t distance;
        std::string_view id;
        bool holds;
    };
    constexpr std::size_t kAsGood = 1;  // farther than the best by so much may have been meant as well
    const auto wanted = segments(word);
    std::vector<Candidate> found;
    std::size_t best = word.size() / 3 + 1;
    for (const auto id : ids) {
        found.push_back({edit_distance(word, id), id, !wanted.empty() && holds(id, wanted)});
        best = std::min(best, found.back().distance);
    }
    const auto limit = std::min(best + kAsGood, word.size() / 3 + 1);
    std::erase_if(found, [&](const Candidate& c) { return !c.holds && c.distance > limit; });
    std::stable_sort(found.begin(), found.end(),
                     [](const Candidate& a, const Candidate& b) { return a.distance < b.distance; });
    std::vector<std::string> out;
    for (const auto& candidate : found)
        if (out.size() < most && std::find(out.begin(), out.end(), candidate.id) == out.end())
            out.emplace_back(candidate.id);
    return out;
}

std::string did_you_mean(const std::vector<std::string>& words) {
    if (words.empty()) return {};
    std::string out = "; did you mean " + words.front();
    for (std::size_t i = 1; i < words.size(); ++i) out += (i + 1 == words.size() ? " or " : ", ") + words[i];
    return out + "?";
}

}  // namespace prw::base
