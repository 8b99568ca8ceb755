/// The answer of a conforming receiver, and how a script changes it. Internal.
#pragma once

#include "prw/http/server.h"
#include "prw/receiver/receiver.h"
#include "prw/rules/check.h"

namespace prw::receiver {

/// Status for a request that could not be read; 0 when there is nobody left to answer.
[[nodiscard]] int status_of(http::ReadStatus status);

struct AnswerPolicy {
    OnViolation on_violation = OnViolation::kReject;
    bool only_1x = false;
    std::size_t max_error_body = 4096;
};

/// Whether the answer is that to a 2.0 message. Whoever accepts what decodes goes by the bytes: a sender with a wrong
/// Content-Type must not be misled by an answer without Written headers as well.
[[nodiscard]] bool is_v2(const rules::CheckResult& check, const AnswerPolicy& policy);
/// prw2.written: precise numbers for each kind. This receiver writes a request whole or not at all.
void add_written(http::Response& response, const rules::CheckResult& check, bool written);
/// A body of text and its Content-Type. `max` bounds the body, line end included.
void set_text(http::Response& response, std::string text, std::size_t max);
/// prw2.response: how much was rejected. A line.
[[nodiscard]] std::string rejected_text(std::uint64_t rejected_series, std::uint64_t series);

/// 204 with true Written headers for 2.0, or 400, 405, 413, 415 with a text that names series and rule.
[[nodiscard]] http::Response conforming_answer(const rules::CheckResult& check, const AnswerPolicy& policy);
/// For a request that could not be read.
[[nodiscard]] http::Response unreadable_answer(const http::Request& request);
/// What the step says, with true Written headers on a 2xx to 2.0 unless it says otherwise. `now_ms`: wall clock, for
/// dates.
[[nodiscard]] http::Response scripted_answer(const ScriptStep& step, const rules::CheckResult& check,
                                             const AnswerPolicy& policy, std::int64_t now_ms);

}  // namespace prw::receiver
