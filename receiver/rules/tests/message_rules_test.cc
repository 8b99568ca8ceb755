/// Every message rule against bytes that violate it and bytes that just do not.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "message_cases.h"
#include "prw/proto/clauses.h"
#include "subjects_of_findings.h"

namespace prw::testing {

namespace {

using rules::CheckResult;
using rules::Finding;

std::vector<MessageCase> all_cases() {
    std::vector<MessageCase> all;
    for (auto part :
         {label_cases(), symbol_cases(), sample_cases(), histogram_cases(), exemplar_cases(), metadata_cases()}) {
        all.insert(all.end(), part.begin(), part.end());
    }
    return all;
}

CheckResult judge(const MessageCase& c, const std::string& bytes) {
    auto options = test_options();
    auto result = rules::Checker(options).check_message(bytes, c.message);
    expect_subjects(result);
    return result;
}

std::string text(const CheckResult& result) {
    std::string out;
    for (const auto& f : result.findings)
        out += "  " + std::string(name_of(f.severity)) + " " + f.rule + " " + f.field + ": " + f.message + "\n";
    return out.empty() ? "  nothing\n" : out;
}

constexpr const char* kFamilies[] = {"labels/",     "symbols/",   "series/",  "samples/",
                                     "histograms/", "exemplars/", "metadata/"};
bool is_message_rule(std::string_view rule) {
    return std::any_of(std::begin(kFamilies), std::end(kFamilies),
                       [&](const char* family) { return rule.starts_with(family); });
}

bool applies(const rules::Rule& rule, ProtobufMessage message) {
    return std::any_of(rule.clauses.begin(), rule.clauses.end(),
                       [&](std::string_view id) { return proto::applies(id, message); });
}

}  // namespace

TEST(MessageRules, BytesThatViolateTheRuleAreFound) {
    for (const auto& c : all_cases()) {
        const auto result = judge(c, c.bad);
        SCOPED_TRACE(c.rule + " (" + std::string(short_name(c.message)) + "): " + c.what + "\n" + text(result));
        ASSERT_TRUE(result.decoded);
        const auto found = std::find_if(result.findings.begin(), result.findings.end(),
                                        [&](const Finding& f) { return f.rule == c.rule; });
        if (found == result.findings.end()) {
            ADD_FAILURE() << "not found";
            continue;
        }
        EXPECT_EQ(name_of(found->severity), name_of(c.severity));
        if (!c.field.empty()) {
            EXPECT_EQ(found->field, c.field);
        }
        // Nothing else is to be said about these bytes.
        for (const auto& f : result.findings) {
            const bool expected = f.rule == c.rule || std::find(c.also.begin(), c.also.end(), f.rule) != c.also.end() ||
                                  (f.rule.starts_with("wire/") && f.severity == Severity::kInfo);
            EXPECT_TRUE(expected) << "unexpected: " << f.rule;
        }
    }
}

TEST(MessageRules, BytesThatJustDoNotViolateTheRulePass) {
    for (const auto& c : all_cases()) {
        const auto result = judge(c, c.good);
        SCOPED_TRACE(c.rule + " (" + std::string(short_name(c.message)) + "): " + c.what + "\n" + text(result));
        ASSERT_TRUE(result.decoded);
        EXPECT_TRUE(std::none_of(result.findings.begin(), result.findings.end(),
                                 [&](const Finding& f) { return f.rule == c.rule; }));
    }
}

TEST(MessageRules, EveryRuleHasCasesForEachMessageItAppliesTo) {
    std::set<std::pair<std::string, ProtobufMessage>> covered;
    for (const auto& c : all_cases()) {
        EXPECT_NE(rules::find_rule(c.rule), nullptr) << c.rule;
        covered.emplace(c.rule, c.message);
    }
    std::size_t rules = 0;
    for (const auto* rule : rules::all_rules()) {
        if (!is_message_rule(rule->id)) continue;
        ++rules;
        for (const auto message : {ProtobufMessage::kV1, ProtobufMessage::kV2}) {
            EXPECT_EQ(covered.contains({std::string(rule->id), message}), applies(*rule, message))
                << rule->id << " " << short_name(message);
        }
    }
    EXPECT_GE(rules, 60U);
}

TEST(MessageRules, ClausesOfRulesAreInTheCatalogue) {
    for (const auto* rule : rules::all_rules()) {
        if (!is_message_rule(rule->id)) continue;
        EXPECT_FALSE(rule->clauses.empty()) << rule->id;
        EXPECT_FALSE(rule->summary.empty()) << rule->id;
        EXPECT_FALSE(rule->fix.empty()) << rule->id;
        for (const auto id : rule->clauses) EXPECT_NE(proto::find_clause(id), nullptr) << rule->id << " " << id;
    }
}

TEST(MessageRules, EveryClauseOnTheMessageHasARuleOrAReason) {
    std::set<std::string_view> judged;
    for (const auto* rule : rules::all_rules()) judged.insert(rule->clauses.begin(), rule->clauses.end());
    std::set<std::string_view> reasons;
    for (const auto& uncovered : rules::uncovered_clauses()) {
        reasons.insert(uncovered.clause);
        EXPECT_GT(uncovered.reason.size(), 20U) << uncovered.clause;
        EXPECT_FALSE(judged.contains(uncovered.clause))
            << uncovered.clause << " has a rule and a reason why it has none";
    }
    constexpr std::string_view kSections[] = {"labels",    "symbols",  "samples", "timeseries", "histogram",
                                              "exemplars", "metadata", "stale",   "ordering",   "message"};
    std::size_t seen = 0;
    for (const auto& clause : proto::clauses()) {
        if (clause.party == proto::Party::kReceiver || clause.observable != proto::Observable::kRequest) continue;
        const auto section = clause.id.substr(clause.id.find('.') + 1);
        if (std::none_of(std::begin(kSections), std::end(kSections),
                         [&](auto s) { return section.starts_with(std::string(s) + "."); }))
            continue;
        ++seen;
        EXPECT_TRUE(judged.contains(clause.id) || reasons.contains(clause.id)) << clause.id;
    }
    EXPECT_GE(seen, 95U);
}

TEST(MessageRules, FindingsSayEverythingThatAReaderNeeds) {
    for (const auto& c : all_cases()) {
        const auto result = judge(c, c.bad);
        for (const auto& f : result.findings) {
            if (!is_message_rule(f.rule)) continue;
            SCOPED_TRACE(f.rule + " " + c.what + ": " + f.message);
            EXPECT_FALSE(f.clauses.empty());
            EXPECT_FALSE(f.message.empty());
            EXPECT_LT(f.message.size(), 600U);
            EXPECT_FALSE(f.field.empty());
            EXPECT_FALSE(f.fix.empty());
            ASSERT_TRUE(f.protobuf_bytes.has_value());
            EXPECT_LE(f.protobuf_bytes->end(), c.bad.size());
            for (const auto& id : f.clauses) {
                EXPECT_TRUE(proto::applies(id, c.message)) << id;
            }
        }
    }
}

TEST(MessageRules, AValidRequestHasNoFindings) {
    for (const auto message : {ProtobufMessage::kV1, ProtobufMessage::kV2}) {
        const auto result =
            rules::Checker(test_options()).check_message(proto::encode(valid_write_request(), message), message);
        EXPECT_TRUE(result.findings.empty()) << short_name(message) << "\n" << text(result);
    }
}

TEST(MessageRules, AnyUnicodeTextIsALegalValue) {
    for (const auto& value : {std::string("line\nbreak"), std::string("\0", 1), std::string("\xf0\x9f\x8d\x8e"),
                              std::string("e\xcc\x81"), std::string("\xef\xbf\xbd"), std::string("\x7f\x01")}) {
        for (const auto message : {ProtobufMessage::kV1, ProtobufMessage::kV2}) {
            const auto bytes = changed(message, labels({{"__name__", "m"}, {"x", value}}));
            const auto result = rules::Checker(test_options()).check_message(bytes, message);
            EXPECT_TRUE(std::none_of(result.findings.begin(), result.findings.end(), [](const Finding& f) {
                return is_message_rule(f.rule);
            })) << text(result);
        }
    }
}

TEST(MessageRules, ManyOccurrencesAreCountedAndBounded) {
    auto request = valid_write_request();
    for (int i = 0; i < 100; ++i)
        request.series.push_back(valid_series({{"__name__", "m"}, {"b", std::to_string(i)}, {"a", "x"}}));
    auto options = test_options();
    options.findings_per_rule = 3;
    const auto result =
        rules::Checker(options).check_message(proto::encode(request, ProtobufMessage::kV1), ProtobufMessage::kV1);
    ASSERT_EQ(result.findings.size(), 3U) << text(result);
    std::uint64_t count = 0;
    for (const auto& f : result.findings) count += f.count;
    EXPECT_EQ(count, 100U);
    EXPECT_EQ(result.rejected_series, 100U);
}

TEST(MessageRules, AFailIsFoundBehindManyMilderFindingsOfItsRule) {
    auto request = valid_write_request();
    request.series.clear();
    for (int i = 0; i < 50; ++i) {
        request.series.push_back(valid_series({{"__name__", "m" + std::to_string(i) + "_bucket"}, {"le", "left"}}));
    }
    request.series.push_back(valid_series({{"__name__", "n_bucket"}, {"le", "x"}}));
    request.metadata = {{proto::MetricType::kHistogram, "n", "Help.", ""}};
    const auto result = rules::Checker(test_options())
                            .check_message(proto::encode(request, ProtobufMessage::kV1), ProtobufMessage::kV1);
    EXPECT_EQ(result.worst(), Severity::kFail) << text(result);
    EXPECT_EQ(result.rejected_series, 1U);
}

}  // namespace prw::testing
