/// prw within the test's own process.
#pragma once

#include <sstream>
#include <string>
#include <vector>

#include "commands.h"

namespace prw::cli::testing_support {

struct Outcome {
    int code = -1;
    std::string out, err;
};

/// `arguments` without the program's name.
inline Outcome run_prw(std::vector<std::string> arguments, const std::string& input = {}, int width = 80) {
    std::istringstream in(input);
    std::ostringstream out, err;
    Io io{in, out, err, false, width};
    arguments.insert(arguments.begin(), "prw");
    std::vector<const char*> argv;
    for (const auto& argument : arguments) argv.push_back(argument.c_str());
    const int code = run(static_cast<int>(argv.size()), argv.data(), io);
    return {code, out.str(), err.str()};
}

}  // namespace prw::cli::testing_support
