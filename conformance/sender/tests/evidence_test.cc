// Capsules: what is in them, what is not, and that they are judged again to the same verdict. The doubles of
// scenarios_test.cc add one capsule for every check on behaviour.
#include "prw/suite/evidence.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checks/fidelity.h"
#include "prw/proto/model.h"
#include "prw/proto/snappy_block.h"
#include "prw/sender_suite/checks.h"
#include "prw/sender_suite/runner.h"
#include "prw/sender_suite/sender_suite.h"
#include "support.h"

namespace prw::sender_suite {
namespace {

using proto::ProtobufMessage;
using prw::testing::TempDir;
using prw::testing::write_file;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Le;
using ::testing::Not;
using ::testing::SizeIs;

constexpr std::int64_t kStart = 1'760'000'000'000;

proto::Series series(const std::string& metric, std::int64_t timestamp, double value) {
    proto::Series out;
    out.labels = {{"__name__", metric}, {"instance", "a"}, {"job", "b"}};
    out.samples = {{proto::to_bits(value), timestamp, 0}};
    return out;
}

/// A record with its capture, written request by request as a receiver would have.
class Recording {
public:
    explicit Recording(std::string scenario, std::vector<SourceIdentity> sources = {},
                       ProtobufMessage message = ProtobufMessage::kV1)
        : message_(message) {
        record_.scenario = std::move(scenario);
        record_.asked = message;
        record_.target.name = "hand-made";
        record_.target.input = sources.empty() ? suite::Input::kNone : suite::Input::kScrape;
        record_.target.features["metadata"] = {true, false};
        record_.started = true;
        record_.expected_target = "/api/v1/write";
        record_.observation = Observation(std::move(sources));
        record_.directory = dir_.file("scenario");
        record_.capture = "requests.prwcap";
        std::filesystem::create_directory(record_.directory);
        auto writer = exchange::CaptureWriter::open(record_.directory + "/requests.prwcap");
        EXPECT_TRUE(writer) << writer.error().text();
        writer_ = std::move(*writer);
    }

    Recording& request(int status, std::vector<proto::Series> list, std::int64_t gap_us = 100'000) {
        exchange::Exchange e;
        e.id = ++id_;
        e.raw_body = proto::compress_snappy(proto::encode({std::move(list), {}}, message_));
        e.raw_head =
            "POST /api/v1/write HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: made/1.0\r\nContent-Encoding: "
            "snappy\r\nContent-Type: " +
            std::string(message_ == ProtobufMessage::kV1 ? proto::kContentTypeV1 : proto::kContentTypeV2) +
            "\r\nX-Prometheus-Remote-Write-Version: " + (message_ == ProtobufMessage::kV1 ? "0.1.0" : "2.0.0") +
            "\r\nAuthorization: Bearer s3cret\r\nContent-Length: " + std::to_string(e.raw_body.size()) + "\r\n\r\n";
        e.connection = 1;
        e.index_on_connection = id_ - 1;
        e.received_unix_ms = kStart + static_cast<std::int64_t>(id_) * 100;
        time_us_ += gap_us;
        e.first_byte_us = e.last_byte_us = time_us_;
        e.response_start_us = e.response_end_us = time_us_ += 100;
        e.status = status;
        e.response_sent = status != 0;
        rules::CheckOptions options;
        options.now_ms = e.received_unix_ms;
        options.expected_target = "/api/v1/write";
        e.check = rules::check(e.raw_head, e.payload(), options);
        EXPECT_TRUE(writer_->append(e));
        record_.observation.add(e);
        return *this;
    }
    Recording& scraped(std::uint64_t number, std::vector<ServedSample> samples) {
        Generation generation;
        generation.number = number;
        generation.unix_ms = kStart + static_cast<std::int64_t>(number) * 100;
        generation.complete = true;
        generation.samples = std::move(samples);
        record_.generations.push_back(std::move(generation));
        return *this;
    }

    /// The outcomes after capsules were written; those that failed or warned by their id.
    std::map<std::string, suite::CheckOutcome> capsules(const suite::CapsuleLimits& limits = {}) {
        EXPECT_TRUE(writer_->close());
        auto checks = judge(record_);
        const ScenarioRecord* const records[] = {&record_};
        for (auto& check : judge_rules(records, message_)) checks.push_back(std::move(check));
        const auto written = write_capsules(checks, {&record_, 1}, out(), "test", limits);
        EXPECT_TRUE(written) << written.error().text();
        std::map<std::string, suite::CheckOutcome> result;
        for (auto& check : checks)
            if (check.verdict == suite::Verdict::kFail || check.verdict == suite::Verdict::kWarn)
                result[check.id] = check;
        return result;
    }
    [[nodiscard]] std::string out() const { return dir_.file("out"); }
    [[nodiscard]] std::string path(const suite::CheckOutcome& check) const { return out() + "/" + check.capsule; }
    [[nodiscard]] std::vector<exchange::Exchange> exchanges(const suite::CheckOutcome& check) const {
        std::vector<exchange::Exchange> list;
        auto reader = exchange::CaptureReader::open(path(check));
        EXPECT_TRUE(reader) << reader.error().text();
        if (reader) {
            EXPECT_TRUE((*reader)->for_each([&](const exchange::Exchange& e) {
                list.push_back(e);
                return true;
            }));
        }
        return list;
    }
    ScenarioRecord& record() { return record_; }

private:
    TempDir dir_;
    ProtobufMessage message_;
    ScenarioRecord record_;
    std::unique_ptr<exchange::CaptureWriter> writer_;
    std::uint64_t id_ = 0;
    std::int64_t time_us_ = 0;
};

std::vector<std::uint64_t> ids(const std::vector<exchange::Exchange>& exchanges) {
    std::vector<std::uint64_t> out;
    for (const auto& e : exchanges) out.push_back(e.id);
    return out;
}

proto::Series unsorted(std::int64_t timestamp) {
    auto out = series("m", timestamp, 1);
    std::swap(out.labels[1], out.labels[2]);
    return out;
}

TEST(Capsules, OfARuleHoldTheRequestsThatBreakIt) {
    Recording recording("steady");
    for (int i = 1; i <= 30; ++i)
        recording.request(204, {i == 17 || i == 21 ? unsorted(kStart + i) : series("m", kStart + i, i)});
    const auto failed = recording.capsules();
    ASSERT_TRUE(failed.contains("sender/labels/sorted"));
    const auto& check = failed.at("sender/labels/sorted");
    EXPECT_EQ(check.capsule, "capsules/sender--labels--sorted-1.0.prwcap");
    EXPECT_THAT(ids(recording.exchanges(check)), ElementsAre(17, 21));
    EXPECT_LT(std::filesystem::file_size(recording.path(check)), 100'000U);
    const auto again = suite::judge_again(sender_suite(), recording.path(check));
    ASSERT_TRUE(again) << again.error().text();
    EXPECT_EQ(again->is, suite::Rejudgement::kStillFailing);
    EXPECT_EQ(again->now.reason, check.reason);
    const auto& capsule = again->capsule;
    EXPECT_EQ(capsule.check, "sender/labels/sorted");
    EXPECT_EQ(capsule.verdict, "fail");
    EXPECT_EQ(capsule.level, "MUST");
    EXPECT_EQ(capsule.scenario, "steady");
    EXPECT_EQ(capsule.target, "hand-made");
    EXPECT_THAT(capsule.exchanges, ElementsAre(17, 21));
    EXPECT_EQ(capsule.left_out, 28U);
    EXPECT_TRUE(capsule.rejudges);
    EXPECT_EQ(capsule.findings.size(), 2U);
    EXPECT_NE(capsule.fix, "");
}

TEST(Capsules, HoldNoCredentials) {
    Recording recording("steady");
    recording.request(204, {unsorted(kStart)});
    const auto failed = recording.capsules();
    ASSERT_TRUE(failed.contains("sender/labels/sorted"));
    const auto held = recording.exchanges(failed.at("sender/labels/sorted"));
    ASSERT_THAT(held, SizeIs(1));
    EXPECT_THAT(held[0].raw_head, AllOf(HasSubstr("Authorization: Bearer xxxxxx\r\n"), Not(HasSubstr("s3cret"))));
    ASSERT_FALSE(failed.at("sender/labels/sorted").trace.empty());
    const auto& shown = failed.at("sender/labels/sorted").trace[0];
    EXPECT_THAT(shown.request, AllOf(HasSubstr("POST /api/v1/write HTTP/1.1\n"),
                                     HasSubstr("Authorization: Bearer xxxxxx\n"), Not(HasSubstr("s3cret"))));
    EXPECT_THAT(shown.body, HasSubstr("snappy block format\nprometheus.WriteRequest: "));
    EXPECT_THAT(shown.response, HasSubstr("204 after 0 ms\n"));
    const auto bytes = prw::testing::read_file(recording.path(failed.at("sender/labels/sorted")));
    EXPECT_EQ(bytes.find("s3cret"), std::string::npos) << "nowhere in the file";
}

TEST(Capsules, OfABehaviourHoldEveryAttemptWithTheSameDataAndItsNeighbours) {
    Recording recording("4xx");
    for (int i = 1; i <= 40; ++i) {
        const bool refused = i == 5 || i == 30;
        const auto data = refused ? series("m", kStart, 1) : series("n", kStart + i, i);
        recording.request(refused ? 400 : 204, {data});
    }
    const auto failed = recording.capsules();
    ASSERT_TRUE(failed.contains("sender/retry/not-on-4xx")) << "refused, and sent again";
    const auto& check = failed.at("sender/retry/not-on-4xx");
    const auto held = ids(recording.exchanges(check));
    EXPECT_THAT(held, ::testing::IsSupersetOf({5, 30}));
    EXPECT_THAT(held, SizeIs(Le(24U)));
    const auto again = suite::judge_again(sender_suite(), recording.path(check));
    ASSERT_TRUE(again) << again.error().text();
    EXPECT_EQ(again->is, suite::Rejudgement::kStillFailing) << again->now.reason;
    EXPECT_TRUE(again->capsule.rejudges);
}

TEST(Capsules, AreOfBoundedSizeAndSayWhenThatIsTooLittle) {
    Recording recording("4xx");
    recording.request(400, {series("m", kStart, 1)}).request(400, {series("m", kStart, 1)});
    recording.request(204, {series("m", kStart + 9, 1)});
    const auto failed = recording.capsules({.exchanges = 1});
    ASSERT_TRUE(failed.contains("sender/retry/not-on-4xx"));
    const auto& check = failed.at("sender/retry/not-on-4xx");
    EXPECT_THAT(recording.exchanges(check), SizeIs(1));
    const auto again = suite::judge_again(sender_suite(), recording.path(check));
    ASSERT_TRUE(again) << again.error().text();
    EXPECT_FALSE(again->capsule.rejudges) << "one attempt is no repetition";
    EXPECT_NE(again->is, suite::Rejudgement::kStillFailing);
    EXPECT_EQ(again->capsule.left_out, 2U);
}

TEST(Capsules, KeepTheFirstRequestHoweverLargeItIs) {
    Recording recording("steady");
    auto large = unsorted(kStart);
    std::string noise;
    for (std::uint32_t i = 0, x = 1; i < 4000; ++i)
        noise += static_cast<char>('a' + (x = x * 1103515245U + 12345U) % 26U);
    large.labels.back().second = noise;
    recording.request(204, {large}).request(204, {unsorted(kStart + 1)});
    const auto failed = recording.capsules({.bytes = 1000});
    EXPECT_THAT(ids(recording.exchanges(failed.at("sender/labels/sorted"))), ElementsAre(1));
}

/// Scrapes with many series, of which one loses its samples: the capsule keeps that one, and what tells the time.
TEST(Capsules, KeepOfALargeSourceWhatTheFailureIsAbout) {
    std::vector<SourceIdentity> sources;
    constexpr std::uint32_t kSources = 60;
    for (std::uint32_t i = 0; i < kSources; ++i)
        sources.push_back({.metric = "s" + std::to_string(100 + i), .labels = {}, .unique_values = true});
    Recording recording("steady", sources);
    for (std::uint64_t number = 1; number <= 8; ++number) {
        std::vector<ServedSample> served;
        std::vector<proto::Series> sent;
        const auto time = kStart + static_cast<std::int64_t>(number) * 100;
        for (std::uint32_t i = 0; i < kSources; ++i) {
            const auto value = static_cast<double>(number * 1000 + i);
            served.push_back({i, proto::to_bits(value), false});
            if (i != 50 || number != 4) sent.push_back(series(sources[i].metric, time, value));
        }
        recording.scraped(number, served).request(204, sent);
    }
    recording.record().notes<FidelityNotes>().window = 6;
    const auto failed = recording.capsules({.served_samples = 100});
    ASSERT_TRUE(failed.contains("sender/fidelity/every-sample-bit-exact"));
    const auto again =
        suite::judge_again(sender_suite(), recording.path(failed.at("sender/fidelity/every-sample-bit-exact")));
    ASSERT_TRUE(again) << again.error().text();
    EXPECT_EQ(again->is, suite::Rejudgement::kStillFailing) << again->now.reason;
    EXPECT_THAT(again->capsule.context, AllOf(HasSubstr("\"s150\""), Not(HasSubstr("\"s149\""))));
}

/// All that a scrape can hold, and a sender that gets each of it wrong: whatever a judge reads has to be in the
/// capsule.
TEST(Capsules, KeepHistogramsExemplarsStartsTimestampsAndMetadata) {
    std::vector<SourceIdentity> sources = {{.metric = "clock", .labels = {}, .unique_values = true},
                                           {.metric = "n", .labels = {}, .native = true, .family = 1},
                                           {.metric = "f", .labels = {}, .native = true, .family = 2},
                                           {.metric = "c_total", .labels = {}, .exemplar = true, .family = 3},
                                           {.metric = "e", .labels = {}, .explicit_timestamp = true, .family = 4},
                                           {.metric = "h_bucket", .labels = {{"le", "1"}}, .family = 5},
                                           {.metric = "h_count", .labels = {}, .family = 5},
                                           {.metric = "h", .labels = {}, .custom_buckets = true, .family = 5}};
    Recording recording("steady", sources, ProtobufMessage::kV2);
    auto& record = recording.record();
    record.notes<FidelityNotes>().window = 3;
    record.target.features["metadata"] = {true, true};
    record.families = {{"clock", "gauge", "", ""},          {"n", "histogram", "", ""}, {"f", "gaugehistogram", "", ""},
                       {"c", "counter", "Help.", "things"}, {"e", "gauge", "", ""},     {"h", "histogram", "", ""}};
    proto::Histogram integer;
    integer.schema = 2;
    integer.zero_threshold = 0.25;
    integer.zero_count = std::uint64_t{1};
    integer.count = std::uint64_t{4};
    integer.sum_bits = proto::to_bits(0.1);
    integer.positive_spans = {{-3, 2}};
    integer.positive_deltas = {1, 1};
    proto::Histogram floats = integer;
    floats.count = 4.5;
    floats.zero_count = 1.5;
    floats.positive_deltas.clear();
    floats.positive_spans.clear();
    floats.negative_spans = {{5, 2}};
    floats.negative_counts = {1, 2};
    floats.reset_hint = 3;
    proto::Histogram custom;
    custom.schema = -53;
    custom.count = std::uint64_t{7};
    custom.custom_values = {1};
    custom.positive_spans = {{0, 1}};
    custom.positive_deltas = {7};
    for (std::uint64_t number = 1; number <= 5; ++number) {
        const auto time = kStart + static_cast<std::int64_t>(number) * 1000;
        const auto value = static_cast<double>(number);
        recording.scraped(number, {{0, proto::to_bits(value)},
                                   {3, proto::to_bits(7), false, kStart},
                                   {4, proto::to_bits(8), false, 0, kStart - 5},
                                   {5, proto::to_bits(6)},
                                   {6, proto::to_bits(7)}});
        auto& generation = record.generations.back();
        generation.format = Exposition::kProtobuf;
        generation.histograms = {{1, integer}, {2, floats}};
        const std::string trace = "t" + std::to_string(number);
        generation.exemplars = {{3, {{{"trace_id", trace}}, proto::to_bits(0.5), kStart}}};

        auto counter = series("c_total", time, 7);
        counter.samples[0].start_timestamp = kStart - 1;
        counter.exemplars = {{{{"trace_id", trace}}, proto::to_bits(0.25), kStart}};
        counter.metadata = {proto::MetricType::kCounter, "", "Help\\.", "things"};
        auto histogram = series("n", time, 0);
        histogram.samples.clear();
        histogram.histograms = {integer};
        histogram.histograms[0].timestamp = time;
        ++histogram.histograms[0].sum_bits;
        auto gauge = histogram;
        gauge.labels[0].second = "f";
        gauge.histograms = {floats};
        gauge.histograms[0].timestamp = time;
        gauge.histograms[0].reset_hint = 0;
        auto classic = histogram;
        classic.labels[0].second = "h";
        classic.histograms = {custom};
        classic.histograms[0].timestamp = time;
        recording.request(
            204, {series("clock", time, value), counter, histogram, gauge, classic, series("e", time / 1000, 8)});
    }
    const auto failed = recording.capsules();
    const std::pair<const char*, const char*> rows[] = {{"sender/fidelity/every-sample-bit-exact", "fail"},
                                                        {"sender/fidelity/native-histograms", "fail"},
                                                        {"sender/fidelity/custom-buckets", "fail"},
                                                        {"sender/fidelity/reset-hints", "warn"},
                                                        {"sender/fidelity/exemplars", "fail"},
                                                        {"sender/fidelity/start-timestamps", "warn"},
                                                        {"sender/fidelity/metadata", "warn"}};
    for (const auto& [id, verdict] : rows) {
        SCOPED_TRACE(id);
        ASSERT_TRUE(failed.contains(id));
        const auto again = suite::judge_again(sender_suite(), recording.path(failed.at(id)));
        ASSERT_TRUE(again) << again.error().text();
        EXPECT_EQ(again->is, suite::Rejudgement::kStillFailing) << again->now.reason;
        EXPECT_TRUE(again->capsule.rejudges);
        EXPECT_EQ(again->capsule.verdict, verdict);
        EXPECT_EQ(again->now.reason, failed.at(id).reason);
        EXPECT_EQ(again->now.findings.size(), failed.at(id).findings.size());
    }
}

TEST(Capsules, OfAnEarlierRunAreRemovedAndNothingElse) {
    Recording recording("steady");
    recording.request(204, {unsorted(kStart)});
    const auto folder = recording.out() + "/capsules/";
    std::filesystem::create_directories(folder);
    for (const char* name : {"sender--old-1.0.prwcap", "sender--old-1.0.prwcap-wal", "notes.txt"})
        write_file(folder + name, "x");
    const auto failed = recording.capsules();
    EXPECT_TRUE(failed.contains("sender/labels/sorted"));
    EXPECT_FALSE(std::filesystem::exists(folder + "sender--old-1.0.prwcap"));
    EXPECT_FALSE(std::filesystem::exists(folder + "sender--old-1.0.prwcap-wal"));
    EXPECT_TRUE(std::filesystem::exists(folder + "notes.txt"));
}

TEST(Capsules, OfAFolderThatCannotBeWrittenAreAnError) {
    Recording recording("steady");
    recording.request(204, {unsorted(kStart)});
    (void)recording.capsules();
    const TempDir dir;
    write_file(dir.file("capsules"), "a file where the folder would be");
    const ScenarioRecord* const records[] = {&recording.record()};
    auto checks = judge_rules(records, ProtobufMessage::kV1);
    const auto written = write_capsules(checks, {&recording.record(), 1}, dir.path().string(), "test");
    ASSERT_FALSE(written);
    EXPECT_THAT(written.error().text(), HasSubstr("capsules"));
    for (const auto& check : checks) EXPECT_EQ(check.capsule, "");
}

suite::Capsule sample_capsule() {
    suite::Capsule c;
    c.check = "sender/labels/sorted";
    c.message = ProtobufMessage::kV2;
    c.scenario = "steady";
    c.level = "MUST";
    c.verdict = "fail";
    c.clauses = {"prw2.labels.sorted", "ext.other"};
    c.summary = "Labels are sorted.";
    c.reason = "\"b\" before \"a\"";
    c.want = "a, b";
    c.got = "b, a";
    c.fix = "Sort them.";
    c.target = "my-agent";
    c.exchanges = {3, 12};
    c.left_out = 7;
    c.rejudges = true;
    c.findings = {{.rule = "labels/sorted",
                   .clauses = {"prw2.labels.sorted"},
                   .message = "\"b\" before \"a\"",
                   .protobuf_bytes = proto::ByteRange{3, 4}}};
    c.context = R"({"scenario":"steady"})";
    return c;
}

TEST(CapsuleTexts, AreReadAsTheyAreWritten) {
    const auto written = sample_capsule();
    exchange::CaptureInfo info;
    info.capsule = suite::texts_of(written);
    const auto again = suite::read_capsule(info, "one.prwcap");
    ASSERT_TRUE(again) << again.error().text();
    ASSERT_TRUE(*again);
    const auto& read = **again;
    EXPECT_EQ(std::tie(read.check, read.message, read.scenario, read.level, read.verdict, read.clauses, read.summary),
              std::tie(written.check, written.message, written.scenario, written.level, written.verdict,
                       written.clauses, written.summary));
    EXPECT_EQ(std::tie(read.reason, read.want, read.got, read.fix, read.target, read.exchanges, read.left_out,
                       read.rejudges, read.context),
              std::tie(written.reason, written.want, written.got, written.fix, written.target, written.exchanges,
                       written.left_out, written.rejudges, written.context));
    ASSERT_EQ(read.findings.size(), 1U);
    EXPECT_EQ(read.findings.front().message, written.findings.front().message);
    EXPECT_EQ(read.findings.front().protobuf_bytes, written.findings.front().protobuf_bytes);
    EXPECT_EQ(suite::texts_of(read), info.capsule);

    const auto ordinary = suite::read_capsule({}, "ordinary.prwcap");
    ASSERT_TRUE(ordinary);
    EXPECT_FALSE(*ordinary);
}

TEST(CapsuleTexts, SayWhatIsDamaged) {
    const std::tuple<const char*, const char*, const char*> rows[] = {
        {"protobuf_message", "3.0", "protobuf_message is \"3.0\""},
        {"exchanges", "3 x", "exchanges holds \"x\""},
        {"left_out", "-1", "left_out is \"-1\""},
        {"findings", "nonsense", "findings is no JSON array"},
        {"findings", "[{}]", "findings: not a finding"},
    };
    for (const auto& [name, value, what] : rows) {
        exchange::CaptureInfo info;
        info.capsule = suite::texts_of(sample_capsule());
        info.capsule.at(name) = value;
        const auto read = suite::read_capsule(info, "damaged.prwcap");
        ASSERT_FALSE(read) << value;
        EXPECT_EQ(read.error().code, ErrorCode::kMalformed);
        EXPECT_THAT(read.error().text(),
                    HasSubstr(std::string("damaged.prwcap: the capsule's description is damaged (") + what));
    }
    exchange::CaptureInfo whole;
    whole.capsule = suite::texts_of(sample_capsule());
    for (const auto& [name, value] : whole.capsule) {
        auto info = whole;
        info.capsule.erase(name);
        const auto read = suite::read_capsule(info, "damaged.prwcap");
        ASSERT_FALSE(read) << name;
        EXPECT_THAT(read.error().text(), HasSubstr("it has no " + name));
    }
}

class JudgeAgain : public ::testing::Test {
protected:
    void SetUp() override {
        recording_.request(204, {unsorted(kStart)});
        const auto failed = recording_.capsules();
        ASSERT_TRUE(failed.contains("sender/labels/sorted"));
        path_ = recording_.path(failed.at("sender/labels/sorted"));
        auto reader = exchange::CaptureReader::open(path_);
        ASSERT_TRUE(reader);
        const auto capsule = suite::read_capsule((*reader)->info(), path_);
        ASSERT_TRUE(capsule && *capsule);
        capsule_ = **capsule;
        exchanges_ = recording_.exchanges(failed.at("sender/labels/sorted"));
    }
    Recording recording_{"steady"};
    std::string path_;
    suite::Capsule capsule_;
    std::vector<exchange::Exchange> exchanges_;
};

TEST_F(JudgeAgain, SaysFixedWhenTheRuleFindsNothingMore) {
    auto sorted = exchanges_;
    sorted[0].raw_body = proto::compress_snappy(proto::encode({{series("m", kStart, 1)}, {}}, ProtobufMessage::kV1));
    const auto again = suite::judge_again(sender_suite(), capsule_, sorted);
    ASSERT_TRUE(again) << again.error().text();
    EXPECT_EQ(again->is, suite::Rejudgement::kFixed);
    EXPECT_EQ(again->now.verdict, suite::Verdict::kPass);
}

TEST_F(JudgeAgain, SaysChangedWhenTheVerdictIsAnother) {
    capsule_.verdict = "warn";
    const auto again = suite::judge_again(sender_suite(), capsule_, exchanges_);
    ASSERT_TRUE(again) << again.error().text();
    EXPECT_EQ(again->is, suite::Rejudgement::kChanged);
    EXPECT_EQ(again->now.verdict, suite::Verdict::kFail);
}

TEST_F(JudgeAgain, NamesWhatItCannotUse) {
    auto unknown = capsule_;
    unknown.check = "sender/labels/sortet";
    EXPECT_EQ(suite::judge_again(sender_suite(), unknown, exchanges_).error().text(),
              "this prw has no check sender/labels/sortet (the nearest is sender/labels/sorted)");
    const std::pair<const char*, const char*> rows[] = {
        {"", "no JSON object"},
        {"[]", "no JSON object"},
        {R"({"format": 2})", "written by a newer prw"},
        {R"({"format": 1})", "damaged"},
        {R"({"format": "x"})", "damaged"},
    };
    for (const auto& [context, what] : rows) {
        auto damaged = capsule_;
        damaged.context = context;
        const auto again = suite::judge_again(sender_suite(), damaged, exchanges_);
        ASSERT_FALSE(again) << context;
        EXPECT_THAT(again.error().text(), HasSubstr(what)) << context;
    }
    const auto ordinary = recording_.record().directory + "/requests.prwcap";
    EXPECT_THAT(suite::judge_again(sender_suite(), ordinary).error().text(),
                HasSubstr("an ordinary capture, not the capsule of a check"));
    EXPECT_THAT(suite::judge_again(sender_suite(), path_ + "x").error().text(), HasSubstr("no such file"));
}

TEST_F(JudgeAgain, RefusesServedSamplesOfSourcesThatAreNotThere) {
    const auto at = capsule_.context.find("\"generations\":[]");
    ASSERT_NE(at, std::string::npos) << capsule_.context;
    capsule_.context.replace(at, 16, R"("generations":[{"number":1,"unix_ms":1,"samples":[[7,"0"]]}])");
    const auto again = suite::judge_again(sender_suite(), capsule_, exchanges_);
    ASSERT_FALSE(again);
    EXPECT_THAT(again.error().text(), HasSubstr("a served sample of a source that is not there"));
}

}  // namespace
}  // namespace prw::sender_suite
