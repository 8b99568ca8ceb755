#include "prw/proto/credentials.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "prw/base/text.h"
#include "prw/proto/http_head.h"
#include "prw/proto/protocol.h"
#include "prw/proto/types.h"

namespace prw::proto {

namespace {

constexpr std::string_view kHidden = "xxxxx";

/// A name that has one of these in it names a credential, however it is spelled: X-Vault-Token, client_secret.
constexpr std::array<std::string_view, 24> kWithin{
    "password",    "passwd",     "passphrase",      "secret",           "token",         "api-key",
    "apikey",      "auth-key",   "authkey",         "authorization",    "credential",    "signature",
    "cookie",      "access-key", "accesskey",       "private-key",      "license-key",   "insert-key",
    "account-key", "app-key",    "application-key", "subscription-key", "functions-key", "session-key"};
/// These do when they are the whole name. Honeycomb's header has a harmless name, and InfluxDB calls the password p.
constexpr std::array<std::string_view, 11> kWhole{"key", "sig", "auth", "pass", "pwd",   "pw",
                                                  "jwt", "p",   "psk",  "pat",  "bearer"};
constexpr std::array<std::string_view, 1> kHeaders{"x-honeycomb-team"};

bool blank(char c) { return c == ' ' || c == '\t'; }

/// Lower case, percent-decoded, with one kind of dash.
std::string plain(std::string_view name) {
    auto out = base::lower(base::percent_decoded(name));
    for (char& c : out)
        if (c == '_' || c == '.') c = '-';
    return out;
}

template <typename Words>
bool any(const Words& words, std::string_view name, bool within) {
    return std::any_of(words.begin(), words.end(), [&](std::string_view word) {
        return within ? name.find(word) != std::string_view::npos : name == word;
    });
}

/// What ends a URL, or a part of it, in a line of text.
constexpr std::string_view kEndsUrl = " \t\r\n\"'<>`";

ByteRange range(std::size_t from, std::size_t to) {
    return {static_cast<std::uint32_t>(from), static_cast<std::uint32_t>(to - from)};
}

std::size_t end_of(std::string_view text, std::string_view stops, std::size_t from) {
    return std::min(text.find_first_of(stops, from), text.size());
}

/// Values of secret parameters, and what stands before '@': the password, or all where there is none. In order.
std::vector<ByteRange> secrets_of_urls(std::string_view text) {
    std::vector<ByteRange> out;
    for (std::size_t at = text.find_first_of("?&;#:"); at < text.size(); at = text.find_first_of("?&;#:", at)) {
        if (text[at] == ':') {
            if (text.substr(at, 3) != "://") {
                ++at;
                continue;
            }
            at += 3;
            const auto authority = text.substr(at, end_of(text, "/?# \t\r\n\"'<>`", at) - at);
            const auto sign = authority.rfind('@');
            if (sign == std::string_view::npos) continue;
            const auto colon = authority.find(':');
            const auto from = colon < sign ? colon + 1 : 0;
            if (from < sign) out.push_back(range(at + from, at + sign));
            at += sign;
            continue;
        }
        ++at;
        const auto stop = end_of(text, std::string("=?&;#") + std::string(kEndsUrl), at);
        if (stop == text.size() || text[stop] != '=' || !parameter_carries_credentials(text.substr(at, stop - at)))
            continue;
        const auto end = end_of(text, std::string("&;#") + std::string(kEndsUrl), stop + 1);
        if (end > stop + 1) out.push_back(range(stop + 1, end));
        at = end;
    }
    return out;
}

/// The part of a value behind the scheme: of "Bearer abc", "abc".
std::size_t behind_scheme(std::string_view value) {
    const auto end = value.find(' ');
    return end == std::string_view::npos || !is_token(value.substr(0, end)) ? 0 : end + 1;
}

bool has_scheme(std::string_view value) {
    static constexpr std::array<std::string_view, 2> kSchemes{"bearer", "basic"};
    const auto end = std::min(value.find(' '), value.size());
    return end < value.size() && std::any_of(kSchemes.begin(), kSchemes.end(), [&](std::string_view scheme) {
               return base::iequals(scheme, value.substr(0, end));
           });
}

bool keeps_scheme(std::string_view name) {
    return base::iequals(name, header::kAuthorization) || base::iequals(name, "Proxy-Authorization");
}

/// As in a value that is to be shown: not in bytes, but as a word.
std::string replaced(std::string_view text, const std::vector<ByteRange>& ranges) {
    std::string out;
    std::size_t done = 0;
    for (const auto& r : ranges) {
        out.append(text.substr(done, r.offset - done)).append(kHidden);
        done = r.end();
    }
    return out.append(text.substr(std::min(done, text.size())));
}

/// The secret part of a value of field `name`; empty when there is none.
ByteRange secret_of_value(std::string_view name, std::string_view value) {
    if (!carries_credentials(name) && !has_scheme(value)) return range(0, 0);
    const auto from = keeps_scheme(name) || has_scheme(value) ? behind_scheme(value) : 0;
    return range(from, value.size());
}

class HeadRedaction {
public:
    HeadRedaction(std::string& head, std::span<const std::string> known) : head_(head), known_(known) {}

    void run() {
        // A bare CR ends a line as well: a parser may be of that mind, and none of it may be kept.
        for (std::size_t at = 0; at < head_.size();) {
            const auto end = end_of(head_, "\r\n", at);
            line(at, end);
            at = end + 1;
        }
    }

private:
    void line(std::size_t begin, std::size_t end) {
        const auto text = std::string_view(head_).substr(begin, end - begin);
        if (!text.empty() && blank(text.front())) {
            if (continues_) overwrite(begin + std::min(text.find_first_not_of(" \t"), text.size()), end);
        } else if (!text.empty()) {
            continues_ = false;
            field(begin, text);
        }
        for (const auto& r : secrets_of_urls(std::string_view(head_).substr(begin, end - begin)))
            overwrite(begin + r.offset, begin + r.end());
    }

    void field(std::size_t begin, std::string_view text) {
        const auto stop = end_of(text, ": \t=", 0);  // a colon may be missing, or have a blank before it
        const auto name = text.substr(0, stop);
        auto at = stop;
        while (at < text.size() && (blank(text[at]) || text[at] == ':' || text[at] == '=')) ++at;
        const auto value = trim_ows(text.substr(at));
        const auto secret = secret_of_value(name, value);
        if (secret.size == 0 && !carries_credentials(name)) return;
        continues_ = true;
        if (std::find(known_.begin(), known_.end(), value) == known_.end())
            overwrite(begin + at + secret.offset, begin + at + secret.end());
    }

    void overwrite(std::size_t from, std::size_t to) {
        for (; from < to; ++from) {
            const auto byte = static_cast<unsigned char>(head_[from]);
            if (byte >= 0x20 && byte != 0x7f) head_[from] = 'x';
        }
    }

    std::string& head_;
    std::span<const std::string> known_;
    bool continues_ = false;  ///< a line that begins with a blank belongs to a secret
};

/// Words of a command, one after the other: a flag may say that the next word is its value.
class CommandRedaction {
public:
    /// A word as it is given to the program.
    std::string word(std::string_view text) {
        if (next_ != Next::kNone) return value(std::exchange(next_, Next::kNone), text);
        // "Authorization: Bearer hush", or --header= before it: blanks do not make a line for a shell of it.
        const auto colon = text.find(':');
        auto name = text.substr(0, colon);
        if (name.starts_with('-')) name.remove_prefix(std::min(name.size(), name.find('=') + 1));
        const bool header = colon != std::string_view::npos && is_token(name);
        if (!header && text.find_first_of(" \t\n") != std::string_view::npos) return shell_line(text);
        return piece(text);
    }

private:
    enum class Next : std::uint8_t { kNone, kSecret, kKeyOrFile, kNotNumber, kUserInfo };

    static bool reference(std::string_view text) { return text.empty() || text.front() == '$'; }
    static bool number(std::string_view text) {
        return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
    }
    static bool file(std::string_view text) {
        return text.find('/') != std::string_view::npos || text.ends_with(".pem") || text.ends_with(".key");
    }

    /// What a flag or variable of this name holds.
    static Next kind_of(std::string_view name) {
        while (!name.empty() && std::string_view("-\"'{,").find(name.front()) != std::string_view::npos)
            name.remove_prefix(1);
        while (!name.empty() && std::string_view("\"' ").find(name.back()) != std::string_view::npos)
            name.remove_suffix(1);
        const auto text = plain(name);
        for (const char* of : {"file", "path", "dir"})
            if (text.ends_with(of)) return Next::kNone;
        if (carries_credentials(name)) return Next::kSecret;
        if (text == "user" || text == "u") return Next::kUserInfo;
        const auto last = text.substr(text.rfind('-') + 1);
        return last == "key" ? Next::kKeyOrFile : any(kWhole, last, false) && last != "p" ? Next::kSecret : Next::kNone;
    }

    static std::string value(Next kind, std::string_view text) {
        if (text.size() >= 2 && (text.front() == '\'' || text.front() == '"') && text.back() == text.front())
            return text.front() + value(kind, text.substr(1, text.size() - 2)) + text.front();
        const bool harmless =
            reference(text) || (kind == Next::kKeyOrFile && file(text)) || (kind == Next::kNotNumber && number(text));
        if (harmless) return std::string(text);
        if (kind != Next::kUserInfo) return std::string(kHidden);
        const auto colon = text.find(':');
        return colon == std::string_view::npos ? std::string(text)
                                               : std::string(text.substr(0, colon + 1)) + std::string(kHidden);
    }

    /// NAME=VALUE, NAME:VALUE, --NAME=VALUE, also within each other; or a flag whose value comes next.
    std::string piece(std::string_view text) {
        if (text.size() >= 2 && (text.front() == '\'' || text.front() == '"') && text.back() == text.front())
            return text.front() + word(text.substr(1, text.size() - 2)) + text.front();
        if (has_scheme(text)) return std::string(text.substr(0, behind_scheme(text))) + std::string(kHidden);
        const auto at = text.find_first_of("=:");
        if (at == std::string_view::npos) return flag(text);
        if (text.substr(at).starts_with("://")) return redact_urls(text);
        const auto name = text.substr(0, at);
        const auto kind = kind_of(name.starts_with("-H") ? name.substr(2) : name);
        const bool user = kind == Next::kUserInfo && text[at] == ':';
        const auto rest = text.substr(at + 1);
        return std::string(text.substr(0, at + 1)) + (kind == Next::kNone || user ? nested(rest) : value(kind, rest));
    }

    std::string nested(std::string_view text) {
        const auto kept = std::exchange(next_, Next::kNone);
        auto out = piece(text);
        next_ = kept;
        return out;
    }

    std::string flag(std::string_view text) {
        if (!text.starts_with('-')) return redact_urls(text);
        if (text == "-p") {
            next_ = Next::kNotNumber;
        } else if (text == "-u" || text == "--user") {
            next_ = Next::kUserInfo;
        } else if (text.starts_with("-p")) {
            return attached(text);
        } else {
            next_ = kind_of(text);
            if (next_ == Next::kUserInfo) next_ = Next::kNone;
        }
        return std::string(text);
    }

    /// `-phush`, but neither `-p9090` nor a long flag after one dash, as Go's programs have them.
    std::string attached(std::string_view text) {
        static constexpr std::array<std::string_view, 20> kFlags{
            "pass",  "path",   "port", "print", "prom",  "profile",  "pprof", "push",   "pull",    "proto",
            "proxy", "prefix", "pid",  "peer",  "plain", "parallel", "page",  "period", "persist", "plugin"};
        const auto name = text.substr(1);
        const bool known = std::any_of(kFlags.begin(), kFlags.end(), [&](auto word) { return name.starts_with(word); });
        if (known) {
            next_ = kind_of(text);
            return std::string(text);
        }
        const auto rest = text.substr(2);
        return number(rest) || reference(rest) ? std::string(text) : "-p" + std::string(kHidden);
    }

    /// A word that is itself a line for a shell: its words, with what is between them.
    std::string shell_line(std::string_view text) {
        std::string out;
        for (std::size_t at = 0; at < text.size();) {
            if (std::string_view(" \t\n;|&()").find(text[at]) != std::string_view::npos) {
                out += text[at++];
                continue;
            }
            const auto begin = at;
            char quote = 0;
            for (; at < text.size(); ++at) {
                const char c = text[at];
                if (quote != 0) {
                    if (c == quote) quote = 0;
                } else if (c == '\'' || c == '"') {
                    quote = c;
                } else if (std::string_view(" \t\n;|()").find(c) != std::string_view::npos) {
                    break;
                }
            }
            const auto part = text.substr(begin, at - begin);
            out += next_ != Next::kNone ? value(std::exchange(next_, Next::kNone), part) : quoted_end(part);
        }
        return out;
    }

    /// `--header="X-Api-Key: hush"` keeps its quotes.
    std::string quoted_end(std::string_view text) {
        const auto quote = text.find_first_of("'\"");
        if (quote == std::string_view::npos || quote == 0 || text.back() != text[quote] || quote + 1 == text.size())
            return piece(text);
        const auto inner =
            std::string(text.substr(0, quote)) + std::string(text.substr(quote + 1, text.size() - quote - 2));
        auto out = piece(inner);
        if (out.size() < quote) return out;
        return out.insert(quote, 1, text[quote]) + text[quote];
    }

    Next next_ = Next::kNone;
};

}  // namespace

bool carries_credentials(std::string_view header_name) {
    const auto name = plain(header_name);
    return any(kWithin, name, true) || any(kHeaders, name, false);
}

bool parameter_carries_credentials(std::string_view parameter_name) {
    const auto name = plain(parameter_name);
    return any(kWithin, name, true) || any(kWhole, name, false);
}

void redact_credentials(std::string& raw_head, std::span<const std::string> known) {
    HeadRedaction(raw_head, known).run();
}

std::string redact_header_value(std::string_view name, std::string_view value) {
    const auto secret = secret_of_value(name, value);
    return secret.size != 0 ? replaced(value, {secret}) : redact_urls(value);
}

std::string redact_urls(std::string_view text) { return replaced(text, secrets_of_urls(text)); }

std::vector<std::string> redact_command_words(std::span<const std::string> words) {
    CommandRedaction redaction;
    std::vector<std::string> out;
    for (const auto& word : words) out.push_back(redaction.word(word));
    return out;
}

}  // namespace prw::proto
