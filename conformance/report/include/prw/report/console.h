/// The lines of a report on the terminal, in colour where that is wanted. The report of a run and that of the self-test
/// are written with it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "prw/report/reports.h"

namespace prw::report {

/// Never the only sign: a mark or a word says the same.
enum class Tone { kPlain, kGood, kBad, kCaution, kQuiet };

/// The words of a text, as it is broken into lines.
[[nodiscard]] std::vector<std::string> split(std::string_view text);

class Console {
public:
    /// Lines are as wide as the style says, but between 60 and `widest` columns.
    Console(const TerminalStyle& style, int widest);

    void line(std::string_view text = {});
    /// `left` in `tone`, and `right` at the right margin, at least two columns apart; below it where one line is too
    /// short.
    void spread(std::string_view left, std::string_view right, Tone tone = Tone::kPlain);
    /// `lead` in `tone`, then `words`, `gap` columns apart, from column `indent` on, wrapped below their first.
    /// Blanks in front of a word are left out where it begins a line.
    void words(std::string lead, Tone tone, const std::vector<std::string>& words, std::size_t indent,
               std::size_t gap = 1);
    /// The same for a text.
    void paragraph(std::string lead, std::string_view text, std::size_t indent, Tone tone = Tone::kPlain);
    /// rules::append_field(), without what a terminal would obey.
    void field(std::string_view key, std::string_view text);
    /// The same for a command to be pasted: it stays on one line.
    void command(std::string_view key, std::string_view text);
    /// Where a finding was made and how to fix it, as fields.
    void fields(rules::Finding finding);
    [[nodiscard]] std::string paint(std::string_view text, Tone tone) const;

    [[nodiscard]] std::size_t width() const { return width_; }
    [[nodiscard]] std::string take() { return std::move(out_); }

private:
    bool colour_;
    std::size_t width_;
    std::string out_;
};

}  // namespace prw::report
