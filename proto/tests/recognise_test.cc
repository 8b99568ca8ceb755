// What a foreign body is called.
#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "guarded.h"
#include "printers.h"
#include "prw/proto/snappy_block.h"
#include "support.h"
#include "wire_bytes.h"

namespace prw::proto {
namespace {

using namespace std::string_view_literals;
using namespace prw::testing;

std::string v1_message() {
    return testing::bytes(1, testing::bytes(1, pair("__name__", "up")) + testing::bytes(2, sample(1, 1700000000000)));
}

std::string v2_message() {
    return testing::bytes(4, "") + testing::bytes(4, "__name__") + testing::bytes(4, "up") +
           testing::bytes(5, testing::bytes(1, unhex("01 02")) + testing::bytes(2, sample(1, 1700000000000)));
}

/// ExportMetricsServiceRequest: resource attribute service.name=shop, scope "s" 1.0, gauge "queue" with one point.
std::string otlp_message(bool attributes = true) {
    const auto any = testing::bytes(1, "shop");
    const auto resource =
        attributes ? testing::bytes(1, testing::bytes(1, "service.name") + testing::bytes(2, any)) : std::string();
    const auto point = tag(3, 1) + raw64(std::uint64_t{1}) + tag(4, 1) + raw64(2.0);
    const auto metric = testing::bytes(1, "queue") + testing::bytes(2, "help") + testing::bytes(3, "1") +
                        testing::bytes(5, testing::bytes(1, point));
    const auto scope = testing::bytes(1, pair("s", "1.0")) + testing::bytes(2, metric);
    return testing::bytes(1, testing::bytes(1, resource) + testing::bytes(2, scope) +
                                 testing::bytes(3, "https://opentelemetry.io/schemas/1.4.0"));
}

std::string remote_read_message() {
    const auto matcher = testing::bytes(2, "__name__") + testing::bytes(3, "up");  // type EQ is 0 and absent
    return testing::bytes(1, number(1, 1700000000000) + number(2, 1700000100000) + testing::bytes(3, matcher)) +
           testing::bytes(2, unhex("01"));
}

std::string hadoop(std::string_view message) {
    const auto chunk = compress_snappy(message);
    const auto big_endian = [](std::size_t n) {
        return std::string{'\0', '\0', static_cast<char>(n >> 8U), static_cast<char>(n & 0xffU)};
    };
    return big_endian(message.size()) + big_endian(chunk.size()) + chunk;
}

std::string grpc_frame(const std::string& payload, char compressed = '\0') {
    return std::string{compressed, '\0', '\0', '\0', static_cast<char>(payload.size())} + payload;
}

struct Case {
    std::string_view name;
    std::string body;
    BodyKind kind;
};

std::vector<Case> cases() {
    using enum BodyKind;
    const std::string long_json = "[" + std::string(5000, ' ') + "{\"a\":1}]";
    return {
        {"nothing", "", kEmpty},
        {"block of 1.0", compress_snappy(v1_message()), kSnappyBlock},
        {"block of 2.0", compress_snappy(v2_message()), kSnappyBlock},
        {"block of nothing", unhex("00"), kSnappyBlock},
        {"block of JSON", compress_snappy("{\"a\": [1, 2, 3]}"), kSnappyBlock},
        {"block over the default limit", compress_snappy(std::string(kDefaultMaxUncompressed + 1, 'a')), kSnappyBlock},
        {"framed snappy", unhex("ff 06 00 00 73 4e 61 50 70 59 00 0a 00 00 01 02 03 04"), kSnappyFramed},
        {"snappy-java", unhex("82 53 4e 41 50 50 59 00 00 00 00 01 00 00 00 01"), kSnappyJava},
        {"Hadoop", hadoop(v1_message()), kSnappyHadoop},
        {"twice 1.0", compress_snappy(compress_snappy(v1_message())), kSnappyTwice},
        {"twice 2.0", compress_snappy(compress_snappy(v2_message())), kSnappyTwice},
        {"twice JSON is no double compression of a request", compress_snappy(compress_snappy("{\"a\": 1}")),
         kSnappyBlock},
        // Encoder output of github.com/klauspost/compress/s2, with a repeat code of length 61.
        {"S2 block",
         unhex("6c 8c 61 62 63 64 65 66 67 68 69 6a 6b 6c 6d 6e 6f 70 71 72 73 74 75 76 77 78 79 7a 30 31 32 33 34 35 "
               "36 37 38 39 19 24 00 21 15 00 35"),
         kS2},
        {"S2 stream", unhex("ff 06 00 00 53 32 73 54 77 4f 01 00"), kS2},
        {"gzip",
         unhex("1f 8b 08 00 00 00 00 00 02 03 cb 48 cd c9 c9 57 28 28 ca cf 4d 2d c9 48 2d 2d 06 00 f7 f1 7c 8d 10 00 "
               "00 00"),
         kGzip},
        {"zlib", unhex("78 9c cb 48 cd c9 c9 57 28 28 ca cf 4d 2d c9 48 2d 2d 06 00 36 16 06 81"), kZlib},
        {"zstd", unhex("28 b5 2f fd 24 10 81 00 00 68 65 6c 6c 6f 20 70 72 6f 6d 65 74 68 65 75 73 63 a6 31 ea"),
         kZstd},
        {"zstd behind a skippable frame", unhex("50 2a 4d 18 04 00 00 00 01 02 03 04"), kZstd},
        {"LZ4 frame", unhex("04 22 4d 18 64 40 a7 10 00 00 80 68 65 6c 6c 6f"), kLz4},
        {"LZ4 legacy frame", unhex("02 21 4c 18 12 00 00 00 f0 01 68 65 6c 6c 6f"), kLz4},
        {"raw 1.0", v1_message(), kRawProtobufV1},
        {"raw 1.0, metadata only",
         testing::bytes(3, number(1, 1) + testing::bytes(2, "up") + testing::bytes(4, "help")), kRawProtobufV1},
        {"raw 2.0", v2_message(), kRawProtobufV2},
        {"raw OTLP", otlp_message(), kOtlp},
        {"raw OTLP without attributes", otlp_message(false), kOtlp},
        {"OTLP in a block", compress_snappy(otlp_message()), kOtlp},
        {"gRPC frame of 1.0", grpc_frame(v1_message()), kGrpc},
        {"gRPC frame of a block", grpc_frame(compress_snappy(v2_message())), kGrpc},
        {"two gRPC frames", grpc_frame(v1_message()) + grpc_frame(v1_message()), kGrpc},
        {"compressed gRPC frame", grpc_frame("\x1f\x8b\x08", '\1'), kGrpc},
        {"gRPC frame that is longer than the body", grpc_frame(v1_message()).substr(0, 20), kUnknown},
        {"frame of nothing known", grpc_frame("\xff\xff\xff"), kUnknown},
        {"raw remote read", remote_read_message(), kRemoteRead},
        {"remote read in a block", compress_snappy(remote_read_message()), kRemoteRead},
        {"JSON object", "{\"time_series\": []}", kJson},
        {"JSON mapping of 1.0", "{\"timeseries\": []}", kJsonMapping},
        {"JSON mapping of 2.0", "{\"symbols\": [\"\"], \"timeseries\": []}", kJsonMapping},
        {"Influx line", "cpu,host=a value=1 1637732157000000000\n", kInflux},
        {"Influx lines of every kind of value",
         "cpu\\ load,host=a\\,b v=1i,on=true,text=\"a b, c=d\"\r\ncpu v=-0.5\n# comment\n", kInflux},
        {"Influx without a field", "cpu,host=a 1637732157", kText},
        {"Influx cut inside a line at the probe's end", "cpu v=1\ncpu,text=" + std::string(5000, 'a') + " v=1\n",
         kInflux},
        {"exposition without types", "up{job=\"a } b\"} 1 1637732157000\nup 0\n", kExposition},
        {"exposition with an exemplar", "a_bucket{le=\"1\"} 2 # {trace_id=\"x\"} 0.5\n", kExposition},
        {"types alone", "# TYPE up gauge\n", kExposition},
        {"a comment alone", "# up\n", kText},
        {"prose with a number", "the answer is 42", kText},
        {"labels without a value", "up{job=\"a\"}", kText},
        {"JSON object with blanks", " \r\n\t{ \n \"a\": 1}", kJson},
        {"JSON array", "[{\"a\": 1}]", kJson},
        {"long JSON array", long_json, kText},  // what follows the bracket is out of sight
        {"JSON after a byte order mark", "\xef\xbb\xbf{\"a\": 1}", kJson},
        {"empty JSON object", "{}", kJson},
        {"exposition text", "# HELP up x\n# TYPE up gauge\nup{job=\"a\"} 1\n", kExposition},
        {"UTF-8 text", "t\xc3\xa9l\xc3\xa9graphe", kText},
        {"text cut inside a character at the probe's end", std::string(4095, 'a') + "\xc3\xa9", kText},
        {"form data", "a=b&c=d", kText},
        {"binary", unhex("9f 00 01 fe 80 80 80 80 80 80"), kUnknown},
        {"text with control bytes", "abc\x01", kUnknown},
        {"invalid UTF-8", "abc\xff", kUnknown},
        {"half a raw request", v1_message().substr(0, 20), kUnknown},
        {"protobuf of another kind", testing::bytes(7, "x") + number(9, 1), kUnknown},
    };
}

TEST(BodyRecognition, NamesWhatTheBytesBearOut) {
    for (const auto& c : cases()) {
        SCOPED_TRACE(c.name);
        const GuardedInput input(c.body);
        EXPECT_EQ(recognise_body(input.view()), c.kind);
    }
}

TEST(BodyRecognition, CutBodiesAreTheSameOrVaguer) {
    using enum BodyKind;
    constexpr std::size_t kFewBytes = 8;  // zeros, as of the length before a frame, are short blocks
    for (const auto& c : cases()) {
        if (c.body.size() > 4000) continue;
        for (std::size_t size = 0; size < c.body.size(); ++size) {
            const GuardedInput input(std::string_view(c.body).substr(0, size));
            const auto kind = recognise_body(input.view());
            SCOPED_TRACE(std::string(c.name)
                             .append(", the first ")
                             .append(std::to_string(size))
                             .append(" bytes: ")
                             .append(name_of(kind)));
            const bool same = kind == c.kind && kind != kSnappyBlock;
            const bool vaguer = kind == kText || kind == kUnknown || (kind == kJson && c.kind == kJsonMapping);
            const bool block =
                size < kFewBytes && c.kind != kSnappyBlock && (kind == kSnappyBlock || kind == kSnappyTwice);
            EXPECT_TRUE(size == 0 ? kind == kEmpty : same || vaguer || block);
        }
    }
}

TEST(BodyRecognition, NamesFixturesWithoutCompression) {
    for (const auto& f : testing::all_fixtures()) {
        SCOPED_TRACE(f.name);
        PaddedBuffer message;
        ASSERT_TRUE(uncompress_snappy(f.body, kDefaultMaxUncompressed, message));
        const bool v2 = f.name.find("-2.0/") != std::string::npos;
        EXPECT_EQ(recognise_body(message.view()), v2 ? BodyKind::kRawProtobufV2 : BodyKind::kRawProtobufV1);
        EXPECT_EQ(recognise_body(compress_snappy(f.body)), BodyKind::kSnappyTwice);
        EXPECT_EQ(recognise_body(hadoop(message.view())), BodyKind::kSnappyHadoop);
    }
}

TEST(BodyRecognition, EveryKindHasAName) {
    for (int i = 0; i < static_cast<int>(BodyKind::kUnknown); ++i)
        EXPECT_NE(name_of(static_cast<BodyKind>(i)), "unknown") << i;
    EXPECT_EQ(name_of(BodyKind::kUnknown), "unknown");
    EXPECT_EQ(name_of(BodyKind::kSnappyFramed), "snappy framed format");
    EXPECT_EQ(name_of(BodyKind::kGzip), "gzip");
    EXPECT_EQ(name_of(BodyKind::kJson), "JSON");
}

}  // namespace
}  // namespace prw::proto
