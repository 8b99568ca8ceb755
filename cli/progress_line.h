/// What `test` and `self-test` show while they run.
#pragma once

#include <chrono>
#include <ostream>
#include <string>
#include <string_view>

#include "commands.h"
#include "prw/suite/suite.h"

namespace prw::cli {

/// From the second second on: one line that rewrites itself on a terminal; elsewhere a line for each scenario that
/// ended, where the run tells which, and one every ten seconds.
class ProgressLine {
public:
    /// `unit` is what done and total count: "scenarios". `out` is a terminal when `io` says so; both outlive this.
    ProgressLine(const Io& io, std::ostream& out, std::string_view unit, bool quiet);
    ~ProgressLine() { clear(); }
    ProgressLine(const ProgressLine&) = delete;
    ProgressLine& operator=(const ProgressLine&) = delete;

    void show(const suite::Progress& progress);
    void clear();

private:
    const Io& io_;
    std::ostream& out_;
    std::string unit_;
    bool quiet_;
    bool shown_ = false;
    std::chrono::milliseconds last_{0};
};

}  // namespace prw::cli
