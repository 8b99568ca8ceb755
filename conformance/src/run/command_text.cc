#include "prw/conformance/command_text.h"

#include "prw/proto/credentials.h"

namespace prw::conformance {

std::string shell_word(std::string_view word) {
    constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=,+@%";
    if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) return std::string(word);
    std::string quoted = "'";
    for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return quoted + "'";
}

std::string redact_command(const std::vector<std::string>& argv) {
    std::string out;
    for (const auto& word : proto::redact_command_words(argv)) out += (out.empty() ? "" : " ") + shell_word(word);
    return out;
}

}  // namespace prw::conformance
