#include "message_cases.h"

namespace prw::testing {

namespace {

using proto::MetricType;

Change samples(std::vector<proto::Sample> all) {
    return [all = std::move(all)](proto::WriteRequest& r) {
        r.series.resize(1);
        r.series[0].samples = all;
    };
}
proto::Sample bits(std::uint64_t value, std::int64_t timestamp = kNowMs) { return {value, timestamp, 0}; }
Change at(std::int64_t timestamp) { return samples({sample(1, timestamp)}); }
Change start(std::int64_t start_timestamp, std::int64_t timestamp = kNowMs) {
    return samples({{proto::to_bits(1), timestamp, start_timestamp}});
}

/// One series of that name and type with that value; in 1.0 with a metadata entry for FAMILY.
Change typed(std::string name, MetricType type, std::string family, std::uint64_t value) {
    return [=](proto::WriteRequest& r) {
        r.series.resize(1);
        r.series[0].labels = {{"__name__", name}, {"job", "shop"}};
        if (name.ends_with("_bucket")) r.series[0].labels.emplace_back("le", "1");
        r.series[0].samples = {{value, kNowMs, kNowMs - 1000}};
        r.series[0].metadata.type = type;
        r.metadata = {{type, family, "Help.", ""}};
    };
}

/// Several entries of one label set.
Change entries(std::vector<std::vector<proto::Sample>> all) {
    return [all = std::move(all)](proto::WriteRequest& r) {
        r.series.clear();
        for (const auto& s : all) {
            r.series.push_back(valid_series());
            r.series.back().samples = s;
        }
    };
}

}  // namespace

std::vector<MessageCase> sample_cases() {
    using enum Severity;
    Cases c;
    const std::string time = "timeseries[0].samples[0].timestamp";

    // Units, by magnitude.
    c.both("samples/timestamp-unit", "seconds", kFail, at(kNowMs / 1000), at(kNowMs)).field(time);
    c.both("samples/timestamp-unit", "microseconds", kFail, at(kNowMs * 1000), at(kNowMs)).field(time);
    c.both("samples/timestamp-unit", "nanoseconds", kFail, at(kNowMs * 1'000'000), at(kNowMs)).field(time);
    c.both("samples/timestamp-unit", "the first second of 2001-09-09", kFail, at(1'000'000'000), at(100'000'000'000));
    c.both("samples/timestamp-plausible", "never set", kWarn, at(0), at(100'000'000'000)).field(time);
    c.both("samples/timestamp-plausible", "1973 in milliseconds, just", kWarn, at(99'999'999'999), at(100'000'000'000));
    c.both("samples/timestamp-plausible", "the zero value of Go's time", kWarn, at(-62'135'596'800'000), at(kNowMs));
    c.both("samples/timestamp-plausible", "the smallest number", kWarn, at(INT64_MIN),
           at(kNowMs - 50LL * 365 * 86'400'000));
    c.both("samples/timestamp-plausible", "the largest number", kWarn, at(INT64_MAX), at(kNowMs));
    c.both("samples/timestamp-not-future", "one millisecond over ten minutes ahead", kWarn, at(kNowMs + 600'001),
           at(kNowMs + 600'000))
        .field(time);
    c.both("samples/timestamp-not-future", "zig-zag, so twice the time", kWarn, at(2 * kNowMs), at(kNowMs));

    // Start timestamps are 2.0's.
    c.v2("samples/start-timestamp-unit", "seconds", kFail, start(kNowMs / 1000), start(kNowMs - 1))
        .field("timeseries[0].samples[0].start_timestamp");
    c.v2("samples/start-timestamp-unit", "nanoseconds", kFail, start(kNowMs * 1'000'000), start(0));
    c.v2("samples/start-timestamp-plausible", "two", kWarn, start(2), start(1));
    c.v2("samples/start-timestamp-plausible", "minus two", kWarn, start(-2), start(-1));
    c.v2("samples/start-not-after-timestamp", "one millisecond later", kFail, start(kNowMs + 1), start(kNowMs - 1));
    c.v2("samples/start-not-after-timestamp", "equal", kInfo, start(kNowMs), start(kNowMs - 1));

    // NaN, by bits.
    c.both("samples/stale-marker-bits", "the quiet bit set", kFail, samples({bits(0x7ff8000000000002)}),
           samples({bits(0x7ff0000000000002)}));
    c.both("samples/stale-marker-bits", "the sign bit set", kFail, samples({bits(0xfff0000000000002)}),
           samples({bits(0x7ff8000000000001)}));
    c.both("samples/stale-marker-bits", "big-endian", kFail, samples({bits(0x020000000000f07f)}),
           samples({bits(0x020000000000f07e)}));
    c.both("samples/canonical-nan", "a signalling NaN", kWarn, samples({bits(0x7ff0000000000001)}),
           samples({bits(0x7ff8000000000000)}));
    c.both("samples/canonical-nan", "a signalling NaN with sign", kWarn, samples({bits(0xfff0000000000003)}),
           samples({bits(0x7ff0000000000000)}));

    // Counters.
    const auto minus_one = proto::to_bits(-1), minus_zero = proto::to_bits(-0.0), one = proto::to_bits(1);
    const std::uint64_t nan = 0x7ff8000000000001;
    c.both("samples/counter-not-negative", "a counter", kWarn, typed("m_total", MetricType::kCounter, "m", minus_one),
           typed("m_total", MetricType::kCounter, "m", minus_zero));
    c.both("samples/counter-not-negative", "minus infinity", kWarn,
           typed("m", MetricType::kCounter, "m", 0xfff0000000000000),
           typed("m", MetricType::kCounter, "m", 0x7ff0000000000000));
    c.both("samples/counter-not-negative", "the count of a histogram", kWarn,
           typed("m_count", MetricType::kHistogram, "m", minus_one),
           typed("m_sum", MetricType::kHistogram, "m", minus_one));
    c.both("samples/counter-not-negative", "a bucket", kWarn, typed("m_bucket", MetricType::kHistogram, "m", minus_one),
           typed("m_bucket", MetricType::kGaugeHistogram, "m", minus_one));
    c.both("samples/counter-not-negative", "the count of a summary", kWarn,
           typed("m_count", MetricType::kSummary, "m", minus_one), typed("m", MetricType::kGauge, "m", minus_one));
    c.both("samples/counter-not-nan", "a counter", kWarn, typed("m_total", MetricType::kCounter, "m", nan),
           typed("m_total", MetricType::kCounter, "m", proto::kStaleNanBits));
    c.both("samples/counter-not-nan", "a bucket", kWarn, typed("m_bucket", MetricType::kHistogram, "m", nan),
           typed("m", MetricType::kGauge, "m", nan));
    {
        const auto counter = [](std::int64_t begin, std::uint64_t value) {
            return [=](proto::WriteRequest& r) {
                r.series.resize(1);
                r.series[0].labels = {{"__name__", "m_total"}};
                r.series[0].samples = {{value, kNowMs, begin}};
                r.series[0].metadata.type = MetricType::kCounter;
            };
        };
        c.v2("samples/counter-start-timestamp", "no start", kInfo, counter(0, one), counter(kNowMs - 1, one));
        c.v2("samples/counter-start-timestamp", "no start, unlike a stale marker", kInfo, counter(0, one),
             counter(0, proto::kStaleNanBits));
    }

    // Order and repeats, over the whole message.
    const auto s = [](double value, std::int64_t timestamp) { return sample(value, kNowMs + timestamp); };
    c.both("samples/order-within-request", "newest first in one entry", kFail, samples({s(2, 1), s(1, 0)}),
           samples({s(1, 0), s(2, 1)}))
        .field("timeseries[0].samples[1].timestamp");
    c.both("samples/order-within-request", "newest first over two entries", kFail, entries({{s(2, 1)}, {s(1, 0)}}),
           entries({{s(1, 0)}, {s(2, 1)}}))
        .also({"series/distinct"});
    c.both("samples/order-within-request", "older than the newest, not than the last", kFail,
           entries({{s(2, 5)}, {s(1, 5)}, {s(1, 4)}}), entries({{s(2, 4)}, {s(1, 5)}}))
        .also({"series/distinct", "samples/unique-timestamps"});
    c.both(
         "samples/order-within-request", "one label set in two orders of labels", kFail,
         [&](proto::WriteRequest& r) {
             r.series[0].labels = {{"__name__", "m"}, {"a", "1"}, {"b", "2"}};
             r.series[1].labels = {{"__name__", "m"}, {"b", "2"}, {"a", "1"}};
             r.series[0].samples[0].timestamp = kNowMs + 1;
         },
         [&](proto::WriteRequest& r) {
             r.series[0].labels = {{"__name__", "m"}, {"a", "1"}, {"b", "2"}};
             r.series[1].labels = {{"__name__", "m"}, {"b", "1"}, {"a", "2"}};
             r.series[0].samples[0].timestamp = kNowMs + 1;
         })
        .also({"labels/sorted", "series/distinct"});
    c.raw("samples/order-within-request", "one label set by different references", ProtobufMessage::kV2, kFail,
          V2Bytes()
              .symbols({"", "__name__", "m", "m"})
              .series(Wire().packed(1, {1, 2}).bytes(2, sample_wire(kNowMs)))
              .series(Wire().packed(1, {1, 3}).bytes(2, sample_wire(kNowMs - 1)))
              .str(),
          V2Bytes()
              .symbols({"", "__name__", "m", "n"})
              .series(Wire().packed(1, {1, 2}).bytes(2, sample_wire(kNowMs)))
              .series(Wire().packed(1, {1, 3}).bytes(2, sample_wire(kNowMs - 1)))
              .str())
        .also({"symbols/deduplicated", "series/distinct", "metadata/type-provided"});
    c.both("samples/unique-timestamps", "two values at once", kFail, samples({s(1, 0), s(2, 0)}),
           samples({s(1, 0), s(2, 1)}));
    c.both("samples/unique-timestamps", "zero and minus zero at once", kFail, samples({s(0, 0), s(-0.0, 0)}),
           samples({s(0, 0), s(0, 0)}));
    c.both("samples/unique-timestamps", "a value and the stale marker at once", kFail,
           entries({{s(1, 0)}, {bits(proto::kStaleNanBits)}}),
           entries({{s(1, 0)}, {bits(proto::kStaleNanBits, kNowMs + 1)}}))
        .also({"series/distinct"});
    c.both("samples/repeated-identical", "one sample twice", kInfo, samples({s(1, 0), s(1, 0)}),
           samples({s(1, 0), s(1, 1)}));
    c.both("samples/repeated-identical", "NaN twice, equal by bits", kInfo, samples({bits(nan), bits(nan)}),
           samples({bits(nan), bits(nan, kNowMs + 1)}));
    c.v2("series/distinct", "one entry per sample", kInfo, entries({{s(1, 0)}, {s(2, 1)}}),
         entries({{s(1, 0), s(2, 1)}}))
        .field("timeseries[1]");
    c.v2("series/distinct", "the same with other metadata is distinct", kInfo, entries({{s(1, 0)}, {s(2, 1)}}),
         [&](proto::WriteRequest& r) {
             entries({{s(1, 0)}, {s(2, 1)}})(r);
             r.series[1].metadata.help = "Another text.";
         });
    // Start timestamps of one series, over entries and with gaps.
    const auto starts = [](std::vector<std::int64_t> all) {
        std::vector<std::vector<proto::Sample>> out;
        for (std::size_t i = 0; i < all.size(); ++i)
            out.push_back({{proto::to_bits(1), kNowMs + static_cast<std::int64_t>(i),
                            all[i] == 0 ? 0 : kNowMs - 60'000 + all[i]}});
        return out;
    };
    const auto in_one = [](const std::vector<std::vector<proto::Sample>>& all) {
        std::vector<proto::Sample> out;
        for (const auto& each : all) out.push_back(each.front());
        return samples(out);
    };
    c.v2("samples/start-not-backwards", "a millisecond back", kWarn, in_one(starts({5, 4})), in_one(starts({5, 5, 6})))
        .field("timeseries[0].samples[1].start_timestamp");
    c.v2("samples/start-not-backwards", "back behind one that is not set", kWarn, in_one(starts({5, 0, 4})),
         in_one(starts({5, 0, 5})));
    c.v2("samples/start-not-backwards", "back in another entry", kWarn, entries(starts({5, 4})),
         entries(starts({5, 6})))
        .also({"series/distinct"});

    // Classic histograms, by neighbours.
    struct Classic {
        const char* le;  ///< "" for _count
        double value;
        const char* job = "shop";
    };
    const auto classic = [](std::vector<Classic> all) {
        return [all = std::move(all)](proto::WriteRequest& r) {
            r.series.clear();
            for (const auto& each : all) {
                const bool count = *each.le == '\0';
                auto made = valid_series({{"__name__", count ? "m_count" : "m_bucket"}, {"job", each.job}});
                if (!count) made.labels.emplace_back("le", each.le);
                made.samples[0].value_bits = proto::to_bits(each.value);
                made.samples[0].start_timestamp = kNowMs - 1000;
                made.metadata = {MetricType::kHistogram, "", "Help.", ""};
                r.series.push_back(std::move(made));
            }
        };
    };
    const std::string cumulative = "samples/classic-cumulative";
    c.both(cumulative, "a bucket below the one before", kWarn, classic({{"1", 5}, {"10", 4}}),
           classic({{"1", 5}, {"10", 5}}))
        .field("timeseries[1].samples[0].value");
    c.both(cumulative, "by number, not by text", kWarn, classic({{"9", 5}, {"10", 4}}), classic({{"10", 5}, {"9", 4}}));
    c.both(cumulative, "from the largest down", kWarn, classic({{"+Inf", 4}, {"1", 5}}),
           classic({{"+Inf", 5}, {"1", 4}}));
    c.both(cumulative, "of another histogram is no neighbour", kWarn, classic({{"1", 5}, {"10", 4}}),
           classic({{"1", 5}, {"10", 4, "other"}}));
    c.both(cumulative, "_count after +Inf", kWarn, classic({{"1", 4}, {"+Inf", 5}, {"", 6}}),
           classic({{"1", 4}, {"+Inf", 5}, {"", 5}}))
        .field("timeseries[2].samples[0].value");
    c.both(cumulative, "_count before +Inf", kWarn, classic({{"", 6}, {"1", 4}, {"+Inf", 5}}),
           classic({{"", 6}, {"1", 4}, {"10", 5}}));  // the rest may be in another request
    c.both(cumulative, "_count of another histogram", kWarn, classic({{"+Inf", 5}, {"", 6}}),
           classic({{"+Inf", 5}, {"", 6, "other"}}));
    return c.take();
}

}  // namespace prw::testing
