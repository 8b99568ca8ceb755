#include "prw/rules/tally.h"

#include <algorithm>

#include "prw/base/text.h"
#include "prw/rules/text.h"

namespace prw::rules {

namespace {

constexpr std::size_t kMaxShapes = 1000;

}  // namespace

std::string shape_of(std::string_view field) {
    std::string out;
    bool index = false;
    for (const char c : field) {
        if (c == ']') index = false;
        if (!index) out += c;
        if (c == '[') index = true;
    }
    return out;
}

std::string FindingKind::seen() const {
    if (first_id == 0) return times > 1 ? base::count_text(times, "time") : "";
    const auto in = "in #" + std::to_string(first_id);
    if (requests == 1) return (times == 1 ? "once" : base::count_text(times, "time")) + ", " + in;
    return base::count_text(times, "time") + " in " + base::count_text(requests, "request") + ", first " + in;
}

std::size_t FindingTally::add(std::uint64_t id, std::span<const Finding> findings) {
    const auto before = kinds_.size();
    ++requests_;
    affected_ += findings.empty() ? 0U : 1U;
    for (const auto& finding : findings) {
        Key key{finding.rule, finding.severity, shape_of(finding.field)};
        if (index_.size() >= kMaxShapes && !index_.contains(key)) std::get<2>(key).clear();
        const auto [entry, added] = index_.emplace(std::move(key), kinds_.size());
        if (added) kinds_.push_back({finding, id, 0, 0, 0});
        auto& kind = kinds_[entry->second];
        kind.times += finding.count;
        if (kind.requests == 0 || kind.last_id != id) ++kind.requests;
        kind.last_id = id;
    }
    return kinds_.size() - before;
}

std::vector<const FindingKind*> FindingTally::worst_first() const {
    std::vector<const FindingKind*> out;
    for (const auto& kind : kinds_) out.push_back(&kind);
    std::stable_sort(out.begin(), out.end(),
                     [](const auto* a, const auto* b) { return a->first.severity > b->first.severity; });
    return out;
}

const FindingKind* FindingTally::find(const Finding& finding) const {
    for (const auto& shape : {shape_of(finding.field), std::string()})
        if (const auto found = index_.find({finding.rule, finding.severity, shape}); found != index_.end())
            return &kinds_[found->second];
    return nullptr;
}

std::string kind_text(const FindingKind& kind, int width) {
    auto once = kind.first;
    once.count = 1;
    once.fix.clear();
    auto out = finding_text(once, width);
    append_field(out, "seen", kind.seen(), width);
    append_field(out, "fix", kind.first.fix, width);
    return out;
}

}  // namespace prw::rules
