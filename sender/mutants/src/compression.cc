// What stands in the HTTP body instead of one snappy block.
#include <algorithm>
#include <cstdint>

#include "data.h"
#include "prw/base/bytes_text.h"
#include "prw/mutants/wire_edit.h"
#include "prw/proto/protocol.h"
#include "prw/proto/snappy_block.h"
#include "transports.h"

namespace prw::mutants {

namespace {

std::uint32_t crc(std::string_view bytes, std::uint32_t polynomial) {
    std::uint32_t out = ~0U;
    for (const char byte : bytes) {
        out ^= static_cast<unsigned char>(byte);
        for (int bit = 0; bit < 8; ++bit) out = out >> 1U ^ ((out & 1U) != 0 ? polynomial : 0U);
    }
    return ~out;
}

std::string little_endian(std::uint64_t value, std::size_t bytes) {
    std::string out;
    for (std::size_t i = 0; i < bytes; ++i) out += static_cast<char>(static_cast<unsigned char>(value >> 8U * i));
    return out;
}

/// Stored blocks only (RFC 1951 3.2.4): legal gzip without a compressor.
std::string gzip(std::string_view message) {
    std::string out("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff", 10);
    for (std::size_t at = 0; at <= message.size(); at += 65535) {
        const auto part = message.substr(at, 65535);
        out += at + 65535 > message.size() ? '\1' : '\0';
        out += little_endian(part.size(), 2) + little_endian(~part.size() & 0xffffU, 2);
        out += part;
    }
    return out + little_endian(crc(message, 0xedb88320U), 4) + little_endian(message.size(), 4);
}

/// Snappy's framing format: stream identifier, then uncompressed chunks of 64 KiB at most with masked CRC-32C.
std::string framed(std::string_view message) {
    std::string out("\xff\x06\x00\x00sNaPpY", 10);
    for (std::size_t at = 0; at < message.size(); at += 65536) {
        const auto part = message.substr(at, 65536);
        const std::uint32_t sum = crc(part, 0x82f63b78U);
        const std::uint32_t masked = (sum >> 15U | sum << 17U) + 0xa282ead8U;
        out += '\1' + little_endian(part.size() + 4, 3) + little_endian(masked, 4);
        out += part;
    }
    return out;
}

/// Sends gzip until a receiver says that it does not understand that, and snappy from then on.
class GzipFirst final : public Between {
    using Between::Between;
    Answer send(Outgoing request) override {
        if (!refused_) {
            Outgoing first = request;
            first.body = gzip(proto::encode(decode_body(request.body, request.message()), request.message()));
            for (auto& [name, value] : first.headers)
                if (name == proto::header::kContentEncoding) value = "gzip";
            Answer answer = pass(first);
            refused_ = status_of(answer) == 400 || status_of(answer) == 415;
            if (!refused_) return answer;
        }
        return pass(request);
    }
    bool refused_ = false;
};

/// The block's length, and the elements behind it.
std::pair<std::uint64_t, std::string> split(const std::string& block) {
    std::size_t size = 0;
    while (size < block.size() && (static_cast<unsigned char>(block[size]) & 0x80U) != 0) ++size;
    return {wire::value_of(std::string_view(block).substr(0, size + 1)), block.substr(size + 1)};
}

// clang-format off
constexpr Row kRows[] = {
    {{"compression/empty-body", "Sends no body at all.", "sender/compression/body-not-empty"},
     {.body = [](std::string& body, const std::string&) { body.clear(); }}},
    {{"compression/base64", "Sends the snappy block as base64 text.", "sender/compression/body-is-message"},
     {.body = [](std::string& body, const std::string&) { body = base::encode_base64(body); }}},
    {{"compression/grpc-frame", "Puts the message into a gRPC frame.", "sender/compression/body-is-message"},
     {.body = [](std::string& body, const std::string& message) {
          body.assign(1, '\0');
          for (int shift = 24; shift >= 0; shift -= 8)
              body += static_cast<char>(static_cast<unsigned char>(message.size() >> static_cast<unsigned>(shift)));
          body += message;
      }}},
    {{"compression/gzip", "Compresses with gzip and calls it snappy.", "sender/compression/snappy"},
     {.body = [](std::string& body, const std::string& message) { body = gzip(message); }}},
    {{"fallback/gzip-first", "Tries gzip first, by its name, and goes over to snappy where it is not understood.",
      "sender/negotiation/content-encoding-snappy"},
     {.wrap = wrapped<GzipFirst>}},
    {{"compression/none", "Sends the message uncompressed.", "sender/compression/whole-message"},
     {.body = [](std::string& body, const std::string& message) { body = message; }}},
    {{"compression/twice", "Compresses the snappy block again.", "sender/compression/once"},
     {.body = [](std::string& body, const std::string&) { body = proto::compress_snappy(body); }}},
    {{"compression/framed", "Uses snappy's framing format.", "sender/compression/snappy-framed"},
     {.body = [](std::string& body, const std::string& message) { body = framed(message); }}},
    {{"compression/cut", "Leaves out the last byte of the block.", "sender/compression/snappy-block"},
     {.body = [](std::string& body, const std::string&) { body.pop_back(); }}},
    {{"compression/length-lies", "Announces one byte more than the block decodes to.",
      "sender/compression/length-exact"},
     {.body = [](std::string& body, const std::string&) {
          const auto [length, elements] = split(body);
          body = wire::varint(length + 1) + elements;
      }}},
    {{"compression/length-padded", "Announces the length of the block in two bytes more than it needs.",
      "sender/compression/length-minimal"},
     {.body = [](std::string& body, const std::string&) {
          const auto [length, elements] = split(body);
          auto preamble = wire::varint(length);
          preamble.back() = static_cast<char>(static_cast<unsigned char>(preamble.back()) | 0x80U);
          body = preamble + std::string("\x80\x00", 2) + elements;
      }}},
    {{"compression/trailing-bytes", "Sends four zero bytes behind the block.", "sender/compression/trailing-bytes"},
     {.body = [](std::string& body, const std::string&) { body.append(4, '\0'); }}},
    {{"compression/s2", "Ends the block with a repeat code, which only S2 has.", "sender/compression/s2"},
     {.body = [](std::string& body, const std::string&) {
          const auto [length, elements] = split(body);
          body = wire::varint(length + 4) + elements + std::string("\x01\x00", 2);
      }}},
    {{"compression/too-large", "Sends 32 MiB in one request, by a label value of that size.",
      "sender/compression/decoded-size"},
     {.data = [](proto::WriteRequest& request, ProtobufMessage) {
          add_gauge(request, "prw_mutant", {{"pad", std::string(proto::kDefaultMaxUncompressed, 'x')}});
      }}},
};
// clang-format on

}  // namespace

std::span<const Row> compression_rows() { return kRows; }

}  // namespace prw::mutants
