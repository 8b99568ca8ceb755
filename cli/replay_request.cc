#include "replay_request.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "prw/base/bytes_text.h"
#include "prw/base/text.h"
#include "prw/proto/body.h"
#include "prw/proto/credentials.h"
#include "prw/proto/http_head.h"
#include "prw/proto/protocol.h"
#include "prw/proto/rebase.h"
#include "prw/proto/snappy_block.h"

namespace prw::cli {

namespace {

/// The body, where it may be shifted. Beyond the receivers' usual limit it is left alone.
std::shared_ptr<const proto::Body> body_of(const exchange::Exchange& exchange, const std::string& payload) {
    const auto kind = exchange.check.actual ? exchange.check.actual : exchange.check.declared;
    if (!kind || payload.empty()) return nullptr;
    auto body = proto::Body::uncompress(payload, *kind);
    return body ? *std::move(body) : nullptr;
}

std::string one_chunk(const std::string& payload) {
    std::string out;
    if (!payload.empty()) out.append(base::hex_number(payload.size())).append("\r\n").append(payload).append("\r\n");
    return out + "0\r\n\r\n";
}

class HeadWriter {
public:
    HeadWriter(const ReplayRequestOptions& options, const std::string& old_payload, ReplayRequest& request)
        : options_(options), old_size_(std::to_string(old_payload.size())), request_(request) {}

    /// Every line as it came, but for destination, length, credentials and what the user gives.
    void write(const std::string& captured) {
        // What was meant for another place is not sent to this one, whether the head parses or not.
        std::string raw_head(captured);
        proto::redact_credentials(raw_head);
        request_.dropped_credentials = raw_head != captured;
        const auto head = proto::parse_request_head(raw_head);
        if (!head) {
            request_.head = raw_head;  // part of the evidence: sent as it is
            return;
        }
        const auto line_end = [&](std::size_t at) { return raw_head.find('\n', at) + 1; };
        auto& out = request_.head;
        // A URL that names no path leaves the captured one.
        const auto target = options_.url.target == "/" ? std::string(head->target) : options_.url.target;
        const auto target_at = static_cast<std::size_t>(head->target.data() - head->raw.data());
        out.append(raw_head, 0, target_at).append(target);
        out.append(raw_head, target_at + head->target.size(), line_end(0) - target_at - head->target.size());
        std::size_t at = line_end(0);
        for (const auto& field : head->fields) {
            const auto end = line_end(field.range.end());
            if (!dropped(field.name)) {
                out.append(raw_head, at, field.value_range.offset - at).append(value_of(field));
                out.append(raw_head, field.value_range.end(), end - field.value_range.end());
            }
            at = end;
        }
        for (const auto& [name, value] : options_.headers) out.append(name).append(": ").append(value).append("\r\n");
        out.append(raw_head, at);
    }

private:
    bool dropped(std::string_view name) {
        const bool given = std::any_of(options_.headers.begin(), options_.headers.end(),
                                       [&](const auto& header) { return base::iequals(header.first, name); });
        // The whole body follows at once.
        if (given || base::iequals(name, "Expect")) return true;
        if (!proto::carries_credentials(name)) return false;
        request_.dropped_credentials = true;
        return true;
    }
    [[nodiscard]] std::string value_of(const proto::HeaderField& field) const {
        if (base::iequals(field.name, proto::header::kHost)) return options_.url.host_header();
        // A length that was wrong is part of the evidence.
        if (base::iequals(field.name, proto::header::kContentLength) && field.value == old_size_)
            return std::to_string(request_.payload.size());
        return std::string(field.value);
    }

    const ReplayRequestOptions& options_;
    std::string old_size_;
    ReplayRequest& request_;
};

}  // namespace

std::optional<std::int64_t> newest_timestamp(const exchange::Exchange& exchange) {
    const auto body = body_of(exchange, exchange.payload());
    if (!body) return std::nullopt;
    return body->view().malformed ? std::nullopt : proto::newest_timestamp(body->view());
}

ReplayRequest make_replay_request(const exchange::Exchange& exchange, const ReplayRequestOptions& options) {
    ReplayRequest out;
    const std::string captured = exchange.payload();
    out.payload = captured;
    if (options.shift_ms && *options.shift_ms != 0 && !captured.empty()) {
        const auto body = body_of(exchange, captured);
        const auto moved = body ? proto::shift_timestamps(body->bytes(), body->message(), *options.shift_ms)
                                : fail(ErrorCode::kMalformed, "not a snappy block with a message of Remote Write");
        if (!moved) {
            out.note = moved.error().what + ": sent as it is";
        } else if (*moved != body->bytes()) {
            out.payload = proto::compress_snappy(*moved);
            out.shifted = true;
        }
    }
    out.body = !out.shifted ? exchange.raw_body : exchange.chunked ? one_chunk(out.payload) : out.payload;
    HeadWriter(options, captured, out).write(exchange.raw_head);
    return out;
}

}  // namespace prw::cli
