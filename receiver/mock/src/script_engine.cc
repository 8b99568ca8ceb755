#include "script_engine.h"

#define XXH_INLINE_ALL
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

/// One number for each sample and histogram: series, time and value, however the labels are ordered.
std::vector<std::uint64_t> samples_of(const proto::RequestView& view) {
    std::vector<std::uint64_t> out;
    for (const auto& series : view.series) {
        std::uint64_t identity = 0;
        for (const auto& label : view.labels_of(series))
            identity += XXH3_64bits_withSeed(label.value.data(), label.value.size(),
                                             XXH3_64bits(label.name.data(), label.name.size()));
        const auto add = [&](std::int64_t timestamp, std::uint64_t value) {
            const std::uint64_t sample[] = {identity, static_cast<std::uint64_t>(timestamp), value};
            out.push_back(XXH3_64bits(sample, sizeof sample));
        };
        for (const auto& sample : view.samples_of(series)) add(sample.timestamp, sample.value_bits);
        for (const auto& histogram : view.histograms_of(series)) {
            const auto bytes = view.bytes.substr(histogram.range.offset, histogram.range.size);
            add(histogram.timestamp, XXH3_64bits(bytes.data(), bytes.size()));
        }
    }
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
}

bool applies(const ScriptStep& step, const ScriptInput& in, std::uint64_t attempt, std::int64_t since_first_us) {
    if (in.probe && !step.probes) return false;
    if (step.message && step.message != in.message) return false;
    if (step.attempt && *step.attempt != attempt) return false;
    if (!step.path.empty() && (in.head == nullptr || in.head->path() != step.path)) return false;
    for (const auto& [name, value] : step.header)
        if (in.head == nullptr || in.head->value(name) != value) return false;
    if (!step.metric.empty() && (in.view == nullptr || !has_metric(*in.view, step.metric))) return false;
    if (step.series && *step.series != in.samples) return false;
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
    batches_.clear();
    batch_of_.clear();
    const auto any = [&](auto has) { return std::any_of(script_.steps.begin(), script_.steps.end(), has); };
    needs_batches_ = any([](const ScriptStep& s) { return s.batch != Batch::kAny; });
    needs_view_ = needs_batches_ || any([](const ScriptStep& s) { return !s.metric.empty(); });
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
    std::vector<std::uint64_t> samples;
    if (needs_batches_ && in.view != nullptr) samples = samples_of(*in.view);
    const auto known = batches_of(samples);
    const auto fits = [&](const ScriptStep& step, std::size_t index) {
        if (step.batch == Batch::kAny) return true;
        if (samples.empty()) return false;
        if (step.batch == Batch::kNew || used_[index] == 0) return known.empty();
        return std::any_of(known.begin(), known.end(),
                           [&](std::size_t batch) { return batches_[batch].step == index && batches_[batch].first; });
    };
    for (std::size_t i = 0; i < script_.steps.size(); ++i) {
        const auto& step = script_.steps[i];
        if (step.times && used_[i] >= *step.times) continue;
        if (!applies(step, in, attempt, in.now_us - first_us_.value_or(in.now_us)) || !fits(step, i)) continue;
        remember(samples, i);
        ++used_[i];
        return step;
    }
    return std::nullopt;
}

std::vector<std::size_t> ScriptEngine::batches_of(const std::vector<std::uint64_t>& samples) const {
    std::unordered_map<std::size_t, std::size_t> shared;
    for (const auto sample : samples) {
        const auto [begin, end] = batch_of_.equal_range(sample);
        for (auto each = begin; each != end; ++each) ++shared[each->second];
    }
    std::vector<std::size_t> out;
    for (const auto& [batch, count] : shared)
        if (2 * count >= std::min(samples.size(), batches_[batch].size)) out.push_back(batch);
    return out;
}

void ScriptEngine::remember(const std::vector<std::uint64_t>& samples, std::size_t step) {
    if (samples.empty() || batch_of_.size() + samples.size() > kMaxSamples) return;
    for (const auto sample : samples) batch_of_.emplace(sample, batches_.size());
    batches_.push_back({samples.size(), step, used_[step] == 0});
}

std::vector<ScriptEngine::Status> ScriptEngine::status() const {
    const std::lock_guard lock(mutex_);
    std::vector<Status> out;
    for (std::size_t i = 0; i < script_.steps.size(); ++i)
        out.push_back({script_.steps[i].name, used_[i], script_.steps[i].times});
    return out;
}

}  // namespace prw::receiver
