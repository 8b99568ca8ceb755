/// A capsule is judged again.
#include <algorithm>

#include <nlohmann/json.hpp>

#include "evidence/context.h"
#include "prw/base/nearest.h"
#include "prw/conformance/checks.h"
#include "prw/conformance/evidence.h"

namespace prw::conformance {
namespace {

const Check* find_check(const std::string& id) {
    const auto& all = all_checks();
    const auto found = std::find_if(all.begin(), all.end(), [&](const Check& check) { return check.id == id; });
    return found == all.end() ? nullptr : &*found;
}

tl::unexpected<Error> unknown_check(const std::string& id) {
    std::vector<std::string_view> known;
    for (const auto& check : all_checks()) known.push_back(check.id);
    const auto near = base::nearest(id, known);
    return fail(ErrorCode::kInvalidArgument, "this prw has no check " + id, {},
                near.empty() ? std::string() : "the nearest is " + std::string(near));
}

Rejudgement compare(const receiver::Capsule& capsule, const CheckOutcome& now, bool of_rule) {
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

receiver::CheckOptions check_options(const receiver::Capsule& capsule) {
    receiver::CheckOptions out;
    const auto context = nlohmann::ordered_json::parse(capsule.context, nullptr, false);
    if (context.is_object() && context.contains("expected_target") && context["expected_target"].is_string())
        out.expected_target = context["expected_target"].get<std::string>();
    if (context.is_object() && context.contains("expected_host") && context["expected_host"].is_string())
        out.expected_host = context["expected_host"].get<std::string>();
    if (context.is_object() && context.contains("peer_is_1x") && context["peer_is_1x"].is_boolean())
        out.peer_is_1x = context["peer_is_1x"].get<bool>();
    return out;
}

Result<Rejudged> judge_again(const receiver::Capsule& capsule, std::span<const receiver::Exchange> exchanges) {
    const auto* check = find_check(capsule.check);
    if (check == nullptr) return unknown_check(capsule.check);
    auto record = record_from_context(capsule.context);
    if (!record) return tl::unexpected<Error>(record.error());

    receiver::Checker checker(check_options(capsule));
    for (const auto& original : exchanges) {
        receiver::Exchange exchange = original;
        if (exchange.read_status == http::ReadStatus::kComplete) {
            checker.options().now_ms = exchange.received_unix_ms;
            exchange.check = checker.check(exchange.raw_head, exchange.payload());
        }
        record->observation.add(exchange);
    }
    Rejudged out;
    out.capsule = capsule;
    const ScenarioRecord* const records[] = {&*record};
    const bool of_rule = !check->rule.empty();
    const auto outcomes = of_rule ? judge_rules(records, capsule.message) : judge(*record, check->id);
    const auto found = std::find_if(outcomes.begin(), outcomes.end(), [&](const CheckOutcome& outcome) {
        return outcome.id == capsule.check && outcome.message == capsule.message;
    });
    if (found != outcomes.end()) {
        out.now = *found;
    } else {
        out.now.id = check->id;
        out.now.message = capsule.message;
        out.now.level = check->level;
        out.now.summary = check->summary;
        out.now.reason = "the check has nothing to say about these requests";
    }
    out.is = compare(capsule, out.now, of_rule);
    return out;
}

Result<Rejudged> judge_again(const std::string& path) {
    auto reader = receiver::CaptureReader::open(path);
    if (!reader) return tl::unexpected<Error>(reader.error());
    const auto& capsule = (*reader)->info().capsule;
    if (!capsule)
        return fail(ErrorCode::kInvalidArgument, "an ordinary capture, not the capsule of a check: there is no verdict",
                    path);
    std::vector<receiver::Exchange> exchanges;
    const auto read = (*reader)->for_each([&](const receiver::Exchange& exchange) {
        exchanges.push_back(exchange);
        return true;
    });
    if (!read) return tl::unexpected<Error>(read.error());
    if (exchanges.empty()) return fail(ErrorCode::kInvalidArgument, "the capsule holds no exchange", path);
    auto out = judge_again(*capsule, exchanges);
    if (!out && out.error().where.empty()) return fail(out.error().code, out.error().what, path, out.error().cause);
    return out;
}

}  // namespace prw::conformance
