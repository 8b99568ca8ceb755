/// How GoogleTest shows our types.
#pragma once

#include <ostream>

#include "prw/proto/snappy_block.h"
#include "prw/proto/view.h"

namespace prw::proto {

inline void PrintTo(const ByteRange& range, std::ostream* os) {
    *os << "[" << range.offset << ", " << range.end() << ")";
}
inline void PrintTo(BodyKind kind, std::ostream* os) { *os << name_of(kind); }
inline void PrintTo(SnappyError error, std::ostream* os) { *os << name_of(error); }
inline void PrintTo(WireIssue::Kind kind, std::ostream* os) { *os << name_of(kind); }

}  // namespace prw::proto
