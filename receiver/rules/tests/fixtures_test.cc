// What the request rules say about requests of real senders.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "finding_text.h"
#include "prw/rules/check.h"
#include "support.h"

namespace prw::testing {
namespace {

using rules::Severity;

/// The day on which the requests were recorded: 2026-11-22T22:00:00Z.
constexpr std::int64_t kRecordedMs = 1795384800000;

rules::CheckResult judge(const HttpFixture& f) {
    rules::CheckOptions options;
    options.now_ms = kRecordedMs;
    return rules::check(f.head, f.body, options);
}

bool about_request(std::string_view rule) {
    const auto family = rule.substr(0, rule.find('/'));
    return family == "headers" || family == "negotiation" || family == "compression" || family == "wire";
}

TEST(RealSenders, RequestFindingsAreTheKnownOnes) {
    // Folder → findings of the request families that some of its requests have. Nothing else may come.
    const std::string no_version = "warn headers/user-agent-version", grammar = "warn headers/user-agent-grammar",
                      library = "warn headers/user-agent-library";
    const std::string metadata = "info wire/v1-metadata", extensions = "info wire/v1-extensions";
    const std::map<std::string, std::set<std::string>> expected{
        {"k6-2.2-1.0", {no_version}},            // User-Agent: k6-prometheus-rw-output
        {"kube-eventer-1.3-1.0", {no_version}},  // User-Agent: kube-eventer
        {"npm-prometheus-remote-write-0.5-1.0",
         {library, "fail headers/version-present", "fail negotiation/content-encoding-present"}},
        {"otel-python-0.66-1.0", {library}},                                 // User-Agent: python-requests/2.34.2
        {"otelcol-0.159-1.0", {grammar, no_version, metadata, extensions}},  // User-Agent: /
        {"otelcol-0.159-2.0", {grammar, no_version}},
        {"prom-write-0.2-1.0", {}},
        {"prometheus-2.42-1.0", {metadata, extensions}},
        {"prometheus-3.14-1.0", {grammar, no_version, metadata, extensions}},  // User-Agent: Prometheus/
        {"prometheus-3.14-2.0", {grammar, no_version}},
        {"telegraf-1.39-1.0", {no_version}},  // User-Agent: Telegraf/unknown Go/1.26.8
        {"tenzir-6.20-1.0", {metadata}},
        {"tenzir-6.20-2.0", {}},
        {"vmagent-1.79-1.0", {no_version}},  // User-Agent: vmagent
    };
    std::map<std::string, std::set<std::string>> seen;
    for (const auto& fixture : all_fixtures()) {
        auto& of_folder = seen[fixture.name.substr(0, fixture.name.find('/'))];
        for (const auto& finding : judge(fixture).findings)
            if (about_request(finding.rule))
                of_folder.insert(std::string(rules::name_of(finding.severity)) + " " + finding.rule);
    }
    EXPECT_EQ(seen, expected);
}

TEST(RealSenders, DecodeAsWhatTheyDeclare) {
    for (const auto& fixture : all_fixtures()) {
        const auto result = judge(fixture);
        const bool v2 = fixture.name.substr(0, fixture.name.find('/')).ends_with("-2.0");
        EXPECT_TRUE(result.decoded) << fixture.name;
        EXPECT_EQ(result.declared, v2 ? proto::ProtobufMessage::kV2 : proto::ProtobufMessage::kV1) << fixture.name;
        EXPECT_EQ(result.actual, result.declared) << fixture.name;
        EXPECT_GT(result.series + result.metadata, 0U) << fixture.name;
    }
}

TEST(RealSenders, NoFalseAlarmAboutPrometheusAndVmagent) {
    for (const auto& fixture : all_fixtures()) {
        if (!fixture.name.starts_with("prometheus-2.42") && !fixture.name.starts_with("vmagent")) continue;
        const auto result = judge(fixture);
        EXPECT_EQ(result.status, 204) << fixture.name << "\n" << render(result.findings);
        for (const auto& finding : result.findings) {
            const bool explained = fixture.name.starts_with("vmagent") && finding.rule == "headers/user-agent-version";
            EXPECT_TRUE(finding.severity == Severity::kInfo || explained) << fixture.name << "\n" << render(finding);
        }
    }
}

}  // namespace
}  // namespace prw::testing
