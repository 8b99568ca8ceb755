/// What the matchers say when they do not match.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "prw/proto/model.h"
#include "prw/rules/finding.h"
#include "prw/testing/receiver.h"

namespace prw::testing {

/// `metric{a="b"}`, as proto::series_text.
[[nodiscard]] std::string series_text(const proto::Labels& labels);

struct LabelDifference {
    std::uint64_t cost = 0;  ///< to order by: 0 is the same label
    std::string text;        ///< `label code is "500", not "200"`
};
/// How `got` differs from `wanted` (sorted). Empty when it is the series that is wanted; with `exact` false, labels
/// that are not in `wanted` are no difference.
[[nodiscard]] std::vector<LabelDifference> label_differences(const proto::Labels& wanted, const proto::Labels& got,
                                                             bool exact);

/// True when there is a request, and none has a finding of severity `least` and above; else `why` says which.
[[nodiscard]] bool no_findings(const std::vector<Request>& requests, rules::Severity least, std::string& why);

}  // namespace prw::testing
