/// The tables of this version put together, for each role.
#include <algorithm>
#include <array>

#include "notes.h"
#include "prw/mutants/mutants.h"
#include "prw/receiver/mutants.h"
#include "prw/receiver_suite/receiver_suite.h"
#include "prw/rules/finding.h"
#include "prw/self_test/self_test.h"
#include "prw/sender_suite/sender_suite.h"
#include "receiver_play.h"
#include "sender_play.h"

namespace prw::self_test {
namespace {

/// What a check says at its worst.
suite::Verdict full_verdict(const suite::Suite& suite, const suite::Check& check) {
    if (check.id == suite::target_check_id(suite.role)) return suite::Verdict::kError;
    if (!check.rule.empty()) {
        switch (rules::find_rule(check.rule)->severity) {
            case rules::Severity::kInfo:
                return suite::Verdict::kInfo;
            case rules::Severity::kWarn:
                return suite::Verdict::kWarn;
            case rules::Severity::kFail:
                return suite::Verdict::kFail;
        }
    }
    switch (check.level) {
        case proto::Level::kMust:
        case proto::Level::kMustNot:
            return suite::Verdict::kFail;
        case proto::Level::kMay:
            return suite::Verdict::kInfo;
        default:
            return suite::Verdict::kWarn;
    }
}

/// What the suite's own tables say.
SelfTestCatalogue catalogue_of(const suite::Suite& suite, SelfTestRun (*play)(const SelfTestAttempt&)) {
    SelfTestCatalogue out;
    out.role = suite.role;
    out.play = play;
    for (const auto& each : suite.scenarios)
        out.scenarios.push_back({std::string(each.name), each.v1, each.v2, each.seconds});
    for (const auto& check : suite.checks) {
        SelfTestCatalogue::Check row;
        row.id = check.id;
        row.summary = check.summary;
        row.scenario = check.scenario;
        row.full = full_verdict(suite, check);
        out.checks.push_back(std::move(row));
    }
    return out;
}

/// Of a mutant of either party.
SelfTestCatalogue::Mutant row_of(const auto& mutant) {
    SelfTestCatalogue::Mutant out;
    out.id = mutant.id;
    out.summary = mutant.summary;
    out.check = mutant.check;
    out.v1 = mutant.v1;
    out.v2 = mutant.v2;
    return out;
}

/// Mutants that are null senders as well, or nothing but that: what sends nothing gives no check anything to say.
using Sends = SelfTestCatalogue::Null::Sends;
struct NullRow {
    std::string_view mutant;
    Sends sends;
};
constexpr std::array<NullRow, 7> kNulls = {{{"null/silent", Sends::kNothing},
                                            {"null/exits-at-once", Sends::kNothing},
                                            {"null/fails-at-once", Sends::kNothing},
                                            {"null/ignores-url", Sends::kNothing},
                                            {"null/garbage", Sends::kHeads},
                                            {"null/sends-once", Sends::kData},
                                            {"null/constant", Sends::kData}}};

/// They promise what the reference promises.
std::vector<SelfTestCatalogue::Null> null_senders() {
    std::vector<SelfTestCatalogue::Null> out;
    for (const auto& [id, sends] : kNulls) {
        const auto* mutant = mutants::find_mutant(id);
        suite::Target target = suite::reference_target();
        target.name = id;
        target.exec.insert(target.exec.end(), {"--mutate", std::string(id)});
        target.settle = std::chrono::seconds(2);
        target.grace = std::chrono::milliseconds(300);
        out.push_back({std::string(id), mutant != nullptr ? std::string(mutant->summary) : std::string(), sends,
                       std::move(target)});
    }
    return out;
}

/// Nothing arrives, nothing breaks: only as a null sender is there something to hold it against.
bool only_null(std::string_view id) {
    return id == "null/silent" || id == "null/exits-at-once" || id == "null/ignores-url";
}

/// A 2.0 receiver says itself what it deems invalid: who takes what no sender may send is warned, not failed.
constexpr std::array<std::string_view, 2> kWarnedUnder20 = {"invalid/labels-204", "invalid/series-204"};

/// From these nothing comes back, so that no check has anything to pass. As mutants they are those of the target's own
/// check.
constexpr std::array<std::string_view, 2> kSilentReceivers = {"null/closes", "null/hangs"};

bool among(std::span<const std::string_view> ids, std::string_view id) {
    return std::find(ids.begin(), ids.end(), id) != ids.end();
}

}  // namespace

std::string_view name_of(SubjectKind kind) {
    switch (kind) {
        case SubjectKind::kReference:
            return "reference";
        case SubjectKind::kMutant:
            return "mutant";
        case SubjectKind::kNull:
            return "null";
    }
    return "";
}

SelfTestCatalogue sender_self_test() {
    const auto& suite = sender_suite::sender_suite();
    auto out = catalogue_of(suite, play_sender);
    for (auto& row : out.checks) {
        const auto& check = *suite.find_check(row.id);
        const auto* of_request = rules::find_rule(check.rule);
        row.of_heads = of_request != nullptr && rules::of_head(of_request->subject);
        for (const auto& rule : mutants::unbreakable_rules()) {
            if (rule.rule == check.rule) row.exempt = rule.reason;
        }
        for (const auto& note : check_notes()) {
            if (note.check != check.id) continue;
            if (!note.scenario.empty()) row.scenario = note.scenario;
            if (!note.exempt.empty()) row.exempt = note.exempt;
            row.unseen = note.unseen;
        }
    }
    for (const auto& mutant : mutants::all_mutants()) {
        if (only_null(mutant.id)) continue;
        auto row = row_of(mutant);
        for (const auto& note : mutant_notes()) {
            if (note.mutant != mutant.id) continue;
            row.scenario = note.scenario;
            row.v1_says = note.v1_says;
            row.v2_says = note.v2_says;
            row.also.assign(note.also.begin(), note.also.end());
        }
        out.mutants.push_back(std::move(row));
    }
    out.nulls = null_senders();
    return out;
}

SelfTestCatalogue receiver_self_test() {
    const auto& suite = receiver_suite::receiver_suite();
    auto out = catalogue_of(suite, play_receiver);
    for (const auto& mutant : receiver::all_mutants()) {
        auto row = row_of(mutant);
        if (among(kWarnedUnder20, mutant.id)) row.v2_says = suite::Verdict::kWarn;
        row.also.assign(mutant.also.begin(), mutant.also.end());
        out.mutants.push_back(std::move(row));
    }
    for (const auto& mutant : receiver::null_receivers()) {
        const bool silent = among(kSilentReceivers, mutant.id);
        SelfTestCatalogue::Null row;
        row.id = mutant.id;
        row.summary = mutant.summary;
        row.sends = silent ? Sends::kNothing : Sends::kData;
        out.nulls.push_back(std::move(row));
        if (!silent) continue;
        auto broken = row_of(mutant);
        broken.check = suite::target_check_id(suite.role);
        out.mutants.push_back(std::move(broken));
    }
    return out;
}

}  // namespace prw::self_test
