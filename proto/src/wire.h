/// Primitives of the protobuf wire format with libprotobuf's exact limits.
///
/// protozero supplies the vocabulary (tag_and_type, zig-zag). Its pbf_reader cannot be the referee's equal: it refuses
/// groups and the field numbers 19000 to 19999, and it cuts tags and lengths to 32 bits without a word; libprotobuf
/// does neither.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

#include <protozero/types.hpp>
#include <protozero/varint.hpp>

namespace prw::proto::wire {

/// Submessages and groups that libprotobuf lets nest inside a message.
inline constexpr int kMaxDepth = 100;

inline constexpr std::uint8_t kVarint = 0, kFixed64 = 1, kBytes = 2, kGroup = 3, kEndGroup = 4, kFixed32 = 5;

enum class Fault : std::uint8_t {
    kNone,
    kTruncated,  ///< runs past the end
    kOverlong,   ///< a varint that does not end in time, a length of 2 GiB or more
    kFieldZero,
    kBadType,  ///< wire type 6 or 7, a group without end or end without group, groups nested too deep
};

/// A varint of at most `max_bytes`; bits beyond the 64th are dropped, as libprotobuf does. Moves `at` only on success.
inline Fault read_varint(const char*& at, const char* end, std::uint64_t& value, int max_bytes = 10) {
    if (at != end && static_cast<signed char>(*at) >= 0) {
        value = static_cast<unsigned char>(*at++);
        return Fault::kNone;
    }
    std::uint64_t result = 0;
    const char* p = at;
    for (int i = 0; i < max_bytes; ++i) {
        if (p == end) return Fault::kTruncated;
        const auto byte = static_cast<unsigned char>(*p++);
        result |= std::uint64_t{byte & 0x7fU} << (7 * i);
        if (byte < 0x80U) {
            at = p;
            value = result;
            return Fault::kNone;
        }
    }
    return Fault::kOverlong;
}

/// Five bytes at most; what exceeds 32 bits is dropped.
inline Fault read_tag(const char*& at, const char* end, std::uint32_t& tag) {
    std::uint64_t value = 0;
    const auto fault = read_varint(at, end, value, 5);
    tag = static_cast<std::uint32_t>(value);
    return fault;
}

/// Five bytes at most, below 2 GiB, and not more than what is left.
inline Fault read_length(const char*& at, const char* end, std::uint32_t& length) {
    std::uint64_t value = 0;
    const char* p = at;
    if (const auto fault = read_varint(p, end, value, 5); fault != Fault::kNone) return fault;
    if (value > static_cast<std::uint64_t>(end - p)) return value > 0x7fffffffU ? Fault::kOverlong : Fault::kTruncated;
    at = p;
    length = static_cast<std::uint32_t>(value);
    return Fault::kNone;
}

/// Little-endian loads; the caller has checked that the bytes are there.
template <typename T>
inline T load(const char* at) {
    static_assert(std::endian::native == std::endian::little);
    T value;
    std::memcpy(&value, at, sizeof value);
    return value;
}

/// Protobuf truncates a varint to 32 bits before it undoes the zig-zag of a sint32.
inline std::int32_t zigzag32(std::uint64_t value) {
    return protozero::decode_zigzag32(static_cast<std::uint32_t>(value));
}
inline std::int64_t zigzag64(std::uint64_t value) { return protozero::decode_zigzag64(value); }

/// Steps over the payload of the field whose tag has just been read. `depth_left`: groups that may still nest.
inline Fault skip(const char*& at, const char* end, std::uint32_t tag, int depth_left) {
    std::uint32_t open[kMaxDepth];  // field numbers of the groups that wait for their end
    int depth = 0;
    for (;;) {
        switch (tag & 7U) {
            case kVarint: {
                std::uint64_t ignored = 0;
                if (const auto fault = read_varint(at, end, ignored); fault != Fault::kNone) return fault;
                break;
            }
            case kFixed64:
                if (end - at < 8) return Fault::kTruncated;
                at += 8;
                break;
            case kFixed32:
                if (end - at < 4) return Fault::kTruncated;
                at += 4;
                break;
            case kBytes: {
                std::uint32_t length = 0;
                if (const auto fault = read_length(at, end, length); fault != Fault::kNone) return fault;
                at += length;
                break;
            }
            case kGroup:
                if (depth >= depth_left) return Fault::kBadType;
                open[depth++] = tag >> 3U;
                break;
            case kEndGroup:
                if (depth == 0 || open[--depth] != tag >> 3U) return Fault::kBadType;
                break;
            default:
                return Fault::kBadType;
        }
        if (depth == 0) return Fault::kNone;
        if (at == end) return Fault::kBadType;
        if (const auto fault = read_tag(at, end, tag); fault != Fault::kNone) return fault;
        if (tag >> 3U == 0) return Fault::kFieldZero;
    }
}

}  // namespace prw::proto::wire
