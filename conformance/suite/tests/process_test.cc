#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <future>

#include "prw/suite/process.h"
#include "support.h"

namespace prw::suite {
namespace {

using namespace std::chrono_literals;
using prw::testing::read_file;
using prw::testing::TempDir;
using ::testing::HasSubstr;

ProcessOptions shell(const TempDir& dir, const std::string& script) {
    ProcessOptions options;
    options.argv = {"sh", "-c", script};
    options.log_path = dir.file("log");
    options.grace = 5s;
    return options;
}

TEST(Process, ReportsHowTheProgramEnded) {
    struct Row {
        const char* script;
        const char* text;
        bool success;
    };
    const TempDir dir;
    for (const auto& row : {Row{"exit 0", "exited with 0", true}, Row{"exit 7", "exited with 7", false},
                            Row{"kill -9 $$", "was killed by signal 9 (Killed)", false}}) {
        auto process = Process::start(shell(dir, row.script));
        ASSERT_TRUE(process) << process.error().text();
        const auto status = (*process)->wait(10s);
        ASSERT_TRUE(status);
        EXPECT_EQ(status->text(), row.text);
        EXPECT_EQ(status->success(), row.success);
        EXPECT_EQ((*process)->stop().text(), row.text);
    }
}

TEST(Process, ThatCannotBeExecutedSaysWhy) {
    const TempDir dir;
    ProcessOptions options;
    EXPECT_EQ(Process::start(options).error().code, ErrorCode::kInvalidArgument);
    options.argv = {"prw-no-such-program"};
    EXPECT_THAT(Process::start(options).error().text(), HasSubstr("prw-no-such-program: no such program in PATH"));
    options.argv = {dir.file("missing")};
    EXPECT_THAT(Process::start(options).error().text(), HasSubstr("no executable file"));
    prw::testing::write_file(dir.file("script"), "#!/nonexistent/interpreter\n");
    std::filesystem::permissions(dir.file("script"), std::filesystem::perms::owner_all);
    options.argv = {dir.file("script")};
    const auto error = Process::start(options).error();
    EXPECT_EQ(error.code, ErrorCode::kTarget);
    EXPECT_THAT(error.text(), HasSubstr("cannot execute"));
    EXPECT_THAT(error.cause, HasSubstr("No such file"));
    options.argv = {"true"};
    options.work_dir = dir.file("nowhere");
    EXPECT_THAT(Process::start(options).error().text(), HasSubstr("cannot enter the work directory"));
    options.work_dir.clear();
    options.log_path = dir.file("nowhere/log");
    EXPECT_THAT(Process::start(options).error().text(), HasSubstr("cannot open the log"));
}

TEST(Process, GetsEnvironmentDirectoryInputAndLog) {
    const TempDir dir;
    auto options = shell(dir, "pwd; echo $PRW_TEST_VALUE; cat; echo oops >&2");
    options.env = {{"PRW_TEST_VALUE", "a b"}};
    options.work_dir = dir.path().string();
    options.stdin_text = std::string(200000, 'x') + "\n";  // more than a pipe holds
    auto process = Process::start(options);
    ASSERT_TRUE(process) << process.error().text();
    ASSERT_TRUE((*process)->wait(10s));
    const auto log = read_file(dir.file("log"));
    EXPECT_THAT(log, HasSubstr(dir.path().filename().string() + "\na b\nxxx"));
    EXPECT_THAT(log, HasSubstr("xxx\noops\n"));
    EXPECT_GT(log.size(), 200000U);
}

TEST(Process, InputThatNobodyReadsDoesNoHarm) {
    const TempDir dir;
    auto options = shell(dir, "exit 0");
    options.stdin_text = std::string(1U << 20U, 'x');
    auto process = Process::start(options);
    ASSERT_TRUE(process);
    EXPECT_TRUE((*process)->wait(10s));
}

TEST(Process, StopsOnTheSignalAndIsKilledAfterTheGrace) {
    const TempDir dir;
    // The program says when its handler stands.
    auto polite = shell(dir, "trap 'exit 3' TERM; echo up; while :; do sleep 0.05; done");
    auto process = Process::start(polite);
    ASSERT_TRUE(process);
    while (read_file(dir.file("log")).find("up") == std::string::npos) ASSERT_FALSE((*process)->wait(10ms));
    EXPECT_EQ((*process)->stop().text(), "exited with 3");
    EXPECT_FALSE((*process)->had_to_be_killed());

    auto deaf = shell(dir, "trap '' TERM; echo deaf; while :; do sleep 0.05; done");
    deaf.grace = 100ms;
    process = Process::start(deaf);
    ASSERT_TRUE(process);
    while (read_file(dir.file("log")).find("deaf") == std::string::npos) ASSERT_FALSE((*process)->wait(10ms));
    EXPECT_EQ((*process)->stop().text(), "was killed by signal 9 (Killed)");
    EXPECT_TRUE((*process)->had_to_be_killed());
}

TEST(Process, TakesItsDescendantsWithIt) {
    const TempDir dir;
    auto process = Process::start(shell(dir, "sleep 1000 & echo $! > " + dir.file("child") + "; echo up; exit 0"));
    ASSERT_TRUE(process);
    ASSERT_TRUE((*process)->wait(10s));
    const int child = std::stoi(read_file(dir.file("child")));
    EXPECT_EQ(::kill(child, 0), 0) << "outlives the program until it is stopped";
    (void)(*process)->stop();
    // Reaped by init, in its own time.
    const auto end = std::chrono::steady_clock::now() + 10s;
    bool gone = false;
    while (!gone && std::chrono::steady_clock::now() < end) {
        std::string state;
        try {
            state = read_file("/proc/" + std::to_string(child) + "/stat");
        } catch (const std::exception&) {}
        gone = state.empty() || state.find(") Z ") != std::string::npos;
    }
    EXPECT_TRUE(gone);
}

TEST(Process, TellsWhenItEnds) {
    const TempDir dir;
    std::promise<void> ended;
    auto process = Process::start(shell(dir, "exit 0"));
    ASSERT_TRUE(process);
    (*process)->on_exit([&] { ended.set_value(); });
    EXPECT_EQ(ended.get_future().wait_for(10s), std::future_status::ready);
    EXPECT_FALSE((*process)->had_to_be_killed());
}

TEST(Process, TailKeepsTheLastLinesWithoutControlBytes) {
    const TempDir dir;
    prw::testing::write_file(dir.file("log"), "one\ntwo\n\x1b[31mthree\x1b[0m\nfo\x01ur\n\n");
    EXPECT_EQ(tail_of_file(dir.file("log"), 2), "three\nfour");
    EXPECT_EQ(tail_of_file(dir.file("log"), 99), "one\ntwo\nthree\nfour");
    EXPECT_EQ(tail_of_file(dir.file("log"), 99, 7), "four");
    EXPECT_EQ(tail_of_file(dir.file("log"), 2, 2000, 8), "one\ntwo") << "what came later is left out";
    EXPECT_EQ(tail_of_file(dir.file("missing")), "");
}

}  // namespace
}  // namespace prw::suite
