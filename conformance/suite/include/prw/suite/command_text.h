/// A command line as it is shown: quoted for a shell, without its secrets.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace prw::suite {

/// Passwords in URLs and values of arguments that look like secrets are replaced, also within the line of a `sh -c`;
/// what is not secret stays as it is. Quoted for a shell.
[[nodiscard]] std::string redact_command(const std::vector<std::string>& argv);
/// One word as a shell takes it.
[[nodiscard]] std::string shell_word(std::string_view word);

}  // namespace prw::suite
