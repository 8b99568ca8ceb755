/// What a rule found it looked at: a finding on a subject that was not counted would be a pass, were it not for it.
#pragma once

#include <gtest/gtest.h>

#include "prw/rules/check.h"

namespace prw::testing {

inline void expect_subjects(const rules::CheckResult& result) {
    using rules::Subject;
    const bool message = result.subjects[Subject::kMessage] > 0;
    for (const auto& finding : result.findings) {
        const auto* rule = rules::find_rule(finding.rule);
        ASSERT_NE(rule, nullptr) << finding.rule;
        // What is no block and no message is a finding about what is missing.
        if (rule->subject == Subject::kBlock || rule->subject == Subject::kMessage) continue;
        if (!of_head(rule->subject) && !message) continue;
        EXPECT_GT(result.subjects[rule->subject], 0U)
            << finding.rule << " found something wrong in " << name_of(rule->subject).many
            << ", and saw none: " << finding.message;
    }
}

}  // namespace prw::testing
