#include "prw/sender_suite/scrape_target.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <initializer_list>
#include <iterator>
#include <map>
#include <mutex>
#include <optional>

#include "exposition.h"
#include "prw/base/text.h"
#include "prw/http/server.h"
#include "prw/proto/content_type.h"
#include "prw/proto/http_head.h"
#include "prw/proto/protocol.h"

namespace prw::sender_suite {
namespace {

constexpr std::size_t kKeptGenerations = 10000;

std::int64_t now_unix_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

/// One element of Accept with its q; 0 when it is not understood.
double quality_of(const proto::ContentType& range) {
    const auto* text = range.parameter("q");
    if (text == nullptr) return 1;
    const auto quality = number_of(*text);
    return quality && *quality > 0 ? std::min(*quality, 1.0) : 0;  // NaN is no quality
}

std::optional<Exposition> format_of(const proto::ContentType& range) {
    const auto is = [&](const char* parameter, std::initializer_list<std::string_view> values) {
        const auto* value = range.parameter(parameter);
        return value == nullptr ? std::find(values.begin(), values.end(), "") != values.end()
                                : std::find(values.begin(), values.end(), *value) != values.end();
    };
    if (range.media_type == "application/vnd.google.protobuf" && is("proto", {"io.prometheus.client.MetricFamily"}) &&
        is("encoding", {"delimited"}))
        return Exposition::kProtobuf;
    if (range.media_type == "application/openmetrics-text" && is("version", {"", "1.0.0", "0.0.1"}))
        return Exposition::kOpenMetrics;
    if (range.media_type == "text/plain" && is("version", {"", "0.0.4"})) return Exposition::kText;
    return std::nullopt;
}

SourceIdentity identity_of(const SourceSeries& series, std::uint32_t family) {
    SourceIdentity out{series.metric, series.labels};
    std::erase_if(out.labels, [](const auto& label) { return label.second.empty(); });
    out.unique_values = !series.native && series.constant.empty() && series.resets_every == 0 &&
                        std::fpclassify(series.step) != FP_ZERO;
    out.vanishes = series.vanishes;
    out.explicit_timestamp = series.explicit_timestamp;
    out.exemplar = series.exemplar || !series.constant_exemplars.empty();
    out.native = series.native.has_value();
    out.family = family;
    return out;
}

}  // namespace

std::string_view name_of(Exposition format) {
    constexpr std::array<std::string_view, 3> kNames = {"text", "openmetrics", "protobuf"};
    return kNames.at(static_cast<std::size_t>(format));
}

std::string_view content_type_of(Exposition format) {
    constexpr std::array<std::string_view, 3> kTypes = {"text/plain; version=0.0.4; charset=utf-8",
                                                        "application/openmetrics-text; version=1.0.0; charset=utf-8",
                                                        proto::kMetricFamilyContentType};
    return kTypes.at(static_cast<std::size_t>(format));
}

Exposition negotiate(std::string_view accept) {
    auto best = Exposition::kText;
    double quality = 0;
    while (!accept.empty()) {
        const auto comma = accept.find(',');
        const auto range = proto::parse_content_type(accept.substr(0, comma));
        accept = comma == std::string_view::npos ? std::string_view() : accept.substr(comma + 1);
        const auto format = range ? format_of(*range) : std::nullopt;
        if (!format || quality_of(*range) <= quality) continue;
        best = *format;
        quality = quality_of(*range);
    }
    return best;
}

std::string SourceIdentity::text() const {
    std::string out = metric;
    for (std::size_t i = 0; i < labels.size(); ++i) {
        out += i == 0 ? '{' : ',';
        out += labels[i].first + "=\"" +
               (labels[i].second.size() > 64 ? labels[i].second.substr(0, 64) + "…" : labels[i].second) + "\"";
    }
    return labels.empty() ? out : out + "}";
}

struct ScrapeTarget::Impl {
    std::vector<SourceFamily> families;
    std::vector<SourceIdentity> identities;
    std::vector<FamilyIdentity> family_identities;
    std::function<void()> observer;
    std::int64_t created_ms = now_unix_ms();

    mutable std::mutex mutex;
    bool vanished = false, failing = false;
    std::uint64_t last = 0;
    std::vector<Generation> generations;
    std::vector<std::int64_t> asked_ms;                                          // by generation, from the first on
    std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint64_t> in_flight;  // connection and index → generation
    std::unique_ptr<http::Server> server;

    /// Body of the next generation; nothing when the target fails.
    std::optional<std::string> next(Exposition format, std::uint64_t& number) {
        const std::lock_guard lock(mutex);
        Generation generation;
        generation.number = number = ++last;
        generation.unix_ms = now_unix_ms();
        generation.failed = failing;
        generation.format = format;
        generation.vanished = vanished;
        // Not before the sender began: Prometheus takes what is older for sent.
        const auto explicit_ms = asked_ms.empty() ? generation.unix_ms : asked_ms.front();
        std::optional<std::string> body;
        if (!failing) body = render_exposition(families, {created_ms, explicit_ms, asked_ms}, generation);
        asked_ms.push_back(generation.unix_ms);
        if (generations.size() >= kKeptGenerations) generations.erase(generations.begin());
        generations.push_back(std::move(generation));
        return body;
    }

    void mark_complete(std::uint64_t number) {
        const std::lock_guard lock(mutex);
        for (auto it = generations.rbegin(); it != generations.rend(); ++it) {
            if (it->number == number) it->complete = true;
        }
    }

    http::Response serve(const http::Request& request) {
        http::Response response;
        if (request.status != http::ReadStatus::kComplete) {
            response.status = 400;
            response.body = request.problem + "\n";
            return response;
        }
        const auto head = proto::parse_request_head(request.raw_head);
        if (!head || (head->method != "GET" && head->method != "HEAD")) {
            response.status = 405;
            response.headers = {{"Allow", "GET"}};
            return response;
        }
        // Several fields of one name are one list (RFC 9110 5.3).
        std::string accept;
        for (const auto& field : head->fields)
            if (base::iequals(field.name, "Accept")) accept += "," + std::string(field.value);
        const auto format = negotiate(accept);
        std::uint64_t number = 0;
        auto body = next(format, number);
        if (!body) {
            response.status = 503;
            response.body = "the scrape target has been told to fail\n";
            response.headers = {{proto::header::kContentType, proto::kPlainText}};
        } else {
            response.status = 200;
            response.body = std::move(*body);
            response.headers = {{proto::header::kContentType, std::string(content_type_of(format))}};
        }
        const std::lock_guard lock(mutex);
        in_flight[{request.connection, request.index_on_connection}] = number;
        return response;
    }

    void completed(const http::Request& request, bool sent) {
        std::uint64_t number = 0;
        {
            const std::lock_guard lock(mutex);
            const auto found = in_flight.find({request.connection, request.index_on_connection});
            if (found == in_flight.end()) return;
            number = found->second;
            in_flight.erase(found);
        }
        if (sent) mark_complete(number);
        if (observer) observer();
    }
};

ScrapeTarget::ScrapeTarget(std::vector<SourceFamily> families) : impl_(std::make_unique<Impl>()) {
    impl_->families = std::move(families);
    std::vector<SourceIdentity> custom;
    for (const auto& family : impl_->families) {
        const auto number = static_cast<std::uint32_t>(impl_->family_identities.size());
        impl_->family_identities.push_back({family.name, family.type, family.help, family.unit});
        for (const auto& series : family.series) {
            auto identity = identity_of(series, number);
            if (family.type == "histogram" && series.metric == family.name + "_count") {
                custom.push_back({family.name, identity.labels});
                custom.back().vanishes = series.vanishes;
                custom.back().custom_buckets = true;
                custom.back().family = number;
            }
            impl_->identities.push_back(std::move(identity));
        }
    }
    // A histogram that has native buckets already becomes nothing else.
    const auto& rows = impl_->identities;
    std::erase_if(custom, [&](const SourceIdentity& each) {
        return std::any_of(rows.begin(), rows.end(), [&](const SourceIdentity& row) {
            return row.metric == each.metric && row.labels == each.labels;
        });
    });
    std::move(custom.begin(), custom.end(), std::back_inserter(impl_->identities));
}

ScrapeTarget::~ScrapeTarget() { stop(); }

Result<void> ScrapeTarget::start() {
    impl_->server = std::make_unique<http::Server>(
        http::ServerOptions{}, [this](const http::Request& request) { return impl_->serve(request); },
        [this](const http::Request& request, const http::Response&, http::SteadyTime, http::SteadyTime, bool sent) {
            impl_->completed(request, sent);
        });
    return impl_->server->start();
}

void ScrapeTarget::stop() {
    if (impl_->server) impl_->server->stop(std::chrono::milliseconds(200));
}

std::string ScrapeTarget::url() const { return impl_->server ? impl_->server->url("/metrics") : std::string(); }
std::string ScrapeTarget::hostport() const { return impl_->server ? impl_->server->address() : std::string(); }
void ScrapeTarget::on_scrape(std::function<void()> observer) { impl_->observer = std::move(observer); }

void ScrapeTarget::set_vanished(bool vanished) {
    const std::lock_guard lock(impl_->mutex);
    impl_->vanished = vanished;
}

void ScrapeTarget::set_failing(bool failing) {
    const std::lock_guard lock(impl_->mutex);
    impl_->failing = failing;
}

const std::vector<SourceIdentity>& ScrapeTarget::identities() const { return impl_->identities; }
const std::vector<FamilyIdentity>& ScrapeTarget::families() const { return impl_->family_identities; }

std::vector<Generation> ScrapeTarget::generations() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->generations;
}

std::uint64_t ScrapeTarget::scrapes() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->last;
}

std::string ScrapeTarget::take(Exposition format) {
    std::uint64_t number = 0;
    auto body = impl_->next(format, number);
    impl_->mark_complete(number);
    return std::move(body).value_or(std::string());
}

}  // namespace prw::sender_suite
