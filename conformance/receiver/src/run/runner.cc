/// Runs groups against a receiver and puts the results together.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <mutex>
#include <random>
#include <set>

#include "checks/table.h"
#include "prw/base/bytes_text.h"
#include "prw/base/jobs.h"
#include "prw/base/text.h"
#include "prw/base/units.h"
#include "prw/receiver_suite/record.h"
#include "prw/sender/clock.h"
#include "run/stage.h"

namespace prw::receiver_suite {
namespace fs = std::filesystem;

namespace {

using Steady = std::chrono::steady_clock;

/// Groups at a time: they mostly wait for the receiver, which has cores to share with us.
constexpr unsigned kJobsPerCore = 2;
constexpr std::chrono::milliseconds kProgressPause{500};

std::int64_t ms_since(Steady::time_point began) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(Steady::now() - began).count();
}

/// Marks what this run writes: nothing of another run is taken for it.
std::string new_run_mark() {
    std::random_device device;
    return base::hex_number((std::uint64_t{device()} & 0xffffffU) | 0x1000000U);
}

struct Job {
    std::string group;
    proto::ProtobufMessage message = proto::ProtobufMessage::kV1;
};

std::string label_of(const Job& job) { return job.group + " (" + std::string(proto::short_name(job.message)) + ")"; }

GroupRecord unplayed(const suite::RunOptions& options, const Job& job) {
    GroupRecord out;
    out.group = job.group;
    out.message = job.message;
    out.target = options.target;
    out.directory = (fs::path(options.out) / (job.group + "-" + std::string(proto::short_name(job.message)))).string();
    return out;
}

std::vector<proto::ProtobufMessage> messages_of(const suite::RunOptions& options) {
    return options.messages.empty() ? options.target.protocols : options.messages;
}

/// One good request, before anything else: whether somebody is there, and takes this message at all.
struct Probe {
    std::string unreachable, not_spoken;
};
Probe probe(const suite::RunOptions& options, proto::ProtobufMessage message, const std::string& run) {
    Probe out;
    auto record = unplayed(options, {"probe", message});
    Stage stage(options, record, run);
    if (const auto opened = stage.open(); !opened) {
        out.unreachable = opened.error().text();
        return out;
    }
    static const Case kProbe[] = {{.id = "probe", .summary = "One sample of one series."}};
    stage.play({"probe", "One good request.", kProbe});
    (void)stage.close();
    std::error_code ignored;
    fs::remove_all(record.directory, ignored);
    if (record.replies.empty() || !record.replies.front().answered()) {
        out.unreachable = record.replies.empty() ? record.problem : record.replies.front().failure;
    } else if (record.replies.front().status == 415 && !options.target.told_message()) {
        out.not_spoken = "the receiver answers 415 to " + std::string(proto::short_name(message)) +
                         ", so that it is none of this version; --protobuf-message " +
                         std::string(proto::short_name(message)) + " judges it all the same";
    }
    return out;
}

class Pool {
public:
    Pool(const suite::RunOptions& options, std::vector<Job> jobs, std::string run)
        : options_(options), jobs_(std::move(jobs)), run_(std::move(run)), records_(jobs_.size()) {}

    std::vector<GroupRecord> play() {
        base::run_jobs(
            jobs_.size(), base::workers_of(options_.jobs, kJobsPerCore), [this](std::size_t job) { work(job); },
            kProgressPause, [this](std::optional<std::size_t> ended) { tell(ended); });
        return std::move(records_);
    }

private:
    void work(std::size_t index) {
        const auto& job = jobs_[index];
        {
            const std::lock_guard lock(mutex_);
            running_.insert(label_of(job));
        }
        auto record = run_group(options_, job.group, job.message, run_);
        const std::lock_guard lock(mutex_);
        running_.erase(label_of(job));
        ++done_;
        for (const auto& reply : record.replies) samples_ += reply.sent.samples;
        requests_ += record.replies.size();
        records_[index] = std::move(record);
    }

    void tell(std::optional<std::size_t> ended) {
        if (!options_.progress) return;
        suite::Progress progress;
        progress.total = jobs_.size();
        if (ended) progress.finished = label_of(jobs_[*ended]);
        progress.elapsed = std::chrono::milliseconds(ms_since(began_));
        {
            const std::lock_guard lock(mutex_);
            progress.done = done_;
            progress.requests = requests_;
            progress.samples = samples_;
            progress.running.assign(running_.begin(), running_.end());
        }
        options_.progress(progress);
    }

    const suite::RunOptions& options_;
    const std::vector<Job> jobs_;
    const std::string run_;
    const Steady::time_point began_ = Steady::now();
    std::mutex mutex_;
    std::set<std::string> running_;
    std::size_t done_ = 0;
    std::uint64_t requests_ = 0, samples_ = 0;
    std::vector<GroupRecord> records_;
};

suite::ScenarioOutcome outcome_of(const GroupRecord& record, const std::string& out) {
    suite::ScenarioOutcome outcome;
    outcome.name = record.group;
    outcome.message = record.message;
    if (const auto* group = find_group(record.group)) outcome.summary = group->summary;
    outcome.duration_ms = record.duration_ms;
    outcome.requests = record.replies.size();
    for (const auto& reply : record.replies) {
        outcome.series += reply.sent.series;
        outcome.samples += reply.sent.samples;
    }
    std::error_code ignored;
    if (!record.capture.empty() && fs::exists(record.capture, ignored))
        outcome.capture = fs::path(record.capture).lexically_relative(out).string();
    outcome.problem = record.problem;
    outcome.ended = !record.interrupted;
    return outcome;
}

suite::CheckOutcome broken(const GroupRecord& record, const std::string& groups_text) {
    suite::CheckOutcome out;
    out.id = kTargetRuns;
    out.message = record.message;
    out.verdict = suite::Verdict::kError;
    out.extension = true;
    out.summary = kTargetRunsSummary;
    out.want = "a receiver that answers every request";
    out.got = record.problem;
    out.reason = groups_text + ": " + record.problem;
    out.scenario = record.group;
    return out;
}

}  // namespace

GroupRecord run_group(const suite::RunOptions& options, const std::string& group, proto::ProtobufMessage message,
                      const std::string& run) {
    auto record = unplayed(options, {group, message});
    const auto began = Steady::now();
    const auto* rows = find_group(group);
    if (rows == nullptr) {
        record.problem = "there is no scenario " + group;
        return record;
    }
    Stage stage(options, record, run.empty() ? new_run_mark() : run);
    if (const auto opened = stage.open(); !opened) {
        record.problem = opened.error().text();
        return record;
    }
    stage.play(*rows);
    if (const auto closed = stage.close(); !closed && record.problem.empty()) record.problem = closed.error().text();
    record.duration_ms = ms_since(began);
    return record;
}

Result<suite::Results> run_receiver_tests(const suite::RunOptions& options) {
    if (auto known = receiver_suite().check_scenario_names(options.scenarios); !known)
        return tl::unexpected<Error>(known.error());
    if (auto url = http::parse_url(options.target.url); !url) return tl::unexpected<Error>(url.error());
    std::error_code error;
    fs::create_directories(options.out, error);
    if (error) return fail(ErrorCode::kIo, "cannot create the folder for results", options.out, error.message());

    const auto began = Steady::now();
    const auto run = new_run_mark();
    suite::Results results;
    results.role = kRole;
    results.tool_version = options.tool_version;
    results.started = base::utc_now();
    results.command_line = options.command_line;
    results.target.name = options.target.name;
    results.target.profile = options.target.origin;
    results.target.command = http::parse_url(options.target.url)->redacted();
    const auto messages = messages_of(options);
    if (options.target.told_message()) results.asked = messages;

    std::vector<Job> jobs;
    std::vector<GroupRecord> records;
    for (const auto message : messages) {
        const auto found = probe(options, message, run);
        for (const auto& group : groups()) {
            const auto& wanted = options.scenarios;
            if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), group.name) == wanted.end()) continue;
            Job job{std::string(group.name), message};
            if (found.unreachable.empty() && found.not_spoken.empty()) {
                jobs.push_back(std::move(job));
                continue;
            }
            auto& record = records.emplace_back(unplayed(options, job));
            record.not_spoken = found.not_spoken;
            record.broke = !found.unreachable.empty();
            if (record.broke) record.problem = "the receiver does not answer: " + found.unreachable;
        }
    }
    for (auto& record : Pool(options, std::move(jobs), run).play()) records.push_back(std::move(record));
    // In the order of the tables, whatever ended first.
    const auto rank = [](const GroupRecord& record) {
        const auto all = groups();
        return std::make_pair(record.message, find_group(record.group) - all.data());
    };
    std::stable_sort(records.begin(), records.end(), [&](const auto& a, const auto& b) { return rank(a) < rank(b); });

    for (const auto message : messages) {
        const GroupRecord* first_broken = nullptr;
        std::string names;
        bool spoken = false;
        for (const auto& record : records) {
            if (record.message != message) continue;
            results.scenarios.push_back(outcome_of(record, options.out));
            for (auto& check : judge(record)) results.checks.push_back(std::move(check));
            spoken = spoken || !record.replies.empty();
            if (!record.broke) continue;
            if (first_broken == nullptr) first_broken = &record;
            base::add_word(names, record.group);
        }
        if (spoken) results.sent.push_back(message);
        if (first_broken != nullptr) results.checks.push_back(broken(*first_broken, names));
    }
    for (auto& check : results.checks)
        for (const auto& scenario : results.scenarios)
            if (scenario.name == check.scenario && scenario.message == check.message &&
                (!check.exchanges.empty() || check.verdict == suite::Verdict::kFail))
                check.capsule = scenario.capture;
    if (auto done = write_capsules(results.checks, records, options.out, options.tool_version); !done) {
        for (auto& scenario : results.scenarios)
            if (scenario.problem.empty()) scenario.problem = "evidence is incomplete: " + done.error().text();
    }
    results.complete = std::none_of(records.begin(), records.end(), [](const auto& r) { return r.interrupted; });
    results.duration_ms = ms_since(began);
    return results;
}

}  // namespace prw::receiver_suite
