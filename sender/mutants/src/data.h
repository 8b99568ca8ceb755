/// Finding and making series in a batch. Internal to the mutants.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "row.h"

namespace prw::mutants {

[[nodiscard]] std::string_view label(const proto::Series& series, std::string_view name);  ///< "" when absent
[[nodiscard]] bool is_stale(const proto::Series& series);
/// The first series with a sample that is no stale marker and more than one label; nullptr when there is none.
[[nodiscard]] proto::Series* live_series(proto::WriteRequest& request);
/// The newest timestamp in the batch: that of the scrape. nullopt when nothing has one.
[[nodiscard]] std::optional<std::int64_t> time_of(const proto::WriteRequest& request);

/// Adds a conforming gauge `name` at the time of the batch. Batches without any time are left alone: then it returns a
/// series that is not part of the request.
proto::Series& add_gauge(proto::WriteRequest& request, std::string name, proto::Labels labels = {});
/// The same for a counter, with start timestamp; `v1` adds its metadata entry, without which nobody knows its type.
proto::Series& add_counter(proto::WriteRequest& request, ProtobufMessage message);
/// A counter with one conforming exemplar.
proto::Exemplar& add_exemplar(proto::WriteRequest& request, ProtobufMessage message);
/// A native histogram with conforming integer buckets 1, 2 and zero bucket 1.
proto::Histogram& add_histogram(proto::WriteRequest& request);
/// The same as floats.
proto::Histogram& add_float_histogram(proto::WriteRequest& request);
/// Custom buckets (schema -53) up to 1, up to 2 and beyond; for 2.0 only.
proto::Histogram& add_custom_histogram(proto::WriteRequest& request);

}  // namespace prw::mutants
