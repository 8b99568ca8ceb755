#include "run/stage.h"

#include <algorithm>
#include <filesystem>

#include "prw/base/bytes_text.h"
#include "prw/proto/credentials.h"
#include "prw/sender/clock.h"

namespace prw::receiver_suite {
namespace fs = std::filesystem;

namespace {

/// Requests in a row without an answer, after which the others would only wait.
constexpr unsigned kInVain = 3;
constexpr std::chrono::milliseconds kAnswerWithin{10'000};
constexpr std::size_t kMaxAnswer = 1U << 20U;

/// Metric names hold letters, digits and underscores.
std::string metric_of(const std::string& run, std::string_view id, proto::ProtobufMessage message) {
    std::string out = "prw_" + run + (message == proto::ProtobufMessage::kV1 ? "_v1_" : "_v2_") + std::string(id);
    std::replace_if(
        out.begin(), out.end(), [](char c) { return c == '/' || c == '-' || c == '.' || c == '+'; }, '_');
    return out;
}

}  // namespace

Stage::Stage(const suite::RunOptions& options, GroupRecord& record, std::string run)
    : options_(options), record_(record), run_(std::move(run)) {}

Result<void> Stage::open() {
    auto url = http::parse_url(options_.target.url);
    if (!url) return tl::unexpected<Error>(url.error());
    endpoint_.url = std::move(*url);
    endpoint_.headers = options_.target.headers;
    if (!endpoint_.url.user.empty() || !endpoint_.url.password.empty()) {
        endpoint_.headers.emplace_back(proto::header::kAuthorization,
                                       base::basic_credentials(endpoint_.url.user, endpoint_.url.password));
    }
    http::ClientOptions client;
    client.timeout = std::chrono::duration_cast<std::chrono::milliseconds>(options_.timeout.value_or(kAnswerWithin) *
                                                                           options_.target.patience);
    client.connect_timeout = client.timeout / 2;
    client.max_response = kMaxAnswer;
    client.ca_file = options_.target.ca_file;
    client.insecure_skip_verify = options_.target.insecure_skip_verify;
    client_ = std::make_unique<http::Client>(endpoint_.url, client);
    std::error_code error;
    fs::create_directories(record_.directory, error);
    if (error)
        return fail(ErrorCode::kIo, "cannot create the folder of a scenario", record_.directory, error.message());
    record_.capture = (fs::path(record_.directory) / "exchanges.prwcap").string();
    fs::remove(record_.capture, error);
    auto writer = exchange::CaptureWriter::open(record_.capture, {.tool_version = options_.tool_version});
    if (!writer) return tl::unexpected<Error>(writer.error());
    capture_ = std::move(*writer);
    return {};
}

std::int64_t Stage::now_us() const {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - began_).count();
}

Setting Stage::setting_of(std::string_view id) {
    return {run_, metric_of(run_, id, record_.message), record_.message, sender::SystemClock().wall_ms()};
}

void Stage::play(const Group& group) {
    for (const auto& row : group.cases) {
        if (!row.in(record_.message)) continue;
        if (stopped()) {
            record_.interrupted = true;
            record_.problem = options_.why_stopped ? options_.why_stopped() : std::string("interrupted");
            return;
        }
        play(row);
        if (in_vain_ < kInVain) continue;
        record_.broke = true;
        record_.problem = "the receiver does not answer: " + record_.replies.back().failure;
        return;
    }
}

void Stage::play(const Case& row) {
    const auto request = write_case(row, setting_of(row.id), endpoint_);
    if (!request) {
        record_.problem = request.error().text();
        return;
    }
    for (unsigned step = 0; step < row.times && in_vain_ < kInVain && !stopped(); ++step) {
        send(row, step, false, *request);
        if (!row.then_good) continue;
        auto setting = setting_of(std::string(row.id) + "_good");
        const auto good = write_case(good_case(), setting, endpoint_);
        if (good) send(row, step, true, *good);
    }
}

void Stage::send(const Case& row, unsigned step, bool good, const WireRequest& request) {
    Reply reply;
    reply.id = row.id;
    reply.step = step;
    reply.good = good;
    exchange::Exchange taken;
    taken.id = reply.exchange = ++last_id_;
    taken.raw_head = request.head;
    taken.raw_body = request.body;
    taken.chunked = request.body.size() != request.payload.size();
    taken.received_unix_ms = sender::SystemClock().wall_ms();
    taken.check = checker_.check(request.head, request.payload);
    if (taken.check.decoded) reply.sent = taken.check;
    taken.first_byte_us = now_us();
    const auto answer = client_->raw(request.bytes());
    taken.response_end_us = now_us();
    taken.last_byte_us = taken.response_start_us = taken.response_end_us;
    if (answer) {
        reply.status = answer->status;
        reply.headers = answer->headers;
        reply.body = answer->body;
        in_vain_ = 0;
    } else {
        reply.failure = answer.error().cause.empty() ? answer.error().what : answer.error().cause;
        ++in_vain_;
    }
    if (!answer || !answer->reused_connection) {
        ++connection_;
        on_connection_ = 0;
    }
    taken.connection = connection_;
    taken.index_on_connection = ++on_connection_;
    taken.status = reply.status;
    taken.response_headers = reply.headers;
    taken.response_body = reply.body;
    taken.response_sent = reply.answered();
    taken.fault = reply.failure;
    // The user's own, and nobody needs them to judge the answer.
    proto::redact_credentials(taken.raw_head);
    if (auto kept = capture_->append(taken); !kept && record_.problem.empty()) record_.problem = kept.error().text();
    record_.replies.push_back(std::move(reply));
}

Result<void> Stage::close() {
    client_.reset();
    if (!capture_) return {};
    auto closed = capture_->close();
    capture_.reset();
    return closed;
}

}  // namespace prw::receiver_suite
