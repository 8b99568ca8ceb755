/// What refused-at-start notes for its judge.
#pragma once

#include <cstdint>

#include "evidence/members.h"

namespace prw::sender_suite {

struct RefusedNotes : NotesOf<RefusedNotes> {
    std::uint64_t until = 0;  ///< scrapes that were served while connections were refused
};
void members(auto&& visit, MaybeConst<RefusedNotes> auto& notes) { visit("refused_until", notes.until); }

}  // namespace prw::sender_suite
