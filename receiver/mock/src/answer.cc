#include "answer.h"

#include <fmt/format.h>

#include <algorithm>

#include "prw/base/text.h"
#include "prw/base/units.h"
#include "prw/proto/http_head.h"
#include "prw/proto/protocol.h"
#include "prw/rules/text.h"

namespace prw::receiver {

bool is_v2(const rules::CheckResult& check, const AnswerPolicy& policy) {
    const bool by_bytes = policy.on_violation == OnViolation::kAccept && !policy.only_1x && check.actual;
    return (by_bytes ? check.actual : check.declared) == proto::ProtobufMessage::kV2;
}

void add_written(http::Response& response, const rules::CheckResult& check, bool written) {
    proto::WrittenCounts counts;
    if (written) counts = {check.samples, check.histograms, check.exemplars};
    for (auto& field : proto::format_written(counts)) {
        if (proto::find_header(response.headers, field.first) == nullptr) response.headers.push_back(std::move(field));
    }
}

void set_text(http::Response& response, std::string text, std::size_t max) {
    if (text.size() >= max) {
        text.resize(max > 4 ? max - 4 : 0);
        // Not in the middle of a UTF-8 sequence.
        while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xc0U) == 0x80U) text.pop_back();
        if (!text.empty() && static_cast<unsigned char>(text.back()) >= 0xc0U) text.pop_back();
        text += "…";
    }
    response.body = text + "\n";
    response.headers.emplace_back(proto::header::kContentType, proto::kPlainText);
}

std::string rejected_text(std::uint64_t rejected_series, std::uint64_t series) {
    return fmt::format("{} of {} series rejected, nothing was written\n", rejected_series, series);
}

namespace {

/// prw2.response: how much was rejected and why, for a person; naming rule and series.
std::string reasons(const rules::CheckResult& check) {
    std::string out;
    if (check.rejected_series != 0) out = rejected_text(check.rejected_series, check.series);
    // A limit of this receiver refuses what breaks no rule.
    const auto worst = check.worst();
    for (const auto& f : check.findings) {
        if (f.severity != worst) continue;
        out += f.rule + ": " + f.message;
        if (!f.series.empty()) out += "; series " + f.series;
        if (f.count > 1) out += fmt::format(" ({} times)", f.count);
        out += "\n";
    }
    if (!out.empty()) out.pop_back();
    return out.empty() ? "the request is refused" : out;
}

}  // namespace

int status_of(http::ReadStatus status) {
    using S = http::ReadStatus;
    switch (status) {
        case S::kComplete:
            return 204;
        case S::kMalformedHead:
        case S::kMalformedChunk:
        case S::kBadLength:
            return 400;
        case S::kHeadTooLarge:
            return 431;
        case S::kBodyTooLarge:
            return 413;
        case S::kUnsupportedTransferCoding:
            return 501;
        case S::kHeadTimeout:
        case S::kBodyTimeout:
            return 408;
        case S::kClosedInHead:
        case S::kClosedInBody:
        case S::kResetOnPurpose:
            return 0;
    }
    return 0;
}

http::Response unreadable_answer(const http::Request& request) {
    http::Response response;
    response.status = std::max(400, status_of(request.status));
    response.close = true;
    set_text(response, std::string(name_of(request.status)) + ": " + request.problem, 1024);
    return response;
}

http::Response conforming_answer(const rules::CheckResult& check, const AnswerPolicy& policy) {
    http::Response response;
    const bool v2 = is_v2(check, policy);
    response.status = check.status;
    if (policy.only_1x && v2) {
        response.status = 415;
        set_text(response, "this receiver knows prometheus.WriteRequest only", policy.max_error_body);
        return response;
    }
    if (policy.on_violation == OnViolation::kAccept && check.decoded) response.status = 204;
    if (response.status == 405) response.headers.emplace_back("Allow", "POST");
    const bool written = response.status / 100 == 2;
    // Negotiation comes before writing: a 415 says nothing about what was written.
    if (v2 && !policy.only_1x && (written || response.status == 400)) add_written(response, check, written);
    if (response.status == 405) {
        set_text(response, "write requests are POST requests", policy.max_error_body);
    } else if (!written) {
        set_text(response, reasons(check), policy.max_error_body);
    }
    return response;
}

http::Response scripted_answer(const ScriptStep& step, const rules::CheckResult& check, const AnswerPolicy& policy,
                               std::int64_t now_ms) {
    http::Response response;
    if (step.own_answer) {
        response = conforming_answer(check, policy);
    } else {
        response.status = step.status;
        response.headers = step.headers;
        response.body = step.body;
        if (step.written_headers && step.status / 100 == 2 && is_v2(check, policy) && !policy.only_1x)
            add_written(response, check, check.decoded);
    }
    if (step.own_answer) {
        // The step's headers replace the receiver's own.
        std::erase_if(response.headers, [&](const auto& own) {
            const bool ours = std::any_of(proto::kWrittenHeaders.begin(), proto::kWrittenHeaders.end(),
                                          [&](const auto& each) { return base::iequals(own.first, each.name); });
            return (ours && !step.written_headers) || proto::find_header(step.headers, own.first) != nullptr;
        });
        response.headers.insert(response.headers.end(), step.headers.begin(), step.headers.end());
    }
    if (step.retry_after_date) {
        // The next whole second: a date must not come before the time that was asked for.
        const auto date = now_ms + step.delay.count() + step.retry_after_date->count() + 999;
        response.headers.emplace_back(proto::header::kRetryAfter, base::http_date(date));
    }
    response.delay = step.delay;
    response.fault = step.fault;
    response.dribble_interval = step.dribble_interval;
    response.interim = step.interim;
    return response;
}

}  // namespace prw::receiver
