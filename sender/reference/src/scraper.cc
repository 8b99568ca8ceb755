#include "prw/sender/scraper.h"

#include <algorithm>
#include <utility>

#include "prw/base/bytes_text.h"
#include "prw/proto/protocol.h"

namespace prw::sender {

namespace {

class HttpFetcher final : public Fetcher {
public:
    explicit HttpFetcher(const ScrapeOptions& options)
        : max_body_(options.max_body), client_(options.url, client_options(options)) {
        headers_ = {{proto::header::kUserAgent, default_user_agent()},
                    {"Accept", std::string(accept_for(options.format))},
                    {"Accept-Encoding", "identity"},
                    {"X-Prometheus-Scrape-Timeout-Seconds",
                     std::to_string(static_cast<double>(options.timeout.count()) / 1000.0)}};
        if (!options.url.user.empty() || !options.url.password.empty())
            headers_.emplace_back(proto::header::kAuthorization,
                                  base::basic_credentials(options.url.user, options.url.password));
    }

    Result<Fetched> fetch() override {
        auto response = client_.request("GET", headers_, {});
        if (!response) return tl::unexpected<Error>(response.error());
        if (response->status != 200)
            return fail(ErrorCode::kTarget,
                        "the target answered " + std::to_string(response->status) + " " + response->reason);
        if (response->body.size() > max_body_)
            return fail(ErrorCode::kTooLarge, "the exposition is larger than " + std::to_string(max_body_) + " bytes");
        const std::string* encoding = response->header(proto::header::kContentEncoding);
        if (encoding != nullptr && *encoding != "identity")
            return fail(ErrorCode::kUnsupported,
                        "the target answered with Content-Encoding " + *encoding + ", though identity was asked for");
        const std::string* type = response->header(proto::header::kContentType);
        return Fetched{std::move(response->body), type == nullptr ? std::string() : *type};
    }

    void cancel() override { client_.cancel(); }

private:
    static http::ClientOptions client_options(const ScrapeOptions& options) {
        http::ClientOptions client = options.client;
        client.timeout = client.connect_timeout = options.timeout;
        client.max_response = options.max_body + 1;
        return client;
    }

    std::size_t max_body_;
    http::Client client_;
    http::HeaderList headers_;
};

}  // namespace

std::unique_ptr<Fetcher> make_http_fetcher(const ScrapeOptions& options) {
    return std::make_unique<HttpFetcher>(options);
}

proto::Labels target_labels(const http::Url& url, const std::string& job, const std::string& instance) {
    const bool v6 = url.host.find(':') != std::string::npos;
    const std::string address = (v6 ? "[" + url.host + "]" : url.host) + ":" + std::to_string(url.port);
    return {{"instance", instance.empty() ? address : instance}, {"job", job}};
}

Scraper::Scraper(ScrapeOptions options, TargetOptions target, Clock& clock, Sink sink, Log log,
                 std::unique_ptr<Fetcher> fetcher)
    : options_(std::move(options)),
      target_([&] {
          target.reports = true;
          return std::move(target);
      }()),
      clock_(clock),
      sink_(std::move(sink)),
      log_(std::move(log)),
      fetcher_(fetcher ? std::move(fetcher) : make_http_fetcher(options_)) {}

void Scraper::say(LogLevel level, const std::string& text) const {
    if (log_) log_(level, text);
}

Result<Scrape> Scraper::fetch_and_parse(std::string& format_note) {
    auto fetched = fetcher_->fetch();
    if (!fetched) return tl::unexpected<Error>(fetched.error());
    InputFormat format = options_.format;
    if (format == InputFormat::kAuto) {
        const auto negotiated = format_of_content_type(fetched->content_type);
        if (!negotiated) return tl::unexpected<Error>(negotiated.error());
        format = *negotiated;
    }
    format_note = name_of(format);
    ParseOptions parse;
    parse.source = options_.url.redacted();
    parse.native_histograms = options_.native_histograms;
    return parse_exposition(fetched->body, format, parse);
}

void Scraper::scrape_once() {
    const SteadyTime begin = clock_.now();
    // Time of day may step back; the samples of a series must not.
    const std::int64_t timestamp = std::max(clock_.wall_ms(), last_timestamp_ + 1);
    last_timestamp_ = timestamp;
    std::string format;
    const auto scrape = fetch_and_parse(format);
    const double seconds = std::chrono::duration<double>(clock_.now() - begin).count();
    {
        const std::lock_guard lock(mutex_);
        if (!scrape && stopped_) return;  // cancelled by stop(): says nothing about the target
    }
    ++stats_.scrapes;
    std::vector<proto::Series> points;
    if (scrape) {
        points = target_.ingest(*scrape, timestamp);
        stats_.duplicates += scrape->duplicates;
        for (const std::string& note : scrape->notes)
            if (std::find(last_notes_.begin(), last_notes_.end(), note) == last_notes_.end())
                say(LogLevel::kWarn, note);
        last_notes_ = scrape->notes;
        if (!last_error_.empty()) say(LogLevel::kInfo, "the target can be scraped again");
        last_error_.clear();
        say(LogLevel::kDebug, "scraped " + std::to_string(scrape->points()) + " samples as " + format);
    } else {
        points = target_.fail(timestamp);
        ++stats_.failures;
        const std::string error = scrape.error().text();
        if (error != last_error_) say(LogLevel::kWarn, "scrape failed: " + error);
        last_error_ = error;
    }
    const std::size_t scraped = scrape ? scrape->points() : 0;
    for (proto::Series& series : target_.report(scrape.has_value(), seconds, scraped, timestamp))
        points.push_back(std::move(series));
    const std::size_t given = points.size();
    stats_.not_taken += given - sink_(std::move(points));
    stats_.target = target_.stats();
}

void Scraper::run() {
    SteadyTime next = clock_.now();
    for (std::uint64_t done = 0; !options_.count || done < *options_.count; ++done) {
        {
            std::unique_lock lock(mutex_);
            if (clock_.wait_until(lock, changed_, next, [this] { return stopped_; })) return;
        }
        scrape_once();
        next += options_.interval;
        while (next < clock_.now()) {
            next += options_.interval;
            ++stats_.missed;
        }
    }
}

void Scraper::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
    }
    changed_.notify_all();
    fetcher_->cancel();
}

ScrapeStats Scraper::stats() const { return stats_; }

}  // namespace prw::sender
