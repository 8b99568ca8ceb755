#include "checks/steps.h"
#include "prw/proto/protocol.h"
#include "scenarios/scenario.h"

namespace prw::conformance {
namespace {

receiver::ScriptStep success(std::string_view name, int status) {
    receiver::ScriptStep step;
    step.name = name;
    step.times = 1;
    step.batch = receiver::Batch::kNew;
    step.status = status;
    return step;
}

/// Each answer takes new data, and two requests more show that it does not come again.
constexpr Patience kForAll{30s, 14}, kForOne{15s, 5};

}  // namespace

void play_successes(Stage& stage) {
    const bool v2 = stage.record().asked == proto::ProtobufMessage::kV2;
    std::vector<Provocation> answers;
    const auto add = [&](receiver::ScriptStep step) { answers.push_back({std::move(step), kRetryDue}); };
    auto step = success(kStepErrorIn200, 200);
    step.body = "error: nothing was written, please retry later\n";
    add(step);
    add(success(kStep202, 202));
    add(success(kStepPlain200, 200));
    add(success(kStep204, 204));
    if (v2) {
        step = success(kStepOtherVersion, 204);
        step.headers = {{proto::header::kVersion, proto::kVersionV1}};
        add(step);
        const auto counted = [&](std::string_view name, const char* samples) {
            step = success(name, 204);
            step.headers = proto::format_written({});
            step.headers.front().second = samples;
            add(step);
        };
        counted(kStepWrittenZero, "0");
        counted(kStepWrittenPart, "1");
        counted(kStepWrittenOdd, "many");
    }
    (void)open_and_provoke(stage, answers, kForAll);
}

// By itself: a sender may rightly go on in 1.0 after it, and log the like only once.
void play_not_written(Stage& stage) {
    auto step = success(kStepNotWritten, 204);
    step.written_headers = false;
    (void)open_and_provoke(stage, {{step, kRetryDue}}, kForOne);
}

}  // namespace prw::conformance
