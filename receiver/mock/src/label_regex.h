/// Regular expressions of label matchers, as Prometheus (RE2) reads them: anchored at both ends, `.` matches any
/// character. An engine of our own, since std::regex recurses for each character (a long value ends the program), takes
/// exponential time where it likes, and has another syntax; this one takes time linear in the text. Internal.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "prw/base/error.h"

namespace prw::receiver {

class Regex {
public:
    /// kInvalidArgument with "byte N"; kTooLarge for one that is too long or repeats too much. What RE2 has and this
    /// has not (\b, \pN, flags other than i and s) is refused, not misread; (?i) folds the letters of ASCII.
    [[nodiscard]] static Result<Regex> parse(std::string_view pattern);
    /// Whether the whole text matches.
    [[nodiscard]] bool matches(std::string_view text) const;

private:
    friend class RegexParser;
    struct CharacterSet {
        std::vector<std::pair<std::uint32_t, std::uint32_t>> ranges;  ///< inclusive
        bool negated = false;
        bool any_case = false;
        [[nodiscard]] bool has(std::uint32_t character) const;
    };
    struct Step {
        enum class Kind : std::uint8_t { kSet, kSplit, kJump, kBegin, kEnd, kMatch };
        Kind kind = Kind::kMatch;
        std::uint32_t a = 0;  ///< kSet: index in sets_ · kSplit, kJump: where to go on
        std::uint32_t b = 0;  ///< kSplit: the other way
    };
    std::vector<CharacterSet> sets_;
    std::vector<Step> steps_;
};

}  // namespace prw::receiver
