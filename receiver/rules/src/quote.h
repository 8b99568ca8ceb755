/// Text of a sender in our messages: bounded, printable, quoted.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "prw/base/text.h"
#include "prw/proto/types.h"
#include "prw/rules/text.h"

namespace prw::rules {

/// 'text', control and non-ASCII bytes as \xNN, cut at `max` bytes with "…".
[[nodiscard]] std::string quote(std::string_view text, std::size_t max = 80);
/// Two lines: the bytes at `range` with a few around them, behind the offset of the first one shown, and carets below
/// those of the range:
///     0078  2a 0c 0a 08 01 02 03 09
///                       ^^^^^
/// At most 12 bytes of the range are shown; "… (468 bytes more)" says what is left out.
[[nodiscard]] std::string hex_excerpt(std::string_view bytes, proto::ByteRange range);
/// `bytes` at `range`, clamped to what is there.
[[nodiscard]] std::string_view slice(std::string_view bytes, proto::ByteRange range);
/// "1 byte", "2 bytes".
[[nodiscard]] std::string bytes_text(std::uint64_t count);
/// A view of `part`, which lies within `whole`, as a range.
[[nodiscard]] proto::ByteRange range_within(std::string_view whole, std::string_view part);

}  // namespace prw::rules
