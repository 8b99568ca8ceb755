/// A capsule is judged again.
#include <algorithm>

#include "prw/base/nearest.h"
#include "prw/suite/evidence.h"

namespace prw::suite {
namespace {

tl::unexpected<Error> unknown_check(const Suite& suite, const std::string& id) {
    std::vector<std::string_view> known;
    for (const auto& check : suite.checks) known.push_back(check.id);
    const auto near = base::nearest(id, known);
    return fail(ErrorCode::kInvalidArgument, "this prw has no check " + id, {},
                near.empty() ? std::string() : "the nearest is " + std::string(near));
}

Rejudgement compare(const Capsule& capsule, const CheckOutcome& now, bool of_rule) {
    if (name_of(now.verdict) == capsule.verdict) return Rejudgement::kStillFailing;
    // A rule that finds nothing in the requests in which it found something has nothing more to say.
    const bool silent = of_rule && now.findings.empty();
    return now.verdict == Verdict::kPass || now.verdict == Verdict::kInfo || silent ? Rejudgement::kFixed
                                                                                    : Rejudgement::kChanged;
}

}  // namespace

std::string_view name_of(Rejudgement rejudgement) {
    switch (rejudgement) {
        case Rejudgement::kFixed:
            return "FIXED";
        case Rejudgement::kStillFailing:
            return "STILL FAILING";
        case Rejudgement::kChanged:
            break;
    }
    return "CHANGED";
}

Result<Rejudged> judge_again(const Suite& suite, const Capsule& capsule,
                             std::span<const exchange::Exchange> exchanges) {
    const auto* check = suite.find_check(capsule.check);
    if (check == nullptr) return unknown_check(suite, capsule.check);
    const auto outcomes = suite.judge(*check, capsule, exchanges);
    if (!outcomes) return tl::unexpected<Error>(outcomes.error());
    Rejudged out;
    out.capsule = capsule;
    const auto found = std::find_if(outcomes->begin(), outcomes->end(), [&](const CheckOutcome& outcome) {
        return outcome.id == capsule.check && outcome.message == capsule.message;
    });
    if (found != outcomes->end()) {
        out.now = *found;
    } else {
        out.now.id = check->id;
        out.now.message = capsule.message;
        out.now.level = check->level;
        out.now.summary = check->summary;
        out.now.reason = "the check has nothing to say about these requests";
    }
    out.is = compare(capsule, out.now, !check->rule.empty());
    return out;
}

Result<Rejudged> judge_again(const Suite& suite, const std::string& path) {
    auto reader = exchange::CaptureReader::open(path);
    if (!reader) return tl::unexpected<Error>(reader.error());
    const auto capsule = read_capsule((*reader)->info(), path);
    if (!capsule) return tl::unexpected<Error>(capsule.error());
    if (!*capsule)
        return fail(ErrorCode::kInvalidArgument, "an ordinary capture, not the capsule of a check: there is no verdict",
                    path);
    std::vector<exchange::Exchange> exchanges;
    const auto read = (*reader)->for_each([&](const exchange::Exchange& exchange) {
        exchanges.push_back(exchange);
        return true;
    });
    if (!read) return tl::unexpected<Error>(read.error());
    if (exchanges.empty()) return fail(ErrorCode::kInvalidArgument, "the capsule holds no exchange", path);
    auto out = judge_again(suite, **capsule, exchanges);
    if (!out && out.error().where.empty()) return fail(out.error().code, out.error().what, path, out.error().cause);
    return out;
}

}  // namespace prw::suite
