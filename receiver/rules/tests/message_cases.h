/// Cases for the message rules: bytes that violate a rule, bytes that just do not.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "request_builder.h"

namespace prw::testing {

using proto::ProtobufMessage;
using rules::Severity;

struct MessageCase {
    std::string rule;
    std::string what;  ///< what the bytes do, in words
    ProtobufMessage message = ProtobufMessage::kV1;
    std::string bad, good;
    Severity severity = Severity::kFail;
    std::vector<std::string> also = {};  ///< rules that the bad bytes unavoidably break as well
    std::string field = {};              ///< the finding's field, where the case says
};

using Change = std::function<void(proto::WriteRequest&)>;

inline std::string changed(ProtobufMessage message, const Change& change) {
    auto request = valid_write_request();
    change(request);
    return proto::encode(request, message);
}

/// Collects cases; the last one can be refined.
class Cases {
public:
    Cases& v1(std::string rule, std::string what, Severity severity, const Change& bad, const Change& good) {
        return add({std::move(rule), std::move(what), ProtobufMessage::kV1, changed(ProtobufMessage::kV1, bad),
                    changed(ProtobufMessage::kV1, good), severity});
    }
    Cases& v2(std::string rule, std::string what, Severity severity, const Change& bad, const Change& good) {
        return add({std::move(rule), std::move(what), ProtobufMessage::kV2, changed(ProtobufMessage::kV2, bad),
                    changed(ProtobufMessage::kV2, good), severity});
    }
    /// The same model under both messages.
    Cases& both(const std::string& rule, const std::string& what, Severity severity, const Change& bad,
                const Change& good) {
        v1(rule, what, severity, bad, good);
        v2(rule, what, severity, bad, good);
        last_ = 2;
        return *this;
    }
    Cases& raw(std::string rule, std::string what, ProtobufMessage message, Severity severity, std::string bad,
               std::string good) {
        return add({std::move(rule), std::move(what), message, std::move(bad), std::move(good), severity});
    }
    Cases& also(std::vector<std::string> rules) {
        for (auto* c : last()) c->also = rules;
        return *this;
    }
    Cases& field(const std::string& name) {
        for (auto* c : last()) c->field = name;
        return *this;
    }
    [[nodiscard]] std::vector<MessageCase> take() { return std::move(cases_); }

private:
    Cases& add(MessageCase c) {
        cases_.push_back(std::move(c));
        last_ = 1;
        return *this;
    }
    std::vector<MessageCase*> last() {
        std::vector<MessageCase*> out;
        for (std::size_t i = cases_.size() - last_; i < cases_.size(); ++i) out.push_back(&cases_[i]);
        return out;
    }
    std::vector<MessageCase> cases_;
    std::size_t last_ = 0;
};

/// Replaces the labels of the first series.
inline Change labels(proto::Labels labels) {
    return [labels = std::move(labels)](proto::WriteRequest& r) { r.series[0].labels = labels; };
}
inline Change nothing() {
    return [](proto::WriteRequest&) {};
}

/// 2.0 by hand: symbols, then series.
class V2Bytes {
public:
    V2Bytes& symbol(std::string_view text) { return wire_.bytes(4, text), *this; }
    V2Bytes& symbols(std::initializer_list<std::string_view> all) {
        for (const auto text : all) symbol(text);
        return *this;
    }
    V2Bytes& series(const Wire& bytes) { return wire_.bytes(5, bytes), *this; }
    [[nodiscard]] const std::string& str() const { return wire_.str(); }

private:
    Wire wire_;
};

inline std::uint64_t zigzag(std::int64_t n) {
    return (static_cast<std::uint64_t>(n) << 1U) ^ static_cast<std::uint64_t>(n >> 63);
}
inline Wire sample_wire(std::int64_t timestamp = kNowMs) {
    return Wire().real(1, 21.5).varint(2, static_cast<std::uint64_t>(timestamp));
}

std::vector<MessageCase> label_cases();
std::vector<MessageCase> symbol_cases();
std::vector<MessageCase> sample_cases();
std::vector<MessageCase> histogram_cases();
std::vector<MessageCase> exemplar_cases();
std::vector<MessageCase> metadata_cases();

}  // namespace prw::testing
