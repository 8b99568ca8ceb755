#include "prw/base/jobs.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace prw::base {

unsigned workers_of(unsigned asked, unsigned per_core) {
    return asked != 0 ? asked : std::max(1U, std::thread::hardware_concurrency()) * per_core;
}

void run_jobs(std::size_t jobs, std::size_t workers, const std::function<void(std::size_t)>& work,
              std::chrono::milliseconds pause, const std::function<void(std::optional<std::size_t>)>& tell) {
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<std::size_t> ended;
    std::size_t next = 0;

    std::vector<std::jthread> threads;  // last: joined first
    for (std::size_t i = 0; i < std::min(workers, jobs); ++i) {
        threads.emplace_back([&] {
            std::unique_lock lock(mutex);
            while (next < jobs) {
                const auto job = next++;
                lock.unlock();
                work(job);
                lock.lock();
                ended.push_back(job);
                changed.notify_one();
            }
        });
    }
    std::unique_lock lock(mutex);
    for (std::size_t told = 0; told < jobs;) {
        std::optional<std::size_t> one;
        if (changed.wait_for(lock, pause, [&] { return !ended.empty(); })) {
            one = ended.front();
            ended.pop_front();
            ++told;
        }
        lock.unlock();
        tell(one);
        lock.lock();
    }
}

}  // namespace prw::base
