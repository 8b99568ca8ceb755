/// What is judged beside the ratios: growth, allocations, malformed input.
#pragma once

#include <cstddef>

#include "ratios.h"

namespace prw::bench {

struct RunOptions {
    std::size_t rounds = 15;
    bool with_checker = true;  ///< false: only the walk, for work on it
};

/// Prints its tables and adds lines to `verdicts`; false when a kernel fails on clean input.
[[nodiscard]] bool run_ratios(const RunOptions& options, Verdicts& verdicts);
[[nodiscard]] bool run_growth(const RunOptions& options, Verdicts& verdicts);
[[nodiscard]] bool run_allocations(const RunOptions& options, Verdicts& verdicts);
[[nodiscard]] bool run_malformed(const RunOptions& options, Verdicts& verdicts);

}  // namespace prw::bench
