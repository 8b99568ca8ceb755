// The kill matrix from made-up runs: each way in which a check, a mutant, the reference or a null sender can go wrong
// must turn the verdict.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <functional>

#include "prw/self_test/self_test.h"
#include "prw/sender_suite/sender_suite.h"
#include "support.h"

namespace prw::self_test {
namespace {

using proto::ProtobufMessage;
using prw::testing::golden;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;
using Kind = SelfTestProblem::Kind;

const std::filesystem::path kGolden = prw::testing::source_dir() / "conformance/report/tests/golden";
constexpr auto kV1 = ProtobufMessage::kV1;
constexpr auto kV2 = ProtobufMessage::kV2;

/// Two scenarios, five checks, four mutants, two null senders.
SelfTestCatalogue catalogue() {
    SelfTestCatalogue out;
    out.role = "sender";
    out.scenarios = {{"steady", true, true, 5}, {"5xx", true, true, 9}, {"415", false, true, 3}};
    out.checks = {{"sender/labels/sorted", "Labels are sorted.", "steady", suite::Verdict::kFail, "", ""},
                  {"sender/connection/reuse", "Connections are kept.", "steady", suite::Verdict::kWarn, "", ""},
                  {"sender/retry/on-5xx", "5xx is retried.", "5xx", suite::Verdict::kFail, "", ""},
                  {"sender/headers/expect", "100-continue is a policy.", "steady", suite::Verdict::kInfo, "", ""},
                  {"sender/tls/verify", "The certificate is verified.", "steady", suite::Verdict::kFail,
                   "needs a certificate of our own", "no scenario speaks TLS"}};
    out.mutants = {{"labels/unsorted",
                    "Swaps two labels.",
                    "sender/labels/sorted",
                    true,
                    true,
                    "",
                    suite::Verdict::kPass,
                    suite::Verdict::kPass,
                    {}},
                   {"http/close",
                    "Closes after each request.",
                    "sender/connection/reuse",
                    true,
                    false,
                    "",
                    suite::Verdict::kPass,
                    suite::Verdict::kPass,
                    {}},
                   {"retry/never",
                    "Drops what is refused.",
                    "sender/retry/on-5xx",
                    true,
                    true,
                    "",
                    suite::Verdict::kPass,
                    suite::Verdict::kPass,
                    {"sender/connection/reuse"}},
                   {"http/expect",
                    "Sends Expect.",
                    "sender/headers/expect",
                    true,
                    true,
                    "",
                    suite::Verdict::kPass,
                    suite::Verdict::kPass,
                    {}}};
    out.nulls = {{"null/silent", "Sends nothing.", SelfTestCatalogue::Null::Sends::kNothing, {}},
                 {"null/once", "Sends once.", SelfTestCatalogue::Null::Sends::kData, {}}};
    return out;
}

SelfTestRun run_of(SubjectKind kind, std::string subject, std::string scenario, ProtobufMessage message,
                   std::map<std::string, SelfTestRun::Said> said) {
    SelfTestRun run;
    run.job = {kind, std::move(subject), std::move(scenario), message};
    run.said = std::move(said);
    run.duration_ms = 1200;
    return run;
}

SelfTestRun::Said said(suite::Verdict verdict, bool rule = true, std::string reason = "seen") {
    return {verdict, verdict == suite::Verdict::kPass ? std::string() : std::move(reason), rule, false};
}

/// Everything as it should be.
std::vector<SelfTestRun> proven_runs() {
    std::vector<SelfTestRun> out;
    const auto passes = said(suite::Verdict::kPass);
    for (const auto message : {kV1, kV2}) {
        out.push_back(run_of(SubjectKind::kReference, "reference", "steady", message,
                             {{"sender/labels/sorted", passes},
                              {"sender/connection/reuse", said(suite::Verdict::kPass, false)},
                              {"sender/headers/expect", passes},
                              {"sender/tls/verify", said(suite::Verdict::kNotApplicable)}}));
        out.push_back(run_of(SubjectKind::kReference, "reference", "5xx", message,
                             {{"sender/labels/sorted", passes},
                              {"sender/headers/expect", said(suite::Verdict::kInconclusive)},
                              {"sender/retry/on-5xx", said(suite::Verdict::kPass, false)}}));
        out.push_back(run_of(SubjectKind::kMutant, "labels/unsorted", "steady", message,
                             {{"sender/labels/sorted", said(suite::Verdict::kFail)},
                              {"sender/connection/reuse", said(suite::Verdict::kPass, false)}}));
        out.push_back(run_of(SubjectKind::kMutant, "retry/never", "5xx", message,
                             {{"sender/retry/on-5xx", said(suite::Verdict::kFail, false)},
                              {"sender/connection/reuse", said(suite::Verdict::kWarn, false)}}));
        out.push_back(
            run_of(SubjectKind::kMutant, "http/expect", "steady", message,
                   {{"sender/headers/expect", said(suite::Verdict::kInfo)}, {"sender/labels/sorted", passes}}));
        for (const char* scenario : {"steady", "5xx"}) {
            out.push_back(run_of(SubjectKind::kNull, "null/silent", scenario, message,
                                 {{"sender/labels/sorted", said(suite::Verdict::kInconclusive)}}));
            out.push_back(run_of(
                SubjectKind::kNull, "null/once", scenario, message,
                {{"sender/labels/sorted", passes}, {"sender/retry/on-5xx", said(suite::Verdict::kError, false)}}));
        }
    }
    out.push_back(run_of(SubjectKind::kMutant, "http/close", "steady", kV1,
                         {{"sender/connection/reuse", said(suite::Verdict::kWarn, false)}}));
    return out;
}

SelfTestRun& find(std::vector<SelfTestRun>& runs, const std::string& subject, const std::string& scenario,
                  ProtobufMessage message) {
    return *std::find_if(runs.begin(), runs.end(), [&](const auto& run) {
        return run.job.subject == subject && run.job.scenario == scenario && run.job.message == message;
    });
}

/// "kind subject check scenario message".
std::vector<std::string> texts(const SelfTestMatrix& matrix) {
    std::vector<std::string> out;
    for (const auto& problem : matrix.problems) {
        std::string text(name_of(problem.kind));
        for (const auto* part : {&problem.subject, &problem.check, &problem.scenario, &problem.message}) {
            if (!part->empty()) text += " " + *part;
        }
        out.push_back(text);
    }
    return out;
}

TEST(KillMatrix, IsProvenWhenEverythingIsAsItShouldBe) {
    const auto matrix = matrix_of(catalogue(), proven_runs(), false);
    EXPECT_THAT(texts(matrix), IsEmpty());
    EXPECT_TRUE(matrix.proven());
    EXPECT_EQ(matrix.exit_code(), 0);
    ASSERT_EQ(matrix.checks.size(), 5U);
    const auto& reuse = matrix.checks[1];
    EXPECT_EQ(reuse.killed, 1U);
    EXPECT_EQ(reuse.meant, 1U);
    ASSERT_EQ(reuse.kills.size(), 2U);
    EXPECT_EQ(reuse.kills[0].mutant, "http/close");
    EXPECT_EQ(reuse.kills[0].v2, suite::Verdict::kPass);  // not under 2.0
    EXPECT_FALSE(reuse.kills[1].meant);
}

TEST(KillMatrix, EachThingThatGoesWrongTurnsTheVerdict) {
    struct Row {
        const char* name;
        std::function<void(SelfTestCatalogue&, std::vector<SelfTestRun>&)> change;
        std::vector<std::string> problems;
    };
    const std::vector<Row> rows = {
        {"a mutant that passes its check",
         [](auto&, auto& runs) {
             find(runs, "labels/unsorted", "steady", kV2).said["sender/labels/sorted"] = said(suite::Verdict::kPass);
         },
         {"survived labels/unsorted sender/labels/sorted steady 2.0"}},
        {"a mutant that its check says nothing about",
         [](auto&, auto& runs) { find(runs, "labels/unsorted", "steady", kV2).said.erase("sender/labels/sorted"); },
         {"survived labels/unsorted sender/labels/sorted steady 2.0"}},
        {"a mutant that its check calls not applicable",
         [](auto&, auto& runs) {
             find(runs, "labels/unsorted", "steady", kV1).said["sender/labels/sorted"] =
                 said(suite::Verdict::kNotApplicable);
         },
         {"survived labels/unsorted sender/labels/sorted steady 1.0"}},
        {"a MUST that only warns",
         [](auto&, auto& runs) {
             find(runs, "labels/unsorted", "steady", kV1).said["sender/labels/sorted"] = said(suite::Verdict::kWarn);
         },
         {"other-verdict labels/unsorted sender/labels/sorted steady 1.0"}},
        {"a MUST that only warns, where that is what it says of this mutant",
         [](auto& tables, auto& runs) {
             tables.mutants[0].v1_says = suite::Verdict::kWarn;
             find(runs, "labels/unsorted", "steady", kV1).said["sender/labels/sorted"] = said(suite::Verdict::kWarn);
         },
         {}},
        {"a SHOULD under one of the messages that warns",
         [](auto&, auto& runs) {
             auto& one = find(runs, "labels/unsorted", "steady", kV2).said["sender/labels/sorted"];
             one.verdict = suite::Verdict::kWarn;
             one.soft = true;
         },
         {}},
        {"a check without a mutant",
         [](auto& tables, auto&) {
             tables.checks.push_back(
                 {"sender/new/check", "New.", "steady", suite::Verdict::kFail, "", "nothing to judge"});
         },
         {"no-kill sender/new/check"}},
        {"a check whose mutants all survive",
         [](auto&, auto& runs) {
             for (const auto message : {kV1, kV2})
                 find(runs, "labels/unsorted", "steady", message).said["sender/labels/sorted"] =
                     said(suite::Verdict::kPass);
         },
         {"survived labels/unsorted sender/labels/sorted steady 1.0",
          "survived labels/unsorted sender/labels/sorted steady 2.0", "no-kill sender/labels/sorted"}},
        {"an alarm on the reference",
         [](auto&, auto& runs) {
             find(runs, "reference", "5xx", kV2).said["sender/labels/sorted"] = said(suite::Verdict::kFail);
         },
         {"alarm reference sender/labels/sorted 5xx 2.0"}},
        {"a warning on the reference",
         [](auto&, auto& runs) {
             find(runs, "reference", "steady", kV2).said["sender/connection/reuse"] =
                 said(suite::Verdict::kWarn, false);
         },
         {"alarm reference sender/connection/reuse steady 2.0"}},
        {"a check on behaviour without a verdict on the reference",
         [](auto&, auto& runs) {
             find(runs, "reference", "5xx", kV2).said["sender/retry/on-5xx"] =
                 said(suite::Verdict::kInconclusive, false);
         },
         {"not-judged reference sender/retry/on-5xx 5xx 2.0"}},
        {"a reference that breaks",
         [](auto&, auto& runs) { find(runs, "reference", "5xx", kV2).problem = "was killed by signal 6"; },
         {"not-judged reference 5xx 2.0"}},
        {"a check that the reference never passes",
         [](auto&, auto& runs) {
             for (const auto message : {kV1, kV2})
                 find(runs, "reference", "steady", message).said["sender/connection/reuse"] =
                     said(suite::Verdict::kNotApplicable, false);
         },
         {"no-pass sender/connection/reuse"}},
        {"another check that fires on a mutant",
         [](auto&, auto& runs) {
             find(runs, "http/expect", "steady", kV1).said["sender/labels/sorted"] = said(suite::Verdict::kFail);
         },
         {"false-alarm http/expect sender/labels/sorted steady 1.0"}},
        {"a null sender that conforms",
         [](auto&, auto& runs) {
             std::erase_if(runs,
                           [](const auto& run) { return run.job.subject == "null/once" && run.job.scenario == "5xx"; });
             for (const auto message : {kV1, kV2})
                 find(runs, "null/once", "steady", message).said["sender/retry/on-5xx"] =
                     said(suite::Verdict::kInconclusive, false);
         },
         {"null-conforms null/once"}},
        {"a null sender that passes a check without having sent anything",
         [](auto&, auto& runs) {
             auto& all = find(runs, "null/silent", "5xx", kV1).said;
             all["sender/retry/on-5xx"] = said(suite::Verdict::kFail, false);
             all["sender/connection/reuse"] = said(suite::Verdict::kPass, false);
         },
         {"null-conforms null/silent sender/connection/reuse 5xx 1.0"}},
        {"a sender of heads that passes more than what heads show",
         [](auto& catalogue, auto& runs) {
             catalogue.nulls.back().sends = SelfTestCatalogue::Null::Sends::kHeads;
             for (auto& check : catalogue.checks) check.of_heads = check.id == "sender/labels/sorted";
             find(runs, "null/once", "steady", kV2).said["sender/headers/expect"] = said(suite::Verdict::kPass);
         },
         {"null-conforms null/once sender/headers/expect steady 2.0"}},
        {"a mutant without a verdict",
         [](auto&, auto& runs) {
             find(runs, "retry/never", "5xx", kV1).said["sender/retry/on-5xx"] =
                 said(suite::Verdict::kInconclusive, false);
         },
         {"not-judged retry/never sender/retry/on-5xx 5xx 1.0"}},
        {"a mutant that crashes, although its check fires",
         [](auto&, auto& runs) {
             auto& run = find(runs, "retry/never", "5xx", kV1);
             run.broke = true;
             run.problem = "was killed by signal 11";
         },
         {"not-judged retry/never 5xx 1.0"}},
        {"a kill by info that the reference gets as well",
         [](auto&, auto& runs) {
             find(runs, "reference", "steady", kV2).said["sender/headers/expect"] = said(suite::Verdict::kInfo);
         },
         {"survived http/expect sender/headers/expect steady 2.0"}},
        {"a mutant of a check that there is not",
         [](auto& tables, auto&) {
             tables.mutants.push_back(
                 {"x/y", "Y.", "sender/x/y", true, true, "", suite::Verdict::kPass, suite::Verdict::kPass, {}});
         },
         {"catalogue x/y sender/x/y"}},
        {"a mutant that breaks a check that there is not",
         [](auto& tables, auto&) { tables.mutants[0].also = {"sender/x/y"}; },
         {"catalogue labels/unsorted sender/x/y"}},
        {"a mutant that no message runs",
         [](auto& tables, auto&) {
             tables.mutants.push_back({"x/y",
                                       "Y.",
                                       "sender/labels/sorted",
                                       true,
                                       false,
                                       "415",
                                       suite::Verdict::kPass,
                                       suite::Verdict::kPass,
                                       {}});
         },
         {"survived x/y sender/labels/sorted 415"}},
        {"an exemption that is not needed",
         [](auto& tables, auto&) { tables.checks[0].exempt = "cannot be"; },
         {"catalogue sender/labels/sorted"}},
        {"an excuse for the reference that is not needed",
         [](auto& tables, auto&) { tables.checks[0].unseen = "cannot be"; },
         {"catalogue sender/labels/sorted"}},
        {"no exemption for a check without a mutant",
         [](auto& tables, auto&) { tables.checks[4].exempt.clear(); },
         {"no-kill sender/tls/verify"}},
    };
    for (const auto& row : rows) {
        SCOPED_TRACE(row.name);
        auto tables = catalogue();
        auto runs = proven_runs();
        row.change(tables, runs);
        const auto matrix = matrix_of(tables, std::move(runs), false);
        EXPECT_EQ(texts(matrix), row.problems);
        EXPECT_EQ(matrix.exit_code(), row.problems.empty() ? 0 : 1);
    }
}

TEST(KillMatrix, WhatWasNotSelectedIsNoGap) {
    auto runs = proven_runs();
    std::erase_if(
        runs, [](const auto& run) { return run.job.subject != "labels/unsorted" && run.job.subject != "reference"; });
    const auto matrix = matrix_of(catalogue(), std::move(runs), true);
    EXPECT_THAT(texts(matrix), IsEmpty());
    ASSERT_EQ(matrix.checks.size(), 1U);
    EXPECT_EQ(matrix.checks[0].id, "sender/labels/sorted");
    EXPECT_EQ(matrix.mutants.size(), 1U);
    EXPECT_THAT(matrix.nulls, IsEmpty());
}

TEST(KillMatrix, IsNotProvenWhenItWasBrokenOff) {
    auto matrix = matrix_of(catalogue(), proven_runs(), false);
    matrix.complete = false;
    EXPECT_EQ(matrix.exit_code(), 1);
    EXPECT_THAT(render_self_test(matrix, {}), HasSubstr("INCOMPLETE"));
}

TEST(KillMatrix, RepeatsOnlyRunsWithoutAVerdict) {
    auto runs = proven_runs();
    const auto tables = catalogue();
    for (const auto& run : runs) EXPECT_FALSE(worth_repeating(tables, run)) << run.job.text();
    auto& mutant = find(runs, "retry/never", "5xx", kV1);
    mutant.said["sender/retry/on-5xx"] = said(suite::Verdict::kPass, false);
    EXPECT_FALSE(worth_repeating(tables, mutant)) << "a wrong verdict stands";
    mutant.said["sender/retry/on-5xx"] = said(suite::Verdict::kInconclusive, false);
    EXPECT_TRUE(worth_repeating(tables, mutant));
    auto& reference = find(runs, "reference", "5xx", kV1);
    reference.said["sender/labels/sorted"] = said(suite::Verdict::kFail);
    EXPECT_FALSE(worth_repeating(tables, reference)) << "an alarm stands";
    reference.said["sender/retry/on-5xx"] = said(suite::Verdict::kInconclusive, false);
    EXPECT_TRUE(worth_repeating(tables, reference));
    auto& null = find(runs, "null/silent", "5xx", kV1);
    null.problem = "no request arrived within 2 s";
    EXPECT_FALSE(worth_repeating(tables, null));
}

std::vector<std::string> plan(const std::vector<std::string>& select, std::vector<ProtobufMessage> messages = {}) {
    SelfTestOptions options;
    options.select = select;
    options.messages = std::move(messages);
    const auto jobs = plan_self_test(catalogue(), options);
    if (!jobs) return {jobs.error().text()};
    std::vector<std::string> out;
    for (const auto& job : *jobs) out.push_back(job.text());
    return out;
}

TEST(SelfTestPlan, HoldsEachMutantInTheScenarioOfItsCheck) {
    EXPECT_THAT(plan({"http/close", "retry/*"}),
                ElementsAre("reference in 5xx (1.0)", "reference in 5xx (2.0)", "retry/never in 5xx (1.0)",
                            "retry/never in 5xx (2.0)", "reference in steady (1.0)", "reference in steady (2.0)",
                            "http/close in steady (1.0)"));
}

TEST(SelfTestPlan, SelectsByCheckMessageAndKind) {
    EXPECT_THAT(plan({"sender/labels/*"}, {kV2}),
                ElementsAre("reference in steady (2.0)", "labels/unsorted in steady (2.0)"));
    EXPECT_THAT(plan({"reference"}, {kV1}),
                UnorderedElementsAre("reference in steady (1.0)", "reference in 5xx (1.0)"));
    EXPECT_THAT(plan({"null/once"}, {kV2}),
                UnorderedElementsAre("null/once in steady (2.0)", "null/once in 5xx (2.0)", "null/once in 415 (2.0)"));
    EXPECT_EQ(plan({}).size(), 5U + 7U + 2U * 5U);
}

TEST(SelfTestPlan, RefusesWhatFitsNothing) {
    EXPECT_THAT(plan({"labels/unsortd"}), ElementsAre(HasSubstr("did you mean \"labels/unsorted\"?")));
    EXPECT_THAT(plan({"http/close"}, {kV2}), ElementsAre(HasSubstr("no mutant is meant for what was selected")));
    EXPECT_THAT(plan({"sender/tls/verify"}), ElementsAre(HasSubstr("no mutant is meant for what was selected")));
}

TEST(SelfTestCatalogueOfThisVersion, IsConsistent) {
    const auto all = sender_self_test();
    EXPECT_EQ(all.checks.size(), sender_suite::sender_suite().checks.size());
    EXPECT_GE(all.nulls.size(), 5U);
    for (const auto& null : all.nulls) EXPECT_FALSE(null.target.exec.empty()) << null.id;
    // Notes on what is not there would be lost without a word.
    for (const auto& mutant : all.mutants) {
        for (const auto& id : mutant.also) {
            const bool known =
                std::any_of(all.checks.begin(), all.checks.end(), [&](const auto& check) { return check.id == id; });
            EXPECT_TRUE(known) << mutant.id << " is said to break " << id;
        }
    }
}

TEST(SelfTestReport, ProvenAsText) {
    auto matrix = matrix_of(catalogue(), proven_runs(), false);
    matrix.command_line = "prw self-test";
    matrix.duration_ms = 123456;
    const auto text = render_self_test(matrix, {});
    EXPECT_EQ(text, golden(kGolden / "self-test-proven.txt", text));
    EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

SelfTestMatrix full_of_gaps() {
    auto tables = catalogue();
    auto runs = proven_runs();
    find(runs, "labels/unsorted", "steady", kV2).said["sender/labels/sorted"] = said(suite::Verdict::kPass);
    find(runs, "labels/unsorted", "steady", kV2).folder = "shown/labels.unsorted/steady-2.0";
    find(runs, "http/expect", "steady", kV1).said["sender/labels/sorted"] =
        said(suite::Verdict::kFail, true, "wanted \"a\" before \"b\x1b[31m\"");
    find(runs, "reference", "5xx", kV2).said["sender/labels/sorted"] = said(suite::Verdict::kFail);
    find(runs, "reference", "5xx", kV2).attempts = 2;
    find(runs, "null/silent", "5xx", kV1).said["sender/connection/reuse"] = said(suite::Verdict::kPass, false);
    tables.checks.push_back({"sender/new/check", "New.", "steady", suite::Verdict::kFail, "", ""});
    tables.mutants[0].also = {"sender/x/y"};
    auto matrix = matrix_of(tables, std::move(runs), false);
    matrix.tool_version = "0.1.0";
    matrix.command_line = "prw self-test --out shown";
    matrix.jobs = 12;
    matrix.duration_ms = 1234;
    return matrix;
}

TEST(SelfTestReport, GapsAsTextInColour) {
    const auto text = render_self_test(full_of_gaps(), {.colour = true, .width = 110});
    EXPECT_EQ(text, golden(kGolden / "self-test-gaps.txt", text));
    EXPECT_THAT(text, Not(HasSubstr("\x1b[31m\"")));  // nothing that a sender sent moves the cursor
}

TEST(SelfTestReport, GapsAsJson) {
    const auto matrix = full_of_gaps();
    const auto json = to_json({&matrix, 1});
    EXPECT_EQ(json, golden(kGolden / "self-test-gaps.json", json));
}

}  // namespace
}  // namespace prw::self_test
