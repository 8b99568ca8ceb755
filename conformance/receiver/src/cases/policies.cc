/// What the specifications leave to a receiver.
#include "cases/data.h"
#include "cases/rows.h"

namespace prw::receiver_suite {
namespace {

using enum Fate;

constexpr std::int64_t kMinute = 60'000, kHour = 60 * kMinute, kDay = 24 * kHour;

template <std::int64_t kOffset>
proto::WriteRequest at(const Setting& setting) {
    auto out = one_sample(setting);
    out.series.front().samples.front().timestamp += kOffset;
    return out;
}

// clang-format off
const Case kRows[] = {
    {.id = "unsorted/labels", .summary = "Labels that are not sorted.", .fate = kChoice, .mutant = "labels/unsorted"},
    {.id = "no-name/series", .summary = "A series without __name__.", .fate = kChoice, .mutant = "labels/no-metric-name"},
    {.id = "empty-value/label", .summary = "A label without value.", .fate = kChoice, .mutant = "labels/empty-value"},
    {.id = "order/newest-first", .summary = "The newer of two samples first.", .fate = kChoice, .mutant = "samples/newest-first"},
    {.id = "same-timestamp/two-values", .summary = "Two values for one timestamp.", .fate = kChoice, .mutant = "samples/two-values"},
    {.id = "old/two-hours", .summary = "A sample that is two hours old.", .fate = kChoice, .data = at<-2 * kHour>},
    {.id = "old/two-days", .summary = "A sample that is two days old.", .fate = kChoice, .data = at<-2 * kDay>},
    {.id = "future/five-minutes", .summary = "A sample five minutes ahead of the clock.", .fate = kChoice, .data = at<5 * kMinute>},
    {.id = "no-type/series", .summary = "Series without a type.", .fate = kChoice, .v1 = false, .mutant = "metadata/none"},
    {.id = "exemplar-only/series", .summary = "A series that holds an exemplar only.", .fate = kChoice, .v1 = false, .mutant = "series/exemplars-only"},
    {.id = "other-message/body", .summary = "The message of the other version in the body.", .fate = kChoice, .mutant = "wire/other-message"},
};
// clang-format on

}  // namespace

std::span<const Case> policy_cases() { return kRows; }

}  // namespace prw::receiver_suite
