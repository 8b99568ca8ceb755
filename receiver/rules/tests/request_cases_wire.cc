#include "request_cases.h"
#include "support.h"

namespace prw::testing {

namespace {

using proto::ProtobufMessage;
using rules::Severity;

constexpr auto kFail = Severity::kFail, kWarn = Severity::kWarn, kInfo = Severity::kInfo;
constexpr auto kNow = static_cast<std::uint64_t>(kNowMs);

RequestBuilder v1() { return RequestBuilder(ProtobufMessage::kV1); }
RequestBuilder v2() { return RequestBuilder(ProtobufMessage::kV2); }

// 1.0, by hand.
Wire label(std::string_view name, std::string_view value) { return Wire().bytes(1, name).bytes(2, value); }
Wire sample1() { return Wire().real(1, 2.5).varint(2, kNow); }
/// TimeSeries fields go behind the label.
Wire series1() { return Wire().bytes(1, label("__name__", "a")); }
BuiltRequest send1(const Wire& message) { return v1().protobuf(message).build(); }
BuiltRequest send_series1(const Wire& series) { return send1(Wire().bytes(1, series)); }
BuiltRequest send_sample1(const Wire& s) { return send_series1(series1().bytes(2, s)); }
Wire valid1() { return Wire().bytes(1, series1().bytes(2, sample1())); }

// 2.0, by hand: symbols "", "__name__", "a".
Wire symbols() { return Wire().bytes(4, "").bytes(4, "__name__").bytes(4, "a"); }
Wire sample2() { return Wire().real(1, 2.5).varint(2, kNow); }
Wire series2() { return Wire().packed(1, {1, 2}); }
BuiltRequest send2(const Wire& message) { return v2().protobuf(message).build(); }
BuiltRequest send_series2(const Wire& series) { return send2(symbols().bytes(5, series)); }
BuiltRequest send_sample2(const Wire& s) { return send_series2(series2().bytes(2, s)); }

Wire histogram(std::uint64_t zigzag_schema) {
    return Wire()
        .varint(1, 1)
        .real(3, 1)
        .varint(4, zigzag_schema)
        .real(5, 0.001)
        .varint(6, 0)
        .bytes(11, Wire().varint(1, 0).varint(2, 1))
        .packed(12, {2})
        .varint(15, kNow);
}

/// sint32: -53 → 105, 3 → 6.
constexpr std::uint64_t kCustomSchema = 105, kSchema3 = 6;

proto::WriteRequest many_series(std::size_t count) {
    proto::WriteRequest request;
    for (std::size_t i = 0; i < count; ++i)
        request.series.push_back(valid_series({{"__name__", "a"}, {"i", std::to_string(i)}}));
    return request;
}

std::string delimited(const std::string& message) { return Wire().number(message.size()).raw(message).str(); }
std::string grpc(const std::string& message) {
    std::string out(5, '\0');
    out[3] = static_cast<char>(static_cast<std::uint8_t>(message.size() >> 8U));
    out[4] = static_cast<char>(static_cast<std::uint8_t>(message.size()));
    return out + message;
}

}  // namespace

std::vector<RequestCase> wire_cases() {
    const auto good1 = send1(valid1());
    const auto good2 = send_sample2(sample2());
    const auto m1 = v1().message_bytes(), m2 = v2().message_bytes();
    const std::string version = "X-Prometheus-Remote-Write-Version";
    return {
        // Which message?
        {"V2UnderV1Type", "wire/message-matches-content-type", "prw2.content-type.matches-payload", kFail, 400,
         v1().protobuf(m2).build(), v1().protobuf(m1).build()},
        {"V1UnderV2Type", "wire/message-matches-content-type", "prw2.content-type.matches-payload", kFail, 400,
         v2().protobuf(m1).build(), v2().protobuf(m2).build()},
        {"V2WithoutType", "wire/message-matches-content-type", "prw2.content-type.matches-payload", kFail, 400,
         v1().protobuf(m2).remove("Content-Type").build(), v1().protobuf(m1).remove("Content-Type").build()},
        {"EmptyV1IsNoMismatch", "wire/message-matches-content-type", "prw2.content-type.matches-payload", kFail, 400,
         v1().protobuf(symbols()).build(), v1().protobuf("").build()},
        {"SymbolsOnlyIsNoMismatch", "wire/message-matches-content-type", "prw2.content-type.matches-payload", kFail,
         400, v2().protobuf(Wire().bytes(3, Wire().varint(1, 1).bytes(2, "a"))).build(),
         v2().protobuf(symbols()).build()},
        {"JsonInBlock", "wire/binary-protobuf", "prw1.body.protobuf", kFail, 400,
         v1().protobuf("{\"timeseries\":[]}").build(), v1().protobuf("").build()},
        {"TextFormatInBlock", "wire/binary-protobuf", "prw2.protocol.protobuf-body", kFail, 400,
         v2().protobuf("symbols: \"\"\ntimeseries {\n}\n").build(), good2},
        {"OtlpInBlock", "wire/known-message", "prw1.body.schema", kFail, 400,
         v1().protobuf(Wire().bytes(1, Wire().bytes(2, Wire().bytes(2, Wire().bytes(1, "http.requests"))))).build(),
         good1},
        {"RemoteReadInBlock", "wire/known-message", "prw2.protocol.one-of-two-messages", kFail, 400,
         v2().protobuf(Wire().bytes(1, Wire().varint(1, kNow).varint(2, kNow).bytes(
                                           3, Wire().bytes(2, "__name__").bytes(3, "up"))))
             .build(),
         good2},
        {"LengthDelimited", "wire/one-message", "prw1.protocol.rpc-shape", kFail, 400,
         v1().protobuf(delimited(m1) + delimited(m1)).build(),
         v1().protobuf(m1 + m1).build()},  // bare messages merge by protobuf's rules
        {"GrpcFrame", "wire/one-message", "prw2.protocol.one-of-two-messages", kFail, 400,
         v2().protobuf(grpc(m2)).build(), v2().protobuf(m2).build()},
        // Well-formed?
        {"Truncated", "wire/well-formed", "prw1.body.protobuf", kFail, 400,
         v1().protobuf(m1.substr(0, m1.size() - 1)).build(), v1().protobuf(m1).build()},
        {"TruncatedV2", "wire/well-formed", "prw2.protocol.protobuf-body", kFail, 400,
         v2().protobuf(m2.substr(0, m2.size() - 3)).build(), v2().protobuf(m2).build()},
        {"TrailingChecksum", "wire/well-formed", "prw1.body.protobuf", kFail, 400,
         v1().protobuf(m1 + "\xde\xad\xbe\xef").build(), v1().protobuf(m1).build()},
        {"TrailingZeros", "wire/well-formed", "prw1.body.protobuf", kFail, 400,
         v1().protobuf(m1 + std::string(4, '\0')).build(), v1().protobuf(m1).build()},
        {"WireType7", "wire/well-formed", "prw1.body.protobuf", kFail, 400, v1().protobuf(m1 + "\x0f").build(),
         v1().protobuf(m1).build()},
        {"VarintOf11Bytes", "wire/well-formed", "prw1.body.protobuf", kFail, 400,
         send_sample1(Wire().real(1, 2).tag(2, 0).raw("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")),
         send_sample1(Wire().real(1, 2).tag(2, 0).raw("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"))},
        {"VarintNotMinimalIsLegal", "wire/well-formed", "prw1.body.protobuf", kFail, 400,
         send_sample1(Wire().real(1, 2).tag(2, 0).raw("\x81\x80")),
         send_sample1(Wire().real(1, 2).tag(2, 0).raw(std::string("\x81\x80\x00", 3)))},
        {"Group", "wire/no-groups", "prw1.body.protobuf", kFail, 400, send1(valid1().tag(9, 3).varint(1, 1).tag(9, 4)),
         send1(valid1().varint(9, 1))},
        // Types.
        {"TimestampFixed64", "wire/timestamp-int64", "prw1.protocol.timestamp-int64", kFail, 400,
         send_sample1(Wire().real(1, 2).fixed64(2, kNow)),
         send_sample1(Wire().real(1, 2).varint(2, static_cast<std::uint64_t>(-1)))},
        {"TimestampFixed64V2", "wire/timestamp-int64", "prw2.message.timestamp-int64", kFail, 400,
         send_sample2(Wire().real(1, 2).fixed64(2, kNow)), send_sample2(Wire().real(1, 2))},
        {"StartTimestampDouble", "wire/timestamp-int64", "prw2.message.timestamp-int64", kFail, 400,
         send_sample2(sample2().real(3, 1)), send_sample2(sample2().varint(3, 1))},
        {"HistogramTimestampDouble", "wire/timestamp-int64", "prw2.message.timestamp-int64", kFail, 400,
         send_series2(series2().bytes(3, Wire().varint(1, 0).real(15, 1))),
         send_series2(series2().bytes(3, histogram(kSchema3)))},
        {"ExemplarTimestampDouble", "wire/timestamp-int64", "prw2.message.timestamp-int64", kFail, 400,
         send_series2(series2().bytes(2, sample2()).bytes(4, Wire().real(2, 1).real(3, 1))),
         send_series2(series2().bytes(2, sample2()).bytes(4, Wire().real(2, 1).varint(3, kNow)))},
        {"ValueFloat32", "wire/value-float64", "prw1.protocol.value-float64", kFail, 400,
         send_sample1(Wire().fixed32(1, 0x40200000U).varint(2, kNow)),
         send_sample1(Wire().varint(2, kNow))},  // 0.0 is absent on the wire
        {"ValueVarintV2", "wire/value-float64", "prw2.message.value-float64", kFail, 400,
         send_sample2(Wire().varint(1, 2).varint(2, kNow)),
         send_sample2(Wire().fixed64(1, 0x8000000000000000ULL).varint(2, kNow))},
        {"LabelNameVarint", "wire/wire-types", "prw1.body.schema", kFail, 400,
         send_series1(Wire().bytes(1, Wire().varint(1, 3).bytes(2, "v")).bytes(2, sample1())), good1},
        {"SwappedSampleFields", "wire/value-float64", "prw1.protocol.value-float64", kFail, 400,
         send_sample1(Wire().varint(1, kNow).real(2, 2.5)), good1},
        {"MetadataTypeFixed32", "wire/wire-types", "ext.proto.wire-types-match", kFail, 400,
         send_series2(series2().bytes(2, sample2()).bytes(5, Wire().fixed32(1, 1))),
         send_series2(series2().bytes(2, sample2()).bytes(5, Wire().varint(1, 1)))},
        {"RefsUnpackedAreLegal", "wire/wire-types", "ext.proto.wire-types-match", kFail, 400,
         send_series2(Wire().fixed32(1, 1).bytes(2, sample2())),
         send_series2(Wire().varint(1, 1).packed(1, {2}).bytes(2, sample2()))},
        // Fields.
        {"UnknownTopLevel", "wire/no-unknown-fields", "ext.proto.no-unknown-fields", kWarn, 204,
         send1(valid1().varint(1000, 7)), send1(valid1().bytes(3, Wire().varint(1, 1).bytes(2, "a")))},
        {"UnknownInSample", "wire/no-unknown-fields", "ext.proto.no-unknown-fields", kWarn, 204,
         send_sample1(sample1().varint(3, 7)), good1},
        {"UnknownOfNewerProtocol", "wire/no-unknown-fields", "ext.proto.no-unknown-fields", kInfo, 204,
         v2().header(version, "2.1.0").protobuf(symbols().bytes(5, series2().bytes(2, sample2())).varint(9, 7)).build(),
         good2},
        {"ReservedField2", "wire/reserved-field-2", "prw1.protocol.reserved-field-2", kFail, 400,
         send1(valid1().varint(2, 1)), good1},
        {"ReservedField3Text", "wire/reserved-field-3", "prw1.protocol.reserved-field-3", kFail, 400,
         send1(valid1().bytes(3, "trace=0123456789abcdef")),
         send1(valid1().bytes(3, Wire().varint(1, 1).bytes(2, "a").bytes(4, "Help.").bytes(5, "s")))},
        {"ReservedField3OtherShape", "wire/reserved-field-3", "prw1.protocol.reserved-field-3", kFail, 400,
         send1(valid1().bytes(3, Wire().bytes(1, "counter"))), good1},
        {"ReservedField3Number", "wire/reserved-field-3", "prw1.protocol.reserved-field-3", kFail, 400,
         send1(valid1().varint(3, 7)), good1},
        {"MetadataInV1", "wire/v1-metadata", "prw1.protocol.reserved-field-3", kInfo, 204,
         send1(valid1().bytes(3, Wire().varint(1, 1).bytes(2, "a"))), good1},
        {"ExemplarInV1", "wire/v1-extensions", "prw1.body.schema", kInfo, 204,
         send_series1(series1()
                          .bytes(2, sample1())
                          .bytes(3, Wire().bytes(1, label("trace_id", "1")).real(2, 1).varint(3, kNow))),
         good1},
        {"HistogramInV1", "wire/v1-extensions", "prw1.body.schema", kInfo, 204,
         send_series1(series1().bytes(4, histogram(kSchema3))), good1},
        {"V2ExemplarInV1", "wire/v1-extension-shape", "ext.proto.v1-extension-shape", kWarn, 204,
         send_series1(
             series1().bytes(2, sample1()).bytes(3, Wire().varint(1, 8).varint(1, 9).real(2, 1).varint(3, kNow))),
         send_series1(series1().bytes(2, sample1()).bytes(3, Wire().real(2, 1).varint(3, kNow)))},
        {"SeriesInField1OfV2", "wire/reserved-fields-1-3", "prw2.message.reserved-fields-1-3", kFail, 400,
         send2(symbols().bytes(5, series2().bytes(2, sample2())).bytes(1, series1().bytes(2, sample1()))), good2},
        {"CreatedTimestamp", "wire/reserved-field-6", "prw2.message.reserved-field-6", kFail, 400,
         send_series2(series2().bytes(2, sample2()).varint(6, kNow - 1)), send_sample2(sample2().varint(3, kNow - 1))},
        {"TimestampTwice", "wire/singular-once", "ext.proto.singular-field-once", kWarn, 204,
         send_sample1(sample1().varint(2, kNow + 1)), send_series1(series1().bytes(2, sample1()).bytes(2, sample1()))},
        {"MetadataTwiceV2", "wire/singular-once", "ext.proto.singular-field-once", kWarn, 204,
         send_series2(series2().bytes(2, sample2()).bytes(5, Wire().varint(1, 2)).bytes(5, Wire().varint(1, 2))),
         send_series2(series2().bytes(2, sample2()).bytes(5, Wire().varint(1, 2)))},
        // Values.
        {"MetricType8", "wire/enum-in-range", "ext.proto.enum-in-range", kFail, 400,
         send1(valid1().bytes(3, Wire().varint(1, 8).bytes(2, "a"))),
         send1(valid1().bytes(3, Wire().varint(1, 7).bytes(2, "a")))},
        {"MetricType8V2", "wire/enum-in-range", "ext.proto.enum-in-range", kFail, 400,
         send_series2(series2().bytes(2, sample2()).bytes(5, Wire().varint(1, 8))),
         send_series2(series2().bytes(2, sample2()).bytes(5, Wire().varint(1, 7)))},
        {"ResetHint4", "wire/enum-in-range", "ext.proto.enum-in-range", kFail, 400,
         send_series2(series2().bytes(3, histogram(kSchema3).varint(14, 4))),
         send_series2(series2().bytes(3, histogram(kSchema3).varint(14, 3)))},
        {"HelpNotUtf8", "wire/strings-utf8", "ext.proto.strings-valid-utf8", kFail, 400,
         send1(valid1().bytes(3, Wire().varint(1, 1).bytes(2, "a").bytes(4, "caf\xe9"))),
         send1(valid1().bytes(3, Wire().varint(1, 1).bytes(2, "a").bytes(4, "caf\xc3\xa9")))},
        {"SymbolNotUtf8", "wire/strings-utf8", "ext.proto.strings-valid-utf8", kFail, 400,
         send2(symbols().bytes(4, "\xc0\x80").bytes(5, series2().bytes(2, sample2()))),
         send2(symbols().bytes(4, std::string("\0\xef\xbf\xbd", 4)).bytes(5, series2().bytes(2, sample2())))},
        {"CustomBucketsInV1", "wire/v1-custom-buckets", "ext.proto.v1-no-custom-buckets", kFail, 400,
         send_series1(series1().bytes(4, histogram(kCustomSchema))),
         send_series1(series1().bytes(4, histogram(kSchema3)))},
        {"CustomBucketsInV2AreLegal", "wire/v1-custom-buckets", "ext.proto.v1-no-custom-buckets", kFail, 400,
         send_series1(series1().bytes(4, histogram(kSchema3).real(16, 0.5))),
         send_series2(series2().bytes(3, histogram(kCustomSchema).real(16, 0.5)))},
        {"ManySeries", "wire/batch-size", "ext.batching.reasonable-size", kInfo, 204,
         v1().request(many_series(10001)).build(), v1().request(many_series(10000)).build()},
    };
}

std::vector<RequestCase> request_cases() {
    auto out = header_cases();
    for (auto& c : body_cases()) out.push_back(std::move(c));
    for (auto& c : wire_cases()) out.push_back(std::move(c));
    return out;
}

}  // namespace prw::testing
