#include "prw/base/escape.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "prw/base/bytes_text.h"
#include "prw/base/utf8.h"

namespace prw::base {

namespace {

std::uint32_t code_point(std::string_view character) {
    const auto lead = byte_at(character, 0);
    std::uint32_t out = character.size() == 1 ? lead : lead & (0x7fU >> character.size());
    for (std::size_t i = 1; i < character.size(); ++i) out = out << 6U | (byte_at(character, i) & 0x3fU);
    return out;
}

struct Range {
    std::uint32_t first, last;
};
/// What shows nothing by itself and changes how the rest shows (Unicode's Cc and Cf, the two
/// separators), and the two that XML forbids.
constexpr std::array<Range, 17> kHidden{{{0x00, 0x1f},
                                         {0x7f, 0x9f},
                                         {0xad, 0xad},
                                         {0x600, 0x605},
                                         {0x61c, 0x61c},
                                         {0x6dd, 0x6dd},
                                         {0x70f, 0x70f},
                                         {0x180e, 0x180e},
                                         {0x200b, 0x200f},
                                         {0x2028, 0x202e},
                                         {0x2060, 0x206f},
                                         {0xfeff, 0xfeff},
                                         {0xfff9, 0xfffb},
                                         {0xfffe, 0xffff},
                                         {0x1bca0, 0x1bca3},
                                         {0x1d173, 0x1d17a},
                                         {0xe0000, 0xe007f}}};

bool hidden(std::uint32_t point) {
    return std::any_of(kHidden.begin(), kHidden.end(),
                       [&](const Range& range) { return point >= range.first && point <= range.last; });
}

}  // namespace

Character character_at(std::string_view text, std::size_t at) {
    const auto size = sequence_at(text, at);
    if (size == 0) return {1, false};
    return {size, !hidden(code_point(text.substr(at, size)))};
}

void append_escape(std::string& out, std::string_view character) {
    if (character == "\n") {
        out += "\\n";
        return;
    }
    for (const char c : character) {
        out += "\\x";
        append_hex(out, c);
    }
}

std::string escaped(std::string_view text, std::size_t max, std::string_view keep) {
    std::string out;
    std::size_t at = 0;
    while (at < text.size()) {
        const auto next = character_at(text, at);
        if (next.size > max - at) break;
        const auto character = text.substr(at, next.size);
        if (next.shown || (next.size == 1 && keep.find(character) != std::string_view::npos)) {
            out += character;
        } else {
            append_escape(out, character);
        }
        at += next.size;
    }
    if (at < text.size()) out += "…";
    return out;
}

std::string one_line(std::string_view text) {
    std::string out = escaped(text, kUncut, "\n\t");
    for (char& c : out)
        if (c == '\n' || c == '\t') c = ' ';
    return out;
}

std::string cut(std::string text, std::size_t max) {
    if (text.size() <= max) return text;
    auto end = max > 3 ? max - 3 : 0;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
    text.resize(end);
    return text + "…";
}

}  // namespace prw::base
