/// The calls by which what is stored is read back: those of Prometheus' HTTP API that a conformance suite needs, and
/// Remote Read. Internal.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "prw/http/server.h"
#include "prw/proto/http_head.h"
#include "store.h"

namespace prw::receiver {

/// The response, or nullopt when the request is not one of these: a POST is one as a form, or on /api/v1/read as
/// protobuf that does not say it is a write; everything else on these paths is for the write endpoint. `now_ms`: the
/// time of an instant query that names none.
[[nodiscard]] std::optional<http::Response> query_api(const proto::RequestHead& head, std::string_view body,
                                                      const Store& store, std::int64_t now_ms);

}  // namespace prw::receiver
