/// The runs themselves: a program, a scenario, a message each, many at a time, as they mostly wait.
#include <algorithm>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <mutex>
#include <set>
#include <thread>

#include <unistd.h>

#include "lookup.h"
#include "prw/base/jobs.h"
#include "prw/self_test/self_test.h"

namespace prw::self_test {
namespace fs = std::filesystem;

namespace {

/// Runs at a time for each core: they mostly wait.
constexpr unsigned kJobsPerCore = 6;
constexpr std::chrono::milliseconds kProgressPause{500};

/// A folder for the captures of all runs; one of our own is removed at the end.
class Workplace {
public:
    static Result<std::unique_ptr<Workplace>> open(const std::string& out) {
        auto place = std::unique_ptr<Workplace>(new Workplace);
        std::error_code error;
        if (out.empty()) {
            auto name = (fs::temp_directory_path(error) / "prw-self-test-XXXXXX").string();
            if (error || ::mkdtemp(name.data()) == nullptr)
                return fail(ErrorCode::kIo, "cannot create a folder for captures", name);
            place->path_ = name;
            place->own_ = true;
            return place;
        }
        fs::create_directories(out, error);
        if (error) return fail(ErrorCode::kIo, "cannot create the folder for captures", out, error.message());
        place->path_ = out;
        return place;
    }
    ~Workplace() {
        std::error_code ignored;
        if (own_) fs::remove_all(path_, ignored);
    }
    Workplace(const Workplace&) = delete;
    Workplace& operator=(const Workplace&) = delete;

    /// The subject's folder; each scenario and message has one in it.
    [[nodiscard]] std::string folder_of(const SelfTestJob& job) const {
        std::string name = job.subject;
        std::replace(name.begin(), name.end(), '/', '.');
        if (job.kind == SubjectKind::kNull) name += "-as-null";  // the mutant of the same name runs elsewhere
        return (fs::path(path_) / name).string();
    }
    [[nodiscard]] bool own() const { return own_; }

private:
    Workplace() = default;
    std::string path_;
    bool own_ = false;
};

class Runner {
public:
    Runner(const SelfTestCatalogue& catalogue, const SelfTestOptions& options, std::vector<SelfTestJob> jobs,
           const Workplace& place, std::size_t workers)
        : catalogue_(catalogue), options_(options), place_(place), jobs_(std::move(jobs)), workers_(workers) {
        runs_.resize(jobs_.size());
    }

    std::vector<SelfTestRun> run() {
        base::run_jobs(
            jobs_.size(), workers_, [this](std::size_t job) { work(job); }, kProgressPause,
            [this](std::optional<std::size_t> ended) { tell(ended); });
        // What was interrupted says nothing.
        std::erase_if(runs_, [](const SelfTestRun& run) { return run.attempts == 0; });
        return std::move(runs_);
    }

private:
    [[nodiscard]] bool stopped() const { return options_.stop != nullptr && options_.stop->load(); }

    void work(std::size_t index) {
        const auto& job = jobs_[index];
        {
            const std::lock_guard lock(mutex_);
            running_.insert(job.text());
        }
        SelfTestRun run = attempt(job);
        if (run.attempts != 0 && worth_repeating(catalogue_, run) && !stopped()) {
            run = attempt(job);
            if (run.attempts != 0) run.attempts = 2;
        }
        tidy_up(run);
        const std::lock_guard lock(mutex_);
        running_.erase(job.text());
        runs_[index] = std::move(run);
        ++done_;
    }

    void tell(std::optional<std::size_t> ended) {
        if (!options_.progress) return;
        suite::Progress progress;
        progress.total = jobs_.size();
        if (ended) progress.finished = jobs_[*ended].text();
        progress.elapsed =
            std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began_);
        {
            const std::lock_guard lock(mutex_);
            progress.done = done_;
            progress.requests = requests_;
            progress.samples = samples_;
            progress.running.assign(running_.begin(), running_.end());
        }
        options_.progress(progress);
    }

    SelfTestRun attempt(const SelfTestJob& job) {
        return catalogue_.play(
            {catalogue_, options_, job, place_.folder_of(job), [this](std::uint64_t requests, std::uint64_t samples) {
                 const std::lock_guard lock(mutex_);
                 requests_ += requests;
                 samples_ += samples;
             }});
    }

    /// Only what somebody may want to look at is left.
    void tidy_up(SelfTestRun& run) const {
        if (!place_.own() && run.attempts != 0 && !problems_of(catalogue_, run).empty()) return;
        std::error_code ignored;
        fs::remove_all(run.folder, ignored);
        fs::remove(fs::path(run.folder).parent_path(), ignored);  // only when it is empty
        run.folder.clear();
    }

    const SelfTestCatalogue& catalogue_;
    const SelfTestOptions& options_;
    const Workplace& place_;
    const std::vector<SelfTestJob> jobs_;
    const std::size_t workers_;
    const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
    std::mutex mutex_;
    std::size_t done_ = 0;
    std::set<std::string> running_;
    std::uint64_t requests_ = 0, samples_ = 0;
    std::vector<SelfTestRun> runs_;
};

}  // namespace

Result<SelfTestMatrix> run_self_test(const SelfTestCatalogue& catalogue, const SelfTestOptions& options) {
    auto jobs = plan_self_test(catalogue, options);
    if (!jobs) return tl::unexpected<Error>(jobs.error());
    auto place = Workplace::open(options.out);
    if (!place) return tl::unexpected<Error>(place.error());
    const unsigned workers = base::workers_of(options.jobs, kJobsPerCore);
    const auto began = std::chrono::steady_clock::now();
    const std::size_t planned = jobs->size();
    auto runs = Runner(catalogue, options, std::move(*jobs), **place, workers).run();
    const bool complete = runs.size() == planned;
    auto matrix =
        matrix_of(catalogue, std::move(runs), !complete || !options.select.empty() || options.messages.size() == 1);
    matrix.complete = complete;
    matrix.tool_version = options.tool_version;
    matrix.command_line = options.command_line;
    matrix.jobs = workers;
    matrix.duration_ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began).count();
    return matrix;
}

}  // namespace prw::self_test
