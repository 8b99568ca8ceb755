// The snappy block format: every malformation at every entry point.
#include "prw/proto/snappy_block.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <snappy.h>

#include "guarded.h"
#include "printers.h"
#include "support.h"

namespace prw::proto {
namespace {

using testing::GuardedInput;
using testing::unhex;

struct Bad {
    std::string_view name;
    std::string hex;
    SnappyError error;
    ByteRange where;
    std::uint64_t claimed = 0;
    std::uint64_t produced = 0;
    bool s2_repeat = false;
    bool trailing = false;
};

const std::vector<Bad>& bad_blocks() {
    using enum SnappyError;
    static const std::vector<Bad> kCases = {
        {"no byte at all", "", kEmptyBody, {0, 0}},
        {"unterminated preamble", "80", kTruncatedPreamble, {0, 1}},
        {"unterminated preamble of four bytes", "ff ff ff ff", kTruncatedPreamble, {0, 4}},
        {"preamble with bit 32", "80 80 80 80 10", kOversizedPreamble, {0, 5}},
        {"preamble of six bytes", "80 80 80 80 80 00", kOversizedPreamble, {0, 5}},
        {"claim over the limit", "ff ff ff ff 0f", kTooLarge, {0, 5}, 0xffffffff},
        {"claim one over the limit", "81 80 80 10 00 61", kTooLarge, {0, 4}, (32U << 20U) + 1},
        {"nothing after the preamble", "01", kTooLittleOutput, {1, 0}, 1, 0},
        {"literal cut short", "05 10 61 62", kTruncatedElement, {1, 3}, 5, 0},
        {"literal without bytes", "01 00", kTruncatedElement, {1, 1}, 1, 0},
        {"one-byte literal length missing", "40 f0", kTruncatedElement, {1, 1}, 64, 0},
        {"two-byte literal length cut", "40 f4 3f", kTruncatedElement, {1, 2}, 64, 0},
        {"three-byte literal length cut", "40 f8 3f 00", kTruncatedElement, {1, 3}, 64, 0},
        {"four-byte literal length cut", "40 fc 3f 00 00", kTruncatedElement, {1, 4}, 64, 0},
        {"literal of four gigabytes", "40 fc fe ff ff ff 61", kTruncatedElement, {1, 6}, 64, 0},
        {"copy-1 without offset", "09 00 61 01", kTruncatedElement, {3, 1}, 9, 1},
        {"copy-2 with half an offset", "09 00 61 1e 01", kTruncatedElement, {3, 2}, 9, 1},
        {"copy-4 with half an offset", "09 00 61 1f 01 00 00", kTruncatedElement, {3, 4}, 9, 1},
        {"copy before any output", "04 01 01", kBadOffset, {1, 2}, 4, 0},
        {"copy-1 beyond the start", "05 00 61 01 02", kBadOffset, {3, 2}, 5, 1},
        {"copy-1 with a high offset", "05 00 61 21 01", kBadOffset, {3, 2}, 5, 1},
        {"copy-2 beyond the start", "05 00 61 0e 02 00", kBadOffset, {3, 3}, 5, 1},
        {"copy-4 beyond the start", "05 00 61 0f 01 00 00 80", kBadOffset, {3, 5}, 5, 1},
        {"copy-1 with offset 0", "05 00 61 01 00", kBadOffset, {3, 2}, 5, 1, true},
        {"copy-2 with offset 0", "05 00 61 0e 00 00", kBadOffset, {3, 3}, 5, 1, true},
        {"literal longer than the claim", "01 04 61 62", kTooMuchOutput, {1, 3}, 1, 0},
        {"copy longer than the claim", "03 00 61 01 01", kTooMuchOutput, {3, 2}, 3, 1},
        {"a literal after the end", "01 00 61 00 62", kTooMuchOutput, {3, 2}, 1, 1, false, true},
        {"a copy after the end", "01 00 61 01 01", kTooMuchOutput, {3, 2}, 1, 1, false, true},
        {"half an element after the end", "01 00 61 f0", kTruncatedElement, {3, 1}, 1, 1, false, true},
        {"an element where nothing was claimed", "00 00 61", kTooMuchOutput, {1, 2}, 0, 0, false, true},
        {"output ends early", "05 00 61", kTooLittleOutput, {3, 0}, 5, 1},
    };
    return kCases;
}

TEST(SnappyMalformation, IsDiagnosed) {
    for (const auto& c : bad_blocks()) {
        SCOPED_TRACE(c.name);
        const auto bytes = unhex(c.hex);
        const GuardedInput input(bytes);
        const auto failure = diagnose_snappy(input.view());
        EXPECT_EQ(failure.error, c.error);
        EXPECT_EQ(failure.where, c.where);
        EXPECT_EQ(failure.claimed, c.claimed);
        EXPECT_EQ(failure.produced, c.produced);
        EXPECT_EQ(failure.s2_repeat, c.s2_repeat);
        EXPECT_EQ(failure.trailing, c.trailing);
    }
}

TEST(SnappyMalformation, IsRefusedByDecompression) {
    for (const auto& c : bad_blocks()) {
        SCOPED_TRACE(c.name);
        const auto bytes = unhex(c.hex);
        const GuardedInput input(bytes);
        PaddedBuffer out;
        const auto done = uncompress_snappy(input.view(), kDefaultMaxUncompressed, out);
        ASSERT_FALSE(done);
        EXPECT_EQ(done.error().code, c.error == SnappyError::kTooLarge ? ErrorCode::kTooLarge : ErrorCode::kMalformed);
        const std::string why = c.error == SnappyError::kTooLarge ? "too large: " : "not a valid snappy block: ";
        EXPECT_TRUE(done.error().text().starts_with("byte " + std::to_string(c.where.offset) + " of the body: " + why))
            << done.error().text();
        EXPECT_EQ(out.size(), 0U);
    }
}

TEST(SnappyMalformation, IsRefusedByTheMap) {
    for (const auto& c : bad_blocks()) {
        SCOPED_TRACE(c.name);
        const auto bytes = unhex(c.hex);
        const GuardedInput input(bytes);
        const auto map = SnappyMap::build(input.view());
        ASSERT_FALSE(map);
        EXPECT_EQ(map.error().code, ErrorCode::kMalformed);
    }
}

TEST(SnappyMalformation, IsNotRecognisedAsABlock) {
    for (const auto& c : bad_blocks()) {
        SCOPED_TRACE(c.name);
        const auto bytes = unhex(c.hex);
        const GuardedInput input(bytes);
        EXPECT_NE(recognise_body(input.view()), BodyKind::kSnappyBlock);
    }
}

TEST(SnappyMalformation, IsOneToLibsnappyToo) {
    for (const auto& c : bad_blocks()) {
        SCOPED_TRACE(c.name);
        const auto bytes = unhex(c.hex);
        EXPECT_FALSE(snappy::IsValidCompressedBuffer(bytes.data(), bytes.size()));
    }
}

TEST(SnappyMalformation, EveryKindHasACaseAndAName) {
    std::set<SnappyError> covered{SnappyError::kNone};
    for (const auto& c : bad_blocks()) covered.insert(c.error);
    std::set<std::string_view> names;
    for (int i = 0; i <= static_cast<int>(SnappyError::kTooLittleOutput); ++i) {
        EXPECT_TRUE(covered.contains(static_cast<SnappyError>(i))) << i;
        names.insert(name_of(static_cast<SnappyError>(i)));
    }
    EXPECT_EQ(names.size(), 9U);
}

TEST(SnappyBlock, AcceptsEveryElementForm) {
    const std::string sixty_four(64, 'x');
    const std::string seventy_thousand(70000, 'y');
    const auto lengths = [](std::size_t n, int bytes) {
        std::string out;
        for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>((n >> (8 * i)) & 0xff));
        return out;
    };
    struct Case {
        std::string_view name;
        std::string body;
        std::string message;
    };
    const Case kCases[] = {
        {"empty message", unhex("00"), ""},
        {"padded preamble", unhex("81 80 80 80 00 00 61"), "a"},
        {"short literal", unhex("03 08 61 62 63"), "abc"},
        {"one-byte literal length", unhex("40 f0 3f") + sixty_four, sixty_four},
        {"two-byte literal length", unhex("40 f4 3f 00") + sixty_four, sixty_four},
        {"three-byte literal length", unhex("f0 a2 04 f8") + lengths(69999, 3) + seventy_thousand, seventy_thousand},
        {"four-byte literal length", unhex("f0 a2 04 fc") + lengths(69999, 4) + seventy_thousand, seventy_thousand},
        {"overlapping copy-1", unhex("05 00 61 01 01"), "aaaaa"},
        {"copy-2", unhex("06 08 61 62 63 0a 03 00"), "abcabc"},
        {"copy-4", unhex("06 08 61 62 63 0b 03 00 00 00"), "abcabc"},
        {"copy of one byte", unhex("04 08 61 62 63 02 02 00"), "abcb"},
        {"the literal that libsnappy reads as empty", unhex("01 fc ff ff ff ff 00 61"), "a"},
    };
    for (const auto& c : kCases) {
        SCOPED_TRACE(c.name);
        const GuardedInput input(c.body);
        EXPECT_EQ(diagnose_snappy(input.view()).error, SnappyError::kNone);
        EXPECT_TRUE(snappy::IsValidCompressedBuffer(c.body.data(), c.body.size()));
        PaddedBuffer out;
        const auto done = uncompress_snappy(input.view(), kDefaultMaxUncompressed, out);
        ASSERT_TRUE(done) << done.error().text();
        EXPECT_EQ(out.view(), c.message);
    }
}

TEST(SnappyBlock, FiveBytesThatClaimFourGigabytesAllocateNothing) {
    PaddedBuffer out;
    const auto done = uncompress_snappy(unhex("ff ff ff ff 0f"), kDefaultMaxUncompressed, out);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, ErrorCode::kTooLarge);
    EXPECT_EQ(done.error().text(),
              "byte 0 of the body: too large: the body claims 4294967295 bytes uncompressed, the limit "
              "is 33554432 bytes");
    EXPECT_EQ(out.size(), 0U);
}

TEST(SnappyBlock, LimitIsInclusive) {
    const std::string message(1000, 'a');
    const auto body = compress_snappy(message);
    PaddedBuffer out;
    EXPECT_TRUE(uncompress_snappy(body, 1000, out));
    const auto refused = uncompress_snappy(body, 999, out);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kTooLarge);
    EXPECT_EQ(diagnose_snappy(body, 999).error, SnappyError::kTooLarge);
    EXPECT_EQ(diagnose_snappy(body, 1000).error, SnappyError::kNone);
}

TEST(SnappyBlock, TextsNamePlaceAndCause) {
    struct Case {
        std::string hex;
        std::string_view text;
    };
    const Case kCases[] = {
        {"05 00 61",
         "byte 3 of the body: not a valid snappy block: the elements produce 1 byte, the preamble says 5 bytes"},
        {"01 00 61 00 62",
         "byte 3 of the body: not a valid snappy block: data follows after the 1 byte that the preamble says"},
        {"01 04 61 62",
         "byte 1 of the body: not a valid snappy block: the element produces more than the 1 byte that the preamble "
         "says"},
        {"05 00 61 01 00",
         "byte 3 of the body: not a valid snappy block: a copy has offset 0, which only the S2 extension writes"},
        {"05 00 61 01 02",
         "byte 3 of the body: not a valid snappy block: a copy reaches before the start of the output (1 byte so far)"},
    };
    for (const auto& c : kCases) {
        PaddedBuffer out;
        const auto done = uncompress_snappy(unhex(c.hex), kDefaultMaxUncompressed, out);
        ASSERT_FALSE(done);
        EXPECT_EQ(done.error().text(), c.text);
    }
}

TEST(SnappyBlock, RoundTripsThroughLibsnappy) {
    std::string message;
    for (unsigned i = 0; i < 200000; ++i) message += static_cast<char>('a' + (i * i) % 23);
    for (const std::size_t size : {0U, 1U, 59U, 60U, 61U, 255U, 256U, 257U, 65535U, 65536U, 65537U, 200000U}) {
        const auto part = std::string_view(message).substr(0, size);
        PaddedBuffer out;
        ASSERT_TRUE(uncompress_snappy(compress_snappy(part), kDefaultMaxUncompressed, out)) << size;
        EXPECT_EQ(out.view(), part);
    }
}

TEST(PaddedBufferMemory, EndsInReadableZeros) {
    PaddedBuffer buffer;
    EXPECT_EQ(buffer.view(), "");
    for (const std::size_t size : {100U, 10U, 0U, 1000U}) {
        char* bytes = buffer.resize(size);
        std::fill_n(bytes, size, 'x');
        EXPECT_EQ(buffer.size(), size);
        EXPECT_EQ(bytes, buffer.data());
        for (std::size_t i = 0; i < PaddedBuffer::kPadding; ++i) EXPECT_EQ(bytes[size + i], '\0');
    }
}

TEST(PaddedBufferMemory, KeepsItsCapacity) {
    PaddedBuffer buffer;
    const char* before = buffer.resize(1000);
    EXPECT_EQ(buffer.resize(10), before);
    EXPECT_EQ(buffer.resize(1000), before);
}

TEST(SnappyFixtures, AllAreValidBlocks) {
    for (const auto& f : testing::all_fixtures()) {
        SCOPED_TRACE(f.name);
        EXPECT_EQ(diagnose_snappy(f.body).error, SnappyError::kNone);
        EXPECT_EQ(recognise_body(f.body), BodyKind::kSnappyBlock);
    }
}

}  // namespace
}  // namespace prw::proto
