#include "prw/report/console.h"

#include <algorithm>
#include <array>

#include "escape.h"
#include "prw/rules/text.h"

namespace prw::report {

std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> out;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find(' ', at), text.size());
        if (end > at) out.emplace_back(text.substr(at, end - at));
        at = end + 1;
    }
    return out;
}

Console::Console(const TerminalStyle& style, int widest)
    : colour_(style.colour), width_(static_cast<std::size_t>(std::clamp(style.width, 60, widest))) {}

void Console::line(std::string_view text) {
    out_ += text;
    out_ += '\n';
}

void Console::spread(std::string_view left, std::string_view right, Tone tone) {
    if (right.empty()) return line(paint(left, tone));
    const auto used = left.size() + right.size();
    if (used + 2 > width_) {  // too long for one line: never past the margin, where the terminal would break it
        line(paint(left, tone));
        return line(std::string(right.size() < width_ ? width_ - right.size() : 0, ' ') + std::string(right));
    }
    line(paint(left, tone) + std::string(width_ - used, ' ') + std::string(right));
}

void Console::words(std::string lead, Tone tone, const std::vector<std::string>& words, std::size_t indent,
                    std::size_t gap) {
    const std::string between(gap, ' ');
    lead.resize(std::max(lead.size(), indent), ' ');
    std::size_t column = lead.size();
    std::string text = paint(lead, tone);
    bool first = true;
    for (const auto& word : words) {
        if (!first && column + gap + word.size() > width_) {
            text += "\n" + std::string(indent, ' ');
            column = indent;
            first = true;
        }
        const auto shown =
            first && column == indent ? word.substr(std::min(word.find_first_not_of(' '), word.size())) : word;
        text += (first ? "" : between) + shown;
        column += shown.size() + (first ? 0U : gap);
        first = false;
    }
    line(text);
}

void Console::paragraph(std::string lead, std::string_view text, std::size_t indent, Tone tone) {
    words(std::move(lead), tone, split(text), indent);
}

void Console::field(std::string_view key, std::string_view text) {
    rules::append_field(out_, key, clean(text), static_cast<int>(width_));
}

void Console::command(std::string_view key, std::string_view text) {
    rules::append_field(out_, key, clean(text), rules::kUnwrapped);
}

void Console::fields(rules::Finding finding) {
    for (auto* text : {&finding.series, &finding.field, &finding.evidence, &finding.fix}) *text = clean(*text);
    rules::append_finding_fields(out_, finding, static_cast<int>(width_));
}

std::string Console::paint(std::string_view text, Tone tone) const {
    static constexpr std::array<std::string_view, 5> kCodes = {"", "\x1b[32m", "\x1b[31;1m", "\x1b[33m", "\x1b[2m"};
    if (!colour_ || tone == Tone::kPlain) return std::string(text);
    return std::string(kCodes.at(static_cast<std::size_t>(tone))) + std::string(text) + "\x1b[0m";
}

}  // namespace prw::report
