#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "prw/suite/profile.h"
#include "support.h"

namespace prw::suite {
namespace {

using prw::testing::TempDir;
using prw::testing::write_file;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kWhole = R"(version: 1
targets:
  - name: my-agent
    description: my own agent
    role: sender
    protocols: ["1.0", "2.0"]
    input: scrape
    requires: [my-agent, python3]
    files: {agent.yml: "url: ${PRW_REMOTE_WRITE_URL}", sub/x.txt: x}
    start: {exec: ["./my-agent", "--config", "${PRW_TMPDIR}/agent.yml"], env: {A: b}}
    version: {exec: ["./my-agent", "--version"]}
    stop: {signal: SIGINT, grace: 1m30s}
    settle: 250ms
    patience: 2.5
    features: {exemplars: true, native_histograms: false, metadata: ["2.0"]}
  - name: other
    role: sender
    start: {exec: [other]}
)";

TEST(Profile, EveryKeyIsRead) {
    const auto profile = parse_profile(kWhole, "p.yaml");
    ASSERT_TRUE(profile) << profile.error().text();
    ASSERT_EQ(profile->targets.size(), 2U);
    const auto& target = profile->targets[0];
    EXPECT_EQ(target.name, "my-agent");
    EXPECT_EQ(target.description, "my own agent");
    EXPECT_THAT(target.protocols, ElementsAre(proto::ProtobufMessage::kV1, proto::ProtobufMessage::kV2));
    EXPECT_EQ(target.input, Input::kScrape);
    EXPECT_THAT(target.requires_programs, ElementsAre("my-agent", "python3"));
    ASSERT_EQ(target.files.size(), 2U);
    EXPECT_EQ(target.files[1].first, "sub/x.txt");
    EXPECT_THAT(target.exec, ElementsAre("./my-agent", "--config", "${PRW_TMPDIR}/agent.yml"));
    EXPECT_THAT(target.env, ElementsAre(std::pair<std::string, std::string>("A", "b")));
    EXPECT_THAT(target.version_exec, ElementsAre("./my-agent", "--version"));
    EXPECT_EQ(target.stop_signal, SIGINT);
    EXPECT_EQ(target.grace, std::chrono::seconds(90));
    EXPECT_EQ(target.settle, std::chrono::milliseconds(250));
    EXPECT_EQ(target.patience, 2.5);
    EXPECT_EQ(target.feature("exemplars", proto::ProtobufMessage::kV1), true);
    EXPECT_EQ(target.feature("native_histograms", proto::ProtobufMessage::kV1), false);
    EXPECT_EQ(target.feature("metadata", proto::ProtobufMessage::kV1), false);
    EXPECT_EQ(target.feature("metadata", proto::ProtobufMessage::kV2), true);
    EXPECT_EQ(target.feature("stale_markers", proto::ProtobufMessage::kV1), std::nullopt);
    EXPECT_EQ(target.origin, "p.yaml:3");
}

TEST(Profile, InputSaysWhatTheTargetCannotTake) {
    const auto profile = parse_profile(R"(version: 1
targets:
  - name: a
    role: sender
    input: {from: stdin, without: [subnormal, colons]}
    relabels: true
    start: {exec: [x]}
)",
                                       "p.yaml");
    ASSERT_TRUE(profile) << profile.error().text();
    EXPECT_EQ(profile->targets[0].input, Input::kStdin);
    EXPECT_THAT(profile->targets[0].without, ElementsAre("subnormal", "colons"));
    EXPECT_TRUE(profile->targets[0].relabels);
}

struct Wrong {
    const char* yaml;
    const char* where;
    const char* what;
};

TEST(Profile, SourceLiesBesideTheProfile) {
    const TempDir dir;
    const auto load = [&](const std::string& source) {
        write_file(dir.file("p.yaml"), "version: 1\ntargets:\n  - name: a\n    role: sender\n    source: " + source +
                                           "\n    start: {exec: [x]}\n");
        return load_profile(dir.file("p.yaml"));
    };
    const auto beside = load("sub/../own.om");
    ASSERT_TRUE(beside) << beside.error().text();
    EXPECT_EQ(beside->targets[0].source, std::filesystem::absolute(dir.path() / "own.om").lexically_normal().string());
    EXPECT_EQ(load("/elsewhere/own.om")->targets[0].source, "/elsewhere/own.om");
    EXPECT_THAT(load("\"\"").error().text(), HasSubstr("p.yaml:5: source is empty"));
}

TEST(Profile, MistakesAreNamedWithFileLineAndNearestWord) {
    const std::vector<Wrong> rows = {
        {"", "p.yaml", "must be a mapping"},
        {"[1]", "p.yaml:1", "must be a mapping"},
        {"version: 1\ntargets: [}", "p.yaml:2", "not readable as YAML"},
        {"targets: []", "p.yaml:1", "needs version: 1"},
        {"version: 2\ntargets: [{name: a}]", "p.yaml:1", "version must be 1, not \"2\""},
        {"version: 1\n", "p.yaml:1", "needs targets"},
        {"version: 1\ntargets: []", "p.yaml:2", "needs targets"},
        {"version: 1\ntarget: []", "p.yaml:2", "unknown key \"target\" in the profile; did you mean \"targets\"?"},
        {"version: 1\ntargets:\n  - name: a\n    role: sender\n    protocol: x", "p.yaml:5",
         "unknown key \"protocol\" in a target; did you mean \"protocols\"?"},
        {"version: 1\ntargets:\n  - name: a\n    role: sender\n    zzzzzzzz: x", "p.yaml:5",
         "known are name, description"},
        {"version: 1\ntargets:\n  - name: a\n    name: b\n    role: sender", "p.yaml:4", "\"name\" is given twice"},
        {"version: 1\ntargets:\n  - name: a\n    role: sender\n    input: {from: scrape, without: [subnorml]}",
         "p.yaml:5", "input.without holds \"subnorml\"; did you mean \"subnormal\"?"},
        {"version: 1\ntargets:\n  - name: a\n    role: sender\n    input: {from: file}", "p.yaml:5",
         "input.from must be scrape, none or stdin, not \"file\""},
        {"version: 1\ntargets:\n  - name: a\n    role: sender\n    relabels: maybe", "p.yaml:5",
         "relabels must be true or false"},
        {"version: 1\ntargets:\n  - role: sender", "p.yaml:3", "needs a name"},
        {"version: 1\ntargets:\n  - name: a", "p.yaml:3", "needs a role"},
        {"version: 1\ntargets:\n  - name: a\n    role: judge", "p.yaml:4", "role must be sender or receiver"},
        {"version: 1\ntargets:\n  - name: a\n    role: sender", "p.yaml:3", "needs start"},
        {"version: 1\ntargets:\n  - name: a\n    role: sender\n    start: {exec: []}", "p.yaml:5",
         "start.exec is empty"},
        {"version: 1\ntargets:\n  - name: a\n    role: sender\n    start: {exec: run me}", "p.yaml:5",
         "must be a list"},
        {"version: 1\ntargets:\n  - name: a\n    role: sender\n    start: {command: [x]}", "p.yaml:5",
         "unknown key \"command\" in start"},
        {"version: 1\ntargets:\n  - name: a\n    role: sender\n    protocols: [\"3.0\"]", "p.yaml:5",
         "known are \"1.0\" and \"2.0\""},
        {"version: 1\ntargets:\n  - name: a\n    role: sender\n    protocols: [\"1.0\", \"1.0\"]", "p.yaml:5", "twice"},
        {"version: 1\ntargets:\n  - name: a\n    role: sender\n    protocols: []", "p.yaml:5", "protocols is empty"},
        {"version: 1\ntargets:\n  - name: a\n    role: sender\n    input: push", "p.yaml:5",
         "input must be scrape, none or stdin"},
        {"version: 1\ntargets:\n  - name: a\n    role: sender\n    start: {exec: [x]}\n    stop: {signal: NOPE}",
         "p.yaml:6", "stop.signal must be one of TERM"},
        {"version: 1\ntargets:\n  - name: a\n    role: sender\n    start: {exec: [x]}\n    stop: {grace: 5}",
         "p.yaml:6", "stop.grace"},
        {"version: 1\ntargets:\n  - name: a\n    role: sender\n    start: {exec: [x]}\n    settle: 2h", "p.yaml:6",
         "at most 1h"},
        {"version: 1\ntargets:\n  - name: a\n    role: sender\n    start: {exec: [x]}\n    patience: some", "p.yaml:6",
         "patience must be a number from 1 to 100, not \"some\""},
        {"version: 1\ntargets:\n  - name: a\n    role: sender\n    start: {exec: [x]}\n    patience: 0", "p.yaml:6",
         "patience must be a number"},
        {"version: 1\ntargets:\n  - name: a\n    role: sender\n    start: {exec: [x]}\n    features: {exemplar: true}",
         "p.yaml:6", "did you mean \"exemplars\"?"},
        {"version: 1\ntargets:\n  - name: a\n    role: sender\n    start: {exec: [x]}\n    features: {exemplars: yes}",
         "p.yaml:6", "must be true or false"},
        {"version: 1\ntargets:\n  - name: a\n    role: sender\n    files: {../x: y}", "p.yaml:5",
         "must lie in the work directory"},
        {"version: 1\ntargets:\n  - name: a\n    role: sender\n    files: {/etc/x: y}", "p.yaml:5",
         "must lie in the work directory"},
        {"version: 1\ntargets:\n  - name: a\n    role: sender\n    start: {exec: [x]}\n    variables: {PRW_A: b}",
         "p.yaml:6", "variables: names that begin with PRW_ are prw's own"},
        {"version: 1\ntargets:\n  - name: a\n    role: sender\n    start: {exec: [x]}\n    variants: {headers: {}}",
         "p.yaml:6", "unknown key \"headers\" in variants; did you mean \"header\"?"},
        {"version: 1\ntargets:\n  - name: a\n    role: sender\n    start: {exec: [x]}\n    variants: {header: "
         "{argument: [x]}}",
         "p.yaml:6", "unknown key \"argument\" in variant header; did you mean \"arguments\"?"},
        {"version: 1\ntargets:\n  - {name: a, role: sender, start: {exec: [x]}}\n  - {name: a, role: sender, start: "
         "{exec: [x]}}",
         "p.yaml:4", "two targets have the name a"},
    };
    for (const auto& row : rows) {
        const auto profile = parse_profile(row.yaml, "p.yaml");
        ASSERT_FALSE(profile) << row.yaml;
        EXPECT_EQ(profile.error().code, ErrorCode::kInvalidArgument);
        EXPECT_EQ(profile.error().where, row.where) << row.yaml;
        EXPECT_THAT(profile.error().what, HasSubstr(row.what)) << row.yaml;
    }
}

TEST(Profile, VariablesExpandOnceAndUnsetOnesAreErrors) {
    const Variables variables = {{"A", "x${B}"}, {"EMPTY", ""}};
    struct Row {
        const char* text;
        const char* result;
    };
    for (const auto& row : {Row{"", ""}, Row{"plain $HOME $", "plain $HOME $"}, Row{"<${A}>", "<x${B}>"},
                            Row{"${EMPTY}", ""}, Row{"$${A}", "${A}"}, Row{"${A}${A}", "x${B}x${B}"}}) {
        const auto out = expand(row.text, variables, "here");
        ASSERT_TRUE(out) << row.text;
        EXPECT_EQ(*out, row.result);
    }
    for (const auto* wrong : {"${PRW_NEVER_SET}", "${", "${A", "${}", "${1A}", "${A-}"}) {
        const auto out = expand(wrong, variables, "p.yaml:7");
        ASSERT_FALSE(out) << wrong;
        EXPECT_EQ(out.error().where, "p.yaml:7");
    }
    EXPECT_THAT(expand("${PRW_NEVER_SET}", variables, "").error().what, HasSubstr("${PRW_NEVER_SET} is not set"));
}

TEST(Profile, VariantsReplaceVariablesAndAddTheRest) {
    const auto profile = parse_profile(R"(version: 1
targets:
  - name: a
    role: sender
    start: {exec: [a, --config], env: {A: b}}
    files: {f: "${HEADERS}"}
    variables: {HEADERS: "", OTHER: kept}
    variants:
      header: {variables: {HEADERS: "${PRW_HEADER_NAME}"}, arguments: [--more], env: {C: d}, files: {g: x}}
)",
                                       "p.yaml");
    ASSERT_TRUE(profile) << profile.error().text();
    const auto& target = profile->targets.front();
    EXPECT_EQ(with_variants(target, {"bearer-token"}).exec, target.exec);
    const auto changed = with_variants(target, {"header"});
    using Pairs = std::vector<std::pair<std::string, std::string>>;
    EXPECT_EQ(changed.variables, (Pairs{{"HEADERS", "${PRW_HEADER_NAME}"}, {"OTHER", "kept"}}));
    EXPECT_EQ(changed.exec, (std::vector<std::string>{"a", "--config", "--more"}));
    EXPECT_EQ(changed.env, (Pairs{{"A", "b"}, {"C", "d"}}));
    EXPECT_EQ(changed.files, (Pairs{{"f", "${HEADERS}"}, {"g", "x"}}));
}

TEST(Profile, IsFoundByNameByPathAndByTarget) {
    const TempDir dir;
    write_file(dir.file("mine.yaml"), kWhole);
    ::setenv("PRW_PROFILE_DIR", dir.path().c_str(), 1);
    EXPECT_THAT(known_profiles(), Contains("mine"));
    EXPECT_THAT(known_profiles(), Contains("reference"));
    auto target = find_target("mine", "other");
    ASSERT_TRUE(target) << target.error().text();
    EXPECT_EQ(target->name, "other");
    EXPECT_EQ(target->folder, std::filesystem::canonical(dir.path()).string());
    EXPECT_THAT(find_target("mine").error().what, HasSubstr("choose one with --target: my-agent, other"));
    EXPECT_THAT(find_target("mine", "nope").error().what, HasSubstr("there is my-agent, other"));
    EXPECT_TRUE(find_target(dir.file("mine.yaml"), "my-agent"));
    ::unsetenv("PRW_PROFILE_DIR");
    EXPECT_THAT(find_target("referense").error().what, HasSubstr("did you mean \"reference\"?"));
    EXPECT_THAT(find_target("referense").error().what, HasSubstr("known: "));
    EXPECT_EQ(find_target("./nowhere.yaml").error().where, "./nowhere.yaml");
    EXPECT_THAT(find_target(dir.path().string()).error().what, HasSubstr("directory"));
    ASSERT_TRUE(find_target("reference"));
}

TEST(Profile, ShippedOnesAreValid) {
    std::size_t seen = 0;
    for (const auto& entry : std::filesystem::directory_iterator(prw::testing::source_dir().string() + "/profiles")) {
        const auto profile = load_profile(entry.path().string());
        EXPECT_TRUE(profile) << profile.error().text();
        ++seen;
    }
    EXPECT_GE(seen, 4U);
}

TEST(Profile, CommandsAreTakenAsTheyAre) {
    const auto target = command_target({"/opt/x/my-sender", "--template", "${HOME}"});
    EXPECT_EQ(target.name, "my-sender");
    EXPECT_EQ(*expand(target.exec[2], {}, ""), "${HOME}");
    EXPECT_FALSE(target.in_work_dir);
}

}  // namespace
}  // namespace prw::suite
