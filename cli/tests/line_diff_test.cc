#include "line_diff.h"

#include <random>

#include <gtest/gtest.h>

namespace prw::cli {
namespace {

TEST(LineDiff, ShowsWhatDiffersWithWhatIsAround) {
    EXPECT_EQ(diff_text("a\nb\nc\n", "a\nb\nc\n"), "");
    EXPECT_EQ(diff_text("", ""), "");
    EXPECT_EQ(diff_text("a\nb\nc\n", "a\nx\nc\n"), "  a\n- b\n+ x\n  c\n");
    EXPECT_EQ(diff_text("1\n2\n3\n4\n5\n6\n7\n8\n", "1\n2\n3\n4\n5\n6\n7\n9\n", 1), "  …\n  7\n- 8\n+ 9\n");
    EXPECT_EQ(diff_text("x\n1\n2\n3\n4\ny\n", "1\n2\n3\n4\nz\n", 1), "- x\n  1\n  …\n  4\n- y\n+ z\n");
    EXPECT_EQ(diff_text("a\n", ""), "- a\n");
}

TEST(LineDiff, LeadsFromOneTextToTheOther) {
    std::mt19937 random(1);
    for (int round = 0; round < 200; ++round) {
        std::string a, b;
        for (auto* text : {&a, &b})
            for (auto lines = random() % 30; lines > 0; --lines) *text += std::to_string(random() % 8) + "\n";
        std::string from, to;
        for (const auto& line : diff_lines(a, b)) {
            if (line.mark != '+') from.append(line.text).append("\n");
            if (line.mark != '-') to.append(line.text).append("\n");
        }
        EXPECT_EQ(from, a);
        EXPECT_EQ(to, b);
    }
}

TEST(LineDiff, IsBounded) {
    std::string a, b;
    for (int i = 0; i < 20000; ++i) {
        a += "a" + std::to_string(i % 100) + "\n";
        b += "b" + std::to_string(i % 100) + "\n";
    }
    EXPECT_EQ(diff_lines(a, b).size(), 40000U);
}

}  // namespace
}  // namespace prw::cli
