// Every clause on senders that a request can show is covered by a rule, or says why no single request can show it.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "prw/proto/clauses.h"
#include "prw/rules/finding.h"

namespace prw::rules {
namespace {

bool about_requests(const proto::Clause& clause) {
    return clause.party != proto::Party::kReceiver && clause.observable == proto::Observable::kRequest;
}

TEST(Catalogue, EveryRequestClauseIsCoveredOrSaysWhyNot) {
    std::map<std::string_view, std::vector<std::string_view>> rules_of;
    for (const auto* rule : all_rules())
        for (const auto clause : rule->clauses) rules_of[clause].push_back(rule->id);
    std::map<std::string_view, std::string_view> reason_of;
    for (const auto& [clause, reason] : uncovered_clauses()) {
        EXPECT_TRUE(reason_of.emplace(clause, reason).second) << clause << " is listed twice";
        EXPECT_GT(reason.size(), 20U) << clause;
    }
    std::size_t clauses = 0;
    for (const auto& clause : proto::clauses()) {
        if (!about_requests(clause)) continue;
        ++clauses;
        const bool covered = rules_of.contains(clause.id);
        const bool excused = reason_of.contains(clause.id);
        EXPECT_TRUE(covered || excused) << clause.id << " has neither a rule nor a reason: " << clause.summary;
        EXPECT_FALSE(covered && excused) << clause.id << " is covered by " << rules_of[clause.id].front()
                                         << " and yet listed as uncovered";
    }
    EXPECT_GT(clauses, 160U);
}

TEST(Catalogue, RulesNameExistingClausesOnSenders) {
    for (const auto* rule : all_rules()) {
        EXPECT_FALSE(rule->clauses.empty()) << rule->id;
        std::set<std::string_view> seen;
        for (const auto id : rule->clauses) {
            EXPECT_TRUE(seen.insert(id).second) << rule->id << " names " << id << " twice";
            const auto* clause = proto::find_clause(id);
            ASSERT_NE(clause, nullptr) << rule->id << " names " << id;
            EXPECT_NE(clause->party, proto::Party::kReceiver) << rule->id << " names " << id;
        }
    }
    for (const auto& [id, reason] : uncovered_clauses()) {
        const auto* clause = proto::find_clause(id);
        ASSERT_NE(clause, nullptr) << id;
        EXPECT_TRUE(about_requests(*clause)) << id << " need not be listed";
    }
}

TEST(Catalogue, RuleIdsAreReadableAndUnique) {
    const auto words = [](std::string_view text) {
        const auto all_lower =
            text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
        return !text.empty() && all_lower && text.front() != '-' && text.back() != '-' &&
               text.find("--") == std::string_view::npos;
    };
    std::set<std::string_view> ids;
    for (const auto* rule : all_rules()) {
        EXPECT_TRUE(ids.insert(rule->id).second) << rule->id;
        const auto slash = rule->id.find('/');
        ASSERT_NE(slash, std::string_view::npos) << rule->id;
        EXPECT_TRUE(words(rule->id.substr(0, slash)) && words(rule->id.substr(slash + 1))) << rule->id;
        EXPECT_FALSE(rule->summary.empty()) << rule->id;
        EXPECT_FALSE(rule->fix.empty()) << rule->id;
        EXPECT_EQ(find_rule(rule->id), rule);
    }
    EXPECT_EQ(find_rule("headers/nothing-of-the-kind"), nullptr);
}

TEST(Catalogue, SeverityHasNames) {
    EXPECT_EQ(name_of(Severity::kInfo), "info");
    EXPECT_EQ(name_of(Severity::kWarn), "warn");
    EXPECT_EQ(name_of(Severity::kFail), "fail");
}

}  // namespace
}  // namespace prw::rules
