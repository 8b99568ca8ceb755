/// The table of series that the scrape target exposes. Extend it by adding rows.
#include <algorithm>
#include <array>
#include <numeric>
#include <string_view>
#include <utility>

#include "prw/proto/protocol.h"
#include "prw/sender_suite/scrape_target.h"

namespace prw::sender_suite {
namespace {

/// Bounds are written so that no parser has a reason to write them differently ("1" would become "1.0").
std::vector<SourceSeries> histogram(const std::string& name, double base, bool vanishes, bool exemplars) {
    struct Bucket {
        std::string bound;
        double within;
    };
    const std::vector<Bucket> buckets = {{"0.25", 0.125}, {"0.5", 0.375}, {"2.5", 1.5}, {"+Inf", 10}};
    std::vector<SourceSeries> out;
    double level = 0;
    for (const auto& [bound, within] : buckets) {
        level += 1;
        out.push_back({.metric = name + "_bucket",
                       .labels = {{"le", bound}},
                       .start = base * level,
                       .step = level,
                       .vanishes = vanishes,
                       .exemplar = exemplars,
                       .timed_exemplar = exemplars,
                       .exemplar_value = within});
    }
    out.push_back({.metric = name + "_sum", .start = base * 0.5, .step = 0.625, .vanishes = vanishes});
    out.push_back({.metric = name + "_count", .start = base * level, .step = level, .vanishes = vanishes});
    return out;
}

std::vector<SourceSeries> summary(const std::string& name) {
    std::vector<SourceSeries> out;
    for (const auto* quantile : {"0.5", "0.9", "0.99"}) {
        out.push_back({.metric = name,
                       .labels = {{"quantile", quantile}},
                       .start = 100.5 + static_cast<double>(out.size()),
                       .step = 8});
    }
    out.push_back({.metric = name + "_sum", .start = 12345.75, .step = 16.5});
    out.push_back({.metric = name + "_count", .start = 77, .step = 5});
    return out;
}

std::vector<SourceSeries> special_values() {
    const std::pair<const char*, const char*> values[] = {
        {"positive infinity", "+Inf"},
        {"negative infinity", "-Inf"},
        {"not a number", "NaN"},
        {"zero", "0"},
        {"negative zero", "-0"},
        {"smallest subnormal", "5e-324"},
        {"smallest normal", "2.2250738585072014e-308"},
        {"largest", "1.7976931348623157e+308"},
        {"2^53+1", "9007199254740993"},
        {"a tenth", "0.1"},
        {"negative", "-1.5"},
    };
    std::vector<SourceSeries> out;
    for (const auto& [kind, text] : values)
        out.push_back({.metric = "prw_special_value", .labels = {{"kind", kind}}, .constant = text});
    return out;
}

std::vector<SourceSeries> label_values() {
    const std::pair<const char*, std::string> values[] = {
        {"quote", "say \"hello\""},
        {"backslash", "C:\\temp\\n"},
        {"newline", "two\nlines"},
        {"accents", "Zürich, Ñandú"},
        {"beyond the BMP", "\xf0\x9f\x8e\x89 party"},
        {"CJK", "日本語"},
        {"blanks", " both ends "},
        {"long", std::string(1024, 'x')},
        {"10 kB", std::string(10'000, 'y')},
    };
    std::vector<SourceSeries> out;
    for (const auto& [kind, value] : values) {
        out.push_back({.metric = "prw_label_value",
                       .labels = {{"kind", kind}, {"value", value}},
                       .start = 10.0 * static_cast<double>(out.size()),
                       .step = 1000});
    }
    return out;
}

/// The counts of the buckets one after the other, with a gap in between; and a zero bucket.
proto::Histogram integer_histogram(std::int32_t schema, const std::vector<std::int64_t>& positive,
                                   const std::vector<std::int64_t>& negative) {
    proto::Histogram out;
    out.schema = schema;
    out.zero_threshold = 0.001;
    out.zero_count = std::uint64_t{2};
    std::int64_t count = 2;
    const auto fill = [&](const auto& counts, auto& spans, auto& deltas) {
        if (counts.empty()) return;
        spans = {{-24, 2}};
        if (counts.size() > 2) spans.push_back({3, static_cast<std::uint32_t>(counts.size() - 2)});
        deltas.resize(counts.size());
        std::adjacent_difference(counts.begin(), counts.end(), deltas.begin());
        count = std::accumulate(counts.begin(), counts.end(), count);
    };
    fill(positive, out.positive_spans, out.positive_deltas);
    fill(negative, out.negative_spans, out.negative_deltas);
    out.count = static_cast<std::uint64_t>(count);
    out.sum_bits = proto::to_bits(0.1);  // takes all digits
    return out;
}

proto::Histogram float_histogram() {
    proto::Histogram out;
    out.schema = 0;
    out.zero_threshold = 1e-6;
    out.zero_count = 0.25;
    out.positive_spans = {{-3, 2}, {4, 1}};
    out.positive_counts = {1.5, 2.25, 1.0 / 3};
    out.negative_spans = {{0, 2}};
    out.negative_counts = {0.5, 7.125};
    out.count = 0.25 + 1.5 + 2.25 + 1.0 / 3 + 0.5 + 7.125;
    out.sum_bits = proto::to_bits(-12.75);
    return out;
}

std::vector<SourceFamily> native_histograms() {
    std::vector<SourceFamily> out;
    out.push_back({"prw_native_seconds",
                   "histogram",
                   "A native histogram with integer counts.",
                   {{.metric = "prw_native_seconds",
                     .labels = {{"path", "/"}},
                     .step = 1,
                     .exemplar = true,
                     .native = integer_histogram(3, {3, 1, 4}, {})},
                    {.metric = "prw_native_seconds",
                     .labels = {{"path", "/restarts"}},
                     .step = 2,
                     .resets_every = 3,
                     .native = integer_histogram(5, {1, 5, 9, 2}, {})}},
                   "seconds",
                   true});
    out.push_back({"prw_native_difference",
                   "histogram",
                   "A native histogram with float counts and negative buckets.",
                   {{.metric = "prw_native_difference", .step = 0.5, .native = float_histogram()},
                    {.metric = "prw_native_difference",
                     .labels = {{"counts", "integer"}},
                     .step = 3,
                     .native = integer_histogram(-1, {6, 5}, {3, 5, 8})}},
                   {},
                   true});
    proto::Histogram empty;
    empty.zero_threshold = 2.938735877055719e-39;  // 2^-128, as client libraries have it
    empty.schema = 3;
    out.push_back({"prw_native_idle_seconds",
                   "histogram",
                   "A native histogram without observations.",
                   {{.metric = "prw_native_idle_seconds", .native = empty}},
                   "seconds",
                   true});
    out.push_back({"prw_native_queue_bytes",
                   "gaugehistogram",
                   "A native gauge histogram: it also falls.",
                   {{.metric = "prw_native_queue_bytes",
                     .step = 4,
                     .resets_every = 4,
                     .native = integer_histogram(2, {2, 7}, {})}},
                   "bytes"});
    // As client libraries expose them: buckets for those who scrape text, both for those who scrape protobuf.
    auto both = histogram("prw_both_seconds", 9, false, false);
    auto native = integer_histogram(4, {11, 13, 10}, {});  // 36 at first, and 4 more each time, like the classic one
    native.sum_bits = proto::to_bits(4.5);
    both[both.size() - 2].step = 2;  // the sum
    both.push_back({.metric = "prw_both_seconds", .step = 1, .native = native});
    out.push_back({"prw_both_seconds", "histogram", "A histogram with classic and native buckets.", std::move(both),
                   "seconds", true});
    out.push_back({"prw_vanishing_native_seconds",
                   "histogram",
                   "A native histogram that disappears.",
                   {{.metric = "prw_vanishing_native_seconds",
                     .step = 1,
                     .vanishes = true,
                     .native = integer_histogram(3, {1, 2}, {})}},
                   "seconds",
                   true});
    return out;
}

}  // namespace

std::vector<SourceFamily> default_families() {
    std::vector<SourceFamily> out;
    out.push_back(
        {"prw_scrape_generation", "gauge", "Number of this scrape.", {{.metric = "prw_scrape_generation", .step = 1}}});
    out.push_back(
        {"prw_requests",
         "counter",
         "A counter.",
         {{.metric = "prw_requests_total",
           .labels = {{"code", "200"}, {"method", "GET"}},
           .start = 1000,
           .step = 7,
           .exemplar = true},
          {.metric = "prw_requests_total", .labels = {{"code", "500"}, {"method", "POST"}}, .start = 2e6, .step = 3}},
         {},
         true});
    out.push_back({"prw_bytes",
                   "counter",
                   "A counter with large values and a help text with \"quotes\", a backslash \\ and\na second line.",
                   {{.metric = "prw_bytes_total", .start = 1e15, .step = 4097}},
                   "bytes",
                   true});
    out.push_back({"prw_restarts",
                   "counter",
                   "A counter that is reset now and then.",
                   {{.metric = "prw_restarts_total", .start = 5, .step = 10, .resets_every = 3}},
                   {},
                   true});
    out.push_back(
        {"prw_temperature_celsius",
         "gauge",
         "A gauge.",
         {{.metric = "prw_temperature_celsius", .labels = {{"room", "kitchen"}}, .start = 21.5, .step = 0.125},
          {.metric = "prw_temperature_celsius", .labels = {{"room", "cellar"}}, .start = -40.25, .step = -0.5}},
         "celsius"});
    // Unsigned byte order puts "Zone" before "__name__" and "_a" after it.
    out.push_back({"prw_label_order",
                   "gauge",
                   "Label names around __name__ in byte order.",
                   {{.metric = "prw_label_order",
                     .labels = {{"Zone", "1"}, {"_a", "2"}, {"a", "3"}, {"aa", "4"}, {"a_b", "5"}},
                     .start = 3,
                     .step = 2}}});
    out.push_back({"prw_label_collision",
                   "gauge",
                   "Labels that a scraping sender also sets itself.",
                   {{.metric = "prw_label_collision",
                     .labels = {{"instance", "db-1"}, {"job", "batch"}},
                     .start = 5,
                     .step = 3}}});
    out.push_back({"prw_special_value", "gauge", "Values at the edges of float64.", special_values()});
    out.push_back({"prw_label_value", "gauge", "Label values that need escaping.", label_values()});
    out.push_back({"prw_request_duration_seconds", "histogram", "A classic histogram.",
                   histogram("prw_request_duration_seconds", 64, false, true), "seconds", true});
    out.push_back({"prw_payload_bytes", "summary", "A summary.", summary("prw_payload_bytes"), "bytes", true});
    out.push_back({"prw_idle_seconds",
                   "summary",
                   "A summary without observations.",
                   {{.metric = "prw_idle_seconds", .labels = {{"quantile", "0.5"}}, .constant = "NaN"},
                    {.metric = "prw_idle_seconds_sum", .constant = "0"},
                    {.metric = "prw_idle_seconds_count", .constant = "0"}},
                   "seconds"});
    out.push_back(
        {"prw_build",
         "info",
         "What this is.",
         {{.metric = "prw_build_info", .labels = {{"revision", "a1b2c3"}, {"version", "1.0"}}, .constant = "1"}}});
    out.push_back({"prw_mode",
                   "stateset",
                   "Which of several states.",
                   {{.metric = "prw_mode", .labels = {{"prw_mode", "idle"}}, .constant = "0"},
                    {.metric = "prw_mode", .labels = {{"prw_mode", "scraped"}}, .constant = "1"}}});
    out.push_back({"prw:colons:in_the_name",
                   "gauge",
                   "As a recording rule names it.",
                   {{.metric = "prw:colons:in_the_name", .start = 0.25, .step = 2}}});
    // A label without value is no label.
    out.push_back({"prw_empty_label",
                   "gauge",
                   "One label has no value.",
                   {{.metric = "prw_empty_label", .labels = {{"empty", ""}, {"full", "1"}}, .start = 6, .step = 5}}});
    out.push_back({"prw_untyped", "untyped", "No type.", {{.metric = "prw_untyped", .start = 0.001, .step = 1}}});
    out.push_back({"prw_explicit_timestamp",
                   "gauge",
                   "Always the same timestamp.",
                   {{.metric = "prw_explicit_timestamp", .constant = "42", .explicit_timestamp = true},
                    {.metric = "prw_explicit_timestamp",
                     .labels = {{"n", "vanishes"}},
                     .constant = "43",
                     .vanishes = true,
                     .explicit_timestamp = true}}});
    out.push_back({"prw_vanishing",
                   "gauge",
                   "Series that disappear.",
                   {{.metric = "prw_vanishing", .labels = {{"n", "1"}}, .start = 1, .step = 10, .vanishes = true},
                    {.metric = "prw_vanishing", .labels = {{"n", "2"}}, .start = 2, .step = 10, .vanishes = true},
                    {.metric = "prw_vanishing", .labels = {{"n", "stays"}}, .start = 3, .step = 10}}});
    out.push_back({"prw_vanishing_seconds", "histogram", "A histogram that disappears.",
                   histogram("prw_vanishing_seconds", 8, true, false), "seconds", true});
    for (auto& family : native_histograms()) out.push_back(std::move(family));
    return out;
}

namespace {

bool has_label_value(const SourceSeries& series, bool (*is)(const std::string& value)) {
    return std::any_of(series.labels.begin(), series.labels.end(), [&](const auto& label) { return is(label.second); });
}

bool ascii(const std::string& text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80U; });
}

/// Of odd_inputs(), in its order.
struct Odd {
    std::string_view name;
    bool (*is)(const SourceFamily& family, const SourceSeries& series);
};
constexpr std::array<Odd, 16> kOdd = {{
    {"subnormal", [](const SourceFamily&, const SourceSeries& s) { return s.constant == "5e-324"; }},
    {"negative-zero", [](const SourceFamily&, const SourceSeries& s) { return s.constant == "-0"; }},
    {"infinity", [](const SourceFamily&, const SourceSeries& s) { return s.constant.ends_with("Inf"); }},
    {"nan", [](const SourceFamily&, const SourceSeries& s) { return s.constant == "NaN"; }},
    {"colons", [](const SourceFamily&, const SourceSeries& s) { return s.metric.find(':') != std::string::npos; }},
    {"empty-label",
     [](const SourceFamily&, const SourceSeries& s) {
         return has_label_value(s, [](const std::string& value) { return value.empty(); });
     }},
    {"long-label",
     [](const SourceFamily&, const SourceSeries& s) {
         return has_label_value(
             s, [](const std::string& value) { return value.size() > proto::limits::kUsualLabelValue; });
     }},
    {"utf8",
     [](const SourceFamily&, const SourceSeries& s) {
         return has_label_value(s, [](const std::string& value) { return !ascii(value); });
     }},
    {"escapes",
     [](const SourceFamily&, const SourceSeries& s) {
         return has_label_value(
             s, [](const std::string& value) { return value.find_first_of("\"\\\n") != std::string::npos; });
     }},
    {"label-collision",
     [](const SourceFamily&, const SourceSeries& s) {
         return std::any_of(s.labels.begin(), s.labels.end(),
                            [](const auto& label) { return label.first == "job" || label.first == "instance"; });
     }},
    {"explicit-timestamps", [](const SourceFamily&, const SourceSeries& s) { return s.explicit_timestamp; }},
    {"native-histograms", [](const SourceFamily&, const SourceSeries& s) { return s.native.has_value(); }},
    {"summaries", [](const SourceFamily& f, const SourceSeries&) { return f.type == "summary"; }},
    {"info", [](const SourceFamily& f, const SourceSeries&) { return f.type == "info"; }},
    {"stateset", [](const SourceFamily& f, const SourceSeries&) { return f.type == "stateset"; }},
    {"untyped", [](const SourceFamily& f, const SourceSeries&) { return f.type == "untyped"; }},
}};

}  // namespace

std::vector<SourceFamily> leave_out(std::vector<SourceFamily> families, const std::vector<std::string>& names) {
    for (const auto& odd : kOdd) {
        if (std::find(names.begin(), names.end(), odd.name) == names.end()) continue;
        for (auto& family : families)
            std::erase_if(family.series, [&](const SourceSeries& series) { return odd.is(family, series); });
    }
    std::erase_if(families, [](const SourceFamily& family) { return family.series.empty(); });
    return families;
}

std::vector<SourceFamily> large_families() {
    // Tells the scrape apart, like the rest.
    std::vector<SourceFamily> out = {
        {"prw_scrape_generation", "gauge", "Number of this scrape.", {{.metric = "prw_scrape_generation", .step = 1}}}};
    constexpr int kFamilies = 100, kSeries = 100;
    for (int f = 0; f < kFamilies; ++f) {
        const std::string name = "prw_large_" + std::to_string(f);
        SourceFamily family{name, "gauge", "One of many.", {}};
        for (int n = 0; n < kSeries; ++n)
            family.series.push_back({.metric = name,
                                     .labels = {{"n", std::to_string(n)}},
                                     .start = static_cast<double>(f) + static_cast<double>(n) / 128,
                                     .step = 1000});
        out.push_back(std::move(family));
    }
    return out;
}

}  // namespace prw::sender_suite
