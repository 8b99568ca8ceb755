// A rule passes only where what it looks at was sent: for every rule and message a run that has everything, and the
// same without the rule's subject.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "prw/proto/model.h"
#include "prw/proto/snappy_block.h"
#include "prw/rules/check.h"
#include "prw/sender_suite/checks.h"
#include "prw/suite/results.h"
#include "request_builder.h"

namespace prw::sender_suite {
namespace {

using proto::MetricType;
using proto::ProtobufMessage;
using prw::testing::kNowMs;
using prw::testing::RequestBuilder;
using rules::Subject;

constexpr ProtobufMessage kMessages[] = {ProtobufMessage::kV1, ProtobufMessage::kV2};
constexpr std::uint64_t kOne = 0x3ff0000000000000ULL;

/// What a sender sends: a few requests with the same head and data.
struct Sending {
    proto::WriteRequest data;
    std::optional<std::string> protobuf, body;  ///< instead of the data
    std::vector<std::function<void(RequestBuilder&)>> head;
    bool known_target = true;
    bool again = true;       ///< the first request is refused, and comes again
    bool towards_1x = true;  ///< one more to a receiver of 1.0
};

proto::Series series_of(proto::Labels labels, MetricType type) {
    proto::Series series;
    series.labels = std::move(labels);
    series.metadata = {type, "", "What it is.", "seconds"};
    return series;
}

proto::Histogram integer_histogram(std::int64_t timestamp, std::uint64_t sum_bits = kOne) {
    proto::Histogram out;
    out.count = std::uint64_t{4};
    out.sum_bits = sum_bits;
    out.zero_threshold = 0.001;
    out.positive_spans = {{0, 1}, {1, 1}};
    out.positive_deltas = {2, 0};
    out.timestamp = timestamp;
    out.start_timestamp = kNowMs - 60'000;
    return out;
}

proto::Histogram float_histogram(std::int64_t timestamp) {
    auto out = integer_histogram(timestamp);
    out.count = 4.0;
    out.zero_count = 0.0;
    out.positive_counts = {2, 2};
    out.positive_deltas.clear();
    return out;
}

proto::Histogram custom_histogram(std::int64_t timestamp) {
    auto out = integer_histogram(timestamp);
    out.schema = -53;
    out.zero_threshold = 0;
    out.positive_spans = {{0, 2}};
    out.custom_values = {1, 2};
    return out;
}

/// Something of everything, with nothing wrong.
Sending everything(ProtobufMessage message) {
    const auto start = kNowMs - 60'000;
    Sending out;
    auto counter = series_of({{"__name__", "jobs_total"}, {"instance", "a:1"}}, MetricType::kCounter);
    counter.samples = {{kOne, kNowMs - 1000, start}, {kOne, kNowMs, start}};
    counter.exemplars = {{{{"span_id", "1"}, {"trace_id", "2"}}, kOne, kNowMs - 1000},
                         {{{"span_id", "3"}, {"trace_id", "4"}}, kOne, kNowMs}};
    auto other = series_of({{"__name__", "jobs_total"}, {"instance", "b:1"}}, MetricType::kCounter);
    other.samples = {{kOne, kNowMs, start}};
    auto bucket = series_of({{"__name__", "wait_bucket"}, {"le", "2"}}, MetricType::kHistogram);
    bucket.samples = {{kOne, kNowMs, start}};
    bucket.exemplars = {{{{"trace_id", "5"}}, kOne, kNowMs}};
    auto quantile = series_of({{"__name__", "rpc"}, {"quantile", "0.9"}}, MetricType::kSummary);
    quantile.samples = {{kOne, kNowMs, 0}};
    auto gauge = series_of({{"__name__", "level"}, {"instance", "a:1"}}, MetricType::kGauge);
    gauge.samples = {{proto::kNormalNanBits, kNowMs - 1000, 0}, {proto::kStaleNanBits, kNowMs, 0}};
    auto native = series_of({{"__name__", "size"}, {"instance", "a:1"}}, MetricType::kHistogram);
    native.histograms = {integer_histogram(kNowMs - 2000), integer_histogram(kNowMs - 1000, proto::kNormalNanBits),
                         float_histogram(kNowMs)};
    out.data.series = {counter, other, bucket, quantile, gauge, native};
    if (message == ProtobufMessage::kV2) {
        auto custom = series_of({{"__name__", "width"}, {"instance", "a:1"}}, MetricType::kHistogram);
        custom.histograms = {custom_histogram(kNowMs)};
        out.data.series.push_back(custom);
    } else {
        out.data.metadata = {{MetricType::kCounter, "jobs_total", "What it is.", ""},
                             {MetricType::kCounter, "jobs_total", "What it is.", ""}};
    }
    return out;
}

ScenarioRecord record_of(const Sending& sending, ProtobufMessage message) {
    ScenarioRecord record;
    record.scenario = "steady";
    record.asked = message;
    record.target.input = suite::Input::kNone;
    record.started = true;
    RequestBuilder builder(message);
    builder.request(sending.data);
    if (sending.protobuf) builder.protobuf(*sending.protobuf);
    if (sending.body) builder.body(*sending.body);
    for (const auto& change : sending.head) change(builder);
    const auto built = builder.build();
    rules::CheckOptions options;
    options.now_ms = kNowMs;
    if (sending.known_target) {
        options.expected_target = "/api/v1/write";
        options.expected_host = "127.0.0.1:9201";
    }
    std::uint64_t id = 0;
    const auto send = [&](int status) {
        exchange::Exchange exchange;
        exchange.id = ++id;
        exchange.raw_head = built.head;
        exchange.raw_body = built.body;
        exchange.status = status;
        exchange.response_sent = true;
        exchange.check = rules::check(exchange.raw_head, exchange.payload(), options);
        record.observation.add(exchange);
    };
    send(sending.again ? 503 : 204);
    if (sending.again) send(204);
    if (sending.towards_1x) {
        options.peer_is_1x = record.peer_is_1x = true;
        send(204);
    }
    return record;
}

std::vector<suite::CheckOutcome> outcomes_of(const ScenarioRecord& record, ProtobufMessage message) {
    const ScenarioRecord* const records[] = {&record};
    auto out = judge_rules(records, message);
    std::erase_if(out, [](const suite::CheckOutcome& outcome) { return outcome.id == "sender/target/runs"; });
    return out;
}

/// As the whole run would end.
suite::Results results_of(Sending sending, ProtobufMessage message) {
    sending.towards_1x = sending.again = false;
    const auto record = record_of(sending, message);
    const ScenarioRecord* const records[] = {&record};
    suite::Results out;
    out.complete = true;
    out.checks = judge_rules(records, message);
    suite::conclude(out);
    return out;
}

const rules::Rule& rule_of(const suite::CheckOutcome& outcome) {
    const auto* rule = rules::find_rule(std::string_view(outcome.id).substr(outcome.id.find('/') + 1));
    EXPECT_NE(rule, nullptr) << outcome.id;
    return *rule;
}

// ---- What takes a subject away ----

using Change = std::function<void(Sending&)>;

Change each_series(std::function<void(proto::Series&)> change) {
    return [change](Sending& s) {
        for (auto& series : s.data.series) change(series);
    };
}
Change each_histogram(std::function<void(proto::Histogram&)> change) {
    return each_series([change](proto::Series& s) { std::for_each(s.histograms.begin(), s.histograms.end(), change); });
}
Change each_exemplar(std::function<void(proto::Exemplar&)> change) {
    return each_series([change](proto::Series& s) { std::for_each(s.exemplars.begin(), s.exemplars.end(), change); });
}
Change each_metadata(std::function<void(proto::Metadata&)> change) {
    return [change](Sending& s) {
        for (auto& series : s.data.series) change(series.metadata);
        for (auto& entry : s.data.metadata) change(entry);
    };
}
Change drop_labels(std::function<bool(const std::string&)> drops) {
    return each_series(
        [drops](proto::Series& s) { std::erase_if(s.labels, [&](const auto& label) { return drops(label.first); }); });
}
Change drop_histograms(std::function<bool(const proto::Histogram&)> drops) {
    return each_series([drops](proto::Series& s) { std::erase_if(s.histograms, drops); });
}
Change head(std::function<void(RequestBuilder&)> change) {
    return [change](Sending& s) { s.head.push_back(change); };
}
bool is_float(const proto::Histogram& h) { return std::holds_alternative<double>(h.count); }
void no_buckets(proto::Histogram& h) {
    h.positive_spans.clear();
    h.positive_deltas.clear();
    h.positive_counts.clear();
}
void no_metadata(Sending& s) {
    for (auto& series : s.data.series) series.metadata = {};
    s.data.metadata.clear();
}

Change without(Subject subject, ProtobufMessage message) {
    const auto no_histograms = each_series([](proto::Series& s) { s.histograms.clear(); });
    const auto no_exemplars = each_series([](proto::Series& s) { s.exemplars.clear(); });
    const auto nothing_named = drop_labels([](const std::string& name) { return name == "__name__"; });
    switch (subject) {
        case Subject::kHead:
        case Subject::kRequest:
            return [](Sending& s) {
                s.body = "";
                s.head = {[](RequestBuilder& b) { b.method("GET"); }};
            };
        case Subject::kKnownTarget:
        case Subject::kKnownHost:
            return [](Sending& s) { s.known_target = false; };
        case Subject::kUserAgent:
            return head([](RequestBuilder& b) { b.remove("User-Agent"); });
        case Subject::kVersionHeader:
            return head([](RequestBuilder& b) { b.remove("X-Prometheus-Remote-Write-Version"); });
        case Subject::kReservedHeader:
            return head([](RequestBuilder& b) {
                for (const auto* name :
                     {"User-Agent", "X-Prometheus-Remote-Write-Version", "Content-Type", "Content-Encoding"})
                    b.remove(name);
            });
        case Subject::kContentLength:
            return head([](RequestBuilder& b) { b.append("Transfer-Encoding", "chunked"); });
        case Subject::kContentType:
            return head([](RequestBuilder& b) { b.remove("Content-Type"); });
        case Subject::kMediaType:
            return head([](RequestBuilder& b) { b.header("Content-Type", "protobuf"); });
        case Subject::kMessageName:
            return head([](RequestBuilder& b) { b.header("Content-Type", "text/plain"); });
        case Subject::kMessageType:
            return head([](RequestBuilder& b) { b.header("Content-Type", "application/x-protobuf;proto=a.B"); });
        case Subject::kContentEncoding:
            return head([](RequestBuilder& b) { b.remove("Content-Encoding"); });
        case Subject::kContentCoding:
            return head([](RequestBuilder& b) { b.header("Content-Encoding", "a b"); });
        case Subject::kSnappyCoding:
            return head([](RequestBuilder& b) { b.header("Content-Encoding", "gzip"); });
        case Subject::kFallbackVersion:
        case Subject::kFallbackType:
            return [](Sending& s) { s.towards_1x = false; };
        case Subject::kRetry:
            return [](Sending& s) { s.again = s.towards_1x = false; };
        case Subject::kBlock:
            return [](Sending& s) { s.body = "up 1\n"; };
        case Subject::kMessage:
            return [](Sending& s) { s.protobuf = ""; };
        case Subject::kString:
        case Subject::kSymbol:
            return [message](Sending& s) {
                // A series that holds a sample and no string.
                const auto sample = prw::testing::Wire().real(1, 1).varint(2, static_cast<std::uint64_t>(kNowMs));
                s.protobuf = prw::testing::Wire()
                                 .bytes(message == ProtobufMessage::kV1 ? 1 : 5, prw::testing::Wire().bytes(2, sample))
                                 .str();
            };
        case Subject::kEnumValue:
            return [no_histograms](Sending& s) {
                no_metadata(s);
                no_histograms(s);
            };
        case Subject::kExtension:
            return [=](Sending& s) {
                no_histograms(s);
                no_exemplars(s);
            };
        case Subject::kSeries:
            return [](Sending& s) { s.data.series.clear(); };
        case Subject::kLabelSet:
        case Subject::kLabel:
            return drop_labels([](const std::string&) { return true; });
        case Subject::kMetricName:
            return nothing_named;
        case Subject::kLongLabelSet:
            return drop_labels([](const std::string& name) { return name != "__name__"; });
        case Subject::kClassicBucket:
        case Subject::kLeSeries:
        case Subject::kBucketExemplar:
            return drop_labels([](const std::string& name) { return name == "le"; });
        case Subject::kQuantile:
            return drop_labels([](const std::string& name) { return name == "quantile"; });
        case Subject::kSample:
            return each_series([](proto::Series& s) { s.samples.clear(); });
        case Subject::kPoint:
            return each_series([](proto::Series& s) {
                s.samples.clear();
                s.histograms.clear();
            });
        case Subject::kTimestamp:
            return each_series([](proto::Series& s) {
                s.samples.clear();
                s.histograms.clear();
                s.exemplars.clear();
            });
        case Subject::kNextPoint:
        case Subject::kNextStart:
            return each_series([](proto::Series& s) {
                s.samples.resize(std::min<std::size_t>(s.samples.size(), 1));
                s.histograms.resize(std::min<std::size_t>(s.histograms.size(), 1));
            });
        case Subject::kNan:
        case Subject::kOrdinaryNan:
            return each_series([subject](proto::Series& s) {
                const auto bits = subject == Subject::kNan ? kOne : proto::kStaleNanBits;
                for (auto& sample : s.samples) sample.value_bits = bits;
                for (auto& histogram : s.histograms) histogram.sum_bits = bits;
            });
        case Subject::kCounterSample:
        case Subject::kStartableSample:
        case Subject::kHistogramSeries:
            return each_metadata([](proto::Metadata& m) { m.type = MetricType::kGauge; });
        case Subject::kStartTimestamp:
            return each_series([](proto::Series& s) {
                for (auto& sample : s.samples) sample.start_timestamp = 0;
                for (auto& histogram : s.histograms) histogram.start_timestamp = 0;
            });
        case Subject::kHistogram:
        case Subject::kZeroCount:  // the encoder writes one with each
            return no_histograms;
        case Subject::kIntegerHistogram:
        case Subject::kHistogramCount:
        case Subject::kIntegerBucket:
            return drop_histograms([](const auto& h) { return !is_float(h); });
        case Subject::kFloatHistogram:
        case Subject::kFloatCount:
        case Subject::kFloatBucket:
            return drop_histograms(is_float);
        case Subject::kExponentialHistogram:
            return drop_histograms([](const auto& h) { return h.schema != -53; });
        case Subject::kCustomHistogram:
        case Subject::kCustomSpan:
            return drop_histograms([](const auto& h) { return h.schema == -53; });
        case Subject::kCountingHistogram:
            return each_histogram([](proto::Histogram& h) { h.reset_hint = 3; });
        case Subject::kNanHistogram:
            return each_histogram([](proto::Histogram& h) { h.sum_bits = kOne; });
        case Subject::kBucketList:
        case Subject::kBucket:
        case Subject::kSpan:
            return each_histogram(no_buckets);
        case Subject::kNextSpan:
            return each_histogram([](proto::Histogram& h) { h.positive_spans.resize(1); });
        case Subject::kCustomValue:
            return each_histogram([](proto::Histogram& h) { h.custom_values.clear(); });
        case Subject::kNextCustomValue:
            return each_histogram(
                [](proto::Histogram& h) { h.custom_values.resize(std::min<std::size_t>(h.custom_values.size(), 1)); });
        case Subject::kExemplarSeries:
        case Subject::kExemplar:
            return no_exemplars;
        case Subject::kNextExemplar:
            return each_series(
                [](proto::Series& s) { s.exemplars.resize(std::min<std::size_t>(s.exemplars.size(), 1)); });
        case Subject::kExemplarLabel:
            return each_exemplar([](proto::Exemplar& e) { e.labels.clear(); });
        case Subject::kLongExemplarLabelSet:
            return each_exemplar([](proto::Exemplar& e) { e.labels.resize(1); });
        case Subject::kTraceLabel:
            return each_exemplar([](proto::Exemplar& e) { e.labels = {{"user", "1"}}; });
        case Subject::kMetadata:
        case Subject::kDescribedSeries:
            return no_metadata;
        case Subject::kTypableSeries:
            return each_series([](proto::Series& s) { s.labels.front().second = "up"; });
        case Subject::kHelp:
            return each_metadata([](proto::Metadata& m) { m.help.clear(); });
        case Subject::kTypedName:
            return each_series([](proto::Series& s) { s.labels.front().second += "_x"; });
        case Subject::kNextDescription:
            return [](Sending& s) {
                int number = 0;
                for (auto& series : s.data.series) series.labels.front().second += std::to_string(++number);
                for (auto& entry : s.data.metadata) entry.family += std::to_string(++number);
            };
        case Subject::kTypedHistogram:
            return each_series([](proto::Series& s) {
                if (!s.histograms.empty()) s.metadata.type = MetricType::kUnspecified;
            });
    }
    ADD_FAILURE() << "nothing takes this away: " << name_of(subject).many;
    return [](Sending&) {};
}

TEST(RuleSubjects, EveryRuleIsJudgedWhereEverythingIsSent) {
    for (const auto message : kMessages) {
        const auto record = record_of(everything(message), message);
        for (const auto& outcome : outcomes_of(record, message)) {
            const auto& rule = rule_of(outcome);
            EXPECT_GT(record.observation.subjects(message)[rule.subject], 0U) << rule.id;
            EXPECT_TRUE(outcome.verdict == suite::Verdict::kPass || outcome.verdict == suite::Verdict::kInfo)
                << rule.id << " " << short_name(message) << ": " << outcome.reason;
        }
    }
}

TEST(RuleSubjects, NoRulePassesWithoutItsSubject) {
    std::size_t judged = 0;
    for (const auto message : kMessages) {
        for (const auto* rule : rules::all_rules()) {
            auto sending = everything(message);
            without(rule->subject, message)(sending);
            const auto record = record_of(sending, message);
            EXPECT_EQ(record.observation.subjects(message)[rule->subject], 0U)
                << rule->id << " " << short_name(message);
            for (const auto& outcome : outcomes_of(record, message)) {
                if (&rule_of(outcome) != rule) continue;
                ++judged;
                EXPECT_NE(outcome.verdict, suite::Verdict::kPass)
                    << rule->id << " " << short_name(message) << ": " << outcome.reason;
            }
        }
    }
    EXPECT_GT(judged, 200U);
}

TEST(RuleSubjects, APassSaysHowMuchWasLookedAt) {
    for (const auto message : kMessages) {
        for (const auto& outcome : outcomes_of(record_of(everything(message), message), message)) {
            if (outcome.verdict != suite::Verdict::kPass) continue;
            EXPECT_TRUE(outcome.reason.find_first_of("123456789") == 0 && outcome.reason.ends_with(", none wrong"))
                << outcome.id << ": " << outcome.reason;
            const auto subject = name_of(rule_of(outcome).subject);
            EXPECT_TRUE(std::any_of(outcome.evidence.begin(), outcome.evidence.end(), [&](const auto& e) {
                return e.first == subject.many && e.second > 0;
            })) << outcome.id;
        }
    }
}

/// What passes when five times this is sent, less what is about heads.
std::vector<std::string> passes(Sending sending, ProtobufMessage message) {
    sending.towards_1x = sending.again = false;
    std::vector<std::string> out;
    for (const auto& outcome : outcomes_of(record_of(sending, message), message)) {
        if (outcome.verdict != suite::Verdict::kPass) continue;
        if (!of_head(rule_of(outcome).subject)) out.push_back(outcome.id);
    }
    return out;
}

TEST(RuleSubjects, WhatDoesNotDecodePassesNothingButHeads) {
    const std::string text = "up 1\n";
    // A claim of 33 MB, and 4.1 million series without labels: both are more than is looked at.
    const std::string nuls = proto::compress_snappy(std::string(33'000'000 + (1U << 20U), '\0'));
    std::string series;
    for (int i = 0; i < 4'100'000; ++i) series.append({'\x0a', '\0'});
    for (const auto message : kMessages) {
        for (const auto& body : {text, std::string(), nuls}) {
            Sending sending;
            sending.body = body;
            EXPECT_EQ(passes(sending, message), std::vector<std::string>{}) << body.substr(0, 10);
        }
        for (const auto& bytes : {text, series, std::string("\x0a\xff", 2)}) {
            Sending sending;
            sending.protobuf = bytes;
            for (const auto& id : passes(sending, message))
                EXPECT_TRUE(id.starts_with("sender/compression/")) << id << " " << bytes.substr(0, 10);
        }
    }
}

TEST(RuleSubjects, NoRunEndsWellInWhichNothingCouldBeRead) {
    const std::string nuls = proto::compress_snappy(std::string(33'000'000 + (1U << 20U), '\0'));
    for (const auto message : kMessages) {
        EXPECT_EQ(results_of(everything(message), message).exit_code, 0);
        Sending text, too_large, empty;
        text.body = "up 1\n";
        EXPECT_EQ(results_of(text, message).verdict, suite::Verdict::kFail);
        too_large.body = nuls;
        EXPECT_EQ(results_of(too_large, message).exit_code, 4);
        empty.protobuf = "";
        EXPECT_NE(results_of(empty, message).exit_code, 0);
    }
    Sending too_many;
    too_many.protobuf.emplace();
    for (int i = 0; i < 4'100'000; ++i) too_many.protobuf->append({'\x0a', '\0'});
    EXPECT_EQ(results_of(too_many, ProtobufMessage::kV1).exit_code, 4);
}

TEST(RuleSubjects, AnEmptyMessageHasNothingToLookAt) {
    for (const auto message : kMessages) {
        Sending sending;
        sending.protobuf = "";
        for (const auto& id : passes(sending, message)) EXPECT_TRUE(id.starts_with("sender/compression/")) << id;
    }
}

TEST(RuleSubjects, NothingIsSaidOfWhatOnlyTheOtherMessageHas) {
    const auto ids = [](ProtobufMessage message) {
        std::vector<std::string> out;
        for (const auto& outcome : outcomes_of(record_of(everything(message), message), message))
            out.push_back(outcome.id);
        return out;
    };
    const auto v1 = ids(ProtobufMessage::kV1), v2 = ids(ProtobufMessage::kV2);
    const auto has = [](const std::vector<std::string>& all, std::string_view id) {
        return std::find(all.begin(), all.end(), id) != all.end();
    };
    for (const auto* id : {"sender/histograms/v1-schema", "sender/wire/v1-custom-buckets", "sender/wire/v1-metadata",
                           "sender/wire/v1-extensions", "sender/wire/v1-extension-shape",
                           "sender/metadata/v1-family-name", "sender/headers/version-0-1-0"}) {
        EXPECT_TRUE(has(v1, id)) << id;
        EXPECT_FALSE(has(v2, id)) << id;
    }
    for (const auto* id :
         {"sender/samples/start-not-after-timestamp", "sender/samples/start-timestamp-plausible",
          "sender/histograms/custom-bounds-finite", "sender/histograms/custom-values-increasing",
          "sender/symbols/present", "sender/metadata/type-provided", "sender/metadata/type-matches-payload"}) {
        EXPECT_FALSE(has(v1, id)) << id;
        EXPECT_TRUE(has(v2, id)) << id;
    }
}

}  // namespace
}  // namespace prw::sender_suite
