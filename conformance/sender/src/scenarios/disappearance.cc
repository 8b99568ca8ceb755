/// Series that end, and a target that fails: stale markers for them, and for nothing else.
#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "all.h"
#include "checks/fidelity.h"
#include "checks/staleness.h"
#include "checks/table.h"
#include "prw/base/units.h"
#include "prw/proto/model.h"
#include "prw/rules/text.h"
#include "scenario.h"

namespace prw::sender_suite {
namespace {

/// For what the next few scrapes bring.
constexpr Patience kForScrapes{15s, 6};
/// For markers that are missing after as many scrapes as should have brought them.
constexpr Patience kMissing{4s, 2};

void play(Stage& stage) {
    if (!stage.open({})) return;
    if (!first_samples(stage) || stage.record().target.input == suite::Input::kStdin) return;
    // A program that does not scrape has nothing to lose.
    if (!stage.may_scrape() && stage.wait(kShowsScraping, [&] { return stage.may_scrape(); }) != Waited::kDone) return;
    const auto arrived_after = [&](std::uint64_t generation, std::uint64_t count) {
        const auto times = generation_times(stage.observation(), stage.generations());
        return static_cast<std::uint64_t>(std::count_if(times.begin(), times.end(),
                                                        [&](const auto& t) { return t.first >= generation; })) >= count;
    };
    if (stage.wait(kForScrapes, [&] { return arrived_after(1, 2); }) != Waited::kDone) return;
    // Who delivers rarely is given the time that it takes.
    const auto lag = stage.look(
        [&](const Observation& seen) { return 2 * Stage::Milliseconds(longest_delay_ms(seen, stage.generations())); });

    const auto later = [lag](Patience patience) {
        patience.usual += lag;
        return patience;
    };

    stage.source().set_vanished(true);
    const auto all_marked = [&](bool failed) {
        const auto gap = find_gap(stage.observation(), stage.generations(), failed);
        if (!gap) return false;
        // Of two scrapes at least: all that the program sends has arrived before, and what it does not send has no end.
        const auto ends = ends_of_series(stage.observation(), *gap, !failed);
        return !ends.empty() &&
               std::all_of(ends.begin(), ends.end(), [](const EndOfSeries& e) { return !e.markers.empty(); });
    };
    const auto gone = [&](bool failed) {
        const auto all = stage.generations();
        return std::count_if(all.begin(), all.end(), [&](const Generation& g) {
            return g.complete && (failed ? g.failed : g.vanished && !g.failed);
        });
    };
    // Three scrapes without them, so that repeated markers show.
    Overdue missing(stage, later(kMissing));
    if (stage.wait(later(kForScrapes), [&] {
            return gone(false) >= 3 && (all_marked(false) || missing(gone(false) >= 4));
        }) != Waited::kDone)
        return;

    const auto back = stage.scrapes() + 1;
    stage.source().set_vanished(false);
    if (stage.wait(later(kForScrapes), [&] { return arrived_after(back + 1, 1); }) != Waited::kDone) return;

    stage.source().set_failing(true);
    Overdue still_missing(stage, later(kMissing));
    (void)stage.wait(later(kForScrapes),
                     [&] { return gone(true) >= 1 && (all_marked(true) || still_missing(gone(true) >= 3)); });
}

constexpr const char* kMarkerFix =
    "When a series is no longer there at the next scrape, send one sample with the bits 0x7ff0000000000002 for it; "
    "copy the bits, do not compute with them.";

/// True when too little happened for a verdict; the outcome says why.
bool too_early(const ScenarioRecord& record, const std::optional<Gap>& gap, const std::vector<EndOfSeries>& ends,
               const char* what, suite::CheckOutcome& out) {
    if (!gap) {
        undecided(out, std::string("the run ended before ") + what + "; " + ending_text(record));
        return true;
    }
    if (ends.empty()) {
        undecided(out, "no sample of the series concerned had arrived before");
        return true;
    }
    return false;
}

struct Tally {
    std::uint64_t marked = 0, mangled = 0, at_last = 0, missing = 0;
};

Tally tally(const ScenarioRecord& record, const std::vector<EndOfSeries>& ends, suite::CheckOutcome& out) {
    Tally counts;
    for (const auto& end : ends) {
        if (!end.markers.empty()) {
            ++counts.marked;
            continue;
        }
        const auto& series = record.observation.series()[end.series].text;
        if (end.at_last) {
            ++counts.at_last;
            add_finding(out, series,
                        "the marker repeats the time of the last sample, " + base::dated(end.at_last->timestamp) +
                            ": a receiver keeps one of the two",
                        end.exchange, "Give the marker the time of the scrape in which the series is missing.");
        } else if (end.mangled) {
            ++counts.mangled;
            add_finding(out, series,
                        "ended with " + rules::bits_text(end.mangled->bits) +
                            ", an ordinary NaN; the stale marker is " + rules::bits_text(proto::kStaleNanBits),
                        end.exchange, kMarkerFix);
        } else {
            ++counts.missing;
            add_finding(out, series, "ended without a stale marker", end.exchange, kMarkerFix);
        }
    }
    evidence(out, "series that ended", ends.size());
    evidence(out, "marked", counts.marked);
    return counts;
}

std::string tally_text(const Tally& counts, std::uint64_t all) {
    std::string out =
        std::to_string(counts.marked) + " of " + count_text(all, "series", "series") + " that ended got a marker";
    if (counts.mangled > 0) out += ", " + std::to_string(counts.mangled) + " another NaN";
    if (counts.at_last > 0)
        out += ", " + std::to_string(counts.at_last) + " one that repeats the time of its last sample";
    return out;
}

void judge_marker(const ScenarioRecord& record, suite::CheckOutcome& out) {
    const auto gap = vanished_gap(record);
    const auto ends = gap ? ends_of_series(record.observation, *gap, true) : std::vector<EndOfSeries>();
    if (too_early(record, gap, ends, "the series had vanished", out)) return;
    const auto counts = tally(record, ends, out);
    if (counts.marked == ends.size())
        return pass(
            out, "each of " + count_text(ends.size(), "series", "series") + " that vanished got a marker, bit for bit");
    if (record.exited) {
        out.findings.clear();
        return undecided(out, tally_text(counts, ends.size()) + " before the program " + *record.exited);
    }
    if (std::string why; counts.marked + counts.mangled + counts.at_last == 0 && !had_time_to_tell(record, *gap, why)) {
        out.findings.clear();
        out.exchanges.clear();
        return undecided(out, why);
    }
    miss(out, "one sample with the bits 0x7ff0000000000002 for each series that vanished",
         tally_text(counts, ends.size()) + " in " + count_text(gap->last - gap->first + 1, "scrape") + " without them");
}

void judge_target_failure(const ScenarioRecord& record, suite::CheckOutcome& out) {
    const auto gap = failed_gap(record);
    const auto ends = gap ? ends_of_series(record.observation, *gap, false) : std::vector<EndOfSeries>();
    if (too_early(record, gap, ends, "the target had failed", out)) return;
    const auto counts = tally(record, ends, out);
    if (counts.marked == ends.size())
        return pass(out, "each of " + count_text(ends.size(), "series", "series") +
                             " of the target got a marker when its scrape failed");
    if (record.exited) {
        out.findings.clear();
        return undecided(out, tally_text(counts, ends.size()) + " before the program " + *record.exited);
    }
    if (std::string why; counts.marked + counts.mangled + counts.at_last == 0 && !had_time_to_tell(record, *gap, why)) {
        out.findings.clear();
        out.exchanges.clear();
        return undecided(out, why);
    }
    const std::string want = "a stale marker for every series of a target whose scrape fails";
    const std::string got =
        tally_text(counts, ends.size()) + " in " + count_text(gap->last - gap->first + 1, "failed scrape");
    // None at all: failed scrapes are ignored. Some: the finer point that all series count.
    if (counts.marked == 0) return miss(out, want, got);
    warn(out, want, got);
}

void judge_live(const ScenarioRecord& record, suite::CheckOutcome& out) {
    const auto& observation = record.observation;
    const auto times = generation_times(observation, record.generations);
    if (times.size() < 2) return undecided(out, "fewer than two scrapes arrived");
    // When each generation was, in the sender's time where it is known, and which series it had.
    struct Point {
        std::int64_t time;
        const Generation* generation;
    };
    std::vector<Point> points;
    for (const auto& generation : record.generations) {
        const auto known = times.find(generation.number);
        points.push_back({known != times.end() ? known->second : generation.unix_ms, &generation});
    }
    // Series and times at which there is an ordinary sample.
    std::set<std::pair<std::uint32_t, std::int64_t>> live;
    for (const auto& delivery : record.deliveries())
        for (const auto& sample : delivery.samples)
            if (sample.bits != proto::kStaleNanBits) live.emplace(sample.series, sample.timestamp);
    std::uint64_t markers = 0, faults = 0, ordinary = 0;
    for (const auto& delivery : record.deliveries()) {
        // What a sender does on its way out is its own affair.
        if (record.stop_us != 0 && delivery.first_byte_us >= record.stop_us) continue;
        for (const auto& sample : delivery.samples) {
            const auto source = observation.series()[sample.series].source;
            if (source == kNoSource || observation.sources()[source].explicit_timestamp) continue;
            if (sample.bits != proto::kStaleNanBits) {
                ++ordinary;
                continue;
            }
            ++markers;
            // Live on both sides of the marker: there was no end to mark.
            const auto at =
                std::find_if(points.begin(), points.end(), [&](const Point& p) { return p.time >= sample.timestamp; });
            if (at == points.end() || !serves(*at->generation, source)) continue;
            if (at != points.begin() && at->time != sample.timestamp && !serves(*std::prev(at)->generation, source))
                continue;
            // The end of the series, with the time of its last sample: sender/stale/marker-on-disappearance says so.
            const auto next = std::next(at);
            const bool ends = next == points.end() || next->generation->failed || !serves(*next->generation, source);
            if (at->time == sample.timestamp && ends && live.contains({sample.series, sample.timestamp})) continue;
            ++faults;
            add_finding(out, observation.series()[sample.series].text,
                        "stale marker at " + base::dated(sample.timestamp) + ", though scrape " +
                            std::to_string(at->generation->number) + " served the series",
                        delivery.id,
                        "Send the marker only for series that were in the last successful scrape and are missing in "
                        "this one; an ordinary NaN is 0x7ff8000000000001.");
        }
    }
    evidence(out, "samples", ordinary);
    evidence(out, "markers", markers);
    if (faults > 0)
        return miss(out, "stale markers only for series that are gone",
                    count_text(faults, "marker") + " for series that were still served");
    if (ordinary + markers == 0) return undecided(out, "no sample of a scraped series arrived");
    pass(out, markers == 0 ? "no marker among " + count_text(ordinary, "sample") + " of series that were served"
                           : "none of " + count_text(markers, "marker") + " is for a series that was still served");
}

void judge_single(const ScenarioRecord& record, suite::CheckOutcome& out) {
    const auto gap = vanished_gap(record);
    const auto ends = gap ? ends_of_series(record.observation, *gap, true) : std::vector<EndOfSeries>();
    if (too_early(record, gap, ends, "the series had vanished", out)) return;
    std::uint64_t marked = 0, repeated = 0;
    for (const auto& end : ends) {
        marked += end.markers.empty() ? 0U : 1U;
        if (end.markers.size() < 2) continue;
        ++repeated;
        add_finding(out, record.observation.series()[end.series].text,
                    "got " + std::to_string(end.markers.size()) + " markers for one disappearance", end.exchange,
                    "Forget the series once its marker is queued.");
    }
    evidence(out, "marked", marked);
    if (marked == 0) return undecided(out, "no marker arrived");
    if (repeated > 0)
        return miss(out, "one marker for each disappearance",
                    count_text(repeated, "series", "series") + " got several");
    if (gap->last == gap->first) return undecided(out, "the series were gone for one scrape only");
    pass(out, "one marker for each of " + count_text(marked, "series", "series") + ", over " +
                  count_text(gap->last - gap->first + 1, "scrape") + " without them");
}

void judge_explicit(const ScenarioRecord& record, suite::CheckOutcome& out) {
    const auto& observation = record.observation;
    const auto gap = vanished_gap(record);
    if (!gap) return undecided(out, "the run ended before the series had vanished; " + ending_text(record));
    // When each was exposed to have been.
    std::map<std::uint32_t, std::pair<std::int64_t, Exposition>> exposed;
    for (const auto& generation : record.generations) {
        for (const auto& served : generation.samples)
            if (served.timestamp_ms != 0) exposed.try_emplace(served.series, served.timestamp_ms, generation.format);
    }
    std::uint64_t kept = 0, restamped = 0, markers = 0;
    for (const auto& delivery : record.deliveries()) {
        if (record.stop_us != 0 && delivery.first_byte_us >= record.stop_us) continue;
        for (const auto& sample : delivery.samples) {
            const auto found = exposed.find(observation.series()[sample.series].source);
            if (found == exposed.end()) continue;
            const auto& [time, format] = found->second;
            if (sample.bits != proto::kStaleNanBits) {
                ++(same_time(time, sample.timestamp, format) ? kept : restamped);
                continue;
            }
            ++markers;
            add_finding(out, observation.series()[sample.series].text,
                        "stale marker at " + base::dated(sample.timestamp) +
                            ", though the series has explicit timestamps: " + std::to_string(time),
                        delivery.id);
        }
    }
    evidence(out, "samples with explicit timestamps", kept);
    evidence(out, "markers", markers);
    if (kept == 0 || restamped > 0) {
        out.findings.clear();
        out.exchanges.clear();
        return restamped > 0 ? not_applicable(out, "the target gives samples with explicit timestamps its own")
                             : undecided(out, "no sample with an explicit timestamp arrived");
    }
    if (markers == 0)
        return pass(out, "series with explicit timestamps vanished from " +
                             count_text(gap->last - gap->first + 1, "scrape") + " and got no marker");
    // No sentence forbids it; Prometheus does it where it is told to (track_timestamps_staleness).
    warn(out, "no stale marker for series with explicit timestamps",
         count_text(markers, "marker") + " for such series");
}

void judge_back(const ScenarioRecord& record, suite::CheckOutcome& out) {
    const auto& observation = record.observation;
    const auto gap = vanished_gap(record);
    const auto ends = gap ? ends_of_series(observation, *gap, true) : std::vector<EndOfSeries>();
    if (too_early(record, gap, ends, "the series had vanished", out)) return;
    if (!gap->back) return undecided(out, "the run ended before the series were back; " + ending_text(record));
    const auto times = generation_times(observation, record.generations);
    // Of the scrape that brought them back all requests have arrived once one of the next scrape has.
    if (times.upper_bound(*gap->back) == times.end())
        return undecided(out, "nothing of a scrape after the return arrived; " + ending_text(record));
    std::map<std::uint32_t, std::uint64_t> after;
    for (const auto& delivery : record.deliveries()) {
        if (!delivery.acknowledged()) continue;
        for (const auto& sample : delivery.samples) {
            const auto source = observation.series()[sample.series].source;
            if (source != kNoSource && sample.timestamp >= gap->before_ms && sample.bits != proto::kStaleNanBits)
                ++after[source];
        }
    }
    std::uint64_t marked = 0, missing = 0;
    for (const auto& end : ends) {
        if (end.markers.empty()) continue;
        ++marked;
        if (after.contains(end.source)) continue;
        ++missing;
        add_finding(
            out, observation.series()[end.series].text,
            "was served again from scrape " + std::to_string(*gap->back) + " on, and no sample came after the marker",
            end.exchange);
    }
    evidence(out, "marked", marked);
    evidence(out, "back", marked - missing);
    if (marked == 0) return undecided(out, "no marker arrived that a sample could come after");
    if (missing == 0)
        return pass(out, "each of " + count_text(marked, "series", "series") +
                             " that vanished and came back has samples after its marker");
    miss(out, "samples of a series that is back after its marker",
         std::to_string(missing) + " of " + count_text(marked, "series", "series") + " stayed away");
}

constexpr std::array kChecks = {
    BehaviourCheck{
        .id = "sender/stale/marker-on-disappearance",
        .clauses = {"prw1.stale.send-marker", "prw2.stale.scraped-series", "prw2.stale.send-when-detectable",
                    "prw2.stale.send"},
        .summary = "A scraped series that vanishes gets a stale marker, with the exact bits.",
        .needs = Needs::kSource,
        .feature = "stale_markers",
        .judge = judge_marker,
        .fix = "Remember the series of the last scrape; for each one that is gone send a sample with the value "
               "0x7ff0000000000002.",
    },
    BehaviourCheck{
        .id = "sender/stale/all-series-of-target",
        .clauses = {"prw1.stale.send-marker", "prw2.stale.send-when-detectable", "ext.stale.all-series-of-target"},
        .summary = "When a scrape fails, every series of the target gets a stale marker.",
        .needs = Needs::kSource,
        .feature = "stale_markers",
        .judge = judge_target_failure,
        .fix = "When a scrape fails, send a stale marker for every series of the last one.",
    },
    BehaviourCheck{
        .id = "sender/stale/none-for-live-series",
        .clauses = {"prw1.stale.pattern-exclusive", "prw2.stale.pattern-exclusive"},
        .summary = "The marker's bits are sent for nothing but the end of a series.",
        .needs = Needs::kSource,
        .judge = judge_live,
        .fix = "Mark only series that were in the last scrape and are not in this one.",
    },
    BehaviourCheck{
        .id = "sender/stale/single-marker",
        .clauses = {"ext.stale.single-marker"},
        .summary = "A disappearance is marked once.",
        .needs = Needs::kSource,
        .feature = "stale_markers",
        .judge = judge_single,
        .fix = "Forget a series once it is marked; do not mark it again at the next scrape.",
    },
    BehaviourCheck{
        .id = "sender/stale/none-for-explicit-timestamps",
        .clauses = {"prw1.stale.send-marker", "prw2.stale.scraped-series"},
        .summary = "A series with explicit timestamps gets no stale marker: when it ends is for its source to say.",
        .needs = Needs::kSource,
        .judge = judge_explicit,
        .fix =
            "Remember for each series whether its last sample had an explicit timestamp, and mark only those that had "
            "none.",
    },
    BehaviourCheck{
        .id = "sender/stale/back-after-marker",
        .clauses = {"ext.samples.value-bit-exact"},
        .summary = "A series that comes back after its marker has samples again.",
        .needs = Needs::kSource,
        .feature = "stale_markers",
        .judge = judge_back,
        .fix = "The marker ends nothing but the gap: take a series that is scraped again as any other.",
    },
};

}  // namespace

Scenario disappearance_scenario() {
    return {
        .name = "series-disappears",
        .summary = "Series vanish from the scrape target and come back, then the whole target fails.",
        .seconds = 8,
        .play = play,
        .checks = {kChecks},
        .rereads = true,
    };
}

}  // namespace prw::sender_suite
