// Retries, back-off, order, connections: what happens to a batch and what answers do to it.
#include <algorithm>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>

#include "transports.h"

namespace prw::mutants {

namespace {

bool success(const Answer& answer) { return status_of(answer) / 100 == 2; }
bool server_error(const Answer& answer) { return status_of(answer) / 100 == 5; }
bool client_error(const Answer& answer) { return status_of(answer) / 100 == 4; }

/// Sends every request that was accepted once more.
class Resend final : public Between {
    using Between::Between;
    Answer send(Outgoing request) override {
        Answer answer = pass(request);
        if (success(answer)) (void)pass(request);
        return answer;
    }
};

/// Sends each second request before the first one.
class Reorder final : public Between {
    using Between::Between;
    Answer send(Outgoing request) override {
        if (!held_) {
            held_ = request;
            return accepted(request);
        }
        const Outgoing first = *std::exchange(held_, std::nullopt);
        Answer answer = pass(request);
        (void)pass(first);
        return answer;
    }
    std::optional<Outgoing> held_;
};

/// Puts what was refused aside, and goes on with newer data: what is aside is tried again behind every nth request, the
/// newest first where so asked, which is disorder whenever the receiver recovers.
template <unsigned Every, bool NewestFirst = false>
class SideQueue final : public Between {
    using Between::Between;
    Answer send(Outgoing request) override {
        try_now(std::move(request));
        if (++requests_ % Every == 0) {
            auto waiting = std::exchange(aside_, {});
            if (NewestFirst) std::reverse(waiting.begin(), waiting.end());
            for (auto& old : waiting) try_now(std::move(old));
        }
        return answer_;
    }
    void try_now(Outgoing request) {
        answer_ = pass(request);
        if (answer_ && !server_error(answer_)) return;
        answer_ = accepted(request);
        aside_.push_back(std::move(request));
    }
    Answer answer_;
    std::deque<Outgoing> aside_;
    unsigned requests_ = 0;
};

/// Puts what was answered 401 aside, goes on, and tries it again behind each newer request, for ever.
class UnauthorizedAside final : public Between {
    using Between::Between;
    Answer send(Outgoing request) override {
        auto waiting = std::exchange(aside_, {});
        Answer answer = try_now(std::move(request));
        for (auto& old : waiting) (void)try_now(std::move(old));
        return answer;
    }
    Answer try_now(Outgoing request) {
        Answer answer = pass(request);
        if (status_of(answer) == 401) aside_.push_back(std::move(request));
        return answer;
    }
    std::deque<Outgoing> aside_;
};

class StopAfterRefusal final : public Between {
    using Between::Between;
    Answer send(Outgoing request) override {
        if (stopped_) return accepted(request);
        Answer answer = pass(request);
        stopped_ = client_error(answer);
        return answer;
    }
    bool stopped_ = false;
};

/// Hands each request to a thread and a connection of its own, and goes on as if it had been accepted.
class DoesNotWait final : public sender::Transport {
public:
    DoesNotWait(std::unique_ptr<sender::Transport> inner, sender::TransportFactory fresh)
        : fresh_(std::move(fresh)), inner_(std::move(inner)) {}
    ~DoesNotWait() override { cancel(); }
    DoesNotWait(const DoesNotWait&) = delete;
    DoesNotWait& operator=(const DoesNotWait&) = delete;
    Answer post(const http::Url& url, const http::HeaderList& headers, std::string_view body) override {
        Outgoing request{url, headers, std::string(body)};
        Answer answer = accepted(request);
        const std::shared_ptr<sender::Transport> own = fresh_();
        const std::lock_guard lock(mutex_);
        flights_.emplace_back(own, std::jthread([own, sent = std::move(request)] {
                                  (void)own->post(sent.url, sent.headers, sent.body);
                              }));
        if (flights_.size() > kAtOnce) flights_.pop_front();  // waits for the oldest
        return answer;
    }
    Answer raw(const http::Url& url, std::string_view bytes) override { return inner_->raw(url, bytes); }
    void cancel() override {
        inner_->cancel();
        const std::lock_guard lock(mutex_);
        for (auto& [transport, thread] : flights_) transport->cancel();
    }

private:
    static constexpr std::size_t kAtOnce = 16;
    sender::TransportFactory fresh_;
    std::unique_ptr<sender::Transport> inner_;
    std::mutex mutex_;
    std::deque<std::pair<std::shared_ptr<sender::Transport>, std::jthread>> flights_;
};

/// A connection for each request.
class NewConnections final : public sender::Transport {
public:
    NewConnections(std::unique_ptr<sender::Transport> inner, sender::TransportFactory fresh)
        : fresh_(std::move(fresh)), inner_(std::move(inner)) {}
    Answer post(const http::Url& url, const http::HeaderList& headers, std::string_view body) override {
        return renewed().post(url, headers, body);
    }
    Answer raw(const http::Url& url, std::string_view bytes) override { return renewed().raw(url, bytes); }
    void cancel() override {
        const std::lock_guard lock(mutex_);
        inner_->cancel();
    }

private:
    sender::Transport& renewed() {
        auto next = fresh_();
        const std::lock_guard lock(mutex_);
        inner_ = std::move(next);
        return *inner_;
    }
    sender::TransportFactory fresh_;
    std::mutex mutex_;  // inner_ against cancel()
    std::unique_ptr<sender::Transport> inner_;
};

/// Looks at the status of an error alone: a body that is not read to its end takes its connection with it.
class UnreadErrors final : public sender::Transport {
public:
    UnreadErrors(std::unique_ptr<sender::Transport> inner, sender::TransportFactory fresh)
        : fresh_(std::move(fresh)), inner_(std::move(inner)) {}
    Answer post(const http::Url& url, const http::HeaderList& headers, std::string_view body) override {
        return seen(inner_->post(url, headers, body));
    }
    Answer raw(const http::Url& url, std::string_view bytes) override { return seen(inner_->raw(url, bytes)); }
    void cancel() override {
        const std::lock_guard lock(mutex_);
        inner_->cancel();
    }

private:
    Answer seen(Answer answer) {
        if (status_of(answer) < 400 || answer->body.empty()) return answer;
        auto next = fresh_();
        const std::lock_guard lock(mutex_);
        inner_ = std::move(next);
        return answer;
    }
    sender::TransportFactory fresh_;
    std::mutex mutex_;  // inner_ against cancel()
    std::unique_ptr<sender::Transport> inner_;
};

template <void (*Edit)(proto::Sample&, sender::Clock&)>
void on_retry(Outgoing& request, sender::Clock& clock) {
    if (request.retry() == 0) return;
    auto data = decode_body(request.body, request.message());
    for (auto& series : data.series)
        for (auto& sample : series.samples) Edit(sample, clock);
    request.body = encode_body(data, request.message());
}

/// Every tenth series of a retry is left out.
void lose_part_of_retry(Outgoing& request, sender::Clock&) {
    if (request.retry() == 0) return;
    auto data = decode_body(request.body, request.message());
    std::size_t number = 0;
    std::erase_if(data.series, [&](const proto::Series&) { return ++number % 10 == 0; });
    request.body = encode_body(data, request.message());
}

void relabel_retry(Outgoing& request, sender::Clock&) {
    if (request.retry() == 0) return;
    auto data = decode_body(request.body, request.message());
    for (auto& series : data.series)
        for (auto& [name, value] : series.labels)
            if (name == "job") value += "-retry";
    request.body = encode_body(data, request.message());
}

/// Whether an attempt loses this series: about one in eight, others at each attempt. Of histograms and
/// summaries nothing is lost, so that they stay what they are.
bool lost_in_merge(const proto::Series& series, std::uint64_t attempt) {
    if (series.samples.empty() || !series.exemplars.empty() || !series.histograms.empty()) return false;
    std::uint64_t hash = 0xcbf29ce484222325ULL + attempt + static_cast<std::uint64_t>(series.samples[0].timestamp);
    for (const auto& [name, value] : series.labels) {
        if (name == "le" || name == "quantile") return false;
        if (name == "__name__" && (value.ends_with("_sum") || value.ends_with("_count"))) return false;
        for (const char c : value) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    }
    return (hash ^ hash >> 32U) % 8 == 0;
}

void lose_in_merge(Outgoing& request, sender::Clock&) {
    auto data = decode_body(request.body, request.message());
    const auto attempt = request.retry();
    if (std::erase_if(data.series, [&](const proto::Series& series) { return lost_in_merge(series, attempt); }) > 0)
        request.body = encode_body(data, request.message());
}

// clang-format off
constexpr Row kRows[] = {
    // after 5xx
    {{"delivery/no-retry", "Drops a batch that is answered with 5xx.", "sender/retry/on-5xx"},
     {.wrap = answers<[](const Outgoing&, Answer& answer) {
          if (server_error(answer)) take_for(answer, 400);
      }>}},
    {{"delivery/no-retry-501", "Drops a batch that is answered with 501.", "sender/retry/on-5xx"},
     {.wrap = answers<[](const Outgoing&, Answer& answer) {
          if (status_of(answer) == 501) take_for(answer, 400);
      }>}},
    {{"delivery/retries-twice", "Drops a batch after two retries.", "sender/retry/no-loss-after-recovery"},
     {.wrap = answers<[](const Outgoing& request, Answer& answer) {
          if (server_error(answer) && request.retry() >= 2) take_for(answer, 400);
      }>}},
    {{"delivery/gives-up-after-five-seconds", "Drops what was refused for five seconds.", "sender/outage/nothing-lost"},
     {.tune = [](const Tuning& t) { t.remote.retry_for = sender::Milliseconds(5000); }}},
    {{"delivery/hot-loop", "Retries after one millisecond.", "sender/retry/backoff"},
     {.tune = [](const Tuning& t) { t.remote.min_backoff = t.remote.max_backoff = sender::Milliseconds(1); }}},
    {{"delivery/fixed-interval", "Retries every 150 ms, neither later nor with jitter.", "sender/retry/backoff"},
     {.tune = [](const Tuning& t) { t.remote.min_backoff = t.remote.max_backoff = sender::Milliseconds(150); },
      .no_jitter = true}},
    {{"delivery/restamps", "Gives the samples of a retry the present time.", "sender/retry/same-data"},
     {.wrap = requests<on_retry<[](proto::Sample& sample, sender::Clock& clock) { sample.timestamp = clock.wall_ms(); }>>}},
    {{"delivery/alters-on-retry", "Adds a half to the values of a retry.", "sender/retry/same-data"},
     {.wrap = requests<on_retry<[](proto::Sample& sample, sender::Clock&) {
          if (sample.value_bits != proto::kStaleNanBits)
              sample.value_bits = proto::to_bits(proto::from_bits(sample.value_bits) + 0.5);
      }>>}},
    {{"delivery/loses-part-of-retry", "Leaves every tenth series out of a retry.", "sender/retry/same-data"},
     {.wrap = requests<lose_part_of_retry>}},
    {{"delivery/relabels-retry", "Gives the series of a retry another label job.", "sender/retry/same-data"},
     {.wrap = requests<relabel_retry>}},
    {{"delivery/loses-in-merges", "Loses some samples of every attempt, as a buffer that is merged carelessly.",
      "sender/fidelity/every-sample-bit-exact"},
     {.wrap = requests<lose_in_merge>}},
    {{"delivery/side-queue", "Puts refused batches aside and sends them behind newer data.", "sender/retry/order-kept"},
     {.wrap = wrapped<SideQueue<3>>}},
    {{"delivery/newer-first", "Tries each newer batch before it tries a refused one again.",
      "sender/retry/newer-data-waits"},
     {.wrap = wrapped<SideQueue<1>>}},

    {{"delivery/late-side-queue",
      "Puts refused batches aside and sends them behind every eighth request, in turned order.",
      "sender/outage/order-kept"},
     {.wrap = wrapped<SideQueue<8, true>>}},

    // after 4xx
    {{"delivery/retries-4xx", "Sends a batch again that was answered with 4xx.", "sender/retry/not-on-4xx"},
     {.wrap = answers<[](const Outgoing&, Answer& answer) {
          if (client_error(answer)) take_for(answer, 503);
      }>}},
    {{"delivery/retries-409", "Sends a batch again that was answered with 409.", "sender/retry/not-on-4xx"},
     {.wrap = answers<[](const Outgoing&, Answer& answer) {
          if (status_of(answer) == 409) take_for(answer, 503);
      }>}},
    {{"delivery/retries-415", "Sends a batch of 1.0 again that was answered with 415.",
      "sender/retry/not-on-4xx", true, false},
     {.wrap = answers<[](const Outgoing&, Answer& answer) {
          if (status_of(answer) == 415) take_for(answer, 503);
      }>}},
    {{"delivery/retries-401", "Sends a batch again and again that was answered with 401.",
      "sender/retry/once-after-401"},
     {.wrap = answers<[](const Outgoing&, Answer& answer) {
          if (status_of(answer) == 401) take_for(answer, 503);
      }>}},
    {{"delivery/retries-401-later", "Sends batches that were answered with 401 again behind newer ones, without end.",
      "sender/retry/once-after-401"},
     {.wrap = wrapped<UnauthorizedAside>}},
    {{"delivery/stops-after-4xx", "Sends nothing more once a batch was answered with 4xx.",
      "sender/retry/continues-after-4xx"},
     {.wrap = wrapped<StopAfterRefusal>}},

    // after 2xx
    {{"delivery/resends", "Sends every accepted request once more.", "sender/fidelity/no-duplicates", true, false},
     {.wrap = wrapped<Resend>}},
    {{"delivery/only-200-is-success", "Sends a batch again that was answered with 204.",
      "sender/fidelity/no-duplicates", true, false},
     {.wrap = answers<[](const Outgoing& request, Answer& answer) {
          if (success(answer) && answer->status != 200 && request.retry() == 0) take_for(answer, 503);
      }>}},

    // order and connections
    {{"delivery/reorders", "Sends each second request before the first one.", "sender/ordering/per-series"},
     {.wrap = wrapped<Reorder>}},
    {{"delivery/does-not-wait", "Sends each request without waiting for the answer to the one before.",
      "sender/ordering/one-request-at-a-time"},
     {.wrap = [](std::unique_ptr<sender::Transport> inner, const Surroundings& around) -> std::unique_ptr<sender::Transport> {
         return std::make_unique<DoesNotWait>(std::move(inner), around.fresh);
     }}},
    {{"delivery/new-connections", "Opens a connection for each request.", "sender/connection/reuse"},
     {.wrap = new_connections}},
    {{"transport/unread-error-body", "Leaves the body of an error unread, which costs the connection.",
      "sender/connection/reuse-after-errors"},
     {.wrap = [](std::unique_ptr<sender::Transport> inner, const Surroundings& around) -> std::unique_ptr<sender::Transport> {
         return std::make_unique<UnreadErrors>(std::move(inner), around.fresh);
     }}},
};
// clang-format on

}  // namespace

std::unique_ptr<sender::Transport> new_connections(std::unique_ptr<sender::Transport> inner,
                                                   const Surroundings& around) {
    return std::make_unique<NewConnections>(std::move(inner), around.fresh);
}

std::span<const Row> delivery_rows() { return kRows; }

}  // namespace prw::mutants
