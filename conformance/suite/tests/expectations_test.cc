#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "prw/sender_suite/sender_suite.h"
#include "prw/suite/expectations.h"
#include "support.h"

namespace prw::suite {
namespace {

using ::testing::HasSubstr;

constexpr auto kV1 = proto::ProtobufMessage::kV1;
constexpr auto kV2 = proto::ProtobufMessage::kV2;
constexpr const char* kToday = "2026-06-01";

CheckOutcome outcome(const char* id, proto::ProtobufMessage message, Verdict verdict, const char* got = "") {
    CheckOutcome out;
    out.id = id;
    out.message = message;
    out.verdict = verdict;
    out.got = got;
    return out;
}

Results results(std::vector<CheckOutcome> checks) {
    Results out;
    out.complete = true;
    out.target.name = "my-agent";
    out.checks = std::move(checks);
    return out;
}

Expectations expectations(const std::string& entries) {
    auto out = parse_expectations(sender_suite::sender_suite(), "version: 1\nexpected:\n" + entries, "known.yaml");
    EXPECT_TRUE(out) << out.error().text();
    return out ? *out : Expectations{};
}

TEST(Expectations, FaultsAreNamedWithTheirLine) {
    struct Row {
        const char *yaml, *says;
    };
    for (const auto& row : std::vector<Row>{
             {"version: 1\nexpected:\n  - chek: sender/labels/sorted\n",
              "known.yaml:3: unknown key \"chek\" in an entry of expected; did you mean \"check\"?"},
             {"version: 1\nexpected:\n  - check: sender/labels/sortet\n",
              "known.yaml:3: no check has the id \"sender/labels/sortet\"; did you mean \"sender/labels/sorted\"?"},
             {"version: 1\nexpected:\n  - check: sender/labels/*\n", "no check has the id"},
             {"version: 1\nexpected:\n  - reason: x\n", "known.yaml:3: an entry of expected needs check: ID"},
             {"version: 2\nexpected: []\n", "known.yaml:1: version must be 1"},
             {"expected: []\n", "needs version: 1"},
             {"version: 1\n", "needs expected: a list"},
             {"version: 1\nexpected:\n  - check: sender/labels/sorted\n    expires: 2027-02-30\n",
              "known.yaml:4: expires is a date like 2027-03-01, not \"2027-02-30\""},
             {"version: 1\nexpected:\n  - check: sender/labels/sorted\n    verdict: pass\n", "verdict is fail or warn"},
             {"version: 1\nexpected:\n  - check: sender/labels/sorted\n    protobuf_message: 3.0\n",
              "known.yaml:4: protobuf_message is \"1.0\" or \"2.0\""},
             {"version: 1\nexpected:\n  - check: sender/labels/sorted\n  - check: sender/labels/sorted\n    "
              "protobuf_message: \"1.0\"\n",
              "known.yaml:4: sender/labels/sorted is listed twice, also in line 3"},
             {"version: 1\nexpected: [\n", "not readable as YAML"}}) {
        const auto parsed = parse_expectations(sender_suite::sender_suite(), row.yaml, "known.yaml");
        ASSERT_FALSE(parsed) << row.yaml;
        EXPECT_EQ(parsed.error().code, ErrorCode::kInvalidArgument);
        EXPECT_THAT(parsed.error().text(), HasSubstr(row.says));
    }
}

TEST(Expectations, EachOutcomeIsSetAgainstItsEntry) {
    struct Row {
        const char* name;
        const char* entry;
        Verdict verdict;
        const char* got;
        ExpectationState state;
        int exit_code;
        const char *problem, *edit;
    };
    const std::string id = "  - check: sender/labels/sorted\n";
    for (const auto& row : std::vector<Row>{
             {"fails as listed", "", Verdict::kFail, "x", ExpectationState::kMet, 0, "", ""},
             {"numbers may differ", "    message: 3 of 12 series\n", Verdict::kFail, "17 of 480 series out of order",
              ExpectationState::kMet, 0, "", ""},
             {"fails otherwise", "    message: 3 of 12 series\n", Verdict::kFail, "a label twice",
              ExpectationState::kChanged, 1, "fails otherwise", "known.yaml:3: fix what is new"},
             {"passes", "", Verdict::kPass, "", ExpectationState::kStale, 1, "listed as fail, and the verdict is pass",
              "known.yaml:3: remove the entry (line 3)"},
             {"is only a warning now", "", Verdict::kWarn, "", ExpectationState::kStale, 1, "the verdict is warn",
              "known.yaml:3: change it to verdict: warn"},
             {"is worse now", "    verdict: warn\n", Verdict::kFail, "", ExpectationState::kChanged, 1,
              "listed as warn, and the verdict is fail", "change it to verdict: fail"},
             {"warns as listed", "    verdict: warn\n", Verdict::kWarn, "", ExpectationState::kMet, 0, "", ""},
             {"is over", "    expires: 2026-05-31\n", Verdict::kFail, "", ExpectationState::kExpired, 1,
              "listed until 2026-05-31, and that is over", "set a later date"},
             {"counts on its last day", "    expires: 2026-06-01\n", Verdict::kFail, "", ExpectationState::kMet, 0, "",
              ""},
             {"could not be judged", "", Verdict::kInconclusive, "", ExpectationState::kOpen, 4, "", ""}}) {
        SCOPED_TRACE(row.name);
        auto r = results({outcome("sender/labels/sorted", kV1, row.verdict, row.got)});
        apply_expectations(expectations(id + row.entry), r, kToday);
        conclude(r);
        ASSERT_TRUE(r.checks[0].expectation);
        const auto& note = *r.checks[0].expectation;
        EXPECT_EQ(name_of(note.state), name_of(row.state));
        EXPECT_EQ(r.exit_code, row.exit_code);
        EXPECT_THAT(note.problem, HasSubstr(row.problem));
        EXPECT_EQ(note.problem.empty(), row.problem[0] == '\0');
        EXPECT_THAT(note.edit, HasSubstr(row.edit));
    }
}

TEST(Expectations, AnEntryForBothMessagesThatHoldsForOneSaysWhich) {
    auto r = results(
        {outcome("sender/labels/sorted", kV1, Verdict::kFail), outcome("sender/labels/sorted", kV2, Verdict::kPass)});
    apply_expectations(expectations("  - check: sender/labels/sorted\n    reason: x\n"), r, kToday);
    EXPECT_EQ(name_of(r.checks[0].expectation->state), "met");
    EXPECT_EQ(r.checks[1].expectation->edit, "known.yaml:3: add protobuf_message: \"1.0\"");
}

TEST(Expectations, WhatWasNotSelectedIsNotStale) {
    auto r = results({outcome("sender/labels/sorted", kV1, Verdict::kPass)});
    apply_expectations(expectations("  - check: sender/retry/on-5xx\n"), r, kToday);
    conclude(r);
    EXPECT_EQ(r.exit_code, 0);
}

TEST(ExpectationsUpdate, KeepsWhatHoldsWithItsCommentsAndEditsTheRest) {
    const std::string before =
        "# Ours. Ask before you add.\n"
        "version: 1\n"
        "expected:\n"
        "  # retries come in 2.0\n"
        "  - check: sender/retry/on-5xx   # see the plan\n"
        "    reason: not written yet\n"
        "    issue: https://example.org/1\n"
        "\n"
        "  # was fixed\n"
        "  - check: sender/labels/sorted\n"
        "    reason: old\n"
        "  - check: sender/headers/user-agent\n"
        "    reason: both\n"
        "# the end\n";
    auto file = parse_expectations(sender_suite::sender_suite(), before, "known.yaml");
    ASSERT_TRUE(file) << file.error().text();
    auto r = results({outcome("sender/retry/on-5xx", kV1, Verdict::kFail, "none came again"),
                      outcome("sender/labels/sorted", kV1, Verdict::kPass),
                      outcome("sender/headers/user-agent", kV1, Verdict::kPass),
                      outcome("sender/headers/user-agent", kV2, Verdict::kFail),
                      outcome("sender/labels/no-repeated-names", kV2, Verdict::kPass),
                      outcome("sender/labels/metric-name-present", kV2, Verdict::kFail, "2 of 3 \"quoted\"\nseries")});
    apply_expectations(*file, r, kToday);
    const auto update = update_expectations(*file, r);
    EXPECT_EQ(update.text,
              "# Ours. Ask before you add.\n"
              "version: 1\n"
              "expected:\n"
              "  # retries come in 2.0\n"
              "  - check: sender/retry/on-5xx   # see the plan\n"
              "    reason: not written yet\n"
              "    issue: https://example.org/1\n"
              "  - check: sender/headers/user-agent\n"
              "    protobuf_message: \"2.0\"\n"
              "    reason: both\n"
              "  - check: sender/labels/metric-name-present\n"
              "    protobuf_message: \"2.0\"\n"
              "    reason: \"2 of 3 \\\"quoted\\\" series\"\n"
              "# the end\n");
    EXPECT_EQ(update.added, 1U);
    EXPECT_EQ(update.removed, 1U);
    EXPECT_EQ(update.changed, 1U);
}

TEST(ExpectationsUpdate, OfAnUpdatedFileChangesNothingAndTheRunIsAsExpected) {
    const std::vector<CheckOutcome> checks = {outcome("sender/retry/on-5xx", kV1, Verdict::kFail, "none came again"),
                                              outcome("sender/labels/sorted", kV1, Verdict::kPass),
                                              outcome("sender/headers/user-agent", kV1, Verdict::kWarn, "none")};
    Expectations none;
    none.path = "known.yaml";
    auto first = results(checks);
    apply_expectations(none, first, kToday);
    const auto made = update_expectations(none, first);
    auto file = parse_expectations(sender_suite::sender_suite(), made.text, "known.yaml");
    ASSERT_TRUE(file) << file.error().text() << "\n" << made.text;
    ASSERT_EQ(file->entries.size(), 1U) << "a warning that does not count is no failure";
    auto second = results(checks);
    apply_expectations(*file, second, kToday);
    conclude(second);
    EXPECT_EQ(second.exit_code, 0);
    EXPECT_EQ(update_expectations(*file, second).text, made.text);

    auto fixed = results({outcome("sender/retry/on-5xx", kV1, Verdict::kPass)});
    apply_expectations(*file, fixed, kToday);
    const auto emptied = update_expectations(*file, fixed);
    EXPECT_THAT(emptied.text, HasSubstr("expected: []\n"));
    ASSERT_TRUE(parse_expectations(sender_suite::sender_suite(), emptied.text, "known.yaml"));
    EXPECT_EQ(
        update_expectations(*parse_expectations(sender_suite::sender_suite(), emptied.text, "known.yaml"), first).text,
        made.text);
}

}  // namespace
}  // namespace prw::suite
