#include "prw/conformance/scrape_target.h"

#include <charconv>
#include <chrono>
#include <cmath>
#include <map>
#include <mutex>

#include "prw/http/server.h"
#include "scrape/exposition.h"

namespace prw::conformance {
namespace {

constexpr std::size_t kKeptGenerations = 10000;

std::int64_t now_unix_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

}  // namespace

bool prefers_openmetrics(std::string_view accept) {
    double text = 0, openmetrics = 0;
    while (!accept.empty()) {
        const auto comma = accept.find(',');
        auto range = accept.substr(0, comma);
        accept = comma == std::string_view::npos ? std::string_view() : accept.substr(comma + 1);
        const auto semicolon = range.find(';');
        const auto type = trimmed(range.substr(0, semicolon));
        double quality = 1;
        bool version_known = true;
        while (semicolon != std::string_view::npos && !range.empty()) {
            const auto next = range.find(';');
            if (next == std::string_view::npos) break;
            range.remove_prefix(next + 1);
            const auto parameter = trimmed(range.substr(0, range.find(';')));
            if (parameter.starts_with("q=")) {
                const auto digits = parameter.substr(2);
                if (std::from_chars(digits.data(), digits.data() + digits.size(), quality).ec != std::errc())
                    quality = 0;
            } else if (parameter.starts_with("version=") && type == "application/openmetrics-text") {
                version_known = parameter == "version=1.0.0" || parameter == "version=0.0.1";
            }
        }
        if (type == "application/openmetrics-text" && version_known) openmetrics = std::max(openmetrics, quality);
        if (type == "text/plain" || type == "text/*" || type == "*/*") text = std::max(text, quality);
    }
    return openmetrics > 0 && openmetrics >= text;
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
    std::function<void()> observer;
    std::int64_t explicit_unix_ms = now_unix_ms();

    mutable std::mutex mutex;
    bool vanished = false, failing = false;
    std::uint64_t last = 0;
    std::vector<Generation> generations;
    std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint64_t> in_flight;  // connection and index → generation
    std::unique_ptr<http::Server> server;

    /// Body of the next generation; empty when the target fails.
    std::string next(bool openmetrics, std::uint64_t& number) {
        const std::lock_guard lock(mutex);
        Generation generation;
        generation.number = number = ++last;
        generation.unix_ms = now_unix_ms();
        generation.failed = failing;
        generation.openmetrics = openmetrics;
        generation.vanished = vanished;
        std::string body;
        if (!failing)
            body = render_exposition(families, {openmetrics, vanished, number, explicit_unix_ms}, generation.samples);
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
        const bool openmetrics = prefers_openmetrics(head->value("Accept"));
        std::uint64_t number = 0;
        response.body = next(openmetrics, number);
        if (response.body.empty()) {
            response.status = 503;
            response.body = "the scrape target has been told to fail\n";
            response.headers = {{"Content-Type", "text/plain; charset=utf-8"}};
        } else {
            response.status = 200;
            response.headers = {{"Content-Type", openmetrics
                                                     ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                                     : "text/plain; version=0.0.4; charset=utf-8"}};
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
    for (const auto& family : impl_->families) {
        for (const auto& series : family.series) {
            impl_->identities.push_back({series.metric, series.labels,
                                         series.constant.empty() && std::fpclassify(series.step) != FP_ZERO,
                                         series.vanishes, series.explicit_timestamp, series.exemplar});
        }
    }
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

std::vector<Generation> ScrapeTarget::generations() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->generations;
}

std::uint64_t ScrapeTarget::scrapes() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->last;
}

std::string ScrapeTarget::take(bool openmetrics) {
    std::uint64_t number = 0;
    auto body = impl_->next(openmetrics, number);
    impl_->mark_complete(number);
    return body;
}

}  // namespace prw::conformance
