// What a rule's draft becomes: clauses, level, severity, bounds, places.
#include <gtest/gtest.h>

#include "finding_text.h"
#include "prw/proto/snappy_block.h"
#include "reporter.h"
#include "request_builder.h"

namespace prw::rules {
namespace {

using proto::ByteRange;
using proto::ProtobufMessage;
using prw::testing::render;

constexpr Rule kBoth{
    .id = "test/both",
    .clauses = {"prw1.labels.metric-name-regex", "prw2.labels.metric-name-regex", "ext.labels.size-sane"},
    .subject = Subject::kMetricName,
    .severity = Severity::kFail,
    .summary = "Both.",
    .fix = "Fix both.",
};
constexpr Rule kOnly2{
    .id = "test/only-2",
    .clauses = {"prw2.symbols.present"},
    .subject = Subject::kSymbol,
    .severity = Severity::kFail,
    .summary = "Only 2.",
    .fix = "Fix it.",
};
constexpr Rule kExt{
    .id = "test/ext",
    .clauses = {"ext.labels.label-set-not-empty"},
    .subject = Subject::kSeries,
    .severity = Severity::kWarn,
    .summary = "Ext.",
    .fix = "Fix it.",
};

struct ReporterTest : ::testing::Test {
    ReporterTest() {
        proto::WriteRequest request = prw::testing::valid_write_request();
        message = proto::encode(request, ProtobufMessage::kV1);
        body = proto::compress_snappy(message);
        proto::decode(message, ProtobufMessage::kV1, view);
    }
    Reporter begin(ProtobufMessage as, std::size_t findings_per_rule = 2) {
        impl.begin({as, findings_per_rule, "POST / HTTP/1.1\r\nHost: a\r\n\r\n", body, &view, true});
        return Reporter(impl);
    }
    static Draft draft(std::string text, std::uint32_t series = proto::kNoRef) {
        Draft out;
        out.message = std::move(text);
        out.series = series;
        return out;
    }
    std::string message, body;
    proto::RequestView view;
    Reporter::Impl impl;
};

TEST_F(ReporterTest, ClausesAndLevelFollowTheMessage) {
    auto report = begin(ProtobufMessage::kV1);
    report.add(kBoth, draft("x"));
    auto findings = impl.finish();
    ASSERT_EQ(findings.size(), 1U);
    EXPECT_EQ(findings[0].clauses, (std::vector<std::string>{"prw1.labels.metric-name-regex", "ext.labels.size-sane"}));
    EXPECT_EQ(findings[0].level, proto::Level::kMust);
    EXPECT_EQ(findings[0].severity, Severity::kFail);
    EXPECT_FALSE(findings[0].extension);

    begin(ProtobufMessage::kV2);  // the same reporter, the next request
    report.add(kBoth, draft("x"));
    findings = impl.finish();
    ASSERT_EQ(findings.size(), 1U);
    EXPECT_EQ(findings[0].clauses.front(), "prw2.labels.metric-name-regex");
    EXPECT_EQ(findings[0].level, proto::Level::kShould);
    EXPECT_EQ(findings[0].severity, Severity::kWarn);
}

TEST_F(ReporterTest, RuleWithoutClauseForTheMessageReportsNothing) {
    auto report = begin(ProtobufMessage::kV1);
    EXPECT_FALSE(report.wants(kOnly2));
    report.add(kOnly2, draft("x"));
    EXPECT_TRUE(impl.finish().empty());
    begin(ProtobufMessage::kV1);
    auto negotiation = draft("x");
    negotiation.any_version = true;
    report.add(kOnly2, std::move(negotiation));
    EXPECT_EQ(impl.finish().size(), 1U);
}

TEST_F(ReporterTest, SeverityIsNeverAboveRuleOrDraft) {
    auto report = begin(ProtobufMessage::kV1);
    report.add(kExt, draft("the rule caps a MUST"));
    auto milder = draft("the draft is milder still");
    milder.severity = Severity::kInfo;
    report.add(kExt, std::move(milder));
    const auto findings = impl.finish();
    ASSERT_EQ(findings.size(), 2U);
    EXPECT_EQ(findings[0].severity, Severity::kWarn);
    EXPECT_EQ(findings[0].level, proto::Level::kMust);
    EXPECT_TRUE(findings[0].extension);
    EXPECT_EQ(findings[1].severity, Severity::kInfo);
}

TEST_F(ReporterTest, DetailsAreBoundedAndCountsAddUp) {
    auto report = begin(ProtobufMessage::kV1, 2);
    for (int i = 0; i < 100; ++i) {
        if (report.wants(kBoth)) {
            report.add(kBoth, draft("x", 0));
        } else {
            report.count(kBoth, 1);
        }
    }
    for (int i = 0; i < 50; ++i) report.add(kExt, draft("no look before the leap"));
    EXPECT_EQ(impl.rejected_series(), 2U);  // series 0 by detail, series 1 by count; kExt only warns
    const auto findings = impl.finish();
    ASSERT_EQ(findings.size(), 4U);
    EXPECT_EQ(findings[0].count + findings[1].count, 100U);
    EXPECT_EQ(findings[0].count, 99U);
    EXPECT_EQ(findings[2].count + findings[3].count, 50U);
}

TEST_F(ReporterTest, WarningsNeverHideAFailure) {
    auto report = begin(ProtobufMessage::kV1, 1);
    for (int i = 0; i < 10; ++i) {
        if (!report.wants(kBoth, Severity::kWarn)) {
            report.count(kBoth, 0, Severity::kWarn);
            continue;
        }
        auto mild = draft("mild");
        mild.severity = Severity::kWarn;
        report.add(kBoth, std::move(mild));
    }
    EXPECT_EQ(impl.rejected_series(), 0U);
    EXPECT_TRUE(report.wants(kBoth));
    report.count(kBoth, 1);  // not asked, and yet not lost
    EXPECT_EQ(impl.rejected_series(), 1U);
    const auto findings = impl.finish();
    ASSERT_EQ(findings.size(), 2U);
    EXPECT_EQ(findings[0].count, 10U);
    EXPECT_EQ(findings[1].severity, Severity::kFail);
    EXPECT_EQ(findings[1].message, "Both.");
}

TEST_F(ReporterTest, FindingsCarrySeriesPlacesAndEvidence) {
    auto report = begin(ProtobufMessage::kV1);
    const auto& label = view.labels_of(view.series[0])[1];
    auto d = draft("x", 0);
    d.protobuf = label.value_range;
    report.add(kBoth, std::move(d));
    const auto findings = impl.finish();
    ASSERT_EQ(findings.size(), 1U);
    const auto& f = findings[0];
    EXPECT_EQ(f.series, R"(shop_temperature_celsius{instance="a:1", job="shop"})");
    ASSERT_TRUE(f.protobuf_bytes);
    EXPECT_EQ(message.substr(f.protobuf_bytes->offset, f.protobuf_bytes->size), "a:1");
    ASSERT_TRUE(f.body_bytes);
    EXPECT_EQ(body.substr(f.body_bytes->offset, f.body_bytes->size), "a:1");
    EXPECT_EQ(f.evidence, "0032  63 65 12 03 61 3a 31 0a 0b 0a 03\n                  ^^^^^^^^");
    EXPECT_EQ(f.fix, "Fix both.");
}

TEST_F(ReporterTest, RangesOutsideAreClampedAndEvidenceIsBounded) {
    auto report = begin(ProtobufMessage::kV1);
    auto d = draft("x");
    d.protobuf = ByteRange{4, 0xfffffff0U};
    d.head = ByteRange{0xffffffffU, 7};
    report.add(kBoth, std::move(d));
    const auto findings = impl.finish();
    ASSERT_EQ(findings.size(), 1U);
    EXPECT_EQ(findings[0].protobuf_bytes->end(), message.size());
    EXPECT_EQ(findings[0].head_bytes->size, 0U);
    EXPECT_LT(findings[0].evidence.size(), 140U);
}

TEST_F(ReporterTest, FindingsAreOrderedByPlace) {
    auto report = begin(ProtobufMessage::kV1, 9);
    const auto add = [&](std::string text, std::optional<ByteRange> head, std::optional<ByteRange> pb,
                         std::optional<ByteRange> in_body) {
        auto d = draft(std::move(text));
        d.head = head;
        d.protobuf = pb;
        d.body = in_body;
        report.add(kBoth, std::move(d));
    };
    add("5", {}, ByteRange{9, 1}, {});
    add("4", {}, ByteRange{2, 1}, {});
    add("3", {}, {}, ByteRange{1, 1});
    add("2", ByteRange{16, 4}, {}, {});
    add("1", {}, {}, {});
    std::string order;
    for (const auto& f : impl.finish()) order += f.message;
    EXPECT_EQ(order, "12345");
}

}  // namespace
}  // namespace prw::rules
