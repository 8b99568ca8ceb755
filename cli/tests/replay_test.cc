// prw replay: to a receiver on this machine, judged again, and as a test.
#include <algorithm>
#include <filesystem>
#include <set>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "commands.h"
#include "emit_gtest.h"
#include "in_process.h"
#include "prw/proto/http_head.h"
#include "prw/receiver/receiver.h"
#include "replay_request.h"
#include "replay_run.h"
#include "replay_support.h"
#include "support.h"

namespace prw::cli {
namespace {

using namespace prw::testing;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

using testing_support::Outcome;

Outcome prw(std::vector<std::string> arguments) { return testing_support::run_prw(std::move(arguments), {}, 100); }

std::int64_t now_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

class Replay : public ::testing::Test {
protected:
    void start(const std::string& script = {}, receiver::OnViolation mode = receiver::OnViolation::kReject) {
        receiver::ReceiverOptions options;
        options.on_violation = mode;
        if (!script.empty()) {
            auto parsed = receiver::parse_script_short(script);
            ASSERT_TRUE(parsed) << parsed.error().text();
            options.script = std::move(*parsed);
        }
        receiver_ = std::make_unique<receiver::Receiver>(options);
        const auto started = receiver_->start();
        ASSERT_TRUE(started) << started.error().text();
    }
    std::string capture(const std::vector<exchange::Exchange>& exchanges, const std::string& name = "a.prwcap") {
        const auto path = dir_.file(name);
        std::filesystem::remove(path);
        const auto written = write_capture(path, exchanges);
        EXPECT_TRUE(written) << written.error().text();
        return path;
    }
    std::shared_ptr<const exchange::Exchange> received(std::size_t index = 0) {
        EXPECT_TRUE(receiver_->wait(std::chrono::seconds(20), [&](const auto& list) { return list.size() > index; }));
        const auto list = receiver_->exchanges();
        return list.size() > index ? list[index] : std::make_shared<const exchange::Exchange>();
    }
    [[nodiscard]] std::string base_url() const { return "http://" + receiver_->address(); }
    TempDir dir_;
    std::unique_ptr<receiver::Receiver> receiver_;
};

TEST_F(Replay, ComparesEachAnswerWithTheRecordedOneAndWithThatOfAConformingReceiver) {
    struct Row {
        bool sorted;
        int recorded;
        bool scripted;
        const char* script;
        receiver::OnViolation mode;
        const char* word;
        int code;
        const char* shows;
    };
    constexpr auto kReject = receiver::OnViolation::kReject;
    constexpr auto kAccept = receiver::OnViolation::kAccept;
    const Row rows[] = {
        {true, 204, false, "", kReject, "AS WANTED: 1 of 1 answer", 0, "recorded 204 → 204\n"},
        {true, 400, false, "", kReject, "FIXED: 1 of 1 answer", 0, "recorded 400 → 204\n"},
        {false, 204, false, "", kReject, "FIXED: 1 of 1 answer", 0, "recorded 204 → 400\n"},
        {false, 204, false, "", kAccept, "STILL FAILING: 1 of 1 answer", 1,
         "recorded 204 → 204   a conforming receiver answers 400\n"},
        {true, 204, false, "500", kReject, "CHANGED: 1 of 1 answer", 1,
         "recorded 204 → 500   a conforming receiver answers 2xx\n"},
        {true, 400, false, "404", kReject, "STILL FAILING", 1, "recorded 400 → 404"},
        {true, 503, true, "", kReject, "AS WANTED", 0, "recorded 503 (scripted) → 204\n"},
        {true, 503, true, "503", kReject, "CHANGED", 1, "recorded 503 (scripted) → 503"},
        {true, 204, false, "429", kReject, "CHANGED", 1, "recorded 204 → 429"},
    };
    for (const auto& row : rows) {
        SCOPED_TRACE(std::string(row.word) + ", " + row.shows);
        start(row.script, row.mode);
        auto exchange = simple_exchange(1, row.sorted, row.recorded);
        if (row.scripted) exchange.scripted = "step 1";
        const auto outcome = prw({"replay", capture({exchange}), base_url()});
        EXPECT_EQ(outcome.code, row.code) << outcome.out << outcome.err;
        EXPECT_THAT(outcome.out, AllOf(HasSubstr(row.word), HasSubstr(row.shows)));
        EXPECT_THAT(outcome.out, HasSubstr("exit " + std::to_string(row.code) + "\n"));
        EXPECT_THAT(outcome.out, Not(HasSubstr("\x1b")));
    }
}

TEST_F(Replay, TellsWhatTheReceiverSaysAndWhatMayBeWrong) {
    const auto path = capture({simple_exchange(1, true, 204)});
    const std::pair<const char*, const char*> rows[] = {
        {"400:body=out of order sample", "it says: out of order sample\n"},
        {"404", "is the path of the URL right?"},
        {"401", "give them with --header"},
    };
    for (const auto& [script, says] : rows) {
        start(script);
        const auto outcome = prw({"replay", path, base_url()});
        EXPECT_EQ(outcome.code, 1) << script;
        EXPECT_THAT(outcome.out, HasSubstr(says)) << script;
    }
}

TEST_F(Replay, MovesSamplesToNowAndKeepsEverythingElse) {
    start();
    const auto before = now_ms();
    const auto path = capture({simple_exchange(1, true, 204), simple_exchange(9, true, 204)});
    const auto outcome = prw({"replay", path, base_url()});
    EXPECT_EQ(outcome.code, 0) << outcome.out << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("the newest sample is now"));
    const auto first = received(0), last = received(1);
    rules::Checker checker;
    const auto time_of = [&](const exchange::Exchange& e) {
        (void)checker.check(e.raw_head, e.payload());
        return checker.view().samples.at(0).timestamp;
    };
    const auto newest = time_of(*last);
    EXPECT_GE(newest, before);
    EXPECT_LE(newest, now_ms());
    EXPECT_EQ(newest - time_of(*first), 80) << "distances stay";
    const std::string head = first->raw_head;
    EXPECT_THAT(head, HasSubstr("POST /api/v1/write?a=b HTTP/1.1\r\nhost:" + receiver_->address() + "\r\n"))
        << "the URL has no path, so the captured one stays; spelling stays";
    EXPECT_THAT(head, HasSubstr("Content-Length:  " + std::to_string(first->raw_body.size()) + " \r\n\r\n"));
}

TEST_F(Replay, KeepsAgesOfACapsule) {
    start();
    const auto path = dir_.file("capsule.prwcap");
    ASSERT_TRUE(write_unsorted_capsule(path));
    const auto before = now_ms();
    const auto outcome = prw({"replay", path, base_url() + "/other/path"});
    EXPECT_EQ(outcome.code, 0) << outcome.out << outcome.err;
    EXPECT_THAT(outcome.out, AllOf(HasSubstr("samples are as old as they were"), HasSubstr("sender/labels/sorted"),
                                   HasSubstr("what was sent still breaks labels/sorted"), HasSubstr("FIXED"),
                                   HasSubstr("prw explain sender/labels/sorted")));
    const auto sent = received();
    rules::Checker checker;
    (void)checker.check(sent->raw_head, sent->payload());
    const auto time = checker.view().samples.at(0).timestamp;
    EXPECT_GE(time, before - 5) << "taken 5 ms before it was captured";
    EXPECT_LE(time, now_ms() - 5);
    EXPECT_THAT(sent->raw_head, HasSubstr("POST /other/path HTTP/1.1\r\n")) << "the URL's path counts";
}

TEST_F(Replay, SendsWhatWasRecordedWhereAskedTo) {
    start();
    const auto exchange = simple_exchange(1, true, 204);
    const auto outcome = prw({"replay", capture({exchange}), base_url(), "--as-recorded"});
    EXPECT_EQ(outcome.code, 0) << outcome.out << outcome.err;
    EXPECT_EQ(received()->raw_body, exchange.raw_body);
    const auto moved = prw({"replay", capture({exchange}), base_url(), "--rebase", "-1000"});
    EXPECT_EQ(moved.code, 0) << moved.out << moved.err;
    EXPECT_THAT(moved.out, HasSubstr("1 s back"));
    rules::Checker checker;
    (void)checker.check(received(1)->raw_head, received(1)->payload());
    EXPECT_EQ(checker.view().samples.at(0).timestamp, kCapturedAt + 10 - 5 - 1000);
}

TEST_F(Replay, SendsOnlyTheExchangesAskedFor) {
    start();
    const auto path =
        capture({simple_exchange(1, true, 204), simple_exchange(2, true, 204), simple_exchange(3, true, 204)});
    const auto outcome = prw({"replay", path, base_url(), "--exchange", "3", "--exchange", "1"});
    EXPECT_EQ(outcome.code, 0) << outcome.out << outcome.err;
    EXPECT_THAT(outcome.out, AllOf(HasSubstr("2 of 2 answers"), HasSubstr("#1  1 sample"), HasSubstr("#3  1 sample"),
                                   Not(HasSubstr("#2  "))));
    const auto unknown = prw({"replay", path, base_url(), "--exchange", "7"});
    EXPECT_EQ(unknown.code, kUsage);
    EXPECT_THAT(unknown.err, HasSubstr("--exchange 7: the capture has no exchange with this id"));
}

TEST_F(Replay, SendsOnlyWhatTheFilterHolds) {
    start();
    const auto path =
        capture({simple_exchange(1, true, 204), simple_exchange(2, false, 400), simple_exchange(3, true, 204)});
    const auto outcome = prw({"replay", path, base_url(), "--filter", "status==204 && id>1 && metric=~\".*\""});
    EXPECT_EQ(outcome.code, 0) << outcome.out << outcome.err;
    EXPECT_THAT(outcome.out, AllOf(HasSubstr("1 of 1 answer"), HasSubstr("#3  1 sample"), Not(HasSubstr("#2  "))));
    const auto none = prw({"replay", path, base_url(), "--filter", "id==9"});
    EXPECT_EQ(none.code, kInconclusive);
    EXPECT_THAT(none.out, HasSubstr("NOTHING SENT"));
    const auto wrong = prw({"replay", path, base_url(), "--filter", "statsu==1"});
    EXPECT_EQ(wrong.code, kUsage);
    EXPECT_THAT(wrong.err, HasSubstr("--filter: there is no column \"statsu\"; did you mean status?\n  statsu==1\n"));
}

TEST_F(Replay, NeverSendsCapturedCredentialsInWhateverPlace) {
    start();
    const auto good = simple_exchange(1, true, 204);
    auto in_target = good;
    in_target.raw_head.replace(in_target.raw_head.find("?a=b"), 4, "?a=b&token=s3cret&sig=s3cret");
    auto unparsed = good;
    unparsed.id = 2;
    unparsed.raw_head.insert(unparsed.raw_head.find("\r\n") + 2, "no colon\r\nDD-API-KEY: s3cret\r\n");
    const auto path = capture({in_target, unparsed});
    const auto outcome = prw({"replay", path, base_url()});
    EXPECT_THAT(outcome.out, AllOf(HasSubstr("captured credentials were not sent"), Not(HasSubstr("s3cret"))));
    ASSERT_TRUE(receiver_->wait(std::chrono::seconds(30), [](const auto& seen) { return seen.size() == 2; }));
    EXPECT_THAT(received(0)->raw_head, AllOf(Not(HasSubstr("s3cret")), HasSubstr("/api/v1/write?a=b&token=xxxxxx")));
    EXPECT_THAT(received(1)->raw_head, AllOf(Not(HasSubstr("s3cret")), HasSubstr("DD-API-KEY: xxxxxx")));
}

TEST_F(Replay, NeverSendsCapturedCredentials) {
    start();
    const auto path = capture({simple_exchange(1, true, 204, "Authorization: Bearer s3cret\r\nCookie: s3cret\r\n")});
    const auto bare = prw({"replay", path, base_url()});
    EXPECT_EQ(bare.code, 0) << bare.out << bare.err;
    EXPECT_THAT(bare.out, AllOf(HasSubstr("captured credentials were not sent"), Not(HasSubstr("s3cret"))));
    EXPECT_THAT(received(0)->raw_head, AllOf(Not(HasSubstr("s3cret")), Not(HasSubstr("Authorization"))));
    const auto given =
        prw({"replay", path, base_url(), "--header", "Authorization: Bearer mine", "--header", "X-Team:  a "});
    EXPECT_EQ(given.code, 0) << given.out << given.err;
    EXPECT_THAT(received(1)->raw_head, AllOf(HasSubstr("Authorization: Bearer mine\r\n"), HasSubstr("X-Team: a\r\n"),
                                             Not(HasSubstr("s3cret"))));
}

TEST_F(Replay, SendsWhatDoesNotDecodeAsItIs) {
    start();
    const std::string body = "not snappy at all";
    const auto exchange = exchange_of(1, head_of(body.size()), body, 204);
    const auto outcome = prw({"replay", capture({exchange}), base_url()});
    EXPECT_THAT(outcome.out, HasSubstr("FIXED")) << "refused, as it should be: " << outcome.out;
    EXPECT_EQ(received()->raw_body, body);
    const auto shifted = prw({"replay", capture({exchange}), base_url(), "--rebase", "1000"});
    EXPECT_THAT(shifted.out, HasSubstr("#1 not a snappy block with a message of Remote Write: sent as it is"));
}

TEST_F(Replay, LeavesOutWhatIsNoWholeWriteRequest) {
    start();
    auto probe = exchange_of(1, "GET /api/v1/write HTTP/1.1\r\nHost: a\r\n\r\n", "", 405);
    auto cut = simple_exchange(2, true, 0);
    cut.read_status = proto::ReadStatus::kClosedInBody;
    const auto outcome = prw({"replay", capture({probe, cut}), base_url()});
    EXPECT_EQ(outcome.code, kInconclusive);
    EXPECT_THAT(outcome.out, AllOf(HasSubstr("2 not sent"), HasSubstr("NOTHING SENT")));
    EXPECT_EQ(receiver_->count(), 0U);
}

TEST_F(Replay, SaysSoWhenNothingAnswers) {
    start("stall");
    std::vector<exchange::Exchange> many;
    for (std::uint64_t id = 1; id <= 20; ++id) many.push_back(simple_exchange(id, true, 204));
    const auto path = capture(many);
    const auto stalled = prw({"replay", path, base_url(), "--timeout", "100ms"});
    EXPECT_EQ(stalled.code, kInconclusive) << stalled.out;
    EXPECT_THAT(stalled.out, AllOf(HasSubstr("NO ANSWER"), HasSubstr("exit 4"), Not(HasSubstr("#4 "))))
        << "three in a row are enough";
    const auto address = receiver_->address();
    receiver_->stop();
    const auto refused = prw({"replay", path, "http://" + address});
    EXPECT_EQ(refused.code, kInconclusive) << refused.out;
    EXPECT_THAT(refused.out, AllOf(HasSubstr("NO ANSWER"), HasSubstr(address)));
}

TEST_F(Replay, OfManyExchangesShowsSomeAndCountsAll) {
    start();
    std::vector<exchange::Exchange> many;
    for (std::uint64_t id = 1; id <= 400; ++id) many.push_back(simple_exchange(id, id % 2 == 0, 204));
    const auto path = capture(many);
    const auto outcome = prw({"replay", path, base_url()});
    EXPECT_EQ(outcome.code, 0) << outcome.out << outcome.err;
    EXPECT_THAT(outcome.out, AllOf(HasSubstr("… and 360 more"), HasSubstr("200 × 204 → 204"),
                                   HasSubstr("200 × 204 → 400"), HasSubstr("FIXED: 400 of 400 answers")));
    EXPECT_LT(std::count(outcome.out.begin(), outcome.out.end(), '\n'), 60);
}

TEST_F(Replay, PacesWhereAskedTo) {
    start();
    const auto path = capture({simple_exchange(1, true, 204), simple_exchange(5, true, 204)});  // 40 ms apart
    const auto took = [&](std::vector<std::string> flags) {
        flags.insert(flags.begin(), {"replay", path, base_url()});
        const auto begun = std::chrono::steady_clock::now();
        const auto outcome = prw(flags);
        EXPECT_EQ(outcome.code, 0) << outcome.out << outcome.err;
        return std::chrono::steady_clock::now() - begun;
    };
    EXPECT_GE(took({"--gap", "60ms"}), std::chrono::milliseconds(60));
    EXPECT_GE(took({"--speed", "1x"}), std::chrono::milliseconds(40));
    EXPECT_GE(took({"--speed", "0.5x"}), std::chrono::milliseconds(80));
}

TEST_F(Replay, RefusesWhatItCannotUse) {
    const auto path = capture({simple_exchange(1, true, 204)});
    const auto empty = capture({}, "empty.prwcap");
    write_file(dir_.file("text"), std::string(500, 'x'));
    const std::string url = "http://127.0.0.1:9/";
    struct Row {
        std::vector<std::string> arguments;
        const char* says;
    };
    const Row rows[] = {
        {{path}, "give a URL to send to, --judge, or --emit gtest"},
        {{path, url, "--judge"}, "only one of"},
        {{path, "ftp://x/"}, "ftp"},
        {{path, "nonsense"}, "nonsense"},
        {{path, "http://user:s3cret@x/"}, "give them with --header"},
        {{path, url, "--rebase", "later"}, "--rebase is now, clock, or a number"},
        {{path, url, "--rebase", "now", "--as-recorded"}, "either --as-recorded or --rebase"},
        {{path, url, "--speed", "fast"}, "--speed is max, or a factor"},
        {{path, url, "--speed", "0x"}, "--speed is max, or a factor"},
        {{path, url, "--speed", "nanx"}, "--speed is max, or a factor"},
        {{path, url, "--gap", "5"}, "--gap"},
        {{path, url, "--gap", "5ms", "--speed", "1x"}, "either --gap or --speed"},
        {{path, url, "--timeout", "0"}, "--timeout must be more than 0"},
        {{path, url, "--header", "nonsense"}, "--header is 'NAME: VALUE'"},
        {{path, url, "--header", "a b: c"}, "not an HTTP token"},
        {{path, url, "--header", "Host: c"}, "follows from the request"},
        {{path, url, "--header", "A: b\r\nC: d"}, "control characters"},
        {{path, "--judge"}, "an ordinary capture, not the capsule of a check"},
        {{path, "--emit", "gtest"}, "there is no finding to expect"},
        {{path, "--emit", "curl"}, "--emit"},
        {{dir_.file("missing"), url}, "no such file"},
        {{dir_.file("text"), url}, "not a capture"},
        {{dir_.file("text"), "--judge"}, "not a capture"},
        {{empty, url}, "holds no exchange"},
        {{}, "file is required"},
    };
    for (const auto& row : rows) {
        auto arguments = row.arguments;
        arguments.insert(arguments.begin(), "replay");
        const auto outcome = prw(arguments);
        EXPECT_EQ(outcome.code, kUsage) << ::testing::PrintToString(row.arguments);
        EXPECT_THAT(outcome.err, AllOf(HasSubstr(row.says), Not(HasSubstr("s3cret")))) << outcome.out;
        EXPECT_EQ(outcome.out, "") << ::testing::PrintToString(row.arguments);
    }
}

TEST_F(Replay, JudgesACapsuleAgain) {
    const auto path = dir_.file("capsule.prwcap");
    ASSERT_TRUE(write_unsorted_capsule(path));
    const auto failing = prw({"replay", path, "--judge"});
    EXPECT_EQ(failing.code, 1) << failing.err;
    EXPECT_THAT(failing.out, AllOf(HasSubstr("STILL FAILING: sender/labels/sorted was fail, is fail"),
                                   HasSubstr("labels/sorted"), HasSubstr("#2"), HasSubstr("exit 1")));
    const auto retried = dir_.file("retry.prwcap");
    ASSERT_TRUE(write_retry_capsule(retried));
    const auto behaviour = prw({"replay", retried, "--judge"});
    EXPECT_EQ(behaviour.code, 1) << behaviour.out << behaviour.err;
    EXPECT_THAT(behaviour.out, HasSubstr("STILL FAILING: sender/retry/not-on-4xx was fail, is fail"));

    const auto fixed = dir_.file("fixed.prwcap");
    ASSERT_TRUE(write_capture(fixed, {simple_exchange(2, true, 204)}, capsule_of("sender/labels/sorted", "steady")));
    const auto good = prw({"replay", fixed, "--judge"});
    EXPECT_EQ(good.code, 0) << good.err;
    EXPECT_THAT(good.out, HasSubstr("FIXED: sender/labels/sorted was fail, is pass"));

    const auto changed = dir_.file("changed.prwcap");
    ASSERT_TRUE(
        write_capture(changed, {simple_exchange(2, true, 204)}, capsule_of("sender/retry/on-5xx", "5xx-then-success")));
    const auto open = prw({"replay", changed, "--judge"});
    EXPECT_EQ(open.code, kInconclusive) << open.out;
    EXPECT_THAT(open.out, HasSubstr("CHANGED: sender/retry/on-5xx was fail, is inconclusive"));
}

TEST_F(Replay, EmitsACaseForEachRequestThatShowsIt) {
    const auto path = dir_.file("capsule.prwcap");
    ASSERT_TRUE(write_unsorted_capsule(path));
    const auto outcome = prw({"replay", path, "--emit", "gtest"});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_THAT(outcome.out,
                AllOf(HasSubstr("TEST(SenderLabelsSorted, Exchange2) {"), HasSubstr("#include <prw/rules/check.h>"),
                      HasSubstr("\"labels/sorted\""), HasSubstr("timeseries[0]"), HasSubstr("Severity::kFail"),
                      HasSubstr("options.now_ms = 1760000000020;"), Not(HasSubstr("??"))));
    const auto mixed = capture({simple_exchange(1, false, 204), simple_exchange(2, false, 204)});
    EXPECT_EQ(prw({"replay", mixed, "--emit", "gtest"}).code, kUsage) << "which one?";
    const auto one = prw({"replay", mixed, "--emit", "gtest", "--exchange", "2"});
    EXPECT_THAT(one.out, AllOf(HasSubstr("TEST(Capture, Exchange2)"), Not(HasSubstr("Exchange1"))));
}

TEST_F(Replay, EmitsNoHugeCase) {
    const std::string body(kMaxEmittedBytes + 1, 'x');
    const auto outcome = prw({"replay", capture({exchange_of(1, head_of(body.size()), body, 204)}), "--emit", "gtest"});
    EXPECT_EQ(outcome.code, kUsage);
    EXPECT_THAT(outcome.err, HasSubstr("larger than a test case may be, 1048576 bytes"));
}

TEST_F(Replay, InspectShowsTheCheckOfACapsuleOnTop) {
    const auto path = dir_.file("capsule.prwcap");
    ASSERT_TRUE(write_unsorted_capsule(path));
    const auto text = prw({"inspect", path});
    EXPECT_EQ(text.code, 1) << text.err;
    EXPECT_THAT(text.out, AllOf(HasSubstr("capsule  sender/labels/sorted  fail  MUST  Remote Write 1.0\n"),
                                HasSubstr("Sort the labels."), HasSubstr("5 further requests"),
                                HasSubstr("shows the failure"), HasSubstr("prw replay " + path + " --judge")));
    const auto json = prw({"inspect", path, "--json"});
    EXPECT_THAT(json.out, AllOf(HasSubstr("\"check\""), HasSubstr("\"id\": \"sender/labels/sorted\"")));
    const auto retried = dir_.file("retry.prwcap");
    ASSERT_TRUE(write_retry_capsule(retried));
    EXPECT_THAT(prw({"inspect", retried}).out, HasSubstr("(scripted)  shows the failure"));
}

TEST(ReplayRequest, KeepsChunkedFraming) {
    auto exchange = simple_exchange(1, true, 204);
    exchange.raw_head =
        "POST /w HTTP/1.1\r\nHost: a\r\nContent-Encoding: snappy\r\nContent-Type: "
        "application/x-protobuf\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n";
    char size[20];
    const auto end = std::snprintf(size, sizeof size, "%zx", exchange.raw_body.size());
    const auto payload = exchange.raw_body;
    exchange.raw_body = std::string(size, static_cast<std::size_t>(end)) + ";x=y\r\n" + payload + "\r\n0\r\n\r\n";
    exchange.chunked = true;
    const auto url = http::parse_url("http://127.0.0.1:1");
    ASSERT_TRUE(url);
    const auto plain = make_replay_request(exchange, {.url = *url});
    EXPECT_EQ(plain.body, exchange.raw_body) << "to the byte";
    EXPECT_EQ(plain.payload, payload);
    EXPECT_THAT(plain.head, AllOf(HasSubstr("Transfer-Encoding: chunked"), Not(HasSubstr("Expect"))));
    const auto moved = make_replay_request(exchange, {.url = *url, .shift_ms = 1});
    const auto body = proto::dechunk(moved.body);
    ASSERT_TRUE(body) << body.error().text();
    EXPECT_EQ(*body, moved.payload);
    EXPECT_NE(*body, payload);
}

TEST(ReplayRequest, LeavesWhatWasWrongInTheHeadAsItWas) {
    auto exchange = simple_exchange(1, true, 204);
    const auto url = http::parse_url("http://127.0.0.1:1/x");
    ASSERT_TRUE(url);
    exchange.raw_head = "POST  /w HTTP/1.1\r\nno colon\r\n\r\n";
    EXPECT_EQ(make_replay_request(exchange, {.url = *url}).head, exchange.raw_head);
    exchange.raw_head = "POST /w HTTP/1.0\nHost: a\ncontent-length: 7\nContent-Type: x;;\nX-A:\nx-a: 1\n\n";
    EXPECT_EQ(make_replay_request(exchange, {.url = *url, .shift_ms = 1}).head,
              "POST /x HTTP/1.0\nHost: 127.0.0.1:1\ncontent-length: 7\nContent-Type: x;;\nX-A:\nx-a: 1\n\n");
}

/// What fourteen real programs sent, moved by 400 days: the rules find the same as before, in the same places.
TEST(ReplayRequest, IsJudgedLikeTheCapturedOne) {
    constexpr std::int64_t kShift = 400LL * 86'400'000;
    const auto url = http::parse_url("http://127.0.0.1:1");
    ASSERT_TRUE(url);
    for (const auto& fixture : all_fixtures()) {
        exchange::Exchange exchange;
        exchange.raw_head = fixture.head;
        exchange.raw_body = fixture.body;
        rules::CheckOptions options;
        options.now_ms = 1'795'000'000'000;
        exchange.check = rules::check(fixture.head, fixture.body, options);
        const auto request = make_replay_request(exchange, {.url = *url, .shift_ms = kShift});
        EXPECT_EQ(request.note, "") << fixture.name;
        const bool timeless = exchange.check.samples + exchange.check.histograms + exchange.check.exemplars == 0;
        EXPECT_EQ(request.shifted, !timeless) << fixture.name;
        options.now_ms += kShift;
        const auto after = rules::check(request.head, request.payload, options);
        EXPECT_EQ(after.status, exchange.check.status) << fixture.name;
        std::multiset<std::string> was, is;
        for (const auto& f : exchange.check.findings) was.insert(f.rule + " " + f.field + " " + f.series);
        for (const auto& f : after.findings) is.insert(f.rule + " " + f.field + " " + f.series);
        EXPECT_EQ(was, is) << fixture.name;
    }
}

TEST(ReadAnswer, HoldsWrittenHeadersAgainstWhatWasSent) {
    rules::CheckResult sent;
    sent.kind = rules::RequestKind::kWriteV2;
    sent.decoded = true;
    sent.samples = 3;
    sent.exemplars = 1;
    const proto::HeaderFields full = {{"x-prometheus-remote-write-samples-written", "3"},
                                      {"X-Prometheus-Remote-Write-Histograms-Written", "0"},
                                      {"X-Prometheus-Remote-Write-Exemplars-Written", "1"}};
    EXPECT_EQ(read_answer(204, full, sent).confirms, true);
    EXPECT_TRUE(as_wanted(read_answer(204, full, sent), sent));
    EXPECT_EQ(read_answer(204, {full[0], full[2]}, sent).confirms, true) << "no histogram was sent";
    const auto none = read_answer(204, {}, sent);
    EXPECT_EQ(none.confirms, false);
    EXPECT_EQ(none.written, "(no Samples-Written header for 3, no Exemplars-Written header for 1)");
    EXPECT_FALSE(as_wanted(none, sent));
    const auto partial = read_answer(204, {{"X-Prometheus-Remote-Write-Samples-Written", "2"}, full[2]}, sent);
    EXPECT_EQ(partial.written, "(Samples-Written 2 for 3)");
    EXPECT_FALSE(read_answer(400, {}, sent).confirms.has_value()) << "a refusal confirms nothing";
    sent.kind = rules::RequestKind::kWriteV1;
    EXPECT_FALSE(read_answer(204, {}, sent).confirms.has_value());
}

TEST(EmitGtest, WritesLiteralsThatReadBackToTheSameBytes) {
    std::string all;
    for (int i = 0; i < 256; ++i) all += static_cast<char>(i) + std::string("7?");
    const auto text = string_literal(all, "");
    std::string back;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '"' || text[i] == '\n') continue;
        if (text[i] != '\\') {
            back += text[i];
            continue;
        }
        const char c = text[++i];
        if (c == 'n' || c == 'r') {
            back += c == 'n' ? '\n' : '\r';
        } else if (c >= '0' && c <= '7') {
            back += static_cast<char>(std::stoi(text.substr(i, 3), nullptr, 8));
            i += 2;
        } else {
            back += c;
        }
    }
    EXPECT_EQ(hex(back), hex(all));
    EXPECT_EQ(string_literal("", ""), "\"\"\n");
    EXPECT_EQ(camel_case("sender/retry/on-5xx"), "SenderRetryOn5xx");
}

}  // namespace
}  // namespace prw::cli
