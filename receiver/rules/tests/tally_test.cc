#include "prw/rules/tally.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace prw::rules {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Finding finding(const char* rule, Severity severity, std::string field, std::uint64_t count = 1) {
    Finding out;
    out.rule = rule;
    out.severity = severity;
    out.field = std::move(field);
    out.message = "message of " + out.field;
    out.count = count;
    return out;
}

TEST(FindingTally, SaysTheSameOnce) {
    FindingTally tally;
    const std::vector<Finding> first = {finding("labels/sorted", Severity::kFail, "timeseries[0].labels[3].name", 6),
                                        finding("labels/sorted", Severity::kFail, "timeseries[1].labels[2].name"),
                                        finding("headers/user-agent", Severity::kWarn, "User-Agent")};
    EXPECT_EQ(tally.add(3, first), 2U);
    EXPECT_EQ(tally.add(4, {}), 0U);
    const std::vector<Finding> again = {first[1], finding("wire/utf8", Severity::kFail, "timeseries[0]")};
    EXPECT_EQ(tally.add(5, again), 1U);
    EXPECT_EQ(tally.requests(), 3U);
    EXPECT_EQ(tally.with_findings(), 2U);

    std::vector<std::string> seen;
    for (const auto* kind : tally.worst_first()) seen.push_back(kind->first.rule + ": " + kind->seen());
    EXPECT_THAT(seen, ElementsAre("labels/sorted: 8 times in 2 requests, first in #3", "wire/utf8: once, in #5",
                                  "headers/user-agent: once, in #3"));
    EXPECT_EQ(tally.kinds()[0].first.field, "timeseries[0].labels[3].name");
    EXPECT_EQ(tally.find(first[1]), &tally.kinds()[0]);
    EXPECT_EQ(tally.find(finding("labels/sorted", Severity::kWarn, "timeseries[1].labels[2].name")), nullptr);
}

TEST(FindingTally, TellsApartWhatOneRuleSaysOfDifferentPlaces) {
    FindingTally tally;
    const std::vector<Finding> findings = {finding("wire/v1-extensions", Severity::kInfo, "exemplars", 8),
                                           finding("wire/v1-extensions", Severity::kInfo, "histograms", 3),
                                           finding("wire/v1-extensions", Severity::kWarn, "exemplars")};
    EXPECT_EQ(tally.add(0, findings), 3U);
    EXPECT_EQ(tally.kinds()[0].seen(), "8 times");
    EXPECT_EQ(tally.kinds()[2].seen(), "");
    EXPECT_THAT(kind_text(tally.kinds()[0]), HasSubstr("    info    message of exemplars\n    place   exemplars\n"
                                                       "    seen    8 times\n"));
}

TEST(FindingTally, IsBoundedWhereASenderChoosesThePlaces) {
    FindingTally tally;
    for (int i = 0; i < 5000; ++i) {
        const std::vector<Finding> one = {finding("headers/unknown", Severity::kWarn, "X-" + std::to_string(i))};
        tally.add(static_cast<std::uint64_t>(i) + 1, one);
    }
    EXPECT_LE(tally.kinds().size(), 1001U);
    std::uint64_t times = 0;
    for (const auto& kind : tally.kinds()) times += kind.times;
    EXPECT_EQ(times, 5000U);
}

TEST(ShapeOf, LeavesIndexesOut) {
    EXPECT_EQ(shape_of("timeseries[3].labels[12].name"), "timeseries[].labels[].name");
    EXPECT_EQ(shape_of("User-Agent"), "User-Agent");
    EXPECT_EQ(shape_of("a[1"), "a[");
}

}  // namespace
}  // namespace prw::rules
