#include <CLI/CLI.hpp>

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "commands.h"
#include "prw/base/nearest.h"
#include "prw/base/text.h"
#include "prw/rules/text.h"
#include "version.h"

namespace prw::cli {

namespace {

std::string meant(std::string_view word, const std::vector<std::string>& known) {
    return base::did_you_mean(word, known, base::Quotes::kNone);
}

std::string path_of(const CLI::App& app) {
    return app.get_parent() == nullptr ? app.get_name() : path_of(*app.get_parent()) + " " + app.get_name();
}

/// The command that the words select, and how many of them it takes.
std::pair<const CLI::App*, std::size_t> selected(const CLI::App& root, std::span<const std::string> words) {
    const auto* app = &root;
    std::size_t taken = 0;
    while (taken < words.size()) {
        const auto commands =
            app->get_subcommands([&](const CLI::App* one) { return one->get_name() == words[taken]; });
        if (commands.empty()) break;
        app = commands.front();
        ++taken;
    }
    return {app, taken};
}

/// What was mistyped, where the parser only says that something is missing or too much; empty when it was not that.
std::string mistyped(const CLI::App& root, std::span<const std::string> words) {
    const auto [app, taken] = selected(root, words);
    std::vector<std::string> names;
    for (const auto* command : app->get_subcommands([](const CLI::App*) { return true; }))
        names.push_back(command->get_name());
    if (!names.empty() && taken < words.size() && !words[taken].starts_with('-')) {
        const auto& word = words[taken];
        return path_of(*app) + ": there is no command \"" + rules::printable(word) + "\"" + meant(word, names) + "\n" +
               path_of(*app) + " has " + base::joined(names);
    }
    for (const auto& word : app->remaining()) {
        const auto name = word.substr(0, word.find('='));
        if (!name.starts_with('-') || name.find_first_not_of('-') == std::string::npos) continue;
        std::vector<std::string> flags;
        for (const auto* option : app->get_options())
            for (const auto& flag : option->get_lnames()) flags.push_back("--" + flag);
        return path_of(*app) + ": there is no flag " + rules::printable(name) + meant(name, flags) + "\n" +
               path_of(*app) + " --help shows all";
    }
    return {};
}

}  // namespace

int run(int argc, const char* const* argv, Io& io) {
    int exit_code = kConforms;
    CLI::App app{"prw: conformance and testing toolkit for Prometheus Remote Write", "prw"};
    app.set_version_flag("--version", "prw " PRW_VERSION);
    app.require_subcommand(1);
    app.failure_message(CLI::FailureMessage::simple);
    add_receive(app, io, exit_code);
    add_send(app, io, exit_code);
    add_test(app, io, exit_code);
    add_init(app, io, exit_code);
    add_report(app, io, exit_code);
    add_inspect(app, io, exit_code);
    add_replay(app, io, exit_code);
    add_list(app, io, exit_code);
    add_explain(app, io, exit_code);
    add_self_test(app, io, exit_code);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() != static_cast<int>(CLI::ExitCodes::Success)) {
            const std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
            if (const auto text = mistyped(app, words); !text.empty()) {
                io.err << text << "\n";
                return kUsage;
            }
        }
        const int code = app.exit(error, io.out, io.err);
        exit_code = code == 0 ? kConforms : kUsage;
    }
    // What nobody could read was not said.
    if (!io.out.flush()) {
        io.err << "prw: cannot write to the standard output\n";
        return kInternalError;
    }
    return exit_code;
}

}  // namespace prw::cli
