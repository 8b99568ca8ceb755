/// One scenario's receiver, scrape target and program, and the wait for what they do. Internal to conformance.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "pace.h"
#include "prw/exchange/capture.h"
#include "prw/http/tls_front.h"
#include "prw/receiver/receiver.h"
#include "prw/sender_suite/runner.h"
#include "prw/sender_suite/scrape_target.h"
#include "prw/suite/process.h"

namespace prw::sender_suite {

enum class Waited : std::uint8_t { kDone, kExited, kDeadline, kInterrupted };

class Stage {
public:
    using Milliseconds = std::chrono::milliseconds;

    Stage(const SenderRunOptions& options, ScenarioRecord& record, std::vector<SourceFamily> families,
          std::function<void(std::uint64_t, std::uint64_t)> received);
    ~Stage();
    Stage(const Stage&) = delete;
    Stage& operator=(const Stage&) = delete;

    /// What is not the same in every scenario.
    struct Opening {
        receiver::Script script = {};
        std::string target = "/api/v1/write";  ///< path and query that the program is told to send to
        bool other_targets = false;            ///< requests to others are no finding
        bool refuse = false;                   ///< connections are refused until open_port()
        bool keep_heads = false;               ///< deliveries keep their request heads
        bool only_1x = false;                  ///< the receiver knows 1.0 only: 415 to 2.0
        std::vector<std::string> variants = {};
        suite::Variables variables = {};
    };
    /// Receiver with this script, scrape target, program. False: record.problem says why.
    bool open(receiver::Script script);
    bool open_with(Opening opening);
    /// From now on connections are accepted.
    bool open_port();
    /// Stops the program and starts it anew with another URL and other variants. False when it does not start, which is
    /// no problem of the record.
    bool restart(const std::string& target, const std::vector<std::string>& variants,
                 const suite::Variables& variables);
    /// What comes to this target is left to the check of its trial; see Observation.
    void leave_to_trial(const std::string& target) {
        const std::lock_guard lock(mutex_);
        record_.observation.leave_to_trial(target);
    }
    /// TLS handshakes of this target that failed.
    [[nodiscard]] std::uint64_t failed_handshakes() const { return tls_ ? tls_->failed_handshakes() : 0; }
    /// How the program that runs now ended by itself; nullopt while it runs.
    [[nodiscard]] std::optional<suite::ExitStatus> exited() const;
    /// The connection of the next request is reset once so many bytes of its body are there.
    void reset_next(std::size_t after) { reset_after_ = static_cast<std::int64_t>(after); }
    /// Waits for `done`, which is asked whenever something happened, for the program's own end, for the deadline, which
    /// moves as the sender's pace becomes known, or for an interruption.
    Waited wait(Patience deadline, const std::function<bool()>& done, bool until_exit = true);
    /// From now on requests are answered by this script.
    void answer(receiver::Script script);
    /// Without a script from now on.
    void accept_everything();
    /// Stops the program, then the servers, and completes the record.
    void close();

    /// Looks at what has arrived so far, outside wait().
    template <typename Look>
    [[nodiscard]] auto look(Look look) {
        const std::lock_guard lock(mutex_);
        return look(record_.observation);
    }
    [[nodiscard]] std::size_t requests() {
        return look([](const Observation& seen) { return seen.deliveries().size(); });
    }

    // What `done` may look at (only within wait, and after close).
    [[nodiscard]] const Observation& observation() const { return record_.observation; }
    [[nodiscard]] std::vector<Generation> generations() const { return source_.generations(); }
    [[nodiscard]] std::uint64_t scrapes() const { return source_.scrapes(); }
    [[nodiscard]] ScrapeTarget& source() { return source_; }
    [[nodiscard]] Milliseconds lasts(Patience wait) const { return pace_.of(wait); }
    /// Notes that something was not waited for any longer, so that more patience might decide more.
    void gave_up() { record_.gave_up = true; }
    [[nodiscard]] ScenarioRecord& record() { return record_; }
    /// Since the scenario began.
    [[nodiscard]] Milliseconds elapsed() const;
    /// The receiver's time, as in deliveries.
    [[nodiscard]] std::int64_t now_us() const { return receiver_->now_us(); }
    /// True when the target scrapes, or may.
    [[nodiscard]] bool may_scrape() const;

private:
    bool prepare_directory();
    bool start_program(const std::string& path_and_query, const std::vector<std::string>& variants,
                       const suite::Variables& further);
    [[nodiscard]] Result<std::string> https_url(const std::string& path_and_query);
    void note(const exchange::Exchange& exchange);
    [[nodiscard]] std::string read_log() const;
    [[nodiscard]] Milliseconds time_limit() const;
    [[nodiscard]] std::string nothing_came() const;
    void look_for_written();
    /// Notes what the program gets to see of our making.
    void hand_over(const receiver::Script& script);
    void hand_over(const suite::ProcessOptions& options, const suite::Variables& variables,
                   const std::vector<std::string>& files);
    void wake();

    const SenderRunOptions& options_;
    ScenarioRecord& record_;
    std::function<void(std::uint64_t, std::uint64_t)> received_;
    std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
    std::mutex mutex_;
    std::condition_variable changed_;
    bool dirty_ = false;
    Pace pace_;
    ScrapeTarget source_;
    std::unique_ptr<exchange::CaptureWriter> capture_;
    std::string capture_problem_;
    std::unique_ptr<receiver::Receiver> receiver_;
    std::unique_ptr<http::TlsFront> tls_;  ///< in front of the receiver, for a start with the variant tls
    std::string ca_file_;
    std::unique_ptr<suite::Process> process_;
    std::string log_path_, work_dir_;
    std::vector<std::string> handed_;  ///< texts of ours that the program may repeat in its log
    std::size_t starts_ = 0;
    std::atomic<std::int64_t> reset_after_{-1};
    bool refuses_ = false;  ///< connections were refused at first
    bool closed_ = false;
};

/// Credentials that a target is told to use.
inline constexpr std::string_view kTestUser = "prw-user", kTestPassword = "prw-word", kTestToken = "prw-token-42";

/// Variables for ${…}; those about the run are in the child's environment, too.
[[nodiscard]] suite::Variables scenario_variables(const suite::Target& target, proto::ProtobufMessage message,
                                                  const std::string& scenario, const std::string& work_dir,
                                                  const std::string& write_url, const std::string& scrape_url,
                                                  const std::string& scrape_hostport);
/// Adds the target's own variables, expanded. kInvalidArgument for an unset one in them.
[[nodiscard]] Result<void> add_variables(const suite::Target& target, suite::Variables& variables);

}  // namespace prw::sender_suite
