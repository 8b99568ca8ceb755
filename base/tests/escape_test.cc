#include "prw/base/escape.h"

#include <gtest/gtest.h>

namespace prw::base {
namespace {

TEST(Escape, ShowsTextAndNothingThatATerminalObeys) {
    const std::pair<std::string, std::string> rows[] = {
        {"up{job=\"a\"}", "up{job=\"a\"}"},
        {"K\xc3\xb6ln \xe2\x82\xac \xf0\x9f\x9a\x80", "K\xc3\xb6ln \xe2\x82\xac \xf0\x9f\x9a\x80"},
        {"\x1b[31m\x07\x7f", "\\x1b[31m\\x07\\x7f"},
        {"a\nb\tc\r", "a\\nb\\x09c\\x0d"},
        {std::string("\0", 1), "\\x00"},
        {"\xc2\x9b"
         "31m",
         "\\xc2\\x9b31m"},  // C1
        {"a\xe2\x80\xae"
         "b\xe2\x81\xa6",
         "a\\xe2\\x80\\xaeb\\xe2\\x81\\xa6"},  // bidirectional
        {"a\xe2\x80\x8b"
         "b\xef\xbb\xbf",
         "a\\xe2\\x80\\x8bb\\xef\\xbb\\xbf"},                   // without width
        {"\xe2\x80\xa8", "\\xe2\\x80\\xa8"},                    // a line separator
        {"\xf3\xa0\x81\x81", "\\xf3\\xa0\\x81\\x81"},           // a tag
        {"\xff\xc3", "\\xff\\xc3"},                             // not UTF-8
        {"\xed\xa0\x80\xc0\xaf", "\\xed\\xa0\\x80\\xc0\\xaf"},  // a surrogate, an overlong form
        {"", ""},
    };
    for (const auto& [text, shown] : rows) EXPECT_EQ(escaped(text), shown);
}

TEST(Escape, KeepsWhatItIsToldToKeep) { EXPECT_EQ(escaped("a\nb\tc\x1b", kUncut, "\n"), "a\nb\\x09c\\x1b"); }

TEST(Escape, IsCutBetweenCharacters) {
    EXPECT_EQ(escaped("abc", 3), "abc");
    EXPECT_EQ(escaped("abcd", 3), "abc\xe2\x80\xa6");
    EXPECT_EQ(escaped("ab\xc3\xa9", 3), "ab\xe2\x80\xa6");
    EXPECT_EQ(escaped("a", 0), "\xe2\x80\xa6");
}

}  // namespace
}  // namespace prw::base
