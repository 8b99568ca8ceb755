// Every mutant deviates where its row says so, and nowhere else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <future>
#include <limits>
#include <set>

#include "mutants.h"
#include "running_receiver.h"
#include "support.h"

namespace prw::receiver {
namespace {

using proto::ProtobufMessage;
using prw::testing::kNowMs;
using prw::testing::RequestBuilder;
using prw::testing::RunningReceiver;
using prw::testing::sample;
using prw::testing::valid_series;
using prw::testing::Wire;
using ::testing::HasSubstr;

constexpr auto kV1 = ProtobufMessage::kV1, kV2 = ProtobufMessage::kV2;

Mutation mutation_of(std::string_view ids) {
    const std::vector<std::string> list = {std::string(ids)};
    auto mutation = Mutation::of(list);
    EXPECT_TRUE(mutation) << ids;
    return mutation ? std::move(*mutation) : Mutation();
}

// ---- Requests ----

struct Sent {
    RequestBuilder builder;
    ProtobufMessage message;
    bool chunked = false;
};
/// Changes a valid request: two series with a sample each.
using Edit = std::function<void(Sent&)>;

void valid(Sent&) {}

Edit header(std::string name, std::string v1, std::string v2 = {}) {
    return [=](Sent& sent) { sent.builder.header(name, sent.message == kV1 || v2.empty() ? v1 : v2); };
}
const Edit kJson = header("Content-Type", "application/json");
const Edit kGzip = header("Content-Encoding", "gzip");

Edit method(std::string name) {
    return [=](Sent& sent) { sent.builder.method(name); };
}

Edit data(std::function<void(proto::WriteRequest&)> change) {
    return [change = std::move(change)](Sent& sent) {
        auto request = prw::testing::valid_write_request();
        change(request);
        sent.builder.request(std::move(request));
    };
}
Edit series(std::function<void(proto::Series&)> change) {
    return data([change = std::move(change)](proto::WriteRequest& request) {
        request.series.resize(1);
        change(request.series[0]);
    });
}
Edit labels(proto::Labels all) {
    return series([all = std::move(all)](proto::Series& one) { one.labels = all; });
}
Edit samples(std::vector<proto::Sample> all) {
    return series([all = std::move(all)](proto::Series& one) { one.samples = all; });
}

const Edit kUnsorted = labels({{"zone", "a"}, {"__name__", "shop_temperature_celsius"}});
const Edit kPartlyUnsorted =
    data([](proto::WriteRequest& request) { std::swap(request.series[1].labels[1], request.series[1].labels[2]); });

Edit bytes(const Wire& message) {
    return [message](Sent& sent) { sent.builder.protobuf(message); };
}
/// A field whose length goes beyond the end: no message of either kind.
const Edit kTruncated = bytes(Wire().tag(1, 2).number(5).raw("\x0a"));

proto::Histogram histogram() {
    proto::Histogram out;
    out.count = std::uint64_t{3};
    out.zero_count = std::uint64_t{1};
    out.sum_bits = proto::to_bits(2.5);
    out.zero_threshold = 1e-128;
    out.positive_spans = {{0, 2}};
    out.positive_deltas = {1, 0};
    out.timestamp = kNowMs;
    return out;
}
void add_histogram(proto::WriteRequest& request, const proto::Histogram& histogram) {
    auto& one = request.series.emplace_back(valid_series({{"__name__", "shop_latency_seconds"}, {"job", "shop"}}));
    one.samples.clear();
    one.histograms = {histogram};
    one.metadata = {proto::MetricType::kHistogram, "", "Latency.", "seconds"};
}
const Edit kHistogram = data([](proto::WriteRequest& request) { add_histogram(request, histogram()); });
const Edit kHistogramAlone = data([](proto::WriteRequest& request) {
    request.series.clear();
    add_histogram(request, histogram());
});
const Edit kWrongHistogram = data([](proto::WriteRequest& request) {
    auto wrong = histogram();
    wrong.positive_deltas.push_back(1);
    add_histogram(request, wrong);
});
const Edit kExemplar = data([](proto::WriteRequest& request) {
    request.series[0].exemplars = {{{{"trace_id", "abc"}}, proto::to_bits(0.5), kNowMs}};
});
const Edit kBothKinds = series([](proto::Series& one) {
    one.samples[0].timestamp = kNowMs - 1;
    one.histograms = {histogram()};
});
const Edit kUntyped = series([](proto::Series& one) { one.metadata.type = proto::MetricType::kUnspecified; });

/// A 2.0 message of one series with these references.
Wire series_v2(const Wire& references) {
    return Wire().raw(references.str()).bytes(2, Wire().real(1, 1).varint(2, kNowMs)).bytes(5, Wire().varint(1, 2));
}
Wire symbols(std::initializer_list<std::string_view> texts) {
    Wire out;
    for (const auto text : texts) out.bytes(4, text);
    return out;
}
const Wire kSymbols = symbols({"", "__name__", "up", "job", "shop"});
Edit references(const Wire& references) { return bytes(Wire(kSymbols).bytes(5, series_v2(references))); }
const Wire kPacked = Wire().packed(1, {1, 2, 3, 4});

/// A 1.0 message of one series with its fields in this order.
const Wire kLabelV1 = Wire().bytes(1, Wire().bytes(1, "__name__").bytes(2, "up"));
const Wire kSampleV1 = Wire().bytes(2, Wire().real(1, 1).varint(2, kNowMs));

// ---- Answers ----

/// One receiver without its socket.
class Answers {
public:
    explicit Answers(Mutation mutation = {}) : mutation_(std::move(mutation)) {}

    http::Response answer(const Edit& edit, ProtobufMessage message) {
        Sent sent{RequestBuilder(message), message};
        edit(sent);
        if (sent.chunked) sent.builder.append("Transfer-Encoding", "chunked");
        const auto request = sent.builder.build();
        const auto check = checker_.check(request.head, request.body);
        auto response = conforming_answer(check, {});
        const auto head = proto::parse_request_head(request.head);
        const proto::RequestView nothing;
        deviate(mutation_,
                {.head = head ? &*head : nullptr,
                 .check = check,
                 .view = check.decoded ? checker_.view() : nothing,
                 .body = request.body,
                 .chunked = sent.chunked,
                 .policy = {},
                 .now_ms = kNowMs,
                 .memory = memory_},
                response);
        return response;
    }
    /// That to the last of them.
    http::Response answer(const std::vector<Edit>& edits, ProtobufMessage message) {
        http::Response out;
        for (const auto& edit : edits) out = answer(edit, message);
        return out;
    }

private:
    Mutation mutation_;
    MutantMemory memory_;
    rules::Checker checker_{prw::testing::test_options()};
};

/// "2 0 0": the Written headers, "-" for one that is absent.
std::string written(const http::Response& response) {
    std::string out;
    for (const auto& each : proto::kWrittenHeaders) {
        const auto* value = proto::find_header(response.headers, each.name);
        out += (out.empty() ? "" : " ") + (value != nullptr ? *value : std::string("-"));
    }
    return out;
}

/// All that is sent.
std::string shown(const http::Response& response) {
    std::string out = std::to_string(response.status) + "\n";
    for (const auto& [name, value] : response.headers) out += name + ": " + value + "\n";
    return out + "\n" + response.body + "\n" + std::string(name_of(response.fault)) + (response.close ? " close" : "");
}

constexpr const char* kNone = "- - -";

struct Case {
    const char* id;
    std::vector<Edit> deviates;  ///< the last of these requests is answered otherwise than by a conforming receiver
    int status;
    const char* written;      ///< in 2.0; never there in 1.0
    const char* text;         ///< stands in the body, which is empty where this is
    std::vector<Edit> keeps;  ///< the last of these only just does not
};

// clang-format off
const std::vector<Case>& cases() {
    static const std::vector<Case> kCases = {
        {"accepts/1x-only", {valid}, 415, kNone, "prometheus.WriteRequest only", {kJson}},
        {"accepts/no-chunked", {[](Sent& sent) { sent.chunked = true; }}, 411, kNone, "Content-Length", {valid}},
        {"accepts/finite-only", {samples({sample(std::numeric_limits<double>::infinity())})}, 400, "0 0 0",
         "1 of 1 series rejected, nothing was written\na sample is not finite",
         {samples({{proto::kStaleNanBits, kNowMs, 0}})}},
        {"accepts/finite-only", {samples({{proto::kNormalNanBits, kNowMs, 0}})}, 400, "0 0 0", "not finite",
         {samples({sample(std::numeric_limits<double>::max())})}},
        {"accepts/packed-only", {references(Wire().varint(1, 1).varint(1, 2).varint(1, 3).varint(1, 4))}, 400, "0 0 0",
         "packed", {references(kPacked)}},
        {"accepts/packed-only", {references(Wire().packed(1, {1, 2}).packed(1, {3, 4}))}, 400, "0 0 0", "one run",
         {kExemplar}},
        {"accepts/symbols-first", {bytes(Wire().bytes(5, series_v2(kPacked)).raw(kSymbols.str()))}, 400, "0 0 0",
         "before the symbols", {references(kPacked)}},
        {"accepts/fields-in-order", {bytes(Wire().bytes(1, Wire(kSampleV1).raw(kLabelV1.str())))}, 400, kNone,
         "not in order", {bytes(Wire().bytes(1, Wire(kLabelV1).raw(kSampleV1.str())))}},
        {"accepts/known-fields-only",
         {[](Sent& sent) { sent.builder.protobuf(Wire().raw(sent.builder.message_bytes()).varint(99, 1)); }}, 400,
         "0 0 0", "unknown field", {kExemplar}},
        {"accepts/own-version-only", {header("X-Prometheus-Remote-Write-Version", "2.0.0", "2.1.0")}, 400, "0 0 0",
         "version", {valid}},
        {"accepts/plain-content-type",
         {header("Content-Type", "application/x-protobuf; proto=prometheus.WriteRequest",
                 "application/x-protobuf; proto=io.prometheus.write.v2.Request")},
         415, kNone, "Content-Type",
         {header("Content-Type", "application/x-protobuf;proto=prometheus.WriteRequest", proto::kContentTypeV2)}},
        {"accepts/plain-content-type",
         {header("Content-Type", "Application/x-protobuf;proto=prometheus.WriteRequest",
                 "Application/x-protobuf;proto=io.prometheus.write.v2.Request")},
         415, kNone, "Content-Type", {kGzip}},
        {"accepts/name-is-symbol-1",
         {bytes(Wire(symbols({"", "up", "__name__"})).bytes(5, series_v2(Wire().packed(1, {2, 1}))))}, 400, "0 0 0",
         "symbol 1", {references(kPacked)}},
        {"accepts/no-repeats", {valid, valid}, 400, "0 0 0", "before", {valid, kExemplar}},
        {"accepts/no-repeats", {kExemplar, valid, kExemplar}, 400, "0 0 0", "before", {kUnsorted, kUnsorted}},

        {"types/histograms-500", {kHistogram}, 500, kNone, "native histograms", {kExemplar}},
        {"types/exemplars-500", {kExemplar}, 500, kNone, "exemplars", {kHistogram}},
        {"types/metadata-500",
         {data([](proto::WriteRequest& request) {
             request.metadata = {{proto::MetricType::kGauge, "shop_temperature_celsius", "Temperature.", "celsius"}};
             for (auto& one : request.series) one.metadata.unit = "celsius";
         })},
         500, kNone, "metadata",
         {data([](proto::WriteRequest& request) {
             for (auto& one : request.series) one.metadata.unit.clear();
         })}},

        {"response/200", {valid}, 200, "2 0 0", "", {kUnsorted}},
        {"response/success-text", {valid}, 200, "2 0 0", R"({"status":"success"})", {kUnsorted}},

        {"written/no-samples", {valid}, 204, "- 0 0", "", {kJson}},
        {"written/one-less", {valid}, 204, "1 0 0", "", {kHistogramAlone}},
        {"written/no-histograms", {valid}, 204, "2 - 0", "", {kJson}},
        {"written/folds-histograms", {kHistogram}, 204, "3 0 0", "", {kExemplar}},
        {"written/no-zero-exemplars", {valid}, 204, "2 0 -", "", {kExemplar}},
        {"written/decimals", {kExemplar}, 204, "2.0 0.0 1.0", "", {kJson}},
        {"written/draft-names", {valid}, 204, kNone, "", {kJson}},
        {"written/counts-start-timestamps", {samples({{proto::to_bits(1), kNowMs, kNowMs - 1000}})}, 204, "2 0 0", "",
         {valid}},

        {"unsupported/content-type-400", {kJson}, 400, kNone, "application/json", {kGzip}},
        {"unsupported/any-content-type", {kJson}, 204, "2 0 0", "",
         {[](Sent& sent) { kJson(sent), kTruncated(sent); }}},
        {"unsupported/any-content-type", {[](Sent& sent) { kJson(sent), kUnsorted(sent); }}, 400, "0 0 0",
         "labels/sorted", {[](Sent& sent) { kJson(sent), kGzip(sent); }}},
        {"unsupported/content-encoding-400", {kGzip}, 400, kNone, "gzip", {kJson}},
        {"unsupported/get-204", {method("PUT")}, 204, kNone, "", {method("PATCH")}},
        {"unsupported/get-204", {method("GET")}, 204, kNone, "", {valid}},

        {"malformed/500", {kTruncated}, 500, kNone, "cannot be decoded", {kUnsorted}},
        {"malformed/500", {[](Sent& sent) { sent.builder.body("hello"); }}, 500, kNone, "cannot be decoded", {kGzip}},
        {"malformed/204", {kTruncated}, 204, "0 0 0", "", {kUnsorted}},
        {"malformed/references-204", {references(Wire().packed(1, {1, 2, 3, 9}))}, 204, "1 0 0", "", {kUnsorted}},
        {"malformed/references-204", {references(Wire().packed(1, {1, 2, 3}))}, 204, "1 0 0", "", {kTruncated}},
        {"invalid/labels-204", {labels({{"__name__", "up"}, {"job", ""}})}, 204, "1 0 0", "", {kUnsorted}},
        {"invalid/labels-204", {labels({{"__name__", "up"}, {"job", "a"}, {"job", "b"}})}, 204, "1 0 0", "",
         {labels({{"__name__", "up"}, {"job-name", "a"}})}},
        {"invalid/labels-204", {labels({{"", "a"}, {"__name__", "up"}})}, 204, "1 0 0", "", {valid}},
        {"invalid/labels-204", {labels({{"__name__", "up"}, {"job", "\xff"}})}, 204, "1 0 0", "", {kTruncated}},
        {"invalid/labels-204", {labels({{"__name__", "up"}, {"job\xff", "a"}})}, 204, "1 0 0", "", {kJson}},
        {"invalid/labels-422", {labels({{"__name__", "up"}, {"job", ""}})}, 422, "0 0 0", "labels/no-empty-value",
         {kUnsorted}},
        {"invalid/labels-422", {labels({{"__name__", "up"}, {"job\xff", "a"}})}, 422, "0 0 0", "1 of 1 series",
         {kTruncated}},
        {"invalid/series-204", {series([](proto::Series& one) { one.samples.clear(); })}, 204, "0 0 0", "",
         {kUnsorted}},
        {"invalid/series-204", {kBothKinds}, 204, "1 1 0", "",
         {kWrongHistogram}},
        {"invalid/histograms-500", {kWrongHistogram}, 500, kNone, "native histogram", {kHistogram}},

        {"response/empty-error", {kUnsorted}, 400, "0 0 0", "", {valid}},
        {"response/empty-error", {kJson}, 415, kNone, "", {kExemplar}},
        {"response/no-amount", {kUnsorted}, 400, "0 0 0", "some of some series rejected", {kGzip}},
        {"response/no-reason", {kUnsorted}, 400, "0 0 0", "1 series rejected", {kGzip}},
        {"written/success-only", {kUnsorted}, 400, kNone, "labels/sorted", {valid}},

        {"policy/unsorted-labels-500", {kUnsorted}, 500, kNone, "not sorted", {valid}},
        {"policy/no-metric-name-500", {labels({{"job", "shop"}})}, 500, kNone, "no metric name", {valid}},
        {"policy/empty-label-value-500", {labels({{"__name__", "shop"}, {"job", ""}})}, 500, kNone, "no value", {valid}},
        {"policy/exemplar-only-500", {series([](proto::Series& one) {
             one.samples.clear();
             one.exemplars = {{{{"trace_id", "4bf92f3577b34da6"}}, proto::to_bits(0.5), kNowMs}};
         })}, 500, kNone, "exemplars only", {kExemplar}},
        {"policy/other-message-500",
         {[](Sent& sent) {
             sent.builder.protobuf(
                 proto::encode(prw::testing::valid_write_request(), sent.message == kV1 ? kV2 : kV1));
         }},
         500, kNone, "another", {kTruncated}},
        {"policy/out-of-order-500", {samples({sample(1), sample(2, kNowMs - 1)})}, 500, kNone, "out of order",
         {samples({sample(2, kNowMs - 1), sample(1)})}},
        {"policy/same-timestamp-500", {samples({sample(1), sample(2)})}, 500, kNone, "two values",
         {samples({sample(1), sample(1)})}},
        {"policy/old-samples-500", {samples({sample(1, kNowMs - 86'400'001)})}, 500, kNone, "too old",
         {samples({sample(1, kNowMs - 86'400'000)})}},
        {"policy/future-samples-500", {samples({sample(1, kNowMs + 60'001)})}, 500, kNone, "future",
         {samples({sample(1, kNowMs + 60'000)})}},
        {"policy/no-type-500", {kUntyped}, 500, kNone, "no type", {valid}},

        {"partial/207", {kPartlyUnsorted}, 207, "0 0 0", "1 of 2 series rejected", {kUnsorted}},
        {"partial/counts-received", {kPartlyUnsorted}, 400, "2 0 0", "1 of 2 series rejected", {kTruncated}},

        {"recovery/poisoned", {kTruncated, valid}, 400, "0 0 0", "the request before", {valid, valid}},
        {"recovery/poisoned", {kUnsorted, kJson, valid}, 400, "0 0 0", "the request before",
         {kTruncated, valid, valid}},
    };
    return kCases;
}
// clang-format on

std::vector<ProtobufMessage> messages_of(const Mutant& mutant) {
    std::vector<ProtobufMessage> out;
    if (mutant.v1) out.push_back(kV1);
    if (mutant.v2) out.push_back(kV2);
    return out;
}

TEST(ReceiverMutants, DeviateAsTheirRowsSay) {
    for (const auto& tested : cases()) {
        const auto* mutant = find_mutant(tested.id);
        ASSERT_NE(mutant, nullptr) << tested.id << " has gone";
        for (const auto message : messages_of(*mutant)) {
            SCOPED_TRACE(std::string(tested.id) + " " + std::string(short_name(message)));
            const auto answer = Answers(mutation_of(tested.id)).answer(tested.deviates, message);
            EXPECT_NE(shown(answer), shown(Answers().answer(tested.deviates, message)));
            EXPECT_EQ(answer.status, tested.status) << answer.body;
            EXPECT_EQ(written(answer), message == kV1 ? kNone : tested.written);
            EXPECT_THAT(answer.body, HasSubstr(tested.text));
            EXPECT_EQ(answer.body.empty(), std::string_view(tested.text).empty()) << answer.body;
            EXPECT_EQ(answer.body.empty(), proto::find_header(answer.headers, "Content-Type") == nullptr);
        }
    }
}

TEST(ReceiverMutants, OnlyJustDoNotDeviate) {
    for (const auto& tested : cases()) {
        const auto* mutant = find_mutant(tested.id);
        ASSERT_NE(mutant, nullptr) << tested.id << " has gone";
        for (const auto message : messages_of(*mutant)) {
            EXPECT_EQ(shown(Answers(mutation_of(tested.id)).answer(tested.keeps, message)),
                      shown(Answers().answer(tested.keeps, message)))
                << tested.id << " " << short_name(message);
        }
    }
}

TEST(ReceiverMutants, LeaveTheMessageAloneThatTheyAreNotAbout) {
    for (const auto& tested : cases()) {
        const auto* mutant = find_mutant(tested.id);
        ASSERT_NE(mutant, nullptr) << tested.id << " has gone";
        if (mutant->v1 && mutant->v2) continue;
        const auto other = mutant->v1 ? kV2 : kV1;
        // A foreign type says nothing about the message.
        if (mutant->check == "receiver/unsupported/content-type") continue;
        EXPECT_EQ(shown(Answers(mutation_of(tested.id)).answer(tested.deviates, other)),
                  shown(Answers().answer(tested.deviates, other)))
            << tested.id;
    }
}

TEST(ReceiverMutants, HaveARowInTheTableEach) {
    for (const Mutant& mutant : all_mutants()) {
        EXPECT_TRUE(std::any_of(cases().begin(), cases().end(), [&](const Case& each) { return each.id == mutant.id; }))
            << mutant.id << " is not tested";
    }
}

TEST(ReceiverMutants, CallHeadersByTheNamesOfDrafts) {
    const auto headers = Answers(mutation_of("written/draft-names")).answer(valid, kV2).headers;
    for (const auto& [name, count] : {std::pair{"X-Prometheus-Remote-Write-Written-Samples", "2"},
                                      {"X-Prometheus-Remote-Write-Written-Histograms", "0"},
                                      {"X-Prometheus-Remote-Write-Written-Exemplars", "0"}}) {
        const auto* value = proto::find_header(headers, name);
        ASSERT_NE(value, nullptr) << name;
        EXPECT_EQ(*value, count);
    }
}

TEST(ReceiverMutants, WriteNoDigitAndNoReasonIntoA400) {
    const auto amount = Answers(mutation_of("response/no-amount")).answer(kUnsorted, kV2).body;
    EXPECT_EQ(amount.find_first_of("0123456789"), std::string::npos) << amount;
    EXPECT_EQ(Answers(mutation_of("response/no-reason")).answer(kPartlyUnsorted, kV2).body, "1 series rejected\n");
    EXPECT_EQ(Answers(mutation_of("response/no-reason")).answer(kTruncated, kV2).body, "0 series rejected\n");
}

TEST(ReceiverMutants, PassOverGroupsWhereTheyWalkTheWire) {
    // A group of another field between labels and samples, with a field of a low number inside.
    const Wire group = Wire().tag(9, 3).varint(1, 7).tag(9, 4);
    Answers answers(mutation_of("accepts/fields-in-order"));
    const auto in_order = bytes(Wire().bytes(1, Wire(kLabelV1).raw(kSampleV1.str()).raw(group.str())));
    EXPECT_EQ(shown(answers.answer(in_order, kV1)), shown(Answers().answer(in_order, kV1)));
}

TEST(ReceiverMutants, ForgetTheOldestOfVeryManyBodies) {
    MutantMemory memory;
    EXPECT_TRUE(memory.first_time("first"));
    EXPECT_FALSE(memory.first_time("first"));
    for (int i = 0; i < 100000; ++i) ASSERT_TRUE(memory.first_time(std::to_string(i)));
    EXPECT_TRUE(memory.first_time("first"));
    EXPECT_FALSE(memory.first_time("99999"));
}

TEST(ReceiverMutantCatalogue, IsWellFormed) {
    std::set<std::string_view> ids;
    for (const Mutant& mutant : all_mutants()) {
        SCOPED_TRACE(mutant.id);
        EXPECT_TRUE(ids.insert(mutant.id).second) << "twice";
        EXPECT_EQ(mutant.id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-/"), std::string_view::npos);
        EXPECT_NE(mutant.id.find('/'), std::string_view::npos);
        EXPECT_TRUE(mutant.summary.ends_with('.'));
        EXPECT_LE(mutant.summary.size(), 100U);
        EXPECT_TRUE(mutant.check.starts_with("receiver/"));
        EXPECT_TRUE(mutant.v1 || mutant.v2);
        for (const auto check : mutant.also) {
            EXPECT_TRUE(check.starts_with("receiver/"));
            EXPECT_NE(check, mutant.check);
        }
        EXPECT_EQ(find_mutant(mutant.id)->summary, mutant.summary);
    }
    for (const Mutant& mutant : null_receivers()) {
        EXPECT_EQ(mutant.check, "");
        EXPECT_TRUE(mutant.summary.ends_with('.'));
        EXPECT_TRUE(ids.insert(mutant.id).second) << mutant.id << " twice";
    }
    EXPECT_EQ(find_mutant("no/such"), nullptr);
}

TEST(ReceiverMutation, OfNothingIsNothing) {
    const auto none = Mutation::of({});
    ASSERT_TRUE(none);
    EXPECT_TRUE(none->empty());
}

TEST(ReceiverMutation, NamesTheNearestOfAnUnknownId) {
    const std::vector<std::string> near = {"response/200,written/one-les"};
    const auto mutation = Mutation::of(near);
    ASSERT_FALSE(mutation);
    EXPECT_EQ(mutation.error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(mutation.error().text(),
              "there is no mutant \"written/one-les\" of the receiver; did you mean written/one-less?");
    const std::vector<std::string> far = {"something-else-altogether"};
    EXPECT_EQ(Mutation::of(far).error().text(),
              "there is no mutant \"something-else-altogether\" of the receiver; prw list mutants --party receiver "
              "shows them all");
    const std::vector<std::string> nothing = {""};
    EXPECT_FALSE(Mutation::of(nothing));
}

TEST(ReceiverMutation, ComposesListsAndRepeatedIdsInOrder) {
    const std::vector<std::string> ids = {"written/no-samples,response/200", "written/decimals", "response/200"};
    auto mutation = Mutation::of(ids);
    ASSERT_TRUE(mutation);
    EXPECT_EQ(mutation->mutants().size(), 3U);
    const auto answer = Answers(std::move(*mutation)).answer(kExemplar, kV2);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(written(answer), "- 0.0 1.0");
}

// ---- Over a socket ----

ReceiverOptions options_with(std::string_view ids) {
    ReceiverOptions options;
    options.mutation = mutation_of(ids);
    return options;
}

TEST(MutatedReceiver, AnswersWritesAndNothingElseOtherwise) {
    const RunningReceiver receiver(options_with("accepts/no-chunked,written/one-less,policy/future-samples-500"));
    const RequestBuilder v2(kV2);
    const auto whole = receiver.send(v2);
    EXPECT_EQ(whole.status, 204);
    ASSERT_NE(whole.header(proto::header::kSamplesWritten), nullptr);
    EXPECT_EQ(*whole.header(proto::header::kSamplesWritten), "1");
    EXPECT_EQ(receiver.send(prw::testing::chunked(v2)).status, 411);
    auto ahead = valid_series();
    ahead.samples[0].timestamp = kNowMs + 60'001;
    EXPECT_EQ(receiver.send(RequestBuilder(v2).series(ahead)).status, 500) << "by the clock that the rules go by";
    EXPECT_EQ(receiver.get("/-/ready").status, 200);
    EXPECT_EQ(receiver.get("/api/v1/write").status, 405);
}

TEST(MutatedReceiver, RemembersFromOneConnectionToTheNext) {
    const RunningReceiver receiver(options_with("recovery/poisoned,accepts/no-repeats"));
    const RequestBuilder good;
    EXPECT_EQ(receiver.send(RequestBuilder().body("hello")).status, 400);
    EXPECT_THAT(receiver.send(good).body, HasSubstr("the request before was refused"));
    EXPECT_EQ(receiver.send(good).status, 204);
    EXPECT_THAT(receiver.send(good).body, HasSubstr("written before"));
}

TEST(MutatedReceiver, TakesTheTextFromRequestsThatCannotBeRead) {
    const RunningReceiver receiver(options_with("response/empty-error,malformed/204"));
    const auto answer = receiver.send("POST\r\n\r\n");
    EXPECT_EQ(answer.status, 400) << "it is the head that is malformed";
    EXPECT_EQ(answer.body, "");
    EXPECT_EQ(answer.header("Content-Type"), nullptr);
}

TEST(MutatedReceiver, LeavesScriptedAnswersAsTheyAre) {
    auto options = options_with("written/no-samples,response/200");
    options.script = prw::testing::short_script("204x1:written=true,503x1");
    const RunningReceiver receiver(options);
    const auto scripted = receiver.send(RequestBuilder(kV2));
    EXPECT_EQ(scripted.status, 204);
    EXPECT_NE(scripted.header(proto::header::kSamplesWritten), nullptr);
    EXPECT_EQ(receiver.send(RequestBuilder(kV2)).status, 503);
    const auto own = receiver.send(RequestBuilder(kV2));
    EXPECT_EQ(own.status, 200);
    EXPECT_EQ(own.header(proto::header::kSamplesWritten), nullptr);
}

TEST(NullReceiver, GivesEverythingTheSameAnswer) {
    std::size_t constant = 0;
    for (const Mutant& mutant : null_receivers()) {
        if (!mutant.id.starts_with("null/always-")) continue;
        ++constant;
        const int status = std::stoi(std::string(mutant.id.substr(mutant.id.size() - 3)));
        const RunningReceiver receiver(options_with(mutant.id));
        for (const auto& request :
             {RequestBuilder(), RequestBuilder(kV2), RequestBuilder(kV2).body("hello"),
              RequestBuilder().header("Content-Type", "application/json"), RequestBuilder().method("PUT")}) {
            const auto answer = receiver.send(request);
            EXPECT_EQ(answer.status, status) << mutant.id;
            EXPECT_EQ(answer.body, "") << mutant.id;
            EXPECT_EQ(answer.header(proto::header::kSamplesWritten), nullptr) << mutant.id;
            EXPECT_EQ(answer.header(proto::header::kContentType), nullptr) << mutant.id;
        }
        EXPECT_EQ(receiver.send("POST\r\n\r\n").status, status) << mutant.id;
        EXPECT_EQ(receiver.get("/-/ready").status, 200) << mutant.id;
    }
    EXPECT_EQ(constant + 2, null_receivers().size()) << "closes and hangs have tests of their own";
}

TEST(NullReceiver, ClosesWithoutAnAnswer) {
    RunningReceiver receiver(options_with("null/closes"));
    EXPECT_EQ(receiver.send(RequestBuilder()).status, 0);
    EXPECT_EQ(receiver.send("POST\r\n\r\n").status, 0);
    const auto seen = receiver.exchanges(2);
    EXPECT_EQ(seen[0]->fault, "close");
    EXPECT_EQ(receiver.get("/-/ready").status, 200);
}

TEST(NullReceiver, HangsUntilItIsStopped) {
    RunningReceiver receiver(options_with("null/hangs"));
    auto waiting = std::async(std::launch::async, [&] { return receiver.send(RequestBuilder()).status; });
    while (receiver.get("/metrics").body.find("prw_receiver_requests_in_flight 1") == std::string::npos) {}
    const auto start = std::chrono::steady_clock::now();
    receiver->stop();
    EXPECT_EQ(waiting.get(), 0);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(4));
    ASSERT_EQ(receiver->exchanges().size(), 1U);
    EXPECT_EQ(receiver->exchanges()[0]->fault, "stall");
    EXPECT_FALSE(receiver->exchanges()[0]->response_sent);
}

}  // namespace
}  // namespace prw::receiver
