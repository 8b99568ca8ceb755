/// One request with its response and timing: the unit that is recorded, judged and reported.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "prw/proto/body.h"
#include "prw/proto/http_head.h"
#include "prw/rules/check.h"

namespace prw::exchange {

struct Exchange {
    std::uint64_t id = 0;  ///< 1, 2, … in order of the first byte of the response (of the last, when it takes long)
                           ///< within a receiver or capture
    // Request, verbatim as it came over the socket.
    std::string raw_head;
    std::string raw_body;  ///< chunk framing included
    bool chunked = false;
    proto::ReadStatus read_status = proto::ReadStatus::kComplete;
    std::string problem;  ///< when read_status is not kComplete
    std::string peer;
    std::uint64_t connection = 0, index_on_connection = 0;
    std::int64_t received_unix_ms = 0;                 ///< wall clock of the first byte
    std::int64_t first_byte_us = 0, last_byte_us = 0;  ///< steady clock, µs since the receiver started
    std::int64_t response_start_us = 0, response_end_us = 0;
    // Response.
    int status = 0;  ///< 0 when none was sent
    std::vector<std::pair<std::string, std::string>> response_headers;
    std::string response_body;
    std::string fault;  ///< http::name_of(Fault), empty for none
    bool response_sent = false;
    std::string scripted;  ///< which script step answered; empty when the receiver answered by itself
    // Judgement.
    rules::CheckResult check;

    /// The body proper (dechunked).
    [[nodiscard]] std::string payload() const;
    /// The body decompressed and decoded as check.message(); nullptr where it does not decode (check.decoded). While
    /// whoever checked it holds on to what the checker decoded (`decoded`), that; else decoded here and now.
    [[nodiscard]] std::shared_ptr<const proto::Body> body() const;
    /// Held by others, so that exchanges that are kept, copied or queued keep no decoded bodies: a receiver holds it
    /// until its observer has returned.
    std::weak_ptr<const proto::Body> decoded = {};
};

}  // namespace prw::exchange
