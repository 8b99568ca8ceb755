#include "prw/sender_suite/runner.h"
#include "prw/base/units.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <thread>

#include "checks/habits.h"
#include "checks/table.h"
#include "prw/base/jobs.h"
#include "prw/proto/credentials.h"
#include "prw/sender_suite/sender_suite.h"
#include "prw/suite/command_text.h"
#include "prw/suite/evidence.h"
#include "prw/suite/process.h"
#include "scenarios/scenario.h"
#include "stage.h"

namespace prw::sender_suite {
namespace fs = std::filesystem;

namespace {

/// Scenarios at a time for each core: they mostly wait.
constexpr unsigned kJobsPerCore = 5;
constexpr std::chrono::milliseconds kProgressPause{500};

struct Job {
    std::string scenario;
    proto::ProtobufMessage message;
};

std::string label_of(const Job& job) { return job.scenario + " (" + std::string(proto::short_name(job.message)) + ")"; }
std::string folder_of(const Job& job) { return job.scenario + "-" + std::string(proto::short_name(job.message)); }

std::string version_of(const suite::Target& target, const std::string& out) {
    if (target.version_exec.empty()) return {};
    const auto variables = scenario_variables(target, proto::ProtobufMessage::kV1, "version", out, {}, {}, {});
    suite::ProcessOptions options;
    for (const auto& word : target.version_exec) {
        auto expanded = suite::expand(word, variables, target.origin);
        if (!expanded) return {};
        options.argv.push_back(std::move(*expanded));
    }
    options.log_path = (fs::path(out) / "version.txt").string();
    options.grace = std::chrono::milliseconds(200);
    std::error_code ignored;
    fs::remove(options.log_path, ignored);
    auto process = suite::Process::start(options);
    if (!process) return {};
    (void)(*process)->wait(std::chrono::seconds(3));
    (void)(*process)->stop();
    std::string text = suite::tail_of_file(options.log_path, 50);
    fs::remove(options.log_path, ignored);
    return text.substr(0, text.find('\n'));
}

/// A scenario that could not be carried out although the target works otherwise must not go unnoticed.
bool broken(const ScenarioRecord& record, bool others_sent) {
    if (record.problem.empty() || record.interrupted) return false;
    return record.target_broke || (others_sent && record.deliveries().empty());
}

/// One for each problem, however many scenarios it concerns.
std::vector<suite::CheckOutcome> broken_scenarios(const std::vector<const ScenarioRecord*>& records, bool others_sent) {
    std::vector<suite::CheckOutcome> all;
    std::map<std::string, std::vector<const ScenarioRecord*>> concerned;
    for (const auto* record : records) {
        if (!broken(*record, others_sent)) continue;
        auto& same = concerned[record->problem];
        same.push_back(record);
        if (same.size() > 1) continue;
        suite::CheckOutcome out;
        out.id = kTargetRuns;
        out.message = judged_message(*record);
        out.verdict = suite::Verdict::kError;
        out.extension = true;
        out.summary = kTargetRunsSummary;
        out.want = "a target that runs through the scenario";
        out.got = record->problem;
        out.scenario = record->scenario;
        out.duration_ms = record->duration_ms;
        all.push_back(std::move(out));
    }
    for (auto& out : all) {
        const auto& same = concerned[out.got];
        std::string names;
        for (const auto* record : same) add_word(names, record->scenario);
        out.reason = (same.size() == 1 ? "scenario " : std::to_string(same.size()) + " scenarios (") + names +
                     (same.size() == 1 ? ": " : "): ") + out.got;
    }
    return all;
}

/// How the URL gets to a program that does not look for it itself.
std::string how_to_pass_urls(const suite::Target& target) {
    const auto program = target.exec.empty() ? std::string("my-sender") : suite::redact_command({target.exec.front()});
    return "does it send to what PRW_REMOTE_WRITE_URL says? Where the URL is an argument: prw test sender -- sh -c '" +
           program + " --url \"$PRW_REMOTE_WRITE_URL\"', with its own name for --url";
}

/// What is the same in every scenario is told with the first one that has it.
void tell_details(const std::vector<ScenarioRecord>& records, std::vector<suite::ScenarioOutcome>& outcomes) {
    std::set<std::string> told;
    for (std::size_t i = 0; i < records.size(); ++i) {
        const auto& record = records[i];
        if (record.problem.empty() || !record.started || record.interrupted || !told.insert(record.problem).second)
            continue;
        auto& detail = outcomes[i].detail;
        const bool silent = record.deliveries().empty();
        if (silent && record.scraped())
            add_word(detail, "it scraped " + count_text(record.generations.size(), "time") + " and sent nothing", "; ");
        if (silent && record.target.input == suite::Input::kUnknown && !record.target.attach && !record.target_broke)
            add_word(detail, how_to_pass_urls(record.target), "; ");
        if (!record.last_output.empty()) add_word(detail, "its last output: " + record.last_output, "; ");
    }
}

suite::ScenarioOutcome outcome_of(const ScenarioRecord& record, const std::string& out) {
    suite::ScenarioOutcome outcome;
    outcome.name = record.scenario;
    outcome.message = record.asked;
    if (const auto* played = find_scenario(record.scenario)) outcome.summary = played->summary;
    outcome.duration_ms = record.duration_ms;
    outcome.requests = record.deliveries().size();
    outcome.series = record.observation.series().size();
    for (const auto& delivery : record.deliveries()) outcome.samples += delivery.samples.size();
    const fs::path folder = fs::path(record.directory).lexically_relative(fs::absolute(out).lexically_normal());
    if (!record.capture.empty()) outcome.capture = (folder / record.capture).string();
    std::error_code ignored;
    if (record.started && fs::exists(fs::path(record.directory) / "target.log", ignored))
        outcome.target_log = (folder / "target.log").string();
    outcome.problem = record.problem;
    outcome.ended = !record.interrupted;
    return outcome;
}

std::string why_stopped(const SenderRunOptions& options) {
    return options.why_stopped ? options.why_stopped() : "the run was interrupted";
}

ScenarioRecord unplayed(const SenderRunOptions& options, const Job& job) {
    ScenarioRecord record;
    record.scenario = job.scenario;
    record.asked = job.message;
    record.target = options.target;
    record.directory = (fs::absolute(options.out).lexically_normal() / folder_of(job)).string();
    return record;
}

/// Plays scenarios in several threads, and tells of it.
class Pool {
public:
    Pool(SenderRunOptions options, const std::deque<Job>& jobs)
        : options_(std::move(options)), jobs_(jobs.begin(), jobs.end()) {
        options_.cadence = &cadence_;
    }

    std::vector<ScenarioRecord> run() {
        base::run_jobs(
            jobs_.size(), base::workers_of(options_.jobs, kJobsPerCore), [this](std::size_t job) { work(jobs_[job]); },
            kProgressPause,
            [this](std::optional<std::size_t> ended) {
                if (!options_.progress) return;
                suite::Progress progress = snapshot();
                if (ended) progress.finished = label_of(jobs_[*ended]);
                options_.progress(progress);
            });
        return std::move(records_);
    }

private:
    suite::Progress snapshot() {
        const std::lock_guard lock(mutex_);
        suite::Progress out;
        out.done = records_.size();
        out.total = jobs_.size();
        out.requests = requests_;
        out.samples = samples_;
        const Pace pace(options_.target.patience, options_.target.settle, options_.cadence);
        out.cadence = std::chrono::duration_cast<std::chrono::milliseconds>(
            pace.cadence().value_or(std::chrono::microseconds(0)));
        out.limit = options_.timeout.value_or(pace.of(kTimeLimit));
        out.running.assign(running_.begin(), running_.end());
        out.elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began_);
        return out;
    }

    void work(const Job& job) {
        std::unique_lock lock(mutex_);
        // Where a scenario has waited in vain, the others that run already are given their time before it is decided
        // whether the rest is of any use.
        changed_.wait(lock, [this] { return !in_vain() || running_.empty(); });
        if (in_vain()) {
            records_.push_back(not_run(job));
            return;
        }
        running_.insert(label_of(job));
        lock.unlock();
        auto record =
            run_scenario(options_, job.scenario, job.message, [this](std::uint64_t requests, std::uint64_t samples) {
                const std::lock_guard counters(mutex_);
                if (requests_ == 0) changed_.notify_all();
                requests_ += requests;
                samples_ += samples;
            });
        lock.lock();
        silent_ = silent_ || waited_in_vain(record);
        running_.erase(label_of(job));
        records_.push_back(std::move(record));
        changed_.notify_all();
    }

    /// A scenario that gave a running program all the time that its first request may take, and saw none.
    static bool waited_in_vain(const ScenarioRecord& record) {
        return record.started && !record.problem.empty() && !record.target_broke && !record.interrupted &&
               !record.exited && !record.target.attach && find_scenario(record.scenario)->listens;
    }
    bool in_vain() const { return silent_ && requests_ == 0 && !(options_.stop != nullptr && options_.stop->load()); }
    ScenarioRecord not_run(const Job& job) const {
        auto record = unplayed(options_, job);
        record.problem = "not run, as no request arrived in the scenarios before it";
        return record;
    }

    SenderRunOptions options_;
    SharedCadence cadence_;
    bool silent_ = false;  ///< a scenario has waited in vain
    const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
    std::mutex mutex_;
    std::condition_variable changed_;
    const std::vector<Job> jobs_;
    std::set<std::string> running_;
    std::uint64_t requests_ = 0, samples_ = 0;
    std::vector<ScenarioRecord> records_;
};

/// What the undisturbed scenario showed is known to the judges of all others with the same message.
void share_baseline(std::vector<ScenarioRecord>& records) {
    for (const auto& steady : records) {
        if (steady.scenario != kSteady || steady.deliveries().empty()) continue;
        const auto baseline = baseline_of(steady);
        for (auto& record : records)
            if (record.scenario != kSteady && record.asked == steady.asked) record.observation.know(baseline);
    }
}

std::vector<proto::ProtobufMessage> messages_of(const SenderRunOptions& options) {
    return options.messages.empty() ? options.target.protocols : options.messages;
}

Result<std::deque<Job>> plan(const SenderRunOptions& options) {
    std::vector<std::string> scenario_names = options.scenarios;
    if (options.target.attach && scenario_names.empty()) scenario_names = {std::string(kSteady)};
    if (auto known = sender_suite().check_scenario_names(scenario_names); !known)
        return tl::unexpected<Error>(known.error());
    if (scenario_names.empty()) {
        for (const auto& each : scenarios()) scenario_names.emplace_back(each.name);
    }
    if (options.target.attach) {
        if (scenario_names.size() != 1)
            return fail(ErrorCode::kInvalidArgument, "an attached sender goes through one scenario at a time");
        if (!find_scenario(scenario_names.front())->attachable)
            return fail(ErrorCode::kInvalidArgument,
                        "scenario " + scenario_names.front() +
                            " starts the program several times, each time configured otherwise: it cannot be played "
                            "with a sender that runs already");
    }
    auto messages = messages_of(options);
    if (options.target.attach) messages = {messages.empty() ? proto::ProtobufMessage::kV1 : messages.front()};
    for (const auto message : messages) {
        const auto& can = options.target.protocols;
        if (options.target.input == suite::Input::kUnknown || options.target.attach ||
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

ScenarioRecord run_scenario(const SenderRunOptions& options, const std::string& scenario,
                            proto::ProtobufMessage message,
                            const std::function<void(std::uint64_t, std::uint64_t)>& received) {
    auto record = unplayed(options, {scenario, message});
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

Result<std::string> missing_requirement(const suite::Target& target) {
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
        const auto name = suite::expand(text, variables, target.origin);
        if (!name) return tl::unexpected<Error>(name.error());
        const bool path = name->find('/') != std::string::npos;
        if (!suite::find_program(*name).empty() ||
            (path && !target.folder.empty() && !suite::find_program(*name, target.folder).empty()))
            continue;
        const auto package = kPackages.find(fs::path(*name).filename().string());
        out += (out.empty() ? "" : "; ") + *name + " is not on this machine" + (path ? "" : " (not in PATH)") +
               (package != kPackages.end() ? ": install the Debian package " + package->second : std::string());
    }
    // Everything else that is expanded later, so that a mistake shows before anything runs.
    std::vector<std::vector<std::string>> ways = {{}};
    for (const auto& [name, variant] : target.variants) ways.push_back({name});
    for (const auto& way : ways) {
        const auto started = suite::with_variants(target, way);
        auto all = variables;
        if (auto added = add_variables(started, all); !added) return tl::unexpected<Error>(added.error());
        std::vector<std::string> rest(started.exec.begin() + 1, started.exec.end());
        for (const auto& [name, text] : started.files) rest.push_back(text);
        for (const auto& [name, text] : started.env) rest.push_back(text);
        for (const auto& text : rest) {
            if (auto expanded = suite::expand(text, all, target.origin); !expanded)
                return tl::unexpected<Error>(expanded.error());
        }
    }
    return out;
}

Result<suite::Results> run_sender_tests(const SenderRunOptions& options) {
    auto jobs = plan(options);
    if (!jobs) return tl::unexpected<Error>(jobs.error());
    std::error_code error;
    fs::create_directories(options.out, error);
    if (error) return fail(ErrorCode::kIo, "cannot create the folder for results", options.out, error.message());

    suite::Results results;
    const auto began = std::chrono::steady_clock::now();
    results.role = kRole;
    results.tool_version = options.tool_version;
    results.started = base::utc_now();
    results.command_line = options.command_line;
    results.target.name = options.target.name;
    results.target.profile = options.target.origin;
    results.target.command = suite::redact_command(options.target.exec);
    results.target.without = options.target.without;
    results.target.version = version_of(options.target, options.out);

    SenderRunOptions run = options;
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
        for (const auto& each : scenarios()) {
            if (each.name == record.scenario) break;
            ++i;
        }
        return std::make_pair(record.asked, i);
    };
    std::sort(records.begin(), records.end(),
              [&](const ScenarioRecord& a, const ScenarioRecord& b) { return rank(a) < rank(b); });

    share_baseline(records);
    if (options.target.told_message()) results.asked = messages_of(options);
    std::set<proto::ProtobufMessage> messages, sent;
    for (const auto& record : records) {
        messages.insert(judged_message(record));
        for (const auto& delivery : record.deliveries()) {
            if (delivery.decoded) sent.insert(delivery.message);
            if (results.target.user_agent.empty()) results.target.user_agent = delivery.user_agent;
        }
        results.scenarios.push_back(outcome_of(record, options.out));
    }
    results.sent.assign(sent.begin(), sent.end());
    messages.insert(sent.begin(), sent.end());
    tell_details(records, results.scenarios);
    const bool any_sent =
        std::any_of(records.begin(), records.end(), [](const ScenarioRecord& r) { return !r.deliveries().empty(); });
    const auto capsule = [&](suite::CheckOutcome& check) {
        for (std::size_t i = 0; i < records.size(); ++i) {
            const bool same = records[i].scenario == check.scenario &&
                              (judged_message(records[i]) == check.message || records[i].asked == check.message);
            const bool shown = check.verdict == suite::Verdict::kFail || check.verdict == suite::Verdict::kWarn ||
                               !check.exchanges.empty();
            if (same && shown) check.capsule = results.scenarios[i].capture;
        }
    };
    for (const auto message : messages) {
        std::vector<const ScenarioRecord*> all, of_message;
        for (const auto& record : records) {
            all.push_back(&record);
            if (judged_message(record) != message) continue;
            for (auto& check : judge(record)) results.checks.push_back(std::move(check));
            of_message.push_back(&record);
        }
        for (auto& each : broken_scenarios(of_message, any_sent)) results.checks.push_back(std::move(each));
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

}  // namespace prw::sender_suite
