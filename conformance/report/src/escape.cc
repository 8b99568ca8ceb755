#include "escape.h"

namespace prw::report {

namespace {

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

std::string clean(std::string_view text) { return base::escaped(text, base::kUncut, "\n\t"); }

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

}  // namespace prw::report
