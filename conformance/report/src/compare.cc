/// What is different between two results.
#include <algorithm>

#include "prw/report/reports.h"
#include "view.h"

namespace prw::report {

namespace {

const suite::CheckOutcome* find(const suite::Results& results, const suite::CheckOutcome& like) {
    const auto found = std::find_if(results.checks.begin(), results.checks.end(), [&](const suite::CheckOutcome& c) {
        return c.id == like.id && c.message == like.message;
    });
    return found != results.checks.end() ? &*found : nullptr;
}

bool judged(suite::Verdict verdict) {
    return verdict == suite::Verdict::kPass || verdict == suite::Verdict::kInfo || verdict == suite::Verdict::kWarn ||
           verdict == suite::Verdict::kFail;
}

}  // namespace

Comparison compare(const suite::Results& before, const suite::Results& after) {
    Comparison out;
    out.incomplete = !after.complete || !after.problem.empty();
    for (const auto& now : after.checks) {
        const auto* then = find(before, now);
        const Comparison::Row row{now.id, now.message, then == nullptr ? "" : std::string(name_of(then->verdict)),
                                  std::string(name_of(now.verdict)),
                                  is_problem(now.verdict) ? got_of(now) : now.reason};
        const bool failed = then != nullptr && then->verdict == suite::Verdict::kFail;
        if (now.verdict == suite::Verdict::kFail) {
            (failed ? out.still_failing : out.broken).push_back(row);
        } else if (failed && judged(now.verdict)) {
            out.fixed.push_back(row);
        } else if (then != nullptr && judged(then->verdict) && !judged(now.verdict)) {
            out.unjudged.push_back(row);
        } else if (then != nullptr && then->verdict == suite::Verdict::kWarn && now.verdict != suite::Verdict::kWarn) {
            out.cleared.push_back(row);
        } else if (now.verdict == suite::Verdict::kWarn &&
                   (then == nullptr || then->verdict != suite::Verdict::kWarn)) {
            out.warnings.push_back(row);
        } else if (then == nullptr) {
            out.added.push_back(row);
        }
    }
    const auto why = because_text(after);
    for (const auto& then : before.checks) {
        if (find(after, then) == nullptr && judged(then.verdict))
            out.unjudged.push_back({then.id, then.message, std::string(name_of(then.verdict)), "",
                                    why.empty() ? "not in the new results" : "not in the new results: " + why});
    }
    return out;
}

int Comparison::exit_code(suite::FailOn fail_on) const {
    if (!broken.empty() && fail_on != suite::FailOn::kNone) return 1;
    if (incomplete || !unjudged.empty()) return 4;
    if (!warnings.empty() && fail_on >= suite::FailOn::kShould) return 3;
    return 0;
}

std::string render_comparison(const Comparison& comparison) {
    std::string out;
    const auto list = [&out](std::string_view title, char mark, const std::vector<Comparison::Row>& rows, bool why) {
        if (rows.empty()) return;
        out += std::string(title) + " (" + std::to_string(rows.size()) + ")\n";
        for (const auto& row : rows) {
            out += std::string("  ") + mark + " " + row.id + " " + std::string(proto::short_name(row.message)) + "   " +
                   (row.before.empty() ? "not there" : row.before) + " -> " +
                   (row.after.empty() ? "missing" : row.after) + "\n";
            if (why && !row.reason.empty()) out += "      " + row.reason + "\n";
        }
        out += "\n";
    };
    list("New failures", 'x', comparison.broken, true);
    list("New warnings", '!', comparison.warnings, true);
    list("No longer judged", '?', comparison.unjudged, true);
    list("Still failing", 'x', comparison.still_failing, false);
    list("Fixed", '+', comparison.fixed, false);
    list("Cleared warnings", '+', comparison.cleared, false);
    list("New checks", '+', comparison.added, false);
    if (comparison.incomplete) out += "INCOMPLETE   the new run was broken off; what is missing was not judged\n";
    out += count_text(comparison.broken.size(), "new failure") + ", " + std::to_string(comparison.fixed.size()) +
           " fixed, " + std::to_string(comparison.still_failing.size()) + " still failing, " +
           count_text(comparison.warnings.size(), "new warning") + ", " + std::to_string(comparison.cleared.size()) +
           " cleared, " + std::to_string(comparison.unjudged.size()) + " no longer judged, " +
           count_text(comparison.added.size(), "new check") + "\n";
    return out;
}

}  // namespace prw::report
