#include "store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "request_builder.h"

namespace prw::receiver {
namespace {

using proto::Labels;
using proto::ProtobufMessage;
using prw::testing::kNowMs;
using prw::testing::sample;
using Wanted = Store::Wanted;

void add(Store& store, const proto::WriteRequest& request, ProtobufMessage message = ProtobufMessage::kV1) {
    const auto bytes = proto::encode(request, message);
    proto::RequestView view;
    proto::decode(bytes, message, view);
    ASSERT_FALSE(view.malformed);
    store.add(view);
}

proto::Series series(Labels labels, std::vector<proto::Sample> samples) {
    proto::Series out;
    out.labels = std::move(labels);
    out.samples = std::move(samples);
    return out;
}

void add(Store& store, proto::Series one, ProtobufMessage message = ProtobufMessage::kV1) {
    add(store, proto::WriteRequest{.series = {std::move(one)}, .metadata = {}}, message);
}

std::vector<proto::Series> all(const Store& store, Wanted wanted = Wanted::kSamples, TimeRange range = {}) {
    std::size_t budget = 1U << 30U;
    auto found = store.select({}, range, wanted, budget);
    EXPECT_TRUE(found);
    return found ? std::move(*found) : std::vector<proto::Series>();
}

TEST(Store, KeepsSeriesByTheirLabelsInAnyOrder) {
    Store store(1U << 20U);
    add(store, series({{"__name__", "up"}, {"job", "a"}}, {sample(1, 1000)}));
    add(store, series({{"job", "a"}, {"__name__", "up"}}, {sample(2, 2000)}));
    add(store, series({{"job", "a"}, {"empty", ""}, {"__name__", "up"}}, {sample(3, 3000)}));
    add(store, series({{"__name__", "up"}, {"job", "b"}}, {sample(4, 1000)}));
    const auto found = all(store);
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].labels, (Labels{{"__name__", "up"}, {"job", "a"}}));
    ASSERT_EQ(found[0].samples.size(), 3U);
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(found[0].samples[i].timestamp, static_cast<std::int64_t>(1000 * (i + 1)));
        EXPECT_EQ(found[0].samples[i].value_bits, proto::to_bits(static_cast<double>(i + 1)));
    }
    EXPECT_EQ(found[1].labels.back().second, "b");
}

TEST(Store, SortsByTimeAndTheLastValueOfATimeWins) {
    Store store(1U << 20U);
    add(store, series({{"__name__", "up"}}, {sample(3, 3000), sample(1, 1000), sample(7, 1000)}));
    add(store, series({{"__name__", "up"}}, {sample(2, 2000), sample(9, 3000)}));
    const auto found = all(store);
    ASSERT_EQ(found.size(), 1U);
    ASSERT_EQ(found[0].samples.size(), 3U);
    EXPECT_EQ(found[0].samples[0].value_bits, proto::to_bits(7));
    EXPECT_EQ(found[0].samples[1].value_bits, proto::to_bits(2));
    EXPECT_EQ(found[0].samples[2].value_bits, proto::to_bits(9));
    EXPECT_EQ(store.totals().samples, 3U);
}

TEST(Store, KeepsStartTimestamps) {
    Store store(1U << 20U);
    add(store, series({{"__name__", "up"}}, {{proto::to_bits(1), 2000, 1000}}), ProtobufMessage::kV2);
    EXPECT_EQ(all(store).at(0).samples.at(0).start_timestamp, 1000);
}

TEST(Store, SelectsByTimeBothEndsIncluded) {
    Store store(1U << 20U);
    add(store, series({{"__name__", "up"}}, {sample(1, 1000), sample(2, 2000), sample(3, 3000)}));
    struct Row {
        TimeRange range;
        std::size_t samples;
    };
    for (const auto& row : std::vector<Row>{{{}, 3},
                                            {{1000, 3000}, 3},
                                            {{1001, 2999}, 1},
                                            {{2000, 2000}, 1},
                                            {{3001, 9000}, 0},
                                            {{0, 999}, 0},
                                            {{3000, 1000}, 0}}) {
        const auto found = all(store, Wanted::kSamples, row.range);
        EXPECT_EQ(found.empty() ? 0 : found[0].samples.size(), row.samples) << row.range.from << " " << row.range.to;
        EXPECT_EQ(all(store, Wanted::kLabels, row.range).size(), row.samples == 0 ? 0U : 1U);
    }
}

TEST(Store, KeepsEachExemplarOnce) {
    Store store(1U << 20U);
    auto one = series({{"__name__", "up"}}, {sample(1, 1000)});
    one.exemplars = {{{{"trace_id", "a"}}, proto::to_bits(1), 900},
                     {{{"trace_id", "b"}}, proto::to_bits(1), 900},
                     {{{"trace_id", "a"}}, proto::to_bits(1), 900}};
    add(store, one);
    add(store, one);
    const auto found = all(store, Wanted::kExemplars);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].exemplars.size(), 2U);
    EXPECT_TRUE(found[0].samples.empty());
    EXPECT_TRUE(all(store, Wanted::kExemplars, {901, 1000}).empty());
}

TEST(Store, KeepsMetadataOfBothMessagesByFamily) {
    Store store(1U << 20U);
    add(store, proto::WriteRequest{.series = {}, .metadata = {{proto::MetricType::kCounter, "a_total", "Help.", ""}}});
    add(store, proto::WriteRequest{.series = {}, .metadata = {{proto::MetricType::kCounter, "a_total", "More.", "s"}}});
    struct Row {
        std::string name, family;
        proto::MetricType type;
    };
    const std::vector<Row> rows = {
        {"b_bucket", "b", proto::MetricType::kHistogram},  {"c_count", "c", proto::MetricType::kSummary},
        {"d_count", "d_count", proto::MetricType::kGauge}, {"e_gsum", "e", proto::MetricType::kGaugeHistogram},
        {"_sum", "_sum", proto::MetricType::kSummary},
    };
    for (const auto& row : rows) {
        auto one = series({{"__name__", row.name}}, {sample(1)});
        one.metadata = {row.type, "", "Of " + row.name, ""};
        add(store, one, ProtobufMessage::kV2);
    }
    add(store, series({{"__name__", "none"}}, {sample(1)}), ProtobufMessage::kV2);
    const auto found = store.metadata();
    EXPECT_EQ(found.size(), rows.size() + 1);
    EXPECT_EQ(found.at("a_total").help, "More.");
    EXPECT_EQ(found.at("a_total").unit, "s");
    for (const auto& row : rows) {
        ASSERT_TRUE(found.contains(row.family)) << row.name;
        EXPECT_EQ(found.at(row.family).type, row.type);
    }
}

TEST(Store, DropsSeriesThatGotNothingForLongest) {
    Store store(100000);
    const auto labels = [](int i) { return Labels{{"__name__", "up"}, {"i", std::to_string(i)}}; };
    for (int i = 0; i < 1000; ++i) {
        add(store, series(labels(i), {sample(1)}));
        add(store, series(labels(-1), {sample(i, kNowMs + i)}));
    }
    const auto totals = store.totals();
    EXPECT_LE(totals.bytes, 100000U);
    EXPECT_GT(totals.series, 10U);
    EXPECT_EQ(totals.series + totals.dropped_series, 1001U);
    std::size_t budget = 1U << 20U;
    const auto find = [&](int i) {
        return store.select(*compile({{proto::LabelMatcher::Type::kEqual, "i", std::to_string(i)}}), {},
                            Wanted::kSamples, budget);
    };
    EXPECT_TRUE(find(0)->empty());
    EXPECT_EQ(find(999)->size(), 1U);
    ASSERT_EQ(find(-1)->size(), 1U) << "always written to";
    EXPECT_EQ(find(-1)->at(0).samples.size(), 1000U);
}

TEST(Store, ASeriesLargerThanTheStoreLosesItsOldestValues) {
    Store store(100000);
    proto::Series large = series({{"__name__", "up"}}, {});
    for (int i = 0; i < 10000; ++i) large.samples.push_back(sample(i, kNowMs + i));
    add(store, large);
    const auto found = all(store);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_GT(found[0].samples.size(), 100U);
    EXPECT_EQ(found[0].samples.back().timestamp, kNowMs + 9999);
    EXPECT_EQ(store.totals().dropped_values, 10000 - found[0].samples.size());
    EXPECT_LE(store.totals().bytes, 100000U);
}

TEST(Store, NothingFitsIntoTooLittle) {
    Store store(10);
    add(store, prw::testing::valid_write_request(), ProtobufMessage::kV2);
    add(store, series({{"__name__", std::string(100000, 'a')}}, {sample(1), sample(2, kNowMs + 1)}));
    const auto totals = store.totals();
    EXPECT_EQ(totals.series, 0U);
    EXPECT_EQ(totals.bytes, 0U);
    EXPECT_EQ(totals.families, 0U);
    EXPECT_GT(totals.dropped_series, 0U);
    EXPECT_GT(totals.dropped_families, 0U);
}

TEST(Store, CountsBytesDownAsItDrops) {
    // Histograms are replaced by larger and smaller ones: what is counted has to follow.
    Store store(200000);
    for (int i = 0; i < 3000; ++i) {
        auto one = series({{"__name__", "up"}, {"i", std::to_string(i % 7)}}, {sample(i, i)});
        auto& histogram = one.histograms.emplace_back();
        histogram.timestamp = i % 50;
        histogram.positive_spans = {{0, static_cast<std::uint32_t>(i % 100)}};
        histogram.positive_deltas.assign(static_cast<std::size_t>(i % 100), 1);
        one.exemplars = {{{{"trace_id", std::to_string(i)}}, 0, i}};
        add(store, one);
    }
    EXPECT_LE(store.totals().bytes, 200000U);
    for (int i = 0; i < 5; ++i)
        add(store, series({{"__name__", std::string(150000, static_cast<char>('a' + i))}}, {sample(1)}));
    const auto totals = store.totals();
    EXPECT_EQ(totals.series, 1U);
    EXPECT_LT(totals.bytes, 151000U);
    EXPECT_GT(totals.bytes, 150000U);
}

TEST(Store, AnswersWithinItsBudget) {
    Store store(1U << 20U);
    proto::Series one = series({{"__name__", "up"}}, {});
    for (int i = 0; i < 1000; ++i) one.samples.push_back(sample(i, kNowMs + i));
    add(store, one);
    std::size_t budget = store.max_bytes();
    EXPECT_TRUE(store.select({}, {}, Wanted::kSamples, budget));
    EXPECT_LT(budget, store.max_bytes());
    budget = 2000;
    const auto found = store.select({}, {}, Wanted::kSamples, budget);
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, ErrorCode::kTooLarge);
}

TEST(Store, ManyMayWriteAndRead) {
    Store store(1U << 16U);
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 4; ++t)
            threads.emplace_back([&, t] {
                for (int i = 0; i < 200; ++i) {
                    add(store, series({{"__name__", "up"}, {"t", std::to_string(t)}, {"i", std::to_string(i)}},
                                      {sample(i, kNowMs + i)}));
                    (void)all(store);
                    (void)store.totals();
                }
            });
    }
    EXPECT_EQ(store.totals().series + store.totals().dropped_series, 800U);
}

TEST(Selector, ReadsWhatPrometheusReads) {
    struct Row {
        std::string text;
        Labels matching, other;
        std::int64_t range_ms = 0;
    };
    const std::vector<Row> rows = {
        {"up", {{"__name__", "up"}}, {{"__name__", "down"}}},
        {" a:b_c1 ", {{"__name__", "a:b_c1"}}, {}},
        {"up{}", {{"__name__", "up"}}, {{"__name__", "up2"}}},
        {"{__name__=\"up\"}", {{"__name__", "up"}}, {}},
        {"{\"a.b\"}", {{"__name__", "a.b"}}, {}},
        {"{'a.b', \"x.y\"=\"z\",}", {{"__name__", "a.b"}, {"x.y", "z"}}, {{"__name__", "a.b"}}},
        {"up{job=\"a\",x!=\"1\"}", {{"__name__", "up"}, {"job", "a"}}, {{"__name__", "up"}, {"job", "a"}, {"x", "1"}}},
        {"up{job=~\"a|b\", x !~ '.+'}", {{"__name__", "up"}, {"job", "b"}}, {{"__name__", "up"}, {"job", "ab"}}},
        {"{job=\"\",__name__=~\".+\"}", {{"__name__", "up"}}, {{"__name__", "up"}, {"job", "a"}}},
        {"{x=\"a\\\"\\n\\x41\\u00e9\\U0001f600\\101\"}", {{"x", "a\"\nAé😀A"}}, {}},
        {"{x=`a\\n\"'`}", {{"x", "a\\n\"'"}}, {}},
        {"up[5m]", {{"__name__", "up"}}, {}, 300000},
        {"up{job=\"a\"} [1h30m]", {{"__name__", "up"}, {"job", "a"}}, {}, 5400000},
        {"up[1d]", {{"__name__", "up"}}, {}, 86400000},
        {"up[1s500ms]", {{"__name__", "up"}}, {}, 1500},
        {"up[90]", {{"__name__", "up"}}, {}, 90000},
    };
    for (const auto& row : rows) {
        const auto selector = parse_selector(row.text);
        ASSERT_TRUE(selector) << row.text << ": " << selector.error().text();
        EXPECT_TRUE(matches(selector->matchers, row.matching)) << row.text;
        EXPECT_FALSE(matches(selector->matchers, row.other)) << row.text;
        EXPECT_EQ(selector->range_ms.value_or(0), row.range_ms) << row.text;
    }
}

TEST(Selector, RefusesTheRestAndSaysWhatIsUnderstood) {
    struct Row {
        std::string text, problem;
    };
    const std::vector<Row> rows = {
        {"", "is empty"},
        {"   ", "no matcher"},
        {"{}", "no matcher"},
        {"{x=\"\"}", "does not match \"\""},
        {"{x=~\".*\"}", "does not match \"\""},
        {"rate(up[5m])", "byte 4: unexpected \"(up[5m])\""},
        {"up + 1", "understands selectors of series only"},
        {"up offset 5m", "unexpected \"offset 5m\""},
        {"up @ 1", "unexpected"},
        {"1", "unexpected"},
        {"up{", "wanted the name of a label and not end of the expression"},
        {"up{x", "wanted =, !=, =~ or !~"},
        {"up{x=", "wanted a string"},
        {"up{x=\"a", "does not end"},
        {"up{x=\"a\"", "wanted , or }"},
        {"up{x=\"a\" y=\"b\"}", "wanted , or }"},
        {"up{x!\"a\"}", "wanted != or !~"},
        {"up{,}", "wanted the name of a label"},
        {"up{\"x\"}", "name is given twice"},
        {"up{__name__=\"x\"}", "name is given twice"},
        {"up{x=\"\\q\"}", "unknown escape"},
        {"up{x=\"\\ud800\"}", "bad escape"},
        {"up{x=\"\\x4\"}", "bad escape"},
        {"up{x=~\"(\"}", "Unmatched ( or \\("},
        {"up{x=~\"a{9}\"}", "it repeats by {}"},
        {"up{x=~\"(a)\\\\1\"}", "it refers back"},
        {"up{x=~\"" + std::string(257, 'a') + "\"}", "it is longer than 256 bytes"},
        {"up[5m", "a [ without its ]"},
        {"up[]", "no duration"},
        {"up[0s]", "no duration"},
        {"up[-5m]", "no duration"},
        {"up[5x]", "no duration"},
        {"up[5s1m]", "no duration"},
        {"up[99999999999999999999y]", "no duration"},
        {"up[1e30]", "no duration"},
        {"up[5m:1m]", "no duration"},
        {std::string("up\0", 3), "unexpected"},
        {std::string(20000, 'a'), "16384"},
    };
    for (const auto& row : rows) {
        const auto selector = parse_selector(row.text);
        ASSERT_FALSE(selector) << row.text;
        EXPECT_THAT(selector.error().text(), ::testing::HasSubstr(row.problem)) << row.text.substr(0, 60);
    }
}

}  // namespace
}  // namespace prw::receiver
