#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "prw/conformance/reports.h"
#include "report_sample.h"
#include "support.h"

namespace prw::conformance {
namespace {

using prw::testing::golden;
using prw::testing::TempDir;
using ::testing::HasSubstr;
using ::testing::Not;

const std::filesystem::path kGolden = prw::testing::source_dir() / "conformance/tests/golden";

TEST(Verdict, RanksAFailAboveWhatCouldNotBeJudged) {
    struct Row {
        std::vector<Verdict> checks;
        bool complete, count_warnings;
        Verdict verdict;
        int exit_code;
    };
    const Row rows[] = {
        {{}, true, false, Verdict::kInconclusive, 4},
        {{Verdict::kPass}, true, false, Verdict::kPass, 0},
        {{Verdict::kPass, Verdict::kWarn}, true, false, Verdict::kPass, 0},
        {{Verdict::kPass, Verdict::kWarn}, true, true, Verdict::kWarn, 3},
        {{Verdict::kPass, Verdict::kInconclusive}, true, false, Verdict::kPass, 0},
        {{Verdict::kInconclusive, Verdict::kNotApplicable, Verdict::kInfo}, true, false, Verdict::kInconclusive, 4},
        {{Verdict::kPass, Verdict::kError}, true, false, Verdict::kError, 4},
        {{Verdict::kPass, Verdict::kError, Verdict::kFail}, true, false, Verdict::kFail, 1},
        {{Verdict::kPass}, false, false, Verdict::kInconclusive, 4},
        {{Verdict::kFail}, false, false, Verdict::kFail, 1},
    };
    for (const auto& row : rows) {
        Results r;
        r.complete = row.complete;
        for (const auto v : row.checks) {
            r.checks.emplace_back();
            r.checks.back().verdict = v;
        }
        conclude(r, row.count_warnings);
        EXPECT_EQ(r.verdict, row.verdict) << name_of(r.verdict);
        EXPECT_EQ(r.exit_code, row.exit_code);
    }
}

TEST(Report, JsonIsAsPublished) {
    auto r = sample();
    conclude(r, false);
    const auto json = to_json(r);
    EXPECT_EQ(json, golden(kGolden / "results.json", json));
}

TEST(Report, JsonReadsBackToTheSame) {
    auto r = sample_with_expectations();
    conclude(r);
    const auto json = to_json(r);
    const auto back = results_from_json(json);
    ASSERT_TRUE(back) << back.error().text();
    EXPECT_EQ(to_json(*back), json);
}

TEST(Report, JsonThatIsNoneIsRefusedWithTheCause) {
    EXPECT_THAT(results_from_json("{").error().text(), HasSubstr("not a results file"));
    EXPECT_THAT(results_from_json("{\"schema_version\": 7}").error().text(),
                HasSubstr("schema_version 7; this prw reads 1"));
    EXPECT_THAT(results_from_json("{\"schema_version\": 1}").error().text(), HasSubstr("tool"));
}

TEST(Report, TextThatIsNotUtf8DoesNotBreakTheJson) {
    auto r = sample();
    r.checks[0].findings[0].series = "up{a=\"\xff\xfe\"}";
    EXPECT_TRUE(results_from_json(to_json(r)));
}

TEST(Report, TerminalAtEightyColumns) {
    auto r = sample();
    conclude(r, false);
    const auto text =
        render_terminal(r, {.report = ".prw/last/report.html", .next = "prw test sender -- ./your-sender"});
    EXPECT_EQ(text, golden(kGolden / "terminal-80.txt", text));
    EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

TEST(Report, TerminalVerboseInColour) {
    auto r = sample();
    r.complete = false;
    conclude(r, false);
    const auto text = render_terminal(r, {.colour = true, .width = 120, .verbose = true});
    EXPECT_EQ(text, golden(kGolden / "terminal-120-colour.txt", text));
}

TEST(Report, HtmlStandsAlone) {
    auto r = sample();
    r.complete = false;
    conclude(r, false);
    const auto html = render_html(r);
    EXPECT_EQ(html, golden(kGolden / "report.html", html));
    for (const char* resource : {"<script", "src=", "@import", "url(", "<link"})
        EXPECT_THAT(html, Not(HasSubstr(resource)));
    EXPECT_THAT(html, Not(HasSubstr("<b>&\\")));  // text of a sender never becomes markup
    EXPECT_THAT(html, HasSubstr("This run is incomplete"));
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
        r, {{ReportFormat::kTap, dir.file("file/x.tap")}, {ReportFormat::kBadge, dir.file("c/badge.json")}});
    ASSERT_FALSE(done);
    EXPECT_THAT(done.error().text(), HasSubstr("file: cannot create the report's folder"));
    EXPECT_EQ(prw::testing::read_file(dir.file("c/badge.json")), render_badge(r));
}

TEST(Report, EveryFormatIsAsPublished) {
    auto r = sample();
    conclude(r);
    auto listed = sample_with_expectations();
    conclude(listed);
    Results nothing;
    nothing.tool_version = "0.1.0";
    nothing.target.name = "my-agent";
    nothing.problem = "my-agent is not on this machine";
    conclude(nothing);
    for (const auto format : {ReportFormat::kJunit, ReportFormat::kMarkdown, ReportFormat::kTap, ReportFormat::kSarif,
                              ReportFormat::kBadge}) {
        const std::string file(file_name_of(format));
        EXPECT_EQ(render(r, format), golden(kGolden / file, render(r, format)));
        EXPECT_EQ(render(listed, format), golden(kGolden / ("expectations-" + file), render(listed, format)));
        EXPECT_EQ(render(nothing, format), golden(kGolden / ("nothing-" + file), render(nothing, format)));
    }
    const auto json = to_json(listed);
    EXPECT_EQ(json, golden(kGolden / "expectations-results.json", json));
    const auto text = render_terminal(listed, {.report = ".prw/last/report.html"});
    EXPECT_EQ(text, golden(kGolden / "expectations-terminal-80.txt", text));
    // Not the whole page again: its ledger changes with every clause that gets a check.
    for (const char* part : {"<h2>Expectations that do not hold</h2>", "known.yaml:4: remove the entry (lines 4 to 8)",
                             "<h2>Known failures</h2>", "fail (expected)", "<h2>Flaky</h2>", "pass 2 times, warn once"})
        EXPECT_THAT(render_html(listed), HasSubstr(part));
}

TEST(Report, TextOfAPeerNeverBecomesMarkupOrAControlCode) {
    auto r = sample_with_hostile_text();
    conclude(r);
    for (int i = 0; i < kReportFormats; ++i) {
        const auto format = static_cast<ReportFormat>(i);
        const auto text = render(r, format);
        for (const char* bad : {"\x1b", "\x07", "\xff", "\xc2\x9b", "\xe2\x80\xae"}) {
            // JSON carries what came, escaped by its own rules; it is data, not a page.
            if (format == ReportFormat::kJson && (bad[0] == '\xc2' || bad[0] == '\xe2')) continue;
            if (format == ReportFormat::kSarif && (bad[0] == '\xc2' || bad[0] == '\xe2')) continue;
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
        Verdict verdict;
        int none, must, should, may;
    };
    for (const auto& row : std::vector<Row>{{Verdict::kPass, 0, 0, 0, 0},
                                            {Verdict::kInfo, 0, 0, 0, 3},
                                            {Verdict::kWarn, 0, 0, 3, 3},
                                            {Verdict::kFail, 0, 1, 1, 1},
                                            {Verdict::kInconclusive, 4, 4, 4, 4},
                                            {Verdict::kError, 4, 4, 4, 4},
                                            {Verdict::kNotApplicable, 77, 77, 77, 77}}) {
        CheckOutcome check;
        check.verdict = row.verdict;
        EXPECT_EQ(exit_code_of(check, FailOn::kNone), row.none) << name_of(row.verdict);
        EXPECT_EQ(exit_code_of(check, FailOn::kMust), row.must) << name_of(row.verdict);
        EXPECT_EQ(exit_code_of(check, FailOn::kShould), row.should) << name_of(row.verdict);
        EXPECT_EQ(exit_code_of(check, FailOn::kMay), row.may) << name_of(row.verdict);
    }
    CheckOutcome known;
    known.verdict = Verdict::kFail;
    known.expectation = ExpectationNote{};
    known.expectation->state = ExpectationState::kMet;
    EXPECT_EQ(exit_code_of(known, FailOn::kMust), 77);
    known.verdict = Verdict::kPass;
    known.expectation->state = ExpectationState::kStale;
    known.expectation->problem = "passes";
    EXPECT_EQ(exit_code_of(known, FailOn::kMust), 1);
}

TEST(Verdict, KnownFailuresDoNotCountAndBrokenEntriesDo) {
    Results r;
    r.complete = true;
    r.checks.resize(1);
    r.checks[0].verdict = Verdict::kFail;
    r.checks[0].expectation = ExpectationNote{};
    r.checks[0].expectation->state = ExpectationState::kMet;
    conclude(r);
    EXPECT_EQ(r.exit_code, 0);
    EXPECT_EQ(r.learn_more, "");
    r.checks[0].verdict = Verdict::kPass;
    r.checks[0].expectation->state = ExpectationState::kStale;
    r.checks[0].expectation->problem = "passes";
    conclude(r);
    EXPECT_EQ(r.exit_code, 1);
    EXPECT_EQ(r.verdict, Verdict::kFail);
}

CheckOutcome outcome(const char* id, proto::ProtobufMessage message, Verdict verdict) {
    CheckOutcome out;
    out.id = id;
    out.message = message;
    out.verdict = verdict;
    return out;
}

TEST(Merge, TheWorseVerdictStandsAndEvidenceBeforeNone) {
    using proto::ProtobufMessage;
    Results a, b;
    a.target.name = b.target.name = "x";
    a.complete = true;
    b.complete = false;
    const auto v1 = ProtobufMessage::kV1;
    a.checks = {outcome("sender/a/same", v1, Verdict::kPass), outcome("sender/a/flaky", v1, Verdict::kFail),
                outcome("sender/a/arose", v1, Verdict::kInconclusive)};
    b.checks = {outcome("sender/a/same", v1, Verdict::kPass), outcome("sender/a/flaky", v1, Verdict::kPass),
                outcome("sender/a/arose", v1, Verdict::kPass),
                outcome("sender/a/same", ProtobufMessage::kV2, Verdict::kWarn)};
    const auto merged = merge({a, b});
    ASSERT_TRUE(merged);
    ASSERT_EQ(merged->checks.size(), 4U);
    EXPECT_EQ(merged->checks[0].verdict, Verdict::kPass);
    EXPECT_TRUE(merged->checks[0].runs.empty());
    EXPECT_EQ(merged->checks[1].verdict, Verdict::kFail);
    EXPECT_EQ(merged->checks[1].runs, (std::vector<Verdict>{Verdict::kFail, Verdict::kPass}));
    EXPECT_EQ(merged->checks[2].verdict, Verdict::kPass);
    EXPECT_EQ(merged->checks[3].message, ProtobufMessage::kV2);
    EXPECT_FALSE(merged->complete) << "one part was broken off";

    b.target.name = "y";
    EXPECT_THAT(merge({a, b}).error().text(), HasSubstr("results of different targets cannot become one: sender x and "
                                                        "sender y"));
}

TEST(Compare, TellsWhatBrokeWhatIsFixedAndWhatIsNoLongerJudged) {
    const auto v1 = proto::ProtobufMessage::kV1;
    Results before, after;
    before.complete = after.complete = true;
    before.checks = {outcome("sender/a/broke", v1, Verdict::kPass), outcome("sender/a/fixed", v1, Verdict::kFail),
                     outcome("sender/a/still", v1, Verdict::kFail), outcome("sender/a/gone", v1, Verdict::kPass),
                     outcome("sender/a/open", v1, Verdict::kFail),  outcome("sender/a/warns", v1, Verdict::kPass)};
    after.checks = {
        outcome("sender/a/broke", v1, Verdict::kFail),  outcome("sender/a/fixed", v1, Verdict::kPass),
        outcome("sender/a/still", v1, Verdict::kFail),  outcome("sender/a/open", v1, Verdict::kInconclusive),
        outcome("sender/a/warns", v1, Verdict::kWarn),  outcome("sender/a/new", v1, Verdict::kPass),
        outcome("sender/a/new-bad", v1, Verdict::kFail)};
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
              "New checks (1)\n  + sender/a/new 1.0   not there -> pass\n\n"
              "2 new failures, 1 fixed, 1 still failing, 1 new warning, 2 no longer judged, 1 new check\n");
    EXPECT_EQ(comparison.exit_code(FailOn::kMust), 1);
    EXPECT_EQ(compare(before, before).exit_code(FailOn::kMust), 0) << "the same failures are no regression";
    after.checks.erase(after.checks.begin());
    after.checks.pop_back();
    EXPECT_EQ(compare(before, after).exit_code(FailOn::kMust), 4) << "less was judged than before";
}

}  // namespace
}  // namespace prw::conformance
