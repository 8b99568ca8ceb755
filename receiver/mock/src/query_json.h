/// Values as Prometheus' HTTP API writes them. Written piece by piece, as a tree of JSON would take a multiple of the
/// store. Internal.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "prw/proto/model.h"

namespace prw::receiver {

/// Quoted; bytes that are not UTF-8 become U+FFFD.
void put_string(std::string& out, std::string_view text);
/// {"__name__":"up","job":"a"}
void put_labels(std::string& out, const proto::Labels& labels);
/// Seconds, exact to the millisecond: 1767225600 or 1767225600.05.
void put_time(std::string& out, std::int64_t ms);
/// In quotes: the shortest text that reads back, "+Inf", "NaN" (every kind); an exponent below 1e-6 and from 1e21.
void put_value(std::string& out, double value);
/// {"count":"3","sum":"4.5","buckets":[[0,"1","2","3"]]}: buckets in order of their bounds, without empty ones; the
/// rule is 0 open left, 1 open right, 3 closed both. Bounds are the doubles next to the true powers of two; Prometheus'
/// table of them is off by the last digit in places.
void put_histogram(std::string& out, const proto::Histogram& histogram);

}  // namespace prw::receiver
