#include "prw/exchange/filter.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "prw/base/expression.h"
#include "prw/base/nearest.h"
#include "prw/proto/content_type.h"
#include "prw/proto/http_head.h"
#include "prw/proto/protocol.h"
#include "prw/rules/text.h"

namespace prw::exchange {

namespace {

using Kind = FilterColumn::Kind;

constexpr std::string_view kLabelPrefix = "label.";
constexpr std::string_view kMetricName = "__name__";
/// Deep enough for any hand, and no stack is lost.
constexpr int kMaxDepth = 100;

constexpr std::array<FilterColumn, 21> kColumns{{
    {"id", Kind::kNumber, "number of the request"},
    {"time", Kind::kTime, "when its first byte came: time >= \"2026-01-02T03:04:05Z\""},
    {"sender", Kind::kText, "User-Agent"},
    {"message", Kind::kText, "1.0, 2.0 or none, by Content-Type"},
    {"status", Kind::kNumber, "of the answer; 0 when there was none"},
    {"series", Kind::kNumber, "series in the request"},
    {"samples", Kind::kNumber, "samples in the request"},
    {"histograms", Kind::kNumber, "native histograms in the request"},
    {"exemplars", Kind::kNumber, "exemplars in the request"},
    {"metadata", Kind::kNumber, "metadata in the request"},
    {"bytes", Kind::kNumber, "bytes of the body on the wire"},
    {"decoded", Kind::kNumber, "bytes of the message, uncompressed"},
    {"worst", Kind::kWord, "worst finding: none, info, warn, fail"},
    {"finding", Kind::kSet, "rules that have a finding: finding == labels/sorted"},
    {"metric", Kind::kSet, "names of the metrics in the request"},
    {"method", Kind::kText, "of the request line"},
    {"path", Kind::kText, "of the request line, without the query"},
    {"peer", Kind::kText, "address of the sender"},
    {"connection", Kind::kNumber, "number of the connection"},
    {"scripted", Kind::kText, "script step that answered; empty when the receiver did by itself"},
    {"fault", Kind::kText, "fault on purpose; empty for none"},
}};

constexpr std::array<std::string_view, 4> kWorst{"none", "info", "warn", "fail"};

enum class Op : std::uint8_t { kEqual, kNotEqual, kLess, kLessOrEqual, kMore, kMoreOrEqual, kFits, kFitsNot };
/// Longest first, so that none hides another.
constexpr std::array<std::pair<std::string_view, Op>, 8> kOps{{{"==", Op::kEqual},
                                                               {"!=", Op::kNotEqual},
                                                               {"<=", Op::kLessOrEqual},
                                                               {">=", Op::kMoreOrEqual},
                                                               {"=~", Op::kFits},
                                                               {"!~", Op::kFitsNot},
                                                               {"<", Op::kLess},
                                                               {">", Op::kMore}}};

std::string_view cut(std::string_view text) { return text.substr(0, kMaxFilteredText); }

struct Comparison {
    std::string column;  ///< or the label's name, for label.NAME
    bool label = false;
    Kind kind = Kind::kNumber;
    Op op = Op::kEqual;
    double number = 0;  ///< of kNumber, kTime and kWord
    std::string text;
    std::shared_ptr<const base::Expression> expression;
};

}  // namespace

struct Filter::Node {
    enum class Is : std::uint8_t { kAll, kAny, kNot, kComparison };
    Is is = Is::kComparison;
    std::vector<std::shared_ptr<const Node>> of;
    Comparison comparison;
};

namespace {

using Node = Filter::Node;
using NodePtr = std::shared_ptr<const Node>;

template <typename T>
bool ordered(Op op, const T& a, const T& b) {
    switch (op) {
        case Op::kEqual:
            return a == b;
        case Op::kNotEqual:
            return a != b;
        case Op::kLess:
            return a < b;
        case Op::kLessOrEqual:
            return a <= b;
        case Op::kMore:
            return a > b;
        case Op::kMoreOrEqual:
            return a >= b;
        default:
            return false;
    }
}

/// "2026-01-02T03:04:05.678Z", the seconds' fraction and the time being optional. ms since the epoch.
std::optional<double> parse_time(std::string_view text) {
    const auto number = [&](std::size_t at, std::size_t size) -> std::optional<int> {
        int out = 0;
        if (at + size > text.size()) return std::nullopt;
        const auto [end, error] = std::from_chars(text.data() + at, text.data() + at + size, out);
        return error == std::errc() && end == text.data() + at + size && out >= 0 ? std::optional(out) : std::nullopt;
    };
    if (text.ends_with('Z')) text.remove_suffix(1);
    const auto year = number(0, 4), month = number(5, 2), day = number(8, 2);
    if (!year || !month || !day || text[4] != '-' || text[7] != '-') return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*day))};
    if (!date.ok()) return std::nullopt;
    auto ms = static_cast<double>(std::chrono::sys_days(date).time_since_epoch().count()) * 86'400'000.0;
    if (text.size() == 10) return ms;
    const auto hour = number(11, 2), minute = number(14, 2), second = number(17, 2);
    if (!hour || !minute || !second || (text[10] != 'T' && text[10] != ' ') || text[13] != ':' || text[16] != ':' ||
        *hour > 23 || *minute > 59 || *second > 60)
        return std::nullopt;
    ms += *hour * 3'600'000.0 + *minute * 60'000.0 + *second * 1000.0;
    if (text.size() == 19) return ms;
    if (text[19] != '.' || text.size() == 20 || text.size() > 29) return std::nullopt;
    const auto fraction = number(20, text.size() - 20);
    if (!fraction) return std::nullopt;
    return ms + *fraction / std::pow(10.0, static_cast<double>(text.size()) - 20 - 3);
}

class Parser {
public:
    explicit Parser(std::string_view text) : text_(text) {}

    Result<NodePtr> run() {
        auto out = any(0);
        if (!out) return out;
        blanks();
        if (at_ < text_.size())
            return wrong(text_[at_] == ')' ? "a parenthesis that was never opened" : "wanted && or ||", at_, 1);
        return out;
    }

private:
    Result<NodePtr> any(int depth) { return chain(depth, "||", Node::Is::kAny); }
    Result<NodePtr> all(int depth) { return chain(depth, "&&", Node::Is::kAll); }

    Result<NodePtr> chain(int depth, std::string_view word, Node::Is is) {
        auto out = std::make_shared<Node>();
        out->is = is;
        do {
            auto next = is == Node::Is::kAny ? all(depth) : one(depth);
            if (!next) return next;
            out->of.push_back(std::move(*next));
        } while (take(word));
        if (out->of.size() == 1) return out->of.front();
        return NodePtr(std::move(out));
    }

    Result<NodePtr> one(int depth) {
        blanks();
        if (depth > kMaxDepth) return wrong("more than 100 parentheses within each other", at_, 1);
        const auto begin = at_;
        if (take("!")) {
            auto inner = one(depth + 1);
            if (!inner) return inner;
            auto out = std::make_shared<Node>();
            out->is = Node::Is::kNot;
            out->of.push_back(std::move(*inner));
            return NodePtr(std::move(out));
        }
        if (!take("(")) return comparison();
        auto inner = any(depth + 1);
        if (!inner) return inner;
        if (!take(")")) return wrong("this parenthesis is never closed", begin, 1);
        return inner;
    }

    Result<NodePtr> comparison() {
        auto out = std::make_shared<Node>();
        auto& c = out->comparison;
        const auto begin = at_;
        if (auto known = column(c); !known) return tl::unexpected<Error>(known.error());
        const auto name = text_.substr(begin, at_ - begin);
        blanks();
        const auto op_at = at_;
        const auto* op = std::find_if(kOps.begin(), kOps.end(),
                                      [&](const auto& entry) { return text_.substr(at_).starts_with(entry.first); });
        if (op == kOps.end()) {
            const bool single = text_.substr(at_).starts_with('=');
            return wrong(single ? "equality is written =="
                                : "wanted a comparison behind " + std::string(name) + ": " + allowed(c.kind),
                         at_, 1);
        }
        c.op = op->second;
        at_ += op->first.size();
        if (allowed(c.kind).find(std::string(op->first) + " ") == std::string::npos)
            return wrong(std::string(name) + " is " + noun(c.kind) + ", which takes " + allowed(c.kind), op_at,
                         op->first.size());
        blanks();
        const auto value_at = at_;
        auto value = this->value();
        if (!value) return tl::unexpected<Error>(value.error());
        const auto bad = [&](const std::string& what) { return wrong(what, value_at, at_ - value_at); };
        c.text = std::move(*value);
        switch (c.kind) {
            case Kind::kNumber: {
                const auto [end, error] = std::from_chars(c.text.data(), c.text.data() + c.text.size(), c.number);
                if (error != std::errc() || end != c.text.data() + c.text.size() || !std::isfinite(c.number))
                    return bad(std::string(name) + " is compared with a number");
                break;
            }
            case Kind::kTime: {
                const auto [end, error] = std::from_chars(c.text.data(), c.text.data() + c.text.size(), c.number);
                if (error == std::errc() && end == c.text.data() + c.text.size() && std::isfinite(c.number)) break;
                const auto time = parse_time(c.text);
                if (!time)
                    return bad(std::string(name) +
                               " is compared with a time such as \"2026-01-02T03:04:05Z\", or with ms since the epoch");
                c.number = *time;
                break;
            }
            case Kind::kWord: {
                const auto* word = std::find(kWorst.begin(), kWorst.end(), c.text);
                if (word == kWorst.end())
                    return bad(std::string(name) + " is compared with none, info, warn or fail" +
                               meant(c.text, kWorst));
                c.number = static_cast<double>(word - kWorst.begin());
                break;
            }
            case Kind::kText:
            case Kind::kSet:
                static constexpr std::array<std::string_view, 3> kMessages{"1.0", "2.0", "none"};
                if (c.column == "message" && !c.label && (c.op == Op::kEqual || c.op == Op::kNotEqual) &&
                    std::find(kMessages.begin(), kMessages.end(), c.text) == kMessages.end())
                    return bad("message is compared with 1.0, 2.0 or none");
                if (c.op != Op::kFits && c.op != Op::kFitsNot) break;
                std::string problem;
                c.expression = base::Expression::make(c.text, problem);
                if (!c.expression) return bad("not a regular expression: " + problem);
        }
        return NodePtr(std::move(out));
    }

    Result<void> column(Comparison& c) {
        const auto begin = at_;
        while (at_ < text_.size() && word_char(text_[at_], false)) ++at_;
        const auto name = text_.substr(begin, at_ - begin);
        if (name.empty())
            return wrong_place(begin == text_.size() ? "wanted a column at the end" : "wanted a column", begin, 1);
        if (name.starts_with(kLabelPrefix)) {
            c.column = name.substr(kLabelPrefix.size());
            c.label = true;
            c.kind = Kind::kSet;
            if (c.column.empty()) return wrong_place("label. wants the name of a label behind it", begin, name.size());
            return {};
        }
        const auto* known =
            std::find_if(kColumns.begin(), kColumns.end(), [&](const FilterColumn& one) { return one.name == name; });
        if (known == kColumns.end()) {
            std::vector<std::string_view> names;
            for (const auto& one : kColumns) names.push_back(one.name);
            return wrong_place("there is no column \"" + std::string(name) + "\"" + meant(name, names), begin,
                               name.size());
        }
        c.column = name;
        c.kind = known->kind;
        return {};
    }

    /// A word, a number, or text in quotes, in which a backslash before a quote or a backslash is dropped: "\\." and
    /// "\." are the same expression.
    Result<std::string> value() {
        const auto begin = at_;
        if (begin == text_.size()) return wrong_place("wanted a value at the end", begin, 1);
        const char quote = text_[at_];
        if (quote != '"' && quote != '\'') {
            while (at_ < text_.size() && word_char(text_[at_], true)) ++at_;
            if (at_ == begin) return wrong_place("wanted a value: a word, a number, or text in quotes", begin, 1);
            return std::string(text_.substr(begin, at_ - begin));
        }
        std::string out;
        for (++at_; at_ < text_.size(); ++at_) {
            const char c = text_[at_];
            if (c == quote) {
                ++at_;
                return out;
            }
            if (c == '\\' && at_ + 1 < text_.size() && (text_[at_ + 1] == quote || text_[at_ + 1] == '\\')) {
                out += text_[++at_];
            } else {
                out += c;
            }
        }
        at_ = begin + 1;
        return wrong_place("this quote is never closed", begin, 1);
    }

    static bool word_char(char c, bool value) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        return letter || c == '_' || c == '.' || (value && (c == '/' || c == ':' || c == '-' || c == '+'));
    }

    static std::string allowed(Kind kind) {
        if (kind == Kind::kText || kind == Kind::kSet) return "== != =~ !~ ";
        return "== != < <= > >= ";
    }
    static std::string noun(Kind kind) {
        switch (kind) {
            case Kind::kNumber:
                return "a number";
            case Kind::kTime:
                return "a time";
            case Kind::kWord:
                return "one of none, info, warn, fail";
            default:
                return "text";
        }
    }
    template <typename Words>
    static std::string meant(std::string_view word, const Words& words) {
        return base::did_you_mean(word, words, base::Quotes::kNone);
    }

    void blanks() {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n')) ++at_;
    }
    bool take(std::string_view word) {
        blanks();
        if (!text_.substr(at_).starts_with(word)) return false;
        at_ += word.size();
        return true;
    }

    tl::unexpected<Error> wrong_place(std::string what, std::size_t at, std::size_t size) const {
        while (what.ends_with(' ')) what.pop_back();
        // As a terminal shows it, so that the caret stands where it should.
        const auto before = rules::printable(text_.substr(0, at), text_.size());
        const auto columns = static_cast<std::size_t>(std::count_if(
            before.begin(), before.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
        return fail(ErrorCode::kInvalidArgument, std::move(what) + "\n  " + rules::printable(text_, text_.size()) +
                                                     "\n  " + std::string(columns, ' ') +
                                                     std::string(std::max<std::size_t>(size, 1), '^'));
    }
    tl::unexpected<Error> wrong(std::string what, std::size_t at, std::size_t size) const {
        return wrong_place(std::move(what), at, size);
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

double number_of(const Comparison& c, const Filtered& row) {
    const auto& e = row.exchange;
    const auto as = [](auto value) { return static_cast<double>(value); };
    if (c.kind == Kind::kTime) return as(e.received_unix_ms);
    if (c.kind == Kind::kWord) return row.check.findings.empty() ? 0 : as(row.check.worst()) + 1;
    if (c.column == "id") return as(e.id);
    if (c.column == "status") return as(e.status);
    if (c.column == "series") return as(row.check.series);
    if (c.column == "samples") return as(row.check.samples);
    if (c.column == "histograms") return as(row.check.histograms);
    if (c.column == "exemplars") return as(row.check.exemplars);
    if (c.column == "metadata") return as(row.check.metadata);
    if (c.column == "bytes") return as(e.raw_body.size());
    if (c.column == "decoded") return as(row.check.uncompressed_size);
    return as(e.connection);
}

std::string text_of(const Comparison& c, const Filtered& row) {
    const auto& e = row.exchange;
    if (c.column == "message") return row.check.declared ? std::string(proto::short_name(*row.check.declared)) : "none";
    if (c.column == "peer") return e.peer;
    if (c.column == "scripted") return e.scripted;
    if (c.column == "fault") return e.fault;
    const auto head = proto::parse_request_head(e.raw_head);
    if (!head) return {};
    if (c.column == "sender") return std::string(head->value(proto::header::kUserAgent));
    return std::string(c.column == "method" ? head->method : head->path());
}

bool fits(const Comparison& c, std::string_view text) {
    const auto part = cut(text);
    if (!c.expression) return part == cut(c.text);
    return c.expression->fits(part);
}

/// Whether one of the texts fits.
bool any_fits(const Comparison& c, const Filtered& row) {
    if (!c.label && c.column == "finding")
        return std::any_of(row.check.findings.begin(), row.check.findings.end(),
                           [&](const rules::Finding& finding) { return fits(c, finding.rule); });
    if (row.view == nullptr) return false;
    const std::string_view name = c.label ? std::string_view(c.column) : kMetricName;
    std::string_view last;  // series of one metric stand together
    bool tried = false;
    for (const auto& series : row.view->series) {
        for (const auto& label : row.view->labels_of(series)) {
            if (label.name != name || (tried && label.value == last)) continue;
            if (fits(c, label.value)) return true;
            last = label.value;
            tried = true;
        }
    }
    // Metadata of 1.0 stand apart from series.
    return !c.label && row.view->message == proto::ProtobufMessage::kV1 &&
           std::any_of(row.view->metadata.begin(), row.view->metadata.end(),
                       [&](const auto& metadata) { return fits(c, metadata.family); });
}

bool holds(const Comparison& c, const Filtered& row) {
    if (c.kind != Kind::kText && c.kind != Kind::kSet) return ordered(c.op, number_of(c, row), c.number);
    const bool found = c.kind == Kind::kSet ? any_fits(c, row) : fits(c, text_of(c, row));
    return found == (c.op == Op::kEqual || c.op == Op::kFits);
}

bool holds(const Node& node, const Filtered& row) {
    const auto each = [&](const NodePtr& part) { return holds(*part, row); };
    switch (node.is) {
        case Node::Is::kAll:
            return std::all_of(node.of.begin(), node.of.end(), each);
        case Node::Is::kAny:
            return std::any_of(node.of.begin(), node.of.end(), each);
        case Node::Is::kNot:
            return !holds(*node.of.front(), row);
        case Node::Is::kComparison:
            break;
    }
    return holds(node.comparison, row);
}

bool decodes(const Node& node) {
    if (node.is != Node::Is::kComparison)
        return std::any_of(node.of.begin(), node.of.end(), [](const NodePtr& part) { return decodes(*part); });
    return node.comparison.label || node.comparison.column == "metric";
}

}  // namespace

std::span<const FilterColumn> filter_columns() { return kColumns; }

Filter::Filter(std::shared_ptr<const Node> root) : root_(std::move(root)) {}

Result<Filter> Filter::parse(std::string_view text) {
    auto root = Parser(text).run();
    if (!root) return tl::unexpected<Error>(root.error());
    return Filter(std::move(*root));
}

bool Filter::needs_view() const { return decodes(*root_); }
bool Filter::matches(const Filtered& row) const { return holds(*root_, row); }

}  // namespace prw::exchange
