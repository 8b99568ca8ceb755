// The judges of transport and configuration on observations made by hand: what fails, what just does not, and what
// never arose.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "scenarios/configuration.h"
#include "scenarios/refused.h"
#include "scenarios/transport.h"
#include "story.h"

namespace prw::sender_suite {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using testing_support::Story;

constexpr auto kBroken = "sender/transport/broken-connection";
constexpr auto kResponse = "sender/transport/broken-response";
constexpr auto kLarge = "sender/transport/large-error-body";
constexpr auto kStalled = "sender/transport/stalled-response";
constexpr auto kSuccess = "sender/transport/unusual-success";
constexpr auto kAtStart = "sender/transport/refused-at-start";

TEST(BrokenConnection, DataHasToComeAgain) {
    Story lost("transport-faults");
    lost.request(0, "close", {{"m", 1}}).request(204, "", {{"m", 2}});
    EXPECT_THAT(lost.verdict(kBroken), StartsWith("warn: the data was not sent again after: close"));
    Story again("transport-faults");
    again.request(0, "close", {{"m", 1}}).request(204, "", {{"m", 1}}).request(204, "", {{"m", 2}});
    EXPECT_THAT(again.verdict(kBroken), StartsWith("pass"));
    Story other_batches("transport-faults");
    other_batches.request(0, "reset", {{"m", 1}, {"n", 1}})
        .request(204, "", {{"n", 1}, {"n", 2}})
        .request(204, "", {{"m", 1}});
    EXPECT_THAT(other_batches.verdict(kBroken), StartsWith("pass"));
}

TEST(BrokenConnection, RepeatOfTheHttpClientIsNotEnough) {
    Story story("transport-faults");
    story.request(0, "close", {{"m", 1}}).request(0, "close", {{"m", 1}}).request(204, "", {{"m", 2}});
    EXPECT_THAT(story.verdict(kBroken), StartsWith("warn"));
    story.request(204, "", {{"m", 1}});
    EXPECT_THAT(story.verdict(kBroken), StartsWith("pass"));
}

TEST(BrokenConnection, OneOfTwoSamplesDoesNotTell) {
    Story story("transport-faults");
    story.request(0, "reset", {{"m", 1}, {"n", 1}}).request(204, "", {{"m", 1}}).request(204, "", {{"m", 2}});
    EXPECT_THAT(story.verdict(kBroken), StartsWith("inconclusive: 1 of 2 samples (50.0 %) came again after reset"));
}

TEST(BrokenConnection, DictatedTimestampsAreNoData) {
    Story story("transport-faults");
    story.request(0, "close", {{"up_since", 1}}).request(204, "", {{"m", 2}});
    EXPECT_THAT(story.verdict(kBroken), StartsWith("inconclusive"));
}

TEST(BrokenConnection, OneShotSenderThatEndsIsNotJudged) {
    Story story("transport-faults", suite::Input::kUnknown);
    story.request(0, "close", {{"m", 1}}).ended("exited with 1", false);
    EXPECT_THAT(story.verdict(kBroken), StartsWith("inconclusive"));
}

TEST(BrokenConnection, ResetWithinTheBodyLosesNoScrape) {
    for (const bool lost : {false, true}) {
        Story story("transport-faults", suite::Input::kScrape);
        story.scrape(1).scrape(2).scrape(3).arrived(1).request(0, "reset in the body", {});
        if (!lost) story.arrived(2);
        story.arrived(3);
        story.record().notes<TransportNotes>().reset_until = 2;
        EXPECT_THAT(story.verdict(kBroken), StartsWith(lost ? "warn" : "pass"));
    }
}

constexpr auto kTransportBackoff = "sender/transport/backoff";

/// Data that is closed upon twice, then other data after each of further failures, each tried again after its gap.
std::string backoff_verdict(std::int64_t first_gap, std::int64_t second_gap,
                            const std::vector<std::pair<const char*, std::int64_t>>& further) {
    Story story("transport-faults");
    story.request(0, "close", {{"m", 1}})
        .after(first_gap)
        .request(0, "close", {{"m", 1}})
        .after(second_gap)
        .request(204, "as usual", {{"m", 1}});
    std::int64_t timestamp = 1;
    for (const auto& [step, gap] : further) {
        ++timestamp;
        story.request(0, step, {{"m", timestamp}}).after(gap).request(204, "as usual", {{"m", timestamp}});
    }
    return story.verdict(kTransportBackoff);
}

TEST(BackoffAfterFailedConnections, OneRepeatAtOnceIsTheHttpClients) {
    EXPECT_THAT(backoff_verdict(200, 300, {{"reset", 200}, {"204 cut in its head", 300}, {"garbage", 200}}),
                StartsWith("warn"));
    EXPECT_THAT(backoff_verdict(200, 300, {{"reset", 200}, {"garbage", 9'900}}), StartsWith("warn"));
    EXPECT_THAT(backoff_verdict(200, 30'000, {}), StartsWith("pass"));
    EXPECT_THAT(backoff_verdict(9'000, 10'000, {}), StartsWith("pass"));
    Story once("transport-faults");
    once.request(0, "close", {{"m", 1}}).after(100).request(204, "as usual", {{"m", 1}});
    EXPECT_THAT(once.verdict(kTransportBackoff), StartsWith("inconclusive"));
}

TEST(BackoffAfterFailedConnections, FullJitterMayBeShortTwice) {
    EXPECT_THAT(backoff_verdict(2'000, 9'000, {{"reset", 4'000}, {"garbage", 21'000}}), StartsWith("pass"));
    EXPECT_THAT(backoff_verdict(2'000, 9'000, {{"reset", 4'000}}), StartsWith("inconclusive"));
    EXPECT_THAT(backoff_verdict(2'000, 9'000, {}), StartsWith("inconclusive"));
}

TEST(BrokenResponse, IsNoSuccess) {
    Story story("transport-faults");
    story.request(0, "204 cut in its head", {{"m", 1}}).request(204, "", {{"m", 2}});
    EXPECT_THAT(story.verdict(kResponse), StartsWith("warn"));
    Story none("transport-faults");
    none.request(204, "", {{"m", 1}}).request(204, "", {{"m", 2}});
    EXPECT_THAT(none.verdict(kResponse), StartsWith("inconclusive: no request with samples met the fault"));
}

TEST(LargeErrorBody, IsA503LikeAnyOther) {
    Story story("transport-faults");
    story.request(503, "503 with 1 MiB", {{"m", 1}}).request(204, "", {{"m", 2}});
    EXPECT_THAT(story.verdict(kLarge), StartsWith("fail"));
    Story again("transport-faults");
    again.request(503, "503 with 1 MiB", {{"m", 1}}).request(204, "", {{"m", 1}});
    EXPECT_THAT(again.verdict(kLarge), StartsWith("pass"));
}

TEST(Stall, IsJudgedWhereTheProfileSaysHowToEndIt) {
    Story unknown("transport-faults");
    unknown.request(0, "no answer", {{"m", 1}}, 2'000'000).request(204, "", {{"m", 1}});
    EXPECT_THAT(unknown.verdict(kStalled), StartsWith("not-applicable"));
    unknown.record().target.variants["short-timeout"] = {};
    EXPECT_THAT(unknown.verdict(kStalled), StartsWith("pass: given up after 2.0 s"));
    Story dropped("transport-faults");
    dropped.record().target.variants["short-timeout"] = {};
    dropped.request(0, "no answer", {{"m", 1}}, 2'000'000).request(204, "", {{"m", 2}});
    EXPECT_THAT(dropped.verdict(kStalled), HasSubstr("never came again"));
    Story waits("transport-faults");
    waits.record().target.variants["short-timeout"] = {};
    waits.request(204, "", {{"m", 0}}).request(0, "no answer", {{"m", 1}}, 10'000'000);
    waits.record().stop_us = 9'000'000;
    EXPECT_THAT(waits.verdict(kStalled), HasSubstr("until it was stopped"));
}

TEST(UnusualSuccess, IsNotRepeated) {
    Story story("transport-faults");
    story.request(204, "204 after 100 Continue", {{"m", 1}}).request(204, "", {{"m", 1}});
    EXPECT_THAT(story.verdict(kSuccess), StartsWith("warn"));
    Story right("transport-faults");
    right.request(204, "204 after 100 Continue", {{"m", 1}}).request(204, "", {{"m", 2}});
    EXPECT_THAT(right.verdict(kSuccess), StartsWith("pass"));
    Story last("transport-faults");
    last.request(204, "204 byte by byte", {{"m", 1}});
    EXPECT_THAT(last.verdict(kSuccess), StartsWith("inconclusive"));
}

TEST(UnusualSuccess, MayBeRepeatedWhenItTookAsLongAsATimeOut) {
    Story story("transport-faults");
    story.request(204, "204 byte by byte", {{"m", 1}}, 2'000'000).request(204, "", {{"m", 1}});
    EXPECT_THAT(story.verdict(kSuccess), StartsWith("inconclusive"));
}

TEST(UnusualSuccess, HabitualRepeatsTellNothing) {
    Story story("transport-faults");
    story.request(204, "as usual", {{"m", 0}})
        .request(204, "204 after 100 Continue", {{"m", 1}, {"m", 0}})
        .request(204, "", {{"m", 1}});
    EXPECT_THAT(story.verdict(kSuccess), StartsWith("inconclusive"));
}

Story refused(std::uint64_t until) {
    Story story("refused-at-start", suite::Input::kScrape);
    story.scrape(1).scrape(2).scrape(3);
    story.record().notes<RefusedNotes>().until = until;
    return story;
}

TEST(RefusedAtStart, NothingThatWasTakenMeanwhileIsLost) {
    EXPECT_THAT(refused(2).arrived(1).arrived(2).arrived(3).verdict(kAtStart), StartsWith("pass: all of 2 scrapes"));
    EXPECT_THAT(refused(2).arrived(2).arrived(3).verdict(kAtStart), StartsWith("warn: 1 of 2 scrapes"));
    EXPECT_THAT(refused(2).arrived(3).verdict(kAtStart), StartsWith("warn: 2 of 2 scrapes"));
}

TEST(RefusedAtStart, SilenceAfterwardsIsAMissOnlyWhereSomethingWasScraped) {
    EXPECT_THAT(refused(2).verdict(kAtStart), StartsWith("warn: nothing came once connections were accepted"));
    EXPECT_THAT(refused(2).ended("exited with 1", false).verdict(kAtStart), HasSubstr("exited with 1 while"));
    Story silent("refused-at-start", suite::Input::kScrape);
    EXPECT_THAT(silent.verdict(kAtStart), StartsWith("inconclusive"));
    auto once = refused(1).ended("exited with 1", false);
    once.record().target.input = suite::Input::kStdin;
    EXPECT_THAT(once.verdict(kAtStart), StartsWith("inconclusive"));
    Story own("refused-at-start");
    own.request(204, "", {{"m", 1}});
    EXPECT_THAT(own.verdict(kAtStart), StartsWith("not-applicable"));
}

TEST(Redirects, GetThatSucceedsDeliversNothing) {
    constexpr auto kCheck = "sender/redirect/not-by-get";
    Story lost("redirects");
    lost.request(302, "redirect with 302", {{"m", 1}})
        .probe(200, "/prw/redirected?from=302")
        .request(204, "", {{"m", 2}});
    EXPECT_THAT(lost.verdict(kCheck), StartsWith("warn"));
    Story again("redirects");
    again.request(302, "redirect with 302", {{"m", 1}})
        .probe(200, "/prw/redirected?from=302")
        .request(204, "", {{"m", 1}});
    EXPECT_THAT(again.verdict(kCheck), StartsWith("pass"));
    Story refused_probe("redirects");
    refused_probe.request(301, "redirect with 301", {{"m", 1}})
        .probe(405, "/prw/redirected?from=301")
        .request(204, "", {{"m", 2}});
    EXPECT_THAT(refused_probe.verdict(kCheck), StartsWith("pass"));
    Story not_followed("redirects");
    not_followed.request(303, "redirect with 303", {{"m", 1}}).request(204, "", {{"m", 2}});
    EXPECT_THAT(not_followed.verdict(kCheck), HasSubstr("not followed"));
    Story ended("redirects");
    ended.request(303, "redirect with 303", {{"m", 1}}).ended("exited with 0", true);
    EXPECT_THAT(ended.verdict(kCheck), StartsWith("inconclusive"));
}

TEST(Redirects, SameDataGoesToTheNewPlace) {
    constexpr auto kCheck = "sender/redirect/same-request";
    Story right("redirects");
    right.request(307, "redirect with 307", {{"m", 1}}).sent(200, "/prw/redirected?from=307", {}, {{"m", 1}});
    EXPECT_THAT(right.verdict(kCheck), StartsWith("pass"));
    Story empty("redirects");
    empty.request(308, "redirect with 308", {{"m", 1}})
        .sent(200, "/prw/redirected?from=308", {}, {})
        .request(204, "", {{"m", 2}});
    EXPECT_THAT(empty.verdict(kCheck), StartsWith("warn"));
}

const std::string kHead =
    "POST /x HTTP/1.1\r\nHost: h\r\nContent-Type: application/x-protobuf\r\nContent-Encoding: snappy\r\n";

Story configured() {
    Story story("configuration");
    auto& record = story.record();
    for (const auto* name : {"header", "basic-auth", "bearer-token"}) record.target.variants[name] = {};
    record.notes<ConfigurationNotes>().trials = {
        {.target = "/prw/configured/write?tenant=a&zone=b",
         .variants = {"header"},
         .header = "X-Prw-Test",
         .value = "prw"},
        {.target = "/prw/basic/write", .variants = {"basic-auth"}, .credentials = "Basic cHJ3LXVzZXI6cHJ3LXdvcmQ="}};
    return story;
}

TEST(Configuration, UrlIsUsedAsItIs) {
    constexpr auto kCheck = "sender/url/path-and-query";
    EXPECT_THAT(configured().sent(204, "/prw/configured/write?tenant=a&zone=b").verdict(kCheck), StartsWith("pass"));
    EXPECT_THAT(configured().sent(204, "/prw/configured/write?cluster=c&zone=b&tenant=a").verdict(kCheck),
                StartsWith("pass"));
    EXPECT_THAT(configured().sent(204, "/prw/configured/write").verdict(kCheck), StartsWith("fail"));
    EXPECT_THAT(configured().sent(204, "/prw/configured/write?tenant=a").verdict(kCheck), StartsWith("fail"));
    EXPECT_THAT(configured().sent(204, "/api/v1/write?tenant=a&zone=b").verdict(kCheck), StartsWith("fail"));
    auto bare = configured().sent(204, "/api/v1/write");
    bare.record().target.input = suite::Input::kUnknown;
    EXPECT_THAT(bare.verdict(kCheck), StartsWith("inconclusive"));
}

TEST(Configuration, CustomHeaderComesOnce) {
    constexpr auto kCheck = "sender/headers/custom-arrives";
    const auto with = [&](const std::string& fields) {
        return configured().sent(204, "/prw/configured/write?tenant=a&zone=b", kHead + fields + "\r\n").verdict(kCheck);
    };
    EXPECT_THAT(with("x-prw-test: prw\r\n"), StartsWith("pass"));
    EXPECT_THAT(with(""), StartsWith("warn"));
    EXPECT_THAT(with("X-Prw-Test: prw\r\nX-Prw-Test: prw\r\n"), HasSubstr("2 times"));
    EXPECT_THAT(with("X-Prw-Test: other\r\n"), StartsWith("warn"));
    auto unknown = configured();
    unknown.record().notes<ConfigurationNotes>().trials.front().header.clear();
    EXPECT_THAT(unknown.sent(204, "/prw/configured/write?tenant=a&zone=b").verdict(kCheck),
                StartsWith("not-applicable"));
}

TEST(Configuration, ReservedHeadersStayAsTheyAre) {
    constexpr auto kCheck = "sender/headers/reserved-kept";
    const auto tried = [&](const std::string& head, const char* exited) {
        auto story = configured();
        story.sent(204, "/prw/configured/write?tenant=a&zone=b");
        auto& trials = story.record().notes<ConfigurationNotes>().trials;
        trials.push_back({.target = "/prw/reserved-2/write",
                          .variants = {"header"},
                          .header = "content-type",
                          .value = "text/plain"});
        if (exited != nullptr) trials.back().exited = exited;
        if (!head.empty()) story.sent(204, "/prw/reserved-2/write", head + "\r\n");
        return story.verdict(kCheck);
    };
    EXPECT_THAT(tried({}, "exited with 1"), HasSubstr("refuses to start with content-type"));
    EXPECT_THAT(tried({}, nullptr), StartsWith("inconclusive"));
    EXPECT_THAT(tried(kHead, nullptr), HasSubstr("as the protocol has it: content-type"));
    EXPECT_THAT(tried(kHead + "content-type: text/plain\r\n", nullptr), StartsWith("fail"));
    EXPECT_THAT(tried(kHead + "content-type: application/x-protobuf\r\n", nullptr), StartsWith("fail"));
    EXPECT_THAT(tried("POST /x HTTP/1.1\r\nHost: h\r\nContent-Type: text/plain\r\n", nullptr), StartsWith("fail"));
    auto unable = configured().sent(204, "/prw/configured/write?tenant=a&zone=b");
    unable.record().target.variants.clear();
    EXPECT_THAT(unable.verdict(kCheck), StartsWith("not-applicable"));
}

TEST(Configuration, CredentialsComeAsConfigured) {
    constexpr auto kCheck = "sender/auth/basic";
    const std::string right = kHead + "Authorization: basic cHJ3LXVzZXI6cHJ3LXdvcmQ=\r\n\r\n";
    constexpr auto kTarget = "/prw/basic/write";
    EXPECT_THAT(configured().sent(204, kTarget, right).verdict(kCheck), StartsWith("pass"));
    // Who loses them only beside a further header is not told that they are never sent.
    EXPECT_THAT(configured()
                    .sent(204, "/prw/configured/write?tenant=a&zone=b", kHead + "X-Prw-Test: prw\r\n\r\n")
                    .sent(204, kTarget, right)
                    .verdict(kCheck),
                StartsWith("pass"));
    // A client that waits to be asked.
    EXPECT_THAT(configured().sent(401, kTarget, kHead + "\r\n").sent(204, kTarget, right).verdict(kCheck),
                StartsWith("pass"));
    EXPECT_THAT(configured().sent(401, kTarget, kHead + "\r\n").verdict(kCheck), StartsWith("warn"));
    EXPECT_THAT(configured().sent(401, kTarget, kHead + "Authorization: Basic eDp5\r\n\r\n").verdict(kCheck),
                StartsWith("warn"));
    EXPECT_THAT(configured().sent(204, kTarget, right).verdict("sender/auth/bearer"), StartsWith("inconclusive"));
}

}  // namespace
}  // namespace prw::sender_suite
