#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "prw/conformance/results.h"
#include "support.h"

namespace prw::conformance {
namespace {

using prw::testing::golden;
using prw::testing::TempDir;
using ::testing::HasSubstr;
using ::testing::Not;

const std::filesystem::path kGolden = std::filesystem::path(PRW_SOURCE_DIR) / "conformance/tests/golden";

receiver::Finding finding() {
    receiver::Finding f;
    f.rule = "labels/sorted";
    f.clauses = {"prw1.labels.sorted"};
    f.message = "wanted label names in byte order, got \"job\" after \"zone\"";
    f.series = "up{zone=\"<b>&\\\"x\\\"\",job=\"a\"}";
    f.field = "timeseries[3].labels[2].name";
    f.protobuf_bytes = proto::ByteRange{120, 9};
    f.body_bytes = proto::ByteRange{98, 7};
    f.evidence = "0a 04 7a 6f 6e 65\n      ^^^^^^^^^^^";
    f.fix = "Sort labels by the bytes of their names before encoding.";
    f.count = 480;
    return f;
}

/// One check of every verdict, both messages, a group with all passed, hostile text.
Results sample() {
    Results r;
    r.tool_version = "0.1.0";
    r.complete = true;
    r.target = {"my-agent", "1.2", "my-agent.yaml", "my-agent/1.2", "./my-agent --config <x>"};
    r.command_line = "prw test sender --profile my-agent.yaml";
    r.learn_more = "prw explain sender/labels/sorted";
    r.started = "2026-01-02T03:04:05Z";
    r.duration_ms = 3812;
    r.scenarios = {{"steady", proto::ProtobufMessage::kV1, "all rules on everything sent", 2100, 12, 480, 960,
                    "steady-1.0.prwcap", "steady-1.0.log", ""},
                   {"retry-5xx", proto::ProtobufMessage::kV1, "503 twice, then success", 900, 0, 0, 0, "",
                    "retry-5xx-1.0.log", "the target exited with 1 before it sent anything"}};
    const auto add = [&](const char* id, proto::ProtobufMessage message, proto::Level level, Verdict verdict,
                         std::vector<std::string> clauses) -> CheckOutcome& {
        CheckOutcome c;
        c.id = id;
        c.message = message;
        c.level = level;
        c.verdict = verdict;
        c.clauses = std::move(clauses);
        c.summary = "Summary of the check.";
        c.scenario = "steady";
        c.evidence = {{"requests", 12}, {"series", 480}};
        c.duration_ms = 2100;
        r.checks.push_back(std::move(c));
        return r.checks.back();
    };
    using proto::Level;
    using proto::ProtobufMessage;
    auto& sorted =
        add("sender/labels/sorted", ProtobufMessage::kV1, Level::kMust, Verdict::kFail, {"prw1.labels.sorted"});
    sorted.want = "label names in unsigned byte order in every series";
    sorted.got = "480 of 480 series out of order";
    sorted.findings = {finding()};
    sorted.capsule = "steady-1.0.prwcap";
    sorted.exchanges = {1, 2, 3};
    add("sender/labels/sorted", ProtobufMessage::kV2, Level::kMust, Verdict::kPass, {"prw2.labels.sorted"});
    auto& agent = add("sender/headers/user-agent-version", ProtobufMessage::kV1, Level::kShould, Verdict::kWarn,
                      {"ext.http.user-agent-version"});
    agent.extension = true;
    agent.reason = "User-Agent is \"my-agent\", without a version";
    add("sender/retry/on-5xx", ProtobufMessage::kV1, Level::kMust, Verdict::kError, {"prw1.retries.retry-5xx"}).reason =
        "the target exited with 1 before it sent anything";
    add("sender/exemplars/value", ProtobufMessage::kV2, Level::kMust, Verdict::kInconclusive, {"prw2.exemplars.value"})
        .reason = "no exemplar was ever sent";
    add("sender/stale/marker", ProtobufMessage::kV1, Level::kMust, Verdict::kNotApplicable, {"prw1.stale.send-marker"})
        .reason = "the profile says input: none";
    add("sender/labels/job-instance", ProtobufMessage::kV1, Level::kMay, Verdict::kInfo,
        {"prw1.scope.job-instance-labels"})
        .reason = "series carry job and instance";
    return r;
}

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
    auto r = sample();
    conclude(r, false);
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

TEST(Report, WritesBothFilesOrSaysWhyNot) {
    const TempDir dir;
    const auto r = sample();
    ASSERT_TRUE(write_reports(r, dir.file("a/b")));
    EXPECT_EQ(prw::testing::read_file(dir.file("a/b/results.json")), to_json(r));
    EXPECT_EQ(prw::testing::read_file(dir.file("a/b/report.html")), render_html(r));

    prw::testing::write_file(dir.file("file"), "");
    const auto done = write_reports(r, dir.file("file/under"));
    ASSERT_FALSE(done);
    EXPECT_THAT(done.error().text(), HasSubstr("cannot create the report's folder"));
}

}  // namespace
}  // namespace prw::conformance
