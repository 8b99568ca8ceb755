#include "control.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>

#include "prw/proto/credentials.h"
#include "prw/proto/protocol.h"
#include "prw/rules/json.h"
#include "query_api.h"

namespace prw::receiver {

using Json = nlohmann::ordered_json;

namespace {

http::Response text(int status, std::string body, const char* type = proto::kPlainText) {
    http::Response out;
    out.status = status;
    out.body = std::move(body);
    out.headers.emplace_back(proto::header::kContentType, type);
    return out;
}

http::Response json(const Json& value) { return text(200, rules::dump(value) + "\n", "application/json"); }

/// Value of a query parameter as a number; `otherwise` when it is absent or none.
std::uint64_t number(std::string_view query, std::string_view name, std::uint64_t otherwise) {
    while (!query.empty()) {
        const auto end = query.find('&');
        const auto pair = query.substr(0, end);
        if (pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=') {
            std::uint64_t value = 0;
            const auto digits = pair.substr(name.size() + 1);
            if (std::from_chars(digits.data(), digits.data() + digits.size(), value).ec == std::errc{}) return value;
        }
        if (end == std::string_view::npos) break;
        query.remove_prefix(end + 1);
    }
    return otherwise;
}

Json summary(const exchange::Exchange& e) {
    const auto head = proto::parse_request_head(e.raw_head);
    Json out;
    out["id"] = e.id;
    out["received_unix_ms"] = e.received_unix_ms;
    out["peer"] = e.peer;
    out["connection"] = e.connection;
    out["method"] = head ? head->method : "";
    out["target"] = head ? proto::redact_urls(head->target) : "";
    out["user_agent"] = head ? head->value(proto::header::kUserAgent) : "";
    out["protobuf_message"] = e.check.declared ? Json(proto::short_name(*e.check.declared)) : Json(nullptr);
    out["body_size"] = e.raw_body.size();
    out["series"] = e.check.series;
    out["samples"] = e.check.samples;
    out["histograms"] = e.check.histograms;
    out["exemplars"] = e.check.exemplars;
    out["status"] = e.status;
    out["read_status"] = name_of(e.read_status);
    out["problem"] = e.problem;
    out["scripted"] = e.scripted;
    out["fault"] = e.fault;
    out["worst"] = e.check.findings.empty() ? "none" : name_of(e.check.worst());
    return out;
}

http::Response one_request(std::string_view rest, const ControlTarget& target) {
    const bool raw = rest.ends_with("/raw");
    if (raw) rest.remove_suffix(4);
    std::uint64_t id = 0;
    const auto [stop, error] = std::from_chars(rest.data(), rest.data() + rest.size(), id);
    if (error != std::errc{} || stop != rest.data() + rest.size())
        return text(404, "no such page; requests have numbers\n");
    for (const auto& exchange : target.exchanges()) {
        if (exchange->id != id) continue;
        if (raw) return text(200, exchange->raw_head + exchange->raw_body, "application/octet-stream");
        Json out = summary(*exchange);
        out["findings"] = rules::to_json(exchange->check.findings);
        return json(out);
    }
    return text(404, "request " + std::to_string(id) + " is not kept (or was not made)\n");
}

http::Response script(const proto::RequestHead& head, std::string_view body, const ControlTarget& target) {
    if (head.method == "DELETE") {
        target.set_script({});
        return http::Response{};
    }
    if (head.method == "PUT") {
        const auto trimmed = body.substr(0, body.find_last_not_of(" \r\n\t") + 1);
        auto parsed = trimmed.find('\n') == std::string_view::npos && trimmed.find("version:") == std::string_view::npos
                          ? parse_script_short(trimmed)
                          : parse_script(body, "body");
        if (!parsed) return text(400, parsed.error().text() + "\n");
        target.set_script(std::move(*parsed));
        return http::Response{};
    }
    Json out = Json::array();
    for (const auto& step : target.script_status())
        out.push_back(
            {{"name", step.name}, {"used", step.used}, {"times", step.times ? Json(*step.times) : Json(nullptr)}});
    return json(out);
}

/// Only what a host and port are made of: it goes into a page.
bool plain_host(std::string_view text) {
    return !text.empty() && text.size() < 300 && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view(".-_:[]").find(c) != std::string_view::npos;
    });
}

Json stored(const Store& store) {
    const auto totals = store.totals();
    return {{"max_bytes", store.max_bytes()},
            {"bytes", totals.bytes},
            {"series", totals.series},
            {"samples", totals.samples},
            {"histograms", totals.histograms},
            {"exemplars", totals.exemplars},
            {"families", totals.families},
            {"dropped_series", totals.dropped_series},
            {"dropped_values", totals.dropped_values},
            {"dropped_families", totals.dropped_families}};
}

/// For whoever opens the address in a browser.
http::Response page(const proto::RequestHead& head, bool stores) {
    const auto asked = head.value(proto::header::kHost);
    const std::string host(plain_host(asked) ? asked : "HOST:PORT");
    std::string body =
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" "
        "content=\"width=device-width\"><link rel=\"icon\" href=\"data:,\"><title>prw receive</title>\n"
        "<h1>prw receive</h1>\n"
        "<p>A mock receiver of Prometheus Remote Write: it takes POST on any path, judges every request and answers as "
        "a conforming receiver does, or as scripted. " +
        std::string(stores ? "What it accepts can be read back." : "It stores nothing that could be queried.") +
        "</p>\n"
        "<p>In <code>prometheus.yml</code>:</p>\n"
        "<pre>remote_write:\n  - url: http://" +
        host +
        "/api/v1/write</pre>\n"
        "<ul>\n"
        "<li><a href=\"/api/v1/requests\">/api/v1/requests</a>: what came; <code>/api/v1/requests/ID</code> with its "
        "findings, <code>/api/v1/requests/ID/raw</code> as it came</li>\n"
        "<li><a href=\"/api/v1/status\">/api/v1/status</a>, <a href=\"/api/v1/script\">/api/v1/script</a> (GET, PUT, "
        "DELETE)</li>\n" +
        std::string(stores ? "<li><code>/api/v1/query</code>, <code>query_range</code>, <code>series</code>, "
                             "<code>query_exemplars</code>, <code>metadata</code> as Prometheus has them, and remote "
                             "read at <code>/api/v1/read</code></li>\n"
                           : "") +
        "<li><a href=\"/metrics\">/metrics</a>, <a href=\"/-/ready\">/-/ready</a>, <a "
        "href=\"/-/healthy\">/-/healthy</a></li>\n</ul>\n</html>\n";
    return text(200, std::move(body), "text/html; charset=utf-8");
}

}  // namespace

std::optional<http::Response> control(const proto::RequestHead& head, std::string_view body,
                                      const ControlTarget& target) {
    const auto path = head.path();
    const bool get = head.method == "GET" || head.method == "HEAD";
    if (path == "/api/v1/script") {
        if (get || head.method == "PUT" || head.method == "DELETE") return script(head, body, target);
        return std::nullopt;
    }
    if (target.store != nullptr) {
        const auto system_ms =
            std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch());
        const auto now_ms = target.now_ms != 0 ? target.now_ms : system_ms.count();
        if (auto response = query_api(head, body, *target.store, now_ms)) return response;
    }
    if (!get) return std::nullopt;
    // A browser only: for a sender, "/" may be where it writes, and its probe is one.
    if (path == "/" && head.value("Accept").find("text/html") != std::string_view::npos)
        return page(head, target.store != nullptr);
    if (path == "/-/ready") return text(200, "ready\n");
    if (path == "/-/healthy") return text(200, "healthy\n");
    if (path == "/metrics") return text(200, target.metrics(), "text/plain; version=0.0.4; charset=utf-8");
    if (path == "/api/v1/status") {
        Json out = {{"requests", target.count()},
                    {"kept", target.exchanges().size()},
                    {"script_steps", target.script_status().size()}};
        if (target.store != nullptr) out["stored"] = stored(*target.store);
        return json(out);
    }
    if (path == "/api/v1/requests") {
        const auto after = number(head.query(), "after", 0);
        const auto limit = number(head.query(), "limit", 100);
        Json out = Json::array();
        for (const auto& exchange : target.exchanges()) {
            if (exchange->id <= after) continue;
            if (out.size() == limit) break;
            out.push_back(summary(*exchange));
        }
        return json(out);
    }
    constexpr std::string_view kOne = "/api/v1/requests/";
    if (path.starts_with(kOne)) return one_request(path.substr(kOne.size()), target);
    return std::nullopt;
}

}  // namespace prw::receiver
