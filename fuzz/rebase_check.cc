#include "checks.h"
#include "prw/proto/model.h"
#include "prw/proto/rebase.h"

namespace prw::fuzz {

namespace {

proto::WriteRequest shifted_model(const proto::RequestView& view, std::int64_t by) {
    auto model = proto::to_model(view);
    for (auto& series : model.series) {
        for (auto& each : series.samples) {
            each.timestamp = proto::shift_timestamp(each.timestamp, by);
            each.start_timestamp = proto::shift_timestamp(each.start_timestamp, by);
        }
        for (auto& each : series.histograms) {
            each.timestamp = proto::shift_timestamp(each.timestamp, by);
            each.start_timestamp = proto::shift_timestamp(each.start_timestamp, by);
        }
        for (auto& each : series.exemplars) each.timestamp = proto::shift_timestamp(each.timestamp, by);
    }
    return model;
}

}  // namespace

Verdict RebaseCheck::operator()(std::string_view bytes, proto::ProtobufMessage message, std::int64_t by_ms) {
    constexpr proto::DecodeLimits kLimits{.max_issues = 1U << 20U};
    proto::decode(bytes, message, before_, kLimits);
    const auto shifted = proto::shift_timestamps(bytes, message, by_ms);
    accepted_ = shifted.has_value();
    if (accepted_ == before_.malformed) return std::string("a malformed message is shifted, or a good one refused");
    const auto same = proto::shift_timestamps(bytes, message, 0);
    if (same.has_value() != accepted_ || (accepted_ && *same != bytes))
        return std::string("a shift by nothing changes the message");
    if (!accepted_) return std::nullopt;

    proto::decode(*shifted, message, after_, kLimits);
    if (after_.malformed) return std::string("the shifted message is malformed");
    if (before_.issues.size() != after_.issues.size()) return std::string("the shifted message has other issues");
    for (std::size_t i = 0; i < before_.issues.size(); ++i) {
        const auto &a = before_.issues[i], &b = after_.issues[i];
        if (a.kind != b.kind || a.path != b.path || a.field != b.field) return "another issue at " + a.path;
    }
    if (proto::encode(shifted_model(before_, by_ms), message) != proto::encode(proto::to_model(after_), message))
        return std::string("more than timestamps has changed");
    return std::nullopt;
}

}  // namespace prw::fuzz
