/// What transport-faults notes for its judges.
#pragma once

#include <cstdint>

#include "evidence/members.h"

namespace prw::sender_suite {

struct TransportNotes : NotesOf<TransportNotes> {
    std::uint64_t reset_until = 0;  ///< scrapes until the last connection was reset within a body
};
void members(auto&& visit, MaybeConst<TransportNotes> auto& notes) { visit("reset_until", notes.reset_until); }

}  // namespace prw::sender_suite
