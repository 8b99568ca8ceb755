#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <limits>

#include "prw/base/text.h"
#include "prw/proto/remote_read.h"
#include "prw/proto/snappy_block.h"
#include "query_json.h"
#include "running_receiver.h"

namespace prw::receiver {
namespace {

using nlohmann::json;
using proto::ProtobufMessage;
using prw::testing::kNowMs;
using prw::testing::RequestBuilder;
using prw::testing::RunningReceiver;
using prw::testing::sample;
using prw::testing::short_script;
using ::testing::HasSubstr;

constexpr std::int64_t kNowSeconds = kNowMs / 1000;
const std::string kNow = std::to_string(kNowSeconds);

ReceiverOptions storing() {
    ReceiverOptions options;
    options.store_bytes = 1U << 20U;
    return options;
}

std::string form(std::initializer_list<std::pair<std::string, std::string>> fields) {
    std::string out;
    for (const auto& [name, value] : fields)
        base::add_word(out, base::percent_encoded(name) + "=" + base::percent_encoded(value), "&");
    return out;
}

std::string post(const std::string& target, const std::string& type, const std::string& body,
                 const std::string& fields = "") {
    return "POST " + target + " HTTP/1.1\r\nHost: x\r\nContent-Type: " + type + "\r\n" + fields +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}
const std::string kFormType = "application/x-www-form-urlencoded";

/// Data of a query that succeeds, asked for by GET and by POST.
json query(const RunningReceiver& receiver, const std::string& path,
           std::initializer_list<std::pair<std::string, std::string>> fields) {
    const auto got = receiver.get(path + "?" + form(fields));
    EXPECT_EQ(got.status, 200) << got.body;
    EXPECT_EQ(got.header("Content-Type") == nullptr ? "" : *got.header("Content-Type"), "application/json");
    EXPECT_EQ(receiver.send(post(path, kFormType, form(fields))).body, got.body);
    const auto parsed = json::parse(got.body, nullptr, false);
    EXPECT_EQ(parsed.value("status", ""), "success") << got.body;
    return parsed.value("data", json());
}

/// What remote read gives for one query.
std::vector<proto::Series> read(const RunningReceiver& receiver, const proto::ReadQuery& asked) {
    const auto body = proto::compress_snappy(proto::encode_read_request({.queries = {asked}}));
    const auto got = receiver.send(post("/api/v1/read", "application/x-protobuf", body,
                                        "Content-Encoding: snappy\r\nX-Prometheus-Remote-Read-Version: 0.1.0\r\n"));
    EXPECT_EQ(got.status, 200) << got.body;
    EXPECT_EQ(got.header("Content-Encoding") == nullptr ? "" : *got.header("Content-Encoding"), "snappy");
    proto::PaddedBuffer message;
    EXPECT_TRUE(proto::uncompress_snappy(got.body, 1U << 20U, message));
    const auto results = proto::decode_read_response(message.view());
    EXPECT_TRUE(results);
    EXPECT_EQ(results ? results->size() : 0, 1U);
    return results && results->size() == 1 ? results->front() : std::vector<proto::Series>();
}

proto::ReadQuery everything(std::string name) {
    return {.start_ms = std::numeric_limits<std::int64_t>::min(),
            .end_ms = std::numeric_limits<std::int64_t>::max(),
            .matchers = {{proto::LabelMatcher::Type::kEqual, "__name__", std::move(name)}}};
}

proto::Series gauge(const std::string& name, std::vector<proto::Sample> samples) {
    auto out = prw::testing::valid_series({{"__name__", name}, {"job", "shop"}});
    out.samples = std::move(samples);
    out.metadata.unit.clear();
    return out;
}

int write(const RunningReceiver& receiver, proto::Series one, ProtobufMessage message = ProtobufMessage::kV2) {
    return receiver.send(RequestBuilder(message).series(std::move(one))).status;
}

TEST(RemoteRead, EveryKindOfValueComesBackBitForBit) {
    const std::vector<std::uint64_t> values = {
        proto::to_bits(0.0),
        proto::to_bits(-0.0),
        proto::to_bits(1.5),
        proto::to_bits(std::numeric_limits<double>::infinity()),
        proto::to_bits(-std::numeric_limits<double>::infinity()),
        proto::kNormalNanBits,
        0x7ff8000000000000ULL,
        0xfff8000000000123ULL,
        proto::kStaleNanBits,
        proto::to_bits(std::numeric_limits<double>::denorm_min()),
        proto::to_bits(std::numeric_limits<double>::max()),
        proto::to_bits(9007199254740992.0 + 2),
        0x4340000000000001ULL,
    };
    for (const auto message : {ProtobufMessage::kV1, ProtobufMessage::kV2}) {
        auto options = storing();
        options.on_violation = OnViolation::kAccept;
        const RunningReceiver receiver(options);
        std::vector<proto::Sample> samples;
        for (std::size_t i = 0; i < values.size(); ++i)
            samples.push_back({values[i], kNowMs - 1000 + static_cast<std::int64_t>(i), 0});
        ASSERT_EQ(write(receiver, gauge("g", samples), message), 204);
        const auto found = read(receiver, everything("g"));
        ASSERT_EQ(found.size(), 1U);
        EXPECT_EQ(found[0].labels, (proto::Labels{{"__name__", "g"}, {"job", "shop"}}));
        ASSERT_EQ(found[0].samples.size(), values.size());
        for (std::size_t i = 0; i < values.size(); ++i) {
            EXPECT_EQ(found[0].samples[i].value_bits, values[i]) << std::hex << values[i];
            EXPECT_EQ(found[0].samples[i].timestamp, samples[i].timestamp);
        }
    }
}

TEST(RemoteRead, SelectsByMatchersAndTime) {
    const RunningReceiver receiver(storing());
    for (const char* job : {"a", "b", "c"}) {
        auto one = prw::testing::valid_series({{"__name__", "up"}, {"job", job}});
        one.samples = {sample(1, kNowMs - 2000), sample(2, kNowMs - 1000), sample(3, kNowMs)};
        ASSERT_EQ(write(receiver, one, ProtobufMessage::kV1), 204);
    }
    using Type = proto::LabelMatcher::Type;
    struct Row {
        proto::LabelMatcher matcher;
        std::string jobs;
    };
    for (const auto& row : std::vector<Row>{{{Type::kEqual, "job", "b"}, "b"},
                                            {{Type::kNotEqual, "job", "b"}, "ac"},
                                            {{Type::kRegex, "job", "[ab]"}, "ab"},
                                            {{Type::kNotRegex, "job", "a|x"}, "bc"},
                                            {{Type::kEqual, "none", ""}, "abc"},
                                            {{Type::kEqual, "none", "x"}, ""}}) {
        std::string jobs;
        for (const auto& each : read(receiver, {kNowMs - 1000, kNowMs - 1, {row.matcher}})) {
            jobs += each.labels.back().second;
            EXPECT_EQ(each.samples.size(), 1U) << "both ends are inclusive";
        }
        EXPECT_EQ(jobs, row.jobs);
    }
}

TEST(RemoteRead, HistogramsComeBackWhole) {
    for (const auto& kind : {"integer", "float", "custom"}) {
        auto options = storing();
        options.on_violation = OnViolation::kAccept;
        const RunningReceiver receiver(options);
        auto one = gauge("h", {});
        one.metadata.type = proto::MetricType::kHistogram;
        auto& h = one.histograms.emplace_back();
        h.timestamp = kNowMs;
        h.sum_bits = proto::to_bits(-0.0);
        h.positive_spans = {{0, 2}, {1, 1}};
        if (kind == std::string("integer")) {
            h.count = std::uint64_t{12};
            h.zero_count = std::uint64_t{1};
            h.schema = 3;
            h.zero_threshold = 1e-128;
            h.reset_hint = 2;
            h.positive_deltas = {3, -1, 2};
            h.negative_spans = {{-2, 1}};
            h.negative_deltas = {2};
        } else {
            h.count = 7.5;
            h.zero_count = 0.0;
            h.positive_counts = {1.5, 2, 4};
            if (kind == std::string("custom")) {
                h.schema = -53;
                h.custom_values = {1, 2.5, 5, 10};
            }
        }
        ASSERT_EQ(write(receiver, one), 204) << kind;
        const auto found = read(receiver, everything("h"));
        ASSERT_EQ(found.size(), 1U) << kind;
        proto::WriteRequest back{.series = found, .metadata = {}}, sent{.series = {one}, .metadata = {}};
        EXPECT_EQ(encode(back, ProtobufMessage::kV1), encode(sent, ProtobufMessage::kV1)) << kind;
    }
}

TEST(RemoteRead, RefusesWhatIsWrong) {
    RunningReceiver receiver(storing());
    const auto send = [&](const std::string& message) {
        return receiver.send(post("/api/v1/read", "application/x-protobuf", message, "Content-Encoding: snappy\r\n"));
    };
    using Type = proto::LabelMatcher::Type;
    const auto asked = [](const proto::ReadRequest& request) {
        return proto::compress_snappy(proto::encode_read_request(request));
    };
    struct Row {
        std::string body, problem;
    };
    const std::vector<Row> rows = {
        {"no snappy", "snappy"},
        {proto::compress_snappy("\x0a\xff"), "no prometheus.ReadRequest"},
        {proto::compress_snappy(
             prw::testing::Wire().bytes(1, prw::testing::Wire().bytes(3, prw::testing::Wire().varint(1, 9))).str()),
         "type 9"},
        {proto::compress_snappy(std::string(2U << 20U, '\0')), "1048576"},
        {asked({.queries = {{0, 1, {{Type::kRegex, "x", "("}}}}}), "Unmatched ( or"},
        {asked({.queries = {}, .takes_samples = false}), "SAMPLES only"},
        {asked({.queries = std::vector<proto::ReadQuery>(101)}), "101 queries"},
    };
    for (const auto& row : rows) {
        const auto got = send(row.body);
        EXPECT_EQ(got.status, 400) << row.problem;
        EXPECT_THAT(got.body, HasSubstr(row.problem));
    }
    EXPECT_EQ(send(asked({})).status, 200);
    EXPECT_EQ(receiver->count(), 0U);
}

TEST(QueryApi, WritesToItsPathsStayWrites) {
    for (const bool stores : {false, true}) {
        RunningReceiver receiver(stores ? storing() : ReceiverOptions());
        std::size_t writes = 0;
        for (const char* path : {"/api/v1/query", "/api/v1/read", "/api/v1/series", "/api/v1/metadata", "/"})
            for (const auto message : {ProtobufMessage::kV1, ProtobufMessage::kV2}) {
                EXPECT_EQ(receiver.send(RequestBuilder(message).target(path)).status, 204) << path;
                ++writes;
            }
        EXPECT_EQ(receiver.exchanges(writes).size(), writes);
        // Without a store, what would be a query is what it was: a probe or a write.
        EXPECT_EQ(receiver.get("/api/v1/query?query=up").status, stores ? 200 : 405);
        EXPECT_EQ(receiver.send(post("/api/v1/query", kFormType, "query=up")).status, stores ? 200 : 415);
        EXPECT_EQ(receiver.send(post("/api/v1/metadata", kFormType, "")).status, 415) << "GET only, as in Prometheus";
        EXPECT_EQ(receiver.send(post("/api/v1/query", "text/plain", "query=up")).status, 415);
        EXPECT_EQ(receiver.send(post("/other", kFormType, "query=up")).status, 415);
        writes += stores ? 3 : 5;
        EXPECT_EQ(receiver.exchanges(writes).size(), writes);
    }
}

TEST(QueryApi, StoresExactlyWhatIsAnsweredWith2xx) {
    struct Row {
        std::string script;
        bool clean, accepts, stored;
    };
    for (const auto& row : std::vector<Row>{
             {"", true, false, true},
             {"", false, false, false},
             {"", false, true, true},
             {"200", true, false, true},
             {"202", false, false, true},
             {"503", true, false, false},
             {"400", true, true, false},
             {"302", true, false, false},
             {"reset", true, false, false},
             {"close", true, false, false},
             {"garbage", true, false, false},
             {"cut", true, false, true},
             {"dribble", true, false, true},
         }) {
        auto options = storing();
        options.on_violation = row.accepts ? OnViolation::kAccept : OnViolation::kReject;
        if (!row.script.empty()) options.script = short_script(row.script);
        for (auto& step : options.script.steps) step.dribble_interval = std::chrono::milliseconds(0);
        const RunningReceiver receiver(options);
        (void)receiver.send(RequestBuilder().series(
            prw::testing::valid_series(row.clean ? proto::Labels{{"__name__", "up"}, {"job", "a"}}
                                                 : proto::Labels{{"job", "a"}, {"__name__", "up"}})));
        const auto found = query(receiver, "/api/v1/series", {{"match[]", "up"}});
        EXPECT_EQ(found.size(), row.stored ? 1U : 0U) << row.script << row.clean << row.accepts;
    }
}

TEST(QueryApi, WhatDoesNotDecodeIsNotStored) {
    auto options = storing();
    options.script = short_script("200");
    const RunningReceiver receiver(options);
    EXPECT_EQ(receiver.send(RequestBuilder().body("no snappy")).status, 200);
    EXPECT_EQ(receiver.send(RequestBuilder().protobuf(std::string("\x0a\x7f"))).status, 200);
    EXPECT_EQ(json::parse(receiver.get("/api/v1/status").body).at("stored").at("series"), 0);
    EXPECT_EQ(receiver.send(RequestBuilder()).status, 200);
    const auto stored = json::parse(receiver.get("/api/v1/status").body).at("stored");
    EXPECT_EQ(stored.at("series"), 2);
    EXPECT_EQ(stored.at("samples"), 2);
    EXPECT_EQ(stored.at("dropped_series"), 0);
}

TEST(QueryApi, StoresAlsoWhereBodiesAreHandedOn) {
    auto options = storing();
    options.hand_on_bodies = true;
    std::size_t seen = 0;
    RunningReceiver receiver(options, [&](const exchange::Exchange& e) { seen = e.body()->view().series.size(); });
    EXPECT_EQ(receiver.send(RequestBuilder()).status, 204);
    EXPECT_EQ(query(receiver, "/api/v1/series", {{"match[]", "{job=\"shop\"}"}}).size(), 2U);
    receiver->stop();
    EXPECT_EQ(seen, 2U);
}

TEST(QueryApi, NeedsTheControlApi) {
    auto options = storing();
    options.control_api = false;
    const RunningReceiver receiver(options);
    EXPECT_EQ(receiver.get("/api/v1/query?query=up").status, 405);
}

TEST(QueryApi, InstantQueriesLookBackFiveMinutes) {
    const RunningReceiver receiver(storing());
    ASSERT_EQ(write(receiver, gauge("g", {sample(1.5, kNowMs - 600000), sample(2, kNowMs - 60000)})), 204);
    const auto at = [&](std::int64_t ms) {
        std::string time = std::to_string(ms);
        time.insert(time.size() - 3, ".");
        const auto data = query(receiver, "/api/v1/query", {{"query", "g{job=\"shop\"}"}, {"time", time}});
        EXPECT_EQ(data.at("resultType"), "vector");
        return data.at("result").empty() ? std::string("nothing") : data.at("result")[0].at("value").dump();
    };
    const auto now = std::to_string(kNowSeconds);
    EXPECT_EQ(at(kNowMs), "[" + now + ",\"2\"]") << "the time is that of the query";
    EXPECT_EQ(at(kNowMs - 60001), "nothing");
    EXPECT_EQ(at(kNowMs - 60000), "[" + std::to_string(kNowSeconds - 60) + ",\"2\"]");
    EXPECT_EQ(at(kNowMs - 600000), "[" + std::to_string(kNowSeconds - 600) + ",\"1.5\"]");
    EXPECT_EQ(at(kNowMs - 300001), "[" + std::to_string(kNowSeconds - 301) + ".999,\"1.5\"]");
    EXPECT_EQ(at(kNowMs - 300000), "nothing") << "what is as old as the lookback is too old";
    EXPECT_EQ(at(kNowMs + 239999), "[" + std::to_string(kNowSeconds + 239) + ".999,\"2\"]");
    EXPECT_EQ(at(kNowMs + 240000), "nothing");
    const auto labels = query(receiver, "/api/v1/query", {{"query", "g"}}).at("result")[0].at("metric");
    EXPECT_EQ(labels, (json{{"__name__", "g"}, {"job", "shop"}})) << "without a time: the receiver's clock";
}

TEST(QueryApi, AStaleMarkerEndsASeries) {
    const RunningReceiver receiver(storing());
    ASSERT_EQ(write(receiver, gauge("g", {sample(1, kNowMs - 30000), {proto::kStaleNanBits, kNowMs - 15000, 0}})), 204);
    const auto at = [&](std::int64_t seconds) {
        return query(receiver, "/api/v1/query", {{"query", "g"}, {"time", std::to_string(seconds)}})
            .at("result")
            .size();
    };
    EXPECT_EQ(at(kNowSeconds - 16), 1U);
    EXPECT_EQ(at(kNowSeconds - 15), 0U);
    EXPECT_EQ(at(kNowSeconds), 0U);
    // It is no value of a range, and nowhere in a range query.
    const auto raw = query(receiver, "/api/v1/query", {{"query", "g[5m]"}, {"time", kNow}});
    EXPECT_EQ(raw.at("result")[0].at("values").dump(), "[[" + std::to_string(kNowSeconds - 30) + ",\"1\"]]");
    const auto range =
        query(receiver, "/api/v1/query_range",
              {{"query", "g"}, {"start", std::to_string(kNowSeconds - 40)}, {"end", kNow}, {"step", "5s"}});
    EXPECT_EQ(range.at("result")[0].at("values").size(), 3U);
    EXPECT_EQ(read(receiver, everything("g")).at(0).samples.size(), 2U) << "remote read has it";
    ASSERT_EQ(write(receiver, gauge("g", {sample(2, kNowMs)})), 204);
    EXPECT_EQ(at(kNowSeconds), 1U) << "and it may come back";
}

TEST(QueryApi, RangesGiveEveryRawSample) {
    const RunningReceiver receiver(storing());
    ASSERT_EQ(write(receiver, gauge("g", {sample(1, kNowMs - 10000), sample(2, kNowMs - 5000), sample(3, kNowMs)})),
              204);
    const auto data = query(receiver, "/api/v1/query", {{"query", "g[10s]"}, {"time", kNow}});
    EXPECT_EQ(data.at("resultType"), "matrix");
    EXPECT_EQ(data.at("result")[0].at("values").dump(),
              "[[" + std::to_string(kNowSeconds - 5) + ",\"2\"],[" + kNow + ",\"3\"]]")
        << "a range is open on the left";
    EXPECT_FALSE(data.at("result")[0].contains("histograms"));
    EXPECT_EQ(query(receiver, "/api/v1/query", {{"query", "g[1s]"}, {"time", "2026-01-01T01:00:00+01:00"}})
                  .at("result")[0]
                  .at("values")
                  .size(),
              1U);
    EXPECT_TRUE(query(receiver, "/api/v1/query", {{"query", "none[1h]"}, {"time", kNow}}).at("result").empty());
}

TEST(QueryApi, RangeQueriesStep) {
    const RunningReceiver receiver(storing());
    ASSERT_EQ(write(receiver, gauge("g", {sample(1, kNowMs - 500000), sample(2, kNowMs - 15000), sample(3, kNowMs)})),
              204);
    const auto data =
        query(receiver, "/api/v1/query_range",
              {{"query", "g"}, {"start", std::to_string(kNowSeconds - 30)}, {"end", kNow}, {"step", "10"}});
    EXPECT_EQ(data.at("resultType"), "matrix");
    EXPECT_EQ(data.at("result")[0].at("values").dump(),
              "[[" + std::to_string(kNowSeconds - 10) + ",\"2\"],[" + kNow + ",\"3\"]]");
}

TEST(QueryApi, ValuesAreWrittenAsPrometheusDoes) {
    struct Row {
        double value;
        std::string text;
    };
    const auto max = std::numeric_limits<double>::max();
    for (const auto& row : std::vector<Row>{{0, "0"},
                                            {-0.0, "-0"},
                                            {1.5, "1.5"},
                                            {0.1, "0.1"},
                                            {1e-6, "0.000001"},
                                            {1e-7, "1e-07"},
                                            {1e20, "100000000000000000000"},
                                            {1e21, "1e+21"},
                                            {-123456789.125, "-123456789.125"},
                                            {9007199254740993.0, "9007199254740992"},
                                            {9007199254740994.0, "9007199254740994"},
                                            {18446744073709551616.0, "18446744073709552000"},
                                            {-123456789012345678.0, "-123456789012345680"},
                                            {3e20, "300000000000000000000"},
                                            {5e-324, "5e-324"},
                                            {max, "1.7976931348623157e+308"},
                                            {std::numeric_limits<double>::infinity(), "+Inf"},
                                            {-std::numeric_limits<double>::infinity(), "-Inf"},
                                            {std::nan(""), "NaN"}}) {
        std::string out;
        put_value(out, row.value);
        EXPECT_EQ(out, "\"" + row.text + "\"");
    }
    struct Time {
        std::int64_t ms;
        std::string text;
    };
    for (const auto& row : std::vector<Time>{{0, "0"},
                                             {1, "0.001"},
                                             {1050, "1.050"},
                                             {1767225600123, "1767225600.123"},
                                             {-1, "-0.001"},
                                             {std::numeric_limits<std::int64_t>::min(), "-9223372036854775.808"}}) {
        std::string out;
        put_time(out, row.ms);
        EXPECT_EQ(out, row.text);
    }
}

TEST(QueryApi, HistogramsAreWrittenAsPrometheusDoes) {
    proto::Histogram integer;
    integer.count = std::uint64_t{14};
    integer.zero_count = std::uint64_t{2};
    integer.sum_bits = proto::to_bits(18.4);
    integer.zero_threshold = 0.001;
    integer.schema = 1;
    integer.positive_spans = {{0, 2}, {1, 2}};
    integer.positive_deltas = {1, 1, -1, 0};
    integer.negative_spans = {{0, 2}};
    integer.negative_deltas = {3, 1};

    auto floats = integer;
    floats.count = 3.5;
    floats.zero_count = 0.0;
    floats.schema = -1;
    floats.positive_deltas.clear();
    floats.negative_deltas.clear();
    floats.negative_spans.clear();
    floats.positive_spans = {{-1, 3}};
    floats.positive_counts = {1.5, 0, 2};

    proto::Histogram custom;
    custom.count = std::uint64_t{6};
    custom.schema = -53;
    custom.sum_bits = proto::kNormalNanBits;
    custom.custom_values = {1, 2.5};
    custom.positive_spans = {{0, 3}};
    custom.positive_deltas = {1, 1, 1};

    auto clamped = integer;
    clamped.schema = 0;
    clamped.zero_threshold = 0.75;
    clamped.positive_spans = clamped.negative_spans = {{0, 1}};
    clamped.positive_deltas = clamped.negative_deltas = {1};

    auto highest = floats;
    highest.schema = 0;
    highest.positive_spans = {{1024, 2}};
    highest.positive_counts = {1, 2};

    auto odd = floats;  // more in the spans than there are counts, and beyond every number
    odd.positive_spans = {{2147483647, 4294967295U}, {2147483647, 1}};
    odd.positive_counts = {1};

    auto unknown = integer;
    unknown.schema = 100;
    unknown.zero_count = std::uint64_t{0};

    struct Row {
        std::string name;
        proto::Histogram histogram;
        std::string text;
    };
    for (
        const auto& row : std::vector<Row>{
            {"integer", integer,
             R"({"count":"14","sum":"18.4","buckets":[[1,"-1.4142135623730951","-1","4"],[1,"-1","-0.7071067811865476","3"],)"
             R"([3,"-0.001","0.001","2"],[0,"0.7071067811865476","1","1"],[0,"1","1.4142135623730951","2"],)"
             R"([0,"2","2.8284271247461903","1"],[0,"2.8284271247461903","4","1"]]})"},
            {"float", floats, R"({"count":"3.5","sum":"18.4","buckets":[[0,"0.0625","0.25","1.5"],[0,"1","4","2"]]})"},
            {"custom", custom,
             R"({"count":"6","sum":"NaN","buckets":[[3,"-Inf","1","1"],[0,"1","2.5","2"],[0,"2.5","+Inf","3"]]})"},
            {"clamped", clamped,
             R"({"count":"14","sum":"18.4","buckets":[[1,"-1","-0.75","1"],[3,"-0.75","0.75","2"],[0,"0.75","1","1"]]})"},
            {"highest", highest,
             R"({"count":"3.5","sum":"18.4","buckets":[[0,"8.98846567431158e+307","1.7976931348623157e+308","1"],)"
             R"([0,"1.7976931348623157e+308","+Inf","2"]]})"},
            {"odd", odd, R"({"count":"3.5","sum":"18.4","buckets":[[0,"+Inf","+Inf","1"]]})"},
            {"unknown", unknown, R"({"count":"14","sum":"18.4"})"},
        }) {
        std::string out;
        put_histogram(out, row.histogram);
        EXPECT_EQ(out, row.text) << row.name;
    }
}

TEST(QueryApi, HistogramsAreFoundAsSamplesAre) {
    const RunningReceiver receiver(storing());
    auto one = gauge("h", {});
    one.metadata.type = proto::MetricType::kHistogram;
    auto& h = one.histograms.emplace_back();
    h.timestamp = kNowMs;
    h.count = std::uint64_t{1};
    h.positive_spans = {{0, 1}};
    h.positive_deltas = {1};
    h.sum_bits = proto::to_bits(1);
    ASSERT_EQ(write(receiver, one), 204);
    const auto expected = json::parse(R"({"count":"1","sum":"1","buckets":[[0,"0.5","1","1"]]})");
    const auto now = query(receiver, "/api/v1/query", {{"query", "h"}, {"time", kNow}}).at("result")[0];
    EXPECT_EQ(now.at("histogram")[1], expected);
    EXPECT_FALSE(now.contains("value"));
    const auto raw = query(receiver, "/api/v1/query", {{"query", "h[1m]"}, {"time", kNow}}).at("result")[0];
    EXPECT_EQ(raw.at("histograms")[0][1], expected);
    EXPECT_FALSE(raw.contains("values"));
    const auto range =
        query(receiver, "/api/v1/query_range",
              {{"query", "h"}, {"start", kNow}, {"end", std::to_string(kNowSeconds + 60)}, {"step", "1m"}});
    EXPECT_EQ(range.at("result")[0].at("histograms").size(), 2U);
    // A stale marker of a histogram is one in its sum.
    auto marker = one;
    marker.histograms = {proto::Histogram{}};
    marker.histograms[0].timestamp = kNowMs + 1000;
    marker.histograms[0].sum_bits = proto::kStaleNanBits;
    ASSERT_EQ(write(receiver, marker), 204);
    EXPECT_TRUE(query(receiver, "/api/v1/query", {{"query", "h"}, {"time", std::to_string(kNowSeconds + 1)}})
                    .at("result")
                    .empty());
}

TEST(QueryApi, ListsSeriesLabelsAndTheirValues) {
    const RunningReceiver receiver(storing());
    for (const char* job : {"b", "a"})
        for (const char* name : {"up", "down"})
            ASSERT_EQ(
                write(receiver, prw::testing::valid_series({{"__name__", name}, {"job", job}}), ProtobufMessage::kV1),
                204);
    const auto series = [&](std::initializer_list<std::pair<std::string, std::string>> fields) {
        return query(receiver, "/api/v1/series", fields).size();
    };
    EXPECT_EQ(query(receiver, "/api/v1/series", {{"match[]", "up"}}),
              json::parse(R"([{"__name__":"up","job":"a"},{"__name__":"up","job":"b"}])"));
    EXPECT_EQ(series({{"match[]", "up"}, {"match[]", "{job=\"a\"}"}}), 3U) << "each once";
    EXPECT_EQ(series({{"match[]", "up"}, {"limit", "1"}}), 1U);
    EXPECT_THAT(receiver.get("/api/v1/series?match[]=up&limit=1").body, HasSubstr("results truncated due to limit"));
    EXPECT_EQ(series({{"match[]", "up"}, {"start", kNow}, {"end", kNow}}), 2U);
    EXPECT_EQ(series({{"match[]", "up"}, {"end", std::to_string(kNowSeconds - 1)}}), 0U);
    EXPECT_EQ(query(receiver, "/api/v1/labels", {}).dump(), R"(["__name__","job"])");
    EXPECT_EQ(json::parse(receiver.get("/api/v1/label/job/values").body).at("data").dump(), R"(["a","b"])");
    EXPECT_EQ(
        json::parse(receiver.get("/api/v1/label/__name__/values?match[]=%7Bjob%3D%22a%22%7D").body).at("data").dump(),
        R"(["down","up"])");
    EXPECT_EQ(json::parse(receiver.get("/api/v1/label/none/values").body).at("data").dump(), "[]");
}

TEST(QueryApi, GivesExemplarsAndMetadata) {
    const RunningReceiver receiver(storing());
    auto one = prw::testing::valid_series({{"__name__", "shop_orders_total"}, {"job", "shop"}});
    one.metadata = {proto::MetricType::kCounter, "", "Orders.", ""};
    one.exemplars = {{{{"trace_id", "abc"}}, proto::to_bits(1), kNowMs - 500}};
    ASSERT_EQ(write(receiver, one), 204);
    const auto found =
        query(receiver, "/api/v1/query_exemplars",
              {{"query", "shop_orders_total"}, {"start", std::to_string(kNowSeconds - 1)}, {"end", kNow}});
    EXPECT_EQ(found, json::parse(R"([{"seriesLabels":{"__name__":"shop_orders_total","job":"shop"},"exemplars":)"
                                 R"([{"labels":{"trace_id":"abc"},"value":"1","timestamp":1767225599.5}]}])"));
    EXPECT_EQ(query(receiver, "/api/v1/query_exemplars", {{"query", "shop_orders_total"}, {"start", kNow}}),
              json::array());

    proto::WriteRequest old{.series = {}, .metadata = {{proto::MetricType::kGauge, "shop_open", "Open \"now\".", "s"}}};
    ASSERT_EQ(receiver.send(RequestBuilder().request(old)).status, 204);
    const auto metadata = [&](const std::string& fields) {
        return json::parse(receiver.get("/api/v1/metadata" + fields).body).at("data");
    };
    EXPECT_EQ(metadata(""), json::parse(R"({"shop_open":[{"type":"gauge","help":"Open \"now\".","unit":"s"}],)"
                                        R"("shop_orders_total":[{"type":"counter","help":"Orders.","unit":""}]})"));
    EXPECT_EQ(metadata("?metric=shop_open").size(), 1U);
    EXPECT_EQ(metadata("?metric=none").size(), 0U);
    EXPECT_EQ(metadata("?limit=1").size(), 1U);
}

TEST(QueryApi, LabelsThatAreNotUtf8DoNotBreakJson) {
    auto options = storing();
    options.on_violation = OnViolation::kAccept;
    const RunningReceiver receiver(options);
    ASSERT_EQ(
        write(receiver, prw::testing::valid_series({{"__name__", "up"}, {"x", "a\xff\"\n\x1b"}}), ProtobufMessage::kV1),
        204);
    EXPECT_EQ(query(receiver, "/api/v1/series", {{"match[]", "up"}})[0].at("x"), "a\xef\xbf\xbd\"\n\x1b");
    EXPECT_EQ(read(receiver, everything("up")).at(0).labels.back().second, "a\xff\"\n\x1b");
}

TEST(QueryApi, RefusesWhatItDoesNotUnderstand) {
    RunningReceiver receiver(storing());
    ASSERT_EQ(receiver.send(RequestBuilder()).status, 204);
    struct Row {
        std::string target, problem;
    };
    const std::vector<Row> rows = {
        {"/api/v1/query", "parameter \"query\", byte 0: the expression is empty"},
        {"/api/v1/query?query=", "the expression is empty"},
        {"/api/v1/query?query=rate(up[5m])", "this receiver understands selectors of series only"},
        {"/api/v1/query?query=up&time=yesterday", "\"yesterday\" is no time"},
        {"/api/v1/query?query=up&time=nan", "is no time"},
        {"/api/v1/query?query=up&time=1e300", "is no time"},
        {"/api/v1/query?query=up&time=2026-02-30T00:00:00Z", "is no time"},
        {"/api/v1/query?query=up%7Bx=~%22(%22%7D", "Unmatched ( or"},
        {"/api/v1/query?query=" + std::string(20000, 'a'), "the limit is 16384"},
        {"/api/v1/query_range?query=up", "parameter \"start\": is not given"},
        {"/api/v1/query_range?query=up&start=1", "parameter \"end\": is not given"},
        {"/api/v1/query_range?query=up&start=1&end=2", "parameter \"step\": is not given"},
        {"/api/v1/query_range?query=up&start=1&end=2&step=0", "no duration"},
        {"/api/v1/query_range?query=up&start=1&end=2&step=-1", "no duration"},
        {"/api/v1/query_range?query=up&start=2&end=1&step=1", "the end is before the start"},
        {"/api/v1/query_range?query=up&start=0&end=11001&step=1", "more than 11000 points"},
        {"/api/v1/query_range?query=up[5m]&start=0&end=1&step=1", "without [ ]"},
        {"/api/v1/series", "parameter \"match[]\": is not given"},
        {"/api/v1/series?match[]=up[5m]", "without [ ]"},
        {"/api/v1/series?match[]=", "the expression is empty"},
        {"/api/v1/series?match[]=up&start=2&end=1", "the end is before the start"},
        {"/api/v1/series?match[]=up&limit=x", "is no number"},
        {"/api/v1/query_exemplars?query=up[1m]", "without [ ]"},
        {"/api/v1/metadata?limit=-1", "is no number"},
    };
    for (const auto& row : rows) {
        const auto got = receiver.get(row.target);
        EXPECT_EQ(got.status, 400) << row.target.substr(0, 80);
        const auto answer = json::parse(got.body, nullptr, false);
        ASSERT_TRUE(answer.is_object()) << got.body;
        EXPECT_EQ(answer.at("status"), "error");
        EXPECT_EQ(answer.at("errorType"), "bad_data");
        EXPECT_THAT(answer.at("error").get<std::string>(), HasSubstr(row.problem)) << row.target.substr(0, 80);
    }
    std::string many = "match[]=up";
    for (int i = 0; i < 100; ++i) many += "&match[]=up";
    EXPECT_EQ(receiver.send(post("/api/v1/series", kFormType, many)).status, 400);
    EXPECT_EQ(receiver.send(post("/api/v1/query", kFormType, "query=" + std::string(1U << 20U, 'a'))).status, 400);
    EXPECT_EQ(receiver.send(post("/api/v1/query", kFormType + "; charset=utf-8", "query=up")).status, 200);
    EXPECT_EQ(receiver.send(post("/api/v1/query", kFormType, "&&=&query=up&=x&%zz")).status, 200);
    EXPECT_EQ(receiver.exchanges(1).size(), 1U) << "none of these is an exchange";
}

TEST(QueryApi, LimitsItsAnswers) {
    auto options = storing();
    options.store_bytes = 8U << 20U;
    options.on_violation = OnViolation::kAccept;
    const RunningReceiver receiver(options);
    proto::WriteRequest request;
    for (int i = 0; i < 300; ++i)
        request.series.push_back(prw::testing::valid_series({{"__name__", "up"}, {"i", std::to_string(i)}}));
    ASSERT_EQ(receiver.send(RequestBuilder().request(request)).status, 204);
    // 300 series with 11000 points each are 90 MB of text.
    const auto got = receiver.get("/api/v1/query_range?query=up&start=" + kNow +
                                  "&end=" + std::to_string(kNowSeconds + 299) + "&step=0.0272");
    EXPECT_EQ(got.status, 400);
    const auto fine = receiver.get("/api/v1/query_range?query=up&start=" + kNow +
                                   "&end=" + std::to_string(kNowSeconds + 299) + "&step=0.028");
    EXPECT_EQ(fine.status, 422);
    EXPECT_THAT(fine.body, HasSubstr("\"errorType\":\"execution\""));
    EXPECT_THAT(fine.body, HasSubstr("64 MiB"));
}

}  // namespace
}  // namespace prw::receiver
