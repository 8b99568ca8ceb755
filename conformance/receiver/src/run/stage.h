/// Writes the cases of a group over one connection and takes down what comes back. Internal.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "prw/base/error.h"
#include "prw/exchange/capture.h"
#include "prw/http/client.h"
#include "prw/receiver_suite/record.h"
#include "prw/rules/check.h"

namespace prw::receiver_suite {

class Stage {
public:
    /// Both outlive the stage. `run` marks the run.
    Stage(const suite::RunOptions& options, GroupRecord& record, std::string run);

    [[nodiscard]] Result<void> open();
    /// Until the last case, the first that shows that nobody answers, or the stop of the run.
    void play(const Group& group);
    [[nodiscard]] Result<void> close();

private:
    void play(const Case& row);
    void send(const Case& row, unsigned step, bool good, const WireRequest& request);
    [[nodiscard]] Setting setting_of(std::string_view id);
    [[nodiscard]] bool stopped() const { return options_.stop != nullptr && options_.stop->load(); }
    [[nodiscard]] std::int64_t now_us() const;

    const suite::RunOptions& options_;
    GroupRecord& record_;
    const std::string run_;
    Endpoint endpoint_;
    std::unique_ptr<http::Client> client_;
    std::unique_ptr<exchange::CaptureWriter> capture_;
    rules::Checker checker_;
    const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
    std::uint64_t last_id_ = 0, connection_ = 0, on_connection_ = 0;
    unsigned in_vain_ = 0;  ///< requests in a row without an answer
};

}  // namespace prw::receiver_suite
