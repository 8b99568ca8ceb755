#include "checks/steps.h"
#include "prw/proto/protocol.h"
#include "scenarios/scenario.h"

namespace prw::conformance {

namespace {

/// Each refusal takes new data, and two requests more show that the refused data does not come again.
constexpr Patience kForAll{50s, 16};
/// For a second attempt after a 401, which may be a repeat with other credentials.
constexpr Patience kUnauthorizedDue{3s, 1};

}  // namespace

void play_refusal(Stage& stage) {
    const bool v2 = stage.record().asked == proto::ProtobufMessage::kV2;
    std::vector<Provocation> refusals;
    for (const int status : refusal_statuses(stage.record().asked))
        refusals.push_back({refusal(refusal_step(status), status), kRetryDue});
    refusals.push_back({refusal(kStepAsksForRetry, 400, "overloaded, please retry later"), kRetryDue});
    if (v2) {
        auto partial = refusal(kStepPartial400, 400, "a part of the request was written");
        partial.headers = proto::format_written({.samples = 1});
        refusals.push_back({std::move(partial), kRetryDue});
    }
    // To one batch twice: one repeat with other credentials is HTTP's own way. The repeat may take its time.
    auto unauthorized = refusal(kStepUnauthorized, 401);
    unauthorized.times = 2;
    unauthorized.batch = receiver::Batch::kOne;
    refusals.push_back({std::move(unauthorized), kUnauthorizedDue});
    // A receiver that has taken 2.0 once gives no reason to change to 1.0.
    if (open_and_provoke(stage, refusals, kForAll)) stage.accept_everything();
}

}  // namespace prw::conformance
