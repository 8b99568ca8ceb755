/// Parses one HTTP/1 response as its bytes arrive; interim (1xx) responses are skipped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "chunk_decoder.h"
#include "prw/http/client.h"

namespace prw::http {

class ResponseParser {
public:
    enum class State : std::uint8_t { kMore, kDone, kTruncated, kMalformed, kTooLarge };

    /// `to_head`: the response to HEAD has no body. `max_body`: bytes kept; a longer body ends the response there.
    ResponseParser(bool to_head, std::size_t max_body) : to_head_(to_head), max_body_(max_body) {}

    /// Returns how many bytes from the front of `bytes` belong to the response.
    std::size_t feed(std::string_view bytes);
    /// The connection ended.
    void end();

    [[nodiscard]] State state() const { return state_; }
    [[nodiscard]] bool started() const { return started_; }    ///< some byte came
    [[nodiscard]] bool reusable() const { return reusable_; }  ///< the connection may carry another request
    [[nodiscard]] const std::string& problem() const { return problem_; }
    [[nodiscard]] ClientResponse& response() { return response_; }

private:
    enum class Part : std::uint8_t { kHead, kSized, kChunked, kUntilClose };
    bool head_byte(char c);
    void head_complete();
    bool parse_status_line(std::string_view line);
    void choose_framing();
    std::size_t feed_body(std::string_view bytes);
    void stop(State state, std::string problem);

    const bool to_head_;
    const std::size_t max_body_;
    State state_ = State::kMore;
    Part part_ = Part::kHead;
    bool started_ = false, reusable_ = true;
    std::string head_;            ///< what came of the head
    std::size_t line_start_ = 0;  ///< of the current line in head_
    std::uint64_t left_ = 0;      ///< of a sized body
    ChunkDecoder chunks_;
    std::string problem_;
    ClientResponse response_;
};

}  // namespace prw::http
