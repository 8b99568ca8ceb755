/// Senders for tests of runs: the reference and its mutants, as profile and as command.
#pragma once

#include <string>
#include <vector>

#include "prw/suite/profile.h"

namespace prw::sender_suite::testing_support {

/// `prw send` of the build under test; `mutant` empty: as it is.
inline suite::Target sender_target(const std::string& mutant = {}) {
    suite::Target target = suite::reference_target();
    target.name = mutant.empty() ? "reference" : mutant;
    target.exec.front() = PRW_PROGRAM;
    target.version_exec.clear();
    target.grace = std::chrono::milliseconds(300);
    target.settle = std::chrono::seconds(10);
    if (!mutant.empty()) target.exec.insert(target.exec.end(), {"--mutate", mutant});
    return target;
}

/// The same for a shell, which finds the URLs in its environment.
inline std::string sender_command(const std::string& mutant = {}, const std::string& flags = {}) {
    return std::string(PRW_PROGRAM) + " send --scrape \"$PRW_SCRAPE_URL\" --interval 100ms --flush-interval 100ms " +
           "--protobuf-message \"$PRW_PROTOBUF_MESSAGE\" " + flags + (mutant.empty() ? "" : " --mutate " + mutant) +
           " \"$PRW_REMOTE_WRITE_URL\"";
}
inline std::vector<std::string> sender_argv(const std::string& mutant = {}) {
    return {"sh", "-c", "exec " + sender_command(mutant)};
}

}  // namespace prw::sender_suite::testing_support
