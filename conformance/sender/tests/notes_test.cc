// Notes: what one scenario records for its own judges, in its record and in its capsules.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "checks/fidelity.h"
#include "evidence/context.h"
#include "scenarios/configuration.h"
#include "scenarios/refused.h"
#include "scenarios/scenario.h"
#include "scenarios/transport.h"

namespace prw::sender_suite {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

ScenarioRecord record_of(std::string_view scenario) {
    ScenarioRecord out;
    out.scenario = scenario;
    return out;
}

/// As a capsule of this scenario has it, with these members.
ScenarioRecord from_capsule(const std::string& scenario, const std::string& members) {
    auto out = record_from_context(R"({"format":1,"scenario":")" + scenario +
                                   R"(","asked":"1.0","target":{"input":"scrape","features":{}},)" + members +
                                   R"("sources":[],"generations":[]})");
    EXPECT_TRUE(out) << out.error().text();
    return out.value_or(ScenarioRecord());
}

TEST(Notes, BelongToOneRecord) {
    auto record = record_of("refused-at-start");
    const auto& untouched = record;
    EXPECT_EQ(untouched.notes<RefusedNotes>().until, 0U);
    EXPECT_EQ(untouched.held.get(), nullptr) << "to read is not to note";
    record.notes<RefusedNotes>().until = 3;
    auto copy = record;
    copy.notes<RefusedNotes>().until = 4;
    EXPECT_EQ(untouched.notes<RefusedNotes>().until, 3U);
    EXPECT_EQ(copy.notes<RefusedNotes>().until, 4U);
    record = copy;
    EXPECT_EQ(untouched.notes<RefusedNotes>().until, 4U);
}

TEST(Notes, OfOneScenarioAreNotThoseOfAnother) {
    auto record = record_of("transport-faults");
    record.notes<TransportNotes>().reset_until = 5;
    const auto& seen = record;
    EXPECT_EQ(seen.notes<RefusedNotes>().until, 0U);
    EXPECT_EQ(seen.notes<TransportNotes>().reset_until, 5U);
}

TEST(Notes, StandInCapsulesUnderTheirOwnKeys) {
    auto refused = record_of("refused-at-start");
    refused.notes<RefusedNotes>().until = 3;
    EXPECT_THAT(context_json(refused), HasSubstr(R"("refused_until":3)"));
    auto transport = record_of("transport-faults");
    transport.notes<TransportNotes>().reset_until = 7;
    EXPECT_THAT(context_json(transport), HasSubstr(R"("reset_until":7)"));
    auto steady = record_of("steady");
    steady.notes<FidelityNotes>().window = 5;
    EXPECT_THAT(context_json(steady), HasSubstr(R"("window":5)"));
    EXPECT_THAT(context_json(record_of("steady")), Not(HasSubstr("window"))) << "what has its default is left out";
}

TEST(Notes, ComeBackFromCapsules) {
    const auto steady = from_capsule("steady", R"("window":4,)");
    EXPECT_EQ(steady.notes<FidelityNotes>().window, 4U);
    const auto large = from_capsule("large-scrape", R"("window":1,)");
    EXPECT_EQ(large.notes<FidelityNotes>().window, 1U);
    const auto refused = from_capsule("refused-at-start", R"("refused":true,"refused_until":3,)");
    EXPECT_EQ(refused.notes<RefusedNotes>().until, 3U);
    const auto transport = from_capsule("transport-faults", R"("outage_end_us":12,"reset_until":2,)");
    EXPECT_EQ(transport.notes<TransportNotes>().reset_until, 2U);
    // What a scenario does not note is not taken from a capsule either.
    EXPECT_EQ(from_capsule("4xx", R"("window":4,)").held.get(), nullptr);
}

TEST(Notes, KeepEveryStartOfTheProgram) {
    auto record = record_of("configuration");
    Trial trial{.target = "/prw/reserved-1/write",
                .variants = {"header"},
                .header = "Content-Encoding",
                .value = "identity",
                .failed_handshakes = 2,
                .provokes = true,
                .credentials = "Basic eA==",
                .exited = "exited with 1",
                .exited_cleanly = true};
    record.notes<ConfigurationNotes>().trials = {{.target = "/prw/configured/write"}, trial};
    const auto again = record_from_context(context_json(record));
    ASSERT_TRUE(again) << again.error().text();
    const auto& trials = std::as_const(*again).notes<ConfigurationNotes>().trials;
    ASSERT_EQ(trials.size(), 2U);
    EXPECT_EQ(trials[0].target, "/prw/configured/write");
    EXPECT_EQ(trials[0].exited, std::nullopt);
    EXPECT_EQ(trials[1].target, trial.target);
    EXPECT_EQ(trials[1].variants, trial.variants);
    EXPECT_EQ(trials[1].header, trial.header);
    EXPECT_EQ(trials[1].value, trial.value);
    EXPECT_EQ(trials[1].failed_handshakes, trial.failed_handshakes);
    EXPECT_TRUE(trials[1].provokes);
    EXPECT_EQ(trials[1].credentials, trial.credentials);
    EXPECT_EQ(trials[1].exited, trial.exited);
    EXPECT_TRUE(trials[1].exited_cleanly);
    EXPECT_THAT(again->held.get()->credentials(), ::testing::ElementsAre("Basic eA=="));
}

/// Deliveries of the record by target, with what the observation says of them.
bool provoked(ScenarioRecord record, const std::string& target) {
    exchange::Exchange exchange;
    exchange.id = 1;
    exchange.raw_head = "POST " + target +
                        " HTTP/1.1\r\nHost: h\r\nContent-Type: application/x-protobuf\r\nContent-Encoding: "
                        "snappy\r\n\r\n";
    record.observation.add(exchange);
    EXPECT_EQ(record.deliveries().size(), 1U);
    return !record.deliveries().empty() && record.deliveries().front().provoked;
}

TEST(Notes, TellTheObservationOfACapsuleWhatWasProvoked) {
    const auto record = from_capsule("configuration", R"("trials":[{"target":"/prw/plain/write"},)"
                                                      R"({"target":"/prw/reserved-1/write","provokes":true}],)");
    EXPECT_TRUE(provoked(record, "/prw/reserved-1/write"));
    EXPECT_FALSE(provoked(record, "/prw/plain/write"));
}

TEST(Scenarios, NameTheirChecksAndNoOthers) {
    std::set<std::string_view> ids;
    for (const auto& scenario : scenarios()) {
        EXPECT_THAT(scenario.checks, Not(IsEmpty())) << scenario.name;
        EXPECT_NE(scenario.play, nullptr) << scenario.name;
        for (const auto& group : scenario.checks) {
            for (const auto& check : group) {
                EXPECT_TRUE(ids.insert(check.id).second) << check.id << " is in two rows";
                EXPECT_NE(check.judge, nullptr) << check.id;
            }
        }
    }
    for (const auto& check : all_checks()) {
        if (!check.rule.empty() || check.id == kTargetRuns) continue;
        EXPECT_EQ(ids.erase(check.id), 1U) << check.id;
        EXPECT_NE(find_scenario(check.scenario), nullptr) << check.id;
    }
    EXPECT_THAT(ids, IsEmpty());
}

}  // namespace
}  // namespace prw::sender_suite
