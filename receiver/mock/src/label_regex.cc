#include "label_regex.h"

#include <algorithm>
#include <memory>
#include <optional>

#include "prw/base/escape.h"
#include "prw/base/utf8.h"

namespace prw::receiver {

namespace {

constexpr std::size_t kMaxPattern = 16U << 10U;
constexpr std::size_t kMaxSteps = 10000;
constexpr std::size_t kMaxEmitted = 10 * kMaxSteps;
constexpr std::uint32_t kMaxRepeat = 1000;  ///< RE2's own
constexpr int kMaxDepth = 100;
constexpr std::uint32_t kMaxCharacter = 0x10ffff;
/// Beyond Unicode: a byte that is not UTF-8, so that a value that has one can be told from one that has not.
constexpr std::uint32_t kStrayByte = 0x110000;

struct Decoded {
    std::uint32_t character = 0;
    std::size_t size = 1;
};

Decoded decode_at(std::string_view text, std::size_t at) {
    const auto lead = base::byte_at(text, at);
    const auto size = base::sequence_at(text, at);
    if (size == 0) return {kStrayByte + lead, 1};
    if (size == 1) return {lead, 1};
    std::uint32_t character = lead & (0xffU >> (size + 1));
    for (std::size_t i = 1; i < size; ++i) character = (character << 6U) | (base::byte_at(text, at + i) & 0x3fU);
    return {character, size};
}

using Range = std::pair<std::uint32_t, std::uint32_t>;

struct NamedSet {
    std::string_view name;
    std::vector<Range> ranges;
};

const std::vector<NamedSet>& named_sets() {
    static const std::vector<NamedSet> kSets = {
        {"alnum", {{'0', '9'}, {'A', 'Z'}, {'a', 'z'}}},
        {"alpha", {{'A', 'Z'}, {'a', 'z'}}},
        {"ascii", {{0, 0x7f}}},
        {"blank", {{'\t', '\t'}, {' ', ' '}}},
        {"cntrl", {{0, 0x1f}, {0x7f, 0x7f}}},
        {"digit", {{'0', '9'}}},
        {"graph", {{'!', '~'}}},
        {"lower", {{'a', 'z'}}},
        {"print", {{' ', '~'}}},
        {"punct", {{'!', '/'}, {':', '@'}, {'[', '`'}, {'{', '~'}}},
        {"space", {{'\t', '\r'}, {' ', ' '}}},
        {"upper", {{'A', 'Z'}}},
        {"word", {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}},
        {"xdigit", {{'0', '9'}, {'A', 'F'}, {'a', 'f'}}},
    };
    return kSets;
}

/// \d, \s and \w; \s has no vertical tab, as in RE2.
std::vector<Range> perl_set(char letter) {
    if (letter == 'd') return {{'0', '9'}};
    if (letter == 's') return {{'\t', '\n'}, {'\f', '\r'}, {' ', ' '}};
    return {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
}

/// All but these, which are in order.
std::vector<Range> inverse(std::vector<Range> ranges) {
    std::sort(ranges.begin(), ranges.end());
    std::vector<Range> out;
    std::uint32_t next = 0;
    for (const auto& [first, last] : ranges) {
        if (first > next) out.emplace_back(next, first - 1);
        next = std::max(next, last + 1);
    }
    out.emplace_back(next, kStrayByte + 0xff);
    return out;
}

}  // namespace

bool Regex::CharacterSet::has(std::uint32_t character) const {
    const auto in = [&](std::uint32_t c) {
        return std::any_of(ranges.begin(), ranges.end(), [&](const auto& r) { return r.first <= c && c <= r.second; });
    };
    bool found = in(character);
    if (!found && any_case && character < 0x80) {
        const auto folded = character | 0x20U;
        if (folded >= 'a' && folded <= 'z') found = in(character ^ 0x20U);
    }
    return found != negated;
}

/// Pattern → tree → steps. A tree between, because a repetition writes the steps of its operand more than once.
class RegexParser {
public:
    explicit RegexParser(std::string_view pattern) : pattern_(pattern) {}

    Result<Regex> parse() {
        if (pattern_.size() > kMaxPattern)
            return fail(ErrorCode::kTooLarge, "a regular expression of " + std::to_string(pattern_.size()) +
                                                  " bytes; the limit is " + std::to_string(kMaxPattern));
        const auto tree = alternatives(0);
        if (!problem_ && at_ != pattern_.size()) refuse("a ) without its (");
        if (problem_) return tl::unexpected<Error>(*problem_);
        emit(*tree);
        add({Kind::kMatch});
        if (problem_) return tl::unexpected<Error>(*problem_);
        return std::move(out_);
    }

private:
    using Kind = Regex::Step::Kind;
    struct Node {
        enum class Type : std::uint8_t { kSet, kSequence, kAlternatives, kRepeat, kBegin, kEnd };
        Type type = Type::kSequence;
        std::uint32_t set = 0;
        std::vector<std::unique_ptr<Node>> parts;
        std::uint32_t least = 0;
        std::optional<std::uint32_t> most;
    };
    using Tree = std::unique_ptr<Node>;

    static Tree node(typename Node::Type type) {
        auto out = std::make_unique<Node>();
        out->type = type;
        return out;
    }

    void refuse(std::string what) {
        if (!problem_)
            problem_ =
                Error{ErrorCode::kInvalidArgument, std::move(what),
                      "regular expression \"" + base::escaped(pattern_, 100) + "\", byte " + std::to_string(at_)};
    }
    [[nodiscard]] bool more() const { return !problem_ && at_ < pattern_.size(); }
    [[nodiscard]] bool next_is(std::string_view text) const { return pattern_.substr(at_).starts_with(text); }
    bool take(std::string_view text) {
        if (!next_is(text)) return false;
        at_ += text.size();
        return true;
    }

    Tree alternatives(int depth) {
        auto out = node(Node::Type::kAlternatives);
        // A flag in the middle of a group holds to the end of the group.
        const bool any_case = any_case_, dot_all = dot_all_;
        do out->parts.push_back(sequence(depth));
        while (more() && take("|"));
        any_case_ = any_case;
        dot_all_ = dot_all;
        return out;
    }

    Tree sequence(int depth) {
        auto out = node(Node::Type::kSequence);
        while (more() && pattern_[at_] != '|' && pattern_[at_] != ')') {
            auto part = atom(depth);
            if (!part) continue;  // flags alone
            out->parts.push_back(repeated(std::move(part)));
        }
        return out;
    }

    Tree atom(int depth) {
        if (take("(")) return group(depth);
        if (take("[")) return bracket();
        if (take("^")) return node(Node::Type::kBegin);
        if (take("$")) return node(Node::Type::kEnd);
        if (take(".")) {
            std::vector<Range> but;
            if (!dot_all_) but.emplace_back('\n', '\n');
            return set_node(std::move(but), true);
        }
        if (take("\\")) return escape();
        if (std::string_view("*+?").find(pattern_[at_]) != std::string_view::npos) {
            refuse("nothing to repeat");
            return node(Node::Type::kSequence);
        }
        const auto [character, size] = decode_at(pattern_, at_);
        at_ += size;
        return set_node({{character, character}});
    }

    Tree group(int depth) {
        if (depth >= kMaxDepth) {
            refuse("groups are nested too deep");
            return node(Node::Type::kSequence);
        }
        const bool any_case = any_case_, dot_all = dot_all_;
        bool own_flags = false;
        if (take("?P<") || take("?<")) {
            while (more() && pattern_[at_] != '>') ++at_;
            if (!take(">")) refuse("the name of a group does not end");
        } else if (take("?")) {
            own_flags = true;
            bool on = true;
            for (; more() && pattern_[at_] != ':' && pattern_[at_] != ')'; ++at_) {
                if (pattern_[at_] == 'i') {
                    any_case_ = on;
                } else if (pattern_[at_] == 's') {
                    dot_all_ = on;
                } else if (pattern_[at_] == '-' && on) {
                    on = false;
                } else {
                    refuse("only the flags i and s are understood here");
                }
            }
            if (more() && take(")")) return nullptr;
            if (!take(":")) refuse("a group does not end");
        }
        auto out = alternatives(depth + 1);
        if (!take(")")) refuse("a ( without its )");
        if (own_flags) {
            any_case_ = any_case;
            dot_all_ = dot_all;
        }
        return out;
    }

    Tree repeated(Tree part) {
        std::uint32_t least = 0;
        std::optional<std::uint32_t> most;
        if (take("*")) {
            least = 0;
        } else if (take("+")) {
            least = 1;
        } else if (take("?")) {
            most = 1;
        } else if (!counts(least, most)) {
            return part;
        }
        take("?");  // lazy or not: what matches is the same
        std::uint32_t ignored = 0;
        std::optional<std::uint32_t> none;
        if (more() && (std::string_view("*+?").find(pattern_[at_]) != std::string_view::npos || counts(ignored, none)))
            refuse("a repetition of a repetition needs a group");
        auto out = node(Node::Type::kRepeat);
        out->parts.push_back(std::move(part));
        out->least = least;
        out->most = most;
        return out;
    }

    /// {2}, {2,} or {2,3}; anything else in braces is text, as in RE2.
    bool counts(std::uint32_t& least, std::optional<std::uint32_t>& most) {
        const auto start = at_;
        const auto number = [&]() -> std::optional<std::uint32_t> {
            std::uint32_t value = 0;
            const auto first = at_;
            while (at_ < pattern_.size() && pattern_[at_] >= '0' && pattern_[at_] <= '9') {
                value = std::min(value * 10 + static_cast<std::uint32_t>(pattern_[at_] - '0'), kMaxRepeat + 1);
                ++at_;
            }
            if (at_ == first) return std::nullopt;
            return value;
        };
        if (!take("{")) return false;
        const auto from = number();
        bool well = from.has_value();
        if (well) {
            least = *from;
            if (take(",")) {
                most = number();
            } else {
                most = from;
            }
            well = take("}");
        }
        if (!well) {
            at_ = start;
            return false;
        }
        if (least > kMaxRepeat || (most && (*most > kMaxRepeat || *most < least))) refuse("a bad count of repetitions");
        return true;
    }

    Tree escape() {
        if (at_ == pattern_.size()) {
            refuse("a \\ at the end");
            return node(Node::Type::kSequence);
        }
        if (take("A")) return node(Node::Type::kBegin);
        if (take("z")) return node(Node::Type::kEnd);
        if (take("Q")) {
            auto out = node(Node::Type::kSequence);
            while (at_ < pattern_.size() && !next_is("\\E")) {
                const auto [character, size] = decode_at(pattern_, at_);
                at_ += size;
                out->parts.push_back(set_node({{character, character}}));
            }
            take("\\E");
            return out;
        }
        std::vector<Range> ranges;
        if (letters(ranges)) return set_node(std::move(ranges));
        const auto character = escaped_character();
        return set_node({{character, character}});
    }

    /// \d, \D, … behind the backslash.
    bool letters(std::vector<Range>& to) {
        if (at_ == pattern_.size()) return false;
        const char letter = pattern_[at_];
        if (std::string_view("dswDSW").find(letter) == std::string_view::npos) return false;
        ++at_;
        const bool inverted = letter < 'a';
        auto ranges = perl_set(inverted ? static_cast<char>(letter - 'A' + 'a') : letter);
        if (inverted) ranges = inverse(std::move(ranges));
        to.insert(to.end(), ranges.begin(), ranges.end());
        return true;
    }

    /// Behind the backslash.
    std::uint32_t escaped_character() {
        if (at_ == pattern_.size()) {
            refuse("a \\ at the end");
            return 0;
        }
        const char letter = pattern_[at_];
        constexpr std::string_view kLetters = "afnrtv", kMeaning = "\a\f\n\r\t\v";
        if (const auto known = kLetters.find(letter); known != std::string_view::npos) {
            ++at_;
            return static_cast<std::uint32_t>(kMeaning[known]);
        }
        if (take("x")) return hexadecimal();
        const bool word = (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'z') ||
                          (letter >= 'A' && letter <= 'Z') || static_cast<unsigned char>(letter) >= 0x80;
        if (word) {
            refuse("an escape that is not understood here");
            return 0;
        }
        ++at_;
        return static_cast<std::uint32_t>(letter);
    }

    /// \x41 or \x{10ffff}.
    std::uint32_t hexadecimal() {
        const bool braces = take("{");
        std::uint32_t value = 0;
        std::size_t digits = 0;
        while (at_ < pattern_.size() && digits < (braces ? 8U : 2U)) {
            const char c = pattern_[at_];
            const auto digit = std::string_view("0123456789abcdef").find(c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c);
            if (digit == std::string_view::npos) break;
            value = value * 16 + static_cast<std::uint32_t>(digit);
            ++digits;
            ++at_;
        }
        if (digits == 0 || (!braces && digits != 2) || (braces && !take("}")) || value > kMaxCharacter)
            refuse("a bad hexadecimal escape");
        return value;
    }

    Tree bracket() {
        const bool negated = take("^");
        std::vector<Range> ranges;
        for (bool first = true;; first = false) {
            if (!more()) {
                refuse("a [ without its ]");
                break;
            }
            if (!first && take("]")) break;
            if (next_is("[:")) {
                const auto end = pattern_.find(":]", at_);
                if (end != std::string_view::npos) {
                    named(pattern_.substr(at_ + 2, end - at_ - 2), ranges);
                    at_ = end + 2;
                    continue;
                }
            }
            if (next_is("\\") && at_ + 1 < pattern_.size()) {
                ++at_;
                if (letters(ranges)) continue;
                --at_;
            }
            const auto low = one_of_bracket();
            auto high = low;
            if (next_is("-") && at_ + 1 < pattern_.size() && pattern_[at_ + 1] != ']') {
                ++at_;
                high = one_of_bracket();
            }
            if (high < low) refuse("a range in [] that goes backwards");
            ranges.emplace_back(low, high);
        }
        return set_node(std::move(ranges), negated);
    }

    std::uint32_t one_of_bracket() {
        if (at_ == pattern_.size()) {
            refuse("a [ without its ]");
            return 0;
        }
        if (take("\\")) return escaped_character();
        const auto [character, size] = decode_at(pattern_, at_);
        at_ += size;
        return character;
    }

    void named(std::string_view name, std::vector<Range>& to) {
        const bool negated = name.starts_with('^');
        if (negated) name.remove_prefix(1);
        for (const auto& each : named_sets()) {
            if (each.name != name) continue;
            const auto ranges = negated ? inverse(each.ranges) : each.ranges;
            to.insert(to.end(), ranges.begin(), ranges.end());
            return;
        }
        refuse("a class of characters that is not known");
    }

    Tree set_node(std::vector<Range> ranges, bool negated = false) {
        auto out = node(Node::Type::kSet);
        out->set = static_cast<std::uint32_t>(out_.sets_.size());
        out_.sets_.push_back({std::move(ranges), negated, any_case_});
        return out;
    }

    void too_much() {
        if (!problem_)
            problem_ = Error{ErrorCode::kTooLarge, "it repeats too much",
                             "regular expression \"" + base::escaped(pattern_, 100) + "\""};
    }

    std::size_t add(Regex::Step step) {
        if (out_.steps_.size() >= kMaxSteps) {
            too_much();
            return 0;
        }
        out_.steps_.push_back(step);
        return out_.steps_.size() - 1;
    }
    [[nodiscard]] std::uint32_t here() const { return static_cast<std::uint32_t>(out_.steps_.size()); }

    void emit(const Node& tree) {
        // Nothing, repeated a thousand times a thousand times, writes no step.
        if (++emitted_ > kMaxEmitted) too_much();
        if (problem_) return;
        auto& steps = out_.steps_;
        switch (tree.type) {
            case Node::Type::kSet:
                add({Kind::kSet, tree.set, 0});
                return;
            case Node::Type::kBegin:
                add({Kind::kBegin});
                return;
            case Node::Type::kEnd:
                add({Kind::kEnd});
                return;
            case Node::Type::kSequence:
                for (const auto& part : tree.parts) emit(*part);
                return;
            case Node::Type::kAlternatives: {
                std::vector<std::size_t> ends;
                for (std::size_t i = 0; i < tree.parts.size() && !problem_; ++i) {
                    const bool last = i + 1 == tree.parts.size();
                    const auto split = last ? 0 : add({Kind::kSplit, here() + 1, 0});
                    emit(*tree.parts[i]);
                    if (last || problem_) break;
                    ends.push_back(add({Kind::kJump}));
                    steps[split].b = here();
                }
                for (const auto end : ends) steps[end].a = here();
                return;
            }
            case Node::Type::kRepeat:
                repeat(tree);
                return;
        }
    }

    void repeat(const Node& tree) {
        auto& steps = out_.steps_;
        const auto& part = *tree.parts.front();
        for (std::uint32_t i = 0; i < tree.least && !problem_; ++i) emit(part);
        if (!tree.most) {
            const auto split = add({Kind::kSplit, here() + 1, 0});
            emit(part);
            add({Kind::kJump, static_cast<std::uint32_t>(split), 0});
            if (!problem_) steps[split].b = here();
            return;
        }
        std::vector<std::size_t> splits;
        for (auto i = tree.least; i < *tree.most && !problem_; ++i) {
            splits.push_back(add({Kind::kSplit, here() + 1, 0}));
            emit(part);
        }
        if (problem_) return;
        for (const auto split : splits) steps[split].b = here();
    }

    std::string_view pattern_;
    std::size_t at_ = 0, emitted_ = 0;
    bool any_case_ = false, dot_all_ = true;
    Regex out_;
    std::optional<Error> problem_;
};

Result<Regex> Regex::parse(std::string_view pattern) { return RegexParser(pattern).parse(); }

bool Regex::matches(std::string_view text) const {
    // All ways through the steps at once, each step once for a character.
    std::vector<std::uint32_t> now, next, open;
    std::vector<std::size_t> seen(steps_.size(), 0);  // for which character, counted from 1
    std::size_t round = 0;
    bool matched = false;
    const auto enter = [&](std::uint32_t step, bool begin, bool end, std::vector<std::uint32_t>& to) {
        open.push_back(step);
        while (!open.empty()) {
            const auto each = open.back();
            open.pop_back();
            if (seen[each] == round) continue;
            seen[each] = round;
            const auto& at = steps_[each];
            switch (at.kind) {
                case Step::Kind::kSet:
                    to.push_back(each);
                    break;
                case Step::Kind::kSplit:
                    open.push_back(at.b);
                    open.push_back(at.a);
                    break;
                case Step::Kind::kJump:
                    open.push_back(at.a);
                    break;
                case Step::Kind::kBegin:
                    if (begin) open.push_back(each + 1);
                    break;
                case Step::Kind::kEnd:
                    if (end) open.push_back(each + 1);
                    break;
                case Step::Kind::kMatch:
                    matched = matched || end;
                    break;
            }
        }
    };
    ++round;
    enter(0, true, text.empty(), now);
    for (std::size_t at = 0; at < text.size() && !now.empty();) {
        const auto [character, size] = decode_at(text, at);
        at += size;
        ++round;
        next.clear();
        for (const auto step : now)
            if (sets_[steps_[step].a].has(character)) enter(step + 1, false, at == text.size(), next);
        now.swap(next);
    }
    return matched;
}

}  // namespace prw::receiver
