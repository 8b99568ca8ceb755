/// A captured request made ready to be sent again: moved in time, with the head of its new destination, and otherwise
/// byte for byte as it was captured.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "prw/exchange/exchange.h"
#include "prw/http/client.h"

namespace prw::cli {

struct ReplayRequestOptions {
    http::Url url;
    std::optional<std::int64_t> shift_ms;                      ///< nullopt: timestamps as recorded
    std::vector<std::pair<std::string, std::string>> headers;  ///< instead of captured ones of the same name
};

struct ReplayRequest {
    std::string head;                  ///< as sent
    std::string body;                  ///< as sent, chunk framing included
    std::string payload;               ///< the body proper
    bool shifted = false;              ///< timestamps were moved
    std::string note;                  ///< why they could not be; empty otherwise
    bool dropped_credentials = false;  ///< captured ones, which are never sent to another place
};

/// What can be said of the request before it is sent: its newest timestamp. nullopt when it does not decode or has
/// none.
[[nodiscard]] std::optional<std::int64_t> newest_timestamp(const exchange::Exchange& exchange);

[[nodiscard]] ReplayRequest make_replay_request(const exchange::Exchange& exchange,
                                                const ReplayRequestOptions& options);

}  // namespace prw::cli
