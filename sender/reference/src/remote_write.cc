#include "prw/sender/remote_write.h"

#include <algorithm>
#include <utility>

#include "prw/base/bytes_text.h"
#include "prw/base/enum_table.h"
#include "prw/base/text.h"
#include "prw/base/units.h"
#include "prw/proto/http_head.h"
#include "prw/proto/protocol.h"
#include "token_file.h"

namespace prw::sender {

using proto::ProtobufMessage;

namespace {

namespace header = proto::header;

constexpr std::size_t kMaxErrorText = 1024;  // bytes of the receiver's text that are passed on

// clang-format off
constexpr auto kOutcomes = base::enum_table<Outcome>("outcome", {
    {Outcome::kAccepted,  "accepted"},
    {Outcome::kRejected,  "rejected"},
    {Outcome::kGaveUp,    "gave up"},
    {Outcome::kCancelled, "cancelled"},
    {Outcome::kNothing,   "nothing to send"},
});
// clang-format on

std::string describe(const http::ClientResponse& response) {
    std::string text = "the receiver answered " + std::to_string(response.status);
    if (!response.reason.empty()) text += " " + response.reason;
    std::string_view body = std::string_view(response.body).substr(0, kMaxErrorText);
    while (body.ends_with('\n') || body.ends_with('\r')) body.remove_suffix(1);
    if (!body.empty()) text += ": " + std::string(body);
    return text;
}

/// Location (RFC 9110 10.2.2) against the URL that answered.
Result<http::Url> resolve(const http::Url& base, std::string_view location) {
    if (location.find("://") != std::string_view::npos) return http::parse_url(location);
    if (location.starts_with("//")) return http::parse_url(base.scheme + ":" + std::string(location));
    http::Url url = base;
    if (location.starts_with('/')) {
        url.target = std::string(location);
    } else {
        const std::string path = base.target.substr(0, base.target.find('?'));
        url.target = path.substr(0, path.rfind('/') + 1) + std::string(location);
    }
    url.target = url.target.substr(0, url.target.find('#'));
    return url;
}

bool same_origin(const http::Url& a, const http::Url& b) {
    return a.scheme == b.scheme && a.port == b.port && base::iequals(a.host, b.host);
}

}  // namespace

std::string_view name_of(Outcome outcome) { return kOutcomes.name_of(outcome); }

void Session::cancel() {
    {
        const std::lock_guard lock(mutex_);
        cancelled_ = true;
    }
    changed_.notify_all();
}

void Session::wait(Clock& clock, SteadyTime deadline) {
    std::unique_lock lock(mutex_);
    clock.wait_until(lock, changed_, deadline, [this] { return cancelled_.load(); });
}

struct RemoteWriter::Attempt {
    enum class Kind : std::uint8_t { kAccepted, kRetry, kRejected, kUnsupported };
    Kind kind = Kind::kRetry;
    int status = 0;
    std::string error;
    std::optional<Milliseconds> retry_after;
    std::optional<proto::WrittenCounts> written;
};

RemoteWriter::RemoteWriter(const RemoteWriteOptions& options, Session& session, Transport& transport, Clock& clock,
                           Random random, Log log)
    : options_(options),
      session_(session),
      transport_(transport),
      clock_(clock),
      backoff_(options.min_backoff, options.max_backoff, std::move(random)),
      log_(std::move(log)) {}

void RemoteWriter::say(LogLevel level, const std::string& text) const {
    if (log_) log_(level, text);
}

http::HeaderList RemoteWriter::headers_for(ProtobufMessage message, std::uint64_t retry, bool with_credentials) {
    http::HeaderList headers{
        {header::kUserAgent, options_.user_agent.empty() ? default_user_agent() : options_.user_agent},
        {header::kContentEncoding, proto::kSnappy},
        {header::kContentType, proto::content_type_of(message)},
        {header::kVersion, proto::version_of(message)},
    };
    if (with_credentials && (!options_.url.user.empty() || !options_.url.password.empty()))
        headers.emplace_back(header::kAuthorization, base::basic_credentials(options_.url.user, options_.url.password));
    if (with_credentials && !options_.bearer_token_file.empty()) {
        if (auto token = read_token_file(options_.bearer_token_file))
            token_ = std::move(*token);  // tokens rotate; keep the last good one
        headers.emplace_back(header::kAuthorization, "Bearer " + token_);
    }
    for (const auto& header : options_.headers)
        if (with_credentials || !base::iequals(header.first, header::kAuthorization)) headers.push_back(header);
    if (retry > 0) headers.emplace_back(header::kRetryAttempt, std::to_string(retry));
    return headers;
}

void RemoteWriter::judge_answer(const http::ClientResponse& response, ProtobufMessage message, Attempt& out) const {
    const bool v2 = message == ProtobufMessage::kV2;
    out.status = response.status;
    if (v2) out.written = proto::parse_written(response.headers);
    if (response.status >= 200 && response.status < 300) {
        out.kind = Attempt::Kind::kAccepted;
        if (v2 && !out.written) {  // prw2.written.no-headers-means-415
            out.kind = Attempt::Kind::kUnsupported;
            out.error = "the receiver answered " + std::to_string(response.status) +
                        " without any X-Prometheus-Remote-Write-*-Written header, so it does not understand the 2.0 "
                        "message (treated as 415)";
        }
        return;
    }
    out.error = describe(response);
    if (response.status == 415) {
        out.kind = Attempt::Kind::kUnsupported;
    } else if (response.status >= 500 || (response.status == 429 && options_.retry_on_429)) {
        out.kind = Attempt::Kind::kRetry;
        if (const std::string* after = response.header(header::kRetryAfter))
            out.retry_after = parse_retry_after(*after, clock_.wall_ms());
    } else {
        out.kind = Attempt::Kind::kRejected;
        if (response.status >= 300 && response.status < 400)
            out.error += "; a redirect is followed only for 307 and 308, which keep POST and body";
    }
}

RemoteWriter::Attempt RemoteWriter::attempt(const EncodedRequest& request, ProtobufMessage message,
                                            std::uint64_t retry) {
    Attempt out;
    http::Url url = options_.url;
    for (unsigned hops = 0;; ++hops) {
        const auto response =
            transport_.post(url, headers_for(message, retry, same_origin(url, options_.url)), request.body);
        if (!response) {
            out.error = response.error().text();
            return out;
        }
        const std::string* location = response->header("Location");
        if ((response->status != 307 && response->status != 308) || location == nullptr) {
            judge_answer(*response, message, out);
            return out;
        }
        auto next = resolve(url, *location);
        if (!next || hops >= options_.max_redirects) {
            out.kind = Attempt::Kind::kRejected;
            out.status = response->status;
            out.error = next ? "more than " + std::to_string(options_.max_redirects) + " redirects, the last one to " +
                                   next->redacted()
                             : "the redirect cannot be followed: " + next.error().text();
            return out;
        }
        url = std::move(*next);
    }
}

bool RemoteWriter::may_retry(std::uint64_t retries, Milliseconds wait) {
    if (options_.max_retries && retries >= *options_.max_retries) return false;
    return !options_.retry_for || clock_.now() + wait - *failing_since_ <= *options_.retry_for;
}

BatchResult RemoteWriter::deliver(const std::vector<proto::Series>& batch) {
    BatchResult out;
    EncodedRequest request;
    const auto encode = [&] {
        out.message = session_.message();
        request = encode_request(batch, out.message);
        out.sent = request.counts;
        out.left_out = request.left_out;
        out.renamed = request.renamed;
    };
    encode();
    std::uint64_t retries = 0;
    while (true) {
        if (request.empty()) {
            out.outcome = Outcome::kNothing;
            return out;
        }
        if (session_.cancelled()) {
            out.outcome = Outcome::kCancelled;
            if (out.error.empty()) out.error = "not sent before the shutdown's deadline";
            return out;
        }
        const Attempt result = attempt(request, out.message, retries);
        ++out.attempts;
        if (result.status != 0) ++out.answers;
        out.status = result.status;
        out.written = result.written;
        out.error = result.error;
        if (result.kind == Attempt::Kind::kUnsupported && options_.fallback && out.message == ProtobufMessage::kV2) {
            say(LogLevel::kWarn, result.error + "; falling back to prometheus.WriteRequest (1.0) from here on");
            session_.fall_back();
            out.fell_back = true;
            retries = 0;
            encode();
            continue;
        }
        if (result.kind != Attempt::Kind::kRetry) {
            backoff_.reset();
            failing_since_.reset();
            out.outcome = result.kind == Attempt::Kind::kAccepted ? Outcome::kAccepted : Outcome::kRejected;
            return out;
        }
        if (!failing_since_) failing_since_ = clock_.now();
        const Milliseconds wait = std::max(backoff_.next(), result.retry_after.value_or(Milliseconds(0)));
        if (!session_.cancelled() && !may_retry(retries, wait)) {
            out.outcome = Outcome::kGaveUp;
            out.error += "; gave up after " + base::count_text(out.attempts, "attempt");
            return out;
        }
        say(retries == 0 ? LogLevel::kWarn : LogLevel::kDebug,
            result.error + "; next attempt in " + base::duration_text(wait.count()));
        session_.wait(clock_, clock_.now() + wait);
        ++retries;
    }
}

}  // namespace prw::sender
