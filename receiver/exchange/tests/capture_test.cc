#include "prw/exchange/capture.h"

#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support.h"

namespace prw::exchange {
namespace {

using prw::testing::read_file;
using prw::testing::TempDir;
using prw::testing::write_file;
using ::testing::HasSubstr;

Exchange sample_exchange(std::uint64_t id, std::size_t body_size = 100) {
    Exchange e;
    e.id = id;
    e.raw_head = std::string("POST /api/v1/write HTTP/1.1\r\nX-Zero: a\0b\r\n\r\n", 44);
    e.raw_body.assign(body_size, static_cast<char>(id));
    e.raw_body[0] = '\0';
    e.chunked = true;
    e.read_status = proto::ReadStatus::kClosedInBody;
    e.problem = "closed after 3 of 9 bytes";
    e.peer = "127.0.0.1:4711";
    e.connection = 7;
    e.index_on_connection = 2;
    e.received_unix_ms = 1760000000123;
    e.first_byte_us = 10;
    e.last_byte_us = 20;
    e.response_start_us = 30;
    e.response_end_us = 40;
    e.status = 400;
    e.response_headers = {{"X-B", "2"}, {"X-A", "1"}, {"X-B", ""}};
    e.response_body = "labels are not sorted";
    e.fault = "cut";
    e.response_sent = true;
    e.scripted = "step 1";
    e.check.kind = rules::RequestKind::kWriteV2;
    e.check.declared = proto::ProtobufMessage::kV1;
    e.check.actual = proto::ProtobufMessage::kV2;
    e.check.decoded = true;
    e.check.series = 1;
    e.check.samples = 2;
    e.check.histograms = 3;
    e.check.exemplars = 4;
    e.check.metadata = 5;
    e.check.rejected_series = 6;
    e.check.uncompressed_size = 0xfedcba9876543210ULL;
    e.check.status = 400;
    rules::Finding f;
    f.rule = "labels/sorted";
    f.clauses = {"prw2.labels.sorted", "ext.other"};
    f.level = proto::Level::kShouldNot;
    f.severity = rules::Severity::kWarn;
    f.extension = true;
    f.message = "wanted \"a\" before \"b\"";
    f.series = "up{b=\"\",a=\"é\"}";
    f.field = "timeseries[0].labels[1]";
    f.protobuf_bytes = proto::ByteRange{1, 2};
    f.head_bytes = proto::ByteRange{5, 6};
    f.evidence = "0a 0b";
    f.fix = "Sort them.";
    f.count = 480;
    e.check.findings = {f, rules::Finding{}};
    return e;
}

void expect_same(const Exchange& a, const Exchange& b) {
    EXPECT_EQ(a.raw_head, b.raw_head);
    EXPECT_EQ(a.raw_body, b.raw_body);
    EXPECT_EQ(a.chunked, b.chunked);
    EXPECT_EQ(a.read_status, b.read_status);
    EXPECT_EQ(a.problem, b.problem);
    EXPECT_EQ(a.peer, b.peer);
    EXPECT_EQ(a.connection, b.connection);
    EXPECT_EQ(a.index_on_connection, b.index_on_connection);
    EXPECT_EQ(a.received_unix_ms, b.received_unix_ms);
    EXPECT_EQ(std::tie(a.first_byte_us, a.last_byte_us, a.response_start_us, a.response_end_us),
              std::tie(b.first_byte_us, b.last_byte_us, b.response_start_us, b.response_end_us));
    EXPECT_EQ(a.status, b.status);
    EXPECT_EQ(a.response_headers, b.response_headers);
    EXPECT_EQ(a.response_body, b.response_body);
    EXPECT_EQ(std::tie(a.fault, a.response_sent, a.scripted), std::tie(b.fault, b.response_sent, b.scripted));
    const auto& c = a.check;
    const auto& d = b.check;
    EXPECT_EQ(
        std::tie(c.kind, c.declared, c.actual, c.decoded, c.series, c.samples, c.histograms, c.exemplars, c.metadata),
        std::tie(d.kind, d.declared, d.actual, d.decoded, d.series, d.samples, d.histograms, d.exemplars, d.metadata));
    EXPECT_EQ(std::tie(c.rejected_series, c.uncompressed_size, c.status),
              std::tie(d.rejected_series, d.uncompressed_size, d.status));
    ASSERT_EQ(c.findings.size(), d.findings.size());
    for (std::size_t i = 0; i < c.findings.size(); ++i) {
        const auto& f = c.findings[i];
        const auto& g = d.findings[i];
        EXPECT_EQ(std::tie(f.rule, f.clauses, f.level, f.severity, f.extension, f.message, f.series, f.field,
                           f.evidence, f.fix, f.count),
                  std::tie(g.rule, g.clauses, g.level, g.severity, g.extension, g.message, g.series, g.field,
                           g.evidence, g.fix, g.count));
        EXPECT_EQ(f.protobuf_bytes, g.protobuf_bytes);
        EXPECT_EQ(f.body_bytes, g.body_bytes);
        EXPECT_EQ(f.head_bytes, g.head_bytes);
    }
}

std::vector<std::uint64_t> ids_in(const std::string& path) {
    std::vector<std::uint64_t> ids;
    auto reader = CaptureReader::open(path);
    EXPECT_TRUE(reader) << reader.error().text();
    if (!reader) return ids;
    const auto done = (*reader)->for_each([&](const Exchange& e) {
        ids.push_back(e.id);
        return true;
    });
    EXPECT_TRUE(done) << done.error().text();
    return ids;
}

void pragma(const std::string& path, const std::string& sql) {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(path.c_str(), &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
    sqlite3_close(db);
}

void write_some(const std::string& path, std::uint64_t count) {
    auto writer = CaptureWriter::open(path);
    ASSERT_TRUE(writer) << writer.error().text();
    for (std::uint64_t id = 1; id <= count; ++id) ASSERT_TRUE((*writer)->append(sample_exchange(id)));
    ASSERT_TRUE((*writer)->close());
}

TEST(Capture, KeepsEveryByteAndField) {
    const TempDir dir;
    const auto path = dir.file("a.prwcap");
    const auto original = sample_exchange(1);
    {
        auto writer = CaptureWriter::open(path, {.tool_version = "1.2.3"});
        ASSERT_TRUE(writer) << writer.error().text();
        ASSERT_TRUE((*writer)->append(original));
        ASSERT_TRUE((*writer)->close());
    }
    EXPECT_TRUE(looks_like_capture(path));
    EXPECT_FALSE(std::filesystem::exists(path + "-wal")) << "one file is left behind";
    auto reader = CaptureReader::open(path);
    ASSERT_TRUE(reader) << reader.error().text();
    EXPECT_FALSE(std::filesystem::exists(path + "-wal")) << "reading leaves nothing behind";
    EXPECT_FALSE(std::filesystem::exists(path + "-shm"));
    EXPECT_EQ((*reader)->info().exchanges, 1U);
    EXPECT_EQ((*reader)->info().tool_version, "1.2.3");
    const auto loaded = (*reader)->get(1);
    ASSERT_TRUE(loaded) << loaded.error().text();
    expect_same(original, *loaded);
    const auto missing = (*reader)->get(2);
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().text(), "2: the capture has no exchange with this id");
}

TEST(Capture, IsReadableWhileItIsWritten) {
    const TempDir dir;
    const auto path = dir.file("live.prwcap");
    auto writer = CaptureWriter::open(path);
    ASSERT_TRUE(writer);
    ASSERT_TRUE((*writer)->append(sample_exchange(1)));
    ASSERT_TRUE((*writer)->flush());
    EXPECT_THAT(ids_in(path), ::testing::ElementsAre(1));
    ASSERT_TRUE((*writer)->append(sample_exchange(2)));
    ASSERT_TRUE((*writer)->flush());
    EXPECT_THAT(ids_in(path), ::testing::ElementsAre(1, 2));
}

TEST(Capture, AppendsToAnExistingCaptureWithHigherIds) {
    const TempDir dir;
    const auto path = dir.file("twice.prwcap");
    write_some(path, 2);
    write_some(path, 2);
    EXPECT_THAT(ids_in(path), ::testing::ElementsAre(1, 2, 3, 4));
}

TEST(Capture, TakesExchangesFromManyThreads) {
    const TempDir dir;
    const auto path = dir.file("many.prwcap");
    auto writer = CaptureWriter::open(path);
    ASSERT_TRUE(writer);
    {
        std::vector<std::jthread> threads;
        for (std::uint64_t t = 0; t < 4; ++t)
            threads.emplace_back([&, t] {
                for (std::uint64_t i = 0; i < 50; ++i) EXPECT_TRUE((*writer)->append(sample_exchange(t * 50 + i + 1)));
            });
    }
    ASSERT_TRUE((*writer)->close());
    EXPECT_EQ(ids_in(path).size(), 200U);
}

TEST(Capture, StaysWithinItsBoundByPruningTheOldest) {
    const TempDir dir;
    const auto path = dir.file("bounded.prwcap");
    constexpr std::uint64_t kBound = 1U << 20U;
    auto writer = CaptureWriter::open(path, {.max_bytes = kBound, .commit_interval_ms = 1});
    ASSERT_TRUE(writer);
    for (std::uint64_t id = 1; id <= 200; ++id) {
        ASSERT_TRUE((*writer)->append(sample_exchange(id, 20000)));
        if (id % 10 == 0) {
            ASSERT_TRUE((*writer)->flush());
        }
    }
    const auto pruned = (*writer)->pruned();
    ASSERT_TRUE((*writer)->close());
    const auto ids = ids_in(path);
    ASSERT_FALSE(ids.empty());
    EXPECT_EQ(ids.back(), 200U) << "the newest is kept";
    EXPECT_EQ(ids.front(), pruned + 1) << "the oldest went first";
    EXPECT_GT(ids.size(), 20U);
    // One transaction may stand above the bound until it is pruned.
    EXPECT_LT(std::filesystem::file_size(path), kBound + 10 * 25000);
    auto reader = CaptureReader::open(path);
    ASSERT_TRUE(reader);
    EXPECT_EQ((*reader)->info().pruned, pruned);
}

TEST(Capture, KeepsOneExchangeThatIsLargerThanTheBound) {
    const TempDir dir;
    const auto path = dir.file("huge.prwcap");
    auto writer = CaptureWriter::open(path, {.max_bytes = 100000});
    ASSERT_TRUE(writer);
    ASSERT_TRUE((*writer)->append(sample_exchange(1, 500000)));
    ASSERT_TRUE((*writer)->append(sample_exchange(2, 500000)));
    ASSERT_TRUE((*writer)->close());
    EXPECT_THAT(ids_in(path), ::testing::ElementsAre(2));
}

/// kill -9 at any moment loses nothing acknowledged more than one second ago, and leaves a readable file.
TEST(Capture, SurvivesBeingKilled) {
    using Clock = std::chrono::steady_clock;
    const TempDir dir;
    const auto path = dir.file("killed.prwcap");
    int acknowledged[2];
    ASSERT_EQ(pipe2(acknowledged, O_CLOEXEC), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        auto writer = CaptureWriter::open(path);
        if (!writer) _exit(1);
        for (std::uint64_t id = 1;; ++id) {
            if (!(*writer)->append(sample_exchange(id, 2000))) _exit(2);
            if (write(acknowledged[1], &id, sizeof id) != sizeof id) _exit(3);
        }
    }
    close(acknowledged[1]);
    std::map<std::uint64_t, Clock::time_point> seen;
    const auto start = Clock::now();
    std::uint64_t id = 0;
    while (Clock::now() - start < std::chrono::milliseconds(1500) && read(acknowledged[0], &id, sizeof id) == sizeof id)
        seen[id] = Clock::now();
    kill(child, SIGKILL);
    const auto killed = Clock::now();
    waitpid(child, nullptr, 0);
    close(acknowledged[0]);

    std::uint64_t must_have = 0;
    for (const auto& [number, when] : seen)
        if (killed - when > std::chrono::seconds(1)) must_have = number;
    ASSERT_GT(must_have, 0U) << "the child acknowledged nothing a second before it was killed";
    const auto ids = ids_in(path);
    ASSERT_GE(ids.size(), must_have);
    for (std::uint64_t i = 0; i < ids.size(); ++i) ASSERT_EQ(ids[i], i + 1) << "no gap";
}

std::string message_of(const std::string& path) {
    auto reader = CaptureReader::open(path);
    if (!reader) return reader.error().text();
    const auto done = (*reader)->for_each([](const Exchange&) { return true; });
    return done ? "readable" : done.error().text();
}

TEST(Capture, TellsBadFilesApart) {
    const TempDir dir;
    const auto fresh = [&](const char* name) {
        const auto path = dir.file(name);
        write_some(path, 20);
        return path;
    };
    const auto missing = dir.file("missing");
    EXPECT_EQ(message_of(missing), missing + ": no such file");

    const auto text = dir.file("text");
    write_file(text, std::string(500, 'x'));
    EXPECT_EQ(message_of(text), text + ": not a capture: the file is not an SQLite database");
    EXPECT_FALSE(looks_like_capture(text));

    const auto other = dir.file("other.db");
    pragma(other, "CREATE TABLE t (x)");
    EXPECT_EQ(message_of(other), other + ": not a capture: an SQLite database of another program");

    const auto newer = fresh("newer.prwcap");
    pragma(newer, "PRAGMA user_version = 99");
    EXPECT_EQ(message_of(newer), newer + ": the capture was written by a newer prw (format 99, this prw reads 1 to 3)");

    const auto older = fresh("older.prwcap");
    pragma(older, "PRAGMA user_version = 0");
    EXPECT_EQ(message_of(older),
              older + ": the capture is of a format too old to read (format 0, this prw reads 1 to 3)");

    const auto cut = fresh("cut.prwcap");
    std::filesystem::resize_file(cut, std::filesystem::file_size(cut) / 2);
    EXPECT_THAT(message_of(cut), HasSubstr("the capture is corrupt"));

    const auto scribbled = fresh("scribbled.prwcap");
    auto bytes = read_file(scribbled);
    for (std::size_t i = 4096; i < bytes.size(); ++i) bytes[i] = '\x5a';
    write_file(scribbled, bytes);
    EXPECT_THAT(message_of(scribbled), HasSubstr("the capture is corrupt"));
}

TEST(Capture, KeepsTheTextsOfACapsule) {
    const TempDir dir;
    const auto path = dir.file("one.prwcap");
    const CapsuleTexts written = {
        {"check", "sender/labels/sorted"}, {"", "no name"}, {"what's \"this\"", "\xc3\xa4; --"}};
    {
        auto writer = CaptureWriter::open(path, {.capsule = written});
        ASSERT_TRUE(writer) << writer.error().text();
        ASSERT_TRUE((*writer)->append(sample_exchange(3)));
        ASSERT_TRUE((*writer)->append(sample_exchange(12)));
        ASSERT_TRUE((*writer)->close());
    }
    EXPECT_THAT(ids_in(path), ::testing::ElementsAre(3, 12)) << "ids are those of the run";
    auto reader = CaptureReader::open(path);
    ASSERT_TRUE(reader) << reader.error().text();
    EXPECT_EQ((*reader)->info().capsule, written);

    const auto ordinary = dir.file("ordinary.prwcap");
    write_some(ordinary, 1);
    EXPECT_TRUE((*CaptureReader::open(ordinary))->info().capsule.empty());
}

TEST(Capture, OfVersionTwoHasTheTextsInColumns) {
    const TempDir dir;
    const auto path = dir.file("two.prwcap");
    write_some(path, 2);
    pragma(path,
           "DROP TABLE capsule; CREATE TABLE capsule (check_id TEXT NOT NULL, left_out INTEGER NOT NULL, context TEXT "
           "NOT NULL); INSERT INTO capsule VALUES ('sender/labels/sorted', 7, '{}'); PRAGMA user_version = 2");
    auto reader = CaptureReader::open(path);
    ASSERT_TRUE(reader) << reader.error().text();
    EXPECT_EQ((*reader)->info().version, 2);
    EXPECT_EQ((*reader)->info().capsule,
              (CapsuleTexts{{"check_id", "sender/labels/sorted"}, {"left_out", "7"}, {"context", "{}"}}));
    reader->reset();
    write_some(path, 1);
    EXPECT_THAT(ids_in(path), ::testing::ElementsAre(1, 2, 3));
    EXPECT_EQ((*CaptureReader::open(path))->info().version, 2) << "left as it is";
}

TEST(Capture, OfBeforeVersionThreeSaysResetOnPurposeInAText) {
    const TempDir dir;
    const auto path = dir.file("reset.prwcap");
    {
        auto writer = CaptureWriter::open(path);
        ASSERT_TRUE(writer);
        auto exchange = sample_exchange(1);
        exchange.read_status = proto::ReadStatus::kClosedInBody;
        exchange.problem = "the connection was reset on purpose, after 3 bytes";
        ASSERT_TRUE((*writer)->append(exchange));
        exchange.id = 2;
        exchange.problem = "closed by the client within the body, after 3 bytes";
        ASSERT_TRUE((*writer)->append(exchange));
        exchange.id = 3;
        exchange.read_status = proto::ReadStatus::kResetOnPurpose;
        exchange.problem = "whatever";
        ASSERT_TRUE((*writer)->append(exchange));
    }
    pragma(path, "PRAGMA user_version = 2");
    auto reader = CaptureReader::open(path);
    ASSERT_TRUE(reader) << reader.error().text();
    EXPECT_EQ((*reader)->get(1)->read_status, proto::ReadStatus::kResetOnPurpose);
    EXPECT_EQ((*reader)->get(2)->read_status, proto::ReadStatus::kClosedInBody);
    EXPECT_EQ((*reader)->get(3)->read_status, proto::ReadStatus::kResetOnPurpose);
}

TEST(Capture, OfVersionOneIsReadAndAppendedTo) {
    const TempDir dir;
    const auto path = dir.file("old.prwcap");
    write_some(path, 2);
    pragma(path, "DROP TABLE capsule; PRAGMA user_version = 1");
    auto reader = CaptureReader::open(path);
    ASSERT_TRUE(reader) << reader.error().text();
    EXPECT_EQ((*reader)->info().version, 1);
    EXPECT_TRUE((*reader)->info().capsule.empty());
    reader->reset();
    write_some(path, 1);
    EXPECT_THAT(ids_in(path), ::testing::ElementsAre(1, 2, 3));
    EXPECT_EQ((*CaptureReader::open(path))->info().version, 1) << "left as it is";
}

TEST(Capture, NeverTouchesAForeignFile) {
    const TempDir dir;
    const auto text = dir.file("notes.txt");
    write_file(text, "precious");
    const auto writer = CaptureWriter::open(text);
    ASSERT_FALSE(writer);
    EXPECT_EQ(writer.error().text(), text + ": not a capture; it is left as it is");
    EXPECT_EQ(read_file(text), "precious");

    const auto nowhere = CaptureWriter::open(dir.file("no/such/folder.prwcap"));
    ASSERT_FALSE(nowhere);
    EXPECT_THAT(nowhere.error().text(), HasSubstr("cannot open the capture"));
}

TEST(Capture, IsReadableInAReadOnlyFolder) {
    const TempDir dir;
    std::filesystem::create_directory(dir.path() / "ro");
    const auto path = dir.file("ro/a.prwcap");
    write_some(path, 3);
    std::filesystem::permissions(dir.path() / "ro",
                                 std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
    EXPECT_EQ(ids_in(path).size(), 3U);
    std::filesystem::permissions(dir.path() / "ro", std::filesystem::perms::owner_all);
}

}  // namespace
}  // namespace prw::exchange
