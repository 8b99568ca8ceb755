/// Bytes written as text: hexadecimal digits, a dump of them, base64.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace prw::base {

/// The value of a hexadecimal digit of either case; -1 for another character.
[[nodiscard]] constexpr int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/// The two digits of a byte, in lower case.
void append_hex(std::string& out, char byte);
/// "0a ff": the bytes, with `separator` between them.
[[nodiscard]] std::string hex(std::string_view bytes, std::string_view separator = " ");
/// In lower case, with zeros in front up to `width` digits.
[[nodiscard]] std::string hex_number(std::uint64_t number, std::size_t width = 1);
/// A whole text of digits of either case; nullopt for anything else, also for what 64 bits do not hold.
[[nodiscard]] std::optional<std::uint64_t> parse_hex_number(std::string_view text);

/// Pairs of digits with blanks, line breaks, ':', ',', "0x" or "\x" between them, or none of that. nullopt when
/// anything else occurs, or a digit is left over.
[[nodiscard]] std::optional<std::string> decode_hex(std::string_view text);
/// The lines of xxd, `hexdump -C` and `prw inspect --hex`: an offset, up to sixteen bytes, and what they read as.
/// nullopt when the offsets do not follow from the bytes.
[[nodiscard]] std::optional<std::string> decode_hex_dump(std::string_view text);
/// RFC 4648 4, padded, in one line.
[[nodiscard]] std::string encode_base64(std::string_view bytes);
/// The value of an Authorization header (RFC 7617).
[[nodiscard]] std::string basic_credentials(std::string_view user, std::string_view password);
/// Either alphabet, with or without padding, in one line or many. nullopt when anything else occurs.
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);

enum class BytesText : std::uint8_t { kHex, kHexDump, kBase64 };
[[nodiscard]] std::string_view name_of(BytesText text);  ///< "hexadecimal text", "a hex dump", "base64 text"

}  // namespace prw::base
