#include "near_miss.h"

#include <algorithm>

#include "prw/base/nearest.h"
#include "prw/base/text.h"
#include "prw/proto/view.h"
#include "prw/rules/text.h"

namespace prw::testing {

namespace {

constexpr std::size_t kShownFindings = 10;
constexpr std::uint64_t kOtherMetric = 150, kLabelCost = 100, kValueCost = 60;

/// A typing mistake apart: what `nearest()` would take for one.
bool alike(std::string_view a, std::string_view b) { return base::edit_distance(a, b) < a.size() / 3 + 2; }

std::uint64_t value_cost(std::string_view wanted, std::string_view got) {
    return kValueCost + std::min<std::uint64_t>(kLabelCost - kValueCost - 1, base::edit_distance(wanted, got));
}

}  // namespace

std::string series_text(const proto::Labels& labels) {
    std::vector<proto::LabelView> views;
    for (const auto& [name, value] : labels) views.push_back({.name = name, .value = value});
    return proto::series_text(views);
}

std::vector<LabelDifference> label_differences(const proto::Labels& wanted, const proto::Labels& got, bool exact) {
    std::vector<LabelDifference> out;
    auto have = got;
    std::sort(have.begin(), have.end());
    proto::Labels missing, extra;
    auto w = wanted.begin();
    auto h = have.begin();
    while (w != wanted.end() || h != have.end()) {
        if (h == have.end() || (w != wanted.end() && w->first < h->first)) {
            missing.push_back(*w++);
        } else if (w == wanted.end() || h->first < w->first) {
            extra.push_back(*h++);
        } else {
            if (w->second != h->second) {
                out.push_back(
                    {value_cost(w->second, h->second) + (w->first == "__name__" ? kOtherMetric : 0),
                     "label " + w->first + " is " + base::quoted(h->second) + ", not " + base::quoted(w->second)});
            }
            ++w;
            ++h;
        }
    }
    for (const auto& [name, value] : missing) {
        const auto spelled = std::find_if(extra.begin(), extra.end(), [&, &name = name, &value = value](const auto& e) {
            return e.second == value && (alike(name, e.first) || base::iequals(name, e.first));
        });
        if (spelled != extra.end()) {
            out.push_back({value_cost(name, spelled->first),
                           "label " + name + "=" + base::quoted(value) + " is named " + base::quoted(spelled->first)});
            extra.erase(spelled);
        } else {
            out.push_back({kLabelCost, "label " + name + "=" + base::quoted(value) + " is missing"});
        }
    }
    if (exact) {
        for (const auto& [name, value] : extra)
            out.push_back({kLabelCost, "label " + name + "=" + base::quoted(value) + " is one too many"});
    }
    return out;
}

bool no_findings(const std::vector<Request>& requests, rules::Severity least, std::string& why) {
    if (requests.empty()) {
        why = "no request came, so nothing was judged";
        return false;
    }
    std::uint64_t findings = 0, with = 0;
    std::string text;
    for (const auto& request : requests) {
        bool first = true;
        for (const auto& finding : request.findings()) {
            if (finding.severity < least) continue;
            if (first) ++with;
            if (findings++ < kShownFindings) {
                if (first) text += summary_of(request) + "\n";
                text += rules::finding_text(finding, 100);
            }
            first = false;
        }
    }
    if (findings == 0) return true;
    if (findings > kShownFindings) text += "… " + std::to_string(findings - kShownFindings) + " more\n";
    why = base::count_text(with, "request") + " of " + std::to_string(requests.size()) +
          (with == 1 ? " has " : " have ") + base::count_text(findings, "finding") + ":\n" + text;
    return false;
}

}  // namespace prw::testing
