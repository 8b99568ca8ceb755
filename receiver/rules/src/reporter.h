/// The state behind Reporter: one per Checker, reused between requests.
#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "context.h"

namespace prw::rules {

struct Reporter::Impl {
    /// What findings refer to. Views must stay valid until finish().
    struct Source {
        proto::ProtobufMessage message = proto::ProtobufMessage::kV1;
        std::size_t findings_per_rule = 5;
        std::string_view head, body;
        const proto::RequestView* view = nullptr;
        bool body_is_block = false;  ///< `body` is the valid snappy block of the view's bytes
    };
    enum class Place : std::uint8_t { kHead, kBody, kMessage };

    void begin(const Source& source);
    /// Where findings without any range belong from now on.
    void at(Place place) { place_ = place; }
    [[nodiscard]] bool wants(const Rule& rule, std::optional<Severity> severity);
    void add(const Rule& rule, Draft&& draft);
    void count(const Rule& rule, std::uint32_t series, std::optional<Severity> severity, std::uint64_t times);

    /// The findings, ordered by place; leaves the state empty.
    [[nodiscard]] std::vector<Finding> finish();
    [[nodiscard]] std::uint64_t rejected_series() const { return rejected_count_; }

private:
    /// Of one rule within one request.
    struct Slot {
        const Rule* rule = nullptr;
        std::optional<proto::Level> level,
            any_level;                           ///< of the first clause; empty when no clause is about this message
        std::array<std::uint32_t, 3> details{};  ///< by severity
        std::array<std::uint32_t, 3> first{};    ///< index in findings_, valid where details > 0
    };
    [[nodiscard]] Slot& slot(const Rule& rule);
    void reject(std::uint32_t series);
    void locate(Finding& finding, const Draft& draft);
    [[nodiscard]] std::uint64_t order_of(const Finding& finding) const;

    Source source_;
    Place place_ = Place::kHead;
    std::vector<Slot> slots_;
    std::size_t last_ = 0;  ///< slot used last: rules run in runs
    std::vector<Finding> findings_;
    std::vector<std::uint64_t> order_;
    std::vector<bool> rejected_;  ///< by series index; empty until the first rejection
    std::uint64_t rejected_count_ = 0;
    std::optional<proto::SnappyMap> map_;
    bool map_tried_ = false;
};

}  // namespace prw::rules
