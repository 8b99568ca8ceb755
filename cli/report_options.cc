#include "report_options.h"

#include <CLI/CLI.hpp>

#include <cstdlib>
#include <filesystem>
#include <string_view>

#include "prw/base/text.h"
#include "prw/suite/command_text.h"
#include "prw/suite/process.h"
#include "prw/suite/profile.h"

namespace prw::cli {

CLI::Option* add_fail_on(CLI::App& app, std::string& word) {
    return app
        .add_option("--fail-on", word,
                    "What makes the exit code: must: a broken MUST (1); should: also a missed SHOULD (3);\n"
                    "may: also an observation (3); none: nothing that was judged")
        ->check(CLI::IsMember({"none", "must", "should", "may"}));
}

suite::FailOn parse_fail_on(const std::string& word) {
    return suite::kFailOnNames.find(word).value_or(suite::FailOn::kMust);
}

std::string program_name() {
    namespace fs = std::filesystem;
    const auto own = suite::own_executable();
    if (fs::path(own).filename() != "prw") return "prw";  // within a test
    std::error_code error;
    const auto found = suite::find_program("prw");
    const bool same = !found.empty() && fs::equivalent(found, own, error) && !error;
    return same ? "prw" : base::shell_word(own);
}

void add_colour(CLI::App& app, std::string& word) {
    app.add_option("--color", word, "auto, always or never")
        ->check(CLI::IsMember({"auto", "always", "never"}))
        ->capture_default_str();
}

bool wants_colour(const std::string& word, const Io& io) {
    if (word != "auto") return word == "always";
    const char* term = std::getenv("TERM");
    const char* no_colour = std::getenv("NO_COLOR");
    return io.out_is_terminal && (no_colour == nullptr || no_colour[0] == '\0') &&
           (term == nullptr || std::string_view(term) != "dumb");
}

}  // namespace prw::cli
