/// Where characters of UTF-8 begin and end. Internal.
#pragma once

#include <cstddef>
#include <string_view>

namespace prw::base {

inline unsigned byte_at(std::string_view text, std::size_t at) { return static_cast<unsigned char>(text[at]); }

/// Length of the well-formed sequence at `at` (Unicode 15, table 3-7), 0 if there is none.
inline std::size_t sequence_at(std::string_view text, std::size_t at) {
    const auto left = text.size() - at;
    const auto lead = byte_at(text, at);
    const auto continuation = [&](std::size_t k, unsigned low = 0x80, unsigned high = 0xbf) {
        const auto byte = byte_at(text, at + k);
        return byte >= low && byte <= high;
    };
    if (lead < 0x80) return 1;
    if (lead < 0xc2) return 0;
    if (lead < 0xe0) return left >= 2 && continuation(1) ? 2 : 0;
    if (lead < 0xf0) {
        const unsigned low = lead == 0xe0 ? 0xa0 : 0x80;   // no overlong forms
        const unsigned high = lead == 0xed ? 0x9f : 0xbf;  // no surrogates
        return left >= 3 && continuation(1, low, high) && continuation(2) ? 3 : 0;
    }
    if (lead < 0xf5) {
        const unsigned low = lead == 0xf0 ? 0x90 : 0x80;
        const unsigned high = lead == 0xf4 ? 0x8f : 0xbf;  // not above U+10FFFF
        return left >= 4 && continuation(1, low, high) && continuation(2) && continuation(3) ? 4 : 0;
    }
    return 0;
}

}  // namespace prw::base
