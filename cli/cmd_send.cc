/// `prw send`: the reference sender from the command line.
#include <CLI/CLI.hpp>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <thread>

#include "commands.h"
#include "header_flag.h"
#include "prw/base/units.h"
#include "prw/mutants/mutants.h"
#include "prw/proto/view.h"
#include "prw/sender/queue.h"
#include "prw/sender/scraper.h"
#include "prw/sender/target.h"
#include "signals.h"

namespace prw::cli {

namespace {

using sender::LogLevel;
using sender::Milliseconds;

constexpr std::size_t kMaxInput = 1U << 30U;               // bytes of one file
constexpr Milliseconds kLongest{30LL * 24 * 3600 * 1000};  // of all durations
constexpr Milliseconds kNoDeadline = kLongest;

constexpr Milliseconds kLongestScrape{10'000};  // unless --scrape-timeout says otherwise

struct SendFlags {
    std::vector<std::string> arguments;
    std::string scrape, message, format = "auto", timestamp = "now", job, instance, fallback = "off";
    std::vector<std::string> headers, labels, mutate;
    std::uint64_t scrapes = 0;
    Milliseconds interval{1000}, scrape_timeout{0}, timeout{30000}, flush_deadline{10000}, retry_for{0};
    bool retry_for_given = false, scrape_timeout_given = false;
    std::uint64_t max_retries = 0;
    bool max_retries_given = false, quiet = false, verbose = false;
    sender::QueueOptions queue;
    sender::RemoteWriteOptions remote;
};

/// SIGINT and SIGTERM on a thread of its own: the first one asks to stop, the second one, or the end of the grace, to
/// stop at once.
class GracefulStop {
public:
    /// `signals` was made before any thread, which inherit its mask.
    GracefulStop(StopSignals& signals, Milliseconds grace, std::function<void()> stop, std::function<void()> abort)
        : signals_(signals), thread_([this, grace, stop = std::move(stop), abort = std::move(abort)] {
              if (signals_.wait() == 0) return;
              stop();
              if (grace.count() > 0) (void)signals_.wait(grace);
              if (!over_) abort();
          }) {}
    ~GracefulStop() {
        over_ = true;
        signals_.stop();
        thread_.join();
    }
    GracefulStop(const GracefulStop&) = delete;
    GracefulStop& operator=(const GracefulStop&) = delete;

private:
    StopSignals& signals_;
    std::atomic<bool> over_{false};
    std::thread thread_;
};

/// Text from elsewhere (a receiver's error, a label) on a terminal: control characters do not get through.
std::string harmless(std::string text) {
    for (char& c : text)
        if ((static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7f) c = '?';
    return text;
}

sender::Log make_log(Io& io, const SendFlags& flags) {
    const LogLevel least = flags.quiet ? LogLevel::kError : flags.verbose ? LogLevel::kDebug : LogLevel::kInfo;
    return [&io, least, mutex = std::make_shared<std::mutex>()](LogLevel level, const std::string& text) {
        static constexpr std::string_view kNames[] = {"debug", "info", "warning", "error"};
        if (level < least) return;
        const std::lock_guard lock(*mutex);
        io.err << "prw send: " << kNames[static_cast<std::size_t>(level)] << ": " << harmless(text) << std::endl;
    };
}

std::string env(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string() : std::string(value);
}

Result<std::string> read_input(const std::string& name, Io& io) {
    std::ifstream file;
    if (name != "-") {
        std::error_code ignored;
        if (std::filesystem::is_directory(name, ignored))
            return fail(ErrorCode::kInvalidArgument, "is a directory, wanted a file", name);
        file.open(name, std::ios::binary);
        if (!file) return fail(ErrorCode::kInvalidArgument, "cannot open the file", name, std::strerror(errno));
    }
    std::istream& in = name == "-" ? io.in : file;
    std::string contents, chunk(1U << 16U, '\0');
    while (in.read(chunk.data(), static_cast<std::streamsize>(chunk.size())), in.gcount() > 0) {
        contents.append(chunk, 0, static_cast<std::size_t>(in.gcount()));
        if (contents.size() > kMaxInput)
            return fail(ErrorCode::kInvalidArgument, "the input is larger than 1 GiB", name);
    }
    if (in.bad()) return fail(ErrorCode::kInvalidArgument, "cannot read the file", name, std::strerror(errno));
    return contents;
}

class SendCommand {
public:
    SendCommand(SendFlags flags, Io& io) : flags_(std::move(flags)), io_(io) {}

    int run() {
        if (const auto ready = prepare(); !ready) return usage(ready.error());
        if (mutation_.process() == mutants::ProcessMutant::kExitsAtOnce) return kConforms;
        if (mutation_.process() == mutants::ProcessMutant::kFailsAtOnce) return 3;
        return scraping_ ? scrape() : send_files();
    }

private:
    int usage(const Error& error) {
        io_.err << "prw send: " << harmless(error.text()) << "\n";
        return kUsage;
    }

    Result<void> prepare() {
        if (auto done = choose_url(); !done) return done;
        if (auto done = choose_message(); !done) return done;
        const auto format = sender::kInputFormatNames.parse(flags_.format);
        if (!format) return fail(ErrorCode::kInvalidArgument, "--format: " + format.error().what);
        format_ = *format;
        for (const std::string& header : flags_.headers) {
            auto parsed = parse_header_flag(header);
            if (!parsed) return tl::unexpected<Error>(parsed.error());
            flags_.remote.headers.push_back(std::move(*parsed));
        }
        if (auto done = labels(); !done) return done;
        if (flags_.fallback != "on" && flags_.fallback != "off")
            return fail(ErrorCode::kInvalidArgument, "--fallback is on or off, got \"" + flags_.fallback + "\"");
        flags_.remote.fallback = flags_.fallback == "on";
        flags_.remote.client.timeout = flags_.timeout;
        flags_.remote.client.connect_timeout = std::min(flags_.timeout, flags_.remote.client.connect_timeout);
        if (flags_.max_retries_given) flags_.remote.max_retries = flags_.max_retries;
        if (!flags_.retry_for_given && !scraping_) flags_.retry_for = Milliseconds(60'000);
        if (flags_.retry_for > Milliseconds(0)) flags_.remote.retry_for = flags_.retry_for;
        if (!flags_.scrape_timeout_given) flags_.scrape_timeout = std::min(flags_.interval, kLongestScrape);
        for (const auto& [name, value] : {std::pair{"--interval", flags_.interval},
                                          {"--timeout", flags_.timeout},
                                          {"--scrape-timeout", flags_.scrape_timeout}})
            if (value < Milliseconds(1))
                return fail(ErrorCode::kInvalidArgument, std::string(name) + " must be longer than 0");
        auto mutation = mutants::Mutation::of(flags_.mutate);
        if (!mutation) return tl::unexpected<Error>(std::move(mutation.error()));
        mutation_ = std::move(*mutation);
        if (auto done = sender::check_options(flags_.remote); !done && !mutation_.takes_any_header()) return done;
        mutation_.tune(flags_.remote, flags_.queue);
        return {};
    }

    /// The network, and the deviations that stand before it.
    [[nodiscard]] sender::TransportFactory transports(sender::Clock& clock) const {
        return mutation_.transports([client = flags_.remote.client] { return sender::make_http_transport(client); },
                                    clock);
    }

    Result<void> choose_url() {
        std::string url;
        auto& rest = flags_.arguments;
        if (!rest.empty() && rest.front().find("://") != std::string::npos) {
            url = rest.front();
            rest.erase(rest.begin());
        } else {
            url = env("PRW_REMOTE_WRITE_URL");
        }
        if (url.empty())
            return fail(ErrorCode::kInvalidArgument,
                        "where to send? Give the URL first, e.g. http://127.0.0.1:9201/api/v1/write, or set "
                        "PRW_REMOTE_WRITE_URL");
        auto parsed = http::parse_url(url);
        if (!parsed) return tl::unexpected<Error>(parsed.error());
        flags_.remote.url = std::move(*parsed);
        if (flags_.scrape.empty() && rest.empty()) flags_.scrape = env("PRW_SCRAPE_URL");
        scraping_ = !flags_.scrape.empty();
        if (scraping_ && !rest.empty())
            return fail(ErrorCode::kInvalidArgument, "either --scrape or files, not both (got " + rest.front() + ")");
        if (scraping_) {
            auto target = http::parse_url(flags_.scrape);
            if (!target) return tl::unexpected<Error>(target.error());
            scrape_url_ = std::move(*target);
        } else if (rest.empty()) {
            rest.emplace_back("-");
        }
        return {};
    }

    Result<void> choose_message() {
        const bool given = !flags_.message.empty();
        const std::string text = given ? flags_.message : env("PRW_PROTOBUF_MESSAGE");
        if (text.empty() || proto::parse_protobuf_message(text, flags_.remote.message)) return {};
        return fail(ErrorCode::kInvalidArgument,
                    std::string(given ? "--protobuf-message" : "PRW_PROTOBUF_MESSAGE") +
                        " is 1.0 (prometheus.WriteRequest) or 2.0 (io.prometheus.write.v2.Request), got \"" + text +
                        "\"");
    }

    Result<void> labels() {
        for (const std::string& label : flags_.labels) {
            const auto equals = label.find('=');
            const std::string name = label.substr(0, equals);
            if (equals == std::string::npos || !proto::legacy_label_name(name) || name.starts_with("__") ||
                !proto::valid_utf8(label))
                return fail(
                    ErrorCode::kInvalidArgument,
                    "--label is NAME=VALUE with a label name that does not start with __, got \"" + label + "\"");
            auto& all = target_.external_labels;
            if (std::any_of(all.begin(), all.end(), [&](const auto& each) { return each.first == name; }))
                return fail(ErrorCode::kInvalidArgument, "--label " + name + " is given twice");
            all.emplace_back(name, label.substr(equals + 1));
        }
        if (!proto::valid_utf8(flags_.job) || !proto::valid_utf8(flags_.instance))
            return fail(ErrorCode::kInvalidArgument, "--job and --instance must be UTF-8");
        if (scraping_)
            target_.target_labels =
                sender::target_labels(scrape_url_, flags_.job.empty() ? "prw" : flags_.job, flags_.instance);
        else
            target_.target_labels = {{"job", flags_.job}, {"instance", flags_.instance}};
        return {};
    }

    Result<sender::Scrape> read_files() {
        sender::Scrape all;
        for (const std::string& name : flags_.arguments) {
            const auto input = read_input(name, io_);
            if (!input) return tl::unexpected<Error>(input.error());
            const auto format =
                format_ == sender::InputFormat::kAuto && name.ends_with(".json") ? sender::InputFormat::kJson : format_;
            sender::ParseOptions options;
            options.source = name == "-" ? "standard input" : name;
            options.native_histograms = flags_.remote.message == proto::ProtobufMessage::kV2;
            auto scrape = sender::parse_exposition(*input, format, options);
            if (!scrape) return tl::unexpected<Error>(scrape.error());
            std::move(scrape->families.begin(), scrape->families.end(), std::back_inserter(all.families));
            std::move(scrape->notes.begin(), scrape->notes.end(), std::back_inserter(all.notes));
            all.duplicates += scrape->duplicates;
        }
        return all;
    }

    int send_files() {
        const auto log = make_log(io_, flags_);
        sender::SystemClock clock;
        std::int64_t now = clock.wall_ms();
        if (flags_.timestamp != "now") {
            const auto& text = flags_.timestamp;
            const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), now);
            if (error != std::errc() || end != text.data() + text.size())
                return usage({ErrorCode::kInvalidArgument,
                              "--timestamp is now or milliseconds since the epoch, got \"" + text + "\"",
                              {},
                              {}});
        }
        const auto scrape = read_files();
        if (!scrape) return usage(scrape.error());
        for (const std::string& note : scrape->notes) log(LogLevel::kWarn, note);
        sender::ScrapedTarget target(target_);
        auto points = target.ingest(*scrape, now);
        const auto skipped = target.stats().repeated + target.stats().out_of_order;
        if (skipped > 0)
            log(LogLevel::kWarn, std::to_string(skipped) +
                                     " samples are left out: their series has a sample with that timestamp already");
        if (points.empty()) {
            io_.err << "prw send: the input has no samples, so nothing was sent\n";
            return kInconclusive;
        }
        StopSignals signals;
        sender::Queue queue(flags_.queue, flags_.remote, clock, log, transports(clock), mutation_.random());
        const GracefulStop graceful(
            signals, flags_.flush_deadline, [&] { queue.release(); }, [&] { queue.abort(); });
        const std::size_t given = points.size();
        const auto sink = mutation_.sink([&](auto mutated) { return queue.push(std::move(mutated)); });
        const std::size_t taken = sink(std::move(points));
        queue.finish(kNoDeadline);
        return summarize(queue.stats(), given - taken);
    }

    int scrape() {
        const auto log = make_log(io_, flags_);
        sender::SystemClock clock;
        sender::ScrapeOptions options;
        options.url = scrape_url_;
        options.interval = flags_.interval;
        options.timeout = flags_.scrape_timeout;
        options.format = format_;
        options.native_histograms = flags_.remote.message == proto::ProtobufMessage::kV2;
        options.client = flags_.remote.client;
        if (flags_.scrapes > 0) options.count = flags_.scrapes;
        StopSignals signals;
        sender::Queue queue(flags_.queue, flags_.remote, clock, log, transports(clock), mutation_.random());
        const auto push = [&, scrapes = 0](std::vector<proto::Series> points) mutable {
            if (mutation_.process() == mutants::ProcessMutant::kCrashes && ++scrapes == 3) std::abort();
            return queue.push(std::move(points));
        };
        sender::Scraper scraper(options, target_, clock, mutation_.sink(push), log);
        const auto stop = [&] {
            scraper.stop();
            queue.release();
        };
        const GracefulStop graceful(signals, flags_.flush_deadline, stop, [&] { queue.abort(); });
        log(LogLevel::kInfo, "scraping " + scrape_url_.redacted() + " every " +
                                 std::to_string(flags_.interval.count()) + "ms, sending " +
                                 std::string(proto::short_name(flags_.remote.message)) + " to " +
                                 flags_.remote.url.redacted());
        scraper.run();
        queue.finish(flags_.flush_deadline);
        const auto stats = scraper.stats();
        if (!flags_.quiet) {
            io_.out << "scrapes: " << stats.scrapes << ", failed " << stats.failures << ", intervals missed "
                    << stats.missed << ", stale markers " << stats.target.stale_markers << "\n";
        }
        return summarize(queue.stats(), stats.not_taken);
    }

    int summarize(const sender::SendStats& stats, std::uint64_t not_taken) {
        const bool complete = stats.all_acknowledged() && not_taken == 0;
        if (!flags_.quiet) {
            io_.out << "samples: " << stats.sent << " sent, " << stats.acknowledged << " acknowledged, "
                    << stats.retried << " retried, " << stats.rejected << " rejected, "
                    << stats.failed + stats.unsent + not_taken << " failed";
            if (stats.left_out > 0)
                io_.out << ", " << stats.left_out << " native histograms left out (1.0 has no place for them)";
            io_.out << "\nrequests: " << stats.requests << ", of these " << stats.retries << " retries\n";
            if (stats.exemplars_sent + stats.exemplars_left_out > 0)
                io_.out << "exemplars: " << stats.exemplars_sent << " sent, " << stats.exemplars_left_out
                        << " left out\n";
            if (stats.written_mismatches > 0)
                io_.out << "Written headers: " << stats.written_mismatches
                        << " answers confirm less or more than was sent, " << stats.not_written << " unconfirmed\n";
            if (stats.fell_back) io_.out << "fell back to prometheus.WriteRequest (1.0)\n";
            io_.out.flush();
        }
        if (stats.answers == 0) {
            io_.err << "prw send: no answer from " << flags_.remote.url.redacted()
                    << (stats.last_error.empty() ? "" : ": " + harmless(stats.last_error)) << "\n";
            return kInconclusive;
        }
        return complete ? kConforms : kNonConforming;
    }

    SendFlags flags_;
    Io& io_;
    bool scraping_ = false;
    http::Url scrape_url_;
    sender::InputFormat format_ = sender::InputFormat::kAuto;
    sender::TargetOptions target_;
    mutants::Mutation mutation_;
};

constexpr const char* kFooter =
    R"(Without FILE and --scrape, standard input is read. FILE is Prometheus text 0.0.4, OpenMetrics 1.0, protobuf or JSON (docs/send-input.md).
Environment: PRW_REMOTE_WRITE_URL, PRW_SCRAPE_URL and PRW_PROTOBUF_MESSAGE stand in for URL, --scrape and --protobuf-message.
SIGINT or SIGTERM ends scraping, sends what is waiting (--flush-deadline) and exits.

Examples:
  prw send http://127.0.0.1:9201/api/v1/write metrics.txt
  echo 'test_metric{key1="val1"} 1' | prw send http://127.0.0.1:9201/api/v1/write --job demo
  prw send http://127.0.0.1:9201/api/v1/write --scrape http://127.0.0.1:9100/metrics --interval 5s --protobuf-message 2.0
  prw send https://user:secret@example.org/push --header 'X-Scope-OrgID: team-a' --shards 4 backfill.om
  prw send http://127.0.0.1:9201/api/v1/write metrics.txt --mutate labels/unsorted,head/no-user-agent
      sends with two mistakes on purpose, to see that the receiver, or prw, notices (prw list mutants)

Exit codes: 0 everything acknowledged, 1 something rejected, lost or not confirmed, 2 usage or unreadable input,
4 no answer or nothing to send.)";

void add_duration(CLI::App& sub, const std::string& name, Milliseconds& value, const std::string& help,
                  bool* given = nullptr) {
    const auto ms = value.count();
    const std::string shown = ms % 1000 != 0 ? std::to_string(ms) + "ms" : std::to_string(ms / 1000) + "s";
    auto* option = sub.add_option_function<std::string>(
        name,
        [&value, name, given](const std::string& text) {
            const auto duration = base::parse_duration(text);
            if (!duration) throw CLI::ValidationError(name, duration.error().text());
            if (*duration > kLongest) throw CLI::ValidationError(name, "\"" + text + "\" is longer than 30 days");
            value = *duration;
            if (given != nullptr) *given = true;
        },
        help);
    option->type_name("DURATION");
    if (given == nullptr) option->default_str(shown);
}

}  // namespace

void add_send(CLI::App& app, Io& io, int& exit_code) {
    auto flags = std::make_shared<SendFlags>();
    SendFlags& f = *flags;
    auto* sub = app.add_subcommand("send", "Reference sender: sends files, standard input or what it scrapes");
    sub->add_option("URL_FILE", f.arguments, "Receiver's URL, then files (- for standard input)")
        ->option_text("URL [FILE…]");
    sub->add_option("--scrape", f.scrape, "URL to scrape again and again instead of sending files")->type_name("URL");
    add_duration(*sub, "--interval", f.interval, "Time between two scrapes");
    add_duration(
        *sub, "--scrape-timeout", f.scrape_timeout,
        "Time for one scrape (default: the interval, at most 10s); while one takes longer than the interval, no "
        "other begins",
        &f.scrape_timeout_given);
    sub->add_option("--scrapes", f.scrapes, "Stop after this many scrapes (default: at SIGINT or SIGTERM)")
        ->type_name("N");
    sub->add_option("--format", f.format, "Input: auto, text, openmetrics, json, protobuf")->capture_default_str();
    sub->add_option("--timestamp", f.timestamp, "For samples in files that have none: now, or ms since the epoch")
        ->capture_default_str();
    sub->add_option("--protobuf-message,--protobuf_message", f.message, "1.0 or 2.0, or the full name (default 1.0)");
    sub->add_option("--fallback", f.fallback, "on: when 2.0 is answered with 415, go on with 1.0")
        ->capture_default_str();
    sub->add_option("--header", f.headers, "Further header 'NAME: VALUE', repeatable")->allow_extra_args(false);
    sub->add_option("--label", f.labels, "NAME=VALUE for every series that has no label of that name, repeatable")
        ->allow_extra_args(false);
    sub->add_option("--job", f.job, "Label job (when scraping: prw by default)");
    sub->add_option("--instance", f.instance, "Label instance (when scraping: HOST:PORT of the target by default)");
    sub->add_option("--bearer-token-file", f.remote.bearer_token_file,
                    "File with the token for Authorization, read for every request")
        ->type_name("FILE");
    sub->add_option("--ca-file", f.remote.client.ca_file, "PEM file of trusted certificates instead of the system's")
        ->type_name("FILE");
    sub->add_flag("--insecure", f.remote.client.insecure_skip_verify, "Do not verify the receiver's certificate");
    add_duration(*sub, "--timeout", f.timeout, "Time for one request");
    sub->add_option("--batch-size", f.queue.batch_size, "Samples per request at most")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    add_duration(*sub, "--flush-interval", f.queue.flush_interval,
                 "A batch that does not fill up is sent after this time");
    sub->add_option("--shards", f.queue.shards, "Parallel connections; a series always takes the same one")
        ->check(CLI::Range(1, 256))
        ->capture_default_str();
    sub->add_option("--queue-capacity", f.queue.capacity, "Samples waiting per shard before scraping waits")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    add_duration(*sub, "--min-backoff", f.remote.min_backoff, "First delay before a retry; doubles, with jitter");
    add_duration(*sub, "--max-backoff", f.remote.max_backoff, "Longest delay before a retry");
    sub->add_option_function<std::uint64_t>(
        "--max-retries", [&f](std::uint64_t n) { f.max_retries = n, f.max_retries_given = true; },
        "Retries of one request (default: no bound)");
    add_duration(*sub, "--retry-for", f.retry_for,
                 "Give up when no request was answered for good (2xx or 4xx) for this long; 0: never (default 1m for "
                 "files, 0 when scraping)",
                 &f.retry_for_given);
    sub->add_flag("--retry-on-429", f.remote.retry_on_429, "Retry after 429 as after 5xx");
    add_duration(*sub, "--flush-deadline", f.flush_deadline, "Time to deliver what is waiting after SIGINT or SIGTERM");
    sub->add_option("--mutate", f.mutate,
                    "Deviate on purpose: a mutant of prw list mutants, repeatable, or a list with commas")
        ->type_name("ID")
        ->allow_extra_args(false);
    sub->add_flag("-q,--quiet", f.quiet, "Only errors");
    sub->add_flag("-v,--verbose", f.verbose, "Also every scrape and every retry");
    sub->footer(kFooter);
    sub->callback([flags, &io, &exit_code] { exit_code = SendCommand(*flags, io).run(); });
}

}  // namespace prw::cli
