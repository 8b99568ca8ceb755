/// A badge: the JSON that shields.io's endpoint reads (https://shields.io/badges/endpoint-badge).
#include <nlohmann/json.hpp>

#include <set>

#include "prw/report/reports.h"
#include "prw/rules/json.h"
#include "view.h"

namespace prw::report {

std::string render_badge(const suite::Results& results) {
    std::size_t right = 0, judged = 0, expected = 0;
    std::set<proto::ProtobufMessage> messages;
    for (const auto& check : results.checks) {
        const bool must = check.level == proto::Level::kMust || check.level == proto::Level::kMustNot;
        if (!must || check.extension ||
            (check.verdict != suite::Verdict::kPass && check.verdict != suite::Verdict::kFail))
            continue;
        messages.insert(check.message);
        ++judged;
        right += check.verdict == suite::Verdict::kPass ? 1U : 0U;
        expected += check.excused() ? 1U : 0U;
    }
    std::string text;
    for (const auto message : messages) text += (text.empty() ? "" : " + ") + std::string(proto::short_name(message));
    // Never a bare percentage, and never green for what was not judged.
    text += (text.empty() ? "" : ": ") + std::to_string(right) + " of " + std::to_string(judged) + " MUST";
    const bool part = is_part(results);
    if (part) text += ", in part";
    const char* colour = "lightgrey";
    if (results.verdict == suite::Verdict::kFail)
        colour = "red";
    else if (results.verdict == suite::Verdict::kError || results.verdict == suite::Verdict::kInconclusive)
        text = results.complete && results.problem.empty() ? "no verdict" : "incomplete";
    else if (results.verdict == suite::Verdict::kWarn || results.verdict == suite::Verdict::kInfo || expected != 0)
        colour = "yellow";
    else
        colour = part ? "yellowgreen" : "brightgreen";
    nlohmann::ordered_json out;
    out["schemaVersion"] = 1;
    out["label"] = "Remote Write " + results.role;
    out["message"] = text;
    out["color"] = colour;
    return rules::dump(out) + "\n";
}

}  // namespace prw::report
