// Accepts what no rule has anything to say about, without decoding it: one pass over the bytes, no allocation, no copy.
//
// Two paths, one verdict. True means that the wire rules and every message rule would yield nothing at all, not even a
// note; anything unusual is false, and the rules decide. How each clause is held (v1: fast_v1.cc, v2: fast_v2.cc; ext.*
// and rules named in short):
//
//   wire shape      protobuf, schema, wire-types, singular-once, no-unknown-fields, no-trailing-bytes, reserved fields
//   (2, 3; 1-3, 6),
//                   timestamp-int64, value-float64: only the canonical encoding is walked (fields in order, each at
//                   most once, minimal varints, packed references); every other tag or size ends the walk. Fixed sizes
//                   of samples: 7, 14, 16, 23 bytes.
//   metadata (v1), exemplars, histograms (all prw2.histogram, ext.histogram, ext.exemplars,
//   stale.histogram-marker-form, v1-no-custom-buckets,
//                   type-matches-payload): their tags end the walk.
//   labels          set-not-empty, metric-name-present: __name__ is required. no-repeated-names, sorted: names increase
//   strictly by bytes, unless
//                   they are the ones of the series before (v1: column by column, v2: references or a known list of
//                   names). no-empty-name, no-empty-value: sizes (v1), reference 0 and the symbols table (v2). name
//                   patterns, dunder-not-used: classes of 16 bytes at once, "__" only in __name__. utf8: the label
//                   region or the table is ASCII, else string by string. le, quantile: a narrow grammar, whatever the
//                   series is. size-sane: at most 30 labels, names 128 and values 2,048 bytes.
//   symbols         present, first-empty, deduplicated: the table comes first, starts with "", and has no two equal
//   strings (hash, then bytes).
//                   refs-even, series-refs-in-range, metadata-refs-in-range: checked per reference.
//   samples         has-sample: at least one. unit, plausible, not-future, zero: 10^11 ms to now + 10 min, in six
//   bytes. order, unique, repeated:
//                   strictly increasing within a series. start timestamps: same range and before the sample's; counters
//                   need one. stale-marker bits, canonical-nan, counter-not-nan, counter-not-negative: any value that
//                   is not finite and positive is looked at with the series' type (v2) and name.
//   classic         cumulative: neighbours among the buckets of one name, and +Inf with the _count of its name,
//   whatever their other labels; le
//                   on any other series ends the walk. start-not-backwards: within a series.
//   series          distinct, order and uniqueness over series: label sets of a request differ (hash, then bytes); 1.0
//   may repeat one whose
//                   samples go on in time.
//   metadata (v2)   type-provided: 1 to 7, absent only for what senders make themselves and for stale markers.
//   help-provided: some series has one.
//                   help-not-name, unit placeholder, type-guidelines, consistent-per-family, enum-in-range,
//                   histogram-series-name: at the
//                   first series of each name, and equal for all others.
//   batch size      at most 10,000 series.
// Clauses on head and body (prw1.headers, prw2.headers, ext.http, ext.snappy, …) are judged elsewhere in every case.
#include <random>

#include "fast_impl.h"

namespace prw::rules {

struct FastAccept::Impl {
    Impl() {
        std::random_device device;
        for (std::size_t i = 0; i < secret.bytes.size(); ++i) secret.bytes[i] = static_cast<fast::Byte>(device());
    }
    fast::Secret secret{};
    fast::WalkV1 v1{secret};
    fast::WalkV2 v2{secret};
};

FastAccept::FastAccept() : impl_(std::make_unique<Impl>()) {}
FastAccept::~FastAccept() = default;

bool FastAccept::accept(std::string_view bytes, proto::ProtobufMessage message, std::int64_t now_ms,
                        FastCounts& counts) {
    counts = {};
    if (bytes.empty() || bytes.size() > 0x7fffffffU) return false;
    const auto* const begin = reinterpret_cast<const fast::Byte*>(bytes.data());
    const fast::Message input{begin, begin + bytes.size(), now_ms};
    const bool accepted =
        message == proto::ProtobufMessage::kV1 ? impl_->v1.accept(input, counts) : impl_->v2.accept(input, counts);
    if (!accepted) counts = {};
    return accepted;
}

}  // namespace prw::rules
