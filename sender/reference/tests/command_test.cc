/// The command as its users see it: a process with arguments, environment, standard input, signals and an exit code.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>

#include "prw/proto/metric_family.h"
#include "receiver_support.h"
#include "support.h"

namespace prw::sender {
namespace {

using prw::testing::read_file;
using prw::testing::TempDir;
using prw::testing::write_file;
using ::testing::HasSubstr;
using testing_support::acknowledged;
using testing_support::MiniReceiver;
using testing_support::status;

struct Outcome {
    int code = -1;
    std::string out, err;
};

class Command {
public:
    Command(std::vector<std::string> arguments, const std::string& input = {},
            std::vector<std::string> environment = {}) {
        write_file(dir_.file("in"), input);
        write_file(dir_.file("err"), "");
        arguments.insert(arguments.begin(), {PRW_PROGRAM, "send"});
        environment.emplace_back("PATH=/usr/bin:/bin");
        std::vector<char*> argv, envp;
        for (auto& each : arguments) argv.push_back(each.data());
        for (auto& each : environment) envp.push_back(each.data());
        argv.push_back(nullptr);
        envp.push_back(nullptr);
        const std::string in = dir_.file("in"), out = dir_.file("out"), err = dir_.file("err");
        child_ = fork();
        if (child_ == 0) {
            const bool ready = dup2(open(in.c_str(), O_RDONLY), 0) == 0 &&
                               dup2(open(out.c_str(), O_WRONLY | O_CREAT, 0600), 1) == 1 &&
                               dup2(open(err.c_str(), O_WRONLY | O_CREAT, 0600), 2) == 2;
            if (ready) execve(argv[0], argv.data(), envp.data());
            _exit(99);
        }
    }
    ~Command() {
        if (child_ > 0) {
            kill(child_, SIGKILL);
            waitpid(child_, nullptr, 0);
        }
    }
    void terminate() const { kill(child_, SIGTERM); }
    /// Waits until `text` is on standard error.
    [[nodiscard]] bool said(const std::string& text) const {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        pollfd changed = {inotify_init1(IN_CLOEXEC | IN_NONBLOCK), POLLIN, 0};
        inotify_add_watch(changed.fd, dir_.file("err").c_str(), IN_MODIFY);
        bool found = false;
        for (;;) {
            found = read_file(dir_.file("err")).find(text) != std::string::npos;
            const auto left =
                std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
            if (found || left.count() <= 0 || poll(&changed, 1, static_cast<int>(left.count())) <= 0) break;
            std::array<char, 4096> events{};
            while (read(changed.fd, events.data(), events.size()) > 0) {}
        }
        close(changed.fd);
        return found;
    }
    Outcome wait() {
        int how = 0;
        waitpid(child_, &how, 0);
        child_ = 0;
        return {WIFEXITED(how) ? WEXITSTATUS(how) : -WTERMSIG(how), read_file(dir_.file("out")),
                read_file(dir_.file("err"))};
    }

private:
    TempDir dir_;
    pid_t child_ = 0;
};

std::string text_of(const http::Url& url) { return "http://" + url.host_header() + url.target; }

TEST(SendCommand, StandardInput) {
    MiniReceiver receiver;
    const auto done = Command({text_of(receiver.url()), "--job", "demo", "--label", "dc=north"},
                              "a{x=\"1\"} 1 1000\na{x=\"1\"} 2 2000\nb 3 1000\n")
                          .wait();
    EXPECT_EQ(done.code, 0) << done.err;
    EXPECT_EQ(done.out,
              "samples: 3 sent, 3 acknowledged, 0 retried, 0 rejected, 0 failed\nrequests: 1, of these 0 retries\n");
    const auto got = acknowledged(receiver.received());
    ASSERT_EQ(got.size(), 2U);
    EXPECT_EQ(got.at("a{dc=\"north\",job=\"demo\",x=\"1\"}").size(), 2U);
}

TEST(SendCommand, FilesOfDifferentFormatsByEnvironment) {
    MiniReceiver receiver;
    const TempDir dir;
    write_file(dir.file("a.txt"), "a 1\n");
    write_file(dir.file("b.om"), "b 1 2.5\n# EOF\n");
    write_file(dir.file("c.json"), R"({"metrics":[{"name":"c","type":"gauge","series":[{"value":1}]}]})");
    std::vector<proto::ExposedFamily> histogram(1);
    histogram[0].name = "d";
    histogram[0].type = proto::ExposedType::kHistogram;
    histogram[0].metrics.emplace_back().native.emplace();
    write_file(dir.file("d.pb"), proto::encode_metric_families(histogram));
    const auto done =
        Command({dir.file("a.txt"), dir.file("b.om"), dir.file("c.json"), dir.file("d.pb"), "--timestamp", "7000"}, {},
                {"PRW_REMOTE_WRITE_URL=" + text_of(receiver.url()), "PRW_PROTOBUF_MESSAGE=2.0",
                 "PRW_SCRAPE_URL=http://127.0.0.1:1/"})
            .wait();
    EXPECT_EQ(done.code, 0) << done.err;
    const auto all = receiver.received();
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].message, proto::ProtobufMessage::kV2);
    const auto got = acknowledged(all);
    EXPECT_EQ(got.at("a")[0].timestamp, 7000);
    EXPECT_EQ(got.at("b")[0].timestamp, 2500);
    EXPECT_EQ(got.at("c")[0].timestamp, 7000);
    const auto& last = all[0].request.series.back();
    EXPECT_EQ(series_name(last.labels), "d");
    EXPECT_EQ(last.histograms.at(0).timestamp, 7000);
}

TEST(SendCommand, UsageAndUnreadableInputAreExitCodeTwo) {
    const TempDir dir;
    write_file(dir.file("bad.txt"), "a 1\nb{x=1} 2\n");
    const std::string url = "http://127.0.0.1:1/";
    struct Row {
        std::vector<std::string> arguments;
        std::string err;
    };
    const Row rows[] = {
        {{},
         "prw send: where to send? Give the URL first, e.g. http://127.0.0.1:9201/api/v1/write, or set "
         "PRW_REMOTE_WRITE_URL\n"},
        {{"ftp://x/"}, "ftp"},
        {{url, "--header", "Content-Type: text/plain"}, "the header Content-Type is reserved"},
        {{url, "--header", "user-agent: x"}, "the header user-agent is reserved"},
        {{url, "--header", "X-A"}, "--header is 'NAME: VALUE', got \"X-A\""},
        {{url, "--label", "a"}, "--label is NAME=VALUE"},
        {{url, "--label", "__name__=a"}, "--label is NAME=VALUE"},
        {{url, "--interval", "1x", "--scrape", url}, "not a duration: \"1x\" (write 500ms, 1s, 1m30s)"},
        {{url, "--retry-for", "31d"}, "\"31d\" is longer than 30 days"},
        {{url, "--interval", "0", "--scrape", url}, "--interval must be longer than 0"},
        {{url, "--format", "xml"},
         "--format: unknown input format \"xml\"; known: auto, text, openmetrics, json, protobuf"},
        {{url, "--protobuf-message", "3.0"},
         "--protobuf-message is 1.0 (prometheus.WriteRequest) or 2.0 (io.prometheus.write.v2.Request), got \"3.0\""},
        {{url, "--fallback", "maybe"}, "--fallback is on or off, got \"maybe\""},
        {{url, "--scrape", url, "file"}, "either --scrape or files, not both (got file)"},
        {{url, "--batch-size", "0"}, "--batch-size"},
        {{url, "--timestamp", "yesterday"}, "--timestamp is now or milliseconds since the epoch"},
        {{url, "--min-backoff", "2s", "--max-backoff", "1s"}, "the maximum backoff is shorter than the minimum"},
        {{url, "--no-such-flag"}, "--no-such-flag"},
        {{url, dir.file("bad.txt")}, dir.file("bad.txt") + ":2:5: a label value starts with '\"', got '1'\n"},
        {{url, dir.file("missing.txt")},
         dir.file("missing.txt") + ": cannot open the file (No such file or directory)\n"},
        {{url, dir.path().string()}, "is a directory, wanted a file"},
    };
    for (const Row& row : rows) {
        SCOPED_TRACE(row.err);
        const auto done = Command(row.arguments).wait();
        EXPECT_EQ(done.code, 2);
        EXPECT_THAT(done.err, HasSubstr(row.err));
        EXPECT_EQ(done.out, "");
    }
}

TEST(SendCommand, HelpHasExamples) {
    const auto done = Command({"--help"}).wait();
    EXPECT_EQ(done.code, 0);
    for (const char* part : {"Examples:", "--scrape", "--protobuf-message", "--flush-deadline", "Exit codes:"})
        EXPECT_THAT(done.out, HasSubstr(part));
}

TEST(SendCommand, RejectedIsExitCodeOneAndShowsTheReceiversText) {
    MiniReceiver receiver([](std::size_t) -> std::optional<http::Response> {
        auto response = status(400);
        response.body = "out of bounds: \x1b[31mseries a\n";
        return response;
    });
    const auto done = Command({text_of(receiver.url())}, "a 1\n").wait();
    EXPECT_EQ(done.code, 1);
    EXPECT_THAT(done.err,
                HasSubstr("1 samples rejected: the receiver answered 400 Bad Request: out of bounds: ?[31mseries a\n"));
    EXPECT_THAT(done.out, HasSubstr("0 acknowledged, 0 retried, 1 rejected"));
}

TEST(SendCommand, PartlyWrittenIsExitCodeOne) {
    MiniReceiver receiver([](std::size_t) -> std::optional<http::Response> {
        auto response = status(200);
        response.headers = testing_support::written(1);
        return response;
    });
    const auto done =
        Command({text_of(receiver.url()), "--protobuf_message", "io.prometheus.write.v2.Request"}, "a 1\nb 2\n").wait();
    EXPECT_EQ(done.code, 1);
    EXPECT_THAT(done.err,
                HasSubstr("confirm 1 samples, 0 histograms, 0 exemplars of 2 samples, 0 histograms, 0 exemplars"));
}

TEST(SendCommand, NoAnswerIsExitCodeFour) {
    http::Url url;
    {
        MiniReceiver receiver;
        url = receiver.url();
    }
    const auto done = Command({text_of(url), "--max-retries", "1", "--min-backoff", "1ms"}, "a 1\n").wait();
    EXPECT_EQ(done.code, 4);
    EXPECT_THAT(done.err, HasSubstr("prw send: no answer from " + text_of(url)));
    EXPECT_THAT(done.out, HasSubstr("requests: 2, of these 1 retries"));
}

TEST(SendCommand, NothingToSendIsExitCodeFour) {
    const auto done = Command({"http://127.0.0.1:1/"}, "# nothing\n").wait();
    EXPECT_EQ(done.code, 4);
    EXPECT_EQ(done.err, "prw send: the input has no samples, so nothing was sent\n");
}

/// A target that counts its scrapes.
class Target {
public:
    Target()
        : server_({}, [this](const http::Request&) {
              http::Response response;
              response.status = 200;
              {
                  const std::lock_guard lock(mutex_);
                  response.body = "n " + std::to_string(++scrapes_) + "\n";
              }
              changed_.notify_all();
              return response;
          }) {
        EXPECT_TRUE(server_.start());
    }
    bool wait_for(int scrapes) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, std::chrono::seconds(30), [&] { return scrapes_ >= scrapes; });
    }
    [[nodiscard]] std::string url() const { return server_.url("/metrics"); }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    int scrapes_ = 0;
    http::Server server_;
};

TEST(SendCommand, TerminationFlushesWhatIsWaitingAndSendsNoMarkers) {
    MiniReceiver receiver;
    Target target;
    // Nothing would be sent for an hour.
    Command command({text_of(receiver.url()), "--scrape", target.url(), "--interval", "20ms", "--flush-interval", "1h",
                     "--protobuf-message", "2.0"});
    ASSERT_TRUE(target.wait_for(4));
    EXPECT_TRUE(receiver.received().empty());
    command.terminate();
    const auto done = command.wait();
    EXPECT_EQ(done.code, 0) << done.err;
    const auto got = acknowledged(receiver.received());
    std::size_t scraped = 0;
    for (const auto& [name, samples] : got) {
        EXPECT_GE(samples.size(), 3U) << name;
        for (const auto& sample : samples) EXPECT_NE(sample.value_bits, proto::kStaleNanBits) << name;
        if (name.starts_with("n{instance=\"127.0.0.1:")) ++scraped;
    }
    EXPECT_EQ(scraped, 1U);
    EXPECT_EQ(got.size(), 4U);
    EXPECT_THAT(done.out, HasSubstr("stale markers 0\n"));
}

TEST(SendCommand, TerminationGivesUpAtTheFlushDeadline) {
    MiniReceiver receiver([](std::size_t) -> std::optional<http::Response> { return status(503); });
    Target target;
    Command command({text_of(receiver.url()), "--scrape", target.url(), "--interval", "20ms", "--flush-interval", "1ms",
                     "--flush-deadline", "50ms", "--min-backoff", "1h", "--max-backoff", "1h"});
    ASSERT_TRUE(command.said("; next attempt in"));  // the answer, not only the request, has arrived
    command.terminate();
    const auto done = command.wait();
    EXPECT_EQ(done.code, 1) << done.err;
    EXPECT_THAT(done.err, HasSubstr("cancelled: the receiver answered 503"));
}

TEST(SendCommand, TerminationOfAFileSend) {
    MiniReceiver receiver([](std::size_t) -> std::optional<http::Response> { return status(503); });
    Command command({text_of(receiver.url()), "--flush-deadline", "1ms", "--min-backoff", "1h", "--max-backoff", "1h",
                     "--retry-for", "0", "--batch-size", "1", "--queue-capacity", "1"},
                    "a 1\nb 2\nc 3\nd 4\n");
    ASSERT_TRUE(command.said("; next attempt in"));
    command.terminate();
    const auto done = command.wait();
    EXPECT_EQ(done.code, 1) << done.err;
    EXPECT_THAT(done.out, HasSubstr("4 failed"));
}

}  // namespace
}  // namespace prw::sender
