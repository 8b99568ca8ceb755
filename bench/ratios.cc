#include "ratios.h"

#include <algorithm>
#include <cstdio>

namespace prw::bench {

double median(std::vector<double> values) {
    if (values.empty()) return 0;
    std::sort(values.begin(), values.end());
    const std::size_t middle = values.size() / 2;
    return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

std::vector<Measured> measure(const Payload& payload, std::span<const Kernel> kernels, std::size_t rounds) {
    std::vector<Measured> out(kernels.size());
    const double series = static_cast<double>(payload.series);
    for (std::size_t round = 0; round <= rounds; ++round) {
        for (std::size_t k = 0; k < kernels.size(); ++k) {
            const double start = thread_cpu_ns();
            for (std::size_t i = 0; i < payload.bodies.size(); ++i) {
                if (!kernels[k].run(i)) {
                    std::fprintf(stderr, "prw_bench: %.*s does not accept request %zu of the payload\n", static_cast<int>(kernels[k].name.size()),
                                 kernels[k].name.data(), i);
                    return {};
                }
            }
            // Round 0 warms caches and scratch memory.
            if (round != 0) out[k].rounds.push_back((thread_cpu_ns() - start) / series);
        }
    }
    for (std::size_t k = 0; k < kernels.size(); ++k) {
        out[k].name = kernels[k].name;
        out[k].ns_per_series = median(out[k].rounds);
        std::vector<double> ratios;
        for (std::size_t r = 0; r < rounds; ++r) ratios.push_back(out[k].rounds[r] / out[0].rounds[r]);
        out[k].ratio = median(std::move(ratios));
    }
    return out;
}

void Verdicts::add(const std::string& what, double value, double bound, double aim) { lines_.push_back({what, value, bound, aim}); }

void Verdicts::print() const {
    std::printf("\n%-66s %8s %8s %8s\n", "goal", "value", "bound", "");
    for (const Line& line : lines_) {
        std::printf("%-66s %8.3g %8.3g %8s", line.what.c_str(), line.value, line.bound, line.value <= line.bound ? "PASS" : "MISS");
        if (line.aim > 0) std::printf("  (aim %.3g%s)", line.aim, line.value <= line.aim ? ", reached" : "");
        std::printf("\n");
    }
}

bool Verdicts::all_pass() const {
    return std::all_of(lines_.begin(), lines_.end(), [](const Line& line) { return line.value <= line.bound; });
}

}  // namespace prw::bench
