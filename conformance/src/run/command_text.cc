/// A command line as it is shown: quoted for a shell, without its secrets.
#include <algorithm>
#include <array>

#include "prw/conformance/runner.h"

namespace prw::conformance {
namespace {

constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=,+@%";
constexpr std::string_view kHidden = "xxxxx";

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return out;
}

bool secret_name(std::string_view name) {
    static constexpr std::array<std::string_view, 6> kWords = {"password", "passwd",  "secret",
                                                               "token",    "api-key", "authorization"};
    const auto small = lower(name);
    // The path of a file that holds a secret is none.
    if (small.ends_with("file") || small.ends_with("path")) return false;
    return std::any_of(kWords.begin(), kWords.end(),
                       [&](std::string_view word) { return small.find(word) != std::string::npos; });
}

bool url(std::string_view text) { return text.starts_with("http://") || text.starts_with("https://"); }

/// The name that ends at `end`: "token" of "https://x/?a=b&token".
std::string_view name_before(std::string_view text, std::size_t end) {
    std::size_t begin = end;
    const auto in_name = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
               c == '.';
    };
    while (begin > 0 && in_name(text[begin - 1])) --begin;
    return text.substr(begin, end - begin);
}

/// A reference to a variable of the shell, which says nothing.
bool reference(std::string_view value) { return value.starts_with("$"); }

/// Passwords of URLs.
void hide_userinfo(std::string& text) {
    for (auto at = text.find("://"); at != std::string::npos; at = text.find("://", at + 3)) {
        const auto end = text.find_first_of("/?# ", at + 3);
        const auto sign = text.rfind('@', end == std::string::npos ? std::string::npos : end);
        const auto colon = text.find(':', at + 3);
        if (sign != std::string::npos && sign > at && colon != std::string::npos && colon < sign &&
            !reference(std::string_view(text).substr(colon + 1)))
            text.replace(colon + 1, sign - colon - 1, kHidden);
    }
}

/// One word, unquoted, with its secret hidden. `hide_next`: the one before was a flag with a secret to come; then set
/// for the next.
std::string hide(std::string word, bool& hide_next) {
    if (hide_next) {
        hide_next = false;
        return reference(word) ? word : std::string(kHidden);
    }
    for (auto at = word.find_first_of("=:"); at != std::string::npos; at = word.find_first_of("=:", at + 1)) {
        const auto value = std::string_view(word).substr(at + 1);
        const auto name = name_before(word, at);
        const bool in_url = word.rfind("://", at) != std::string::npos;
        if ((in_url && word[at] == ':') || !secret_name(name) || reference(value) || value.empty() || url(value))
            continue;
        const auto end = in_url ? word.find_first_of("&#", at) : std::string::npos;
        word = word.substr(0, at + 1) + std::string(kHidden) + (end == std::string::npos ? "" : word.substr(end));
        if (end == std::string::npos) break;
    }
    if (word.starts_with("-") && word.find_first_of("=:") == std::string::npos && secret_name(word)) hide_next = true;
    hide_userinfo(word);
    return word;
}

/// A line for a shell: each of its words by itself, so that the others stay. Between them it is as it was.
std::string hide_in_line(std::string_view line) {
    static constexpr std::string_view kBetween = " \t\n;|&()<>";
    std::string out;
    bool hide_next = false;
    for (std::size_t at = 0; at < line.size();) {
        if (kBetween.find(line[at]) != std::string_view::npos) {
            if (line[at] != ' ' && line[at] != '\t') hide_next = false;
            out += line[at++];
            continue;
        }
        std::string value;
        const auto begin = at;
        char quote = 0;
        for (; at < line.size(); ++at) {
            const char c = line[at];
            if (quote == 0 && kBetween.find(c) != std::string_view::npos) break;
            if (c == '\\' && quote != '\'' && at + 1 < line.size()) {
                value += line[++at];
            } else if (c == quote) {
                quote = 0;
            } else if (quote == 0 && (c == '"' || c == '\'')) {
                quote = c;
            } else {
                value += c;
            }
        }
        const auto hidden = hide(value, hide_next);
        // What has no secret keeps its quotes, in which "$VARIABLE" is not what '$VARIABLE' is.
        out += hidden == value ? std::string(line.substr(begin, at - begin)) : shell_word(hidden);
    }
    return out;
}

bool is_shell(std::string_view program) {
    static constexpr std::array<std::string_view, 6> kShells = {"sh", "bash", "dash", "zsh", "ksh", "ash"};
    const auto slash = program.rfind('/');
    const auto name = slash == std::string_view::npos ? program : program.substr(slash + 1);
    return std::find(kShells.begin(), kShells.end(), name) != kShells.end();
}

}  // namespace

std::string shell_word(std::string_view word) {
    if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) return std::string(word);
    std::string quoted = "'";
    for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return quoted + "'";
}

std::string redact_command(const std::vector<std::string>& argv) {
    std::string out;
    bool hide_next = false, shell = false, line_next = false;
    for (const auto& word : argv) {
        const bool line = line_next;
        line_next = shell && word.size() > 1 && word[0] == '-' && word[1] != '-' && word.ends_with("c");
        shell = is_shell(word) || (shell && word.starts_with("-"));
        out += (out.empty() ? "" : " ") + shell_word(line ? hide_in_line(word) : hide(word, hide_next));
    }
    return out;
}

}  // namespace prw::conformance
