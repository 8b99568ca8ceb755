// The fast path accepts only what the rules have nothing to say about, and it does accept what senders usually send.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "context.h"
#include "payload.h"
#include "prw/rules/check.h"
#include "request_builder.h"
#include "support.h"

namespace prw::rules {
namespace {

using proto::MetricType;
using proto::ProtobufMessage;
using testing::kNowMs;
using testing::Wire;

constexpr ProtobufMessage kMessages[] = {ProtobufMessage::kV1, ProtobufMessage::kV2};

/// One walk, with the padding filled by some byte: it must not matter.
bool walk(FastAccept& fast, std::string_view bytes, ProtobufMessage message, std::int64_t now_ms, unsigned char padding,
          FastCounts& counts) {
    // Allocated to the byte, so that AddressSanitizer sees reads beyond the padding.
    const std::size_t size = bytes.size() + proto::PaddedBuffer::kPadding;
    const auto buffer = std::make_unique<char[]>(size);
    std::fill_n(buffer.get(), size, static_cast<char>(padding));
    std::copy(bytes.begin(), bytes.end(), buffer.get());
    return fast.accept({buffer.get(), bytes.size()}, message, now_ms, counts);
}

class Fast {
public:
    /// Walks with a walker that has seen earlier requests and with a new one, and with several paddings. All must
    /// agree.
    bool accept(std::string_view bytes, ProtobufMessage message, std::int64_t now_ms = kNowMs) {
        const bool accepted = walk(used_, bytes, message, now_ms, 0, counts);
        FastAccept fresh;
        for (const int padding : {0x00, 0x0a, 0xff}) {
            FastCounts other;
            EXPECT_EQ(walk(fresh, bytes, message, now_ms, static_cast<unsigned char>(padding), other), accepted)
                << testing::hex(bytes);
        }
        return accepted;
    }
    bool accept(const proto::WriteRequest& request, ProtobufMessage message) {
        return accept(proto::encode(request, message), message);
    }
    FastCounts counts;

private:
    FastAccept used_;
};

CheckResult rules_say(std::string_view bytes, ProtobufMessage message, std::int64_t now_ms = kNowMs) {
    CheckOptions options;
    options.now_ms = now_ms;
    return Checker(options).check_message(bytes, message);
}

std::string text_of(const CheckResult& result) {
    std::string out;
    for (const auto& finding : result.findings) out += finding.rule + ": " + finding.message + "\n";
    return out;
}

/// The property: accepted implies no finding at all and the same counts.
void expect_sound(Fast& fast, std::string_view bytes, ProtobufMessage message, std::int64_t now_ms, bool& accepted) {
    accepted = fast.accept(bytes, message, now_ms);
    if (!accepted) return;
    const auto result = rules_say(bytes, message, now_ms);
    ASSERT_TRUE(result.decoded) << testing::hex(bytes);
    ASSERT_TRUE(result.findings.empty()) << text_of(result) << testing::hex(bytes);
    ASSERT_EQ(fast.counts.series, result.series);
    ASSERT_EQ(fast.counts.samples, result.samples);
    ASSERT_EQ(fast.counts.histograms, result.histograms);
    ASSERT_EQ(fast.counts.exemplars, result.exemplars);
    ASSERT_EQ(fast.counts.metadata, result.metadata);
    for (std::size_t i = 0; i < kSubjects; ++i) {
        const auto subject = static_cast<Subject>(i);
        ASSERT_EQ(fast.counts.subjects[subject], result.subjects[subject])
            << name_of(subject).many << " " << testing::hex(bytes);
    }
}

// ---- It accepts what it should ----

TEST(FastAccept, AcceptsTheUsualTrafficOfBothMessages) {
    Fast fast;
    for (const auto message : kMessages) {
        for (const auto shape : {bench::Shape::kKubernetes, bench::Shape::kNodeExporter}) {
            for (const bool shuffled : {false, true}) {
                const auto payload = bench::make_payload({.message = message,
                                                          .shape = shape,
                                                          .series_per_request = 700,
                                                          .active_series = 2000,
                                                          .rounds = 2,
                                                          .shuffled = shuffled,
                                                          .now_ms = kNowMs});
                for (const auto& bytes : payload.messages) {
                    bool accepted = false;
                    expect_sound(fast, bytes, message, kNowMs, accepted);
                    EXPECT_TRUE(accepted) << text_of(rules_say(bytes, message));
                }
            }
        }
    }
}

TEST(FastAccept, AcceptsEveryRequestOfRealSendersThatHasFloatSamplesOnlyAndNoFinding) {
    Fast fast;
    std::size_t accepted_requests = 0;
    for (const auto& fixture : testing::all_fixtures()) {
        SCOPED_TRACE(fixture.name);
        proto::PaddedBuffer buffer;
        if (!proto::uncompress_snappy(fixture.body, proto::kDefaultMaxUncompressed, buffer) || buffer.size() == 0)
            continue;
        const std::string bytes(buffer.view());
        for (const auto message : kMessages) {
            proto::RequestView view;
            proto::decode(bytes, message, view);
            std::int64_t latest = kNowMs;
            for (const auto& sample : view.samples) latest = std::max(latest, sample.timestamp);
            latest = std::min<std::int64_t>(latest, 4'000'000'000'000);
            bool accepted = false;
            expect_sound(fast, bytes, message, latest, accepted);
            const auto result = rules_say(bytes, message, latest);
            const bool floats_only = result.series != 0 && result.histograms == 0 && result.exemplars == 0 &&
                                     (message == ProtobufMessage::kV2 || result.metadata == 0);
            EXPECT_TRUE(accepted || !floats_only || !result.findings.empty());
            accepted_requests += accepted ? 1 : 0;
        }
    }
    EXPECT_GE(accepted_requests, 5U);
}

/// Small requests that must be accepted, and what makes them worth a test.
struct Accepted {
    const char* what;
    std::function<void(proto::WriteRequest&)> change;
};

proto::Series& first(proto::WriteRequest& request) { return request.series.front(); }
std::string& value_of(proto::WriteRequest& request, std::string_view name) {
    for (auto& [label, value] : first(request).labels) {
        if (label == name) return value;
    }
    first(request).labels.emplace_back(name, "");
    std::sort(first(request).labels.begin(), first(request).labels.end());
    return value_of(request, name);
}

void as_bucket(proto::WriteRequest& request, std::string_view bound) {
    value_of(request, "__name__") = "x_bucket";
    value_of(request, "le") = bound;
    first(request).metadata.type = MetricType::kHistogram;
}

TEST(FastAccept, AcceptsWhatIsLegalButRare) {
    const Accepted kCases[] = {
        {"nothing unusual", [](auto&) {}},
        {"value 0, which is not on the wire", [](auto& r) { first(r).samples[0].value_bits = 0; }},
        {"stale marker", [](auto& r) { first(r).samples[0].value_bits = proto::kStaleNanBits; }},
        {"NaN of Prometheus", [](auto& r) { first(r).samples[0].value_bits = proto::kNormalNanBits; }},
        {"negative gauge", [](auto& r) { first(r).samples[0] = testing::sample(-12.5); }},
        {"+Inf", [](auto& r) { first(r).samples[0].value_bits = 0x7ff0000000000000ULL; }},
        {"-0.0", [](auto& r) { first(r).samples[0].value_bits = 0x8000000000000000ULL; }},
        {"several samples",
         [](auto& r) {
             first(r).samples = {testing::sample(1, kNowMs - 2), testing::sample(1, kNowMs - 1), testing::sample(2)};
         }},
        {"ten minutes ahead", [](auto& r) { first(r).samples[0].timestamp = kNowMs + 600'000; }},
        {"of 1973", [](auto& r) { first(r).samples[0].timestamp = 100'000'000'000; }},
        {"text that is not ASCII", [](auto& r) { value_of(r, "job") = "Z\u00fcrich \u6771\u4eac \U0001F680"; }},
        {"value of 128 bytes", [](auto& r) { value_of(r, "job") = std::string(128, 'v'); }},
        {"value of 2,048 bytes", [](auto& r) { value_of(r, "job") = std::string(2048, 'v'); }},
        {"long value that is not ASCII", [](auto& r) { value_of(r, "job") = std::string(200, 'v') + "\u00e9"; }},
        {"name that sorts before __name__", [](auto& r) { value_of(r, "Zone") = "a"; }},
        {"name of 30 bytes", [](auto& r) { value_of(r, std::string(30, 'n')) = "a"; }},
        {"names with a common prefix",
         [](auto& r) {
             for (const auto* name : {"kubernetes_io_hostname", "kubernetes_io_hostname_a"}) value_of(r, name) = "a";
         }},
        {"name of one byte", [](auto& r) { value_of(r, "z") = "a"; }},
        {"bucket bound", [](auto& r) { as_bucket(r, "+Inf"); }},
        {"bucket bound with exponent", [](auto& r) { as_bucket(r, "1e-05"); }},
        {"series of the scrape itself, without metadata",
         [](auto& r) {
             value_of(r, "__name__") = "up";
             first(r).metadata = {};
         }},
        {"stale marker without metadata",
         [](auto& r) {
             first(r).samples[0].value_bits = proto::kStaleNanBits;
             first(r).metadata = {};
         }},
        {"one metric without help",
         [](auto& r) {
             value_of(r, "__name__") = "x";
             first(r).metadata.help.clear();
         }},
        {"no unit",
         [](auto& r) {
             for (auto& s : r.series) s.metadata.unit.clear();
         }},
        {"quantile", [](auto& r) { value_of(r, "quantile") = "0.99"; }},
        {"30 labels",
         [](auto& r) {
             for (int i = 10; i < 37; ++i) value_of(r, "l" + std::to_string(i)) = "v";
         }},
        {"colon in the metric name",
         [](auto& r) {
             value_of(r, "__name__") = "job:requests:rate5m";
             r.series.resize(1);
         }},
    };
    Fast fast;
    for (const auto message : kMessages) {
        for (const auto& c : kCases) {
            SCOPED_TRACE(std::string(proto::short_name(message)) + ": " + c.what);
            auto request = testing::valid_write_request();
            c.change(request);
            bool accepted = false;
            const auto bytes = proto::encode(request, message);
            expect_sound(fast, bytes, message, kNowMs, accepted);
            EXPECT_TRUE(accepted) << text_of(rules_say(bytes, message));
        }
    }
}

TEST(FastAccept, AcceptsASeriesAgainWhenItsSamplesGoOnInTime) {
    Fast fast;
    auto request = testing::valid_write_request();
    request.series.push_back(request.series.front());
    request.series.front().samples.front().timestamp = kNowMs - 1;
    EXPECT_TRUE(fast.accept(request, ProtobufMessage::kV1));
    EXPECT_TRUE(rules_say(proto::encode(request, ProtobufMessage::kV1), ProtobufMessage::kV1).findings.empty());
    std::swap(request.series.front(), request.series.back());
    EXPECT_FALSE(fast.accept(request, ProtobufMessage::kV1));
    request.series.front().samples = request.series.back().samples;
    EXPECT_FALSE(fast.accept(request, ProtobufMessage::kV1));
}

TEST(FastAccept, AcceptsCountersOf2With0StartTimestamps) {
    auto request = testing::valid_write_request();
    for (auto& series : request.series) {
        series.labels.front().second = "shop_orders_total";
        series.metadata = {MetricType::kCounter, "", "Orders.", ""};
        series.samples.front().start_timestamp = kNowMs - 3'600'000;
    }
    Fast fast;
    bool accepted = false;
    expect_sound(fast, proto::encode(request, ProtobufMessage::kV2), ProtobufMessage::kV2, kNowMs, accepted);
    EXPECT_TRUE(accepted);
    request.series.back().samples = {{proto::kStaleNanBits, kNowMs, 0}};
    expect_sound(fast, proto::encode(request, ProtobufMessage::kV2), ProtobufMessage::kV2, kNowMs, accepted);
    EXPECT_TRUE(accepted) << "a stale marker has no start";
}

TEST(FastAccept, CountsWhatItAccepts) {
    Fast fast;
    auto request = testing::valid_write_request();
    request.series.front().samples.insert(request.series.front().samples.begin(), testing::sample(1, kNowMs - 5));
    ASSERT_TRUE(fast.accept(request, ProtobufMessage::kV2));
    EXPECT_EQ(fast.counts.series, 2U);
    EXPECT_EQ(fast.counts.samples, 3U);
    EXPECT_EQ(fast.counts.metadata, 2U);
    request.series.front().samples.front().timestamp = 0;
    ASSERT_FALSE(fast.accept(request, ProtobufMessage::kV2));
    EXPECT_EQ(fast.counts.series + fast.counts.samples + fast.counts.metadata, 0U);
}

TEST(FastAccept, LetsTheCheckerAnswerWithoutDecoding) {
    Checker checker(testing::test_options());
    std::uint64_t accepted = 0;
    for (const auto message : kMessages) {
        const auto payload = bench::make_payload(
            {.message = message, .series_per_request = 50, .active_series = 50, .rounds = 1, .now_ms = kNowMs});
        const auto result = checker.check(bench::make_head(message, payload.bodies[0].size()), payload.bodies[0]);
        EXPECT_TRUE(result.findings.empty()) << text_of(result);
        EXPECT_TRUE(result.decoded);
        EXPECT_EQ(result.status, 204);
        EXPECT_EQ(result.series, 50U);
        EXPECT_EQ(result.samples, 50U);
        EXPECT_EQ(result.subjects[Subject::kSample], 50U);
        EXPECT_EQ(checker.view().series.size(), 50U) << "decoded on demand";
        EXPECT_EQ(checker.accepted_fast(), ++accepted);

        auto body = payload.bodies[0];
        body += '\0';  // behind the block: nothing that the fast path takes
        EXPECT_FALSE(checker.check(bench::make_head(message, body.size()), body).findings.empty());
        EXPECT_EQ(checker.accepted_fast(), accepted);
    }
}

// ---- It does not accept what is one step away ----

struct Refused {
    const char* clause;
    std::function<void(proto::WriteRequest&)> change;
};

const Refused kRefusedInBoth[] = {
    {"ext.labels.label-set-not-empty", [](auto& r) { first(r).labels.clear(); }},
    {"labels.metric-name-present", [](auto& r) { first(r).labels.erase(first(r).labels.begin()); }},
    {"labels.no-repeated-names",
     [](auto& r) {
         first(r).labels.insert(first(r).labels.begin() + 1, {"instance", "other"});
     }},
    {"labels.sorted", [](auto& r) { std::swap(first(r).labels[1], first(r).labels[2]); }},
    {"labels.sorted, common prefix of eight bytes",
     [](auto& r) {
         first(r).labels.insert(first(r).labels.end(), {{"kubernetes_b", "1"}, {"kubernetes_a", "1"}});
     }},
    {"labels.sorted, prefix of the one before",
     [](auto& r) {
         first(r).labels.insert(first(r).labels.end(), {{"kubernetes", "1"}, {"kubernete", "1"}});
     }},
    {"labels.no-empty-name",
     [](auto& r) {
         first(r).labels.insert(first(r).labels.begin(), {"", "x"});
     }},
    {"labels.no-empty-value", [](auto& r) { first(r).labels[1].second.clear(); }},
    {"labels.metric-name-regex", [](auto& r) { first(r).labels[0].second = "shop.temperature"; }},
    {"labels.metric-name-regex, digit first", [](auto& r) { first(r).labels[0].second = "1shop"; }},
    {"labels.metric-name-regex, in the second block",
     [](auto& r) { first(r).labels[0].second = "shop_temperature_celsius-"; }},
    {"labels.label-name-regex", [](auto& r) { first(r).labels[2].first = "job.name"; }},
    {"labels.label-name-regex, colon", [](auto& r) { first(r).labels[2].first = "job:name"; }},
    {"labels.label-name-regex, not ASCII", [](auto& r) { first(r).labels[2].first = "jo\u00e9"; }},
    {"labels.dunder-not-used",
     [](auto& r) {
         first(r).labels.insert(first(r).labels.begin(), {"__address__", "x"});
     }},
    {"labels.dunder-not-used, two bytes",
     [](auto& r) {
         first(r).labels.insert(first(r).labels.begin(), {"__", "x"});
     }},
    {"ext.labels.le-parses-float", [](auto& r) { as_bucket(r, "0,5"); }},
    {"ext.labels.le-parses-float, NaN", [](auto& r) { as_bucket(r, "NaN"); }},
    {"ext.labels.quantile-parses-float",
     [](auto& r) {
         value_of(r, "quantile") = "p99";
         first(r).metadata.type = MetricType::kSummary;
     }},
    {"ext.labels.quantile-parses-float, above 1",
     [](auto& r) {
         value_of(r, "quantile") = "1.1";
         first(r).metadata.type = MetricType::kSummary;
     }},
    {"ext.labels.size-sane, labels",
     [](auto& r) {
         for (int i = 10; i < 40; ++i) value_of(r, "l" + std::to_string(i)) = "v";
     }},
    {"ext.labels.size-sane, value", [](auto& r) { value_of(r, "job") = std::string(2049, 'v'); }},
    {"ext.labels.size-sane, name", [](auto& r) { value_of(r, std::string(1025, 'n')) = "v"; }},
    {"timestamp-unit-ms, seconds", [](auto& r) { first(r).samples[0].timestamp = kNowMs / 1000; }},
    {"timestamp-unit-ms, microseconds", [](auto& r) { first(r).samples[0].timestamp = kNowMs * 1000; }},
    {"ext.samples.timestamp-plausible-unit, zero", [](auto& r) { first(r).samples[0].timestamp = 0; }},
    {"ext.samples.timestamp-plausible-unit, negative", [](auto& r) { first(r).samples[0].timestamp = -kNowMs; }},
    {"ext.samples.timestamp-not-future", [](auto& r) { first(r).samples[0].timestamp = kNowMs + 600'001; }},
    {"ordering within a series",
     [](auto& r) {
         first(r).samples = {testing::sample(1), testing::sample(1, kNowMs - 1)};
     }},
    {"ext.samples.unique-timestamps",
     [](auto& r) {
         first(r).samples = {testing::sample(1), testing::sample(2)};
     }},
    {"repeated sample", [](auto& r) { first(r).samples.push_back(first(r).samples[0]); }},
    {"ext.samples.unique-timestamps, over series",
     [](auto& r) {
         r.series.push_back(first(r));
         r.series.back().samples[0].value_bits = 0;
     }},
    {"stale.nan-pattern, quiet bit", [](auto& r) { first(r).samples[0].value_bits = proto::kMangledStaleNanBits; }},
    {"stale.nan-pattern, byte order", [](auto& r) { first(r).samples[0].value_bits = 0x020000000000f07fULL; }},
    {"stale.nan-pattern, sign", [](auto& r) { first(r).samples[0].value_bits = proto::kStaleNanBits | (1ULL << 63U); }},
    {"ext.samples.canonical-nan", [](auto& r) { first(r).samples[0].value_bits = 0x7ff0000000000001ULL; }},
    {"histogram",
     [](auto& r) {
         first(r).samples.clear();
         first(r).histograms.push_back({.timestamp = kNowMs});
     }},
    {"histogram beside samples", [](auto& r) { first(r).histograms.push_back({.timestamp = kNowMs}); }},
    {"exemplar",
     [](auto& r) {
         first(r).exemplars.push_back({{{"trace_id", "a"}}, 0, kNowMs});
     }},
    {"no samples", [](auto& r) { first(r).samples.clear(); }},
    {"no series", [](auto& r) { r.series.clear(); }},
};

const Refused kRefusedIn1[] = {
    {"prw1.labels.value-valid-utf8", [](auto& r) { first(r).labels[1].second = "caf\xe9"; }},
    {"prw1.labels.value-valid-utf8, long value",
     [](auto& r) { first(r).labels[1].second = std::string(200, 'a') + "\xc3"; }},
    {"prw1.labels.value-valid-utf8, surrogate", [](auto& r) { first(r).labels[1].second = "\xed\xa0\x80"; }},
    {"prw1.protocol.reserved-field-3, metadata",
     [](auto& r) {
         r.metadata.push_back({MetricType::kGauge, "shop_temperature_celsius", "Help.", ""});
     }},
};

void as_counter(proto::WriteRequest& request) {
    for (auto& series : request.series) {
        series.metadata.type = MetricType::kCounter;
        series.samples.front().start_timestamp = kNowMs - 1000;
    }
}

const Refused kRefusedIn2[] = {
    {"prw2.labels.utf8", [](auto& r) { first(r).labels[1].second = "caf\xe9"; }},
    {"ext.proto.strings-valid-utf8, help",
     [](auto& r) {
         for (auto& s : r.series) s.metadata.help = "caf\xe9";
     }},
    {"prw2.timeseries.metadata-type-provided",
     [](auto& r) {
         for (auto& s : r.series) s.metadata.type = MetricType::kUnspecified;
     }},
    {"prw2.timeseries.metadata-help-provided",
     [](auto& r) {
         for (auto& s : r.series) s.metadata.help.clear();
     }},
    {"prw2.message.help-ref-empty-default",
     [](auto& r) {
         for (auto& s : r.series) s.metadata.help = "shop_temperature_celsius";
     }},
    {"prw2.message.unit-ref-empty-default",
     [](auto& r) {
         for (auto& s : r.series) s.metadata.unit = "none";
     }},
    {"prw2.metadata.type-guidelines, _total", [](auto& r) { value_of(r, "__name__") = "x_total"; }},
    {"prw2.metadata.type-guidelines, _bucket",
     [](auto& r) {
         as_bucket(r, "1");
         first(r).metadata.type = MetricType::kGauge;
     }},
    {"ext.proto.enum-in-range",
     [](auto& r) {
         for (auto& s : r.series) s.metadata.type = static_cast<MetricType>(8);
     }},
    {"ext.metadata.consistent-per-family, type", [](auto& r) { first(r).metadata.type = MetricType::kInfo; }},
    {"ext.metadata.consistent-per-family, help", [](auto& r) { first(r).metadata.help = "Another help."; }},
    {"ext.metadata.consistent-per-family, unit", [](auto& r) { first(r).metadata.unit = ""; }},
    {"prw2.samples.start-timestamp-counters",
     [](auto& r) {
         as_counter(r);
         first(r).samples[0].start_timestamp = 0;
     }},
    {"ext.samples.start-not-after-timestamp",
     [](auto& r) {
         as_counter(r);
         first(r).samples[0].start_timestamp = kNowMs + 1;
     }},
    {"ext.samples.start-not-after-timestamp, equal",
     [](auto& r) {
         as_counter(r);
         first(r).samples[0].start_timestamp = kNowMs;
     }},
    {"ext.samples.start-plausible-unit",
     [](auto& r) {
         as_counter(r);
         first(r).samples[0].start_timestamp = kNowMs / 1000;
     }},
    {"ext.samples.counter-not-negative",
     [](auto& r) {
         as_counter(r);
         first(r).samples[0].value_bits = proto::to_bits(-1);
     }},
    {"ext.samples.counter-not-nan",
     [](auto& r) {
         as_counter(r);
         first(r).samples[0].value_bits = proto::kNormalNanBits;
     }},
    {"prw2.message.distinct-series",
     [](auto& r) {
         r.series.push_back(first(r));
         r.series.back().samples[0].timestamp += 1;
     }},
};

void expect_refused(std::span<const Refused> cases, ProtobufMessage message) {
    Fast fast;
    for (const auto& c : cases) {
        SCOPED_TRACE(std::string(proto::short_name(message)) + ": " + c.clause);
        auto request = testing::valid_write_request();
        ASSERT_TRUE(fast.accept(request, message));
        c.change(request);
        EXPECT_FALSE(fast.accept(request, message));
    }
}

TEST(FastAccept, RefusesWhatIsOneStepAwayInBothMessages) {
    for (const auto message : kMessages) expect_refused(kRefusedInBoth, message);
}
TEST(FastAccept, RefusesWhatIsOneStepAwayIn1Dot0) { expect_refused(kRefusedIn1, ProtobufMessage::kV1); }
TEST(FastAccept, RefusesWhatIsOneStepAwayIn2Dot0) { expect_refused(kRefusedIn2, ProtobufMessage::kV2); }

// ---- Wire shapes that no encoder of ours writes ----

Wire label(std::string_view name, std::string_view value) { return Wire().bytes(1, name).bytes(2, value); }
Wire float_sample() { return Wire().real(1, 21.5).varint(2, kNowMs); }
Wire v1_series(const Wire& rest) { return Wire().bytes(1, label("__name__", "up")).raw(rest.str()); }
Wire v1_request(const Wire& series) { return Wire().bytes(1, series); }

TEST(FastAccept, RefusesStrangeWireShapesOf1Dot0) {
    const Wire good = v1_request(v1_series(Wire().bytes(2, float_sample())));
    const std::string sample_bytes = float_sample().str();
    const std::pair<const char*, std::string> kCases[] = {
        {"truncated", good.str().substr(0, good.str().size() - 1)},
        {"trailing byte", good.str() + std::string(1, '\0')},
        {"unknown field of the request", Wire(good).varint(15, 1).str()},
        {"reserved field 2", Wire(good).varint(2, 1).str()},
        {"unknown field of the series", v1_request(v1_series(Wire().bytes(2, float_sample()).varint(9, 1))).str()},
        {"unknown field of the label",
         v1_request(Wire().bytes(1, label("__name__", "up").varint(9, 1)).bytes(2, float_sample())).str()},
        {"unknown field of the sample", v1_request(v1_series(Wire().bytes(2, float_sample().varint(9, 1)))).str()},
        {"value before name",
         v1_request(Wire().bytes(1, Wire().bytes(2, "up").bytes(1, "__name__")).bytes(2, float_sample())).str()},
        {"name twice",
         v1_request(Wire().bytes(1, label("__name__", "up").bytes(1, "x")).bytes(2, float_sample())).str()},
        {"label after the sample",
         v1_request(v1_series(Wire().bytes(2, float_sample()).bytes(1, label("job", "a")))).str()},
        {"timestamp as fixed64", v1_request(v1_series(Wire().bytes(2, Wire().real(1, 1).fixed64(2, kNowMs)))).str()},
        {"value as varint", v1_request(v1_series(Wire().bytes(2, Wire().varint(1, 1).varint(2, kNowMs)))).str()},
        {"value as float", v1_request(v1_series(Wire().bytes(2, Wire().fixed32(1, 1).varint(2, kNowMs)))).str()},
        {"timestamp twice", v1_request(v1_series(Wire().bytes(2, float_sample().varint(2, kNowMs)))).str()},
        {"timestamp absent", v1_request(v1_series(Wire().bytes(2, Wire().real(1, 1)))).str()},
        {"length of the series longer than need be",
         Wire().tag(1, 2).raw("\xa8\x80\0").raw(good.str().substr(2)).str()},
        {"timestamp longer than need be",
         v1_request(v1_series(Wire().bytes(2, Wire().tag(2, 0).raw("\x80\xc8\xa5\xfe\x80\0")))).str()},
        {"group", Wire(good).tag(5, 3).tag(5, 4).str()},
        {"field number 0", Wire(good).varint(0, 1).str()},
        {"empty", ""},
    };
    Fast fast;
    ASSERT_TRUE(fast.accept(good.str(), ProtobufMessage::kV1));
    for (const auto& [what, bytes] : kCases) EXPECT_FALSE(fast.accept(bytes, ProtobufMessage::kV1)) << what;
}

/// Symbols 1 to 4: __name__, up, "Help.", job.
Wire v2_symbols() { return Wire().bytes(4, "").bytes(4, "__name__").bytes(4, "up").bytes(4, "Help.").bytes(4, "job"); }
Wire gauge() { return Wire().varint(1, 2).varint(3, 3); }
Wire v2_request(const Wire& refs) {
    return v2_symbols().bytes(5, Wire(refs).bytes(2, float_sample()).bytes(5, gauge()));
}

TEST(FastAccept, RefusesStrangeWireShapesOf2Dot0) {
    const Wire refs = Wire().packed(1, {1, 2, 4, 2});
    const Wire good = v2_request(refs);
    const auto with_symbols = [&](const Wire& symbols) {
        return Wire(symbols).bytes(5, Wire(refs).bytes(2, float_sample()).bytes(5, gauge())).str();
    };
    const std::pair<const char*, std::string> kCases[] = {
        {"truncated", good.str().substr(0, good.str().size() - 1)},
        {"prw2.symbols.present", Wire().bytes(5, Wire(refs).bytes(2, float_sample()).bytes(5, gauge())).str()},
        {"prw2.symbols.first-empty",
         with_symbols(Wire().bytes(4, "x").bytes(4, "__name__").bytes(4, "up").bytes(4, "Help.").bytes(4, "job"))},
        {"prw2.symbols.deduplicated", with_symbols(v2_symbols().bytes(4, "up"))},
        {"prw2.symbols.deduplicated, empty", with_symbols(v2_symbols().bytes(4, ""))},
        {"symbols after the series", Wire(good).bytes(4, "late").str()},
        {"prw2.symbols.series-refs-in-range", v2_request(Wire().packed(1, {1, 2, 4, 5})).str()},
        {"prw2.symbols.series-refs-in-range, two bytes", v2_request(Wire().packed(1, {1, 2, 4, 300})).str()},
        {"prw2.message.labels-refs-even", v2_request(Wire().packed(1, {1, 2, 4})).str()},
        {"prw2.timeseries.labels-refs-provided", v2_request(Wire()).str()},
        {"no label", v2_request(Wire().packed(1, {})).str()},
        {"empty name", v2_request(Wire().packed(1, {0, 2, 1, 2})).str()},
        {"empty value", v2_request(Wire().packed(1, {1, 2, 4, 0})).str()},
        {"not packed", v2_request(Wire().varint(1, 1).varint(1, 2)).str()},
        {"packed twice", v2_request(Wire().packed(1, {1, 2}).packed(1, {4, 2})).str()},
        {"reference longer than need be",
         v2_request(Wire().tag(1, 2).number(3).raw("\x01\x82").raw(std::string(1, '\0'))).str()},
        {"prw2.symbols.metadata-refs-in-range, help",
         v2_symbols().bytes(5, Wire(refs).bytes(2, float_sample()).bytes(5, Wire().varint(1, 2).varint(3, 9))).str()},
        {"prw2.symbols.metadata-refs-in-range, unit",
         v2_symbols()
             .bytes(5, Wire(refs).bytes(2, float_sample()).bytes(5, Wire().varint(1, 2).varint(3, 3).varint(4, 9)))
             .str()},
        {"prw2.message.reserved-field-6",
         v2_symbols().bytes(5, Wire(refs).bytes(2, float_sample()).bytes(5, gauge()).varint(6, kNowMs)).str()},
        {"prw2.message.reserved-fields-1-3", Wire().varint(1, 1).raw(good.str()).str()},
        {"unknown field of the sample",
         v2_symbols().bytes(5, Wire(refs).bytes(2, float_sample().varint(9, 1)).bytes(5, gauge())).str()},
        {"unknown field of the metadata",
         v2_symbols().bytes(5, Wire(refs).bytes(2, float_sample()).bytes(5, gauge().varint(9, 1))).str()},
        {"unknown field of the request", Wire(good).varint(9, 1).str()},
        {"metadata twice",
         v2_symbols().bytes(5, Wire(refs).bytes(2, float_sample()).bytes(5, gauge()).bytes(5, gauge())).str()},
        {"metadata before the sample",
         v2_symbols().bytes(5, Wire(refs).bytes(5, gauge()).bytes(2, float_sample())).str()},
        {"timestamp as fixed64",
         v2_symbols().bytes(5, Wire(refs).bytes(2, Wire().real(1, 1).fixed64(2, kNowMs)).bytes(5, gauge())).str()},
        {"symbols only", v2_symbols().str()},
    };
    Fast fast;
    ASSERT_TRUE(fast.accept(good.str(), ProtobufMessage::kV2));
    for (const auto& [what, bytes] : kCases) EXPECT_FALSE(fast.accept(bytes, ProtobufMessage::kV2)) << what;
}

/// Series like the one before but for one reference: the comparison with the expected references must see each of them.
TEST(FastAccept, SeesEveryReferenceOfASeriesLikeTheOneBefore) {
    for (const std::uint64_t symbol_count : {20U, 127U, 128U, 129U, 200U, 256U, 300U, 1000U}) {
        Wire symbols = Wire().bytes(4, "").bytes(4, "__name__").bytes(4, "Help.");
        for (std::uint64_t i = 3; i < symbol_count; ++i) symbols.bytes(4, "s" + std::to_string(100000 + i));
        const auto request = [&](const std::vector<std::vector<std::uint64_t>>& series) {
            Wire out = symbols;
            for (const auto& refs : series) {
                Wire packed;
                for (const auto ref : refs) packed.number(ref);
                out.bytes(5,
                          Wire().bytes(1, packed).bytes(2, float_sample()).bytes(5, Wire().varint(1, 2).varint(3, 2)));
            }
            return out.str();
        };
        const std::uint64_t last = symbol_count - 1;
        const std::vector<std::uint64_t> one = {1, 3, 4, last, 5, 9, 6, last - 1};
        std::vector<std::uint64_t> two = one, three = one;
        two[5] = 10;
        three[5] = 11;
        Fast fast;
        bool accepted = false;
        expect_sound(fast, request({one, two, three}), ProtobufMessage::kV2, kNowMs, accepted);
        EXPECT_TRUE(accepted) << symbol_count;
        for (const std::size_t value : {1U, 3U, 5U, 7U}) {
            for (const std::uint64_t bad :
                 {std::uint64_t{0}, last + 1, last + 2, last + 100,
                  std::uint64_t{127} + (last < 127 ? 0 : symbol_count), std::uint64_t{16383}}) {
                auto wrong = three;
                wrong[value] = bad;
                EXPECT_FALSE(fast.accept(request({one, two, wrong}), ProtobufMessage::kV2))
                    << symbol_count << " symbols, reference " << bad;
            }
        }
        for (const std::size_t name : {2U, 4U, 6U}) {
            auto wrong = three;
            wrong[name] = three[name - 2];
            EXPECT_FALSE(fast.accept(request({one, two, wrong}), ProtobufMessage::kV2)) << "repeated name";
        }
        EXPECT_FALSE(fast.accept(request({one, two, two}), ProtobufMessage::kV2)) << "repeated series";
    }
}

TEST(FastAccept, SeesALabelThatDiffersFromTheOneExpectedInItsColumn) {
    const auto series = [](std::string_view name, std::string_view value) {
        return Wire()
            .bytes(1, label("__name__", "up"))
            .bytes(1, label(name, value))
            .bytes(1, label("job", "a"))
            .bytes(2, float_sample());
    };
    const auto request = [&](const Wire& last) {
        return Wire().bytes(1, series("instance", "a")).bytes(1, series("instance", "b")).bytes(1, last).str();
    };
    Fast fast;
    EXPECT_TRUE(fast.accept(request(series("instance", "c")), ProtobufMessage::kV1));
    EXPECT_TRUE(fast.accept(request(series("host", "c")), ProtobufMessage::kV1));
    EXPECT_FALSE(fast.accept(request(series("instance", "")), ProtobufMessage::kV1));
    EXPECT_FALSE(fast.accept(request(series("instance", "\xff")), ProtobufMessage::kV1));
    EXPECT_FALSE(fast.accept(request(series("instance", "a")), ProtobufMessage::kV1)) << "repeated series";
    EXPECT_FALSE(fast.accept(request(series("zone", "c")), ProtobufMessage::kV1))
        << "the expected job now follows a name that sorts after it";
    EXPECT_FALSE(fast.accept(request(series("job", "c")), ProtobufMessage::kV1)) << "repeated name";
    EXPECT_FALSE(fast.accept(request(series("instance-", "c")), ProtobufMessage::kV1));
}

/// PRW_FAST_ROUNDS in the environment multiplies the rounds of the differential tests, for long runs by hand.
std::size_t rounds_factor() {
    const char* const text = std::getenv("PRW_FAST_ROUNDS");
    return text == nullptr ? 1 : std::max<std::size_t>(1, std::strtoul(text, nullptr, 10));
}

// ---- Differential: accepted implies that the rules find nothing ----

class RandomRequests {
public:
    explicit RandomRequests(std::uint64_t seed) : random_(seed) {}

    std::size_t below(std::size_t limit) { return random_() % limit; }
    template <typename T>
    const T& pick(const std::vector<T>& all) {
        return all[below(all.size())];
    }

    proto::WriteRequest clean() {
        static const std::vector<std::string> kNames = {"Zone",
                                                        "code",
                                                        "cpu",
                                                        "device",
                                                        "instance",
                                                        "job",
                                                        "kubernetes_io_hostname",
                                                        "mode",
                                                        "pod",
                                                        "a_label_name_that_is_longer_than_a_block",
                                                        "n",
                                                        "nn"};
        static const std::vector<std::string> kValues = {
            "a", "b", "eth0", "10.0.0.1:9100", "caf\u00e9", std::string(150, 'x'), "default", "x y"};
        static const std::vector<std::string> kMetrics = {
            "up", "http_requests_total", "go_gc_duration_seconds", "x_bucket", "x_count", "x_sum", "job:rate:5m"};
        proto::WriteRequest request;
        const std::size_t count = 1 + below(6);
        for (std::size_t i = 0; i < count; ++i) {
            proto::Series series;
            const std::string metric = pick(kMetrics);
            series.labels = {{"__name__", metric}, {"serial", std::to_string(i)}};
            for (const auto& name : kNames) {
                if (below(3) == 0) series.labels.emplace_back(name, pick(kValues));
            }
            if (metric == "x_bucket")
                series.labels.emplace_back("le", pick(std::vector<std::string>{"0.5", "1", "+Inf", "1e+06"}));
            if (metric == "go_gc_duration_seconds")
                series.labels.emplace_back("quantile", pick(std::vector<std::string>{"0", "0.5", "1"}));
            std::sort(series.labels.begin(), series.labels.end());
            std::int64_t time = kNowMs - 5000;
            for (std::size_t j = 0; j <= below(3); ++j)
                series.samples.push_back({proto::to_bits(static_cast<double>(below(100)) / 4), time += 1000, 0});
            series.metadata = {MetricType::kGauge, "", "Help of " + metric + ".", ""};
            if (metric.ends_with("_total")) series.metadata.type = MetricType::kCounter;
            if (metric.starts_with("x_")) series.metadata = {MetricType::kHistogram, "", "Help of x.", ""};
            if (metric.starts_with("go_")) series.metadata = {MetricType::kSummary, "", "Help of GC.", "seconds"};
            if (series.metadata.type != MetricType::kGauge) {
                for (auto& s : series.samples) s.start_timestamp = kNowMs - 100'000;
            }
            request.series.push_back(std::move(series));
        }
        return request;
    }

    void mutate(proto::WriteRequest& request) {
        auto& series = request.series[below(request.series.size())];
        auto& label = series.labels[below(series.labels.size())];
        auto& sample = series.samples[below(series.samples.size())];
        switch (below(20)) {
            case 0:
                std::swap(label, series.labels[below(series.labels.size())]);
                break;
            case 1:
                series.labels.insert(series.labels.begin() + static_cast<std::ptrdiff_t>(below(series.labels.size())),
                                     label);
                break;
            case 2:
                label.second = pick(std::vector<std::string>{"", "\xff", "\xc3\x28", std::string(3000, 'a'), "NaN",
                                                             "-1", "+Inf", "1e400", "0x1p3"});
                break;
            case 3:
                label.first = pick(std::vector<std::string>{"", "__meta", "__type__", "a.b", "1a", "a:b", "\xff", "le",
                                                            "quantile", "__replica__"});
                break;
            case 4:
                series.labels.erase(series.labels.begin());
                break;
            case 5:
                sample.timestamp = pick(std::vector<std::int64_t>{0, -1, 1, kNowMs / 1000, kNowMs * 1000,
                                                                  kNowMs + 600'000, kNowMs + 600'001, kNowMs});
                break;
            case 6:
                std::swap(sample, series.samples[below(series.samples.size())]);
                break;
            case 7:
                sample.value_bits = pick(std::vector<std::uint64_t>{
                    proto::kStaleNanBits, proto::kNormalNanBits, proto::kMangledStaleNanBits, 0x7ff8000000000000ULL,
                    0x7ff0000000000000ULL, 0xfff0000000000000ULL, 0x7ff0000000000001ULL, 0x8000000000000000ULL,
                    0xbff0000000000000ULL, 0x020000000000f07fULL, 0xfff8000000000001ULL, random_()});
                break;
            case 8:
                request.series.push_back(series);
                break;
            case 9:
                series.samples.push_back(sample);
                break;
            case 10:
                series.samples.clear();
                series.samples.shrink_to_fit();
                break;
            case 11:
                series.metadata.type = static_cast<MetricType>(below(9));
                break;
            case 12:
                series.metadata.help = pick(std::vector<std::string>{"", "Other help.", "up", "\xff"});
                break;
            case 13:
                series.metadata.unit = pick(std::vector<std::string>{"", "seconds", "none", "1", "bytes"});
                break;
            case 14:
                sample.start_timestamp =
                    pick(std::vector<std::int64_t>{0, 1, -1, kNowMs, kNowMs - 9000, kNowMs / 1000, sample.timestamp});
                break;
            case 15:
                series.exemplars.push_back({{{"trace_id", "a"}}, 1, kNowMs});
                break;
            case 16:
                series.histograms.push_back({.timestamp = kNowMs});
                break;
            case 17:
                label.second =
                    pick(std::vector<std::string>{"up", "x_bucket", "y_total", "metric.with.dots", "z_created"});
                break;
            case 18:
                request.metadata.push_back({MetricType::kCounter, "up", "Help.", ""});
                break;
            default:
                series.labels.assign(1, {"__name__", "x"});
                break;
        }
    }

    void mutate(std::string& bytes) {
        if (bytes.empty()) return;
        const std::size_t at = below(bytes.size());
        switch (below(7)) {
            case 0:
                bytes[at] = static_cast<char>(random_());
                break;
            case 1:
                bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8)));
                break;
            case 2:
                bytes.resize(at);
                break;
            case 3:
                bytes.insert(at, 1, static_cast<char>(random_()));
                break;
            case 4:
                bytes.erase(at, 1 + below(4));
                break;
            case 5:
                bytes += bytes.substr(at);
                break;
            default:
                bytes[at] = static_cast<char>(bytes[at] + 1);
                break;
        }
    }

private:
    std::mt19937_64 random_;
};

TEST(FastAccept, AcceptsNothingThatTheRulesWouldComplainAbout) {
    RandomRequests random(20260101 + (rounds_factor() - 1));
    Fast fast;
    for (const auto message : kMessages) {
        std::size_t accepted_clean = 0, accepted_changed = 0, accepted_bytes = 0;
        const std::size_t kRounds = 1500 * rounds_factor();
        for (std::size_t round = 0; round < kRounds; ++round) {
            const auto clean = random.clean();
            auto changed = clean;
            random.mutate(changed);
            std::string bytes = proto::encode(clean, message), changed_bytes = bytes;
            random.mutate(changed_bytes);
            for (const auto& [input, counter] : {std::pair{bytes, &accepted_clean},
                                                 {proto::encode(changed, message), &accepted_changed},
                                                 {changed_bytes, &accepted_bytes}}) {
                bool accepted = false;
                expect_sound(fast, input, message, kNowMs, accepted);
                if (HasFatalFailure()) return;
                *counter += accepted ? 1 : 0;
            }
        }
        // A walk that accepts nothing would pass all of the above.
        EXPECT_GT(accepted_clean, kRounds / 2) << proto::short_name(message);
        EXPECT_GT(accepted_changed, kRounds / 20) << proto::short_name(message);
        EXPECT_GT(accepted_bytes, kRounds / 100) << proto::short_name(message);
    }
}

/// Few names, few labels and few values, so that every neighbourhood of buckets, counts and others comes up.
TEST(FastAccept, ComparesClassicHistogramsAsTheRuleDoes) {
    std::mt19937_64 random(20260103 + (rounds_factor() - 1));
    const auto one_of = [&](auto... choices) {
        const std::common_type_t<decltype(choices)...> all[] = {choices...};
        return all[random() % sizeof...(choices)];
    };
    Fast fast;
    for (const auto message : kMessages) {
        std::size_t accepted_ones = 0, wrong = 0;
        const std::size_t kRounds = 4000 * rounds_factor();
        for (std::size_t round = 0; round < kRounds; ++round) {
            proto::WriteRequest request;
            for (std::size_t i = 0, size = 1 + random() % 6; i < size; ++i) {
                const std::string base = one_of("m", "m", "m", "n");
                const std::string suffix = one_of("_bucket", "_bucket", "_bucket", "_count", "_sum");
                auto series = testing::valid_series({{"__name__", base + suffix}, {"job", one_of("a", "a", "a", "b")}});
                if (random() % 8 == 0) series.labels.insert(series.labels.begin(), {"Zone", one_of("x", "y")});
                if (suffix == "_bucket") series.labels.emplace_back("le", one_of("0.5", "1", "10", "+Inf", "-1e3"));
                if (random() % 8 == 0) series.labels.emplace_back("path", "/");
                const double value = one_of(1.0, 1.0, 2.0, 3.0);
                series.samples = {{random() % 20 == 0 ? proto::kStaleNanBits : proto::to_bits(value),
                                   kNowMs - (random() % 6 == 0 ? 1 : 0), kNowMs - 60'000}};
                if (random() % 10 == 0)
                    series.samples.push_back({proto::to_bits(one_of(1.0, 2.0)), kNowMs + 1, kNowMs - 60'000});
                series.metadata = {proto::MetricType::kHistogram, "", "Help.", ""};
                request.series.push_back(std::move(series));
            }
            const auto bytes = proto::encode(request, message);
            bool accepted = false;
            expect_sound(fast, bytes, message, kNowMs, accepted);
            if (HasFatalFailure()) return;
            accepted_ones += accepted ? 1 : 0;
            const auto findings = rules_say(bytes, message).findings;
            wrong += std::any_of(findings.begin(), findings.end(),
                                 [](const auto& f) { return f.rule == "samples/classic-cumulative"; })
                         ? 1
                         : 0;
        }
        EXPECT_GT(accepted_ones, kRounds / 4) << proto::short_name(message);
        EXPECT_GT(wrong, kRounds / 40) << proto::short_name(message);
    }
}

/// Requests long enough for the walk to expect things: one changed byte anywhere must be seen like in the first series.
TEST(FastAccept, AcceptsNoLongRequestThatTheRulesWouldComplainAbout) {
    RandomRequests random(20260102 + (rounds_factor() - 1));
    Fast fast;
    for (const auto message : kMessages) {
        const auto payload = bench::make_payload(
            {.message = message, .series_per_request = 40, .active_series = 400, .rounds = 1, .now_ms = kNowMs});
        const auto nodes = bench::make_payload({.message = message,
                                                .shape = bench::Shape::kNodeExporter,
                                                .series_per_request = 40,
                                                .active_series = 400,
                                                .rounds = 1,
                                                .shuffled = true,
                                                .now_ms = kNowMs});
        std::size_t accepted_bytes = 0;
        const std::size_t kRounds = 1500 * rounds_factor();
        for (std::size_t round = 0; round < kRounds; ++round) {
            std::string bytes = random.pick(round % 2 == 0 ? payload.messages : nodes.messages);
            random.mutate(bytes);
            bool accepted = false;
            expect_sound(fast, bytes, message, kNowMs, accepted);
            if (HasFatalFailure()) return;
            accepted_bytes += accepted ? 1 : 0;
        }
        EXPECT_GT(accepted_bytes, kRounds / 20) << proto::short_name(message);
        EXPECT_LT(accepted_bytes, kRounds) << proto::short_name(message);
    }
}

}  // namespace
}  // namespace prw::rules
