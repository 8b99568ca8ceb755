/// Jobs that run in several threads, while the thread that waits for them tells of their progress.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>

namespace prw::base {

/// How many threads to use: as many as were asked for, else `per_core` for each core.
[[nodiscard]] unsigned workers_of(unsigned asked, unsigned per_core);

/// Calls work(i) for each i below `jobs`, begun in that order, in at most `workers` threads. Meanwhile calls tell() in
/// this thread: with each job that has ended, in the order of the ends, and with nullopt at least every `pause`.
/// Returns when all have ended and been told. Neither may throw.
void run_jobs(std::size_t jobs, std::size_t workers, const std::function<void(std::size_t job)>& work,
              std::chrono::milliseconds pause, const std::function<void(std::optional<std::size_t> ended)>& tell);

}  // namespace prw::base
