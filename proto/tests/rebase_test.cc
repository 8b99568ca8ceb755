#include "prw/proto/rebase.h"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "prw/proto/model.h"
#include "prw/proto/snappy_block.h"
#include "support.h"
#include "wire_bytes.h"

namespace prw::proto {
namespace {

using namespace prw::testing;
using ::testing::HasSubstr;

constexpr std::int64_t kDay = 86'400'000;
constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
constexpr auto kMin = std::numeric_limits<std::int64_t>::min();

std::string minus(std::int64_t value) { return varint(static_cast<std::uint64_t>(value)); }
/// A request of 1.0 with one series that holds these fields.
std::string v1(const std::string& fields) { return bytes(1, fields); }
std::string v2(const std::string& fields) { return bytes(5, fields); }

TEST(ShiftTimestamps, ChangesNothingButTimestamps) {
    struct Row {
        const char* what;
        ProtobufMessage kind;
        std::int64_t by;
        std::string before, after;
    };
    const std::string label = bytes(1, pair("a", "b"));
    const std::string histogram = number(1, 4) + number(15, 1000) + bytes(11, number(2, 3));
    const std::string stale = tag(1, 1) + raw64(kStaleNanBits);
    const std::string padded = unhex("e8 87 80 00");  // 1000, in four bytes where two would do
    const Row rows[] = {
        {"an empty request", ProtobufMessage::kV1, kDay, "", ""},
        {"a sample of 1.0", ProtobufMessage::kV1, 1, v1(label + bytes(2, sample(1, 1000))),
         v1(label + bytes(2, sample(1, 1001)))},
        {"lengths grow with the varint", ProtobufMessage::kV1, 1'700'000'000'000, v1(label + bytes(2, sample(1, 5))),
         v1(label + bytes(2, sample(1, 1'700'000'000'005)))},
        {"lengths shrink", ProtobufMessage::kV1, -1'700'000'000'000, v1(bytes(2, sample(1, 1'700'000'000'005))),
         v1(bytes(2, sample(1, 5)))},
        {"0 was never set", ProtobufMessage::kV1, kDay, v1(bytes(2, sample(1, 0))), v1(bytes(2, sample(1, 0)))},
        {"an absent timestamp stays absent", ProtobufMessage::kV1, kDay, v1(bytes(2, real(1, 1))),
         v1(bytes(2, real(1, 1)))},
        {"before 1970", ProtobufMessage::kV1, 10, v1(bytes(2, tag(2, 0) + minus(-30))),
         v1(bytes(2, tag(2, 0) + minus(-20)))},
        {"what would overflow stays", ProtobufMessage::kV1, kDay, v1(bytes(2, tag(2, 0) + minus(kMax))),
         v1(bytes(2, tag(2, 0) + minus(kMax)))},
        {"what would underflow stays", ProtobufMessage::kV1, -1, v1(bytes(2, tag(2, 0) + minus(kMin))),
         v1(bytes(2, tag(2, 0) + minus(kMin)))},
        {"stale markers keep their bits", ProtobufMessage::kV1, 1, v1(bytes(2, stale + number(2, 7))),
         v1(bytes(2, stale + number(2, 8)))},
        {"exemplars and histograms of 1.0", ProtobufMessage::kV1, 5,
         v1(bytes(3, label + real(2, 1) + number(3, 1000)) + bytes(4, histogram + number(17, 900))),
         v1(bytes(3, label + real(2, 1) + number(3, 1005)) +
            bytes(4, number(1, 4) + number(15, 1005) + bytes(11, number(2, 3)) + number(17, 900)))},
        {"start timestamps of 2.0", ProtobufMessage::kV2, 5,
         bytes(4, "") + v2(number(1, 0) + bytes(2, sample(1, 1000) + number(3, 900)) + bytes(3, histogram) +
                           bytes(3, number(17, 800)) + bytes(4, real(2, 1) + number(3, 950))),
         bytes(4, "") + v2(number(1, 0) + bytes(2, sample(1, 1005) + number(3, 905)) +
                           bytes(3, number(1, 4) + number(15, 1005) + bytes(11, number(2, 3))) +
                           bytes(3, number(17, 805)) + bytes(4, real(2, 1) + number(3, 955)))},
        {"a start timestamp of 0 stays", ProtobufMessage::kV2, 5, v2(bytes(2, sample(1, 1000) + number(3, 0))),
         v2(bytes(2, sample(1, 1005) + number(3, 0)))},
        {"field 3 of a sample of 1.0 is unknown", ProtobufMessage::kV1, 5, v1(bytes(2, number(3, 900))),
         v1(bytes(2, number(3, 900)))},
        {"unknown fields, groups, foreign wire types and order stay", ProtobufMessage::kV1, 5,
         number(9, 1) + v1(bytes(2, number(2, 10) + bytes(2, "x") + real(1, 2)) + tag(8, 3) + number(1, 1) + tag(8, 4)),
         number(9, 1) +
             v1(bytes(2, number(2, 15) + bytes(2, "x") + real(1, 2)) + tag(8, 3) + number(1, 1) + tag(8, 4))},
        {"each of two timestamps", ProtobufMessage::kV1, 5, v1(bytes(2, number(2, 10) + number(2, 20))),
         v1(bytes(2, number(2, 15) + number(2, 25)))},
        {"a long varint stays long", ProtobufMessage::kV1, 1, v1(bytes(2, tag(2, 0) + padded)),
         v1(bytes(2, tag(2, 0) + unhex("e9 87 80 00")))},
    };
    for (const auto& row : rows) {
        const auto shifted = shift_timestamps(row.before, row.kind, row.by);
        ASSERT_TRUE(shifted) << row.what << ": " << shifted.error().text();
        EXPECT_EQ(hex(*shifted), hex(row.after)) << row.what;
    }
}

TEST(ShiftTimestamps, KeepsALengthAsLongAsItWasWritten) {
    const std::string before = tag(1, 2) + unhex("84 80 00") + bytes(2, number(2, 10));
    const auto shifted = shift_timestamps(before, ProtobufMessage::kV1, 200);
    ASSERT_TRUE(shifted) << shifted.error().text();
    EXPECT_EQ(hex(*shifted), hex(tag(1, 2) + unhex("85 80 00") + bytes(2, number(2, 210))));
}

TEST(ShiftTimestamps, RefusesWhatIsNotAMessage) {
    for (const auto& broken : {std::string("\x0a\x05\x12", 3), std::string("\x07"), v1(bytes(2, "\x10")),
                               v1(bytes(1, bytes(1, "a") + "\x12\x09"))}) {
        const auto shifted = shift_timestamps(broken, ProtobufMessage::kV1, 1);
        ASSERT_FALSE(shifted) << hex(broken);
        EXPECT_EQ(shifted.error().code, ErrorCode::kMalformed);
        EXPECT_THAT(shifted.error().text(), HasSubstr("not well-formed prometheus.WriteRequest"));
    }
}

TEST(NewestTimestamp, IsThatOfSamplesAndHistogramsFirst) {
    struct Row {
        std::string message;
        std::optional<std::int64_t> newest;
    };
    const Row rows[] = {
        {"", std::nullopt},
        {v1(bytes(2, sample(1, 0))), std::nullopt},
        {v1(bytes(2, sample(1, 7)) + bytes(2, sample(1, 5))), 7},
        {v1(bytes(2, sample(1, 7)) + bytes(4, number(15, 9)) + bytes(3, number(3, 99))), 9},
        {v1(bytes(3, number(3, 99))), 99},
        {v1(bytes(2, tag(2, 0) + minus(-5)) + bytes(2, sample(1, 0))), -5},
    };
    for (const auto& row : rows) {
        RequestView view;
        decode(row.message, ProtobufMessage::kV1, view);
        EXPECT_EQ(newest_timestamp(view), row.newest) << hex(row.message);
    }
}

/// Requests of fourteen real programs: decoded before and after, all is equal but the time.
TEST(ShiftTimestamps, MovesRealRequestsAndNothingElse) {
    std::size_t moved = 0;
    for (const auto& fixture : all_fixtures()) {
        const auto kind = fixture.name.find("-2.0/") != std::string::npos ? ProtobufMessage::kV2 : ProtobufMessage::kV1;
        PaddedBuffer buffer;
        ASSERT_TRUE(uncompress_snappy(fixture.body, kDefaultMaxUncompressed, buffer)) << fixture.name;
        const std::string before(buffer.view());
        for (const std::int64_t by : {std::int64_t{0}, kDay, -kDay, 40 * 365 * kDay, -55 * 365 * kDay}) {
            const auto after = shift_timestamps(before, kind, by);
            ASSERT_TRUE(after) << fixture.name << ": " << after.error().text();
            const auto back = shift_timestamps(*after, kind, -by);
            ASSERT_TRUE(back) << fixture.name;
            EXPECT_EQ(*back, before) << fixture.name << " by " << by << ": there and back is not where it began";
            RequestView a, b;
            decode(before, kind, a);
            decode(*after, kind, b);
            ASSERT_EQ(a.samples.size(), b.samples.size()) << fixture.name;
            for (std::size_t i = 0; i < a.samples.size(); ++i) {
                EXPECT_EQ(shift_timestamp(a.samples[i].timestamp, by), b.samples[i].timestamp) << fixture.name;
                EXPECT_EQ(a.samples[i].value_bits, b.samples[i].value_bits) << fixture.name;
                ++moved;
            }
            auto expected = to_model(a);
            for (auto& series : expected.series) {
                for (auto& each : series.samples) {
                    each.timestamp = shift_timestamp(each.timestamp, by);
                    each.start_timestamp = shift_timestamp(each.start_timestamp, by);
                }
                for (auto& each : series.histograms) {
                    each.timestamp = shift_timestamp(each.timestamp, by);
                    each.start_timestamp = shift_timestamp(each.start_timestamp, by);
                }
                for (auto& each : series.exemplars) each.timestamp = shift_timestamp(each.timestamp, by);
            }
            EXPECT_EQ(encode(expected, kind), encode(to_model(b), kind)) << fixture.name << " by " << by;
        }
    }
    EXPECT_GT(moved, 3000U);
}

}  // namespace
}  // namespace prw::proto
