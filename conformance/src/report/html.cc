#include <algorithm>
#include <map>

#include "escape.h"
#include "html_style.h"
#include "prw/conformance/checks.h"
#include "prw/conformance/results.h"
#include "prw/receiver/text.h"
#include "view.h"

namespace prw::conformance {

using namespace report;

namespace {

std::string escape(std::string_view text) { return escape_markup(text); }

std::string anchor(const CheckOutcome& check) {
    std::string out = check.id + "-" + std::string(proto::short_name(check.message));
    std::replace(out.begin(), out.end(), '/', '-');
    return escape(out);
}

std::string verdict_cell(Verdict v) {
    return "<span class=\"v " + std::string(name_of(v)) + "\">" + escape(std::string(1, mark_of(v))) + " " +
           std::string(name_of(v)) + "</span>";
}

std::string verdict_cell(const CheckOutcome& check) {
    const auto text = verdict_text(check);
    const auto bare = name_of(check.verdict).size();
    return verdict_cell(check.verdict) + (text.size() > bare ? "<small>" + escape(text.substr(bare)) + "</small>" : "");
}

class Page {
public:
    explicit Page(const Results& results) : r_(results) {}

    std::string run() {
        out_ +=
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
            "content=\"width=device-width, initial-scale=1\">\n<title>";
        out_ += escape(r_.target.name) + ": " + std::string(name_of(r_.verdict)) + " (prw)</title>\n<style>" +
                std::string(kStyle) + "</style>\n</head>\n<body>\n";
        head();
        problems();
        expectations();
        section("Failures", {Verdict::kFail, Verdict::kError}, false);
        section("Warnings", {Verdict::kWarn}, false);
        section("Known failures", {Verdict::kFail, Verdict::kWarn, Verdict::kError}, true);
        flaky();
        matrix();
        scenarios();
        ledger();
        legend();
        out_ += "<footer>prw " + escape(r_.tool_version) +
                ", rendered from results.json beside this file. The file needs no network and no "
                "JavaScript.</footer>\n</body>\n</html>\n";
        return std::move(out_);
    }

private:
    void row(std::string_view key, std::string_view value, bool code = false) {
        if (value.empty()) return;
        out_ += "<dt>" + escape(key) + "</dt><dd>" + (code ? "<code>" : "") + escape(value) + (code ? "</code>" : "") +
                "</dd>\n";
    }

    void head() {
        const auto counts = count(r_);
        out_ += "<main>\n<div class=\"verdict " + std::string(name_of(r_.verdict)) + "\">\n<h1>Remote Write " +
                escape(r_.role) + ": " + escape(r_.target.name) + "</h1>\n<p><span class=\"word v " +
                std::string(name_of(r_.verdict)) + "\">" + upper(name_of(r_.verdict)) + "</span> &nbsp; " +
                escape(sentence(r_)) + "</p>\n<ul class=\"tally\">\n";
        for (const auto v : {Verdict::kFail, Verdict::kWarn, Verdict::kPass, Verdict::kInfo, Verdict::kInconclusive,
                             Verdict::kNotApplicable, Verdict::kError})
            if (counts[v] != 0 || v == Verdict::kFail || v == Verdict::kPass)
                out_ += "<li><b>" + std::to_string(counts[v]) + "</b> " + std::string(name_of(v)) + "</li>\n";
        if (counts.expected != 0) out_ += "<li><b>" + std::to_string(counts.expected) + "</b> expected</li>\n";
        out_ += "</ul>\n</div>\n";
        if (!r_.problem.empty())
            out_ += "<p class=\"banner\">This run is incomplete: " + escape(r_.problem) +
                    ". What is missing here was not judged.</p>\n";
        else if (!r_.complete)
            out_ +=
                "<p class=\"banner\">This run is incomplete: it was broken off, and what is missing here was not "
                "judged.</p>\n";
        out_ += "<h2>Context</h2>\n<dl class=\"context\">\n";
        row("target", r_.target.name + (r_.target.version.empty() ? "" : " " + r_.target.version));
        row("User-Agent", r_.target.user_agent, true);
        row("profile", r_.target.profile, true);
        row("command", r_.target.command, true);
        row("not offered", not_offered_text(r_));
        row("specification", specifications(r_));
        row("message", message_note(r_));
        if (is_part(r_)) {
            row("tested", share_text(r_));
            row("because of", because_text(r_));
            row("not tested", left_out_text(r_, 0));
        }
        row("started", r_.started);
        row("took", duration_text(r_.duration_ms));
        if (r_.repeat != 1) row("repeated", std::to_string(r_.repeat) + " times");
        if (r_.seed) row("seed", std::to_string(*r_.seed));
        row("known failures", r_.expectations, true);
        row("counts from", std::string(name_of(r_.fail_on)));
        row("run what failed", r_.rerun, true);
        row("run it again", r_.command_line, true);
        row("learn more", r_.learn_more, true);
        row("exit code", std::to_string(r_.exit_code));
        out_ += "</dl>\n";
    }

    void problems() {
        for (const auto& trouble : troubles(r_)) {
            auto where = trouble.where();
            if (trouble.scenarios.size() == 1) where[0] = 'S';
            out_ += "<p class=\"banner\">" + escape(where) + ": " + escape(trouble.problem) +
                    (trouble.detail.empty() ? "" : "; " + escape(trouble.detail)) + "</p>\n";
        }
    }

    void finding_rows(const receiver::Finding& f) {
        row("series", f.series, true);
        row("place", receiver::place_text(f));
        if (!f.evidence.empty())
            out_ += "<dt>bytes</dt><dd><pre class=\"bytes\">" + escape(f.evidence) + "</pre></dd>\n";
        row("how to fix it", f.fix);
        if (f.count > 1) row("occurrences", std::to_string(f.count));
    }

    /// Entries of the file of known failures that have to be edited.
    void expectations() {
        std::string rows;
        for (const auto& check : r_.checks) {
            if (!check.expectation || check.expectation->problem.empty()) continue;
            const auto& note = *check.expectation;
            rows += "<tr><th scope=\"row\"><code>" + escape(note.origin) + "</code></th><td class=\"id\">" +
                    escape(check.id) + " " + std::string(proto::short_name(check.message)) + "</td><td>" +
                    escape(note.problem) + "</td><td>" + escape(note.edit) + "</td></tr>\n";
        }
        if (rows.empty()) return;
        out_ +=
            "<h2>Expectations that do not hold</h2>\n<div class=\"table\"><table>\n<thead><tr><th "
            "scope=\"col\">entry</th><th scope=\"col\">check</th><th scope=\"col\">what is wrong with it</th><th "
            "scope=\"col\">the edit to make</th></tr></thead>\n<tbody>\n" +
            rows + "</tbody></table></div>\n";
    }

    void flaky() {
        bool any = false;
        for (const auto& check : r_.checks) {
            if (check.runs.empty()) continue;
            if (!any) out_ += "<h2>Flaky</h2>\n<p>The verdict differed between repetitions of one run.</p>\n<ul>\n";
            any = true;
            out_ += "<li><span class=\"id\">" + escape(check.id) + "</span> " +
                    std::string(proto::short_name(check.message)) + ": " + escape(runs_text(check)) + "</li>\n";
        }
        if (any) out_ += "</ul>\n";
    }

    void section(const char* title, std::initializer_list<Verdict> verdicts, bool excused) {
        bool any = false;
        for (const auto& check : r_.checks) {
            if (std::find(verdicts.begin(), verdicts.end(), check.verdict) == verdicts.end()) continue;
            if (check.excused() != excused) continue;
            if (!any) out_ += "<h2>" + std::string(title) + "</h2>\n";
            any = true;
            out_ += "<article class=\"finding " + std::string(name_of(check.verdict)) + "\" id=\"" + anchor(check) +
                    "\">\n<header><h3>" + verdict_cell(check.verdict) + " &nbsp; <span class=\"id\">" +
                    escape(check.id) + "</span></h3><span class=\"level\">" +
                    std::string(proto::short_name(check.message)) + " &middot; " + escape(level_text(check)) +
                    (check.expectation || !check.runs.empty() ? " &middot; " + escape(verdict_text(check)) : "") +
                    "</span></header>\n<dl>\n";
            for (const auto& id : check.clauses)
                if (const auto* clause = proto::find_clause(id))
                    out_ += "<dt>clause</dt><dd>" + escape(clause->summary) + " <a href=\"" + escape(clause->url) +
                            "\"><code>" + escape(clause->id) + "</code></a></dd>\n";
            if (check.want.empty())
                row("got", got_of(check));
            else
                out_ += "</dl>\n<div class=\"sides\"><div><b>wanted</b><p>" + escape(check.want) +
                        "</p></div><div><b>got</b><p>" + escape(got_of(check)) + "</p></div></div>\n<dl>\n";
            if (check.expectation) row("known", expectation_text(*check.expectation));
            row("seen in", evidence_text(check) + (check.scenario.empty() ? "" : " (scenario " + check.scenario + ")"));
            row("capture", check.capsule, true);
            out_ += "</dl>\n";
            for (std::size_t i = 0; i < check.findings.size(); ++i) {
                const auto& f = check.findings[i];
                out_ += std::string("<details") + (i == 0 ? " open" : "") + "><summary>" + escape(f.message) +
                        "</summary>\n<dl>\n";
                finding_rows(f);
                out_ += "</dl></details>\n";
            }
            out_ += "</article>\n";
        }
    }

    void matrix() {
        out_ +=
            "<h2>Checks</h2>\n<div class=\"table\"><table>\n<thead><tr><th scope=\"col\">check</th><th "
            "scope=\"col\">level</th><th scope=\"col\">1.0</th><th scope=\"col\">2.0</th>"
            "<th scope=\"col\">what was seen</th></tr></thead>\n<tbody>\n";
        for (const auto& group : groups(r_)) {
            out_ += "<tr class=\"group\"><th scope=\"rowgroup\" colspan=\"5\">" + escape(title_of(group.name)) +
                    "</th></tr>\n";
            std::vector<std::string> done;
            for (const auto* check : group.checks) {
                if (std::find(done.begin(), done.end(), check->id) != done.end()) continue;
                done.push_back(check->id);
                const CheckOutcome* by_message[2] = {nullptr, nullptr};
                for (const auto* other : group.checks)
                    if (other->id == check->id) by_message[static_cast<std::size_t>(other->message)] = other;
                out_ += "<tr><th scope=\"row\" class=\"id\" title=\"" + escape(check->summary) + "\">" +
                        escape(check->id) + "</th><td class=\"level\">" +
                        escape(check->extension ? "practice" : proto::name_of(check->level)) + "</td>";
                std::string seen;
                for (const auto* outcome : by_message) {
                    out_ += "<td>";
                    if (outcome == nullptr) {
                        out_ += "<span class=\"v none\">&ndash;</span>";
                    } else if (outcome->verdict == Verdict::kFail || outcome->verdict == Verdict::kWarn ||
                               outcome->verdict == Verdict::kError) {
                        out_ += "<a href=\"#" + anchor(*outcome) + "\">" + verdict_cell(*outcome) + "</a>";
                    } else {
                        out_ += verdict_cell(*outcome);
                    }
                    out_ += "</td>";
                    if (outcome == nullptr) continue;
                    const std::string text =
                        outcome->verdict == Verdict::kPass ? evidence_text(*outcome) : outcome->reason;
                    if (!text.empty() && text != seen) seen += (seen.empty() ? "" : " · ") + text;
                }
                out_ += "<td>" + escape(seen) + "</td></tr>\n";
            }
        }
        out_ += "</tbody></table></div>\n";
    }

    void scenarios() {
        if (r_.scenarios.empty()) return;
        out_ +=
            "<h2>Scenarios</h2>\n<div class=\"table\"><table>\n<thead><tr><th scope=\"col\">scenario</th><th "
            "scope=\"col\">message</th><th scope=\"col\">requests</th><th scope=\"col\">series</th>"
            "<th scope=\"col\">samples</th><th scope=\"col\">took</th><th "
            "scope=\"col\">capture</th></tr></thead>\n<tbody>\n";
        for (const auto& s : r_.scenarios)
            out_ += "<tr><th scope=\"row\"><b>" + escape(s.name) + "</b> " + escape(s.summary) + "</th><td>" +
                    std::string(proto::short_name(s.message)) + "</td><td>" + std::to_string(s.requests) + "</td><td>" +
                    std::to_string(s.series) + "</td><td>" + std::to_string(s.samples) + "</td><td>" +
                    duration_text(s.duration_ms) + "</td><td><code>" + escape(s.capture) + "</code></td></tr>\n";
        out_ += "</tbody></table></div>\n";
    }

    /// Every clause on senders with what this run says about it.
    void ledger() {
        std::map<std::string_view, std::vector<const CheckOutcome*>> judged;
        for (const auto& check : r_.checks)
            for (const auto& id : check.clauses) judged[id].push_back(&check);
        out_ +=
            "<h2>Clause ledger</h2>\n<p>Every sentence on senders, of both specifications and of practice, and what "
            "this run says about it.</p>\n"
            "<details><summary>Show all clauses</summary><div class=\"table\"><table>\n<thead><tr><th "
            "scope=\"col\">clause</th><th scope=\"col\">level</th><th scope=\"col\">in our words</th>"
            "<th scope=\"col\">in this run</th></tr></thead>\n<tbody>\n";
        for (const auto& clause : proto::clauses()) {
            if (clause.party == proto::Party::kReceiver) continue;
            out_ += "<tr><th scope=\"row\"><a href=\"" + escape(clause.url) + "\"><code>" + escape(clause.id) +
                    "</code></a></th><td class=\"level\">" + std::string(proto::name_of(clause.level)) + "</td><td>" +
                    escape(clause.summary) + "</td><td>";
            if (const auto found = judged.find(clause.id); found != judged.end()) {
                for (const auto* check : found->second)
                    out_ += verdict_cell(check->verdict) + " <span class=\"level\">" +
                            std::string(proto::short_name(check->message)) + " " + escape(check->id) + "</span><br>";
            } else {
                out_ += "<span class=\"v none\">" + escape(why_not(clause)) + "</span>";
            }
            out_ += "</td></tr>\n";
        }
        out_ += "</tbody></table></div></details>\n";
    }

    static std::string why_not(const proto::Clause& clause) {
        for (const auto& uncovered : receiver::uncovered_clauses())
            if (uncovered.clause == clause.id) return std::string(uncovered.reason);
        for (const auto& unjudged : unjudged_clauses())
            if (unjudged.clause == clause.id) return std::string(unjudged.reason);
        if (clause.observable == proto::Observable::kNo) return "cannot be observed from outside";
        return "not judged by this run";
    }

    void legend() {
        out_ +=
            "<h2>Legend</h2>\n<div class=\"table\"><table>\n<thead><tr><th scope=\"col\">word</th><th "
            "scope=\"col\">meaning</th></tr></thead><tbody>\n";
        for (const auto v : {Verdict::kPass, Verdict::kFail, Verdict::kWarn, Verdict::kInfo, Verdict::kNotApplicable,
                             Verdict::kInconclusive, Verdict::kError})
            out_ += "<tr><th scope=\"row\">" + verdict_cell(v) + "</th><td>" + escape(meaning_of(v)) + "</td></tr>\n";
        out_ += "</tbody></table></div>\n</main>\n";
    }

    const Results& r_;
    std::string out_;
};

}  // namespace

std::string render_html(const Results& results) { return Page(results).run(); }

}  // namespace prw::conformance
