/// `prw send` alone, so that the command can be run as a process without the rest of the program.
#include <CLI/CLI.hpp>

#include <iostream>

#include "commands.h"

int main(int argc, char** argv) {
    prw::cli::Io io{std::cin, std::cout, std::cerr, false, 80};
    int exit_code = prw::cli::kConforms;
    CLI::App app{"prw", "prw"};
    app.require_subcommand(1);
    app.failure_message(CLI::FailureMessage::simple);
    prw::cli::add_send(app, io, exit_code);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error, io.out, io.err) == 0 ? prw::cli::kConforms : prw::cli::kUsage;
    }
    return exit_code;
}
