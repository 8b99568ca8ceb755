/// What scenarios are made of: the table, and how they provoke and wait. Internal to conformance.
#pragma once

#include <chrono>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "prw/conformance/checks.h"
#include "prw/receiver/script.h"
#include "run/stage.h"

namespace prw::conformance {

struct Scenario {
    std::string_view name, summary;
    unsigned seconds;  ///< that it takes about; the longest is started first
    /// On an unopened stage: opens it, waits for events, each with a deadline, and turns receiver and scrape target in
    /// between.
    void (*play)(Stage&);
    bool v1 = true, v2 = true;                                   ///< the messages that it says something about
    std::vector<SourceFamily> (*families)() = default_families;  ///< to scrape
    [[nodiscard]] bool plays(proto::ProtobufMessage message) const {
        return message == proto::ProtobufMessage::kV1 ? v1 : v2;
    }
};

/// In the order of reports.
[[nodiscard]] std::span<const Scenario> scenarios();
[[nodiscard]] const Scenario* find_scenario(std::string_view name);
/// kInvalidArgument with the first unknown name, the nearest known one and all that there are.
[[nodiscard]] Result<void> check_scenario_names(const std::vector<std::string>& names);

// One for each row, each in a file of its own.
void play_steady(Stage& stage);
void play_outage(Stage& stage);
void play_refusal(Stage& stage);
void play_disappearance(Stage& stage);
void play_transport(Stage& stage);
void play_refused(Stage& stage);
void play_redirects(Stage& stage);
void play_configuration(Stage& stage);
void play_large(Stage& stage);

/// Each of `first` once, then `then` for ever.
[[nodiscard]] receiver::Script refusals(std::initializer_list<int> first, int then);
[[nodiscard]] bool any_samples(const Stage& stage);
[[nodiscard]] std::uint64_t requests_with_samples(const Stage& stage);
/// Waits for the first request with samples.
[[nodiscard]] bool first_samples(Stage& stage);

/// A condition that has held for a while, without anything else happening meanwhile.
class Overdue {
public:
    explicit Overdue(Stage::Milliseconds patience) : patience_(patience) {}
    bool operator()(bool condition) {
        if (!condition) {
            since_.reset();
            return false;
        }
        if (!since_) since_ = std::chrono::steady_clock::now();
        return std::chrono::steady_clock::now() - *since_ >= patience_;
    }

private:
    Stage::Milliseconds patience_;
    std::optional<std::chrono::steady_clock::time_point> since_;
};

}  // namespace prw::conformance
