/// Deliberate, named deviations of the reference sender (`prw send --mutate ID`): what every check has to catch.
#pragma once

#include <span>
#include <string_view>

namespace prw::sender {

struct Mutant {
    std::string_view id;        ///< "labels/unsorted"
    std::string_view summary;   ///< what it does, one sentence
    std::string_view check;     ///< the check that is meant to kill it: "sender/labels/sorted"
    bool v1 = true, v2 = true;  ///< the messages in which it deviates
};

/// Every mutant of this version.
[[nodiscard]] std::span<const Mutant> all_mutants();
/// nullptr when there is none of this id.
[[nodiscard]] const Mutant* find_mutant(std::string_view id);

}  // namespace prw::sender
