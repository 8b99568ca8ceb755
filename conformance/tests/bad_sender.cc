/// A scraping sender with one deliberate deviation, chosen by --mode: the double that each check has to catch. `good`
/// has none. Everything else comes from the environment, as for any other command under `prw test sender`.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <string>
#include <thread>
#include <vector>

#include "prw/http/client.h"
#include "prw/proto/http_head.h"
#include "prw/proto/model.h"
#include "prw/proto/snappy_block.h"
#include "prw/sender/exposition.h"
#include "prw/sender/target.h"

namespace {

using namespace prw;
using namespace std::chrono_literals;

constexpr auto kInterval = 100ms;

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    if (value == nullptr) {
        std::fprintf(stderr, "bad_sender: %s is not set\n", name);
        std::exit(2);
    }
    return value;
}

std::int64_t now_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

/// What the variants of the profile set; empty where they do not.
std::string option(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string() : std::string(value);
}

http::Url write_url() {
    auto url = *http::parse_url(variable("PRW_REMOTE_WRITE_URL"));
    if (const auto basic = option("BAD_SENDER_BASIC"); !basic.empty()) {
        url.user = basic.substr(0, basic.find(':'));
        url.password = basic.substr(basic.find(':') + 1);
    }
    return url;
}

http::ClientOptions client_options(const std::string& mode) {
    http::ClientOptions options;
    if (const auto seconds = option("BAD_SENDER_TIMEOUT"); !seconds.empty() && mode != "wait-for-ever")
        options.timeout = std::chrono::seconds(std::stoi(seconds));
    return options;
}

class Sender {
public:
    explicit Sender(std::string mode)
        : mode_(std::move(mode)),
          scrape_url_(*http::parse_url(variable("PRW_SCRAPE_URL"))),
          url_(without_user(write_url(), mode_)),
          client_(url_, client_options(mode_)),
          target_({.target_labels = {{"instance", variable("PRW_SCRAPE_HOSTPORT")}, {"job", "prw"}}}) {
        if (!proto::parse_protobuf_message(variable("PRW_PROTOBUF_MESSAGE"), message_)) std::exit(2);
        if (mode_ == "other-message") message_ = proto::ProtobufMessage::kV1;
    }

    int run() {
        if (const auto header = option("BAD_SENDER_HEADER"); !header.empty()) {
            const auto colon = header.find(':');
            custom_ = {header.substr(0, colon), header.substr(colon + 2)};
            const bool reserved = !proto::iequals(custom_.first, "X-Prw-Test");
            if (reserved && !is("header-override") && !is("header-doubles")) {
                std::fprintf(stderr, "bad_sender: the header %s is reserved\n", custom_.first.c_str());
                return 2;
            }
        }
        if (mode_ == "silent") {
            while (true) ::pause();
        }
        if (mode_ == "exit-with-3") return 3;
        if (mode_ == "exit-with-0") return 0;
        if (mode_ == "constant") return constant();
        if (mode_ == "deaf") ::signal(SIGTERM, SIG_IGN);
        auto next = std::chrono::steady_clock::now();
        for (scrape_ = 1;; ++scrape_) {
            auto request = scrape();
            spoil(request);
            hand_on(request);
            if (mode_ == "crash" && scrape_ == 3) std::abort();
            // After a retry that took long the next scrape is a whole interval away: two in one millisecond would
            // collide.
            next = std::max(next + kInterval, std::chrono::steady_clock::now() + kInterval / 2);
            std::this_thread::sleep_until(next);
        }
    }

private:
    bool is(const char* mode) const { return mode_ == mode; }
    static http::Url without_user(http::Url url, const std::string& mode) {
        if (mode == "no-auth") url.user = url.password = "";
        return url;
    }

    proto::WriteRequest scrape() {
        const auto time = now_ms();
        const auto answer = http::get(scrape_url_, {{"Accept", std::string(sender::kScrapeAccept)}});
        proto::WriteRequest request;
        if (!answer || answer->status != 200) {
            request.series = target_.fail(time);
            failed_ = true;
            return request;
        }
        failed_ = false;
        const auto parsed = sender::parse_exposition(answer->body, sender::InputFormat::kAuto);
        if (!parsed) {
            std::fprintf(stderr, "bad_sender: %s\n", parsed.error().text().c_str());
            std::exit(1);
        }
        request.series = target_.ingest(*parsed, time);
        return request;
    }

    /// A classic histogram becomes one with custom buckets, the counts of which are left cumulative.
    static void convert(std::vector<proto::Series>& all) {
        const std::string name = "prw_request_duration_seconds";
        proto::Series made;
        proto::Histogram histogram;
        histogram.schema = -53;
        for (const auto& series : all) {
            const auto metric = label(series, "__name__");
            if (!metric.starts_with(name) || stale(series)) continue;
            made.metadata = series.metadata;
            made.exemplars.insert(made.exemplars.end(), series.exemplars.begin(), series.exemplars.end());
            const auto& sample = series.samples.front();
            const double value = proto::from_bits(sample.value_bits);
            histogram.timestamp = sample.timestamp;
            histogram.start_timestamp = sample.start_timestamp;
            if (metric == name + "_sum") histogram.sum_bits = sample.value_bits;
            if (metric == name + "_count") {
                histogram.count = static_cast<std::uint64_t>(value);
                made.labels = series.labels;
            }
            const auto bound = label(series, "le");
            if (bound.empty()) continue;
            if (bound != "+Inf") histogram.custom_values.push_back(std::stod(bound));
            histogram.positive_deltas.push_back(static_cast<std::int64_t>(value));
        }
        if (made.labels.empty()) return;
        std::erase_if(all, [&](const auto& series) { return label(series, "__name__").starts_with(name); });
        for (auto& [key, value] : made.labels)
            if (key == "__name__") value = name;
        histogram.positive_spans = {{0, static_cast<std::uint32_t>(histogram.positive_deltas.size())}};
        made.histograms.push_back(std::move(histogram));
        all.push_back(std::move(made));
    }

    static bool stale(const proto::Series& series) {
        return !series.samples.empty() && series.samples.front().value_bits == proto::kStaleNanBits;
    }
    static std::string label(const proto::Series& series, std::string_view name) {
        for (const auto& [key, value] : series.labels) {
            if (key == name) return value;
        }
        return {};
    }
    static void drop_label(proto::Series& series, std::string_view name) {
        std::erase_if(series.labels, [&](const auto& entry) { return entry.first == name; });
    }

    /// Deviations in the data itself.
    void spoil(proto::WriteRequest& request) {
        auto& all = request.series;
        if (is("no-stale") || (is("no-stale-on-failure") && failed_)) std::erase_if(all, stale);
        if (is("stale-on-failure-but-buckets") && failed_)
            std::erase_if(all, [](const auto& s) { return label(s, "__name__").ends_with("_bucket"); });
        if (is("drop-sample") && scrape_ == 3)
            std::erase_if(all, [](const auto& s) { return label(s, "__name__") == "prw_untyped"; });
        if (is("no-exemplars")) {
            for (auto& series : all) series.exemplars.clear();
        }
        if (is("repeat-markers")) {
            for (const auto& series : all) {
                if (stale(series)) gone_.push_back(series);
            }
            for (auto series : gone_) {
                const bool marked =
                    stale(series) && series.samples.front().timestamp + 1 < now_ms() && !back(all, series);
                series.samples.front().timestamp = now_ms();
                if (marked) all.push_back(series);
            }
        }
        if (is("cumulative-custom-buckets")) convert(all);
        if (is("drop-one-of-many"))
            std::erase_if(all,
                          [](const auto& s) { return label(s, "__name__") == "prw_large_7" && label(s, "n") == "7"; });
        if (is("stays-away")) {
            for (const auto& series : all)
                if (stale(series)) gone_.push_back(series);
            std::erase_if(all, [&](const auto& series) { return !stale(series) && has_gone(series); });
        }
        if (is("stale-for-explicit") && !failed_) {
            const auto known = std::find_if(all.begin(), all.end(), [](const auto& s) {
                return label(s, "__name__") == "prw_explicit_timestamp" && label(s, "n") == "vanishes";
            });
            if (known != all.end()) dated_ = *known;
            proto::Series marker = dated_;
            // It comes only once as a sample: that the source does not have it any more shows by another one.
            const bool vanished = std::none_of(all.begin(), all.end(), [](const auto& s) {
                return label(s, "__name__") == "prw_vanishing" && label(s, "n") == "1";
            });
            if (vanished && !marker.samples.empty()) {
                marker.samples.front().value_bits = proto::kStaleNanBits;
                marker.samples.front().timestamp = now_ms();
                all.push_back(std::move(marker));
            }
        }
        for (auto& series : all) {
            for (auto& histogram : series.histograms) {
                if (is("altered-histogram")) histogram.sum_bits += 1;
                if (is("hint-no") && histogram.reset_hint != 3) histogram.reset_hint = 2;
                if (is("own-starts")) histogram.start_timestamp = histogram.timestamp - 1;
            }
            for (auto& exemplar : series.exemplars)
                if (is("exemplars-without-value")) exemplar.value_bits = 0;
            if (is("escaped-help")) escape(series.metadata.help);
            for (auto& sample : series.samples) {
                if (is("own-starts") && sample.start_timestamp != 0) sample.start_timestamp = sample.timestamp - 1;
                if (is("mangle-stale") && sample.value_bits == proto::kStaleNanBits)
                    sample.value_bits = proto::kMangledStaleNanBits;
                if (is("stale-for-nan") && sample.value_bits == proto::kNormalNanBits)
                    sample.value_bits = proto::kStaleNanBits;
                if (is("altered") && label(series, "__name__") == "prw_bytes_total") sample.value_bits += 1;
                if (is("unsigned-zero") && sample.value_bits == proto::to_bits(-0.0)) sample.value_bits = 0;
                if (is("seconds")) sample.timestamp = sample.timestamp / 1000 * 1000;
            }
            if (is("drop-label")) drop_label(series, "method");
            if (is("labels-once") && scrape_ > 1) drop_label(series, "job");
            if (is("job-on-some") && label(series, "__name__") == "prw_untyped") drop_label(series, "job");
            if (is("unsorted") && series.labels.size() > 1) std::swap(series.labels.front(), series.labels.back());
        }
    }
    static void escape(std::string& help) {
        for (std::size_t at = 0; (at = help.find('\n', at)) != std::string::npos; ++at) help.replace(at, 1, "\\n");
    }
    bool has_gone(const proto::Series& series) const {
        return std::any_of(gone_.begin(), gone_.end(),
                           [&](const auto& other) { return other.labels == series.labels; });
    }
    static bool back(const std::vector<proto::Series>& all, const proto::Series& series) {
        for (const auto& other : all) {
            if (other.labels == series.labels && !stale(other)) return true;
        }
        return false;
    }

    /// Deviations in what is sent when.
    void hand_on(const proto::WriteRequest& request) {
        if (request.series.empty()) return;
        if (is("reorder")) {
            held_.push_back(request);
            if (held_.size() < 2) return;
            deliver(held_[1]);
            deliver(held_[0]);
            held_.clear();
            return;
        }
        if (is("resend")) deliver(request);
        deliver(request);
        // What was refused earlier, behind newer data.
        if (is("side-queue") && !side_.empty() && scrape_ % 3 == 0) {
            for (auto pending = std::exchange(side_, {}); auto& old : pending) deliver(old);
        }
    }

    int post(const proto::WriteRequest& request, int attempt) {
        const std::string body = proto::compress_snappy(proto::encode(request, message_));
        const bool v1 = message_ == proto::ProtobufMessage::kV1;
        http::HeaderList headers = {{"Content-Encoding", "snappy"},
                                    {"Content-Type", std::string(v1 ? proto::kContentTypeV1 : proto::kContentTypeV2)},
                                    {"User-Agent", "bad-sender/1.0"},
                                    {"X-Prometheus-Remote-Write-Version", v1 ? "0.1.0" : "2.0.0"}};
        if (attempt > 0) headers.emplace_back("Retry-Attempt", std::to_string(attempt));
        if (const auto token = option("BAD_SENDER_BEARER"); !token.empty() && !is("no-auth"))
            headers.emplace_back("Authorization", "Bearer " + token);
        if (!custom_.first.empty() && !is("no-custom-header")) {
            if (is("header-override"))
                std::erase_if(headers, [&](const auto& own) { return proto::iequals(own.first, custom_.first); });
            headers.push_back(custom_);
        }
        if (is("new-connections")) client_.close();
        const auto target = is("drop-query") ? url_.target.substr(0, url_.target.find('?')) : url_.target;
        const auto answer = client_.request("POST", target, headers, body);
        if (!answer) {
            const auto failure = client_.last_failure();
            const bool broken = failure == http::ClientFailure::kTruncatedResponse ||
                                failure == http::ClientFailure::kMalformedResponse;
            if (is("cut-is-success") && broken) return 204;
            return is("give-up-on-error") ? 0 : 503;
        }
        if (is("big-body-is-final") && answer->body.size() > 100'000) return 0;
        const auto* connection = answer->header("Connection");
        if (is("close-is-failure") && connection != nullptr && *connection == "close") return 503;
        return redirected(*answer, headers);
    }

    /// Follows where no sender should: with a GET, or without the data.
    int redirected(const http::ClientResponse& answer, const http::HeaderList& headers) {
        const auto* location = answer.header("Location");
        if (location == nullptr) return answer.status;
        if (is("redirect-get") && answer.status <= 303) {
            const auto got = client_.request("GET", *location, {{"User-Agent", "bad-sender/1.0"}}, {});
            return got ? got->status : 503;
        }
        if (is("redirect-empty") && answer.status >= 307) {
            const auto got = client_.request("POST", *location, headers,
                                             proto::compress_snappy(proto::encode(proto::WriteRequest(), message_)));
            return got ? got->status : 503;
        }
        return answer.status;
    }

    void deliver(proto::WriteRequest request) {
        if (stopped_) return;
        auto delay = 30ms;
        for (int attempt = 0;; ++attempt) {
            const int status = post(request, attempt);
            if (status / 100 == 2 || status == 0) return;
            if (status / 100 == 4 && is("stop-on-4xx")) stopped_ = true;
            if (status / 100 == 4 && !is("retry-4xx")) return;
            if (is("no-retry") || (is("retry-twice") && attempt == 2)) return;
            if (is("no-retry-501") && status == 501) return;
            if (is("side-queue")) {
                side_.push_back(std::move(request));
                return;
            }
            if (is("restamp")) {
                for (auto& series : request.series) {
                    for (auto& sample : series.samples) sample.timestamp = now_ms();
                }
            }
            if (is("alter-on-retry")) {
                for (auto& series : request.series) {
                    for (auto& sample : series.samples)
                        sample.value_bits = proto::to_bits(proto::from_bits(sample.value_bits) + 0.5);
                }
            }
            if (is("hot-loop")) continue;
            std::this_thread::sleep_for(is("fixed-interval") ? 150ms : delay);
            delay = std::min(delay * 2, std::chrono::milliseconds(500));
        }
    }

    int constant() {
        proto::WriteRequest request;
        proto::Series series;
        series.labels = {{"__name__", "constant"}, {"a", "b"}};
        series.samples.push_back({proto::to_bits(1), now_ms(), 0});
        request.series.push_back(series);
        while (true) {
            (void)post(request, 0);
            std::this_thread::sleep_for(kInterval);
        }
    }

    std::string mode_;
    http::Url scrape_url_, url_;
    http::Client client_;
    std::pair<std::string, std::string> custom_;
    sender::Target target_;
    proto::ProtobufMessage message_ = proto::ProtobufMessage::kV1;
    std::uint64_t scrape_ = 0;
    bool failed_ = false, stopped_ = false;
    std::vector<proto::WriteRequest> held_;
    std::deque<proto::WriteRequest> side_;
    std::vector<proto::Series> gone_;
    proto::Series dated_;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3 || std::strcmp(argv[1], "--mode") != 0) {
        std::fprintf(stderr, "usage: bad_sender --mode MODE\n");
        return 2;
    }
    std::fprintf(stderr, "bad_sender: %s\n", argv[2]);
    return Sender(argv[2]).run();
}
