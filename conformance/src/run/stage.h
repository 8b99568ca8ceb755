/// One scenario's receiver, scrape target and program, and the wait for what they do. Internal to conformance.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "prw/conformance/process.h"
#include "prw/conformance/runner.h"
#include "prw/conformance/scrape_target.h"
#include "prw/receiver/capture.h"
#include "prw/receiver/receiver.h"

namespace prw::conformance {

enum class Waited : std::uint8_t { kDone, kExited, kDeadline, kInterrupted };

class Stage {
public:
    using Milliseconds = std::chrono::milliseconds;

    Stage(const RunOptions& options, ScenarioRecord& record,
          std::function<void(std::uint64_t, std::uint64_t)> received);
    ~Stage();
    Stage(const Stage&) = delete;
    Stage& operator=(const Stage&) = delete;

    /// Receiver with this script, scrape target, program. False: record.problem says why.
    bool open(receiver::Script script);
    /// Waits for `done`, which is asked whenever something happened, for the program's own end, for the deadline, or
    /// for an interruption.
    Waited wait(Milliseconds deadline, const std::function<bool()>& done, bool until_exit = true);
    /// From now on requests are answered by this script.
    void answer(receiver::Script script);
    /// Without a script from now on; notes the time.
    void accept_everything();
    /// Stops the program, then the servers, and completes the record.
    void close();

    // What `done` may look at (only within wait, and after close).
    [[nodiscard]] const Observation& observation() const { return record_.observation; }
    [[nodiscard]] std::vector<Generation> generations() const { return source_.generations(); }
    [[nodiscard]] std::uint64_t scrapes() const { return source_.scrapes(); }
    [[nodiscard]] ScrapeTarget& source() { return source_; }
    [[nodiscard]] ScenarioRecord& record() { return record_; }
    /// Since the scenario began.
    [[nodiscard]] Milliseconds elapsed() const;
    /// True when the target scrapes, or may.
    [[nodiscard]] bool may_scrape() const;

private:
    bool prepare_directory();
    bool start_program();
    void note(const receiver::Exchange& exchange);
    void wake();

    const RunOptions& options_;
    ScenarioRecord& record_;
    std::function<void(std::uint64_t, std::uint64_t)> received_;
    std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
    std::mutex mutex_;
    std::condition_variable changed_;
    bool dirty_ = false;
    ScrapeTarget source_;
    std::unique_ptr<receiver::CaptureWriter> capture_;
    std::string capture_problem_;
    std::unique_ptr<receiver::Receiver> receiver_;
    std::unique_ptr<Process> process_;
    std::string log_path_, work_dir_;
    bool closed_ = false;
};

/// Variables for ${…} and for the child's environment.
[[nodiscard]] Variables scenario_variables(const Target& target, proto::ProtobufMessage message,
                                           const std::string& scenario, const std::string& work_dir,
                                           const std::string& write_url, const std::string& scrape_url,
                                           const std::string& scrape_hostport);

}  // namespace prw::conformance
