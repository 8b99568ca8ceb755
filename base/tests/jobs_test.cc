#include "prw/base/jobs.h"

#include <condition_variable>
#include <mutex>
#include <numeric>
#include <set>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace prw::base {
namespace {

using namespace std::chrono_literals;

TEST(Jobs, EachIsDoneOnceAndToldInTheWaitingThread) {
    constexpr std::size_t kJobs = 50;
    std::mutex mutex;
    std::multiset<std::size_t> done, told;
    std::set<std::thread::id> threads;
    run_jobs(
        kJobs, 4,
        [&](std::size_t job) {
            const std::lock_guard lock(mutex);
            done.insert(job);
            threads.insert(std::this_thread::get_id());
        },
        1h,
        [&](std::optional<std::size_t> ended) {
            ASSERT_TRUE(ended);
            told.insert(*ended);
            EXPECT_FALSE(threads.contains(std::this_thread::get_id()));
        });
    std::vector<std::size_t> all(kJobs);
    std::iota(all.begin(), all.end(), 0U);
    EXPECT_EQ(std::vector(done.begin(), done.end()), all);
    EXPECT_EQ(std::vector(told.begin(), told.end()), all);
    EXPECT_LE(threads.size(), 4U);
}

TEST(Jobs, OneWorkerDoesThemInOrder) {
    std::vector<std::size_t> done;
    run_jobs(
        5, 1, [&](std::size_t job) { done.push_back(job); }, 1h, [](auto) {});
    EXPECT_EQ(done, (std::vector<std::size_t>{0, 1, 2, 3, 4}));
}

TEST(Jobs, AsManyRunTogetherAsThereAreWorkers) {
    std::mutex mutex;
    std::condition_variable changed;
    std::size_t running = 0;
    bool met = false;
    run_jobs(
        2, 2,
        [&](std::size_t) {
            std::unique_lock lock(mutex);
            met = ++running == 2 || met;
            changed.notify_all();
            changed.wait_for(lock, 10s, [&] { return met; });
            --running;
        },
        1h, [](auto) {});
    EXPECT_TRUE(met);
}

TEST(Jobs, ThatTakeLongAreToldOfInBetween) {
    std::mutex mutex;
    std::condition_variable changed;
    int pauses = 0;
    run_jobs(
        1, 1,
        [&](std::size_t) {
            std::unique_lock lock(mutex);
            EXPECT_TRUE(changed.wait_for(lock, 10s, [&] { return pauses >= 2; }));
        },
        1ms,
        [&](std::optional<std::size_t> ended) {
            const std::lock_guard lock(mutex);
            if (!ended) ++pauses;
            changed.notify_all();
        });
    EXPECT_GE(pauses, 2);
}

TEST(Jobs, NoneIsFine) {
    run_jobs(
        0, 3, [](auto) { FAIL(); }, 1h, [](auto) { FAIL(); });
}

TEST(Workers, AreAskedForOrFollowTheCores) {
    EXPECT_EQ(workers_of(3, 5), 3U);
    EXPECT_GE(workers_of(0, 5), 5U);
    EXPECT_EQ(workers_of(0, 5) % 5, 0U);
}

}  // namespace
}  // namespace prw::base
