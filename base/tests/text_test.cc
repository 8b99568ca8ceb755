#include "prw/base/text.h"

#include <vector>

#include <gtest/gtest.h>

namespace prw::base {
namespace {

using Pair = std::pair<const char*, const char*>;

TEST(Letters, OnlyThoseOfAsciiHaveTwoCases) {
    EXPECT_EQ(lower("X-\xc3\x84[1]"), "x-\xc3\x84[1]");
    EXPECT_TRUE(iequals("Content-TYPE", "content-type"));
    EXPECT_FALSE(iequals("a", "aa"));
    EXPECT_FALSE(iequals("[", "{"));
}

TEST(Counts, OneIsSingular) {
    EXPECT_EQ(count_text(0, "sample"), "0 samples");
    EXPECT_EQ(count_text(1, "sample"), "1 sample");
    EXPECT_EQ(count_text(2, "sample"), "2 samples");
    EXPECT_EQ(count_text(1, "entry", "entries"), "1 entry");
    EXPECT_EQ(count_text(2, "entry", "entries"), "2 entries");
}

TEST(Lists, HaveSeparatorsBetweenWords) {
    EXPECT_EQ(joined(std::vector<std::string>{}), "");
    EXPECT_EQ(joined(std::vector<std::string_view>{"a", "", "c"}), "a, , c");
    EXPECT_EQ(joined(std::vector<std::string>{"a", "b"}, " "), "a b");
    std::string list;
    add_word(list, "a");
    add_word(list, "b");
    EXPECT_EQ(list, "a, b");
}

TEST(Quotes, OfLabelsEscapeWhatDoesNotShow) {
    for (const auto& [text, wanted] :
         {Pair{"", "\"\""}, Pair{"a\"b\\c", R"("a\"b\\c")"}, Pair{"a\nb\t\x1b", R"("a\nb\x09\x1b")"},
          Pair{"K\xc3\xb6ln", "\"K\xc3\xb6ln\""}, Pair{"\xff", R"("\xff")"}})
        EXPECT_EQ(quoted(text), wanted);
    EXPECT_EQ(quoted("abc", 3), "\"abc\"");
    EXPECT_EQ(quoted("abcd", 3), "\"abc…\"");
    EXPECT_EQ(quoted("ab\xc3\xa9", 3), "\"ab…\"");
}

TEST(Quotes, OfAShellStandOnlyWhereTheyHaveTo) {
    for (const auto& [word, wanted] : {Pair{"a-b_c./:=,+@%1", "a-b_c./:=,+@%1"}, Pair{"", "''"}, Pair{"a b", "'a b'"},
                                       Pair{"it's", "'it'\\''s'"}, Pair{"$HOME", "'$HOME'"}, Pair{"a;b", "'a;b'"}})
        EXPECT_EQ(shell_word(word), wanted);
}

TEST(Quotes, OfYamlKeepTheScalarOnOneLine) { EXPECT_EQ(yaml_quoted("a \"b\" \\x1b\n\tc"), R"("a \"b\" \\x1b\n\tc")"); }

TEST(Percent, IsWrittenAndReadForPaths) {
    EXPECT_EQ(percent_encoded("/a b-._~\"c?\xc3\xa9"), "/a%20b-._~%22c%3F%C3%A9");
    for (const auto& [text, wanted] :
         {Pair{"a%20b%c3%A9", "a b\xc3\xa9"}, Pair{"100%", "100%"}, Pair{"%2", "%2"}, Pair{"%zz%41", "%zzA"}})
        EXPECT_EQ(percent_decoded(text), wanted);
}

}  // namespace
}  // namespace prw::base
