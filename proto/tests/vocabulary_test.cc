// The clause catalogue and the words of types.h.
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "prw/proto/clauses.h"
#include "prw/proto/types.h"

namespace prw::proto {
namespace {

TEST(ClauseCatalogue, EveryClauseIsComplete) {
    std::set<std::string_view> ids;
    for (const auto& c : clauses()) {
        SCOPED_TRACE(c.id);
        EXPECT_TRUE(ids.insert(c.id).second) << "duplicate id";
        EXPECT_THAT(c.id, ::testing::MatchesRegex("(prw1|prw2|ext)\\.[a-z0-9.-]+"));
        EXPECT_TRUE(c.url.starts_with("https://"));
        EXPECT_FALSE(c.section.empty());
        EXPECT_FALSE(c.summary.empty());
        EXPECT_TRUE(!c.violation.empty() || c.level == Level::kMay) << "only a permission cannot be violated";
        EXPECT_EQ(c.extension(), c.id.starts_with("ext."));
        EXPECT_EQ(find_clause(c.id), &c);
    }
    EXPECT_GT(ids.size(), 300U);
}

TEST(ClauseCatalogue, HoldsKnownClauses) {
    const auto* sorted = find_clause("prw1.labels.sorted");
    ASSERT_NE(sorted, nullptr);
    EXPECT_EQ(sorted->level, Level::kMust);
    EXPECT_EQ(sorted->observable, Observable::kRequest);
    EXPECT_EQ(find_clause("prw1.labels.sorte"), nullptr);
    EXPECT_EQ(find_clause(""), nullptr);
}

TEST(ClauseCatalogue, EveryClauseSaysWhichMessageItIsAbout) {
    constexpr auto kV1 = ProtobufMessage::kV1, kV2 = ProtobufMessage::kV2;
    // What 2.0 says about the 1.0 requests that its senders fall back to.
    const std::set<std::string_view> of_fallbacks = {"prw2.version.1x-receiver", "prw2.content-type.1x-receiver"};
    for (const auto& c : clauses()) {
        SCOPED_TRACE(c.id);
        EXPECT_TRUE(applies(c, kV1) || applies(c, kV2));
        if (c.extension()) continue;
        const bool of_v1 = c.id.starts_with("prw1.") || of_fallbacks.contains(c.id);
        EXPECT_EQ(applies(c, kV1), of_v1);
        EXPECT_EQ(applies(c, kV2), !of_v1);
    }
}

TEST(ClauseCatalogue, PracticeIsAboutTheMessageThatHasTheThing) {
    const auto about = [](std::string_view id) {
        return std::pair{applies(id, ProtobufMessage::kV1), applies(id, ProtobufMessage::kV2)};
    };
    for (const auto* id : {"ext.proto.v1-extension-shape", "ext.proto.v1-no-custom-buckets",
                           "ext.metadata.v1-family-name", "ext.histogram.v1-schema-range"})
        EXPECT_EQ(about(id), std::pair(true, false)) << id;
    for (const auto* id :
         {"ext.samples.start-not-after-timestamp", "ext.samples.start-plausible-unit",
          "ext.samples.start-not-backwards", "ext.samples.counter-decrease-needs-new-start",
          "ext.metadata.type-unspecified", "ext.metadata.type-matches-payload", "ext.histogram.custom-bounds-finite",
          "ext.histogram.custom-spans-within-bounds", "ext.negotiation.fallback-complete"})
        EXPECT_EQ(about(id), std::pair(false, true)) << id;
    for (const auto* id : {"ext.http.user-agent-version", "ext.labels.size-sane", "ext.histogram.count-present",
                           "ext.metadata.consistent-per-family"})
        EXPECT_EQ(about(id), std::pair(true, true)) << id;
    EXPECT_EQ(about("ext.no.such-clause"), std::pair(false, false));
}

TEST(ClauseCatalogue, NamesAreTheSpecifications) {
    EXPECT_EQ(name_of(Level::kMust), "MUST");
    EXPECT_EQ(name_of(Level::kMustNot), "MUST NOT");
    EXPECT_EQ(name_of(Level::kShould), "SHOULD");
    EXPECT_EQ(name_of(Level::kShouldNot), "SHOULD NOT");
    EXPECT_EQ(name_of(Level::kMay), "MAY");
    EXPECT_EQ(name_of(Party::kSender), "sender");
    EXPECT_EQ(name_of(Party::kReceiver), "receiver");
    EXPECT_EQ(name_of(Party::kBoth), "both");
    EXPECT_EQ(name_of(Observable::kRequest), "request");
    EXPECT_EQ(name_of(Observable::kNo), "no");
}

TEST(MessageNames, RoundTrip) {
    for (const auto message : {ProtobufMessage::kV1, ProtobufMessage::kV2}) {
        for (const auto text : {full_name(message), short_name(message)}) {
            auto parsed = message == ProtobufMessage::kV1 ? ProtobufMessage::kV2 : ProtobufMessage::kV1;
            EXPECT_TRUE(parse_protobuf_message(text, parsed));
            EXPECT_EQ(parsed, message);
        }
    }
    auto untouched = ProtobufMessage::kV2;
    for (const auto text : {"", "1", "1.0.0", "2.0-rc.4", "WriteRequest"})
        EXPECT_FALSE(parse_protobuf_message(text, untouched)) << text;
    EXPECT_EQ(untouched, ProtobufMessage::kV2);
}

TEST(MetricTypeNames, CoverEveryNumber) {
    EXPECT_EQ(name_of(MetricType::kUnspecified), "unknown");
    EXPECT_EQ(name_of(MetricType::kCounter), "counter");
    EXPECT_EQ(name_of(MetricType::kGauge), "gauge");
    EXPECT_EQ(name_of(MetricType::kHistogram), "histogram");
    EXPECT_EQ(name_of(MetricType::kGaugeHistogram), "gaugehistogram");
    EXPECT_EQ(name_of(MetricType::kSummary), "summary");
    EXPECT_EQ(name_of(MetricType::kInfo), "info");
    EXPECT_EQ(name_of(MetricType::kStateset), "stateset");
    EXPECT_EQ(name_of(static_cast<MetricType>(8)), "unknown");
}

}  // namespace
}  // namespace prw::proto
