/// Flags that `test` and `report` share, with one meaning.
#pragma once

#include <string>

#include "commands.h"
#include "prw/suite/results.h"

namespace CLI {
class Option;
}

namespace prw::cli {

/// --fail-on none|must|should|may.
CLI::Option* add_fail_on(CLI::App& app, std::string& word);
/// A word that add_fail_on() let through.
[[nodiscard]] suite::FailOn parse_fail_on(const std::string& word);
/// How this program is called from here: "prw" where that is what PATH finds, else its path.
[[nodiscard]] std::string program_name();
/// --color auto|always|never.
void add_colour(CLI::App& app, std::string& word);
/// auto: on a terminal, unless NO_COLOR is set or TERM is dumb.
[[nodiscard]] bool wants_colour(const std::string& word, const Io& io);

}  // namespace prw::cli
