/// SARIF 2.1.0, as code scanning reads it: one rule a check, one result for each that is not right.
#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

#include "escape.h"
#include "prw/base/text.h"
#include "prw/report/reports.h"
#include "prw/rules/json.h"
#include "prw/rules/text.h"
#include "view.h"

namespace prw::report {

using Json = nlohmann::ordered_json;

namespace {

Json message(std::string_view text) { return {{"text", cut(clean(text), 4000)}}; }

/// error, warning, note or none.
std::string_view sarif_level(suite::Verdict verdict) {
    switch (verdict) {
        case suite::Verdict::kFail:
        case suite::Verdict::kError:
            return "error";
        case suite::Verdict::kWarn:
            return "warning";
        case suite::Verdict::kInfo:
            return "note";
        default:
            return "none";
    }
}

/// The place in the repository that stands for the target. Where none is known, only its name: a made-up file would be
/// nobody's.
Json location(const suite::Results& results) {
    const auto place = place_of(results);
    Json out;
    if (!place.path.empty()) {
        auto encoded = base::percent_encoded(clean(place.path));
        if (encoded.starts_with("/")) encoded = "file://" + encoded;
        out["physicalLocation"] = {{"artifactLocation", {{"uri", encoded}}}, {"region", {{"startLine", place.line}}}};
    }
    out["logicalLocations"] = Json::array({{{"name", cut(clean(results.target.name), 200)}, {"kind", "module"}}});
    return out;
}

Json rule(const suite::CheckOutcome& check) {
    Json out;
    out["id"] = check.id;
    out["shortDescription"] = message(check.summary.empty() ? check.id : check.summary);
    if (!check.clauses.empty()) {
        if (const auto* clause = proto::find_clause(check.clauses.front())) {
            out["fullDescription"] = message(clause->summary);
            out["helpUri"] = clause->url;
        }
    }
    std::string help = "prw explain " + check.id;
    if (!check.findings.empty() && !check.findings.front().fix.empty()) help = check.findings.front().fix + "\n" + help;
    out["help"] = message(help);
    const bool soft = check.level == proto::Level::kShould || check.level == proto::Level::kShouldNot;
    out["defaultConfiguration"] = {{"level", check.level == proto::Level::kMay ? "note" : soft ? "warning" : "error"}};
    out["properties"] = {{"tags", {std::string("remote-write"), std::string(proto::name_of(check.level))}},
                         {"clauses", check.clauses}};
    return out;
}

Json result(const suite::Results& results, const suite::CheckOutcome& check, std::size_t index) {
    Json out;
    out["ruleId"] = check.id;
    out["ruleIndex"] = index;
    const bool open = check.verdict == suite::Verdict::kInconclusive;
    const bool broken_entry = check.expectation && !check.expectation->problem.empty();
    out["kind"] = broken_entry || is_problem(check.verdict) ? "fail" : open ? "open" : "informational";
    out["level"] = broken_entry                ? "error"
                   : is_problem(check.verdict) ? std::string(sarif_level(check.verdict))
                                               : "none";
    std::string text = std::string(proto::short_name(check.message)) + ": ";
    if (broken_entry) {
        text += check.expectation->problem + ". " + check.expectation->edit;
    } else {
        if (!check.want.empty()) text += "wanted " + check.want + "; got ";
        text += got_of(check);
        if (!check.findings.empty() && check.findings.front().message != check.got)
            text += "\n" + check.findings.front().message;
    }
    out["message"] = message(text);
    out["locations"] = Json::array({location(results)});
    out["partialFingerprints"] = {{"check/v1", cut(clean(results.target.name), 200) + "|" + check.id + "|" +
                                                   std::string(proto::short_name(check.message))}};
    if (check.excused())
        out["suppressions"] = Json::array(
            {{{"kind", "external"}, {"status", "accepted"}, {"justification", expectation_text(*check.expectation)}}});
    Json properties;
    properties["protobuf_message"] = proto::short_name(check.message);
    properties["level"] = proto::name_of(check.level);
    properties["verdict"] = name_of(check.verdict);
    if (!check.runs.empty()) properties["runs"] = runs_text(check);
    if (!check.capsule.empty()) properties["capsule"] = check.capsule;
    if (!check.findings.empty()) properties["finding"] = rules::to_json(check.findings.front());
    out["properties"] = std::move(properties);
    return out;
}

}  // namespace

std::string render_sarif(const suite::Results& results) {
    Json rules = Json::array(), list = Json::array();
    std::vector<std::string> ids;
    for (const auto& check : results.checks) {
        const bool silent = check.verdict == suite::Verdict::kPass || check.verdict == suite::Verdict::kNotApplicable;
        if (silent && (!check.expectation || check.expectation->problem.empty())) continue;
        auto at = std::find(ids.begin(), ids.end(), check.id);
        if (at == ids.end()) {
            rules.push_back(rule(check));
            at = ids.insert(ids.end(), check.id);
        }
        list.push_back(result(results, check, static_cast<std::size_t>(at - ids.begin())));
    }
    Json invocation;
    const auto gap = run_gap(results);
    invocation["executionSuccessful"] = gap.empty() && results.verdict != suite::Verdict::kError;
    invocation["exitCode"] = results.exit_code;
    if (!results.command_line.empty()) invocation["commandLine"] = results.command_line;
    if (!results.started.empty()) invocation["startTimeUtc"] = results.started;
    Json notifications = Json::array();
    if (!gap.empty()) notifications.push_back({{"level", "error"}, {"message", message(gap)}});
    if (const auto part = part_text(results); !part.empty())
        notifications.push_back({{"level", "note"}, {"message", message(part)}});
    if (!notifications.empty()) invocation["toolExecutionNotifications"] = std::move(notifications);
    Json driver = {{"name", "prw"}};
    if (!results.tool_version.empty()) driver["version"] = results.tool_version;
    driver["rules"] = std::move(rules);
    Json run;
    run["tool"] = {{"driver", std::move(driver)}};
    run["invocations"] = Json::array({std::move(invocation)});
    run["automationDetails"] = {{"id", "prw/" + results.role + "/" + cut(clean(results.target.name), 200)}};
    run["results"] = std::move(list);
    Json out;
    out["$schema"] = "https://json.schemastore.org/sarif-2.1.0.json";
    out["version"] = "2.1.0";
    out["runs"] = Json::array({std::move(run)});
    return rules::dump(out) + "\n";
}

}  // namespace prw::report
