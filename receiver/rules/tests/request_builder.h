/// Builds requests for tests: valid by default, one deviation at a time.
///
///     const auto request = RequestBuilder(ProtobufMessage::kV2).header("User-Agent", "acme").build();
///     const auto result = rules::check(request.head, request.body, test_options());
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "prw/base/text.h"
#include "prw/proto/http_head.h"
#include "prw/proto/model.h"
#include "prw/proto/snappy_block.h"
#include "prw/rules/check.h"

namespace prw::testing {

/// The receiver's clock in tests: 2026-01-01T00:00:00Z.
inline constexpr std::int64_t kNowMs = 1767225600000;

inline rules::CheckOptions test_options() {
    rules::CheckOptions options;
    options.now_ms = kNowMs;
    return options;
}

/// A tiny protobuf writer for bytes that no encoder would write. `Wire().bytes(1, Wire().bytes(1,
/// "__name__").str()).str()`.
class Wire {
public:
    Wire& raw(std::string_view bytes) { return out_.append(bytes), *this; }
    Wire& number(std::uint64_t value) {
        for (; value >= 0x80U; value >>= 7U)
            out_.push_back(static_cast<char>(static_cast<std::uint8_t>(value | 0x80U)));
        out_.push_back(static_cast<char>(value));
        return *this;
    }
    Wire& tag(std::uint32_t field, std::uint32_t wire_type) {
        return number((static_cast<std::uint64_t>(field) << 3U) | wire_type);
    }
    Wire& varint(std::uint32_t field, std::uint64_t value) { return tag(field, 0).number(value); }
    Wire& fixed64(std::uint32_t field, std::uint64_t bits) { return tag(field, 1).little_endian(bits, 8); }
    Wire& real(std::uint32_t field, double value) { return fixed64(field, proto::to_bits(value)); }
    Wire& bytes(std::uint32_t field, std::string_view payload) {
        return tag(field, 2).number(payload.size()).raw(payload);
    }
    Wire& bytes(std::uint32_t field, const Wire& message) { return bytes(field, message.str()); }
    Wire& fixed32(std::uint32_t field, std::uint32_t bits) { return tag(field, 5).little_endian(bits, 4); }
    Wire& packed(std::uint32_t field, std::initializer_list<std::uint64_t> values) {
        Wire payload;
        for (const auto value : values) payload.number(value);
        return bytes(field, payload);
    }
    [[nodiscard]] const std::string& str() const { return out_; }

private:
    Wire& little_endian(std::uint64_t bits, int size) {
        for (int i = 0; i < size; ++i, bits >>= 8U) out_.push_back(static_cast<char>(static_cast<std::uint8_t>(bits)));
        return *this;
    }
    std::string out_;
};

inline proto::Sample sample(double value, std::int64_t timestamp = kNowMs) {
    return {proto::to_bits(value), timestamp, 0};
}

/// One gauge series with one sample at kNowMs: valid under both messages, with nothing worth a word.
inline proto::Series valid_series(proto::Labels labels = {
                                      {"__name__", "shop_temperature_celsius"}, {"instance", "a:1"}, {"job", "shop"}}) {
    proto::Series series;
    series.labels = std::move(labels);
    series.samples = {sample(21.5)};
    series.metadata = {proto::MetricType::kGauge, "", "Temperature in the shop.", "celsius"};
    return series;
}

inline proto::WriteRequest valid_write_request() {
    proto::WriteRequest request;
    request.series = {valid_series(),
                      valid_series({{"__name__", "shop_temperature_celsius"}, {"instance", "b:1"}, {"job", "shop"}})};
    return request;
}

struct BuiltRequest {
    std::string head, body;
};

class RequestBuilder {
public:
    explicit RequestBuilder(proto::ProtobufMessage message = proto::ProtobufMessage::kV1) : message_(message) {
        const bool v1 = message == proto::ProtobufMessage::kV1;
        headers_ = {{"Host", "127.0.0.1:9201"},
                    {"User-Agent", "acme-agent/1.2.3"},
                    {"Content-Encoding", "snappy"},
                    {"Content-Type", std::string(v1 ? proto::kContentTypeV1 : proto::kContentTypeV2)},
                    {"X-Prometheus-Remote-Write-Version", v1 ? "0.1.0" : "2.0.0"}};
    }

    RequestBuilder& method(std::string method) { return method_ = std::move(method), *this; }
    RequestBuilder& target(std::string target) { return target_ = std::move(target), *this; }
    RequestBuilder& http_version(std::string version) { return version_ = std::move(version), *this; }

    /// Replaces every line of that name by one, or appends it.
    RequestBuilder& header(std::string name, std::string value) {
        const auto found =
            std::find_if(headers_.begin(), headers_.end(), [&](const auto& h) { return base::iequals(h.first, name); });
        if (found == headers_.end()) return append(std::move(name), std::move(value));
        const auto index = found - headers_.begin();
        *found = {name, std::move(value)};
        headers_.erase(std::remove_if(headers_.begin() + index + 1, headers_.end(),
                                      [&](const auto& h) { return base::iequals(h.first, name); }),
                       headers_.end());
        return *this;
    }
    RequestBuilder& remove(std::string_view name) {
        if (base::iequals(name, "Content-Length")) content_length_ = false;
        headers_.erase(std::remove_if(headers_.begin(), headers_.end(),
                                      [&](const auto& h) { return base::iequals(h.first, name); }),
                       headers_.end());
        return *this;
    }
    /// One more line, even if there is one of that name.
    RequestBuilder& append(std::string name, std::string value) {
        if (base::iequals(name, "Content-Length") || base::iequals(name, "Transfer-Encoding")) content_length_ = false;
        headers_.emplace_back(std::move(name), std::move(value));
        return *this;
    }

    /// What to encode and compress; by default valid_write_request().
    RequestBuilder& request(proto::WriteRequest request) { return request_ = std::move(request), *this; }
    RequestBuilder& series(proto::Series series) { return request_.series = {std::move(series)}, *this; }
    /// The uncompressed message, instead of an encoded request.
    RequestBuilder& protobuf(std::string bytes) { return protobuf_ = std::move(bytes), has_protobuf_ = true, *this; }
    RequestBuilder& protobuf(const Wire& bytes) { return protobuf(bytes.str()); }
    /// The HTTP body as it is sent, instead of a compressed message.
    RequestBuilder& body(std::string bytes) { return body_ = std::move(bytes), has_body_ = true, *this; }

    [[nodiscard]] std::string message_bytes() const {
        return has_protobuf_ ? protobuf_ : proto::encode(request_, message_);
    }
    [[nodiscard]] BuiltRequest build() const {
        BuiltRequest out;
        out.body = has_body_ ? body_ : proto::compress_snappy(message_bytes());
        out.head = method_ + " " + target_ + " " + version_ + "\r\n";
        for (const auto& [name, value] : headers_) out.head += name + ": " + value + "\r\n";
        if (content_length_) out.head += "Content-Length: " + std::to_string(out.body.size()) + "\r\n";
        out.head += "\r\n";
        return out;
    }

private:
    proto::ProtobufMessage message_;
    std::string method_ = "POST", target_ = "/api/v1/write", version_ = "HTTP/1.1";
    std::vector<std::pair<std::string, std::string>> headers_;
    bool content_length_ = true;
    proto::WriteRequest request_ = valid_write_request();
    std::string protobuf_, body_;
    bool has_protobuf_ = false, has_body_ = false;
};

}  // namespace prw::testing
