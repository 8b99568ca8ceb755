/// Transfer-Encoding: chunked (RFC 9112 7.1), fed piece by piece, with the same leniency as proto::dechunk(): a bare LF
/// ends a line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace prw::http {

class ChunkDecoder {
public:
    enum class State : std::uint8_t { kMore, kDone, kMalformed };

    /// Takes bytes from the front of `wire`, appends data to `out`, and returns how many bytes belong to the body: all
    /// of them, unless the body ended or broke within.
    std::size_t feed(std::string_view wire, std::string& out);
    [[nodiscard]] State state() const { return state_; }
    /// "byte 12: chunk size is not a hexadecimal number"; empty unless malformed.
    [[nodiscard]] const std::string& problem() const { return problem_; }

private:
    enum class Part : std::uint8_t { kSizeLine, kData, kDataEnd, kTrailer };
    void line_complete();
    void malformed(std::string_view cause);

    State state_ = State::kMore;
    Part part_ = Part::kSizeLine;
    std::string line_;
    std::uint64_t left_ = 0;     ///< of the current chunk
    std::uint64_t offset_ = 0;   ///< of the next byte in the chunked body
    std::uint64_t line_at_ = 0;  ///< where the current line began
    std::size_t trailer_size_ = 0;
    std::string problem_;
};

}  // namespace prw::http
