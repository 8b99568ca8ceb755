/// What the message rules say about requests of real senders: nothing but what is listed here.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "prw/proto/snappy_block.h"
#include "prw/rules/check.h"
#include "support.h"

namespace prw::testing {

namespace {

/// The captures were made on 2026-11-22.
constexpr std::int64_t kCaptured = 1795392000000;

using Findings = std::set<std::string>;  ///< "fail labels/sorted"

/// By folder; each was checked by hand against the bytes.
const std::map<std::string, Findings>& expected() {
    static const std::map<std::string, Findings> kExpected = {
        {"k6-2.2-1.0", {}},
        // Labels in the order of the code; "reason" empty for some events; one sample repeated by every flush.
        {"kube-eventer-1.3-1.0",
         {"fail labels/sorted", "fail labels/no-empty-value", "info samples/repeated-identical"}},
        // Labels in object order.
        {"npm-prometheus-remote-write-0.5-1.0", {"fail labels/sorted"}},
        // An attribute with an empty value becomes a label with one.
        {"otel-python-0.66-1.0", {"fail labels/no-empty-value", "warn labels/le-on-bucket"}},
        {"otelcol-0.159-1.0", {}},
        // Counters without start time.
        {"otelcol-0.159-2.0", {"info samples/counter-start-timestamp"}},
        {"prom-write-0.2-1.0", {}},
        {"prometheus-2.42-1.0", {}},
        {"prometheus-3.14-1.0", {}},
        // Exemplars in entries of their own; types unset without metadata records.
        {"prometheus-3.14-2.0", {"warn series/not-exemplars-only", "warn metadata/type-provided"}},
        {"telegraf-1.39-1.0", {}},
        {"tenzir-6.20-1.0", {}},
        {"tenzir-6.20-2.0", {"info samples/counter-start-timestamp"}},
        {"vmagent-1.79-1.0", {}},
    };
    return kExpected;
}

bool is_message_rule(std::string_view rule) {
    for (const auto* family :
         {"labels/", "symbols/", "series/", "samples/", "histograms/", "exemplars/", "metadata/"}) {
        if (rule.starts_with(family)) return true;
    }
    return false;
}

}  // namespace

TEST(MessageFixtures, RealSendersHaveTheFindingsThatTheyDeserve) {
    std::map<std::string, Findings> seen;
    for (const auto& fixture : all_fixtures()) {
        rules::CheckOptions options;
        options.now_ms = kCaptured;
        const auto result = rules::check(fixture.head, fixture.body, options);
        EXPECT_TRUE(result.decoded) << fixture.name;
        auto& findings = seen[fixture.name.substr(0, fixture.name.find('/'))];
        for (const auto& f : result.findings) {
            if (is_message_rule(f.rule)) findings.insert(std::string(name_of(f.severity)) + " " + f.rule);
        }
    }
    EXPECT_EQ(seen, expected());
}

TEST(MessageFixtures, TheFindingNamesSeriesFieldAndBytes) {
    rules::CheckOptions options;
    options.now_ms = kCaptured;
    const auto f = fixture("kube-eventer-1.3-1.0/000");
    const auto result = rules::check(f.head, f.body, options);
    for (const auto& finding : result.findings) {
        if (finding.rule != "labels/no-empty-value") continue;
        EXPECT_EQ(finding.field, "timeseries[0].labels[4].value");
        EXPECT_EQ(finding.message, "Label \"reason\" has an empty value; wanted a value or no label");
        EXPECT_TRUE(finding.series.starts_with("event_warning_total{")) << finding.series;
        EXPECT_TRUE(finding.body_bytes.has_value());
        return;
    }
    FAIL() << "labels/no-empty-value was not found";
}

/// References, lengths and counts that point anywhere: every finding must still point into the message.
TEST(MessageFixtures, DamagedMessagesAreJudgedWithinTheirBounds) {
    std::mt19937 random(20261122);
    proto::PaddedBuffer buffer;
    rules::CheckOptions options;
    options.now_ms = kCaptured;
    rules::Checker checker(options);
    std::size_t decoded = 0;
    for (const auto& fixture : all_fixtures()) {
        ASSERT_TRUE(proto::uncompress_snappy(fixture.body, proto::kDefaultMaxUncompressed, buffer).has_value())
            << fixture.name;
        if (buffer.size() == 0) continue;
        const auto message =
            fixture.name.find("-2.0/") != std::string::npos ? proto::ProtobufMessage::kV2 : proto::ProtobufMessage::kV1;
        for (int round = 0; round < 60; ++round) {
            std::string bytes(buffer.view());
            for (std::uint32_t k = 0; k <= random() % 4; ++k)
                bytes[random() % bytes.size()] = static_cast<char>(random() & 0xffU);
            const auto result = checker.check_message(bytes, message);
            decoded += result.decoded ? 1 : 0;
            for (const auto& f : result.findings) {
                if (!is_message_rule(f.rule)) continue;
                ASSERT_TRUE(f.protobuf_bytes.has_value()) << fixture.name << " " << f.rule;
                ASSERT_LE(f.protobuf_bytes->end(), bytes.size()) << fixture.name << " " << f.rule;
                ASSERT_LT(f.message.size(), 1000U) << f.message;
            }
        }
    }
    EXPECT_GT(decoded, 500U);
}

}  // namespace prw::testing
