/// The table of request rules: bytes that break each, and bytes that just do not.
#pragma once

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "prw/rules/check.h"
#include "request_builder.h"

namespace prw::testing {

struct RequestCase {
    std::string name;  ///< for GoogleTest: letters and digits
    std::string rule;
    std::string clause;  ///< the first of the finding
    rules::Severity severity = rules::Severity::kFail;
    int status = 400;  ///< of the bad request
    BuiltRequest bad, good;
    std::function<void(rules::CheckOptions&)> options = {};
    friend void PrintTo(const RequestCase& c, std::ostream* out) { *out << c.name; }
};

[[nodiscard]] std::vector<RequestCase> header_cases();
[[nodiscard]] std::vector<RequestCase> body_cases();
[[nodiscard]] std::vector<RequestCase> wire_cases();
[[nodiscard]] std::vector<RequestCase> request_cases();  ///< all of them

}  // namespace prw::testing
