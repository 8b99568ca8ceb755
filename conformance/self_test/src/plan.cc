#include <fnmatch.h>

#include <algorithm>
#include <set>

#include "lookup.h"
#include "prw/base/nearest.h"
#include "prw/self_test/self_test.h"

namespace prw::self_test {
namespace {

constexpr std::string_view kReferenceName = "reference";
/// A null sender is waited for until the deadlines of a scenario.
constexpr unsigned kNullSeconds = 30;

bool fits(const std::string& pattern, const std::string& text) {
    return ::fnmatch(pattern.c_str(), text.c_str(), 0) == 0;  // '*' crosses '/'
}

struct Selection {
    std::set<std::string> mutants, nulls;
    std::set<std::string> checks;  ///< whose scenarios the reference plays
    bool reference = false;        ///< in all scenarios
};

Result<Selection> select(const SelfTestCatalogue& catalogue, const std::vector<std::string>& patterns) {
    Selection out;
    for (const auto& pattern : patterns) {
        bool any = false;
        if (fits(pattern, std::string(kReferenceName))) out.reference = any = true;
        for (const auto& null : catalogue.nulls) {
            if (fits(pattern, null.id)) any = out.nulls.insert(null.id).second || true;
        }
        for (const auto& check : catalogue.checks) {
            if (fits(pattern, check.id)) any = out.checks.insert(check.id).second || true;
        }
        for (const auto& mutant : catalogue.mutants) {
            if (!fits(pattern, mutant.id) && !fits(pattern, mutant.check)) continue;
            any = true;
            out.mutants.insert(mutant.id);
            out.checks.insert(mutant.check);
        }
        if (any) continue;
        std::vector<std::string> known = {std::string(kReferenceName)};
        for (const auto& each : catalogue.mutants) known.push_back(each.id);
        for (const auto& each : catalogue.checks) known.push_back(each.id);
        for (const auto& each : catalogue.nulls) known.push_back(each.id);
        return fail(ErrorCode::kInvalidArgument, "\"" + pattern + "\" is no mutant, check or null " + catalogue.role +
                                                     base::did_you_mean(pattern, known, base::Quotes::kDouble) +
                                                     " (prw self-test --list shows all; quote patterns: '" +
                                                     catalogue.role + "/retry/*')");
    }
    return out;
}

}  // namespace

std::string SelfTestJob::text() const {
    return subject + " in " + scenario + " (" + std::string(proto::short_name(message)) + ")";
}

Result<std::vector<SelfTestJob>> plan_self_test(const SelfTestCatalogue& catalogue, const SelfTestOptions& options) {
    const auto selection = select(catalogue, options.select);
    if (!selection) return tl::unexpected<Error>(selection.error());
    const bool all = options.select.empty();
    auto messages = options.messages;
    if (messages.empty()) messages = {proto::ProtobufMessage::kV1, proto::ProtobufMessage::kV2};

    std::vector<std::pair<unsigned, SelfTestJob>> jobs;
    const auto add = [&](SubjectKind kind, const std::string& subject, const std::string& scenario, bool v1, bool v2,
                         unsigned at_least) {
        const auto* found = find_row(catalogue.scenarios, scenario);
        if (found == nullptr) return;  // of an unknown check: the matrix says so
        for (const auto message : messages) {
            const bool first = message == proto::ProtobufMessage::kV1;
            if (!(first ? v1 : v2) || !(first ? found->v1 : found->v2)) continue;
            jobs.emplace_back(std::max(at_least, found->seconds), SelfTestJob{kind, subject, scenario, message});
        }
    };
    std::set<std::string> concerned;
    for (const auto& check : catalogue.checks) {
        if (selection->checks.contains(check.id)) concerned.insert(check.scenario);
    }
    for (const auto& mutant : catalogue.mutants) {
        if (all || selection->mutants.contains(mutant.id)) concerned.insert(scenario_of(catalogue, mutant));
    }
    for (const auto& scenario : catalogue.scenarios) {
        if (all || selection->reference || concerned.contains(scenario.name))
            add(SubjectKind::kReference, std::string(kReferenceName), scenario.name, true, true, 0);
    }
    for (const auto& null : catalogue.nulls) {
        if (!all && !selection->nulls.contains(null.id)) continue;
        for (const auto& scenario : catalogue.scenarios)
            add(SubjectKind::kNull, null.id, scenario.name, true, true,
                null.sends != SelfTestCatalogue::Null::Sends::kNothing ? kNullSeconds : 0);
    }
    for (const auto& mutant : catalogue.mutants) {
        if (all || selection->mutants.contains(mutant.id))
            add(SubjectKind::kMutant, mutant.id, scenario_of(catalogue, mutant), mutant.v1, mutant.v2, 0);
    }
    std::stable_sort(jobs.begin(), jobs.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
    std::vector<SelfTestJob> out;
    out.reserve(jobs.size());
    for (auto& [seconds, job] : jobs) out.push_back(std::move(job));
    // The reference alone beside nothing proves nothing.
    const bool any =
        std::any_of(out.begin(), out.end(), [](const SelfTestJob& job) { return job.kind != SubjectKind::kReference; });
    if (!any && !(selection->reference && !out.empty()))
        return fail(ErrorCode::kInvalidArgument,
                    "no mutant is meant for what was selected, under this protobuf message");
    return out;
}

}  // namespace prw::self_test
