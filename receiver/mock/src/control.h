/// The control API: what it serves, apart from where it gets it. Internal.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "prw/exchange/exchange.h"
#include "prw/http/server.h"
#include "prw/proto/http_head.h"
#include "script_engine.h"
#include "store.h"

namespace prw::receiver {

/// What the API may ask of the receiver.
struct ControlTarget {
    std::function<std::vector<std::shared_ptr<const exchange::Exchange>>()> exchanges;
    std::function<std::uint64_t()> count;
    std::function<std::string()> metrics;
    std::function<std::vector<ScriptEngine::Status>()> script_status;
    std::function<void(Script)> set_script;
    const Store* store = nullptr;  ///< nullptr: nothing is stored, and there are no queries
    std::int64_t now_ms = 0;       ///< the receiver's clock; 0: the system's
};

/// The response, or nullopt when the request is not one of the API's: then it is one to the write endpoint.
[[nodiscard]] std::optional<http::Response> control(const proto::RequestHead& head, std::string_view body,
                                                    const ControlTarget& target);

}  // namespace prw::receiver
