/// Good and bad series in one request.
#include "cases/data.h"
#include "cases/rows.h"

namespace prw::receiver_suite {
namespace {

using enum Fate;

proto::WriteRequest three_series(const Setting& setting) { return many(setting, 3); }

// clang-format off
const Case kRows[] = {
    {.id = "partial/repeated-name", .summary = "Three good series and one with a label name twice.", .fate = kRefused, .data = three_series, .mutant = "labels/repeated-name"},
    {.id = "partial/empty-name", .summary = "Three good series and one with a label without name.", .fate = kRefused, .data = three_series, .mutant = "labels/empty-name"},
    {.id = "partial/negative-bucket", .summary = "Three good series and a histogram with a negative bucket.", .fate = kRefused, .data = three_series, .mutant = "histograms/negative-bucket"},
    {.id = "partial/mixed-series", .summary = "Three good series and one with a sample and a histogram.", .fate = kRefused, .v1 = false, .data = three_series, .mutant = "series/mixed"},
};
// clang-format on

}  // namespace

std::span<const Case> mixed_cases() { return kRows; }

}  // namespace prw::receiver_suite
