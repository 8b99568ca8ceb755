#include "prw/proto/remote_read.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace prw::proto {
namespace {

TEST(RemoteReadBytes, RequestsReadAsTheyWereWritten) {
    using Type = LabelMatcher::Type;
    ReadRequest request;
    request.queries = {{std::numeric_limits<std::int64_t>::min(),
                        -1,
                        {{Type::kEqual, "a", ""}, {Type::kNotEqual, "b", "\xff"}, {Type::kRegex, "", "c"}}},
                       {0, 7, {{Type::kNotRegex, "d", ".*"}}},
                       {}};
    for (const bool samples : {true, false}) {
        request.takes_samples = samples;
        const auto got = decode_read_request(encode_read_request(request));
        ASSERT_TRUE(got) << got.error().text();
        EXPECT_EQ(got->takes_samples, samples);
        ASSERT_EQ(got->queries.size(), 3U);
        for (std::size_t q = 0; q < 3; ++q) {
            const auto &sent = request.queries[q], &back = got->queries[q];
            EXPECT_EQ(back.start_ms, sent.start_ms);
            EXPECT_EQ(back.end_ms, sent.end_ms);
            ASSERT_EQ(back.matchers.size(), sent.matchers.size());
            for (std::size_t m = 0; m < sent.matchers.size(); ++m) {
                EXPECT_EQ(back.matchers[m].type, sent.matchers[m].type);
                EXPECT_EQ(back.matchers[m].name, sent.matchers[m].name);
                EXPECT_EQ(back.matchers[m].value, sent.matchers[m].value);
            }
        }
    }
}

TEST(RemoteReadBytes, HaveTheNumbersOfTheWire) {
    // {queries: {start 1, end 2, matchers: {type RE, name "n", value "v"}, hints: {…}}}, as a client writes it.
    const std::string bytes("\x0a\x12\x08\x01\x10\x02\x1a\x08\x08\x02\x12\x01n\x1a\x01v\x22\x02\x08\x05", 20);
    const auto got = decode_read_request(bytes);
    ASSERT_TRUE(got);
    EXPECT_TRUE(got->takes_samples) << "nothing is said, and that means samples";
    ASSERT_EQ(got->queries.size(), 1U);
    EXPECT_EQ(got->queries[0].start_ms, 1);
    EXPECT_EQ(got->queries[0].end_ms, 2);
    ASSERT_EQ(got->queries[0].matchers.size(), 1U);
    EXPECT_EQ(got->queries[0].matchers[0].type, LabelMatcher::Type::kRegex);
    EXPECT_EQ(got->queries[0].matchers[0].name, "n");
    EXPECT_EQ(got->queries[0].matchers[0].value, "v");
    // {results: {timeseries: {labels: {name "a", value "b"}, samples: {value 0, timestamp 3}}}}
    const std::string response(
        "\x0a\x10\x0a\x0e\x0a\x06\x0a\x01"
        "a\x12\x01"
        "b\x12\x04\x10\x80\x80\x01",
        18);
    const auto results = decode_read_response(response);
    ASSERT_TRUE(results);
    ASSERT_EQ(results->size(), 1U);
    ASSERT_EQ(results->at(0).size(), 1U);
    EXPECT_EQ(results->at(0)[0].labels, (Labels{{"a", "b"}}));
    EXPECT_EQ(results->at(0)[0].samples.at(0).timestamp, 16384);
}

TEST(RemoteReadBytes, ResponsesReadAsTheyWereWritten) {
    Series series;
    series.labels = {{"__name__", "up"}, {"x", "\xff"}};
    series.samples = {{kStaleNanBits, 1, 0}, {to_bits(-0.0), 2, 0}};
    auto& histogram = series.histograms.emplace_back();
    histogram.count = 1.5;
    histogram.timestamp = 3;
    const auto got = decode_read_response(encode_read_response({{series, series}, {}}));
    ASSERT_TRUE(got) << got.error().text();
    ASSERT_EQ(got->size(), 2U);
    ASSERT_EQ(got->at(0).size(), 2U);
    EXPECT_TRUE(got->at(1).empty());
    const auto& back = got->at(0)[1];
    EXPECT_EQ(back.labels, series.labels);
    ASSERT_EQ(back.samples.size(), 2U);
    EXPECT_EQ(back.samples[0].value_bits, kStaleNanBits);
    EXPECT_EQ(back.samples[1].value_bits, to_bits(-0.0));
    EXPECT_EQ(std::get<double>(back.histograms.at(0).count), 1.5);
}

TEST(RemoteReadBytes, RefuseWhatDoesNotParse) {
    for (const std::string& bytes : {std::string("\x0a\x05"), std::string("\x0b"), std::string("\x0a\x01\xff")}) {
        EXPECT_FALSE(decode_read_request(bytes));
        EXPECT_FALSE(decode_read_response(bytes));
    }
    EXPECT_EQ(decode_read_request("\x0a\x04\x1a\x02\x08\x04").error().text(),
              "a matcher has the type 4; known are 0 to 3");
}

}  // namespace
}  // namespace prw::proto
