/// A child program that cannot outlive us: its own process group, a work directory, its output in a file, deadlines on
/// everything.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "prw/base/error.h"

namespace prw::suite {

struct ProcessOptions {
    std::vector<std::string>
        argv;  ///< argv[0] without '/' is looked up in PATH; with one, it is relative to the caller's directory
    std::vector<std::pair<std::string, std::string>> env;  ///< added to, or replacing in, the caller's environment
    std::string work_dir;                                  ///< the child's current directory; empty: the caller's
    std::string log_path;                                  ///< stdout and stderr; empty: /dev/null
    std::optional<std::string> stdin_text;  ///< written to the child's stdin, which is then closed; nullopt: /dev/null
    bool stopped = false;  ///< begins stopped, before the program's first instruction: resume(), or a debugger
    int stop_signal = 15;
    std::chrono::milliseconds grace{5000};  ///< between the stop signal and SIGKILL
};

struct ExitStatus {
    bool signalled = false;
    int code = 0;  ///< exit code, or the signal's number
    [[nodiscard]] bool success() const { return !signalled && code == 0; }
    [[nodiscard]] std::string text() const;  ///< "exited with 1", "was killed by signal 9 (Killed)"
};

class Process {
public:
    /// kTarget with the program and the errno text when it cannot be executed.
    [[nodiscard]] static Result<std::unique_ptr<Process>> start(const ProcessOptions& options);
    ~Process();  ///< stop()
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    [[nodiscard]] int pid() const;
    /// Stopped by a signal or by a debugger. False once it has ended.
    [[nodiscard]] bool is_stopped() const;
    void resume();  ///< SIGCONT
    /// The status once the program has ended by itself or was stopped; nullopt while it runs.
    [[nodiscard]] std::optional<ExitStatus> status() const;
    /// Waits for the end; nullopt when the deadline passes first.
    [[nodiscard]] std::optional<ExitStatus> wait(std::chrono::milliseconds deadline);
    /// Called once, from a thread of its own, when the program ends. Set right after start().
    void on_exit(std::function<void()> observer);
    /// Signal, grace, SIGKILL; always kills what is left of the group. Returns how the program ended. Idempotent.
    ExitStatus stop();
    /// True when stop() had to use SIGKILL.
    [[nodiscard]] bool had_to_be_killed() const;

private:
    Process();
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// As ps shows it: 'R', 'S', 'T' stopped by a signal, 't' by a debugger, … 0: there is no such process.
[[nodiscard]] char process_state(int pid);
/// Absolute path of a program as execvp would find it (`name` with '/' is taken relative to `base`); empty when there
/// is none that may be executed.
[[nodiscard]] std::string find_program(std::string_view name, std::string_view base = {});
/// The last lines of a text file, or of its first `end` bytes, at most `lines` and `max_bytes`; control bytes and
/// escapes are left out. Empty when unreadable.
[[nodiscard]] std::string tail_of_file(const std::string& path, std::size_t lines = 5, std::size_t max_bytes = 2000,
                                       std::size_t end = std::string::npos);

}  // namespace prw::suite
