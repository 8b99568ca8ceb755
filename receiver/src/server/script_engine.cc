#include "script_engine.h"

#include <xxhash.h>

#include <algorithm>

namespace prw::receiver {

namespace {

bool has_metric(const proto::RequestView& view, std::string_view metric) {
    return std::any_of(view.series.begin(), view.series.end(), [&](const auto& series) {
        const auto labels = view.labels_of(series);
        return std::any_of(labels.begin(), labels.end(),
                           [&](const auto& l) { return l.name == "__name__" && l.value == metric; });
    });
}

bool applies(const ScriptStep& step, const ScriptInput& in, std::uint64_t attempt, std::int64_t since_first_us) {
    if (in.probe && !step.probes) return false;
    if (step.message && step.message != in.message) return false;
    if (step.attempt && *step.attempt != attempt) return false;
    if (!step.path.empty() && (in.head == nullptr || in.head->path() != step.path)) return false;
    for (const auto& [name, value] : step.header)
        if (in.head == nullptr || in.head->value(name) != value) return false;
    if (!step.metric.empty() && (in.view == nullptr || !has_metric(*in.view, step.metric))) return false;
    const auto since = std::chrono::microseconds(since_first_us);
    if (step.after && since < *step.after) return false;
    return !step.until || since < *step.until;
}

}  // namespace

void ScriptEngine::set(Script script) {
    const std::lock_guard lock(mutex_);
    script_ = std::move(script);
    used_.assign(script_.steps.size(), 0);
    attempts_.clear();
    first_us_.reset();
    needs_view_ =
        std::any_of(script_.steps.begin(), script_.steps.end(), [](const auto& s) { return !s.metric.empty(); });
}

bool ScriptEngine::needs_view() const {
    const std::lock_guard lock(mutex_);
    return needs_view_;
}

std::optional<ScriptStep> ScriptEngine::next(const ScriptInput& in) {
    const std::lock_guard lock(mutex_);
    if (script_.empty()) return std::nullopt;
    if (!first_us_ && !in.probe) first_us_ = in.now_us;
    std::uint64_t attempt = 1;
    const auto hash = XXH3_64bits(in.payload.data(), in.payload.size());
    if (in.probe) {
        // Neither an attempt with data nor the begin of the script's time.
    } else if (const auto found = attempts_.find(hash); found != attempts_.end()) {
        attempt = ++found->second;
    } else if (attempts_.size() < kMaxBodies) {
        attempts_.emplace(hash, 1);
    }
    for (std::size_t i = 0; i < script_.steps.size(); ++i) {
        const auto& step = script_.steps[i];
        if (step.times && used_[i] >= *step.times) continue;
        if (!applies(step, in, attempt, in.now_us - first_us_.value_or(in.now_us))) continue;
        ++used_[i];
        return step;
    }
    return std::nullopt;
}

std::vector<ScriptEngine::Status> ScriptEngine::status() const {
    const std::lock_guard lock(mutex_);
    std::vector<Status> out;
    for (std::size_t i = 0; i < script_.steps.size(); ++i)
        out.push_back({script_.steps[i].name, used_[i], script_.steps[i].times});
    return out;
}

}  // namespace prw::receiver
