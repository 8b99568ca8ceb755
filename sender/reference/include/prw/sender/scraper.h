/// The scrape loop: fetch, parse, hand on samples, markers and the report about the scrape.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "prw/http/client.h"
#include "prw/sender/clock.h"
#include "prw/sender/exposition.h"
#include "prw/sender/remote_write.h"
#include "prw/sender/target.h"

namespace prw::sender {

struct ScrapeOptions {
    http::Url url;
    Milliseconds interval{15000};
    Milliseconds timeout{10000};              ///< of one scrape; one longer than the interval leaves the next ones out
    InputFormat format = InputFormat::kAuto;  ///< what is asked for; kAuto: the response's Content-Type decides
    bool native_histograms = true;            ///< see ParseOptions
    std::optional<std::uint64_t> count;       ///< stop after this many scrapes
    std::size_t max_body = 64U << 20U;        ///< bytes; a larger exposition is a failed scrape
    http::ClientOptions client;               ///< TLS; timeouts come from `timeout`
};

struct Fetched {
    std::string body, content_type;
};

/// Where expositions come from.
class Fetcher {
public:
    virtual ~Fetcher() = default;
    [[nodiscard]] virtual Result<Fetched> fetch() = 0;
    virtual void cancel() = 0;  ///< from another thread
};
[[nodiscard]] std::unique_ptr<Fetcher> make_http_fetcher(const ScrapeOptions& options);

struct ScrapeStats {
    std::uint64_t scrapes = 0, failures = 0;
    std::uint64_t missed =
        0;  ///< intervals without a scrape because the one before, or the queue behind it, took too long
    std::uint64_t not_taken = 0;  ///< points that the sink refused
    std::uint64_t duplicates = 0;
    TargetStats target;
};

class Scraper {
public:
    /// Takes points and returns how many it took; may block (back-pressure).
    using Sink = std::function<std::size_t(std::vector<proto::Series>)>;

    Scraper(ScrapeOptions options, TargetOptions target, Clock& clock, Sink sink, Log log = {},
            std::unique_ptr<Fetcher> fetcher = {});
    /// Scrapes at once and then every interval, on a fixed grid of the steady clock, until stop() or `count` is
    /// reached. No stale markers at the end: the series have not ended, only the watching has.
    void run();
    /// From another thread.
    void stop();
    /// One scrape; run() calls this.
    void scrape_once();
    [[nodiscard]] ScrapeStats stats() const;  ///< once run() has returned

private:
    void say(LogLevel level, const std::string& text) const;
    [[nodiscard]] Result<Scrape> fetch_and_parse(std::string& format_note);

    ScrapeOptions options_;
    ScrapedTarget target_;
    Clock& clock_;
    Sink sink_;
    Log log_;
    std::unique_ptr<Fetcher> fetcher_;
    ScrapeStats stats_;
    std::int64_t last_timestamp_ = 0;
    std::string last_error_;
    std::vector<std::string> last_notes_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool stopped_ = false;
};

/// job and instance as a scrape adds them: instance defaults to the URL's host:port.
[[nodiscard]] proto::Labels target_labels(const http::Url& url, const std::string& job, const std::string& instance);

}  // namespace prw::sender
