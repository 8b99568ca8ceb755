#include "prw/testing/receiver.h"

#include <gmock/gmock.h>
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <thread>

#include "posting.h"
#include "prw/http/client.h"
#include "prw/testing/matchers.h"

namespace prw::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::SizeIs;

/// Answers' status; 0 when there was none.
int post(const std::string& url, const std::string& body) {
    auto parsed = http::parse_url(url);
    if (!parsed) return 0;
    http::Client client(*parsed);
    const auto response = client.request("POST", fields(), body);
    return response ? response->status : 0;
}

const std::string kUp = body_of({{{{"__name__", "up"}, {"job", "a"}}, {1}}});
const std::string kUnsorted = body_of({{{{"__name__", "up"}, {"job", "a"}, {"instance", "b"}}, {1}}});

TEST_F(ReceiverTest, RecordsDecodesAndJudges) {
    EXPECT_EQ(post(receiver.url(), kUp), 204);
    ASSERT_TRUE(receiver.wait_for(1));
    const auto requests = receiver.requests();
    ASSERT_THAT(requests, SizeIs(1));
    EXPECT_EQ(requests[0].status(), 204);
    EXPECT_EQ(requests[0].message, proto::ProtobufMessage::kV1);
    ASSERT_THAT(requests[0].series, SizeIs(1));
    EXPECT_EQ(requests[0].series[0].labels, (proto::Labels{{"__name__", "up"}, {"job", "a"}}));
    EXPECT_EQ(requests[0].series[0].samples[0].timestamp, 1'700'000'000'000);
    EXPECT_THAT(receiver, HasSeries({{"__name__", "up"}, {"job", "a"}}, 1));
    EXPECT_THAT(receiver.exchanges(), Contains(HasHeader("Content-Encoding", "snappy")));
    EXPECT_THAT(receiver, IsConforming());
    receiver.expect_no_findings();
}

TEST_F(ReceiverTest, AnswersAsTold) {
    receiver.respond("503x1:retry-after=1,202");
    EXPECT_EQ(post(receiver.url(), kUp), 503);
    receiver.respond("");
    EXPECT_EQ(post(receiver.url("/any/path?x=1"), kUp), 204);
    receiver::Script script;
    script.steps.emplace_back().status = 418;
    receiver.respond(script);
    EXPECT_EQ(post(receiver.url(), kUp), 418);
    ASSERT_TRUE(receiver.wait_for(3));
    EXPECT_EQ(receiver.requests()[0].status(), 503);
    EXPECT_EQ(receiver.summary(),
              "  request 1: POST /api/v1/write, 1.0, 1 series, 1 sample, answered 503 (step 1)\n"
              "  request 2: POST /any/path?x=1, 1.0, 1 series, 1 sample, answered 204\n"
              "  request 3: POST /api/v1/write, 1.0, 1 series, 1 sample, answered 418\n");
}

TEST_F(ReceiverTest, AcceptsWhatItFindsFaultWith) {
    EXPECT_EQ(post(receiver.url(), kUnsorted), 204) << "the verdict must not change what the sender does";
    ASSERT_TRUE(receiver.wait_for(1));
    EXPECT_THAT(receiver.findings(), SizeIs(1));
    EXPECT_THAT(receiver, HasFinding("labels/sorted"));
}

TEST_F(ReceiverTest, DoesNotCountProbes) {
    const auto probe = http::get(*http::parse_url(receiver.url()));
    ASSERT_TRUE(probe);
    post(receiver.url(), kUp);
    ASSERT_TRUE(receiver.wait_for(1));
    EXPECT_THAT(receiver.requests(), SizeIs(1));
    EXPECT_THAT(receiver.exchanges(), SizeIs(2));
}

TEST_F(ReceiverTest, WaitsForWhatMatches) {
    std::jthread sender([this] {
        for (int i = 0; i < 3; ++i) post(receiver.url(), body_of({{{{"__name__", "n"}}, {double(i)}}}));
    });
    EXPECT_TRUE(receiver.wait_until(HasSeries({{"__name__", "n"}}, 2)));
    EXPECT_TRUE(receiver.wait_until(SizeIs(3)));
}

TEST_F(ReceiverTest, SaysWhatCameWhenTheDeadlinePasses) {
    post(receiver.url(), kUp);
    const auto few = receiver.wait_for(2, 50ms);
    EXPECT_FALSE(few);
    EXPECT_STREQ(few.message(),
                 "2 requests did not come within 50 ms; 1 did:\n"
                 "  request 1: POST /api/v1/write, 1.0, 1 series, 1 sample, answered 204\n");
    const auto other = receiver.wait_until(HasSeries({{"__name__", "up"}, {"job", "b"}}), 50ms);
    EXPECT_FALSE(other);
    EXPECT_STREQ(other.message(),
                 "did not come within 50 ms: has the series up{job=\"b\"},\n"
                 "where the only series is up{job=\"a\"}: label job is \"a\", not \"b\"\n"
                 "1 request came:\n"
                 "  request 1: POST /api/v1/write, 1.0, 1 series, 1 sample, answered 204\n");
}

TEST(ReceiverFailures, FindingsFailTheTestWithTheirText) {
    static Receiver receiver;  // the macro's body is a function of its own
    EXPECT_NONFATAL_FAILURE(receiver.expect_no_findings(),
                            "Wanted no findings; no request came, so nothing was judged");
    post(receiver.url(), kUnsorted);
    ASSERT_TRUE(receiver.wait_for(1));
    EXPECT_NONFATAL_FAILURE(receiver.expect_no_findings(), "x labels/sorted   MUST   prw1.labels.sorted");
}

TEST(ReceiverFailures, AreReportedAtTheCallersLine) {
    ::testing::TestPartResultArray results;
    int line = 0;
    {
        const ::testing::ScopedFakeTestPartResultReporter reporter(
            ::testing::ScopedFakeTestPartResultReporter::INTERCEPT_ONLY_CURRENT_THREAD, &results);
        Receiver receiver;
        receiver.respond("503y2"), line = __LINE__;
        receiver.expect_no_findings();
    }
    ASSERT_EQ(results.size(), 2);
    EXPECT_THAT(results.GetTestPartResult(0).message(), HasSubstr("respond(\"503y2\"): "));
    EXPECT_THAT(results.GetTestPartResult(0).file_name(), HasSubstr("receiver_test.cc"));
    EXPECT_EQ(results.GetTestPartResult(0).line_number(), line);
    EXPECT_EQ(results.GetTestPartResult(1).line_number(), line + 1);
}

TEST(ReceiverFailures, APortInUseIsNamed) {
    const Receiver first;
    ::testing::TestPartResultArray results;
    {
        const ::testing::ScopedFakeTestPartResultReporter reporter(
            ::testing::ScopedFakeTestPartResultReporter::INTERCEPT_ONLY_CURRENT_THREAD, &results);
        auto options = Receiver::defaults();
        options.server.port = http::parse_url(first.url())->port;
        const Receiver second(options);
    }
    ASSERT_EQ(results.size(), 1);
    EXPECT_THAT(results.GetTestPartResult(0).message(), HasSubstr("the receiver did not start: 127.0.0.1:"));
}

}  // namespace
}  // namespace prw::testing
