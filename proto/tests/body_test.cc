// A body is decoded once, whoever asks first, and goes on living in one place.
#include "prw/proto/body.h"

#include <gtest/gtest.h>

#include <array>
#include <thread>
#include <utility>

#include "prw/proto/model.h"

namespace prw::proto {
namespace {

std::string block(ProtobufMessage message) {
    WriteRequest request;
    request.series.push_back({{{"__name__", "up"}}, {{to_bits(1.0), 1767225600000, 0}}, {}, {}, {}});
    return compress_snappy(encode(request, message));
}

TEST(Body, IsDecodedByWhoeverAsksFirst) {
    for (const auto message : {ProtobufMessage::kV1, ProtobufMessage::kV2}) {
        const auto body = Body::uncompress(block(message), message);
        ASSERT_TRUE(body);
        EXPECT_EQ((*body)->message(), message);
        std::array<const RequestView*, 4> seen{};
        {
            std::array<std::jthread, 4> threads;
            for (std::size_t i = 0; i < threads.size(); ++i)
                threads[i] = std::jthread([&, i] { seen[i] = &(*body)->view(); });
        }
        for (const auto* view : seen) EXPECT_EQ(view, seen[0]);
        ASSERT_EQ(seen[0]->series.size(), 1U);
        EXPECT_EQ(series_text(seen[0]->labels_of(seen[0]->series[0])), "up");
        EXPECT_EQ(seen[0]->bytes.data(), (*body)->bytes().data());
    }
}

TEST(Body, TakesAViewThatIsThereAlready) {
    PaddedBuffer bytes;
    ASSERT_TRUE(uncompress_snappy(block(ProtobufMessage::kV2), kDefaultMaxUncompressed, bytes));
    RequestView view;
    decode(bytes.view(), ProtobufMessage::kV2, view);
    const auto* const series = view.series.data();
    const auto* const where = bytes.data();
    const Body body(std::move(bytes), std::move(view));
    EXPECT_EQ(body.message(), ProtobufMessage::kV2);
    EXPECT_EQ(body.view().series.data(), series) << "not decoded again";
    EXPECT_EQ(body.view().bytes.data(), where);
    EXPECT_EQ(body.bytes().data(), where);
}

TEST(Body, ThatDoesNotDecompressIsAnError) {
    const auto broken = Body::uncompress("no block", ProtobufMessage::kV1);
    ASSERT_FALSE(broken);
    EXPECT_EQ(broken.error().code, ErrorCode::kMalformed);
    const auto large = Body::uncompress(block(ProtobufMessage::kV1), ProtobufMessage::kV1, 10);
    ASSERT_FALSE(large);
    EXPECT_EQ(large.error().code, ErrorCode::kTooLarge);
}

}  // namespace
}  // namespace prw::proto
