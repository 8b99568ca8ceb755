/// Deliberate, named deviations of the reference sender (`prw send --mutate ID`): what every check has to catch.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "prw/base/error.h"
#include "prw/sender/queue.h"
#include "prw/sender/scraper.h"

namespace prw::mutants {

struct Mutant {
    std::string_view id;        ///< "labels/unsorted"
    std::string_view summary;   ///< what it does, one sentence
    std::string_view check;     ///< the check that is meant to kill it: "sender/labels/sorted"
    bool v1 = true, v2 = true;  ///< which message it is told to send for the check to judge the deviation
};

/// Every mutant of this version, by subject, without the null senders.
[[nodiscard]] std::span<const Mutant> all_mutants();
/// Those from which nothing ever arrives: no check can fail them, their `check` is empty, and no run may call them
/// conforming.
[[nodiscard]] std::span<const Mutant> null_senders();
/// One of either; nullptr when there is none of this id.
[[nodiscard]] const Mutant* find_mutant(std::string_view id);

/// A rule that no mutant of this sender breaks, and why.
struct UnbreakableRule {
    std::string_view rule;
    std::string_view reason;
};
[[nodiscard]] std::span<const UnbreakableRule> unbreakable_rules();

/// What a mutant does to the whole program, for whoever owns it: libraries do not exit.
enum class ProcessMutant : std::uint8_t {
    kNone,
    kExitsAtOnce,  ///< ends with 0 before it sends anything
    kFailsAtOnce,  ///< ends with 3 before it sends anything
    kCrashes,      ///< aborts at the third scrape
};

struct Row;

/// The deviations of one sender. It stands at the sender's seams: its options, what the scraper hands to the queue, and
/// the transport; the reference itself knows nothing of it. Const after construction and shared by threads. Without
/// mutants everything comes back as it was given.
class Mutation {
public:
    Mutation() = default;
    /// Each element is an id or a list of ids with commas. kInvalidArgument names an unknown id and the nearest one.
    [[nodiscard]] static Result<Mutation> of(std::span<const std::string> ids);

    [[nodiscard]] bool empty() const { return rows_.empty(); }
    [[nodiscard]] std::vector<const Mutant*> mutants() const;
    [[nodiscard]] ProcessMutant process() const;
    /// check_header() is not to be asked.
    [[nodiscard]] bool takes_any_header() const;

    void tune(sender::RemoteWriteOptions& remote, sender::QueueOptions& queue) const;
    [[nodiscard]] std::function<sender::Random()> random() const;
    [[nodiscard]] sender::Scraper::Sink sink(sender::Scraper::Sink inner) const;
    /// `inner` must not be empty unless this is. `clock` must outlive the transports.
    [[nodiscard]] sender::TransportFactory transports(sender::TransportFactory inner, sender::Clock& clock) const;

private:
    std::vector<const Row*> rows_;
};

}  // namespace prw::mutants
