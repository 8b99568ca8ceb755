#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "prw/conformance/scrape_target.h"
#include "prw/http/client.h"
#include "prw/proto/model.h"
#include "prw/sender/exposition.h"

namespace prw::conformance {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr const char* kOpenMetricsAccept = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5";

http::ClientResponse scrape(const ScrapeTarget& target, const std::string& accept = "text/plain") {
    auto answer = http::get(*http::parse_url(target.url()), {{"Accept", accept}});
    EXPECT_TRUE(answer) << answer.error().text();
    return answer ? *answer : http::ClientResponse{};
}

TEST(ScrapeTarget, ChoosesTheFormatByAccept) {
    struct Row {
        const char* accept;
        bool openmetrics;
    };
    for (const auto& row :
         {Row{"", false}, Row{"*/*", false}, Row{"text/plain", false},
          Row{"application/openmetrics-text; version=1.0.0", true},
          Row{"application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/"
              "plain;version=0.0.4;q=0.5,*/*;q=0.1",
              true},
          Row{"text/plain;version=0.0.4;q=0.9,application/openmetrics-text;version=1.0.0;q=0.1", false},
          Row{"application/openmetrics-text;version=2.0.0", false}, Row{"application/openmetrics-text;q=0", false},
          Row{"application/openmetrics-text;q=x, text/plain", false}}) {
        EXPECT_EQ(prefers_openmetrics(row.accept), row.openmetrics) << row.accept;
    }
}

TEST(ScrapeTarget, ServesWhatItRecordsInBothFormats) {
    ScrapeTarget target;
    ASSERT_TRUE(target.start());
    for (const bool openmetrics : {false, true}) {
        SCOPED_TRACE(openmetrics ? "OpenMetrics" : "text");
        const auto answer = scrape(target, openmetrics ? kOpenMetricsAccept : "text/plain");
        ASSERT_EQ(answer.status, 200);
        EXPECT_THAT(*answer.header("Content-Type"),
                    StartsWith(openmetrics ? "application/openmetrics-text" : "text/plain"));
        const auto parsed = sender::parse_exposition(
            answer.body, openmetrics ? sender::InputFormat::kOpenMetrics : sender::InputFormat::kText);
        ASSERT_TRUE(parsed) << parsed.error().text();
        EXPECT_EQ(parsed->duplicates, 0U);
        const auto generations = target.generations();
        const auto& generation = generations.back();
        EXPECT_EQ(generation.openmetrics, openmetrics);
        EXPECT_EQ(parsed->points(), generation.samples.size());
        std::map<std::string, std::uint64_t> served;
        for (const auto& sample : generation.samples) {
            auto labels = target.identities()[sample.series].labels;
            labels.emplace_back("__name__", target.identities()[sample.series].metric);
            std::sort(labels.begin(), labels.end());
            served[sender::series_key(labels)] = sample.nan ? proto::kNormalNanBits : sample.bits;
        }
        std::size_t exemplars = 0;
        for (const auto& family : parsed->families) {
            for (const auto& point : family.points) {
                const auto found = served.find(sender::series_key(point.labels));
                ASSERT_NE(found, served.end()) << sender::series_name(point.labels);
                EXPECT_EQ(found->second, point.value_bits) << sender::series_name(point.labels);
                exemplars += point.exemplars.size();
            }
        }
        EXPECT_EQ(exemplars > 0, openmetrics);
    }
}

TEST(ScrapeTarget, GenerationsDifferInEverySeriesThatSaysSo) {
    ScrapeTarget target;
    std::map<std::uint32_t, std::set<std::uint64_t>> values;
    for (int i = 0; i < 200; ++i) (void)target.take(false);
    for (const auto& generation : target.generations()) {
        EXPECT_TRUE(generation.complete);
        for (const auto& sample : generation.samples) values[sample.series].insert(sample.bits);
    }
    for (const auto& [series, bits] : values) {
        EXPECT_EQ(bits.size(), target.identities()[series].unique_values ? 200U : 1U)
            << target.identities()[series].text();
    }
}

TEST(ScrapeTarget, SpecialValuesKeepTheirBits) {
    ScrapeTarget target;
    (void)target.take(false);
    std::map<std::string, std::uint64_t> bits;
    const auto generations = target.generations();
    for (const auto& sample : generations[0].samples) {
        const auto& identity = target.identities()[sample.series];
        if (identity.metric == "prw_special_value") bits[identity.labels[0].second] = sample.bits;
    }
    EXPECT_EQ(bits.at("negative zero"), 0x8000000000000000ULL);
    EXPECT_EQ(bits.at("smallest subnormal"), 1U);
    EXPECT_EQ(bits.at("2^53+1"), 0x4340000000000000ULL);
    EXPECT_EQ(bits.at("largest"), 0x7fefffffffffffffULL);
    EXPECT_EQ(bits.at("positive infinity"), 0x7ff0000000000000ULL);
}

TEST(ScrapeTarget, SeriesVanishAndTheTargetFails) {
    ScrapeTarget target;
    ASSERT_TRUE(target.start());
    EXPECT_THAT(scrape(target).body, HasSubstr("\nprw_vanishing{n=\"1\"} "));
    target.set_vanished(true);
    const auto without = scrape(target).body;
    EXPECT_THAT(without, ::testing::Not(HasSubstr("prw_vanishing{n=\"1\"}")));
    EXPECT_THAT(without, ::testing::Not(HasSubstr("prw_vanishing_seconds")));
    EXPECT_THAT(without, HasSubstr("prw_vanishing{n=\"stays\"}"));
    target.set_vanished(false);
    target.set_failing(true);
    EXPECT_EQ(scrape(target).status, 503);
    target.set_failing(false);
    EXPECT_EQ(scrape(target).status, 200);
    target.stop();  // completions are in
    const auto all = target.generations();
    ASSERT_EQ(all.size(), 4U);
    EXPECT_TRUE(all[1].vanished);
    EXPECT_TRUE(all[2].failed);
    EXPECT_TRUE(all[2].samples.empty());
    EXPECT_LT(all[1].samples.size(), all[3].samples.size());
    for (const auto& generation : all) EXPECT_TRUE(generation.complete) << generation.number;
}

TEST(ScrapeTarget, RefusesOtherMethods) {
    ScrapeTarget target;
    ASSERT_TRUE(target.start());
    http::Client client(*http::parse_url(target.url()));
    const auto answer = client.request("POST", {}, "x");
    ASSERT_TRUE(answer) << answer.error().text();
    EXPECT_EQ(answer->status, 405);
    EXPECT_EQ(target.scrapes(), 0U);
}

}  // namespace
}  // namespace prw::conformance
