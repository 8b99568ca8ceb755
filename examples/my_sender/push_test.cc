// The sender under unit test: a receiver in the same process, scripted, recording and judging.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prw/testing/matchers.h>
#include <prw/testing/receiver.h>

#include "push.h"

using namespace prw::testing;
using ::testing::Each;
using ::testing::SizeIs;

namespace {

class MySender : public ReceiverTest {
protected:
    const std::vector<Point> points = {{{{"__name__", "my_queue_length"}, {"queue", "in"}}, 3, 1'700'000'000'000}};
};

TEST_F(MySender, SendsWhatConforms) {
    EXPECT_TRUE(push(receiver.url(), points));
    ASSERT_TRUE(receiver.wait_for(1));
    EXPECT_THAT(receiver, HasSeries({{"__name__", "my_queue_length"}, {"queue", "in"}}, 3));
    EXPECT_THAT(receiver.requests(), Each(HasHeader("Content-Encoding", "snappy")));
    receiver.expect_no_findings();
}

TEST_F(MySender, TriesAgainAfterServerErrors) {
    receiver.respond("503x2,204");
    EXPECT_TRUE(push(receiver.url(), points));
    ASSERT_TRUE(receiver.wait_for(3));
    EXPECT_EQ(receiver.requests()[0].status(), 503);
    EXPECT_EQ(receiver.requests()[2].status(), 204);
    EXPECT_THAT(receiver.requests(), Each(HasSeriesWith({{"queue", "in"}}, 3)));
}

TEST_F(MySender, DropsWhatIsRefused) {
    receiver.respond("400");
    EXPECT_FALSE(push(receiver.url(), points));
    ASSERT_TRUE(receiver.wait_for(1));
    EXPECT_THAT(receiver.requests(), SizeIs(1));
}

TEST_F(MySender, LabelsOutOfOrderAreFound) {
    EXPECT_TRUE(push(receiver.url(), {{{{"queue", "in"}, {"__name__", "my_queue_length"}}, 3, 1'700'000'000'000}}));
    ASSERT_TRUE(receiver.wait_for(1));
    EXPECT_THAT(receiver, HasFinding("labels/sorted"));
}

}  // namespace
