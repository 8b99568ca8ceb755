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
    bool attachable = true;  ///< can be played with a sender that somebody else has started
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
void play_long_outage(Stage& stage);
void play_retry_after(Stage& stage);
void play_slow(Stage& stage);
void play_successes(Stage& stage);
void play_not_written(Stage& stage);
void play_unsupported(Stage& stage);

/// A series of every scrape, by which answers on purpose hit requests with scraped data and no others.
inline constexpr std::string_view kCarrier = "prw_scrape_generation";

/// Requests and scrapes without the carrier after which it is not waited for any longer: a sender may rename what it
/// scrapes, and one that spreads a scrape over many requests does not rename it.
inline constexpr std::uint64_t kRenamed = 4, kScrapesRenamed = 3;

/// An answer on purpose, and how long to wait for the data to come again after newer data has been acknowledged.
struct Provocation {
    receiver::ScriptStep step;
    Stage::Milliseconds patience{0};
};
/// Gives each of the answers in turn, and ordinary ones otherwise, until all have shown what becomes of the data, or
/// nothing more comes.
void provoke(Stage& stage, const std::vector<Provocation>& answers, Stage::Milliseconds deadline);
/// The same on an unopened stage. A scraping sender first meets an ordinary answer; one of its own data may send but
/// once, and is provoked at once. False when nothing came.
[[nodiscard]] bool open_and_provoke(Stage& stage, const std::vector<Provocation>& answers,
                                    Stage::Milliseconds deadline);
/// A refusal of a body that has not been refused before.
[[nodiscard]] receiver::ScriptStep refusal(std::string_view name, int status, std::string_view text = {});

/// Each of `first` once, then `then` for ever.
[[nodiscard]] receiver::Script refusals(std::initializer_list<int> first, int then);
[[nodiscard]] bool any_samples(const Observation& observation);
[[nodiscard]] std::uint64_t requests_with_samples(const Observation& observation);
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

/// A time in which no further request came, while a condition held.
class Silence {
public:
    explicit Silence(Stage::Milliseconds patience) : overdue_(patience) {}
    bool operator()(std::size_t requests, bool condition = true) {
        if (requests != seen_) {
            seen_ = requests;
            (void)overdue_(false);
        }
        return overdue_(condition);
    }

private:
    std::size_t seen_ = 0;
    Overdue overdue_;
};

}  // namespace prw::conformance
