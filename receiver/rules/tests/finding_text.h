/// Findings as text, for comparison and for failure messages.
#pragma once

#include <string>
#include <vector>

#include "prw/rules/check.h"

namespace prw::testing {

inline std::string range_text(const std::optional<proto::ByteRange>& range) {
    return range ? std::to_string(range->offset) + "+" + std::to_string(range->size) : "-";
}

/// "fail MUST wire/x [a, b] field head=1+2 protobuf=3+4 body=- count=1\n  message\n  evidence\n"
inline std::string render(const rules::Finding& f) {
    std::string clauses;
    for (const auto& clause : f.clauses) clauses += (clauses.empty() ? "" : ", ") + clause;
    std::string out = std::string(rules::name_of(f.severity)) + " " + std::string(proto::name_of(f.level)) + " " +
                      f.rule + " [" + clauses + "]";
    if (!f.field.empty()) out += " " + f.field;
    out += " head=" + range_text(f.head_bytes) + " protobuf=" + range_text(f.protobuf_bytes) +
           " body=" + range_text(f.body_bytes) + " count=" + std::to_string(f.count) + "\n  " + f.message + "\n";
    if (!f.series.empty()) out += "  " + f.series + "\n";
    if (!f.evidence.empty()) out += "  " + f.evidence + "\n";
    return out;
}

inline std::string render(const std::vector<rules::Finding>& findings) {
    std::string out;
    for (const auto& finding : findings) out += render(finding);
    return out;
}

inline const rules::Finding* find_finding(const rules::CheckResult& result, std::string_view rule) {
    for (const auto& finding : result.findings)
        if (finding.rule == rule) return &finding;
    return nullptr;
}

}  // namespace prw::testing
