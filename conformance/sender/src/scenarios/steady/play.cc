/// An undisturbed run: everything that is scraped arrives, once, as it was, and in order.
#include <algorithm>
#include <limits>

#include "checks/fidelity.h"
#include "scenarios/all.h"
#include "scenarios/scenario.h"
#include "steady.h"

namespace prw::sender_suite {
namespace {

/// Generations that must arrive in full.
constexpr std::uint64_t kWindow = 5;
/// Further generations after which a sample that has not come is not waited for any longer.
constexpr std::uint64_t kOverdue = 3;
/// Requests that a sender of its own data is given to show itself.
constexpr std::uint64_t kOwnRequests = 4;
/// For all that; most of it for senders that begin late.
constexpr Patience kForAll{40s, 16};
/// For samples that are missing while newer ones came.
constexpr Patience kLate{2s, 1};
/// For exemplars and metadata that the profile promises, once the samples are complete: some send metadata every few
/// seconds.
constexpr Patience kFeaturesLate{6s, 2};
/// Without a further request of a sender of its own data, which may send rarely.
constexpr Patience kOwnSilence{20s, 3};
/// For a sender that somebody else has started: until the user, or the limit to a scenario, ends it.
constexpr Patience kAttached{24h, 0};
/// For kOwnRequests of a sender that may scrape and has not, or of whose scrapes nothing came.
constexpr Patience kOwnLate{6s, kOwnRequests};

void play(Stage& stage) {
    if (!stage.open({})) return;
    auto& record = stage.record();
    const std::uint64_t window = record.target.input == suite::Input::kStdin ? 1 : kWindow;  // stdin holds one scrape
    record.notes<FidelityNotes>().window = window;
    if (record.target.attach) {
        (void)stage.wait(kAttached, [] { return false; });
        return;
    }
    if (!first_samples(stage)) return;
    const auto wanted = [&](std::string_view feature, auto count) {
        if (record.target.feature(feature, record.asked) != true) return true;
        const auto& all = stage.observation().deliveries();
        return std::any_of(all.begin(), all.end(), [&](const Delivery& d) { return count(d) > 0; });
    };
    Overdue late(stage, kLate), features_late(stage, kFeaturesLate), own_late(stage, kOwnLate);
    Silence silent(stage, kOwnSilence);
    (void)stage.wait(kForAll, [&] {
        if (!stage.may_scrape()) {
            const auto requests = requests_with_samples(stage.observation());
            return requests >= kOwnRequests || silent(stage.observation().deliveries().size()) ||
                   (record.target.input == suite::Input::kUnknown && own_late(true));
        }
        if (stage.scrapes() == 0) return own_late(requests_with_samples(stage.observation()) >= kOwnRequests);
        const auto compared = compare_with_source(stage.observation(), stage.generations(), window,
                                                  std::numeric_limits<std::uint64_t>::max());
        if (compared.first == 0) return own_late(stage.scrapes() >= window + kOverdue);
        // Native histograms are waited for where the profile promises them, or some came.
        const bool native =
            compared.native.faults.empty() ||
            (compared.native.found == 0 && record.target.feature("native_histograms", record.asked) != true);
        const bool complete = compared.last_seen >= compared.first + window - 1 && compared.faults.empty() &&
                              compared.custom.faults.empty() && native;
        const auto& sent = stage.observation().deliveries();
        const auto silence = stage.now_us() - sent.back().response_end_us;
        if (!complete && silence > longest_silence_us(sent) &&
            stage.scrapes() >= compared.last_seen + kScrapesInSilence)
            return true;
        if (late(compared.last_seen >= compared.first + window + kOverdue)) return true;
        const bool shown = stage.observation().deliveries().size() >= 4 &&
                           wanted("exemplars", [](const Delivery& d) { return d.exemplars; }) &&
                           wanted("metadata", [](const Delivery& d) { return d.metadata; });
        return complete && (shown || features_late(complete));
    });
}

}  // namespace

Scenario steady_scenario() {
    return {
        .name = kSteady,
        .summary =
            "The receiver accepts everything; the scrape target exposes all types, native histograms, exemplars, "
            "start timestamps and values at the edges.",
        .seconds = 5,
        .play = play,
        .checks = {sample_checks(), series_checks(), request_checks(), histogram_checks(), detail_checks(),
                   classic_checks()},
        .notes = make_notes<FidelityNotes>,
    };
}

}  // namespace prw::sender_suite
