#include "evidence/capsules.h"

#include <algorithm>
#include <map>

#include <nlohmann/json.hpp>

#include "prw/receiver_suite/receiver_suite.h"
#include "prw/rules/check.h"
#include "prw/rules/json.h"
#include "prw/suite/evidence.h"

namespace prw::receiver_suite {
namespace {

using Json = nlohmann::ordered_json;
constexpr int kFormat = 1;

/// Which request of which case each exchange is: [exchange, case, step, good, why no answer came].
std::string context_of(const GroupRecord& record) {
    Json replies = Json::array();
    for (const auto& reply : record.replies)
        replies.push_back({reply.exchange, reply.id, reply.step, reply.good, reply.failure});
    return rules::dump(Json{{"format", kFormat}, {"replies", std::move(replies)}});
}

Result<std::map<std::uint64_t, Reply>> replies_in(const std::string& context) {
    std::map<std::uint64_t, Reply> out;
    try {
        const auto json = Json::parse(context);
        if (json.at("format").get<int>() > kFormat)
            return fail(ErrorCode::kUnsupported, "the capsule is from a newer version of prw");
        for (const auto& row : json.at("replies")) {
            Reply reply;
            reply.exchange = row.at(0).get<std::uint64_t>();
            reply.id = row.at(1).get<std::string>();
            reply.step = row.at(2).get<unsigned>();
            reply.good = row.at(3).get<bool>();
            reply.failure = row.at(4).get<std::string>();
            out.emplace(reply.exchange, std::move(reply));
        }
    } catch (const Json::exception& error) {
        return fail(ErrorCode::kMalformed, "the context of the capsule is damaged", {}, error.what());
    }
    return out;
}

}  // namespace

Result<std::vector<suite::CheckOutcome>> judge_capsule(const suite::Check& check, const suite::Capsule& capsule,
                                                       std::span<const exchange::Exchange> exchanges) {
    auto known = replies_in(capsule.context);
    if (!known) return tl::unexpected<Error>(known.error());
    GroupRecord record;
    record.group = capsule.scenario;
    record.message = capsule.message;
    record.target.name = capsule.target;
    rules::Checker checker;
    for (const auto& exchange : exchanges) {
        const auto found = known->find(exchange.id);
        if (found == known->end()) continue;
        auto& reply = record.replies.emplace_back(std::move(found->second));
        const auto result = checker.check(exchange.raw_head, exchange.payload());
        if (result.decoded) reply.sent = result;
        reply.status = exchange.status;
        reply.headers = exchange.response_headers;
        reply.body = exchange.response_body;
    }
    return judge(record, check.id);
}

Result<void> write_capsules(std::vector<suite::CheckOutcome>& checks, std::span<const GroupRecord> records,
                            const std::string& out, const std::string& tool_version) {
    const auto of = [&](const suite::CheckOutcome& check,
                        const suite::CapsuleLimits&) -> std::optional<suite::Evidence> {
        const auto found = std::find_if(records.begin(), records.end(), [&](const GroupRecord& record) {
            return record.group == check.scenario && record.message == check.message && !record.replies.empty();
        });
        if (found == records.end()) return std::nullopt;
        suite::Evidence evidence;
        evidence.capture = found->capture;
        evidence.target = found->target.name;
        evidence.choices = {{check.exchanges, false}, {check.exchanges, true}};
        evidence.contexts = {context_of(*found)};
        return evidence;
    };
    return suite::write_capsules(receiver_suite(), checks, of, out, tool_version);
}

}  // namespace prw::receiver_suite
