// From a byte of the message back to the bytes of the body.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "printers.h"
#include "prw/proto/snappy_block.h"
#include "support.h"

namespace prw::proto {
namespace {

using testing::unhex;

// "abcdabcdaX" + 61 × 'z': literal abcd (1..6), copy-1 of 5 (6..8), literal X (8..10), literal with a length byte
// (10..73).
std::string body() { return unhex("47 0c 61 62 63 64 05 04 00 58 f0 3c") + std::string(61, 'z'); }

TEST(SnappyMapElements, AreInMessageOrderWithoutGaps) {
    const auto map = SnappyMap::build(body());
    ASSERT_TRUE(map) << map.error().text();
    const auto& e = map->elements();
    ASSERT_EQ(e.size(), 4U);
    EXPECT_EQ(e[0].message, (ByteRange{0, 4}));
    EXPECT_EQ(e[0].body, (ByteRange{2, 4})) << "a literal's payload without its tag";
    EXPECT_FALSE(e[0].copy);
    EXPECT_EQ(e[1].message, (ByteRange{4, 5}));
    EXPECT_EQ(e[1].body, (ByteRange{6, 2}));
    EXPECT_TRUE(e[1].copy);
    EXPECT_EQ(e[1].copy_offset, 4U);
    EXPECT_EQ(e[2].message, (ByteRange{9, 1}));
    EXPECT_EQ(e[2].body, (ByteRange{9, 1}));
    EXPECT_EQ(e[3].message, (ByteRange{10, 61}));
    EXPECT_EQ(e[3].body, (ByteRange{12, 61}));
}

TEST(SnappyMapRange, IsTheSmallestThatProducedTheBytes) {
    const auto map = SnappyMap::build(body());
    ASSERT_TRUE(map);
    struct Case {
        ByteRange message, body;
    };
    const Case kCases[] = {
        {{0, 4}, {2, 4}},       // a literal, whole
        {{1, 2}, {3, 2}},       // inside a literal, exact to the byte
        {{4, 5}, {6, 2}},       // a copy, whole
        {{5, 1}, {6, 2}},       // inside a copy: the element
        {{3, 2}, {5, 3}},       // from a literal into a copy
        {{8, 2}, {6, 4}},       // from a copy into a literal
        {{9, 2}, {9, 4}},       // over two literals, with the header between them
        {{30, 3}, {32, 3}},     // inside a literal with a length byte
        {{70, 1}, {72, 1}},     // the last byte
        {{0, 71}, {2, 71}},     // everything
        {{60, 100}, {62, 11}},  // beyond the end: what there is
        {{71, 0}, {73, 0}},     // nothing, at the end
        {{200, 5}, {73, 0}},    // nothing there
        {{2, 0}, {4, 0}},       // nothing, inside a literal
    };
    for (const auto& c : kCases) {
        SCOPED_TRACE(::testing::PrintToString(c.message));
        EXPECT_EQ(map->body_range(c.message), c.body);
    }
}

TEST(SnappyMapRange, OfAnEmptyMessageIsEmpty) {
    const auto map = SnappyMap::build(unhex("00"));
    ASSERT_TRUE(map);
    EXPECT_TRUE(map->elements().empty());
    EXPECT_EQ(map->body_range({0, 1}), (ByteRange{0, 0}));
}

TEST(SnappyMapRange, IsConsistentWithTheBytesOfEveryFixture) {
    for (const auto& f : testing::all_fixtures()) {
        SCOPED_TRACE(f.name);
        PaddedBuffer message;
        ASSERT_TRUE(uncompress_snappy(f.body, kDefaultMaxUncompressed, message));
        const auto map = SnappyMap::build(f.body);
        ASSERT_TRUE(map);
        std::uint32_t at = 0;
        for (const auto& e : map->elements()) {
            ASSERT_EQ(e.message.offset, at);
            at = e.message.end();
            if (e.copy) {
                for (auto i = e.message.offset; i < e.message.end(); ++i)
                    ASSERT_EQ(message.data()[i], message.data()[i - e.copy_offset]);
            } else {
                ASSERT_EQ(message.view().substr(e.message.offset, e.message.size),
                          f.body.substr(e.body.offset, e.body.size));
                const auto middle = e.message.size / 2;
                ASSERT_EQ(map->body_range({e.message.offset + middle, 1}), (ByteRange{e.body.offset + middle, 1}));
            }
        }
        ASSERT_EQ(at, message.size());
    }
}

}  // namespace
}  // namespace prw::proto
