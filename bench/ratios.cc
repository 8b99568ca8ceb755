#include "ratios.h"

#include <algorithm>
#include <cstdio>
#include <utility>

namespace prw::bench {

double median(std::vector<double> values) {
    if (values.empty()) return 0;
    std::sort(values.begin(), values.end());
    const std::size_t middle = values.size() / 2;
    return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

std::vector<Measured> measure(std::span<const Kernel> kernels, std::size_t rounds) {
    std::vector<Measured> out(kernels.size());
    // Round 0 warms caches and scratch memory.
    for (std::size_t round = 0; round <= rounds; ++round) {
        for (std::size_t k = 0; k < kernels.size(); ++k) {
            const Kernel& kernel = kernels[k];
            const double start = thread_cpu_ns();
            for (std::size_t i = 0; i < kernel.payload->bodies.size(); ++i) {
                if (kernel.run(i)) continue;
                std::fprintf(stderr, "prw_bench: %.*s does not accept request %zu of the payload\n",
                             static_cast<int>(kernel.name.size()), kernel.name.data(), i);
                return {};
            }
            if (round != 0)
                out[k].rounds.push_back((thread_cpu_ns() - start) / static_cast<double>(kernel.payload->series));
        }
    }
    for (std::size_t k = 0; k < kernels.size(); ++k) {
        out[k].name = kernels[k].name;
        out[k].ns_per_series = median(out[k].rounds);
    }
    return out;
}

double ratio_of(const Measured& a, const Measured& b) {
    std::vector<double> ratios;
    for (std::size_t r = 0; r < a.rounds.size(); ++r) ratios.push_back(a.rounds[r] / b.rounds[r]);
    return median(std::move(ratios));
}

void Verdicts::add(const std::string& what, double value, double bound, double aim) {
    lines_.push_back({what, value, bound, aim});
}

void Verdicts::print() const {
    std::printf("\n%-66s %8s %8s %8s\n", "goal", "value", "bound", "");
    for (const Line& line : lines_) {
        std::printf("%-66s %8.3g %8.3g %8s", line.what.c_str(), line.value, line.bound,
                    line.value <= line.bound ? "PASS" : "MISS");
        if (line.aim > 0) std::printf("  (aim %.3g%s)", line.aim, line.value <= line.aim ? ", reached" : "");
        std::printf("\n");
    }
}

bool Verdicts::all_pass() const {
    return std::all_of(lines_.begin(), lines_.end(), [](const Line& line) { return line.value <= line.bound; });
}

}  // namespace prw::bench
