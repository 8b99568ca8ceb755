#include "line_diff.h"

#include <algorithm>
#include <cstdint>
#include <span>
#include <unordered_map>

namespace prw::cli {

namespace {

using Lines = std::vector<std::string_view>;
using Part = std::span<const std::string_view>;

constexpr std::size_t kMaxCells = 4U << 20U;

Lines lines_of(std::string_view text) {
    Lines out;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        out.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

/// Pairs of lines that occur once in each part, in an order that holds in both.
std::vector<std::pair<std::size_t, std::size_t>> anchors(Part a, Part b) {
    struct Seen {
        std::size_t times_a = 0, times_b = 0, at_b = 0;
    };
    std::unordered_map<std::string_view, Seen> seen;
    for (const auto line : a) ++seen[line].times_a;
    for (std::size_t i = 0; i < b.size(); ++i) {
        auto& entry = seen[b[i]];
        ++entry.times_b;
        entry.at_b = i;
    }
    // The longest run of pairs whose places grow in both: patience sorting.
    struct Pair {
        std::size_t a = 0, b = 0, before = 0;
    };
    constexpr auto kNone = static_cast<std::size_t>(-1);
    std::vector<Pair> pairs;
    std::vector<std::size_t> tops;  // of each length the pair that ends earliest in b
    for (std::size_t i = 0; i < a.size(); ++i) {
        const auto& entry = seen[a[i]];
        if (entry.times_a != 1 || entry.times_b != 1) continue;
        const auto place = std::lower_bound(tops.begin(), tops.end(), entry.at_b,
                                            [&](std::size_t top, std::size_t at) { return pairs[top].b < at; });
        pairs.push_back({i, entry.at_b, place == tops.begin() ? kNone : *(place - 1)});
        if (place == tops.end()) {
            tops.push_back(pairs.size() - 1);
        } else {
            *place = pairs.size() - 1;
        }
    }
    std::vector<std::pair<std::size_t, std::size_t>> out;
    for (auto at = tops.empty() ? kNone : tops.back(); at != kNone; at = pairs[at].before)
        out.emplace_back(pairs[at].a, pairs[at].b);
    std::reverse(out.begin(), out.end());
    return out;
}

class Diff {
public:
    std::vector<DiffLine> run(Part a, Part b) {
        compare(a, b, true);
        return std::move(out_);
    }

private:
    void put(char mark, Part lines) {
        for (const auto line : lines) out_.push_back({mark, line});
    }

    void compare(Part a, Part b, bool look_for_anchors) {
        std::size_t front = 0, back = 0;
        while (front < a.size() && front < b.size() && a[front] == b[front]) ++front;
        while (back < a.size() - front && back < b.size() - front && a[a.size() - 1 - back] == b[b.size() - 1 - back])
            ++back;
        put(' ', a.first(front));
        const auto tail = a.last(back);
        a = a.subspan(front, a.size() - front - back);
        b = b.subspan(front, b.size() - front - back);
        if (a.empty() || b.empty() || !look_for_anchors) {
            between(a, b);
        } else {
            std::size_t at_a = 0, at_b = 0;
            for (const auto& [in_a, in_b] : anchors(a, b)) {
                compare(a.subspan(at_a, in_a - at_a), b.subspan(at_b, in_b - at_b), false);
                put(' ', a.subspan(in_a, 1));
                at_a = in_a + 1;
                at_b = in_b + 1;
            }
            compare(a.subspan(at_a), b.subspan(at_b), false);
        }
        put(' ', tail);
    }

    /// The longest common subsequence, by its table.
    void between(Part a, Part b) {
        if (a.empty() || b.empty() || a.size() > kMaxCells / b.size()) {
            put('-', a);
            put('+', b);
            return;
        }
        const auto width = b.size() + 1;
        std::vector<std::uint32_t> common((a.size() + 1) * width);
        for (std::size_t i = a.size(); i-- > 0;)
            for (std::size_t k = b.size(); k-- > 0;)
                common[i * width + k] = a[i] == b[k] ? common[(i + 1) * width + k + 1] + 1
                                                     : std::max(common[(i + 1) * width + k], common[i * width + k + 1]);
        std::size_t i = 0, k = 0;
        while (i < a.size() && k < b.size()) {
            if (a[i] == b[k]) {
                put(' ', a.subspan(i, 1));
                ++i, ++k;
            } else if (common[(i + 1) * width + k] >= common[i * width + k + 1]) {
                put('-', a.subspan(i++, 1));
            } else {
                put('+', b.subspan(k++, 1));
            }
        }
        put('-', a.subspan(i));
        put('+', b.subspan(k));
    }

    std::vector<DiffLine> out_;
};

}  // namespace

std::vector<DiffLine> diff_lines(std::string_view a, std::string_view b) {
    const auto lines_a = lines_of(a), lines_b = lines_of(b);
    return Diff().run(lines_a, lines_b);
}

std::string diff_text(std::string_view a, std::string_view b, std::size_t context) {
    const auto lines = diff_lines(a, b);
    std::vector<bool> shown(lines.size());
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (lines[i].mark == ' ') continue;
        const auto end = std::min(lines.size(), i + context + 1);
        for (auto k = i - std::min(i, context); k < end; ++k) shown[k] = true;
    }
    std::string out;
    bool left_out = false;
    if (std::find(shown.begin(), shown.end(), true) == shown.end()) return out;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (!shown[i]) {
            left_out = true;
            continue;
        }
        if (left_out) out += "  …\n";
        left_out = false;
        out += lines[i].mark;
        out.append(" ").append(lines[i].text).append("\n");
    }
    return left_out ? out + "  …\n" : out;
}

}  // namespace prw::cli
