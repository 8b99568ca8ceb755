/// A request that is refused, and a good one behind it on the same connection.
#include "cases/rows.h"

namespace prw::receiver_suite {
namespace {

using enum Fate;

constexpr unsigned kRounds = 25;

// clang-format off
const Case kRows[] = {
    {.id = "recovery/message-cut", .summary = "A message without its last byte.", .fate = kRefused, .mutant = "wire/cut", .times = kRounds, .then_good = true},
    {.id = "recovery/snappy-cut", .summary = "A block without its last byte.", .fate = kRefused, .mutant = "compression/cut", .times = kRounds, .then_good = true},
    {.id = "recovery/repeated-name", .summary = "A label name twice in a series.", .fate = kRefused, .mutant = "labels/repeated-name", .times = kRounds, .then_good = true},
    {.id = "recovery/reference-outside", .summary = "A reference behind the end of the table.", .fate = kRefused, .v1 = false, .mutant = "symbols/series-ref-outside", .times = kRounds, .then_good = true},
    {.id = "recovery/unknown-type", .summary = "A media type that no receiver takes.", .fate = kChoice, .mutant = "head/media-type", .times = kRounds, .then_good = true},
};
// clang-format on

}  // namespace

std::span<const Case> recovery_cases() { return kRows; }

}  // namespace prw::receiver_suite
