#include "prw/rules/text.h"

#include <algorithm>

#include "prw/base/bytes_text.h"
#include "prw/base/escape.h"

namespace prw::rules {

namespace {

constexpr std::size_t kIndent = 4;
constexpr std::size_t kKey = 8;  ///< width of the key and the blanks behind it

/// Columns that UTF-8 text takes, counting a code point as one; good enough for wrapping.
std::size_t columns(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

void append_wrapped(std::string& out, std::string_view lead, std::string_view hang, std::string_view text,
                    std::size_t room) {
    for (;;) {
        std::size_t take = text.size();
        if (columns(text) > room && !text.starts_with(' ')) {
            take = text.rfind(' ', room);
            if (take == std::string_view::npos || take == 0) take = std::min(text.find(' ', room), text.size());
        }
        out += lead;
        out += text.substr(0, take);
        out += '\n';
        text.remove_prefix(std::min(text.size(), take + 1));
        if (text.empty()) return;
        lead = hang;
    }
}

void append_range(std::string& out, const char* what, const std::optional<proto::ByteRange>& range) {
    if (!range) return;
    if (!out.empty()) out += ", ";
    out += std::string(what) + " byte " + std::to_string(range->offset);
    if (range->size > 1) out += " to " + std::to_string(range->end() - 1);
}

}  // namespace

void append_field(std::string& out, std::string_view key, std::string_view text, int width) {
    if (text.empty()) return;
    const auto safe = base::escaped(text, base::kUncut, "\n");
    text = safe;
    const std::string hang(kIndent + kKey, ' ');
    const auto room = width == kUnwrapped ? std::string_view::npos
                                          : static_cast<std::size_t>(std::clamp(width, 60, 120)) - hang.size();
    std::string lead =
        std::string(kIndent, ' ') + std::string(key) + std::string(kKey - std::min(kKey - 1, key.size()), ' ');
    for (;;) {
        const auto end = text.find('\n');
        append_wrapped(out, lead, hang, text.substr(0, end), room);
        if (end == std::string_view::npos) return;
        text.remove_prefix(end + 1);
        lead = hang;
    }
}

std::string place_text(const Finding& f) {
    std::string out = f.field;
    append_range(out, "protobuf", f.protobuf_bytes);
    append_range(out, "body", f.body_bytes);
    append_range(out, "head", f.head_bytes);
    return out;
}

void append_finding_fields(std::string& out, const Finding& f, int width) {
    append_field(out, "series", f.series, width);
    append_field(out, "place", place_text(f), width);
    append_field(out, "bytes", f.evidence, width);
    append_field(out, "fix", f.fix, width);
}

std::string finding_text(const Finding& f, int width) {
    std::string out = std::string("  ") + mark_of(f.severity) + " " + printable(f.rule) + "   " +
                      std::string(level_word(f.level, f.extension));
    if (!f.clauses.empty()) out += "   " + printable(f.clauses.front());
    if (f.count > 1) out += "   (" + std::to_string(f.count) + " times)";
    out += '\n';
    append_field(out, std::string(name_of(f.severity)), f.message, width);
    append_finding_fields(out, f, width);
    return out;
}

std::string_view level_word(proto::Level level, bool extension) {
    return extension ? std::string_view("practice") : proto::name_of(level);
}

std::string level_text(proto::Level level, bool extension) {
    const std::string word(proto::name_of(level));
    return extension ? "practice, not in the specification (" + word + ")" : word;
}

char mark_of(Severity severity) {
    switch (severity) {
        case Severity::kInfo:
            return '~';
        case Severity::kWarn:
            return '!';
        case Severity::kFail:
            return 'x';
    }
    return ' ';
}

std::string printable(std::string_view text, std::size_t max) { return base::escaped(text, max); }

std::string bits_text(std::uint64_t bits) { return "0x" + base::hex_number(bits, 16); }

}  // namespace prw::rules
