/// Writes protobuf by hand, so that tests can say exactly which bytes they mean.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace prw::testing {

inline std::string varint(std::uint64_t value) {
    std::string out;
    for (; value >= 0x80; value >>= 7U) out.push_back(static_cast<char>((value & 0x7fU) | 0x80U));
    out.push_back(static_cast<char>(value));
    return out;
}
inline std::string tag(std::uint32_t field, std::uint32_t type) { return varint(std::uint64_t{field} << 3U | type); }
inline std::string bytes(std::uint32_t field, std::string_view payload) {
    return tag(field, 2) + varint(payload.size()) + std::string(payload);
}
inline std::string number(std::uint32_t field, std::uint64_t value) { return tag(field, 0) + varint(value); }
inline std::string raw64(std::uint64_t bits) {
    std::string out(8, '\0');
    std::memcpy(out.data(), &bits, 8);
    return out;
}
inline std::string raw64(double value) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, &value, 8);
    return raw64(bits);
}
inline std::string real(std::uint32_t field, double value) { return tag(field, 1) + raw64(value); }
inline std::uint64_t zigzag(std::int64_t value) {
    return (static_cast<std::uint64_t>(value) << 1U) ^ static_cast<std::uint64_t>(value >> 63);
}
/// A Label or any message whose fields 1 and 2 are strings.
inline std::string pair(std::string_view name, std::string_view value) { return bytes(1, name) + bytes(2, value); }
/// A Sample.
inline std::string sample(double value, std::uint64_t timestamp) { return real(1, value) + number(2, timestamp); }

}  // namespace prw::testing
