/// Ids of the rules that something outside the rules' own tables speaks of.
#pragma once

#include <string_view>

namespace prw::rules::rule_id {

inline constexpr std::string_view kHeadWellFormed = "headers/well-formed";
inline constexpr std::string_view kLengthWithChunked = "headers/length-with-chunked";
inline constexpr std::string_view kRetryAttempt = "headers/retry-attempt";
inline constexpr std::string_view kLabelSize = "labels/size-sane";
inline constexpr std::string_view kTypeProvided = "metadata/type-provided";

}  // namespace prw::rules::rule_id
