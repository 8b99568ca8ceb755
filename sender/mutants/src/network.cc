// Redirects, broken connections, time-outs, and what the operator configured.
#include <algorithm>
#include <optional>

#include "prw/proto/protocol.h"
#include "transports.h"

namespace prw::mutants {

namespace {

/// Where an answer sends to: an absolute URL or a path.
std::optional<http::Url> location_of(const http::Url& from, const Answer& answer) {
    const auto* location = answer ? answer->header("Location") : nullptr;
    if (location == nullptr) return std::nullopt;
    if (auto url = http::parse_url(*location)) return *url;
    http::Url out = from;
    out.target = *location;
    return out;
}

class RedirectByGet final : public Between {
    using Between::Between;
    Answer send(Outgoing request) override {
        Answer answer = pass(request);
        const int status = status_of(answer);
        const auto next = status >= 301 && status <= 303 ? location_of(request.url, answer) : std::nullopt;
        if (!next) return answer;
        answer = inner().raw(*next, "GET " + next->target + " HTTP/1.1\r\nHost: " + next->host_header() +
                                        "\r\nUser-Agent: " + sender::default_user_agent() + "\r\n\r\n");
        return status_of(answer) / 100 == 2 ? Answer(accepted(request)) : answer;
    }
};

/// Follows 307 and 308 with an empty message.
class RedirectWithoutData final : public Between {
    using Between::Between;
    Answer send(Outgoing request) override {
        Answer answer = pass(request);
        const int status = status_of(answer);
        const auto next = status == 307 || status == 308 ? location_of(request.url, answer) : std::nullopt;
        if (!next) return answer;
        Outgoing empty = request;
        empty.url = *next;
        empty.body = encode_body({}, request.message());
        answer = pass(empty);
        return status_of(answer) / 100 == 2 ? Answer(accepted(request)) : answer;
    }
};

/// Repeats what got no answer without any wait, twenty times.
class HammerAfterError final : public Between {
    using Between::Between;
    Answer send(Outgoing request) override {
        Answer answer = pass(request);
        for (int i = 0; i < 20 && !answer; ++i) answer = pass(request);
        return answer;
    }
};

bool failed_with(const Answer& answer, ErrorCode code) { return !answer && answer.error().code == code; }

void drop_broken(const Outgoing&, Answer& answer) {
    if (failed_with(answer, ErrorCode::kReset)) take_for(answer, 400);
}

std::unique_ptr<sender::Transport> drop_on_broken_connection(std::unique_ptr<sender::Transport> inner,
                                                             const Surroundings& around) {
    return answers<drop_broken>(new_connections(std::move(inner), around), around);
}

constexpr std::size_t kLarge = 100'000;  // bytes

// clang-format off
constexpr Row kRows[] = {
    // redirects
    {{"redirect/by-get", "Follows 301, 302 and 303 with GET and takes a 2xx for success.",
      "sender/redirect/not-by-get"},
     {.wrap = wrapped<RedirectByGet>}},
    {{"redirect/without-data", "Follows 307 and 308 with an empty message.", "sender/redirect/same-request"},
     {.wrap = wrapped<RedirectWithoutData>}},

    // transport errors
    {{"transport/drops-on-broken-connection", "Uses a connection once and drops a batch when it is closed or reset.",
      "sender/transport/broken-connection"},
     {.wrap = drop_on_broken_connection}},
    {{"transport/drops-on-broken-response", "Drops a batch whose answer is cut off or no HTTP.",
      "sender/transport/broken-response"},
     {.wrap = answers<[](const Outgoing&, Answer& answer) {
          if (failed_with(answer, ErrorCode::kMalformed)) take_for(answer, 400);
      }>}},
    {{"transport/hammers", "Sends a batch again at once when its connection failed.", "sender/transport/backoff"},
     {.wrap = wrapped<HammerAfterError>}},
    {{"transport/drops-on-large-response", "Drops a batch whose error comes with more than 100 kB.",
      "sender/transport/large-error-body"},
     {.wrap = answers<[](const Outgoing&, Answer& answer) {
          if (answer && answer->status >= 500 && kLarge < answer->body.size()) take_for(answer, 400);
      }>}},
    {{"transport/drops-on-timeout", "Drops a batch that was not answered in time.",
      "sender/transport/stalled-response"},
     {.wrap = answers<[](const Outgoing&, Answer& answer) {
          if (failed_with(answer, ErrorCode::kTimeout)) take_for(answer, 400);
      }>}},
    {{"transport/no-timeout", "Waits an hour for an answer.", "sender/transport/stalled-response"},
     {.tune = [](const Tuning& t) { t.remote.client.timeout = std::chrono::hours(1); }}},
    {{"transport/repeats-after-close", "Sends a batch again whose 2xx came with Connection: close.",
      "sender/transport/unusual-success"},
     {.wrap = answers<[](const Outgoing& request, Answer& answer) {
          if (status_of(answer) / 100 == 2 && answer->header(proto::header::kConnection) != nullptr &&
              request.retry() == 0)
              take_for(answer, 503);
      }>}},
    {{"transport/drops-when-refused", "Drops a batch when the receiver refuses the connection.",
      "sender/transport/refused-at-start"},
     {.wrap = answers<[](const Outgoing&, Answer& answer) {
          if (failed_with(answer, ErrorCode::kRefused)) take_for(answer, 400);
      }>}},

    // configuration
    {{"config/no-query", "Leaves the query of the URL out.", "sender/url/path-and-query"},
     {.tune = [](const Tuning& t) {
          auto& target = t.remote.url.target;
          target = target.substr(0, target.find('?'));
      }}},
    {{"config/no-custom-headers", "Forgets the headers that were configured.", "sender/headers/custom-arrives"},
     {.tune = [](const Tuning& t) { t.remote.headers.clear(); }}},
    {{"config/reserved-headers", "Sends configured headers beside its own of the same name.",
      "sender/headers/reserved-kept"},
     {.any_header = true}},
    {{"config/no-password", "Forgets user and password of the URL.", "sender/auth/basic"},
     {.tune = [](const Tuning& t) {
          t.remote.url.user.clear();
          t.remote.url.password.clear();
      }}},
    {{"config/no-ca", "Forgets the CA file.", "sender/auth/tls"},
     {.tune = [](const Tuning& t) { t.remote.client.ca_file.clear(); }}},
    {{"config/no-token", "Forgets the bearer token.", "sender/auth/bearer"},
     {.tune = [](const Tuning& t) { t.remote.bearer_token_file.clear(); }}},
};
// clang-format on

}  // namespace

std::span<const Row> network_rows() { return kRows; }

}  // namespace prw::mutants
