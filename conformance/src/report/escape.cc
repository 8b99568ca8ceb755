#include "escape.h"

#include <array>
#include <cstdint>

#include "prw/proto/view.h"

namespace prw::conformance::report {

namespace {

void append_byte(std::string& out, unsigned char byte) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    out += "\\x";
    out += kDigits[byte >> 4U];
    out += kDigits[byte & 15U];
}

/// Size of the character at the front of `text`; 0 when its bytes are not UTF-8.
std::size_t character(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text.front());
    const std::size_t size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    return size <= text.size() && proto::valid_utf8(text.substr(0, size)) ? size : 0;
}

/// C0, DEL, C1 (a terminal may obey them), direction overrides, and U+FFFE and U+FFFF, which XML forbids.
bool forbidden(std::string_view c) {
    if (c.size() == 1) return (static_cast<unsigned char>(c[0]) < 0x20 && c[0] != '\n' && c[0] != '\t') || c[0] == 0x7f;
    if (c.size() == 2) return c[0] == '\xc2' && static_cast<unsigned char>(c[1]) < 0xa0;
    static constexpr std::array<std::string_view, 11> kNone = {
        "\xef\xbf\xbe", "\xef\xbf\xbf", "\xe2\x80\xaa", "\xe2\x80\xab", "\xe2\x80\xac", "\xe2\x80\xad",
        "\xe2\x80\xae", "\xe2\x81\xa6", "\xe2\x81\xa7", "\xe2\x81\xa8", "\xe2\x81\xa9"};
    for (const auto none : kNone)
        if (c == none) return true;
    return false;
}

/// Of the characters that HTML, XML and Markdown take for markup alike; empty for all others.
std::string_view entity_of(char c) {
    switch (c) {
        case '&':
            return "&amp;";
        case '<':
            return "&lt;";
        case '>':
            return "&gt;";
        default:
            return {};
    }
}

}  // namespace

std::string clean(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const auto size = character(text);
        if (size != 0 && !forbidden(text.substr(0, size))) {
            out += text.substr(0, size);
        } else {
            for (const char c : text.substr(0, size == 0 ? 1 : size)) append_byte(out, static_cast<unsigned char>(c));
        }
        text.remove_prefix(size == 0 ? 1 : size);
    }
    return out;
}

std::string one_line(std::string_view text) {
    std::string out = clean(text);
    for (char& c : out)
        if (c == '\n' || c == '\t') c = ' ';
    return out;
}

std::string escape_markup(std::string_view text) {
    std::string out;
    for (const char c : clean(text)) {
        if (const auto entity = entity_of(c); !entity.empty())
            out += entity;
        else if (c == '"')
            out += "&quot;";
        else if (c == '\'')
            out += "&#39;";
        else
            out += c;
    }
    return out;
}

std::string escape_markdown(std::string_view text) {
    // '$' opens mathematics on GitHub.
    constexpr std::string_view kMarkup = "\\`*_[]~|#$";
    std::string out;
    for (const char c : one_line(text)) {
        if (const auto entity = entity_of(c); !entity.empty()) {
            out += entity;
        } else if (c == '@') {  // would notify whoever has that name
            out += "&#64;";
        } else {
            if (kMarkup.find(c) != std::string_view::npos) out += '\\';
            out += c;
        }
    }
    return out;
}

std::string cut(std::string text, std::size_t max) {
    if (text.size() <= max) return text;
    auto end = max > 3 ? max - 3 : 0;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
    text.resize(end);
    return text + "…";
}

}  // namespace prw::conformance::report
