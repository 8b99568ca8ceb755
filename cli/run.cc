#include <CLI/CLI.hpp>

#include "commands.h"
#include "version.h"

namespace prw::cli {

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
