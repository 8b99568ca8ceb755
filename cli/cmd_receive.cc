#include <CLI/CLI.hpp>

#include "commands.h"

namespace prw::cli {

void add_receive(CLI::App& app, Io& io, int& exit_code) {
    auto* sub = app.add_subcommand("receive", "not yet here");
    sub->callback([&] {
        io.err << "prw receive: not yet here\n";
        exit_code = kInternalError;
    });
}

}  // namespace prw::cli
