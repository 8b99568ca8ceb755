#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <variant>

#include "prw/http/client.h"
#include "prw/proto/metric_family.h"
#include "prw/proto/model.h"
#include "prw/sender/exposition.h"
#include "prw/sender_suite/scrape_target.h"
#include "prw/suite/profile.h"
#include "support.h"

namespace prw::sender_suite {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// As Prometheus 3 asks for them.
constexpr const char* kOpenMetricsAccept =
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;"
    "q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1";
constexpr const char* kProtobufAccept =
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,application/"
    "openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=0.0.4;q=0.2,*/*;q=0.1";

const char* accept_of(Exposition format) {
    return format == Exposition::kText          ? "text/plain"
           : format == Exposition::kOpenMetrics ? kOpenMetricsAccept
                                                : kProtobufAccept;
}
constexpr Exposition kFormats[] = {Exposition::kText, Exposition::kOpenMetrics, Exposition::kProtobuf};

http::ClientResponse scrape(const ScrapeTarget& target, const std::string& accept = "text/plain") {
    auto answer = http::get(*http::parse_url(target.url()), {{"Accept", accept}});
    EXPECT_TRUE(answer) << answer.error().text();
    return answer ? *answer : http::ClientResponse{};
}

TEST(Negotiation, ChoosesTheNamedFormatWithTheHighestQuality) {
    struct Row {
        std::string accept;
        Exposition format;
    };
    const std::string proto =
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";
    for (const auto& row : std::vector<Row>{
             {"", Exposition::kText},
             {"*/*", Exposition::kText},
             {"text/*", Exposition::kText},
             {"text/html", Exposition::kText},
             {"text/plain", Exposition::kText},
             {"application/openmetrics-text; version=1.0.0", Exposition::kOpenMetrics},
             {"application/openmetrics-text", Exposition::kOpenMetrics},
             {"Application/OpenMetrics-Text; Version=0.0.1", Exposition::kOpenMetrics},
             {"application/openmetrics-text;version=2.0.0", Exposition::kText},
             {"application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/"
              "plain;version=0.0.4;q=0.5,*/*;q=0.1",
              Exposition::kOpenMetrics},
             {"text/plain;version=0.0.4;q=0.9,application/openmetrics-text;version=1.0.0;q=0.1", Exposition::kText},
             {"application/openmetrics-text;q=0", Exposition::kText},
             {"application/openmetrics-text;q=x, text/plain", Exposition::kText},
             {"application/openmetrics-text;q=0.2 , " + proto + ";q=0.3", Exposition::kProtobuf},
             {kOpenMetricsAccept, Exposition::kOpenMetrics},
             {kProtobufAccept, Exposition::kProtobuf},
             {proto, Exposition::kProtobuf},
             // As 2.42 with the feature native-histograms.
             {proto + ",application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
              Exposition::kProtobuf},
             {proto + ";q=0.5,application/openmetrics-text;version=1.0.0;q=0.6", Exposition::kOpenMetrics},
             // The other encodings of the protobuf format are not served, nor another message.
             {"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text,text/plain;q=0.5",
              Exposition::kText},
             {"application/vnd.google.protobuf", Exposition::kText},
             {"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily", Exposition::kText},
             {"application/vnd.google.protobuf;proto=other;encoding=delimited,application/openmetrics-text;q=0.1",
              Exposition::kOpenMetrics},
             {"application/vnd.google.protobuf;proto=\"io.prometheus.client.MetricFamily\";encoding=\"delimited\"",
              Exposition::kProtobuf},
             // Of equals the first.
             {"text/plain," + proto, Exposition::kText},
             {proto + ",text/plain", Exposition::kProtobuf},
             // A range names no format, however good it is.
             {"*/*,application/openmetrics-text;q=0.1", Exposition::kOpenMetrics},
             // Not readable: passed over.
             {"=,;;,application/openmetrics-text;q=0.1", Exposition::kOpenMetrics},
         }) {
        EXPECT_EQ(name_of(negotiate(row.accept)), name_of(row.format)) << row.accept;
    }
}

TEST(Negotiation, TakesSeveralFieldsAsOneList) {
    ScrapeTarget target;
    ASSERT_TRUE(target.start());
    auto answer = http::get(*http::parse_url(target.url()),
                            {{"Accept", "text/plain;q=0.1"}, {"Accept", "application/openmetrics-text"}});
    ASSERT_TRUE(answer) << answer.error().text();
    EXPECT_THAT(*answer->header("Content-Type"), StartsWith("application/openmetrics-text; version=1.0.0"));
}

/// What was served, by label set.
std::map<std::string, ServedSample> recorded(const ScrapeTarget& target, const Generation& generation) {
    std::map<std::string, ServedSample> out;
    for (const auto& sample : generation.samples) {
        auto labels = target.identities()[sample.series].labels;
        labels.emplace_back("__name__", target.identities()[sample.series].metric);
        std::sort(labels.begin(), labels.end());
        out[sender::series_key(labels)] = sample;
    }
    return out;
}

class InText : public ::testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(Formats, InText, ::testing::Bool());

TEST_P(InText, ServesWhatItRecords) {
    const bool openmetrics = GetParam();
    const auto format = openmetrics ? Exposition::kOpenMetrics : Exposition::kText;
    ScrapeTarget target;
    ASSERT_TRUE(target.start());
    const auto answer = scrape(target, accept_of(format));
    ASSERT_EQ(answer.status, 200);
    EXPECT_EQ(*answer.header("Content-Type"), content_type_of(format));
    const auto parsed = sender::parse_exposition(
        answer.body, openmetrics ? sender::InputFormat::kOpenMetrics : sender::InputFormat::kText);
    ASSERT_TRUE(parsed) << parsed.error().text();
    EXPECT_EQ(parsed->duplicates, 0U);
    EXPECT_THAT(parsed->notes, ::testing::IsEmpty());
    const auto generations = target.generations();
    const auto& generation = generations.back();
    EXPECT_EQ(name_of(generation.format), name_of(format));
    EXPECT_EQ(parsed->points(), generation.samples.size());
    EXPECT_TRUE(generation.histograms.empty());
    const auto served = recorded(target, generation);
    std::size_t exemplars = 0, starts = 0, explicit_times = 0;
    for (const auto& family : parsed->families) {
        for (const auto& point : family.points) {
            const auto name = sender::series_name(point.labels);
            const auto found = served.find(sender::series_key(point.labels));
            ASSERT_NE(found, served.end()) << name;
            EXPECT_EQ(found->second.bits, point.value_bits) << name;
            EXPECT_EQ(found->second.nan, point.value_bits == proto::kNormalNanBits) << name;
            EXPECT_EQ(found->second.start_timestamp_ms, point.start_timestamp_ms) << name;
            EXPECT_EQ(found->second.timestamp_ms, point.timestamp_ms.value_or(0)) << name;
            exemplars += point.exemplars.size();
            starts += point.start_timestamp_ms != 0 ? 1U : 0U;
            explicit_times += point.timestamp_ms ? 1U : 0U;
        }
    }
    EXPECT_EQ(exemplars, generation.exemplars.size());
    EXPECT_EQ(exemplars > 0, openmetrics);
    EXPECT_EQ(starts > 0, openmetrics);
    EXPECT_EQ(explicit_times, 2U);
}

TEST_P(InText, ServesTheMetadataOfTheTable) {
    const bool openmetrics = GetParam();
    ScrapeTarget target;
    const auto parsed =
        sender::parse_exposition(target.take(openmetrics ? Exposition::kOpenMetrics : Exposition::kText),
                                 openmetrics ? sender::InputFormat::kOpenMetrics : sender::InputFormat::kText);
    ASSERT_TRUE(parsed) << parsed.error().text();
    std::map<std::string, const sender::Family*> by_name;
    for (const auto& family : parsed->families) by_name[family.name] = &family;
    for (const auto& family : target.families()) {
        std::string name = family.name;
        std::string type = family.type == "untyped" ? "unknown" : family.type;
        if (!openmetrics && family.type == "counter") name += "_total";
        if (!openmetrics && family.type == "info") name += "_info";
        if (!openmetrics && (type == "info" || type == "stateset")) type = "gauge";
        const auto found = by_name.find(name);
        if (found == by_name.end()) {
            EXPECT_THAT(name, HasSubstr("native")) << "only histograms without buckets are left out of texts";
            continue;
        }
        EXPECT_EQ(proto::name_of(found->second->type), type) << name;
        EXPECT_EQ(found->second->help, family.help) << name;
        EXPECT_EQ(found->second->unit, openmetrics ? family.unit : "") << name;
    }
}

/// A family by name; an empty one when it is not there.
proto::ExposedFamily family_of(const std::vector<proto::ExposedFamily>& families, const std::string& name) {
    for (const auto& family : families)
        if (family.name == name) return family;
    ADD_FAILURE() << "no family " << name;
    return {};
}

TEST(Protobuf, ServesWhatItRecords) {
    ScrapeTarget target;
    ASSERT_TRUE(target.start());
    const auto answer = scrape(target, kProtobufAccept);
    ASSERT_EQ(answer.status, 200);
    EXPECT_EQ(*answer.header("Content-Type"), proto::kMetricFamilyContentType);
    const auto families = proto::decode_metric_families(answer.body);
    ASSERT_TRUE(families) << families.error().text();
    const auto generations = target.generations();
    const auto& generation = generations.back();
    EXPECT_EQ(name_of(generation.format), "protobuf");
    const auto served = recorded(target, generation);
    std::size_t samples = 0, exemplars = 0, classic_of_both = 0;
    const auto expect = [&](const std::string& metric, proto::Labels labels, std::uint64_t bits) {
        std::erase_if(labels, [](const auto& label) { return label.second.empty(); });
        labels.emplace_back("__name__", metric);
        std::sort(labels.begin(), labels.end());
        const auto found = served.find(sender::series_key(labels));
        ASSERT_NE(found, served.end()) << sender::series_name(labels);
        EXPECT_EQ(found->second.bits, bits) << sender::series_name(labels);
        ++samples;
    };
    std::map<std::string, std::vector<proto::Histogram>> native;
    for (const auto& family : *families) {
        for (const auto& metric : family.metrics) {
            exemplars += metric.exemplars.size() + (metric.exemplar ? 1U : 0U);
            for (const auto& bucket : metric.buckets) exemplars += bucket.exemplar ? 1U : 0U;
            if (metric.native) native[family.name].push_back(*metric.native);
            switch (family.type) {
                case proto::ExposedType::kCounter:
                case proto::ExposedType::kGauge:
                case proto::ExposedType::kUntyped:
                    expect(family.name, metric.labels, metric.value_bits);
                    break;
                case proto::ExposedType::kSummary:
                    for (const auto& quantile : metric.quantiles) {
                        auto labels = metric.labels;
                        labels.emplace_back("quantile", proto::value_text(quantile.quantile_bits));
                        expect(family.name, labels, quantile.value_bits);
                    }
                    expect(family.name + "_sum", metric.labels, metric.sum_bits);
                    expect(family.name + "_count", metric.labels, proto::to_bits(metric.count));
                    break;
                case proto::ExposedType::kHistogram:
                    if (metric.buckets.empty()) break;
                    if (metric.native) {
                        classic_of_both += metric.buckets.size() + 2;
                        break;
                    }
                    for (const auto& bucket : metric.buckets) {
                        auto labels = metric.labels;
                        labels.emplace_back("le", proto::value_text(bucket.upper_bound_bits));
                        expect(family.name + "_bucket", labels, proto::to_bits(bucket.cumulative_count));
                    }
                    expect(family.name + "_sum", metric.labels, metric.sum_bits);
                    expect(family.name + "_count", metric.labels, proto::to_bits(metric.count));
                    break;
                case proto::ExposedType::kGaugeHistogram:
                    EXPECT_TRUE(metric.native);
                    break;
            }
        }
    }
    EXPECT_EQ(samples, generation.samples.size());
    EXPECT_EQ(classic_of_both, 6U) << "served, and demanded of nobody";
    EXPECT_EQ(exemplars, generation.exemplars.size());
    std::size_t histograms = 0;
    for (const auto& [name, list] : native) {
        std::size_t next = 0;
        for (const auto& [series, value] : generation.histograms) {
            if (target.identities()[series].metric != name) continue;
            ASSERT_LT(next, list.size()) << name;
            const auto& got = list[next++];
            EXPECT_EQ(got.count, value.count) << name;
            EXPECT_EQ(got.zero_count, value.zero_count) << name;
            EXPECT_EQ(got.sum_bits, value.sum_bits) << name;
            EXPECT_EQ(got.schema, value.schema) << name;
            EXPECT_EQ(got.zero_threshold, value.zero_threshold) << name;
            EXPECT_EQ(got.positive_deltas, value.positive_deltas) << name;
            EXPECT_EQ(got.negative_deltas, value.negative_deltas) << name;
            EXPECT_EQ(got.positive_counts, value.positive_counts) << name;
            EXPECT_EQ(got.negative_counts, value.negative_counts) << name;
            EXPECT_EQ(got.positive_spans.size(), value.positive_spans.size()) << name;
            EXPECT_EQ(got.negative_spans.size(), value.negative_spans.size()) << name;
            ++histograms;
        }
        EXPECT_EQ(next, list.size()) << name;
    }
    EXPECT_EQ(histograms, generation.histograms.size());
    EXPECT_GE(histograms, 8U);
}

TEST(Protobuf, HasUnitsStartsAndTheTypesThatItKnows) {
    ScrapeTarget target;
    const auto families = proto::decode_metric_families(target.take(Exposition::kProtobuf));
    ASSERT_TRUE(families) << families.error().text();
    const auto counter = family_of(*families, "prw_bytes_total");
    EXPECT_EQ(counter.type, proto::ExposedType::kCounter);
    EXPECT_EQ(counter.unit, "bytes");
    EXPECT_THAT(counter.help, HasSubstr("\"quotes\", a backslash \\ and\na second line"));
    ASSERT_EQ(counter.metrics.size(), 1U);
    EXPECT_TRUE(counter.metrics[0].start_timestamp_ms);
    EXPECT_EQ(family_of(*families, "prw_native_queue_bytes").type, proto::ExposedType::kGaugeHistogram);
    EXPECT_EQ(family_of(*families, "prw_build_info").type, proto::ExposedType::kGauge);
    EXPECT_EQ(family_of(*families, "prw_mode").type, proto::ExposedType::kGauge);
    const auto both = family_of(*families, "prw_both_seconds");
    ASSERT_EQ(both.metrics.size(), 1U);
    EXPECT_EQ(both.metrics[0].buckets.size(), 4U);
    ASSERT_TRUE(both.metrics[0].native);
}

TEST(Protobuf, BothPartsOfAHistogramAgree) {
    ScrapeTarget target;
    for (int i = 0; i < 5; ++i) {
        const auto families = proto::decode_metric_families(target.take(Exposition::kProtobuf));
        ASSERT_TRUE(families) << families.error().text();
        const auto metric = family_of(*families, "prw_both_seconds").metrics.at(0);
        EXPECT_EQ(std::get<std::uint64_t>(metric.native->count), static_cast<std::uint64_t>(metric.count));
        EXPECT_EQ(metric.native->sum_bits, metric.sum_bits);
        EXPECT_EQ(metric.buckets.back().cumulative_count, metric.count);
    }
}

/// zero bucket + buckets = count, in every generation; else Prometheus rightly refuses them.
TEST(NativeHistograms, AddUp) {
    ScrapeTarget target;
    for (int i = 0; i < 8; ++i) (void)target.take(Exposition::kProtobuf);
    for (const auto& generation : target.generations()) {
        for (const auto& [series, value] : generation.histograms) {
            const auto name = target.identities()[series].text();
            double all = std::visit([](auto n) { return static_cast<double>(n); }, value.zero_count);
            for (const auto* deltas : {&value.positive_deltas, &value.negative_deltas}) {
                std::int64_t count = 0;
                for (const auto delta : *deltas) {
                    count += delta;
                    EXPECT_GE(count, 0) << name;
                    all += static_cast<double>(count);
                }
            }
            for (const auto* counts : {&value.positive_counts, &value.negative_counts})
                for (const auto count : *counts) all += count;
            const double count = std::visit([](auto n) { return static_cast<double>(n); }, value.count);
            EXPECT_NEAR(all, count, std::holds_alternative<double>(value.count) ? 1e-9 : 0) << name;
            std::uint32_t places = 0;
            for (const auto* spans : {&value.positive_spans, &value.negative_spans})
                for (const auto& span : *spans) places += span.length;
            EXPECT_EQ(places, value.positive_deltas.size() + value.negative_deltas.size() +
                                  value.positive_counts.size() + value.negative_counts.size())
                << name;
        }
    }
}

TEST(Resets, MakeTheValueFallAndTheStartRise) {
    ScrapeTarget target;
    for (int i = 0; i < 9; ++i) (void)target.take(Exposition::kProtobuf);
    std::map<std::string, std::vector<std::pair<double, std::int64_t>>> seen;
    std::vector<std::int64_t> asked;
    for (const auto& generation : target.generations()) {
        asked.push_back(generation.unix_ms);
        for (const auto& sample : generation.samples) {
            if (target.identities()[sample.series].metric == "prw_restarts_total")
                seen["counter"].emplace_back(proto::from_bits(sample.bits), sample.start_timestamp_ms);
        }
        for (const auto& [series, value] : generation.histograms) {
            if (target.identities()[series].labels == LabelPairs{{"path", "/restarts"}})
                seen["histogram"].emplace_back(static_cast<double>(std::get<std::uint64_t>(value.count)),
                                               value.start_timestamp);
        }
    }
    ASSERT_EQ(seen.size(), 2U);
    for (const auto& [what, list] : seen) {
        SCOPED_TRACE(what);
        ASSERT_EQ(list.size(), 9U);
        for (std::size_t i = 1; i < list.size(); ++i) {
            const bool reset = (i + 1) % 3 == 0;
            EXPECT_EQ(list[i].first < list[i - 1].first, reset) << i;
            // Not before the generation that still had the old value, not after the one that has the new one.
            if (reset) {
                EXPECT_EQ(list[i].second, asked[i - 1]) << i;
            }
            if (!reset) {
                EXPECT_EQ(list[i].second, list[i - 1].second) << i;
            }
        }
    }
}

TEST(Exemplars, AreOfTheirGenerationAndTimedOnBucketsAndNativeHistograms) {
    ScrapeTarget target;
    for (int i = 0; i < 3; ++i) (void)target.take(Exposition::kProtobuf);
    std::set<proto::Labels> labels;
    std::size_t all = 0;
    const auto generations = target.generations();
    for (const auto& generation : generations) {
        for (const auto& [series, exemplar] : generation.exemplars) {
            ++all;
            labels.insert(exemplar.labels);
            const auto& identity = target.identities()[series];
            EXPECT_TRUE(identity.exemplar);
            const bool timed = identity.native || identity.metric.ends_with("_bucket");
            EXPECT_EQ(exemplar.timestamp_ms.has_value(), timed) << identity.text();
            if (timed) {
                EXPECT_LE(*exemplar.timestamp_ms, generation.unix_ms + 1);
            }
            EXPECT_EQ(exemplar.labels.at(0).second.size(), 32U) << "a trace id";
        }
    }
    EXPECT_EQ(labels.size(), all);
    EXPECT_EQ(all, 3U * (1 + 4 + 2)) << "a counter, four buckets, two on a native histogram";
}

TEST(ScrapeTarget, GenerationsDifferInEverySeriesThatSaysSo) {
    ScrapeTarget target;
    std::map<std::uint32_t, std::set<std::uint64_t>> values;
    for (int i = 0; i < 200; ++i) (void)target.take(Exposition::kText);
    for (const auto& generation : target.generations()) {
        EXPECT_TRUE(generation.complete);
        for (const auto& sample : generation.samples) values[sample.series].insert(sample.bits);
    }
    for (const auto& [series, bits] : values) {
        const auto& identity = target.identities()[series];
        const std::size_t others = identity.metric == "prw_restarts_total" ? 3 : 1;
        EXPECT_EQ(bits.size(), identity.unique_values ? 200U : others) << identity.text();
    }
}

TEST(ScrapeTarget, SpecialValuesKeepTheirBits) {
    ScrapeTarget target;
    (void)target.take(Exposition::kText);
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

TEST(ScrapeTarget, LabelsWithoutValueAreServedAndNotPartOfTheIdentity) {
    ScrapeTarget target;
    EXPECT_THAT(target.take(Exposition::kText), HasSubstr("\nprw_empty_label{empty=\"\",full=\"1\"} "));
    for (const auto& identity : target.identities())
        if (identity.metric == "prw_empty_label") {
            EXPECT_EQ(identity.labels, (LabelPairs{{"full", "1"}}));
        }
}

TEST(ScrapeTarget, NamesWhatClassicHistogramsMayBecome) {
    ScrapeTarget target;
    std::set<std::string> custom;
    for (const auto& identity : target.identities())
        if (identity.custom_buckets) custom.insert(identity.metric);
    // prw_both_seconds has native buckets already.
    EXPECT_THAT(custom, ::testing::ElementsAre("prw_request_duration_seconds", "prw_vanishing_seconds"));
    (void)target.take(Exposition::kProtobuf);
    const auto generations = target.generations();
    for (const auto& sample : generations[0].samples) EXPECT_FALSE(target.identities()[sample.series].custom_buckets);
}

TEST(ScrapeTarget, ManySeriesAreOfDifferentValues) {
    ScrapeTarget target(large_families());
    (void)target.take(Exposition::kText);
    (void)target.take(Exposition::kText);
    std::set<std::uint64_t> bits;
    for (const auto& generation : target.generations()) {
        EXPECT_EQ(generation.samples.size(), 10'001U);
        for (const auto& sample : generation.samples)
            if (sample.series != 0) bits.insert(sample.bits);
    }
    EXPECT_EQ(bits.size(), 20'000U);
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

constexpr const char* kOwnSeries = R"(# TYPE my_requests counter
# HELP my_requests Mine.
my_requests_total{path="/"} 17 # {trace_id="abc"} 0.5
my_requests_created{path="/"} 1700000000.5
# TYPE my_seconds histogram
# UNIT my_seconds seconds
my_seconds_bucket{le="1.0"} 2
my_seconds_bucket{le="+Inf"} 3
my_seconds_sum 4.5
my_seconds_count 3
# TYPE my_build info
my_build_info{version="2"} 1
# EOF
)";

TEST(OwnSeries, AreServedInAllFormatsWithTheirValues) {
    auto own = parse_source(kOwnSeries, "own.om");
    ASSERT_TRUE(own) << own.error().text();
    ASSERT_EQ(own->size(), 3U);
    EXPECT_EQ((*own)[0].name, "my_requests");
    EXPECT_EQ((*own)[1].unit, "seconds");
    auto families = default_families();
    families.insert(families.end(), own->begin(), own->end());
    ScrapeTarget target(families);
    EXPECT_THAT(target.take(Exposition::kText),
                HasSubstr("\n# TYPE my_requests_total counter\nmy_requests_total{path=\"/\"} 17\n"));
    EXPECT_THAT(target.take(Exposition::kOpenMetrics),
                HasSubstr("\nmy_requests_total{path=\"/\"} 17 # {trace_id=\"abc\"} 0.5\n"
                          "my_requests_created{path=\"/\"} 1700000000.500\n"));
    const auto exposed = proto::decode_metric_families(target.take(Exposition::kProtobuf));
    ASSERT_TRUE(exposed);
    const auto histogram = family_of(*exposed, "my_seconds").metrics.at(0);
    EXPECT_EQ(histogram.buckets.size(), 2U);
    EXPECT_EQ(histogram.count, 3);
    EXPECT_EQ(family_of(*exposed, "my_requests_total").metrics.at(0).start_timestamp_ms, 1700000000500);
    for (const auto& identity : target.identities())
        if (identity.metric.starts_with("my_")) {
            EXPECT_FALSE(identity.unique_values) << identity.text();
        }
}

TEST(OwnSeries, MayBeNativeHistogramsInJson) {
    const auto own = parse_source(R"({"metrics": [{"name": "my_native", "type": "gaugehistogram", "series": [
        {"histogram": {"count": 3, "sum": 1, "schema": 2, "zero_threshold": 0.5, "zero_count": 1,
                       "positive": {"spans": [{"offset": 0, "length": 1}], "deltas": [2]}}}]}]})",
                                  "own.json");
    ASSERT_TRUE(own) << own.error().text();
    ScrapeTarget target(*own);
    EXPECT_EQ(target.take(Exposition::kText), "");
    (void)target.take(Exposition::kProtobuf);
    const auto generations = target.generations();
    ASSERT_EQ(generations[1].histograms.size(), 1U);
    EXPECT_EQ(generations[1].histograms[0].value.reset_hint, 3U);
}

TEST(OwnSeries, ThatCannotBeServedAreRefusedWithTheirLine) {
    struct Row {
        const char* text;
        const char* problem;
    };
    for (const auto& row : {
             Row{"a 1\nb{c=\"d\" 2\n", "own:2"},
             Row{"# TYPE a counter\na 1\n", "own:1: a: is no series of the counter a"},
             Row{"ok 1\nprw_bytes_total 1\n# TYPE prw_temperature_celsius gauge\nprw_temperature_celsius 1\n",
                 "own:3: the built-in table has a metric prw_temperature_celsius already"},
             Row{"# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_count 1\n",
                 "own:1: histogram h lacks the bucket le=\"+Inf\""},
             Row{"# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1\n", "own:1: histogram h lacks _count"},
             Row{"# TYPE h histogram\nh_bucket{le=\"x\"} 1\n", "is no series of the histogram h"},
             Row{"a 1\na 2\n", "own:2"},
             Row{"a 1 1000\na 2 2000\n", "own:1: a: a scrape holds one sample of a series"},
             Row{"# only a comment\n", "own: holds no series"},
             Row{R"({"metrics": [{"name": "g", "type": "gauge", "series": [{"value": "StaleNaN"}]}]})",
                 "own:1: g: a stale marker cannot be scraped"},
             Row{R"({"metrics": [{"name": "g", "type": "gauge",
 "series": [{"value": 1, "exemplars": [{"labels": {"a": "b"}, "value": 1}]}]}]})",
                 "own:1: g: only counters, buckets and native histograms have exemplars"},
         }) {
        const auto own = parse_source(row.text, "own");
        ASSERT_FALSE(own) << row.text;
        EXPECT_EQ(own.error().code, ErrorCode::kInvalidArgument);
        EXPECT_THAT(own.error().text(), HasSubstr(row.problem)) << row.text;
    }
    const prw::testing::TempDir dir;
    EXPECT_THAT(load_source(dir.file("none")).error().text(), HasSubstr("cannot read the file of series"));
    prw::testing::write_file(dir.file("own"), "a 1\n");
    EXPECT_TRUE(load_source(dir.file("own")));
}

/// Every word that a profile may give leaves out something, and the generation, by which scrapes are told, never.
TEST(ScrapeTarget, LeavesOutWhatATargetCannotTake) {
    const auto series_of = [](const std::vector<SourceFamily>& families) {
        std::size_t count = 0;
        for (const auto& family : families) count += family.series.size();
        return count;
    };
    const auto all = default_families();
    EXPECT_EQ(series_of(leave_out(all, {})), series_of(all));
    std::vector<std::string> everything;
    for (const auto& odd : suite::odd_inputs()) {
        const auto rest = leave_out(all, {std::string(odd.name)});
        EXPECT_LT(series_of(rest), series_of(all)) << odd.name;
        for (const auto& family : rest) EXPECT_FALSE(family.series.empty()) << odd.name << ": " << family.name;
        everything.emplace_back(odd.name);
    }
    const auto rest = leave_out(all, everything);
    EXPECT_TRUE(std::any_of(rest.begin(), rest.end(), [](const auto& f) { return f.name == "prw_scrape_generation"; }));
    EXPECT_FALSE(suite::check_odd_inputs({"colon"}));
    EXPECT_EQ(suite::check_odd_inputs({"colon"}).error().what, "without holds \"colon\"; did you mean \"colons\"?");
    EXPECT_TRUE(suite::check_odd_inputs(everything));
}

}  // namespace
}  // namespace prw::sender_suite
