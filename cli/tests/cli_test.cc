#include <algorithm>
#include <filesystem>
#include <regex>
#include <set>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "in_process.h"
#include "prw/exchange/capture.h"
#include "prw/proto/clauses.h"
#include "prw/proto/model.h"
#include "prw/proto/snappy_block.h"
#include "prw/receiver/mutants.h"
#include "prw/receiver_suite/receiver_suite.h"
#include "prw/rules/text.h"
#include "prw/sender_suite/sender_suite.h"
#include "support.h"

namespace prw::cli {
namespace {

using nlohmann::json;
using prw::testing::fixture;
using prw::testing::golden;
using prw::testing::TempDir;
using prw::testing::write_file;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

using testing_support::Outcome;

Outcome prw(std::vector<std::string> arguments, const std::string& input = {}) {
    return testing_support::run_prw(std::move(arguments), input);
}

TEST(Cli, UsageErrorsAreExitCodeTwo) {
    const std::vector<std::vector<std::string>> rows = {
        {},
        {"nonsense"},
        {"inspect"},
        {"inspect", "--no-such-flag", "x"},
        {"list", "nonsense"},
        {"explain"},
        {"inspect", "x", "--protobuf-message", "3.0"},
    };
    for (const auto& row : rows) {
        const auto outcome = prw(row);
        EXPECT_EQ(outcome.code, kUsage) << ::testing::PrintToString(row);
        EXPECT_NE(outcome.err, "") << ::testing::PrintToString(row);
        EXPECT_EQ(outcome.out, "") << ::testing::PrintToString(row);
    }
}

TEST(Cli, SaysWhatWasMeantByAMistypedCommandOrFlag) {
    const std::vector<std::pair<std::vector<std::string>, std::string>> rows = {
        {{"recieve"}, "prw: there is no command \"recieve\"; did you mean receive?\nprw has receive, send, test, "},
        {{"test", "reciever"},
         "prw test: there is no command \"reciever\"; did you mean receiver?\nprw test has sender, receiver\n"},
        {{"test", "sendr", "--", "x"}, "prw test: there is no command \"sendr\"; did you mean sender?\n"},
        {{"init", "receiver"}, "prw init: there is no command \"receiver\"\nprw init has sender\n"},
        {{"inspect", "x", "--protobuf-mesage", "1.0"},
         "prw inspect: there is no flag --protobuf-mesage; did you mean --protobuf-message?\nprw inspect --help "},
        {{"inspect", "x", "--protobuf-mesage=1.0"}, "did you mean --protobuf-message?"},
        {{"inspect", "--jsn"}, "prw inspect: there is no flag --jsn; did you mean --json?"},
        {{"test", "sender", "--protobuf-mesage", "2.0", "--", "x"}, "did you mean --protobuf-message?"},
        {{"inspect", "x", "--quite-another-thing"},
         "there is no flag --quite-another-thing\nprw inspect --help shows all\n"},
        {{"recei\x1b[31mve"}, "there is no command \"recei\\x1b[31mve\""},
    };
    for (const auto& [arguments, says] : rows) {
        const auto outcome = prw(arguments);
        EXPECT_EQ(outcome.code, kUsage) << outcome.err;
        EXPECT_THAT(outcome.err, HasSubstr(says));
        EXPECT_EQ(outcome.out, "");
    }
    // What is missing is still said as such.
    EXPECT_THAT(prw({}).err, HasSubstr("A subcommand is required"));
    EXPECT_THAT(prw({"inspect"}).err, HasSubstr("file is required"));
    EXPECT_THAT(prw({"test", "receiver"}).err, HasSubstr("url is required"));
}

TEST(Cli, EveryCommandHasHelpWithExamples) {
    for (const char* command : {"receive", "send", "inspect", "replay", "test sender", "init sender", "report", "list",
                                "explain", "self-test"}) {
        std::vector<std::string> arguments;
        std::istringstream words(command);
        for (std::string word; words >> word;) arguments.push_back(word);
        arguments.emplace_back("--help");
        const auto outcome = prw(arguments);
        EXPECT_EQ(outcome.code, kConforms) << command;
        EXPECT_THAT(outcome.out, HasSubstr("Examples:")) << command;
        EXPECT_THAT(outcome.out, HasSubstr("prw " + std::string(command))) << command;
    }
}

TEST(Cli, ReportAnswersForOneCheckWithItsExitCode) {
    const std::string file = prw::testing::source_dir().string() + "/conformance/report/tests/golden/results.json";
    struct Row {
        std::vector<std::string> arguments;
        int code;
        const char* says;
    };
    for (const auto& row : std::vector<Row>{
             {{"--check", "sender/labels/sorted", "--protobuf-message", "1.0"}, 1, "480 of 480 series out of order"},
             {{"--check", "sender/labels/sorted", "--protobuf-message", "2.0"}, 0, "2.0  MUST  pass\n"},
             {{"--check", "sender/labels/sorted"}, 1, "2.0  MUST  pass"},
             {{"--check", "sender/headers/user-agent-version"}, 0, "1.0  SHOULD  warn\n"},
             {{"--check", "sender/headers/user-agent-version", "--fail-on", "should"}, 3, "1.0  SHOULD  warn\n"},
             {{"--check", "sender/labels/sorted", "--protobuf-message", "1.0"},
              1,
              "golden/capsules/sender--labels--sorted-1.0.prwcap\n"},
             {{"--format", "github"},
              1,
              "::error file=my-agent.yaml,line=1,title=prw%3A sender/labels/sorted (1.0%2C MUST)::"},
             {{"--format", "ndjson"}, 1, "{\"type\":\"check\",\"id\":\"sender/labels/sorted\""},
             {{"--format", "jso"}, 2, "did you mean \"json\"?"},
             {{"--check", "sender/exemplars/value"}, 4, "no exemplar was ever sent"},
             {{"--check", "sender/exemplars/value", "--skip-inconclusive"}, 77, "no exemplar was ever sent"},
             {{"--check", "sender/retry/on-5xx"}, 4, "exited with 1"},
             {{"--check", "sender/stale/marker"}, 77, "the profile says input: none"},
             {{"--check", "sender/labels/sorted", "--protobuf-message", "2.0", "--fail-on", "none"},
              0,
              "2.0  MUST  pass\n"},
             {{"--check", "sender/samples/order-within-request"}, 77, "was not judged"},
             {{"--check", "sender/labels/sortet"}, 2, "did you mean sender/labels/sorted?"},
             {{"--check", "sender/labels/sorted", "--protobuf-message", "3"}, 2, "1.0 or 2.0"},
             {{"--format", "jnit"}, 2, "did you mean \"junit\"?"},
             {{"--compare"}, 2, "takes two results files"},
             {{"--format", "tap"}, 1, "TAP version 13"},
             {{}, 1, "FAIL   my-agent"},
             {{"--fail-on", "none"}, 0, "FAIL   my-agent"}}) {
        std::vector<std::string> arguments = {"report", file};
        arguments.insert(arguments.end(), row.arguments.begin(), row.arguments.end());
        const auto outcome = prw(arguments);
        EXPECT_EQ(outcome.code, row.code) << ::testing::PrintToString(row.arguments) << outcome.err;
        EXPECT_THAT(outcome.out + outcome.err, HasSubstr(row.says));
    }
    EXPECT_EQ(prw({"report", "/nowhere/results.json"}).code, kUsage);
    EXPECT_EQ(prw({"report", "--compare", file, file}).code, kConforms);
}

TEST(Cli, ReportNamesFilesThatCanBePastedFromHere) {
    const TempDir dir;
    const auto golden = prw::testing::source_dir() / "conformance/report/tests/golden/results.json";
    std::filesystem::create_directories(dir.path() / "out put");
    std::filesystem::copy_file(golden, dir.path() / "out put/results.json");
    const auto whole = dir.path().string() + "/out put";
    for (const auto& arguments : {std::vector<std::string>{"report", whole},
                                  {"report", whole + "/results.json"},
                                  {"report", whole, "--check", "sender/labels/sorted"}})
        EXPECT_THAT(prw(arguments).out,
                    HasSubstr("prw inspect '" + whole + "/capsules/sender--labels--sorted-1.0.prwcap'\n"));
    // Relative as typed, relative as shown.
    const auto here = std::filesystem::current_path();
    const auto relative = std::filesystem::path(whole).lexically_relative(here).string();
    EXPECT_THAT(prw({"report", relative}).out,
                HasSubstr("prw inspect '" + relative + "/capsules/sender--labels--sorted-1.0.prwcap'\n"));
    // A page elsewhere finds them as well.
    ASSERT_EQ(prw({"report", relative, "--report", "json=" + dir.file("else/where/x.json")}).code, 1);
    EXPECT_THAT(prw::testing::read_file(dir.file("else/where/x.json")),
                HasSubstr("\"capsule\": \"../../out put/capsules/sender--labels--sorted-1.0.prwcap\""));
}

TEST(Cli, FileThatIsNoResultsIsRefusedInWords) {
    const TempDir dir;
    write_file(dir.file("page.html"), "<html>");
    const auto outcome = prw({"report", dir.file("page.html")});
    EXPECT_EQ(outcome.code, kUsage);
    EXPECT_THAT(outcome.err, HasSubstr("page.html: not a results.json of prw: it is no JSON"));
    EXPECT_THAT(outcome.err, Not(HasSubstr("exception")));
}

/// Takes nothing, as a full disk does.
class Full : public std::streambuf {
    int_type overflow(int_type) override { return traits_type::eof(); }
    int sync() override { return -1; }
};

TEST(Cli, OutputThatCannotBeWrittenIsFive) {
    const std::string file = prw::testing::source_dir().string() + "/conformance/report/tests/golden/results.json";
    for (const auto& arguments : std::vector<std::vector<const char*>>{{"prw", "list", "checks"},
                                                                       {"prw", "--help"},
                                                                       {"prw", "--version"},
                                                                       {"prw", "explain", "labels/sorted"},
                                                                       {"prw", "test", "sender", "--list"},
                                                                       {"prw", "report", file.c_str()},
                                                                       {"prw", "init", "sender", "-o", "-"}}) {
        std::istringstream in;
        std::ostringstream err;
        Full nowhere;
        std::ostream out(&nowhere);
        Io io{in, out, err, false, 80};
        EXPECT_EQ(run(static_cast<int>(arguments.size()), arguments.data(), io), kInternalError) << arguments[1];
        EXPECT_THAT(err.str(), HasSubstr("cannot write to the standard output")) << arguments[1];
    }
}

TEST(List, ChecksSayUnderWhichMessagesTheyAreJudged) {
    struct Row {
        std::vector<std::string> arguments;
        const char *id, *messages;  ///< nullptr: not listed
    };
    for (const auto& row : std::vector<Row>{
             {{"list", "checks", "--json"}, "sender/labels/sorted", "1.0 2.0"},
             {{"list", "checks", "--json"}, "sender/symbols/first-empty", "2.0"},
             {{"list", "checks", "--json"}, "sender/written/missing-means-415", "2.0"},
             {{"test", "sender", "--list", "--json", "--", "true"}, "sender/labels/sorted", "1.0"},
             {{"test", "sender", "--list", "--json", "--", "true"}, "sender/written/missing-means-415", nullptr},
             {{"test", "sender", "--list", "--json", "--protobuf-message", "2.0", "--", "true"},
              "sender/labels/sorted",
              "2.0"},
             {{"test", "sender", "--list", "--json", "--scenario", "4xx", "--", "true"},
              "sender/connection/reuse",
              nullptr}}) {
        const auto array = nlohmann::json::parse(prw(row.arguments).out);
        const auto found =
            std::find_if(array.begin(), array.end(), [&](const auto& c) { return c.at("id") == row.id; });
        ASSERT_EQ(found != array.end(), row.messages != nullptr) << row.id;
        if (row.messages == nullptr) continue;
        std::string messages;
        for (const auto& message : found->at("protobuf_messages"))
            messages += (messages.empty() ? "" : " ") + message.template get<std::string>();
        EXPECT_EQ(messages, row.messages) << row.id;
    }
}

TEST(SelfTest, ListsWhatItWouldRun) {
    const auto outcome = prw({"self-test", "--list", "--run", "labels/unsorted", "--protobuf-message", "2.0"});
    EXPECT_EQ(outcome.code, kConforms) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("labels/unsorted\n"));
    EXPECT_THAT(outcome.out, HasSubstr("killed by sender/labels/sorted\n    in steady (2.0)\n"));
    EXPECT_THAT(outcome.out, ::testing::EndsWith("2 runs\n"));  // and the reference
}

TEST(SelfTest, RefusesWhatFitsNothing) {
    for (const auto& row : std::vector<std::vector<std::string>>{
             {"--run", "labels/unsortd"}, {"--protobuf-message", "3.0"}, {"--timeout", "soon"}, {"-j", "0"}}) {
        auto arguments = row;
        arguments.insert(arguments.begin(), "self-test");
        const auto outcome = prw(arguments);
        EXPECT_EQ(outcome.code, kUsage) << ::testing::PrintToString(row);
        EXPECT_NE(outcome.err, "");
        EXPECT_EQ(outcome.out, "");
    }
}

TEST(Cli, SaysItsVersion) {
    const auto outcome = prw({"--version"});
    EXPECT_EQ(outcome.code, kConforms);
    EXPECT_THAT(outcome.out, StartsWith("prw "));
}

// inspect

const std::filesystem::path kGolden = prw::testing::source_dir() / "cli/tests/golden";

std::string raw_path(const char* name) {
    return (prw::testing::source_dir() / "tests/captures" / (std::string(name) + ".http")).string();
}

TEST(Inspect, RealRequestsReadAsTheyStand) {
    struct Row {
        const char* request;
        int code;
    };
    for (const auto& [request, code] : {Row{"prometheus-2.42-1.0/001", 0}, Row{"tenzir-6.20-2.0/000", 0},
                                        Row{"kube-eventer-1.3-1.0/001", 1}, Row{"prometheus-3.14-2.0/001", 0}}) {
        const auto outcome = prw({"inspect", raw_path(request)});
        EXPECT_EQ(outcome.code, code) << request << outcome.err;
        std::string name(request);
        name.replace(name.find('/'), 1, "-");
        EXPECT_EQ(outcome.out, golden(kGolden / ("inspect-" + name + ".txt"), outcome.out)) << request;
    }
}

TEST(Inspect, TakesStandardInputAndSaysTheSame) {
    const auto path = raw_path("kube-eventer-1.3-1.0/001");
    const auto from_file = prw({"inspect", path});
    const auto from_stdin = prw({"inspect", "-"}, prw::testing::read_file(path));
    EXPECT_EQ(from_file.out, from_stdin.out);
    EXPECT_EQ(from_file.code, from_stdin.code);
}

TEST(Inspect, JsonHasTheFindings) {
    const auto outcome = prw({"inspect", "--json", raw_path("kube-eventer-1.3-1.0/001")});
    const auto parsed = json::parse(outcome.out);
    EXPECT_EQ(parsed.at("protobuf_message"), "1.0");
    EXPECT_EQ(parsed.at("head").at("method"), "POST");
    std::vector<std::string> rules;
    for (const auto& finding : parsed.at("findings")) rules.push_back(finding.at("rule"));
    EXPECT_THAT(rules, ::testing::Contains("labels/sorted"));
    EXPECT_EQ(outcome.code, kNonConforming);
}

TEST(Inspect, FindsOutWhatABodyIs) {
    proto::WriteRequest request;
    request.series.push_back({{{"__name__", "up"}}, {{proto::to_bits(1.0), 1760000000000, 0}}, {}, {}, {}});
    for (const auto message : {proto::ProtobufMessage::kV1, proto::ProtobufMessage::kV2}) {
        const auto bytes = proto::encode(request, message);
        for (const auto& input : {bytes, proto::compress_snappy(bytes)}) {
            const auto outcome = prw({"inspect", "-"}, input);
            EXPECT_THAT(outcome.out, HasSubstr(std::string(proto::full_name(message)) + "  1 series, 1 samples"));
            EXPECT_THAT(outcome.out, HasSubstr("up\n    1  @ 2025-10-09T08:53:20.000Z"));
        }
    }
}

TEST(Inspect, UndoesChunkedFraming) {
    const auto request = fixture("tenzir-6.20-1.0/000");
    const std::string head =
        "POST /x HTTP/1.1\r\nContent-Type: application/x-protobuf\r\nContent-Encoding: snappy\r\nTransfer-Encoding: "
        "chunked\r\n\r\n";
    char size[16];
    std::snprintf(size, sizeof size, "%zx\r\n", request.body.size());
    const auto outcome = prw({"inspect", "-"}, head + size + request.body + "\r\n0\r\n\r\n");
    EXPECT_THAT(outcome.out, HasSubstr("prometheus.WriteRequest  1 series"));
    const auto broken = prw({"inspect", "-"}, head + "zz\r\n");
    EXPECT_EQ(broken.code, kNonConforming);
    EXPECT_THAT(broken.err, HasSubstr("the chunked body: chunk size is not a hexadecimal number"));
}

TEST(Inspect, NamesWhatItCannotRead) {
    const TempDir dir;
    write_file(dir.file("empty"), "");
    write_file(dir.file("framed"), prw::testing::unhex("ff 06 00 00 73 4e 61 50 70 59"));
    write_file(dir.file("bomb"), prw::testing::unhex("ff ff ff ff 0f") + "hello");
    struct Row {
        std::vector<std::string> arguments;
        int code;
        const char* text;
    };
    const Row rows[] = {
        {{"inspect", dir.file("missing")}, kUsage, "missing: cannot open (No such file or directory)"},
        {{"inspect", dir.file("empty")}, kNonConforming, ": not a valid snappy block: "},
        {{"inspect", dir.file("framed")}, kNonConforming, "snappy framed format"},
        {{"inspect", dir.file("bomb")}, kNonConforming, "4294967295"},
        {{"inspect", "--as", "capture", dir.file("framed")}, kUsage, "not a capture"},
    };
    for (const auto& row : rows) {
        const auto outcome = prw(row.arguments);
        EXPECT_EQ(outcome.code, row.code) << outcome.err;
        EXPECT_THAT(outcome.err, HasSubstr(row.text));
        EXPECT_THAT(outcome.err, StartsWith("prw inspect: "));
    }
}

TEST(Inspect, SaysThatAMessageOverTheLimitWasNotJudged) {
    const TempDir dir;
    const auto request = fixture("prometheus-2.42-1.0/001");
    write_file(dir.file("request"), request.head + request.body);
    write_file(dir.file("body"), request.body);
    const auto whole = prw({"inspect", dir.file("request"), "--max-uncompressed", "64"});
    EXPECT_EQ(whole.code, kInconclusive) << whole.out;
    EXPECT_THAT(whole.out, HasSubstr("\nnot judged  the message is over a limit"));
    EXPECT_THAT(whole.out, HasSubstr("compression/decoded-size"));
    const auto as_json = json::parse(prw({"inspect", "--json", dir.file("request"), "--max-uncompressed", "64"}).out);
    EXPECT_EQ(as_json.at("judged"), false);
    EXPECT_EQ(json::parse(prw({"inspect", "--json", dir.file("request")}).out).at("judged"), true);
    const auto body = prw({"inspect", dir.file("body"), "--max-uncompressed", "64"});
    EXPECT_EQ(body.code, kInconclusive);
    EXPECT_THAT(body.err, HasSubstr("not judged: too large: the body claims "));
    // A fault that shows all the same is one.
    auto head = request.head;
    head.replace(head.find("POST"), 4, "PUT");
    write_file(dir.file("put"), head + request.body);
    EXPECT_EQ(prw({"inspect", dir.file("put"), "--max-uncompressed", "64"}).code, kNonConforming);
}

TEST(Inspect, FramesTheBodyAsAReceiverDoes) {
    const auto trial = (prw::testing::source_dir() / "tests/trials/no-length.http").string();
    const auto outcome = prw({"inspect", trial});
    EXPECT_EQ(outcome.code, kNonConforming);
    EXPECT_THAT(outcome.out, HasSubstr("\nfindings  1 kind\n"));
    EXPECT_THAT(outcome.out, HasSubstr("No length is announced"));
    // Too short a length: the block is judged whole, and the length alone is blamed.
    auto request = fixture("prometheus-2.42-1.0/001");
    const auto at = request.head.find("Content-Length: ") + 16;
    request.head.replace(at, request.head.find('\r', at) - at, "10");
    const auto shortened = prw({"inspect", "-"}, request.head + request.body);
    EXPECT_THAT(shortened.out, HasSubstr("headers/content-length"));
    EXPECT_THAT(shortened.out, ::testing::Not(HasSubstr("compression/")));
}

TEST(Inspect, NamesAnHttp2Preface) {
    const auto outcome = prw({"inspect", "-"}, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + std::string(9, '\0'));
    EXPECT_EQ(outcome.code, kNonConforming);
    EXPECT_THAT(outcome.out, HasSubstr("findings  1 kind\n"));
    EXPECT_THAT(outcome.out, HasSubstr("an HTTP/2 preface"));
}

exchange::Exchange exchange_of(std::uint64_t id, const std::string& head, const std::string& body) {
    exchange::Exchange e;
    e.id = id;
    e.raw_head = head;
    e.raw_body = body;
    e.peer = "127.0.0.1:4711";
    e.received_unix_ms = 1763800000000;
    e.status = 204;
    e.response_sent = true;
    return e;
}

std::string write_capture(const TempDir& dir, const std::vector<exchange::Exchange>& exchanges) {
    const auto path = dir.file("a.prwcap");
    auto writer = exchange::CaptureWriter::open(path);
    EXPECT_TRUE(writer) << writer.error().text();
    for (const auto& e : exchanges) EXPECT_TRUE((*writer)->append(e));
    EXPECT_TRUE((*writer)->close());
    return path;
}

/// Requests of these senders, as #1, #2, …
std::string capture_of(const TempDir& dir, const std::vector<const char*>& names, std::int64_t gap_ms = 1000) {
    std::vector<exchange::Exchange> exchanges;
    for (const char* name : names) {
        const auto request = fixture(name);
        const auto gap = gap_ms * static_cast<std::int64_t>(exchanges.size());
        exchanges.push_back(exchange_of(exchanges.size() + 1, request.head, request.body));
        exchanges.back().received_unix_ms += gap;
    }
    return write_capture(dir, exchanges);
}

const std::vector<const char*> kFour = {"tenzir-6.20-1.0/000", "kube-eventer-1.3-1.0/001", "prometheus-3.14-2.0/001",
                                        "kube-eventer-1.3-1.0/002"};

TEST(Inspect, ReadsCapturesWithEveryExchange) {
    const TempDir dir;
    const auto path = capture_of(dir, {"tenzir-6.20-1.0/000", "kube-eventer-1.3-1.0/001"}, 0);
    const auto text = prw({"inspect", path});
    EXPECT_THAT(text.out, HasSubstr("capture of 2 exchanges"));
    EXPECT_THAT(text.out, HasSubstr("#2  2025-11-22T08:26:40.000Z"));
    EXPECT_EQ(text.code, kNonConforming);
    const auto one = prw({"inspect", path, "--id", "1", "--json"});
    const auto parsed = json::parse(one.out);
    EXPECT_EQ(parsed.at("exchanges").size(), 1U);
    EXPECT_EQ(parsed.at("capture").at("exchanges"), 2);
    EXPECT_EQ(prw({"inspect", path, "--id", "7"}).code, kUsage);
}

/// Where the file lies is no part of what is compared.
std::string without_path(std::string text, const TempDir& dir) {
    const auto path = dir.path().string() + "/";
    for (auto at = text.find(path); at != std::string::npos; at = text.find(path)) text.erase(at, path.size());
    return text;
}

TEST(Inspect, ShowsACaptureAtAGlance) {
    const TempDir dir;
    const auto path = capture_of(dir, kFour);
    const auto outcome = prw({"inspect", path, "--list"});
    EXPECT_EQ(outcome.code, kNonConforming) << outcome.err;
    const auto text = without_path(outcome.out.substr(outcome.out.find('\n') + 1), dir);
    EXPECT_EQ(text, golden(kGolden / "inspect-list.txt", text));
    const auto parsed = json::parse(prw({"inspect", path, "--list", "--json"}).out);
    ASSERT_EQ(parsed.at("exchanges").size(), 4U);
    EXPECT_EQ(parsed.at("exchanges")[1].at("sender"), "kube-eventer");
    EXPECT_EQ(parsed.at("exchanges")[1].at("worst").at("severity"), "fail");
    EXPECT_EQ(parsed.at("exchanges")[1].at("counts").at("series"), 10);
}

TEST(Inspect, SaysTheSameFindingOnce) {
    const TempDir dir;
    const auto path = capture_of(dir, {"kube-eventer-1.3-1.0/001", "tenzir-6.20-1.0/000", "kube-eventer-1.3-1.0/001"});
    const auto outcome = prw({"inspect", path, "--max-series", "1"});
    const auto text = without_path(outcome.out.substr(outcome.out.find('\n') + 1), dir);
    EXPECT_EQ(text, golden(kGolden / "inspect-capture.txt", text));
    // Ten in each of the two requests, wherever they are counted.
    EXPECT_THAT(outcome.out, HasSubstr("20 times in 2 requests, first in #1"));
    const auto parsed = json::parse(prw({"inspect", path, "--json"}).out);
    EXPECT_EQ(parsed.at("kinds")[0].at("rule"), "labels/sorted");
    EXPECT_EQ(parsed.at("kinds")[0].at("times"), 20);
    EXPECT_EQ(parsed.at("kinds")[0].at("requests"), 2);
    EXPECT_EQ(parsed.at("kinds")[0].at("first"), 1);
    // And each where it is asked for.
    const auto all = prw({"inspect", path, "--all", "--max-series", "1"});
    std::size_t details = 0;
    for (auto at = all.out.find("x labels/sorted"); at != std::string::npos;
         at = all.out.find("x labels/sorted", at + 1))
        ++details;
    EXPECT_EQ(details, 10U);
    EXPECT_THAT(all.out, HasSubstr("  … and 5 more of labels/sorted\n"));
}

TEST(Inspect, NarrowsACapture) {
    const TempDir dir;
    const auto path = capture_of(dir, kFour);
    struct Row {
        std::vector<std::string> arguments;
        std::string ids;
    };
    for (const auto& [arguments, ids] : std::vector<Row>{{{"--id", "2"}, "2"},
                                                         {{"--id", "2-3"}, "23"},
                                                         {{"--id", "3-"}, "34"},
                                                         {{"--id", "1", "--id", "4"}, "14"},
                                                         {{"--filter", "message==2.0"}, "3"},
                                                         {{"--filter", "worst==fail"}, "24"},
                                                         {{"--filter", "worst==fail", "--id", "1-2"}, "2"},
                                                         {{"--filter", "sender=~\"Prometheus.*\" || id==1"}, "13"},
                                                         {{"--filter", "metric==\"up\""}, "3"},
                                                         {{"--filter", "label.namespace==default"}, "24"},
                                                         {{"--filter", "id==9"}, ""},
                                                         {{"--search", "SHOP_"}, "13"},
                                                         {{"--search", "namespace"}, "24"}}) {
        auto all = arguments;
        all.insert(all.begin(), {"inspect", path, "--list", "--json"});
        const auto outcome = prw(all);
        ASSERT_NE(outcome.out, "") << outcome.err;
        std::string found;
        const auto parsed = json::parse(outcome.out);
        for (const auto& row : parsed.at("exchanges")) found += std::to_string(row.at("id").get<int>());
        EXPECT_EQ(found, ids) << ::testing::PrintToString(arguments);
    }
    const auto some = prw({"inspect", path, "--filter", "id==3", "--search", "shop_orders"});
    EXPECT_THAT(some.out, HasSubstr("  4 of 36 series have \"shop_orders\"\n"));
    EXPECT_THAT(some.out, ::testing::Not(HasSubstr("shop_freezer")));
    EXPECT_THAT(some.out, HasSubstr("1 of 4 exchanges\n"));
}

TEST(Inspect, RefusesWhatSelectsNothingSensible) {
    const TempDir dir;
    const auto path = capture_of(dir, kFour);
    const auto body = raw_path("tenzir-6.20-1.0/000");
    const std::pair<std::vector<std::string>, const char*> rows[] = {
        {{path, "--id", "0"}, "--id is a number such as 3, or a range such as 3-7 or 3-, got \"0\""},
        {{path, "--id", "7-3"}, "--id is a number"},
        {{path, "--id", "x"}, "--id is a number"},
        {{path, "--id", "7-9"}, "the capture has no exchange with such an id"},
        {{path, "--filter", "statsu==1"},
         "prw inspect: --filter: there is no column \"statsu\"; did you mean status?\n  statsu==1\n  ^^^^^^\n"},
        {{path, "--diff", "1", "9"}, "no exchange with this id"},
        {{body, "--list"}, "are for captures"},
        {{body, "--filter", "id==1"}, "are for captures"},
    };
    for (const auto& [arguments, says] : rows) {
        auto all = arguments;
        all.insert(all.begin(), "inspect");
        const auto outcome = prw(all);
        EXPECT_EQ(outcome.code, kUsage) << ::testing::PrintToString(arguments);
        EXPECT_THAT(outcome.err, HasSubstr(says));
    }
}

TEST(Inspect, ComparesTwoRequestsOfACapture) {
    const TempDir dir;
    const auto path = capture_of(dir, {"tenzir-6.20-1.0/000", "tenzir-6.20-2.0/000", "tenzir-6.20-1.0/000"});
    const auto outcome = prw({"inspect", path, "--diff", "1", "2"});
    EXPECT_EQ(outcome.code, kConforms);
    EXPECT_THAT(outcome.out, StartsWith("--- #1  2025-11-22T08:26:40.000Z\n+++ #2  2025-11-22T08:26:41.000Z\n"));
    EXPECT_THAT(outcome.out, HasSubstr("-   X-Prometheus-Remote-Write-Version: 0.1.0\n"));
    EXPECT_THAT(outcome.out, HasSubstr("+   X-Prometheus-Remote-Write-Version: 2.0.0\n"));
    EXPECT_THAT(outcome.out, HasSubstr("    Content-Encoding: snappy\n"));
    EXPECT_THAT(prw({"inspect", path, "--diff", "1", "3"}).out, HasSubstr("they are the same\n"));
}

TEST(Inspect, ReadsBytesWrittenAsText) {
    proto::WriteRequest request;
    request.series.push_back({{{"__name__", "up"}}, {{proto::to_bits(1.0), 1760000000000, 0}}, {}, {}, {}});
    const auto message = proto::encode(request, proto::ProtobufMessage::kV1);
    const auto body = proto::compress_snappy(message);
    const auto whole = prw({"inspect", "-"}, body).out;
    const auto hex = prw::testing::hex(body);
    const auto dump = prw({"inspect", "-", "--hex"}, body).out;
    const auto begin = dump.find("  00000000");
    struct Row {
        std::vector<std::string> arguments;
        std::string input, said;
    };
    for (const auto& [arguments, input, said] :
         {Row{{}, hex, "input  hexadecimal text, "}, Row{{"--from", "hex"}, hex, "input  hexadecimal text, "},
          Row{{}, "0x" + hex.substr(0, 2) + " " + hex.substr(2) + "\n", "input  hexadecimal text, "},
          Row{{},
              dump.substr(begin, dump.find("prometheus.") - begin).substr(0, dump.find("message, unc") - begin),
              "input  a hex dump, "}}) {
        auto all = arguments;
        all.insert(all.begin(), {"inspect", "-"});
        const auto outcome = prw(all, input);
        EXPECT_EQ(outcome.out, said + std::to_string(body.size()) + " bytes\n" + whole) << input << outcome.err;
    }
    const auto base64 = prw({"inspect", "-"}, "CgsKAnVwEgUKA3gxMg==");  // no message of Remote Write
    EXPECT_EQ(base64.code, kNonConforming);
    EXPECT_THAT(prw({"inspect", "-", "--from", "base64"}, "Aw==").out, HasSubstr("input  base64 text, 1 byte\n"));
    const auto wrong = prw({"inspect", "-", "--from", "hex"}, "xyz");
    EXPECT_EQ(wrong.code, kUsage);
    EXPECT_THAT(wrong.err, HasSubstr("this is not hexadecimal text"));
}

// Nothing of a peer may act on the terminal, and no credential may be shown.

TEST(Inspect, ShowsCredentialsOnlyWhereAsked) {
    const auto request = fixture("tenzir-6.20-1.0/000");
    const auto line = request.head.find("\r\n") + 2;
    const std::vector<std::string> heads = {
        "POST /w?token=hush HTTP/1.1\r\nAuthorization: Bearer hush\r\nCookie: hush\r\nDD-API-KEY: hush\r\n" +
            request.head.substr(line),
        // One that does not parse.
        "POST /w?token=hush HTTP/1.1\r\nno colon\r\nX-Vault-Token: hush\r\n" + request.head.substr(line),
    };
    const TempDir dir;
    std::vector<exchange::Exchange> exchanges;
    for (const auto& head : heads) exchanges.push_back(exchange_of(exchanges.size() + 1, head, request.body));
    const auto path = write_capture(dir, exchanges);
    const auto dump = dir.file("dump.http");
    write_file(dump, heads[0] + request.body);
    for (const auto& arguments : std::vector<std::vector<std::string>>{{path},
                                                                       {path, "--json"},
                                                                       {path, "--all"},
                                                                       {path, "--list"},
                                                                       {path, "--list", "--json"},
                                                                       {path, "--diff", "1", "2"},
                                                                       {dump},
                                                                       {dump, "--json"}}) {
        auto all = arguments;
        all.insert(all.begin(), "inspect");
        const auto outcome = prw(all);
        EXPECT_THAT(outcome.out + outcome.err, ::testing::Not(HasSubstr("hush")))
            << ::testing::PrintToString(arguments);
        if (arguments.size() > 1 && arguments[1] == "--list") continue;
        EXPECT_THAT(outcome.out, HasSubstr("xxxx"));
        all.emplace_back("--show-credentials");
        EXPECT_THAT(prw(all).out, HasSubstr("Bearer hush")) << ::testing::PrintToString(arguments);
    }
}

TEST(Inspect, ObeysNothingThatCameFromOutside) {
    const std::string hostile =
        "\x1b[31m\x07\xc2\x9b"
        "31m\xe2\x80\xae";
    proto::WriteRequest request;
    request.series.push_back({{{"__name__", "up"}, {"job", hostile}, {"a", hostile}},
                              {{proto::to_bits(1.0), 1760000000000, 0}},
                              {},
                              {},
                              {}});
    const auto body = proto::compress_snappy(proto::encode(request, proto::ProtobufMessage::kV1));
    auto e = exchange_of(1,
                         "POST /" + hostile + " HTTP/1.1\r\nUser-Agent: " + hostile + "\r\nX-" + hostile +
                             ": a\r\nContent-Encoding: snappy\r\n\r\n",
                         body);
    e.fault = e.scripted = hostile;
    e.problem = hostile;
    e.read_status = proto::ReadStatus::kBadLength;
    rules::Finding stored;
    stored.rule = stored.message = stored.series = stored.field = stored.evidence = stored.fix = hostile;
    stored.clauses = {hostile};
    e.check.findings.push_back(stored);
    const TempDir dir;
    const auto path = write_capture(dir, {e});
    for (const auto& arguments : std::vector<std::vector<std::string>>{
             {}, {"--json"}, {"--all"}, {"--list"}, {"--list", "--json"}, {"--search", "job"}}) {
        auto all = arguments;
        all.insert(all.begin(), {"inspect", path});
        const auto outcome = prw(all);
        for (const char* bad : {"\x1b", "\x07", "\xc2\x9b", "\xe2\x80\xae"})
            EXPECT_THAT(outcome.out + outcome.err, ::testing::Not(HasSubstr(bad)))
                << ::testing::PrintToString(arguments);
    }
    EXPECT_EQ(json::parse(prw({"inspect", path, "--json"}).out).at("exchanges")[0].at("series")[0].at("labels")[1][1],
              hostile)
        << "data are what they were";
}

TEST(Inspect, ADamagedCaptureIsUnreadableInputAsInReplay) {
    const TempDir dir;
    const auto path = capture_of(dir, {"tenzir-6.20-1.0/000"});
    auto bytes = prw::testing::read_file(path);
    ASSERT_GT(bytes.size(), 8192U);
    std::fill(bytes.begin() + 4096, bytes.end(), 'z');
    write_file(path, bytes);
    const auto inspected = prw({"inspect", path}), judged = prw({"replay", path, "--emit", "gtest"});
    EXPECT_EQ(inspected.code, kUsage) << inspected.err;
    EXPECT_EQ(judged.code, kUsage) << judged.err;
    EXPECT_THAT(inspected.err, HasSubstr("a.prwcap"));
}

// list and explain

TEST(List, EveryClauseIsCoveredOrSaysWhyNot) {
    const auto parsed = json::parse(prw({"list", "clauses", "--json"}).out);
    ASSERT_EQ(parsed.size(), proto::clauses().size());
    for (const auto& clause : parsed) {
        const bool covered = !clause.at("rules").empty() || !clause.at("checks").empty();
        EXPECT_NE(covered, !clause.at("reason").get<std::string>().empty()) << clause.at("id");
    }
}

TEST(List, TellsWhatEachScenarioDoes) {
    const auto parsed = json::parse(prw({"list", "scenarios", "--json"}).out);
    ASSERT_EQ(parsed.size(),
              sender_suite::sender_suite().scenarios.size() + receiver_suite::receiver_suite().scenarios.size());
    const auto text = prw({"list", "scenarios"}).out;
    for (const auto& scenario : parsed)
        EXPECT_THAT(text, HasSubstr(scenario.at("name").get<std::string>() + "\n    " +
                                    scenario.at("summary").get<std::string>() + "\n"));
}

TEST(List, TellsTheCasesOfReceivers) {
    const auto parsed = json::parse(prw({"list", "cases", "--json"}).out);
    EXPECT_GT(parsed.size(), 100U);
    const auto text = prw({"list", "cases"}).out;
    EXPECT_THAT(text, HasSubstr("valid/empty  valid  1.0  2xx\n    A request without series"));
    EXPECT_THAT(text, HasSubstr("message/cut  malformed  1.0, 2.0  400  as mutant wire/cut\n    A message without"));
    for (const auto& row : parsed) EXPECT_FALSE(row.at("wanted").get<std::string>().empty()) << row.at("id");
}

TEST(List, NarrowsToAParty) {
    const auto senders = json::parse(prw({"list", "clauses", "--party", "sender", "--json"}).out);
    EXPECT_LT(senders.size(), proto::clauses().size());
    for (const auto& clause : senders) EXPECT_NE(clause.at("party"), "receiver");
    const auto checks = json::parse(prw({"list", "checks", "--party", "receiver", "--json"}).out);
    EXPECT_EQ(checks.size(), receiver_suite::receiver_suite().checks.size());
    const auto scenarios = json::parse(prw({"list", "scenarios", "--party", "sender", "--json"}).out);
    EXPECT_EQ(scenarios.size(), sender_suite::sender_suite().scenarios.size());
}

TEST(List, ShowsMutantsOfSendersBeforeThoseOfReceivers) {
    const auto list = [](std::vector<std::string> more) {
        std::vector<std::string> arguments = {"list", "mutants"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return prw(arguments).out;
    };
    EXPECT_EQ(list({}), list({"--party", "sender"}) + list({"--party", "receiver"}));
    EXPECT_THAT(
        list({"--party", "receiver"}),
        AllOf(HasSubstr("accepts/1x-only  2.0  receiver/accepts/samples\n    Answers 415 to the 2.0 message.\n"),
              HasSubstr("null/hangs  1.0, 2.0  (one answer or none)\n"), Not(HasSubstr("null/silent"))));

    const auto all = json::parse(list({"--json"}));
    const auto senders = json::parse(list({"--party", "sender", "--json"}));
    const auto receivers = json::parse(list({"--party", "receiver", "--json"}));
    EXPECT_EQ(receivers.size(), receiver::all_mutants().size() + receiver::null_receivers().size());
    EXPECT_EQ(all.size(), senders.size() + receivers.size());
    for (const auto& mutant : senders) EXPECT_EQ(mutant.at("party"), "sender");
    for (const auto& mutant : receivers) EXPECT_EQ(mutant.at("party"), "receiver");
    std::set<std::string> ids;
    for (const auto& mutant : all) EXPECT_TRUE(ids.insert(mutant.at("id")).second) << mutant.at("id") << " twice";
}

TEST(Explain, TellsWhoseMutantItIs) {
    EXPECT_THAT(prw({"explain", "null/silent"}).out,
                AllOf(StartsWith("null/silent  mutant of prw send\n"), HasSubstr("by no check: nothing arrives")));
    EXPECT_THAT(prw({"explain", "null/hangs"}).out,
                AllOf(StartsWith("null/hangs  mutant of prw receive\n"), HasSubstr("prw receive --mutate null/hangs")));
    EXPECT_THAT(prw({"explain", "written/one-less"}).out, HasSubstr("by receiver/written/samples\n"));
    EXPECT_EQ(prw({"explain", "written/one-les"}).err,
              "prw explain: nothing has the id \"written/one-les\"; did you mean written/one-less?\n");
}

TEST(Explain, KnowsEveryListedId) {
    for (const char* what : {"clauses", "rules", "checks", "mutants"}) {
        const auto parsed = json::parse(prw({"list", what, "--json"}).out);
        ASSERT_FALSE(parsed.empty()) << what;
        for (const auto& item : parsed) {
            const auto id = item.at("id").get<std::string>();
            const auto outcome = prw({"explain", id});
            EXPECT_EQ(outcome.code, kConforms) << id;
            EXPECT_THAT(outcome.out, StartsWith(id)) << id;
        }
    }
}

TEST(Explain, SuggestsTheNearestIds) {
    struct Row {
        const char *word, *suggestion;
    };
    for (const Row& row : {
             Row{"prw1.labels.sortd", "; did you mean prw1.labels.sorted or prw2.labels.sorted?"},
             Row{"retry/5xx", "; did you mean sender/retry/on-5xx?"},
             Row{"sender/labels/sort", "; did you mean sender/labels/sorted?"},
             Row{"nothing-like-it-at-all", ""},
             Row{"\x1b[31m", ""},
         }) {
        const auto outcome = prw({"explain", row.word});
        EXPECT_EQ(outcome.code, kUsage) << row.word;
        EXPECT_EQ(outcome.err,
                  "prw explain: nothing has the id \"" + rules::printable(row.word) + "\"" + row.suggestion + "\n");
    }
}

TEST(Explain, TakesTheIdOfACheckWithoutItsRole) {
    EXPECT_THAT(prw({"explain", "retry/on-5xx"}).out, StartsWith("sender/retry/on-5xx  MUST\n"));
    EXPECT_THAT(prw({"explain", "labels/sorted"}).out, StartsWith("labels/sorted  rule on one request\n"));
}

TEST(Explain, TellsEveryCheckHowToFixIt) {
    for (const auto& check : sender_suite::sender_suite().checks)
        EXPECT_THAT(prw({"explain", check.id}).out, HasSubstr("\n    fix     ")) << check.id;
}

TEST(Explain, NamesPracticeAsReportsDo) {
    EXPECT_THAT(prw({"explain", "ext.http.user-agent-version"}).out,
                StartsWith("ext.http.user-agent-version  practice, not in the specification (SHOULD)\n"));
    EXPECT_THAT(prw({"explain", "sender/stale/all-series-of-target"}).out, Not(HasSubstr("practice, not a sentence")));
}

/// What clauses.json holds for maintainers stands in a field of its own and is not compiled in.
TEST(Explain, HoldsNoNotesToOurselves) {
    const std::regex ours(
        "recommend|harness|checker|official|\\bTRAP|CONTRADICTION|AMBIGUOUS|TODO|"
        "[Dd]o not (warn|fail|score|send)|[Ww]arn only|[Ii]nfo only|[Ww]hitelist|[Kk]nown source");
    for (const auto& clause : proto::clauses())
        EXPECT_FALSE(std::regex_search(clause.notes.begin(), clause.notes.end(), ours))
            << clause.id << ": " << clause.notes;
}

}  // namespace
}  // namespace prw::cli
