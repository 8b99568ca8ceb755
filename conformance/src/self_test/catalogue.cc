/// The tables of this version put together, for senders.
#include <algorithm>
#include <array>

#include "prw/conformance/self_test.h"
#include "prw/conformance/sender_suite.h"
#include "prw/receiver/finding.h"
#include "prw/sender/mutants.h"
#include "self_test/notes.h"
#include "self_test/sender_play.h"

namespace prw::conformance {
namespace {

/// What a check says at its worst.
Verdict full_verdict(const Check& check) {
    if (check.id == target_check_id(sender_suite().role)) return Verdict::kError;
    if (!check.rule.empty()) {
        switch (receiver::find_rule(check.rule)->severity) {
            case receiver::Severity::kInfo:
                return Verdict::kInfo;
            case receiver::Severity::kWarn:
                return Verdict::kWarn;
            case receiver::Severity::kFail:
                return Verdict::kFail;
        }
    }
    switch (check.level) {
        case proto::Level::kMust:
        case proto::Level::kMustNot:
            return Verdict::kFail;
        case proto::Level::kMay:
            return Verdict::kInfo;
        default:
            return Verdict::kWarn;
    }
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
        const auto* mutant = sender::find_mutant(id);
        Target target = reference_target();
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
    const auto& suite = sender_suite();
    SelfTestCatalogue out;
    out.role = suite.role;
    out.play = play_sender;
    for (const auto& each : suite.scenarios)
        out.scenarios.push_back({std::string(each.name), each.v1, each.v2, each.seconds});
    for (const auto& check : suite.checks) {
        SelfTestCatalogue::Check row;
        row.id = check.id;
        row.summary = check.summary;
        row.scenario = check.scenario;
        row.full = full_verdict(check);
        const auto* of_request = receiver::find_rule(check.rule);
        row.of_heads = of_request != nullptr && receiver::of_head(of_request->subject);
        for (const auto& rule : sender::unbreakable_rules()) {
            if (rule.rule == check.rule) row.exempt = rule.reason;
        }
        for (const auto& note : check_notes()) {
            if (note.check != check.id) continue;
            if (!note.scenario.empty()) row.scenario = note.scenario;
            if (!note.exempt.empty()) row.exempt = note.exempt;
            row.unseen = note.unseen;
        }
        out.checks.push_back(std::move(row));
    }
    for (const auto& mutant : sender::all_mutants()) {
        if (only_null(mutant.id)) continue;
        SelfTestCatalogue::Mutant row;
        row.id = mutant.id;
        row.summary = mutant.summary;
        row.check = mutant.check;
        row.v1 = mutant.v1;
        row.v2 = mutant.v2;
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

}  // namespace prw::conformance
