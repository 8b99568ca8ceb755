/// Prometheus text 0.0.4 and OpenMetrics 1.0 text share a line grammar; OpenMetrics is the stricter dialect: single
/// blanks, no blank lines, "# EOF".
#include "text_parser.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "families.h"
#include "prw/base/bytes_text.h"
#include "prw/base/text.h"
#include "prw/proto/view.h"

namespace prw::sender {

using proto::MetricType;

namespace {

bool is_name_start(char c, bool metric) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (metric && c == ':');
}
bool is_name_char(char c, bool metric) { return is_name_start(c, metric) || (c >= '0' && c <= '9'); }
bool is_blank(char c) { return c == ' ' || c == '\t'; }

std::string shown(char c) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f) return std::string("'") + c + "'";
    return "byte 0x" + base::hex_number(byte, 2);
}

std::string clipped(std::string_view text) { return base::quoted(text, 60); }

struct TypeName {
    std::string_view name;
    MetricType type;
    bool text, openmetrics;
};
constexpr TypeName kTypes[] = {
    {"counter", MetricType::kCounter, true, true},
    {"gauge", MetricType::kGauge, true, true},
    {"histogram", MetricType::kHistogram, true, true},
    {"summary", MetricType::kSummary, true, true},
    {"untyped", MetricType::kUnspecified, true, false},
    {"unknown", MetricType::kUnspecified, false, true},
    {"gaugehistogram", MetricType::kGaugeHistogram, false, true},
    {"info", MetricType::kInfo, false, true},
    {"stateset", MetricType::kStateset, false, true},
};

class TextParser {
public:
    TextParser(std::string_view input, bool openmetrics, const ParseOptions& options)
        : input_(input), openmetrics_(openmetrics), options_(options), families_(openmetrics) {}

    Result<Scrape> run() {
        std::size_t start = 0;
        while (start < input_.size() && !failed_) {
            ++line_number_;
            const std::size_t end = std::min(input_.find('\n', start), input_.size());
            line_ = input_.substr(start, end - start);
            pos_ = 0;
            start = end + 1;
            parse_line();
        }
        if (!failed_ && openmetrics_ && !saw_eof_) {
            ++line_number_;
            pos_ = 0;
            refuse("OpenMetrics input must end in a line \"# EOF\", but the input ends here (truncated?)");
        }
        if (failed_) return tl::unexpected<Error>(std::move(error_));
        return families_.finish();
    }

private:
    // Returns false so that callers can write `return refuse(…)`.
    bool refuse(std::string what) { return refuse_at(pos_, std::move(what)); }
    bool refuse_at(std::size_t at, std::string what) {
        if (!failed_) error_ = Error{ErrorCode::kInvalidArgument, std::move(what), place(at), {}};
        failed_ = true;
        return false;
    }
    [[nodiscard]] std::string place(std::size_t at) const {
        return options_.source + ":" + std::to_string(line_number_) + ":" + std::to_string(at + 1);
    }
    [[nodiscard]] bool at_end() const { return pos_ >= line_.size(); }
    [[nodiscard]] char peek() const { return at_end() ? '\0' : line_[pos_]; }
    [[nodiscard]] bool at(char c) const { return !at_end() && line_[pos_] == c; }

    /// Optional blanks: any in text, none in OpenMetrics.
    void skip_blanks() {
        if (openmetrics_) return;
        while (!at_end() && is_blank(line_[pos_])) ++pos_;
    }
    /// At least one blank in text, exactly one space in OpenMetrics.
    bool need_blank(std::string_view before) {
        if (at_end()) return refuse(std::string(before) + " is missing");
        if (!is_blank(peek()))
            return refuse("a blank is wanted before " + std::string(before) + ", got " + shown(peek()));
        if (!openmetrics_) {
            skip_blanks();
            return true;
        }
        if (!at(' ')) return refuse("OpenMetrics separates by a single space, got a tab");
        ++pos_;
        if (!at_end() && is_blank(peek())) return refuse("OpenMetrics separates by a single space, got more blanks");
        return true;
    }
    std::string_view token() {
        const std::size_t start = pos_;
        while (!at_end() && !is_blank(line_[pos_])) ++pos_;
        return line_.substr(start, pos_ - start);
    }

    bool parse_line() {
        if (saw_eof_) return refuse("nothing may follow \"# EOF\"");
        if (line_.size() > options_.max_line)
            return refuse("the line is longer than " + std::to_string(options_.max_line) + " bytes");
        if (line_.ends_with('\r'))
            return refuse_at(line_.size() - 1, "lines end in a line feed alone, got carriage return and line feed");
        skip_blanks();
        if (at_end()) return openmetrics_ ? refuse("OpenMetrics has no blank lines") : true;
        return at('#') ? parse_comment() : parse_sample();
    }

    bool parse_comment() {
        if (openmetrics_ && line_ == "# EOF") return saw_eof_ = true;
        ++pos_;
        if (openmetrics_ && !at(' ')) return refuse("a comment starts with \"# \" and a keyword in OpenMetrics");
        while (!at_end() && is_blank(line_[pos_])) ++pos_;
        const std::size_t keyword_at = pos_;
        const std::string_view keyword = token();
        if (keyword == "TYPE") return parse_type();
        if (keyword == "HELP") return parse_help();
        if (openmetrics_ && keyword == "UNIT") return parse_unit();
        if (openmetrics_)
            return refuse_at(keyword_at,
                             "OpenMetrics knows the keywords HELP, TYPE, UNIT and EOF, got " + clipped(keyword));
        return true;  // text 0.0.4: an ordinary comment
    }

    bool descriptor_name(std::string_view keyword, std::string& name) {
        if (!need_blank("the metric name")) return false;
        if (at('"')) {
            if (!quoted(name, "metric name")) return false;
        } else if (!bare_name(name, true)) {
            return false;
        }
        if (name.empty()) return refuse("the metric name of " + std::string(keyword) + " is empty");
        return true;
    }

    bool parse_type() {
        std::string name;
        if (!descriptor_name("TYPE", name) || !need_blank("the type")) return false;
        const std::size_t type_at = pos_;
        const std::string_view word = token();
        skip_blanks();
        if (!at_end()) return refuse("unexpected " + clipped(line_.substr(pos_)) + " after the type");
        for (const TypeName& known : kTypes) {
            if (known.name != word || !(openmetrics_ ? known.openmetrics : known.text)) continue;
            if (const MetricType* earlier = families_.declared_type(name); earlier != nullptr && *earlier != known.type)
                return refuse_at(type_at, "the type of " + name + " is " + std::string(word) +
                                              " here, but was given as " + std::string(proto::name_of(*earlier)) +
                                              " before");
            families_.declare_type(name, known.type);
            return true;
        }
        std::string wanted;
        for (const TypeName& known : kTypes)
            if (openmetrics_ ? known.openmetrics : known.text) base::add_word(wanted, known.name);
        return refuse_at(type_at, "unknown type " + clipped(word) + ", wanted one of " + wanted);
    }

    bool parse_help() {
        std::string name;
        if (!descriptor_name("HELP", name)) return false;
        std::string help;
        if (!at_end()) {
            if (!is_blank(peek())) return refuse("a blank is wanted after the metric name, got " + shown(peek()));
            ++pos_;
            skip_blanks();
            const std::string_view raw = line_.substr(pos_);
            if (!proto::valid_utf8(raw)) return refuse("the help text is not valid UTF-8");
            help = unescape(raw, openmetrics_);
        }
        Family& family = families_.family(name);
        if (family.help.empty()) family.help = std::move(help);
        return true;
    }

    bool parse_unit() {
        std::string name;
        if (!descriptor_name("UNIT", name)) return false;
        std::string_view unit;
        const std::size_t unit_at = pos_ + 1;
        if (!at_end()) {
            if (!need_blank("the unit")) return false;
            unit = token();
            if (!at_end()) return refuse("unexpected " + clipped(line_.substr(pos_)) + " after the unit");
        }
        if (!proto::valid_utf8(unit)) return refuse_at(unit_at, "the unit is not valid UTF-8");
        if (!unit.empty() && !name.ends_with("_" + std::string(unit)))
            return refuse_at(unit_at,
                             "the unit " + clipped(unit) + " must be the suffix of the metric name " + clipped(name));
        families_.family(name).unit = std::string(unit);
        return true;
    }

    /// Escapes of HELP (\\ and \n; in OpenMetrics also \") and label values. Any other backslash stands for itself, as
    /// in Prometheus.
    static std::string unescape(std::string_view raw, bool quotes) {
        std::string out;
        out.reserve(raw.size());
        for (std::size_t i = 0; i < raw.size(); ++i) {
            const char next = raw[i] == '\\' && i + 1 < raw.size() ? raw[i + 1] : '\0';
            if (next == 'n')
                out += '\n';
            else if (next == '\\')
                out += '\\';
            else if (next == '"' && quotes)
                out += '"';
            else {
                out += raw[i];
                continue;
            }
            ++i;
        }
        return out;
    }

    bool bare_name(std::string& name, bool metric) {
        const std::string what = metric ? "metric name" : "label name";
        if (at_end()) return refuse("a " + what + " is missing");
        if (!is_name_start(peek(), metric)) {
            return refuse("a " + what + " cannot start with " + shown(peek()) + "; quote names outside [a-zA-Z_" +
                          (metric ? ":" : "") + "]" + (metric ? " as {\"name\"}" : ""));
        }
        const std::size_t start = pos_;
        while (!at_end() && is_name_char(line_[pos_], metric)) ++pos_;
        name = std::string(line_.substr(start, pos_ - start));
        return true;
    }

    bool quoted(std::string& out, std::string_view what) {
        const std::size_t start = ++pos_;  // past the quote
        while (!at_end() && line_[pos_] != '"') pos_ += line_[pos_] == '\\' ? 2 : 1;
        if (at_end()) return refuse_at(start - 1, "the " + std::string(what) + " has no closing quote on this line");
        const std::string_view raw = line_.substr(start, pos_ - start);
        if (!proto::valid_utf8(raw)) return refuse_at(start, "the " + std::string(what) + " is not valid UTF-8");
        out = unescape(raw, true);
        ++pos_;
        return true;
    }

    /// After '{': pairs up to and including '}'. A quoted string without '=' is the metric name, if `metric_name` may
    /// still take one.
    bool parse_labels(proto::Labels& labels, std::string* metric_name) {
        ++pos_;
        while (true) {
            skip_blanks();
            if (at('}')) break;
            const std::size_t name_at = pos_;
            std::string name;
            const bool is_quoted = at('"');
            if (is_quoted ? !quoted(name, "name") : !bare_name(name, false)) return false;
            skip_blanks();
            if (is_quoted && !at('=')) {
                if (metric_name == nullptr || !metric_name->empty())
                    return refuse("'=' is wanted after the label name, got " +
                                  (at_end() ? std::string("the end of the line") : shown(peek())));
                if (!labels.empty()) return refuse_at(name_at, "the metric name must come first in the braces");
                if (name.empty()) return refuse_at(name_at, "the metric name is empty");
                *metric_name = std::move(name);
            } else if (!parse_label_value(std::move(name), name_at, labels)) {
                return false;
            }
            skip_blanks();
            if (at(',')) {
                ++pos_;
                continue;
            }
            if (!at('}'))
                return refuse("',' or '}' is wanted after a label, got " +
                              (at_end() ? std::string("the end of the line") : shown(peek())));
        }
        ++pos_;
        return finish_labels(labels);
    }

    bool parse_label_value(std::string name, std::size_t name_at, proto::Labels& labels) {
        if (!at('='))
            return refuse("'=' is wanted after the label name, got " +
                          (at_end() ? std::string("the end of the line") : shown(peek())));
        ++pos_;
        skip_blanks();
        if (!at('"'))
            return refuse("a label value starts with '\"', got " +
                          (at_end() ? std::string("the end of the line") : shown(peek())));
        if (name.empty()) return refuse_at(name_at, "a label name is empty");
        if (name == "__name__") return refuse_at(name_at, "__name__ cannot be given as a label; it is the metric name");
        std::string value;
        if (!quoted(value, "label value")) return false;
        const bool repeated =
            std::any_of(labels.begin(), labels.end(), [&](const auto& label) { return label.first == name; });
        if (repeated) return refuse_at(name_at, "the label " + clipped(name) + " is given twice");
        labels.emplace_back(std::move(name), std::move(value));
        return true;
    }

    static bool finish_labels(proto::Labels& labels) {
        std::erase_if(
            labels, [](const auto& label) { return label.second.empty(); });  // an empty value is the same as no label
        std::sort(labels.begin(), labels.end());
        return true;
    }

    bool value(std::uint64_t& bits, std::string_view what) {
        const std::size_t start = pos_;
        const std::string_view text = token();
        std::string why;
        const auto parsed = parse_value(text, why);
        if (!parsed) return refuse_at(start, std::string(what) + " " + clipped(text) + ": " + why);
        bits = *parsed;
        return true;
    }

    bool timestamp(std::int64_t& ms) {
        const std::size_t start = pos_;
        if (openmetrics_) {
            std::uint64_t bits = 0;
            if (!value(bits, "timestamp")) return false;
            const auto parsed = seconds_to_ms(bits);
            if (!parsed) return refuse_at(start, "the timestamp is not a finite number of seconds");
            ms = *parsed;
            return true;
        }
        const std::string_view text = token();
        std::string_view digits = text;
        if (digits.starts_with('+')) digits.remove_prefix(1);
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), ms);
        if (error != std::errc() || end != digits.data() + digits.size() || text.starts_with("+-"))
            return refuse_at(start, "timestamp " + clipped(text) + ": not a whole number of milliseconds");
        return true;
    }

    bool parse_sample() {
        if (openmetrics_ && is_blank(peek())) return refuse("an OpenMetrics line cannot start with a blank");
        Point point;
        std::string name;
        const std::size_t sample_at = pos_;
        if (!at('{') && !bare_name(name, true)) return false;
        skip_blanks();
        if (at('{') && !parse_labels(point.labels, name.empty() ? &name : nullptr)) return false;
        if (name.empty()) return refuse_at(sample_at, "the metric name is missing");
        if (!at_end() && !is_blank(peek()) && (pos_ == 0 || !is_blank(line_[pos_ - 1])) && line_[pos_ - 1] != '}')
            return refuse("a metric name cannot contain " + shown(peek()) +
                          "; quote names outside [a-zA-Z0-9_:] as {\"name\"}");
        // Text allows `name{…}1`; after a bare name a blank has been skipped already.
        if (openmetrics_ ? !need_blank("the value") : (skip_blanks(), at_end() && !refuse("the value is missing")))
            return false;
        point.labels.emplace_back("__name__", name);
        std::sort(point.labels.begin(), point.labels.end());
        const std::size_t value_at = pos_;
        if (!value(point.value_bits, "value") || !parse_tail(point)) return false;
        const std::string where = place(sample_at);
        if (families_.add(std::move(point), where) == FamilyBuilder::Added::kBadCreated)
            return refuse_at(value_at, "_created is not a finite number of seconds");
        return true;
    }

    /// [timestamp] and, in OpenMetrics, [# exemplar].
    bool parse_tail(Point& point) {
        skip_blanks();
        if (openmetrics_ && !at_end() && !need_blank("the timestamp or the exemplar")) return false;
        if (!at_end() && !at('#')) {
            std::int64_t ms = 0;
            if (!timestamp(ms)) return false;
            point.timestamp_ms = ms;
            skip_blanks();
            if (openmetrics_ && !at_end() && !need_blank("the exemplar")) return false;
        }
        if (at_end()) {
            if (openmetrics_ && line_.ends_with(' '))
                return refuse_at(line_.size() - 1, "an OpenMetrics line cannot end in a blank");
            return true;
        }
        if (openmetrics_ && at('#')) return parse_exemplar(point);
        return refuse("unexpected " + clipped(line_.substr(pos_)) + " at the end of the line");
    }

    bool parse_exemplar(Point& point) {
        const std::size_t exemplar_at = pos_;
        ++pos_;
        if (!need_blank("the exemplar's labels")) return false;
        PointExemplar exemplar;
        if (!at('{'))
            return refuse("the exemplar's labels start with '{', got " +
                          (at_end() ? std::string("the end of the line") : shown(peek())));
        if (!parse_labels(exemplar.labels, nullptr) || !need_blank("the exemplar's value") ||
            !value(exemplar.value_bits, "exemplar value"))
            return false;
        if (!at_end()) {
            if (!need_blank("the exemplar's timestamp")) return false;
            std::int64_t ms = 0;
            if (!timestamp(ms)) return false;
            exemplar.timestamp_ms = ms;
        }
        if (!at_end()) return refuse("unexpected " + clipped(line_.substr(pos_)) + " after the exemplar");
        if (const auto problem = exemplar_problem(exemplar.labels); !problem.empty()) {
            families_.note(place(exemplar_at) + ": " + problem);
            return true;
        }
        point.exemplars.push_back(std::move(exemplar));
        return true;
    }

    std::string_view input_;
    bool openmetrics_;
    const ParseOptions& options_;
    FamilyBuilder families_;
    std::string_view line_;
    std::size_t line_number_ = 0, pos_ = 0;
    bool saw_eof_ = false, failed_ = false;
    Error error_;
};

}  // namespace

Result<Scrape> parse_text(std::string_view input, bool openmetrics, const ParseOptions& options) {
    return TextParser(input, openmetrics, options).run();
}

}  // namespace prw::sender
