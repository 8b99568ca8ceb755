#include <algorithm>
#include <filesystem>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "prw/report/reports.h"
#include "report_sample.h"
#include "support.h"

namespace prw::report {
namespace {

using prw::testing::golden;
using prw::testing::TempDir;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const std::filesystem::path kGolden = prw::testing::source_dir() / "conformance/report/tests/golden";

TEST(Verdict, RanksAFailAboveWhatCouldNotBeJudged) {
    struct Row {
        std::vector<suite::Verdict> checks;
        bool complete, count_warnings;
        suite::Verdict verdict;
        int exit_code;
    };
    const Row rows[] = {
        {{}, true, false, suite::Verdict::kInconclusive, 4},
        {{suite::Verdict::kPass}, true, false, suite::Verdict::kPass, 0},
        {{suite::Verdict::kPass, suite::Verdict::kWarn}, true, false, suite::Verdict::kPass, 0},
        {{suite::Verdict::kPass, suite::Verdict::kWarn}, true, true, suite::Verdict::kWarn, 3},
        {{suite::Verdict::kPass, suite::Verdict::kInconclusive}, true, false, suite::Verdict::kPass, 0},
        {{suite::Verdict::kInconclusive, suite::Verdict::kNotApplicable, suite::Verdict::kInfo},
         true,
         false,
         suite::Verdict::kInconclusive,
         4},
        {{suite::Verdict::kPass, suite::Verdict::kError}, true, false, suite::Verdict::kError, 4},
        {{suite::Verdict::kPass, suite::Verdict::kError, suite::Verdict::kFail}, true, false, suite::Verdict::kFail, 1},
        {{suite::Verdict::kPass}, false, false, suite::Verdict::kInconclusive, 4},
        // Nothing else was selected: what was seen is the verdict, and counts where it is asked to.
        {{suite::Verdict::kWarn}, true, false, suite::Verdict::kWarn, 0},
        {{suite::Verdict::kWarn}, true, true, suite::Verdict::kWarn, 3},
        {{suite::Verdict::kInfo, suite::Verdict::kNotApplicable}, true, false, suite::Verdict::kInfo, 0},
        {{suite::Verdict::kInfo, suite::Verdict::kWarn}, true, false, suite::Verdict::kWarn, 0},
        {{suite::Verdict::kWarn, suite::Verdict::kInconclusive}, true, false, suite::Verdict::kInconclusive, 4},
        {{suite::Verdict::kFail}, false, false, suite::Verdict::kFail, 1},
    };
    for (const auto& row : rows) {
        suite::Results r;
        r.complete = row.complete;
        for (const auto v : row.checks) {
            r.checks.emplace_back();
            r.checks.back().id = "sender/a/" + std::to_string(r.checks.size());
            r.checks.back().verdict = v;
        }
        suite::conclude(r, row.count_warnings);
        EXPECT_EQ(r.verdict, row.verdict) << name_of(r.verdict);
        EXPECT_EQ(r.exit_code, row.exit_code);
    }
}

TEST(Verdict, WarningUnderOneMessageIsOneThoughTheOtherCouldNotBeJudged) {
    suite::Results r;
    r.complete = true;
    r.checks.resize(2);
    for (auto& check : r.checks) check.id = "sender/a/b";
    r.checks[0].verdict = suite::Verdict::kWarn;
    r.checks[1].verdict = suite::Verdict::kInconclusive;
    suite::conclude(r);
    EXPECT_EQ(name_of(r.verdict), "warn");
    EXPECT_EQ(r.exit_code, 0);
}

TEST(Verdict, WhatWasNotAskedForIsNoPassOfWhatWas) {
    using proto::ProtobufMessage;
    struct Row {
        std::vector<ProtobufMessage> asked, sent;
        int exit_code;
    };
    const auto v1 = ProtobufMessage::kV1, v2 = ProtobufMessage::kV2;
    for (const auto& row : std::vector<Row>{{{v2}, {v1}, 4},
                                            {{v1, v2}, {v1}, 4},
                                            {{v2}, {v1, v2}, 0},
                                            {{v1}, {v1}, 0},
                                            {{}, {v1}, 0},
                                            {{v2}, {}, 0}}) {
        suite::Results r;
        r.complete = true;
        r.asked = row.asked;
        r.sent = row.sent;
        r.scenarios.resize(1);
        r.scenarios[0].requests = 3;
        r.checks.resize(1);
        r.checks[0].id = "sender/a/b";
        r.checks[0].verdict = suite::Verdict::kPass;
        suite::conclude(r);
        EXPECT_EQ(r.exit_code, row.exit_code);
        const auto text = render_terminal(r, {});
        const bool said = text.find("no verdict: asked for 2.0, it sent nothing but 1.0") != std::string::npos;
        EXPECT_EQ(said, row.exit_code != 0) << text;
        const bool chosen =
            text.find("no message was asked for: what it sent, 1.0, is what was judged") != std::string::npos;
        EXPECT_EQ(chosen, row.asked.empty()) << text;
    }
}

/// A text without its line breaks: what is said, however it is wrapped.
std::string unwrapped(const std::string& text) {
    std::string out;
    for (const char c : text)
        if (c == '\n')
            out += ' ';
        else if (c != ' ' || out.empty() || out.back() != ' ')
            out += c;
    return out;
}

TEST(Part, IsCalledOneWhereverItsVerdictStands) {
    auto r = sample_of_a_part();
    suite::conclude(r);
    EXPECT_EQ(r.exit_code, 0);
    const char* const kVerdict = "conforms in what was tested: 1 of 3 scenarios, 5 of 11 checks; not tested: retries, ";
    for (const auto format : {ReportFormat::kText, ReportFormat::kHtml, ReportFormat::kMarkdown, ReportFormat::kGithub})
        EXPECT_THAT(unwrapped(render(r, format)), HasSubstr(kVerdict)) << name_of(format);
    EXPECT_THAT(render(r, ReportFormat::kJunit),
                HasSubstr("retries (2), redirects (1), outages (1), labels (1 of 3) and stale markers (1 of 2)"));
    for (const auto format : {ReportFormat::kText, ReportFormat::kHtml, ReportFormat::kMarkdown, ReportFormat::kJunit,
                              ReportFormat::kTap, ReportFormat::kSarif, ReportFormat::kNdjson}) {
        EXPECT_THAT(render(r, format), HasSubstr("1 of 3 scenarios, 5 of 11 checks")) << name_of(format);
        EXPECT_THAT(render(r, format), HasSubstr("--scenario steady")) << name_of(format);
    }
    EXPECT_THAT(render_badge(r), AllOf(HasSubstr(", in part\""), HasSubstr("\"yellowgreen\"")));
    // What came beside what was asked for is no share of it.
    r.asked = {proto::ProtobufMessage::kV1};
    EXPECT_THAT(render_tap(r), HasSubstr("1 of 3 scenarios, 3 of 9 checks"));
    r.coverage.emplace();
    EXPECT_THAT(render_badge(r), AllOf(Not(HasSubstr("part")), HasSubstr("\"brightgreen\"")));
    for (int i = 0; i < kReportFormats; ++i)
        EXPECT_THAT(render(r, static_cast<ReportFormat>(i)), Not(HasSubstr("in part"))) << i;
    r = sample_of_a_part();
    suite::conclude(r);
    const auto text = render_terminal(r, {});
    EXPECT_EQ(text, golden(kGolden / "part-terminal-80.txt", text));
}

TEST(Part, OfAFailureOrAnInterruptedRunIsSaidToo) {
    auto r = sample_of_a_part();
    r.checks[0].verdict = suite::Verdict::kFail;
    suite::conclude(r);
    EXPECT_THAT(unwrapped(render_terminal(r, {})),
                HasSubstr("does not conform: 1 check fails, 1 warning; tested: 1 of 3 scenarios"));
    r = sample_of_a_part();
    r.complete = false;
    r.problem = "the budget of 30s was used up";
    suite::conclude(r);
    const auto text = unwrapped(render_terminal(r, {}));
    EXPECT_THAT(text, HasSubstr("no verdict: the budget of 30s was used up before it was complete"));
    EXPECT_THAT(text, HasSubstr("INCOMPLETE the budget of 30s was used up; what is missing here was not judged"));
    EXPECT_THAT(text, Not(HasSubstr("broken off")));
}

TEST(Part, JoinsOthersToTheWhole) {
    const auto v1 = proto::ProtobufMessage::kV1;
    const auto of = [&](const char* tried, const char* left, const char* played, const char* other) {
        suite::Results r;
        r.target.name = "x";
        r.complete = true;
        r.checks = {suite::CheckOutcome{}};
        r.checks[0].id = tried;
        r.checks[0].verdict = suite::Verdict::kPass;
        r.scenarios.resize(1);
        r.scenarios[0].name = played;
        r.coverage.emplace();
        r.coverage->because = {std::string("--scenario ") + played};
        r.coverage->checks = {{left, v1}, {"sender/c/never", v1}};
        r.coverage->scenarios = {{other, v1}, {"slow-receiver", v1}};
        return r;
    };
    const auto merged = suite::merge(
        {of("sender/a/x", "sender/b/y", "steady", "4xx"), of("sender/b/y", "sender/a/x", "4xx", "steady")});
    ASSERT_TRUE(merged);
    ASSERT_TRUE(merged->coverage);
    EXPECT_EQ(merged->coverage->checks, (suite::Coverage::Missing{{"sender/c/never", v1}}));
    EXPECT_EQ(merged->coverage->scenarios, (suite::Coverage::Missing{{"slow-receiver", v1}}));
    auto unknown = of("sender/b/y", "sender/a/x", "4xx", "steady");
    unknown.coverage.reset();
    EXPECT_FALSE(suite::merge({of("sender/a/x", "sender/b/y", "steady", "4xx"), unknown})->coverage)
        << "of a file that does not say it nothing is known";
}

TEST(Report, JsonIsAsPublished) {
    auto r = sample();
    suite::conclude(r, false);
    const auto json = to_json(r);
    EXPECT_EQ(json, golden(kGolden / "results.json", json));
}

TEST(Report, JsonReadsBackToTheSame) {
    auto listed = sample_with_expectations();
    listed.rerun = "prw test sender --run x";
    listed.target.file = "tools/x.py";
    auto cut = sample_of_a_part();
    cut.scenarios[0].ended = false;
    auto whole = sample();
    whole.coverage.emplace();
    for (auto* r : {&listed, &cut, &whole}) {
        suite::conclude(*r);
        const auto json = to_json(*r);
        const auto back = results_from_json(json);
        ASSERT_TRUE(back) << back.error().text();
        EXPECT_EQ(to_json(*back), json);
    }
}

TEST(Report, JsonOfTheFirstSchemaIsStillRead) {
    auto json = to_json(sample());
    for (const auto& [now, then] :
         {std::pair<std::string, std::string>{"\"schema_version\": 2", "\"schema_version\": 1"},
          {"  \"asked\": [],\n", ""},
          {"  \"sent\": [],\n", ""}}) {
        const auto at = json.find(now);
        ASSERT_NE(at, std::string::npos) << now;
        json.replace(at, now.size(), then);
    }
    const auto back = results_from_json(json);
    ASSERT_TRUE(back) << back.error().text();
    EXPECT_FALSE(back->coverage) << "not known, which is not the same as whole";
}

TEST(Report, JsonThatIsNoneIsRefusedWithTheCause) {
    struct Row {
        const char *text, *says;
    };
    for (const auto& row : std::vector<Row>{{"{", "it is no JSON (at line 1, column 2: "},
                                            {"", "it is empty"},
                                            {" \n", "it is empty"},
                                            {"<html>", "it is no JSON (at line 1, column 1: "},
                                            {"[]", "it is JSON, but has no schema_version"},
                                            {"{\"name\": \"x\"}", "it is JSON, but has no schema_version"},
                                            {"{\"schema_version\": 7}", "schema_version 7; this prw reads 2"},
                                            {"{\"schema_version\": \"2\"}", "type must be number"},
                                            {"{\"schema_version\": 2}", "key 'tool' not found"}}) {
        const auto said = results_from_json(row.text).error().text();
        EXPECT_THAT(said, HasSubstr(row.says)) << row.text;
        EXPECT_THAT(said, Not(HasSubstr("json.exception"))) << row.text;
    }
}

TEST(Report, TextThatIsNotUtf8DoesNotBreakTheJson) {
    auto r = sample();
    r.checks[0].findings[0].series = "up{a=\"\xff\xfe\"}";
    EXPECT_TRUE(results_from_json(to_json(r)));
}

TEST(Report, TerminalAtEightyColumns) {
    auto r = sample();
    suite::conclude(r, false);
    r.rerun = "prw test sender --profile my-agent.yaml --run sender/labels/sorted";
    const auto text = render_terminal(r, {.report = ".prw/last/report.html",
                                          .folder = ".prw/last",
                                          .next = "prw test sender -- ./your-sender",
                                          .next_note = "its environment has PRW_REMOTE_WRITE_URL"});
    EXPECT_EQ(text, golden(kGolden / "terminal-80.txt", text));
    EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> out;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) out.push_back(line);
    return out;
}

/// A command stays on one line, so that it can be pasted; a capsule's path belongs to one.
bool is_command(const std::string& line) {
    return line.find("prw ") != std::string::npos || line.starts_with("report ");
}

TEST(Report, TheLastScreenOfATerminalSaysWhatIsWrongAndWhatToDo) {
    constexpr std::size_t kScreen = 23;  // the prompt takes one of 24
    struct Row {
        std::size_t fails, open;
    };
    for (const auto& [fails, open] : {Row{0, 0}, Row{1, 3}, Row{5, 60}, Row{40, 200}}) {
        auto r = sample_of_many(fails, open, 20);
        suite::conclude(r);
        const auto lines =
            lines_of(render_terminal(r, {.report = ".prw/last/report.html", .next = "prw test sender -- ./mine"}));
        std::vector<std::string> screen(lines.end() - static_cast<std::ptrdiff_t>(std::min(kScreen, lines.size())),
                                        lines.end());
        const auto at = [&](std::string_view front) {
            const auto found = std::find_if(screen.begin(), screen.end(),
                                            [&](const std::string& line) { return line.starts_with(front); });
            EXPECT_NE(found, screen.end()) << front << " with " << fails << " failures";
            return found - screen.begin();
        };
        EXPECT_LT(at("  x sender/labels/sorted"), at("Summary   "));
        EXPECT_LT(at("Summary   "), at("again     prw test sender"));
        EXPECT_LT(at("again     "), at("explain   prw explain sender/"));
        EXPECT_LT(at("explain   "), at("FAIL   my-agent does not conform"));
        EXPECT_THAT(screen.back(), ::testing::EndsWith("exit 1"));
    }
}

TEST(Report, TheTerminalTellsWhatMattersMostLast) {
    auto r = sample_of_many(2, 7, 3);
    suite::conclude(r);
    const auto text = render_terminal(r, {});
    std::size_t before = 0;
    for (const char* part :
         {"\nObserved\n", "\nCould not be judged (8)\n", "  E scenario retry-5xx", "\nLabels ", "\nRetry ",
          "\nNot right (details above)\n", "\nSummary   ", "\nagain     ", "\nFAIL   "}) {
        const auto at = text.find(part);
        ASSERT_NE(at, std::string::npos) << part << "\n" << text;
        EXPECT_GT(at + 1, before) << part;
        before = at;
    }
    EXPECT_THAT(text, HasSubstr("\n  ?   3  no request with samples was answered in the way number 0 that this\n"
                                "         needs to be seen (open/check-0, …)\n"));
}

TEST(Report, NoLineIsWiderThanTheTerminal) {
    for (const auto& results : {sample(), sample_with_expectations(), sample_of_many(30, 100, 30)}) {
        for (const int width : {60, 80, 100, 120, 500}) {
            for (const bool verbose : {false, true}) {
                for (const bool whole : {false, true}) {
                    auto r = results;
                    r.complete = whole;
                    suite::conclude(r);
                    const auto text = render_terminal(r, {.width = width, .verbose = verbose, .report = "report.html"});
                    for (const auto& line : lines_of(text)) {
                        if (is_command(line) || line.find("https://") != std::string::npos) continue;
                        EXPECT_LE(line.size(), static_cast<std::size_t>(std::min(width, 120))) << line;
                    }
                }
            }
        }
    }
}

TEST(Report, AWarningAboutAMustSaysWhyItIsNone) {
    struct Row {
        proto::Level level;
        bool extension;
        const char* rule;
        const char* why;
    };
    for (const Row& row : {
             Row{proto::Level::kMust, false, "labels/sorted", "a known deviation, which receivers are used to"},
             Row{proto::Level::kMustNot, false, "sender/retry/backoff", "observed from outside only"},
             Row{proto::Level::kShould, false, "labels/sorted", nullptr},
             Row{proto::Level::kMust, true, "labels/sorted", nullptr},
         }) {
        auto r = sample();
        r.checks.resize(2);  // the second one passes
        r.scenarios.clear();
        auto& check = r.checks[0];
        check.id = "sender/retry/backoff";
        check.verdict = suite::Verdict::kWarn;
        check.level = row.level;
        check.extension = row.extension;
        check.findings[0].rule = row.rule;
        for (const auto& text :
             {render_terminal(r, {.width = 120}), render_html(r), render_markdown(r), render_junit(r)}) {
            if (row.why != nullptr)
                EXPECT_THAT(text, HasSubstr(row.why));
            else
                EXPECT_THAT(text, Not(HasSubstr("though the clause is a MUST")));
        }
        suite::conclude(r, true);
        const auto verdict = render_terminal(r, {});
        EXPECT_EQ(verdict.find("conforms to every MUST") == std::string::npos, row.why != nullptr) << verdict;
    }
}

TEST(Report, OneIsNotSaidInThePlural) {
    struct Row {
        const char* name;
        std::int64_t value;
        const char* text;
    };
    for (const Row& row :
         {Row{"requests", 1, "1 request"}, Row{"requests", 0, "0 requests"},
          Row{"refused samples", 1, "1 refused sample"}, Row{"series", 1, "1 series"},
          Row{"requests concerned", 1, "1 request concerned"}, Row{"retries", 1, "1 retry"},
          Row{"requests to the configured path and query", 1, "1 request to the configured path and query"},
          Row{"samples with explicit timestamps", 1, "1 sample with explicit timestamps"},
          Row{"start timestamps", 1, "1 start timestamp"}, Row{"sent again", 1, "1 sent again"},
          Row{"wait, ms", 100, "100 ms wait"}, Row{"longest delay, µs", 1, "1 µs longest delay"}}) {
        auto r = sample();
        r.checks.resize(1);
        r.checks[0].evidence = {{row.name, row.value}};
        EXPECT_THAT(render_terminal(r, {}), HasSubstr("    seen    " + std::string(row.text) + "\n"));
    }
}

/// README.md shows the beginning of a failure and the last lines of a real run, vmagent 1.79 under its shipped profile.
/// PRW_UPDATE_GOLDEN=1 puts what it would print now into the page.
TEST(Report, TheReadmeShowsWhatARunPrints) {
    const auto results =
        read_results((prw::testing::source_dir() / "conformance/report/tests/data/vmagent-results.json").string());
    ASSERT_TRUE(results) << results.error().text();
    const auto text = render_terminal(*results, {.report = ".prw/last/report.html", .folder = ".prw/last"});
    const auto from_line = [&](std::string_view front) {
        const auto at = text.find("\n" + std::string(front));
        EXPECT_NE(at, std::string::npos) << front;
        return at + 1;
    };
    const auto failure = from_line("Retry "), next = from_line("  x sender/retry/once-after-401");
    const auto shown =
        "```text\n" + text.substr(failure, next - failure) + "…\n\n" + text.substr(from_line("Not right")) + "```\n";

    const auto page = prw::testing::source_dir() / "README.md";
    const auto readme = prw::testing::read_file(page);
    const std::string marker = "<!-- what a run prints: written by conformance/report/tests/report_test.cc -->\n";
    const auto begin = readme.find(marker);
    ASSERT_NE(begin, std::string::npos);
    const auto after = begin + marker.size();
    const auto end = readme.find("```\n", readme.find('\n', after)) + 4;
    const auto wanted = readme.substr(0, after) + shown + readme.substr(end);
    EXPECT_EQ(wanted, golden(page, wanted));
}

TEST(Report, TerminalVerboseInColour) {
    auto r = sample();
    r.complete = false;
    suite::conclude(r, false);
    const auto text = render_terminal(r, {.colour = true, .width = 120, .verbose = true});
    EXPECT_EQ(text, golden(kGolden / "terminal-120-colour.txt", text));
}

TEST(Report, HtmlStandsAlone) {
    auto r = sample();
    r.complete = false;
    suite::conclude(r, false);
    const auto html = render_html(r);
    EXPECT_EQ(html, golden(kGolden / "report.html", html));
    for (const char* resource : {"<script", "src=", "@import", "url(", "<link"})
        EXPECT_THAT(html, Not(HasSubstr(resource)));
    EXPECT_THAT(html, Not(HasSubstr("<b>&\\")));  // text of a sender never becomes markup
    EXPECT_THAT(html, HasSubstr("This run is incomplete"));
}

TEST(Report, HtmlShowsWhatIsWrongFirstAndLinksToAllThatProvesIt) {
    auto r = sample();
    suite::conclude(r);
    const auto html = render_html(r);
    std::size_t before = 0;
    for (const char* part : {"<h1>", "<code>prw test sender --profile my-agent.yaml</code>", "<nav>",
                             "What the words mean", "<section id=\"failures\">", "<section id=\"warnings\">",
                             "<section id=\"unjudged\">", "<section id=\"checks\">", "<section id=\"scenarios\">",
                             "<section id=\"context\">", "<section id=\"clauses\">"}) {
        const auto at = html.find(part);
        ASSERT_NE(at, std::string::npos) << part;
        EXPECT_GT(at, before) << part;
        before = at;
    }
    for (const char* part :
         {"<a href=\"#failures\">Failures (2)</a>", "<a href=\"#clauses\">Clause ledger (",
          "<a href=\"capsules/sender--labels--sorted-1.0.prwcap\">", "<a href=\"steady-1.0.prwcap\">capture</a>",
          "<a href=\"retry-5xx-1.0.log\">output</a>", "<summary>request 1 and its answer</summary>",
          "<pre>POST /api/v1/write HTTP/1.1\nUser-Agent: my-agent/1.2\n</pre>", "<small>Summary of the check.</small>",
          "<th scope=\"col\">practice</th><th scope=\"col\">all</th>",
          "<dt>counts against it</dt><dd>a broken MUST</dd>", "@media print", "prefers-color-scheme: dark"})
        EXPECT_THAT(html, HasSubstr(part));
}

TEST(Report, HtmlHasNoColumnForAMessageThatWasNotRun) {
    auto r = sample();
    EXPECT_THAT(render_html(r), HasSubstr("<th scope=\"col\">1.0</th><th scope=\"col\">2.0</th>"));
    std::erase_if(r.checks, [](const auto& check) { return check.message == proto::ProtobufMessage::kV2; });
    EXPECT_THAT(render_html(r), Not(HasSubstr("<th scope=\"col\">2.0</th>")));
    EXPECT_THAT(render_markdown(r), HasSubstr("| check | level | 1.0 |\n"));
}

TEST(Report, ALinkOfHtmlStaysAPath) {
    struct Row {
        const char *path, *href;
    };
    for (const Row& row : {Row{"capsules/a--b-1.0.prwcap", "capsules/a--b-1.0.prwcap"},
                           Row{"javascript:alert(1)", "javascript%3Aalert%281%29"},
                           Row{"//example.org/x", ".//example.org/x"}, Row{"a b\"c?d#e", "a%20b%22c%3Fd%23e"}}) {
        auto r = sample();
        r.checks[0].capsule = row.path;
        EXPECT_THAT(render_html(r), HasSubstr("<a href=\"" + std::string(row.href) + "\"><code>"));
    }
}

TEST(Report, TheLedgerOfHtmlAddsUp) {
    const auto html = render_html(sample());
    std::size_t clauses = 0;
    for (const auto& clause : proto::clauses()) clauses += clause.party != proto::Party::kReceiver ? 1U : 0U;
    EXPECT_THAT(html, HasSubstr("Clause ledger (" + std::to_string(clauses) + ")"));
    const auto row = html.find("<th scope=\"row\"><b>all</b></th>");
    ASSERT_NE(row, std::string::npos);
    const auto line = html.substr(row, html.find('\n', row) - row);
    EXPECT_THAT(line, ::testing::EndsWith("<td>" + std::to_string(clauses) + "</td></tr>"));
}

TEST(Report, WritesTheDefaultFilesOrSaysWhyNot) {
    const TempDir dir;
    const auto r = sample();
    ASSERT_TRUE(write_reports(r, dir.file("a/b")));
    EXPECT_EQ(prw::testing::read_file(dir.file("a/b/results.json")), to_json(r));
    EXPECT_EQ(prw::testing::read_file(dir.file("a/b/report.html")), render_html(r));
    EXPECT_EQ(prw::testing::read_file(dir.file("a/b/junit.xml")), render_junit(r));

    prw::testing::write_file(dir.file("file"), "");
    const auto done = write_reports(r, dir.file("file/under"));
    ASSERT_FALSE(done);
    EXPECT_THAT(done.error().text(), HasSubstr("cannot create the report's folder"));
}

TEST(Report, OneThatCannotBeWrittenDoesNotStopTheOthers) {
    const TempDir dir;
    const auto r = sample();
    prw::testing::write_file(dir.file("file"), "");
    const auto done = write_reports(
        r, {{ReportFormat::kTap, dir.file("file/x.tap")}, {ReportFormat::kBadge, dir.file("c/badge.json")}},
        dir.path().string());
    ASSERT_FALSE(done);
    EXPECT_THAT(done.error().text(), HasSubstr("file: cannot create the report's folder"));
    EXPECT_EQ(prw::testing::read_file(dir.file("c/badge.json")), render_badge(r));
}

TEST(Report, EveryFormatIsAsPublished) {
    auto r = sample();
    suite::conclude(r);
    auto listed = sample_with_expectations();
    suite::conclude(listed);
    suite::Results nothing;
    nothing.role = "sender";
    nothing.tool_version = "0.1.0";
    nothing.target.name = "my-agent";
    nothing.problem = "my-agent is not on this machine";
    suite::conclude(nothing);
    for (const auto format : {ReportFormat::kJunit, ReportFormat::kMarkdown, ReportFormat::kTap, ReportFormat::kSarif,
                              ReportFormat::kBadge, ReportFormat::kNdjson, ReportFormat::kGithub}) {
        const std::string file(file_name_of(format));
        EXPECT_EQ(render(r, format), golden(kGolden / file, render(r, format)));
        EXPECT_EQ(render(listed, format), golden(kGolden / ("expectations-" + file), render(listed, format)));
        EXPECT_EQ(render(nothing, format), golden(kGolden / ("nothing-" + file), render(nothing, format)));
    }
    const auto json = to_json(listed);
    EXPECT_EQ(json, golden(kGolden / "expectations-results.json", json));
    const auto text = render_terminal(listed, {.report = ".prw/last/report.html", .folder = ".prw/last"});
    EXPECT_EQ(text, golden(kGolden / "expectations-terminal-80.txt", text));
    // Not the whole page again: its ledger changes with every clause that gets a check.
    for (const char* part :
         {"<h2>Expectations that do not hold</h2>", "known.yaml:4: remove the entry (lines 4 to 8)",
          "<h2>Known failures (1)</h2>", "fail (expected)", "<h2>Flaky</h2>", "pass 2 times, warn once"})
        EXPECT_THAT(render_html(listed), HasSubstr(part));
}

TEST(Report, TextOfAPeerNeverBecomesMarkupOrAControlCode) {
    auto r = sample_with_hostile_text();
    suite::conclude(r);
    for (int i = 0; i < kReportFormats; ++i) {
        const auto format = static_cast<ReportFormat>(i);
        const auto text = render(r, format);
        for (const char* bad : {"\x1b", "\x07", "\xff", "\xc2\x9b", "\xe2\x80\xae"}) {
            // JSON carries what came, escaped by its own rules; it is data, not a page.
            if (format == ReportFormat::kJson && (bad[0] == '\xc2' || bad[0] == '\xe2')) continue;
            if (format == ReportFormat::kSarif && (bad[0] == '\xc2' || bad[0] == '\xe2')) continue;
            if (format == ReportFormat::kNdjson && (bad[0] == '\xc2' || bad[0] == '\xe2')) continue;
            EXPECT_THAT(text, Not(HasSubstr(bad))) << name_of(format);
        }
        EXPECT_EQ(text.find('\0'), std::string::npos) << name_of(format);
    }
    EXPECT_THAT(render_html(r), Not(HasSubstr("<script")));
    EXPECT_THAT(render_junit(r), Not(HasSubstr("<script")));
    EXPECT_THAT(render_junit(r), Not(HasSubstr("]]>")));
    r.checks[0].findings[0].evidence.clear();  // stands in a code block, where markup is text
    EXPECT_THAT(render_markdown(r), Not(HasSubstr("<script")));
    EXPECT_THAT(render_markdown(r), Not(HasSubstr("@team")));
    EXPECT_THAT(render_markdown(r), Not(HasSubstr("a|b")));
    EXPECT_THAT(render_tap(r), Not(HasSubstr("\n1..2"))) << "a line of its own would be a second plan";
}

TEST(Report, EachLineOfNdjsonIsAnObjectAndTheRunComesLast) {
    auto r = sample();
    suite::conclude(r);
    std::vector<std::string> types;
    std::istringstream lines(render_ndjson(r));
    for (std::string line; std::getline(lines, line);) {
        ASSERT_THAT(line, ::testing::StartsWith("{\"type\":\""));
        ASSERT_EQ(line.back(), '}');
        types.push_back(line.substr(9, line.find('"', 9) - 9));
    }
    EXPECT_EQ(std::count(types.begin(), types.end(), "check"), static_cast<long>(r.checks.size()));
    EXPECT_EQ(std::count(types.begin(), types.end(), "scenario"), static_cast<long>(r.scenarios.size()));
    EXPECT_EQ(types.back(), "run");
}

TEST(Report, AnnotationsCannotBeEndedByWhatTheyHold) {
    auto r = sample();
    r.target.profile = "a,b:c%/x.yaml:12";
    r.checks[0].got = "one\ntwo\r::error::three 100%";
    suite::conclude(r);
    const auto text = render_github(r);
    EXPECT_THAT(text,
                ::testing::StartsWith(
                    "::error file=a%2Cb%3Ac%25/x.yaml,line=12,title=prw%3A sender/labels/sorted (1.0%2C MUST)::"));
    EXPECT_THAT(text, HasSubstr("one%0Atwo"));
    EXPECT_THAT(text, HasSubstr("::error::three 100%25"));
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);)
        EXPECT_THAT(line, ::testing::MatchesRegex("::(error|warning|notice) .*title=prw.*::.*"));
    EXPECT_THAT(text, HasSubstr("::warning file="));
    EXPECT_THAT(text,
                HasSubstr("::notice file=a%2Cb%3Ac%25/x.yaml,line=12,title=prw%3A Remote Write sender::FAIL my-agent"));
}

TEST(Report, PlaceIsTheProfileOrTheFileOfTheCommandOrNone) {
    struct Row {
        const char *profile, *file, *sarif, *github;
    };
    for (const auto& row : std::vector<Row>{
             {"profiles/a.yaml:4", "", "\"uri\": \"profiles/a.yaml\"", "::error file=profiles/a.yaml,line=4,"},
             {"./a.yaml", "", "\"uri\": \"a.yaml\"", "::error file=a.yaml,line=1,"},
             {"command line", "tools/my sender.py", "\"uri\": \"tools/my%20sender.py\"",
              "::error file=tools/my sender.py,line=1,"},
             {"command line", "", nullptr, "::error title="},
             {"built in", "", nullptr, "::error title="}}) {
        auto r = sample();
        r.target.profile = row.profile;
        r.target.file = row.file;
        suite::conclude(r);
        const auto sarif = render_sarif(r);
        if (row.sarif != nullptr)
            EXPECT_THAT(sarif, HasSubstr(row.sarif));
        else
            EXPECT_THAT(sarif, Not(HasSubstr("physicalLocation")));
        EXPECT_THAT(sarif, Not(HasSubstr("\"results.json\"")));
        EXPECT_THAT(sarif, HasSubstr("logicalLocations"));
        EXPECT_THAT(render_github(r), ::testing::StartsWith(row.github));
    }
}

TEST(Report, PathsAreThoseOfWhereTheyAreRead) {
    struct Row {
        const char *from, *to, *capsule;
    };
    for (const auto& row : std::vector<Row>{{".prw/last", ".", ".prw/last/capsules/sender--labels--sorted-1.0.prwcap"},
                                            {"out", "out", "capsules/sender--labels--sorted-1.0.prwcap"},
                                            {"out", "out/", "capsules/sender--labels--sorted-1.0.prwcap"},
                                            {"out/a", "out/b", "../a/capsules/sender--labels--sorted-1.0.prwcap"},
                                            {"", "out", "../capsules/sender--labels--sorted-1.0.prwcap"},
                                            {"/abs/out", "", "/abs/out/capsules/sender--labels--sorted-1.0.prwcap"}}) {
        auto r = sample();
        move_paths(r, row.from, row.to);
        EXPECT_EQ(r.checks[0].capsule, row.capsule) << row.from << " " << row.to;
        EXPECT_EQ(r.checks[2].capsule, "") << "none stays none";
    }
    const TempDir dir;
    ASSERT_TRUE(write_reports(sample(), {{ReportFormat::kJson, dir.file("deep/down/x.json")}}, dir.file("out")));
    EXPECT_THAT(prw::testing::read_file(dir.file("deep/down/x.json")),
                HasSubstr("\"capsule\": \"../../out/capsules/sender--labels--sorted-1.0.prwcap\""));
    const auto words = details(sample().checks[0], {.folder = "a b", .program = "/opt/prw"});
    EXPECT_THAT(words, HasSubstr("/opt/prw explain sender/labels/sorted"));
    EXPECT_THAT(words, HasSubstr("/opt/prw inspect 'a b/capsules/sender--labels--sorted-1.0.prwcap'"));
}

TEST(Report, FormatsAreNamedOrRefusedWithTheNearest) {
    for (int i = 0; i < kReportFormats; ++i) {
        const auto format = static_cast<ReportFormat>(i);
        EXPECT_EQ(parse_report_format(name_of(format)).value(), format);
    }
    EXPECT_THAT(parse_report_format("junti").error().text(), HasSubstr("did you mean \"junit\"? known: text, json"));
    EXPECT_EQ(parse_report_file("tap", "out")->path, "out/results.tap");
    EXPECT_EQ(parse_report_file("tap=x=y.tap", "out")->path, "x=y.tap");
    EXPECT_THAT(parse_report_file("tap=", "out").error().text(), HasSubstr("no path after"));
    EXPECT_THAT(parse_report_file("tap=-", "out").error().text(), HasSubstr("prw report FILE --format tap prints one"));
}

TEST(Report, ExitCodeOfOneCheckFollowsTheGate) {
    struct Row {
        suite::Verdict verdict;
        int none, must, should, may;
    };
    for (const auto& row : std::vector<Row>{{suite::Verdict::kPass, 0, 0, 0, 0},
                                            {suite::Verdict::kInfo, 0, 0, 0, 3},
                                            {suite::Verdict::kWarn, 0, 0, 3, 3},
                                            {suite::Verdict::kFail, 0, 1, 1, 1},
                                            {suite::Verdict::kInconclusive, 4, 4, 4, 4},
                                            {suite::Verdict::kError, 4, 4, 4, 4},
                                            {suite::Verdict::kNotApplicable, 77, 77, 77, 77}}) {
        suite::CheckOutcome check;
        check.verdict = row.verdict;
        EXPECT_EQ(suite::exit_code_of(check, suite::FailOn::kNone), row.none) << name_of(row.verdict);
        EXPECT_EQ(suite::exit_code_of(check, suite::FailOn::kMust), row.must) << name_of(row.verdict);
        EXPECT_EQ(suite::exit_code_of(check, suite::FailOn::kShould), row.should) << name_of(row.verdict);
        EXPECT_EQ(suite::exit_code_of(check, suite::FailOn::kMay), row.may) << name_of(row.verdict);
    }
    suite::CheckOutcome known;
    known.verdict = suite::Verdict::kFail;
    known.expectation = suite::ExpectationNote{};
    known.expectation->state = suite::ExpectationState::kMet;
    EXPECT_EQ(suite::exit_code_of(known, suite::FailOn::kMust), 77);
    known.verdict = suite::Verdict::kPass;
    known.expectation->state = suite::ExpectationState::kStale;
    known.expectation->problem = "passes";
    EXPECT_EQ(suite::exit_code_of(known, suite::FailOn::kMust), 1);
}

TEST(Verdict, KnownFailuresDoNotCountAndBrokenEntriesDo) {
    suite::Results r;
    r.complete = true;
    r.checks.resize(1);
    r.checks[0].verdict = suite::Verdict::kFail;
    r.checks[0].expectation = suite::ExpectationNote{};
    r.checks[0].expectation->state = suite::ExpectationState::kMet;
    suite::conclude(r);
    EXPECT_EQ(r.exit_code, 0);
    EXPECT_EQ(r.learn_more, "");
    r.checks[0].verdict = suite::Verdict::kPass;
    r.checks[0].expectation->state = suite::ExpectationState::kStale;
    r.checks[0].expectation->problem = "passes";
    suite::conclude(r);
    EXPECT_EQ(r.exit_code, 1);
    EXPECT_EQ(r.verdict, suite::Verdict::kFail);
}

suite::CheckOutcome outcome(const char* id, proto::ProtobufMessage message, suite::Verdict verdict) {
    suite::CheckOutcome out;
    out.id = id;
    out.message = message;
    out.verdict = verdict;
    return out;
}

TEST(Merge, TheWorseVerdictStandsAndEvidenceBeforeNone) {
    using proto::ProtobufMessage;
    suite::Results a, b;
    a.role = b.role = "sender";
    a.target.name = b.target.name = "x";
    a.complete = true;
    b.complete = false;
    const auto v1 = ProtobufMessage::kV1;
    a.checks = {outcome("sender/a/same", v1, suite::Verdict::kPass),
                outcome("sender/a/flaky", v1, suite::Verdict::kFail),
                outcome("sender/a/arose", v1, suite::Verdict::kInconclusive)};
    b.checks = {outcome("sender/a/same", v1, suite::Verdict::kPass),
                outcome("sender/a/flaky", v1, suite::Verdict::kPass),
                outcome("sender/a/arose", v1, suite::Verdict::kPass),
                outcome("sender/a/same", ProtobufMessage::kV2, suite::Verdict::kWarn)};
    const auto merged = suite::merge({a, b});
    ASSERT_TRUE(merged);
    ASSERT_EQ(merged->checks.size(), 4U);
    EXPECT_EQ(merged->checks[0].verdict, suite::Verdict::kPass);
    EXPECT_TRUE(merged->checks[0].runs.empty());
    EXPECT_EQ(merged->checks[1].verdict, suite::Verdict::kFail);
    EXPECT_EQ(merged->checks[1].runs, (std::vector<suite::Verdict>{suite::Verdict::kFail, suite::Verdict::kPass}));
    EXPECT_EQ(merged->checks[2].verdict, suite::Verdict::kPass);
    EXPECT_EQ(merged->checks[3].message, ProtobufMessage::kV2);
    EXPECT_FALSE(merged->complete) << "one part was broken off";

    b.target.name = "y";
    EXPECT_THAT(suite::merge({a, b}).error().text(),
                HasSubstr("results of different targets cannot become one: sender x and "
                          "sender y"));
}

TEST(Compare, TellsWhatBrokeWhatIsFixedAndWhatIsNoLongerJudged) {
    const auto v1 = proto::ProtobufMessage::kV1;
    suite::Results before, after;
    before.complete = after.complete = true;
    before.checks = {
        outcome("sender/a/broke", v1, suite::Verdict::kPass),  outcome("sender/a/fixed", v1, suite::Verdict::kFail),
        outcome("sender/a/still", v1, suite::Verdict::kFail),  outcome("sender/a/gone", v1, suite::Verdict::kPass),
        outcome("sender/a/open", v1, suite::Verdict::kFail),   outcome("sender/a/warns", v1, suite::Verdict::kPass),
        outcome("sender/a/cleared", v1, suite::Verdict::kWarn)};
    after.checks = {outcome("sender/a/broke", v1, suite::Verdict::kFail),
                    outcome("sender/a/fixed", v1, suite::Verdict::kPass),
                    outcome("sender/a/still", v1, suite::Verdict::kFail),
                    outcome("sender/a/open", v1, suite::Verdict::kInconclusive),
                    outcome("sender/a/warns", v1, suite::Verdict::kWarn),
                    outcome("sender/a/new", v1, suite::Verdict::kPass),
                    outcome("sender/a/cleared", v1, suite::Verdict::kPass),
                    outcome("sender/a/new-bad", v1, suite::Verdict::kFail)};
    after.checks[0].got = "two out of order";
    const auto comparison = compare(before, after);
    EXPECT_EQ(render_comparison(comparison),
              "New failures (2)\n"
              "  x sender/a/broke 1.0   pass -> fail\n      two out of order\n"
              "  x sender/a/new-bad 1.0   not there -> fail\n\n"
              "New warnings (1)\n  ! sender/a/warns 1.0   pass -> warn\n\n"
              "No longer judged (2)\n"
              "  ? sender/a/open 1.0   fail -> inconclusive\n"
              "  ? sender/a/gone 1.0   pass -> missing\n      not in the new results\n\n"
              "Still failing (1)\n  x sender/a/still 1.0   fail -> fail\n\n"
              "Fixed (1)\n  + sender/a/fixed 1.0   fail -> pass\n\n"
              "Cleared warnings (1)\n  + sender/a/cleared 1.0   warn -> pass\n\n"
              "New checks (1)\n  + sender/a/new 1.0   not there -> pass\n\n"
              "2 new failures, 1 fixed, 1 still failing, 1 new warning, 1 cleared, 2 no longer judged, 1 new check\n");
    EXPECT_EQ(comparison.exit_code(suite::FailOn::kMust), 1);
    EXPECT_EQ(compare(before, before).exit_code(suite::FailOn::kMust), 0) << "the same failures are no regression";
    after.checks.erase(after.checks.begin());
    after.checks.pop_back();
    EXPECT_EQ(compare(before, after).exit_code(suite::FailOn::kMust), 4) << "less was judged than before";
}

}  // namespace
}  // namespace prw::report
