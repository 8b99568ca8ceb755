/// Decides which step of a script answers a request, and counts. Internal; thread-safe.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "prw/proto/http_head.h"
#include "prw/proto/view.h"
#include "prw/receiver/script.h"

namespace prw::receiver {

/// What the conditions look at.
struct ScriptInput {
    const proto::RequestHead* head = nullptr;
    std::optional<proto::ProtobufMessage> message;
    std::string_view payload;
    const proto::RequestView* view = nullptr;  ///< only given when needs_view()
    std::int64_t now_us = 0;
    bool probe = false;    ///< GET and the like
    bool samples = false;  ///< there are samples or histograms
};

class ScriptEngine {
public:
    void set(Script script);
    [[nodiscard]] bool needs_view() const;  ///< some step has a condition on a metric or a batch
    /// The step that answers, its use counted; nullopt when none applies.
    [[nodiscard]] std::optional<ScriptStep> next(const ScriptInput& input);
    struct Status {
        std::string name;
        std::uint64_t used = 0;
        std::optional<std::uint64_t> times;
    };
    [[nodiscard]] std::vector<Status> status() const;

private:
    /// Bodies whose attempts are counted; beyond that, unknown ones count as first attempts.
    static constexpr std::size_t kMaxBodies = 100000;
    /// Samples that are remembered of answered batches; beyond that, unknown ones are new.
    static constexpr std::size_t kMaxSamples = 4'000'000;

    /// Which of the answered batches the samples are: their numbers in `batches_`.
    [[nodiscard]] std::vector<std::size_t> batches_of(const std::vector<std::uint64_t>& samples) const;
    void remember(const std::vector<std::uint64_t>& samples, std::size_t step);

    struct AnsweredBatch {
        std::size_t size = 0;  ///< samples
        std::size_t step = 0;  ///< that answered
        bool first = false;    ///< of that step
    };

    mutable std::mutex mutex_;
    Script script_;
    std::vector<std::uint64_t> used_;
    std::unordered_map<std::uint64_t, std::uint64_t> attempts_;  ///< by hash of the payload
    std::optional<std::int64_t> first_us_;
    bool needs_view_ = false, needs_batches_ = false;
    std::vector<AnsweredBatch> batches_;
    std::unordered_multimap<std::uint64_t, std::size_t> batch_of_;  ///< by hash of the sample
};

}  // namespace prw::receiver
