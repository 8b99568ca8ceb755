// UTF-8, names, and series as text.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "guarded.h"
#include "prw/proto/view.h"

namespace prw::proto {
namespace {

using namespace std::string_view_literals;

TEST(Utf8, FollowsTable37OfUnicode) {
    struct Case {
        std::string_view text;
        bool valid;
    };
    constexpr Case kCases[] = {
        {"", true},
        {"plain ASCII, longer than a word", true},
        {"\0"sv, true},
        {"\x7f", true},
        {"\x80", false},
        {"\xbf", false},
        {"\xc0\x80", false},
        {"\xc1\xbf", false},
        {"\xc2\x80", true},
        {"\xdf\xbf", true},
        {"\xc2", false},
        {"\xc2\x7f", false},
        {"\xc2\xc0", false},
        {"\xe0\x9f\xbf", false},
        {"\xe0\xa0\x80", true},
        {"\xed\x9f\xbf", true},
        {"\xed\xa0\x80", false},
        {"\xed\xbf\xbf", false},
        {"\xee\x80\x80", true},
        {"\xef\xbf\xbf", true},
        {"\xe2\x82", false},
        {"\xf0\x8f\xbf\xbf", false},
        {"\xf0\x90\x80\x80", true},
        {"\xf4\x8f\xbf\xbf", true},
        {"\xf4\x90\x80\x80", false},
        {"\xf5\x80\x80\x80", false},
        {"\xf0\x9f\x98", false},
        {"\xf8\x88\x80\x80\x80", false},
        {"\xff", false},
    };
    for (const auto& c : kCases) {
        SCOPED_TRACE(::testing::PrintToString(c.text));
        // At every alignment of the eight-byte steps, and with text behind it.
        for (std::size_t before = 0; before < 10; ++before) {
            const testing::GuardedInput last(std::string(before, 'a') + std::string(c.text));
            EXPECT_EQ(valid_utf8(last.view()), c.valid) << before;
            const testing::GuardedInput inside(std::string(before, 'a') + std::string(c.text) + "bcdefghijk");
            EXPECT_EQ(valid_utf8(inside.view()), c.valid) << before;
        }
    }
}

TEST(LegacyNames, AreAnchoredAtBothEnds) {
    struct Case {
        std::string_view text;
        bool metric, label;
    };
    constexpr Case kCases[] = {
        {"", false, false},    {"a", true, true},       {"_", true, true},          {":", true, false},
        {"a:b", true, false},  {"a1", true, true},      {"1a", false, false},       {"__name__", true, true},
        {"a-b", false, false}, {"a.b", false, false},   {"a b", false, false},      {" a", false, false},
        {"a\n", false, false}, {"a\0"sv, false, false}, {"\xc3\xa4", false, false}, {"AZaz09_", true, true},
        {"@", false, false},   {"[", false, false},     {"`", false, false},        {"{", false, false},
    };
    for (const auto& c : kCases) {
        SCOPED_TRACE(::testing::PrintToString(c.text));
        EXPECT_EQ(legacy_metric_name(c.text), c.metric);
        EXPECT_EQ(legacy_label_name(c.text), c.label);
    }
}

std::vector<LabelView> labels(std::initializer_list<std::pair<std::string_view, std::string_view>> list) {
    std::vector<LabelView> out;
    for (const auto& [name, value] : list) {
        LabelView label;
        label.name = name;
        label.value = value;
        out.push_back(label);
    }
    return out;
}

TEST(SeriesText, IsWrittenAsPrometheusWritesIt) {
    struct Case {
        std::vector<LabelView> labels;
        std::string_view text;
    };
    const Case kCases[] = {
        {labels({}), "{}"},
        {labels({{"__name__", "up"}}), "up"},
        {labels({{"__name__", "up"}, {"job", "a"}}), "up{job=\"a\"}"},
        {labels({{"Job", "a"}, {"__name__", "up"}, {"x", "b"}}), "up{Job=\"a\", x=\"b\"}"},
        {labels({{"a", "b"}}), "{a=\"b\"}"},
        {labels({{"__name__", "my.metric"}, {"a", "b"}}), "{\"my.metric\", a=\"b\"}"},
        {labels({{"__name__", "my metric"}}), "{\"my metric\"}"},
        {labels({{"__name__", ""}, {"a", ""}}), "{\"\", a=\"\"}"},
        {labels({{"__name__", "up"}, {"my.label", "b"}}), "up{\"my.label\"=\"b\"}"},
        {labels({{"__name__", "up"}, {"", "b"}}), "up{\"\"=\"b\"}"},
        {labels({{"__name__", "up"}, {"__name__", "down"}}), "up{__name__=\"down\"}"},
        {labels({{"a", "x\"y\\z\n"}}), "{a=\"x\\\"y\\\\z\\n\"}"},
        {labels({{"a", "\x01\x1b[0m\x7f\t"}}), "{a=\"\\x01\\x1b[0m\\x7f\\x09\"}"},
        {labels({{"a", "\xc3\xa9\xff\xe2\x82"}}), "{a=\"\xc3\xa9\\xff\\xe2\\x82\"}"},
        {labels({{"a", "\xc2\x85"}}), "{a=\"\\xc2\\x85\"}"},
        {labels({{"a", "\0"sv}}), "{a=\"\\x00\"}"},
    };
    for (const auto& c : kCases) EXPECT_EQ(series_text(c.labels), c.text);
}

TEST(SeriesText, IsCutAtWholeCharacters) {
    const auto series = labels({{"__name__", "up"}, {"a", "\xc3\xa9\xc3\xa9\xc3\xa9"}});  // up{a="ééé"}
    EXPECT_EQ(series_text(series, 14), "up{a=\"\xc3\xa9\xc3\xa9\xc3\xa9\"}");
    EXPECT_EQ(series_text(series, 13), "up{a=\"\xc3\xa9\xc3\xa9...");
    EXPECT_EQ(series_text(series, 12), "up{a=\"\xc3\xa9...");
    EXPECT_EQ(series_text(series, 5), "up...");
    EXPECT_EQ(series_text(series, 3), "...");
    EXPECT_EQ(series_text(series, 2), "");
    const auto long_name = std::string(1000, 'm');
    EXPECT_EQ(series_text(labels({{"__name__", long_name}})), std::string(509, 'm') + "...");
    const auto long_value = std::string(100000, '\x01');
    for (std::size_t max = 0; max < 40; ++max) EXPECT_LE(series_text(labels({{"a", long_value}}), max).size(), max);
}

}  // namespace
}  // namespace prw::proto
