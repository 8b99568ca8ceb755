/// A captured request as a GoogleTest case.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "prw/base/error.h"
#include "prw/exchange/capture.h"
#include "prw/suite/capsule.h"

namespace prw::cli {

/// Bytes of head and body of one case; more is no test that anybody reads.
inline constexpr std::size_t kMaxEmittedBytes = 1U << 20U;

/// One translation unit with a TEST for each exchange, which needs `#include <prw/rules/check.h>` and GoogleTest.
/// Each case expects what this prw finds: of the capsule's rule, or, without a capsule, everything. kInvalidArgument
/// when there is nothing to expect, kTooLarge beyond kMaxEmittedBytes.
[[nodiscard]] Result<std::string> emit_request_tests(const std::string& path,
                                                     const std::optional<suite::Capsule>& capsule,
                                                     const std::vector<exchange::Exchange>& exchanges);

/// For checks on behaviour, which no single request shows: a TEST that judges the file again, with the library of its
/// suite.
[[nodiscard]] std::string emit_behaviour_test(const std::string& absolute_path, const suite::Capsule& capsule);

/// "sender/labels/sorted" → "SenderLabelsSorted".
[[nodiscard]] std::string camel_case(std::string_view id);
/// C++ string literals, one a line, that concatenate to exactly these bytes.
[[nodiscard]] std::string string_literal(std::string_view bytes, std::string_view indent);

}  // namespace prw::cli
