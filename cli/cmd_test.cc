#include <CLI/CLI.hpp>

#include "commands.h"

namespace prw::cli {

void add_test(CLI::App& app, Io& io, int& exit_code) {
    auto* sub = app.add_subcommand("test", "not yet here");
    sub->callback([&] {
        io.err << "prw test: not yet here\n";
        exit_code = kInternalError;
    });
}

}  // namespace prw::cli
