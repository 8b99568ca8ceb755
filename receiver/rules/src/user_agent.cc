#include "user_agent.h"

#include <algorithm>
#include <array>

#include "prw/base/text.h"
#include "prw/proto/http_head.h"
#include "quote.h"

namespace prw::rules {

namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }

/// "2.42.0", "v1.2", "1.2-dirty": a digit, then a dot and a digit somewhere behind.
bool reads_like_version(std::string_view word) {
    if (word.starts_with('v') || word.starts_with('V')) word.remove_prefix(1);
    std::size_t i = 0;
    while (i < word.size() && digit(word[i])) ++i;
    return i > 0 && i + 1 < word.size() && word[i] == '.' && digit(word[i + 1]);
}

bool any_version(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find_first_of(" \t/();,", at), text.size());
        if (reads_like_version(text.substr(at, end - at))) return true;
        at = end + 1;
    }
    return false;
}

/// Skips a comment (they nest; quoted pairs count as text); npos when it does not end.
std::size_t skip_comment(std::string_view text, std::size_t at) {
    int depth = 0;
    for (; at < text.size(); ++at) {
        if (text[at] == '\\') {
            ++at;
        } else if (text[at] == '(') {
            ++depth;
        } else if (text[at] == ')' && --depth == 0) {
            return at + 1;
        }
    }
    return std::string_view::npos;
}

}  // namespace

bool UserAgent::versioned() const {
    if (products.empty() || products.front().version.empty()) return false;
    constexpr std::array<std::string_view, 5> kPlaceholders{"unknown", "undefined", "none", "null", "(devel)"};
    return std::none_of(kPlaceholders.begin(), kPlaceholders.end(),
                        [&](auto p) { return base::iequals(p, products.front().version); });
}

UserAgent parse_user_agent(std::string_view value) {
    UserAgent out;
    out.version_anywhere = any_version(value);
    const auto token_end = [&](std::size_t at) {
        while (at < value.size() && proto::is_token(value.substr(at, 1))) ++at;
        return at;
    };
    const auto broken = [&](std::string what, std::size_t at) {
        out.problem = std::move(what) + " at offset " + std::to_string(at);
    };
    for (std::size_t at = 0; at < value.size();) {
        if (value[at] == '(' && at > 0) {
            const auto end = skip_comment(value, at);
            if (end == std::string_view::npos) return broken("a comment that does not end", at), out;
            at = end;
        } else {
            const auto name_end = token_end(at);
            if (name_end == at) {
                broken(at == 0 ? "no product name, got " + quote(value.substr(at, 1))
                               : "neither a product nor a comment, got " + quote(value.substr(at, 1)),
                       at);
                return out;
            }
            UserAgent::Product product{
                value.substr(at, name_end - at), {}, name_end < value.size() && value[name_end] == '/'};
            at = name_end;
            if (product.slash) {
                const auto version_end = token_end(++at);
                product.version = value.substr(at, version_end - at);
                at = version_end;
            }
            out.products.push_back(product);
            if (product.slash && product.version.empty()) return broken("'/' without a version behind it", at - 1), out;
        }
        if (at == value.size()) break;
        if (value[at] != ' ' && value[at] != '\t') {
            broken("expected a blank, got " + quote(value.substr(at, 1)), at);
            return out;
        }
        while (at < value.size() && (value[at] == ' ' || value[at] == '\t')) ++at;
    }
    return out;
}

std::string_view library_of(const UserAgent& agent) {
    if (agent.products.empty()) return {};
    constexpr std::array<std::string_view, 22> kLibraries{"Go-http-client", "python-requests",
                                                          "Python-urllib",  "python-urllib3",
                                                          "python-httpx",   "aiohttp",
                                                          "okhttp",         "Apache-HttpClient",
                                                          "Java",           "Java-http-client",
                                                          "axios",          "node-fetch",
                                                          "node",           "undici",
                                                          "reqwest",        "curl",
                                                          "libcurl",        "Wget",
                                                          "cpp-httplib",    "Faraday",
                                                          "Dart",           "hackney"};
    const auto known = [&](std::string_view name) {
        const auto found =
            std::find_if(kLibraries.begin(), kLibraries.end(), [&](auto l) { return base::iequals(l, name); });
        return found == kLibraries.end() ? std::string_view{} : *found;
    };
    // aiohttp puts the interpreter first: "Python/3.11 aiohttp/3.8".
    const bool interpreter_first = agent.products.size() == 2 && base::iequals(agent.products[0].name, "Python");
    return known(agent.products[interpreter_first ? 1 : 0].name);
}

}  // namespace prw::rules
