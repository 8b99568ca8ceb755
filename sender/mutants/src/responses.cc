// What answers mean: Retry-After, 429, error texts, Written counts, bodies of successes.
#include <algorithm>

#include "prw/base/text.h"
#include "prw/proto/http_head.h"
#include "prw/proto/protocol.h"
#include "prw/sender/backoff.h"
#include "transports.h"

namespace prw::mutants {

namespace {

bool success(const Answer& answer) { return status_of(answer) / 100 == 2; }

const std::string* retry_after(const Answer& answer) {
    return answer ? answer->header(proto::header::kRetryAfter) : nullptr;
}
bool in_seconds(const std::string& value) {
    return !value.empty() && value.find_first_not_of("0123456789") == std::string::npos;
}

void forget_retry_after(Answer& answer) {
    std::erase_if(answer->headers,
                  [](const auto& field) { return base::iequals(field.first, proto::header::kRetryAfter); });
}

const std::string* samples_written(const Answer& answer) {
    return answer ? answer->header(proto::header::kSamplesWritten) : nullptr;
}

bool says(const Answer& answer, std::string_view word) {
    return answer && answer->body.find(word) != std::string::npos;
}

/// Takes a Retry-After in the past for the time to try again: now.
class PastIsNow final : public Between {
public:
    PastIsNow(std::unique_ptr<sender::Transport> next, sender::Clock& clock)
        : Between(std::move(next)), clock_(clock) {}

private:
    Answer send(Outgoing request) override {
        Answer answer = pass(request);
        const auto* value = retry_after(answer);
        const auto date = value != nullptr ? sender::parse_http_date(*value) : std::nullopt;
        return date && *date <= clock_.wall_ms() ? pass(request) : answer;
    }
    sender::Clock& clock_;
};

void retry_429(const Tuning& tuning) { tuning.remote.retry_on_429 = true; }

/// Repeats what was answered 429 without any wait, twenty times.
class HammerAfter429 final : public Between {
    using Between::Between;
    Answer send(Outgoing request) override {
        Answer answer = pass(request);
        for (int i = 0; i < 20 && status_of(answer) == 429; ++i) answer = pass(request);
        return answer;
    }
};

// clang-format off
constexpr Row kRows[] = {
    // Retry-After
    {{"retry-after/ignored", "Takes no notice of Retry-After.", "sender/retry/retry-after-seconds"},
     {.wrap = answers<[](const Outgoing&, Answer& answer) {
          if (answer) forget_retry_after(answer);
      }>}},
    {{"retry-after/dates-ignored", "Understands Retry-After in seconds only.", "sender/retry/retry-after-date"},
     {.wrap = answers<[](const Outgoing&, Answer& answer) {
          if (const auto* value = retry_after(answer); value != nullptr && !in_seconds(*value))
              forget_retry_after(answer);
      }>}},
    {{"retry-after/three-seconds", "Waits three seconds, however many Retry-After names.",
      "sender/retry/retry-after-seconds"},
     {.wrap = answers<[](const Outgoing&, Answer& answer) {
          if (retry_after(answer) == nullptr) return;
          forget_retry_after(answer);
          answer->headers.emplace_back(proto::header::kRetryAfter, "3");
      }>}},
    {{"retry-after/past-is-now", "Tries again at once when Retry-After lies in the past.",
      "sender/retry/odd-retry-after"},
     {.wrap = [](std::unique_ptr<sender::Transport> inner, const Surroundings& around) -> std::unique_ptr<sender::Transport> {
         return std::make_unique<PastIsNow>(std::move(inner), around.clock);
     }}},
    {{"retry-after/odd-is-final", "Drops a batch when it cannot make use of Retry-After.",
      "sender/retry/odd-retry-after"},
     {.wrap = answers<[](const Outgoing&, Answer& answer) {
          const auto* value = retry_after(answer);
          if (value != nullptr && !in_seconds(*value) && status_of(answer) >= 500) take_for(answer, 400);
      }>}},

    // 429
    {{"delivery/drops-429", "Drops a batch that was answered with 429, as it may.", "sender/retry/on-429"},
     {.wrap = answers<[](const Outgoing&, Answer& answer) {
          if (status_of(answer) == 429) take_for(answer, 400);
      }>}},
    {{"delivery/hammers-after-429", "Sends a batch again at once that was answered with 429.",
      "sender/retry/backoff-on-429"},
     {.wrap = wrapped<HammerAfter429>, .tune = retry_429}},
    {{"retry-after/ignored-on-429", "Retries after 429 and takes no notice of Retry-After.",
      "sender/retry/retry-after-on-429"},
     {.wrap = answers<[](const Outgoing&, Answer& answer) {
          if (status_of(answer) == 429) forget_retry_after(answer);
      }>,
      .tune = retry_429}},

    // texts
    {{"response/obeys-text-of-4xx", "Retries a 4xx whose text speaks of a retry.", "sender/response/text-of-4xx"},
     {.wrap = answers<[](const Outgoing&, Answer& answer) {
          if (status_of(answer) / 100 == 4 && says(answer, "retry")) take_for(answer, 503);
      }>}},
    {{"response/obeys-text-of-5xx", "Drops a batch after a 5xx whose text says permanent.",
      "sender/response/text-of-5xx"},
     {.wrap = answers<[](const Outgoing&, Answer& answer) {
          if (status_of(answer) / 100 == 5 && says(answer, "permanent")) take_for(answer, 400);
      }>}},
    {{"response/hides-text", "Logs the status of a refusal without its text.", "sender/response/logs-error"},
     {.wrap = answers<[](const Outgoing&, Answer& answer) {
          if (answer) answer->body.clear();
      }>}},

    // 2xx
    {{"response/obeys-body-of-2xx", "Sends a batch again whose 2xx had a body.", "sender/response/ignores-body"},
     {.wrap = answers<[](const Outgoing& request, Answer& answer) {
          if (success(answer) && !answer->body.empty() && request.retry() == 0) take_for(answer, 503);
      }>}},
    {{"response/repeats-after-202", "Sends a batch again that was answered with 202.",
      "sender/retry/not-on-2xx", true, false},
     {.wrap = answers<[](const Outgoing& request, Answer& answer) {
          if (status_of(answer) == 202 && request.retry() == 0) take_for(answer, 503);
      }>}},

    // Written counts
    {{"written/trusts-2xx-without", "Takes a 2xx without Written headers for a success of 2.0.",
      "sender/written/missing-means-415", false, true},
     {.wrap = answers<[](const Outgoing& request, Answer& answer) {
          if (success(answer) && samples_written(answer) == nullptr) answer->headers = accepted(request).headers;
      }>}},
    {{"written/repeats-after-zero", "Sends a batch again of which a 2xx says that nothing was written.",
      "sender/written/incomplete-counts", false, true},
     {.wrap = answers<[](const Outgoing&, Answer& answer) {
          if (const auto* count = samples_written(answer); success(answer) && count != nullptr && *count == "0")
              take_for(answer, 503);
      }>}},
    {{"written/repeats-partial-400", "Sends a batch again of which a 400 says that part was written.",
      "sender/retry/not-on-partial-write", false, true},
     {.wrap = answers<[](const Outgoing&, Answer& answer) {
          if (status_of(answer) == 400 && samples_written(answer) != nullptr) take_for(answer, 503);
      }>}},
    {{"written/drops-partial-503", "Drops a batch of which a 503 says that part was written.",
      "sender/retry/partial-write", false, true},
     {.wrap = answers<[](const Outgoing&, Answer& answer) {
          if (status_of(answer) == 503 && samples_written(answer) != nullptr) take_for(answer, 400);
      }>}},
};
// clang-format on

}  // namespace

std::span<const Row> response_rows() { return kRows; }

}  // namespace prw::mutants
