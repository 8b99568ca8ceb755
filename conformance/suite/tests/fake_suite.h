/// A suite for the other role, with two checks in one scenario. It plays nothing: what a run says is told beforehand.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "prw/suite/suite.h"

namespace prw::suite::testing_support {

inline constexpr auto kV1 = proto::ProtobufMessage::kV1;
inline constexpr auto kV2 = proto::ProtobufMessage::kV2;
inline constexpr const char* kCounts = "receiver/written/samples-count";   // a MUST of 2.0
inline constexpr const char* kEmptyBody = "receiver/response/empty-body";  // a SHOULD of both

class FakeSuite {
public:
    FakeSuite() {
        suite.role = "receiver";
        suite.scenarios = {{"writes", "One request after the other is written.", 1, true, true}};
        suite.checks.resize(2);
        auto& counts = suite.checks[0];
        counts.id = kCounts;
        counts.scenario = "writes";
        counts.clauses = {"prw2.written.samples-header"};
        counts.summary = "Written counts are those of the request.";
        auto& body = suite.checks[1];
        body.id = kEmptyBody;
        body.scenario = "writes";
        body.level = proto::Level::kShould;
        body.clauses = {"prw1.response.body-empty", "prw2.response.success-body-empty"};
        body.summary = "The body of a success is empty.";
        suite.unjudged = {{"prw2.retries.receiver-429", "a permission"}};
        suite.missing = [this](const Target&) { return Result<std::string>(missing); };
        suite.prepare = [this](const Target&) -> Result<Run> {
            return Run([this](const RunOptions& options) -> Result<Results> {
                runs.push_back(options);
                return results(options);
            });
        };
        suite.judge = [](const Check&, const Capsule&, std::span<const exchange::Exchange>) {
            return Result<std::vector<CheckOutcome>>(std::vector<CheckOutcome>());
        };
        suite.check_options = [](const Capsule&) { return rules::CheckOptions(); };
        results = [](const RunOptions& options) { return played(options, Verdict::kPass); };
    }
    FakeSuite(const FakeSuite&) = delete;
    FakeSuite& operator=(const FakeSuite&) = delete;

    static CheckOutcome outcome(const char* id, proto::ProtobufMessage message, Verdict verdict) {
        CheckOutcome out;
        out.id = id;
        out.message = message;
        out.verdict = verdict;
        out.level = std::string(id) == kCounts ? proto::Level::kMust : proto::Level::kShould;
        out.scenario = "writes";
        out.reason = "told beforehand";
        return out;
    }
    /// All that a run with these options judges: this verdict of the counts, and that bodies are empty.
    static Results played(const RunOptions& options, Verdict counts) {
        Results out;
        out.role = "receiver";
        out.target.name = options.target.name;
        out.complete = true;
        out.asked = out.sent = options.messages.empty() ? options.target.protocols : options.messages;
        for (const auto message : out.asked) {
            for (const auto& name : options.scenarios) {
                out.scenarios.emplace_back();
                out.scenarios.back().name = name;
                out.scenarios.back().message = message;
                out.scenarios.back().capture = name + ".prwcap";
            }
            if (message == kV2) out.checks.push_back(outcome(kCounts, kV2, counts));
            out.checks.push_back(outcome(kEmptyBody, message, Verdict::kPass));
        }
        return out;
    }

    Suite suite;
    std::function<Result<Results>(const RunOptions&)> results;
    std::string missing;           ///< of the target
    std::vector<RunOptions> runs;  ///< that were asked for
};

}  // namespace prw::suite::testing_support
