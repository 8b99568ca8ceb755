// prw_bench: Google Benchmark's absolute numbers, then ratios measured side by side, with their bounds.
#include <array>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <google/protobuf/stubs/common.h>
#include <snappy-stubs-public.h>
#include <xxhash.h>

#include "checks.h"

namespace prw::bench {

namespace {

std::string cpu_name() {
    std::ifstream in("/proc/cpuinfo");
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
    }
    return "unknown CPU";
}

void print_machine() {
    std::ifstream load("/proc/loadavg");
    std::string one_minute;
    load >> one_minute;
    std::printf(
        "machine: %s, %d CPUs, load %s; GCC %s; snappy %d.%d.%d; protobuf %d.%d.%d; xxHash %u.%u.%u; Google "
        "Benchmark\n",
        cpu_name().c_str(), benchmark::CPUInfo::Get().num_cpus, one_minute.c_str(), __VERSION__, SNAPPY_MAJOR,
        SNAPPY_MINOR, SNAPPY_PATCHLEVEL, GOOGLE_PROTOBUF_VERSION / 1000000, GOOGLE_PROTOBUF_VERSION / 1000 % 1000,
        GOOGLE_PROTOBUF_VERSION % 1000, static_cast<unsigned>(XXH_VERSION_MAJOR),
        static_cast<unsigned>(XXH_VERSION_MINOR), static_cast<unsigned>(XXH_VERSION_RELEASE));
}

using MakeKernel = Kernel (*)(const Payload&, proto::ProtobufMessage);

struct Named {
    const char* name;
    MakeKernel make;
};
constexpr std::array<Named, 7> kKernels = {{
    {"snappy", [](const Payload& p, proto::ProtobufMessage) { return snappy_kernel(p); }},
    {"memcpy", [](const Payload& p, proto::ProtobufMessage) { return memcpy_kernel(p); }},
    {"libprotobuf_arena", libprotobuf_kernel},
    {"fast_accept", walk_kernel},
    {"uncompress_fast_accept", accept_kernel},
    {"check", check_kernel},
    {"slow_path", slow_kernel},
}};

/// One benchmark handles the requests of a payload in turn; items are series.
void run_kernel(benchmark::State& state, MakeKernel make, PayloadOptions options) {
    const Payload payload = make_payload(options);
    const Kernel kernel = make(payload, options.message);
    std::size_t i = 0;
    for (auto _ : state) {
        if (!kernel.run(i)) {
            state.SkipWithError("the kernel does not accept the request");
            break;
        }
        i = i + 1 == payload.bodies.size() ? 0 : i + 1;
    }
    state.SetItemsProcessed(
        static_cast<std::int64_t>(state.iterations() * static_cast<std::int64_t>(options.series_per_request)));
    state.SetBytesProcessed(
        static_cast<std::int64_t>(static_cast<double>(state.iterations()) * static_cast<double>(payload.raw_bytes) /
                                  static_cast<double>(payload.bodies.size())));
}

void register_benchmarks() {
    for (const auto message : {proto::ProtobufMessage::kV1, proto::ProtobufMessage::kV2}) {
        for (const Named& named : kKernels) {
            for (const std::size_t series : {std::size_t{500}, std::size_t{2000}, std::size_t{10000}}) {
                const std::string name = std::string(named.name) +
                                         (message == proto::ProtobufMessage::kV1 ? "/rw1/" : "/rw2/") +
                                         std::to_string(series);
                benchmark::RegisterBenchmark(name.c_str(), run_kernel, named.make,
                                             PayloadOptions{.message = message, .series_per_request = series})
                    ->Unit(benchmark::kMicrosecond);
            }
        }
    }
}

}  // namespace

}  // namespace prw::bench

int main(int argc, char** argv) {
    // Own flags are taken out; the rest is Google Benchmark's.
    bool check = false, ratios_only = false;
    prw::bench::RunOptions options;
    std::vector<char*> rest;
    for (int i = 0; i < argc; ++i) {
        if (std::strcmp(argv[i], "--check") == 0) {
            check = ratios_only = true;
        } else if (std::strcmp(argv[i], "--ratios") == 0) {
            ratios_only = true;
        } else if (std::strcmp(argv[i], "--walk-only") == 0) {
            ratios_only = true;
            options.with_checker = false;
        } else if (std::strncmp(argv[i], "--rounds=", 9) == 0) {
            options.rounds = std::max<std::size_t>(7, std::strtoul(argv[i] + 9, nullptr, 10));
        } else if (std::strcmp(argv[i], "--help") == 0) {
            std::printf(
                "prw_bench [--check | --ratios | --walk-only] [--rounds=N] [Google Benchmark's flags]\n"
                "  --check      only the ratios, and exit code 1 when a bound is missed\n"
                "  --ratios     only the ratios\n"
                "  --walk-only  only the ratios, of decompression and the fast walk without the checker around it\n"
                "  --rounds=N   rounds of each measurement, at least 7 (15)\n");
            return 0;
        } else {
            rest.push_back(argv[i]);
        }
    }
    int count = static_cast<int>(rest.size());
    rest.push_back(nullptr);
    benchmark::Initialize(&count, rest.data());
    if (benchmark::ReportUnrecognizedArguments(count, rest.data())) return 2;
    if (!ratios_only) {
        prw::bench::register_benchmarks();
        benchmark::RunSpecifiedBenchmarks();
    }
    std::printf("\n");
    prw::bench::print_machine();
    prw::bench::Verdicts verdicts;
    if (!prw::bench::run_ratios(options, verdicts) || !prw::bench::run_growth(options, verdicts) ||
        !prw::bench::run_allocations(options, verdicts) || !prw::bench::run_malformed(options, verdicts)) {
        return 1;
    }
    verdicts.print();
    benchmark::Shutdown();
    return check && !verdicts.all_pass() ? 1 : 0;
}
