#pragma once

#include <string>
#include <string_view>

namespace prw::sender {

/// RFC 4648 4, padded; for basic authentication.
[[nodiscard]] inline std::string base64(std::string_view bytes) {
    static constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        unsigned group = 0;
        for (std::size_t j = 0; j < 3; ++j)
            group = group << 8U | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0U);
        for (std::size_t j = 0; j < 4; ++j)
            out += i + j > bytes.size() ? '=' : kAlphabet[group >> (18U - 6U * j) & 63U];
    }
    return out;
}

}  // namespace prw::sender
