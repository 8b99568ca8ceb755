/// Ids of the rules that something outside the rules' own tables speaks of.
#pragma once

#include <string_view>

namespace prw::rules::rule_id {

inline constexpr std::string_view kHeadWellFormed = "headers/well-formed";
inline constexpr std::string_view kLengthWithChunked = "headers/length-with-chunked";
inline constexpr std::string_view kOnVersion = "headers/version-";  ///< with which those on the version header begin
inline constexpr std::string_view kRetryAttempt = "headers/retry-attempt";
inline constexpr std::string_view kContentTypeSyntax = "negotiation/content-type-syntax";
inline constexpr std::string_view kMediaType = "negotiation/media-type";
inline constexpr std::string_view kMessageName = "negotiation/message-name";
inline constexpr std::string_view kContentEncodingSyntax = "negotiation/content-encoding-syntax";
inline constexpr std::string_view kContentEncodingSnappy = "negotiation/content-encoding-snappy";
inline constexpr std::string_view kMessageMatches = "wire/message-matches-content-type";
inline constexpr std::string_view kSeriesRefsInRange = "symbols/series-refs-in-range";
inline constexpr std::string_view kExemplarRefsInRange = "symbols/exemplar-refs-in-range";
inline constexpr std::string_view kMetadataRefsInRange = "symbols/metadata-refs-in-range";
inline constexpr std::string_view kSeriesRefsEven = "symbols/series-refs-even";
inline constexpr std::string_view kExemplarRefsEven = "symbols/exemplar-refs-even";
inline constexpr std::string_view kLabelSize = "labels/size-sane";
inline constexpr std::string_view kMetricNamePresent = "labels/metric-name-present";
inline constexpr std::string_view kNoRepeatedNames = "labels/no-repeated-names";
inline constexpr std::string_view kLabelsSorted = "labels/sorted";
inline constexpr std::string_view kNoEmptyName = "labels/no-empty-name";
inline constexpr std::string_view kNoEmptyValue = "labels/no-empty-value";
inline constexpr std::string_view kMetricNamePattern = "labels/metric-name-pattern";
inline constexpr std::string_view kLabelNamePattern = "labels/label-name-pattern";
inline constexpr std::string_view kLabelsUtf8 = "labels/valid-utf8";
inline constexpr std::string_view kHasSampleOrHistogram = "series/has-sample-or-histogram";
inline constexpr std::string_view kNotSamplesAndHistograms = "series/not-samples-and-histograms";
inline constexpr std::string_view kSampleOrder = "samples/order-within-request";
inline constexpr std::string_view kUniqueTimestamps = "samples/unique-timestamps";
inline constexpr std::string_view kTypeProvided = "metadata/type-provided";

}  // namespace prw::rules::rule_id
