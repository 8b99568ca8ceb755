// proto3 semantics and byte ranges of the walk.
#include <algorithm>
#include <bit>
#include <deque>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "printers.h"
#include "prw/proto/model.h"
#include "prw/proto/view.h"
#include "support.h"
#include "wire_bytes.h"

namespace prw::proto {
namespace {

using namespace prw::testing;
using ::testing::ElementsAre;

constexpr auto kV1 = ProtobufMessage::kV1;
constexpr auto kV2 = ProtobufMessage::kV2;

RequestView decoded(const std::string& message, ProtobufMessage schema) {
    RequestView view;
    decode(message, schema, view);
    return view;
}

/// Keeps a temporary alive: the view points into it.
RequestView decoded(std::string&& message, ProtobufMessage schema) {
    static std::deque<std::string> kept;
    return decoded(kept.emplace_back(std::move(message)), schema);
}

std::string_view at(const std::string& message, ByteRange range) {
    return std::string_view(message).substr(range.offset, range.size);
}

std::vector<WireIssue::Kind> kinds(const RequestView& view) {
    std::vector<WireIssue::Kind> out;
    for (const auto& issue : view.issues) out.push_back(issue.kind);
    return out;
}

std::string text(const RequestView& view, std::size_t series) {
    return series_text(view.labels_of(view.series[series]));
}

TEST(ReaderV1, KnowsWhereEverythingIs) {
    const auto label1 = pair("__name__", "up");
    const auto label2 = pair("job", "a");
    const auto sample1 = sample(1.5, 1700000000000);
    const auto exemplar = testing::bytes(1, pair("trace_id", "x")) + real(2, 3) + number(3, 77);
    const auto series = testing::bytes(1, label1) + testing::bytes(1, label2) + testing::bytes(2, sample1) +
                        testing::bytes(3, exemplar);
    const auto metadata = number(1, 1) + testing::bytes(2, "up") + testing::bytes(4, "help") + testing::bytes(5, "s");
    const auto message = testing::bytes(1, series) + testing::bytes(3, metadata);
    const auto view = decoded(message, kV1);
    EXPECT_TRUE(view.issues.empty());
    EXPECT_EQ(view.bytes.data(), message.data());
    ASSERT_EQ(view.series.size(), 1U);
    EXPECT_EQ(at(message, view.series[0].range), series);
    const auto labels = view.labels_of(view.series[0]);
    ASSERT_EQ(labels.size(), 2U);
    EXPECT_EQ(at(message, labels[0].range), label1);
    EXPECT_EQ(at(message, labels[0].name_range), "__name__");
    EXPECT_EQ(at(message, labels[1].value_range), "a");
    EXPECT_EQ(labels[1].name.data(), message.data() + labels[1].name_range.offset) << "no copy";
    const auto& s = view.samples_of(view.series[0])[0];
    EXPECT_EQ(s.value_bits, to_bits(1.5));
    EXPECT_EQ(s.timestamp, 1700000000000);
    EXPECT_EQ(at(message, s.range), sample1);
    EXPECT_EQ(at(message, s.value_range), raw64(1.5));
    EXPECT_EQ(at(message, s.timestamp_range), varint(1700000000000));
    EXPECT_EQ(s.start_range, (ByteRange{s.range.offset, 0}));
    const auto& e = view.exemplars_of(view.series[0])[0];
    EXPECT_EQ(at(message, e.range), exemplar);
    EXPECT_EQ(at(message, e.timestamp_range), "\x4d");
    EXPECT_EQ(series_text(view.of(view.labels, e.labels)), "{trace_id=\"x\"}");
    ASSERT_EQ(view.metadata.size(), 1U);
    EXPECT_EQ(at(message, view.metadata[0].range), metadata);
    EXPECT_EQ(view.metadata[0].type, 1U);
    EXPECT_EQ(view.metadata[0].family, "up");
    EXPECT_EQ(view.metadata[0].help, "help");
    EXPECT_EQ(view.metadata[0].unit, "s");
}

TEST(ReaderV1, AbsentFieldsHaveTheirDefaults) {
    const auto message = testing::bytes(
        1, testing::bytes(1, "") + testing::bytes(2, "") + testing::bytes(3, "") + testing::bytes(4, ""));
    const auto view = decoded(message, kV1);
    EXPECT_TRUE(view.issues.empty());
    ASSERT_EQ(view.labels.size(), 1U);
    EXPECT_EQ(view.labels[0].name, "");
    EXPECT_EQ(view.labels[0].name_range, (ByteRange{4, 0}));
    EXPECT_EQ(view.labels[0].value_range, (ByteRange{4, 0}));
    EXPECT_EQ(view.samples[0].value_range, (ByteRange{6, 0}));
    EXPECT_EQ(view.samples[0].timestamp_range, (ByteRange{6, 0}));
    EXPECT_EQ(view.exemplars[0].timestamp_range, (ByteRange{8, 0}));
    EXPECT_EQ(view.histograms[0].count_kind, HistogramView::Count::kAbsent);
    EXPECT_EQ(view.histograms[0].timestamp_range, (ByteRange{10, 0}));
    EXPECT_TRUE(decoded("", kV1).series.empty());
    EXPECT_FALSE(decoded("", kV2).malformed);
}

TEST(ReaderV1, LastScalarWins) {
    const auto message = testing::bytes(1, testing::bytes(2, real(1, 1) + number(2, 5) + real(1, 2) + number(2, 6)));
    const auto view = decoded(message, kV1);
    EXPECT_EQ(view.samples[0].value_bits, to_bits(2));
    EXPECT_EQ(view.samples[0].timestamp, 6);
    EXPECT_EQ(at(message, view.samples[0].timestamp_range), "\x06");
    EXPECT_THAT(kinds(view), ElementsAre(WireIssue::Kind::kDuplicateField, WireIssue::Kind::kDuplicateField));
}

TEST(ReaderV1, WireTypeMismatchLeavesTheValueAlone) {
    const auto message = testing::bytes(1, testing::bytes(2, real(1, 1) + number(1, 7) + number(2, 5) + real(2, 7)));
    const auto view = decoded(message, kV1);
    EXPECT_EQ(view.samples[0].value_bits, to_bits(1));
    EXPECT_EQ(view.samples[0].timestamp, 5);
    EXPECT_THAT(kinds(view), ElementsAre(WireIssue::Kind::kWrongWireType, WireIssue::Kind::kWrongWireType));
}

TEST(ReaderV1, LabelsStayTogetherWhenTheWireInterleavesThem) {
    const auto exemplar = [](std::string_view name) {
        return testing::bytes(3, testing::bytes(1, pair(name, "1")) + testing::bytes(1, pair(name, "2")));
    };
    const auto label = [](std::string_view name) { return testing::bytes(1, pair(name, "v")); };
    const auto message =
        testing::bytes(1, exemplar("w") + label("a") + exemplar("x") + label("b") + label("c") + exemplar("y")) +
        testing::bytes(1, label("d") + exemplar("z"));
    const auto view = decoded(message, kV1);
    EXPECT_TRUE(view.issues.empty());
    EXPECT_EQ(text(view, 0), "{a=\"v\", b=\"v\", c=\"v\"}");
    EXPECT_EQ(text(view, 1), "{d=\"v\"}");
    std::vector<std::string> exemplars;
    for (const auto& series : view.series)
        for (const auto& e : view.exemplars_of(series))
            exemplars.push_back(series_text(view.of(view.labels, e.labels)));
    EXPECT_THAT(exemplars,
                ElementsAre("{w=\"1\", w=\"2\"}", "{x=\"1\", x=\"2\"}", "{y=\"1\", y=\"2\"}", "{z=\"1\", z=\"2\"}"));
    EXPECT_EQ(view.labels.size(), 12U);
}

TEST(ReaderV1, NegativeAndExtremeTimestamps) {
    for (const std::int64_t timestamp : {std::int64_t{-1}, std::numeric_limits<std::int64_t>::min(),
                                         std::numeric_limits<std::int64_t>::max(), std::int64_t{0}}) {
        const auto view =
            decoded(testing::bytes(1, testing::bytes(2, number(2, static_cast<std::uint64_t>(timestamp)))), kV1);
        EXPECT_EQ(view.samples[0].timestamp, timestamp);
    }
}

TEST(ReaderV1, NonMinimalVarintsAreRead) {
    // Timestamp 5 in ten bytes, the last one with bits that fall off the end; a tag and a length in five bytes.
    const auto message = testing::bytes(1, testing::bytes(2, unhex("10 85 80 80 80 80 80 80 80 80 7e"))) +
                         unhex("8a 80 80 80 00 80 80 80 80 00");
    const auto view = decoded(message, kV1);
    EXPECT_TRUE(view.issues.empty());
    EXPECT_EQ(view.samples[0].timestamp, 5);
    EXPECT_EQ(view.samples[0].timestamp_range.size, 10U);
    EXPECT_EQ(view.series.size(), 2U);
    EXPECT_TRUE(libprotobuf_accepts(message, kV1));
}

TEST(ReaderV1, ElementsBeforeAFaultAreKept) {
    const auto message = testing::bytes(1, testing::bytes(1, pair("a", "b")) + testing::bytes(2, sample(1, 2))) +
                         testing::bytes(1, testing::bytes(1, pair("c", "d")) + testing::bytes(2, sample(1, 3)) +
                                               testing::bytes(2, real(1, 1) + "\x10")) +
                         testing::bytes(1, testing::bytes(1, pair("e", "f")));
    const auto view = decoded(message, kV1);
    EXPECT_TRUE(view.malformed);
    ASSERT_EQ(view.series.size(), 2U) << "the walk stops at the fault";
    EXPECT_EQ(text(view, 1), "{c=\"d\"}");
    EXPECT_EQ(view.series[1].samples.count, 1U) << "the sample with the fault is not complete";
    EXPECT_EQ(view.issues.back().series, 1U);
    EXPECT_EQ(view.issues.back().path, "timeseries[1].samples[1].timestamp");
}

TEST(ReaderV2, SymbolsMayFollowTheSeries) {
    const auto series = testing::bytes(
        5, testing::bytes(1, unhex("01 02 03 04")) + testing::bytes(5, number(1, 2) + number(3, 5) + number(4, 2)));
    std::string symbols;
    for (const auto* s : {"", "__name__", "up", "job", "a", "help"}) symbols += testing::bytes(4, s);
    const auto message = series + symbols;
    const auto view = decoded(message, kV2);
    EXPECT_TRUE(view.issues.empty());
    EXPECT_EQ(text(view, 0), "up{job=\"a\"}");
    ASSERT_EQ(view.symbols.size(), 6U);
    EXPECT_EQ(at(message, view.symbols[1].range), "__name__");
    const auto& metadata = view.metadata[view.series[0].metadata];
    EXPECT_EQ(metadata.help, "help");
    EXPECT_EQ(metadata.unit, "up");
    EXPECT_EQ(metadata.help_ref, 5U);
    const auto half = decoded(testing::bytes(4, "") + series + symbols.substr(2), kV2);
    EXPECT_EQ(text(half, 0), "up{job=\"a\"}") << "symbols on both sides";
}

TEST(ReaderV2, ReferencesKnowTheirBytes) {
    const auto message =
        testing::bytes(4, "") + testing::bytes(5, testing::bytes(1, unhex("00 80 01 ff ff ff ff 0f 00")));
    const auto view = decoded(message, kV2);
    ASSERT_EQ(view.labels.size(), 2U);
    EXPECT_EQ(view.labels[0].name_ref, 0U);
    EXPECT_EQ(view.labels[0].value_ref, 128U);
    EXPECT_TRUE(view.labels[0].name_in_range);
    EXPECT_FALSE(view.labels[0].value_in_range);
    EXPECT_EQ(view.labels[0].name_range, (ByteRange{6, 1}));
    EXPECT_EQ(view.labels[0].value_range, (ByteRange{7, 2}));
    EXPECT_EQ(view.labels[0].range, (ByteRange{6, 3}));
    EXPECT_EQ(view.labels[1].name_ref, 0xffffffffU);
    EXPECT_FALSE(view.labels[1].name_in_range);
    EXPECT_EQ(view.labels[1].range, (ByteRange{9, 6}));
    EXPECT_EQ(view.labels[1].value, "");
}

TEST(ReaderV2, ReferencesMayBePackedOrNotOrBoth) {
    std::string symbols;
    for (const auto* s : {"", "a", "b", "c", "d"}) symbols += testing::bytes(4, s);
    const std::string kForms[] = {
        testing::bytes(1, unhex("01 02 03 04")),
        number(1, 1) + number(1, 2) + number(1, 3) + number(1, 4),
        number(1, 1) + testing::bytes(1, unhex("02 03")) + number(1, 4),
        testing::bytes(1, unhex("01")) + testing::bytes(1, "") + testing::bytes(1, unhex("02 03 04")),
        number(1, 1) + testing::bytes(2, sample(1, 1)) + testing::bytes(1, unhex("02 03")) +
            testing::bytes(4, testing::bytes(1, unhex("04 04"))) + number(1, 4),
        number(1, 0x100000001) + testing::bytes(1, unhex("02 83 80 80 80 10 04")),  // only 32 bits count
    };
    for (const auto& form : kForms) {
        SCOPED_TRACE(hex(form));
        const auto view = decoded(symbols + testing::bytes(5, form), kV2);
        EXPECT_TRUE(view.issues.empty());
        EXPECT_EQ(text(view, 0), "{a=\"b\", c=\"d\"}");
        EXPECT_FALSE(view.series[0].odd_refs);
        EXPECT_TRUE(libprotobuf_accepts(symbols + testing::bytes(5, form), kV2));
        for (const auto& e : view.exemplars) EXPECT_EQ(series_text(view.of(view.labels, e.labels)), "{d=\"d\"}");
    }
}

TEST(ReaderV2, OddReferencesKeepTheLastName) {
    const auto symbols = testing::bytes(4, "") + testing::bytes(4, "a") + testing::bytes(4, "b");
    const auto message = symbols + testing::bytes(5, testing::bytes(1, unhex("01 02 01")) +
                                                         testing::bytes(4, testing::bytes(1, unhex("02"))));
    const auto view = decoded(message, kV2);
    EXPECT_TRUE(view.series[0].odd_refs);
    const auto labels = view.labels_of(view.series[0]);
    ASSERT_EQ(labels.size(), 2U);
    EXPECT_EQ(labels[1].name, "a");
    EXPECT_EQ(labels[1].value_ref, kNoRef);
    EXPECT_TRUE(labels[1].value_in_range);
    EXPECT_EQ(labels[1].value_range.size, 0U);
    EXPECT_EQ(labels[1].range, labels[1].name_range);
    EXPECT_TRUE(view.exemplars[0].odd_refs);
    EXPECT_EQ(view.exemplars[0].labels.count, 1U);
}

TEST(ReaderV2, MetadataMerges) {
    std::string symbols;
    for (const auto* s : {"", "a", "b"}) symbols += testing::bytes(4, s);
    const auto message = symbols +
                         testing::bytes(5, testing::bytes(5, number(1, 1) + number(3, 1)) +
                                               testing::bytes(5, number(4, 2) + number(1, 3))) +
                         testing::bytes(5, "") + testing::bytes(5, testing::bytes(5, ""));
    const auto view = decoded(message, kV2);
    ASSERT_EQ(view.metadata.size(), 2U);
    EXPECT_EQ(view.series[0].metadata, 0U);
    EXPECT_EQ(view.metadata[0].type, 3U) << "the later one wins";
    EXPECT_EQ(view.metadata[0].help, "a") << "the earlier one stays where the later one says nothing";
    EXPECT_EQ(view.metadata[0].unit, "b");
    EXPECT_EQ(view.series[1].metadata, kNoRef);
    EXPECT_EQ(view.series[2].metadata, 1U);
    EXPECT_THAT(kinds(view), ElementsAre(WireIssue::Kind::kDuplicateField));
}

TEST(ReaderV2, ReferencesWithoutSymbolsAreOutOfRange) {
    const auto view =
        decoded(testing::bytes(5, testing::bytes(1, unhex("00 01")) + testing::bytes(5, number(3, 9))), kV2);
    EXPECT_FALSE(view.labels[0].name_in_range);
    EXPECT_FALSE(view.labels[0].value_in_range);
    EXPECT_FALSE(view.metadata[0].help_in_range);
    EXPECT_FALSE(view.metadata[0].unit_in_range);
}

TEST(ReaderV2, SamplesHaveStartTimestamps) {
    const auto message = testing::bytes(5, testing::bytes(2, sample(1, 200) + number(3, 100)));
    const auto view = decoded(message, kV2);
    EXPECT_TRUE(view.issues.empty());
    EXPECT_EQ(view.samples[0].start_timestamp, 100);
    EXPECT_EQ(at(message, view.samples[0].start_range), "\x64");
}

std::string packed(std::initializer_list<std::int64_t> values) {
    std::string out;
    for (const auto v : values) out += varint(zigzag(v));
    return out;
}

TEST(ReaderHistogram, IntegerForm) {
    const auto span = [](std::int64_t offset, std::uint64_t length) {
        return number(1, zigzag(offset)) + number(2, length);
    };
    const auto histogram = number(1, 12) + real(3, 18.4) + number(4, zigzag(-4)) + real(5, 0.001) + number(6, 2) +
                           testing::bytes(8, span(-3, 2)) + testing::bytes(9, packed({1, -2})) +
                           testing::bytes(11, span(0, 1)) + testing::bytes(11, span(5, 2)) +
                           testing::bytes(12, packed({3, -1, 0})) + number(14, 2) + number(15, 1000) + number(17, 500);
    const auto message = testing::bytes(5, testing::bytes(3, histogram));
    const auto view = decoded(message, kV2);
    EXPECT_TRUE(view.issues.empty());
    const auto& h = view.histograms_of(view.series[0])[0];
    EXPECT_EQ(h.count_kind, HistogramView::Count::kInteger);
    EXPECT_EQ(h.count, 12U);
    EXPECT_EQ(h.zero_count_kind, HistogramView::Count::kInteger);
    EXPECT_EQ(h.zero_count, 2U);
    EXPECT_EQ(h.sum_bits, to_bits(18.4));
    EXPECT_EQ(h.schema, -4);
    EXPECT_EQ(h.zero_threshold, 0.001);
    EXPECT_EQ(h.reset_hint, 2U);
    EXPECT_EQ(h.timestamp, 1000);
    EXPECT_EQ(h.start_timestamp, 500);
    EXPECT_EQ(at(message, h.range), histogram);
    EXPECT_EQ(at(message, h.count_range), "\x0c");
    EXPECT_EQ(at(message, h.schema_range), "\x07");
    EXPECT_EQ(at(message, h.timestamp_range), varint(1000));
    EXPECT_EQ(at(message, h.start_range), varint(500));
    const auto negative = view.of(view.spans, h.negative_spans);
    ASSERT_EQ(negative.size(), 1U);
    EXPECT_EQ(negative[0].offset, -3);
    EXPECT_EQ(at(message, negative[0].range), span(-3, 2));
    const auto positive = view.of(view.spans, h.positive_spans);
    ASSERT_EQ(positive.size(), 2U);
    EXPECT_EQ(positive[1].offset, 5);
    EXPECT_EQ(positive[1].length, 2U);
    EXPECT_THAT(view.of(view.deltas, h.negative_deltas), ElementsAre(1, -2));
    EXPECT_THAT(view.of(view.deltas, h.positive_deltas), ElementsAre(3, -1, 0));
}

TEST(ReaderHistogram, FloatFormPackedOrNot) {
    const auto histogram = real(2, 2.5) + real(7, 0.5) + real(13, 1) + testing::bytes(13, raw64(2.0) + raw64(3.0)) +
                           testing::bytes(10, raw64(4.0)) + testing::bytes(16, raw64(-0.0) + raw64(5.0));
    const auto view = decoded(testing::bytes(1, testing::bytes(4, histogram)), kV1);
    EXPECT_TRUE(view.issues.empty());
    const auto& h = view.histograms[0];
    EXPECT_EQ(h.count_kind, HistogramView::Count::kFloat);
    EXPECT_EQ(h.count, to_bits(2.5));
    EXPECT_EQ(h.zero_count_kind, HistogramView::Count::kFloat);
    EXPECT_EQ(h.zero_count, to_bits(0.5));
    EXPECT_THAT(view.of(view.doubles, h.positive_counts), ElementsAre(1, 2, 3));
    EXPECT_THAT(view.of(view.doubles, h.negative_counts), ElementsAre(4));
    EXPECT_THAT(view.of(view.doubles, h.custom_values), ElementsAre(0, 5));
    EXPECT_TRUE(std::signbit(view.of(view.doubles, h.custom_values)[0]));
}

TEST(ReaderHistogram, LastMemberOfAOneofWins) {
    const auto view =
        decoded(testing::bytes(1, testing::bytes(4, real(2, 2.5) + number(1, 3) + number(6, 4) + real(7, 1.5))), kV1);
    EXPECT_EQ(view.histograms[0].count_kind, HistogramView::Count::kInteger);
    EXPECT_EQ(view.histograms[0].count, 3U);
    EXPECT_EQ(view.histograms[0].zero_count_kind, HistogramView::Count::kFloat);
    EXPECT_EQ(view.histograms[0].zero_count, to_bits(1.5));
    EXPECT_TRUE(view.histograms[0].both_counts);
    EXPECT_TRUE(view.histograms[0].both_zero_counts);
    EXPECT_THAT(kinds(view), ElementsAre());
}

TEST(ReaderHistogram, OneMemberOfAOneofTwiceIsADuplicateAndNoContradiction) {
    const auto view = decoded(testing::bytes(1, testing::bytes(4, real(2, 2.5) + real(2, 3.5) + number(6, 4))), kV1);
    EXPECT_EQ(view.histograms[0].count, to_bits(3.5));
    EXPECT_FALSE(view.histograms[0].both_counts);
    EXPECT_FALSE(view.histograms[0].both_zero_counts);
    EXPECT_THAT(kinds(view), ElementsAre(WireIssue::Kind::kDuplicateField));
}

TEST(ReaderHistogram, ArraysStayTogetherWhenTheWireInterleavesThem) {
    const auto span = [](std::uint64_t length) { return number(2, length); };
    const auto histogram = testing::bytes(8, span(1)) + testing::bytes(11, span(2)) + testing::bytes(8, span(3)) +
                           testing::bytes(11, span(4)) + number(12, zigzag(1)) + number(9, zigzag(2)) +
                           number(12, zigzag(3)) + testing::bytes(9, packed({4, 5})) + real(16, 1) + real(10, 2) +
                           real(13, 3) + real(16, 4) + real(10, 5) + real(13, 6);
    const auto view = decoded(
        testing::bytes(1, testing::bytes(4, histogram)) + testing::bytes(1, testing::bytes(4, real(16, 7))), kV1);
    EXPECT_TRUE(view.issues.empty());
    const auto& h = view.histograms[0];
    const auto lengths = [&](Slice slice) {
        std::vector<std::uint32_t> out;
        for (const auto& s : view.of(view.spans, slice)) out.push_back(s.length);
        return out;
    };
    EXPECT_THAT(lengths(h.negative_spans), ElementsAre(1, 3));
    EXPECT_THAT(lengths(h.positive_spans), ElementsAre(2, 4));
    EXPECT_THAT(view.of(view.deltas, h.positive_deltas), ElementsAre(1, 3));
    EXPECT_THAT(view.of(view.deltas, h.negative_deltas), ElementsAre(2, 4, 5));
    EXPECT_THAT(view.of(view.doubles, h.custom_values), ElementsAre(1, 4));
    EXPECT_THAT(view.of(view.doubles, h.negative_counts), ElementsAre(2, 5));
    EXPECT_THAT(view.of(view.doubles, h.positive_counts), ElementsAre(3, 6));
    EXPECT_THAT(view.of(view.doubles, view.histograms[1].custom_values), ElementsAre(7));
}

TEST(ReaderLimits, ElementsAreBounded) {
    std::string message;
    for (int i = 0; i < 100; ++i) message += testing::bytes(1, testing::bytes(1, ""));
    RequestView view;
    decode(message, kV1, view, {.max_elements = 200});
    EXPECT_FALSE(view.over_limit);
    EXPECT_EQ(view.labels.size(), 100U);
    decode(message, kV1, view, {.max_elements = 199});
    EXPECT_TRUE(view.over_limit);
    EXPECT_FALSE(view.malformed);
    EXPECT_LE(view.series.size() + view.labels.size(), 199U);
    std::string references(1000, '\0');
    decode(testing::bytes(5, testing::bytes(1, references)), kV2, view, {.max_elements = 400});
    EXPECT_TRUE(view.over_limit);
    EXPECT_LE(view.labels.size(), 400U);
}

TEST(ReaderMemory, ViewIsReused) {
    const auto fixture_bytes = [](std::string_view name) {
        PaddedBuffer out;
        EXPECT_TRUE(uncompress_snappy(testing::fixture(name).body, kDefaultMaxUncompressed, out));
        return std::string(out.view());
    };
    const auto large = fixture_bytes("prometheus-3.14-2.0/002");
    RequestView view;
    decode(large, kV2, view);
    const auto* labels = view.labels.data();
    const auto* samples = view.samples.data();
    decode("\x0a\x05", kV1, view);
    EXPECT_TRUE(view.malformed);
    decode(large, kV2, view);
    EXPECT_FALSE(view.malformed) << "nothing is left of the message before";
    EXPECT_TRUE(view.issues.empty());
    EXPECT_EQ(view.labels.data(), labels);
    EXPECT_EQ(view.samples.data(), samples);
    view.clear();
    EXPECT_TRUE(view.series.empty());
    EXPECT_TRUE(view.bytes.empty());
}

}  // namespace
}  // namespace prw::proto
