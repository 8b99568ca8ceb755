/// A badge: the JSON that shields.io's endpoint reads (https://shields.io/badges/endpoint-badge).
#include <nlohmann/json.hpp>

#include <set>

#include "prw/conformance/reports.h"
#include "prw/receiver/json.h"
#include "view.h"

namespace prw::conformance {

std::string render_badge(const Results& results) {
    std::size_t right = 0, judged = 0, expected = 0;
    std::set<proto::ProtobufMessage> messages;
    for (const auto& check : results.checks) {
        const bool must = check.level == proto::Level::kMust || check.level == proto::Level::kMustNot;
        if (!must || check.extension || (check.verdict != Verdict::kPass && check.verdict != Verdict::kFail)) continue;
        messages.insert(check.message);
        ++judged;
        right += check.verdict == Verdict::kPass ? 1U : 0U;
        expected += check.excused() ? 1U : 0U;
    }
    std::string text;
    for (const auto message : messages) text += (text.empty() ? "" : " + ") + std::string(proto::short_name(message));
    // Never a bare percentage, and never green for what was not judged.
    text += (text.empty() ? "" : ": ") + std::to_string(right) + " of " + std::to_string(judged) + " MUST";
    const bool part = report::is_part(results);
    if (part) text += ", in part";
    const char* colour = "lightgrey";
    if (results.verdict == Verdict::kFail)
        colour = "red";
    else if (results.verdict == Verdict::kError || results.verdict == Verdict::kInconclusive)
        text = results.complete && results.problem.empty() ? "no verdict" : "incomplete";
    else if (results.verdict == Verdict::kWarn || results.verdict == Verdict::kInfo || expected != 0)
        colour = "yellow";
    else
        colour = part ? "yellowgreen" : "brightgreen";
    nlohmann::ordered_json out;
    out["schemaVersion"] = 1;
    out["label"] = "Remote Write " + results.role;
    out["message"] = text;
    out["color"] = colour;
    return receiver::dump(out) + "\n";
}

}  // namespace prw::conformance
