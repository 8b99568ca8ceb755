#include <algorithm>

#include "prw/base/bytes_text.h"
#include "request_cases.h"
#include "support.h"

namespace prw::testing {

namespace {

using proto::ProtobufMessage;
using rules::CheckOptions;
using rules::Severity;

constexpr auto kFail = Severity::kFail, kWarn = Severity::kWarn, kInfo = Severity::kInfo;

RequestBuilder v1() { return RequestBuilder(ProtobufMessage::kV1); }
RequestBuilder v2() { return RequestBuilder(ProtobufMessage::kV2); }

std::string block(std::string_view message) { return proto::compress_snappy(message); }
std::string v1_message() { return v1().message_bytes(); }
std::string v2_message() { return v2().message_bytes(); }

/// One literal: a valid block that no compressor shortens.
std::string stored(std::string_view message, std::size_t claimed) {
    std::string out = Wire().number(claimed).str();
    out += static_cast<char>(61U << 2U);  // length in two bytes
    out += static_cast<char>(static_cast<std::uint8_t>(message.size() - 1));
    out += static_cast<char>(static_cast<std::uint8_t>((message.size() - 1) >> 8U));
    return out + std::string(message);
}

/// The length in two more bytes than it needs.
std::string padded_preamble(std::string block) {
    std::size_t last = 0;
    while ((static_cast<unsigned char>(block[last]) & 0x80U) != 0) ++last;
    block[last] = static_cast<char>(static_cast<std::uint8_t>(static_cast<unsigned char>(block[last]) | 0x80U));
    return block.insert(last + 1, std::string("\x80\x00", 2));
}

std::string framed() {
    return std::string("\xff\x06\x00\x00sNaPpY", 10) + std::string("\x00\x05\x00\x00", 4) + "crc!x";
}
std::string snappy_java() {
    return std::string("\x82SNAPPY\x00\x00\x00\x00\x01\x00\x00\x00\x01", 16) + block(v1_message());
}

std::string hadoop(const std::string& message) {
    const auto chunk = block(message);
    const auto big_endian = [](std::size_t n) {
        std::string out;
        for (int shift = 24; shift >= 0; shift -= 8)
            out += static_cast<char>(static_cast<std::uint8_t>(n >> static_cast<unsigned>(shift)));
        return out;
    };
    return big_endian(message.size()) + big_endian(chunk.size()) + chunk;
}

std::string hex_text(std::string_view bytes) {
    std::string out = hex(bytes);
    out.erase(std::remove(out.begin(), out.end(), ' '), out.end());
    return out;
}

std::string padded_message(std::size_t size) {
    proto::WriteRequest request;
    request.series = {valid_series({{"__name__", "a"}, {"padding", std::string(size, 'x')}})};
    return proto::encode(request, ProtobufMessage::kV1);
}

void small_limit(CheckOptions& options) { options.max_uncompressed = 64; }

}  // namespace

std::vector<RequestCase> body_cases() {
    const auto valid1 = v1().build(), valid2 = v2().build();
    const auto m1 = v1_message();
    return {
        {"BodyEmpty", "compression/body-not-empty", "prw1.protocol.body-carries-request", kFail, 400,
         v1().body("").build(), v1().body(std::string("\0", 1)).build()},  // an empty 1.0 message is legal
        {"BodyEmptyV2", "compression/body-not-empty", "prw2.protocol.body-carries-message", kFail, 400,
         v2().body("").build(), valid2},
        {"BodyMultipart", "compression/body-is-message", "prw2.protocol.body-carries-message", kFail, 400,
         v2().body("--b\r\nContent-Disposition: form-data; name=\"m\"\r\n\r\nxxxx\r\n--b--\r\n").build(), valid2},
        {"BodyBase64", "compression/body-is-message", "prw1.protocol.body-carries-request", kFail, 400,
         v1().body(base::encode_base64(block(m1))).build(), v1().body("plainwordsonly").build()},
        {"BodyHex", "compression/body-is-message", "prw1.protocol.body-carries-request", kFail, 400,
         v1().body(hex_text(block(m1))).build(), v1().body("0123456789abcdef").build()},
        {"BodyForm", "compression/body-is-message", "prw1.protocol.body-carries-request", kFail, 400,
         v1().body("data=%0a%2c&n=1").build(),
         v1().header("Content-Type", "application/x-www-form-urlencoded").body("{\"a\": \"b=c\"}").build()},
        {"BodyGrpc", "compression/body-is-message", "prw2.protocol.body-carries-message", kFail, 400,
         v2().body(std::string("\0\0\0\0", 4) + static_cast<char>(v2_message().size()) + v2_message()).build(), valid2},
        {"BodyInflux", "compression/snappy", "prw1.body.snappy", kFail, 400,
         v1().body("cpu,host=a value=1 1637732157000000000").build(), valid1},
        {"BodyExposition", "compression/snappy", "prw2.protocol.snappy", kFail, 400,
         v2().body("# TYPE up gauge\nup 1\n").build(), valid2},
        {"BodyText", "compression/snappy", "prw1.body.snappy", kFail, 400, v1().body("plainwordsonly").build(), valid1},
        {"BodyGzip", "compression/snappy", "prw1.body.snappy", kFail, 400,
         v1().body(unhex("1f 8b 08 00 00 00 00 00 00 03 ab 56 4a 2c 2d c9 00 85")).build(), valid1},
        {"BodyZstd", "compression/snappy", "prw2.protocol.snappy", kFail, 400,
         v2().body(unhex("28 b5 2f fd 04 00 41 00 00 61 62 63")).build(), valid2},
        {"BodyJson", "compression/snappy", "prw1.body.snappy", kFail, 400,
         v1().body("{\"timeseries\": [{\"labels\": []}]}").build(), valid1},
        {"BodyOtlp", "compression/snappy", "prw1.body.snappy", kFail, 400,
         v1().body(Wire().bytes(1, Wire().bytes(2, Wire().bytes(2, Wire().bytes(1, "http.requests")))).str()).build(),
         valid1},
        {"BodyUncompressed", "compression/whole-message", "prw1.body.snappy", kFail, 400, v1().body(m1).build(),
         v1().body(block(m1)).build()},
        {"BodyUncompressedV2", "compression/whole-message", "prw2.protocol.compressed-after-serialising", kFail, 400,
         v2().body(v2_message()).build(), valid2},
        {"BodyTwice", "compression/once", "prw1.body.protobuf", kFail, 400, v1().body(block(block(m1))).build(),
         v1().body(block(m1)).build()},
        {"BodyTwiceV2", "compression/once", "prw2.protocol.compressed-after-serialising", kFail, 400,
         v2().body(block(block(v2_message()))).build(), valid2},
        {"BodyFramed", "compression/snappy-framed", "prw1.body.no-snappy-framed", kFail, 400,
         v1().body(framed()).build(), valid1},
        {"BodyFramedV2", "compression/snappy-framed", "prw2.protocol.no-snappy-framed", kFail, 400,
         v2().body(framed()).build(), valid2},
        {"BodySnappyJava", "compression/snappy-block", "prw1.body.snappy-block", kFail, 400,
         v1().body(snappy_java()).build(), valid1},
        {"BodyHadoop", "compression/snappy-block", "prw2.protocol.snappy-block", kFail, 400,
         v2().body(hadoop(v2_message())).build(), valid2},
        {"BlockTruncated", "compression/snappy-block", "prw1.body.snappy-block", kFail, 400,
         v1().body(stored(m1, m1.size()).substr(0, 60)).build(), v1().body(stored(m1, m1.size())).build()},
        {"BlockPreambleTooLong", "compression/snappy-block", "prw1.body.snappy-block", kFail, 400,
         v1().body(unhex("ff ff ff ff ff ff 01")).build(), valid1},
        {"BlockBadOffset", "compression/snappy-block", "prw1.body.snappy-block", kFail, 400,
         v1().body(unhex("08 0c 81 82 83 84 01 09")).build(), valid1},
        {"BlockClaimsLess", "compression/length-exact", "ext.snappy.length-exact", kFail, 400,
         v1().body(stored(m1, m1.size() - 1)).build(), valid1},
        {"BlockClaimsMore", "compression/length-exact", "ext.snappy.length-exact", kFail, 400,
         v1().body(stored(m1, m1.size() + 1)).build(), valid1},
        {"BlockLengthPadded", "compression/length-minimal", "ext.snappy.length-minimal", kInfo, 204,
         v1().body(padded_preamble(block(m1))).build(), valid1},
        {"BlockLengthOfZeroPadded", "compression/length-minimal", "ext.snappy.length-minimal", kInfo, 204,
         v1().body(unhex("80 80 00")).build(), v1().body(unhex("00")).build()},
        {"BlockTrailing", "compression/trailing-bytes", "ext.snappy.no-trailing-bytes", kFail, 400,
         v1().body(stored(m1, m1.size()) + std::string(9, '\0')).build(), v1().body(stored(m1, m1.size())).build()},
        {"BlockS2Repeat", "compression/s2", "ext.snappy.no-s2-extensions", kFail, 400,
         v1().body(unhex("0c 0c 61 62 63 64 01 04 01 00")).build(),
         v1().body(unhex("0c 0c 61 62 63 64 01 04 01 04")).build()},
        {"SizeOverLimit", "compression/decoded-size", "ext.snappy.decoded-size-limit", kWarn, 413,
         v1().body(block(std::string(33U << 20U, '\x0a'))).build(), v1().protobuf(padded_message(1U << 20U)).build()},
        {"SizeClaims4GiB", "compression/decoded-size", "ext.snappy.decoded-size-limit", kWarn, 413,
         v1().body(unhex("ff ff ff ff 0f")).build(), valid1},
        {"SizeClaims4GiBIsALie", "compression/length-exact", "ext.snappy.length-exact", kFail, 413,
         v1().body(unhex("ff ff ff ff 0f")).build(), valid1},
        {"SizeOverSmallLimit", "compression/decoded-size", "ext.snappy.decoded-size-limit", kInfo, 413, valid1,
         v1().body(std::string("\0", 1)).build(), small_limit},
    };
}

}  // namespace prw::testing
