// The judges, by made-up answers: for each check one that is just right and one that is wrong.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>

#include "checks/table.h"
#include "prw/receiver_suite/record.h"

namespace prw::receiver_suite {
namespace {

using suite::Verdict;
using ::testing::HasSubstr;
constexpr auto kV1 = proto::ProtobufMessage::kV1;
constexpr auto kV2 = proto::ProtobufMessage::kV2;

struct Answer {
    int status = 204;
    std::string body = {};
    proto::HeaderFields headers = {};
    std::string failure = {};
};

/// What a conforming receiver answers, but to one case.
GroupRecord answers(std::string_view group, proto::ProtobufMessage message, std::string_view id = {},
                    const Answer& odd = {}) {
    GroupRecord out;
    out.group = group;
    out.message = message;
    for (const auto& row : find_group(group)->cases) {
        if (!row.in(message)) continue;
        for (unsigned step = 0; step < row.times; ++step) {
            Reply reply;
            reply.id = row.id;
            reply.step = step;
            reply.exchange = out.replies.size() + 1;
            reply.sent.samples = 2;
            reply.sent.series = 2;
            switch (row.fate) {
                case Fate::kAccepted:
                case Fate::kOptional:
                    reply.status = 204;
                    break;
                case Fate::kUnsupported:
                    reply.status = 415;
                    break;
                case Fate::kNotPost:
                    reply.status = 405;
                    break;
                case Fate::kRefused:
                case Fate::kChoice:
                    reply.status = 400;
                    break;
            }
            if (!reply.accepted()) reply.body = "1 of 2 samples rejected: " + std::string(row.summary);
            if (message == kV2 && (reply.accepted() || reply.status == 400))
                reply.headers =
                    proto::format_written(reply.accepted() ? proto::WrittenCounts(reply.sent) : proto::WrittenCounts());
            if (row.id == id && step + 1 == row.times) {
                reply.status = odd.status;
                reply.body = odd.body;
                reply.headers = odd.headers;
                reply.failure = odd.failure;
            }
            out.replies.push_back(reply);
            if (!row.then_good) continue;
            reply.good = true;
            reply.exchange = out.replies.size() + 1;
            reply.status = 204;
            reply.body.clear();
            out.replies.push_back(reply);
        }
    }
    return out;
}

suite::CheckOutcome outcome(const GroupRecord& record, std::string_view check) {
    auto all = judge(record, check);
    EXPECT_EQ(all.size(), 1U) << check;
    return all.empty() ? suite::CheckOutcome() : all.front();
}

TEST(Judges, PassWhatIsRight) {
    for (const auto& group : groups()) {
        for (const auto message : {kV1, kV2}) {
            for (const auto& check : judge(answers(group.name, message))) {
                const bool policy = check.id.starts_with("receiver/policy/");
                if (check.verdict == Verdict::kNotApplicable) {
                    EXPECT_EQ(message, kV1) << check.id;
                    continue;
                }
                EXPECT_EQ(check.verdict, policy ? Verdict::kInfo : Verdict::kPass) << check.id << ": " << check.reason;
                EXPECT_TRUE(policy || !check.evidence.empty()) << check.id;
            }
        }
    }
}

struct Row {
    const char *group, *check, *id;
    Answer answer;
    proto::ProtobufMessage message = kV2;
    Verdict verdict = Verdict::kFail;
    const char* says = "";
};

const proto::HeaderFields kNone;
proto::HeaderFields written(std::string samples) {
    return {{proto::header::kSamplesWritten, std::move(samples)},
            {proto::header::kHistogramsWritten, "0"},
            {proto::header::kExemplarsWritten, "0"}};
}

TEST(Judges, AccuseWhatIsWrong) {
    const Row kRows[] = {
        {"valid",
         "receiver/accepts/samples",
         "valid/one-sample",
         {400, "no"},
         kV1,
         Verdict::kFail,
         "valid/one-sample was answered 400: no"},
        {"valid", "receiver/accepts/samples", "valid/chunked", {302}, kV2},
        {"valid", "receiver/accepts/special-values", "values/nan", {400, "NaN"}, kV1},
        {"valid", "receiver/accepts/protobuf-encodings", "encoding/split-references", {400, "refs"}},
        {"valid", "receiver/accepts/unknown-fields", "unknown-field/in-series", {400, "field"}, kV1},
        {"valid", "receiver/accepts/version-header", "version/2.1.0", {400, "version"}},
        {"valid", "receiver/accepts/content-type-spellings", "content-type/blank", {415, "type"}},
        {"valid",
         "receiver/accepts/content-type-spellings",
         "content-type/blank",
         {204},
         kV2,
         Verdict::kFail,
         "unlike a plain request"},
        {"valid", "receiver/accepts/symbols-in-any-order", "symbols/in-reverse", {400, "symbols"}, kV2, Verdict::kWarn},
        {"valid", "receiver/accepts/repeat", "repeat/same-request", {400, "duplicate"}, kV1, Verdict::kWarn},
        {"valid", "receiver/types/native-histograms", "histogram/float", {500, "disabled"}, kV1},
        {"valid",
         "receiver/types/native-histograms",
         "histogram/float",
         {400, "disabled"},
         kV1,
         Verdict::kInfo,
         "declines, as it may"},
        {"valid", "receiver/types/exemplars", "exemplar/on-counter", {503, "disabled"}},
        {"valid", "receiver/types/metadata", "metadata/alone", {500, "internal"}, kV1},
        {"valid", "receiver/response/success-204", "valid/one-sample", {200}, kV2, Verdict::kWarn},
        {"valid", "receiver/response/success-body-empty", "valid/one-sample", {204, "ok"}, kV1, Verdict::kWarn},
        {"valid",
         "receiver/written/samples",
         "valid/one-sample",
         {204, "", kNone},
         kV2,
         Verdict::kFail,
         "without X-Prometheus-Remote-Write-Samples-Written"},
        {"valid",
         "receiver/written/samples",
         "valid/one-sample",
         {204, "", written("1")},
         kV2,
         Verdict::kFail,
         "1 sample were written, sent were 2"},
        {"valid", "receiver/written/histograms", "valid/one-sample", {204, "", kNone}},
        {"valid", "receiver/written/exemplars", "valid/one-sample", {204, "", kNone}},
        {"valid", "receiver/written/integers", "valid/one-sample", {204, "", written("2.0")}},
        {"valid", "receiver/written/integers", "valid/one-sample", {204, "", written("-2")}},
        {"valid",
         "receiver/written/integers",
         "valid/one-sample",
         {204, "", {{proto::header::kSamplesWritten, "2"}, {proto::header::kSamplesWritten, "2"}}}},
        {"valid",
         "receiver/written/header-names",
         "valid/one-sample",
         {204, "", {{"X-Prometheus-Remote-Write-Written-Samples", "2"}}}},
        {"valid", "receiver/written/not-above-sent", "valid/one-sample", {204, "", written("3")}},
        {"unsupported", "receiver/unsupported/content-type", "content-type/json", {400, "json"}},
        {"unsupported", "receiver/unsupported/content-encoding", "content-encoding/zstd", {204}},
        {"unsupported", "receiver/unsupported/method", "method/get", {204}, kV1, Verdict::kWarn},
        {"malformed", "receiver/malformed/is-4xx", "message/cut", {500, "eof"}, kV1},
        {"malformed", "receiver/malformed/is-4xx", "body/snappy-cut", {204}},
        {"malformed", "receiver/malformed/references", "references/odd-in-series", {204}},
        {"invalid", "receiver/invalid/labels", "labels/repeated-name", {204}, kV1},
        {"invalid", "receiver/invalid/labels", "labels/repeated-name", {204}, kV2, Verdict::kWarn},
        {"invalid", "receiver/invalid/labels", "labels/repeated-name", {409, "duplicate"}, kV2},
        {"invalid", "receiver/invalid/labels", "labels/repeated-name", {500, "duplicate"}, kV2},
        {"invalid", "receiver/invalid/series", "series/mixed", {204}, kV2, Verdict::kWarn},
        {"invalid", "receiver/invalid/series", "series/mixed", {500, "mixed"}, kV2},
        {"invalid", "receiver/invalid/histograms", "histograms/negative-bucket", {500, "bucket"}, kV1, Verdict::kWarn},
        {"invalid", "receiver/response/error-text", "labels/repeated-name", {400, " \n"}, kV2},
        {"invalid", "receiver/response/error-text", "labels/repeated-name", {400, ""}, kV1, Verdict::kWarn},
        {"invalid",
         "receiver/response/error-amount",
         "labels/repeated-name",
         {400, "bad request"},
         kV2,
         Verdict::kWarn},
        {"invalid",
         "receiver/response/error-amount",
         "labels/repeated-name",
         {400, "series {a=\"1\"} at 1750000000000 has label \"1\" twice"},
         kV2,
         Verdict::kWarn},
        {"invalid", "receiver/written/on-failure", "labels/repeated-name", {400, "1 rejected", kNone}},
        {"mixed", "receiver/partial/status", "partial/repeated-name", {207}, kV2},
        {"mixed", "receiver/partial/status", "partial/repeated-name", {204}, kV1},
        {"mixed", "receiver/partial/status", "partial/repeated-name", {204}, kV2, Verdict::kWarn},
        {"mixed", "receiver/partial/written", "partial/repeated-name", {400, "1 rejected", written("4")}},
        {"policies", "receiver/policy/unsorted-labels", "unsorted/labels", {500, "order"}, kV1},
        {"policies", "receiver/policy/no-metric-name", "no-name/series", {500, "name"}, kV1},
        {"policies", "receiver/policy/empty-label-value", "empty-value/label", {500, "value"}},
        {"policies", "receiver/policy/out-of-order", "order/newest-first", {500, "order"}},
        {"policies", "receiver/policy/same-timestamp", "same-timestamp/two-values", {500, "duplicate"}},
        {"policies", "receiver/policy/old-samples", "old/two-days", {500, "old"}, kV1},
        {"policies", "receiver/policy/future-samples", "future/five-minutes", {500, "future"}},
        {"policies", "receiver/policy/no-type", "no-type/series", {500, "type"}},
        {"policies", "receiver/policy/exemplar-only-series", "exemplar-only/series", {500, "exemplar"}},
        {"policies", "receiver/policy/other-message", "other-message/body", {500, "message"}, kV1},
        {"policies", "receiver/policy/unsorted-labels", "unsorted/labels", {204}, kV1, Verdict::kInfo, "accepts (204)"},
    };
    std::set<std::string> accused;
    for (const auto& row : kRows) {
        const auto check = outcome(answers(row.group, row.message, row.id, row.answer), row.check);
        const auto where = std::string(row.check) + " " + row.id + " " + std::to_string(row.answer.status);
        EXPECT_EQ(check.verdict, row.verdict) << where << ": " << check.reason;
        EXPECT_THAT(check.reason, HasSubstr(row.says)) << where;
        if (row.verdict == Verdict::kInfo) continue;
        accused.insert(row.check);
        EXPECT_FALSE(check.exchanges.empty()) << where;
        ASSERT_FALSE(check.findings.empty()) << where;
        EXPECT_FALSE(check.findings.front().fix.empty()) << where;
        EXPECT_FALSE(check.want.empty()) << where;
    }
    // Those that no single answer breaks have tests of their own below.
    accused.insert({"receiver/response/error-reasons", "receiver/recovery/after-refusal"});
    for (const auto& check : answer_checks()) EXPECT_TRUE(accused.contains(std::string(check.id))) << check.id;
}

TEST(Judges, WantReasonsThatDiffer) {
    auto record = answers("invalid", kV2);
    for (auto& reply : record.replies) reply.body = std::to_string(reply.exchange) + " samples rejected";
    EXPECT_EQ(outcome(record, "receiver/response/error-reasons").verdict, Verdict::kWarn);
    record.replies.front().body += ", label twice";
    EXPECT_EQ(outcome(record, "receiver/response/error-reasons").verdict, Verdict::kPass);
}

TEST(Judges, WantGoodRequestsToBeAcceptedBehindBadOnes) {
    auto record = answers("recovery", kV1);
    record.replies.back().status = 400;
    const auto check = outcome(record, "receiver/recovery/after-refusal");
    EXPECT_EQ(check.verdict, Verdict::kFail);
    EXPECT_EQ(check.exchanges.size(), 1U);
}

TEST(Judges, TellOfAPlainRefusalOnce) {
    auto record = answers("valid", kV1);
    for (auto& reply : record.replies) reply.status = 403;
    for (const auto& check : judge(record)) {
        if (check.verdict == Verdict::kNotApplicable) continue;
        const bool of_it = check.id == "receiver/accepts/samples";
        EXPECT_EQ(check.verdict, of_it ? Verdict::kFail : Verdict::kInconclusive) << check.id << ": " << check.reason;
    }
}

TEST(Judges, SayNothingWithoutAnswers) {
    auto record = answers("malformed", kV2);
    for (auto& reply : record.replies) {
        reply.status = 0;
        reply.failure = "connection refused";
    }
    record.problem = "the receiver does not answer: connection refused";
    for (const auto& check : judge(record)) {
        EXPECT_EQ(check.verdict, Verdict::kInconclusive) << check.id;
        EXPECT_THAT(check.reason, HasSubstr("connection refused")) << check.id;
    }
    record.interrupted = true;
    record.problem = "the run was interrupted";
    EXPECT_THAT(judge(record).front().reason, HasSubstr("interrupted before this could be judged"));
}

TEST(Judges, DoNotApplyToAMessageThatTheReceiverDoesNotSpeak) {
    GroupRecord record;
    record.group = "valid";
    record.message = kV2;
    record.not_spoken = "the receiver answers 415 to 2.0";
    const auto all = judge(record);
    EXPECT_FALSE(all.empty());
    for (const auto& check : all) EXPECT_EQ(check.verdict, Verdict::kNotApplicable) << check.id;
}

}  // namespace
}  // namespace prw::receiver_suite
