// What the walk meets that the schema does not describe or the wire format forbids: kind, path and exact byte range.
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "guarded.h"
#include "printers.h"
#include "prw/proto/model.h"
#include "support.h"
#include "wire_bytes.h"

namespace prw::proto {
namespace {

using namespace prw::testing;

using namespace std::string_literals;
using enum WireIssue::Kind;

constexpr auto kV1 = ProtobufMessage::kV1;
constexpr auto kV2 = ProtobufMessage::kV2;

struct Case {
    std::string_view name;
    ProtobufMessage message;
    std::string message_bytes;
    WireIssue::Kind kind;
    std::string_view path;
    std::uint32_t field;
    std::uint8_t wire_type;
    ByteRange range;
    std::uint32_t series = kNoRef;
};

std::string repeat(std::string_view text, std::size_t n) {
    std::string out;
    for (std::size_t i = 0; i < n; ++i) out += text;
    return out;
}

/// WriteRequest with one series that holds `fields` (at offset 2).
std::string series_v1(std::string_view fields) { return bytes(1, fields); }
std::string series_v2(std::string_view fields) { return bytes(5, fields); }

std::vector<Case> cases() {
    const auto ten = repeat("\xff", 10);
    return {
        // The message ends too early.
        {"tag cut short", kV1, "\x8a", kTruncated, "", 0, 0, {0, 1}},
        {"length missing", kV1, "\x0a", kTruncated, "timeseries[0]", 1, 2, {0, 1}},
        {"length cut short", kV1, "\x0a\x80", kTruncated, "timeseries[0]", 1, 2, {0, 2}},
        {"length past the end", kV1, "\x0a\x05\x0a\x03", kTruncated, "timeseries[0]", 1, 2, {0, 4}},
        {"length past the end, second series", kV1, "\x0a\x00\x0a\x05"s, kTruncated, "timeseries[1]", 1, 2, {2, 2}},
        {"label past the end of its series",
         kV1,
         series_v1("\x0a\x05\x0a\x01"),
         kTruncated,
         "timeseries[0].labels[0]",
         1,
         2,
         {2, 4},
         0},
        {"name past the end of its label",
         kV1,
         series_v1(bytes(1,
                         "\x0a\x05"
                         "ab")) +
             bytes(1, ""),
         kTruncated,
         "timeseries[0].labels[0].name",
         1,
         2,
         {4, 4},
         0},
        {"value cut short",
         kV1,
         series_v1(bytes(2, "\x09\x01\x02\x03\x04\x05\x06\x07")),
         kTruncated,
         "timeseries[0].samples[0].value",
         1,
         1,
         {4, 8},
         0},
        {"timestamp cut short",
         kV1,
         series_v1(bytes(2, "\x10\xff\xff")),
         kTruncated,
         "timeseries[0].samples[0].timestamp",
         2,
         0,
         {4, 3},
         0},
        {"unknown field cut short",
         kV1,
         series_v1(bytes(2, "\x4d\x01\x02\x03")),
         kTruncated,
         "timeseries[0].samples[0].field 9",
         9,
         5,
         {4, 4},
         0},
        {"packed references cut short",
         kV2,
         series_v2(bytes(1, "\x01\x80")) + bytes(4, ""),
         kTruncated,
         "timeseries[0].labels_refs",
         1,
         2,
         {2, 4},
         0},
        {"packed doubles of seven bytes",
         kV1,
         series_v1(bytes(4, bytes(16, "1234567"))),
         kTruncated,
         "timeseries[0].histograms[0].custom_values",
         16,
         2,
         {4, 10},
         0},
        {"symbol past the end",
         kV2,
         bytes(4, "") + "\x22\x09"
                        "abc",
         kTruncated,
         "symbols[1]",
         4,
         2,
         {2, 5}},
        // Varints that do not end.
        {"tag of six bytes", kV1, repeat("\x88", 5) + "\x01\x01", kOverlongVarint, "", 0, 0, {0, 5}},
        {"length of six bytes",
         kV1,
         "\x0a" + repeat("\x80", 5) + "\x00"s,
         kOverlongVarint,
         "timeseries[0]",
         1,
         2,
         {0, 6}},
        {"length of two gigabytes", kV1, "\x0a\x80\x80\x80\x80\x08", kOverlongVarint, "timeseries[0]", 1, 2, {0, 6}},
        {"varint of eleven bytes",
         kV1,
         series_v1(bytes(2, "\x10" + ten + "\x01")),
         kOverlongVarint,
         "timeseries[0].samples[0].timestamp",
         2,
         0,
         {4, 11},
         0},
        {"unknown varint of eleven bytes", kV2, "\x48" + ten + "\x01", kOverlongVarint, "field 9", 9, 0, {0, 12}},
        {"packed varint of eleven bytes",
         kV2,
         series_v2(bytes(1, ten + "\x01")),
         kOverlongVarint,
         "timeseries[0].labels_refs",
         1,
         2,
         {2, 13},
         0},
        // Field number zero.
        {"field zero, varint", kV1, "\x00\x01"s, kFieldNumberZero, "", 0, 0, {0, 1}},
        {"field zero, bytes", kV2, bytes(4, "") + "\x02\x01x", kFieldNumberZero, "", 0, 0, {2, 1}},
        {"field zero in two bytes", kV1, "\x80\x00\x01"s, kFieldNumberZero, "", 0, 0, {0, 2}},
        {"field zero in a label",
         kV1,
         series_v1(bytes(1, "\x01\x01\x01\x01\x01\x01\x01\x01\x01")),
         kFieldNumberZero,
         "timeseries[0].labels[0]",
         0,
         0,
         {4, 1},
         0},
        {"field zero in a group", kV1, "\x4b\x00\x01\x4c"s, kFieldNumberZero, "field 9", 9, 3, {0, 4}},
        // Wire types that are none, groups that do not pair.
        {"wire type 6", kV1, "\x0e\x01", kBadWireType, "timeseries", 1, 6, {0, 1}},
        {"wire type 7", kV1, "\x4f\x01", kBadWireType, "field 9", 9, 7, {0, 1}},
        {"wire type 7 in a sample",
         kV2,
         series_v2(bytes(2, "\x0f\x01")),
         kBadWireType,
         "timeseries[0].samples[0].value",
         1,
         7,
         {4, 1},
         0},
        {"end of a group that did not begin", kV1, "\x4c", kBadWireType, "field 9", 9, 4, {0, 1}},
        {"group without end", kV1, "\x4b\x08\x01", kBadWireType, "field 9", 9, 3, {0, 3}},
        {"group with another's end", kV1, "\x4b\x08\x01\x54", kBadWireType, "field 9", 9, 3, {0, 4}},
        {"group that ends outside its message",
         kV1,
         series_v1("\x4b") + "\x4c",
         kBadWireType,
         "timeseries[0].field 9",
         9,
         3,
         {2, 1},
         0},
        {"101 groups in one another",
         kV1,
         repeat("\x4b", 101) + repeat("\x4c", 101),
         kBadWireType,
         "field 9",
         9,
         3,
         {0, 202}},
        {"99 groups in a label",
         kV1,
         series_v1(bytes(1, repeat("\x4b", 99) + repeat("\x4c", 99))),
         kBadWireType,
         "timeseries[0].labels[0].field 9",
         9,
         3,
         {6, 198},
         0},
        // Well-formed, but not what the schema says.
        {"group", kV1, "\x4b\x08\x01\x4c", kGroup, "field 9", 9, 3, {0, 4}},
        {"group of groups",
         kV1,
         series_v1("\x4b\x53\x0a\x01x\x54\x4c"),
         kGroup,
         "timeseries[0].field 9",
         9,
         3,
         {2, 7},
         0},
        {"100 groups in one another",
         kV2,
         repeat("\x4b", 100) + repeat("\x4c", 100),
         kGroup,
         "field 9",
         9,
         3,
         {0, 200}},
        {"98 groups in a label",
         kV1,
         series_v1(bytes(1, repeat("\x4b", 98) + repeat("\x4c", 98))),
         kGroup,
         "timeseries[0].labels[0].field 9",
         9,
         3,
         {6, 196},
         0},
        {"name as a number",
         kV1,
         series_v1(bytes(1, "\x08\x01")),
         kWrongWireType,
         "timeseries[0].labels[0].name",
         1,
         0,
         {4, 2},
         0},
        {"value as float",
         kV1,
         series_v1(bytes(2, "\x0d\x01\x02\x03\x04")),
         kWrongWireType,
         "timeseries[0].samples[0].value",
         1,
         5,
         {4, 5},
         0},
        {"timestamp as fixed64",
         kV1,
         series_v1(bytes(2, "\x11\x01\x02\x03\x04\x05\x06\x07\x08")),
         kWrongWireType,
         "timeseries[0].samples[0].timestamp",
         2,
         1,
         {4, 9},
         0},
        {"series as a group", kV1, "\x0b\x0c", kWrongWireType, "timeseries", 1, 3, {0, 2}},
        {"metadata of a series as a number",
         kV2,
         series_v2("\x28\x01"),
         kWrongWireType,
         "timeseries[0].metadata",
         5,
         0,
         {2, 2},
         0},
        {"sum as varint",
         kV2,
         series_v2(bytes(3, "\x18\x01")),
         kWrongWireType,
         "timeseries[0].histograms[0].sum",
         3,
         0,
         {4, 2},
         0},
        {"unknown in the request", kV1, number(9, 300), kUnknownField, "field 9", 9, 0, {0, 3}},
        {"unknown with the largest number",
         kV1,
         number(536870911, 1),
         kUnknownField,
         "field 536870911",
         536870911,
         0,
         {0, 6}},
        {"unknown in protobuf's own range", kV1, bytes(19000, "x"), kUnknownField, "field 19000", 19000, 2, {0, 5}},
        {"unknown in a series",
         kV1,
         series_v1("") + series_v1(bytes(9, "x")),
         kUnknownField,
         "timeseries[1].field 9",
         9,
         2,
         {4, 3},
         1},
        {"start timestamp in a sample of 1.0",
         kV1,
         series_v1(bytes(2, number(3, 1))),
         kUnknownField,
         "timeseries[0].samples[0].field 3",
         3,
         0,
         {4, 2},
         0},
        {"start timestamp in a histogram of 1.0",
         kV1,
         series_v1(bytes(4, number(17, 1))),
         kUnknownField,
         "timeseries[0].histograms[0].field 17",
         17,
         0,
         {4, 3},
         0},
        {"unknown in a span",
         kV2,
         series_v2(bytes(3, bytes(11, "") + bytes(11, number(3, 1)))),
         kUnknownField,
         "timeseries[0].histograms[0].positive_spans[1].field 3",
         3,
         0,
         {8, 2},
         0},
        {"unknown in an exemplar's label",
         kV1,
         series_v1(bytes(3, bytes(1, "") + bytes(1, number(3, 1)))),
         kUnknownField,
         "timeseries[0].exemplars[0].labels[1].field 3",
         3,
         0,
         {8, 2},
         0},
        {"unknown in metadata of 1.0", kV1, bytes(3, number(3, 1)), kUnknownField, "metadata[0].field 3", 3, 0, {2, 2}},
        {"reserved 2 of WriteRequest", kV1, number(2, 1), kReservedField, "field 2", 2, 0, {0, 2}},
        {"reserved 1 of Request", kV2, bytes(1, "abc"), kReservedField, "field 1", 1, 2, {0, 5}},
        {"reserved 3 of Request, as a group", kV2, "\x1b\x1c", kReservedField, "field 3", 3, 3, {0, 2}},
        {"reserved 6 of a 2.0 series",
         kV2,
         series_v2(number(6, 1)),
         kReservedField,
         "timeseries[0].field 6",
         6,
         0,
         {2, 2},
         0},
        {"name twice",
         kV1,
         series_v1(bytes(1, bytes(1, "a") + bytes(1, "b"))),
         kDuplicateField,
         "timeseries[0].labels[0].name",
         1,
         2,
         {7, 3},
         0},
        {"value twice",
         kV1,
         series_v1(bytes(2, real(1, 1) + real(1, 2))),
         kDuplicateField,
         "timeseries[0].samples[0].value",
         1,
         1,
         {13, 9},
         0},
        {"metadata of a series twice",
         kV2,
         series_v2(bytes(5, "") + bytes(5, number(1, 1))),
         kDuplicateField,
         "timeseries[0].metadata",
         5,
         2,
         {4, 4},
         0},
        {"one member of a oneof twice",
         kV2,
         series_v2(bytes(3, real(2, 1) + real(2, 1))),
         kDuplicateField,
         "timeseries[0].histograms[0].count_float",
         2,
         1,
         {13, 9},
         0},
        {"length of a span twice",
         kV1,
         series_v1(bytes(4, bytes(8, number(2, 1) + number(2, 1)))),
         kDuplicateField,
         "timeseries[0].histograms[0].negative_spans[0].length",
         2,
         0,
         {8, 2},
         0},
        {"name that is not UTF-8",
         kV1,
         series_v1(bytes(1, bytes(1, "\xff"))),
         kInvalidUtf8,
         "timeseries[0].labels[0].name",
         1,
         2,
         {4, 3},
         0},
        {"value that is not UTF-8",
         kV1,
         series_v1(bytes(1, bytes(2, "a\xc3"))),
         kInvalidUtf8,
         "timeseries[0].labels[0].value",
         2,
         2,
         {4, 4},
         0},
        {"family that is not UTF-8",
         kV1,
         bytes(3, bytes(2, "\xed\xa0\x80")),
         kInvalidUtf8,
         "metadata[0].metric_family_name",
         2,
         2,
         {2, 5}},
        {"help that is not UTF-8", kV1, bytes(3, bytes(4, "\xff")), kInvalidUtf8, "metadata[0].help", 4, 2, {2, 3}},
        {"unit that is not UTF-8", kV1, bytes(3, bytes(5, "\xff")), kInvalidUtf8, "metadata[0].unit", 5, 2, {2, 3}},
        {"symbol that is not UTF-8", kV2, bytes(4, "") + bytes(4, "\xff"), kInvalidUtf8, "symbols[1]", 4, 2, {2, 3}},
    };
}

TEST(WireIssues, HaveKindPathAndRange) {
    for (const auto& c : cases()) {
        SCOPED_TRACE(c.name);
        const GuardedInput input(c.message_bytes);
        RequestView view;
        decode(input.view(), c.message, view);
        ASSERT_EQ(view.issues.size(), 1U);
        const auto& issue = view.issues[0];
        EXPECT_EQ(issue.kind, c.kind);
        EXPECT_EQ(issue.path, c.path);
        EXPECT_EQ(issue.field, c.field);
        EXPECT_EQ(issue.wire_type, c.wire_type);
        EXPECT_EQ(issue.range, c.range);
        EXPECT_EQ(issue.series, c.series);
        EXPECT_EQ(view.malformed, issue.malformed());
        EXPECT_EQ(view.issues_dropped, 0U);
    }
}

TEST(WireIssues, VerdictIsLibprotobufs) {
    for (const auto& c : cases()) {
        SCOPED_TRACE(c.name);
        const bool accepted = c.kind != kInvalidUtf8 && c.kind > kBadWireType;
        EXPECT_EQ(libprotobuf_accepts(c.message_bytes, c.message), accepted);
    }
}

TEST(WireIssues, EveryKindHasACaseAndAName) {
    std::set<WireIssue::Kind> covered;
    for (const auto& c : cases()) covered.insert(c.kind);
    std::set<std::string_view> names;
    for (int i = 0; i <= static_cast<int>(kInvalidUtf8); ++i) {
        EXPECT_TRUE(covered.contains(static_cast<WireIssue::Kind>(i))) << i;
        names.insert(name_of(static_cast<WireIssue::Kind>(i)));
    }
    EXPECT_EQ(names.size(), 10U);
    EXPECT_EQ(name_of(kInvalidUtf8), "invalid UTF-8");
}

TEST(WireIssues, AreBoundedAndCounted) {
    std::string message;
    for (int i = 0; i < 50; ++i) message += number(9, 1);
    RequestView view;
    decode(message, kV1, view, {.max_issues = 10});
    EXPECT_EQ(view.issues.size(), 10U);
    EXPECT_EQ(view.issues_dropped, 40U);
    EXPECT_FALSE(view.malformed);
}

TEST(WireIssues, FatalOneIsNeverDropped) {
    RequestView view;
    const auto message = number(9, 1) + number(9, 1) + "\x0a\x05";
    decode(message, kV1, view, {.max_issues = 2});
    EXPECT_TRUE(view.malformed);
    ASSERT_EQ(view.issues.size(), 2U);
    EXPECT_EQ(view.issues[1].kind, kTruncated);
    EXPECT_EQ(view.issues_dropped, 1U);
    decode(message, kV1, view, {.max_issues = 0});
    EXPECT_TRUE(view.malformed);
    EXPECT_TRUE(view.issues.empty());
    EXPECT_EQ(view.issues_dropped, 3U);
}

TEST(WireIssues, WalkSurvivesEveryTruncation) {
    for (const auto& f : testing::all_fixtures()) {
        PaddedBuffer whole;
        ASSERT_TRUE(uncompress_snappy(f.body, kDefaultMaxUncompressed, whole));
        const auto message = f.name.find("-2.0/") != std::string::npos ? kV2 : kV1;
        RequestView view;
        for (std::size_t size = 0; size < std::min<std::size_t>(whole.size(), 400); ++size) {
            const GuardedInput input(whole.view().substr(0, size));
            decode(input.view(), message, view);
            ASSERT_EQ(!view.malformed, libprotobuf_accepts(input.view(), message)) << f.name << " cut at " << size;
        }
    }
}

}  // namespace
}  // namespace prw::proto
