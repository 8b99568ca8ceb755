/// Series that cases are made of. Internal.
#pragma once

#include <cstdint>

#include "prw/receiver_suite/cases.h"

namespace prw::receiver_suite {

/// A gauge of the case's metric without samples; `labels` are added to the label that marks the run.
[[nodiscard]] proto::Series gauge(const Setting& setting, const proto::Labels& labels = {});
/// With one sample of now.
[[nodiscard]] proto::Series gauge_of(const Setting& setting, std::uint64_t bits, const proto::Labels& labels = {});
/// A counter with one sample of now, and in 2.0 a start timestamp; with its metadata in 1.0.
[[nodiscard]] proto::Series counter(const Setting& setting);
/// An integer histogram of four observations in two positive buckets and the zero bucket.
[[nodiscard]] proto::Series histogram(const Setting& setting);
/// `count` gauges with one sample each.
[[nodiscard]] proto::WriteRequest many(const Setting& setting, unsigned count);
[[nodiscard]] proto::WriteRequest request_of(proto::Series series);
/// What a case without data of its own writes.
[[nodiscard]] proto::WriteRequest one_sample(const Setting& setting);

}  // namespace prw::receiver_suite
