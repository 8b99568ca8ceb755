#include "prw/base/text.h"

#include "prw/base/bytes_text.h"

namespace prw::base {

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) c = lower(c);
    return out;
}

bool iequals(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

std::string count_text(std::uint64_t count, std::string_view one, std::string_view many) {
    auto out = std::to_string(count) + " ";
    if (count == 1 || many.empty()) {
        out += one;
        return count == 1 ? out : out + "s";
    }
    return out.append(many);
}

void add_word(std::string& list, std::string_view word, std::string_view separator) {
    if (!list.empty()) list += separator;
    list += word;
}

std::string quoted(std::string_view text, std::size_t max) {
    std::string out = "\"";
    std::size_t at = 0;
    while (at < text.size()) {
        const auto next = character_at(text, at);
        if (next.size > max - at) break;
        const auto character = text.substr(at, next.size);
        if (!next.shown) {
            append_escape(out, character);
        } else {
            if (character == "\"" || character == "\\") out += '\\';
            out += character;
        }
        at += next.size;
    }
    return out += at < text.size() ? "…\"" : "\"";
}

std::string shell_word(std::string_view word) {
    constexpr std::string_view kPlain = "-_./:=,+@%";
    const auto plain = [&](char c) { return alphanumeric(c) || kPlain.find(c) != std::string_view::npos; };
    if (!word.empty() && std::all_of(word.begin(), word.end(), plain)) return std::string(word);
    std::string out = "'";
    for (const char c : word) {
        if (c == '\'') {
            out += "'\\''";
        } else {
            out += c;
        }
    }
    return out + "'";
}

std::string yaml_quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '\n') {
            out += "\\n";
        } else if (c == '\t') {
            out += "\\t";
        } else {
            if (c == '"' || c == '\\') out += '\\';
            out += c;
        }
    }
    return out + "\"";
}

std::string percent_encoded(std::string_view text) {
    constexpr std::string_view kPlain = "-._~/";
    constexpr std::string_view kDigits = "0123456789ABCDEF";  // RFC 3986 2.1 asks for upper case
    std::string out;
    for (const char c : text) {
        if (alphanumeric(c) || kPlain.find(c) != std::string_view::npos) {
            out += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out += {'%', kDigits[byte >> 4U], kDigits[byte & 15U]};
    }
    return out;
}

std::string percent_decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const int high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
        const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
        if (low < 0) {
            out += text[i];
            continue;
        }
        out += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return out;
}

}  // namespace prw::base
