#include "prw/base/nearest.h"

#include <vector>

#include <gtest/gtest.h>

namespace prw::base {
namespace {

const std::vector<std::string> kWords = {"status", "steps", "version"};

TEST(Nearest, IsNoFartherThanATypingMistake) {
    EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
    EXPECT_EQ(nearest("statsu", kWords), "status");
    EXPECT_EQ(nearest("step", kWords), "steps");
    EXPECT_EQ(nearest("colour", kWords), "");
}

TEST(DidYouMean, ProposesOrSaysWhatElseThereIs) {
    EXPECT_EQ(did_you_mean("statsu", kWords, Quotes::kDouble), "; did you mean \"status\"?");
    EXPECT_EQ(did_you_mean("statsu", kWords, Quotes::kNone, "; no"), "; did you mean status?");
    EXPECT_EQ(did_you_mean("colour", kWords, Quotes::kDouble), "");
    EXPECT_EQ(did_you_mean("colour", kWords, Quotes::kDouble, "; see --help"), "; see --help");
}

TEST(DidYouMean, ListsSeveral) {
    EXPECT_EQ(did_you_mean({}), "");
    EXPECT_EQ(did_you_mean({"a", "b", "c"}), "; did you mean a, b or c?");
}

TEST(NearestIds, HoldTheSegmentsThatWereMeant) {
    const std::vector<std::string_view> ids = {"sender/retry/on-5xx", "sender/retry/on-429", "sender/labels/sorted"};
    EXPECT_EQ(nearest_ids("retry/5xx", ids), std::vector<std::string>{"sender/retry/on-5xx"});
    EXPECT_EQ(nearest_ids("sender/labels/sortet", ids), std::vector<std::string>{"sender/labels/sorted"});
    EXPECT_TRUE(nearest_ids("nothing/like/it", ids).empty());
}

}  // namespace
}  // namespace prw::base
