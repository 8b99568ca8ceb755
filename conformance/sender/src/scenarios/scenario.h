/// What scenarios are made of: their rows, and how they provoke and wait. Internal to conformance.
#pragma once

#include <chrono>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "checks/table.h"
#include "prw/receiver/script.h"
#include "run/stage.h"

namespace prw::sender_suite {

struct Scenario {
    std::string_view name, summary;
    unsigned seconds = 5;  ///< that it takes about; the longest is started first
    /// On an unopened stage: opens it, waits for events, each with a deadline, and turns receiver and scrape target in
    /// between.
    void (*play)(Stage&) = nullptr;
    /// What it lets judge, in the order of reports: a group for each file that has judges.
    std::vector<std::span<const BehaviourCheck>> checks = {};
    std::unique_ptr<Notes> (*notes)() = nullptr;  ///< what it notes for its judges, if anything: make_notes<…>
    std::vector<SourceFamily> (*families)() = default_families;  ///< to scrape
    bool v1 = true, v2 = true;                                   ///< the messages that it says something about
    bool attachable = true;  ///< can be played with a sender that somebody else has started
    bool listens = true;     ///< from the start on; else a program that sends nothing may be right
    bool rereads = false;    ///< what is scraped changes on the way, which who reads it but once does not see
    [[nodiscard]] bool plays(proto::ProtobufMessage message) const {
        return message == proto::ProtobufMessage::kV1 ? v1 : v2;
    }
};

/// In the order of reports.
[[nodiscard]] std::span<const Scenario> scenarios();
[[nodiscard]] const Scenario* find_scenario(std::string_view name);

/// A series of every scrape, by which answers on purpose hit requests with scraped data and no others.
inline constexpr std::string_view kCarrier = "prw_scrape_generation";

/// Requests and scrapes without the carrier after which it is not waited for any longer: a sender may rename what it
/// scrapes, and one that spreads a scrape over many requests does not rename it.
inline constexpr std::uint64_t kRenamed = 4, kScrapesRenamed = 3;

// How long scenarios wait: for a sender with new data at least once a second, and for how many rounds of a slower one.
using namespace std::chrono_literals;
/// Without any request after which none is waited for: longer than known senders wait between two attempts.
inline constexpr Patience kSilence{8s, 3};
/// Of a scraping sender, which always has more to send and is kept from it by its back-off alone.
inline constexpr Patience kSilenceOfScraper{10s, 3};
/// For a retry after newer data has been acknowledged: time enough for the first steps of a back-off.
inline constexpr Patience kRetryDue{1s, 1};
/// For answers that are under way, and for what comes on their heels.
inline constexpr Patience kUnderWay{300ms, 0};
/// For a first attempt or two where nothing newer comes, as the sender holds it back.
inline constexpr Patience kHeldBack{1500ms, 1};
/// Until a bare command that has sent shows that it scrapes, too.
inline constexpr Patience kShowsScraping{6s, 2};

/// For a first request: no more than what the profile gives a program for it.
inline constexpr Patience kBegins{0ms, 1};
/// What the profile gives a program until its first request, and so much more.
[[nodiscard]] Patience after_start(Stage& stage, Patience more);

/// An answer on purpose, and how long to wait for the data to come again after newer data has been acknowledged.
struct Provocation {
    receiver::ScriptStep step;
    Patience patience;
};
/// Gives each of the answers in turn, and ordinary ones otherwise, until all have shown what becomes of the data, or
/// nothing more comes.
void provoke(Stage& stage, const std::vector<Provocation>& answers, Patience deadline);
/// The same on an unopened stage. A scraping sender first meets an ordinary answer; one of its own data may send but
/// once, and is provoked at once. False when nothing came.
[[nodiscard]] bool open_and_provoke(Stage& stage, const std::vector<Provocation>& answers, Patience deadline);
/// A refusal of a batch that has not been refused before.
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
    Overdue(Stage& stage, Patience patience) : stage_(stage), patience_(patience) {}
    bool operator()(bool condition) {
        if (!condition) {
            since_.reset();
            return false;
        }
        if (!since_) since_ = std::chrono::steady_clock::now();
        return std::chrono::steady_clock::now() - *since_ >= stage_.lasts(patience_);
    }

private:
    Stage& stage_;
    Patience patience_;
    std::optional<std::chrono::steady_clock::time_point> since_;
};

/// A time in which no further request came, while a condition held.
class Silence {
public:
    Silence(Stage& stage, Patience patience) : stage_(stage), overdue_(stage, patience) {}
    bool operator()(std::size_t requests, bool condition = true) {
        if (requests != seen_) {
            seen_ = requests;
            (void)overdue_(false);
        }
        if (!overdue_(condition)) return false;
        stage_.gave_up();
        return true;
    }

private:
    Stage& stage_;
    std::size_t seen_ = 0;
    Overdue overdue_;
};

}  // namespace prw::sender_suite
