#include "prw/rules/finding.h"

namespace prw::rules {
namespace {

struct Row {
    Subject subject;
    SubjectName name;
};

constexpr std::array<Row, kSubjects> kNames = {{
    {Subject::kHead, {"request head", "request heads"}},
    {Subject::kRequest, {"request", "requests"}},
    {Subject::kKnownTarget, {"request to a known URL", "requests to a known URL"}},
    {Subject::kKnownHost, {"request to a known host", "requests to a known host"}},
    {Subject::kUserAgent, {"User-Agent", "User-Agents"}},
    {Subject::kVersionHeader, {"version header", "version headers"}},
    {Subject::kReservedHeader, {"reserved header", "reserved headers"}},
    {Subject::kContentLength, {"Content-Length", "Content-Lengths"}},
    {Subject::kContentType, {"Content-Type", "Content-Types"}},
    {Subject::kMediaType, {"well-formed Content-Type", "well-formed Content-Types"}},
    {Subject::kMessageName, {"Content-Type of protobuf", "Content-Types of protobuf"}},
    {Subject::kMessageType, {"Content-Type of a known message", "Content-Types of known messages"}},
    {Subject::kContentEncoding, {"Content-Encoding", "Content-Encodings"}},
    {Subject::kContentCoding, {"well-formed Content-Encoding", "well-formed Content-Encodings"}},
    {Subject::kSnappyCoding, {"Content-Encoding of snappy", "Content-Encodings of snappy"}},
    {Subject::kFallbackVersion, {"version header to a receiver of 1.0", "version headers to a receiver of 1.0"}},
    {Subject::kFallbackType, {"Content-Type to a receiver of 1.0", "Content-Types to a receiver of 1.0"}},
    {Subject::kRetry,
     {"retry of the same bytes or with Retry-Attempt", "retries of the same bytes or with Retry-Attempt"}},
    {Subject::kBlock, {"snappy block", "snappy blocks"}},
    {Subject::kMessage, {"message that decodes", "messages that decode"}},
    {Subject::kString, {"string", "strings"}},
    {Subject::kEnumValue, {"metric type or reset hint", "metric types and reset hints"}},
    {Subject::kExtension, {"exemplar or native histogram", "exemplars and native histograms"}},
    {Subject::kSymbol, {"symbol", "symbols"}},
    {Subject::kSeries, {"series", "series"}},
    {Subject::kLabelSet, {"label set", "label sets"}},
    {Subject::kLongLabelSet, {"set of several labels", "sets of several labels"}},
    {Subject::kLabel, {"label", "labels"}},
    {Subject::kMetricName, {"metric name", "metric names"}},
    {Subject::kClassicBucket, {"_bucket series with le", "_bucket series with le"}},
    {Subject::kLeSeries, {"series with a label le", "series with a label le"}},
    {Subject::kQuantile, {"series with a label quantile", "series with a label quantile"}},
    {Subject::kExemplarSeries, {"series with exemplars", "series with exemplars"}},
    {Subject::kSample, {"sample", "samples"}},
    {Subject::kPoint, {"sample or histogram", "samples and histograms"}},
    {Subject::kNextPoint, {"second sample of a series in one request", "further samples of a series in one request"}},
    {Subject::kNan, {"NaN", "NaNs"}},
    {Subject::kOrdinaryNan, {"NaN that is no stale marker", "NaNs that are no stale markers"}},
    {Subject::kCounterSample,
     {"sample of a series that the request says is a counter", "samples of series that the request says are counters"}},
    {Subject::kStartableSample, {"sample of a counter", "samples of counters"}},
    {Subject::kTimestamp, {"timestamp", "timestamps"}},
    {Subject::kStartTimestamp, {"start timestamp", "start timestamps"}},
    {Subject::kNextStart,
     {"start timestamp after another of its series", "start timestamps after others of their series"}},
    {Subject::kHistogram, {"native histogram", "native histograms"}},
    {Subject::kIntegerHistogram, {"integer histogram", "integer histograms"}},
    {Subject::kFloatHistogram, {"float histogram", "float histograms"}},
    {Subject::kExponentialHistogram, {"exponential histogram", "exponential histograms"}},
    {Subject::kCustomHistogram, {"histogram with custom buckets", "histograms with custom buckets"}},
    {Subject::kCountingHistogram, {"histogram that counts", "histograms that count"}},
    {Subject::kZeroCount, {"zero count", "zero counts"}},
    {Subject::kFloatCount, {"float count of a histogram", "float counts of histograms"}},
    {Subject::kHistogramCount, {"integer histogram to sum up", "integer histograms to sum up"}},
    {Subject::kNanHistogram, {"integer histogram with a NaN sum", "integer histograms with a NaN sum"}},
    {Subject::kBucketList, {"list of histogram buckets", "lists of histogram buckets"}},
    {Subject::kBucket, {"bucket of an exponential histogram", "buckets of exponential histograms"}},
    {Subject::kIntegerBucket, {"integer bucket", "integer buckets"}},
    {Subject::kFloatBucket, {"float bucket", "float buckets"}},
    {Subject::kSpan, {"span", "spans"}},
    {Subject::kNextSpan, {"span after another", "spans after others"}},
    {Subject::kCustomSpan, {"span of custom buckets", "spans of custom buckets"}},
    {Subject::kCustomValue, {"custom value", "custom values"}},
    {Subject::kNextCustomValue, {"custom value after another", "custom values after others"}},
    {Subject::kExemplar, {"exemplar", "exemplars"}},
    {Subject::kNextExemplar,
     {"second exemplar of a series in one request", "further exemplars of a series in one request"}},
    {Subject::kBucketExemplar, {"exemplar of a classic bucket", "exemplars of classic buckets"}},
    {Subject::kExemplarLabel, {"exemplar label", "exemplar labels"}},
    {Subject::kLongExemplarLabelSet, {"exemplar with several labels", "exemplars with several labels"}},
    {Subject::kTraceLabel, {"exemplar label that names a trace", "exemplar labels that name a trace"}},
    {Subject::kMetadata, {"metadata entry", "metadata entries"}},
    {Subject::kTypableSeries, {"series that can have a type", "series that can have a type"}},
    {Subject::kDescribedSeries, {"series with metadata", "series with metadata"}},
    {Subject::kHelp, {"help text", "help texts"}},
    {Subject::kTypedName, {"typed series whose name tells a type", "typed series whose names tell a type"}},
    {Subject::kNextDescription,
     {"metric with metadata in two series of a request", "repetitions of a metric's metadata in one request"}},
    {Subject::kTypedHistogram, {"native histogram with a type", "native histograms with a type"}},
    {Subject::kHistogramSeries,
     {"series of a classic histogram with its type", "series of classic histograms with their type"}},
}};

constexpr bool in_order() {
    for (std::size_t i = 0; i < kSubjects; ++i)
        if (static_cast<std::size_t>(kNames[i].subject) != i || kNames[i].name.one.empty()) return false;
    return true;
}
static_assert(in_order(), "a row for every subject, in the order of the enum");

}  // namespace

SubjectName name_of(Subject subject) { return kNames.at(static_cast<std::size_t>(subject)).name; }

SubjectCounts& SubjectCounts::operator+=(const SubjectCounts& other) {
    for (std::size_t i = 0; i < kSubjects; ++i) counts_[i] += other.counts_[i];
    return *this;
}

}  // namespace prw::rules
