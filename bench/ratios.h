/// The table of ratios: kernels interleaved round by round, thread CPU time, medians.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "kernels.h"

namespace prw::bench {

struct Measured {
    std::string_view name;
    double ns_per_series = 0;    ///< median over the rounds
    std::vector<double> rounds;  ///< ns per series, one a round
};

/// Runs every kernel over all requests of its payload, round after round. Empty when a kernel does not give what it
/// must; says so on stderr.
[[nodiscard]] std::vector<Measured> measure(std::span<const Kernel> kernels, std::size_t rounds);
/// Median of the ratios of each round: what disturbs the machine for longer than a round disturbs both sides.
[[nodiscard]] double ratio_of(const Measured& a, const Measured& b);
[[nodiscard]] double median(std::vector<double> values);

/// Lines of the final table with a bound, and whether all of them held.
class Verdicts {
public:
    void add(const std::string& what, double value, double bound, double aim = 0);
    void print() const;
    [[nodiscard]] bool all_pass() const;

private:
    struct Line {
        std::string what;
        double value, bound, aim;
    };
    std::vector<Line> lines_;
};

}  // namespace prw::bench
