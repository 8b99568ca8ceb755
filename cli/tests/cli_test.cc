#include <algorithm>
#include <filesystem>
#include <regex>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "in_process.h"
#include "prw/conformance/checks.h"
#include "prw/proto/clauses.h"
#include "prw/proto/model.h"
#include "prw/proto/snappy_block.h"
#include "prw/receiver/capture.h"
#include "prw/receiver/text.h"
#include "support.h"

namespace prw::cli {
namespace {

using nlohmann::json;
using prw::testing::fixture;
using prw::testing::golden;
using prw::testing::TempDir;
using prw::testing::write_file;
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
    const std::string file = prw::testing::source_dir().string() + "/conformance/tests/golden/results.json";
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
             {{"--check", "sender/labels/sorted", "--protobuf-message", "1.0"}, 1, "golden/steady-1.0.prwcap\n"},
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
    const auto golden = prw::testing::source_dir() / "conformance/tests/golden/results.json";
    std::filesystem::create_directories(dir.path() / "out put");
    std::filesystem::copy_file(golden, dir.path() / "out put/results.json");
    const auto whole = dir.path().string() + "/out put";
    for (const auto& arguments : {std::vector<std::string>{"report", whole},
                                  {"report", whole + "/results.json"},
                                  {"report", whole, "--check", "sender/labels/sorted"}})
        EXPECT_THAT(prw(arguments).out, HasSubstr("prw inspect '" + whole + "/steady-1.0.prwcap'\n"));
    // Relative as typed, relative as shown.
    const auto here = std::filesystem::current_path();
    const auto relative = std::filesystem::path(whole).lexically_relative(here).string();
    EXPECT_THAT(prw({"report", relative}).out, HasSubstr("prw inspect '" + relative + "/steady-1.0.prwcap'\n"));
    // A page elsewhere finds them as well.
    ASSERT_EQ(prw({"report", relative, "--report", "json=" + dir.file("else/where/x.json")}).code, 1);
    EXPECT_THAT(prw::testing::read_file(dir.file("else/where/x.json")),
                HasSubstr("\"capsule\": \"../../out put/steady-1.0.prwcap\""));
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
    const std::string file = prw::testing::source_dir().string() + "/conformance/tests/golden/results.json";
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
    EXPECT_THAT(outcome.out, HasSubstr("\nfindings  1\n"));
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
    EXPECT_THAT(outcome.out, HasSubstr("findings  1\n"));
    EXPECT_THAT(outcome.out, HasSubstr("an HTTP/2 preface"));
}

TEST(Inspect, ReadsCapturesWithEveryExchange) {
    const TempDir dir;
    const auto path = dir.file("a.prwcap");
    {
        auto writer = receiver::CaptureWriter::open(path);
        ASSERT_TRUE(writer) << writer.error().text();
        std::uint64_t id = 0;
        for (const char* name : {"tenzir-6.20-1.0/000", "kube-eventer-1.3-1.0/001"}) {
            const auto request = fixture(name);
            receiver::Exchange e;
            e.id = ++id;
            e.raw_head = request.head;
            e.raw_body = request.body;
            e.received_unix_ms = 1763800000000;
            e.status = 204;
            ASSERT_TRUE((*writer)->append(e));
        }
        ASSERT_TRUE((*writer)->close());
    }
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
    ASSERT_EQ(parsed.size(), conformance::all_scenarios().size());
    const auto text = prw({"list", "scenarios"}).out;
    for (const auto& scenario : parsed)
        EXPECT_THAT(text, HasSubstr(scenario.at("name").get<std::string>() + "\n    " +
                                    scenario.at("summary").get<std::string>() + "\n"));
}

TEST(List, NarrowsToAParty) {
    const auto senders = json::parse(prw({"list", "clauses", "--party", "sender", "--json"}).out);
    EXPECT_LT(senders.size(), proto::clauses().size());
    for (const auto& clause : senders) EXPECT_NE(clause.at("party"), "receiver");
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
                  "prw explain: nothing has the id \"" + receiver::printable(row.word) + "\"" + row.suggestion + "\n");
    }
}

TEST(Explain, TakesTheIdOfACheckWithoutItsRole) {
    EXPECT_THAT(prw({"explain", "retry/on-5xx"}).out, StartsWith("sender/retry/on-5xx  MUST\n"));
    EXPECT_THAT(prw({"explain", "labels/sorted"}).out, StartsWith("labels/sorted  rule on one request\n"));
}

TEST(Explain, TellsEveryCheckHowToFixIt) {
    for (const auto& check : conformance::all_checks())
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
