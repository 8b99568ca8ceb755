#include "view.h"

#include <algorithm>

namespace prw::conformance::report {

std::string_view group_of(std::string_view id) {
    const auto first = id.find('/');
    if (first == std::string_view::npos) return id;
    return id.substr(first + 1, id.find('/', first + 1) - first - 1);
}

std::string title_of(std::string_view group) {
    std::string out(group);
    if (!out.empty() && out[0] >= 'a' && out[0] <= 'z') out[0] = static_cast<char>(out[0] - 'a' + 'A');
    std::replace(out.begin(), out.end(), '-', ' ');
    return out;
}

std::size_t Counts::total() const {
    std::size_t sum = 0;
    for (const auto& [verdict, n] : of) sum += n;
    return sum;
}

Counts count(const Results& results) {
    Counts counts;
    for (const auto& check : results.checks) ++counts.of[check.verdict];
    return counts;
}

std::vector<Group> groups(const Results& results) {
    std::vector<Group> out;
    for (const auto& check : results.checks) {
        const auto name = group_of(check.id);
        auto group = std::find_if(out.begin(), out.end(), [&](const Group& g) { return g.name == name; });
        if (group == out.end()) group = out.insert(out.end(), Group{std::string(name), {}});
        group->checks.push_back(&check);
    }
    return out;
}

std::string plural(std::size_t n, std::string_view one, std::string_view many) {
    return std::to_string(n) + " " + std::string(n == 1 ? one : many);
}

std::string sentence(const Results& results) {
    const auto counts = count(results);
    const auto warnings = counts[Verdict::kWarn];
    std::string also = warnings == 0 ? "" : ", " + plural(warnings, "warning", "warnings");
    switch (results.verdict) {
        case Verdict::kFail:
            return "does not conform: " + plural(counts[Verdict::kFail], "check fails", "checks fail") + also;
        case Verdict::kWarn:
            return "conforms to every MUST that was judged, with " + plural(warnings, "warning", "warnings");
        case Verdict::kError:
            return "no verdict: the target or the harness broke" + also;
        case Verdict::kInconclusive:
            return results.complete ? "no verdict: nothing arrived that could be judged"
                                    : "no verdict: the run was broken off before it was complete" + also;
        default:
            if (const auto open = counts[Verdict::kInconclusive]; open != 0)
                also += ", " + std::to_string(open) + " could not be judged";
            return "conforms: " + plural(counts[Verdict::kPass], "check passed", "checks passed") + also;
    }
}

std::string_view meaning_of(Verdict verdict) {
    switch (verdict) {
        case Verdict::kPass:
            return "The situation arose, was judged, and was right every time.";
        case Verdict::kInfo:
            return "An observed policy, or a permission that the sender makes use of. Never counts against it.";
        case Verdict::kNotApplicable:
            return "The profile, or the way the target was run, rules this check out; the reason says how.";
        case Verdict::kInconclusive:
            return "The situation never arose, so there is nothing to judge. Not a pass.";
        case Verdict::kWarn:
            return "A SHOULD is missed, or a known deviation was seen that receivers are used to.";
        case Verdict::kFail:
            return "A MUST or MUST NOT is broken; the finding shows where.";
        case Verdict::kError:
            return "The harness or the target broke, so that there is no verdict.";
    }
    return "";
}

char mark_of(Verdict verdict) {
    switch (verdict) {
        case Verdict::kPass:
            return '+';
        case Verdict::kInfo:
            return '~';
        case Verdict::kNotApplicable:
            return '-';
        case Verdict::kInconclusive:
            return '?';
        case Verdict::kWarn:
            return '!';
        case Verdict::kFail:
            return 'x';
        case Verdict::kError:
            return 'E';
    }
    return ' ';
}

std::string duration_text(std::int64_t ms) {
    if (ms < 1000) return std::to_string(ms) + " ms";
    return std::to_string(ms / 1000) + "." + std::to_string(ms % 1000 / 100) + " s";
}

std::string evidence_text(const CheckOutcome& check) {
    std::string out;
    for (const auto& [name, value] : check.evidence) {
        if (!out.empty()) out += ", ";
        out += std::to_string(value) + " " + name;
    }
    return out;
}

}  // namespace prw::conformance::report
