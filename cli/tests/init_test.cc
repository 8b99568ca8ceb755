// `prw init sender`: what it writes is read by the profile reader, its examples included.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>

#include "commands.h"
#include "in_process.h"
#include "prw/suite/profile.h"
#include "support.h"

namespace prw::cli {
namespace {

using prw::testing::read_file;
using prw::testing::TempDir;
using prw::testing::write_file;
using suite::Input;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

using testing_support::Outcome;

Outcome init(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"init", "sender"});
    return testing_support::run_prw(std::move(arguments));
}

/// The text with every # before a key taken away.
std::string with_examples(const std::string& text, bool second_start) {
    std::istringstream lines(text);
    std::string out;
    bool in_start = false;
    for (std::string line; std::getline(lines, line);) {
        // One blank behind the # makes it a remark.
        const auto mark = line.find('#');
        const bool first = mark != std::string::npos && line.find_first_not_of(' ') == mark;
        const auto begin = first ? line.find_first_not_of(' ', mark + 1) : std::string::npos;
        const bool example =
            begin != std::string::npos && (begin >= mark + 3 || (begin == mark + 1 && line[begin] != '#'));
        if (example) line.erase(mark, 1);
        // Of the two ways to start it one is left.
        const bool begins = line.find_first_not_of(' ') == 4 && line[4] != '#';
        if (begins) in_start = line == "    start:" && example != second_start;
        if (!in_start) out += line + "\n";
    }
    return out;
}

TEST(Init, WritesAProfileThatIsReadWithAndWithoutItsExamples) {
    struct Row {
        std::vector<std::string> flags;
        Input input;
    };
    for (const auto& row : std::vector<Row>{{{}, Input::kScrape},
                                            {{"--scrape"}, Input::kScrape},
                                            {{"--push"}, Input::kNone},
                                            {{"--stdin"}, Input::kStdin}}) {
        const TempDir dir;
        std::vector<std::string> arguments = {"agent-7", "--output", dir.file("a.yaml")};
        arguments.insert(arguments.end(), row.flags.begin(), row.flags.end());
        const auto outcome = init(arguments);
        ASSERT_EQ(outcome.code, kConforms) << outcome.err;
        EXPECT_THAT(outcome.out, HasSubstr("prw test sender --profile " + dir.file("a.yaml")));

        const auto target = suite::find_target(dir.file("a.yaml"));
        ASSERT_TRUE(target) << target.error().text();
        EXPECT_EQ(target->name, "agent-7");
        EXPECT_EQ(target->input, row.input);
        EXPECT_THAT(target->protocols, ElementsAre(proto::ProtobufMessage::kV1));
        EXPECT_THAT(target->exec, ElementsAre("./agent-7"));
        EXPECT_TRUE(target->variants.empty());
        EXPECT_TRUE(target->features.empty());

        for (const bool second_start : {false, true}) {
            const auto text = with_examples(read_file(dir.file("a.yaml")), second_start);
            const auto all = suite::parse_profile(text, "examples");
            ASSERT_TRUE(all) << all.error().text() << "\n" << text;
            const auto& full = all->targets.front();
            EXPECT_EQ(full.exec.size(), second_start ? 3U : 1U) << text;
            EXPECT_EQ(full.variants.size(), suite::variant_names().size());
            EXPECT_EQ(full.features.size(), suite::feature_names().size());
            EXPECT_EQ(full.files.size(), 1U);
        }
    }
}

TEST(Init, ArgumentsOfVariantsHoldTheirVariables) {
    const auto text = init({"--output", "-"}).out;
    for (const char* line : {
             "#  header: {arguments: [\"--header=${PRW_HEADER_NAME}:${PRW_HEADER_VALUE}\"]}\n",
             "#  basic-auth: {arguments: [\"--basic-auth=${PRW_USERNAME}:${PRW_PASSWORD}\"]}\n",
             "#  bearer-token: {arguments: [\"--bearer-token=${PRW_BEARER_TOKEN}\"]}\n",
             "#  short-timeout: {arguments: [\"--short-timeout=${PRW_TIMEOUT}\"]}\n",
         }) {
        EXPECT_THAT(text, HasSubstr(line));
    }
}

TEST(Init, OverwritesOnlyWhereItIsForcedTo) {
    const TempDir dir;
    write_file(dir.file("a.yaml"), "mine\n");
    const auto refused = init({"--output", dir.file("a.yaml")});
    EXPECT_EQ(refused.code, kUsage);
    EXPECT_THAT(refused.err, HasSubstr("a.yaml exists; --force overwrites it"));
    EXPECT_EQ(read_file(dir.file("a.yaml")), "mine\n");
    EXPECT_EQ(init({"--force", "--output", dir.file("a.yaml")}).code, kConforms);
    EXPECT_EQ(read_file(dir.file("a.yaml")), init({"--output", "-"}).out);
}

TEST(Init, RefusesWhatItCannotDo) {
    const TempDir dir;
    for (const auto& row : std::vector<std::vector<std::string>>{
             {"../agent"}, {"a b"}, {".hidden"}, {""}, {"--scrape", "--push"}, {"--push", "--stdin"}, {"a", "b"}}) {
        auto arguments = row;
        arguments.insert(arguments.end(), {"--output", dir.file("a.yaml")});
        const auto outcome = init(arguments);
        EXPECT_EQ(outcome.code, kUsage) << ::testing::PrintToString(row);
        EXPECT_NE(outcome.err, "");
        EXPECT_FALSE(std::filesystem::exists(dir.file("a.yaml")));
    }
    EXPECT_EQ(init({"--output", dir.file("nowhere/a.yaml")}).code, kInternalError);
}

}  // namespace
}  // namespace prw::cli
