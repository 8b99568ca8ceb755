/// Our JSON form of input, docs/send-input.md. Strict: an unknown key is an error.
#include <algorithm>
#include <charconv>
#include <initializer_list>

#include "families.h"
#include "histogram_check.h"
#include "json_value.h"
#include "prw/base/text.h"
#include "text_parser.h"

namespace prw::sender {

using proto::MetricType;
using Kind = JsonValue::Kind;

namespace {

class JsonExposition {
public:
    explicit JsonExposition(const ParseOptions& options) : options_(options), families_(false) {}

    Result<Scrape> run(const JsonValue& root) {
        if (expect(root, Kind::kObject, "the input") && keys(root, {"metrics", "labels"})) {
            const JsonValue* metrics = root.find("metrics");
            if (metrics == nullptr)
                refuse(root, "the key \"metrics\" is missing");
            else if (labels(root.find("labels"), common_) && expect(*metrics, Kind::kArray, "\"metrics\""))
                for (const JsonValue& each : metrics->items)
                    if (!metric(each)) break;
        }
        if (failed_) return tl::unexpected<Error>(std::move(error_));
        return families_.finish();
    }

private:
    bool refuse(const JsonValue& at, std::string what) {
        if (!failed_) error_ = Error{ErrorCode::kInvalidArgument, std::move(what), place(at), {}};
        failed_ = true;
        return false;
    }
    [[nodiscard]] std::string place(const JsonValue& at) const {
        return options_.source + ":" + std::to_string(at.line) + ":" + std::to_string(at.column);
    }
    bool expect(const JsonValue& value, Kind kind, std::string_view what) {
        if (value.kind == kind) return true;
        JsonValue wanted;
        wanted.kind = kind;
        return refuse(value, std::string(what) + " must be " + std::string(wanted.kind_name()) + ", got " +
                                 std::string(value.kind_name()));
    }
    bool keys(const JsonValue& object, std::initializer_list<std::string_view> known) {
        for (const auto& [key, value] : object.members) {
            if (std::find(known.begin(), known.end(), key) != known.end()) continue;
            return refuse(value, "unknown key \"" + key + "\", known are " + base::joined(known));
        }
        return true;
    }

    bool string(const JsonValue* value, std::string_view key, std::string& out) {
        if (value == nullptr) return true;
        if (!expect(*value, Kind::kString, "\"" + std::string(key) + "\"")) return false;
        out = value->text;
        return true;
    }

    template <typename Int>
    bool integer(const JsonValue* value, std::string_view key, Int& out) {
        if (value == nullptr) return true;
        const std::string& text = value->text;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
        if (value->kind == Kind::kNumber && error == std::errc() && end == text.data() + text.size()) return true;
        return refuse(*value, "\"" + std::string(key) + "\" must be a whole number" +
                                  (std::is_unsigned_v<Int> ? " that is not negative" : ""));
    }

    /// A number, or one of the strings "NaN", "+Inf", "-Inf" (JSON has no literals for them) and "StaleNaN".
    bool number(const JsonValue& value, std::string_view key, std::uint64_t& bits, bool stale_allowed = false) {
        if (value.kind == Kind::kString && value.text == "StaleNaN" && stale_allowed) {
            bits = proto::kStaleNanBits;
            return true;
        }
        std::string why = "not a number";
        if (value.kind == Kind::kNumber || value.kind == Kind::kString) {
            if (const auto parsed = parse_value(value.text, why)) {
                bits = *parsed;
                return true;
            }
        }
        return refuse(value, "\"" + std::string(key) + "\" must be a number or \"NaN\", \"+Inf\", \"-Inf\": " + why);
    }
    bool real(const JsonValue* value, std::string_view key, double& out) {
        if (value == nullptr) return true;
        std::uint64_t bits = 0;
        if (!number(*value, key, bits)) return false;
        out = proto::from_bits(bits);
        return true;
    }
    bool reals(const JsonValue* value, std::string_view key, std::vector<double>& out) {
        if (value == nullptr) return true;
        if (!expect(*value, Kind::kArray, "\"" + std::string(key) + "\"")) return false;
        for (const JsonValue& each : value->items)
            if (!real(&each, key, out.emplace_back())) return false;
        return true;
    }

    bool labels(const JsonValue* value, proto::Labels& out) {
        if (value == nullptr) return true;
        if (!expect(*value, Kind::kObject, "\"labels\"")) return false;
        for (const auto& [name, text] : value->members) {
            if (name.empty()) return refuse(text, "a label name is empty");
            if (name == "__name__") return refuse(text, "__name__ cannot be given as a label; use \"name\"");
            if (!expect(text, Kind::kString, "the value of label \"" + name + "\"")) return false;
            if (!text.text.empty()) out.emplace_back(name, text.text);
        }
        std::sort(out.begin(), out.end());
        return true;
    }

    bool metric(const JsonValue& value) {
        if (!expect(value, Kind::kObject, "a metric") || !keys(value, {"name", "type", "help", "unit", "series"}))
            return false;
        std::string name, type, help, unit;
        if (!string(value.find("name"), "name", name) || !string(value.find("type"), "type", type) ||
            !string(value.find("help"), "help", help) || !string(value.find("unit"), "unit", unit))
            return false;
        if (name.empty()) return refuse(value, "a metric needs a \"name\"");
        const auto metric_type = type.empty() ? MetricType::kUnspecified : proto::kMetricTypeNames.parse(type);
        if (!metric_type) return refuse(*value.find("type"), metric_type.error().what);
        families_.declare_type(name, *metric_type);
        Family& family = families_.family(name);
        family.help = help;
        family.unit = unit;
        const JsonValue* series = value.find("series");
        if (series == nullptr) return true;
        if (!expect(*series, Kind::kArray, "\"series\"")) return false;
        return std::all_of(series->items.begin(), series->items.end(),
                           [&](const JsonValue& each) { return one_series(each, name); });
    }

    bool one_series(const JsonValue& value, const std::string& family) {
        if (!expect(value, Kind::kObject, "a series") ||
            !keys(value, {"name", "labels", "value", "histogram", "timestamp_ms", "start_timestamp_ms", "exemplars"}))
            return false;
        Point point;
        std::string name = family;
        if (!string(value.find("name"), "name", name) || !labels(value.find("labels"), point.labels)) return false;
        if (!name.starts_with(family))
            return refuse(*value.find("name"), "a series' \"name\" starts with the name of its metric, " + family);
        for (const auto& label : common_) {
            const bool given = std::any_of(point.labels.begin(), point.labels.end(),
                                           [&](const auto& own) { return own.first == label.first; });
            if (!given) point.labels.push_back(label);
        }
        point.labels.emplace_back("__name__", name);
        std::sort(point.labels.begin(), point.labels.end());

        const JsonValue* sample = value.find("value");
        const JsonValue* native = value.find("histogram");
        if ((sample == nullptr) == (native == nullptr))
            return refuse(value, "a series has either a \"value\" or a \"histogram\"");
        if (sample != nullptr && !number(*sample, "value", point.value_bits, true)) return false;
        if (native != nullptr && !histogram(*native, point.histogram.emplace())) return false;
        std::int64_t ms = 0;
        if (!integer(value.find("timestamp_ms"), "timestamp_ms", ms)) return false;
        if (value.find("timestamp_ms") != nullptr) point.timestamp_ms = ms;
        if (!integer(value.find("start_timestamp_ms"), "start_timestamp_ms", point.start_timestamp_ms)) return false;
        if (value.find("start_timestamp_ms") != nullptr && point.start_timestamp_ms == 0)
            point.start_timestamp_ms = 1;  // a true 0 is sent as 1
        if (!exemplars(value.find("exemplars"), point)) return false;
        families_.add(std::move(point), place(value));
        return true;
    }

    bool exemplars(const JsonValue* value, Point& point) {
        if (value == nullptr) return true;
        if (!expect(*value, Kind::kArray, "\"exemplars\"")) return false;
        for (const JsonValue& each : value->items) {
            if (!expect(each, Kind::kObject, "an exemplar") || !keys(each, {"labels", "value", "timestamp_ms"}))
                return false;
            PointExemplar exemplar;
            const JsonValue* number_value = each.find("value");
            if (number_value == nullptr) return refuse(each, "an exemplar needs a \"value\"");
            std::int64_t ms = 0;
            if (!labels(each.find("labels"), exemplar.labels) || !number(*number_value, "value", exemplar.value_bits) ||
                !integer(each.find("timestamp_ms"), "timestamp_ms", ms))
                return false;
            if (each.find("timestamp_ms") != nullptr) exemplar.timestamp_ms = ms;
            if (const auto problem = exemplar_problem(exemplar.labels); !problem.empty()) {
                families_.note(place(each) + ": " + problem);
                continue;
            }
            point.exemplars.push_back(std::move(exemplar));
        }
        return true;
    }

    bool buckets(const JsonValue* value, std::string_view sign, std::vector<proto::BucketSpan>& spans,
                 std::vector<std::int64_t>& deltas, std::vector<double>& counts) {
        if (value == nullptr) return true;
        if (!expect(*value, Kind::kObject, "\"" + std::string(sign) + "\"") ||
            !keys(*value, {"spans", "deltas", "counts"}))
            return false;
        if (const JsonValue* list = value->find("spans"); list != nullptr) {
            if (!expect(*list, Kind::kArray, "\"spans\"")) return false;
            for (const JsonValue& each : list->items) {
                if (!expect(each, Kind::kObject, "a span") || !keys(each, {"offset", "length"})) return false;
                auto& span = spans.emplace_back();
                if (!integer(each.find("offset"), "offset", span.offset) ||
                    !integer(each.find("length"), "length", span.length))
                    return false;
            }
        }
        if (const JsonValue* list = value->find("deltas"); list != nullptr) {
            if (!expect(*list, Kind::kArray, "\"deltas\"")) return false;
            for (const JsonValue& each : list->items)
                if (!integer(&each, "deltas", deltas.emplace_back())) return false;
        }
        return reals(value->find("counts"), "counts", counts);
    }

    bool histogram(const JsonValue& value, proto::Histogram& out) {
        if (!expect(value, Kind::kObject, "\"histogram\"") ||
            !keys(value, {"float", "count", "sum", "schema", "zero_threshold", "zero_count", "reset_hint", "positive",
                          "negative", "custom_values"}))
            return false;
        if (!buckets(value.find("positive"), "positive", out.positive_spans, out.positive_deltas,
                     out.positive_counts) ||
            !buckets(value.find("negative"), "negative", out.negative_spans, out.negative_deltas, out.negative_counts))
            return false;
        const JsonValue* float_key = value.find("float");
        if (float_key != nullptr && !expect(*float_key, Kind::kBool, "\"float\"")) return false;
        const bool has_counts = !out.positive_counts.empty() || !out.negative_counts.empty();
        const bool has_deltas = !out.positive_deltas.empty() || !out.negative_deltas.empty();
        const bool is_float = float_key != nullptr ? float_key->boolean : has_counts;
        if (is_float ? has_deltas : has_counts)
            return refuse(value, is_float ? "a float histogram has \"counts\", not \"deltas\""
                                          : "an integer histogram has \"deltas\", not \"counts\"");
        const JsonValue* sum = value.find("sum");
        if (value.find("count") == nullptr || sum == nullptr)
            return refuse(value, "a histogram needs \"count\" and \"sum\"");
        if (!number(*sum, "sum", out.sum_bits)) return false;
        if (!count(value.find("count"), "count", is_float, out.count) ||
            !count(value.find("zero_count"), "zero_count", is_float, out.zero_count) ||
            !integer(value.find("schema"), "schema", out.schema) ||
            !real(value.find("zero_threshold"), "zero_threshold", out.zero_threshold) ||
            !reals(value.find("custom_values"), "custom_values", out.custom_values))
            return false;
        std::string hint = "unknown";
        if (!string(value.find("reset_hint"), "reset_hint", hint)) return false;
        static constexpr std::string_view kHints[] = {"unknown", "yes", "no", "gauge"};
        const auto known = std::find(std::begin(kHints), std::end(kHints), hint);
        if (known == std::end(kHints))
            return refuse(*value.find("reset_hint"), "\"reset_hint\" must be unknown, yes, no or gauge");
        out.reset_hint = static_cast<std::uint32_t>(known - std::begin(kHints));
        const std::string problem = histogram_problem(out);
        return problem.empty() || refuse(value, "the histogram is not sound: " + problem);
    }

    bool count(const JsonValue* value, std::string_view key, bool is_float, std::variant<std::uint64_t, double>& out) {
        if (is_float) {
            double number_value = 0;
            if (!real(value, key, number_value)) return false;
            out = number_value;
            return true;
        }
        std::uint64_t number_value = 0;
        if (!integer(value, key, number_value)) return false;
        out = number_value;
        return true;
    }

    const ParseOptions& options_;
    FamilyBuilder families_;
    proto::Labels common_;
    bool failed_ = false;
    Error error_;
};

}  // namespace

Result<Scrape> parse_json(std::string_view input, const ParseOptions& options) {
    const auto root = read_json(input, options.source);
    if (!root) return tl::unexpected<Error>(root.error());
    return JsonExposition(options).run(*root);
}

}  // namespace prw::sender
