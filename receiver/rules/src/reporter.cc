#include "reporter.h"

#include <algorithm>
#include <numeric>

#include "prw/proto/credentials.h"
#include "quote.h"

namespace prw::rules {

namespace {

Severity severity_of(proto::Level level) {
    switch (level) {
        case proto::Level::kMust:
        case proto::Level::kMustNot:
            return Severity::kFail;
        case proto::Level::kShould:
        case proto::Level::kShouldNot:
            return Severity::kWarn;
        case proto::Level::kMay:
            break;
    }
    return Severity::kInfo;
}

std::size_t index_of(Severity severity) { return static_cast<std::size_t>(severity); }

proto::ByteRange clamp(proto::ByteRange range, std::size_t size) {
    const auto limit = static_cast<std::uint32_t>(std::min<std::size_t>(size, 0xffffffffU));
    range.offset = std::min(range.offset, limit);
    range.size = std::min(range.size, limit - range.offset);
    return range;
}

/// Bytes of a head or body: text where it is text.
std::string excerpt(std::string_view bytes, proto::ByteRange range) {
    constexpr std::size_t kMax = 120;
    const auto part = slice(bytes, range);
    const bool text = std::all_of(part.begin(), part.end(), [](char c) {
        return (c >= 0x20 && c < 0x7f) || c == '\t' || c == '\r' || c == '\n';
    });
    return text ? printable(part, kMax) : hex_excerpt(bytes, range);
}

}  // namespace

void Reporter::Impl::begin(const Source& source) {
    source_ = source;
    source_.findings_per_rule = std::max<std::size_t>(source_.findings_per_rule, 1);
    place_ = Place::kHead;
    slots_.clear();
    last_ = 0;
    findings_.clear();
    order_.clear();
    rejected_.clear();
    rejected_count_ = 0;
    map_.reset();
    map_tried_ = false;
}

Reporter::Impl::Slot& Reporter::Impl::slot(const Rule& rule) {
    if (last_ < slots_.size() && slots_[last_].rule == &rule) return slots_[last_];
    for (last_ = 0; last_ < slots_.size(); ++last_)
        if (slots_[last_].rule == &rule) return slots_[last_];
    Slot fresh;
    fresh.rule = &rule;
    for (const auto id : rule.clauses) {
        const auto* clause = proto::find_clause(id);
        if (clause == nullptr) continue;
        if (!fresh.any_level) fresh.any_level = clause->level;
        if (!fresh.level && proto::applies(*clause, source_.message)) fresh.level = clause->level;
    }
    slots_.push_back(fresh);
    return slots_.back();
}

bool Reporter::Impl::wants(const Rule& rule, std::optional<Severity> severity) {
    const auto& s = slot(rule);
    if (!s.level) return false;
    const auto effective = std::min({severity_of(*s.level), rule.severity, severity.value_or(Severity::kFail)});
    return s.details[index_of(effective)] < source_.findings_per_rule;
}

void Reporter::Impl::reject(std::uint32_t series) {
    if (source_.view == nullptr || series >= source_.view->series.size()) return;
    if (rejected_.empty()) rejected_.resize(source_.view->series.size());
    if (!rejected_[series]) ++rejected_count_;
    rejected_[series] = true;
}

void Reporter::Impl::count(const Rule& rule, std::uint32_t series, std::optional<Severity> severity,
                           std::uint64_t times) {
    const auto& s = slot(rule);
    const auto level = s.level ? s.level : s.any_level;
    if (!level) return;
    const auto effective = std::min({severity_of(*level), rule.severity, severity.value_or(Severity::kFail)});
    if (s.details[index_of(effective)] == 0) {  // nothing stands for it yet: never lose an occurrence
        Draft draft;
        draft.message = rule.summary;
        draft.series = series;
        draft.severity = effective;
        draft.count = times;
        draft.any_version = !s.level;
        return add(rule, std::move(draft));
    }
    findings_[s.first[index_of(effective)]].count += times;
    if (effective == Severity::kFail) reject(series);
}

void Reporter::Impl::locate(Finding& finding, const Draft& draft) {
    if (draft.head) finding.head_bytes = clamp(*draft.head, source_.head.size());
    if (draft.body) finding.body_bytes = clamp(*draft.body, source_.body.size());
    if (draft.protobuf && source_.view != nullptr) {
        finding.protobuf_bytes = clamp(*draft.protobuf, source_.view->bytes.size());
        if (!finding.body_bytes && source_.body_is_block) {
            if (!map_tried_) {
                map_tried_ = true;
                if (auto map = proto::SnappyMap::build(source_.body)) map_ = std::move(*map);
            }
            if (map_) finding.body_bytes = clamp(map_->body_range(*finding.protobuf_bytes), source_.body.size());
        }
    }
    if (!draft.evidence.empty()) {
        finding.evidence = draft.evidence;
    } else if (finding.protobuf_bytes) {
        finding.evidence = hex_excerpt(source_.view->bytes, *finding.protobuf_bytes);
    } else if (finding.body_bytes) {
        finding.evidence = excerpt(source_.body, *finding.body_bytes);
    } else if (finding.head_bytes) {
        std::string head(source_.head);
        proto::redact_credentials(head);
        finding.evidence = excerpt(head, *finding.head_bytes);
    }
}

std::uint64_t Reporter::Impl::order_of(const Finding& finding) const {
    const auto key = [](Place place, std::uint32_t offset) {
        return (static_cast<std::uint64_t>(place) << 32U) | offset;
    };
    if (finding.head_bytes) return key(Place::kHead, finding.head_bytes->offset);
    if (finding.protobuf_bytes) return key(Place::kMessage, finding.protobuf_bytes->offset);
    if (finding.body_bytes) return key(Place::kBody, finding.body_bytes->offset);
    return key(place_, 0);
}

void Reporter::Impl::add(const Rule& rule, Draft&& draft) {
    auto& s = slot(rule);
    const auto level = draft.any_version ? s.any_level : s.level;
    if (!level) return;
    const auto effective = std::min({severity_of(*level), rule.severity, draft.severity.value_or(Severity::kFail)});
    auto& details = s.details[index_of(effective)];
    if (details >= source_.findings_per_rule) return count(rule, draft.series, effective, draft.count);
    if (details++ == 0) s.first[index_of(effective)] = static_cast<std::uint32_t>(findings_.size());
    if (effective == Severity::kFail) reject(draft.series);

    Finding finding;
    finding.rule = rule.id;
    for (const auto id : rule.clauses) {
        if (draft.any_version || proto::applies(id, source_.message)) finding.clauses.emplace_back(id);
    }
    finding.extension = proto::all_extensions(finding.clauses);
    finding.level = *level;
    finding.severity = effective;
    if (source_.view != nullptr && draft.series < source_.view->series.size())
        finding.series = proto::series_text(source_.view->labels_of(source_.view->series[draft.series]));
    locate(finding, draft);
    finding.message = std::move(draft.message);
    finding.field = std::move(draft.field);
    finding.fix = draft.fix.empty() ? std::string(rule.fix) : std::move(draft.fix);
    finding.count = draft.count;
    order_.push_back(order_of(finding));
    findings_.push_back(std::move(finding));
}

std::vector<Finding> Reporter::Impl::finish() {
    std::vector<std::uint32_t> index(findings_.size());
    std::iota(index.begin(), index.end(), 0U);
    std::stable_sort(index.begin(), index.end(), [&](auto a, auto b) { return order_[a] < order_[b]; });
    std::vector<Finding> out;
    out.reserve(index.size());
    for (const auto i : index) out.push_back(std::move(findings_[i]));
    findings_.clear();
    order_.clear();
    slots_.clear();
    return out;
}

bool Reporter::wants(const Rule& rule, std::optional<Severity> severity) const { return impl_.wants(rule, severity); }
void Reporter::add(const Rule& rule, Draft draft) { impl_.add(rule, std::move(draft)); }
void Reporter::count(const Rule& rule, std::uint32_t series, std::optional<Severity> severity, std::uint64_t times) {
    impl_.count(rule, series, severity, times);
}

}  // namespace prw::rules
