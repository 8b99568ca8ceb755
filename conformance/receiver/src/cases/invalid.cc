/// What can be read, and is not valid.
#include "cases/rows.h"

namespace prw::receiver_suite {
namespace {

using enum Fate;

// clang-format off
const Case kRows[] = {
    {.id = "labels/repeated-name", .summary = "A label name twice in a series.", .fate = kRefused, .mutant = "labels/repeated-name"},
    {.id = "labels/empty-name", .summary = "A label without name.", .fate = kRefused, .mutant = "labels/empty-name"},
    {.id = "labels/not-utf8", .summary = "A label value in Latin-1.", .fate = kRefused, .mutant = "labels/not-utf8"},
    {.id = "labels/none", .summary = "A series without labels.", .fate = kRefused, .mutant = "labels/none"},
    {.id = "labels/name-starts-with-digit", .summary = "A label name that begins with a digit, which 1.0 forbids.", .fate = kRefused, .v2 = false, .mutant = "labels/name-starts-with-digit"},
    {.id = "series/mixed", .summary = "A series with a sample and a histogram.", .fate = kRefused, .v1 = false, .mutant = "series/mixed"},
    {.id = "series/empty", .summary = "A series with neither.", .fate = kRefused, .v1 = false, .mutant = "series/empty"},
    {.id = "histograms/count-below-buckets", .summary = "A count below that of the buckets.", .fate = kRefused, .mutant = "histograms/count-below-buckets"},
    {.id = "histograms/count-not-sum", .summary = "A count that is not the sum of the buckets.", .fate = kRefused, .mutant = "histograms/count-not-sum"},
    {.id = "histograms/negative-bucket", .summary = "Deltas that make a bucket negative.", .fate = kRefused, .mutant = "histograms/negative-bucket"},
    {.id = "histograms/negative-float-bucket", .summary = "A negative bucket of a float histogram.", .fate = kRefused, .mutant = "histograms/negative-float-bucket"},
    {.id = "histograms/span-too-long", .summary = "A span that is longer than its buckets.", .fate = kRefused, .mutant = "histograms/span-too-long"},
    {.id = "histograms/span-goes-back", .summary = "A second span with a negative offset.", .fate = kRefused, .mutant = "histograms/span-goes-back"},
    {.id = "histograms/custom-unsorted", .summary = "Custom bounds that fall.", .fate = kRefused, .v1 = false, .mutant = "histograms/custom-unsorted"},
    {.id = "histograms/custom-span-outside", .summary = "More custom buckets than the bounds make.", .fate = kRefused, .v1 = false, .mutant = "histograms/custom-span-outside"},
};
// clang-format on

}  // namespace

std::span<const Case> invalid_cases() { return kRows; }

}  // namespace prw::receiver_suite
