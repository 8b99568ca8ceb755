#include "message_cases.h"

namespace prw::testing {

namespace {

constexpr auto kV2 = ProtobufMessage::kV2;

/// symbols 0 to 5: "", __name__, m, a, b, Help.
V2Bytes table() { return V2Bytes().symbols({"", "__name__", "m", "a", "b", "Help."}); }
/// Gauge with help: nothing to say about it.
Wire metadata(std::uint64_t help = 5, std::uint64_t unit = 0) {
    return Wire().varint(1, 2).varint(3, help).varint(4, unit);
}
Wire series(std::initializer_list<std::uint64_t> refs) {
    return Wire().packed(1, refs).bytes(2, sample_wire()).bytes(5, metadata());
}
Wire with_exemplar(std::initializer_list<std::uint64_t> refs) {
    return series({1, 2}).bytes(4, Wire().packed(1, refs).real(2, 1).varint(3, static_cast<std::uint64_t>(kNowMs)));
}
std::string one(const Wire& s) { return table().series(s).str(); }

}  // namespace

std::vector<MessageCase> symbol_cases() {
    using enum Severity;
    Cases c;
    const auto fine = one(series({1, 2, 3, 4}));

    c.raw("symbols/present", "a message of zero bytes", kV2, kFail, "", V2Bytes().symbol("").str()).field("symbols");
    c.raw("symbols/present", "series without symbols", kV2, kFail,
          V2Bytes().series(Wire().bytes(2, sample_wire())).str(), fine)
        .also({"labels/set-not-empty", "metadata/type-provided"});
    c.raw("symbols/first-empty", "the table starts with a name", kV2, kFail,
          V2Bytes()
              .symbols({"Help.", "__name__", "m"})
              .series(Wire().packed(1, {1, 2}).bytes(2, sample_wire()).bytes(5, metadata(0)))
              .str(),
          fine)
        .field("symbols[0]");
    c.raw("symbols/deduplicated", "a string twice", kV2, kFail, table().symbol("a").series(series({1, 2})).str(),
          table().symbol("A").series(series({1, 2})).str())
        .field("symbols[6]");
    c.raw("symbols/deduplicated", "a second empty string", kV2, kFail, table().symbol("").series(series({1, 2})).str(),
          table().symbol(" ").series(series({1, 2})).str());

    c.raw("symbols/series-refs-in-range", "a name reference past the end", kV2, kFail, one(series({1, 2, 6, 4})),
          one(series({1, 2, 5, 4})))
        .field("timeseries[0].labels_refs[2]")
        .also({"labels/label-name-pattern"});
    c.raw("symbols/series-refs-in-range", "a value reference past the end", kV2, kFail, one(series({1, 2, 3, 6})),
          one(series({1, 2, 3, 5})))
        .field("timeseries[0].labels_refs[3]");
    c.raw("symbols/series-refs-in-range", "the largest reference", kV2, kFail, one(series({1, 2, 3, 0xffffffffU})),
          one(series({1, 2, 3, 5})));
    c.raw("symbols/exemplar-refs-in-range", "an exemplar's reference past the end", kV2, kFail,
          one(with_exemplar({3, 6})), one(with_exemplar({3, 5})))
        .field("timeseries[0].exemplars[0].labels_refs[1]");
    c.raw("symbols/exemplar-refs-in-range", "an exemplar's name past the end", kV2, kFail, one(with_exemplar({6, 4})),
          one(with_exemplar({3, 4})));
    c.raw("symbols/metadata-refs-in-range", "help_ref past the end", kV2, kFail,
          one(Wire().packed(1, {1, 2}).bytes(2, sample_wire()).bytes(5, metadata(6))),
          one(Wire().packed(1, {1, 2}).bytes(2, sample_wire()).bytes(5, metadata(5))))
        .field("timeseries[0].metadata.help_ref")
        .also({"metadata/help-provided"});
    c.raw("symbols/metadata-refs-in-range", "unit_ref past the end", kV2, kFail,
          one(Wire().packed(1, {1, 2}).bytes(2, sample_wire()).bytes(5, metadata(5, 6))),
          one(Wire().packed(1, {1, 2}).bytes(2, sample_wire()).bytes(5, metadata(5, 3))))
        .field("timeseries[0].metadata.unit_ref");

    c.raw("symbols/series-refs-even", "the last value is missing", kV2, kFail, one(series({1, 2, 3})), fine);
    c.raw("symbols/series-refs-even", "a single reference", kV2, kFail, one(series({1})), one(series({1, 2})));
    c.raw("symbols/exemplar-refs-even", "one reference for a whole exemplar label", kV2, kFail, one(with_exemplar({3})),
          one(with_exemplar({3, 4})));
    c.raw("symbols/exemplar-refs-even", "three references", kV2, kFail, one(with_exemplar({3, 5, 4})),
          one(with_exemplar({})));

    // The shape of a TimeSeries.
    c.raw("series/has-sample-or-histogram", "labels and metadata only", kV2, kFail,
          one(Wire().packed(1, {1, 2}).bytes(5, metadata())), fine)
        .field("timeseries[0]");
    c.raw("series/not-exemplars-only", "an exemplar without sample", kV2, kWarn,
          one(Wire()
                  .packed(1, {1, 2})
                  .bytes(4, Wire().real(2, 1).varint(3, static_cast<std::uint64_t>(kNowMs)))
                  .bytes(5, metadata())),
          one(with_exemplar({})));
    const Wire histogram = Wire()
                               .varint(1, 0)
                               .varint(15, static_cast<std::uint64_t>(kNowMs))
                               .varint(17, static_cast<std::uint64_t>(kNowMs - 1));
    const Wire histogram_metadata = Wire().varint(1, 3).varint(3, 5);
    c.raw("series/not-samples-and-histograms", "a sample and a histogram", kV2, kFail,
          one(Wire()
                  .packed(1, {1, 2})
                  .bytes(2, sample_wire(kNowMs - 1000))
                  .bytes(3, histogram)
                  .bytes(5, histogram_metadata)),
          table()
              .series(Wire().packed(1, {1, 2}).bytes(2, sample_wire(kNowMs - 1000)).bytes(5, histogram_metadata))
              .series(Wire().packed(1, {1, 2}).bytes(3, histogram).bytes(5, histogram_metadata))
              .str());
    return c.take();
}

}  // namespace prw::testing
