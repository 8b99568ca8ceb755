#include "message_cases.h"

namespace prw::testing {

namespace {

proto::Exemplar exemplar(proto::Labels labels, double value = 0.5, std::int64_t timestamp = kNowMs - 10) {
    return {std::move(labels), proto::to_bits(value), timestamp};
}

Change with(std::vector<proto::Exemplar> exemplars) {
    return [exemplars = std::move(exemplars)](proto::WriteRequest& r) { r.series[0].exemplars = exemplars; };
}
Change with(proto::Labels labels) { return with(std::vector<proto::Exemplar>{exemplar(std::move(labels))}); }
Change at(std::int64_t timestamp) {
    return with(std::vector<proto::Exemplar>{exemplar({{"trace_id", "a"}}, 0.5, timestamp)});
}

Change on_bucket(std::string le, double value) {
    return [=](proto::WriteRequest& r) {
        r.series.resize(1);
        r.series[0].labels = {{"__name__", "m_bucket"}, {"le", le}};
        r.series[0].metadata.type = proto::MetricType::kHistogram;
        r.series[0].exemplars = {exemplar({{"trace_id", "a"}}, value)};
    };
}

std::string repeat(std::string_view text, std::size_t times) {
    std::string out;
    for (std::size_t i = 0; i < times; ++i) out += text;
    return out;
}

}  // namespace

std::vector<MessageCase> exemplar_cases() {
    using enum Severity;
    Cases c;
    c.v2("exemplars/labels-sorted", "trace_id before span_id", kWarn, with({{"trace_id", "a"}, {"span_id", "b"}}),
         with({{"span_id", "b"}, {"trace_id", "a"}}))
        .field("timeseries[0].exemplars[0].labels_refs[2]");

    // "trace_id" has 8 characters; a character is a code point, not a byte.
    c.both("exemplars/label-set-length", "129 characters", kFail, with({{"trace_id", repeat("x", 121)}}),
           with({{"trace_id", repeat("x", 120)}}));
    c.both("exemplars/label-set-length", "129 characters of two bytes", kFail,
           with({{"trace_id", repeat("\xc3\xa9", 121)}}), with({{"trace_id", repeat("\xc3\xa9", 120)}}));
    c.both("exemplars/label-set-length", "two labels", kFail, with({{"a", repeat("x", 64)}, {"b", repeat("y", 63)}}),
           with({{"a", repeat("x", 63)}, {"b", repeat("y", 63)}}));

    c.both("exemplars/labels-unique-nonempty", "an empty value", kWarn, with({{"span_id", ""}}),
           with({{"span_id", "0"}}));
    c.both("exemplars/labels-unique-nonempty", "an empty name", kWarn, with({{"", "x"}}), with({{"_", "x"}}));
    c.both("exemplars/labels-unique-nonempty", "a name twice", kWarn, with({{"a", "x"}, {"a", "y"}}),
           with({{"a", "x"}, {"b", "x"}}));
    c.v1("exemplars/labels-unique-nonempty", "a name twice, apart", kWarn, with({{"b", "x"}, {"a", "x"}, {"b", "y"}}),
         with({{"b", "x"}, {"a", "x"}, {"c", "y"}}));

    c.both("exemplars/value-within-bucket", "above le", kWarn, on_bucket("0.5", 0.5000001), on_bucket("0.5", 0.5));
    c.both("exemplars/value-within-bucket", "infinity below +Inf is fine", kWarn, on_bucket("1e9", 1e10),
           on_bucket("+Inf", 1e300));

    for (const auto* bad : {"traceID", "traceid", "trace-id", "TraceId", "trace.id"}) {
        c.v2("exemplars/trace-id-name", std::string(bad) + " for trace_id", kInfo, with({{bad, "a"}}),
             with({{"trace_id", "a"}}));
        c.v2("exemplars/trace-id-name", bad, kInfo, with({{bad, "a"}}), with({{"trace_ids", "a"}}));
    }
    const auto valued = [](std::uint64_t bits) {
        auto e = exemplar({{"trace_id", "a"}});
        e.value_bits = bits;
        return with(std::vector<proto::Exemplar>{e});
    };
    c.both("exemplars/no-stale-pattern", "the stale marker", kFail, valued(proto::kStaleNanBits),
           valued(proto::kNormalNanBits));

    const std::string time = "timeseries[0].exemplars[0].timestamp";
    c.v2("exemplars/timestamp-present", "no timestamp", kFail, at(0), at(kNowMs - 50LL * 365 * 86'400'000)).field(time);
    c.v1("exemplars/timestamp-plausible", "no timestamp", kWarn, at(0), at(100'000'000'000)).field(time);
    c.both("exemplars/timestamp-plausible", "1973 in milliseconds, just", kWarn, at(99'999'999'999),
           at(100'000'000'000));
    c.v1("exemplars/timestamp-unit", "seconds", kWarn, at(kNowMs / 1000), at(kNowMs)).field(time);
    c.v2("exemplars/timestamp-unit", "seconds", kFail, at(kNowMs / 1000), at(kNowMs)).field(time);
    c.v2("exemplars/timestamp-unit", "nanoseconds", kFail, at(kNowMs * 1'000'000), at(kNowMs));
    c.both("samples/timestamp-not-future", "an exemplar", kWarn, at(kNowMs + 600'001), at(kNowMs + 600'000))
        .field(time);
    c.both("exemplars/order-within-request", "newest first", kWarn,
           with(std::vector<proto::Exemplar>{exemplar({{"trace_id", "a"}}, 1, kNowMs),
                                             exemplar({{"trace_id", "b"}}, 1, kNowMs - 1)}),
           with(std::vector<proto::Exemplar>{exemplar({{"trace_id", "a"}}, 1, kNowMs),
                                             exemplar({{"trace_id", "b"}}, 1, kNowMs)}));
    return c.take();
}

}  // namespace prw::testing
