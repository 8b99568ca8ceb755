#include "label_regex.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <regex>

#include "selector.h"

namespace prw::receiver {
namespace {

using ::testing::HasSubstr;

TEST(Regex, MatchesWholeTextsAsRe2Does) {
    struct Row {
        std::string pattern, text;
        bool matches;
    };
    const std::vector<Row> rows = {
        {"", "", true},
        {"", "a", false},
        {"a", "a", true},
        {"a", "ab", false},
        {"a", "ba", false},
        {"a|bc", "bc", true},
        {"a|bc", "ac", false},
        {"a|", "", true},
        {"|a", "a", true},
        {"a.c", "abc", true},
        {"a.c", "a\nc", true},
        {"(?-s)a.c", "a\nc", false},
        {"(?-s:a.)c", "a\nc", false},
        {".", "é", true},
        {".", "\xff", true},
        {"..", "é", false},
        {".*", "", true},
        {".+", "", false},
        {"a*b", "aaab", true},
        {"a+b", "b", false},
        {"a?b", "b", true},
        {"a??b", "ab", true},
        {"a{2}", "aa", true},
        {"a{2}", "aaa", false},
        {"a{2,}", "aaaaa", true},
        {"a{2,}", "a", false},
        {"a{1,3}", "aaa", true},
        {"a{1,3}", "aaaa", false},
        {"a{0}", "", true},
        {"a{,3}", "a{,3}", true},
        {"a{x}", "a{x}", true},
        {"(ab)+", "ababab", true},
        {"(?:ab|c)*d", "abcabd", true},
        {"(?P<n>a)b", "ab", true},
        {"(?<n>a)b", "ab", true},
        {"(a*)*", "aaa", true},
        {"(a*)+b", "aab", true},
        {"(|a)*", "aa", true},
        {"^a$", "a", true},
        {"a^b", "ab", false},
        {"(^a|b)c", "ac", true},
        {"\\Aa\\z", "a", true},
        {"[abc]", "b", true},
        {"[a-c]+", "abcd", false},
        {"[^a-c]", "d", true},
        {"[^a-c]", "b", false},
        {"[]a]", "]", true},
        {"[a-]", "-", true},
        {"[\\]\\-]+", "]-", true},
        {"[\\d_]+", "1_2", true},
        {"[[:alpha:]]+", "aZ", true},
        {"[[:^alpha:]]", "1", true},
        {"[à-ü]", "é", true},
        {"\\d+\\.\\d", "12.3", true},
        {"\\D", "1", false},
        {"\\w+\\s\\S", "a_1 x", true},
        {"\\W", "é", true},
        {"\\x41\\x{e9}\\n", "Aé\n", true},
        {"\\Qa.b\\E+", "a.b", true},
        {"\\Qa.b\\E", "axb", false},
        {"(?i)up", "UP", true},
        {"(?i:u)p", "UP", false},
        {"(?i:u)p", "Up", true},
        {"(?i)[a-c]", "B", true},
        {"(?i)[^a-c]", "B", false},
        {"a(?i)b|c", "C", true},
        {"(a(?i)b)c", "aBC", false},
        {"http://[^/]+:(80|443)(/.*)?", "http://a.example:443/x", true},
    };
    for (const auto& row : rows) {
        const auto regex = Regex::parse(row.pattern);
        ASSERT_TRUE(regex) << row.pattern << ": " << regex.error().text();
        EXPECT_EQ(regex->matches(row.text), row.matches) << row.pattern << " and " << row.text;
    }
}

TEST(Regex, RefusesWhatItCannotRead) {
    struct Row {
        std::string pattern, problem;
    };
    const std::vector<Row> rows = {
        {"(", "a ( without its )"},
        {"a)", "a ) without its ("},
        {"[a", "a [ without its ]"},
        {"[", "a [ without its ]"},
        {"[a-", "a [ without its ]"},
        {"[\\", "a \\ at the end"},
        {"[z-a]", "goes backwards"},
        {"*a", "nothing to repeat"},
        {"a|*", "nothing to repeat"},
        {"a**", "needs a group"},
        {"a{2}{3}", "needs a group"},
        {"a{3,2}", "bad count"},
        {"a{1001}", "bad count"},
        {"a{99999999999999999999}", "bad count"},
        {"\\", "at the end"},
        {"\\b", "not understood"},
        {"\\pL", "not understood"},
        {"\\1", "not understood"},
        {"\\x{110000}", "hexadecimal"},
        {"\\xg", "hexadecimal"},
        {"(?m)a", "flags"},
        {"(?i", "a group does not end"},
        {"(?=a)", "flags"},
        {"(?P<a", "name of a group"},
        {"[[:greek:]]", "class of characters"},
        {std::string(200, '('), "nested too deep"},
        {"(((a{1000}){1000}){1000}){1000}", "repeats too much"},
        {"(((){1000}){1000}){1000}", "repeats too much"},
        {std::string(20000, 'a'), "16384"},
    };
    for (const auto& row : rows) {
        const auto regex = Regex::parse(row.pattern);
        ASSERT_FALSE(regex) << row.pattern;
        EXPECT_THAT(regex.error().text(), HasSubstr(row.problem)) << row.pattern.substr(0, 50);
    }
    EXPECT_THAT(Regex::parse("ab*c*+").error().text(), HasSubstr("regular expression \"ab*c*+\", byte 5"));
}

TEST(Regex, IsLinearWhereBacktrackingIsNot) {
    const auto regex = Regex::parse("(a|a)*(a*)*(a|aa)+b");
    ASSERT_TRUE(regex);
    EXPECT_FALSE(regex->matches(std::string(20000, 'a')));
    EXPECT_TRUE(regex->matches(std::string(20000, 'a') + "b"));
    EXPECT_TRUE(Regex::parse("(.|\n)*")->matches(std::string(1U << 20U, 'x'))) << "no recursion for each character";
}

std::string random_text(std::mt19937& random, std::string_view alphabet, std::size_t most) {
    std::string out(random() % (most + 1), ' ');
    for (auto& c : out) c = alphabet[random() % alphabet.size()];
    return out;
}

TEST(Regex, AgreesWithAnotherEngineWhereBothUnderstand) {
    std::mt19937 random(1);
    std::size_t compared = 0, matched = 0;
    for (int i = 0; i < 20000; ++i) {
        const auto pattern = random_text(random, "aaabbb|*+?().", 8);
        const auto ours = Regex::parse(pattern);
        std::regex theirs;
        try {
            theirs = std::regex(pattern);
        } catch (const std::regex_error&) {
            continue;
        }
        if (!ours) continue;
        for (int t = 0; t < 4; ++t) {
            const auto text = random_text(random, "ab", 5);
            const bool expected = std::regex_match(text, theirs);
            ASSERT_EQ(ours->matches(text), expected) << pattern << " and " << text;
            ++compared;
            matched += expected ? 1 : 0;
        }
    }
    EXPECT_GT(compared, 10000U);
    EXPECT_GT(matched, 1000U);
}

TEST(Regex, NothingThatIsReadEndsTheProgram) {
    std::mt19937 random(2);
    for (int i = 0; i < 20000; ++i) {
        const auto pattern = random_text(random, "a\\x{}[]()|*+?^$-:=dDQEPi,019~.\"'`!\xc3\xa9\xff", 30);
        if (const auto regex = Regex::parse(pattern)) (void)regex->matches(random_text(random, "a0-\xc3\xa9\xff", 20));
        (void)parse_selector(pattern);
        (void)parse_selector("up{a=\"" + pattern + "\",b=~'" + pattern + "'}[" + pattern + "]");
    }
}

}  // namespace
}  // namespace prw::receiver
