/// Which exchanges show a failure, and the files that hold them.
#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "evidence/context.h"
#include "evidence/excerpt.h"
#include "prw/conformance/checks.h"
#include "prw/conformance/evidence.h"
#include "prw/proto/credentials.h"

namespace prw::conformance {
namespace fs = std::filesystem;

namespace {

/// How far around the exchanges that show a failure to look.
enum class Reach : std::uint8_t {
    kShown,    ///< they alone: enough for a rule on one request
    kRelated,  ///< and all attempts with the same data, and their neighbours
    kAll,      ///< and all others of the scenario
};
constexpr std::size_t kNeighboursBefore = 1, kNeighboursAfter = 10;
/// Sources that tell the time of a scrape, when not all can be kept.
constexpr std::size_t kClocks = 20;
constexpr std::size_t kFullContext = 8;  ///< times CapsuleLimits::served_samples, when a smaller one does not do

constexpr std::size_t kExcerpts = 2;  ///< exchanges of a failure that a report shows

bool failed(const CheckOutcome& check) { return check.verdict == Verdict::kFail || check.verdict == Verdict::kWarn; }

bool judges_a_rule(const CheckOutcome& check) {
    const auto& all = all_checks();
    return std::any_of(all.begin(), all.end(), [&](const Check& c) { return c.id == check.id && !c.rule.empty(); });
}

/// The record that the outcome's exchanges are from. Several may have played the scenario.
const ScenarioRecord* record_of(const CheckOutcome& check, std::span<const ScenarioRecord> records) {
    const ScenarioRecord* best = nullptr;
    for (const auto& record : records) {
        if (record.scenario != check.scenario || record.capture.empty() ||
            (judged_message(record) != check.message && record.asked != check.message))
            continue;
        const auto& findings = record.observation.findings();
        const bool shows = check.exchanges.empty() ||
                           std::any_of(findings.begin(), findings.end(),
                                       [&](const Observation::SeenFinding& seen) {
                                           return seen.exchange == check.exchanges.front() &&
                                                  "sender/" + seen.finding.rule == check.id;
                                       }) ||
                           (!judges_a_rule(check) && judged_message(record) == check.message);
        if (shows) return &record;
        if (best == nullptr) best = &record;
    }
    return best;
}

/// Ids in order of their worth: what comes first is kept first.
std::vector<std::uint64_t> candidates(const ScenarioRecord& record, const CheckOutcome& check, Reach reach) {
    std::vector<std::uint64_t> out = check.exchanges;
    std::set<std::uint64_t> chosen(out.begin(), out.end());
    const auto add = [&](std::uint64_t id) {
        if (chosen.insert(id).second) out.push_back(id);
    };
    if (reach == Reach::kShown) return out;
    const auto& deliveries = record.deliveries();
    std::set<std::pair<std::uint32_t, std::int64_t>> data;
    for (const auto& delivery : deliveries) {
        if (!chosen.contains(delivery.id)) continue;
        for (const auto& sample : delivery.samples) data.emplace(sample.series, sample.timestamp);
    }
    for (const auto& delivery : deliveries) {
        if (std::any_of(delivery.samples.begin(), delivery.samples.end(), [&](const ObservedSample& sample) {
                return data.contains({sample.series, sample.timestamp});
            }))
            add(delivery.id);
    }
    const auto related = chosen;
    for (std::size_t i = 0; i < deliveries.size(); ++i) {
        if (!related.contains(deliveries[i].id)) continue;
        for (std::size_t n = i - std::min(i, kNeighboursBefore); n < i; ++n) add(deliveries[n].id);
        for (std::size_t n = i + 1; n < deliveries.size() && n <= i + kNeighboursAfter; ++n) add(deliveries[n].id);
    }
    return out;
}

/// The exchanges of one scenario's capture, read once.
class Exchanges {
public:
    static Result<Exchanges> open(const ScenarioRecord& record) {
        auto reader = receiver::CaptureReader::open((fs::path(record.directory) / record.capture).string());
        if (!reader) return tl::unexpected<Error>(reader.error());
        Exchanges out;
        out.reader_ = std::move(*reader);
        if (const auto* notes = record.held.get()) out.known_credentials_ = notes->credentials();
        return out;
    }

    /// In order of id. What was pruned from the capture is left out; the first one is kept however large it is.
    /// `and_rest`: then all others, probes too, as far as there is room.
    std::vector<receiver::Exchange> take(const std::vector<std::uint64_t>& ids, bool and_rest,
                                         const CapsuleLimits& limits) {
        std::vector<receiver::Exchange> out;
        std::set<std::uint64_t> taken;
        std::size_t bytes = 0;
        const auto add = [&](const receiver::Exchange& exchange) {
            const auto size = exchange.raw_head.size() + exchange.raw_body.size() + exchange.response_body.size();
            if (!out.empty() && bytes + size > limits.bytes) return;
            bytes += size;
            taken.insert(exchange.id);
            out.push_back(exchange);
        };
        for (const auto id : ids) {
            if (out.size() >= limits.exchanges) break;
            if (const auto* exchange = get(id)) add(*exchange);
        }
        if (and_rest) {
            (void)reader_->for_each([&](const receiver::Exchange& exchange) {
                if (out.size() >= limits.exchanges || bytes >= limits.bytes) return false;
                if (taken.contains(exchange.id)) return true;
                auto copy = exchange;
                proto::redact_credentials(copy.raw_head, known_credentials_);
                add(copy);
                return true;
            });
        }
        std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
        return out;
    }

    [[nodiscard]] std::uint64_t count() const { return reader_->info().exchanges; }

private:
    const receiver::Exchange* get(std::uint64_t id) {
        if (const auto found = known_.find(id); found != known_.end()) return found->second.get();
        auto exchange = reader_->get(id);
        if (!exchange) return nullptr;
        proto::redact_credentials(exchange->raw_head, known_credentials_);
        const auto [entry, added] = known_.emplace(id, std::make_unique<receiver::Exchange>(std::move(*exchange)));
        return entry->second.get();
    }

    std::unique_ptr<receiver::CaptureReader> reader_;
    std::vector<std::string> known_credentials_;  ///< that the test itself gave the program
    std::map<std::uint64_t, std::unique_ptr<receiver::Exchange>> known_;
};

/// Sources that the findings are about, and some that tell the time of each scrape.
std::vector<bool> essential_sources(const ScenarioRecord& record, const CheckOutcome& check) {
    const auto& sources = record.observation.sources();
    std::set<std::string_view> series;
    for (const auto& finding : check.findings) series.insert(finding.series);
    std::vector<bool> kept(sources.size());
    std::size_t clocks = 0;
    for (std::size_t i = 0; i < sources.size(); ++i) {
        kept[i] = series.contains(sources[i].text()) ||
                  (sources[i].unique_values && !sources[i].explicit_timestamp && clocks < kClocks);
        if (kept[i] && sources[i].unique_values) ++clocks;
    }
    for (const auto& observed : record.observation.series())
        if (observed.source != kNoSource && series.contains(observed.text)) kept[observed.source] = true;
    return kept;
}

std::size_t served_samples(const ScenarioRecord& record) {
    std::size_t out = 0;
    for (const auto& generation : record.generations)
        out += generation.samples.size() + generation.histograms.size() + generation.exemplars.size();
    return out;
}

Capsule describe(const CheckOutcome& check, const ScenarioRecord& record) {
    Capsule out;
    out.check = check.id;
    out.message = check.message;
    out.scenario = check.scenario;
    out.level = proto::name_of(check.level);
    out.verdict = name_of(check.verdict);
    out.clauses = check.clauses;
    out.summary = check.summary;
    out.reason = check.reason;
    out.want = check.want;
    out.got = check.got;
    for (const auto& finding : check.findings)
        if (out.fix.empty()) out.fix = finding.fix;
    out.target = record.target.name;
    out.findings = check.findings;
    return out;
}

struct Content {
    Capsule capsule;
    std::vector<receiver::Exchange> exchanges;
};

/// The smallest content that is judged as the run was; else the fullest one, marked as such.
Content make_content(const CheckOutcome& check, const ScenarioRecord& record, Exchanges& source,
                     const CapsuleLimits& limits) {
    const auto served = served_samples(record);
    std::vector<std::string> contexts;
    if (served > limits.served_samples) contexts.push_back(context_json(record, essential_sources(record, check)));
    if (served <= limits.served_samples * (contexts.empty() ? 1 : kFullContext))
        contexts.push_back(context_json(record));
    std::vector<Reach> reaches;
    if (judges_a_rule(check)) reaches.push_back(Reach::kShown);
    if (!check.exchanges.empty()) reaches.push_back(Reach::kRelated);
    reaches.push_back(Reach::kAll);

    Content out;
    for (const auto& context : contexts) {
        std::size_t before = 0;
        for (const auto reach : reaches) {
            auto exchanges = source.take(candidates(record, check, reach), reach == Reach::kAll, limits);
            const bool no_more = exchanges.size() == before;
            if (no_more && out.capsule.rejudges && reach == reaches.back()) return out;
            if (exchanges.empty() || no_more) continue;
            before = exchanges.size();
            out.exchanges = std::move(exchanges);
            out.capsule = describe(check, record);
            out.capsule.context = context;
            out.capsule.left_out = source.count() - std::min<std::uint64_t>(source.count(), before);
            for (const auto id : check.exchanges)
                if (std::any_of(out.exchanges.begin(), out.exchanges.end(), [&](const auto& e) { return e.id == id; }))
                    out.capsule.exchanges.push_back(id);
            const auto again = judge_again(out.capsule, out.exchanges);
            out.capsule.rejudges = again && again->is == Rejudgement::kStillFailing;
            // A part of the requests may fail for want of the others; the same sentence says that it does not.
            if (out.capsule.rejudges && (reach == reaches.back() || again->now.reason == check.reason)) return out;
        }
    }
    return out;
}

Result<void> write_file(const std::string& path, const Content& content, const std::string& tool_version) {
    std::error_code ignored;
    fs::remove(path, ignored);
    auto writer = receiver::CaptureWriter::open(
        path, {.commit_interval_ms = 0, .tool_version = tool_version, .capsule = texts_of(content.capsule)});
    if (!writer) return tl::unexpected<Error>(writer.error());
    for (const auto& exchange : content.exchanges) {
        if (auto done = (*writer)->append(exchange); !done) return done;
    }
    return (*writer)->close();
}

void remove_old(const fs::path& folder) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(folder, ignored)) {
        const auto name = entry.path().filename().string();
        if (name.ends_with(".prwcap") || name.ends_with(".prwcap-wal") || name.ends_with(".prwcap-shm"))
            fs::remove(entry.path(), ignored);
    }
}

std::string file_name(const CheckOutcome& check) {
    std::string out;
    for (const char c : check.id) out += c == '/' ? std::string("--") : std::string(1, c);
    return out + "-" + std::string(proto::short_name(check.message));
}

}  // namespace

Result<void> write_capsules(std::vector<CheckOutcome>& checks, std::span<const ScenarioRecord> records,
                            const std::string& out, const std::string& tool_version, const CapsuleLimits& limits) {
    const fs::path folder = fs::path(out) / "capsules";
    remove_old(folder);
    Result<void> result;
    const auto note = [&](const Error& error) {
        if (result) result = tl::unexpected<Error>(error);
    };
    std::map<const ScenarioRecord*, Exchanges> opened;
    std::set<std::string> names;
    receiver::Checker checker;
    for (auto& check : checks) {
        const auto* record = failed(check) ? record_of(check, records) : nullptr;
        if (record == nullptr || record->deliveries().empty()) continue;
        auto source = opened.find(record);
        if (source == opened.end()) {
            auto exchanges = Exchanges::open(*record);
            if (!exchanges) {
                note(exchanges.error());
                continue;
            }
            source = opened.emplace(record, std::move(*exchanges)).first;
        }
        const auto content = make_content(check, *record, source->second, limits);
        if (content.exchanges.empty()) continue;
        std::error_code error;
        fs::create_directories(folder, error);
        if (error) {
            note({ErrorCode::kIo, "cannot create the folder for capsules", folder.string(), error.message()});
            return result;
        }
        auto name = file_name(check);
        for (int n = 2; !names.insert(name).second; ++n) name = file_name(check) + "-" + std::to_string(n);
        if (auto done = write_file((folder / (name + ".prwcap")).string(), content, tool_version); !done) {
            note(done.error());
            continue;
        }
        check.capsule = (fs::path("capsules") / (name + ".prwcap")).string();
        check.trace.clear();
        for (const auto id : check.exchanges) {
            const auto shown = std::find_if(content.exchanges.begin(), content.exchanges.end(),
                                            [&](const receiver::Exchange& e) { return e.id == id; });
            if (shown != content.exchanges.end()) check.trace.push_back(excerpt_of(*shown, checker));
            if (check.trace.size() == kExcerpts) break;
        }
    }
    return result;
}

}  // namespace prw::conformance
