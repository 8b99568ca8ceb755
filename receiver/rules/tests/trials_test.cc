// Requests with one fault each (tests/trials): what is found, how it is worded, and that nothing else is.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "finding_text.h"
#include "prw/rules/check.h"
#include "support.h"

namespace prw::testing {
namespace {

using rules::CheckResult;
using rules::Finding;

/// A second after the youngest of them: 2026-11-30T12:00:00Z.
constexpr std::int64_t kWrittenMs = 1796040000000;

struct Wanted {
    std::string rule;       ///< with its severity: "fail headers/host"
    std::string says = {};  ///< within the message
    std::string fix = {};   ///< within the fix
};

struct Trial {
    std::string file;
    int status;
    std::vector<Wanted> wanted;  ///< all findings that there are
    std::string not_said = {};   ///< nowhere, in no case
};

const std::vector<Trial>& trials() {
    static const std::vector<Trial> kTrials = {
        {"no-length", 400, {{"fail headers/length-announced", "No length is announced", "Content-Length"}}},
        {"no-host", 400, {{"fail headers/host", "The Host header is missing", "once"}}},
        {"stale-sum-with-data",
         204,
         {{"warn histograms/stale-marker-empty", "the histogram has the count 2", "ordinary NaN"}}},
        {"float-total-99-of-3",
         204,
         {{"warn histograms/float-count-near-buckets", "count_float is 99, zero bucket and buckets hold 3"}}},
        {"float-value-on-histogram",
         204,
         {{"warn metadata/histogram-series-name", "A float sample of \"lat\" is typed histogram"}}},
        {"json-says-gzip",
         415,
         {{"fail compression/snappy", "The body is JSON, neither protobuf nor compressed",
           "Serialise the request as protobuf"},
          {"fail negotiation/content-encoding-snappy", "Content-Encoding is 'gzip'",
           "First serialise the request as protobuf (the body is JSON now)"},
          {"fail negotiation/media-type", "x-www-form-urlencoded", "First serialise the request as protobuf"}},
         "a URL-encoded form|^Compress|already"},
        {"protojson",
         415,
         {{"fail compression/snappy", "protobuf's JSON mapping", "binary encoding"},
          {"fail negotiation/content-encoding-present", "missing", "First serialise the request as protobuf"},
          {"fail negotiation/media-type", "application/json", "First serialise the request as protobuf"}},
         "^Compress|^Send"},
        {"lines-influx",
         400,
         {{"fail compression/snappy", "The body is Influx line protocol", "Prometheus Remote Write output"}},
         "^Compress"},
        {"grpc-framed", 400, {{"fail compression/body-is-message", "a gRPC frame", "not a call of gRPC"}}},
        {"h2-preface", 400, {{"fail headers/well-formed", "an HTTP/2 preface", "HTTP/1.1"}}},
        {"oneof-float-then-int",
         400,
         {{"fail histograms/kind-consistent", "count_int and count_float are both set; one of them is meant"}},
         "once more"},
        {"oneof-zero-both",
         400,
         {{"fail histograms/kind-consistent",
           "zero_count_int and zero_count_float are both set; one of them is meant"}},
         "once more"},
        {"schema--9-v2", 400, {{"fail histograms/schema", "Schema -9", "allow for more buckets"}}, "down to 8"},
        {"utf8-names-v2-good",
         204,
         {{"warn labels/metric-name-pattern", "http.server.duration", "UTF-8 names"},
          {"warn labels/label-name-pattern", "http.method", "UTF-8 names"},
          {"warn labels/label-name-pattern"}},
         "1\\.0"},
        {"index-below-smallest",
         400,
         {{"fail histograms/bucket-index", "below the smallest number that a double holds"}}},
        {"meta-conflict",
         204,
         {{"info wire/v1-metadata"}, {"warn metadata/consistent-per-family", "is typed gauge here and counter"}}},
        {"meta-family-with-suffix",
         204,
         {{"info wire/v1-metadata"},
          {"warn metadata/v1-family-name", "\"lat_bucket\", as a series of it is", "without suffixes"}}},
        {"unit-ucum", 204, {}},
    };
    return kTrials;
}

std::filesystem::path folder() { return source_dir() / "tests" / "trials"; }

/// Head and what follows it, as they were sent.
CheckResult judge(const std::string& file) {
    const auto bytes = read_file((folder() / (file + ".http")).string());
    const auto split = bytes.find("\r\n\r\n") + 4;
    rules::CheckOptions options;
    options.now_ms = kWrittenMs;
    const auto head = std::string_view(bytes).substr(0, split);
    // As a receiver frames it: no length announced, no body.
    const bool announced = head.find("Content-Length:") != std::string_view::npos;
    return rules::check(head, announced ? std::string_view(bytes).substr(split) : std::string_view(), options);
}

std::string title(const Finding& f) { return std::string(rules::name_of(f.severity)) + " " + f.rule; }

TEST(Trials, EachFaultIsFoundOnceAndNothingElse) {
    for (const auto& trial : trials()) {
        const auto result = judge(trial.file);
        SCOPED_TRACE(trial.file + "\n" + render(result.findings));
        EXPECT_EQ(result.status, trial.status);
        std::vector<std::string> wanted, found;
        for (const auto& each : trial.wanted) wanted.push_back(each.rule);
        for (const auto& each : result.findings) found.push_back(title(each));
        EXPECT_THAT(found, ::testing::UnorderedElementsAreArray(wanted));
        for (const auto& each : trial.wanted) {
            const auto at = std::find(found.begin(), found.end(), each.rule);
            if (at == found.end()) continue;
            const auto& finding = result.findings[static_cast<std::size_t>(at - found.begin())];
            EXPECT_THAT(finding.message, ::testing::HasSubstr(each.says));
            EXPECT_THAT(finding.fix, ::testing::HasSubstr(each.fix));
        }
        if (trial.not_said.empty()) continue;
        for (const auto& each : result.findings)
            EXPECT_THAT(each.message + "\n" + each.fix, ::testing::Not(::testing::ContainsRegex(trial.not_said)));
    }
}

TEST(Trials, EachFileHasARow) {
    std::set<std::string> files, rows;
    for (const auto& entry : std::filesystem::directory_iterator(folder()))
        if (entry.path().extension() == ".http") files.insert(entry.path().stem().string());
    for (const auto& trial : trials()) rows.insert(trial.file);
    EXPECT_EQ(files, rows);
}

}  // namespace
}  // namespace prw::testing
