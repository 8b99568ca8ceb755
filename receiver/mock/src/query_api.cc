#include "query_api.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <set>
#include <utility>
#include <vector>

#include "prw/base/text.h"
#include "prw/proto/content_type.h"
#include "prw/proto/protocol.h"
#include "prw/proto/remote_read.h"
#include "prw/proto/snappy_block.h"
#include "query_json.h"

namespace prw::receiver {

namespace {

using Wanted = Store::Wanted;

constexpr std::size_t kMaxForm = 256U << 10U;
constexpr std::size_t kMaxSelectors = 100;  ///< match[] of one request, and queries of one remote read
constexpr std::size_t kMaxReadRequest = 1U << 20U;
/// Bytes of JSON: a range query can say a value for each of its steps.
constexpr std::size_t kMaxAnswer = 64U << 20U;
// Prometheus' own.
constexpr std::int64_t kLookbackMs = 5 * 60 * 1000;
constexpr std::int64_t kMaxSteps = 11000;
/// Of a time in a query, so that arithmetic with ranges stays within int64.
constexpr std::int64_t kMaxTimeMs = std::numeric_limits<std::int64_t>::max() / 4;

http::Response answer(int status, std::string body, const char* type) {
    http::Response out;
    out.status = status;
    out.body = std::move(body);
    out.headers.emplace_back(proto::header::kContentType, type);
    return out;
}

/// As Prometheus: what is wrong with the request is bad_data, what is too much for the server execution.
http::Response refusal(const Error& error, bool of_server = false) {
    std::string body = "{\"status\":\"error\",\"errorType\":";
    body += of_server ? "\"execution\"" : "\"bad_data\"";
    body += ",\"error\":";
    put_string(body, error.text());
    body += "}\n";
    return answer(of_server ? 422 : 400, std::move(body), "application/json");
}
http::Response refusal(std::string what, std::string where = {}) {
    return refusal(Error{ErrorCode::kInvalidArgument, std::move(what), std::move(where)});
}

http::Response success(std::string data, bool truncated = false) {
    std::string body = "{\"status\":\"success\",\"data\":" + std::move(data);
    if (truncated) body += ",\"warnings\":[\"results truncated due to limit\"]";
    return answer(200, body + "}\n", "application/json");
}

http::Response too_long() {
    return refusal({ErrorCode::kTooLarge, "the answer would be longer than " + std::to_string(kMaxAnswer >> 20U) +
                                              " MiB; ask for less, or for larger steps"},
                   true);
}

/// Parameters of the query and of a form.
class Form {
public:
    Form(std::string_view query, std::string_view body) {
        read(body);
        read(query);
    }
    /// The first one, as Go takes it; a form goes before the query.
    [[nodiscard]] const std::string* find(std::string_view name) const {
        const auto found =
            std::find_if(fields_.begin(), fields_.end(), [&](const auto& field) { return field.first == name; });
        return found == fields_.end() ? nullptr : &found->second;
    }
    [[nodiscard]] std::vector<std::string_view> all(std::string_view name) const {
        std::vector<std::string_view> out;
        for (const auto& field : fields_)
            if (field.first == name) out.push_back(field.second);
        return out;
    }

private:
    static std::string decoded(std::string_view text) {
        std::string plain(text);
        std::replace(plain.begin(), plain.end(), '+', ' ');
        return base::percent_decoded(plain);
    }
    void read(std::string_view text) {
        while (!text.empty()) {
            const auto end = std::min(text.find('&'), text.size());
            const auto pair = text.substr(0, end);
            const auto equals = std::min(pair.find('='), pair.size());
            if (!pair.empty())
                fields_.emplace_back(decoded(pair.substr(0, equals)),
                                     decoded(pair.substr(std::min(equals + 1, pair.size()))));
            text.remove_prefix(std::min(end + 1, text.size()));
        }
    }
    std::vector<std::pair<std::string, std::string>> fields_;
};

template <typename T>
bool read_digits(std::string_view& text, std::size_t count, T& to) {
    if (text.size() < count) return false;
    const auto part = text.substr(0, count);
    if (!std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; })) return false;
    std::from_chars(part.data(), part.data() + part.size(), to);
    text.remove_prefix(count);
    return true;
}

bool read_character(std::string_view& text, std::string_view any) {
    if (text.empty() || any.find(text.front()) == std::string_view::npos) return false;
    text.remove_prefix(1);
    return true;
}

/// RFC 3339: 2026-01-01T00:00:00.5+01:00.
std::optional<std::int64_t> calendar_ms(std::string_view text) {
    int year = 0;
    unsigned month = 0, day = 0;
    std::int64_t hour = 0, minute = 0, second = 0, ms = 0;
    if (!read_digits(text, 4, year) || !read_character(text, "-") || !read_digits(text, 2, month) ||
        !read_character(text, "-") || !read_digits(text, 2, day) || !read_character(text, "Tt") ||
        !read_digits(text, 2, hour) || !read_character(text, ":") || !read_digits(text, 2, minute) ||
        !read_character(text, ":") || !read_digits(text, 2, second))
        return std::nullopt;
    if (read_character(text, ".")) {
        std::int64_t digit = 0, scale = 100;
        bool any = false;
        for (; read_digits(text, 1, digit); any = true, scale /= 10) ms += digit * scale;
        if (!any) return std::nullopt;
    }
    std::int64_t offset = 0;
    if (!read_character(text, "Zz")) {
        const bool west = text.starts_with('-');
        std::int64_t hours = 0, minutes = 0;
        if (!read_character(text, "+-") || !read_digits(text, 2, hours) || !read_character(text, ":") ||
            !read_digits(text, 2, minutes))
            return std::nullopt;
        offset = (hours * 60 + minutes) * (west ? -1 : 1);
    }
    const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)};
    if (!text.empty() || !date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
    const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
    return ((days * 24 + hour) * 60 + minute - offset) * 60000 + second * 1000 + ms;
}

/// Seconds since the epoch, or a date.
std::optional<std::int64_t> parse_time(std::string_view text) {
    double seconds = 0;
    const auto* const end = text.data() + text.size();
    if (const auto [stop, error] = std::from_chars(text.data(), end, seconds); error == std::errc{} && stop == end) {
        const double ms = std::round(seconds * 1000);
        if (!(std::fabs(ms) <= static_cast<double>(kMaxTimeMs))) return std::nullopt;
        return static_cast<std::int64_t>(ms);
    }
    return calendar_ms(text);
}

Result<std::int64_t> time_of(const Form& form, std::string_view name, std::optional<std::int64_t> otherwise) {
    const auto* text = form.find(name);
    if (text == nullptr || text->empty()) {
        if (otherwise) return *otherwise;
        return fail(ErrorCode::kInvalidArgument, "is not given", "parameter " + base::quoted(name));
    }
    const auto time = parse_time(*text);
    if (!time)
        return fail(ErrorCode::kInvalidArgument,
                    base::quoted(*text, 50) + " is no time; wanted seconds since 1970 or a date as in RFC 3339",
                    "parameter " + base::quoted(name));
    return *time;
}

/// start and end; all there is where they are not given.
Result<TimeRange> range_of(const Form& form) {
    TimeRange out;
    const auto from = time_of(form, "start", out.from), to = time_of(form, "end", out.to);
    if (!from) return tl::unexpected<Error>(from.error());
    if (!to) return tl::unexpected<Error>(to.error());
    if (*to < *from) return fail(ErrorCode::kInvalidArgument, "the end is before the start");
    out.from = *from;
    out.to = *to;
    return out;
}

Result<Selector> selector_of(const Form& form) {
    const auto* query = form.find("query");
    auto selector = parse_selector(query == nullptr ? std::string_view() : std::string_view(*query));
    if (!selector)
        selector.error().where =
            "parameter \"query\"" + (selector.error().where.empty() ? "" : ", " + selector.error().where);
    return selector;
}

bool is_stale(const proto::Sample& sample) { return sample.value_bits == proto::kStaleNanBits; }
bool is_stale(const proto::Histogram& histogram) { return histogram.sum_bits == proto::kStaleNanBits; }

void put_point(std::string& out, std::int64_t time, const proto::Sample& sample) {
    out += '[';
    put_time(out, time);
    out += ',';
    put_value(out, proto::from_bits(sample.value_bits));
    out += ']';
}
void put_point(std::string& out, std::int64_t time, const proto::Histogram& histogram) {
    out += '[';
    put_time(out, time);
    out += ',';
    put_histogram(out, histogram);
    out += ']';
}

/// What a series is at a time: its last value of the five minutes before, unless that is a stale marker.
class Lookback {
public:
    explicit Lookback(const proto::Series& series) : series_(series) {}
    struct Found {
        const proto::Sample* sample = nullptr;
        const proto::Histogram* histogram = nullptr;
    };
    /// Times must not go back from call to call.
    Found at(std::int64_t time) {
        Found out;
        out.sample = last(series_.samples, next_sample_, time);
        out.histogram = last(series_.histograms, next_histogram_, time);
        if (out.sample != nullptr && out.histogram != nullptr) {
            if (out.histogram->timestamp > out.sample->timestamp) {
                out.sample = nullptr;
            } else {
                out.histogram = nullptr;
            }
        }
        if (out.sample != nullptr && is_stale(*out.sample)) out.sample = nullptr;
        if (out.histogram != nullptr && is_stale(*out.histogram)) out.histogram = nullptr;
        return out;
    }

private:
    template <typename T>
    static const T* last(const std::vector<T>& all, std::size_t& next, std::int64_t time) {
        while (next < all.size() && all[next].timestamp <= time) ++next;
        if (next == 0 || all[next - 1].timestamp <= time - kLookbackMs) return nullptr;
        return &all[next - 1];
    }
    const proto::Series& series_;
    std::size_t next_sample_ = 0, next_histogram_ = 0;
};

/// {"metric":{…},"values":[…],"histograms":[…]}, or nothing where there are no points.
class MatrixWriter {
public:
    void put(const proto::Labels& labels, const std::string& values, const std::string& histograms) {
        if (values.empty() && histograms.empty()) return;
        text_ += text_.empty() ? "{\"metric\":" : ",{\"metric\":";
        put_labels(text_, labels);
        if (!values.empty()) text_ += ",\"values\":[" + values + "]";
        if (!histograms.empty()) text_ += ",\"histograms\":[" + histograms + "]";
        text_ += '}';
    }
    [[nodiscard]] bool too_long(const std::string& values, const std::string& histograms) const {
        return text_.size() + values.size() + histograms.size() > kMaxAnswer;
    }
    [[nodiscard]] http::Response response() const {
        return success("{\"resultType\":\"matrix\",\"result\":[" + text_ + "]}");
    }

private:
    std::string text_;
};

template <typename T>
void add_point(std::string& to, std::int64_t time, const T& value) {
    if (!to.empty()) to += ',';
    put_point(to, time, value);
}

/// Every value of the range, as it came; stale markers are none.
http::Response raw_values(const std::vector<proto::Series>& found) {
    MatrixWriter out;
    for (const auto& series : found) {
        std::string values, histograms;
        for (const auto& sample : series.samples)
            if (!is_stale(sample)) add_point(values, sample.timestamp, sample);
        for (const auto& histogram : series.histograms) {
            if (!is_stale(histogram)) add_point(histograms, histogram.timestamp, histogram);
            if (out.too_long(values, histograms)) return too_long();
        }
        if (out.too_long(values, histograms)) return too_long();
        out.put(series.labels, values, histograms);
    }
    return out.response();
}

http::Response instant(const Form& form, const Store& store, std::int64_t now_ms) {
    const auto selector = selector_of(form);
    if (!selector) return refusal(selector.error());
    const auto time = time_of(form, "time", now_ms);
    if (!time) return refusal(time.error());
    auto budget = store.max_bytes();
    const auto found = store.select(selector->matchers, {*time - selector->range_ms.value_or(kLookbackMs) + 1, *time},
                                    Wanted::kSamples, budget);
    if (!found) return refusal(found.error(), true);
    if (selector->range_ms) return raw_values(*found);

    std::string data = "{\"resultType\":\"vector\",\"result\":[";
    bool any = false;
    for (const auto& series : *found) {
        const auto value = Lookback(series).at(*time);
        if (value.sample == nullptr && value.histogram == nullptr) continue;
        data += std::exchange(any, true) ? ",{\"metric\":" : "{\"metric\":";
        put_labels(data, series.labels);
        if (value.sample != nullptr) {
            data += ",\"value\":";
            put_point(data, *time, *value.sample);
        } else {
            data += ",\"histogram\":";
            put_point(data, *time, *value.histogram);
        }
        data += '}';
        if (data.size() > kMaxAnswer) return too_long();
    }
    return success(data + "]}");
}

http::Response query_range(const Form& form, const Store& store, std::int64_t) {
    const auto selector = selector_of(form);
    if (!selector) return refusal(selector.error());
    if (selector->range_ms)
        return refusal("a range query takes a selector without [ ]; /api/v1/query gives all samples of a time");
    const auto start = time_of(form, "start", std::nullopt), end = time_of(form, "end", std::nullopt);
    if (!start) return refusal(start.error());
    if (!end) return refusal(end.error());
    if (*end < *start) return refusal("the end is before the start");
    const auto* step_text = form.find("step");
    if (step_text == nullptr) return refusal("is not given", "parameter \"step\"");
    const auto step = parse_prometheus_duration(*step_text);
    if (!step) return refusal(step.error().text(), "parameter \"step\"");
    if ((*end - *start) / *step > kMaxSteps)
        return refusal("more than 11000 points for each series; take a larger step");

    auto budget = store.max_bytes();
    const auto found = store.select(selector->matchers, {*start - kLookbackMs + 1, *end}, Wanted::kSamples, budget);
    if (!found) return refusal(found.error(), true);
    MatrixWriter out;
    for (const auto& series : *found) {
        std::string values, histograms;
        Lookback lookback(series);
        for (auto time = *start; time <= *end; time += *step) {
            const auto value = lookback.at(time);
            if (value.sample != nullptr) add_point(values, time, *value.sample);
            if (value.histogram != nullptr) add_point(histograms, time, *value.histogram);
            if (out.too_long(values, histograms)) return too_long();
        }
        out.put(series.labels, values, histograms);
    }
    return out.response();
}

/// Labels of all that match any of match[], each once; all there is where `needed` is false and there is none.
Result<std::set<proto::Labels>> matched(const Form& form, const Store& store, bool needed) {
    const auto selectors = form.all("match[]");
    if (selectors.empty() && needed) return fail(ErrorCode::kInvalidArgument, "is not given", "parameter \"match[]\"");
    if (selectors.size() > kMaxSelectors)
        return fail(ErrorCode::kInvalidArgument,
                    std::to_string(selectors.size()) + " of them; the limit is " + std::to_string(kMaxSelectors),
                    "parameter \"match[]\"");
    const auto range = range_of(form);
    if (!range) return tl::unexpected<Error>(range.error());
    std::vector<Matchers> wanted;
    for (const auto text : selectors) {
        auto selector = parse_selector(text);
        if (!selector) {
            selector.error().where = "parameter \"match[]\", " + selector.error().where;
            return tl::unexpected<Error>(selector.error());
        }
        if (selector->range_ms)
            return fail(ErrorCode::kInvalidArgument, "takes a selector without [ ]", "parameter \"match[]\"");
        wanted.push_back(std::move(selector->matchers));
    }
    if (wanted.empty()) wanted.emplace_back();
    std::set<proto::Labels> out;
    for (const auto& matchers : wanted) {
        // No budget of their own: what several selectors find is kept once.
        auto budget = store.max_bytes();
        auto found = store.select(matchers, *range, Wanted::kLabels, budget);
        if (!found) return tl::unexpected<Error>(found.error());
        for (auto& series : *found) out.insert(std::move(series.labels));
    }
    return out;
}

/// kTooLarge comes of the store alone: what is too long in a request is bad_data.
http::Response refused_matches(const Error& error) {
    return refusal(error, error.code == ErrorCode::kTooLarge && error.where.empty());
}

/// At most so many entries, 0 or nothing: all.
Result<std::size_t> limit_of(const Form& form) {
    const auto* text = form.find("limit");
    std::size_t limit = 0;
    if (text == nullptr || text->empty()) return limit;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), limit);
    if (error != std::errc{} || end != text->data() + text->size())
        return fail(ErrorCode::kInvalidArgument, base::quoted(*text, 50) + " is no number", "parameter \"limit\"");
    return limit;
}

/// [item,item,…] by `put`.
template <typename Items, typename Put>
http::Response list(const Form& form, const Items& items, Put put) {
    const auto limit = limit_of(form);
    if (!limit) return refusal(limit.error());
    std::string data = "[";
    std::size_t count = 0;
    const bool truncated = *limit != 0 && items.size() > *limit;
    for (const auto& item : items) {
        if (truncated && count == *limit) break;
        if (count++ != 0) data += ',';
        put(data, item);
        if (data.size() > kMaxAnswer) return too_long();
    }
    return success(data + "]", truncated);
}

http::Response series(const Form& form, const Store& store, std::int64_t) {
    const auto found = matched(form, store, true);
    if (!found) return refused_matches(found.error());
    return list(form, *found, [](std::string& to, const proto::Labels& labels) { put_labels(to, labels); });
}

http::Response label_names(const Form& form, const Store& store, std::int64_t) {
    const auto found = matched(form, store, false);
    if (!found) return refused_matches(found.error());
    std::set<std::string> names;
    for (const auto& labels : *found)
        for (const auto& label : labels) names.insert(label.first);
    return list(form, names, put_string);
}

http::Response label_values(const Form& form, const Store& store, std::string_view name) {
    const auto found = matched(form, store, false);
    if (!found) return refused_matches(found.error());
    std::set<std::string> values;
    for (const auto& labels : *found)
        for (const auto& label : labels)
            if (label.first == name) values.insert(label.second);
    return list(form, values, put_string);
}

http::Response query_exemplars(const Form& form, const Store& store, std::int64_t) {
    const auto selector = selector_of(form);
    if (!selector) return refusal(selector.error());
    if (selector->range_ms) return refusal("a query for exemplars takes a selector without [ ]");
    const auto range = range_of(form);
    if (!range) return refusal(range.error());
    auto budget = store.max_bytes();
    const auto found = store.select(selector->matchers, *range, Wanted::kExemplars, budget);
    if (!found) return refusal(found.error(), true);
    return list(form, *found, [](std::string& to, const proto::Series& each) {
        to += "{\"seriesLabels\":";
        put_labels(to, each.labels);
        to += ",\"exemplars\":[";
        for (const auto& exemplar : each.exemplars) {
            if (&exemplar != &each.exemplars.front()) to += ',';
            to += "{\"labels\":";
            put_labels(to, exemplar.labels);
            to += ",\"value\":";
            put_value(to, proto::from_bits(exemplar.value_bits));
            to += ",\"timestamp\":";
            put_time(to, exemplar.timestamp);
            to += '}';
        }
        to += "]}";
    });
}

http::Response metadata(const Form& form, const Store& store, std::int64_t) {
    const auto limit = limit_of(form);
    if (!limit) return refusal(limit.error());
    const auto* metric = form.find("metric");
    std::string data = "{";
    std::size_t count = 0;
    for (const auto& [family, each] : store.metadata()) {
        if (metric != nullptr && !metric->empty() && family != *metric) continue;
        if (*limit != 0 && count == *limit) break;
        if (count++ != 0) data += ',';
        put_string(data, family);
        data += ":[{\"type\":";
        put_string(data, name_of(each.type));
        data += ",\"help\":";
        put_string(data, each.help);
        data += ",\"unit\":";
        put_string(data, each.unit);
        data += "}]";
    }
    return success(data + "}");
}

using Call = http::Response (*)(const Form&, const Store&, std::int64_t);
struct Endpoint {
    std::string_view path;
    Call call;
    bool takes_forms;
};
constexpr std::array<Endpoint, 6> kEndpoints = {{
    {"/api/v1/query", instant, true},
    {"/api/v1/query_range", query_range, true},
    {"/api/v1/query_exemplars", query_exemplars, true},
    {"/api/v1/series", series, true},
    {"/api/v1/labels", label_names, true},
    {"/api/v1/metadata", metadata, false},
}};

/// NAME of /api/v1/label/NAME/values.
std::optional<std::string> label_of(std::string_view path) {
    constexpr std::string_view kBefore = "/api/v1/label/", kBehind = "/values";
    if (path.size() <= kBefore.size() + kBehind.size() || !path.starts_with(kBefore) || !path.ends_with(kBehind))
        return std::nullopt;
    path.remove_prefix(kBefore.size());
    path.remove_suffix(kBehind.size());
    if (path.find('/') != std::string_view::npos) return std::nullopt;
    return base::percent_decoded(path);
}

http::Response refused_read(const Error& error) { return answer(400, error.text() + "\n", proto::kPlainText); }

http::Response remote_read(std::string_view body, const Store& store) {
    proto::PaddedBuffer message;
    if (const auto done = proto::uncompress_snappy(body, kMaxReadRequest, message); !done)
        return refused_read(done.error());
    const auto request = proto::decode_read_request(message.view());
    if (!request) return refused_read(request.error());
    if (!request->takes_samples)
        return refused_read({ErrorCode::kUnsupported, "this receiver answers with SAMPLES only"});
    if (request->queries.size() > kMaxSelectors)
        return refused_read({ErrorCode::kTooLarge, std::to_string(request->queries.size()) + " queries; the limit is " +
                                                       std::to_string(kMaxSelectors)});
    proto::ReadResults results;
    auto budget = store.max_bytes();
    for (const auto& query : request->queries) {
        const auto matchers = compile(query.matchers);
        if (!matchers) return refused_read(matchers.error());
        auto found = store.select(*matchers, {query.start_ms, query.end_ms}, Wanted::kSamples, budget);
        if (!found) return refused_read(found.error());
        results.push_back(std::move(*found));
    }
    auto response = answer(200, proto::compress_snappy(proto::encode_read_response(results)), proto::kMediaType);
    response.headers.emplace_back(proto::header::kContentEncoding, proto::kSnappy);
    return response;
}

}  // namespace

std::optional<http::Response> query_api(const proto::RequestHead& head, std::string_view body, const Store& store,
                                        std::int64_t now_ms) {
    const auto path = head.path();
    const bool get = head.method == "GET" || head.method == "HEAD";
    const bool post = head.method == "POST";
    if (!get && !post) return std::nullopt;
    const auto type = proto::parse_content_type(head.value(proto::header::kContentType));
    if (path == proto::kReadPath) {
        // A sender whose URL has the wrong word in it is still a sender.
        const bool read = post && type && type->media_type == proto::kMediaType &&
                          type->parameter("proto") == nullptr && head.find(proto::header::kVersion) == nullptr;
        if (!read) return std::nullopt;
        return remote_read(body, store);
    }
    const auto label = get ? label_of(path) : std::nullopt;
    const auto* const found =
        std::find_if(kEndpoints.begin(), kEndpoints.end(), [&](const Endpoint& each) { return each.path == path; });
    if (!label && found == kEndpoints.end()) return std::nullopt;
    if (post && !(found->takes_forms && type && type->media_type == "application/x-www-form-urlencoded"))
        return std::nullopt;
    if (body.size() > kMaxForm)
        return refusal("a form of " + std::to_string(body.size()) + " bytes; the limit is " + std::to_string(kMaxForm));
    const Form form(head.query(), post ? body : std::string_view());
    return label ? label_values(form, store, *label) : found->call(form, store, now_ms);
}

}  // namespace prw::receiver
