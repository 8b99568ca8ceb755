/// What cannot be read: a permanent error, whatever is done about it.
#include "cases/rows.h"

namespace prw::receiver_suite {
namespace {

using enum Fate;

/// A block that claims 1 MiB and holds five bytes: what it announces is not to be believed.
void claims_more(Draft& draft, proto::ProtobufMessage) { draft.body.assign("\x80\x80\x40\x00\x61", 5); }

// clang-format off
const Case kRows[] = {
    {.id = "body/empty", .summary = "No body at all.", .fate = kRefused, .mutant = "compression/empty-body"},
    {.id = "body/base64", .summary = "The snappy block as base64 text.", .fate = kRefused, .mutant = "compression/base64"},
    {.id = "body/gzip", .summary = "gzip under the name of snappy.", .fate = kRefused, .mutant = "compression/gzip"},
    {.id = "body/not-compressed", .summary = "The message without compression.", .fate = kRefused, .mutant = "compression/none"},
    {.id = "body/snappy-framed", .summary = "Snappy's framing format in the place of a block.", .fate = kRefused, .mutant = "compression/framed"},
    {.id = "body/snappy-twice", .summary = "A block within a block.", .fate = kRefused, .mutant = "compression/twice"},
    {.id = "body/snappy-cut", .summary = "A block without its last byte.", .fate = kRefused, .mutant = "compression/cut"},
    {.id = "body/snappy-length-lies", .summary = "A block that announces one byte more than it holds.", .fate = kRefused, .mutant = "compression/length-lies"},
    {.id = "body/snappy-claims-more", .summary = "Five bytes that announce 1 MiB.", .fate = kRefused, .edit = claims_more},
    {.id = "message/cut", .summary = "A message without its last byte.", .fate = kRefused, .mutant = "wire/cut"},
    {.id = "message/garbage", .summary = "The byte ff behind the message.", .fate = kRefused, .mutant = "wire/trailing-garbage"},
    {.id = "message/json", .summary = "JSON within the block.", .fate = kRefused, .mutant = "wire/json"},
    {.id = "references/outside-in-series", .summary = "A label's reference behind the end of the table.", .fate = kRefused, .v1 = false, .mutant = "symbols/series-ref-outside"},
    {.id = "references/odd-in-series", .summary = "An odd number of label references.", .fate = kRefused, .v1 = false, .mutant = "symbols/series-refs-odd"},
    {.id = "references/outside-in-exemplar", .summary = "An exemplar's reference behind the end of the table.", .fate = kRefused, .v1 = false, .mutant = "symbols/exemplar-ref-outside"},
    {.id = "references/odd-in-exemplar", .summary = "An odd number of an exemplar's references.", .fate = kRefused, .v1 = false, .mutant = "symbols/exemplar-refs-odd"},
    {.id = "references/outside-in-metadata", .summary = "A help text's reference behind the end of the table.", .fate = kRefused, .v1 = false, .mutant = "symbols/help-ref-outside"},
    {.id = "references/no-table", .summary = "References, and no table.", .fate = kRefused, .v1 = false, .mutant = "symbols/none"},
};
// clang-format on

}  // namespace

std::span<const Case> malformed_cases() { return kRows; }

}  // namespace prw::receiver_suite
