/// One run of a suite by the command line: flags into a session, and what the session says onto the terminal.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "commands.h"
#include "prw/suite/suite.h"

namespace prw::cli {

/// The flags of `prw test ROLE`; some are of one role only.
struct TestOptions {
    std::string profile = "reference", target;
    bool profile_given = false;
    bool attach = false;
    std::string listen_for, listen;
    std::vector<std::string> messages, scenarios, command;
    std::string out = ".prw/last";
    bool out_given = false;
    std::vector<std::string> run, skip, levels, reports;
    bool failed = false, list = false, list_json = false, update_expect = false, trace = false, debugger = false;
    std::string expect, budget, source;
    unsigned repeat = 1, until_fail = 0;
    std::vector<std::string> without;
    std::optional<std::uint64_t> seed;
    unsigned jobs = 0;
    std::string timeout;
    std::optional<double> patience;
    bool keep = false, verbose = false, quiet = false, skip_exit_code = false;
    std::string fail_on = "must", colour = "auto";
    // Of a receiver.
    std::string url, ca_file;
    std::vector<std::string> headers;  ///< "Name: value"
    bool insecure = false;
};

/// The exit code.
[[nodiscard]] int run_suite_test(const suite::Suite& suite, const TestOptions& options, Io& io);

}  // namespace prw::cli
