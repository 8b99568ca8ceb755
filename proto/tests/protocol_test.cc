// The protocol's fixed words: what is written is read again, and what is odd counts as the specification says.
#include "prw/proto/protocol.h"

#include <gtest/gtest.h>

#include "prw/proto/content_type.h"

namespace prw::proto {
namespace {

TEST(WrittenHeaders, AreReadAsTheyAreWritten) {
    const WrittenCounts counts{.samples = 18446744073709551615ULL, .histograms = 0, .exemplars = 7};
    const HeaderFields wanted = {{"X-Prometheus-Remote-Write-Samples-Written", "18446744073709551615"},
                                 {"X-Prometheus-Remote-Write-Histograms-Written", "0"},
                                 {"X-Prometheus-Remote-Write-Exemplars-Written", "7"}};
    EXPECT_EQ(format_written(counts), wanted);
    EXPECT_EQ(parse_written(wanted), counts);
}

TEST(WrittenHeaders, ThatAreMissingOrOddCountAsZeroBesideOthers) {
    const auto parsed = [](HeaderFields fields) { return parse_written(fields); };
    EXPECT_EQ(parsed({{"x-prometheus-remote-write-exemplars-written", "3"}}), (WrittenCounts{.exemplars = 3}));
    EXPECT_EQ(parsed({{header::kSamplesWritten, "0"}}), WrittenCounts());
    for (const char* odd : {"", "two", "2 ", "-2", "+2", "2.0", "18446744073709551616"}) {
        EXPECT_EQ(parsed({{header::kSamplesWritten, odd}}), std::nullopt) << odd;
        EXPECT_EQ(parsed({{header::kSamplesWritten, odd}, {header::kHistogramsWritten, "1"}}),
                  (WrittenCounts{.histograms = 1}))
            << odd;
    }
    EXPECT_EQ(parsed({{header::kSamplesWritten, "1"}, {header::kSamplesWritten, "2"}}), (WrittenCounts{.samples = 1}));
    EXPECT_EQ(parsed({}), std::nullopt);
    EXPECT_EQ(parsed({{header::kVersion, "2.0.0"}}), std::nullopt);
}

TEST(ContentTypes, NameTheMessageThatTheyAreOf) {
    for (const auto message : {ProtobufMessage::kV1, ProtobufMessage::kV2}) {
        const auto type = parse_content_type(content_type_of(message));
        ASSERT_TRUE(type) << content_type_of(message);
        EXPECT_EQ(type->media_type, kMediaType);
        EXPECT_EQ(declared_message(*type), message);
        const auto* name = type->parameter("proto");
        if (message == ProtobufMessage::kV2) {
            ASSERT_NE(name, nullptr);
            EXPECT_EQ(*name, full_name(message));
        }
    }
    EXPECT_STREQ(version_of(ProtobufMessage::kV1), "0.1.0");
    EXPECT_STREQ(version_of(ProtobufMessage::kV2), "2.0.0");
}

}  // namespace
}  // namespace prw::proto
