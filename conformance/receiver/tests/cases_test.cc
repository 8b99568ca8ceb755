// Every case, against the validator: what is sent is what the row says, and the answer that the row wants is the one
// that the specification asks for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "prw/mutants/mutants.h"
#include "prw/receiver_suite/cases.h"
#include "prw/receiver_suite/receiver_suite.h"
#include "prw/rules/check.h"

namespace prw::receiver_suite {
namespace {

constexpr auto kV1 = proto::ProtobufMessage::kV1;
constexpr auto kV2 = proto::ProtobufMessage::kV2;
constexpr std::int64_t kNow = 1'750'000'000'000;

Endpoint endpoint() {
    Endpoint out;
    out.url = http::parse_url("http://127.0.0.1:9090/api/v1/write").value();
    return out;
}

struct Written {
    const Case* row = nullptr;
    proto::ProtobufMessage message{};
    [[nodiscard]] std::string name() const {
        return std::string(row->id) + " " + std::string(proto::short_name(message));
    }
};

std::vector<Written> all_cases() {
    std::vector<Written> out;
    for (const auto& group : groups())
        for (const auto& row : group.cases)
            for (const auto message : {kV1, kV2})
                if (row.in(message)) out.push_back({&row, message});
    return out;
}

WireRequest write(const Written& each) {
    auto out = write_case(*each.row, {"1a2b3c4d", "prw_1a2b3c4d_test", each.message, kNow}, endpoint());
    EXPECT_TRUE(out) << each.name() << ": " << out.error().text();
    return out.value_or(WireRequest());
}

rules::CheckResult judged(const Written& each) {
    rules::Checker checker({.now_ms = kNow});
    const auto request = write(each);
    return checker.check(request.head, request.payload);
}

TEST(Cases, HaveIdsOfTheirOwn) {
    std::set<std::string_view> ids;
    for (const auto& group : groups())
        for (const auto& row : group.cases) EXPECT_TRUE(ids.insert(row.id).second) << row.id;
    EXPECT_GT(ids.size(), 100U);
    EXPECT_EQ(find_case("valid/one-sample")->id, "valid/one-sample");
    EXPECT_EQ(find_case("valid/none"), nullptr);
}

/// The answer of a conforming receiver to these bytes is the one that the row wants.
TEST(Cases, WantTheAnswerThatTheSpecificationAsksFor) {
    for (const auto& each : all_cases()) {
        const int status = judged(each).status;
        switch (each.row->fate) {
            case Fate::kAccepted:
            case Fate::kOptional:
                EXPECT_EQ(status, 204) << each.name();
                break;
            case Fate::kRefused:
                EXPECT_EQ(status, 400) << each.name();
                break;
            case Fate::kUnsupported:
                EXPECT_EQ(status, 415) << each.name();
                break;
            case Fate::kNotPost:
                EXPECT_EQ(status, 405) << each.name();
                break;
            case Fate::kChoice:
                break;
        }
    }
}

TEST(Cases, ThatAreGoodBreakNoRuleOfSenders) {
    // A later version, a repeat and an odd spelling are lawful, and no sender of today does so.
    static const std::set<std::string_view> kOdd = {"headers/version-present", "headers/version-0-1-0"};
    for (const auto& each : all_cases()) {
        if (each.row->fate != Fate::kAccepted && each.row->fate != Fate::kOptional) continue;
        for (const auto& finding : judged(each).findings)
            EXPECT_TRUE(finding.severity != rules::Severity::kFail || kOdd.contains(finding.rule))
                << each.name() << ": " << finding.rule << ": " << finding.message;
    }
}

TEST(Cases, NameTheMutantThatMakesThemWrong) {
    for (const auto& each : all_cases()) {
        if (each.row->mutant.empty()) continue;
        const auto* mutant = mutants::find_mutant(each.row->mutant);
        ASSERT_NE(mutant, nullptr) << each.name();
        EXPECT_TRUE(each.message == kV1 ? mutant->v1 : mutant->v2) << each.name();
    }
}

TEST(Cases, AreMarkedByTheirRun) {
    for (const auto& each : all_cases()) {
        const auto request = write(each);
        rules::Checker checker({.now_ms = kNow});
        const auto result = checker.check(request.head, request.payload);
        if (!result.decoded || result.series == 0 || !each.row->mutant.empty()) continue;
        const auto model = proto::to_model(checker.view());
        for (const auto& series : model.series) {
            EXPECT_THAT(series.labels, ::testing::Contains(::testing::Pair("run", "1a2b3c4d"))) << each.name();
            EXPECT_THAT(series.labels, ::testing::Contains(::testing::Pair("__name__", "prw_1a2b3c4d_test")))
                << each.name();
        }
    }
}

TEST(Cases, RefuseAMutantThatIsNone) {
    Case row{.id = "x/y", .summary = "", .mutant = "labels/unsortd"};
    const auto out = write_case(row, {"run", "metric", kV1, kNow}, endpoint());
    ASSERT_FALSE(out);
    EXPECT_THAT(out.error().text(), ::testing::HasSubstr("labels/unsorted"));
    row.mutant = "delivery/no-retry";
    const auto unchanged = write_case(row, {"run", "metric", kV1, kNow}, endpoint());
    ASSERT_FALSE(unchanged);
    EXPECT_THAT(unchanged.error().text(), ::testing::HasSubstr("changes nothing about a request"));
}

TEST(Cases, CarryTheHeadersOfTheEndpoint) {
    auto to = endpoint();
    to.headers = {{"X-Scope-OrgID", "tenant"}};
    for (const auto* id : {"valid/one-sample", "message/cut", "recovery/unknown-type"}) {
        const auto out = write_case(*find_case(id), {"run", "metric", kV1, kNow}, to);
        ASSERT_TRUE(out);
        EXPECT_THAT(out->head, ::testing::HasSubstr("\r\nX-Scope-OrgID: tenant\r\n")) << id;
        EXPECT_THAT(out->head, ::testing::StartsWith("POST /api/v1/write HTTP/1.1\r\nHost: 127.0.0.1:9090\r\n")) << id;
    }
}

TEST(ReceiverSuite, NamesClausesThatThereAre) {
    for (const auto& check : receiver_suite().checks) {
        EXPECT_TRUE(check.id.starts_with("receiver/")) << check.id;
        EXPECT_NE(receiver_suite().find_scenario(check.scenario), nullptr) << check.id;
        EXPECT_FALSE(check.summary.empty()) << check.id;
        EXPECT_FALSE(check.fix.empty()) << check.id;
        for (const auto& id : check.clauses) {
            const auto* clause = proto::find_clause(id);
            ASSERT_NE(clause, nullptr) << check.id << ": " << id;
            EXPECT_NE(clause->party, proto::Party::kSender) << check.id << ": " << id;
        }
    }
}

}  // namespace
}  // namespace prw::receiver_suite
