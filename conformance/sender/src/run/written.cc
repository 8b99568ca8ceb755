#include "written.h"

#include <algorithm>
#include <array>

#include "prw/base/text.h"

namespace prw::sender_suite {
namespace {

bool in_word(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

/// `phrase` is in the line, with no letter or digit right before or behind it.
bool has(std::string_view line, std::string_view phrase) {
    for (auto at = line.find(phrase); at != std::string_view::npos; at = line.find(phrase, at + 1)) {
        const auto end = at + phrase.size();
        if ((at == 0 || !in_word(line[at - 1])) && (end == line.size() || !in_word(line[end]))) return true;
    }
    return false;
}

template <std::size_t N>
bool has_any(std::string_view line, const std::array<std::string_view, N>& phrases) {
    return std::any_of(phrases.begin(), phrases.end(), [&](std::string_view phrase) { return has(line, phrase); });
}

// By themselves. The first is client_golang's, of which Prometheus has a copy: "got 2xx, but PRW 2.0 response header
// statistics indicate 0 samples, …".
constexpr std::array<std::string_view, 3> kEnough = {"response header statistics", "unsupported media",
                                                     "unsupported media type"};
// Beside "written": a log that only says how much it has written to its disk has noticed nothing.
constexpr std::array<std::string_view, 21> kOfFailure = {
    "header",  "headers",  "no",          "not",         "none",      "nothing", "missing",
    "without", "lacks",    "absent",      "fail",        "failed",    "failure", "failing",
    "error",   "rejected", "unsupported", "unconfirmed", "confirmed", "zero",    "dropped"};
// Right behind or before it.
constexpr std::array<std::string_view, 5> kNoneWritten = {"written 0", "written=0", "written: 0", "0 written",
                                                          "written\":0"};
// Right before 415: it is a status, and not how many samples or milliseconds there were.
constexpr std::array<std::string_view, 7> kOfStatus = {"status", "code", "http", "error", "like", "as", "answered"};
constexpr std::size_t kRightBefore = 16;

bool has_status(std::string_view line) {
    for (auto at = line.find("415"); at != std::string_view::npos; at = line.find("415", at + 1)) {
        const auto from = at > kRightBefore ? at - kRightBefore : 0;
        if (has(line.substr(at > 0 ? at - 1 : 0, 5), "415") && has_any(line.substr(from, at - from), kOfStatus))
            return true;
    }
    return false;
}

bool speaks(std::string_view line) {
    if (has_any(line, kEnough) || has_any(line, kNoneWritten)) return true;
    if (has(line, "written") && has_any(line, kOfFailure)) return true;
    return has_status(line);
}

}  // namespace

bool speaks_of_written(std::string_view log, const std::vector<std::string>& handed) {
    auto text = base::lower(log);
    std::vector<std::string> ours;
    for (const auto& each : handed) {
        auto own = base::lower(each);
        // Nothing else could be mistaken for the program's words, and short values are in every log.
        if (own.find("written") != std::string::npos || own.find("415") != std::string::npos ||
            own.find("unsupported") != std::string::npos)
            ours.push_back(std::move(own));
    }
    std::sort(ours.begin(), ours.end(), [](const auto& a, const auto& b) { return a.size() > b.size(); });
    for (const auto& own : ours) {
        for (auto at = text.find(own); at != std::string::npos; at = text.find(own, at))
            text.replace(at, own.size(), "~");
    }
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find('\n', at), text.size());
        if (speaks(std::string_view(text).substr(at, end - at))) return true;
        at = end + 1;
    }
    return false;
}

}  // namespace prw::sender_suite
