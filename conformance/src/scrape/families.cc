/// The table of series that the scrape target exposes. Extend it by adding rows.
#include "prw/conformance/scrape_target.h"

namespace prw::conformance {
namespace {

/// Bounds are written so that no parser has a reason to write them differently ("1" would become "1.0").
std::vector<SourceSeries> histogram(const std::string& name, double base, bool vanishes, bool exemplars) {
    const std::vector<std::string> bounds = {"0.25", "0.5", "2.5", "+Inf"};
    std::vector<SourceSeries> out;
    double level = 0;
    for (const auto& bound : bounds) {
        level += 1;
        out.push_back({.metric = name + "_bucket",
                       .labels = {{"le", bound}},
                       .start = base * level,
                       .step = level,
                       .vanishes = vanishes,
                       .exemplar = exemplars});
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
          {.metric = "prw_requests_total", .labels = {{"code", "500"}, {"method", "POST"}}, .start = 2e6, .step = 3}}});
    out.push_back({"prw_bytes",
                   "counter",
                   "A counter with large values and a help text with \"quotes\", a backslash \\ and\na second line.",
                   {{.metric = "prw_bytes_total", .start = 1e15, .step = 4097}}});
    out.push_back(
        {"prw_temperature_celsius",
         "gauge",
         "A gauge.",
         {{.metric = "prw_temperature_celsius", .labels = {{"room", "kitchen"}}, .start = 21.5, .step = 0.125},
          {.metric = "prw_temperature_celsius", .labels = {{"room", "cellar"}}, .start = -40.25, .step = -0.5}}});
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
                   histogram("prw_request_duration_seconds", 64, false, true)});
    out.push_back({"prw_payload_bytes", "summary", "A summary.", summary("prw_payload_bytes")});
    out.push_back({"prw_idle_seconds",
                   "summary",
                   "A summary without observations.",
                   {{.metric = "prw_idle_seconds", .labels = {{"quantile", "0.5"}}, .constant = "NaN"},
                    {.metric = "prw_idle_seconds_sum", .constant = "0"},
                    {.metric = "prw_idle_seconds_count", .constant = "0"}}});
    out.push_back({"prw_untyped", "untyped", "No type.", {{.metric = "prw_untyped", .start = 0.001, .step = 1}}});
    out.push_back({"prw_explicit_timestamp",
                   "gauge",
                   "Always the same timestamp.",
                   {{.metric = "prw_explicit_timestamp", .constant = "42", .explicit_timestamp = true}}});
    out.push_back({"prw_vanishing",
                   "gauge",
                   "Series that disappear.",
                   {{.metric = "prw_vanishing", .labels = {{"n", "1"}}, .start = 1, .step = 10, .vanishes = true},
                    {.metric = "prw_vanishing", .labels = {{"n", "2"}}, .start = 2, .step = 10, .vanishes = true},
                    {.metric = "prw_vanishing", .labels = {{"n", "stays"}}, .start = 3, .step = 10}}});
    out.push_back({"prw_vanishing_seconds", "histogram", "A histogram that disappears.",
                   histogram("prw_vanishing_seconds", 8, true, false)});
    return out;
}

}  // namespace prw::conformance
