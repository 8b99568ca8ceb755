#include "selector.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "prw/base/escape.h"
#include "prw/base/text.h"
#include "prw/proto/view.h"

namespace prw::receiver {

namespace {

constexpr std::string_view kName = "__name__";
constexpr const char* kUnderstood =
    "this receiver understands selectors of series only: name{label=\"v\",other=~\"regex\"}, with [5m] behind it where "
    "all samples of that time are wanted";

class SelectorParser {
public:
    explicit SelectorParser(std::string_view text) : text_(text) {}

    Result<Selector> parse() {
        if (text_.size() > kMaxQuery)
            return fail(ErrorCode::kTooLarge, "an expression of " + std::to_string(text_.size()) +
                                                  " bytes; the limit is " + std::to_string(kMaxQuery));
        blanks();
        if (const auto name = word(true); !name.empty()) add_name(std::string(name));
        before_braces_ = named_;
        blanks();
        if (take('{')) braces();
        blanks();
        if (take('[')) range();
        blanks();
        if (!problem_ && at_ != text_.size()) refuse("unexpected " + here());
        if (!problem_ && found_.empty()) refuse(text_.empty() ? "the expression is empty" : "no matcher");
        if (problem_) return tl::unexpected<Error>(*problem_);
        auto compiled = compile(found_);
        if (!compiled) return tl::unexpected<Error>(compiled.error());
        out_.matchers = std::move(*compiled);
        if (std::all_of(out_.matchers.begin(), out_.matchers.end(), [](const auto& m) { return m.matches_empty(); }))
            return fail(ErrorCode::kInvalidArgument, "a selector needs at least one matcher that does not match \"\"");
        return std::move(out_);
    }

private:
    void refuse(std::string what) {
        if (!problem_)
            problem_ = Error{ErrorCode::kInvalidArgument, std::move(what), "byte " + std::to_string(at_), kUnderstood};
    }
    [[nodiscard]] std::string here() const {
        return at_ < text_.size() ? base::quoted(text_.substr(at_, 20)) : "end of the expression";
    }
    [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
    void blanks() {
        while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) ++at_;
    }
    bool take(char c) {
        if (problem_ || at_ >= text_.size() || text_[at_] != c) return false;
        ++at_;
        return true;
    }
    /// A name of the old alphabet; empty where there is none.
    std::string_view word(bool colons) {
        const auto start = at_;
        while (at_ < text_.size()) {
            const char c = text_[at_];
            const bool digit = c >= '0' && c <= '9';
            if (!(base::alphanumeric(c) && (!digit || at_ > start)) && c != '_' && !(colons && c == ':')) break;
            ++at_;
        }
        return text_.substr(start, at_ - start);
    }

    void add_name(std::string name) {
        if (named_) return refuse("the name is given twice");
        named_ = true;
        found_.push_back({proto::LabelMatcher::Type::kEqual, std::string(kName), std::move(name)});
    }

    void braces() {
        for (;;) {
            blanks();
            if (problem_ || take('}')) return;
            matcher();
            blanks();
            if (take('}')) return;
            if (!take(',')) return refuse("wanted , or } and not " + here());
        }
    }

    void matcher() {
        const bool quoted = peek() == '"' || peek() == '\'' || peek() == '`';
        std::string name = quoted ? string() : std::string(word(false));
        if (problem_) return;
        if (name.empty()) return refuse("wanted the name of a label and not " + here());
        blanks();
        if (quoted && (peek() == ',' || peek() == '}')) return add_name(std::move(name));
        // As in Prometheus, {__name__="a",__name__="b"} is odd and allowed.
        if (before_braces_ && name == kName) return refuse("the name is given twice");
        using Type = proto::LabelMatcher::Type;
        Type type = Type::kEqual;
        if (take('=')) {
            if (take('~')) type = Type::kRegex;
        } else if (take('!')) {
            if (take('~')) {
                type = Type::kNotRegex;
            } else if (take('=')) {
                type = Type::kNotEqual;
            } else {
                return refuse("wanted != or !~ and not " + here());
            }
        } else {
            return refuse("wanted =, !=, =~ or !~ and not " + here());
        }
        blanks();
        auto value = string();
        if (!problem_) found_.push_back({type, std::move(name), std::move(value)});
    }

    std::string string() {
        const char quote = peek();
        if (quote != '"' && quote != '\'' && quote != '`') return refuse("wanted a string and not " + here()), "";
        ++at_;
        std::string out;
        while (at_ < text_.size() && text_[at_] != quote && (quote == '`' || text_[at_] != '\n')) {
            if (quote != '`' && text_[at_] == '\\') {
                ++at_;
                escape(quote, out);
                if (problem_) return "";
            } else {
                out += text_[at_++];
            }
        }
        if (!take(quote)) refuse("a string does not end");
        return out;
    }

    /// As Go's strings have them.
    void escape(char quote, std::string& to) {
        const char letter = peek();
        constexpr std::string_view kLetters = "abfnrtv\\", kMeaning = "\a\b\f\n\r\t\v\\";
        if (const auto known = kLetters.find(letter); known != std::string_view::npos && letter != '\0') {
            to += kMeaning[known];
            ++at_;
        } else if (letter == quote) {
            to += quote;
            ++at_;
        } else if (letter >= '0' && letter <= '7') {
            byte(3, 8, to);
        } else if (letter == 'x') {
            ++at_;
            byte(2, 16, to);
        } else if (letter == 'u' || letter == 'U') {
            ++at_;
            character(letter == 'u' ? 4 : 8, to);
        } else {
            refuse("an unknown escape in a string");
        }
    }

    std::optional<std::uint32_t> digits(std::size_t count, int base) {
        const auto part = text_.substr(at_, count);
        std::uint32_t value = 0;
        const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value, base);
        if (part.size() != count || error != std::errc{} || end != part.data() + part.size()) return std::nullopt;
        at_ += count;
        return value;
    }
    void byte(std::size_t count, int base, std::string& to) {
        const auto value = digits(count, base);
        if (!value || *value > 0xff) return refuse("a bad escape in a string");
        to += static_cast<char>(static_cast<unsigned char>(*value));
    }
    void character(std::size_t count, std::string& to) {
        const auto value = digits(count, 16);
        if (!value || *value > 0x10ffff || (*value >= 0xd800 && *value < 0xe000))
            return refuse("a bad escape in a string");
        const auto put = [&](std::uint32_t bits) { to += static_cast<char>(static_cast<unsigned char>(bits)); };
        const auto rest = [&](unsigned shift) { put(0x80U | ((*value >> shift) & 0x3fU)); };
        if (*value < 0x80) return put(*value);
        if (*value < 0x800) {
            put(0xc0U | (*value >> 6U));
        } else if (*value < 0x10000) {
            put(0xe0U | (*value >> 12U));
            rest(6);
        } else {
            put(0xf0U | (*value >> 18U));
            rest(12);
            rest(6);
        }
        rest(0);
    }

    void range() {
        const auto end = text_.find(']', at_);
        if (end == std::string_view::npos) return refuse("a [ without its ]");
        const auto duration = parse_prometheus_duration(text_.substr(at_, end - at_));
        if (!duration) return refuse(duration.error().text());
        out_.range_ms = *duration;
        at_ = end + 1;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    bool named_ = false, before_braces_ = false;
    std::vector<proto::LabelMatcher> found_;
    Selector out_;
    std::optional<Error> problem_;
};

/// Expressions come from the network: what may take memory or time without bounds is refused.
std::string problem_of(std::string_view expression) {
    constexpr std::size_t kLongest = 256;
    if (expression.size() > kLongest) return "it is longer than " + std::to_string(kLongest) + " bytes";
    if (expression.find('{') != std::string_view::npos) return "it repeats by {}";
    for (std::size_t i = 0; i + 1 < expression.size(); ++i) {
        if (expression[i] != '\\') continue;
        if (expression[i + 1] >= '0' && expression[i + 1] <= '9') return "it refers back";
        ++i;
    }
    return {};
}

}  // namespace

Result<Matcher> Matcher::compile(proto::LabelMatcher matcher) {
    using Type = proto::LabelMatcher::Type;
    Matcher out(std::move(matcher));
    if (out.matcher_.type == Type::kRegex || out.matcher_.type == Type::kNotRegex) {
        std::string problem = problem_of(out.matcher_.value);
        if (problem.empty()) out.expression_ = base::Expression::make(out.matcher_.value, problem);
        if (!out.expression_)
            return fail(ErrorCode::kInvalidArgument,
                        "\"" + base::cut(base::one_line(out.matcher_.value), 80) +
                            "\" is no regular expression that this receiver takes: " + problem);
    }
    return out;
}

bool Matcher::matches_value(std::string_view value) const {
    using Type = proto::LabelMatcher::Type;
    const bool negated = matcher_.type == Type::kNotEqual || matcher_.type == Type::kNotRegex;
    return (expression_ ? expression_->fits(value) : value == matcher_.value) != negated;
}

bool Matcher::matches(const proto::Labels& labels) const {
    const auto found =
        std::find_if(labels.begin(), labels.end(), [&](const auto& label) { return label.first == matcher_.name; });
    return matches_value(found == labels.end() ? std::string_view() : std::string_view(found->second));
}

Result<Matchers> compile(const std::vector<proto::LabelMatcher>& matchers) {
    Matchers out;
    out.reserve(matchers.size());
    for (const auto& each : matchers) {
        auto compiled = Matcher::compile(each);
        if (!compiled) return tl::unexpected<Error>(compiled.error());
        out.push_back(std::move(*compiled));
    }
    return out;
}

bool matches(const Matchers& matchers, const proto::Labels& labels) {
    return std::all_of(matchers.begin(), matchers.end(), [&](const Matcher& each) { return each.matches(labels); });
}

Result<Selector> parse_selector(std::string_view text) { return SelectorParser(text).parse(); }

Result<std::int64_t> parse_prometheus_duration(std::string_view text) {
    constexpr std::int64_t kMost = std::int64_t{300} * 365 * 24 * 3600 * 1000;
    struct Unit {
        std::string_view name;
        std::int64_t ms;
    };
    // In the order that they may come in; "ms" before "m", which it begins with.
    static constexpr std::array<Unit, 7> kUnits = {{{"y", std::int64_t{365} * 24 * 3600 * 1000},
                                                    {"w", std::int64_t{7} * 24 * 3600 * 1000},
                                                    {"d", std::int64_t{24} * 3600 * 1000},
                                                    {"h", 3600 * 1000},
                                                    {"m", 60 * 1000},
                                                    {"s", 1000},
                                                    {"ms", 1}}};
    const auto refuse = [&] {
        return fail(
            ErrorCode::kInvalidArgument,
            base::quoted(text, 50) + " is no duration; wanted one such as 5m, 1h30m, 500ms or a number of seconds");
    };
    const auto* const end = text.data() + text.size();
    double seconds = 0;
    if (const auto [stop, error] = std::from_chars(text.data(), end, seconds); error == std::errc{} && stop == end) {
        const double ms = seconds * 1000;
        if (!(ms >= 1) || ms > static_cast<double>(kMost)) return refuse();
        return static_cast<std::int64_t>(ms);
    }
    std::int64_t total = 0;
    std::size_t next = 0;
    const char* at = text.data();
    while (at != end) {
        std::int64_t count = 0;
        const auto [stop, error] = std::from_chars(at, end, count);
        if (error != std::errc{} || count < 0 || *at == '-') return refuse();
        const std::string_view rest(stop, static_cast<std::size_t>(end - stop));
        const bool milliseconds = rest.starts_with("ms");
        std::size_t unit = next;
        while (unit < kUnits.size() &&
               (!rest.starts_with(kUnits[unit].name) || (kUnits[unit].name == "m" && milliseconds)))
            ++unit;
        if (unit == kUnits.size() || count > kMost / kUnits[unit].ms) return refuse();
        total += count * kUnits[unit].ms;
        if (total > kMost) return refuse();
        next = unit + 1;
        at = stop + kUnits[unit].name.size();
    }
    if (total <= 0) return refuse();
    return total;
}

}  // namespace prw::receiver
