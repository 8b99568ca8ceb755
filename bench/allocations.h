/// Counts heap allocations: this program replaces the global operator new.
#pragma once

#include <cstdint>

namespace prw::bench {

/// Calls of operator new so far, in all threads and libraries of the process.
[[nodiscard]] std::uint64_t allocations();

}  // namespace prw::bench
