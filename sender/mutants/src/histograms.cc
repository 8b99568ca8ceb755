// Native histograms, each on a series of the mutant's own.
#include <cmath>
#include <limits>

#include "data.h"
#include "prw/mutants/wire_edit.h"

namespace prw::mutants {

namespace {

using proto::Histogram;

/// Adds an integer, float or custom-bucket histogram and spoils it.
template <void (*Spoil)(Histogram&)>
void integer(proto::WriteRequest& request, ProtobufMessage) {
    Spoil(add_histogram(request));
}
template <void (*Spoil)(Histogram&)>
void floats(proto::WriteRequest& request, ProtobufMessage) {
    Spoil(add_float_histogram(request));
}
template <void (*Spoil)(Histogram&)>
void custom(proto::WriteRequest& request, ProtobufMessage) {
    Spoil(add_custom_histogram(request));
}

constexpr Mutant only_v2(std::string_view id, std::string_view summary, std::string_view check) {
    return {id, summary, check, false, true};
}

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Changes the last one, which is the mutant's own, as no encoder would.
void in_last(std::string& bytes, ProtobufMessage message, void (*change)(wire::Message& histogram)) {
    const bool v1 = message == ProtobufMessage::kV1;
    std::size_t all = 0, seen = 0;
    const auto visit = [&](const std::function<bool(wire::Message&)>& each) {
        wire::edit(bytes, {v1 ? 1U : 5U, v1 ? 4U : 3U}, each);
    };
    visit([&](wire::Message&) { return ++all, false; });
    visit([&](wire::Message& histogram) {
        if (++seen == all) change(histogram);
        return false;
    });
}

void remove_count(std::string& bytes, ProtobufMessage message) {
    in_last(bytes, message, [](wire::Message& histogram) { histogram.remove(1); });
}

void add_float_count(std::string& bytes, ProtobufMessage message) {
    in_last(bytes, message,
            [](wire::Message& histogram) { histogram.add(2, wire::kFixed64, wire::fixed64(proto::to_bits(4.0))); });
}

// clang-format off
constexpr Row kRows[] = {
    // schema and kind
    {only_v2("histograms/schema-9", "Sends a histogram of schema 9.", "sender/histograms/schema"),
     {.data = integer<[](Histogram& h) { h.schema = 9; }>}},
    {{"histograms/v1-schema-9", "Sends a histogram of schema 9 over 1.0.", "sender/histograms/v1-schema", true, false},
     {.data = integer<[](Histogram& h) { h.schema = 9; }>}},
    {{"histograms/no-count", "Sends a histogram without count.", "sender/histograms/count-present"},
     {.data = integer<[](Histogram&) {}>, .bytes = remove_count}},
    {{"histograms/zero-count-float", "Sends an integer count with a float zero count.",
      "sender/histograms/kind-consistent"},
     {.data = integer<[](Histogram& h) { h.zero_count = 1.0; }>}},
    {{"histograms/both-counts", "Sets count_int and count_float of a histogram.", "sender/histograms/kind-consistent"},
     {.data = integer<[](Histogram&) {}>, .bytes = add_float_count}},
    {only_v2("histograms/counts-in-integer", "Sends an integer histogram with absolute float buckets.",
      "sender/histograms/deltas-for-integer"),
     {.data = integer<[](Histogram& h) {
          h.positive_deltas.clear();
          h.positive_counts = {1, 2};
      }>}},
    {only_v2("histograms/deltas-in-float", "Sends a float histogram with integer deltas.",
      "sender/histograms/counts-for-float"),
     {.data = floats<[](Histogram& h) {
          h.positive_counts.clear();
          h.positive_deltas = {1, 1};
      }>}},
    {{"histograms/v1-deltas-in-float", "Sends a float histogram with integer deltas over 1.0.",
      "sender/histograms/v1-buckets-of-kind", true, false},
     {.data = floats<[](Histogram& h) {
          h.positive_counts.clear();
          h.positive_deltas = {1, 1};
      }>}},
    {only_v2("histograms/no-start-timestamp", "Sends a histogram without start timestamp.",
      "sender/histograms/start-timestamp"),
     {.data = integer<[](Histogram& h) { h.start_timestamp = 0; }>}},

    // counts
    {{"histograms/negative-count", "Sends a float histogram with a negative zero bucket.",
      "sender/histograms/float-counts-nonnegative"},
     {.data = floats<[](Histogram& h) { h.zero_count = -1.0; }>}},
    {{"histograms/negative-bucket", "Sends deltas that make a bucket negative.",
      "sender/histograms/bucket-counts-nonnegative"},
     {.data = integer<[](Histogram& h) {
          h.positive_deltas = {1, -2};
      }>}},
    {{"histograms/negative-float-bucket", "Sends a float histogram with a negative bucket.",
      "sender/histograms/float-buckets-nonnegative"},
     {.data = floats<[](Histogram& h) {
          h.positive_counts = {1, -2};
      }>}},
    {{"histograms/absolute-buckets", "Sends absolute counts where deltas belong.", "sender/histograms/delta-encoding"},
     {.data = integer<[](Histogram& h) {
          h.positive_deltas = {1, 2};
      }>}},
    {{"histograms/count-not-sum", "Sends a count that is not the sum of the buckets.",
      "sender/histograms/count-equals-buckets"},
     {.data = integer<[](Histogram& h) { h.count = std::uint64_t{9}; }>}},
    {{"histograms/count-below-buckets", "Sends a NaN sum and a count below that of the buckets.",
      "sender/histograms/count-covers-buckets"},
     {.data = integer<[](Histogram& h) {
          h.sum_bits = proto::kNormalNanBits;
          h.count = std::uint64_t{2};
      }>}},
    {{"histograms/float-count-off", "Sends a float histogram that counts 99 and holds 4.",
      "sender/histograms/float-count-near-buckets"},
     {.data = floats<[](Histogram& h) { h.count = 99.0; }>}},
    {{"histograms/marker-with-data", "Sends the stale marker as the sum of a histogram with observations.",
      "sender/histograms/stale-marker-empty"},
     {.data = integer<[](Histogram& h) { h.sum_bits = proto::kStaleNanBits; }>}},
    {{"histograms/zero-threshold-negative", "Sends a negative zero threshold.", "sender/histograms/zero-threshold"},
     {.data = integer<[](Histogram& h) { h.zero_threshold = -1; }>}},

    // spans
    {{"histograms/span-too-long", "Sends a span that is longer than its buckets.",
      "sender/histograms/spans-match-buckets"},
     {.data = integer<[](Histogram& h) {
          h.positive_spans = {{0, 3}};
      }>}},
    {{"histograms/span-goes-back", "Sends a second span with a negative offset.", "sender/histograms/span-offset"},
     {.data = integer<[](Histogram& h) {
          h.positive_spans = {{5, 1}, {-3, 1}};
      }>}},
    {{"histograms/span-empty", "Sends a span of length zero between two others.", "sender/histograms/no-op-spans"},
     {.data = integer<[](Histogram& h) {
          h.positive_spans = {{0, 1}, {2, 0}, {2, 1}};
      }>}},
    {{"histograms/bucket-beyond-overflow", "Sends a bucket beyond the overflow bucket of its schema.",
      "sender/histograms/bucket-index"},
     {.data = integer<[](Histogram& h) {
          h.positive_spans = {{5000, 2}};
      }>}},
    {{"histograms/bucket-below-smallest", "Sends a bucket below the smallest number that a double holds.",
      "sender/histograms/bucket-index"},
     {.data = integer<[](Histogram& h) {
          h.positive_spans = {{-2000, 2}};
      }>}},

    // custom buckets
    {{"histograms/exponential-with-bounds", "Sends custom bounds with exponential buckets.",
      "sender/histograms/exponential-no-custom-values"},
     {.data = integer<[](Histogram& h) {
          h.custom_values = {1, 2};
      }>}},
    {only_v2("histograms/custom-zero-bucket", "Sends custom buckets with a zero bucket.",
      "sender/histograms/custom-no-zero-bucket"),
     {.data = custom<[](Histogram& h) {
          h.zero_count = std::uint64_t{1};
          h.count = std::uint64_t{4};
      }>}},
    {only_v2("histograms/custom-unsorted", "Sends custom bounds that fall.",
      "sender/histograms/custom-values-increasing"),
     {.data = custom<[](Histogram& h) {
          h.custom_values = {2, 1};
      }>}},
    {only_v2("histograms/custom-negative-buckets", "Sends custom buckets with a negative side.",
      "sender/histograms/custom-no-negative-buckets"),
     {.data = custom<[](Histogram& h) {
          h.negative_spans = {{0, 1}};
          h.negative_deltas = {1};
          h.count = std::uint64_t{4};
      }>}},
    {only_v2("histograms/custom-infinite-bound", "Lists +Inf among the custom bounds.",
      "sender/histograms/custom-no-inf-bound"),
     {.data = custom<[](Histogram& h) {
          h.custom_values = {1, kInfinity};
      }>}},
    {only_v2("histograms/custom-nan-bound", "Has NaN among the custom bounds.",
      "sender/histograms/custom-bounds-finite"),
     {.data = custom<[](Histogram& h) {
          h.custom_values = {1, std::nan("")};
      }>}},
    {only_v2("histograms/custom-span-outside", "Sends more custom buckets than the bounds make.",
      "sender/histograms/custom-spans-within-bounds"),
     {.data = custom<[](Histogram& h) {
          h.positive_spans = {{0, 4}};
          h.positive_deltas = {1, 0, 0, 0};
          h.count = std::uint64_t{4};
      }>}},
};
// clang-format on

}  // namespace

std::span<const Row> histogram_rows() { return kRows; }

}  // namespace prw::mutants
