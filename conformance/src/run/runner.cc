#include "prw/conformance/runner.h"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <ctime>
#include <deque>
#include <filesystem>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <thread>

#include "checks/table.h"
#include "prw/conformance/evidence.h"
#include "prw/conformance/process.h"
#include "run/stage.h"
#include "scenarios/scenario.h"

namespace prw::conformance {
namespace fs = std::filesystem;

namespace {

/// Scenarios at a time for each core: they mostly wait.
constexpr unsigned kJobsPerCore = 5;

struct Job {
    std::string scenario;
    proto::ProtobufMessage message;
};

std::string label_of(const Job& job) { return job.scenario + " (" + std::string(proto::short_name(job.message)) + ")"; }
std::string folder_of(const Job& job) { return job.scenario + "-" + std::string(proto::short_name(job.message)); }

std::string utc_now() {
    const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    char text[32];
    const auto size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return {text, size};
}

std::string version_of(const Target& target, const std::string& out) {
    if (target.version_exec.empty()) return {};
    const auto variables = scenario_variables(target, proto::ProtobufMessage::kV1, "version", out, {}, {}, {});
    ProcessOptions options;
    for (const auto& word : target.version_exec) {
        auto expanded = expand(word, variables, target.origin);
        if (!expanded) return {};
        options.argv.push_back(std::move(*expanded));
    }
    options.log_path = (fs::path(out) / "version.txt").string();
    options.grace = std::chrono::milliseconds(200);
    std::error_code ignored;
    fs::remove(options.log_path, ignored);
    auto process = Process::start(options);
    if (!process) return {};
    (void)(*process)->wait(std::chrono::seconds(3));
    (void)(*process)->stop();
    std::string text = tail_of_file(options.log_path, 50);
    fs::remove(options.log_path, ignored);
    return text.substr(0, text.find('\n'));
}

/// A scenario that could not be carried out although the target works otherwise must not go unnoticed.
std::optional<CheckOutcome> broken_scenario(const ScenarioRecord& record, bool others_sent) {
    if (record.problem.empty() || record.interrupted) return std::nullopt;
    if (!record.target_broke && (!others_sent || !record.deliveries().empty())) return std::nullopt;
    CheckOutcome out;
    out.id = kTargetRuns;
    out.message = judged_message(record);
    out.verdict = Verdict::kError;
    out.extension = true;
    out.summary = kTargetRunsSummary;
    out.reason = "scenario " + record.scenario + ": " + record.problem;
    out.want = "a target that runs through the scenario";
    out.got = record.problem;
    out.scenario = record.scenario;
    out.duration_ms = record.duration_ms;
    return out;
}

ScenarioOutcome outcome_of(const ScenarioRecord& record, const std::string& out) {
    ScenarioOutcome outcome;
    outcome.name = record.scenario;
    outcome.message = record.asked;
    for (const auto& info : all_scenarios()) {
        if (info.name == record.scenario) outcome.summary = info.summary;
    }
    outcome.duration_ms = record.duration_ms;
    outcome.requests = record.deliveries().size();
    outcome.series = record.observation.series().size();
    for (const auto& delivery : record.deliveries()) outcome.samples += delivery.samples.size();
    const fs::path folder = fs::path(record.directory).lexically_relative(fs::absolute(out).lexically_normal());
    if (!record.capture.empty()) outcome.capture = (folder / record.capture).string();
    std::error_code ignored;
    if (fs::exists(fs::path(record.directory) / "target.log", ignored))
        outcome.target_log = (folder / "target.log").string();
    outcome.problem = record.problem;
    return outcome;
}

/// Workers and what they tell.
class Pool {
public:
    Pool(const RunOptions& options, std::deque<Job> jobs)
        : options_(options), queue_(std::move(jobs)), total_(queue_.size()) {}

    std::vector<ScenarioRecord> run() {
        const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
        const auto workers = std::min<std::size_t>(options_.jobs != 0 ? options_.jobs : cores * kJobsPerCore, total_);
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < workers; ++i) threads.emplace_back([this] { work(); });
        std::unique_lock lock(mutex_);
        while (records_.size() < total_) {
            changed_.wait_for(lock, std::chrono::milliseconds(500), [this] { return !finished_.empty(); });
            do {
                Progress progress = snapshot();
                if (!finished_.empty()) {
                    progress.finished = finished_.front();
                    finished_.pop_front();
                }
                lock.unlock();
                if (options_.progress) options_.progress(progress);
                lock.lock();
            } while (!finished_.empty());
        }
        lock.unlock();
        threads.clear();
        return std::move(records_);
    }

private:
    Progress snapshot() const {
        Progress out;
        out.done = records_.size();
        out.total = total_;
        out.requests = requests_;
        out.samples = samples_;
        out.running.assign(running_.begin(), running_.end());
        out.elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began_);
        return out;
    }

    void work() {
        std::unique_lock lock(mutex_);
        while (!queue_.empty()) {
            const Job job = queue_.front();
            queue_.pop_front();
            running_.insert(label_of(job));
            lock.unlock();
            auto record = run_scenario(options_, job.scenario, job.message,
                                       [this](std::uint64_t requests, std::uint64_t samples) {
                                           const std::lock_guard counters(mutex_);
                                           requests_ += requests;
                                           samples_ += samples;
                                       });
            lock.lock();
            running_.erase(label_of(job));
            finished_.push_back(label_of(job));
            records_.push_back(std::move(record));
            changed_.notify_all();
        }
    }

    const RunOptions& options_;
    const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Job> queue_;
    const std::size_t total_;
    std::set<std::string> running_;
    std::deque<std::string> finished_;
    std::uint64_t requests_ = 0, samples_ = 0;
    std::vector<ScenarioRecord> records_;
};

std::string why_stopped(const RunOptions& options) {
    return options.why_stopped ? options.why_stopped() : "the run was interrupted";
}

Result<std::deque<Job>> plan(const RunOptions& options) {
    std::vector<std::string> scenario_names = options.scenarios;
    if (options.target.attach) scenario_names = {std::string(kSteady)};
    if (auto known = check_scenario_names(scenario_names); !known) return tl::unexpected<Error>(known.error());
    if (scenario_names.empty()) {
        for (const auto& each : scenarios()) scenario_names.emplace_back(each.name);
    }
    auto messages = options.messages.empty() ? options.target.protocols : options.messages;
    if (options.target.attach) messages = {messages.empty() ? proto::ProtobufMessage::kV1 : messages.front()};
    for (const auto message : messages) {
        const auto& can = options.target.protocols;
        if (options.target.input == Input::kUnknown || options.target.attach ||
            std::find(can.begin(), can.end(), message) != can.end())
            continue;
        return fail(ErrorCode::kInvalidArgument, "target " + options.target.name + " cannot be asked to send " +
                                                     std::string(proto::short_name(message)) + " (protocols in " +
                                                     options.target.origin + ")");
    }
    std::deque<Job> jobs;
    std::set<std::string> planned;
    for (const auto& each : scenarios()) {
        if (std::find(scenario_names.begin(), scenario_names.end(), each.name) == scenario_names.end()) continue;
        for (const auto message : messages) {
            Job job{std::string(each.name), message};
            if (each.plays(message) && planned.insert(label_of(job)).second) jobs.push_back(std::move(job));
        }
    }
    if (options.seed) {
        // Fisher and Yates by hand: std::shuffle may differ between standard libraries.
        std::mt19937_64 random(*options.seed);
        for (std::size_t i = jobs.size(); i > 1; --i) std::swap(jobs[i - 1], jobs[random() % i]);
        return jobs;
    }
    std::stable_sort(jobs.begin(), jobs.end(), [](const Job& a, const Job& b) {
        return find_scenario(a.scenario)->seconds > find_scenario(b.scenario)->seconds;
    });
    return jobs;
}

}  // namespace

ScenarioRecord run_scenario(const RunOptions& options, const std::string& scenario, proto::ProtobufMessage message,
                            const std::function<void(std::uint64_t, std::uint64_t)>& received) {
    ScenarioRecord record;
    record.scenario = scenario;
    record.asked = message;
    record.target = options.target;
    record.directory = (fs::absolute(options.out).lexically_normal() / folder_of({scenario, message})).string();
    if (options.stop != nullptr && options.stop->load() && !options.target.attach) {
        record.interrupted = true;
        record.problem = why_stopped(options) + " before it began";
        return record;
    }
    {
        const auto* played = find_scenario(scenario);
        auto families = played != nullptr ? played->families() : std::vector<SourceFamily>();
        if (played != nullptr && played->families == default_families)
            families.insert(families.end(), options.source.begin(), options.source.end());
        families = leave_out(std::move(families), options.target.without);
        Stage stage(options, record, std::move(families), received);
        if (played != nullptr)
            played->play(stage);
        else
            record.problem = "there is no scenario " + scenario;
        stage.close();
    }
    record.interrupted = options.stop != nullptr && options.stop->load() && !options.target.attach;
    if (record.interrupted) record.problem = why_stopped(options);
    return record;
}

Result<std::string> missing_requirement(const Target& target) {
    static const std::map<std::string, std::string> kPackages = {{"prometheus", "prometheus"},
                                                                 {"vmagent", "victoria-metrics"},
                                                                 {"telegraf", "telegraf"},
                                                                 {"python3", "python3"}};
    if (target.attach || target.exec.empty()) return std::string();
    const auto variables = scenario_variables(target, proto::ProtobufMessage::kV1, "start", "/nonexistent",
                                              "http://127.0.0.1:1/", "http://127.0.0.1:1/", "127.0.0.1:1");
    std::vector<std::string> programs = target.requires_programs;
    programs.insert(programs.begin(), target.exec.front());
    std::string out;
    for (const auto& text : programs) {
        const auto name = expand(text, variables, target.origin);
        if (!name) return tl::unexpected<Error>(name.error());
        const bool path = name->find('/') != std::string::npos;
        if (!find_program(*name).empty() ||
            (path && !target.folder.empty() && !find_program(*name, target.folder).empty()))
            continue;
        const auto package = kPackages.find(fs::path(*name).filename().string());
        out += (out.empty() ? "" : "; ") + *name + " is not on this machine" + (path ? "" : " (not in PATH)") +
               (package != kPackages.end() ? ": install the Debian package " + package->second : std::string());
    }
    // Everything else that is expanded later, so that a mistake shows before anything runs.
    std::vector<std::vector<std::string>> ways = {{}};
    for (const auto& [name, variant] : target.variants) ways.push_back({name});
    for (const auto& way : ways) {
        const auto started = with_variants(target, way);
        auto all = variables;
        if (auto added = add_variables(started, all); !added) return tl::unexpected<Error>(added.error());
        std::vector<std::string> rest(started.exec.begin() + 1, started.exec.end());
        for (const auto& [name, text] : started.files) rest.push_back(text);
        for (const auto& [name, text] : started.env) rest.push_back(text);
        for (const auto& text : rest) {
            if (auto expanded = expand(text, all, target.origin); !expanded)
                return tl::unexpected<Error>(expanded.error());
        }
    }
    return out;
}

Result<Results> run_sender_tests(const RunOptions& options) {
    auto jobs = plan(options);
    if (!jobs) return tl::unexpected<Error>(jobs.error());
    std::error_code error;
    fs::create_directories(options.out, error);
    if (error) return fail(ErrorCode::kIo, "cannot create the folder for results", options.out, error.message());

    Results results;
    const auto began = std::chrono::steady_clock::now();
    results.tool_version = options.tool_version;
    results.started = utc_now();
    results.command_line = options.command_line;
    results.target.name = options.target.name;
    results.target.profile = options.target.origin;
    results.target.command = redact_command(options.target.exec);
    results.target.without = options.target.without;
    results.target.version = version_of(options.target, options.out);

    RunOptions run = options;
    if (!options.target.source.empty()) {
        auto source = load_source(options.target.source);
        if (!source) return tl::unexpected<Error>(source.error());
        std::move(source->begin(), source->end(), std::back_inserter(run.source));
    }
    if (options.target.attach)
        run.timeout = options.attach_for.count() > 0 ? options.attach_for : std::chrono::hours(24);
    auto records = Pool(run, std::move(*jobs)).run();
    // In the order of the tables, whatever ended first.
    const auto rank = [](const ScenarioRecord& record) {
        std::size_t i = 0;
        for (const auto& info : all_scenarios()) {
            if (info.name == record.scenario) break;
            ++i;
        }
        return std::make_pair(record.asked, i);
    };
    std::sort(records.begin(), records.end(),
              [&](const ScenarioRecord& a, const ScenarioRecord& b) { return rank(a) < rank(b); });

    std::set<proto::ProtobufMessage> messages;
    for (const auto& record : records) {
        messages.insert(judged_message(record));
        for (const auto& delivery : record.deliveries()) {
            if (delivery.decoded) messages.insert(delivery.message);
            if (results.target.user_agent.empty()) results.target.user_agent = delivery.user_agent;
        }
        results.scenarios.push_back(outcome_of(record, options.out));
    }
    const bool any_sent =
        std::any_of(records.begin(), records.end(), [](const ScenarioRecord& r) { return !r.deliveries().empty(); });
    const auto capsule = [&](CheckOutcome& check) {
        for (std::size_t i = 0; i < records.size(); ++i) {
            const bool same = records[i].scenario == check.scenario &&
                              (judged_message(records[i]) == check.message || records[i].asked == check.message);
            const bool shown =
                check.verdict == Verdict::kFail || check.verdict == Verdict::kWarn || !check.exchanges.empty();
            if (same && shown) check.capsule = results.scenarios[i].capture;
        }
    };
    for (const auto message : messages) {
        std::vector<const ScenarioRecord*> all;
        for (const auto& record : records) {
            all.push_back(&record);
            if (judged_message(record) != message) continue;
            for (auto& check : judge(record)) results.checks.push_back(std::move(check));
            if (auto broken = broken_scenario(record, any_sent)) results.checks.push_back(std::move(*broken));
        }
        for (auto& check : judge_rules(all, message)) results.checks.push_back(std::move(check));
    }
    for (auto& check : results.checks) capsule(check);
    if (auto done = write_capsules(results.checks, records, options.out, options.tool_version); !done) {
        for (auto& scenario : results.scenarios)
            if (scenario.problem.empty()) scenario.problem = "evidence is incomplete: " + done.error().text();
    }
    results.complete =
        std::none_of(records.begin(), records.end(), [](const ScenarioRecord& r) { return r.interrupted; });
    results.duration_ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began).count();
    return results;
}

std::string redact_command(const std::vector<std::string>& argv) {
    const auto secret_name = [](std::string_view name) {
        std::string lower(name);
        std::transform(lower.begin(), lower.end(), lower.begin(),
                       [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
        static constexpr std::array<std::string_view, 6> kWords = {"password", "passwd",  "secret",
                                                                   "token",    "api-key", "authorization"};
        return std::any_of(kWords.begin(), kWords.end(),
                           [&](std::string_view word) { return lower.find(word) != std::string::npos; });
    };
    std::string out;
    bool hide_next = false;
    for (const auto& word : argv) {
        std::string shown = word;
        if (hide_next) {
            shown = "xxxxx";
            hide_next = false;
        } else if (const auto equals = word.find_first_of("=:");
                   equals != std::string::npos && secret_name(word.substr(0, equals)) && !word.starts_with("http")) {
            shown = word.substr(0, equals + 1) + "xxxxx";
        } else if (word.starts_with("-") && secret_name(word)) {
            hide_next = true;
        }
        for (auto at = shown.find("://"); at != std::string::npos; at = shown.find("://", at + 3)) {
            const auto end = shown.find_first_of("/?# ", at + 3);
            const auto sign = shown.rfind('@', end == std::string::npos ? std::string::npos : end);
            const auto colon = shown.find(':', at + 3);
            if (sign != std::string::npos && sign > at && colon != std::string::npos && colon < sign)
                shown.replace(colon + 1, sign - colon - 1, "xxxxx");
        }
        const bool plain =
            !shown.empty() &&
            shown.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=,+@%${}") ==
                std::string::npos;
        if (!plain) {
            std::string quoted = "'";
            for (const char c : shown) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
            shown = quoted + "'";
        }
        out += (out.empty() ? "" : " ") + shown;
    }
    return out;
}

}  // namespace prw::conformance
