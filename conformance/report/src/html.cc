#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "escape.h"
#include "html_style.h"
#include "prw/base/text.h"
#include "prw/report/reports.h"
#include "prw/rules/text.h"
#include "view.h"

namespace prw::report {

namespace {

std::string escape(std::string_view text) { return escape_markup(text); }

std::string anchor(const suite::CheckOutcome& check) {
    std::string out = check.id + "-" + std::string(proto::short_name(check.message));
    std::replace(out.begin(), out.end(), '/', '-');
    return escape(out);
}

/// A link to a file beside the report. Whatever the path holds, it stays a path: nothing in it can become a scheme, a
/// host or a query.
std::string file_link(std::string_view path, std::string_view text) {
    const auto href = (path.starts_with("//") ? "." : "") + base::percent_encoded(path);
    return "<a href=\"" + href + "\">" + std::string(text) + "</a>";
}

std::string verdict_cell(suite::Verdict v) {
    return "<span class=\"v " + std::string(name_of(v)) + "\">" + escape(std::string(1, mark_of(v))) + " " +
           std::string(name_of(v)) + "</span>";
}

std::string verdict_cell(const suite::CheckOutcome& check) {
    const auto text = verdict_text(check);
    const auto bare = name_of(check.verdict).size();
    return verdict_cell(check.verdict) + (text.size() > bare ? "<small>" + escape(text.substr(bare)) + "</small>" : "");
}

class Page {
public:
    explicit Page(const suite::Results& results) : r_(results), messages_(messages_of(results)) {}

    std::string run() {
        out_ +=
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
            "content=\"width=device-width, initial-scale=1\">\n<title>";
        out_ += escape(r_.target.name) + ": " + std::string(name_of(r_.verdict)) + " (prw)</title>\n<style>" +
                std::string(kStyle) + "</style>\n</head>\n<body>\n<main>\n";
        head();
        std::string before;
        std::swap(before, out_);
        body();
        std::swap(before, out_);
        jump_links();
        out_ += before;
        out_ += "</main>\n<footer>prw " + escape(r_.tool_version) +
                ", rendered from results.json beside this file. The file needs no network and no "
                "JavaScript.</footer>\n</body>\n</html>\n";
        return std::move(out_);
    }

private:
    void body() {
        problems();
        legend();
        expectations();
        findings("failures", "Failures", {suite::Verdict::kFail, suite::Verdict::kError}, false);
        findings("warnings", "Warnings", {suite::Verdict::kWarn}, false);
        findings("known-failures", "Known failures",
                 {suite::Verdict::kFail, suite::Verdict::kWarn, suite::Verdict::kError}, true);
        flaky();
        unjudged();
        matrix();
        scenarios();
        context();
        ledger();
    }

    void row(std::string_view key, std::string_view value, bool code = false) {
        if (value.empty()) return;
        out_ += "<dt>" + escape(key) + "</dt><dd>" + (code ? "<code>" : "") + escape(value) + (code ? "</code>" : "") +
                "</dd>\n";
    }

    /// Opens a section that a jump link leads to. `number`: how many things are in it.
    void open(const char* id, const std::string& title, std::optional<std::size_t> number = {}) {
        const auto counted = number ? " (" + std::to_string(*number) + ")" : std::string();
        links_ += "<a href=\"#" + std::string(id) + "\">" + title + counted + "</a>\n";
        out_ += "<section id=\"" + std::string(id) + "\">\n<h2>" + title + counted + "</h2>\n";
    }
    void close() { out_ += "</section>\n"; }

    void open_table(std::initializer_list<std::string_view> columns, std::string_view kind = {}) {
        out_ += "<div class=\"table\"><table" +
                (kind.empty() ? std::string() : " class=\"" + std::string(kind) + "\"") + ">\n<thead><tr>";
        for (const auto column : columns) out_ += "<th scope=\"col\">" + std::string(column) + "</th>";
        out_ += "</tr></thead>\n<tbody>\n";
    }
    void close_table() { out_ += "</tbody></table></div>\n"; }

    void head() {
        const auto counts = count(r_);
        out_ += "<div class=\"verdict " + std::string(name_of(r_.verdict)) + "\">\n<h1>Remote Write " +
                escape(r_.role) + ": " + escape(r_.target.name) + "</h1>\n<p><span class=\"word v " +
                std::string(name_of(r_.verdict)) + "\">" + upper(name_of(r_.verdict)) + "</span> &nbsp; " +
                escape(sentence(r_)) + "</p>\n<ul class=\"tally\">\n";
        for (const auto v : {suite::Verdict::kFail, suite::Verdict::kWarn, suite::Verdict::kPass, suite::Verdict::kInfo,
                             suite::Verdict::kInconclusive, suite::Verdict::kNotApplicable, suite::Verdict::kError})
            if (counts[v] != 0 || v == suite::Verdict::kFail || v == suite::Verdict::kPass)
                out_ += "<li><b>" + std::to_string(counts[v]) + "</b> " + std::string(name_of(v)) + "</li>\n";
        if (counts.expected != 0) out_ += "<li><b>" + std::to_string(counts.expected) + "</b> expected</li>\n";
        out_ += "</ul>\n";
        if (!r_.command_line.empty()) out_ += "<p class=\"again\"><code>" + escape(r_.command_line) + "</code></p>\n";
        out_ += "</div>\n";
        if (!r_.problem.empty())
            out_ += "<p class=\"banner\">This run is incomplete: " + escape(r_.problem) +
                    ". What is missing here was not judged.</p>\n";
        else if (!r_.complete)
            out_ +=
                "<p class=\"banner\">This run is incomplete: it was broken off, and what is missing here was not "
                "judged.</p>\n";
    }

    void jump_links() {
        out_ += "<nav>\n" + links_ +
                "</nav>\n<p class=\"printed\">The short form for paper: all checks, scenarios and clauses are in the "
                "file.</p>\n";
    }

    void context() {
        open("context", "Context");
        out_ += "<dl class=\"context\">\n";
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
        row("counts against it", gate_text(r_.fail_on));
        row("run what failed", r_.rerun, true);
        row("run it again", r_.command_line, true);
        row("learn more", r_.learn_more, true);
        row("exit code", std::to_string(r_.exit_code));
        out_ += "</dl>\n";
        close();
    }

    void problems() {
        for (const auto& trouble : troubles(r_)) {
            auto where = trouble.where();
            if (trouble.scenarios.size() == 1) where[0] = 'S';
            const auto& log = trouble.scenarios.front()->target_log;
            out_ += "<p class=\"banner\">" + escape(where) + ": " + escape(trouble.problem) +
                    (trouble.detail.empty() ? "" : "; " + escape(trouble.detail)) +
                    (log.empty() ? "" : " (" + file_link(log, "its output") + ")") + "</p>\n";
        }
    }

    void finding_rows(const rules::Finding& f) {
        row("series", f.series, true);
        row("place", rules::place_text(f));
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
        open("expectations", "Expectations that do not hold");
        open_table({"entry", "check", "what is wrong with it", "the edit to make"}, "cards");
        out_ += rows;
        close_table();
        close();
    }

    void flaky() {
        std::string items;
        for (const auto& check : r_.checks)
            if (!check.runs.empty())
                items += "<li><span class=\"id\">" + escape(check.id) + "</span> " +
                         std::string(proto::short_name(check.message)) + ": " + escape(runs_text(check)) + "</li>\n";
        if (items.empty()) return;
        open("flaky", "Flaky");
        out_ += "<p>The verdict differed between repetitions of one run.</p>\n<ul>\n" + items + "</ul>\n";
        close();
    }

    void findings(const char* id, const char* title, std::initializer_list<suite::Verdict> verdicts, bool excused) {
        std::vector<const suite::CheckOutcome*> shown;
        for (const auto& check : r_.checks)
            if (std::find(verdicts.begin(), verdicts.end(), check.verdict) != verdicts.end() &&
                check.excused() == excused)
                shown.push_back(&check);
        if (shown.empty()) return;
        open(id, title, shown.size());
        for (const auto* check : shown) article(*check);
        close();
    }

    void article(const suite::CheckOutcome& check) {
        out_ += "<article class=\"finding " + std::string(name_of(check.verdict)) + "\" id=\"" + anchor(check) +
                "\">\n<header><h3>" + verdict_cell(check.verdict) + " &nbsp; <span class=\"id\">" + escape(check.id) +
                "</span></h3><span class=\"level\">" + std::string(proto::short_name(check.message)) + " &middot; " +
                escape(level_text(check)) +
                (check.expectation || !check.runs.empty() ? " &middot; " + escape(verdict_text(check)) : "") +
                "</span></header>\n";
        if (!check.summary.empty()) out_ += "<p class=\"summary\">" + escape(check.summary) + "</p>\n";
        if (!check.want.empty())
            out_ += "<div class=\"sides\"><div><b>wanted</b><p>" + escape(check.want) + "</p></div><div><b>got</b><p>" +
                    escape(got_of(check)) + "</p></div></div>\n";
        out_ += "<dl>\n";
        if (check.want.empty()) row("got", got_of(check));
        row("why", softened_text(check));
        for (const auto& id : check.clauses)
            if (const auto* clause = proto::find_clause(id))
                out_ += "<dt>clause</dt><dd>" + escape(clause->summary) + " <a href=\"" + escape(clause->url) +
                        "\"><code>" + escape(clause->id) + "</code></a></dd>\n";
        if (check.expectation) row("known", expectation_text(*check.expectation));
        const auto seen = evidence_text(check);
        const auto scenario = check.scenario.empty() ? "" : "scenario " + check.scenario;
        row("seen in", seen.empty() || scenario.empty() ? seen + scenario : seen + " (" + scenario + ")");
        if (!check.capsule.empty())
            out_ += "<dt>capture</dt><dd>" + file_link(check.capsule, "<code>" + escape(check.capsule) + "</code>") +
                    " <small>prw inspect, prw replay</small></dd>\n";
        row("learn more", "prw explain " + check.id, true);
        out_ += "</dl>\n";
        for (std::size_t i = 0; i < check.findings.size(); ++i) {
            const auto& f = check.findings[i];
            out_ += std::string("<details") + (i == 0 ? " open" : "") + "><summary>" + escape(f.message) +
                    "</summary>\n<dl>\n";
            finding_rows(f);
            out_ += "</dl></details>\n";
        }
        for (const auto& excerpt : check.trace) {
            out_ += "<details class=\"trace\"><summary>request " + std::to_string(excerpt.exchange) +
                    " and its answer</summary>\n";
            for (const auto* text : {&excerpt.request, &excerpt.body, &excerpt.response})
                if (!text->empty()) out_ += "<pre>" + escape(*text) + "</pre>\n";
            out_ += "</details>\n";
        }
        out_ += "</article>\n";
    }

    void unjudged() {
        const auto reasons = unjudged_reasons(r_);
        if (reasons.empty()) return;
        std::size_t all = 0;
        for (const auto& each : reasons) all += each.checks.size();
        open("unjudged", "Could not be judged", all);
        out_ += "<p>" + escape(meaning_of(suite::Verdict::kInconclusive, r_.role)) + "</p>\n";
        for (const auto& each : reasons) {
            out_ += "<details class=\"reason\"><summary><b>" + std::to_string(each.checks.size()) + "</b> " +
                    escape(each.reason) + "</summary><p>";
            for (const auto* check : each.checks)
                out_ += "<span class=\"id\">" + escape(check->id) + "</span> " +
                        std::string(proto::short_name(check->message)) + "<br>";
            out_ += "</p></details>\n";
        }
        close();
    }

    void matrix() {
        std::vector<std::string_view> ids;
        for (const auto& check : r_.checks)
            if (std::find(ids.begin(), ids.end(), check.id) == ids.end()) ids.push_back(check.id);
        open("checks", "Checks", ids.size());
        out_ +=
            "<div class=\"table\"><table class=\"cards\">\n<thead><tr><th scope=\"col\">check</th><th "
            "scope=\"col\">level</th>";
        for (const auto message : messages_)
            out_ += "<th scope=\"col\">" + std::string(proto::short_name(message)) + "</th>";
        out_ += "<th scope=\"col\">what was seen</th></tr></thead>\n<tbody>\n";
        for (const auto& group : groups(r_)) {
            out_ += "<tr class=\"group\"><th scope=\"rowgroup\" colspan=\"" + std::to_string(messages_.size() + 3) +
                    "\">" + escape(title_of(group.name)) + "</th></tr>\n";
            std::vector<std::string> done;
            for (const auto* check : group.checks) {
                if (std::find(done.begin(), done.end(), check->id) != done.end()) continue;
                done.push_back(check->id);
                out_ += "<tr><th scope=\"row\"><span class=\"id\">" + escape(check->id) + "</span><small>" +
                        escape(check->summary) + "</small></th><td class=\"level\">" +
                        escape(rules::level_word(check->level, check->extension)) + "</td>";
                std::string seen;
                for (const auto message : messages_) {
                    const auto found = std::find_if(group.checks.begin(), group.checks.end(), [&](const auto* other) {
                        return other->id == check->id && other->message == message;
                    });
                    matrix_cell(found == group.checks.end() ? nullptr : *found, message);
                    if (found == group.checks.end()) continue;
                    const std::string text =
                        (*found)->verdict == suite::Verdict::kPass ? evidence_text(**found) : (*found)->reason;
                    if (!text.empty() && text != seen) seen += (seen.empty() ? "" : " · ") + text;
                }
                out_ += "<td class=\"seen\">" + escape(seen) + "</td></tr>\n";
            }
        }
        close_table();
        close();
    }

    void matrix_cell(const suite::CheckOutcome* outcome, proto::ProtobufMessage message) {
        out_ += "<td class=\"verdict-of\" data-of=\"" + std::string(proto::short_name(message)) + "\">";
        if (outcome == nullptr)
            out_ += "<span class=\"v none\">&ndash;</span>";
        else if (is_problem(outcome->verdict))
            out_ += "<a href=\"#" + anchor(*outcome) + "\">" + verdict_cell(*outcome) + "</a>";
        else
            out_ += verdict_cell(*outcome);
        out_ += "</td>";
    }

    void scenarios() {
        if (r_.scenarios.empty()) return;
        open("scenarios", "Scenarios", r_.scenarios.size());
        open_table({"scenario", "message", "requests", "series", "samples", "took", "files"}, "cards");
        for (const auto& s : r_.scenarios) {
            const auto cell = [&](std::string_view name, const std::string& value) {
                out_ += "<td data-of=\"" + std::string(name) + "\">" + value + "</td>";
            };
            out_ += "<tr><th scope=\"row\"><b>" + escape(s.name) + "</b> " + escape(s.summary) + "</th>";
            cell("message", std::string(proto::short_name(s.message)));
            cell("requests", std::to_string(s.requests));
            cell("series", std::to_string(s.series));
            cell("samples", std::to_string(s.samples));
            cell("took", duration_text(s.duration_ms));
            cell("files", (s.capture.empty() ? "" : file_link(s.capture, "capture")) +
                              (s.capture.empty() || s.target_log.empty() ? "" : " &middot; ") +
                              (s.target_log.empty() ? "" : file_link(s.target_log, "output")));
            out_ += "</tr>\n";
        }
        close_table();
        close();
    }

    /// Every clause on this role with what this run says about it.
    void ledger() {
        std::map<std::string_view, std::vector<const suite::CheckOutcome*>> judged;
        for (const auto& check : r_.checks)
            for (const auto& id : check.clauses) judged[id].push_back(&check);
        std::vector<const proto::Clause*> clauses;
        const auto other = r_.role == "receiver" ? proto::Party::kSender : proto::Party::kReceiver;
        for (const auto& clause : proto::clauses())
            if (clause.party != other) clauses.push_back(&clause);
        open("clauses", "Clause ledger", clauses.size());
        out_ +=
            "<p>Every sentence on " + escape(r_.role) +
            "s, of both specifications and of practice, and what this run says about it: the worst of what its checks "
            "say.</p>\n";
        totals(clauses, judged);
        out_ += "<details><summary>Show all clauses</summary>";
        open_table({"clause", "level", "in our words", "in this run"}, "cards");
        for (const auto* clause : clauses) {
            out_ += "<tr><th scope=\"row\"><a href=\"" + escape(clause->url) + "\"><code>" + escape(clause->id) +
                    "</code></a></th><td class=\"level\">" +
                    std::string(rules::level_word(clause->level, clause->extension())) + "</td><td>" +
                    escape(clause->summary) + "</td><td>";
            if (const auto found = judged.find(clause->id); found != judged.end()) {
                for (const auto* check : found->second)
                    out_ += verdict_cell(check->verdict) + " <span class=\"level\">" +
                            std::string(proto::short_name(check->message)) + " " + escape(check->id) + "</span><br>";
            } else {
                out_ += "<span class=\"v none\">" + escape(why_not(*clause)) + "</span>";
            }
            out_ += "</td></tr>\n";
        }
        close_table();
        out_ += "</details>\n";
        close();
    }

    /// Of two verdicts on one clause the one that says more against it; what does not apply says nothing.
    static int weight(suite::Verdict verdict) {
        switch (verdict) {
            case suite::Verdict::kNotApplicable:
                return 0;
            case suite::Verdict::kPass:
                return 1;
            case suite::Verdict::kInfo:
                return 2;
            case suite::Verdict::kInconclusive:
                return 3;
            case suite::Verdict::kError:
                return 4;
            case suite::Verdict::kWarn:
                return 5;
            case suite::Verdict::kFail:
                return 6;
        }
        return 0;
    }

    static std::size_t column_of(const proto::Clause& clause) {
        if (clause.extension()) return 3;
        switch (clause.level) {
            case proto::Level::kMust:
            case proto::Level::kMustNot:
                return 0;
            case proto::Level::kShould:
            case proto::Level::kShouldNot:
                return 1;
            case proto::Level::kMay:
                return 2;
        }
        return 2;
    }

    void totals(const std::vector<const proto::Clause*>& clauses,
                const std::map<std::string_view, std::vector<const suite::CheckOutcome*>>& judged) {
        constexpr std::array kRows = {
            suite::Verdict::kPass,         suite::Verdict::kFail,          suite::Verdict::kWarn, suite::Verdict::kInfo,
            suite::Verdict::kInconclusive, suite::Verdict::kNotApplicable, suite::Verdict::kError};
        constexpr std::size_t kColumns = 5;  // MUST, SHOULD, MAY, practice, all
        std::map<std::optional<suite::Verdict>, std::array<std::size_t, kColumns>> numbers;
        std::array<std::size_t, kColumns> all{};
        for (const auto* clause : clauses) {
            std::optional<suite::Verdict> worst;
            if (const auto found = judged.find(clause->id); found != judged.end())
                for (const auto* check : found->second)
                    if (!worst || weight(check->verdict) > weight(*worst)) worst = check->verdict;
            for (const auto column : {column_of(*clause), kColumns - 1}) {
                ++numbers[worst].at(column);
                ++all.at(column);
            }
        }
        open_table({"", "MUST", "SHOULD", "MAY", "practice", "all"}, "totals");
        const auto line = [&](const std::string& name, const std::array<std::size_t, kColumns>& of) {
            out_ += "<tr><th scope=\"row\">" + name + "</th>";
            for (const auto number : of) out_ += "<td>" + std::to_string(number) + "</td>";
            out_ += "</tr>\n";
        };
        for (const auto verdict : kRows)
            if (const auto found = numbers.find(verdict); found != numbers.end())
                line(verdict_cell(verdict), found->second);
        if (const auto found = numbers.find(std::nullopt); found != numbers.end())
            line("<span class=\"v none\">no check in this run</span>", found->second);
        line("<b>all</b>", all);
        close_table();
    }

    [[nodiscard]] std::string why_not(const proto::Clause& clause) const {
        for (const auto& uncovered : rules::uncovered_clauses())
            if (uncovered.clause == clause.id) return std::string(uncovered.reason);
        for (const auto& unjudged : r_.unjudged)
            if (unjudged.clause == clause.id) return std::string(unjudged.reason);
        if (clause.observable == proto::Observable::kNo) return "cannot be observed from outside";
        return "not judged by this run";
    }

    void legend() {
        out_ += "<details class=\"legend\"><summary>What the words mean</summary>\n<dl>\n";
        for (const auto v : {suite::Verdict::kPass, suite::Verdict::kFail, suite::Verdict::kWarn, suite::Verdict::kInfo,
                             suite::Verdict::kNotApplicable, suite::Verdict::kInconclusive, suite::Verdict::kError})
            out_ += "<dt>" + verdict_cell(v) + "</dt><dd>" + escape(meaning_of(v, r_.role)) + "</dd>\n";
        out_ +=
            "<dt>practice</dt><dd>No sentence of the specification: what senders and receivers in use agree "
            "on.</dd>\n</dl>\n</details>\n";
    }

    const suite::Results& r_;
    std::vector<proto::ProtobufMessage> messages_;  ///< those that there are outcomes for
    std::string out_;
    std::string links_;
};

}  // namespace

std::string render_html(const suite::Results& results) { return Page(results).run(); }

}  // namespace prw::report
