// Each request rule: a request that breaks it, and one a step away that does not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "finding_text.h"
#include "prw/proto/snappy_block.h"
#include "prw/rules/check.h"
#include "request_builder.h"
#include "request_cases.h"
#include "subjects_of_findings.h"
#include "support.h"

namespace prw::testing {
namespace {

using rules::CheckResult;
using rules::Finding;
using rules::Severity;

class RequestRules : public ::testing::TestWithParam<RequestCase> {};

CheckResult judge(const RequestCase& c, const BuiltRequest& request) {
    auto options = test_options();
    if (c.options) c.options(options);
    auto result = rules::check(request.head, request.body, options);
    expect_subjects(result);
    return result;
}

TEST_P(RequestRules, BadRequestIsReported) {
    const auto& c = GetParam();
    const auto result = judge(c, c.bad);
    const auto* finding = find_finding(result, c.rule);
    ASSERT_NE(finding, nullptr) << c.name << "\n" << render(result.findings);
    EXPECT_EQ(rules::name_of(finding->severity), rules::name_of(c.severity)) << render(*finding);
    EXPECT_EQ(finding->clauses.empty() ? "" : finding->clauses.front(), c.clause) << render(*finding);
    EXPECT_FALSE(finding->message.empty());
    EXPECT_FALSE(finding->fix.empty());
    EXPECT_EQ(result.status, c.status) << render(result.findings);
}

TEST_P(RequestRules, RequestOneStepAwayIsNot) {
    const auto& c = GetParam();
    const auto result = judge(c, c.good);
    EXPECT_EQ(find_finding(result, c.rule), nullptr) << c.name << "\n" << render(result.findings);
}

INSTANTIATE_TEST_SUITE_P(All, RequestRules, ::testing::ValuesIn(request_cases()),
                         [](const auto& param) { return param.param.name; });

TEST(RequestCases, CoverEveryRequestRule) {
    std::set<std::string> covered;
    for (const auto& c : request_cases()) covered.insert(c.rule);
    for (const auto* rule : rules::all_rules()) {
        const auto family = rule->id.substr(0, rule->id.find('/'));
        if (family == "headers" || family == "negotiation" || family == "compression" || family == "wire") {
            EXPECT_TRUE(covered.contains(std::string(rule->id))) << "no case for " << rule->id;
        }
    }
}

TEST(RequestCases, NamesAreUnique) {
    std::set<std::string> names;
    for (const auto& c : request_cases()) EXPECT_TRUE(names.insert(c.name).second) << c.name;
}

TEST(RequestFindings, AreAsRecorded) {
    std::string actual;
    for (const auto& c : request_cases()) {
        const auto result = judge(c, c.bad);
        for (const auto& finding : result.findings)
            if (finding.rule == c.rule) actual += "# " + c.name + "\n" + render(finding);
    }
    EXPECT_EQ(golden(prw::testing::source_dir().string() + "/receiver/rules/tests/golden/request_findings.txt", actual),
              actual);
}

}  // namespace
}  // namespace prw::testing
