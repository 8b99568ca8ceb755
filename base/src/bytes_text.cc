#include "prw/base/bytes_text.h"

#include <algorithm>
#include <charconv>

namespace prw::base {

namespace {

constexpr std::string_view kDigits = "0123456789abcdef";
constexpr std::string_view kBlanks = " \t\r\n";

int base64_digit(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == '+' || c == '-') return 62;
    return c == '/' || c == '_' ? 63 : -1;
}

bool is_blank(char c) { return kBlanks.find(c) != std::string_view::npos; }

/// One line of a dump; false when it is none.
bool append_dump_line(std::string_view line, std::string& out) {
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    std::uint64_t offset = 0;
    std::size_t at = 0;
    for (; at < line.size() && at < 16 && hex_digit(line[at]) >= 0; ++at)
        offset = offset << 4U | static_cast<std::uint64_t>(hex_digit(line[at]));
    if (at < 4 || offset != out.size()) return false;
    if (at < line.size() && line[at] == ':') ++at;
    const auto begin = out.size();
    while (at < line.size() && out.size() - begin < 16) {
        const auto gap = std::min(line.find_first_not_of(' ', at), line.size()) - at;
        const auto count = out.size() - begin;
        // Two blanks stand before the first byte, in the middle, and before what the bytes read as.
        if (count != 0 && (gap > 2 || (gap == 2 && count != 8))) return true;
        at += gap;
        if (at + 1 >= line.size()) break;
        const int high = hex_digit(line[at]), low = hex_digit(line[at + 1]);
        if (high < 0 || low < 0) return count == 8 || (count == 0 && gap == 0);
        out.push_back(static_cast<char>(high * 16 + low));
        at += 2;
    }
    return true;
}

}  // namespace

void append_hex(std::string& out, char byte) {
    const auto value = static_cast<unsigned char>(byte);
    out += {kDigits[value >> 4U], kDigits[value & 15U]};
}

std::string hex(std::string_view bytes, std::string_view separator) {
    std::string out;
    for (const char byte : bytes) {
        if (!out.empty()) out += separator;
        append_hex(out, byte);
    }
    return out;
}

std::string hex_number(std::uint64_t number, std::size_t width) {
    char digits[16];
    const auto end = std::to_chars(digits, digits + sizeof digits, number, 16).ptr;
    const auto count = static_cast<std::size_t>(end - digits);
    return std::string(width - std::min(width, count), '0').append(digits, count);
}

std::optional<std::uint64_t> parse_hex_number(std::string_view text) {
    std::uint64_t out = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out, 16);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return out;
}

std::optional<std::string> decode_hex(std::string_view text) {
    std::string out;
    int pending = -1;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if (pending < 0 && (is_blank(c) || c == ':' || c == ',')) continue;
        if (pending < 0 && (c == '0' || c == '\\') && at + 1 < text.size() && (text[at + 1] | 0x20) == 'x') {
            ++at;
            continue;
        }
        const int value = hex_digit(c);
        if (value < 0) return std::nullopt;
        if (pending < 0) {
            pending = value;
        } else {
            out.push_back(static_cast<char>(pending * 16 + value));
            pending = -1;
        }
    }
    return pending < 0 ? std::optional(std::move(out)) : std::nullopt;
}

std::optional<std::string> decode_hex_dump(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        auto line = text.substr(0, end);
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.find_first_not_of(kBlanks) != std::string_view::npos && !append_dump_line(line, out))
            return std::nullopt;
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

std::string encode_base64(std::string_view bytes) {
    constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
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

std::string basic_credentials(std::string_view user, std::string_view password) {
    return "Basic " + encode_base64(std::string(user).append(":").append(password));
}

std::optional<std::string> decode_base64(std::string_view text) {
    std::string out;
    std::uint32_t pending = 0;
    unsigned have = 0;
    bool padded = false;
    for (const char c : text) {
        if (is_blank(c)) continue;
        if (c == '=') {
            padded = true;
            continue;
        }
        const int value = base64_digit(c);
        if (value < 0 || padded) return std::nullopt;
        pending = pending << 6U | static_cast<std::uint32_t>(value);
        have += 6;
        if (have < 8) continue;
        have -= 8;
        out.push_back(static_cast<char>(static_cast<std::uint8_t>(pending >> have)));
    }
    return have < 6 ? std::optional(std::move(out)) : std::nullopt;
}

std::string_view name_of(BytesText text) {
    switch (text) {
        case BytesText::kHex:
            return "hexadecimal text";
        case BytesText::kHexDump:
            return "a hex dump";
        case BytesText::kBase64:
            break;
    }
    return "base64 text";
}

}  // namespace prw::base
