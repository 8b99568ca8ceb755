#include <CLI/CLI.hpp>

#include "commands.h"

namespace prw::cli {

void add_list(CLI::App& app, Io& io, int& exit_code) {
    auto* sub = app.add_subcommand("list", "not yet here");
    sub->callback([&] {
        io.err << "prw list: not yet here\n";
        exit_code = kInternalError;
    });
}

}  // namespace prw::cli
