/// Shared by libFuzzer's entry points: a failed check is printed with its input as hex and ends the process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "checks.h"

namespace prw::fuzz {

inline std::string_view text(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

inline int report(const Verdict& verdict, const std::uint8_t* data, std::size_t size) {
    if (!verdict) return 0;
    std::fprintf(stderr, "%s\n", verdict->c_str());
    for (std::size_t i = 0; i < size; ++i) std::fprintf(stderr, "%02x ", data[i]);
    std::fprintf(stderr, "\n");
    std::abort();
}

}  // namespace prw::fuzz
