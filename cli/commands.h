/// One file per subcommand; each adds itself to the app and sets the exit code when it ran.
#pragma once

#include <cstdio>
#include <istream>
#include <ostream>

#include "prw/suite/exit_code.h"

namespace CLI {
class App;
}

namespace prw::cli {

// What every command ends with (docs/exit-codes in README).
using enum suite::ExitCode;
using suite::ExitCode;

/// Where a command reads and writes, so that it can be run in a test.
struct Io {
    std::istream& in;
    std::ostream& out;
    std::ostream& err;
    bool out_is_terminal = false;
    int width = 80;
    int in_fd = -1;  ///< of `in`, where it is a terminal
};

/// Each registers a subcommand whose callback stores the exit code in `exit_code`.
void add_receive(CLI::App& app, Io& io, int& exit_code);
void add_send(CLI::App& app, Io& io, int& exit_code);
void add_test(CLI::App& app, Io& io, int& exit_code);
void add_init(CLI::App& app, Io& io, int& exit_code);
void add_report(CLI::App& app, Io& io, int& exit_code);
void add_inspect(CLI::App& app, Io& io, int& exit_code);
void add_replay(CLI::App& app, Io& io, int& exit_code);
void add_list(CLI::App& app, Io& io, int& exit_code);
void add_explain(CLI::App& app, Io& io, int& exit_code);
void add_self_test(CLI::App& app, Io& io, int& exit_code);

/// The whole command line: parses, runs, returns the exit code. main() is only this.
int run(int argc, const char* const* argv, Io& io);

}  // namespace prw::cli
