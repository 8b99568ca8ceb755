#include "../src/chunk_decoder.h"

#include <gtest/gtest.h>

#include "prw/proto/http_head.h"

namespace prw::http {
namespace {

using State = ChunkDecoder::State;

struct Row {
    const char* wire;
    State state;
    const char* body;
    std::size_t surplus;
};
const Row kRows[] = {
    {"0\r\n\r\n", State::kDone, "", 0},
    {"3\r\nabc\r\n0\r\n\r\n", State::kDone, "abc", 0},
    {"3;ext=1\r\nabc\r\n0\r\nTrailer: x\r\n\r\n", State::kDone, "abc", 0},
    {"3\nabc\n0\n\n", State::kDone, "abc", 0},
    {"00A\r\n0123456789\r\n0\r\n\r\nPOST", State::kDone, "0123456789", 4},
    {"3\r\nabc\r\n", State::kMore, "abc", 0},
    {"x\r\n", State::kMalformed, "", 0},
    {"\r\n", State::kMalformed, "", 0},
    {"-1\r\n", State::kMalformed, "", 0},
    {"3\r\nabcd\r\n", State::kMalformed, "abc", 2},
    {"11111111111111111\r\n", State::kMalformed, "", 0},
};

TEST(ChunkDecoder, DecodesWholeAndByteByByte) {
    for (const auto& row : kRows) {
        SCOPED_TRACE(row.wire);
        const std::string_view wire = row.wire;
        ChunkDecoder whole;
        std::string body;
        EXPECT_EQ(wire.size() - whole.feed(wire, body), row.surplus);
        EXPECT_EQ(whole.state(), row.state) << whole.problem();
        EXPECT_EQ(body, row.body);
        EXPECT_EQ(whole.problem().empty(), row.state != State::kMalformed);

        ChunkDecoder slow;
        std::string bytewise;
        for (std::size_t i = 0; i < wire.size() && slow.state() == State::kMore; ++i)
            slow.feed(wire.substr(i, 1), bytewise);
        EXPECT_EQ(slow.state(), row.state);
        EXPECT_EQ(bytewise, row.body);
        EXPECT_EQ(slow.problem(), whole.problem());
        if (row.state == State::kDone) {
            const auto reference = proto::dechunk(wire);
            ASSERT_TRUE(reference);
            EXPECT_EQ(*reference, body);
        }
    }
}

TEST(ChunkDecoder, NamesThePlace) {
    ChunkDecoder decoder;
    std::string body;
    decoder.feed("3\r\nabc\r\nzz\r\n", body);
    EXPECT_EQ(decoder.problem(), "byte 8 of the chunked body: chunk size is not a hexadecimal number");
}

TEST(ChunkDecoder, BoundsItsLines) {
    ChunkDecoder extension;
    std::string body;
    extension.feed("1;" + std::string(10000, 'x'), body);
    EXPECT_EQ(extension.state(), State::kMalformed);
    ChunkDecoder trailers;
    trailers.feed("0\r\n", body);
    for (int i = 0; i < 10000 && trailers.state() == State::kMore; ++i) trailers.feed("A: bbbbbbbb\r\n", body);
    EXPECT_EQ(trailers.state(), State::kMalformed);
}

}  // namespace
}  // namespace prw::http
