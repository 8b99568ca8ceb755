#include "prw/testing/matchers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>

#include "posting.h"

namespace prw::testing {
namespace {

using ::testing::_;
using ::testing::Each;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

/// What a matcher adds to "Actual: …": the near miss where it does not match, the evidence where it does.
template <typename M, typename T>
std::string explained(const M& matcher, const T& actual) {
    ::testing::StringMatchResultListener listener;
    ::testing::SafeMatcherCast<const T&>(matcher).MatchAndExplain(actual, &listener);
    return listener.str();
}

template <typename T, typename M>
std::string described(const M& matcher, bool negation = false) {
    return ::testing::DescribeMatcher<const T&>(matcher, negation);
}

using Bytes = std::pair<std::string, std::string>;

const Bytes kRequest =
    bytes_of({{{{"__name__", "http_requests_total"}, {"code", "200"}, {"method", "get"}}, {41, 42.5}},
              {{{"__name__", "http_requests_total"}, {"code", "500"}, {"method", "get"}}, {3}},
              {{{"__name__", "up"}, {"job", "a"}}, {1}}});

TEST(HasSeries, MatchesTheWholeLabelSetInAnyOrder) {
    EXPECT_THAT(kRequest, HasSeries({{"job", "a"}, {"__name__", "up"}}));
    EXPECT_THAT(kRequest, HasSeries({{"__name__", "up"}, {"job", "a"}}, 1));
    EXPECT_THAT(kRequest, HasSeries({{"__name__", "http_requests_total"}, {"code", "200"}, {"method", "get"}}, Gt(42)));
    EXPECT_THAT(kRequest, Not(HasSeries({{"__name__", "up"}}))) << "a series is its whole label set";
    EXPECT_THAT(kRequest, HasSeriesWith({{"__name__", "up"}}));
    EXPECT_THAT(kRequest, HasSeriesWith({{"code", "500"}}, 3));
    EXPECT_THAT(kRequest, Not(HasSeriesWith({{"code", "500"}}, 4)));
}

TEST(HasSeries, TellsTheStaleMarkerFromOtherNaNs) {
    const auto stale = std::bit_cast<double>(proto::kStaleNanBits);
    const auto plain = std::bit_cast<double>(proto::kNormalNanBits);
    const auto request = bytes_of({{{{"__name__", "gone"}}, {stale}}, {{{"__name__", "nan"}}, {plain}}});
    EXPECT_THAT(request, HasSeries({{"__name__", "gone"}}, IsStaleMarker()));
    EXPECT_THAT(request, Not(HasSeries({{"__name__", "nan"}}, IsStaleMarker())));
    EXPECT_EQ(explained(HasSeries({{"__name__", "nan"}}, IsStaleMarker()), request), "where nan has the value NaN");
    EXPECT_EQ(explained(HasSeries({{"__name__", "gone"}}, ::testing::DoubleEq(1)), request),
              "where gone has the value StaleNaN");
}

TEST(HasSeries, NamesTheNearestSeriesAndTheLabelThatDiffers) {
    const struct {
        proto::Labels wanted;
        bool exact;
        const char* text;
    } cases[] = {
        {{{"__name__", "http_requests_total"}, {"code", "404"}, {"method", "get"}},
         true,
         "where the nearest of 3 series is http_requests_total{code=\"200\", method=\"get\"}: label code is \"200\", "
         "not \"404\""},
        {{{"__name__", "http_requests_total"}, {"code", "501"}, {"method", "get"}},
         true,
         "where the nearest of 3 series is http_requests_total{code=\"500\", method=\"get\"}: label code is \"500\", "
         "not \"501\""},
        {{{"__name__", "http_request_total"}, {"code", "500"}, {"method", "get"}},
         true,
         "where the nearest of 3 series is http_requests_total{code=\"500\", method=\"get\"}: label __name__ is "
         "\"http_requests_total\", not \"http_request_total\""},
        {{{"__name__", "up"}, {"Job", "a"}},
         true,
         "where the nearest of 3 series is up{job=\"a\"}: label Job=\"a\" is named \"job\""},
        {{{"__name__", "up"}, {"instance", "b"}, {"job", "a"}},
         true,
         "where the nearest of 3 series is up{job=\"a\"}: label instance=\"b\" is missing"},
        {{{"__name__", "up"}}, true, "where the nearest of 3 series is up{job=\"a\"}: label job=\"a\" is one too many"},
        {{{"__name__", "up"}, {"job", "b"}},
         false,
         "where the nearest of 3 series is up{job=\"a\"}: label job is \"a\", not \"b\""},
    };
    for (const auto& c : cases) {
        const auto matcher = c.exact ? HasSeries(c.wanted) : HasSeriesWith(c.wanted);
        EXPECT_EQ(explained(matcher, kRequest), c.text);
    }
}

TEST(HasSeries, ShowsTheValuesWhenOnlyTheyDiffer) {
    const auto wanted = HasSeries({{"__name__", "http_requests_total"}, {"code", "200"}, {"method", "get"}}, 42);
    EXPECT_EQ(explained(wanted, kRequest),
              "where http_requests_total{code=\"200\", method=\"get\"} has the values 41, 42.5");
    EXPECT_EQ(described<Bytes>(wanted),
              "has the series http_requests_total{code=\"200\", method=\"get\"} with a value that is equal to 42");
    EXPECT_EQ(described<Bytes>(HasSeriesWith({{"job", "a"}}), true), "has no series {job=\"a\"}");
    const auto many = bytes_of({{{{"__name__", "a"}}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}}});
    EXPECT_EQ(explained(HasSeries({{"__name__", "a"}}, 0), many),
              "where a has the values 1, 2, 3, 4, 5, 6, 7, 8, … 2 more");
    EXPECT_EQ(explained(HasSeries({{"__name__", "a"}}, 0), bytes_of({{{{"__name__", "a"}}, {}}})),
              "where a has no samples");
}

TEST(HasSeries, SaysWhyThereIsNoSeries) {
    const auto wanted = HasSeries({{"__name__", "up"}});
    EXPECT_EQ(explained(wanted, std::vector<Request>{}), "where no request came");
    EXPECT_EQ(explained(wanted, bytes_of({})), "where the request carries no series");
    auto broken = kRequest;
    broken.second.resize(broken.second.size() / 2);
    EXPECT_THAT(explained(wanted, broken), StartsWith("where the request does not decode: "));
    EXPECT_EQ(explained(HasSeries({{"__name__", "up"}}), bytes_of({{{{"__name__", "down\n"}}, {1}}})),
              "where the only series is {\"down\\n\"}: label __name__ is \"down\\n\", not \"up\"");
}

TEST(HasSeries, SaysWhichRequestHasItWhenItShouldNot) {
    EXPECT_EQ(explained(Not(HasSeries({{"__name__", "up"}, {"job", "a"}}, 1)), kRequest),
              "which the request has: up{job=\"a\"} 1");
}

TEST(IsConforming, NeedsARequestAndNoBrokenMust) {
    EXPECT_THAT(kRequest, IsConforming());
    EXPECT_THAT(kRequest, HasNoFindings());
    EXPECT_THAT(std::vector<Request>{}, Not(IsConforming())) << "never green when nothing came";
    EXPECT_EQ(explained(IsConforming(), std::vector<Request>{}), "where no request came, so nothing was judged");
    EXPECT_EQ(described<Bytes>(IsConforming()), "conforms to Remote Write");
}

TEST(IsConforming, ShowsTheFindings) {
    const auto unsorted = bytes_of({{{{"__name__", "up"}, {"job", "a"}, {"instance", "b"}}, {1}}});
    EXPECT_THAT(unsorted, Not(IsConforming()));
    const auto text = explained(IsConforming(), unsorted);
    EXPECT_THAT(text, StartsWith("where 1 request of 1 has 1 finding:\nrequest: POST /api/v1/write, 1.0, 1 series, 1 "
                                 "sample\n  x labels/sorted   MUST   prw1.labels.sorted\n    fail    "));
    EXPECT_THAT(text, HasSubstr("\n    series  up{job=\"a\", instance=\"b\"}\n"));
    EXPECT_THAT(text, HasSubstr("\n    fix     "));
}

TEST(HasNoFindings, CountsAMissedShould) {
    auto request = kRequest;
    const std::string line = "User-Agent: testing/1.0\r\n";
    request.first.replace(request.first.find(line), line.size(), "User-Agent: testing\r\n");
    EXPECT_THAT(request, IsConforming());
    EXPECT_THAT(request, Not(HasNoFindings()));
    EXPECT_THAT(request, HasFinding("headers/user-agent-version"));
}

TEST(HasFinding, NamesTheFindingsThatThereAre) {
    const auto unsorted = bytes_of({{{{"__name__", "up"}, {"job", "a"}, {"instance", "b"}}, {1}}});
    EXPECT_THAT(unsorted, HasFinding("labels/sorted"));
    EXPECT_EQ(explained(HasFinding("labels/no-empty-name"), unsorted), "where the findings are of labels/sorted");
    EXPECT_EQ(explained(HasFinding("labels/sorted"), kRequest), "where there are no findings");
    EXPECT_EQ(explained(HasFinding("labels/sorted"), std::vector<Request>{}), "where no request came");
    EXPECT_EQ(explained(HasFinding("labels/sortd"), unsorted),
              "but there is no rule labels/sortd; did you mean labels/sorted?");
    EXPECT_EQ(described<Bytes>(HasFinding("labels/sorted")), "has a finding of labels/sorted");
}

TEST(HasHeader, ShowsTheValueOrTheNearestName) {
    EXPECT_THAT(kRequest, HasHeader("content-encoding", "snappy"));
    EXPECT_THAT(kRequest, HasHeader("User-Agent", StartsWith("testing/")));
    EXPECT_THAT(kRequest, Not(HasHeader("Authorization")));
    EXPECT_EQ(explained(HasHeader("Content-Encoding", "gzip"), kRequest), "where Content-Encoding is \"snappy\"");
    EXPECT_EQ(explained(HasHeader("X-Prometheus-Remote-Write-Versoin"), kRequest),
              "where there is no X-Prometheus-Remote-Write-Versoin; the nearest field is "
              "X-Prometheus-Remote-Write-Version: 0.1.0");
    EXPECT_EQ(explained(HasHeader("Authorization"), kRequest),
              "where there is no Authorization, only Host, Content-Type, Content-Encoding, "
              "X-Prometheus-Remote-Write-Version, User-Agent, Content-Length");
    EXPECT_EQ(explained(HasHeader("Authorization"), std::vector<Request>{}), "where no request came");
    EXPECT_EQ(described<Bytes>(HasHeader("Content-Encoding", "gzip")),
              "has the header Content-Encoding with a value that is equal to \"gzip\"");
}

TEST(HasHeader, GoesWithEach) {
    const std::vector<Request> requests = {request_of(kRequest.first, kRequest.second)};
    EXPECT_THAT(requests, Each(HasHeader("Content-Encoding", "snappy")));
    EXPECT_THAT(requests, Not(Each(HasHeader("Content-Encoding", "gzip"))));
}

TEST(RequestText, ShowsSeriesAndValues) {
    EXPECT_EQ(::testing::PrintToString(request_of(kRequest.first, kRequest.second)),
              "request: POST /api/v1/write, 1.0, 3 series, 4 samples\n"
              "  http_requests_total{code=\"200\", method=\"get\"} 41 @1700000000000, 42.5 @1700000000001\n"
              "  http_requests_total{code=\"500\", method=\"get\"} 3 @1700000000002\n"
              "  up{job=\"a\"} 1 @1700000000003");
}

}  // namespace
}  // namespace prw::testing
